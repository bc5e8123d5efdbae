"""Near-duplicates: wire copy that repeats an article of these days, slightly changed.

MinHash over word shingles (rensa), found again through bands of the signature that are
keys of an index. The index asks only for articles published within `WINDOW_DAYS`, so
what it costs does not grow with the archive. An article takes 256 bytes of signature
and 16 keys.
"""

from __future__ import annotations

import array
import hashlib
import re
import sys
from collections.abc import Iterable

import sqlalchemy as sa
from rensa import RMinHash

from herald_spider.archive.schema import articles, bands, signatures

WINDOW_DAYS = 3
# From the curve of benchmarks/near_duplicates.py: precision is 1.00 from 0.35 on, since stories of
# one event, market briefs and unrelated ones stay at or below 0.30; every lightly edited wire copy
# is above 0.60.
THRESHOLD = 0.5
PERMUTATIONS = 64
BANDS = 16
SIGNATURE_BYTES = PERMUTATIONS * 4
_ROWS = PERMUTATIONS // BANDS
_SEED = 20210408
_SHINGLE = 3
_MIN_WORDS = 40  # of shorter texts a common phrase is half
_WORD = re.compile(r"\w+")


def fingerprint(headline: str, body: str) -> bytes | None:
    """The signature of a text, `SIGNATURE_BYTES` long; None for one too short to judge.

    The headline is left out: it is what another desk changes first.
    """
    words = _WORD.findall(body.casefold())
    if len(words) < _MIN_WORDS:
        return None
    shingles = [" ".join(words[start : start + _SHINGLE]) for start in range(len(words) - _SHINGLE + 1)]
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
    minhash.update(shingles)
    return _little_endian(array.array("I", minhash.digest())).tobytes()


def similarity(one: bytes, other: bytes) -> float:
    """The estimated share of shingles that two texts have in common, 0 to 1."""
    pairs = zip(memoryview(one).cast("I"), memoryview(other).cast("I"), strict=True)
    return sum(left == right for left, right in pairs) / PERMUTATIONS


def find(connection: sa.Connection, signature: bytes, day: int, article: str) -> str | None:
    """The article that a signature nearly repeats, the most similar; None if none does.

    A duplicate of a duplicate leads to the first one.
    """
    near = (bands.c.key.in_(band_keys(signature))) & bands.c.day.between(day - WINDOW_DAYS, day + WINDOW_DAYS)
    candidates = (
        sa.select(signatures.c.article, signatures.c.signature, articles.c.duplicate_of)
        .join(articles, articles.c.id == signatures.c.article)
        .where(signatures.c.article.in_(sa.select(bands.c.article).where(near)))
        .where(signatures.c.article != article)
        .where(articles.c.duplicate_of.is_(None) | (articles.c.duplicate_of != article))
    )
    ranked = [
        (-similarity(signature, row.signature), row.article, row.duplicate_of)
        for row in connection.execute(candidates)
    ]
    best = min(ranked, default=None)
    if best is None or -best[0] < THRESHOLD:
        return None
    return str(best[2] or best[1])


def remember(connection: sa.Connection, article: str, signature: bytes, day: int) -> None:
    """Enter a signature into the index, in place of that of an earlier revision."""
    old = connection.execute(
        sa.select(signatures.c.signature, signatures.c.day).where(signatures.c.article == article)
    ).first()
    if old is not None:
        former = bands.c.key.in_(band_keys(old.signature)) & (bands.c.day == old.day)
        connection.execute(bands.delete().where(former, bands.c.article == article))
        connection.execute(signatures.delete().where(signatures.c.article == article))
    connection.execute(signatures.insert().values(article=article, day=day, signature=signature))
    rows = [{"key": key, "day": day, "article": article} for key in band_keys(signature)]
    connection.execute(bands.insert(), rows)


def band_keys(signature: bytes) -> list[int]:
    """One signed 64-bit key per band; the band's number is part of it."""
    return list(dict.fromkeys(_each_key(signature)))


def _each_key(signature: bytes) -> Iterable[int]:
    width = _ROWS * 4
    for band in range(BANDS):
        part = signature[band * width : (band + 1) * width]
        digest = hashlib.blake2b(part, digest_size=8, person=band.to_bytes(2, "little")).digest()
        yield int.from_bytes(digest, "little", signed=True)


def _little_endian(numbers: array.array[int]) -> array.array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
