"""Nothing is lost: workbooks that hold what libraries drop are pushed to, and compared with what they were, part by part."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import loss_workbooks
import pytest
import workbooks
import xlwings as xw

from reply_xl import engine
from reply_xl.mapping.columns import MESSAGE, STATUS, UPDATED_AT
from reply_xl.workbook import Workbook
from reply_xl.xlsx.file import BookFile
from reply_xl.xlsx.model import column_letters, column_number

OWN = (STATUS, MESSAGE, UPDATED_AT)
TEXT = "=1+1 <b> & _x0041_\nnext"
MOMENT = dt.datetime(2026, 5, 28, 10, 30)
SERIAL = 46170.4375
FILLED = ("Since", "Replied at")


def fresh(path: Path) -> Path:
    """A new workbook of the file engine's own, its contacts in a table, with a name."""
    engine.activate()
    book = xw.App(add_book=False).books.add()
    sheet = book.sheets[0]
    sheet.range("A1").value = [[text or "" for text in row] for row in loss_workbooks.CONTACTS]
    sheet.tables.add(sheet.range("A1:E7"), name="People")
    sheet.range("A2:A7").name = "Ids"
    book.sheets.add("Second", after=sheet).range("A1").value = "x"
    sheet.activate()
    book.save(path)
    book.app.quit()
    return path


BY_US: dict[str, Callable[[Path], Path]] = {
    "xlsxwriter.xlsx": lambda path: workbooks.with_strange_parts(workbooks.full(path)),
    "office.xlsm": loss_workbooks.office,
    "fresh.xlsx": fresh,
}
BY_LIBREOFFICE: dict[str, Callable[[Path], Path]] = {
    "full.xlsx": workbooks.full,
    "pivot.fods": loss_workbooks.flat_ods,
}
NAMES = [*BY_US, *BY_LIBREOFFICE]
needs_soffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")

Place = tuple[int, int]
"""Row and column, from 1."""


@dataclass
class Pushed:
    """A workbook before and after a push. `headers`: where our headers are; `cells`: the cells with a result, and what they hold as we read it."""

    before: Path
    after: Path
    sheet: str
    headers: dict[Place, str]
    cells: dict[Place, str | float]
    blanks: set[Place]

    @property
    def written(self) -> set[Place]:
        return {*self.headers, *self.cells, *self.blanks}


def push(path: Path) -> Pushed:
    """Our three columns for all visible rows but the last, and a read-only column filled; saved over the file."""
    before = path.with_name(f"before-{path.name}")
    shutil.copy(path, before)
    with Workbook(path) as book:
        sheet = book.sheet()
        reading = sheet.read()
        filled = next(index for index, header in enumerate(reading.headers) if header in FILLED)
        layout = sheet.prepare(reading, OWN, [filled])
        rows = [row.number for row in reading.chosen]
        results = {STATUS: "Updated", MESSAGE: TEXT, UPDATED_AT: MOMENT}
        sheet.write(reading, layout, dict.fromkeys(rows[:-1], results), {row: {filled: MOMENT} for row in rows[:-1]})
        book.save()
    headers = {(reading.header_row, layout.own[header] + 1): header for header in OWN}
    cells: dict[Place, str | float] = {(row, filled + 1): SERIAL for row in rows[:-1]}
    for header, value in {STATUS: "Updated", MESSAGE: TEXT, UPDATED_AT: SERIAL}.items():
        cells |= {(row, layout.own[header] + 1): value for row in rows[:-1]}
    assert len(rows) > 4
    return Pushed(before, path, sheet.name, headers, cells, {(rows[-1], column) for _, column in headers})


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pushed]:
    """Every workbook there is, pushed to once."""
    folder = tmp_path_factory.mktemp("loss")
    paths = {name: build(folder / name) for name, build in BY_US.items()}
    if shutil.which("soffice"):
        sources = [build(folder / name) for name, build in BY_LIBREOFFICE.items()]
        made = loss_workbooks.converted("xlsx:Calc MS Excel 2007 XML", sources, folder)
        paths |= {source.name: made[source.stem] for source in sources}
    return {name: push(path) for name, path in paths.items()}


