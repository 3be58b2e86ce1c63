"""A field that somebody changed in Reply since the sheet got its value: never overwritten silently, and never asked about for nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import FIRST_ID, Book, Ran, cells, patches

from reply_xl.patches import RESOLVE
from reply_xl.sandbox import Sandbox

Command = Callable[..., Ran]
CONTACT = {
    "id": FIRST_ID,
    "email": "ada@example.com",
    "firstName": "Ada",
    "title": "CEO",
    "phone": "+41446681800",
    "companySize": "Fifty",
    "linkedInUrl": "https://www.linkedin.com/in/ada",
    "customFields": {"Budget": "1200"},
}
HEADERS = ("Reply ID", "Email", "First name", "Title", "Phone", "Company size", "LinkedIn URL", "Custom: Budget", "Notes", "Opted out")


@pytest.fixture
def reply(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox([CONTACT, {"id": FIRST_ID + 1, "email": "bob@example.com", "firstName": "Bob", "title": "CFO"}], ["Budget"])


@pytest.fixture
def pulled(book: Book, reply: Sandbox, command: Command) -> Path:
    """A workbook whose cells Reply has just filled."""
    path = book(HEADERS, (FIRST_ID, *[None] * 9), (FIRST_ID + 1, *[None] * 9))
    assert command("pull", path, "--base-url", reply.url).code == 0
    return path


def type_into(path: Path, **cells: Any) -> None:
    made = openpyxl.load_workbook(path)
    for address, value in cells.items():
        made["Contacts"][address] = value
    made.save(path)


def push(command: Command, path: Path, reply: Sandbox, *options: object) -> list[dict[str, Any]]:
    return command("push", path, "--base-url", reply.url, "--yes", "--json", *options).lines


def test_all_three_values(pulled: Path, reply: Sandbox, command: Command) -> None:
    """The row is not sent; its message has what was there, what is there, and what the sheet says, also in the sheet and in a preview."""
    type_into(pulled, D2="CTO", C2="Ada Augusta")
    reply.edit(FIRST_ID, title="COO")
    said = f"Title was “CEO”, is “COO” in Reply now, and the sheet says “CTO”. {RESOLVE}"
    preview = command("preview", pulled, "--base-url", reply.url, "--json")
    assert (preview.code, preview.lines[0]["outcome"], preview.lines[0]["message"]) == (3, "conflict", said)
    done = command("push", pulled, "--base-url", reply.url, "--yes", "--json")
    assert (done.code, done.words) == (3, ["conflict", "unchanged"])
    assert (cells(pulled)[0]["Reply status"], cells(pulled)[0]["Reply message"]) == ("Conflict", said)
    assert patches(reply) == []
    assert push(command, pulled, reply)[0]["outcome"] == "conflict"  # looking at it has settled nothing


@pytest.mark.parametrize(
    ("choice", "outcome", "stored", "note"),
    [
        ("block", "conflict", {"title": "COO", "firstName": "Ada"}, "is “COO” in Reply now"),
        (
            "keep-reply",
            "updated",
            {"title": "COO", "firstName": "Ada Augusta"},
            "Title was changed in Reply as well, so Reply's value stays",
        ),
        ("take-sheet", "updated", {"title": "CTO", "firstName": "Ada Augusta"}, "Updated First name and Title."),
    ],
)
@pytest.mark.parametrize("by", ["push", "retry"])
def test_the_three_choices(
    by: str, choice: str, outcome: str, stored: dict[str, str], note: str, pulled: Path, reply: Sandbox, command: Command
) -> None:
    """Of a push, and of a retry of the row that was in conflict."""
    type_into(pulled, D2="CTO", C2="Ada Augusta")
    reply.edit(FIRST_ID, title="COO")
    if by == "retry":
        assert push(command, pulled, reply)[0]["outcome"] == "conflict"
        line = command("retry", "--yes", "--json", "--on-conflict", choice).lines[0]
    else:
        line = push(command, pulled, reply, "--on-conflict", choice)[0]
    assert line["outcome"] == outcome
    assert note in line["message"]
    assert {name: reply.contact(FIRST_ID)[name] for name in stored} == stored


def test_a_cell_that_was_not_edited_is_no_conflict(pulled: Path, reply: Sandbox, command: Command) -> None:
    """Reply's newer value stays; alone in its row the row is skipped, beside others these are sent, and both say so."""
    reply.edit(FIRST_ID, title="COO")
    reply.edit(FIRST_ID + 1, title="COO")
    type_into(pulled, C3="Robert")
    first, second = push(command, pulled, reply)
    assert first["outcome"] == "skipped"
    assert first["message"] == "Title was changed in Reply since, and not in the sheet, so Reply's value stays; pull refreshes the sheet."
    assert second["outcome"] == "updated"
    assert second["message"].startswith("Updated First name. Title was changed in Reply since")
    assert [request.body for request in patches(reply)] == [{"firstName": "Robert"}]


