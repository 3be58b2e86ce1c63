"""Sheets of our own in a workbook, on every host: written, found again, read back, and nobody else's sheet touched."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import loss_workbooks
import openpyxl
import pytest
import workbooks
import xlwings as xw
from fake_excel import FakeExcel, Tally, excel_error, install
from hosts import HOSTS, Host, build, opened

from reply_xl import engine, pages
from reply_xl.errors import SheetError
from reply_xl.model import CellValue, ErrorCell

MARK = "reply_xl columns 1"
NAME = "Reply columns"
HEADERS = ("Column", "Goes to", "Send", "Samples", "Sure")
SEND = ("yes", "only empty", "no")
FIELDS = tuple(f"Field number {n}, of many" for n in range(40))
ROWS: tuple[tuple[CellValue, ...], ...] = (
    ("First name", "Field number 3, of many", "yes", "=1+1", 0.5),
    ("+41 44", None, "only empty", "'quoted", True),
    ("@home", "Field number 7, of many", "no", "11-50", None),
    ("-x", "", "yes", "001", 3.0),
)
LEADS = [["Email", "First name"], ["ann@example.com", "Ann"], ["bo@example.com", "Bo"]]


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    with opened(request.param, build(tmp_path / "leads.xlsx", LEADS, select="A3:B3")) as book:
        yield book


def write(book: Any, rows: Sequence[Sequence[CellValue]] = ROWS, **more: Any) -> Any:
    lists = {"Goes to": FIELDS, "Send": SEND}
    titles = ("What goes where", "Choose in “Goes to” and “Send”.")
    return pages.write_page(book, NAME, MARK, titles, HEADERS, rows, dropdowns=lists, widths={"Samples": 40}, **more)


@contextmanager
def excel(rows: int = 0) -> Iterator[tuple[FakeExcel, Any]]:
    """A fake Excel with a book of contacts, and the book as xlwings shows it."""
    fake = FakeExcel()
    book = fake.add_book("leads.xlsx")
    book.add_sheet("Leads", [*LEADS, *([["x", "y"]] * rows)]).select("A3:B3")
    book.add_sheet("Other")
    with install(fake):
        yield fake, xw.books["leads.xlsx"]


def saved(host: Host) -> Path:
    copy = host.path.with_name("copy.xlsx")
    host.book.save(str(copy))
    return copy


def rows_of(page: pages.Page) -> list[list[CellValue]]:
    places = [page.column(header) for header in HEADERS]
    return [[None if place is None else row[place] for place in places] for row in page.rows]


def test_what_is_written_is_read_back(host: Host) -> None:
    """Text stays text whatever it begins with, numbers and truth values stay what they are; empty text is an empty cell."""
    write(host.book)
    page = pages.read_page(host.book, MARK)
    assert page is not None
    assert (page.name, page.header_row, page.headers) == (NAME, 3, HEADERS)
    assert rows_of(page) == [[value or None if isinstance(value, str) else value for value in row] for row in ROWS]
    assert [row.number for row in page.rows] == [4, 5, 6, 7]
    assert host.book.sheets[NAME].range("A1").value == "reply_xl columns 1 · What goes where"
    assert host.book.sheets[NAME].range("A2").value == "Choose in “Goes to” and “Send”."


def test_dates_and_errors_are_written_as_text(host: Host) -> None:
    """A page is for people to read: a date and an error stand there as their text."""
    write(host.book, [(datetime(2026, 5, 28, 10, 30), ErrorCell("#N/A"), "no", "a\nb", 1)])
    page = pages.read_page(host.book, MARK)
    assert page is not None
    assert rows_of(page) == [["2026-05-28 10:30:00", "#N/A", "no", "a\nb", 1.0]]


def test_focus_and_selection_are_given_back(host: Host) -> None:
    """The user's sheet is in front afterwards with the same cells selected, also after a second writing; if asked, the page is in front.
    (LibreOffice itself keeps only the active cell of a sheet that is not in front.)"""
    for _ in range(2):
        write(host.book)
        assert host.book.sheets.active.name == "Leads"
        assert host.book.selection.address == ("$A$3" if host.kind == "libreoffice" else "$A$3:$B$3")
    write(host.book, activate=True)
    assert host.book.sheets.active.name == NAME


def test_a_new_page_in_front(host: Host) -> None:
    """If asked, a page that is new is in front, in the saved file too, and no other sheet is marked as selected with it."""
    write(host.book, activate=True)
    assert host.book.sheets.active.name == NAME
    if host.fake is None:
        book = openpyxl.load_workbook(saved(host))
        assert book.active.title == NAME
        assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == [NAME]


def test_below_a_row_and_right_of_a_column_put_in_front(host: Host) -> None:
    """A user's row above the title and column before the table move everything: the page is still ours and still read."""
    write(host.book)
    sheet = host.book.sheets[NAME]
    block = sheet.range("A1:EU7").raw_value
    sheet.range("A1:EU7").clear_contents()
    sheet.range("B2:EV8").raw_value = [[f"'{cell}" if isinstance(cell, str) else cell for cell in line] for line in block]
    page = pages.read_page(host.book, MARK)
    assert page is not None
    assert (page.header_row, page.headers, len(page.rows)) == (4, ("", *HEADERS), 4)
    assert rows_of(page)[1] == list(ROWS[1])


