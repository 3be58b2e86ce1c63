"""Undo: what a run wrote goes back, where it still stands; everything else stays and is named. Real HTTP, real files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import FIRST_ID, Book, Ran, cells, patches
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reply_xl import cli
from reply_xl.sandbox import Sandbox

Command = Callable[..., Ran]
CONTACT = {
    "id": FIRST_ID,
    "email": "ada@example.com",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "title": "CEO",
    "phone": "+41446681800",
    "companySize": "OneThousand",
    "callStatus": "toCall",
    "isOptedOut": False,
    "timeZoneId": "Europe/London",
    "ownerUserId": 42,
    "customFields": {"Budget": "1200", "Renewal": "2026-01-31"},
}
OTHER = {"id": FIRST_ID + 1, "email": "bob@example.com", "firstName": "Bob", "title": "CFO"}
HEADERS = (
    "Reply ID",
    "Email",
    "First name",
    "Title",
    "Company size",
    "Call status",
    "Custom: Budget",
    "Custom: Renewal",
    "Notes",
    "Last name",
)
CUSTOM = ["Budget", "Renewal"]


@pytest.fixture
def reply(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox([CONTACT, OTHER], CUSTOM)


def push(command: Command, path: Path, reply: Sandbox, *options: object) -> Ran:
    return command("push", path, "--base-url", reply.url, "--yes", "--json", *options)


def undo(command: Command, *options: object) -> Ran:
    return command("undo", "--yes", "--json", *options)


def state(reply: Sandbox) -> dict[int, dict[str, Any]]:
    """All contacts, but for the stamps of their last change, and custom fields in one order."""
    return {
        number: {**contact, "lastModifiedAt": None, "customFields": sorted(contact["customFields"], key=lambda field: field["id"])}
        for number, contact in reply.contacts.items()
    }


def type_into(path: Path, **cells: Any) -> None:
    made = openpyxl.load_workbook(path)
    for address, value in cells.items():
        made["Contacts"][address] = value
    made.save(path)


FULL = (FIRST_ID, None, "Augusta", "CTO", "11-50", "called", 1500, datetime(2026, 3, 4), "a note", "<clear>")


def test_there_and_back(book: Book, reply: Sandbox, command: Command) -> None:
    """Every field is what it was, every cell that asked for the change has the former value, and the next push sends nothing."""
    path = book(HEADERS, FULL, (FIRST_ID + 1, *[None] * 9))
    before = state(reply)
    assert push(command, path, reply).words == ["updated", "unchanged"]
    assert state(reply) != before
    done = undo(command)
    assert (done.code, done.words) == (0, ["undone"])
    assert "Run 1 of" in done.err
    assert "push on book.xlsx, sheet Contacts): 1 contact; First name 1, Title 1, Company size 1" in done.err
    assert state(reply) == before
    first, second = cells(path)
    assert [first[header] for header in HEADERS] == [
        FIRST_ID,
        None,
        "Ada",
        "CEO",
        "501-1000",
        "to call",
        "1200",
        "2026-01-31",
        None,
        "Lovelace",
    ]
    assert first["Reply status"] == "Undone"
    assert first["Reply message"].startswith("Restored First name, Title, Company size")
    assert second["Reply status"] == "Unchanged"
    sent = len(patches(reply))
    assert push(command, path, reply).words == ["unchanged", "unchanged"]
    assert len(patches(reply)) == sent


@pytest.mark.parametrize("casing", ["camel", "pascal"])
def test_company_size_however_it_is_spelled(casing: str, make_sandbox: Callable[..., Sandbox], book: Book, command: Command) -> None:
    """An answer says `oneThousand`, a request has to say `OneThousand`."""
    sandbox = make_sandbox([CONTACT], CUSTOM, company_size=casing, custom_field_keys="id")
    path = book(("Reply ID", "Company size", "Custom: Budget"), (FIRST_ID, "<clear>", "<clear>"))
    before = state(sandbox)
    assert push(command, path, sandbox).words == ["updated"]
    assert undo(command).words == ["undone"]
    assert state(sandbox) == before


def test_what_was_changed_since_stays(book: Book, reply: Sandbox, command: Command) -> None:
    """A field that somebody changed after the run is left, named with what it is now; the others of the row go back. A row of which nothing
    goes back is a conflict, and the exit code says that something needs a look."""
    path = book(HEADERS[:4], (FIRST_ID, None, "Augusta", "CTO"), (FIRST_ID + 1, None, None, "CTO"))
    push(command, path, reply)
    reply.edit(FIRST_ID, title="Chair")
    reply.edit(FIRST_ID + 1, title="COO")
    done = undo(command)
    assert (done.code, done.words) == (3, ["undone", "conflict"])
    assert "Title was changed since and stays: it is “Chair” in Reply now." in done.lines[0]["message"]
    assert done.lines[1]["message"] == "Not undone: Title was changed since and stays: it is “COO” in Reply now."
    assert (reply.contact(FIRST_ID)["firstName"], reply.contact(FIRST_ID)["title"], reply.contact(FIRST_ID + 1)["title"]) == (
        "Ada",
        "Chair",
        "COO",
    )
    assert [line["Title"] for line in cells(path)] == ["CTO", "CTO"]
    assert push(command, path, reply).words == ["skipped", "skipped"]  # the sheet does not repeat it over what is newer


def test_cells_that_were_edited_since_stay(book: Book, reply: Sandbox, command: Command) -> None:
    """A cell with another value than was sent is the user's, a formula too; Reply goes back all the same."""
    path = book(HEADERS[:4], (FIRST_ID, None, "Augusta", "CTO"), (FIRST_ID + 1, None, '=UPPER("bob")', "CTO"))
    made = openpyxl.load_workbook(path)
    made.save(path)
    push(command, path, reply, "--fields", "title")
    type_into(path, D2="Queen", D3='="C"&"TO"')
    before = reply.contact(FIRST_ID)["title"]
    assert undo(command).words == ["undone", "undone"]
    assert (before, reply.contact(FIRST_ID)["title"], reply.contact(FIRST_ID + 1)["title"]) == ("CTO", "CEO", "CFO")
    assert [line["Title"] for line in cells(path)] == ["Queen", '="C"&"TO"']


