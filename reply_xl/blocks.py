"""What is done while requests are under way and the workbook is open before somebody: results appear in blocks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from reply_xl.delivery import Delivered
from reply_xl.errors import HostBusy, SheetError
from reply_xl.interrupts import stoppable

BLOCK_EVERY = 20.0
"""Seconds between two blocks of results."""
_LOOK_EVERY = 0.5
"""Seconds between two looks at how far a run is."""
_PAUSE, _LONGEST_WAIT = 5.0, 600.0
"""Seconds between two tries to write the last results into a busy Excel, and for all of them."""
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
    to wait; `gone`: rows of the run that were no longer in the sheet when a block was written."""

    def __init__(
        self,
        cancelled: threading.Event,
        refresh: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
        on_busy: Callable[[], None] = lambda: None,
    ) -> None:
        self._cancelled, self._refresh, self._clock, self._on_busy = cancelled, refresh, clock or Clock(), on_busy
        self.gone: set[int] = set()
        self._waited = 0.0

    def work(self, over: threading.Event, deliver: Callable[[], Delivered]) -> None:
        """Shows how far the run is, and writes what has arrived, until `over` is set."""
        last = self._clock.now()
        while not self._clock.wait(over, _LOOK_EVERY):
            self._refresh()
            if self._clock.now() - last >= BLOCK_EVERY:
                try:
                    self.gone.update(deliver().gone)
                except SheetError as error:
                    _log.info("results wait: %s", error)
                last = self._clock.now()

    def waits(self, problem: HostBusy) -> bool:
        """For some minutes, unless the user wants no more: the user may be typing a long cell."""
        if not self._waited:
            self._on_busy()
        self._waited += _PAUSE
        if self._waited > _LONGEST_WAIT:
            return False
        with stoppable(self._cancelled, "The results that are not written yet are kept."):
            return not self._clock.wait(self._cancelled, _PAUSE)
