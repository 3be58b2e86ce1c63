"""Header row → columns. Pure.

The order of decisions for one header: `custom:` forces · our own columns · the contact's id · a standard field by API name, label or
synonym · a custom field by its exact title, then by a similar one · a standard field by rule: another language, a prefix, one letter off ·
unknown. Then the other headers and the values have their say: they may take a column from its field, or settle what the header left open.

Where two columns want one field, a visible column wins over a hidden one, then the better name (label, API name, synonym, rule; see
`header_words.RULES`), then the one further left; the loser says so. Of two phones that are not alike both are used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from reply_xl.fields import BY_NAME, fold
from reply_xl.kinds.values import shown
from reply_xl.mapping import claims as rivals
from reply_xl.mapping import headers as names
from reply_xl.mapping.claims import NOT_USED, Claim
from reply_xl.mapping.headers import Meaning
from reply_xl.model import CellValue, Column, CustomField, Role, Target
from reply_xl.wording import joined

STATUS, MESSAGE, UPDATED_AT, REPLY_ID = "Reply status", "Reply message", "Reply updated at", "Reply ID"
OURS = (STATUS, MESSAGE, UPDATED_AT)
PRACTICE = "practice: "  # before the status of a row on a copy for practice

_ID_HEADERS = ("Reply ID", "Reply contact ID", "Contact ID")
_NO_FIELD = "No field of Reply has this name, so the column is not used"
_NO_KEY = f"{NOT_USED}without a key only contact fields are known"
_MOST_NAMED = 8
_CUSTOM = re.compile(r"\s*custom\s*:\s*(.*?)\s*", re.IGNORECASE | re.DOTALL)


def map_columns(
    headers: Sequence[str],
    *,
    customs: Sequence[CustomField] | None,
    hidden: frozenset[int] = frozenset(),
    values: Sequence[Sequence[CellValue]] = (),
) -> tuple[Column, ...]:
    """The columns of a header row, one for each header in order.

    `headers`: text by column index from A, "" where a cell is empty; `customs` None: not known (no key), so that only `custom:` headers
    can be named; `values`: the rows below, from A on, as evidence. A sample of them is looked at (`Column.read` says how many), only for a
    bare `id` all."""
    plain = names.without_shared_prefix(headers)
    claims = [_claim(header, rest, customs) for header, rest in zip(headers, plain, strict=True)]
    rivals.settle(headers, claims, values, lambda header: _custom_claim(header.strip(), customs), is_header)
    rivals.compete(claims, hidden)
    columns = []
    for index, (header, claim) in enumerate(zip(headers, claims, strict=True)):
        column = Column(index, header, claim.role, claim.target, claim.reason, hidden=index in hidden, sure=claim.sure, read=claim.read)
        if column.role is Role.READ_ONLY and column.target is not None and not column.hidden and _is_filled(header, column.target):
            column = replace(column, reason=f"{column.reason}, but filled in from Reply", fills=True)
        elif column.target is BY_NAME["email"] and all(other.role is not Role.KEY for other in claims):
            column = replace(column, reason="Finds the contact, because no column holds its Reply ID; never sent")
        elif column.role is Role.FIELD and column.hidden:
            column = replace(column, reason=f"{column.reason}; hidden, so it is never sent")
        columns.append(column)
    return tuple(columns)


def finders(columns: Sequence[Column]) -> frozenset[int]:
    """The indexes of the columns that find the contacts and are never sent: that of their Reply ID, or where there is none that of their
    e-mail."""
    ids = frozenset(column.index for column in columns if column.role is Role.KEY)
    return ids or frozenset(column.index for column in columns if column.target is BY_NAME["email"])


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
    """Whether a text is recognised as the header of a column, whatever it stands above: a field's name, `custom: …` or an id's. Names
    that are ordinary values too (`Handy`, `Sector`) are recognised above a column only."""
    return len(text) <= 60 and (fold(text) in _IDS or _CUSTOM.fullmatch(text) is not None or names.is_name(text))


def is_own_or_id(header: str) -> bool:
    """Whether a column so headed holds our results or the contact's id: neither is a value that a field gets."""
    return fold(header) in _OURS or fold(header) in _IDS


