-- Loads a page and waits until what we came for is there. Every value is an argument.
--
-- url, user_agent   what to ask for, and as whom
-- there             CSS, of which any match shows that the content has come
-- allowed           how the addresses begin that may be asked, the page's own and all others
-- blocked           parts of addresses that are never asked for: adverts, trackers
-- patience, step    seconds to wait in all, and between two looks
-- more, presses     CSS of a "more" button, and how often to press it

-- In the page, not in Lua: the sandbox counts each step that a script takes.
local COUNT = "function (selectors) { return document.querySelectorAll(selectors).length; }"
local PRESS = [[function (selectors) {
  var button = document.querySelector(selectors);
  if (button) button.click();
  return !!button;
}]]

function main(splash, args)
  local left = args.patience
  local status = 0
  local refused = nil

  local function allowed(url)
    for _, start in ipairs(args.allowed) do
      if url:sub(1, #start) == start then
        return true
      end
    end
    return url:sub(1, 5) == "data:"
  end

  splash.images_enabled = false
  splash.resource_timeout = args.patience
  splash:set_user_agent(args.user_agent)
  splash:on_request(function(request)
    if not allowed(request.url) then
      refused = refused or request.url
      request.abort()
      return
    end
    for _, part in ipairs(args.blocked) do
      if request.url:find(part, 1, true) then
        request.abort()
        return
      end
    end
  end)
  splash:on_response(function(response)
    -- The page itself answers first; a redirect is followed by the answer that counts.
    if status == 0 or (status >= 300 and status < 400) then
      status = response.status
    end
  end)

  local ok, reason = splash:go(args.url)
  -- What the page loads may be refused. Has the page itself not come, it was led there.
  if refused and (status == 0 or (status >= 300 and status < 400)) then
    return {refused = refused, html = "", url = args.url, http_status = 200}
  end
  -- A frame in the page that fails makes a failure of the whole; the page has come all the same.
  ok = ok or (status >= 200 and status < 300)
  if not ok and not reason:find("^http") then
    error({kind = "load", reason = reason})
  end

  local count = splash:jsfunc(COUNT)
  local press = splash:jsfunc(PRESS)

  -- Whether there is more than `before`, at the latest when time is up.
  local function grows(before)
    while count(args.there) <= before do
      if left <= 0 then
        return false
      end
      splash:wait(args.step)
      left = left - args.step
    end
    return true
  end

  local there = ok and grows(0)
  for _ = 1, there and args.presses or 0 do
    local before = count(args.there)
    if not press(args.more) or not grows(before) then
      break
    end
  end

  return {
    html = splash:html(),
    url = splash:url(),
    http_status = status,
    cookies = splash:get_cookies(),
    there = there,
    -- What Splash hands out is UTF-8, whatever the page was.
    headers = {{name = "Content-Type", value = "text/html; charset=utf-8"}},
  }
end
