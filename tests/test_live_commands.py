"""The commands with `--live`: over xlwings' real Windows engine and a fake COM tree, and in a live LibreOffice; with no add-in and no click."""

from __future__ import annotations

import gc
import io
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from conftest import FIRST_ID, Book, Live, patches
from fake_excel import FakeExcel, Picture, install
from hosts import live_engine
from noted import note
from office_engine import is_available, why_not
from test_ribbon import rows, status

from reply_xl import config, engine, shortcut
from reply_xl.busy import Patience
from reply_xl.cli import main
from reply_xl.live_commands import Desk
from reply_xl.locks import BookLock
from reply_xl.model import column_letter
from reply_xl.sandbox import Sandbox
from reply_xl.setup.install import SHORTCUTS
from reply_xl.tab.click import Button
from reply_xl.tab.clicks import ClickFolder
from reply_xl.this_excel import process_in_front, this_engine

NAME = "leads = 1 'é'.xlsx"


@pytest.fixture
def excel() -> Iterator[FakeExcel]:
    """A workbook with six contacts, of which the rows 2, 3 and 5 are selected."""
    made = FakeExcel()
    made.add_book(NAME).add_sheet("Leads", rows(6)).select("A2:C3,B5")
    with install(made):
        yield made


def grid(excel: FakeExcel, sheet: int = 0, book: int = 0) -> list[list[Any]]:
    page = excel.books[book].sheets[sheet]
    _, _, bottom, right = page.used()
    return [[page.cell(f"{column_letter(c)}{r}").value for c in range(right)] for r in range(1, bottom + 1)]


def titles(sandbox: Sandbox) -> list[Any]:
    return [contact.get("title") for contact in sandbox.contacts.values()]


# -- the five commands


