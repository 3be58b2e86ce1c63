"""Workbook files on disk opened in the fake Excel, so that one workbook serves the tests of every host."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl

from .grid import rects
from .pywin32 import excel_error
from .sheet import Formula, Sheet
from .typed import ExcelError, serial


def fill_book(book: Any, path: str | Path) -> None:
    """Give a book without sheets what is in an .xlsx or .xlsm file: cells, formats, what is hidden, merged, a table, selected."""
    try:
        texts, shown = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    except Exception as error:
        raise excel_error(
            f"Excel cannot open the file '{Path(path).name}' because the file format or file extension is not valid."
        ) from error
    for source in texts.worksheets:
        sheet = book.add_sheet(source.title)
        _fill_cells(sheet, source, shown[source.title])
        _fill_rest(sheet, source)
    book.active = book.sheets[texts.index(texts.active)] if texts.active in texts.worksheets else book.sheets[0]


def _fill_cells(sheet: Sheet, source: Any, shown: Any) -> None:
    formats, colors = {}, {}
    for row in source.iter_rows():
        for cell in row:
            if not cell.has_style and cell.value is None:
                continue
            spot = (cell.row, cell.column)
            value = _value(shown[cell.coordinate]) if cell.data_type == "f" else _value(cell)
            sheet.fill(cell.coordinate, [[Formula(str(cell.value), value) if cell.data_type == "f" else value]])
            if cell.number_format != "General" or sheet.formats["NumberFormat"].at(*spot) != "General":
                formats[spot] = cell.number_format
            if cell.fill.fill_type == "solid" and isinstance(cell.fill.fgColor.rgb, str):
                red, green, blue = bytes.fromhex(cell.fill.fgColor.rgb[-6:])
                colors[spot] = float(red + 256 * green + 65536 * blue)
            if not cell.protection.locked:
                sheet.unlock(cell.coordinate)
    sheet.formats["NumberFormat"].put_cells(formats)
    sheet.formats["Interior.Color"].put_cells(colors)


def _value(cell: Any) -> Any:
    value = cell.value
    if cell.data_type == "e":
        return ExcelError(value)
    if isinstance(value, dt.time):
        return serial(dt.datetime.combine(dt.date(1899, 12, 30), value))
    return value / dt.timedelta(days=1) if isinstance(value, dt.timedelta) else value


def _fill_rest(sheet: Sheet, source: Any) -> None:
    sheet.hidden_rows = {number for number, row in source.row_dimensions.items() if row.hidden}
    for column in source.column_dimensions.values():
        if column.hidden:
            sheet.hidden_columns.update(range(column.min, column.max + 1))
    for merge in source.merged_cells.ranges:
        sheet.merge(str(merge))
    for table in source.tables.values():
        sheet.add_table(table.displayName, table.ref, table.headerRowCount != 0, bool(table.totalsRowCount))
    if source.protection.sheet:
        sheet.protect()
    sheet.visible = {"visible": -1, "hidden": 0}.get(source.sheet_state, 2)
    chosen = source.sheet_view.selection
    if chosen and chosen[-1].sqref:
        sheet.selection = rects(",".join(str(chosen[-1].sqref).split()))
