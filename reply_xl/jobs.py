"""The jobs that a command and a button have in common: update, retry, undo, pull. Each is a short composition of use cases.

A job reads the workbook, lets go of it, asks Reply and the person, and opens the workbook again to write: meanwhile rows may have moved.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence, Set
from dataclasses import replace
from pathlib import Path

from reply_xl import plan, planned, sentences
from reply_xl.conduct import at_last, conduct, sheet_meant, told
from reply_xl.delivery import rows_now
from reply_xl.dialogue import (
    about_columns,
    agree_to_columns,
    keep_agreed,
    refuse_if_running,
    refuse_other_workspace,
    refuse_practice_in_earnest,
    refuse_running,
    unfinished,
    with_choices,
)
from reply_xl.errors import Cancelled, HostBusy, SheetError
from reply_xl.face import Face, Question
from reply_xl.fields import guard_of
from reply_xl.history.runs import NewRun, Recorded, Run, RunKind
from reply_xl.interrupts import stoppable
from reply_xl.mapping.hygiene import Hint, hints
from reply_xl.model import FINE, Word
from reply_xl.network.base_urls import whose
from reply_xl.patches import OnConflict, Policy
from reply_xl.place import Book, Place
from reply_xl.plan import Draft, Request
from reply_xl.preview import refused
from reply_xl.pull import Refreshing, refreshing
from reply_xl.push import Push
from reply_xl.send import Terms
from reply_xl.session import Session
from reply_xl.sheet import Reading, Sheet
from reply_xl.undo import undoing

MAY_HAVE_CHANGED = ("updated", "not stored", "undone", "unknown")
"""Outcomes of runs that there is something to undo of."""
EXIT_FINE, EXIT_NEEDS_ATTENTION = 0, 3


def on_many(face: Face, session: Session) -> Callable[[int], None]:
    """Says how long it takes to find the contacts, once that is known to be long."""
    return lambda count: face.say(sentences.lookups(count, session.pace.minutes(count)))


def update(face: Face, place: Place, session: Session, request: Request, *, of: Run | None = None) -> int:
    """Pushes the rows of `request`. `of`: the run that is tried again. Raises `NotAgreed` where a question was not agreed to."""
    with place.kept_open():
        left = unfinished(session.records, place.key, session.contacts.base_url) if of is None else []
        request, reading, name, is_practice, notes = _read(face, place, session, request)
        with stoppable(session.cancelled):
            draft = _drafted(face, place, session, name, reading, request)
            server = session.server() if of is None else refuse_other_workspace(of, session)
        face.say(*notes, *draft.notes, *left)
        if draft.plan.refusal:
            return face.refused(draft.plan.refusal, refused(draft))

        def questions(draft: Draft) -> list[Question]:
            count = len(draft.plan.to_send)
            asked = about_columns(draft.unseen, agreed=face.yes) if count else []
            if count > 1 or (count and (left or draft.reading.may_be_stale)):
                statement = sentences.question(draft.plan, session.pace.minutes(count))
                asked.append(Question(statement, "Update them?", "add --yes", face.yes))
            return asked

        draft, answered = face.settle(draft, questions)
        to_send = draft.plan.to_send
        if to_send and draft.unseen and not is_practice:
            keep_agreed(draft.unseen, answered[0])

        def prepared(target: Place) -> Push:
            push = Push(name, draft, place.key, target.results, keeps_ids=not session.loopback, of=of.id if of else None)
            with target.open(to_write=True) as book:
                push.prepare(book.sheet(name))
                book.save()
            return push

        target, push = _here_or_elsewhere(face, place, draft, prepared)
        number = push.start(session.records.journal, server)
    return _carry_out(face, target, session, number, draft)


def _drafted(face: Face, place: Place, session: Session, name: str, reading: Reading, request: Request) -> Draft:
    """The plan for the rows of the sheet `name` as it was read."""
    many = on_many(face, session)
    bases = session.bases(place.key, name)
    return plan.draft(reading, session.contacts, session.memory, request, bases=bases, on_progress=face.progress.at, on_many=many)


def _here_or_elsewhere(face: Face, place: Place, draft: Draft, prepared: Callable[[Place], Push]) -> tuple[Place, Push]:
    """Where the results go, and the run prepared there: `place`, or what the face offers where that workbook cannot be written. An Excel that
    is busy is no reason for another place."""
    try:
        return place, prepared(place)
    except HostBusy:
        raise
    except SheetError as problem:
        target = face.elsewhere(place, draft, problem)
        return target, prepared(target)


def write_preview(face: Face, place: Place, session: Session, request: Request) -> int:
    """Puts what `request` would change into the workbook, as a sheet to decide in. Sends nothing; focus and selection are as before."""
    with place.kept_open():
        request, reading, name, _, notes = _read(face, place, session, request)
        with stoppable(session.cancelled):
            draft = _drafted(face, place, session, name, reading, request)
        face.progress.stop()
        face.say(*notes, *draft.notes)
        if draft.plan.refusal:
            return face.refused(draft.plan.refusal, refused(draft))
        with place.open(to_write=True) as book:
            worth_a_look = hints(draft.rows, draft.columns)
            sentence = preview_into(book, place, draft, name, worth_a_look, session.contacts.base_url, "and click Update on it")
    return face.refreshed(sentence, ())


def preview_into(book: Book, place: Place, draft: Draft, sheet: str, worth_a_look: Sequence[Hint], server: str, then: str) -> str:
    """Writes the preview of a draft of `sheet` into a workbook, and saves it; the sentence that says so. `then`: how it is sent."""
    book.check_savable()
    page, lines = planned.write(book.book, draft, sheet, hints=worth_a_look, server=whose(server), patience=book.patience)
    if not page:
        return "Nothing would change, and there is nothing to look at, so no preview sheet was made."
    book.save()
    left = [outcome.word for outcome in draft.plan.standing() if outcome.word is not Word.UNCHANGED]
    if left and not draft.plan.to_send and set(left) <= {Word.INVALID, Word.NOT_FOUND}:
        them = "it" if len(left) == 1 else "them"
        return f"{sentences.rows(len(left))} cannot be sent; the sheet “{page}” says why. Correct {them} in “{sheet}”, then preview again."
    count = f"{lines:,} line{'' if lines == 1 else 's'}"
    return f"The sheet “{page}” is in {place.name} now, with {count}: look, choose, {then}."


def apply_preview(
    face: Face,
    place: Place,
    session: Session,
    page: str | None,
    *,
    allow: frozenset[str] = frozenset(),
    rows: Collection[int] | None = None,
    of: Run | None = None,
) -> int:
    """Sends what the preview sheet `page` of a workbook says, the only one if None. `allow`: as of `Policy`; `rows`: the only lines; `of`: the run
    that is tried again. Raises `NotAgreed` where a question was not agreed to."""
    with place.kept_open():
        read, choices, notes = _read_preview(face, place, session, page)
        with stoppable(session.cancelled):
            found = planned.plan_of(
                read,
                session.contacts,
                session.memory,
                choices,
                allow=allow,
                rows=rows,
                on_progress=face.progress.at,
                on_many=on_many(face, session),
            )
            server = session.server() if of is None else refuse_other_workspace(of, session)
        face.progress.stop()
        draft = found.draft
        face.say(*notes, *draft.notes)
        if not draft.rows:
            face.say("The preview sheet has no line to send; choose lines there, or make a new one with “reply-xl preview BOOK --edit”.")
            return EXIT_FINE
        if draft.plan.refusal:
            return face.refused(draft.plan.refusal, refused(draft))

        def questions(draft: Draft) -> list[Question]:
            count = len(draft.plan.to_send)
            statement = sentences.question(draft.plan, session.pace.minutes(count))
            return [Question(statement, "Update them?", "add --yes", face.yes)] if count else []  # nothing on it was selected

        draft, _ = face.settle(draft, questions)

        def prepared(target: Place) -> Push:
            push = found.push(draft, place.key, target.results, of=of.id if of else None)
            with target.open(to_write=True) as book:
                push.prepare(book.sheet(read.name))
                if target is place:  # a new workbook has the preview's lines alone
                    found.prepare_others(book)
                book.save()
            return push

        target, push = _here_or_elsewhere(face, place, draft, prepared)
        number = push.start(session.records.journal, server)
    return _carry_out(face, target, session, number, draft)


def _read_preview(face: Face, place: Place, session: Session, page: str | None) -> tuple[planned.PageRead, Request, tuple[str, ...]]:
    """The preview sheet as read, the choices for columns, and sentences. Nothing of the workbook is held afterwards."""
    with place.open() as book:
        book.check_savable()
        refuse_if_running(session.records, place.key)
        refuse_practice_in_earnest(Sheet(planned.find(book.book, page)), session)
        return planned.read(book.book, page), with_choices(face, Request(), book), book.notes


def _carry_out(face: Face, target: Place, session: Session, number: int, draft: Draft) -> int:
    """Sends a run that stands in the journal, and says what became of it. `target`: the workbook that gets the results."""
    to_send = draft.plan.to_send
    face.progress.start("Updating contacts", len(to_send))
    terms = Terms(session.contacts, draft.policy, session.memory, session.cancelled, session.pace.pause)
    run = session.records.journal.run(number)
    done = conduct(session.records, number, to_send, terms, face.progress.advance, target.delivering(run), face.meanwhile)
    face.progress.stop()
    outcomes = sorted([*draft.plan.standing(), *done.outcomes], key=lambda outcome: outcome.row)
    return face.conducted(session.records, number, outcomes, done, target.name, cancelled=session.cancelled.is_set())


def _read(face: Face, place: Place, session: Session, request: Request) -> tuple[Request, Reading, str, bool, tuple[str, ...]]:
    """The request with the choices for its columns, the sheet as read, its name, whether it is a copy for practice, and sentences. Nothing of
    the workbook is held afterwards."""
    with place.open() as book:
        book.check_savable()
        refuse_if_running(session.records, place.key)
        sheet = book.sheet(place.sheet)
        is_practice = refuse_practice_in_earnest(sheet, session)
        request = with_choices(face, request, book)
        return request, sheet.read(request.rows, request.header_row), sheet.name, is_practice, book.notes


def retry(face: Face, place: Place, session: Session, run: Run, *, on_conflict: OnConflict | None, allow: frozenset[str]) -> int:
    """Pushes the rows of a run that need it once more, with what the sheet holds now. `on_conflict` None: rows with a conflict are left, for
    the sheet need not know any more what Reply held."""
    refuse_running(session.records, run)
    recorded = session.records.journal.recorded(run.id)
    entries = [entry for entry in recorded.entries if not entry.taken_over]
    needing = [entry for entry in entries if entry.outcome is None or entry.outcome.word not in FINE]
    conflicts = 0
    if on_conflict is None:
        conflicts = sum(entry.outcome is not None and entry.outcome.word is Word.CONFLICT for entry in needing)
        needing = [entry for entry in needing if entry.outcome is None or entry.outcome.word is not Word.CONFLICT]
        if conflicts:
            face.say(
                f"{sentences.rows(conflicts)} with a conflict {'is' if conflicts == 1 else 'are'} left; --on-conflict says what to do."
            )
    if not needing:
        face.say(f"No {'other ' if conflicts else ''}row of run {run.id} needs it; there is nothing to try again.")
        return EXIT_NEEDS_ATTENTION if conflicts else EXIT_FINE
    places, header_row, name = _rows_now(place, recorded)
    now = {entry.number: places[entry.number] for entry in needing if entry.number in places}
    gone = len(needing) - len(now)
    if gone:
        stand = "needs it is" if gone == 1 else "need it are"
        face.say(f"{sentences.rows(gone)} of run {run.id} that {stand} no longer in the sheet.")
    if not now:
        return EXIT_FINE
    if run.kind is RunKind.PLAN:
        return apply_preview(face, place, session, name, allow=allow, rows=set(now.values()), of=run)
    spans = [(number, number) for number in sorted(now.values())]
    fields = None if run.policy.fields is None else tuple(sorted(run.policy.fields))
    request = Request(spans, header_row, fields, run.policy.only_empty, allow, on_conflict or OnConflict.BLOCK)
    return update(face, place.at(name, header_row), session, request, of=run)


def _write_pulled(place: Place, sheet: str, found: Refreshing) -> Refreshing:
    with place.open(to_write=True) as book:
        written = found.write(book.sheet(sheet))
        book.save()
    return written


def _rows_now(place: Place, recorded: Recorded) -> tuple[dict[int, int], int, str]:
    """Where the rows of a run stand now, in which row their headers stand, and on which sheet."""
    with place.open() as book:
        sheet = sheet_meant(book, place, recorded.run, recorded.entries)
        places, reading = rows_now(sheet, recorded.run, told(recorded.entries, place))
        return places, reading.header_row, sheet.name


def undo(
    face: Face,
    place: Place | None,
    session: Session,
    recorded: Recorded,
    policy: Policy,
    rows: frozenset[int] | None,
    *,
    always_asks: bool = False,
) -> int:
    """Puts back the values from before a run. `place` None: its results go into the run's own file; `rows`:
    numbers as in the run, None for all; `always_asks`: also before one contact."""
    run = recorded.run
    refuse_running(session.records, run)
    with stoppable(session.cancelled):
        refuse_other_workspace(run, session)
        made = undoing(session.records.journal, recorded, session.contacts, policy, rows, on_progress=face.progress.at)
        words = frozenset(filter(None, (guard_of(one.target, one.old, one.new) for one in made.held)))
        if words and face.allows(made.held):
            policy = replace(policy, allow=policy.allow | words)
            made = undoing(session.records.journal, recorded, session.contacts, policy, rows, on_progress=face.progress.at)
    face.progress.stop()
    face.say(*made.notes)
    if not made.entries:
        face.say("There is nothing to undo in these rows.")
        return EXIT_FINE
    count = len(made.decisions)
    will_ask = (count > 1 or always_asks) and not face.yes
    if will_ask:
        face.look_at(made.standing, "Rows that stay as they are")
    if count:
        what = f"{sentences.contacts(count)} get{'s' if count == 1 else ''} the former values back"
        statement = f"{what}: {sentences.requests(count, session.pace.minutes(count))}."
        if run.kind is RunKind.UNDO and run.of is not None:
            statement += f" It was itself an undo, so this makes the changes of run {run.of} again."
        face.agree(Question(statement, "Undo it?", "add --yes", not will_ask))
    page = run.page if place is None else replace(run.page, book=place.key, results=place.results)
    beside = None if run.beside is None else replace(run.beside, differs={})
    new = NewRun(RunKind.UNDO, run.server, page, policy, run.keeps_ids, run.id, beside)
    marks = {entry.number: entry.mark for entry in made.entries}
    number = session.records.journal.start(new, marks, made.standing, made.decisions)
    face.progress.start("Undoing", count)
    terms = Terms(session.contacts, policy, session.memory, session.cancelled, session.pace.pause, done=Word.UNDONE)
    done = conduct(session.records, number, made.decisions, terms, face.progress.advance, place, face.meanwhile)
    face.progress.stop()
    outcomes = sorted([*made.standing, *done.outcomes], key=lambda outcome: outcome.row)
    results = place.name if place else Path(run.page.results).name
    return face.conducted(session.records, number, outcomes, done, results, cancelled=session.cancelled.is_set())


def pull(face: Face, place: Place, session: Session, request: Request, *, overwrite: bool) -> int:
    """Refreshes cells from Reply. `overwrite`: cells that hold another value are replaced without a question."""
    with place.kept_open():
        request, reading, name, is_practice, notes = _read(face, place, session, request)

        def formulas(indices: Sequence[int]) -> Set[tuple[int, int]]:
            with place.open() as book:
                return book.sheet(name).formulas(reading, indices)

        with stoppable(session.cancelled):
            found = refreshing(reading, formulas, session.contacts, request, on_progress=face.progress.at, on_many=on_many(face, session))
        face.progress.stop()
        face.say(*notes, *found.notes)
        if found.refusal:
            return face.refused(found.refusal, found.problems)
        if found.fills or found.replaces:
            agree_to_columns(face, [one for one in found.unseen if one.by_workbook], agreed=False, keeps=not is_practice)
        if found.replaces:
            options = "add --overwrite to replace them, or --only-empty to leave them"
            face.agree(Question(sentences.replaced(found), "Replace them?", options, overwrite))
        if found.fills or found.replaces:
            if session.cancelled.is_set():
                raise Cancelled("Cancelled; nothing was written.")
            found = at_last(lambda: _write_pulled(place, name, found), face.meanwhile)
        elif place.results != place.key:
            with place.open() as book:
                book.save()
    if session.place:
        session.records.bases(session.place, place.results, name).set(found.bases())
    return face.refreshed(sentences.refreshed(found, place.name), found.problems)