@pytest.fixture(params=NAMES)
def pushed(request: pytest.FixtureRequest, books: dict[str, Pushed]) -> Pushed:
    if request.param not in books:
        pytest.skip("LibreOffice is not installed")
    return books[request.param]


def records(path: Path) -> dict[str, bytes]:
    """By name and in order: every entry's bytes as they lie in the file, headers included."""
    data = path.read_bytes()
    with zipfile.ZipFile(path) as package:
        entries = package.infolist()
        starts = sorted([entry.header_offset for entry in entries] + [package.start_dir])
        assert package.testzip() is None
    return {entry.filename: data[entry.header_offset : starts[starts.index(entry.header_offset) + 1]] for entry in entries}


def part_of(pushed: Pushed) -> str:
    return next(entry.part for entry in BookFile.opened(pushed.after).data.sheets if entry.name == pushed.sheet)


def changed(pushed: Pushed) -> set[str]:
    before, after = records(pushed.before), records(pushed.after)
    return {name for name in before if before[name] != after.get(name)}


def test_every_other_part_is_the_same_to_the_byte(pushed: Pushed) -> None:
    """Only the sheet, the styles and a table that grows may differ; all entries keep place, packing, date and attributes."""
    before, after = records(pushed.before), records(pushed.after)
    assert list(before) == list(after)
    tables = {table.part for sheet in BookFile.opened(pushed.before).sheets for table in sheet.tables}
    assert {part_of(pushed)} <= changed(pushed) <= {part_of(pushed), "xl/styles.xml", *tables}
    with zipfile.ZipFile(pushed.before) as old, zipfile.ZipFile(pushed.after) as new:
        for one, other in zip(old.infolist(), new.infolist(), strict=True):
            assert (one.compress_type, one.date_time, one.external_attr) == (other.compress_type, other.date_time, other.external_attr)


def test_the_workbooks_hold_what_they_should(books: dict[str, Pushed]) -> None:
    """The loss test proves something about each of these only because it is in one of the workbooks."""
    parts = {name for pushed in books.values() for name in records(pushed.before)}
    kinds = (
        "charts/chart", "media/image", "pivotCache/pivotCacheRecords", "pivotTables/", "slicers/", "slicerCaches/", "comments1", "threadedComments/",
        "persons/", "ctrlProps/", "vmlDrawing", "vbaProject.bin", "metadata.xml", "connections.xml", "queryTables/", "customXml/item1", "calcChain",
        "externalLinks/", "printerSettings/", "tables/table", "LabelInfo.xml",
    )  # fmt: skip
    assert [kind for kind in kinds if not any(kind in part for part in parts)] == []
    sheets = b"".join(workbooks.contents(pushed.before)[part_of(pushed)] for pushed in books.values())
    marks = (
        "x14:sparkline",
        "x14:dataValidation",
        "x14:cfRule",
        "<dataValidation",
        "<conditionalFormatting",
        'cm="1"',
        "<controls>",
        "slicerList",
    )
    assert [mark for mark in marks if mark.encode() not in sheets] == []


def without(xml: bytes, written: set[Place]) -> bytes:
    """A sheet's bytes without the written cells, and without the hints that tell where cells are: `dimension`, `spans`, `cols`."""

    def kept(found: re.Match[bytes]) -> bytes:
        place = int(found.group(2)), column_number(found.group(1).decode())
        return b"" if place in written else found.group()

    xml = re.sub(rb'(?s)<c r="([A-Z]+)(\d+)"(?:[^>]*/>|[^>]*[^/]>.*?</c>)', kept, xml)
    return re.sub(rb'(?s) spans="[\d:]+"|<dimension [^>]*>|<cols>.*?</cols>', b"", xml)


def test_the_sheet_keeps_its_bytes_around_the_written_cells(pushed: Pushed) -> None:
    """Without the written cells, the two parts are one, to the byte; and every written cell is there."""
    before, after = (workbooks.contents(path)[part_of(pushed)] for path in (pushed.before, pushed.after))
    assert without(after, pushed.written) == without(before, pushed.written)
    assert len(re.findall(rb'<c r="', after)) - len(re.findall(rb'<c r="', before)) >= len(OWN) * 4


