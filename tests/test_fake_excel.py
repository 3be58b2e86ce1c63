"""The fake Excel behaves as Excel does, as far as `xlwings` on Windows lets one see, and what each operation costs there."""

import atexit
import ctypes
import datetime as dt
import decimal
import sys
import time
from functools import cache, partial
from pathlib import Path

import openpyxl
import pytest
import xlwings as xw
from fake_excel import ExcelError, FakeExcel, Formula, Picture, Sheet, busy, com_error, excel_error, install

SIZES = (10, 1_000, 10_000)


@pytest.fixture
def excel():
    return FakeExcel()


@pytest.fixture
def sheet(excel):
    return excel.add_book("leads.xlsx").add_sheet("Leads")


@pytest.fixture
def xl(excel, sheet):
    """The sheet as xlwings sees it."""
    with install(excel):
        yield xw.books["leads.xlsx"].sheets["Leads"]


@cache
def leads(rows, columns=20):
    return [[f"field {c}" for c in range(columns)]] + [[f"value {r}/{c}" if c % 3 else r for c in range(columns)] for r in range(rows)]


def cost(action, rows, prepare=lambda sheet: None):
    """Calls of an action on a sheet of so many rows, look-ups included."""
    excel = FakeExcel()
    sheet = excel.add_book("leads.xlsx").add_sheet("Leads", leads(rows, 4))
    prepare(sheet)
    with install(excel):
        xl = xw.books["leads.xlsx"].sheets["Leads"]
        with excel.count() as tally:
            action(xl, rows)
    return tally.total


def xl_excel(xl):
    return xl.api._inner.excel


def costs(action, prepare=lambda sheet: None):
    """The cost, which must be the same for every size."""
    found = {cost(action, rows, prepare) for rows in SIZES}
    assert len(found) == 1
    return found.pop()


# installation


def test_it_is_xlwings_own_windows_engine(xl):
    """The engine is the file that xlwings ships, unmodified, and not a copy."""
    module = sys.modules[type(xl.impl).__module__]
    assert module.__name__ == "xlwings._xlwindows"
    assert Path(module.__file__) == Path(xw.__file__).with_name("_xlwindows.py")


def test_nothing_is_left_behind(excel, sheet):
    """After the block, engines, modules, ctypes and the exit handlers are what they were before."""
    before = xw.engines.active, list(xw.engines), set(sys.modules), hasattr(ctypes, "windll")
    handlers = atexit._ncallbacks()
    with install(excel):
        assert xw.engines.active.name == "excel"
        sys.modules["xlwings._xlwindows"].N_COM_ATTEMPTS = 7
    after = xw.engines.active, list(xw.engines), set(sys.modules), hasattr(ctypes, "windll")
    assert after == before
    assert atexit._ncallbacks() == handlers
    with install(excel):
        assert sys.modules["xlwings._xlwindows"].N_COM_ATTEMPTS == 0


def test_installations_nest(excel, sheet):
    """A second block inside the first sees its own Excel only."""
    other = FakeExcel()
    other.add_book("other.xlsx").add_sheet()
    with install(excel):
        with install(other):
            assert [book.name for book in xw.books] == ["other.xlsx"]
        assert [book.name for book in xw.books] == ["leads.xlsx"]


def test_xlwings_would_kill_at_exit(excel, sheet):
    """xlwings' exit handler, were it left registered, kills an Excel that shows no workbook; the fake only notes it."""
    empty = FakeExcel()
    with install(excel, empty) as desktop:
        desktop.module.cleanup()
    assert desktop.killed == [empty.pid]


def test_several_instances(excel, sheet):
    """Each Excel has its process and its books; a name open in two of them is refused by xlwings."""
    second = FakeExcel()
    second.add_book("leads.xlsx").add_sheet()
    second.add_book("a=b%ü.xlsx").add_sheet()
    with install(excel, second):
        assert xw.apps.keys() == [excel.pid, second.pid]
        assert xw.apps.active.pid == excel.pid
        assert xw.Book("a=b%ü.xlsx").app.pid == second.pid
        with pytest.raises(Exception, match="more than one Excel instance"):
            xw.Book("leads.xlsx")
        by_window = sys.modules["xlwings._xlwindows"].App(xl=second.books[0].hwnd)
        assert by_window.books("leads.xlsx").name == "leads.xlsx"


def test_an_excel_started_by_a_program(excel, sheet):
    """`xw.App()` starts an instance of its own, and quitting it makes xlwings kill those without a workbook window."""
    with install(excel) as desktop:
        app = xw.App()
        assert app.books[0].name == "Book1"
        assert [one.pid for one in desktop.started] == [app.pid]
        app.activate(steal_focus=True)
        assert xw.apps.active.pid == app.pid
        app.quit()
        assert desktop.started[0].ended
        assert (xw.apps.keys(), desktop.killed) == ([excel.pid], [])


def test_an_excel_without_a_book_is_not_seen(excel, sheet):
    """An instance without a workbook window has no place in `xw.apps`; a book in Protected View is no book at all."""
    excel.books[0].protected_view = True
    with install(FakeExcel(), excel):
        assert xw.apps.keys() == [excel.pid]
        assert len(xw.books) == 0
    with install(FakeExcel()):
        assert xw.apps.active is None


