"""Outcomes → the rows of a sheet, found by their key at the moment of writing, and proven to stand beside the right contact.

Rows and columns may have moved since the run began, and again between two of our calls. So the sheet is read before and after each write, and
what then stands in the wrong place is put right: see `repair`.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import pairwise

from reply_xl import cells
from reply_xl.addresses import runs
from reply_xl.errors import CellError, HostBusy, SheetError
from reply_xl.fields import BY_NAME, fold, same
from reply_xl.history.runs import Entry, Mark, Run
from reply_xl.kinds.values import format, parse
from reply_xl.locate import locate, own_headers
from reply_xl.mapping.columns import MESSAGE, OURS, REPLY_ID, map_columns
from reply_xl.model import CellValue, Change, Column, ErrorCell, Intent, Outcome, Role, Row, Word
from reply_xl.repair import Written, prove
from reply_xl.sheet import Layout, Reading, Sheet

_MOST_TIMES = 4
_WIDEST_GAP = 20
"""Rows between two results that are written back for the sake of one block."""
_ENOUGH = 0.9
"""The share of a run's keys that a sheet must have to be taken for a moved or renamed copy of the run's."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Row numbers as the run has them: `written` stand in the sheet now, `gone` have no row there any more. `missed`: of a run on a preview
    sheet, why the contacts' own sheet has not got the results as well."""

    written: tuple[int, ...]
    gone: tuple[int, ...]
    missed: str = ""


def deliver(sheet: Sheet, run: Run, entries: Sequence[Entry], every: Sequence[Entry] = (), *, view: View | None = None) -> Delivered:
    """Writes the outcomes of `entries` into their rows. `every`: all rows of the run, where these are not all, because rows that are alike are
    told apart by all of them; `view`: the sheet, if it has just been looked at. Safe to repeat. Raises `HostBusy` before it writes anything
    while Excel is busy or the user is copying, and `SheetError`, with nothing certain about what was written."""
    for _ in range(_MOST_TIMES):
        view = view or View(sheet, run)
        of_all = view.places(every or entries)
        places = {entry.number: of_all[entry.number] for entry in entries if entry.number in of_all}
        if not view.is_the_runs and 2 * len(places) < len(entries):
            raise SheetError(f"The sheet “{sheet.name}” does not hold the rows of run {run.id}; name the workbook that does with --book.")
        outcomes = {places[entry.number]: entry.outcome for entry in entries if entry.number in places and entry.outcome is not None}
        if not outcomes:
            break
        with sheet.undisturbed():
            is_as_it_was = _write(view, run, outcomes, set(of_all.values()))
        if is_as_it_was:
            break  # else it has moved: what could not be written where it stood then is written now
        view = None
    written = tuple(entry.number for entry in entries if entry.number in places and entry.outcome is not None)
    return Delivered(written, tuple(entry.number for entry in entries if entry.number not in places))


def recognise(sheet: Sheet, run: Run, entries: Sequence[Entry], enough: float = _ENOUGH) -> View | None:
    """The sheet as it is, if it is the run's, though it has another name or stands in another file: all headers and of the keys nearly all, or
    the share that is `enough`."""
    try:
        view = View(sheet, run)
    except HostBusy:
        raise
    except SheetError:
        return None
    keyed = {entry.number for entry in entries if entry.mark.key}
    if not view.is_the_runs or not keyed:
        return None
    return view if len(keyed & view.places(entries).keys()) >= enough * len(keyed) else None


def rows_now(sheet: Sheet, run: Run, entries: Sequence[Entry]) -> tuple[dict[int, int], Reading]:
    """Where rows of the run stand now, row number then → row number now, and the sheet as it was read for that. A row that is not known
    again because its cells were corrected is known by the result in it."""
    view = View(sheet, run)
    found = view.places(entries)
    return {
        **found,
        **view.by_result([entry for entry in entries if entry.number not in found], set(found.values())),
    }, view.reading


