"""PATCH /v3/contacts/{id} of the sandbox over real HTTP: every row of the table, and the shapes of its errors."""

from __future__ import annotations

import pytest
from sandbox_caller import REQUIRED, TEXTS, URLS, WRONG_FORMAT, WRONG_TYPE, A, Caller, errors_of, refusal_of

from reply_xl.sandbox import Sandbox
from reply_xl.sandbox import data as sandbox_data


@pytest.fixture
def sandbox():
    with Sandbox(quota="off") as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox):
    return Caller(sandbox)


SEED_MEMBERS = (
    "id email firstName lastName title company domain companySize city state country timeZoneId phone phoneStatus linkedInUrl "
    "linkedInSalesNavigatorUrl linkedInRecruiterUrl industry notes ownerUserId accountId isOptedOut callStatus meetingStatus "
    "addingDate createdAt lastModifiedAt customFields sequences lists"
)


# -- the answer


def test_answer_has_exactly_the_members_of_the_documented_example(api):
    """Every documented member in the documented order, and no phone2."""
    assert list(api.get(f"/v3/contacts/{A}").json()) == SEED_MEMBERS.split()
    assert list(api.patch({"phone2": "+1-415-555-0177"}).json()) == SEED_MEMBERS.split()


def test_default_workspace_is_fictional_and_fixed():
    """60 contacts with ids nobody has, reserved domains, and something of every kind; the same every time."""
    first, second = Sandbox().contacts, Sandbox().contacts
    assert first == second
    assert list(first) == list(range(A, A + 60))
    assert {contact["domain"] for contact in first.values()} == {"example.com", "example.org", "example.net"}
    assert len({contact["email"] for contact in first.values()}) == 60
    everything = list(first.values())
    for filled in ("isOptedOut", "phone2", "accountId", "customFields", "sequences", "lists", "notes"):
        assert 0 < sum(bool(contact[filled]) for contact in everything) < 60
    assert {contact["ownerUserId"] for contact in everything} == {500176, 500177, 500178}
    assert {field["fieldType"] for field in Sandbox().custom_fields} == {"text", "number"}


# -- the PATCH table


STORED = [
    ("email", "new.name@example.org", "new.name@example.org"),
    *((name, "Zażółć \U0001f600", "Zażółć \U0001f600") for name in ("firstName", "lastName", "title", "company", "industry")),
    *((name, "Graz", "Graz") for name in ("city", "state", "country", "timeZoneId", "notes")),
    ("phone", "+1-212-555-0199", "+1-212-555-0199"),
    ("companySize", "OneThousand", "oneThousand"),
    ("companySize", "Empty", "empty"),
    *((name, "https://www.linkedin.com/in/x", "https://www.linkedin.com/in/x") for name in URLS),
    ("isOptedOut", True, True),
    ("callStatus", "called", "called"),
    ("meetingStatus", "meetingBooked", "meetingBooked"),
    ("ownerUserId", 500178, 500178),
    ("accountId", 88004, 88004),
    ("accountId", None, None),
]


@pytest.mark.parametrize(("field", "sent", "answered"), STORED)
def test_patch_stores_and_answers(api, field, sent, answered):
    """Each field of the table is stored, answered in its response form, and still there in the next read."""
    response = api.patch({field: sent})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert response.json()[field] == answered
    assert api.get(f"/v3/contacts/{A}").json() == response.json()


def test_omitted_members_are_unchanged(api):
    """A PATCH changes the field it names and what follows from it, nothing else."""
    before = api.get(f"/v3/contacts/{A}").json()
    after = api.patch({"title": "CFO"}).json()
    assert {name for name in after if after[name] != before[name]} == {"title", "lastModifiedAt"}


def test_phone2_is_stored_and_never_answered(api, sandbox):
    """phone2 shows in the sandbox's own view alone."""
    assert "phone2" not in api.patch({"phone2": "+1-212-555-0188"}).json()
    assert sandbox.contacts[A]["phone2"] == sandbox.contact(A)["phone2"] == "+1-212-555-0188"


def test_what_follows_from_a_change(api, sandbox):
    """domain follows the e-mail, phoneStatus the phone, finished sequences an opt-out, lastModifiedAt everything."""
    enrolled = next(ident for ident, contact in sandbox.contacts.items() if contact["sequences"])
    assert api.patch({"email": "a@Example.NET"}).json()["domain"] == "example.net"
    statuses = [api.patch({"phone": phone}).json()["phoneStatus"] for phone in ("+1-212-555-0100", "call me", "")]
    assert statuses == ["valid", "invalid", "notValidated"]
    assert api.patch({"isOptedOut": True}, enrolled).json()["sequences"][0]["status"] == "finished"
    assert api.get(f"/v3/contacts/{A}").json()["lastModifiedAt"] > sandbox_data.contacts()[0]["addingDate"][:19]