# reading


def test_values_as_excel_delivers_them(sheet, xl):
    """Numbers are floats, blanks None, errors ints, currencies Decimals of four places, dates datetimes in UTC."""
    when = dt.datetime(2024, 5, 6, 7, 8, 9)
    money = decimal.Decimal("12.5")
    sheet.fill("A1", [[1, 2.5, "001", True, None, when, money, ExcelError("#N/A"), ExcelError("#SPILL!"), dt.date(2024, 5, 6)]])
    raw = xl.range("A1:J1").raw_value
    assert raw == ((1.0, 2.5, "001", True, None, when.replace(tzinfo=dt.UTC), money, -2146826246, -2146826243, raw[0][9]),)
    assert str(raw[0][6]) == "12.5000"
    assert type(raw[0][0]) is float
    assert raw[0][5].tzinfo is dt.UTC
    assert xl.range("A1:J1").value == [1.0, 2.5, "001", True, None, when, money, None, -2146826243, dt.datetime(2024, 5, 6)]
    assert xl.range("H1").options(err_to_str=True).value == "#N/A"


def test_one_cell_is_a_scalar(sheet, xl):
    """One cell comes as a scalar, a row or a column as tuples in a tuple; text in one cell is not a tuple of letters."""
    sheet.fill("A1", [["ab", 1], ["cd", 2]])
    assert xl.range("A1").raw_value == "ab"
    assert xl.range("A1:B1").raw_value == (("ab", 1.0),)
    assert xl.range("A1:A2").raw_value == (("ab",), ("cd",))


def test_the_number_format_makes_the_type(sheet, xl):
    """The same number is a float, a date or a Decimal according to its cell's format, cell by cell."""
    sheet.fill("A1", [[45000.25], [45000.25], [45000.25], [45000.25]])
    sheet.set_number_format("A2", "dd/mm/yyyy hh:mm")
    sheet.set_number_format("A3", '_-* #,##0.00 "€"_-;-* #,##0.00 €')
    sheet.set_number_format("A4", '0.0 "days"')
    values = [row[0] for row in xl.range("A1:A4").raw_value]
    assert values[0] == values[3] == 45000.25
    assert values[1] == dt.datetime(2023, 3, 15, 6, tzinfo=dt.UTC)
    sheet.set_number_format("A3", "€ #,##0.00")
    assert xl.range("A3").raw_value == decimal.Decimal("45000.2500")


def test_a_block_of_several_areas_reads_the_first(sheet, xl):
    """`raw_value`, `row` and `shape` of several areas speak of the first area only; `address` names all."""
    sheet.fill("A1", [[1, 2], [3, 4]])
    several = xl.range("A1:A2,B2")
    assert several.raw_value == ((1.0,), (3.0,))
    assert (several.row, several.shape, several.address) == (1, (2, 1), "$A$1:$A$2,$B$2")


def test_whole_columns(sheet, xl):
    """A whole column has 1,048,576 rows, and can be read."""
    sheet.fill("A1", [[1], [2]])
    column = xl.range("A:A")
    assert column.shape == (1_048_576, 1)
    assert column.address == "$A:$A"
    assert column.raw_value[1] == (2.0,)
    assert len(column.raw_value) == 1_048_576


def test_formulas(sheet, xl):
    """`formula` is the text of a formula or of a constant; the value is what Excel shows."""
    sheet.fill("A1", [[Formula("=B1&C1", "joined"), 5, True, "text", None]])
    assert xl.range("A1:E1").formula == (("=B1&C1", "5", "TRUE", "text", ""),)
    assert xl.range("A1").value == "joined"


def test_used_range(sheet, xl):
    """The used range spans filled, formatted and once-used cells, and need not begin at A1. An empty sheet has A1."""
    assert xl.used_range.address == "$A$1"
    sheet.fill("C3", [[1], [2]])
    assert xl.used_range.address == "$C$3:$C$4"
    sheet.set_format("Interior.Color", "E9", 255.0)
    sheet.set_number_format("Z:Z", "@")
    assert xl.used_range.address == "$C$3:$E$9"
    sheet.stretch_used_range("A1:J40")
    assert xl.used_range.address == "$A$1:$J$40"


# selection


def test_selection_of_several_areas(sheet, xl):
    """A selection's address names every area, in one call."""
    sheet.select("A2:C5,E7,3:4")
    assert xl.book.selection.address == "$A$2:$C$5,$E$7,$3:$4"
    assert xl.book.app.selection.shape == (4, 3)


def test_a_long_address_is_cut(sheet, xl):
    """The address of many areas ends silently within 255 characters, so it cannot be trusted near that length."""
    sheet.select(",".join(f"A{row}" for row in range(100, 300, 2)))
    address = xl.book.app.selection.address
    assert 245 < len(address) <= 255
    assert address.count(",") < 99
    assert len(xl.book.app.selection.get_special_cells("visible")) == 100


def test_an_address_with_book_and_sheet(excel, sheet, xl):
    """One call names book, sheet and areas of the selection, quoted where the names need it."""
    sheet.select("A2:C5,E7")
    assert xl.book.app.selection.get_address(external=True) == "[leads.xlsx]Leads!$A$2:$C$5,$E$7"
    sheet.name = "Bob's leads"
    assert xl.book.app.selection.get_address(external=True) == "'[leads.xlsx]Bob''s leads'!$A$2:$C$5,$E$7"


