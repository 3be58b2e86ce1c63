"""Patches → outcomes, against every way in which an answer can fail to come. What may have arrived is never sent again blindly."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from conftest import FIRST_ID, KEY, patches
from tcp_proxy import CUT_AFTER, CUT_BEFORE, CUT_HALFWAY, STALL_AFTER, STALL_BEFORE, TcpProxy

from reply_xl.errors import ApiUnreachable, Cancelled, JournalError
from reply_xl.mapping.columns import map_columns
from reply_xl.model import CellValue, Column, CustomField, FieldValue, Outcome, Patch, Row, Word
from reply_xl.network.client import Client
from reply_xl.network.pace import WindowPace
from reply_xl.patches import Decision, Policy
from reply_xl.plan import planning
from reply_xl.sandbox import Sandbox
from reply_xl.send import Terms, send
from reply_xl.wishes import Wish

EVERYTHING = frozenset({"email", "owner", "account", "opt-out", "opt-in"})
ANSWERED = datetime(2026, 3, 4, 5, 6, 7, 890_000)


class NoWait(WindowPace):
    """No quota and no wait before another try."""

    def __init__(self) -> None:
        super().__init__(())
        self.pauses = 0

    def pause(self, seconds: float, why: str) -> None:
        self.pauses += 1


class Memory:
    """What was sent last, in a dict."""

    def __init__(self) -> None:
        self.sent: dict[tuple[int, str], FieldValue] = {}

    def matches(self, contact_id: int, field: str, value: FieldValue) -> bool:
        return self.sent.get((contact_id, field), self) == value

    def remember(self, contact_id: int, field: str, value: FieldValue) -> None:
        self.sent[contact_id, field] = value

    def close(self) -> None:
        pass


class Runner:
    """Plans the rows of a sheet as read and sends them, over real HTTP."""

    def __init__(self) -> None:
        self.pace = NoWait()
        self.memory: Any = Memory()
        self.clients: list[Client] = []
        self.shown: list[Outcome] = []
        self.clock: Callable[[], float] = time.time
        self.stale_after = 600.0
        self.silence = 10.0
        """Seconds: short ones only where the server stalls, because a busy computer takes its time."""

    def plan(self, url: str, headers: Sequence[str], *rows: Sequence[CellValue], policy: Policy | None = None) -> list[Decision]:
        self.client = Client(url, KEY, self.pace, timeout=(10.0, self.silence), clock=lambda: self.clock())
        self.clients.append(self.client)
        self.policy = policy or Policy(allow=EVERYTHING)
        sheet = [Row(number, [float(cell) if type(cell) is int else cell for cell in row]) for number, row in enumerate(rows, 2)]
        customs = self.client.custom_fields()
        self.columns: tuple[Column, ...] = map_columns(headers, customs=customs, values=[row.cells for row in sheet])
        self.made = planning(sheet, self.columns, self.client, self.policy, self.memory)(self.policy)
        assert self.made.refusal is None
        return list(self.made.to_send)

    def terms(self) -> Terms:
        return Terms(
            self.client,
            self.policy,
            self.memory,
            self.pace.cancelled,
            self.pace.pause,
            lambda: self.clock(),
            lambda: ANSWERED,
            self.stale_after,
        )

    def send(self, decisions: Sequence[Decision]) -> list[Outcome]:
        return sorted(send(decisions, self.terms(), self.shown.append), key=lambda outcome: outcome.row)

    def run(self, sandbox: Sandbox, headers: Sequence[str], *rows: Sequence[CellValue], url: str = "", **policy: Any) -> list[Outcome]:
        """Plans, then arms nothing, then sends; `sandbox.fault` after planning needs `plan` and `send`."""
        return self.send(self.plan(url or sandbox.url, headers, *rows, **policy))


@pytest.fixture
def runner() -> Iterator[Runner]:
    made = Runner()
    yield made
    for client in made.clients:
        client.close()


def one(outcomes: Sequence[Outcome]) -> Outcome:
    assert len(outcomes) == 1
    return outcomes[0]


TITLE = ("Reply ID", "Title")


def new_titles(count: int) -> list[tuple[int, str]]:
    return [(FIRST_ID + index, f"New {index}") for index in range(count)]


# -- what is stored


def test_an_update_is_proven_by_the_answer(sandbox: Sandbox, runner: Runner) -> None:
    """One PATCH with the changed fields alone; the outcome carries body, status, contact and our clock in whole seconds."""
    outcome = one(runner.run(sandbox, ("Reply ID", "First name", "Title", "City"), (FIRST_ID, "First0", "CTO", None)))
    assert (outcome.row, outcome.word, outcome.status, dict(outcome.sent)) == (2, Word.UPDATED, 200, {"title": "CTO"})
    assert outcome.at == ANSWERED.replace(microsecond=0)
    assert outcome.contact is not None
    assert outcome.contact.values["title"] == "CTO"
    assert outcome.message == "Updated Title."
    assert [(request.path, request.body) for request in patches(sandbox)] == [(f"/v3/contacts/{FIRST_ID}", {"title": "CTO"})]


@pytest.mark.parametrize("keys", ["name", "id"])
@pytest.mark.parametrize("casing", ["camel", "pascal"])
@pytest.mark.parametrize("unset", ["mixed", "null", "empty"])
def test_every_live_difference_is_proven_alike(
    make_sandbox: Callable[..., Sandbox], runner: Runner, keys: str, casing: str, unset: str
) -> None:
    """Custom fields keyed by title or id, companySize in either casing, unset as null or "": sent once, stored, and then unchanged."""
    sandbox = make_sandbox(
        [{"id": FIRST_ID, "notes": "old"}],
        custom_field_keys=keys,
        company_size=casing,
        unset=unset,
        timestamps="null",
        memberships="absent",
    )
    headers = ("Reply ID", "Company size", "Lead Source", "Budget", "Notes", "Call status")
    row = (FIRST_ID, "51-200", "Referral", 5000, "<clear>", "to call")
    outcome = one(runner.run(sandbox, headers, row))
    assert outcome.word is Word.UPDATED, outcome.message
    assert outcome.sent == {
        "companySize": "TwoHundred", "notes": None, "callStatus": "toCall",
        "customFields": [{"id": 150697, "value": "Referral"}, {"id": 150698, "value": "5000"}],
    }  # fmt: skip
    assert runner.run(sandbox, headers, row) == []
    assert [outcome.word for outcome in runner.made.standing()] == [Word.UNCHANGED]


def test_what_was_not_stored_is_named(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """A 200 whose contact lacks the value is `not stored`; what was stored is dated, and both are named."""
    sandbox = make_sandbox(2, ignores=["industry", "custom:Lead Source"])
    headers = ("Reply ID", "Title", "Industry", "Lead Source")
    both, none = runner.run(sandbox, headers, (FIRST_ID, "CTO", "Energy", "Web"), (FIRST_ID + 1, None, "Energy", None))
    assert (both.word, both.not_stored, both.status) == (Word.NOT_STORED, ("industry", "custom:Lead Source"), 200)
    assert both.at is not None
    assert "Industry and Lead Source" in both.message
    assert "Updated Title." in both.message
    assert (none.word, none.at) == (Word.NOT_STORED, None)


def test_null_that_is_refused_for_text_is_refused(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """Where the server takes no null for text, clearing is `refused` and names the field; the value still stands."""
    sandbox = make_sandbox([{"id": FIRST_ID, "notes": "old"}], null_text="refused")
    outcome = one(runner.run(sandbox, ("Reply ID", "Notes"), (FIRST_ID, "<clear>")))
    assert (outcome.word, outcome.status, outcome.at) == (Word.REFUSED, 400, None)
    assert "Notes" in outcome.message
    assert sandbox.contact(FIRST_ID)["notes"] == "old"


def test_a_server_that_normalises_causes_no_second_update(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """An e-mail that the server lower-cases is stored, and equal at the next run."""
    sandbox = make_sandbox(1, normalise=True)
    row = (FIRST_ID, "First0", "Last0", "Zed@Example.com")
    headers = ("Reply ID", "First name", "Last name", "Email")
    assert one(runner.run(sandbox, headers, row)).word is Word.UPDATED
    assert runner.run(sandbox, headers, row) == []


def test_a_field_that_is_never_returned_is_sent_once(sandbox: Sandbox, runner: Runner) -> None:
    """`phone2` cannot be verified, says so, and is not sent again while the sheet's value is the one sent last."""
    headers, row = ("Reply ID", "Second phone"), (FIRST_ID, "+1 415 555 0142")
    outcome = one(runner.run(sandbox, headers, row))
    assert outcome.word is Word.UPDATED
    assert "cannot be verified" in outcome.message
    assert outcome.at is not None
    assert runner.run(sandbox, headers, row) == []
    assert runner.run(sandbox, headers, (FIRST_ID, "+1 415 555 0143"))[0].word is Word.UPDATED


