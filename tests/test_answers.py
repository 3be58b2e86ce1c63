"""Answers of the API → contacts, custom fields and errors."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl import answers
from reply_xl.errors import ApiError, ApiFailed, ApiRefused, ContactNotFound, NotAuthorised, PatchRejected, RateLimited
from reply_xl.fields import BY_NAME, CATALOGUE, WRITABLE, value_of
from reply_xl.model import Contact, CustomField, Kind

DOCUMENTED: dict[str, Any] = {
    "id": 12345,
    "email": "john.doe@company.com",
    "firstName": "John",
    "domain": "company.com",
    "companySize": "oneThousand",
    "phoneStatus": "valid",
    "ownerUserId": 42,
    "accountId": 100,
    "isOptedOut": False,
    "callStatus": "toCall",
    "meetingStatus": "none",
    "addingDate": "2024-03-08T10:00:00+00:00",
    "createdAt": "2024-03-08T10:00:00",
    "customFields": [{"key": "Lead Source", "value": "Web"}, {"key": "Score", "value": None}],
    "sequences": [{"sequenceId": 1, "sequenceName": "Welcome", "status": "active"}, {"sequenceId": 2, "sequenceName": "News"}],
    "lists": [{"listId": 1, "listName": "Leads", "isShared": True}],
}
LIVE: dict[str, Any] = {
    "id": 761575530,
    "email": "probe.write@example.com",
    "firstName": "Probe",
    "phone": "",
    "company": None,
    "companySize": "Empty",
    "phoneStatus": "notValidated",
    "ownerUserId": 500176,
    "accountId": None,
    "isOptedOut": False,
    "addingDate": "2026-09-08T12:24:35.84+00:00",
    "createdAt": None,
    "customFields": [{"key": "150697", "value": "Web"}],
}
SOURCE = CustomField(150697, "Lead Source")


def contact(data: object, expected_id: int | None = None) -> Contact:
    return answers.contact(data, read_at=1.0, expected_id=expected_id)


def unreadable(data: object, expected_id: int | None = None) -> None:
    with pytest.raises(ApiFailed, match="could not be read; try again later"):
        contact(data, expected_id)


# --- contacts ---------------------------------------------------------------------------------------------------------------------------


def test_the_documented_contact():
    """The shape of the documentation: custom fields by name, camelCase, sequences and lists as the names for a cell."""
    read = contact(DOCUMENTED)
    assert (read.id, read.email, read.values["ownerUserId"], read.values["isOptedOut"]) == (12345, "john.doe@company.com", 42, False)
    assert (read.values["sequences"], read.values["lists"]) == ("Welcome; News", "Leads")
    assert value_of(read, SOURCE) == "Web"
    assert read.read_at == 1.0


def test_the_recorded_contact():
    """The shape recorded from the live API: custom fields by id, nulls and empty texts, members absent."""
    read = contact(LIVE)
    assert value_of(read, SOURCE) == "Web"
    assert all(value_of(read, BY_NAME[name]) in (None, "") for name in ("phone", "company", "accountId", "createdAt", "lists", "title"))


@pytest.mark.parametrize("value", [0, -1, 2147483648, "5", 5.0, True, None, []])
def test_a_contact_has_an_id(value: object):
    """What has no id from 1 to 2147483647 is no contact."""
    unreadable({**LIVE, "id": value})


def test_another_contact_than_asked_for_is_no_answer():
    """An answer about another contact is not read as the one that was asked for."""
    assert contact(LIVE, 761575530).id == 761575530
    unreadable(LIVE, 5)


@pytest.mark.parametrize("field", list(WRITABLE), ids=lambda field: field.name)
def test_a_wrong_type_in_a_field_is_unreadable(field):
    """A value of the wrong type is never taken for an empty field, which might then be filled over it."""
    for value in ([], {}, 1.5, 7 if field.kind is not Kind.INTEGER else "7", True if field.kind is not Kind.BOOLEAN else "true"):
        unreadable({**LIVE, field.name: value})


@pytest.mark.parametrize("field", [field for field in CATALOGUE if field.read_only and field.name != "id"], ids=lambda field: field.name)
@pytest.mark.parametrize("value", [7, True, {"a": 1}, [1, None, {"listName": 5}]])
def test_a_wrong_type_in_a_read_only_field_costs_only_that_field(field, value: object):
    """An odd value in a field that is only shown does not make the contact unreadable; it counts as not given."""
    assert contact({**LIVE, field.name: value}).values.get(field.name) in (None, "")


def test_unknown_members_and_enum_values():
    """Members that Reply adds later are ignored, and an enum value that nobody knows yet is kept as it is."""
    read = contact({**LIVE, "mood": {"x": 1}, "companySize": "gigantic"})
    assert "mood" not in read.values
    assert read.values["companySize"] == "gigantic"


@pytest.mark.parametrize(
    "customs", ["x", {"Score": "5"}, ["x"], [{"value": "5"}], [{"key": None, "value": "5"}], [{"key": 1.5}], [{"key": True}]]
)
def test_custom_values_of_another_shape_are_unreadable(customs: object):
    """Custom values that cannot be told apart are never taken for empty ones."""
    unreadable({**LIVE, "customFields": customs})


def test_custom_values_of_another_type():
    """A number or truth value in a custom field is its JSON text; ids may come as numbers; an absent value is unset."""
    read = contact(
        {**LIVE, "customFields": [{"key": 1, "value": 5}, {"key": "2", "value": True}, {"key": "3"}, {"key": "4", "value": [1]}]}
    )
    assert read.custom == {"1": "5", "2": "true", "3": None, "4": "[1]"}


def test_a_page():
    """A page gives the contacts it holds; an item that is none is left out, for its own read to decide."""
    page = answers.page({"items": [LIVE, {"id": 0}, None, DOCUMENTED], "hasMore": True}, read_at=1.0)
    assert [read.id for read in page.contacts] == [761575530, 12345]
    assert page.has_more
    assert not answers.page({"items": []}, read_at=1.0).has_more
    for data in ([], {}, {"items": None}, None, "x"):
        with pytest.raises(ApiFailed):
            answers.page(data, read_at=1.0)


# --- custom fields ------------------------------------------------------------------------------------------------------------------------


def field(number: object, title: object, kind: str = "text") -> dict[str, object]:
    return {"id": number, "title": title, "fieldType": kind, "metadata": None, "orgWide": False}


def test_custom_fields():
    """The list gives id, title and whether numbers are compared; a field listed twice is one field."""
    found = answers.custom_fields([field(1, "Lead Source"), field(2, "Score", "number"), field(1, "Lead Source")])
    assert found == (CustomField(1, "Lead Source"), CustomField(2, "Score", numeric=True))


@pytest.mark.parametrize(
    ("others", "unique"), [([field(2, "Tier")], False), ([field(2, "1")], False), ([field(2, "tier")], True), ([], True)]
)
def test_titles_that_cannot_be_told_apart(others: list[object], unique: bool):
    """A field whose title another scope has too, or whose id is another's title, cannot be proven by an answer keyed by title."""
    assert answers.custom_fields([field(1, "Tier"), *others])[0].title_is_unique is unique
    assert answers.custom_fields([field(1, "2024"), field(2024, "Year")])[0].title_is_unique is False


