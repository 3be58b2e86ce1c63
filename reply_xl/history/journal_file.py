"""The one file of the journal, `journal.sqlite3`, and the schema of each released version."""

from __future__ import annotations

from pathlib import Path

from reply_xl.history.database import Database

# Version n is what the first n scripts make. A script that has been released is never edited: another one is added.
SCHEMAS = (
    """
CREATE TABLE IF NOT EXISTS salt (salt BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS last_sent (place TEXT, contact INTEGER, field TEXT, digest TEXT, PRIMARY KEY (place, contact, field))
""",
    """
CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, of INTEGER, started TEXT NOT NULL, ended TEXT,
  base_url TEXT NOT NULL, instance TEXT NOT NULL, user INTEGER, username TEXT NOT NULL, team INTEGER,
  book TEXT NOT NULL, results TEXT NOT NULL, sheet TEXT NOT NULL, header_row INTEGER NOT NULL, headers TEXT NOT NULL, targets TEXT NOT NULL,
  policy TEXT NOT NULL, keeps_ids INTEGER NOT NULL
);
CREATE TABLE row (
  run INTEGER NOT NULL, number INTEGER NOT NULL, key TEXT NOT NULL, look TEXT NOT NULL, contact INTEGER, word TEXT, message TEXT,
  status INTEGER, at TEXT, more TEXT, delivered INTEGER NOT NULL DEFAULT 0, replaced INTEGER, PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE TABLE patch (
  run INTEGER NOT NULL, contact INTEGER NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, changes TEXT NOT NULL,
  PRIMARY KEY (run, contact)
) WITHOUT ROWID;
CREATE INDEX row_contact ON row (contact);
CREATE TABLE agreement (header TEXT PRIMARY KEY, field TEXT NOT NULL, send TEXT NOT NULL, instead TEXT, at TEXT NOT NULL);
CREATE TABLE sheet (id INTEGER PRIMARY KEY, place TEXT NOT NULL, book TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (place, book, name));
CREATE TABLE base (
  sheet INTEGER NOT NULL, contact INTEGER NOT NULL, held TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (sheet, contact)
) WITHOUT ROWID;
CREATE TABLE base_page (
  sheet INTEGER NOT NULL, page INTEGER NOT NULL, contacts INTEGER NOT NULL, held TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (sheet, page)
)
""",
    """
ALTER TABLE run ADD COLUMN beside TEXT
""",
)


def open_journal(file: Path) -> Database:
    """The journal, brought to this version. Raises `JournalError`."""
    return Database(file, SCHEMAS)
