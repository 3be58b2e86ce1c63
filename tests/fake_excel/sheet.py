"""A worksheet as data: what is in its cells and how it looks. COM lies above it (`com`), a test's own hands beside it."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from .grid import MIXED, Layer, Rect, bounds, letters, rects
from .pywin32 import Time, com_error, excel_error
from .typed import ExcelError, Typed, is_currency_format, is_date_format, moment, read_typed, serial

FORMATS: dict[str, Any] = {
    "NumberFormat": "General",
    "Interior.Color": None,
    "Locked": True,
    "WrapText": False,
    "HorizontalAlignment": 1.0,
    "VerticalAlignment": -4107.0,
    "ColumnWidth": 8.43,
    "RowHeight": 15.0,
    "IndentLevel": 0,
    "Validation": None,
    "Font.Bold": False,
    "Font.Italic": False,
    "Font.Color": 0.0,
    "Font.Name": "Calibri",
    "Font.Size": 11.0,
}
_NOT_USED = {"ColumnWidth", "RowHeight", "Locked", "Validation"}  # these do not stretch the used range


class Formula(NamedTuple):
    """A formula cell as a test puts it into a sheet, with the value Excel shows for it."""

    text: str
    value: Any = 0.0


class Cell(NamedTuple):
    """What is in a cell, as a test looks at it."""

    value: Any
    formula: str | None
    number_format: str
    color: tuple[int, int, int] | None


class Picture:
    """Something selected that is no range."""


class Table:
    def __init__(self, sheet: Sheet, name: str, rect: Rect, headers: bool = True, totals: bool = False):
        self.sheet, self.name, self.rect, self.headers, self.totals = sheet, name, rect, headers, totals

    @property
    def body(self) -> Rect | None:
        top, bottom = self.rect.top + self.headers, self.rect.bottom - self.totals
        return Rect(top, self.rect.left, bottom, self.rect.right) if top <= bottom else None

    @property
    def header(self) -> Rect | None:
        return Rect(self.rect.top, self.rect.left, self.rect.top, self.rect.right) if self.headers else None


class Sheet:
    def __init__(self, book: Any, name: str, rows: Iterable[Sequence[Any]] = (), at: str = "A1"):
        self.book, self.name = book, name
        self.rows: dict[int, dict[int, Any]] = {}
        self.formulas: dict[tuple[int, int], str] = {}
        self.formats = {key: Layer(default) for key, default in FORMATS.items()}
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.merges: list[Rect] = []
        self.tables: list[Table] = []
        self.names: dict[str, str] = {}
        self.selection: tuple[Rect, ...] | Picture | None = rects("A1")
        self.protected = False
        self.special_cells_when_protected = False
        self.visible = -1
        self.deleted = False
        self.stretched: Rect | None = None
        self.fill(at, rows)

    # a test's hands: nothing here is counted, and nothing is read as typed

    def fill(self, at: str, rows: Iterable[Sequence[Any]]) -> None:
        """Put values into cells as they are: text stays text, whatever it looks like."""
        corner = rects(at)[0]
        implied: dict[tuple[int, int], str] = {}
        for row, values in enumerate(rows, corner.top):
            for column, value in enumerate(values, corner.left):
                number_format = self._store(row, column, value)
                if number_format and self.formats["NumberFormat"].at(row, column) == "General":
                    implied[row, column] = number_format
        self.formats["NumberFormat"].put_cells(implied)

    def _store(self, row: int, column: int, value: Any) -> str | None:
        formula = None
        if isinstance(value, Formula):
            formula, value = value
        if type(value) is dt.date:
            value = dt.datetime.combine(value, dt.time())
        if isinstance(value, decimal.Decimal):
            value, number_format = float(value), "$#,##0.00"
        else:
            value, number_format, _ = _stored(value, dt.timedelta(0))
        self._set(row, column, Typed(value, None, formula))
        return number_format

    def set(self, address: str, value: Any) -> None:
        """What a user's typing or a macro leaves in each cell of an address."""
        for rect in rects(address):
            self.fill(rect.address(), [[value] * rect.width] * rect.height)

    def cell(self, address: str) -> Cell:
        row, column = rects(address)[0][:2]
        value = self.rows.get(row, {}).get(column)
        number_format = self.formats["NumberFormat"].at(row, column)
        if isinstance(value, float) and is_date_format(number_format):
            value = moment(value)
        color = self.formats["Interior.Color"].at(row, column)
        rgb = None if color is None else (int(color) & 255, int(color) >> 8 & 255, int(color) >> 16 & 255)
        return Cell(value, self.formulas.get((row, column)), number_format, rgb)

    def values(self, address: str | None = None) -> list[list[Any]]:
        """The values of a block (default: the used range), dates as datetimes."""
        rect = rects(address)[0] if address else self.used()
        columns = range(rect.left, rect.right + 1)
        return [[self.cell(f"{letters(c)}{r}").value for c in columns] for r in range(rect.top, rect.bottom + 1)]

    def format(self, name: str, address: str) -> Any:
        """One format of the first cell of an address: `Font.Bold`, `ColumnWidth`, `Validation`, whatever FORMATS names."""
        return self.formats[name].at(*rects(address)[0][:2])

    def select(self, address: str | Picture | None) -> None:
        """Select areas of this sheet (None or a Picture: something that is not cells) and bring it to the front."""
        self.selection = rects(address) if isinstance(address, str) else address
        self.activate()

    def activate(self) -> None:
        self.book.active, self.book.excel.active = self, self.book

    def hide_rows(self, first: int, last: int | None = None, step: int = 1) -> None:
        self.hidden_rows.update(range(first, (last or first) + 1, step))

    def show_rows(self) -> None:
        self.hidden_rows.clear()

    def hide_columns(self, columns: str) -> None:
        rect = rects(columns if ":" in columns else f"{columns}:{columns}")[0]
        self.hidden_columns.update(range(rect.left, rect.right + 1))

    def protect(self, special_cells: bool = False) -> None:
        """Protect the sheet. SpecialCells then fails too, unless a test says that it works."""
        self.protected, self.special_cells_when_protected = True, special_cells

    def unprotect(self) -> None:
        self.protected = False

    def unlock(self, address: str) -> None:
        self.set_format("Locked", address, False)

    def set_format(self, name: str, address: str, value: Any) -> None:
        for rect in rects(address):
            self.formats[name].put(rect, value)

    def set_number_format(self, address: str, number_format: str) -> None:
        self.set_format("NumberFormat", address, number_format)

    def merge(self, address: str) -> None:
        for rect in rects(address):
            self.merges = [other for other in self.merges if not other.meet(rect)] + [rect]
            for row in range(rect.top, rect.bottom + 1):
                for column in range(rect.left, rect.right + 1):
                    if (row, column) != rect[:2]:
                        self._set(row, column, Typed(None))

    def add_table(self, name: str, address: str, headers: bool = True, totals: bool = False) -> Table:
        table = Table(self, name, rects(address)[0], headers, totals)
        self.tables.append(table)
        return table

    def stretch_used_range(self, address: str) -> None:
        """Cells that were used once and emptied since: they stay in Excel's used range until the book is saved."""
        self.stretched = rects(address)[0]

    def sort(self, column: str, first: int, last: int, reverse: bool = False) -> None:
        """Sort rows by one column, as a user does in mid-run. Hidden rows stay where they are, like Excel's formats of rows."""
        key = rects(f"{column}1")[0].left

        def order(row: int) -> tuple[bool, int, Any]:
            value = self.rows.get(row, {}).get(key)
            return value is None, 0 if isinstance(value, float) else 1, value if isinstance(value, float) else str(value).lower()

        new_order = sorted(range(first, last + 1), key=order, reverse=reverse)
        self._rearrange({old: new for new, old in enumerate(new_order, first)})

    def insert_rows(self, at: int, count: int = 1) -> None:
        self._move_rows(at, count)

    def delete_rows(self, at: int, count: int = 1) -> None:
        for row in range(at, at + count):
            self.rows.pop(row, None)
        self.formulas = {key: text for key, text in self.formulas.items() if not at <= key[0] < at + count}
        self.hidden_rows -= set(range(at, at + count))
        self._move_rows(at, -count)

    def insert_columns(self, column: str, count: int = 1) -> None:
        """Insert columns before one; tables grow, selections stay."""
        self._move_columns(rects(f"{column}1")[0].left, count)

    def delete_columns(self, column: str, count: int = 1) -> None:
        at = rects(f"{column}1")[0].left
        gone = range(at, at + count)
        self.rows = {row: {index: cell for index, cell in cells.items() if index not in gone} for row, cells in self.rows.items()}
        self.formulas = {key: text for key, text in self.formulas.items() if key[1] not in gone}
        self.hidden_columns -= set(gone)
        self._move_columns(at, -count)

    def _move_columns(self, at: int, count: int) -> None:
        def place(column: int) -> int:
            return column + count if column >= at else column

        self.rows = {row: {place(column): cell for column, cell in cells.items()} for row, cells in self.rows.items()}
        self.formulas = {(row, place(column)): text for (row, column), text in self.formulas.items()}
        self.hidden_columns = {place(column) for column in self.hidden_columns}
        self.merges = [Rect(rect.top, place(rect.left), rect.bottom, place(rect.right)) for rect in self.merges]
        for table in self.tables:
            table.rect = Rect(table.rect.top, place(table.rect.left), table.rect.bottom, place(table.rect.right))
        for layer in self.formats.values():
            layer.move_columns(at, count)
        end = at - count - 1  # of deleted ones

        def moved(rect: Rect) -> Rect:
            left = rect.left + count if rect.left > end else min(rect.left, at)
            right = rect.right + count if rect.right > end else min(rect.right, at - 1)
            if count > 0:
                left, right = place(rect.left), place(rect.right)
            return rect if rect.whole_rows or left > right else Rect(rect.top, left, rect.bottom, right)

        self.book.excel.move_ranges(self, moved)

    def _rearrange(self, places: dict[int, int]) -> None:
        self.rows = {places.get(row, row): cells for row, cells in self.rows.items()}
        self.formulas = {(places.get(row, row), column): text for (row, column), text in self.formulas.items()}

    def _move_rows(self, at: int, count: int) -> None:
        self._rearrange({row: row + count for row in self.rows if row >= at})
        self.hidden_rows = {row + count if row >= at else row for row in self.hidden_rows}

        def moved(rect: Rect) -> Rect:
            bottom = rect.bottom + count if rect.bottom >= at and not rect.whole_columns else rect.bottom
            return Rect(rect.top + count if rect.top >= at and not rect.whole_columns else rect.top, rect.left, bottom, rect.right)

        self.merges = [moved(rect) for rect in self.merges]
        for table in self.tables:
            table.rect = moved(table.rect)
        if isinstance(self.selection, tuple):
            self.selection = tuple(moved(rect) for rect in self.selection)
        for layer in self.formats.values():
            layer.move_rows(at, count)
        end = at - count - 1  # of deleted ones

        def held(rect: Rect) -> Rect:
            top = rect.top + count if rect.top > end else min(rect.top, at)
            bottom = rect.bottom + count if rect.bottom > end else min(rect.bottom, at - 1)
            if count > 0:
                top, bottom = (row + count if row >= at else row for row in (rect.top, rect.bottom))
            return rect if rect.whole_columns or top > bottom else Rect(top, rect.left, bottom, rect.right)

        self.book.excel.move_ranges(self, held)

    def copy(self, name: str) -> Sheet:
        other = Sheet(self.book, name)
        other.rows = {row: dict(cells) for row, cells in self.rows.items()}
        other.formulas = dict(self.formulas)
        other.formats = {key: layer.copy() for key, layer in self.formats.items()}
        other.hidden_rows, other.hidden_columns, other.merges = set(self.hidden_rows), set(self.hidden_columns), list(self.merges)
        other.tables = [Table(other, f"{t.name}{len(self.book.excel.books)}_{name}", t.rect, t.headers, t.totals) for t in self.tables]
        other.names = dict(self.names)
        other.protected, other.selection = self.protected, self.selection
        return other

    # what Excel does

    def used(self) -> Rect:
        """Excel's used range: filled and formatted cells, and what it has not yet forgotten."""
        areas = [Rect(row, min(cells), row, max(cells)) for row, cells in self.rows.items() if cells]
        areas = [bounds(areas)] if areas else []
        for name, layer in self.formats.items():
            if name not in _NOT_USED:
                areas += layer.used()
        areas += self.merges + [table.rect for table in self.tables] + ([self.stretched] if self.stretched else [])
        return bounds(areas) if areas else Rect(1, 1, 1, 1)

    def read(self, rect: Rect, dated: bool = True) -> Any:
        """Range.Value (dated: dates and currencies as such) or Range.Value2 of one area."""
        if rect.cells > 20_000_000:
            raise com_error(-2147024882, "Not enough memory resources are available to complete this operation.")
        columns = range(rect.left, rect.right + 1)
        converters = {column: self._converter(Rect(rect.top, column, rect.bottom, column)) for column in columns} if dated else {}
        converters = {column: converter for column, converter in converters.items() if converter}
        blank = (None,) * rect.width
        block: list[tuple[Any, ...]] = [blank] * rect.height
        for row in self._filled(rect):
            cells = self.rows[row]
            values = [cells.get(column) for column in columns]
            for column, converter in converters.items():
                value = values[column - rect.left]
                if value.__class__ is float:
                    values[column - rect.left] = converter(row, column, value)
            block[row - rect.top] = tuple([v.code if v.__class__ is ExcelError else v for v in values])
        return block[0][0] if rect.cells == 1 else tuple(block)

    def _filled(self, rect: Rect) -> list[int]:
        if rect.height <= len(self.rows):
            return [row for row in range(rect.top, rect.bottom + 1) if row in self.rows]
        return [row for row in self.rows if rect.top <= row <= rect.bottom]

    def _converter(self, column: Rect) -> Callable[[int, int, float], Any] | None:
        layer = self.formats["NumberFormat"]
        shared = layer.uniform(column)
        if shared is MIXED:
            return lambda row, column, value: _delivered(value, layer.at(row, column))
        if is_date_format(shared) or is_currency_format(shared):
            return lambda _row, _column, value: _delivered(value, shared)
        return None

    def formula_text(self, row: int, column: int) -> str:
        if (row, column) in self.formulas:
            return self.formulas[row, column]
        value = self.rows.get(row, {}).get(column)
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, float):
            return f"{value:.15g}"
        return "" if value is None else value.text if isinstance(value, ExcelError) else value

    def formula_block(self, rect: Rect) -> Any:
        rows, columns = range(rect.top, rect.bottom + 1), range(rect.left, rect.right + 1)
        block = tuple(tuple(self.formula_text(row, column) for column in columns) for row in rows)
        return block[0][0] if rect.cells == 1 else block

    def demand_unlocked(self, areas: Sequence[Rect], what: str) -> None:
        if self.protected and (what != "cells" or any(self.formats["Locked"].uniform(rect) is not False for rect in areas)):
            raise excel_error(
                "The cell or chart you're trying to change is on a protected sheet. To make a change, unprotect the sheet."
                if what == "cells"
                else f"Unable to set the {what} property of the Range class"
            )

    def write(self, areas: Sequence[Rect], data: Any) -> None:
        """Range.Value = data: parsed as typed, broadcast as Excel does, all cells or none."""
        excel = self.book.excel
        grid = _grid(data)
        self.demand_unlocked(areas, "cells")
        changes: dict[tuple[int, int], Typed] = {}
        for rect in areas:
            self._plan_write(rect, grid, changes, excel)
        implied: dict[tuple[int, int], str] = {}
        formats = self.formats["NumberFormat"]
        uniform = {rect: formats.uniform(rect) for rect in areas}
        general = all(value == "General" for value in uniform.values())
        headers = [table.header for table in self.tables if table.header]
        for (row, column), change in changes.items():
            if any(header.covers(Rect(row, column, row, column)) for header in headers):
                change = _header(change, column)
            self._set(row, column, change)
            if change.number_format and (general or formats.at(row, column) == "General"):
                implied[row, column] = change.number_format
        formats.put_cells(implied)

    def _plan_write(self, rect: Rect, grid: list[list[Any]], changes: dict[tuple[int, int], Typed], excel: Any) -> None:
        if rect.cells > 3_000_000:
            if grid == [[None]] or grid == [[""]]:
                rect = rect.meet(self.used()) or Rect(1, 1, 1, 1)
            else:
                raise NotImplementedError("the fake Excel does not fill whole columns")
        hidden_by_merge = [other for other in self.merges if other.meet(rect)]
        texts = self._text_columns(rect)
        missing = ExcelError("#N/A")
        for row in range(rect.top, rect.bottom + 1):
            index = row - rect.top
            source = grid[0] if len(grid) == 1 else grid[index] if index < len(grid) else None
            for column in range(rect.left, rect.right + 1):
                at = column - rect.left
                if source is None or (len(source) > 1 and at >= len(source)):
                    value: Any = missing
                else:
                    value = source[0] if len(source) == 1 else source[at]
                if hidden_by_merge and any(m.covers(Rect(row, column, row, column)) and m[:2] != (row, column) for m in hidden_by_merge):
                    continue
                if value.__class__ is str:
                    if len(value) > 32_767:
                        raise excel_error()
                    text = texts[at]
                    if self.formats["NumberFormat"].at(row, column) == "@" if text is None else text:
                        changes[row, column] = Typed(value[1:] if value[:1] == "'" else value or None)
                    else:
                        changes[row, column] = read_typed(value, excel.today) if value else Typed(None)
                else:
                    changes[row, column] = _stored(value, excel.utc_offset)

    def _text_columns(self, rect: Rect) -> list[bool | None]:
        """For each column of an area: formatted as text, not, or (None) look at each cell."""
        layer = self.formats["NumberFormat"]
        shared = layer.uniform(rect)
        if shared is not MIXED:
            return [shared == "@"] * rect.width
        columns = [layer.uniform(Rect(rect.top, column, rect.bottom, column)) for column in range(rect.left, rect.right + 1)]
        return [None if value is MIXED else value == "@" for value in columns]

    def _set(self, row: int, column: int, change: Typed) -> None:
        if change.formula:
            self.formulas[row, column] = change.formula
        else:
            self.formulas.pop((row, column), None)
        if change.value is None:
            cells = self.rows.get(row)
            if cells is not None:
                cells.pop(column, None)
                if not cells:
                    del self.rows[row]
        else:
            self.rows.setdefault(row, {})[column] = change.value

    def visible_areas(self, rect: Rect) -> list[Rect]:
        rows, columns = _bands(rect.top, rect.bottom, self.hidden_rows), _bands(rect.left, rect.right, self.hidden_columns)
        return [Rect(top, left, bottom, right) for top, bottom in rows for left, right in columns]

    def matching_areas(self, rect: Rect, wanted: Callable[[Any, bool], bool]) -> list[Rect]:
        """Areas of cells by (value, is a formula), in vertical runs."""
        found: list[Rect] = []
        for column in range(rect.left, rect.right + 1):
            for row in range(rect.top, rect.bottom + 1):
                if wanted(self.rows.get(row, {}).get(column), (row, column) in self.formulas):
                    if found and found[-1].left == column and found[-1].bottom == row - 1:
                        found[-1] = Rect(found[-1].top, column, row, column)
                    else:
                        found.append(Rect(row, column, row, column))
        return found

    def merge_state(self, rect: Rect) -> bool | None:
        meeting = [other for other in self.merges if other.meet(rect)]
        if not meeting:
            return False
        covered = sum(meet.cells for other in meeting if (meet := other.meet(rect)))
        return True if covered == rect.cells else None


