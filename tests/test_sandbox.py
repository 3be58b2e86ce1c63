"""The sandbox over real HTTP: reads, keys, what it publishes, and its life as a server."""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sandbox_caller import KEY, A, B, Caller, errors_of, refusal_of, wait_for

from reply_xl.sandbox import Sandbox, run
from reply_xl.sandbox import data as sandbox_data
from reply_xl.sandbox.settings import Settings


@pytest.fixture
def sandbox():
    with Sandbox(quota="off") as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox):
    return Caller(sandbox)


# -- reads


def test_pages(api):
    """25 by default, at most 1,000; hasMore is exact at the edge."""
    first = api.get("/v3/contacts").json()
    assert (len(first["items"]), first["hasMore"], first["items"][0]["id"]) == (25, True, A)
    ids = []
    for skip, more in ((0, True), (20, True), (40, False), (60, False)):
        page = api.get("/v3/contacts", params={"top": 20, "skip": skip}).json()
        ids += [contact["id"] for contact in page["items"]]
        assert page["hasMore"] is more
    assert ids == list(range(A, A + 60))


@pytest.mark.parametrize("path", ["/v3/contacts", "/v3/contact-lists", "/v3/contact-accounts"])
@pytest.mark.parametrize("query", ["top=0", "top=1001", "skip=-1"])
def test_paging_out_of_range(api, path, query):
    """contact.invalidPagination for numbers out of range, a validation error for what is no number."""
    assert refusal_of(api.get(f"{path}?{query}"))[:2] == (400, "contact.invalidPagination")
    name = query.partition("=")[0]
    assert errors_of(api.get(f"{path}?{name}=x")) == [(name, "Value has an invalid type.")]


def test_look_up_by_email_and_profile(api):
    """The exact e-mail whatever its case, or a profile URL; the shape is a page's; nothing found is an empty page."""
    assert [c["id"] for c in api.get("/v3/contacts", params={"email": "ADA.Lindqvist@example.com"}).json()["items"]] == [A]
    assert api.get("/v3/contacts", params={"email": "ada.lindqvist"}).json() == {"items": [], "hasMore": False}
    profile = api.get(f"/v3/contacts/{A}").json()["linkedInUrl"]
    assert [c["id"] for c in api.get("/v3/contacts", params={"linkedIn": profile + "/"}).json()["items"]] == [A]
    api.patch({"email": "moved@example.com"})
    assert api.get("/v3/contacts", params={"email": "ada.lindqvist@example.com"}).json()["items"] == []
    assert [c["id"] for c in api.get("/v3/contacts", params={"email": "moved@example.com"}).json()["items"]] == [A]


def test_filter(api):
    """listId and searchTerm select, sortBy and sortDirection order, a bad one is pointed at."""

    def ids(**body):
        return [contact["id"] for contact in api.call("POST", "/v3/contacts/filter?top=1000", json=body).json()["items"]]

    assert len(ids()) == 60
    members = [c["id"] for c in api.get("/v3/contacts?top=1000").json()["items"] if any(entry["listId"] == 9002 for entry in c["lists"])]
    assert ids(listId=9002) == members
    assert ids(searchTerm="LINDQ") == [A]
    assert ids(sortBy="email", sortDirection="desc") == list(reversed(ids(sortBy="email")))
    bad = api.call("POST", "/v3/contacts/filter", json={"listId": "x", "searchTerm": 1})
    assert [pointer for pointer, _ in errors_of(bad)] == ["/listId", "/searchTerm"]
    assert errors_of(api.call("POST", "/v3/contacts/filter", json={"sortBy": "shoe"})) == [("/sortBy", "Value has an invalid format.")]


def test_other_reads(api):
    """Lists and accounts by page and search; custom fields, whoami and the users as the documented shapes."""
    assert api.get("/v3/contact-lists?search=hot").json() == {"items": [sandbox_data.LISTS[1]], "hasMore": False}
    assert api.get("/v3/contact-accounts?top=1").json()["hasMore"] is True
    assert set(api.get("/v3/custom-fields").json()[0]) == {"id", "title", "fieldType", "metadata", "orgWide"}
    me = api.get("/v3/whoami").json()
    assert set(me) == {"userId", "username", "teamId"}
    users = api.get("/v3/whoami/team-users").json()
    assert len([user for user in users if user["teamId"] == me["teamId"]]) == 3 < len(users)


