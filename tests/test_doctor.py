"""Doctor: every sentence provoked, one case each, on simulated computers; and the command."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import json
import os
import plistlib
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from conftest import FIRST_ID, Ran
from file_keyring import FileKeyring

import reply_xl
from reply_xl import __version__, config
from reply_xl.doctor import examination as doctor
from reply_xl.doctor import policies, python_checks
from reply_xl.doctor.findings import Finding, State
from reply_xl.doctor.network_checks import network_checks
from reply_xl.doctor.timely_checks import in_time
from reply_xl.errors import ConfigError
from reply_xl.locks import lock
from reply_xl.sandbox import Sandbox
from reply_xl.setup.addin_file import our_addin
from reply_xl.setup.computers import Computer, RealDeeds, System, rehearsal, this_computer
from reply_xl.setup.functions_files import LIBRARIES, functions_addin
from reply_xl.setup.install import install
from reply_xl.setup.launcher import Launcher
from reply_xl.setup.places import AGENT_LOCK, EXCEL_OPTIONS, places
from reply_xl.setup.registries import RegistryFile
from reply_xl.tab.serving import Serving, holding

ROOT = Path(reply_xl.__file__).parent
SECURITY = r"HKCU\Software\Policies\Microsoft\Office\16.0\Excel\Security"
RESILIENCY = r"HKCU\Software\Policies\Microsoft\Office\16.0\Excel\Resiliency"
OWN = r"HKCU\Software\Microsoft\Office\16.0\Excel\Security"
GOOD = json.dumps({"python": "3.12.4", "broken": {}, "seconds": 0.2, "slow": []})


class Still(RealDeeds):
    """A computer that is no rehearsal, on which nothing is started."""

    def __init__(self, printed: str = GOOD) -> None:
        self.printed = printed

    def can_run(self, arguments: object) -> bool:
        return True

    def output(self, arguments: object) -> str | None:
        return self.printed


class Secretive(RegistryFile):
    """A registry that keeps what is the machine's from this user."""

    def may_read(self, key: str) -> bool:
        return not key.startswith("HKLM")


