"""The script with which Excel on a Mac starts Python: its sandbox lets VBA start nothing itself. Pure."""

from __future__ import annotations

import re

from reply_xl.setup.launcher import ARGUMENTS


def start_script(python: str) -> str:
    """AppleScript in ASCII. `startReply` returns at once; what it starts goes on by itself."""
    return (
        "-- Written by reply-xl install: starts Python for a click on the tab Reply.\n"
        + "on startReply(clickName)\n"
        + f"\tset python to {_spelled(python)}\n"
        + f'\tdo shell script quoted form of python & " {ARGUMENTS} " & quoted form of clickName & " > /dev/null 2>&1 &"\n'
        + '\treturn ""\n'
        + "end startReply\n"
    )


def _spelled(text: str) -> str:
    """Text as AppleScript spells it in ASCII, whatever encoding the compiler takes the source for."""
    parts = re.findall(r"[ -~]+|[^ -~]", text) or [""]
    return " & ".join(
        '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' if re.fullmatch("[ -~]*", part) else f"(character id {ord(part)})"
        for part in parts
    )
