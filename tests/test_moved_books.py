"""A workbook that gets another name while a click on it is carried out, and workbooks that never had a file: results, Undo and Cancel are theirs."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import FIRST_ID, Live, patches
from fake_excel import FakeExcel, install
from noted import Answers, note
from test_hostile_ribbon import Meanwhile, press
from test_ribbon import rows, status

from reply_xl import config
from reply_xl.busy import Patience
from reply_xl.excel import Excel, LivePlace
from reply_xl.history.bases import sheet_name
from reply_xl.history.records import Records
from reply_xl.sandbox import Sandbox
from reply_xl.tab.click import Button
from reply_xl.this_excel import began

SALES, ELSEWHERE = "C:\\Users\\somebody\\Documents", "D:\\Sales"


@pytest.fixture
def excel() -> Iterator[FakeExcel]:
    made = FakeExcel()
    made.add_book("leads.xlsx").add_sheet("Leads", rows(6))
    with install(made):
        yield made


def save_as(excel: FakeExcel, name: str, folder: str = ELSEWHERE, book: int = 0) -> None:
    excel.books[book].name, excel.books[book].folder = name, folder


def after_the_first_patch(sandbox: Sandbox, action: Callable[[], Any]) -> Callable[[], None]:
    def act() -> None:
        while not patches(sandbox):
            time.sleep(0.01)
        action()

    return lambda: threading.Thread(target=act, daemon=True).start()


@pytest.mark.parametrize("name", ["new name.xlsx", "leads.xlsx"])
def test_results_follow_a_workbook_that_is_saved_under_another_name(
    name: str, excel: FakeExcel, make_sandbox: Callable[..., Sandbox]
) -> None:
    """In mid-run: all results stand in it, and nobody is told that any wait. Another workbook with the same rows is left alone."""
    sandbox = make_sandbox(6, latency=0.2)
    excel.add_book("copy.xlsx").add_sheet("Leads", rows(6))
    boxes = Meanwhile(["Update them"], after_the_first_patch(sandbox, lambda: save_as(excel, name)))
    assert press(excel, sandbox, boxes, Button.UPDATE, "$A$2:$A$7") == 0, boxes.told
    assert status(excel) == ["Updated"] * 6
    assert boxes.told == []
    assert set(status(excel, 1)) == {None}


def test_undo_and_retry_know_the_run_under_the_new_name(excel: FakeExcel, make_sandbox: Callable[..., Sandbox]) -> None:
    """And what Reply held when the cells were written is known for the new file as it was for the old one."""
    sandbox = make_sandbox(6, latency=0.2)
    with Records() as records:  # there was a file of that name: the workbook is saved over it
        over = records.bases(f"{sandbox.url} {sandbox.instance}", f"{ELSEWHERE}\\new.xlsx", "Leads")
        over.set({FIRST_ID: {"title": "stale", "city": "stale"}, FIRST_ID + 99: {"title": "stale"}})
    boxes = Meanwhile(["Update them"], after_the_first_patch(sandbox, lambda: save_as(excel, "new.xlsx")))
    press(excel, sandbox, boxes, Button.UPDATE, "$A$2:$A$7")
    with Records() as records:
        (run,) = records.journal.runs()
        old, new = (
            records.bases(run.server.place, f"{folder}\\{name}", "Leads").of(range(FIRST_ID, FIRST_ID + 100))
            for folder, name in ((SALES, "leads.xlsx"), (ELSEWHERE, "new.xlsx"))
        )
        assert old == new
        assert len(new) == 6
    boxes = Answers(["Undo it"])
    assert press(excel, sandbox, boxes, Button.UNDO) == 0, boxes.told
    assert status(excel) == ["Undone"] * 6


def test_cancel_stops_a_run_of_a_workbook_that_was_saved_under_another_name(excel: FakeExcel, make_sandbox: Callable[..., Sandbox]) -> None:
    """The window is the one that was clicked, whatever its workbook is called by now."""
    sandbox = make_sandbox(60, latency=0.3)
    excel.add_book("leads.xlsx").add_sheet("Leads", rows(60))
    excel.books.pop(0)

    def cancel() -> None:
        save_as(excel, "new.xlsx")
        facts: dict[str, Any] = {"window": excel.books[0].hwnd, "path": excel.books[0].full_name, "click_id": "1" * 15}
        made = note(config.shared_folder(), Button.CANCEL, "new.xlsx", **facts)
        file = config.shared_folder() / "clicks" / f"{made}.click"
        file.rename(file.with_suffix(".cancel"))

    boxes = Meanwhile(["Update them"], after_the_first_patch(sandbox, cancel))
    press(excel, sandbox, boxes, Button.UPDATE, "$A$2:$A$61")
    assert len(patches(sandbox)) < 60
    assert "Cancelled" in status(excel)


def test_a_second_click_after_the_workbook_was_saved_under_another_name(excel: FakeExcel, sandbox: Sandbox) -> None:
    """It is one on the same window, so the first is still at it: two runs at once could send the older value last."""
    second = Answers(["Let it go on"])

    def act() -> None:
        save_as(excel, "new.xlsx")
        press(excel, sandbox, second, Button.UPDATE, "$A$2:$A$7", click_id="2" * 15)

    press(excel, sandbox, Meanwhile(["Update them"], act), Button.UPDATE, "$A$2:$A$7")
    assert "still being carried out" in second.asked[0][0]
    assert patches(sandbox) == []


@pytest.mark.parametrize("command", ["push", "undo"])
def test_results_of_a_command_follow_the_workbook_as_well(
    command: str, excel: FakeExcel, make_sandbox: Callable[..., Sandbox], live: Live
) -> None:
    """The results of the command stand in it, as those of a click do."""
    sandbox = make_sandbox(6)
    excel.books[0].sheets[0].select("A2:A7")
    if command == "undo":
        assert live(sandbox, "push", "--live", "--yes").code == 0
    sandbox.set(latency=0.2)
    before = len(patches(sandbox))

    def act() -> None:
        while len(patches(sandbox)) == before:
            time.sleep(0.01)
        save_as(excel, "new.xlsx")

    threading.Thread(target=act, daemon=True).start()
    ran = live(sandbox, command, "--live", "--yes")
    assert ran.code == 0, ran.err
    assert status(excel) == ["Updated" if command == "push" else "Undone"] * 6


def test_another_workbook_in_that_window_gets_no_result(excel: FakeExcel, make_sandbox: Callable[..., Sandbox]) -> None:
    """The workbook was closed, and its window shows one with other contacts: the results wait, and the sentence names the workbook that they wait for."""
    sandbox = make_sandbox(6, latency=0.2)

    def another() -> None:
        old = excel.books[0]
        old.close()
        other = excel.add_book("other.xlsx")
        other.add_sheet("Leads", [["Reply ID", "Email", "Title"], *([float(n), f"x{n}@example.com", "CFO"] for n in range(6))])
        other.hwnd = old.hwnd

    boxes = Meanwhile(["Update them"], after_the_first_patch(sandbox, another))
    press(excel, sandbox, boxes, Button.UPDATE, "$A$2:$A$7", window=excel.books[0].hwnd, path=excel.books[0].full_name)
    assert set(status(excel)) == {None}
    assert "are kept and written with the next click on “leads.xlsx”" in boxes.told[-1]


def test_results_of_a_workbook_that_never_had_a_file_and_is_closed(excel: FakeExcel, make_sandbox: Callable[..., Sandbox]) -> None:
    """No later click can be one on that workbook, so the sentence names the command that writes them elsewhere."""
    sandbox = make_sandbox(6, latency=0.2)
    book = excel.add_book("Book1", folder="")
    book.add_sheet("Leads", rows(6))
    excel.books.reverse()
    boxes = Meanwhile(["Update them"], after_the_first_patch(sandbox, book.close))
    press(excel, sandbox, boxes, Button.UPDATE, "$A$2:$A$7")
    assert "“reply-xl resume 1”, which says how to go on" in boxes.told[-1]
    assert "next click" not in boxes.told[-1]


def test_a_workbook_that_gets_its_first_file_in_mid_run(make_sandbox: Callable[..., Sandbox]) -> None:
    """Its results stand in it, and Undo knows it by its file."""
    sandbox = make_sandbox(6, latency=0.2)
    excel = FakeExcel()
    excel.add_book("Book1", folder="").add_sheet("Leads", rows(6))
    with install(excel):
        boxes = Meanwhile(["Update them"], after_the_first_patch(sandbox, lambda: save_as(excel, "leads.xlsx")))
        assert press(excel, sandbox, boxes, Button.UPDATE, "$A$2:$A$7") == 0, boxes.told
        assert status(excel) == ["Updated"] * 6
        boxes = Answers(["Undo it"])
        assert press(excel, sandbox, boxes, Button.UNDO) == 0, boxes.told


@pytest.mark.parametrize("by", ["click", "command"])
def test_a_workbook_that_gets_its_first_file_after_it_was_updated(by: str, sandbox: Sandbox, live: Live) -> None:
    """Undo knows it by its file, and so does the next update: a colleague's change in Reply is a conflict, not overwritten."""
    excel = FakeExcel()
    sheet = excel.add_book("Book1", folder="").add_sheet("Leads", rows(6))
    sheet.select("A2:A7")
    with install(excel):
        assert press(excel, sandbox, Answers(["Update them"]), Button.UPDATE, "$A$2:$A$7") == 0
        save_as(excel, "leads.xlsx")
        sandbox.edit(FIRST_ID, title="theirs")
        sheet.fill("C2", [["mine"]])
        boxes = Answers(["Undo it"])
        if by == "click":
            press(excel, sandbox, boxes, Button.UPDATE, "$A$2")
            assert status(excel)[0] == "Conflict", boxes.told
            assert press(excel, sandbox, boxes, Button.UNDO) == 0, boxes.told
        else:
            live(sandbox, "push", "--live", "--yes", "--rows", "2")
            assert status(excel)[0] == "Conflict"
            ran = live(sandbox, "undo", "--live", "--yes")
            assert "Run 1 of" in ran.err
    assert [contact["title"] for contact in sandbox.contacts.values()][:6] == ["theirs", *[None] * 5]
    with Records() as records:  # so that a command can name it as well
        assert {(run.page.book, run.page.results) for run in records.journal.runs()} == {(f"{ELSEWHERE}\\leads.xlsx",) * 2}


