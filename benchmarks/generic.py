"""Accuracy of the generic reader on real pages of many papers: ``python -m benchmarks.generic FOLDER``.

FOLDER has the files of public collections, which are no part of this repository:
AndyTheFactory/article-extraction-dataset (``news_articles.json`` and ``html/``) or flairNLP/fundus
(``tests/resources/parser/test_data/``). Each page is read as if the paper served it in an unknown
layout. Other general readers run in environments of their own, as in `benchmarks.reading`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import statistics
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.reading import f1, other
from herald_spider.loaders import Moved, NeedsRendering, NoArticle
from herald_spider.loaders.article import ArticleLoader
from herald_spider.loaders.checks import check_page, check_unknown_page
from herald_spider.loaders.layouts import GENERIC, layout_of
from herald_spider.loaders.page import Page
from herald_spider.text.bylines import parse_agency

ADDRESS = "https://www.koreaherald.com/article/10000001"
OURS, PEERS = "Herald Spider", ("trafilatura", "newspaper4k")
_WORD = re.compile(r"\w+")
_CANONICAL = re.compile(
    r"""<(?:link\b[^>]*\brel=["']?canonical["']?[^>]*\bhref|meta\b[^>]*["']og:url["'][^>]*\bcontent)=["'](https?://[^"']+)""",
    re.I,
)
_SAME_CAPTION = 0.8  # F1 of the words; collections cut credits in other ways


@dataclass
class Case:
    """A page and what a person found on it; each picture has its addresses and its caption."""

    url: str
    html: str
    title: str
    authors: list[str]
    body: str
    pictures: list[tuple[set[str], str]] = field(default_factory=list)


def collections(folder: Path) -> Iterator[tuple[str, list[Case]]]:
    """Yield the collections in a folder: a title and the cases."""
    for index in sorted(folder.rglob("news_articles.json")):
        yield "article-extraction-dataset", list(_of_dataset(index))
    if indexes := sorted(folder.rglob("meta.info")):
        yield "Fundus", [case for index in indexes for case in _of_fundus(index)]


def _of_dataset(index: Path) -> Iterator[Case]:
    for entry in json.loads(index.read_text(encoding="utf-8")):
        page = index.parent / "html" / f"{entry['html_file']}.html"
        if page.exists():
            html = page.read_text(encoding="utf-8", errors="replace")
            authors = [name.strip() for name in entry["authors"].split(",") if name.strip()]
            yield Case(entry["link"], html, entry["title"], authors, entry["text"])


def _of_fundus(index: Path) -> Iterator[Case]:
    """Yield the cases of a country: the versions of a publisher's file belong to its pages by age."""
    pages = json.loads(index.read_text(encoding="utf-8"))
    for file in sorted(index.parent.glob("*.json")):
        own = sorted(name for name in pages if name.partition("_")[0] == file.stem)
        own = [name for name in own if (index.parent / name).exists()]  # the list also has former pages
        versions = json.loads(file.read_text(encoding="utf-8")).values()
        for name, stated in zip(own, versions, strict=True):
            html = gzip.decompress((index.parent / name).read_bytes()).decode("utf-8", "replace")
            pictures = [
                ({_plain(version["url"]) for version in each["versions"]}, each["caption"] or "")
                for each in stated.get("images", ())
            ]
            authors, body = stated.get("authors", []), _text(stated["body"])
            yield Case(pages[name]["url"], html, stated["title"], authors, body, pictures)


def _text(body: dict[str, Any]) -> str:
    sections = [[*section["headline"], *section["paragraphs"]] for section in body["sections"]]
    return "\n".join([*body["summary"], *(text for section in sections for text in section)])


def _plain(url: str) -> str:
    """Return the address of a picture without scheme and query."""
    return url.partition("?")[0].partition("//")[2]


def ours(case: Case) -> tuple[dict[str, Any], str]:
    """Return what the generic reader finds, and the reason if the page would be refused."""
    html = case.html  # with the paper's address in place of its own
    for url in (case.url, *_CANONICAL.findall(html)):
        html = html.replace(url, ADDRESS)
    page = Page(ADDRESS, html.encode())
    reason = "" if layout_of(page) is GENERIC else f"taken for layout {layout_of(page).name}"
    try:
        check_page(page)
        check_unknown_page(page)
    except (NoArticle, Moved) as error:
        reason = f"refused: {error}"
    except NeedsRendering:
        reason = "refused: a script shell"
    item = ArticleLoader(page, GENERIC).load()
    return {
        "headline": item.headline,
        "authors": [author.name for author in item.authors],
        "agency": item.agency,
        "body": item.body,
        "images": [(_plain(each.url), f"{each.caption or ''}", each.credit) for each in item.images],
    }, reason


# Accuracy -------------------------------------------------------------------------------------


def words(text: str | None) -> list[str]:
    return _WORD.findall((text or "").casefold())


def scores(case: Case, found: dict[str, Any]) -> dict[str, float]:
    """Return the share of each field that was read right; a field that the page lacks is left out."""
    right = {
        "body F1": f1(words(found["body"]), words(case.body)),
        "title": float(words(found["headline"]) == words(case.title)),
    }
    if case.authors:
        named, agency = _names(found["authors"]), _names([found.get("agency")])
        right["authors"] = float(_names(case.authors) in (named, named | agency))
    return right


def _names(authors: list[str | None]) -> set[str]:
    """Return names in one form: "Associated Press" is the agency "AP"."""
    return {" ".join(words(parse_agency(name) or name)) for name in authors if name}


def pictures(case: Case, found: dict[str, Any]) -> Counter[str]:
    """Return the numbers of pictures and captions, stated and found."""
    count = Counter[str]()
    for addresses, caption in case.pictures:
        count["pictures"] += 1
        count["pictures found"] += any(url in addresses for url, _, _ in found["images"])
        if caption:
            count["captions"] += 1
            count["captions found"] += any(
                _is_caption(caption, text, credit) for _, text, credit in found["images"]
            )
    return count


def _is_caption(stated: str, caption: str, credit: str | None) -> bool:
    return any(
        f1(words(text), words(stated)) >= _SAME_CAPTION for text in (caption, f"{caption} {credit or ''}")
    )


def compare(title: str, cases: list[Case], peers: list[str]) -> None:
    own, reasons = zip(*map(ours, cases), strict=True)
    pages = [{"url": case.url, "html": case.html} for case in cases]
    found = {OURS: list(own), **{name: other(name)(pages)[1] for name in peers}}
    print(f"\n{title}: {len(cases)} pages\n{'':18} body F1   title  authors")
    for name, each in found.items():
        sums: dict[str, list[float]] = {}
        for case, item in zip(cases, each, strict=True):
            for key, score in scores(case, item).items():
                sums.setdefault(key, []).append(score)
        print(f"{name:18}" + "".join(f" {statistics.mean(values):7.3f}" for values in sums.values()))
    count = sum((pictures(case, item) for case, item in zip(cases, own, strict=True)), Counter[str]())
    if count["pictures"]:
        print(
            "; ".join(
                f"{count[f'{kind} found']} of {count[kind]} {kind}" for kind in ("pictures", "captions")
            )
        )
    for reason, number in Counter(filter(None, reasons)).most_common():
        print(f"{number:4} {reason}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--readers", default=",".join(PEERS), help="comma-separated; none for Herald Spider alone"
    )
    options = parser.parse_args()
    found = list(collections(options.folder))
    if not found:
        sys.exit(f"{options.folder} has none of the collections that are named in --help.")
    for title, cases in found:
        compare(title, cases, [name for name in options.readers.split(",") if name in PEERS])


if __name__ == "__main__":
    main()