def test_unknown_routes_and_methods(api):
    """A bare 404, and a bare 405 that says what is allowed; HEAD has no body."""
    for path in ("/", "/v3/contact", "/v3/contacts/1/notes", "/v3/contacts/", "/sandboxes"):
        response = api.get(path)
        assert (response.status_code, list(response.json())) == (404, ["title", "status", "detail"])
    response = api.call("DELETE", f"/v3/contacts/{A}")
    assert (response.status_code, response.headers["Allow"], list(response.json())) == (405, "GET, PATCH", ["title", "status", "detail"])
    assert api.call("POST", "/v3/contacts", json={}).status_code == 405
    assert (api.call("HEAD", "/v3/whoami").status_code, api.call("HEAD", "/x").status_code) == (405, 404)
    assert api.get("/v3/whoami").status_code == 200
    assert api.call("PATCH", f"/v3/contacts/{A}", data="{}", headers={"Content-Type": "text/plain"}).status_code == 415


# -- who may ask


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer two words", KEY])
def test_missing_or_malformed_key(sandbox, header):
    """401, an empty body, WWW-Authenticate: Bearer."""
    given = {} if header is None else {"Authorization": header}
    response = requests.get(f"{sandbox.url}/v3/whoami", headers=given, timeout=10)
    assert (response.status_code, response.content, response.headers["WWW-Authenticate"]) == (401, b"", "Bearer")


def test_keys_restrict(sandbox, api):
    """With keys given, any other is 401; and without given ones any is accepted."""
    sandbox.set(keys=["other"])
    assert api.get("/v3/whoami").status_code == 401
    assert Caller(sandbox, "other").get("/v3/whoami").status_code == 200
    sandbox.set(keys=None)
    assert api.get("/v3/whoami").status_code == 200


def test_scopes(sandbox, api):
    """A read-only key is refused PATCH and custom-field creation, one without scopes everything but whoami."""
    sandbox.set(scopes=["contacts:read"])
    assert api.get(f"/v3/contacts/{A}").status_code == 200
    for refused in (api.patch({"title": "x"}), api.call("POST", "/v3/custom-fields", json={"title": "x", "fieldType": "text"})):
        assert refusal_of(refused)[:2] == (403, "contact.forbidden")
    sandbox.set(scopes=[])
    assert refusal_of(api.get("/v3/contacts")) == (403, "contact.forbidden", "Feature scopes [ViewProspect] are denied for userId 500176.")
    assert api.get("/v3/whoami").status_code == 200


