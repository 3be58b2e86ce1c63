"""The button Practice, whole, in a live LibreOffice: the copy, the server beside it, and that nothing reaches Reply meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clicking import Clicking, by_header, until
from conftest import FIRST_ID, Book
from office_engine import is_available, why_not

from reply_xl.sandbox import Sandbox
from reply_xl.tab.click import Button
from reply_xl.tab.practice_mark import practice_of
from reply_xl.tab.serving import Serving, serving

pytestmark = pytest.mark.skipif(not is_available(), reason=why_not())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clicking]:
    clicking = Clicking(tmp_path_factory.mktemp("practising"))
    yield clicking
    clicking.end()


@pytest.fixture
def office(running: Clicking, sandbox: Sandbox) -> Iterator[Clicking]:
    """`sandbox` stands for Reply: a test in which it is asked anything while practice is on has failed."""
    running.set_up(sandbox.url)
    yield running
    (running.user / "practice").unlink(missing_ok=True)
    until(lambda: serving(running.user) is None, 15, running.log)
    running.close_books()


def leads(book: Book, count: int = 6, **given: object) -> Path:
    rows = [(None if index == 1 else FIRST_ID + index, f"p{index}@example.com", f"Title {index}") for index in range(count)]
    return book(("Reply ID", "Email", "Title"), *rows, **given)


def toggle(office: Clicking, on: bool) -> None:
    office.press(Button.PRACTICE, on)
    office.wait()


def server(office: Clicking) -> Serving:
    found = serving(office.user)
    assert found is not None, office.log()
    return found


def put(book: Any, sheet: str, cell: str, value: Any) -> None:
    book.sheets[sheet].range(cell).value = value


def test_practice_from_on_to_off(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """On: a copy in front. Update and Undo there say so in each status and write no Reply ID; off: the server is gone. Nothing reached Reply,
    and the sheet itself is as it was."""
    opened = office.open(leads(book, hidden_rows=[4]))
    before = by_header(opened, "Contacts", 6)
    office.select(opened, "Contacts", "A2")
    toggle(office, True)
    assert opened.sheets.active.name == "Practice", office.log()
    assert office.bar()[-2].startswith("Reply: Practice is on: “Practice” is a copy of “Contacts” to work on, with 6 contacts"), (
        office.bar()
    )
    assert practice_of(opened.sheets["Practice"]) == server(office).instance
    assert opened.sheets["Practice"].range("A4").rows.hidden
    put(opened, "Practice", "C2", "Head of Sales")
    put(opened, "Practice", "C3", "CTO")
    office.select(opened, "Practice", "A2:C4")
    office.answer("Update them", "Undo it")
    office.press(Button.UPDATE)
    office.wait()
    rows = by_header(opened, "Practice", 6)
    assert [row["Reply status"] for row in rows] == ["practice: Updated", "practice: Updated", None, None, None, None], office.log()
    assert rows[1]["Reply ID"] is None
    assert "This is practice" in office.asked()[-1]["text"]
    assert office.bar()[-2].startswith("Reply: Practice, nothing reached Reply. Updated 2.")
    office.press(Button.UNDO)
    office.wait()
    rows = by_header(opened, "Practice", 6)
    assert [row["Reply status"] for row in rows][:2] == ["practice: Undone", "practice: Undone"], office.log()
    assert [row["Title"] for row in rows][:2] == ["Title 0", "Title 1"]
    process = server(office).process
    toggle(office, False)
    assert office.bar()[-2] == "Reply: Practice is off: what you update from now on goes to Reply."
    assert serving(office.user) is None
    until(lambda: not is_there(process), 10)
    assert by_header(opened, "Contacts", 6) == before
    assert sandbox.requests == []


def is_there(process: int) -> bool:
    return Path(f"/proc/{process}/cmdline").exists() and b"practice_server" in Path(f"/proc/{process}/cmdline").read_bytes()


UPDATES = (Button.UPDATE, Button.PULL, Button.RETRY, Button.UNDO, Button.COLUMNS)


@pytest.mark.parametrize("button", UPDATES)
def test_another_sheet_while_practice_is_on(office: Clicking, book: Book, sandbox: Sandbox, button: Button) -> None:
    """Every button that works on a sheet names the copy instead, and nothing is asked or written."""
    opened = office.open(leads(book, 2))
    office.select(opened, "Contacts", "A2")
    toggle(office, True)
    office.select(opened, "Contacts", "A2:C3")
    office.press(button)
    office.wait()
    assert "“Contacts” is not its copy; go to “Practice”" in office.asked()[-1]["text"], office.log()
    assert "Reply status" not in by_header(opened, "Contacts", 2)[0]
    assert sandbox.requests == []


@pytest.mark.parametrize("button", UPDATES)
def test_a_copy_for_practice_in_earnest(office: Clicking, book: Book, sandbox: Sandbox, button: Button) -> None:
    """Off, the copy is known as one also when it was renamed or copied once more, and nothing of it reaches Reply."""
    opened = office.open(leads(book, 2))
    office.select(opened, "Contacts", "A2")
    toggle(office, True)
    toggle(office, False)
    opened.sheets["Practice"].copy(name="Leads")
    office.select(opened, "Leads", "A2:C3")
    office.press(button)
    office.wait()
    assert "“Leads” is a copy for practice, so nothing of it goes to Reply" in office.asked()[-1]["text"], office.log()
    assert sandbox.requests == []


def test_the_server_is_killed_while_practice_is_on(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """One sentence, and nothing is sent; off and on again makes the copy in front work with a new server."""
    opened = office.open(leads(book, 2))
    office.select(opened, "Contacts", "A2")
    toggle(office, True)
    first = server(office)
    os.kill(first.process, signal.SIGKILL)
    until(lambda: serving(office.user) is None, 10)
    put(opened, "Practice", "C2", "CTO")
    office.select(opened, "Practice", "A2:C2")
    office.press(Button.UPDATE)
    office.wait()
    assert "The practice server is not ready or has ended" in office.asked()[-1]["text"]
    toggle(office, False)
    toggle(office, True)
    assert server(office).instance != first.instance
    assert [sheet.name for sheet in opened.sheets] == ["Contacts", "Practice"]
    put(opened, "Practice", "C2", "CEO")
    office.press(Button.UPDATE)
    office.wait()
    assert by_header(opened, "Practice", 2)[0]["Reply status"] == "practice: Updated", office.log()
    assert sandbox.requests == []


def test_what_the_button_shows_is_not_what_is(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """Another Excel switched practice on or off since this one last looked: nothing is done, neither there nor here."""
    opened = office.open(leads(book, 2))
    office.select(opened, "Contacts", "A2:C3")
    toggle(office, False)
    (office.user / "practice").touch()
    office.press(Button.UPDATE)
    office.wait()
    assert "Practice was switched on in another Excel, so nothing was done" in office.asked()[-1]["text"], office.log()
    toggle(office, True)
    (office.user / "practice").unlink()
    office.select(opened, "Practice", "A2:C3")
    office.press(Button.UPDATE)
    office.wait()
    assert "Practice was switched off in another Excel, so nothing was done" in office.asked()[-1]["text"], office.log()
    assert sandbox.requests == []
    toggle(office, False)


def test_a_sheet_of_the_users_named_practice(office: Clicking, book: Book) -> None:
    """It is left alone, and no copy for practice."""
    opened = office.open(leads(book, 2))
    opened.sheets["Contacts"].copy(name="Practice")
    office.select(opened, "Contacts", "A2")
    toggle(office, True)
    assert [practice_of(sheet) for sheet in opened.sheets] == [None, server(office).instance, None], office.log()
    assert opened.sheets.active.name == "Practice 2"


def test_a_copy_of_a_former_practice(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """Its contacts are not those of the server that is there now: the copy that belongs to it is named."""
    opened = office.open(leads(book, 2))
    office.select(opened, "Contacts", "A2")
    toggle(office, True)
    toggle(office, False)
    office.select(opened, "Contacts", "A2")
    toggle(office, True)
    office.select(opened, "Practice", "A2:C3")
    office.press(Button.UPDATE)
    office.wait()
    assert "“Practice” is not its copy; go to “Practice 2”" in office.asked()[-1]["text"], office.log()
    assert sandbox.requests == []


@pytest.mark.parametrize("rows", [[()], [("Email", "Title")], [("Name", "Town"), ("Ann", "Bern")]])
def test_a_sheet_with_nobody_to_practise_with(office: Clicking, book: Book, sandbox: Sandbox, rows: list[tuple[str, ...]]) -> None:
    """A sentence; no copy, no server, and as long as the button is pressed nothing reaches Reply."""
    opened = office.open(book(*rows))
    office.select(opened, "Contacts", "A1")
    toggle(office, True)
    assert office.asked()[-1]["text"].endswith("Until you click Practice again, which switches it off, nothing reaches Reply."), (
        office.log()
    )
    assert serving(office.user) is None
    assert len(opened.sheets) == 1
    office.press(Button.UPDATE)
    office.wait()
    assert "not ready" in office.asked()[-1]["text"]
    assert sandbox.requests == []


def test_without_a_workbook_and_with_a_protected_one(office: Clicking, book: Book) -> None:
    """A sentence each, and no server that nobody can use."""
    toggle(office, True)
    assert "No workbook is open" in office.asked()[-1]["text"]
    toggle(office, False)
    opened = office.open(leads(book, 2))
    opened.impl.doc.protect("")
    office.select(opened, "Contacts", "A1")
    toggle(office, True)
    assert "“Contacts” cannot be copied; see whether the workbook is protected" in office.asked()[-1]["text"], office.log()
    until(lambda: serving(office.user) is None, 10)
    assert len(opened.sheets) == 1


def test_new_contacts_from_reply(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """New sheet from Reply says that practice has to be switched off first: made-up contacts would look like real ones."""
    opened = office.open(leads(book, 2))
    office.select(opened, "Contacts", "A2")
    toggle(office, True)
    office.press(Button.NEW_FROM_REPLY)
    office.wait()
    assert "in practice nothing reaches Reply" in office.asked()[-1]["text"], office.log()
    assert sandbox.requests == []


def test_switched_on_twice_at_once(office: Clicking, book: Book) -> None:
    """One server is left, and it is that of a copy in the workbook."""
    opened = office.open(leads(book, 2))
    office.select(opened, "Contacts", "A2")
    office.press(Button.PRACTICE, True)
    office.press(Button.PRACTICE, True)
    office.wait(60)
    instances = [practice_of(sheet) for sheet in opened.sheets]
    assert server(office).instance in instances, office.log()


def test_preview_in_practice(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """A preview of the copy is practice too: Update on it goes to the practice server, and once practice is off nowhere."""
    opened = office.open(leads(book, 3))
    office.select(opened, "Contacts", "A2")
    toggle(office, True)
    put(opened, "Practice", "C2", "CTO")
    office.select(opened, "Practice", "A2:C4")
    office.press(Button.PREVIEW)
    office.wait()
    office.select(opened, "Reply preview", "A4")
    office.answer("Update them")
    office.press(Button.UPDATE)
    office.wait()
    assert by_header(opened, "Practice", 3)[0]["Reply status"] == "practice: Updated", office.log()
    put(opened, "Practice", "C3", "CEO")
    office.select(opened, "Practice", "A2:C4")
    office.press(Button.PREVIEW)
    office.wait()
    toggle(office, False)
    office.select(opened, "Reply preview", "A4")
    office.press(Button.UPDATE)
    office.wait()
    assert "“Reply preview” is a copy for practice, so nothing of it goes to Reply" in office.asked()[-1]["text"], office.log()
    assert sandbox.requests == []
    office.select(opened, "Contacts", "A2:C4")
    office.press(Button.PREVIEW)
    office.wait()
    assert practice_of(opened.sheets["Reply preview"]) is None, office.log()
    asked = len(sandbox.requests)
    toggle(office, True)
    office.select(opened, "Practice 2", "A2:C4")
    office.press(Button.PREVIEW)
    office.wait()
    assert "“Reply preview” is a preview of your own contacts" in office.asked()[-1]["text"], office.log()
    assert len(sandbox.requests) == asked
