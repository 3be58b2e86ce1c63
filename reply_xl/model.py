"""The nouns of the product: frozen data and the protocols the use cases speak to. No I/O, nothing from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, ClassVar, Protocol

FieldValue = str | int | bool | None
"""A value as the API takes and returns it. None is "unset"; a read-only time or list is a string or None."""


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell that shows an error; `code` is what Excel displays (`#N/A`, `#SPILL!`, or `#ERROR` where the code is not known)."""

    code: str

    def __str__(self) -> str:
        return self.code


CellValue = str | float | bool | datetime | ErrorCell | None
"""What a cell holds: text, number, truth value, date (naive), error, or nothing."""


class Kind(StrEnum):
    TEXT = "text"
    EMAIL = "e-mail"
    URL = "URL"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    TIME_ZONE = "time zone"
    MOMENT = "moment"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of an enum field: `value` as the request spells it, `label` as people do, `synonyms` also accepted.

    `low` and `high` bound the number of employees it stands for (company size only)."""

    value: str
    label: str
    synonyms: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A standard field of a contact.

    `guard` is the word of `--allow` without which it is held back; `verifiable` is False where Reply never returns it;
    `cleared` is what the request carries to clear it, if `clearable`."""

    name: str
    label: str
    kind: Kind
    synonyms: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    read_only: bool = False
    clearable: bool = True
    cleared: FieldValue = None
    guard: str | None = None
    verifiable: bool = True


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field of the workspace. `title_is_unique` is False where another scope holds a field of the same title:
    an answer keyed by title cannot then be told apart."""

    id: int
    title: str
    numeric: bool = False
    title_is_unique: bool = True

    kind: ClassVar[Kind] = Kind.TEXT
    read_only: ClassVar[bool] = False
    clearable: ClassVar[bool] = True
    cleared: ClassVar[FieldValue] = None
    guard: ClassVar[str | None] = None

    @property
    def verifiable(self) -> bool:
        return self.title_is_unique

    @property
    def name(self) -> str:
        """`custom:<title>`, or `custom:#<id>` where the title alone does not tell which field it is."""
        return f"custom:{self.title if self.title_is_unique else f'#{self.id}'}"

    @property
    def label(self) -> str:
        return self.title


Target = Field | CustomField


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as one answer of the API gave it.

    `values`: by API name, only members of the documented type; `custom`: by key as returned (a title or an id);
    `read_at`: seconds of the run's clock at which the answer arrived."""

    id: int
    values: Mapping[str, FieldValue]
    custom: Mapping[str, str | None]
    read_at: float = 0.0

    @property
    def email(self) -> str:
        value = self.values.get("email")
        return value.strip() if isinstance(value, str) else ""

    @property
    def full_name(self) -> str:
        parts = (self.values.get("firstName"), self.values.get("lastName"))
        return " ".join(part.strip() for part in parts if isinstance(part, str) and part.strip())


class Role(StrEnum):
    """What a column is used for."""

    KEY = "key"
    FIELD = "field"
    READ_ONLY = "read-only"
    OURS = "ours"
    UNUSED = "unused"


class Sureness(StrEnum):
    """How sure it is that a column is what it was taken for: its own name, a rule or other columns and values, no more than a guess."""

    CERTAIN = "certain"
    LIKELY = "likely"
    GUESS = "guess"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the header row: `index` from 0 at column A; `target` is None where it goes nowhere; `fills` says that a
    read-only field is written back into it; `read` is how many of its values were looked at;
    `only_empty`: it is sent only where Reply holds nothing yet."""

    index: int
    header: str
    role: Role
    target: Target | None
    reason: str
    hidden: bool = False
    fills: bool = False
    sure: Sureness = Sureness.CERTAIN
    read: int = 0
    only_empty: bool = False

    @property
    def letter(self) -> str:
        return column_letter(self.index)

    def address(self, row: int) -> str:
        return f"{self.letter}{row}"


def column_letter(index: int) -> str:
    """A for 0, Z for 25, AA for 26."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the sheet: `number` from 1; `cells` from column A on; `formats`: by column index the number formats that were asked for, None
    for one that could not be found out.

    Never sent: `hidden` rows, rows that `merged` cells touch, rows with more values than there are headers (`spilled`, where a separator
    without quotes may have shifted them), and rows from a second header row on, whose number `second_header` is."""

    number: int
    cells: Sequence[CellValue]
    hidden: bool = False
    merged: bool = False
    spilled: bool = False
    second_header: int | None = None
    formats: Mapping[int, str | None] | None = None

    def __getitem__(self, index: int) -> CellValue:
        return self.cells[index] if index < len(self.cells) else None

    def format_of(self, index: int) -> str | None:
        """The number format of a cell as Excel names it in English, "" where it was of no matter, None where it could not be found out."""
        return "" if self.formats is None else self.formats.get(index, "")


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a patch: `old` as Reply gave it, `new` as the request carries it. `fills`: nothing stood there before."""

    target: Target
    old: FieldValue
    new: FieldValue
    fills: bool


