"""Keys → contacts, with as few requests as it takes; and never somebody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import FIRST_ID, KEY

from reply_xl.errors import ApiError, ApiFailed, ApiRefused, ApiUnreachable, Cancelled, NotAuthorised
from reply_xl.lookup import PAGE, Found, read_contacts
from reply_xl.model import Contact, Page
from reply_xl.network.client import Client
from reply_xl.network.pace import WindowPace
from reply_xl.sandbox import Sandbox


class NoWait(WindowPace):
    def __init__(self) -> None:
        super().__init__(())

    def pause(self, seconds: float, why: str) -> None:
        pass


@pytest.fixture
def connect() -> Iterator[Callable[[Sandbox], Client]]:
    made: list[Client] = []

    def connect(sandbox: Sandbox) -> Client:
        made.append(Client(sandbox.url, KEY, NoWait()))
        return made[-1]

    yield connect
    for client in made:
        client.close()


Connect = Callable[[Sandbox], Client]
Make = Callable[..., Sandbox]


def paths(sandbox: Sandbox) -> list[str]:
    return sorted(request.path for request in sandbox.requests)


def test_a_thousand_contacts_cost_one_request(make_sandbox: Make, connect: Connect) -> None:
    """A page holds 1,000: that many keys in one workspace of that size are one call."""
    sandbox = make_sandbox(1000)
    found = read_contacts(range(FIRST_ID, FIRST_ID + 1000), (), connect(sandbox))
    assert len(found.by_id) == 1000
    assert paths(sandbox) == ["/v3/contacts?top=1000&skip=0"]


@pytest.mark.parametrize(
    ("keys", "pages", "singles"),
    [
        ([2500], 1, 1),  # one page has been read for one key: now asking for it costs less
        ([2500, 2501], 2, 2),
        ([1, 2500, 2501], 2, 2),
        ([1, 2500, 2501, 2502], 3, 0),
        ([2500, 2501, 2502, 2503], 3, 0),
        ([1, 2], 1, 0),
    ],
)
def test_pages_are_read_while_they_are_fewer_than_the_missing_keys(
    make_sandbox: Make, connect: Connect, keys: list[int], pages: int, singles: int
) -> None:
    """Page by page as long as fewer have been read than keys are missing, then key by key; every key is found."""
    sandbox = make_sandbox(3000)
    found = read_contacts({FIRST_ID + key for key in keys}, (), connect(sandbox))
    assert set(found.by_id) == {FIRST_ID + key for key in keys}
    assert sum("top=" in path for path in paths(sandbox)) == pages
    assert sum("top=" not in path for path in paths(sandbox)) == singles


def test_no_key_costs_nothing(sandbox: Sandbox, connect: Connect) -> None:
    """Nothing to look up, nothing asked."""
    read_contacts((), (), connect(sandbox))
    assert sandbox.requests == []


def test_what_the_pages_lack_is_asked_for(make_sandbox: Make, connect: Connect) -> None:
    """All pages were read and a key is still missing: its own read decides that it does not exist."""
    sandbox = make_sandbox(5)
    found = read_contacts({FIRST_ID, 42, 43}, {"nobody@example.com", "P1@example.com"}, connect(sandbox))
    assert set(found.by_id) == {FIRST_ID}
    assert {email: [contact.id for contact in contacts] for email, contacts in found.by_email.items()} == {
        "p1@example.com": [FIRST_ID + 1], "nobody@example.com": [],
    }  # fmt: skip
    assert found.failed == {}
    assert paths(sandbox) == [
        "/v3/contacts/42", "/v3/contacts/43", "/v3/contacts?email=nobody%40example.com", "/v3/contacts?top=1000&skip=0",
    ]  # fmt: skip


def test_a_contact_that_a_page_skipped_is_found_all_the_same(make_sandbox: Make, connect: Connect) -> None:
    """Pages have no promised order: an item that was lost between them, or that cannot be read, is asked for by itself."""
    sandbox = make_sandbox(5)
    sandbox.fault("wrong", shape="id", path="top=", times=1)
    found = read_contacts({FIRST_ID + 4}, (), connect(sandbox))
    assert found.by_id[FIRST_ID + 4].email == "p4@example.com"


def test_an_email_is_asked_for_as_the_sheet_spells_it(make_sandbox: Make, connect: Connect) -> None:
    """`?email=` is exact: whoever compares with case must get the spelling of the row."""
    sandbox = make_sandbox(2)
    read_contacts((), {"No.Body@Example.com"}, connect(sandbox))
    assert paths(sandbox)[0] == "/v3/contacts?email=No.Body%40Example.com"


class Pages:
    """Pages of contacts as given, of which the last says so only if it `ends`; one contact cannot be read, others by e-mail only."""

    def __init__(self, *pages: list[Contact], ends: bool = True, unreadable: int = 0) -> None:
        self.pages, self.ends, self.unreadable = pages, ends, unreadable
        self.asked: list[int | str] = []

    def page(self, top: int, skip: int) -> Page:
        number = skip // top
        self.asked.append(number)
        contacts = self.pages[number] if number < len(self.pages) else []
        return Page(tuple(contacts), number + 1 < len(self.pages) or not self.ends, self.unreadable)

    def contact(self, contact_id: int) -> Contact:
        raise ApiFailed("No.", status=500)

    def by_email(self, email: str) -> tuple[Contact, ...]:
        self.asked.append(email)
        return tuple(contact for page in self.pages for contact in page if contact.email == email)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def one(contact_id: int, email: str) -> Contact:
    return Contact(contact_id, {"email": email}, {})


def ids(found: Found, email: str) -> list[int]:
    return [contact.id for contact in found.by_email[email]]


def test_two_contacts_with_one_email_are_both_found_on_any_page() -> None:
    """The second one may stand on a later page than the first: pages are read to the end before anybody says which is meant."""
    contacts = Pages([one(1, "a@example.com"), one(3, "b@example.com"), one(4, "c@example.com")], [one(2, "A@example.com")])
    found = read_contacts((), {"a@example.com", "b@example.com", "C@EXAMPLE.com"}, contacts)
    assert ids(found, "a@example.com") == [1, 2]
    assert contacts.asked == [0, 1]


def test_an_email_on_a_page_that_is_not_the_last_is_asked_for() -> None:
    """Where reading on costs more than asking, the e-mail's own look-up tells whether there is a second contact."""
    contacts = Pages([one(1, "a@example.com")], [one(2, "a@example.com")])
    found = read_contacts((), {"a@example.com"}, contacts)
    assert ids(found, "a@example.com") == [1, 2]
    assert contacts.asked == [0, "a@example.com"]


