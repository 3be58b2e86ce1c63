"""Text as Excel takes it when it is typed into a cell: numbers, dates, times, percentages, booleans, errors, formulas, or text.

Range.Value parses a string exactly as the keyboard does (en-US here, as xlwings' documentation assumes). This imitation is meant to be as
eager as Excel, so that code which forgets to mark its text as text fails here too.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

MAX_TEXT = 32_767


class NotTypable(ValueError):
    """Excel refuses the text: it looks like a formula and is none (run-time error 1004)."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What a cell holds after the typing. `kind` is value, error or formula; `number_format` is what a General cell takes on."""

    value: float | bool | str
    kind: str = "value"
    number_format: str | None = None
    quoted: bool = False


_ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!")
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<dollar>\$?)\s*(?P<sign2>[+-]?)(?P<digits>\d{1,3}(?:,\d{3})+|\d*)(?P<fraction>\.\d*)?"
    r"(?P<exponent>[eE][+-]?\d{1,4})?\s*(?P<percent>%?)"
)
_FRACTION = re.compile(r"([+-]?)(?:(\d+)\s+)(\d{1,5})/(\d{1,5})")
_TIME = re.compile(r"(\d{1,4}):(\d{1,2})(?::(\d{1,2})(\.\d*)?)?(?:\s*([AaPp])[Mm]?)?|(\d{1,2})\s*([AaPp])[Mm]?")
_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTHS = {name[:3]: index for index, name in enumerate(_MONTH_NAMES, 1)}
_FORMULA_START = re.compile(r"[+-]?(?:\d|\.\d|[A-Za-z_\\$(\"{#'@+-])")


def as_typed(text: str, today: dt.date | None = None) -> Typed:
    """What Excel makes of `text` typed into a cell that is not formatted as text."""
    if text.startswith("'"):
        return Typed(text[1:], quoted=True)
    trimmed = text.strip(" ")
    if trimmed.startswith("=") and len(trimmed) > 1:
        return Typed(_formula(trimmed[1:]), "formula")
    if trimmed.upper() in ("TRUE", "FALSE"):
        return Typed(trimmed.upper() == "TRUE")
    if trimmed.upper() in _ERRORS:
        return Typed(trimmed.upper(), "error")
    if trimmed[:1].isdigit() or trimmed[:1] in ("+", "-", "(", ".", "$") or trimmed[:3].lower() in _MONTHS:
        found = _number(trimmed) or _date_or_time(trimmed, today or dt.date.today())
        if found:
            return found
    if len(trimmed) > 1 and trimmed[0] in "+-@":
        body = trimmed[1:] if trimmed[0] == "@" else trimmed
        return Typed(("@" if trimmed[0] == "@" else "") + _formula(body), "formula")
    return Typed(text)


