"""Near-duplicates: wire copy that repeats an article of about the same day with small changes.

The signature of a text is a MinHash over word shingles (rensa), one byte a permutation, and a byte that
tells whether the text is short and has few numbers. Similar signatures are found by bands of their bytes,
which are keys of an index. Only articles published within `WINDOW_DAYS` are searched, so the cost does not
grow with the archive.

Two days of exchange rates, weather or lottery share their words and differ in their numbers, of which wire copy
keeps most: shingles that end in a number weigh more. A quiz of two days differs in a sentence without numbers:
short texts with few numbers must be nearly the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from rensa import RMinHash

from herald_spider.archive.schema import articles, bands, signatures

WINDOW_DAYS = 3
THRESHOLD = 0.45  # benchmarks/near_duplicates.py shows what copies, other articles and templates share
THIN_THRESHOLD = 0.85
_THIN_WORDS, _THIN_NUMBERS = 100, 3  # a text with fewer of both is thin
_NUMBER_WEIGHT = 6
PERMUTATIONS = 128  # a standard error of 0.04
BANDS = 8
_ROWS = 2
_SEED = 20210408
_SHINGLE = 3
MIN_WORDS = 40  # different articles share up to 0.47 of their first 30 words, 0.31 of 40 (same benchmark)
_WORD = re.compile(r"\w+")


class Entry(NamedTuple):
    """An article of the index or of the batch; without a signature that is ``b""``."""

    day: int  # since 1970, Seoul
    signature: bytes
    duplicate_of: str | None


def fingerprint(body: str) -> bytes | None:
    """Return the signature of a text, `PERMUTATIONS` bytes and one; None if it is too short to compare.

    The headline is left out because copies often have another one.
    """
    words = normal_words(body)
    if len(words) < MIN_WORDS:
        return None
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
    minhash.update(weighted(words))
    is_thin = len(words) < _THIN_WORDS and sum(map(_is_number, words)) < _THIN_NUMBERS
    return bytes(number & 0xFF for number in minhash.digest()) + bytes([is_thin])


def normal_words(text: str) -> list[str]:
    """Return the words without case, punctuation and compatibility characters."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def shingles(words: list[str]) -> list[str]:
    """Return each run of `_SHINGLE` words."""
    return list(map(" ".join, zip(*(words[start:] for start in range(_SHINGLE)), strict=False)))


def weighted(words: list[str]) -> list[str]:
    """Return the shingles; one that ends in a number as often as it weighs, each time with another mark."""
    found = shingles(words)
    numbers = [
        shingle for shingle, last in zip(found, words[_SHINGLE - 1 :], strict=False) if _is_number(last)
    ]
    return found + [f"{shingle} {mark}" for shingle in numbers for mark in range(1, _NUMBER_WEIGHT)]


def _is_number(word: str) -> bool:
    return word[0].isdigit()


def are_copies(one: bytes, other: bytes) -> bool:
    """Return True if two signatures are those of nearly the same text."""
    is_thin = bool(one and other) and (one[-1] or other[-1])
    return similarity(one, other) >= (THIN_THRESHOLD if is_thin else THRESHOLD)


def similarity(one: bytes, other: bytes) -> float:
    """Return the estimated share of shingles that two texts have in common, 0 to 1; 0 without a signature."""
    if not (one and other):
        return 0.0
    unlike = int.from_bytes(one[:PERMUTATIONS], "big") ^ int.from_bytes(other[:PERMUTATIONS], "big")
    return unlike.to_bytes(PERMUTATIONS, "big").count(0) / PERMUTATIONS


# The query of articles that share a band with a signature; built once, as it is run for every article.
_WINDOW = bands.c.day.between(sa.bindparam("first"), sa.bindparam("last"))
_KEYS = [f"key{number}" for number in range(BANDS)]
_MET = sa.select(bands.c.article).where(bands.c.key.in_([sa.bindparam(name) for name in _KEYS]), _WINDOW)
_NEAR = (
    sa.select(signatures.c.article, signatures.c.day, signatures.c.signature, articles.c.duplicate_of)
    .join(articles, articles.c.id == signatures.c.article)
    .where(signatures.c.article.in_(_MET))
)


def find(
    connection: sa.Connection, signature: bytes, day: int, article: str, batch: Mapping[str, Entry] = {}
) -> str | None:
    """Return the id of the most similar article above the threshold, or None.

    Of equally similar ones the earlier day wins, then the lower id. A duplicate of a duplicate leads
    to the original. Entries of `batch` replace those of the ledger.
    """
    window = {"first": day - WINDOW_DAYS, "last": day + WINDOW_DAYS}
    asked = {**dict(zip(_KEYS, band_keys(signature), strict=True)), **window}
    entries = {each: Entry(*rest) for each, *rest in connection.execute(_NEAR, asked)} | dict(batch)
    ranked = sorted(
        (-similarity(signature, entry.signature), entry.day, each)
        for each, entry in entries.items()
        if each != article and abs(entry.day - day) <= WINDOW_DAYS
    )
    for unlike, _, each in ranked:
        if -unlike < THRESHOLD:
            break
        if not are_copies(signature, entries[each].signature):  # one of them is thin
            continue
        first = _first(connection, each, entries)
        if first != article:
            return first
    return None


def _first(connection: sa.Connection, article: str, entries: Mapping[str, Entry]) -> str:
    """Return the end of the chain of originals; revisions can make chains, and rings."""
    seen: set[str] = set()
    link: str | None = article
    while link and link not in seen:
        seen.add(article := link)
        query = sa.select(articles.c.duplicate_of).where(articles.c.id == article)
        link = entries[article].duplicate_of if article in entries else connection.scalar(query)
    return article


def remember(connection: sa.Connection, entries: Collection[tuple[str, int, bytes]]) -> None:
    """Enter signatures (article, day, signature) into the index in place of former ones."""
    if not entries:
        return
    mine = signatures.c.article.in_([article for article, _, _ in entries])
    for old in connection.execute(sa.select(signatures).where(mine)).all():
        former = bands.c.key.in_(band_keys(old.signature)) & (bands.c.day == old.day)
        connection.execute(bands.delete().where(former, bands.c.article == old.article))
    connection.execute(signatures.delete().where(mine))
    names = ("article", "day", "signature")
    connection.execute(signatures.insert(), [dict(zip(names, entry, strict=True)) for entry in entries])
    rows = [
        {"key": key, "day": day, "article": article}
        for article, day, signature in entries
        for key in band_keys(signature)
    ]
    connection.execute(bands.insert(), rows)


def band_keys(signature: bytes) -> list[int]:
    """Return a key of three bytes per band: its number and its rows."""
    rows = (signature[start : start + _ROWS] for start in range(0, BANDS * _ROWS, _ROWS))
    return [int.from_bytes(bytes([band]) + row, "big") for band, row in enumerate(rows)]
