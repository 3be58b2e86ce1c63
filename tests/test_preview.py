"""Preview: the way up to the patches, and no further."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import FIRST_ID, Book, people

from reply_xl import plan, preview
from reply_xl.errors import HeaderError
from reply_xl.model import Outcome, Word
from reply_xl.plan import Draft, Request
from reply_xl.sandbox import Sandbox
from reply_xl.session import Session
from reply_xl.workbook import Workbook


@pytest.fixture(autouse=True)
def no_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLY_XL_QUOTA", "off")


def drafted(sandbox: Sandbox, book: Book, *rows: tuple[object, ...], request: Request | None = None) -> Draft:
    with Workbook(book(*rows)) as workbook, Session(sandbox.url) as session:
        request = request or Request()
        return plan.draft(workbook.sheet().read(request.rows, request.header_row), session.contacts, session.memory, request)


def words(outcomes: list[Outcome]) -> list[tuple[int, Word]]:
    return [(outcome.row, outcome.word) for outcome in outcomes]


def test_what_would_be_sent_is_foreseen_as_updated(sandbox: Sandbox, book: Book) -> None:
    """With its changes, without status, without anything sent and without a time; the others as they stand, in the sheet's order."""
    sandbox.edit(FIRST_ID, title="Old")
    draft = drafted(
        sandbox, book, ("Reply ID", "Title", "Opted out"), (FIRST_ID, "New", None), (FIRST_ID + 1, None, "yes"), (FIRST_ID + 2, None, None),
        (FIRST_ID + 3, "#", "perhaps"), (FIRST_ID + 99, "x", None), (FIRST_ID, "New", None),
    )  # fmt: skip
    outcomes = preview.foreseen(draft)
    assert words(outcomes) == [
        (2, Word.UPDATED), (3, Word.SKIPPED), (4, Word.UNCHANGED), (5, Word.INVALID), (6, Word.NOT_FOUND), (7, Word.UPDATED),
    ]  # fmt: skip
    first = outcomes[0]
    assert (first.status, first.sent, first.at) == (None, {}, None)
    assert [(change.target.name, change.old, change.new, change.fills) for change in first.changes] == [("title", "Old", "New", False)]
    assert {request.method for request in sandbox.requests} == {"GET"}


def test_the_counts_say_what_is_replaced(sandbox: Sandbox, book: Book) -> None:
    """Per field, in the order of the columns; a contact on two rows counts once."""
    sandbox.edit(FIRST_ID, title="Old")
    draft = drafted(
        sandbox, book, ("Reply ID", "City", "Title"), (FIRST_ID, None, "New"), (FIRST_ID, None, "New"), (FIRST_ID + 1, "Oslo", "New")
    )  # fmt: skip
    assert [(count.name, count.changes, count.replaces) for count in draft.plan.counts()] == [("title", 2, 1), ("city", 1, 0)]
    assert len(draft.plan.to_send) == 2


def test_what_reply_never_shows_is_not_counted_as_replaced(sandbox: Sandbox, book: Book) -> None:
    """Nobody knows whether a second phone is replaced."""
    draft = drafted(sandbox, book, ("Reply ID", "Second phone"), (FIRST_ID, "030 12"))
    assert [(count.changes, count.replaces) for count in draft.plan.counts()] == [(1, 0)]


def test_columns_that_are_not_used_are_said(sandbox: Sandbox, book: Book) -> None:
    """Also where `--fields` limits the run."""
    rows = ("Email", "Title", "Job title", "Foo"), ("p0@example.com", "Dr", "CEO", 1)
    for request in (Request(), Request(fields=("title",))):
        assert drafted(sandbox, book, *rows, request=request).notes == (
            "Column B (Title) is not used: column C already gives Title.",
            "Not used, because no field of Reply has this name: D (Foo).",
        )


def test_a_refusal_stands_also_where_nothing_would_be_sent(sandbox: Sandbox, book: Book) -> None:
    """An id column of another system is said to be one, whatever else is the matter with its rows."""
    rows = [("0031000000abcdeAAA", "CEO"), ("0031000000abcdeAAB", "CEO"), (FIRST_ID, None)]
    draft = drafted(sandbox, book, ("Reply ID", "Title"), *rows)
    assert "Reply does not know 2 of the 3 IDs" in (draft.plan.refusal or "")
    assert words(preview.refused(draft)) == [(2, Word.INVALID), (3, Word.INVALID), (4, Word.UNCHANGED)]


