"""How `doctor --live` tries a step: what an Excel has to be able to do for it, what a step may use, and what became of it.

Every step has an Excel and a server of its own that stands for Reply. `Stage` presses the buttons and opens the books; nothing here knows which
Excel it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from reply_xl.doctor.live_watch import Watch
from reply_xl.sandbox import Sandbox
from reply_xl.tab.click import Button
from reply_xl.tab.practice_mark import practice_of
from reply_xl.tab.serving import mark_of, serving

SHEET = "Contacts"
FIRST_ID = 2_147_000_001
NOT_RUN = "not run: "
"""What a problem begins with that says why a step could not be run."""
SECONDS = 60.0
"""That a click may take."""
_HEADERS = ("Reply ID", "Email", "Title")
_BEFORE = "Before"
_MOST = 12


class Verdict(StrEnum):
    PASS = "PASS"
    FAIL = "FAIL"
    NOT_RUN = "NOT RUN"
    SKIP = "SKIP"


@dataclass(frozen=True, slots=True)
class Result:
    """`reason`: what was seen instead, or why the step was not run; "" for PASS."""

    name: str
    verdict: Verdict
    seconds: float
    reason: str


class Stage(Protocol):
    """An Excel with the add-in, in which only scratch workbooks are open. `missing`: what it cannot do (a word of `Step.needs`) → why; `shared`:
    the folder that it shares with Python."""

    missing: Mapping[str, str]
    shared: Path

    def begin(self, url: str) -> None:
        """From here on clicks go to this server unless practice is on, which it is not; no box was shown yet, and no answer is known."""

    def open(self, file: Path) -> Any:
        """As an xlwings book, in a window of its own."""

    def select(self, book: Any, sheet: str, *areas: str) -> None:
        """On this sheet, which comes to the front."""

    def press(self, button: Button, pressed: str = "") -> None:
        """Calls the add-in's macro, and does not wait for what it starts. `pressed`: "1" or "0", what Practice is switched to."""

    def answer(self, *choices: str) -> None:
        """What the next boxes are answered with; further ones are closed."""

    def asked(self) -> list[str]:
        """The texts of the boxes so far."""

    def wait(self, seconds: float) -> bool:
        """Whether every click has been carried out within that time."""

    def close(self, book: Any) -> None:
        """Without saving, and with its Excel where no other workbook is open in it."""

    def open_elsewhere(self, file: Path) -> Any:
        """In a second Excel."""

    def edit(self) -> bool:
        """Begins to edit a cell, and says whether that went well."""

    def end_edit(self) -> None: ...

    def ask_person(self, sentence: str) -> None:
        """Says what the person at the computer should do now; does not wait for it."""


