"""Excel's Range and what hangs on it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

from . import com
from .com_base import Collection, OfSheet
from .grid import COLUMNS, MIXED, ROWS, Rect, bounds
from .pywin32 import OVERFLOW, excel_error
from .sheet import FORMATS, Formula, Sheet
from .typed import ExcelError


class Range(OfSheet):
    def __init__(self, sheet: Sheet, areas: Sequence[Rect], view: str = "cells"):
        super().__init__(sheet.book.excel, sheet)
        vars(self).update(areas=tuple(areas), view=view)

    def one(self, rect: Rect) -> Range:
        if rect.top < 1 or rect.left < 1 or rect.bottom > ROWS or rect.right > COLUMNS:
            raise excel_error("Application-defined or object-defined error")
        return Range(self.sheet, [rect])

    @property
    def first(self) -> Rect:
        return self.areas[0]

    def address(self, row_absolute: bool = True, column_absolute: bool = True) -> str:
        """Excel stops before the area that would take the text over 255 characters, and does not say so."""
        text = ""
        for area in self.areas:
            more = ("," if text else "") + area.address(row_absolute, column_absolute)
            if len(text) + len(more) > 255:
                break
            text += more
        return text

    def wrote(self, what: str) -> None:
        self.excel.wrote(what, self.sheet, ",".join(area.address(False, False) for area in self.areas), sum(a.cells for a in self.areas))

    # where it is

    def get_Worksheet(self) -> Any:
        return com.Worksheet(self.excel, self.sheet)

    get_Parent = get_Worksheet

    def get_Row(self) -> int:
        return self.first.top

    def get_Column(self) -> int:
        return self.first.left

    def get_Rows(self) -> Any:
        return Range(self.sheet, self.areas, "rows")

    def get_Columns(self) -> Any:
        return Range(self.sheet, self.areas, "columns")

    def get_Cells(self) -> Any:
        return Range(self.sheet, self.areas)

    def get_CountLarge(self) -> int:
        if self.view == "rows":
            return self.first.height
        if self.view == "columns":
            return self.first.width
        return sum(area.cells for area in self.areas)

    def get_Count(self) -> int:
        count = self.get_CountLarge()
        if count > 2**31 - 1:
            raise excel_error("Overflow", OVERFLOW)
        return count

    def get_Address(self) -> str:
        return self.address()

    def do_GetAddress(self, RowAbsolute: Any = True, ColumnAbsolute: Any = True, ReferenceStyle: int = 1, External: Any = False) -> str:
        text = self.address(RowAbsolute, ColumnAbsolute)
        if not External:
            return text
        place = f"[{self.sheet.book.name}]{self.sheet.name}"
        return (place if re.fullmatch(r"\[[\w.]+\]\w+", place) else "'" + place.replace("'", "''") + "'") + "!" + text

    def get_Areas(self) -> Any:
        return Areas(self.excel, self.sheet, self.areas)

    def get_EntireRow(self) -> Any:
        return Range(self.sheet, [Rect(area.top, 1, area.bottom, COLUMNS) for area in self.areas])

    def get_EntireColumn(self) -> Any:
        return Range(self.sheet, [Rect(1, area.left, ROWS, area.right) for area in self.areas])

    def do_Item(self, row: int, column: int | None = None) -> Any:
        first = self.first
        if self.view == "rows":
            return Range(self.sheet, [Rect(first.top + row - 1, first.left, first.top + row - 1, first.right)], "rows")
        if self.view == "columns":
            return Range(self.sheet, [Rect(first.top, first.left + row - 1, first.bottom, first.left + row - 1)], "columns")
        if column is None:
            down, right = divmod(row - 1, first.width)
        else:
            down, right = row - 1, column - 1
        return self.one(Rect(first.top + down, first.left + right, first.top + down, first.left + right))

    do_default = do_Item

    def members(self) -> list[Callable[[], Any]]:
        return [lambda index=index: self.do_Item(index) for index in range(1, self.get_Count() + 1)]

    def do_GetOffset(self, rows: int = 0, columns: int = 0) -> Any:
        first = self.first
        return self.one(Rect(first.top + rows, first.left + columns, first.bottom + rows, first.right + columns))

    do_Offset = do_GetOffset

    def do_GetResize(self, rows: int | None = None, columns: int | None = None) -> Any:
        first = self.first
        return self.one(Rect(first.top, first.left, first.top + (rows or first.height) - 1, first.left + (columns or first.width) - 1))

    do_Resize = do_GetResize

    def do_End(self, direction: int) -> Any:
        down, right = {-4162: (-1, 0), -4121: (1, 0), -4159: (0, -1), -4161: (0, 1)}[direction]
        row, column = self.first[:2]
        filled = {(r, c) for r, cells in self.sheet.rows.items() for c in cells if (c == column if down else r == row)}

        def inside(r: int, c: int) -> bool:
            return 1 <= r <= ROWS and 1 <= c <= COLUMNS

        if (row, column) in filled and (row + down, column + right) in filled:
            while (row + down, column + right) in filled:
                row, column = row + down, column + right
            return self.one(Rect(row, column, row, column))
        ahead = [spot for spot in filled if (spot[0] - row) * down > 0 or (spot[1] - column) * right > 0]
        if ahead:
            row, column = min(ahead, key=lambda spot: abs(spot[0] - row) + abs(spot[1] - column))
        elif inside(row, column):
            row = (ROWS if down > 0 else 1) if down else row
            column = (COLUMNS if right > 0 else 1) if right else column
        return self.one(Rect(row, column, row, column))

    def get_CurrentRegion(self) -> Any:
        region, used = self.first, self.sheet.used()
        while True:
            near = Rect(max(1, region.top - 1), max(1, region.left - 1), region.bottom + 1, region.right + 1).meet(used)
            cells = [Rect(r, c, r, c) for r, filled in self.sheet.rows.items() for c in filled]
            grown = bounds([region, *(cell for cell in cells if near and near.covers(cell))])
            if grown == region:
                return self.one(region)
            region = grown

    # what is in it

    def get_Value(self) -> Any:
        return self.sheet.read(self.first)

    def get_Value2(self) -> Any:
        return self.sheet.read(self.first, dated=False)

    def do_GetValue(self, RangeValueDataType: int = 10) -> Any:
        if RangeValueDataType != 10:
            raise NotImplementedError("the fake Excel has no XML values")
        return self.sheet.read(self.first)

    def put_Value(self, data: Any, what: str = "Value") -> None:
        self.sheet.write(self.areas, data)
        self.wrote(what)

    def put_Value2(self, data: Any) -> None:
        self.put_Value(data, "Value2")

    def get_Formula(self) -> Any:
        return self.sheet.formula_block(self.first)

    def put_Formula(self, data: Any) -> None:
        name, _, rest = str(data).removeprefix("=").partition("(")
        function = self.sheet.book.excel.functions.get(name)
        if function is None:
            self.put_Value(data, "Formula")
            return
        value = function(*ast.literal_eval(f"[{rest.removesuffix(')')}]"))
        self.sheet.fill(self.first.address(), [[Formula(str(data), value)]])
        self.wrote("Formula")

    get_Formula2 = get_Formula
    put_Formula2 = put_Formula

    def get_Text(self) -> Any:
        return None if self.first.cells > 1 else self.sheet.formula_text(*self.first[:2])

    def get_HasFormula(self) -> bool | None:
        inside = sum(self.first.covers(Rect(*spot, *spot)) for spot in self.sheet.formulas)
        return True if inside == self.first.cells else None if inside else False

    def get_HasArray(self) -> bool:
        return False

    def do_ClearContents(self, what: str = "ClearContents") -> None:
        self.sheet.demand_unlocked(self.areas, "cells")
        used = self.sheet.used()
        self.sheet.write([meet for area in self.areas if (meet := area.meet(used))], None)
        self.wrote(what)

    def do_ClearFormats(self) -> None:
        self.sheet.demand_unlocked(self.areas, "NumberFormat")
        for area in self.areas:
            for name, default in FORMATS.items():
                self.sheet.formats[name].put(area, default)

    def do_Clear(self) -> None:
        self.do_ClearContents("Clear")
        self.do_ClearFormats()

    def do_SpecialCells(self, Type: int, Value: int | None = None) -> Any:
        if self.sheet.protected and not self.sheet.special_cells_when_protected:
            raise excel_error("You cannot use this command on a protected sheet.")
        used = self.sheet.used()
        areas = [used] if sum(area.cells for area in self.areas) == 1 else list(self.areas)
        if Type == 12:
            found = [part for area in areas for part in self.sheet.visible_areas(area)]
        elif Type == -4174:
            found = self.sheet.formats["Validation"].used()
        else:
            test = {4: lambda value, formula: value is None, 2: _constant(Value), -4123: _formula(Value)}[Type]
            found = [part for area in areas if (meet := area.meet(used)) for part in self.sheet.matching_areas(meet, test)]
        if not found:
            raise excel_error("No cells were found.")
        return Range(self.sheet, found)

    # how it looks

    def format(self, name: str) -> Any:
        first, *others = [self.sheet.formats[name].uniform(area) for area in self.areas]
        return None if first is MIXED or any(other != first for other in others) else first

    def set_format(self, name: str, value: Any, what: str | None = None) -> None:
        self.sheet.demand_unlocked(self.areas, name)
        for area in self.areas:
            self.sheet.formats[name].put(area, value)
        self.wrote(what or name)

    def get_Interior(self) -> Any:
        return Interior(self)

    def get_Font(self) -> Any:
        return Font(self)

    def get_Hidden(self) -> bool | None:
        hidden, spans = self._hideable()
        flags = {index in hidden for first, last in spans for index in range(first, last + 1)}
        return None if len(flags) > 1 else flags.pop()

    def put_Hidden(self, value: bool) -> None:
        hidden, spans = self._hideable()
        self.sheet.demand_unlocked(self.areas, "Hidden")
        for first, last in spans:
            hidden.update(range(first, last + 1)) if value else hidden.difference_update(range(first, last + 1))

    def _hideable(self) -> tuple[set[int], list[tuple[int, int]]]:
        if all(area.whole_rows for area in self.areas):
            return self.sheet.hidden_rows, [(area.top, area.bottom) for area in self.areas]
        if all(area.whole_columns for area in self.areas):
            return self.sheet.hidden_columns, [(area.left, area.right) for area in self.areas]
        raise excel_error("Unable to get the Hidden property of the Range class")

    def get_MergeCells(self) -> bool | None:
        return self.sheet.merge_state(self.first)

    def get_MergeArea(self) -> Any:
        if self.first.cells > 1:
            raise excel_error("Application-defined or object-defined error")
        return self.one(next((merge for merge in self.sheet.merges if merge.covers(self.first)), self.first))

    def do_Merge(self, Across: Any = False) -> None:
        self.sheet.demand_unlocked(self.areas, "MergeCells")
        self.sheet.merge(self.first.address())

    def do_UnMerge(self) -> None:
        self.sheet.merges = [merge for merge in self.sheet.merges if not merge.meet(self.first)]

    def get_ListObject(self) -> Any:
        return next((com.ListObject(self.excel, table) for table in self.sheet.tables if table.rect.meet(self.first)), None)

    def get_Comment(self) -> None:
        return None

    get_CommentThreaded = get_Comment

    def get_Name(self) -> Any:
        raise excel_error("Application-defined or object-defined error")

    def get_Validation(self) -> Any:
        return Validation(self)

    # what it does

    def do_Select(self) -> bool:
        self.sheet.selection = self.areas
        return True

    do_Activate = do_Select

    def do_AutoFit(self) -> bool:
        return True

    def do_Insert(self, Shift: Any = None, CopyOrigin: Any = None) -> bool:
        self.sheet.demand_unlocked(self.areas, "Insert")
        if not self.first.whole_rows:
            raise NotImplementedError("the fake Excel inserts whole rows only")
        self.sheet.insert_rows(self.first.top, self.first.height)
        return True

    def do_Delete(self, Shift: Any = None) -> bool:
        self.sheet.demand_unlocked(self.areas, "Delete")
        if not self.first.whole_rows:
            raise NotImplementedError("the fake Excel deletes whole rows only")
        self.sheet.delete_rows(self.first.top, self.first.height)
        return True

    def do_Copy(self, Destination: Any = None) -> bool:
        if Destination is None:
            self.excel.properties["CutCopyMode"] = 1
            return True
        source, target = self.first, Destination.first
        for row in range(source.height):
            for column in range(source.width):
                spot = (source.top + row, source.left + column)
                value, formula = self.sheet.rows.get(spot[0], {}).get(spot[1]), self.sheet.formulas.get(spot)
                corner = Rect(target.top + row, target.left + column, target.top + row, target.left + column)
                Destination.sheet.fill(corner.address(), [[Formula(formula, value) if formula else value]])
                Destination.sheet.formats["NumberFormat"].put(corner, self.sheet.formats["NumberFormat"].at(*spot))
        Destination.wrote("Copy")
        return True


def _range_format(name: str) -> None:
    setattr(Range, f"get_{name}", lambda self: self.format(name))
    setattr(Range, f"put_{name}", lambda self, value: self.set_format(name, value))


for _name in FORMATS:
    if "." not in _name and _name != "Validation":
        _range_format(_name)
Range.get_NumberFormatLocal, Range.put_NumberFormatLocal = Range.get_NumberFormat, Range.put_NumberFormat


def _kind(value: Any) -> int:
    """xlSpecialCellsValue of a value."""
    return 16 if isinstance(value, ExcelError) else 4 if isinstance(value, bool) else 1 if isinstance(value, float) else 2


def _constant(kinds: int | None) -> Callable[[Any, bool], bool]:
    return lambda value, formula: value is not None and not formula and (kinds is None or bool(_kind(value) & kinds))


def _formula(kinds: int | None) -> Callable[[Any, bool], bool]:
    return lambda value, formula: formula and (kinds is None or bool(_kind(value) & kinds))


class OfRange(OfSheet):
    def __init__(self, owner: Range):
        super().__init__(owner.excel, owner.sheet)
        vars(self).update(owner=owner)


class Interior(OfRange):
    def get_Color(self) -> float | None:
        return 16777215.0 if self.get_ColorIndex() == -4142 else self.owner.format("Interior.Color")

    def put_Color(self, value: float) -> None:
        self.owner.set_format("Interior.Color", float(value))

    def get_ColorIndex(self) -> int | None:
        layers = {self.sheet.formats["Interior.Color"].uniform(area) for area in self.owner.areas}
        return None if len(layers) > 1 or MIXED in layers else -4142 if layers == {None} else 3

    def put_ColorIndex(self, value: int) -> None:
        if value != -4142:
            raise NotImplementedError("the fake Excel knows no colour by index")
        self.owner.set_format("Interior.Color", None)


class Font(OfRange):
    pass


def _font_property(name: str) -> None:
    setattr(Font, f"get_{name}", lambda self: self.owner.format(f"Font.{name}"))
    setattr(Font, f"put_{name}", lambda self, value: self.owner.set_format(f"Font.{name}", value))


for _name in FORMATS:
    if _name.startswith("Font."):
        _font_property(_name.removeprefix("Font."))


class Validation(OfRange):
    """Rules of data validation, kept as the arguments of Add. A range without a rule has no Type."""

    def rule(self) -> dict[str, Any] | None:
        return self.owner.format("Validation")

    def get_Type(self) -> int | None:
        if self.sheet.formats["Validation"].uniform(self.owner.first) is None:
            raise excel_error("Application-defined or object-defined error")
        rule = self.rule()
        return rule["Type"] if rule else None

    def get_Formula1(self) -> Any:
        return (self.rule() or {}).get("Formula1")

    def put_InCellDropdown(self, value: bool) -> None:
        self.do_Modify(InCellDropdown=bool(value))

    def do_Add(self, **options: Any) -> None:
        if any(self.sheet.formats["Validation"].uniform(area) is not None for area in self.owner.areas):
            raise excel_error("Application-defined or object-defined error")
        if len(str(options.get("Formula1", ""))) > 255:
            raise excel_error("Application-defined or object-defined error")
        self.owner.set_format("Validation", options)

    def do_Modify(self, **options: Any) -> None:
        self.owner.set_format("Validation", {**(self.rule() or {}), **options})

    def do_Delete(self) -> None:
        self.owner.set_format("Validation", None)


def _rule_property(name: str, default: Any) -> None:
    setattr(Validation, f"get_{name}", lambda self: (self.rule() or {}).get(name, default))


for _name, _default in {"InCellDropdown": True, "IgnoreBlank": True, "ShowError": True, "ShowInput": True, "AlertStyle": 1}.items():
    _rule_property(_name, _default)


class Areas(OfSheet, Collection):
    def __init__(self, excel: Any, sheet: Sheet, areas: Sequence[Rect]):
        super().__init__(excel, sheet)
        vars(self).update(areas=areas)

    def things(self) -> list[Any]:
        return list(self.areas)

    def wrap(self, thing: Any) -> Any:
        return Range(self.sheet, [thing])
