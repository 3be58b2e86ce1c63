"""Who a job speaks with: a person at a terminal, or one who clicked a button in Excel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from reply_xl.conduct import Conducted, Meanwhile
from reply_xl.errors import SheetError
from reply_xl.history.records import Records
from reply_xl.model import Change, Outcome
from reply_xl.place import Place
from reply_xl.plan import Draft


class Progress(Protocol):
    """Shows how far a job is. Threads may report."""

    def start(self, label: str, total: int | None) -> None:
        """Begins to count rows to `total`, or without a goal (None)."""

    def advance(self, *_: object) -> None:
        """One row more is done."""

    def at(self, done: int, total: int | None) -> None: ...

    def wait(self, seconds: float, why: str) -> None:
        """A wait has begun: how long, and why."""

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Question:
    """`statement` says what is about to happen, `question` asks; `options` says how to agree where nobody is there to answer; `agreed`: it was
    agreed to beforehand, and is only said."""

    statement: str
    question: str
    options: str
    agreed: bool = False


class Face(Protocol):
    """`yes`: the user agreed beforehand to what is found by the program itself; `meanwhile`: what to do while requests are under way, None
    where nobody looks at the workbook before the end."""

    @property
    def yes(self) -> bool: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def meanwhile(self) -> Meanwhile | None: ...

    def say(self, *sentences: str) -> None: ...

    def agree(self, *questions: Question) -> list[bool]:
        """For each question whether a person answered it. Raises `NotAgreed` as soon as one is not agreed to."""

    def settle(self, draft: Draft, questions: Callable[[Draft], list[Question]]) -> tuple[Draft, list[bool]]:
        """Asks what is to be asked about a draft, or about one that allows more of what it holds back; returns the one that was agreed to, and
        for each of its questions whether a person answered it. Raises `NotAgreed`."""

    def allows(self, held: Sequence[Change]) -> bool:
        """Whether a person says that these changes, which wait for agreement, may be made."""

    def elsewhere(self, place: Place, draft: Draft, problem: SheetError) -> Place:
        """Another workbook for the results, where this one cannot take them. Raises `problem` if there is none, `NotAgreed` if none is wanted."""

    def refused(self, refusal: str, outcomes: Sequence[Outcome]) -> int:
        """A run that may not be: nothing was sent. The exit code."""

    def look_at(self, outcomes: Sequence[Outcome], title: str) -> None:
        """Rows that somebody should look at."""

    def conducted(
        self, records: Records, number: int, outcomes: Sequence[Outcome], done: Conducted, results: str, *, cancelled: bool
    ) -> int:
        """What became of each row, and where the results are. The exit code."""

    def refreshed(self, sentence: str, problems: Sequence[Outcome]) -> int:
        """What a pull did. The exit code."""
