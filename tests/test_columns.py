"""Header row → columns."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.fields import BY_NAME, CATALOGUE, WRITABLE
from reply_xl.mapping.columns import OURS, best_header, map_columns, unused_notes
from reply_xl.model import CellValue, Column, CustomField, ErrorCell, Role, Target

SOURCE, SOURCE_TOO, SCORE = CustomField(11, "Lead Source"), CustomField(12, "leadSource"), CustomField(13, "Score", numeric=True)
TWINS = (CustomField(21, "Tier", title_is_unique=False), CustomField(22, "Tier", title_is_unique=False))


def mapped(headers: Sequence[str], customs: Sequence[CustomField] | None = (), **more) -> tuple[Column, ...]:
    return map_columns(headers, customs=customs, **more)


def only(header: str, customs: Sequence[CustomField] | None = (), values: Sequence[CellValue] = ()) -> Column:
    return mapped([header], customs, values=[[value] for value in values])[0]


def targets(headers: Sequence[str], **more) -> list[str | None]:
    return [column.target.name if column.target and column.role is not Role.UNUSED else None for column in mapped(headers, **more)]


def variants(text: str) -> list[str]:
    """The same label as other people and programs write it."""
    accented = text.replace("e", "é").replace("a", "à").replace("E", "É").replace("A", "À")
    return [
        text,
        text.upper(),
        text.lower(),
        f"  {text}\u00a0",
        text.replace(" ", "_"),
        text.replace(" ", ""),
        f"{text}:",
        f"[{text}] *",
        accented,
    ]


# --- standard fields ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", WRITABLE, ids=lambda field: field.name)
def test_every_field_by_every_spelling(field: Target):
    """Each of the 22 fields is found by API name, label and synonyms, whatever the case, spaces, punctuation and accents."""
    assert not isinstance(field, CustomField)
    for spelling in (field.name, field.label, *field.synonyms):
        for text in variants(spelling):
            column = only(text)
            assert (column.role, column.target) == (Role.FIELD, field), text


READ_ONLY = [field for field in CATALOGUE if field.read_only and field.name != "id"]


@pytest.mark.parametrize("field", READ_ONLY, ids=lambda field: field.name)
def test_read_only_fields_are_never_sent(field: Target):
    """A read-only column is recognised however it is written, said to be never sent, and never a field to send."""
    for text in [*variants(field.label), *variants(field.name), *variants(f"Reply {field.label}")]:
        column = only(text)
        assert (column.role, column.target) == (Role.READ_ONLY, field), text
        assert "never sent" in column.reason


@pytest.mark.parametrize("field", READ_ONLY, ids=lambda field: field.name)
def test_read_only_columns_that_are_filled(field: Target):
    """Reply's values go into a column headed by exactly the API name, or by `Reply` and the label, and into no other spelling."""
    assert only(field.name).fills
    assert only(f"  {field.name} ").fills
    assert all(only(text).fills for text in variants(f"Reply {field.label}"))
    assert "filled in from Reply" in only(field.name).reason
    for text in variants(field.label):
        if text.strip() != field.name:
            assert not only(text).fills, text


@pytest.mark.parametrize(
    "header", ["Last Modified", "Last modified date", "Last Modified Date", "Created", "CreatedDate", "Create Date", "Modified"]
)
def test_a_foreign_date_column_is_the_users(header: str):
    """`Last Modified` of another system is no column of Reply: not sent, not filled."""
    column = only(header)
    assert (column.role, column.target, column.fills) == (Role.UNUSED, None, False)


def test_hidden_read_only_columns_are_not_filled():
    """Hidden cells stay as they are, also in a column that would be filled."""
    visible, hidden = mapped(["domain", "Reply domain"], hidden=frozenset({1}))
    assert visible.fills
    assert not hidden.fills
    assert "filled" not in hidden.reason


@pytest.mark.parametrize(
    "header",
    [
        "Lead Owner", "Owner", "Contact owner", "Name", "Full Name", "Status", "Website", "Company Phone", "Company City", "Company LinkedIn Url",
        "Corporate Phone", "Home Phone", "Other Phone", "Email Status", "Email Type", "Secondary Email", "E-mail 2 Address", "Company Domain",
        "ZoomInfo Contact ID", "Record ID", "OwnerId", "Converted Contact Id", "Previous Job Title", "Home City", "lastState", "Do Not Call",
        "Double opt-in", "OPTIN_TIME", "Account", "Address", "Region 2",
    ],
)  # fmt: skip
def test_traps(header: str):
    """Headers that resemble a field of the contact and are none are left alone, and said to be."""
    column = only(header)
    assert (column.role, column.target) == (Role.UNUSED, None)
    assert column.reason == "No field of Reply has this name, so the column is not used"


