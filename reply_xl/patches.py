"""Wishes + contacts as read → decisions: a patch to send, or the outcome that already stands. Pure.

`decide` is used twice for a row: when planning, and again with fresh values when the plan has grown old.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reply_xl.fields import guard_of, is_empty, same, value_of
from reply_xl.identity import Likeness, likeness, vouched
from reply_xl.model import Change, Contact, FieldValue, Intent, Outcome, Patch, Word
from reply_xl.wishes import Wish

WasSent = Callable[[int, str, FieldValue], bool]
"""contact id, field name, value → whether that is what this add-in last sent there: for fields that Reply never returns."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a run may send. `fields`: names of the only fields, None for all; `allow`: the words agreed to."""

    fields: frozenset[str] | None = None
    only_empty: bool = False
    allow: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """A row's patch, or its outcome. Rows of one contact with identical patches share it: `wishes` are all of them."""

    wishes: tuple[Wish, ...]
    patch: Patch | None = None
    outcome: Outcome | None = None
    held_back: tuple[str, ...] = ()
    note: str = ""


def decide(wish: Wish, contact: Contact, policy: Policy, was_sent: WasSent) -> Decision:
    """What one row means for `contact` as read. Only fields that differ are in the patch; guarded ones only if allowed."""
    stranger = _not_the_same(wish, contact, policy)
    if stranger:
        return _stands(wish, contact, Word.INVALID, stranger)
    changes: list[Change] = []
    held: list[tuple[str, str, str]] = []
    cannot_tell: list[str] = []
    for column, wanted in wish.values:
        target = column.target
        assert target is not None
        new = target.cleared if wanted is Intent.CLEAR else wanted
        assert not isinstance(new, Intent)
        old: FieldValue
        if target.verifiable:
            old = value_of(contact, target)
            if same(target, old, new):
                continue
            fills = is_empty(target, old)
        else:
            if was_sent(contact.id, target.name, new):
                continue
            old, fills = None, False
            if policy.only_empty:
                cannot_tell.append(target.label)
                continue
        if policy.only_empty and not fills:
            continue
        guard = guard_of(target, old, new)
        if guard is not None and guard not in policy.allow:
            held.append((target.name, target.label, guard))
            continue
        changes.append(Change(target, old, new, fills))
    held_names = tuple(name for name, _, _ in held)
    note = _held_note(held)
    if cannot_tell:
        note = f"{note} {' and '.join(cannot_tell)} was not sent: Reply does not show whether it is empty.".strip()
    if changes:
        return Decision((wish,), Patch(contact, tuple(changes)), held_back=held_names, note=note)
    if held:
        return _stands(wish, contact, Word.SKIPPED, note, held_names)
    return _stands(wish, contact, Word.UNCHANGED, note or "Reply already holds these values.")


def settle_duplicates(decisions: Sequence[Decision]) -> list[Decision]:
    """Rows that mean the same contact: identical patches become one decision, different ones block each other."""
    groups: dict[int, list[Decision]] = defaultdict(list)
    for decision in decisions:
        contact = decision.patch.contact if decision.patch else decision.outcome.contact if decision.outcome else None
        if contact is not None and not (decision.outcome and decision.outcome.word is Word.INVALID):
            groups[contact.id].append(decision)
    settled: dict[int, Decision | None] = {}
    for group in groups.values():
        if len(group) == 1:
            continue
        bodies = [decision.patch.body if decision.patch else {} for decision in group]
        if all(body == bodies[0] for body in bodies):
            if group[0].patch:
                shared = replace(group[0], wishes=tuple(wish for decision in group for wish in decision.wishes))
                settled.update({id(decision): None for decision in group[1:]})
                settled[id(group[0])] = shared
            continue
        for decision in group:
            settled[id(decision)] = _blocked(decision, group)
    result = [settled.get(id(decision), decision) for decision in decisions]
    return [decision for decision in result if decision is not None]


def _blocked(decision: Decision, group: Sequence[Decision]) -> Decision:
    wish = decision.wishes[0]
    others = ", ".join(other.wishes[0].key_address for other in group if other is not decision)
    contact = decision.patch.contact if decision.patch else decision.outcome.contact if decision.outcome else None
    assert contact is not None
    message = f"{wish.key_address} names the same contact as {others}, with other values; keep one of these rows or make them equal."
    return _stands(wish, contact, Word.INVALID, message)


def _not_the_same(wish: Wish, contact: Contact, policy: Policy) -> str:
    """The sentence that makes the row invalid because its e-mail is not the contact's, or ""."""
    email = wish.said["email"]
    if wish.contact_id is None or not email:
        return ""
    verdict = likeness(wish, contact)
    where = f"{wish.email_address} says {email}, but contact {contact.id} in Reply"
    if verdict is Likeness.STRANGER:
        has = f"{where} has {contact.email}"
        if "email" in policy.allow:
            return f"{has}, and no matching name or LinkedIn URL shows that it is the same person; correct the ID or the e-mail."
        return f"{has}; correct the ID or the e-mail."
    if same_email(email, contact) or not contact.email:
        unproven = not contact.email and "email" in policy.allow and not vouched(wish, contact)
        return f"{where} has no e-mail, and no matching name or LinkedIn URL shows that it is the same person; add one." if unproven else ""
    if "email" not in policy.allow:
        return f"{where} has {contact.email}; correct it, or allow e-mails to be changed (--allow email)."
    return ""


def same_email(email: str, contact: Contact) -> bool:
    return email.casefold() == contact.email.casefold()


def _held_note(held: Sequence[tuple[str, str, str]]) -> str:
    if not held:
        return ""
    words = ",".join(dict.fromkeys(guard for _, _, guard in held))
    return f"Held back: {', '.join(label for _, label, _ in held)}, which asks for your agreement first (--allow {words})."


def _stands(wish: Wish, contact: Contact, word: Word, message: str, held: tuple[str, ...] = ()) -> Decision:
    outcome = Outcome(wish.row.number, word, message, contact.id, contact, held_back=held, found_by_email=wish.contact_id is None)
    return Decision((wish,), outcome=outcome, held_back=held)