def test_one_row_with_an_id_is_its_own_matter(sandbox: Sandbox, book: Book) -> None:
    """Beside rows found by e-mail, an unknown id does not stop the run."""
    rows = (FIRST_ID + 99, None, "CEO"), (None, "p0@example.com", "CEO"), (None, "p1@example.com", "CEO")
    draft = drafted(sandbox, book, ("Reply ID", "Email", "Title"), *rows)
    assert draft.plan.refusal is None
    assert words(preview.foreseen(draft)) == [(2, Word.NOT_FOUND), (3, Word.UPDATED), (4, Word.UPDATED)]


def test_rows_that_cannot_be_told_are_shown_beside_their_names(sandbox: Sandbox, book: Book) -> None:
    """Those that are to be sent, at most three, also where other rows can be told."""
    blank = [(FIRST_ID + number, None, None, None, title) for number, title in enumerate([None, *["CEO"] * 5])]
    rows = [*blank, (FIRST_ID + 6, "p6@example.com", None, None, "CEO"), (FIRST_ID + 7, None, "First7", "Last7", "CEO")]
    draft = drafted(sandbox, book, ("Reply ID", "Email", "First name", "Last name", "Title"), *rows)
    assert draft.plan.strangers == tuple((f"Row {row}", f"First{row - 2} Last{row - 2} <p{row - 2}@example.com>") for row in (3, 4, 5))


def test_a_row_that_cannot_be_read_blocks_the_other_of_its_contact(sandbox: Sandbox, book: Book) -> None:
    """Whichever finds the contact by id and which by e-mail."""
    rows = (FIRST_ID, None, "CEO", None), (None, "P0@example.com", None, "perhaps"), (FIRST_ID + 1, None, "CEO", None)
    draft = drafted(sandbox, book, ("Reply ID", "Email", "Title", "Opted out"), *rows)
    assert words(preview.foreseen(draft)) == [(2, Word.INVALID), (3, Word.INVALID), (4, Word.UPDATED)]


def test_two_contacts_with_one_email_are_never_told_apart_by_luck(make_sandbox: Callable[..., Sandbox], book: Book) -> None:
    """The second one stands on a later page: the row is invalid, and nothing is sent."""
    everyone = people(1001)
    everyone[1000]["email"] = "p0@example.com"
    draft = drafted(make_sandbox(everyone), book, ("Email", "Title"), ("p0@example.com", "CEO"))
    assert words(preview.foreseen(draft)) == [(2, Word.INVALID)]


def test_a_sheet_without_a_key_names_the_row_taken_for_headers(sandbox: Sandbox, book: Book) -> None:
    """The header row may be another one."""
    with pytest.raises(HeaderError, match=r"row 1 was taken as the header row"):
        drafted(sandbox, book, ("Name", "Title"), ("Ann", "CEO"))


def test_a_refused_run_foresees_nothing_sent(sandbox: Sandbox, book: Book) -> None:
    """Every row that would have gone out is `skipped`, with the run's sentence."""
    draft = drafted(sandbox, book, ("Reply ID", "Title"), *((FIRST_ID + number, "x") for number in (0, 90, 91)))
    assert draft.plan.refusal
    outcomes = preview.refused(draft)
    assert words(outcomes) == [(2, Word.SKIPPED), (3, Word.NOT_FOUND), (4, Word.NOT_FOUND)]
    assert outcomes[0].message == draft.plan.refusal
    assert outcomes[0].changes == ()


def test_a_contact_that_cannot_be_read_is_failed_and_the_rest_goes_on(sandbox: Sandbox, book: Book) -> None:
    """Not *not found*: nobody said so."""
    sandbox.fault("status", status=403, contact_id=FIRST_ID + 99)
    draft = drafted(sandbox, book, ("Reply ID", "Title"), (FIRST_ID, "x"), (FIRST_ID + 99, "y"), (FIRST_ID + 1, "y"))
    assert words(preview.foreseen(draft)) == [(2, Word.UPDATED), (3, Word.FAILED), (4, Word.UPDATED)]


def test_custom_fields_that_may_not_be_read_cost_their_columns_only(sandbox: Sandbox, book: Book) -> None:
    """403 for the custom fields: a note, and the standard columns go on."""
    sandbox.fault("status", status=403, path="custom-fields")
    draft = drafted(sandbox, book, ("Reply ID", "Title", "Lead Source"), (FIRST_ID, "x", "y"))
    assert any("Custom fields could not be looked up" in note for note in draft.notes)
    assert [count.name for count in draft.plan.counts()] == ["title"]
