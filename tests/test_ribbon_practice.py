"""Practice over xlwings' real Windows engine and a fake COM tree, and what keeps practice and earnest apart beneath the buttons."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
import requests
import xlwings as xw
from conftest import FIRST_ID, Book, Ran
from fake_excel import FakeExcel, install
from fake_excel.pywin32 import Desktop
from noted import ID, Answers, note
from openpyxl.workbook.defined_name import DefinedName

from reply_xl import config
from reply_xl.busy import Patience
from reply_xl.conduct import sheet_of
from reply_xl.errors import WorkbookError
from reply_xl.excel import LiveBook
from reply_xl.history.records import Records
from reply_xl.ribbon import Outside, main
from reply_xl.sandbox import Sandbox
from reply_xl.tab.click import Button
from reply_xl.tab.serving import PRACTICE, serving

NAME = "leads.xlsx"


@pytest.fixture
def excel() -> Iterator[FakeExcel]:
    """Its process is this one: the practice server ends with it."""
    made = FakeExcel(pid=os.getpid())
    rows = [["Reply ID", "Email", "Title"], *([float(FIRST_ID + n), f"p{n}@example.com", f"Title {n}"] for n in range(3))]
    made.add_book(NAME).add_sheet("Leads", rows)
    with install(made):
        yield made
    (config.shared_folder() / PRACTICE).unlink(missing_ok=True)
    until = time.monotonic() + 10
    while serving(config.shared_folder()) is not None and time.monotonic() < until:
        time.sleep(0.05)


def click(
    excel: FakeExcel,
    sandbox: Sandbox,
    button: Button,
    *areas: str,
    answers: tuple[str, ...] = (),
    boxes: Answers | None = None,
    **facts: Any,
) -> Answers:
    boxes = boxes or Answers(answers)
    is_on = "1" if (config.shared_folder() / PRACTICE).exists() else "0"
    note(config.shared_folder(), button, NAME, *areas, window=excel.books[0].hwnd, **{"practice": is_on, "shown": is_on, **facts})

    def process_of(window: int) -> int | None:
        return Desktop.current.process_of(window)[1] or None if Desktop.current else None

    main([ID], Outside(lambda: xw.engines.active, lambda: boxes, process_of, sandbox.url, linger=0))
    return boxes


def switch_on(excel: FakeExcel, sandbox: Sandbox, **facts: Any) -> Answers:
    (config.shared_folder() / PRACTICE).parent.mkdir(parents=True, exist_ok=True)
    (config.shared_folder() / PRACTICE).touch()
    return click(excel, sandbox, Button.PRACTICE, "$A$2", pressed="1", **facts)


def test_practice_in_excel(excel: FakeExcel, sandbox: Sandbox) -> None:
    """The copy stands after its sheet, in front, with what a filter hides; Update and Retry on it stay there; no setting of Excel's is changed."""
    leads = excel.books[0].sheets[0]
    leads.hidden_rows.add(4)
    boxes = switch_on(excel, sandbox)
    assert [sheet.name for sheet in excel.books[0].sheets] == ["Leads", "Practice"], boxes.told
    copy = excel.books[0].sheets[1]
    assert excel.books[0].active is copy
    assert copy.hidden_rows == {4}
    assert excel.properties["EnableEvents"] is excel.properties["ScreenUpdating"] is True
    copy.fill("C2", [["CTO"]])
    boxes = click(excel, sandbox, Button.UPDATE, "$A$2:$C$3", sheet="Practice")
    assert copy.cell("D2").value == "practice: Updated", boxes.told
    assert copy.cell("D3").value == "practice: Unchanged"
    boxes = click(excel, sandbox, Button.RETRY, "$A$2", sheet="Practice")
    assert "practice server" not in " ".join(boxes.told)
    assert leads.cell("D1").value is None
    assert sandbox.requests == []


@pytest.mark.parametrize(("watched", "status"), [(False, 401), (True, 200)])
def test_who_may_look_on(excel: FakeExcel, sandbox: Sandbox, watched: bool, status: int) -> None:
    """Nobody without the key of the server, but in the Excel of `doctor --live`, whose contacts are made up."""
    (config.shared_folder() / PRACTICE).parent.mkdir(parents=True, exist_ok=True)
    (config.shared_folder() / PRACTICE).touch()
    facts = {"pressed": "1", "practice": "1", "shown": "1", "window": excel.books[0].hwnd}
    note(config.shared_folder(), Button.PRACTICE, NAME, "$A$2", **facts)
    outside = Outside(lambda: xw.engines.active, Answers, lambda window: excel.pid, sandbox.url, linger=0)
    main([ID], replace(outside, watches_practice=True) if watched else outside)
    server = serving(config.shared_folder())
    assert server is not None
    assert requests.get(f"{server.url}/sandbox/contacts", timeout=5).status_code == status


def test_a_chart_is_in_front(excel: FakeExcel, sandbox: Sandbox) -> None:
    """It is no worksheet, so nothing is copied and no server is started."""
    boxes = switch_on(excel, sandbox, sheet="Chart1")
    assert boxes.told[-1].startswith("A sheet without cells is in front; go to the sheet with your contacts and try again.")
    assert len(excel.books[0].sheets) == 1
    assert serving(config.shared_folder()) is None


