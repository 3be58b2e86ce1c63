"""One workbook, three hosts: the file engine and a live LibreOffice open the file itself, the fake Excel a copy of what is in it.

One LibreOffice serves all tests of a session; each test has a document of its own.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
import xlwings as xw
from fake_excel import ExcelError, FakeExcel, install
from office_engine import Office, connect, is_available, start_office, why_not
from openpyxl.styles import PatternFill, Protection
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.table import Table, TableColumn

from reply_xl import engine
from reply_xl.sheet import Sheet, choose_sheet
from reply_xl.xlsx.model import ERROR_CODES

_LIVE = "libreoffice"
HOSTS = ("file", "excel", pytest.param(_LIVE, marks=pytest.mark.skipif(not is_available(), reason=why_not())))


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
    """An open workbook on one host. `fake` is the sheet of the fake Excel, None on the others; `kind` is the host's name."""

    def __init__(self, kind: str, book: Any, path: Path, fake: Any = None) -> None:
        self.kind, self.book, self.path, self.fake = kind, book, path, fake
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
            sheet: Any = openpyxl.load_workbook(self.saved())[self.book.sheets[0].name]
            look = _look_in_libreoffice if self.kind == _LIVE else _file_look
            found = {cell.coordinate: look(cell) for row in sheet.iter_rows() for cell in row}
        return {address: look for address, look in found.items() if look != Look(None, None, "General", None)}

    def saved(self) -> Path:
        """An .xlsx file of what stands in the book now."""
        copy = self.path.with_name(f"saved-{self.path.name}")
        if self.kind == _LIVE:
            self.book.impl.save_copy(copy)
        else:
            self.book.save(str(copy))
        return copy

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


def _look_in_libreoffice(cell: Any) -> Look:
    """As Excel would have saved it: LibreOffice marks the language of a number format, escapes its signs, keeps an error that stands in a
    cell as a formula, and does not escape a text that looks like an escape."""
    look = _file_look(cell)
    number_format = re.sub(r"\[\$-\d+\]|\\(?=[-. :])", "", look.number_format)
    if look.formula is not None and look.formula[1:] in ERROR_CODES:
        return look._replace(value=look.formula[1:], formula=None, number_format=number_format)
    value = cell.value if isinstance(look.value, str) else look.value
    return look._replace(value=value, number_format=number_format)


def _address(row: int, column: int) -> str:
    return f"{openpyxl.utils.get_column_letter(column)}{row}"


@contextmanager
def opened(host: str, path: Path) -> Iterator[Host]:
    if host == "file":
        book = engine.open_book(path)
        try:
            yield Host(host, book, path)
        finally:
            book.close()
        return
    if host == _LIVE:
        with _live(path) as book:
            yield Host(host, book, path)
        return
    excel = FakeExcel()
    excel.today = datetime.now().date()
    fake_book = excel.open(path)
    with install(excel):
        yield Host(host, xw.books[path.name], path, fake_book.sheets[0])


@cache
def _started() -> list[Office]:
    """At most one, that of this session."""
    offices: list[Office] = []
    folder = Path(tempfile.mkdtemp(prefix="reply-xl-office"))

    def end() -> None:
        for office in offices:
            office.end()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    offices.append(start_office(folder))
    return offices


def office() -> Office:
    """The LibreOffice of this session, which is started when it is first asked for, and again if it has died."""
    offices = _started()
    if not offices[0].is_running:
        _started.cache_clear()
        offices = _started()
    return offices[0]


@contextmanager
def live_engine() -> Iterator[Any]:
    """xlwings over the session's LibreOffice; afterwards no document is open in it and xlwings is as before."""
    engines = xw.engines
    state = engines.active, list(engines.engines), dict(engines.engines_by_name)
    running = office()
    live = connect(running.pipe, pid=running.pid)
    engines.add(live)
    live.activate()
    try:
        yield live
    finally:
        engines.active, engines.engines[:], engines.engines_by_name = state
        for book in live.apps.impl[running.pid].books:
            book.close()


@contextmanager
def _live(path: Path) -> Iterator[Any]:
    """LibreOffice takes only the active cell from a file; the rest of the selection is made here."""
    with zipfile.ZipFile(path) as package:
        selected = re.search(r'sqref="([^"]+)"', package.read("xl/worksheets/sheet1.xml").decode())
    with live_engine():
        book = xw.apps.active.books.open(str(path))
        if selected is not None and selected[1] != "A1":
            book.sheets[0].range(selected[1].replace(" ", ",")).select()
        yield book
