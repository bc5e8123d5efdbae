-- browse.sqlite: made of an archive's lines by scrapy browse, and safe to delete.
-- Raise this with every change here, and of what rows.py makes of a record: files of another
-- version are made anew.
PRAGMA user_version = 1;

-- The newest revision of each article. Lists are JSON, for facets. Rows are never deleted: their
-- rowids, by which the index of words finds them, are 1, 2, 3, … and stay so in a VACUUM too.
CREATE TABLE articles (
  id TEXT PRIMARY KEY,
  headline TEXT,
  subheadline TEXT,
  series TEXT,
  section TEXT,
  subsection TEXT,
  published_at TEXT,
  year TEXT,
  month TEXT,
  day TEXT,
  byline TEXT,
  authors TEXT,
  agency TEXT,
  dateline TEXT,
  language TEXT,
  word_count INTEGER,
  summary TEXT,
  tags TEXT,
  listed_in TEXT,
  images TEXT,
  duplicate_of TEXT,
  url TEXT,
  aliases TEXT,
  updated_at TEXT,
  fetched_at TEXT,
  layout TEXT,
  revision INTEGER,
  sort_key TEXT, -- published_at and id: unique, so that a list cut into pages loses no article
  body TEXT
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

-- What earlier revisions said.
CREATE TABLE revisions (
  article TEXT,
  revision INTEGER,
  headline TEXT,
  subheadline TEXT,
  byline TEXT,
  published_at TEXT,
  updated_at TEXT,
  fetched_at TEXT,
  body TEXT,
  PRIMARY KEY (article, revision)
);

-- The words of articles; intake.py keeps it in step with them.
CREATE VIRTUAL TABLE articles_fts USING fts5 (
  headline, subheadline, body, content = 'articles', tokenize = 'porter unicode61 remove_diacritics 2'
);
-- How far the archive has been taken.
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE segments (name TEXT PRIMARY KEY, taken INTEGER NOT NULL);