def test_no_cells_selected(sheet, xl):
    """With a chart or a shape selected there is no selection."""
    sheet.select(Picture())
    assert xl.book.selection is None


def test_the_whole_sheet_selected_overflows(sheet, xl):
    """With every cell selected `selection` raises in xlwings, since Count overflows; the impl's selection still answers."""
    sheet.select("1:1048576")
    with pytest.raises(com_error):
        xl.book.app.selection  # noqa: B018
    assert xl.book.app.impl.selection.address == "$1:$1048576"


# visible cells


def test_visible_areas(sheet, xl):
    """Visible cells come as rectangles without hidden rows and columns, of every area of the range."""
    sheet.fill("A1", leads(8, 4))
    sheet.hide_rows(3, 5)
    sheet.hide_columns("C")
    areas = xl.range("A1:D8").get_special_cells("visible")
    assert [area.address for area in areas] == ["$A$1:$B$2", "$D$1:$D$2", "$A$6:$B$8", "$D$6:$D$8"]
    assert [area.address for area in xl.range("A2:A4,A7").get_special_cells("visible")] == ["$A$2", "$A$7"]


def test_visible_of_one_cell(sheet, xl):
    """SpecialCells of one cell searches the whole used range in Excel; xlwings clips it back."""
    sheet.fill("A1", leads(8, 4))
    assert xl.range("B2").api.SpecialCells(12).Address == "$A$1:$D$9"
    assert [area.address for area in xl.range("B2").get_special_cells("visible")] == ["$B$2"]
    sheet.hide_rows(2)
    assert xl.range("B2").get_special_cells("visible") == []


def test_nothing_visible(sheet, xl):
    """Where nothing is visible Excel raises "No cells were found." and xlwings returns an empty list."""
    sheet.fill("A1", leads(8, 4))
    sheet.hide_rows(2, 5)
    assert xl.range("A2:D4").get_special_cells("visible") == []
    with pytest.raises(com_error, match="No cells were found"):
        xl.range("A2:D4").api.SpecialCells(12)


def test_visible_of_a_whole_column(sheet, xl):
    """The visible cells of a whole column reach to the sheet's last row: clip to the used range first."""
    sheet.fill("A1", leads(8, 4))
    sheet.hide_rows(3)
    areas = xl.range("A:A").get_special_cells("visible")
    assert [area.address for area in areas] == ["$A$1:$A$2", "$A$4:$A$1048576"]


def test_special_cells_of_a_protected_sheet(sheet, xl):
    """On a protected sheet SpecialCells fails, and with it the only cheap way to see what is hidden."""
    sheet.fill("A1", leads(8, 4))
    sheet.protect()
    with pytest.raises(com_error, match="protected"):
        xl.range("A1:D8").get_special_cells("visible")


def test_other_special_cells(sheet, xl):
    """Blanks, constants and formulas are found within the used range."""
    sheet.fill("A1", [["a", 1], [None, Formula("=1", 1.0)], ["b", None]])
    found = {kind: [area.address for area in xl.range("A:B").get_special_cells(kind)] for kind in ("blanks", "constants", "formulas")}
    assert found == {"blanks": ["$A$2", "$B$3"], "constants": ["$A$1", "$A$3", "$B$1"], "formulas": ["$B$2"]}


def test_hidden_rows_and_columns(sheet, xl):
    """`rows.hidden` tells True, False or None (mixed), and can be set."""
    sheet.hide_rows(2, 3)
    assert [xl.range(address).rows.hidden for address in ("A2:A3", "A1", "A1:A2")] == [True, False, None]
    xl.range("A5:A6").rows.hidden = True
    xl.range("B1").columns.hidden = True
    assert sheet.hidden_rows == {2, 3, 5, 6}
    assert sheet.hidden_columns == {2}


# writing