def test_an_email_beside_a_contact_that_cannot_be_read_is_asked_for() -> None:
    """What a page left out may be the second contact with this e-mail."""
    contacts = Pages([one(1, "a@example.com"), one(2, "A@example.com")], unreadable=1)
    found = read_contacts((), {"a@example.com"}, contacts)
    assert ids(found, "a@example.com") == [1, 2]
    assert contacts.asked == [0, "a@example.com"]


def test_the_same_contact_on_two_pages_is_one_contact() -> None:
    """When somebody adds a contact meanwhile, the pages shift and one is seen twice."""
    contacts = Pages([one(1, "a@example.com")], [one(1, "a@example.com"), one(3, "b@example.com"), one(4, "c@example.com")])
    found = read_contacts((), {"a@example.com", "b@example.com", "c@example.com"}, contacts)
    assert ids(found, "a@example.com") == [1]


def test_pages_without_end_end() -> None:
    """A server that always says `hasMore` is left at its first empty page; then its e-mails are asked for one by one."""
    contacts = Pages([one(1, "a@example.com")], ends=False)
    found = read_contacts({6, 7, 8}, {"a@example.com"}, contacts)
    assert set(found.failed) == {6, 7, 8}
    assert ids(found, "a@example.com") == [1]
    assert contacts.asked == [0, 1, "a@example.com"]


def test_a_failing_single_read_stays_with_its_key(make_sandbox: Make, connect: Connect) -> None:
    """A contact that cannot be read is `failed`, not *not found*, and the others are found."""
    sandbox = make_sandbox(2001)
    sandbox.fault("status", status=500, contact_id=FIRST_ID + 2000)
    found = read_contacts({FIRST_ID + 2000}, (), connect(sandbox))
    assert isinstance(found.failed[FIRST_ID + 2000], ApiFailed)
    assert found.by_id == {}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 401}, NotAuthorised),
        ({"kind": "status", "status": 403}, ApiRefused),
        ({"kind": "status", "status": 500}, ApiFailed),
        ({"kind": "cut"}, ApiUnreachable),
        ({"kind": "wrong", "shape": "null"}, ApiFailed),
        ({"kind": "malformed"}, ApiFailed),
        ({"kind": "redirect"}, ApiFailed),
    ],
)
def test_a_page_that_cannot_be_read_ends_planning(sandbox: Sandbox, connect: Connect, fault: dict[str, Any], error: type[ApiError]) -> None:
    """Without pages nothing can be planned: the error is raised, and nothing has been changed."""
    sandbox.fault(**fault)
    with pytest.raises(error):
        read_contacts({FIRST_ID}, (), connect(sandbox))


