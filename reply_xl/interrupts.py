"""What Ctrl-C, a closed terminal and a request to end do, and when: a run stops, but its results are always written."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextlib.contextmanager
def stoppable(cancelled: threading.Event, sentence: str = "Stopping.") -> Iterator[threading.Event]:
    """While this lasts, the first signal sets `cancelled` and says `sentence`; a second one raises KeyboardInterrupt."""

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