def test_undo_of_an_undo(book: Book, reply: Sandbox, command: Command) -> None:
    """It is a run like any other: the values of the run come back, in Reply and in the sheet."""
    path = book(HEADERS[:5], (FIRST_ID, None, "Augusta", "CTO", "11-50"))
    push(command, path, reply)
    after = state(reply)
    first = undo(command)
    done = undo(command)
    assert done.words == ["undone"]
    assert "Run 2 of" in done.err
    assert "undo of run 1" in done.err
    assert "It was itself an undo, so this makes the changes of run 1 again." in done.err
    assert "itself an undo" not in first.err
    assert state(reply) == after
    assert [cells(path)[0][header] for header in HEADERS[2:5]] == ["Augusta", "CTO", "11-50"]
    assert push(command, path, reply).words == ["unchanged"]
    assert command("undo", 1, "--yes", "--json").words == ["undone"]
    assert reply.contact(FIRST_ID)["title"] == "CEO"


def test_an_undo_that_was_cut_is_resumed(book: Book, reply: Sandbox, command: Command) -> None:
    """The word stays: what an undo wrote is undone, also when that is found out later, and its cells get their values back."""
    path = book(HEADERS[:4], (FIRST_ID, None, None, "CTO"), (FIRST_ID + 1, None, None, "CTO"))
    before = state(reply)
    push(command, path, reply)
    reply.fault("cut", method="PATCH", when="after", contact_id=FIRST_ID)
    reply.fault("cut", method="PATCH", when="before", contact_id=FIRST_ID + 1)
    for number in (FIRST_ID, FIRST_ID + 1):
        reply.fault("status", status=400, method="GET", path=f"contacts/{number}$")
    assert undo(command).words == ["unknown", "unknown"]
    reply.clear_faults()
    assert command("resume", "--yes", "--json").words == ["undone", "undone"]
    assert state(reply) == before
    assert [(line["Title"], line["Reply status"]) for line in cells(path)] == [("CEO", "Undone"), ("CFO", "Undone")]
    assert push(command, path, reply).words == ["unchanged", "unchanged"]


