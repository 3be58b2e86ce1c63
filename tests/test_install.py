"""Installing into Excel: the real installer over simulated Windows and Mac computers, and the command under --prefix."""

from __future__ import annotations

import contextlib
import dataclasses
import plistlib
import re
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import Ran

from reply_xl import __version__, config
from reply_xl.errors import ConfigError
from reply_xl.locks import BookLock, RunLock
from reply_xl.setup.addin_file import our_addin
from reply_xl.setup.computers import Computer, RealDeeds, RehearsedDeeds, System, WindowsDeeds, rehearsal
from reply_xl.setup.install import SHORTCUTS, Report, install, remove_empty_folders, uninstall
from reply_xl.setup.launcher import Launcher, parse
from reply_xl.setup.places import EXCEL_OPTIONS, OFFICE_FOLDERS, RUN, RUN_NAME, RUN_ONCE, Places, places, second_copies
from reply_xl.setup.placing import place_staged
from reply_xl.setup.registries import Registry, RegistryFile, WindowsRegistry
from reply_xl.whole_file import write_whole

ADDIN = b"the add-in"
SYSTEMS = list(System)


@pytest.fixture(params=SYSTEMS)
def computer(request: pytest.FixtureRequest, tmp_path: Path) -> Computer:
    """A computer of each kind, with a user that has nothing yet."""
    return rehearsal(tmp_path / "zoe", request.param)


@pytest.fixture
def windows(tmp_path: Path) -> Computer:
    return rehearsal(tmp_path / "zoe", System.WINDOWS)


def deeds(computer: Computer) -> RehearsedDeeds:
    assert isinstance(computer.deeds, RehearsedDeeds)
    return computer.deeds


def files(computer: Computer) -> dict[str, bytes]:
    """All files of the user, by path."""
    return {str(file.relative_to(computer.home)): file.read_bytes() for file in computer.home.rglob("*") if file.is_file()}


def launcher(at: Places) -> Launcher | None:
    return parse(at.launcher.read_bytes().decode())


def told(report: Report) -> str:
    return "\n".join([*report.done, *report.next])


# -- there and back


@pytest.mark.parametrize("agent", [False, True])
def test_there_and_back(computer: Computer, agent: bool) -> None:
    """What install writes is there, once; a second install changes no byte; uninstall leaves nothing, and says so when repeated."""
    first = install(computer, ADDIN, agent=agent)
    assert first.is_whole
    at = places(computer)
    assert at.addin.read_bytes() == ADDIN
    assert launcher(at) == Launcher(str(computer.python), agent, __version__)
    written = files(computer)
    second = install(computer, ADDIN, agent=agent)
    assert files(computer) == written
    assert f"The add-in was already in {at.startup}." in second.done
    assert uninstall(computer).is_whole
    assert files(computer) == {}
    again = uninstall(computer)
    assert again.done == ["Nothing of reply-xl was installed in Excel."]
    assert again.is_whole
    remove_empty_folders(computer)
    assert not computer.home.exists()


@pytest.mark.parametrize(
    ("system", "paths"),
    [
        (
            System.WINDOWS,
            {
                "AppData/Roaming/Microsoft/Excel/XLSTART/ReplyXL.xlam",
                "AppData/Local/reply_xl/launcher.txt",
                "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Reply for Excel/Update the selected rows.lnk",
                "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Reply for Excel/Preview the selected rows.lnk",
            },
        ),
        (
            System.MAC,
            {
                "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel/ReplyXL.xlam",
                "Library/Containers/com.microsoft.Excel/Data/reply_xl/launcher.txt",
                "Library/Application Scripts/com.microsoft.Excel/ReplyXL.scpt",
            },
        ),
        (System.OTHER, {".local/share/excel/startup/ReplyXL.xlam", ".local/share/reply_xl/launcher.txt"}),
    ],
)
def test_where_everything_lands(tmp_path: Path, system: System, paths: set[str]) -> None:
    """The folders of the real systems, and nothing anywhere else."""
    computer = rehearsal(tmp_path, system)
    install(computer, ADDIN)
    assert set(files(computer)) == paths


def test_the_folders_of_others_stay(computer: Computer) -> None:
    """Neither Excel's own folder nor what else lies there is touched."""
    at = places(computer)
    at.startup.mkdir(parents=True)
    (at.startup / "PERSONAL.XLSB").write_bytes(b"theirs")
    install(computer, ADDIN, agent=True)
    uninstall(computer)
    remove_empty_folders(computer)
    assert list(files(computer).values()) == [b"theirs"]


def test_a_new_version_takes_the_place_of_the_old(computer: Computer) -> None:
    """All or nothing, and Excel never sees a second file in its folder."""
    install(computer, b"old")
    install(computer, ADDIN)
    at = places(computer)
    assert [file.name for file in at.startup.iterdir()] == ["ReplyXL.xlam"]
    assert at.addin.read_bytes() == ADDIN


# -- what the launcher says


