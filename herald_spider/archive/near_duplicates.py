"""Near-duplicates: wire copy that repeats an article of these days, slightly changed.

MinHash over word shingles (rensa), found again through bands of the signature that are
keys of an index. The index asks only for articles published within `WINDOW_DAYS`, so
what it costs does not grow with the archive. Of each of 128 permutations a signature
keeps one byte, before them the version of rensa's algorithm: 129 bytes. With 8 band keys
of 4 bytes and SQLite's own that is 360 bytes an article for ids of 8 digits (425 for 14).
"""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa
from rensa import RMinHash

from herald_spider.archive.schema import articles, bands, signatures

WINDOW_DAYS = 3
# From the curve of benchmarks/near_duplicates.py: other stories of one event, market briefs and
# unrelated ones share at most 0.30 of their shingles, so precision is 1.00 from 0.35 on; 0.45 is 3.7
# standard errors above them. Lightly edited wire copies share 0.69 and more, those with every figure
# changed 0.43 and more; two rows a band bring together 100 and 92 of a hundred.
THRESHOLD = 0.45
PERMUTATIONS = 128
BANDS = 8
SIGNATURE_BYTES = 1 + PERMUTATIONS
_ROWS = 2
_SEED = 20210408
_SHINGLE = 3
MIN_WORDS = 40  # in the first 30 words others reach 0.47, in 40 only 0.31 (the same benchmark)
_WORD = re.compile(r"\w+")
# rensa 0.5 changed every digest and counts such changes: signatures of two versions must not meet.
_VERSION = int(RMinHash.ALGORITHM_VERSION) % 128  # as the highest byte of a key, it keeps it positive
_BY_CHANCE = 1 / 256  # how often the bytes of unlike permutations agree


def fingerprint(headline: str, body: str) -> bytes | None:
    """The signature of a text, `SIGNATURE_BYTES` long; None for one too short to judge.

    The headline is left out: it is what another desk changes first.
    """
    words = normal_words(body)
    if len(words) < MIN_WORDS:
        return None
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
    minhash.update(shingles(words))
    return bytes([_VERSION, *(number & 0xFF for number in minhash.digest())])


def normal_words(text: str) -> list[str]:
    """Its words without case, punctuation and printers' forms of a letter."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def shingles(words: list[str]) -> list[str]:
    """Each run of `_SHINGLE` words."""
    return [" ".join(words[start : start + _SHINGLE]) for start in range(len(words) - _SHINGLE + 1)]


def similarity(one: bytes, other: bytes) -> float:
    """The estimated share of shingles that two texts have in common, 0 to 1.

    Its standard error is 0.04. Signatures of different versions have nothing in common.
    """
    if len(one) != len(other) or one[:1] != other[:1]:
        return 0.0
    equal = sum(left == right for left, right in zip(one[1:], other[1:], strict=True)) / PERMUTATIONS
    return max(0.0, (equal - _BY_CHANCE) / (1 - _BY_CHANCE))


def find(connection: sa.Connection, signature: bytes, day: int, article: str) -> str | None:
    """The id of the article that a signature nearly repeats, the most similar; None if none does.

    A duplicate of a duplicate leads to the first one. Of equals the earlier day wins, then
    the lower id. `day` is in days since 1970, Seoul.
    """
    ranked = sorted(
        (-similarity(signature, row.signature), row.day, row.article, row.duplicate_of)
        for row in connection.execute(_candidates(signature, day, article))
    )
    for negative, _, candidate, original in ranked:
        if -negative < THRESHOLD:
            break
        root = _root(connection, candidate, original)
        if root != article:
            return root
    return None


def _candidates(signature: bytes, day: int, article: str) -> sa.Select[tuple[str, int, bytes, str | None]]:
    """Articles of the window, other than `article`, that share a band with `signature`."""
    window = bands.c.day.between(day - WINDOW_DAYS, day + WINDOW_DAYS)
    met = sa.select(bands.c.article).where(bands.c.key.in_(band_keys(signature)), window)
    return (
        sa.select(signatures.c.article, signatures.c.day, signatures.c.signature, articles.c.duplicate_of)
        .outerjoin(articles, articles.c.id == signatures.c.article)
        .where(signatures.c.article.in_(met), signatures.c.article != article)
    )


def _root(connection: sa.Connection, article: str, original: str | None) -> str:
    """The end of the chain of originals; a revision may have made a link of one that was none."""
    seen = {article}
    while original is not None and original not in seen:
        article = original
        seen.add(article)
        query = sa.select(articles.c.duplicate_of).where(articles.c.id == article)
        original = connection.execute(query).scalar()
    return article


def remember(connection: sa.Connection, article: str, signature: bytes, day: int) -> None:
    """Enter a signature into the index, in place of that of an earlier revision."""
    mine = signatures.c.article == article
    old = connection.execute(sa.select(signatures.c.signature, signatures.c.day).where(mine)).first()
    if old is not None:
        former = bands.c.key.in_(band_keys(old.signature)) & (bands.c.day == old.day)
        connection.execute(bands.delete().where(former, bands.c.article == article))
        connection.execute(signatures.delete().where(mine))
    connection.execute(signatures.insert().values(article=article, day=day, signature=signature))
    rows = [{"key": key, "day": day, "article": article} for key in band_keys(signature)]
    connection.execute(bands.insert(), rows)


def band_keys(signature: bytes) -> list[int]:
    """`BANDS` different keys: version, number and rows of each band, which SQLite keeps in 4 bytes."""
    starts = range(1, 1 + BANDS * _ROWS, _ROWS)
    rows = (signature[start : start + _ROWS] for start in starts)
    return [int.from_bytes(bytes([signature[0], band]) + row, "big") for band, row in enumerate(rows)]
