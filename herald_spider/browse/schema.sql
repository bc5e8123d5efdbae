-- browse.sqlite: made from an archive's lines by scrapy browse, and safe to delete. schema.py puts the
-- fields of the item in place of the names in braces.

-- The newest revision of each article. Lists are JSON, for facets. Rows are never deleted: the index of
-- words finds them by rowid, and the rowids 1, 2, 3, … must stay the same in a VACUUM.
CREATE TABLE articles (
  {fields},
  year TEXT,
  month TEXT,
  day TEXT,
  sort_key TEXT, -- published_at and id: unique, so that a list cut into pages loses no article
  body TEXT, -- last, because SQLite reads through a long text to reach the columns behind it
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX articles_by_time ON articles (sort_key);
CREATE INDEX articles_by_section ON articles (section, sort_key);
CREATE INDEX articles_by_subsection ON articles (subsection, sort_key);
CREATE INDEX articles_by_agency ON articles (agency, sort_key);
CREATE INDEX articles_by_month ON articles (year, month, day);
CREATE INDEX articles_by_day ON articles (day, sort_key);
CREATE INDEX articles_by_authors ON articles (authors, id);
CREATE INDEX articles_by_revision ON articles (revision);
CREATE INDEX articles_by_original ON articles (duplicate_of) WHERE duplicate_of IS NOT NULL;

-- The earlier revisions of articles: the fields whose changes are shown.
CREATE TABLE revisions (
  article TEXT,
  revision INTEGER,
  {compared},
  fetched_at TEXT,
  body TEXT,
  PRIMARY KEY (article, revision)
);

-- The full-text index of articles; intake.py keeps it up to date.
CREATE VIRTUAL TABLE articles_fts USING fts5 (
  headline, subheadline, body, content = 'articles', tokenize = 'porter unicode61 remove_diacritics 2'
);
-- The archive that is in this file, and what it held at the last update.
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT);
