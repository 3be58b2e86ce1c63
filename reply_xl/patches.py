"""Wishes + contacts as read → decisions: a patch to send, or the outcome that already stands. Pure.

`decide` is used twice for a row: when planning, and again with fresh values when the plan has grown old.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reply_xl.fields import BY_NAME, guard_of, is_empty, same, value_of
from reply_xl.identity import vouched
from reply_xl.model import Change, Contact, FieldValue, Intent, Outcome, Patch, Word
from reply_xl.values import shown
from reply_xl.wishes import Key, Wish
from reply_xl.wording import joined

_EMAIL = BY_NAME["email"]
_MOST_NAMED = 5

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
    """A row's patch, or its outcome. Rows of one contact that ask for the same share it: `wishes` are all of them.

    `held`: the changes that were not agreed to; `key`: of a row that is invalid by itself, what tells its contact."""

    wishes: tuple[Wish, ...]
    patch: Patch | None = None
    outcome: Outcome | None = None
    held: tuple[Change, ...] = ()
    note: str = ""
    key: Key | None = None

    @property
    def held_back(self) -> tuple[str, ...]:
        return tuple(change.target.name for change in self.held)


def decide(wish: Wish, contact: Contact, policy: Policy, was_sent: WasSent) -> Decision:
    """What one row means for `contact` as read. Only fields that differ are in the patch; guarded ones only if allowed."""
    verdict = stranger(wish, contact, email_may_differ="email" in policy.allow)
    if verdict:
        return Decision((wish,), outcome=verdict)
    changes: list[Change] = []
    held: list[Change] = []
    unseen: list[Change] = []
    differs = False
    for column, wanted in wish.values:
        target = column.target
        assert target is not None
        new = target.cleared if isinstance(wanted, Intent) else wanted
        old = value_of(contact, target) if target.verifiable else None
        is_there = same(target, old, new) if target.verifiable else was_sent(contact.id, target.name, new)
        if is_there:
            continue
        differs = True
        change = Change(target, old, new, fills=target.verifiable and is_empty(target, old))
        guard = guard_of(target, old, new)
        if policy.only_empty and not change.fills:
            if not target.verifiable:
                unseen.append(change)
        elif guard is not None and guard not in policy.allow:
            held.append(change)
        else:
            changes.append(change)
    note = " ".join(part for part in (_held_note(held), _unseen_note(unseen)) if part)
    if changes:
        return Decision((wish,), Patch(contact, tuple(changes)), held=tuple(held), note=note)
    if note:
        return _stands(wish, contact, Word.SKIPPED, note, held)
    if differs:
        return _stands(wish, contact, Word.UNCHANGED, "Reply already holds a value in each of these fields (--only-empty).")
    return _stands(wish, contact, Word.UNCHANGED, "Reply already holds these values." if wish.values else "The row holds nothing to send.")


def stranger(wish: Wish, contact: Contact, *, email_may_differ: bool) -> Outcome | None:
    """The outcome of a row that may be another person's, because its e-mail is not the contact's; None where nothing speaks against it.
    `email_may_differ`: other evidence suffices for a contact with another e-mail."""
    problem = _not_the_same(wish, contact, email_may_differ)
    return _outcome(wish, contact, Word.INVALID, problem) if problem else None


def settle_duplicates(decisions: Sequence[Decision]) -> list[Decision]:
    """Rows that mean the same contact: those that ask for the same become one decision, different ones block each other. A row of which
    not all cells can be read asks for nobody knows what, so it blocks the others too."""
    groups: dict[int, list[Decision]] = defaultdict(list)
    unreadable: dict[int | str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        contact = _contact_of(decision)
        if decision.key is not None:
            unreadable[decision.key.contact_id or (decision.key.email or "").lower()].append(decision)
        elif contact is not None and not (decision.outcome and decision.outcome.word is Word.INVALID):
            groups[contact.id].append(decision)
    settled: dict[int, Decision | None] = {}
    for number, group in groups.items():
        contact = _contact_of(group[0])
        mates = [*unreadable.get(number, ()), *unreadable.get(contact.email.lower() if contact else "", ())]
        if mates and any(decision.patch for decision in group):
            everyone = [*group, *mates]
            settled.update({id(decision): _blocked(decision, everyone) for decision in everyone})
        elif any(_asked(decision) != _asked(group[0]) for decision in group):
            settled.update({id(decision): _blocked(decision, group) for decision in group})
        elif group[0].patch:
            settled.update({id(decision): None for decision in group})
            settled[id(group[0])] = replace(group[0], wishes=tuple(wish for decision in group for wish in decision.wishes))
    result = [settled.get(id(decision), decision) for decision in decisions]
    return [decision for decision in result if decision is not None]


def _asked(decision: Decision) -> tuple[object, ...]:
    """What a row asks for, sent or held back."""
    return decision.patch.body if decision.patch else {}, [(change.target.name, change.new) for change in decision.held]


def _blocked(decision: Decision, everyone: Sequence[Decision]) -> Decision:
    """The decision for one of the rows that mean the same contact and do not ask for the same."""
    others = [_key_address(other) for other in everyone if other is not decision]
    what = f"{_key_address(decision)} names the same contact as {joined(others, _MOST_NAMED)}"
    if decision.key is not None and decision.outcome is not None:
        message = f"{decision.outcome.message} {what}; keep one of these rows or make them equal."
        return replace(decision, outcome=replace(decision.outcome, message=message))
    contact = _contact_of(decision)
    assert contact is not None
    why = "of which a cell cannot be read" if any(other.key for other in everyone) else "with other values"
    return _stands(decision.wishes[0], contact, Word.INVALID, f"{what}, {why}; keep one of these rows or make them equal.")


def _key_address(decision: Decision) -> str:
    return decision.key.address if decision.key else decision.wishes[0].key_address


def _contact_of(decision: Decision) -> Contact | None:
    if decision.patch:
        return decision.patch.contact
    return decision.outcome.contact if decision.outcome else None


def _not_the_same(wish: Wish, contact: Contact, may_differ: bool) -> str:
    """The sentence that makes the row invalid because its e-mail is not the contact's, or ""."""
    if wish.contact_id is None:
        if same(_EMAIL, wish.email, contact.email):
            return ""
        has = shown(contact.email) or "no e-mail"
        return f"{wish.key_address} says {shown(wish.email)}, but Reply answered with contact {contact.id}, which has {has}; fill in its Reply ID."
    email = wish.said["email"]
    if not email or same(_EMAIL, email, contact.email):
        return ""
    where = f"{wish.email_address} says {shown(email)}, but contact {contact.id} in Reply has {shown(contact.email) or 'no e-mail'}"
    if not vouched(wish, contact):
        nothing = ", and no matching name or LinkedIn URL shows that it is the same person" if may_differ or not contact.email else ""
        return f"{where}{nothing}; correct the ID or the e-mail."
    if may_differ or not contact.email:
        return ""
    return f"{where}; correct it, or allow e-mails to be changed (--allow email)."


def _held_note(held: Sequence[Change]) -> str:
    if not held:
        return ""
    words = ",".join(dict.fromkeys(guard_of(change.target, change.old, change.new) or "" for change in held))
    verb = "asks" if len(held) == 1 else "ask"
    return f"Held back: {_labels(held)}, which {verb} for your agreement first (--allow {words})."


def _unseen_note(unseen: Sequence[Change]) -> str:
    if not unseen:
        return ""
    return f"{_labels(unseen)} {'was' if len(unseen) == 1 else 'were'} not sent, because Reply does not show whether it is empty (--only-empty)."


def _labels(changes: Sequence[Change]) -> str:
    return joined([shown(change.target.label) for change in changes])


def _stands(wish: Wish, contact: Contact, word: Word, message: str, held: Sequence[Change] = ()) -> Decision:
    return Decision((wish,), outcome=_outcome(wish, contact, word, message, held), held=tuple(held))


def _outcome(wish: Wish, contact: Contact, word: Word, message: str, held: Sequence[Change] = ()) -> Outcome:
    names = tuple(change.target.name for change in held)
    return Outcome(wish.row.number, word, message, contact.id, contact, held_back=names, found_by_email=wish.contact_id is None)
