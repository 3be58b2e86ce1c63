"""What a careful person would look at in a list before it is sent: proposals for the preview. Nothing here changes or holds back anything."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reply_xl.errors import CellError
from reply_xl.fields import BY_NAME
from reply_xl.kinds.cell_text import mixes_alphabets
from reply_xl.kinds.countries import country_code
from reply_xl.kinds.phone_hints import phone_hint
from reply_xl.kinds.values import parse, shown
from reply_xl.model import Column, Kind, Role, Row
from reply_xl.wording import joined

_ROLES = frozenset(
    re.findall(
        r"\S+",
        """info sales contact support admin office hello team marketing hr jobs billing accounts service help mail post enquiries inquiries
        noreply no-reply donotreply webmaster postmaster press buero kontakt vertrieb verwaltung accueil contacto ventas comercial contato
        vendas informazioni vendite verkoop biuro kontakty sprzedaz reception newsletter""",
    )
)
_PARTICLES = frozenset(re.findall(r"\S+", "de da do dos das di del della der den van von zu zum le la los las y e bin al el ten ter te af"))
_FILLERS = frozenset(
    {"n/a", "na", "n.a.", "null", "none", "nil", "-", "--", "–", "—", "?", "unknown", "tbd", "k.a.", "s/o", "n/d", "nd", "brak"}
    | {
        "nan",
        "nat",
        "undefined",
        "(null)",
        "[null]",
        "(blank)",
        "(empty)",
        "(leer)",
        "(vide)",
        "(vacío)",
        "(en blanco)",
        "n.v.t.",
        "loading...",
    }
)
_MOST_NAMED = 5
_NAMES = ("firstName", "lastName")
_UNSEEN = re.compile("[\u200b\u00ad\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Hint:
    """`address` is the cell, `says` the sentence about it."""

    row: int
    address: str
    says: str


def hints(rows: Sequence[Row], columns: Sequence[Column]) -> list[Hint]:
    """Proposals about the rows that may be sent, in the order of the sheet."""
    shown_rows = [row for row in rows if not row.hidden and row.second_header is None]
    sent = {column.target.name: column for column in columns if column.role is Role.FIELD and column.target and not column.hidden}
    found = [
        *_twice(shown_rows, sent.get("email"), "e-mail"),
        *_twice(shown_rows, sent.get("linkedInUrl"), "LinkedIn URL"),
        *_roles(shown_rows, sent.get("email")),
        *_fillers(shown_rows, sent.values()),
        *_damaged(shown_rows, sent.values()),
        *_names(shown_rows, [sent[name] for name in ("firstName", "lastName") if name in sent]),
        *_countries(shown_rows, sent.get("country")),
        *_phones(shown_rows, sent),
        *_spaces(shown_rows, sent.values()),
    ]
    return sorted(found, key=lambda hint: hint.row)


def _texts(rows: Sequence[Row], column: Column | None) -> Iterator[tuple[Row, str, str]]:
    """Row, address and text of each cell of a column that holds text."""
    for row in rows if column else ():
        assert column is not None
        cell = row[column.index]
        if isinstance(cell, str) and cell.strip():
            yield row, column.address(row.number), cell


def _twice(rows: Sequence[Row], column: Column | None, what: str) -> Iterator[Hint]:
    """The same value in several rows: two contacts, or one that is there twice."""
    places: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for row, address, text in _texts(rows, column):
        assert column is not None
        assert column.target is not None
        try:
            value = parse(text, column.target, address)
        except CellError:
            continue
        if isinstance(value, str):
            places[value.casefold().rstrip("/")].append((row.number, address, value))
    for same in places.values():
        for row_number, address, value in same[1:]:
            others = [other for _, other, _ in same if other != address]
            yield Hint(row_number, address, f"{address} holds the same {what} as {joined(others, _MOST_NAMED)}: {shown(value)}.")


def _roles(rows: Sequence[Row], column: Column | None) -> Iterator[Hint]:
    for row, address, text in _texts(rows, column):
        name = text.strip().casefold().removeprefix("mailto:").partition("@")[0]
        if name in _ROLES:
            yield Hint(row.number, address, f"{address} holds {shown(text.strip())}, which is a shared mailbox rather than a person's.")


def _fillers(rows: Sequence[Row], columns: Iterable[Column]) -> Iterator[Hint]:
    """What other programs write for nothing, and the 0 that a formula makes of a blank cell: it would replace a value in Reply."""
    for column in columns:
        if column.target is not None and column.target.kind is Kind.TEXT and column.target.name not in ("notes", "phone", "phone2"):
            for row in rows if column.target.name in BY_NAME else ():
                if isinstance(row[column.index], float) and row[column.index] == 0:
                    address = column.address(row.number)
                    yield Hint(
                        row.number, address, f"{address} holds 0, which is sent as it stands; empty the cell to leave the field alone."
                    )
            for row, address, text in _texts(rows, column):
                if text.strip().casefold() in _FILLERS:
                    says = f"{address} holds “{shown(text.strip())}”, which is sent as it stands; empty the cell to leave the field alone."
                    yield Hint(row.number, address, says)


def _damaged(rows: Sequence[Row], columns: Iterable[Column]) -> Iterator[Hint]:
    """Letters that were read in a wrong encoding on their way into the sheet, and formulas that are only text."""
    for column in columns:
        if column.target is not None and column.target.kind is Kind.TEXT and column.target.name not in ("phone", "phone2"):
            for row, address, text in _texts(rows, column):
                meant = as_meant(text.strip())
                if meant is not None:
                    yield Hint(row.number, address, f"{address} holds “{shown(text)}”; “{shown(meant)}” may be meant.")
                elif column.target.name != "notes" and _UNSEEN.search(text.strip()):
                    yield Hint(
                        row.number, address, f"{address} holds “{shown(text)}” with a character in it that nobody sees, which is sent."
                    )
                elif column.target.name in _NAMES and _is_two_alphabets(text):
                    yield Hint(row.number, address, f"{address} holds “{shown(text)}”, in which letters of two alphabets look alike.")
                elif text.startswith("=") and len(text) > 1:
                    yield Hint(row.number, address, f"{address} holds the text of a formula, {shown(text)}, which is sent as it stands.")


def _is_two_alphabets(text: str) -> bool:
    """Whether a name has Latin and other letters in one word; a word of others alone may be what it is."""
    return any(mixes_alphabets(word) and re.search("[A-Za-z]", word) for word in text.split())


def as_meant(text: str) -> str | None:
    """`Müller` for `MÃ¼ller`: UTF-8 that a program read as Windows text. None for every other text."""
    if text.isascii():
        return None
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None


def _names(rows: Sequence[Row], columns: Sequence[Column]) -> Iterator[Hint]:
    for column in columns:
        for row, address, text in _texts(rows, column):
            proposal = as_name(text)
            if proposal is not None:
                yield Hint(row.number, address, f"{address} holds “{shown(text.strip())}”; “{proposal}” may be meant.")


def as_name(text: str) -> str | None:
    """A name in CAPITALS or in lower case as names are written; None where it is written so, or nobody can tell (two letters may be
    initials, a particle stays small)."""
    name = " ".join(text.split())
    letters = [char for char in name if char.isalpha()]
    if len(letters) < 3 or not (name.isupper() or name.islower()):
        return None
    proposal = " ".join(word.lower() if word.lower() in _PARTICLES else _capital(word) for word in name.split())
    return proposal if proposal != name and proposal[:1].isupper() else None


def _capital(word: str) -> str:
    parts = []
    for part in word.lower().replace("’", "'").split("-"):
        head, apostrophe, rest = part.partition("'")
        parts.append(
            f"{head[:1].upper()}{head[1:]}{apostrophe}{rest[:1].upper()}{rest[1:]}" if len(head) < 3 else f"{part[:1].upper()}{part[1:]}"
        )
    return "-".join(parts)


def _countries(rows: Sequence[Row], column: Column | None) -> Iterator[Hint]:
    """A country that the sheet spells in several ways: the rarer spellings are named."""
    spelled: dict[str, dict[str, list[tuple[int, str]]]] = defaultdict(lambda: defaultdict(list))
    for row, address, text in _texts(rows, column):
        code = country_code(text)
        if code is not None:
            spelled[code][text.strip()].append((row.number, address))
    for spellings in spelled.values():
        if len(spellings) > 1:
            usual = max(spellings, key=lambda text: (len(spellings[text]), len(text)))
            for text, places in spellings.items():
                for number, address in places if text != usual else ():
                    yield Hint(number, address, f"{address} holds “{shown(text)}”, where other rows say “{shown(usual)}”.")


def _phones(rows: Sequence[Row], sent: Mapping[str, Column]) -> Iterator[Hint]:
    country = sent.get("country")
    for name in ("phone", "phone2") if country else ():
        column = sent.get(name)
        for row in rows if column else ():
            assert column is not None
            assert country is not None
            where = row[country.index]
            address = column.address(row.number)
            try:
                phone = parse(row[column.index], BY_NAME[name], address, row.format_of(column.index))
            except CellError:
                continue
            if isinstance(phone, str) and isinstance(where, str):
                hint = phone_hint(phone, where)
                if hint:
                    yield Hint(row.number, address, f"{address} ({BY_NAME[name].label}) {hint}.")


def _spaces(rows: Sequence[Row], columns: Iterable[Column]) -> Iterator[Hint]:
    """Spaces around a value: it is sent without, but a filter or a lookup in the sheet sees them."""
    for column in columns:
        if column.target is not None and column.target.name != "notes":
            for row, address, text in _texts(rows, column):
                if text != text.strip():
                    yield Hint(row.number, address, f"{address} has spaces around “{shown(text.strip())}”; it is sent without them.")
