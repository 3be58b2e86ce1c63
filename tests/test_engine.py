"""The file engine under the plain xlwings API: what works, and the traps of Excel it keeps."""

from __future__ import annotations

import datetime as dt
import math
import os
import re
import warnings
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import workbooks
import xlwings as xw
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl import engine
from reply_xl.engine import NO_CACHED_VALUE
from reply_xl.engine.typed import NotTypable, as_typed
from reply_xl.errors import SheetError, WorkbookError

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")


@pytest.fixture(autouse=True)
def file_engine() -> Iterator[None]:
    before = xw.engines.active
    engine.activate()
    yield
    for app in list(xw.apps):
        app.quit()
    xw.engines.active = before


@pytest.fixture
def sheet() -> Any:
    return xw.Book().sheets[0]


def hand(tmp_path: Path, rows: str, **more: Any) -> Any:
    return xw.Book(str(workbooks.by_hand(tmp_path / "hand.xlsx", rows, **more))).sheets[0]


def cell(ref: str, kind: str, value: str, style: int = 0) -> str:
    return f'<c r="{ref}" s="{style}" t="{kind}"><v>{value}</v></c>'


# the engine


def test_activating_twice_registers_one_engine() -> None:
    """`activate()` may be called by every entry point."""
    engine.activate()
    assert [one.name for one in xw.engines].count(engine.ENGINE_NAME) == 1
    assert xw.engines.active.name == engine.ENGINE_NAME


def test_the_engine_never_imports_the_paid_part_of_xlwings() -> None:
    """Nothing of xlwings.pro is named in the engine's modules."""
    modules = [*Path(engine.__file__).parent.glob("*.py"), *Path(engine.__file__).parents[1].glob("xlsx/*.py")]
    assert len(modules) > 15
    for module in modules:
        assert "xlwings.pro" not in module.read_text("utf-8"), module.name


def test_a_fresh_book_is_saved_and_opened_again(tmp_path: Path) -> None:
    """`xw.Book()`, sheets added and named, save, close, open by name, path and index."""
    book = xw.Book()
    assert (book.name, book.fullname) == ("Book1", "Book1")
    book.sheets[0].range("A1").value = [["ID", "Name"], [1, "Ann"]]
    second = book.sheets.add("Second", after=book.sheets[0])
    second.range("B2").value = "x"
    book.sheets.add("Third", after=second).visible = False
    second.activate()
    assert [one.name for one in book.sheets] == ["Sheet1", "Second", "Third"]
    book.save(tmp_path / "a.xlsx")
    assert (book.name, Path(book.fullname)) == ("a.xlsx", tmp_path / "a.xlsx")
    book.close()
    assert len(xw.apps.active.books) == 0
    book = xw.Book(str(tmp_path / "a.xlsx"))
    assert xw.Book(str(tmp_path / "a.xlsx")) == book
    assert book.sheets["second"].range("B2").value == "x"
    assert book.sheets[0].used_range.value == [["ID", "Name"], [1.0, "Ann"]]
    assert [one.visible for one in book.sheets] == [True, True, False]
    assert book.sheets.active.name == "Second"
    with pytest.raises(NotImplementedError, match=r"Tables\.add"):
        book.sheets[0].tables.add(book.sheets[0].range("A1:B2"))


def test_opening_what_is_no_workbook_raises_workbook_errors(tmp_path: Path) -> None:
    """Through `xw.Book` and through `open_book`, which covers the missing file that xlwings itself would report."""
    (tmp_path / "a.xlsx").write_bytes(b"name,id\n")
    with pytest.raises(WorkbookError, match="whatever its name says"):
        xw.Book(str(tmp_path / "a.xlsx"))
    with pytest.raises(WorkbookError, match="is a folder"):
        xw.Book(str(tmp_path))
    with pytest.raises(WorkbookError, match="does not exist"):
        engine.open_book(tmp_path / "none.xlsx")
    assert len(xw.apps.active.books) == 0


def test_opening_a_full_workbook_warns_of_nothing(tmp_path: Path) -> None:
    """No library's warnings about extensions reach the terminal."""
    path = workbooks.full(tmp_path / "full.xlsx")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        book = xw.Book(str(path))
        for one in book.sheets:
            assert one.used_range.raw_value is not None
        book.save()


def test_a_full_workbook_reads_as_it_was_written(tmp_path: Path) -> None:
    """Values, dates, rich text, selection, hidden rows and columns, sheets and tables of a workbook of another library."""
    book = xw.Book(str(workbooks.full(tmp_path / "full.xlsx")))
    leads = book.sheets["Leads"]
    assert leads.used_range.address == "$A$1:$J$13"
    assert leads.range("A2:G2").value == [2147000001.0, "ann1@example.com", "Ann Ö 1", "001", dt.datetime(2026, 1, 2), 1.5, 3.0]
    assert book.selection.address == "$A$2:$B$4"
    assert [area.address for area in leads.range("A2:E6").get_special_cells("visible")] == [
        "$A$2:$B$3", "$D$2:$E$3", "$A$5:$B$6", "$D$5:$E$6",
    ]  # fmt: skip
    assert leads.range("A4").rows.hidden is True
    assert leads.range("C1").columns.hidden is True
    assert leads.range("A1:D1").columns.hidden is None
    assert leads.range("A1").color == (255, 235, 156)
    assert (leads.range("F2").number_format, leads.range("E2").number_format) == ("$#,##0.00", "yyyy-mm-dd")
    assert leads.range("G3").formula == "=F3*2"
    assert [one.visible for one in book.sheets] == [True, True, False]
    other = book.sheets["Table sheet"]
    table = other.tables["People"]
    assert (table.name, table.range.address, table.header_row_range.address) == ("People", "$B$3:$D$7", "$B$3:$D$3")
    assert (table.data_body_range.address, table.totals_row_range.address) == ("$B$4:$D$6", "$B$7:$D$7")
    assert table.show_headers is True
    assert other.range("C5").table.name == "People"
    assert book.names["Amounts"].refers_to_range.value == [1.0, 2.0, 3.0]
    assert other.range("Amounts").address == "$C$4:$C$6"
    assert other.range("People[#Headers]").value == ["Name", "Amount", "Done"]
    assert other.range("N2").raw_value == -2146826281


# reading, as Excel gives it


def test_shapes_of_raw_values(sheet: Any) -> None:
    """One cell is a scalar, a block a tuple of tuples; a range without cells is None."""
    sheet.range("A1").value = [[1, 2], [3, 4]]
    assert sheet.range("A1").raw_value == 1.0
    assert sheet.range("A1:B1").raw_value == ((1.0, 2.0),)
    assert sheet.range("A1:A2").raw_value == ((1.0,), (3.0,))
    assert sheet.range((1, 1, 2, 2)).raw_value == ((1.0, 2.0), (3.0, 4.0))
    assert sheet.range("A1:B2")[0:0, :].raw_value is None


def test_numbers_are_floats_and_booleans_booleans(sheet: Any) -> None:
    """Excel has one kind of number; `True` is not 1."""
    sheet.range("A1").value = [1, True, 2147000001, 0.5]
    values = sheet.range("A1:D1").value
    assert values == [1.0, True, 2147000001.0, 0.5]
    assert [type(value) for value in values] == [float, bool, float, float]


def test_error_cells_are_negative_ints_and_none(tmp_path: Path) -> None:
    """raw_value gives COM's codes, newer ones too; `.value` gives None for the seven xlwings knows, and the bare int for the others."""
    errors = ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!"]
    rows = '<row r="1">' + "".join(cell(f"{chr(65 + n)}1", "e", text) for n, text in enumerate(errors)) + "</row>"
    sheet = hand(tmp_path, rows)
    raw = sheet.range("A1:I1").raw_value[0]
    assert raw == (-2146826288, -2146826281, -2146826273, -2146826265, -2146826259, -2146826252, -2146826246, -2146826243, -2146826238)
    assert all(type(value) is int for value in raw)
    assert sheet.range("A1:I1").value == [None] * 7 + [-2146826243, -2146826238]
    assert sheet.range("A1:G1").options(err_to_str=True).value == errors[:7]


