"""A number or date as its cell shows it → what its field gets of it. Pure.

What is on the screen is what is sent: a zero that only the format shows is part of a phone number, `25%` is not 0.25. A number field gets the
number, of which a format shows fewer digits or more; not where the format makes it another one (a percentage, a time of day).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from reply_xl.kinds.cell_text import Refusal, has_lost_digits, quoted, shown
from reply_xl.kinds.number_formats import date_parts, displayed, hides_digits, is_plain, means_number
from reply_xl.model import CellValue, CustomField, Kind, Target

_TYPE_AGAIN = "format the cell as text and type it again"
_NOT_KNOWN = Refusal("has a number format that could not be read", "give all cells of the column the same number format")
_PART_OF_A_DATE = Refusal("holds a date of which the format of the cell shows only a part", _TYPE_AGAIN)
_DAY_ZERO_SHOWN = Refusal("shows the date that Excel makes of a blank cell or 0", "correct the formula or empty the cell")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_ZERO = datetime(1899, 12, 30)
_PHONES = ("phone", "phone2")
_KINDS = frozenset({Kind.TEXT, Kind.CHOICE, Kind.INTEGER, Kind.BOOLEAN})


def depends_on_format(target: Target) -> bool:
    """Whether the field could get something else from a number or a date than what is stored in the cell."""
    return target.kind in _KINDS and not target.read_only


def as_displayed(value: CellValue, number_format: str | None, target: Target) -> CellValue | Refusal:
    """The value, or the text that the cell shows of it, for the reader of `target`; a refusal where neither is certain.

    `number_format`: as Excel names it in English, None where it could not be found out."""
    if isinstance(value, datetime):
        return _date(value, number_format, target)
    if not isinstance(value, float) or has_lost_digits(value) or not depends_on_format(target):
        return value
    if number_format is None:
        return _NOT_KNOWN
    if is_plain(number_format):
        return value
    if target.kind is Kind.INTEGER or (isinstance(target, CustomField) and target.numeric):
        is_number = means_number(value, number_format)
        return (
            value if is_number else _other_than(value, number_format, "that number", "type the number that is meant, in the format General")
        )
    if target.name in _PHONES:
        return _phone(value, number_format)
    is_text = target.kind is Kind.TEXT
    text = displayed(value, number_format, grouped=is_text)
    if text is None:
        return _not_certain(value, number_format)
    return text if is_text or _as_float(text) != value else value


def _phone(value: float, number_format: str) -> CellValue | Refusal:
    """Separators of thousands are no part of a phone number, and an exponent hides digits that are there."""
    has_more_digits = hides_digits(value, number_format)
    if has_more_digits is not None:
        return value if has_more_digits else Refusal(f"holds {shown(value)}, which may have lost its last digits", _TYPE_AGAIN)
    text = displayed(value, number_format, grouped=False) if means_number(value, number_format) else None
    if text is None:
        return _other_than(value, number_format, "a phone number", "format the cell as text and type the phone number again")
    return text


def _date(value: datetime, number_format: str | None, target: Target) -> CellValue | Refusal:
    if number_format is None:
        return _NOT_KNOWN if depends_on_format(target) else value
    if is_plain(number_format):
        return value
    parts = date_parts(number_format)
    if parts and parts <= {"clock"}:
        return as_displayed((value - _DAY_ZERO) / timedelta(days=1), number_format, target)
    if value.year < 1900 and parts and depends_on_format(target):
        return _DAY_ZERO_SHOWN
    if target.name == "companySize":
        return _turned(value, parts)
    if target.kind is not Kind.TEXT or not {"year", "month", "day"} <= parts:
        return _PART_OF_A_DATE if target.kind is Kind.TEXT and target.name not in _PHONES else value
    return value if "clock" in parts else datetime(value.year, value.month, value.day)


def _turned(value: datetime, parts: frozenset[str]) -> CellValue:
    """The day and month, or month and year, that the cell shows of a range which Excel made a date; else the date."""
    month = _MONTHS[value.month - 1]
    is_midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
    if is_midnight and parts == {"day", "month"}:
        return f"{value.day}-{month}"
    return f"{month}-{value.year % 100:02d}" if is_midnight and parts == {"month", "year"} and value.day == 1 else value


def _as_float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _not_certain(value: float, number_format: str) -> Refusal:
    what = f"holds {shown(value)}, and it is not certain how the format {quoted(number_format)} shows it"
    return Refusal(what, f"give the cell the format General to send {shown(value)}, or {_TYPE_AGAIN}")


def _other_than(value: float, number_format: str, what: str, advice: str) -> Refusal:
    return Refusal(f"holds {shown(value)}, of which the format {quoted(number_format)} makes something else than {what}", advice)
