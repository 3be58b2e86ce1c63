"""What is done while requests are under way and the workbook is open before somebody: results appear in blocks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from reply_xl.delivery import Delivered
from reply_xl.errors import HostBusy, JournalError, SheetError
from reply_xl.interrupts import stoppable

_BLOCK_EVERY = (20.0, 60.0)
"""Seconds between two blocks of results, at first and later: see `spread`."""
_LOOK_EVERY = 0.5
"""Seconds between two looks at how far a run is."""
_PAUSE, _LONGEST_WAIT = 5.0, 600.0
"""Seconds between two looks whether a busy Excel takes results again, and for all of them after the last answer."""
_log = logging.getLogger(__name__)


class Clock:
    """Time as it passes; tests have another one."""

    def now(self) -> float:
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Whether the event is set within these seconds."""
        return event.wait(seconds)


class Blocks:
    """`cancelled`: set when the user wants no more; `refresh` shows how far the run is; `on_busy` is called when the last results begin
    to wait; `is_free`: whether the workbook takes results just now; `gone`: rows of the run that were no longer in the sheet when a block was written."""

    def __init__(
        self,
        cancelled: threading.Event,
        refresh: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
        on_busy: Callable[[], None] = lambda: None,
        is_free: Callable[[], bool] = lambda: True,
    ) -> None:
        self._cancelled, self._refresh, self._clock, self._on_busy = cancelled, refresh, clock or Clock(), on_busy
        self._is_free = is_free
        self.gone: set[int] = set()
        self._waited = 0.0

    def work(self, over: threading.Event, is_waiting: Callable[[], bool], deliver: Callable[[], Delivered]) -> None:
        """Shows how far the run is, and writes what has arrived, until `over` is set. While the workbook takes nothing, as while a cell of it is
        edited, it is asked for no more than whether that is over."""
        began = self._clock.now()
        due = began + spread(0, _BLOCK_EVERY)
        while not self._clock.wait(over, _LOOK_EVERY):
            self._refresh()
            now = self._clock.now()
            if now < due:
                continue
            due = now + _PAUSE
            try:
                if not is_waiting() or not self._is_free():
                    continue
                self.gone.update(deliver().gone)
            except (SheetError, JournalError) as error:
                _log.info("results wait: %s", error)
            due = self._clock.now() + spread(now - began, _BLOCK_EVERY)

    def waits(self, problem: HostBusy) -> bool:
        """Until the workbook takes results, for some minutes at most, unless the user wants no more: the user may be typing a long cell."""
        if not self._waited:
            self._on_busy()
        with stoppable(self._cancelled, "The results that are not written yet are kept."):
            while self._waited < _LONGEST_WAIT and not self._clock.wait(self._cancelled, _PAUSE):
                self._waited += _PAUSE
                if self._is_free():
                    return True
        return False


def spread(passed: float, least_and_most: tuple[float, float]) -> float:
    """How many seconds to leave between two calls of a kind: a tenth of what has passed. Who works in Excel for half an hour beside a run is
    disturbed less often than who waits for a short one."""
    least, most = least_and_most
    return min(max(passed / 10, least), most)
