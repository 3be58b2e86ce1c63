"""`doctor --live`: its steps in a live LibreOffice and over xlwings' Windows engine with a fake Excel; the report; the command."""

from __future__ import annotations

import dataclasses
import itertools
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
import xlwings as xw
from clicking import ROOT, Clicking
from conftest import Ran
from fake_excel import FakeExcel, install
from fake_excel.pywin32 import Desktop
from noted import ID, note
from office_engine import is_available, why_not

from reply_xl import __version__, config
from reply_xl.click import Button
from reply_xl.computers import System, rehearsal
from reply_xl.errors import ConfigError
from reply_xl.findings import Finding, State
from reply_xl.launcher import Launcher, parse
from reply_xl.live import excel_stage, text_of_report, try_in_excel
from reply_xl.live_click import asked, begin
from reply_xl.live_click import main as live_click
from reply_xl.live_report import TITLE
from reply_xl.live_stage import ARGUMENTS, MACRO, ExcelStage
from reply_xl.live_steps import SHEET, STEPS, Result, Step, Try, Verdict, run_steps
from reply_xl.places import places
from reply_xl.sandbox import Sandbox

APP_PATH = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"


class OfficeStage:
    """LibreOffice with the built add-in: one process, no keyboard."""

    missing: Mapping[str, str] = {
        "second": "LibreOffice is one process",
        "edit": "LibreOffice has no window here",
        "person": "LibreOffice draws no such tab",
    }

    def __init__(self, clicking: Clicking) -> None:
        self._clicking = clicking

    def begin(self, url: str) -> None:
        self._clicking.close_books()
        self._clicking.set_up(url)

    def open(self, file: Path) -> Any:
        return self._clicking.open(file)

    def select(self, book: Any, *areas: str) -> None:
        self._clicking.select(book, SHEET, *areas)

    def press(self, button: Button) -> None:
        self._clicking.press(button)

    def answer(self, *choices: str) -> None:
        self._clicking.answer(*choices)

    def asked(self) -> list[str]:
        return [box["text"] for box in self._clicking.asked()]

    def wait(self, seconds: float) -> bool:
        try:
            self._clicking.wait(seconds)
        except AssertionError:
            return False
        return True

    def close(self, book: Any) -> None:
        book.impl.doc.close(True)

    def open_elsewhere(self, file: Path) -> Any:
        raise AssertionError("it is not asked for")

    def edit(self) -> bool:
        raise AssertionError("it is not asked for")

    def end_edit(self) -> None: ...

    def ask_person(self, sentence: str) -> None: ...


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeStage]:
    if not is_available():
        pytest.skip(why_not())
    clicking = Clicking(tmp_path_factory.mktemp("live"))
    yield OfficeStage(clicking)
    clicking.end()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_in_libreoffice(office: OfficeStage, tmp_path: Path, step: Step) -> None:
    """It passes, or is not run because LibreOffice cannot show it."""
    (result,) = run_steps(office, tmp_path, [step])
    assert (result.verdict, result.reason) == ((Verdict.NOT_RUN, office.missing[step.needs]) if step.needs else (Verdict.PASS, ""))


# -- over xlwings' Windows engine


