"""The command line as a user meets it: options that reach the wire, lines of JSON, exit codes, sentences; and cells that hold results."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import keyring
import openpyxl
import pytest
from conftest import FIRST_ID, KEY, Book, Ran, cells, command_line, on_a_terminal, patches
from file_keyring import FileKeyring
from tcp_proxy import TcpProxy

from reply_xl import __version__, config
from reply_xl.history.records import Records
from reply_xl.network.base_urls import REPLY_URL
from reply_xl.sandbox import Sandbox

Command = Callable[..., Ran]
Make = Callable[..., Sandbox]

HEADERS = ("Reply ID", "First name", "Last name", "Title")


def row(index: int, title: str | None, **more: Any) -> tuple[Any, ...]:
    return (FIRST_ID + index, f"First{index}", f"Last{index}", title, *more.values())


def titles(count: int) -> list[tuple[Any, ...]]:
    return [HEADERS, *(row(index, f"New {index}") for index in range(count))]


# -- push


def test_push_prints_one_line_of_json_per_row(sandbox: Sandbox, book: Book, run: Command) -> None:
    """The shape of the issue, exactly; nothing else on stdout; exit 3 because a row needs attention."""
    sandbox.edit(FIRST_ID, title="Old", customFields={"Lead Source": "Web"})
    sandbox.set(ignores=["industry"])
    path = book(
        (*HEADERS, "Lead Source", "Industry", "Owner user ID"),
        (*row(0, "CTO"), "Referral", None, None),
        (*row(1, None), None, None, None),
        (*row(2, "x"), None, "Energy", 500177),
        (*row(3, "#NOPE"), None, None, "nobody"),
    )
    ran = run("push", path, "--base-url", sandbox.url, "--yes", "--json")
    assert ran.code == 3
    first, second, third, fourth = ran.lines
    assert first == {
        "row": 2, "contact_id": FIRST_ID, "outcome": "updated", "status": 200,
        "sent": {"title": "CTO", "customFields": [{"id": 150697, "value": "Referral"}]},
        "changes": {"title": ["Old", "CTO"], "custom:Lead Source": ["Web", "Referral"]},
        "not_stored": [], "held_back": [], "message": "Updated Title and Lead Source.",
    }  # fmt: skip
    assert list(first) == ["row", "contact_id", "outcome", "status", "sent", "changes", "not_stored", "held_back", "message"]
    assert (second["outcome"], second["status"], second["sent"], second["changes"]) == ("unchanged", None, {}, {})
    assert (third["outcome"], third["not_stored"], third["held_back"]) == ("not stored", ["industry"], ["ownerUserId"])
    assert third["sent"] == {"title": "x", "industry": "Energy"}
    assert (fourth["outcome"], fourth["contact_id"], fourth["sent"]) == ("invalid", FIRST_ID + 3, {})
    assert "G5" in fourth["message"]
    assert len(patches(sandbox)) == 2
    assert {request.method for request in sandbox.requests} == {"GET", "PATCH"}


def test_results_stand_in_the_cells(sandbox: Sandbox, book: Book, run: Command) -> None:
    """Status word with a capital, message, a real date in whole seconds, and nothing of a loopback server's ids."""
    path = book(("Email", "Title", "My notes"), ("p0@example.com", "CTO", "=1+1"), ("nobody@example.com", "x", "keep"))
    began = datetime.now().replace(microsecond=0)
    ran = run("push", path, "--base-url", sandbox.url, "--yes")
    assert ran.code == 3
    first, second = cells(path)
    assert list(first) == ["Email", "Title", "My notes", "Reply status", "Reply message", "Reply updated at"]
    assert (first["Reply status"], first["Reply message"], first["My notes"]) == ("Updated", "Updated Title.", "=1+1")
    assert isinstance(first["Reply updated at"], datetime)
    assert began <= first["Reply updated at"] <= began + timedelta(seconds=30)
    assert first["Reply updated at"].microsecond == 0
    assert (second["Reply status"], second["Reply updated at"], second["My notes"]) == ("Not found", None, "keep")
    assert "A3" in second["Reply message"]


def test_read_only_columns_are_filled_and_foreign_ones_are_not(make_sandbox: Make, book: Book, run: Command) -> None:
    """Under the API name or `Reply` and the label; a `Domain` or `Last Modified` column is the user's. Dates are dates, text is text."""
    evil = [{"sequenceId": 1, "sequenceName": name} for name in ("=HYPERLINK(1)",)]
    sandbox = make_sandbox([{"id": FIRST_ID, "email": "a@example.com", "addingDate": "2026-03-04T05:06:07.89+00:00", "sequences": evil}])
    path = book(
        ("Reply ID", "Title", "domain", "addingDate", "Reply last modified at", "Reply sequences", "Last Modified", "Domain", "createdAt"),
        (FIRST_ID, "CTO", "old", None, None, None, "mine", "mine", "kept"),
    )
    sandbox.set(timestamps="null")
    assert run("push", path, "--base-url", sandbox.url, "--yes").code == 0
    (line,) = cells(path)
    assert (line["domain"], line["Last Modified"], line["Domain"], line["createdAt"]) == ("example.com", "mine", "mine", "kept")
    assert line["Reply last modified at"] is None
    local = datetime.fromisoformat("2026-03-04T05:06:07+00:00").astimezone().replace(tzinfo=None)
    assert line["addingDate"] == local
    page = openpyxl.load_workbook(path).active
    assert page is not None
    cell = page["F2"]
    assert (cell.data_type, cell.value) == ("s", "=HYPERLINK(1)")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'quoted", "\t=1", "1e5", "2026-01-01", "TRUE", "=cmd|' /C calc'!A0"])
def test_no_text_of_the_api_becomes_a_formula(make_sandbox: Make, book: Book, command: Command, text: str) -> None:
    """Whatever a name in Reply looks like, the cell holds that text."""
    sandbox = make_sandbox([{"id": FIRST_ID, "sequences": [{"sequenceId": 1, "sequenceName": text}]}])
    path = book(("Reply ID", "Title", "Reply sequences"), (FIRST_ID, "CTO", None))
    assert command("push", path, "--base-url", sandbox.url).code == 0
    page = openpyxl.load_workbook(path).active
    assert page is not None
    assert page["C2"].data_type in ("s", "inlineStr")
    assert str(page["C2"].value).strip() == text.strip()


