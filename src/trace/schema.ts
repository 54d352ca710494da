/**
 * The trace file: one SQLite database (https://www.sqlite.org/fileformat2.html). docs/trace-format.md
 * states every table and column with its unit; this file is what creates them. Tables are not STRICT,
 * so that SQLite before 3.37 opens them too; a CHECK on 200,000 rows costs 0.3 s and is left out. Times are ns since the start of the trace.
 */
export const SCHEMA_VERSION = 1;

/** `PRAGMA application_id`, "utrc" in ASCII; big-endian at byte 68 of the file. */
export const APPLICATION_ID = 0x75747263;

export const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE module (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  kind TEXT NOT NULL,
  build_id TEXT,
  stripped INTEGER NOT NULL
);
CREATE TABLE mapping (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process (id),
  module INTEGER NOT NULL REFERENCES module (id),
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  file_offset INTEGER NOT NULL,
  time INTEGER NOT NULL
);
CREATE TABLE function (
  id INTEGER PRIMARY KEY,
  module INTEGER NOT NULL REFERENCES module (id),
  name TEXT NOT NULL,
  symbol TEXT NOT NULL,
  kind TEXT NOT NULL,
  library TEXT,
  address INTEGER NOT NULL,
  size INTEGER NOT NULL
);
CREATE TABLE probe (
  function INTEGER PRIMARY KEY REFERENCES function (id),
  status TEXT NOT NULL,
  module INTEGER REFERENCES module (id),
  file_offset INTEGER,
  entry_offset INTEGER,
  returns INTEGER,
  instruction TEXT,
  reason TEXT,
  errno TEXT
);
CREATE TABLE process (
  id INTEGER PRIMARY KEY,
  pid INTEGER NOT NULL,
  parent_pid INTEGER NOT NULL,
  executable TEXT NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER,
  exit_code INTEGER,
  signal TEXT
);
CREATE TABLE thread (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process (id),
  tid INTEGER NOT NULL,
  name TEXT NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER
);
CREATE TABLE block (
  id INTEGER PRIMARY KEY,
  thread INTEGER NOT NULL REFERENCES thread (id),
  sequence INTEGER NOT NULL,
  first_time INTEGER NOT NULL,
  last_time INTEGER NOT NULL,
  events INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  depth INTEGER NOT NULL,
  compression INTEGER NOT NULL,
  stack BLOB NOT NULL,
  codes BLOB NOT NULL,
  time_high BLOB NOT NULL,
  time_low BLOB NOT NULL,
  UNIQUE (thread, sequence)
);
CREATE TABLE loss (
  id INTEGER PRIMARY KEY,
  from_time INTEGER NOT NULL,
  to_time INTEGER NOT NULL,
  count INTEGER NOT NULL,
  cause TEXT NOT NULL
);
CREATE TABLE probe_cost (
  kind TEXT PRIMARY KEY NOT NULL,
  inside REAL NOT NULL,
  outside REAL NOT NULL,
  entry_only REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE stop (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  duration INTEGER NOT NULL
);
`;

/** Keys of `meta` beside those of the header. */
export const META_END_TIME = 'end_time';
export const META_LAST_TIME = 'last_time';
export const META_EVENTS = 'events';
