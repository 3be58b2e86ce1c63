"""Wishes + contacts as read → patches and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.fields import WRITABLE, value_of
from reply_xl.identity import Likeness, likeness
from reply_xl.kinds.values import format
from reply_xl.mapping.columns import map_columns
from reply_xl.model import CellValue, Contact, CustomField, FieldValue, Outcome, Patch, Row, Word
from reply_xl.patches import Decision, Policy, decide, settle_duplicates
from reply_xl.wishes import Key, Wish, make_wishes

SCORE, TWIN = CustomField(8, "Score", numeric=True), CustomField(9, "Tier", title_is_unique=False)
CUSTOMS = (SCORE, TWIN)
ANN: dict[str, FieldValue] = {
    "email": "ann@example.com",
    "firstName": "Ann",
    "lastName": "Lee",
    "title": "CEO",
    "notes": None,
    "companySize": "oneThousand",
    "isOptedOut": False,
    "callStatus": "none",
    "ownerUserId": 42,
}


def contact(number: int = 7, custom: Mapping[str, str | None] | None = None, **values: FieldValue) -> Contact:
    return Contact(number, {**ANN, **values}, custom or {"8": "5"})


def wish(row: int = 2, hidden: Sequence[int] = (), **cells: CellValue) -> Wish:
    """A row: `id` and any fields by API name; underscores stand for the colon and space of `custom: …`."""
    headers = [name.replace("custom_", "custom: #") if name != "id" else "Reply ID" for name in cells]
    columns = map_columns(headers, customs=CUSTOMS, hidden=frozenset(hidden))
    made = make_wishes([Row(row, list(cells.values()))], columns, None)[0]
    assert isinstance(made, Wish), made
    return made


def decided(
    made: Wish, read: Contact | None = None, *, allow: str = "", only_empty: bool = False, sent: Sequence[FieldValue] = ()
) -> Decision:
    policy = Policy(only_empty=only_empty, allow=frozenset(allow.split()))
    return decide(made, read or contact(), policy, lambda _id, _field, value: value in sent)


def body(decision: Decision) -> dict[str, object]:
    assert decision.patch is not None, decision.outcome
    assert decision.outcome is None
    return decision.patch.body


def stands(decision: Decision) -> Outcome:
    assert decision.patch is None
    assert decision.outcome is not None
    assert decision.outcome.message.endswith(".")
    return decision.outcome


# --- only what differs ---------------------------------------------------------------------------------------------------------------------


def test_only_what_differs_is_sent():
    """The body holds the fields that differ, as the request spells them, and nothing else."""
    made = wish(id=7.0, email="ANN@example.com", title="CTO", firstName="Ann", companySize="501-1000", notes="<clear>")
    assert body(decided(made)) == {"title": "CTO"}
    assert body(decided(wish(id=7.0, companySize="11-50", callStatus="called", custom_8=6.0))) == {
        "companySize": "Fifty",
        "callStatus": "called",
        "customFields": [{"id": 8, "value": "6"}],
    }


def test_nothing_changed_is_unchanged():
    """A row whose values Reply already holds gives no patch; so does a row that holds nothing to send."""
    outcome = stands(decided(wish(id=7.0, title=" CEO ", custom_8="5.0")))
    assert (outcome.word, outcome.message) == (Word.UNCHANGED, "Reply already holds these values.")
    outcome = stands(decided(wish(id=7.0, title=" ")))
    assert (outcome.word, outcome.message) == (Word.UNCHANGED, "The row holds nothing to send.")


@pytest.mark.parametrize(
    ("name", "old", "sent"),
    [
        ("title", "CEO", None),
        ("companySize", "fifty", "Empty"),
        ("callStatus", "called", "none"),
        ("accountId", 5, None),
        ("isOptedOut", True, None),
    ],
)
def test_clearing(name: str, old: FieldValue, sent: FieldValue):
    """`<clear>` sends null, or the word of the enum that clears it."""
    made = wish(id=7.0, **{name: "<clear>"})
    assert body(decided(made, contact(**{name: old}), allow="account opt-out opt-in")) == {name: sent}
    assert stands(decided(made, contact(**{name: None}), allow="account opt-out opt-in")).word is Word.UNCHANGED


def test_what_stood_there_before():
    """A change carries the old value and says whether it fills an empty field or replaces one."""
    decision = decided(wish(id=7.0, title="CTO", notes="x"))
    assert decision.patch is not None
    assert [(change.old, change.new, change.fills) for change in decision.patch.changes] == [("CEO", "CTO", False), (None, "x", True)]


# --- policy ------------------------------------------------------------------------------------------------------------------------------


def test_only_empty_fills_gaps():
    """`--only-empty` sends only where Reply's value is empty; False is a value; the sentence says why nothing went out."""
    made = wish(id=7.0, title="CTO", notes="x", isOptedOut=True)
    assert body(decided(made, only_empty=True, allow="opt-out")) == {"notes": "x"}
    outcome = stands(decided(wish(id=7.0, title="CTO"), only_empty=True))
    assert outcome.word is Word.UNCHANGED
    assert "--only-empty" in outcome.message


