"""Puts the add-in into Excel's start-up folder and everything beside it that a click needs, and takes it away again.

Needs no administrator. Both can be repeated: what is already as it should be stays.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from reply_xl import __version__
from reply_xl.errors import ConfigError
from reply_xl.locks import is_held
from reply_xl.setup.applescript import start_script
from reply_xl.setup.computers import Computer, System
from reply_xl.setup.functions_files import FunctionsFiles, put_functions, remove_functions, require_windows
from reply_xl.setup.launcher import Launcher, parse
from reply_xl.setup.logon import agent_command, check_logon_start, has_logon_start, remove_logon_start, set_logon_start
from reply_xl.setup.places import AGENT_LOCK, AGENT_LOG, CLICK_LOG, GUIDE, PRACTICE_LOG, SCRIPT, places, second_copies
from reply_xl.setup.placing import forget_staged, put_addin
from reply_xl.setup.startable import check_startable
from reply_xl.tab.serving import PRACTICE, SERVER
from reply_xl.whole_file import remove_leftovers, write_whole

SHORTCUTS = {
    "Update the selected rows": ("push --live", "Updates the contacts of the rows that are selected in Excel"),
    "Preview the selected rows": ("preview --live", "Shows what would change in Reply for the rows that are selected in Excel"),
}
_PATIENCE = 10.0


@dataclass(slots=True)
class Report:
    """`done`: a sentence for each thing that was done; `next`: what is left to do for the user. `is_whole`: nothing failed."""

    done: list[str] = field(default_factory=list)
    next: list[str] = field(default_factory=list)
    is_whole: bool = True


def install(
    computer: Computer, addin: bytes, *, agent: bool = False, functions: FunctionsFiles | None = None, rehearses: bool = False
) -> Report:
    """Copies `addin` and writes what it needs, and reads each thing back; `functions`, where given, as well. An agent that was chosen before
    stays. `rehearses`: a person looks at a folder, so nothing is said of their own Excel.
    Raises `ConfigError`, in most cases before anything was written."""
    check_startable(computer)
    if functions is not None:
        require_windows(computer)
    chosen = agent or has_logon_start(computer)
    if chosen:
        check_logon_start(computer)
    at, report = places(computer), Report()
    with _writing(at.startup):
        was_there = at.addin.exists() and at.addin.read_bytes() == addin
        if was_there:
            forget_staged(computer)
            is_placed = True
        else:
            is_placed = put_addin(computer, addin)
        if is_placed and at.addin.read_bytes() != addin:
            raise OSError(f"{at.addin} is not what was written")
    if is_placed:
        report.done.append(f"The add-in {'was already' if was_there else 'is now'} in {at.startup}.")
    else:
        report.done.append("A program, mostly Excel, holds the old add-in; the new one is put in its place as soon as Excel is closed.")
        if not computer.deeds.is_excel_open():
            report.next.append(
                f"If Excel is closed and its tab stays the old one, ask IT whether you may change the files in {at.startup}."
            )
    if computer.system is System.MAC:
        _write_script(computer)
        report.done.append(f"The script that Excel needs for a click is in {at.scripts}.")
    where = ""
    if chosen:  # before the launcher, which tells Excel to rely on it
        with _writing(at.logon or at.shared):
            where = set_logon_start(computer)
    with _writing(at.shared):
        _write_launcher(computer, has_agent=chosen)
    report.done.append(f"A click in Excel starts {computer.python}.")
    if chosen:
        with _writing(at.shared):
            computer.deeds.start(agent_command(computer))
        report.done.append(f"A small program waits for clicks from now on, and starts when you log on ({where}).")
        if not agent:
            report.done.append("It was chosen before and stays; “reply-xl uninstall” takes it away.")
    if functions is not None:
        _put_functions(computer, functions, report, has_agent=chosen)
    if at.menu is not None:
        _write_shortcuts(computer, at.menu, report)
    if str(at.startup).startswith("\\\\"):
        report.next.append(f"{at.startup} lies on the network: if the tab does not appear, ask IT to make it a trusted location of Excel.")
    for copy in second_copies(computer):
        report.is_whole = False
        report.next.append(f"Remove the second copy of the add-in, {copy}: with two of them Excel shows the tab Reply twice.")
    if rehearses:
        report.next.append("Without --prefix, Excel would show the tab Reply in its ribbon when it is started.")
    elif not is_placed or computer.deeds.is_excel_open():
        report.next.append("Restart Excel: close all its windows and open it again.")
    else:
        report.next.append("Start Excel: the tab Reply is in its ribbon.")
    return report


def uninstall(computer: Computer, *, everything: bool = False, rehearses: bool = False) -> Report:
    """Removes what `install` wrote, and what clicks and the agent left. The journal stays unless `everything` is to go. Raises `ConfigError`
    while an update goes on, and where a file of ours cannot be removed; one that is in use is named in the report."""
    at, report = places(computer), Report()
    if any(is_held(file) for file in at.data.glob("run-*.lock")):
        raise ConfigError("An update is going on; wait until it has ended, or click Cancel in Excel, and try again.")
    if any(is_held(file) for file in at.data.glob("book-*.lock")):  # its run may begin any moment
        raise ConfigError("A click in Excel is still being carried out; answer its box, or click Cancel in Excel, and try again.")
    with _writing(at.shared):
        forget_staged(computer)
        was_there = at.launcher.exists()
        at.launcher.unlink(missing_ok=True)  # before what starts the agent: Excel must not rely on one that nothing starts
        remove_leftovers(at.launcher)
        if remove_logon_start(computer):
            report.done.append("The small program that waited for clicks no longer starts when you log on, and ends now.")
        _await_end(at.shared / AGENT_LOCK)
        _remove(at.shared / PRACTICE, computer, report)
        _await_end(at.shared / SERVER)
        logs = [f"{name}{ending}" for name in (AGENT_LOG, CLICK_LOG, PRACTICE_LOG) for ending in ("", ".1")]
        for name in (AGENT_LOCK, SERVER, *logs):
            _remove(at.shared / name, computer, report)
        shutil.rmtree(at.clicks, ignore_errors=True)
        (at.data / GUIDE).unlink(missing_ok=True)
        if was_there:
            report.done.append("Excel no longer knows which program to start.")
    with _writing(at.startup):
        _remove_functions(computer, report)
        _remove_addin(computer, report)
    if at.scripts is not None:
        with _writing(at.scripts):
            (at.scripts / f"new-{SCRIPT}").unlink(missing_ok=True)
    if at.scripts is not None and (at.scripts / SCRIPT).exists():
        with _writing(at.scripts):
            (at.scripts / SCRIPT).unlink()
        report.done.append("The script in Excel's folder is removed.")
    if at.menu is not None and at.menu.exists():
        with _writing(at.menu):
            for name in SHORTCUTS:
                (at.menu / f"{name}.lnk").unlink(missing_ok=True)
            _remove_empty(at.menu)
        report.done.append("The entries in the Start menu are removed.")
    if everything:
        for folder in (at.shared, at.data):
            if folder.exists():
                with _writing(folder):
                    shutil.rmtree(folder)
        where = "the folders of the rehearsal" if rehearses else "your folders"
        report.done.append(f"The records of all updates and everything else of reply-xl in {where} are deleted.")
    for folder in (at.shared, at.data):
        _remove_empty(folder)
    if not report.done:
        report.done.append("Nothing of reply-xl was installed in Excel.")
    if at.data.exists() and any(at.data.iterdir()):
        advice = "they belong to the rehearsal" if rehearses else "“reply-xl uninstall --everything” deletes them, and the API key"
        report.next.append(f"The records of {'updates' if rehearses else 'your updates'} stay in {at.data}; {advice}.")
    return report


def remove_empty_folders(computer: Computer) -> None:
    """After a rehearsal: the folders that `install` made, up to the home of the user who is rehearsed, as far as they are empty."""
    at = places(computer)
    for folder in filter(None, (at.startup, *at.others, at.shared, at.data, at.scripts, at.menu, at.logon and at.logon.parent)):
        while folder.is_relative_to(computer.home) and (not folder.exists() or _remove_empty(folder)):
            folder = folder.parent


def _write_launcher(computer: Computer, *, has_agent: bool) -> None:
    file = places(computer).launcher
    wanted = Launcher(str(computer.python), has_agent, __version__)
    data = wanted.text().encode(computer.code_page)
    remove_leftovers(file)
    if not file.exists() or file.read_bytes() != data:
        write_whole(file, data, patience=_PATIENCE)  # the agent reads it several times a second
    if parse(file.read_bytes().decode(computer.code_page)) != wanted:
        raise OSError(f"{file} is not what was written")


def _write_script(computer: Computer) -> None:
    folder = places(computer).scripts
    assert folder is not None
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        scratch = folder / f"new-{SCRIPT}"
        try:
            computer.deeds.compile_script(start_script(str(computer.python)), scratch)
            if not scratch.stat().st_size:
                raise OSError("the script is empty")
            scratch.replace(folder / SCRIPT)
        finally:
            scratch.unlink(missing_ok=True)


def _put_functions(computer: Computer, functions: FunctionsFiles, report: Report, *, has_agent: bool) -> None:
    at = places(computer)
    with _writing(at.functions):
        if put_functions(computer, functions):
            report.done.append(f"The functions for cells, such as =REPLY_CHECK(header, value), are in {at.startup}.")
        else:
            report.is_whole = False
            report.next.append("Close Excel, which holds the older functions for cells, and run “reply-xl install --functions” again.")
    if has_agent:
        report.next.append(
            "The functions for cells need a program that Excel starts; with the one that waits for clicks they give no answers."
        )


def _remove_functions(computer: Computer, report: Report) -> None:
    was_there, held = remove_functions(computer)
    if held:
        report.is_whole = False
        report.next.append(f"Close Excel, which holds {held[0]}, and run “reply-xl uninstall” again.")
    elif was_there:
        report.done.append("The functions for cells are removed.")


def _write_shortcuts(computer: Computer, folder: Path, report: Report) -> None:
    """The tab works without them: that they cannot be made is said and is no failure."""
    console = computer.python.with_name(computer.python.name.replace("pythonw", "python"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, (words, says) in SHORTCUTS.items():
            computer.deeds.write_shortcut(folder / f"{name}.lnk", console, f"-I -m reply_xl.shortcut {words}", says)
    except OSError:
        _remove_empty(folder)
        report.done.append("The entries in the Start menu could not be made; nothing else needs them.")
    else:
        report.done.append(f"The Start menu has “{'” and “'.join(SHORTCUTS)}” under Reply for Excel.")


def _await_end(held: Path) -> None:
    """The agent ends when its launcher is gone, the practice server when its mark is, and lets go of its files then."""
    until = time.monotonic() + _PATIENCE
    while is_held(held) and time.monotonic() < until:
        time.sleep(0.05)


def _remove(file: Path, computer: Computer, report: Report) -> None:
    """A process that ends within seconds may still hold it."""
    try:
        computer.deeds.remove(file)
    except PermissionError:
        report.is_whole = False
        report.next.append(f"Run “reply-xl uninstall” again in a minute: {file} is still in use.")


def _remove_addin(computer: Computer, report: Report) -> None:
    file = places(computer).addin
    if not file.exists():
        return
    try:
        computer.deeds.remove(file)
    except PermissionError:
        report.is_whole = False
        report.next.append(f"Close Excel, which holds {file}, and run “reply-xl uninstall” again.")
        return
    report.done.append(f"The add-in is removed from {file.parent}.")
    if computer.deeds.is_excel_open():
        report.next.append("Restart Excel: until then it still shows the tab Reply.")


def _remove_empty(folder: Path) -> bool:
    """Whether it was there, held nothing, and is gone."""
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Says where this computer did not let a file be written, read or removed."""
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"This computer does not let reply-xl change {error.filename or path} ({error.strerror or error}); close what uses it, or ask IT."
        ) from error
