"""Results into the cells of a sheet: our own columns, and read-only columns that are filled from Reply.

Only cells of rows that have a result are written, in blocks: one for each run of such rows and each run of neighbouring columns. Hidden
rows, hidden columns that are not ours and rows that were not chosen are therefore never touched. What a cell holds that no result is for
is written back only if it survives that; a formula or an error parts the block instead.

Calls into Excel: at most 60 to prepare and to write, whatever the number of rows; each further run of rows costs 9, and for each filled
column that stands alone 3, or 6 if it is given dates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from reply_xl.addresses import COLUMNS, address, runs
from reply_xl.busy import is_busy
from reply_xl.errors import SheetError
from reply_xl.fields import fold
from reply_xl.kinds.host_values import as_lines, as_text
from reply_xl.kinds.values import is_blank
from reply_xl.mapping.columns import MESSAGE, OURS, STATUS, UPDATED_AT
from reply_xl.model import CellValue, ErrorCell, Row

_COLOUR = (221, 235, 247)
_DATE_FORMAT, _DATE_WIDTH = "yyyy-mm-dd hh:mm:ss", 19.0
_WIDTHS = {STATUS: 20.0, MESSAGE: 90.0, UPDATED_AT: 21.0}
_GENERAL = "General"
_MOST_FORMATS_ASKED = 40
_FIRST_YEAR = 1905  # before it, a workbook that counts from 1904 has no dates

Place = tuple[int, int]
"""Row number and column index."""


class _Reading(Protocol):
    """What of a sheet as read is needed here."""

    @property
    def header_row(self) -> int: ...
    @property
    def headers(self) -> tuple[str, ...]: ...
    @property
    def hidden(self) -> frozenset[int]: ...
    @property
    def rows(self) -> tuple[Row, ...]: ...
    @property
    def chosen(self) -> tuple[Row, ...]: ...
    @property
    def taken(self) -> frozenset[int]: ...


class _Whole(_Reading, Protocol):
    @property
    def outside(self) -> tuple[Row, ...]: ...


@dataclass(frozen=True, slots=True)
class Layout:
    """Where results go: column index by header of our own columns; cells whose formula is not ours to replace."""

    own: Mapping[str, int]
    formulas: frozenset[Place]


def prepare(sheet: Any, reading: _Reading, own: Sequence[str], filled: Iterable[int], *, proving: bool = True) -> Layout:
    """Adds our columns where they are absent, and if `proving` writes what every column holds, to prove that it can be written."""
    rows = [row for row in reading.chosen if not row.hidden and not all(is_blank(cell) for cell in row.cells)]
    places = _own_places(reading, own)
    absent = [header for header in own if header not in places]
    filled = sorted(set(filled) - reading.hidden)
    writer = _Writer(sheet)
    formulas = _formulas(writer, rows, [*filled, *(place for header, place in places.items() if header not in OURS)])
    for index in filled if proving else ():
        _prove(writer, rows, index, formulas)
    if absent:
        first = _free_columns(writer, reading, len(absent))
        places |= {header: first + offset for offset, header in enumerate(absent)}
        top = writer.range(reading.header_row, reading.header_row, first, first + len(absent) - 1)
        top.raw_value = [absent] if len(absent) > 1 else absent[0]
        top.color = _COLOUR
        top.font.bold = True
        for header in absent:
            if header in _WIDTHS:
                writer.range(reading.header_row, reading.header_row, places[header], places[header]).column_width = _WIDTHS[header]
    if UPDATED_AT in places:
        _format_dates(writer, rows, places[UPDATED_AT])
    if proving:
        held = {(row.number, index): row[index] for row in rows for index in places.values() if not isinstance(row[index], ErrorCell)}
        writer.write({place: value for place, value in held.items() if place not in formulas}, {row.number: row for row in rows}, formulas)
    return Layout(places, formulas)


def formulas(sheet: Any, reading: _Reading, indices: Sequence[int]) -> frozenset[Place]:
    """The cells of the chosen rows in these columns that hold a formula."""
    return _formulas(_Writer(sheet), [row for row in reading.chosen if not row.hidden], indices)


def write(
    sheet: Any,
    reading: _Reading,
    layout: Layout,
    own: Mapping[int, Mapping[str, CellValue]],
    filled: Mapping[int, Mapping[int, CellValue]],
) -> None:
    """Writes what can be written, and raises the first error afterwards."""
    rows = {row.number: row for row in reading.chosen if not row.hidden}
    cells = {(number, layout.own[header]): value for number, line in own.items() for header, value in line.items()}
    cells |= {(number, index): value for number, line in filled.items() for index, value in line.items() if index not in reading.hidden}
    wanted = {place: value for place, value in cells.items() if place[0] in rows and place not in layout.formulas}
    writer = _Writer(sheet)
    for index in sorted({index for (_, index), value in wanted.items() if isinstance(value, datetime)} - set(layout.own.values())):
        numbers = {number for number, row in rows.items() if (number, index) not in layout.formulas and row[index] is None}
        dates = {number for (number, place), value in wanted.items() if place == index and isinstance(value, datetime)}
        try:
            _show_dates(writer, dates, numbers | dates, index)
        except Exception as error:  # a protected sheet may take values and no formats: the values matter more
            if is_busy(error):
                raise
    writer.write(wanted, rows, layout.formulas)


def copy_values(sheet: Any, reading: _Whole) -> None:
    """Writes what was read into the same cells of an empty sheet, in one block; errors as their text."""
    lines = {row.number: row.cells for row in (*reading.outside, *reading.rows)} | {reading.header_row: reading.headers}
    width = max(map(len, lines.values()))
    table = [[_shown(cell) for cell in (*lines.get(number, ()), *[None] * width)[:width]] for number in range(1, max(lines) + 1)]
    _Writer(sheet).put(1, len(table), 0, width - 1, table)


def _shown(cell: CellValue) -> CellValue:
    return str(cell) if isinstance(cell, ErrorCell) else cell


def show_numbers(sheet: Any, places: Iterable[Place]) -> None:
    """Takes the format of a date from these cells."""
    by_column: dict[int, list[int]] = {}
    for number, index in places:
        by_column.setdefault(index, []).append(number)
    for index, numbers in by_column.items():
        for first, last in runs(numbers):
            _Writer(sheet).range(first, last, index, index).number_format = _GENERAL


def _own_places(reading: _Reading, own: Sequence[str]) -> dict[str, int]:
    """Our columns that are there; of two with the same header the visible one, then the one further left."""
    places: dict[str, int] = {}
    for header in own:
        indices = [index for index, text in enumerate(reading.headers) if text and fold(text) == fold(header)]
        if indices:
            places[header] = min(indices, key=lambda index: (index in reading.hidden, index))
    return places


def _free_columns(writer: _Writer, reading: _Reading, count: int) -> int:
    """The first column index right of the last header from which on `count` columns are empty from the header row down."""
    bottom = reading.rows[-1].number if reading.rows else reading.header_row
    free = len(reading.headers)
    while free + count <= COLUMNS:
        in_the_way = [index for index in range(free, free + count) if index in reading.taken]
        if in_the_way:
            free = in_the_way[-1] + 1
        elif writer.range(reading.header_row, bottom, free, free + count - 1).merge_cells is False:
            return free
        else:
            free += 1
    raise SheetError("The sheet has no empty column left for the results; delete one and try again.")


def _formulas(writer: _Writer, rows: Sequence[Row], indices: Sequence[int]) -> frozenset[Place]:
    """The cells of these columns that hold a formula. Text that begins with = reads like one and is none."""
    found: set[Place] = set()
    if rows:
        by_number = {row.number: row for row in rows}
        top, bottom = rows[0].number, rows[-1].number
        for first, last in runs(indices):
            for number, line in enumerate(as_lines(writer.range(top, bottom, first, last).formula), top):
                row = by_number.get(number)
                if row is not None:
                    found.update((number, i) for i, text in enumerate(line, first) if str(text).startswith("=") and row[i] != text)
    return frozenset(found)


def _prove(writer: _Writer, rows: Sequence[Row], index: int, formulas: frozenset[Place]) -> None:
    """Writes back what one cell of a filled column holds: a locked column refuses it."""
    free = [row for row in rows if (row.number, index) not in formulas and not isinstance(row[index], ErrorCell)]
    if free:
        row = min(free, key=lambda row: _risk(row[index]))
        writer.put(row.number, row.number, index, index, [[row[index]]])


def _risk(value: CellValue) -> int:
    """How much of a cell could change when it is written back: an apostrophe of a text, a fraction of a date's second."""
    return 0 if value is None else 3 if isinstance(value, datetime) else 2 if isinstance(value, str) else 1


