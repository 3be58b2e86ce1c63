"""`doctor --live`: starts an Excel of its own, runs every step in it, and writes a report."""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import json
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from reply_xl import __version__
from reply_xl.doctor.excel_checks import installed_excel, program_of_excel
from reply_xl.doctor.findings import Finding
from reply_xl.doctor.live_report import TITLE, report, without_names
from reply_xl.doctor.live_stage import ExcelStage
from reply_xl.doctor.live_steps import STEPS
from reply_xl.doctor.live_try import Result, Verdict, run_steps
from reply_xl.doctor.policies import has_agent, read_policies
from reply_xl.errors import ConfigError
from reply_xl.setup.computers import Computer, System
from reply_xl.setup.functions_files import LIBRARIES, has_functions
from reply_xl.setup.places import places


def try_in_excel(
    computer: Computer, findings: Sequence[Finding], file: Path, say: Callable[[str], None], engine: Callable[[], Any], **means: Any
) -> list[Result]:
    """Every step, a line said after each, and the report in `file`, which replaces an older one and no other file. `means`: as for `ExcelStage`.
    Raises `ConfigError` where it cannot begin, or where the report cannot be written."""
    _check_report(file)
    with excel_stage(computer, engine, say, **means) as (stage, folder):
        say("Excel is started and closed several times now; leave mouse and keyboard alone for about three minutes.")
        results = run(stage, folder, say)
    try:
        file.write_text(text_of_report(computer, findings, results, date.today().isoformat()), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"The report cannot be written to {file}; name another file with --report.") from error
    say(f"{summary(results)} The report is in {file}; it names no person and no folder: read it, and send it to whoever asked for it.")
    return results


def _check_report(file: Path) -> None:
    """Before Excel is started. Raises `ConfigError`."""
    try:
        if file.exists() and not file.read_bytes().startswith(TITLE.encode()):
            raise ConfigError(f"{file} is another file than a report, and stays as it is; name a new one with --report.")
        is_new = not file.exists()
        file.open("ab").close()
        if is_new:
            file.unlink()
    except OSError as error:
        raise ConfigError(f"The report cannot be written to {file}; name another file with --report.") from error


@contextlib.contextmanager
def excel_stage(
    computer: Computer, engine: Callable[[], Any], say: Callable[[str], None], *, lets_go_within: float = 10.0, **means: Any
) -> Iterator[tuple[ExcelStage, Path]]:
    """An Excel of its own, and the folder for workbooks; both are gone afterwards, or `say` is told. `lets_go_within`: seconds that an Excel which
    was ended may hold files there. Raises `ConfigError` where that cannot be."""
    if computer.system is not System.WINDOWS:
        raise ConfigError("“doctor --live” runs with Excel on Windows only so far; “reply-xl doctor” without it runs everywhere.")
    program = program_of_excel(computer)
    if program is None:
        raise ConfigError("No Excel was found on this computer; install Excel and try again.")
    at = places(computer)
    if not at.addin.exists():
        raise ConfigError("The add-in is not installed; run “reply-xl install” and try again.")
    libraries = [at.shared / name for name in LIBRARIES.values() if (at.shared / name).exists()]
    given = {"has_agent": has_agent(computer), "libraries": libraries if has_functions(computer) else None, **means}
    with _scratch_folder(say, lets_go_within) as folder:
        if not computer.spells(str(folder)):
            raise ConfigError(
                f"Excel's macros on this computer cannot spell {folder}; set TEMP to a folder with a plain name and try again."
            )
        stage = ExcelStage(program, folder, computer.python, engine, **given)
        try:
            yield stage, folder
        finally:
            stage.end_for_good()


@contextlib.contextmanager
def _scratch_folder(say: Callable[[str], None], lets_go_within: float) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="reply-xl-")).resolve()
    try:
        yield folder
    finally:
        until = time.monotonic() + lets_go_within
        shutil.rmtree(folder, ignore_errors=True)
        while folder.exists() and time.monotonic() < until:
            time.sleep(0.2)
            shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            say(f"The folder {folder} is still in use; delete it later.")


def run(stage: ExcelStage, folder: Path, say: Callable[[str], None]) -> list[Result]:
    """Every step; `say` hears a line after each."""
    results = []
    for result in run_steps(stage, folder, STEPS):
        results.append(result)
        say(f"{result.verdict:<8} {result.name} ({result.seconds:.1f} s){f': {result.reason}' if result.reason else ''}")
    return results


def summary(results: Sequence[Result]) -> str:
    counts = [(verdict, sum(one.verdict is verdict for one in results)) for verdict in Verdict]
    return ", ".join(f"{count} {verdict}" for verdict, count in counts if count) + "."


def text_of_report(computer: Computer, findings: Sequence[Finding], results: Sequence[Result], day: str) -> str:
    """Without what names a person: `without_names` is the last thing that happens to it."""
    excel = installed_excel(computer)
    facts = {
        "day": day,
        "reply-xl": __version__,
        "Excel": " ".join(filter(None, (excel.number, excel.bits))) if excel else "not known",
        "system": f"{platform.system()} {platform.version()} {platform.machine()}",
        "Python": f"{platform.python_version()} {platform.architecture()[0]}",
    }
    policies: Mapping[str, object] = dataclasses.asdict(read_policies(computer))
    policies = json.loads(json.dumps(policies, default=str))
    return without_names(report(facts, policies, findings, results), _names(computer))


def _names(computer: Computer) -> Iterable[str]:
    """What names the user or the computer."""
    kept = ("USERNAME", "USER", "LOGNAME", "COMPUTERNAME", "HOSTNAME", "USERDOMAIN", "USERDNSDOMAIN", "USERPROFILE", "HOME", "TEMP", "TMP")
    names = {computer.environ.get(name, "") for name in kept} | {
        str(computer.home),
        computer.home.name,
        tempfile.gettempdir(),
        platform.node(),
    }
    with contextlib.suppress(Exception):  # nobody is logged on, as far as this computer says
        names.add(getpass.getuser())
    common = {"root", "user", "admin", "tmp", "temp", "windows"}
    return {name for name in names if name.casefold() not in common and not re.fullmatch(r"\W*", name)}
