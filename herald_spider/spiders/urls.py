"""Given articles: addresses of any generation of the site, or ids."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, ClassVar

from herald_spider import urls
from herald_spider.loaders.listing import Entry
from herald_spider.spiders.arguments import AddressArguments
from herald_spider.spiders.site import SiteSpider


class UrlsSpider(SiteSpider):
    """The articles that are named, and no others.

    Arguments: ``url`` (addresses or ids, separated by commas or spaces), ``file`` (one on
    each line, ``#`` before a remark; ``-`` is the standard input), ``since``, ``until``,
    ``max_articles``.
    """

    name = "urls"
    arguments: ClassVar[type[AddressArguments]] = AddressArguments
    args: AddressArguments

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.left: Iterator[tuple[str, str]] = iter(())  # what was given and not taken up yet

    async def start(self) -> AsyncIterator[Any]:
        self.left = self.given()
        while self.take_up_pending():
            for request in self.take_waiting():
                yield request
            if not self.shared:  # the rest when these are done: see `release_waiting`
                return

    def given(self) -> Iterator[tuple[str, str]]:
        """Each address as it was given, and where."""
        for text in self.args.url:
            yield "url", text
        if self.args.file is None:
            return
        lines: Any = nullcontext(sys.stdin) if self.args.file == "-" else _open(self.args.file)
        with lines as file:
            for number, line in enumerate(file, 1):
                if (text := line.partition(" #")[0].strip()) and not text.startswith("#"):
                    yield f"line {number}", text

    def take_up_pending(self) -> bool:
        """The next of what was given, and nothing that other runs left; False where there is no more."""
        for where, text in self.left:
            self.take(where, text)
            if self.waiting and (self.shared or self.is_full):
                break
        return bool(self.waiting)

    def take(self, where: str, text: str) -> None:
        """Put an article on the waiting list; one that is kept already is asked whether it changed."""
        known_form = urls.article_url(text) if text.isascii() and text.isdigit() else text
        address = urls.classify(known_form, self.base)
        if not address.id:
            self.count("skipped")
            self.logger.warning("%s: %r is no article of the paper, skipped.", where, text[:200])
            return
        if not self.args.may_cover(address.id):
            self.count("skipped")
            self.logger.warning("%s: %r is not of the days from since to until, skipped.", where, text[:200])
            return
        known = self.note([Entry(address.id, address.url, "")], None, via="given").get(address.id)
        if known and known.revision:
            self.revisit(known)
        elif known:
            options = {"discovered_via": known.found_by, "listed_id": known.id}
            self.wait_for(known.id, self.article_request(known.url, cb_kwargs=options))


def _open(name: str) -> Any:
    return Path(name).open(encoding="utf-8", errors="replace")
