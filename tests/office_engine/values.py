"""Values between LibreOffice's cells and xlwings, number formats and widths: LibreOffice's words in Excel's."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reply_xl.addresses import runs
from reply_xl.engine.cells import MISSING, as_date, as_serial
from reply_xl.xlsx.model import ERROR_CODES, Area

from .bridge import enumeration, structure

if TYPE_CHECKING:
    from .sheets import Sheet

# com.sun.star.util.NumberFormat
_DATE_OR_TIME = 2 | 4
_LOGICAL = 1024
_ERRORS_ONLY = 4  # com.sun.star.sheet.FormulaResult.ERROR
_GENERAL = "General"
_ERRORS = {
    503: "#NUM!", 519: "#VALUE!", 521: "#NULL!", 524: "#REF!", 525: "#NAME?", 532: "#DIV/0!", 32767: "#N/A",
}  # fmt: skip
_UNKNOWN_ERROR = -2146826288 + 999  # of LibreOffice's own errors, such as Err:508, Excel has none
_PIXELS = 2540 / 96  # in hundredths of a millimetre
_OUTSIDE_QUOTES = re.compile(r'"[^"]*"|\[[^\]]*\]|AM/PM|A/P|[^"\[]', re.IGNORECASE)


def is_mixed(uno: Any, name: str) -> bool:
    """Whether the cells of a range differ in a property."""
    return bool(uno.getPropertyState(name) == enumeration("com.sun.star.beans.PropertyState", "AMBIGUOUS_VALUE"))


def read(sheet: Sheet, uno: Any) -> tuple[tuple[Any, ...], ...]:
    """As over COM: blanks None, numbers floats, dates naive datetimes, errors large negative ints."""
    lines = [[None if cell == "" else cell for cell in line] for line in uno.getDataArray()]
    place = uno.RangeAddress
    top, left = place.StartRow, place.StartColumn
    if any(isinstance(cell, float) for line in lines for cell in line):
        formats = sheet.book.doc.NumberFormats
        from_1904 = sheet.book.counts_from_1904
        for alike in uno.getUniqueCellFormatRanges():
            kind = formats.getByKey(alike.NumberFormat).Type
            for row, column in _cells(alike.RangeAddresses) if kind & (_DATE_OR_TIME | _LOGICAL) else ():
                value = lines[row - top][column - left]
                if isinstance(value, float):
                    lines[row - top][column - left] = as_date(value, from_1904) if kind & _DATE_OR_TIME else bool(value)
    for row, column in _cells(uno.queryFormulaCells(_ERRORS_ONLY).RangeAddresses):
        text = _ERRORS.get(sheet.uno.getCellByPosition(column, row).getError())
        lines[row - top][column - left] = ERROR_CODES[text] if text else _UNKNOWN_ERROR
    return tuple(map(tuple, lines))


def _cells(places: Sequence[Any]) -> Iterator[tuple[int, int]]:
    for place in places:
        for row in range(place.StartRow, place.EndRow + 1):
            for column in range(place.StartColumn, place.EndColumn + 1):
                yield row, column


def write(sheet: Sheet, area: Area, block: Sequence[Sequence[Any]]) -> None:
    """In one call, parsed as if typed. Dates and truth values give their format to cells that have none, as in Excel."""
    top, left, bottom, right = area
    uno = sheet.uno.getCellRangeByPosition(left - 1, top - 1, right - 1, bottom - 1)
    from_1904 = sheet.book.counts_from_1904
    uno.setFormulaArray(tuple(tuple(_typed(value, from_1904) for value in line) for line in block))
    for offset in range(right - left + 1):
        for kind, number_format in ((dt.date, "m/d/yyyy h:mm"), (bool, "BOOLEAN")):
            numbers = [number for number, line in enumerate(block) if isinstance(line[offset], kind)]
            for first, last in runs(numbers):
                _format_general(sheet, left - 1 + offset, top - 1 + first, top - 1 + last, number_format)


def _typed(value: Any, from_1904: bool) -> str:
    if value is None or value is MISSING:
        return "" if value is None else "=NA()"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.date):
        return repr(as_serial(value, from_1904))
    if isinstance(value, Decimal):
        return repr(float(round(value, 2)))
    return repr(float(value)) if isinstance(value, int | float) else str(value)


def _format_general(sheet: Sheet, column: int, top: int, bottom: int, text: str) -> None:
    uno = sheet.uno.getCellRangeByPosition(column, top, column, bottom)
    if not is_mixed(uno, "NumberFormat"):
        parts = [uno]
    else:
        parts = [sheet.uno.getCellByPosition(column, row) for row in range(top, bottom + 1)]
    for part in parts:
        if number_format(sheet.book.doc, part.NumberFormat) == _GENERAL:
            part.NumberFormat = format_key(sheet.book.doc, text)


def number_format(doc: Any, key: int) -> str:
    """As Excel names it, which writes the letters of dates small."""
    found = doc.NumberFormats.getByKey(key)
    text = str(found.FormatString)
    if found.Type & _LOGICAL:
        return _GENERAL  # of a truth value, which needs no format in Excel
    if not found.Type & _DATE_OR_TIME:
        return text
    parts = _OUTSIDE_QUOTES.findall(text)
    return "".join(part if part.startswith('"') or part.upper() in ("AM/PM", "A/P") else part.lower() for part in parts)


def format_key(doc: Any, text: str) -> int:
    locale = structure("com.sun.star.lang.Locale", Language="en", Country="US")
    key = int(doc.NumberFormats.queryKey(text, locale, False))
    return key if key != -1 else int(doc.NumberFormats.addNew(text, locale))


def hundredths(characters: float) -> int:
    """A column's width in hundredths of a millimetre, of one in characters of Calibri 11 as Excel counts it."""
    return round((characters * 7 + 5) * _PIXELS)


def characters(width: int) -> float:
    return round((round(width / _PIXELS) - 5) / 7, 2)
