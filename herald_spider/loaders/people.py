"""The authors and the agency of an article, from all places that name them."""

from __future__ import annotations

from collections.abc import Sequence

from herald_spider.items import Author
from herald_spider.text.bylines import Byline, parse_byline
from herald_spider.text.endings import Endings


class People:
    """Authors and agency, gathered in the order in which their sources are trusted.

    `sources` says where the fields ``authors`` and ``agency`` come from.
    """

    def __init__(self) -> None:
        self._authors: dict[str, Author] = {}
        self.agency: str | None = None
        self.sources: dict[str, str] = {}

    @property
    def authors(self) -> list[Author]:
        """The authors in the order in which they were named."""
        return list(self._authors.values())

    def add(self, source: str, byline: Byline) -> None:
        """Add the authors of a byline, and its agency if there is none yet."""
        for author in byline.authors:
            if author.name and not self._is_longer(author.name):
                known = self._authors.setdefault(author.name, author)
                known.email, known.role = known.email or author.email, known.role or author.role
                self.sources.setdefault("authors", source)
        self.add_agency(source, byline.agency)

    def _is_longer(self, name: str) -> bool:
        """Return True for a known name with more words, as a printed line has them: "Kim Da-sol Follow"."""
        return any(name != known and f" {known} " in f" {name} " for known in self._authors)

    def add_agency(self, source: str, agency: str | None) -> None:
        """Set the agency if there is none yet."""
        if agency and not self.agency:
            self.agency = agency
            self.sources["agency"] = source

    def add_signed(self, endings: Endings) -> None:
        """Add who signed below the story: all, if nobody is known yet or a known author is among them."""
        is_more = not self._authors or any(author.name in self._authors for author in endings.authors)
        self.add("sign-off", Byline(endings.authors if is_more else [], endings.agency))

    def add_columnists(self, names: Sequence[str]) -> None:
        """Add the columnists that the headline names, if there is no author."""
        byline = parse_byline(", ".join(names))
        self.add("headline", Byline([] if self._authors else byline.authors, byline.agency))

    def add_addresses(self, signed: list[Author]) -> None:
        """Give the mail addresses below a story to their authors.

        An address without a name belongs to the only author, or to the one whose name contains it.
        """
        for line in signed:
            author = self._authors.get(line.name)
            if author is None and not line.name and line.email:
                user = line.email.partition("@")[0].lower()
                named = [each for each in self.authors if user in _letters(each.name)]
                author = next(iter(named or self.authors), None) if named or len(self._authors) == 1 else None
            if author:
                author.email = author.email or line.email

    def are_others_than(self, names: Sequence[str]) -> bool:
        """Return True if there are authors, and none of them has one of the names."""
        return bool(self._authors) and {*map(_letters, names)}.isdisjoint(map(_letters, self._authors))


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name)).lower()