@dataclass(slots=True)
class Try:
    """One step while it is run. `server`: where its clicks go, `sheet`: the one that they are for; with `practise` both become those of practice."""

    stage: Stage
    reply: Sandbox
    folder: Path
    server: Watch
    sheet: str = SHEET

    def leads(self, name: str, count: int, *, hidden: Sequence[int] = (), protected: bool = False, before: bool = True) -> Path:
        """A workbook with so many contacts of the server; `hidden`: rows that a filter hides; `before` False: each with a new title."""
        import openpyxl

        made = openpyxl.Workbook()
        sheet: Any = made.active
        sheet.title = SHEET
        sheet.append(_HEADERS)
        for index in range(count):
            sheet.append((FIRST_ID + index, _email(index), _BEFORE if before else title(index)))
        if hidden:
            sheet.auto_filter.ref = f"A1:C{count + 1}"
            sheet.auto_filter.add_filter_column(1, [_email(row - 2) for row in range(2, count + 2) if row not in hidden])
        for row in hidden:
            sheet.row_dimensions[row].hidden = True
        sheet.protection.sheet = protected
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        made.save(file)
        return file

    def open(self, count: int, **kind: Any) -> Any:
        return self.stage.open(self.leads("doctor.xlsx", count, **kind))

    def practise(self, book: Any) -> Iterator[str]:
        """Clicks Practice; a problem if no copy of the sheet stands in front then, or no server of its own answers for it."""
        self.select(book, "A2")
        yield from self.click(Button.PRACTICE, pressed="1")
        server = serving(self.stage.shared)
        if server is None:
            yield f"no practice server is there; boxes: {self.stage.asked()}"
            return
        copy = book.sheets.active
        yield from self.expect("sheet for practice in front", server.instance, practice_of(copy))
        self.server, self.sheet = Watch(server.url), str(copy.name)

    def retitle(self, book: Any, count: int) -> None:
        """Gives each contact of the sheet a new title, as a user does."""
        book.sheets[self.sheet].range((2, 3), (count + 1, 3)).raw_value = [[title(index)] for index in range(count)]

    def stop_practising(self, book: Any, count: int) -> Iterator[str]:
        """Clicks Practice again; a problem if it is not over then, if Reply was asked anything, or if the sheet itself was written to."""
        yield from self.click(Button.PRACTICE, pressed="0")
        self.server, self.sheet = Watch(self.reply.url), SHEET
        yield from self.expect("practice", (None, None), (mark_of(self.stage.shared), serving(self.stage.shared)))
        yield from self.expect("requests to Reply", 0, len(self.reply.requests))
        wanted = [list(_HEADERS), *([FIRST_ID + index, _email(index), _BEFORE] for index in range(count))]
        yield from self.expect("the sheet itself", wanted, _cells(book.sheets[SHEET], count, len(_HEADERS)))
        yield from self.expect("results on the sheet itself", [None] * count, self.results(book, count))

    def select(self, book: Any, *areas: str) -> None:
        self.stage.select(book, self.sheet, *areas)

    def click(self, button: Button, *answers: str, pressed: str = "") -> Iterator[str]:
        """Presses and waits; a problem if that takes too long."""
        self.stage.answer(*answers)
        self.stage.press(button, pressed)
        yield from self.wait()

    def wait(self) -> Iterator[str]:
        if not self.stage.wait(SECONDS):
            yield f"the click was not carried out within {SECONDS:g} seconds; boxes: {self.stage.asked()}"

    def title(self, index: int) -> Any:
        """As the server has it."""
        return self.server.contact(FIRST_ID + index).get("title")

    def results(self, book: Any, rows: int) -> list[Any]:
        """What stands below `Reply status`, None where there is no such column."""
        lines = _cells(book.sheets[self.sheet], rows, 10)
        if "Reply status" not in lines[0]:
            return [None] * rows
        column = lines[0].index("Reply status")
        return [line[column] or None for line in lines[1:]]

    def expect(self, what: str, wanted: object, seen: object) -> Iterator[str]:
        if wanted != seen:
            yield f"{what}: {seen!r} instead of {wanted!r}; boxes: {self.stage.asked()}"

    def until_sent(self, count: int) -> bool:
        """Whether the server has seen so many changes within a minute."""
        until = time.monotonic() + SECONDS
        while len(self.server.sent()) < count:
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True


@dataclass(frozen=True, slots=True)
class Step:
    """`run` yields what is not as it should be. `needs`: "" or what a stage may lack; `is_optional`: nothing is wrong where it lacks that."""

    name: str
    run: Callable[[Try], Iterator[str]]
    needs: str = ""
    is_optional: bool = False


def run_steps(stage: Stage, folder: Path, steps: Sequence[Step]) -> Iterator[Result]:
    """One after the other; whatever goes wrong in one is its FAIL. `folder` gets the scratch workbooks, a folder for each step."""
    for number, step in enumerate(steps, 1):
        if step.needs in stage.missing:
            yield Result(step.name, Verdict.SKIP if step.is_optional else Verdict.NOT_RUN, 0.0, stage.missing[step.needs])
            continue
        began = time.monotonic()
        try:
            contacts = [{"id": FIRST_ID + index, "email": _email(index), "title": _BEFORE} for index in range(_MOST)]
            with Sandbox(contacts, quota="off") as reply:
                stage.begin(reply.url)
                problem = next(step.run(Try(stage, reply, folder / str(number), Watch(reply.url))), "")
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        verdict = Verdict.NOT_RUN if problem.startswith(NOT_RUN) else Verdict.FAIL if problem else Verdict.PASS
        yield Result(step.name, verdict, time.monotonic() - began, problem.removeprefix(NOT_RUN))


def title(index: int) -> str:
    """That a step gives to a contact."""
    return f"Title {index}"


def _email(index: int) -> str:
    return f"p{index}@example.com"


def _cells(sheet: Any, rows: int, columns: int) -> list[list[Any]]:
    """The header and so many rows below it."""
    return [list(line) for line in sheet.range((1, 1), (rows + 1, columns)).raw_value]
