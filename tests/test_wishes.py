"""Rows + columns → what each row asks for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.errors import ConfigError, HeaderError
from reply_xl.kinds.host_values import NOT_CALCULATED
from reply_xl.mapping.columns import map_columns
from reply_xl.mapping.strays import leave_out
from reply_xl.model import CellValue, Column, CustomField, ErrorCell, Intent, Outcome, Row, Word
from reply_xl.wishes import Key, Wish, chosen_fields, holds_foreign_id, key_of, make_wishes, require_key

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
    """Without an id and an e-mail column nothing can be found: the sentence names the headers that would do, and the row they were taken
    from, which may be the wrong one."""
    with pytest.raises(HeaderError) as caught:
        require_key(columns_of(["Title"]), 3)
    assert str(caught.value) == (
        "No column tells which contact a row is (row 3 was taken as the header row); "
        "head one “Reply ID” or “Email”, or name the header row with --header-row."
    )
    require_key(columns_of(["Email"]), 1)
    require_key(columns_of(["Reply ID"], hidden=[0]), 1)


def test_an_error_as_text_in_the_key_is_an_error():
    """`#N/A` of a CSV file is no other system's id and no address: the sentence says that it is an error."""
    assert invalid(["#n/a", "ann@example.com"]) == "A5 (Reply ID) shows the error #N/A; correct the formula or empty the cell."
    assert "shows the error #REF!" in invalid([None, "#REF!"])
    assert wish([7.0, None, "#N/A"], fields=frozenset({"title"})).said["firstName"] is None


def test_a_key_that_was_not_calculated_says_what_to_do():
    """A formula without a result in the id column: open the workbook in Excel."""
    assert invalid([ErrorCell(NOT_CALCULATED)]).startswith("A5 (Reply ID) holds a formula whose result is not in the file; open")


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        ([7.0, "ann@example.com", None, ErrorCell("#N/A")], Key("A5", 7, None)),
        ([None, "Ann@example.com", None, ErrorCell("#N/A")], Key("B5", None, "Ann@example.com")),
        (["x", "ann@example.com"], None),
        ([None, "ann"], None),
        ([None, None, None, "CEO"], None),
    ],
)
def test_the_key_of_a_row_that_cannot_be_read(cells: list[CellValue], key: Key | None):
    """What tells the contact is known also where another cell cannot be read."""
    assert key_of(Row(5, cells), columns_of(HEADERS)) == key


@pytest.mark.parametrize("cell", ["0031000000abcdeAAA", "12345678901", 12345678901.0, "lead-7", 1.5])
def test_an_id_of_another_system(cell: CellValue):
    """What no id in Reply can look like is another system's."""
    assert holds_foreign_id(Row(5, [cell, "ann@example.com"]), columns_of(HEADERS))


@pytest.mark.parametrize("cell", [7.0, "7", None, " ", ErrorCell("#N/A"), "#N/A"])
def test_no_id_of_another_system(cell: CellValue):
    """An id that may be Reply's, a blank cell and an error say nothing of another system."""
    assert not holds_foreign_id(Row(5, [cell, "ann@example.com"]), columns_of(HEADERS))


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


def test_rows_with_more_values_than_headers_are_invalid():
    """A separator without quotes has shifted the values: nothing of the row is sent."""
    assert invalid([7.0, None, None, "CEO"], spilled=True) == (
        "Row 5 has more values than there are headers; put quotes around the value that holds a separator."
    )


def test_rows_from_a_second_header_row_on_are_invalid():
    """Their columns mean something else, so nothing in them is believed, not even the key."""
    row = Row(9, [7.0, "x", None, "CEO"], second_header=5)
    assert invalid(row.cells, second_header=4) == (
        "Row 4 looks like a second header row; move it and the rows below to a sheet of their own."
    )
    assert key_of(row, columns_of(HEADERS)) is None
    assert not holds_foreign_id(row, columns_of(HEADERS))


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
