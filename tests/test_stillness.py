"""Excel's settings while it is written to, when processes are ended in the middle of a write or meet in one Excel."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from conftest import FIRST_ID, Live
from fake_excel import FakeExcel, install
from noted import Answers, note
from test_busy import KINDS, is_as_before

from reply_xl import config
from reply_xl.busy import Patience
from reply_xl.errors import HostBusy
from reply_xl.excel import Excel
from reply_xl.ribbon import Outside, main
from reply_xl.sandbox import Sandbox
from reply_xl.stillness import quiet
from reply_xl.tab.click import Button
from reply_xl.tab.serving import PRACTICE

_OTHER = """
    import sys
    from pathlib import Path
    from reply_xl.busy import Patience
    from reply_xl.stillness import quiet

    class App:
        pid, screen_updating, enable_events = int(sys.argv[1]), True, True

    with quiet(App(), Patience(owed=Path(sys.argv[2]))):
        print("writing", flush=True)
        sys.stdin.readline()
"""


class Other:
    """Another process that is writing into an Excel of this number."""

    def __init__(self, pid: int) -> None:
        command = [sys.executable, "-c", textwrap.dedent(_OTHER), str(pid), str(config.shared_folder())]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "writing\n"

    def end(self, action: Callable[[subprocess.Popen[str]], Any] = lambda process: process.communicate("\n")) -> None:
        action(self._process)
        self._process.communicate()


@contextmanager
def an_excel() -> Iterator[FakeExcel]:
    excel = FakeExcel()
    excel.add_book("leads.xlsx").add_sheet("Leads", [["Email"], ["a@example.com"]])
    with install(excel):
        yield excel


def attached(excel: FakeExcel, **given: Any) -> Excel:
    return Excel.at(xw.engines.active, excel.pid, Patience(owed=config.shared_folder(), **given))


def make_quiet(excel: FakeExcel) -> None:
    excel.properties["EnableEvents"] = excel.properties["ScreenUpdating"] = False


def notes() -> list[Path]:
    return list(config.shared_folder().glob("clicks/*.quiet"))


def test_a_process_killed_in_the_middle_of_a_write() -> None:
    """The next click gives Excel its events and its screen back, before anything else; then nothing of it is left."""
    with an_excel() as excel:
        other = Other(excel.pid)
        make_quiet(excel)
        other.end(lambda process: process.kill())
        with attached(excel).app():
            assert is_as_before(excel)
        assert notes() == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_while_excel_is_busy(kind: str) -> None:
    """Nothing is raised for it; a later click makes it good."""
    with an_excel() as excel:
        other = Other(excel.pid)
        make_quiet(excel)
        other.end(lambda process: process.kill())
        trap = excel.fail("*.EnableEvents=", KINDS[kind](), times=None)
        with attached(excel, seconds=0).app():
            pass
        assert len(notes()) == 1
        excel.traps.remove(trap)
        with attached(excel).app():
            assert is_as_before(excel)
        assert notes() == []


def test_two_processes_in_one_excel() -> None:
    """The second waits until the first has given Excel its settings back: else it would give back the quiet of the first, for good."""
    with an_excel() as excel:
        other = Other(excel.pid)
        make_quiet(excel)

        def sleep(seconds: float) -> None:
            other.end()
            excel.properties["EnableEvents"] = excel.properties["ScreenUpdating"] = True

        with attached(excel, sleep=sleep).app() as app, quiet(app, Patience(sleep=sleep, owed=config.shared_folder())):
            assert excel.properties["EnableEvents"] is False
        assert is_as_before(excel)
        assert notes() == []


def test_another_process_that_takes_very_long() -> None:
    """One sentence after a minute, and nothing of Excel was changed."""
    pauses: list[float] = []
    with an_excel() as excel:
        other = Other(excel.pid)
        excel.properties["EnableEvents"] = excel.properties["ScreenUpdating"] = True
        with attached(excel).app() as app:
            patience = Patience(sleep=pauses.append, owed=config.shared_folder())
            with pytest.raises(HostBusy, match=r"^Another click is writing .*\.$"), quiet(app, patience):
                pass
        assert 59 < sum(pauses) < 61
        assert is_as_before(excel)
        other.end()


def test_a_note_that_nobody_can_read() -> None:
    """Whatever stands in it, the settings of the moment are those that Excel gets back."""
    for text in ("", "{", "[]", '{"enable_events": "yes", "screen_updating": 1}'):
        with an_excel() as excel:
            folder = config.shared_folder() / "clicks"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{excel.pid}.quiet").write_text(text, "ascii")
            with attached(excel).app():
                pass
            assert is_as_before(excel), text
            assert notes() == []


def test_a_folder_that_cannot_be_written() -> None:
    """It is written to Excel all the same: only the note is missing."""
    folder = config.shared_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    with an_excel() as excel:
        with attached(excel).app() as app, quiet(app, Patience(owed=folder)):
            assert excel.properties["EnableEvents"] is False
        assert is_as_before(excel)


@contextmanager
def a_full_disk() -> Iterator[None]:
    """No file takes a byte."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_note_outlives_a_full_disk() -> None:
    """What a process that was killed had noted is not emptied by one that then cannot write it anew."""
    with an_excel() as excel:
        other = Other(excel.pid)
        make_quiet(excel)
        other.end(lambda process: process.kill())
        excel.fail("*.EnableEvents=", KINDS["rejected"](), times=None)
        before = notes()[0].read_text("ascii")
        with a_full_disk(), attached(excel, seconds=0).app():
            pass
        assert before
        assert notes()[0].read_text("ascii") == before


