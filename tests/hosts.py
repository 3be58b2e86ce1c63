"""One workbook, two hosts: the file engine opens the file itself, the fake Excel a copy of what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import xlwings as xw
from fake_excel import ExcelError, FakeExcel, install
from openpyxl.styles import PatternFill, Protection
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.table import Table, TableColumn

from reply_xl import engine
from reply_xl.sheet import Sheet, choose_sheet

HOSTS = ("file", "excel")


class Look(NamedTuple):
    """A cell as the person at the sheet sees it; `value` is the text of an error (`#N/A`), and None for a formula."""

    value: Any
    formula: str | None
    number_format: str
    color: tuple[int, int, int] | None


def build(
    path: Path,
    rows: Sequence[Sequence[Any]],
    *,
    at: tuple[int, int] = (1, 1),
    select: str | None = None,
    hide_rows: Sequence[int] = (),
    hide_columns: str = "",
    merge: Sequence[str] = (),
    tables: Sequence[str] = (),
    headerless: Sequence[str] = (),
    totals: Sequence[str] = (),
    protect: bool = False,
    may_format: bool = False,
    unlock: Sequence[str] = (),
    formats: dict[str, str] | None = None,
    fill: dict[str, str] | None = None,
    more: dict[str, Any] | None = None,
    texts: dict[str, str] | None = None,
    epoch_1904: bool = False,
    title: str = "Leads",
) -> Path:
    """A workbook with the sheets `Leads` (active) and `Other`. `rows` start at `at`; `more` and `texts` set single cells, `texts` as text
    whatever it looks like; addresses are areas."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = title
    for number, row in enumerate(rows, at[0]):
        for column, value in enumerate(row, at[1]):
            if value is not None:
                sheet.cell(number, column).value = value
    for address, value in (more or {}).items():
        sheet[address] = value
    for address, text in (texts or {}).items():
        sheet[address].value = text
        sheet[address].data_type = "s"
    for number in hide_rows:
        sheet.row_dimensions[number].hidden = True
    for letter in hide_columns:
        sheet.column_dimensions[letter].hidden = True
    for address in merge:
        sheet.merge_cells(address)
    for number, address in enumerate((*tables, *headerless, *totals), 1):
        sheet.add_table(_table(sheet, number, address, address not in headerless, address in totals))
    for area, number_format in (formats or {}).items():
        for cell in _cells(sheet, area):
            cell.number_format = number_format
    for area, color in (fill or {}).items():
        for cell in _cells(sheet, area):
            cell.fill = PatternFill("solid", fgColor=color)
    for area in unlock:
        for cell in _cells(sheet, area):
            cell.protection = Protection(locked=False)
    sheet.protection.sheet = protect
    sheet.protection.formatCells = not may_format
    if select:
        view = sheet.sheet_view.selection[0]
        view.sqref, view.activeCell = select.replace(",", " "), select.split(",")[0].split(":")[0]
    if epoch_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.create_sheet("Other")["A1"] = "Email"
    book.save(path)
    return path


def _cells(sheet: Any, area: str) -> list[Any]:
    found = sheet[area]
    return [cell for row in found for cell in row] if isinstance(found, tuple) else [found]


def _table(sheet: Any, number: int, area: str, has_header: bool, has_totals: bool) -> Table:
    table = Table(displayName=f"Table{number}", ref=area)
    if not has_header:
        table.headerRowCount = 0
        first, last = (part.rstrip("0123456789") for part in area.split(":"))
        width = openpyxl.utils.column_index_from_string(last) - openpyxl.utils.column_index_from_string(first) + 1
        table.tableColumns = [TableColumn(id=index, name=f"Column{index}") for index in range(1, width + 1)]
    if has_totals:
        table.totalsRowCount = 1
    return table


class Host:
    """An open workbook on one host. `fake` is the sheet of the fake Excel, None for a file."""

    def __init__(self, book: Any, path: Path, fake: Any = None) -> None:
        self.book, self.path, self.fake = book, path, fake
        self._saved: dict[str, Look] | None = None

    def sheet(self, name: str | None = None) -> Sheet:
        return Sheet(choose_sheet(self.book, name))

    def looks(self) -> dict[str, Look]:
        """All cells that are not blank and plain, by address: of a file as another program reads it after saving."""
        if self.fake is not None:
            top, left, bottom, right = self.fake.used()
            places = [(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)]
            found = {_address(r, c): self._fake_look(_address(r, c)) for r, c in places}
        else:
            copy = self.path.with_name(f"saved-{self.path.name}")
            self.book.save(str(copy))
            sheet: Any = openpyxl.load_workbook(copy)[self.book.sheets[0].name]
            found = {cell.coordinate: _file_look(cell) for row in sheet.iter_rows() for cell in row}
        return {address: look for address, look in found.items() if look != Look(None, None, "General", None)}

    def look(self, address: str) -> Look:
        return self.looks().get(address, Look(None, None, "General", None))

    def value(self, address: str) -> Any:
        return self.look(address).value

    def _fake_look(self, address: str) -> Look:
        cell = self.fake.cell(address)
        value = cell.value.text if isinstance(cell.value, ExcelError) else cell.value
        return Look(None if cell.formula else value, cell.formula, cell.number_format, cell.color)


def _file_look(cell: Any) -> Look:
    formula = cell.data_type == "f"
    color = None
    if cell.fill.fill_type == "solid":
        red, green, blue = bytes.fromhex(cell.fill.fgColor.rgb[-6:])
        color = (red, green, blue)
    value = float(cell.value) if isinstance(cell.value, int) and not isinstance(cell.value, bool) else cell.value
    value = unescape(value) if isinstance(value, str) else value
    return Look(None if formula else value, cell.value if formula else None, cell.number_format, color)


def _address(row: int, column: int) -> str:
    return f"{openpyxl.utils.get_column_letter(column)}{row}"


@contextmanager
def opened(host: str, path: Path) -> Iterator[Host]:
    if host == "file":
        book = engine.open_book(path)
        try:
            yield Host(book, path)
        finally:
            book.close()
        return
    excel = FakeExcel()
    excel.today = datetime.now().date()
    fake_book = excel.open(path)
    with install(excel):
        yield Host(xw.books[path.name], path, fake_book.sheets[0])