def test_what_one_pushed_is_the_base_of_the_next(book: Book, reply: Sandbox, command: Command) -> None:
    """Without any pull: after a push was stored, a colleague's change is a conflict; and a second push settles it."""
    path = book(("Reply ID", "Title"), (FIRST_ID, "CTO"))
    assert push(command, path, reply)[0]["outcome"] == "updated"
    reply.edit(FIRST_ID, title="COO")
    assert push(command, path, reply)[0]["outcome"] == "skipped"
    type_into(path, B2="Chair")
    line = push(command, path, reply)[0]
    assert (line["outcome"], line["message"]) == (
        "conflict",
        f"Title was “CTO”, is “COO” in Reply now, and the sheet says “Chair”. {RESOLVE}",
    )
    assert push(command, path, reply, "--on-conflict", "take-sheet")[0]["outcome"] == "updated"
    type_into(path, B2="Chairwoman")
    assert push(command, path, reply)[0]["outcome"] == "updated"


def test_both_changed_to_the_same(pulled: Path, reply: Sandbox, command: Command) -> None:
    """No conflict: Reply holds it already."""
    type_into(pulled, D2="COO")
    reply.edit(FIRST_ID, title="COO")
    assert push(command, pulled, reply)[0]["outcome"] == "unchanged"


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({"email": "ADA@example.com"}, "B"),
        ({"title": " CEO "}, "D"),
        ({"linkedInUrl": "www.LinkedIn.com/in/ada"}, "G"),
        ({"customFields": {"Budget": "1200.0"}}, "H"),
        ({"notes": ""}, "I"),
    ],
)
def test_what_means_the_same_has_not_changed(
    fields: dict[str, Any], column: str, make_sandbox: Callable[..., Sandbox], book: Book, command: Command
) -> None:
    """Case of an e-mail, spaces, a URL without its scheme, a number spelled otherwise, nothing and empty: no change in Reply, so the sheet's
    edit is sent."""
    sandbox = make_sandbox([CONTACT], [{"id": 5, "title": "Budget", "fieldType": "number"}])
    path = book(HEADERS, (FIRST_ID, *[None] * 9))
    command("pull", path, "--base-url", sandbox.url)
    sandbox.edit(FIRST_ID, **fields)
    wanted = {"B": "new@example.com", "D": "CTO", "G": "https://www.linkedin.com/in/ada2", "H": 1300, "I": "a note"}[column]
    type_into(path, **{f"{column}2": wanted})
    (line,) = push(command, path, sandbox, "--allow", "email")
    assert (line["outcome"], line["message"].count(" and ")) == ("updated", 0), line


def test_clearing_and_custom_fields(pulled: Path, reply: Sandbox, command: Command) -> None:
    """`<clear>` of what a colleague changed is a conflict; so is a custom field; what a colleague cleared is empty."""
    type_into(pulled, D2="<clear>", H2=1500, F2="51-200")
    reply.edit(FIRST_ID, title="COO", customFields={"Budget": "1400"}, companySize="Empty")
    line = push(command, pulled, reply)[0]
    assert line["message"].startswith(
        "Title was “CEO”, is “COO” in Reply now, and the sheet says empty; Company size was “11-50”, is empty in Reply now, and the sheet says "
        "“51-200”; Budget was “1200”, is “1400” in Reply now, and the sheet says “1500”. "
    )
    assert push(command, pulled, reply, "--on-conflict", "take-sheet")[0]["outcome"] == "updated"
    assert (reply.contact(FIRST_ID)["title"], reply.contact(FIRST_ID)["customFields"][0]["value"]) == (None, "1500")


