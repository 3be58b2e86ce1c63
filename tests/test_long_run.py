"""Half an hour of a run beside somebody who works in Excel: how often Excel is called and written to, and never at the wrong moment.

The number of calls does not depend on the number of rows (`test_excel_calls`), so 150 rows at 5 a minute stand for 3,000 at 100.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest
from long_run import HEADERS, LongRun

from reply_xl.history.records import Records

MINUTES, ROWS, A_MINUTE = 30, 150, 5


@pytest.fixture
def records() -> Iterator[Records]:
    with Records() as opened:
        yield opened


def statuses(run: LongRun) -> list[object]:
    letter = "ABCDEFGHIJKLMNOPQRST"[len(HEADERS)]
    return [run.sheet.cell(f"{letter}{row}").value for row in range(2, ROWS + 2)]


def per_minute(run: LongRun) -> list[int]:
    counts = Counter(int(second // 60) for second in run.calls)
    return [counts[minute] for minute in range(MINUTES)]


def test_half_an_hour(records: Records) -> None:
    """At most 3,050 calls into Excel, 215 in any minute and 75 after the tenth, 72 at any moment; at most 45 blocks of results, 20 seconds
    apart and later a minute, each one bulk write; at most 110 texts in the status bar. Excel is attached to twice for each block and once
    for each text."""
    run = LongRun(ROWS, A_MINUTE, records)
    run.go()
    assert statuses(run) == ["Updated"] * ROWS
    assert len(run.calls) <= 3_050
    assert max(per_minute(run)) <= 215
    assert max(per_minute(run)[10:]) <= 75
    assert max(Counter(run.calls).values()) <= 72
    blocks = [second for second, _ in run.delivered]
    assert len(blocks) <= 45
    assert all(20 <= later - earlier <= 61 for earlier, later in pairwise(blocks[:-1]))
    assert len(run.writes) == len(blocks)
    assert all(written > 0 for _, written in run.delivered)
    assert len(run.bar) <= 110
    assert run.attached <= 2 * len(blocks) + len(run.bar)


def test_every_second_row_had_nothing_to_change(records: Records) -> None:
    """Results with rows between them that have theirs already, or not yet, are one bulk write as well."""
    run = LongRun(ROWS, A_MINUTE, records, standing=2)
    run.go()
    assert statuses(run) == ["Unchanged", "Updated"] * (ROWS // 2)
    assert len(run.writes) == len(run.delivered)
    assert max(Counter(run.calls).values()) <= 72


@pytest.mark.parametrize("what", ["a cell is edited", "cells are copied"])
def test_five_minutes_in_which_nothing_may_be_written(records: Records, what: str) -> None:
    """While the user edits a cell or has cells copied nothing is written or set but the status bar, and Excel is asked every five seconds at most
    whether that is over. Within six seconds of its end the results stand, and at the end all of them do."""
    begin, end = 420.0, 720.0

    def user(run: LongRun) -> None:
        is_at_it = begin <= run.now() < end
        if what == "cells are copied":
            run.excel.properties["CutCopyMode"] = int(is_at_it)
        elif not is_at_it:
            run.excel.traps.clear()
        elif not run.excel.traps:
            run.excel.reject(None)

    run = LongRun(ROWS, A_MINUTE, records, user)
    run.go()
    assert [second for second, _ in run.writes if begin <= second < end] == []
    assert {name for second, name in run.excel.settings if begin <= second < end} <= {"Application.StatusBar="}
    asked = {second for second in run.calls if begin <= second < end}
    assert len(asked) <= (end - begin) / 5 + (end - begin) / 20 + 2
    assert max(Counter(second for second in run.calls if begin <= second < end).values()) <= 20
    assert any(end <= second <= end + 6 for second, _ in run.writes)
    assert statuses(run) == ["Updated"] * ROWS


def test_a_run_that_stands_still(records: Records) -> None:
    """Where nothing new comes for ten minutes, as where the quota of the hour is used up, Excel is not called at all."""
    run = LongRun(20, A_MINUTE, records, rest=(60.0, 600.0))
    run.go()
    assert [second for second in run.calls if 81 < second < 660] == []
    assert sum(written for _, written in run.delivered) == 20
