"""A run that stands in the journal: from its first request to the last result in the workbook.

Push, retry, undo and resume all end here. Whatever goes wrong on the way, the outcomes are in the journal, and the next command on the
workbook delivers them.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reply_xl.delivery import Delivered, deliver, fits
from reply_xl.errors import JournalError, SheetError, WorkbookError
from reply_xl.interrupts import stoppable, unbroken
from reply_xl.model import Outcome
from reply_xl.patches import Decision
from reply_xl.recording import Recording
from reply_xl.records import Records
from reply_xl.runs import Entry, Recorded, Run
from reply_xl.send import Terms, send
from reply_xl.sheet import Sheet
from reply_xl.workbook import Workbook, checked_out

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Conducted:
    """What a run came to. `run`: as the journal has it now; `outcomes`: of the rows that were to be sent; `unsaved`: those that the journal
    could not take; `delivered` None: the outcomes wait, `problem` says why."""

    run: Run
    outcomes: tuple[Outcome, ...]
    unsaved: tuple[Outcome, ...]
    delivered: Delivered | None
    problem: str


def conduct(
    records: Records,
    number: int,
    decisions: Sequence[Decision],
    terms: Terms,
    on_outcome: Callable[[Outcome], None],
    book: Path | None = None,
) -> Conducted:
    """Sends what is to be sent, keeps every outcome, and writes all that wait into the workbook. `book`: where the rows are now, if not in
    the run's own file. Raises `JournalError` if another process is at this run, before anything is sent.

    The first signal to stop sets `terms.cancelled`, a second one does not wait for the requests under way; none keeps a result from being
    written."""
    told: list[Outcome] = []
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(records.lock(number))
        except OSError as error:
            raise JournalError(f"Run {number} is going on in another window; wait for it, or stop it there.") from error
        stack.enter_context(unbroken())
        recorded = records.journal.recorded(number)
        still_open = {decision.patch.contact.id for decision in recorded.decisions if decision.patch}
        decisions = [decision for decision in decisions if decision.patch and decision.patch.contact.id in still_open]
        recording = Recording(records.journal, recorded.run)

        def keep(outcome: Outcome) -> None:
            told.append(outcome)
            try:
                on_outcome(outcome)
            finally:  # whoever shows the progress may have lost its terminal
                recording(outcome)

        stopping = stoppable(terms.cancelled, "Stopping: what is under way is finished, the rest is not sent.")
        with recording, contextlib.suppress(KeyboardInterrupt), stopping:
            send(decisions, terms, keep)
        unsaved: Sequence[Outcome] = recording.lost
        try:
            recorded = records.journal.recorded(number)
        except JournalError:  # what is known of the rows is known without it
            unsaved = told
        try:
            delivered, problem = _deliver(records, recorded, unsaved, book), ""
        except (SheetError, JournalError) as error:
            delivered, problem = None, str(error)
        except Exception:  # whatever a workbook does, what became of the rows must reach the caller
            _log.exception("unexpected error while the results were written")
            delivered, problem = None, "Something unexpected went wrong while the results were written."
        run = recorded.run
        with contextlib.suppress(JournalError):
            run = records.journal.run(number)
    return Conducted(run, tuple(told), tuple(unsaved), delivered, problem)


def deliver_only(records: Records, number: int, book: Path | None = None) -> Conducted:
    """As `conduct`, of a run of which every outcome is known."""
    delivered, problem = None, ""
    with unbroken():
        try:
            delivered = deliver_run(records, number, book)
        except SheetError as error:
            problem = str(error)
    return Conducted(records.journal.run(number), (), (), delivered, problem)


def deliver_run(records: Records, number: int, book: Path | None = None) -> Delivered:
    """Writes the outcomes of a run that wait into its workbook, or into `book`, and saves it. Raises `SheetError` where that cannot be done
    now; they go on waiting."""
    return _deliver(records, records.journal.recorded(number), (), book)


def _deliver(records: Records, recorded: Recorded, unsaved: Sequence[Outcome], book: Path | None) -> Delivered:
    """As `deliver_run`; also writes the outcomes that the journal could not take."""
    run = recorded.run
    late = {outcome.row: outcome for outcome in unsaved}
    entries = [replace(entry, outcome=late[entry.number], delivered=False) if entry.number in late else entry for entry in recorded.entries]
    waiting = [entry for entry in entries if entry.outcome is not None and not entry.delivered]
    if not waiting:
        return Delivered((), ())
    path, out = file_of(run, book)
    with Workbook(path) as workbook:
        workbook.check_savable(out)
        sheet = sheet_of(workbook, run, recorded.entries, elsewhere=book is not None)
        done = deliver(sheet, run, waiting)
        workbook.save(out)
    with contextlib.suppress(JournalError):  # at worst they are written once more
        records.journal.set_delivered(run.id, [row for row in (*done.written, *done.gone) if row not in late])
    return done


def sheet_of(workbook: Workbook, run: Run, entries: Sequence[Entry], *, elsewhere: bool) -> Sheet:
    """The sheet of a run: the one that has its headers and keys, whatever it is called; in the run's own file else the one of its name."""
    names = workbook.sheets()
    known = next((name for name in names if name.casefold() == run.page.sheet.casefold()), None)
    for name in sorted(names, key=lambda name: name != known):
        sheet = workbook.sheet(name)
        if fits(sheet, run, entries):
            return sheet
    if not elsewhere and (known is not None or len(names) == 1):
        return workbook.sheet(known or names[0])
    raise WorkbookError(
        f"No sheet of {workbook.path.name} holds the headers and the contacts of run {run.id}; name the workbook that does with --book."
    )


def file_of(run: Run, book: Path | None) -> tuple[Path, Path | None]:
    """The file to write into, and where to save it if that is another one."""
    if book is not None:
        return book, checked_out(None, book)
    results, source = Path(run.page.results), Path(run.page.book)
    if results.exists() or results == source:
        return results, None
    return source, results
