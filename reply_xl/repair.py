"""What was written into a sheet, proven to stand in its rows and columns, and put right where these moved while it was written.

A person may sort, insert or delete between two of our calls. Then results stand in other rows or columns than they were meant for, and have
covered what stood there. So the sheet is read again: rows are known by their key and by the cells we did not touch, columns by their
headers; what we put into a place that is not its own goes, and what it covered comes back. Until nothing is wrong.

What cannot come back is a formula that was covered: that raises, and names the column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reply_xl.errors import SheetError
from reply_xl.kinds.host_values import as_text
from reply_xl.kinds.values import is_blank
from reply_xl.locate import follow, marks_of
from reply_xl.model import CellValue, Column, ErrorCell, Row, column_letter
from reply_xl.sheet import Layout, Reading, Sheet

_MOST_ROUNDS = 6
_MISSING = ErrorCell("#N/A")
_DAY_ZERO, _LAST_DAY = datetime(1899, 12, 30), 2_958_466

Place = tuple[int, int]
"""Row number and column index."""


@dataclass(frozen=True, slots=True)
class Written:
    """`reading`: the sheet before anything was written, its chosen rows those that were written to; `columns`: what its headers mean;
    `filled`: the columns that were written to beside our own; `formulas`: all cells of these that held one; `wanted`: what the cells shall
    hold, by their place in the reading; where that is nothing, what has been written goes."""

    reading: Reading
    columns: tuple[Column, ...]
    layout: Layout
    filled: frozenset[int]
    formulas: frozenset[Place]
    wanted: Mapping[Place, CellValue]


def prove(sheet: Sheet, written: Written, failure: SheetError | None = None) -> bool:
    """Reads the sheet, and repairs it, until everything stands where it belongs. Returns whether all is where it was before. `failure`: what
    happened while it was written; raised where not everything can be brought to stand."""
    try:
        return _proven(sheet, _Before(written), failure)
    finally:
        failure = None  # with its traceback it would keep objects of the host's


def _proven(sheet: Sheet, before: _Before, failure: SheetError | None) -> bool:
    last: dict[Place, CellValue] = {}
    for _ in range(_MOST_ROUNDS):
        try:
            now = _Now(sheet, before)
        except SheetError as error:  # what moves while it is read makes no sense
            failure = failure or error
            continue
        wrong = _wrong(before, now)
        if not wrong or (wrong == last and failure is None):  # the host keeps some values in its own way
            _refuse_what_is_lost(before, now)
            return now.is_as_it_was
        last = wrong
        try:
            _put(sheet, before, now, wrong)
            failure = None
        except SheetError as error:
            failure = error
    try:
        raise failure or SheetError(
            f"The rows of “{sheet.name}” kept moving while the results were written; leave the sheet alone for a moment."
        )
    finally:
        failure = None


class _Before:
    """The sheet as it was, what was to be written, and which places we have written to since."""

    def __init__(self, written: Written) -> None:
        self.reading, self.columns, self.filled, self.formulas = written.reading, written.columns, written.filled, written.formulas
        self.lines = _lines(self.reading)
        headers, top = self.reading.headers, self.reading.header_row
        self.headers = tuple(header for header in headers if header)
        absent = {index: header for header, index in written.layout.own.items() if index >= len(headers) or not headers[index]}
        self.added = absent if written.wanted else {}
        self.wanted = {**written.wanted, **{(top, index): header for index, header in self.added.items()}}
        self.own = frozenset(written.layout.own.values())
        self.indices = written.filled | self.own
        self.covered: dict[Place, list[CellValue]] = defaultdict(list)
        for row in self.reading.chosen:
            for index in self.indices:
                self.covered[row.number, index].append(row[index])
        for place, value in (*self.wanted.items(), *(((top, index), header) for index, header in absent.items())):
            self.covered[place].append(value)
        self._ours = {_token(value) for values in self.covered.values() for value in values}

    def cover(self, place: Place, value: CellValue) -> None:
        """One more value that we have written."""
        self.covered[place].append(value)
        self._ours.add(_token(value))

    def is_ours(self, value: CellValue) -> bool:
        """Whether the value may have come through us to where it stands. A block that Excel enlarges because a row is inserted into it is
        written with #N/A at its end."""
        is_date = isinstance(value, float) and 0 <= value < _LAST_DAY and _token(_DAY_ZERO + timedelta(days=value)) in self._ours
        return is_blank(value) or value == _MISSING or is_date or _token(value) in self._ours

    def held(self, place: Place) -> CellValue:
        row = self.lines.get(place[0])
        return self.wanted[place] if place in self.wanted else None if row is None else row[place[1]]


