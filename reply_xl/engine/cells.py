"""Values between xlwings and the cells of a file, as Excel's COM interface would carry them.

Reading: numbers are floats, dates naive datetimes, errors negative ints, blanks None. Writing: strings are parsed as typed, None empties,
a Decimal becomes currency with two decimals, a number put into a text cell becomes text.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from reply_xl.engine.typed import MAX_TEXT, NotTypable, as_typed
from reply_xl.errors import SheetError
from reply_xl.xlsx.edit import number_text
from reply_xl.xlsx.model import ERROR_CODES, Formula, Value
from reply_xl.xlsx.styles import Styles

_EPOCH = dt.datetime(1899, 12, 30)
_DAYS_1904 = 1462
_LAST_SERIAL = 2_958_466


def as_date(value: float, date1904: bool) -> dt.datetime | float:
    """A serial number as the datetime Excel shows, to the millisecond; a number that is no date stays a number."""
    if date1904:
        value += _DAYS_1904
    if not 0 <= value < _LAST_SERIAL:
        return value
    if 1 <= value < 60:
        value += 1  # the 1900 system counts a 29 February 1900
    days = math.floor(value)
    try:
        return _EPOCH + dt.timedelta(days=days, milliseconds=round((value - days) * 86_400_000))
    except OverflowError:
        return value


def as_serial(moment: dt.date, date1904: bool) -> float:
    """A date's serial number; an aware datetime loses its zone unconverted, as xlwings hands it over."""
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day)
    value = (moment.replace(tzinfo=None) - _EPOCH) / dt.timedelta(days=1)
    if 1 < value < 61:
        value -= 1
    if date1904:
        value -= _DAYS_1904
    if value < 0:
        raise SheetError(f"Excel has no date before {1904 if date1904 else 1900}: {moment:%Y-%m-%d} cannot be written.")
    return value


def plain(value: Any) -> Any:
    """A scalar of numpy or pandas as Python's own; neither is imported for it."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    if type(value).__name__ == "datetime64":
        return value.astype("datetime64[us]").item()
    return value.item() if hasattr(value, "item") and getattr(value, "shape", ()) == () else value


def settle(value: Any, style: int, styles: Styles, date1904: bool) -> tuple[Value | Formula, int]:
    """What a cell of this style holds, and its style, after `value` is written to it."""
    if value is None or value == "":
        return None, style
    old = styles[style]
    is_text = old.number_format == "@"
    if isinstance(value, str):
        return _text(value, style, styles, is_text)
    if old.quote_prefix:
        style = styles.derive(style, quote_prefix=False)
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE") if is_text else value, style
    if isinstance(value, dt.date):
        has_time = isinstance(value, dt.datetime) and (value.hour, value.minute, value.second, value.microsecond) != (0, 0, 0, 0)
        serial = as_serial(value, date1904)
        if is_text:
            return f"{value.month}/{value.day}/{value.year}" + (f" {value:%H:%M:%S}" if has_time else ""), style
        return serial, _general(style, styles, "m/d/yyyy h:mm" if has_time else "m/d/yyyy")
    if isinstance(value, Decimal):
        number = float(round(value, 2))
        return (number, _general(style, styles, "$#,##0.00_);[Red]($#,##0.00)")) if not is_text else (number_text(number), style)
    if isinstance(value, (int, float)):
        number = float(value)
        if not math.isfinite(number):
            return ERROR_CODES["#NUM!"], style
        return number_text(number) if is_text else number, style
    raise TypeError(f"Excel cannot take a value of the type {type(value).__name__}.")


def _text(text: str, style: int, styles: Styles, is_text: bool) -> tuple[Value | Formula, int]:
    quoted = text.startswith("'")
    if len(text) - quoted > MAX_TEXT:
        raise SheetError(f"A cell holds at most {MAX_TEXT:,} characters; a text of {len(text):,} cannot be written.")
    if is_text or quoted:
        if styles[style].quote_prefix != quoted:
            style = styles.derive(style, quote_prefix=quoted)
        return text[1:] if quoted else text, style
    if styles[style].quote_prefix:
        style = styles.derive(style, quote_prefix=False)
    if text.lstrip(" ").startswith("=") and "[@" in text:
        raise NotImplementedError("Range.formula with a reference to a table's row ([@…]) is not supported for files without Excel")
    try:
        typed = as_typed(text)
    except NotTypable as error:
        raise SheetError(f"Excel takes the text {text[:40]!r} for a formula, and it is none: it cannot be written as it stands.") from error
    if typed.number_format:
        style = _general(style, styles, typed.number_format)
    if typed.kind == "formula":
        return Formula(str(typed.value)), style
    if typed.kind == "error":
        return ERROR_CODES[str(typed.value)], style
    return typed.value, style


def _general(style: int, styles: Styles, number_format: str) -> int:
    """The format a value brings along is taken on by cells that have none of their own."""
    return styles.derive(style, number_format=number_format) if styles[style].number_format == "General" else style


def as_block(data: Any, rows: int, columns: int) -> list[list[Any]] | None:
    """`data` laid out over a range as COM does: None if it is one value for all cells.

    One row or one column repeats; what a larger array lacks becomes #N/A, what it has too much is left out.
    """
    if not isinstance(data, (list, tuple)):
        return None
    lines: Sequence[Any] = data
    if not lines or not isinstance(lines[0], (list, tuple)):
        lines = [list(lines)]
    width = len(lines[0])
    if width == 0:
        return [[None] * columns for _ in range(rows)]
    block: list[list[Any]] = []
    for index in range(rows):
        source = lines[0] if len(lines) == 1 else lines[index] if index < len(lines) else None
        if source is None:
            block.append([MISSING] * columns)
        elif width == 1:
            block.append([source[0]] * columns)
        else:
            block.append([*source[:columns], *([MISSING] * (columns - len(source)))])
    return block


class _Missing:
    """What an array is too small for."""


MISSING = _Missing()
