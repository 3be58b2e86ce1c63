"""Outcomes → what is written into the sheet."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.cells import contact_cells, own_cells
from reply_xl.mapping.columns import map_columns
from reply_xl.model import Contact, FieldValue, Outcome, Word

NOW = datetime(2026, 9, 8, 12, 30)
HEADERS = ["Reply ID", "Email", "domain", "Reply lists", "Domain", "Last Modified", "Reply adding date", "phoneStatus"]
COLUMNS = map_columns(HEADERS, customs=())


def outcome(
    word: Word = Word.UPDATED,
    message: str = "Updated Title.",
    *,
    contact: Contact | None = None,
    by_email: bool = False,
    at: datetime | None = None,
) -> Outcome:
    return Outcome(5, word, message, 7, contact, at=at, found_by_email=by_email)


def answered(**values: FieldValue) -> Contact:
    return Contact(7, values, {})


@pytest.mark.parametrize("word", list(Word))
def test_the_status_is_the_bare_word(word: Word):
    """The status cell is the outcome's word with a capital."""
    status = own_cells(outcome(word), with_id=False)["Reply status"]
    assert status == word.value[0].upper() + word.value[1:]


def test_updated_at_is_empty_unless_something_was_stored():
    """`Reply updated at` is our time where something was stored, and empties the cell otherwise."""
    assert own_cells(outcome(at=NOW), with_id=False)["Reply updated at"] == NOW
    cells = own_cells(outcome(Word.UNCHANGED), with_id=False)
    assert "Reply updated at" in cells
    assert cells["Reply updated at"] is None


def test_the_id_is_written_only_where_the_email_found_the_contact():
    """`Reply ID` is written for rows found by e-mail, and only where ids are worth keeping."""
    assert own_cells(outcome(by_email=True), with_id=True)["Reply ID"] == 7.0
    assert "Reply ID" not in own_cells(outcome(by_email=True), with_id=False)
    assert "Reply ID" not in own_cells(outcome(), with_id=True)


def test_an_invalid_row_gets_no_id():
    """The next run would believe an id that was written beside the wrong person: an invalid row gets none."""
    assert "Reply ID" not in own_cells(outcome(Word.INVALID, by_email=True), with_id=True)


def test_read_only_columns_are_filled():
    """Reply's values go into the columns headed by the API name or by `Reply` and the label, and into no others."""
    contact = answered(domain="example.com", lists="Leads; News", addingDate="2024-03-10T15:30:00", lastModifiedAt="2024-01-01T00:00:00")
    assert contact_cells(outcome(contact=contact), COLUMNS) == {2: "example.com", 3: "Leads; News", 6: datetime(2024, 3, 10, 15, 30)}


def test_null_never_replaces_a_value():
    """What Reply does not give is left out, so that the cell keeps what it holds."""
    assert contact_cells(outcome(contact=answered(domain=None, lists="", phoneStatus="valid")), COLUMNS) == {7: "valid"}
    assert contact_cells(outcome(contact=None), COLUMNS) == {}


def test_a_row_of_somebody_else_gets_nothing_of_the_contact():
    """An invalid row may be another person's: nothing of the contact is written beside it."""
    assert contact_cells(outcome(Word.INVALID, contact=answered(domain="example.com")), COLUMNS) == {}


any_text = (
    st.text(max_size=40)
    | st.text(st.characters(codec=None), max_size=20)
    | st.integers(30_000, 70_000).map(lambda size: "=x" * (size // 2))
)


@given(any_text, any_text)
@settings(max_examples=100, deadline=None)
def test_every_text_fits_a_cell(message: str, domain: str):
    """Whatever the API says, what goes into a cell is text that a workbook can hold: no control characters, no half characters, and
    not longer than a cell."""
    made = outcome(message=message, contact=answered(domain=domain))
    texts = [own_cells(made, with_id=True)["Reply message"], *contact_cells(made, COLUMNS).values()]
    for text in texts:
        assert isinstance(text, str)
        assert len(text) <= 32_767
        assert all(char >= " " or char in "\t\n" for char in text)
        text.encode()
