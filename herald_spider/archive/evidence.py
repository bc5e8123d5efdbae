"""Evidence that a page of one id and a page of another are the same article.

The site gives an article a number and, in older years, a ud. A page may state the other id (a claim), and one
address may redirect to the other. Either may be a mistake of the site.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import sqlalchemy as sa

from herald_spider import urls
from herald_spider.archive import near_duplicates
from herald_spider.archive.ledger import FAILED, Known, Ledger
from herald_spider.archive.lines import ids_of
from herald_spider.archive.schema import aliases, claims, signatures
from herald_spider.archive.values import day, headline_hash, published
from herald_spider.items import Article

Verdict = Literal["believed", "noted", "refused"]
_DAYS_APART = 1  # an article may be filed the evening before
_EPOCH = date(1970, 1, 1)
# Built once: it is run for every article.
_CLAIMANTS = (
    sa.select(claims.c.article).where(claims.c.claimed == sa.bindparam("claimed")).order_by(claims.c.article)
)


@dataclass(frozen=True)
class Story:
    """An article as it is compared with another one; None and ``b""`` where unknown."""

    ids: frozenset[str]
    headline: str | None = None  # `headline_hash`
    day: int | None = None  # of publication, days since 1970, Seoul
    signature: bytes = b""

    @classmethod
    def of_item(cls, item: Article, ids: Collection[str]) -> Story:
        signature = near_duplicates.fingerprint(item.body) if item.body else None
        return cls(frozenset(ids), headline_hash(item), _day(published(item)), signature or b"")


def judge(one: Story, other: Story, *, redirected: bool, mutual: bool, contested: bool) -> Verdict:
    """Decide whether two ids belong to one article, where a page or a redirect says so.

    - Believed: both have the same headline and day.
    - Refused: both have been read and are unlike: another day, or another headline and another text.
    - Noted: one has not been read, and its ud begins with another day.
    - Believed: one address redirects to the other, or the page of each states the other's id; but only a number
      and a ud. A redirect from one number to another is refused: many addresses may lead to one page.
    - Refused: only one page states the other's id, and so does the page of a third article (`contested`).
    - Noted: only one page states the other's id. The other is still fetched, and then compared.
    """
    same_day = one.day == other.day and one.day is not None
    same_headline = one.headline == other.headline and one.headline is not None
    if same_day and same_headline:
        return "believed"
    if _unlike(one, other):
        return "refused" if one.headline and other.headline else "noted"
    if redirected or mutual:
        one_form, other_form = ({urls.is_ud(each) for each in story.ids} for story in (one, other))
        return "refused" if one_form & other_form else "believed"
    return "refused" if contested else "noted"


def _unlike(one: Story, other: Story) -> bool:
    if one.day is not None and other.day is not None and abs(one.day - other.day) > _DAYS_APART:
        return True
    if one.headline is not None and one.headline == other.headline:
        return False
    if one.signature and other.signature:  # the headline may have been edited
        return near_duplicates.similarity(one.signature, other.signature) < near_duplicates.THRESHOLD
    return one.headline is not None and other.headline is not None


def claimants(ledger: Ledger, claimed: str) -> list[str]:
    """Return the ids of the articles whose pages state the id `claimed`."""
    return ledger.column(_CLAIMANTS, {"claimed": claimed})


class Believer:
    """Decides which linked ids of `item` are its own; `pending` has the batch's articles by each of their ids."""

    def __init__(self, ledger: Ledger, item: Article, pending: Mapping[str, Article]):
        self.ledger, self.item, self.pending = ledger, item, pending
        self.own = item.id or ""
        self.redirected = [
            each for each in ids_of(item) if each != self.own
        ]  # their addresses lead to its page
        self.stated = item.companions.stated  # its page states them
        self.claimants = claimants(ledger, self.own)  # their pages state its id

    def believe(self) -> None:
        """Set the item's `aliases` and ``companions.ids`` to what is believed, and note the rest in the ledger.

        ``companions.refused`` becomes the ids that were refused for the first time.
        """
        companions = self.item.companions
        believed, companions.refused = [self.own], []
        if linked := dict.fromkeys([*self.redirected, *self.stated, *self.claimants]):
            self.known = self.ledger.known([self.own, *linked])
            ids = self._group(self.own)
            for each in linked:
                verdict = "believed" if each in ids else self._judge(each, ids)
                if verdict == "believed":
                    believed.append(each)
                    ids |= self._group(each)
                elif self._note(each, verdict):
                    companions.refused.append(each)
        companions.ids = list(dict.fromkeys(believed))
        self.item.aliases = sorted(map(urls.article_url, companions.ids[1:]))

    def _judge(self, other: str, ids: set[str]) -> Verdict:
        return judge(
            Story.of_item(self.item, ids),
            self._story(other),
            redirected=other in self.redirected,
            mutual=other in self.stated and other in self.claimants,
            contested=not ids.issuperset(claimants(self.ledger, other)),
        )

    def _group(self, each: str) -> set[str]:
        """Return all ids of the article that has the id `each`."""
        found = {each}
        if pending := self.pending.get(each):
            found.update(pending.companions.ids)
        if row := self.known.get(each):
            query = sa.select(aliases.c.alias).where(aliases.c.article == row.id)
            found.update([row.id], self.ledger.column(query))
        return found

    def _story(self, each: str) -> Story:
        ids = self._group(each)
        row = self.known.get(each)
        if pending := self.pending.get(each):
            return Story.of_item(pending, ids)
        if row is None or not row.revision:
            filed = urls.filed(each)
            return Story(frozenset(ids), day=(filed - _EPOCH).days if filed else None)
        return _archived(self.ledger, row, ids)

    def _note(self, other: str, verdict: Verdict) -> bool:
        """Note in the ledger that `other` is not believed; return True if it is refused for the first time."""
        pair = (self.own, other) if other in self.stated else (other, self.own)
        if other in self.redirected:  # else it would be requested in each run
            reason = f"its address leads to another article, {self.own}"
            self.ledger.set_state(other, FAILED, reason)
        return self.ledger.add_claim(*pair, is_refused=verdict == "refused")


def drop_unlike(ledger: Ledger, item: Article, known: Mapping[str, Known]) -> None:
    """Take ids out of `item` that another run has archived since it was compared, if their articles are unlike.

    What was evidence for an id that nobody had read is none for another text. `known` are the articles that have one of
    its ids. If its page still says so, the next comparison judges again.
    """
    companions, own = item.companions, known.get(item.id or "")
    for row in {known[each] for each in companions.ids if each in known}:
        its = {each for each in companions.ids if each in known and known[each].id == row.id}
        if not row.revision or row == own or its & companions.judged:
            continue
        one, other = Story.of_item(item, set(companions.ids) - its), _archived(ledger, row, its)
        verdict = judge(one, other, redirected=False, mutual=False, contested=False)
        if verdict == "believed":
            continue
        companions.ids = [each for each in companions.ids if each not in its]
        item.aliases = [each for each in item.aliases if urls.classify(each).id not in its]
        if ledger.add_claim(item.id or "", row.id, is_refused=verdict == "refused"):
            companions.refused.append(row.id)


def _archived(ledger: Ledger, row: Known, ids: Collection[str]) -> Story:
    query = sa.select(signatures.c.signature).where(signatures.c.article == row.id)
    signature = next(iter(ledger.column(query)), b"")
    return Story(frozenset(ids), row.headline, _day(row.published), signature)


def _day(moment: int | None) -> int | None:
    return None if moment is None else day(moment)
