"""Sheets over a file: xlwings' contract for them."""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from reply_xl.engine.members import Keyed, refusing
from reply_xl.engine.names import Names
from reply_xl.engine.range import Range
from reply_xl.engine.tables import Tables
from reply_xl.errors import SheetError
from reply_xl.xlsx.edit import style_at
from reply_xl.xlsx.file import SheetFile
from reply_xl.xlsx.model import MAX_COLUMN, MAX_ROW, Area, parse_area

if TYPE_CHECKING:
    from reply_xl.engine.book import Book


@refusing
class Sheets(Keyed, base_classes.Sheets):  # type: ignore[misc]
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

    def add(self, before: Sheet | None = None, after: Sheet | None = None, name: str | None = None) -> Sheet:
        """A new sheet, the active one as in Excel; the file itself keeps the sheet in front that it has."""
        return Sheet(self._book, self._book.file.add_sheet(name, before and before.file, after and after.file))


@refusing
class Sheet(base_classes.Sheet):  # type: ignore[misc]
    def __init__(self, book: Book, file: SheetFile) -> None:
        self._book = book
        self.file = file

    @property
    def api(self) -> Sheet:
        return self

    def number_format_at(self, row: int, column: int) -> str:
        """Of one cell, 1-based. Not a member of xlwings: what a file has at hand need not be asked for by ranges."""
        return self.file.book.styles[style_at(self.file.data, row, column)].number_format

    @property
    def name(self) -> str:
        return self.file.entry.name

    @name.setter
    def name(self, value: str) -> None:
        book = self.file.book
        if not self.file.is_new:
            book.only_fresh("Sheet.name (set)")
        if value.lower() != self.name.lower():
            book.sheet_name(value)
        book.refuse_if_referred(self.file, "Sheet.name (set)")
        book.rename_sheet(self.file, value)

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
        """In front, also in the saved file."""
        self.file.book.bring_to_front(self.file)
        self._book.activate()

    def select(self) -> None:
        self.activate()

    @property
    def freeze_panes(self) -> FreezePanes:
        return FreezePanes(self)

    def empty(self) -> None:
        """No member of Excel's: all that is in the sheet goes, formats, widths and rules too."""
        self.file.book.empty_sheet(self.file, "Sheet.empty")

    def clear_contents(self) -> None:
        self.used_range.clear_contents()

    def clear(self) -> None:
        self.used_range.clear()

    def clear_formats(self) -> None:
        self.used_range.clear_formats()

    def delete(self) -> None:
        """Goes if nothing else breaks by that; what is in the way is named."""
        self.file.book.delete_sheet(self.file, "Sheet.delete")

    @property
    def tables(self) -> Tables:
        return Tables(self)

    @property
    def visible(self) -> bool:
        return self.file.entry.state == "visible"

    @visible.setter
    def visible(self, value: bool) -> None:
        book = self.file.book
        book.only_fresh("Sheet.visible (set)")
        if not value and not any(sheet.entry.state == "visible" for sheet in book.sheets if sheet is not self.file):
            raise SheetError("A workbook must show one sheet.")
        self.file.entry.state = "visible" if value else "hidden"

    @property
    def pivot_tables(self) -> Any:
        raise NotImplementedError("Sheet.pivot_tables is not supported for files without Excel")


@refusing
class FreezePanes(base_classes.FreezePanes):  # type: ignore[misc]
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def freeze_at(self, frozen_range: str) -> None:
        """Keep the rows and columns from A1 to the end of a range in view: `1:3` three rows, `A:A` one column, `A1:B3` both."""
        _, _, bottom, right = parse_area(frozen_range)
        self._sheet.file.data.frozen = (bottom if bottom < MAX_ROW else 0, right if right < MAX_COLUMN else 0)

    def unfreeze(self) -> None:
        self._sheet.file.data.frozen = (0, 0)
