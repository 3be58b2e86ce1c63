"""Every switch of the sandbox, over real HTTP."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sandbox_caller import BARE, A, B, Caller, errors_of, refusal_of

from reply_xl.sandbox import Sandbox
from reply_xl.sandbox.settings import CHOICES, Settings, Switches


@pytest.fixture
def sandbox():
    with Sandbox(quota="off") as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox):
    return Caller(sandbox)


def test_every_switch_is_documented_typed_and_settable():
    """Keywords, type and state name the same switches; each default is the first choice."""
    assert set(Switches.__annotations__) == {field.name for field in fields(Settings)}
    assert all(getattr(Settings(), name) == choices[0] for name, choices in CHOICES.items())
    for name in ("no_such_switch", "_keys"):
        with pytest.raises(ValueError, match=name):
            Sandbox(**{name: 1})


@pytest.mark.parametrize(
    "bad",
    [
        {"latency": -1},
        {"latency": "1"},
        {"time_scale": 0},
        {"quota": "100"},
        {"quota": 5},
        {"unset": "blank"},
        {"organization": 1},
        {"ignores": "industry"},
        {"scopes": ["all"]},
        {"foreign_owner": 500},
        {"nonsense": 1},
        {"error_style": []},
    ],
)
def test_bad_switch_changes_nothing(sandbox, api, bad):
    """A bad value or name is refused, in Python and over HTTP, with the switch's name, and no other switch is turned."""
    with pytest.raises(ValueError, match=next(iter(bad))):
        sandbox.set(**bad)
    response = api.call("PUT", "/sandbox/settings", json={"normalise": True, **bad})
    assert response.status_code == 400
    assert next(iter(bad)) in response.json()["detail"]
    assert sandbox.settings == Settings(quota="off")


def test_switches_over_http(sandbox, api):
    """PUT turns the switches it names and answers all; GET lists them; they act at once."""
    changed = api.call("PUT", "/sandbox/settings", json={"company_size": "pascal", "latency": 0}).json()
    assert changed["company_size"] == "pascal"
    assert changed == api.get("/sandbox/settings").json() == sandbox.settings.as_json()
    assert set(changed) == {field.name for field in fields(Settings)}
    assert api.get(f"/v3/contacts/{A}").json()["companySize"] == "Fifty"


def test_live_answer(sandbox, api):
    """All switches of the answer together give the shape that was recorded live."""
    sandbox.set(custom_field_keys="id", company_size="pascal", timestamps="null", memberships="absent")
    full, bare = api.get(f"/v3/contacts/{A}").json(), api.get(f"/v3/contacts/{BARE}").json()
    assert full["customFields"][0] == {"key": "150697", "value": "Conference"}
    assert (bare["companySize"], bare["createdAt"], bare["lastModifiedAt"]) == ("Empty", None, None)
    assert bare["addingDate"].endswith("+00:00")
    assert "sequences" not in bare
    assert "lists" not in bare
    assert api.patch({"title": "x"}).json()["lastModifiedAt"] is None
    assert sandbox.contacts[A]["companySize"] == "fifty"


@pytest.mark.parametrize(("unset", "phone", "notes"), [("mixed", "", None), ("null", None, None), ("empty", "", "")])
def test_switch_unset(sandbox, api, unset, phone, notes):
    """What was never set reads back as "" or null, by field or throughout."""
    sandbox.set(unset=unset)
    bare = api.get(f"/v3/contacts/{BARE}").json()
    assert (bare["phone"], bare["city"], bare["notes"], bare["linkedInUrl"]) == (phone, phone, notes, notes)


@pytest.mark.parametrize(("status", "code"), [(404, "contact.notFound"), (400, "contact.invalidInput")])
def test_switch_foreign_owner(sandbox, api, status, code):
    """An owner outside the team, be it another team's user, is 404 or 400 with the documented sentence."""
    sandbox.set(foreign_owner=status)
    for owner in (999999999, 500901):
        assert refusal_of(api.patch({"ownerUserId": owner})) == (status, code, f"OwnerUserId {owner} is not a member of the team.")


