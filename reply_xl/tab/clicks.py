"""The folder in which the add-in leaves its clicks: who takes one, whether Cancel was clicked. See `addin/README.md`."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from pathlib import Path

TOO_OLD = 60.0
"""Seconds after which a click that nobody has taken is not obeyed any more: the user has gone on."""
_MOST_BYTES = 5_000_000
"""Of a file that are read: more than any click that is obeyed has."""
_DAY = 86_400.0
_KEPT = {".click": _DAY, ".cancel": _DAY, ".started": _DAY, ".tmp": _DAY, ".quiet": 30 * _DAY}
"""Seconds for which a file of each kind is kept. What an Excel is owed is kept for as long as it may stay open: a weekend, a holiday."""


class ClickFolder:
    """`folder` is the one that Excel and Python share; its `clicks` need not be there yet. `now`: seconds since 1970, as files have them."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._folder, self._now = folder / "clicks", now

    def take(self, click_id: str) -> bytes | None:
        """What the click file holds; None if it is gone, because somebody else has taken it, or too old to be obeyed. From here on its
        *started* mark is there."""
        path, taken = self._folder / f"{click_id}.click", self._folder / f"{click_id}.started"
        try:
            is_late = self._now() - path.stat().st_mtime > TOO_OLD
            path.rename(taken)
        except OSError:
            return None
        if is_late:
            self.done(click_id)
            return None
        try:
            return _begin(taken)
        except OSError:
            self.done(click_id)
            return None

    def noted(self, click_id: str) -> float:
        """When a click that was taken had been written, by the clock that stamps every file here."""
        try:
            return (self._folder / f"{click_id}.started").stat().st_mtime
        except OSError:
            return self._now()

    def done(self, click_id: str) -> None:
        """Removes the marks of this click, and what else has been left for too long."""
        with contextlib.suppress(OSError):
            (self._folder / f"{click_id}.started").unlink(missing_ok=True)
            for path in self._folder.iterdir():
                with contextlib.suppress(OSError):
                    if self._now() - path.stat().st_mtime > _KEPT.get(path.suffix, math.inf):
                        path.unlink(missing_ok=True)

    def cancel(self, click_id: str, data: bytes) -> None:
        """Asks what is going on for the workbook of a click to stop, as a click on Cancel does. `data`: of the click file."""
        path = self._folder / f"{click_id}.cancel"
        path.with_suffix(".tmp").write_bytes(data)
        path.with_suffix(".tmp").replace(path)

    def is_obeyed(self, click_id: str) -> bool:
        """Whether a click on Cancel has been obeyed, or never was there."""
        return not (self._folder / f"{click_id}.cancel").exists()

    def forget_cancel(self, click_id: str) -> None:
        with contextlib.suppress(OSError):
            (self._folder / f"{click_id}.cancel").unlink(missing_ok=True)

    def is_cancelled(self, since: float, is_meant: Callable[[bytes], bool]) -> bool:
        """Whether Cancel was clicked since then, by a click that `is_meant`. That mark is deleted; others are left to those they are for."""
        found = False
        marks: list[Path] = []
        with contextlib.suppress(OSError):
            marks = list(self._folder.glob("*.cancel"))
        for path in marks:
            with contextlib.suppress(OSError):  # this one cannot be read, or is gone
                if path.stat().st_mtime >= since and is_meant(_begin(path)):
                    path.unlink(missing_ok=True)
                    found = True
        return found


def _begin(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_MOST_BYTES)