@pytest.mark.parametrize("what", ["still open", "other results", "no moments", "another Excel", "another sheet"])
def test_a_file_that_is_not_the_workbook_that_was_updated(what: str, sandbox: Sandbox) -> None:
    """A file with the same contacts, and older results, is not taken for the Book1 of this Excel: its runs are not undone there."""
    excel = FakeExcel()
    updated = excel.add_book("Book1", folder="")
    updated.add_sheet("Leads", rows(6))
    with install(excel):
        assert press(excel, sandbox, Answers(["Update them"]), Button.UPDATE, "$A$2:$A$7") == 0
        if what == "no moments":  # “Unchanged” says the same in every file
            press(excel, sandbox, Answers(), Button.UPDATE, "$A$2:$A$7")
            assert set(status(excel)) == {"Unchanged"}
    grid = [[updated.sheets[0].cell(f"{letter}{row}").value for letter in "ABCDEF"] for row in range(1, 8)]
    if what == "another Excel":
        excel = FakeExcel()
    elif what != "still open":
        updated.close()
    if what == "other results":
        grid = [[*line[:4], "Updated something else." if number else line[4], line[5]] for number, line in enumerate(grid)]
    other = excel.add_book("leads.xlsx")
    other.add_sheet("Sheet7" if what == "another sheet" else "Leads", grid)
    excel.books.sort(key=lambda book: book is not other)
    with install(excel):
        boxes = Answers(["Undo it"])
        press(excel, sandbox, boxes, Button.UNDO, sheet=other.sheets[0].name)
    assert boxes.asked == []
    assert "there is nothing to undo" in boxes.told[-1]


