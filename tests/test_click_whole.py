"""The click, whole, in a live LibreOffice: button, click file, Python, sandbox, cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clicking import Clicking, by_header, until
from conftest import FIRST_ID, Book, patches
from office_engine import is_available, why_not

from reply_xl.sandbox import Sandbox
from reply_xl.tab.click import Button

pytestmark = pytest.mark.skipif(not is_available(), reason=why_not())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clicking]:
    clicking = Clicking(tmp_path_factory.mktemp("clicking"))
    yield clicking
    clicking.end()


@pytest.fixture
def office(running: Clicking, sandbox: Sandbox) -> Iterator[Clicking]:
    running.set_up(sandbox.url)
    yield running
    running.close_books()


def leads(book: Book, count: int = 6, **given: object) -> Path:
    rows = [(FIRST_ID + index, f"p{index}@example.com", f"Title {index}") for index in range(count)]
    return book(("Reply ID", "Email", "Title"), *rows, **given)


def test_update_of_a_filtered_selection_of_several_areas(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """Update sends the visible rows of all selected areas, asks once before, and each row says what became of it; other rows stay blank."""
    opened = office.open(leads(book, hidden_rows=[3]))
    office.select(opened, "Contacts", "A2:C3", "B5")
    office.answer("Update them")
    office.press(Button.UPDATE)
    office.select(opened, "Contacts", "A7")
    office.wait()
    rows = by_header(opened, "Contacts", 6)
    assert [row["Reply status"] for row in rows] == ["Updated", None, None, "Updated", None, None], office.log()
    assert sorted(request.path.rpartition("/")[2] for request in patches(sandbox)) == [str(FIRST_ID), str(FIRST_ID + 3)]
    (box,) = office.asked()
    assert "2 contacts will change" in box["text"]
    assert office.bar()[-2].startswith("Reply: Updated 2.")


def test_undo_names_the_last_update_and_puts_the_values_back(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """Undo takes the last run of this sheet, names it in the question, restores the contacts and the cells."""
    before = [sandbox.contact(FIRST_ID + index).get("title") for index in range(2)]
    opened = office.open(leads(book, 2))
    office.select(opened, "Contacts", "A2:A3")
    office.answer("Update them", "Undo it")
    office.press(Button.UPDATE)
    office.wait()
    assert [sandbox.contact(FIRST_ID + index)["title"] for index in range(2)] == ["Title 0", "Title 1"]
    office.press(Button.UNDO)
    office.wait()
    assert [sandbox.contact(FIRST_ID + index).get("title") for index in range(2)] == before, office.log()
    assert [row["Reply status"] for row in by_header(opened, "Contacts", 2)] == ["Undone", "Undone"]
    assert "update of book.xlsx, sheet Contacts" in office.asked()[-1]["text"]


def test_undo_of_an_undo_says_that_it_changes_them_again(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """A second click on Undo is a redo, and the question says so; the first did not."""
    opened = office.open(leads(book, 2))
    office.select(opened, "Contacts", "A2:A3")
    office.answer("Update them", "Undo it", "Undo it")
    for button in (Button.UPDATE, Button.UNDO, Button.UNDO):
        office.press(button)
        office.wait()
    once, twice = (asked["text"] for asked in office.asked()[-2:])
    number = once.partition("\n\nRun ")[2].split()[0]
    assert f"It was itself an undo, so this makes the changes of run {number} again." in twice
    assert "itself an undo" not in once
    assert sandbox.contact(FIRST_ID)["title"] == "Title 0"


def test_cancel_in_mid_run(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """Cancel stops the run of this workbook: what was sent keeps its result, the rest is cancelled; Retry failed sends the rest."""
    opened = office.open(leads(book, 10))
    sandbox.set(latency=0.5)
    office.select(opened, "Contacts", "A2:A11")
    office.answer("Update them", "Update them")
    office.press(Button.UPDATE)
    until(lambda: bool(patches(sandbox)), 20, office.log)
    office.press(Button.CANCEL)
    office.wait()
    sandbox.set(latency=0)
    said = [row["Reply status"] for row in by_header(opened, "Contacts", 10)]
    assert set(said) == {"Updated", "Cancelled"}, office.log()
    assert len(patches(sandbox)) == said.count("Updated")
    assert any("Stopping" in text for text in office.bar())
    office.press(Button.RETRY)
    office.wait()
    assert {row["Reply status"] for row in by_header(opened, "Contacts", 10)} == {"Updated"}, office.log()
    assert len(patches(sandbox)) == 10


def test_cancel_when_nothing_runs(office: Clicking, book: Book) -> None:
    """It says so, and leaves no mark behind that would stop the next run."""
    office.open(leads(book))
    office.press(Button.CANCEL)
    office.wait()
    assert office.bar()[-2] == "Reply: Nothing is running for this workbook, so there is nothing to stop."
    assert not list((office.user / "clicks").glob("*.cancel"))


@pytest.mark.parametrize("choice", ["Let it go on", "Cancel it"])
def test_a_second_click_during_a_run(office: Clicking, book: Book, make_sandbox: Callable[..., Sandbox], choice: str) -> None:
    """It says what is going on and offers Cancel; nothing is sent twice."""
    sandbox = make_sandbox(40, latency=0.4)
    office.set_up(sandbox.url)
    opened = office.open(leads(book, 40))
    office.select(opened, "Contacts", "A2:A41")
    office.answer("Update them", choice)
    office.press(Button.UPDATE)
    until(lambda: bool(patches(sandbox)), 20, office.log)
    office.press(Button.UPDATE)
    office.wait()
    said = {row["Reply status"] for row in by_header(opened, "Contacts", 40)}
    assert said == ({"Updated"} if choice == "Let it go on" else {"Updated", "Cancelled"}), office.log()
    assert any("An update of this workbook is going on" in box["text"] for box in office.asked())
    assert len({request.path for request in patches(sandbox)}) == len(patches(sandbox))


def test_columns(office: Clicking, book: Book) -> None:
    """The sheet “Reply columns” comes to the front; a click on Update there says where to click instead."""
    opened = office.open(leads(book))
    office.select(opened, "Contacts", "A2")
    office.press(Button.COLUMNS)
    office.wait()
    assert opened.sheets.active.name == "Reply columns", office.log()
    lines = [line[:4] for line in opened.sheets["Reply columns"].range("A1:D6").raw_value]
    assert ["C", "Title", "Title", "yes"] in [list(line) for line in lines]
    office.press(Button.UPDATE)
    office.wait()
    assert "holds no contacts" in office.asked()[-1]["text"]


def test_no_workbook(office: Clicking, sandbox: Sandbox) -> None:
    """Without a workbook the button says so, and nothing is asked of Reply."""
    office.press(Button.UPDATE)
    office.wait()
    assert "No workbook is open" in office.asked()[-1]["text"], office.log()
    assert sandbox.requests == []


def test_the_server_is_down(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """One sentence, and no cell is written."""
    opened = office.open(leads(book))
    office.select(opened, "Contacts", "A2:A3")
    sandbox.stop()
    office.press(Button.UPDATE)
    office.wait()
    (box,) = office.asked()
    assert "does not answer" in box["text"]
    assert "Reply status" not in by_header(opened, "Contacts", 2)[0]


def test_a_protected_sheet(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """Found out before anything is sent; the results go into a new workbook if the user wants that, and the sheet stays as it is."""
    opened = office.open(leads(book, 3))
    opened.impl.doc.Sheets.getByName("Contacts").protect("secret")
    office.select(opened, "Contacts", "A2:A4")
    office.answer("Update them", "Cancel")
    office.press(Button.UPDATE)
    office.wait()
    assert "cannot be written" in office.asked()[-1]["text"], office.log()
    assert patches(sandbox) == []
    office.answer("Update them", "Use a new workbook")
    office.press(Button.UPDATE)
    office.wait()
    assert len(patches(sandbox)) == 3, office.log()
    other = next(one for one in office.books() if one.name != opened.name)
    assert [row["Reply status"] for row in by_header(other, "Contacts", 3)] == ["Updated"] * 3
    assert by_header(other, "Contacts", 3)[1]["Email"] == "p1@example.com"
    assert "Reply status" not in by_header(opened, "Contacts", 3)[0]


def test_selected_cells_only(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """Only the columns of the selected cells are sent, though another column differs as well."""
    opened = office.open(book(("Reply ID", "Title", "City"), (FIRST_ID, "CTO", "Oslo"), (FIRST_ID + 1, "CEO", "Rome")))
    office.select(opened, "Contacts", "C2", "C3")
    office.answer("Update them")
    office.press(Button.UPDATE_CELLS)
    office.wait()
    assert sorted(request.body["city"] for request in patches(sandbox) if set(request.body) == {"city"}) == ["Oslo", "Rome"]
    office.select(opened, "Contacts", "B2", "C3")
    office.press(Button.UPDATE_CELLS)
    office.wait()
    assert "different columns" in office.asked()[-1]["text"]


def test_a_dangerous_column_is_named_in_the_one_question(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """What asks for agreement is named with its counts; left out or sent as the answer says."""
    rows = [(FIRST_ID + index, "CTO", "yes" if index == 1 else None) for index in range(3)]
    opened = office.open(book(("Reply ID", "Title", "Opted out"), *rows))
    office.select(opened, "Contacts", "A2:A4")
    office.answer("Leave these out", "Update all of it")
    office.press(Button.UPDATE)
    office.wait()
    (box,) = office.asked()
    assert "Opted out of 1 contact" in box["text"]
    assert box["choices"] == ["Update all of it", "Leave these out", "Cancel"]
    assert [set(request.body) for request in patches(sandbox)] == [{"title"}] * 3
    office.press(Button.UPDATE)
    office.wait()
    assert [request.body for request in patches(sandbox)][3:] == [{"isOptedOut": True}], office.log()


def test_pull(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """Blank cells are filled; a cell that holds another value is replaced only after a question. Nothing changes in Reply."""
    sandbox.edit(FIRST_ID, title="CTO", city="Oslo")
    opened = office.open(book(("Reply ID", "Title", "City"), (FIRST_ID, "old", None)))
    office.select(opened, "Contacts", "A2")
    office.answer("Replace them")
    office.press(Button.PULL)
    office.wait()
    row = by_header(opened, "Contacts", 1)[0]
    assert (row["Title"], row["City"]) == ("CTO", "Oslo"), office.log()
    assert patches(sandbox) == []


def test_no_key(office: Clicking, book: Book) -> None:
    """Without a key nothing is asked of Reply, and the sentence names the buttons that help."""
    office.set_up("https://reply.invalid")
    opened = office.open(leads(book))
    office.select(opened, "Contacts", "A2")
    office.press(Button.UPDATE)
    office.wait()
    assert "no API key on this computer; click Connect" in office.asked()[-1]["text"], office.log()


def test_a_sort_during_the_run(office: Clicking, book: Book, make_sandbox: Callable[..., Sandbox]) -> None:
    """The user sorts the sheet and puts a row and a column in while requests are under way: each outcome stands beside its contact."""
    sandbox = make_sandbox(40, latency=0.3)
    office.set_up(sandbox.url)
    sandbox.delete(FIRST_ID + 7)
    opened = office.open(leads(book, 40))
    office.select(opened, "Contacts", "A2:A41")
    office.answer("Update them")
    office.press(Button.UPDATE)
    until(lambda: len(patches(sandbox)) > 4, 20, office.log)
    page = opened.impl.doc.Sheets.getByName("Contacts")
    office.sort(opened, "Contacts", "A2:Z41", column=1, ascending=False)
    page.Rows.insertByIndex(5, 1)
    page.Columns.insertByIndex(1, 1)
    office.wait()
    rows = [row for row in by_header(opened, "Contacts", 42) if row["Reply ID"]]
    assert len(rows) == 40
    assert {row["Reply status"] for row in rows if row["Reply ID"] != FIRST_ID + 7} == {"Updated"}, office.log()
    assert [row["Reply status"] for row in rows if row["Reply ID"] == FIRST_ID + 7] == ["Not found"]


def test_python_that_dies_on_import(office: Clicking, book: Book, sandbox: Sandbox, tmp_path: Path) -> None:
    """A package that was damaged: a sentence in a box and the reason in the log, never silence."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "requests.py").write_text("raise ImportError('no such library')", encoding="utf-8")
    office.set_up(sandbox.url, first_on_path=broken)
    opened = office.open(leads(book))
    office.select(opened, "Contacts", "A2")
    office.press(Button.UPDATE)
    office.wait()
    assert "reply-xl is not whole on this computer" in office.asked()[-1]["text"], office.log()
    assert "no such library" in office.log()
    assert sandbox.requests == []