@pytest.mark.parametrize("header", ["", " ", "\u00a0", "—", "***"])
def test_headers_without_a_name(header: str):
    """An empty header, and one of punctuation only, is used for nothing and says so."""
    column = only(header, [CustomField(5, "???")])
    assert (column.role, column.target) == (Role.UNUSED, None)
    assert column.reason


@pytest.mark.parametrize("header", ["Reply status", "REPLY MESSAGE", "reply_updated_at"])
def test_our_own_columns(header: str):
    """The columns of results are ours, whatever their case, and nothing is sent from them."""
    assert (only(header).role, only(header).target) == (Role.OURS, None)


# --- the key ---------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Contact ID", "Reply ID", "Reply contact id", "contact_id", "ReplyID", "REPLY CONTACT ID"])
def test_the_id_column(header: str):
    """The contact's id is found under its three names, whatever the values."""
    column = only(header, values=["0031000000abcde", None])
    assert (column.role, column.target) == (Role.KEY, BY_NAME["id"])


@pytest.mark.parametrize("header", ["id", "ID", " Id "])
def test_a_bare_id_needs_evidence(header: str):
    """A bare `id` is the key only if every value is a whole number from 1 to 2147483647; blanks say nothing."""
    assert only(header, values=[5.0, "7", None, " ", 2147483647.0]).role is Role.KEY
    for values in ([], [None, " "], [5.0, "x7"], [0.0], [2147483648.0], [1.5], [5.0, True], [5.0, ErrorCell("#N/A")]):
        column = only(header, values=values)
        assert (column.role, column.target) == (Role.UNUSED, None)
        assert "Reply ID" in column.reason


def test_repeated_headers_are_no_evidence_against_a_bare_id():
    """A header row that comes again is not one of the column's values."""
    assert only("id", values=[5.0, "ID", 7.0]).role is Role.KEY
    assert only("id", values=["ID"]).role is Role.UNUSED


def test_a_bare_id_beside_a_named_one_is_another_systems():
    """Beside a `Reply ID` column a bare `id` is not used, and its reason says why."""
    bare, named = mapped(["id", "Reply ID"], values=[[5.0, 7.0]])
    assert (bare.role, named.role) == (Role.UNUSED, Role.KEY)
    assert "another column" in bare.reason


def test_the_email_is_the_key_where_there_is_no_id():
    """Without an id column the e-mail finds the contact and is not sent, and the column says so; with one it is a field."""
    assert "Finds the contact" in only("Email").reason
    assert "never sent" in only("Email").reason
    assert mapped(["Reply ID", "Email"])[1].reason == "The field's own name"


# --- custom fields ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "Lead Source",
        "leadSource",
        "LEAD_SOURCE",
        " lead-source ",
        "Leàd Source",
        "custom: Lead Source",
        "Custom:leadsource",
        "custom: #11",
        "CUSTOM : # 11",
    ],
)
def test_a_custom_field(header: str):
    """A custom field is found by its title like a label, and by `custom: Title` and `custom: #id`."""
    column = only(header, [SOURCE, SCORE])
    assert (column.role, column.target) == (Role.FIELD, SOURCE)
    assert "#11" in column.reason


def test_an_exact_title_wins_over_a_similar_one():
    """Where one title is exactly the header and another is only similar, the exact one is meant."""
    assert only("Lead Source", [SOURCE_TOO, SOURCE]).target is SOURCE
    assert only("custom: leadSource", [SOURCE_TOO, SOURCE]).target is SOURCE_TOO


@pytest.mark.parametrize(
    ("header", "customs", "ids"),
    [("LEAD SOURCE", (SOURCE, SOURCE_TOO), (11, 12)), ("Tier", TWINS, (21, 22)), ("custom: tier", TWINS, (21, 22))],
)
def test_two_hits_block_the_column(header: str, customs: tuple[CustomField, ...], ids: tuple[int, int]):
    """Two custom fields that fit alike block the column; the reason names both ids and how to choose."""
    column = only(header, customs)
    assert (column.role, column.target) == (Role.UNUSED, None)
    for number in ids:
        assert f"“custom: #{number}”" in column.reason
    assert only(f"custom: #{ids[1]}", customs).target is customs[1]


