"""The sheet, read and written on every host there is: one set of facts for a file and for Excel."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import workbooks
import xlsxwriter
import xlwings as xw
from fake_excel import FakeExcel, Picture, com_error, install
from hosts import HOSTS, Host, build, opened

from reply_xl.errors import SelectionError, SheetError
from reply_xl.kinds.host_values import RICH
from reply_xl.kinds.values import error_in
from reply_xl.mapping.columns import MESSAGE, OURS, REPLY_ID, STATUS, UPDATED_AT
from reply_xl.model import ErrorCell
from reply_xl.sheet import Sheet, choose_sheet

HEADERS = ["Email", "Title", "Notes"]
ROWS = [HEADERS, ["a@example.com", "CEO", "x"], ["b@example.com", "CTO", "y"], ["c@example.com", "CFO", "z"]]
NOON = datetime(2026, 3, 4, 12, 30, 15)
DATES = "yyyy-mm-dd hh:mm:ss"
Open = Callable[..., Host]


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def open_book(host: str, tmp_path: Path) -> Iterator[Open]:
    """Builds a workbook and opens it on the host."""
    with ExitStack() as stack:

        def opening(rows: Any = ROWS, **content: Any) -> Host:
            name = f"leads {len(list(tmp_path.iterdir()))}.xlsx"
            return stack.enter_context(opened(host, build(tmp_path / name, rows, **content)))

        yield opening


def numbers(rows: Any) -> list[int]:
    return [row.number for row in rows]


def refusal(action: Callable[[], Any]) -> str:
    with pytest.raises(SheetError) as caught:
        action()
    text = str(caught.value)
    assert text[0].isupper()
    assert text.endswith(".")
    assert "\n" not in text
    assert ". " not in text.replace("e.g. ", "")
    return text


# which sheet


def test_the_active_sheet(open_book: Open) -> None:
    """Without a name it is the active sheet; a name is found in any case and with spaces around it."""
    book = open_book()
    assert book.sheet().name == "Leads"
    assert book.sheet(" oTHER ").name == "Other"


def test_no_such_sheet(open_book: Open) -> None:
    """A sheet that is not there is refused with the names of those that are."""
    book = open_book()
    assert refusal(lambda: book.sheet("Laeds")) == "The workbook has no sheet “Laeds”; it has Leads, Other."


def test_no_workbook() -> None:
    """Without a workbook, the sentence says so."""
    assert refusal(lambda: choose_sheet(None, None)) == "No workbook is open; open the one with your contacts and try again."


# header row


PREAMBLE = [["Notes:"], ["“Exported from LinkedIn. Some addresses are missing.”"], [None], *ROWS]


def test_preamble(open_book: Open) -> None:
    """Notes above the headers, as LinkedIn exports have them, are neither headers nor rows."""
    reading = open_book(PREAMBLE).sheet().read()
    assert (reading.header_row, reading.headers, numbers(reading.rows)) == (4, tuple(HEADERS), [5, 6, 7])


def test_contacts_above_the_headers_are_said(open_book: Open) -> None:
    """Rows above the headers that hold ids or e-mails are not used, and not silently; notes are."""
    above = [["Email", "Deal"], ["a@example.com", "x"], [None]]
    assert open_book([*above, *ROWS]).sheet().read(header_row=4).notes == ("Rows 1 to 2 above the headers in row 4 are not used.",)
    assert open_book([[7.0], *ROWS]).sheet().read(header_row=2).notes == ("Row 1 above the headers in row 2 is not used.",)
    assert open_book(PREAMBLE).sheet().read().notes == ()


def test_values_right_of_the_headers(open_book: Open) -> None:
    """Of text between separators they spoil their row; in a workbook they are beside the list."""
    book = open_book([*ROWS, ["d@example.com", "CEO", None, " "], ["e@example.com", "a", "b", "c"]])
    assert [row.spilled for row in Sheet(book.sheet()._sheet, strict_width=True).read().rows] == [False, False, False, False, True]
    assert not any(row.spilled for row in book.sheet().read().rows)


def test_header_row_is_obeyed(open_book: Open) -> None:
    """The header row named by the user is taken whatever it looks like."""
    reading = open_book().sheet().read(header_row=2)
    assert (reading.headers, numbers(reading.rows)) == (("a@example.com", "CEO", "x"), [3, 4])


@pytest.mark.parametrize("row", [0, 9, 1_048_576])
def test_header_row_outside(open_book: Open, row: int) -> None:
    """A header row outside the used rows is refused by its number."""
    book = open_book()
    assert refusal(lambda: book.sheet().read(header_row=row)) == f"Row {row} holds no headers, because it is empty; correct --header-row."


def test_header_row_blank(open_book: Open) -> None:
    """A blank header row within the used rows is refused too."""
    book = open_book([["a note"], [], *ROWS])
    assert refusal(lambda: book.sheet().read(header_row=2)) == "Row 2 holds no headers; name the header row with --header-row."


def test_headers_beyond_the_search(open_book: Open) -> None:
    """Only the first 20 rows of the used range are searched; numbers alone are no headers."""
    book = open_book([[1, 2]] * 20 + ROWS)
    assert "first 20 rows" in refusal(lambda: book.sheet().read())


def test_search_begins_at_the_used_range(open_book: Open) -> None:
    """The first 20 rows are those of the used range, not of the sheet, and columns are counted from A."""
    reading = open_book(ROWS, at=(31, 3)).sheet().read()
    assert (reading.header_row, reading.headers) == (31, ("", "", *HEADERS))
    assert reading.rows[0].cells[:3] == [None, None, "a@example.com"]
    assert reading.hidden == frozenset()


def test_duplicate_and_empty_headers(open_book: Open) -> None:
    """Headers keep their place where some are empty, blank or twice there, and lose the spaces around them."""
    reading = open_book([["Email", None, " Title ", "  ", "Title", 2026], ["a@example.com", 1, "x", 2, "y", 3]]).sheet().read()
    assert reading.headers == ("Email", "", "Title", "", "Title", "2026")


def test_error_as_header(open_book: Open) -> None:
    """A header that shows an error is no header, and is reported by its column."""
    reading = open_book([["Email", "#REF!", "Title"], ["a@example.com", 1, 2]]).sheet().read()
    assert reading.headers == ("Email", "", "Title")
    assert reading.notes == ("The header of column B shows #REF!, so the column is not used.",)


def test_empty_sheet(open_book: Open) -> None:
    """A sheet without any value is refused as empty, also where cells are formatted."""
    book = open_book([], formats={"B2:C3": "0.00"})
    assert refusal(lambda: book.sheet().read()).startswith("The sheet is empty;")


def test_one_cell_sheet(open_book: Open) -> None:
    """A sheet of one cell has a header and no contacts; its columns can still be shown."""
    book = open_book([["Email"]])
    assert refusal(lambda: book.sheet().read()) == "There are no contacts below the header in row 1; add some and try again."
    reading = book.sheet().read_header()
    assert (reading.headers, reading.rows, reading.chosen) == (("Email",), (), ())


def test_last_column(open_book: Open) -> None:
    """Headers may reach the last column of the sheet; then there is no room for results, and the sentence says so."""
    book = open_book([["Email"], ["a@example.com"]], more={"XFD1": "Title", "XFD2": "CEO"})
    reading = book.sheet().read()
    assert (len(reading.headers), reading.headers[-1], reading.rows[0][16_383]) == (16_384, "Title", "CEO")
    assert refusal(lambda: book.sheet().prepare(reading, OURS, [])).startswith("The sheet has no empty column left")


# tables


def test_only_table(open_book: Open) -> None:
    """The header row of the only table is taken, although a better one stands above; rows above and below are named and left out."""
    rows = [["Email", "First name", "Last name"], ["old@example.com"], [None], *ROWS, [None], ["Total", 3]]
    reading = open_book(rows, tables=["A4:C7"]).sheet().read()
    assert (reading.header_row, numbers(reading.rows)) == (4, [5, 6, 7])
    assert reading.notes == (
        "Rows 1 to 2 above the headers in row 4 are not used.",
        "Left out, as they are below the table A4:C7: row 9.",
    )


def test_totals_row(open_book: Open) -> None:
    """The totals row of a table is no contact, whether the table is found or its header row named."""
    book = open_book([*ROWS, ["Total", None, 3]], totals=["A1:C5"])
    for header_row in (None, 1):
        assert numbers(book.sheet().read(header_row=header_row).rows) == [2, 3, 4]


SIDE_BY_SIDE = [["Name", "Count", None, *HEADERS], ["x", 1, None, *ROWS[1]], ["y", 2, None, *ROWS[2]]]


@pytest.mark.parametrize("spec", ["all", "selection"])
def test_tables_side_by_side(open_book: Open, spec: str) -> None:
    """Of two tables side by side the one that is selected is read, without a selection the one with the better headers."""
    reading = open_book(SIDE_BY_SIDE, tables=["A1:B3", "D1:F3"], select="E2:E3").sheet().read(spec)
    assert reading.headers == ("", "", "", *HEADERS)
    assert reading.notes == ("Columns of another table are not used: A to B.",)


def test_the_left_of_two_tables(open_book: Open) -> None:
    """Where the left table is selected, nothing of the right one is a header."""
    reading = open_book(SIDE_BY_SIDE, tables=["A1:B3", "D1:F3"], select="A2").sheet().read("selection")
    assert (reading.headers, numbers(reading.chosen)) == (("Name", "Count"), [2])


def test_rows_across_two_tables(open_book: Open) -> None:
    """A selection of whole rows that touches two tables is refused: it does not say which is meant."""
    book = open_book(SIDE_BY_SIDE, tables=["A1:B3", "D1:F3"], select="2:3")
    assert (
        refusal(lambda: book.sheet().read("selection")) == "The selection touches the tables A1:B3 and D1:F3; select cells of one of them."
    )


def test_tables_one_below_the_other(open_book: Open) -> None:
    """Of two tables one below the other, the selected one is read and ends where it ends."""
    rows = [["Name", "Count"], ["x", 1], [None], *ROWS]
    book = open_book(rows, tables=["A1:B2", "A4:C7"], select="B6")
    reading = book.sheet().read("selection")
    assert (reading.header_row, numbers(reading.rows), numbers(reading.chosen)) == (4, [5, 6, 7], [6])
    assert numbers(book.sheet().read(header_row=1).rows) == [2]


def test_list_above_two_tables(open_book: Open) -> None:
    """A plain list ends where a table below it begins, and the rows below are named."""
    rows = [*ROWS, [None], ["Name", "Count"], ["x", 1], [None], ["Name2", "Count2"], ["y", 2]]
    reading = open_book(rows, tables=["A6:B7", "A9:B10"]).sheet().read()
    assert numbers(reading.rows) == [2, 3, 4]
    assert reading.notes == ("Left out, as they are below row 4, where a table begins: rows 6 to 7, 9 to 10.",)


def test_table_without_header_row(open_book: Open) -> None:
    """A table whose header row is switched off is refused in words of Excel's menu; a header row that is named is obeyed."""
    book = open_book([["Contacts of May"], *ROWS[1:]], headerless=["A2:C4"])
    sentence = refusal(lambda: book.sheet().read())
    assert sentence == "The table A2:C4 has no header row; switch it on (Table Design → Header Row), or name one with --header-row."
    assert book.sheet().read(header_row=2).headers == ("a@example.com", "CEO", "x")


