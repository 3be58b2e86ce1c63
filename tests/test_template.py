"""The template: complete, itself, and opened by every program there is."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from conftest import Ran

from reply_xl.fields import BY_NAME, COMPANY_SIZES, WRITABLE
from reply_xl.kinds.values import parse
from reply_xl.mapping.columns import OURS, map_columns
from reply_xl.model import CustomField, Role
from reply_xl.sandbox import Sandbox
from reply_xl.template import HEADERS, LAST_ROW, READ_ONLY, build, download_columns
from reply_xl.workbook import Workbook

FILE = Path(__file__).parent.parent / "templates" / "contacts.xlsx"


def _script() -> Any:
    spec = importlib.util.spec_from_file_location("build_template", FILE.with_name("build.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _sheet(data: bytes | Path = FILE) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data) if isinstance(data, bytes) else data)["Contacts"]


def test_file_and_script_agree():
    """`templates/contacts.xlsx` is byte for byte what its script writes."""
    assert FILE.read_bytes() == _script().contacts_workbook(), "run python templates/build.py"


def test_every_header_is_understood():
    """The header row maps completely: the id is the key, every field of PATCH has its column, our own columns are there, nothing is unused."""
    with Workbook(FILE) as book:
        headers = book.sheet().read().headers
    columns = map_columns(headers, customs=())
    assert columns[0].role is Role.KEY
    assert {column.target for column in columns if column.role is Role.FIELD} == set(WRITABLE)
    assert [column.header for column in columns if column.role is Role.OURS] == list(OURS)
    assert len(columns) == 1 + len(WRITABLE) + len(OURS)


def test_a_download_has_every_field_there_is():
    """The columns of a download are those of the template, one for each custom field, and each read-only field where it is filled in."""
    customs = (CustomField(7, "Lead Source"), CustomField(8, "Budget", numeric=True))
    columns = download_columns(customs)
    assert {column.target for column in columns if column.role is Role.FIELD} == {*WRITABLE, *customs}
    filled = {column.target.name for column in columns if column.fills and column.target}
    assert filled == {name for name, field in BY_NAME.items() if field.read_only and name != "id"}
    assert len(READ_ONLY) == len(filled)


TITLES = (
    "Lead Source",
    "Lead source",
    "Lead Source ",
    "lead  SOURCE",
    "#9",
    "9",
    "Title",
    "A\nB",
    "",
    " ",
    "ünï",
    "x" * 300,
    "_x000D_",
    "<a&\"b'>",
)


def test_every_custom_field_has_a_column_of_its_own():
    """Whatever the titles are, equal, similar, like an id, like a field, with line ends, empty: each custom field has one column that maps to it."""
    customs = [CustomField(number, title, title_is_unique=TITLES.count(title) == 1) for number, title in enumerate((*TITLES, "Title"), 5)]
    columns = download_columns(customs)
    assert [column.target for column in columns if isinstance(column.target, CustomField)] == customs
    headers = [column.header for column in columns]
    assert len({header.casefold() for header in headers}) == len(headers)
    assert list(_sheet(build(headers, [], customs)).tables["Contacts_in_Reply"].column_names) == headers


def test_it_is_a_table_with_frozen_headers():
    """The contacts are a table (ListObject) whose headers are the cells above it and which grows with them; headers and names stay in view."""
    sheet = _sheet()
    table = sheet.tables["Contacts_in_Reply"]
    assert table.ref == sheet.dimensions
    assert list(table.column_names) == [cell.value for cell in sheet[1]] == [*HEADERS, *OURS]
    assert sheet.freeze_panes == "E2"


def test_dropdowns_offer_what_push_understands():
    """Company size, call status, meeting status and opted out have dropdowns down to the last row, and every item of them can be sent."""
    sheet = _sheet()
    letters = {cell.value: cell.column_letter for cell in sheet[1]}
    lists = {str(one.sqref): one.formula1.strip('"').split(",") for one in sheet.data_validations.dataValidation}
    for name in ("companySize", "callStatus", "meetingStatus", "isOptedOut"):
        items = lists.pop(f"{letters[BY_NAME[name].label]}2:{letters[BY_NAME[name].label]}{LAST_ROW}")
        values = [parse(item, BY_NAME[name], "A2") for item in items]
        assert values == ([True, False] if name == "isOptedOut" else [choice.value for choice in BY_NAME[name].choices])
    assert lists == {}
    for one in sheet.data_validations.dataValidation:
        assert len(one.formula1) <= 255
        assert len(one.error) <= 225
        assert len(one.errorTitle) <= 32


def test_ids_phones_and_company_sizes_are_text():
    """IDs, phones and company sizes have the text format, in filled cells and in those still to be filled, so that 11-50 is never a date."""
    sheet = _sheet()
    for cell in sheet[1]:
        is_text = cell.value in ("Reply ID", "Phone", "Second phone", "Company size", "Owner user ID", "Account ID")
        column = sheet.column_dimensions[cell.column_letter]
        assert (column.number_format == "@") == is_text, cell.value
        for below in sheet[cell.column_letter][1:]:
            assert (below.number_format == "@") == is_text or below.value is None
            assert below.data_type in ("s", "n")
            assert not is_text or below.value is None or isinstance(below.value, str)


def test_it_says_how_it_works():
    """A second sheet explains blank cells, <clear> and the status columns."""
    notes = openpyxl.load_workbook(FILE)["How it works"]
    said = " ".join(str(cell.value) for row in notes.iter_rows() for cell in row)
    assert all(word in said for word in ("An empty cell", "<clear>", *OURS, "until you allow them", "click Preview", "custom: Title"))
    assert "--" not in said


def test_its_contacts_are_the_practice_servers(run: Callable[..., Ran], tmp_path: Path):
    """Pushed to the practice server as it is, the template changes nothing: its contacts are the server's first ones."""
    path = tmp_path / "contacts.xlsx"
    path.write_bytes(FILE.read_bytes())
    with Sandbox(quota="off") as sandbox:
        done = run("push", path, "--base-url", sandbox.url, "--json", "--yes")
        assert not any(request.method == "PATCH" for request in sandbox.requests)
    assert done.words == ["unchanged"] * 6