@dataclass(frozen=True, slots=True)
class Patch:
    """What one PATCH sends for one contact, compared with `contact` as read."""

    contact: Contact
    changes: tuple[Change, ...]

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body: standard fields by name, custom fields as `customFields: [{id, value}]` in the order of the columns."""
        body: dict[str, Any] = {}
        custom: list[dict[str, Any]] = []
        for change in self.changes:
            if isinstance(change.target, CustomField):
                custom.append({"id": change.target.id, "value": change.new})
            else:
                body[change.target.name] = change.new
        if custom:
            body["customFields"] = custom
        return body


class Word(StrEnum):
    """The outcome of a row."""

    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    INVALID = "invalid"
    NOT_FOUND = "not found"
    REFUSED = "refused"
    NOT_STORED = "not stored"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDONE = "undone"


FINE = frozenset({Word.UPDATED, Word.UNCHANGED, Word.SKIPPED, Word.UNDONE})
"""Outcomes after which nobody has to look at the row."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row. `sent` is the PATCH body, empty if nothing was sent; `status` the HTTP status of its answer;
    `contact` the contact as last returned; `at` the local time of the answer that stored something."""

    row: int
    word: Word
    message: str
    contact_id: int | None = None
    contact: Contact | None = None
    status: int | None = None
    sent: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    not_stored: tuple[str, ...] = ()
    held_back: tuple[str, ...] = ()
    at: datetime | None = None
    found_by_email: bool = False


class Intent(Enum):
    """What a cell asks for when it is not a value."""

    LEAVE = "leave"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of contacts. Items that could not be read as contacts are left out and counted; `has_more` as Reply said."""

    contacts: tuple[Contact, ...]
    has_more: bool
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class ContactList:
    """A list that contacts can be in."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Named:
    """Something of the workspace that people know by its name: a member of the team (with an e-mail) or an account (with a domain)."""

    id: int
    name: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class Whoami:
    user_id: int | None
    username: str
    team_id: int | None


class Contacts(Protocol):
    """The contacts of one workspace, as the use cases see them. Every method may raise an `ApiError` or `Cancelled`."""

    def page(self, top: int, skip: int) -> Page: ...

    def contact(self, contact_id: int) -> Contact: ...

    def by_email(self, email: str) -> tuple[Contact, ...]: ...

    def custom_fields(self) -> tuple[CustomField, ...]: ...

    def team_members(self) -> tuple[Named, ...]: ...

    def accounts(self, search: str) -> tuple[Named, ...]: ...

    def patch(self, contact_id: int, body: Mapping[str, Any]) -> Contact: ...


class Memory(Protocol):
    """What this add-in last sent into fields that Reply never returns."""

    def matches(self, contact_id: int, field: str, value: FieldValue) -> bool: ...

    def remember(self, contact_id: int, field: str, value: FieldValue) -> None: ...


class Bases(Protocol):
    """What Reply held when the cells of one sheet received or equalled it: by contact id, then by field name."""

    def of(self, contact_ids: Collection[int]) -> Mapping[int, Mapping[str, FieldValue]]: ...


class Pace(Protocol):
    """The quota, and every wait of a run."""

    def acquire(self) -> None: ...

    def release(self) -> None: ...

    def pause(self, seconds: float, why: str) -> None: ...

    def hold(self, seconds: float) -> None: ...