def test_selection_outside_the_only_table(open_book: Open) -> None:
    """Selected rows below the only table are no contacts, and the sentence says where those are."""
    book = open_book([*ROWS, [None], ["something else"]], tables=["A1:C4"], select="A6")
    assert refusal(lambda: book.sheet().read("selection")) == (
        "None of the chosen rows holds a contact; the contacts below the header in row 1 are in the table A1:C4."
    )


# selection


LONG = [HEADERS, *([f"{n}@example.com", "CEO", n] for n in range(2, 101))]


@pytest.mark.parametrize(
    ("select", "rows"),
    [
        ("B3", [3]),
        ("A2:A4", [2, 3, 4]),
        ("C4,A2,B2:B3,A2:C2", [2, 3, 4]),
        ("1:3", [2, 3]),
        ("Z3", [3]),
        ("A:A", [2, 3, 4]),
        ("A1:XFD1048576", [2, 3, 4]),
        ("3:1048576", [3, 4]),
        ("A1:C2", [2]),
    ],
)
def test_selected_rows(open_book: Open, select: str, rows: list[int]) -> None:
    """Any cell of a row selects it, once, in the order of the sheet; whole rows, columns and sheets are clipped to the used range."""
    assert numbers(open_book(select=select).sheet().read("selection").chosen) == rows