def test_a_formula_without_a_stored_result_is_an_error_cell(tmp_path: Path) -> None:
    """Never blank: openpyxl and others write formulas without results."""
    sheet = hand(tmp_path, '<row r="1"><c r="A1"><f>1+1</f></c><c r="B1"><f>1+1</f><v/></c><c r="C1" t="str"><f>""</f><v></v></c></row>')
    assert sheet.range("A1:B1").raw_value == ((NO_CACHED_VALUE, NO_CACHED_VALUE),)
    assert sheet.range("A1:C1").value == [NO_CACHED_VALUE, NO_CACHED_VALUE, None]
    assert sheet.range("A1").formula == "=1+1"


def test_blanks_and_empty_strings_are_none(tmp_path: Path) -> None:
    """An empty text cell is None in `.value` and `""` in raw_value."""
    sheet = hand(tmp_path, '<row r="1"><c r="A1" s="1"/><c r="B1" t="s"><v>0</v></c></row>', strings=[""])
    assert sheet.range("A1:C1").value == [None, None, None]
    assert sheet.range("A1:C1").raw_value == ((None, "", None),)


@pytest.mark.parametrize(
    ("serial", "code", "expected"),
    [
        ("46000.5", "yyyy-mm-dd hh:mm", dt.datetime(2025, 12, 9, 12)),
        ("46000", "[$-409]d\\ mmm;@", dt.datetime(2025, 12, 9)),
        ("1", "m/d/yyyy", dt.datetime(1900, 1, 1)),
        ("61", "m/d/yyyy", dt.datetime(1900, 3, 1)),
        ("0.5", "h:mm AM/PM", 0.5),
        ("1.5", "[h]:mm", 1.5),
        ("5", '0 "days"', 5.0),
        ("5", "0.00E+00", 5.0),
        ("5", "General", 5.0),
        ("-5", "m/d/yyyy", -5.0),
        ("99999999", "m/d/yyyy", 99999999.0),
        ("46000.000011574", "yyyy", dt.datetime(2025, 12, 9, 0, 0, 1)),
    ],
)
def test_numbers_in_a_date_format_are_naive_datetimes(tmp_path: Path, serial: str, code: str, expected: object) -> None:
    """By the number format alone; times of day and numbers that are no date stay floats."""
    escaped = code.replace("&", "&amp;").replace('"', "&quot;")
    styles = workbooks.STYLES.replace("<fonts", f'<numFmts count="1"><numFmt numFmtId="170" formatCode="{escaped}"/></numFmts><fonts')
    sheet = hand(tmp_path, f'<row r="1">{cell("A1", "n", serial, 1)}</row>', styles=styles.replace('numFmtId="14"', 'numFmtId="170"'))
    assert sheet.range("A1").value == expected
    assert sheet.range("A1").raw_value == expected
    assert sheet.range("A1").number_format == code


def test_the_1904_date_system(tmp_path: Path) -> None:
    """Old Mac workbooks count from 1904; dates read and written stay the same day."""
    sheet = hand(tmp_path, f'<row r="1">{cell("A1", "n", "0", 1)}</row>', workbook='<workbookPr date1904="1"/>')
    assert sheet.range("A1").value == dt.datetime(1904, 1, 1)
    sheet.range("B1").value = dt.datetime(2026, 5, 28, 10, 30)
    assert sheet.range("B1").value == dt.datetime(2026, 5, 28, 10, 30)
    sheet.book.save()
    assert openpyxl.load_workbook(sheet.book.fullname).active["B1"].value == dt.datetime(2026, 5, 28, 10, 30)


def test_escaped_characters_are_decoded(tmp_path: Path) -> None:
    """`_x000D_` is a carriage return, `_x005F_` an underscore; phonetic hints are no text."""
    strings = ["a_x000D_\nb", "_x005F_x000D_"]
    rows = f'<row r="1">{cell("A1", "s", "0")}{cell("B1", "s", "1")}<c r="C1" t="inlineStr"><is><r><t>x</t></r><rPh sb="0" eb="1"><t>no</t></rPh></is></c></row>'
    assert hand(tmp_path, rows, strings=strings).range("A1:C1").value == ["a\r\nb", "_x000D_", "x"]


def test_a_selection_of_several_areas_shows_its_first_only(tmp_path: Path) -> None:
    """Its values, row, column and shape are those of the first area; `get_special_cells` gives all."""
    view = '<sheetViews><sheetView workbookViewId="0"><selection sqref="B2:B3 A5 D1:D2"/></sheetView></sheetViews>'
    rows = "".join(f'<row r="{row}" hidden="{int(row == 2)}">{cell(f"B{row}", "n", str(row))}</row>' for row in range(1, 7))
    selection = hand(tmp_path, rows, before=view).book.selection
    assert selection.address == "$B$2:$B$3,$A$5,$D$1:$D$2"
    assert (selection.row, selection.column, selection.shape, selection.value) == (2, 2, (2, 1), [2.0, 3.0])
    assert [area.address for area in selection.get_special_cells("visible")] == ["$B$3", "$A$5", "$D$1"]


def test_the_selection_of_the_active_pane_counts(tmp_path: Path) -> None:
    """With frozen panes the file holds one selection per pane; those of custom views, further down in the file, are not the selection."""
    view = (
        '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" activePane="bottomLeft" state="frozen"/>'
        '<selection sqref="A1"/><selection pane="bottomLeft" sqref="C7:C9"/></sheetView></sheetViews>'
    )
    custom = (
        '<customSheetViews><customSheetView guid="{0}"><pane ySplit="3" activePane="topLeft"/><selection sqref="A1"/>'
        '<selection pane="bottomLeft" sqref="A5"/></customSheetView></customSheetViews>'
    )
    assert hand(tmp_path, "", before=view, after=custom).book.selection.address == "$C$7:$C$9"


def test_a_chart_sheet_in_front_means_no_selection(tmp_path: Path) -> None:
    """As in Excel, where a chart is selected then."""
    sheet = hand(
        tmp_path, "", workbook='<bookViews><workbookView activeTab="1"/></bookViews>', tabs='<sheet name="Chart1" sheetId="2" r:id="rId9"/>',
        book_rels=f'<Relationship Id="rId9" Type="{workbooks.REL}/chartsheet" Target="chartsheets/sheet1.xml"/>',
    )  # fmt: skip
    assert sheet.book.selection is None
    assert [one.name for one in sheet.book.sheets] == ["Sheet1"]


def test_special_cells_of_one_cell_stay_within_it(tmp_path: Path) -> None:
    """Excel searches the used range for one cell; xlwings clips, and a hidden or unused cell gives nothing."""
    sheet = hand(tmp_path, f'<row r="1">{cell("A1", "n", "1")}</row><row r="2" hidden="1">{cell("A2", "n", "1")}</row>')
    assert [area.address for area in sheet.range("A1").get_special_cells("visible")] == ["$A$1"]
    assert sheet.range("A2").get_special_cells("visible") == []
    assert sheet.range("F9").get_special_cells("visible") == []
    assert [area.address for area in sheet.range("F9:F10").get_special_cells("visible")] == ["$F$9:$F$10"]


