"""Sheets, tables and defined names over a file: xlwings' contract for them."""

from __future__ import annotations

import numbers
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from reply_xl.engine.members import refusing
from reply_xl.engine.range import Range
from reply_xl.errors import SheetError
from reply_xl.xlsx import tables as xlsx_tables
from reply_xl.xlsx.book import DefinedName
from reply_xl.xlsx.file import SheetFile
from reply_xl.xlsx.model import Area, parse_area
from reply_xl.xlsx.open import MAX_COLUMN, MAX_ROW

if TYPE_CHECKING:
    from reply_xl.engine.apps import Book


@refusing
class Sheets(base_classes.Sheets):  # type: ignore[misc]
    def __init__(self, book: Book) -> None:
        self._book = book

    @property
    def api(self) -> Sheets:
        return self

    @property
    def active(self) -> Sheet:
        file = self._book.file
        if file.active is None:
            raise SheetError(f"A chart sheet is in front in {file.name}: choose a worksheet first.")
        return Sheet(self._book, file.active)

    def __call__(self, name_or_index: Any) -> Sheet:
        sheets = self._book.file.sheets
        if isinstance(name_or_index, numbers.Number):
            index = int(name_or_index)  # type: ignore[call-overload]
            if 1 <= index <= len(sheets):
                return Sheet(self._book, sheets[index - 1])
        else:
            for sheet in sheets:
                if sheet.entry.name.lower() == str(name_or_index).lower():
                    return Sheet(self._book, sheet)
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        return len(self._book.file.sheets)

    def __iter__(self) -> Iterator[Sheet]:
        for sheet in self._book.file.sheets:
            yield Sheet(self._book, sheet)

    def __contains__(self, key: Any) -> bool:
        try:
            self(key)
        except KeyError:
            return False
        return True

    def add(self, before: Sheet | None = None, after: Sheet | None = None, name: str | None = None) -> Sheet:
        file = self._book.file
        neighbour = before or after
        if neighbour is not None:
            place = file.sheets.index(neighbour.file) + (0 if before else 1)
        else:
            place = file.sheets.index(file.active) if file.active else 0
        return Sheet(self._book, file.add_sheet(name, place))


@refusing
class Sheet(base_classes.Sheet):  # type: ignore[misc]
    def __init__(self, book: Book, file: SheetFile) -> None:
        self._book = book
        self.file = file

    @property
    def api(self) -> Sheet:
        return self

    @property
    def name(self) -> str:
        return self.file.entry.name

    @name.setter
    def name(self, value: str) -> None:
        book = self.file.book
        book.only_fresh("Sheet.name (set)")
        if value.lower() != self.name.lower():
            book.sheet_name(value)
        self.file.entry.name = value
        book.rebuild()

    @property
    def book(self) -> Book:
        return self._book

    @property
    def index(self) -> int:
        return self.file.book.sheets.index(self.file) + 1

    @property
    def names(self) -> Names:
        return Names(self._book, self)

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        if isinstance(arg1, tuple) and len(arg1) == 4:
            row, column, rows, columns = (int(part) for part in arg1)
            last = (row + max(rows, 1) - 1, column + max(columns, 1) - 1)
            self._refuse_beyond((row, column, *last))
            return Range(self, (row, column, rows, columns))
        if isinstance(arg1, numbers.Number) and isinstance(arg2, numbers.Number):
            arg1, arg2 = (arg1, arg2), None
        first = self._corner(arg1)
        if arg2 is None:
            return first
        one, other = first.area, self._corner(arg2).area
        return Range.of(self, (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])))

    def _corner(self, arg: Any) -> Range:
        if isinstance(arg, Range):
            return arg
        if isinstance(arg, tuple):
            if 0 in arg:
                raise IndexError("Attempted to access 0-based Range. xlwings/Excel Ranges are 1-based.")
            row, column = int(arg[0]), int(arg[1])
            self._refuse_beyond((row, column, row, column))
            return Range(self, (row, column, 1, 1))
        return self._book.range_of(str(arg), self)

    def _refuse_beyond(self, area: Area) -> None:
        if not (area[0] >= 1 and area[1] >= 1 and area[2] <= MAX_ROW and area[3] <= MAX_COLUMN):
            raise IndexError("The range lies beyond the sheet.")

    @property
    def cells(self) -> Range:
        return Range.of(self, (1, 1, MAX_ROW, MAX_COLUMN))

    @property
    def used_area(self) -> Area:
        """The area of all cells the file holds, formatted blank ones included; A1 if there is none."""
        lines = [(row, line) for row, line in self.file.data.cells.items() if line]
        if not lines:
            return (1, 1, 1, 1)
        rows = [row for row, _ in lines]
        return min(rows), min(min(line) for _, line in lines), max(rows), max(max(line) for _, line in lines)

    @property
    def used_range(self) -> Range:
        return Range.of(self, self.used_area)

    def activate(self) -> None:
        self.file.book.active = self.file
        self._book.activate()

    def select(self) -> None:
        self.activate()

    def clear_contents(self) -> None:
        self.used_range.clear_contents()

    def clear(self) -> None:
        self.used_range.clear()

    def clear_formats(self) -> None:
        self.used_range.clear_formats()

    def delete(self) -> None:
        book = self.file.book
        book.only_fresh("Sheet.delete")
        if len(book.sheets) == 1:
            raise SheetError("A workbook must keep one sheet.")
        book.sheets.remove(self.file)
        book.active = book.sheets[0] if book.active is self.file else book.active
        book.rebuild()

    @property
    def tables(self) -> Tables:
        return Tables(self)

    @property
    def visible(self) -> bool:
        return self.file.entry.state == "visible"

    @property
    def pivot_tables(self) -> Any:
        raise NotImplementedError("Sheet.pivot_tables is not supported for files without Excel")


