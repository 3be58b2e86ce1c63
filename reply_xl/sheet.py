"""The only reader and writer of an xlwings book. The same code serves Excel and files: only the engine below xlwings differs.

Bulk reads and bulk writes, never cell by cell: each call into Excel crosses a process border. What is read once (values, hidden rows,
formulas of the columns to be written) is not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from reply_xl.columns import MESSAGE, STATUS, UPDATED_AT, best_header
from reply_xl.errors import HeaderError, ReplyXlError, SelectionError, SheetError
from reply_xl.fields import fold
from reply_xl.model import CellValue, ErrorCell, Row, column_letter
from reply_xl.values import is_blank, shown

Spans = Sequence[tuple[int, int]]
"""Row numbers as first and last, both included."""

_HEADER_SEARCH = 20
_FIRST_ERROR = -2146828288
_ERRORS = {
    2000: "#NULL!", 2007: "#DIV/0!", 2015: "#VALUE!", 2023: "#REF!", 2029: "#NAME?", 2036: "#NUM!", 2042: "#N/A", 2043: "#GETTING_DATA",
    2045: "#SPILL!", 2046: "#CONNECT!", 2047: "#BLOCKED!", 2048: "#UNKNOWN!", 2049: "#FIELD!", 2050: "#CALC!",
}  # fmt: skip
_OWN_COLOUR = (221, 235, 247)
_WIDTHS = {STATUS: 13.0, MESSAGE: 60.0, UPDATED_AT: 19.0}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = "0123456789"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Reading:
    """A sheet as read: the header row's number and texts by column index from A, the hidden columns, all rows below the header, and
    which of them were chosen. `notes`: sentences about what was left aside."""

    header_row: int
    headers: tuple[str, ...]
    hidden: frozenset[int]
    rows: tuple[Row, ...]
    chosen: tuple[Row, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where results go: column index by header of our own columns; cells with a formula as (row, column index)."""

    own: Mapping[str, int]
    formulas: frozenset[tuple[int, int]]


def choose_sheet(book: Any, name: str | None) -> Any:
    """The worksheet called `name`, or the active one. Raises `SheetError`."""
    names = _excel(lambda: [sheet.name for sheet in book.sheets], "The sheets of the workbook cannot be read.")
    if name is not None:
        for sheet_name in names:
            if sheet_name.casefold() == name.casefold():
                return book.sheets[sheet_name]
        raise SheetError(f"The workbook has no sheet “{name}”; it has {', '.join(names[:8])}.")
    try:
        return book.sheets.active
    except Exception as error:
        raise SheetError("The active sheet is a chart; choose a sheet with rows.") from error


