"""Cell value → field value (`parse`) and back (`format`). Pure.

`parse(format(value, field), field, …) == value` for every value that the API takes, in every kind.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from urllib.parse import urlsplit

from reply_xl.errors import CellError
from reply_xl.fields import HIGHEST_ID, as_number, fold
from reply_xl.host_values import NOT_CALCULATED
from reply_xl.model import CellValue, Choice, CustomField, ErrorCell, FieldValue, Intent, Kind, Target

_INVISIBLE = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Characters without width that copying leaves around a text: joiners, byte order marks, marks of writing direction."""
_EMAIL = re.compile(r"[^\s@<>(),;:\"\\\[\]]+@[^\s@<>(),;:\"\\\[\].]+(\.[^\s@<>(),;:\"\\\[\].]+)+")
_BARE_HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.[a-z]{2,}(/\S*)?", re.IGNORECASE)
_TRUE = {"true", "yes", "y", "1", "x", "on"}
_FALSE = {"false", "no", "n", "0", "off"}
_WINDOWS_ZONE = re.compile(r"[A-Z][A-Za-z0-9. +-]* (Standard Time|Daylight Time)( \([A-Za-z]+\))?|UTC[+-]\d\d")
_PHONES = ("phone", "phone2")
_FLOAT_DIGITS = re.compile(r"(\+?[0-9]{4,})\.0+")
_EXPONENT = re.compile(r"[0-9](\.[0-9]+)?e\+?[0-9]+", re.IGNORECASE)
_ERRORS = frozenset({
    "#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!",
    "#BUSY!", "#GETTING_DATA",
})  # fmt: skip
_NO_PLACES = frozenset({"localtime", "posixrules", "factory"})
"""Entries of the zone database that mean another zone on every machine, or none."""
_MOST_DIGITS = 10**15
_MOST_CHARACTERS = 32_767


def parse(value: CellValue, target: Target, address: str) -> FieldValue | Intent:
    """What the cell at `address` asks of `target`.

    Blank (nothing, or white space only) is `Intent.LEAVE`; `<clear>` in any case is `Intent.CLEAR`. Text is trimmed, otherwise as
    typed; a number in a text field becomes its digits, never `.0` nor an exponent. Raises `CellError` for an error cell, for
    `<clear>` where the field may not be cleared, and for what the field cannot hold."""
    error = error_in(value)
    if error is not None:
        raise _problem(address, target, value, *explained(error))
    if value is None:
        return Intent.LEAVE
    if isinstance(value, str):
        text = _trimmed(value)
        if not text:
            return Intent.LEAVE
        if text.casefold() == "<clear>":
            if not target.clearable:
                raise _problem(
                    address, target, value, "asks to clear a field that Reply cannot do without", "empty the cell or type a value"
                )
            return Intent.CLEAR
        if len(text) > _MOST_CHARACTERS:
            raise _problem(address, target, value, f"holds more than {_MOST_CHARACTERS:,} characters", "shorten the text")
        if _has_broken_character(text):
            raise _problem(address, target, value, "holds control characters, which cannot be sent", "type the text again")
        value = text
    if target.read_only:
        raise _problem(address, target, value, "belongs to a field that only Reply sets", "leave the column as it is")
    return _PARSERS[target.kind](value, target, address)


def format(value: FieldValue, target: Target) -> CellValue:
    """The cell value for a field value: enums by their label, yes or no, times as naive local dates, integers as numbers, text as it is."""
    if value is None or value == "":
        return None
    if target.kind is Kind.CHOICE and isinstance(value, str):
        choice = _choices(target).get(_folded_choice(value, target))
        return choice.label if choice else value
    if target.kind is Kind.MOMENT and isinstance(value, str):
        moment = local_moment(value)
        return value if moment is None else moment
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return float(value)
    return value


def local_moment(text: str) -> datetime | None:
    """An ISO 8601 time as a naive date of this machine's zone, whole seconds; one without offset stays as it is.

    None for anything else, and for years that a sheet cannot hold (before 1900)."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment = moment.astimezone().replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(microsecond=0) if moment.year > 1900 else None


def contact_id(value: CellValue) -> int | None:
    """The id in a cell: a whole number from 1 to 2147483647, as a number or as digits; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        number = int(value) if isfinite(value) and value == int(value) else 0
    elif isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}(\.0)?", _trimmed(value)):
        number = int(_trimmed(value).removesuffix(".0"))
    else:
        return None
    return number if 1 <= number <= HIGHEST_ID else None


def looks_like_email(value: CellValue) -> bool:
    """One word with an @ in it, correct or not."""
    return isinstance(value, str) and "@" in value and len(value.split()) == 1


