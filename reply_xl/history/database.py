"""SQLite files of this user on this machine: opened, brought up to date, and with one kind of error."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from urllib.parse import quote

from reply_xl.errors import JournalError

Parameters = Sequence[object] | dict[str, object]
_PATIENCE = 0.5
"""Seconds that a reader waits for a file that is locked, which a journal is for moments only."""

_NOT_NOW = "cannot be used; close other programs that hold it, make room on the disk, and try again."
_WHOLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}
"""What SQLite says of a file with which nothing is wrong: nobody should be told to move that away."""


def file_uri(file: PurePath) -> str:
    """As SQLite reads it: also where the profile lies on a server, of which Python's own `as_uri` makes a host, and SQLite an error."""
    path = file.as_posix()
    return f"file://{'' if path.startswith('/') else '/'}{quote(path, safe='/:')}"


class Reader:
    """One file that somebody else made and writes: read, never written and never brought up to date. What is committed meanwhile is seen.

    `version`: of its schema. Raises `JournalError` where it is another one, and where the file is not there or cannot be read."""

    _lock: threading.RLock
    _name: str
    _connection: sqlite3.Connection

    def __init__(self, file: Path, version: int, *, name: str = "journal") -> None:
        self._lock = threading.RLock()
        self._name = name
        with self._guarded():
            # not mode=ro: that would leave the files beside it behind
            self._connection = sqlite3.connect(
                f"{file_uri(file.absolute())}?mode=rw", uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
        try:
            with self._guarded():
                self._connection.execute("PRAGMA query_only=ON")
                found = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if found != version:
                raise JournalError(f"The {name} on this computer is of another version; run “reply-xl runs” once, or update reply_xl.")
        except JournalError:
            self._connection.close()
            raise

    def all(self, statement: str, parameters: Parameters = ()) -> list[tuple[object, ...]]:
        """The rows of one statement, as it reads them at this moment."""
        with self._lock, self._guarded():
            return self._connection.execute(statement, parameters).fetchall()

    def one(self, statement: str, parameters: Parameters = ()) -> tuple[object, ...] | None:
        with self._lock, self._guarded():
            row: tuple[object, ...] | None = self._connection.execute(statement, parameters).fetchone()
            return row

    def close(self) -> None:
        self._connection.close()

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise JournalError(f"The {self._name} on this computer {_NOT_NOW}") from error


class Database(Reader):
    """One file, shared by several threads and several processes; `file` None: kept in memory, for this object alone.

    `schemas[n]` is the script that makes version n+1 of version n: a released one is never edited. `durable`: a committed transaction
    survives a power cut (at the cost of a sync each). `name` is what messages call the file. Raises `JournalError` where it cannot be
    opened, read or written."""

    def __init__(
        self, file: Path | None, schemas: Sequence[str], *, durable: bool = True, timeout: float = 10.0, name: str = "journal"
    ) -> None:
        self._lock = threading.RLock()
        self._name = name
        where = f"{name} {file}" if file else name
        try:
            if file is not None:
                file.touch(mode=0o600)  # it holds personal data: nobody else on this computer may read it
            self._connection = sqlite3.connect(
                file or ":memory:", timeout=timeout, isolation_level=None, check_same_thread=False, cached_statements=64
            )
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"The {where} cannot be opened; check that the folder is there and can be written.") from error
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
            self._connection.execute("PRAGMA secure_delete=ON")
            self._update(schemas)
        except sqlite3.Error as error:
            self._connection.close()
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _WHOLE:
                raise JournalError(f"The {where} {_NOT_NOW}") from error
            raise JournalError(f"The {where} cannot be used; move it away, so that a new one is made.") from error
        except JournalError:
            self._connection.close()
            raise

    def _update(self, schemas: Sequence[str]) -> None:
        def version() -> int:
            return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

        if version() == len(schemas):
            return
        self._connection.execute("BEGIN IMMEDIATE")
        with self._ended():
            if version() > len(schemas):
                raise JournalError(f"The {self._name} on this computer was written by a newer reply_xl; update reply_xl.")
            for script in schemas[version() :]:
                for statement in script.split(";"):
                    if statement.strip():
                        self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version={len(schemas)}")

    @contextlib.contextmanager
    def _ended(self) -> Iterator[None]:
        """Commits the transaction that is open, or takes it back."""
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:  # a COMMIT that fails, on a full disk, leaves the transaction open too
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and nobody else writes meanwhile."""
        with self._lock, self._guarded():
            self._connection.execute("BEGIN IMMEDIATE")
            with self._ended():
                yield self._connection

    def shrink(self) -> None:
        """Leaves nothing of what was deleted in the file or beside it."""
        with self._lock, self._guarded():
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