def _formula(body: str) -> str:
    """The text of a formula, or `NotTypable` if it plainly is none.

    This is no parser: brackets and quotes must match, and two operands must not stand side by side.
    """
    bare = re.sub(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'!", "A", body).strip()
    operand = r"(?:[\w.$%]|[)}\]])"
    if (
        '"' in bare
        or not _FORMULA_START.match(bare)
        or bare.count("(") != bare.count(")")
        or bare.count("{") != bare.count("}")
        or bare[-1:] in "+-*/^&=<>(,"
        or re.search(r"[=*/^&]{2}|[;?!]\s*$", bare)
        or (re.search(rf"{operand}\s+[\w.$\"]", bare) and "," not in bare and ":" not in bare)
    ):
        raise NotTypable(body)
    return body


def _number(text: str) -> Typed | None:
    negative = text.startswith("(") and text.endswith(")")
    found = _NUMBER.fullmatch(text[1:-1].strip() if negative else text)
    if not found:
        return _fraction(text)
    digits, fraction = found["digits"], found["fraction"] or ""
    if (not digits and len(fraction) < 2) or (found["sign"] and found["sign2"]) or (negative and (found["sign"] or found["sign2"])):
        return None
    if found["percent"] and found["dollar"]:
        return None
    try:
        value = float(fifteen_digits(digits.replace(",", "") + fraction) + (found["exponent"] or ""))
    except ValueError:
        return None
    if abs(value) > 9.99999999999999e307:
        return None
    if negative or "-" in (found["sign"], found["sign2"]):
        value = -value
    decimals = ".00" if len(fraction) > 1 else ""
    if found["percent"]:
        return Typed(value / 100, number_format=f"0{decimals}%")
    if found["dollar"]:
        return Typed(value, number_format="$#,##0.00_);[Red]($#,##0.00)" if decimals else "$#,##0_);[Red]($#,##0)")
    if found["exponent"]:
        return Typed(value, number_format="0.00E+00")
    if "," in digits:
        return Typed(value, number_format=f"#,##0{decimals}")
    return Typed(value)


def fifteen_digits(text: str) -> str:
    """A decimal number's text as Excel keeps it: after 15 significant digits come zeros."""
    kept = 0
    out = []
    for letter in text:
        if letter.isdigit() and (kept or letter != "0"):
            kept += 1
        out.append("0" if letter.isdigit() and kept > 15 else letter)
    return "".join(out)


def _fraction(text: str) -> Typed | None:
    found = _FRACTION.fullmatch(text)
    if not found or not int(found[4]):
        return None
    value = int(found[2]) + int(found[3]) / int(found[4])
    return Typed(-value if found[1] == "-" else value, number_format="# ?/?" if len(found[4]) == 1 else "# ??/??")


def _date_or_time(text: str, today: dt.date) -> Typed | None:
    time = _time(text)
    if time is not None:
        return Typed(time[0], number_format=time[1])
    date = _date(text, today)
    if date is not None:
        return Typed(date[0], number_format=date[1])
    head, _, tail = text.partition(" ")
    while tail:
        date, time = _date(head, today), _time(tail.strip())
        if date is not None and time is not None and time[0] < 1:
            return Typed(date[0] + time[0], number_format="m/d/yyyy h:mm")
        step, _, tail = tail.partition(" ")
        head = f"{head} {step}"
    return None


def _time(text: str) -> tuple[float, str] | None:
    found = _TIME.fullmatch(text)
    if not found:
        return None
    half = found[5] or found[7]
    hours = int(found[1] or found[6])
    minutes, seconds = int(found[2] or 0), float((found[3] or "0") + (found[4] or ""))
    if (minutes > 59 and hours > 0) or seconds >= 60 or (half and not 0 <= hours <= 12) or hours > 9999:
        return None
    if half:
        hours = hours % 12 + (12 if half in "pP" else 0)
    value = (hours * 3600 + minutes * 60 + seconds) / 86400
    code = "[h]:mm:ss" if hours > 23 else "mm:ss.0" if found[4] else "h:mm:ss" if found[3] else "h:mm"
    return value, code if not half else ("h:mm:ss AM/PM" if found[3] else "h:mm AM/PM")


def serial(date: dt.date) -> float:
    """The day's number in the 1900 system, which counts a 29 February 1900 that never was."""
    days = (date - dt.date(1899, 12, 30)).days
    return float(days if days > 60 else days - 1)


def _day(year: int, month: int, day: int) -> float | None:
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return None
    return serial(date) if 1900 <= year <= 9999 else None


def _year(text: str) -> int:
    """Two digits mean 1930 to 2029 (Windows' default)."""
    value = int(text)
    return value if len(text) > 2 else value + (2000 if value < 30 else 1900)


def _date(text: str, today: dt.date) -> tuple[float, str] | None:
    parts = [part for part in re.split(r"\s*[-/]\s*|,?\s+", text) if part]
    separators = set(re.findall(r"[-/]", text))
    if not 2 <= len(parts) <= 3 or len(separators) > 1:
        return None
    words = [_month(part) for part in parts]
    if any(words):
        return _named_month(parts, words, today)
    if not separators or not all(part.isascii() and part.isdigit() and len(part) in (1, 2, 4) for part in parts):
        return None
    numbers = [int(part) for part in parts]
    if len(parts) == 2:
        value = _day(today.year, *numbers) if len(parts[1]) < 3 and len(parts[0]) < 3 else None
        if value is not None:
            return value, "d-mmm"
        value = _day(_year(parts[1]), numbers[0], 1) if len(parts[0]) < 3 and len(parts[1]) > 1 else None
        return (value, "mmm-yy") if value is not None else None
    if len(parts[0]) == 4:
        value = _day(*numbers) if len(parts[1]) < 3 and len(parts[2]) < 3 else None
    else:
        value = _day(_year(parts[2]), numbers[0], numbers[1]) if len(parts[1]) < 3 else None
    return (value, "m/d/yyyy") if value is not None else None


def _month(word: str) -> int | None:
    word = word.lower()
    return _MONTHS.get(word) or next((index for index, name in enumerate(_MONTH_NAMES, 1) if name == word), None)


def _named_month(parts: list[str], words: list[int | None], today: dt.date) -> tuple[float, str] | None:
    place = next(index for index, word in enumerate(words) if word)
    month = words[place] or 0
    others = [part for index, part in enumerate(parts) if index != place]
    if place == 2 or not all(part.isascii() and part.isdigit() for part in others):
        return None
    if len(others) == 2:
        value = _day(_year(others[1]), month, int(others[0])) if len(others[1]) in (2, 4) and len(others[0]) < 3 else None
        return (value, "d-mmm-yy") if value is not None else None
    if len(others[0]) < 3 and (value := _day(today.year, month, int(others[0]))) is not None:
        return value, "d-mmm"
    if place == 0 and len(others[0]) in (2, 4) and (value := _day(_year(others[0]), month, 1)) is not None:
        return value, "mmm-yy"
    return None
