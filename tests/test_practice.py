"""A workbook of one's own on the practice server: what it holds then, and that an unedited push changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from conftest import FIRST_ID, Book, Ran, patches

from reply_xl.errors import ReplyXlError
from reply_xl.sandbox import Sandbox
from reply_xl.tab.practice import contacts_of

Command = Callable[..., Ran]

MESSY = (
    ("Reply ID", "E-mail", "First Name", "Surname", "Job title", "# Employees", "Website", "custom: Lead Source", "Opted out", "Renewal",
     "LinkedIn", "Time zone", "Phone", "Lead Source", "leadSource", "Title", "createdAt", "Score", "Reply status", "???", "Zugang (intern)"),
    (501.0, " Ada@Example.com ", "Ada", "Lindqvist", "CTO\r\nand more", "51 – 200 employees", "ada.example", "Fair", "no", datetime(2026, 5, 6),
     "linkedin.com/in/ada", "europe/berlin", 4155550123.0, "Referral", "Ad", "Ms", datetime(2020, 1, 2), "#N/A", "Failed", "x", True),
    ("502", "ben@example.com", "Ben", "Ökafor\u200b", "  Head of\u00a0Sales ", 1200, None, None, "YES", datetime(2026, 5, 6, 7, 8),
     None, None, "0044 20 7946 0011", "=text", None, None, None, 7, None, None, 0.1),
    (None, "chloe@example.com", "Chloé", None, "<clear>", "none", None, 12345, None, "soon", None, None, "'+41 44 00", None, None, "Dr", None, 3),
    (501, "ada@example.com", "Ada", "Lindqvist"),
    (None, "BEN@example.com", None, "Ökafor"),
    (None, None, None, None, None, None, None, None, None, None, None, None, None, None),
    ("Total", None, None, None, None, 5),
)  # fmt: skip


def practise(path: Path, command: Command, *arguments: str) -> tuple[Ran, Sandbox]:
    contacts, custom_fields = contacts_of(path)
    with Sandbox(contacts, custom_fields, quota="off") as sandbox:
        return command("push", path, "--base-url", sandbox.url, "--yes", "--json", *arguments), sandbox


def test_an_unedited_workbook_changes_nothing(book: Book, command: Command) -> None:
    """However messy: numbers as text, dates, ranges, invisible characters, unknown columns, error cells in them, rows of one contact."""
    ran, sandbox = practise(book(*MESSY), command)
    assert ran.words[:5] == ["unchanged"] * 5, ran
    assert patches(sandbox) == []
    ada = sandbox.contact(501)
    assert (ada["email"], ada["companySize"], ada["phone"]) == ("Ada@Example.com", "twoHundred", "4155550123")
    assert {field["key"]: field["value"] for field in ada["customFields"]} == {
        "Website": "ada.example", "Lead Source": "Fair", "Renewal": "2026-05-06", "leadSource": "Ad", "???": "x", "Zugang (intern)": "TRUE",
    }  # fmt: skip
    assert [contact["email"] for contact in sandbox.contacts.values()] == ["Ada@Example.com", "ben@example.com", "chloe@example.com"]
    assert max(sandbox.contacts) == FIRST_ID


def test_an_edit_is_pushed(book: Book, command: Command) -> None:
    """What practice is for: only the edited cells change."""
    path = book(*MESSY)
    contacts, custom_fields = contacts_of(path)
    edited = openpyxl.load_workbook(path)
    edited["Contacts"]["E3"], edited["Contacts"]["T2"] = "CEO", "y"
    edited.save(path)
    with Sandbox(contacts, custom_fields, quota="off") as sandbox:
        ran = command("push", path, "--base-url", sandbox.url, "--yes", "--json", "--rows", "2:4")
    assert ran.words == ["updated", "updated", "unchanged"], ran
    assert sandbox.contact(502)["title"] == "CEO"


def test_a_csv_file_too(tmp_path: Path, command: Command) -> None:
    """Values are text; the results go beside it."""
    path = tmp_path / "leads.csv"
    path.write_text("Email;Spitzname;Company size;Phone\na@example.com;Ana;11-50;001234\nb@example.com;Bo;1,001 - 5,000;'+41 44 00\n")
    ran, sandbox = practise(path, command)
    assert ran.words == ["unchanged", "unchanged"], ran
    assert sandbox.contact(FIRST_ID)["customFields"][0]["key"] == "Spitzname"


def test_cells_that_cannot_be_read_are_left_out(book: Book, command: Command) -> None:
    """The row is a contact all the same, and the push names the cell."""
    path = book(("Email", "Title", "Company size"), ("a@example.com", "CTO", "quite a few"), ("b@example.com", "CEO", "Fifty"))
    ran, sandbox = practise(path, command)
    assert ran.words == ["invalid", "unchanged"]
    assert (sandbox.contact(FIRST_ID)["title"], sandbox.contact(FIRST_ID)["companySize"]) == ("CTO", "empty")


@pytest.mark.parametrize("rows", [[("Name", "Town"), ("Ann", "Bern")], [("Email", "Title"), ("nobody", "CTO")], [("Email",)], [()]])
def test_a_sheet_without_contacts_has_a_sentence(book: Book, rows: list[tuple[str, ...]]) -> None:
    """No key column, no usable key, no row, nothing at all."""
    with pytest.raises(ReplyXlError) as caught:
        contacts_of(book(*rows))
    assert str(caught.value).endswith(".")


def test_a_sheet_can_be_named(tmp_path: Path) -> None:
    """Else the active one is read."""
    made = openpyxl.Workbook()
    assert made.active is not None
    made.active["A1"] = "Nothing here"
    made.create_sheet("Leads").append(["Email"])
    made["Leads"].append(["a@example.com"])
    made.save(tmp_path / "two.xlsx")
    assert contacts_of(tmp_path / "two.xlsx", "leads")[0] == [{"email": "a@example.com", "customFields": {}}]
