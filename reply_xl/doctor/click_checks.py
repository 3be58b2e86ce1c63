"""What lies between a click in Excel and Python: the add-in file, the launcher, the agent, the folder of clicks, the logs."""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from reply_xl import __version__
from reply_xl.doctor.findings import Finding, fault, fine, unknown, warning
from reply_xl.errors import ConfigError
from reply_xl.locks import is_held
from reply_xl.setup.addin_file import our_addin, signed_copy
from reply_xl.setup.computers import Computer, System
from reply_xl.setup.functions_files import LIBRARIES, functions_addin, has_functions
from reply_xl.setup.launcher import Launcher, parse
from reply_xl.setup.logon import has_logon_start
from reply_xl.setup.places import AGENT_LOCK, CLICK_LOG, SCRIPT, places, second_copies
from reply_xl.tab.clicks import TOO_OLD
from reply_xl.tab.serving import PRACTICE, serving

_INSTALL = "Run “reply-xl install”."
_DAY = 86_400.0
_MOST_OF_LOG = 200_000


def check_addin(computer: Computer) -> Iterator[Finding]:
    """The file with the tab: there, of this version, unaltered, once."""
    at, ours = places(computer), our_addin()
    if not at.addin.exists():
        yield fault("Add-in", f"The add-in is not in {at.startup}, so there is no tab Reply.", _INSTALL)
    else:
        try:
            data, is_signed = signed_copy(at.addin, ours)
        except ConfigError as error:
            yield fault(
                "Add-in", f"The add-in in {at.startup} is not the one of this reply-xl: {error}", f"{_INSTALL[:-1]}, and restart Excel."
            )
        else:
            kind = "as it came with reply-xl" if data == ours else ("a signed copy" if is_signed else "a copy without a signature")
            yield fine("Add-in", f"The add-in {__version__} is in {at.startup}, {kind}.")
        if _is_from_the_internet(at.addin):
            yield fault(
                "Add-in",
                "Windows has marked the add-in as a file from the internet, and Excel runs no macros of such a file.",
                f"Right-click {at.addin}, choose Properties, tick Unblock, and restart Excel.",
            )
    if at.staged.exists():
        yield warning("Add-in", "A newer add-in waits until Excel is closed.", "Close all windows of Excel and open it again.")
    for copy in second_copies(computer):
        yield warning("Second copy", f"There is a second copy of the add-in, {copy}: Excel shows the tab Reply twice.", "Remove it.")


def _is_from_the_internet(file: Path) -> bool:
    """What Windows has noted beside it: 3 and 4 stand for the internet, lower numbers for this computer and the company's network."""
    try:
        noted = Path(f"{file}:Zone.Identifier").read_bytes()[:10_000].decode("latin-1")
    except OSError:
        return False
    zone = re.search(r"^ZoneId=(\d)", noted, re.MULTILINE | re.IGNORECASE)
    return zone is None or int(zone[1]) >= 3


def check_functions(computer: Computer) -> Iterator[Finding]:
    """The functions for cells, where they were chosen."""
    at = places(computer)
    if not has_functions(computer):
        return
    missing = [name for name in LIBRARIES.values() if not (at.shared / name).exists()]
    if missing:
        yield fault(
            "Functions", f"The functions for cells miss {missing[0]}, so they give no answers.", "Run “reply-xl install --functions”."
        )
    elif not _is_ours(at.functions):
        says = "The functions for cells are of another version of reply-xl than this one, so they may give no answers."
        yield warning("Functions", says, "Run “reply-xl install --functions”, and restart Excel.")
    elif (launcher := _launcher(computer)) is not None and launcher.has_agent:
        says = "The functions for cells need a Python that Excel starts, and Excel was set up to start none, so they give no answers."
        yield warning(
            "Functions", says, "If IT lets Excel start programs, run “reply-xl uninstall”, and then “reply-xl install --functions”."
        )
    else:
        yield fine("Functions", "The functions for cells are installed.")


def _is_ours(file: Path) -> bool:
    """Whether it is the file with the functions of this version, or a copy of it that somebody signed."""
    try:
        signed_copy(file, functions_addin())
    except ConfigError:
        return False
    return True


def check_launcher(computer: Computer) -> Iterator[Finding]:
    """What Excel starts at a click."""
    at = places(computer)
    try:
        text = at.launcher.read_bytes().decode(computer.code_page, "replace")
    except FileNotFoundError:
        yield fault("Launcher", "Excel does not know which Python to start: reply-xl is not set up for you on this computer.", _INSTALL)
        return
    except OSError as error:
        yield fault("Launcher", f"{at.launcher} cannot be read ({error.strerror}).", "Ask IT to let you read this file.")
        return
    launcher = parse(text)
    if launcher is None or not launcher.python:
        yield fault("Launcher", f"{at.launcher} is damaged, so Excel does not know which Python to start.", _INSTALL)
        return
    yield from _check_target(computer, launcher)
    if computer.system is System.MAC:
        yield from _check_script(computer)


