"""The Excel of this computer: its version and its bitness, and whether it is open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reply_xl.doctor.findings import Finding, fault, fine, unknown, warning
from reply_xl.setup.computers import Computer, System
from reply_xl.setup.property_lists import property_list

_CLICK_TO_RUN = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
_APP_PATH = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
_ON_MAC = Path("Applications/Microsoft Excel.app/Contents/Info.plist")
_OLDEST = 16
_BITS = {"x64": "64-bit", "x86": "32-bit"}


@dataclass(frozen=True, slots=True)
class ExcelVersion:
    """`number` such as `16.0.17928.20114`, `bits` such as `64-bit`; "" where it is not known."""

    number: str
    bits: str

    @property
    def major(self) -> int | None:
        found = re.match(r"\d{1,4}", self.number)
        return int(found[0]) if found else None


def installed_excel(computer: Computer) -> ExcelVersion | None:
    """As the computer's own list of programs has it; None where there is none."""
    if computer.system is System.WINDOWS:
        number = computer.registry.value(_CLICK_TO_RUN, "VersionToReport")
        if number is not None:
            return ExcelVersion(str(number), _BITS.get(str(computer.registry.value(_CLICK_TO_RUN, "Platform")), ""))
        path = str(computer.registry.value(_APP_PATH, "") or "")
        found = re.search(r"Office(\d{2})\b", path)
        return ExcelVersion(f"{found[1]}.0" if found else "", "") if path else None
    if computer.system is System.MAC:
        for root in (computer.home, *(() if computer.is_rehearsal else (Path("/"),))):
            if (root / _ON_MAC).exists():
                return ExcelVersion(str(property_list(root / _ON_MAC).get("CFBundleShortVersionString", "")), "64-bit")
    return None


def program_of_excel(computer: Computer) -> Path | None:
    """The program, where Windows lists it and it is there."""
    path = computer.registry.value(_APP_PATH, "")
    program = Path(str(path).strip('"')) if path else None
    return program if program is not None and program.exists() else None


def check_excel(computer: Computer) -> Iterator[Finding]:
    if computer.system is System.OTHER:
        yield unknown("Excel", "There is no Excel for this system.")
        return
    excel = installed_excel(computer)
    if excel is None and computer.is_rehearsal:
        yield unknown("Excel", "The folder of a rehearsal has no Excel.")
    elif excel is None:
        yield fault(
            "Excel", "No Excel was found on this computer.", "Install Excel; Excel on the web and on a phone cannot hold the tab Reply."
        )
    elif excel.major is None:
        yield unknown("Excel", "Which version of Excel this is could not be found out.")
    elif excel.major < _OLDEST:
        yield warning(
            "Excel", f"This is Excel {excel.number}, and reply-xl is made for 16.0 (2016) and newer.", "Ask IT for a newer Excel."
        )
    else:
        open_now = ", and it is open now" if computer.deeds.is_excel_open() else ""
        yield fine("Excel", f"This is Excel {excel.number}{f', {excel.bits}' if excel.bits else ''}{open_now}.")
