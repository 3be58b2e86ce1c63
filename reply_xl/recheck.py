"""A patch that has waited + the contact as it is now → the patch to send, or the outcome. Pure.

For a run that has grown old while it waited for the quota, for one that is resumed, and for an undo: in each a person agreed to old → new,
so a field is sent only where Reply still holds the old value.
"""

from __future__ import annotations

from dataclasses import replace

from reply_xl.fields import guard_of, is_empty, same, value_of
from reply_xl.model import Change, Contact, Outcome, Patch, Word
from reply_xl.patches import RESOLVE, Decision, OnConflict, Policy, WasSent, conflict_of, stranger
from reply_xl.wording import joined


def recheck(decision: Decision, contact: Contact, policy: Policy, was_sent: WasSent, done: Word = Word.UPDATED) -> Decision | Outcome:
    """The decision with what is still to be sent, or the outcome of its rows (its row number is left 0).

    Where the patch may have arrived before, Reply showing its values proves that it did: that is `done`, else `unchanged`. Of a field
    that Reply never shows nobody can tell; alone in its patch it stays `unknown` and is not sent again."""
    patch = decision.patch
    assert patch is not None
    for wish in decision.wishes:
        problem = stranger(wish, contact, email_may_differ="email" in policy.allow)
        if problem is not None:
            return problem
    left: list[Change] = []
    there: list[Change] = []
    unseen: list[Change] = []
    conflicts: list[Change] = []
    for change in patch.changes:
        now = value_of(contact, change.target)
        fresh = replace(change, old=now, fills=is_empty(change.target, now))
        if not change.target.verifiable:
            (there if decision.may_have_arrived and was_sent(contact.id, change.target.name, change.new) else unseen).append(change)
        elif same(change.target, now, change.new):
            there.append(change)
        elif same(change.target, now, change.old):
            left.append(replace(change, old=now))
        elif policy.on_conflict is OnConflict.TAKE_SHEET and guard_of(change.target, now, change.new) in (None, *policy.allow):
            left.append(fresh)
        elif policy.on_conflict is not OnConflict.KEEP_REPLY:
            conflicts.append(change)
    arrived = tuple(there) if decision.may_have_arrived else ()
    stored = f"{'Updated' if done is Word.UPDATED else 'Restored'} {_labels(there)}."
    if conflicts:
        says = [conflict_of(one.target, one.old, value_of(contact, one.target), one.new) for one in conflicts]
        first = f"{stored} " if arrived else "" if decision.may_have_arrived else "Not sent: "
        sent = patch.body if arrived else {}
        return Outcome(0, Word.CONFLICT, f"{first}{'; '.join(says)}. {RESOLVE}", contact.id, contact, sent=sent, changes=arrived)
    if unseen and decision.may_have_arrived and not left:
        if not there:
            message = f"It is not known whether {_labels(unseen)} arrived, because Reply does not show it; look at this contact, then update the row again."
            return Outcome(0, Word.UNKNOWN, message, contact.id, contact, changes=patch.changes)
        unseen = []  # a PATCH is carried out as a whole: what can be seen of it arrived
    if left or unseen:
        kept = {change.target.name: change for change in (*left, *unseen)}
        changes = tuple(kept[change.target.name] for change in patch.changes if change.target.name in kept)
        return replace(decision, patch=Patch(contact, changes), arrived=arrived)
    if arrived:
        return Outcome(0, done, f"{stored} The answer was lost; read back.", contact.id, contact, sent=patch.body, changes=arrived)
    if there:
        return Outcome(0, Word.UNCHANGED, "Reply already holds these values.", contact.id, contact)
    return Outcome(0, Word.SKIPPED, "Changed in Reply meanwhile, so Reply's value stays (--on-conflict keep-reply).", contact.id, contact)


def _labels(changes: list[Change]) -> str:
    return joined([change.target.label for change in changes])
