"""Wishes + contacts as read → decisions: a patch to send, or the outcome that already stands. Pure.

`decide` is used twice for a row: when planning, and again with fresh values when the plan has grown old.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from reply_xl.fields import BY_NAME, guard_of, is_empty, same, value_of
from reply_xl.identity import vouched
from reply_xl.kinds.time_zones import Style, in_style
from reply_xl.kinds.values import format, shown
from reply_xl.model import Change, Contact, FieldValue, Intent, Kind, Outcome, Patch, Target, Word
from reply_xl.wishes import Key, Wish
from reply_xl.wording import joined

_EMAIL = BY_NAME["email"]
_MOST_NAMED = 5

WasSent = Callable[[int, str, FieldValue], bool]
"""contact id, field name, value → whether that is what this add-in last sent there: for fields that Reply never returns."""

NO_BASE: Mapping[str, FieldValue] = {}
Unknown = Mapping[str, Mapping[int, str]]
"""By field name: a number → what is wrong with it, as the end of a sentence."""
NOBODY: Unknown = {}


class OnConflict(StrEnum):
    """What becomes of a field that was changed in Reply and in the sheet: the row waits, Reply's value stays, or the sheet's is sent."""

    BLOCK = "block"
    KEEP_REPLY = "keep-reply"
    TAKE_SHEET = "take-sheet"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a run may send. `fields`: names of the only fields, None for all; `allow`: the words agreed to; `zones`: how the workspace names
    time zones, None where nobody knows."""

    fields: frozenset[str] | None = None
    only_empty: bool = False
    allow: frozenset[str] = frozenset()
    on_conflict: OnConflict = OnConflict.BLOCK
    zones: Style | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A row's patch, or its outcome. Rows of one contact that ask for the same share it: `wishes` are all of them.

    `held`: the changes that were not agreed to; `key`: of a row that is invalid by itself, what tells its contact; `may_have_arrived`: the
    patch was on its way before, and nobody knows whether it got there; `arrived`: the changes of it that have been seen to be there;
    `conflicts`: of a row with a conflict, the changes in question, each with what Reply held before; `pending`: its other changes."""

    wishes: tuple[Wish, ...]
    patch: Patch | None = None
    outcome: Outcome | None = None
    held: tuple[Change, ...] = ()
    note: str = ""
    key: Key | None = None
    may_have_arrived: bool = False
    arrived: tuple[Change, ...] = ()
    conflicts: tuple[tuple[Change, FieldValue], ...] = ()
    pending: tuple[Change, ...] = ()

    @property
    def held_back(self) -> tuple[str, ...]:
        return tuple(change.target.name for change in self.held)


def decide(
    wish: Wish,
    contact: Contact,
    policy: Policy,
    was_sent: WasSent,
    base: Mapping[str, FieldValue] = NO_BASE,
    nobody: Unknown = NOBODY,
) -> Decision:
    """What one row means for `contact` as read. Only fields that differ are in the patch; guarded ones only if allowed.

    `base`: by field name, what Reply held when the row's cell received or equalled it. A field that has changed there since is left alone
    where the cell was not edited, and a conflict where it was. `nobody`: numbers of owners and accounts that Reply does not know."""
    verdict = stranger(wish, contact, email_may_differ="email" in policy.allow)
    if verdict:
        return Decision((wish,), outcome=verdict)
    sorted_out: dict[str, list[Change]] = {what: [] for what in ("changes", "held", "unseen", "conflicts", "outdated", "kept")}
    problems: list[str] = []
    differs = False
    for column, wanted in wish.values:
        target = column.target
        assert target is not None
        new = target.cleared if isinstance(wanted, Intent) else wanted
        if target.kind is Kind.TIME_ZONE and policy.zones is not None and isinstance(new, str):
            new = in_style(new, policy.zones)
        old = value_of(contact, target) if target.verifiable else None
        is_there = same(target, old, new) if target.verifiable else was_sent(contact.id, target.name, new)
        if is_there:
            continue
        differs = True
        change = Change(target, old, new, fills=target.verifiable and is_empty(target, old))
        what = _sorted_out(change, policy, base, policy.only_empty or column.only_empty)
        if what:
            sorted_out[what].append(change)
        why = nobody.get(target.name, {}).get(new) if what == "changes" and isinstance(new, int) else None
        if why:
            problems.append(f"{column.address(wish.row.number)} ({shown(target.label)}) {why}.")
    changes, held = sorted_out["changes"], tuple(sorted_out["held"])
    if problems:
        return Decision((wish,), outcome=_outcome(wish, contact, Word.INVALID, problems[0]))
    if sorted_out["conflicts"]:
        conflicts = tuple((change, base[change.target.name]) for change in sorted_out["conflicts"])
        says = [conflict_of(change.target, before, change.old, change.new) for change, before in conflicts]
        stands = _stands(wish, contact, Word.CONFLICT, f"{'; '.join(says)}. {RESOLVE}", held)
        return replace(stands, conflicts=conflicts, pending=tuple(changes))
    notes = (_held_note(held), _unseen_note(sorted_out["unseen"]), _outdated_note(sorted_out["outdated"]), _kept_note(sorted_out["kept"]))
    note = " ".join(part for part in notes if part)
    if changes:
        return Decision((wish,), Patch(contact, tuple(changes)), held=held, note=note)
    if note:
        return _stands(wish, contact, Word.SKIPPED, note, held)
    if differs:
        return _stands(wish, contact, Word.UNCHANGED, "Reply already holds a value in each of these fields (--only-empty).")
    return _stands(wish, contact, Word.UNCHANGED, "Reply already holds these values." if wish.values else "The row holds nothing to send.")


def _sorted_out(change: Change, policy: Policy, base: Mapping[str, FieldValue], only_empty: bool) -> str:
    """Where a change belongs, "" for nowhere."""
    target = change.target
    if only_empty and not change.fills:
        return "" if target.verifiable else "unseen"
    has_moved = target.verifiable and target.name in base and not same(target, base[target.name], change.old)
    if has_moved and same(target, base[target.name], change.new):
        return "outdated"  # before anything is asked: nobody wants this change
    guard = guard_of(target, change.old, change.new)
    if guard is not None and guard not in policy.allow:
        return "held"
    if has_moved and policy.on_conflict is not OnConflict.TAKE_SHEET:
        return "conflicts" if policy.on_conflict is OnConflict.BLOCK else "kept"
    return "changes"


def conflict_of(target: Target, base: FieldValue, now: FieldValue, wanted: FieldValue) -> str:
    """The three values of a field that was changed on both sides."""
    return f"{shown(target.label)} was {spelled(target, base)}, is {spelled(target, now)} in Reply now, and the sheet says {spelled(target, wanted)}"


RESOLVE = "Choose with --on-conflict: take-sheet sends the sheet's value, keep-reply leaves Reply's."


def spelled(target: Target, value: FieldValue) -> str:
    """A field value in a sentence."""
    return "empty" if is_empty(target, value) else f"“{shown(format(value, target))}”"


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


def _outdated_note(outdated: Sequence[Change]) -> str:
    if not outdated:
        return ""
    verb = "was" if len(outdated) == 1 else "were"
    return f"{_labels(outdated)} {verb} changed in Reply since, and not in the sheet, so Reply's value stays; pull refreshes the sheet."


def _kept_note(kept: Sequence[Change]) -> str:
    if not kept:
        return ""
    return f"{_labels(kept)} {'was' if len(kept) == 1 else 'were'} changed in Reply as well, so Reply's value stays (--on-conflict keep-reply)."


def _labels(changes: Sequence[Change]) -> str:
    return joined([shown(change.target.label) for change in changes])


def _stands(wish: Wish, contact: Contact, word: Word, message: str, held: Sequence[Change] = ()) -> Decision:
    return Decision((wish,), outcome=_outcome(wish, contact, word, message, held), held=tuple(held))


def _outcome(wish: Wish, contact: Contact, word: Word, message: str, held: Sequence[Change] = ()) -> Outcome:
    names = tuple(change.target.name for change in held)
    return Outcome(wish.row.number, word, message, contact.id, contact, held_back=names, found_by_email=wish.contact_id is None)