def test_the_launcher_is_what_vba_reads(windows: Computer) -> None:
    """Lines ended by CRLF, the Python without a window, and the module that takes a click."""
    install(windows, ADDIN)
    assert places(windows).launcher.read_bytes() == (
        f"reply-xl launcher 1\r\nversion={__version__}\r\npython={windows.python}\r\narguments=-I -m reply_xl.ribbon\r\n"
    ).encode("ascii")


def test_the_launcher_is_written_in_the_code_page(tmp_path: Path) -> None:
    """A name that the code page spells arrives in VBA as it is."""
    python = tmp_path / "Zoë" / "pythonw.exe"
    python.parent.mkdir()
    python.touch()
    computer = rehearsal(tmp_path / "home", System.WINDOWS, code_page="cp1252", python=python)
    install(computer, ADDIN)
    assert "Zoë".encode("cp1252") in places(computer).launcher.read_bytes()


def test_the_folder_of_the_launcher_is_the_one_clicks_go_to(computer: Computer) -> None:
    """The installer writes where `config.shared_folder` looks."""
    assert places(computer).shared == config.shared_folder(computer.environ, computer.system.platform)


# -- refusals


@pytest.mark.parametrize(
    "origin",
    [
        r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.12_3.12.2800.0_x64__qbz5n2kfra8p0\python3.12.exe",
        r"C:\Users\zoe\AppData\Local\Microsoft\WindowsApps\python.exe",
        r"C:\Users\zoe\AppData\Local\Packages\PythonSoftwareFoundation.Python.3.12_qbz5n2kfra8p0\LocalCache\local-packages\Python312",
    ],
)
def test_the_store_python_is_refused(windows: Computer, origin: str) -> None:
    """Also where only the interpreter behind the environment is from the Store; nothing is written, and the way out is named."""
    computer = dataclasses.replace(windows, origins=(r"C:\work\venv\Scripts\python.exe", origin))
    with pytest.raises(ConfigError, match="Microsoft Store") as caught:
        install(computer, ADDIN)
    assert "uv" in str(caught.value)
    assert not computer.home.exists()


@pytest.mark.parametrize("where", ["python", "home"])
def test_a_path_that_the_code_page_cannot_spell_is_refused(tmp_path: Path, where: str) -> None:
    """The sentence names the characters and both ways out; nothing is written."""
    strange = tmp_path / "Łukasz"
    python = (strange if where == "python" else tmp_path) / "pythonw.exe"
    python.parent.mkdir(exist_ok=True)
    python.touch()
    computer = rehearsal(strange / "home" if where == "home" else tmp_path / "home", System.WINDOWS, code_page="cp1252", python=python)
    with pytest.raises(ConfigError, match="“Ł”") as caught:
        install(computer, ADDIN)
    assert "UTF-8" in str(caught.value)
    assert "push --live" in str(caught.value)
    assert not computer.home.exists()
    utf_8 = dataclasses.replace(computer, code_page="utf-8")
    assert install(utf_8, ADDIN).is_whole


def test_best_fits_do_not_count_as_spelled() -> None:
    """A character that only resembles one of the code page is not that character."""
    computer = rehearsal(Path("x"), System.WINDOWS, code_page="cp1252")
    assert computer.spells("Zoë")
    assert not computer.spells("Ł")
    assert not computer.spells("Ａ")


def test_a_python_that_is_gone_is_refused(windows: Computer) -> None:
    """An environment without pythonw.exe."""
    with pytest.raises(ConfigError, match=r"pythonw\.exe is missing"):
        install(dataclasses.replace(windows, python=Path("/nowhere/pythonw.exe")), ADDIN)


@pytest.mark.parametrize("folder", [r"C:\Users\zoe\AppData\Local\uv\cache\archive-v0\x1\Scripts", "/Users/zoe/.cache/uv/archive-v0/x1/bin"])
def test_an_environment_that_will_be_emptied_is_refused(computer: Computer, folder: str) -> None:
    """That of “uvx”, which lies in a cache."""
    with pytest.raises(ConfigError, match="uv tool install"):
        install(dataclasses.replace(computer, origins=(folder,)), ADDIN)


def test_a_python_that_may_not_run_is_refused(computer: Computer) -> None:
    """Before anything is written: a policy of the computer would let every click fail."""
    deeds(computer).is_blocked = True
    with pytest.raises(ConfigError, match=r"does not let .* run"):
        install(computer, ADDIN)
    assert not computer.home.exists()


def test_a_place_that_isolated_mode_does_not_see_is_refused(computer: Computer) -> None:
    """As after “pip install --user”: Python runs, and our package is not found."""

    class OnlyPython(RehearsedDeeds):
        def can_run(self, arguments: Sequence[str]) -> bool:
            return "import" not in arguments[-1]

    with pytest.raises(ConfigError, match="does not find reply-xl"):
        install(dataclasses.replace(computer, deeds=OnlyPython()), ADDIN)


def test_whether_a_program_runs(tmp_path: Path) -> None:
    """As the real computer finds out: it ends with 0, with another code, or is not there."""
    real = RealDeeds()
    assert real.can_run([sys.executable, "-I", "-c", "import reply_xl"])
    assert not real.can_run([sys.executable, "-I", "-c", "import no_such_module"])
    assert not real.can_run([str(tmp_path / "no such program")])