def test_a_page_is_replaced_where_it_stands(host: Host) -> None:
    """A second writing takes the place of the first one, whatever the sheet is called by then, and leaves nothing of it."""
    write(host.book, [*ROWS, *[("old",) * len(HEADERS)] * 50], after=host.book.sheets["Leads"])
    page = host.book.sheets[NAME]
    if host.fake is not None:
        page.name = "Was goes wohin"
        fake = host.fake.book.sheet("Was goes wohin")
        fake.hide_rows(4, 30)
        fake.set_format("NumberFormat", "A1:G70", "0.00")
    write(host.book, ROWS[:2])
    names = [sheet.name for sheet in host.book.sheets]
    assert names == ["Leads", "Was goes wohin" if host.fake else NAME, "Other"]
    read = pages.read_page(host.book, MARK)
    assert read is not None
    assert len(read.rows) == 2
    sheet = host.book.sheets[names[1]]
    assert sheet.range("A40").value is None
    assert sheet.range("B4").data_validation.type == "list"
    assert sheet.range("B6").data_validation.type == "none"
    assert sheet.range("A4:A30").rows.hidden is False
    assert sheet.range("A5").number_format == "General"


def test_a_foreign_sheet_of_the_name_is_left_alone(host: Host) -> None:
    """A user's sheet called “Reply columns” stays as it is, and ours takes the next name."""
    theirs = host.book.sheets.add("reply COLUMNS")
    theirs.range("A1").value = "my reply_xl columns 1"
    ours = write(host.book)
    assert ours.name == "Reply columns 2"
    assert theirs.range("A1:B2").value == [["my reply_xl columns 1", None], [None, None]]
    assert write(host.book).name == "Reply columns 2"


def test_a_long_name_that_is_taken_is_cut(host: Host) -> None:
    """A name stays within Excel's 31 characters."""
    name = "N" * 31
    host.book.sheets.add(name)
    assert pages.write_page(host.book, name, MARK, [], HEADERS, ROWS).name == "N" * 29 + " 2"


def test_pages_of_two_kinds_do_not_mix(host: Host) -> None:
    """Each mark has its own page; a mark that only begins alike is another one."""
    write(host.book)
    pages.write_page(host.book, "Reply preview", "reply_xl preview 1", [], ("Row",), [(2.0,)])
    pages.write_page(host.book, "Later", "reply_xl columns 12", [], ("Row",), [(3.0,)])
    assert {sheet.name for sheet in host.book.sheets if pages.is_ours(sheet)} == {NAME, "Reply preview", "Later"}
    names = {}
    for mark in (MARK, "reply_xl preview 1", "reply_xl columns 12", "reply_xl columns 2"):
        page = pages.read_page(host.book, mark)
        names[mark] = page and page.name
    assert list(names.values()) == [NAME, "Reply preview", "Later", None]


def test_what_is_ours(host: Host) -> None:
    """A sheet is ours if its first filled cell is a mark; contacts never are, whatever they are called."""
    ours = write(host.book)
    assert pages.is_ours(ours)
    assert not any(pages.is_ours(sheet) for sheet in host.book.sheets if sheet.name != NAME)
    for text, expected in ((MARK, True), ("reply_xl columns", False), ("Reply status", False), (None, False), (1.0, False)):
        assert pages.is_mark(text) is expected
    leads = host.book.sheets["Leads"]
    leads.range("A2:C3").value = [[MARK] * 3] * 2
    assert not pages.is_ours(leads)  # contacts who are called so
    assert pages.find_page(host.book, MARK).name == NAME
    leads.range("A1:B1").value = None
    assert pages.is_ours(leads)


