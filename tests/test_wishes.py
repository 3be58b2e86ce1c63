"""Rows + columns → what each row asks for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.columns import map_columns
from reply_xl.errors import ConfigError, HeaderError
from reply_xl.model import CellValue, Column, CustomField, ErrorCell, Intent, Outcome, Row, Word
from reply_xl.wishes import Wish, chosen_fields, leave_out, make_wishes

SOURCE, TITLE = CustomField(11, "Lead Source"), CustomField(12, "Title")
HEADERS = ["Reply ID", "Email", "First name", "Title", "Opted out"]


def columns_of(headers: Sequence[str], hidden: Sequence[int] = (), customs: Sequence[CustomField] = (SOURCE, TITLE)) -> tuple[Column, ...]:
    return map_columns(headers, customs=customs, hidden=frozenset(hidden))


def one(cells: Sequence[CellValue], headers: Sequence[str] = HEADERS, *, hidden: Sequence[int] = (), fields=None, **row) -> Wish | Outcome:
    return make_wishes([Row(5, cells, **row)], columns_of(headers, hidden), fields)[0]


def wish(cells: Sequence[CellValue], headers: Sequence[str] = HEADERS, **more) -> Wish:
    made = one(cells, headers, **more)
    assert isinstance(made, Wish), made
    return made


def invalid(cells: Sequence[CellValue], headers: Sequence[str] = HEADERS, **more) -> str:
    made = one(cells, headers, **more)
    assert isinstance(made, Outcome)
    assert made.word is Word.INVALID
    return made.message


def asked(made: Wish) -> dict[str, object]:
    return {column.target.name: value for column, value in made.values if column.target}


# --- the key ------------------------------------------------------------------------------------------------------------------------


def test_with_an_id_the_email_is_a_field():
    """The id finds the contact, and the e-mail is a field like any other."""
    made = wish([7.0, "ann@example.com", None, "CEO"])
    assert (made.contact_id, made.email, made.key_address) == (7, None, "A5")
    assert asked(made) == {"email": "ann@example.com", "title": "CEO"}


def test_without_an_id_the_email_is_the_key():
    """In a row without an id the e-mail finds the contact and is never sent."""
    made = wish([None, "Ann@example.com", None, "CEO"])
    assert (made.contact_id, made.email, made.key_address) == (None, "Ann@example.com", "B5")
    assert asked(made) == {"title": "CEO"}


def test_a_row_without_a_key_is_invalid():
    """Neither id nor e-mail: the sentence says what to fill in."""
    assert "neither a Reply ID nor an e-mail" in invalid([None, " ", "Ann", "CEO"])


@pytest.mark.parametrize("cell", ["0031000000abcde", 0.0, 1.5, True, datetime(2024, 5, 1), "<clear>", ErrorCell("#N/A")])
def test_an_id_that_is_none_is_never_replaced_by_the_email(cell: CellValue):
    """A cell in the id column that is no id makes the row invalid, even with an e-mail beside it."""
    assert invalid([cell, "ann@example.com", None, "CEO"]).startswith("A5 (Reply ID) ")


def test_two_id_columns_have_to_agree():
    """Several id columns are one key where they agree, and block the row where they do not, both addresses named."""
    headers = ["Reply ID", "Contact ID", "Title"]
    assert wish([7.0, "7", "CEO"], headers).contact_id == 7
    assert wish([None, "7", "CEO"], headers).key_address == "B5"
    assert invalid([7.0, 8.0, "CEO"], headers).startswith("A5 and B5 hold different Reply IDs")


def test_a_sheet_without_a_key_is_refused():
    """Without an id and an e-mail column nothing can be found: the sentence names the headers that would do."""
    with pytest.raises(HeaderError, match="head one “Reply ID” or “Email”"):
        make_wishes([Row(2, ["CEO"])], columns_of(["Title"]), None)


# --- what is asked for --------------------------------------------------------------------------------------------------------------------


def test_blank_cells_ask_for_nothing():
    """Blank cells leave their fields alone, `<clear>` asks to clear, and a row shorter than the header is blank to its end."""
    assert asked(wish([7.0, None, " ", "\u00a0"])) == {}
    assert asked(wish([7.0, None, None, "<CLEAR>"])) == {"title": Intent.CLEAR}


@pytest.mark.parametrize("cell", ["<clear>", ErrorCell("#N/A"), "not an address"])
@pytest.mark.parametrize("hidden", [(), (1,)])
def test_an_email_that_cannot_be_read_blocks_the_row(cell: CellValue, hidden: tuple[int, ...]):
    """The e-mail proves who the contact is: where it cannot be read, nothing of the row is sent, whether shown or hidden."""
    assert "(Email)" in invalid([7.0, cell, None, "CEO"], hidden=hidden)


def test_one_bad_cell_blocks_its_row():
    """A cell that cannot be parsed makes the row invalid; the first is named in full, the others are counted."""
    assert invalid([7.0, None, None, ErrorCell("#REF!")]) == "D5 (Title) shows the error #REF!; correct the formula or empty the cell."
    message = invalid([7.0, "ann", None, ErrorCell("#REF!"), "maybe"])
    assert message.startswith("B5 (Email) holds “ann”")
    assert message.endswith("(and 2 more problems in this row).")


def test_one_bad_row_stops_no_other():
    """The rows beside an invalid one keep what they ask for, and every row has a result, in order."""
    rows = [Row(2, [7.0, None, None, "CEO"]), Row(3, ["x"]), Row(4, [8.0, None, None, "CTO"])]
    made = make_wishes(rows, columns_of(HEADERS), None)
    assert [isinstance(item, Wish) for item in made] == [True, False, True]


def test_hidden_columns_are_evidence_and_never_sent():
    """A hidden column serves as key and for identity; nothing in it is sent, and what it holds blocks nothing."""
    made = wish([7.0, "ann@example.com", "Ann", ErrorCell("#N/A")], hidden=(0, 1, 2, 3))
    assert asked(made) == {}
    assert (made.contact_id, made.said["email"], made.said["firstName"]) == (7, "ann@example.com", "Ann")


def test_hidden_rows_are_skipped():
    """A hidden row named by number is skipped with a sentence, whatever its cells."""
    made = make_wishes([Row(5, [7.0, "not an address"], hidden=True)], columns_of(HEADERS), None)[0]
    assert isinstance(made, Outcome)
    assert (made.word, made.contact_id) == (Word.SKIPPED, 7)
    assert "hidden" in made.message


def test_merged_rows_are_invalid():
    """A row that merged cells touch is never sent: its values cannot be told apart."""
    assert "unmerge" in invalid([7.0, None, None, "CEO"], merged=True)


# --- --fields -------------------------------------------------------------------------------------------------------------------------------


def test_fields_limit_what_is_sent_and_read():
    """`--fields` leaves every other column alone, also one whose cell cannot be read; the e-mail stays evidence."""
    made = wish([7.0, "ann@example.com", "Ann", "CEO", ErrorCell("#N/A")], fields=frozenset({"title"}))
    assert asked(made) == {"title": "CEO"}
    assert made.said["email"] == "ann@example.com"
    assert "(Email)" in invalid([7.0, "ann"], fields=frozenset({"title"}))


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["title"], {"title"}),
        (["Job Title", " EMAIL "], {"title", "email"}),
        (["opt out"], {"isOptedOut"}),
        (["lead source"], {"custom:Lead Source"}),
        (["custom:Lead Source"], {"custom:Lead Source"}),
        (["custom: #11"], {"custom:Lead Source"}),
        (["custom: Title"], {"custom:Title"}),
    ],
)
def test_names_for_fields(names: list[str], chosen: set[str]):
    """`--fields` takes API names, labels, synonyms and titles; a standard name means the standard field only."""
    columns = columns_of([*HEADERS, "Lead Source", "custom: Title"])
    assert chosen_fields(names, columns) == chosen


def test_an_exact_title_is_chosen_over_a_similar_one():
    """Of two custom columns whose titles are alike, `--fields` means the one named exactly."""
    similar = CustomField(13, "leadSource")
    columns = columns_of(["Email", "custom: #11", "custom: #13"], customs=[SOURCE, similar])
    assert chosen_fields(["leadSource"], columns) == {"custom:leadSource"}
    assert chosen_fields(["Lead Source"], columns) == {"custom:Lead Source"}


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("phone", HeaderError, "No visible column"),
        ("Notes", HeaderError, "No visible column"),
        ("domain", ConfigError, "only Reply sets"),
        ("id", ConfigError, "only Reply sets"),
        ("nonsense", ConfigError, "neither a contact field nor a custom field"),
        ("", ConfigError, "neither a contact field nor a custom field"),
        ("???", ConfigError, "neither a contact field nor a custom field"),
    ],
)
def test_names_for_no_field(name: str, error: type[Exception], words: str):
    """A name that is no field, one that only Reply sets, and one that no visible column goes to: each has its sentence."""
    columns = columns_of([*HEADERS, "Notes", "custom: #14"], hidden=(5,), customs=[CustomField(14, "!!!")])
    with pytest.raises(error, match=words):
        chosen_fields([name], columns)


# --- empty rows and footers ---------------------------------------------------------------------------------------------------------------------


def left_out(cells: Sequence[CellValue], headers: Sequence[str] = HEADERS, **row) -> bool:
    """Whether a row below a contact is left out."""
    width = len(headers)
    contact: list[CellValue] = [None] * width
    contact[0] = "ann@example.com" if headers[0] == "Email" else 7.0
    kept, notes = leave_out([Row(2, contact), Row(3, cells, **row)], columns_of(headers))
    assert [item.number for item in kept] in ([2], [2, 3])
    assert ("row 3" in " ".join(notes)) == (len(kept) == 1)
    return len(kept) == 1


@pytest.mark.parametrize("cells", [[], [None, " ", "\u00a0", None], [None, None, None, None, None, "beyond the headers"]])
def test_empty_rows_are_left_out(cells: list[CellValue]):
    """A row without anything below a header is left out and named."""
    assert left_out(cells)


def test_our_own_results_do_not_fill_a_row():
    """A row that holds nothing but our own results is empty."""
    assert left_out([None, None, "Updated", "x"], ["Reply ID", "Email", "Reply status", "Reply message"])


def test_an_error_is_not_empty():
    """A row with an error cell is not an empty one."""
    assert not left_out([None, None, None, ErrorCell("#N/A")])


@pytest.mark.parametrize(
    "cells",
    [
        ["Total", None, None, 25.0],
        [None, None, "Grand total:", 1300.0],
        ["Total: 25"],
        ["Count", None, 25.0],
        ["Average", None, None, 3.5, 4.5],
        ["Confidential – for internal use only"],
        ["© 2026 Example Ltd"],
        ["Generated on 2026-09-08 by ann@example.com"],
        ["Exported: 2026-09-08"],
        ["Page 1 of 3"],
        ["Source: our CRM"],
        ["This list belongs to Example Ltd and must not be passed on."],
    ],
)
def test_footers_are_left_out(cells: list[CellValue]):
    """Sums, captions and notices below the last contact are left out and named."""
    assert left_out(cells)


@pytest.mark.parametrize("headers", [["Email"], ["Email", "Title"], ["Email", "First name", "Title"]])
def test_footers_of_narrow_sheets(headers: list[str]):
    """A footer in the e-mail column itself is left out as well."""
    assert left_out(["Total: 25"], headers)
    assert left_out(["Exported by ann@example.com"], headers)


@pytest.mark.parametrize(
    "cells",
    [
        [None, None, "Ann"],
        [None, None, "Sumit", "CEO"],
        [None, None, "Sumit"],
        [None, None, "Summer"],
        [None, None, "Counter Lee"],
        [None, None, None, "Head of Sales"],
        [None, None, "Total", "Energies"],
        [None, "ann.example.com"],
        ["x7", None, "Ann"],
        [8.0],
        [8.0, None, "Total"],
        [None, "ben@example.com", "Total"],
        [None, None, None, None, "no"],
        [ErrorCell("#N/A"), None, "Ann"],
    ],
)
def test_a_contact_is_no_footer(cells: list[CellValue]):
    """A contact at the end of the sheet is kept, also one that lacks its key or holds one cell: it gets an outcome of its own."""
    assert not left_out(cells)


def test_a_sum_of_another_column_is_a_footer():
    """A row with nothing but numbers, none of them in a contact's field, is a sum; a lone phone number may be a contact's."""
    headers = ["Reply ID", "Phone", "Deal value"]
    assert left_out([None, None, 12500.0], headers)
    assert not left_out([None, 4155550123.0, None], headers)


def test_only_the_end_of_the_sheet_has_footers():
    """Above the last contact, and where no row has a key at all, nothing counts as a footer; nor does a hidden row."""
    columns = columns_of(HEADERS)
    rows = [Row(2, [7.0]), Row(3, ["Total", None, None, 2.0]), Row(4, [8.0])]
    assert leave_out(rows, columns) == (rows, [])
    assert leave_out(rows[1:2], columns) == (rows[1:2], [])
    assert not left_out(["Total: 25"], hidden=True)


def test_left_out_rows_are_named_in_spans():
    """The sentence names the rows in spans, at most six of them."""
    rows = [Row(number, [7.0] if number in (5, 9) else []) for number in range(2, 12)]
    assert leave_out(rows, columns_of(HEADERS))[1] == ["Left out as empty: rows 2 to 4, 6 to 8, 10 to 11."]
    rows = [Row(number, [7.0] if number % 2 else []) for number in range(2, 30)]
    assert leave_out(rows, columns_of(HEADERS))[1] == ["Left out as empty: rows 2, 4, 6, 8, 10, 12 and 8 more."]


# --- any row ---------------------------------------------------------------------------------------------------------------------------------------

cells = st.one_of(
    st.none(), st.booleans(), st.floats(), st.datetimes(), st.text(max_size=20), st.text(st.characters(codec=None), max_size=5),
    st.sampled_from(["<clear>", "ann@example.com", "7", "Total", ErrorCell("#N/A"), "yes"]), st.integers(1, 9).map(float),
)  # fmt: skip
rows = st.lists(st.tuples(st.lists(cells, max_size=7), st.booleans(), st.booleans()), max_size=6).map(
    lambda made: [Row(number, line, hidden, merged) for number, (line, hidden, merged) in enumerate(made, 2)]
)


@given(rows, st.frozensets(st.integers(0, 6)))
@settings(max_examples=200, deadline=None)
def test_any_rows(sheet: list[Row], hidden: frozenset[int]):
    """Whatever the cells hold, every row is left out and named, or has one result in order; a wish has a key, hidden and merged rows
    have none, and nothing is asked for from a hidden column."""
    columns = map_columns([*HEADERS, "Phone", "Lead Source"], customs=[SOURCE], hidden=hidden)
    kept, notes = leave_out(sheet, columns)
    made = make_wishes(kept, columns, None)
    assert (len(kept) < len(sheet)) == bool(notes)
    assert [item.row.number if isinstance(item, Wish) else item.row for item in made] == [row.number for row in kept]
    for row, item in zip(kept, made, strict=True):
        if isinstance(item, Outcome):
            assert item.word is (Word.SKIPPED if row.hidden else Word.INVALID)
            assert item.message.endswith(".")
            assert item.message.isprintable()
        else:
            assert not row.hidden
            assert not row.merged
            assert (item.contact_id is None) != (item.email is None)
            assert not any(column.hidden for column, _ in item.values)
