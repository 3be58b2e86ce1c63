"""What `doctor --live` tries: the whole click on scratch workbooks, one step for each thing that only a running Excel can show.

The steps know nothing of which Excel it is: `Stage` presses the buttons and opens the books. Every step has a practice server of its own, so nothing
reaches Reply.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from reply_xl.click import Button
from reply_xl.sandbox import Sandbox

SHEET = "Contacts"
_FIRST_ID = 2_147_000_001
_HEADERS = ("Reply ID", "Email", "Title")
_AGREE = "Update them"
_SECONDS, _EDITING = 60.0, 3.0


class Verdict(StrEnum):
    PASS = "PASS"
    FAIL = "FAIL"
    NOT_RUN = "NOT RUN"


@dataclass(frozen=True, slots=True)
class Result:
    """`reason`: what was seen instead, or why the step was not run; "" for PASS."""

    name: str
    verdict: Verdict
    seconds: float
    reason: str


class Stage(Protocol):
    """An Excel with the add-in, in which only scratch workbooks are open. `missing`: what it cannot do (a word of `Step.needs`) → why."""

    missing: Mapping[str, str]

    def begin(self, url: str) -> None:
        """From here on clicks go to this server; no box was shown yet, and no answer is known."""

    def open(self, file: Path) -> Any:
        """As an xlwings book, in a window of its own."""

    def select(self, book: Any, *areas: str) -> None:
        """On the sheet `SHEET`, which comes to the front."""

    def press(self, button: Button) -> None:
        """Calls the add-in's macro, and does not wait for what it starts."""

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


@dataclass(frozen=True, slots=True)
class Try:
    """One step while it is run."""

    stage: Stage
    sandbox: Sandbox
    folder: Path

    def leads(self, name: str, count: int, *, hidden: Sequence[int] = (), protected: bool = False) -> Path:
        """A workbook with so many contacts of the server, each with a new title; `hidden`: rows that a filter hides."""
        import openpyxl

        made = openpyxl.Workbook()
        sheet: Any = made.active
        sheet.title = SHEET
        sheet.append(_HEADERS)
        for index in range(count):
            sheet.append((_FIRST_ID + index, _email(index), _title(index)))
        if hidden:
            sheet.auto_filter.ref = f"A1:C{count + 1}"
            sheet.auto_filter.add_filter_column(2, [_title(row - 2) for row in range(2, count + 2) if row not in hidden])
        for row in hidden:
            sheet.row_dimensions[row].hidden = True
        sheet.protection.sheet = protected
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        made.save(file)
        return file

    def open(self, count: int, **kind: Any) -> Any:
        return self.stage.open(self.leads("doctor.xlsx", count, **kind))

    def click(self, button: Button, *answers: str) -> Iterator[str]:
        """Presses and waits; a problem if that takes too long."""
        self.stage.answer(*answers)
        self.stage.press(button)
        yield from self.wait()

    def wait(self) -> Iterator[str]:
        if not self.stage.wait(_SECONDS):
            yield f"the click was not carried out within {_SECONDS:g} seconds"

    def sent(self) -> list[int]:
        """The contacts that the server was asked to change, in that order."""
        return [int(request.path.rpartition("/")[2]) for request in self.sandbox.requests if request.method == "PATCH"]

    def title(self, index: int) -> Any:
        return self.sandbox.contact(_FIRST_ID + index).get("title")

    def expect(self, what: str, wanted: object, seen: object) -> Iterator[str]:
        if wanted != seen:
            yield f"{what}: {seen!r} instead of {wanted!r}; boxes: {self.stage.asked()}"

    def until_sent(self, count: int) -> bool:
        """Whether the server has seen so many changes within a minute."""
        until = time.monotonic() + _SECONDS
        while len(self.sent()) < count:
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True


@dataclass(frozen=True, slots=True)
class Step:
    """`run` yields what is not as it should be. `needs`: "" or what a stage may lack."""

    name: str
    run: Callable[[Try], Iterator[str]]
    needs: str = ""


def run_steps(stage: Stage, folder: Path, steps: Sequence[Step] = ()) -> Iterator[Result]:
    """One after the other; whatever goes wrong in one is its FAIL. `folder` gets the scratch workbooks, a folder for each step."""
    for number, step in enumerate(steps or STEPS, 1):
        if step.needs in stage.missing:
            yield Result(step.name, Verdict.NOT_RUN, 0.0, stage.missing[step.needs])
            continue
        began = time.monotonic()
        try:
            contacts = [{"id": _FIRST_ID + index, "email": _email(index), "title": "Before"} for index in range(12)]
            with Sandbox(contacts, quota="off") as sandbox:
                stage.begin(sandbox.url)
                problem = next(step.run(Try(stage, sandbox, folder / str(number))), "")
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        verdict = Verdict.NOT_RUN if problem.startswith(_NOT_RUN) else Verdict.FAIL if problem else Verdict.PASS
        yield Result(step.name, verdict, time.monotonic() - began, problem.removeprefix(_NOT_RUN))


_NOT_RUN = "not run: "


def _filtered(one: Try) -> Iterator[str]:
    book = one.open(6, hidden=[3])
    one.stage.select(book, "A2:C3", "B5")
    yield from one.click(Button.UPDATE, _AGREE)
    yield from one.expect("results", ["Updated", None, None, "Updated", None, None], results(book, 6))
    yield from one.expect("contacts sent", {_FIRST_ID, _FIRST_ID + 3}, set(one.sent()))
    one.stage.close(book)


