"""What the values of a column say about its header. Pure.

A sample is enough: the first 200 cells that hold something. Errors, `<clear>` and header rows that come again say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard

from reply_xl.fields import BY_NAME, COMPANY_SIZES, HIGHEST_ID, fold
from reply_xl.kinds.phones import read_phone
from reply_xl.kinds.sizes import may_be_size, read_size
from reply_xl.kinds.truths import read_truth
from reply_xl.kinds.values import contact_id, error_in, is_blank, looks_like_email
from reply_xl.model import CellValue

SAMPLE = 200
_FEW = 3
"""From so many values on, values that merely do not fit speak against a header; of values that are clearly something else one is enough."""

Test = Callable[[CellValue], bool]


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of one column."""

    cells: tuple[CellValue, ...]

    def __len__(self) -> int:
        return len(self.cells)

    def hits(self, test: Test) -> int:
        return sum(map(test, self.cells))

    def mostly(self, test: Test) -> bool:
        """Whether at least half of the values, and one, pass."""
        return bool(self.cells) and 2 * self.hits(test) >= len(self.cells)

    def hardly(self, test: Test, least: int = _FEW) -> bool:
        """Whether there are values enough and fewer than one in five passes."""
        return len(self.cells) >= least and 5 * self.hits(test) < len(self.cells)


def sample(values: Sequence[Sequence[CellValue]], index: int, header: str) -> Sample:
    """The first values of the column below `header` that say something."""
    cells: list[CellValue] = []
    again = header.strip().casefold()
    for row in values:
        cell = row[index] if index < len(row) else None
        if is_blank(cell) or error_in(cell) is not None:
            continue
        if isinstance(cell, str) and cell.strip().casefold() in ("<clear>", again):
            continue
        cells.append(cell)
        if len(cells) == SAMPLE:
            break
    return Sample(tuple(cells))


def kind_against(field: str, seen: Sample) -> str | None:
    """What the values of a column headed like `field` are instead, as the end of a sentence; None where they may be its values."""
    for test, what in _AGAINST.get(field, ()):
        if seen.mostly(test) and (test is not is_honorific or seen.hits(_is_surely_honorific)):
            return what
    for test, least, what in _FOR.get(field, ()):
        if seen.hardly(test, least):
            return what
    return None


def page_kind(seen: Sample) -> str | None:
    """`profile`, `sales`, `recruiter`, `company` or `other` if at least half of the values are such web addresses, else None."""
    counts: dict[str, int] = {}
    for cell in seen.cells:
        kind = page(cell)
        if kind:
            counts[kind] = counts.get(kind, 0) + 1
    best = max(counts, key=counts.__getitem__, default=None)
    return best if best and 2 * counts[best] >= len(seen) else None


def page(cell: CellValue) -> str | None:
    """Which page of LinkedIn a web address is, by its path; `other` for any other address, None for anything else."""
    if not isinstance(cell, str):
        return None
    found = _LINKEDIN.match(cell.strip())
    if not found:
        return "other" if is_url(cell) else None
    return _PAGES.get(found[1].casefold(), "other")


def is_url(cell: CellValue) -> bool:
    return isinstance(cell, str) and _URL.match(cell.strip()) is not None


def is_email(cell: CellValue) -> bool:
    return looks_like_email(cell) or (isinstance(cell, str) and _NAMED_EMAIL.search(cell) is not None)


def is_phone(cell: CellValue) -> bool:
    """Six digits or more and little else: no date, no range of numbers, no web address, no id."""
    if _is_numeric(cell):
        return 100_000 <= cell < 1e15 and cell == int(cell)
    if not isinstance(cell, str) or len(cell) > 60 or _DATE.match(cell) or _PERIOD.fullmatch(cell):
        return False
    digits = sum(map(str.isdigit, cell))
    if not 6 <= digits <= 40 or "@" in cell:
        return False
    return sum(map(str.isalpha, cell)) <= 5 or isinstance(read_phone(cell), str)


def is_number(cell: CellValue) -> bool:
    return _is_numeric(cell) or (isinstance(cell, str) and _NUMBER.fullmatch(cell.strip()) is not None)


def is_flag(cell: CellValue) -> bool:
    """Yes, no and the like, as an opt-out takes them."""
    if isinstance(cell, str):
        return len(cell) <= _LONGEST_FLAG and isinstance(read_truth(cell.strip()), bool)
    return isinstance(cell, bool) or (_is_numeric(cell) and cell in (0, 1))


def is_word_flag(cell: CellValue) -> bool:
    """Yes or no in a word: a number or an `x` may be anything."""
    return is_flag(cell) and (isinstance(cell, bool) or (isinstance(cell, str) and len(cell.strip()) > 1))


def is_date(cell: CellValue) -> bool:
    return isinstance(cell, datetime) or (isinstance(cell, str) and _DATE.match(cell.strip()) is not None)