def test_blanks_constants_and_formulas_of_a_block(tmp_path: Path) -> None:
    """The other kinds of special cells, by value type where there is one."""
    rows = f'<row r="1">{cell("A1", "n", "1")}{cell("B1", "str", "x")}</row><row r="2"><c r="A2" t="b"><f>1=1</f><v>1</v></c></row>'
    block = hand(tmp_path, rows).range("A1:B2")
    assert [area.address for area in block.get_special_cells("blanks")] == ["$B$2"]
    assert [area.address for area in block.get_special_cells("constants")] == ["$A$1:$B$1"]
    assert [area.address for area in block.get_special_cells("constants", "text")] == ["$B$1"]
    assert [area.address for area in block.get_special_cells("formulas", "logical")] == ["$A$2"]
    assert block.get_special_cells("formulas", "errors") == []


def test_hidden_by_default_and_by_no_height(tmp_path: Path) -> None:
    """`zeroHeight` hides every row that is not described, and a height or width of 0 hides too."""
    before = '<sheetFormatPr defaultRowHeight="15" zeroHeight="1"/><cols><col min="2" max="2" width="0" customWidth="1"/></cols>'
    sheet = hand(tmp_path, f'<row r="1">{cell("A1", "n", "1")}</row><row r="2" ht="0" customHeight="1"/>', before=before)
    assert [sheet.range(f"A{row}").rows.hidden for row in (1, 2, 3)] == [False, True, True]
    assert sheet.range("B1").columns.hidden is True


def test_merged_cells_hold_their_value_in_the_first(tmp_path: Path) -> None:
    """What is written to the covered cells is lost, in Excel and here."""
    sheet = hand(tmp_path, f'<row r="1">{cell("A1", "n", "1")}</row>', after='<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>')
    assert sheet.range("A1:B2").value == [[1.0, None], [None, None]]
    assert (sheet.range("A1").merge_cells, sheet.range("C1").merge_cells, sheet.range("A1:C1").merge_cells) == (True, False, None)
    assert sheet.range("B2").merge_area.address == "$A$1:$B$2"
    sheet.range("A1:C1").value = [5, 6, 7]
    assert sheet.range("A1:C1").value == [5.0, None, 7.0]


# writing, as Excel takes it


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("001", 1.0, "General"), ("1-2", dt.datetime(dt.date.today().year, 1, 2), "d-mmm"), ("+41446681800", 41446681800.0, "General"),
        ("TRUE", True, "General"), ("50%", 0.5, "0%"), ("12/25/2023", dt.datetime(2023, 12, 25), "m/d/yyyy"),
        ("2023-12-25 10:30", dt.datetime(2023, 12, 25, 10, 30), "m/d/yyyy h:mm"), ("1,234", 1234.0, "#,##0"), ("(5)", -5.0, "General"),
        ("12345678901234567890", 1.23456789012345e19, "General"), ("$5", 5.0, "$#,##0_);[Red]($#,##0)"), ("1e3", 1000.0, "0.00E+00"),
        ("1 1/2", 1.5, "# ?/?"), ("10:30", 0.4375, "h:mm"), ("Mar 2024", dt.datetime(2024, 3, 1), "mmm-yy"), (" 12 ", 12.0, "General"),
        ("11-50", dt.datetime(1950, 11, 1), "mmm-yy"), ("51-200", "51-200", "General"), ("415-555-0123", "415-555-0123", "General"),
        ("2026-05-28T10:30:00Z", "2026-05-28T10:30:00Z", "General"), ("Ann", "Ann", "General"), ("#N/A", None, "General"),
        ("'001", "001", "General"), ("'=1+1", "=1+1", "General"), ("''x", "'x", "General"), ("=", "=", "General"), ("-", "-", "General"),
        ("13/12", "13/12", "General"), ("1.2.3", "1.2.3", "General"), ("1e999", "1e999", "General"),
    ],
)  # fmt: skip
def test_strings_are_parsed_as_typed(sheet: Any, text: str, value: object, code: str) -> None:
    """Naive code that writes text loses it here as it would in Excel; a leading apostrophe is always consumed."""
    sheet.range("A1").value = text
    assert sheet.range("A1").value == value
    assert sheet.range("A1").number_format == code


def test_texts_that_look_like_formulas_become_formulas_or_are_refused(sheet: Any) -> None:
    """`=`, `+`, `-` and `@` start a formula; what is no formula raises, as Excel's error 1004."""
    for text, formula in (("=A2*2", "=A2*2"), ("-abc", "=-abc"), ("@foo", "=@foo"), ("+1-415-555", "=+1-415-555")):
        sheet.range("A1").value = text
        assert sheet.range("A1").raw_value == NO_CACHED_VALUE
        assert sheet.range("A1").formula == formula
    for text in ("=== head", "+41 44 668 18 00", "=SUM(A1"):
        with pytest.raises(SheetError, match="takes the text"):
            sheet.range("A1").value = text


def test_nothing_of_a_block_is_written_if_one_value_is_refused(sheet: Any) -> None:
    """A bulk write happens whole or not at all."""
    with pytest.raises(SheetError):
        sheet.range("A1").value = [["a", "b"], ["c", "=== no"]]
    assert sheet.used_range.value is None


def test_a_text_format_set_first_keeps_text(sheet: Any) -> None:
    """`@` keeps digits, formulas and signs as text; the apostrophe is consumed all the same; numbers become text."""
    sheet.range("A1:F1").number_format = "@"
    sheet.range("A1:F1").value = ["001", "=1+1", "1-2", "'+41", 5.5, True]
    assert sheet.range("A1:F1").value == ["001", "=1+1", "1-2", "+41", "5.5", "TRUE"]
    sheet.range("B:B").number_format = "@"
    sheet.range("B9").value = "007"
    assert sheet.range("B9").value == "007"


def test_a_consumed_apostrophe_keeps_the_text_text_in_the_file(tmp_path: Path, sheet: Any) -> None:
    """The cell's style has the quote prefix, so that editing it in Excel does not make it a formula; a number takes it away."""
    sheet.range("A1").value = "'=1+1"
    sheet.range("A2").value = "'x"
    sheet.range("A2").value = 5
    sheet.book.save(tmp_path / "a.xlsx")
    other = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert (other["A1"].quotePrefix, other["A2"].quotePrefix) == (True, False)


def test_none_and_the_empty_string_empty_a_cell(sheet: Any) -> None:
    """The format stays."""
    sheet.range("A1:B1").value = ["x", "y"]
    sheet.range("A1").number_format = "0.00"
    sheet.range("A1:B1").value = [None, ""]
    assert sheet.range("A1:B1").raw_value == ((None, None),)
    assert sheet.range("A1").number_format == "0.00"


def test_decimals_dates_and_aware_times(sheet: Any) -> None:
    """A Decimal is rounded to two decimals, an aware time loses its zone unconverted, a time gets a date format where there was none."""
    zone = dt.timezone(dt.timedelta(hours=5))
    sheet.range("A1").value = [Decimal("1.005"), Decimal("2.349"), dt.datetime(2026, 5, 28, 23, 0, tzinfo=zone), dt.date(2026, 5, 28)]
    assert sheet.range("B1:D1").value == [2.35, dt.datetime(2026, 5, 28, 23, 0), dt.datetime(2026, 5, 28)]
    assert [sheet.range(place).number_format for place in ("C1", "D1")] == ["m/d/yyyy h:mm", "m/d/yyyy"]
    sheet.range("E1").number_format = "yyyy"
    sheet.range("E1").value = dt.date(2026, 5, 28)
    assert sheet.range("E1").number_format == "yyyy"
    with pytest.raises(SheetError, match="no date before 1900"):
        sheet.range("A1").value = dt.datetime(1815, 1, 1)
    with pytest.raises(TypeError, match="type object"):
        sheet.range("A1").value = object()


def test_not_a_number_and_infinity_become_an_error(sheet: Any) -> None:
    """There is no such number in a cell."""
    sheet.range("A1").value = [math.nan, math.inf]
    assert sheet.range("A1:B1").raw_value == ((-2146826252, -2146826252),)


