"""What a field gets of a number or date, from what its cell shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from conftest import FIRST_ID, Book, Ran, patches
from hypothesis import given, settings
from hypothesis import strategies as st
from test_number_formats import US_PHONE, codes

from reply_xl.errors import CellError
from reply_xl.fields import BY_NAME, same
from reply_xl.kinds.values import format, parse
from reply_xl.model import CellValue, CustomField, FieldValue, Intent, Target
from reply_xl.sandbox import Sandbox
from reply_xl.tab.practice import contacts_of

TEXT, NUMBER = CustomField(7, "Segment"), CustomField(8, "Score", numeric=True)
TARGETS: list[Target] = [*(field for field in BY_NAME.values() if not field.read_only), TEXT, NUMBER]
DAY = datetime(2019, 10, 2)


def target(name: str) -> Target:
    return {"text": TEXT, "number": NUMBER}.get(name) or BY_NAME[name]


@pytest.mark.parametrize(
    ("name", "value", "code", "sent"),
    [
        ("phone", 170123456.0, "0000000000", "0170123456"),
        ("phone", 4155550123.0, US_PHONE, "(415) 555-0123"),
        ("phone", 4155550123.0, "000-000-0000", "415-555-0123"),
        ("phone2", 49301234567.0, "+0", "+49301234567"),
        ("phone", 4155550123.0, "#,##0", "4155550123"),
        ("phone", 4155550123.0, "0.00", "4155550123"),
        ("phone", 4155550123.0, "0.00E+00", "4155550123"),
        ("text", 0.25, "0%", "25%"),
        ("text", 3.0, '"Tier "0', "Tier 3"),
        ("text", 14.5 / 24, "h:mm", "14:30"),
        ("text", datetime(1899, 12, 30, 14, 30), "h:mm", "14:30"),
        ("notes", 1.5, "[h]:mm", "36:00"),
        ("notes", 99.0, "$#,##0.00", "$99.00"),
        ("title", 2.0, "000", "002"),
        ("notes", datetime(2026, 1, 31), "m/d/yyyy", "2026-01-31"),
        ("notes", datetime(2026, 1, 31, 14, 30), "m/d/yyyy", "2026-01-31"),
        ("notes", datetime(2026, 1, 31, 14, 30), "m/d/yyyy h:mm", "2026-01-31 14:30:00"),
        ("number", 1234.5, "#,##0.00", "1234.5"),
        ("number", 1234.5, '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', "1234.5"),
        ("number", 1_200_000.0, '0.0,,"M"', "1200000"),
        ("number", 1234.5, "0.00E+00", "1234.5"),
        ("companySize", 1200.0, "#,##0", "FiveThousand"),
        ("companySize", 50.0, '0" employees"', "Fifty"),
        ("companySize", 1200.0, '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', "FiveThousand"),
        ("phone", 4155550123.0, '_-* #,##0_-;-* #,##0_-;_-* "-"_-;_-@_-', "4155550123"),
        ("companySize", 10_001.0, '0"+"', "OverTenThousand"),
        ("companySize", datetime(1950, 11, 1), "mmm-yy", "Fifty"),
        ("companySize", DAY, "d-mmm", "Ten"),
        ("companySize", DAY, "d. mmm", "Ten"),
        ("isOptedOut", 1.0, '"yes";;"no"', True),
        ("isOptedOut", 0.0, '"yes";;"no"', False),
        ("isOptedOut", 1.0, '"no";;"yes"', False),
        ("isOptedOut", 1.0, "0", True),
        ("ownerUserId", 12.0, "#,##0", 12),
        ("ownerUserId", 12.0, "00000", 12),
    ],
)
def test_what_is_on_the_screen_is_sent(name: str, value: CellValue, code: str, sent: FieldValue):
    """What the format shows for certain is what the field gets; a number field, a size and a number of a user get the number."""
    assert parse(value, target(name), "B5", code) == sent


@pytest.mark.parametrize(
    ("name", "value", "code", "problem"),
    [
        ("phone", 0.5, "h:mm", "of which the format “h:mm” makes something else than a phone number; format the cell as text"),
        ("phone", 41.5555, "0%", "something else than a phone number"),
        ("phone", 4155550123.0, "$#,##0", "“$4155550123”, which is not a phone number"),
        ("phone", 15_000_000_000.0, "0.00E+00", "holds 15000000000, which may have lost its last digits"),
        ("phone", 123.0, US_PHONE, "something else than a phone number"),
        ("text", 1234.5, "#,##0.00", "not certain how the format “#,##0.00” shows it; give the cell the format General to send 1234.5"),
        ("text", 12.345, "0.00", "not certain how the format “0.00” shows it"),
        ("text", 5.0, ";;;", "not certain"),
        ("text", 0.5, "# ?/?", "not certain"),
        ("title", DAY, "m/d/yyyy", "holds a date, and this field takes text"),
        ("notes", DAY, "mmm-yy", "holds a date of which the format of the cell shows only a part; format the cell as text"),
        ("text", DAY, "d-mmm", "holds a date of which the format"),
        ("text", DAY, "h:mm", "not certain"),
        ("notes", datetime(1899, 12, 30), "m/d/yyyy", "shows the date that Excel makes of a blank cell or 0; correct the formula"),
        ("title", datetime(1899, 12, 30), "dd.mm.yyyy", "shows the date that Excel makes of a blank cell or 0"),
        ("text", datetime(1899, 12, 30, 12), "m/d/yyyy h:mm", "shows the date that Excel makes of a blank cell or 0"),
        ("companySize", datetime(1899, 12, 30), "d-mmm", "shows the date that Excel makes"),
        ("number", 0.25, "0%", "of which the format “0%” makes something else than that number; type the number that is meant"),
        ("number", 0.5, "h:mm", "something else than that number"),
        ("companySize", DAY, "m/d/yyyy", "holds a date"),
        ("companySize", DAY, "yyyy-mm-dd", "holds a date"),
        ("companySize", datetime(2001, 2, 10), "mmm-yy", "holds a date"),
        ("companySize", datetime(2050, 11, 2), "mmm-yy", "holds a date"),
        ("companySize", 0.25, "0%", "holds “25%”"),
        ("ownerUserId", 1.0, "0%", "something else than that number"),
        ("text", 5.0, None, "has a number format that could not be read; give all cells of the column the same number format"),
        ("notes", DAY, None, "has a number format that could not be read"),
    ],
)
def test_what_is_not_certain_is_refused(name: str, value: CellValue, code: str | None, problem: str):
    """What cannot be known is refused with the cell's address, the field and what to do next."""
    with pytest.raises(CellError) as caught:
        parse(value, target(name), "B5", code)
    assert str(caught.value).startswith(f"B5 ({target(name).label}) ")
    assert problem in str(caught.value)
    assert str(caught.value).endswith(".")