def test_many_areas(open_book: Open) -> None:
    """Every second row of a hundred, picked one by one, is chosen: Excel's address of such a selection is too long and comes cut."""
    select = ",".join(f"$A${n}" for n in range(2, 101, 2))
    assert numbers(open_book(LONG, select=select).sheet().read("selection").chosen) == list(range(2, 101, 2))


def test_hidden_rows_in_the_selection(open_book: Open) -> None:
    """Filtered rows inside a selection are not chosen, but stay known as hidden."""
    reading = open_book(select="A2:A4", hide_rows=[3]).sheet().read("selection")
    assert numbers(reading.chosen) == [2, 4]
    assert [row.number for row in reading.rows if row.hidden] == [3]


def test_hidden_rows_of_many_areas(open_book: Open) -> None:
    """A long selection over a filter gives its visible rows only."""
    select = ",".join(f"$A${n}:$B${n}" for n in range(2, 101, 3))
    reading = open_book(LONG, select=select, hide_rows=range(2, 101, 2)).sheet().read("selection")
    assert numbers(reading.chosen) == [n for n in range(2, 101, 3) if n % 2]


@pytest.mark.parametrize(
    ("select", "hide_rows", "sentence"),
    [
        ("A1:C1", [], "Only the header or rows above it are selected; select rows below row 1."),
        ("A3", [3], "All selected rows are hidden; select visible ones, or clear the filter."),
        ("A9", [], "None of the chosen rows holds a contact; the contacts below the header in row 1 are in rows 2 to 4."),
    ],
)
def test_selection_without_rows(open_book: Open, select: str, hide_rows: list[int], sentence: str) -> None:
    """A selection that holds no visible contact is refused, and the sentence says what to do instead."""
    book = open_book(select=select, hide_rows=hide_rows)
    with pytest.raises(SelectionError) as caught:
        book.sheet().read("selection")
    assert str(caught.value) == sentence


def test_everything_filtered(open_book: Open) -> None:
    """Where a filter leaves no row, the sentence says so."""
    book = open_book(hide_rows=[2, 3, 4])
    assert refusal(lambda: book.sheet().read()) == "All rows below the header in row 1 are hidden; show them, or clear the filter."


def test_selection_on_another_sheet(open_book: Open) -> None:
    """The selection belongs to the active sheet; asked for another one, the sentence names both."""
    book = open_book(select="A2")
    assert refusal(lambda: book.sheet("Other").read("selection")) == "The selection is on the sheet “Leads”; select rows on “Other”."


@pytest.mark.parametrize("title", ["It's (Q1) & co!", "Привет мир", "R1C1"])
def test_odd_sheet_names(open_book: Open, title: str) -> None:
    """Names with quotes, exclamation marks, spaces and other scripts are no obstacle."""
    book = open_book(title=title, select="A3")
    assert numbers(book.sheet().read("selection").chosen) == [3]


def test_spans(open_book: Open) -> None:
    """Rows named by number are chosen once; a hidden one is marked, not left out; a header among them is passed over."""
    reading = open_book(hide_rows=[3]).sheet().read([(1, 3), (3, 3), (90, 99)])
    assert [(row.number, row.hidden) for row in reading.chosen] == [(2, False), (3, True)]
    assert numbers(open_book(hide_rows=[3]).sheet().read().chosen) == [2, 4]


def test_rows_behind_the_last_value(open_book: Open) -> None:
    """Rows that are only formatted, below the last value, are no rows; blank ones between stay."""
    reading = open_book([*ROWS, [], ["d@example.com"]], formats={"A7:C60": "0.00"}).sheet().read()
    assert numbers(reading.rows) == [2, 3, 4, 5, 6]


# hidden and merged


@pytest.mark.parametrize("hide_rows", [[], [3], [1], [1, 3]])
@pytest.mark.parametrize("hide_columns", ["", "A", "B", "AC"])
def test_hidden_columns(open_book: Open, hide_rows: list[int], hide_columns: str) -> None:
    """Hidden columns and rows are told apart in every combination, the header row and the first column included."""
    reading = open_book(hide_rows=hide_rows, hide_columns=hide_columns).sheet().read()
    assert reading.hidden == {"ABC".index(letter) for letter in hide_columns}
    assert numbers(reading.chosen) == [n for n in (2, 3, 4) if n not in hide_rows]
    named = " and ".join(f"{letter} ({HEADERS['ABC'.index(letter)]})" for letter in hide_columns)
    assert reading.notes == ((f"Hidden columns are never sent: {named}.",) if named else ())


def test_everything_hidden(open_book: Open) -> None:
    """Where all columns are hidden, the sentence says so."""
    book = open_book(hide_columns="ABC")
    assert refusal(lambda: book.sheet().read()).startswith("Everything on the sheet is hidden;")


def test_merged_title(open_book: Open) -> None:
    """A merged title above the headers is in nobody's way, nor is one beside them."""
    reading = open_book([["Contacts of May"], *ROWS], merge=["A1:C1", "F2:G3"]).sheet().read()
    assert (reading.header_row, [row.merged for row in reading.rows]) == (2, [False, False, False])


@pytest.mark.parametrize("merge", ["B1:C1", "A1:A2"])
def test_merged_header(open_book: Open, merge: str) -> None:
    """Merged cells in the header row are refused with its number."""
    book = open_book(merge=[merge])
    assert refusal(lambda: book.sheet().read()) == (
        "The header row 1 has merged cells; unmerge them so that each column has a header of its own."
    )


def test_merged_rows(open_book: Open) -> None:
    """Exactly the rows that merged cells touch are marked, across and down."""
    reading = open_book(LONG, merge=["A3:A4", "B50:C50"]).sheet().read()
    assert [row.number for row in reading.rows if row.merged] == [3, 4, 50]


# values


def test_values(open_book: Open) -> None:
    """Numbers are floats, dates naive, blanks None, text as it is; a currency is a number."""
    rows = [["t", "n", "b", "d", "m", "c", "e", "s"], ["007", 7, True, datetime(2024, 2, 29), NOON, 12.3456, None, " x "]]
    reading = open_book(rows, formats={"F2": '"$"#,##0.00'}).sheet().read(header_row=1)
    assert reading.rows[0].cells == ["007", 7.0, True, datetime(2024, 2, 29), NOON, 12.3456, None, " x "]
    assert type(reading.rows[0][1]) is type(reading.rows[0][5]) is float