class _Now:
    """The sheet as it is. `rows`, `columns`: former number or index → that of now, of those that are still there."""

    def __init__(self, sheet: Sheet, before: _Before) -> None:
        self.reading = sheet.read_again(before.headers, before.reading.header_row, cells_only=True)
        self.headers = self.reading.headers
        self.lines = _lines(self.reading)
        named = _same_headers(before.reading.headers, self.headers)
        touched = {index for _, index in before.covered}
        kept = [one for one in before.columns if one.index in named and touched.isdisjoint((one.index, named[one.index]))]
        moved = [replace(column, index=named[column.index]) for column in kept]
        rows = follow(marks_of(before.lines.values(), kept), marks_of(self.lines.values(), moved))
        self.rows = {**rows, before.reading.header_row: self.reading.header_row}
        self.columns = self._columns(named, before)
        everything = self.rows.keys() == before.lines.keys() == self.lines.keys() and before.indices <= self.columns.keys()
        width = max(len(row.cells) for row in self.lines.values())
        self.new_columns = {index for index in range(width) if index not in self.columns.values() and self._is_used(index)}
        everything = everything and not self.new_columns
        self.is_as_it_was = everything and all(then == now for then, now in (*self.rows.items(), *self.columns.items()))
        self.formulas: frozenset[Place] = frozenset()
        if not self.is_as_it_was or any(not _equal(self.cell(place), value) for place, value in before.wanted.items()):
            looked_at = {*before.indices, *(self.columns[index] for index in before.indices if index in self.columns)}
            whole = replace(self.reading, chosen=tuple(replace(self.lines[number], hidden=False) for number in sorted(self.lines)))
            self.formulas = sheet.formulas(whole, sorted(looked_at))

    def cell(self, place: Place) -> CellValue:
        row = self.lines.get(place[0])
        return None if row is None else row[place[1]]

    def _is_used(self, index: int) -> bool:
        return any(not is_blank(row[index]) for row in self.lines.values())

    def has_header(self, index: int) -> bool:
        return index < len(self.headers) and bool(self.headers[index])

    def holds_nothing_but(self, number: int, indices: Set[int]) -> bool:
        return all(is_blank(cell) or index in indices for index, cell in enumerate(self.lines[number].cells))

    def _columns(self, named: Mapping[int, int], before: _Before) -> dict[int, int]:
        """Beside those with a header: columns without one, or whose header we covered, have moved as their neighbours; and our new ones
        are where their headers stand, or where there is room for them."""
        columns = dict(named)
        width = max(len(line.cells) for line in before.lines.values())
        for index in range(width):
            if index not in columns and index not in before.added:
                left = max((other for other in named if other < index), default=None)
                right = min((other for other in named if other > index), default=left)
                shifts = [named[other] - other for other in (left, right) if other is not None] or [0]
                free = [index + shift for shift in dict.fromkeys(shifts) if index + shift not in columns.values() and index + shift >= 0]
                if free:
                    columns[index] = max(free, key=lambda place, index=index: self._likeness(before, index, place))  # type: ignore[misc]
        taken = set(columns.values())
        if not before.added:
            return columns
        texts = {header: index for index, header in enumerate(self.headers) if index not in taken}
        if all(header in texts for header in before.added.values()):
            return columns | {index: texts[header] for index, header in before.added.items()}
        last = max((other for other in named if other < min(before.added)), default=None)
        shift = 0 if last is None else named[last] - last
        while any(index + shift in taken for index in before.added):
            shift += 1
        return columns | {index: index + shift for index in before.added}

    def _likeness(self, before: _Before, index: int, place: int) -> tuple[int, int]:
        """How much a column of now is like a former one."""
        pairs = [(before.lines[then][index], self.cell((now, place))) for then, now in self.rows.items() if then in before.lines]
        return sum(_equal(one, other) and not is_blank(one) for one, other in pairs), sum(not is_blank(other) for _, other in pairs)


