"""`doctor --live`: its steps in a live LibreOffice and over xlwings' Windows engine with a fake Excel; the report; the command."""

from __future__ import annotations

import dataclasses
import itertools
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
import xlwings as xw
from clicking import ROOT, Clicking, until
from conftest import Ran
from fake_excel import FakeExcel, install
from fake_excel.pywin32 import Desktop
from noted import ID, note
from office_engine import is_available, why_not

from reply_xl import __version__, config, functions
from reply_xl.doctor.findings import Finding, State
from reply_xl.doctor.live import excel_stage, text_of_report, try_in_excel
from reply_xl.doctor.live_click import asked, begin, end, end_with
from reply_xl.doctor.live_click import main as live_click
from reply_xl.doctor.live_report import TITLE
from reply_xl.doctor.live_stage import ARGUMENTS, MACRO, ExcelStage
from reply_xl.doctor.live_steps import STEPS
from reply_xl.doctor.live_try import Result, Step, Try, Verdict, run_steps
from reply_xl.doctor.live_watch import Watch
from reply_xl.errors import ConfigError
from reply_xl.sandbox import Sandbox
from reply_xl.setup.computers import Computer, System, rehearsal
from reply_xl.setup.launcher import Launcher, parse
from reply_xl.setup.places import LAUNCHER, places
from reply_xl.setup_commands import live_code
from reply_xl.tab.click import Button
from reply_xl.tab.serving import PRACTICE, serving

APP_PATH = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"


class OfficeStage:
    """LibreOffice with the built add-in: one process, no keyboard."""

    missing: Mapping[str, str] = {
        "second": "LibreOffice is one process",
        "edit": "LibreOffice has no window here",
        "person": "LibreOffice draws no such tab",
        "functions": "LibreOffice does not open that file",
    }

    def __init__(self, clicking: Clicking) -> None:
        self._clicking = clicking
        self.shared = clicking.user

    def begin(self, url: str) -> None:
        self._clicking.close_books()
        (self.shared / PRACTICE).unlink(missing_ok=True)
        until(lambda: serving(self.shared) is None, 10, self._clicking.log)
        self._clicking.set_up(url, watches_practice=True)

    def open(self, file: Path) -> Any:
        return self._clicking.open(file)

    def select(self, book: Any, sheet: str, *areas: str) -> None:
        self._clicking.select(book, sheet, *areas)

    def press(self, button: Button, pressed: str = "") -> None:
        self._clicking.press(button, *([pressed == "1"] if pressed else []))

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
    not_run = Verdict.SKIP if step.is_optional else Verdict.NOT_RUN
    assert (result.verdict, result.reason) == ((not_run, office.missing[step.needs]) if step.needs else (Verdict.PASS, ""))


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
        self.marks_practice = "01"
        self.selects_all = False
        self.functions: dict[str, Callable[..., Any]] = {}
        self.processes: list[subprocess.Popen[bytes]] = []
        self._ids = (f"{number:015X}" for number in itertools.count(1))
        self._traps: dict[int, Any] = {}

    def start(self, program: Path, file: Path, environment: Mapping[str, str]) -> Any:
        assert program.name == "EXCEL.EXE"
        process = subprocess.Popen(
            [sys.executable, "-S", "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
        )  # the practice server ends with it
        self.processes.append(process)
        excel = self.desktop.add(FakeExcel(pid=process.pid))
        excel.functions.update(self.functions)
        excel.open(file)
        self.started.append(excel)
        self.environments.append(environment)
        self.environment_is_set(environment)
        return Process(excel, process)

    def end(self) -> None:
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.close()
            process.kill()
            process.wait()

    def run(self, app: Any, name: str, *arguments: str) -> None:
        self.macros.append((name, *arguments))
        if self.is_broken:
            raise RuntimeError("Cannot run the macro")
        excel = self._excel(app.pid)
        book = excel.active
        assert book is not None
        assert book.active is not None
        areas = [str(area.Address) for area in app.api.Selection.Areas]
        if self.selects_all:
            areas = ["$A$2:$C$7"]
        button, click = Button(arguments[0]), next(self._ids)
        facts: dict[str, Any] = {"path": book.full_name, "sheet": book.active.name, "window": book.hwnd, "click_id": click}
        facts |= {"pressed": arguments[1], "practice": "01"[(self._user / PRACTICE).exists()], "shown": ""}
        note(self._user, button, book.name, *areas, **facts)
        if button is Button.PRACTICE and arguments[1] in self.marks_practice:
            (self._user / PRACTICE).touch() if arguments[1] == "1" else (self._user / PRACTICE).unlink()
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

    def __init__(self, excel: FakeExcel, process: subprocess.Popen[bytes]) -> None:
        self.pid, self._excel, self._process = excel.pid, excel, process

    def wait(self, timeout: float | None = None) -> int:
        if not self._excel.ended:
            raise subprocess.TimeoutExpired("EXCEL.EXE", timeout or 0)
        self._process.kill()
        return self._process.wait()

    def kill(self) -> None:
        self.killed.append(self.pid)
        self._excel.end()
        self.wait()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMachine]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "Local"))
    monkeypatch.setenv("REPLY_XL_QUOTA", "off")
    monkeypatch.setattr(Process, "killed", [])
    with install() as desktop:
        made = FakeMachine(desktop, tmp_path / "Local" / "reply_xl")
        yield made
        made.end()