def test_a_memory_that_fails_costs_no_row(sandbox: Sandbox, runner: Runner) -> None:
    """The value was stored: that it cannot be remembered is no reason to call the row anything else."""

    class Broken(Memory):
        def remember(self, contact_id: int, field: str, value: FieldValue) -> None:
            raise JournalError("No.")

    runner.memory = Broken()
    assert one(runner.run(sandbox, ("Reply ID", "Second phone"), (FIRST_ID, "+1 415 555 0142"))).word is Word.UPDATED


# -- refusals


@pytest.mark.parametrize("style", ["documented", "live"])
@pytest.mark.parametrize(
    ("header", "value", "switches", "status", "says"),
    [
        ("Title", "x", {"scopes": ["contacts:read"]}, 403, "EditProspect"),
        ("Company", "New", {"accounts_feature": True}, 400, "Company"),
        ("Account ID", 999, {}, 400, "Account ID"),
        ("Owner user ID", 999, {"foreign_owner": 400, "organization": False}, 400, "Owner user ID"),
        ("Owner user ID", 999, {"foreign_owner": 404, "organization": False}, 404, "Owner user ID: 999"),
    ],
)
def test_a_refusal_names_field_and_reason(
    make_sandbox: Callable[..., Sandbox], runner: Runner, style: str, header: str, value: CellValue, switches: Any, status: int, says: str
) -> None:
    """Whatever Reply refuses stays with its row, with status, body and a sentence; the other row is updated. Owners and accounts that cannot be
    looked up are left to Reply."""
    sandbox = make_sandbox(3, error_style=style, **switches)
    sandbox.fault("status", status=403, path="contact-accounts")
    refused, fine = runner.run(sandbox, ("Reply ID", header, "City"), (FIRST_ID, value, None), (FIRST_ID + 1, None, "Oslo"))
    assert (refused.word, refused.status) == (Word.REFUSED, status)
    assert says in refused.message
    assert refused.sent
    assert refused.at is None
    assert fine.word is (Word.REFUSED if "scopes" in switches else Word.UPDATED)


