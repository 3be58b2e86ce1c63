"""What Excel makes of a string that a program writes into a cell: the same as if the user had typed it (US English)."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Any, NamedTuple

EPOCH = dt.datetime(1899, 12, 30)
_MONTHS = {name.lower(): number for names in (calendar.month_name, calendar.month_abbr) for number, name in enumerate(names) if name}
_MONTH = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + ")"

# Anything that does not match this stays text, which decides most cells with one look.
_SUSPECT = re.compile(rf"\s*(?:[\d+\-.=@'($€£¥#]|true\s*$|false\s*$|{_MONTH}[\s.,/-]*\d)", re.IGNORECASE)
_NUMBER = re.compile(r"([+-]?)\s*([$€£¥]?)\s*(\d{1,3}(?:,\d{3})+|\d*)(\.\d*)?(e[+-]?\d+)?\s*(%?)$", re.IGNORECASE)
_FRACTION = re.compile(r"([+-]?\d+)\s+(\d{1,3})/(\d{1,3})$")
_TIME = r"(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(\.\d+)?)?)?(?:\s*([ap])m?)?"
_NUMERIC_DATE = re.compile(rf"(\d{{1,4}})([/-])(\d{{1,4}})(?:\2(\d{{1,4}}))?(?:\s+{_TIME})?$", re.IGNORECASE)
_DAY_MONTH = re.compile(rf"(\d{{1,2}})[\s/-]*{_MONTH}\.?(?:[\s,/-]+(\d{{2,4}}))?$", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"{_MONTH}\.?[\s/-]*(\d{{1,4}})(?:,?[\s/-]+(\d{{4}}))?$", re.IGNORECASE)
_TIME_ONLY = re.compile(rf"{_TIME}$", re.IGNORECASE)
ERRORS = {
    "#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042, "#GETTING_DATA": 2043,
    "#SPILL!": 2045, "#CONNECT!": 2046, "#BLOCKED!": 2047, "#UNKNOWN!": 2048, "#FIELD!": 2049, "#CALC!": 2050, "#BUSY!": 2051,
    "#EXTERNAL!": 2052, "#PYTHON!": 2222,
}  # fmt: skip


class ExcelError:
    """An error cell. Arrives over COM as a large negative int."""

    __slots__ = ("code", "text")

    def __init__(self, text: str):
        self.text, self.code = text, -2146828288 + ERRORS[text]

    def __repr__(self) -> str:
        return f"ExcelError({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExcelError) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


class Typed(NamedTuple):
    """A cell's new content: its value, the number format Excel gives a General cell for it, its formula."""

    value: Any
    number_format: str | None = None
    formula: str | None = None


def serial(moment: dt.datetime) -> float:
    """A naive datetime as Excel counts it: days since the end of 1899."""
    return (moment - EPOCH) / dt.timedelta(days=1)


def moment(number: float) -> dt.datetime:
    """Excel's day number as a naive datetime, to the millisecond as pywin32 delivers it."""
    return EPOCH + dt.timedelta(milliseconds=round(number * 86_400_000))


def is_date_format(number_format: str) -> bool:
    if number_format == "General" or number_format == "@":
        return False
    if re.search(r"\[(h+|m+|s+)\]", number_format, re.IGNORECASE):
        return True
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.', "", number_format.split(";")[0])
    return re.search(r"[ymdhs]", re.sub(r"general|e[+-]", "", bare, flags=re.IGNORECASE), re.IGNORECASE) is not None


def is_currency_format(number_format: str) -> bool:
    return number_format not in ("General", "@") and re.search(r"[$€£¥]", re.sub(r"\[\$-\w+\]", "", number_format)) is not None


def read_typed(text: str, today: dt.date) -> Typed:
    """What a cell that is not formatted as text holds after this string was written into it."""
    if not _SUSPECT.match(text):
        return Typed(text)
    if text[0] == "'":
        return Typed(text[1:])
    if text[0] == "=" and len(text) > 1:
        return Typed(0.0, None, text)
    bare = text.strip()
    if bare.lower() in ("true", "false"):
        return Typed(bare.lower() == "true")
    if bare.upper() in ERRORS:
        return Typed(ExcelError(bare.upper()))
    found = _number(bare) or _date(bare, today)
    if found:
        return found
    if text[0] in "+-" and len(text) > 1:
        return Typed(ExcelError("#NAME?"), None, "=" + text)
    if text[0] == "@" and len(text) > 1:
        return Typed(ExcelError("#NAME?"), None, "=" + text[1:])
    return Typed(text)