def test_reasons_of_the_api_stay_text(make_sandbox: Make, book: Book, command: Command) -> None:
    """A custom field's title and Reply's own words, in the message and on the terminal, are neither formulas nor control characters."""
    sandbox = make_sandbox(
        1, custom_fields=[{"id": 7, "title": "=1+1[bold]\x1b[31m", "fieldType": "text"}], ignores=["custom:=1+1[bold]\x1b[31m"]
    )
    path = book(("Reply ID", "custom: #7"), (FIRST_ID, "x"))
    ran = command("push", path, "--base-url", sandbox.url)
    assert ran.code == 3
    assert "\x1b" not in ran.out + ran.err
    page = openpyxl.load_workbook(path).active
    assert page is not None
    assert {cell.data_type for cell in page[2]} <= {"n", "s", "d"}


def test_formats_formulas_comments_and_hidden_cells_stay(sandbox: Sandbox, tmp_path: Path, command: Command) -> None:
    """What the user made is as it was, in every cell that is not ours."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill

    made = openpyxl.Workbook()
    page = made.active
    assert page is not None
    for line in (("Reply ID", "Title", "Sum", "Secret"), (FIRST_ID, "CTO", "=1+1", "s"), (FIRST_ID + 1, "CEO", "=A2", "t")):
        page.append(line)
    page["B2"].font = Font(italic=True, color="FF0000")
    page["B2"].fill = PatternFill("solid", fgColor="FFFF00")
    page["B2"].comment = Comment("Ask first", "me")
    page["C2"].number_format = "0.00"
    page.row_dimensions[3].hidden = True
    page.column_dimensions["D"].hidden = True
    path = tmp_path / "mine.xlsx"
    made.save(path)
    assert command("push", path, "--base-url", sandbox.url, "--yes").code == 0
    after = openpyxl.load_workbook(path).active
    assert after is not None
    assert (after["B2"].font.i, after["B2"].fill.fgColor.rgb, after["C2"].number_format) == (True, "00FFFF00", "0.00")
    assert after["B2"].comment is not None
    assert (after["C2"].value, after["C3"].value, after["D2"].value) == ("=1+1", "=A2", "s")
    assert after.row_dimensions[3].hidden
    assert after.column_dimensions["D"].hidden
    assert after["E3"].value is None
    assert [request.contact_id for request in patches(sandbox)] == [FIRST_ID]


def test_a_second_run_changes_nothing(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Everything is `unchanged`, no PATCH leaves, and the same three columns are used again."""
    path = book(*titles(5))
    assert command("push", path, "--base-url", sandbox.url, "--yes").code == 0
    ran = command("push", path, "--base-url", sandbox.url, "--json")
    assert (ran.code, set(ran.words)) == (0, {"unchanged"})
    assert len(patches(sandbox)) == 5
    assert list(cells(path)[0]) == [*HEADERS, "Reply status", "Reply message", "Reply updated at"]
    assert {line["Reply updated at"] for line in cells(path)} == {None}


def test_preview_sends_nothing_and_writes_nothing(sandbox: Sandbox, book: Book, run: Command) -> None:
    """Old and new values, the requests; no PATCH, and the file is the same to the byte."""
    path = book(*titles(3))
    before = path.read_bytes()
    ran = run("preview", path, "--base-url", sandbox.url)
    assert ran.code == 0
    assert "New 2" in ran.out
    assert "3 contacts" in ran.out
    ran = run("preview", path, "--base-url", sandbox.url, "--json")
    assert ran.words == ["updated"] * 3
    assert all(line["sent"] == {} and line["status"] is None for line in ran.lines)
    assert ran.lines[0]["changes"] == {"title": [None, "New 0"]}
    assert {request.method for request in sandbox.requests} == {"GET"}
    assert path.read_bytes() == before


# -- asking


def test_without_a_terminal_and_without_yes_nothing_is_sent(sandbox: Sandbox, book: Book, run: Command) -> None:
    """Exit 2; the question with its figures is on stderr, stdout is empty, and the file is the same."""
    path = book(*titles(3))
    before = path.read_bytes()
    ran = run("push", path, "--base-url", sandbox.url, "--json", stdin="y\n")
    assert (ran.code, ran.out) == (2, "")
    assert "3 contacts will change: 3 requests" in ran.err
    assert "Title: 3 changes" in ran.err
    assert patches(sandbox) == []
    assert path.read_bytes() == before


def test_one_contact_is_not_asked_about(sandbox: Sandbox, book: Book, run: Command) -> None:
    """Neither is one contact on two rows."""
    path = book(HEADERS, row(0, "Same"), row(0, "Same"))
    assert run("push", path, "--base-url", sandbox.url).code == 0
    assert len(patches(sandbox)) == 1