class Bench:
    """Where a case works: a folder, the environment, sandboxes."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, make_sandbox: Callable[..., Sandbox], stack: contextlib.ExitStack):
        self.folder, self.monkeypatch, self.make_sandbox, self.stack = folder, monkeypatch, make_sandbox, stack

    def computer(self, system: System = System.WINDOWS, *, agent: bool = False, **more: Any) -> Computer:
        """With reply-xl installed, and nothing wrong."""
        computer = rehearsal(self.folder / "zoe", system)
        install(computer, our_addin(), agent=agent)
        return dataclasses.replace(computer, **more)

    def windows(self, values: dict[tuple[str, str], Any], **more: Any) -> list[Finding]:
        """What is found where the registry holds this."""
        computer = self.computer(**more)
        for (key, name), value in values.items():
            computer.registry.set(key, name, value)
        return examined(computer)

    def network(self, url: str | None, patience: float = 20.0) -> list[Finding]:
        return [finding for _, check in network_checks(url, patience) for finding in check()]


def examined(computer: Computer) -> list[Finding]:
    return list(doctor.examine(computer, with_network=False))


def set_launcher(computer: Computer, **more: Any) -> None:
    launcher = Launcher(str(computer.python), False, __version__)
    places(computer).launcher.write_bytes(dataclasses.replace(launcher, **more).text().encode())


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    state: State
    says: str
    provoke: Callable[[Bench], list[Finding]]


CASES: dict[str, Case] = {}


def case(name: str, state: State, says: str) -> Callable[[Callable[[Bench], list[Finding]]], Callable[[Bench], list[Finding]]]:
    def note(provoke: Callable[[Bench], list[Finding]]) -> Callable[[Bench], list[Finding]]:
        assert provoke.__name__ not in CASES
        CASES[provoke.__name__] = Case(name, state, says, provoke)
        return provoke

    return note


FINE, UNKNOWN, WARNING, FAULT = State

# -- Python


@case("Python", FINE, "Excel can start .*python")
def python_fine(bench: Bench) -> list[Finding]:
    return examined(bench.computer())


@case("Python", FAULT, "from the Microsoft Store")
def python_of_the_store(bench: Bench) -> list[Finding]:
    return examined(bench.computer(origins=(r"C:\Users\zoe\AppData\Local\Microsoft\WindowsApps\python.exe",)))


@case("Packages", UNKNOWN, "not tried")
def packages_in_a_rehearsal(bench: Bench) -> list[Finding]:
    return examined(bench.computer())


@case("Packages", FINE, r"Everything that a click needs can be loaded by Python 3\.12\.4; xlwings takes 0\.2 seconds")
def packages_fine(bench: Bench) -> list[Finding]:
    return examined(bench.computer(deeds=Still()))


@case("Packages", FAULT, "did not try its packages")
def packages_without_an_answer(bench: Bench) -> list[Finding]:
    return examined(bench.computer(deeds=Still("{")))


@case("Packages", FAULT, r"keyring, which a click needs, cannot be loaded \(ImportError: no DLL\)")
def packages_broken(bench: Bench) -> list[Finding]:
    return examined(
        bench.computer(deeds=Still(json.dumps({"python": "3.12", "broken": {"keyring": "ImportError: no DLL"}, "seconds": 1, "slow": []})))
    )


@case("Packages", WARNING, "pandas and numpy beside xlwings: each click starts about a second later")
def packages_slow(bench: Bench) -> list[Finding]:
    return examined(bench.computer(deeds=Still(json.dumps({"python": "3.12", "broken": {}, "seconds": 1.5, "slow": ["pandas", "numpy"]}))))


@case("Packages", WARNING, r"xlwings takes 7\.0 seconds to load")
def packages_scanned(bench: Bench) -> list[Finding]:
    return examined(bench.computer(deeds=Still(json.dumps({"python": "3.12", "broken": {}, "seconds": 7, "slow": []}))))


# -- Excel

CLICK_TO_RUN = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration"


@case("Excel", FINE, r"This is Excel 16\.0\.17928\.20114, 64-bit\.")
def excel_fine(bench: Bench) -> list[Finding]:
    return bench.windows({(CLICK_TO_RUN, "VersionToReport"): "16.0.17928.20114", (CLICK_TO_RUN, "Platform"): "x64"})


@case("Excel", UNKNOWN, "could not be found out")
def excel_without_a_version(bench: Bench) -> list[Finding]:
    return bench.windows({(CLICK_TO_RUN, "VersionToReport"): "?"})


@case("Excel", WARNING, r"This is Excel 15\.0,")
def excel_old(bench: Bench) -> list[Finding]:
    key = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
    return bench.windows({(key, ""): r"C:\Program Files\Microsoft Office\Office15\EXCEL.EXE"})


@case("Excel", UNKNOWN, "The folder of a rehearsal has no Excel")
def excel_in_a_rehearsal(bench: Bench) -> list[Finding]:
    return examined(bench.computer())


@case("Excel", FAULT, "No Excel was found")
def excel_missing(bench: Bench) -> list[Finding]:
    return examined(bench.computer(deeds=Still()))


@case("Excel", UNKNOWN, "There is no Excel for this system")
def excel_elsewhere(bench: Bench) -> list[Finding]:
    return examined(bench.computer(System.OTHER))


# -- the add-in


@case("Add-in", FINE, f"The add-in {re.escape(__version__)} is in .*XLSTART, as it came with reply-xl")
def addin_fine(bench: Bench) -> list[Finding]:
    return examined(bench.computer())


@case("Add-in", FAULT, "there is no tab Reply")
def addin_missing(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    places(computer).addin.unlink()
    return examined(computer)


@case("Add-in", FAULT, "is not the one of this reply-xl: .* is not the Excel add-in")
def addin_damaged(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    places(computer).addin.write_bytes(b"x")
    return examined(computer)


@case("Add-in", FINE, "a signed copy")
def addin_signed(bench: Bench) -> list[Finding]:
    return examined(signed(bench.computer()))


@case("Add-in", FAULT, "marked the add-in as a file from the internet")
def addin_from_the_internet(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    Path(f"{places(computer).addin}:Zone.Identifier").write_text("[ZoneTransfer]\nZoneId=3\n")
    return examined(computer)


def test_an_addin_from_the_companys_network(bench: Bench) -> None:
    """Excel runs the macros of such a file."""
    computer = bench.computer()
    Path(f"{places(computer).addin}:Zone.Identifier").write_text("[ZoneTransfer]\nZoneId=1\n")
    assert {one.state for one in examined(computer)} <= {State.FINE, State.UNKNOWN}


@case("Add-in", WARNING, "waits until Excel is closed")
def addin_staged(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    places(computer).staged.write_bytes(b"newer")
    return examined(computer)


@case("Second copy", WARNING, r"second copy of the add-in, .*old.ReplyXL\.xlam")
def second_copy(bench: Bench) -> list[Finding]:
    return bench.windows({(EXCEL_OPTIONS, "OPEN"): '"C:\\old\\ReplyXL.xlam"'})


@case("Functions", FAULT, r"The functions for cells miss ReplyXLFunctions64\.dll")
def functions_without_a_library(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    places(computer).functions.write_bytes(functions_addin())
    return examined(computer)


@case("Functions", FINE, "The functions for cells are installed")
def functions_fine(bench: Bench) -> list[Finding]:
    return examined(with_functions(bench.computer()))


@case("Functions", WARNING, "are of another version of reply-xl")
def functions_of_another_version(bench: Bench) -> list[Finding]:
    computer = with_functions(bench.computer())
    places(computer).functions.write_bytes(our_addin())
    return examined(computer)


@case("Functions", WARNING, "Excel was set up to start none, so they give no answers")
def functions_beside_an_agent(bench: Bench) -> list[Finding]:
    return examined(with_functions(bench.computer(agent=True)))


def signed(computer: Computer) -> Computer:
    with zipfile.ZipFile(places(computer).addin, "a") as package:
        package.writestr("xl/vbaProjectSignature.bin", b"signed")
    return computer


def with_functions(computer: Computer) -> Computer:
    places(computer).functions.write_bytes(functions_addin())
    for name in LIBRARIES.values():
        (places(computer).shared / name).write_bytes(b"library")
    return computer


# -- the launcher


@case("Launcher", FINE, "A click starts .*python")
def launcher_fine(bench: Bench) -> list[Finding]:
    return examined(bench.computer())


@case("Launcher", FAULT, "is not set up for you")
def launcher_missing(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    places(computer).launcher.unlink()
    return examined(computer)


@case("Launcher", FAULT, "cannot be read")
def launcher_unreadable(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    places(computer).launcher.unlink()
    places(computer).launcher.mkdir()
    return examined(computer)


@case("Launcher", FAULT, r"This was not answered within 0\.3 seconds")
def launcher_on_a_drive_that_hangs(bench: Bench) -> list[Finding]:
    """And the checks after it are made."""
    computer = bench.computer()
    places(computer).launcher.unlink()
    os.mkfifo(places(computer).launcher)
    found = list(doctor.examine(computer, with_network=False, patience=0.3))
    assert {"Records", "Clicks"} <= {one.name for one in found}
    for _ in range(3):  # of the checks that still wait for what it says
        with contextlib.suppress(OSError):
            os.close(os.open(places(computer).launcher, os.O_WRONLY | os.O_NONBLOCK))
    return found


@case("Launcher", FAULT, "is damaged")
def launcher_damaged(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    places(computer).launcher.write_bytes(b"something else")
    return examined(computer)


@case("Launcher", FAULT, r"A click starts .*gone.pythonw\.exe, which is no longer there")
def launcher_to_nowhere(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    set_launcher(computer, python=str(bench.folder / "gone" / "pythonw.exe"))
    return examined(computer)


@case("Launcher", WARNING, "there are two installations of reply-xl")
def launcher_to_another_installation(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    (bench.folder / "pythonw.exe").touch()
    set_launcher(computer, python=str(bench.folder / "pythonw.exe"))
    return examined(computer)


@case("Launcher", FAULT, r"set up by reply-xl 0\.0\.1, and this is reply-xl")
def launcher_of_another_version(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    set_launcher(computer, version="0.0.1")
    return examined(computer)


@case("Script", FINE, "The script with which Excel starts Python is in ")
def script_fine(bench: Bench) -> list[Finding]:
    return examined(bench.computer(System.MAC))


@case("Script", FAULT, "The script with which Excel starts Python is not in ")
def script_missing(bench: Bench) -> list[Finding]:
    computer = bench.computer(System.MAC)
    scripts = places(computer).scripts
    assert scripts is not None
    (scripts / "ReplyXL.scpt").unlink()
    return examined(computer)


# -- the agent


@case("Agent", FINE, "No agent is chosen")
def agent_not_chosen(bench: Bench) -> list[Finding]:
    return examined(bench.computer())


@case("Agent", WARNING, "the add-in does not rely on it")
def agent_for_nothing(bench: Bench) -> list[Finding]:
    computer = bench.computer(agent=True)
    set_launcher(computer)
    return examined(computer)


@case("Agent", FAULT, "nothing starts one when you log on")
def agent_not_at_logon(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    set_launcher(computer, has_agent=True)
    return examined(computer)


@case("Agent", FINE, "An agent waits for clicks")
def agent_running(bench: Bench) -> list[Finding]:
    computer = bench.computer(agent=True)
    file = bench.stack.enter_context((places(computer).shared / AGENT_LOCK).open("ab"))
    lock(file)
    return examined(computer)


@case("Agent", UNKNOWN, "none runs in a rehearsal")
def agent_in_a_rehearsal(bench: Bench) -> list[Finding]:
    return examined(bench.computer(agent=True))


@case("Agent", FAULT, "and none is running")
def agent_not_running(bench: Bench) -> list[Finding]:
    return examined(bench.computer(agent=True, deeds=Still()))


# -- clicks and logs


@case("Clicks", FINE, "Clicks can be noted in ")
def clicks_fine(bench: Bench) -> list[Finding]:
    return examined(bench.computer())


@case("Clicks", UNKNOWN, "is not there yet")
def clicks_without_a_folder(bench: Bench) -> list[Finding]:
    return examined(rehearsal(bench.folder / "zoe", System.WINDOWS))


@case("Clicks", FAULT, "cannot be written .*, so no click can be noted")
def clicks_in_a_folder_that_cannot_be_written(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    places(computer).clicks.touch()  # a file, where a folder should be
    return examined(computer)


@case("Clicks", FAULT, "Nobody took 2 of your clicks; the last one is from 20")
def clicks_that_nobody_took(bench: Bench) -> list[Finding]:
    return examined(old_clicks(bench.computer()))


@case("Clicks", FAULT, "Nobody took 2 of your clicks")
def clicks_that_the_agent_did_not_take(bench: Bench) -> list[Finding]:
    return examined(old_clicks(bench.computer(agent=True)))


@case("Practice", FINE, "Practice is on")
def practice_on(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    (places(computer).shared / "practice").touch()
    say = bench.stack.enter_context(holding(places(computer).shared, 0))
    say(Serving("http://127.0.0.1:9", "key", "practice-1", 1))
    return examined(computer)


@case("Practice", WARNING, "Practice is on, and its server has ended")
def practice_without_a_server(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    (places(computer).shared / "practice").touch()
    return examined(computer)


@case("Log", FINE, "Nothing unexpected went wrong")
def log_fine(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    frames = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\n    f()\n'
    (places(computer).shared / "click.log").write_text(f"2026 refused\n{frames}reply_xl.errors.ConfigError: There is no API key.\n")
    return examined(computer)


@case("Log", WARNING, r"Something unexpected went wrong lately \(ValueError: nonsense\)\.")
def log_with_an_error(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    frames = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\n    f()\n    ~^^\n'
    (places(computer).shared / "click.log").write_text(f"2026 unexpected error\n{frames}ValueError: nonsense\n2026 started\n")
    return examined(computer)


def old_clicks(computer: Computer) -> Computer:
    folder = places(computer).clicks
    folder.mkdir()
    for name in ("0" * 15, "1" * 15):
        (folder / f"{name}.click").touch()
        os.utime(folder / f"{name}.click", (time.time() - 300,) * 2)
    (folder / f"{'2' * 15}.click").touch()
    return computer


# -- policies


@case("Macros", FINE, "Excel trusts its start-up folder")
def macros_fine(bench: Bench) -> list[Finding]:
    startup = "%APPDATA%\\Microsoft\\Excel\\XLSTART\\"
    return bench.windows({(rf"{OWN}\Trusted Locations\Location2", "Path"): startup, (OWN, "VBAWarnings"): 4})


@case("Macros", FAULT, "switches macros off in all of Office")
def macros_off(bench: Bench) -> list[Finding]:
    return bench.windows({(r"HKLM\SOFTWARE\Microsoft\Office\16.0\Common", "VbaOff"): 1})


@case("Macros", WARNING, "load no add-ins")
def macros_without_add_ins(bench: Bench) -> list[Finding]:
    return bench.windows({(OWN, "DisableAllAddins"): 1})


@case("Macros", WARNING, "load signed add-ins only")
def macros_of_signed_add_ins(bench: Bench) -> list[Finding]:
    return bench.windows({(SECURITY, "RequireAddinSig"): 1})


@case("Macros", UNKNOWN, "list of trusted locations does not name its start-up folder")
def macros_with_another_list(bench: Bench) -> list[Finding]:
    return bench.windows({(rf"{OWN}\Trusted Locations\Location0", "Path"): "C:\\elsewhere"})


UNTRUSTED = {(rf"{SECURITY}\Trusted Locations", "AllLocationsDisabled"): 1}


@case("Macros", FAULT, "Excel is set to run no macros")
def macros_never(bench: Bench) -> list[Finding]:
    return bench.windows({**UNTRUSTED, (SECURITY, "VBAWarnings"): 4})


@case("Macros", FAULT, "run signed macros only, and this add-in is not signed")
def macros_if_signed(bench: Bench) -> list[Finding]:
    return bench.windows({**UNTRUSTED, (SECURITY, "VBAWarnings"): 3})


@case("Macros", FINE, "setting for macros lets those of the add-in run")
def macros_signed(bench: Bench) -> list[Finding]:
    computer = signed(bench.computer())
    for (key, name), value in {**UNTRUSTED, (SECURITY, "VBAWarnings"): 3}.items():
        computer.registry.set(key, name, value)  # type: ignore[arg-type]
    return examined(computer)


@case("Macros", WARNING, "asks each time")
def macros_after_a_question(bench: Bench) -> list[Finding]:
    mix = r"HKCU\Software\Policies\Microsoft\Office\16.0\Common\Security\Trusted Locations"
    return bench.windows({(mix, "Allow User Locations"): 0})


@case("Macros", FAULT, "Excel has disabled the add-in")
def macros_disabled_by_excel(bench: Bench) -> list[Finding]:
    key = r"HKCU\Software\Microsoft\Office\16.0\Excel\Resiliency\DisabledItems"
    return bench.windows({(key, "1A2B"): "\x01\x02c:\\users\\zoe\\xlstart\\replyxl.xlam\x00"})


@case("Macros", FINE, "does not forbid those of the add-in")
def macros_on_a_mac(bench: Bench) -> list[Finding]:
    return examined(with_mac_setting(bench.computer(System.MAC), "DisabledWithWarnings"))


@case("Macros", FAULT, "Excel is set to run no macros")
def macros_never_on_a_mac(bench: Bench) -> list[Finding]:
    return examined(with_mac_setting(bench.computer(System.MAC), "DisabledWithoutWarnings"))


@case("Macros", FAULT, "switched off in all of Office, so the tab Reply cannot work")
def macros_switched_off_on_a_mac(bench: Bench) -> list[Finding]:
    return examined(with_mac_setting(bench.computer(System.MAC), True, "VisualBasicEntirelyDisabled"))


@case("Macros", WARNING, r"A policy names the add-ins that Excel may load, and ReplyXL\.xlam is not among them")
def addins_of_a_list(bench: Bench) -> list[Finding]:
    return bench.windows({(RESILIENCY, "RestrictToList"): 1, (rf"{RESILIENCY}\AddinList", "Other.xlam"): "1"})


def with_mac_setting(computer: Computer, state: object, name: str = "VisualBasicMacroExecutionState") -> Computer:
    folder = computer.home / "Library" / "Preferences"
    folder.mkdir(parents=True)
    (folder / "com.microsoft.office.plist").write_bytes(plistlib.dumps({name: state}, fmt=plistlib.FMT_BINARY))
    return computer


RULES = policies._RULES[0]


@case("Defender", FINE, "Defender lets Excel start programs")
def defender_fine(bench: Bench) -> list[Finding]:
    return bench.windows({(RULES, policies.CHILD_PROCESSES): "2"})


@case("Defender", FAULT, "keeps Excel from starting any program")
def defender_blocks(bench: Bench) -> list[Finding]:
    return bench.windows({(policies._MANAGED, "ASRRules"): f"{{{policies.CHILD_PROCESSES.lower()}}}=1|{policies.WIN32_CALLS}=2"})


@case("Defender", FINE, "the agent waits for clicks instead")
def defender_blocks_and_the_agent_waits(bench: Bench) -> list[Finding]:
    return bench.windows({(RULES, policies.CHILD_PROCESSES.lower()): "6"}, agent=True)


@case("Defender", UNKNOWN, "by an administrator only")
def defender_cannot_be_read(bench: Bench) -> list[Finding]:
    return examined(bench.computer(registry=Secretive(bench.folder / "registry.json")))


@case("Defender", WARNING, "stops the functions for cells")
def defender_stops_functions(bench: Bench) -> list[Finding]:
    computer = with_functions(bench.computer())
    computer.registry.set(RULES, policies.WIN32_CALLS, "1")
    return examined(computer)


@case("Policies", UNKNOWN, "The folder of a rehearsal has no policies")
def policies_in_a_rehearsal(bench: Bench) -> list[Finding]:
    return examined(bench.computer())


@case("Programs", FINE, "AppLocker decides which programs may run here")
def applocker(bench: Bench) -> list[Finding]:
    return bench.windows({(r"HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2\Exe", "EnforcementMode"): 1})


# -- records


@case("Records", FINE, "Nothing was updated on this computer yet")
def records_empty(bench: Bench) -> list[Finding]:
    return examined(bench.computer())


@case("Records", FAULT, "journal")
def records_damaged(bench: Bench) -> list[Finding]:
    computer = bench.computer()
    (places(computer).data / "journal.sqlite3").write_bytes(b"x" * 5000)
    return examined(computer)


@case("Records", FINE, "Every update has come to its end")
def records_fine(bench: Bench) -> list[Finding]:
    return examined(with_run(bench))


@case("Records", WARNING, r"The results of 1 row of run 1 wait for leads\.xlsx")
def records_with_results(bench: Bench) -> list[Finding]:
    return examined(with_run(bench, "UPDATE row SET delivered = 0 WHERE number = 2"))


@case("Records", WARNING, r"1 row of run 1 on leads\.xlsx have no outcome")
def records_with_a_cut_run(bench: Bench) -> list[Finding]:
    return examined(with_run(bench, "UPDATE row SET word = NULL, delivered = 0 WHERE number = 2"))


def with_run(bench: Bench, statement: str | None = None) -> Computer:
    """A computer on which two rows were updated; `statement` changes the journal afterwards."""
    import openpyxl

    from reply_xl import cli

    computer = bench.computer(System.OTHER)
    book = bench.folder / "leads.xlsx"
    made = openpyxl.Workbook()
    assert made.active is not None
    for row in (("Reply ID", "Email", "Title"), *((FIRST_ID + i, f"p{i}@example.com", f"New {i}") for i in range(2))):
        made.active.append(row)
    made.save(book)
    data = places(computer).data
    bench.monkeypatch.setenv("XDG_DATA_HOME", str(data.parent))
    bench.monkeypatch.setenv("REPLY_XL_QUOTA", "off")
    assert cli.main(["push", str(book), "--yes", "--base-url", bench.make_sandbox().url]) == 0
    if statement is not None:
        with contextlib.closing(sqlite3.connect(data / "journal.sqlite3")) as journal, journal:
            assert journal.execute(statement).rowcount == 1
    return computer


# -- the network


@case("Connection", FINE, "answers")
def connection_fine(bench: Bench) -> list[Finding]:
    return bench.network(bench.make_sandbox().url)


@case("Key", FINE, r"The key in REPLY_API_KEY belongs to .+ \(user \d+, team \d+\)")
def key_fine(bench: Bench) -> list[Finding]:
    bench.monkeypatch.setenv("REPLY_API_KEY", "a-key")
    return bench.network(bench.make_sandbox().url)


@case("Key", FAULT, "key")
def key_refused(bench: Bench) -> list[Finding]:
    bench.monkeypatch.setenv("REPLY_API_KEY", "a-key")
    return bench.network(bench.make_sandbox(keys=["another"]).url)


@case("Quota", FINE, r"Requests used on this computer: \d+ of 100 in the last minute, \d+ of 3,000 in the last hour")
def quota_fine(bench: Bench) -> list[Finding]:
    bench.monkeypatch.setenv("REPLY_XL_QUOTA", "100/60,3000/3600")
    return bench.network(bench.make_sandbox().url)


@case("Quota", WARNING, "The requests of other programs of reply-xl cannot be counted")
def quota_that_cannot_be_written(bench: Bench) -> list[Finding]:
    bench.monkeypatch.setenv("REPLY_XL_QUOTA", "100/60,3000/3600")
    bench.monkeypatch.setenv("XDG_DATA_HOME", str(bench.folder / "data"))
    (config.data_folder() / "quota.sqlite3").mkdir()
    return bench.network(bench.make_sandbox().url)


@case("Connection", UNKNOWN, "use up the requests")
def quota_used_up(bench: Bench) -> list[Finding]:
    bench.monkeypatch.setenv("REPLY_XL_QUOTA", "1/3600")
    url = bench.make_sandbox().url
    bench.network(url)
    return bench.network(url)


@case("Connection", FAULT, "does not answer")
def connection_refused(bench: Bench) -> list[Finding]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return bench.network(f"http://127.0.0.1:{port}")


@case("Connection", FAULT, "This was not answered within 0.5 seconds")
def connection_that_hangs(bench: Bench) -> list[Finding]:
    server = bench.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    return bench.network(f"http://127.0.0.1:{server.getsockname()[1]}", patience=0.5)


@case("Key", WARNING, "There is no API key on this computer")
def key_missing(bench: Bench) -> list[Finding]:
    return bench.network(unreachable(bench))


@case("Certificates", WARNING, "The file that SSL_CERT_FILE names holds no certificates")
def certificates_unreadable(bench: Bench) -> list[Finding]:
    bench.monkeypatch.setenv("SSL_CERT_FILE", str(bench.folder / "nowhere.pem"))
    return bench.network(unreachable(bench))


@case("Proxy", FINE, r"through the proxy 127\.0\.0\.1:\d+, from HTTPS_PROXY")
def proxy_fine(bench: Bench) -> list[Finding]:
    return bench.network(unreachable(bench))


@case("Proxy", FAULT, "The address of the proxy in HTTPS_PROXY cannot be read")
def proxy_unreadable(bench: Bench) -> list[Finding]:
    bench.monkeypatch.setenv("HTTPS_PROXY", "http://a b:c")
    return bench.network("https://reply.invalid")


@case("Proxy", FINE, "without a proxy")
def proxy_none(bench: Bench) -> list[Finding]:
    return bench.network("https://reply.invalid", patience=5)


@case("Proxy", WARNING, "The script of the automatic proxy settings of this Mac gives no answer")
def proxy_script_silent(bench: Bench) -> list[Finding]:
    from reply_xl.doctor.network_checks import check_proxy
    from reply_xl.network.proxies import System as Settings

    settings = Settings("this Mac", dict, lambda host: False, lambda url: None, lambda url: True)
    return list(check_proxy("https://reply.invalid", settings))


@case("Keychain", WARNING, "no keychain")
def keychain_missing(bench: Bench) -> list[Finding]:
    return bench.network(unreachable(bench))


@case("Keychain", FINE, r"has no keychain, and needs none: the API key is in REPLY_API_KEY\.")
def keychain_not_needed(bench: Bench) -> list[Finding]:
    bench.monkeypatch.setenv("REPLY_API_KEY", "a-key")
    return bench.network(unreachable(bench))


@case("Keychain", FINE, "The keychain of this computer is ")
def keychain_fine(bench: Bench) -> list[Finding]:
    import keyring

    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    bench.stack.callback(keyring.set_keyring, before)
    return bench.network(unreachable(bench))


def unreachable(bench: Bench) -> str:
    """An address behind a proxy that refuses connections, so that nothing leaves this computer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    bench.monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    return "https://reply.invalid"


