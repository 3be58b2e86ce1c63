"""A file that one process holds: the lock ends with the process, however it ends."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from reply_xl.errors import JournalError

_PATIENCE = 0.2
"""Seconds after which a run is taken to go on elsewhere: who only asks whether it does holds its lock for a moment as well."""


def lock(file: BinaryIO) -> None:
    """Holds an open file for this process alone, until it is closed. Raises `OSError` where another one holds it."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(2**40)  # a byte that is never written: a lock on Windows keeps others from reading it
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class HeldFile:
    """A file that is held while something goes on: whoever finds it free knows that the process at it has ended. Entering raises `OSError` if
    another process holds it, `JournalError` if there can be no such file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self.stays = False
        """Whether the file is still there when nobody holds it any more."""

    def __enter__(self) -> HeldFile:
        until = time.monotonic() + _PATIENCE
        while self._file is None:
            try:
                file = self._path.open("ab")
            except OSError as error:
                if time.monotonic() > until:
                    raise JournalError(
                        f"The folder {self._path.parent} cannot be written, so nothing was done; make room on the disk, or ask IT."
                    ) from error
                time.sleep(_PATIENCE / 10)  # on Windows, a file that is just being removed
                continue
            try:
                lock(file)
                if self._is_ours(file):
                    self._file = file
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(_PATIENCE / 10)
            finally:
                if self._file is None:
                    file.close()
        return self

    def _is_ours(self, file: BinaryIO) -> bool:
        """Whether the file that was locked is still the one of this name: who held it before may have removed it meanwhile."""
        try:
            return sys.platform == "win32" or os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            if sys.platform != "win32" and not self.stays:  # there, a file that is open cannot be removed
                self._path.unlink(missing_ok=True)
            self._file.close()
            if sys.platform == "win32" and not self.stays:
                with contextlib.suppress(OSError):  # another process has just opened it
                    self._path.unlink(missing_ok=True)


class RunLock(HeldFile):
    """Held while a run goes on."""

    def __init__(self, folder: Path, run: int) -> None:
        super().__init__(folder / f"run-{run}.lock")


class BookLock(HeldFile):
    """Held while a click on a workbook is carried out. `key`: what the journal calls the workbook, or its window."""

    def __init__(self, folder: Path, key: str) -> None:
        super().__init__(folder / f"book-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:16]}.lock")


def is_held(path: Path) -> bool:
    """Whether a process holds the file; one that is not there is not made."""
    if not path.exists():
        return False
    try:
        with path.open("ab") as file:
            lock(file)
    except OSError:
        return True
    return False


def is_running(folder: Path, run: int) -> bool:
    """Whether a process holds the run's lock."""
    return is_held(folder / f"run-{run}.lock")