@pytest.mark.parametrize("field", [*TEXTS, *URLS])
def test_text_is_cleared_by_null_and_by_empty(api, sandbox, field):
    """null and "" both clear a text field; it is unset afterwards."""
    for nothing in (None, ""):
        sandbox.edit(A, **{field: "https://example.com/x"})
        assert not api.patch({field: nothing}).json()[field]
        assert sandbox.contacts[A][field] is None


@pytest.mark.parametrize(
    ("field", "value", "answered"),
    [
        ("isOptedOut", None, False),
        ("callStatus", None, "none"),
        ("meetingStatus", None, "none"),
        ("companySize", None, "empty"),
        ("callStatus", "none", "none"),
        ("meetingStatus", "none", "none"),
        ("accountId", None, None),
        ("ownerUserId", None, None),
    ],
)
def test_other_fields_are_cleared(api, sandbox, field, value, answered):
    """null, and `none` for the two statuses, clear."""
    sandbox.edit(A, isOptedOut=True, callStatus="called", meetingStatus="meetingBooked", companySize="Ten", accountId=88001)
    assert api.patch({field: value}).json()[field] == answered


@pytest.mark.parametrize(
    ("field", "value", "detail"),
    [
        *((name, 5, WRONG_TYPE) for name in (*TEXTS, *URLS, "email", "firstName", "phone2", "companySize")),
        *((name, ["x"], WRONG_TYPE) for name in ("title", "callStatus", "meetingStatus", "accountId")),
        *((name, value, WRONG_TYPE) for name in ("ownerUserId", "accountId") for value in ("55", 55.0, True, 2**31)),
        *(("isOptedOut", value, WRONG_TYPE) for value in ("true", 1, {})),
        *((name, "nope", WRONG_FORMAT) for name in ("companySize", "callStatus", "meetingStatus", *URLS)),
        ("companySize", "oneThousand", WRONG_FORMAT),
        ("linkedInUrl", "linkedin.com/in/x", WRONG_FORMAT),
        *(("email", value, "'email' is not a valid email address.") for value in ("nope", "a@b", "a b@example.com", "", "a@@example.com")),
        *((name, value, REQUIRED) for name, value in (("email", None), ("firstName", None), ("firstName", ""))),
        *(("customFields", value, WRONG_TYPE) for value in ({}, None, "x")),
    ],
)
def test_bad_value_is_refused_by_pointer(api, sandbox, field, value, detail):
    """A bad type, format or enum value is a validation error that points at its member; nothing is stored."""
    before = sandbox.contacts[A]
    assert errors_of(api.patch({"city": "Graz", field: value})) == [(f"/{field}", detail)]
    assert sandbox.contacts[A] == before


def test_all_bad_values_are_named_at_once(api):
    """The problem lists every bad member, in the order of the body."""
    found = errors_of(api.patch({"title": 1, "email": "x", "customFields": [{"id": 150697, "value": 5}, 7, {}]}))
    assert [pointer for pointer, _ in found] == ["/title", "/email", "/customFields/0/value", "/customFields/1", "/customFields/2"]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        *((body, "The request body is required and cannot be empty.") for body in (b"", b" ")),
        *((body, "Request body is not valid JSON.") for body in (b"{", b"{'a':1}", b'{"a":NaN}', b"\xff", b"[" * 100_000)),
        *((body, WRONG_TYPE) for body in (b"[]", b"null", b'"x"', b"1")),
    ],
)
def test_bad_body_is_refused_as_a_whole(api, body, detail):
    """Missing, not JSON, not an object: the pointer is the empty one."""
    response = api.call("PATCH", f"/v3/contacts/{A}", data=body, headers={"Content-Type": "application/json"})
    assert errors_of(response) == [("", detail)]


@pytest.mark.parametrize("ident", ["0", "-1", "2147483648", "99999999999999999999999"])
def test_id_out_of_range(api, ident):
    """An id outside 1…2147483647 is a validation error of the parameter id."""
    assert errors_of(api.patch({}, ident)) == [("id", "The field id must be between 1 and 2147483647.")]
    assert errors_of(api.get(f"/v3/contacts/{ident}")) == [("id", "The field id must be between 1 and 2147483647.")]


