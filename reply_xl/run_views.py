"""How runs of the journal are shown: a table, one run for a person, one run for an auditor."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from reply_xl import console, sentences
from reply_xl.history.runs import Entry, Recorded, Run
from reply_xl.model import Change, CustomField, FieldValue, Outcome, Word
from reply_xl.sentences import Changes
from reply_xl.wording import joined

_MOST = 20
_STARTS_A_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_CSV = ("run", "user", "when", "row", "contact", "email", "field", "before", "after", "outcome", "http_status")


def show_runs(runs: Sequence[tuple[Run, bool]]) -> None:
    """The newest first. Each run comes with whether a process is at it now."""
    if not runs:
        print("There is no run on this computer yet.")
        return
    rows = [
        (str(run.id), sentences.moment(run.started), sentences.what(run), Path(run.page.book).name, _state(run, going))
        for run, going in runs[:_MOST]
    ]
    console.table("Runs", ("Run", "Began", "What", "Workbook", "Rows"), rows)
    if len(runs) > _MOST:
        print(f"… and {len(runs) - _MOST} older ones; --json prints all of them.")


def print_runs_json(runs: Sequence[tuple[Run, bool]]) -> None:
    for run, going in runs:
        print(json.dumps({**_head(run), "running": going}))


def show_run(recorded: Recorded, changes: Changes, *, is_running: bool) -> None:
    """What a run was, what it changed, and the rows that somebody should look at."""
    run = recorded.run
    print(sentences.named(recorded, changes))
    print(f"  {_state(run, is_running)}")
    rows = []
    for entry in recorded.entries:
        email, name, every = changes.get(entry.contact_id or 0, ("", "", ()))
        who = name or email or str(entry.contact_id)
        word = _word(entry.outcome)
        rows += [(str(entry.number), who, one.target.label, console.former(one), console.coming(one), word) for one in every]
    if rows:
        console.table("Changes", ("Row", "Contact", "Field", "Before", "After", "Outcome"), rows[:_MOST])
        if len(rows) > _MOST:
            print(f"… and {len(rows) - _MOST} more; --csv prints all of them.")
    outcomes = [entry.outcome for entry in recorded.entries if entry.outcome and entry.contact_id not in changes]
    console.show_outcomes([outcome for outcome in outcomes if outcome.word.value != "unchanged"], "Rows of which nothing was sent")


def print_json(recorded: Recorded, changes: Changes) -> None:
    print(json.dumps({**_head(recorded.run), "rows": [_row_json(entry, changes) for entry in recorded.entries]}))


def print_csv(recorded: Recorded, changes: Changes) -> None:
    """For the auditor: a line for each field of each row, in UTF-8; text that a spreadsheet could take for a formula gets an apostrophe.
    `when` is that of the answer that stored something, else of the run's beginning."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    writer.writerow(_CSV)
    run = recorded.run
    user = run.server.username or str(run.server.user_id or "")
    for entry in recorded.entries:
        outcome = entry.outcome
        when = (outcome.at if outcome and outcome.at else run.started).astimezone().isoformat(" ", "seconds")
        status = str(outcome.status) if outcome and outcome.status else ""
        email, _, every = changes.get(entry.contact_id or 0, ("", "", ()))
        if not every:
            line: tuple[object, ...] = (
                run.id,
                user,
                when,
                entry.number,
                entry.contact_id or "",
                email,
                "",
                "",
                "",
                _word(outcome).lower(),
                status,
            )
            writer.writerow([_safe(str(cell)) for cell in line])
        for one in every:
            before = _plain(one.old) if one.target.verifiable else console.NOT_SHOWN
            head = (run.id, user, when, entry.number, entry.contact_id or "", email, _field(one), before, _plain(one.new))
            writer.writerow([_safe(str(cell)) for cell in (*head, _field_word(outcome, one), status)])


def _field(change: Change) -> str:
    return f"custom: {change.target.title}" if isinstance(change.target, CustomField) else change.target.label


def _field_word(outcome: Outcome | None, change: Change) -> str:
    """The outcome of one field: of a row in which not everything was stored, the rest was; of a conflict, what had arrived before."""
    is_stored = outcome is not None and outcome.word is Word.NOT_STORED and change.target.name not in outcome.not_stored
    is_stored |= outcome is not None and outcome.word is Word.CONFLICT and bool(outcome.sent)
    return Word.UPDATED.value if is_stored else _word(outcome).lower()


def _state(run: Run, is_running: bool) -> str:
    parts = [f"{word} {count}" for word, count in run.counts.items()]
    text = joined(parts) or "no rows"
    more = []
    if is_running:
        more.append("going on now")
    elif run.open:
        more.append(f"{run.open} to finish with “reply-xl resume {run.id}”")
    if run.waiting and not is_running:
        more.append(f"{run.waiting} wait for the workbook")
    return f"{text}{f' ({joined(more)})' if more else ''}"


def _head(run: Run) -> dict[str, object]:
    return {
        "run": run.id,
        "kind": run.kind.value,
        "of": run.of,
        "started": run.started.isoformat(),
        "ended": run.ended.isoformat() if run.ended else None,
        "book": run.page.book,
        "results": run.page.results,
        "sheet": run.page.sheet,
        "base_url": run.server.base_url,
        "user_id": run.server.user_id,
        "team_id": run.server.team_id,
        "user": run.server.username,
        "outcomes": dict(run.counts),
        "open": run.open,
        "waiting": run.waiting,
    }


def _row_json(entry: Entry, changes: Changes) -> dict[str, object]:
    outcome = entry.outcome
    email, _, every = changes.get(entry.contact_id or 0, ("", "", ()))
    return {
        "row": entry.number,
        "contact_id": entry.contact_id,
        "email": email,
        "outcome": _word(outcome).lower(),
        "status": outcome.status if outcome else None,
        "message": outcome.message if outcome else "",
        "at": outcome.at.isoformat() if outcome and outcome.at else None,
        "changes": {one.target.name: [one.old, one.new] for one in every},
        "delivered": entry.delivered,
    }


def _word(outcome: Outcome | None) -> str:
    return outcome.word.value.capitalize() if outcome else "Unknown"


def _plain(value: FieldValue) -> str:
    return "" if value is None else str(value)


def _safe(text: str) -> str:
    return f"'{text}" if text[:1] in _STARTS_A_FORMULA else text