def test_a_start_up_folder_on_the_network(windows: Computer) -> None:
    """Excel may not trust it: the sentence says so."""
    environ = {**windows.environ, "APPDATA": "\\\\server\\zoe"}
    with contextlib.chdir(windows.home.parent):
        report = install(dataclasses.replace(windows, environ=environ), ADDIN)
    assert any(line.startswith("\\\\server") and "trusted location" in line for line in report.next)
    assert not any("network" in line for line in install(windows, ADDIN).next)


def test_a_quotation_mark_is_refused(tmp_path: Path) -> None:
    """Nothing after it could be quoted for the shell."""
    python = tmp_path / 'a"b' / "python"
    python.parent.mkdir()
    python.touch()
    with pytest.raises(ConfigError, match="quotation mark"):
        install(rehearsal(tmp_path / "home", System.MAC, python=python), ADDIN)


def test_a_path_that_is_too_long_is_refused(windows: Computer, tmp_path: Path) -> None:
    """VBA's Dir knows 259 characters."""
    folder = tmp_path.joinpath(*["x" * 100] * 3)
    folder.mkdir(parents=True)
    (folder / "pythonw.exe").touch()
    with pytest.raises(ConfigError, match="too long"):
        install(dataclasses.replace(windows, python=folder / "pythonw.exe"), ADDIN)


def test_a_folder_that_cannot_be_written_has_its_sentence(computer: Computer) -> None:
    """A file lies where the folder should be."""
    at = places(computer)
    at.startup.parent.mkdir(parents=True)
    at.startup.write_text("a file")
    with pytest.raises(ConfigError, match="does not let reply-xl change") as caught:
        install(computer, ADDIN)
    assert str(at.startup) in str(caught.value)


# -- Excel is open


def test_with_excel_open_it_says_restart(computer: Computer) -> None:
    """The file is in its place, and Excel reads it when it starts."""
    deeds(computer).excel_is_open = True
    assert install(computer, ADDIN).next == ["Restart Excel: close all its windows and open it again."]
    assert "Restart Excel: until then it still shows the tab Reply." in uninstall(computer).next


def test_a_file_that_excel_holds_is_staged(windows: Computer) -> None:
    """The old file stays whole, nothing new lies in Excel's folder, a process waits, and the next logon begins the waiting anew."""
    install(windows, b"old")
    at = places(windows)
    deeds(windows).held.add(at.addin)
    report = install(windows, ADDIN)
    assert "is put in its place as soon as Excel is closed" in told(report)
    assert "Restart Excel" in told(report)
    assert at.addin.read_bytes() == b"old"
    assert [file.name for file in at.startup.iterdir()] == ["ReplyXL.xlam"]
    assert deeds(windows).started == [[str(windows.python), "-I", "-m", "reply_xl.placing"]]
    assert windows.registry.value(RUN_ONCE, RUN_NAME) == f'"{windows.python}" -I -m reply_xl.placing'


def test_the_staged_file_is_placed_when_excel_lets_go(windows: Computer) -> None:
    """However long that takes; then nothing of the staging is left."""
    install(windows, b"old")
    at = places(windows)
    deeds(windows).held.add(at.addin)
    install(windows, ADDIN)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 5:
            deeds(windows).held.clear()

    assert place_staged(windows, wait)
    assert len(waits) == 5
    assert at.addin.read_bytes() == ADDIN
    assert not at.staged.exists()
    assert windows.registry.value(RUN_ONCE, RUN_NAME) is None
    assert not place_staged(windows, wait)


def test_waiting_ends_when_it_was_taken_back(windows: Computer) -> None:
    """After an uninstall nothing is put back."""
    install(windows, b"old")
    deeds(windows).held.add(places(windows).addin)
    install(windows, ADDIN)
    uninstall(windows)
    assert not place_staged(windows, lambda _: pytest.fail("it waits"))


def test_waiting_has_an_end(windows: Computer) -> None:
    """An Excel that is never closed does not keep a process for ever."""
    install(windows, b"old")
    deeds(windows).held.add(places(windows).addin)
    install(windows, ADDIN)
    waits: list[float] = []
    assert not place_staged(windows, waits.append, patience=10)
    assert sum(waits) <= 11


def test_what_waits_never_overtakes_another_install(windows: Computer) -> None:
    """While one places a file, a second install or an uninstall has to wait: an old version never lands on a newer one, nor after an uninstall."""
    install(windows, b"old")
    at = places(windows)
    deeds(windows).held.add(at.addin)
    install(windows, b"new")
    refused: list[str] = []

    class Placing(RehearsedDeeds):
        def put(self, source: Path, target: Path) -> None:
            for act in (lambda: install(windows, b"newer"), lambda: uninstall(windows)):
                with pytest.raises(ConfigError) as caught:
                    act()
                refused.append(str(caught.value))
            super().put(source, target)

    assert place_staged(dataclasses.replace(windows, deeds=Placing()))
    assert len(refused) == 2
    assert at.addin.read_bytes() == b"new"
    deeds(windows).held.clear()
    install(windows, b"newer")
    assert at.addin.read_bytes() == b"newer"


