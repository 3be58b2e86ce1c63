"""What is done in an open workbook while requests are under way: blocks of results, and patience at the end."""

from __future__ import annotations

import threading

import pytest

from reply_xl.blocks import Blocks, Clock
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
    blocks, shown = Blocks(threading.Event(), lambda: shown.append(1), Quick(110)), []
    delivered: list[int] = []

    def deliver() -> Delivered:
        delivered.append(len(delivered))
        if problem is not None:
            raise problem
        return Delivered((), (10 + len(delivered),))

    blocks.work(threading.Event(), lambda: True, deliver)
    assert len(delivered) == 5
    assert blocks.gone == (set() if problem else {11, 12, 13, 14, 15})
    assert len(shown) > 100


def test_nothing_new_and_a_busy_workbook_cost_no_block() -> None:
    """Where nothing has arrived, or the workbook takes nothing, nothing is delivered; what has arrived is, once it takes it."""
    delivered: list[int] = []

    def deliver() -> Delivered:
        delivered.append(1)
        return Delivered((), ())

    Blocks(threading.Event(), clock=Quick(110)).work(threading.Event(), lambda: False, deliver)
    Blocks(threading.Event(), clock=Quick(110), is_free=lambda: False).work(threading.Event(), lambda: True, deliver)
    assert delivered == []
    answers = iter([False, False, True, *[True] * 50])
    Blocks(threading.Event(), clock=Quick(60), is_free=lambda: next(answers)).work(threading.Event(), lambda: True, deliver)
    assert delivered == [1, 1]


def test_the_last_results_wait_for_a_busy_excel() -> None:
    """For ten minutes; whoever looks is told once why."""
    told: list[int] = []
    clock = Quick()
    blocks = Blocks(threading.Event(), clock=clock, on_busy=lambda: told.append(1), is_free=lambda: False)
    assert not blocks.waits(HostBusy("Excel is busy."))
    assert 590 <= clock.passed <= 610
    assert told == [1]


def test_whoever_wants_no_more_does_not_wait() -> None:
    """After Cancel, or after Ctrl-C."""
    cancelled = threading.Event()
    cancelled.set()
    assert not Blocks(cancelled, clock=Quick()).waits(HostBusy("Excel is busy."))
