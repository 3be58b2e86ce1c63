"""`reply-xl demo`: the whole way on this computer, with made-up contacts, no key and no network.

It uses the same code as `columns`, `preview`, `push` and `undo`; only the server is the sandbox, in this process, on a free port.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from reply_xl import console, plan, preview, sentences
from reply_xl.conduct import conduct
from reply_xl.errors import WorkbookError
from reply_xl.history.records import Records
from reply_xl.history.runs import NewRun, RunKind
from reply_xl.kinds.literal import cells_of
from reply_xl.mapping.columns import OURS, map_columns
from reply_xl.model import CellValue, Contacts, Word
from reply_xl.patches import Policy
from reply_xl.plan import Request
from reply_xl.push import Push
from reply_xl.sandbox import Sandbox
from reply_xl.send import Terms
from reply_xl.session import Session
from reply_xl.template import build
from reply_xl.undo import undoing as plan_undo
from reply_xl.workbook import Workbook

_HEADERS = ("Reply ID", "First name", "Last name", "Email", "Title", "Company", "Company size", "Lead Source", "Notes", "Opted out", *OURS)

_EDITS: tuple[dict[str, CellValue], ...] = (
    {"Title": "Chief Revenue Officer", "Notes": None},
    {"Company size": "201-500", "Title": "Head of Marketing"},
    {},
    {"Title": "Head of Procurement"},
    {"Company size": "quite a few"},
    {"Company": "Bluefin Analytics"},
    {"Lead Source": "Referral"},
    {"Reply ID": None, "Notes": "<clear>"},
    {"Opted out": "yes"},
    {"Email": "j.abernathy@example.org", "Title": "CEO"},
)
"""What somebody typed over each contact, row by row: the rest of a row is as Reply has it."""


def run(folder: Path) -> int:
    """Leaves a new workbook in `folder` and prints what happened. Exit code 0. The journal of this user gets nothing of it."""
    # The server refuses company names (its Accounts feature is on) and loses one field, so that every kind of outcome is seen.
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as private,
        Sandbox(accounts_feature=True, ignores=["custom:Lead Source"]) as sandbox,
        Records(Path(private)) as records,
        Session(sandbox.url, key="practice", records=records) as session,
    ):
        path = write_workbook(folder, session.contacts)
        print("These steps run inside the demo; you need not type them.\n")
        number = _push(path, session)
        _undo(path, number, session)
    print(f"\nOpen {path.name} to see the results in columns K to M.")
    print("To try it yourself: run “reply-xl sandbox” in another window, and add to each command the --base-url that it names.")
    return 0


def _push(path: Path, session: Session) -> int:
    """The number of the run."""
    with Workbook(path) as book:
        sheet = book.sheet()
        draft = plan.draft(sheet.read(), session.contacts, session.memory, Request(), bases=session.bases(str(path), sheet.name))
        print(f"1. {path.name} holds {len(_EDITS)} made-up contacts, some of them edited. Columns: reply-xl columns {path.name}")
        console.show_columns(sheet.name, draft.reading.header_row, draft.columns)
        print(f"2. Before anything is sent: reply-xl preview {path.name}")
        console.show_preview(draft, preview.foreseen(draft), session.pace.minutes(len(draft.plan.to_send)))
        print(f"\n3. The update itself: reply-xl push {path.name}")
        push = Push(sheet.name, draft, str(path), str(path), keeps_ids=False)
        push.prepare(sheet)
        book.save()
        number = push.start(session.records.journal, session.server())
    with console.Progress() as progress:
        progress.start("Updating contacts", len(draft.plan.to_send))
        terms = Terms(session.contacts, draft.policy, session.memory, threading.Event(), session.pace.pause)
        done = conduct(session.records, number, draft.plan.to_send, terms, progress.advance)
    outcomes = sorted([*draft.plan.standing(), *done.outcomes], key=lambda outcome: outcome.row)
    console.show_outcomes(outcomes, "What became of each row")
    print(sentences.summary(outcomes))
    sent = sum(outcome.word in (Word.UPDATED, Word.NOT_STORED, Word.REFUSED) for outcome in outcomes)
    print(f"{sent} requests were sent to the practice server on this computer, and none to Reply.")
    return number


def _undo(path: Path, number: int, session: Session) -> None:
    """The run taken back, and a look at the sheet."""
    journal = session.records.journal
    recorded, changes = journal.recorded(number), journal.changes(number)
    print("\n4. Everything can be undone, in your own runs with: reply-xl undo RUN")
    print(sentences.named(recorded, changes, when=""))
    undoing = plan_undo(journal, recorded, session.contacts, Policy(), None)
    for note in undoing.notes:
        print(note)
    marks = {entry.number: entry.mark for entry in undoing.entries}
    new = NewRun(RunKind.UNDO, recorded.run.server, recorded.run.page, Policy(), keeps_ids=False, of=number)
    undo = journal.start(new, marks, undoing.standing, undoing.decisions)
    terms = Terms(session.contacts, Policy(), session.memory, threading.Event(), session.pace.pause, done=Word.UNDONE)
    done = conduct(session.records, undo, undoing.decisions, terms, lambda outcome: None)
    outcomes = sorted([*undoing.standing, *done.outcomes], key=lambda outcome: outcome.row)
    console.show_outcomes(outcomes, "What became of each row")
    print(sentences.summary(outcomes))


def write_workbook(folder: Path, contacts: Contacts) -> Path:
    """The template with some contacts of the server as a person would have edited them; never over an existing file."""
    customs = contacts.custom_fields()
    columns = map_columns(_HEADERS, customs=customs)
    rows = []
    for contact, edits in zip(contacts.page(len(_EDITS), 0).contacts, _EDITS, strict=True):
        cells = cells_of(contact, columns)
        rows.append([edits.get(header, cell) for header, cell in zip(_HEADERS, cells, strict=True)])
    book = build(_HEADERS, rows, customs)
    for number in range(1, 1000):
        path = folder / f"reply-xl-demo{'' if number == 1 else f'-{number}'}.xlsx"
        try:
            with path.open("xb") as file:
                file.write(book)
        except FileExistsError:
            continue
        except OSError as error:
            raise WorkbookError(f"{path.name} cannot be written into {folder}; change to a folder of your own and try again.") from error
        return path
    raise WorkbookError(f"{folder} is full of demo workbooks; delete some of them and try again.")