def test_the_waiting_begins_anew_after_each_logon(windows: Computer) -> None:
    """Windows forgets such a value when it obeys it; whoever logs off with Excel still open is not left with the old add-in."""
    install(windows, b"old")
    deeds(windows).held.add(places(windows).addin)
    install(windows, ADDIN)
    windows.registry.delete(RUN_ONCE, RUN_NAME)
    assert not place_staged(windows, lambda _: None, patience=1)
    assert windows.registry.value(RUN_ONCE, RUN_NAME) == f'"{windows.python}" -I -m reply_xl.placing'


def test_a_registry_that_may_not_be_written(windows: Computer) -> None:
    """Without an agent nothing of it is needed: install, staging and uninstall work."""

    class ReadOnly(RegistryFile):
        def set(self, key: str, name: str, text: str) -> None:
            raise PermissionError(13, "access is denied")

    locked = dataclasses.replace(windows, registry=ReadOnly(None))
    install(locked, b"old")
    deeds(locked).held.add(places(locked).addin)
    assert install(locked, ADDIN).is_whole
    assert deeds(locked).started == [[str(locked.python), "-I", "-m", "reply_xl.placing"]]
    deeds(locked).held.clear()
    assert place_staged(locked)
    assert uninstall(locked).is_whole
    assert files(locked) == {}


def test_on_a_mac_nothing_waits_for_excel(tmp_path: Path) -> None:
    """There Excel holds no file: what cannot be replaced may not be, and the sentence says so instead of waiting."""
    mac = rehearsal(tmp_path, System.MAC)
    install(mac, b"old")
    deeds(mac).held.add(places(mac).addin)
    with pytest.raises(ConfigError, match="does not let reply-xl change"):
        install(mac, ADDIN)
    assert not places(mac).staged.exists()
    assert deeds(mac).started == []


def test_a_file_that_is_held_for_a_moment_is_replaced(tmp_path: Path) -> None:
    """As the launcher is by an agent that reads it; whoever holds it on is not waited for longer than was said."""
    file, tries = tmp_path / "x", []

    def put(source: Path, target: Path) -> None:
        tries.append(target)
        if len(tries) < 4:
            raise PermissionError(13, "access is denied")
        source.replace(target)

    write_whole(file, b"1", put=put, patience=30)
    assert (file.read_bytes(), len(tries)) == (b"1", 4)
    tries.clear()
    with pytest.raises(PermissionError):
        write_whole(file, b"2", put=put)
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_an_add_in_that_excel_holds_stays_until_it_is_closed(windows: Computer) -> None:
    """Uninstall removes the rest, names what is left, and finishes when it is run again."""
    install(windows, ADDIN)
    held = places(windows).addin
    deeds(windows).held.add(held)
    report = uninstall(windows)
    assert not report.is_whole
    assert f"Close Excel, which holds {held}, and run “reply-xl uninstall” again." in report.next
    assert set(files(windows)) == {str(held.relative_to(windows.home))}
    deeds(windows).held.clear()
    assert uninstall(windows).is_whole
    assert files(windows) == {}


# -- second copies


def test_second_copies_are_named(windows: Computer) -> None:
    """In AddIns, in the folder that Excel's options name, under another name beside ours, and in Excel's own list."""
    install(windows, ADDIN)
    assert second_copies(windows) == []
    more = windows.home / "more add-ins"
    windows.registry.set(EXCEL_OPTIONS, "AltStartup", f"%APPDATA%/../../{more.name}")
    windows.registry.set(EXCEL_OPTIONS, "OPEN", '/R "C:\\Program Files\\Other\\other.xlam"')
    windows.registry.set(EXCEL_OPTIONS, "OPEN1", '"C:\\old\\ReplyXL.xlam"')
    copies = [
        windows.home / "AppData/Roaming/Microsoft/AddIns/ReplyXL.xlam",
        windows.home / "AppData/Roaming/../.." / more.name / "replyxl.xlam",
        places(windows).startup / "ReplyXL (1).xlam",
    ]
    for copy in copies:
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(ADDIN)
    report = install(windows, ADDIN)
    assert not report.is_whole
    for copy in [*map(str, copies), "C:\\old\\ReplyXL.xlam\" in Excel's list of add-ins"]:
        assert sum(copy in line for line in report.next) == 1
    assert "other.xlam" not in told(report)


def test_other_add_ins_are_no_copies(computer: Computer) -> None:
    """Whatever lies beside ours."""
    at = places(computer)
    for folder in (at.startup, *at.others):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Solver.xlam").touch()
        (folder / "ReplyXL notes.txt").touch()
    assert install(computer, ADDIN).is_whole


def test_a_start_up_folder_of_another_name(windows: Computer) -> None:
    """Office keeps its name in the registry; a value that is not a plain name is not obeyed."""
    windows.registry.set(OFFICE_FOLDERS, "Xlstart", "XLOUVRIR")
    assert places(windows).startup.name == "XLOUVRIR"
    for odd in (r"..\..\elsewhere", r"C:\Windows", "..", "%TEMP%", ""):
        windows.registry.set(OFFICE_FOLDERS, "Xlstart", odd)
        assert places(windows).startup.name == "XLSTART"