@pytest.mark.parametrize("data", [None, {}, "x", [None], [field("1", "x")], [field(1, None)], [field(True, "x")], [field(0, "x")]])
def test_custom_fields_of_another_shape(data: object):
    """A list that cannot be read is an error: a field missing from it might be the one that is meant."""
    with pytest.raises(ApiFailed):
        answers.custom_fields(data)


# --- JSON -----------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff\xfe\x00", b"[" * 100_000, b'"\xc3"', b"9" * 5000, b"\x00"])
def test_what_is_no_json(body: bytes):
    """HTML, nothing, half an answer, wrong encodings, bottomless nesting: one error, no other exception."""
    with pytest.raises(ApiFailed):
        answers.loads(body)


def test_half_characters_are_replaced():
    """JSON may carry half of a surrogate pair, which no workbook, terminal or file can hold: it becomes the sign for that."""
    data = answers.loads(b'{"title": "a\\ud800b", "\\udc00": [{"x": "\\uD83D\\uDE00"}]}')
    assert data == {"title": "a\ufffdb", "\ufffd": [{"x": "\U0001f600"}]}


@pytest.mark.parametrize("depth", range(900, 1000, 3))
def test_nesting_near_the_limit(depth: int):
    """A value nested about as deep as Python can go is read or refused, never anything else."""
    body = b'{"id": 5, "customFields": [{"key": "a", "value": ' + b"[" * depth + b'"\\ud800"' + b"]" * depth + b"}]}"
    with contextlib.suppress(ApiFailed):
        assert contact(answers.loads(body)).id == 5


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from([field.name for field in CATALOGUE] + ["customFields"])
near_contacts = st.dictionaries(names, anything, max_size=4).map(lambda odd: {**LIVE, **odd})
near_customs = st.lists(st.fixed_dictionaries({"key": anything, "value": anything})).map(lambda items: {**LIVE, "customFields": items})


