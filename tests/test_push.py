"""Rows → Reply → results back in the sheet, as the use case that every edge calls."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import FIRST_ID, Book, cells, patches

from reply_xl import plan
from reply_xl.conduct import conduct
from reply_xl.delivery import Delivered, deliver
from reply_xl.history.records import Records
from reply_xl.model import Outcome, Word
from reply_xl.plan import Draft, Request
from reply_xl.push import Push
from reply_xl.sandbox import Sandbox
from reply_xl.send import Terms
from reply_xl.session import Session
from reply_xl.workbook import Workbook


@pytest.fixture(autouse=True)
def no_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLY_XL_QUOTA", "off")


@contextmanager
def pushing(path: Path, sandbox: Sandbox, *, keeps_ids: bool = False) -> Iterator[tuple[Push, Draft, Session, Workbook]]:
    with Workbook(path) as workbook, Session(sandbox.url) as session:
        sheet = workbook.sheet()
        draft = plan.draft(sheet.read(), session.contacts, session.memory, Request())
        yield Push(sheet.name, draft, str(path), str(path), keeps_ids), draft, session, workbook


def whole(path: Path, sandbox: Sandbox, *, keeps_ids: bool = False) -> list[Outcome]:
    with pushing(path, sandbox, keeps_ids=keeps_ids) as (push, draft, session, workbook):
        push.prepare(workbook.sheet())
        workbook.save()
        number = push.start(session.records.journal, session.server())
        terms = Terms(session.contacts, draft.policy, session.memory, threading.Event(), session.pace.pause)
        done = conduct(session.records, number, draft.plan.to_send, terms, lambda outcome: None)
        assert done.delivered is not None, done.problem
        return sorted([*draft.plan.standing(), *done.outcomes], key=lambda outcome: outcome.row)


def test_ids_of_rows_found_by_email_are_written(sandbox: Sandbox, book: Book) -> None:
    """As whole numbers, also where nothing was sent; a row that was not found gets none, and the next run finds rows by them."""
    path = book(("Email", "Title"), ("p0@example.com", "CTO"), ("P1@EXAMPLE.COM", None), ("nobody@example.com", "x"))
    whole(path, sandbox, keeps_ids=True)
    assert [line["Reply ID"] for line in cells(path)] == [FIRST_ID, FIRST_ID + 1, None]
    before = len(sandbox.requests)
    assert [outcome.word for outcome in whole(path, sandbox)][:2] == [Word.UNCHANGED, Word.UNCHANGED]
    assert not any("email=p0" in request.path for request in sandbox.requests[before:])


def test_ids_are_not_written_where_they_mean_nothing(sandbox: Sandbox, book: Book) -> None:
    """A practice server's ids would be other people's elsewhere."""
    path = book(("Email", "Title"), ("p0@example.com", "CTO"))
    whole(path, sandbox)
    assert "Reply ID" not in cells(path)[0]


def test_a_row_found_by_its_id_keeps_its_cell(sandbox: Sandbox, book: Book) -> None:
    """An id cell that is there is not written to; an empty one of a row found by e-mail is filled."""
    path = book(("Reply ID", "Email", "Title"), (FIRST_ID, "p0@example.com", "CTO"), (None, "p1@example.com", "CEO"))
    whole(path, sandbox, keeps_ids=True)
    assert [line["Reply ID"] for line in cells(path)] == [FIRST_ID, FIRST_ID + 1]


def test_preparing_sends_nothing_and_is_safe_to_leave(sandbox: Sandbox, book: Book) -> None:
    """Headers are written, no request leaves, and the file is only written when it is saved."""
    path = book(("Reply ID", "Title"), (FIRST_ID, "CTO"))
    before = path.read_bytes()
    with pushing(path, sandbox) as (push, _, _, workbook):
        push.prepare(workbook.sheet())
    assert patches(sandbox) == []
    assert path.read_bytes() == before


def test_every_row_has_one_outcome_in_the_order_of_the_sheet(sandbox: Sandbox, book: Book) -> None:
    """Sent, standing and shared ones together."""
    path = book(
        ("Reply ID", "Title", "Company size"),
        (FIRST_ID + 5, "a", None), (FIRST_ID, None, "many"), (FIRST_ID + 1, None, None), (FIRST_ID + 2, "b", None), (FIRST_ID + 2, "b", None),
        (FIRST_ID + 99, "c", None),
    )  # fmt: skip
    outcomes = whole(path, sandbox)
    assert [(outcome.row, outcome.word) for outcome in outcomes] == [
        (2, Word.UPDATED), (3, Word.INVALID), (4, Word.UNCHANGED), (5, Word.UPDATED), (6, Word.UPDATED), (7, Word.NOT_FOUND),
    ]  # fmt: skip
    assert [line["Reply status"] for line in cells(path)] == ["Updated", "Invalid", "Unchanged", "Updated", "Updated", "Not found"]


def test_old_results_are_replaced(sandbox: Sandbox, book: Book) -> None:
    """A date of an earlier update goes when nothing was stored this time; other rows' results stay."""
    path = book(
        ("Reply ID", "Title", "Reply status", "Reply message", "Reply updated at"),
        (FIRST_ID, None, "Updated", "Updated Title.", "2020-01-01"),
        (None, None, None, None, None),
    )
    whole(path, sandbox)
    (line,) = cells(path)[:1]
    assert (line["Reply status"], line["Reply updated at"]) == ("Unchanged", None)
    assert line["Reply message"] != "Updated Title."


def test_writing_twice_is_the_same_as_once(sandbox: Sandbox, book: Book) -> None:
    """Writing is safe to repeat."""
    path = book(("Reply ID", "Title"), (FIRST_ID, "CTO"))
    whole(path, sandbox)
    once = cells(path)
    with Records() as records, Workbook(path) as workbook:
        recorded = records.journal.recorded(1)
        assert deliver(workbook.sheet(), recorded.run, recorded.entries) == Delivered((2,), ())
        workbook.save()
    assert cells(path) == once


def test_custom_fields_are_asked_for_only_where_a_header_needs_them(sandbox: Sandbox, book: Book) -> None:
    """Standard headers cost the page, whose run it is, and the PATCH: nothing else."""
    whole(book(("Reply ID", "Title"), (FIRST_ID, "CTO")), sandbox)
    assert [request.path for request in sandbox.requests] == [
        "/v3/contacts?top=1000&skip=0",
        "/v3/whoami",
        f"/v3/contacts/{FIRST_ID}",
    ]
