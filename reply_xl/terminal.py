"""The face of the command line: sentences and questions on stderr, results on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from reply_xl import console
from reply_xl.blocks import Blocks
from reply_xl.conduct import Conducted
from reply_xl.dialogue import say_gone
from reply_xl.errors import NotAgreed, SheetError
from reply_xl.face import Question
from reply_xl.history.records import Records
from reply_xl.model import FINE as FINE_WORDS
from reply_xl.model import Change, Outcome, Word
from reply_xl.place import Place
from reply_xl.plan import Draft

FINE, COULD_NOT_RUN, WRONG_USE, NEEDS_ATTENTION = 0, 1, 2, 3


class Terminal:
    """`yes`: what the option of that name says; `as_json`: outcomes are printed as JSON, and nothing else on stdout; `meanwhile`: where the
    workbook is open in Excel, what is done there while requests are under way; `words`: how sentences are said where it is."""

    def __init__(
        self,
        progress: console.Progress,
        *,
        yes: bool = False,
        as_json: bool = False,
        meanwhile: Blocks | None = None,
        words: Callable[[str], str] = str,
    ) -> None:
        self.progress, self.yes, self._as_json, self._words = progress, yes, as_json, words
        self.meanwhile = meanwhile

    def say(self, *sentences: str) -> None:
        for sentence in sentences:
            console.say(self._words(sentence))

    def agree(self, *questions: Question) -> list[bool]:
        """Asks one after the other."""
        return [self._agree(question) for question in questions]

    def settle(self, draft: Draft, questions: Callable[[Draft], list[Question]]) -> tuple[Draft, list[bool]]:
        """The draft as it is: what it holds back is agreed to by an option."""
        return draft, self.agree(*questions(draft))

    def allows(self, held: Sequence[Change]) -> bool:
        """`--allow` says so, beforehand."""
        return False

    def elsewhere(self, place: Place, draft: Draft, problem: SheetError) -> Place:
        """`--out` says where results go."""
        raise problem

    def refused(self, refusal: str, outcomes: Sequence[Outcome]) -> int:
        if self._as_json:
            print_json(outcomes)
        else:
            unfit = [outcome for outcome in outcomes if outcome.word in (Word.INVALID, Word.NOT_FOUND)]
            console.show_outcomes(unfit, "Rows that do not fit")
        self.say(refusal)
        return COULD_NOT_RUN

    def look_at(self, outcomes: Sequence[Outcome], title: str) -> None:
        if not self._as_json:
            console.show_outcomes(outcomes, title)

    def refreshed(self, sentence: str, problems: Sequence[Outcome]) -> int:
        console.show_outcomes(problems, "Rows to look at")
        self.say(sentence)
        return exit_code(problems)

    def conducted(
        self, records: Records, number: int, outcomes: Sequence[Outcome], done: Conducted, results: str, *, cancelled: bool
    ) -> int:
        run = done.run
        everything = bool(done.unsaved) and done.delivered is None
        if self._as_json:
            print_json(outcomes)
        else:
            console.show_results(outcomes, everything=everything)
        if done.unsaved:
            count = f"{len(done.unsaved)} outcome{'s' if len(done.unsaved) > 1 else ''}"
            self.say(
                f"{count} could not be written into the journal, so keep what is printed here; make room on the disk before the next run."
            )
        if done.delivered is None:
            rows = f"{run.waiting} row{'s' if run.waiting != 1 else ''}"
            advice = f"“reply-xl resume {run.id}” or the next command on {results} writes them."
            if self.meanwhile is not None:
                advice = f"the next click on {results}, or command with --live, writes them."
            self.say(f"{done.problem} The results of {rows} wait in the journal; {advice}")
        else:
            before = self.meanwhile.gone if self.meanwhile is not None else ()
            say_gone(self, records, run, sorted({*before, *done.delivered.gone}))
            self.say(*([done.delivered.missed] if done.delivered.missed else []))
            self.say(f"The results are in {results}{'' if self.meanwhile is None else ', which you save yourself'}.")
        if run.open and cancelled:
            self.say(f"Stopped; “reply-xl resume {run.id}” sends the rest.")
        return NEEDS_ATTENTION if cancelled or done.delivered is None or done.unsaved else exit_code(outcomes)

    def _agree(self, question: Question) -> bool:
        self.say(question.statement)
        if question.agreed:
            return False
        if not (sys.stdin and sys.stdin.isatty()):
            raise NotAgreed(f"Nothing was changed, because nobody was there to answer; {self._words(question.options)}.", asked=False)
        if not console.ask(question.question):
            raise NotAgreed("Nothing was changed.", asked=True)
        return True


def print_json(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        print(console.json_line(outcome))
    sys.stdout.flush()


def exit_code(outcomes: Sequence[Outcome]) -> int:
    return FINE if all(outcome.word in FINE_WORDS for outcome in outcomes) else NEEDS_ATTENTION
