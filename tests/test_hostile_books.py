"""Hostile workbooks, their folders and hostile API answers: nothing of them runs, nothing is sent unseen, nothing becomes a formula.

The whole click in a live LibreOffice; and the line with which the add-in really starts Python, in a folder full of traps.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from clicking import Clicking, by_header, until
from conftest import FIRST_ID, KEY, Book, patches
from noted import ID, note
from office_engine import is_available, why_not
from openpyxl.workbook.defined_name import DefinedName

from reply_xl import config
from reply_xl.agent import Agent
from reply_xl.sandbox import Sandbox
from reply_xl.setup.applescript import start_script
from reply_xl.setup.launcher import ARGUMENTS, Launcher
from reply_xl.tab.click import Button

needs_office = pytest.mark.skipif(not is_available(), reason=why_not())
MODULES = ("requests", "xlwings", "platformdirs", "keyring", "logging", "sitecustomize", "usercustomize", "reply_xl", "tkinter", "uno")


def set_traps(folder: Path) -> Path:
    """Modules, packages and settings that say in a file that they were used; returns that file."""
    canary = folder / "canary"
    code = f"open({str(canary)!r}, 'a').write(__name__ + ' ')\n"
    folder.mkdir(parents=True, exist_ok=True)
    for name in MODULES:
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    (folder / "reply_xl.py").unlink()
    (folder / "reply_xl").mkdir()
    (folder / "reply_xl" / "__init__.py").write_text(code, encoding="utf-8")
    (folder / "reply_xl" / "ribbon.py").write_text(code, encoding="utf-8")
    settings = f'"INTERPRETER_WIN","{folder / "python"}"\n"INTERPRETER","{folder / "python"}"\n"PYTHONPATH","{folder}"\n"LICENSE_KEY","x"\n'
    for path in (folder / "xlwings.conf", folder / ".xlwings" / "xlwings.conf"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(settings, encoding="utf-8")
    program = folder / "python"
    program.write_text(f"#!/bin/sh\necho program >> '{canary}'\n", encoding="utf-8")
    program.chmod(0o755)
    return canary


def environment_of_traps(folder: Path) -> dict[str, str]:
    site = folder / ".local" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    site.mkdir(parents=True)
    (site / "usercustomize.py").write_text((folder / "usercustomize.py").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "startup.py").write_text((folder / "requests.py").read_text(encoding="utf-8"), encoding="utf-8")
    return {
        "PYTHONPATH": str(folder),
        "PYTHONSTARTUP": str(folder / "startup.py"),
        "PYTHONINSPECT": "",
        "PYTHONUSERBASE": str(folder / ".local"),
    }


@pytest.mark.parametrize("isolated", [True, False])
def test_the_line_that_starts_python_takes_nothing_from_where_it_stands(tmp_path: Path, isolated: bool) -> None:
    """The arguments of launcher.txt, in a current folder full of modules of our names and with every variable of Python's set: the click is
    carried out by the installed package alone. Without the flag -I the traps do run."""
    canary = set_traps(tmp_path / "traps")
    environment = {**os.environ, **environment_of_traps(tmp_path / "traps")}
    note(config.shared_folder(), Button.UPDATE, "leads.xlsx", "$A$2")
    arguments = [one for one in ARGUMENTS.split() if isolated or one != "-I"]
    subprocess.run(
        [sys.executable, *arguments, ID], cwd=tmp_path / "traps", env=environment, timeout=60, stdin=subprocess.DEVNULL, check=False
    )
    assert canary.exists() is not isolated
    if isolated:
        log = (config.shared_folder() / "click.log").read_text(encoding="utf-8")
        assert "ReplyUpdate, add-in" in log


def test_every_way_to_start_python_is_isolated() -> None:
    """The launcher's line, the script of a Mac, and the agent."""
    assert ARGUMENTS.split()[:2] == ["-I", "-m"]
    assert f"arguments={ARGUMENTS}\r\n" in Launcher("python", False, "1").text()
    assert f'" {ARGUMENTS} "' in start_script("/usr/bin/python3")
    agent = (Path(sys.modules[Agent.__module__].__file__ or "")).read_text(encoding="utf-8")
    assert '[sys.executable, "-I", "-m", "reply_xl.ribbon"]' in agent


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


def assert_plain(office: Clicking) -> None:
    """No text of the status bar and no box holds a character that is not to be seen."""
    shown = [*office.bar(), *(line for box in office.asked() for line in box["text"].split("\n"))]
    assert shown
    assert [text for text in shown if not text.isprintable()] == []


def formulas(book: Any) -> list[str]:
    """The addresses of all cells that hold a formula."""
    sheets = book.impl.doc.Sheets
    found = [sheets.getByIndex(index).queryContentCells(16).RangeAddressesAsString for index in range(sheets.Count)]
    return [one for one in found if one]


