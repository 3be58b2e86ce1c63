"""The commands about runs that stand in the journal: `runs`, `show`, `resume`, `retry`, `undo`, `forget`; and `quota`."""

from __future__ import annotations

import argparse
import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from reply_xl.errors import ConfigError
from reply_xl.interrupts import Stop, stoppable

if TYPE_CHECKING:
    from reply_xl.history.records import Records
    from reply_xl.history.runs import Recorded, Run
    from reply_xl.mapping.region import Spans
    from reply_xl.place import Place
    from reply_xl.session import Session


def runs(arguments: argparse.Namespace) -> int:
    from reply_xl import run_views
    from reply_xl.history.records import Records, are_there

    found = []
    if are_there():
        with Records() as records:
            found = [(run, records.is_running(run.id)) for run in records.journal.runs()]
    if arguments.json:
        run_views.print_runs_json(found)
    else:
        run_views.show_runs(found)
    return 0


def show(arguments: argparse.Namespace) -> int:
    from reply_xl import run_views
    from reply_xl.history.records import Records

    with Records() as records:
        run = _named(records, arguments.run_number)
        recorded, changes = records.journal.recorded(run.id), records.journal.changes(run.id)
        if arguments.csv:
            run_views.print_csv(recorded, changes)
        elif arguments.json:
            run_views.print_json(recorded, changes)
        else:
            run_views.show_run(recorded, changes, is_running=records.is_running(run.id))
    return 0


def resume(arguments: argparse.Namespace) -> int:
    from reply_xl import console, sentences
    from reply_xl.conduct import conduct, deliver_only, place_of
    from reply_xl.dialogue import refuse_other_workspace, refuse_running
    from reply_xl.face import Question
    from reply_xl.history.records import Records
    from reply_xl.history.runs import RunKind
    from reply_xl.model import Word
    from reply_xl.send import Terms
    from reply_xl.terminal import Terminal

    cancelled = Stop()
    with Records() as records, console.Progress() as progress:
        run = _to_resume(records, arguments.run_number)
        if run is None:
            number = arguments.run_number
            console.say("No run is unfinished." if number is None else f"Run {number} came to its end, and no result of it waits.")
            return 0
        _refuse_other_address(run, arguments.base_url)
        refuse_running(records, run)
        recorded = records.journal.recorded(run.id)
        decisions = recorded.decisions
        place = place_of(run, arguments.book)
        face = Terminal(progress, yes=arguments.yes, as_json=arguments.json)
        if not decisions:  # what became of the rows is known, and Reply need not be asked
            done = deliver_only(records, run.id, place)
        with contextlib.ExitStack() as stack:
            if decisions:
                session = stack.enter_context(_session_of(run, records, cancelled, progress.wait))
                with stoppable(cancelled):
                    refuse_other_workspace(run, session)
                what = f"Run {run.id} of {sentences.moment(run.started)} on {Path(run.page.book).name} left {sentences.contacts(len(decisions))} open."
                how = "Each is read first; what has arrived is not sent again."
                most = f"At most {sentences.requests(len(decisions), session.pace.minutes(len(decisions)))}."
                face.agree(Question(f"{what} {how} {most}", "Finish it?", "add --yes", arguments.yes or len(decisions) == 1))
                progress.start("Finishing the run", len(decisions))
                word = Word.UNDONE if run.kind is RunKind.UNDO else Word.UPDATED
                terms = Terms(session.contacts, run.policy, session.memory, cancelled, session.pace.pause, done=word)
                done = conduct(records, run.id, decisions, terms, progress.advance, place)
                progress.stop()
        late = {outcome.row: outcome for outcome in done.outcomes}
        rows = [late.get(entry.number, entry.outcome) for entry in recorded.entries if not entry.taken_over]
        outcomes = [outcome for outcome in rows if outcome is not None]
        return face.conducted(records, run.id, outcomes, done, place.name, cancelled=cancelled.is_set())


def retry(arguments: argparse.Namespace) -> int:
    from reply_xl import console, jobs
    from reply_xl.conduct import place_of
    from reply_xl.dialogue import deliver_waiting, refuse_running
    from reply_xl.history.records import Records
    from reply_xl.patches import OnConflict
    from reply_xl.terminal import Terminal

    with Records() as records, console.Progress() as progress:
        run = _named(records, arguments.run_number)
        _refuse_other_address(run, arguments.base_url)
        refuse_running(records, run)
        face = Terminal(progress, yes=arguments.yes, as_json=arguments.json)
        place = place_of(run, arguments.book)
        if arguments.book is None:
            deliver_waiting(face, place)
        with _session_of(run, records, Stop(), progress.wait) as session:
            on_conflict = None if arguments.on_conflict is None else OnConflict(arguments.on_conflict)
            return jobs.retry(face, place, session, run, on_conflict=on_conflict, allow=arguments.allow)


def undo(arguments: argparse.Namespace) -> int:
    from reply_xl import console, jobs, sentences
    from reply_xl.conduct import place_of
    from reply_xl.dialogue import refuse_running
    from reply_xl.history.records import Records
    from reply_xl.patches import Policy
    from reply_xl.terminal import Terminal

    with Records() as records, console.Progress() as progress:
        run = _named(records, arguments.run_number, changed=True)
        _refuse_other_address(run, arguments.base_url)
        refuse_running(records, run)
        if arguments.run_number is None:
            refuse_unfinished_undo(run)
        recorded = records.journal.recorded(run.id)
        changes = records.journal.undoable(run.id)
        console.say(sentences.named(recorded, changes))
        if arguments.rows == "selection":
            raise ConfigError("What is selected is known only with --live; name the rows, such as --rows 2:50,60.")
        rows = None if arguments.rows == "all" else rows_then(recorded, arguments.rows, place_of(run, arguments.book))
        fields = None if arguments.fields is None else fields_of(arguments.fields, changes)
        face = Terminal(progress, yes=arguments.yes, as_json=arguments.json)
        place = None if arguments.book is None else place_of(run, arguments.book)
        with _session_of(run, records, Stop(), progress.wait) as session:
            return jobs.undo(face, place, session, recorded, Policy(fields, allow=arguments.allow), rows)