def test_a_text_longer_than_a_cell_raises(sheet: Any) -> None:
    """32,767 characters fit."""
    sheet.range("A1").value = "x" * 32_767
    assert len(sheet.range("A1").value) == 32_767
    with pytest.raises(SheetError, match="32,767"):
        sheet.range("A1").value = "x" * 32_768


def test_arrays_of_other_sizes_fill_as_excel_fills(sheet: Any) -> None:
    """A row or a column repeats, a block too small leaves #N/A; one value and one formula fill the range."""
    sheet.range("A1:B3").raw_value = [1, 2]
    assert sheet.range("A1:B3").value == [[1.0, 2.0]] * 3
    sheet.range("A1:B2").raw_value = [[7], [8]]
    assert sheet.range("A1:B2").value == [[7.0, 7.0], [8.0, 8.0]]
    sheet.range("D1:F3").raw_value = [[1, 2], [3, 4]]
    assert sheet.range("F1").raw_value == sheet.range("D3").raw_value == -2146826246
    sheet.range("H1:H3").value = "=A1*2"
    assert sheet.range("H1:H3").formula == (("=A1*2",), ("=A2*2",), ("=A3*2",))


def test_locked_cells_of_a_protected_sheet_refuse_writes(tmp_path: Path) -> None:
    """Unlocked ones take values; formats and widths are refused; nothing is changed."""
    sheet = hand(
        tmp_path, f'<row r="1">{cell("A1", "n", "1")}{cell("B1", "n", "1", 2)}</row>', after='<sheetProtection sheet="1" objects="1"/>'
    )
    for write in (
        lambda: setattr(sheet.range("A1"), "value", 2), lambda: setattr(sheet.range("D9"), "value", 2), lambda: sheet.range("A1:B1").clear_contents(),
        lambda: setattr(sheet.range("A1"), "color", (1, 2, 3)), lambda: setattr(sheet.range("A1"), "column_width", 3),
    ):  # fmt: skip
        with pytest.raises(SheetError, match="protected"):
            write()
    assert sheet.range("A1:B1").value == [1.0, 1.0]
    sheet.range("B1").value = "5"
    assert sheet.range("B1").value == "5"


def test_a_part_of_an_array_formula_cannot_be_written(tmp_path: Path) -> None:
    """Excel: you cannot change part of an array; the whole may go."""
    sheet = hand(
        tmp_path, '<row r="1"><c r="A1"><f t="array" ref="A1:A2">ROW(A1:A2)</f><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'
    )
    with pytest.raises(SheetError, match="array formula"):
        sheet.range("A2").value = 5
    sheet.range("A1:A3").value = 7
    assert sheet.range("A1:A3").value == [7.0, 7.0, 7.0]


def test_a_written_header_widens_the_table_it_touches(tmp_path: Path) -> None:
    """As Excel's auto-expansion does, in memory at once and in the saved file."""
    path = workbooks.full(tmp_path / "full.xlsx")
    other = xw.Book(str(path)).sheets["Table sheet"]
    other.range("E3").value = ["Reply status", "Reply message"]
    assert other.tables["People"].range.address == "$B$3:$F$7"
    other.range("E4:E6").value = "Updated"
    other.book.save()
    table = openpyxl.load_workbook(path)["Table sheet"].tables["People"]
    assert (table.ref, table.autoFilter.ref) == ("B3:F7", "B3:F6")
    assert [column.name for column in table.tableColumns] == ["Name", "Amount", "Done", "Reply status", "Reply message"]


def test_formats_and_colours(tmp_path: Path, sheet: Any) -> None:
    """Set on ranges and whole columns, read back, mixed ones as Excel says them, and in the file."""
    sheet.range("A1:C2").color = (255, 0, 0)
    sheet.range("B1").color = "#00FF00"
    sheet.range("C1").color = None
    assert (sheet.range("A1").color, sheet.range("B1").color, sheet.range("C1").color) == ((255, 0, 0), (0, 255, 0), None)
    assert sheet.range("A1:B1").color == (0, 0, 0)
    sheet.range("D:D").number_format = "0.00"
    assert sheet.range("D77").number_format == "0.00"
    assert sheet.range("D:D").number_format == "0.00"
    assert sheet.range("C:D").number_format is None
    sheet.range("A1:A2").font.bold = True
    assert (sheet.range("A1").font.bold, sheet.range("A1:B1").font.bold) == (True, None)
    sheet.range("E:E").column_width = 30
    assert sheet.range("E1").column_width == 30
    sheet.range("D5").value = 1
    sheet.book.save(tmp_path / "a.xlsx")
    other = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert (other["A1"].fill.fgColor.rgb, other["A1"].font.b, other["D5"].number_format) == ("FFFF0000", True, "0.00")
    assert 30 < other.column_dimensions["E"].width < 31


def test_theme_and_indexed_colours_are_read(tmp_path: Path) -> None:
    """Excel writes theme colours with a tint for most fills that a user picks."""
    theme = (
        '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:themeElements><a:clrScheme name="o">'
        '<a:dk1><a:sysClr val="windowText" lastClr="000000"/></a:dk1><a:lt1><a:sysClr val="window" lastClr="FFFFFF"/></a:lt1>'
        '<a:dk2><a:srgbClr val="44546A"/></a:dk2><a:lt2><a:srgbClr val="E7E6E6"/></a:lt2><a:accent1><a:srgbClr val="4472C4"/></a:accent1>'
        "</a:clrScheme></a:themeElements></a:theme>"
    )
    fills = "".join(
        f'<fill><patternFill patternType="solid"><fgColor {color}/></patternFill></fill>'
        for color in ('theme="4"', 'theme="0" tint="-0.249977111117893"', 'indexed="10"', 'rgb="FF010203"')
    )
    styles = workbooks.STYLES.replace("</fills>", fills + "</fills>").replace(
        "</cellXfs>", "".join(f'<xf fillId="{n}"/>' for n in (2, 3, 4, 5)) + "</cellXfs>"
    )
    rows = '<row r="1">' + "".join(cell(f"{letter}1", "n", "1", 4 + n) for n, letter in enumerate("ABCD")) + "</row>"
    sheet = hand(
        tmp_path, rows, styles=styles, parts={"xl/theme/theme1.xml": theme.encode()},
        book_rels=f'<Relationship Id="rId9" Type="{workbooks.REL}/theme" Target="theme/theme1.xml"/>',
    )  # fmt: skip
    assert [sheet.range(f"{letter}1").color for letter in "ABCD"] == [(68, 114, 196), (191, 191, 191), (255, 0, 0), (1, 2, 3)]


def test_overlapping_merges_are_refused_and_not_counted_out(tmp_path: Path) -> None:
    """Excel never writes them; a file with thousands of them must not keep a write busy."""
    merges = "".join('<mergeCell ref="A1:CV1000"/>' for _ in range(2000))
    sheet = hand(tmp_path, "", after=f'<mergeCells count="2000">{merges}</mergeCells>')
    with pytest.raises(SheetError, match="overlap"):
        sheet.range("A1:CV1000").value = 1


# new workbooks


