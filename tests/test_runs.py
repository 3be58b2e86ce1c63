"""`runs`, `show` and `forget`: what the journal tells, to a person, a program and an auditor, and that it can forget."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import FIRST_ID, Book, Ran, on_a_terminal

from reply_xl.history.records import Records
from reply_xl.sandbox import Sandbox
from reply_xl.session import Session

Command = Callable[..., Ran]


def push(command: Command, path: Path, reply: Sandbox, *options: object) -> Ran:
    return command("push", path, "--base-url", reply.url, "--yes", "--json", *options)


def audited(command: Command, *options: object) -> list[dict[str, str]]:
    done = command("show", *options, "--csv")
    assert done.code == 0
    return list(csv.DictReader(io.StringIO(done.out, newline="")))


# --- runs and show -----------------------------------------------------------------------------------------------------------------------


def test_nothing_yet(command: Command, home: Path) -> None:
    """A fresh machine: no run, no error for a list, and no journal is made by looking."""
    assert (command("runs").code, command("runs").out) == (0, "There is no run on this computer yet.\n")
    assert (command("runs", "--json").code, command("runs", "--json").out) == (0, "")
    assert command("forget", "--before", "2026-01-01", "--yes").code == 0
    assert not list(home.rglob("journal*"))
    for name in ("show", "undo", "retry"):
        done = command(name)
        assert (done.code, done.err) == (1, "There is no run on this computer yet; “reply-xl push BOOK” makes one.\n")
    assert command("show", 7).err == "There is no run 7 on this computer; “reply-xl runs” lists them.\n"


def test_the_list(book: Book, sandbox: Sandbox, command: Command) -> None:
    """The newest first: what it was, on which book, and what became of its rows."""
    path = book(("Reply ID", "Title"), (FIRST_ID, "CTO"), (FIRST_ID + 1, None), (FIRST_ID + 99, "x"))
    push(command, path, sandbox)
    command("undo", "--yes")
    newest, oldest = command("runs", "--json").lines
    assert (newest["run"], newest["kind"], newest["of"], newest["outcomes"]) == (2, "undo", 1, {"undone": 1})
    assert (oldest["run"], oldest["kind"], oldest["of"]) == (1, "push", None)
    assert oldest["outcomes"] == {"updated": 1, "unchanged": 1, "not found": 1}
    assert (oldest["book"], oldest["sheet"], oldest["base_url"], oldest["open"], oldest["waiting"]) == (
        str(path),
        "Contacts",
        sandbox.url,
        0,
        0,
    )
    assert datetime.now(UTC) - datetime.fromisoformat(oldest["started"]) < timedelta(minutes=1)
    text = command("runs").out
    assert "undo of run 1" in text
    assert "book.xlsx" in text


def test_one_run(book: Book, sandbox: Sandbox, command: Command) -> None:
    """What it was to change, before and after, and the rows of which nothing was sent; the newest without a number."""
    path = book(("Reply ID", "First name", "Title"), (FIRST_ID, "Ada", "<clear>"), (FIRST_ID + 99, "x", None))
    sandbox.edit(FIRST_ID, title="CEO")
    push(command, path, sandbox)
    text = command("show").out
    assert "push on book.xlsx, sheet Contacts): 1 contact; First name 1, Title 1." in " ".join(text.split())
    for word in ("First0", "Ada", "CEO", "(empty)", "Not found"):
        assert word in text
    told = json.loads(command("show", 1, "--json").out)
    assert told["rows"][0]["changes"] == {"firstName": ["First0", "Ada"], "title": ["CEO", None]}
    assert [row["outcome"] for row in told["rows"]] == ["updated", "not found"]
    assert told["rows"][0]["email"] == "p0@example.com"
    ran = command("resume", 1)
    assert (ran.code, ran.err) == (0, "Run 1 came to its end, and no result of it waits.\n")


# --- for the auditor ---------------------------------------------------------------------------------------------------------------------


def test_who_when_what(book: Book, make_sandbox: Callable[..., Sandbox], command: Command) -> None:
    """A line for each field of each row: who, when with the offset, contact, field, before, after, outcome, HTTP status."""
    sandbox = make_sandbox(
        [{"id": FIRST_ID + n, "email": f"p{n}@example.com", "firstName": "F", "title": "CEO"} for n in range(4)], ["Title"]
    )
    path = book(
        ("Reply ID", "Title", "City", "Custom: Title", "Second phone"),
        (FIRST_ID, "CTO", "Bern", "x", None), (FIRST_ID + 1, "CTO", None, None, None), (FIRST_ID + 2, None, None, None, "+41446681800"),
        (FIRST_ID + 3, "CEO", None, None, None), (None, None, None, None, "+41446681800"),
    )  # fmt: skip
    sandbox.set(ignores=["city"])
    sandbox.fault("status", status=400, method="PATCH", contact_id=FIRST_ID + 1)
    began = datetime.now().astimezone().replace(microsecond=0)
    push(command, path, sandbox)
    shown = next(line for line in command("show").out.splitlines() if "+41446681800" in line)
    assert "(not shown by" in shown  # and not “(empty)”, which nobody knows
    lines = audited(command)
    assert [(line["row"], line["contact"], line["email"], line["field"], line["before"], line["after"], line["outcome"], line["http_status"]) for line in lines] == [
        ("2", str(FIRST_ID), "p0@example.com", "Title", "CEO", "CTO", "updated", "200"),
        ("2", str(FIRST_ID), "p0@example.com", "City", "", "Bern", "not stored", "200"),
        ("2", str(FIRST_ID), "p0@example.com", "custom: Title", "", "x", "updated", "200"),
        ("3", str(FIRST_ID + 1), "p1@example.com", "Title", "CEO", "CTO", "refused", "400"),
        ("4", str(FIRST_ID + 2), "p2@example.com", "Second phone", "(not shown by Reply)", "'+41446681800", "updated", "200"),
        ("5", str(FIRST_ID + 3), "", "", "", "", "unchanged", ""),
        ("6", "", "", "", "", "", "invalid", ""),
    ]  # fmt: skip
    with Session(sandbox.url) as session:
        assert {line["user"] for line in lines} == {session.contacts.whoami().username}
    for line in lines:
        assert timedelta(0) <= datetime.fromisoformat(line["when"]) - began < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1", 'a "quoted", text', "line\nbreak", "Łódź"])
def test_no_formula_for_a_spreadsheet(text: str, book: Book, sandbox: Sandbox, command: Command) -> None:
    """Whatever a contact or a cell held: a spreadsheet that opens the file shows it, and computes nothing."""
    path = book(("Reply ID", "Title", "Notes"), (FIRST_ID, "plain", "new"))
    sandbox.edit(FIRST_ID, title=text, notes="old")
    push(command, path, sandbox)
    title, notes = audited(command)
    harmless = text[0] not in "=+-@\t＝"
    assert title["before"] == (text if harmless else f"'{text}")
    assert (notes["before"], notes["after"]) == ("old", "new")


# --- forget ------------------------------------------------------------------------------------------------------------------------------


def age(home: Path) -> None:
    """Makes everything that stands in the journal now as old as the year 2020."""
    with sqlite3.connect(next(home.rglob("journal.sqlite3"))) as now:
        for table, column in (("run", "started"), ("base", "at"), ("base_page", "at")):
            now.execute(f"UPDATE {table} SET {column}='2020-05-05T10:00:00+00:00'")
    now.close()


@pytest.fixture
def aged(book: Book, make_sandbox: Callable[..., Sandbox], command: Command, tmp_path: Path, home: Path) -> Iterator[tuple[Path, Sandbox]]:
    """An old run on old.xlsx and a younger one on young.xlsx, a pull, a download; the old ones as old as the year 2020."""
    sandbox = make_sandbox([{"id": FIRST_ID + n, "email": f"secret{n}@example.com", "firstName": f"Firstname{n}"} for n in range(3)])
    old = book(("Reply ID", "Title", "Notes"), (FIRST_ID, "oldtitle", "oldnotes"), name="oldbook.xlsx")
    push(command, old, sandbox)
    command("pull", old, "--base-url", sandbox.url)
    command("pull", "--new", tmp_path / "oldnew.xlsx", "--base-url", sandbox.url)
    age(home)
    young = book(("Reply ID", "Title"), (FIRST_ID + 1, "youngtitle"), name="youngbook.xlsx")
    push(command, young, sandbox)
    return home, sandbox


def kept(home: Path) -> bytes:
    """Every byte of every file of this user."""
    return b"\0".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


OLD = [b"oldbook", b"oldnew", b"oldtitle", b"oldnotes", b"secret0@", b"secret2@", b"Firstname0", b"Firstname2"]


def test_nothing_of_the_forgotten_is_left(aged: tuple[Path, Sandbox], command: Command) -> None:
    """Not one byte of names, values, e-mails or paths in any file; what is younger stays whole. Before it, all of it was there."""
    home, _ = aged
    before = kept(home)
    assert all(word in before for word in OLD)
    done = command("forget", "--before", "2021-01-01", "--yes")
    assert (done.code, done.out) == (0, "1 run and what was known of 4 contacts were deleted.\n")
    after = kept(home)
    assert not [word for word in OLD if word in after]
    assert b"youngtitle" in after
    assert b"secret1@" in after
    assert [line["run"] for line in command("runs", "--json").lines] == [2]
    assert command("undo", 2, "--yes", "--json").words == ["undone"]
    assert command("show", 1).code == 1


def test_the_day_itself_is_kept(aged: tuple[Path, Sandbox], command: Command) -> None:
    """Before a day means before it began here; a day that is none is wrong use."""
    day = datetime(2020, 5, 5, 10, tzinfo=UTC).astimezone().date()
    assert command("forget", "--before", day).out == "There is nothing to delete from before 2020-05-05.\n"
    assert "1 run and" in command("forget", "--before", day + timedelta(days=1), "--yes").out
    for wrong in ("yesterday", "2026-02-30", "01.02.2026", ""):
        assert command("forget", "--before", wrong).code == 2
    assert command("forget").code == 2


ASKED = "1 run and what is known of 4 contacts will be deleted from this computer; this run can no longer be undone."


def test_nothing_is_forgotten_without_a_yes(aged: tuple[Path, Sandbox], command: Command) -> None:
    """What would go is said, and with nobody there to answer it stays and the exit code says wrong use."""
    home, _ = aged
    done = command("forget", "--before", "2021-01-01")
    assert (done.code, done.out) == (2, "")
    assert ASKED in done.err
    assert "add --yes" in done.err
    assert all(word in kept(home) for word in OLD)


@pytest.mark.parametrize(("answer", "code", "left"), [(b"n\n", 1, [2, 1]), (b"y\n", 0, [2])])
def test_at_a_terminal_it_asks(aged: tuple[Path, Sandbox], command: Command, answer: bytes, code: int, left: list[int]) -> None:
    """“Delete them?”: anything but yes keeps everything."""
    ended, shown = on_a_terminal([sys.executable, "-m", "reply_xl", "forget", "--before", "2021-01-01"], answer)
    assert ended == code, shown
    assert ASKED in " ".join(shown.split())
    assert "Delete them? [y/N]" in shown
    assert [line["run"] for line in command("runs", "--json").lines] == left


def test_a_day_that_has_not_come_is_refused(aged: tuple[Path, Sandbox], command: Command) -> None:
    """A slip in the year deletes nothing, not even with --yes; today is the last day that can be named."""
    today = datetime.now().date()
    done = command("forget", "--before", today + timedelta(days=1), "--yes")
    assert done.code == 1
    assert done.err == f"{today + timedelta(days=1)} has not come yet; name today, {today}, or a day before it.\n"
    assert [line["run"] for line in command("runs", "--json").lines] == [2, 1]
    assert command("forget", "--before", today, "--yes").code == 0


def test_an_unfinished_run_is_asked_about(book: Book, sandbox: Sandbox, command: Command, home: Path) -> None:
    """Without an answer nothing is forgotten; with --yes it is."""
    path = book(("Reply ID", "Title"), (FIRST_ID, "a"), (FIRST_ID + 1, "b"))
    sandbox.fault("cut", method="PATCH", contact_id=FIRST_ID)
    sandbox.fault("status", status=400, method="GET", path=f"contacts/{FIRST_ID}$")
    push(command, path, sandbox)
    age(home)
    done = command("forget", "--before", "2021-01-01")
    assert done.code == 2
    assert "It is unfinished, or has results that wait for their workbook." in done.err
    assert [line["run"] for line in command("runs", "--json").lines] == [1]
    assert command("forget", "--before", "2021-01-01", "--yes").code == 0
    assert command("runs", "--json").lines == []
    assert command("resume").err == "No run is unfinished.\n"
    assert b"p0@example.com" not in kept(home)


def test_a_run_that_is_going_on_is_kept(book: Book, sandbox: Sandbox, command: Command, home: Path) -> None:
    """It is named; the others are forgotten."""
    for name in ("one.xlsx", "two.xlsx"):
        push(command, book(("Reply ID", "Title"), (FIRST_ID, name), name=name), sandbox)
    age(home)
    with Records() as records, records.lock(1):
        done = command("forget", "--before", "2021-01-01", "--yes")
    assert "Run 1 is going on and was kept." in done.err
    assert [line["run"] for line in command("runs", "--json").lines] == [1]


def test_the_number_of_a_run_is_not_given_twice(book: Book, sandbox: Sandbox, command: Command, home: Path) -> None:
    """A run forgotten and one that came later are never mistaken for each other."""
    path = book(("Reply ID", "Title"), (FIRST_ID, "a"))
    push(command, path, sandbox)
    age(home)
    command("forget", "--before", "2021-01-01", "--yes")
    push(command, path, sandbox)
    assert [line["run"] for line in command("runs", "--json").lines] == [2]


def test_many_runs(book: Book, sandbox: Sandbox, command: Command) -> None:
    """The list shows the newest twenty and says how many more there are."""
    from reply_xl.history.runs import NewRun, Page, RunKind, Server
    from reply_xl.patches import Policy

    page = Page("/x/book.xlsx", "/x/book.xlsx", "Sheet", 1, ("Title",), {})
    with Records() as records:
        for _ in range(23):
            records.journal.start(NewRun(RunKind.PUSH, Server("http://x", "", 1, "me", 1), page, Policy(), False), {}, [], [])
    text: Any = command("runs").out
    assert "… and 3 older ones; --json prints all of them." in text
    assert len(command("runs", "--json").lines) == 23
