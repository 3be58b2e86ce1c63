"""Which rows and columns of a sheet are meant: its tables, its header row, the rows below, and which of them were chosen. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from reply_xl.addresses import Area, runs
from reply_xl.errors import HeaderError, SelectionError
from reply_xl.kinds.values import contact_id, is_blank, looks_like_email, shown
from reply_xl.model import CellValue, ErrorCell, Row, column_letter
from reply_xl.wording import joined, named_rows, span

Spans = Sequence[tuple[int, int]]
"""Row numbers as first and last, both included."""

Lines = Sequence[Sequence[CellValue]]
BestHeader = Callable[[Lines], int | None]

_HEADER_SEARCH = 20
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the sheet; `area` has its header row and its totals row in it, where it has them."""

    area: Area
    has_header: bool
    has_totals: bool

    @property
    def header_row(self) -> int:
        return self.area.rows[0]


@dataclass(frozen=True, slots=True)
class Block:
    """The values of the used range from column A on; `first_row` is the number of the first line."""

    first_row: int
    lines: Lines

    def line(self, number: int) -> Sequence[CellValue]:
        return self.lines[number - self.first_row]

    @property
    def last_row(self) -> int:
        return self.first_row + len(self.lines) - 1


@dataclass(frozen=True, slots=True)
class Region:
    """The header row and the rows below it that are its data; `foreign`: column indices that belong to another table."""

    header_row: int
    last_row: int
    foreign: frozenset[int]
    table: Table | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rows were asked for: `all`, `selection` (visible rows of these areas) or spans of row numbers."""

    spec: Spans | str
    areas: Sequence[Area] = ()

    @property
    def spans(self) -> Spans:
        return [(area.rows[0], area.rows[-1]) for area in self.areas] if isinstance(self.spec, str) else self.spec


def find_region(block: Block, tables: Sequence[Table], chosen: Chosen, header_row: int | None, best_header: BestHeader) -> Region:
    """`header_row` obeyed; else that of the table that holds the selection or is the only one; else the best of the first rows."""
    if header_row is not None:
        if not block.first_row <= header_row <= block.last_row:
            raise HeaderError(f"Row {header_row} holds no headers, because it is empty; correct --header-row.")
        table = _headed_at(header_row, tables, chosen.areas, block, best_header)
    else:
        table = _table_meant(tables, chosen)
        if table is not None and not table.has_header:
            raise HeaderError(
                f"The table {table.area.address} has no header row; switch it on (Table Design → Header Row), or name one with --header-row."
            )
        header_row = table.header_row if table else _found_header(block, best_header)
        table = table or _headed_at(header_row, tables, chosen.areas, block, best_header)
    last_row, foreign = _bounds(block, header_row, table, tables)
    while last_row > header_row and all(is_blank(cell) for cell in block.line(last_row)):
        last_row -= 1
    return Region(header_row, last_row, foreign, table)


def _table_meant(tables: Sequence[Table], chosen: Chosen) -> Table | None:
    """The table that holds the selection, or the only one."""
    if chosen.areas:
        beside = [table for table in tables if any(table.area.shares_rows(area) for area in chosen.areas)]
        holding = [
            table for table in beside if any(table.area.shares_rows(area) and table.area.shares_columns(area) for area in chosen.areas)
        ]
        meant = holding or beside
        if len(meant) > 1:
            names = " and ".join(table.area.address for table in meant[:3])
            raise SelectionError(f"The selection touches the tables {names}; select cells of one of them.")
        if meant:
            return meant[0]
    return tables[0] if len(tables) == 1 else None


def _headed_at(row: int, tables: Sequence[Table], areas: Sequence[Area], block: Block, best_header: BestHeader) -> Table | None:
    """The table whose header row this is; of several side by side the selected one, else the one with the best headers."""
    headed = [table for table in tables if table.header_row == row]
    selected = [
        table for table in headed if any(table.area.shares_rows(area) and table.area.shares_columns(area) for area in areas)
    ] or headed
    best = best_header([block.line(row)[table.area.columns[0] : table.area.columns[-1] + 1] for table in selected])
    return selected[best or 0] if selected else None


def _found_header(block: Block, best_header: BestHeader) -> int:
    position = best_header(block.lines[:_HEADER_SEARCH])
    if position is None:
        raise HeaderError(
            "No header row was found in the first 20 rows; put column headers above the contacts, or name their row with --header-row."
        )
    return block.first_row + position


def _bounds(block: Block, header_row: int, table: Table | None, tables: Sequence[Table]) -> tuple[int, frozenset[int]]:
    """The last row of the data, and the columns of tables that stand beside it. A plain list ends where a table below it begins."""
    last_row = block.last_row
    if table is not None:
        last_row = min(last_row, table.area.rows[-1] - table.has_totals)
    headed = {index for index, cell in enumerate(block.line(header_row)) if not is_blank(cell)}
    foreign: set[int] = set()
    for other in sorted(tables, key=lambda one: one.header_row):
        rows = other.area.rows
        if other is table or rows[-1] < header_row or rows[0] > last_row or (table is None and rows[0] <= header_row):
            continue
        if table is None and not headed.isdisjoint(other.area.columns):
            last_row = rows[0] - 1
        else:
            foreign.update(other.area.columns)
    return last_row, frozenset(foreign)


def read_headers(line: Sequence[CellValue], region: Region) -> tuple[str, ...]:
    """The headers by column index from A, up to the last one. Raises `HeaderError` if there is none."""
    headers = ["" if index in region.foreign or isinstance(cell, ErrorCell) else _header(cell) for index, cell in enumerate(line)]
    while headers and not headers[-1]:
        headers.pop()
    if not headers:
        raise HeaderError(f"Row {region.header_row} holds no headers; name the header row with --header-row.")
    return tuple(headers)


def _header(cell: CellValue) -> str:
    return "" if is_blank(cell) else cell.strip() if isinstance(cell, str) else shown(cell)


def choose_rows(rows: Sequence[Row], chosen: Chosen, region: Region) -> tuple[Row, ...]:
    """The chosen rows, each once, in the order of the sheet. Raises `SelectionError` if there is none."""
    header = region.header_row
    below = f"the header in row {header}"
    if not rows:
        raise SelectionError(f"There are no contacts below {below}; add some and try again.")
    if chosen.spec == "all":
        found = [row for row in rows if not row.hidden]
        if not found:
            raise SelectionError(f"All rows below {below} are hidden; show them, or clear the filter.")
        return tuple(found)
    if all(last <= header for _, last in chosen.spans):
        raise SelectionError(f"Only the header or rows above it are selected; select rows below row {header}.")
    numbers: set[int] = set()
    for first, last in chosen.spans:
        numbers.update(range(max(first, rows[0].number), min(last, rows[-1].number) + 1))
    found = [row for row in rows if row.number in numbers]
    if not found:
        where = f"the table {region.table.area.address}" if region.table else f"rows {rows[0].number} to {rows[-1].number}"
        raise SelectionError(f"None of the chosen rows holds a contact; the contacts below {below} are in {where}.")
    if chosen.spec == "selection":
        found = [row for row in found if not row.hidden]
        if not found:
            raise SelectionError("All selected rows are hidden; select visible ones, or clear the filter.")
    return tuple(found)


def make_notes(block: Block, region: Region, headers: Sequence[str], hidden: frozenset[int], chosen: Chosen) -> tuple[str, ...]:
    """Sentences about what is left aside."""
    notes = []
    above = _contacts_above(block, region)
    if above:
        what = named_rows(above).capitalize()
        notes.append(f"{what} above the headers in row {region.header_row} {'is' if len(above) == 1 else 'are'} not used.")
    named = [f"{column_letter(index)} ({headers[index]})" for index in sorted(hidden) if headers[index]]
    if named:
        notes.append(f"Hidden columns are never sent: {joined(named, _MOST_NAMED)}.")
    top = block.line(region.header_row)
    for index, cell in enumerate(top[: len(headers)]):
        if isinstance(cell, ErrorCell) and index not in region.foreign:
            notes.append(f"The header of column {column_letter(index)} shows {cell.code}, so the column is not used.")
    if region.foreign:
        columns = ", ".join(span(column_letter(first), column_letter(last)) for first, last in runs(region.foreign))
        notes.append(f"Columns of another table are not used: {columns}.")
    below = _asked_below(block, region, chosen)
    if below:
        end = f"the table {region.table.area.address}" if region.table else f"row {region.last_row}, where a table begins"
        notes.append(f"Left out, as they are below {end}: {named_rows(below)}.")
    return tuple(notes)


def _contacts_above(block: Block, region: Region) -> list[int]:
    """The filled rows above the headers, if what could be an id or an e-mail stands in one of them."""
    lines = [(number, block.line(number)) for number in range(block.first_row, region.header_row)]
    if not any(contact_id(cell) is not None or looks_like_email(cell) for _, line in lines for cell in line):
        return []
    return [number for number, line in lines if any(not is_blank(cell) for cell in line)]


def _asked_below(block: Block, region: Region, chosen: Chosen) -> list[int]:
    """Filled rows that were chosen and lie below the data: under the table, or in a table under the list."""
    first = region.last_row + 1
    if region.table is not None:
        first = max(first, region.table.area.rows[-1] + 1)
    numbers: Iterable[int] = range(first, block.last_row + 1)
    if chosen.spec != "all":
        wanted: set[int] = set()
        for start, last in chosen.spans:
            wanted.update(range(max(start, first), min(last, block.last_row) + 1))
        numbers = sorted(wanted)
    own = {index for index in range(len(block.line(region.header_row))) if index not in region.foreign}
    return [number for number in numbers if any(index in own and not is_blank(cell) for index, cell in enumerate(block.line(number)))]