def test_unknown_members_are_dropped_silently(api, sandbox):
    """A misspelt member is no error and no write, and read-only members cannot be written."""
    before = sandbox.contacts[A]
    assert api.patch({"frstName": "X", "domain": "x.example", "id": 5, "phoneStatus": "invalid"}).status_code == 200
    assert sandbox.contacts[A] == before
    assert not sandbox.requests[-1].applied


def test_missing_contact(api):
    """404 contact.notFound with the documented sentence, for GET and PATCH."""
    for response in (api.get("/v3/contacts/42"), api.patch({"title": "x"}, 42)):
        assert refusal_of(response) == (404, "contact.notFound", "Contact with ID 42 not found.")


def test_account_that_does_not_exist(api):
    """An accountId that is no account is refused."""
    assert refusal_of(api.patch({"accountId": 5}))[:2] == (400, "contact.invalidInput")


# -- custom fields


def test_custom_fields_by_id_and_by_name(api, sandbox):
    """Both ways of naming reach the field; others keep their value; the answer's key is the name."""
    sent = [{"id": 150697, "value": "Fair"}, {"name": "Persona", "value": "Sceptic"}]
    answered = {entry["key"]: entry["value"] for entry in api.patch({"customFields": sent}).json()["customFields"]}
    assert answered == {"Lead Source": "Fair", "Persona": "Sceptic", "Budget": "5000"}
    assert {"key": "Persona", "id": 150699, "value": "Sceptic"} in sandbox.contacts[A]["customFields"]


@pytest.mark.parametrize("nothing", [{"value": None}, {"value": ""}, {}])
def test_custom_field_is_cleared(api, nothing):
    """null clears a custom field, which then is absent from the answer; so do "" and no value."""
    answered = api.patch({"customFields": [{"id": 150697, **nothing}]}).json()["customFields"]
    assert [entry["key"] for entry in answered] == ["Budget"]


@pytest.mark.parametrize(
    ("entry", "pointer", "detail"),
    [({"id": 150697, "value": value}, "/customFields/0/value", "Value has an invalid type.") for value in (5, True, [], {})]
    + [
        ({"id": "150697", "value": "x"}, "/customFields/0/id", "Value has an invalid type."),
        ({"name": 5, "value": "x"}, "/customFields/0/name", "Value has an invalid type."),
        ({"value": "x"}, "/customFields/0", "Field is required."),
        ("x", "/customFields/0", "Value has an invalid type."),
        ({"name": "Budget", "value": "a lot"}, "/customFields/0/value", "Value has an invalid format."),
    ],
)
def test_bad_custom_field(api, entry, pointer, detail):
    """Each bad part of an entry is pointed at; a number field takes numbers only."""
    assert errors_of(api.patch({"customFields": [entry]})) == [(pointer, detail)]


def test_equal_titles_in_two_scopes():
    """Two custom fields may have one title: the name reaches the first, the id each."""
    scopes = [{"id": 7, "title": "Region"}, {"id": 8, "title": "Region", "orgWide": True}]
    with Sandbox([{}], scopes, custom_field_keys="id") as sandbox:
        answered = Caller(sandbox).patch({"customFields": [{"name": "Region", "value": "N"}, {"id": 8, "value": "S"}]}).json()
    assert answered["customFields"] == [{"key": "7", "value": "N"}, {"key": "8", "value": "S"}]


def test_creating_a_custom_field(api):
    """201 with the field, listed and usable afterwards; 409 for its title again; validation errors point."""
    made = api.call("POST", "/v3/custom-fields", json={"title": "Tier", "fieldType": "text", "orgWide": False})
    assert made.status_code == 201
    assert api.get("/v3/custom-fields").json()[-1] == made.json()
    assert api.patch({"customFields": [{"id": made.json()["id"], "value": "1"}]}).json()["customFields"][-1]["key"] == "Tier"
    again = api.call("POST", "/v3/custom-fields", json={"title": "tier", "fieldType": "number", "orgWide": False})
    assert refusal_of(again)[:2] == (409, "customField.duplicateName")
    bad = api.call("POST", "/v3/custom-fields", json={"title": "x" * 91, "fieldType": "date", "orgWide": "no"})
    assert [pointer for pointer, _ in errors_of(bad)] == ["/title", "/fieldType", "/orgWide"]
