"""Header row → columns. Pure.

The order of decisions for one header: `custom:` forces · our own columns · the contact's id · a standard field by API name, label or
synonym · a custom field by its exact title, then by a similar one · unknown. Where two columns want one field, a visible column wins
over a hidden one, then the better spelling (label, API name, synonym), then the one further left; the loser says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reply_xl.fields import BY_NAME, CATALOGUE, fold
from reply_xl.model import CellValue, Column, CustomField, Role, Target, column_letter
from reply_xl.values import contact_id, is_blank, shown
from reply_xl.wording import joined

STATUS, MESSAGE, UPDATED_AT, REPLY_ID = "Reply status", "Reply message", "Reply updated at", "Reply ID"
OURS = (STATUS, MESSAGE, UPDATED_AT)

_ID_HEADERS = ("Reply ID", "Reply contact ID", "Contact ID")
_VAGUE = frozenset({"title"})
"""Names that give way to any other for the same field: beside a `Job title`, Outlook's `Title` holds Mr and Ms."""
_LAST = 100
_NOT_USED = "Not used: "
_NO_FIELD = "No field of Reply has this name, so the column is not used"
_MOST_NAMED = 8
_CUSTOM = re.compile(r"\s*custom\s*:\s*(.*?)\s*", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one header asks for; a lower `rank` is a better spelling."""

    target: Target | None
    role: Role
    reason: str
    rank: int = 0


def map_columns(
    headers: Sequence[str],
    *,
    customs: Sequence[CustomField] | None,
    hidden: frozenset[int] = frozenset(),
    values: Sequence[Sequence[CellValue]] = (),
) -> tuple[Column, ...]:
    """The columns of a header row, one for each header in order.

    `headers`: text by column index from A, "" where a cell is empty; `customs` None: not known (no key), so that only `custom:` headers
    can be named; `values`: the rows below, from A on, as evidence for a bare `id` header."""
    claims = [_claim(header, customs) for header in headers]
    _settle_bare_id(headers, claims, values)
    _compete(claims, hidden)
    columns = []
    for index, (header, claim) in enumerate(zip(headers, claims, strict=True)):
        column = Column(index, header, claim.role, claim.target, claim.reason, index in hidden)
        if column.role is Role.READ_ONLY and column.target is not None and not column.hidden and _is_filled(header, column.target):
            column = replace(column, reason=f"{column.reason}, but filled in from Reply", fills=True)
        elif column.target is BY_NAME["email"] and all(other.role is not Role.KEY for other in claims):
            column = replace(column, reason="Finds the contact, because no column holds its Reply ID; never sent")
        elif column.role is Role.FIELD and column.hidden:
            column = replace(column, reason=f"{column.reason}; hidden, so it is never sent")
        columns.append(column)
    return tuple(columns)


def best_header(rows: Sequence[Sequence[CellValue]]) -> int | None:
    """Which of the first rows of a sheet looks most like a header row; None if none holds text.

    The row with most headers that are recognised wins, then the one with most cells of text, then the first. A sentence above the
    header (the preamble of a LinkedIn export) names at most one field."""
    best: tuple[int, int] | None = None
    found = None
    for position, row in enumerate(rows):
        texts = [cell.strip() for cell in row if isinstance(cell, str) and cell.strip()]
        known = {fold(text) for text in texts if is_header(text)}
        score = (len(known), len(texts))
        if texts and (best is None or score > best):
            best, found = score, position
    return found


def is_header(text: str) -> bool:
    """Whether a text is recognised as the header of a column, whatever it stands above: a field's name, `custom: …` or an id's."""
    return len(text) <= 60 and (fold(text) in _NAMES or fold(text) in _IDS or _CUSTOM.fullmatch(text) is not None)


def unused_notes(columns: Sequence[Column]) -> list[str]:
    """Sentences about visible columns that have a header and are not used."""
    unused = [column for column in columns if column.role is Role.UNUSED and column.header and not column.hidden]
    known = [column for column in unused if column.reason != _NO_FIELD]
    unknown = [f"{column.letter} ({shown(column.header)})" for column in unused if column.reason == _NO_FIELD]
    notes = [f"Column {column.letter} ({shown(column.header)}) is not used: {column.reason.removeprefix(_NOT_USED)}." for column in known]
    if unknown:
        notes.append(f"Not used, because no field of Reply has this name: {joined(unknown, _MOST_NAMED)}.")
    return notes


def _names() -> dict[str, tuple[str, int]]:
    """Every accepted spelling of a standard field, folded → (field name, rank)."""
    names: dict[str, tuple[str, int]] = {}
    for field in CATALOGUE:
        if field.name == "id":
            continue
        for rank, spelling in enumerate((field.label, field.name, *field.synonyms)):
            names.setdefault(fold(spelling), (field.name, rank))
        if field.read_only:
            names.setdefault(fold(f"Reply {field.label}"), (field.name, 1))
    return names


_NAMES = _names()
_IDS = {fold(header): rank for rank, header in enumerate(_ID_HEADERS)} | {"id": len(_ID_HEADERS)}
_CUSTOM_ID = re.compile(r"#\s*([0-9]{1,10})")
_OURS = {fold(header): header for header in OURS}


def _claim(header: str, customs: Sequence[CustomField] | None) -> _Claim:
    text = header.strip()
    if not text:
        return _Claim(None, Role.UNUSED, "No header, so the column is not used")
    forced = _CUSTOM.fullmatch(text)
    if forced:
        return _forced_claim(forced[1], customs)
    folded = fold(text)
    if folded in _OURS:
        return _Claim(None, Role.OURS, "reply_xl writes its results here")
    if folded in _IDS:
        return _Claim(BY_NAME["id"], Role.KEY, "Finds the contact by its Reply ID", _IDS[folded])
    if folded in _NAMES:
        name, rank = _NAMES[folded]
        field = BY_NAME[name]
        if field.read_only:
            return _Claim(field, Role.READ_ONLY, f"Only Reply sets {field.label}: never sent", rank)
        how = "The field's own name" if rank < 2 else f"Another name for {field.label}"
        return _Claim(field, Role.FIELD, how, _LAST if folded in _VAGUE else rank)
    return _custom_claim(text, customs)


def _forced_claim(title: str, customs: Sequence[CustomField] | None) -> _Claim:
    if not title:
        return _Claim(None, Role.UNUSED, f"{_NOT_USED}it names no custom field after “custom:”")
    if customs is None:
        return _Claim(CustomField(0, title), Role.FIELD, "A custom field, not looked up without a key")
    number = _CUSTOM_ID.fullmatch(title)
    if number:
        matches = [custom for custom in customs if custom.id == int(number[1])] or [custom for custom in customs if custom.title == title]
    else:
        matches = _by_title(title, customs)
    return _one_custom(matches, title) or _Claim(
        None, Role.UNUSED, f"{_NOT_USED}Reply has no custom field “{shown(title)}”; create it there or correct the header"
    )


def _custom_claim(title: str, customs: Sequence[CustomField] | None) -> _Claim:
    if customs is None:
        return _Claim(None, Role.UNUSED, f"{_NOT_USED}no contact field has this name; custom fields are not looked up without a key")
    return _one_custom(_by_title(title, customs), title) or _Claim(None, Role.UNUSED, _NO_FIELD)


def _by_title(title: str, customs: Sequence[CustomField]) -> list[CustomField]:
    exact = [custom for custom in customs if custom.title.strip() == title]
    return exact or [custom for custom in customs if fold(title) and fold(custom.title) == fold(title)]


def _one_custom(matches: Sequence[CustomField], title: str) -> _Claim | None:
    if len(matches) > 1:
        heads = " or ".join(f"“custom: #{custom.id}”" for custom in matches[:4])
        return _Claim(None, Role.UNUSED, f"{_NOT_USED}{len(matches)} custom fields have this title; head it {heads}")
    if not matches:
        return None
    exact = matches[0].title.strip() == title or _CUSTOM_ID.fullmatch(title)
    return _Claim(matches[0], Role.FIELD, f"Is the custom field “{shown(matches[0].title)}” (#{matches[0].id})", 0 if exact else 1)


def _settle_bare_id(headers: Sequence[str], claims: list[_Claim], values: Sequence[Sequence[CellValue]]) -> None:
    """A header of just `id` is the contact's only if nothing better is there and every value could be one: other systems' ids are not."""
    bare = len(_ID_HEADERS)
    named = any(claim.role is Role.KEY and claim.rank < bare for claim in claims)
    for index, claim in enumerate(claims):
        if claim.role is not Role.KEY or claim.rank < bare:
            continue
        cells = [row[index] for row in values if index < len(row) and not is_blank(row[index])]
        cells = [cell for cell in cells if not (isinstance(cell, str) and is_header(cell))]  # the headers may come again
        if named:
            claims[index] = _Claim(None, Role.UNUSED, f"{_NOT_USED}another column holds the contact's Reply ID")
        elif not cells or any(contact_id(cell) is None for cell in cells):
            claims[index] = _Claim(
                None,
                Role.UNUSED,
                f"{_NOT_USED}its values do not all look like Reply IDs, which are whole numbers; head it “Reply ID” if they are",
            )
        else:
            claims[index] = replace(claim, reason="Finds the contact: every value can be a Reply ID")


def _compete(claims: list[_Claim], hidden: frozenset[int]) -> None:
    """One column a field. Id columns do not compete: a row's ids must agree."""
    wanted: dict[str, list[int]] = {}
    for index, claim in enumerate(claims):
        if claim.role is Role.FIELD and claim.target is not None:
            known = isinstance(claim.target, CustomField) and claim.target.id
            wanted.setdefault(f"#{known}" if known else claim.target.name, []).append(index)
    for indices in wanted.values():
        winner = min(indices, key=lambda index: (index in hidden, claims[index].rank, index))
        for index in indices:
            target = claims[index].target
            if index != winner and target is not None:
                reason = f"{_NOT_USED}column {column_letter(winner)} already gives {shown(target.label)}"
                claims[index] = _Claim(None, Role.UNUSED, reason)


def _is_filled(header: str, target: Target) -> bool:
    """Whether a read-only field is written back here: only under exactly its API name, or under `Reply` and its label. Any other
    spelling (`Domain`, `Created at`) may be the user's own column."""
    return header.strip() == target.name or fold(header) == fold(f"Reply {target.label}")
