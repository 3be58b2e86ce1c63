"""The only reader and writer of an xlwings book. The same code serves Excel and files: only the engine below xlwings differs.

Bulk reads, never cell by cell: each call into Excel crosses a process border. A read with a selection takes at most 40 calls however many
rows there are, and 2 more for each further block of visible cells (a filter leaves one block for each run of rows it shows). Where rows and
columns are hidden, so that blocks multiply, they are asked for along one row and one column: 1 call for each block, 2 for each run.
Number formats are asked for as `with_formats` says: within the 40 where all numbers of the sheet have the same one.
What is read once is not read again. `results` does the writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from reply_xl import results
from reply_xl.addresses import Area, address, areas_of
from reply_xl.busy import Patience, is_busy, refuse_while_copying
from reply_xl.cell_formats import read_formats
from reply_xl.errors import HeaderError, HostBusy, ReplyXlError, SelectionError, SheetError
from reply_xl.kinds.host_values import as_cells, as_lines
from reply_xl.kinds.values import is_blank
from reply_xl.mapping.columns import best_header, is_own_or_id
from reply_xl.mapping.region import Block, Chosen, Spans, Table, choose_rows, find_region, make_notes, read_headers
from reply_xl.marks import TOP, mark_in
from reply_xl.model import CellValue, Row, column_letter
from reply_xl.results import Layout
from reply_xl.stillness import quiet
from reply_xl.tab.practice_mark import practice_of
from reply_xl.wording import joined

__all__ = ["Layout", "Reading", "Sheet", "Spans", "choose_sheet"]

_MOST_CELLS = 10_000_000
_LONGEST_ADDRESS = 255
_LONGEST_AREA = 26
_NO_CELLS = "A chart or a drawing is selected; select the rows to update instead."
_T = TypeVar("_T")
HeaderRow = int | Callable[[Block], int] | None
"""Its number, how to find it, or None: found by itself."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A sheet as read: the header row's number and texts by column index from A, the hidden columns, all rows below the header, and
    which of them were chosen. `notes`: sentences about what was left aside; `taken`: columns right of the headers that hold something;
    `outside`: what stands in the header row, above it, and below the rows; `may_be_stale`: chosen rows have formulas whose results may be old."""

    header_row: int
    headers: tuple[str, ...]
    hidden: frozenset[int]
    rows: tuple[Row, ...]
    chosen: tuple[Row, ...]
    notes: tuple[str, ...]
    taken: frozenset[int] = frozenset()
    outside: tuple[Row, ...] = ()
    may_be_stale: bool = False


def choose_sheet(book: Any, name: str | None) -> Any:
    """The worksheet called `name`, or the active one. `book` None: none is open. Raises `SheetError`."""
    if book is None:
        raise SheetError("No workbook is open; open the one with your contacts and try again.")
    if name is None:
        try:
            return book.sheets.active
        except Exception as error:
            raise SheetError("The active sheet is a chart; choose a sheet with rows.") from error
    names = _excel(lambda: [sheet.name for sheet in book.sheets], "The sheets of the workbook cannot be read.")
    found = nearest(names, name)
    if found is not None:
        return book.sheets[found]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    raise SheetError(f"The workbook has no sheet “{name}”; it has {', '.join(names[:8])}{more}.")


def nearest(names: Sequence[str], name: str) -> str | None:
    """The name that is just this one, else the one that is spelled alike: a host may know “Leads” beside “Leads ”, and “Straße” beside “Strasse”.
    None where there is none, or where it cannot be told which of several is meant."""
    if name in names:
        return name
    alike = [one for one in names if one.strip().casefold() == name.strip().casefold()]
    return alike[0] if len(alike) == 1 else None


class Sheet:
    """One worksheet, read once and written in blocks. `strict_width`: a value right of the last header spoils its row, as where the cells
    were text between separators. `selected`: the areas that `selection` means, None for those that are selected when it is read.
    `patience`: how long all calls together wait for a busy Excel; then they raise `HostBusy`."""

    def __init__(
        self, sheet: Any, strict_width: bool = False, *, selected: Sequence[Area] | None = None, patience: Patience | None = None
    ) -> None:
        self._sheet = sheet
        self._selected = selected
        self._strict_width = strict_width
        self._patience = patience or Patience()

    @cached_property
    def name(self) -> str:
        return self._host(lambda: str(self._sheet.name), "The sheet cannot be read; see whether its workbook is still open.")

    @cached_property
    def practice(self) -> str | None:
        """The practice server that this sheet is a copy for, "" where that cannot be read; None: it is no copy for practice."""
        return self._host(lambda: practice_of(self._sheet), "The names of the sheet cannot be read; try again.")

    def read(self, rows: Spans | str = "all", header_row: int | None = None) -> Reading:
        """Reads the sheet, unless it is one of our own; the number formats of the chosen rows' numbers and dates included. `rows`: `all` or
        `selection` (visible rows only), or spans of row numbers (hidden ones are marked, not left out). Raises `HeaderError`,
        `SelectionError` or `SheetError`; changes nothing."""
        return self._guarded(rows, header_row, may_be_empty=False)

    def read_header(self, header_row: int | None = None) -> Reading:
        """As `read`, for a sheet that may have no row below its headers: then `chosen` is empty."""
        return self._guarded("all", header_row, may_be_empty=True)

    def read_again(self, headers: Sequence[str], near: int, *, cells_only: bool = False) -> Reading:
        """As `read_header`, of a sheet that had these headers in row `near` and may have moved since: the row that holds most of them is
        the header row. `cells_only`: nobody wants to know what is hidden or merged, which spares half of the calls; then nothing is."""
        return self._guarded("all", lambda block: _most_like(headers, near, block), may_be_empty=True, cells_only=cells_only)

    def selected(self) -> tuple[Area, ...]:
        """The areas that are selected on this sheet now, hidden rows included. Raises `SelectionError` where they are no cells of it."""

        def action() -> tuple[Area, ...]:
            place, _ = areas_of(self._sheet.used_range.get_address(external=True))
            return tuple(self._areas_meant(place))

        try:
            return self._host(action, "The selection cannot be read; click a cell of the sheet with your contacts, and try again.")
        finally:
            self.__dict__.pop("_app", None)  # a held object keeps Excel alive

    def with_formats(self, reading: Reading, indices: Iterable[int]) -> Reading:
        """The reading whose chosen rows know the number formats of the numbers and dates in these columns. 3 calls where all are the same,
        about 6 more for each column that differs, and within a column about 6 times the logarithm of its rows for each cell that does."""
        return self._host(lambda: self._with_formats(reading, indices), "The number formats of the sheet cannot be read; try again.")

    def formulas(self, reading: Reading, indices: Sequence[int]) -> frozenset[tuple[int, int]]:
        """The cells of the chosen rows in these columns that hold a formula: row number, column index."""
        return self._host(lambda: results.formulas(self._sheet, reading, indices), "The formulas of the sheet cannot be read; try again.")

    def prepare(self, reading: Reading, own: Sequence[str], filled: Iterable[int], *, proving: bool = True) -> Layout:
        """Makes room for our columns and proves that the sheet can be written, before anything is sent.

        `own`: headers of our columns, appended right of the last header where absent; `filled`: indices of read-only columns that will
        be filled; `proving` False: only makes room. Raises `SheetError` if the sheet is protected."""
        filled = tuple(filled)
        return self._host(
            lambda: results.prepare(self._sheet, reading, own, filled, proving=proving),
            f"The sheet “{self.name}” cannot be written; unprotect it (Review → Unprotect Sheet) and try again.",
        )

    def write(
        self, reading: Reading, layout: Layout, own: Mapping[int, Mapping[str, CellValue]], filled: Mapping[int, Mapping[int, CellValue]]
    ) -> None:
        """Writes results: `own` cells by row and header, `filled` cells by row and column index. Text stays text whatever it begins
        with; hidden and other rows, formulas and formats stay as they are. Safe to repeat."""
        try:
            self._patience.run(lambda: results.write(self._sheet, reading, layout, own, filled))
        except HostBusy:
            raise
        except Exception as error:  # whatever the host refuses
            raise SheetError(
                "Some results could not be written into the sheet; see whether it is protected or its workbook closed."
            ) from error

    def show_numbers(self, places: Iterable[tuple[int, int]]) -> None:
        """Takes the format of a date from these cells: row number, column index."""
        places = tuple(places)
        self._host(lambda: results.show_numbers(self._sheet, places), "The sheet cannot be formatted; unprotect it and try again.")

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """To write in while somebody works in the workbook: raises `HostBusy` while cells are copied or cut, which a write would take off the
        clipboard; meanwhile the screen stands still and macros hear nothing."""
        sentence = "The sheet cannot be written; see whether its workbook is still open."
        app = self._host(lambda: self._sheet.book.app, sentence)
        self._host(lambda: refuse_while_copying(app), sentence)
        with quiet(app, self._patience):
            yield

    def _host(self, action: Callable[[], _T], sentence: str) -> _T:
        """Runs calls into the host, which must be safe to repeat; whatever it raises becomes a `SheetError` with `sentence`."""
        return _excel(lambda: self._patience.run(action), sentence)

    def _guarded(self, rows: Spans | str, header_row: HeaderRow, *, may_be_empty: bool, cells_only: bool = False) -> Reading:
        try:
            return self._host(
                lambda: self._read(rows, header_row, may_be_empty, cells_only),
                "The sheet cannot be read; leave the cell that is being edited, close what is open in Excel, choose a sheet with rows, and try again.",
            )
        finally:
            self.__dict__.pop("_app", None)  # a held object keeps Excel alive

    def _read(self, rows: Spans | str, header_row: HeaderRow, may_be_empty: bool, cells_only: bool) -> Reading:
        used = self._sheet.used_range
        place, (area,) = areas_of(used.get_address(external=True))
        chosen = Chosen(rows, self._areas_meant(place) if rows == "selection" else ())
        tables = self._tables()
        block = _read_block(used, area)
        if all(is_blank(cell) for line in block.lines for cell in line):
            raise HeaderError("The sheet is empty; put column headers in its first row and contacts below.")
        if not callable(header_row) and mark_in(block.lines[: max(TOP + 1 - block.first_row, 0)]):
            raise SheetError(f"“{self.name}” is a sheet of reply_xl and holds no contacts; choose the sheet that does (--sheet).")
        header_row = header_row(block) if callable(header_row) else header_row
        region = find_region(block, tables, chosen, header_row, best_header)
        headers = read_headers(block.line(region.header_row), region)
        visible_columns, visible_rows = (set(area.columns), set(area.rows)) if cells_only else self._visible(used, area)
        merged = set() if cells_only else self._merged_rows(used, region.header_row, region.last_row, len(headers))
        if region.header_row in merged:
            raise HeaderError(
                f"The header row {region.header_row} has merged cells; unmerge them so that each column has a header of its own."
            )
        numbers = range(region.header_row + 1, region.last_row + 1)
        found = tuple(
            Row(number, line, number not in visible_rows, number in merged, self._strict_width and _is_wider(line, len(headers)))
            for number, line in ((number, block.line(number)) for number in numbers)
        )
        hidden = frozenset(index for index in range(len(headers)) if index in area.columns and index not in visible_columns)
        try:
            chosen_rows = choose_rows(found, chosen, region)
        except SelectionError:
            if not may_be_empty:
                raise
            chosen_rows = ()
        notes = make_notes(block, region, headers, hidden, chosen)
        lines = [block.line(region.header_row), *(row.cells for row in found)]
        right = range(len(headers), area.columns[-1] + 1)
        taken = region.foreign | {index for index in right if any(not is_blank(line[index]) for line in lines)}
        others = (number for number in range(block.first_row, block.last_row + 1) if number not in numbers)
        outside = tuple(Row(number, block.line(number)) for number in others if any(not is_blank(cell) for cell in block.line(number)))
        reading = Reading(region.header_row, headers, hidden, found, chosen_rows, notes, taken, outside)
        if may_be_empty:
            return reading
        shown = [index for index, header in enumerate(headers) if header and index not in hidden and not is_own_or_id(header)]
        stale = self._stale_notes(reading, shown)
        reading = replace(reading, notes=(*reading.notes, *stale), may_be_stale=bool(stale))
        return self._with_formats(reading, shown, used)

    def _with_formats(self, reading: Reading, indices: Iterable[int], used: Any = None) -> Reading:
        wanted = {index: [row.number for row in reading.chosen if isinstance(row[index], float | datetime)] for index in indices}
        found = read_formats(self._sheet, wanted, used)
        chosen = (replace(row, formats=found[row.number]) if row.number in found else row for row in reading.chosen)
        return replace(reading, chosen=tuple(chosen)) if found else reading

    @cached_property
    def _app(self) -> Any:
        return self._sheet.book.app.impl

    def _stale_notes(self, reading: Reading, indices: Sequence[int]) -> tuple[str, ...]:
        """A sentence about formulas in these columns that Excel may not have calculated since their cells changed: 1 call where Excel
        calculates by itself, as nearly everywhere."""
        if self._app.calculation != "manual":
            return ()
        places = results.formulas(self._sheet, reading, indices)
        if not places:
            return ()
        columns = joined([column_letter(index) for index in sorted({index for _, index in places})])
        what = f"formula{'s' if len(places) > 1 else ''} in column{'s' if ',' in columns or ' and ' in columns else ''} {columns}"
        return (
            f"The workbook calculates only when asked to, so the {len(places):,} {what} may show old results; press F9 in Excel, save, and try again.",
        )

    def _areas_meant(self, place: str) -> Sequence[Area]:
        if self._selected is None:
            return self._selected_areas(place)
        if not self._selected:
            raise SelectionError(_NO_CELLS)
        return self._selected

    def _selected_areas(self, place: str) -> list[Area]:
        """The areas of the selection, hidden rows included. `place`: this sheet, as an external address names it."""
        try:
            # `book.selection` asks Excel 8 times, and fails where the whole sheet is selected
            app = self._app
            impl = app.selection
            if impl is None:
                _ = app.version  # a busy Excel is taken for one with a chart selected, but does not answer this
                impl = app.selection
        except AttributeError as error:
            raise SelectionError("Nothing is selected; select the rows to update and try again.") from error
        if impl is None:
            raise SelectionError(_NO_CELLS)
        text = impl.get_address(True, True, True)
        selected_place, areas = areas_of(text)
        if selected_place != place:
            book, _, sheet = selected_place.removeprefix("[").rpartition("]")
            where = f"the sheet “{sheet}”" if f"[{book}]" == place[: len(book) + 2] else f"the sheet “{sheet}” of {book}"
            raise SelectionError(f"The selection is on {where}; select rows on “{place.rpartition(']')[2]}”.")
        if len(text) + _LONGEST_AREA > _LONGEST_ADDRESS:  # Excel leaves out what would make the text longer
            parts = impl.get_special_cells("visible", None)
            if not parts:
                raise SelectionError("All selected rows are hidden; select visible ones, or clear the filter.")
            areas = [Area.of(part.address) for part in parts]
        return areas

    def _tables(self) -> list[Table]:
        return [Table(Area.of(table.range.address), bool(table.show_headers), bool(table.show_totals)) for table in self._sheet.tables]

    def _visible(self, used: Any, area: Area) -> tuple[set[int], set[int]]:
        """Visible column indices and row numbers of the used range. Excel answers in blocks, the runs of visible rows times those of visible
        columns; where both are several, one row and one column are asked, so that they add up."""
        try:
            blocks = used.get_special_cells("visible")
            first = Area.of(blocks[0].address) if blocks else None
            if first and len(blocks) > 1 and first.rows != area.rows and first.columns != area.columns:
                row, column = first.rows[0], first.columns[0]
                across = self._range(row, row, area.columns[0], area.columns[-1])
                down = self._range(area.rows[0], area.rows[-1], column, column)
                blocks = [*across.get_special_cells("visible"), *down.get_special_cells("visible")]
            visible = [Area.of(block.address) for block in blocks]
            columns = {index for block in visible for index in block.columns}
            rows = {number for block in visible for number in block.rows}
        except Exception as error:  # a protected sheet refuses this question, and answers the slower one
            if is_busy(error):
                raise
            columns, rows = self._visible_if_protected(area)
        if not columns or not rows:
            raise SheetError("Everything on the sheet is hidden; show its rows and columns first.")
        return columns, rows

    def _visible_if_protected(self, area: Area) -> tuple[set[int], set[int]]:
        """The same, at about 3 calls for each row and column."""
        top, left = area.rows[0], area.columns[0]
        columns = _shown(left, area.columns[-1], lambda first, last: self._range(top, top, first, last).columns.hidden)
        rows = _shown(top, area.rows[-1], lambda first, last: self._range(first, last, left, left).rows.hidden)
        return columns, rows

    def _merged_rows(self, used: Any, first: int, last: int, width: int) -> set[int]:
        """The rows that merged cells touch: one call where nothing is merged, else found by halves."""
        if used.merge_cells is False:
            return set()
        return _touched(first, last, lambda top, bottom: self._range(top, bottom, 0, width - 1).merge_cells is not False)

    def _range(self, top: int, bottom: int, first: int, last: int) -> Any:
        """By address: over COM that is two calls, by coordinates six."""
        return self._sheet.range(address(top, bottom, first, last))


def _read_block(used: Any, area: Area) -> Block:
    """All values of the used range, from column A on."""
    if len(area.rows) * len(area.columns) > _MOST_CELLS:
        raise SheetError(
            f"Excel counts {len(area.rows):,} rows and {len(area.columns):,} columns as used; delete the empty ones, save, and try again."
        )
    blank: list[CellValue] = [None] * area.columns[0]
    return Block(area.rows[0], [blank + as_cells(line) for line in as_lines(used.raw_value)])


def _most_like(headers: Sequence[str], near: int, block: Block) -> int:
    """The row that holds most of these headers, of several the nearest. Raises `HeaderError` if none holds one."""
    wanted = set(headers)
    held = {
        number: len(wanted.intersection(cell.strip() for cell in line if isinstance(cell, str)))
        for number, line in enumerate(block.lines, block.first_row)
    }
    if not any(held.values()):
        raise HeaderError("The headers of the run are no longer in the sheet.")
    return max(held, key=lambda number: (held[number], -abs(number - near)))


def _is_wider(line: Sequence[CellValue], width: int) -> bool:
    return any(not is_blank(cell) for cell in line[width:])


def _shown(first: int, last: int, hidden: Callable[[int, int], bool | None]) -> set[int]:
    """Which of the numbers are not hidden; `hidden` answers None for a span of both kinds."""
    answer = hidden(first, last)
    if answer is not None:
        return set() if answer else set(range(first, last + 1))
    middle = (first + last) // 2
    return _shown(first, middle, hidden) | _shown(middle + 1, last, hidden)


def _touched(first: int, last: int, touches: Callable[[int, int], bool]) -> set[int]:
    if not touches(first, last):
        return set()
    if first == last:
        return {first}
    middle = (first + last) // 2
    return _touched(first, middle, touches) | _touched(middle + 1, last, touches)


def _excel(action: Callable[[], _T], sentence: str) -> _T:
    """Runs calls into the host; whatever it raises becomes a `SheetError` with `sentence`."""
    try:
        return action()
    except ReplyXlError:
        raise
    except Exception as error:  # pywin32, appscript and engines raise types of their own
        raise SheetError(sentence) from error