def test_tables_of_a_new_workbook(tmp_path: Path, sheet: Any) -> None:
    """Added, named, resized, and read back by openpyxl; headers become texts that differ, as in Excel."""
    sheet.range("B2").value = [["ID", "ID", None], [1, 2, 3], [4, 5, 6]]
    people = sheet.tables.add(sheet.range("B2:D4"), name="People")
    assert sheet.range("B2:D2").value == ["ID", "ID2", "Column3"]
    people.table_style, people.show_table_style_column_stripes, people.show_autofilter = "TableStyleLight1", True, False
    sheet.range("E2").value = "Reply & status"
    empty = sheet.tables.add(sheet.range("H1"))
    assert (empty.name, empty.range.address, empty.insert_row_range.address, empty.data_body_range) == ("Table2", "$H$1:$H$2", "$H$2", None)
    people.resize(sheet.range("B2:F3"))
    for area, name in (("D3:G3", None), ("K1:L2", "People"), ("K1:L2", "A1")):
        with pytest.raises((SheetError, ValueError)):
            sheet.tables.add(sheet.range(area), name=name)
    sheet.book.save(tmp_path / "a.xlsx")
    sheet.range("H2").value = "first"
    assert empty.insert_row_range is None
    sheet.book.save()
    table = openpyxl.load_workbook(tmp_path / "a.xlsx").active.tables["People"]
    assert (table.ref, table.autoFilter, table.tableStyleInfo.name, table.tableStyleInfo.showColumnStripes) == (
        "B2:F3",
        None,
        "TableStyleLight1",
        True,
    )
    assert [column.name for column in table.tableColumns] == ["ID", "ID2", "Column3", "Reply & status", "Column5"]
    again = xw.App(add_book=False).books.open(tmp_path / "a.xlsx").sheets[0]
    assert [(one.name, one.range.address, one.insert_row_range) for one in again.tables] == [
        ("People", "$B$2:$F$3", None), ("Table2", "$H$1:$H$2", None)
    ]  # fmt: skip
    for change in (lambda: again.tables.add(again.range("M1:N2")), lambda: setattr(again.tables[0], "name", "X")):
        with pytest.raises(NotImplementedError, match="new workbooks only"):
            change()


def test_an_insert_row_that_is_filled_is_a_row(tmp_path: Path) -> None:
    """In an opened file too: the part of the table says so no longer, and nothing else in it changes."""
    table = f'<table xmlns="{workbooks.MAIN}" id="1" name="T" displayName="T" ref="A1:A2" insertRow="1"><tableColumns count="1">' \
        '<tableColumn id="1" name="ID"/></tableColumns></table>'  # fmt: skip
    sheet = hand(
        tmp_path, '<row r="1"><c r="A1" t="str"><v>ID</v></c></row>', parts={"xl/tables/table1.xml": table.encode()},
        after='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>',
        sheet_rels=f'<Relationship Id="rId1" Type="{workbooks.REL}/table" Target="../tables/table1.xml"/>',
    )  # fmt: skip
    assert sheet.tables[0].data_body_range is None
    sheet.range("A2").value = 1
    assert sheet.tables[0].data_body_range.address == "$A$2"
    sheet.book.save()
    assert workbooks.contents(Path(sheet.book.fullname))["xl/tables/table1.xml"].decode() == table.replace('insertRow="1"', 'insertRow="0"')


def test_names_of_a_new_workbook(tmp_path: Path, sheet: Any) -> None:
    """Of the book and of a sheet, changed, deleted, kept at their sheets when those move, and read back by openpyxl."""
    book = sheet.book
    second = book.sheets.add("It's 2", after=sheet)
    sheet.range("A1:B2").name = "Block"
    second.range("C3").name = "'It''s 2'!local"
    second.names.add("other", "='It''s 2'!$D$4")
    book.names.add("rate", "=0.5")
    book.names.add("word", 'say "hi"')
    assert [name.name for name in book.names] == ["Block", "'It''s 2'!local", "'It''s 2'!other", "rate", "word"]
    assert (sheet.range("Block").address, second.range("local").address, book.names["word"].refers_to) == (
        "$A$1:$B$2",
        "$C$3",
        '="say ""hi"""',
    )
    book.names["Block"].name = "Square"
    book.names["Square"].refers_to = "=Sheet1!$A$1"
    book.names["rate"].delete()
    book.sheets.add("First", before=sheet)
    assert second.names[0].refers_to_range.address == "$C$3"
    for wrong in ("A1", "R1C1", "two words", "1st", ""):
        with pytest.raises(ValueError, match="name"):
            book.names.add(wrong, "=1")
    for change in (lambda: setattr(sheet, "name", "X"), sheet.delete):
        with pytest.raises(NotImplementedError, match="refer to"):
            change()
    book.sheets["First"].delete()
    book.save(tmp_path / "a.xlsx")
    other = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert {name: defined.value for name, defined in other.defined_names.items()} == {"Square": "Sheet1!$A$1", "word": '"say ""hi"""'}
    assert {name: one.value for name, one in other["It's 2"].defined_names.items()} == {
        "local": "'It''s 2'!$C$3",
        "other": "'It''s 2'!$D$4",
    }
    with pytest.raises(NotImplementedError, match="new workbooks only"):
        xw.App(add_book=False).books.open(tmp_path / "a.xlsx").names.add("x", "=1")


# places


def test_ranges_in_all_their_forms(tmp_path: Path, sheet: Any) -> None:
    """Addresses, tuples, corners, whole rows and columns, several areas, other sheets' and names."""
    other = sheet.book.sheets.add("It's 2", after=sheet)
    for form, address in (
        (("A1",), "$A$1"), (("b2:A1",), "$A$1:$B$2"), (((2, 3),), "$C$2"), ((2, 3), "$C$2"), (((1, 1), (3, 2)), "$A$1:$B$3"),
        (((2, 2, 3, 4),), "$B$2:$E$4"), (("A:C",), "$A:$C"), (("2:3",), "$2:$3"), (("A1,C3:D4",), "$A$1,$C$3:$D$4"), (("$A$1:B$2",), "$A$1:$B$2"),
        (("A1", "C4"), "$A$1:$C$4"), ((sheet.range("B2"), sheet.range("C3")), "$B$2:$C$3"),
    ):  # fmt: skip
        assert sheet.range(*form).address == address, form
    assert sheet.range("'It''s 2'!B2").sheet == other
    assert sheet.range("A1").get_address(False, True, external=True) == "[Book1]Sheet1!$A1"
    assert other.range("A1").get_address(include_sheetname=True) == "'It''s 2'!$A$1"
    for wrong in ("ZZZ99999999", "no such", "1:2:3", "A0", "A1:"):
        with pytest.raises((SheetError, IndexError)):
            sheet.range(wrong)
    with pytest.raises(IndexError):
        sheet.range((0, 1))
    assert sheet.cells.shape == (1_048_576, 16_384)
    assert sheet.range("A:XFD").number_format == "General"


def test_ends_regions_and_expansion(sheet: Any) -> None:
    """Ctrl+arrow, the current region and `expand` stop where Excel stops."""
    sheet.range("B2").value = [["a", "b"], ["c", None], ["e", "f"]]
    assert [sheet.range("B2").end(way).address for way in ("down", "right", "up", "left")] == ["$B$4", "$C$2", "$B$1", "$A$2"]
    assert sheet.range("C2").end("down").address == "$C$4"
    assert sheet.range("B4").end("down").row == 1_048_576
    assert sheet.range("A1").end("down").row == 1_048_576
    assert sheet.range("B1").end("down").address == "$B$2"
    assert sheet.range("B2").expand().address == "$B$2:$C$4"
    assert sheet.range("B2").current_region.address == "$B$2:$C$4"
    assert sheet.used_range.address == "$B$2:$C$4"
    sheet.range("B4:C4").clear_contents()
    assert sheet.used_range.address == "$B$2:$C$3"


def test_members_without_support_refuse_by_name(sheet: Any) -> None:
    """Nothing does nothing in silence."""
    for use, name in (
        (lambda: sheet.range("A1").insert("down"), r"Range\.insert"), (lambda: sheet.charts, r"Sheet\.charts"),
        (lambda: sheet.range("A1").merge(), r"Range\.merge"), (lambda: setattr(sheet.range("A1"), "wrap_text", True), r"Range\.wrap_text"),
        (lambda: setattr(sheet.range("A1").rows, "hidden", True), r"Setting Range\.row_hidden"), (lambda: sheet.range("A1").font.size, r"Font\.size"),
        (lambda: sheet.tables.add(sheet.range("A1:B2"), has_headers=False), r"Tables\.add"), (lambda: sheet.book.to_pdf(), r"Book\.to_pdf"),
        (lambda: setattr(sheet.pivot_tables, "x", 1), r"Sheet\.pivot_tables"), (lambda: setattr(sheet.range("A1"), "formula", "=[@Qty]*2"), r"Range\.formula"),
        (lambda: setattr(sheet.tables.add(sheet.range("F1:G2")), "show_totals", True), r"Setting Table\.show_totals"), (lambda: sheet.book.app.calculate(), r"App\.calculate"),
    ):  # fmt: skip
        with pytest.raises(NotImplementedError, match=name):
            use()


