"""The ribbon over xlwings' real Windows engine and a fake COM tree: which Excel is meant, what is held, what is never done, how often Excel is asked."""

from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from conftest import FIRST_ID, patches
from fake_excel import FakeExcel, install
from noted import ID, Answers, note

import reply_xl
from reply_xl import config
from reply_xl.model import column_letter
from reply_xl.ribbon import Outside, main
from reply_xl.sandbox import Sandbox
from reply_xl.tab.click import Button

NAME = "Leads = 100 % 'é' 名.xlsx"


def rows(count: int) -> list[list[Any]]:
    return [["Reply ID", "Email", "Title"], *([float(FIRST_ID + n), f"p{n}@example.com", f"Title {n}"] for n in range(count))]


@dataclass
class Ran:
    code: int
    boxes: Answers


@pytest.fixture
def excel() -> Iterator[FakeExcel]:
    made = FakeExcel()
    made.add_book(NAME).add_sheet("Leads", rows(6))
    with install(made):
        yield made


def click(sandbox: Sandbox, button: Button, *areas: str, book: str = NAME, answers: tuple[str, ...] = (), **facts: Any) -> Ran:
    boxes = Answers(answers)
    note(config.shared_folder(), button, book, *areas, **facts)
    from fake_excel.pywin32 import Desktop

    def process_of(window: int) -> int | None:
        return Desktop.current.process_of(window)[1] or None if Desktop.current else None

    outside = Outside(lambda: xw.engines.active, lambda: boxes, process_of, sandbox.url, linger=0)
    return Ran(main([ID], outside), boxes)


def status(excel: FakeExcel, book: int = 0) -> list[Any]:
    """What stands below `Reply status`, None where there is no such column."""
    sheet = excel.books[book].sheets[0]
    _, _, bottom, right = sheet.used()
    letters = [column_letter(index) for index in range(right)]
    letter = next((letter for letter in letters if sheet.cell(f"{letter}1").value == "Reply status"), None)
    return [sheet.cell(f"{letter}{row}").value if letter else None for row in range(2, bottom + 1)]


def test_the_book_that_was_clicked(excel: FakeExcel, sandbox: Sandbox) -> None:
    """A name with =, %, quotes and other scripts is found by process and name; only the areas of the click are sent."""
    ran = click(sandbox, Button.UPDATE, "$A$2:$C$3", "$B$5", window=excel.books[0].hwnd, answers=("Update them",))
    assert ran.code == 0, ran.boxes.told
    assert status(excel) == ["Updated", "Updated", None, "Updated", None, None]
    assert len(patches(sandbox)) == 3