# -- the agent, the shortcuts, the script


def test_the_agent_starts_at_logon(computer: Computer) -> None:
    """Each system has its own way; it is started at once as well, and the add-in is told to start nothing."""
    install(computer, ADDIN, agent=True)
    command = [str(computer.python), "-I", "-m", "reply_xl.agent"]
    assert deeds(computer).started == [command]
    at = places(computer)
    if computer.system is System.WINDOWS:
        assert computer.registry.value(RUN, RUN_NAME) == f'"{command[0]}" -I -m reply_xl.agent'
    elif computer.system is System.MAC:
        assert at.logon is not None
        plist = plistlib.loads(at.logon.read_bytes())
        assert (plist["ProgramArguments"], plist["RunAtLoad"]) == (command, True)
    else:
        assert at.logon is not None
        assert 'Exec="' + '" "'.join(command) + '"' in at.logon.read_text()
    assert b"start=agent\r\n" in at.launcher.read_bytes()


def test_an_agent_that_was_chosen_stays(computer: Computer) -> None:
    """An update without --agent does not take it away, and says so; uninstall does."""
    install(computer, ADDIN, agent=True)
    report = install(computer, b"newer")
    assert "It was chosen before and stays; “reply-xl uninstall” takes it away." in report.done
    assert b"start=agent" in places(computer).launcher.read_bytes()
    uninstall(computer)
    install(computer, ADDIN)
    assert b"start=agent" not in places(computer).launcher.read_bytes()


def test_a_logon_line_that_windows_would_cut_is_refused(windows: Computer, tmp_path: Path) -> None:
    """Windows reads 260 characters of it."""
    python = tmp_path / ("x" * (250 - len(str(tmp_path)) - 13)) / "pythonw.exe"
    python.parent.mkdir()
    python.touch()
    with pytest.raises(ConfigError, match="too long"):
        install(dataclasses.replace(windows, python=python), ADDIN, agent=True)
    assert files(windows) == {}


def test_the_start_menu(windows: Computer) -> None:
    """The commands of the entries, in a window that stays open."""
    install(windows, ADDIN)
    menu = places(windows).menu
    assert menu is not None
    for name, (words, _) in SHORTCUTS.items():
        assert f"-I -m reply_xl.shortcut {words}\n" in (menu / f"{name}.lnk").read_text()


def test_without_shortcuts_the_rest_is_installed(windows: Computer) -> None:
    """Where Windows makes none."""

    class NoShortcuts(RehearsedDeeds):
        def write_shortcut(self, file: Path, program: Path, arguments: str, says: str) -> None:
            raise OSError

    report = install(dataclasses.replace(windows, deeds=NoShortcuts()), ADDIN)
    assert report.is_whole
    assert "The entries in the Start menu could not be made; nothing else needs them." in report.done
    assert places(windows).addin.exists()


def test_the_script_for_the_mac(tmp_path: Path) -> None:
    """ASCII, with the handler that VBA names; the path is quoted for AppleScript and for the shell, whatever is in it."""
    python = tmp_path / "Zoë's 'own' $HOME" / "python3"
    python.parent.mkdir()
    python.touch()
    computer = rehearsal(tmp_path / "home", System.MAC, python=python)
    install(computer, ADDIN)
    scripts = places(computer).scripts
    assert scripts is not None
    text = (scripts / "ReplyXL.scpt").read_text(encoding="ascii")
    assert "on startReply(clickName)\n" in text
    assert "Zo\" & (character id 235) & \"'s 'own' $HOME/python3\"" in text
    assert 'do shell script quoted form of python & " -I -m reply_xl.ribbon " & quoted form of clickName' in text
    vba = (Path(__file__).parents[1] / "addin" / "ReplyStart.bas").read_text(encoding="ascii")
    assert 'AppleScriptTask "ReplyXL.scpt", "startReply", id' in vba


def test_a_script_that_cannot_be_compiled_has_its_sentence(tmp_path: Path) -> None:
    """And leaves no half of one."""

    class NoCompiler(RehearsedDeeds):
        def compile_script(self, text: str, file: Path) -> None:
            file.touch()

    computer = dataclasses.replace(rehearsal(tmp_path, System.MAC), deeds=NoCompiler())
    with pytest.raises(ConfigError, match="the script is empty"):
        install(computer, ADDIN)
    scripts = places(computer).scripts
    assert scripts is not None
    assert list(scripts.iterdir()) == []


# -- what stays


def test_the_records_stay_unless_everything_is_to_go(computer: Computer) -> None:
    """The journal is not the add-in: uninstall leaves it and says where it is; --everything deletes it."""
    install(computer, ADDIN)
    at = places(computer)
    at.data.mkdir(parents=True, exist_ok=True)
    (at.data / "journal.sqlite3").write_bytes(b"runs")
    for name in ("practice", "click.log", "click.log.1", "agent.log"):
        (at.shared / name).touch()
    at.clicks.mkdir()
    (at.clicks / "32968E4C000C5AF.started").touch()
    report = uninstall(computer)
    assert list(files(computer).values()) == [b"runs"]
    assert str(at.data) in told(report)
    assert "uninstall --everything" in told(report)
    uninstall(computer, everything=True)
    assert files(computer) == {}