@case("Second check", FAULT, r"This could not be found out \(ZeroDivisionError: ")
def a_check_that_fails_itself(bench: Bench) -> list[Finding]:
    return list(doctor._guarded("Second check", lambda: [1 / 0]))  # type: ignore[arg-type, list-item, return-value]


@case("Key", FAULT, "The keychain of this computer did not give the API key; unlock it")
def keychain_locked(bench: Bench) -> list[Finding]:
    import keyring

    (bench.folder / "keyring.json").write_text("locked")
    bench.monkeypatch.setenv("TEST_KEYRING", str(bench.folder / "keyring.json"))
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    bench.stack.callback(keyring.set_keyring, before)
    return bench.network(unreachable(bench))


@case("Add-in", FAULT, "The add-in file is missing from this installation")
def addin_missing_from_the_package(bench: Bench) -> list[Finding]:
    def check() -> Iterator[Finding]:
        raise ConfigError("The add-in file is missing from this installation of reply-xl; install reply-xl again.")

    return list(doctor._guarded("Add-in", check))


# -- all of them


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_sandbox: Callable[..., Sandbox]) -> Iterator[Bench]:
    with contextlib.ExitStack() as stack:
        yield Bench(tmp_path, monkeypatch, make_sandbox, stack)


REACHED: dict[str, set[tuple[str, int]]] = {}
"""Case → file and line of each finding that it made."""


