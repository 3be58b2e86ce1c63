"""The catalogue of contact fields and the one comparison."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.fields import BY_NAME, CATALOGUE, GUARDS, WRITABLE, as_number, fold, guard_of, is_empty, same, value_of
from reply_xl.model import Contact, CustomField, FieldValue, Kind

PATCH_FIELDS = [
    "email",
    "firstName",
    "lastName",
    "title",
    "company",
    "industry",
    "city",
    "state",
    "country",
    "timeZoneId",
    "notes",
    "phone",
    "phone2",
    "companySize",
    "linkedInUrl",
    "linkedInSalesNavigatorUrl",
    "linkedInRecruiterUrl",
    "isOptedOut",
    "callStatus",
    "meetingStatus",
    "ownerUserId",
    "accountId",
]
READ_ONLY = ["id", "domain", "phoneStatus", "addingDate", "createdAt", "lastModifiedAt", "sequences", "lists"]
SIZES = [
    "Empty",
    "SelfEmployed",
    "Ten",
    "Fifty",
    "TwoHundred",
    "FiveHundred",
    "OneThousand",
    "FiveThousand",
    "TenThousand",
    "OverTenThousand",
]
TEXT, NUMBER = CustomField(7, "Lead Source"), CustomField(8, "Score", numeric=True)


def contact(custom: dict[str, str | None] | None = None, **values: FieldValue) -> Contact:
    return Contact(1, values, custom or {})


def test_the_catalogue_is_the_table_of_the_endpoint():
    """The 22 fields of the PATCH can be sent, everything else of an answer is read-only, and nothing is missing."""
    assert [field.name for field in WRITABLE] == PATCH_FIELDS
    assert [field.name for field in CATALOGUE if field.read_only] == READ_ONLY


def test_enums_are_those_of_the_request():
    """The values of an enum are spelt as the request takes them."""
    values = {field.name: [choice.value for choice in field.choices] for field in CATALOGUE if field.choices}
    assert values == {"companySize": SIZES, "callStatus": ["none", "toCall", "called"], "meetingStatus": ["none", "meetingBooked"]}


def test_no_spelling_names_two_fields():
    """A label, an API name or a synonym belongs to one field only, so that no header has two meanings."""
    owner: dict[str, str] = {}
    for field in CATALOGUE:
        for spelling in (field.label, field.name, *field.synonyms):
            assert owner.setdefault(fold(spelling), field.name) == field.name, spelling


def test_company_sizes_leave_no_gap():
    """Every number of employees from 1 on belongs to exactly one company size."""
    ranges = [(choice.low, choice.high) for choice in BY_NAME["companySize"].choices if choice.low]
    assert ranges[0][0] == 1
    assert ranges[-1][1] is None
    assert all(high is not None and high + 1 == following for (_, high), (following, _) in pairwise(ranges))


def test_what_may_not_be_cleared():
    """E-mail, first name and owner cannot be cleared; every other field can, the enums by their own word."""
    assert [field.name for field in WRITABLE if not field.clearable] == ["email", "firstName", "ownerUserId"]
    cleared = {field.name: field.cleared for field in WRITABLE if field.cleared is not None}
    assert cleared == {"companySize": "Empty", "callStatus": "none", "meetingStatus": "none"}


def test_guarded_fields():
    """E-mail, owner, account and opt-out are guarded, each by its own word, and nothing else is."""
    assert {field.name: field.guard for field in CATALOGUE if field.guard} == {
        "email": "email",
        "ownerUserId": "owner",
        "accountId": "account",
        "isOptedOut": "opt-out",
    }
    assert set(GUARDS) == {"email", "owner", "account", "opt-out", "opt-in"}


@pytest.mark.parametrize(
    ("old", "new", "word"), [(False, True, "opt-out"), (None, True, "opt-out"), (True, False, "opt-in"), (True, None, "opt-in")]
)
def test_opting_in_has_a_word_of_its_own(old: FieldValue, new: FieldValue, word: str):
    """Turning an opt-out back needs `opt-in`, also by clearing it; every other opt-out needs `opt-out`."""
    assert guard_of(BY_NAME["isOptedOut"], old, new) == word


@pytest.mark.parametrize("text", ["First name", " FIRST_NAME ", "firstName", "Fïrst—Nàme!", "Ｆｉｒｓｔ Ｎａｍｅ", "first.name:"])
def test_labels_are_folded(text: str):
    """Case, spaces, punctuation, accents and full-width letters do not make another label."""
    assert fold(text) == "firstname"


@pytest.mark.parametrize(("one", "other"), [("राम", "रमा"), ("กา", "กี"), ("か", "が")])
def test_signs_of_other_scripts_are_letters(one: str, other: str):
    """What is no accent of a Latin, Greek or Cyrillic letter tells two words apart."""
    assert fold(one) != fold(other)


@given(st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_folding_ignores_case_and_form(text: str):
    """Composed or decomposed, with or without punctuation around it: a text folds to the same."""
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text)) == fold(f" {text}: ")


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("title", "CEO", " CEO\u00a0"),
        ("title", None, ""),
        ("notes", "a\r\nb", "a\nb"),
        ("lastName", "Jos\u00e9", "Jose\u0301"),
        ("email", "Ann@Example.COM", "ann@example.com"),
        ("companySize", "oneThousand", "OneThousand"),
        ("companySize", "Empty", None),
        ("callStatus", "none", None),
        ("isOptedOut", False, None),
        ("linkedInUrl", "https://linkedin.com/in/x", "linkedin.com/in/x"),
        ("linkedInUrl", "https://www.LinkedIn.com/in/x", "HTTPS://www.linkedin.com/in/x"),
        ("timeZoneId", "Europe/Vienna", "W. Europe Standard Time"),
    ],
)
def test_equal_values(name: str, one: FieldValue, other: FieldValue):
    """NFC, trimmed, CRLF = LF, null = "", e-mail and company size without case, a URL without its scheme, a zone by either name: such values
    are equal, in both directions."""
    assert same(BY_NAME[name], one, other)
    assert same(BY_NAME[name], other, one)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("title", "CEO", "ceo"),
        ("title", "Empty", None),
        ("industry", "none", ""),
        ("linkedInUrl", "https://x.com/a", "https://x.com/a/"),
        ("linkedInUrl", "https://x.com/a", "http://x.com/a"),
        ("linkedInUrl", "https://x.com/a", "https://x.com/A"),
        ("timeZoneId", "Europe/Vienna", "Europe/Berlin"),
        ("title", "Europe/Vienna", "W. Europe Standard Time"),
        ("email", "straße@example.com", "strasse@example.com"),
        ("phone", "030 1", "0301"),
        ("isOptedOut", True, None),
        ("accountId", 5, None),
    ],
)
def test_different_values(name: str, one: FieldValue, other: FieldValue):
    """Everything else is exact: case, inner spaces, a trailing slash, a word that is empty only in an enum."""
    assert not same(BY_NAME[name], one, other)


def test_number_fields_compare_as_numbers():
    """A number custom field compares numerically, a text one exactly; text in a number field is compared as text."""
    assert same(NUMBER, "5", "5.00")
    assert same(NUMBER, "1e3", "1000")
    assert not same(TEXT, "5", "5.00")
    assert not same(NUMBER, "five", "5")


values = st.none() | st.booleans() | st.integers() | st.text(max_size=20)


@given(st.sampled_from([*CATALOGUE, TEXT, NUMBER]), values, values)
@settings(max_examples=200, deadline=None)
def test_the_comparison_takes_anything(target, one, other):
    """The comparison never fails, is the same in both directions, and every value equals itself."""
    assert same(target, one, one)
    assert same(target, one, other) == same(target, other, one)


@pytest.mark.parametrize("value", [None, "", "  \u00a0", "\r\n"])
def test_what_is_empty(value: FieldValue):
    """null and white space are empty."""
    assert is_empty(BY_NAME["title"], value)


def test_what_is_a_value():
    """False and 0 are values; `Empty` and `none` are empty in an enum, and words elsewhere."""
    assert not is_empty(BY_NAME["isOptedOut"], False)
    assert not is_empty(NUMBER, "0")
    assert is_empty(BY_NAME["companySize"], "empty")
    assert is_empty(BY_NAME["callStatus"], "none")
    assert not is_empty(BY_NAME["title"], "none")


def test_custom_values_are_found_by_id_or_by_title():
    """Answers keyed by title and answers keyed by id give the same custom value; one that is absent is unset."""
    assert value_of(contact({"Lead Source": "Web"}), TEXT) == value_of(contact({"7": "Web"}), TEXT) == "Web"
    assert value_of(contact({"Other": "Web"}), TEXT) is None


@pytest.mark.parametrize("text", ["", "1,000", "1_000", "٣", "NaN", "Infinity", "1e99999999999999999999", "0x10"])
def test_what_is_no_number(text: str):
    """Separators of thousands, other scripts' digits, infinity and the like are no numbers."""
    assert as_number(text) is None


def test_every_kind_is_used():
    """The catalogue uses every kind there is, so that no parser stands unused."""
    assert {field.kind for field in CATALOGUE} == set(Kind)
