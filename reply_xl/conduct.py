"""A run that stands in the journal: from its first request to the last result in the workbook.

Push, retry, undo and resume all end here. Whatever goes wrong on the way, the outcomes are in the journal, and the next command on the
workbook delivers them.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from reply_xl.beside import beside
from reply_xl.delivery import Delivered, View, deliver, recognise
from reply_xl.errors import HostBusy, JournalError, SheetError, WorkbookError
from reply_xl.history.bases import is_a_file
from reply_xl.history.recording import Recording
from reply_xl.history.records import Records
from reply_xl.history.runs import Entry, Recorded, Run
from reply_xl.interrupts import stoppable, unbroken
from reply_xl.model import Outcome
from reply_xl.patches import Decision
from reply_xl.place import Book, Place
from reply_xl.send import Terms, send
from reply_xl.sheet import Sheet, nearest

if TYPE_CHECKING:
    from reply_xl.workbook import FilePlace


class Meanwhile(Protocol):
    """What is done beside the sending, by whoever has the workbook open before them."""

    def work(self, over: threading.Event, is_waiting: Callable[[], bool], deliver: Callable[[], Delivered]) -> None:
        """Until `over` is set. `is_waiting`: whether outcomes wait; `deliver` writes those into the workbook, and raises `SheetError` where that
        cannot be done now."""

    def waits(self, problem: HostBusy) -> bool:
        """Whether the last results are tried again, after a while, where the workbook could not be written."""


_ENOUGH_IN_ITS_WINDOW = 0.5
"""The share of a run's keys that a sheet of its name must have in the window that was clicked, whatever its workbook is called by now."""
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


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
    place: Place | None = None,
    meanwhile: Meanwhile | None = None,
) -> Conducted:
    """Sends what is to be sent, keeps every outcome, and writes all that wait into the workbook. `place`: where the rows are now, None for the
    run's own file; `meanwhile` None: nothing is written before the end. Raises `JournalError` if another process is at this run, before
    anything is sent.

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

        over = threading.Event()
        stopping = stoppable(terms.cancelled, "Stopping: what is under way is finished, the rest is not sent.")
        with recording, contextlib.suppress(KeyboardInterrupt), stopping:
            if meanwhile is None:
                send(decisions, terms, keep)
            else:

                def work() -> None:
                    meanwhile.work(over, lambda: bool(records.journal.run(number).waiting), lambda: deliver_run(records, number, place))

                _send_beside(decisions, terms, keep, work, over)
        unsaved: Sequence[Outcome] = recording.lost
        try:
            recorded = records.journal.recorded(number)
        except JournalError:  # what is known of the rows is known without it
            unsaved = told
        try:
            delivered, problem = at_last(lambda: _deliver(records, recorded, unsaved, place), meanwhile), ""
        except (SheetError, JournalError) as error:
            delivered, problem = None, str(error)
        except Exception:  # whatever a workbook does, what became of the rows must reach the caller
            _log.exception("unexpected error while the results were written")
            delivered, problem = None, "Something unexpected went wrong while the results were written."
        run = recorded.run
        with contextlib.suppress(JournalError):
            run = records.journal.run(number)
    return Conducted(run, tuple(told), tuple(unsaved), delivered, problem)


def _send_beside(
    decisions: Sequence[Decision], terms: Terms, keep: Callable[[Outcome], None], meanwhile: Callable[[], None], over: threading.Event
) -> None:
    """Sends on a thread of its own: the one that called speaks with Excel, which lets no other one."""

    def work() -> None:
        try:
            send(decisions, terms, keep)
        finally:
            over.set()

    thread = threading.Thread(target=work, name="send")
    thread.start()
    try:
        meanwhile()
    except BaseException:
        terms.cancelled.set()
        raise
    finally:
        thread.join()


def at_last(write: Callable[[], _T], meanwhile: Meanwhile | None) -> _T:
    """What `write` returns, tried again while the workbook cannot be written for as long as `meanwhile` waits. Raises `HostBusy` then."""
    while True:
        try:
            return write()
        except HostBusy as error:
            if meanwhile is None or not meanwhile.waits(error):
                raise


def deliver_only(records: Records, number: int, place: Place | None = None) -> Conducted:
    """As `conduct`, of a run of which every outcome is known."""
    delivered, problem = None, ""
    with unbroken():
        try:
            delivered = deliver_run(records, number, place)
        except SheetError as error:
            problem = str(error)
    return Conducted(records.journal.run(number), (), (), delivered, problem)


def deliver_run(records: Records, number: int, place: Place | None = None) -> Delivered:
    """Writes the outcomes of a run that wait into its workbook, or into that at `place`, and saves it. Raises `SheetError` where that cannot be done
    now; they go on waiting."""
    return _deliver(records, records.journal.recorded(number), (), place)


def _deliver(records: Records, recorded: Recorded, unsaved: Sequence[Outcome], place: Place | None) -> Delivered:
    """As `deliver_run`; also writes the outcomes that the journal could not take."""
    run = recorded.run
    late = {outcome.row: outcome for outcome in unsaved}
    entries = [replace(entry, outcome=late[entry.number], delivered=False) if entry.number in late else entry for entry in recorded.entries]
    if all(entry.outcome is None or entry.delivered for entry in entries):
        return Delivered((), ())
    place = place or place_of(run)
    entries = told(entries, place)
    waiting = [entry for entry in entries if entry.outcome is not None and not entry.delivered]
    with place.open(to_write=True) as book:
        book.check_savable()
        sheet, view = _sheet_of(book, place, run, recorded.entries)
        if place.has_moved:
            with contextlib.suppress(JournalError):  # at worst Undo does not know it by its new name
                records.journal.follow(run.id, place.results)
        done = deliver(sheet, run, waiting, entries, view=view)
        if run.beside is not None:
            done = replace(done, missed=_deliver_beside(book, place, run, entries, waiting))
        book.save()
    with contextlib.suppress(JournalError):  # at worst they are written once more
        records.journal.set_delivered(run.id, [row for row in (*done.written, *done.gone) if row not in late])
    return done


def told(entries: Sequence[Entry], place: Place) -> list[Entry]:
    """The rows with their messages as they stand in the workbook."""
    return [
        entry if entry.outcome is None else replace(entry, outcome=replace(entry.outcome, message=place.words(entry.outcome.message)))
        for entry in entries
    ]


def _deliver_beside(book: Book, place: Place, run: Run, entries: Sequence[Entry], waiting: Sequence[Entry]) -> str:
    """What became of a preview sheet's lines, in the rows of the contacts' own sheet as well; a sentence if that cannot be."""
    of_contacts, every = beside(run, entries)
    news = {entry.contact_id for entry in waiting}
    try:
        sheet, view = _sheet_of(book, place, of_contacts, every)
        deliver(sheet, of_contacts, [entry for entry in every if entry.contact_id in news], every, view=view)
    except SheetError as error:
        return f"The results are in the sheet “{run.page.sheet}” alone. {error}"
    return ""


def sheet_of(book: Book, place: Place, run: Run, entries: Sequence[Entry]) -> Sheet:
    """The sheet of a run: the one that has its headers and keys, whatever it is called; in the run's own workbook else the one of its name."""
    return _sheet_of(book, place, run, entries)[0]


