"""Puts the add-in file where Excel opens it, at once or, while Excel holds the old one, as soon as Excel lets it go.

`reply_xl.placing` is what waits. A new file is never written under the add-in's name: it is moved there as a whole, from a
folder that Excel does not open.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from reply_xl.errors import JournalError
from reply_xl.locks import HeldFile
from reply_xl.setup.computers import Computer, System
from reply_xl.setup.places import RUN_NAME, RUN_ONCE, Places, places
from reply_xl.whole_file import remove_leftovers, write_whole

_EVERY = 0.5
_LOCK = "placing.lock"
_LONGEST = 3 * 24 * 3600.0
"""Seconds after which waiting ends; the value in the registry begins it anew at the next logon."""
_log = logging.getLogger(__name__)


def put_addin(computer: Computer, data: bytes) -> bool:
    """Whether the file stands in its place now; otherwise it is staged, and a process waits until Excel is closed. Raises `OSError`."""
    at = places(computer)
    with _alone(at):
        try:
            write_whole(at.addin, data, beside=at.startup.parent, put=computer.deeds.put)
        except PermissionError:
            if computer.system is not System.WINDOWS or not at.addin.exists() or not _may_write(at.startup.parent):
                raise  # no Excel holds it then, but the folder cannot be written, and waiting would not help
            write_whole(at.staged, data)
        else:
            _forget(computer)
            return True
    _wait_after_logon(computer)
    computer.deeds.start(_command(computer))
    return False


def forget_staged(computer: Computer) -> None:
    """Nothing waits any longer to be put in place, a process that waits for it ends by itself, and what one that was killed left is gone."""
    at = places(computer)
    with _alone(at) if at.shared.exists() else contextlib.nullcontext():
        _forget(computer)


def place_staged(computer: Computer, wait: Callable[[float], None] = time.sleep, patience: float = _LONGEST) -> bool:
    """Waits until the staged file can be put in place. False: it was taken back, or patience ended."""
    at = places(computer)
    if at.staged.exists():
        _wait_after_logon(computer)  # what Windows started now is forgotten there, and Excel may stay open until the user logs off
    for _ in range(int(patience / _EVERY) + 1):
        if not at.staged.exists():
            return False  # and no folder is made anew
        try:
            with _alone(at):  # from the look at what is staged until it is placed, nobody installs another one or takes it back
                if not at.staged.exists():
                    return False
                data = at.staged.read_bytes()
                write_whole(at.addin, data, beside=at.startup.parent, put=computer.deeds.put)
                _forget(computer)
                return True
        except (OSError, JournalError) as error:
            _log.debug("not yet: %s", error)
        wait(_EVERY)
    return False


def _alone(at: Places) -> HeldFile:
    at.shared.mkdir(parents=True, exist_ok=True)
    return HeldFile(at.shared / _LOCK)


def _forget(computer: Computer) -> None:
    at = places(computer)
    at.staged.unlink(missing_ok=True)
    remove_leftovers(at.staged)
    remove_leftovers(at.addin, beside=at.startup.parent)
    computer.registry.delete(RUN_ONCE, RUN_NAME)


def _command(computer: Computer) -> list[str]:
    return [str(computer.python), "-I", "-m", "reply_xl.placing"]


def _wait_after_logon(computer: Computer) -> None:
    """Where the computer keeps its registry from the user, the process that waits now has to do."""
    program, *words = _command(computer)
    with contextlib.suppress(OSError):
        computer.registry.set(RUN_ONCE, RUN_NAME, " ".join([f'"{program}"', *words]))


def _may_write(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