@pytest.mark.parametrize(
    ("text", "value", "number_format"),
    [
        ("001", 1.0, "General"),
        ("4155550123", 4155550123.0, "General"),
        (" 12 ", 12.0, "General"),
        ("1,234.5", 1234.5, "#,##0"),
        ("12%", 0.12, "0%"),
        ("$5.50", 5.5, "$#,##0.00"),
        ("1e3", 1000.0, "0.00E+00"),
        ("(7)", -7.0, "General"),
        ("+41795550123", 41795550123.0, "General"),
        ("+41 79 555 01 23", ExcelError("#NAME?"), "General"),
        ("-x", ExcelError("#NAME?"), "General"),
        ("@handle", ExcelError("#NAME?"), "General"),
        ("TRUE", True, "General"),
        ("false", False, "General"),
        ("#N/A", ExcelError("#N/A"), "General"),
        ("'001", "001", "General"),
        ("'=1+1", "=1+1", "General"),
        ("''x", "'x", "General"),
        ("'", "", "General"),
        ("1-2", dt.datetime(2026, 1, 2), "d-mmm"),
        ("1-10", dt.datetime(2026, 1, 10), "d-mmm"),
        ("11-50", dt.datetime(1950, 11, 1), "mmm-yy"),
        ("51-200", "51-200", "General"),
        ("2024-05-06", dt.datetime(2024, 5, 6), "m/d/yyyy"),
        ("5/6/2024 7:08", dt.datetime(2024, 5, 6, 7, 8), "m/d/yyyy h:mm"),
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z", "General"),
        ("Jan 2", dt.datetime(2026, 1, 2), "d-mmm"),
        ("MAR1", dt.datetime(2026, 3, 1), "d-mmm"),
        ("March 2024", dt.datetime(2024, 3, 1), "mmm-yy"),
        ("3-Mar-2024", dt.datetime(2024, 3, 3), "d-mmm-yy"),
        ("12:30", dt.datetime(1899, 12, 30, 12, 30), "h:mm"),
        ("5 p", dt.datetime(1899, 12, 30, 17), "h:mm AM/PM"),
        ("1 1/2", 1.5, "# ?/?"),
        ("=", "=", "General"),
        ("-", "-", "General"),
        ("mayor", "mayor", "General"),
        ("true story", "true story", "General"),
        ("12 Main St", "12 Main St", "General"),
        ("a\nb", "a\nb", "General"),
        ("", None, "General"),
    ],
)
def test_text_is_read_as_if_typed(sheet, xl, text, value, number_format):
    """Excel parses a written string as if a user had typed it."""
    xl.range("A1").raw_value = text
    cell = sheet.cell("A1")
    assert (cell.value, cell.number_format) == (value, number_format)
    assert type(cell.value) is type(value)
    assert bool(cell.formula) is (value == ExcelError("#NAME?"))


def test_a_formula_written_as_text_is_a_formula(sheet, xl):
    """A string beginning with = becomes a formula, through `value` and `raw_value` alike."""
    xl.range("A1").raw_value = '=HYPERLINK("http://example.com")'
    xl.range("A2").value = "=1+1"
    assert sheet.cell("A1").formula == '=HYPERLINK("http://example.com")'
    assert sheet.cell("A2").formula == "=1+1"


@pytest.mark.parametrize("text", ["001", "1-2", "=1+1", "+41", "-x", "@x", "TRUE", "#N/A", " 12 "])
def test_text_format_keeps_text(sheet, xl, text):
    """In a cell with format @ a string stays as it is, except that one leading apostrophe is consumed."""
    sheet.set_number_format("A1:A2", "@")
    xl.range("A1:A2").raw_value = [[text], ["'" + text]]
    assert sheet.values("A1:A2") == [[text], [text]]
    assert sheet.cell("A1").formula is None


def test_text_format_of_a_whole_column(sheet, xl):
    """The format of a whole column is set in one call and rules single cells, newest format first."""
    xl.range("B:B").number_format = "@"
    xl.range("B3").number_format = "General"
    xl.range("A2:C3").raw_value = [["01"] * 3] * 2
    assert sheet.values("A2:C3") == [[1.0, "01", 1.0], [1.0, 1.0, 1.0]]
    assert xl.range("B1:B9").number_format is None
    assert xl.range("B4:B9").number_format == "@"


def test_values_written(sheet, xl):
    """Numbers become floats; None and "" empty a cell; a Decimal is cut to two places and formatted as money."""
    sheet.fill("A1", [["x", "x", "x", "x", "x"]])
    xl.range("A1:E1").raw_value = [7, True, None, "", decimal.Decimal("1.2345")]
    assert sheet.values("A1:E1") == [[7.0, True, None, None, 1.23]]
    assert sheet.cell("E1").number_format == "$#,##0.00"
    for bad in ({"a": 1}, object(), dt.date(2024, 1, 1)):
        with pytest.raises(TypeError):
            xl.range("A1").raw_value = bad
    with pytest.raises(ValueError, match="same size"):
        xl.range("A1:B2").raw_value = [[1, 2], [3]]
    assert sheet.cell("A1").value == 7.0


def test_dates_written(excel, sheet, xl):
    """A date gets a date format. `raw_value` turns every datetime into UTC and takes a naive one for local time; `value` does not."""
    when = dt.datetime(2024, 5, 6, 7, 8, 9)
    xl.range("A1").value = when
    xl.range("A2").raw_value = when.replace(tzinfo=dt.UTC)
    xl.range("A3").raw_value = when
    xl.range("A4").raw_value = when.replace(tzinfo=dt.timezone(dt.timedelta(hours=5)))
    xl.range("A5").value = when.replace(tzinfo=dt.timezone(dt.timedelta(hours=5)))
    assert sheet.values("A1:A5") == [[when], [when], [when - excel.utc_offset], [when - dt.timedelta(hours=5)], [when]]
    assert sheet.cell("A1").number_format == "m/d/yyyy h:mm"


def test_shapes_written(sheet, xl):
    """A scalar fills, one row repeats, what is too big is cut, what is missing becomes #N/A."""
    xl.range("A1:B2").raw_value = "x"
    xl.range("C1:D2").raw_value = ["a", "b"]
    xl.range("E1").raw_value = [[1, 2], [3, 4]]
    xl.range("F1:G3").raw_value = [[1, 2], [3, 4]]
    assert sheet.values("A1:E2") == [["x", "x", "a", "b", 1.0], ["x", "x", "a", "b", None]]
    assert sheet.values("F1:G3") == [[1.0, 2.0], [3.0, 4.0], [ExcelError("#N/A")] * 2]