def test_the_question_counts_what_replaces_a_value(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Changes, and how many of them replace a filled value."""
    sandbox.edit(FIRST_ID, title="Old")
    ran = command("push", book(*titles(3)), "--base-url", sandbox.url, "--yes")
    assert "Title: 3 changes, 1 of which replaces a value" in ran.err


@pytest.mark.skipif(os.name == "nt", reason="terminals of another kind")
@pytest.mark.parametrize(
    ("answer", "code", "sent"),
    [(b"y\n", 0, 3), (b"YES\n", 0, 3), (b"n\n", 1, 0), (b"\n", 1, 0), (b"sure\n", 1, 0), (b"\x04", 1, 0), (b"\x03", 3, 0)],
)
def test_the_question_on_a_terminal(sandbox: Sandbox, book: Book, answer: bytes, code: int, sent: int) -> None:
    """Only yes is yes: n, Enter, another word, the end of input and Ctrl-C send nothing."""
    path = book(*titles(3))
    before = path.read_bytes()
    ended, shown = on_a_terminal(command_line("push", path, "--base-url", sandbox.url), answer)
    assert ended == code, shown
    assert "3 contacts will change" in shown
    assert "Traceback" not in shown
    assert len(patches(sandbox)) == sent
    assert (path.read_bytes() == before) == (sent == 0)


@pytest.mark.skipif(os.name == "nt", reason="terminals of another kind")
def test_ctrl_c_at_the_very_moment_of_the_question() -> None:
    """It is heard also where it comes between the question and the wait for an answer, which it does not interrupt then: here it reaches
    another thread."""
    program = """
import signal, sys, threading, time
from reply_xl import console

def press() -> None:
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    time.sleep(30)

threading.Thread(target=press, daemon=True).start()
try:
    console.ask("Update them?")
except KeyboardInterrupt:
    sys.exit(3)
"""
    ended, shown = on_a_terminal([sys.executable, "-c", program], b"")
    assert ended == 3, shown


def test_three_names_are_shown_where_nothing_can_be_compared(make_sandbox: Make, book: Book, command: Command) -> None:
    """Ids and no e-mail: the question shows whom Reply has there, beside the rows."""
    sandbox = make_sandbox(5)
    path = book(("Reply ID", "Title"), *((FIRST_ID + index, "x") for index in range(5)))
    ran = command("push", path, "--base-url", sandbox.url)
    assert ran.code == 2
    assert ran.err.count("First") == 3
    assert "Row 2" in ran.err
    assert "First0 Last0 <p0@example.com>" in ran.err


@pytest.mark.parametrize(
    ("header", "value", "word", "body"),
    [
        ("Email", "new@example.com", "email", {"email": "new@example.com"}),
        ("Owner user ID", 500177, "owner", {"ownerUserId": 500177}),
        ("Account ID", 88001, "account", {"accountId": 88001}),
        ("Opted out", "yes", "opt-out", {"isOptedOut": True}),
    ],
)
def test_yes_never_allows(make_sandbox: Make, book: Book, command: Command, header: str, value: Any, word: str, body: Any) -> None:
    """A guarded column is held back under --yes and goes out with its own --allow only."""
    sandbox = make_sandbox(2)
    path = book((*HEADERS, header), (*row(0, None), value), (*row(1, "x"), None))
    others = ",".join(sorted({"email", "owner", "account", "opt-out", "opt-in"} - {word}))
    for options in ((), ("--allow", others)):
        first = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--rows", "2", *options).lines[0]
        assert first["outcome"] == ("invalid" if word == "email" else "skipped")
        assert f"--allow {word}" in first["message"]
        assert patches(sandbox) == []
    ran = command("push", path, "--base-url", sandbox.url, "--json", "--rows", "2", "--allow", word.upper())
    assert ran.words == ["updated"]
    assert patches(sandbox)[0].body == body


def test_what_is_held_back_does_not_hold_back_the_rest(sandbox: Sandbox, book: Book, command: Command) -> None:
    """The row's other changes go out, and its message names what did not; the exit code is 0."""
    path = book((*HEADERS, "Opted out"), (*row(0, "CTO"), True))
    ran = command("push", path, "--base-url", sandbox.url, "--json")
    (line,) = ran.lines
    assert (ran.code, line["outcome"], line["sent"], line["held_back"]) == (0, "updated", {"title": "CTO"}, ["isOptedOut"])
    assert "Opted out" in line["message"]


def test_opting_in_has_a_word_of_its_own(make_sandbox: Make, book: Book, command: Command) -> None:
    """--allow opt-out does not subscribe anybody again; --allow opt-in does."""
    sandbox = make_sandbox([{"id": FIRST_ID, "isOptedOut": True}])
    path = book(("Reply ID", "Opted out"), (FIRST_ID, "no"))
    ran = command("push", path, "--base-url", sandbox.url, "--json", "--allow", "opt-out")
    assert ran.words == ["skipped"]
    assert "opt-in" in ran.lines[0]["message"]
    assert command("push", path, "--base-url", sandbox.url, "--json", "--allow", "opt-in").words == ["updated"]
    assert not sandbox.contact(FIRST_ID)["isOptedOut"]


def test_agreements_given_one_by_one_add_up(sandbox: Sandbox, book: Book, command: Command) -> None:
    """`--allow opt-out --allow account` agrees to both."""
    path = book(("Reply ID", "Opted out", "Reply account"), (FIRST_ID, "yes", 88001.0))
    more = ("--allow", "opt-out", "--allow", "account")
    assert command("push", path, "--base-url", sandbox.url, "--json", "--yes", *more).lines[0]["held_back"] == []


# -- identity


def test_ids_of_another_system_send_nothing(sandbox: Sandbox, book: Book, run: Command) -> None:
    """More than a fifth of the e-mails disagree: exit 1, one sentence, no PATCH, and neither --yes nor --allow helps."""
    path = book(("id", "Email", "Title"), *((FIRST_ID + index, f"p{(index + (index > 6)) % 10}@example.com", "x") for index in range(10)))
    before = path.read_bytes()
    ran = run("push", path, "--base-url", sandbox.url, "--yes", "--json", "--allow", "email,owner,account,opt-out,opt-in")
    assert ran.code == 1
    assert set(ran.words) == {"skipped", "invalid"}
    assert "Nothing was sent: 3 of 10 rows" in ran.err
    assert patches(sandbox) == []
    assert path.read_bytes() == before


def test_mostly_unknown_ids_send_nothing(sandbox: Sandbox, book: Book, command: Command) -> None:
    """More than half of the ids are unknown to Reply: nothing is sent, the known ones included."""
    path = book(("Reply ID", "Title"), *((FIRST_ID + index, "x") for index in (0, 1, 50, 51, 52)))
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json")
    assert ran.code == 1
    assert patches(sandbox) == []
    assert "3 of the 5 IDs" in ran.err


def test_a_few_strangers_stay_with_their_rows(sandbox: Sandbox, book: Book, command: Command) -> None:
    """One e-mail in ten differs: that row is `invalid`, nine are updated."""
    path = book(("Reply ID", "Email", "Title"), *((FIRST_ID + index, f"p{index if index else 77}@example.com", "x") for index in range(10)))
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json")
    assert (ran.code, ran.words) == (3, ["invalid", *["updated"] * 9])


def test_a_new_email_needs_other_evidence(sandbox: Sandbox, book: Book, command: Command) -> None:
    """--allow email changes it where both names agree; where they do not, the row is `invalid`."""
    lines = [(FIRST_ID + index, f"First{index}", f"Last{index}", f"p{index}@example.com") for index in range(10)]
    lines[0] = (FIRST_ID, "First0", "Last0", "new@example.com")
    lines[1] = (FIRST_ID + 1, "Somebody", "Else", "else@example.com")
    path = book(("Reply ID", "First name", "Last name", "Email"), *lines)
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--allow", "email")
    assert ran.words == ["updated", "invalid", *["unchanged"] * 8]
    assert [request.body for request in patches(sandbox)] == [{"email": "new@example.com"}]


def test_the_same_contact_twice_with_other_values_blocks_both(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Each names the other's address; the third row is updated."""
    ran = command("push", book(HEADERS, row(0, "A"), row(0, "B"), row(1, "C")), "--base-url", sandbox.url, "--json")
    assert ran.words == ["invalid", "invalid", "updated"]
    assert "A3" in ran.lines[0]["message"]
    assert "A2" in ran.lines[1]["message"]


def test_two_contacts_with_the_e_mail_of_a_row_block_it(make_sandbox: Make, book: Book, command: Command) -> None:
    """Nobody may guess which one is meant."""
    sandbox = make_sandbox([{"id": FIRST_ID, "email": "a@example.com"}, {"id": FIRST_ID + 1, "email": "A@example.com"}])
    ran = command("push", book(("Email", "Title"), ("a@example.com", "x")), "--base-url", sandbox.url, "--json")
    assert (ran.code, ran.words) == (3, ["invalid"])
    assert str(FIRST_ID) in ran.lines[0]["message"]


# -- options


def test_rows_can_be_named(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Spans and single rows; nothing else is sent or written to."""
    path = book(*titles(8))
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--rows", "3:4, 7,9")
    assert [line["row"] for line in ran.lines] == [3, 4, 7, 9]
    assert sorted(request.contact_id or 0 for request in patches(sandbox)) == [FIRST_ID + index for index in (1, 2, 5, 7)]
    assert [line["Reply status"] for line in cells(path)] == [None, "Updated", "Updated", None, None, "Updated", None, "Updated"]


def test_a_hidden_row_is_never_sent(sandbox: Sandbox, book: Book, command: Command) -> None:
    """By default it is not chosen at all; named by number it is `skipped`, and its cells stay as they are."""
    path = book(*titles(3), hidden_rows=[3])
    assert [line["row"] for line in command("preview", path, "--base-url", sandbox.url, "--json").lines] == [2, 4]
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--rows", "2:4")
    assert (ran.code, ran.words) == (0, ["updated", "skipped", "updated"])
    assert cells(path)[1]["Reply status"] is None
    assert FIRST_ID + 1 not in {request.contact_id for request in patches(sandbox)}


def test_the_selection_of_the_file_counts(sandbox: Sandbox, tmp_path: Path, command: Command) -> None:
    """Several areas, any cell of a row."""
    made = openpyxl.Workbook()
    page = made.active
    assert page is not None
    for line in titles(6):
        page.append(line)
    page.sheet_view.selection[0].activeCell = "B3"
    page.sheet_view.selection[0].sqref = "B3:C3 D5 A7"
    path = tmp_path / "selected.xlsx"
    made.save(path)
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--rows", "selection")
    assert [line["row"] for line in ran.lines] == [3, 5, 7]


def test_fields_limit_a_run(sandbox: Sandbox, book: Book, command: Command) -> None:
    """By API name, label or custom title; the other columns are not sent."""
    path = book((*HEADERS, "City", "Lead Source", "Notes"), (*row(0, "CTO"), "Oslo", "Web", "n"))
    ran = command("push", path, "--base-url", sandbox.url, "--json", "--fields", "title, Lead source")
    assert ran.code == 0
    assert patches(sandbox)[0].body == {"title": "CTO", "customFields": [{"id": 150697, "value": "Web"}]}


def test_only_empty_fills_and_never_replaces(sandbox: Sandbox, book: Book, command: Command) -> None:
    """A field in which Reply holds something is left alone."""
    sandbox.edit(FIRST_ID, title="Old")
    path = book((*HEADERS, "City"), (*row(0, "CTO"), "Oslo"), (*row(1, "CEO"), None))
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--only-empty")
    assert ran.code == 0
    assert {request.contact_id: request.body for request in patches(sandbox)} == {
        FIRST_ID: {"city": "Oslo"},
        FIRST_ID + 1: {"title": "CEO"},
    }


def test_a_header_row_is_obeyed(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Without judging: rows above it are no data."""
    path = book(("Reply ID", "City"), (FIRST_ID, "Oslo"), HEADERS, row(1, "CTO"))
    ran = command("push", path, "--base-url", sandbox.url, "--json", "--header-row", "3")
    assert [line["row"] for line in ran.lines] == [4]
    assert patches(sandbox)[0].body == {"title": "CTO"}


def test_a_sheet_can_be_named(sandbox: Sandbox, tmp_path: Path, command: Command) -> None:
    """Whatever its case; another name is a sentence that lists what there is."""
    made = openpyxl.Workbook()
    made.create_sheet("People")
    for line in titles(1):
        made["People"].append(line)
    path = tmp_path / "two.xlsx"
    made.save(path)
    assert command("push", path, "--base-url", sandbox.url, "--json", "--sheet", "people").words == ["updated"]
    assert "Reply status" in cells(path, "People")[0]
    ran = command("push", path, "--base-url", sandbox.url, "--sheet", "Persons")
    assert ran.code == 1
    assert "People" in ran.err


def test_out_leaves_the_book_alone(sandbox: Sandbox, book: Book, command: Command) -> None:
    """The results are in the other file, and only there."""
    path = book(*titles(2))
    before, out = path.read_bytes(), path.with_name("results.xlsx")
    assert command("push", path, "--base-url", sandbox.url, "--yes", "--out", out).code == 0
    assert path.read_bytes() == before
    assert [line["Reply status"] for line in cells(out)] == ["Updated", "Updated"]
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["book.xlsx", "results.xlsx"]


def test_out_replaces_only_results_of_this_book(sandbox: Sandbox, book: Book, command: Command) -> None:
    """A former result is replaced, and BOOK itself; a workbook with a status column but other headers or rows, a copy without one, and
    what cannot be read are not: one sentence, nothing sent, the file intact."""
    path = book(*titles(2))
    out = path.with_name("results.xlsx")
    arguments = ("push", path, "--base-url", sandbox.url, "--yes", "--out", out)
    assert command(*arguments).code == 0
    assert command(*arguments).code == 0
    assert [line["Reply status"] for line in cells(out)] == ["Unchanged", "Unchanged"]
    assert command(*arguments[:-1], path).code == 0
    sent = len(patches(sandbox))
    status = ("Reply status",)
    others = [
        lambda: book((*HEADERS, *status), *(row(n, "New", r="Failed") for n in range(3)), name="results.xlsx"),
        lambda: book(("Invoice", "Amount", *status), ("a", 1), ("b", 2), name="results.xlsx"),
        lambda: book(*titles(2), name="results.xlsx"),
        lambda: out.write_bytes(b"my own work"),
    ]
    path = book(*titles(2))
    for make in others:
        make()
        before = out.read_bytes()
        ran = command(*arguments)
        assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1), ran
        assert "--out" in ran.err
        assert out.read_bytes() == before
    assert len(patches(sandbox)) == sent


def test_a_folder_is_no_workbook(command: Command, tmp_path: Path) -> None:
    """It is called what it is, also where it has no name."""
    (tmp_path / "folder").mkdir()
    for name in (".", "folder"):
        assert command("preview", name).err == f"“{name}” is a folder; name a workbook.\n"


def test_the_base_url_is_where_everything_goes(make_sandbox: Make, book: Book, command: Command) -> None:
    """Also with a slash at its end; the other server hears nothing."""
    one, other = make_sandbox(), make_sandbox()
    assert command("push", book(*titles(2)), "--base-url", f"{one.url}/", "--yes").code == 0
    assert len(patches(one)) == 2
    assert other.requests == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["push"], ["push", "x.xlsx", "--rows", "0"], ["push", "x.xlsx", "--rows", "2:"], ["push", "x.xlsx", "--rows", "x"],
        ["push", "x.xlsx", "--rows", ""], ["push", "x.xlsx", "--rows", "9999999"], ["push", "x.xlsx", "--allow", "everything"],
        ["push", "x.xlsx", "--allow", ""], ["push", "x.xlsx", "--fields", ","], ["push", "x.xlsx", "--header-row", "0"],
        ["push", "x.xlsx", "--header-row", "²"], ["preview", "x.xlsx", "--yes"], ["preview", "x.xlsx", "--out", "y.xlsx"], ["whoami", "x"],
        ["push", "x.xlsx", "y.xlsx"],
    ],
)  # fmt: skip
def test_wrong_use_is_2(command: Command, arguments: list[str]) -> None:
    """One sentence on stderr that tells where help is, nothing on stdout, no traceback."""
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert any(
        advice in ran.err for advice in ("--help” tells how it is written.\n", "--help” lists those of a command.\n", '"my leads.xlsx".\n')
    )
    assert ran.err.count("\n") == 1