@needs_office
def test_a_workbook_full_of_settings_and_code_among_files_of_the_same_kind(office: Clicking, sandbox: Sandbox, tmp_path: Path) -> None:
    """Sheets called xlwings.conf, _xlwings.conf, reply_xl.py and xlwings.lic, very hidden ones, names, and the files beside: none is used."""
    canary = set_traps(tmp_path / "traps")
    made = openpyxl.Workbook()
    page: Any = made.active
    page.title = "Leads"
    for line in (["Reply ID", "Email", "Title"], [FIRST_ID, "p0@example.com", "CTO"], [FIRST_ID + 1, "p1@example.com", "CEO"]):
        page.append(line)
    for name in ("xlwings.conf", "_xlwings.conf"):
        for line in (tmp_path / "traps" / "xlwings.conf").read_text(encoding="utf-8").splitlines():
            made[name].append(line.replace('"', "").split(",")) if name in made.sheetnames else made.create_sheet(name)
    for name in ("reply_xl.py", "requests.py", "sitecustomize.py"):
        made.create_sheet(name)["A1"] = f"open({str(canary)!r}, 'a').write('sheet')"
    hidden = made.create_sheet("Reply columns")
    for line in (["reply_xl columns 1"], ["Column", "Header", "Goes to", "Send"], ["C", "Title", "Email", "yes"]):
        hidden.append(line)
    hidden.sheet_state = "veryHidden"
    made.defined_names["Interpreter"] = DefinedName("Interpreter", attr_text=f'"{tmp_path / "traps" / "python"}"')
    made.defined_names["reply_xl_key"] = DefinedName("reply_xl_key", attr_text='"stolen"')
    path = tmp_path / "traps" / "leads.xlsx"
    made.save(path)
    opened = office.open(path)
    office.select(opened, "Leads", "A2:A3")
    office.answer("Update them")
    office.press(Button.UPDATE)
    office.wait()
    assert [row["Reply status"] for row in by_header(opened, "Leads", 2)] == ["Updated", "Updated"], office.log()
    assert sorted(request.body["title"] for request in patches(sandbox)) == ["CEO", "CTO"]
    assert "is hidden, so it is not used" in office.asked()[0]["text"]
    assert not canary.exists()


ODD_BOOKS = [
    '=cmd|\' 100% "q" $(touch canary) `touch canary` ; & > canary #.xlsx',
    "[1]!A1 {x} ~ ^ + @.xlsx",
    "fdp.\u202excod\u200b.xlsx",
    "名" * 60 + ".xlsx",
    "line\nbreak.xlsx",
]