def test_number_formats(open_book: Open) -> None:
    """The formats of numbers and dates are read with the rows; neighbours of one format and a column of several give the same as cell by
    cell. Text and blank cells have none, nor have our own columns."""
    headers = ["Email", "Phone", "Tier", "Size", UPDATED_AT]
    rows = [headers, *([f"{n}@example.com", float(n), n / 2 if n % 2 else "text", NOON, NOON] for n in range(2, 40))]
    formats = {"B2:B39": "0000000000", "B7": "0", "B20:B21": "0.0", "C2:C39": "0%", "D2:D39": "d-mmm", "D39": "mmm-yy"}
    sheet = open_book(rows, formats=formats).sheet()
    reading = sheet.read()
    assert [row.format_of(1) for row in reading.chosen] == [
        {7: "0", 20: "0.0", 21: "0.0"}.get(row.number, "0000000000") for row in reading.chosen
    ]
    assert {row.format_of(2) for row in reading.chosen if isinstance(row[2], float)} == {"0%"}
    assert {row.format_of(2) for row in reading.chosen if isinstance(row[2], str)} == {""}
    assert [row.format_of(3) for row in reading.chosen[-2:]] == ["d-mmm", "mmm-yy"]
    assert {row.format_of(0) for row in reading.chosen} == {row.format_of(4) for row in reading.chosen} == {""}
    assert all(row.formats is None for row in sheet.read_header().chosen)


def test_too_many_number_formats(open_book: Open, host: str) -> None:
    """Where every second cell has another format, what is not found out with 2,000 questions is not known, and never taken for plain. A file
    knows them all."""
    size = 2_500
    rows = [["Email", "Tier"], *([f"{n}@example.com", float(n)] for n in range(size))]
    sheet = open_book(rows, formats={f"B{n}": "0%" for n in range(2, size + 2, 2)}).sheet()
    chosen = sheet.read().chosen
    told = [(row.number, row.format_of(1)) for row in chosen]
    assert all(found == ("General" if number % 2 else "0%") for number, found in told if found is not None)
    unknown = sum(found is None for _, found in told)
    assert unknown == 0 if host == "file" else 0 < unknown < size


def test_dates_are_whole_seconds(open_book: Open) -> None:
    """A time that its serial number misses by a millisecond is rounded, not cut: 10:30:00 is never 10:29:59."""
    reading = open_book([["Email", "d"], ["a", 45000.43749998]], formats={"B2": "yyyy-mm-dd hh:mm:ss"}).sheet().read()
    assert reading.rows[0][1] == datetime(2023, 3, 15, 10, 30)


CODES = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")


def test_errors(open_book: Open) -> None:
    """Every error is an error cell with the code that the cell shows, never blank."""
    reading = open_book([list("abcdefg"), list(CODES)]).sheet().read(header_row=1)
    assert reading.rows[0].cells == [ErrorCell(code) for code in CODES]


def test_newer_and_unknown_errors() -> None:
    """Errors that xlwings does not know have their names too, and one that nobody knows is still an error."""
    codes = {2043: "#GETTING_DATA", 2045: "#SPILL!", 2049: "#FIELD!", 2050: "#CALC!", 2051: "#BUSY!", 2222: "#PYTHON!", 2999: "#ERROR"}
    from reply_xl.kinds.host_values import as_cell

    assert {code: as_cell(-2146828288 + code) for code in codes} == {code: ErrorCell(text) for code, text in codes.items()}


def test_manual_calculation(tmp_path: Path) -> None:
    """Where a workbook calculates only when asked to, its formulas may show old results: said where a column of values has some, with what
    to do; what is shown is read."""
    path = tmp_path / "manual.xlsx"
    for manual in (True, False):
        made = xlsxwriter.Workbook(str(path))
        made.calc_on_load = False  # as Excel saves it
        if manual:
            made.set_calc_mode("manual")
        page = made.add_worksheet("Leads")
        page.write_row(0, 0, HEADERS)
        page.write_row(1, 0, ["a@example.com"])
        page.write_formula(1, 1, '="C"&"TO"', None, "CEO")
        page.write_formula(1, 2, '="x"', None, "y")
        made.close()
        with opened("file", path) as host:
            reading = host.sheet().read()
            assert reading.chosen[0].cells == ["a@example.com", "CEO", "y"]
            assert reading.notes == (
                (
                    "The workbook calculates only when asked to, so the 2 formulas in columns B and C may show old results; "
                    "press F9 in Excel, save, and try again.",
                )
                if manual
                else ()
            )


def test_manual_calculation_in_excel(excel: FakeExcel) -> None:
    """The same in Excel, which is asked once; without formulas there is nothing to say."""
    excel.add_book("leads.xlsx").add_sheet("Leads", ROWS)
    xw.apps.active.calculation = "manual"
    assert Sheet(choose_sheet(xw.books["leads.xlsx"], None)).read().notes == ()
    xw.books["leads.xlsx"].sheets[0]["B2"].formula = "=1+1"
    (note,) = Sheet(choose_sheet(xw.books["leads.xlsx"], None)).read().notes
    assert "so the 1 formula in column B may show old results" in note


def test_what_fills_a_cell_is_read_whole(tmp_path: Path) -> None:
    """Rich text, line breaks, 32,767 characters, emoji, names written from the right, a spilled array and each error that a formula shows
    arrive as they are shown."""
    path = tmp_path / "odd.xlsx"
    made = xlsxwriter.Workbook(str(path))
    made.calc_on_load = False  # as Excel saves it
    bold = made.add_format({"bold": True})
    page = made.add_worksheet("Leads")
    page.write_row(0, 0, ["Email", "Title", "Notes", "Custom: Segment"])
    texts = ["Zeile 1\nZeile 2", "x" * 32_767, "👩\u200d💻 😀", "שלום מרחבא", "a\u200fb"]
    for number, text in enumerate(texts, 1):
        page.write(number, 0, f"p{number}@example.com")
        page.write_rich_string(number, 1, "Head ", bold, "of", " Sales")
        page.write_string(number, 2, text)
    page.write_dynamic_array_formula("D2:D6", "=SEQUENCE(5)", None, 1)
    for number in range(2, 6):
        page.write_number(number, 3, number)
    errors = ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#UNKNOWN!"]
    for number, code in enumerate(errors, 6):
        page.write(number, 0, f"p{number}@example.com")
        page.write_formula(number, 1, "=1", None, code)
    made.close()
    with opened("file", path) as host:
        rows = host.sheet().read().chosen
    assert [row[2] for row in rows[:5]] == texts
    assert {row[1] for row in rows[:5]} == {"Head of Sales"}
    assert [row[3] for row in rows[:5]] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert [error_in(row[1]) for row in rows[5:]] == list(map(ErrorCell, errors))