def test_the_status_column_colours_itself():
    """Every outcome has a colour, by a rule of the sheet down to its last row, in practice too."""
    from reply_xl.model import Word

    (rules,) = _sheet().conditional_formatting
    assert str(rules.sqref) == f"X2:X{LAST_ROW}"
    formulas = "".join(rule.formula[0] for rule in rules.rules)
    assert all(f'$X2="{mark}{word.value.capitalize()}"' in formulas for word in Word for mark in ("", "practice: "))


def test_explanations_are_shown_whole():
    """A long one has the height of its two lines by itself: LibreOffice, for one, does not look for it."""
    notes = openpyxl.load_workbook(FILE)["How it works"]
    for row in notes.iter_rows():
        lines = -(-len(str(row[1].value)) // 95)
        assert (notes.row_dimensions[row[0].row].height or 15) >= 15 * lines, row[1].value
        assert len(str(row[0].value)) <= notes.column_dimensions["A"].width


def test_the_parts_fit_together():
    """Every part is well-formed XML with a content type, every relation leads to a part, and nothing in the file depends on when it was built."""
    with zipfile.ZipFile(FILE) as package:
        assert package.testzip() is None
        names = package.namelist()
        assert names[0] == "[Content_Types].xml"
        assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in names:
            root = ElementTree.fromstring(package.read(name))
            if name.endswith(".rels"):
                folder = Path(name).parent.parent
                for link in root:
                    target = (Path("/") / folder / link.attrib["Target"]).resolve()
                    assert str(target)[1:] in names
        types = package.read("[Content_Types].xml").decode()
        assert all(f'PartName="/{name}"' in types for name in names[1:] if not name.endswith(".rels"))


def test_a_choice_of_columns_makes_a_workbook_too():
    """Fewer and other columns than the template's make a workbook with just those; the company sizes in it keep their dropdown."""
    sheet = _sheet(build(("Reply ID", "Company size", "My own"), [("2147000001", "11-50", "=1+1"), ("2147000002", None, None)]))
    assert [[cell.value for cell in row] for row in sheet] == [
        ["Reply ID", "Company size", "My own"],
        ["2147000001", "11-50", "=1+1"],
        ["2147000002", None, None],
    ]
    assert [cell.data_type for cell in sheet[2]] == ["s", "s", "s"]
    assert [str(one.sqref) for one in sheet.data_validations.dataValidation] == [f"B2:B{LAST_ROW}"]
    assert {choice.label for choice in COMPANY_SIZES} <= set(sheet.data_validations.dataValidation[0].formula1.strip('"').split(","))


@pytest.mark.skipif(not __import__("shutil").which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_it_and_sees_the_same(tmp_path: Path):
    """LibreOffice opens the template, and what it saves again holds the same cells and the dropdowns."""
    command = [
        "soffice",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        tmp_path / "out",
        FILE,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    theirs = _sheet(tmp_path / "out" / FILE.name)
    assert [[cell.value for cell in row] for row in theirs.iter_rows(max_col=26)] == [[cell.value for cell in row] for row in _sheet()]
    assert len(theirs.data_validations.dataValidation) == 4