@pytest.mark.parametrize("everything", [False, True])
def test_nothing_is_removed_while_an_update_goes_on(computer: Computer, everything: bool) -> None:
    """Its journal and its clicks are in use: nothing at all is removed until it has ended."""
    install(computer, ADDIN)
    at = places(computer)
    at.data.mkdir(parents=True, exist_ok=True)
    before = files(computer)
    with RunLock(at.data, 7), pytest.raises(ConfigError, match="An update is going on"):
        uninstall(computer, everything=everything)
    assert files(computer) == before
    uninstall(computer, everything=everything)
    assert files(computer) == {}


def test_nothing_is_removed_while_a_click_waits_for_an_answer(computer: Computer) -> None:
    """Its box asks before the run begins: the journal that the run would be written to stays until the click has ended."""
    install(computer, ADDIN)
    at = places(computer)
    at.data.mkdir(parents=True, exist_ok=True)
    before = files(computer)
    with BookLock(at.data, "a book"), pytest.raises(ConfigError, match=r"A click in Excel is still being carried out; .* try again\."):
        uninstall(computer, everything=True)
    assert files(computer) == before
    uninstall(computer, everything=True)
    assert files(computer) == {}


def test_a_file_that_is_read_only_is_ours_all_the_same(windows: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows neither replaces nor deletes such a file, as one that IT copied may be, and says what it says of an open one."""
    replace, unlink = Path.replace, Path.unlink

    def check(file: Path) -> None:
        if file.exists() and not file.stat().st_mode & stat.S_IWUSR:
            raise PermissionError(13, "access is denied", str(file))

    def replace_as_windows(source: Path, target: Path) -> Path:
        check(target)
        return replace(source, target)

    def unlink_as_windows(file: Path, missing_ok: bool = False) -> None:
        check(file)
        unlink(file, missing_ok)

    monkeypatch.setattr(Path, "replace", replace_as_windows)
    monkeypatch.setattr(Path, "unlink", unlink_as_windows)
    deeds, file, new = WindowsDeeds(), windows.home / "ReplyXL.xlam", windows.home / "new"
    file.parent.mkdir()
    for data in (b"1", b"2"):
        new.write_bytes(data)
        deeds.put(new, file)
        assert file.read_bytes() == data
        file.chmod(0o400)
    deeds.remove(file)
    deeds.remove(file)
    assert not file.exists()


def test_a_log_that_is_in_use_is_named(windows: Computer) -> None:
    """A click that has just ended holds its log for some seconds; the rest is removed, and the next time all of it."""
    install(windows, ADDIN)
    log = places(windows).shared / "click.log"
    log.touch()
    deeds(windows).held.add(log)
    report = uninstall(windows)
    assert not report.is_whole
    assert f"Run “reply-xl uninstall” again in a minute: {log} is still in use." in report.next
    assert not places(windows).addin.exists()
    deeds(windows).held.clear()
    uninstall(windows)
    assert files(windows) == {}


# -- the real Windows


class Winreg:
    """The module `winreg`, as far as it is used, over a dict; keys that are not there raise as they do."""

    HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, KEY_READ, KEY_SET_VALUE, REG_SZ = "user", "machine", 0x20019, 0x0002, 1
    KEY_WOW64_64KEY = 0x0100

    def __init__(self) -> None:
        self.keys: dict[tuple[str, str], dict[str, object]] = {
            ("machine", "Software"): {"number": 1, "bytes": b"x"},
            ("user", "Locked"): {},
        }

    @contextlib.contextmanager
    def OpenKey(self, hive: str, key: str, _reserved: int = 0, access: int = KEY_READ) -> Iterator[tuple[dict[str, object], int]]:
        assert bool(access & self.KEY_WOW64_64KEY) is (hive == "machine")
        if key == "Secret" or (key == "Locked" and access == self.KEY_SET_VALUE):
            raise PermissionError(13, "access is denied")
        if (hive, key) not in self.keys:
            raise FileNotFoundError(2, "no such key")
        yield self.keys[hive, key], access

    @contextlib.contextmanager
    def CreateKey(self, hive: str, key: str) -> Iterator[tuple[dict[str, object], int]]:
        yield self.keys.setdefault((hive, key), {}), self.KEY_SET_VALUE

    def QueryValueEx(self, key: tuple[dict[str, object], int], name: str) -> tuple[object, int]:
        if name not in key[0]:
            raise FileNotFoundError(2, "no such value")
        return key[0][name], self.REG_SZ

    def QueryInfoKey(self, key: tuple[dict[str, object], int]) -> tuple[int, int, int]:
        return 0, len(key[0]), 0

    def EnumValue(self, key: tuple[dict[str, object], int], index: int) -> tuple[str, object, int]:
        name = list(key[0])[index]
        return name, key[0][name], self.REG_SZ

    def SetValueEx(self, key: tuple[dict[str, object], int], name: str, _reserved: int, kind: int, text: str) -> None:
        assert (key[1], kind) == (self.KEY_SET_VALUE, self.REG_SZ)
        key[0][name] = text

    def DeleteValue(self, key: tuple[dict[str, object], int], name: str) -> None:
        assert key[1] == self.KEY_SET_VALUE
        if name not in key[0]:
            raise FileNotFoundError(2, "no such value")
        del key[0][name]


@pytest.mark.parametrize("kind", ["windows", "file"])
def test_both_registries_do_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The one over `winreg` and the one of a rehearsal."""
    winreg = Winreg()
    monkeypatch.setitem(sys.modules, "winreg", winreg)  # type: ignore[arg-type]
    registry: Registry = WindowsRegistry() if kind == "windows" else RegistryFile(tmp_path / "registry.json")
    assert registry.value(RUN, "x") is None
    assert registry.names(RUN) == []
    registry.delete(RUN, "x")
    registry.set(RUN, "x", "1")
    registry.set(RUN, "y", "2")
    registry.set(RUN_ONCE, "x", "3")
    assert (registry.value(RUN, "x"), registry.value(RUN, "z"), registry.names(RUN)) == ("1", None, ["x", "y"])
    registry.delete(RUN, "x")
    registry.delete(RUN, "x")
    assert (registry.names(RUN), registry.value(RUN_ONCE, "x")) == (["y"], "3")
    assert registry.may_read(RUN_ONCE)
    assert registry.may_read(r"HKLM\Nowhere")
    assert registry.data(RUN, "z") == b""
    if kind == "file":
        assert registry.data(RUN_ONCE, "x") == "3".encode("utf-16-le")
    if kind == "windows":
        assert (registry.data(r"HKLM\Software", "bytes"), registry.data(r"HKLM\Software", "number")) == (b"x", b"")
        assert not registry.may_read(r"HKLM\Secret")
        registry.delete(r"HKCU\Locked", "x")  # it may be read alone, and there is nothing to delete
        assert ("user", r"Software\Microsoft\Windows\CurrentVersion\Run") in winreg.keys
        assert (registry.value(r"HKLM\Software", "number"), registry.value(r"HKLM\Software", "bytes")) == (1, None)


class Link:
    """A shell link as pywin32 gives it; notes what it is told."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}

    def __getattr__(self, name: str) -> Callable[..., Link]:
        def tell(*values: object) -> Link:
            self.told[name] = str(values[0])
            return self

        return tell


def test_shortcuts_are_made_by_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Through pywin32: program, arguments, description, and the file; without pywin32 it is an `OSError`."""
    with pytest.raises(OSError, match="pywin32"):
        WindowsDeeds().write_shortcut(tmp_path / "x.lnk", Path("python.exe"), "-I", "says")
    link = Link()
    pythoncom = SimpleNamespace(CoCreateInstance=lambda *_: link, CLSCTX_INPROC_SERVER=1, IID_IPersistFile="file", com_error=KeyError)
    shell = SimpleNamespace(CLSID_ShellLink="class", IID_IShellLink="link")
    monkeypatch.setitem(sys.modules, "pythoncom", pythoncom)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "win32com", SimpleNamespace(shell=SimpleNamespace(shell=shell)))  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "win32com.shell", SimpleNamespace(shell=shell))  # type: ignore[arg-type]
    WindowsDeeds().write_shortcut(tmp_path / "x.lnk", Path("python.exe"), "-I -m reply_xl.shortcut", "says")
    assert link.told["SetPath"] == "python.exe"
    assert link.told["SetArguments"] == "-I -m reply_xl.shortcut"
    assert link.told["SetDescription"] == "says"
    assert link.told["Save"] == str(tmp_path / "x.lnk")


