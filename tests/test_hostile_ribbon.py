"""The ribbon against a hostile reviewer: wrong sheets, wrong rows, unseen sends, lost results; over xlwings' Windows engine and a fake COM tree."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from conftest import FIRST_ID, KEY, patches
from fake_excel import FakeExcel, Formula, install
from noted import ID, Answers, note
from test_ribbon import click, rows, status

import reply_xl
from reply_xl import config
from reply_xl.conduct import Conducted
from reply_xl.delivery import Delivered
from reply_xl.excel import Excel
from reply_xl.history.records import Records
from reply_xl.locks import BookLock
from reply_xl.model import column_letter
from reply_xl.ribbon import Outside, main
from reply_xl.sandbox import Sandbox
from reply_xl.tab.click import Button, parse
from reply_xl.tab.window import Clock, Window

NAME = "leads.xlsx"


@pytest.fixture
def excel() -> Iterator[FakeExcel]:
    made = FakeExcel()
    made.add_book(NAME).add_sheet("Leads", rows(6))
    with install(made):
        yield made


class Meanwhile(Answers):
    """Does something in the workbook while each question is open, and then answers it."""

    def __init__(self, answers: Sequence[str], act: Callable[[], None]) -> None:
        super().__init__(answers)
        self._act = act

    def ask(self, text: str, choices: Sequence[str], *, default: int = 0) -> int | None:
        self._act()
        return super().ask(text, choices, default=default)


def press(excel: FakeExcel, sandbox: Sandbox, boxes: Answers, button: Button, *areas: str, **facts: Any) -> int:
    facts = {"window": excel.books[0].hwnd, "path": excel.books[0].full_name, **facts}
    made = note(config.shared_folder(), button, excel.books[0].name, *areas, **facts)
    return main([made], Outside(lambda: xw.engines.active, lambda: boxes, lambda window: excel.pid, sandbox.url, linger=0))


def said(excel: FakeExcel) -> list[str]:
    """The texts of the status bar."""
    return [str(value) for name, value in excel.history if name == "StatusBar" and value]


@pytest.mark.parametrize("names", [("Leads", "Leads "), ("Strasse", "Straße")])
def test_of_sheets_with_nearly_the_same_name_the_clicked_one(names: tuple[str, str], sandbox: Sandbox) -> None:
    """Excel keeps a space at the end of a sheet's name and tells ß from ss: the sheet that was clicked is sent, never its neighbour."""
    excel = FakeExcel()
    book = excel.add_book(NAME)
    book.add_sheet(names[0], rows(2))
    book.add_sheet(names[1], [["Reply ID", "Title"], [float(FIRST_ID + 5), "meant"]])
    with install(excel):
        ran = click(sandbox, Button.UPDATE, "$A$2", book=NAME, sheet=names[1], window=book.hwnd)
        assert [(one.path.rpartition("/")[2], one.body) for one in patches(sandbox)] == [(str(FIRST_ID + 5), {"title": "meant"})], (
            ran.boxes.told
        )
        assert status(excel) == [None, None]
        ran = click(sandbox, Button.UNDO, "$A$2", book=NAME, sheet=names[0], window=book.hwnd, answers=("Undo it",))
        assert "nothing to undo" in ran.boxes.told[0]