def test_a_standard_name_wins_over_a_custom_title():
    """A header that names a standard field means it, also where a custom field has that title; `custom:` forces the other."""
    phone = CustomField(31, "Phone")
    assert only("Phone", [phone]).target is BY_NAME["phone"]
    assert only("custom: Phone", [phone]).target is phone
    assert targets(["Phone", "custom: Phone"], customs=[phone]) == ["phone", "custom:Phone"]


def test_a_title_may_begin_with_a_number_sign():
    """`custom: #1 priority` is a title; only digits after the sign are an id, and the id wins."""
    titled = CustomField(41, "#1 priority")
    assert only("custom: #1 priority", [titled]).target is titled
    assert only("#1 priority", [titled]).target is titled
    assert only("custom: #11", [SOURCE, CustomField(42, "#11")]).target is SOURCE
    assert only("custom: #42", [SOURCE, CustomField(43, "42")]).target is None


@pytest.mark.parametrize("header", ["custom: Nothing", "custom: #99", "custom:", "Custom : "])
def test_a_custom_field_that_is_not_there(header: str):
    """`custom:` with a name that Reply does not have is used for nothing, never for a standard field."""
    column = only(header, [SOURCE])
    assert (column.role, column.target) == (Role.UNUSED, None)
    assert "custom" in column.reason


def test_without_a_key_custom_fields_are_not_looked_up():
    """Where there is no key, `custom:` columns are shown as such and other unknown headers say why they are not used."""
    forced, unknown = mapped(["custom: Lead Source", "Lead Source"], None)
    assert forced.target is not None
    assert forced.target.name == "custom:Lead Source"
    assert unknown.target is None
    assert unknown.reason == "Not used: without a key only contact fields are known"
    assert unused_notes(mapped(["Email", "Foo", "Bar", "custom:"], None)) == [
        "Column D (custom:) is not used: it names no custom field after “custom:”.",
        "Not used, because without a key only contact fields are known: B (Foo) and C (Bar).",
    ]


# --- competition --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "winner"),
    [
        (["Work phone", "Phone"], 1),
        (["Phone", "phone"], 0),
        (["Telephone", "Work phone"], 0),
        (["Email", "Work email"], 0),
        (["Title", "Job title"], 1),
        (["Job Title", "Title"], 0),
        (["Title", "Nombre", "Puesto"], 2),
    ],
)
def test_two_columns_for_one_field(headers: list[str], winner: int):
    """One column gives a field: the better spelling, else the one further left. `Title` gives way to a clearer name: beside one, it
    holds Mr and Ms. The loser says which column won."""
    columns = mapped(headers)
    name = columns[winner].target
    assert columns[winner].role is Role.FIELD
    for column in columns:
        if column.index != winner and column.header != "Nombre":
            assert (column.role, column.target) == (Role.UNUSED, None)
            assert f"column {columns[winner].letter} already gives {name.label if name else ''}" in column.reason


def test_columns_that_are_not_used_are_named():
    """A loser says who won, an unknown header that it is no field; at most eight of those are named, and no hidden or read-only one."""
    assert unused_notes(mapped(["Email", "Title", "Job title", "Foo", "Bar", "createdAt", "", "Hid"], hidden=frozenset({7}))) == [
        "Column B (Title) is not used: column C already gives Title.",
        "Not used, because no field of Reply has this name: D (Foo) and E (Bar).",
    ]
    assert unused_notes(mapped([f"x{number}" for number in range(12)]))[0].endswith("H (x7) and 4 more.")
    assert unused_notes(mapped(["Email", "Title", "Reply status"])) == []


@pytest.mark.parametrize("header", ["custom: Nothing", "custom:", "Tier", "id"])
def test_why_a_column_is_not_used_is_a_sentence(header: str):
    """Whatever the reason is, the sentence names the column and reads as one."""
    (note,) = unused_notes(mapped(["Reply ID", header], TWINS, values=[[7.0, "x"]]))
    assert note.startswith(f"Column B ({header}) is not used: ")
    assert note.endswith(".")
    assert "sed: N" not in note