@pytest.mark.parametrize("status", [400, 409])
def test_an_email_that_somebody_else_has_is_refused(make_sandbox: Callable[..., Sandbox], runner: Runner, status: int) -> None:
    """A duplicate e-mail is refused by 400 or 409, and the sentence names the field."""
    sandbox = make_sandbox(3, duplicate_email=status)
    outcome = one(runner.run(sandbox, ("Reply ID", "First name", "Last name", "Email"), (FIRST_ID, "First0", "Last0", "p1@example.com")))
    assert (outcome.word, outcome.status) == (Word.REFUSED, status)
    assert "Email" in outcome.message
    assert sandbox.contact(FIRST_ID)["email"] == "p0@example.com"


def test_a_custom_value_that_is_refused_is_named_by_its_title(sandbox: Sandbox, runner: Runner) -> None:
    """`/customFields/1/value` becomes the title of the second custom column."""
    decisions = runner.plan(sandbox.url, ("Reply ID", "Lead Source", "Budget"), (FIRST_ID, "Web", 12))
    patch = decisions[0].patch
    assert patch is not None
    first, second = patch.changes
    bad = Decision(decisions[0].wishes, Patch(patch.contact, (first, type(second)(second.target, None, "twelve", True))))
    outcome = one(runner.send([bad]))
    assert (outcome.word, outcome.status) == (Word.REFUSED, 400)
    assert "Budget: " in outcome.message


def test_a_custom_field_that_is_gone_is_not_a_missing_contact(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """404 customField.notFound says nothing about the contact: the row is `refused`, and the field is named."""
    sandbox = make_sandbox(2, unknown_custom_fields="refused")
    decisions = runner.plan(sandbox.url, ("Reply ID", "Lead Source"), (FIRST_ID, "Web"))
    patch = decisions[0].patch
    assert patch is not None
    gone = Decision(decisions[0].wishes, Patch(patch.contact, (type(patch.changes[0])(CustomField(999, "Region"), None, "North", True),)))
    outcome = one(runner.send([gone]))
    assert (outcome.word, outcome.status) == (Word.REFUSED, 404)
    assert "Region" in outcome.message
    assert "999" in outcome.message


def test_a_contact_deleted_in_mid_run_is_not_found(sandbox: Sandbox, runner: Runner) -> None:
    """404 to a PATCH: `not found`, also where the body carried an owner; the other rows go on."""
    headers = ("Reply ID", "Title", "Owner user ID")
    decisions = runner.plan(sandbox.url, headers, (FIRST_ID, "A", None), (FIRST_ID + 1, "B", 500177), (FIRST_ID + 2, "C", None))
    sandbox.delete(FIRST_ID)
    sandbox.delete(FIRST_ID + 1)
    outcomes = runner.send(decisions)
    assert [(outcome.word, outcome.status) for outcome in outcomes] == [(Word.NOT_FOUND, 404), (Word.NOT_FOUND, 404), (Word.UPDATED, 200)]


def test_somebody_elses_edit_in_mid_run_survives(sandbox: Sandbox, runner: Runner) -> None:
    """Only the fields of the patch are sent: what somebody else changed beside them stands."""
    decisions = runner.plan(sandbox.url, TITLE, (FIRST_ID, "Mine"))
    sandbox.edit(FIRST_ID, city="Theirs")
    assert one(runner.send(decisions)).word is Word.UPDATED
    assert (sandbox.contact(FIRST_ID)["title"], sandbox.contact(FIRST_ID)["city"]) == ("Mine", "Theirs")


@pytest.mark.parametrize("status", [402, 403, 405, 409, 410, 413, 415, 418, 422])
@pytest.mark.parametrize("body", ["problem", "empty"])
def test_any_4xx_stays_with_its_row(sandbox: Sandbox, runner: Runner, status: int, body: str) -> None:
    """One request, one `refused`, one sentence; the next row is updated."""
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(2))
    sandbox.fault("status", status=status, body=body, contact_id=FIRST_ID, method="PATCH")
    refused, fine = runner.send(decisions)
    assert (refused.word, refused.status, fine.word) == (Word.REFUSED, status, Word.UPDATED)
    assert refused.message.endswith(".")
    assert len(patches(sandbox)) == 2


def test_a_401_stops_the_run_at_once(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """The row that met it is `refused`, no request leaves once its answer has been read, and the rest says why it was not sent."""
    sandbox = make_sandbox(100, latency=0.01)
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(100))
    sandbox.fault("status", status=401, body="empty", method="PATCH", nth=9)
    outcomes = runner.send(decisions)
    words = [outcome.word for outcome in outcomes]
    assert len(outcomes) == 100
    assert words.count(Word.REFUSED) == 1
    assert len(patches(sandbox)) <= 9 + 2 * 4  # those under way, and at most one more of each thread until the answer has been read
    assert words.count(Word.UPDATED) == len(patches(sandbox)) - 1
    assert all("API key" in outcome.message for outcome in outcomes if outcome.word is Word.CANCELLED)