GUARDED = [("ownerUserId", 43.0, "owner"), ("accountId", 5.0, "account"), ("isOptedOut", True, "opt-out")]


@pytest.mark.parametrize(("name", "cell", "word"), GUARDED)
def test_guarded_fields_are_held_back(name: str, cell: CellValue, word: str):
    """Owner, account and opt-out need their word: without it the row's other changes go out and the message names what was held back;
    with everything held back the row is skipped. Another word does not do."""
    others = "email owner account opt-out opt-in".replace(word, "")
    decision = decided(wish(id=7.0, title="CTO", **{name: cell}), allow=others)
    assert body(decision) == {"title": "CTO"}
    assert decision.held_back == (name,)
    assert f"(--allow {word})" in decision.note
    outcome = stands(decided(wish(id=7.0, **{name: cell}), allow=others))
    assert (outcome.word, outcome.held_back) == (Word.SKIPPED, (name,))
    assert name in body(decided(wish(id=7.0, **{name: cell}), allow=word))


@pytest.mark.parametrize("cell", [False, "no", "<clear>"])
def test_opting_back_in_needs_its_own_word(cell: CellValue):
    """Subscribing somebody again who opted out needs `opt-in`; `opt-out` does not imply it."""
    out = contact(isOptedOut=True)
    made = wish(id=7.0, isOptedOut=cell)
    assert stands(decided(made, out, allow="email owner account opt-out")).held_back == ("isOptedOut",)
    assert "isOptedOut" in body(decided(made, out, allow="opt-in"))


def test_an_equal_guarded_value_asks_for_nothing():
    """A guarded value that Reply already holds is not held back."""
    assert stands(decided(wish(id=7.0, ownerUserId=42.0, isOptedOut=False))).word is Word.UNCHANGED


def test_what_reply_never_shows():
    """`phone2` is sent unless it is what was last sent there; with `--only-empty` it is not, because nobody knows what is there."""
    made = wish(id=7.0, phone2="030 12")
    assert body(decided(made)) == {"phone2": "030 12"}
    assert stands(decided(made, sent=["030 12"])).word is Word.UNCHANGED
    outcome = stands(decided(made, only_empty=True))
    assert outcome.word is Word.SKIPPED
    assert outcome.message.startswith("Second phone was not sent, because Reply does not show whether it is empty")


def test_a_custom_field_of_a_doubled_title_cannot_be_compared():
    """A custom field whose title stands twice is treated like one that Reply does not show."""
    made = wish(id=7.0, custom_9="A")
    assert body(decided(made, contact(custom={"Tier": "A"}))) == {"customFields": [{"id": 9, "value": "A"}]}
    assert stands(decided(made, sent=["A"])).word is Word.UNCHANGED


# --- identity -----------------------------------------------------------------------------------------------------------------------------


def test_another_email_is_invalid():
    """An e-mail cell that differs from the contact's makes the row invalid: the sentence names both and the cell."""
    outcome = stands(decided(wish(id=7.0, email="ben@example.com", title="CTO")))
    assert outcome.word is Word.INVALID
    assert outcome.message == "B2 says ben@example.com, but contact 7 in Reply has ann@example.com; correct the ID or the e-mail."