def test_host_and_origin_must_be_loopback(sandbox):
    """Another name or another site's page is refused, before anything is seen or recorded; localhost is served."""
    for path in ("/v3/whoami", "/sandbox/contacts"):
        for bad in ({"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
            response = requests.get(sandbox.url + path, headers={"Authorization": "Bearer x", **bad}, timeout=10)
            assert response.status_code == 421
    assert sandbox.requests == []
    good = {"Host": "localhost:1", "Origin": "http://localhost:3000"}
    assert requests.get(f"{sandbox.url}/sandbox/settings", headers=good, timeout=10).status_code == 200


def test_key_is_nowhere(sandbox, api):
    """Neither the records nor anything published holds the API key."""
    sandbox.set(keys=[KEY])
    api.patch({"title": "x"})
    shown = [repr(sandbox.requests), repr(sandbox.faults)]
    shown += [api.get(f"/sandbox/{name}").text for name in ("contacts", "requests", "settings", "faults")]
    assert api.get("/v3/whoami").status_code == 200
    assert not any(KEY in text for text in shown)
    assert KEY not in requests.put(f"{sandbox.url}/sandbox/settings", json={"keys": KEY}, timeout=10).text


# -- what it publishes


def test_requests_are_recorded(sandbox, api):
    """Method, path with query, status, body, contact, write and connection of each, in order; /sandbox is not recorded."""
    api.get("/v3/contacts?top=1")
    api.patch({"title": "x"})
    api.patch({"title": 5})
    api.call("PATCH", f"/v3/contacts/{A}", data="{oops", headers={"Content-Type": "application/json"})
    api.get("/sandbox/contacts")
    seen = [(r.number, r.method, r.path, r.status, r.body, r.contact_id, r.applied, r.connection, r.open) for r in sandbox.requests]
    assert seen == [
        (1, "GET", "/v3/contacts?top=1", 200, None, None, False, 1, 1),
        (2, "PATCH", f"/v3/contacts/{A}", 200, {"title": "x"}, A, True, 1, 1),
        (3, "PATCH", f"/v3/contacts/{A}", 400, {"title": 5}, A, False, 1, 1),
        (4, "PATCH", f"/v3/contacts/{A}", 400, "{oops", A, False, 1, 1),
    ]
    assert api.get("/sandbox/requests").json() == [record.as_json() | {"faults": []} for record in sandbox.requests]
    assert all(record.duration is not None and record.duration >= 0 for record in sandbox.requests)


def test_contacts_are_published(sandbox, api):
    """/sandbox/contacts needs no key and shows what is kept; copies do not reach back."""
    shown = requests.get(f"{sandbox.url}/sandbox/contacts", timeout=10).json()
    assert shown == list(sandbox.contacts.values())
    assert requests.get(f"{sandbox.url}/sandbox/contacts/{A}", timeout=10).json() == shown[0]
    sandbox.contacts[A]["title"] = "mine"
    assert sandbox.contacts[A]["title"] != "mine"
    assert requests.get(f"{sandbox.url}/sandbox/contacts/42", timeout=10).status_code == 404
    assert requests.get(f"{sandbox.url}/sandbox/other", timeout=10).status_code == 404
    assert requests.post(f"{sandbox.url}/sandbox/contacts", timeout=10).status_code == 405


def test_edit_delete_and_reset(sandbox, api):
    """Somebody else's edits and deletions, in Python and over HTTP; reset undoes everything and forgets the requests."""
    before = sandbox.contacts
    sandbox.edit(A, title="theirs", customFields={"Budget": None, "Persona": "New"}, phone2="1")
    api.call("PATCH", f"/sandbox/contacts/{B}", json={"title": "over http"})
    sandbox.delete(A + 2)
    api.call("DELETE", f"/sandbox/contacts/{A + 3}")
    api.call("POST", "/v3/custom-fields", json={"title": "New", "fieldType": "text"})
    shown = api.get(f"/v3/contacts/{A}").json()
    assert (shown["title"], {f["key"]: f["value"] for f in shown["customFields"]}) == (
        "theirs",
        {"Lead Source": "Conference", "Persona": "New"},
    )
    assert [contact["id"] for contact in api.get("/v3/contacts?top=2&skip=1").json()["items"]] == [B, A + 4]
    sandbox.set(normalise=True)
    sandbox.fault("cut")
    assert api.call("POST", "/sandbox/reset").status_code == 200
    assert (sandbox.contacts, sandbox.requests, sandbox.faults, sandbox.settings) == (before, [], [], Settings(quota="off"))
    assert len(sandbox.custom_fields) == 5
    for bad in (
        {"shoe": 1},
        {"id": 5},
        {"title": 5},
        {"sequences": [1]},
        {"callStatus": None},
        {"customFields": {"No": "x"}},
        {"ownerUserId": True},
    ):
        with pytest.raises(ValueError, match=next(iter(bad)) if "customFields" not in bad else "No"):
            sandbox.edit(A, **bad)
    with pytest.raises(KeyError):
        sandbox.edit(42, title="x")


def test_contacts_given():
    """Any subset of fields, with ids given or assigned around them; an API answer can be given back as it is."""
    with Sandbox(
        [{}, {"id": B, "email": "b@example.org", "companySize": "oneThousand"}, {"customFields": {"Tier": 1}}], ["Tier"]
    ) as sandbox:
        assert list(sandbox.contacts) == [A, B, A + 2]
        answered = Caller(sandbox).get("/v3/contacts").json()["items"]
        assert answered[1]["domain"] == "example.org"
        assert answered[2]["customFields"] == [{"key": "Tier", "value": "1"}]
    with Sandbox(answered, ["Tier"]) as again:
        assert Caller(again).get("/v3/contacts").json()["items"] == answered


@pytest.mark.parametrize(
    "contacts",
    [
        [{"frstName": "x"}],
        [{"id": 0}],
        [{"id": 2**31}],
        [{"id": 5}, {"id": 5}],
        [{"companySize": "51-200"}],
        [{"customFields": {"No": "x"}}],
    ],
)
def test_contacts_that_cannot_be_given(contacts):
    """A misspelt field, a bad or repeated id, an unknown size or custom field is an error at once."""
    with pytest.raises(ValueError):
        Sandbox(contacts)


# -- speed, threads, life


def test_kept_alive_answers_do_not_stall(sandbox, api):
    """50 sequential PATCHes on one connection cost a small part of the 40 ms that an answer in two packets would each."""

    def median(count):
        return statistics.median(api.patch({"title": str(number)}).elapsed.total_seconds() for number in range(count))

    quick = median(50)
    sandbox.set(latency=0.04)
    assert quick < median(5) / 4
    assert {record.connection for record in sandbox.requests} == {1}


def test_headers_and_body_leave_in_one_piece(sandbox):
    """One recv gets a whole small answer."""
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2])), timeout=10) as raw:
        raw.sendall(b"GET /v3/whoami HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n\r\n")
        head, _, body = raw.recv(65536).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert json.loads(body) == sandbox_data.WHOAMI


