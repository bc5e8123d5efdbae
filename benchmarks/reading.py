"""Benchmark of reading articles: CPU time and accuracy, beside other readers and lxml's bare parse.

``python -m benchmarks.reading`` reads pages of the demo newspaper's three layouts, as they are (13 KB)
and furnished with menus and scripts to 60 KB, as on the site. Each other reader runs in an environment
of its own in .bench, which the first run makes (it needs a package index).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import lxml.html

from benchmarks import readers
from demo import Newspaper
from demo.render import Pages
from herald_spider.loaders import read_article
from herald_spider.loaders.page import Page

ROOT = Path(__file__).parents[1]
SIZE = 60_000
BARE, OURS = "lxml, bare parse", "Herald Spider"
_MENU = '<ul class="all_menu">{}</ul>'
_ITEM = '<li class="depth2"><a href="/Section/Page{0}" class="link">Menu entry number {0}</a></li>'
_SCRIPT = "<script>window.__conf=window.__conf||[];{}</script>"
_CODE = "__conf.push({{id:{0},slot:'kh_unit_{0}',sizes:[[300,250],[728,90]],lazy:true}});\n"


def furnished(html: str) -> str:
    """Return a page with menus and scripts added, which make it as large as the site's."""
    missing = max(0, SIZE - len(html.encode()))
    items = missing * 4 // 10 // len(_ITEM.format(100))
    codes = missing * 6 // 10 // len(_CODE.format(100))
    menu = _MENU.format("".join(map(_ITEM.format, range(items))))
    script = _SCRIPT.format("".join(map(_CODE.format, range(codes))))
    return html.replace("</body>", f"{menu}{script}</body>")


def pages_of(count: int, dress: Callable[[str], str]) -> list[dict[str, Any]]:
    """Return `count` pages of each layout, with the fields that a reader should find."""
    newspaper = Newspaper(size=6 * count)
    made = Pages(newspaper)
    taken: Counter[str] = Counter()
    found = []
    for story in newspaper.readable():
        if taken[story.edition] < count and "euc-kr-meta" not in story.varieties:
            taken[story.edition] += 1
            found.append(
                {"url": story.url, "html": dress(made.article(story)), "truth": story.truth()},
            )
    return found


def ours(pages: list[dict[str, Any]]) -> tuple[float, list[dict[str, Any]]]:
    bodies = [(page["url"], page["html"].encode()) for page in pages]
    began = time.process_time()
    items = [read_article(Page(url, body)) for url, body in bodies]
    seconds = time.process_time() - began
    return seconds, [
        {
            "headline": item.headline,
            "authors": [author.name for author in item.authors],
            "published": item.published_at,
            "body": item.body,
        }
        for item in items
    ]


def bare(pages: list[dict[str, Any]]) -> tuple[float, list[dict[str, Any]]]:
    bodies = [page["html"].encode() for page in pages]
    began = time.process_time()
    for body in bodies:
        lxml.html.document_fromstring(body)
    return time.process_time() - began, []


def other(name: str) -> Callable[[list[dict[str, Any]]], tuple[float, list[dict[str, Any]]]]:
    python = environment(name)

    def run(pages: list[dict[str, Any]]) -> tuple[float, list[dict[str, Any]]]:
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            for page in pages:
                file.write(json.dumps({"url": page["url"], "html": page["html"]}) + "\n")
            file.flush()
            done = subprocess.run(
                [python, readers.__file__, name, file.name], capture_output=True, text=True, check=False
            )
        if done.returncode:
            sys.exit(f"{name} failed:\n{done.stderr[-2000:]}")
        *found, last = map(json.loads, done.stdout.splitlines())
        return last["seconds"], found

    return run


def environment(name: str) -> Path:
    """Return the Python of a reader's environment, which is made if it is missing."""
    folder = ROOT / ".bench" / name
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--upgrade", "pip"], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *readers.PACKAGES[name]], check=True)
        (folder / "made").touch()
    return python


# Accuracy -------------------------------------------------------------------------------------


def accuracy(found: list[dict[str, Any]], pages: list[dict[str, Any]]) -> tuple[float, float, float, float]:
    """Return the shares of correct headlines, authors and dates, and the mean F1 of the bodies' words."""
    right: Counter[str] = Counter()
    scores = []
    for each, page in zip(found, pages, strict=True):
        truth = page["truth"]
        right["headline"] += _words(each["headline"]) == _words(truth["headline"])
        right["authors"] += set(filter(None, each["authors"])) == {a["name"] for a in truth["authors"]}
        right["published"] += _moment(each["published"]) == _moment(truth["published_at"])
        if truth["body"]:
            scores.append(f1(_words(each["body"]), _words(truth["body"])))
    count = len(pages)
    return (
        right["headline"] / count,
        right["authors"] / count,
        right["published"] / count,
        statistics.mean(scores),
    )


def f1(found: list[str], truth: list[str]) -> float:
    common = sum((Counter(found) & Counter(truth)).values())
    return 2 * common / (len(found) + len(truth)) if common else 0.0


def _words(text: str | None) -> list[str]:
    return (text or "").split()


def _moment(text: str | None) -> str:
    """Return a time to the minute in Seoul, where times without offset are; a date without time unchanged."""
    try:
        moment = datetime.fromisoformat(text) if text and len(text) > 10 else None
    except ValueError:
        return f"unreadable {text}"
    if moment is None:
        return text or ""
    if moment.tzinfo:
        moment = moment.astimezone(datetime.fromisoformat("2026-01-01T00:00+09:00").tzinfo)
    return f"{moment:%Y-%m-%dT%H:%M}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=40, help="pages of each layout (default 40)")
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds, of which the median is shown (default 3)"
    )
    parser.add_argument(
        "--readers", default=",".join(readers.READERS), help="comma-separated; none for Herald Spider alone"
    )
    options = parser.parse_args()
    names = [name for name in options.readers.split(",") if name in readers.READERS]
    runs = {BARE: bare, OURS: ours, **{name: other(name) for name in names}}
    for title, dress in (("as printed", str), ("furnished", furnished)):
        pages = pages_of(options.pages, dress)
        size = statistics.mean(len(page["html"].encode()) for page in pages)
        print(f"\n{len(pages)} pages {title}, {size / 1000:.0f} KB each")
        compare(runs, pages, options.rounds)


def compare(runs: dict[str, Any], pages: list[dict[str, Any]], rounds: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    found: dict[str, list[dict[str, Any]]] = {}
    ours(pages[:3])  # compiles patterns before the measurement
    # These two take milliseconds, in which other processes disturb more.
    turns = [*(BARE, OURS) * 5, *(name for name in runs if name not in (BARE, OURS))]
    for name in turns * rounds:
        spent, found[name] = runs[name](pages)
        seconds[name].append(spent / len(pages))
    costs = {name: statistics.median(each) for name, each in seconds.items()}
    limit, own = costs[BARE], costs[OURS]
    print(f"{'':18} {'ms a page':>9} {'× bare':>7} {'× ours':>7}  headline authors dates  body F1")
    for name, cost in costs.items():
        line = f"{name:18} {1000 * cost:9.2f} {cost / limit:7.1f} {cost / own:7.1f}"
        if found[name]:
            headline, authors, dates, score = accuracy(found[name], pages)
            line += f"  {headline:8.2f} {authors:7.2f} {dates:5.2f}  {score:7.3f}"
        print(line)


if __name__ == "__main__":
    main()
