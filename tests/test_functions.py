"""The functions of a sheet: they answer from what this computer knows, over cells and blocks, in short sentences, and touch nothing."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

import openpyxl
import pytest
from conftest import FIRST_ID, Ran, cells
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reply_xl import config, functions, inquiries
from reply_xl.errors import JournalError
from reply_xl.fields import BY_NAME
from reply_xl.history.database import Database, file_uri
from reply_xl.history.journal_file import open_journal
from reply_xl.history.records import Records
from reply_xl.inquiries import Window, answered
from reply_xl.kinds.host_values import as_cell
from reply_xl.mapping.choices import Choice, Send
from reply_xl.mapping.columns import map_columns
from reply_xl.model import ErrorCell, Outcome, Role, Row
from reply_xl.network.pace import WindowPace
from reply_xl.sandbox import Sandbox
from reply_xl.seen import Seen
from reply_xl.spread import sentence
from reply_xl.wishes import REFERENCES, make_wishes, named_in

Command = Callable[..., Ran]
ADA, BOB = FIRST_ID, FIRST_ID + 1
NOT_SEEN = "Not seen on this computer yet; pull it first."
CONTACTS = [
    {"id": ADA, "email": "Ada@example.com", "firstName": "Ada", "title": "CEO", "companySize": "Fifty", "customFields": {"Budget": "1200"}},
    {"id": BOB, "email": "bob@example.com", "firstName": "Bob", "notes": "n" * 300},
]


@pytest.fixture
def reply(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(CONTACTS, [{"title": "Budget", "fieldType": "number"}])


@pytest.fixture
def practising(home: Path) -> Window:
    """Of a person who practises, and whose practice server these tests talk to."""
    config.data_folder()
    (config.shared_folder() / "practice").touch()
    return Window()


@pytest.fixture
def ask(practising: Window) -> Callable[..., Any]:
    """A function by its name in the sheet, without REPLY_; looks anew each time."""

    def ask(name: str, *arguments: Any) -> Any:
        try:
            return answered(lambda *cells: getattr(inquiries, f"{name.lower()}_answer")(practising, *cells), *arguments)
        finally:
            practising.close()

    return ask


Ask = Callable[..., Any]


def download(command: Command, reply: Sandbox, path: Path) -> Path:
    assert command("pull", "--new", path, "--base-url", reply.url).code == 0
    return path


def edit(path: Path, row: int, header: str, value: object) -> None:
    book = openpyxl.load_workbook(path)
    sheet: Any = book.active
    headers = [cell.value for cell in sheet[1]]
    sheet.cell(row, headers.index(header) + 1).value = value
    book.save(path)


def test_column_is_the_field_of_a_header(ask: Ask) -> None:
    """Without any records: fields by name, synonym and language, what finds the contact, what is never sent, and what nobody knows."""
    asked = ["First Name", "Vorname", "reply id", "Created at", "Reply status", "Favourite colour", "", None, " "]
    assert ask("COLUMN", [asked]) == [
        [
            "First name",
            "First name",
            "Reply ID",
            "Created at (never sent)",
            "Reply status (written by reply_xl)",
            "not recognised",
            "",
            "",
            "",
        ]
    ]


def test_what_was_agreed_to_holds_in_the_sheet_too(ask: Ask) -> None:
    """A header that a person sent elsewhere on this computer goes there."""
    assert ask("COLUMN", "Hat size") == "not recognised"
    with Records() as records:
        records.agreements.keep({"hatsize": Choice("notes", Send.ONLY_EMPTY, instead="")})
    assert ask("COLUMN", "Hat size") == "Notes (only where Reply holds nothing yet)"
    assert ask("CHECK", "HAT SIZE", "large") == ""


def test_check_is_empty_or_the_problem(ask: Ask) -> None:
    """The problem is the sentence that a push would say, for texts, numbers, dates and errors as Excel hands them over."""
    assert ask("CHECK", "Company size", [["11-50"], [None], ["quite a few"]]) == [
        [""],
        [""],
        [
            "The cell (Company size) holds “quite a few”; type one of: none, self-employed, 2-10, 11-50, 51-200, 201-500, 501-1000, "
            "1001-5000, 5001-10000, 10001+."
        ],
    ]
    assert ask("CHECK", [["Email", "Title"]], [["ada@example", dt.datetime(2026, 1, 31)], ["ada@example.com", "CEO"]]) == [
        [
            "The cell (Email) holds “ada@example”, which is not an e-mail address; correct it, such as name@company.com.",
            "The cell (Title) holds a date, and this field takes text; format the cell as text and type it again.",
        ],
        ["", ""],
    ]
    assert ask("CHECK", "Title", -2146826246) == "The cell (Title) shows the error #N/A; correct the formula or empty the cell."
    assert ask("CHECK", "Reply ID", "00X") == "“00X” is not a Reply ID; correct it."
    assert ask("CHECK", "Reply ID", 2147000001.0) == ""
    assert ask("CHECK", "Hat size", "7") == "“Hat size” is not sent: no field of Reply is known by this name."
    assert ask("CHECK", "Reply owner", "Ada Lindqvist") == "", "the name of a member, which only Reply knows"
    assert ask("CHECK", "Created at", "nonsense") == "", "never sent"


def test_check_sees_what_the_cell_shows(home: Path) -> None:
    """A number or a date is judged as its cell shows it, as a push does: a format that makes something else of a number is named, one that is
    not known is a reason for doubt, and where a value is no cell there is none."""

    def check(header: Any, value: Any, *formats: Any) -> Any:
        try:
            with functions.shown_in(formats):
                return functions.REPLY_CHECK(header, value)
        finally:
            functions._WINDOW.close()

    number = 170123456.0
    assert check("Phone", number) == check("Phone", number, "", "") == check("Phone", number, "General", "General") == ""
    assert check("Phone", number, "General", '"0"0') == check("Phone", number, "General", ("General",)) == ""
    assert check("Phone", number, "", "0%").startswith("The cell (Phone) holds 170123456, of which the format “0%” makes something else")
    assert check("Title", number, "", "[h]:mm?").startswith("The cell (Title) holds 170123456, and it is not certain how the format")
    assert check("Title", dt.datetime(2026, 1, 31), "", "mmm yy").startswith(
        "The cell (Title) holds a date of which the format of the cell"
    )
    unknown = "The cell (Phone) has a number format that could not be read; give all cells of the column the same number format."
    assert check([["Phone", "Title"]], [[number, "CEO"], ["0170 1234567", "CTO"], [None, 3.0]], "", (None, "0")) == [
        [unknown, ""],
        ["", ""],
        ["", ""],
    ]
    assert check("Phone", [[number], [None]], "@", None) == [[unknown], [""]]


FORMATS = st.sampled_from(
    ["General", "@", "0", "0.00", "#,##0", "0%", '"0"0', "0E+00", "yyyy-mm-dd", "mmm yy", "h:mm", "d-mmm", "[Red]0", ";;;", None]
)
HEADERS = sorted({*(field.label for field in BY_NAME.values()), "custom: X", "Opt out", "Contact ID"})


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """Of somebody who has no records."""
    window = Window(tmp_path_factory.mktemp("empty"), seconds=600)
    yield window
    window.close()


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=st.sampled_from(HEADERS), value=st.deferred(lambda: VALUE), number_format=FORMATS)
def test_check_agrees_with_a_push(empty: Window, header: str, value: Any, number_format: str | None) -> None:
    """It is empty if and only if a row with this value below this header is not invalid, by the code that judges rows for a push, and the sentence is the one
    that the row would get. A name of a member or an account, which only Reply can judge, is left to Reply."""
    cell, column = as_cell(value), empty.column(header)
    if column.target is None or (column.target.name in REFERENCES and named_in(cell) is not None):
        return
    key = [] if column.role is Role.KEY else map_columns(["Reply ID"], customs=())
    row = Row(2, (float(ADA), cell, "ada@example.com"), formats={1: number_format})
    email = map_columns(["", "", "Email"], customs=())[2:] if column.role is Role.KEY else []
    judged = make_wishes([row], [*key, dataclasses.replace(column, index=1), *email], None)[0]
    said = inquiries.check_answer(empty, header, cell, number_format)
    assert (said != "") == isinstance(judged, Outcome), (said, judged)
    if isinstance(judged, Outcome) and column.role is Role.FIELD and column.target is not BY_NAME["email"]:  # that one is quoted as stored
        assert said == sentence(judged.message.replace("B2 (", "The cell (", 1))


def test_contact_is_what_was_last_seen(ask: Ask, tmp_path: Path, reply: Sandbox, command: Command) -> None:
    """After a download by id or e-mail, however it is spelled; a block of ids beside a row of fields is a table; and after a push what it
    stored. What changes in Reply afterwards is not seen, because nobody asks."""
    assert ask("CONTACT", ADA, "Title") == NOT_SEEN
    path = download(command, reply, tmp_path / "leads.xlsx")
    assert ask("CONTACT", float(ADA), "Title") == "CEO"
    table = ask("CONTACT", [[float(ADA)], ["BOB@example.com"], [77.0]], [["First name", "Company size", "Budget", "custom: Budget"]])
    assert table == [["Ada", "11-50", "1200", "1200"], ["Bob", "", "", ""], [NOT_SEEN] * 4]
    assert ask("CONTACT", "ada@EXAMPLE.com", "Reply ID") == float(ADA)
    assert ask("CONTACT", "who?", "Title") == "“who?” is neither a Reply ID nor an e-mail; correct it."
    assert ask("CONTACT", ADA, "Hat size") == "“Hat size” is not a field of Reply; correct it."
    edit(path, 2, "Title", "CTO")
    assert command("push", path, "--yes", "--base-url", reply.url).code == 0
    assert ask("CONTACT", ADA, "Title") == "CTO"
    reply.edit(ADA, title="Founder")
    assert ask("CONTACT", ADA, "Title") == "CTO"


def test_long_texts(ask: Ask, tmp_path: Path, reply: Sandbox, command: Command) -> None:
    """A text over 255 characters comes whole into one cell, also where xlwings makes a block of one cell; in a block of several, which Excel
    would refuse as a whole, a sentence stands for it."""
    download(command, reply, tmp_path / "leads.xlsx")
    assert ask("CONTACT", BOB, "Notes") == ask("CONTACT", [[BOB]], [["Notes"]]) == "n" * 300
    assert ask("CONTACT", [[BOB], [ADA]], "Notes") == [
        ["This text has 300 characters, too many for a block of cells; ask for it in a cell of its own."],
        [""],
    ]


def test_an_e_mail_that_moved(ask: Ask, tmp_path: Path, reply: Sandbox, command: Command) -> None:
    """The contact is found by the e-mail that it had when it was last seen; one that two contacts have finds neither."""
    download(command, reply, tmp_path / "old.xlsx")
    reply.edit(ADA, email="ada@new.example")
    download(command, reply, tmp_path / "new.xlsx")
    assert ask("CONTACT", "ada@example.com", "First name") == NOT_SEEN
    assert ask("CONTACT", "ada@new.example", "First name") == "Ada"
    reply.edit(BOB, email="ada@new.example")
    download(command, reply, tmp_path / "newer.xlsx")
    assert ask("CONTACT", "ada@new.example", "Title") == f"2 contacts have this e-mail, {ADA} and {BOB} among them; give the Reply ID."


def test_status_is_the_last_outcome(ask: Ask, tmp_path: Path, reply: Sandbox, command: Command) -> None:
    """Each outcome with its time and the message of the row; a contact that was only pulled was never sent."""
    path = download(command, reply, tmp_path / "leads.xlsx")
    assert ask("STATUS", ADA) == "Never sent from this computer."
    assert ask("STATUS", 77.0) == NOT_SEEN
    edit(path, 2, "Title", "CTO")
    edit(path, 3, "Company size", "quite a few")
    assert command("push", path, "--yes", "--base-url", reply.url).code == 3
    ada, bob = cells(path)[0], cells(path)[1]
    at = ada["Reply updated at"].isoformat(" ", "minutes")
    assert ask("STATUS", [[ADA, "bob@example.com"]])[0][0] == f"Updated ({at}): Updated Title."
    assert ask("STATUS", "bob@example.com").startswith("Invalid (2")
    assert ask("STATUS", "bob@example.com").endswith(f": {bob['Reply message']}")
    assert command("undo", "--yes", "--base-url", reply.url).code == 0
    assert ask("STATUS", ADA).startswith("Undone (")
    assert ask("CONTACT", ADA, "Title") == "CEO"


def test_a_run_that_was_cut(ask: Ask, tmp_path: Path, reply: Sandbox, command: Command) -> None:
    """As long as nobody knows what became of a contact, the function says so and where to look."""
    path = download(command, reply, tmp_path / "leads.xlsx")
    edit(path, 2, "Title", "CTO")
    command("push", path, "--yes", "--base-url", reply.url)
    with open_journal(config.data_folder() / "journal.sqlite3").transaction() as now:
        now.execute("UPDATE row SET word=NULL, message=NULL, at=NULL")
    assert ask("STATUS", ADA).startswith("Unknown: run 1 (2")
    assert ask("STATUS", ADA).endswith(") is going on or was cut; reply-xl show 1 tells.")


def test_custom_fields_known_here(ask: Ask, tmp_path: Path, reply: Sandbox, command: Command) -> None:
    """A custom field is known once it came into a sheet, and takes only numbers once a push has told that."""
    assert ask("COLUMN", "Budget") == "not recognised"
    path = download(command, reply, tmp_path / "leads.xlsx")
    assert ask("COLUMN", "Budget") == "custom: Budget"
    edit(path, 2, "custom: Budget", "1300")
    assert command("push", path, "--yes", "--base-url", reply.url).code == 0
    with Seen(config.data_folder(), practice=True) as seen:
        assert [(custom.title, custom.numeric) for custom in seen.customs] == [("Budget", True)]
    assert ask("CHECK", "custom: Budget", "much") == (
        "The cell (Budget) holds “much”, and this field takes a number; type digits only, with a point for decimals."
    )


def test_practice_is_another_world(ask: Ask, tmp_path: Path, reply: Sandbox, command: Command, home: Path) -> None:
    """What was seen on a practice server is answered only while practice is on: its numbers are other people."""
    download(command, reply, tmp_path / "leads.xlsx")
    assert ask("CONTACT", ADA, "First name") == "Ada"
    (config.shared_folder() / "practice").unlink()
    assert ask("CONTACT", ADA, "First name") == NOT_SEEN
    assert ask("COLUMN", "Budget") == "not recognised"


def test_quota_of_all_programs(home: Path) -> None:
    """What the shared log has counted, of several accounts the one that has used most; the reserve and a pause that Reply asked for count."""
    log = config.data_folder() / "quota.sqlite3"
    window = Window()

    def quota() -> Any:
        return answered(lambda: inquiries.quota_answer(window))

    assert quota() == "100 of 100 requests left in this minute, 3,000 of 3,000 in this hour."
    assert not log.exists()
    one, other = WindowPace(log=log, account="one"), WindowPace(log=log, account="other")
    for pace, requests in ((one, 30), (other, 7)):
        for _ in range(requests):
            pace.acquire()
            pace.release()
    one.acquire()
    assert quota() == "69 of 100 requests left in this minute, 2,969 of 3,000 in this hour."
    assert Window(clock=lambda: time.time() + 90).folder == window.folder
    later = Window(clock=lambda: time.time() + 90)
    assert inquiries.quota_answer(later) == "99 of 100 requests left in this minute, 2,969 of 3,000 in this hour.", "one is under way"
    one.set_reserve(50)
    assert quota() == "19 of 100 requests left in this minute, 1,469 of 3,000 in this hour."
    other.hold(30)
    assert str(quota()).startswith("None left: Reply asked for a pause of ")
    one.close()
    other.close()


def test_blocks_go_together(ask: Ask) -> None:
    """One cell, row or column goes with a block; a flat list is a row; what does not fit is a sentence, and so is more than 200,000 cells."""
    assert ask("CHECK", ["Title", "Email"], "x@y.de") == [["", ""]]
    assert ask("CHECK", [["Title"], ["Email"]], [["x", "y"]])[1][0] != ""
    assert ask("CHECK", [["Title", "Email"]], [["a", "b", "c"]]).startswith("The blocks of cells are not of the same height and width")
    assert ask("COLUMN", [["x"]] * 200_001).startswith("These are more than 200,000 cells")
    assert ask("COLUMN", []) == ""


FOLDER_SCRIPT = """
import json, sys
def refuse(event, args):
    if event.startswith(("socket", "urllib", "http", "smtplib", "ftplib", "subprocess", "os.system")):
        raise SystemExit(f"the network was asked: {event}")
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        raise SystemExit(f"a file was written: {args}")
sys.addaudithook(refuse)
from reply_xl import functions as f
answers = [f.REPLY_COLUMN("Title"), f.REPLY_CHECK("Email", "x"), f.REPLY_CONTACT([[%d]], [["Title"]]), f.REPLY_STATUS(%d), f.REPLY_QUOTA()]
f._WINDOW.close()
network = [name for name in ("requests", "urllib3", "ssl", "tornado", "keyring", "reply_xl.network.client", "reply_xl.session") if name in sys.modules]
print(json.dumps([answers, network]))
"""


def test_nothing_is_asked_and_nothing_written(practising: Window, tmp_path: Path, reply: Sandbox, command: Command) -> None:
    """Every function, in a process that may open no socket and write no file: the answers come, no request reaches the server, nothing that
    could reach one is even imported, and the folder is the same byte for byte. A missing folder is not made."""
    path = download(command, reply, tmp_path / "leads.xlsx")
    edit(path, 2, "Title", "CTO")
    command("push", path, "--yes", "--base-url", reply.url)
    folder = config.data_folder()
    pace = WindowPace(log=folder / "quota.sqlite3", account="one")
    pace.set_reserve(10)
    pace.close()

    def look() -> list[tuple[str, bytes]]:
        held = [file for file in folder.rglob("*") if file.is_file() and not file.name.endswith("-shm")]  # that one: who reads just now
        return sorted((file.name, file.read_bytes()) for file in held)

    before, requests = look(), len(reply.requests)
    script = FOLDER_SCRIPT % (ADA, ADA)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    answers, network = json.loads(done.stdout)
    assert answers[2] == "CTO"
    assert answers[3].startswith("Updated (")
    assert answers[4].startswith("90 of 100")
    assert network == []
    assert len(reply.requests) == requests
    assert look() == before
    empty = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "nowhere"), "LOCALAPPDATA": str(tmp_path / "nowhere"), "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", env=empty)
    assert json.loads(done.stdout)[0][2] == NOT_SEEN
    assert not (tmp_path / "nowhere").exists()
    assert not (tmp_path / "Library").exists()


def test_a_journal_of_another_version_or_none(practising: Window, ask: Ask) -> None:
    """The sentence says what to do, and the file stays as it is."""
    file = config.data_folder() / "journal.sqlite3"
    Database(file, ["CREATE TABLE one (x)"]).close()
    before = file.read_bytes()
    assert ask("STATUS", ADA) == "The journal on this computer is of another version; run “reply-xl runs” once, or update reply_xl."
    assert file.read_bytes() == before
    file.write_bytes(b"no database at all" * 100)
    assert ask("CONTACT", [[ADA]], "Title").startswith("The journal on this computer cannot be used; ")
    with pytest.raises(JournalError):
        Seen(config.data_folder())


def test_a_journal_that_another_program_locks(practising: Window) -> None:
    """Excel is held up once by many cells, not by each; when it is free again the cells are answered."""
    file = config.data_folder() / "journal.sqlite3"
    open_journal(file).close()
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN EXCLUSIVE")
        began = time.perf_counter()
        window = Window(seconds=60)
        answers = {answered(lambda one: inquiries.status_answer(window, one), float(ADA + n)) for n in range(40)}
        assert time.perf_counter() - began < 10  # half a second each would be twenty
    assert len(answers) == 1
    assert str(*answers).startswith("The journal on this computer")
    window.close()
    assert inquiries.status_answer(window, float(ADA)) == NOT_SEEN
    window.close()


@pytest.mark.parametrize("name", ["plain", "with space", "50% #1?", "Zoë und Łukasz", "a&b=c"])
def test_folders_of_any_name(tmp_path: Path, name: str) -> None:
    """The records are found wherever a user's name puts them."""
    (tmp_path / name).mkdir()
    open_journal(tmp_path / name / "journal.sqlite3").close()
    assert inquiries.status_answer(Window(tmp_path / name), 5.0) == NOT_SEEN


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PureWindowsPath(r"C:\Users\zoe\AppData\Local\reply_xl\j.sqlite3"), "file:///C:/Users/zoe/AppData/Local/reply_xl/j.sqlite3"),
        (PureWindowsPath(r"\\server\home$\zoe\j.sqlite3"), "file:////server/home%24/zoe/j.sqlite3"),
        (PurePosixPath("/home/zoë/50%.sqlite3"), "file:///home/zo%C3%AB/50%25.sqlite3"),
    ],
)
def test_paths_as_sqlite_reads_them(path: PurePath, uri: str) -> None:
    """With an empty host, which is the only one that SQLite takes."""
    assert file_uri(path) == uri