def test_sorted_moved_and_thinned_out(host: Host) -> None:
    """A user sorts, deletes rows, puts columns and rows in between, notes beside and words below: the page is still read."""
    write(host.book)
    sheet = host.book.sheets[NAME]
    block = [list(line) for line in sheet.range("A1:E7").raw_value]
    sheet.range("A1:E7").clear_contents()
    moved = [[line[0], "my note", *line[1:]] for line in [*block[:2], [None] * 5, block[2], block[6], block[4], [None] * 5, block[3]]]
    moved[0][1] = moved[2][1] = moved[6][1] = None
    moved[1][3] = "a note of mine"
    moved[3][1] = "My own"
    sheet.range((1, 1), (8, 6)).raw_value = [[f"'{cell}" if isinstance(cell, str) else cell for cell in line] for line in moved]
    page = pages.read_page(host.book, MARK)
    assert page is not None
    assert (page.header_row, page.headers) == (4, ("Column", "My own", "Goes to", "Send", "Samples", "Sure"))
    assert [(row.number, row[0]) for row in page.rows] == [(5, "-x"), (6, "+41 44"), (8, "First name")]
    assert page.column("Send") == 3
    assert page.column("goes TO ") == 2
    assert page.column("Nothing") is None


def test_without_the_hidden_list_of_headers(host: Host) -> None:
    """A user who deletes the hidden columns takes the dropdowns away and nothing else: the first row of several texts is the header row."""
    write(host.book)
    sheet = host.book.sheets[NAME]
    sheet.range("A1").expand("right")
    sheet.range("B1:ZZ1").clear_contents()
    page = pages.read_page(host.book, MARK)
    assert page is not None
    assert (page.header_row, page.headers, len(page.rows)) == (3, HEADERS, 4)


def test_a_page_without_rows(host: Host) -> None:
    """No rows: a page with headers and no dropdowns."""
    write(host.book, [])
    page = pages.read_page(host.book, MARK)
    assert page is not None
    assert (page.headers, page.rows) == (HEADERS, ())


def test_no_page(host: Host) -> None:
    """Without such a sheet there is nothing to read, and nothing to remove."""
    assert pages.read_page(host.book, MARK) is None
    assert pages.remove_page(host.book, MARK) is False


def test_removing_a_page(host: Host) -> None:
    """A page goes again, and the user's sheets stay in front."""
    write(host.book)
    assert pages.remove_page(host.book, MARK) is True
    assert [sheet.name for sheet in host.book.sheets] == ["Leads", "Other"]
    assert host.book.sheets.active.name == "Leads"


def test_dropdowns_take_any_values(host: Host) -> None:
    """Long lists and values with commas: the choices stand in hidden cells of row 1, which neither sorting nor deleting rows can reach."""
    sheet = write(host.book)
    rule = sheet.range("B4:B7").data_validation
    assert (rule.type, rule.in_cell_dropdown, rule.ignore_blank, rule.show_error, rule.alert_style) == ("list", True, True, True, "stop")
    source = (rule.source or "").rpartition("!")[2].lstrip("=")
    assert sheet.range(source).value == list(FIELDS)
    assert sheet.range(source).row == 1
    assert sheet.range(source).columns.hidden is True
    other = (sheet.range("C4:C7").data_validation.source or "").rpartition("!")[2].lstrip("=")
    assert sheet.range(other).value == list(SEND)
    assert sheet.range("C4:C7").number_format == "@"
    assert sheet.range("A4:A7").data_validation.type == "none"


def test_columns_with_the_same_choices_share_them(host: Host) -> None:
    """One list in the hidden cells serves several columns."""
    lists = {"Send": SEND, "Sure": SEND}
    sheet = pages.write_page(host.book, NAME, MARK, [], HEADERS, ROWS, dropdowns=lists)
    assert sheet.range("C3").data_validation.source == sheet.range("E3").data_validation.source


def test_how_it_looks(host: Host) -> None:
    """The header row is bold and coloured, the columns have their widths."""
    sheet = write(host.book)
    assert sheet.range("A3:E3").font.bold is True
    assert sheet.range("A3:E3").color == (221, 235, 247)
    assert sheet.range("A1").font.bold is True
    assert (sheet.range("D1").column_width, sheet.range("A1").column_width) == (40, pytest.approx(12, abs=2))
    assert sheet.range("A4:E7").color is None


@pytest.mark.parametrize("wrong", ["Columns", "reply_xl columns", "reply_xl Columns 1"])
def test_a_mark_has_a_form(host: Host, wrong: str) -> None:
    """What is no mark by its form would not be recognised later, so it is refused at once."""
    with pytest.raises(ValueError, match="mark"):
        pages.write_page(host.book, NAME, wrong, [], HEADERS, ROWS)


