"""Meaning of the paper's addresses: kind, id and canonical form.

One article has many addresses (desktop, mobile, former hosts, tracking parameters,
``view.php`` and ``/article/``), which all have one id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

SITE = "https://www.koreaherald.com"

# The hosts that have served the same articles (seen 2011-2026).
HOSTS = frozenset(
    {
        "www.koreaherald.com",
        "koreaherald.com",
        "m.koreaherald.com",
        "news.koreaherald.com",
        "nwww.koreaherald.com",
        "khnews.heraldcorp.com",
        "khnews.kheraldm.com",
        "khview.heraldm.com",
        "www01.koreaherald.com",
    }
)

# The form of most addresses, which need no parsing.
_PLAIN = re.compile(
    f"(?:https?://(?:{'|'.join(map(re.escape, sorted(HOSTS)))}))?"
    r"/(?:article/([1-9][0-9]{0,12})|view\.php\?ud=([0-9]{14}))"
)
# Behind the number may be a title, tracking without its question mark, or a space.
_ARTICLE_PATH = re.compile(r"^(?:/amp)?/article/(\d{1,20})(?!\w)", re.ASCII)
_UD = re.compile(r"(?<!\d)(\d{14})(?!\d)")
_SECTION_PATH = re.compile(r"^/[A-Za-z][A-Za-z-]*(?:/[0-9]*[A-Za-z][A-Za-z0-9&-]*)?/?$")
_FEED_PATH = re.compile(r"^/(?:rss(?:/.+)?|common/rss_xml\.php|rss_xml\.php|.*\.xml)$")
_PAGE_NUMBER = re.compile("[0-9]{1,9}")  # int() raises an exception for more than 4,300 digits
_HOST = re.compile(r"https?://[^/?#]+")
PORTS = {"http": 80, "https": 443}
_MAX_CACHED = 200  # characters
# First parts of paths that look like sections and are not.
_NOT_SECTIONS = frozenset({"article", "reporter", "search", "rss", "common", "pdf", "company", "policy"})

Kind = Literal["article", "listing", "feed", "other"]


@dataclass(frozen=True)
class Address:
    """The kind and the canonical form of an address, and the id of an article."""

    kind: Kind
    url: str
    id: str | None = None

    @property
    def is_ud(self) -> bool:
        """True if the id is one of ``view.php``."""
        return is_ud(self.id or "")


def classify(url: str, base: str = SITE) -> Address:
    """Return the meaning of `url`.

    `base` is the page with the link, or the host that stands for the site (a demo, a
    mirror): its host counts as one of the paper's.

    >>> classify("http://m.koreaherald.com/article/10493730?utm_source=x").id
    '10493730'
    >>> classify("view.php?ud=20210408000265&md=2021_BL").url
    'https://www.koreaherald.com/view.php?ud=20210408000265'
    """
    host = _HOST.match(base)
    path = url.removeprefix(host[0]) if host else url
    if plain := _PLAIN.fullmatch(path):
        return Address("article", article_url(plain[1] or plain[2]), plain[1] or plain[2])
    if host and len(path) <= _MAX_CACHED and path.startswith("/") and not path.startswith("//"):
        found = _of_menu(path, host[0])
        return found if found.kind != "other" else Address("other", url)
    return _classify(url, base)


def _classify(url: str, base: str) -> Address:
    try:
        return _parse(url, base)
    except ValueError:  # "http://[", half a character and the like
        return Address("other", url)


def _parse(url: str, base: str) -> Address:
    """Return the meaning of `url`. Raises `ValueError` for text that is no address."""
    parts = urlsplit(urljoin(base, url.strip()))
    same_site = parts.hostname in HOSTS or parts.netloc == urlsplit(base).netloc
    if parts.scheme not in ("http", "https") or not same_site:
        return Address("other", url)
    path = re.sub(r"/{2,}", "/", parts.path)
    if article := _ARTICLE_PATH.match(path):
        number = article[1].lstrip("0") or "0"
        return Address("article", f"{SITE}/article/{number}", number)
    query = parse_qs(parts.query)
    if path.endswith(("/view.php", "/Detail.jsp")):
        # Seen 2023-08-14 in feeds: view.php?ud=/view.php?ud=20230814000600; in 2011: Detail.jsp?newsMLId=
        ud = _UD.search(",".join([*query.get("ud", []), *query.get("newsMLId", [])]))
        return Address("article", article_url(ud[1]), ud[1]) if ud else Address("other", url)
    if path.endswith("/list.php"):
        kept: dict[str, str] = {key: query[key][0] for key in ("ct", "ctv", "np") if key in query}
        if kept.get("ctv") == "0":
            del kept["ctv"]
        if not _PAGE_NUMBER.fullmatch(kept.get("np", "1")):
            del kept["np"]
        return Address("listing", f"{SITE}/list.php?{urlencode(kept)}")
    if _FEED_PATH.match(path):
        return Address("feed", f"{SITE}{path}" + (f"?{parts.query}" if parts.query else ""))
    if _SECTION_PATH.match(path) and path.split("/")[1].lower() not in _NOT_SECTIONS:
        page = query.get("page", [""])[0]
        paged = f"?page={page}&pageTop=true" if _PAGE_NUMBER.fullmatch(page) and int(page) > 1 else ""
        return Address("listing", f"{SITE}{path.rstrip('/')}{paged}")
    return Address("other", url)


# Every page has the same links to sections.
_of_menu = lru_cache(maxsize=4096)(_classify)


def is_ud(article_id: str) -> bool:
    """Return True if an id is one of ``view.php``: the day of first filing and six digits."""
    return len(article_id) == 14


def article_url(article_id: str) -> str:
    """Return the canonical address of an id: ``view.php`` for a ud, else ``/article/``."""
    if is_ud(article_id):
        return f"{SITE}/view.php?ud={article_id}"
    return f"{SITE}/article/{article_id}"


def filed(article_id: str) -> date | None:
    """Return the day of first filing, with which a ud begins; None for other ids."""
    if not is_ud(article_id):
        return None
    try:
        return datetime.strptime(article_id[:8], "%Y%m%d").date()
    except ValueError:
        return None


def listing_page(url: str, number: int) -> str:
    """Return the address of page `number`, from 1, of the listing `url`.

    >>> listing_page("https://www.koreaherald.com/National", 2)
    'https://www.koreaherald.com/National?page=2&pageTop=true'
    >>> listing_page("https://www.koreaherald.com/list.php?ct=020101000000", 3)
    'https://www.koreaherald.com/list.php?ct=020101000000&np=3'
    """
    if number == 1:
        return url
    # Mirrors have both parameters together; it is unknown whether page= alone works.
    return f"{url}&np={number}" if "/list.php?" in url else f"{url}?page={number}&pageTop=true"


def is_web_address(url: str) -> bool:
    """Return True if `url` is an address of the web, not a ``javascript:`` or other one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def rebase(url: str, base: str) -> str:
    """Return the canonical `url` on the host `base`.

    >>> rebase("https://www.koreaherald.com/article/1", "http://127.0.0.1:8000")
    'http://127.0.0.1:8000/article/1'
    """
    rest = url.removeprefix(SITE)
    # https://www.koreaherald.com.example.org is another host.
    return base.rstrip("/") + rest if url.startswith(SITE) and rest[:1] in ("", "/", "?", "#") else url


def origin(url: str) -> tuple[str, int] | None:
    """Return host and port of an http or https address; None for any other text.

    >>> origin("https://www.koreaherald.com/article/1")
    ('www.koreaherald.com', 443)
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.scheme in PORTS and parts.hostname and port else None