class Sheet:
    """One worksheet, read once and written in blocks."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self.name: str = sheet.name

    def read(self, rows: Spans | str = "all", header_row: int | None = None) -> Reading:
        """Reads the sheet. `rows`: `all` or `selection` (visible rows only), or spans of row numbers (hidden ones are marked, not left
        out). Raises `HeaderError`, `SelectionError` or `SheetError`; changes nothing."""
        return _excel(lambda: self._read(rows, header_row), "The sheet cannot be read; finish what is open in Excel and try again.")

    def read_header(self, header_row: int | None = None) -> Reading:
        """As `read`, for a sheet that may have no row below its headers: then `chosen` is empty."""
        try:
            return self.read("all", header_row)
        except SelectionError:
            return _excel(lambda: self._read((), header_row), "The sheet cannot be read; finish what is open in Excel and try again.")

    def prepare(self, reading: Reading, own: Sequence[str], filled: Iterable[int]) -> Layout:
        """Makes room for our columns and proves that the sheet can be written, before anything is sent.

        `own`: headers of our columns, appended right of the last header where absent; `filled`: indices of read-only columns that will
        be filled. Rewrites our columns' cells with what they hold. Raises `SheetError` if the sheet is protected."""
        return _excel(
            lambda: self._prepare(reading, own, sorted(filled)),
            f"The sheet “{self.name}” cannot be written; unprotect it (Review → Unprotect Sheet) and try again.",
        )

    def write(
        self, reading: Reading, layout: Layout, own: Mapping[int, Mapping[str, CellValue]], filled: Mapping[int, Mapping[int, CellValue]]
    ) -> None:
        """Writes results: `own` cells by row and header, `filled` cells by row and column index. Text stays text whatever it begins
        with; other rows, formulas and formats stay as they are. Safe to repeat."""
        _excel(lambda: self._write(reading, layout, own, filled), f"The results could not be written into the sheet “{self.name}”.")

    def _read(self, rows: Spans | str, header_row: int | None) -> Reading:
        used_rows, used_columns = _spanned(self._sheet.used_range.address)
        first_row, last_row, last_column = used_rows[0], used_rows[-1], used_columns[-1] + 1
        areas = self._selected_areas() if rows == "selection" else []
        tables = self._tables()
        block = _lines(self._range(first_row, last_row, 0, last_column - 1).raw_value)
        values = [[_cell(value) for value in line] for line in block]
        if all(is_blank(cell) for line in values for cell in line):
            raise HeaderError(f"The sheet “{self.name}” is empty; put column headers in its first row and contacts below.")
        table = None
        if header_row is None:
            table = _table_of(tables, areas, rows)
            header_row = table.header_row if table else _found_header(values, first_row, self.name)
            table = table or next((one for one in tables if one.header_row == header_row), None)
        elif not first_row <= header_row <= last_row:
            raise HeaderError(f"Row {header_row} holds no headers, because it is empty; correct --header-row.")
        if table:
            last_row = min(last_row, table.last_row)
        foreign = {index for other in tables if table and other is not table and other.meets(table) for index in other.columns}
        top = values[header_row - first_row]
        headers = tuple("" if index in foreign or isinstance(cell, ErrorCell) else _header(cell) for index, cell in enumerate(top))
        if not any(headers):
            raise HeaderError(f"Row {header_row} holds no headers; name the header row with --header-row.")
        while headers and not headers[-1]:
            headers = headers[:-1]
        visible_columns, visible_rows = self._visible(header_row, last_row, last_column)
        merged = self._merged_rows(header_row, last_row, len(headers))
        if header_row in merged:
            raise HeaderError(f"The header row {header_row} has merged cells; unmerge them so that each column has a header of its own.")
        found = tuple(
            Row(number, values[number - first_row], number not in visible_rows, number in merged)
            for number in range(header_row + 1, last_row + 1)
        )
        chosen = _choose(found, rows, areas, header_row)
        hidden = frozenset(index for index in range(len(headers)) if index not in visible_columns)
        return Reading(header_row, headers, hidden, found, chosen, _notes(headers, hidden, foreign, top))

    def _selected_areas(self) -> list[tuple[int, int, int]]:
        """The visible areas of the selection: first row, last row, first column."""
        selection = self._sheet.book.selection
        if selection is None:
            raise SelectionError("A chart or a drawing is selected; select the rows to update instead.")
        if selection.sheet.name != self.name:
            raise SelectionError(f"The selection is on the sheet “{selection.sheet.name}”; select rows on “{self.name}”.")
        areas = selection.get_special_cells("visible")
        if not areas:
            raise SelectionError("Nothing visible is selected; select the rows to update.")
        spans = [_spanned(area.address) for area in areas]
        return [(rows[0], rows[-1], columns[0]) for rows, columns in spans]

    def _tables(self) -> list[_Table]:
        tables = []
        for table in self._sheet.tables:
            if table.show_headers:
                rows, columns = _spanned(table.range.address)
                tables.append(_Table(rows[0], rows[-1] - bool(table.show_totals), columns))
        return tables

    def _range(self, top: int, bottom: int, first: int, last: int) -> Any:
        """Rows from 1, columns by index from 0. By address: over COM that is three calls, by coordinates seven."""
        return self._sheet.range(f"{column_letter(first)}{top}:{column_letter(last)}{bottom}")

    def _visible(self, header_row: int, last_row: int, last_column: int) -> tuple[set[int], set[int]]:
        """Visible column indices and row numbers. One row and one column are asked, so that the areas add up instead of multiplying."""
        columns = self._range(header_row, header_row, 0, last_column - 1).get_special_cells("visible")
        if not columns:  # the header row itself is hidden: any visible row tells as well
            columns = self._range(header_row, last_row, 0, last_column - 1).get_special_cells("visible")
        indices = {index for area in columns for index in _spanned(area.address)[1]}
        if not indices:
            raise SheetError(f"Nothing on the sheet “{self.name}” is visible; show its rows and columns first.")
        if last_row == header_row:
            return indices, set()
        some = min(indices)
        rows = self._range(header_row + 1, last_row, some, some).get_special_cells("visible")
        return indices, {number for area in rows for number in _spanned(area.address)[0]}

    def _merged_rows(self, first: int, last: int, width: int) -> set[int]:
        """The rows that merged cells touch, found by halves: one call where nothing is merged."""
        if self._range(first, last, 0, width - 1).merge_cells is False:
            return set()
        if first == last:
            return {first}
        middle = (first + last) // 2
        return self._merged_rows(first, middle, width) | self._merged_rows(middle + 1, last, width)

    def _prepare(self, reading: Reading, own: Sequence[str], filled: Sequence[int]) -> Layout:
        places = {header: index for header in own for index, text in enumerate(reading.headers) if fold(text) == fold(header)}
        absent = [header for header in own if header not in places]
        existing = [*places.values(), *filled]
        formulas = self._formulas(reading, min(existing), max(existing)) if existing and reading.chosen else frozenset()
        if absent:
            free = self._free_column(reading, len(absent))
            for offset, header in enumerate(absent):
                places[header] = free + offset
            top = self._range(reading.header_row, reading.header_row, free, free + len(absent) - 1)
            top.raw_value = [absent] if len(absent) > 1 else absent[0]
            top.color = _OWN_COLOUR
            for header in absent:
                if header in _WIDTHS:
                    self._range(reading.header_row, reading.header_row, places[header], places[header]).column_width = _WIDTHS[header]
        else:
            first = own[0]
            self._range(reading.header_row, reading.header_row, places[first], places[first]).raw_value = reading.headers[places[first]]
        layout = Layout(places, formulas)
        if reading.chosen:
            for indices, number_format in (
                (_runs(places[h] for h in own if h in (STATUS, MESSAGE)), "@"),
                (_runs(places[h] for h in own if h == UPDATED_AT), "yyyy-mm-dd hh:mm:ss"),
            ):
                for first_index, last_index in indices:
                    self._rows_range(reading, first_index, last_index).number_format = number_format
            self._write(reading, layout, {}, {})
        return layout

    def _write(
        self, reading: Reading, layout: Layout, own: Mapping[int, Mapping[str, CellValue]], filled: Mapping[int, Mapping[int, CellValue]]
    ) -> None:
        cells = {(number, layout.own[header]): value for number, line in own.items() for header, value in line.items()}
        by_number = {row.number: row for row in reading.rows}
        numbers = [row.number for row in reading.chosen]
        if numbers:
            for first, last in _runs(layout.own.values()):
                self._write_block(layout, cells, by_number, (min(numbers), max(numbers)), (first, last))
        for index in sorted({index for line in filled.values() for index in line}):
            rows = [number for number, line in filled.items() if index in line and (number, index) not in layout.formulas]
            for first, last in _runs(rows):
                values = [[self._raw(_literal(filled[number][index], always=True))] for number in range(first, last + 1)]
                self._put(first, last, index, index, values)

    def _write_block(
        self,
        layout: Layout,
        cells: Mapping[tuple[int, int], CellValue],
        rows: Mapping[int, Row],
        span: tuple[int, int],
        columns: tuple[int, int],
    ) -> None:
        """Our columns over all rows between the first and the last chosen one in one write: what other rows hold there is written back
        as it was. Only where such a row holds a formula or an error is the block split around it."""
        first, last = columns

        def frozen(number: int) -> bool:
            keeps = [index for index in range(first, last + 1) if (number, index) not in cells]
            return any((number, index) in layout.formulas or isinstance(rows[number][index], ErrorCell) for index in keeps)

        for top, bottom in _runs(number for number in range(span[0], span[1] + 1) if not frozen(number)):
            values = [
                [
                    self._raw(_literal(cells[number, index] if (number, index) in cells else rows[number][index], always=False))
                    for index in range(first, last + 1)
                ]
                for number in range(top, bottom + 1)
            ]
            self._put(top, bottom, first, last, values)

    def _put(self, top: int, bottom: int, first: int, last: int, values: list[list[Any]]) -> None:
        target = self._range(top, bottom, first, last)
        target.raw_value = values if len(values) > 1 or len(values[0]) > 1 else values[0][0]

    def _raw(self, value: CellValue) -> Any:
        """As the engine takes it: a date becomes the host's own type, nothing becomes an empty cell."""
        import xlwings

        return xlwings.engines.active.impl.prepare_xl_data_element(value, None)

    def _rows_range(self, reading: Reading, first: int, last: int) -> Any:
        numbers = [row.number for row in reading.chosen]
        return self._range(min(numbers), max(numbers), first, last)

    def _formulas(self, reading: Reading, first: int, last: int) -> frozenset[tuple[int, int]]:
        numbers = [row.number for row in reading.chosen]
        top = min(numbers)
        lines = _lines(self._range(top, max(numbers), first, last).formula)
        return frozenset(
            (top + down, first + right)
            for down, line in enumerate(lines)
            for right, text in enumerate(line)
            if isinstance(text, str) and text.startswith("=")
        )

    def _free_column(self, reading: Reading, count: int) -> int:
        """The first column index right of the last header where `count` columns are empty from the header row down."""
        free = len(reading.headers)
        width = max((len(row.cells) for row in reading.rows), default=0)
        for index in range(free, width):
            if any(not is_blank(row[index]) for row in reading.rows):
                free = index + 1
        if free + count > 16_384:
            raise SheetError(f"The sheet “{self.name}” has no empty column left for the results; delete one.")
        return free


