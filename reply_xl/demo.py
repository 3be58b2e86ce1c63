"""`reply-xl demo`: the whole way on this computer, with made-up contacts, no key and no network.

It uses the same code as `columns`, `preview` and `push`; only the server is the sandbox, in this process, on a free port.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from reply_xl import console, plan, preview
from reply_xl.errors import WorkbookError
from reply_xl.model import Word
from reply_xl.plan import Request
from reply_xl.push import Push
from reply_xl.sandbox import Sandbox
from reply_xl.send import Terms
from reply_xl.session import Session
from reply_xl.workbook import Workbook

_FIRST = 2_147_000_001

_HEADERS = ("Reply ID", "First name", "Last name", "Email", "Title", "Company", "Company size", "Lead Source", "Notes", "Opted out")

_CONTACTS: tuple[dict[str, Any], ...] = (
    {"firstName": "Ada", "lastName": "Lindqvist", "email": "ada.lindqvist@example.com", "title": "Head of Sales", "company": "Northwind Instruments", "companySize": "Fifty"},
    {"firstName": "Ben", "lastName": "Okafor", "email": "ben.okafor@example.com", "title": "Data Analyst", "company": "Halcyon Freight", "companySize": "Ten"},
    {"firstName": "Chloé", "lastName": "Marchetti", "email": "chloe.marchetti@example.com", "title": "CTO", "company": "Café Órbita", "companySize": "TwoHundred"},
    {"firstName": "Dmitri", "lastName": "Halvorsen", "email": "dmitri.halvorsen@example.com", "title": "Account Executive", "company": "Lumen Works", "notes": "Asked not to be called in August."},
    {"firstName": "Elif", "lastName": "Tanaka", "email": "elif.tanaka@example.com", "title": "VP Operations", "company": "Quarry & Sons"},
    {"firstName": "Farah", "lastName": "Whitcombe", "email": "farah.whitcombe@example.com", "title": "Marketing Manager", "company": "Bluefin Analytics"},
    {"firstName": "Goran", "lastName": "Petrescu", "email": "goran.petrescu@example.com", "title": "Procurement Lead", "company": "Halcyon Freight", "customFields": {"Lead Source": "Conference"}},
    {"firstName": "Hana", "lastName": "Doyle", "email": "hana.doyle@example.com", "title": "Data Analyst", "company": "Lumen Works"},
    {"firstName": "Ines", "lastName": "Fairweather", "email": "ines.fairweather@example.com", "title": "Head of Sales", "company": "Northwind Instruments"},
    {"firstName": "Jonas", "lastName": "Abernathy", "email": "jonas.abernathy@example.com", "title": "CTO", "company": "Bluefin Analytics"},
)  # fmt: skip

_EDITS: tuple[dict[str, Any], ...] = (
    {"Title": "Chief Revenue Officer"},
    {"Company size": "51-200", "Title": "Senior Data Analyst"},
    {},
    {"Notes": "<clear>"},
    {"Company size": "quite a few"},
    {"Company": "Bluefin Analytics GmbH"},
    {"Lead Source": "Referral"},
    {"Reply ID": None, "Title": "Lead Data Analyst"},
    {"Opted out": "yes"},
    {"Email": "j.abernathy@example.org", "Title": "CEO"},
)
"""What somebody typed over each contact, row by row: the rest of a row is as Reply has it."""


def run(folder: Path) -> int:
    """Leaves a new workbook in `folder` and prints what happened. Exit code 0."""
    contacts = [{"id": _FIRST + index, **contact} for index, contact in enumerate(_CONTACTS)]
    path = _write_workbook(folder)
    # The server refuses company names (its Accounts feature is on) and loses one field, so that every kind of outcome is seen.
    with (
        Sandbox(contacts, accounts_feature=True, ignores=["custom:Lead Source"]) as sandbox,
        Workbook(path) as book,
        Session(sandbox.url) as session,
    ):
        sheet = book.sheet()
        draft = plan.draft(sheet, session.contacts, session.memory, Request())
        print(f"1. {path.name} holds {len(contacts)} made-up contacts, some of them edited. Columns: reply-xl columns {path.name}")
        console.show_columns(sheet.name, draft.reading.header_row, draft.columns)
        print(f"2. Before anything is sent: reply-xl preview {path.name}")
        console.show_preview(draft, preview.foreseen(draft), session.pace.minutes(len(draft.plan.to_send)))
        print(f"\n3. The update itself: reply-xl push {path.name}")
        push = Push(sheet, draft, keeps_ids=False)
        layout = push.prepare()
        book.save()
        with console.Progress() as progress:
            progress.start("Updating contacts", len(draft.plan.to_send))
            terms = Terms(session.contacts, draft.policy, session.memory, threading.Event(), session.pace.pause)
            outcomes = push.send(terms, progress.advance)
        push.write(layout, outcomes)
        book.save()
        console.show_outcomes(outcomes, "What became of each row")
        print(console.summary(outcomes))
        sent = sum(outcome.word in (Word.UPDATED, Word.NOT_STORED, Word.REFUSED) for outcome in outcomes)
        print(f"{sent} requests were sent to the practice server on this computer, and none to Reply.")
    print(f"\nOpen {path.name} to see the results in columns K to M.")
    return 0


def _write_workbook(folder: Path) -> Path:
    """A workbook with the contacts as a person would have edited them; never over an existing file."""
    from openpyxl import Workbook as Book
    from openpyxl.styles import Font, PatternFill
    from openpyxl.worksheet.properties import PageSetupProperties

    book = Book()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Contacts"
    sheet.append(_HEADERS)
    for index, (contact, edits) in enumerate(zip(_CONTACTS, _EDITS, strict=True)):
        row = {
            "Reply ID": _FIRST + index,
            "First name": contact["firstName"],
            "Last name": contact["lastName"],
            "Email": contact["email"],
            "Title": contact["title"],
            "Company": contact["company"],
            "Company size": {"Ten": "2-10", "Fifty": "11-50", "TwoHundred": "51-200"}.get(contact.get("companySize", "")),
            "Lead Source": contact.get("customFields", {}).get("Lead Source"),
            "Notes": contact.get("notes"),
            **edits,
        }
        sheet.append([row.get(header) for header in _HEADERS])
    for cell in sheet[1]:
        cell.font = Font(name="Calibri", bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="305496")
    for letter, width in zip("ABCDEFGHIJ", (12, 11, 12, 29, 21, 22, 13, 12, 9, 10), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for number in range(1, 1000):
        path = folder / f"reply-xl-demo{'' if number == 1 else f'-{number}'}.xlsx"
        try:
            with path.open("xb") as file:
                book.save(file)
        except FileExistsError:
            continue
        except OSError as error:
            raise WorkbookError(f"{path.name} cannot be written into {folder}; change to a folder of your own and try again.") from error
        return path
    raise WorkbookError(f"{folder} is full of demo workbooks; delete some of them and try again.")