def test_what_the_host_refuses_is_one_sentence(tmp_path: Path) -> None:
    """A protected structure is a `SheetError`, on a file as in Excel, and nothing is left half done."""
    path = build(tmp_path / "leads.xlsx", LEADS)
    book = openpyxl.load_workbook(path)
    book.security.lockStructure = True
    book.save(path)
    with opened("file", path) as host, pytest.raises(SheetError, match="structure is protected"):
        write(host.book)
    with excel() as (fake, book):
        fake.fail("Worksheets.Add()", excel_error("Add method of Sheets class failed"))
        with pytest.raises(SheetError, match="Reply columns"):
            write(book)
        assert [sheet.name for sheet in book.sheets] == ["Leads", "Other"]
        assert book.sheets.active.name == "Leads"


# Excel


def test_excel_is_left_as_it_was() -> None:
    """Events and the screen are off during the writing and as before afterwards, also when it fails; nothing of Excel is held."""
    with excel() as (fake, book):
        fake.properties["EnableEvents"] = False
        write(book)
        assert (fake.properties["ScreenUpdating"], fake.properties["EnableEvents"], fake.properties["DisplayAlerts"]) == (True, False, True)
        fake.properties["EnableEvents"] = True
        write(book)
        assert fake.events == []
        fake.fail("Range.Value=", excel_error("no"), skip=1)
        with pytest.raises(SheetError):
            write(book)
        assert pages.is_ours(book.sheets[NAME])
        fake.fail("Range.Value=", excel_error("no"))
        with pytest.raises(SheetError):
            pages.write_page(book, "Reply preview", "reply_xl preview 1", [], HEADERS, ROWS)
        assert [sheet.name for sheet in fake.books[0].sheets] == ["Leads", "Other", NAME]
        assert (fake.properties["ScreenUpdating"], fake.properties["EnableEvents"]) == (True, True)
        assert book.sheets.active.name == "Leads"
        pages.read_page(book, MARK)
        assert fake.live() == ["Workbook"]


def test_another_book_stays_in_front() -> None:
    """The user has gone on to another workbook: it stays in front."""
    with excel() as (fake, book):
        other = fake.add_book("elsewhere.xlsx")
        other.add_sheet("Mine").activate()
        write(book)
        assert fake.active is other
        assert fake.books[0].active is not None
        assert fake.books[0].active.name == "Leads"


def test_sheets_that_are_selected_together() -> None:
    """Excel adds as many sheets as are selected: one is asked for only after the others have been let go."""
    with excel() as (fake, book):
        fake.books[0].grouped = 2
        write(book)
        assert [sheet.name for sheet in book.sheets] == ["Leads", "Other", NAME]


def test_row_and_column_numbers_as_notation() -> None:
    """A user who has Excel write R1C1 gets the dropdowns too: a rule is then refused in the other notation."""
    with excel() as (fake, book):
        fake.fail("Validation.Add()", excel_error("no"), times=1)
        sheet = write(book)
        assert sheet.name == NAME
        rules = [fake.books[0].sheet(NAME).format("Validation", address)["Formula1"] for address in ("B4", "C4")]
        assert rules[0] == "=R1C108:R1C147"
        assert sheet.range("DD1:EQ1").value == list(FIELDS)
        assert rules[1].startswith("='[leads.xlsx]Reply columns'!$")


def test_a_workbook_with_hidden_sheets_and_charts() -> None:
    """The page comes after the last sheet that can be seen, and no sheet of the user's changes its place."""
    with excel() as (fake, book):
        fake.books[0].add_sheet("Very hidden").visible = 2
        write(book)
        assert [sheet.name for sheet in book.sheets] == ["Leads", "Other", NAME, "Very hidden"]


def counted(rows: int) -> tuple[Tally, Tally, Tally, Tally]:
    with excel(rows) as (fake, book):
        lines = [(f"column {n}", FIELDS[n % 40], "yes", "=x", float(n)) for n in range(rows)]
        with fake.count() as new:
            write(book, lines)
        with fake.count() as again:
            write(book, lines)
        with fake.count() as read:
            page = pages.read_page(book, MARK)
        with fake.count() as test:
            assert not pages.is_ours(book.sheets[0])
        assert page is not None
        assert len(page.rows) == rows
        return new, again, read, test


