"""Spider `herald`, end to end: a real ``scrapy crawl`` of the demo newspaper."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from herald_spider.items import Article
from tests.constants import replaced
from tests.demo import SETTINGS, crawl, differences, exported, fetch, kept, read_lines, scrapy, truth
from tests.faulty_demo import running_demo

FIELDS = list(Article.__dataclass_fields__)


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(articles=300) as base:
        yield base


@pytest.fixture(scope="module")
def crawled(demo: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], str]:
    """Return the exported lines of a full crawl, and its log."""
    archive = tmp_path_factory.mktemp("archive")
    done = crawl(base=demo, HERALD_ARCHIVE=str(archive))
    assert done.returncode == 0, done.stderr
    return exported(archive), done.stderr


def test_every_article_is_archived_once(crawled: tuple[list[dict[str, Any]], str], demo: str) -> None:
    items, _ = crawled
    assert Counter(item["id"] for item in items) == Counter(list(truth(demo)))


def test_every_field_equals_the_truth(crawled: tuple[list[dict[str, Any]], str], demo: str) -> None:
    items, _ = crawled
    expected = truth(demo)
    assert differences(items, expected, {"duplicate_of"}) == {}  # the ledger's, see below
    assert {item["layout"] for item in items} == {"2021", "2023", "2024"}


def test_near_duplicates_are_marked(crawled: tuple[list[dict[str, Any]], str], demo: str) -> None:
    """The marked articles are the wire copies of an article of the paper."""
    items, _ = crawled
    marked = {frozenset((item["id"], item["duplicate_of"])) for item in items if item["duplicate_of"]}
    pairs = json.loads(fetch(f"{demo}/truth/near_duplicates.json"))
    assert marked == {frozenset(pair) for pair in pairs}
    assert marked


def test_lines_have_the_fields_in_the_order_of_the_item(crawled: tuple[list[dict[str, Any]], str]) -> None:
    items, _ = crawled
    assert all(list(item) == FIELDS for item in items)


def test_provenance_fields_are_set(crawled: tuple[list[dict[str, Any]], str]) -> None:
    items, _ = crawled
    assert all(item["discovered_via"].partition(":")[2] in item["listed_in"] for item in items)
    assert len({item["job"] for item in items}) == 1
    assert all(item["fetched_at"].endswith("Z") for item in items)


def test_the_summary_counts_every_discovered_article(
    crawled: tuple[list[dict[str, Any]], str], demo: str
) -> None:
    """Every discovered article is archived or gone."""
    items, log = crawled
    last = log.partition("] INFO: Summary\n")[2]
    assert f"articles      {len(items)}\n" in last
    assert f"gone          {300 - len(items)}\n" in last
    assert "failed        0\n" in last
    assert "Traceback" not in log


def test_sections_and_since_select_the_exported_articles(demo: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    done = crawl("-a", "sections=north-korea", "-a", "since=2023-08-01", "-O", str(out), base=demo)
    assert done.returncode == 0, done.stderr
    expected = {
        key
        for key, item in truth(demo).items()
        if "north-korea" in item["listed_in"] and (item["published_at"] or "9") >= "2023-08-01"
    }
    assert {item["id"] for item in read_lines(out)} == expected
    assert len(expected) > 3


def test_a_parent_section_includes_its_children(demo: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert crawl("-a", "sections=world", "-O", str(out), base=demo).returncode == 0
    leaves = {slug for item in read_lines(out) for slug in item["listed_in"]}
    assert leaves == {"world", "world-news", "world-business", "asia-news-network"}


def test_max_articles_and_max_pages_limit_a_crawl(demo: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert crawl("-a", "max_articles=7", "-O", str(out), base=demo).returncode == 0
    assert len(list(read_lines(out))) == 7
    fetch(f"{demo}/control/requests/reset", post=True)
    assert crawl("-a", "sections=national", "-a", "max_pages=1", "-O", str(out), base=demo).returncode == 0
    requests = json.loads(fetch(f"{demo}/control/requests"))
    assert not [path for path in requests if "page=" in path or "np=" in path]


def test_max_articles_takes_the_newest_of_all_listings(demo: str, tmp_path: Path) -> None:
    first_pages = tmp_path / "first"
    assert crawl("-a", "max_pages=1", base=demo, HERALD_ARCHIVE=str(first_pages)).returncode == 0
    days = {line["id"]: line["published_at"][:10] for line in kept(first_pages) if line["published_at"]}
    limited = tmp_path / "limited"
    assert crawl("-a", "max_articles=7", base=demo, HERALD_ARCHIVE=str(limited)).returncode == 0
    taken = [line["id"] for line in kept(limited)]
    assert sorted(days[each] for each in taken) == sorted(days.values())[-7:]


def test_mail_addresses_are_kept_only_on_request(demo: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    for keep in ("0", "1"):
        arguments = ("-a", "sections=life-culture,sports", "-O", str(out))
        assert crawl(*arguments, base=demo, HERALD_KEEP_EMAILS=keep).returncode == 0
        found = {author["email"] for item in read_lines(out) for author in item["authors"]}
        assert bool(found - {None}) == (keep == "1")
        assert ("@" in "".join(str(item["byline"]) for item in read_lines(out))) <= (keep == "1")


def test_articles_published_during_the_walk_are_not_lost(tmp_path: Path) -> None:
    """They push older entries to later pages."""
    out = tmp_path / "out.jsonl"
    with running_demo(articles=900) as base:
        publisher = threading.Thread(target=_publish_in_the_middle, args=(base,))
        publisher.start()
        done = crawl("-a", "sections=national", "-O", str(out), base=base)
        publisher.join()
        assert done.returncode == 0, done.stderr
        listed = {key for key, item in truth(base).items() if "national" in item["listed_in"]}
    found = [item["id"] for item in read_lines(out)]
    assert listed - set(found) == set()
    assert len(found) == len(set(found))
    assert "herald/listing/shifted" in done.stderr


def _publish_in_the_middle(base: str) -> None:
    for page in (2, 4):
        path = f"/National?page={page}&pageTop=true"
        while path not in json.loads(fetch(f"{base}/control/requests")):
            time.sleep(0.02)
        fetch(f"{base}/control/publish?n=40", post=True)


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("sections=north-krea", "no section 'north-krea'; did you mean north-korea"),
        ("since=2021-13-01", "'2021-13-01' is no day"),
        ("max_pages=-1", "max_pages: give 1 or more, not '-1'"),
        ("section=national", "no argument 'section'; did you mean sections"),
    ],
)
def test_a_wrong_argument_ends_the_run_with_one_error_line(argument: str, said: str) -> None:
    done = crawl("-a", argument, base="http://127.0.0.1:9")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("scrapy crawl: error: ")
    assert said in line


@pytest.mark.parametrize(
    ("base", "environment", "said"),
    [
        ("www.koreaherald.com", {}, "HERALD_BASE_URL='www.koreaherald.com': give scheme and host alone"),
        ("https://www.koreaherald.com", {"HERALD_CONTACT": ""}, "set HERALD_CONTACT"),
        (
            "http://127.0.0.1:9",
            {"HERALD_REVISIT_HOURS": "two"},
            "HERALD_REVISIT_HOURS='two': give a number of hours",
        ),
        ("http://127.0.0.1:9", {"HERALD_KEEP_EMAILS": "yes"}, "HERALD_KEEP_EMAILS='yes': give 0 or 1"),
        ("http://127.0.0.1:9", {"HERALD_NEAR_DUPLICATES": "maybe"}, "HERALD_NEAR_DUPLICATES='maybe': give"),
        (
            "http://127.0.0.1:9",
            {"HERALD_ARCHIVE": "/proc/herald"},
            "HERALD_ARCHIVE=/proc/herald cannot be written",
        ),
    ],
)
def test_a_wrong_setting_ends_the_run_with_one_error_line(
    base: str, environment: dict[str, str], said: str
) -> None:
    done = crawl(base=base, **environment)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert said in done.stderr
    assert "'downloader/request_count'" not in done.stderr


def test_an_unknown_spider_is_one_error_line() -> None:
    done = scrapy("crawl", "heralds", base="http://127.0.0.1:9")
    assert done.returncode == 2
    assert "no spider 'heralds'; did you mean herald?" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unreachable_host_ends_the_run() -> None:
    done = crawl("-s", "RETRY_TIMES=0", base="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "http://127.0.0.1:9 cannot be reached" in done.stderr
    assert "'finish_reason': 'unreachable'" in done.stderr


def test_a_host_that_refuses_every_request_ends_the_run() -> None:
    with running_demo(articles=30) as base:
        fetch(f"{base}/control/deny?status=403", post=True)
        done = crawl(base=base)
        requests = json.loads(fetch(f"{base}/control/requests"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "The site answered 403 to 5 requests in a row" in done.stderr
    assert "'finish_reason': 'blocked'" in done.stderr
    assert sum(requests.values()) < 20


def test_contracts_pass(demo: str) -> None:
    done = scrapy("check", *SETTINGS, base=demo)
    assert done.returncode == 0, done.stderr
    assert "OK" in done.stderr
    assert "Ran 0 contracts" not in done.stderr


def test_scrapy_list_names_the_spiders(demo: str) -> None:
    assert scrapy("list", base=demo).stdout.split() == ["herald", "rss", "sitemap", "urls", "warc", "wayback"]


def test_articles_beyond_the_waiting_limit_wait_in_the_ledger(demo: str, tmp_path: Path) -> None:
    expected = truth(demo)
    few = replaced({"herald_spider.spiders.base.HeraldBaseSpider.waiting_limit": 2})
    assert crawl(base=demo, HERALD_ARCHIVE=str(tmp_path / "walk"), **few).returncode == 0
    lines = exported(tmp_path / "walk")
    assert Counter(line["id"] for line in lines) == Counter(list(expected))
    assert differences(lines, expected, {"duplicate_of"}) == {}
    given = tmp_path / "given"
    given.write_text("\n".join(expected))
    done = scrapy(
        "crawl",
        "urls",
        "-a",
        f"file={given}",
        *SETTINGS,
        base=demo,
        HERALD_ARCHIVE=str(tmp_path / "urls"),
        **few,
    )
    assert done.returncode == 0, done.stderr
    assert Counter(line["id"] for line in kept(tmp_path / "urls")) == Counter(list(expected))