def test_a_started_process_outlives_its_starter(tmp_path: Path) -> None:
    """As the agent and the one that waits for Excel must."""
    script = f"import time, pathlib; time.sleep(0.5); pathlib.Path({str(tmp_path / 'done')!r}).touch()"
    starter = f"from reply_xl.setup.computers import RealDeeds; RealDeeds().start([{sys.executable!r}, '-c', {script!r}])"
    subprocess.run([sys.executable, "-c", starter], check=True, timeout=30)
    deadline = time.monotonic() + 15
    while not (tmp_path / "done").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_window_that_stays_open() -> None:
    """What a Start-menu entry runs prints what the command prints, waits for Enter, and ends with its code."""
    ran = subprocess.run(
        [sys.executable, "-I", "-m", "reply_xl.shortcut", "--version"], input="\n", capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout.splitlines()[0]) == (0, f"reply-xl {__version__}")
    assert "Press Enter to close this window." in ran.stdout
    ran = subprocess.run(
        [sys.executable, "-I", "-m", "reply_xl.shortcut", "nonsense"], input="", capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2


# -- the command


@pytest.mark.parametrize("system", [None, *SYSTEMS])
def test_the_rehearsal(run: Callable[..., Ran], tmp_path: Path, system: str | None) -> None:
    """`install --prefix` with the add-in of this package, then `uninstall --prefix`, leaves nothing behind, not even the folder."""
    prefix = tmp_path / "rehearsal"
    words = ("--prefix", prefix, *(("--as", system) if system else ()))
    first = f"Rehearsal in {prefix}: your own Excel, records and key are not touched.\n"
    ran = run("install", *words, "--agent")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(first)
    assert "Start Excel" not in ran.out
    (addin,) = prefix.rglob("ReplyXL.xlam")
    assert addin.read_bytes() == our_addin()
    ran = run("uninstall", *words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(first)
    assert not prefix.exists()


def test_everything_asks(run: Callable[..., Ran], tmp_path: Path) -> None:
    """Where nobody can answer nothing is removed; --yes answers."""
    prefix = tmp_path / "rehearsal"
    run("install", "--prefix", prefix)
    ran = run("uninstall", "--prefix", prefix, "--everything")
    assert ran.code == 2
    assert "add --yes" in ran.err
    assert f"Everything that the rehearsal keeps in {prefix} will be deleted." in ran.err
    assert "key" not in ran.err
    assert list(prefix.rglob("ReplyXL.xlam"))
    assert run("uninstall", "--prefix", prefix, "--everything", "--yes").code == 0
    assert not prefix.exists()


@pytest.mark.skipif(not Path("/proc").exists(), reason="Excel may be there on this system")
def test_without_excel_nobody_waits_for_clicks(run: Callable[..., Ran], home: Path) -> None:
    """One sentence at once, and no log."""
    ran = run("agent")
    assert (ran.code, ran.err) == (1, "There is no Excel for this system, so no click can come; use “reply-xl push BOOK” here.\n")
    assert not list(home.rglob("agent*"))


@pytest.mark.skipif(not Path("/proc").exists(), reason="Excel may be there on this system")
def test_without_excel_it_says_so(run: Callable[..., Ran], home: Path) -> None:
    """On a system that has no Excel nothing is written outside of a rehearsal."""
    before = list(home.rglob("*"))
    ran = run("install")
    assert ran.code == 1
    assert "--prefix" in ran.err
    assert list(home.rglob("*")) == before


@pytest.mark.parametrize("words", [("install",), ("uninstall", "--everything", "--yes"), ("doctor",)])
@pytest.mark.parametrize("way", ["itself", "a link", "roundabout"])
@pytest.mark.skipif(not Path("/proc").exists(), reason="the folders of another system")
def test_nobody_rehearses_in_their_own_folders(
    run: Callable[..., Ran], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], way: str
) -> None:
    """The home of the user is no place for a rehearsal: its records would be deleted by what says that it touches none."""
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    journal = home / ".local/share/reply_xl/journal.sqlite3"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b"runs")
    prefix = {"itself": home, "a link": tmp_path / "link", "roundabout": home.parent / "new" / ".." / home.name}[way]
    if way == "a link":
        prefix.mkdir()
        (prefix / ".local").symlink_to(home / ".local")
    ran = run(*words, "--prefix", prefix)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"{prefix} holds your own Excel or records; name a new folder with --prefix.\n"
    assert [file for file in home.rglob("*") if file.is_file()] == [journal]