@given(anything | near_contacts | near_customs)
@settings(max_examples=250, deadline=None)
def test_any_json_as_a_contact(data: object):
    """Any JSON gives a contact whose values have the documented types, or an `ApiFailed`."""
    try:
        read = contact(data)
    except ApiFailed:
        return
    for name, value in read.values.items():
        kind = BY_NAME[name].kind
        assert type(value) is (int if kind is Kind.INTEGER else bool if kind is Kind.BOOLEAN else str)
    assert all(isinstance(key, str) and isinstance(value, str | None) for key, value in read.custom.items())


@given(anything | st.fixed_dictionaries({"items": st.lists(near_contacts | anything, max_size=3), "hasMore": anything}))
@settings(max_examples=100, deadline=None)
def test_any_json_as_a_page(data: object):
    """Any JSON gives a page of contacts, or an `ApiFailed`."""
    try:
        page = answers.page(data, read_at=0.0)
    except ApiFailed:
        return
    assert all(isinstance(read, Contact) for read in page.contacts)
    assert isinstance(page.has_more, bool)


@given(
    anything | st.lists(st.fixed_dictionaries({"id": anything | st.integers(1, 9), "title": anything | st.text(max_size=3)}), max_size=4)
)
@settings(max_examples=100, deadline=None)
def test_any_json_as_custom_fields(data: object):
    """Any JSON gives custom fields with different ids, or an `ApiFailed`."""
    try:
        found = answers.custom_fields(data)
    except ApiFailed:
        return
    assert len({custom.id for custom in found}) == len(found)


@given(anything)
@settings(max_examples=50, deadline=None)
def test_any_json_as_whoami(data: object):
    """Any JSON says who the key belongs to as far as it can be read, or gives an `ApiFailed`."""
    try:
        who = answers.whoami(data)
    except ApiFailed:
        return
    assert isinstance(who.username, str)
    assert who.user_id is None or isinstance(who.user_id, int)


# --- errors ---------------------------------------------------------------------------------------------------------------------------------


def problem(status: int, body: object = None, **more: Any) -> ApiError:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return answers.problem(status, raw, **more)


VALIDATION = {"title": "Validation failed", "status": 400, "detail": "The request body contains validation errors.", "extensions": {}}


def test_validation():
    """The validation shape gives the reason for each field, by pointer."""
    error = problem(400, {"errors": [{"pointer": "/email", "detail": "'email' is not a valid email address."}], **VALIDATION})
    assert isinstance(error, PatchRejected)
    assert error.reasons == {"/email": "'email' is not a valid email address."}
    assert (error.status, error.code) == (400, None)


def test_no_reason_is_lost():
    """Two reasons for one field are both kept, and a reason without a pointer counts for the whole body."""
    items = [{"pointer": "/email", "detail": "One."}, {"pointer": "/email", "detail": "Two."}, {"detail": "Three."}, {"pointer": 5}, None]
    error = problem(400, {**VALIDATION, "errors": items})
    assert isinstance(error, PatchRejected)
    assert error.reasons == {"/email": "One; Two", "": "Three; not accepted"}


def test_business_errors():
    """The business shape gives the slug and Reply's words as the reason for the whole body."""
    body = {"title": "Bad Request", "status": 400, "detail": "OwnerUserId 9 is not a member of the team.", "code": "contact.invalidInput"}
    error = problem(400, body)
    assert isinstance(error, PatchRejected)
    assert (error.code, error.reasons) == ("contact.invalidInput", {"": "OwnerUserId 9 is not a member of the team."})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, NotAuthorised),
        (403, ApiRefused),
        (404, ContactNotFound),
        (409, PatchRejected),
        (422, PatchRejected),
        (418, ApiRefused),
        (429, RateLimited),
        (500, ApiFailed),
        (503, ApiFailed),
        (302, ApiFailed),
        (204, ApiFailed),
    ],
)
@pytest.mark.parametrize("body", [None, b" \r\n", b"[1]", {"detail": 5, "code": [], "errors": "x"}])
def test_every_status_has_its_error(status: int, kind: type[ApiError], body: object):
    """Each status becomes its own error with one sentence, also with a body of nothing, or of the wrong types."""
    error = problem(status, body)
    assert type(error) is kind
    assert str(error).endswith(".")
    assert "\n" not in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418, 422, 451])
