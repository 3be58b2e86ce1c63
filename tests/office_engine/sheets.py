"""The sheets of a book, their tables and frozen panes."""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import XlwingsError, base_classes

from reply_xl.engine.names import _SCOPED
from reply_xl.xlsx.model import MAX_COLUMN, MAX_ROW, Area, parse_area

from .names import Names
from .ranges import Range

if TYPE_CHECKING:
    from .apps import Book


class Sheets(base_classes.Sheets):  # type: ignore[misc]
    def __init__(self, book: Book) -> None:
        self._book = book

    @property
    def api(self) -> Any:
        return self._book.doc.Sheets

    @property
    def active(self) -> Sheet:
        return Sheet(self._book, self._book.doc.CurrentController.ActiveSheet)

    def __call__(self, name_or_index: Any) -> Sheet:
        if isinstance(name_or_index, numbers.Number):
            if 1 <= int(name_or_index) <= len(self):  # type: ignore[call-overload]
                return Sheet(self._book, self.api.getByIndex(int(name_or_index) - 1))  # type: ignore[call-overload]
        else:
            for name in self.api.ElementNames:
                if name.lower() == str(name_or_index).lower():
                    return Sheet(self._book, self.api.getByName(name))
        raise KeyError(name_or_index)

    def __contains__(self, key: Any) -> bool:
        try:
            self(key)
        except KeyError:
            return False
        return True

    def __len__(self) -> int:
        return int(self.api.Count)

    def __iter__(self) -> Iterator[Sheet]:
        for index in range(len(self)):
            yield Sheet(self._book, self.api.getByIndex(index))

    def add(self, before: Sheet | None = None, after: Sheet | None = None, name: str | None = None) -> Sheet:
        """A new sheet, the active one as in Excel."""
        if before is None and after is None:
            before = self.active
        place = before.index - 1 if before is not None else after.index  # type: ignore[union-attr]
        taken = {text.lower() for text in self.api.ElementNames}
        name = name or next(text for n in range(1, 10_000) if (text := f"Sheet{n}").lower() not in taken)
        self.api.insertNewByName(name, place)
        sheet = Sheet(self._book, self.api.getByName(name))
        sheet.activate()
        return sheet


class Sheet(base_classes.Sheet):  # type: ignore[misc]
    def __init__(self, book: Book, uno: Any) -> None:
        self._book, self.uno = book, uno

    @property
    def api(self) -> Any:
        return self.uno

    @property
    def name(self) -> str:
        name = str(self.uno.Name)
        if not name:  # all that LibreOffice says of a sheet whose document was closed
            raise XlwingsError("The sheet is no longer open.")
        return name

    @name.setter
    def name(self, value: str) -> None:
        if value.lower() != self.name.lower() and value in self._book.sheets:
            raise ValueError(f"There is a sheet {value!r} already.")
        self.uno.Name = value

    @property
    def book(self) -> Book:
        return self._book

    @property
    def index(self) -> int:
        return int(self.uno.RangeAddress.Sheet) + 1

    @property
    def names(self) -> Names:
        return Names(self.uno)

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        if isinstance(arg1, tuple) and len(arg1) == 4:
            return Range(self, (int(arg1[0]), int(arg1[1]), int(arg1[2]), int(arg1[3])))
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
            row, column = int(arg[0]), int(arg[1])
            if not (1 <= row <= MAX_ROW and 1 <= column <= MAX_COLUMN):
                raise IndexError("The range lies beyond the sheet.")
            return Range(self, (row, column, 1, 1))
        sheet, text = self, str(arg)
        if found := _SCOPED.fullmatch(text):
            sheet, text = self._book.sheets((found[1] or found[2]).replace("''", "'")), found[3]
        return Range.of(sheet, *(parse_area(part.strip()) for part in text.split(",")))

    @property
    def cells(self) -> Range:
        return Range.of(self, (1, 1, MAX_ROW, MAX_COLUMN))

    @property
    def used_area(self) -> Area:
        self._book.app.asked()
        cursor = self.uno.createCursor()
        cursor.gotoStartOfUsedArea(False)
        cursor.gotoEndOfUsedArea(True)
        place = cursor.RangeAddress
        return place.StartRow + 1, place.StartColumn + 1, place.EndRow + 1, place.EndColumn + 1

    @property
    def used_range(self) -> Range:
        return Range.of(self, self.used_area)

    def activate(self) -> None:
        self._book.doc.CurrentController.setActiveSheet(self.uno)

    def select(self) -> None:
        self.activate()

    def clear_contents(self) -> None:
        self.used_range.clear_contents()

    def delete(self) -> None:
        self._book.sheets.api.removeByName(self.name)

    def copy(self, before: Sheet | None, after: Sheet | None) -> None:
        """Within its book; the copy is in front, as in Excel."""
        place = before.index - 1 if before is not None else after.index  # type: ignore[union-attr]
        taken = {sheet.name.lower() for sheet in self._book.sheets}
        name = next(text for n in range(2, 10_000) if (text := f"{self.name[:25]} ({n})").lower() not in taken)
        self._book.sheets.api.copyByName(self.name, name, place)
        self._book.sheets(name).activate()

    @property
    def tables(self) -> Tables:
        return Tables(self)

    @property
    def freeze_panes(self) -> FreezePanes:
        return FreezePanes(self)

    @property
    def visible(self) -> bool:
        return bool(self.uno.IsVisible)

    @visible.setter
    def visible(self, value: bool) -> None:
        self.uno.IsVisible = bool(value)