def test_text_has_no_format():
    """A format never changes a text."""
    assert parse("0012", TEXT, "B5", "0000000000") == "0012"


@given(st.floats() | st.integers(-(10**12), 10**12).map(float) | st.datetimes(), codes | st.none(), st.sampled_from(TARGETS))
@settings(max_examples=800, deadline=None)
def test_no_number_and_format_crash_or_change_meaning(value: CellValue, code: str | None, field: Target):
    """Whatever the number and its format, it is refused, or what is sent can be carried by JSON, and comes back the same from a cell."""
    try:
        sent = parse(value, field, "B5", code)
    except CellError as problem:
        said = str(problem)
        sent = Intent.LEAVE
    else:
        said = "B5 ("
    assert said.startswith("B5 (")
    assert len(said) < 400
    if isinstance(sent, Intent):
        return
    assert json.loads(json.dumps(sent)) == sent
    assert sent not in (None, "")
    again = parse(format(sent, field), field, "B5")
    assert not isinstance(again, Intent)
    assert same(field, again, sent)


@given(st.integers(10_000, 10**14), st.integers(1, 15))
def test_a_phone_number_keeps_its_digits(number: int, zeros: int):
    """Of a padded phone number no digit is lost, and only zeros that are shown are added."""
    try:
        sent = str(parse(float(number), BY_NAME["phone"], "B5", "0" * zeros))
    except CellError:
        return
    assert sent == str(number).zfill(zeros)