def test_a_protected_sheet(excel, sheet, xl):
    """A locked cell refuses the whole write with 0x800A03EC, an unlocked one takes it; formats are refused everywhere."""
    sheet.fill("A1", [["a", "b"]])
    sheet.unlock("B1")
    sheet.protect()
    assert xl.api.ProtectContents is True
    with pytest.raises(com_error) as caught:
        xl.range("A1:B1").raw_value = [[1, 2]]
    assert caught.value.excepinfo[5] & 0xFFFFFFFF == 0x800A03EC
    assert sheet.values("A1:B1") == [["a", "b"]]
    xl.range("B1").raw_value = 2
    with pytest.raises(com_error):
        xl.range("B1").number_format = "@"
    assert [write.address for write in excel.writes] == ["B1"]


def test_merged_cells(sheet, xl):
    """A merged block holds one value; MergeCells is None where merged and single cells meet; a write into its inside is lost."""
    sheet.fill("A1", [["a", "b", "c"]])
    sheet.merge("A1:B1")
    assert xl.range("A1:C1").raw_value == (("a", None, "c"),)
    assert [xl.range(address).merge_cells for address in ("A1", "A1:C1", "C1:D1")] == [True, None, False]
    assert xl.range("B1").merge_area.address == "$A$1:$B$1"
    xl.range("A1:C1").raw_value = [[1, 2, 3]]
    assert sheet.values("A1:C1") == [[1.0, None, 3.0]]


def test_tables(sheet, xl):
    """A table knows its header row and body; its header cells are always text; an empty table has no body."""
    sheet.fill("A1", leads(5, 3))
    sheet.add_table("Leads1", "A1:C6")
    sheet.add_table("Bare", "F1:G2", headers=False)
    sheet.add_table("Hollow", "J1:K1")
    table = xl.tables["Leads1"]
    assert (table.header_row_range.address, table.data_body_range.address, table.range.address) == ("$A$1:$C$1", "$A$2:$C$6", "$A$1:$C$6")
    assert [table.name for table in xl.tables] == ["Leads1", "Bare", "Hollow"]
    assert xl.tables["Bare"].show_headers is False
    assert xl.tables["Hollow"].data_body_range is None
    assert xl.range("B2").table.name == "Leads1"
    assert xl.range("D2").table is None
    assert "Nothing" not in xl.tables
    xl.range("B1:C1").raw_value = [[7, None]]
    assert sheet.values("A1:C1") == [["field 0", "7", "Column3"]]


def test_colours(excel, sheet, xl):
    """Colours are read and set; none is None."""
    xl.range("A1:B2").color = (255, 199, 206)
    assert xl.range("A1").color == (255, 199, 206) == sheet.cell("B2").color
    assert xl.range("C1").color is None
    xl.range("A1:B2").color = None
    assert sheet.cell("A1").color is None
    assert [write.what for write in excel.writes] == ["Interior.Color", "Interior.Color"]


def test_a_write_is_logged_and_heard(excel, sheet, xl):
    """Every write is logged with its address, ends copy mode and fires the change event unless events are off."""
    excel.properties["CutCopyMode"] = 1
    app = xl.book.app
    assert app.cut_copy_mode == "copy"
    xl.range("B2:C3").raw_value = [[1, 2], [3, 4]]
    assert app.cut_copy_mode is None
    app.enable_events = False
    xl.range("B4").raw_value = 5
    app.enable_events = True
    assert [(write.what, write.address, write.cells) for write in excel.writes] == [("Value", "B2:C3", 4), ("Value", "B4", 1)]
    assert excel.events == ["Leads!B2:C3"]
    assert excel.history == [("EnableEvents", False), ("EnableEvents", True)]


def test_other_formats(sheet, xl):
    """Fonts, widths, alignment and drop-downs are kept, so that a test can look at them."""
    header = xl.range("A1:C1")
    header.font.bold = True
    header.column_width = 20
    header.wrap_text = True
    header.columns.autofit()
    xl.range("A2:A9").data_validation.set_list(["yes", "no"])
    assert xl.range("A2:A9").data_validation.source == "yes,no"
    assert (sheet.format("Font.Bold", "C1"), sheet.format("ColumnWidth", "B1"), sheet.format("WrapText", "A1")) == (True, 20, True)
    assert sheet.format("Validation", "A5")["Formula1"] == "yes,no"
    xl.range("A1:C9").clear()
    assert sheet.format("Font.Bold", "C1") is False


def test_application_properties(excel, xl):
    """Status bar, screen updating, interactive, calculation and alerts keep what was set."""
    app = xl.book.app
    assert app.status_bar is False
    app.status_bar = "Reply: 3 of 9"
    app.screen_updating = app.interactive = app.display_alerts = False
    app.calculation = "manual"
    assert (excel.properties["StatusBar"], app.calculation) == ("Reply: 3 of 9", "manual")
    assert (app.screen_updating, app.interactive, app.display_alerts) == (False, False, False)


# books and sheets


