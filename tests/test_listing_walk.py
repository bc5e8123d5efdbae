"""The rule that ends a walk through a listing, without a spider."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from herald_spider.loaders.listing import Entry
from herald_spider.sections import BY_SLUG
from herald_spider.spiders.feeds import FeedState, feeds_of, gap_end
from herald_spider.spiders.listing_walk import EPOCH, RESTARTS, ListingWalk, count_moved, day_number

TODAY = date(2026, 9, 14)


def entries(*ids: int, day: date | None = TODAY) -> list[Entry]:
    moment = datetime.combine(day, datetime.min.time()) if day else None
    return [Entry(str(each), f"/article/{each}", "", moment) for each in ids]


def make_walk(since: date | None = None) -> ListingWalk:
    return ListingWalk(BY_SLUG["national"], "/National", since)


def numbers(walk: ListingWalk, pages: Iterable[list[Entry]]) -> list[int]:
    """Return the page numbers that a walk requests, as long as there are pages."""
    requested = []
    for page in pages:
        requested.append(walk.number)
        if not walk.advance(page):
            break
    return requested


def test_a_walk_ends_at_an_empty_page_and_has_read_everything() -> None:
    walk = make_walk()
    assert numbers(walk, [entries(4, 3), entries(2, 1), [], entries(0)]) == [1, 2, 3]
    assert walk.down_to == 0


def test_a_walk_ends_where_all_new_entries_are_older_than_since() -> None:
    walk = make_walk(since=TODAY)
    old = entries(2, 1, day=date(2026, 9, 13))
    assert numbers(walk, [entries(4, 3), old, entries(0)]) == [1, 2]
    assert walk.down_to == (TODAY - EPOCH).days == day_number(TODAY)


def test_a_walk_ends_at_a_page_that_an_earlier_walk_has_read() -> None:
    walk = make_walk()
    walk.known_at, walk.known_down_to = 1, 77
    assert walk.advance(entries(4, 3))
    assert not walk.advance(entries(2, 1), all_known=True)
    assert walk.down_to == 77


def test_a_single_page_without_new_entries_does_not_end_a_walk() -> None:
    assert numbers(make_walk(), [entries(3, 2), entries(3, 2), entries(1), []]) == [1, 2, 3, 4]
    assert numbers(make_walk(), [entries(3, 2), entries(3, 2), entries(3, 2), entries(1)]) == [1, 2, 3]


def test_a_single_missing_page_is_skipped_and_a_second_one_ends_the_walk() -> None:
    walk = make_walk()
    walk.advance(entries(3, 2))
    assert walk.skip_missing()
    assert walk.number == 3
    assert not walk.skip_missing()
    assert walk.down_to == 0


def test_entries_that_move_during_the_walk_restart_it() -> None:
    walk = make_walk()
    pages = [entries(4, 3), entries(3, 2), [], entries(5, 4), entries(3, 2)]
    assert numbers(walk, pages) == [1, 2, 3, 1, 2]
    assert walk.restarts == 1
    assert "5" in walk.seen


def test_a_listing_that_always_moves_is_restarted_a_few_times_only() -> None:
    walk = make_walk()
    pages = (entries(*(each + turn for each in (1, 2, 3))) for turn in range(0, 900, 2))
    requested = numbers(walk, (page if number % 5 else [] for number, page in enumerate(pages, 1)))
    assert walk.restarts <= RESTARTS
    assert len(requested) <= 5 * (RESTARTS + 1)


def test_a_constant_overlap_of_pages_is_no_movement() -> None:
    walk = make_walk()
    pages = [entries(9 - each, 8 - each) for each in range(8)]
    assert numbers(walk, [*pages, []]) == list(range(1, 10))
    assert walk.restarts == 0


def test_a_pinned_entry_is_no_movement() -> None:
    assert count_moved(["9", "8"], ["9", "7"]) == 0
    assert count_moved(["8", "7"], ["9", "8"]) == 0, "it moved up"
    assert count_moved(["8", "7"], ["7", "6"]) == 1


# Feeds ----------------------------------------------------------------------------------


def test_a_gap_ends_at_the_oldest_article_of_the_feed() -> None:
    assert gap_end(None, [5, 4]) is None, "a first run has no gap"
    assert gap_end(3, [5, 4, 3]) is None
    assert gap_end(3, [5, 4]) == 4
    assert gap_end(3, [5, 4, 1]) == 4, "one older article is pinned"
    assert gap_end(3, [5, 4, 2, 1]) is None, "the newest article was removed"
    assert gap_end(3, []) is None


def test_all_stands_for_every_current_feed_and_a_former_one_must_be_named() -> None:
    everything = [feed.slug for feed in feeds_of(["all"])]
    assert everything[0] == "all"
    assert {"national", "business"} <= set(everything)
    assert "finance" not in everything
    assert [feed.slug for feed in feeds_of(["finance"])] == ["finance"]
    (national,) = feeds_of(["national"])
    assert national.former_url
    assert national.former_url != national.url


def test_unfinished_walks_of_a_feed_are_stored_and_loaded() -> None:
    politics, market = (ListingWalk(BY_SLUG[slug], f"/{slug}", first=3) for slug in ("politics", "market"))
    walks = {walk.url: walk for walk in (politics, market)}
    feed = FeedState("national", "/rss", since=TODAY)
    stored = feed.store_walks(walks)
    assert stored
    later = FeedState("national", "/rss")
    later.load_walks(stored)
    assert (later.since, set(later.open_walks)) == (TODAY, {"/politics"})
    assert feed.store_walks({}) is None
    assert set(json_of(FeedState("all", "/rss", since=TODAY).store_walks(walks))) == {"/politics", "/market"}


def json_of(stored: str | None) -> list[str]:
    loaded = FeedState("all", "/rss")
    loaded.load_walks(stored or "")
    return list(loaded.open_walks)
