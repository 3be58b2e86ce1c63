"""What Reply held when a sheet's cells received or equalled it: who sets it, whose it is, and that nothing else does."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import FIRST_ID, Book, Ran, cells
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl import pull_new
from reply_xl.download import OVERLAP, Wanted, download, spool_of
from reply_xl.errors import Cancelled
from reply_xl.history.bases import BasePage, book_name, sheet_name
from reply_xl.history.records import Records
from reply_xl.model import Contact
from reply_xl.sandbox import Sandbox
from reply_xl.session import Session
from reply_xl.template import SHEET

Command = Callable[..., Ran]
Held = Mapping[int, Mapping[str, Any]]
CONTACT = {
    "id": FIRST_ID,
    "email": "ada@example.com",
    "firstName": "Ada",
    "title": "CEO",
    "phone": "+41446681800",
    "companySize": "Fifty",
    "customFields": {"Budget": "1200"},
}
OTHER = {"id": FIRST_ID + 1, "email": "bob@example.com", "firstName": "Bob"}
HEADERS = ("Reply ID", "First name", "Title", "Phone", "Company size", "Custom: Budget", "Notes")


@pytest.fixture
def reply(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox([CONTACT, OTHER], ["Budget"])


def bases(sandbox: Sandbox, path: Path, sheet: str = "Contacts") -> Held:
    """What is known of the sandbox's contacts in this sheet."""
    with Session(sandbox.url) as session:
        session.contacts.whoami()
        return session.bases(path, sheet).of(sandbox.contacts)


def test_a_pull_sets_what_the_cells_say(book: Book, reply: Sandbox, command: Command) -> None:
    """Cells that received a value and cells that said it already, by field name and as Reply gave it; empty in both is known too. A cell
    that was left with another value (--only-empty) gets no base."""
    path = book(HEADERS, (FIRST_ID, "Ada ", None, "+41446681800 ", "11 – 50", 1200, None), (FIRST_ID + 1, "Robert", *[None] * 5))
    assert command("pull", path, "--base-url", reply.url, "--only-empty").code == 0
    known = bases(reply, path)
    assert known[FIRST_ID] == {
        "firstName": "Ada",
        "title": "CEO",
        "phone": "+41446681800",
        "companySize": "fifty",
        "custom:Budget": "1200",
        "notes": None,
    }
    assert "firstName" not in known[FIRST_ID + 1]
    assert known[FIRST_ID + 1]["title"] is None


def test_only_the_fields_that_were_pulled(book: Book, reply: Sandbox, command: Command) -> None:
    """--fields limits it; other fields keep the base they have."""
    path = book(HEADERS, (FIRST_ID, *[None] * 6))
    command("pull", path, "--base-url", reply.url, "--fields", "title")
    assert bases(reply, path) == {FIRST_ID: {"title": "CEO"}}
    reply.edit(FIRST_ID, title="CTO")
    command("pull", path, "--base-url", reply.url, "--fields", "phone")
    assert bases(reply, path) == {FIRST_ID: {"title": "CEO", "phone": "+41446681800"}}


def test_looking_sets_nothing(book: Book, reply: Sandbox, command: Command) -> None:
    """A preview, a push that is refused or changes nothing, a question without an answer, a row of somebody else, a hidden column."""
    path = book(
        ("Reply ID", "Email", "First name"),
        (FIRST_ID, "ada@example.com", "Ada"),
        (FIRST_ID + 1, "stranger@example.org", "x"),
        hidden_columns="C",
    )
    for arguments in (("preview", path), ("push", path, "--yes"), ("columns", path), ("pull", path)):
        command(*arguments, "--base-url", reply.url)
    assert "firstName" not in bases(reply, path).get(FIRST_ID, {})
    assert FIRST_ID + 1 not in bases(reply, path)
    other = book(("Reply ID", "First name"), (FIRST_ID, "Ada"), (FIRST_ID + 1, "Rob"), name="other.xlsx")
    reply.fault("status", status=400, method="PATCH")
    assert command("push", other, "--base-url", reply.url, "--yes").code == 3
    assert bases(reply, other) == {}


