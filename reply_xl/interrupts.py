"""What Ctrl-C, a closed terminal and a request to end do, and when: a run stops, but its results are always written."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


_SLICE = 0.05
"""Seconds after which somebody who waits looks again."""


class Stop(threading.Event):
    """An event that a signal may set at any moment. It has no lock: the handler runs in the middle of whatever the main thread does, a wait
    for this very event as well, and could wait for ever for a lock that is held there."""

    def __init__(self) -> None:
        super().__init__()
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True

    def clear(self) -> None:
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        until = None if timeout is None else time.monotonic() + timeout
        while not self._is_set:
            left = _SLICE if until is None else min(_SLICE, until - time.monotonic())
            if left <= 0:
                break
            time.sleep(left)
        return self._is_set


@contextlib.contextmanager
def stoppable(cancelled: threading.Event, sentence: str = "Stopping.") -> Iterator[threading.Event]:
    """While this lasts, the first signal sets `cancelled`, which should be a `Stop`, and says `sentence`; a second one raises KeyboardInterrupt."""

    def stop(number: int, frame: FrameType | None) -> None:
        if cancelled.is_set():
            raise KeyboardInterrupt
        cancelled.set()
        _tell(sentence)

    with _handled(stop):
        yield cancelled


@contextlib.contextmanager
def unbroken(sentence: str = "The results are being written; one moment.") -> Iterator[None]:
    """While this lasts, no signal ends the program: what is stored in Reply is on its way into the file."""
    with _handled(lambda number, frame: _tell(sentence)):
        yield


@contextlib.contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """The handler for every signal that ends a program; Python lets only the main thread set one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _tell(sentence: str) -> None:
    """Straight to the terminal: the signal may have struck in the middle of a `print`, which must not be entered twice. Ctrl-C ends the
    reader of our output as well (`2>&1 | tee log`), so that nobody may be left to tell."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.write(sys.stderr.fileno(), f"\n{sentence}\n".encode(sys.stderr.encoding, "replace"))
