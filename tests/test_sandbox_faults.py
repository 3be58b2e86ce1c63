"""Every fault of the sandbox, and when it strikes, over real HTTP."""

from __future__ import annotations

import http.client

import pytest
import requests
from sandbox_caller import A, B, Caller, wait_for

from reply_xl.sandbox import Sandbox


@pytest.fixture
def sandbox():
    with Sandbox(quota="off") as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox):
    return Caller(sandbox)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
@pytest.mark.parametrize(("body", "kind"), [("problem", "application/problem+json"), ("html", "text/html"), ("empty", None)])
def test_fault_status(sandbox, api, status, body, kind):
    """The status with its body and Retry-After as asked; nothing is written before, and it is written after."""
    sandbox.fault("status", status=status, body=body, times=1)
    plain = api.patch({"title": "one"})
    assert (plain.status_code, plain.headers.get("Content-Type"), plain.headers.get("Retry-After")) == (status, kind, None)
    assert bool(plain.content) is (body != "empty")
    assert (sandbox.requests[-1].applied, sandbox.contacts[A]["title"]) == (False, "Head of Sales")
    sandbox.fault("status", status=status, body=body, retry_after=7, when="after", times=1)
    late = api.patch({"title": "two"})
    assert (late.status_code, late.headers["Retry-After"]) == (status, "7")
    assert (sandbox.requests[-1].applied, sandbox.contacts[A]["title"]) == (True, "two")
    assert api.patch({"title": "three"}).status_code == 200


@pytest.mark.parametrize("when", ["before", "after"])
def test_fault_stall(sandbox, api, when):
    """A stalled PATCH times out at the client; it is written before the stall ends or after, and only this one waits."""
    sandbox.fault("stall", seconds=1.5, when=when, nth=1)
    with pytest.raises(requests.ReadTimeout):
        api.patch({"title": "late"}, timeout=0.5)
    assert (sandbox.contacts[A]["title"] == "late") is (when == "after")
    assert Caller(sandbox).get("/v3/whoami").elapsed.total_seconds() < 1
    wait_for(lambda: sandbox.requests[0].duration is not None)
    record = sandbox.requests[0]
    assert (record.status, record.applied, sandbox.contacts[A]["title"]) == (None, True, "late")
    assert record.duration >= 0.25


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("when", ["before", "after"])
def test_fault_cut(sandbox, api, when, reset):
    """The connection ends without an answer, the write landed or not; the next request is served on a new one."""
    sandbox.fault("cut", when=when, reset=reset, times=1)
    with pytest.raises(requests.ConnectionError) as caught:
        api.patch({"title": "cut"})
    assert ("reset" in str(caught.value)) is reset
    record = sandbox.requests[0]
    assert (record.status, record.applied, record.faults) == (None, when == "after", ("cut",))
    assert (sandbox.contacts[A]["title"] == "cut") is (when == "after")
    assert api.get("/v3/whoami").status_code == 200
    assert [entry.connection for entry in sandbox.requests] == [1, 2]


def test_fault_cut_in_the_body(sandbox, api):
    """Half of the announced body arrives, and the write has landed."""
    sandbox.fault("cut", when="body", times=1)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        api.patch({"title": "half"})
    assert sandbox.contacts[A]["title"] == "half"
    sandbox.fault("cut", when="body", times=1)
    connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"), timeout=10)
    connection.request("GET", f"/v3/contacts/{A}", headers={"Authorization": "Bearer k"})
    with pytest.raises(http.client.IncompleteRead) as caught:
        connection.getresponse().read()
    connection.close()
    assert 0 < len(caught.value.partial) <= (caught.value.expected or 0) + 1


def test_fault_malformed(sandbox, api):
    """A 200 whose body is no JSON, after the write."""
    sandbox.fault("malformed", times=1)
    response = api.patch({"title": "garbled"})
    assert response.status_code == 200
    with pytest.raises(ValueError):
        response.json()
    assert sandbox.contacts[A]["title"] == "garbled"


@pytest.mark.parametrize(
    ("shape", "check"),
    [
        ("list", lambda body: isinstance(body, list) and body[0]["id"] == A),
        ("id", lambda body: body["id"] == A - 1 and body["title"] == "odd"),
        ("types", lambda body: isinstance(body["id"], str) and body["title"] == 17 and isinstance(body["customFields"], dict)),
        ("null", lambda body: body is None),
        ("text", lambda body: body == "OK"),
        ("empty", lambda body: body == {}),
    ],
)
def test_fault_wrong(sandbox, api, shape, check):
    """A 200 of valid JSON that is not the contact, after the write."""
    sandbox.fault("wrong", shape=shape, times=1)
    response = api.patch({"title": "odd"})
    assert response.status_code == 200
    assert check(response.json())
    assert sandbox.contacts[A]["title"] == "odd"


def test_fault_wrong_id_in_a_page(sandbox, api):
    """In a page every contact has a wrong id."""
    sandbox.fault("wrong", shape="id", path=r"^/v3/contacts\?top")
    assert [contact["id"] for contact in api.get("/v3/contacts?top=2").json()["items"]] == [A - 1, B - 1]


def test_fault_huge(sandbox, api):
    """A body of the size asked for, valid and with the contact in it."""
    sandbox.fault("huge", megabytes=3, times=1)
    response = api.patch({"title": "big"})
    assert len(response.content) > 3_000_000
    assert response.json()["title"] == "big"


def test_fault_redirect(sandbox, api):
    """A 3xx to elsewhere, nothing written."""
    sandbox.fault("redirect", status=302, location="https://example.org/login", times=1)
    response = api.patch({"title": "x"})
    assert (response.status_code, response.headers["Location"]) == (302, "https://example.org/login")
    assert not sandbox.requests[-1].applied