def test_one_of_our_own_sheets_is_in_front(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Nobody practises with a preview."""
    excel.books[0].add_sheet("Ours", [["reply_xl preview 1 · Preview"]])
    boxes = switch_on(excel, sandbox, sheet="Ours")
    assert "“Ours”" in boxes.told[-1]
    assert len(excel.books[0].sheets) == 2


def test_a_click_that_practice_overtook(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Update was clicked, then Practice, and only now does Python begin: nothing is sent."""
    config.shared_folder().mkdir(parents=True, exist_ok=True)
    (config.shared_folder() / PRACTICE).touch()
    boxes = click(excel, sandbox, Button.UPDATE, "$A$2", practice="0", shown="0")
    assert "Practice was switched on after this click" in boxes.told[-1]
    assert sandbox.requests == []


def test_a_key_in_the_environment_stays_there(excel: FakeExcel, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The practice server is given its own key alone: it would refuse any other."""
    monkeypatch.setenv("REPLY_API_KEY", "a-real-key")
    switch_on(excel, sandbox)
    excel.books[0].sheets[1].fill("C2", [["CTO"]])
    boxes = click(excel, sandbox, Button.UPDATE, "$A$2", sheet="Practice")
    assert excel.books[0].sheets[1].cell("D2").value == "practice: Updated", boxes.told


def test_the_server_is_lost_in_mid_run(excel: FakeExcel, sandbox: Sandbox) -> None:
    """It is killed between the question and the first request that changes something: each row says so, and Reply is not asked instead."""
    switch_on(excel, sandbox)
    excel.books[0].sheets[1].fill("C2", [["CTO"], ["CEO"]])
    found = serving(config.shared_folder())
    assert found is not None

    class Killing(Answers):
        def ask(self, text: str, choices: Sequence[str], *, default: int = 0) -> int | None:
            os.kill(found.process, signal.SIGTERM)
            while serving(config.shared_folder()) is not None:
                time.sleep(0.05)
            return super().ask(text, choices, default=default)

    boxes = click(excel, sandbox, Button.UPDATE, "$A$2:$A$3", sheet="Practice", boxes=Killing(("Update them",)))
    copy = excel.books[0].sheets[1]
    assert [copy.cell(f"D{row}").value for row in (2, 3)] == ["practice: Failed"] * 2, boxes.told
    assert "practice server" in copy.cell("E2").value
    assert "click Practice twice" in copy.cell("E2").value
    assert sandbox.requests == []


# -- beneath the buttons


def marked(path: Path) -> Path:
    """The workbook with a sheet that is a copy for practice, as Excel saves it."""
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["Contacts"]
    sheet.defined_names.add(DefinedName("reply_xl_practice", attr_text='"practice practice-0123456789abcdef"'))
    workbook.save(path)
    return path


@pytest.mark.parametrize("arguments", [("push", "--yes"), ("pull",), ("preview", "--edit")])
def test_the_command_line_knows_the_copy(book: Book, command: Callable[..., Ran], arguments: tuple[str, ...]) -> None:
    """Whatever its name: nothing of a copy for practice goes to Reply, and nobody is asked."""
    path = marked(book(("Reply ID", "Title"), (FIRST_ID, "CTO")))
    before = path.read_bytes()
    name, *options = arguments
    ran = command(name, path, *options, "--base-url", "https://reply.invalid", env={"REPLY_API_KEY": "k"})
    assert "“Contacts” is a copy for practice, so nothing of it goes to Reply" in ran.err
    assert path.read_bytes() == before


def test_the_command_line_may_practise_with_it(book: Book, command: Callable[..., Ran], sandbox: Sandbox) -> None:
    """On a practice server of one's own."""
    path = marked(book(("Reply ID", "Title"), (FIRST_ID, "CTO")))
    assert command("push", path, "--yes", "--json", "--base-url", sandbox.url).words == ["updated"]


# -- results, and what was agreed to


def test_results_never_cross(excel: FakeExcel, sandbox: Sandbox) -> None:
    """The sheet of a run is gone by the time that its results are written, and only its twin is there: they wait. Whichever is the copy."""
    switch_on(excel, sandbox)
    _, copy = excel.books[0].sheets
    copy.fill("C2", [["CTO"]])
    click(excel, sandbox, Button.UPDATE, "$A$2", sheet="Practice")
    with Records() as records:
        (practised,) = records.journal.runs()
        entries = records.journal.recorded(practised.id).entries
    in_earnest = replace(practised, server=replace(practised.server, instance=""))
    book = LiveBook(xw.books[NAME], "Leads", (), Patience())
    place: Any = SimpleNamespace(name=NAME, key=practised.page.book, has_moved=False)
    assert sheet_of(book, place, practised, entries).name == "Practice"
    assert sheet_of(book, place, in_earnest, entries).name == "Leads"
    excel.books[0].sheets.remove(copy)
    with pytest.raises(WorkbookError):
        sheet_of(book, place, practised, entries)
    excel.books[0].sheets[:] = [copy]
    with pytest.raises(WorkbookError):
        sheet_of(book, place, in_earnest, entries)


def test_what_is_agreed_to_in_practice_is_not_kept(excel: FakeExcel, sandbox: Sandbox) -> None:
    """A header in another language is asked about; the yes of somebody who tries things out is not taken for good."""
    excel.books[0].sheets[0].fill("D1", [["Nachname"], ["Lovelace"], ["Curie"], ["Noether"]])
    switch_on(excel, sandbox)
    excel.books[0].sheets[1].fill("D2", [["King"]])
    boxes = click(excel, sandbox, Button.UPDATE, "$A$2", sheet="Practice", answers=("Are these right",))
    assert "Nachname" in boxes.asked[0][0]
    with Records() as records:
        assert records.agreements.all() == {}
