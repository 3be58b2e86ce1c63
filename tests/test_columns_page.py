"""The sheet “Reply columns”: made for people to change, and never more than a proposal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import FIRST_ID, Book, Ran, cells, command_line, on_a_terminal, patches

from reply_xl.sandbox import Sandbox

Command = Callable[..., Ran]
HEADERS = ("Email", "Title", "What they do", "Scribbles")
LEAD = ("p0@example.com", "CTO", "Buys paper", "other@example.com")


def choose(path: Path, **choices: str) -> None:
    """What a person does in the sheet: by header, the field; `send_…` for the other column."""
    book = openpyxl.load_workbook(path)
    page = book["Reply columns"]
    for row in page.iter_rows(min_row=3):
        header = str(row[1].value).replace(" ", "_")
        for name, cell in ((header, row[2]), (f"send_{header}", row[3])):
            if name in choices:
                cell.value = choices[name]
    book.save(path)


def edited(sandbox: Sandbox, book: Book, command: Command, *leads: tuple[Any, ...], **choices: str) -> Path:
    path = book(HEADERS, *(leads or (LEAD,)))
    ran = command("columns", path, "--edit", "--base-url", sandbox.url)
    assert f"reply-xl preview {path.name} --base-url {sandbox.url}." in ran.err
    assert ran.code == 0, ran.err
    choose(path, **choices)
    return path


def test_the_sheet_shows_every_column_with_samples_and_a_dropdown(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Column, header, where it goes, send, samples, why; the user's sheet stays in front, as it is."""
    path = edited(sandbox, book, command)
    opened = openpyxl.load_workbook(path)
    assert opened.sheetnames == ["Contacts", "Reply columns"]
    assert opened.active.title == "Contacts"  # type: ignore[union-attr]
    page = opened["Reply columns"]
    assert [cell.value for cell in page[2]][:6] == ["Column", "Header", "Goes to", "Send", "Samples", "Why"]
    assert [[cell.value for cell in row][:5] for row in page.iter_rows(min_row=3, max_row=5)] == [
        ["A", "Email", "Email", None, "p0@example.com"],
        ["B", "Title", "Title", "yes", "CTO"],
        ["C", "What they do", "(not sent)", "no", "Buys paper"],
    ]
    assert len(page.data_validations.dataValidation) == 2
    assert [line["Title"] for line in cells(path, "Contacts")] == ["CTO"]


