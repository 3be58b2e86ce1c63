"""Cell value → field value (`parse`) and back (`format`). Pure.

`parse(format(value, field), field, …) == value` for every value that the API takes, in every kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from math import isfinite

from reply_xl.errors import CellError
from reply_xl.fields import HIGHEST_ID, as_number, fold
from reply_xl.kinds.cell_text import (
    Refusal,
    digits,
    error_in,
    explained,
    has_broken_character,
    has_lost_digits,
    is_blank,
    iso_date,
    quoted,
    shown,
    trimmed,
)
from reply_xl.kinds.displayed import as_displayed
from reply_xl.kinds.emails import read_email
from reply_xl.kinds.links import as_url, is_mere_host
from reply_xl.kinds.phones import read_phone
from reply_xl.kinds.sizes import read_size
from reply_xl.kinds.time_zones import read_zone
from reply_xl.kinds.truths import read_truth
from reply_xl.model import CellValue, Choice, CustomField, FieldValue, Intent, Kind, Target

__all__ = ["contact_id", "error_in", "explained", "format", "is_blank", "local_moment", "looks_like_email", "parse", "shown"]

_PHONES = ("phone", "phone2")
_MOST_CHARACTERS = 32_767
_NAMED_EMAIL = re.compile(r"[^<>]*<\s*[^<>\s]+@[^<>\s]+\s*>\s*")
_ID = re.compile(r"[0-9]{1,10}(\.0)?")
_READY = re.compile(r"(?!(?:[Ee]rr|[Ff]ehl|[Ff]out)[a-z]{0,3} ?:)[!\"$-;=-~](?:[ -~]{0,8000}[!-~])?")
"""A text of which it is certain at one look that it is trimmed, no error, no `<clear>` and nothing that cannot be sent."""

_TYPE_AGAIN = "format the cell as text and type it again"
_DATE = Refusal("holds a date, and this field takes text", _TYPE_AGAIN)
_LOST_DIGITS = Refusal("holds a number of more than 15 digits, of which Excel has lost some", _TYPE_AGAIN)
_LOST_LETTER = Refusal("holds “\ufffd”, which stands where a letter was lost", "type the text again")
_BROKEN = Refusal("holds control characters, which cannot be sent", "type the text again")
_TOO_LONG = Refusal(f"holds more than {_MOST_CHARACTERS:,} characters", "shorten the text")
_NOT_CLEARED = Refusal("asks to clear a field that Reply cannot do without", "empty the cell or type a value")
_READ_ONLY = Refusal("belongs to a field that only Reply sets", "leave the column as it is")


def parse(value: CellValue, target: Target, address: str, number_format: str | None = "") -> FieldValue | Intent:
    """What the cell at `address` asks of `target`.

    `number_format`: that of a number or date, "" where it is of no matter, None where it could not be found out. What it shows is what
    is sent.

    Blank (nothing, or white space only) is `Intent.LEAVE`; `<clear>` in any case is `Intent.CLEAR`. Text is trimmed, otherwise as
    typed; a number in a text field becomes its digits, never `.0` nor an exponent. Raises `CellError` for an error cell, for
    `<clear>` where the field may not be cleared, and for what the field cannot hold."""
    if value is None:
        return Intent.LEAVE
    ready = value if isinstance(value, str) and _READY.fullmatch(value) else _prepared(value, target)
    if number_format != "" and isinstance(ready, float | datetime):
        displayed = as_displayed(ready, number_format, target)
        ready = _prepared(displayed, target) if isinstance(displayed, str) else displayed
    if isinstance(ready, Intent):
        return ready
    result = ready if isinstance(ready, Refusal) else _READ_ONLY if target.read_only else _READERS[target.kind](ready, target)
    if isinstance(result, Refusal):
        sentence = f"{address} ({shown(target.label)}) {result.what}; {result.advice}."
        raise CellError(sentence, address=address, field=target.label, value=value)
    return result


def _prepared(value: CellValue, target: Target) -> CellValue | Intent | Refusal:
    """What is the same for every field: errors, blanks, `<clear>`, and what no request can carry."""
    error = error_in(value)
    if error is not None:
        return Refusal(*explained(error))
    if not isinstance(value, str):
        return value
    text = trimmed(value)
    if not text:
        return Intent.LEAVE
    if text.casefold() == "<clear>":
        return Intent.CLEAR if target.clearable else _NOT_CLEARED
    if len(text) > _MOST_CHARACTERS:
        return _TOO_LONG
    return _BROKEN if has_broken_character(text) else text


def format(value: FieldValue, target: Target) -> CellValue:
    """The cell value for a field value: enums by their label, yes or no, times as naive local dates, integers as numbers, text as it is."""
    if value is None or value == "":
        return None
    if target.kind is Kind.CHOICE and isinstance(value, str):
        choice = _choices(target).get(fold(value))
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
    elif isinstance(value, str) and _ID.fullmatch(trimmed(value)):
        number = int(trimmed(value).removesuffix(".0"))
    else:
        return None
    return number if 1 <= number <= HIGHEST_ID else None


def looks_like_email(value: CellValue) -> bool:
    """One word with an @ in it, or such a word in angle brackets after a name: an address, correct or not."""
    return isinstance(value, str) and "@" in value and (len(value.split()) == 1 or _NAMED_EMAIL.fullmatch(value) is not None)


def _text(value: CellValue, target: Target) -> FieldValue | Refusal:
    is_custom = isinstance(target, CustomField)
    if target.name in _PHONES:
        return _DATE if isinstance(value, datetime) else read_phone(value if isinstance(value, str | float) else shown(value))
    if isinstance(target, CustomField) and target.numeric:
        return _custom_number(value)
    if isinstance(value, str):
        return value if "\ufffd" not in value or is_custom or target.name == "notes" else _LOST_LETTER
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return _LOST_DIGITS if has_lost_digits(value) else digits(value)
    return iso_date(value) if isinstance(value, datetime) and (is_custom or target.name == "notes") else _DATE


def _custom_number(value: CellValue) -> FieldValue | Refusal:
    if isinstance(value, float) and isfinite(value):
        return _LOST_DIGITS if has_lost_digits(value) else digits(value)
    if isinstance(value, str) and as_number(value) is not None:
        return value if "e" not in value.lower() else Refusal(f"holds {quoted(value)}, a number that has lost its last digits", _TYPE_AGAIN)
    return Refusal(f"holds {quoted(value)}, and this field takes a number", "type digits only, with a point for decimals")


def _email(value: CellValue, target: Target) -> FieldValue | Refusal:
    return read_email(value if isinstance(value, str) else shown(value))


def _url(value: CellValue, target: Target) -> FieldValue | Refusal:
    url = as_url(value) if isinstance(value, str) and not is_mere_host(value) else None
    return url or Refusal(f"holds {quoted(value)}, which is not a web address", "type one that begins with https://")


def _integer(value: CellValue, target: Target) -> FieldValue | Refusal:
    what = f"holds {quoted(value)}, which is not a whole number from 1 to {HIGHEST_ID}"
    return contact_id(value) or Refusal(what, "type the number Reply uses")


def _boolean(value: CellValue, target: Target) -> FieldValue | Refusal:
    return read_truth(value)


def _choice(value: CellValue, target: Target) -> FieldValue | Refusal:
    if target.name == "companySize":
        return read_size(value)
    choice = _choices(target).get(fold(value)) if isinstance(value, str) else None
    labels = ", ".join(choice.label for choice in _choice_list(target))
    return choice.value if choice else Refusal(f"holds {quoted(value)}", f"type one of: {labels}")


def _time_zone(value: CellValue, target: Target) -> FieldValue | Refusal:
    return read_zone(value if isinstance(value, str) else shown(value))


_READERS: dict[Kind, Callable[[CellValue, Target], FieldValue | Refusal]] = {
    Kind.TEXT: _text,
    Kind.EMAIL: _email,
    Kind.URL: _url,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.CHOICE: _choice,
    Kind.TIME_ZONE: _time_zone,
}


def _choice_list(target: Target) -> tuple[Choice, ...]:
    return () if isinstance(target, CustomField) else target.choices


@lru_cache(maxsize=64)
def _choices(target: Target) -> dict[str, Choice]:
    """Every accepted spelling of an enum's values, folded."""
    spellings: dict[str, Choice] = {}
    for choice in _choice_list(target):
        for spelling in (choice.value, choice.label, *choice.synonyms):
            spellings.setdefault(fold(spelling), choice)
    return spellings