@pytest.mark.parametrize(("when", "city", "title"), [("before", "Graz", "mine"), ("after", "Graz", "theirs")])
def test_fault_edit(sandbox, api, when, city, title):
    """Somebody else's edit lands just before or just after the write; the answer shows what it could."""
    sandbox.fault("edit", fields={"city": city, "title": "theirs"}, when=when, method="PATCH", times=1)
    answered = api.patch({"title": "mine"}).json()
    assert (answered["title"], answered["city"]) == ("mine", city if when == "before" else "San Francisco")
    assert (sandbox.contacts[A]["title"], sandbox.contacts[A]["city"]) == (title, city)


def test_fault_edit_of_another_contact(sandbox, api):
    """`target` edits another contact, so that a page read can be the moment."""
    sandbox.fault("edit", fields={"title": "theirs", "customFields": {"Budget": "9"}}, target=B, when="after", nth=1)
    assert api.get("/v3/contacts").json()["items"][1]["title"] != "theirs"
    assert sandbox.contacts[B]["title"] == "theirs"


@pytest.mark.parametrize(("when", "status"), [("before", 404), ("after", 200)])
def test_fault_delete(sandbox, api, when, status):
    """The contact vanishes just before the write, or just after it."""
    sandbox.fault("delete", when=when, contact_id=A)
    assert api.patch({"title": "x"}).status_code == status
    assert A not in sandbox.contacts
    assert api.get("/v3/contacts", params={"email": "ada.lindqvist@example.com"}).json()["items"] == []


def struck(sandbox, api, count=8, ident=A):
    return "".join("x" if api.get(f"/v3/contacts/{ident}").status_code == 503 else "." for _ in range(count))


def test_fault_conditions(sandbox, api):
    """nth, every and times count the requests that match by method, path and contact; all conditions must hold."""
    for conditions, expected in (
        ({}, "xxxxxxxx"),
        ({"nth": 3}, "..x....."),
        ({"every": 3}, "..x..x.."),
        ({"every": 2, "times": 2}, ".x.x...."),
        ({"times": 3}, "xxx....."),
        ({"method": "patch"}, "........"),
        ({"method": "get", "path": "contacts/\\d+$", "contact_id": A, "nth": 1}, "x......."),
        ({"contact_id": B}, "........"),
        ({"path": "^/v3/whoami"}, "........"),
        ({"probability": 0}, "........"),
        ({"probability": 1.0}, "xxxxxxxx"),
    ):
        sandbox.clear_faults()
        sandbox.fault("status", **conditions)
        assert struck(sandbox, api) == expected, conditions


def test_fault_probability_is_repeatable(sandbox, api):
    """The same seed strikes the same requests."""
    patterns = []
    for seed in (1, 1, 2):
        sandbox.clear_faults()
        sandbox.fault("status", probability=0.5, seed=seed)
        patterns.append(struck(sandbox, api, 24))
    assert patterns[0] == patterns[1] != patterns[2]
    assert "x" in patterns[0]
    assert "." in patterns[0]


def test_faults_add_up(sandbox, api):
    """Several faults strike one request in their order: an edit, a stall, then a cut."""
    sandbox.fault("edit", fields={"city": "Graz"}, times=1)
    sandbox.fault("stall", seconds=0.05, times=1)
    sandbox.fault("cut", times=1)
    with pytest.raises(requests.ConnectionError):
        api.patch({"title": "x"})
    record = sandbox.requests[0]
    assert (record.faults, record.applied, sandbox.contacts[A]["city"]) == (("edit", "stall", "cut"), False, "Graz")
    assert record.duration >= 0.05


def test_faults_over_http(sandbox, api):
    """POST arms, GET lists with counts, DELETE disarms one or all; what could never strike is refused."""
    number = api.call("POST", "/sandbox/faults", json={"kind": "status", "status": 500, "nth": 2}).json()["number"]
    api.call("POST", "/sandbox/faults", json={"kind": "stall", "seconds": 0, "path": "lists"})
    assert [api.get("/v3/whoami").status_code for _ in range(3)] == [200, 500, 200]
    listed = api.get("/sandbox/faults").json()
    assert listed == sandbox.faults
    assert {name: listed[0][name] for name in ("number", "kind", "status", "nth", "matched", "struck")} == {
        "number": number,
        "kind": "status",
        "status": 500,
        "nth": 2,
        "matched": 3,
        "struck": 1,
    }
    assert [fault["kind"] for fault in api.call("DELETE", f"/sandbox/faults/{number}").json()] == ["stall"]
    assert api.call("DELETE", "/sandbox/faults").json() == []


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"kind": "flood"},
        {"kind": "status", "status": 200},
        {"kind": "cut", "when": "never"},
        {"kind": "stall", "seconds": "x"},
        {"kind": "status", "path": "("},
        {"kind": "status", "nth": 0},
        {"kind": "status", "seconds": 1},
        {"kind": "edit"},
        {"kind": "edit", "fields": {"shoe": 1}},
        {"kind": "wrong", "shape": "round"},
        {"kind": "redirect", "location": "a\r\nb"},
        {"kind": "status", "probability": 2},
        {"kind": "status", "body": "xml"},
        {"kind": "delete", "target": "x"},
    ],
)
def test_bad_fault_is_refused(sandbox, api, bad):
    """A fault that could not strike as meant is a 400, and none is armed."""
    assert api.call("POST", "/sandbox/faults", json=bad).status_code == 400
    assert sandbox.faults == []