def test_push_sends_the_selected_rows(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """Rows of several selected areas are sent, visible ones alone; results stand in the sheet, nothing is saved, nothing of Excel is held."""
    excel.books[0].sheets[0].hide_rows(3, 3)
    ran = live(sandbox, "push", "--live", "--yes")
    assert ran.code == 0, ran.err
    assert status(excel) == ["Updated", None, None, "Updated", None, None]
    assert len(patches(sandbox)) == 2
    assert f"In Excel: “{NAME}”, sheet “Leads”. Nothing is saved" in ran.err
    assert "which you save yourself" in ran.err
    assert excel.books[0].saved_as == []
    gc.collect()
    assert excel.live() == []


def test_rows_of_an_option_go_before_the_selection(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """`--rows` says which rows, also where a drawing is selected."""
    excel.books[0].sheets[0].select(Picture())
    assert live(sandbox, "push", "--live", "--yes", "--rows", "4:5").code == 0
    assert status(excel) == [None, None, "Updated", "Updated", None, None]
    assert live(sandbox, "push", "--live", "--yes", "--rows", "all").code == 0
    assert "Updated" in status(excel)[0]


def test_preview_prints_and_sends_nothing(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """A line for each selected row; the workbook is as before."""
    before = grid(excel)
    ran = live(sandbox, "preview", "--live", "--json")
    assert [line["row"] for line in ran.lines] == [2, 3, 5]
    assert ran.lines[0]["changes"] == {"title": [None, "Title 0"]}
    assert patches(sandbox) == []
    assert grid(excel) == before


def test_a_preview_sheet_is_written_and_sent(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """`preview --live --edit` puts it into the workbook that is open; `push --live` with it in front sends just that."""
    ran = live(sandbox, "preview", "--live", "--edit")
    assert f"run reply-xl push --live --base-url {sandbox.url}." in ran.err
    page = excel.books[0].sheets[1]
    assert excel.books[0].active is excel.books[0].sheets[0]
    excel.books[0].active = page
    assert "run reply-xl push --live to send it" in live(sandbox, "preview", "--live").err
    assert "is a preview" in live(sandbox, "columns", "--live").err
    assert patches(sandbox) == []
    assert "leave --rows out" in live(sandbox, "push", "--live", "--rows", "2").err
    ran = live(sandbox, "push", "--live", "--yes")
    assert ran.code == 0, ran.err
    assert len(patches(sandbox)) == 3
    assert status(excel) == ["Updated", "Updated", None, "Updated", None, None]
    excel.books[0].active = excel.books[0].sheets[0]
    ran = live(sandbox, "push", "--live", "--plan", "--yes")
    assert (ran.code, len(patches(sandbox))) == (0, 3), ran.err


def test_pull_fills_the_selected_rows(excel: FakeExcel, make_sandbox: Any, live: Live) -> None:
    """Cells of the selected rows are filled from Reply, those of other rows stay."""
    from conftest import people

    sheet = excel.books[0].sheets[0]
    sheet.fill("C2", [[None]] * 6)
    server = make_sandbox(people(6, title="From Reply"))
    ran = live(server, "pull", "--live")
    assert ran.code == 0, ran.err
    assert [line[2] for line in grid(excel)[1:]] == ["From Reply", "From Reply", None, "From Reply", None, None]
    assert "use one of the two" in live(server, "pull", "--live", "--overwrite", "--only-empty").err


def test_columns_shows_and_edits(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """Where each column goes is printed; `--edit` puts the page into the workbook that is open, on which nothing else is done."""
    ran = live(sandbox, "columns", "--live", "--json")
    assert '"Title"' in ran.out
    assert len(excel.books[0].sheets) == 1
    ran = live(sandbox, "columns", "--live", "--edit")
    assert "The sheet “Reply columns” is in" in ran.err
    excel.books[0].active = excel.books[0].sheets[1]
    ran = live(sandbox, "push", "--live", "--yes")
    assert "holds no contacts; go to the sheet that does" in ran.err
    assert (ran.code, patches(sandbox)) == (1, [])


def test_undo_takes_the_last_run_of_the_sheet(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """Not that of another sheet; it asks unless `--yes` agreed, and can be limited to rows as they are numbered now."""
    other = excel.books[0].add_sheet("Other", [["Reply ID", "Title"], [float(FIRST_ID + 7), "Other title"]])
    assert "nothing to undo" in live(sandbox, "undo", "--live").err
    assert live(sandbox, "push", "--live", "--yes").code == 0
    other.select("A2")
    assert live(sandbox, "push", "--live", "--yes").code == 0
    excel.books[0].active = excel.books[0].sheets[0]
    assert live(sandbox, "undo", "--live").code == 2  # nobody was there to answer
    assert titles(sandbox)[:2] == ["Title 0", "Title 1"]
    assert live(sandbox, "undo", "--live", "--yes", "--rows", "3").code == 0
    assert titles(sandbox)[:2] == ["Title 0", None]
    assert (titles(sandbox)[7], status(excel)[1]) == ("Other title", "Undone")


# -- which Excel


def test_of_several_excels_the_one_in_front_after_a_question(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """Where it is not known which is in front, nothing is done; where it is, a person must say that it is the right one, whatever `--yes` says."""
    other = FakeExcel()
    other.add_book("other.xlsx").add_sheet("Leads", rows(2))
    with install(excel, other):
        ran = live(sandbox, "push", "--live", "--yes")
        assert (ran.code, "cannot be told which is meant" in ran.err) == (1, True)
        ran = live(sandbox, "push", "--live", "--yes", front=other.pid)
        assert (ran.code, "the one in front shows “other.xlsx”, sheet “Leads”" in ran.err) == (2, True)
        assert sandbox.requests == []
        assert (status(excel), status(other)) == ([None] * 6, [None] * 2)


class Typed(io.StringIO):
    """A terminal at which this is typed."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "sent"), [("y\n", 3), ("n\n", 0), ("", 0)])
def test_the_question_which_excel_is_answered(
    excel: FakeExcel, sandbox: Sandbox, live: Live, monkeypatch: pytest.MonkeyPatch, answer: str, sent: int
) -> None:
    """Yes sends to the Excel that was named and to no other; anything else sends nothing."""
    other = FakeExcel()
    other.add_book(NAME, folder="D:\\").add_sheet("Leads", rows(6)).select("A2:A7")
    monkeypatch.setattr("sys.stdin", Typed(answer))
    with install(other, excel):
        ran = live(sandbox, "push", "--live", "--yes", front=excel.pid)
        assert (ran.code, len(patches(sandbox))) == (0 if sent else 1, sent), ran.err
        assert status(excel).count("Updated") == sent
        assert other.writes == []


def test_an_excel_without_a_workbook_is_not_meant(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """Nothing is asked about it."""
    with install(FakeExcel(), excel):
        assert live(sandbox, "push", "--live", "--yes").code == 0
        assert status(excel)[0] == "Updated"


def test_there_is_no_excel_or_no_workbook(sandbox: Sandbox, live: Live) -> None:
    """One sentence each."""
    assert (
        live(sandbox, "push", "--live").err.startswith(
            "There is no Excel on this computer that reply-xl can speak with; close the workbook and run the command on its file, such as “reply-xl push BOOK”"
        )
        or os.name == "nt"
    )
    for excels in ((), (FakeExcel(),)):
        with install(*excels):
            assert live(sandbox, "push", "--live").err == "No workbook is open; open the one with your contacts and try again.\n"


def test_a_workbook_in_protected_view(sandbox: Sandbox, live: Live) -> None:
    """It is no workbook yet, and the sentence says what to click."""
    excel = FakeExcel()
    excel.add_book(NAME).add_sheet("Leads", rows(2))
    excel.books[0].protected_view = True
    excel.active = None
    with install(excel):
        ran = live(sandbox, "push", "--live", "--yes")
    assert (ran.code, ran.err) == (1, f"“{NAME}” is open in Protected View; click Enable Editing above the sheet, and try again.\n")
    assert sandbox.requests == []


@pytest.mark.parametrize("in_another_excel", [False, True])
@pytest.mark.parametrize("answer", ["y\n", "n\n", None])
def test_protected_view_beside_a_workbook(
    excel: FakeExcel, sandbox: Sandbox, live: Live, monkeypatch: pytest.MonkeyPatch, in_another_excel: bool, answer: str | None
) -> None:
    """A person may be looking at what is shown there, so a person says that the other one is meant, whatever `--yes` says; where another Excel
    with nothing else is in front, that is said."""
    other = FakeExcel() if in_another_excel else excel
    other.add_book("mail.xlsx").add_sheet("Leads", rows(2))
    other.books[-1].protected_view = True
    other.active = None if in_another_excel else excel.books[0]
    if answer is not None:
        monkeypatch.setattr("sys.stdin", Typed(answer))
    with install(excel, *([other] if in_another_excel else [])):
        ran = live(sandbox, "push", "--live", "--yes", front=other.pid)
        if in_another_excel:
            assert (ran.code, "“mail.xlsx” is open in Protected View; click Enable Editing" in ran.err) == (1, True), ran.err
        else:
            assert "“mail.xlsx” is shown in Protected View" in ran.err
            assert ran.code == {"y\n": 0, "n\n": 1, None: 2}[answer], ran.err
        assert len(patches(sandbox)) == (3 if ran.code == 0 else 0)


def test_a_workbook_that_was_never_saved(sandbox: Sandbox, live: Live) -> None:
    """It has no full name; the run and its undo find it all the same."""
    excel = FakeExcel()
    excel.add_book("Book1", folder="").add_sheet("Leads", rows(2)).select("A2:A3")
    with install(excel):
        assert live(sandbox, "push", "--live", "--yes").code == 0
        assert status(excel) == ["Updated", "Updated"]
        assert live(sandbox, "undo", "--live", "--yes").code == 0
    assert titles(sandbox)[:2] == [None, None]


def test_the_user_goes_to_another_workbook_meanwhile(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """Just after it was seen which workbook is in front: the selection in the other one is not taken for that of this one."""
    other = excel.add_book("other.xlsx")
    other.add_sheet("Leads", rows(6)).select("A7")
    excel.active = excel.books[0]

    def go() -> None:
        excel.active = other

    excel.before("Application.Selection", go)
    ran = live(sandbox, "push", "--live", "--yes")
    assert (ran.code, "The selection is on the sheet “Leads” of other.xlsx" in ran.err) == (1, True), ran.err
    assert sandbox.requests == []


def test_which_window_is_in_front() -> None:
    """The first one from the top that can be seen and belongs to one of the processes; without Windows nobody knows."""

    class User:
        """Windows from the top: handle, process, visible, minimised."""

        class _Call:
            def __init__(self, action: Callable[..., Any]) -> None:
                self._action = action

            def __call__(self, *arguments: Any) -> Any:
                return self._action(*(getattr(one, "value", one) for one in arguments))

        def __init__(self) -> None:
            below = {100: (7, True, False), 101: (1, False, False), 102: (1, True, True), 103: (2, True, False), 104: (1, True, False)}
            handles = list(below)
            self._below = below
            self.GetTopWindow = self._Call(lambda parent: handles[0])
            self.GetWindow = self._Call(lambda handle, which: dict(pairwise(handles)).get(handle))
            self.IsWindowVisible = self._Call(lambda handle: below[handle][1])
            self.IsIconic = self._Call(lambda handle: below[handle][2])

        def GetWindowThreadProcessId(self, handle: Any, pointer: Any) -> None:
            pointer._obj.value = self._below[handle.value][0]

    class Windows:
        user32 = User()

    assert process_in_front([1, 2], Windows()) == 2
    assert process_in_front([1], Windows()) == 1
    assert process_in_front([3], Windows()) is None
    assert process_in_front([1, 2]) is None or os.name == "nt"


# -- what is refused


def test_a_drawing_is_selected(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """It is said, and nothing is sent."""
    for selected in (Picture(), None):
        excel.books[0].sheets[0].select(selected)
        ran = live(sandbox, "push", "--live", "--yes")
        assert (ran.code, "select the rows to update" in ran.err) == (1, True), ran.err
    assert sandbox.requests == []


def test_a_workbook_that_could_not_keep_the_results(sandbox: Sandbox, live: Live) -> None:
    """Read-only, or with a protected sheet: nothing is sent."""
    for read_only in (True, False):
        excel = FakeExcel()
        sheet = excel.add_book(NAME, read_only=read_only).add_sheet("Leads", rows(2))
        sheet.protected = not read_only
        sheet.select("A2:A3")
        with install(excel):
            ran = live(sandbox, "push", "--live", "--yes")
            assert (ran.code, ("read-only" if read_only else "unprotect it") in ran.err) == (1, True), ran.err
    assert patches(sandbox) == []


def test_a_busy_excel_is_waited_for(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """A cell is being edited: it is waited for; if that lasts, a sentence says what to do and nothing is sent."""
    pauses: list[float] = []
    with excel.editing():
        ran = live(sandbox, "push", "--live", "--yes", on_sleep=pauses.append)
    assert (ran.code, "Excel is busy; finish the cell" in ran.err, sum(pauses) >= 60) == (1, True, True), ran.err
    assert sandbox.requests == []
    excel.reject(40)
    assert live(sandbox, "push", "--live", "--yes").code == 0
    assert status(excel)[0] == "Updated"


def test_what_was_copied_stays_on_the_clipboard(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """While something waits to be pasted nothing is written, so nothing is sent."""
    excel.properties["CutCopyMode"] = 1
    ran = live(sandbox, "push", "--live", "--yes")
    assert (ran.code, "waits to be pasted" in ran.err, patches(sandbox)) == (1, True, [])
    assert excel.properties["CutCopyMode"] == 1


def test_one_at_a_time(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """While a click on the workbook is carried out, no command is, and the other way round."""
    from reply_xl.history.records import Records

    with Records() as records, BookLock(records.folder, excel.books[0].full_name):
        ran = live(sandbox, "push", "--live", "--yes")
    assert (ran.code, "is still being carried out" in ran.err, sandbox.requests) == (1, True, [])


@pytest.mark.parametrize("how", ["ribbon", "Ctrl-C"])
def test_it_can_be_stopped(make_sandbox: Any, live: Live, how: str) -> None:
    """By Cancel on the ribbon and by Ctrl-C: what is under way is finished, the rest is not sent, and what was sent stands in the sheet."""
    server = make_sandbox(40, latency=0.3)
    excel = FakeExcel()
    excel.add_book(NAME).add_sheet("Leads", rows(40)).select("A2:A41")
    over = threading.Event()

    def stop() -> None:
        while not patches(server) and not over.wait(0.02):
            pass
        if how == "Ctrl-C":
            os.kill(os.getpid(), signal.SIGINT)
            return
        click_id = note(config.shared_folder(), Button.CANCEL, NAME, path=excel.books[0].full_name)
        clicks = ClickFolder(config.shared_folder())
        clicks.cancel(click_id, clicks.take(click_id) or b"")

    thread = threading.Thread(target=stop)
    with install(excel):
        thread.start()
        ran = live(server, "push", "--live", "--yes")
        over.set()
        thread.join()
    assert ran.code == 3, ran.err
    assert "Stopped; “reply-xl resume 1” sends the rest." in ran.err
    assert 0 < status(excel).count("Updated") == len(patches(server)) < 40


def test_hints_go_with_live(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """What is advised is a command for the workbook that is open, in errors, in sentences and in what is said where nobody answers."""
    ran = live(sandbox, "push", "--live", "--plan")
    assert ran.err.endswith("no preview sheet; “reply-xl preview --live --edit” makes one.\n")
    assert "from the next “reply-xl pull --live” on it is." in live(sandbox, "preview", "--live").err
    excel.books[0].sheets[0].fill("C1", [["Nachname"], *([["Curie"]] * 6)])
    ran = live(sandbox, "push", "--live")
    assert (ran.code, "agree once with “reply-xl columns --live --agree”" in ran.err) == (2, True), ran.err


def test_results_that_could_not_be_written_come_with_the_next_command(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """The workbook was closed in mid-run: nothing is lost, and the next command with `--live` on it brings them."""
    book = excel.books[0]
    excel.before("Workbook.ReadOnly", book.close, skip=1)  # it is looked at before the run and when results are written
    ran = live(sandbox, "push", "--live", "--yes")
    sent = len(patches(sandbox))
    assert (ran.code, sent) == (3, 3), ran.err
    assert "or command with --live, writes them" in ran.err
    excel.books.append(book)
    excel.active, book.closed = book, False
    ran = live(sandbox, "columns", "--live")
    assert "which had been waiting" in ran.err
    assert status(excel) == ["Updated", "Updated", None, "Updated", None, None]
    assert len(patches(sandbox)) == sent


def test_practice_is_not_earnest(excel: FakeExcel, live: Live) -> None:
    """While Practice is pressed in Excel, a command that would reach Reply is not carried out."""
    config.shared_folder().mkdir(parents=True, exist_ok=True)
    (config.shared_folder() / "practice").touch()
    for command in ("push", "pull", "undo", "retry", "preview", "columns"):
        for server in ([], ["--base-url", "https://api.reply.io"], ["--base-url", "https://api.reply.io/"]):
            ran = live(None, command, "--live", *server)
            assert (ran.code, "click Practice to leave it" in ran.err) == (1, True)


def test_a_copy_for_practice_never_goes_to_reply(excel: FakeExcel, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the copy in front a command that would send or read contacts is refused before the network is asked."""
    from reply_xl.tab.practice_mark import mark_practice

    monkeypatch.setenv("REPLY_API_KEY", "not-a-key")
    mark_practice(xw.books[NAME].sheets["Leads"], "one")
    for command in (["push"], ["pull"], ["preview"], ["preview", "--edit"]):
        ran = live(None, *command, "--live")
        assert (ran.code, "so nothing of it goes to Reply" in ran.err) == (1, True), ran.err
    for command in ("undo", "retry"):
        ran = live(None, command, "--live")
        assert (ran.code, "there is nothing to" in ran.err) == (1, True), ran.err
    assert "is not a base URL" in live(None, "push", "--live", "--base-url", "http://[").err


@pytest.mark.parametrize("command", ["push", "undo"])
def test_ctrl_c_at_the_question(excel: FakeExcel, sandbox: Sandbox, live: Live, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Nothing is sent or undone, and one word says so; the next command is not held up by what was left."""
    if command == "undo":
        assert live(sandbox, "push", "--live", "--yes").code == 0
    sent = len(patches(sandbox))

    class Interrupted(Typed):
        def readline(self, size: int | None = -1, /) -> str:
            os.kill(os.getpid(), signal.SIGINT)
            return "y\n"

    monkeypatch.setattr("sys.stdin", Interrupted())
    ran = live(sandbox, command, "--live")
    assert (ran.code, ran.err.endswith("Stopped.\n"), len(patches(sandbox))) == (3, True, sent), ran
    assert live(sandbox, command, "--live", "--yes").code == 0
    assert excel.live() == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("push", "Name a workbook, or add --live"),
        ("columns", "Name a workbook, or add --live"),
        ("pull", "--new FILE to download"),
        ("pull book.xlsx --new other.xlsx", "not both"),
        ("push book.xlsx --live", "leave BOOK out"),
        ("pull --new other.xlsx --live", "leave --new FILE out"),
        ("push --live --out other.xlsx --sheet Leads", "leave --sheet and --out out"),
        ("undo 3 --live", "leave RUN out"),
        ("undo --live --book book.xlsx", "leave --book out"),
    ],
)
def test_which_workbook_must_be_clear(live: Live, arguments: str, says: str) -> None:
    """Neither or both of a file and `--live` is wrong use, said in one sentence."""
    ran = live(None, *arguments.split())
    assert (ran.code, says in ran.err, ran.err.count("\n")) == (2, True, 1), ran.err


# -- the Start menu


def test_the_entries_of_the_start_menu(
    excel: FakeExcel, sandbox: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each does its work on the Excel that is open, and its window stays until Enter."""
    monkeypatch.setenv("REPLY_XL_QUOTA", "off")
    excel.books[0].sheets[0].select("A3")
    desk = Desk(this_engine)
    codes = {words: shortcut.main([*shlex.split(words), "--base-url", sandbox.url], desk) for words, _ in SHORTCUTS.values()}
    assert "Press Enter to close this window." in capsys.readouterr().out
    assert set(codes) == {"push --live", "preview --live"}
    assert codes["preview --live"] == 0
    assert codes["push --live"] == 0
    assert status(excel)[1] == "Updated"
    assert len(patches(sandbox)) == 1


@pytest.mark.skipif(os.name == "nt", reason="there may be an Excel")
@pytest.mark.parametrize("words", [words for words, _ in SHORTCUTS.values()])
def test_the_entries_as_the_start_menu_starts_them(words: str) -> None:
    """A process of its own, on a computer without Excel: one sentence, and the window stays."""
    command = [sys.executable, "-I", "-m", "reply_xl.shortcut", *words.split()]
    ran = subprocess.run(command, input="\n", capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)
    assert ran.returncode == 1
    assert ran.stderr.startswith("There is no Excel on this computer that reply-xl can speak with; close the workbook")
    assert ran.stdout == "\nPress Enter to close this window. "


# -- LibreOffice


@pytest.mark.skipif(not is_available(), reason=why_not())
def test_the_whole_way_in_libreoffice(sandbox: Sandbox, live: Live, tmp_path: Path) -> None:
    """A filtered selection of several areas: preview, push, pull, columns and undo of the workbook that is open."""
    import openpyxl

    path = tmp_path / "leads.xlsx"
    made = openpyxl.Workbook()
    page: Any = made.active
    page.title = "Leads"
    for line in rows(6):
        page.append(line)
    page.row_dimensions[3].hidden = True
    made.save(path)
    with live_engine() as engine:
        book = engine.apps.active.books.open(str(path))
        book.sheets["Leads"].range("A2:C3,B5,A7").select()

        def column(letter: str) -> list[Any]:
            return [line[0] for line in book.sheets["Leads"].range(f"{letter}2:{letter}7").raw_value]

        ran = live(sandbox, "preview", "--live", "--json")
        assert [line["row"] for line in ran.lines] == [2, 5, 7], ran.err
        ran = live(sandbox, "push", "--live", "--yes")
        assert ran.code == 0, ran.err
        assert column("D") == ["Updated", None, None, "Updated", None, "Updated"]
        assert len(patches(sandbox)) == 3
        book.sheets["Leads"].range("C2").value = None
        assert live(sandbox, "pull", "--live").code == 0
        assert column("C")[0] == "Title 0"
        assert live(sandbox, "columns", "--live", "--edit").code == 0
        assert [sheet.name for sheet in book.sheets] == ["Leads", "Reply columns"]
        ran = live(sandbox, "undo", "--live", "--yes")
        assert ran.code == 0, ran.err
        assert titles(sandbox)[:6] == [None] * 6


def test_over_the_file_engine(book: Book, sandbox: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same code on a workbook that the file engine has open: push, preview and undo; the file itself is as before until somebody saves it."""
    monkeypatch.setenv("REPLY_XL_QUOTA", "off")
    path = book(("Reply ID", "Title"), (FIRST_ID, "CTO"), (FIRST_ID + 1, "CEO"), (FIRST_ID + 2, "COO"))
    before = path.read_bytes()
    opened = engine.open_book(path)
    try:
        desk = Desk(lambda: opened.app.engine, lambda processes: None, lambda: Patience(0))

        def run(*arguments: str) -> int:
            return main([*arguments, "--base-url", sandbox.url], desk)

        assert run("preview", "--live", "--rows", "2:3", "--json") == 0
        assert len(capsys.readouterr().out.splitlines()) == 2
        assert run("push", "--live", "--rows", "2:3", "--yes") == 0
        table = [list(line) for line in opened.sheets["Contacts"].range("A1:C4").raw_value]
        assert [line[2] for line in table] == ["Reply status", "Updated", "Updated", None]
        assert run("undo", "--live", "--yes") == 0
        assert [line[0] for line in opened.sheets["Contacts"].range("C2:C3").raw_value] == ["Undone", "Undone"]
    finally:
        opened.close()
    assert len(patches(sandbox)) == 4
    assert path.read_bytes() == before
