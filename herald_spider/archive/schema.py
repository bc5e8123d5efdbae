"""The tables of the ledger, for SQLite and PostgreSQL.

Times are whole seconds since 1970, UTC. Days are days since 1970, Seoul.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

# Raise it with every change below, and add the migration from the former version. A migration
# makes its new tables and indexes itself.
VERSION = 10
MIGRATIONS: dict[int, tuple[str, ...]] = {
    1: (
        "ALTER TABLE articles ADD COLUMN captured BIGINT",
        "UPDATE articles SET captured = fetched WHERE revision > 0",
        "ALTER TABLE listings ADD COLUMN newest BIGINT",
        "ALTER TABLE listings ADD COLUMN place TEXT",
    ),
    # Signatures got another form. Only those of a few days are used, so little is lost.
    2: ("DELETE FROM signatures", "DELETE FROM bands"),
    3: ("ALTER TABLE segments ADD COLUMN node VARCHAR",),
    4: (
        "ALTER TABLE runs ADD COLUMN monitors TEXT",
        "CREATE INDEX runs_by_spider ON runs (spider, started)",
        "CREATE INDEX lines_by_segment ON lines (segment, revision)",
        "CREATE INDEX runs_by_started ON runs (started)",
    ),
    5: ("ALTER TABLE lines ADD COLUMN checksum BIGINT",),
    6: ("ALTER TABLE articles ADD COLUMN headline VARCHAR",),
    # The times are the first numbers of the sequence. Articles found since the last walk get the next one.
    7: (
        "ALTER TABLE articles ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE listings ADD COLUMN sequence BIGINT",
        "UPDATE listings SET sequence = walked",
        "UPDATE articles SET sequence = first_seen",
        "UPDATE articles SET sequence = (SELECT coalesce(max(walked), 0) + 1 FROM listings) "
        "WHERE sequence > (SELECT coalesce(max(walked), 0) FROM listings)",
    ),
    8: ("ALTER TABLE runs ADD COLUMN version VARCHAR", "ALTER TABLE runs ADD COLUMN host VARCHAR"),
    # As in version 2: signatures got another form.
    9: ("DELETE FROM signatures", "DELETE FROM bands"),
}
# Further statements for SQLite; PostgreSQL's serial numbers are never used again.
SQLITE_MIGRATIONS: dict[int, tuple[str, ...]] = {
    7: (
        "CREATE TABLE numbered (number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name VARCHAR NOT NULL, "
        "length BIGINT NOT NULL, run VARCHAR NOT NULL, node VARCHAR, UNIQUE (name))",
        "INSERT INTO numbered (number, name, length, run, node) "
        "SELECT number, name, length, run, node FROM segments ORDER BY number",
        "DROP TABLE segments",
        "ALTER TABLE numbered RENAME TO segments",
    ),
}

metadata = MetaData()

# schema_version, site, identity; and the notes of repairs, see notes.py
facts = Table(
    "facts", metadata, Column("name", String, primary_key=True), Column("value", Text, nullable=False)
)

# Every article ever discovered, in exactly one state.
articles = Table(
    "articles",
    metadata,
    Column("id", String, primary_key=True),
    Column("url", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", Text),  # why rejected, failed or gone
    Column("attempts", Integer, nullable=False, default=0),
    Column("retry_at", BigInteger, nullable=False, default=0),
    Column("found_by", Text),  # spider and listing that showed it first
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("fetched", BigInteger),
    Column("captured", BigInteger),  # when the site last served the newest revision
    Column("etag", Text),
    Column("last_modified", Text),
    Column("published", BigInteger),
    Column("section", String),
    Column("content_hash", String),  # revision_hash of the newest revision
    Column("headline", String),  # headline_hash of it; null for articles older than this column
    Column("revision", Integer, nullable=False, default=0),
    Column("duplicate_of", String),
    # The place of the newest revision's line.
    Column("segment", Integer),
    Column("offset", BigInteger),
    Column("length", Integer),
    Column("sequence", BigInteger, nullable=False, default=0),  # see `Ledger.finish_walk`
)
# For pending articles, and for young articles that are revisited.
Index("articles_by_state", articles.c.state, articles.c.retry_at)
Index("articles_by_published", articles.c.published)

# Other ids of an article, such as a ud that became a number.
aliases = Table(
    "aliases",
    metadata,
    Column("alias", String, primary_key=True),
    Column("article", String, nullable=False, index=True),
)

# Ids that pages state as theirs, or that redirects lead to, without evidence: see evidence.py.
claims = Table(
    "claims",
    metadata,
    Column("article", String, primary_key=True),
    Column("claimed", String, primary_key=True, index=True),
    Column("is_refused", Boolean, nullable=False),
)

# The section listings that have shown an article.
sightings = Table(
    "sightings",
    metadata,
    Column("article", String, primary_key=True),
    Column("section", String, primary_key=True),
)

# Every line ever exported; earlier revisions stay.
lines = Table(
    "lines",
    metadata,
    Column("article", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("segment", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("length", Integer, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("checksum", BigInteger),  # CRC-32 of its bytes; null for lines older than this column
)
Index("lines_by_segment", lines.c.segment, lines.c.revision)  # the articles of a run

# The articles that runs are going to fetch: see leases.py.
leases = Table(
    "leases",
    metadata,
    Column("article", String, primary_key=True),
    Column("job", String, nullable=False, index=True),
    Column("taken", BigInteger, nullable=False),
)

segments = Table(
    "segments",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False, unique=True),
    Column("length", BigInteger, nullable=False, default=0),
    Column("run", String, nullable=False),
    Column("node", String),  # the machine that wrote it, if known
    sqlite_autoincrement=True,  # the number of a deleted row is never used again
)

# A listing's validators count only once its walk is done: see `Ledger.finish_walk`.
listings = Table(
    "listings",
    metadata,
    Column("url", String, primary_key=True),
    Column("section", String),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("walked", BigInteger),
    # The day down to which walks have entered everything; 0 is the end of the listing,
    # null a walk that never ended.
    Column("complete_since", Integer),
    Column("newest", BigInteger),  # the time of a feed's newest item at the last walk
    Column("place", Text),  # of an unfinished walk through a web archive's index or a feed's gap
    Column("sequence", BigInteger),  # of the end of its last walk; null if none has ended
)

runs = Table(
    "runs",
    metadata,
    Column("job", String, primary_key=True),
    Column("spider", String, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("outcome", String),
    Column("stats", Text),
    # The failed monitors as JSON, {monitor: text}; null if no monitor ran.
    Column("monitors", Text),
    # Of the code, and of the machine; null for runs older than these columns.
    Column("version", String),
    Column("host", String),
)
Index("runs_by_spider", runs.c.spider, runs.c.started)
Index("runs_by_started", runs.c.started)

# Near-duplicates: a signature per article, and the keys by which it is found.
signatures = Table(
    "signatures",
    metadata,
    Column("article", String, primary_key=True),
    Column("day", Integer, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
bands = Table(
    "bands",
    metadata,
    Column("key", BigInteger, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("article", String, primary_key=True),
    sqlite_with_rowid=False,
)