def forget(arguments: argparse.Namespace) -> int:
    from datetime import datetime

    from reply_xl import console, sentences
    from reply_xl.face import Question
    from reply_xl.history.records import Records, are_there
    from reply_xl.terminal import Terminal

    day, today = arguments.before.date(), datetime.now().astimezone().date()
    if day > today:
        raise ConfigError(f"{day} has not come yet; name today, {today}, or a day before it.")
    if not are_there():
        console.say("The journal is empty.")
        return 0
    with Records() as records:
        old = [run for run in records.journal.runs() if run.started < arguments.before]
        running = [run.id for run in old if records.is_running(run.id)]
        found = [run for run in old if run.id not in running]
        bases = records.journal.count_bases(arguments.before)
        if found or bases:
            statement = sentences.to_forget(found, bases)
            Terminal(console.Progress()).agree(Question(statement, "Delete them?", "add --yes", arguments.yes))
            count, bases = records.journal.forget(arguments.before, running)
            print(f"{sentences.runs(count)} and what was known of {sentences.contacts(bases)} were deleted.")
        else:
            print(f"There is nothing to delete from before {day}.")
    if running:
        console.say(f"Run {running[0]} is going on and was kept.")
    return 0


def _named(records: Records, number: int | None, *, changed: bool = False) -> Run:
    """The run of this number, or the newest one; `changed`: the newest that may have changed something."""
    from reply_xl.jobs import MAY_HAVE_CHANGED

    if number is not None:
        return records.journal.run(number)
    for run in records.journal.runs():
        if not changed or any(run.counts.get(word) for word in MAY_HAVE_CHANGED):
            return run
    raise ConfigError("There is no run on this computer yet; “reply-xl push BOOK” makes one.")


def _to_resume(records: Records, number: int | None) -> Run | None:
    """The run of this number, or the newest unfinished one that no process is at; if all of these are going on, the newest of them."""
    if number is not None:
        run = records.journal.run(number)
        return run if run.is_unfinished else None
    unfinished = [run for run in records.journal.runs() if run.is_unfinished]
    return next((run for run in unfinished if not records.is_running(run.id)), unfinished[0] if unfinished else None)


def _refuse_other_address(run: Run, base_url: str | None) -> None:
    from reply_xl.network.base_urls import checked_base_url

    if base_url is not None and checked_base_url(base_url) != run.server.base_url:
        raise ConfigError(f"Run {run.id} was sent to {run.server.base_url}, so it goes on there; leave --base-url out.")


def _session_of(run: Run, records: Records, cancelled: threading.Event, on_wait: object) -> Session:
    from reply_xl.session import Session

    return Session(run.server.base_url, cancelled=cancelled, on_wait=on_wait, records=records)  # type: ignore[arg-type]


def refuse_unfinished_undo(run: Run) -> None:
    """Raises `ConfigError`: whoever does not name an undo that was cut short does not mean to take it back."""
    from reply_xl.history.runs import RunKind

    if run.kind is RunKind.UNDO and run.open:
        raise ConfigError(
            f"Run {run.id}, an undo, is unfinished: “reply-xl resume {run.id}” finishes it, “reply-xl undo {run.id}” takes it back."
        )


def rows_then(recorded: Recorded, spans: Spans, place: Place, *, hidden: bool = True) -> frozenset[int]:
    """Row numbers of the run for rows as they are numbered in the sheet now; `hidden`: those of hidden rows too."""
    from reply_xl.conduct import sheet_meant
    from reply_xl.delivery import rows_now

    with place.open() as workbook:
        sheet = sheet_meant(workbook, place, recorded.run, recorded.entries)
        now, reading = rows_now(sheet, recorded.run, recorded.entries)
    left_out = set() if hidden else {row.number for row in reading.rows if row.hidden}
    return frozenset(
        then for then, number in now.items() if number not in left_out and any(first <= number <= last for first, last in spans)
    )


def fields_of(names: tuple[str, ...], changes: object) -> frozenset[str]:
    """The fields of the run that `--fields` names, by API name, label or title."""
    from reply_xl.fields import fold

    assert isinstance(changes, dict)
    targets = {one.target.name: one.target for _, _, every in changes.values() for one in every}
    chosen = set()
    for name in names:
        hits = {key for key, target in targets.items() if fold(name) in (fold(key), fold(target.label), fold(key.removeprefix("custom:")))}
        if not hits:
            raise ConfigError(f"The run changed no field “{name}”; it changed {', '.join(target.label for target in targets.values())}.")
        chosen |= hits
    return frozenset(chosen)


def quota(arguments: argparse.Namespace) -> int:
    from reply_xl.session import Session

    with Session(arguments.base_url) as session:
        if arguments.reserve is not None:
            session.pace.set_reserve(arguments.reserve)
        for used, limit, seconds, ours in session.pace.used():
            span = {60.0: "minute", 3600.0: "hour"}.get(seconds, f"{seconds:g} seconds")
            kept = f"; {limit - ours} of them are kept free for other programs" if ours < limit else ""
            print(f"{used} of {limit:,} requests of the last {span} are used{kept}.")
    return 0