def test_a_name_with_blanks_and_an_option_that_is_none(command: Command) -> None:
    """The two commonest slips are told apart."""
    assert command("push", "my", "new leads.xlsx").err == (
        '“new leads.xlsx” is too much here; put a name with blanks in it between quotation marks, as in reply-xl preview "my leads.xlsx".\n'
    )
    assert command("push", "x.xlsx", "--foo").err == "“--foo” is no option here; “reply-xl COMMAND --help” lists those of a command.\n"


def test_without_a_command_or_with_another_one(command: Command) -> None:
    """It is said what to type, without the list of all commands and without words from programming."""
    nothing, wrong = command(), command("pussh", "leads.xlsx")
    assert (nothing.code, nothing.out, wrong.code, wrong.out) == (2, "", 2, "")
    assert nothing.err == "Type after reply-xl what it is to do, such as “reply-xl demo”; “reply-xl --help” lists all of it.\n"
    assert wrong.err == "“reply-xl pussh” is nothing that it can do; “reply-xl --help” lists what it can.\n"


def test_a_field_that_is_none_is_named(sandbox: Sandbox, book: Book, command: Command) -> None:
    """--fields with a name that no column has: exit 1, and nothing was sent."""
    ran = command("push", book(*titles(1)), "--base-url", sandbox.url, "--fields", "colour")
    assert ran.code == 1
    assert "colour" in ran.err
    assert patches(sandbox) == []


