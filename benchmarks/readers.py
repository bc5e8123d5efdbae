"""Other readers of article pages, each run by the Python of an environment of its own.

``python benchmarks/readers.py NAME PAGES``: PAGES is a file of JSON lines (url, html). It
prints a line of JSON for each (headline, authors, published, body), then the CPU seconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

Read = Callable[[str, str], dict[str, Any]]
# The packages of each environment, in versions of November 2026.
PACKAGES = {
    "trafilatura": ["trafilatura==2.3.1", "lxml_html_clean"],
    "newspaper4k": ["newspaper4k==0.9.6", "lxml_html_clean"],
    "goose3": ["goose3==3.1.22", "lxml_html_clean"],
    "fundus": ["fundus==0.5.7", "curl_cffi==0.13.0", "lxml_html_clean"],
    "news-please": ["news-please==1.6.16", "lxml_html_clean"],
}


def _result(headline: Any, authors: Any, published: Any, body: Any) -> dict[str, Any]:
    moment = published.isoformat() if isinstance(published, datetime) else str(published or "")
    return {"headline": headline, "authors": list(authors or ()), "published": moment, "body": body}


def trafilatura() -> Read:
    from trafilatura import bare_extraction

    def read(url: str, html: str) -> dict[str, Any]:
        found = bare_extraction(html, url=url, with_metadata=True, include_comments=False)
        if found is None:
            return _result(None, [], None, None)
        return _result(found.title, (found.author or "").split("; "), found.date, found.text)

    return read


def newspaper4k() -> Read:
    import newspaper

    def read(url: str, html: str) -> dict[str, Any]:
        article = newspaper.Article(url, fetch_images=False)
        article.download(input_html=html)
        article.parse()
        return _result(article.title, article.authors, article.publish_date, article.text)

    return read


def goose3() -> Read:
    from goose3 import Goose

    goose = Goose({"enable_image_fetching": False})

    def read(url: str, html: str) -> dict[str, Any]:
        article = goose.extract(url=url, raw_html=html)
        published = article.publish_datetime_utc or article.publish_date
        return _result(article.title, article.authors, published, article.cleaned_text)

    return read


def news_please() -> Read:
    from newsplease import NewsPlease

    def read(url: str, html: str) -> dict[str, Any]:
        article = NewsPlease.from_html(html, url=url, fetch_images=False)
        return _result(article.title, article.authors, article.date_publish, article.maintext)

    return read


def fundus_parser() -> Any:
    """Return a parser for the three layouts, written like those of Fundus."""
    from fundus.parser import ArticleBody, BaseParser, ParserProxy, attribute
    from fundus.parser.utility import (
        extract_article_body_with_selector,
        generic_author_parsing,
        generic_date_parsing,
    )
    from lxml.cssselect import CSSSelector

    class HeraldParser(ParserProxy):
        class V1(BaseParser):
            # Fundus takes the default of a field from its annotation, which is a string here.
            _paragraphs = CSSSelector(
                "article#articleText > p, div.news_text_area div.text_box > p, #articleText div.view_con_t"
            )
            _byline = CSSSelector(".byline, .view_tit_byline_l")
            _date = CSSSelector(".news_date, .view_tit_byline_r")

            @attribute(default_factory=type(None))
            def title(self) -> str | None:
                found: str | None = self.precomputed.meta.get("og:title")
                return found

            @attribute(default_factory=list)
            def authors(self) -> list[str]:
                named = self.precomputed.ld.bf_search("author") or [
                    each.text_content().removeprefix("By ") for each in self._byline(self.precomputed.doc)
                ]
                return list(generic_author_parsing(named))

            @attribute(default_factory=type(None))
            def publishing_date(self) -> datetime | None:
                printed = [each.text_content() for each in self._date(self.precomputed.doc)]
                text = self.precomputed.ld.bf_search("datePublished") or "".join(printed[:1])
                return generic_date_parsing(text.partition("Updated")[0].replace("Published :", "").strip())

            @attribute(default_factory=type(None))
            def body(self) -> ArticleBody | None:
                return extract_article_body_with_selector(
                    self.precomputed.doc, paragraph_selector=self._paragraphs
                )

    return HeraldParser


def fundus() -> Read:
    parser = fundus_parser()()()

    def read(url: str, html: str) -> dict[str, Any]:
        found = parser.parse(html, "suppress")
        body = str(found["body"]) if found.get("body") else None
        return _result(found.get("title"), found.get("authors"), found.get("publishing_date"), body)

    return read


READERS: dict[str, Callable[[], Read]] = {
    "trafilatura": trafilatura,
    "newspaper4k": newspaper4k,
    "goose3": goose3,
    "fundus": fundus,
    "news-please": news_please,
}


def main(name: str, path: str) -> None:
    read = READERS[name]()
    with open(path, encoding="utf-8") as lines:
        pages = [json.loads(line) for line in lines]
    read(pages[0]["url"], pages[0]["html"])  # compiles patterns before the measurement
    began = time.process_time()
    found = []
    for page in pages:
        try:
            found.append(read(page["url"], page["html"]))
        except Exception as error:  # noqa: BLE001 - an error in another reader counts as a page not read
            found.append(_result(None, [], None, None) | {"error": repr(error)[:200]})
    seconds = time.process_time() - began
    for each in found:
        print(json.dumps(each, default=str))
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
