"""An Excel that stands still while it is written to: the screen does not move, and the macros of its workbooks hear nothing.

What it had before is noted in a file that is held meanwhile. So two clicks in one Excel never take each other's quiet for what it had before,
and where a process is ended in the middle of a write, the next one gives Excel its settings back.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from reply_xl.busy import Patience
from reply_xl.errors import HostBusy, JournalError, SheetError
from reply_xl.locks import HeldFile, is_held

__all__ = ["put_back", "quiet", "settle"]

_T = TypeVar("_T")
_QUIET = {"enable_events": False, "screen_updating": False}
_TAKEN = "Another click is writing into this Excel at the moment; wait for it, and try again."
_OWED: dict[int, dict[str, bool]] = {}
"""By process id, the settings of an Excel that is quiet, or did not take them back yet."""


@contextlib.contextmanager
def quiet(app: Any, patience: Patience) -> Iterator[None]:
    """The screen stands still and the workbook's macros hear nothing; afterwards both are as before. A busy Excel is waited for, because
    macros that stay switched off would be missed in every other workbook too, and so is another process that is at this. If Excel does not
    take its settings back even so, this raises `HostBusy` or `SheetError`, and the next time, in this process or another, or `put_back` tries
    again."""
    pid = _answered(patience, lambda: int(app.pid), "Excel does not answer; see whether the workbook is still open, and try again.")
    with _note(pid, patience) as note:
        _answered(
            patience, lambda: _remember(app, pid, note), "Excel does not answer; see whether the workbook is still open, and try again."
        )
        note.write(_OWED[pid])
        try:
            _answered(patience, lambda: _put(app, _QUIET), "Excel does not take a setting; close what is open in it, and try again.")
            yield
        except BaseException:
            with contextlib.suppress(SheetError):  # the first error says more; and an Excel that was ended has nothing to take back
                put_back(app, pid, patience)
            raise
        put_back(app, pid, patience)


def put_back(app: Any, pid: int, patience: Patience) -> None:
    """Gives Excel the settings that it had before it was to be quiet; does nothing where it has them. `pid`: as it was then, because an app
    whose window was closed no longer knows it. Raises `HostBusy` or `SheetError`."""
    if pid not in _OWED:
        return
    # with a patience of its own: what came before may have used up the other
    sentence = "Excel did not take its settings back; close it and open it again, or its macros may not run."
    _answered(patience.anew(), lambda: _put(app, _OWED[pid]), sentence)
    del _OWED[pid]


def settle(app: Any, pid: int, patience: Patience) -> None:
    """Gives Excel what a process owes it that was ended in the middle of a write. Asks Excel for nothing where none was. Never raises for
    an Excel that does not take it now: the note stays for the next time."""
    path = _path(pid, patience)
    if path is not None and path.exists() and not is_held(path):
        with contextlib.suppress(SheetError), quiet(app, patience):
            pass


class _Note(HeldFile):
    """The file of one Excel, held while it is quiet. It outlives whoever holds it where Excel did not get its settings back."""

    def __init__(self, path: Path, pid: int) -> None:
        super().__init__(path)
        self._pid = pid

    def read(self) -> dict[str, bool] | None:
        """What a process that is gone had noted."""
        try:
            found = json.loads(self._path.read_text("ascii"))
        except (OSError, ValueError):
            return None
        if not isinstance(found, dict) or found.keys() != _QUIET.keys() or not all(isinstance(one, bool) for one in found.values()):
            return None
        return found

    def write(self, settings: Mapping[str, bool]) -> None:
        if self._file is None or self.read() == settings:  # a note that stands is not risked: writing begins by emptying the file
            return
        with contextlib.suppress(OSError):  # a full disk: as before there was a note
            # Through the file that is held, for our own lock may keep us from it elsewhere; and past its buffer, which closing would write again.
            os.ftruncate(self._file.fileno(), 0)
            os.write(self._file.fileno(), json.dumps(settings).encode("ascii"))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stays = self._pid in _OWED
        super().__exit__(kind, error, trace)


class _NoNote:
    """For an app that no other process can find as this one left it: that of a file."""

    def read(self) -> dict[str, bool] | None:
        return None

    def write(self, settings: Mapping[str, bool]) -> None: ...


@contextlib.contextmanager
def _note(pid: int, patience: Patience) -> Iterator[_Note | _NoNote]:
    path = _path(pid, patience)
    if path is None:
        yield _NoNote()
        return
    with contextlib.ExitStack() as stack:
        note: _Note | _NoNote

        def held() -> _Note:
            made = _Note(path, pid)
            try:
                stack.enter_context(made)
            except OSError:
                raise HostBusy(_TAKEN) from None
            return made

        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            note = patience.anew().run(held)
        except (JournalError, OSError):  # no folder to write to: as before there was a note
            note = _NoNote()
        yield note


def _path(pid: int, patience: Patience) -> Path | None:
    return None if patience.owed is None else patience.owed / "clicks" / f"{pid}.quiet"


def _answered(patience: Patience, action: Callable[[], _T], sentence: str) -> _T:
    try:
        return patience.run(action)
    except HostBusy:
        raise
    except Exception as error:
        raise SheetError(sentence) from error


def _remember(app: Any, pid: int, note: _Note | _NoNote) -> None:
    if pid not in _OWED:
        _OWED[pid] = note.read() or {"screen_updating": app.screen_updating, "enable_events": app.enable_events}


def _put(app: Any, settings: Mapping[str, bool]) -> None:
    """All of them, also where one is refused."""
    failure: Exception | None = None
    try:
        for name, value in settings.items():
            try:
                setattr(app, name, value)
            except Exception as error:
                failure = failure or error
        if failure is not None:
            raise failure
    finally:
        failure = None  # with its traceback it would keep Excel's objects
