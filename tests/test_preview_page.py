"""The sheet “Reply preview” from the command line: reviewed, changed, sent, and never more than a proposal. Real files, real HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import FIRST_ID, Book, Ran, cells, patches, people

from reply_xl.history.records import Records
from reply_xl.preview_page import HEADERS, NAME
from reply_xl.sandbox import Sandbox

Command = Callable[..., Ran]
LEADS = ("Reply ID", "Email", "Title", "Notes", "City")


def page_of(path: Path) -> list[dict[str, Any]]:
    """The lines of the preview, by header, `at` being the row."""
    sheet: Any = openpyxl.load_workbook(path)[NAME]
    lines = list(sheet.iter_rows(values_only=True, max_col=20))
    top = next(number for number, line in enumerate(lines) if "Will become" in line)
    heads = [head for head in lines[top] if head]
    found = [dict(zip(heads, line, strict=False)) | {"at": number} for number, line in enumerate(lines[top + 1 :], top + 2)]
    return [line for line in found if any(value is not None for key, value in line.items() if key != "at")]


def put(path: Path, row: int, sheet: str = NAME, **values: Any) -> None:
    """What a person types into a line of the preview, by header (`Will_become`)."""
    book = openpyxl.load_workbook(path)
    page: Any = book[sheet]
    heads = {cell.value: cell.column for line in page.iter_rows(max_row=6, max_col=20) for cell in line if cell.value in HEADERS}
    for name, value in values.items():
        cell = page.cell(row, heads[name.replace("_", " ")])
        cell.value = value
    book.save(path)


def previewed(sandbox: Sandbox, book: Book, command: Command, *leads: tuple[Any, ...], options: tuple[str, ...] = ()) -> Path:
    path = book(LEADS, *leads)
    ran = command("preview", path, "--edit", "--base-url", sandbox.url, *options)
    assert ran.code in (0, 3), ran.err
    return path


def apply(command: Command, path: Path, sandbox: Sandbox, *options: object) -> Ran:
    return command("push", path, "--plan", "--yes", "--json", "--base-url", sandbox.url, *options)


ONE = (FIRST_ID, "p0@example.com", "CTO", "Met", None)
TWO = (None, "p1@example.com", "CEO", None, "Oslo")


# --- what it shows -----------------------------------------------------------------------------------------------------------------------


def test_rows_that_cannot_be_sent_are_no_lines_to_choose(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Where no line can be chosen nothing is said of choosing, but where to correct the rows."""
    unknown = [(None, f"nobody{n}@else.example", "CTO", None, None) for n in range(2)]
    path = book(LEADS, *unknown, *[(FIRST_ID + n, f"p{n}@example.com", None, None, None) for n in range(4)])
    ran = command("preview", path, "--edit", "--base-url", sandbox.url)
    assert ran.code == 3
    says = "2 rows cannot be sent; the sheet “Reply preview” says why. Correct them in “Contacts”, then preview again."
    assert ran.err.splitlines()[-1] == says


