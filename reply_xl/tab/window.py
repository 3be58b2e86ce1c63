"""The face of the ribbon: progress and the last sentence in Excel's status bar, questions in boxes, results in the sheet as they come."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from reply_xl import sentences
from reply_xl.blocks import Blocks, Clock, spread
from reply_xl.conduct import Conducted
from reply_xl.dialogue import say_gone
from reply_xl.errors import Cancelled, NotAgreed, SheetError
from reply_xl.excel import Excel, LivePlace
from reply_xl.face import Question
from reply_xl.fields import guard_of
from reply_xl.history.bases import is_a_file
from reply_xl.history.records import Records
from reply_xl.model import FINE as FINE_WORDS
from reply_xl.model import Change, Outcome, Word
from reply_xl.place import Place
from reply_xl.plan import Draft
from reply_xl.tab.in_excel import in_excel
from reply_xl.wording import joined

FINE, COULD_NOT_RUN, NEEDS_ATTENTION = 0, 1, 3
_BAR_EVERY = (2.0, 20.0)
"""Seconds between two texts in the status bar, at first and later: see `spread`."""
_LONGEST = 240
_MOST_LINES, _LEAST_LINES = 18, 4
"""Lines of a box, and of what is said in it beside what it asks."""
_log = logging.getLogger(__name__)


class Dialogs(Protocol):
    """Boxes in front of Excel. They hold nothing up but the process that shows them."""

    def tell(self, text: str) -> None: ...

    def ask(self, text: str, choices: Sequence[str], *, default: int = 0) -> int | None:
        """Which of the choices was taken; None if the box was closed. `default`: the one that Return takes. Raises `NotAgreed` where nobody
        can be asked, as the others do."""

    def choose(self, text: str, options: Sequence[str], action: str) -> int | None:
        """Which of many options was taken by the button `action`; None if the box was closed."""

    def ask_key(self, problem: str = "") -> str | None:
        """An API key, typed unseen; None if the box was closed. `problem`: why it is asked for again."""


class Bar:
    """The status bar of the Excel that was clicked. Threads may report; only the thread that made it speaks with Excel."""

    def __init__(self, excel: Excel, now: Callable[[], float]) -> None:
        self._excel, self._now = excel, now
        self._thread = threading.get_ident()
        self._began = self._shown_at = now()
        self._shown = self._text = self._label = self._why = ""
        self._waits_until = 0.0
        self._done, self._total = 0, None

    _total: int | None

    def start(self, label: str, total: int | None) -> None:
        self._label, self._done, self._total = label, 0, total
        self._began = self._now()
        self._tell()

    def advance(self, *_: object) -> None:
        self._done += 1
        self._tell()

    def at(self, done: int, total: int | None) -> None:
        self._done, self._total = done, total
        self._label = self._label or "Reading contacts"
        self._tell()

    def wait(self, seconds: float, why: str) -> None:
        self._why, self._waits_until = why, self._now() + seconds
        self._tell()

    def stop(self) -> None:
        self._label, self._why = "", ""

    def refresh(self) -> None:
        """Shows what is to be shown, not more often than need be. A busy Excel does without."""
        text = self._progress()
        if text and text != self._shown and self._now() - self._shown_at >= spread(self._now() - self._began, _BAR_EVERY):
            self.show(text)

    def show(self, text: str) -> None:
        """This text at once; "" gives the bar back to Excel."""
        self._shown, self._shown_at = text, self._now()

        def action(app: Any) -> None:
            app.status_bar = _one_line(text) or False

        self._excel.at_once(action)

    def clear(self) -> None:
        """Gives the bar back, unless another text is there by now."""

        def action(app: Any) -> None:
            if app.status_bar == _one_line(self._shown):
                app.status_bar = False

        self._excel.at_once(action)

    def _tell(self) -> None:
        if threading.get_ident() == self._thread:
            self.refresh()

    def _progress(self) -> str:
        if not self._label:
            return ""
        count = f"{self._done:,}" if self._total is None else f"{self._done:,} of {self._total:,}"
        left = round(self._waits_until - self._now())
        wait = f" ({self._why}: waiting {left} s)" if self._why and left > 0 else ""
        return f"Reply: {self._label.lower()}, {count}{wait}. Click Cancel to stop."


class Window:
    """`cancelled` is set when Cancel was clicked; `sentence` is the last one, for the bar."""

    yes = False

    def __init__(self, excel: Excel, dialogs: Dialogs, cancelled: threading.Event, clock: Clock | None = None) -> None:
        self._excel, self.dialogs, self._cancelled = excel, dialogs, cancelled
        clock = clock or Clock()
        self.progress = Bar(excel, clock.now)
        self.meanwhile = Blocks(cancelled, self.progress.refresh, clock, is_free=excel.is_free)
        self.notes: list[str] = []
        self.sentence = ""
        self._insists = False

    def insist(self) -> None:
        """What has been said so far is shown in a box, whether or not anything else needs one."""
        self._insists = bool(self.notes)

    def say(self, *said: str) -> None:
        """Kept for the next box: a status bar shows one sentence."""
        for sentence in said:
            _log.info("%s", sentence)
            self.notes.append(sentence)

    def agree(self, *questions: Question) -> list[bool]:
        return self._agree(questions, is_dangerous=False)

    def _agree(self, questions: Sequence[Question], *, is_dangerous: bool) -> list[bool]:
        open_ = [question for question in questions if not question.agreed]
        if open_:
            choices = (open_[-1].question.rstrip("?"), "Cancel")
            self._ask([question.statement for question in open_], choices, default=1 if is_dangerous else 0)
        return [not question.agreed for question in questions]

    def settle(self, draft: Draft, questions: Callable[[Draft], list[Question]]) -> tuple[Draft, list[bool]]:
        """One box for everything. What is held back is named in it, and sent only if that is chosen there."""
        words = {guard_of(one.target, one.old, one.new) for decision in draft.plan.decisions for one in decision.held} - {None}
        if not words:
            return draft, self._agree(questions(draft), is_dangerous=any(one.needs_a_person for one in draft.unseen))
        wide = draft.allowing(frozenset(filter(None, words)))
        asked = questions(wide)
        statements = [question.statement for question in asked] or [sentences.question(wide.plan, 0)]
        choices = ["Update all of it", "Leave these out", "Cancel"]
        if not draft.plan.to_send:
            choices.remove("Leave these out")
        text = (
            f"This asks for your word first: {joined(_counted(change for decision in draft.plan.decisions for change in decision.held))}."
        )
        chosen = self._ask([text, *statements], choices, default=len(choices) - 1)
        chosen_draft = wide if chosen == 0 else draft
        return chosen_draft, [True for _ in questions(chosen_draft)]

    def allows(self, held: Sequence[Change]) -> bool:
        statement = f"This asks for your word before it is put back: {joined(_counted(held))}."
        return self._ask([statement], ("Put these back too", "Leave these", "Cancel"), default=2) == 0

    def elsewhere(self, place: Place, draft: Draft, problem: SheetError) -> Place:
        """A new workbook beside the one that cannot take the results, if a person wants it."""
        if not isinstance(place, LivePlace):
            raise problem
        self._ask(
            [str(problem), "Nothing has been sent yet. The results can go into a new workbook instead."], ("Use a new workbook", "Cancel")
        )
        made = place.copied(place.sheet or "Results", draft.reading)
        self.say(f"The results are in “{made.name}”, a new workbook that is not saved yet.")
        return made

    def refused(self, refusal: str, outcomes: Sequence[Outcome]) -> int:
        unfit = [outcome for outcome in outcomes if outcome.word in (Word.INVALID, Word.NOT_FOUND)]
        self.look_at(unfit, "Rows that do not fit")
        self.end(refusal, in_a_box=True)
        return COULD_NOT_RUN

    def look_at(self, outcomes: Sequence[Outcome], title: str) -> None:
        if outcomes:
            rows = [f"  {outcome.message}" for outcome in outcomes[:5]]
            more = [f"  and {len(outcomes) - 5} more"] if len(outcomes) > 5 else []
            self.notes.append("\n".join([f"{title}:", *rows, *more]))

    def refreshed(self, sentence: str, problems: Sequence[Outcome]) -> int:
        self.look_at(problems, "Rows to look at")
        self.end(sentence, in_a_box=bool(problems))
        return NEEDS_ATTENTION if problems else FINE

    def conducted(
        self, records: Records, number: int, outcomes: Sequence[Outcome], done: Conducted, results: str, *, cancelled: bool
    ) -> int:
        run = done.run
        gone = sorted(self.meanwhile.gone.union(done.delivered.gone if done.delivered else ()))
        told = sentences.summary(outcomes)
        if run.server.practises_on_copies:
            told = f"Practice, nothing reached Reply. {told}"
        if done.unsaved:
            self.say(f"{len(done.unsaved)} results could not be written down; make room on the disk before the next update.")
        if done.delivered is None:
            rows = f"{run.waiting} row{'s' if run.waiting != 1 else ''}"
            told_when = f"are kept and written with the next click on “{results}”"
            if not is_a_file(run.page.results):
                told_when = (
                    f"are kept; save that workbook under a name, close it, and run “reply-xl resume {run.id}”, which says how to go on"
                )
            self.say(f"{done.problem} The results of {rows} {told_when}.")
        else:
            self.say(*filter(None, [done.delivered.missed]))
        say_gone(self, records, run, gone)
        is_fine = all(outcome.word in FINE_WORDS for outcome in outcomes)
        is_lost = done.delivered is None or bool(done.unsaved)
        if run.open and cancelled:
            told = f"{told} Retry failed sends the rest."
        elif not is_fine:
            told = f"{told} The rows say why."
        self.end(told, in_a_box=is_lost or bool(gone) or bool(done.delivered and done.delivered.missed))
        return FINE if is_fine and not is_lost and not cancelled else NEEDS_ATTENTION

    def end(self, sentence: str, *, in_a_box: bool = False) -> None:
        """The last sentence of a click: in the bar, and where a person should not miss it in a box, with what else was said. Where there is no
        box, what no box has said follows it in the bar as far as there is room."""
        _log.info("%s", sentence)
        self.sentence = sentence
        is_boxed = in_a_box or (self._insists and self.notes)
        unseen = [] if is_boxed else self.notes
        self.progress.show(f"Reply: {in_excel(' '.join([sentence, *unseen]))}")
        if is_boxed:
            self.dialogs.tell(_text([], [*self.notes, sentence]))

    def finish(self) -> None:
        """The click is over. Where it ended without a last sentence, as with nothing to do, what was said is its answer, in a box."""
        if not self.sentence and self.notes:
            self.end(self.notes.pop(), in_a_box=True)

    def _ask(self, statements: Sequence[str], choices: Sequence[str], default: int = 0) -> int:
        """Which choice; the last one is to leave it, and the default where something dangerous could be agreed to. Raises `NotAgreed`, and
        `Cancelled` where Cancel was clicked before it was answered."""
        notes, self.notes = self.notes, []
        chosen = None if self._cancelled.is_set() else self.dialogs.ask(_text(statements, notes), choices, default=default)
        if self._cancelled.is_set():
            raise Cancelled("Cancelled; nothing was sent.")
        if chosen is None or chosen == len(choices) - 1:
            raise NotAgreed("Nothing was changed.", asked=True)
        return chosen


def _counted(held: Iterable[Change]) -> list[str]:
    """What is held back: labels with the number of contacts, opting back in by its own name."""
    counts: dict[str, int] = {}
    for change in held:
        is_back_in = guard_of(change.target, change.old, change.new) == "opt-in"
        label = "opting back in" if is_back_in else change.target.label
        counts[label] = counts.get(label, 0) + 1
    return [f"{label} of {sentences.contacts(count)}" for label, count in counts.items()]


def _text(statements: Sequence[str], notes: Sequence[str]) -> str:
    """What is agreed to stands there whole, however long; of the rest there is room for some lines, and all of it is in the log."""
    asked, rest = ("\n\n".join(parts).split("\n") if parts else [] for parts in (statements, notes))
    room = max(_MOST_LINES - len(asked), _LEAST_LINES)
    if len(rest) > room:
        rest = [*rest[: room - 1], f"… and {len(rest) - room + 1} lines more."]
    lines = in_excel("\n".join([*asked, *([""] if asked and rest else []), *rest])).split("\n")
    return "\n".join("".join(char if char.isprintable() else " " for char in line) for line in lines)


def _one_line(text: str) -> str:
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