@dataclass(frozen=True, slots=True)
class _Table:
    header_row: int
    last_row: int
    columns: range

    def meets(self, other: _Table) -> bool:
        """Whether some row belongs to both."""
        return self.header_row <= other.last_row and other.header_row <= self.last_row


def _excel(action: Callable[[], _T], sentence: str) -> _T:
    """Runs calls into the host; whatever it raises becomes a `SheetError` with `sentence`."""
    try:
        return action()
    except ReplyXlError:
        raise
    except Exception as error:  # pywin32, appscript and engines raise types of their own
        raise SheetError(sentence) from error


def _spanned(address: str) -> tuple[range, range]:
    """The row numbers and column indices of one area: `$B$2:$D$9`, `$2:$9`, `$B:$D` or `$B$2`. An area's address is two calls over COM,
    its row, column and shape are eight."""
    first, _, last = address.rpartition("!")[2].replace("$", "").partition(":")
    last = last or first
    top, bottom = first.lstrip(_LETTERS), last.lstrip(_LETTERS)
    left, right = first.rstrip(_DIGITS), last.rstrip(_DIGITS)
    rows = range(int(top), int(bottom) + 1) if top else range(1, 1_048_577)
    columns = range(_index(left), _index(right) + 1) if left else range(16_384)
    return rows, columns