def _moved_on(one: Try) -> Iterator[str]:
    book = one.open(4)
    one.stage.select(book, "A3")
    one.stage.answer(_AGREE)
    one.stage.press(Button.UPDATE)
    one.stage.select(book, "A5")
    yield from one.wait()
    yield from one.expect("results", [None, "Updated", None, None], results(book, 4))
    one.stage.close(book)


def _protected(one: Try) -> Iterator[str]:
    book = one.open(3, protected=True)
    one.stage.select(book, "A2:A4")
    yield from one.click(Button.UPDATE, _AGREE)
    yield from one.expect("contacts sent", [], one.sent())
    if not any("unprotect it" in text for text in one.stage.asked()):
        yield f"no box says that the sheet is protected: {one.stage.asked()}"
    one.stage.close(book)


def _undone(one: Try) -> Iterator[str]:
    book = one.open(2)
    one.stage.select(book, "A2:A3")
    yield from one.click(Button.UPDATE, _AGREE)
    yield from one.expect("titles after Update", [_title(0), _title(1)], [one.title(0), one.title(1)])
    yield from one.click(Button.UNDO, "Undo it")
    yield from one.expect("titles after Undo", ["Before", "Before"], [one.title(0), one.title(1)])
    yield from one.expect("results", ["Undone", "Undone"], results(book, 2))
    one.stage.close(book)


def _cancelled(one: Try) -> Iterator[str]:
    book = one.open(10)
    one.sandbox.set(latency=0.5)
    one.stage.select(book, "A2:A11")
    one.stage.answer(_AGREE)
    one.stage.press(Button.UPDATE)
    if not one.until_sent(1):
        yield f"nothing was sent; boxes: {one.stage.asked()}"
    one.stage.press(Button.CANCEL)
    yield from one.wait()
    said = results(book, 10)
    yield from one.expect("kinds of results", {"Updated", "Cancelled"}, set(said))
    yield from one.expect("changes sent", said.count("Updated"), len(one.sent()))
    one.stage.close(book)


def _closed(one: Try) -> Iterator[str]:
    file = one.leads("doctor.xlsx", 6)
    book = one.stage.open(file)
    one.sandbox.set(latency=0.4)
    one.stage.select(book, "A2:A7")
    one.stage.answer(_AGREE)
    one.stage.press(Button.UPDATE)
    if not one.until_sent(1):
        yield f"nothing was sent; boxes: {one.stage.asked()}"
    one.stage.close(book)
    yield from one.wait()
    one.sandbox.set(latency=0)
    sent = sorted(one.sent())
    book = one.stage.open(file)
    one.stage.select(book, "A2")
    yield from one.click(Button.COLUMNS)
    there = [_FIRST_ID + index for index, word in enumerate(results(book, 6)) if word == "Updated"]
    yield from one.expect("contacts with a result", sent, there)
    one.stage.close(book)


def _twins(one: Try) -> Iterator[str]:
    book = one.open(2)
    other = one.stage.open_elsewhere(one.leads("other/doctor.xlsx", 2))
    one.stage.select(book, "A2")
    yield from one.click(Button.UPDATE, _AGREE)
    yield from one.expect("results", ["Updated", None], results(book, 2))
    yield from one.expect("results in the other Excel", [None, None], results(other, 2))
    one.stage.close(other)
    one.stage.close(book)


def _edited(one: Try) -> Iterator[str]:
    book = one.open(3)
    one.sandbox.set(latency=1.0)
    one.stage.select(book, "A2:A4")
    one.stage.answer(_AGREE)
    one.stage.press(Button.UPDATE)
    if not one.until_sent(1):
        yield f"nothing was sent; boxes: {one.stage.asked()}"
    if not one.stage.edit():
        one.stage.wait(_SECONDS)
        one.stage.close(book)
        yield f"{_NOT_RUN}no cell could be put into edit mode; another window may have come to the front"
        return
    try:
        time.sleep(_EDITING)
    finally:
        one.stage.end_edit()
    yield from one.wait()
    yield from one.expect("results", ["Updated"] * 3, results(book, 3))
    one.stage.close(book)


def _by_hand(one: Try) -> Iterator[str]:
    book = one.open(2)
    one.stage.select(book, "A2")
    one.stage.answer(_AGREE)
    one.stage.ask_person(f"Now click Update in the tab Reply of the Excel that has just opened; there are {_SECONDS:g} seconds for it.")
    if not one.until_sent(1):
        asked = one.stage.asked()
        one.stage.close(book)
        yield f"{'' if asked else _NOT_RUN}nothing was sent, because nobody clicked, there is no tab, or it did nothing; boxes: {asked}"
        return
    yield from one.wait()
    yield from one.expect("results", ["Updated", None], results(book, 2))
    one.stage.close(book)


STEPS = (
    Step("Update of a filtered selection of several areas", _filtered),
    Step("Another cell is selected right after the click", _moved_on),
    Step("Protected sheet", _protected),
    Step("Undo", _undone),
    Step("Cancel in mid-run", _cancelled),
    Step("Excel closed in mid-run, results delivered at the next click", _closed),
    Step("Two Excels with a workbook of the same name", _twins, "second"),
    Step("A cell is being edited", _edited, "edit"),
    Step("The tab Reply, clicked by a person", _by_hand, "person"),
)


def results(book: Any, rows: int) -> list[Any]:
    """What stands below `Reply status`, None where there is no such column."""
    lines = [list(line) for line in book.sheets[SHEET].range((1, 1), (rows + 1, 10)).raw_value]
    if "Reply status" not in lines[0]:
        return [None] * rows
    column = lines[0].index("Reply status")
    return [line[column] or None for line in lines[1:]]


def _email(index: int) -> str:
    return f"p{index}@example.com"


def _title(index: int) -> str:
    return f"Title {index}"