def test_a_401_also_ends_what_waits_for_the_quota(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """Requests that wait for their turn when the key is refused do not leave afterwards."""
    sandbox = make_sandbox(30)
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(30))
    sandbox.fault("status", status=401, method="PATCH", nth=8)
    pace = runner.pace = WindowPace([(8, 0.6)])  # type: ignore[assignment]
    runner.client = Client(sandbox.url, KEY, pace)
    runner.clients.append(runner.client)
    outcomes = runner.send(decisions)
    assert len(patches(sandbox)) == 8
    assert [outcome.word for outcome in outcomes].count(Word.CANCELLED) == 22


# -- 429


def test_a_429_in_mid_run_is_waited_for_and_repeated(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """Every row is updated in the end, and no PATCH is carried out twice."""
    sandbox = make_sandbox(20)
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(20))
    sandbox.fault("status", status=429, retry_after="0.1", method="PATCH", every=5, times=4)
    outcomes = runner.send(decisions)
    assert {outcome.word for outcome in outcomes} == {Word.UPDATED}
    assert sum(request.applied for request in patches(sandbox)) == 20


# -- answers that never came


NEVER_CAME = [
    {"kind": "cut", "when": "before"},
    {"kind": "cut", "when": "before", "reset": True},
    {"kind": "cut", "when": "after"},
    {"kind": "cut", "when": "after", "reset": True},
    {"kind": "cut", "when": "body"},
    {"kind": "stall", "when": "before", "seconds": 1},
    {"kind": "stall", "when": "after", "seconds": 1},
    {"kind": "status", "status": 500, "when": "before", "body": "html"},
    {"kind": "status", "status": 502, "when": "after", "body": "html"},
    {"kind": "status", "status": 503, "when": "before", "body": "empty"},
    {"kind": "status", "status": 504, "when": "after", "body": "problem"},
    *(
        {"kind": "status", "status": status, "when": when, "body": "html"}
        for status in (400, 401, 403, 404)
        for when in ("before", "after")
    ),
    {"kind": "malformed"},
    {"kind": "wrong", "shape": "list"},
    {"kind": "wrong", "shape": "id"},
    {"kind": "wrong", "shape": "types"},
    {"kind": "wrong", "shape": "null"},
    {"kind": "wrong", "shape": "text"},
    {"kind": "wrong", "shape": "empty"},
    {"kind": "redirect", "when": "before"},
    {"kind": "redirect", "when": "after"},
]


@pytest.mark.parametrize("fault", NEVER_CAME, ids=lambda fault: " ".join(map(str, fault.values())))
def test_a_lost_answer_is_settled_by_reading_back(sandbox: Sandbox, runner: Runner, fault: dict[str, Any]) -> None:
    """The contact is read back; if the value is there the row is `updated` after one PATCH, if not it is sent once more."""
    if fault["kind"] == "stall":
        runner.silence = 0.5
    decisions = runner.plan(sandbox.url, TITLE, (FIRST_ID, "Once"))
    sandbox.fault(**{"when": "after", **fault}, method="PATCH", times=1)
    outcome = one(runner.send(decisions))
    assert outcome.word is Word.UPDATED, outcome.message
    assert outcome.at is not None
    landed = fault.get("when", "after") != "before"
    sent = patches(sandbox)
    if fault["kind"] != "stall":
        assert [request.applied for request in sent] == ([True] if landed else [False, True])
    assert len(sent) == (1 if landed else 2)
    assert ("read back" in outcome.message) == landed
    between = [request.method for request in sandbox.requests][-3:] if not landed else [request.method for request in sandbox.requests][-2:]
    assert between == (["PATCH", "GET"] if landed else ["PATCH", "GET", "PATCH"])
    assert sandbox.contact(FIRST_ID)["title"] == "Once"


@pytest.mark.parametrize(
    ("action", "landed"), [(CUT_BEFORE, False), (CUT_AFTER, True), (CUT_HALFWAY, True), (STALL_BEFORE, False), (STALL_AFTER, True)]
)
def test_a_torn_wire_is_settled_by_reading_back(sandbox: Sandbox, runner: Runner, action: str, landed: bool) -> None:
    """The same where not the server but the line between breaks."""
    torn: list[bytes] = []

    def act(data: bytes, number: int) -> str:
        if data.startswith(b"PATCH") and not torn:
            torn.append(data)
            return action
        return "pass"

    if action in (STALL_BEFORE, STALL_AFTER):
        runner.silence = 0.5
    with TcpProxy(sandbox.url, act) as proxy:
        outcome = one(runner.run(sandbox, TITLE, (FIRST_ID, "Once"), url=proxy.url))
    assert outcome.word is Word.UPDATED
    assert [request.applied for request in patches(sandbox)] == [True]
    assert sum(line.startswith("PATCH") for line in proxy.seen) == (1 if landed else 2)


def test_a_page_that_blocks_every_change(sandbox: Sandbox, runner: Runner) -> None:
    """A company's filter that lets reads through and changes not: each row is proven unchanged, and its sentence is what to tell the IT department."""
    decisions = runner.plan(sandbox.url, TITLE, (FIRST_ID, "Blocked"))
    sandbox.fault("status", status=403, body="html", method="PATCH")
    outcome = one(runner.send(decisions))
    assert (outcome.word, outcome.status) == (Word.FAILED, 403)
    assert outcome.message == (
        "A web page came instead of Reply's answer (status 403); if this network has a sign-in page, sign in in your browser, else ask your IT "
        "department to let Reply through."
    )
    assert len(patches(sandbox)) == 3