def is_size(cell: CellValue) -> bool:
    """A number of employees or a range of them, as other tools write them too; also a date that Excel has made of a range."""
    if isinstance(cell, datetime):
        return _is_turned(cell)
    if _is_numeric(cell):
        return True
    if not isinstance(cell, str):
        return False
    if fold(cell) in _SIZE_WORDS or _SIZE.fullmatch(cell.strip()) is not None:
        return True
    return any(map(str.isdigit, cell)) and isinstance(read_size(cell.strip()), str)


def is_range(cell: CellValue) -> bool:
    """Two numbers of employees, or one and `+`; also a date that Excel has made of a range."""
    return _is_turned(cell) or (isinstance(cell, str) and is_size(cell) and _RANGE.search(cell) is not None)


def _is_turned(cell: CellValue) -> bool:
    return isinstance(cell, datetime) and may_be_size(cell)


def _is_no_other_date(cell: CellValue) -> bool:
    return not isinstance(cell, datetime) or _is_turned(cell)


def is_foreign_id(cell: CellValue) -> bool:
    """An id that Reply never gives: 15 or 18 letters and digits, hexadecimal, with a prefix (`zcrm_1`), or too large a number."""
    if _is_numeric(cell):
        return HIGHEST_ID < cell < 1e15
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    if text.isdigit():
        return len(text) >= 10 and int(text[:40]) > HIGHEST_ID
    return _FOREIGN_ID.fullmatch(text) is not None and any(map(str.isdigit, text))


def is_no_contact_id(cell: CellValue) -> bool:
    return contact_id(cell) is None


def is_honorific(cell: CellValue) -> bool:
    """Mr, Frau, M., Sra., Dott.ssa, Prof. Dr. and the like, and nothing else."""
    words = [fold(word) for word in _SPACE.split(cell.strip())] if isinstance(cell, str) and len(cell) <= 30 else []
    return bool(words) and all(word in _HONORIFICS for word in words)


def _is_surely_honorific(cell: CellValue) -> bool:
    """Not a letter or two that may be a code, such as `D` or `HR`; `M.` is none."""
    return is_honorific(cell) and isinstance(cell, str) and fold(cell) not in (_CODES if cell.strip().isalpha() else ())


def is_status(cell: CellValue) -> bool:
    return isinstance(cell, str) and fold(cell) in _STATUSES


def is_territory(cell: CellValue) -> bool:
    return isinstance(cell, str) and fold(cell) in _TERRITORIES


def is_one_word(cell: CellValue) -> bool:
    return isinstance(cell, str) and len(cell.split()) == 1


def _is_numeric(cell: CellValue) -> TypeGuard[float]:
    return isinstance(cell, float | int) and not isinstance(cell, bool)


def _folded(words: str) -> frozenset[str]:
    return frozenset(map(fold, words.split()))