def test_python_that_is_missing(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """The interpreter was removed: nothing runs, no click is kept for later."""
    office.set_up(sandbox.url, python="/nowhere/pythonw")
    opened = office.open(leads(book))
    office.select(opened, "Contacts", "A2")
    office.press(Button.UPDATE)
    office.wait()
    assert sandbox.requests == []
    assert not list((office.user / "clicks").iterdir())


def test_preview_decisions_update(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """Preview writes its sheet and gives sheet and selection back; what is decided there is what Update on it sends, after each old value
    was looked at again; the outcomes stand on both sheets, and Undo there takes the run back."""
    opened = office.open(leads(book, 4))
    office.select(opened, "Contacts", "A2:C4")
    office.press(Button.PREVIEW)
    office.wait()
    assert opened.sheets.active.name == "Contacts", office.log()
    assert "Reply preview" in office.bar()[-2], office.log()
    assert patches(sandbox) == []
    page = opened.sheets["Reply preview"]
    table = [list(line) for line in page.range("A1:Z9").raw_value]
    top = next(index for index, line in enumerate(table) if "Decision" in line)
    decision, ids = table[top].index("Decision"), table[top].index("Reply ID")
    assert [line[decision] for line in table[top + 1 : top + 4]] == ["send"] * 3
    skipped = table[top + 1][ids]
    page.range((top + 2, decision + 1)).raw_value = "skip"
    sandbox.edit(int(table[top + 2][ids]), title="changed by a colleague")
    office.select(opened, "Reply preview", "A1")
    office.answer("Update them", "Undo it")
    office.press(Button.PULL)
    office.wait()
    assert "is a preview" in office.asked()[-1]["text"]
    office.press(Button.UPDATE)
    office.wait()
    sent = [request.path.rpartition("/")[2] for request in patches(sandbox)]
    assert sent == [str(int(table[top + 3][ids]))], office.log()
    said = {row["Reply ID"]: row["Reply status"] for row in by_header(opened, "Contacts", 3)}
    assert said[float(sent[0])] == "Updated"
    assert said[skipped] in ("Skipped", None)
    office.press(Button.UNDO)
    office.wait()
    assert sandbox.contact(int(sent[0])).get("title") != "Title 2", office.log()


def test_undo_asks_before_it_opts_somebody_back_in(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """An opt-out is taken back only by its own answer, and no sentence in a box or a cell names an option of the command line."""
    opened = office.open(book(("Reply ID", "Title", "Opted out"), (FIRST_ID, "CTO", "yes")))
    office.select(opened, "Contacts", "A2")
    office.answer("Update all of it", "Leave these", "Undo it", "Put these back too", "Undo it")
    office.press(Button.UPDATE)
    office.wait()
    assert sandbox.contact(FIRST_ID)["isOptedOut"] is True, office.log()
    office.press(Button.UNDO)
    office.wait()
    assert sandbox.contact(FIRST_ID)["isOptedOut"] is True
    assert sandbox.contact(FIRST_ID).get("title") != "CTO", office.log()
    message = by_header(opened, "Contacts", 1)[0]["Reply message"]
    assert "Held back" in message
    assert "--" not in message
    assert all("--" not in box["text"] for box in office.asked())
