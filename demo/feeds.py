"""Feeds, site maps and robots.txt of the demo newspaper."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from markupsafe import escape

from demo.newspaper import Newspaper
from demo.story import Story
from herald_spider.sections import ALL_STORIES_FEED, SECTIONS

ITEMS = 50
PER_MAP = 250
FEEDS = [("All Stories", ALL_STORIES_FEED)] + [(s.name, s.feed) for s in SECTIONS if s.feed]
_SECTION_OF_FEED = {s.feed: s.slug for s in SECTIONS if s.feed}
_SECTION_OF_LEGACY_FEED = {s.legacy_feed: s.slug for s in SECTIONS if s.legacy_feed}
_NEWS_AGE = timedelta(hours=48)


def current_stories(newspaper: Newspaper, path: str) -> list[Story] | None:
    """Return the stories of a feed under ``/rss/``, or None if there is no such feed."""
    if path == ALL_STORIES_FEED:
        return newspaper.newest(ITEMS)
    slug = _SECTION_OF_FEED.get(path)
    return newspaper.newest(ITEMS, slug) if slug else None


def legacy_stories(newspaper: Newspaper, ct: str) -> list[Story] | None:
    """Return the stories of the feed ``rss_xml.php?ct=…``, or None if there is no such feed."""
    slug = _SECTION_OF_LEGACY_FEED.get(f"/common/rss_xml.php?ct={ct}")
    return newspaper.newest(ITEMS, slug, "2023") if slug else None


def rss(stories: Iterable[Story], title: str, *, legacy: bool = False) -> str:
    """Return an RSS 2.0 document with the summaries of `stories`."""
    items = "\n".join(_item(story, legacy) for story in stories)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>\n'
        f"<title><![CDATA[{title}]]></title>\n<link>https://www.koreaherald.com</link>\n"
        "<description><![CDATA[The Korea Herald]]></description>\n<language>en</language>\n"
        f"{items}\n</channel></rss>\n"
    )


def _item(story: Story, legacy: bool) -> str:
    category = f"<category>{escape(story.shown_section)}</category>" if story.shown_section else ""
    return (
        f"<item><title><![CDATA[{_title(story)}]]></title>"
        f"<link>{escape(_link(story, legacy))}</link>"
        f"<description><![CDATA[<p>{escape(story.teaser[:200])}]]></description>"
        f"{category}<pubDate>{_rfc(story.filed, legacy)}</pubDate></item>"
    )


def _title(story: Story) -> str:
    """Return the title for a CDATA section, escaped once or twice although CDATA needs no escaping."""
    return str(story.title_html if story.position % 2 else escape(str(escape(story.headline))))


def _link(story: Story, legacy: bool) -> str:
    if legacy and story.position % 7 == 2:  # so in the feeds of 2023-08-14
        return f"http://www.koreaherald.com/view.php?ud=/view.php?ud={story.id}"
    query = "&" if legacy else "?"
    return story.url + (f"{query}utm_source=rss" if story.position % 3 == 0 else "")


def _rfc(moment: datetime, legacy: bool) -> str:
    days, months = (
        "Mon Tue Wed Thu Fri Sat Sun".split(),
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
    )
    offset = "+0900" if legacy else "+09:00"
    day, month = days[moment.weekday()], months[moment.month - 1]
    return f"{day}, {moment.day:02d} {month} {moment:%Y %H:%M:%S} {offset}"


# Site maps ----------------------------------------------------------------------------

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS_NAMESPACE = "http://www.google.com/schemas/sitemap-news/0.9"


def robots(base: str) -> str:
    return f"User-agent: *\nAllow: /\nDisallow: /search/\nDisallow: /login\n\nSitemap: {base}/sitemap.xml\n"


def sitemap_index(newspaper: Newspaper, base: str) -> str:
    count = -(-len(newspaper.indexes) // PER_MAP)
    newest = newspaper.newest(1)[0].modified
    files = [
        ("news.xml", newest),
        *((f"{each}.xml.gz", _modified(newspaper, each)) for each in range(1, count + 1)),
    ]
    entries = "\n".join(
        f"<sitemap><loc>{base}/sitemap/{name}</loc><lastmod>{modified.isoformat()}</lastmod></sitemap>"
        for name, modified in files
    )
    return _xml(f'<sitemapindex xmlns="{_NAMESPACE}">\n{entries}\n</sitemapindex>')


def sitemap(newspaper: Newspaper, number: int) -> bytes | None:
    """Return part `number`, from 1, gzipped, or None past the last one."""
    indexes = _indexes(newspaper, number)
    if number < 1 or not indexes:
        return None
    entries = "\n".join(_map_entry(*newspaper.address(index)) for index in indexes)
    text = _xml(f'<urlset xmlns="{_NAMESPACE}">\n{entries}\n</urlset>')
    return gzip.compress(text.encode(), 6, mtime=0)


def _indexes(newspaper: Newspaper, number: int) -> Sequence[int]:
    return newspaper.indexes[(number - 1) * PER_MAP : number * PER_MAP]


def _modified(newspaper: Newspaper, number: int) -> datetime:
    return max(newspaper.address(index)[1] for index in _indexes(newspaper, number))


def _map_entry(url: str, modified: datetime) -> str:
    return f"<url><loc>{escape(url)}</loc><lastmod>{modified.isoformat()}</lastmod></url>"


def news_sitemap(newspaper: Newspaper) -> str:
    """Return the news site map: the stories of the last two days."""
    stories = newspaper.newest(2 * ITEMS)
    fresh = [story for story in stories if stories[0].filed - story.filed < _NEWS_AGE]
    entries = "\n".join(map(_news_entry, fresh))
    return _xml(f'<urlset xmlns="{_NAMESPACE}" xmlns:news="{_NEWS_NAMESPACE}">\n{entries}\n</urlset>')


def _news_entry(story: Story) -> str:
    return (
        f"<url><loc>{story.url}</loc><news:news><news:publication><news:name>The Korea Herald</news:name>"
        f"<news:language>en</news:language></news:publication>"
        f"<news:publication_date>{story.filed.isoformat()}</news:publication_date>"
        f"<news:title><![CDATA[{story.headline}]]></news:title></news:news></url>"
    )


def _xml(text: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'