@pytest.mark.parametrize("hidden", [(), (1,)])
def test_allow_email_needs_evidence(hidden: tuple[int, ...]):
    """With `--allow email` a new e-mail is a change only if names or LinkedIn URL agree, and without the word never."""
    stranger = wish(hidden=hidden, id=7.0, email="ben@example.com", title="CTO")
    assert stands(decided(stranger, allow="email")).word is Word.INVALID
    known = wish(hidden=hidden, id=7.0, email="ann.lee@example.com", firstName="Ann", lastName="Lee")
    assert "--allow email" in stands(decided(known)).message
    if hidden:
        assert stands(decided(known, allow="email")).word is Word.UNCHANGED
    else:
        assert body(decided(known, allow="email")) == {"email": "ann.lee@example.com"}


def test_an_email_for_a_contact_without_one():
    """A row that names an e-mail for a contact without one needs evidence in any case; with it, the e-mail is held back or allowed."""
    nobody = contact(email=None)
    made = wish(id=7.0, email="ann@example.com", title="CTO")
    for allow in ("", "email"):
        outcome = stands(decided(made, nobody, allow=allow))
        assert outcome.word is Word.INVALID
        assert outcome.message.startswith("B2 says ann@example.com, but contact 7 in Reply has no e-mail, and no matching name")
    named = wish(id=7.0, email="ann@example.com", firstName="Ann", lastName="Lee", title="CTO")
    assert decided(named, nobody).held_back == ("email",)
    assert body(decided(named, nobody)) == {"title": "CTO"}
    assert body(decided(named, nobody, allow="email")) == {"email": "ann@example.com", "title": "CTO"}


def test_an_email_that_differs_in_form_only():
    """The e-mails of row and contact are compared as all values are: case and composed accents make no stranger."""
    read = contact(email="jose\u0301@Example.com")
    assert body(decided(wish(id=7.0, email="jos\u00e9@example.com", title="CTO"), read)) == {"title": "CTO"}


@pytest.mark.parametrize("email", ["ben@example.com", "strasse@example.com", None])
def test_a_contact_found_by_email_has_that_email(email: str | None):
    """Where the e-mail is the key, a contact with another one is never changed, whatever the look-up answered."""
    outcome = stands(decided(wish(email="straße@example.com", title="CTO"), contact(email=email), allow="email"))
    assert outcome.word is Word.INVALID
    assert "A2" in outcome.message


def test_a_hostile_email_cannot_spoil_the_message():
    """What Reply holds is quoted on one line and short."""
    outcome = stands(decided(wish(id=7.0, email="ben@example.com", title="CTO"), contact(email="=x\r\n" + "a" * 500)))
    assert outcome.message.isprintable()
    assert len(outcome.message) < 200


# --- the same contact twice ------------------------------------------------------------------------------------------------------------------


def settled(*made: Wish, read: Contact | None = None) -> list[Decision]:
    return settle_duplicates([decided(one, read) for one in made])


def test_identical_rows_are_sent_once():
    """Identical patches of one contact are one patch that answers for both rows, also where one row found it by e-mail."""
    decisions = settled(wish(2, id=7.0, title="CTO"), wish(5, email="ann@example.com", title="CTO"))
    assert len(decisions) == 1
    assert body(decisions[0]) == {"title": "CTO"}
    assert [one.row.number for one in decisions[0].wishes] == [2, 5]


@pytest.mark.parametrize("other", [{"title": "CFO"}, {"title": "CEO"}, {"title": "CTO", "notes": "x"}, {"notes": "x"}])
def test_different_rows_block_each_other(other: dict[str, CellValue]):
    """Different rows of one contact are both invalid, each naming the other's address; nothing of them is sent."""
    one, two = (stands(decision) for decision in settled(wish(2, id=7.0, title="CTO"), wish(5, id=7.0, **other)))
    assert (one.row, one.word, two.row, two.word) == (2, Word.INVALID, 5, Word.INVALID)
    assert one.message.startswith("A2 names the same contact as A5,")
    assert two.message.startswith("A5 names the same contact as A2,")