def test_a_page_that_blocks_every_change_of_many(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """Six requests a row would be spent for nothing, for hours: after eight rows the rest is not sent, to be resumed. Reply's own faults stop no run."""
    sandbox = make_sandbox(60)
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(60))
    sandbox.fault("status", status=403, body="html", method="PATCH")
    outcomes = send(decisions, runner.terms(), runner.shown.append, workers=1)
    assert Counter(outcome.word for outcome in outcomes) == {Word.FAILED: 8, Word.CANCELLED: 52}
    sandbox.clear_faults()
    sandbox.fault("status", status=500, method="PATCH")
    runner.pace.cancelled.clear()
    assert Counter(outcome.word for outcome in runner.send(decisions)) == {Word.FAILED: 60}


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 403 Forbidden\r\n", b"HTTP/1.1 503 Unavailable\r\n", b"HTTP/1.1 404 Not Found\r\n"]
)
def test_a_network_that_changes_in_mid_run_stops_it(make_sandbox: Callable[..., Sandbox], runner: Runner, answer: bytes) -> None:
    """From then on a page comes instead of every answer: some rows are unknown, and the rest is not sent, to be resumed."""
    sandbox = make_sandbox(60)
    page = answer + b"Content-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"

    def act(data: bytes, number: int) -> str | bytes:
        return "pass" if number <= 12 else page

    with TcpProxy(sandbox.url, act) as proxy:
        decisions = runner.plan(proxy.url, TITLE, *new_titles(60))
        outcomes = send(
            decisions, runner.terms(), runner.shown.append, workers=1
        )  # one at a time: an answer that was late would count anew
    words = Counter(outcome.word for outcome in outcomes)
    applied = len([request for request in patches(sandbox) if request.applied])
    assert applied > 0
    assert words == {Word.UPDATED: applied, Word.UNKNOWN: 8, Word.CANCELLED: 60 - 8 - applied}


def test_a_gateway_that_knows_no_contact(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """While Reply is replaced, what stands before it answers 404 in a text: nobody is told that a contact is gone."""
    sandbox = make_sandbox(60)
    text = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n\r\ndefault backend - 404"
    with TcpProxy(sandbox.url, lambda data, number: "pass" if number <= 12 else text) as proxy:
        outcomes = runner.send(runner.plan(proxy.url, TITLE, *new_titles(60)))
    assert {outcome.word for outcome in outcomes} == {Word.UPDATED, Word.UNKNOWN, Word.CANCELLED}
    assert not any("no longer in Reply" in outcome.message for outcome in outcomes)


def test_a_huge_answer_is_an_answer(sandbox: Sandbox, runner: Runner) -> None:
    """Ten megabytes that are the contact prove the update."""
    decisions = runner.plan(sandbox.url, TITLE, (FIRST_ID, "Once"))
    sandbox.fault("huge", megabytes=10, method="PATCH")
    assert one(runner.send(decisions)).word is Word.UPDATED
    assert len(sandbox.requests) - len(patches(sandbox)) == 2  # custom fields and one page


def test_a_change_that_never_lands_is_given_up(sandbox: Sandbox, runner: Runner) -> None:
    """Three PATCHes, each read back, then `failed`: the value is certainly not there."""
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(2))
    sandbox.fault("status", status=500, method="PATCH", contact_id=FIRST_ID)
    failed, fine = runner.send(decisions)
    assert (failed.word, failed.status, failed.at, fine.word) == (Word.FAILED, 500, None, Word.UPDATED)
    assert len([request for request in patches(sandbox) if request.contact_id == FIRST_ID]) == 3


@pytest.mark.parametrize("kind", ["cut", "status", "malformed", "wrong"])
def test_what_cannot_be_read_back_is_unknown_and_not_sent_again(sandbox: Sandbox, runner: Runner, kind: str) -> None:
    """Neither PATCH nor GET is answered: `unknown`, after one PATCH; nobody can say whether it arrived."""
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(2))
    sandbox.fault(kind, contact_id=FIRST_ID)
    unknown, fine = runner.send(decisions)
    assert (unknown.word, unknown.at, fine.word) == (Word.UNKNOWN, None, Word.UPDATED)
    assert unknown.sent == {"title": "New 0"}
    assert len([request for request in patches(sandbox) if request.contact_id == FIRST_ID]) == 1


def test_somebody_elses_value_after_a_lost_answer_is_not_overwritten(sandbox: Sandbox, runner: Runner) -> None:
    """Read back, the field holds neither the old nor the new value: `unknown`, and nothing is sent again."""
    decisions = runner.plan(sandbox.url, TITLE, (FIRST_ID, "Mine"))
    sandbox.fault("edit", fields={"title": "Theirs"}, when="before", method="PATCH")
    sandbox.fault("cut", when="before", method="PATCH")
    assert one(runner.send(decisions)).word is Word.UNKNOWN
    assert sandbox.contact(FIRST_ID)["title"] == "Theirs"
    assert len(patches(sandbox)) == 1


