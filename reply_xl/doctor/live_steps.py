"""What `doctor --live` tries: the whole click on scratch workbooks, one step for each thing that only a running Excel can show.

The way of a user: Practice is clicked, its copy is worked on, and Practice is clicked again. Only the step in which Excel is closed goes to the server
that stands for Reply, because the practice server ends with Excel. Nothing reaches Reply.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from reply_xl.doctor.live_try import FIRST_ID, NOT_RUN, SECONDS, Step, Try, title
from reply_xl.tab.click import Button

__all__ = ["STEPS"]

_AGREE = "Update them"
_UPDATED, _CANCELLED, _UNDONE = "practice: Updated", "practice: Cancelled", "practice: Undone"
_EDITING = 3.0


def _in_practice(work: Callable[[Try, Any], Iterator[str]], count: int, **kind: Any) -> Callable[[Try], Iterator[str]]:
    """On the copy of so many contacts, each with a new title unless the sheet is protected."""

    def run(one: Try) -> Iterator[str]:
        book = one.open(count, **kind)
        yield from one.practise(book)
        if not kind.get("protected"):
            one.retitle(book, count)
        yield from work(one, book)
        yield from one.stop_practising(book, count)
        one.stage.close(book)

    return run


def _practised(one: Try, book: Any) -> Iterator[str]:
    yield from one.expect("titles on the practice server", ["Before"] * 2, [one.title(0), one.title(1)])


def _left(one: Try) -> Iterator[str]:
    book = one.open(2)
    yield from one.practise(book)
    copy = one.sheet
    one.retitle(book, 2)
    yield from one.stop_practising(book, 2)
    one.stage.select(book, copy, "A2:A3")
    yield from one.click(Button.UPDATE, _AGREE)
    yield from one.expect("contacts sent to Reply", [], one.server.sent())
    if not any("is a copy for practice" in text for text in one.stage.asked()):
        yield f"no box says that the sheet is a copy for practice: {one.stage.asked()}"
    one.stage.close(book)


def _filtered(one: Try, book: Any) -> Iterator[str]:
    one.select(book, "A2:C3", "B5")
    yield from one.click(Button.UPDATE, _AGREE)
    yield from one.expect("results", [_UPDATED, None, None, _UPDATED, None, None], one.results(book, 6))
    yield from one.expect("contacts sent", [FIRST_ID, FIRST_ID + 3], sorted(one.server.sent()))


def _moved_on(one: Try, book: Any) -> Iterator[str]:
    one.select(book, "A3")
    one.stage.answer(_AGREE)
    one.stage.press(Button.UPDATE)
    one.select(book, "A5")
    yield from one.wait()
    yield from one.expect("results", [None, _UPDATED, None, None], one.results(book, 4))


def _protected(one: Try, book: Any) -> Iterator[str]:
    one.select(book, "A2:A4")
    yield from one.click(Button.UPDATE, _AGREE)
    yield from one.expect("contacts sent", [], one.server.sent())
    if not any("unprotect it" in text for text in one.stage.asked()):
        yield f"no box says that the sheet is protected: {one.stage.asked()}"


def _undone(one: Try, book: Any) -> Iterator[str]:
    one.select(book, "A2:A3")
    yield from one.click(Button.UPDATE, _AGREE)
    yield from one.expect("titles after Update", [title(0), title(1)], [one.title(0), one.title(1)])
    yield from one.click(Button.UNDO, "Undo it")
    yield from one.expect("titles after Undo", ["Before", "Before"], [one.title(0), one.title(1)])
    yield from one.expect("results", [_UNDONE, _UNDONE], one.results(book, 2))


def _cancelled(one: Try, book: Any) -> Iterator[str]:
    one.server.slow_down(0.5)
    one.select(book, "A2:A11")
    one.stage.answer(_AGREE)
    one.stage.press(Button.UPDATE)
    if not one.until_sent(1):
        yield f"nothing was sent; boxes: {one.stage.asked()}"
    one.stage.press(Button.CANCEL)
    yield from one.wait()
    said = one.results(book, 10)
    yield from one.expect("kinds of results", {_UPDATED, _CANCELLED}, set(said))
    yield from one.expect("changes sent", said.count(_UPDATED), len(one.server.sent()))


def _closed(one: Try) -> Iterator[str]:
    file = one.leads("doctor.xlsx", 6, before=False)
    book = one.stage.open(file)
    one.server.slow_down(0.4)
    one.select(book, "A2:A7")
    one.stage.answer(_AGREE)
    one.stage.press(Button.UPDATE)
    if not one.until_sent(1):
        yield f"nothing was sent; boxes: {one.stage.asked()}"
    one.stage.close(book)
    yield from one.wait()
    one.server.slow_down(0)
    sent = sorted(one.server.sent())
    book = one.stage.open(file)
    one.select(book, "A2")
    yield from one.click(Button.COLUMNS)
    there = [FIRST_ID + index for index, word in enumerate(one.results(book, 6)) if word == "Updated"]
    yield from one.expect("contacts with a result", sent, there)
    one.stage.close(book)


def _twins(one: Try, book: Any) -> Iterator[str]:
    other = one.stage.open_elsewhere(one.leads("other/doctor.xlsx", 2, before=False))
    before = [sheet.name for sheet in other.sheets]
    one.select(book, "A2")
    yield from one.click(Button.UPDATE, _AGREE)
    yield from one.expect("results", [_UPDATED, None], one.results(book, 2))
    yield from one.expect("sheets in the other Excel", before, [sheet.name for sheet in other.sheets])
    yield from one.expect("cells of the other Excel", [None] * 3, [other.sheets[0].range((row, 4)).raw_value for row in (1, 2, 3)])
    one.stage.close(other)


def _edited(one: Try, book: Any) -> Iterator[str]:
    one.server.slow_down(1.0)
    one.select(book, "A2:A4")
    one.stage.answer(_AGREE)
    one.stage.press(Button.UPDATE)
    if not one.until_sent(1):
        yield f"nothing was sent; boxes: {one.stage.asked()}"
    if not one.stage.edit():
        one.stage.wait(SECONDS)
        yield f"{NOT_RUN}no cell could be put into edit mode; another window may have come to the front"
        return
    try:
        time.sleep(_EDITING)
    finally:
        one.stage.end_edit()
    yield from one.wait()
    yield from one.expect("results", [_UPDATED] * 3, one.results(book, 3))


def _by_hand(one: Try, book: Any) -> Iterator[str]:
    one.select(book, "A2")
    one.stage.answer(_AGREE)
    one.stage.ask_person(f"Now click Update in the tab Reply of the Excel that has just opened; there are {SECONDS:g} seconds for it.")
    if not one.until_sent(1):
        asked = one.stage.asked()
        yield f"{'' if asked else NOT_RUN}nothing was sent, because nobody clicked, there is no tab, or it did nothing; boxes: {asked}"
    yield from one.wait()
    yield from one.expect("results", [_UPDATED, None], one.results(book, 2))


def _functions(one: Try) -> Iterator[str]:
    book = one.open(1)
    not_seen = "Not seen on this computer yet; pull it first."
    answers = {
        '=REPLY_COLUMN("Title")': "Title",
        '=REPLY_CHECK("Email","p0@example.com")': "",
        '=REPLY_CHECK("Reply ID","Zoe")': "“Zoe” is not a Reply ID; correct it.",
        f'=REPLY_CONTACT({FIRST_ID - 1},"Title")': not_seen,
        f"=REPLY_STATUS({FIRST_ID - 1})": not_seen,
    }
    for row, (formula, wanted) in enumerate(answers.items(), 2):
        yield from one.expect(formula, wanted, _answer_of(one, book, row, formula))
    quota = _answer_of(one, book, 10, "=REPLY_QUOTA()")
    if "requests left in this minute" not in str(quota):
        yield f"=REPLY_QUOTA(): {quota!r}"
    one.stage.close(book)


def _answer_of(one: Try, book: Any, row: int, formula: str) -> Any:
    cell = book.sheets[one.sheet].range((row, 5))
    cell.formula = formula
    return "" if cell.raw_value is None else cell.raw_value


STEPS = (
    Step("Practice is switched on", _in_practice(_practised, 2)),
    Step("Update of a filtered selection of several areas", _in_practice(_filtered, 6, hidden=[3])),
    Step("Another cell is selected right after the click", _in_practice(_moved_on, 4)),
    Step("Protected sheet", _in_practice(_protected, 3, protected=True)),
    Step("Undo", _in_practice(_undone, 2)),
    Step("Cancel in mid-run", _in_practice(_cancelled, 10)),
    Step("Excel closed in mid-run, results delivered at the next click", _closed),
    Step("Two Excels with a workbook of the same name", _in_practice(_twins, 2), "second"),
    Step("A cell is being edited", _in_practice(_edited, 3), "edit"),
    Step("Practice is switched off", _left),
    Step("Functions in cells", _functions, "functions", is_optional=True),
    Step("The tab Reply, clicked by a person", _in_practice(_by_hand, 2), "person"),
)