def test_what_is_chosen_there_is_shown_asked_and_then_kept(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Without an answer nothing is sent; --yes agrees for one run; after a person's yes next week's workbook with the same header needs no
    sheet and no question."""
    path = edited(sandbox, book, command, What_they_do="Notes", send_What_they_do="yes")
    ran = command("push", path, "--base-url", sandbox.url)
    assert (ran.code, patches(sandbox)) == (2, [])
    assert "C (What they do) goes to Notes: proposed by the workbook itself" in ran.err
    assert command("push", path, "--base-url", sandbox.url, "--yes", "--json").lines[0]["sent"] == {"title": "CTO", "notes": "Buys paper"}
    fresh = book(HEADERS, ("p1@example.com", None, "Sells ink", None), name="stranger's word.xlsx")
    assert command("push", fresh, "--base-url", sandbox.url, "--json").lines[0]["sent"] == {}  # --yes agreed for that once
    code, shown = on_a_terminal(command_line("columns", path, "--agree", "--base-url", sandbox.url), b"y\n")
    assert code == 0, shown
    other = book(HEADERS, ("p1@example.com", None, "Sells toner", None), name="next week.xlsx")
    ran = command("push", other, "--base-url", sandbox.url, "--json")
    assert ran.lines[0]["sent"] == {"notes": "Sells toner"}
    assert "agreed" not in ran.err


def test_no_and_only_empty(sandbox: Sandbox, book: Book, command: Command) -> None:
    """A column that is not sent, and one that is sent only where Reply holds nothing yet."""
    sandbox.edit(FIRST_ID, notes="there already")
    leads = [LEAD, ("p1@example.com", "CEO", "Sells ink", None)]
    path = edited(sandbox, book, command, *leads, send_Title="no", What_they_do="Notes", send_What_they_do="only empty")
    first, second = command("push", path, "--base-url", sandbox.url, "--yes", "--json").lines
    assert first["sent"] == {}
    assert second["sent"] == {"notes": "Sells ink"}


PEOPLE = ("Reply ID", "First name", "Last name", "Email", "Scribbles")
PERSON = (FIRST_ID, "First0", "Last0", "p0@example.com", "other@example.com")


@pytest.mark.parametrize(
    "choices",
    [
        {"Scribbles": "Email", "send_Scribbles": "yes"},
        {"send_Email": "no"},
        {"Email": "Title"},
        {"send_Reply_ID": "no"},
        {"Reply_ID": "Title"},
        {"Scribbles": "Reply ID (finds the contact)", "send_Scribbles": "yes"},
    ],
)
def test_a_strangers_workbook_cannot_choose_what_endangers_a_contact(
    sandbox: Sandbox, book: Book, command: Command, choices: dict[str, str]
) -> None:
    """Its sheet redirects, adds or takes away what finds a contact: no option agrees to that, nothing is sent or filled, nothing is kept."""
    path = book((*PEOPLE, "Title"), (*PERSON, "CTO"), (FIRST_ID + 1, "First1", "Last1", "p1@example.com", 5, None))
    command("columns", path, "--edit", "--base-url", sandbox.url)
    choose(path, **choices)
    before = path.read_bytes()
    for words in (("push", "--yes", "--allow", "email"), ("columns", "--agree"), ("pull", "--overwrite")):
        ran = command(words[0], path, *words[1:], "--base-url", sandbox.url)
        assert patches(sandbox) == []
        assert path.read_bytes() == before
        assert ran.code != 0 or words[0] == "pull"  # which has nothing to write in some of these
    shown = json.loads(command("columns", path, "--json", "--base-url", sandbox.url).out)["columns"]
    assert any(not one["agreed"] for one in shown)
    clean = book(PEOPLE, PERSON, name="clean.xlsx")
    assert json.loads(command("columns", clean, "--json", "--base-url", sandbox.url).out)["columns"][0]["target"] == "id"


def test_a_person_may(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Seen and answered at a terminal, it is sent, and its results find their rows."""
    path = book(("Kennung", "Title"), (FIRST_ID, "CTO"), (FIRST_ID + 1, "CEO"))
    other = book(("Kennung", "Title"), (FIRST_ID, "Chief"), name="next.xlsx")
    opened = openpyxl.load_workbook(path)
    page = opened.create_sheet("Reply columns")
    for line in (["reply_xl columns 1"], ["Column", "Header", "Goes to", "Send"], ["A", "Kennung", "Reply ID (finds the contact)", "yes"]):
        page.append(line)
    opened.save(path)
    code, shown = on_a_terminal(command_line("columns", path, "--agree", "--base-url", sandbox.url), b"y\n")
    assert code == 0, shown
    assert "A (Kennung) goes to Reply ID" in shown
    assert command("push", path, "--base-url", sandbox.url, "--yes", "--json").words == ["updated", "updated"]
    assert [line["Reply status"] for line in cells(path, "Contacts")] == ["Updated", "Updated"]
    assert command("push", other, "--base-url", sandbox.url, "--json").words == ["updated"]
    assert cells(other)[0]["Reply status"] == "Updated"
    assert command("undo", "--yes").code == 0
    assert cells(other)[0]["Reply status"] == "Undone"
    command("columns", other, "--ask-again", "--base-url", sandbox.url)
    assert command("push", other, "--base-url", sandbox.url).code == 1  # no column finds a contact any more


def test_a_hidden_sheet_and_a_second_one_are_not_used(sandbox: Sandbox, book: Book, command: Command) -> None:
    """What nobody sees proposes nothing; of two nobody knows which is meant."""
    path = edited(sandbox, book, command, What_they_do="Notes", send_What_they_do="yes")
    opened = openpyxl.load_workbook(path)
    opened["Reply columns"].sheet_state = "veryHidden"
    opened.save(path)
    ran = command("preview", path, "--base-url", sandbox.url, "--json")
    assert "is hidden, so it is not used" in ran.err
    assert list(ran.lines[0]["changes"]) == ["title"]
    opened["Reply columns"].sheet_state = "visible"
    opened.copy_worksheet(opened["Reply columns"])
    opened.save(path)
    ran = command("preview", path, "--base-url", sandbox.url, "--json")
    assert "all say where columns go, so none of them is used; delete one." in ran.err


def test_a_likely_column_is_asked_about_once(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Another language is likely, not certain: shown by preview, asked by push, agreed to by `columns --agree` for good."""
    path = book(("Reply ID", "Berufsbezeichnung"), (FIRST_ID, "CTO"))
    said = command("preview", path, "--base-url", sandbox.url).err
    assert "B (Berufsbezeichnung) goes to Title: likely" in said
    assert "\nAn update asks about them once.\n" in said
    said = command("columns", path, "--base-url", sandbox.url).err
    assert said.endswith("\nAn update asks about them once; --agree agrees to them now, --edit lets you choose.\n")
    assert command("push", path, "--base-url", sandbox.url).code == 2
    command("columns", path, "--agree", "--base-url", sandbox.url)
    assert command("push", path, "--base-url", sandbox.url, "--json").words == ["updated"]


def test_a_column_that_takes_no_part_is_not_asked_about(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Blank cells send nothing, so there is nothing to agree to."""
    path = book(("Reply ID", "Title", "Nachname"), (FIRST_ID, "CTO", None))
    assert command("push", path, "--base-url", sandbox.url, "--json").words == ["updated"]


def test_what_cannot_be_read_there_is_said(sandbox: Sandbox, book: Book, command: Command) -> None:
    """A field that does not exist changes nothing."""
    path = edited(sandbox, book, command, Title="Shoe size")
    ran = command("preview", path, "--base-url", sandbox.url, "--json")
    assert "“Reply columns”, row 4: “Shoe size” is none of the choices, so the row is not used." in ran.err
    assert ran.lines[0]["changes"] == {"title": [None, "CTO"]}


def test_our_sheet_is_never_taken_for_contacts(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Saved with our sheet in front: the other sheet is meant; with two others, a sentence asks which."""
    path = edited(sandbox, book, command)
    opened = openpyxl.load_workbook(path)
    opened.active = 1
    opened.save(path)
    assert command("preview", path, "--base-url", sandbox.url, "--json").lines[0]["contact_id"] == FIRST_ID
    opened.create_sheet("More")
    opened.save(path)
    ran = command("preview", path, "--base-url", sandbox.url)
    assert ran.code == 1
    assert "“Reply columns” is a sheet of reply_xl and holds no contacts" in ran.err


def test_a_csv_file_has_no_second_sheet(sandbox: Sandbox, tmp_path: Path, command: Command) -> None:
    """A sentence says what to do."""
    path = tmp_path / "leads.csv"
    path.write_text("Email,Title\np0@example.com,CTO\n")
    ran = command("columns", path, "--edit", "--base-url", sandbox.url)
    assert (ran.code, ran.err.splitlines()[-1]) == (1, "A CSV file has no second sheet; save it as .xlsx, and then run this again.")


def test_a_column_that_finds_the_contact_is_not_said_to_be_sent(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Its “Send” is empty, and reading that again changes nothing: the column goes on finding the contacts."""
    path = book(("Reply ID", "Title"), (FIRST_ID, "CTO"))
    command("columns", path, "--edit", "--base-url", sandbox.url)
    (line, _) = openpyxl.load_workbook(path)["Reply columns"].iter_rows(min_row=3, max_row=4, max_col=4, values_only=True)
    assert line == ("A", "Reply ID", "Reply ID (finds the contact)", None)
    done = command("push", path, "--base-url", sandbox.url, "--yes", "--json")
    assert done.words == ["updated"], done.err


def test_an_e_mail_that_finds_the_contact_is_not_said_to_be_sent(sandbox: Sandbox, book: Book, command: Command) -> None:
    """Nor by `--json`, where no column holds the ID; beside one the e-mail is a field like any other."""
    path = book(("Email", "Title"), ("p0@example.com", "CTO"))
    command("columns", path, "--edit", "--base-url", sandbox.url)
    (line, _) = openpyxl.load_workbook(path)["Reply columns"].iter_rows(min_row=3, max_row=4, max_col=4, values_only=True)
    assert line == ("A", "Email", "Email", None)
    assert [one["send"] for one in json.loads(command("columns", path, "--base-url", sandbox.url, "--json").out)["columns"]] == [
        "no",
        "yes",
    ]
    assert command("push", path, "--base-url", sandbox.url, "--yes", "--json").words == ["updated"]
    path = book(("Reply ID", "Email"), (FIRST_ID, "p0@example.com"), name="both.xlsx")
    assert [one["send"] for one in json.loads(command("columns", path, "--base-url", sandbox.url, "--json").out)["columns"]] == [
        "no",
        "yes",
    ]


def test_a_formula_without_a_result_is_no_sample(sandbox: Sandbox, book: Book, command: Command) -> None:
    """An error is one."""
    path = book(("Reply ID", "Title"), (FIRST_ID, "=1+1"), (FIRST_ID + 1, "CTO"))
    command("columns", path, "--edit", "--base-url", sandbox.url)
    assert openpyxl.load_workbook(path)["Reply columns"]["E4"].value == "CTO"