def test_a_lost_answer_of_which_half_was_stored(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """Read back, one field is there and the other is not: it arrived, and the other was not stored."""
    sandbox = make_sandbox(1, ignores=["industry"])
    decisions = runner.plan(sandbox.url, ("Reply ID", "Title", "Industry"), (FIRST_ID, "CTO", "Energy"))
    sandbox.fault("cut", when="after", method="PATCH")
    outcome = one(runner.send(decisions))
    assert (outcome.word, outcome.not_stored) == (Word.NOT_STORED, ("industry",))
    assert len(patches(sandbox)) == 1


def test_a_lost_answer_for_a_field_that_is_never_shown_is_unknown(sandbox: Sandbox, runner: Runner) -> None:
    """`phone2` alone cannot be read back: `unknown`, and it is not taken for sent at the next run."""
    headers, row = ("Reply ID", "Second phone"), (FIRST_ID, "+1 415 555 0142")
    decisions = runner.plan(sandbox.url, headers, row)
    sandbox.fault("cut", when="after", method="PATCH")
    assert one(runner.send(decisions)).word is Word.UNKNOWN
    assert len(patches(sandbox)) == 1
    sandbox.clear_faults()
    assert one(runner.run(sandbox, headers, row)).word is Word.UPDATED


def test_a_contact_that_is_gone_when_read_back_is_not_found(sandbox: Sandbox, runner: Runner) -> None:
    """A lost answer and then 404: `not found`."""
    decisions = runner.plan(sandbox.url, TITLE, (FIRST_ID, "Mine"))
    sandbox.fault("delete", when="before", method="PATCH")
    sandbox.fault("cut", when="before", method="PATCH")
    assert one(runner.send(decisions)).word is Word.NOT_FOUND


def test_a_key_that_is_refused_when_reading_back_stops_the_run(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """The row is `unknown`, and nothing more is sent."""
    sandbox = make_sandbox(50, latency=0.005)
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(50))
    sandbox.fault("cut", when="after", method="PATCH", nth=1)
    sandbox.fault("status", status=401, method="GET")
    words = [outcome.word for outcome in runner.send(decisions)]
    assert words.count(Word.UNKNOWN) == 1
    assert words.count(Word.CANCELLED) >= 40


def test_a_network_that_is_gone_fails_the_rest(sandbox: Sandbox, runner: Runner) -> None:
    """Nobody listens any more: nothing was sent, so every row is `failed`, not `unknown`."""
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(3))
    runner.client.close()
    sandbox.stop()
    outcomes = runner.send(decisions)
    assert {outcome.word for outcome in outcomes} == {Word.FAILED}
    assert all(outcome.sent == {} and outcome.message.startswith("Not sent:") for outcome in outcomes)


def test_a_storm_of_faults_loses_no_row_and_sends_nothing_twice(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """400 rows under random cuts, errors, 429s and broken answers: one outcome each; `updated` exactly where the value is, and no
    PATCH is repeated after one that landed."""
    sandbox = make_sandbox(400)
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(400))
    for seed, fault in enumerate(NEVER_CAME):
        if fault["kind"] != "stall":
            sandbox.fault(**fault, method="PATCH", probability=0.02, seed=seed)
    sandbox.fault("status", status=429, retry_after="0.01", probability=0.02, seed=99)
    sandbox.fault("cut", method="GET", probability=0.1, seed=98)
    outcomes = runner.send(decisions)
    assert [outcome.row for outcome in outcomes] == list(range(2, 402))
    assert len(runner.shown) == 400
    stored = {contact["id"]: contact["title"] for contact in sandbox.contacts.values()}
    for outcome in outcomes:
        assert outcome.contact_id is not None
        if outcome.word is Word.UPDATED:
            assert stored[outcome.contact_id] == f"New {outcome.row - 2}"
        elif outcome.word is Word.FAILED:
            assert stored[outcome.contact_id] is None
        else:
            assert outcome.word is Word.UNKNOWN
    assert sum(outcome.word is Word.UPDATED for outcome in outcomes) > 380
    landed: set[int | None] = set()
    for request in patches(sandbox):
        assert request.contact_id not in landed, "sent again although it had landed"
        if request.applied:
            landed.add(request.contact_id)


# -- how it is sent