def test_the_version(command: Command) -> None:
    """As the package says."""
    assert command("--version").out.strip() == f"reply-xl {__version__}"


# -- columns


def test_columns_as_json(sandbox: Sandbox, book: Book, run: Command) -> None:
    """Every column in order from A, with its target, also an unknown and an empty one; nothing is read but the custom fields."""
    path = book(("Reply ID", "Job title", None, "Lead source", "Colour", "domain"), (FIRST_ID, "x", None, "y", "z", "d"))
    ran = run("columns", path, "--json", "--base-url", sandbox.url)
    assert ran.code == 0
    shown = json.loads(ran.out)
    assert (shown["sheet"], shown["header_row"]) == ("Contacts", 1)
    assert [(one["column"], one["index"], one["header"], one["target"]) for one in shown["columns"]] == [
        ("A", 0, "Reply ID", "id"), ("B", 1, "Job title", "title"), ("C", 2, "", None), ("D", 3, "Lead source", "custom:Lead Source"),
        ("E", 4, "Colour", None), ("F", 5, "domain", "domain"),
    ]  # fmt: skip
    assert all(
        set(one) == {"column", "index", "header", "target", "sure", "send", "agreed", "reason"} and one["reason"]
        for one in shown["columns"]
    )
    assert [request.path for request in sandbox.requests] == ["/v3/custom-fields"]


def test_columns_work_without_a_key(book: Book, command: Command) -> None:
    """Custom fields are not looked up, and stderr says so; stdout is JSON."""
    ran = command("columns", book(("Reply ID", "Title", "Lead Source"), (1, "x", "y")), "--json")
    assert ran.code == 0
    assert [one["target"] for one in json.loads(ran.out)["columns"]] == ["id", "title", None]
    assert "Custom fields are not looked up" in ran.err


# -- Ctrl-C, quota, torn wires


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to another process")
def test_ctrl_c_finishes_what_is_under_way(make_sandbox: Make, book: Book) -> None:
    """In mid-run: no request is abandoned, every row has its outcome in stdout and in the file, and the exit code is 3."""
    sandbox = make_sandbox(60, latency=0.05)
    path = book(*titles(60))
    process = subprocess.Popen(
        command_line("push", path, "--base-url", sandbox.url, "--yes", "--json"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "REPLY_XL_QUOTA": "off"},
    )  # fmt: skip
    deadline = time.monotonic() + 20
    while len(patches(sandbox)) < 6 and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 3, err
    words = [json.loads(line)["outcome"] for line in out.splitlines()]
    assert len(words) == 60
    assert set(words) == {"updated", "cancelled"}
    assert words.count("updated") == len(patches(sandbox)) == sum(request.status == 200 for request in patches(sandbox))
    assert [line["Reply status"] for line in cells(path)] == [word.capitalize() for word in words]
    assert "Traceback" not in err


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to another process")
def test_ctrl_c_while_planning_sends_nothing(make_sandbox: Make, book: Book) -> None:
    """Exit 3, one sentence, no PATCH, the file untouched."""
    sandbox = make_sandbox(5, latency=0.05)
    path = book(("Email", "Title"), *((f"nobody{index}@example.com", "x") for index in range(200)))
    before = path.read_bytes()
    process = subprocess.Popen(
        command_line("push", path, "--base-url", sandbox.url, "--yes", "--json"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "REPLY_XL_QUOTA": "off"},
    )  # fmt: skip
    deadline = time.monotonic() + 20
    while len(sandbox.requests) < 8 and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (3, "")
    assert "nothing was sent" in err
    assert "Traceback" not in err
    assert len(sandbox.requests) < 100
    assert patches(sandbox) == []
    assert path.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to another process")
def test_a_second_ctrl_c_loses_no_outcome(make_sandbox: Make, book: Book) -> None:
    """While requests hang: those under way are `unknown`, and the file holds what is known."""
    sandbox = make_sandbox(20)
    sandbox.fault("stall", seconds=60, method="PATCH", when="before")
    path = book(*titles(20))
    process = subprocess.Popen(
        command_line("push", path, "--base-url", sandbox.url, "--yes", "--json"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "REPLY_XL_QUOTA": "off"},
    )  # fmt: skip
    deadline = time.monotonic() + 20
    while len(patches(sandbox)) < 4 and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert any("Stopping" in line for line in iter(process.stderr.readline, ""))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 3, err
    words = [json.loads(line)["outcome"] for line in out.splitlines()]
    assert (words.count("unknown"), words.count("cancelled")) == (4, 16)
    assert [line["Reply status"] for line in cells(path)] == [word.capitalize() for word in words]