def test_formula_without_a_result(tmp_path: Path) -> None:
    """A formula that no program calculated is an error that says what to do, not a blank."""
    with opened("file", build(tmp_path / "a.xlsx", [["Email", "Title"], ["a@example.com", "=1+1"]])) as book:
        cell = book.sheet().read().rows[0][1]
    assert str(cell) == "“not calculated” (open the workbook in Excel and save it)"


def test_values_that_only_excel_shows(tmp_path: Path) -> None:
    """Pictures in cells, linked data types and the newer errors stand in the file as #VALUE! with a mark; a plain #VALUE! is one."""
    cells = '<c r="A2" t="e" vm="1"><v>#VALUE!</v></c><c r="B2" t="e"><v>#VALUE!</v></c>'
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>Email</t></is></c><c r="B1" t="inlineStr"><is><t>Title</t></is></c></row>'
    path = workbooks.by_hand(tmp_path / "rich.xlsx", f'{head}<row r="2">{cells}</row>')
    with opened("file", path) as host:
        (row,) = host.sheet().read().chosen
    assert (row[0], row[1]) == (ErrorCell(RICH), ErrorCell("#VALUE!"))


def test_results_that_excel_would_calculate_anew(tmp_path: Path) -> None:
    """A report program stores 0, or the result of a template, for every formula and asks Excel to calculate when it opens the file: such a
    result is taken for none, a cell that an array formula fills included, and what stands beside it is read."""
    path = tmp_path / "report.xlsx"
    made = xlsxwriter.Workbook(str(path))
    page = made.add_worksheet("Leads")
    page.write_row(0, 0, ["Email", "Title", "Notes"])
    page.write_column(1, 0, ["a@example.com", "b@example.com", "c@example.com"])
    page.write_formula(1, 1, '="C"&"TO"')
    page.write_formula(2, 1, "=B4", None, "CEO")
    page.write_string(3, 1, "CFO")
    page.write_array_formula("C2:C3", "{=B2:B3}")
    made.close()
    with opened("file", path) as host:
        first, second, third = host.sheet().read().chosen
    assert all("not calculated" in str(cell) for cell in (first[1], second[1], first[2], second[2]))
    assert (third[1], third[2]) == ("CFO", None)


@pytest.mark.parametrize("host", [one for one in HOSTS if one != "excel"], indirect=True)
def test_1904(host: str, tmp_path: Path) -> None:
    """In a workbook that counts days from 1904, dates are read and written as the same dates; one before 1904 becomes text."""
    with opened(host, build(tmp_path / "a.xlsx", [["Email", "createdAt"], ["a", NOON], ["b", None]], epoch_1904=True)) as book:
        sheet = book.sheet()
        reading = sheet.read()
        assert reading.rows[0][1] == NOON
        layout = sheet.prepare(reading, OURS, [1])
        sheet.write(reading, layout, {2: {UPDATED_AT: NOON}}, {2: {1: NOON}, 3: {1: datetime(1903, 5, 6)}})
        looks = book.looks()
    assert (looks["E2"].value, looks["B2"].value, looks["B3"].value) == (NOON, NOON, "1903-05-06 00:00:00")


# writing


def own(reading: Any, **cells: Any) -> dict[int, dict[str, Any]]:
    line = {STATUS: "Updated", MESSAGE: "Set Title.", UPDATED_AT: NOON, **cells}
    return {row.number: line for row in reading.chosen}


def test_our_columns_are_appended(open_book: Open) -> None:
    """Our headers come right of the last one, coloured; results stand in the chosen rows, the date as a real date; nothing else changes."""
    book = open_book(select="A2,A4", fill={"A1:C1": "FF00FF00"}, formats={"C2": "0.00"})
    before = book.looks()
    sheet = book.sheet()
    reading = sheet.read("selection")
    layout = sheet.prepare(reading, OURS, [])
    sheet.write(reading, layout, own(reading), {})
    after = book.looks()
    assert {address: look for address, look in after.items() if address[0] < "D"} == before
    assert [after[address].value for address in ("D1", "E1", "F1")] == list(OURS)
    assert {after[address].color for address in ("D1", "E1", "F1")} == {(221, 235, 247)}
    for number in (2, 4):
        assert [after[f"{letter}{number}"].value for letter in "DEF"] == ["Updated", "Set Title.", NOON]
        assert after[f"F{number}"].number_format == "yyyy-mm-dd hh:mm:ss"
        assert after[f"D{number}"].color is None
    assert not {"D3", "E3", "F3"} & set(after)
    assert len(after) == len(before) + 9


def test_prepare_writes_no_results(open_book: Open) -> None:
    """Before anything is sent, only our headers and the date format are there."""
    book = open_book()
    reading = book.sheet().read()
    book.sheet().prepare(reading, OURS, [1])
    new = {address: look.value for address, look in book.looks().items() if address[0] > "C"}
    assert {address: value for address, value in new.items() if value is not None} == dict(zip(("D1", "E1", "F1"), OURS, strict=True))


def test_safe_to_repeat(open_book: Open) -> None:
    """Writing twice, and a whole second run, find our columns and leave the same sheet."""
    book = open_book()
    looks = []
    for _ in range(2):
        sheet = book.sheet()
        reading = sheet.read()
        layout = sheet.prepare(reading, [*OURS, REPLY_ID], [])
        for _ in range(2):
            sheet.write(reading, layout, own(reading, **{REPLY_ID: 7.0}), {})
        looks.append(book.looks())
    assert looks[0] == looks[1]
    assert layout.own == {STATUS: 3, MESSAGE: 4, UPDATED_AT: 5, REPLY_ID: 6}


def test_never_over_data_to_the_right(open_book: Open) -> None:
    """A note right of the headers is not written over, nor is a merged block or another table; a gap that is wide enough is used."""
    wide = open_book(more={"H3": "a note"})
    narrow = open_book(more={"E3": "a note"})
    merged = open_book(merge=["D3:D4"])
    assert wide.sheet().prepare(wide.sheet().read(), OURS, []).own[STATUS] == 3
    assert narrow.sheet().prepare(narrow.sheet().read(), OURS, []).own[STATUS] == 5
    assert merged.sheet().prepare(merged.sheet().read(), OURS, []).own[STATUS] == 4
    assert narrow.value("E3") == "a note"
    assert (narrow.value("F1"), merged.value("E1")) == (STATUS, STATUS)