def test_four_at_a_time_over_kept_connections(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """Four requests are under way, never more, and four connections carry all of them; one PATCH a contact."""
    sandbox = make_sandbox(60, latency=0.01)
    outcomes = runner.run(sandbox, TITLE, *new_titles(60))
    assert {outcome.word for outcome in outcomes} == {Word.UPDATED}
    sent = patches(sandbox)
    assert max(request.open for request in sent) == 4
    assert len({request.connection for request in sent}) == 4
    assert sorted(request.contact_id or 0 for request in sent) == [FIRST_ID + index for index in range(60)]


def test_rows_of_one_contact_share_a_patch(sandbox: Sandbox, runner: Runner) -> None:
    """Two rows that ask for the same are one PATCH and two outcomes."""
    outcomes = runner.run(sandbox, TITLE, (FIRST_ID, "Same"), (FIRST_ID, "Same"))
    assert [(outcome.row, outcome.word) for outcome in outcomes] == [(2, Word.UPDATED), (3, Word.UPDATED)]
    assert len(patches(sandbox)) == 1


def test_each_outcome_is_told_once(sandbox: Sandbox, runner: Runner) -> None:
    """`on_outcome` hears of every row, once."""
    runner.run(sandbox, TITLE, *new_titles(10))
    assert sorted(outcome.row for outcome in runner.shown) == list(range(2, 12))


def test_a_display_that_breaks_costs_no_row(sandbox: Sandbox, runner: Runner) -> None:
    """Whoever shows the progress may have lost its terminal: every row is sent and has its one outcome."""

    def broken(outcome: Outcome) -> None:
        raise BrokenPipeError

    outcomes = send(runner.plan(sandbox.url, TITLE, *new_titles(10)), runner.terms(), broken)
    assert sorted((outcome.row, outcome.word) for outcome in outcomes) == [(row, Word.UPDATED) for row in range(2, 12)]


def test_a_mistake_of_ours_becomes_unknown(sandbox: Sandbox, runner: Runner) -> None:
    """An exception that nobody foresaw stays with its row."""

    class Odd:
        def patch(self, contact_id: int, body: Any) -> Any:
            if contact_id == FIRST_ID:
                raise ZeroDivisionError
            return runner.client.patch(contact_id, body)

    decisions = runner.plan(sandbox.url, TITLE, *new_titles(2))
    terms = runner.terms()
    outcomes = send(decisions, Terms(Odd(), terms.policy, terms.memory, terms.cancelled, terms.pause), runner.shown.append)  # type: ignore[arg-type]
    assert {outcome.row: outcome.word for outcome in outcomes} == {2: Word.UNKNOWN, 3: Word.UPDATED}


# -- cancelling


def test_cancelling_finishes_what_is_under_way(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """Requests under way are answered and proven; the rest is `cancelled`, and nothing that was sent is called so."""
    sandbox = make_sandbox(50, latency=0.02)
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(50))
    runner.shown = Counted(lambda: runner.pace.cancelled.set(), at=5)
    outcomes = runner.send(decisions)
    words = [outcome.word for outcome in outcomes]
    assert set(words) == {Word.UPDATED, Word.CANCELLED}
    assert words.count(Word.UPDATED) == len(patches(sandbox)) < 12
    assert all(outcome.sent == {} for outcome in outcomes if outcome.word is Word.CANCELLED)


def test_an_impatient_ctrl_c_leaves_no_row_without_outcome(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """A KeyboardInterrupt while requests hang: those are `unknown`, the rest `cancelled`, and the outcomes are returned at once."""
    import _thread

    sandbox = make_sandbox(20)
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(20))
    runner.client._timeout = (2.0, 30.0)
    sandbox.fault("stall", seconds=30, method="PATCH", when="before")

    def interrupt() -> None:
        deadline = time.monotonic() + 5
        while len(patches(sandbox)) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        _thread.interrupt_main()

    thread = threading.Thread(target=interrupt)
    thread.start()
    began = time.monotonic()
    outcomes = runner.send(decisions)
    thread.join()
    words = [outcome.word for outcome in outcomes]
    assert (words.count(Word.UNKNOWN), words.count(Word.CANCELLED)) == (4, 16)
    assert time.monotonic() - began < 6


class Counted(list[Outcome]):
    """A list that does something at its n-th item."""

    def __init__(self, action: Callable[[], object], at: int) -> None:
        super().__init__()
        self._action, self._at = action, at

    def append(self, item: Outcome) -> None:
        super().append(item)
        if len(self) == self._at:
            self._action()


# -- values that have grown old


def test_fresh_values_are_not_read_again(sandbox: Sandbox, runner: Runner) -> None:
    """Nine minutes after planning, sending costs the PATCHes and nothing else."""
    now = [1000.0]
    runner.clock = lambda: now[0]
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(10))
    before = len(sandbox.requests)
    now[0] += 540
    runner.send(decisions)
    assert len(sandbox.requests) - before == 10
    assert len(patches(sandbox)) == 10


def test_old_values_are_read_again_by_page(sandbox: Sandbox, runner: Runner) -> None:
    """Eleven minutes after planning all contacts are read with one request; what is equal by now is not sent, what is gone is said, and what
    somebody else wrote meanwhile is a conflict: nobody agreed to replace that."""
    now = [1000.0]
    runner.clock = lambda: now[0]
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(10))
    before = len(sandbox.requests)
    now[0] += 660
    sandbox.edit(FIRST_ID, title="New 0")
    sandbox.delete(FIRST_ID + 1)
    sandbox.edit(FIRST_ID + 2, title="Theirs")
    outcomes = runner.send(decisions)
    assert [outcome.word for outcome in outcomes[:4]] == [Word.UNCHANGED, Word.NOT_FOUND, Word.CONFLICT, Word.UPDATED]
    assert all(value in outcomes[2].message for value in ("was empty", "“Theirs”", "“New 2”"))
    requests = sandbox.requests[before:]
    assert len([request for request in requests if request.method == "PATCH"]) == 7
    assert len([request for request in requests if request.method == "GET"]) == 2  # the page, and the one that it lacks


def test_a_contact_that_became_somebody_else_is_not_updated(sandbox: Sandbox, runner: Runner) -> None:
    """Read again, the e-mail is another: the row is `invalid`, nothing is sent."""
    now = [1000.0]
    runner.clock = lambda: now[0]
    decisions = runner.plan(sandbox.url, ("Reply ID", "Email", "Title"), (FIRST_ID, "p0@example.com", "x"), policy=Policy())
    now[0] += 660
    sandbox.edit(FIRST_ID, email="other@example.com")
    assert one(runner.send(decisions)).word is Word.INVALID
    assert patches(sandbox) == []


@pytest.mark.parametrize(
    ("fault", "word"), [({"kind": "status", "status": 500}, Word.FAILED), ({"kind": "status", "status": 403}, Word.FAILED)]
)
def test_what_cannot_be_read_again_is_not_sent(sandbox: Sandbox, runner: Runner, fault: dict[str, Any], word: Word) -> None:
    """Old values and no new ones: `failed`, and no PATCH."""
    now = [1000.0]
    runner.clock = lambda: now[0]
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(3))
    now[0] += 660
    sandbox.fault(**fault, method="GET")
    assert {outcome.word for outcome in runner.send(decisions)} == {word}
    assert patches(sandbox) == []