def test_calls_do_not_grow_with_the_rows() -> None:
    """In a workbook of two sheets a new page takes at most 150 calls, replacing one 110, reading one 30, and the test whether a sheet is ours 8."""
    counts = {tuple(tally.total for tally in counted(rows)) for rows in (10, 1_000, 5_000)}
    assert len(counts) == 1
    ((new, again, read, test),) = counts
    assert (new <= 150, again <= 110, read <= 30, test <= 8) == (True,) * 4, counts
    assert [len(tally.value_writes) for tally in counted(1_000)] == [2, 4, 0, 0]


# files


MAKERS: dict[str, Callable[[Path], Path]] = {
    "full.xlsx": workbooks.full,
    "office.xlsm": loss_workbooks.office,
    "plain.xlsx": lambda path: build(path, LEADS),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_every_other_part_is_the_same_to_the_byte(tmp_path: Path, kind: str) -> None:
    """A page costs a new part and its three mentions; the styles are only added to."""
    path = MAKERS[kind](tmp_path / kind)
    before = workbooks.contents(path)
    active = openpyxl.load_workbook(path).active.title
    with opened("file", path) as host:
        write(host.book)
        host.book.save()
    after = workbooks.contents(path)
    (new,) = after.keys() - before.keys()
    assert new.startswith("xl/worksheets/sheet")
    assert {name for name in before if after[name] != before[name]} == {
        "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
    }  # fmt: skip
    again = openpyxl.load_workbook(path)
    assert again.active.title == active
    visible = [sheet.title for sheet in again if sheet.sheet_state == "visible"]
    assert visible[-1] == NAME


def test_a_saved_page_is_read_and_replaced(tmp_path: Path) -> None:
    """Written, saved, opened, read, replaced, saved: one page, and no part too many."""
    path = build(tmp_path / "leads.xlsx", LEADS)
    for count in (4, 2, 3):
        with opened("file", path) as host:
            write(host.book, ROWS[:count], activate=count == 3)
            host.book.save()
        with opened("file", path) as host:
            page = pages.read_page(host.book, MARK)
            assert page is not None
            assert len(page.rows) == count
            assert host.book.sheets.active.name == (NAME if count == 3 else "Leads")
    with zipfile.ZipFile(path) as package:
        assert len([name for name in package.namelist() if name.startswith("xl/worksheets/sheet")]) == 3
    sheet = openpyxl.load_workbook(path)[NAME]
    assert [rule.sqref.ranges and str(rule.sqref) for rule in sheet.data_validations.dataValidation] == ["B4:B6", "C4:C6"]
    assert sheet.freeze_panes == "A4"
    with opened("file", path) as host:
        assert pages.remove_page(host.book, MARK)
        host.book.save()
    assert openpyxl.load_workbook(path).sheetnames == ["Leads", "Other"]
    with zipfile.ZipFile(path) as package:
        assert len([name for name in package.namelist() if name.startswith("xl/worksheets/sheet")]) == 2


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it_and_keeps_the_dropdowns(tmp_path: Path) -> None:
    """LibreOffice prints the workbook, and what it saves has the same choices; what it saved is read and replaced again."""
    path = workbooks.full(tmp_path / "full.xlsx")
    with opened("file", path) as host:
        write(host.book)
        host.book.save()
    out = tmp_path / "out"
    for kind in ("pdf", "xlsx:Calc MS Excel 2007 XML"):
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(out), str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=100)
    assert (out / "full.pdf").stat().st_size > 1000
    sheet = openpyxl.load_workbook(out / "full.xlsx")[NAME]
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    assert rules.keys() == {"B4:B7", "C4:C7"}
    chosen = [cell.value for cell in sheet[rules["C4:C7"].formula1.replace("$", "")][0]]
    assert (rules["C4:C7"].type, tuple(chosen), rules["C4:C7"].allow_blank) == ("list", SEND, True)
    with opened("file", out / "full.xlsx") as host:
        page = pages.read_page(host.book, MARK)
        assert page is not None
        assert rows_of(page)[0] == list(ROWS[0])
        write(host.book, ROWS[:1])
        host.book.save()
    assert openpyxl.load_workbook(out / "full.xlsx")[NAME].max_row == 4


def test_a_page_in_a_new_workbook() -> None:
    """A workbook that was never a file takes pages as an opened one does."""
    engine.activate()
    book = xw.App(add_book=False).books.add()
    write(book)
    page = pages.read_page(book, MARK)
    assert page is not None
    assert len(page.rows) == 4
    write(book, ROWS[:1])
    page = pages.read_page(book, MARK)
    assert page is not None
    assert len(page.rows) == 1
    book.app.quit()
