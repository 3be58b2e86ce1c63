"""Puts the add-in file where Excel opens it, at once or, while Excel holds the old one, as soon as Excel lets it go.

`python -m reply_xl.placing` is what waits. A new file is never written under the add-in's name: it is moved there as a whole, from a
folder that Excel does not open.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from reply_xl.computers import Computer, this_computer
from reply_xl.places import RUN_NAME, RUN_ONCE, Places, places

_EVERY = 0.5
_LONGEST = 3 * 24 * 3600.0
"""Seconds after which waiting ends; the value in the registry begins it anew at the next logon."""
_log = logging.getLogger(__name__)


def put_addin(computer: Computer, data: bytes) -> bool:
    """Whether the file stands in its place now; otherwise it is staged, and a process waits until Excel is closed. Raises `OSError`."""
    at = places(computer)
    at.startup.mkdir(parents=True, exist_ok=True)
    scratch = _scratch(at)
    try:
        _write(scratch, data)
        computer.deeds.put(scratch, at.addin)
    except PermissionError:
        if not at.addin.exists():  # then it is the folder that cannot be written, and waiting would not help
            raise
        at.shared.mkdir(parents=True, exist_ok=True)
        _write(at.staged, data)
        command = [str(computer.python), "-I", "-m", "reply_xl.placing"]
        computer.registry.set(RUN_ONCE, RUN_NAME, " ".join([f'"{command[0]}"', *command[1:]]))
        computer.deeds.start(command)
        return False
    finally:
        scratch.unlink(missing_ok=True)
    forget_staged(computer)
    return True


def forget_staged(computer: Computer) -> None:
    """Nothing waits any longer to be put in place; a process that waits for it ends by itself."""
    places(computer).staged.unlink(missing_ok=True)
    computer.registry.delete(RUN_ONCE, RUN_NAME)


def place_staged(computer: Computer, wait: Callable[[float], None] = time.sleep, patience: float = _LONGEST) -> bool:
    """Waits until the staged file can be put in place. False: it was taken back, or patience ended."""
    for _ in range(int(patience / _EVERY) + 1):
        try:
            data = places(computer).staged.read_bytes()
        except FileNotFoundError:
            return False
        if _is_placed(computer, data):
            return True
        wait(_EVERY)
    return False


def _is_placed(computer: Computer, data: bytes) -> bool:
    at = places(computer)
    scratch = _scratch(at)
    try:
        _write(scratch, data)
        computer.deeds.put(scratch, at.addin)
        if at.addin.read_bytes() == data:
            forget_staged(computer)
            return True
    except OSError as error:
        _log.debug("not yet: %s", error)
    finally:
        scratch.unlink(missing_ok=True)
    return False


def _scratch(at: Places) -> Path:
    """Of this process alone, on the disk of the start-up folder and outside of it."""
    return at.startup.parent / f"{at.addin.name}.{os.getpid()}.tmp"


def _write(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    if file.read_bytes() != data:
        raise OSError(f"{file} is not what was written")


if __name__ == "__main__":
    place_staged(this_computer())