class View:
    """A sheet as it is at one moment, read with the headers of a run in mind."""

    def __init__(self, sheet: Sheet, run: Run) -> None:
        self.sheet = sheet
        self.reading = sheet.read_again(run.page.headers, run.page.header_row)
        self._headers = frozenset(run.page.headers)
        self.is_the_runs = _holds(self.reading.headers, run.page.headers)
        self.columns = map_columns(
            self.reading.headers, customs=None, hidden=self.reading.hidden, values=[row.cells for row in self.reading.rows]
        )
        self.rows = {row.number: row for row in self.reading.rows}
        self._asked: list[tuple[int, Mark, int | None]] = []
        self._found: Mapping[int, int] = {}
        self._email = self.index(run.page.targets.get("email", ""))
        self._ids = {self.index(header) for name, header in run.page.targets.items() if name == "id" or name.startswith("id ")}

    def places(self, entries: Sequence[Entry]) -> Mapping[int, int]:
        """Row number then → row number now. Asked twice for the same rows, it looks once."""
        asked = [(entry.number, entry.mark, entry.contact_id) for entry in entries]
        if self._asked != asked:
            marks = {number: mark for number, mark, _ in asked}
            ids = {number: contact for number, _, contact in asked if contact is not None}
            columns = self.key_columns()
            of_the_run = [column if column.header in self._headers else replace(column, header="") for column in columns]
            self._asked, self._found = asked, locate(marks, self.reading.rows, of_the_run, ids)
        return self._found

    def key_columns(self) -> tuple[Column, ...]:
        """The columns by which the run found its rows: what a header means may follow from the cells below it, and those have changed, or
        from what somebody chose."""
        columns = []
        for column in self.columns:
            if column.index in self._ids:
                column = replace(column, role=Role.KEY, target=BY_NAME["id"])
            elif column.index == self._email:
                column = replace(column, role=Role.FIELD, target=BY_NAME["email"])
            else:
                column = replace(column, role=Role.UNUSED, target=None)
            columns.append(column)
        return tuple(columns)

    def by_result(self, entries: Sequence[Entry], taken: Set[int]) -> dict[int, int]:
        """The same, of rows that still show their message."""
        index = self.index(MESSAGE)
        if index is None:
            return {}
        told: dict[CellValue, list[int]] = defaultdict(list)
        for entry in entries:
            if entry.outcome is not None:
                told[cells.own_cells(entry.outcome, with_id=False)[MESSAGE]].append(entry.number)
        shown = {text: [number for number, row in self.rows.items() if number not in taken and row[index] == text] for text in told}
        return {
            then: now for text in told if len(told[text]) == len(shown[text]) for then, now in zip(told[text], shown[text], strict=True)
        }

    def index(self, header: str) -> int | None:
        """The column under a header; of several the first one that is shown. None if there is none."""
        found = [column for column in self.columns if header and column.header == header]
        found = found or [column for column in self.columns if fold(header) and fold(column.header) == fold(header)]
        return min(found, key=lambda column: (column.hidden, column.index)).index if found else None

    def own_columns(self, own: Sequence[str]) -> dict[str, int]:
        """Where our columns are, and where those that are absent will be."""
        places = {header: index for header in own if (index := self.index(header)) is not None}
        absent = [header for header in own if header not in places]
        first = len(self.reading.headers)
        while not self.reading.taken.isdisjoint(range(first, first + len(absent))):
            first += 1
        return places | {header: first + offset for offset, header in enumerate(absent)}

    def between(self, numbers: Collection[int], of_the_run: Set[int], indices: Sequence[int]) -> list[int]:
        """Rows of the run in short gaps between these rows, of which what they hold in these columns can be written back unchanged: one
        block takes far fewer calls than many."""
        free = {
            number
            for number in of_the_run
            if not self.rows[number].hidden and not any(isinstance(self.rows[number][index], ErrorCell) for index in indices)
        }
        gaps = [range(last + 1, first) for (_, last), (first, _) in pairwise(runs(numbers))]
        gaps = [gap for gap in gaps if len(gap) <= _WIDEST_GAP and free.issuperset(gap)]
        if not gaps:
            return []
        formulas = {number for number, _ in self.sheet.formulas(self.of([number for gap in gaps for number in gap]), sorted(indices))}
        return [number for gap in gaps if formulas.isdisjoint(gap) for number in gap]

    def of(self, numbers: Sequence[int]) -> Reading:
        """The reading with these rows chosen, whatever a filter hides by now: they were chosen when the run began."""
        return replace(self.reading, chosen=tuple(replace(self.rows[number], hidden=False) for number in sorted(numbers)))