@needs_office
@pytest.mark.parametrize("name", ODD_BOOKS)
def test_odd_names_of_workbooks(office: Clicking, book: Book, sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    """Found by its name, updated, undone; no shell sees it, and nothing of it turns the direction of a sentence."""
    opened = office.open(
        book(("Reply ID", "Email", "Title"), (FIRST_ID, "p0@example.com", "CTO"), (FIRST_ID + 1, "p1@example.com", "CEO"), name=name)
    )
    office.select(opened, "Contacts", "A2:A3")
    office.answer("Update them", "Undo it")
    office.press(Button.UPDATE)
    office.wait()
    assert [row["Reply status"] for row in by_header(opened, "Contacts", 2)] == ["Updated", "Updated"], office.log()
    office.press(Button.UNDO)
    office.wait()
    assert [row["Reply status"] for row in by_header(opened, "Contacts", 2)] == ["Undone", "Undone"], office.log()
    assert_plain(office)
    assert not [path for folder in (tmp_path, office.home, Path.cwd()) for path in folder.glob("canary*")]


ODD_SHEETS = [
    '=1+1 $(id) `id` "a" <b> & | ;!',
    "it's ''quoted'' 100% !A1",
    "\u202etext\u200b " + "ä" * 20,
    '-@+ =HYPERLINK("x";"y")',
    "1",
    "A1",
    " x ",
]


@needs_office
@pytest.mark.parametrize("name", ODD_SHEETS)
def test_odd_names_of_sheets(office: Clicking, sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    """The sheet that was clicked is read and written, a preview of it names it, and its decisions come back to its rows."""
    made = openpyxl.Workbook()
    page: Any = made.active
    page.title = name
    for line in (["Reply ID", "Email", "Title"], [FIRST_ID, "p0@example.com", "CTO"]):
        page.append(line)
    path = tmp_path / "odd.xlsx"
    made.save(path)
    opened = office.open(path)
    name = opened.impl.doc.Sheets.getByIndex(0).Name
    office.select(opened, name, "A2")
    office.press(Button.PREVIEW)
    office.wait()
    office.select(opened, "Reply preview", "A1")
    office.answer("Update them")
    office.press(Button.UPDATE)
    office.wait()
    assert [request.body for request in patches(sandbox)] == [{"title": "CTO"}], office.log()
    assert by_header(opened, name, 1)[0]["Reply status"] == "Updated", office.log()
    assert formulas(opened) == []
    assert_plain(office)


EVIL = [
    '=HYPERLINK("http://evil.example","Click")',
    "+cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "'=1+1",
    "{=1+1}",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe",
    "nul\x00 and \ud83d half",
    "=1+1\n" * 10_000,
]


@needs_office
def test_what_reply_says_is_text_wherever_it_is_written(office: Clicking, book: Book, make_sandbox: Callable[..., Sandbox]) -> None:
    """Names, titles and notes of contacts that begin like formulas, hold control characters or are longer than a cell: pulled into cells, put
    into a preview, quoted in messages. No cell becomes a formula, no sentence shows a control character."""
    contacts = [
        {"id": FIRST_ID + n, "email": f"p{n}@example.com", "firstName": text, "lastName": text, "title": text, "notes": text}
        for n, text in enumerate(EVIL)
    ]
    sandbox = make_sandbox(contacts)
    office.set_up(sandbox.url)
    people = [(FIRST_ID + n, f"p{n}@example.com", None, None, None) for n in range(len(EVIL))]
    strangers = [(FIRST_ID, "somebody@else.example", "Nobody", None, "x"), (FIRST_ID + 1, "somebody@else.example", "Nobody", None, "x")]
    opened = office.open(book(("Reply ID", "Email", "First name", "Title", "Notes"), *people, *strangers))
    last = len(EVIL) + 1
    office.select(opened, "Contacts", f"A2:A{last}")
    office.press(Button.PULL)
    office.wait()
    titles = [row["Title"] for row in by_header(opened, "Contacts", len(EVIL))]
    assert titles[:4] == EVIL[:4], office.log()
    assert formulas(opened) == []
    assert all(len(str(title)) <= 32_767 for title in titles)
    office.select(opened, "Contacts", f"A2:E{last + 2}")
    for row in range(2, last + 1):
        opened.sheets["Contacts"].range(f"D{row}").raw_value = "new"
    office.press(Button.PREVIEW)
    office.wait()
    assert "Reply preview" in [sheet.name for sheet in opened.sheets], office.log()
    office.answer("Update them")
    office.select(opened, "Contacts", f"A2:E{last + 2}")
    office.press(Button.UPDATE)
    office.wait()
    assert any(patches(sandbox)), office.log()
    assert formulas(opened) == []
    messages = [str(row["Reply message"]) for row in by_header(opened, "Contacts", last + 1)]
    assert [text for text in messages if any(ord(char) < 32 and char not in "\t\n" for char in text)] == []
    assert_plain(office)


@needs_office
@pytest.mark.parametrize("note", ["evil@example.com", None])
def test_a_foreign_sheet_of_columns_that_maps_notes_to_email(office: Clicking, book: Book, sandbox: Sandbox, note: str | None) -> None:
    """Where it would make an e-mail of a note, the row is another person's; else it is said in the one box, which is closed. Nothing is sent,
    and nothing is remembered for the next workbook."""
    path = book(("Reply ID", "First name", "Title", "Notes"), (FIRST_ID, "First0", "CTO", note), (FIRST_ID + 1, "First1", "CEO", None))
    made = openpyxl.load_workbook(path)
    page: Any = made.create_sheet("Reply columns")
    for line in (["reply_xl columns 1"], ["Column", "Header", "Goes to", "Send"], ["D", "Notes", "Email", "yes"]):
        page.append(line)
    made.save(path)
    opened = office.open(path)
    office.select(opened, "Contacts", "A2:A3")
    office.press(Button.UPDATE)
    office.wait()
    said = "D2 says evil@example.com, but contact" if note else "D (Notes) goes to Email: proposed by the workbook itself, instead of Notes"
    assert said in office.asked()[0]["text"], office.log()
    assert patches(sandbox) == []
    clean = office.open(book(("Reply ID", "Notes"), (FIRST_ID, "a note"), name="clean.xlsx"))
    office.select(clean, "Contacts", "A2")
    office.press(Button.UPDATE)
    office.wait()
    assert [request.body for request in patches(sandbox)] == [{"notes": "a note"}], office.log()


@needs_office
def test_a_strangers_preview(office: Clicking, sandbox: Sandbox, tmp_path: Path) -> None:
    """Another contact's ID, a value that Reply does not hold, a hidden line, a dangerous field: none of it is sent without being seen."""
    sandbox.edit(FIRST_ID, title="CTO")
    made = openpyxl.Workbook()
    page: Any = made.active
    page.title = "Reply preview"
    page.append(["reply_xl preview 1"])
    page.append(["Row", "Reply ID", "Contact", "E-mail", "Field", "Now in Reply", "Will become", "Note", "Decision"])
    page.append(["x!2", FIRST_ID, "", "p0@example.com", "Title", "CTO", '=HYPERLINK("x")', "", "send"])
    page["G3"].data_type = "s"
    page.append(["x!3", FIRST_ID + 1, "", "p2@example.com", "Title", "", "evil", "", "send"])
    page.append(["x!4", FIRST_ID + 3, "", "p3@example.com", "Title", "CEO", "evil", "", "send"])
    page.append(["x!5", FIRST_ID + 4, "", "p4@example.com", "Title", "", "evil", "", "send"])
    page.append(["x!6", FIRST_ID + 5, "", "p5@example.com", "Opted out", "no", "yes", "Agreed to by all", "send"])
    page.row_dimensions[6].hidden = True
    path = tmp_path / "stranger.xlsx"
    made.save(path)
    opened = office.open(path)
    office.select(opened, "Reply preview", "A1")
    office.press(Button.UPDATE)
    office.wait()
    assert "have another e-mail or name in Reply than in the preview" in office.asked()[0]["text"], office.log()
    assert patches(sandbox) == []
    opened.sheets["Reply preview"].range("D4").raw_value = "p1@example.com"
    opened.sheets["Reply preview"].range("F4").raw_value = "not this"
    office.answer("Leave these out")
    office.press(Button.UPDATE)
    office.wait()
    assert "Opted out of 1 contact" in office.asked()[1]["text"], office.log()
    sent = [(request.path.rpartition("/")[2], request.body) for request in patches(sandbox)]
    assert sent == [(str(FIRST_ID), {"title": '=HYPERLINK("x")'})]
    assert formulas(opened) == []


@needs_office
def test_headers_that_are_formulas(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """They are what they show, and stay formulas."""
    opened = office.open(book(('="Reply"&" ID"', '="Ti"&"tle"'), (FIRST_ID, '="C"&"TO"')))
    office.select(opened, "Contacts", "A2")
    office.press(Button.UPDATE)
    office.wait()
    assert [request.body for request in patches(sandbox)] == [{"title": "CTO"}], office.log()
    assert len(formulas(opened)) == 1
    assert opened.impl.doc.Sheets.getByIndex(0).getCellRangeByName("A1").Formula.startswith("=")


@needs_office
def test_a_strangers_sheet_for_practice(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """A sheet that bears the mark of practice is never taken in earnest, whoever marked it."""
    path = book(("Reply ID", "Title"), (FIRST_ID, "CTO"))
    made = openpyxl.load_workbook(path)
    made["Contacts"].defined_names["reply_xl_practice"] = DefinedName("reply_xl_practice", attr_text='"practice 0"')
    made.save(path)
    opened = office.open(path)
    office.select(opened, "Contacts", "A2")
    office.press(Button.UPDATE)
    office.wait()
    assert patches(sandbox) == [], office.log()
    assert office.asked()


@needs_office
def test_a_run_that_is_killed(office: Clicking, book: Book, make_sandbox: Callable[..., Sandbox]) -> None:
    """SIGKILL in mid-run: the next click on the workbook delivers what is known, and Retry failed sends the rest; no key is in the log."""
    sandbox = make_sandbox(30, latency=0.4)
    office.set_up(sandbox.url, {"REPLY_API_KEY": KEY})
    opened = office.open(book(("Reply ID", "Title"), *[(FIRST_ID + n, f"Title {n}") for n in range(30)]))
    office.select(opened, "Contacts", "A2:A31")
    office.answer("Update them", "Update them")
    office.press(Button.UPDATE)
    until(lambda: len(patches(sandbox)) > 16, 20, office.log)
    process = int([line for line in office.log().splitlines() if "ReplyUpdate" in line][-1].split()[2])
    os.kill(process, signal.SIGKILL)
    for mark in (office.user / "clicks").glob("*.started"):
        mark.unlink()
    sandbox.set(latency=0)
    office.press(Button.RETRY)
    office.wait()
    assert {row["Reply status"] for row in by_header(opened, "Contacts", 30)} <= {"Updated", "Unchanged"}, office.log()
    assert all(sandbox.contact(FIRST_ID + n)["title"] == f"Title {n}" for n in range(30))
    assert any("which had been waiting, are in" in box["text"] for box in office.asked()), office.log()
    assert KEY not in office.log()
