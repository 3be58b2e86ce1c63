"""What several jobs say and ask in the same way, to whomever they speak with."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from reply_xl import sentences
from reply_xl.conduct import deliver_run
from reply_xl.errors import ConfigError, NotAgreed, ReplyXlError, SheetError
from reply_xl.face import Face, Question
from reply_xl.history.records import Records, are_there
from reply_xl.history.runs import Entry, Run, Server
from reply_xl.mapping.choices import Choices, Unseen, kept
from reply_xl.place import Book, Place
from reply_xl.plan import Request
from reply_xl.session import Session
from reply_xl.sheet import Sheet
from reply_xl.wording import joined


def with_choices(face: Face, request: Request, book: Book) -> Request:
    """The request with what was chosen for headers: on this computer, and by the workbook itself. Says what of that cannot be read."""
    proposed, notes = book.proposal()
    face.say(*notes)
    agreed: Choices = {}
    if are_there():
        with Records() as records:
            agreed = records.agreements.all()
    return replace(request, agreed=agreed, proposed=proposed)


def about_columns(unseen: Sequence[Unseen], *, agreed: bool) -> list[Question]:
    """Shows where columns go that nobody has agreed to yet, and asks; nothing where there are none. What a workbook proposes for the fields
    that find or endanger a contact is agreed to by a person alone."""
    if not unseen:
        return []
    by_person = [one for one in unseen if one.needs_a_person]
    options = "add --yes, or agree once with “reply-xl columns BOOK --agree”"
    if by_person:
        letters = joined([one.now.letter for one in by_person])
        options = f"what the workbook proposes for column {letters} needs a person: run this in a terminal, or delete that sheet"
    return [Question(sentences.unseen(unseen), "Are these right?", options, agreed and not by_person)]


def keep_agreed(unseen: Sequence[Unseen], answered: bool) -> None:
    """Keeps where the columns go for every workbook with these headers: what a person `answered`, and of what was agreed to by an option only
    what the program had found by itself."""
    keep = [one for one in unseen if one.key and (answered or not one.by_workbook)]
    if keep:
        with Records() as records:
            records.agreements.keep({one.key: kept(one) for one in keep})


def agree_to_columns(face: Face, unseen: Sequence[Unseen], *, agreed: bool, keeps: bool = True) -> None:
    """Asks about these columns, and keeps the answer; what is agreed to in practice is not kept. Raises `NotAgreed`."""
    for question in about_columns(unseen, agreed=agreed):
        answers = face.agree(question)
        if keeps:
            keep_agreed(unseen, answers[0])


def deliver_waiting(face: Face, place: Place) -> bool:
    """Writes outcomes of former runs that wait for this workbook into it, and says so. Where that cannot be done they go on waiting. Returns
    whether any has been taken off: what was said of it then is not said again."""
    is_any = False
    if not are_there():
        return is_any
    with contextlib.suppress(ReplyXlError), Records() as records:  # the job itself will say what is wrong, if it needs the journal
        for run in records.journal.waiting(place.key):
            if not records.is_running(run.id):
                is_any = _deliver(face, records, run, place) or is_any
    return is_any


def _deliver(face: Face, records: Records, run: Run, place: Place) -> bool:
    count = f"{run.waiting} row{'s' if run.waiting > 1 else ''}"
    target = place.delivering(run)
    try:
        done = deliver_run(records, run.id, target)
    except ReplyXlError as error:
        face.say(f"The results of {count} of run {run.id} still wait for {place.name}: {error}")
        return False
    face.say(
        f"The results of {count} of run {run.id}, which had been waiting, are in {target.name} now.",
        *([done.missed] if done.missed else []),
    )
    say_gone(face, records, run, done.gone)
    return True


def say_gone(face: Face, records: Records, run: Run, gone: Sequence[int]) -> None:
    """Names the rows that are no longer in the sheet, with what became of them."""
    if not gone:
        return
    for entry in records.journal.recorded(run.id).entries:
        if entry.number in set(gone) and entry.outcome:
            said = f"{entry.outcome.word.value.capitalize()}. {entry.outcome.message}"
            face.say(f"Row {entry.number} ({_key(entry)}) is no longer in the sheet. It was: {said}")


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


def refuse_practice_in_earnest(sheet: Sheet, session: Session) -> bool:
    """Whether the sheet is a copy for practice. Raises `SheetError` if it is one and the server is Reply."""
    if sheet.practice is not None and not session.loopback:
        raise SheetError(f"“{sheet.name}” is a copy for practice, so nothing of it goes to Reply; choose the sheet with your contacts.")
    return sheet.practice is not None


def refuse_if_running(records: Records, book: str) -> None:
    """Raises `NotAgreed` if a run on this workbook is going on at this moment."""
    for run in records.journal.of_book(book):
        if records.is_running(run.id):
            raise NotAgreed(f"Run {run.id} of this workbook is going on in another window; wait for it, or stop it there.", asked=True)


def refuse_running(records: Records, run: Run) -> None:
    """Raises `NotAgreed` if this run is going on at this moment."""
    if records.is_running(run.id):
        raise NotAgreed(f"Run {run.id} is going on in another window; wait for it, or stop it there.", asked=True)


def unfinished(records: Records, book: str, base_url: str) -> list[str]:
    """Sentences about runs on this workbook that were not finished."""
    said = []
    for run in records.journal.of_book(book):
        if run.open and not records.is_running(run.id) and run.server.base_url == base_url:
            rows = f"{run.open} row{'s' if run.open > 1 else ''}"
            said.append(
                f"Run {run.id} of {sentences.moment(run.started)} on this workbook is unfinished: {rows}. “reply-xl resume {run.id}” finishes it; "
                "what is sent anew here takes its place."
            )
    return said
