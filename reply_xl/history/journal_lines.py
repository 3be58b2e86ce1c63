"""What stands in the lines of the journal, as text, and what the program knows by it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from reply_xl.fields import BY_NAME
from reply_xl.history.runs import Beside, Mark, Page, Run, RunKind, Server
from reply_xl.model import Change, Contact, CustomField, FieldValue, Outcome, Patch, Row, Target, Word
from reply_xl.patches import Decision, OnConflict, Policy
from reply_xl.wishes import Wish

RUN_COLUMNS = "id, started, ended, kind, of, base_url, instance, user, username, team, book, results, sheet, header_row, headers, targets, policy, keeps_ids, beside"
"""Of the table of runs, as `run_of` takes them."""


def run_of(row: tuple[Any, ...], counts: Mapping[str, int]) -> Run:
    words = {name[1:]: count for name, count in counts.items() if name.startswith("=")}
    return Run(
        row[0],
        datetime.fromisoformat(row[1]),
        datetime.fromisoformat(row[2]) if row[2] else None,
        RunKind(row[3]),
        row[4],
        Server(*row[5:10]),
        Page(row[10], row[11], row[12], row[13], tuple(json.loads(row[14])), json.loads(row[15])),
        policy_of(row[16]),
        bool(row[17]),
        counts.get("", 0),
        counts.get("open", 0),
        counts.get("waiting", 0),
        words,
        beside_of(row[18]),
    )


def policy_text(policy: Policy) -> str:
    fields = None if policy.fields is None else sorted(policy.fields)
    return json.dumps([fields, policy.only_empty, sorted(policy.allow), policy.on_conflict])


def policy_of(text: str) -> Policy:
    fields, only_empty, allow, on_conflict = json.loads(text)
    return Policy(None if fields is None else frozenset(fields), only_empty, frozenset(allow), OnConflict(on_conflict))


def beside_text(beside: Beside | None) -> str | None:
    if beside is None:
        return None
    page = beside.page
    where = [page.book, page.results, page.sheet, page.header_row, list(page.headers), dict(page.targets)]
    rows = [[number, mark.key, mark.look, contact] for number, mark, contact in beside.rows]
    return json.dumps([where, rows, [[contact, list(fields)] for contact, fields in beside.differs.items()]])


def beside_of(text: str | None) -> Beside | None:
    if text is None:
        return None
    (book, results, sheet, header_row, headers, targets), rows, differs = json.loads(text)
    return Beside(
        Page(book, results, sheet, header_row, tuple(headers), targets),
        tuple((number, Mark(key, look), contact) for number, key, look, contact in rows),
        {contact: tuple(fields) for contact, fields in differs},
    )


def patch_line(run: int, decision: Decision) -> tuple[object, ...]:
    patch = decision.patch
    assert patch is not None
    return run, patch.contact.id, patch.contact.email, patch.contact.full_name, decision.note, changes_text(patch.changes)


def changes_text(changes: Sequence[Change]) -> str:
    return json.dumps([[_target_text(change.target), change.old, change.new, change.fills] for change in changes])


def _target_text(target: Target) -> object:
    return [target.id, target.title, target.numeric, target.title_is_unique] if isinstance(target, CustomField) else target.name


def changes_of(text: str) -> tuple[Change, ...]:
    return tuple(
        Change(CustomField(*target) if isinstance(target, list) else BY_NAME[target], old, new, fills)
        for target, old, new, fills in json.loads(text)
    )


def added(changes: Sequence[Change], others: Sequence[Change]) -> tuple[Change, ...]:
    """With the others of fields that these do not change."""
    names = {change.target.name for change in changes}
    return (*changes, *(change for change in others if change.target.name not in names))


def outcome_of(row: tuple[Any, ...], patch: tuple[Any, ...] | None) -> Outcome | None:
    if row[4] is None:
        return None
    more = json.loads(row[8] or "{}")
    changes = changes_of(patch[4]) if patch else ()
    contact = None
    if row[3] is not None:
        contact = Contact(row[3], {**({"email": patch[1]} if patch else {}), **more.get("filled", {})}, {})
    sent = Patch(contact, changes).body if more.get("sent") and contact else {}
    return Outcome(
        row[0],
        Word(row[4]),
        row[5] or "",
        row[3],
        contact,
        row[6],
        sent,
        changes if sent else (),
        tuple(more.get("not_stored", ())),
        tuple(more.get("held_back", ())),
        datetime.fromisoformat(row[7]) if row[7] else None,
        bool(more.get("by_email")),
    )


def wish_of(number: int, key: str) -> Wish:
    """What is left of a row's wish once it has been decided: which row it is, and how it was found."""
    kind, _, value = key.partition(":")
    by_email = kind == "email"
    return Wish(Row(number, ()), f"row {number}", None if by_email else int(value or 0), value if by_email else None, (), _NOTHING_SAID, "")


_NOTHING_SAID: dict[str, str | None] = {"email": None, "firstName": None, "lastName": None, "linkedInUrl": None}


def decision_of(patch: tuple[Any, ...], wishes: Sequence[Wish], may_have_arrived: bool) -> Decision:
    """What is still to be done for one contact, with the values from before: it counts as read long ago, so that it is read again first."""
    contact_id, email, _, note, text = patch
    changes = changes_of(text)
    values: dict[str, FieldValue] = {"email": email} if email else {}
    contact = Contact(contact_id, values, {}, read_at=float("-inf"))
    return Decision(tuple(wishes), Patch(contact, changes), note=note, may_have_arrived=may_have_arrived)
