"""The last value sent into each field that Reply never returns (`phone2`), because nothing else can tell whether it changed.

A value is kept as a keyed digest, never as text: it is only ever compared.
"""

from __future__ import annotations

import hashlib
import secrets

from reply_xl.history.database import Database
from reply_xl.model import FieldValue


class LastSent:
    """The memory of one place: a base URL, and for a sandbox also which instance it is. Threads share it.

    Raises `JournalError` when it cannot be read or written."""

    def __init__(self, database: Database, place: str) -> None:
        self._database = database
        self._place = place
        found = database.one("SELECT salt FROM salt")
        if found is None:
            with database.transaction() as now:
                now.execute("INSERT INTO salt SELECT ? WHERE NOT EXISTS (SELECT 1 FROM salt)", (secrets.token_bytes(16),))
            found = database.one("SELECT salt FROM salt")
        assert found is not None
        assert isinstance(found[0], bytes)
        self._salt = found[0]

    def matches(self, contact_id: int, field: str, value: FieldValue) -> bool:
        """Whether `value` is what was last sent into this field of this contact."""
        row = self._database.one("SELECT digest FROM last_sent WHERE place=? AND contact=? AND field=?", (self._place, contact_id, field))
        return row is not None and row[0] == self._digest(value)

    def remember(self, contact_id: int, field: str, value: FieldValue) -> None:
        with self._database.transaction() as now:
            now.execute("INSERT OR REPLACE INTO last_sent VALUES (?, ?, ?, ?)", (self._place, contact_id, field, self._digest(value)))

    def _digest(self, value: FieldValue) -> str:
        text = "" if value is None else str(value).strip()
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=16).hexdigest()


class Forgetful:
    """The memory where nothing may be kept: a server on this machine that does not say which instance it is."""

    def matches(self, contact_id: int, field: str, value: FieldValue) -> bool:
        return False

    def remember(self, contact_id: int, field: str, value: FieldValue) -> None:
        pass