def test_a_file_is_no_prefix(run: Callable[..., Ran], tmp_path: Path) -> None:
    """One sentence."""
    (tmp_path / "file").touch()
    ran = run("install", "--prefix", tmp_path / "file")
    assert (ran.code, ran.err) == (1, "file is a file; name a folder with --prefix.\n")


def test_a_copy_of_it(run: Callable[..., Ran], tmp_path: Path) -> None:
    """`--xlam` takes the bytes of the copy as they are; an unsigned one is taken too, and said to be unsigned."""
    signed = tmp_path / "Signed.xlam"
    signed.write_bytes(our_addin())
    ran = run("install", "--prefix", tmp_path / "p", "--xlam", signed)
    assert ran.code == 0
    assert "Signed.xlam has no signature" in ran.out
    with zipfile.ZipFile(signed, "a") as package:
        package.writestr("xl/vbaProjectSignature.bin", b"signed")
    ran = run("install", "--prefix", tmp_path / "p", "--xlam", signed)
    assert ran.code == 0
    assert "signature" not in ran.out
    (addin,) = (tmp_path / "p").rglob("ReplyXL.xlam")
    assert addin.read_bytes() == signed.read_bytes()


@pytest.mark.parametrize("system", ["windows", "mac"])
def test_the_block_of_the_readme(system: str) -> None:
    """Windows comes first; uv brings its own Python, nothing asks for an administrator, and the last line installs."""
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert readme.index("<!-- windows -->") < readme.index("<!-- mac -->")
    lines = readme.split(f"<!-- {system} -->\n```\n")[1].split("\n```")[0].splitlines()
    assert re.search(r"[/\\]\.local[/\\]bin[/\\]reply-xl(\.exe\")? install$", lines[-1])
    assert sum("tool install --managed-python" in line for line in lines) == 1
    assert not re.search("sudo|runas|-Scope Machine|--system", "\n".join(lines))
    assert not any("install.ps1" in line and "-ExecutionPolicy ByPass" not in line for line in lines), (
        "uv refuses to run where Windows is as it came"
    )
