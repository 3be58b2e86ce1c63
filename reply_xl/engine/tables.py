"""Tables over a file: xlwings' contract for them. They can be added and changed in new workbooks only."""

from __future__ import annotations

import builtins
import numbers
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from reply_xl.engine.members import Keyed, refusing
from reply_xl.engine.range import Range
from reply_xl.errors import SheetError
from reply_xl.xlsx.edit import name_column, overlap
from reply_xl.xlsx.tables import Table as TableData

if TYPE_CHECKING:
    from reply_xl.engine.sheet import Sheet


@refusing
class Tables(Keyed, base_classes.Collection, base_classes.Tables):  # type: ignore[misc]
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

    def add(
        self,
        source_type: Any = None,
        source: Any = None,
        link_source: Any = None,
        has_headers: bool = True,
        destination: Any = None,
        table_style_name: str | None = None,
        name: str | None = None,
    ) -> Table:
        """A table over a range of a new workbook, whose first row holds the headers."""
        if source_type is not None or link_source is not None or destination is not None or not has_headers:
            raise NotImplementedError("Tables.add of anything but a range with headers is not supported for files without Excel")
        file = self._sheet.file
        return Table(self._sheet, file.book.add_table(file, source.impl.area, name, table_style_name or ""))

    def __len__(self) -> int:
        return len(self._sheet.file.tables)

    def __iter__(self) -> Iterator[Table]:
        for table in self._sheet.file.tables:
            yield Table(self._sheet, table)


def _trait(member: str, field: str) -> property:
    """A trait of a table that can be set in new workbooks."""

    def get(self: Table) -> Any:
        return getattr(self.table, field)

    def put(self: Table, value: Any) -> None:
        self.refuse_unless_fresh(member)
        setattr(self.table, field, type(get(self))(value))

    return property(get, put)


@refusing
class Table(base_classes.Table):  # type: ignore[misc]
    def __init__(self, sheet: Sheet, table: TableData) -> None:
        self._sheet = sheet
        self.table = table

    @property
    def api(self) -> Table:
        return self

    @property
    def parent(self) -> Sheet:
        return self._sheet

    def refuse_unless_fresh(self, member: str) -> None:
        self._sheet.file.book.only_fresh(f"Table.{member}")

    @property
    def name(self) -> str:
        return self.table.name

    @name.setter
    def name(self, value: str) -> None:
        self.refuse_unless_fresh("name (set)")
        if value.lower() != self.name.lower():
            self._sheet.file.book.free_name(value)
        self.table.name = self.table.display_name = value

    @property
    def display_name(self) -> str:
        return self.table.display_name

    @display_name.setter
    def display_name(self, value: str) -> None:
        self.name = value

    @property
    def range(self) -> Range:
        return Range.of(self._sheet, self.table.area)

    @property
    def header_row_range(self) -> Range | None:
        top, left, _, right = self.table.area
        return Range.of(self._sheet, (top, left, top, right)) if self.table.headers else None

    @property
    def data_body_range(self) -> Range | None:
        body = self.table.body
        return None if self.table.insert_row or body[0] > body[2] else Range.of(self._sheet, body)

    @property
    def insert_row_range(self) -> Range | None:
        return Range.of(self._sheet, self.table.body) if self.table.insert_row else None

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

    show_autofilter = _trait("show_autofilter (set)", "filtered")
    table_style = _trait("table_style (set)", "style")
    show_table_style_first_column = _trait("show_table_style_first_column (set)", "first_column")
    show_table_style_last_column = _trait("show_table_style_last_column (set)", "last_column")
    show_table_style_row_stripes = _trait("show_table_style_row_stripes (set)", "row_stripes")
    show_table_style_column_stripes = _trait("show_table_style_column_stripes (set)", "column_stripes")

    def resize(self, range: Any) -> None:
        """Other columns and rows below the same header row."""
        self.refuse_unless_fresh("resize")
        file, area = self._sheet.file, range.impl.area
        others = [table.area for table in file.tables if table is not self.table]
        if area[0] != self.table.area[0] or area[0] == area[2] or not overlap(area, self.table.area):
            raise SheetError("A table keeps its header row, and has one row below it at least.")
        if any(overlap(area, other) for other in [*others, *file.data.merges]):
            raise SheetError(f"There is no room for the table {self.name} in {range.address}.")
        self.table.area, self.table.columns = area, [""] * (area[3] - area[1] + 1)
        for place in builtins.range(len(self.table.columns)):
            name_column(file.data, self.table, place)
