"""A run on a preview sheet, as the contacts' own sheet sees it: which of its rows are these contacts, and what became of each. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from reply_xl.errors import CellError
from reply_xl.fields import same
from reply_xl.history.runs import Entry, Run
from reply_xl.kinds.values import parse
from reply_xl.model import FINE, Change, Column, Intent, Outcome, Role, Row, Word
from reply_xl.wishes import key_of

_ORDER = (Word.UPDATED, Word.UNDONE, Word.UNCHANGED, Word.SKIPPED)
"""Of outcomes that are all fine, the one that a row shows."""


def rows_of(
    contacts: Mapping[int, Collection[str]], named: Mapping[int, Collection[int]], rows: Sequence[Row], columns: Sequence[Column]
) -> dict[int, int]:
    """Row number → contact id. `contacts`: by id, the e-mails by which the sheet may know each; `named`: by id, the rows that the preview named.
    Where more rows are of a contact than the preview named, only those that are both."""
    by_id: dict[int, list[int]] = defaultdict(list)
    by_email: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        key = key_of(row, columns)
        if key is not None and key.contact_id is not None:
            by_id[key.contact_id].append(row.number)
        elif key is not None and key.email:
            by_email[key.email.lower()].append(row.number)
    found: dict[int, int] = {}
    for contact, known in contacts.items():
        emails = sorted({email.strip().lower() for email in known} - {""})
        numbers = [*by_id[contact], *(number for email in emails for number in by_email[email])]
        meant = named.get(contact, ())
        if len(numbers) > len(meant):
            numbers = [number for number in numbers if number in meant]
        found |= dict.fromkeys(numbers, contact)
    return found


def differing(change: Change, rows: Iterable[Row], columns: Sequence[Column]) -> bool:
    """Whether a cell of these rows says something else than what is sent."""
    at = next((one for one in columns if one.role is Role.FIELD and one.target and one.target.name == change.target.name), None)
    return at is not None and not all(_says(row, at, change) for row in rows)


def _says(row: Row, column: Column, change: Change) -> bool:
    try:
        said = parse(row[column.index], change.target, "", row.format_of(column.index))
    except CellError:
        return False
    if said is Intent.LEAVE:
        return False
    return same(change.target, change.target.cleared if isinstance(said, Intent) else said, change.new)


def beside(run: Run, entries: Sequence[Entry]) -> tuple[Run, list[Entry]]:
    """The run and all its rows as the contacts' own sheet has them, with what is known of each contact's lines by now."""
    assert run.beside is not None
    outcomes: dict[int, list[Outcome]] = defaultdict(list)
    for entry in entries:
        if entry.contact_id is not None and entry.outcome is not None and not entry.taken_over:
            outcomes[entry.contact_id].append(entry.outcome)
    rows = []
    for number, mark, contact in run.beside.rows:
        known = joined_outcome(outcomes[contact], run.page.sheet) if contact in outcomes else None
        rows.append(Entry(number, mark, contact, replace(known, row=number, found_by_email=False) if known else None, delivered=False))
    return replace(run, page=run.beside.page), rows


def joined_outcome(outcomes: Sequence[Outcome], sheet: str) -> Outcome:
    """What became of a contact, from what became of its lines: what needs attention goes before what does not. Cells that a message names are
    those of `sheet`, the preview."""
    worst = next((one for one in outcomes if one.word not in FINE), None)
    best = min(outcomes, key=lambda one: _ORDER.index(one.word) if one.word in _ORDER else len(_ORDER))
    shown = worst or best
    messages = dict.fromkeys(
        one.message if one.sent or one.word is Word.UNCHANGED else f"“{sheet}”: {one.message}" for one in (shown, best, *outcomes)
    )
    sent = next((one for one in outcomes if one.sent), shown)
    held = tuple(dict.fromkeys(name for one in outcomes for name in one.held_back))
    return replace(sent, word=shown.word, message=" ".join(messages), held_back=held)