def provoked(name: str, bench: Bench) -> list[Finding]:
    reached = REACHED.setdefault(name, set())

    def profile(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.endswith("findings.py") and frame.f_back is not None:
            reached.add((Path(frame.f_back.f_code.co_filename).stem, frame.f_back.f_lineno))

    sys.setprofile(profile)
    threading.setprofile(profile)
    try:
        return CASES[name].provoke(bench)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", CASES)
def test_a_sentence(bench: Bench, name: str) -> None:
    """Each case gives its finding, once; what is wrong has advice, in its own words or in those of the sentence."""
    wanted = CASES[name]
    (found,) = [
        one for one in provoked(name, bench) if (one.name, one.state) == (wanted.name, wanted.state) and re.search(wanted.says, one.says)
    ]
    assert found.says.endswith(".")
    if found.state in (State.WARNING, State.FAULT):
        advice = found.advice or found.says
        assert re.search(ADVICE, advice, re.IGNORECASE), advice
    else:
        assert not found.advice


ADVICE = r"\b(run|install|ask|set|wait|start|correct|check|remove|open|close|try|show|report|switch|move|right-click|file →)"


def test_every_sentence_of_doctor_is_provoked(tmp_path: Path, make_sandbox: Callable[..., Sandbox]) -> None:
    """Each place in the code that makes a finding is reached by a case."""
    for name in CASES.keys() - REACHED.keys():
        (tmp_path / name).mkdir()
        with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
            provoked(name, Bench(tmp_path / name, patch, make_sandbox, stack))
    reached = set[tuple[str, int]]().union(*REACHED.values())
    missed = []
    for source in (*ROOT.glob("doctor/*_checks.py"), ROOT / "doctor" / "policies.py", ROOT / "doctor" / "examination.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            makes = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("fine", "unknown", "warning", "fault")
            )
            if makes and not any((source.stem, line) in reached for line in range(node.lineno, (node.end_lineno or 0) + 1)):
                missed.append(f"{source.name}:{node.lineno}")
    assert missed == []


# -- more about single checks


def test_what_was_found_before_a_check_broke() -> None:
    """It is told, and what broke too."""

    def breaks() -> Iterator[Finding]:
        yield Finding("A", State.FINE, "First.")
        raise ValueError("broken")

    found = in_time(breaks, 5, "A")
    assert next(found).says == "First."
    with pytest.raises(ValueError, match="broken"):
        next(found)


def test_a_click_that_is_taken_meanwhile(bench: Bench) -> None:
    """Its file is gone when it is looked at: no fault."""
    computer = bench.computer()
    folder = places(computer).clicks
    folder.mkdir()
    (folder / f"{0:015}.click").symlink_to(folder / "gone")
    assert [one.state for one in examined(computer) if one.name == "Clicks"] == [State.FINE]
    assert [file.name for file in folder.iterdir()] == [f"{0:015}.click"]


@pytest.mark.parametrize("system", list(System))
def test_nothing_is_wrong_after_an_installation(bench: Bench, system: System) -> None:
    """And nothing is changed by looking."""
    computer = bench.computer(system)
    before = {file: file.read_bytes() for file in computer.home.rglob("*") if file.is_file()}
    assert {one.state for one in examined(computer)} <= {State.FINE, State.UNKNOWN}
    assert {file: file.read_bytes() for file in computer.home.rglob("*") if file.is_file()} == before


def test_where_nothing_is_installed(tmp_path: Path) -> None:
    """It says what to run, and makes no file."""
    computer = rehearsal(tmp_path / "zoe", System.WINDOWS)
    faults = [one for one in examined(computer) if one.state is State.FAULT]
    assert {one.name for one in faults} == {"Add-in", "Launcher"}
    assert all(one.advice == "Run “reply-xl install”." for one in faults)
    assert not computer.home.exists()


def test_excel_on_a_mac(bench: Bench) -> None:
    """Its version stands in its own folder."""
    computer = bench.computer(System.MAC)
    info = computer.home / "Applications" / "Microsoft Excel.app" / "Contents" / "Info.plist"
    info.parent.mkdir(parents=True)
    info.write_text('<plist version="1.0"><dict><key>CFBundleShortVersionString</key><string>16.91</string></dict></plist>')
    assert "This is Excel 16.91, 64-bit." in [one.says for one in examined(computer)]


@pytest.mark.parametrize(
    ("values", "is_kept_out"),
    [
        ({}, False),
        ({(RESILIENCY, "RestrictToList"): 1}, True),
        ({(RESILIENCY, "RestrictToList"): 1, (rf"{RESILIENCY}\AddinList", "replyxl.xlam"): "1"}, False),
        ({(RESILIENCY, "RestrictToList"): 1, (rf"{RESILIENCY}\AddinList", "ReplyXL.xlam"): "2"}, False),
        ({(rf"{RESILIENCY}\AddinList", "ReplyXL.xlam"): "0"}, True),
        ({(rf"{RESILIENCY}\AddinList", "Other.xlam"): "0"}, False),
    ],
)
def test_a_list_of_addins(bench: Bench, values: dict[tuple[str, str], Any], is_kept_out: bool) -> None:
    """What is named there decides, and of others the second policy."""
    computer = bench.computer()
    for (key, name), value in values.items():
        computer.registry.set(key, name, value)
    assert policies.read_policies(computer).only_other_addins is is_kept_out


def test_rules_are_guids(bench: Bench) -> None:
    """Whatever else stands among them is not for a report."""
    computer = bench.computer()
    computer.registry.set(RULES, r"C:\Users\zoe", "1")
    computer.registry.set(RULES, policies.CHILD_PROCESSES.lower(), "1")
    assert policies.read_policies(computer).rules == {policies.CHILD_PROCESSES: 1}


@pytest.mark.parametrize(
    "written", [b"", b"nonsense", b"bplist00", b"<plist><array/></plist>", b"bplist00" + bytes(40), plistlib.dumps(["x"])]
)
def test_settings_of_a_mac_that_cannot_be_read(bench: Bench, written: bytes) -> None:
    """They forbid nothing, and are no fault."""
    computer = with_mac_setting(bench.computer(System.MAC), "x")
    (computer.home / "Library" / "Preferences" / "com.microsoft.office.plist").write_bytes(written)
    assert {one.state for one in examined(computer)} <= {State.FINE, State.UNKNOWN}


MIXED = (r"HKCU\Software\Policies\Microsoft\Office\16.0\Common\Security\Trusted Locations", "Allow User Locations")
WHOLE = rf"{SECURITY}\Trusted Locations\Location1"


@pytest.mark.parametrize(
    ("values", "trusts"),
    [
        ({}, True),
        ({(rf"{SECURITY}\Trusted Locations\Location0", "Path"): "%appdata%/Microsoft/Excel/XLSTART"}, True),
        ({(rf"{OWN}\Trusted Locations\Location0", "Path"): "C:\\x"}, None),
        ({(rf"{OWN}\Trusted Locations", "AllLocationsDisabled"): 1}, False),
        ({(rf"{OWN}\Trusted Locations", "AllLocationsDisabled"): 1, (rf"{SECURITY}\Trusted Locations", "AllLocationsDisabled"): 0}, True),
        ({MIXED: 0}, False),
        ({MIXED: 0, (WHOLE, "Path"): "%APPDATA%\\"}, False),
        ({MIXED: 0, (WHOLE, "Path"): "%APPDATA%\\", (WHOLE, "AllowSubfolders"): 1}, True),
        ({MIXED: 0, (WHOLE, "Path"): "%APPDATA%\\Micro", (WHOLE, "AllowSubfolders"): 1}, False),
    ],
)
def test_trusted_locations(bench: Bench, values: dict[tuple[str, str], Any], trusts: bool | None) -> None:
    """The start-up folder is one unless something says otherwise; a list of the user's own that lacks it is no proof."""
    computer = bench.computer()
    for (key, name), value in values.items():
        computer.registry.set(key, name, value)
    assert policies.read_policies(computer).trusts is trusts


def test_the_strictest_rule_counts(bench: Bench) -> None:
    """Of what a group policy and a management service say."""
    computer = bench.computer()
    computer.registry.set(RULES, policies.CHILD_PROCESSES, "2")
    computer.registry.set(policies._MANAGED, "ASRRules", f"{policies.CHILD_PROCESSES}=1|x=9|{policies.WIN32_CALLS}=0|")
    assert policies.read_policies(computer).rules == {policies.CHILD_PROCESSES: 1, policies.WIN32_CALLS: 0}


@pytest.mark.parametrize(
    ("origin", "says"),
    [
        (r"C:\Users\z\AppData\Local\uv\tools\reply-xl\Scripts\python.exe", "which uv installed"),
        (r"C:\Users\z\miniconda3\python.exe", "which is from Conda"),
        (r"C:\Users\z\AppData\Local\Programs\Python\Python312\python.exe", "which is from python.org"),
        ("/Library/Frameworks/Python.framework/Versions/3.12/bin/python3", "which is from python.org"),
        ("/usr/bin/python3", "whose origin is not known"),
    ],
)
def test_where_python_is_from(bench: Bench, origin: str, says: str) -> None:
    """As far as the folders tell."""
    (found,) = python_checks.check_python(bench.computer(origins=(origin,)))
    assert found.says.endswith(f"{says}.")


# -- the real Python


def test_the_real_packages() -> None:
    """Of this very environment, in a process of its own."""
    (found, *_) = python_checks.check_packages(this_computer())
    assert (found.name, found.state) == ("Packages", State.FINE), found


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for Python")
def test_a_package_that_is_broken(bench: Bench) -> None:
    """It breaks in a process of its own, and is named with what it said."""
    (bench.folder / "broken" / "xlwings").mkdir(parents=True)
    (bench.folder / "broken" / "xlwings" / "__init__.py").write_text("raise RuntimeError('no DLL')")
    python = bench.folder / "python"
    python.write_text(f'#!/bin/sh\nshift\nPYTHONPATH="{bench.folder / "broken"}:{ROOT.parent}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    computer = dataclasses.replace(bench.computer(System.OTHER), deeds=RealDeeds(), python=python)
    (found,) = python_checks.check_packages(computer)
    assert (found.state, found.says) == (State.FAULT, "xlwings, which a click needs, cannot be loaded (RuntimeError: no DLL).")


def test_without_any_package(home: Path, tmp_path: Path) -> None:
    """The command itself needs none of them: what is missing is a finding, and there is no traceback."""
    shutil.copytree(ROOT, tmp_path / "alone" / "reply_xl")  # where it is installed, the others are as well
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'alone')!r}); from reply_xl.cli import main; sys.exit(main(['doctor']))"
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 1
    assert "ModuleNotFoundError: No module named 'keyring'" in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