def test_the_sheets_parsed_are_equal_but_for_the_written_cells(pushed: Pushed) -> None:
    """What a parser sees: each other element, each other cell with all its attributes, and the columns one by one, ours and those with new dates apart."""

    def parsed(path: Path) -> tuple[dict[str, str], dict[int, dict[str, str]], list[str]]:
        root = ElementTree.fromstring(workbooks.contents(path)[part_of(pushed)])
        space = root.tag.removesuffix("worksheet")
        cells = {cell.attrib["r"]: ElementTree.tostring(cell, "unicode") for cell in root.iter(f"{space}c")}
        columns: dict[int, dict[str, str]] = {}
        for run in root.iter(f"{space}col"):
            for column in range(int(run.attrib["min"]), int(run.attrib["max"]) + 1):
                columns[column] = {key: value for key, value in run.attrib.items() if key not in ("min", "max")}
        rows = [str(sorted((key, value) for key, value in row.attrib.items() if key != "spans")) for row in root.iter(f"{space}row")]
        others = [
            ElementTree.tostring(child, "unicode")
            for child in root
            if child.tag.removeprefix(space) not in ("sheetData", "dimension", "cols")
        ]
        return cells, columns, rows + others

    (cells, columns, others), (new_cells, new_columns, new_others) = parsed(pushed.before), parsed(pushed.after)
    written = {f"{column_letters(column)}{row}" for row, column in pushed.written}
    assert {ref: cell for ref, cell in new_cells.items() if ref not in written} == {r: c for r, c in cells.items() if r not in written}
    assert written - {f"{column_letters(column)}{row}" for row, column in pushed.blanks} <= new_cells.keys()
    assert new_others == others
    # A column whose General cells were given dates is made wide enough to show them.
    ours = {column for _, column in pushed.headers} | {column for (_, column), value in pushed.cells.items() if value == SERIAL}
    assert {column: run for column, run in new_columns.items() if column not in ours} == {c: r for c, r in columns.items() if c not in ours}


def test_styles_are_only_added(pushed: Pushed) -> None:
    """The old formats, fonts, fills and styles stand first and unchanged, so every other cell looks as before."""
    before, after = (ElementTree.fromstring(workbooks.contents(path)["xl/styles.xml"]) for path in (pushed.before, pushed.after))
    added = {"numFmts", "fonts", "fills", "cellXfs"}
    lists = [{child.tag.rpartition("}")[2]: list(map(_canonical, child)) for child in root} for root in (before, after)]
    for tag, items in lists[0].items():
        assert lists[1][tag][: len(items)] == items
        assert tag in added or len(lists[1][tag]) == len(items), tag
    assert lists[1].keys() - lists[0].keys() <= {"numFmts"}
    for root in (before, after):
        assert all(int(child.get("count", len(child))) == len(child) for child in root)


def _canonical(element: ElementTree.Element) -> str:
    return ElementTree.canonicalize(ElementTree.tostring(element, "unicode"))


def test_values_and_stored_results_of_all_sheets_stay(pushed: Pushed) -> None:
    """Read again, every other cell of every sheet holds what it held, formulas their stored results; the written ones hold what was written."""
    before, after = BookFile.opened(pushed.before), BookFile.opened(pushed.after)
    assert [sheet.entry.name for sheet in after.sheets] == [sheet.entry.name for sheet in before.sheets]
    for old, new in zip(before.sheets, after.sheets, strict=True):
        assert new.data.formulas == old.data.formulas
        assert (new.data.hidden_rows, new.data.selection, new.data.merges) == (old.data.hidden_rows, old.data.selection, old.data.merges)
        expected = {(row, column): cell[0] for row, line in old.data.cells.items() for column, cell in line.items() if cell[0] is not None}
        if old.entry.name == pushed.sheet:
            expected |= {**pushed.headers, **pushed.cells}
        assert {(r, c): cell[0] for r, line in new.data.cells.items() for c, cell in line.items() if cell[0] is not None} == expected


def test_a_second_push_adds_nothing(books: dict[str, Pushed]) -> None:
    """Our columns are found again, and the styles made at the first push serve once more: only the sheet differs, in the same cells."""
    for first in list(books.values()):
        again = push(Path(shutil.copy(first.after, first.after.with_name(f"again-{first.after.name}"))))
        assert changed(again) <= {part_of(again)}
        assert again.headers == first.headers
        assert again.cells == first.cells