def test_rows_that_change_nothing_stay_as_they_are():
    """Two rows of one contact that change nothing are both unchanged."""
    assert [stands(decision).word for decision in settled(wish(2, id=7.0, title="CEO"), wish(5, id=7.0, title="CEO"))] == [
        Word.UNCHANGED
    ] * 2


def test_an_invalid_row_blocks_no_other():
    """A row that is invalid by itself does not block another row of the same contact."""
    decisions = settled(wish(2, id=7.0, email="ben@example.com", title="CFO"), wish(5, id=7.0, title="CTO"))
    assert stands(decisions[0]).word is Word.INVALID
    assert body(decisions[1]) == {"title": "CTO"}


@pytest.mark.parametrize("other", [{}, {"ownerUserId": 44.0}, {"isOptedOut": True}])
def test_rows_that_differ_in_what_is_held_back_block_each_other(other: dict[str, CellValue]):
    """What was not agreed to is asked for all the same: the rows do not mean the same."""
    rows = settled(wish(2, id=7.0, title="CTO", ownerUserId=43.0), wish(5, id=7.0, title="CTO", **other))
    assert [stands(decision).word for decision in rows] == [Word.INVALID] * 2
    (shared,) = settled(wish(2, id=7.0, title="CTO", ownerUserId=43.0), wish(5, id=7.0, title="CTO", ownerUserId=43.0))
    assert shared.held_back == ("ownerUserId",)


def unreadable(key: Key) -> Decision:
    return Decision((), outcome=Outcome(9, Word.INVALID, "C9 (Title) shows the error #N/A; correct it."), key=key)


@pytest.mark.parametrize("key", [Key("A9", 7, None), Key("B9", None, "ANN@example.com")])
def test_a_row_that_cannot_be_read_blocks_the_others_of_its_contact(key: Key):
    """Nobody knows what it asks for: neither row is sent, and each names the other; a row that sends nothing stays as it is."""
    one, two = (stands(decision) for decision in settle_duplicates([decided(wish(2, id=7.0, title="CTO")), unreadable(key)]))
    assert (one.row, one.word, two.row, two.word) == (2, Word.INVALID, 9, Word.INVALID)
    assert one.message.startswith(f"A2 names the same contact as {key.address}, of which a cell cannot be read;")
    assert two.message.startswith(f"C9 (Title) shows the error #N/A; correct it. {key.address} names the same contact as A2;")
    one, two = (stands(decision) for decision in settle_duplicates([decided(wish(2, id=7.0, title="CEO")), unreadable(key)]))
    assert one.word is Word.UNCHANGED
    assert "same contact" not in two.message


def test_a_row_that_cannot_be_read_blocks_no_other_contact():
    """Another contact's row goes out."""
    assert body(settle_duplicates([unreadable(Key("A9", 8, None)), decided(wish(2, id=7.0, title="CTO"))])[1]) == {"title": "CTO"}


def test_many_rows_of_one_contact_give_a_short_sentence():
    """The sentence names at most five other rows."""
    decisions = settled(*(wish(row, id=7.0, title=f"Title {row}") for row in range(2, 40)))
    assert stands(decisions[0]).message.startswith("A2 names the same contact as A3, A4, A5, A6, A7 and 32 more,")


# --- any contact ---------------------------------------------------------------------------------------------------------------------------------

SENDABLE = [field for field in WRITABLE if field.name not in ("email", "phone2", "timeZoneId")]
words = st.sampled_from(["Ann", "Lee", "CEO", "CTO", "x", "https://x.com/a"])
PHONES = st.sampled_from(["+1 415 555 0123", "030 1234567", "12345"])
VALUES = {"text": words, "URL": st.just("https://x.com/a"), "integer": st.integers(1, 9), "boolean": st.booleans()}
ALL = Policy(allow=frozenset({"email", "owner", "account", "opt-out", "opt-in"}))


