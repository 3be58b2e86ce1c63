"""Ranges of a sheet: what their cells hold, where they are and how they look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from xlwings import base_classes
from xlwings.utils import hex_to_rgb

from reply_xl.engine import areas
from reply_xl.engine.areas import common
from reply_xl.engine.cells import as_block
from reply_xl.xlsx.model import MAX_COLUMN, MAX_ROW, Area

from . import values
from .bridge import enumeration, property_values, structure, typed
from .validation import DataValidation

if TYPE_CHECKING:
    from .sheets import Sheet

_EVERYTHING = 1023  # com.sun.star.sheet.CellFlags
_CONTENTS = 1 | 2 | 4 | 16
_FORMATS = 32 | 64
_STEPS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}


class Range(base_classes.Range):  # type: ignore[misc]
    """One area or several of a sheet; like Excel's, it shows only the first one in `row`, `shape`, `raw_value` and most others."""

    row = 1
    column = 1

    def __init__(self, sheet: Sheet, area: tuple[int, int, int, int], *more: Area) -> None:
        """`area` is row, column, rows, columns; `more` are further areas as top, left, bottom, right."""
        self._sheet = sheet
        self.row, self.column, self._rows, self._columns = area
        self._more = more
        self.options: dict[str, Any] = {}

    @classmethod
    def of(cls, sheet: Sheet, area: Area, *more: Area) -> Range:
        top, left, bottom, right = area
        return cls(sheet, (top, left, bottom - top + 1, right - left + 1), *more)

    @property
    def api(self) -> Any:
        return self if self._rows and self._columns else None

    @property
    def sheet(self) -> Sheet:
        return self._sheet

    @property
    def coords(self) -> tuple[Sheet, int, int, int, int]:
        return self._sheet, self.row, self.column, self._rows, self._columns

    @property
    def shape(self) -> tuple[int, int]:
        return self._rows, self._columns

    @property
    def area(self) -> Area:
        return self.row, self.column, self.row + self._rows - 1, self.column + self._columns - 1

    @property
    def areas(self) -> list[Area]:
        return [self.area, *self._more]

    def uno_of(self, area: Area) -> Any:
        self._sheet.book.app.asked()
        top, left, bottom, right = area
        return self._sheet.uno.getCellRangeByPosition(left - 1, top - 1, right - 1, bottom - 1)

    @property
    def uno(self) -> Any:
        """The first area."""
        return self.uno_of(self.area)

    def __len__(self) -> int:
        return sum((bottom - top + 1) * (right - left + 1) for top, left, bottom, right in self.areas) if self.api else 0

    def __bool__(self) -> bool:
        return True

    def __call__(self, *args: int) -> Range:
        row, column = divmod(int(args[0]) - 1, self._columns) if len(args) == 1 else (int(args[0]) - 1, int(args[1]) - 1)
        return self._sheet.range((self.row + row, self.column + column))

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("iterate over xlwings' Range")

    # values

    @property
    def raw_value(self) -> Any:
        if not self.api:
            return None
        block = values.read(self._sheet, self.uno)
        return block[0][0] if self.shape == (1, 1) else block

    @raw_value.setter
    def raw_value(self, value: Any) -> None:
        if not self.api:
            return
        for area in self.areas:
            rows, columns = area[2] - area[0] + 1, area[3] - area[1] + 1
            block = as_block(value, rows, columns)
            if block is None and value in (None, ""):
                self._refuse_if_locked(area)
                self.uno_of(area).clearContents(_CONTENTS)
            else:
                values.write(self._sheet, area, [[value] * columns] * rows if block is None else block)

    @property
    def formula(self) -> Any:
        if not self.api:
            return None
        uno = self.uno
        lines = zip(uno.getFormulaArray(), uno.getDataArray(), strict=True)
        # a text that would be read as something else comes with an apostrophe, which Excel does not show
        block = tuple(
            tuple(value if isinstance(value, str) and text == f"'{value}" else text for text, value in zip(*line, strict=True))
            for line in lines
        )
        return block[0][0] if self.shape == (1, 1) else block

    @formula.setter
    def formula(self, value: Any) -> None:
        self.raw_value = value

    def clear_contents(self) -> None:
        self._clear(_CONTENTS)

    def clear_formats(self) -> None:
        self._clear(_FORMATS)

    def clear(self) -> None:
        self._clear(_EVERYTHING)

    def _clear(self, what: int) -> None:
        for area in self.areas if self.api else ():
            self._refuse_if_locked(area)
            self.uno_of(area).clearContents(what)

    def _refuse_if_locked(self, area: Area) -> None:
        """LibreOffice drops a change of a locked cell's format in silence."""
        if not self._sheet.uno.isProtected():
            return
        uno = self.uno_of(area)
        if values.is_mixed(uno, "CellProtection") or uno.CellProtection.IsLocked:
            raise RuntimeError(f"{self.address} is protected.")

    # places

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        text = ",".join(areas.address(area, row_absolute, col_absolute) for area in self.areas)
        if not external:
            return text
        name = f"[{self._sheet.book.name}]{self._sheet.name}"
        plain = all(letter.isalnum() or letter in "._[]" for letter in name)
        return (name if plain else "'" + name.replace("'", "''") + "'") + "!" + text

    @property
    def address(self) -> str:
        return self.get_address(True, True, False)

    def end(self, direction: str) -> Range:
        """Where Ctrl+arrow leads, within the used range and to the edge beyond it."""
        down, right = _STEPS[direction]
        _, _, bottom, end = self._sheet.used_area
        line = self.uno_of((1, self.column, max(bottom, self.row), self.column) if down else (self.row, 1, self.row, max(end, self.column)))
        cells = line.getDataArray()
        filled = [index for index, cell in enumerate((row[0] for row in cells) if down else cells[0], 1) if cell != ""]
        place, step = (self.row, down) if down else (self.column, right)
        if place in filled and place + step in filled:
            while place + step in filled:
                place += step
        else:
            ahead = [other for other in filled if (other - place) * step > 0]
            edge = (MAX_ROW if down else MAX_COLUMN) if step > 0 else 1
            place = (min(ahead) if step > 0 else max(ahead)) if ahead else edge
        return Range(self._sheet, (place, self.column, 1, 1) if down else (self.row, place, 1, 1))

    def get_special_cells(self, cell_type: str, value_type: str | None) -> list[Range]:
        if cell_type != "visible":
            raise NotImplementedError(f"special cells of the type {cell_type!r}")
        found = [one for area in self.areas for one in self.uno_of(area).queryVisibleCells().RangeAddresses]
        return [Range.of(self._sheet, (one.StartRow + 1, one.StartColumn + 1, one.EndRow + 1, one.EndColumn + 1)) for one in found]

    @property
    def merge_cells(self) -> bool | None:
        """True, False, or None if some of the cells are merged and some are not."""
        cursor = self._sheet.uno.createCursorByRange(self.uno)
        before = cursor.AbsoluteName
        cursor.collapseToMergedArea()
        if cursor.AbsoluteName != before:
            return True
        return None if self.uno.IsMerged else False

    def select(self) -> None:
        ranges = self._sheet.book.doc.createInstance("com.sun.star.sheet.SheetCellRanges")
        for area in self.areas:
            ranges.addRangeAddress(self.uno_of(area).RangeAddress, False)
        self._sheet.activate()
        self._sheet.book.doc.CurrentController.select(ranges)

    # rows and columns

    @property
    def row_hidden(self) -> bool | None:
        rows = self.uno.Rows
        return common(not rows.getByIndex(index).IsVisible for index in range(self._rows))

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        self.uno.Rows.IsVisible = not value

    @property
    def column_hidden(self) -> bool | None:
        columns = self.uno.Columns
        return common(not columns.getByIndex(index).IsVisible for index in range(self._columns))

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        self.uno.Columns.IsVisible = not value

    @property
    def column_width(self) -> float | None:
        columns = self.uno.Columns
        return common(values.characters(columns.getByIndex(index).Width) for index in range(self._columns))

    @column_width.setter
    def column_width(self, value: float) -> None:
        for area in self.areas:
            self._refuse_if_locked(area)
            self.uno_of(area).Columns.Width = values.hundredths(value)

    @property
    def rows(self) -> Range:
        return self

    @property
    def columns(self) -> Range:
        return self

    # looks

    def _common(self, name: str) -> Any:
        uno = self.uno
        return None if values.is_mixed(uno, name) else getattr(uno, name)

    def put(self, name: str, value: Any) -> None:
        for area in self.areas:
            self._refuse_if_locked(area)
            setattr(self.uno_of(area), name, value)

    @property
    def number_format(self) -> str | None:
        key = self._common("NumberFormat")
        return None if key is None else values.number_format(self._sheet.book.doc, key)

    @number_format.setter
    def number_format(self, value: str) -> None:
        self.put("NumberFormat", values.format_key(self._sheet.book.doc, value))

    @property
    def color(self) -> tuple[int, int, int] | None:
        color = self._common("CellBackColor")
        if color is None:
            return (0, 0, 0)
        return None if color == -1 else (color >> 16 & 255, color >> 8 & 255, color & 255)

    @color.setter
    def color(self, value: Any) -> None:
        if isinstance(value, str):
            value = hex_to_rgb(value)
        self.put("CellBackColor", -1 if value is None else value[0] << 16 | value[1] << 8 | value[2])

    @property
    def font(self) -> Font:
        return Font(self)

    @property
    def data_validation(self) -> DataValidation:
        return DataValidation(self)

    def sort(self, keys: Sequence[int], ascending: Sequence[bool], has_headers: bool) -> None:
        """`keys`: numbers of columns within the range, from 1."""
        fields = tuple(
            structure("com.sun.star.table.TableSortField", Field=key - 1, IsAscending=is_ascending)
            for key, is_ascending in zip(keys, ascending, strict=True)
        )
        self.uno.sort(property_values(SortFields=typed("[]com.sun.star.table.TableSortField", fields), ContainsHeader=has_headers))

    def insert(self, shift: str | None = None, copy_origin: str | None = None) -> None:
        """Whole rows or columns move as a whole; other cells down, or right."""
        self._shift("insertCells", {"right": "RIGHT"}.get(shift or "", "DOWN"), "ROWS", "COLUMNS")

    def delete(self, shift: str | None = None) -> None:
        self._shift("removeRange", {"left": "LEFT"}.get(shift or "", "UP"), "ROWS", "COLUMNS")

    def _shift(self, verb: str, way: str, rows: str, columns: str) -> None:
        kind = "com.sun.star.sheet.CellInsertMode" if verb == "insertCells" else "com.sun.star.sheet.CellDeleteMode"
        way = rows if self._columns == MAX_COLUMN else columns if self._rows == MAX_ROW else way
        getattr(self._sheet.uno, verb)(self.uno.RangeAddress, enumeration(kind, way))


class Font(base_classes.Font):  # type: ignore[misc]
    """Bold or not."""

    def __init__(self, parent: Range) -> None:
        self._range = parent

    @property
    def api(self) -> Any:
        return self

    @property
    def bold(self) -> bool | None:
        weight = self._range._common("CharWeight")
        return None if weight is None else bool(weight > 100)

    @bold.setter
    def bold(self, value: bool) -> None:
        self._range.put("CharWeight", 150.0 if value else 100.0)