def test_rows_as_they_are_numbered_now(book: Book, reply: Sandbox, command: Command) -> None:
    """After a sort, --rows means what the person sees. A contact that stands in two rows is restored in both."""
    path = book(HEADERS[:4], (FIRST_ID, None, None, "CTO"), (FIRST_ID + 1, None, None, "CTO"), (FIRST_ID, None, None, "CTO"))
    push(command, path, reply)
    made = openpyxl.load_workbook(path)
    made["Contacts"].insert_rows(2, 3)
    made.save(path)
    assert undo(command, "--rows", "9:12").words == []
    done = undo(command, "--rows", 7)
    assert done.words == ["undone", "undone"]
    assert [line["Reply status"] for line in cells(path)[3:]] == ["Undone", "Updated", "Undone"]
    assert [line["Title"] for line in cells(path)[3:]] == ["CEO", "CTO", "CEO"]
    assert (reply.contact(FIRST_ID)["title"], reply.contact(FIRST_ID + 1)["title"]) == ("CEO", "CTO")


def test_some_fields(book: Book, reply: Sandbox, command: Command) -> None:
    """By label, name or the custom field's title; a field that the run did not change is an error that names those it did."""
    path = book(HEADERS, FULL)
    push(command, path, reply)
    assert command("undo", "--yes", "--fields", "city").code == 1
    assert undo(command, "--fields", "Job title,title,budget").code == 1
    assert undo(command, "--fields", "title,Budget").words == ["undone"]
    now = reply.contact(FIRST_ID)
    assert (now["title"], now["firstName"], now["customFields"][0]["value"]) == ("CEO", "Augusta", "1200")
    assert (cells(path)[0]["Title"], cells(path)[0]["First name"]) == ("CEO", "Augusta")


def test_what_cannot_be_restored_is_said_first(book: Book, make_sandbox: Callable[..., Sandbox], command: Command) -> None:
    """The second phone, which Reply never shows, and a first name that was empty: said before anything is asked, and in the row."""
    sandbox = make_sandbox([{"id": FIRST_ID, "email": "x@example.com", "title": "CEO"}])
    path = book(("Reply ID", "First name", "Second phone", "Title"), (FIRST_ID, "New", "+41446681800", "CTO"))
    push(command, path, sandbox)
    done = undo(command)
    assert "Second phone cannot be restored, because Reply never shows what stood there." in done.err
    assert "First name cannot be emptied again, because Reply does not clear it." in done.err
    assert done.err.index("cannot be restored") < done.err.index("Undoing")
    assert (sandbox.contact(FIRST_ID)["title"], sandbox.contact(FIRST_ID)["firstName"]) == ("CEO", "New")
    assert "First name was empty before" in done.lines[0]["message"]


def test_a_row_that_reply_never_shows_is_skipped(book: Book, make_sandbox: Callable[..., Sandbox], command: Command) -> None:
    """Nobody changed anything meanwhile, so it is no conflict; beside a field that was changed since it is one."""
    sandbox = make_sandbox([{"id": FIRST_ID + n, "email": f"x{n}@example.com", "title": "CEO"} for n in range(2)])
    path = book(("Reply ID", "Second phone", "Title"), (FIRST_ID, "+41446681800", "CEO"), (FIRST_ID + 1, "+41446681800", "CTO"))
    push(command, path, sandbox)
    sandbox.edit(FIRST_ID + 1, title="Chair")
    done = undo(command)
    assert (done.code, done.words) == (3, ["skipped", "conflict"])
    assert done.lines[0]["message"] == "Not undone: Second phone cannot be restored, because Reply never shows it."
    assert undo(command, 1, "--rows", "2").code == 0