def _format_dates(writer: _Writer, rows: Sequence[Row], index: int) -> None:
    if rows and writer.range(rows[0].number, rows[-1].number, index, index).number_format != _DATE_FORMAT:
        for first, last in runs(row.number for row in rows):
            writer.range(first, last, index, index).number_format = _DATE_FORMAT


def _show_dates(writer: _Writer, dates: Set[int], free: Set[int], index: int) -> None:
    """Before the host writes dates as 3/4/26 into General cells, these get our format; a cell with a format of the user's keeps it.
    `dates`: the rows that will hold one; `free`: these and the rows that hold nothing, which make fewer runs of rows."""
    area = writer.range(min(dates), max(dates), index, index)
    if area.number_format == _GENERAL:
        general = set(range(min(dates), max(dates) + 1))
    else:
        general = _general_rows(writer, min(dates), max(dates), index)
    if general.isdisjoint(dates):
        return
    for first, last in runs(general.intersection(free)):
        part = area if (first, last) == (min(dates), max(dates)) else writer.range(first, last, index, index)
        part.number_format = _DATE_FORMAT
    if area.column_width < _DATE_WIDTH:
        area.column_width = _DATE_WIDTH


def _general_rows(writer: _Writer, top: int, bottom: int, index: int) -> set[int]:
    """Rows in which the column's cells are General, found by halves; where formats alternate much, not all of them."""
    found: set[int] = set()
    asked = [(top, bottom)]
    for first, last in asked:
        number_format = writer.range(first, last, index, index).number_format
        if number_format == _GENERAL:
            found.update(range(first, last + 1))
        elif number_format is None and first < last and len(asked) < _MOST_FORMATS_ASKED:
            middle = (first + last) // 2
            asked += [(first, middle), (middle + 1, last)]
    return found


