"""A company size from a cell: a count, a range of this tool or another, a word, or a range that Excel made a date. Pure.

Tools disagree on the edges: 1-10, 10-50 and 10,000+ mean Reply's 2-10, 11-50 and 10001+. So a range may begin one below Reply's; in all else
it must lie within one of Reply's, and a single number belongs to exactly one.

A date is never a size by itself: what its cell shows of it (`Nov-50`, `2-Oct`) is, where it can only have come from one of Reply's ranges.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import lru_cache
from math import isfinite

from reply_xl.fields import COMPANY_SIZES, fold
from reply_xl.kinds.cell_text import Refusal, quoted
from reply_xl.model import CellValue, Choice

_RANGES = [(choice, choice.low, choice.high) for choice in COMPANY_SIZES if choice.low]
_LABELS = ", ".join(choice.label for choice in COMPANY_SIZES)
_WORDS = {fold(word): choice.value for choice in COMPANY_SIZES for word in (choice.value, choice.label, *choice.synonyms)}
_MOST = 10_000_000
"""No company has more; a larger number is a turnover or a phone number in the wrong column."""
_LONGEST = 100

_PEOPLE = (
    r"\b(?:employees?|people|persons?|staff|headcount|ftes?|workers?|mitarbeiter(?:[:*_/]?-?innen)?|mitarbeitern|mitarbeitende[nr]?|angestellte[nr]?"
    r"|beschäftigte[nr]?|ma|personen|employé(?:·?e·?)?s?|employé\(e\)s|salarié(?:·?e·?)?s?|salarié\(e\)s|collaborateurs?|personnes?|empleados?"
    r"|empleados/as|trabajadores|colaboradores|personas?|funcionários?|trabalhadores|pessoas?|dipendenti|dipendente|addett[io]|collaboratori|persone"
    r"|medewerkers?|werknemers?|personeelsleden|pracownicy|pracowników|zatrudnionych|osób|osoby)(?!\w)"
)
_NUMBER = r"(?:[1-9]\d{0,2}(?P<%s>[., '])\d{3}(?:(?P=%s)\d{3})*(?:(?!(?P=%s))[.,]00?)?|\d+(?:[.,]00?)?|\d+(?:[.,]\d{1,2})? ?[km])"
_TO = r"(?:-|\bto\b|\bthrough\b|\bbis\b|à|\ba\b|\btot\b|\bdo\b)"
_OR_MORE = (
    r"(?:\+|or more|and more|and above|and over|or above|oder mehr|und mehr|et plus|ou plus|o más|y más|ou mais|e mais|o più|e oltre"
    r"|of meer|en meer|lub więcej|i więcej)"
)
_OVER = r"(?:>|over|more than|greater than|above|über|mehr als|plus de|más de|mais de|più di|oltre|meer dan|ponad|powyżej|więcej niż)"
_FROM = r"(?:>=|≥|at least|from|ab|mindestens|min\.?)"
_UNDER = r"(?:<|under|below|less than|fewer than|unter|weniger als|moins de|menos de|meno di|minder dan|poniżej|mniej niż)"
_UP_TO = r"(?:<=|≤|up to|bis zu|bis|jusqu'à|hasta|até|fino a|tot|do|max\.?)"


@lru_cache(16)
def _pattern(text: str) -> re.Pattern[str]:
    """`N` stands for a number, in a group of its own. Compiled at the first use: most runs have no such column."""
    for name in ("a", "b"):
        text = text.replace("N", f"(?P<{name}number>{_NUMBER % (name, name, name)})", 1)
    return re.compile(text)


_COUNT = "N"
_RANGE = rf"(?:(?:from|von|de|da|od|van) )?N *{_TO} *N"
_BETWEEN = r"(?:between|zwischen|entre|tra|fra|tussen|między|pomiędzy) N (?:and|und|et|y|e|en|a) N"
_FORMS = (
    (rf"N *{_OR_MORE}", 0, True),
    (rf"{_FROM} *N", 0, True),
    (rf"{_OVER} *N", 1, True),
    (r"\+ *N", 0, True),
    (rf"{_UP_TO} *N", 0, False),
    (rf"{_UNDER} *N", -1, False),
)
"""What stands around one number, what is added to it, and whether it is the lowest count meant or the highest."""

_MONTHS = {"jan": 1, "ene": 1, "gen": 1, "sty": 1, "feb": 2, "fev": 2, "lut": 2, "oct": 10, "okt": 10, "out": 10, "ott": 10, "paz": 10}
_MONTHS |= {"nov": 11, "lis": 11}
_DISPLAYED = re.compile(r"(?:(?P<before>\d{1,2})\W{1,2})?(?P<month>[^\W\d_]{3,4})\W{0,2}(?P<after>\d{1,2})?")
_TURNED = {(1, 10): "Ten", (2, 10): "Ten", (10, 50): "Fifty", (11, 50): "Fifty"}
"""The ranges that are sizes and that Excel takes for dates: 2-10 is a day of February or of October, 11-50 the November of a year."""


def read_size(value: CellValue) -> str | Refusal:
    """The size as the request spells it. None or unknown is never guessed, nor is 0: only `none` asks for nothing to be stored."""
    if isinstance(value, str):
        return _of_text(value) if len(value) <= _LONGEST else _refused(f"holds {quoted(value)}")
    if isinstance(value, datetime):
        return _date_refused()
    if isinstance(value, float) and isfinite(value) and value == int(value):
        return _of_count(int(value), quoted(value))
    return _refused(f"holds {quoted(value)}")


def may_be_size(moment: datetime) -> bool:
    """Whether Excel may have made this date of one of Reply's ranges: day and month in either order, in a year in which somebody may have
    typed them; else month and year, where no day can be meant. Only what the cell shows tells."""
    if (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        return False
    readings = {(moment.month, moment.day), (moment.day, moment.month)} if 2000 <= moment.year < 2050 else set()
    if moment.day == 1 and moment.year % 100 > 31:
        readings.add((moment.month, moment.year % 100))
    return _turned(readings) is not None


@lru_cache(2048)
def _of_text(typed: str) -> str | Refusal:
    text = unicodedata.normalize("NFKC", typed).casefold().replace("’", "'")
    text = " ".join(_pattern(_PEOPLE).sub(" ", re.sub("[\u00ad\u2010-\u2015\u2212]", "-", text)).split())
    if not re.search(r"\d", text):
        return _WORDS.get(fold(typed)) or _WORDS.get(fold(text)) or _refused(f"holds {quoted(typed)}")
    found = _pattern(_COUNT).fullmatch(text)
    if found:
        count = _number(found["anumber"])
        return _refused(f"holds {quoted(typed)}") if count is None else _of_count(count, quoted(typed))
    found = _pattern(_RANGE).fullmatch(text) or _pattern(_BETWEEN).fullmatch(text)
    if found:
        return _of_range(_number(found["anumber"]), _number(found["bnumber"]), typed)
    for pattern, added, is_lowest in _FORMS:
        found = _pattern(pattern).fullmatch(text)
        count = _number(found["anumber"]) if found else None
        if count is not None:
            return _of_range(count + added, _MOST, typed) if is_lowest else _of_range(1, count + added, typed)
    return _of_displayed_date(text) or _refused(f"holds {quoted(typed)}")


def _number(text: str) -> int | None:
    """A whole number, separators and all; None where thousands and letters leave a rest."""
    if text[-1] in "km":
        thousands = float(text[:-1].replace(",", ".")) * (1_000 if text[-1] == "k" else 1_000_000)
        return round(thousands) if abs(thousands - round(thousands)) < 1e-6 else None
    return int(re.sub(r"\D", "", re.sub(r"[.,]0{1,2}$", "", text)))


def _of_count(count: int, shown: str) -> str | Refusal:
    for choice, low, high in _RANGES:
        if low is not None and low <= count <= (high or _MOST):
            return choice.value
    return _refused(f"holds {shown}, which is no number of employees")


def _of_range(first: int | None, last: int | None, typed: str) -> str | Refusal:
    if first is None or last is None or not 0 <= first <= last <= _MOST or last == 0:
        return _refused(f"holds {quoted(typed)}")
    first = max(first, 1)
    if first == last:
        return _of_count(first, quoted(typed))
    parts = [choice for choice, low, high in _RANGES if low is not None and low - 1 <= first <= last <= (high or _MOST)]
    if parts:
        return parts[0].value
    spread = [choice for choice, low, high in _RANGES if low is not None and low <= last and first < (high or _MOST)]
    return _refused(f"holds {quoted(typed)}, which {_named(spread)}")


def _named(spread: list[Choice]) -> str:
    first, last = spread[0].label, spread[-1].label
    return f"is partly {first} and partly {last}" if len(spread) == 2 else f"reaches from {first} to {last}"


def _of_displayed_date(text: str) -> str | Refusal | None:
    """`Nov-50` and `10. Feb`: the date as Excel shows it, in a file that holds what was shown. None where it is no date."""
    found = _DISPLAYED.fullmatch(text)
    month = _MONTHS.get(fold(found["month"])[:3]) if found else None
    if found is None or month is None or (found["before"] is None) == (found["after"] is None):
        return None
    number = int(found["before"] or found["after"])
    return _turned({(month, number)} | ({(number, month)} if number <= 31 else set())) or _date_refused()


def _turned(readings: set[tuple[int, int]]) -> str | None:
    sizes = {_TURNED[reading] for reading in readings if reading in _TURNED}
    return sizes.pop() if len(sizes) == 1 else None


def _date_refused() -> Refusal:
    return Refusal("holds a date (Excel turns ranges like 11-50 into dates)", f"format the cell as text and type one of: {_LABELS}")


def _refused(what: str) -> Refusal:
    return Refusal(what, f"type one of: {_LABELS}")
