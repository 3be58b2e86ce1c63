"""Undo: the values from before go back, only where Reply still holds what the run wrote.

Pure but for the reading of the contacts. What it makes is an ordinary plan: it is sent, proven, journalled and resumed as every run is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from reply_xl.fields import guard_of, is_empty, same, value_of
from reply_xl.history.journal import Journal
from reply_xl.history.journal_lines import added
from reply_xl.history.runs import Entry, Recorded
from reply_xl.kinds.values import shown
from reply_xl.lookup import Found, read_contacts
from reply_xl.model import Change, Choice, Contacts, Field, FieldValue, Kind, Outcome, Patch, Row, Target, Word
from reply_xl.patches import Decision, Policy, spelled
from reply_xl.wishes import Wish
from reply_xl.wording import joined

_MAY_HAVE_WRITTEN = (Word.UPDATED, Word.NOT_STORED, Word.UNDONE, Word.UNKNOWN, None)
_NOTHING_SAID: dict[str, str | None] = {"email": None, "firstName": None, "lastName": None, "linkedInUrl": None}


@dataclass(frozen=True, slots=True)
class Undoing:
    """What an undo would do: `decisions` restore values; `standing` are the outcomes of rows of which nothing is restored; `entries` the rows
    of both; `notes` sentences about what cannot be put back; `held` the changes that wait for agreement."""

    recorded: Recorded
    entries: tuple[Entry, ...]
    decisions: tuple[Decision, ...]
    standing: tuple[Outcome, ...]
    notes: tuple[str, ...]
    held: tuple[Change, ...] = ()


def undoing(
    journal: Journal,
    recorded: Recorded,
    contacts: Contacts,
    policy: Policy,
    rows: frozenset[int] | None,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Undoing:
    """Reads the contacts that the run may have changed, and changes nothing. `rows`: numbers as in the run, None for all; a contact that
    stands in one of them is restored in all its rows; `policy.fields`: names of the only fields that are restored."""
    sent, left = journal.changes(recorded.run.id), journal.left_to(recorded.run.id)
    by_contact: dict[int, list[Entry]] = {}
    may_stand: dict[int, tuple[Change, ...]] = {}
    for entry in recorded.entries:
        word = entry.outcome.word if entry.outcome else None
        # sent, and not there when it was looked: it may have arrived since
        is_partly = entry.outcome is not None and word in (Word.CONFLICT, Word.FAILED, Word.CANCELLED) and bool(entry.outcome.sent)
        if entry.contact_id in sent and (word in _MAY_HAVE_WRITTEN or is_partly):
            by_contact.setdefault(entry.contact_id, []).append(entry)
            may_stand[entry.contact_id] = sent[entry.contact_id][2]
        elif entry.contact_id in left:
            by_contact.setdefault(entry.contact_id, []).append(entry)
    may_stand = {contact: added(may_stand.get(contact, ()), left[contact][2] if contact in left else ()) for contact in by_contact}
    if rows is not None:
        by_contact = {contact_id: some for contact_id, some in by_contact.items() if any(entry.number in rows for entry in some)}
    changes = {contact_id: _written(may_stand[contact_id], entries, policy.fields) for contact_id, entries in by_contact.items()}
    changes = {contact_id: one for contact_id, one in changes.items() if one}
    found = read_contacts(set(changes), (), contacts, on_progress=on_progress)
    decisions: list[Decision] = []
    standing: list[Outcome] = []
    kept: list[Change] = []
    for contact_id, one in changes.items():
        entries = by_contact[contact_id]
        decision, outcome, held = _of_contact(contact_id, one, found, policy)
        kept += held
        wishes = tuple(Wish(Row(entry.number, ()), f"row {entry.number}", contact_id, None, (), _NOTHING_SAID, "") for entry in entries)
        if decision is not None:
            decisions.append(Decision(wishes, decision.patch, held=decision.held, note=decision.note))
        else:
            assert outcome is not None
            standing += [_at(outcome, entry.number) for entry in entries]
    taken = sorted((entry for contact_id in changes for entry in by_contact[contact_id]), key=lambda entry: entry.number)
    every = [change for one in changes.values() for change in one]
    return Undoing(recorded, tuple(taken), tuple(decisions), tuple(standing), tuple(_notes(every, policy)), tuple(kept))


def _written(changes: Sequence[Change], entries: Sequence[Entry], fields: frozenset[str] | None) -> tuple[Change, ...]:
    """The changes that may stand in Reply: those that it did not store are none."""
    lost = {name for entry in entries if entry.outcome for name in entry.outcome.not_stored}
    return tuple(one for one in changes if one.target.name not in lost and (fields is None or one.target.name in fields))


def _of_contact(
    contact_id: int, changes: Sequence[Change], found: Found, policy: Policy
) -> tuple[Decision | None, Outcome | None, Sequence[Change]]:
    """What is sent, or the outcome that already stands; and the changes that wait for agreement."""
    if contact_id in found.failed:
        return None, Outcome(0, Word.FAILED, f"Not undone: the contact could not be read. {found.failed[contact_id]}", contact_id), ()
    contact = found.by_id.get(contact_id)
    if contact is None:
        return None, Outcome(0, Word.NOT_FOUND, f"Contact {contact_id} is no longer in Reply.", contact_id), ()
    back: list[Change] = []
    held: list[Change] = []
    says: list[str] = []
    unseen = 0
    for change in changes:
        target, now = change.target, value_of(contact, change.target)
        if not target.verifiable:
            says.append(f"{shown(target.label)} cannot be restored, because Reply never shows it.")
            unseen += 1
            continue
        if same(target, now, change.old):
            continue
        if not same(target, now, change.new):
            says.append(f"{shown(target.label)} was changed since and stays: it is {spelled(target, now)} in Reply now.")
            continue
        former = sendable(target, change.old)
        if is_empty(target, former) and not target.clearable:
            says.append(f"{shown(target.label)} was empty before, and Reply does not let it be emptied.")
            continue
        restored = Change(target, now, former, fills=False)
        guard = guard_of(target, now, former)
        (held if guard is not None and guard not in policy.allow else back).append(restored)
    if held:
        words = ",".join(dict.fromkeys(guard_of(one.target, one.old, one.new) or "" for one in held))
        says.append(f"Held back: {joined([one.target.label for one in held])}, which asks for your agreement first (--allow {words}).")
    note = " ".join(says)
    if back:
        return Decision((), Patch(contact, tuple(back)), held=tuple(held), note=note), None, held
    names = tuple(one.target.name for one in held)
    if note:
        word = Word.SKIPPED if held or unseen == len(says) else Word.CONFLICT
        return None, Outcome(0, word, f"Not undone: {note}", contact_id, contact, held_back=names), held
    return None, Outcome(0, Word.UNCHANGED, "Reply holds the values from before the run.", contact_id, contact), ()


def sendable(target: Target, value: FieldValue) -> FieldValue:
    """A value as Reply returned it, as a request has to spell it: an answer writes `oneThousand` where a request writes `OneThousand`."""
    if is_empty(target, value):
        return target.cleared
    if isinstance(target, Field) and target.kind is Kind.CHOICE and isinstance(value, str):
        spelled: Mapping[str, Choice] = {choice.value.casefold(): choice for choice in target.choices}
        return spelled[value.casefold()].value if value.casefold() in spelled else value
    return value


def _notes(changes: Sequence[Change], policy: Policy) -> list[str]:
    """What has to be said before an undo begins."""
    notes = []
    unseen = sorted({shown(one.target.label) for one in changes if not one.target.verifiable})
    if unseen:
        notes.append(f"{joined(unseen)} cannot be restored, because Reply never shows what stood there.")
    stuck = sorted(
        {shown(one.target.label) for one in changes if one.target.verifiable and is_empty(one.target, one.old) and not one.target.clearable}
    )
    if stuck:
        notes.append(f"{joined(stuck)} cannot be emptied again, because Reply does not clear it.")
    if any(one.target.name == "isOptedOut" and one.new is True for one in changes):
        allow = "" if "opt-in" in policy.allow else "An opt-out is taken back only with --allow opt-in. "
        notes.append(f"{allow}The sequences that an opt-out ended stay ended.")
    asks = {guard_of(one.target, one.new, one.old) for one in changes} - {None, "opt-in", *policy.allow}
    if asks:
        notes.append(f"These wait for your agreement again: {joined(sorted(map(str, asks)))} (--allow {','.join(sorted(map(str, asks)))}).")
    return notes


def _at(outcome: Outcome, row: int) -> Outcome:
    return replace(outcome, row=row)
