"""A preview in an open workbook, on every host: written without taking the focus, and read back into the plan of a push."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import FIRST_ID
from hosts import HOSTS, Host, build, opened

from reply_xl import plan, planned
from reply_xl.errors import SheetError
from reply_xl.model import Word
from reply_xl.pages import is_ours
from reply_xl.plan import Draft, Request
from reply_xl.preview_page import HEADERS, MOST_LINES, NAME
from reply_xl.records import Records
from reply_xl.runs import RunKind
from reply_xl.sandbox import Sandbox
from reply_xl.session import Session

LEADS = [["Reply ID", "Email", "Title", "Opted out"], [FIRST_ID, "p0@example.com", "=CTO", None], [None, "p1@example.com", "+1", "yes"]]


@pytest.fixture(autouse=True)
def no_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLY_XL_QUOTA", "off")


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    path = build(tmp_path / "leads.xlsx", LEADS, select="A3:B3", texts={"C2": "=CTO", "C3": "+1"})
    with opened(request.param, path) as book:
        yield book


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    with Session(sandbox.url) as made:
        yield made


def drafted(host: Host, session: Session) -> Draft:
    return plan.draft(host.sheet("Leads").read(), session.contacts, session.memory, Request())


def read_back(host: Host, session: Session, **more: Any) -> planned.Planned:
    return planned.plan_of(planned.read(host.book), session.contacts, session.memory, Request(), **more)


class OneBook:
    """What of a book is needed to prepare a sheet of it."""

    def __init__(self, host: Host) -> None:
        self.sheet = host.sheet


def cell(host: Host, row: int, header: str) -> Any:
    return host.book.sheets[NAME].range((row, HEADERS.index(header) + 1))


def test_focus_and_selection_are_given_back(host: Host, session: Session) -> None:
    """The user's sheet is in front with the same cells selected; the new sheet is ours, and known for a preview."""
    assert planned.write(host.book, drafted(host, session), "Leads", server="Reply") == (NAME, 3)
    selected = "$A$3" if host.kind == "libreoffice" else "$A$3:$B$3"  # activating a sheet in LibreOffice keeps the active cell alone
    assert (host.book.sheets.active.name, host.book.selection.address) == ("Leads", selected)
    page = planned.find(host.book)
    assert (planned.is_preview(page), is_ours(page)) == (True, True)
    assert not planned.is_preview(host.book.sheets["Leads"])


def test_what_was_written_is_read_back(host: Host, session: Session) -> None:
    """The plan has the very patches of the draft, found again by themselves; nothing is changed by reading."""
    draft = drafted(host, session)
    planned.write(host.book, draft, "Leads")
    found = read_back(host, session)
    bodies = [decision.patch.body for decision in found.draft.plan.to_send if decision.patch]
    assert bodies == [decision.patch.body for decision in draft.plan.to_send if decision.patch] == [{"title": "=CTO"}, {"title": "+1"}]
    assert [(outcome.row, outcome.word) for outcome in found.draft.plan.standing()] == [(6, Word.SKIPPED)]
    assert found.others is not None
    assert (found.others.name, found.others.contacts) == ("Leads", {2: FIRST_ID, 3: FIRST_ID + 1})


def test_decisions_typed_into_the_open_sheet(host: Host, session: Session) -> None:
    """A choice, an agreement given now, and a correction; the run that is written down is of the preview, and knows the rows beside it."""
    planned.write(host.book, drafted(host, session), "Leads")
    cell(host, 4, "Decision").raw_value = "skip"
    cell(host, 5, "Will become").raw_value = "'-1"
    cell(host, 6, "Decision").raw_value = "send"
    found = read_back(host, session)
    assert [decision.held_back for decision in found.draft.plan.decisions] == [(), (), ("isOptedOut",)]
    draft = found.draft.allowing(frozenset({"opt-out"}))
    (decision,) = draft.plan.to_send
    assert decision.patch is not None
    assert decision.patch.body == {"title": "-1", "isOptedOut": True}
    push = found.push(draft, "leads.xlsx", "leads.xlsx")
    push.prepare(host.sheet(NAME))
    found.prepare_others(OneBook(host))
    assert host.book.sheets["Leads"].range("E1:G1").raw_value[0] in ([*HEADERS[-3:]], (*HEADERS[-3:],))
    with Records() as records:
        number = push.start(records.journal, session.server())
        recorded = records.journal.recorded(number)
    assert (recorded.run.kind, recorded.run.page.sheet, recorded.run.rows) == (RunKind.PLAN, NAME, 3)
    beside = recorded.run.beside
    assert beside is not None
    assert (beside.page.sheet, [(row, contact) for row, _, contact in beside.rows]) == ("Leads", [(2, FIRST_ID), (3, FIRST_ID + 1)])
    assert beside.differs == {FIRST_ID + 1: ("title",)}


def test_one_line_alone(host: Host, session: Session) -> None:
    """`rows` limits it to some lines, as a retry does."""
    planned.write(host.book, drafted(host, session), "Leads")
    found = read_back(host, session, rows=[5])
    assert [row.number for row in found.draft.rows] == [5]


def test_more_lines_than_a_person_can_look_through(host: Host, session: Session) -> None:
    """Is said before anything is written."""
    draft = drafted(host, session)
    many = replace(draft, plan=plan.Plan(draft.plan.decisions * (MOST_LINES // 2), None, ()))
    with pytest.raises(SheetError, match="changes are more than a person can look through"):
        planned.write(host.book, many, "Leads")
    assert NAME not in [sheet.name for sheet in host.book.sheets]