def _wrong(before: _Before, now: _Now) -> dict[Place, CellValue]:
    """What has to be written, by place as the sheet is now."""
    wrong: dict[Place, CellValue] = {}
    for (number, index), value in before.wanted.items():
        if number in now.rows and index in now.columns:
            place = (now.rows[number], now.columns[index])
            if not _equal(now.cell(place), value) and place not in now.formulas:
                wrong[place] = value
    if not wrong and now.is_as_it_was:
        return wrong
    numbers = {place: number for number, place in now.rows.items()}
    indices = {place: index for index, place in now.columns.items()}
    looked_at = {index for _, index in before.covered} | {now.columns[index] for index in before.indices & now.columns.keys()}
    looked_at |= now.new_columns
    for number in now.lines:
        for index in looked_at:
            place, value = (number, index), now.cell((number, index))
            if place in wrong or place in now.formulas:
                continue
            if number in numbers and index in indices:
                former = (numbers[number], indices[index])
                should = before.held(former)
                is_ours = before.is_ours(value) or _is_shown_as_date(should, value)
                if is_ours and former not in before.wanted and not _equal(value, should):
                    wrong[place] = should
            elif before.is_ours(value) and not is_blank(value):
                is_hit = any(_equal(value, one) for one in before.covered.get(place, ()))
                if is_hit or indices.get(index) in before.own or not now.has_header(index) or now.holds_nothing_but(number, looked_at):
                    wrong[place] = None
    return {place: value for place, value in wrong.items() if not isinstance(value, ErrorCell)}


def _put(sheet: Sheet, before: _Before, now: _Now, wrong: Mapping[Place, CellValue]) -> None:
    """Writes these cells, hidden or not."""
    numbers, indices = sorted({number for number, _ in wrong}), sorted({index for _, index in wrong})
    rows = tuple(replace(now.lines.get(number, Row(number, ())), hidden=False) for number in numbers)
    sheet.show_numbers(place for place, value in wrong.items() if _is_shown_as_date(value, now.cell(place)))
    cells: dict[int, dict[str, CellValue]] = defaultdict(dict)
    for number, index in ((number, index) for number in numbers for index in indices):
        before.cover((number, index), wrong.get((number, index), now.cell((number, index))))  # gaps between them are written back
    for (number, index), value in wrong.items():
        cells[number][str(index)] = value
    sheet.write(replace(now.reading, chosen=rows), Layout({str(index): index for index in indices}, now.formulas), cells, {})


def _refuse_what_is_lost(before: _Before, now: _Now) -> None:
    """Raises if there are fewer formulas than before, so that a value of ours stands where one was."""
    for index in before.filled & now.columns.keys() if not now.is_as_it_was else ():
        there = sum(place[1] == now.columns[index] for place in now.formulas)
        gone = len(before.lines.keys() - now.rows.keys())
        if there + gone < sum(place[1] == index for place in before.formulas):
            where = f"{column_letter(now.columns[index])} ({before.reading.headers[index]})"
            raise SheetError(f"Rows were moved while results were written, which covered a formula in column {where}; fill it down again.")


def _lines(reading: Reading) -> dict[int, Row]:
    return {row.number: row for row in sorted((*reading.outside, *reading.rows), key=lambda row: row.number)}


def _same_headers(before: Sequence[str], now: Sequence[str]) -> dict[int, int]:
    """Former index → index now, of the columns that have a header; of several with the same one the first is the first."""
    places: dict[str, list[int]] = defaultdict(list)
    for index, header in enumerate(now):
        places[header].append(index)
    return {index: places[header].pop(0) for index, header in enumerate(before) if header and places.get(header)}


def _is_shown_as_date(should: CellValue, shown: CellValue) -> bool:
    """Whether a number has got the format of our dates."""
    return isinstance(should, float) and isinstance(shown, datetime)


def _token(value: CellValue) -> object:
    if isinstance(value, datetime):
        return round((value - _DAY_ZERO).total_seconds())
    return as_text(value) if isinstance(value, str) else (type(value).__name__, value)


def _equal(one: CellValue, other: CellValue) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs((one - other).total_seconds()) < 1.5  # a sheet keeps a date as a fraction of a day
    if is_blank(one) or is_blank(other):
        return is_blank(one) and is_blank(other)
    return _token(one) == _token(other)