def _check_target(computer: Computer, launcher: Launcher) -> Iterator[Finding]:
    if not Path(launcher.python).exists():
        yield fault("Launcher", f"A click starts {launcher.python}, which is no longer there.", _INSTALL)
    elif Path(launcher.python) != computer.python:
        yield warning(
            "Launcher",
            f"A click starts {launcher.python}, and this command belongs to {computer.python}: there are two installations of reply-xl.",
            "Remove one of them, and run “reply-xl install” from the other.",
        )
    elif launcher.version != __version__:
        yield fault("Launcher", f"Excel was set up by reply-xl {launcher.version}, and this is reply-xl {__version__}.", _INSTALL)
    else:
        yield fine("Launcher", f"A click starts {launcher.python}.")


def _check_script(computer: Computer) -> Iterator[Finding]:
    folder = places(computer).scripts
    assert folder is not None
    script = folder / SCRIPT
    if script.exists() and script.stat().st_size:
        yield fine("Script", f"The script with which Excel starts Python is in {folder}.")
    else:
        yield fault("Script", f"The script with which Excel starts Python is not in {folder}.", _INSTALL)


def check_agent(computer: Computer) -> Iterator[Finding]:
    """The program that waits for clicks, where it was chosen."""
    at, name = places(computer), "Agent"
    launcher = _launcher(computer)
    is_wanted, starts = launcher is not None and launcher.has_agent, has_logon_start(computer)
    again = "Run “reply-xl install --agent”."
    if not is_wanted and not starts:
        yield fine(name, "No agent is chosen: Excel starts Python itself.")
    elif not is_wanted:
        yield warning(name, "An agent starts when you log on, and the add-in does not rely on it.", again)
    elif not starts:
        yield fault(name, "The add-in relies on an agent, and nothing starts one when you log on.", again)
    elif is_held(at.shared / AGENT_LOCK):
        yield fine(name, "An agent waits for clicks.")
    elif computer.is_rehearsal:
        yield unknown(name, "An agent is chosen; none runs in a rehearsal.")
    else:
        yield fault(name, "The add-in relies on an agent, and none is running.", f"{again[:-1]}, which starts one.")


def check_click_folder(computer: Computer, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Whether clicks can be noted there, and whether somebody takes them."""
    at, name = places(computer), "Clicks"
    folder = at.clicks if at.clicks.exists() else at.shared
    if not folder.exists():
        yield unknown(name, f"{at.shared} is not there yet.")
        return
    try:
        _write_in(folder)
    except OSError as error:
        yield fault(name, f"{folder} cannot be written ({error.strerror}), so no click can be noted.", "Ask IT to let you write there.")
        return
    left = [moment for file in at.clicks.glob("*.click") if (moment := _written(file)) and now() - moment > TOO_OLD]
    if left:
        launcher = _launcher(computer)
        if launcher is not None and launcher.has_agent:
            why = "Run “reply-xl install --agent”, which starts the agent again."
        else:
            why = "Python did not start: see the lines on Python and on policies; where Excel may start no program, run “reply-xl install --agent”."
        yield fault(name, f"Nobody took {len(left)} of your clicks; the last one is from {_moment(max(left))}.", why)
    else:
        yield fine(name, f"Clicks can be noted in {folder}.")
    if (at.shared / PRACTICE).exists() and serving(at.shared) is None:
        says = "Practice is on, and its server has ended, so the buttons do nothing."
        yield warning("Practice", says, "Click Practice to switch it off, and once more to practise.")
    elif (at.shared / PRACTICE).exists():
        yield fine("Practice", "Practice is on: the buttons talk to a stand-in on this computer.")


def _write_in(folder: Path) -> None:
    """Not by `tempfile`: in a folder in which Windows lets this user write nothing that tries names for ever."""
    file = folder / f"doctor-{secrets.token_hex(8)}.tmp"
    try:
        file.open("xb").close()
    finally:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def _written(file: Path) -> float | None:
    """When, None for a file that has gone meanwhile: somebody took the click."""
    try:
        return file.stat().st_mtime
    except OSError:
        return None


def check_logs(computer: Computer, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """The last thing that went wrong unexpectedly, if that was within a day."""
    at, found = places(computer), False
    for file in dict.fromkeys((at.shared / CLICK_LOG, at.data / "reply-xl.log")):
        error = _last_error(file)
        if error is not None and now() - (_written(file) or 0.0) < _DAY:
            found = True
            yield warning(
                "Log", f"Something unexpected went wrong lately ({error}).", f"If it comes again, report it with the file {file}."
            )
    if not found:
        yield fine("Log", "Nothing unexpected went wrong in the last 24 hours.")


def _last_error(file: Path) -> str | None:
    """The last line of the last traceback in a log, unless it was only a sentence for the user."""
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - _MOST_OF_LOG))
            text = opened.read().decode("utf-8", "replace")
    except OSError:
        return None
    found = re.findall(r"^Traceback \(most.*\n(?:[ \t].*\n|\n)*(?P<last>\S.*)$", text, flags=re.MULTILINE)
    errors = [line for line in found if not line.startswith("reply_xl.errors.")]
    return errors[-1][:200] if errors else None


def _launcher(computer: Computer) -> Launcher | None:
    try:
        return parse(places(computer).launcher.read_bytes().decode(computer.code_page, "replace"))
    except OSError:
        return None


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
