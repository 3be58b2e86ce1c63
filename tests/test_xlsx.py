"""Opening whatever calls itself a workbook, and saving so that only the written cells change."""

from __future__ import annotations

import errno
import io
import os
import random
import re
import sys
import zipfile
from pathlib import Path

import loss_workbooks
import openpyxl
import pytest
import workbooks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reply_xl.errors import SheetError, WorkbookError
from reply_xl.xlsx import edit
from reply_xl.xlsx.cells import escape
from reply_xl.xlsx.file import BookFile
from reply_xl.xlsx.model import ERROR_CODES, NO_CACHED_VALUE, Formula, SheetData, parse_area
from reply_xl.xlsx.save import save_bytes

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")


@pytest.fixture(scope="module")
def full_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("full") / "full.xlsx"
    return workbooks.with_strange_parts(workbooks.full(path)).read_bytes()


@pytest.fixture
def full(tmp_path: Path, full_bytes: bytes) -> Path:
    path = tmp_path / "full.xlsx"
    path.write_bytes(full_bytes)
    return path


def values(sheet: SheetData) -> dict[tuple[int, int], object]:
    return {(row, column): cell[0] for row, line in sheet.cells.items() for column, cell in line.items() if cell[0] is not None}


def push_like(book: BookFile, sheet: int = 0, row: int = 2, column: int = 20, count: int = 5) -> None:
    """Headers, statuses as text, a date and a colour right of the data, as a run writes them."""
    data, styles = book.sheets[sheet].data, book.styles
    text = styles.derive(0, number_format="@")
    for offset, header in enumerate(["Reply status", "Reply message", "Reply updated at"]):
        edit.set_value(data, row - 1, column + offset, header, styles.derive(0, bold=True))
    for place in range(row, row + count):
        edit.set_value(data, place, column, "Updated", styles.derive(text, fill=(198, 239, 206)))
        edit.set_value(data, place, column + 1, "=1+1 <b> & \x01 _x0041_\r\nnext", text)
        edit.set_value(data, place, column + 2, 46100.5, styles.derive(0, number_format="yyyy-mm-dd hh:mm:ss"))


def saved(book: BookFile) -> BookFile:
    return BookFile(book.spliced(), book.name, None, None)


# losslessness


def test_values_and_cached_results_survive_and_the_written_ones_are_read_back(full: Path) -> None:
    """All old values, cached formula results and errors read the same after the save; the new ones read as written."""
    book = BookFile.opened(full)
    before = [values(sheet.data) for sheet in book.sheets]
    formulas = [dict(sheet.data.formulas) for sheet in book.sheets]
    push_like(book)
    again = saved(book)
    after = [values(sheet.data) for sheet in again.sheets]
    assert [dict(sheet.data.formulas) for sheet in again.sheets] == formulas
    assert {key: value for key, value in after[0].items() if key[1] < 20} == before[0]
    assert after[1:] == before[1:]
    assert after[0][3, 21] == "=1+1 <b> & \x01 _x0041_\r\nnext"
    style = again.styles[again.sheets[0].data.cells[3][20][1]]
    assert (style.number_format, style.fill) == ("@", (198, 239, 206))
    assert again.styles[again.sheets[0].data.cells[1][20][1]].bold


def test_openpyxl_reads_the_same_values_as_this_reader(full: Path) -> None:
    """openpyxl is the second opinion on values, before and after a save."""
    book = BookFile.opened(full)
    push_like(book)
    book.save()
    other = openpyxl.load_workbook(full, data_only=True)
    for sheet in BookFile.opened(full).sheets:
        mine = values(sheet.data)
        theirs = {
            (cell.row, cell.column): cell.value
            for row in other[sheet.entry.name].iter_rows()
            for cell in row
            if cell.value is not None and (not cell.is_date or isinstance(cell.value, float))
        }
        theirs = {key: ERROR_CODES.get(value, value) if isinstance(value, str) else value for key, value in theirs.items()}
        same = {key for key in theirs if mine.get(key) == theirs[key]}
        assert all("_x" in str(theirs[key]) or "\x01" in str(mine[key]) for key in set(theirs) - same), sheet.entry.name