def test_saving(excel, sheet, xl):
    """Saving is noted, forgets the stretched used range, and is refused for a read-only book."""
    book = excel.books[0]
    sheet.stretch_used_range("A1:Z99")
    xl.range("A1").raw_value = 1
    xl.book.save()
    assert book.saved_as == [book.full_name]
    assert not book.dirty
    assert xl.used_range.address == "$A$1"
    book.read_only = True
    assert xl.book.api.ReadOnly is True
    with pytest.raises(com_error, match="read-only"):
        xl.book.save()


def test_a_book_in_onedrive(excel, xl):
    """The full name of a book that is not synced is a URL, and xlwings raises; its name still answers."""
    excel.books[0].url = "https://d.docs.live.net/0123456789abcdef/Documents"
    with pytest.raises(xw.XlwingsError):
        xl.book.fullname  # noqa: B018
    assert xl.book.name == "leads.xlsx"


def test_sheets(excel, sheet, xl):
    """Sheets are added, named, copied, moved to the front and deleted."""
    book = xl.book
    added = book.sheets.add("Columns", after=xl)
    added.range("A1").value = "x"
    copied = xl.copy(after=added, name="Practice")
    assert [one.name for one in book.sheets] == ["Leads", "Columns", "Practice"]
    assert book.sheets.active.name == "Practice"
    with pytest.raises(com_error):
        copied.name = "leads"
    added.delete()
    with pytest.raises(com_error):
        added.range("A1").value  # noqa: B018
    assert [one.name for one in excel.books[0].sheets] == ["Leads", "Practice"]
    with pytest.raises(com_error):
        book.sheets["Nothing"]


def test_a_closed_book(excel, sheet, xl):
    """After the user closed the book, every object of it that is still held raises, and the name is unknown."""
    whole = xl.range("A1:B2")
    other = excel.add_book("other.xlsx")
    other.add_sheet()
    excel.books[0].close()
    for action in (lambda: whole.raw_value, lambda: xl.name, lambda: xl.book.save()):
        with pytest.raises(com_error):
            action()
    with pytest.raises(KeyError):
        xw.books("leads.xlsx")


def test_an_excel_that_ended(excel, sheet, xl):
    """After Excel itself has ended, whatever is still held raises, and xlwings finds no instance."""
    app = xl.book.app
    excel.end()
    with pytest.raises(com_error, match="RPC server"):
        app.status_bar  # noqa: B018
    assert xw.apps.active is None


def test_a_file_from_disk(excel, tmp_path):
    """A workbook made by openpyxl opens with its values, formats, hidden rows, merges, tables and selection."""
    book = openpyxl.Workbook()
    source = book.active
    source.title = "Leads"
    for row in (["id", "when", "text"], [1, dt.datetime(2024, 5, 6), "001"], [2, None, "=A2"], [3, None, "#N/A"]):
        source.append(row)
    source.merge_cells("E1:F1")
    source.row_dimensions[3].hidden = True
    source.column_dimensions["B"].hidden = True
    source["C2"].number_format = "@"
    source.add_table(openpyxl.worksheet.table.Table(displayName="T1", ref="A1:C4"))
    source.sheet_view.selection[0].sqref = "A2:A3 C2"
    path = tmp_path / "made.xlsx"
    book.save(path)
    excel.add_book("leads.xlsx").add_sheet()
    with install(excel):
        opened = xw.Book(str(path))
        xl = opened.sheets["Leads"]
        assert xl.range("A2:C2").raw_value == ((1.0, dt.datetime(2024, 5, 6, tzinfo=dt.UTC), "001"),)
        assert xl.range("C3").formula == "=A2"
        assert [area.address for area in xl.range("A1:C4").get_special_cells("visible")] == ["$A$1:$A$2", "$C$1:$C$2", "$A$4", "$C$4"]
        assert (xl.tables[0].name, xl.range("E1").merge_cells, xl.range("C2").number_format) == ("T1", True, "@")
        assert opened.selection.address == "$A$2:$A$3,$C$2"


# trouble


def test_a_busy_excel_is_asked_again(excel, sheet, xl):
    """xlwings repeats rejected calls at once, any number of times, without sleeping."""
    sheet.fill("A1", [["x"]])
    excel.reject(50)
    with excel.count() as tally:
        assert xl.range("A1").raw_value == "x"
    assert tally.names["Worksheet.Range()"] == 51
    excel.reject(30, "Range.Value=")
    xl.range("A1").raw_value = "y"
    assert sheet.cell("A1").value == "y"


def test_a_limit_of_attempts_raises(excel, sheet, xl):
    """With N_COM_ATTEMPTS set, a call that stays rejected raises com_error 0x80010001."""
    sys.modules["xlwings._xlwindows"].N_COM_ATTEMPTS = 5
    with excel.editing(), excel.count() as tally, pytest.raises(com_error) as caught:
        xl.range("A1").raw_value  # noqa: B018
    assert caught.value.hresult & 0xFFFFFFFF == 0x80010001
    assert tally.names["Worksheet.Range()"] == 5
    xl.range("A1").raw_value = 1