def _header(change: Typed, column: int) -> Typed:
    """The header cells of a table are text, never empty."""
    if isinstance(change.value, str):
        return Typed(change.value)
    return Typed(f"{change.value:.15g}" if isinstance(change.value, float) else str(change.value or f"Column{column}"))


def _bands(first: int, last: int, hidden: set[int]) -> list[tuple[int, int]]:
    bands, start = [], first
    for index in sorted(i for i in hidden if first <= i <= last):
        if index > start:
            bands.append((start, index - 1))
        start = index + 1
    return [*bands, (start, last)] if start <= last else bands


def _delivered(value: float, number_format: str) -> Any:
    if is_date_format(number_format):
        try:
            when = moment(value)
        except OverflowError:
            return value
        return Time(when.year, when.month, when.day, when.hour, when.minute, when.second, when.microsecond, tzinfo=dt.UTC)
    if is_currency_format(number_format):
        return decimal.Decimal(value).quantize(decimal.Decimal("0.0001"))
    return value


def _grid(data: Any) -> list[list[Any]]:
    """What pywin32 makes of a value: a scalar, a row, or a rectangle."""
    if not isinstance(data, (list, tuple)):
        return [[data]]
    if not data:
        raise TypeError("an empty sequence cannot be written")
    nested = [isinstance(row, (list, tuple)) for row in data]
    if not any(nested):
        return [list(data)]
    if not all(nested) or len({len(row) for row in data}) > 1:
        raise ValueError("All dimensions must be a sequence of the same size")
    return [list(row) for row in data]


def _stored(value: Any, utc_offset: dt.timedelta) -> Typed:
    """A Python value as pywin32 hands it over and Excel keeps it."""
    if value is None or value == "":
        return Typed(None)
    if isinstance(value, (bool, ExcelError)):
        return Typed(value)
    if isinstance(value, str):
        return Typed(str(value))
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise OverflowError("int too big to convert")
        return Typed(float(value))
    if isinstance(value, float):
        return Typed(float(value) if math.isfinite(value) else ExcelError("#NUM!"))
    if isinstance(value, decimal.Decimal):
        return Typed(float(round(value, 2)), "$#,##0.00")
    if isinstance(value, dt.datetime):
        # pywin32 turns every datetime into UTC, and takes one without a zone for local time
        naive = value.replace(tzinfo=None) - utc_offset if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)
        return Typed(serial(naive), "m/d/yyyy" if naive.time() == dt.time() else "m/d/yyyy h:mm")
    raise TypeError(f"Objects of type {type(value).__name__!r} can not be converted to a COM VARIANT")