def test_a_push_sets_what_was_stored(book: Book, reply: Sandbox, command: Command) -> None:
    """As the answer has it; not what Reply did not store, nor what was not sent."""
    reply.set(ignores=["phone"])
    path = book(HEADERS, (FIRST_ID, "Ada", "CTO", "+41446681899", "501-1000", "<clear>", "new"))
    assert command("push", path, "--base-url", reply.url, "--yes", "--json").words == ["not stored"]
    assert bases(reply, path) == {FIRST_ID: {"title": "CTO", "companySize": "oneThousand", "custom:Budget": None, "notes": "new"}}


def test_what_a_push_would_misread_is_not_pulled(book: Book, make_sandbox: Callable[..., Sandbox], command: Command) -> None:
    """A contact whose notes are the text `<clear>` and whose phone has no digits: their cells stay blank, and get no base."""
    sandbox = make_sandbox([{**CONTACT, "notes": "<clear>", "phone": "ask Ann", "title": "#N/A"}], ["Budget"])
    path = book(HEADERS, (FIRST_ID, *[None] * 6))
    assert command("pull", path, "--base-url", sandbox.url, "--overwrite").code == 0
    (line,) = cells(path)
    assert (line["Notes"], line["Phone"], line["Title"]) == (None, None, None)
    assert command("push", path, "--base-url", sandbox.url, "--json").words == ["unchanged"]
    assert set(bases(sandbox, path)[FIRST_ID]) == {"firstName", "companySize", "custom:Budget"}


def test_where_the_cells_went(book: Book, reply: Sandbox, command: Command, tmp_path: Path) -> None:
    """`--out`: the bases are those of the file that got the values; the workbook itself still says what it said."""
    path, out = book(HEADERS, (FIRST_ID, "Adele", *[None] * 5)), tmp_path / "out.xlsx"
    assert command("pull", path, "--base-url", reply.url, "--overwrite", "--out", out).code == 0
    assert bases(reply, out)[FIRST_ID]["firstName"] == "Ada"
    assert bases(reply, path) == {}


def test_a_push_into_another_file(book: Book, reply: Sandbox, command: Command, tmp_path: Path) -> None:
    """`--out`: the cells of both files say what was stored, so that neither overwrites what a colleague typed since."""
    path, out = book(("Reply ID", "Title"), (FIRST_ID, "CTO")), tmp_path / "out.xlsx"
    assert command("push", path, "--base-url", reply.url, "--out", out, "--json").words == ["updated"]
    assert bases(reply, out) == bases(reply, path) == {FIRST_ID: {"title": "CTO"}}
    reply.edit(FIRST_ID, title="COO")
    assert command("push", out, "--base-url", reply.url, "--json").words == ["skipped"]


def test_each_sheet_has_its_own(book: Book, reply: Sandbox, command: Command, make_sandbox: Callable[..., Sandbox]) -> None:
    """Another workbook, another sheet and another practice server know nothing; another spelling of the path does."""
    path = book(HEADERS, (FIRST_ID, *[None] * 6))
    command("pull", path, "--base-url", reply.url)
    assert bases(reply, path)[FIRST_ID]["title"] == "CEO"
    assert bases(reply, path.parent / "x" / ".." / path.name)[FIRST_ID]["title"] == "CEO"
    assert bases(reply, path.with_name("copy.xlsx")) == bases(reply, path, "Other") == bases(make_sandbox([CONTACT]), path) == {}
    reply.reset()  # it calls itself otherwise now
    assert bases(reply, path) == {}


