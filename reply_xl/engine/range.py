"""Ranges over a file: xlwings' contract for `Range`, with the shapes and traps of its Windows engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from reply_xl.engine import areas
from reply_xl.engine.cells import MISSING, as_block, as_date, settle
from reply_xl.engine.formats import MAX_WRITE, Formats
from reply_xl.engine.members import refusing
from reply_xl.engine.validation import DataValidation
from reply_xl.errors import SheetError
from reply_xl.xlsx import edit
from reply_xl.xlsx.edit import style_at
from reply_xl.xlsx.model import ERROR_CODES, MAX_COLUMN, MAX_ROW, Area, Formula, Value, area_text

if TYPE_CHECKING:
    from reply_xl.engine.sheet import Sheet


@refusing
class Range(Formats, base_classes.Range):  # type: ignore[misc]
    """One area or several of a sheet; like Excel's, it shows only the first one in `row`, `shape`, `raw_value` and most others."""

    row = 1
    column = 1

    def __init__(self, sheet: Sheet, area: tuple[int, int, int, int], *more: Area) -> None:
        """`area` is row, column, rows, columns (0 rows or columns: an empty range, as xlwings' slices make); `more` are further areas."""
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

    def __len__(self) -> int:
        return sum((bottom - top + 1) * (right - left + 1) for top, left, bottom, right in self.areas) if self.api else 0

    def __bool__(self) -> bool:
        return True

    def __call__(self, *args: int) -> Range:
        if len(args) == 1:
            row, column = divmod(int(args[0]) - 1, self._columns)
        else:
            row, column = int(args[0]) - 1, int(args[1]) - 1
        row, column = self.row + row, self.column + column
        if not 1 <= row <= MAX_ROW or not 1 <= column <= MAX_COLUMN:
            raise IndexError("The cell lies beyond the sheet.")
        return Range(self._sheet, (row, column, 1, 1))

    # values

    @property
    def raw_value(self) -> Any:
        if not self.api:
            return None
        top, left, bottom, right = self.area
        file = self._sheet.file
        data, book = file.top(bottom), file.book
        dates, date1904 = book.styles.date_flags, book.data.date1904
        columns = range(left, right + 1)
        blank = (None,) * self._columns
        block = []
        known = len(dates)
        for row in range(top, bottom + 1):
            line = data.cells.get(row)
            if line is None:
                block.append(blank)
                continue
            values: list[Any] = []
            for column in columns:
                cell = line.get(column)
                if cell is None:
                    values.append(None)
                    continue
                value: Any = cell[0]
                if type(value) is float and dates[cell[1] if cell[1] < known else 0]:
                    value = as_date(value, date1904)
                values.append(value)
            block.append(tuple(values))
        return block[0][0] if self.shape == (1, 1) else tuple(block)

    @raw_value.setter
    def raw_value(self, value: Any) -> None:
        if not self.api:
            return
        for area in self.areas:
            self._write(area, value)

    def _write(self, area: Area, value: Any) -> None:
        sheet, book = self._sheet.file.data, self._sheet.file.book
        top, left, bottom, right = area
        rows, columns = bottom - top + 1, right - left + 1
        block = as_block(value, rows, columns)
        if block is None and value in (None, ""):
            self._clear(area)
            return
        if rows * columns > MAX_WRITE:
            raise SheetError(f"{rows * columns:,} cells are too many to write at once.")
        self._refuse_locked(area)
        edit.refuse_part_of_array(sheet, area)
        tables = self._sheet.file.tables
        before = edit.blank_right_of(sheet, tables, area)
        covered = areas.covered_by_merges(sheet.merges, area)
        settled: list[tuple[int, int, Value | Formula, int]] = []
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if (row, column) in covered:
                    continue  # Excel keeps nothing in the covered cells of a merged area
                item = value if block is None else block[row - top][column - left]
                style = style_at(sheet, row, column)
                if item is MISSING:
                    settled.append((row, column, ERROR_CODES["#N/A"], style))
                else:
                    held, style = settle(item, style, book.styles, book.data.date1904)
                    settled.append((row, column, self._moved(held, area, row, column) if block is None else held, style))
        # nothing is written before every value was accepted: Excel takes a block whole or not at all
        for row, column, held, style in settled:
            edit.set_value(sheet, row, column, held, style)
        edit.settle_tables(sheet, tables, area, before)

    def _moved(self, held: Any, area: Area, row: int, column: int) -> Any:
        """One formula for a whole range moves its relative references from cell to cell."""
        if isinstance(held, Formula) and (row, column) != area[:2]:
            return Formula(edit.translated(held.text, area[:2], (row, column)))
        return held

    def _clear(self, area: Area) -> None:
        sheet = self._sheet.file.data
        self._refuse_locked(area)
        edit.refuse_part_of_array(sheet, area)
        tables = self._sheet.file.tables
        for row, column in list(areas.stored(sheet, area)):
            if edit.value_at(sheet, row, column) is not None:
                edit.set_value(sheet, row, column, None, style_at(sheet, row, column))
        edit.settle_tables(sheet, tables, area, {})

    def _refuse_locked(self, area: Area) -> None:
        sheet = self._sheet.file.data
        if sheet.protected and any(self._sheet.file.book.styles[style].locked for style in areas.styles_in(sheet, area)):
            place = f"{area_text(area)} of sheet {self._sheet.name}"
            raise SheetError(f"{place} is locked, and the sheet is protected: unprotect the sheet in Excel first.")

    def clear_contents(self) -> None:
        if self.api:
            for area in self.areas:
                self._clear(area)

    def clear_formats(self) -> None:
        self._restyle(lambda _: 0)

    def clear(self) -> None:
        self.clear_contents()
        self.clear_formats()
        if self.api:
            self.data_validation.delete()

    @property
    def formula(self) -> Any:
        if not self.api:
            return None
        sheet = self._sheet.file.data
        top, left, bottom, right = self.area

        def text(row: int, column: int) -> str:
            formula = edit.formula_text(sheet, row, column)
            if formula is not None:
                return "=" + formula.replace("_xlfn._xlws.", "").replace("_xlfn.", "")
            return edit.constant_text(edit.value_at(sheet, row, column))

        block = tuple(tuple(text(row, column) for column in range(left, right + 1)) for row in range(top, bottom + 1))
        return block[0][0] if self.shape == (1, 1) else block

    @formula.setter
    def formula(self, value: Any) -> None:
        self.raw_value = value

    @property
    def has_array(self) -> bool | None:
        sheet = self._sheet.file.data
        found = {(formula := sheet.formulas.get(key)) is not None and formula.kind == "array" for key in areas.cells(self.area)}
        return found.pop() if len(found) == 1 else None

    # places

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        if not self.api:
            raise NotImplementedError("Range.get_address of an empty range")
        text = ",".join(areas.address(area, row_absolute, col_absolute) for area in self.areas)
        if not external:
            return text
        name = f"[{self._sheet.file.book.name}]{self._sheet.name}"
        plain = all(letter.isalnum() or letter in "._[]" for letter in name)
        return (name if plain else "'" + name.replace("'", "''") + "'") + "!" + text

    @property
    def address(self) -> str:
        if self.api:
            return self.get_address(True, True, False)
        return f"{areas.address((self.row, self.column, self.row, self.column), True, True)}{{{self._rows}x{self._columns}}}"

    def end(self, direction: str) -> Range:
        row, column = areas.end_of(self._sheet.file.data, self.row, self.column, direction)
        return Range(self._sheet, (row, column, 1, 1))

    @property
    def current_region(self) -> Range:
        return Range.of(self._sheet, areas.region(self._sheet.file.data, self.area)) if self.api else self

    def get_special_cells(self, cell_type: str, value_type: str | None) -> list[Range]:
        """The areas of the cells of a type; each is inside this range, also if it is one cell (Excel would search the used range)."""
        if not self.api:
            return []
        sheet = self._sheet.file
        found = areas.special(sheet, self.areas, cell_type, value_type, self._sheet.used_area)
        return [Range.of(self._sheet, area) for area in found]

    @property
    def row_hidden(self) -> bool | None:
        return areas.common(areas.row_is_hidden(self._sheet.file.data, row) for row in range(self.area[0], self.area[2] + 1))

    @property
    def column_hidden(self) -> bool | None:
        return areas.common(areas.column_is_hidden(self._sheet.file.data, column) for column in range(self.area[1], self.area[3] + 1))

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        sheet = self._sheet.file.data
        if sheet.formats_protected:
            raise SheetError(f"The sheet {self._sheet.name} is protected: its columns cannot be changed. Unprotect it in Excel first.")
        for area in self.areas:
            edit.set_columns(sheet, area[1], area[3], hidden=bool(value))

    @property
    def data_validation(self) -> DataValidation:
        return DataValidation(self)

    @property
    def merge_cells(self) -> bool | None:
        """True, False, or None if some of the cells are merged and some are not."""
        merged = areas.merged_count(self._sheet.file.data.merges, self.area)
        return False if not merged else True if merged == self._rows * self._columns else None

    @property
    def merge_area(self) -> Range:
        cell = (self.row, self.column, self.row, self.column)
        merge = next((merge for merge in self._sheet.file.data.merges if edit.covers(merge, cell)), None)
        return self if merge is None and self.shape == (1, 1) else Range.of(self._sheet, merge or cell)

    @property
    def table(self) -> Any:
        cell = (self.row, self.column, self.row, self.column)
        return next((table for table in self._sheet.tables if edit.overlap(table.table.area, cell)), None)

    @property
    def name(self) -> Any:
        return next((name for name in self._sheet.book.names if name.area_on(self._sheet) == self.area), None)

    @name.setter
    def name(self, value: str) -> None:
        sheet = self._sheet.name.replace("'", "''")
        self._sheet.book.names.add(value, "=" + ",".join(f"'{sheet}'!{areas.address(area, True, True)}" for area in self.areas))

    @property
    def rows(self) -> Range:
        return self

    @property
    def columns(self) -> Range:
        return self

    def select(self) -> None:
        """Select in memory; the file keeps its own selection, and its own sheet in front."""
        self._sheet.file.data.selection = self.areas
        self._sheet.file.book.active = self._sheet.file
        self._sheet.book.activate()

    def __iter__(self) -> Iterator[Value]:
        raise TypeError("iterate over xlwings' Range")