class FakeMachine:
    """A desktop on which `ExcelStage` may start fake Excels; its macro notes a click as the add-in does and carries it out in a thread."""

    def __init__(self, desktop: Desktop, user: Path) -> None:
        self.desktop, self._user = desktop, user
        self.started: list[FakeExcel] = []
        self.macros: list[tuple[str, ...]] = []
        self.environments: list[Mapping[str, str]] = []
        self.environment_is_set: Callable[[Mapping[str, str]], None] = lambda environment: None
        self.is_broken = False
        self.takes_keys = self.starts_python = True
        self.selects_all = False
        self._ids = (f"{number:015X}" for number in itertools.count(1))
        self._traps: dict[int, Any] = {}

    def start(self, program: Path, file: Path, environment: Mapping[str, str]) -> Any:
        assert program.name == "EXCEL.EXE"
        excel = self.desktop.add(FakeExcel())
        excel.open(file)
        self.started.append(excel)
        self.environments.append(environment)
        self.environment_is_set(environment)
        return Process(excel)

    def run(self, app: Any, name: str, *arguments: str) -> None:
        self.macros.append((name, *arguments))
        if self.is_broken:
            raise RuntimeError("Cannot run the macro")
        excel = self._excel(app.pid)
        book = excel.active
        assert book is not None
        areas = [str(area.Address) for area in app.api.Selection.Areas]
        if self.selects_all:
            areas = ["$A$2:$C$7"]
        button, click = Button(arguments[0]), next(self._ids)
        facts: dict[str, Any] = {"path": book.full_name, "sheet": SHEET, "window": book.hwnd, "click_id": click, "shown": ""}
        note(self._user, button, book.name, *areas, **facts)
        if button is Button.CANCEL:
            file = self._user / "clicks" / f"{click}.click"
            file.with_suffix(".cancel").write_bytes(file.read_bytes())
        if not self.starts_python:
            return
        outside = {"engine": lambda: xw.engines.active, "process_of": lambda window: self.desktop.process_of(window)[1] or None}
        threading.Thread(target=live_click, args=([click],), kwargs=outside, daemon=True).start()

    def move(self, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        """The clicks are carried out in this process, which then has the environment that Excel was started with."""
        self._user = Path(environment["LOCALAPPDATA"]) / "reply_xl"
        monkeypatch.setenv("XDG_DATA_HOME", environment["LOCALAPPDATA"])

    def press_key(self, window: int, key: int) -> None:
        if key == 0x71 and self.takes_keys:
            self._traps[window] = self.desktop.owner(window).reject(None)
        elif key == 0x1B:
            self.desktop.owner(window).traps.remove(self._traps.pop(window))

    def obey(self, sentence: str) -> None:
        """The person at the computer."""
        assert "click Update in the tab Reply" in sentence
        if not self.is_broken:
            self.run(xw.engines.active.apps[self.started[-1].pid], MACRO, "ReplyUpdate", "")

    def means(self) -> dict[str, Any]:
        return {"start": self.start, "run": self.run, "press_key": self.press_key, "ask_person": self.obey}

    def _excel(self, pid: int) -> FakeExcel:
        return next(excel for excel in self.started if excel.pid == pid)


class Process:
    """That of one fake Excel; `killed` holds the numbers of those that did not end when they were asked to."""

    killed: ClassVar[list[int]] = []

    def __init__(self, excel: FakeExcel) -> None:
        self.pid, self._excel = excel.pid, excel

    def wait(self, timeout: float | None = None) -> int:
        if not self._excel.ended:
            raise subprocess.TimeoutExpired("EXCEL.EXE", timeout or 0)
        return 0

    def kill(self) -> None:
        self.killed.append(self.pid)
        self._excel.end()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMachine]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "Local"))
    monkeypatch.setenv("REPLY_XL_QUOTA", "off")
    monkeypatch.setattr(Process, "killed", [])
    with install() as desktop:
        yield FakeMachine(desktop, tmp_path / "Local" / "reply_xl")


@pytest.fixture
def stage(machine: FakeMachine, tmp_path: Path) -> ExcelStage:
    return ExcelStage(tmp_path / "EXCEL.EXE", tmp_path, Path("python.exe"), lambda: xw.engines.active, **machine.means())


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_in_the_fake_excel(machine: FakeMachine, stage: ExcelStage, tmp_path: Path, step: Step) -> None:
    """It passes, and every Excel that was started is ended; another one that is open stays."""
    theirs = machine.desktop.add(FakeExcel())
    theirs.add_book("Theirs.xlsx").add_sheet("Contacts")
    (result,) = run_steps(stage, tmp_path, [step])
    assert (result.verdict, result.reason) == (Verdict.PASS, "")
    stage.end()
    assert machine.started
    assert all(excel.ended for excel in machine.started)
    assert not theirs.ended
    assert [book.name for book in theirs.books] == ["Theirs.xlsx"]
    assert machine.desktop.killed == Process.killed == []


def test_steps_that_fail(machine: FakeMachine, stage: ExcelStage, tmp_path: Path) -> None:
    """Where the macro does not run every step fails, with what Excel said, and nothing is left open."""
    machine.is_broken = True
    results = list(run_steps(stage, tmp_path, STEPS[:-1]))
    assert {one.verdict for one in results} == {Verdict.FAIL}
    assert {one.reason for one in results} == {"RuntimeError: Cannot run the macro"}
    stage.end()
    assert all(excel.ended for excel in machine.started)


def test_a_click_that_sends_too_much_is_noticed(machine: FakeMachine, stage: ExcelStage, tmp_path: Path) -> None:
    """Of all rows instead of those that are selected."""
    machine.selects_all = True
    (result, *_) = run_steps(stage, tmp_path, [STEPS[0]])
    assert result.verdict is Verdict.FAIL
    assert "'Updated', None, 'Updated', 'Updated', 'Updated', 'Updated'" in result.reason
    stage.end()


