"""What the command line shows: progress on stderr, results on stdout, questions where there is a terminal.

Nothing that came from Reply or from a workbook is shown with its control characters or taken for markup.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import sys
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from reply_xl.fields import is_empty
from reply_xl.kinds.values import format, shown
from reply_xl.mapping.choices import Unseen
from reply_xl.mapping.columns import finders
from reply_xl.mapping.hygiene import Hint
from reply_xl.model import Change, Column, FieldValue, Outcome, Role, Word
from reply_xl.plan import Draft, Plan
from reply_xl.sentences import goes_to, s, strangers, summary, takes

NOT_SHOWN = "(not shown by Reply)"
"""Instead of the former value of a field that no answer of Reply holds."""
_MOST_ROWS = 20
_EVERY = 5.0
"""Seconds between two plain lines of progress."""

_COLOURS = {
    Word.UPDATED: "green",
    Word.UNDONE: "green",
    Word.UNCHANGED: "dim",
    Word.SKIPPED: "dim",
    Word.INVALID: "yellow",
    Word.NOT_FOUND: "yellow",
    Word.CANCELLED: "yellow",
}


def say(text: str) -> None:
    """Lines on stderr, without control characters. That nobody reads them is no error: what is done goes on."""
    with contextlib.suppress(OSError, ValueError):
        print("\n".join(printable(line) for line in text.split("\n")), file=sys.stderr, flush=True)


def json_line(outcome: Outcome, **more: object) -> str:
    """The outcome of a row as one line of JSON, ASCII only."""
    return json.dumps(
        {
            "row": outcome.row,
            "contact_id": outcome.contact_id,
            "outcome": outcome.word.value,
            "status": outcome.status,
            "sent": outcome.sent,
            "changes": {change.target.name: [change.old, change.new] for change in outcome.changes},
            "not_stored": list(outcome.not_stored),
            "held_back": list(outcome.held_back),
            "message": outcome.message,
            **more,
        }
    )


def columns_json(sheet: str, header_row: int, columns: Sequence[Column], unseen: Sequence[Unseen] = ()) -> str:
    """One object; `agreed` is false for a column that a push would ask about."""
    asked, not_sent = {one.now.index for one in unseen}, finders(columns)
    return json.dumps(
        {
            "sheet": sheet,
            "header_row": header_row,
            "columns": [
                {
                    "column": column.letter,
                    "index": column.index,
                    "header": column.header,
                    "target": column.target.name if column.target else None,
                    "sure": column.sure.value,
                    "send": _sent(column) if column.index not in not_sent else "no",
                    "agreed": column.index not in asked,
                    "reason": column.reason,
                }
                for column in columns
            ],
        }
    )


def _sent(column: Column) -> str:
    return "no" if column.role is not Role.FIELD else "only empty" if column.only_empty else "yes"


def show_columns(sheet: str, header_row: int, columns: Sequence[Column]) -> None:
    rows = [(column.letter, column.header or "(none)", goes_to(column), _how_sure(column), column.reason) for column in columns]
    table(f"Columns of “{sheet}” (headers in row {header_row})", ("Column", "Header", "Goes to", "Sure", "Why"), rows)


def show_preview(draft: Draft, foreseen: Sequence[Outcome], minutes: float, hints: Sequence[Hint] = ()) -> None:
    """Counts per field, what would change, what would not be sent and why, what a careful person would look at, and what it takes."""
    show_counts(draft.plan)
    changed = [outcome for outcome in foreseen if outcome.changes]
    if changed:
        lines = [
            (str(outcome.row), _who(outcome), change.target.label, former(change), coming(change))
            for outcome in changed[:_MOST_ROWS]
            for change in outcome.changes
        ]
        table("What would change", ("Row", "Contact", "Field", "Now in Reply", "Will become"), lines)
        if len(changed) > _MOST_ROWS:
            print(f"… and {len(changed) - _MOST_ROWS} more rows; --json prints all of them.\n")
    show_outcomes(
        [outcome for outcome in foreseen if not outcome.changes and outcome.word is not Word.UNCHANGED], "Rows that would not be sent"
    )
    if hints:
        table(
            "Worth a look; nothing of this is changed by itself",
            ("Row", "What"),
            [(str(hint.row), hint.says) for hint in hints[:_MOST_ROWS]],
        )
        if len(hints) > _MOST_ROWS:
            print(f"… and {len(hints) - _MOST_ROWS} more; --json prints all of them.\n")
    unchanged = sum(outcome.word is Word.UNCHANGED for outcome in foreseen)
    if unchanged:
        print(f"{unchanged} row{s(unchanged)} already hold{'s' if unchanged == 1 else ''} the same values in Reply.")
    for line in strangers(draft.plan):
        print(line)
    print(f"{takes(draft.plan, minutes)} Nothing was sent.")


def show_counts(plan: Plan) -> None:
    rows = [(count.label, str(count.changes), str(count.replaces)) for count in plan.counts()]
    if rows:
        table("Changes per field", ("Field", "Contacts", "of which replace a value"), rows)


def ask(question: str) -> bool:
    """A yes or no from the terminal; anything but yes is no."""
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    # A Ctrl-C that comes just before a read would not interrupt it, and nobody would be listening until Enter: so nothing is read before
    # there is something. On Windows a read is interrupted by an event that lasts; and a terminal that is no file, as IDLE's, cannot be asked.
    with contextlib.suppress(io.UnsupportedOperation):
        while os.name != "nt" and not select.select([sys.stdin], [], [], 0.1)[0]:
            pass
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def show_results(outcomes: Sequence[Outcome], *, everything: bool) -> None:
    """The rows that somebody should look at, and how many there are of each outcome; `everything`: each row, for there is no other
    place where it stands. Rows that were cancelled are one line."""
    if everything:
        show_outcomes(outcomes, "What became of each row", most=len(outcomes))
    else:
        quiet = (Word.UPDATED, Word.UNCHANGED, Word.UNDONE, Word.CANCELLED)
        show_outcomes([outcome for outcome in outcomes if outcome.word not in quiet], "Rows to look at")
    cancelled = sum(outcome.word is Word.CANCELLED for outcome in outcomes)
    if cancelled:
        print(
            f"{cancelled} row{s(cancelled)} {'was' if cancelled == 1 else 'were'} cancelled before {'it was' if cancelled == 1 else 'they were'} sent."
        )
    print(summary(outcomes))


def show_outcomes(outcomes: Sequence[Outcome], title: str, most: int | None = None) -> None:
    most = _MOST_ROWS if most is None else most
    rows = [(str(outcome.row), outcome.word.value.capitalize(), outcome.message) for outcome in outcomes[:most]]
    if rows:
        table(title, ("Row", "Outcome", "Message"), rows, colours=[_COLOURS.get(outcome.word, "red") for outcome in outcomes[:most]])
    if len(outcomes) > most:
        print(f"… and {len(outcomes) - most} more rows.")


class Progress:
    """Counts and time left on stderr: a bar on a terminal, a plain line now and then elsewhere. Threads may report."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bar: Any = None
        self._task: Any = None
        self._label = ""
        self._said = time.monotonic()
        self._waits_until = 0.0
        self._total: int | None = 0
        self.done = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self, label: str, total: int | None) -> None:
        """Begins to count rows to `total`, or contacts where nobody knows how many there are (None). 0 shows nothing."""
        self.stop()
        self._label, self._total, self.done = label, total, 0
        if total == 0:
            return
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._bar.start()
            self._task = self._bar.add_task(label, total=total)
        else:
            say(f"{label}." if total is None else f"{label}: {total} row{s(total)}.")

    def advance(self, *_: object) -> None:
        """One row more is done."""
        with self._lock:
            self._show(self.done + 1, self._total)

    def at(self, done: int, total: int | None) -> None:
        with self._lock:
            self._show(done, total)

    def _show(self, done: int, total: int | None) -> None:
        self.done = done
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total, description=self._label)
        else:
            count = f"{done:,}" if total is None else f"{done} of {total}"
            self._plain(f"{self._label}: {count}." if self._label else f"{count} contacts read.")

    def wait(self, seconds: float, why: str) -> None:
        """A wait is visible: how long, and why. Elsewhere than on a terminal each wait is said once, as it begins."""
        text = f"{why}: waiting {max(1, round(seconds))} s"
        with self._lock:
            if self._bar is not None:
                self._bar.update(self._task, description=text)
            elif seconds >= 1 and time.monotonic() + seconds > self._waits_until + 1:
                self._waits_until = time.monotonic() + seconds
                say(f"{text}.")

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _plain(self, line: str) -> None:
        now = time.monotonic()
        if now - self._said >= _EVERY:
            self._said = now
            say(line)


def table(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], colours: Sequence[str] | None = None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for header in headers:
        made.add_column(header, overflow="fold")
    for position, row in enumerate(rows):
        cells = [Text(printable(text)) for text in row]
        if colours:
            cells[1].stylize(colours[position])
        made.add_row(*cells)
    terminal = sys.stdout.isatty()
    Console(file=sys.stdout, width=None if terminal else 120, highlight=False).print(made)


def printable(text: str) -> str:
    """`text` without what a terminal would obey."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def _how_sure(column: Column) -> str:
    return column.sure.value if column.role in (Role.FIELD, Role.KEY) else ""


def _who(outcome: Outcome) -> str:
    contact = outcome.contact
    return shown(contact.full_name or contact.email or str(contact.id)) if contact else ""


def former(change: Change) -> str:
    """What Reply held before a change."""
    return _value(change, change.old) if change.target.verifiable else NOT_SHOWN


def coming(change: Change) -> str:
    """What a change writes."""
    return _value(change, change.new)


def _value(change: Change, value: FieldValue) -> str:
    return "(empty)" if is_empty(change.target, value) else shown(format(value, change.target)) or "(empty)"