def test_guarded_fields(pulled: Path, reply: Sandbox, command: Command) -> None:
    """What nobody edited is not asked about: somebody who opted out since is not offered to be opted in. An edit is held back, and with
    the agreement a conflict."""
    reply.edit(FIRST_ID, email="ada.new@example.com", firstName="Ada", isOptedOut=True)
    line = push(command, pulled, reply)[0]
    assert line["outcome"] != "conflict"
    assert "Held back" not in line["message"]
    type_into(pulled, J2="yes", J3="yes")
    reply.edit(FIRST_ID + 1, isOptedOut=True)
    reply.edit(FIRST_ID + 1, isOptedOut=False)
    second = push(command, pulled, reply)[1]
    assert (second["outcome"], second["held_back"]) == ("skipped", ["isOptedOut"])
    assert push(command, pulled, reply, "--allow", "opt-out")[1]["outcome"] == "updated"


def test_an_email_changed_on_both_sides(pulled: Path, reply: Sandbox, command: Command) -> None:
    """The first name and the LinkedIn URL show that it is the same person: held back without the agreement, a conflict with it."""
    type_into(pulled, B2="countess@example.com")
    reply.edit(FIRST_ID, email="lovelace@example.com")
    line = push(command, pulled, reply, "--allow", "email")[0]
    assert line["outcome"] == "conflict"
    assert (
        "Email was “ada@example.com”, is “lovelace@example.com” in Reply now, and the sheet says “countess@example.com”" in line["message"]
    )


def test_only_empty(pulled: Path, reply: Sandbox, command: Command) -> None:
    """A field that a colleague filled is not empty any more; one that a colleague emptied, and that was edited here, is a conflict."""
    type_into(pulled, I2="mine", D2="CTO")
    reply.edit(FIRST_ID, notes="theirs")
    assert push(command, pulled, reply, "--only-empty")[0]["outcome"] == "unchanged"
    reply.edit(FIRST_ID, title=None)
    assert push(command, pulled, reply, "--only-empty")[0]["outcome"] == "conflict"
    type_into(pulled, D2="CEO")
    assert push(command, pulled, reply, "--only-empty")[0]["outcome"] != "updated"  # emptied there, and not edited here


def test_a_run_that_waits(pulled: Path, reply: Sandbox, command: Command) -> None:
    """A change made after the push had read the contact: also then nothing is overwritten, when the run is resumed."""
    type_into(pulled, D2="CTO", D3="CTO")
    reply.fault("cut", method="PATCH", contact_id=FIRST_ID)
    reply.fault("status", status=400, method="GET", path=f"contacts/{FIRST_ID}$")
    assert [line["outcome"] for line in push(command, pulled, reply)] == ["unknown", "updated"]
    reply.clear_faults()
    reply.edit(FIRST_ID, title="COO")
    line = command("resume", "--yes", "--json").lines[0]
    assert (line["outcome"], reply.contact(FIRST_ID)["title"]) == ("conflict", "COO")
    assert "Title was “CEO”, is “COO” in Reply now, and the sheet says “CTO”" in line["message"]


def test_without_bases_there_is_no_check_and_preview_says_so(book: Book, reply: Sandbox, command: Command, pulled: Path) -> None:
    """A sheet that never got anything from Reply, and a copy of one that did; where there are bases nothing is said."""
    path = book(("Reply ID", "Title"), (FIRST_ID, "CTO"), name="never.xlsx")
    assert (
        "so what was changed there since is not noticed; from the next “reply-xl pull” on it is."
        in command("preview", path, "--base-url", reply.url).err
    )
    type_into(pulled, D2="CTO")
    assert "is not noticed" not in command("preview", pulled, "--base-url", reply.url).err
    reply.edit(FIRST_ID, title="COO")
    assert push(command, path, reply)[0]["outcome"] == "updated"