def field_values(name: str) -> st.SearchStrategy[FieldValue]:
    field = next(field for field in SENDABLE if field.name == name)
    choices = st.sampled_from([choice.value for choice in field.choices] or [None])
    return st.none() | (choices if field.choices else PHONES if name == "phone" else VALUES[field.kind.value])


contacts = st.fixed_dictionaries({field.name: field_values(field.name) for field in SENDABLE})


@given(contacts, st.none() | st.decimals(-100, 100, places=2).map(str))
@settings(max_examples=60, deadline=None)
def test_a_contact_written_out_and_back_is_unchanged(values: dict[str, FieldValue], score: str | None):
    """Nothing changed gives no patch: a row made of Reply's own values never sends anything, whatever is allowed."""
    read = Contact(7, {**values, "email": "ann@example.com"}, {"8": score})
    cells = {field.name: format(value_of(read, field), field) for field in SENDABLE} | {"custom_8": score}
    made = wish(id=7.0, email="ann@example.com", **cells)
    assert decide(made, read, ALL, lambda *_: False).patch is None


@given(contacts, contacts, st.sampled_from(["email", "owner account", "email owner account opt-out opt-in", ""]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_strangers_row_never_gives_a_patch(ours: dict[str, FieldValue], theirs: dict[str, FieldValue], allow: str, only_empty: bool):
    """Whatever the row and the contact hold and whatever is allowed: another e-mail without matching names or profile sends nothing."""
    read = Contact(7, {**theirs, "email": "ann@example.com"}, {})
    cells = {name: value if isinstance(value, str | bool | None) else float(value) for name, value in ours.items()}
    made = wish(id=7.0, email="ben@example.com", **cells)
    decision = decided(made, read, allow=allow, only_empty=only_empty)
    if likeness(made, read) is Likeness.STRANGER or "email" not in allow:
        assert stands(decision).word is Word.INVALID


@given(contacts, contacts, st.sets(st.sampled_from(["email", "owner", "account", "opt-out", "opt-in"])), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_patch_holds_what_differs_and_what_is_allowed(
    ours: dict[str, FieldValue], theirs: dict[str, FieldValue], allow: set[str], only_empty: bool
):
    """Every change of a patch differs from what Reply holds, is allowed, and under `--only-empty` fills a gap."""
    read = Contact(7, {**theirs, "email": "ann@example.com"}, {})
    cells = {name: value if isinstance(value, str | bool | None) else float(value) for name, value in ours.items()}
    decision = decided(wish(id=7.0, **cells), read, allow=" ".join(allow), only_empty=only_empty)
    for change in decision.patch.changes if decision.patch else ():
        assert change.new != change.old
        assert change.fills or not only_empty
        assert change.target.guard is None or {change.target.guard, "opt-in"} & allow
        if change.target.name == "isOptedOut" and change.old is True:
            assert "opt-in" in allow


rows = st.lists(st.tuples(st.integers(1, 2), st.sampled_from(["CEO", "CTO", None]), st.sampled_from(["x", None])), min_size=2, max_size=6)


@given(rows)
@settings(max_examples=100, deadline=None)
def test_different_duplicate_rows_never_give_a_patch(made: list[tuple[int, str | None, str | None]]):
    """However many rows name a contact: it is patched at most once, only if all its rows ask for the same, and no row is lost."""
    wishes = [wish(row, id=float(number), title=title, notes=notes) for row, (number, title, notes) in enumerate(made, 2)]
    alone = [decided(one, contact(int(one.contact_id or 0))) for one in wishes]
    decisions = settle_duplicates(alone)
    assert sorted(one.row.number for decision in decisions for one in decision.wishes) == [one.row.number for one in wishes]
    patches = [decision.patch for decision in decisions if decision.patch]
    assert len({patch.contact.id for patch in patches}) == len(patches)
    for patch in patches:
        assert all(asked(decision) == patch.body for decision in alone if contact_of(decision).id == patch.contact.id)


def asked(decision: Decision) -> dict[str, object]:
    return decision.patch.body if isinstance(decision.patch, Patch) else {}


def contact_of(decision: Decision) -> Contact:
    read = decision.patch.contact if decision.patch else decision.outcome.contact if decision.outcome else None
    assert read is not None
    return read
