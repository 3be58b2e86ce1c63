"""A workbook that got its first file after it was updated: its runs, and what its cells were based on, are the file's from then on.

Before, nothing tells one “Book1” from another but the Excel in which it is open. Afterwards the results that stand in it do: their moments and
sentences are those of a run in this very Excel, whose workbook is open under its old name no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from reply_xl import cells
from reply_xl.conduct import told
from reply_xl.delivery import recognise
from reply_xl.errors import HostBusy, SheetError
from reply_xl.excel import LivePlace
from reply_xl.history.bases import is_a_file
from reply_xl.history.journal import Journal
from reply_xl.history.runs import Recorded, Run
from reply_xl.mapping.columns import MESSAGE, UPDATED_AT
from reply_xl.sheet import nearest

__all__ = ["follow_first_save"]

_ENOUGH = 0.9
"""The share of a run's results that must stand beside their contacts."""


def follow_first_save(journal: Journal, place: LivePlace, is_running: Callable[[int], bool]) -> None:
    """Nothing is asked of Excel unless this Excel had a workbook without a file that was updated and is open no more. Raises `HostBusy` and
    `JournalError`."""
    if not is_a_file(place.key):
        return
    former = place.key_of_unsaved("")
    by_key: dict[str, list[Run]] = defaultdict(list)
    for run in journal.runs():
        if run.page.results.startswith(former):
            by_key[run.page.results].append(run)
    if not by_key:
        return
    still_open = {place.key_of_unsaved(name) for name in place.open_names()}
    for key, runs in by_key.items():
        if key in still_open or any(is_running(run.id) for run in runs):
            continue
        if any(_shows_results(place, journal.recorded(run.id)) for run in runs):
            for run in runs:
                journal.follow(run.id, place.key, had_no_file=True)


def _shows_results(place: LivePlace, recorded: Recorded) -> bool:
    """Whether the results of a run stand in the workbook beside their contacts, as they were written there."""
    run, entries = recorded.run, told(recorded.entries, place)
    with place.open() as book:
        name = nearest(book.sheets(), run.page.sheet)
        if name is None:
            return False
        try:
            view = recognise(book.sheet(name), run, entries)
        except HostBusy:
            raise
        except SheetError:
            return False
        at, message = (None, None) if view is None else (view.index(UPDATED_AT), view.index(MESSAGE))
        if view is None or at is None or message is None:
            return False
        places = view.places(entries)
        shown = wanted = moments = 0
        for entry in entries:
            if entry.outcome is None or not entry.delivered or entry.number not in places:
                continue
            own = cells.own_cells(entry.outcome, with_id=False)
            row = view.rows[places[entry.number]]
            wanted += 1
            if (row[message], row[at]) == (own[MESSAGE], own[UPDATED_AT]):
                shown += 1
                moments += own[UPDATED_AT] is not None
    return moments > 0 and shown >= _ENOUGH * wanted
