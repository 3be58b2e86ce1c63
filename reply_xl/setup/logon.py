"""What starts the agent when the user logs on: a value of the user's own registry, a launch agent, an autostart entry. None of them needs
an administrator."""

from __future__ import annotations

import plistlib

from reply_xl.errors import ConfigError
from reply_xl.setup.computers import Computer, System
from reply_xl.setup.places import LAUNCH_AGENT, RUN, RUN_NAME, places
from reply_xl.whole_file import remove_leftovers, write_whole

_LONGEST = 260
"""Characters that Windows reads of such a value."""


def agent_command(computer: Computer) -> list[str]:
    return [str(computer.python), "-I", "-m", "reply_xl.agent"]


def check_logon_start(computer: Computer) -> None:
    """Raises `ConfigError` where Windows would cut the line. Writes nothing."""
    if computer.system is System.WINDOWS and len(_line(computer)) > _LONGEST:
        raise ConfigError(f"The path {computer.python} is too long for Windows to start it at logon; install reply-xl in a shorter one.")


def set_logon_start(computer: Computer) -> str:
    """Writes it, reads it back, and says where it stands. Safe to repeat. Raises `OSError`."""
    if computer.system is System.WINDOWS:
        line = _line(computer)
        computer.registry.set(RUN, RUN_NAME, line)
        if computer.registry.value(RUN, RUN_NAME) != line:
            raise OSError("the registry did not keep the value")
        return f"{RUN}, value {RUN_NAME}"
    file = places(computer).logon
    assert file is not None
    data = _plist(computer) if computer.system is System.MAC else _desktop_entry(computer)
    remove_leftovers(file)
    write_whole(file, data)
    return str(file)


def has_logon_start(computer: Computer) -> bool:
    if computer.system is System.WINDOWS:
        return computer.registry.value(RUN, RUN_NAME) is not None
    file = places(computer).logon
    return file is not None and file.exists()


def remove_logon_start(computer: Computer) -> bool:
    """Whether there was one. Raises `OSError`."""
    was_there = has_logon_start(computer)
    if computer.system is System.WINDOWS:
        computer.registry.delete(RUN, RUN_NAME)
    elif (file := places(computer).logon) is not None:
        file.unlink(missing_ok=True)
        remove_leftovers(file)
    return was_there


def _line(computer: Computer) -> str:
    return f'"{computer.python}" -I -m reply_xl.agent'


def _plist(computer: Computer) -> bytes:
    return plistlib.dumps(
        {"Label": LAUNCH_AGENT, "ProgramArguments": agent_command(computer), "RunAtLoad": True, "ProcessType": "Background"}
    )


def _desktop_entry(computer: Computer) -> bytes:
    command = " ".join('"' + _escaped(part) + '"' for part in agent_command(computer))
    return f"[Desktop Entry]\nType=Application\nName=Reply for Excel\nExec={command}\n".encode()


def _escaped(text: str) -> str:
    """As the desktop entry specification wants a quoted argument."""
    for char in '\\"`$':
        text = text.replace(char, f"\\{char}")
    return text.replace("\\", "\\\\").replace("%", "%%")