def _holds(headers: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether all headers are there in their order; others may stand between them."""
    rest = iter(own_headers(headers))
    return bool(wanted) and all(header in rest for header in wanted)


def _write(view: View, run: Run, outcomes: Mapping[int, Outcome], of_the_run: Set[int]) -> bool:
    """`outcomes` by row number as in `view`; `of_the_run`: all rows of it that are there. Returns whether the sheet is still as it was then."""
    own = (*OURS, REPLY_ID) if run.keeps_ids and any(outcome.found_by_email for outcome in outcomes.values()) else OURS
    restored = _restored(view, run, outcomes)
    filled = {column.index for column in view.columns if column.fills} | {index for line in restored.values() for index in line}
    own_columns = view.own_columns(own)
    between = view.between(outcomes, of_the_run, tuple(own_columns.values()))
    reading = view.of([*outcomes, *between])
    written = Written(
        reading,
        view.key_columns(),
        Layout(own_columns, frozenset()),
        frozenset(filled) - reading.hidden,
        view.sheet.formulas(view.of(list(view.rows)), sorted(filled)),
        {},
    )
    try:
        layout = view.sheet.prepare(reading, own, filled, proving=False)  # the proof is in what is read afterwards
    except SheetError:
        with contextlib.suppress(SheetError):
            prove(view.sheet, written)
        raise
    of_own = {
        number: cells.own_cells(outcome, with_id=REPLY_ID in layout.own, practice=run.server.practises_on_copies)
        for number, outcome in outcomes.items()
    }
    of_own |= {number: {header: view.rows[number][index] for header, index in layout.own.items()} for number in between}
    others = {
        number: {
            index: value
            for index, value in (cells.contact_cells(outcome, view.columns) | restored.get(number, {})).items()
            if (number, index) not in layout.formulas and index not in reading.hidden
        }
        for number, outcome in outcomes.items()
    }
    wanted = {(number, layout.own[header]): value for number, line in of_own.items() for header, value in line.items()}
    wanted |= {(number, index): value for number, line in others.items() for index, value in line.items()}
    written = replace(written, layout=layout, wanted=wanted)
    failure: SheetError | None = None
    try:
        view.sheet.write(reading, layout, of_own, others)
    except SheetError as error:  # a part of it may stand, and in the wrong place
        failure = error
    try:
        return prove(view.sheet, written, failure)
    finally:
        failure = None  # with its traceback it would keep objects of the host's


def _restored(view: View, run: Run, outcomes: Mapping[int, Outcome]) -> dict[int, dict[int, CellValue]]:
    """Of an undo: the cells that still ask for what was undone, with the values that Reply holds again."""
    changed = [
        (number, change, view.index(run.page.targets.get(change.target.name, "")))
        for number, outcome in outcomes.items()
        if outcome.word is Word.UNDONE
        for change in outcome.changes
    ]
    restored: dict[int, dict[int, CellValue]] = {}
    looked_at = view.sheet.with_formats(
        view.of(list({number for number, _, _ in changed})), {index for _, _, index in changed if index is not None}
    )
    rows = {row.number: row for row in looked_at.chosen}
    for number, change, index in changed:
        if index is not None and not view.columns[index].hidden and _asks_for(rows[number], index, change):
            restored.setdefault(number, {})[index] = _former(change)
    return restored


def _former(change: Change) -> CellValue:
    """The cell value that says what Reply holds again: blank, which asks for nothing, where none does."""
    cell = format(change.new, change.target)
    try:
        said = parse(cell, change.target, "")
    except CellError:
        return None
    return cell if isinstance(said, str | int) and same(change.target, said, change.new) else None


def _asks_for(row: Row, index: int, change: Change) -> bool:
    """Whether the cell says what the change replaced: a push would send it again."""
    try:
        said = parse(row[index], change.target, "", row.format_of(index))
    except CellError:
        return False
    if said is Intent.LEAVE:
        return False
    return same(change.target, change.target.cleared if isinstance(said, Intent) else said, change.old)
