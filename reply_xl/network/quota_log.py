"""The log of requests that all programs of this user on this computer share, in a SQLite file.

A row of `slot` is one request: taken when it leaves, stamped when its answer came. The file names no account: what stands there is a
digest with a salt of the file's own. What lies in the future was written before the clock was set back, and is dropped.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from reply_xl.errors import JournalError
from reply_xl.history.database import Database, Reader

_SCHEMAS = [
    """CREATE TABLE salt (value BLOB NOT NULL);
    CREATE TABLE slot (id INTEGER PRIMARY KEY AUTOINCREMENT, account BLOB NOT NULL, started REAL NOT NULL, answered REAL);
    CREATE INDEX slot_answered ON slot (answered);
    CREATE TABLE hold (account BLOB PRIMARY KEY, set_at REAL NOT NULL, until REAL NOT NULL);
    CREATE TABLE reserve (account BLOB PRIMARY KEY, percent INTEGER NOT NULL)"""
]
_LEASE = 500.0
"""Seconds after which a request has been answered or never will be: a little over what the client's timeouts add up to. The slot of a
process that was killed counts as answered then: no later answer is possible."""
_LOCKED, _PATIENCE, _IMPATIENCE = 0.1, 3.0, 0.4
"""Seconds that one try waits for other processes, that all tries together do, and that they do after cancel."""
_log = logging.getLogger(__name__)
T = TypeVar("T")


class State(NamedTuple):
    """`stamps`: when the requests that count were answered, in seconds from now, oldest first; 0.0 for those under way. `held`: seconds
    left of a pause; `reserve`: percent kept free for other programs."""

    stamps: list[float]
    held: float
    reserve: int


def all_states(file: Path, now: float) -> list[State]:
    """The state of every account in the log, whose names nobody can tell, in no order. Nothing is written. Raises `JournalError`."""
    reader = Reader(file, len(_SCHEMAS), name="quota file")
    try:
        accounts = [
            row[0] for row in reader.all("SELECT account FROM slot UNION SELECT account FROM hold UNION SELECT account FROM reserve")
        ]
        # as `QuotaLog._read`: what nobody will answer any more counts as answered a lease after it left
        ages = (
            "SELECT age FROM (SELECT CASE WHEN answered IS NOT NULL THEN answered - ?1 WHEN started <= ?1 - ?3 THEN started + ?3 - ?1"
            " ELSE 0.0 END AS age FROM slot WHERE account = ?2 AND started <= ?1) WHERE age <= 0 ORDER BY 1"
        )
        states = []
        for account in accounts:
            stamps = [float(str(age)) for (age,) in reader.all(ages, (now, account, _LEASE))]
            hold = reader.one("SELECT until - ?1 FROM hold WHERE account = ?2 AND set_at <= ?1 AND until > ?1", (now, account))
            reserve = reader.one("SELECT percent FROM reserve WHERE account = ?", (account,))
            states.append(State(stamps, float(str(hold[0])) if hold else 0.0, int(str(reserve[0])) if reserve else 0))
        return states
    finally:
        reader.close()


class QuotaLog:
    """What was asked of one `account`, a digest already. `file` None, or a file that cannot be used: this process alone knows."""

    def __init__(self, file: Path | None, account: bytes, longest: float, clock: Callable[[], float], cancelled: threading.Event) -> None:
        self._file, self._account, self._longest, self._clock, self._cancelled = file, account, longest, clock, cancelled
        self._lock = threading.RLock()
        self._database: Database | None = None
        self._lost: JournalError | None = None
        self._seen = 0.0, State([], 0.0, 0)

    @property
    def is_shared(self) -> bool:
        """False once the file could not be used."""
        return self._file is not None

    def state(self) -> State:
        return self._do(self._read)

    def take(self, free: Callable[[State], bool]) -> tuple[int | None, State]:
        """The number of a slot, taken if it is `free`, else None; and the state then. Nobody comes in between."""

        def work(connection: sqlite3.Connection, me: bytes) -> tuple[int | None, State]:
            state = self._read(connection, me)
            if not free(state):
                return None, state
            state.stamps.append(0.0)
            return connection.execute("INSERT INTO slot (account, started) VALUES (?, ?)", (me, self._clock())).lastrowid, state

        return self._do(work)

    def stamp(self, slot: int) -> None:
        """The request of `slot` is answered: it counts, even if its slot was dropped meanwhile."""
        insert = "INSERT INTO slot VALUES (?1, ?2, ?3, ?3) ON CONFLICT (id) DO UPDATE SET answered = ?3"
        self._do(lambda connection, me: connection.execute(insert, (slot, me, self._clock())))

    def hold(self, seconds: float) -> None:
        """A shorter hold does not shorten a longer one, but one from the future goes."""
        new = "INSERT INTO hold VALUES (?1, ?2, ?3) ON CONFLICT (account) DO UPDATE SET set_at=?2, until=?3 WHERE until < ?3 OR set_at > ?2"
        self._do(lambda connection, me: connection.execute(new, (me, now := self._clock(), now + seconds)))

    def set_reserve(self, percent: int) -> None:
        """Raises `JournalError` where the next process would not know it."""
        self._do(lambda connection, me: connection.execute("INSERT OR REPLACE INTO reserve VALUES (?, ?)", (me, percent)))
        if self._lost:
            raise self._lost

    def close(self) -> None:
        with self._lock:
            if self._database and self._file:
                self._database.close()
                self._database = None

    def _read(self, connection: sqlite3.Connection, me: bytes) -> State:
        """The state, after dropping what counts no longer."""
        now = self._clock()
        connection.execute("UPDATE slot SET answered = started + ?1 WHERE answered IS NULL AND started <= ?2 - ?1", (_LEASE, now))
        gone = "DELETE FROM slot WHERE answered <= ?1 OR answered > ?2 OR (answered IS NULL AND started > ?2)"
        connection.execute(gone, (now - max(3600.0, self._longest), now))  # other accounts' rows too, whose longest window is Reply's
        ages = "SELECT coalesce(answered, ?1) - ?1 FROM slot WHERE account = ?2 AND (answered > ?1 - ?3 OR answered IS NULL) ORDER BY 1"
        stamps = [row[0] for row in connection.execute(ages, (now, me, self._longest))]
        hold = connection.execute("SELECT until - ?1 FROM hold WHERE account = ?2 AND set_at <= ?1 AND until > ?1", (now, me)).fetchone()
        reserve = connection.execute("SELECT percent FROM reserve WHERE account = ?", (me,)).fetchone()
        self._seen = now, State(stamps, hold[0] if hold else 0.0, reserve[0] if reserve else 0)
        return self._seen[1]

    def _do(self, work: Callable[[sqlite3.Connection, bytes], T]) -> T:
        """`work` in one transaction. A run does not fail for want of its log: what the file does not take, memory does."""
        with self._lock:
            began = time.monotonic()
            while True:
                try:
                    if self._database is None:
                        self._database = Database(self._file, _SCHEMAS, durable=False, timeout=_LOCKED, name="quota file")
                    with self._database.transaction() as connection:
                        connection.execute("INSERT INTO salt SELECT ? WHERE NOT EXISTS (SELECT * FROM salt)", (secrets.token_bytes(32),))
                        salt = connection.execute("SELECT value FROM salt").fetchone()[0]
                        return work(connection, hmac.digest(salt, self._account, hashlib.sha256))
                except JournalError as error:
                    if self._file is None:
                        raise
                    patience = _IMPATIENCE if self._cancelled.is_set() else _PATIENCE
                    if time.monotonic() - began > patience or not self._may_pass(getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF):
                        self._give_up(error)

    def _may_pass(self, code: int) -> bool:
        """Whether trying again may help. A damaged file is removed for that: it holds little that matters in an hour."""
        if self._file and code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            self.close()
            with contextlib.suppress(OSError):
                self._file.unlink()
                return True
        return code == sqlite3.SQLITE_BUSY

    def _give_up(self, error: JournalError) -> None:
        """From now on in memory, with what was last seen in the file."""
        _log.warning("The quota is counted for this program alone. %s", error)
        self.close()
        self._file, self._lost = None, error
        now, state = self._seen

        def restore(connection: sqlite3.Connection, me: bytes) -> None:
            rows = [(me, now + stamp) for stamp in state.stamps]
            connection.executemany("INSERT INTO slot (account, started, answered) VALUES (?1, ?2, ?2)", rows)
            connection.execute("INSERT INTO hold VALUES (?, ?, ?)", (me, now, now + state.held))
            connection.execute("INSERT INTO reserve VALUES (?, ?)", (me, state.reserve))

        self._do(restore)