def test_undo_is_not_offered_for_another_book1(sandbox: Sandbox) -> None:
    """A workbook that never had a file is of its Excel alone: the next Excel's “Book1” has no runs."""
    for times in range(2):
        excel = FakeExcel()
        excel.add_book("Book1", folder="").add_sheet("Leads", rows(2))
        with install(excel):
            if times == 0:
                press(excel, sandbox, Answers(["Update them"]), Button.UPDATE, "$A$2:$A$3")
                boxes = Answers(["Undo it"])
                assert press(excel, sandbox, boxes, Button.UNDO) == 0, boxes.told
                continue
            boxes = Answers(["Undo it"])
            press(excel, sandbox, boxes, Button.UNDO)
            assert boxes.asked == []
            assert "there is nothing to undo" in boxes.told[-1]


def test_what_tells_one_book1_from_another() -> None:
    """The number of its Excel, and when that began: numbers come again. People see “Book1”."""

    def key(process: int, moment: str, name: str = "Book1") -> str:
        return LivePlace(Excel.at(None, process, Patience(0), began=lambda _: moment), name, name, "Leads", ()).key

    keys = [key(8, "a"), key(8, "b"), key(9, "a"), key(8, "a", "Book2")]
    assert len({*keys, "Book1"}) == 5
    assert key(8, "a") == keys[0]
    assert [Path(one).name for one in keys] == ["Book1"] * 3 + ["Book2"]