def test_an_opt_out_is_taken_back_only_by_its_own_word(book: Book, reply: Sandbox, command: Command) -> None:
    """Nobody is opted in again by the way: it is held back, and the sequences are named."""
    path = book(("Reply ID", "Opted out", "Title"), (FIRST_ID, "yes", "CTO"))
    push(command, path, reply, "--allow", "opt-out")
    done = undo(command, "--allow", "opt-out")
    assert "An opt-out is taken back only with --allow opt-in. The sequences that an opt-out ended stay ended." in done.err
    assert (done.words, done.lines[0]["held_back"]) == (["undone"], ["isOptedOut"])
    assert (reply.contact(FIRST_ID)["isOptedOut"], reply.contact(FIRST_ID)["title"]) == (True, "CEO")
    assert command("undo", 1, "--yes", "--json").words == ["skipped"]
    assert command("undo", 1, "--yes", "--json", "--allow", "opt-in").words == ["undone"]
    assert reply.contact(FIRST_ID)["isOptedOut"] is False


@pytest.mark.parametrize(
    ("header", "value", "word", "field"), [("Email", "new@example.com", "email", "email"), ("Account ID", 88002, "account", "accountId")]
)
def test_dangerous_fields_ask_again(
    header: str, value: Any, word: str, field: str, book: Book, make_sandbox: Callable[..., Sandbox], command: Command
) -> None:
    """The agreement to the run was none to its undo."""
    sandbox = make_sandbox([{**CONTACT, "accountId": 88001}], CUSTOM)
    path = book(("Reply ID", "First name", "Last name", header), (FIRST_ID, "Ada", "Lovelace", value))
    before = state(sandbox)
    assert push(command, path, sandbox, "--allow", word).words == ["updated"]
    done = undo(command)
    assert (done.words, done.lines[0]["held_back"]) == (["skipped"], [field])
    assert f"These wait for your agreement again: {word} (--allow {word})." in done.err
    assert command("undo", 1, "--yes", "--json", "--allow", word).words == ["undone"]
    assert state(sandbox) == before
    assert cells(path)[0][header] == {"email": "ada@example.com", "account": "88001"}.get(word) or cells(path)[0][header] == 88001


def test_unknown_rows_and_fields_that_were_not_stored(book: Book, reply: Sandbox, command: Command) -> None:
    """Of a change of which nobody knows whether it arrived, what did arrive goes back; what Reply did not store is not touched."""
    path = book(HEADERS[:4], (FIRST_ID, None, "Augusta", "CTO"), (FIRST_ID + 1, None, "Rob", "CTO"))
    reply.set(ignores=["firstName"])
    reply.fault("cut", method="PATCH", when="after", contact_id=FIRST_ID)
    reply.fault("status", status=400, method="GET", path=f"contacts/{FIRST_ID}$")
    assert push(command, path, reply).words == ["unknown", "not stored"]
    reply.clear_faults()
    reply.set(ignores=[])
    reply.edit(FIRST_ID + 1, firstName="Rob")  # by somebody, and now what the run had wanted
    assert undo(command).words == ["undone", "undone"]
    assert [request.body for request in patches(reply)[-2:]] in ([{"title": "CEO"}, {"title": "CFO"}], [{"title": "CFO"}, {"title": "CEO"}])
    assert reply.contact(FIRST_ID + 1)["firstName"] == "Rob"