def test_a_full_disk_keeps_nothing_from_being_written_into_excel() -> None:
    """Only the note is missing."""
    with an_excel() as excel:
        with a_full_disk(), attached(excel).app() as app, quiet(app, Patience(owed=config.shared_folder())):
            assert excel.properties["EnableEvents"] is False
        assert is_as_before(excel)
        assert notes() == []


def owed_meanwhile(excel: FakeExcel) -> list[int]:
    """How many notes there were at each moment at which a sheet was added to the workbook."""
    seen: list[int] = []
    for call in ("Worksheets.Add()", "Worksheet.Copy()"):
        excel.before(call, lambda: seen.append(len(notes())), times=None)
    return seen


def clicked(excel: FakeExcel, sandbox: Sandbox, button: Button, **facts: Any) -> Answers:
    boxes = Answers()
    made = note(config.shared_folder(), button, excel.books[0].name, "$A$2:$B$2", window=excel.books[0].hwnd, **facts)
    main([made], Outside(lambda: xw.engines.active, lambda: boxes, lambda window: excel.pid, sandbox.url, linger=0))
    return boxes


@pytest.mark.parametrize("by", ["preview", "columns", "practice", "live preview", "live columns"])
def test_whoever_adds_a_sheet_leaves_a_note(by: str, sandbox: Sandbox, live: Live) -> None:
    """What holds for results holds for sheets of ours and for the copy of Practice: a kill is made good, and no other click is in the way."""
    excel = FakeExcel(pid=os.getpid())  # the server of Practice ends with it
    excel.add_book("leads.xlsx").add_sheet("Leads", [["Reply ID", "Title"], [float(FIRST_ID), "CEO"]]).select("A2:B2")
    mark = config.shared_folder() / PRACTICE
    with install(excel):
        seen = owed_meanwhile(excel)
        if by == "practice":
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
            clicked(excel, sandbox, Button.PRACTICE, pressed="1", practice="1", shown="1")
            mark.unlink()
            clicked(excel, sandbox, Button.PRACTICE, pressed="0", practice="0", shown="0")  # waits for the server to end
        elif by.startswith("live"):
            live(sandbox, by.split()[1], "--live", "--edit")
        else:
            clicked(excel, sandbox, Button.PREVIEW if by == "preview" else Button.COLUMNS)
        assert len(excel.books[0].sheets) == 2
        assert seen
        assert set(seen) == {1}
        assert is_as_before(excel)
        assert notes() == []


def test_patience_that_was_used_up_is_no_reason_to_keep_excel_quiet() -> None:
    """The write before waited for all that there was to wait; Excel gets its settings back after a moment all the same."""
    with an_excel() as excel, attached(excel).app() as app:
        patience = Patience(1, sleep=lambda seconds: None, owed=config.shared_folder())
        with quiet(app, patience):

            def busy() -> None:
                raise HostBusy("Excel is busy.")

            with pytest.raises(HostBusy):
                patience.run(busy)
            excel.fail("*.EnableEvents=", KINDS["rejected"](), times=12)  # more often than xlwings tries by itself
        assert is_as_before(excel)
        assert notes() == []