@pytest.fixture
def stage(machine: FakeMachine, tmp_path: Path) -> ExcelStage:
    return ExcelStage(tmp_path / "EXCEL.EXE", tmp_path, Path("python.exe"), lambda: xw.engines.active, libraries=[], **machine.means())


def as_in_a_cell(function: Callable[..., Any]) -> Callable[..., Any]:
    """Arguments and answer go through blocks, as xlwings hands them over."""

    def call(*arguments: Any) -> Any:
        found = function(*([[one]] for one in arguments))
        return found[0][0] if isinstance(found, list) else found

    return call


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_in_the_fake_excel(machine: FakeMachine, stage: ExcelStage, tmp_path: Path, step: Step) -> None:
    """It passes, and every Excel that was started is ended; another one that is open stays."""
    theirs = machine.desktop.add(FakeExcel())
    theirs.add_book("Theirs.xlsx").add_sheet("Contacts")
    machine.functions.update({name: as_in_a_cell(getattr(functions, name)) for name in functions.NAMES})
    (result,) = run_steps(stage, tmp_path, [step])
    assert (result.verdict, result.reason) == (Verdict.PASS, "")
    stage.end()
    assert serving(stage.shared) is None
    assert machine.started
    assert all(excel.ended for excel in machine.started)
    assert not theirs.ended
    assert [book.name for book in theirs.books] == ["Theirs.xlsx"]
    assert machine.desktop.killed == Process.killed == []


def test_steps_that_fail(machine: FakeMachine, stage: ExcelStage, tmp_path: Path) -> None:
    """Where the macro does not run every step fails, with what Excel said, and nothing is left open."""
    machine.is_broken = True
    results = list(run_steps(stage, tmp_path, [step for step in STEPS if step.needs not in ("person", "functions")]))
    assert {one.verdict for one in results} == {Verdict.FAIL}
    assert {one.reason for one in results} == {"RuntimeError: Cannot run the macro"}
    stage.end()
    assert all(excel.ended for excel in machine.started)


def test_a_click_that_sends_too_much_is_noticed(machine: FakeMachine, stage: ExcelStage, tmp_path: Path) -> None:
    """Of all rows instead of those that are selected."""
    machine.selects_all = True
    (result, *_) = run_steps(stage, tmp_path, [STEPS[1]])
    assert result.verdict is Verdict.FAIL
    assert "'practice: Updated', None, 'practice: Updated', 'practice: Updated'" in result.reason
    stage.end()


