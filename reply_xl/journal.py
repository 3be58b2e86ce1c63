"""What this machine remembers between runs, in SQLite in the user's data folder.

For now one thing: the last value sent into each field that Reply never returns (`phone2`), because nothing else can tell whether it
changed. A value is kept as a keyed digest, never as text: it is only ever compared.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
from pathlib import Path

from reply_xl.errors import JournalError
from reply_xl.model import FieldValue

SCHEMA = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS salt (salt BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS last_sent (place TEXT, contact INTEGER, field TEXT, digest TEXT, PRIMARY KEY (place, contact, field));
"""


class LastSent:
    """The memory of one place: a base URL, and for a sandbox also which instance it is. Threads share it.

    Raises `JournalError` when it cannot be opened, read or written."""

    def __init__(self, file: Path, place: str) -> None:
        self._place = place
        self._lock = threading.Lock()
        try:
            self._database = sqlite3.connect(file, timeout=10, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise JournalError(f"The journal {file} cannot be opened; check that the folder is there and can be written.") from error
        try:
            self._database.execute("PRAGMA journal_mode=WAL")
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA:
                raise JournalError("The journal on this computer was written by a newer reply_xl; update reply_xl.")
            self._database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={SCHEMA}; COMMIT;")
            self._database.execute("INSERT INTO salt SELECT ? WHERE NOT EXISTS (SELECT 1 FROM salt)", (secrets.token_bytes(16),))
            self._salt = bytes(self._database.execute("SELECT salt FROM salt").fetchone()[0])
        except sqlite3.Error as error:
            self._database.close()
            raise JournalError(f"The journal {file} cannot be used; move it away, so that a new one is made.") from error
        except JournalError:
            self._database.close()
            raise

    def close(self) -> None:
        self._database.close()

    def matches(self, contact_id: int, field: str, value: FieldValue) -> bool:
        """Whether `value` is what was last sent into this field of this contact."""
        row = self._run("SELECT digest FROM last_sent WHERE place=? AND contact=? AND field=?", (self._place, contact_id, field))
        return row is not None and row[0] == self._digest(value)

    def remember(self, contact_id: int, field: str, value: FieldValue) -> None:
        self._run("INSERT OR REPLACE INTO last_sent VALUES (?, ?, ?, ?)", (self._place, contact_id, field, self._digest(value)))

    def _run(self, statement: str, parameters: tuple[object, ...]) -> tuple[object, ...] | None:
        try:
            with self._lock:
                row: tuple[object, ...] | None = self._database.execute(statement, parameters).fetchone()
                return row
        except sqlite3.Error as error:
            raise JournalError("The journal on this computer cannot be used; close other programs that hold it and try again.") from error

    def _digest(self, value: FieldValue) -> str:
        text = "" if value is None else str(value).strip()
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=16).hexdigest()


class Forgetful:
    """The memory where nothing may be kept: a server on this machine that does not say which instance it is."""

    def matches(self, contact_id: int, field: str, value: FieldValue) -> bool:
        return False

    def remember(self, contact_id: int, field: str, value: FieldValue) -> None:
        pass

    def close(self) -> None:
        pass
