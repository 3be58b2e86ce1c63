"""What was sent against what came back: an update is proven by the stored values, never by a status. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reply_xl.fields import same, value_of
from reply_xl.model import Change, Contact


def not_stored(changes: Sequence[Change], answer: Contact) -> tuple[Change, ...]:
    """The changes whose value `answer` does not hold. Fields that Reply never returns cannot be told and are left out."""
    return tuple(
        change for change in changes if change.target.verifiable and not same(change.target, change.new, value_of(answer, change.target))
    )


def unverifiable(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The changes that no answer can prove (`phone2`, a custom field whose title stands twice)."""
    return tuple(change for change in changes if not change.target.verifiable)


def untouched(changes: Sequence[Change], answer: Contact) -> bool:
    """Whether every provable field still holds what it held before: the change did not arrive, and nobody else edited it."""
    return all(same(change.target, change.old, value_of(answer, change.target)) for change in changes if change.target.verifiable)