def test_a_line_for_each_change_and_a_word_on_rows_that_cannot_be_sent(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Row, contact, field, both values, note and decision; the user's sheet stays in front and as it was, and nothing is sent."""
    sandbox.edit(FIRST_ID, title="Old")
    path = previewed(sandbox, book, command, ONE, TWO, (None, "p2@example.com", "#N/A", None, None))
    opened = openpyxl.load_workbook(path)
    assert (opened.sheetnames, opened.active.title) == (["Contacts", NAME], "Contacts")  # type: ignore[union-attr]
    assert [[line[head] for head in HEADERS[:7]] + [line["Decision"]] for line in page_of(path)] == [
        ["Contacts!2", FIRST_ID, "First0 Last0", "p0@example.com", "Title", "Old", "CTO", "send"],
        ["Contacts!2", FIRST_ID, "First0 Last0", "p0@example.com", "Notes", None, "Met", "send"],
        ["Contacts!3", FIRST_ID + 1, "First1 Last1", "p1@example.com", "Title", None, "CEO", "send"],
        ["Contacts!3", FIRST_ID + 1, "First1 Last1", "p1@example.com", "City", None, "Oslo", "send"],
        ["Contacts!4", None, None, None, None, None, None, None],
    ]
    assert "C4 (Title) shows the error #N/A" in page_of(path)[-1]["Note"]
    (rule,) = opened[NAME].data_validations.dataValidation
    assert str(rule.sqref) == "I4:I8"
    assert [line["Title"] for line in cells(path, "Contacts")] == ["CTO", "CEO", "#N/A"]
    assert patches(sandbox) == []


def test_where_nothing_would_change_no_sheet_is_made(sandbox: Sandbox, book: Book, command: Command) -> None:
    """An older preview is emptied, because nothing of it stands any more."""
    path = previewed(sandbox, book, command, (FIRST_ID, "p0@example.com", None, None, None))
    assert openpyxl.load_workbook(path).sheetnames == ["Contacts"]
    path = previewed(sandbox, book, command, ONE)
    sandbox.edit(FIRST_ID, title="CTO", notes="Met")
    edited = command("preview", path, "--edit", "--base-url", sandbox.url)
    assert edited.code == 0
    assert f"reply-xl push {path.name} --plan --base-url {sandbox.url}." in edited.err
    assert page_of(path) == []
    ran = apply(command, path, sandbox)
    assert (ran.code, ran.err.splitlines()[-1]) == (
        0,
        "The preview sheet has no line to send; choose lines there, or make a new one with “reply-xl preview BOOK --edit”.",
    )


def test_a_csv_file_has_no_second_sheet(sandbox: Sandbox, tmp_path: Path, command: Command) -> None:
    """A sentence says what to do."""
    path = tmp_path / "leads.csv"
    path.write_text("Email,Title\np0@example.com,CTO\n")
    for words in (("preview", path, "--edit"), ("push", path, "--plan")):
        ran = command(*words, "--base-url", sandbox.url)
        assert (ran.code, ran.err.splitlines()[-1]) == (1, "A CSV file has no second sheet; save it as .xlsx, and then run this again.")


def test_what_rests_on_a_column_nobody_agreed_to_waits_for_a_person(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Where the workbook itself proposes a column, no line of it is decided beforehand; of a proposed key not one line at all."""
    heads = ("Email", "Title", "What they do", "Scribbles")
    path = book(heads, ("p0@example.com", "CTO", "Buys paper", "p1@example.com"))
    assert command("columns", path, "--edit", "--base-url", sandbox.url).code == 0
    proposal: Any = openpyxl.load_workbook(path)
    proposal["Reply columns"]["C5"] = "Notes"
    proposal["Reply columns"]["D5"] = "yes"
    proposal.save(path)
    assert command("preview", path, "--edit", "--base-url", sandbox.url).code == 0
    assert [(line["Field"], line["Decision"]) for line in page_of(path)] == [("Title", "send"), ("Notes", None)]
    assert "Nobody has agreed yet to where column C (What they do) goes" in page_of(path)[1]["Note"]
    proposal["Reply columns"]["C6"] = "Email"
    proposal["Reply columns"]["D6"] = "yes"
    proposal.save(path)
    assert command("preview", path, "--edit", "--base-url", sandbox.url).code == 0
    assert [line["Decision"] for line in page_of(path)] == [None, None]
    assert apply(command, path, sandbox).words == ["skipped", "skipped"]
    assert patches(sandbox) == []


# --- what is sent ------------------------------------------------------------------------------------------------------------------------


def test_each_line_is_sent_or_not_as_decided(sandbox: Sandbox, book: Book, command: Command) -> None:
    """One run, one request for a contact; skipped lines are skipped, deleted ones are nothing; outcomes stand in both sheets."""
    path = previewed(sandbox, book, command, ONE, TWO)
    put(path, 5, Decision="skip")
    put(path, 7, Decision="  Skip ")
    ran = apply(command, path, sandbox)
    assert [(line["row"], line["outcome"]) for line in ran.lines] == [(4, "updated"), (5, "skipped"), (6, "updated"), (7, "skipped")]
    assert {request.contact_id: request.body for request in patches(sandbox)} == {
        FIRST_ID: {"title": "CTO"},
        FIRST_ID + 1: {"title": "CEO"},
    }
    assert [line["Reply status"] for line in page_of(path)] == ["Updated", "Skipped", "Updated", "Skipped"]
    rows = cells(path, "Contacts")
    assert [row["Reply status"] for row in rows] == ["Updated", "Updated"]
    assert rows[0]["Reply message"] == "Updated Title. “Reply preview”: Not sent: Notes, as decided in the preview."
    assert rows[0]["Reply updated at"] is not None
    with Records() as records:
        (run,) = records.journal.runs()
        assert (run.kind, run.page.sheet, run.rows, run.waiting) == ("plan", NAME, 4, 0)
    assert "push --plan" in command("show").out


def test_lines_may_be_sorted_deleted_and_moved(sandbox: Sandbox, book: Book, command: Command) -> None:
    """What a line says is in the line: order, place and neighbours say nothing. What was deleted is not sent."""
    path = previewed(sandbox, book, command, ONE, TWO)
    opened = openpyxl.load_workbook(path)
    page: Any = opened[NAME]
    lines = [[cell.value for cell in row] for row in page.iter_rows(min_row=4, max_row=7, max_col=12)]
    page.delete_rows(4, 4)
    page.insert_rows(3, 2)
    for number, line in enumerate((lines[3], lines[0], lines[2]), 6):
        for column, value in enumerate(line, 1):
            page.cell(number, column).value = value
    opened.save(path)
    ran = apply(command, path, sandbox)
    assert (ran.code, ran.words) == (0, ["updated"] * 3)
    assert sandbox.contact(FIRST_ID)["title"] == "CTO"
    assert sandbox.contact(FIRST_ID)["notes"] is None
    assert (sandbox.contact(FIRST_ID + 1)["title"], sandbox.contact(FIRST_ID + 1)["city"]) == ("CEO", "Oslo")
    assert [line["Reply status"] for line in page_of(path)] == ["Updated"] * 3


def test_a_hidden_line_is_not_sent(sandbox: Sandbox, book: Book, command: Command) -> None:
    """What is filtered away is not looked at: it is left alone, as a hidden row of contacts is."""
    path = previewed(sandbox, book, command, ONE)
    opened = openpyxl.load_workbook(path)
    opened[NAME].row_dimensions[4].hidden = True
    opened.save(path)
    assert [line["row"] for line in apply(command, path, sandbox).lines] == [5]
    assert [request.body for request in patches(sandbox)] == [{"notes": "Met"}]


def test_a_second_time_everything_is_there(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Also the e-mail, by which the contact was known when the preview was made."""
    path = book(("Reply ID", "First name", "Last name", "Email", "Title"), (FIRST_ID, "First0", "Last0", "new@example.com", "CTO"))
    assert command("preview", path, "--edit", "--allow", "email", "--base-url", sandbox.url).code == 0
    assert [(line["Field"], line["Decision"]) for line in page_of(path)] == [("Email", "send"), ("Title", "send")]
    assert apply(command, path, sandbox, "--allow", "email").words == ["updated"] * 2
    assert apply(command, path, sandbox, "--allow", "email").words == ["unchanged"] * 2
    assert len(patches(sandbox)) == 1


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(sandbox: Sandbox, book: Book, command: Command) -> None:
    """That line is a conflict with all three values; the other line of the contact, which still holds, is sent."""
    path = previewed(sandbox, book, command, ONE)
    sandbox.edit(FIRST_ID, title="Theirs")
    ran = apply(command, path, sandbox)
    assert (ran.code, ran.words) == (3, ["conflict", "updated"])
    said = "Title was empty when the preview was made, is “Theirs” in Reply now, and the preview asks for “CTO”; make the preview anew to decide."
    assert ran.lines[0]["message"] == said
    assert (sandbox.contact(FIRST_ID)["title"], sandbox.contact(FIRST_ID)["notes"]) == ("Theirs", "Met")
    assert cells(path, "Contacts")[0]["Reply status"] == "Conflict"


def test_a_correction_of_the_reviewer_is_validated_and_sent(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Read as a cell of a contacts' sheet is. The contacts' sheet, which says something else, does not overwrite it at the next push: that is
    a conflict."""
    sandbox.edit(FIRST_ID, title="Old")
    path = previewed(sandbox, book, command, ONE)
    put(path, 4, Will_become="Chief")
    assert apply(command, path, sandbox).words == ["updated"] * 2
    assert sandbox.contact(FIRST_ID)["title"] == "Chief"
    ran = command("push", path, "--base-url", sandbox.url, "--json")
    assert (ran.words, sandbox.contact(FIRST_ID)["title"]) == (["conflict"], "Chief")
    assert "Title was “Old”, is “Chief” in Reply now, and the sheet says “CTO”" in ran.lines[0]["message"]


def test_the_contacts_sheet_goes_on_from_what_was_sent(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Where its cells say what was sent, a later change in Reply is known to be a later one."""
    path = previewed(sandbox, book, command, ONE)
    assert apply(command, path, sandbox).code == 0
    sandbox.edit(FIRST_ID, title="Promoted")
    ran = command("push", path, "--base-url", sandbox.url, "--json")
    assert (ran.words, sandbox.contact(FIRST_ID)["title"]) == (["skipped"], "Promoted")


def test_conflicts_end_as_chosen(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Undecided, or with a mere send, a conflict stays one; keep Reply leaves it, take sheet sends it. The row's other field goes by itself."""
    path = book(LEADS, *((FIRST_ID + number, f"p{number}@example.com", None, None, None) for number in range(4)))
    assert command("pull", path, "--base-url", sandbox.url).code == 0
    for number in range(4):
        sandbox.edit(FIRST_ID + number, title="Base")
    assert command("pull", path, "--base-url", sandbox.url).code == 0
    for number in range(4):
        put_lead(path, number + 2, Title="Mine", City="Oslo")
        sandbox.edit(FIRST_ID + number, title="Theirs")
    assert command("preview", path, "--edit", "--base-url", sandbox.url).code == 3
    lines = {(line["Reply ID"] - FIRST_ID, line["Field"]): line for line in page_of(path)}
    assert [lines[number, "City"]["Decision"] for number in range(4)] == ["send"] * 4
    conflict = lines[0, "Title"]
    assert (conflict["Now in Reply"], conflict["Will become"], conflict["Decision"]) == ("Theirs", "Mine", None)
    assert conflict["Note"].startswith("Conflict: Title was “Base”, is “Theirs” in Reply now, and the sheet says “Mine”.")
    for number, decision in ((1, "send"), (2, "keep Reply"), (3, "take sheet")):
        put(path, lines[number, "Title"]["at"], Decision=decision)
    ran = apply(command, path, sandbox)
    words = {line["row"]: line["outcome"] for line in ran.lines}
    assert [words[lines[number, "Title"]["at"]] for number in range(4)] == ["conflict", "conflict", "skipped", "updated"]
    assert [sandbox.contact(FIRST_ID + number)["title"] for number in range(4)] == ["Theirs", "Theirs", "Theirs", "Mine"]
    assert [sandbox.contact(FIRST_ID + number)["city"] for number in range(4)] == ["Oslo"] * 4


def put_lead(path: Path, row: int, **values: Any) -> None:
    book = openpyxl.load_workbook(path)
    for name, value in values.items():
        book["Contacts"].cell(row, LEADS.index(name) + 1).value = value
    book.save(path)


@pytest.mark.parametrize(("word", "field", "old", "new"), [("opt-out", "Opted out", "no", "yes"), ("opt-in", "Opted out", "yes", "no")])
def test_dangerous_fields_are_agreed_to_when_they_are_sent(
    word: str, field: str, old: str, new: str, sandbox: Sandbox, book: Book, command: Command
) -> None:
    """What the workbook says is no agreement: `--allow` of the moment is, and --yes is not. Opting in has its own word."""
    sandbox.edit(FIRST_ID, isOptedOut=old == "yes")
    path = book(("Email", field), ("p0@example.com", new))
    assert command("preview", path, "--edit", "--base-url", sandbox.url).code == 0
    (line,) = page_of(path)
    assert (line["Now in Reply"], line["Will become"], line["Decision"]) == (old, new, None)
    assert f"--allow {word}" in line["Note"]
    assert apply(command, path, sandbox, "--allow", word).words == ["skipped"]
    put(path, line["at"], Decision="send")
    ran = apply(command, path, sandbox)
    assert (ran.words, ran.lines[0]["held_back"]) == (["skipped"], ["isOptedOut"])
    if word == "opt-in":
        assert apply(command, path, sandbox, "--allow", "opt-out").words == ["skipped"]
    assert apply(command, path, sandbox, "--allow", word).words == ["updated"]
    assert sandbox.contact(FIRST_ID)["isOptedOut"] is (new == "yes")


VALUES = (
    *("=1+1", "+41 44", "-x", "@home", "'quoted", "''", "0012", "2026-01-31", "1-2", "a\nb\r\nc", "tab\there", "TRUE", "1e5", "שלום 👋"),
    *("x" * 9000, "y" * 32_000, "<b>", "-1", "“#”"),
)


def test_values_come_through_whole(make_sandbox: Callable[..., Sandbox], book: Book, command: Command) -> None:
    """Whatever they look like to a spreadsheet; also what Reply holds, so that it is known again."""
    sandbox = make_sandbox(len(VALUES))
    path = book(("Email", "Notes", "State"), *((f"p{number}@example.com", None, None) for number in range(len(VALUES))))
    opened = openpyxl.load_workbook(path)
    for number, value in enumerate(VALUES):
        cell = opened["Contacts"].cell(number + 2, 2, value.replace("\r\n", "\n"))
        cell.data_type = "s"
        opened["Contacts"].cell(number + 2, 3, "here")
        sandbox.edit(FIRST_ID + number, notes=f"{VALUES[-number]} before", state=value[:500])
    opened.save(path)
    assert command("preview", path, "--edit", "--base-url", sandbox.url).code == 0
    ran = apply(command, path, sandbox)
    assert set(ran.words) == {"updated"}, ran.lines
    assert [sandbox.contact(FIRST_ID + number)["notes"] for number in range(len(VALUES))] == [
        value.replace("\r\n", "\n").strip() for value in VALUES
    ]
    assert {sandbox.contact(FIRST_ID + number)["state"] for number in range(len(VALUES))} == {"here"}


def test_what_no_cell_can_hold_is_never_sent_cut(sandbox: Sandbox, book: Book, command: Command) -> None:
    """A text that is too long for a line, on either side, stands for an ordinary update; the line has no value that could be sent."""
    sandbox.edit(FIRST_ID, notes="x" * 40_000)
    path = previewed(sandbox, book, command, ONE)
    line = next(line for line in page_of(path) if line["Field"] == "Notes")
    assert (line["Now in Reply"], line["Will become"], line["Decision"]) == (None, None, None)
    assert "only an ordinary update sends it" in line["Note"]
    put(path, line["at"], Decision="send")
    assert apply(command, path, sandbox).words == ["updated", "skipped"]
    put(path, line["at"], Will_become="Met")
    assert apply(command, path, sandbox).words == ["unchanged", "conflict"]
    assert len(sandbox.contact(FIRST_ID)["notes"]) == 40_000


def test_custom_fields_time_zones_and_choices(make_sandbox: Callable[..., Sandbox], book: Book, command: Command) -> None:
    """A custom field is named so that it is no other; `<clear>` empties; labels and zones come back as they went."""
    contact = people(1)[0] | {"timeZoneId": "Europe/London", "companySize": "Fifty", "city": "Rome", "customFields": {"Title": "x"}}
    sandbox = make_sandbox([contact], ["Title", "title"])
    path = book(
        ("Email", "Custom: Title", "Time zone", "Company size", "City"), ("p0@example.com", "7", "Europe/Paris", "201-500", "<clear>")
    )
    assert command("preview", path, "--edit", "--base-url", sandbox.url).code == 0
    fields = [(line["Field"], line["Now in Reply"], line["Will become"]) for line in page_of(path)]
    assert fields == [
        ("custom: Title", "x", "7"), ("Time zone", "Europe/London", "Europe/Paris"), ("Company size", "11-50", "201-500"), ("City", "Rome", "<clear>"),
    ]  # fmt: skip
    assert apply(command, path, sandbox).words == ["updated"] * 4
    now = sandbox.contact(FIRST_ID)
    assert (now["timeZoneId"], now["companySize"], now["city"], now["title"]) == ("Europe/Paris", "fiveHundred", None, None)
    assert [field["value"] for field in now["customFields"] if field["key"] == "Title"] == ["7"]


def test_a_field_that_reply_never_shows(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Its line says that nothing can be verified; sent once, it is not sent again."""
    path = book(("Email", "Second phone"), ("p0@example.com", "+41 44 668 18 00"))
    assert command("preview", path, "--edit", "--base-url", sandbox.url).code == 0
    assert "cannot be verified" in page_of(path)[0]["Note"]
    assert apply(command, path, sandbox).words == ["updated"]
    assert apply(command, path, sandbox).words == ["unchanged"]


# --- elsewhere and later -----------------------------------------------------------------------------------------------------------------


def test_on_another_computer(sandbox: Sandbox, book: Book, command: Command, tmp_path: Path) -> None:
    """A colleague without any record of it sends just what the sheet says, also where the sheet was moved into a workbook of its own."""
    path = previewed(sandbox, book, command, ONE, TWO)
    opened = openpyxl.load_workbook(path)
    del opened["Contacts"]
    alone = tmp_path / "review.xlsx"
    opened.save(alone)
    home = {name: str(tmp_path / "colleague") for name in ("HOME", "XDG_DATA_HOME", "USERPROFILE", "LOCALAPPDATA")}
    ran = command("push", alone, "--plan", "--yes", "--json", "--base-url", sandbox.url, env=home)
    assert (ran.code, ran.words) == (0, ["updated"] * 4), ran.err
    assert "“Contacts”, of which the preview is, is not in this workbook" in ran.err
    assert [line["Reply status"] for line in page_of(alone)] == ["Updated"] * 4
    with Records() as records:
        assert records.journal.runs() == []


def test_another_workspace_is_refused_as_a_whole(
    make_sandbox: Callable[..., Sandbox], sandbox: Sandbox, book: Book, command: Command
) -> None:
    """The same numbers are other people there: by e-mail, or unknown."""
    path = previewed(sandbox, book, command, ONE, TWO)
    others = make_sandbox([person | {"email": f"x{person['email']}"} for person in people(5)])
    ran = apply(command, path, others)
    assert (ran.code, patches(others)) == (1, [])
    assert "2 of 2 contacts have another e-mail or name in Reply than in the preview" in ran.err
    ran = apply(command, path, make_sandbox([person | {"id": person["id"] + 100} for person in people(5)]))
    assert "Reply does not know 2 of the 2 contacts of the preview" in ran.err


def test_undo(sandbox: Sandbox, book: Book, command: Command) -> None:
    """The old values go back into Reply and into the contacts' cells; both sheets say so."""
    sandbox.edit(FIRST_ID, title="Old")
    path = previewed(sandbox, book, command, ONE, TWO)
    assert apply(command, path, sandbox).code == 0
    ran = command("undo", "--yes", "--json")
    assert ran.words == ["undone"] * 4
    assert (sandbox.contact(FIRST_ID)["title"], sandbox.contact(FIRST_ID + 1)["city"]) == ("Old", None)
    rows = cells(path, "Contacts")
    assert [(row["Title"], row["Reply status"]) for row in rows] == [("Old", "Undone"), (None, "Undone")]
    assert [line["Reply status"] for line in page_of(path)] == ["Undone"] * 4
    assert command("push", path, "--base-url", sandbox.url, "--json").words == ["unchanged"] * 2


def test_resume(sandbox: Sandbox, book: Book, command: Command) -> None:
    """What failed on the way is finished, in both sheets, though rows were put above meanwhile."""
    path = previewed(sandbox, book, command, ONE, TWO)
    sandbox.fault("status", status=500, method="PATCH", contact_id=FIRST_ID + 1, times=3)
    assert set(apply(command, path, sandbox).words[2:]) == {"failed"}
    opened = openpyxl.load_workbook(path)
    opened[NAME].insert_rows(3)
    opened["Contacts"].insert_rows(1)
    opened.save(path)
    ran = command("resume", "--yes", "--json")
    assert (ran.code, ran.words) == (0, ["updated"] * 4), ran.err
    assert [line["Reply status"] for line in page_of(path)] == ["Updated"] * 4
    sheet: Any = openpyxl.load_workbook(path)["Contacts"]
    assert [sheet.cell(row, 6).value for row in (3, 4)] == ["Updated", "Updated"]


def test_retry_takes_the_lines_that_need_it(sandbox: Sandbox, book: Book, command: Command) -> None:
    """And no line that was skipped: the contacts' row, which asks for more, is not what is tried again."""
    path = previewed(sandbox, book, command, ONE, TWO)
    put(path, 5, Decision="skip")
    put(path, 4, Will_become="#N/A")
    assert apply(command, path, sandbox).words == ["invalid", "skipped", "updated", "updated"]
    put(path, 4, Will_become="COO")
    before = len(patches(sandbox))
    ran = command("retry", "--yes", "--json")
    assert (ran.words, [request.body for request in patches(sandbox)[before:]]) == (["updated"], [{"title": "COO"}]), ran.err
    assert [line["Reply status"] for line in page_of(path)] == ["Updated", "Skipped", "Updated", "Updated"]


def test_two_rows_of_one_contact(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Both rows that asked for the same get the outcome; a row of the contact that was not in the preview does not."""
    path = book(LEADS, ONE, ONE, ONE)
    assert command("preview", path, "--edit", "--rows", "2,4", "--base-url", sandbox.url).code == 0
    assert {line["Row"] for line in page_of(path)} == {"Contacts!2,4"}
    assert apply(command, path, sandbox).words == ["updated"] * 2
    assert [row["Reply status"] for row in cells(path, "Contacts")] == ["Updated", None, "Updated"]


def test_results_elsewhere(sandbox: Sandbox, book: Book, command: Command, tmp_path: Path) -> None:
    """--out leaves the workbook alone."""
    path = previewed(sandbox, book, command, ONE)
    before, out = path.read_bytes(), tmp_path / "out.xlsx"
    assert apply(command, path, sandbox, "--out", out).code == 0
    assert path.read_bytes() == before
    assert [line["Reply status"] for line in page_of(out)] == ["Updated"] * 2
    assert cells(out, "Contacts")[0]["Reply status"] == "Updated"


# --- hostile and broken previews ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "word", "says"),
    [
        ({"Reply_ID": FIRST_ID + 5}, "invalid", f"D4 says p0@example.com, but contact {FIRST_ID + 5} in Reply has p5@example.com"),
        ({"Reply_ID": 7}, "not found", "B4: Reply has no contact with the ID 7"),
        ({"Reply_ID": "0031000000abcdeAAA"}, "invalid", "B4 (Reply ID) holds “0031000000abcdeAAA”, which is not a Reply ID"),
        ({"Reply_ID": None}, "invalid", "B4 (Reply ID) is empty"),
        ({"E-mail": None}, "invalid", "D4 says no e-mail"),
        ({"E-mail": "p5@example.com"}, "invalid", "D4 says p5@example.com"),
        ({"Now_in_Reply": "Something"}, "conflict", "Title was “Something” when the preview was made"),
        ({"Now_in_Reply": "#N/A"}, "conflict", "Title was"),
        ({"Field": "Lists"}, "invalid", "E4 (Field) holds “Lists”, which is no field that can be sent"),
        ({"Field": "Contact ID"}, "invalid", "E4 (Field)"),
        ({"Field": "custom: Nothing"}, "invalid", "E4 (Field)"),
        ({"Field": "__class__"}, "invalid", "E4 (Field)"),
        ({"Field": None}, "invalid", "E4 (Field) is empty"),
        ({"Will_become": None}, "skipped", "G4 is empty"),
        ({"Will_become": "#REF!"}, "invalid", "G4 (Will become) shows the error #REF!"),
        ({"Will_become": '=HYPERLINK("http://evil")'}, "invalid", "G4 (Will become) holds a formula whose result is not in the file"),
        ({"Decision": "sned"}, "invalid", "I4 (Decision) holds “sned”; choose send, skip, keep Reply or take sheet."),
        ({"Decision": True}, "invalid", "I4 (Decision)"),
        ({"Decision": "=1"}, "invalid", "I4 (Decision)"),
        ({"Field": "Owner user ID", "Now_in_Reply": "(owner)", "Will_become": "42"}, "skipped", "--allow owner"),
        ({"Field": "Account ID", "Will_become": "42"}, "skipped", "--allow account"),
        ({"Field": "Email", "Now_in_Reply": "p0@example.com", "Will_become": "evil@example.com"}, "skipped", "--allow email"),
        ({"Field": "Email", "Will_become": "evil@example.com"}, "conflict", "Email was empty"),
        ({"Field": "First name", "Now_in_Reply": "First0", "Will_become": "<clear>"}, "invalid", "cannot do without"),
        ({"Field": "Company size", "Will_become": "huge"}, "invalid", "G4 (Company size) holds “huge”"),
    ],
)
def test_what_a_line_cannot_do(typed: dict[str, Any], word: str, says: str, sandbox: Sandbox, book: Book, command: Command) -> None:
    """A line that somebody wrote or changed sends nothing that a cell of a contacts' sheet could not, and only to the contact whose e-mail
    and former value it tells."""
    path = previewed(sandbox, book, command, (FIRST_ID, "p0@example.com", "CTO", None, None))
    owner = str(sandbox.contact(FIRST_ID)["ownerUserId"])
    put(path, 4, **{name: owner if value == "(owner)" else value for name, value in typed.items()})
    ran = apply(command, path, sandbox)
    assert (ran.words, patches(sandbox)) == ([word], []), ran.err
    assert says in ran.lines[0]["message"]
    assert page_of(path)[0]["Reply status"] == word.capitalize()


def test_one_bad_line_of_a_contact_keeps_the_others_back(sandbox: Sandbox, book: Book, command: Command) -> None:
    """A value that cannot be read, a decision that is none, or another e-mail: nothing of that contact is sent, other contacts are."""
    for typed in ({"Will_become": "#N/A"}, {"Decision": "maybe"}, {"E-mail": "p7@example.com"}):
        path = previewed(sandbox, book, command, ONE, TWO)
        put(path, 5, **typed)
        ran = apply(command, path, sandbox)
        assert ran.words[:2] == ["invalid", "invalid"]
        assert "Row 5" in ran.lines[0]["message"]
        assert {request.path.rpartition("/")[2] for request in patches(sandbox)} <= {str(FIRST_ID + 1)}


def test_lines_that_contradict_each_other(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Two lines for one field that differ send nothing of the contact; two that are alike are one."""
    path = previewed(sandbox, book, command, (FIRST_ID, "p0@example.com", "CTO", None, None))
    line = {head.replace(" ", "_"): value for head, value in page_of(path)[0].items() if head in HEADERS[:9]}
    put(path, 5, **line)
    put(path, 6, **{**line, "Will_become": "CEO"})
    ran = apply(command, path, sandbox)
    assert ran.words == ["invalid"] * 3
    assert "The lines 4, 5 and 6 say different things about Title" in ran.lines[0]["message"]
    put(path, 6, **dict.fromkeys(line))
    ran = apply(command, path, sandbox)
    assert (ran.words, [request.body for request in patches(sandbox)]) == (["updated"] * 2, [{"title": "CTO"}])


def test_a_fabricated_preview(sandbox: Sandbox, command: Command, tmp_path: Path) -> None:
    """A stranger's workbook with our mark can ask for what a stranger's contacts' sheet can, and must know what Reply holds."""
    made = openpyxl.Workbook()
    page: Any = made.active
    page.append(["reply_xl preview 1"])
    page.append(["Reply ID", "Contact", "E-mail", "Field", "Now in Reply", "Will become", "Note", "Decision", "Row"])
    page.append([FIRST_ID, "", "p0@example.com", "Title", "", "evil", "", "send", "../../etc/passwd!1"])
    page.append([FIRST_ID, "", "p0@example.com", "Opted out", "no", "yes", "Agreed to by everybody", "send", "x!y"])
    page.append([FIRST_ID + 1, "", "p1@example.com", "Email", "p1@example.com", "evil@example.com", "", "take sheet", "x!1,2,99999999999"])
    path = tmp_path / "stranger.xlsx"
    made.save(path)
    ran = command("push", path, "--plan", "--base-url", sandbox.url)
    assert (ran.code, patches(sandbox)) == (2, [])  # one contact too: no row of it was chosen
    ran = command("push", path, "--plan", "--yes", "--base-url", sandbox.url)
    assert ran.code == 0
    assert [request.body for request in patches(sandbox)] == [{"title": "evil"}]
    assert command("push", path, "--base-url", sandbox.url).code == 1


def test_columns_that_are_lost_twice_or_hidden(sandbox: Sandbox, book: Book, command: Command) -> None:
    """A preview that does not show what is sent sends nothing."""
    path = previewed(sandbox, book, command, ONE)
    for change, says in (
        (lambda page: setattr(page["F3"], "value", "Was"), "has lost its column “Now in Reply”"),
        (lambda page: setattr(page["H3"], "value", "decision"), "has lost its column “Note”"),
        (lambda page: setattr(page["N3"], "value", "Will become"), "has more than one column “Will become”"),
        (lambda page: setattr(page.column_dimensions["G"], "hidden", True), "The column “Will become” of the preview sheet is hidden"),
        (lambda page: page.delete_rows(3), "has lost its headers"),
        (lambda page: setattr(page, "sheet_state", "hidden"), "is hidden; show it"),
    ):
        copy = path.with_name("changed.xlsx")
        opened = openpyxl.load_workbook(path)
        change(opened[NAME])
        opened.save(copy)
        ran = apply(command, copy, sandbox)
        assert (ran.code, patches(sandbox)) == (1, [])
        assert says in ran.err


def test_a_sheet_of_a_million_rows(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Is refused in a sentence, not read."""
    path = previewed(sandbox, book, command, ONE)
    put(path, 1_048_576, Note="far down")
    ran = apply(command, path, sandbox)
    assert ran.code == 1
    assert "Excel counts 1,048,576 rows" in ran.err


def test_which_preview(sandbox: Sandbox, book: Book, command: Command) -> None:
    """None, one, or the one that is named."""
    path = book(LEADS, ONE)
    ran = apply(command, path, sandbox)
    assert (ran.code, ran.err.strip()) == (1, "The workbook has no preview sheet; “reply-xl preview BOOK --edit” makes one.")
    path = previewed(sandbox, book, command, ONE)
    opened = openpyxl.load_workbook(path)
    copy = opened.copy_worksheet(opened[NAME])
    copy.title = "Second look"
    opened.save(path)
    assert "The workbook has 2 preview sheets; name one with --sheet: Reply preview and Second look." in apply(command, path, sandbox).err
    assert "“Contacts” is no preview sheet" in apply(command, path, sandbox, "--sheet", "Contacts").err
    assert apply(command, path, sandbox, "--sheet", "second look").words == ["updated"] * 2


def test_a_preview_is_never_taken_for_contacts(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Named or in front: an ordinary command says what it is, or takes the only other sheet."""
    path = previewed(sandbox, book, command, ONE)
    for words in (("push", path), ("preview", path), ("pull", path), ("columns", path)):
        ran = command(*words, "--sheet", NAME, "--base-url", sandbox.url)
        assert ran.code == 1
        assert "“Reply preview” is a sheet of reply_xl and holds no contacts" in ran.err
    opened = openpyxl.load_workbook(path)
    opened.active = 1
    opened.save(path)
    assert [line["contact_id"] for line in command("preview", path, "--base-url", sandbox.url, "--json").lines] == [FIRST_ID]


def test_the_sheet_decides_and_no_option(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Options that choose rows and fields do not go with --plan."""
    path = previewed(sandbox, book, command, ONE)
    for options in (("--rows", "2"), ("--fields", "title"), ("--only-empty",), ("--on-conflict", "take-sheet"), ("--header-row", "1")):
        ran = apply(command, path, sandbox, *options)
        assert (ran.code, patches(sandbox)) == (1, [])
        assert f"leave {options[0]} out, and choose in the sheet" in ran.err


def test_nobody_is_there_to_answer(sandbox: Sandbox, book: Book, command: Command) -> None:
    """More than one contact asks; without --yes and without a terminal nothing is sent."""
    path = previewed(sandbox, book, command, ONE, TWO)
    shutil.copy(path, path.with_name("copy.xlsx"))
    ran = command("push", path, "--plan", "--base-url", sandbox.url)
    assert (ran.code, patches(sandbox)) == (2, [])
    assert "2 contacts will change" in ran.err
    assert path.read_bytes() == path.with_name("copy.xlsx").read_bytes()