def test_a_key_that_is_revoked_between_reads_ends_them(make_sandbox: Make, connect: Connect) -> None:
    """The first 401 is raised; what was still to be read is not asked for."""
    sandbox = make_sandbox(5)
    sandbox.fault("status", status=401, path="/contacts/")
    with pytest.raises(NotAuthorised):
        read_contacts(range(1, 200), (), connect(sandbox))
    assert len(sandbox.requests) < 20


@pytest.mark.parametrize(("times", "raised"), [(7, False), (None, True)])
def test_a_network_that_shows_a_page_for_everything_ends_the_reads(
    make_sandbox: Make, connect: Connect, times: int | None, raised: bool
) -> None:
    """Some failures stay with their keys; where nothing but failures comes, nobody waits for hundreds of them."""
    sandbox = make_sandbox(3)
    client = connect(sandbox)
    sandbox.fault("status", status=403, body="html", path="/contacts/", times=times)
    keys = range(FIRST_ID + 1000, FIRST_ID + 1400)
    if raised:
        with pytest.raises(ApiFailed, match="A web page came"):
            read_contacts(keys, (), client)
        assert len(sandbox.requests) < 300
    else:
        assert len(read_contacts(keys, (), client).failed) == 7


@pytest.mark.parametrize("status", [400, 403])
def test_refusals_of_many_keys_stay_with_their_keys(make_sandbox: Make, connect: Connect, status: int) -> None:
    """Reply answers: contacts that this key may not see, or addresses that it takes for none, are no reason to plan nothing."""
    sandbox = make_sandbox(3)
    sandbox.fault("status", status=status, path="/contacts/")
    keys = range(FIRST_ID + 1000, FIRST_ID + 1020)
    found = read_contacts([FIRST_ID, *keys], (), connect(sandbox))
    assert set(found.failed) == set(keys)
    assert set(found.by_id) == {FIRST_ID}


def test_cancelling_ends_the_reads(make_sandbox: Make, connect: Connect) -> None:
    """Cancel between two reads raises; what was still to be read is not asked for."""
    sandbox = make_sandbox(5)
    client = connect(sandbox)
    with pytest.raises(Cancelled):
        read_contacts(range(1, 200), (), client, on_progress=lambda done, total: client._pace.cancelled.set())  # type: ignore[attr-defined]
    assert len(sandbox.requests) < 20


def test_progress_is_counted_in_keys(make_sandbox: Make, connect: Connect) -> None:
    """From the first page to the last key."""
    told: list[tuple[int, int]] = []
    read_contacts({FIRST_ID, FIRST_ID + 1, 42}, {"p3@example.com"}, connect(make_sandbox(5)), on_progress=lambda *at: told.append(at))
    assert told[0] == (3, 4)
    assert {total for _, total in told} == {4}


def test_four_at_a_time(make_sandbox: Make, connect: Connect) -> None:
    """Single reads go four at a time and never more."""
    sandbox = make_sandbox(5, latency=0.01)
    read_contacts(range(1, 30), (), connect(sandbox))
    assert max(request.open for request in sandbox.requests) == 4
    assert PAGE == 1000


def test_many_requests_are_said_beforehand(make_sandbox: Callable[..., Sandbox], connect: Callable[[Sandbox], Client]) -> None:
    """Before more than a minute's requests are asked one by one, it is said how many there are; a few are not worth a sentence."""
    told: list[int] = []
    read_contacts(set(range(1, 60)), (), connect(make_sandbox(5)), on_many=told.append)
    assert told == []
    sandbox = make_sandbox(5)

    def tell(count: int) -> None:
        told.append(count)
        assert len(sandbox.requests) == 1

    read_contacts(set(range(1, 130)), (), connect(sandbox), on_many=tell)
    assert told == [129]
