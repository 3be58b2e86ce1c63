"""Where things lie on a computer with Excel: the one list that installing, checking and the page for IT share."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from reply_xl import config
from reply_xl.setup.computers import Computer, System

ADDIN = "ReplyXL.xlam"
FUNCTIONS = "ReplyXLFunctions.xlam"
SCRIPT = "ReplyXL.scpt"
LAUNCHER = "launcher.txt"
STAGED = "ReplyXL.xlam.new"
PRACTICE_LOG = "practice.log"
CLICKS = "clicks"
AGENT_LOCK = "agent.lock"
AGENT_LOG = "agent.log"
CLICK_LOG = "click.log"
GUIDE = "guide.html"
RUN = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"
RUN_ONCE = r"HKCU\Software\Microsoft\Windows\CurrentVersion\RunOnce"
RUN_NAME = "reply-xl"
EXCEL_OPTIONS = r"HKCU\Software\Microsoft\Office\16.0\Excel\Options"
OFFICE_FOLDERS = r"HKCU\Software\Microsoft\Office\16.0\Common\General"
LAUNCH_AGENT = "org.reply-xl.agent"

_OFFICE_ON_MAC = "Library/Group Containers/UBF8T346G9.Office/User Content.localized"


@dataclass(frozen=True, slots=True)
class Places:
    """`startup`: Excel opens what lies there. `others`: folders from which it would open a second copy. `shared`: what Excel and Python
    share; `data`: the journal. `scripts` (Mac), `menu` (Windows) and `logon` (the file that starts the agent) are None elsewhere."""

    startup: Path
    others: tuple[Path, ...]
    shared: Path
    data: Path
    scripts: Path | None
    menu: Path | None
    logon: Path | None

    @property
    def addin(self) -> Path:
        return self.startup / ADDIN

    @property
    def functions(self) -> Path:
        """The add-in with the functions for cells, which not everybody has."""
        return self.startup / FUNCTIONS

    @property
    def launcher(self) -> Path:
        return self.shared / LAUNCHER

    @property
    def clicks(self) -> Path:
        return self.shared / CLICKS

    @property
    def staged(self) -> Path:
        return self.shared / STAGED


def places(computer: Computer) -> Places:
    """Of this user. Nothing is made."""
    home = computer.home
    shared = config.shared_folder(computer.environ, computer.system.platform)
    if computer.system is System.WINDOWS:
        roaming = Path(computer.environ.get("APPDATA") or home / "AppData" / "Roaming")
        programs = computer.environ.get("ProgramFiles")
        office = [Path(programs, "Microsoft Office", "root", "Office16", "XLSTART")] if programs else []
        return Places(
            startup=roaming / "Microsoft" / "Excel" / _folder_name(computer),
            others=(roaming / "Microsoft" / "AddIns", *_alternative(computer), *office),
            shared=shared,
            data=shared,
            scripts=None,
            menu=roaming / "Microsoft" / "Windows" / "Start Menu" / "Programs" / "Reply for Excel",
            logon=None,
        )
    if computer.system is System.MAC:
        return Places(
            startup=home / _OFFICE_ON_MAC / "Startup.localized" / "Excel",
            others=(home / _OFFICE_ON_MAC / "Add-Ins.localized",),
            shared=shared,
            data=home / "Library" / "Application Support" / "reply_xl",
            scripts=home / "Library" / "Application Scripts" / "com.microsoft.Excel",
            menu=None,
            logon=home / "Library" / "LaunchAgents" / f"{LAUNCH_AGENT}.plist",
        )
    share = home / ".local" / "share"
    return Places(
        startup=share / "excel" / "startup",
        others=(share / "excel" / "addins",),
        shared=shared,
        data=shared,
        scripts=None,
        menu=None,
        logon=home / ".config" / "autostart" / "reply-xl-agent.desktop",
    )


def touches(rehearsed: Computer, real: Computer) -> bool:
    """Whether a folder of one is, holds, or lies in a folder of the other, whatever links lead there."""
    there = _folders(real)
    return any(one.is_relative_to(other) or other.is_relative_to(one) for one in _folders(rehearsed) for other in there)


def _folders(computer: Computer) -> list[Path]:
    at = places(computer)
    every = (at.startup, at.shared, at.data, at.scripts, at.menu, at.logon and at.logon.parent)
    return [Path(os.path.realpath(folder)) for folder in every if folder is not None]


def second_copies(computer: Computer) -> list[str]:
    """Add-ins of ours that Excel would load beside the one in `startup`: paths of files, and what Excel's own list names."""
    found = [str(file) for folder in places(computer).others for file in _like_ours(folder)]
    ours = (ADDIN.casefold(), FUNCTIONS.casefold())
    found += [str(file) for file in _like_ours(places(computer).startup) if file.name.casefold() not in ours]
    for name in computer.registry.names(EXCEL_OPTIONS):
        opened = computer.registry.value(EXCEL_OPTIONS, name)
        if re.fullmatch(r"OPEN[0-9]*", name, re.IGNORECASE) and "replyxl" in str(opened).casefold():
            found.append(f"{opened} in Excel's list of add-ins")
    return found


def _like_ours(folder: Path) -> list[Path]:
    try:
        return sorted(
            file for file in folder.iterdir() if file.name.casefold().startswith("replyxl") and file.suffix.casefold() in (".xlam", ".xla")
        )
    except OSError:
        return []


def _folder_name(computer: Computer) -> str:
    """Some languages of Office had another name for it."""
    name = computer.registry.value(OFFICE_FOLDERS, "Xlstart")
    return name if isinstance(name, str) and re.fullmatch(r"[^\\/:*?\"<>|.%]{1,60}", name) else "XLSTART"


def _alternative(computer: Computer) -> list[Path]:
    """“At startup, open all files in”, an option of Excel: a further folder, not another one."""
    folder = computer.registry.value(EXCEL_OPTIONS, "AltStartup")
    if not isinstance(folder, str) or not folder.strip():
        return []
    return [Path(re.sub(r"%([^%]+)%", lambda named: computer.environ.get(named[1], named[0]), folder.strip()))]
