"""Owners and accounts by name: looked up in Reply, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from conftest import FIRST_ID, Book, Ran, patches

from reply_xl.fields import BY_NAME
from reply_xl.model import Column, Contacts, Named, Role, Row
from reply_xl.references import Directory
from reply_xl.sandbox import Sandbox

Command = Callable[..., Ran]


def users(sandbox: Sandbox) -> list[dict[str, Any]]:
    import requests

    return requests.get(f"{sandbox.url}/v3/whoami/team-users", headers={"Authorization": "Bearer x"}, timeout=5).json()  # type: ignore[no-any-return]


def accounts(sandbox: Sandbox) -> list[dict[str, Any]]:
    import requests

    answer = requests.get(f"{sandbox.url}/v3/contact-accounts", headers={"Authorization": "Bearer x"}, timeout=5)
    return answer.json()["items"]  # type: ignore[no-any-return]


def test_an_owner_may_be_a_name_or_an_email(sandbox: Sandbox, book: Book, command: Command) -> None:
    """A member's name in any case, or the e-mail, becomes the number; one request tells them all."""
    team = [user for user in users(sandbox) if user["teamId"] == users(sandbox)[0]["teamId"]]
    one, other = team[0], team[1]
    path = book(
        ("Reply ID", "Reply owner ID"),
        (FIRST_ID, one["userName"].upper()),
        (FIRST_ID + 1, other["userEmail"]),
        (FIRST_ID + 2, other["userId"]),
    )
    before = len(sandbox.requests)
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--allow", "owner")
    assert [request.body["ownerUserId"] for request in sorted(patches(sandbox), key=lambda one: one.contact_id or 0) if request.body] == [
        change["sent"]["ownerUserId"] for change in ran.lines if change["sent"]
    ]
    assert {line["sent"].get("ownerUserId") for line in ran.lines} - {None} <= {one["userId"], other["userId"]}
    assert sum("team-users" in request.path for request in sandbox.requests[before:]) == 1


class _Accounts:
    """Accounts of these names, numbered from 1."""

    def __init__(self, *names: str) -> None:
        self._named = [Named(number, name, "") for number, name in enumerate(names, 1)]

    def accounts(self, search: str) -> list[Named]:
        return self._named


@pytest.mark.parametrize(
    ("typed", "there", "number"),
    [
        ("acme, inc.", "Acme Inc", 1),
        ("Müller GmbH & Co. KG", "Müller GmbH &Co KG", 1),
        ("C++ Tools", "C# Tools", None),
        ("ATT", "AT&T", None),
        ("राम", "रमा", None),
    ],
)
def test_punctuation_may_differ_but_no_sign_that_is_a_name(typed: str, there: str, number: int | None) -> None:
    """Commas, points, spaces and case are typed as they come; a plus, a number sign and the vowels of other scripts make another name."""
    account = Column(0, "Reply account ID", Role.FIELD, BY_NAME["accountId"], "")
    names = Directory(cast(Contacts, _Accounts(there))).look_up([Row(2, [typed])], [account], None)["accountId"]
    assert names[typed] == number if number else "no account in Reply is called so" in str(names[typed])


def test_an_unknown_owner_is_refused_with_candidates(sandbox: Sandbox, book: Book, command: Command) -> None:
    """The cell, the name, and who there is; nothing of the row is sent."""
    path = book(("Reply ID", "Title", "Reply owner ID"), (FIRST_ID, "CTO", "Nobody Atall"))
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--allow", "owner")
    (line,) = ran.lines
    assert line["outcome"] == "invalid"
    assert line["message"].startswith("C2 (Owner user ID) holds “Nobody Atall”, and no member of your team is called so (there is ")
    assert users(sandbox)[0]["userName"] in line["message"]
    assert patches(sandbox) == []