def test_a_click_that_nobody_takes_is_noticed(machine: FakeMachine, stage: ExcelStage, tmp_path: Path) -> None:
    """As where Excel may not start Python."""
    machine.starts_python = False
    stage.begin("http://127.0.0.1:9")
    book = stage.open(Try(stage, Sandbox([]), tmp_path).leads("x.xlsx", 1))
    stage.select(book, "A2")
    stage.press(Button.UPDATE)
    assert not stage.wait(0.2)
    stage.end()


def test_without_the_keyboard(machine: FakeMachine, stage: ExcelStage, tmp_path: Path) -> None:
    """A cell that could not be put into edit mode makes the step one that was not run."""
    machine.takes_keys = False
    (result,) = run_steps(stage, tmp_path, [step for step in STEPS if step.needs == "edit"])
    assert (result.verdict, result.reason.split(";")[0]) == (Verdict.NOT_RUN, "no cell could be put into edit mode")
    stage.end()


def test_what_excel_is_started_with(machine: FakeMachine, stage: ExcelStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own for clicks and records, no key, and a launcher that VBA reads as any other; the macro is that of every button."""
    monkeypatch.setenv("REPLY_API_KEY", "secret")
    local = tmp_path / "Local"
    stage = ExcelStage(
        tmp_path / "EXCEL.EXE", tmp_path, Path("python.exe"), lambda: xw.engines.active, start=machine.start, run=machine.run
    )
    list(run_steps(stage, tmp_path, [STEPS[1]]))
    environment = machine.environments[-1]
    assert environment["LOCALAPPDATA"] == str(local)
    assert "REPLY_API_KEY" not in environment
    launcher = (local / "reply_xl" / "launcher.txt").read_bytes().decode()
    assert parse(launcher) == Launcher("python.exe", False, __version__)
    assert "arguments=-I -m reply_xl.live_click\r\n" in launcher
    assert machine.macros == [(MACRO, "ReplyUpdate", "")]
    ribbon = (Path(__file__).parents[1] / "addin" / "ReplyRibbon.bas").read_text(encoding="ascii")
    assert "Private Sub HandleClick(button As String, pressed As String)\n" in ribbon
    assert MACRO == "'ReplyXL.xlam'!ReplyRibbon.HandleClick"
    stage.end()


def test_an_excel_that_does_not_open_the_workbook(machine: FakeMachine, tmp_path: Path) -> None:
    """It cannot be asked to end either, as no program finds an Excel without a workbook: that very process is ended."""

    def start(program: Path, file: Path, environment: Mapping[str, str]) -> Any:
        started = machine.start(program, file, environment)
        machine.started[-1].books[0].close()
        return started

    stage = ExcelStage(tmp_path / "EXCEL.EXE", tmp_path, Path("python.exe"), lambda: xw.engines.active, start=start, patience=0.3)
    (result,) = run_steps(stage, tmp_path, [STEPS[0]])
    assert result.reason.startswith("ConfigError: Excel was started and did not open the workbook")
    stage.end()
    assert Process.killed == [machine.started[-1].pid]


def test_scripted_answers_never_reach_reply(machine: FakeMachine, stage: ExcelStage, tmp_path: Path) -> None:
    """A server that is not on this computer is not asked; the click stays where it is."""
    stage.begin("https://api.reply.io")
    note(tmp_path / "Local" / "reply_xl", Button.UPDATE, "x.xlsx", "$A$2")
    assert live_click([ID]) == 1
    assert not stage.wait(0)


@pytest.mark.skipif(sys.platform == "win32", reason="Excel may be there")
def test_what_the_macro_starts() -> None:
    """The command line of the launcher, in a process of its own: it takes the click, and what a box would say is noted."""
    user = config.shared_folder()
    user.mkdir(parents=True)
    begin(user, "http://127.0.0.1:9")
    note(user, Button.UPDATE, "x.xlsx", "$A$2")
    ran = subprocess.run([sys.executable, *ARGUMENTS.split(), ID], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    (said,) = asked(user)
    assert said.startswith("There is no Excel on this computer that reply-xl can speak with; ")
    assert list((user / "clicks").iterdir()) == []


# -- the report and the command


def test_the_report_names_nobody(tmp_path: Path) -> None:
    """Neither the user nor the computer nor a folder of theirs, though reasons and policies hold them; build, steps and policies are there."""
    computer = rehearsal(tmp_path / "Zoë Müller", System.WINDOWS)
    environ = {**computer.environ, "USERNAME": "zmueller", "COMPUTERNAME": "LAPTOP-77", "USERDOMAIN": "CONTOSO"}
    computer = dataclasses.replace(computer, environ=environ)
    key = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
    computer.registry.set(key, "VersionToReport", "16.0.17928.20114")
    computer.registry.set(key, "Platform", "x64")
    reason = rf"C:\Users\zmueller\x on LAPTOP-77 of contoso, {tmp_path / 'Zoë Müller' / 'a'}, C:\Users\other one\y, /home/somebody/z | end"
    results = [Result("A step", Verdict.FAIL, 1.25, reason), Result("Another", Verdict.PASS, 2.0, "")]
    findings = [Finding("Python", State.FINE, f"Excel can start {computer.python}.")]
    text = text_of_report(computer, findings, results, "2026-11-23")
    for name in ("zmueller", "laptop-77", "contoso", "zoë", "müller", "other one", "somebody", str(computer.python).casefold()):
        assert name not in text.casefold()
    assert "| Excel | 16.0.17928.20114 64-bit |" in text
    assert "| Another | PASS | 2.0 |  |" in text
    assert "| Python | ok |" in text
    assert '"trusts": true' in text
    assert text.startswith("# reply-xl doctor --live\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Excel may be there")
def test_live_without_excel(run: Callable[..., Ran], tmp_path: Path) -> None:
    """One sentence after the findings, and no report."""
    ran = run("doctor", "--live", "--offline")
    assert ran.code == 1
    assert "Windows only" in ran.err
    assert run("doctor", "--live", "--prefix", tmp_path / "p").err.startswith("--live starts the Excel of this computer")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("lacks", "says"), [("program", "No Excel was found"), ("add-in", "The add-in is not installed"), ("", "cannot spell")]
)
def test_what_a_stage_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacks: str, says: str) -> None:
    """Excel, the add-in, and a folder that its macros can spell; nothing is started before."""
    computer = rehearsal(tmp_path / "home", System.WINDOWS, code_page="ascii")
    if lacks != "program":
        (tmp_path / "EXCEL.EXE").touch()
        computer.registry.set(APP_PATH, "", str(tmp_path / "EXCEL.EXE"))
    if lacks != "add-in":
        places(computer).addin.parent.mkdir(parents=True, exist_ok=True)
        places(computer).addin.touch()
    (tmp_path / "Ł").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "Ł"))
    with pytest.raises(ConfigError, match=says), excel_stage(computer, lambda: None):
        raise AssertionError("it cannot begin")


def test_the_whole_of_it(machine: FakeMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each step, the sum, and the report; nothing but the report is left."""
    (tmp_path / "EXCEL.EXE").touch()
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    computer = rehearsal(tmp_path / "home", System.WINDOWS)
    computer.registry.set(APP_PATH, "", str(tmp_path / "EXCEL.EXE"))
    places(computer).addin.parent.mkdir(parents=True)
    places(computer).addin.touch()
    machine.environment_is_set = lambda environment: machine.move(environment, monkeypatch)
    said: list[str] = []
    report = tmp_path / "report.md"
    results = try_in_excel(computer, [], report, said.append, lambda: xw.engines.active, **machine.means())
    assert [line[:8] for line in said[1:-1]] == ["PASS    "] * len(STEPS), said
    assert said[-1].startswith(f"{len(STEPS)} PASS. The report is in ")
    assert [one.verdict for one in results] == [Verdict.PASS] * len(STEPS)
    assert report.read_text(encoding="utf-8").count("| PASS |") == len(STEPS)
    assert list((tmp_path / "temp").iterdir()) == []
    assert all(excel.ended for excel in machine.started)
    with pytest.raises(ConfigError, match="The report cannot be written"):
        try_in_excel(computer, [], tmp_path, said.append, lambda: xw.engines.active, **{**machine.means(), "start": None})


def test_until_a_report_is_there_the_readme_says_so() -> None:
    """The first screen of the README says “not yet run in Excel” exactly as long as no report of `doctor --live` is kept."""
    reports = [file for file in (ROOT / "addin" / "reports").glob("*.md") if file.name != "README.md"]
    first_screen = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## ")[0]
    assert ("not yet run in Excel" in " ".join(first_screen.split())) is (not reports)
    assert all(file.read_text(encoding="utf-8").startswith(TITLE) for file in reports)


def test_the_page_of_reports_lists_the_steps() -> None:
    """Each step, in its order."""
    page = (ROOT / "addin" / "reports" / "README.md").read_text(encoding="utf-8")
    listed = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")][1:]
    assert listed == [step.name.removesuffix(", results delivered at the next click") for step in STEPS]
