-- Loads a page and waits for its content. Every value is an argument.
--
-- url, user_agent     the page, and the User-Agent header
-- allowed             first parts of the addresses that may be requested
-- blocked             parts of addresses that are not requested: adverts, trackers
-- ready               CSS; any match shows that the content has arrived
-- seconds, interval   seconds to wait in all, and between two checks
-- more, clicks        CSS of a "more" button, and how often to click it at most

-- In JavaScript, not in Lua: the sandbox limits the steps of a Lua script.
local COUNT = "function (selectors) { return document.querySelectorAll(selectors).length; }"
local CLICK = [[function (selectors) {
  var button = document.querySelector(selectors);
  if (button) button.click();
  return !!button;
}]]

function main(splash, args)
  local left = args.seconds
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
  splash.resource_timeout = args.seconds
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
    -- The first response is the page's own; after a redirect it is the next one.
    if status == 0 or (status >= 300 and status < 400) then
      status = response.status
    end
  end)

  local ok, reason = splash:go(args.url)
  -- Resources of the page may be refused. Without a page, the refused request was a redirect of the page.
  if refused and (status == 0 or (status >= 300 and status < 400)) then
    return {refused = refused, html = "", url = args.url, http_status = 200}
  end
  -- Splash reports a failed frame as a failure of the page, although the page has arrived.
  ok = ok or (status >= 200 and status < 300)
  if not ok and not reason:find("^http") then
    error({kind = "load", reason = reason})
  end

  local count = splash:jsfunc(COUNT)
  local click = splash:jsfunc(CLICK)

  -- Wait for more than `before` matches; return false when the time is up.
  local function grows(before)
    while count(args.ready) <= before do
      if left <= 0 then
        return false
      end
      splash:wait(args.interval)
      left = left - args.interval
    end
    return true
  end

  local is_ready = ok and grows(0)
  for _ = 1, is_ready and args.clicks or 0 do
    local before = count(args.ready)
    if not click(args.more) or not grows(before) then
      break
    end
  end

  return {
    html = splash:html(),
    url = splash:url(),
    http_status = status,
    cookies = splash:get_cookies(),
    -- Splash returns UTF-8, whatever the page's encoding was.
    headers = {{name = "Content-Type", value = "text/html; charset=utf-8"}},
  }
end
