"""The built add-in in a live LibreOffice: its buttons are pressed by the names in the ribbon's XML, and what they leave behind is read."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from reply_xl import __version__
from reply_xl.addresses import Area
from reply_xl.tab.click import Button, Click, parse

ROOT = Path(__file__).parent.parent
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"""
BOOK, SHEET = "Løads = 100 % 'é' 名.xlsx", "Zoë's 名 😀"
CALLBACKS = {
    str(item.get("id")): f"ReplyRibbon.{item.get('onAction')}"
    for item in ET.parse(ROOT / "addin" / "customUI14.xml").iter()
    if item.get("onAction")
}


@cache
def python_with_uno() -> str | None:
    """A Python that can talk to LibreOffice; uno belongs to the one of the operating system."""
    for folder in ("/usr/bin", "/usr/local/bin", os.environ.get("PATH", "")):
        found = shutil.which("python3", path=folder)
        if found and subprocess.run([found, "-c", "import uno"], capture_output=True).returncode == 0:
            return found
    return None


pytest.importorskip("pyopenvba", reason="the build of the add-in comes with the extra “test”")
pytestmark = [
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed"),
    pytest.mark.skipif(shutil.which("soffice") is not None and python_with_uno() is None, reason="python3-uno is not installed"),
]


class Office:
    """A LibreOffice of its own, with the add-in and a workbook open, whose user has a home folder of its own."""

    def __init__(self, folder: Path, driver: subprocess.Popen[str]) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.user = self.home / "data" / "reply_xl"
        self.clicks = self.user / "clicks"
        self._driver = driver

    def do(self, verb: str, *arguments: Any) -> Any:
        assert self._driver.stdin is not None
        assert self._driver.stdout is not None
        print(json.dumps([verb, arguments]), file=self._driver.stdin, flush=True)
        answer = json.loads(self._driver.stdout.readline())
        assert "error" not in answer, answer
        return answer["answer"]

    def press(self, button: Button, *arguments: Any) -> float:
        """Clicks a button; returns how long Excel would have been busy."""
        return float(self.do("press", CALLBACKS[button], button, *arguments)["seconds"])

    def is_pressed(self) -> bool:
        return bool(self.do("press", "ReplyRibbon.ReplyPracticePressed", "ReplyPractice", None)["last"])

    def files(self, ending: str) -> list[Path]:
        return sorted(self.clicks.glob(f"*{ending}")) if self.clicks.is_dir() else []

    def click(self) -> Click:
        """The only click there is, and that its Python was started with its name alone."""
        (path,) = self.files(".click")
        click = parse(path.read_bytes())
        assert path.stem == click.id
        wait_for(lambda: self.started() == [f"-I -m reply_xl.ribbon {click.id}"])
        return click

    def started(self) -> list[str]:
        """The arguments of each start of the stand-in for Python."""
        log = self.home / "started"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def set_up(self, **settings: str) -> None:
        """Starts afresh, with these lines in the launcher file."""
        shutil.rmtree(self.user, ignore_errors=True)
        self.user.mkdir(parents=True)
        (self.home / "started").unlink(missing_ok=True)
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        (self.user / "launcher.txt").write_text("reply-xl launcher 1\n" + "".join(lines), encoding="utf-8")


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    import runpy

    folder = tmp_path_factory.mktemp("office")
    addin = runpy.run_path(str(ROOT / "addin" / "build.py"))["build"](folder / "ReplyXL.xlam")
    (folder / "home" / "data").mkdir(parents=True)
    (folder / "profile" / "user").mkdir(parents=True)
    (folder / "profile" / "user" / "registrymodifications.xcu").write_text(PROFILE, encoding="utf-8")
    stub = folder / "home" / "pythonw stand-in"
    stub.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/home/started"\n', encoding="utf-8")
    stub.chmod(0o755)
    evil = folder / "evil"
    evil.write_text(f"#!/bin/sh\ntouch '{folder}/home/evil was run'\n", encoding="utf-8")
    evil.chmod(0o755)
    books = folder / "books"
    books.mkdir()
    (books / "launcher.txt").write_text(f"python={evil}\narguments=\n", encoding="utf-8")
    book = openpyxl.Workbook()
    book.active.title = SHEET  # type: ignore[union-attr]
    hostile = book.create_sheet("reply_xl.py")
    hostile["A1"], hostile["B1"] = "python", str(evil)
    book.create_sheet("xlwings.conf")["A1"] = "Interpreter"
    book.save(books / BOOK)
    pipe = f"reply{uuid.uuid4().hex}"
    environment = {**os.environ, "HOME": str(folder / "home"), "XDG_DATA_HOME": str(folder / "home" / "data"), "SAL_USE_VCLPLUGIN": "svp"}
    environment.pop("LOCALAPPDATA", None)
    switches = ["--headless", "--norestore", "--nologo", "--nodefault", f"--accept=pipe,name={pipe};urp"]
    office = subprocess.Popen(
        ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", *switches],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    python = python_with_uno()
    assert python is not None
    driver = subprocess.Popen(
        [python, Path(__file__).with_name("office_driver.py"), pipe],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert driver.stdout is not None
        assert json.loads(driver.stdout.readline()) == {"ready": True}
        made = Office(folder, driver)
        modules = made.do("open_addin", addin.as_uri())
        assert modules == ["ReplyClick", "ReplyRibbon", "ReplyStart", "Sheet1", "ThisWorkbook"]
        assert made.do("open_book", (books / BOOK).as_uri()) == BOOK
        yield made
        with contextlib.suppress(AssertionError, OSError, ValueError):
            made.do("close")
    finally:
        driver.kill()
        driver.wait()
        with contextlib.suppress(subprocess.TimeoutExpired):
            office.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(office.pid, 9)  # what it started as well: all of it is ours
        office.wait()


@pytest.fixture
def office(shared: Office) -> Office:
    """LibreOffice with Python set up, nothing clicked yet, and a selection of three areas."""
    shared.set_up(python=str(shared.home / "pythonw stand-in"), arguments="-I -m reply_xl.ribbon")
    shared.do("select", SHEET, ["A2:C4", "E6", "A9:B9"])
    return shared


AREAS = {Area(range(2, 5), range(3)), Area(range(6, 7), range(4, 5)), Area(range(9, 10), range(2))}


def test_a_click(office: Office):
    """Update, pressed by the name in the XML, notes workbook, sheet and each area as they were at the click, and starts Python with the
    name of the click alone. What is selected right afterwards changes nothing. Excel is free again in less than half a second."""
    seconds = office.press(Button.UPDATE)
    office.do("select", "reply_xl.py", ["B1"])
    click = office.click()
    assert (click.button, click.addin_version) == (Button.UPDATE, __version__)
    assert (click.book, click.sheet, click.kind) == (BOOK, SHEET, "Range")
    assert click.path.endswith(BOOK)
    assert set(click.areas) == AREAS
    assert len(click.areas) == 3
    assert (click.is_pressed, click.is_practice) == (None, False)
    assert office.files(".tmp") == []
    assert seconds < 0.5 or any(office.press(Button.UPDATE) < 0.5 for _ in range(5))  # once on a busy computer is no measure


@pytest.mark.parametrize("button", [button for button in Button if button is not Button.PRACTICE])
def test_every_button(office: Office, button: Button):
    """Every button leaves its own click, and Excel is free again in less than half a second; Cancel leaves its mark for a run that is going
    on as well."""
    seconds = office.press(button)
    click = office.click()
    assert click.button is button
    marks = office.files(".cancel")
    assert [parse(mark.read_bytes()).id for mark in marks] == ([click.id] if button is Button.CANCEL else [])
    assert seconds < 0.5 or any(office.press(button) < 0.5 for _ in range(5))


def test_no_cells_are_selected(office: Office):
    """With a shape selected there is a click without areas, so that the button can say why it does nothing."""
    office.do("select_shape", "xlwings.conf")
    office.press(Button.UPDATE)
    click = office.click()
    assert (click.sheet, click.areas) == ("xlwings.conf", ())
    assert click.kind != "Range"


def test_many_areas(office: Office):
    """Hundreds of single cells arrive one by one, and Excel is free again in less than half a second."""
    office.do("select", SHEET, [f"B{row}" for row in range(2, 1002, 2)])
    seconds = office.press(Button.UPDATE)
    assert {area.address for area in office.click().areas} == {f"B{row}:B{row}" for row in range(2, 1002, 2)}
    assert seconds < 0.5 or any(office.press(Button.UPDATE) < 0.5 for _ in range(5))


@pytest.mark.parametrize(("selected", "rows"), [("A5:AMJ9", range(5, 10)), ("B1:D1048576", range(1, 1_048_577))])
def test_whole_rows_and_columns(office: Office, selected: str, rows: range):
    """Whole rows and whole columns are one area each, not a million cells."""
    office.do("select", SHEET, [selected])
    office.press(Button.UPDATE)
    (area,) = office.click().areas
    assert area.rows == rows


def test_names_of_clicks(office: Office):
    """Clicks in quick succession have names of their own."""
    for _ in range(5):
        office.press(Button.PREVIEW)
    names = [path.stem for path in office.files(".click")]
    assert len(set(names)) == 5


def test_practice(office: Office):
    """Practice is a mark in the user's folder: set and taken away after the click was noted, and told from there by getPressed."""
    assert not office.is_pressed()
    office.press(Button.PRACTICE, True)
    click = office.click()
    assert (click.is_pressed, click.is_practice, click.shows_practice) == (True, False, True)
    assert (office.user / "practice").exists()
    assert office.is_pressed()
    office.press(Button.UPDATE)
    clicks = [parse(path.read_bytes()) for path in office.files(".click")]
    assert [click.is_practice for click in clicks if click.button is Button.UPDATE] == [True]
    (office.user / "practice").unlink()  # by another Excel, say
    office.press(Button.PREVIEW)
    clicks = [parse(path.read_bytes()) for path in office.files(".click")]
    assert [(click.is_practice, click.shows_practice) for click in clicks if click.button is Button.PREVIEW] == [(False, True)]
    office.press(Button.PRACTICE, True)
    office.press(Button.PRACTICE, False)
    assert not (office.user / "practice").exists()
    assert not office.is_pressed()


def test_no_workbook_chooses_what_runs(office: Office):
    """A launcher file beside the workbook and sheets named as if they were code or settings choose nothing."""
    office.do("select", "reply_xl.py", ["A1:B1"])
    office.press(Button.UPDATE)
    assert office.click().sheet == "reply_xl.py"
    office.set_up()
    office.press(Button.UPDATE)
    time.sleep(0.2)
    assert office.started() == []
    assert not (office.home / "evil was run").exists()


def _sentence(office: Office) -> str:
    return str(office.do("ask", "ReplyStart.StartPython", "000000000000000"))


@pytest.mark.parametrize(
    ("settings", "command"),
    [
        ({}, "reply-xl install"),
        ({"python": ""}, "reply-xl install"),
        ({"python": 'sh" -c "true'}, "reply-xl install"),
        ({"python": "/nowhere/pythonw"}, "reply-xl install"),
    ],
)
def test_python_that_cannot_start(office: Office, settings: dict[str, str], command: str):
    """Not set up, or Python gone: nothing runs, the click is not kept for later, and a sentence names the command that helps."""
    office.set_up(**settings)
    office.press(Button.UPDATE)
    assert office.files(".click") == []
    assert _sentence(office).endswith(".")
    assert command in _sentence(office)
    assert office.started() == []


def test_an_agent_starts_it(office: Office):
    """Where Excel may start nothing, the click stays for an agent, and nothing is started."""
    office.set_up(start="agent")
    office.press(Button.UPDATE)
    assert _sentence(office) == ""
    assert len(office.files(".click")) == 1
    assert office.started() == []


def test_a_folder_that_cannot_be_written(office: Office):
    """Where the click cannot be noted nothing is started, and nothing is raised into Excel."""
    office.clicks.write_text("a file where the folder should be", encoding="utf-8")
    office.press(Button.UPDATE)
    time.sleep(0.2)
    assert office.started() == []
    assert office.clicks.is_file()


def test_a_start_that_never_comes(office: Office):
    """A while after the click the add-in looks whether it was taken, and says so only if it was not; the text goes after a while."""
    note = office.home / "noted"
    writing = f'\n    Open "{note}" For Append As #9\n    Print #9, sentence\n    Close #9\n'
    changes = [("SECONDS_TO_START = 10", "SECONDS_TO_START = 1"), ("    Application.StatusBar = sentence\n", writing)]
    office.do("change_module", "ReplyRibbon", changes)
    office.press(Button.UPDATE)
    taken = office.click()
    office.files(".click")[0].rename(office.clicks / f"{taken.id}.started")
    assert not office.do("ask", "ReplyClick.IsWaiting", taken.id)
    time.sleep(1.5)
    assert not note.exists()
    (office.home / "started").unlink()
    office.press(Button.UPDATE)
    assert office.do("ask", "ReplyClick.IsWaiting", office.click().id)
    wait_for(lambda: note.exists() and note.read_text(encoding="utf-8").endswith("run reply-xl doctor.\n"))
    assert note.read_text(encoding="utf-8").count("\n") == 1