def test_when_a_process_began() -> None:
    """The same each time it is asked, and nothing for a process that is not there."""
    assert began(os.getpid()) == began(os.getpid()) != ""
    assert began(2**22 + 1) == ""


def test_when_a_process_began_on_windows() -> None:
    """The first of the four times that Windows tells; every handle is closed, also where it does not tell."""

    class Kernel:
        tells, closed = 1, 0

        def OpenProcess(self, _rights: int, _inherits: bool, process: int) -> int:
            return 0 if process == 9 else 70 + process

        def GetProcessTimes(self, handle: Any, created: Any, *_others: Any) -> int:
            ctypes.cast(created, ctypes.POINTER(ctypes.c_uint64))[0] = 133_000_000_000_000_000 + handle.value
            return self.tells

        def CloseHandle(self, _handle: Any) -> int:
            self.closed += 1
            return 1

    windows = SimpleNamespace(kernel32=Kernel())
    assert [began(8, windows), began(9, windows)] == ["133000000000000078", ""]
    windows.kernel32.tells = 0
    assert began(8, windows) == ""
    assert windows.kernel32.closed == 2


@pytest.mark.parametrize("book", ["https://example.sharepoint.com/sites/Sales/leads.xlsx", "Excel 8 a/Book1", "Book1"])
def test_a_workbook_without_a_path_is_the_same_in_every_folder(book: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Excel starts Python in the folder that it happens to be in: what cells are based on must not depend on it."""
    here = sheet_name(book, "Leads")
    monkeypatch.chdir(tmp_path)
    assert sheet_name(book, "Leads") == here
    assert sheet_name("https://EXAMPLE.sharepoint.com/sites/Sales/le%61ds.xlsx", "") == sheet_name(
        "https://example.sharepoint.com/sites/sales/leads.xlsx", ""
    )


def test_resuming_a_run_of_a_workbook_that_never_had_a_file(sandbox: Sandbox, run: Callable[..., Any]) -> None:
    """One sentence that says to save it, and how to name the file."""
    excel = FakeExcel()
    excel.add_book("Book1", folder="").add_sheet("Leads", rows(2))
    with install(excel):
        press(excel, sandbox, Answers(["Update them"]), Button.UPDATE, "$A$2:$A$3")
    ran = run("undo", "1", "--yes", "--base-url", sandbox.url)
    assert "Book1 was never saved" in ran.err + ran.out
    assert "--book" in ran.err + ran.out