def unused_notes(columns: Sequence[Column]) -> list[str]:
    """Sentences about visible columns that have a header and are not used."""
    unused = [column for column in columns if column.role is Role.UNUSED and column.header and not column.hidden]
    known = [column for column in unused if column.reason not in (_NO_FIELD, _NO_KEY)]
    notes = [f"Column {column.letter} ({shown(column.header)}) is not used: {column.reason.removeprefix(NOT_USED)}." for column in known]
    for reason, why in ((_NO_FIELD, "no field of Reply has this name"), (_NO_KEY, _NO_KEY.removeprefix(NOT_USED))):
        unknown = [f"{column.letter} ({shown(column.header)})" for column in unused if column.reason == reason]
        if unknown:
            notes.append(f"Not used, because {why}: {joined(unknown, _MOST_NAMED)}.")
    return notes


_IDS = {fold(header): rank for rank, header in enumerate(_ID_HEADERS)} | {"id": len(_ID_HEADERS)}
_CUSTOM_ID = re.compile(r"#\s*([0-9]{1,10})")
_OURS = {fold(header): header for header in OURS}


def _claim(header: str, plain: str, customs: Sequence[CustomField] | None) -> Claim:
    """`plain`: the header without the prefix that all share. Neither our columns nor an id are taken from behind one."""
    text = header.strip()
    if not text:
        return Claim(None, Role.UNUSED, "No header, so the column is not used")
    forced = _CUSTOM.fullmatch(text)
    if forced:
        return _forced_claim(forced[1], customs)
    folded = fold(text)
    if folded in _OURS:
        return Claim(None, Role.OURS, "reply_xl writes its results here")
    if folded in _IDS:
        return Claim(BY_NAME["id"], Role.KEY, "Finds the contact by its Reply ID", _IDS[folded])
    known = names.meaning(text)
    if known:
        return _claim_of(known)
    custom = _custom_claim(text, customs)
    if custom.target is not None or (customs is not None and custom.reason != _NO_FIELD):
        return custom
    by_rule = names.meaning_by_rule(plain)
    if by_rule and plain != header:
        by_rule = replace(by_rule, how=f"{BY_NAME[by_rule.field].label}, behind what all headers begin with")
    by_rule = by_rule or names.meaning_by_rule(text)
    return _claim_of(by_rule) if by_rule else custom


def _claim_of(meant: Meaning) -> Claim:
    field = BY_NAME[meant.field]
    if field.read_only:
        return Claim(field, Role.READ_ONLY, f"Only Reply sets {field.label}: never sent", meant.rank)
    return Claim(field, Role.FIELD, meant.how, meant.rank, meant.sure, meant.need, meant.direct)


def _forced_claim(title: str, customs: Sequence[CustomField] | None) -> Claim:
    if not title:
        return Claim(None, Role.UNUSED, f"{NOT_USED}it names no custom field after “custom:”")
    if customs is None:
        return Claim(CustomField(0, title), Role.FIELD, "A custom field, not looked up without a key")
    number = _CUSTOM_ID.fullmatch(title)
    if number:
        matches = [custom for custom in customs if custom.id == int(number[1])] or [custom for custom in customs if custom.title == title]
    else:
        matches = _by_title(title, customs)
    return _one_custom(matches, title) or Claim(
        None, Role.UNUSED, f"{NOT_USED}Reply has no custom field “{shown(title)}”; create it there or correct the header"
    )


def _custom_claim(title: str, customs: Sequence[CustomField] | None) -> Claim:
    if customs is None:
        return Claim(None, Role.UNUSED, _NO_KEY)
    return _one_custom(_by_title(title, customs), title) or Claim(None, Role.UNUSED, _NO_FIELD)


def _by_title(title: str, customs: Sequence[CustomField]) -> list[CustomField]:
    exact = [custom for custom in customs if custom.title.strip() == title]
    return exact or [custom for custom in customs if fold(title) and fold(custom.title) == fold(title)]


def _one_custom(matches: Sequence[CustomField], title: str) -> Claim | None:
    if len(matches) > 1:
        heads = " or ".join(f"“custom: #{custom.id}”" for custom in matches[:4])
        return Claim(None, Role.UNUSED, f"{NOT_USED}{len(matches)} custom fields have this title; head it {heads}")
    if not matches:
        return None
    exact = matches[0].title.strip() == title or _CUSTOM_ID.fullmatch(title)
    return Claim(matches[0], Role.FIELD, f"Is the custom field “{shown(matches[0].title)}” (#{matches[0].id})", 0 if exact else 1)


def _is_filled(header: str, target: Target) -> bool:
    """Whether a read-only field is written back here: only under exactly its API name, or under `Reply` and its label. Any other
    spelling (`Domain`, `Created at`) may be the user's own column."""
    return header.strip() == target.name or fold(header) == fold(f"Reply {target.label}")