@pytest.mark.parametrize("how", ["undo", "resume", "retry"])
def test_a_change_that_lands_after_it_was_given_up(how: str, book: Book, reply: Sandbox, command: Command) -> None:
    """Three tries without an answer, and none had arrived when it was looked; one arrives later all the same: undo takes it back, also after the
    run was gone on with."""
    path = book(HEADERS[:4], (FIRST_ID, None, None, "CTO"), (FIRST_ID + 1, None, None, "CTO"))
    before = reply.contact(FIRST_ID)["title"]
    reply.fault("cut", method="PATCH", contact_id=FIRST_ID)
    assert push(command, path, reply).words == ["failed", "updated"]
    reply.clear_faults()
    reply.edit(FIRST_ID, title="CTO")
    if how == "resume":
        done = command("resume", "--yes", "--json")
        assert (done.words[0], "The answer was lost; read back." in done.lines[0]["message"]) == ("updated", True)
    elif how == "retry":
        type_into(path, D3="CEO of all")
        assert push(command, path, reply).words == ["unchanged", "updated"]
    done = undo(command)
    assert done.words == ["undone", "undone"], done.err
    assert reply.contact(FIRST_ID)["title"] == before


def test_rows_that_were_not_changed_are_not_read(book: Book, reply: Sandbox, command: Command) -> None:
    """Only contacts that the run may have written to are looked at; a run that changed nothing has nothing to undo."""
    path = book(HEADERS[:4], (FIRST_ID, None, "Ada", None), (FIRST_ID + 1, None, None, "x" * 5), (FIRST_ID + 7, None, None, "x"))
    reply.fault("status", status=400, method="PATCH")
    assert push(command, path, reply).words == ["unchanged", "refused", "not found"]
    reply.clear_faults()
    before = len(reply.requests)
    done = command("undo", 1, "--yes")
    assert (done.code, "There is nothing to undo" in done.err) == (0, True)
    assert [request.path for request in reply.requests[before:]] == ["/v3/whoami"]


def test_nothing_is_asked_about_other_peoples_contacts(book: Book, reply: Sandbox, command: Command) -> None:
    """A practice server that was started anew holds other contacts under the same ids: not even a contact is read."""
    path = book(HEADERS[:4], (FIRST_ID, None, None, "CTO"))
    push(command, path, reply)
    reply.reset()
    done = command("undo", "--yes")
    assert done.code == 1
    assert "has been started anew" in done.err
    assert [request.path for request in reply.requests] == ["/v3/whoami"]


def test_a_contact_that_is_gone(book: Book, reply: Sandbox, command: Command) -> None:
    """It is named, and the others go back."""
    path = book(HEADERS[:4], (FIRST_ID, None, None, "CTO"), (FIRST_ID + 1, None, None, "CTO"))
    push(command, path, reply)
    reply.delete(FIRST_ID)
    done = undo(command)
    assert sorted(done.words) == ["not found", "undone"]
    assert f"Contact {FIRST_ID} is no longer in Reply." in done.out


def test_a_former_value_that_no_cell_can_say(book: Book, make_sandbox: Callable[..., Sandbox], command: Command) -> None:
    """It goes back in Reply, and the cell is left blank, which asks for nothing: the next push sends nothing and no row is invalid."""
    sandbox = make_sandbox([{**CONTACT, "notes": "<clear>", "phone": "ask Ann"}], CUSTOM)
    path = book(("Reply ID", "Notes", "Phone"), (FIRST_ID, "new", "+41446681899"))
    before = state(sandbox)
    push(command, path, sandbox)
    assert undo(command).words == ["undone"]
    assert state(sandbox) == before
    assert (cells(path)[0]["Notes"], cells(path)[0]["Phone"]) == (None, None)
    assert push(command, path, sandbox).words == ["unchanged"]


def test_a_moved_book(book: Book, reply: Sandbox, command: Command) -> None:
    """The rows stand in a copy now: --book says where, and there the cells are restored."""
    path = book(HEADERS[:4], (FIRST_ID, None, None, "CTO"))
    push(command, path, reply)
    moved = path.rename(path.with_name("moved.xlsx"))
    assert undo(command, "--book", moved).words == ["undone"]
    assert (cells(moved)[0]["Title"], cells(moved)[0]["Reply status"]) == ("CEO", "Undone")