def is_blank(value: CellValue) -> bool:
    """Nothing, or white space only. An error cell is not blank."""
    return value is None or (isinstance(value, str) and not _trimmed(value))


def error_in(value: CellValue) -> ErrorCell | None:
    """The error that the cell shows, also where it became text on the way through another program; else None."""
    if isinstance(value, str):
        text = _trimmed(value).upper()
        return ErrorCell(text) if text in _ERRORS else None
    return value if isinstance(value, ErrorCell) else None


def explained(error: ErrorCell) -> tuple[str, str]:
    """What is the matter with a cell that shows `error`, and what to do about it, as the two halves of a sentence."""
    if error.code == NOT_CALCULATED:
        return "holds a formula whose result is not in the file", "open the workbook in Excel, save it, and try again"
    return f"shows the error {error.code}", "correct the formula or empty the cell"


def shown(value: CellValue | FieldValue) -> str:
    """A value in a sentence: at most 40 characters, on one line, without control characters."""
    if isinstance(value, float):
        text = _digits(value) if isfinite(value) else str(value)
    elif isinstance(value, datetime):
        text = _iso(value)
    else:
        text = " ".join("".join(char if char.isprintable() else " " for char in str(value)).split())
    return text if len(text) <= 40 else text[:39] + "…"


def _text(value: CellValue, target: Target, address: str) -> FieldValue:
    if isinstance(target, CustomField) and target.numeric:
        return _custom_number(value, target, address)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        _refuse_lost_digits(value, target, address)
        return _digits(value)
    if isinstance(value, datetime):
        if isinstance(target, CustomField) or target.name == "notes":
            return _iso(value)
        raise _problem(address, target, value, "holds a date, and this field takes text", "format the cell as text and type it again")
    return _phone(str(value), target, address) if target.name in _PHONES else str(value)


def _phone(text: str, target: Target, address: str) -> str:
    """A phone number that went through a program's floating point: `4155550123.0` is mended, `4.16E+09` has lost its digits."""
    if _EXPONENT.fullmatch(text):
        raise _problem(
            address,
            target,
            text,
            f"holds {_quoted(text)}, a number that has lost its last digits",
            "format the cell as text and type it again",
        )
    mended = _FLOAT_DIGITS.fullmatch(text)
    return mended[1] if mended else text


def _custom_number(value: CellValue, target: Target, address: str) -> FieldValue:
    if isinstance(value, float) and isfinite(value):
        _refuse_lost_digits(value, target, address)
        return _digits(value)
    if isinstance(value, str) and as_number(value) is not None:
        return value
    raise _problem(
        address, target, value, f"holds {_quoted(value)}, and this field takes a number", "type digits only, with a point for decimals"
    )


def _email(value: CellValue, target: Target, address: str) -> FieldValue:
    if isinstance(value, str) and len(value) <= 254 and _EMAIL.fullmatch(value) and not _has_invisible(value):
        return value
    raise _problem(
        address, target, value, f"holds {_quoted(value)}, which is not an e-mail address", "correct it, such as name@company.com"
    )


def _url(value: CellValue, target: Target, address: str) -> FieldValue:
    if isinstance(value, str):
        text = value if "://" in value or not _BARE_HOST.fullmatch(value) else f"https://{value}"
        try:
            parts = urlsplit(text)
            if (
                parts.scheme in ("http", "https")
                and "." in (parts.hostname or "")
                and not re.search(r"\s", text)
                and not _has_invisible(text)
            ):
                return text
        except ValueError:
            pass
    raise _problem(address, target, value, f"holds {_quoted(value)}, which is not a web address", "type one that begins with https://")


def _integer(value: CellValue, target: Target, address: str) -> FieldValue:
    number = contact_id(value)
    if number is not None:
        return number
    raise _problem(
        address, target, value, f"holds {_quoted(value)}, which is not a whole number from 1 to {HIGHEST_ID}", "type the number Reply uses"
    )


def _boolean(value: CellValue, target: Target, address: str) -> FieldValue:
    if isinstance(value, bool):
        return value
    word = shown(value).casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise _problem(address, target, value, f"holds {_quoted(value)}", "type yes or no")


def _choice(value: CellValue, target: Target, address: str) -> FieldValue:
    if isinstance(value, str):
        choice = _choices(target).get(_folded_choice(value, target))
        if choice:
            return choice.value
    if target.name == "companySize":
        return _company_size(value, target, address)
    labels = ", ".join(choice.label for choice in _choice_list(target))
    raise _problem(address, target, value, f"holds {_quoted(value)}", f"type one of: {labels}")