class _Writer:
    """Writes cells into one sheet, in blocks."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._engine: Any = None

    def range(self, top: int, bottom: int, first: int, last: int) -> Any:
        return self._sheet.range(address(top, bottom, first, last))

    def write(self, cells: Mapping[Place, CellValue], rows: Mapping[int, Row], formulas: frozenset[Place]) -> None:
        """All cells, in as few blocks as their gaps allow. A block that is refused does not keep the others from being written."""
        failure: Exception | None = None
        for first, last in runs(index for _, index in cells):
            for top, bottom, left, right in _blocks(cells, rows, formulas, first, last):
                values = [
                    [cells[number, index] if (number, index) in cells else rows[number][index] for index in range(left, right + 1)]
                    for number in range(top, bottom + 1)
                ]
                try:
                    self.put(top, bottom, left, right, values)
                except Exception as error:
                    failure = failure or error
        try:
            if failure is not None:
                raise failure
        finally:
            failure = None  # with its traceback it would keep objects of the host's

    def put(self, top: int, bottom: int, first: int, last: int, values: Sequence[Sequence[CellValue]]) -> None:
        raw = [[self._raw(value) for value in line] for line in values]
        self.range(top, bottom, first, last).raw_value = raw if len(raw) > 1 or len(raw[0]) > 1 else raw[0][0]

    def _raw(self, value: CellValue) -> Any:
        """As the host takes it: a date of the host's own kind at the same wall-clock time, text that stays text, nothing as an empty cell."""
        if isinstance(value, str):
            return as_text(value)
        if isinstance(value, datetime):
            if value.year < _FIRST_YEAR:
                return as_text(value.isoformat(" "))
            if self._engine is None:
                self._engine = self._sheet.book.app.engine.impl
            return self._engine.prepare_xl_data_element(value, None)
        return "" if value is None else value


def _blocks(
    cells: Mapping[Place, CellValue], rows: Mapping[int, Row], formulas: frozenset[Place], first: int, last: int
) -> Iterator[tuple[int, int, int, int]]:
    """The blocks of neighbouring columns `first` to `last` over all rows with a result: top, bottom, left, right. A row in which a cell must
    not be written back is written column by column."""
    columns = range(first, last + 1)
    numbers = {number for number, _ in cells}
    parted = {
        number
        for number in numbers
        if any(
            (number, index) not in cells and ((number, index) in formulas or isinstance(rows[number][index], ErrorCell))
            for index in columns
        )
    }
    for top, bottom in runs(numbers - parted):
        yield top, bottom, first, last
    for index in columns if parted else ():
        for top, bottom in runs(number for number in parted if (number, index) in cells):
            yield top, bottom, index, index