def test_the_records_are_let_go(practising: Window) -> None:
    """A moment after the last cell nothing is held open, so that another program can move or replace the journal."""
    open_journal(config.data_folder() / "journal.sqlite3").close()
    window = Window(seconds=0.05)
    assert inquiries.status_answer(window, float(ADA)) == NOT_SEEN
    deadline = time.monotonic() + 5
    while window._seen is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert window._seen is None


def test_thousands_of_cells(ask: Ask, tmp_path: Path, make_sandbox: Callable[..., Sandbox], command: Command, practising: Window) -> None:
    """A block of 5,000 cells costs no more than ten times what 500 cells in it cost, and one cell at a time no more than ten times the block:
    the records are opened once for all of them."""
    reply = make_sandbox(500)
    download(command, reply, tmp_path / "leads.xlsx")
    ids = [float(FIRST_ID + index) for index in range(500)]

    def seconds(work: Callable[[], Any]) -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    fields = [["First name", "Last name", "Email", "Title", "Company", "City", "State", "Country", "Phone", "Notes"]]
    one = seconds(lambda: [inquiries.contact_answer(practising, number, "Email") for number in ids])
    block = seconds(lambda: ask("CONTACT", [[number] for number in ids], fields))
    alone = seconds(lambda: [inquiries.contact_answer(practising, number, str(field)) for number in ids for field in fields[0]])
    assert block < one * 10 + 1
    assert alone < block * 10 + 1
    assert ask("CONTACT", ids[-1], "Email") == "p499@example.com"


CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=600),
    st.datetimes(),
    st.dates(),
    st.decimals(),
    st.binary(max_size=5),
    st.sampled_from(
        ["Title", "Email", "ada@example.com", "Company size", "custom:", "#REF!", "<clear>", ErrorCell("#N/A"), -2146826246, 1e300]
    ),
    st.builds(object),
    st.just(Decimal("NaN")),
)
VALUE = st.one_of(
    *(st.none(), st.booleans(), st.floats(), st.text(max_size=40), st.datetimes(), st.integers(0, 10**12).map(float)),
    st.sampled_from(
        [
            "<CLEAR> ",
            " #REF!",
            "=1+1",
            "'=x",
            "11-50",
            "Europe/Berlin",
            "nein",
            "0170 123",
            "+49 170 1234567",
            "www.linkedin.com/in/x",
            "a,b",
            "1e5",
        ]
    ),
    st.sampled_from(["Ada <ada@x.de>", "\ufffd", "\x00", "12345678901234567890", "\u200b", "\xa0", "a@b.de; c@d.de", "x" * 33000]),
    st.sampled_from([ErrorCell("#N/A"), -2146826246, 123456789012345678.0, 0.1, dt.datetime(1899, 12, 30), "ada@example.com", "Title"]),
)
SHAPE = st.one_of(CELL, st.lists(CELL, max_size=3), st.lists(st.lists(CELL, max_size=3), max_size=3))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=SHAPE, other=SHAPE, name=st.sampled_from(functions.NAMES))
def test_no_argument_crashes(filled: Window, one: Any, other: Any, name: str) -> None:
    """Whatever a cell or a block holds, the answer is text, number, truth value or a rectangle of them, and no text is as long as 255
    characters."""
    arguments = {"REPLY_QUOTA": [], "REPLY_COLUMN": [one], "REPLY_STATUS": [one]}.get(name, [one, other])
    answer = getattr(functions, name)(*arguments)
    rows = answer if isinstance(answer, list) else [[answer]]
    assert len({len(row) for row in rows}) == 1
    assert all(isinstance(cell, str | float | bool) for row in rows for cell in row)
    assert all(len(cell) < 255 for row in rows for cell in row if isinstance(cell, str))
    assert answer != inquiries._BROKEN


@pytest.fixture
def filled(practising: Window, tmp_path: Path, reply: Sandbox, command: Command) -> Window:
    """With records, so that no argument ends at the first question."""
    reply.edit(BOB, notes="short")
    download(command, reply, tmp_path / "leads.xlsx")
    return practising