def test_late_binding_hides_the_reason(excel, sheet, xl):
    """Bound late, a rejected property looks like a missing one; xlwings then raises ExcelBusyError, which is no com_error."""
    excel.late_binding = True
    module = sys.modules["xlwings._xlwindows"]
    module.N_COM_ATTEMPTS = 5
    with excel.editing(), pytest.raises(module.ExcelBusyError):
        xl.name  # noqa: B018
    excel.reject(2)
    assert xl.name == "Leads"


def test_a_rejected_workbooks_call_vanishes(excel, xl):
    """A rejected `Workbooks(name)` gives a book without anything behind it, and no error."""
    app = xl.book.app
    excel.reject(1, "Workbooks()")
    assert app.books("leads.xlsx").api is None


def test_ignored_by_excel(excel, xl):
    """0x800AC472 raises at once from a method, and xlwings repeats it for ever at the setting of a property."""
    excel.fail("Worksheet.Range()", busy())
    with pytest.raises(com_error) as caught:
        xl.range("A1")
    assert caught.value.hresult & 0xFFFFFFFF == 0x800AC472
    excel.fail("Range.Value=", busy(method=False), times=20)
    with excel.count() as tally:
        xl.range("A1").raw_value = 1
    assert tally.names["Range.Value="] == 21


def test_an_error_at_a_named_call(excel, sheet, xl):
    """A test names the call that fails, and how many pass before."""
    excel.fail("Range.Value", excel_error("Unable to get the Value property of the Range class"), skip=1)
    assert xl.range("A1").raw_value is None
    with pytest.raises(com_error, match="Unable to get"):
        xl.range("A1").raw_value  # noqa: B018
    assert xl.range("A1").raw_value is None


def test_something_happens_between_two_calls(excel, sheet, xl):
    """A test sorts the sheet, inserts a row or closes the book before a given call. A range that is held grows with what is inserted."""
    sheet.fill("A1", [["id"], [3], [1], [2]])
    excel.before("Range.Value", lambda: sheet.sort("A", 2, 4), skip=1)
    excel.before("Range.Value", lambda: sheet.insert_rows(2), skip=2)
    reads = [[row[0] for row in xl.range("A1:A5").raw_value] for _ in range(3)]
    assert reads == [["id", 3.0, 1.0, 2.0, None], ["id", 1.0, 2.0, 3.0, None], ["id", None, 1.0, 2.0, 3.0, None]]
    excel.before("Range.Value=", excel.books[0].close)
    with pytest.raises(com_error):
        xl.range("A1").raw_value = 1
    assert excel.writes == []


def test_formats_follow_their_rows(sheet):
    """Inserted and deleted rows move formats, hidden rows, tables, merges and the selection."""
    sheet.fill("A1", leads(6, 2))
    sheet.set_number_format("A4:A5", "@")
    sheet.hide_rows(4)
    sheet.add_table("T", "A1:B7")
    sheet.select("A5:B5")
    sheet.insert_rows(3, 2)
    assert (sheet.cell("A6").number_format, sheet.cell("A5").number_format, sheet.cell("A8").number_format) == ("@", "General", "General")
    assert (sheet.hidden_rows, sheet.tables[0].rect.bottom, sheet.selection[0].top) == ({6}, 9, 7)
    sheet.delete_rows(3, 2)
    assert (sheet.cell("A4").number_format, sheet.hidden_rows, sheet.cell("B7").value) == ("@", {4}, "value 5/1")


def test_live_objects(excel, sheet):
    """A test sees whether anything of Excel is still held."""
    with install(excel):
        book = xw.books.active
        held = book.sheets[0].range("A1:B2")
        held.raw_value  # noqa: B018
        assert "Range" in excel.live()
        del held, book
        assert excel.live() == []


def test_a_gap_of_the_fake_is_loud(xl):
    """What the fake lacks raises NotImplementedError, where an AttributeError would make xlwings repeat for ever."""
    with pytest.raises(NotImplementedError, match=r"Range\.Sparkles"):
        xl.range("A1").api.Sparkles  # noqa: B018
    with pytest.raises(NotImplementedError, match=r"Range\.Sparkles"):
        xl.range("A1").api.Sparkles = 1


# what it costs: calls into Excel, look-ups included, the same for 10, 1,000 and 10,000 rows


def test_cost_of_a_bulk_read():
    """A block read costs 7 calls by coordinates, 3 by address, 13 by `value`."""
    assert costs(lambda xl, n: xl.range((1, 1), (n + 1, 4)).raw_value) == 7
    assert costs(lambda xl, n: xl.range((1, 1, n + 1, 4)).raw_value) == 7
    assert costs(lambda xl, n: xl.range(f"A1:D{n + 1}").raw_value) == 3
    assert costs(lambda xl, n: xl.range(f"A1:D{n + 1}").value) == 13


def test_cost_of_a_bulk_write():
    """A block written costs 7 calls by coordinates, 3 by address, 109 by `value`; a number format costs 3, a colour 4."""
    assert costs(lambda xl, n: setattr(xl.range((2, 6), (n + 1, 8)), "raw_value", [["x", 1, None]] * n)) == 7
    assert costs(lambda xl, n: setattr(xl.range(f"F2:H{n + 1}"), "raw_value", [["x", 1, None]] * n)) == 3
    assert costs(lambda xl, n: setattr(xl.range(f"F2:H{n + 1}"), "number_format", "@")) == 3
    assert costs(lambda xl, n: setattr(xl.range(f"F2:H{n + 1}"), "color", (255, 0, 0))) == 4
    assert costs(lambda xl, n: setattr(xl.range(f"F2:H{n + 1}"), "value", [["x", 1, None]] * n)) == 109


