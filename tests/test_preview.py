"""Preview: the way up to the patches, and no further."""

from __future__ import annotations

import pytest
from conftest import FIRST_ID, Book

from reply_xl import plan, preview
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
        return plan.draft(workbook.sheet(), session.contacts, session.memory, request or Request())


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


def test_a_refused_run_foresees_nothing_sent(sandbox: Sandbox, book: Book) -> None:
    """Every row that would have gone out is `skipped`, with the run's sentence."""
    draft = drafted(sandbox, book, ("Reply ID", "Title"), *((FIRST_ID + number, "x") for number in (0, 90, 91)))
    assert draft.plan.refusal
    outcomes = preview.refused(draft)
    assert words(outcomes) == [(2, Word.SKIPPED), (3, Word.NOT_FOUND), (4, Word.NOT_FOUND)]
    assert outcomes[0].message == draft.plan.refusal
    assert outcomes[0].changes == ()


def test_reads_are_counted(sandbox: Sandbox, book: Book) -> None:
    """The plan knows how many requests it took."""
    draft = drafted(sandbox, book, ("Reply ID", "Title"), (FIRST_ID, "x"), (FIRST_ID + 99, "y"), (FIRST_ID + 1, "y"))
    assert draft.plan.reads == len(sandbox.requests) == 2


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