def sheet_meant(book: Book, place: Place, run: Run, entries: Sequence[Entry]) -> Sheet:
    """The sheet that the place names, and no other one, however alike it is: a person sees it. Where none is named, as `sheet_of`. Raises
    `SheetError`."""
    if place.sheet is None:
        return sheet_of(book, place, run, entries)
    sheet = book.sheet(place.sheet)
    if not _may_hold(sheet, run):
        raise SheetError(
            f"“{sheet.name}” is not the sheet of run {run.id}: one of them is for practice; go to the other one, and try again."
        )
    return sheet


def _sheet_of(book: Book, place: Place, run: Run, entries: Sequence[Entry]) -> tuple[Sheet, View | None]:
    """The same, with how it was found to look if that is known. The sheet of that name comes first: where it is the one, which it nearly always
    is, no other sheet is asked for anything."""
    known: Sheet | None = None
    try:
        known = book.sheet(run.page.sheet)
    except HostBusy:
        raise
    except SheetError:
        pass
    if known is not None and (view := _recognise(known, run, entries, is_its_own_window=place.has_moved)):
        return known, view
    names = book.sheets()
    tried = None if known is None else nearest(names, run.page.sheet)
    for name in names:
        if name != tried:
            sheet = book.sheet(name)
            if view := _recognise(sheet, run, entries):
                return sheet, view
    is_its_own = place.key in (run.page.book, run.page.results)
    if is_its_own and (known is not None or len(names) == 1):
        sheet = known or book.sheet(names[0])
        if _may_hold(sheet, run):
            return sheet, None
    raise WorkbookError(
        f"No sheet of {place.name} holds the headers and the contacts of run {run.id}; name the workbook that does with --book."
    )


def _recognise(sheet: Sheet, run: Run, entries: Sequence[Entry], *, is_its_own_window: bool = False) -> View | None:
    if not _may_hold(sheet, run):
        return None
    return recognise(sheet, run, entries, _ENOUGH_IN_ITS_WINDOW) if is_its_own_window else recognise(sheet, run, entries)


def _may_hold(sheet: Sheet, run: Run) -> bool:
    """Practice and what is in earnest stay apart, however alike a sheet and its copy are."""
    if run.server.practises_on_copies:
        return sheet.practice is not None
    return bool(run.server.instance) or sheet.practice is None


def place_of(run: Run, book: Path | None = None) -> FilePlace:
    """The file to write into: `book`, or the run's own."""
    if book is None and not is_a_file(run.page.book):
        name = Path(run.page.book).name
        raise WorkbookError(f"{name} was never saved, so it is not known where it is; save it, and name the file with --book.")
    from reply_xl.workbook import FilePlace, checked_out  # with the engine for files, which a click in Excel has no use for

    return FilePlace(Path(run.page.book)).delivering(run) if book is None else FilePlace(book, checked_out(None, book))