@pytest.mark.parametrize("body", [b"<html>", b" \r\n<!DOCTYPE html>", b"\xef\xbb\xbf<html>"])
def test_a_web_page_is_nobodys_answer(status: int, body: bytes):
    """What a company's filter shows proves neither that Reply refused nor that the contact or the key is unknown."""
    error = problem(status, body)
    assert type(error) is ApiFailed
    assert error.status == status
    assert str(error).startswith(f"A web page came instead of Reply's answer (status {status});")


@pytest.mark.parametrize("status", [400, 403, 404, 409, 418, 422, 451])
@pytest.mark.parametrize("body", [b"default backend - 404", b"404 page not found\n", b"Blocked by policy.", b"{'title': 'Not Found'}"])
def test_plain_text_is_nobodys_answer_either(status: int, body: bytes):
    """Gateways and filters answer in text, Reply in JSON or with nothing: a text proves no contact to be gone and no value to be refused."""
    error = problem(status, body)
    assert type(error) is ApiFailed
    assert error.status is None
    assert str(error).startswith(f"The answer was not one of Reply's (status {status});")


def test_a_page_with_a_status_that_says_enough():
    """Too many requests, and a proxy that wants a sign-in, were not carried out, whatever comes along; and a key is refused in any words."""
    for body in (b"<html>", b"text"):
        assert type(problem(429, body)) is RateLimited
        assert type(problem(407, body)) is ApiRefused
    assert type(problem(401, b"Unauthorized")) is NotAuthorised


def test_retry_after():
    """How long to wait after a 429 is kept with the error."""
    error = problem(429, None, retry_after=12.0)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 12.0


@given(
    st.sampled_from([400, 401, 403, 404, 409, 418, 429, 500]),
    anything.map(lambda data: json.dumps(data).encode())
    | st.binary(max_size=30)
    | st.dictionaries(
        st.sampled_from(["title", "detail", "code", "errors"]),
        anything | st.lists(st.fixed_dictionaries({"pointer": anything, "detail": anything}), max_size=3),
    ).map(lambda data: json.dumps(data).encode()),
)
@settings(max_examples=150, deadline=None)
def test_any_body_of_an_error(status: int, body: bytes):
    """Any body gives an error of the tree, in one printable sentence of bearable length."""
    error = answers.problem(status, body)
    assert str(error).isprintable()
    assert len(str(error)) < 500
    if isinstance(error, PatchRejected):
        said = answers.rejected_fields(error.reasons, {"title": "x"}, {"title": "Title"})
        assert said.isprintable()


def test_a_huge_body_gives_a_short_sentence():
    """Ten thousand reasons and a megabyte of words stay readable."""
    items = [{"pointer": f"/x{number}", "detail": "y" * 400} for number in range(10_000)]
    error = problem(400, {"detail": "z" * 1_000_000, "errors": items})
    assert isinstance(error, PatchRejected)
    assert len(str(error)) < 400
    assert len(answers.rejected_fields(error.reasons, {}, {})) < 7_000


def test_reasons_name_the_field():
    """A refusal is told with the label of the field, custom fields by the order they were sent in, then Reply's reason."""
    reasons = {"/email": "Is bad.", "/customFields/1/value": "Too long.", "": "Something else."}
    labels = {"email": "Email", "customFields/0": "Score", "customFields/1": "Lead Source"}
    assert answers.rejected_fields(reasons, {"email": "x"}, labels) == "Email: Is bad; Lead Source: Too long; Something else"


def test_a_reason_that_names_its_field_in_words():
    """Where no pointer says it, the field named in Reply's words is the one, if it was sent."""
    said = answers.rejected_fields({"": "Company cannot be updated directly because the accounts feature is enabled"}, {"company": "x"}, {})
    assert said.startswith("Company: Company cannot be updated")
    assert answers.rejected_fields({"": "Company cannot be updated"}, {"title": "x"}, {}) == "Company cannot be updated"