def test_whether_a_book_can_be_saved_is_known_before(tmp_path: Path, sheet: Any) -> None:
    """`refuse_unless_savable` raises what a save would raise, and writes nothing."""
    sheet.book.save(tmp_path / "a.xlsx")
    engine.refuse_unless_savable(sheet.book)
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]
    (tmp_path / "~$a.xlsx").write_bytes(b"")
    with pytest.raises(WorkbookError, match="open in Excel"):
        engine.refuse_unless_savable(sheet.book)
    engine.refuse_unless_savable(sheet.book, tmp_path / "b.xlsx")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are listed on Linux")
def test_asking_whether_a_book_can_be_saved_leaves_no_file_open(tmp_path: Path, sheet: Any) -> None:
    """Windows would keep the temporary file beside the workbook, and refuse the next save."""
    sheet.book.save(tmp_path / "a.xlsx")
    engine.refuse_unless_savable(sheet.book)
    held = [os.path.realpath(file) for file in Path("/proc/self/fd").iterdir()]
    assert not [path for path in held if path.startswith(str(tmp_path))]


# whatever comes

VALUES = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(-(2**70), 2**70), st.text(max_size=40), st.dates(), st.datetimes(),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9), st.from_regex(r"[-+=@'($]?[0-9/:.,% ()A-Za-z-]{0,12}"),
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(VALUES)
def test_any_value_is_written_or_refused_and_reads_back_the_same(value: object) -> None:
    """Every value is taken, or refused with a sentence; what was taken reads as one of Excel's kinds, and the same after a save."""
    book = xw.Book()
    sheet = book.sheets[0]
    try:
        sheet.range("A1").value = value
    except (SheetError, NotImplementedError):
        assert sheet.range("A1").raw_value is None
        return
    finally:
        book.close()
    found = sheet.range("A1").raw_value
    assert found is None or type(found) in (str, float, bool, int, dt.datetime)
    again = xw.App(add_book=False).impl.books  # a second Excel, as another user
    from reply_xl.engine.book import Book
    from reply_xl.xlsx.file import BookFile

    other = Book(again.app, BookFile(book.impl.file.spliced(), "b.xlsx", None, None)).sheets(1).range("A1").raw_value
    again.app.quit()
    if isinstance(found, str):
        found = found.encode("utf-16", "replace").decode("utf-16")
    assert other == found


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=30))
def test_any_text_typed_is_something(text: str) -> None:
    """The imitation of typing never fails but by refusing."""
    try:
        typed = as_typed(text)
    except NotTypable:
        return
    assert typed.kind in ("value", "error", "formula")


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=40).filter(lambda text: not text.startswith("'")))
def test_text_format_and_apostrophe_keep_any_text(text: str) -> None:
    """The way the product writes text: `@` first, then an apostrophe before the text, gives that text."""
    book = xw.Book()
    book.sheets[0].range("A1:B1").number_format = "@"
    book.sheets[0].range("A1:B1").value = [text, "'" + text]
    assert book.sheets[0].range("A1:B1").raw_value == ((text or None, text),)
    book.close()


# sheets of an opened workbook

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def several(path: Path) -> Path:
    """Leads, a chart sheet, Data (in front) and a hidden sheet, with names of the book and of sheets, and a chart over Data."""
    book = openpyxl.Workbook()
    leads: Any = book.active
    leads.title = "Leads"
    leads.append(["Email", "Twice"])
    chart_sheet = book.create_chartsheet("Picture")
    data: Any = book.create_sheet("Data & more")
    for row in ([1, 2], [3, 4]):
        data.append(row)
    chart = openpyxl.chart.BarChart()
    chart.add_data(openpyxl.chart.Reference(data, min_col=1, min_row=1, max_row=2))
    chart_sheet.add_chart(chart)
    hidden: Any = book.create_sheet("Hidden")
    hidden.sheet_state = "hidden"
    hidden["A1"] = "=Leads!A1"
    book.defined_names["Everywhere"] = openpyxl.workbook.defined_name.DefinedName("Everywhere", attr_text="Leads!$A$1")
    data.print_title_rows = "1:1"
    hidden.defined_names["local"] = openpyxl.workbook.defined_name.DefinedName("local", attr_text="Hidden!$A$1")
    book.active = 2
    book.save(path)
    items = workbooks.contents(path)
    xml = items["xl/workbook.xml"]  # that library forgets to count the chart sheet
    items["xl/workbook.xml"] = xml.replace(b'localSheetId="2"', b'localSheetId="3"').replace(b'localSheetId="1"', b'localSheetId="2"')
    with zipfile.ZipFile(path, "w") as package:
        for name, content in items.items():
            package.writestr(name, content)
    return path


def scopes(path: Path) -> dict[str, str]:
    """By name, the sheet that a name of a sheet belongs to."""
    xml = workbooks.contents(path)["xl/workbook.xml"].decode()
    tabs = re.findall(r'<sheet [^>]*?\bname="([^"]*)"', xml)
    return {name: tabs[int(number)] for name, number in re.findall(r'<definedName name="([^"]*)" localSheetId="(\d+)"', xml)}


SCOPES = {"_xlnm.Print_Titles": "Data &amp; more", "local": "Hidden"}


def reopened(book: Any, path: Path) -> Any:
    book.save(path)
    return openpyxl.load_workbook(path)


def test_a_sheet_is_added_to_an_opened_workbook(tmp_path: Path) -> None:
    """Wherever it is put, the tab in front, the sheets of names and everything else stay what they were; it works on in the same session."""
    for count, (options, place) in enumerate((({}, 2), ({"before": "Leads"}, 0), ({"after": "Leads"}, 1), ({"after": "Hidden"}, 4))):
        path = several(tmp_path / f"{count}.xlsx")
        before = workbooks.contents(path)
        book = xw.Book(str(path))
        sheet = book.sheets.add("Ours & <new>", **options)
        assert book.sheets.active == sheet
        sheet.range("A1").value = [["Text", "'=1+1"], [1, 2.5]]
        sheet.range("A1:B1").font.bold = True
        again = reopened(book, path)
        names = ["Leads", "Picture", "Data & more", "Hidden"]
        assert again.sheetnames == [*names[:place], "Ours & <new>", *names[place:]]
        assert again.active.title == "Data & more"
        assert scopes(path) == SCOPES
        assert [cell.value for cell in again["Ours & <new>"][1]] == ["Text", "=1+1"]
        after = workbooks.contents(path)
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
        sheet.range("A3").value = "more"
        book.save()
        assert book.sheets["ours & <NEW>"].range("A1:B3").value == [["Text", "=1+1"], [1.0, 2.5], ["more", None]]
        book.close()
        book = xw.Book(str(path))
        assert book.sheets["Ours & <new>"].used_range.value == [["Text", "=1+1"], [1.0, 2.5], ["more", None]]
        book.sheets.add()
        assert len({sheet.sheet_id for sheet in book.impl.file.data.sheets}) == len(book.impl.file.data.sheets)