@pytest.mark.parametrize("may_have_arrived", [True, False])
def test_what_is_said_of_what_cannot_be_read_again(sandbox: Sandbox, runner: Runner, may_have_arrived: bool) -> None:
    """“Not sent” only of what never was; of a change that may have arrived it is said that nobody knows it yet."""
    now = [1000.0]
    runner.clock = lambda: now[0]
    decisions = [replace(one, may_have_arrived=may_have_arrived) for one in runner.plan(sandbox.url, TITLE, *new_titles(1))]
    now[0] += 660
    sandbox.fault("status", status=403, method="GET")
    outcome = one(runner.send(decisions))
    assert outcome.message.startswith("Not sent: ") is not may_have_arrived
    assert outcome.message.startswith("It is still not known whether this change arrived: ") is may_have_arrived


def test_a_key_refused_when_reading_again_stops_the_run(sandbox: Sandbox, runner: Runner) -> None:
    """One 401 is enough: not every row asks again."""
    now = [1000.0]
    runner.clock = lambda: now[0]
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(10))
    before = len(sandbox.requests)
    now[0] += 660
    sandbox.fault("status", status=401)
    assert {outcome.word for outcome in runner.send(decisions)} == {Word.CANCELLED}
    assert len(sandbox.requests) - before == 1


def test_the_clock_that_counts_goes_on_while_the_computer_sleeps(sandbox: Sandbox, runner: Runner) -> None:
    """A question that stood overnight on a closed laptop has old values: both ends use the wall clock."""
    runner.plan(sandbox.url, TITLE, (FIRST_ID, "x"))
    client = Client(sandbox.url, KEY, runner.pace)
    runner.clients.append(client)
    assert abs(client.contact(FIRST_ID).read_at - time.time()) < 5
    assert Terms.__dataclass_fields__["clock"].default is time.time


def test_wishes_are_kept_for_rows_found_by_email(sandbox: Sandbox, runner: Runner) -> None:
    """A row found by e-mail says so in its outcome, with the contact's id."""
    outcome = one(runner.run(sandbox, ("Email", "Title"), ("P3@example.com", "x")))
    assert (outcome.found_by_email, outcome.contact_id, outcome.word) == (True, FIRST_ID + 3, Word.UPDATED)
    assert outcome.sent == {"title": "x"}
    assert isinstance(runner.made.decisions[0].wishes[0], Wish)


# -- what may have arrived before


def test_an_impatient_ctrl_c_calls_nothing_cancelled_that_may_have_arrived(make_sandbox: Callable[..., Sandbox], runner: Runner) -> None:
    """A run that is resumed and interrupted twice: what was sent before, and is not read back yet, stays `unknown`."""
    import _thread

    sandbox = make_sandbox(20)
    decisions = [replace(one, may_have_arrived=True) for one in runner.plan(sandbox.url, TITLE, *new_titles(20))]
    runner.client._timeout = (2.0, 30.0)
    sandbox.fault("stall", seconds=30, method="PATCH", when="before")

    def interrupt() -> None:
        deadline = time.monotonic() + 20
        while len(patches(sandbox)) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        _thread.interrupt_main()

    thread = threading.Thread(target=interrupt)
    thread.start()
    outcomes = runner.send(decisions)
    thread.join()
    assert {outcome.word for outcome in outcomes} == {Word.UNKNOWN}
    assert not any("Cancelled before" in outcome.message for outcome in outcomes)


def test_answers_between_failures_are_answers(sandbox: Sandbox, runner: Runner) -> None:
    """Eight changes that could not leave stop a run only where nothing else came between them: whoever refuses a value has been reached."""
    decisions = runner.plan(sandbox.url, TITLE, *new_titles(10))

    class Alternating:
        def patch(self, contact_id: int, body: Any) -> Any:
            if contact_id % 2:
                raise ApiUnreachable("No way.", sent=False)
            return runner.client.patch(contact_id, body)

    sandbox.fault("status", status=400, method="PATCH")
    decisions *= 4
    decisions = [replace(one, wishes=(replace(one.wishes[0], row=Row(number, ())),)) for number, one in enumerate(decisions, 2)]
    outcomes = send(decisions, replace(runner.terms(), contacts=Alternating()), runner.shown.append, workers=1)  # type: ignore[arg-type]
    assert Counter(outcome.word for outcome in outcomes) == {Word.FAILED: 20, Word.REFUSED: 20}


def test_a_change_that_was_sent_and_is_cancelled_before_another_try(sandbox: Sandbox, runner: Runner) -> None:
    """It was sent once and its answer never came: it is not said that it was not sent, and it counts as sent when it is gone on with."""
    decisions = runner.plan(sandbox.url, TITLE, (FIRST_ID, "Late"))
    sandbox.fault("status", status=500, method="PATCH", body="empty")

    def pause(seconds: float, why: str) -> None:
        raise Cancelled("Cancelled.")

    outcome = one(send(decisions, replace(runner.terms(), pause=pause), runner.shown.append))
    assert outcome.word is Word.CANCELLED
    assert outcome.sent == {"title": "Late"}
    assert "before it was sent." not in outcome.message