@pytest.mark.parametrize(("marks", "says"), [("0", "no practice server is there"), ("1", "practice: (")])
def test_practice_that_does_not_begin_or_end(machine: FakeMachine, stage: ExcelStage, tmp_path: Path, marks: str, says: str) -> None:
    """As where the macro cannot write or delete its mark; it is over all the same when the step is."""
    machine.marks_practice = marks
    (result,) = run_steps(stage, tmp_path, [STEPS[0]])
    assert result.verdict is Verdict.FAIL
    assert result.reason.startswith(says)
    stage.end()
    assert serving(stage.shared) is None
    assert not (stage.shared / PRACTICE).exists()


@pytest.mark.parametrize("number", range(1, 7))
def test_interrupted(machine: FakeMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Ctrl-C at any of the first clicks, in practice and not: every Excel is ended, practice is over, its server gone and the folder too; the
    user's own practice, click and workbook stay as they were."""
    computer = ready(tmp_path, monkeypatch)
    machine.environment_is_set = lambda environment: machine.move(environment, monkeypatch)
    own = tmp_path / "Local" / "reply_xl"
    note(own, Button.UPDATE, "x.xlsx", "$A$2")
    (own / PRACTICE).touch()
    before = (own / PRACTICE).stat().st_mtime_ns
    theirs = machine.desktop.add(FakeExcel())
    theirs.add_book("Theirs.xlsx").add_sheet("Contacts")
    folders: list[Path] = []

    def run(app: Any, name: str, *arguments: str) -> None:
        if len(machine.macros) == number:
            folders.append(Path(machine.environments[-1]["LOCALAPPDATA"]) / "reply_xl")
            raise KeyboardInterrupt
        machine.run(app, name, *arguments)

    means = {**machine.means(), "run": run}
    with pytest.raises(KeyboardInterrupt):
        try_in_excel(computer, [], tmp_path / "report.md", lambda line: None, lambda: xw.engines.active, **means)
    assert serving(folders[0]) is None
    assert all(excel.ended for excel in machine.started)
    assert Process.killed == []
    assert list((tmp_path / "temp").iterdir()) == []
    assert not (tmp_path / "report.md").exists()
    assert ((own / PRACTICE).stat().st_mtime_ns, [file.name for file in (own / "clicks").iterdir()]) == (before, [f"{ID}.click"])
    assert (theirs.ended, [book.name for book in theirs.books]) == (False, ["Theirs.xlsx"])


def test_an_excel_that_is_interrupted_while_it_ends(machine: FakeMachine, tmp_path: Path) -> None:
    """It is killed, and so is the other one that was started."""

    class Interrupted(Process):
        def wait(self, timeout: float | None = None) -> int:
            if not self._excel.ended or timeout is not None:
                raise KeyboardInterrupt
            return super().wait(timeout)

    def start(program: Path, file: Path, environment: Mapping[str, str]) -> Any:
        started = machine.start(program, file, environment)
        return Interrupted(machine.started[-1], machine.processes[-1]) if len(machine.started) == 1 else started

    means = {**machine.means(), "start": start}
    stage = ExcelStage(tmp_path / "EXCEL.EXE", tmp_path, Path("python.exe"), lambda: xw.engines.active, **means)
    stage.begin("http://127.0.0.1:9")
    one = Try(stage, Sandbox([]), tmp_path, Watch("http://127.0.0.1:9"))
    one.open(1)
    stage.open_elsewhere(one.leads("other/doctor.xlsx", 1))
    with pytest.raises(KeyboardInterrupt):
        stage.end()
    assert Process.killed == [machine.started[0].pid]
    assert all(excel.ended for excel in machine.started)


def test_a_click_that_goes_on_ends_with_its_step(tmp_path: Path) -> None:
    """A process that Excel started does not outlive `doctor --live`, nor take part in the next step."""
    begin(tmp_path, "http://127.0.0.1:9")
    works = f"import pathlib, time; from {end_with.__module__} import end_with; end_with(pathlib.Path({str(tmp_path)!r}))"
    process = subprocess.Popen([sys.executable, "-c", f"{works}; print(flush=True); time.sleep(60)"], stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        end(tmp_path)
        assert process.wait(20) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Excel may be there")
def test_where_an_agent_takes_the_clicks(machine: FakeMachine, tmp_path: Path) -> None:
    """Excel, which may start nothing, leaves the click to an agent of the stage's own; that ends with it."""
    machine.starts_python = False
    stage = ExcelStage(tmp_path / "EXCEL.EXE", tmp_path, Path(sys.executable), lambda: xw.engines.active, has_agent=True, **machine.means())
    assert b"start=agent" in (stage.shared / LAUNCHER).read_bytes()
    stage.begin("http://127.0.0.1:9")
    book = stage.open(Try(stage, Sandbox([]), tmp_path, Watch("http://127.0.0.1:9")).leads("x.xlsx", 1))
    stage.select(book, "Contacts", "A2")
    stage.press(Button.UPDATE)
    assert stage.wait(30)
    assert stage.asked()[0].startswith("There is no Excel on this computer that reply-xl can speak with; ")
    stage.end_for_good()
    until(lambda: not any(thread.name == "agent" for thread in threading.enumerate()), 5)


def test_a_folder_that_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a virus scanner holds a file: it is named."""
    computer, said = ready(tmp_path, monkeypatch), []
    with excel_stage(computer, lambda: None, said.append, lets_go_within=0.3) as (_, folder):
        folder.rename(tmp_path / "elsewhere")
        folder.symlink_to(tmp_path / "elsewhere", target_is_directory=True)  # which is never deleted
    assert said == [f"The folder {folder} is still in use; delete it later."]


def test_only_this_computer_is_watched() -> None:
    with pytest.raises(ValueError, match="not a server of this computer"):
        Watch("https://api.reply.io")


def test_a_click_that_nobody_takes_is_noticed(machine: FakeMachine, stage: ExcelStage, tmp_path: Path) -> None:
    """As where Excel may not start Python."""
    machine.starts_python = False
    stage.begin("http://127.0.0.1:9")
    book = stage.open(Try(stage, Sandbox([]), tmp_path, Watch("http://127.0.0.1:9")).leads("x.xlsx", 1))
    stage.select(book, "Contacts", "A2")
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
    list(run_steps(stage, tmp_path, [STEPS[0]]))
    environment = machine.environments[-1]
    assert environment["LOCALAPPDATA"] == str(local)
    assert "REPLY_API_KEY" not in environment
    launcher = (local / "reply_xl" / "launcher.txt").read_bytes().decode()
    assert parse(launcher) == Launcher("python.exe", False, __version__)
    assert "arguments=-I -m reply_xl.doctor.live_click\r\n" in launcher
    assert machine.macros == [(MACRO, "ReplyPractice", "1"), (MACRO, "ReplyPractice", "0")]
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
    reason = rf"C:\Users\zmueller\x on LAPTOP-77 of contoso, {tmp_path / 'Zoë Müller' / 'a'}, C:\Users\other one\y, /home/somebody/z | end, zo@contoso-mail.com"
    reason += repr(rf" D:\Profiles\zmueller {tmp_path / 'Zoë Müller'}")
    results = [Result("A step", Verdict.FAIL, 1.25, reason), Result("Another", Verdict.PASS, 2.0, "")]
    findings = [Finding("Python", State.FINE, f"Excel can start {computer.python}.")]
    text = text_of_report(computer, findings, results, "2026-11-23")
    for name in (
        "zmueller",
        "laptop-77",
        "contoso",
        "zoë",
        "müller",
        "other one",
        "somebody",
        "zo@",
        "contoso-mail",
        str(computer.python).casefold(),
    ):
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
    with pytest.raises(ConfigError, match=says), excel_stage(computer, lambda: None, str):
        raise AssertionError("it cannot begin")


def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    """A computer with Excel and the add-in; scratch folders are made in `tmp_path/temp`."""
    (tmp_path / "EXCEL.EXE").touch()
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    computer = rehearsal(tmp_path / "home", System.WINDOWS)
    computer.registry.set(APP_PATH, "", str(tmp_path / "EXCEL.EXE"))
    places(computer).addin.parent.mkdir(parents=True)
    places(computer).addin.touch()
    return computer


@pytest.mark.timeout(300)  # a minute and a half where nothing else runs
def test_the_whole_of_it(machine: FakeMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each step, the sum, and the report; nothing but the report is left."""
    computer = ready(tmp_path, monkeypatch)
    places(computer).functions.touch()
    machine.functions.update({name: as_in_a_cell(getattr(functions, name)) for name in functions.NAMES})
    machine.environment_is_set = lambda environment: machine.move(environment, monkeypatch)
    said: list[str] = []
    report = tmp_path / "report.md"
    report.write_text(f"{TITLE}\n\nan older one")
    results = try_in_excel(computer, [], report, said.append, lambda: xw.engines.active, **machine.means())
    assert [line[:8] for line in said[1:-1]] == ["PASS    "] * len(STEPS), said
    assert said[-1].startswith(f"{len(STEPS)} PASS. The report is in ")
    assert [one.verdict for one in results] == [Verdict.PASS] * len(STEPS)
    assert report.read_text(encoding="utf-8").count("| PASS |") == len(STEPS)
    assert list((tmp_path / "temp").iterdir()) == []
    assert all(excel.ended for excel in machine.started)


@pytest.mark.parametrize(
    ("name", "says"), [("nowhere/r.md", "cannot be written"), ("", "cannot be written"), ("leads.xlsx", "another file")]
)
def test_where_a_report_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str) -> None:
    """It is said before Excel is started, and no file of the user's is replaced."""
    (tmp_path / "leads.xlsx").write_bytes(b"PK")
    with pytest.raises(ConfigError, match=says):
        try_in_excel(ready(tmp_path, monkeypatch), [], tmp_path / name, lambda line: None, lambda: None, start=None)
    assert (tmp_path / "leads.xlsx").read_bytes() == b"PK"


@pytest.mark.parametrize(
    ("before", "verdicts", "code"),
    [
        (0, [Verdict.PASS, Verdict.SKIP], 0),
        (0, [Verdict.PASS, Verdict.NOT_RUN], 3),
        (0, [Verdict.NOT_RUN, Verdict.FAIL], 1),
        (1, [Verdict.PASS], 1),
        (1, [Verdict.NOT_RUN], 1),
        (3, [Verdict.PASS], 3),
    ],
)
def test_how_it_ends(before: int, verdicts: list[Verdict], code: int) -> None:
    """What doctor found counts as well, however well the steps went."""
    assert live_code(before, [Result("A step", verdict, 0.0, "") for verdict in verdicts]) == code


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


def test_the_list_of_what_only_a_real_computer_shows_names_steps_that_are_there() -> None:
    """Of `doctor`, where the name is that of a finding, and after `--live` of that; each step of `doctor --live` is named."""
    page = (ROOT / "README.md").read_text(encoding="utf-8").partition("## What only a real computer shows")[2].partition("</details>")[0]
    rows = [line.split(" | ")[1] for line in page.splitlines() if line.startswith("| ") and " | " in line][1:]
    source = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "reply_xl" / "doctor").glob("*.py"))
    live = {name for row in rows for name in re.findall(r"\*([^*]+)\*", row.partition("`--live`")[2])}
    assert live == {step.name.removesuffix(", results delivered at the next click") for step in STEPS}
    for name in {name for row in rows for name in re.findall(r"\*([^*]+)\*", row.partition("`--live`")[0])}:
        assert f'"{name}"' in source, name