def test_an_owner_by_name_waits_for_the_agreement_too(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Looked up, compared and held back; the rest of the row is sent."""
    member = users(sandbox)[1]["userName"]
    path = book(("Reply ID", "Title", "Reply owner ID"), (FIRST_ID, "CTO", member))
    (line,) = command("push", path, "--base-url", sandbox.url, "--yes", "--json").lines
    assert line["outcome"] == "updated"
    assert line["sent"] == {"title": "CTO"}
    assert line["held_back"] in (["ownerUserId"], [])


def test_outside_an_organization_it_says_so(make_sandbox: Callable[..., Sandbox], book: Book, command: Command) -> None:
    """Reply answers 403: the row is refused with what to type instead."""
    sandbox = make_sandbox(2, organization=False)
    path = book(("Reply ID", "Reply owner ID"), (FIRST_ID, "Somebody"))
    (line,) = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--allow", "owner").lines
    assert line["outcome"] == "invalid"
    assert "only within an organization; type the number of the user." in line["message"]


def test_an_account_may_be_a_name(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Found by its exact name; a name that several accounts have is refused with their numbers."""
    account = accounts(sandbox)[0]
    path = book(("Reply ID", "Reply account ID"), (FIRST_ID, account["name"].lower()), (FIRST_ID + 1, "No such account"))
    first, second = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--allow", "account").lines
    assert first["sent"] == {"accountId": account["id"]}
    assert second["outcome"] == "invalid"
    assert "no account in Reply is called so" in second["message"]


def test_an_ambiguous_account_is_refused_with_candidates(sandbox: Sandbox, book: Book, command: Command) -> None:
    """A name that two accounts have is nobody's: both are named, and nothing of the row is sent."""
    path = book(("Reply ID", "Title", "Reply account ID"), (FIRST_ID, "CTO", "halcyon freight"))
    (line,) = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--allow", "account").lines
    assert line["outcome"] == "invalid"
    assert line["message"] == (
        "C2 (Account ID) holds “halcyon freight”, and more than one account in Reply is called so: "
        "88002 (halcyon.example) and 88005 (halcyon-eu.example); type the number of the right one."
    )
    assert patches(sandbox) == []


def test_a_number_that_nobody_has(sandbox: Sandbox, book: Book, command: Command) -> None:
    """An owner's or account's number that Reply does not know is not previewed as a change, but refused with the numbers that there are; a
    number that the contact has already is left alone, whoever it is."""
    team = [user["userId"] for user in users(sandbox)]
    path = book(
        ("Reply ID", "Reply owner ID", "Reply account ID"),
        (FIRST_ID, 999_999, None),
        (FIRST_ID + 1, None, 77),
        (FIRST_ID + 2, team[1], 88_003),
        (FIRST_ID + 3, sandbox.contact(FIRST_ID + 3)["ownerUserId"], None),
    )
    for line in ("preview", "push"):
        yes = ("--yes",) if line == "push" else ()
        ran = command(line, path, "--base-url", sandbox.url, "--json", "--allow", "owner,account", *yes)
        assert [one["outcome"] for one in ran.lines][:2] == ["invalid", "invalid"]
        assert ran.lines[0]["message"].startswith("B2 (Owner user ID) holds 999999, and no member of your team has this number (there is ")
        assert ran.lines[1]["message"].startswith("C3 (Account ID) holds 77, and no account in Reply has this number (there is 88001 (")
        assert ran.words[2:] == ["updated", "unchanged"]
    assert [request.contact_id for request in patches(sandbox)] == [FIRST_ID + 2]


def test_outside_an_organization_numbers_are_left_to_reply(make_sandbox: Callable[..., Sandbox], book: Book, command: Command) -> None:
    """Where Reply does not tell its members, a number is sent, and Reply says no."""
    sandbox = make_sandbox(2, organization=False)
    path = book(("Reply ID", "Reply owner ID"), (FIRST_ID, 999_999))
    assert command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--allow", "owner").words == ["refused"]
