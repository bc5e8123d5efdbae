"""Looks at what is made for programs: feeds and site maps."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

from herald_spider import sections, urls
from herald_spider.doctor.seen import Look, Seen, share
from herald_spider.doctor.visit import FeedSample, MapSample, Visit
from herald_spider.loaders.feed import Feed, FeedForm
from herald_spider.loaders.survey import feed_links

FEED = 50  # items
FEED_KIND = "rss 2.0"
_SUMMARY = 1500  # characters of a feed's text, beyond which it is the story itself
_NOTICEABLE = 6 * 3600  # seconds; a mistake in the zone is nine hours
_FEED_DATE = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \+09:00")


def index(visit: Visit) -> Seen:
    answer = visit.index
    if answer is None or not answer.status:
        return Seen(None, answer.said if answer else "not asked")
    if not answer.is_ok:
        return Seen(False, answer.said, (answer.url,))
    wanted = [sections.ALL_STORIES_FEED, *(each.feed for each in sections.SECTIONS if each.feed)]
    found = [url.removeprefix(urls.SITE) for url in feed_links(answer.page)]
    missing, new = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    text = f"{len(found)} feeds" + f", without {', '.join(missing)}" * bool(missing)
    return Seen(not missing and not new, text + f", new {', '.join(new)}" * bool(new), (answer.url,))


def is_feed(visit: Visit) -> Seen:
    return share((each.answer.url, _is_feed(each)) for each in visit.feeds.values() if each.answer.status)


def _is_feed(sample: FeedSample) -> Look:
    reading = sample.reading
    if reading is None or reading.form is None or reading.feed is None:
        return False, f"no feed: {reading.why}" if reading else sample.answer.said
    whole = "" if reading.feed.whole else ", cut off"
    return reading.form.kind == FEED_KIND and reading.feed.whole, f"{reading.form.kind}{whole}"


def on_feeds(test: Callable[[Feed, FeedForm], Look], *paths: str) -> Callable[[Visit], Seen]:
    """Whether the feeds bear a fact out; all of them, unless some are named."""

    def check(visit: Visit) -> Seen:
        samples = [each for path, each in visit.feeds.items() if not paths or path in paths]
        read = [(each.answer.url, each.reading) for each in samples if each.reading]
        return share((url, test(found.feed, found.form)) for url, found in read if found.feed and found.form)

    return check


def fifty(_: Feed, form: FeedForm) -> Look:
    return form.items == FEED, f"{form.items} items"


def feed_links_held(feed: Feed, form: FeedForm) -> Look:
    numbered = sum(len(entry.id) != 14 for entry in feed.entries)
    return numbered >= 0.8 * form.items > 0, f"/article/<number> in {numbered} of {form.items}"


def feed_dates(feed: Feed, _: FeedForm) -> Look:
    printed = [entry for entry in feed.entries if entry.printed]
    if not printed:
        return False, "no pubDate"
    strange = [entry for entry in printed if not _FEED_DATE.fullmatch(entry.printed or "")]
    unread = [entry for entry in printed if entry.date is None]
    shown = (unread or strange or printed)[0].printed
    return not unread and len(strange) <= 0.2 * len(printed), f"as {shown}"


def feed_order(feed: Feed, _: FeedForm) -> Look:
    moments = [entry.date for entry in feed.entries if entry.date]
    if len(moments) < 2:
        return None
    held = all(former >= later for former, later in pairwise(moments))
    return held, "in order" if held else "not in order"


def summaries(_: Feed, form: FeedForm) -> Look:
    full = form.parts["encoded"] or form.longest > _SUMMARY
    return not full, f"at most {form.longest} characters" + ", with content:encoded" * bool(
        form.parts["encoded"]
    )


def feed_extras(_: Feed, form: FeedForm) -> Look:
    extra = [name for name in ("author", "creator", "category", "guid") if form.parts[name]]
    return "category" in extra, ", ".join(extra) or "none of them"


def same_times(visit: Visit) -> Seen:
    """Whether a story has one time in its feed and on its page: nine hours off is a mistake in the zone."""
    listed = {
        entry.id: entry.date
        for each in visit.feeds.values() if each.reading and each.reading.feed
        for entry in each.reading.feed.entries if entry.date
    }  # fmt: skip
    looks = []
    for sample in visit.articles:
        item, date = sample.reading and sample.reading.item, listed.get(sample.entry.id)
        if item and item.published_at and date:
            apart = abs((datetime.fromisoformat(item.published_at) - date).total_seconds())
            hours = round(apart / 3600)
            looks.append(
                (sample.answer.url, (apart < _NOTICEABLE, f"{hours} h apart" if hours else "the same hour"))
            )
    return share(looks)


# Site maps -------------------------------------------------------------------------------


def maps_named(visit: Visit) -> Seen:
    if visit.robots is None:
        return Seen(None, "robots.txt could not be had")
    named = visit.robots.maps
    return Seen(bool(named), ", ".join(named) or "none named; /sitemap.xml was tried")


def maps_read(visit: Visit) -> Seen:
    return share((each.answer.url, _map(each)) for each in visit.maps if each.answer.status)


def _map(sample: MapSample) -> Look:
    found = sample.content
    if found is None:
        return False, f"no site map: {sample.answer.said}"
    dated = ", with lastmod" if found.dated else ""
    news = ", with publication dates" if found.is_news else ""
    return bool(found.addresses), f"{found.kind} of {len(found.addresses):,}{dated}{news}"


def maps_hold_articles(visit: Visit) -> Seen:
    def look(sample: MapSample) -> Look:
        if sample.content is None or sample.content.kind != "urlset" or not sample.content.addresses:
            return None
        kinds = [urls.classify(each, visit.base).kind for each in sample.content.addresses]
        return kinds.count("article") > len(
            kinds
        ) / 2, f"{kinds.count('article'):,} articles of {len(kinds):,}"

    return share((each.answer.url, look(each)) for each in visit.maps)
