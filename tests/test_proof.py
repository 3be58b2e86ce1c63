"""What was sent against what came back."""

from __future__ import annotations

import pytest

from reply_xl.fields import BY_NAME
from reply_xl.model import Change, Contact, CustomField, FieldValue, Target
from reply_xl.proof import not_stored, untouched, unverifiable

SCORE, TWIN = CustomField(8, "Score", numeric=True), CustomField(9, "Tier", title_is_unique=False)


def change(target: Target | str, old: FieldValue, new: FieldValue) -> Change:
    return Change(BY_NAME[target] if isinstance(target, str) else target, old, new, fills=False)


def answer(custom: dict[str, str | None] | None = None, **values: FieldValue) -> Contact:
    return Contact(7, values, custom or {})


CHANGES = (change("title", "CEO", "CTO"), change("companySize", None, "OneThousand"), change(SCORE, "5", "6"))


def test_what_came_back_as_sent_is_stored():
    """Values that come back equal by the one comparison are stored, whatever their casing and the key of a custom field."""
    assert not_stored(CHANGES, answer({"8": "6.0"}, title="CTO ", companySize="oneThousand")) == ()
    assert not_stored(CHANGES, answer({"Score": "6"}, title="CTO", companySize="OneThousand")) == ()


def test_what_came_back_otherwise_is_not_stored():
    """A value that came back different, or not at all, was accepted but not stored."""
    assert not_stored(CHANGES, answer({"8": "5"}, title="CEO", companySize="OneThousand")) == (CHANGES[0], CHANGES[2])
    assert not_stored(CHANGES, answer()) == CHANGES


@pytest.mark.parametrize(
    ("name", "sent", "back"),
    [("title", None, ""), ("title", None, None), ("companySize", "Empty", None), ("callStatus", "none", None), ("isOptedOut", None, False)],
)
def test_a_cleared_field_is_proven_by_any_kind_of_nothing(name: str, sent: FieldValue, back: FieldValue):
    """A clear is stored where the field comes back as null, "" or the enum's word for nothing, and not where the value stands."""
    assert not_stored([change(name, "x", sent)], answer(**{name: back})) == ()
    assert not_stored([change(name, "x", sent)], answer(**{name: True if name == "isOptedOut" else "x"})) != ()


def test_what_no_answer_can_prove():
    """`phone2` and a custom field of a doubled title are neither proven nor disproven."""
    changes = (change("phone2", None, "030"), change(TWIN, None, "A"), CHANGES[0])
    assert unverifiable(changes) == changes[:2]
    assert not_stored(changes, answer(title="CTO")) == ()


def test_untouched():
    """A contact is untouched while every provable field holds its old value; one other value means that somebody was there."""
    assert untouched(CHANGES, answer({"8": "5"}, title="CEO"))
    assert not untouched(CHANGES, answer({"8": "5"}, title="CTO"))
    assert not untouched(CHANGES, answer({"8": "5"}, title="CFO"))
    assert untouched([change("phone2", None, "030")], answer())