def test_every_click_is_answered(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Also one that finds nothing to do: it is said in a box, in the ribbon's words, and what was agreed before stays."""
    leads = excel.books[0].hwnd
    assert click(sandbox, Button.UPDATE, "$A$2:$C$3", window=leads, answers=("Update them",)).code == 0
    ran = click(sandbox, Button.RETRY, "$A$2", window=leads)
    assert (ran.code, ran.boxes.told) == (0, ["No row of the last update needs it; there is nothing to try again."])
    click(sandbox, Button.PREVIEW, "$A$4:$C$4", window=leads)
    assert (
        excel.books[0].sheets[-1].cell("A2").value
        == "Made from the sheet “Leads” and the contacts of the practice server on this computer."
    )
    sandbox.edit(FIRST_ID + 2, title="Title 2")
    click(sandbox, Button.PREVIEW, "$A$4:$C$4", window=leads)
    ran = click(sandbox, Button.UPDATE, "$A$4", window=leads, sheet="Reply preview")
    said = "The preview sheet has no line to send; choose lines there, or click Preview on your sheet to make a new one."
    assert (ran.code, ran.boxes.told) == (0, [said])
    assert len(patches(sandbox)) == 2


def test_two_instances_with_a_book_of_the_same_name(sandbox: Sandbox) -> None:
    """The window tells which Excel was clicked; without it nothing is guessed."""
    one, two = FakeExcel(), FakeExcel()
    for excel in (one, two):
        excel.add_book(NAME, folder=f"C:\\{excel.pid}").add_sheet("Leads", rows(2))
    with install(one, two):
        ran = click(sandbox, Button.UPDATE, "$A$2", window=two.books[0].hwnd, path=two.books[0].full_name)
        assert (status(one), status(two)) == ([None, None], ["Updated", None]), ran.boxes.told
        ran = click(sandbox, Button.UPDATE, "$A$3")
        assert "more than one Excel" in ran.boxes.told[0]
        assert len(patches(sandbox)) == 1


def test_another_book_of_that_name(excel: FakeExcel, sandbox: Sandbox) -> None:
    """The user closed the book and opened one of the same name from another folder: it is not the one that was clicked."""
    ran = click(sandbox, Button.UPDATE, "$A$2", window=excel.books[0].hwnd, path=f"D:\\elsewhere\\{NAME}")
    assert "no longer open" in ran.boxes.told[0]
    assert sandbox.requests == []


def test_a_book_on_onedrive(excel: FakeExcel, sandbox: Sandbox) -> None:
    """A book whose full name is an address of the web, which is nowhere on this computer."""
    excel.books[0].url = "https://example.sharepoint.com/sites/sales/Documents"
    ran = click(sandbox, Button.UPDATE, "$A$2", window=excel.books[0].hwnd, path=excel.books[0].full_name)
    assert status(excel)[0] == "Updated", ran.boxes.told


def test_a_book_that_was_never_saved(sandbox: Sandbox) -> None:
    """Its full name is the bare name."""
    excel = FakeExcel()
    excel.add_book("Book1", folder="").add_sheet("Leads", rows(2))
    with install(excel):
        ran = click(sandbox, Button.UPDATE, "$A$2", book="Book1", window=excel.books[0].hwnd)
        assert status(excel)[0] == "Updated", ran.boxes.told


def test_the_excel_that_was_clicked_is_gone(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Its user ended it in the meantime: one sentence, nothing is sent, nothing is started."""
    window = excel.books[0].hwnd
    other = FakeExcel()
    other.add_book(NAME).add_sheet("Leads", rows(2))
    with install(excel, other) as desktop:
        excel.end()
        ran = click(sandbox, Button.UPDATE, "$A$2", window=window)
        assert ran.code == 1
        assert ran.boxes.told
        assert patches(sandbox) == []
        assert (desktop.killed, desktop.started) == ([], [])


def test_a_read_only_book(sandbox: Sandbox) -> None:
    """What is written into it could not be saved: said before the first request that changes something."""
    excel = FakeExcel()
    excel.add_book(NAME, read_only=True).add_sheet("Leads", rows(2))
    with install(excel):
        ran = click(sandbox, Button.UPDATE, "$A$2:$A$3", window=excel.books[0].hwnd, answers=("Update them", "Cancel"))
        assert "read-only" in ran.boxes.asked[-1][0]
        assert patches(sandbox) == []
        ran = click(sandbox, Button.UPDATE, "$A$2:$A$3", window=excel.books[0].hwnd, answers=("Update them", "Use a new workbook"))
        assert len(patches(sandbox)) == 2, ran.boxes.told
        assert status(excel, 1) == ["Updated", "Updated"]
        assert status(excel, 0) == [None, None]


@pytest.mark.parametrize("what", ["the workbook is read-only", "the sheet of the contacts is protected"])
def test_a_preview_whose_results_cannot_be_written(what: str, excel: FakeExcel, sandbox: Sandbox) -> None:
    """Said before the first request that changes something, and a new workbook is offered for the results, as for rows."""
    book = excel.books[0]
    click(sandbox, Button.PREVIEW, "$A$2:$A$3", window=book.hwnd)
    assert [sheet.name for sheet in book.sheets] == ["Leads", "Reply preview"]
    if "read-only" in what:
        book.read_only = True
    else:
        book.sheets[0].protected = True
    facts: dict[str, Any] = {"window": book.hwnd, "sheet": "Reply preview"}
    ran = click(sandbox, Button.UPDATE, answers=("Update them", "Cancel"), **facts)
    assert "a new workbook instead" in ran.boxes.asked[-1][0], ran.boxes.told
    assert patches(sandbox) == []
    ran = click(sandbox, Button.UPDATE, answers=("Update them", "Use a new workbook"), **facts)
    assert len(patches(sandbox)) == 2, ran.boxes.told
    results = excel.books[1].sheets[0]
    written = [str(results.cell(f"{column_letter(index)}{row}").value) for row in (4, 5) for index in range(14)]
    assert written.count("Updated") == 2, written
    assert "in the sheet “Reply preview” alone" in ran.boxes.told[-1]


def test_a_shared_book(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Others would write over the results: said before the first request that changes something."""
    excel.books[0].shared = True
    ran = click(sandbox, Button.UPDATE, "$A$2:$A$3", window=excel.books[0].hwnd, answers=("Update them", "Cancel"))
    assert "is shared" in ran.boxes.asked[-1][0]
    assert patches(sandbox) == []


def test_protected_view(excel: FakeExcel, sandbox: Sandbox) -> None:
    """There is no book then, only a window that shows one."""
    ran = click(sandbox, Button.UPDATE, book="", sheet="", kind="", cell="", protected="".join(f"{ord(char):04X}" for char in "leads.xlsx"))
    assert "“leads.xlsx” is open in Protected View" in ran.boxes.told[0]


def test_an_addin_of_another_version(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Nothing is done, and the sentence says what to do."""
    ran = click(sandbox, Button.UPDATE, "$A$2", window=excel.books[0].hwnd, version="99.0")
    assert "reply-xl install" in ran.boxes.told[0]
    assert sandbox.requests == []


def test_an_old_click_is_not_obeyed(excel: FakeExcel, sandbox: Sandbox) -> None:
    """A click that nobody took within a minute: the user has gone on."""
    import os
    import time

    note(config.shared_folder(), Button.UPDATE, NAME, "$A$2", window=excel.books[0].hwnd)
    path = config.shared_folder() / "clicks" / f"{ID}.click"
    os.utime(path, (time.time() - 61, time.time() - 61))
    boxes = Answers()
    assert main([ID], Outside(lambda: xw.engines.active, lambda: boxes, lambda window: None, sandbox.url, linger=0)) == 0
    assert (sandbox.requests, boxes.told, list(path.parent.iterdir())) == ([], [], [])


def test_who_takes_it_first_has_it(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Of an agent and a process that VBA started, one carries the click out and the other ends without a word."""
    note(config.shared_folder(), Button.UPDATE, NAME, "$A$2", window=excel.books[0].hwnd)
    done: list[bytes | None] = []
    from reply_xl.tab.clicks import ClickFolder

    threads = [threading.Thread(target=lambda: done.append(ClickFolder(config.shared_folder()).take(ID))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(data is not None for data in done) == 1


def test_nothing_of_excel_is_held_while_reply_is_asked(excel: FakeExcel, sandbox: Sandbox) -> None:
    """While contacts are read and changed no object of Excel's is alive: its user can close it, and it ends."""
    seen: list[list[str]] = []

    class Looking(Answers):
        def ask(self, text: str, choices: Any, *, default: int = 0) -> int | None:
            gc.collect()
            seen.append(excel.live())
            return 0

    note(config.shared_folder(), Button.UPDATE, NAME, "$A$2:$A$4", window=excel.books[0].hwnd)
    from fake_excel.pywin32 import Desktop

    assert Desktop.current is not None
    desktop = Desktop.current
    boxes = Looking()
    assert (
        main([ID], Outside(lambda: xw.engines.active, lambda: boxes, lambda window: desktop.process_of(window)[1], sandbox.url, linger=0))
        == 0
    )
    assert seen == [[]]
    gc.collect()
    assert excel.live() == []


def test_no_excel_is_ever_ended(tmp_path: Path) -> None:
    """xlwings would end every Excel that shows no workbook when a program of it exits. After a click no process is asked to end, although one
    hides a report and one has no book at all; without our word they would be."""
    code = """
        import atexit, os, sys
        from fake_excel import FakeExcel, install
        clicked, hidden = FakeExcel(), FakeExcel()
        clicked.add_book("leads.xlsx").add_sheet("Leads", [["Reply ID"]])
        hidden.visible = False
        context = install(clicked, hidden)
        desktop = context.__enter__()
        atexit.register(lambda: print("ended", desktop.killed))
        import xlwings as xw
        module = sys.modules["xlwings._xlwindows"]
        atexit.register(module.cleanup)  # as its import does on Windows
        if sys.argv[1] == "click":
            from noted import ID, Answers, note
            from reply_xl import config
            from reply_xl.tab.click import Button
            from reply_xl.ribbon import Outside, main
            note(config.shared_folder(), Button.COLUMNS, "leads.xlsx", "$A$1", window=clicked.books[0].hwnd)
            print(main([ID], Outside(lambda: xw.engines.active, Answers, lambda window: clicked.pid, linger=0)))
        """
    script = tmp_path / "child.py"
    script.write_text(textwrap.dedent(code), encoding="utf-8")
    ended = {}
    for what in ("nothing", "click"):
        tests = str(Path(__file__).parent)
        import os

        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([tests, str(Path(reply_xl.__file__).parent.parent)])}
        ran = subprocess.run([sys.executable, script, what], capture_output=True, text=True, env=environment, timeout=60)
        ended[what] = ran.stdout.splitlines()[-1] if ran.stdout else ran.stderr
    assert ended["nothing"] != "ended []"
    assert ended["click"] == "ended []"