def test_room_beside_another_table(open_book: Open) -> None:
    """Our columns of the left table do not go into the right one."""
    rows = [[*HEADERS, None, "Name", "Count"], [*ROWS[1], None, "x", 1]]
    book = open_book(rows, tables=["A1:C2", "E1:F2"], select="A2")
    sheet = book.sheet()
    reading = sheet.read("selection")
    layout = sheet.prepare(reading, OURS, [])
    assert layout.own[STATUS] == 6
    sheet.write(reading, layout, own(reading), {})
    assert [book.value(address) for address in ("E1", "F1", "E2", "F2", "G2")] == ["Name", "Count", "x", 1.0, "Updated"]


FOREIGN_CONTENT = {
    "D3": "=A1&1", "E3": "#N/A", "D5": 7, "E5": datetime(2024, 5, 6), "F5": True, "D7": 12.25, "F7": "=NOW()", "E7": datetime(2024, 5, 6, 7, 8, 9),
}  # fmt: skip
FOREIGN_TEXTS = {"D4": "001", "E4": "=x", "F4": "1-2", "F3": "'quoted", "D6": "", "E6": " blanks ", "F6": "+49 30"}


@pytest.mark.parametrize("hidden", [True, False])
def test_other_rows_keep_what_they_hold(open_book: Open, hidden: bool) -> None:
    """What rows that were not chosen, or are hidden, hold in our columns survives: formulas, errors, dates, formats, text like 001 or =x."""
    rows = [[*HEADERS, *OURS], *([f"{n}@example.com", "x", n] for n in range(2, 9))]
    book = open_book(
        rows,
        more=FOREIGN_CONTENT,
        texts=FOREIGN_TEXTS,
        formats={"D5": "0.000", "F3": "@"},
        hide_rows=range(3, 8) if hidden else (),
        select="A1:A8" if hidden else "A2,A8",
    )
    before = {address: look for address, look in book.looks().items() if address[1] in "34567"}
    sheet = book.sheet()
    reading = sheet.read("selection")
    layout = sheet.prepare(reading, OURS, [])
    sheet.write(reading, layout, own(reading), {})
    after = book.looks()
    assert {address: look for address, look in after.items() if address[1] in "34567"} == before
    assert (after["D2"].value, after["F8"].value) == ("Updated", NOON)


def test_every_second_row(open_book: Open) -> None:
    """With every second row hidden, and with every second row selected, exactly the other half is written."""
    for content in ({"hide_rows": range(3, 101, 2)}, {"select": ",".join(f"$B${n}" for n in range(2, 101, 2))}):
        book = open_book(LONG, **content)
        sheet = book.sheet()
        reading = sheet.read("selection" if "select" in content else "all")
        layout = sheet.prepare(reading, OURS, [2])
        sheet.write(reading, layout, own(reading), {row.number: {2: "n"} for row in reading.chosen})
        looks = book.looks()
        assert [n for n in range(2, 101) if f"D{n}" in looks or f"F{n}" in looks] == list(range(2, 101, 2))
        assert [looks[f"C{n}"].value for n in range(2, 6)] == ["n", 3.0, "n", 5.0]


def test_hidden_rows_that_are_named(open_book: Open) -> None:
    """A hidden row named by number is not written, even if a result is given for it."""
    book = open_book(hide_rows=[3])
    sheet = book.sheet()
    reading = sheet.read([(2, 4)])
    layout = sheet.prepare(reading, OURS, [1])
    sheet.write(reading, layout, own(reading), {3: {1: "x"}})
    looks = book.looks()
    assert not {"D3", "E3", "F3"} & set(looks)
    assert looks["B3"].value == "CTO"


TEXTS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "'quoted", "''", "\tx", "=", "001", "1-2", "TRUE", "1E5", "50%", "#N/A", "3/4/2026", "10:30", "$5", " x ",
    "(5)", "line\nbreak", "😀 Grüße", "Mar 5", "1,000", "_x0041_", "=cmd|' /C calc'!A0", "4155550123",
]  # fmt: skip


def test_text_is_literal(open_book: Open, host: str) -> None:
    """Whatever a text looks like, the cell holds it as text: in our columns and in filled ones, of every number format. (LibreOffice itself
    formats a cell as text in which it keeps one that looks like a formula.)"""
    rows = [["Email", "domain", "phoneStatus"], *([f"{n}", None, None] for n in range(len(TEXTS)))]
    book = open_book(rows, formats={"C2:C99": "@"})
    sheet = book.sheet()
    reading = sheet.read()
    layout = sheet.prepare(reading, OURS, [1, 2])
    by_row = dict(enumerate(TEXTS, 2))
    sheet.write(
        reading,
        layout,
        {n: {MESSAGE: text, STATUS: text} for n, text in by_row.items()},
        {n: {1: text, 2: text} for n, text in by_row.items()},
    )
    looks = book.looks()
    for number, text in by_row.items():
        for letter in "BCDE":
            look = looks[f"{letter}{number}"]
            assert (look.value, look.formula) == (text, None), f"{letter}{number}"
    assert looks["B2"].number_format == ("@" if host == "libreoffice" else "General")


def test_odd_text(open_book: Open) -> None:
    """Text longer than a cell is cut, line ends become Excel's, and what no workbook can hold is replaced; the other rows are written."""
    texts = ["x" * 33_000, "😀" * 20_000, "a\r\nb\rc", "nul\0 bell\a", "half \ud83d pair", "\ufffe", "tab\there"]
    rows = [["Email", "domain"], *([f"{n}", None] for n in range(len(texts)))]
    book = open_book(rows)
    sheet = book.sheet()
    reading = sheet.read()
    layout = sheet.prepare(reading, OURS, [1])
    sheet.write(reading, layout, {}, {n: {1: text} for n, text in enumerate(texts, 2)})
    values = [book.looks()[f"B{n}"].value for n in range(2, 9)]
    assert values[0] == "x" * 32_765 + "…"
    assert values[1] == "😀" * 16_382 + "…"
    assert values[2:] == ["a\nb\nc", "nul\ufffd bell\ufffd", "half \ufffd pair", "\ufffd", "tab\there"]


