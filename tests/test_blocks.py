"""What is done in an open workbook while requests are under way: blocks of results, and patience at the end."""

from __future__ import annotations

import threading

import pytest

from reply_xl.blocks import BLOCK_EVERY, Blocks, Clock
from reply_xl.delivery import Delivered
from reply_xl.errors import HostBusy, SheetError


class Quick(Clock):
    """Time passes only by waiting; the event is set after so many seconds."""

    def __init__(self, seconds: float = 1e9) -> None:
        self.passed, self._seconds = 0.0, seconds

    def now(self) -> float:
        return self.passed

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.passed += seconds
        return event.is_set() or self.passed >= self._seconds


@pytest.mark.parametrize("problem", [None, HostBusy("Excel is busy."), SheetError("closed")])
def test_results_come_in_blocks(problem: SheetError | None) -> None:
    """One every so many seconds; where a block cannot be written the next one is tried. Rows that were gone are kept, progress is shown throughout."""
    blocks, shown = Blocks(threading.Event(), lambda: shown.append(1), Quick(5.5 * BLOCK_EVERY)), []
    delivered: list[int] = []

    def deliver() -> Delivered:
        delivered.append(len(delivered))
        if problem is not None:
            raise problem
        return Delivered((), (10 + len(delivered),))

    blocks.work(threading.Event(), deliver)
    assert len(delivered) == 5
    assert blocks.gone == (set() if problem else {11, 12, 13, 14, 15})
    assert len(shown) > 100


def test_the_last_results_wait_for_a_busy_excel() -> None:
    """For ten minutes; whoever looks is told once why."""
    told: list[int] = []
    clock = Quick()
    blocks = Blocks(threading.Event(), clock=clock, on_busy=lambda: told.append(1))
    while blocks.waits(HostBusy("Excel is busy.")):
        assert clock.passed < 1000
    assert 590 <= clock.passed <= 610
    assert told == [1]


def test_whoever_wants_no_more_does_not_wait() -> None:
    """After Cancel, or after Ctrl-C."""
    cancelled = threading.Event()
    cancelled.set()
    assert not Blocks(cancelled, clock=Quick()).waits(HostBusy("Excel is busy."))