class FreezePanes(base_classes.FreezePanes):  # type: ignore[misc]
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def freeze_at(self, frozen_range: str) -> None:
        """Keep the rows and columns from A1 to the end of a range in view."""
        _, _, bottom, right = parse_area(frozen_range)
        self._freeze(right if right < MAX_COLUMN else 0, bottom if bottom < MAX_ROW else 0)

    def unfreeze(self) -> None:
        self._freeze(0, 0)

    def _freeze(self, columns: int, rows: int) -> None:
        """LibreOffice freezes the sheet in front only."""
        controller = self._sheet.book.doc.CurrentController
        front = controller.ActiveSheet
        controller.setActiveSheet(self._sheet.uno)
        controller.freezeAtPosition(columns, rows)
        controller.setActiveSheet(front)


class Tables(base_classes.Collection, base_classes.Tables):  # type: ignore[misc]
    """LibreOffice keeps Excel's tables as database ranges."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    @property
    def api(self) -> Any:
        return self._sheet.book.doc.DatabaseRanges

    @property
    def parent(self) -> Sheet:
        return self._sheet

    def _tables(self) -> list[Table]:
        found = [self.api.getByName(name) for name in self.api.ElementNames]
        return [Table(self._sheet, one) for one in found if one.DataArea.Sheet == self._sheet.index - 1]

    def __call__(self, key: Any) -> Table:
        tables = self._tables()
        if isinstance(key, int) and 1 <= key <= len(tables):
            return tables[key - 1]
        for table in tables:
            if table.name.lower() == str(key).lower():
                return table
        raise KeyError(key)

    def __len__(self) -> int:
        return len(self._tables())

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables())


class Table(base_classes.Table):  # type: ignore[misc]
    def __init__(self, sheet: Sheet, uno: Any) -> None:
        self._sheet, self.uno = sheet, uno

    @property
    def api(self) -> Any:
        return self.uno

    @property
    def parent(self) -> Sheet:
        return self._sheet

    @property
    def name(self) -> str:
        return str(self.uno.Name)

    @property
    def range(self) -> Range:
        place = self.uno.DataArea
        return Range.of(self._sheet, (place.StartRow + 1, place.StartColumn + 1, place.EndRow + 1, place.EndColumn + 1))

    @property
    def show_headers(self) -> bool:
        return bool(self.uno.ContainsHeader)

    @property
    def show_totals(self) -> bool:
        return bool(self.uno.TotalsRow)