_texts = st.one_of(st.none(), st.sampled_from(["x", "Ö", "=1+1", "a\nb", "12", "<b>"]))
_fields: dict[str, st.SearchStrategy[Any]] = {
    "firstName": st.sampled_from(["Ada", "Bob"]),
    "lastName": _texts, "title": _texts, "notes": _texts, "city": _texts,
    "companySize": st.sampled_from(["Empty", "Ten", "OneThousand"]),
    "callStatus": st.sampled_from(["none", "called"]),
    "meetingStatus": st.sampled_from(["none", "meetingBooked"]),
    "isOptedOut": st.booleans(),
    "accountId": st.sampled_from([None, 88001, 88002]),
    "customFields": st.dictionaries(st.sampled_from(CUSTOM), st.sampled_from(["1", "2026-01-31", "ü"])),
}  # fmt: skip
_wanted: dict[str, st.SearchStrategy[Any]] = {
    "First name": st.sampled_from([None, "Ada", "Bob"]),
    "Last name": st.one_of(_texts, st.just("<clear>")), "Title": st.one_of(_texts, st.just("<clear>")), "Notes": st.one_of(_texts, st.just("<clear>")),
    "City": st.one_of(_texts, st.just("<clear>")), "Company size": st.sampled_from([None, "2-10", "501-1000", "<clear>"]),
    "Call status": st.sampled_from([None, "called", "to call", "<clear>"]), "Meeting status": st.sampled_from([None, "booked", "<clear>"]),
    "Opted out": st.sampled_from([None, "yes", "no"]), "Account ID": st.sampled_from([None, 88001, "<clear>"]),
    "custom: Budget": st.sampled_from([None, "1", 2.5, "<clear>"]), "custom: Renewal": st.sampled_from([None, datetime(2026, 1, 31), "<clear>"]),
}  # fmt: skip


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    contacts=st.lists(st.fixed_dictionaries({}, optional=_fields), min_size=1, max_size=3),
    rows=st.lists(st.fixed_dictionaries(_wanted), min_size=3, max_size=3),
    style=st.sampled_from([("camel", "mixed", "name"), ("pascal", "null", "id"), ("camel", "empty", "id")]),
)
def test_after_push_and_undo_the_contacts_are_as_they_were(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    contacts: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    style: tuple[Any, Any, Any],
) -> None:
    """Whatever they held and whatever was sent, in every kind of field, all agreed to: the server holds what it held, and a third push
    sends nothing."""
    folder = tmp_path_factory.mktemp("undo")
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    monkeypatch.setenv("REPLY_XL_QUOTA", "off")
    size, unset, keys = style
    people = [{"firstName": "Ann", **one, "id": FIRST_ID + n, "email": f"p{n}@example.com"} for n, one in enumerate(contacts)]
    made = openpyxl.Workbook()
    page = made.active
    assert page is not None
    page.append(["Reply ID", *_wanted])
    for n in range(len(people)):
        page.append([FIRST_ID + n, *(rows[n][name] for name in _wanted)])  # hypothesis may give them in another order
        for cell in page[n + 2]:
            cell.data_type = "s" if isinstance(cell.value, str) and cell.value.startswith("=") else cell.data_type
    path = folder / "leads.xlsx"
    made.save(path)
    everything = ("--yes", "--allow", "opt-out,opt-in,account")
    with Sandbox(people, CUSTOM, quota="off", company_size=size, unset=unset, custom_field_keys=keys) as sandbox:
        before = state(sandbox)
        cli.main(["push", str(path), "--base-url", sandbox.url, *everything])
        sent = {request.contact_id for request in patches(sandbox)}
        if sent:
            assert cli.main(["undo", *everything]) == 0
        assert {number: without_sequences(one) for number, one in state(sandbox).items()} == {
            number: without_sequences(one) for number, one in before.items()
        }
        count = len(patches(sandbox))
        cli.main(["push", str(path), "--base-url", sandbox.url, *everything])
        assert len(patches(sandbox)) == count or not sent


def without_sequences(contact: dict[str, Any]) -> dict[str, Any]:
    """An opt-out ends them for good."""
    return {name: value for name, value in contact.items() if name != "sequences"}