def test_several_sheets_in_one_session(tmp_path: Path) -> None:
    """Added before and after one another, named anew, one taken back, saved twice: the same bytes, and no part too many."""
    path = several(tmp_path / "a.xlsx")
    parts = workbooks.contents(path).keys()
    book = xw.Book(str(path))
    first = book.sheets.add("B", after="Hidden")
    book.sheets.add("A", before=first)
    book.sheets.add("D", after=first).name = "C"
    book.sheets.add("gone", after=first).delete()
    again = reopened(book, path)
    assert again.sheetnames == ["Leads", "Picture", "Data & more", "Hidden", "A", "B", "C"]
    saved = path.read_bytes()
    book.save()
    assert path.read_bytes() == saved
    assert len(workbooks.contents(path).keys() - parts) == 3
    for name in ("a", "x" * 32, "", "a/b", "'a", "History", "Picture", "😀" * 16):
        with pytest.raises(ValueError, match=r"cannot be the name|already present"):
            book.sheets.add(name)
    with pytest.raises(NotImplementedError, match="new workbooks only"):
        book.sheets["Leads"].name = "X"


def test_a_sheet_of_an_opened_workbook_is_deleted(tmp_path: Path) -> None:
    """A sheet that nothing refers to goes, with its part, its lines and its names; the tab in front stays the same sheet."""
    path = several(tmp_path / "a.xlsx")
    book = xw.Book(str(path))
    book.sheets.add("Ours", before="Leads").range("A1").formula = "=1+1"
    book.save()
    book.close()
    before = workbooks.contents(path)
    book = xw.Book(str(path))
    assert book.sheets.active.name == "Data & more"
    book.sheets["Ours"].delete()
    assert [sheet.name for sheet in book.sheets] == ["Leads", "Data & more", "Hidden"]
    again = reopened(book, path)
    assert (again.sheetnames, again.active.title) == (["Leads", "Picture", "Data & more", "Hidden"], "Data & more")
    assert scopes(path) == SCOPES
    gone = before.keys() - workbooks.contents(path).keys()
    assert len(gone) == 1
    assert not any(name.rpartition("/")[2].encode() in workbooks.contents(path)["[Content_Types].xml"] for name in gone)
    book.sheets.add("Ours").delete()
    assert reopened(book, path).sheetnames == again.sheetnames


def test_the_sheet_in_front_is_deleted(tmp_path: Path) -> None:
    """The next one comes to the front, and only that is marked as selected."""
    path = tmp_path / "a.xlsx"
    other = openpyxl.Workbook()
    other.create_sheet("Two")
    other.create_sheet("Three")
    other.active = 1
    other.save(path)
    book = xw.Book(str(path))
    book.sheets["Two"].delete()
    assert book.sheets.active.name == "Three"
    again = reopened(book, path)
    assert again.active.title == "Three"
    assert [sheet.title for sheet in again if sheet.sheet_view.tabSelected] == ["Three"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("Leads", "formulas or names"), ("Data & more", "other parts refer to"), ("Hidden", "names of its own")],
)
def test_a_sheet_that_others_need_is_not_deleted(tmp_path: Path, name: str, sentence: str) -> None:
    """Formulas, names, a chart: the deletion is refused, and the file is as it was."""
    path = several(tmp_path / "a.xlsx")
    before = path.read_bytes()
    book = xw.Book(str(path))
    with pytest.raises(NotImplementedError, match=sentence):
        book.sheets[name].delete()
    book.save()
    assert path.read_bytes() == before


def test_a_sheet_with_a_drawing_is_not_deleted(tmp_path: Path) -> None:
    """What a sheet has with other parts is named."""
    book = xw.Book(str(workbooks.full(tmp_path / "full.xlsx")))
    with pytest.raises(NotImplementedError, match=r"drawing|refer to"):
        book.sheets["Leads"].delete()


def test_the_calculation_chain_loses_the_deleted_sheet(tmp_path: Path) -> None:
    """Excel takes an entry for a sheet that is gone as damage."""
    path = workbooks.chained(tmp_path / "a.xlsx")
    book = xw.Book(str(path))
    book.sheets["Sheet2"].delete()
    book.save()
    assert workbooks.contents(path)["xl/calcChain.xml"].count(b"<c ") == 2
    book.sheets.add("Ours")
    book.sheets["Sheet1"].delete()
    book.save()
    assert "xl/calcChain.xml" not in workbooks.contents(path)
    assert openpyxl.load_workbook(path).sheetnames == ["Ours"]


def test_a_workbook_that_declares_each_id_by_itself(tmp_path: Path) -> None:
    """Some libraries put the namespace on each sheet, not on the part: the sheet that is added brings its own, and the part stays XML."""
    path = workbooks.by_hand(tmp_path / "a.xlsx", "")
    items = workbooks.contents(path)
    items["xl/workbook.xml"] = (
        f'<workbook xmlns="{workbooks.MAIN}"><sheets><sheet xmlns:ns0="{workbooks.REL}" name="Sheet1" sheetId="7" ns0:id="rId1"/></sheets></workbook>'
    ).encode()
    with zipfile.ZipFile(path, "w") as package:
        for name, content in items.items():
            package.writestr(name, content)
    book = xw.Book(str(path))
    book.sheets.add("Two", after="Sheet1")
    book.save()
    assert openpyxl.load_workbook(path).sheetnames == ["Sheet1", "Two"]


def test_prefixes_and_the_strict_form(tmp_path: Path) -> None:
    """A workbook written with prefixes and in the strict namespaces gets its sheet in the same way of writing."""
    strict, doc = "http://purl.oclc.org/ooxml/spreadsheetml/main", "http://purl.oclc.org/ooxml/officeDocument/relationships"
    path = workbooks.by_hand(tmp_path / "a.xlsx", "")
    items = workbooks.contents(path)
    items["xl/workbook.xml"] = (
        f'<x:workbook xmlns:x="{strict}" xmlns:rel="{doc}"><x:sheets><x:sheet name="Sheet1" sheetId="7" rel:id="rId1"/></x:sheets></x:workbook>'.encode()
    )
    items["xl/_rels/workbook.xml.rels"] = items["xl/_rels/workbook.xml.rels"].replace(workbooks.REL.encode(), doc.encode())
    items["_rels/.rels"] = items["_rels/.rels"].replace(workbooks.REL.encode(), doc.encode())
    items["xl/worksheets/sheet1.xml"] = f'<x:worksheet xmlns:x="{strict}"><x:sheetData/></x:worksheet>'.encode()
    with zipfile.ZipFile(path, "w") as package:
        for name, content in items.items():
            package.writestr(name, content)
    book = xw.Book(str(path))
    sheet = book.sheets.add("Two", after="Sheet1")
    sheet.range("A1").value = "x"
    sheet.activate()
    book.sheets["Sheet1"].range("A1:A9").data_validation.set_list(["a", "b"])
    book.save()
    after = workbooks.contents(path)
    assert b'<x:sheet name="Two" sheetId="8" rel:id="rId4"/></x:sheets>' in after["xl/workbook.xml"]
    assert f'Type="{doc}/worksheet" Target="/xl/worksheets/sheet2.xml"'.encode() in after["xl/_rels/workbook.xml.rels"]
    assert strict.encode() in after["xl/worksheets/sheet2.xml"]
    assert b'<x:dataValidations count="1"><x:dataValidation type="list"' in after["xl/worksheets/sheet1.xml"]
    book.close()
    assert xw.Book(str(path)).sheets["Two"].range("A1").value == "x"


def test_a_locked_structure_takes_no_sheet(tmp_path: Path) -> None:
    """As Excel, with a sentence that says what to do."""
    path = workbooks.by_hand(tmp_path / "a.xlsx", "", workbook='<workbookProtection lockStructure="1"/>')
    book = xw.Book(str(path))
    for change in (lambda: book.sheets.add("No"), book.sheets[0].delete):
        with pytest.raises(SheetError, match=r"structure is protected|keep one sheet"):
            change()