_URL = re.compile(r"https?://\S+$|www\.\S+$|(?:[a-z]{1,6}\.)?linkedin\.com/\S+$", re.IGNORECASE)
_LINKEDIN = re.compile(r"(?:https?://)?(?:[a-z]{1,6}\.)?linkedin\.com/(?:mwlite/)?([a-z]+)/\S", re.IGNORECASE)
_PAGES = {
    "in": "profile", "pub": "profile", "profile": "profile", "sales": "sales", "talent": "recruiter", "recruiter": "recruiter",
    "company": "company", "school": "company", "showcase": "company", "organization": "company",
}  # fmt: skip
_NAMED_EMAIL = re.compile(r"<[^<>\s]+@[^<>\s]+>|^mailto:\S+@", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[\d.,' \u00a0]*\d")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?(?!\d|-\d)|\d{1,2}[./]\d{1,2}[./]\d{2,4}(?!\d|[./]\d)|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}")
_PERIOD = re.compile(r"\d{4}/\d{1,4}(?:/\d\d?)?|\d\d?/\d{4}")
"""`2026/01/31`, `2025/2026`, `01/2026`; a phone has more digits behind its code: `0711/123456`."""
_SIZE = re.compile(
    r"[<>~+≥≤]?\s*\d[\d.,' \u00a0]*[km]?(\s*([-–—‐−]|to|à|bis|a|do|tot)\s*\d[\d.,' \u00a0]*[km]?)?\s*\+?\s*(\w+\.?)?", re.IGNORECASE
)
_RANGE = re.compile(r"\d\s*(?:[-–—‐−]|to|à|bis|a|do|tot)\s*\d|\d\s*\+", re.IGNORECASE)
_FOREIGN_ID = re.compile(
    r"(?=.*[A-Za-z])([A-Za-z0-9]{15}|[A-Za-z0-9]{18}|[0-9a-fA-F]{20,64}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[a-z]{2,8}_[A-Za-z0-9_-]{3,})"
)
_SPACE = re.compile(r"[\s/.]+(?=\S)")
_LONGEST_FLAG = 11
_SIZE_WORDS = frozenset(fold(word) for choice in COMPANY_SIZES for word in (choice.value, choice.label, *choice.synonyms))
_HONORIFICS = _folded(
    "mr mrs ms miss mx mister dr prof sir madam dame lord rev hon herr frau herrn hr fr dipl-ing dipl ing mag m mme mlle mm monsieur "
    "madame mademoiselle maitre me sr sra srta señor señora señorita don doña dña dra profa d dott dottssa dottoressa dottore ssa sig ra sigra "
    "signor signora signorina avv geom rag arch ill dhr mevr mw de heer mevrouw drs ir dhrmevr pan pani p inż mgr hab lek exmo exma"
)
_CODES = frozenset({"d", "m", "p", "hr", "me", "w"})
_STATUSES = _folded(
    "active inactive open closed new won lost pending completed bounced replied contacted qualified unqualified sent opened clicked interested "
    "notinterested finished paused draft working nurturing subscribed unsubscribed inprogress done failed verified unverified approved enabled "
    "disabled archived emailssent emailsopened emailsreplied activo inactivo aktiv inaktiv actif inactif attivo ativo inativo actief aktywny"
) | {"no"}
_TERRITORIES = _folded(
    "emea apac amer amers americas latam dach namer na noram anz mena nordics benelux cee asia europe europa row global uki japac sea"
)

_NOT_A_TEXT: tuple[tuple[Test, str], ...] = (
    (is_email, "e-mail addresses"),
    (is_url, "web addresses"),
    (is_foreign_id, "IDs of another system"),
)
_PLACE: tuple[tuple[Test, str], ...] = (*_NOT_A_TEXT, (is_date, "dates"))
_AGAINST: dict[str, tuple[tuple[Test, str], ...]] = {
    "email": ((is_word_flag, "yes and no"), (is_url, "web addresses"), (is_date, "dates")),
    "firstName": _NOT_A_TEXT,
    "lastName": _NOT_A_TEXT,
    "title": (*_NOT_A_TEXT, (is_honorific, "honorifics such as Mr and Ms"), (is_date, "dates")),
    "company": (*_NOT_A_TEXT, (is_date, "dates")),
    "industry": _PLACE,
    "city": _PLACE,
    "state": (*_PLACE, (is_status, "the states of a task or campaign"), (is_territory, "sales territories")),
    "country": _PLACE,
    "phone": ((is_email, "e-mail addresses"), (is_url, "web addresses"), (is_word_flag, "yes and no"), (is_date, "dates")),
    "companySize": ((is_email, "e-mail addresses"), (is_url, "web addresses"), (is_word_flag, "yes and no")),
    "isOptedOut": ((is_date, "dates"), (is_email, "e-mail addresses"), (is_url, "web addresses")),
    "ownerUserId": ((is_foreign_id, "IDs of another system"),),
    "accountId": ((is_foreign_id, "IDs of another system"),),
    "timeZoneId": ((is_number, "numbers"),),
}
_AGAINST["phone2"] = _AGAINST["phone"]
"""Field → what its column's values may turn out to be; half of them, and one, is enough."""


def _is_chosen(field: str) -> Test:
    """Whether a cell holds one of the choices of a field, by name or label."""
    words = frozenset(fold(word) for choice in BY_NAME[field].choices for word in (choice.value, choice.label, *choice.synonyms))
    return lambda cell: isinstance(cell, str) and fold(cell) in words


def _no_number(cell: CellValue) -> bool:
    return not is_number(cell)


_NOT_NUMBERS: tuple[tuple[Test, int, str], ...] = ((_no_number, _FEW, "numbers"),)
_FOR: dict[str, tuple[tuple[Test, int, str], ...]] = {
    "email": ((is_email, _FEW, "no e-mail addresses"),),
    "phone": ((is_phone, _FEW, "no phone numbers"),),
    "phone2": ((is_phone, _FEW, "no phone numbers"),),
    "companySize": (
        (_is_no_other_date, 2, "dates (Excel turns ranges like 11-50 into dates)"),
        (is_size, 2, "no numbers of employees"),
    ),
    "isOptedOut": ((is_flag, _FEW, "neither yes nor no"),),
    "callStatus": ((_is_chosen("callStatus"), _FEW, "no call statuses of Reply"),),
    "meetingStatus": ((_is_chosen("meetingStatus"), _FEW, "no meeting statuses of Reply"),),
} | dict.fromkeys(("firstName", "lastName", "title", "industry", "city", "state", "country", "note"), _NOT_NUMBERS)
"""Field → what hardly any value being such, from how many values on, speaks against it; `note`: a column of notes headed `Note`, which in
French is a mark."""