def test_a_csv_file_and_its_results_are_one(tmp_path: Path, reply: Sandbox, command: Command) -> None:
    """What a pull wrote into the results file is known when the file itself is pushed."""
    path = tmp_path / "leads.csv"
    path.write_text(f"Reply ID,Title\n{FIRST_ID},\n", encoding="utf-8")
    assert command("pull", path, "--base-url", reply.url).code == 0
    assert bases(reply, path, "leads") == bases(reply, tmp_path / "leads.results.csv", "leads.results") == {FIRST_ID: {"title": "CEO"}}
    assert sheet_name(str(path), "leads") == sheet_name(str(tmp_path / "leads.Results.csv"), "leads.Results")
    assert book_name(str(tmp_path / ".results.csv")).endswith(os.path.normcase(".results.csv"))


def test_a_workbook_that_is_saved_under_another_name_in_mid_run(book: Book, reply: Sandbox, command: Command, tmp_path: Path) -> None:
    """From then on outcomes tell of both files; the same file in another spelling loses nothing."""
    path = book(HEADERS[:3], (FIRST_ID, None, "CTO"))
    command("push", path, "--base-url", reply.url, "--yes")
    known, other = bases(reply, path), tmp_path / "other.xlsx"
    assert known[FIRST_ID]["title"] == "CTO"
    with Records() as records:
        begun = records.journal.recorded(1)
        records.journal.follow(1, f"{tmp_path}/./{path.name}")
        assert bases(reply, path) == known
        records.journal.follow(1, str(other))
        outcome = begun.entries[0].outcome
        assert outcome is not None
        late = replace(outcome, contact=Contact(FIRST_ID, {"title": "Late"}, {}))
        records.journal.record(begun.run, [late])
    assert bases(reply, other)[FIRST_ID]["title"] == bases(reply, path)[FIRST_ID]["title"] == "Late"


# --- pull --new ------------------------------------------------------------------------------------------------------------------------------


def test_a_download_sets_every_field(reply: Sandbox, command: Command, tmp_path: Path) -> None:
    """Every field of every contact that can be sent, empty ones too, as Reply gave it; not what the cells could not say."""
    reply.edit(FIRST_ID + 1, notes="<clear>")
    path = tmp_path / "new.xlsx"
    assert command("pull", "--new", path, "--base-url", reply.url).code == 0
    known = bases(reply, path, SHEET)
    assert {name: known[FIRST_ID][name] for name in ("email", "title", "companySize", "custom:Budget", "notes", "isOptedOut")} == {
        "email": "ada@example.com", "title": "CEO", "companySize": "fifty", "custom:Budget": "1200", "notes": None, "isOptedOut": False,
    }  # fmt: skip
    assert "notes" not in known[FIRST_ID + 1]
    assert not {"phone2", "id", "createdAt", "lists"} & known[FIRST_ID].keys()
    assert bases(reply, spool_of(path), SHEET) == {}


def test_a_conflict_with_what_was_downloaded(reply: Sandbox, command: Command, tmp_path: Path) -> None:
    """The whole way: a field that was empty when it was downloaded, filled by a colleague, and typed in the sheet."""
    import openpyxl

    path = tmp_path / "new.xlsx"
    command("pull", "--new", path, "--base-url", reply.url)
    made = openpyxl.load_workbook(path)
    page = made[SHEET]
    headers = [cell.value for cell in page[1]]
    page.cell(2, headers.index("Notes") + 1, "mine")
    page.cell(2, headers.index("Title") + 1, "CTO")
    made.save(path)
    reply.edit(FIRST_ID, notes="theirs")
    first, second = command("preview", path, "--base-url", reply.url, "--json").lines
    assert first["outcome"] == "conflict"
    assert "Notes was empty, is “theirs” in Reply now, and the sheet says “mine”" in first["message"]
    assert second["outcome"] == "unchanged"