def test_filled_columns(open_book: Open) -> None:
    """A filled column gets values and real dates where there are some; without one, and over a formula, the cell stays as it is."""
    rows = [["Email", "createdAt", "phoneStatus"], *([f"{n}", None, None] for n in range(2, 9))]
    held = {"B3": "001x", "B4": "=TODAY()", "B5": "#N/A", "B6": 7, "C3": "=1", "B7": datetime(2020, 1, 2)}
    book = open_book(rows, more=held, texts={"B8": "=x"})
    before = book.looks()
    sheet = book.sheet()
    reading = sheet.read()
    layout = sheet.prepare(reading, OURS, [1, 2])
    sheet.write(reading, layout, own(reading), {n: ({1: NOON, 2: "Valid"} if n in (2, 4, 8) else {2: "Valid"}) for n in range(2, 9)})
    after = book.looks()
    assert (after["B2"].value, after["B8"].value) == (NOON, NOON)
    for address in ("B3", "B4", "B5", "B6", "B7", "C3"):
        assert after[address] == before[address], address
    assert [after[f"C{n}"].value for n in (2, 4, 5, 6, 7, 8)] == ["Valid"] * 6
    assert after["D8"].value == "Updated"


def test_dates_in_filled_columns_can_be_read(open_book: Open) -> None:
    """A date in a General cell takes our format and a column wide enough for it; a format of the user's, and cells that get no date, stay."""
    rows = [["Email", "createdAt", "addingDate"], *([f"{n}", None, None] for n in range(2, 8))]
    book = open_book(rows, more={"B4": "mine", "C2": 7}, formats={"B3": "d mmm", "C2:C7": "dd.mm.yyyy"})
    sheet = book.sheet()
    reading = sheet.read()
    layout = sheet.prepare(reading, OURS, [1, 2])
    sheet.write(reading, layout, own(reading), {n: {1: NOON, 2: NOON} if n in (2, 3, 5, 7) else {} for n in range(2, 8)})
    looks = book.looks()
    assert [looks[f"B{n}"].number_format for n in (2, 3, 4, 5, 7)] == [DATES, "d mmm", "General", DATES, DATES]
    assert {looks[f"C{n}"].number_format for n in range(2, 8)} == {"dd.mm.yyyy"}
    assert [looks[f"{letter}{n}"].value for letter in "BC" for n in (2, 3, 5, 7)] == [NOON] * 8
    assert book.book.sheets[0].range("B2").column_width >= 19
    assert book.book.sheets[0].range("C2").column_width < 19


def test_our_headers_are_bold_and_the_message_is_wide(open_book: Open) -> None:
    """Headers that are appended stand beside bold ones; a message is not cut off by the time beside it."""
    book = open_book()
    sheet = book.sheet()
    sheet.prepare(sheet.read(), OURS, [])
    page = book.book.sheets[0]
    assert page.range("D1:F1").font.bold is True
    assert not page.range("D2:F2").font.bold
    assert [page.range(f"{letter}1").column_width for letter in "DEF"] == [20, 90, 21]


def test_a_protected_sheet_keeps_its_formats_and_gets_its_values(open_book: Open) -> None:
    """Cells that are unlocked take a date although nothing may be formatted."""
    rows = [["Email", "createdAt", *OURS], ["a", None, "Failed", "No.", None]]
    book = open_book(rows, protect=True, unlock=["B2", "C1:E2"], formats={"E2": DATES})
    sheet = book.sheet()
    reading = sheet.read()
    layout = sheet.prepare(reading, OURS, [1])
    sheet.write(reading, layout, own(reading), {2: {1: NOON}})
    assert book.value("B2") in (NOON, (NOON - datetime(1899, 12, 30)).total_seconds() / 86400)


def test_hidden_filled_column(open_book: Open) -> None:
    """A hidden column of the user's is not filled; a hidden column of ours still gets its results."""
    book = open_book([["Email", "domain", STATUS], ["a", "x", None], ["b", None, None]], hide_columns="BC")
    sheet = book.sheet()
    reading = sheet.read()
    layout = sheet.prepare(reading, OURS, [1])
    sheet.write(reading, layout, own(reading), {2: {1: "new"}, 3: {1: "new"}})
    assert [book.value(address) for address in ("B2", "B3", "C2", "C3")] == ["x", None, "Updated", "Updated"]


def test_formula_in_reply_id(open_book: Open) -> None:
    """A formula in the user's Reply ID column is not replaced by the id; the rows around it get theirs, others keep what they have."""
    rows = [["Email", REPLY_ID], ["a", '=IF(1,"",0)'], ["b", None], ["c", 12]]
    book = open_book(rows)
    sheet = book.sheet()
    reading = sheet.read()
    layout = sheet.prepare(reading, [*OURS, REPLY_ID], [])
    result = {2: {REPLY_ID: 5.0, STATUS: "Updated"}, 3: {REPLY_ID: 6.0, STATUS: "Updated"}, 4: {STATUS: "Invalid"}}
    sheet.write(reading, layout, result, {})
    looks = book.looks()
    assert looks["B2"].formula == '=IF(1,"",0)'
    assert [looks[address].value for address in ("B3", "B4", "C2", "C3", "C4")] == [6.0, 12.0, "Updated", "Updated", "Invalid"]


def test_our_own_old_results(open_book: Open) -> None:
    """Old results, formulas and errors in our columns of the chosen rows give way to the new ones; nothing written empties the cell."""
    rows = [["Email", *OURS], ["a", "Failed", "=1/0", datetime(2020, 1, 1)], ["b", "#N/A", 5, "yesterday"]]
    book = open_book(rows)
    sheet = book.sheet()
    reading = sheet.read()
    layout = sheet.prepare(reading, OURS, [])
    sheet.write(reading, layout, {n: {STATUS: "Unchanged", MESSAGE: "Same.", UPDATED_AT: None} for n in (2, 3)}, {})
    looks = book.looks()
    for n in (2, 3):
        assert [looks[f"B{n}"].value, looks[f"C{n}"].value, looks[f"D{n}"].value] == ["Unchanged", "Same.", None]


def test_two_columns_of_ours(open_book: Open) -> None:
    """Of two columns headed as ours the visible one is written."""
    book = open_book([["Email", STATUS, "reply  STATUS", MESSAGE, UPDATED_AT], ["a"]], hide_columns="B")
    sheet = book.sheet()
    assert sheet.prepare(sheet.read(), OURS, []).own == {STATUS: 2, MESSAGE: 3, UPDATED_AT: 4}


def test_blank_rows_get_nothing(open_book: Open) -> None:
    """A blank row between contacts is not even formatted."""
    book = open_book([HEADERS, ROWS[1], [], ROWS[2]])
    sheet = book.sheet()
    sheet.prepare(sheet.read(), OURS, [])
    assert not [address for address in book.looks() if address.endswith("3")]


# protection


