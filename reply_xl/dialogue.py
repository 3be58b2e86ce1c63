"""What several commands say and ask in the same way."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reply_xl import console
from reply_xl.choices import Choices, Unseen, kept
from reply_xl.conduct import Conducted, deliver_run
from reply_xl.errors import ConfigError, NotAgreed, ReplyXlError
from reply_xl.model import FINE as FINE_WORDS
from reply_xl.model import Outcome, Word
from reply_xl.plan import Request
from reply_xl.records import Records, are_there
from reply_xl.runs import Entry, Run, Server
from reply_xl.session import Session
from reply_xl.wording import joined
from reply_xl.workbook import Workbook

FINE, COULD_NOT_RUN, WRONG_USE, NEEDS_ATTENTION = 0, 1, 2, 3


def say_all(*notes: str) -> None:
    for note in notes:
        console.say(note)


def agree(statement: str, question: str, options: str, *, agreed: bool) -> bool:
    """Says what is about to happen, and asks unless it is `agreed` to; whether a person answered. Raises `NotAgreed`."""
    console.say(statement)
    if agreed:
        return False
    if not (sys.stdin and sys.stdin.isatty()):
        raise NotAgreed(f"Nothing was changed, because nobody was there to answer; {options}.", asked=False)
    if not console.ask(question):
        raise NotAgreed("Nothing was changed.", asked=True)
    return True


def refused_as_a_whole(refusal: str, outcomes: Sequence[Outcome], *, as_json: bool) -> int:
    if as_json:
        print_json(outcomes)
    else:
        unfit = [outcome for outcome in outcomes if outcome.word in (Word.INVALID, Word.NOT_FOUND)]
        console.show_outcomes(unfit, "Rows that do not fit")
    console.say(refusal)
    return COULD_NOT_RUN


def print_json(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        print(console.json_line(outcome))
    sys.stdout.flush()


def exit_code(outcomes: Sequence[Outcome]) -> int:
    return FINE if all(outcome.word in FINE_WORDS for outcome in outcomes) else NEEDS_ATTENTION


def with_choices(request: Request, book: Workbook) -> Request:
    """The request with what was chosen for headers: on this computer, and by the workbook itself. Says what of that cannot be read."""
    proposed, notes = book.proposal()
    say_all(*notes)
    agreed: Choices = {}
    if are_there():
        with Records() as records:
            agreed = records.agreements.all()
    return replace(request, agreed=agreed, proposed=proposed)


def agree_to_columns(unseen: Sequence[Unseen], *, agreed: bool) -> None:
    """Shows where columns go that nobody has agreed to yet, and asks. What a person answers is kept for every workbook with these headers;
    what was `agreed` by an option is kept only where the program had found it by itself. What a workbook proposes for the fields that find
    or endanger a contact is agreed to at a terminal alone. Raises `NotAgreed`."""
    if not unseen:
        return
    by_person = [one for one in unseen if one.needs_a_person]
    options = "add --yes, or agree once with “reply-xl columns BOOK --agree”"
    if by_person:
        letters = joined([one.now.letter for one in by_person])
        options = f"what the workbook proposes for column {letters} needs a person: run this in a terminal, or delete that sheet"
    answered = agree(console.unseen(unseen), "Are these right?", options, agreed=agreed and not by_person)
    keep = [one for one in unseen if one.key and (answered or not one.by_workbook)]
    with Records() as records:
        records.agreements.keep({one.key: kept(one) for one in keep})


def deliver_waiting(book: Path) -> None:
    """Writes outcomes of former runs that wait for this workbook into it, and says so. Where that cannot be done they go on waiting."""
    if not are_there():
        return
    try:
        with Records() as records:
            for run in records.journal.waiting(str(book.absolute())):
                if not records.is_running(run.id):
                    _deliver(records, run, book)
    except ReplyXlError:
        return  # the command itself will say what is wrong, if it needs the journal


def _deliver(records: Records, run: Run, book: Path) -> None:
    rows = f"{run.waiting} row{'s' if run.waiting > 1 else ''}"
    try:
        done = deliver_run(records, run.id)
    except ReplyXlError as error:
        console.say(f"The results of {rows} of run {run.id} still wait for {book.name}: {error}")
        return
    console.say(f"The results of {rows} of run {run.id}, which had been waiting, are in {Path(run.page.results).name} now.")
    say_gone(records, run, done.gone)


def say_gone(records: Records, run: Run, gone: Sequence[int]) -> None:
    """Names the rows that are no longer in the sheet, with what became of them."""
    if not gone:
        return
    for entry in records.journal.recorded(run.id).entries:
        if entry.number in set(gone) and entry.outcome:
            said = f"{entry.outcome.word.value.capitalize()}. {entry.outcome.message}"
            console.say(f"Row {entry.number} ({_key(entry)}) is no longer in the sheet. It was: {said}")


def _key(entry: Entry) -> str:
    kind, _, value = entry.mark.key.partition(":")
    return f"Reply ID {value}" if kind == "id" else value or "without ID and e-mail"


def refuse_other_workspace(run: Run, session: Session) -> Server:
    """Whose contacts these are. Raises `ConfigError` unless they are the run's: another user's, team's or practice server's may have the same
    ids."""
    server = session.server()
    if (server.user_id, server.team_id) != (run.server.user_id, run.server.team_id):
        whose = run.server.username or f"user {run.server.user_id}"
        raise ConfigError(
            f"Run {run.id} belongs to {whose} (team {run.server.team_id}) and the API key to somebody else; connect with that key."
        )
    if server.instance != run.server.instance:
        raise ConfigError(
            f"The practice server at {server.base_url} has been started anew since run {run.id}; its contacts are other ones now."
        )
    return server


def refuse_if_running(records: Records, book: Path) -> None:
    """Raises `NotAgreed` if a run on this workbook is going on at this moment."""
    for run in records.journal.of_book(str(book.absolute())):
        if records.is_running(run.id):
            raise NotAgreed(f"Run {run.id} of this workbook is going on in another window; wait for it, or stop it there.", asked=True)


def unfinished(records: Records, book: Path, base_url: str) -> list[str]:
    """Sentences about runs on this workbook that were not finished."""
    sentences = []
    for run in records.journal.of_book(str(book.absolute())):
        if run.open and not records.is_running(run.id) and run.server.base_url == base_url:
            rows = f"{run.open} row{'s' if run.open > 1 else ''}"
            sentences.append(
                f"Run {run.id} of {console.moment(run.started)} on this workbook is unfinished: {rows}. “reply-xl resume {run.id}” finishes it; "
                "what is sent anew here takes its place."
            )
    return sentences


def show_conducted(
    records: Records, number: int, outcomes: Sequence[Outcome], done: Conducted, *, as_json: bool, cancelled: bool, book: Path | None = None
) -> int:
    """What became of each row, where the results are, and the exit code."""
    run = done.run
    everything = bool(done.unsaved) and done.delivered is None
    if as_json:
        print_json(outcomes)
    else:
        console.show_results(outcomes, everything=everything)
    results = (book or Path(run.page.results)).name
    if done.unsaved:
        count = f"{len(done.unsaved)} outcome{'s' if len(done.unsaved) > 1 else ''}"
        console.say(
            f"{count} could not be written into the journal, so keep what is printed here; make room on the disk before the next run."
        )
    if done.delivered is None:
        rows = f"{run.waiting} row{'s' if run.waiting != 1 else ''}"
        console.say(
            f"{done.problem} The results of {rows} wait in the journal; “reply-xl resume {run.id}” or the next command on {results} writes them."
        )
    else:
        say_gone(records, run, done.delivered.gone)
        console.say(f"The results are in {results}.")
    if run.open and cancelled:
        console.say(f"Stopped; “reply-xl resume {run.id}” sends the rest.")
    return NEEDS_ATTENTION if cancelled or done.delivered is None or done.unsaved else exit_code(outcomes)
