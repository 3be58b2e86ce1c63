"""Whether Excel's macros could start this Python: where it is from, what its path is spelled with, and whether it runs at all."""

from __future__ import annotations

import re
from pathlib import PureWindowsPath

from reply_xl.errors import ConfigError
from reply_xl.setup.computers import Computer, System
from reply_xl.setup.places import places

_LONGEST = 259


def check_startable(computer: Computer) -> None:
    """Raises `ConfigError` where Excel could not start it. Writes nothing."""
    for origin in computer.origins:
        parts = [part.casefold() for part in PureWindowsPath(origin).parts]
        if "windowsapps" in parts or any(part.startswith("pythonsoftwarefoundation.python") for part in parts):
            raise ConfigError(
                "This Python is from the Microsoft Store, and what it writes lands where Excel cannot see it; install reply-xl as the README "
                "shows, with uv, which brings its own Python, and run “reply-xl install” again."
            )
        if {"archive-v0", "environments-v2", "builds-v0"} & set(parts):  # folders of uv's cache
            raise ConfigError(
                "This reply-xl runs from a temporary folder that is emptied now and then; install it as the README shows, with “uv tool install”, "
                "and run “reply-xl install” again."
            )
    if not computer.python.exists():
        raise ConfigError(f"{computer.python} is missing, and Excel needs it; install reply-xl as the README shows, with uv.")
    at = places(computer)
    for path in (computer.python, at.shared, at.startup):
        text = str(path)
        if re.search(r'["\x00-\x1f]', text):
            raise ConfigError(
                f"The folder {path.parent} has a quotation mark or a line break in its name; install reply-xl in another one."
            )
        if computer.system is not System.WINDOWS:
            continue
        if not computer.spells(text):
            strange = "".join(sorted({char for char in text if not computer.spells(char)}))
            raise ConfigError(
                f"Excel's macros on this computer cannot spell “{strange}” in {path}; ask IT to switch on Unicode UTF-8 in the region settings "
                "of Windows, or work without the tab: “reply-xl push --live” updates what is selected in Excel."
            )
        if len(text) > _LONGEST:
            raise ConfigError(f"{path} is too long for Excel's macros; install reply-xl in a folder with a shorter name.")
    _check_run(computer)


def _check_run(computer: Computer) -> None:
    """Tries what each click does: isolated, so that neither a folder nor the environment decides what is imported."""
    start = [str(computer.python), "-I", "-c"]
    if computer.deeds.can_run([*start, "import reply_xl"]):
        return
    if computer.deeds.can_run([*start, ""]):
        raise ConfigError(
            f"{computer.python} does not find reply-xl when Excel starts it, because of how it was installed; install it as the README shows, "
            "with “uv tool install”, and run “reply-xl install” again."
        )
    raise ConfigError(
        f"This computer does not let {computer.python} run, which every click needs; show IT the page addin/FOR_IT.md, so that they allow it."
    )