def test_a_download_that_was_cut(make_sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    """Nothing is known before the workbook is there; after it was resumed everything is, each contact once. A second download to the same
    place knows nothing of the first."""
    sandbox = make_sandbox(2_500)
    path = tmp_path / "new.xlsx"
    with Records() as records, Session(sandbox.url, records=records) as session:
        session.contacts.whoami()

        class Cut:
            pages = 0

            def page(self, top: int, skip: int) -> Any:
                self.pages += 1
                if self.pages == 3:
                    raise Cancelled("cut")
                return session.contacts.page(top, skip)

            def __getattr__(self, name: str) -> Any:
                return getattr(session.contacts, name)

        new = records.new_bases(session.place, str(spool_of(path)), SHEET)
        with pytest.raises(Cancelled):
            download(Cut(), Wanted(), path, place="x", bases=new)  # type: ignore[arg-type]
        assert bases(sandbox, path, SHEET) == {}
        sandbox.edit(FIRST_ID + 2_400, title="late")
        assert download(session.contacts, Wanted(), path, place="x", bases=new).resumed == 2_000 - OVERLAP
        known = bases(sandbox, path, SHEET)
        assert len(known) == 2_500
        assert (known[FIRST_ID]["firstName"], known[FIRST_ID + 2_400]["title"]) == ("First0", "late")
        path.unlink()
        with pytest.raises(Cancelled):
            download(Cut(), Wanted(), path, place="x", bases=new)  # type: ignore[arg-type]
        spool_of(path).unlink()
        for number in range(2_000):
            sandbox.delete(FIRST_ID + number)
        download(session.contacts, Wanted(), path, place="x", bases=new)
        assert len(records.bases(session.place, str(path), SHEET).of(range(FIRST_ID, FIRST_ID + 2_500))) == 500


def test_downloads_of_one_name_in_two_folders(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name without a folder is that of the folder one is in: what was cut in one is not lost to a download in the other."""
    sandbox = make_sandbox(2_500)
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, code in ((here, 1), (there, 0), (here, 0)):
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        if code:
            sandbox.fault("status", status=403, path=r"/v3/contacts\?", nth=3)
        assert pull_new.run(Path("new.xlsx"), None, None, sandbox.url, threading.Event()) == code
        sandbox.clear_faults()
    with Records() as records:
        place = f"{sandbox.url} {sandbox.instance}"
        known = [
            len(records.bases(place, str(folder / "new.xlsx"), SHEET).of(range(FIRST_ID, FIRST_ID + 2_500))) for folder in (here, there)
        ]
    assert known == [2_500, 2_500]


_values = st.one_of(st.none(), st.text(max_size=5), st.booleans(), st.integers(0, 5))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.dictionaries(st.integers(1, 4), st.dictionaries(st.sampled_from("abc"), _values), max_size=4), max_size=5), st.booleans()
)
def test_the_last_that_was_set_is_known(
    tmp_path_factory: pytest.TempPathFactory, settings: list[dict[int, dict[str, Any]]], begins_with_pages: bool
) -> None:
    """Whatever is set, in any order: each field of each contact has its last value, others keep theirs; also on top of a download."""
    with Records(tmp_path_factory.mktemp("records")) as records:
        known: dict[int, dict[str, Any]] = {}
        if begins_with_pages:
            new = records.new_bases("place", "book.part", "Sheet")
            new.add(0, BasePage([1, 2], {"a": ["x", None], "b": [True, "y"]}, [(2, "b")]))
            new.add(1, BasePage([3], {"a": ["to be read again"]}))
            new.add(1, BasePage([3], {"a": ["z"]}))
            new.move("book")
            known = {1: {"a": "x", "b": True}, 2: {"a": None}, 3: {"a": "z"}}
        sheet = records.bases("place", "book", "Sheet")
        for held in settings:
            sheet.set(held)
            for contact, fields in held.items():
                known.setdefault(contact, {}).update(fields)
        assert sheet.of(range(10)) == known
        assert sheet.of([1]) == ({1: known[1]} if 1 in known else {})