@refusing
class Tables(base_classes.Collection, base_classes.Tables):  # type: ignore[misc]
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    @property
    def api(self) -> Tables:
        return self

    @property
    def parent(self) -> Sheet:
        return self._sheet

    def __call__(self, key: Any) -> Table:
        tables = self._sheet.file.tables
        if isinstance(key, numbers.Number):
            index = int(key)  # type: ignore[call-overload]
            if 1 <= index <= len(tables):
                return Table(self._sheet, tables[index - 1])
        for table in tables:
            if str(key).lower() in (table.name.lower(), table.display_name.lower()):
                return Table(self._sheet, table)
        raise KeyError(key)

    def __len__(self) -> int:
        return len(self._sheet.file.tables)

    def __iter__(self) -> Iterator[Table]:
        for table in self._sheet.file.tables:
            yield Table(self._sheet, table)

    def __contains__(self, key: Any) -> bool:
        try:
            self(key)
        except KeyError:
            return False
        return True


@refusing
class Table(base_classes.Table):  # type: ignore[misc]
    def __init__(self, sheet: Sheet, table: xlsx_tables.Table) -> None:
        self._sheet = sheet
        self.table = table

    @property
    def api(self) -> Table:
        return self

    @property
    def parent(self) -> Sheet:
        return self._sheet

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def display_name(self) -> str:
        return self.table.display_name

    @property
    def range(self) -> Range:
        return Range.of(self._sheet, self.table.area)

    @property
    def header_row_range(self) -> Range | None:
        top, left, _, right = self.table.area
        return Range.of(self._sheet, (top, left, top, right)) if self.table.headers else None

    @property
    def data_body_range(self) -> Range | None:
        top, left, bottom, right = self.table.area
        top, bottom = top + self.table.headers, bottom - self.table.totals
        return Range.of(self._sheet, (top, left, bottom, right)) if top <= bottom else None

    @property
    def totals_row_range(self) -> Range | None:
        _, left, bottom, right = self.table.area
        return Range.of(self._sheet, (bottom, left, bottom, right)) if self.table.totals else None

    @property
    def show_headers(self) -> bool:
        return bool(self.table.headers)

    @property
    def show_totals(self) -> bool:
        return bool(self.table.totals)

    @property
    def table_style(self) -> str:
        return self.table.style


_REFERENCE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!:,]+))!([^!]+)")


@refusing
class Names(base_classes.Names):  # type: ignore[misc]
    """The defined names of a book, or those of one sheet."""

    def __init__(self, book: Book, sheet: Sheet | None = None) -> None:
        self._book = book
        self._sheet = sheet

    @property
    def api(self) -> Names:
        return self

    def _all(self) -> list[DefinedName]:
        scope = None if self._sheet is None else self._sheet.file.entry.tab
        names = [name for name in self._book.file.data.names if not name.hidden and not name.name.startswith("_xlnm.")]
        return names if self._sheet is None else [name for name in names if name.scope == scope]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Name]:
        for name in self._all():
            yield Name(self._book, name)

    def __call__(self, name_or_index: Any) -> Name:
        names = self._all()
        if isinstance(name_or_index, numbers.Number):
            index = int(name_or_index)  # type: ignore[call-overload]
            if 1 <= index <= len(names):
                return Name(self._book, names[index - 1])
        for name in names:
            if str(name_or_index).lower() in (name.name.lower(), Name(self._book, name).name.lower()):
                return Name(self._book, name)
        raise KeyError(name_or_index)

    def contains(self, name_or_index: Any) -> bool:
        try:
            self(name_or_index)
        except KeyError:
            return False
        return True


@refusing
class Name(base_classes.Name):  # type: ignore[misc]
    def __init__(self, book: Book, name: DefinedName) -> None:
        self._book = book
        self._name = name

    @property
    def api(self) -> Name:
        return self

    @property
    def name(self) -> str:
        tabs = self._book.file.data.tab_names
        scope = self._name.scope
        if scope is None or not 0 <= scope < len(tabs):
            return self._name.name
        sheet = tabs[scope]
        quoted = sheet if sheet.isidentifier() else "'" + sheet.replace("'", "''") + "'"
        return f"{quoted}!{self._name.name}"

    @property
    def refers_to(self) -> str:
        return "=" + self._name.refers_to

    @property
    def refers_to_range(self) -> Range:
        found = self._place()
        if found is None:
            raise SheetError(f"The name {self._name.name} does not refer to cells.")
        return Range.of(*found)

    def area_on(self, sheet: Sheet) -> Area | None:
        found = self._place()
        return found[1] if found and found[0].name == sheet.name else None

    def _place(self) -> tuple[Sheet, Area] | None:
        found = _REFERENCE.fullmatch(self._name.refers_to)
        if not found:
            return None
        try:
            sheet = self._book.sheets((found[1] or found[2]).replace("''", "'"))
            return sheet, parse_area(found[3])
        except (KeyError, ValueError):
            return None