def test_protected_sheet(open_book: Open) -> None:
    """A protected sheet can be read, hidden rows and columns told, and is refused before anything is sent."""
    book = open_book(protect=True, hide_rows=[3], hide_columns="B", select="A2:A4")
    sheet = book.sheet()
    reading = sheet.read("selection")
    assert (numbers(reading.chosen), reading.hidden) == ([2, 4], {1})
    before = book.looks()
    assert "unprotect" in refusal(lambda: sheet.prepare(reading, OURS, []))
    assert book.looks() == before


@pytest.mark.parametrize("locked", ["B", "C", "D", "F"])
def test_one_locked_column(open_book: Open, locked: str) -> None:
    """One locked column among those that will be written is enough to refuse, whichever it is."""
    rows = [["Email", "domain", *OURS], ["a", "x"], ["b", "y"]]
    unlock = [f"{letter}1:{letter}3" for letter in "ABCDEF" if letter != locked]
    formats = {"E2:E3": "yyyy-mm-dd hh:mm:ss"}
    book = open_book(rows, protect=True, may_format=True, unlock=unlock, formats=formats)
    sheet = book.sheet()
    reading = sheet.read()
    if locked == "F":  # not one of ours: nothing needs it
        sheet.write(reading, sheet.prepare(reading, OURS, [1]), own(reading), {2: {1: "z"}})
        assert (book.value("C2"), book.value("B2"), book.value("E3")) == ("Updated", "z", NOON)
    else:
        refusal(lambda: sheet.prepare(reading, OURS, [1]))


def test_protected_later(open_book: Open) -> None:
    """Where some cells are locked in the midst of a run, the others are written all the same, and the sentence says that some are not."""
    rows = [["Email", "domain", "x", *OURS], ["a", "x", "y"], ["b", "y", "z"]]
    formats = {"F2:F3": "yyyy-mm-dd hh:mm:ss"}
    book = open_book(rows, protect=True, may_format=True, unlock=["D1:F3"], formats=formats)
    sheet = book.sheet()
    reading = sheet.read()
    layout = sheet.prepare(reading, OURS, [])
    assert refusal(lambda: sheet.write(reading, layout, own(reading), {2: {1: "z"}})).startswith("Some results could not be written")
    assert (book.value("D2"), book.value("B2")) == ("Updated", "x")


# what only Excel has


@pytest.fixture
def excel() -> Iterator[FakeExcel]:
    excel = FakeExcel()
    excel.add_book("leads.xlsx").add_sheet("Leads", ROWS)
    with install(excel):
        yield excel


def active() -> Sheet:
    return Sheet(choose_sheet(xw.books["leads.xlsx"], None))


def test_chart_selected(excel: FakeExcel) -> None:
    """A selected chart or picture is no selection of rows; without a selection asked for, it does not matter."""
    excel.books[0].sheets[0].select(Picture())
    assert refusal(lambda: active().read("selection")) == "A chart or a drawing is selected; select the rows to update instead."
    assert numbers(active().read().chosen) == [2, 3, 4]


def test_nothing_selected(excel: FakeExcel) -> None:
    """Where Excel has no selection at all, the sentence says so."""
    excel.books[0].sheets[0].select(None)
    assert refusal(lambda: active().read("selection")) == "Nothing is selected; select the rows to update and try again."


def test_another_workbook_in_front(excel: FakeExcel) -> None:
    """The selection of another workbook is refused, even where its sheet has the same name."""
    excel.add_book("other book.xlsx").add_sheet("Leads", ROWS).select("A2")
    assert refusal(lambda: active().read("selection")) == (
        "The selection is on the sheet “Leads” of other book.xlsx; select rows on “Leads”."
    )


def test_reading_changes_nothing(excel: FakeExcel) -> None:
    """A read writes nothing into Excel."""
    with excel.count() as tally:
        active().read()
    assert tally.writes == []


def test_excel_fails(excel: FakeExcel) -> None:
    """An error of Excel's own becomes one sentence, and never crosses as it is."""
    excel.fail("Range.Value", com_error(-2147352567, "Exception occurred."))
    assert refusal(lambda: active().read()).startswith("The sheet cannot be read;")


def test_protected_sheet_that_answers(excel: FakeExcel) -> None:
    """The hidden rows of a protected sheet are the same whichever way Excel tells them."""
    sheet = excel.books[0].sheets[0]
    sheet.hide_rows(3)
    for special_cells in (True, False):
        sheet.protect(special_cells)
        assert numbers(active().read().chosen) == [2, 4]


def test_other_time_zones(excel: FakeExcel) -> None:
    """A date lands as the same wall-clock time whatever zone the machine is in: Excel would shift a naive one."""
    sheet = active()
    reading = sheet.read()
    layout = sheet.prepare(reading, OURS, [])
    sheet.write(reading, layout, own(reading), {})
    assert excel.books[0].sheets[0].cell("F2").value == NOON


def test_engine_of_the_book(excel: FakeExcel, tmp_path: Path) -> None:
    """Dates are converted as the book's own engine wants them, not as the one that happens to be active."""
    sheet = active()
    reading = sheet.read()
    with opened("file", build(tmp_path / "a.xlsx", ROWS)):
        layout = sheet.prepare(reading, OURS, [])
        sheet.write(reading, layout, own(reading), {})
    assert excel.books[0].sheets[0].cell("F2").value == NOON


def test_a_used_range_beyond_reason(excel: FakeExcel) -> None:
    """A sheet of which Excel counts millions of blank cells as used is refused in words, instead of filling the memory."""
    excel.books[0].sheets[0].stretch_used_range("A1:XFD1048576")
    assert refusal(lambda: active().read()).startswith("Excel counts 1,048,576 rows and 16,384 columns as used;")


# speed


def test_reading_is_no_slower_than_its_engine(tmp_path: Path) -> None:
    """Of 3,000 rows and 20 columns, a read takes little more time than the engine's own raw values."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Leads")
    sheet.append([f"field {n}" for n in range(20)])
    for row in range(3_000):
        sheet.append([f"text {row}" if column % 3 else row for column in range(20)])
    book.save(tmp_path / "big.xlsx")
    with opened("file", tmp_path / "big.xlsx") as host:
        raw, ours = [], []
        for _ in range(3):
            start = time.process_time()
            _ = host.book.sheets[0].used_range.raw_value
            raw.append(time.process_time() - start)
            start = time.process_time()
            host.sheet().read()
            ours.append(time.process_time() - start)
    assert min(ours) < 4 * min(raw) + 0.1