def test_bringing_a_sheet_to_the_front(tmp_path: Path) -> None:
    """What is activated is in front in the saved file; sheets that were selected together no longer are. Selecting cells changes no file."""
    path = several(tmp_path / "a.xlsx")
    book = xw.Book(str(path))
    before = path.read_bytes()
    book.sheets["Leads"].range("A1").select()
    assert book.sheets.active.name == "Leads"
    book.save()
    assert path.read_bytes() == before
    book.sheets["Leads"].activate()
    again = reopened(book, path)
    assert again.active.title == "Leads"
    assert [sheet.title for sheet in again.worksheets if sheet.sheet_view.tabSelected] == ["Leads"]
    book.sheets["Data & more"].activate()
    assert reopened(book, path).active.title == "Data & more"


def test_emptying_a_sheet(tmp_path: Path) -> None:
    """All that is in it goes, its tables and comments with their parts; name, place, what refers to it and its tab's colour stay."""
    path = tmp_path / "a.xlsx"
    other = openpyxl.Workbook()
    first: Any = other.active
    first["A1"] = "=Two!A1"
    two: Any = other.create_sheet("Two")
    for row in (["a", "b"], [1, 2], [3, 4]):
        two.append(row)
    two["A1"].comment = openpyxl.comments.Comment("x", "y")
    two.add_table(openpyxl.worksheet.table.Table(displayName="Things", ref="A1:B3"))
    two.sheet_properties.tabColor = "FF0000"
    two.row_dimensions[2].hidden = True
    two.merge_cells("D1:E2")
    other.active = 1
    first.sheet_view.tabSelected = False
    other.save(path)
    book = xw.Book(str(path))
    sheet = book.sheets["Two"]
    sheet.impl.empty()
    assert sheet.used_range.address == "$A$1"
    sheet.range("A2").value = "new"
    again = reopened(book, path)
    assert (again.active.title, again["Two"].sheet_properties.tabColor.rgb) == ("Two", "00FF0000")
    assert (again["Two"]["A2"].value, again["Two"]["A1"].value, again["Two"].tables, again["Two"].merged_cells.ranges) == (
        "new",
        None,
        {},
        set(),
    )
    assert again["Two"].row_dimensions[2].hidden is False
    assert again["Sheet"]["A1"].value == "=Two!A1"
    left = workbooks.contents(path)
    assert not [name for name in left if "table" in name or "comment" in name or "sheet2.xml.rels" in name]
    assert b"table1.xml" not in left["[Content_Types].xml"]
    sheet.impl.empty()
    assert reopened(book, path)["Two"]["A2"].value is None


# validation, panes, hidden columns


def test_choices_for_cells(tmp_path: Path, sheet: Any) -> None:
    """Lists of texts, ranges and names, laid over one another as in Excel, and read back by another program."""
    sheet.range("H1").value = [["a,b"], ["c"]]
    sheet.range("A2:C9").data_validation.set_list(["yes", 'say "no"'])
    sheet.range("B4:B5").data_validation.set_list(sheet.range("H1:H2"), in_cell_dropdown=False)
    rule = sheet.range("B4").data_validation
    assert (rule.type, rule.source, rule.in_cell_dropdown, rule.alert_style) == ("list", "=$H$1:$H$2", False, "stop")
    assert sheet.range("A2").data_validation.source == 'yes,say "no"'
    assert sheet.range("A2:C9").data_validation.type == "inconsistent"
    assert sheet.range("C9:D9").data_validation.type == "mixed_criteria"
    sheet.range("A9:Z9").clear()
    assert sheet.range("C9").data_validation.type == "none"
    with pytest.raises(SheetError, match="different validation rules"):
        sheet.range("A2:C9").data_validation.set_list(["x"])
    with pytest.raises(NotImplementedError, match=r"DataValidation\.set_rule"):
        sheet.range("A1").data_validation.set_whole_number("between", 1, 2)
    sheet.book.save(tmp_path / "a.xlsx")
    rules = {
        str(rule.sqref): rule.formula1 for rule in openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0].data_validations.dataValidation
    }
    assert rules == {"A2:C3 A4:A5 A6:C8 C4:C5": '"yes,say ""no"""', "B4:B5": "$H$1:$H$2"}
    book = xw.App(add_book=False).books.open(tmp_path / "a.xlsx")
    assert book.sheets[0].range("A2").data_validation.source == 'yes,say "no"'


def test_rules_of_the_file_stay_but_where_ours_go(tmp_path: Path) -> None:
    """A rule that was there keeps its words; it loses the cells that get another."""
    rules = (
        '<dataValidations count="2"><dataValidation type="whole" operator="between" errorTitle="E &amp; F" sqref="A1:A9 C1"><formula1>1</formula1>'
        '<formula2>9</formula2></dataValidation><dataValidation type="list" sqref="D1"><formula1>"a,b"</formula1></dataValidation></dataValidations>'
    )
    path = workbooks.by_hand(
        tmp_path / "a.xlsx", "", after=f"{rules}<pageMargins left='1' right='1' top='1' bottom='1' header='1' footer='1'/>"
    )
    book = xw.Book(str(path))
    sheet = book.sheets[0]
    assert (sheet.range("A5").data_validation.type, sheet.range("D1").data_validation.source) == ("whole_number", "a,b")
    before = path.read_bytes()
    book.save()
    assert path.read_bytes() == before
    sheet.range("A2:A9").data_validation.delete()
    sheet.range("A2:A9").data_validation.set_list(["x"])
    sheet.range("C1").data_validation.set_list(["y"])
    sheet.range("D1").data_validation.delete()
    book.save()
    xml = workbooks.contents(path)["xl/worksheets/sheet1.xml"].decode()
    assert '<dataValidations count="3"><dataValidation type="whole" operator="between" errorTitle="E &amp; F" sqref="A1"><formula1>1' in xml
    assert '</dataValidation><dataValidation type="list" allowBlank="1"' in xml
    assert '<dataValidation type="list" allowBlank="1" showInputMessage="1" showErrorMessage="1" errorTitle="E &amp; F" sqref="C1">' in xml
    assert "</dataValidations><pageMargins" in xml


def test_freezing_panes_and_hiding_columns(tmp_path: Path, sheet: Any) -> None:
    """In new and in opened workbooks, with a view there or none."""
    sheet.freeze_panes.freeze_at("A1:B3")
    sheet.range("D1:F1").columns.hidden = True
    sheet.book.save(tmp_path / "a.xlsx")
    first: Any = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert first.freeze_panes == "C4"
    book = xw.App(add_book=False).books.open(tmp_path / "a.xlsx")
    again = book.sheets[0]
    assert (again.range("D1:F1").columns.hidden, again.range("C1:D1").columns.hidden) == (True, None)
    again.range("E1").columns.hidden = False
    assert (again.range("D1").columns.hidden, again.range("E1").columns.hidden) == (True, False)
    again.freeze_panes.unfreeze()
    book.save()
    first = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert (first.freeze_panes, first.column_dimensions["D"].hidden, first.column_dimensions["F"].hidden) == (None, True, True)


def test_the_top_of_a_large_sheet_is_read_alone(tmp_path: Path) -> None:
    """To look at a title reads a few rows; afterwards the sheet is read and written as ever."""
    path = workbooks.by_hand(
        tmp_path / "a.xlsx", "".join(f'<row r="{row}"><c r="A{row}"><v>{row}</v></c></row>' for row in range(2, 2_000)) + '<row r="3000"><c r="A3000">'
        '<v>damaged</v></c></row>',
    )  # fmt: skip
    book = xw.Book(str(path))
    assert book.sheets[0].range("A1:B3").raw_value == ((None, None), (2.0, None), (3.0, None))
    with pytest.raises(WorkbookError, match="damaged"):
        assert book.sheets[0].used_range
