"""A preview in an open workbook, on every host: written without taking the focus, and read back into the plan of a push."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import FIRST_ID, patches
from hosts import HOSTS, Host, build, opened

from reply_xl import jobs, plan, planned
from reply_xl.busy import Patience
from reply_xl.columns_page import proposal
from reply_xl.console import Progress
from reply_xl.errors import SheetError
from reply_xl.history.records import Records
from reply_xl.history.runs import Run, RunKind
from reply_xl.kinds.host_values import as_lines
from reply_xl.mapping.choices import Choices
from reply_xl.model import Column, CustomField, Row, Word
from reply_xl.pages import is_ours
from reply_xl.plan import Draft, Request
from reply_xl.preview_page import HEADERS, MOST_LINES, NAME
from reply_xl.sandbox import Sandbox
from reply_xl.session import Session
from reply_xl.terminal import Terminal

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
    """The workbook on a host, as the jobs see it."""

    notes: tuple[str, ...] = ()

    def __init__(self, host: Host) -> None:
        self.sheet, self.book = host.sheet, host.book
        self.patience = Patience()

    def sheets(self) -> list[str]:
        return [str(sheet.name) for sheet in self.book.sheets]

    def proposal(self) -> tuple[Choices, list[str]]:
        return proposal(self.book)

    def write_columns(self, columns: Sequence[Column], rows: Sequence[Row], customs: Sequence[CustomField]) -> str:
        raise NotImplementedError

    def check_savable(self) -> None: ...

    def save(self) -> None: ...


class OnePlace:
    """The place of that workbook. `between`: what a person does in the sheets each time the program lets go of the workbook."""

    sheet: str | None = "Leads"
    header_row = None
    has_moved = False

    def __init__(self, host: Host, between: Callable[[], None] = lambda: None) -> None:
        self._book, self._between = OneBook(host), between
        self.key = self.results = str(host.path)
        self.name = host.path.name

    @contextlib.contextmanager
    def kept_open(self) -> Iterator[None]:
        yield

    @contextlib.contextmanager
    def open(self, *, to_write: bool = False) -> Iterator[OneBook]:
        yield self._book
        self._between()

    def delivering(self, run: Run) -> OnePlace:
        return self

    def at(self, sheet: str, header_row: int) -> OnePlace:
        return self

    def words(self, sentence: str) -> str:
        return sentence


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


def column(host: Host, sheet: str, header: str, rows: range) -> list[Any]:
    page = host.sheet(sheet).read_again([header], 1)
    index = page.headers.index(header)
    return [next((row[index] for row in page.rows if row.number == number), None) for number in rows]


def swap(host: Host, sheet: str, one: int, other: int, width: int) -> None:
    """As a sort does: two rows change places."""
    first, second = (host.book.sheets[sheet].range((row, 1), (row, width)) for row in (one, other))
    ours, theirs = (
        ["" if value is None else f"'{value}" if isinstance(value, str) else value for value in as_lines(line.raw_value)[0]]
        for line in (first, second)
    )
    first.raw_value, second.raw_value = [theirs], [ours]


def test_the_buttons_of_an_open_workbook(host: Host, session: Session, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """Preview, a decision, Update on the preview, a retry of nothing: outcomes in both sheets, though rows of both change places each time the
    workbook is let go of. Done again, nothing is sent."""
    face = Terminal(Progress(), yes=True)
    assert jobs.write_preview(face, OnePlace(host), session, Request()) == 0
    assert f"The sheet “{NAME}” is in {host.path.name} now, with 3 lines" in capsys.readouterr().err
    moves = [lambda: swap(host, "Leads", 2, 3, 7), lambda: swap(host, NAME, 4, 6, 12), lambda: None]

    def between() -> None:
        if moves:
            moves.pop(0)()

    cell(host, 6, "Decision").raw_value = "skip"
    assert jobs.apply_preview(face, OnePlace(host, between), session, NAME) == 0
    assert {request.contact_id: request.body for request in patches(sandbox)} == {
        FIRST_ID: {"title": "=CTO"},
        FIRST_ID + 1: {"title": "+1"},
    }
    assert column(host, NAME, "Reply status", range(4, 7)) == ["Skipped", "Updated", "Updated"]
    assert column(host, NAME, "Field", range(4, 7)) == ["Opted out", "Title", "Title"]
    assert column(host, "Leads", "Reply status", range(2, 4)) == ["Updated", "Updated"]
    assert [str(text).startswith("Updated Title.") for text in column(host, "Leads", "Reply message", range(2, 4))] == [True, True]
    assert "Opted out" in str(column(host, "Leads", "Reply message", range(2, 3))[0])
    assert jobs.apply_preview(face, OnePlace(host), session, NAME) == 0
    assert len(patches(sandbox)) == 2
    assert column(host, NAME, "Reply status", range(4, 7)) == ["Skipped", "Unchanged", "Unchanged"]


def test_update_on_a_preview_is_never_an_update_of_rows(host: Host, session: Session, sandbox: Sandbox) -> None:
    """A job that takes rows refuses our sheet, on every host."""
    face = Terminal(Progress(), yes=True)
    jobs.write_preview(face, OnePlace(host), session, Request())
    place = OnePlace(host)
    place.sheet = NAME
    for job in (jobs.update, jobs.write_preview):
        with pytest.raises(SheetError, match="is a sheet of reply_xl and holds no contacts"):
            job(face, place, session, Request())
    assert patches(sandbox) == []