def _number(text: str) -> Typed | None:
    if text[0] == "(" and text[-1] == ")":
        inner = _number(text[1:-1].strip())
        return Typed(-inner.value, inner.number_format) if inner and inner.value > 0 else None
    if fraction := _FRACTION.match(text):
        whole, above, below = (int(group) for group in fraction.groups())
        return Typed(whole + (above / below if whole >= 0 else -above / below), "# ?/?") if below else None
    match = _NUMBER.match(text)
    if not match or not any(letter.isdigit() for letter in text):
        return None
    sign, currency, whole, decimals, exponent, percent = match.groups()
    if not whole and not (decimals or "")[1:]:
        return None
    try:
        value = float(f"{sign}{whole.replace(',', '')}{decimals or ''}{exponent or ''}")
    except ValueError:
        return None
    if abs(value) > 9.99e307:
        return None
    value = float(f"{value:.15g}")
    if currency:
        return Typed(value, f"{currency}#,##0.00" if decimals else f"{currency}#,##0")
    if percent:
        return Typed(value / 100, "0.00%" if decimals else "0%")
    if exponent:
        return Typed(value, "0.00E+00")
    return Typed(value, "#,##0" if "," in whole else None)


def _year(year: int) -> int:
    if year >= 100:
        return year
    return year + (2000 if year < 30 else 1900)


def _made(year: int, month: int, day: int, number_format: str, clock: float = 0.0) -> Typed | None:
    try:
        return Typed(serial(dt.datetime(year, month, day)) + clock, number_format) if 1900 <= year <= 9999 else None
    except ValueError:
        return None


def _clock(hour: str, minute: str | None, second: str | None, fraction: str | None, half: str | None) -> float | None:
    hours, minutes, seconds = int(hour), int(minute or 0), int(second or 0) + float(fraction or 0)
    if minutes > 59 or seconds >= 60 or (half and not 1 <= hours <= 12) or hours > 23:
        return None
    if half:
        hours = hours % 12 + (12 if half.lower() == "p" else 0)
    return (hours * 3600 + minutes * 60 + seconds) / 86400


def _date(text: str, today: dt.date) -> Typed | None:
    if match := _NUMERIC_DATE.match(text):
        return _numeric_date(match, today)
    if match := _DAY_MONTH.match(text):
        day, month, year = match.groups()
        number = _MONTHS[month.lower()]
        return _made(_year(int(year)) if year else today.year, number, int(day), "d-mmm-yy" if year else "d-mmm")
    if match := _MONTH_DAY.match(text):
        month, day, year = match.groups()
        number = _MONTHS[month.lower()]
        if year:
            return _made(int(year), number, int(day), "d-mmm-yy")
        return _made(today.year, number, int(day), "d-mmm") or _made(_year(int(day)), number, 1, "mmm-yy")
    if (match := _TIME_ONLY.match(text)) and (match[2] or match[5]):
        clock = _clock(*match.groups())
        return None if clock is None else Typed(clock, "h:mm AM/PM" if match[5] else "h:mm:ss" if match[3] else "h:mm")
    return None


def _numeric_date(match: re.Match[str], today: dt.date) -> Typed | None:
    first, _, second, third, *clock_parts = match.groups()
    a, b = int(first), int(second)
    clock = 0.0
    if clock_parts[0] is not None:
        if clock_parts[1] is None and clock_parts[4] is None:
            return None
        read = _clock(*clock_parts)
        if read is None:
            return None
        clock = read
    if third is not None:
        number_format = "m/d/yyyy h:mm" if clock_parts[0] is not None else "m/d/yyyy"
        if len(first) == 4:
            return _made(a, b, int(third), number_format, clock)
        return _made(_year(int(third)), a, b, number_format, clock) if len(first) <= 2 and len(third) in (1, 2, 4) else None
    if clock_parts[0] is not None or len(first) > 2:
        return _made(a, b, 1, "mmm-yy") if len(first) == 4 and clock_parts[0] is None and len(second) <= 2 else None
    if len(second) <= 2 and (made := _made(today.year, a, b, "d-mmm") or _made(today.year, b, a, "d-mmm")):
        return made
    if len(second) in (2, 4):
        return _made(_year(b), a, 1, "mmm-yy")
    return None