def _index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _lines(raw: Any) -> Sequence[Sequence[Any]]:
    """A block as rows, also where the host returns one cell as a scalar or one row flat."""
    if not isinstance(raw, list | tuple):
        return [[raw]]
    return raw if raw and isinstance(raw[0], list | tuple) else [raw]


def _cell(value: Any) -> CellValue:
    """A raw value of any host as a cell value. On Windows an error arrives as a large negative int and a number never as an int."""
    if value is None or value == "":
        return None
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return ErrorCell(_ERRORS.get(value - _FIRST_ERROR, "#ERROR")) if value < -2_000_000_000 else float(value)
    if isinstance(value, float | Decimal):
        return float(value)
    if isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, value.hour, value.minute, value.second)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return ErrorCell("#ERROR")


def _header(cell: CellValue) -> str:
    return "" if is_blank(cell) else cell.strip() if isinstance(cell, str) else shown(cell)


def _literal(value: CellValue, *, always: bool) -> CellValue:
    """Text that the host must not read as a formula, a number or a date. Our own columns have the text format, so that only what
    Excel would take for a formula or an apostrophe needs one; in the user's columns every text does."""
    if isinstance(value, str) and (always or value[:1] in ("=", "+", "-", "@", "'", "\t", "\r", "\n")):
        return f"'{value}"
    return value


def _found_header(values: Sequence[Sequence[CellValue]], first_row: int, name: str) -> int:
    position = best_header(values[:_HEADER_SEARCH])
    if position is None:
        raise HeaderError(f"No header row was found on the sheet “{name}”; name it with --header-row.")
    return first_row + position


def _table_of(tables: Sequence[_Table], areas: Sequence[tuple[int, int, int]], rows: Spans | str) -> _Table | None:
    """The table that holds the selection, or the only one."""
    for table in tables:
        for first, last, column in areas:
            if first <= table.last_row and last >= table.header_row and column - 1 <= table.columns[-1]:
                return table
    return tables[0] if len(tables) == 1 and (rows != "selection" or not areas) else None


def _choose(rows: Sequence[Row], spec: Spans | str, areas: Sequence[tuple[int, int, int]], header_row: int) -> tuple[Row, ...]:
    """The chosen rows, each once, in the order of the sheet."""
    if not spec:
        return ()
    if spec == "all":
        chosen = [row for row in rows if not row.hidden]
    else:
        spans = [(first, last) for first, last, _ in areas] if isinstance(spec, str) else spec
        wanted = [(first, last) for first, last in spans if last > header_row]
        if not wanted:
            raise SelectionError(f"Only the header or rows above it are selected; select rows below row {header_row}.")
        chosen = [row for row in rows if any(first <= row.number <= last for first, last in wanted)]
        if spec == "selection":
            chosen = [row for row in chosen if not row.hidden]
    if not chosen:
        raise SelectionError(f"None of the chosen rows holds a contact; choose visible rows below the header in row {header_row}.")
    return tuple(chosen)


def _notes(headers: Sequence[str], hidden: frozenset[int], foreign: set[int], top: Sequence[CellValue]) -> tuple[str, ...]:
    notes = []
    named = [f"{column_letter(index)} ({headers[index]})" for index in sorted(hidden) if headers[index]]
    if named:
        notes.append(f"Hidden columns are never sent: {', '.join(named[:8])}{' and more' if len(named) > 8 else ''}.")
    for index, cell in enumerate(top[: len(headers)]):
        if isinstance(cell, ErrorCell) and index not in foreign:
            notes.append(f"The header of column {column_letter(index)} shows {cell.code}, so the column is not used.")
    return tuple(notes)


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbouring numbers as spans."""
    runs: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