def _company_size(value: CellValue, target: Target, address: str) -> FieldValue:
    labels = ", ".join(choice.label for choice in _choice_list(target))
    if isinstance(value, datetime):
        raise _problem(
            address,
            target,
            value,
            "holds a date (Excel turns ranges like 11-50 into dates)",
            f"format the cell as text and type one of: {labels}",
        )
    count = int(value) if isinstance(value, float) and isfinite(value) and value == int(value) else None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", _headcount(value)):
        count = int(_headcount(value))
    for choice in _choice_list(target):
        if count is not None and choice.low is not None and choice.low <= count and (choice.high is None or count <= choice.high):
            return choice.value
    raise _problem(address, target, value, f"holds {_quoted(value)}", f"type one of: {labels}")


def _time_zone(value: CellValue, target: Target, address: str) -> FieldValue:
    if isinstance(value, str):
        known = _time_zones().get(value.casefold())
        if known or _WINDOWS_ZONE.fullmatch(value):
            return known or value
    raise _problem(address, target, value, f"holds {_quoted(value)}, which is not a time zone", "type one such as Europe/Berlin")


_PARSERS = {
    Kind.TEXT: _text,
    Kind.EMAIL: _email,
    Kind.URL: _url,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.CHOICE: _choice,
    Kind.TIME_ZONE: _time_zone,
}


def _problem(address: str, target: Target, value: object, what: str, advice: str) -> CellError:
    return CellError(f"{address} ({shown(target.label)}) {what}; {advice}.", address=address, field=target.label, value=value)


def _quoted(value: CellValue) -> str:
    return f"“{shown(value)}”"


def _trimmed(text: str) -> str:
    previous = None
    while previous != text:
        previous, text = text, text.strip().strip(_INVISIBLE)
    return text


def _has_invisible(text: str) -> bool:
    """A character without width in the middle: nobody sees why the address differs."""
    return any(char in _INVISIBLE for char in text)


def _has_broken_character(text: str) -> bool:
    """Half of a surrogate pair, or a control character other than tab and line ends: what was meant cannot be known."""
    return any(unicodedata.category(char) in ("Cs", "Cc") and char not in "\t\n\r" for char in text if char < " " or char > "~")


def _refuse_lost_digits(value: float, target: Target, address: str) -> None:
    if not isfinite(value) or abs(value) >= _MOST_DIGITS:
        raise _problem(
            address,
            target,
            value,
            "holds a number of more than 15 digits, of which Excel has lost some",
            "format the cell as text and type it again",
        )


def _digits(value: float) -> str:
    """A number without exponent and without a trailing `.0`, to the 15 digits that Excel shows (0.1 + 0.2 is 0.3)."""
    if value == int(value):
        return str(int(value))
    return f"{Decimal(f'{value:.15g}'):f}"


def _iso(value: datetime) -> str:
    """A date, with its time unless that is midnight; a time of day alone (Excel's day 0, before 1900) without a date."""
    if value.year < 1900:
        return value.strftime("%H:%M:%S")
    midnight = value.hour == value.minute == value.second == 0
    return value.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S")


def _choice_list(target: Target) -> tuple[Choice, ...]:
    return () if isinstance(target, CustomField) else target.choices


@lru_cache(maxsize=64)
def _choices(target: Target) -> dict[str, Choice]:
    """Every accepted spelling of an enum's values, folded."""
    spellings: dict[str, Choice] = {}
    for choice in _choice_list(target):
        for spelling in (choice.value, choice.label, *choice.synonyms):
            spellings.setdefault(_folded_choice(spelling, target), choice)
    return spellings


def _folded_choice(text: str, target: Target) -> str:
    """Ranges keep their separator and their plus: `11-50` and `1150` are not the same, `51 – 200 employees` and `51-200` are."""
    if target.name != "companySize":
        return fold(text)
    text = _headcount(text)
    ranged = re.fullmatch(r"(\d+)\s*(?:[-\u2010-\u2015]|to)\s*(\d+)", text)
    if ranged:
        return f"{ranged[1]}-{ranged[2]}"
    plus = re.fullmatch(r"(\d+)\s*\+", text)
    return f"{plus[1]}+" if plus else fold(text)


def _headcount(text: str) -> str:
    """`1,001 - 5,000 employees` without the word and without separators of thousands."""
    text = re.sub(r"\b(employees?|people|staff)\b", "", text, flags=re.IGNORECASE)
    return re.sub(r"(?<=\d)[,. \u00a0\u202f'](?=\d{3}\b)", "", text).strip()


@lru_cache(maxsize=1)
def _time_zones() -> dict[str, str]:
    """IANA names by their casefolded spelling. Read once: the first look walks the zone database of this machine."""
    from zoneinfo import available_timezones

    return {name.casefold(): name for name in available_timezones() if name.casefold() not in _NO_PLACES}
