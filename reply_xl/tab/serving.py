"""Where the server of the button Practice is: a file in the folder that Excel and Python share, held by the server's process.

The lock is the proof: while it is held, the process that wrote the file is there and so is its server; a file that a crash left behind says
nothing. The key in it keeps the other users of this computer away from the contacts that are practised with.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from reply_xl.locks import lock

__all__ = ["PRACTICE", "SERVER", "Serving", "holding", "mark_of", "serving"]

PRACTICE, SERVER = "practice", "practice-server"
_LOOK_EVERY = 0.1
_MOST_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class Serving:
    """A practice server that is there now: where, with which API key, what it calls itself, and its process."""

    url: str
    key: str
    instance: str
    process: int


def mark_of(folder: Path) -> int | None:
    """The mark of practice as it is now, None if practice is off: another number each time that it is switched on."""
    try:
        return (folder / PRACTICE).stat().st_mtime_ns
    except OSError:
        return None


@contextlib.contextmanager
def holding(folder: Path, patience: float, sleep: Callable[[float], None] = time.sleep) -> Iterator[Callable[[Serving], None]]:
    """For the one practice server of this user: inside, the function that is given says where it is. Raises `OSError` if another one is
    there and does not end within `patience` seconds."""
    until = time.monotonic() + patience
    with _opened(folder / SERVER) as file:
        while True:
            try:
                lock(file)
                break
            except OSError:
                if time.monotonic() > until:
                    raise
            sleep(_LOOK_EVERY)
        file.truncate(0)

        def say(found: Serving) -> None:
            file.seek(0)
            file.write(json.dumps(asdict(found)).encode())
            file.truncate()
            file.flush()

        try:
            yield say
        finally:
            file.truncate(0)
            file.flush()


def serving(folder: Path) -> Serving | None:
    """The practice server that is there at this moment, None if there is none."""
    try:
        with (folder / SERVER).open("rb") as file:
            try:
                lock(file)
            except OSError:
                file.seek(0)
                return _parsed(file.read(_MOST_BYTES))
    except OSError:
        return None
    return None


def _opened(path: Path) -> BinaryIO:
    """A file that this user alone may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    with contextlib.suppress(OSError):
        path.chmod(0o600)  # also one that was there
    return os.fdopen(descriptor, "r+b")


def _parsed(data: bytes) -> Serving | None:
    """None for a server that is only just starting."""
    try:
        found = json.loads(data)
        url, key, instance, process = (found[name] for name in ("url", "key", "instance", "process"))
    except (ValueError, TypeError, KeyError):
        return None
    if not all(isinstance(text, str) for text in (url, key, instance)) or not isinstance(process, int):
        return None
    return Serving(url, key, instance, process)