def test_cost_of_the_used_range():
    """The used range's address costs 2 calls; its row, column and shape 8."""
    assert costs(lambda xl, n: xl.used_range.address) == 2
    assert costs(lambda xl, n: (lambda used: (used.row, used.column, used.shape))(xl.used_range)) == 8


def test_cost_of_the_selection():
    """The selection's address costs 20 calls through the book, 10 through its app; its row, column and shape 16."""

    def chosen(sheet):
        sheet.select("A2:C5,E7")

    def held(xl, n):
        app = xw.apps.active
        with xl_excel(xl).count() as tally:
            app.selection.get_address(external=True)
        assert tally.total == 10

    assert costs(lambda xl, n: xl.book.selection.address, chosen) == 1 + 20
    assert costs(lambda xl, n: xl.book.app.selection.address, chosen) == 1 + 10
    assert costs(lambda xl, n: xl.book.app.selection.row, chosen) == 1 + 16
    cost(held, 10, chosen)


def test_cost_of_the_visible_areas():
    """Visible areas cost 10 calls in all and 2 for each area by address, 8 by row, column and shape."""

    def addresses(xl, n):
        return [area.address for area in xl.range(f"A1:D{n + 1}").get_special_cells("visible")]

    def shapes(xl, n):
        return [(area.row, area.column, area.shape) for area in xl.range(f"A1:D{n + 1}").get_special_cells("visible")]

    assert costs(addresses) == 10 + 2
    for rows in SIZES:
        hidden = partial(Sheet.hide_rows, first=3, last=rows + 1, step=2)
        assert cost(addresses, rows, hidden) == 10 + 2 * (rows // 2)
        assert cost(shapes, rows, hidden) == 10 + 8 * (rows // 2)


def test_cost_of_tables_and_merges():
    """Tables cost 3 calls and 4 each for name and address; the merge state of a block costs 3, a sheet's protection 1."""

    def tables(xl, n):
        return [(table.name, table.range.address) for table in xl.tables]

    def two(sheet):
        sheet.add_table("A", "A1:B9")
        sheet.add_table("B", "C1:D9")

    assert costs(tables) == 3
    assert costs(tables, two) == 3 + 2 * 4
    assert costs(lambda xl, n: xl.range(f"A1:D{n + 1}").merge_cells) == 3
    assert costs(lambda xl, n: xl.api.ProtectContents) == 1


def test_cost_of_finding_books_and_sheets():
    """The active book costs 4 calls, a book by name 9 with one book open, a sheet by name 2, a status bar text 3."""
    assert costs(lambda xl, n: xw.books.active) == 4
    assert costs(lambda xl, n: xw.Book("leads.xlsx")) == 9
    assert costs(lambda xl, n: xl.book.sheets["Leads"]) == 1 + 2
    assert costs(lambda xl, n: xl.book.sheets.active) == 1 + 3
    assert costs(lambda xl, n: setattr(xl.book.app, "status_bar", "x")) == 1 + 3


def test_a_whole_read_and_a_whole_writing_within_their_budgets():
    """Book, selection, used range, table, merges, values and visible rows are read in 40 calls; four columns are written in 31."""

    def read(xl, n):
        book = xw.books.active
        app = book.app
        app.selection.get_address(external=True)
        sheet = book.sheets["Leads"]
        sheet.used_range.address  # noqa: B018
        [(table.name, table.range.address) for table in sheet.tables]
        data = sheet.range(f"A1:D{n + 1}")
        assert data.merge_cells is False
        assert len(data.raw_value) == n + 1
        assert [area.address for area in data.get_special_cells("visible")] == [f"$A$1:$D${n + 1}"]

    def write(xl, n):
        app = xl.book.app
        app.screen_updating = app.enable_events = False
        for column in "FGHI":
            block = xl.range(f"{column}2:{column}{n + 1}")
            block.number_format = "@"
            block.raw_value = [["Updated"]] * n
            block.color = (198, 239, 206)
        app.screen_updating = app.enable_events = True

    assert costs(read, lambda sheet: (sheet.select("A2:C5"), sheet.add_table("T", "A1:D9"))) == 40
    assert costs(write) == 31


def test_it_is_fast():
    """10,000 rows of 20 columns are built, read and written, and 5,000 visible areas found, in well under a second each."""
    excel = FakeExcel()
    sheet = excel.add_book("big.xlsx").add_sheet("Big", leads(10_000))
    sheet.hide_rows(3, 10_001, 2)
    with install(excel):
        xl = xw.books.active.sheets["Big"]
        for action in (
            lambda: xl.range("A1:T10001").raw_value,
            lambda: setattr(xl.range("A1:T10001"), "raw_value", leads(10_000)),
            lambda: [area.address for area in xl.range("A1:T10001").get_special_cells("visible")],
        ):
            start = time.process_time()
            action()
            assert time.process_time() - start < 2