def test_the_quota_is_kept_end_to_end(make_sandbox: Make, book: Book, run: Command) -> None:
    """With REPLY_XL_QUOTA as the server has it: the burst at once, then waiting, and not one 429."""
    sandbox = make_sandbox(60, quota="20/3,100/30")
    ran = run("push", book(*titles(25)), "--base-url", sandbox.url, "--yes", "--json", env={"REPLY_XL_QUOTA": "20/3,100/30"})
    assert (ran.code, set(ran.words)) == (0, {"updated"})
    seen = sandbox.requests
    assert 429 not in [request.status for request in seen]
    assert len(patches(sandbox)) == 25
    assert seen[19].time - seen[0].time < 3 <= seen[20].time - seen[0].time


@pytest.mark.parametrize("quota", ["5", "x/y", "0/1"])
def test_a_senseless_quota_is_a_sentence(sandbox: Sandbox, book: Book, command: Command, quota: str) -> None:
    """Exit 1, and nothing was sent."""
    ran = command("push", book(*titles(1)), "--base-url", sandbox.url, env={"REPLY_XL_QUOTA": quota})
    assert ran.code == 1
    assert "quota" in ran.err
    assert sandbox.requests == []


def test_a_429_is_waited_for(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Somebody else used the quota up: the run waits and ends well."""
    sandbox.fault("status", status=429, retry_after=1, method="PATCH", times=1)
    began = time.monotonic()
    ran = command("push", book(*titles(3)), "--base-url", sandbox.url, "--yes", "--json")
    assert (ran.code, set(ran.words)) == (0, {"updated"})
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ({"kind": "cut", "when": "after"}, "updated"), ({"kind": "status", "status": 502, "body": "html", "when": "after"}, "updated"),
        ({"kind": "status", "status": 404}, "not found"), ({"kind": "status", "status": 403}, "refused"), ({"kind": "malformed"}, "updated"),
        ({"kind": "wrong", "shape": "id"}, "updated"), ({"kind": "delete"}, "not found"),
    ],
)  # fmt: skip
def test_what_befalls_a_row_stays_with_it(sandbox: Sandbox, book: Book, command: Command, fault: dict[str, Any], word: str) -> None:
    """One row of three is struck: its outcome is in the line and in the cell, the others are updated."""
    sandbox.fault(**fault, method="PATCH", contact_id=FIRST_ID + 1)
    path = book(*titles(3))
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json")
    assert ran.words == ["updated", word, "updated"]
    assert ran.code == (0 if word == "updated" else 3)
    assert [line["Reply status"] for line in cells(path)] == ["Updated", word.capitalize(), "Updated"]


def test_a_revoked_key_in_mid_run(make_sandbox: Make, book: Book, command: Command) -> None:
    """The run stops at once, every row has an outcome, exit 3."""
    sandbox = make_sandbox(40, latency=0.01)
    sandbox.fault("status", status=401, body="empty", method="PATCH", nth=5)
    path = book(*titles(40))
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json")
    assert ran.code == 3
    assert len(ran.words) == 40
    assert ran.words.count("refused") == 1
    assert len(patches(sandbox)) <= 11
    assert len([line for line in cells(path) if line["Reply status"]]) == 40


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"kind": "status", "status": 401, "body": "empty"}, "API key"), ({"kind": "status", "status": 403}, "does not allow"),
        ({"kind": "redirect"}, "base URL"),
        ({"kind": "wrong", "shape": "text"}, "could not be read"),
    ],
)  # fmt: skip
def test_without_reading_nothing_runs(sandbox: Sandbox, book: Book, command: Command, fault: dict[str, Any], says: str) -> None:
    """Contacts that cannot be read: one sentence, exit 1, no PATCH, the file untouched."""
    sandbox.fault(**fault)
    path = book(*titles(2))
    before = path.read_bytes()
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert patches(sandbox) == []
    assert path.read_bytes() == before


def test_a_reader_that_goes_away_loses_nothing(make_sandbox: Make, book: Book) -> None:
    """`reply-xl push … 2>&1 | head -1`: stderr and stdout are closed in mid-run, and the file holds every outcome."""
    sandbox = make_sandbox(150, latency=0.04)
    path = book(*titles(150))
    process = subprocess.Popen(
        command_line("push", path, "--base-url", sandbox.url, "--yes"),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "REPLY_XL_QUOTA": "100/1"},
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    process.wait(30)
    assert len(patches(sandbox)) in (0, 150)
    if patches(sandbox):
        assert [line["Reply status"] for line in cells(path)] == ["Updated"] * 150


# -- results that cannot be saved


def test_results_are_not_lost_when_the_file_changed(make_sandbox: Make, book: Book, command: Command) -> None:
    """Somebody put another workbook in its place during the run: theirs stays, the results wait in the journal, exit 3; `resume` delivers
    them once the workbook is back."""
    sandbox = make_sandbox(3)
    path = book(*titles(3))
    ours = path.read_bytes()
    other = book(("somebody", "else"), name="other.xlsx").read_bytes()

    def replace(data: bytes, number: int) -> str:
        if data.startswith(b"PATCH"):
            path.write_bytes(other)
        return "pass"

    with TcpProxy(sandbox.url, replace) as proxy:
        ran = command("push", path, "--base-url", proxy.url, "--yes", "--json")
        assert ran.code == 3
        assert ran.words == ["updated"] * 3
        assert path.read_bytes() == other
        assert "The results of 3 rows wait in the journal; “reply-xl resume 1”" in ran.err
        path.write_bytes(ours)
        assert command("resume").code == 0
    assert [line["Reply status"] for line in cells(path)] == ["Updated"] * 3


def test_results_are_not_lost_when_the_folder_is_gone(make_sandbox: Make, tmp_path: Path, book: Book, command: Command) -> None:
    """The whole folder was removed during the run: the results wait, and go into a copy of the workbook that `--book` names."""
    import shutil

    sandbox = make_sandbox(3)
    folder = tmp_path / "stick"
    folder.mkdir()
    path = book(*titles(3)).rename(folder / "book.xlsx")
    copy = tmp_path / "copy.xlsx"
    shutil.copy(path, copy)

    def remove(data: bytes, number: int) -> str:
        if data.startswith(b"PATCH"):
            shutil.rmtree(folder, ignore_errors=True)
        return "pass"

    with TcpProxy(sandbox.url, remove) as proxy:
        ran = command("push", path, "--base-url", proxy.url, "--yes", "--json")
        assert ran.code == 3
        assert ran.words == ["updated"] * 3
        assert command("resume", "--book", copy).code == 0
    assert [line["Reply status"] for line in cells(copy)] == ["Updated"] * 3


# -- bad input


def test_bad_files_are_one_sentence(sandbox: Sandbox, tmp_path: Path, book: Book, command: Command) -> None:
    """Not a workbook, empty, encrypted, missing, a folder, another kind: one sentence, exit 1, no request, the file intact."""
    (tmp_path / "text.xlsx").write_text("not a workbook")
    (tmp_path / "empty.xlsx").write_bytes(b"")
    (tmp_path / "encrypted.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"))
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    (tmp_path / "letter.docx").write_bytes(b"PK\3\4")
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "cut.xlsx").write_bytes(book(*titles(2)).read_bytes()[:-100])
    for name in ("text.xlsx", "empty.xlsx", "encrypted.xlsx", "old.xls", "letter.docx", "folder.xlsx", "cut.xlsx", "missing.xlsx"):
        path = tmp_path / name
        before = path.read_bytes() if path.is_file() else None
        for verb in ("push", "preview", "columns"):
            ran = command(verb, path, "--base-url", sandbox.url)
            assert (ran.code, ran.out) == (1, ""), name
            assert ran.err.count("\n") == 1, ran.err
            assert name in ran.err
        assert (path.read_bytes() if path.is_file() else None) == before
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "empty"), ([("Reply ID", "Title")], "row"), ([("Colour", "Size"), ("red", "big")], "Reply ID"), ([(1, 2), (3, 4)], "header"),
    ],
)  # fmt: skip
def test_sheets_that_hold_nothing_to_send(sandbox: Sandbox, book: Book, command: Command, lines: list[Any], says: str) -> None:
    """Each has a sentence of its own and exit 1; nothing is sent."""
    ran = command("push", book(*lines), "--base-url", sandbox.url, "--yes")
    assert ran.code == 1
    assert says in ran.err
    assert patches(sandbox) == []


def test_a_file_that_is_read_only_is_said_before_anything_is_sent(sandbox: Sandbox, book: Book, command: Command) -> None:
    """No PATCH leaves for a book that cannot be saved; with --out it goes."""
    path = book(*titles(2))
    path.chmod(0o444)
    ran = command("push", path, "--base-url", sandbox.url, "--yes")
    assert ran.code == 1
    assert "read-only" in ran.err
    assert patches(sandbox) == []
    assert command("push", path, "--base-url", sandbox.url, "--yes", "--out", path.with_name("out.xlsx")).code == 0
    path.chmod(0o644)


@pytest.mark.parametrize("out", ["out.csv", "out.xlsm", "absent/out.xlsx"])
def test_an_out_that_cannot_be_written_is_said_before_anything_is_sent(sandbox: Sandbox, book: Book, command: Command, out: str) -> None:
    """Another kind, or a folder that is not there."""
    path = book(*titles(2))
    ran = command("push", path, "--base-url", sandbox.url, "--yes", "--out", path.parent / out)
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert patches(sandbox) == []


def test_a_protected_sheet_is_said_before_anything_is_sent(sandbox: Sandbox, tmp_path: Path, command: Command) -> None:
    """The sheet has been proven writable before the first PATCH."""
    made = openpyxl.Workbook()
    page = made.active
    assert page is not None
    for line in titles(2):
        page.append(line)
    page.protection.sheet = True
    path = tmp_path / "protected.xlsx"
    made.save(path)
    ran = command("push", path, "--base-url", sandbox.url, "--yes")
    assert ran.code == 1
    assert "protect" in ran.err
    assert patches(sandbox) == []


@pytest.mark.parametrize("url", ["http://api.reply.io", "ftp://x", "nonsense", "https://user:secret@api.reply.io"])
@pytest.mark.parametrize("verb", ["push", "preview", "columns", "whoami", "login", "logout"])
def test_an_unsafe_base_url_is_refused(book: Book, command: Command, url: str, verb: str) -> None:
    """Everywhere, before anything leaves."""
    book_argument = [book(*titles(1))] if verb in ("push", "preview", "columns") else []
    ran = command(verb, *book_argument, "--base-url", url, env={"REPLY_API_KEY": KEY})
    assert ran.code == 1
    assert ran.out == ""
    assert KEY not in ran.err


def test_nobody_listens(book: Book, command: Command) -> None:
    """One sentence about the connection, exit 1."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ran = command("push", book(*titles(1)), "--base-url", f"http://127.0.0.1:{port}")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "start it with “reply-xl sandbox”" in ran.err


def test_a_proxy_in_the_environment_is_not_asked_for_this_machine(sandbox: Sandbox, book: Book, run: Command) -> None:
    """Nor is .netrc, nor does either break anything."""
    dead = "http://127.0.0.1:9"
    ran = run(
        "push", book(*titles(2)), "--base-url", sandbox.url, "--yes", env={"HTTP_PROXY": dead, "http_proxy": dead, "ALL_PROXY": dead}
    )  # fmt: skip
    assert ran.code == 0, ran.err


def test_a_dead_proxy_is_said(run: Command) -> None:
    """Where the network's proxy does not answer, the sentence is about the proxy."""
    ran = run("whoami", "--base-url", "https://api.example.invalid", env={"REPLY_API_KEY": KEY, "HTTPS_PROXY": "http://127.0.0.1:9"})
    assert ran.code == 1
    assert "proxy" in ran.err
    assert ran.err.count("\n") == 1


# -- the key


def test_the_key_is_shown_nowhere(make_sandbox: Make, book: Book, run: Command, home: Path) -> None:
    """Not in any output of any command, not in the workbook, not in a file of ours, whatever fails."""
    sandbox = make_sandbox(3, keys=[KEY])
    path = book((*HEADERS, "Second phone"), (*row(0, "x"), "1"), (*row(1, "y"), "2"))
    env = {"REPLY_API_KEY": KEY}
    shown = ""
    for fault in (None, "cut", "wrong"):
        sandbox.clear_faults()
        if fault:
            sandbox.fault(fault, method="PATCH")
        for arguments in (["whoami"], ["columns", path], ["preview", path], ["push", path, "--yes"]):
            ran = run(*arguments, "--base-url", sandbox.url, env=env)
            shown += ran.out + ran.err
    assert "Nora Vance" in shown
    assert KEY not in shown
    for file in [*home.rglob("*"), *path.parent.rglob("*")]:
        assert not file.is_file() or KEY.encode() not in file.read_bytes()


@pytest.fixture
def keychain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A keychain that works, for this process and for those it starts."""
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "file_keyring.FileKeyring")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    yield tmp_path / "keyring.json"
    keyring.set_keyring(before)


def test_login_checks_the_key_and_keeps_it(make_sandbox: Make, run: Command, keychain: Path) -> None:
    """The key is read from stdin, tried, and kept under its base URL; logout forgets it. It is never printed."""
    sandbox = make_sandbox(1, keys=[KEY])
    ran = run("login", "--base-url", sandbox.url, stdin=f"{KEY}\n")
    assert ran.code == 0, ran.err
    assert "Nora Vance" in ran.out
    assert json.loads(keychain.read_text()) == {f"reply_xl {sandbox.url}": KEY}
    assert run("logout", "--base-url", sandbox.url).out == "The key was removed from the keychain.\n"
    assert json.loads(keychain.read_text()) == {}
    assert run("logout", "--base-url", sandbox.url).code == 0
    assert KEY not in ran.out + ran.err


@pytest.mark.parametrize(
    ("typed", "says"), [("wrong-key\n", "API key"), ("\n", "No API key"), ("", "No API key"), ("two words\n", "API key")]
)
def test_a_key_that_is_not_accepted_is_not_kept(make_sandbox: Make, run: Command, keychain: Path, typed: str, says: str) -> None:
    """Exit 1 and a sentence; the keychain stays empty."""
    sandbox = make_sandbox(1, keys=[KEY])
    ran = run("login", "--base-url", sandbox.url, stdin=typed)
    assert ran.code == 1
    assert says in ran.err
    assert not keychain.exists()


def test_a_locked_keychain_has_a_sentence(make_sandbox: Make, run: Command, keychain: Path) -> None:
    """Exit 1, no traceback, no key."""
    keychain.write_text("locked")
    sandbox = make_sandbox(1)
    for arguments in (["login", "--base-url", sandbox.url], ["logout"], ["whoami"]):
        ran = run(*arguments, stdin=f"{KEY}\n")
        assert ran.code == 1
        assert "keychain" in ran.err
        assert "Traceback" not in ran.err
        assert KEY not in ran.err


def test_whoami(sandbox: Sandbox, command: Command) -> None:
    """User, team and server; one request."""
    ran = command("whoami", "--base-url", sandbox.url)
    assert ran.code == 0
    assert all(word in ran.out for word in ("Nora Vance", "500176", "70001", sandbox.url))
    assert [request.path for request in sandbox.requests] == ["/v3/whoami"]


def test_whoami_without_a_key(command: Command) -> None:
    """Exit 1, and what to do."""
    ran = command("whoami")
    assert ran.code == 1
    assert "reply-xl login" in ran.err


def test_a_server_that_is_not_reply_is_nobody(sandbox: Sandbox, run: Command, keychain: Path) -> None:
    """An object without a user is no answer to whoami: the key is not kept."""
    with TcpProxy(sandbox.url, lambda data, number: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as proxy:
        ran = run("login", "--base-url", proxy.url, stdin=f"{KEY}\n")
    assert ran.code == 1
    assert not keychain.exists()


@pytest.mark.skipif(not Path("/proc").exists(), reason="Excel may be there on this system")
def test_without_excel_the_records_can_be_deleted(run: Command, keychain: Path) -> None:
    """Uninstall names the records, and with --everything deletes them and the key after a question."""
    with Records() as records:
        folder = records.folder
    config.store_key(REPLY_URL, "secret")
    ran = run("uninstall")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        f"Nothing is installed in Excel here. Your records are in {folder}; “reply-xl uninstall --everything” deletes them and the key.\n"
    )
    assert run("uninstall", "--everything").code == 2
    assert (folder / "journal.sqlite3").exists()
    ran = run("uninstall", "--everything", "--yes")
    assert (ran.code, folder.exists()) == (0, False)
    assert "The API key is removed from the keychain." in ran.out


# -- demo and sandbox


def test_the_demo_shows_every_kind_of_outcome(run: Command, tmp_path: Path) -> None:
    """No key, no question; the workbook holds the results, and a second demo writes another file."""
    dead = "http://127.0.0.1:9"
    ran = run("demo", env={"HTTP_PROXY": dead, "HTTPS_PROXY": dead})
    assert ran.code == 0, ran.err
    assert ran.out.startswith("These steps run inside the demo; you need not type them.\n")
    assert "\n4. Everything can be undone, in your own runs with: reply-xl undo RUN\n" in ran.out
    assert ran.out.splitlines()[-1].startswith("To try it yourself: run “reply-xl sandbox” in another window")
    assert "--base-url" in ran.out.splitlines()[-1]
    assert all(f" {word} " in ran.out for word in ("Updated", "Unchanged", "Skipped", "Invalid", "Refused", "Not stored", "Undone"))
    words = {line["Reply status"] for line in cells(tmp_path / "reply-xl-demo.xlsx")}
    assert {"Undone", "Unchanged", "Skipped", "Invalid", "Refused", "Not stored"} == words
    before = (tmp_path / "reply-xl-demo.xlsx").read_bytes()
    assert run("demo").code == 0
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["reply-xl-demo-2.xlsx", "reply-xl-demo.xlsx"]
    assert (tmp_path / "reply-xl-demo.xlsx").read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to another process")
def test_the_sandbox_command_serves_until_ctrl_c(book: Book, run: Command, tmp_path: Path) -> None:
    """It prints its address; another command can use it; Ctrl-C ends it with exit 0."""
    (tmp_path / "contacts.json").write_text(json.dumps([{"id": FIRST_ID, "firstName": "First0", "lastName": "Last0"}]))
    process = subprocess.Popen(
        command_line("sandbox", "--port", 0, "--contacts", tmp_path / "contacts.json", "--set", "accounts_feature=true", "--quota", "off"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert found
    ran = run("push", book((*HEADERS, "Company"), (*row(0, None), "New")), "--base-url", found[0], "--json")
    assert ran.words == ["refused"]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize(
    "arguments", [["--set", "x=1"], ["--set", "latency"], ["--contacts", "absent.json"], ["--quota", "x"], ["--port", "70000"]]
)
def test_a_sandbox_that_cannot_start_has_a_sentence(command: Command, arguments: list[str]) -> None:
    """Exit 1, one line."""
    ran = command("sandbox", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("\n") == 1


def test_help_names_every_command(command: Command) -> None:
    """All commands of the issue."""
    shown = command("--help").out
    assert all(name in shown for name in ("demo", "sandbox", "columns", "preview", "push", "whoami", "login", "logout"))
    assert sys.version_info >= (3, 11)