@pytest.mark.parametrize(("status", "code"), [(400, "contact.invalidInput"), (409, "contact.duplicateEmail")])
def test_switch_duplicate_email(sandbox, api, status, code):
    """Another contact's e-mail, in any case, is 400 or 409; the contact's own is no duplicate."""
    sandbox.set(duplicate_email=status)
    assert refusal_of(api.patch({"email": sandbox.contacts[B]["email"].upper()}))[:2] == (status, code)
    assert api.patch({"email": sandbox.contacts[A]["email"].upper()}).status_code == 200


@pytest.mark.parametrize("unknown", [{"id": 5}, {"name": "No such field"}, {"name": "lead source"}])
def test_switch_unknown_custom_fields(sandbox, api, unknown):
    """Custom fields that do not exist are dropped without a word, or refused as customField.notFound with nothing stored."""
    before = sandbox.contacts[A]
    body = {"customFields": [{**unknown, "value": "x"}]}
    assert api.patch(body).json()["customFields"] == api.get(f"/v3/contacts/{A}").json()["customFields"]
    assert sandbox.contacts[A]["customFields"] == before["customFields"]
    sandbox.set(unknown_custom_fields="refused")
    assert refusal_of(api.patch({"title": "lost", **body}))[:2] == (404, "customField.notFound")
    assert sandbox.contacts[A]["title"] == before["title"]


@pytest.mark.parametrize("field", ["title", "phone", "linkedInUrl", "companySize"])
def test_switch_null_text(sandbox, api, field):
    """null is refused as a wrong type when the schema is taken at its word; "" still clears text."""
    sandbox.set(null_text="refused")
    assert errors_of(api.patch({field: None})) == [(f"/{field}", "Value has an invalid type.")]
    assert api.patch({"title": "", "isOptedOut": None, "callStatus": None}).status_code == 200
    assert sandbox.contacts[A]["title"] is None


def test_switch_accounts_feature(sandbox, api):
    """With the Accounts feature on a company is refused with the recorded sentence, and the rest with it."""
    sandbox.set(accounts_feature=True)
    sentence = "Company cannot be updated directly because the accounts feature is enabled"
    assert refusal_of(api.patch({"company": "X", "title": "Y"})) == (400, "contact.invalidInput", sentence)
    assert api.patch({"title": "Y"}).status_code == 200


def test_switch_error_style(sandbox, api):
    """Live errors put `errors` first, carry empty extensions, and point at parameters with a slash."""
    sandbox.set(error_style="live")
    assert list(api.patch({"title": 5}).json()) == ["errors", "title", "status", "detail", "extensions"]
    assert api.patch({"title": 5}).json()["extensions"] == {}
    assert list(api.get("/v3/contacts/42").json()) == ["title", "status", "detail", "code", "extensions"]
    assert api.get("/v3/contacts?top=x").json()["errors"][0]["pointer"] == "/top"


def test_switch_organization(sandbox, api):
    """Outside an organization the users are 403 workspace.organizationRequired."""
    sandbox.set(organization=False)
    assert refusal_of(api.get("/v3/whoami/team-users"))[:2] == (403, "workspace.organizationRequired")


def test_switch_normalise(sandbox, api):
    """A normalising server trims text and lower-cases the e-mail; without it both are stored as sent."""
    sent = {"title": "  CTO ", "email": "Ada@Example.com", "customFields": [{"id": 150697, "value": " x "}]}
    plain = api.patch(sent).json()
    assert (plain["title"], plain["email"], plain["customFields"][0]["value"]) == ("  CTO ", "Ada@Example.com", " x ")
    sandbox.set(normalise=True)
    tidy = api.patch(sent).json()
    assert (tidy["title"], tidy["email"], tidy["customFields"][0]["value"]) == ("CTO", "ada@example.com", "x")


def test_switch_ignores(sandbox, api):
    """An ignored field is accepted and not stored, a custom one too; the others of the PATCH are."""
    sandbox.set(ignores=["industry", "custom:Budget", "phone2"])
    custom = [{"id": 150698, "value": "1"}, {"id": 150697, "value": "Fair"}]
    answered = api.patch({"industry": "Mining", "city": "Graz", "phone2": "1", "customFields": custom}).json()
    assert (answered["industry"], answered["city"]) == ("Software & Technology", "Graz")
    assert [entry["value"] for entry in answered["customFields"]] == ["Fair", "5000"]
    assert sandbox.contacts[A]["phone2"] != "1"