def test_undo_of_a_run_that_a_command_is_going_on_with(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Two at once could leave either value: nothing is read and nothing sent, and it is said what to wait for."""
    press(excel, sandbox, Answers(["Update them"]), Button.UPDATE, "$A$2:$A$4")
    asked = len(sandbox.requests)
    boxes = Answers(["Undo it"])
    with Records() as records, records.lock(1):
        press(excel, sandbox, boxes, Button.UNDO)
    assert "Run 1 is going on in another window; wait for it, or stop it there." in said(excel)[-1]
    assert len(sandbox.requests) == asked


def test_pull_into_a_sheet_that_was_sorted_while_its_question_was_open(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Each value goes beside its contact as the rows stand now."""
    for number in range(6):
        sandbox.edit(FIRST_ID + number, title=f"Reply's {number}")
    sheet = excel.books[0].sheets[0]
    boxes = Meanwhile(["Replace them"], lambda: sheet.sort("A", 2, 7, reverse=True))
    assert press(excel, sandbox, boxes, Button.PULL, "$A$2:$A$4") == 0, boxes.told
    titles = {sheet.cell(f"A{row}").value: sheet.cell(f"C{row}").value for row in range(2, 8)}
    assert titles == {float(FIRST_ID + n): f"Reply's {n}" if n < 3 else f"Title {n}" for n in range(6)}


def test_pull_over_what_was_typed_while_its_question_was_open(excel: FakeExcel, sandbox: Sandbox) -> None:
    """A cell that was changed since it was read, a row that was deleted and a cell that is a formula now are left as they are, and counted."""
    for number in range(6):
        sandbox.edit(FIRST_ID + number, title=f"Reply's {number}")
    sheet = excel.books[0].sheets[0]

    def act() -> None:
        sheet.set("C2", "typed meanwhile")
        sheet.set("C3", Formula("=1+1", 2.0))
        sheet.delete_rows(4)

    boxes = Meanwhile(["Replace them"], act)
    press(excel, sandbox, boxes, Button.PULL, "$A$2:$A$5")
    assert [sheet.cell(f"C{row}").value for row in (2, 4)] == ["typed meanwhile", "Reply's 3"], boxes.told
    assert sheet.cell("C3").formula == "=1+1"
    assert "3 cells were changed meanwhile" in " ".join(said(excel))


class Defaults(Answers):
    """Keeps which choice Return would take."""

    default = ""

    def ask(self, text: str, choices: Sequence[str], *, default: int = 0) -> int | None:
        self.default = choices[default]
        return super().ask(text, choices, default=default)


def a_proposal(count: int) -> tuple[list[str], list[list[Any]]]:
    """Headers, and the lines of a strangers' sheet of columns: harmless ones, and last of all one that sends scribbles as the e-mail."""
    headers = [f"Column {number}" for number in range(count)]
    fields = ["Title", "City", "Company", "Notes"]
    lines: list[list[Any]] = [[column_letter(n + 3), header, fields[n % len(fields)], "yes"] for n, header in enumerate(headers)]
    return [*headers, "Scribbles"], [*lines, [column_letter(count + 3), "Scribbles", "Email", "yes"]]


@pytest.mark.parametrize("opted_out", [None, "yes"])
def test_no_proposal_is_so_long_that_its_danger_is_not_seen(sandbox: Sandbox, opted_out: str | None) -> None:
    """A workbook whose sheet “Reply columns” proposes forty harmless columns and then sends scribbles as the e-mail: the box shows all of it, the
    danger first, and Return takes Cancel."""
    headers, lines = a_proposal(40)
    excel = FakeExcel()
    book = excel.add_book(NAME)
    people = [[float(FIRST_ID + n), f"First{n}", f"Last{n}", *[f"x{n}"] * 40, None, opted_out] for n in range(2)]
    book.add_sheet("Leads", [["Reply ID", "First name", "Last name", *headers, "Opted out"], *people])
    book.add_sheet("Reply columns", [["reply_xl columns 1"], ["Column", "Header", "Goes to", "Send"], *lines])
    with install(excel):
        boxes = Defaults(["Cancel"])
        press(excel, sandbox, boxes, Button.UPDATE, "$A$2:$A$3")
        assert patches(sandbox) == []
        ((text, _),) = boxes.asked
        first = "\n".join(text.split("\n")[:5])
        assert "(Scribbles) goes to Email: proposed by the workbook itself" in first
        assert ("Opted out of 2 contacts" in first) is bool(opted_out)
        assert text.count("proposed by the workbook itself") == 41
        assert boxes.default == "Cancel"


def test_a_preview_is_never_applied_without_a_question(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Nothing on it was selected, and the one line that sends something may stand where nobody has scrolled to."""
    sandbox.edit(FIRST_ID, title="CTO")
    line = ["Leads!2", float(FIRST_ID), "First0 Last0", "p0@example.com", "Title", "CTO", "evil", "", "send"]
    headers = ["Row", "Reply ID", "Contact", "E-mail", "Field", "Now in Reply", "Will become", "Note", "Decision"]
    excel.books[0].add_sheet("Reply preview", [["reply_xl preview 1"], headers, *[[""] * 9] * 900, line])
    boxes = Answers(["Cancel"])
    press(excel, sandbox, boxes, Button.UPDATE, "$A$1", sheet="Reply preview")
    assert "1 contact will change" in boxes.asked[0][0]
    assert patches(sandbox) == []


def cancel_mark(seconds_ago: float, book: str = NAME, name: str = "32968E4C000C5B0") -> Path:
    """What the add-in writes on a click on Cancel."""
    folder = config.shared_folder()
    note(folder, Button.CANCEL, book, path=f"C:\\Users\\somebody\\Documents\\{book}", click_id=name)
    mark = folder / "clicks" / f"{name}.cancel"
    (folder / "clicks" / f"{name}.click").rename(mark)
    os.utime(mark, (time.time() - seconds_ago,) * 2)
    return mark


@pytest.mark.parametrize(("seconds_ago", "book", "is_sent"), [(3, NAME, False), (7, NAME, True), (3, "other.xlsx", True)])
def test_cancel_before_python_has_started(excel: FakeExcel, sandbox: Sandbox, seconds_ago: float, book: str, is_sent: bool) -> None:
    """Update was clicked five seconds ago, and its Python comes to work only now. A click on Cancel since then is obeyed, before anything is
    sent; an older one and one for another workbook are not, and stay."""
    mark = cancel_mark(seconds_ago, book)
    note(config.shared_folder(), Button.UPDATE, NAME, "$A$2", window=excel.books[0].hwnd, path=excel.books[0].full_name)
    taken = config.shared_folder() / "clicks" / f"{ID}.click"
    os.utime(taken, (time.time() - 5,) * 2)
    main([ID], Outside(lambda: xw.engines.active, Answers, lambda window: excel.pid, sandbox.url, linger=0))
    assert bool(patches(sandbox)) is is_sent
    assert mark.exists() is is_sent


def test_cancel_while_the_question_is_open(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Who clicked Cancel and then agrees in the box that is still there has cancelled."""

    def act() -> None:
        cancel_mark(0)
        time.sleep(1)

    boxes = Meanwhile(["Update them"], act)
    press(excel, sandbox, boxes, Button.UPDATE, "$A$2:$A$4")
    assert patches(sandbox) == []
    assert "Cancelled; nothing was sent." in said(excel)[-1]
    assert status(excel) == [None] * 6


def test_what_became_of_a_row_that_is_gone_is_always_told(excel: FakeExcel, make_sandbox: Callable[..., Sandbox]) -> None:
    """The workbook was closed in mid-run, and a row deleted before the next click: its result is told in a box, also where that click asks nothing."""
    sandbox = make_sandbox(6, latency=0.4)
    book = excel.books[0]
    excel.add_book("other.xlsx").add_sheet("Else")

    def close() -> None:
        def act() -> None:
            while not patches(sandbox):
                time.sleep(0.02)
            book.close()

        threading.Thread(target=act, daemon=True).start()

    boxes = Meanwhile(["Update them"], close)
    facts = {"window": book.hwnd, "path": book.full_name}
    press(excel, sandbox, boxes, Button.UPDATE, "$A$2:$A$4", **facts)
    assert "next click on “leads.xlsx”" in boxes.told[-1]
    again = excel.add_book(NAME)
    again.add_sheet("Leads", [line for number, line in enumerate(rows(6)) if number != 2])
    excel.books.reverse()
    boxes = Answers()
    press(excel, sandbox, boxes, Button.UPDATE, "$A$6", window=again.hwnd, path=again.full_name)
    assert status(excel)[:2] == ["Updated", "Updated"], boxes.told
    assert "Row 3 (Reply ID 2147000002) is no longer in the sheet. It was: Updated" in boxes.told[-1]


class Ticking(Clock):
    """A minute passes with each wait, three times."""

    def __init__(self, over: threading.Event) -> None:
        self._over, self._time = over, 0.0

    def now(self) -> float:
        return self._time

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self._time += 60
        if self._time > 180:
            self._over.set()
        return event.is_set()


def test_a_row_that_was_gone_in_mid_run_is_told_at_the_end(excel: FakeExcel, sandbox: Sandbox) -> None:
    """A block written during the run found a row deleted; the last block no longer knows of it."""
    press(excel, sandbox, Answers(["Update them"]), Button.UPDATE, "$A$2:$A$3")
    boxes, over, cancelled = Answers(), threading.Event(), threading.Event()
    click = parse((config.shared_folder() / "clicks" / f"{note(config.shared_folder(), Button.UPDATE, NAME)}.click").read_bytes())
    window = Window(Excel(xw.engines.active, click, lambda _: None), boxes, cancelled, Ticking(over))
    gone = iter([(3,), (), ()])
    window.meanwhile.work(over, lambda: True, lambda: Delivered((), next(gone)))
    with Records() as records:
        run = records.journal.run(1)
        window.conducted(records, 1, (), Conducted(run, (), (), Delivered((2,), ()), ""), NAME, cancelled=False)
    assert "Row 3 (Reply ID 2147000002) is no longer in the sheet. It was: Updated" in boxes.told[-1]


def test_pull_that_was_cancelled_before_python_has_started(excel: FakeExcel, sandbox: Sandbox) -> None:
    """No blank cell is filled either."""
    sandbox.edit(FIRST_ID, city="Oslo")
    sheet = excel.books[0].sheets[0]
    sheet.set("D1", "City")
    cancel_mark(-1)
    press(excel, sandbox, Answers(), Button.PULL, "$A$2")
    assert sheet.cell("D2").value is None
    press(excel, sandbox, Answers(), Button.PULL, "$A$2")
    assert sheet.cell("D2").value == "Oslo"


def test_a_mark_that_cannot_be_read_keeps_no_cancel_from_being_seen(excel: FakeExcel, sandbox: Sandbox) -> None:
    """A folder and rubbish called like marks, the click folder gone in mid-run: Cancel and the run go on working."""
    folder = config.shared_folder() / "clicks"
    (folder / "000000000000000.cancel").mkdir(parents=True)
    (folder / "000000000000001.cancel").write_bytes(b"\xff" * 100)

    def act() -> None:
        cancel_mark(0)
        time.sleep(1)

    press(excel, sandbox, Meanwhile(["Update them"], act), Button.UPDATE, "$A$2:$A$4")
    assert patches(sandbox) == []
    press(excel, sandbox, Meanwhile(["Update them"], lambda: shutil.rmtree(folder)), Button.UPDATE, "$A$2:$A$4")
    assert status(excel)[:3] == ["Updated"] * 3


def test_another_web_workbook_of_that_name(excel: FakeExcel, sandbox: Sandbox) -> None:
    """The clicked workbook lay on one site; what is open under its name by now lies on another."""
    excel.books[0].url = "https://example.sharepoint.com/sites/hr"
    boxes = Answers()
    press(excel, sandbox, boxes, Button.UPDATE, "$A$2", path=f"https://example.sharepoint.com/sites/sales/{NAME}")
    assert "no longer open" in boxes.told[0]
    assert sandbox.requests == []
    press(excel, sandbox, Answers(), Button.UPDATE, "$A$2", path=f"https://example.sharepoint.com/sites/HR/{NAME}")
    assert status(excel)[0] == "Updated"


@pytest.mark.parametrize("button", [Button.UPDATE, Button.PULL, Button.UNDO, Button.PREVIEW, Button.RETRY, Button.COLUMNS])
def test_a_second_click_while_the_first_one_asks(excel: FakeExcel, sandbox: Sandbox, button: Button) -> None:
    """Whatever it is, it does nothing but say so, and the first goes on as it was."""
    second = Answers(["Let it go on"])

    def act() -> None:
        press(excel, sandbox, second, button, "$A$2:$A$6", click_id="32968E4C000C5B1")

    press(excel, sandbox, Meanwhile(["Update them"], act), Button.UPDATE, "$A$2:$A$3")
    assert second.asked == [("A click on this workbook is still being carried out.", ("Let it go on", "Cancel it"))]
    assert len(patches(sandbox)) == 2
    assert [sheet.name for sheet in excel.books[0].sheets] == ["Leads"]


def test_a_journal_that_cannot_be_opened(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Nothing is sent that could not be written down."""
    (config.data_folder() / "journal.sqlite3").mkdir()
    boxes = Answers(["Update them"])
    assert press(excel, sandbox, boxes, Button.UPDATE, "$A$2:$A$3") == 1
    assert boxes.told
    assert sandbox.requests == []


@pytest.mark.parametrize("areas", [("$A:$A",), ("$2:$7",), ("$A:$XFD",), ("$A$2:$A$5", "$A$3:$C$7", "$A$2"), ("$1:$1048576",)])
def test_whole_columns_and_rows(excel: FakeExcel, sandbox: Sandbox, areas: tuple[str, ...]) -> None:
    """Each row once, at no more calls than for a few cells."""
    with excel.count() as tally:
        press(excel, sandbox, Answers(["Update them"]), Button.UPDATE, *areas, cell="$A$1")
    assert len(patches(sandbox)) == 6
    assert status(excel) == ["Updated"] * 6
    assert tally.total < 900


def test_a_question_that_was_open_for_twenty_minutes(tmp_path: Path) -> None:
    """Meanwhile a colleague changed one of the contacts in Reply: it is read again before it is changed, and left as the colleague wants it."""
    code = """
        import time
        real, later = time.time, [0.0]
        time.time = lambda: real() + later[0]
        import xlwings as xw
        from conftest import FIRST_ID, KEY, patches, people
        from fake_excel import FakeExcel, install
        from noted import ID, Answers, note
        from reply_xl import config
        from reply_xl.tab.click import Button
        from reply_xl.ribbon import Outside, main
        from reply_xl.sandbox import Sandbox
        excel = FakeExcel()
        excel.add_book("leads.xlsx").add_sheet("Leads", [["Reply ID", "Title"], *([float(FIRST_ID + n), f"Title {n}"] for n in range(3))])
        with install(excel), Sandbox(people(3), quota="off") as sandbox:
            class Slow(Answers):
                def ask(self, text, choices, *, default=0):
                    later[0] += 1200
                    sandbox.edit(FIRST_ID + 1, title="the colleague's")
                    return 0
            note(config.shared_folder(), Button.UPDATE, "leads.xlsx", "$A$2:$A$4", window=excel.books[0].hwnd)
            main([ID], Outside(lambda: xw.engines.active, Slow, lambda window: excel.pid, sandbox.url, linger=0))
            print(sandbox.contact(FIRST_ID + 1)["title"], [excel.books[0].sheets[0].cell(f"C{row}").value for row in (2, 3, 4)])
        """
    script = tmp_path / "child.py"
    script.write_text(textwrap.dedent(code), encoding="utf-8")
    tests = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), str(Path(reply_xl.__file__).parent.parent)])}
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert ran.stdout.strip() == "the colleague's ['Updated', 'Conflict', 'Updated']", ran.stderr


def test_what_the_log_of_clicks_holds(excel: FakeExcel, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentences that were shown, with the contacts that they name, as IT is told; never the key, whatever goes wrong."""
    monkeypatch.setenv("REPLY_API_KEY", KEY)
    for switches in ({}, {"keys": ["another"]}, {"quota": "off", "keys": None}):
        sandbox.set(**switches)
        press(excel, sandbox, Answers(["Update them", "Undo it"]), Button.UPDATE, "$A$2:$A$4")
        press(excel, sandbox, Answers(["Undo it"]), Button.UNDO, "$A$2")
    sandbox.stop()
    press(excel, sandbox, Answers(["Undo it"]), Button.UPDATE, "$A$2")
    log = (config.shared_folder() / "click.log").read_text(encoding="utf-8")
    assert "ReplyUndo" in log
    assert KEY not in log
    assert "Bearer" not in log
    assert not [
        handler for handler in logging.getLogger("reply_xl").handlers if isinstance(handler, logging.FileHandler)
    ]  # none is held open


def test_a_folder_that_cannot_be_written(excel: FakeExcel, sandbox: Sandbox) -> None:
    """It is not taken for another click that is going on."""
    lock = BookLock(config.data_folder(), excel.books[0].full_name)
    with lock:
        (path,) = config.data_folder().glob("book-*.lock")
    path.mkdir()
    boxes = Answers()
    assert press(excel, sandbox, boxes, Button.UPDATE, "$A$2") == 1
    assert "cannot be written" in boxes.told[0]
    assert (boxes.asked, sandbox.requests) == ([], [])


def test_what_is_said_of_one_row_is_seen(excel: FakeExcel, sandbox: Sandbox) -> None:
    """One row is updated without a question, so there is no box: what there is to say about it follows in the status bar."""
    excel.add_book(NAME).add_sheet("Leads", [rows(1)[0], rows(1)[1], [None, None, None], *rows(1)[1:]])
    excel.books.pop(0)
    boxes = Answers()
    press(excel, sandbox, boxes, Button.UPDATE, "$A$2:$A$3")
    assert (boxes.asked, boxes.told) == ([], [])
    assert said(excel)[-1] == "Reply: Updated 1. Left out as empty: row 3."


def test_a_formula_that_may_show_an_old_result_is_never_sent_unasked(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Where Excel calculates only when asked to, one row asks as well, as many do, with what to do about it; closed, the box sends nothing."""
    excel.properties["Calculation"] = -4135
    excel.books[0].sheets[0].set("C2", Formula("=D1", "of last week"))
    boxes = Answers()
    press(excel, sandbox, boxes, Button.UPDATE, "$A$2")
    ((asked, _),) = boxes.asked
    assert "may show old results; press F9" in asked
    assert patches(sandbox) == []
    boxes = Answers(["Update them"])
    press(excel, sandbox, boxes, Button.UPDATE, "$A$2")
    assert len(patches(sandbox)) == 1
