"""The Python that Excel starts: where it is from, whether it runs, and whether everything that a click needs is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from reply_xl.doctor.findings import Finding, fault, fine, unknown, warning
from reply_xl.errors import ConfigError
from reply_xl.setup.computers import Computer
from reply_xl.setup.startable import check_startable
from reply_xl.wording import joined

_AGAIN = "Install reply-xl again, as the README shows."
_LONG = 3.0
"""Seconds to load xlwings that a person notices at each click."""


def check_python(computer: Computer) -> Iterator[Finding]:
    """Whether Excel could start it; each reason against it has its sentence."""
    try:
        check_startable(computer)
    except ConfigError as error:
        yield fault("Python", str(error))
    else:
        yield fine("Python", f"Excel can start {computer.python}, {_origin(computer)}.")


def check_packages(computer: Computer) -> Iterator[Finding]:
    """Loads what a click loads, in a process of its own."""
    if computer.is_rehearsal and computer.deeds.output(()) is None:
        yield unknown("Packages", "No program is started in a rehearsal, so what Python would load is not tried.")
        return
    said = computer.deeds.output([str(computer.python), "-I", "-m", "reply_xl.doctor.trial"])
    try:
        found = json.loads((said or "").strip())
        version, broken, seconds, slow = str(found["python"]), dict(found["broken"]), float(found["seconds"]), list(found["slow"])
    except (ValueError, KeyError, TypeError):
        yield fault("Packages", "Python did not try its packages to the end.", _AGAIN)
        return
    for name, problem in broken.items():
        yield fault("Packages", f"{name}, which a click needs, cannot be loaded ({problem}).", _AGAIN)
    if not broken:
        yield fine("Packages", f"Everything that a click needs can be loaded by Python {version}; xlwings takes {seconds:.1f} seconds.")
    if slow and "xlwings" not in broken:
        advice = "Install reply-xl in an environment of its own, as the README shows, and run “reply-xl install” from there."
        yield warning("Packages", f"{joined(slow)} beside xlwings: each click starts about a second later.", advice)
    elif seconds > _LONG:
        yield warning(
            "Packages",
            f"xlwings takes {seconds:.1f} seconds to load, and each click waits for that.",
            "If it stays so, ask IT whether a virus scanner looks at every file of the folder in which Python lies.",
        )


def _origin(computer: Computer) -> str:
    """Who made the interpreter, as far as its folders tell."""
    parts = [part.casefold() for origin in computer.origins for part in (*PureWindowsPath(origin).parts, *Path(origin).parts)]
    if any(part == "uv" or part.startswith("cpython-") for part in parts):
        return "which uv installed"
    if any("conda" in part or part == "miniforge3" for part in parts):
        return "which is from Conda"
    if "python.framework" in parts or any(part.startswith("python3") and part[7:].isdigit() for part in parts):
        return "which is from python.org"
    return "whose origin is not known"