def test_a_visible_column_wins_over_a_hidden_one():
    """What you see is what is sent: a hidden column never takes a field from a visible one, however well it is named."""
    hidden, visible = mapped(["Phone", "Phone number"], hidden=frozenset({0}))
    assert visible.role is Role.FIELD
    assert visible.target is BY_NAME["phone"]
    assert hidden.target is None


def test_two_columns_for_one_custom_field():
    """Custom fields compete by id, however the columns name them."""
    exact, similar, by_id = mapped(["custom: leadsource", "Lead Source", "custom: #11"], [SOURCE])
    assert [column.role for column in (exact, similar, by_id)] == [Role.UNUSED, Role.FIELD, Role.UNUSED]


def test_hidden_columns():
    """A hidden column is a key and evidence, is never sent, and says so."""
    key, email, title = mapped(["Reply ID", "Email", "Title"], hidden=frozenset({0, 1, 2}))
    assert (key.role, email.role, title.role) == (Role.KEY, Role.FIELD, Role.FIELD)
    assert all(column.hidden for column in (key, email, title))
    assert "hidden" in email.reason
    assert "never sent" in title.reason


# --- any header ------------------------------------------------------------------------------------------------------------------------------------

headers = st.one_of(
    st.text(max_size=30),
    st.text(st.characters(codec=None), max_size=10),
    st.sampled_from(["Email", "id", "Reply ID", "Title", "Job title", "Phone", "Mobile", "custom: #11", "custom: Tier", "Tier", "domain", "Reply status", "Lead Source", ""]),
    st.integers(100, 40_000).map(lambda size: "Email " * size),
)  # fmt: skip
customs = st.none() | st.lists(st.builds(CustomField, st.integers(1, 50), st.text(max_size=10) | st.just("Tier")), max_size=5)


@given(
    st.lists(headers, max_size=8),
    customs,
    st.frozensets(st.integers(0, 8)),
    st.lists(st.lists(st.none() | st.floats() | st.text(max_size=5), max_size=8), max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_any_header_row(texts: list[str], known: list[CustomField] | None, hidden: frozenset[int], values: list[list[CellValue]]):
    """Any header row gives one column for each header in order, each with a reason, and no field from two columns."""
    columns = mapped(texts, known, hidden=hidden, values=values)
    assert [column.header for column in columns] == texts
    assert [column.index for column in columns] == list(range(len(texts)))
    assert all(column.reason and column.reason.isprintable() and len(column.reason) < 250 for column in columns)
    sent = [column.target for column in columns if column.role is Role.FIELD]
    assert None not in sent
    if known is not None:
        assert len({target.id if isinstance(target, CustomField) else target.name for target in sent if target}) == len(sent)
    assert all(column.target is None for column in columns if column.role in (Role.UNUSED, Role.OURS))
    assert not any(column.fills for column in columns if column.role is not Role.READ_ONLY or column.hidden)


@given(st.lists(st.sampled_from([field.label for field in CATALOGUE]), unique=True, max_size=10), st.randoms())
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_columns_does_not_matter(labels: list[str], random):
    """Different fields never take each other's column: in another order each header has the target it had."""
    shuffled = random.sample(labels, len(labels))
    before = {column.header: column.target for column in mapped(labels)}
    assert {column.header: column.target for column in mapped(shuffled)} == before


def test_our_headers_are_three():
    """The headers of our own columns are those that users see in the documentation."""
    assert OURS == ("Reply status", "Reply message", "Reply updated at")


# --- which row is the header ---------------------------------------------------------------------------------------------------------------------------


def test_the_header_below_a_preamble():
    """The notes above a LinkedIn export are no header, whatever they mention."""
    rows: list[list[CellValue]] = [
        ["Notes:"],
        ['"When exporting your connection data, you may notice that some of the email addresses are missing."'],
        [None],
        ["First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On"],
        ["Priya", "Sharma", "https://www.linkedin.com/in/priya", None, "Stripe", "Recruiter", "12 Mar 2024"],
    ]
    assert best_header(rows) == 3


def test_the_first_of_equal_rows_is_the_header():
    """Without any known name the row with most texts is the header, the first of equals; numbers and errors are no headers."""
    assert best_header([["Alpha", "Beta"], ["ann", "bob"], [1.0, True]]) == 0
    assert best_header([[1.0], [ErrorCell("#N/A"), None], ["Email"]]) == 2
    assert best_header([[], [None, 5.0, " "]]) is None