# -- the command


@pytest.mark.parametrize("system", [None, *System])
def test_the_rehearsal(run: Callable[..., Ran], tmp_path: Path, system: str | None) -> None:
    """`install --prefix`, `doctor --prefix` and `uninstall --prefix` pass and leave nothing behind; without the first, doctor says so."""
    words = ("--prefix", tmp_path / "rehearsal", *(("--as", system) if system else ()))
    assert run("install", *words).code == 0
    ran = run("doctor", *words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == f"reply-xl {__version__}: nothing is wrong."
    assert run("uninstall", *words).code == 0
    assert not (tmp_path / "rehearsal").exists()
    ran = run("doctor", *words)
    assert ran.code == 1
    assert ran.out.splitlines()[-1] == f"reply-xl {__version__}: 2 faults."
    assert not (tmp_path / "rehearsal").exists()


def test_what_is_printed(run: Callable[..., Ran], tmp_path: Path) -> None:
    """A line a finding and one for what to do; with a warning alone it ends with 3; JSON says the same."""
    words = ("--prefix", tmp_path / "p", "--as", "windows")
    run("install", *words)
    (tmp_path / "p/AppData/Roaming/Microsoft/AddIns").mkdir(parents=True)
    (tmp_path / "p/AppData/Roaming/Microsoft/AddIns/ReplyXL.xlam").touch()
    ran = run("doctor", *words)
    assert ran.code == 3
    at = next(index for index, line in enumerate(ran.out.splitlines()) if line.startswith("warning  Second copy: There is a second copy"))
    assert ran.out.splitlines()[at + 1] == "         → Remove it."
    assert ran.out.endswith("1 warning.\n")
    told = json.loads(run("doctor", *words, "--json").out)
    assert [one["advice"] for one in told if one["state"] == "warning"] == ["Remove it."]


def test_the_network_is_asked(run: Callable[..., Ran], sandbox: Sandbox) -> None:
    """Unless --offline says otherwise."""
    ran = run("doctor", "--base-url", sandbox.url)
    assert f"ok       Connection: {sandbox.url} answers." in ran.out
    count = len(sandbox.requests)
    assert "Connection" not in run("doctor", "--base-url", sandbox.url, "--offline").out
    assert len(sandbox.requests) == count


def test_a_base_url_that_is_not_safe(run: Callable[..., Ran]) -> None:
    """One sentence, before anything is looked at."""
    ran = run("doctor", "--base-url", "http://example.com")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("\n") == 1
