"""Cell values as every host delivers them, and back as text that no host can take for anything else. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from reply_xl.model import CellValue, ErrorCell

NOT_CALCULATED = "“not calculated” (open the workbook in Excel and save it)"
"""The code of a formula without a stored result: the workbook was last saved by a program that does not calculate."""
RICH = "“more than a text” (see the cell in Excel)"
"""The code of a cell of which the file tells other programs only that they cannot show it."""

_FIRST_ERROR = -2146828288
_ERRORS = {
    2000: "#NULL!", 2007: "#DIV/0!", 2015: "#VALUE!", 2023: "#REF!", 2029: "#NAME?", 2036: "#NUM!", 2042: "#N/A", 2043: "#GETTING_DATA",
    2045: "#SPILL!", 2046: "#CONNECT!", 2047: "#BLOCKED!", 2048: "#UNKNOWN!", 2049: "#FIELD!", 2050: "#CALC!", 2051: "#BUSY!",
    2052: "#EXTERNAL!", 2222: "#PYTHON!", 2288: NOT_CALCULATED, 2289: RICH,
}  # fmt: skip
_UNKNOWN = ErrorCell("#ERROR")
_MOST_UNITS = 32_766
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def as_lines(raw: Any) -> Sequence[Sequence[Any]]:
    """A block as rows, also where the host returns one cell as a scalar or one row flat."""
    if not isinstance(raw, list | tuple):
        return [[raw]]
    return raw if raw and isinstance(raw[0], list | tuple) else [raw]


def as_cells(line: Sequence[Any]) -> list[CellValue]:
    """A row of raw values as cell values."""
    return [value if value is None or value.__class__ is float or (value.__class__ is str and value) else as_cell(value) for value in line]


def as_cell(value: Any) -> CellValue:
    """A raw value of any host as a cell value: a date is naive and of whole seconds, a currency a number. On Windows an error arrives as a
    large negative int, and a number never as an int."""
    if value is None or value == "":
        return None
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if value > -2_000_000_000:
            return float(value)
        code = _ERRORS.get(value - _FIRST_ERROR)
        return _UNKNOWN if code is None else ErrorCell(code)
    if isinstance(value, float | Decimal):
        return float(value)
    if isinstance(value, datetime):
        # a serial number is seldom a whole second: half past ten may arrive as 10:29:59.999
        moment = datetime(value.year, value.month, value.day, value.hour, value.minute, value.second)
        return moment + timedelta(seconds=1) if value.microsecond >= 500_000 else moment
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return _UNKNOWN


def as_text(text: str) -> str:
    """What to write so that a cell holds exactly this text, whatever it begins with and however the cell is formatted: the host consumes
    the leading apostrophe. Characters that no workbook can hold are replaced, and what is longer than a cell is cut."""
    text = _UNWRITABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    units = text.encode("utf-16-le") if len(text) * 2 > _MOST_UNITS else b""
    if len(units) > _MOST_UNITS * 2:
        text = units[: (_MOST_UNITS - 1) * 2].decode("utf-16-le", "ignore") + "…"
    return f"'{text}" if text else ""