def test_latency_does_not_block_others():
    """Eight requests at once under latency take about as long as one, and the record shows how many were open."""
    with Sandbox(quota="off", latency=0.4) as sandbox, ThreadPoolExecutor(8) as pool:
        start = time.perf_counter()
        assert set(pool.map(lambda n: Caller(sandbox).patch({"title": "x"}, A + n).status_code, range(8))) == {200}
        assert time.perf_counter() - start < 2.4
        assert max(record.open for record in sandbox.requests) > 2


def test_large_workspace():
    """50,000 contacts: pages of 1,000 anywhere, look-ups and PATCHes answer."""
    with Sandbox(({"email": f"c{n}@example.com"} for n in range(50_000)), quota="off") as sandbox:
        api = Caller(sandbox)
        page = api.get("/v3/contacts?top=1000&skip=49000").json()
        assert (len(page["items"]), page["hasMore"]) == (1000, False)
        assert api.get("/v3/contacts?email=c40000@example.com").json()["items"][0]["id"] == A + 40_000
        assert api.patch({"title": "x"}, A + 49_999).json()["title"] == "x"


def test_stop_ends_stalled_requests_and_it_can_start_again():
    """stop() does not wait for a stall; the state stays readable, and a new start serves it on the same port."""
    sandbox = Sandbox(quota="off").start()
    api, failures = Caller(sandbox), []

    def stalled():
        try:
            api.get("/v3/whoami")
        except requests.ConnectionError as error:
            failures.append(error)

    sandbox.fault("stall", seconds=60)
    thread = threading.Thread(target=stalled)
    thread.start()
    wait_for(lambda: sandbox.requests)
    start = time.perf_counter()
    sandbox.stop()
    thread.join(5)
    assert time.perf_counter() - start < 2
    assert len(failures) == 1
    sandbox.clear_faults()
    with sandbox, pytest.raises(OSError), Sandbox(port=int(sandbox.url.rpartition(":")[2])):
        pass
    with sandbox:
        assert api.get("/v3/whoami").status_code == 200
    sandbox.stop()


def test_run_serves_until_it_is_told_to_end():
    """run() reports its URL, serves, and returns when the event is set."""
    ready, end, urls = threading.Event(), threading.Event(), []

    def on_ready(url):
        urls.append(url)
        ready.set()

    thread = threading.Thread(target=run, kwargs={"port": 0, "on_ready": on_ready, "end": end, "contacts": [{}], "keys": ["k"]})
    thread.start()
    assert ready.wait(5)
    assert requests.get(f"{urls[0]}/v3/contacts", headers={"Authorization": "Bearer k"}, timeout=10).json()["items"][0]["id"] == A
    end.set()
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_ends_cleanly_on_a_signal(number):
    """SIGTERM and Ctrl-C end the process with 0 and nothing on stderr."""
    code = "from reply_xl.sandbox import run; run(port=0, on_ready=lambda url: print(url, flush=True))"
    root = str(Path(__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")


def test_sandbox_imports_nothing_of_ours():
    """Its modules import the standard library, tornado and each other, so that a misreading cannot hide on both sides."""
    modules = sorted((Path(__file__).parents[1] / "reply_xl").glob("sandbox/*.py"))
    assert len(modules) > 5
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "reply_xl" else [node.module or ""]
            for name in names:
                assert name.startswith("reply_xl.sandbox") or name.partition(".")[0] in {*sys.stdlib_module_names, "tornado"}