def test_a_table_that_ends_where_our_columns_begin_grows(books: dict[str, Pushed]) -> None:
    """Its range, filter and columns take ours in; whatever else its part says stays as it stands."""
    pushed = books["office.xlsm"]
    before, after = (workbooks.contents(path)["xl/tables/table1.xml"].decode() for path in (pushed.before, pushed.after))
    assert list(pushed.headers) == [(1, 6), (1, 7), (1, 8)]
    assert after.count('ref="A1:H7"') == 2
    added = "".join(f'<tableColumn id="{number}" name="{header}"/>' for number, header in enumerate(OWN, 10))
    assert after.replace(added, "").replace("A1:H7", "A1:E7").replace('count="8"', 'count="5"') == before
    assert changed(pushed) == {"xl/worksheets/sheet1.xml", "xl/tables/table1.xml", "xl/styles.xml"}


# LibreOffice as a second reader

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"


def _cells(table: ElementTree.Element) -> Iterator[tuple[Place, tuple[str, str, str]]]:
    """The cells that hold something: kind, value, formula."""
    row = 0
    for line in table.iter(f"{_TABLE}table-row"):
        row += 1
        column = 0
        for cell in line:
            column += 1
            kind = cell.get(f"{_CALC}value-type") or cell.get(f"{_OFFICE}value-type", "")
            if kind:
                value = cell.get(f"{_OFFICE}{'date-value' if kind == 'date' else 'value'}")
                text = "\n".join("".join(paragraph.itertext()) for paragraph in cell.findall(f"{_TEXT}p"))
                yield (row, column), (kind, value or text, cell.get(f"{_TABLE}formula", ""))
            column += int(cell.get(f"{_TABLE}number-columns-repeated", 1)) - 1
        row += int(line.get(f"{_TABLE}number-rows-repeated", 1)) - 1


def _seen(path: Path) -> tuple[dict[str, dict[Place, tuple[str, str, str]]], Counter[str]]:
    """All cells by sheet, and how many objects there are of each kind that has no cells: drawings, charts, comments, rules, names, pivots."""
    root = ElementTree.parse(path).getroot()
    counted = ("frame", "image", "object", "control", "annotation", "conditional-format", "condition", "sparkline", "content-validation",
               "named-range", "data-pilot-table", "database-range", "custom-shape", "table-header-rows", "data-bar")  # fmt: skip
    tags = (element.tag.rpartition("}")[2] for element in root.iter())
    sheets = {table.get(f"{_TABLE}name", ""): dict(_cells(table)) for table in root.iter(f"{_TABLE}table")}
    return sheets, Counter(tag for tag in tags if tag in counted)


@needs_soffice
def test_libreoffice_reads_the_same_values_and_objects(books: dict[str, Pushed], tmp_path: Path) -> None:
    """One run over every workbook before and after: the same cells but for the written ones, and as many charts, comments, rules and pivots."""
    files: dict[str, Path] = {}
    for name, pushed in books.items():
        for when, path in (("before", pushed.before), ("after", pushed.after)):
            stem = f"{name.replace('.', '-')}-{when}"
            files[stem] = Path(shutil.copy(path, tmp_path / f"{stem}{path.suffix}"))
    seen = {stem: _seen(path) for stem, path in loss_workbooks.converted("fods", list(files.values()), tmp_path).items()}
    for name, pushed in books.items():
        before, objects = seen[f"{name.replace('.', '-')}-before"]
        after, objects_after = seen[f"{name.replace('.', '-')}-after"]
        texts = {place: str(value) for place, value in {**pushed.headers, **pushed.cells}.items() if isinstance(value, str)}
        moments = {place for place, value in pushed.cells.items() if isinstance(value, float)}
        before[pushed.sheet] |= {place: ("string", text, "") for place, text in texts.items()}
        before[pushed.sheet] |= {place: ("date", MOMENT.isoformat(), "") for place in moments}
        assert after == before, name
        assert objects_after == objects, name
        assert objects, name