def test_a_save_without_changes_gives_the_very_bytes(full: Path) -> None:
    """Nothing written: the file is identical, to the byte."""
    before = full.read_bytes()
    BookFile.opened(full).save()
    assert full.read_bytes() == before


def test_saving_twice_keeps_both_writes(full: Path) -> None:
    """Each save splices all changes into the bytes first opened, so a second save loses nothing."""
    book = BookFile.opened(full)
    push_like(book, column=20)
    book.save()
    push_like(book, column=30)
    book.save()
    found = values(BookFile.opened(full).sheets[0].data)
    assert found[2, 20] == found[2, 30] == "Updated"


# forms of sheet XML


def edited(path: Path, *cells: tuple[int, int, object]) -> tuple[BookFile, bytes]:
    book = BookFile.opened(path)
    for row, column, value in cells:
        edit.set_value(book.sheets[0].data, row, column, value, edit.style_at(book.sheets[0].data, row, column))  # type: ignore[arg-type]
    book.save()
    return BookFile.opened(path), workbooks.contents(path)["xl/worksheets/sheet1.xml"]


@pytest.mark.parametrize(
    "sheet",
    [
        f'<worksheet xmlns="{workbooks.MAIN}"><sheetData/></worksheet>',
        f'<worksheet xmlns="{workbooks.MAIN}"><sheetData  /></worksheet>',
        f'<worksheet xmlns="{workbooks.MAIN}"><sheetData></sheetData></worksheet>',
        f'<x:worksheet xmlns:x="{workbooks.MAIN}"><x:sheetData/></x:worksheet>',
        f'<x:worksheet xmlns:x="{workbooks.MAIN}"><x:sheetData><x:row r="2"/><x:row r="3"><x:c r="B3"/></x:row></x:sheetData></x:worksheet>',
        f'\ufeff<?xml version="1.0" encoding="utf-8"?><worksheet xmlns="{workbooks.MAIN}"><sheetData><row/><row><c/></row></sheetData></worksheet>',
        f'<worksheet xmlns="{workbooks.MAIN}"><sheetData><row r="2" ht="20"></row><row><c/><c t="n"><v>7</v></c></row></sheetData></worksheet>',
        f'<worksheet xmlns="{workbooks.MAIN}"><dimension ref="A1"/><sheetData><row r="9" x="a>b"/><row r="12"/></sheetData></worksheet>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_odd_but_legal_forms_of_a_sheet_take_cells(tmp_path: Path, sheet: str, encoding: str) -> None:
    """Self-closing elements, prefixes, missing references, a byte order mark and UTF-16: cells land where they belong, in order."""
    text = sheet.replace("utf-8", "utf-16") if encoding == "utf-16" else sheet
    path = workbooks.by_hand(
        tmp_path / "odd.xlsx", "", sheet=text.lstrip("\ufeff").encode(encoding) if encoding == "utf-16" else text.encode()
    )
    before = values(BookFile.opened(path).sheets[0].data)
    book, xml = edited(path, (1, 1, "a"), (2, 3, 5.0), (3, 5, True), (3, 3, "é"), (12, 2, ERROR_CODES["#N/A"]))
    after = values(book.sheets[0].data)
    assert after == before | {(1, 1): "a", (2, 3): 5.0, (3, 5): True, (3, 3): "é", (12, 2): ERROR_CODES["#N/A"]}
    assert book.sheets[0].data.in_order
    rows = [sheet[0] for sheet in book.sheets[0].data.row_spans]
    assert rows == sorted(set(rows))
    openpyxl.load_workbook(path)
    assert b"<" in xml


def test_existing_cells_are_replaced_in_place_and_keep_their_style(tmp_path: Path) -> None:
    """A written cell keeps its style, loses its old type, metadata and value; its neighbours keep their bytes."""
    rows = '<row r="1" spans="1:3"><c r="A1" s="1" t="s" vm="2"><v>0</v></c><c r="B1" s="2"/><c r="C1"  s="3" t="n"><v>0.50</v></c></row>'
    path = workbooks.by_hand(tmp_path / "a.xlsx", rows, strings=["old"], before='<dimension ref="A1:C1"/>')
    _, xml = edited(path, (1, 1, 3.0), (1, 4, "x"))
    assert b'<c r="A1" s="1"><v>3</v></c><c r="B1" s="2"/><c r="C1"  s="3" t="n"><v>0.50</v></c>' in xml
    assert b'<row r="1" spans="1:4">' in xml
    assert b'<dimension ref="A1:D1"/>' in xml


def test_a_cell_takes_the_style_of_its_row_or_column(tmp_path: Path) -> None:
    """A cell that was not there is written with its row's style, else its column's."""
    before = '<cols><col min="2" max="3" width="9" style="2"/></cols>'
    path = workbooks.by_hand(tmp_path / "a.xlsx", '<row r="2" s="1" customFormat="1"/>', before=before)
    _, xml = edited(path, (1, 2, "x"), (2, 2, "y"), (1, 4, "z"))
    assert b'<c r="B1" s="2" t="inlineStr">' in xml
    assert b'<c r="B2" s="1" t="inlineStr">' in xml
    assert b'<c r="D1" t="inlineStr">' in xml


def test_rows_out_of_order_are_read_but_not_saved(tmp_path: Path) -> None:
    """Excel calls such a sheet damaged; splicing into it could lose a row, so it refuses with a sentence."""
    path = workbooks.by_hand(tmp_path / "a.xlsx", '<row r="5"><c r="A5"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>')
    book = BookFile.opened(path)
    assert values(book.sheets[0].data) == {(5, 1): 1.0, (2, 1): 2.0}
    edit.set_value(book.sheets[0].data, 3, 1, "x", 0)
    before = path.read_bytes()
    with pytest.raises(WorkbookError, match="out of order"):
        book.save()
    assert path.read_bytes() == before


def test_overwriting_the_holder_of_a_shared_formula_leaves_the_others_theirs(tmp_path: Path) -> None:
    """The other cells of the group get the formula written out, moved to their place, and keep their results."""
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f t="shared" ref="B1:B3" si="0">A1*$A$1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c><c r="B2"><f t="shared" si="0"/><v>2</v></c></row>'
        '<row r="3"><c r="A3"><v>3</v></c><c r="B3"><f t="shared" si="0"/><v>3</v></c></row>'
    )
    path = workbooks.by_hand(tmp_path / "a.xlsx", rows)
    book, xml = edited(path, (1, 2, "gone"), (3, 2, 9.0))
    assert b"<f>A2*$A$1</f><v>2</v>" in xml
    assert values(book.sheets[0].data)[2, 2] == 2.0
    assert list(book.sheets[0].data.formulas) == [(2, 2)]


def test_a_calculation_chain_loses_the_cells_that_hold_no_formula_now(tmp_path: Path) -> None:
    """Excel takes an entry without formula for damage; the entry after it keeps its sheet."""
    path = workbooks.chained(tmp_path / "a.xlsx")
    edited(path, (1, 1, 5.0))
    chain = workbooks.contents(path)["xl/calcChain.xml"]
    assert b'<c r="B1" i="1"/><c r="A1" i="2"/>' in chain
    book = BookFile.opened(path)
    edit.set_value(book.sheets[0].data, 1, 2, None, 0)
    edit.set_value(book.sheets[1].data, 1, 1, "x", 0)
    book.save()
    parts = workbooks.contents(path)
    assert "xl/calcChain.xml" not in parts
    assert b"calcChain" not in parts["[Content_Types].xml"] + parts["xl/_rels/workbook.xml.rels"]
    openpyxl.load_workbook(path)


def test_only_a_written_formula_asks_excel_to_calculate(tmp_path: Path) -> None:
    """Calculation settings stay as they are unless a formula without a result was written."""
    path = workbooks.by_hand(tmp_path / "a.xlsx", "", names="<definedNames><definedName name='n'>1</definedName></definedNames>")
    before = workbooks.contents(path)["xl/workbook.xml"]
    edited(path, (1, 1, 5.0))
    assert workbooks.contents(path)["xl/workbook.xml"] == before
    book, xml = edited(path, (1, 2, Formula("A1*2")))
    assert b'</definedNames><calcPr fullCalcOnLoad="1"/>' in workbooks.contents(path)["xl/workbook.xml"]
    assert b"<f>A1*2</f></c>" in xml
    assert book.sheets[0].data.cells[1][2][0] == NO_CACHED_VALUE


def test_column_widths_and_styles_split_the_runs_they_fall_into(tmp_path: Path) -> None:
    """`<cols>` keeps every other attribute; only the written columns change."""
    cols = '<cols><col min="1" max="5" width="20" hidden="1" outlineLevel="1"/></cols>'
    path = workbooks.by_hand(tmp_path / "a.xlsx", "", before=cols)
    book = BookFile.opened(path)
    edit.set_columns(book.sheets[0].data, 3, 7, width=30.0)
    book.save()
    xml = workbooks.contents(path)["xl/worksheets/sheet1.xml"].decode()
    assert '<col min="1" max="2" width="20" hidden="1" outlineLevel="1"/>' in xml
    assert '<col min="3" max="5" width="30.0" hidden="1" outlineLevel="1" customWidth="1"/>' in xml
    assert '<col min="6" max="7" width="30.0" customWidth="1"/></cols><sheetData' in xml
    path = workbooks.by_hand(tmp_path / "b.xlsx", "")
    book = BookFile.opened(path)
    edit.set_columns(book.sheets[0].data, 2, 2, width=30.0)
    book.save()
    assert (
        b'<cols><col min="2" max="2" width="30.0" customWidth="1"/></cols><sheetData'
        in workbooks.contents(path)["xl/worksheets/sheet1.xml"]
    )


def test_styles_written_with_a_prefix_take_derived_styles(tmp_path: Path) -> None:
    """The Open XML SDK writes `x:` before every element; new formats, fills, fonts and styles are written so too."""
    styles = re.sub(r"<(/?)(\w)", r"<\1x:\2", workbooks.STYLES).replace("xmlns=", "xmlns:x=")
    path = workbooks.by_hand(tmp_path / "a.xlsx", '<row r="1"><c r="A1" s="1"><v>1</v></c></row>', styles=styles)
    book = BookFile.opened(path)
    style = book.styles.derive(1, number_format='0.0 "x"', fill=(1, 2, 3), bold=True, quote_prefix=True)
    edit.set_style(book.sheets[0].data, 1, 1, style)
    book.save()
    other = openpyxl.load_workbook(path).active["A1"]
    assert (other.number_format, other.fill.fgColor.rgb, other.font.b, other.font.name) == ('0.0 "x"', "FF010203", True, "Calibri")
    again = BookFile.opened(path)
    assert again.styles[again.sheets[0].data.cells[1][1][1]].quote_prefix


def test_a_style_keeps_everything_but_what_was_changed(full: Path) -> None:
    """Borders, italics, alignment of the cell's old style are in the new one."""
    book = BookFile.opened(full)
    data = book.sheets[0].data
    edit.set_style(data, 2, 6, book.styles.derive(edit.style_at(data, 2, 6), fill=(255, 0, 0)))
    book.save()
    cell = openpyxl.load_workbook(full)["Leads"]["F2"]
    assert (cell.number_format, cell.font.i, cell.border.left.style, cell.fill.fgColor.rgb) == ("$#,##0.00", True, "thin", "FFFF0000")
    assert openpyxl.load_workbook(full)["Leads"]["F3"].fill.fill_type is None


@given(st.text(max_size=60))
def test_text_of_any_kind_survives_the_escape(text: str) -> None:
    """Control characters, look-alike escapes and markup come back as they were; only lone surrogates do not exist in a file."""
    from xml.etree import ElementTree

    from reply_xl.xlsx.book import unescape

    parsed = ElementTree.fromstring(f'<t xml:space="preserve">{escape(text)}</t>').text or ""
    assert unescape(parsed) == text.encode("utf-16", "replace").decode("utf-16")


# tables


TABLE = (
    f'<table xmlns="{workbooks.MAIN}" id="1" name="T" displayName="T" ref="A1:B3"{{more}}><autoFilter ref="A1:B3"/>'
    '<tableColumns count="2"><tableColumn id="4" name="ID"/><tableColumn id="9" name="Name"/></tableColumns></table>'
)


def table_book(path: Path, more: str = "") -> Path:
    rows = "".join(f'<row r="{r}"><c r="A{r}" t="s"><v>0</v></c><c r="B{r}" t="s"><v>1</v></c></row>' for r in (1, 2, 3))
    return workbooks.by_hand(
        path,
        rows,
        strings=["ID", "Name"],
        after='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>',
        sheet_rels=f'<Relationship Id="rId1" Type="{workbooks.REL}/table" Target="../tables/table1.xml"/>',
        parts={"xl/tables/table1.xml": TABLE.format(more=more).encode()},
        types='<Override PartName="/xl/tables/table1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"/>',
    )


def write(book: BookFile, area: str, lines: list[list[str]]) -> None:
    sheet = book.sheets[0]
    box = parse_area(area)
    before = edit.blank_right_of(sheet.data, sheet.tables, box)
    for row, line in enumerate(lines):
        for column, value in enumerate(line):
            edit.set_value(sheet.data, box[0] + row, box[1] + column, value, 0)
    edit.settle_tables(sheet.data, sheet.tables, box, before)


def test_a_table_grows_by_the_headers_written_beside_it(tmp_path: Path) -> None:
    """Reference, filter and columns of the part follow; new column ids are free ones; the header text is the column's name."""
    path = table_book(tmp_path / "t.xlsx")
    book = BookFile.opened(path)
    write(book, "C1:D1", [["Reply status", 'A & "B"\nC']])
    book.save()
    part = workbooks.contents(path)["xl/tables/table1.xml"].decode()
    assert part.count('ref="A1:D3"') == 2
    assert '<tableColumns count="4">' in part
    assert '<tableColumn id="10" name="Reply status"/><tableColumn id="11" name="A &amp; &quot;B&quot;_x000a_C"/></tableColumns>' in part
    assert openpyxl.load_workbook(path).active.tables["T"].ref == "A1:D3"
    assert BookFile.opened(path).sheets[0].tables[0].columns[3] == 'A & "B"\nC'


@pytest.mark.parametrize(
    ("area", "lines", "more"),
    [("D1:D1", [["apart"]], ""), ("C2:C2", [["body"]], ""), ("C1:C1", [["name"]], ""), ("C1:C1", [["x"]], ' tableType="queryTable"')],
)
def test_a_table_does_not_grow_otherwise(tmp_path: Path, area: str, lines: list[list[str]], more: str) -> None:
    """Not for a gap, a body cell, a repeated name, nor where a query describes the columns a second time."""
    path = table_book(tmp_path / "t.xlsx", more)
    book = BookFile.opened(path)
    write(book, area, lines)
    assert not book.sheets[0].tables[0].changed
    book.save()
    assert workbooks.contents(path)["xl/tables/table1.xml"] == TABLE.format(more=more).encode()


def test_renaming_a_header_renames_the_tables_column(tmp_path: Path) -> None:
    """A table whose header cell and column name differ is damaged in Excel's eyes; an emptied header gets Excel's own name."""
    path = table_book(tmp_path / "t.xlsx")
    book = BookFile.opened(path)
    write(book, "A1:A1", [["Key"]])
    write(book, "B1:B1", [["KEY"]])
    book.save()
    assert b'id="4" name="Key"/><tableColumn id="9" name="KEY2"' in workbooks.contents(path)["xl/tables/table1.xml"]
    assert values(BookFile.opened(path).sheets[0].data)[1, 2] == "KEY2"


# saving


def test_a_full_disk_leaves_the_file_and_no_leftovers(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ENOSPC at any step: one sentence, the old bytes, no temporary file."""
    before = full.read_bytes()
    book = BookFile.opened(full)
    push_like(book)
    for name in ("fsync", "fdopen"):

        def fail(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(WorkbookError, match="disk is full"):
                book.save()
        assert full.read_bytes() == before
        assert list(full.parent.iterdir()) == [full]
    book.save()


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit there")
def test_a_write_that_breaks_off_leaves_the_file(full: Path) -> None:
    """A real write error in the middle of the bytes (the process's file size limit), not a simulated one."""
    import resource

    book = BookFile.opened(full)
    push_like(book)
    before = full.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(WorkbookError, match="disk is full"):
            book.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert full.read_bytes() == before
    assert list(full.parent.iterdir()) == [full]


@pytest.mark.parametrize("lock", ["~$full.xlsx", ".~lock.full.xlsx#"])
def test_a_file_open_in_excel_or_libreoffice_is_not_replaced(full: Path, lock: str) -> None:
    """Their lock files say so; the sentence names the program and the way out."""
    (full.parent / lock).write_bytes(b"\x07Someone")
    before = full.read_bytes()
    book = BookFile.opened(full)
    push_like(book)
    with pytest.raises(WorkbookError, match=r"is open in (Excel|LibreOffice)"):
        book.refuse_unless_savable()
    with pytest.raises(WorkbookError, match=r"is open in (Excel|LibreOffice)"):
        book.save()
    assert full.read_bytes() == before


def test_a_file_changed_since_it_was_opened_is_not_overwritten(full: Path, tmp_path: Path) -> None:
    """Somebody else's save is never lost; saving as another file still works."""
    book = BookFile.opened(full)
    push_like(book)
    other = BookFile.opened(full)
    push_like(other, column=40)
    other.save()
    theirs = full.read_bytes()
    with pytest.raises(WorkbookError, match="was changed by another program"):
        book.save()
    assert full.read_bytes() == theirs
    book.save(tmp_path / "mine.xlsx")
    assert values(BookFile.opened(tmp_path / "mine.xlsx").sheets[0].data)[2, 20] == "Updated"
    book.save()


def test_the_mode_stays_and_a_link_stays_a_link(full: Path, tmp_path: Path) -> None:
    """The file behind a symbolic link is replaced, with the mode it had."""
    if sys.platform == "win32":
        pytest.skip("no modes there")
    full.chmod(0o640)
    link = tmp_path / "link.xlsx"
    link.symlink_to(full)
    book = BookFile.opened(link)
    push_like(book)
    book.save()
    assert link.is_symlink()
    assert full.stat().st_mode & 0o777 == 0o640
    assert values(BookFile.opened(full).sheets[0].data)[2, 20] == "Updated"


def test_a_read_only_file_a_missing_folder_and_a_folder_of_that_name_are_refused(full: Path, tmp_path: Path) -> None:
    """One sentence each, before anything is written."""
    book = BookFile.opened(full)
    full.chmod(0o444)
    with pytest.raises(WorkbookError, match="read-only"):
        book.save()
    full.chmod(0o644)
    with pytest.raises(WorkbookError, match="folder does not exist"):
        book.save(tmp_path / "nowhere" / "a.xlsx")
    (tmp_path / "dir.xlsx").mkdir()
    with pytest.raises(WorkbookError, match="folder or a device"):
        book.save(tmp_path / "dir.xlsx")
    with pytest.raises(WorkbookError, match=r"of the kind \.xlsx"):
        book.save(tmp_path / "a.xlsm")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions mean nothing to this user")
def test_a_folder_without_permission_is_refused(full: Path) -> None:
    """The file stays as it was."""
    book = BookFile.opened(full)
    full.parent.chmod(0o555)
    try:
        with pytest.raises(WorkbookError, match="may not write"):
            book.save()
    finally:
        full.parent.chmod(0o755)


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    """Not the private mode of temporary files."""
    save_bytes(tmp_path / "new.xlsx", b"PK", None)
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "new.xlsx").stat().st_mode == (tmp_path / "plain").stat().st_mode


# opening


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return file.getvalue()


def minimal(tmp_path: Path, **replaced: bytes) -> dict[str, bytes]:
    return workbooks.contents(workbooks.by_hand(tmp_path / "base.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row>'))


def broken(tmp_path: Path) -> dict[str, tuple[bytes, str]]:
    """Files that must be refused, each with a word of its sentence."""
    parts = minimal(tmp_path)
    good = zipped(parts)
    sheet = "xl/worksheets/sheet1.xml"
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)

    def changed(**more: bytes) -> bytes:
        return zipped(parts | {name.replace("__", "/").replace("_xml", ".xml"): data for name, data in more.items()})

    def sheet_xml(rows: str, head: str = "") -> bytes:
        return changed(
            xl__worksheets__sheet1_xml=f'{head}<worksheet xmlns="{workbooks.MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()
        )

    chart = parts["xl/_rels/workbook.xml.rels"].replace(b"relationships/worksheet", b"relationships/chartsheet")
    encrypted = bytearray(good)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := encrypted.find(mark, at + 1)) >= 0:
            encrypted[at + offset] |= 1
    return {
        "empty": (b"", "is empty"),
        "text": (b"name,id\r\nAnn,1\r\n", "whatever its name says"),
        "old xls": (ole, "old .xls"),
        "encrypted": (ole + "EncryptedPackage".encode("utf-16-le"), "password"),
        "encrypted zip": (bytes(encrypted), "password"),
        "a zip of something": (zipped({"a.txt": b"x"}), "whatever its name says"),
        "half a zip": (good[: len(good) // 2], "cannot be unpacked"),
        "bomb": (changed(xl__worksheets__sheet1_xml=b" " * 40_000_000), "far more"),
        "many parts": (zipped({f"x{n}": b"" for n in range(10_001)}), "more than 10,000 parts"),
        "part outside": (zipped(parts | {"../evil.xml": b"x"}), "outside the file"),
        "absurd row": (sheet_xml('<row r="99999999"/>'), "cannot be read"),
        "absurd column": (sheet_xml('<row r="1"><c r="ZZZZ1"><v>1</v></c></row>'), "cannot be read"),
        "no such text": (sheet_xml('<row r="1"><c r="A1" t="s"><v>7</v></c></row>'), "cannot be read"),
        "doctype": (sheet_xml("", '<!DOCTYPE x [<!ENTITY a "b">]>'), "document type"),
        "not xml": (changed(xl__worksheets__sheet1_xml=b"<worksheet"), "as XML"),
        "no sheet part": (zipped({name: data for name, data in parts.items() if name != sheet}), "no worksheet"),
        "no workbook part": (zipped({name: data for name, data in parts.items() if name != "xl/workbook.xml"}), "whatever its name says"),
        "chart sheets only": (zipped(parts | {"xl/_rels/workbook.xml.rels": chart}), "no worksheet"),
        "broken styles": (changed(xl__styles_xml=b"<styleSheet><cellXfs><xf numFmtId='1'"), "as XML"),
        "deep": (changed(xl__worksheets__sheet1_xml=b"<a>" * 5000), "not a worksheet"),
        "deep styles": (changed(xl__styles_xml=b"<a>" * 5000), "nested"),
    }


def test_broken_and_hostile_files_give_one_sentence_each(tmp_path: Path) -> None:
    """No traceback of another kind, no long wait, and a sentence that names the file and what is wrong."""
    for kind, (data, word) in broken(tmp_path).items():
        path = tmp_path / "contacts.xlsx"
        path.write_bytes(data)
        with pytest.raises(WorkbookError) as caught:
            [sheet.data for sheet in BookFile.opened(path).sheets]
        sentence = str(caught.value)
        assert word in sentence, (kind, sentence)
        assert "contacts.xlsx" in sentence
        assert sentence.endswith(".")
        assert "\n" not in sentence


def test_a_folder_a_missing_file_and_a_pipe_give_one_sentence_each(tmp_path: Path) -> None:
    """Nothing hangs on what is no file."""
    with pytest.raises(WorkbookError, match="is a folder"):
        BookFile.opened(tmp_path)
    with pytest.raises(WorkbookError, match="does not exist"):
        BookFile.opened(tmp_path / "none.xlsx")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.xlsx")
        with pytest.raises(WorkbookError, match="not a file"):
            BookFile.opened(tmp_path / "pipe.xlsx")


def touch(data: bytes) -> None:
    """Open, read everything, write a few cells, and read the result."""
    book = BookFile(data, "a.xlsx", None, None)
    for sheet in book.sheets:
        assert sheet.data.cells is not None
        assert sheet.tables is not None
    for row, column in ((1, 1), (2, 2), (3, 9), (50, 3)):
        edit.set_value(book.sheets[0].data, row, column, "x", book.styles.derive(0, number_format="@"))
    BookFile(book.spliced(), "b.xlsx", None, None).sheets[0].data  # noqa: B018


@pytest.mark.parametrize("seed", range(4))
def test_mutated_files_give_a_sentence_or_a_book(full_bytes: bytes, tmp_path: Path, seed: int) -> None:
    """Bytes changed in the zip and inside its parts: only `SheetError`s, or a book that can be read and saved."""
    dice = random.Random(seed)
    books = [workbooks.contents(table_book(tmp_path / "t.xlsx")), workbooks.contents(workbooks.chained(tmp_path / "c.xlsx"))]
    books.append(workbooks.contents(loss_workbooks.office(tmp_path / "o.xlsm")))
    books.append({name: data for name, data in full_parts(full_bytes).items() if name not in workbooks.STRANGE})
    opened = 0
    sentences: set[str] = set()
    for turn in range(400):
        if turn % 4 == 0:
            data = bytearray(full_bytes)
            for _ in range(dice.choice([1, 2, 8])):
                data[dice.randrange(len(data))] = dice.randrange(256)
            mutated = bytes(data[: dice.randrange(len(data))] if dice.random() < 0.1 else data)
        else:
            parts = dict(dice.choice(books))
            name = dice.choice([name for name in parts if name.endswith((".xml", ".rels"))])
            parts[name] = mutate(bytearray(parts[name]), dice)
            mutated = zipped(parts)
        try:
            touch(mutated)
            opened += 1
        except SheetError as error:
            sentences.add(str(error)[-1])
    assert opened > 50
    assert sentences == {"."}


def full_parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {info.filename: package.read(info) for info in package.infolist()}


def mutate(data: bytearray, dice: random.Random) -> bytes:
    for _ in range(dice.choice([1, 2, 3])):
        if not data:
            break
        at, kind = dice.randrange(len(data)), dice.random()
        if kind < 0.35:
            data[at] = dice.choice(b'0123456789<>/"= aAzZ-&;.')
        elif kind < 0.6:
            start = dice.randrange(len(data))
            data[at:at] = data[start : start + dice.randrange(1, 40)]
        elif kind < 0.8:
            del data[at : at + dice.randrange(1, 30)]
        else:
            data[at:at] = dice.choice([b"-1", b"99999999999", b"NaN", b"1e999", b"<x/>", b"<!DOCTYPE a>", b"&#0;", b"\xff", b"XFE1", b"A0"])
    return bytes(data)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    written=st.dictionaries(
        st.tuples(st.integers(1, 14), st.integers(1, 10)),
        st.one_of(st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()),
        max_size=12,
    )
)
def test_any_write_reads_back_and_disturbs_nothing_else(full_bytes: bytes, written: dict[tuple[int, int], object]) -> None:
    """Over existing cells, between them and beyond: what was written reads as written, everything else as before."""
    book = BookFile(full_bytes, "a.xlsx", None, None)
    data = book.sheets[0].data
    expected = values(data)
    for (row, column), value in written.items():
        edit.set_value(data, row, column, value, edit.style_at(data, row, column))  # type: ignore[arg-type]
        expected[row, column] = value
    found = values(saved(book).sheets[0].data)
    clean = {
        key: value.encode("utf-16", "replace").decode("utf-16") if isinstance(value, str) else value for key, value in expected.items()
    }
    assert found == {key: value for key, value in clean.items() if value is not None}
