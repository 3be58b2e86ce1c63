"""What people chose for a column against what the program found by itself: header → field, and whether it is sent. Pure.

An agreement never makes a column what it does not look like: where a person only agreed to what the program had found, it ends the question
as long as the program finds the same again. Where a person chose something else, that holds for this header as long as the program, left to
itself, still says what it said then. What a workbook proposes is never taken unseen, and what touches the fields that find or endanger a
contact only from a person at this computer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from reply_xl.fields import BY_NAME, WRITABLE, fold
from reply_xl.kinds.values import shown
from reply_xl.model import Column, CustomField, Role, Sureness, Target


class Send(StrEnum):
    """Whether a column is sent, only where Reply holds nothing yet, or not at all."""

    YES = "yes"
    ONLY_EMPTY = "only empty"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Choice:
    """`field`: the name of the field that a column goes to (`id` finds the contact), "" for none. `instead`: the field that the program had
    found when a person chose this, "" for none; None where the person only agreed to what it had found."""

    field: str
    send: Send = Send.YES
    instead: str | None = None


Choices = Mapping[str, Choice]
"""By header as `header_keys` spells it."""

NOTHING = Choice("", Send.NO)
UNSEEN_NEVER = frozenset({"id", "email", "ownerUserId", "accountId", "isOptedOut"})
"""Fields that find or endanger a contact."""
_SYMBOLS = "#+%&*"


@dataclass(frozen=True, slots=True)
class Unseen:
    """A column that a person has to see before anything is sent. `now`: as it is used in this run; `before`: the field that it went to by
    itself, "" for none; `by_workbook`: its own sheet of columns proposes this."""

    now: Column
    key: str
    choice: Choice
    before: str
    by_workbook: bool

    @property
    def needs_a_person(self) -> bool:
        """Whether no option of a script may agree to it."""
        return self.by_workbook and not UNSEEN_NEVER.isdisjoint((self.choice.field, self.before))


def header_keys(headers: Sequence[str]) -> list[str]:
    """What a header is known by, in every workbook: its letters and digits, and the symbols that tell C++ from C; the second of the same
    gets a number. "" for no header."""
    seen: dict[str, int] = {}
    keys = []
    for header in headers:
        letters = fold(header)
        key = f"{letters}{''.join(char for char in header if char in _SYMBOLS)}" if letters else header.strip()
        seen[key] = seen.get(key, 0) + 1
        keys.append(key if not key or seen[key] == 1 else f"{key} {seen[key]}")
    return keys


def targets_by_name(customs: Iterable[CustomField]) -> dict[str, Target]:
    """Everything that a column can go to."""
    return {field.name: field for field in (BY_NAME["id"], *WRITABLE)} | {custom.name: custom for custom in customs}


def label_of(target: Target) -> str:
    """How a sheet of ours names a field: a custom one in a way that no standard field is called."""
    return f"custom: {target.name.removeprefix('custom:')}" if isinstance(target, CustomField) else target.label


def apply(
    found: Sequence[Column], agreed: Choices, proposed: Choices, targets: Mapping[str, Target]
) -> tuple[tuple[Column, ...], tuple[Unseen, ...]]:
    """The columns that the program `found` by itself, with what was chosen for their headers, and those that a person has to see first.

    A field that a chosen column takes is taken from the others; of two that are chosen for one field the first keeps it. Hidden columns, our
    own, and a field that does not exist (any more) are left as they are."""
    keys = header_keys([column.header for column in found])
    by_choice: dict[int, tuple[Choice, bool]] = {}
    for column, key in zip(found, keys, strict=True):
        if not key or column.hidden or column.role in (Role.OURS, Role.READ_ONLY):
            continue
        kept = agreed.get(key)
        choice = _choice_of(column)
        if kept is not None and kept.instead == choice.field and _exists(kept, targets):
            choice = replace(kept, instead=None) if kept.field and kept.send is not Send.NO else NOTHING
            by_choice[column.index] = (choice, False)
        asked = proposed.get(key)
        asked = NOTHING if asked is not None and (not asked.field or asked.send is Send.NO) else asked
        if asked is not None and _exists(asked, targets) and asked != choice:
            by_choice[column.index] = (asked, True)
    columns, displaced = _chosen(found, by_choice, targets)
    unseen = []
    for before, now, key in zip(found, columns, keys, strict=True):
        choice, by_workbook = by_choice.get(before.index, (_choice_of(now), False))
        if by_workbook:
            unseen.append(Unseen(now, key, choice, _choice_of(before).field, True))
        elif before.index in by_choice and before.index in displaced:
            unseen.append(Unseen(now, key, choice, _choice_of(before).field, False))
        elif before.index not in by_choice and _is_open(now) and not _is_agreed(agreed.get(key), choice):
            unseen.append(Unseen(now, key, choice, choice.field, False))
    return columns, tuple(unseen)


def kept(unseen: Unseen) -> Choice:
    """What is remembered of a column once a person has agreed to it."""
    return replace(unseen.choice, instead=unseen.before if unseen.choice.field != unseen.before or unseen.by_workbook else None)


def _chosen(
    found: Sequence[Column], by_choice: Mapping[int, tuple[Choice, bool]], targets: Mapping[str, Target]
) -> tuple[tuple[Column, ...], set[int]]:
    """The columns as chosen, and the indices of chosen ones that take a field from a column which had it by itself."""
    givers: dict[str, Column] = {}
    columns = list(found)
    for place, column in enumerate(found):
        if column.index in by_choice:
            choice, by_workbook = by_choice[column.index]
            made = _as_chosen(column, choice, by_workbook, targets)
            if made.target is not None and made.target.name in givers:
                made = _not_used(column, givers[made.target.name])
            elif made.target is not None:
                givers[made.target.name] = made
            columns[place] = made
    displaced = set()
    for place, column in enumerate(found):
        giver = givers.get(column.target.name) if column.target and column.role in (Role.FIELD, Role.KEY) else None
        if giver is not None and column.index not in by_choice:
            columns[place] = _not_used(column, giver)
            displaced.add(giver.index)
    return tuple(columns), displaced


def _as_chosen(column: Column, choice: Choice, by_workbook: bool, targets: Mapping[str, Target]) -> Column:
    who = "as this workbook proposes" if by_workbook else "as you chose"
    sure = Sureness.GUESS if by_workbook else Sureness.CERTAIN
    if not choice.field:
        return replace(
            column, role=Role.UNUSED, target=None, fills=False, only_empty=False, reason=f"Not used: not to be sent, {who}", sure=sure
        )
    target = targets[choice.field]
    role = Role.KEY if choice.field == "id" else Role.FIELD
    only = choice.send is Send.ONLY_EMPTY
    what = "Finds the contact" if role is Role.KEY else f"Goes to {shown(target.label)}"
    reason = f"{what}, {who}{', only where Reply holds nothing yet' if only else ''}"
    return replace(column, role=role, target=target, fills=False, only_empty=only, reason=reason, sure=sure)


def _not_used(column: Column, giver: Column) -> Column:
    label = shown(giver.target.label) if giver.target else ""
    reason = f"Not used: column {giver.letter} gives {label}"
    return replace(column, role=Role.UNUSED, target=None, fills=False, only_empty=False, reason=reason)


def _choice_of(column: Column) -> Choice:
    if column.target is None or column.role not in (Role.FIELD, Role.KEY):
        return NOTHING
    return Choice(column.target.name, Send.ONLY_EMPTY if column.only_empty else Send.YES)


def _exists(choice: Choice, targets: Mapping[str, Target]) -> bool:
    return not choice.field or choice.field in targets


def _is_open(column: Column) -> bool:
    """Whether the program used this column without being certain."""
    is_used = column.target is not None and (column.role is Role.KEY or (column.role is Role.FIELD and not column.hidden))
    return is_used and column.sure is not Sureness.CERTAIN


def _is_agreed(known: Choice | None, choice: Choice) -> bool:
    return known is not None and (known.field, known.send) == (choice.field, choice.send)