def formatted(path: Path, formats: dict[str, str]) -> Path:
    made = openpyxl.load_workbook(path)
    for address, number_format in formats.items():
        made.worksheets[0][address].number_format = number_format
    made.save(path)
    return path


def test_from_the_screen_to_reply_and_back(sandbox: Sandbox, book: Book, command: Callable[..., Ran]) -> None:
    """What the cells show is what Reply gets; sent once, it is the same for the next push and for a pull; and a row with a cell that is not
    certain is not sent."""
    path = book(
        ("Reply ID", "Phone", "Notes", "Company size"),
        (FIRST_ID, 170123456.0, 0.25, DAY),
        (FIRST_ID + 1, 4155550123.0, 14.5 / 24, DAY),
        (FIRST_ID + 2, 4155550124.0, 1234.5, 42.0),
        (None, None, "a text, as notes have", None),
    )
    formats = {"B2": "0000000000", "B3": US_PHONE, "C2": "0%", "C3": "h:mm", "C4": "#,##0.00", "D2": "d-mmm", "D3": "m/d/yyyy"}
    formatted(path, formats)
    first, second, third = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--rows", "2:4").lines
    assert first["sent"] == {"phone": "0170123456", "notes": "25%", "companySize": "Ten"}
    assert (second["outcome"], third["outcome"]) == ("invalid", "invalid")
    assert second["message"].startswith("D3 (Company size) holds a date")
    assert third["message"].startswith("C4 (Notes) holds 1234.5, and it is not certain how the format “#,##0.00” shows it")
    assert len(patches(sandbox)) == 1

    formatted(path, {"D3": "d-mmm"})
    assert command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--rows", "2:4").words == ["unchanged", "updated", "invalid"]
    assert patches(sandbox)[-1].body == {"phone": "(415) 555-0123", "notes": "14:30", "companySize": "Ten"}
    assert command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--rows", "2:4").words == [
        "unchanged",
        "unchanged",
        "invalid",
    ]
    pulled = command("pull", path, "--base-url", sandbox.url, "--overwrite", "--rows", "2:3")
    assert pulled.code == 0, pulled
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert [sheet["B2"].value, sheet["B3"].value, sheet["C2"].value] == [170123456, 4155550123, 0.25]


def test_an_undo_knows_what_a_cell_showed(sandbox: Sandbox, book: Book, command: Callable[..., Ran]) -> None:
    """A cell that still shows what was sent gets its former value back, although what it stores looks otherwise."""
    path = formatted(book(("Reply ID", "Phone"), (FIRST_ID, 170123456.0)), {"B2": "0000000000"})
    assert command("push", path, "--base-url", sandbox.url, "--yes", "--json").words == ["updated"]
    assert command("undo", "--base-url", sandbox.url, "--yes", "--json").words == ["undone"]
    assert openpyxl.load_workbook(path).worksheets[0]["B2"].value is None


def test_the_practice_server_holds_what_is_shown(book: Book) -> None:
    """`sandbox --contacts` and a push of the same workbook understand a cell alike."""
    path = formatted(book(("Email", "Phone", "Title"), ("a@example.com", 170123456.0, 3.0)), {"B2": "0000000000", "C2": '"Tier "0'})
    contacts, _ = contacts_of(path, None)
    assert {name: contacts[0][name] for name in ("phone", "title")} == {"phone": "0170123456", "title": "Tier 3"}
