"""The ribbon against a hostile reviewer: wrong sheets, wrong rows, unseen sends, lost results; over xlwings' Windows engine and a fake COM tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import xlwings as xw
from conftest import FIRST_ID, patches
from fake_excel import FakeExcel, Formula, install
from noted import ID, Answers, note
from test_ribbon import click, rows, status

from reply_xl import config
from reply_xl.click import Button
from reply_xl.ribbon import Outside, main
from reply_xl.sandbox import Sandbox

NAME = "leads.xlsx"


@pytest.fixture
def excel() -> Iterator[FakeExcel]:
    made = FakeExcel()
    made.add_book(NAME).add_sheet("Leads", rows(6))
    with install(made):
        yield made


class Meanwhile(Answers):
    """Does something in the workbook while each question is open, and then answers it."""

    def __init__(self, answers: Sequence[str], act: Callable[[], None]) -> None:
        super().__init__(answers)
        self._act = act

    def ask(self, text: str, choices: Sequence[str], *, default: int = 0) -> int | None:
        self._act()
        return super().ask(text, choices, default=default)


def press(excel: FakeExcel, sandbox: Sandbox, boxes: Answers, button: Button, *areas: str, **facts: Any) -> int:
    facts = {"window": excel.books[0].hwnd, "path": excel.books[0].full_name, **facts}
    note(config.shared_folder(), button, excel.books[0].name, *areas, **facts)
    return main([ID], Outside(lambda: xw.engines.active, lambda: boxes, lambda window: excel.pid, sandbox.url, linger=0))


def said(excel: FakeExcel) -> list[str]:
    """The texts of the status bar."""
    return [str(value) for name, value in excel.history if name == "StatusBar" and value]


@pytest.mark.parametrize("names", [("Leads", "Leads "), ("Strasse", "Straße")])
def test_of_sheets_with_nearly_the_same_name_the_clicked_one(names: tuple[str, str], sandbox: Sandbox) -> None:
    """Excel keeps a space at the end of a sheet's name and tells ß from ss: the sheet that was clicked is sent, never its neighbour."""
    excel = FakeExcel()
    book = excel.add_book(NAME)
    book.add_sheet(names[0], rows(2))
    book.add_sheet(names[1], [["Reply ID", "Title"], [float(FIRST_ID + 5), "meant"]])
    with install(excel):
        ran = click(sandbox, Button.UPDATE, "$A$2", book=NAME, sheet=names[1], window=book.hwnd)
        assert [(one.path.rpartition("/")[2], one.body) for one in patches(sandbox)] == [(str(FIRST_ID + 5), {"title": "meant"})], (
            ran.boxes.told
        )
        assert status(excel) == [None, None]
        ran = click(sandbox, Button.UNDO, "$A$2", book=NAME, sheet=names[0], window=book.hwnd, answers=("Undo it",))
        assert "nothing to undo" in ran.boxes.told[0]


def test_pull_into_a_sheet_that_was_sorted_while_its_question_was_open(excel: FakeExcel, sandbox: Sandbox) -> None:
    """Each value goes beside its contact as the rows stand now."""
    for number in range(6):
        sandbox.edit(FIRST_ID + number, title=f"Reply's {number}")
    sheet = excel.books[0].sheets[0]
    boxes = Meanwhile(["Replace them"], lambda: sheet.sort("A", 2, 7, reverse=True))
    assert press(excel, sandbox, boxes, Button.PULL, "$A$2:$A$4") == 0, boxes.told
    titles = {sheet.cell(f"A{row}").value: sheet.cell(f"C{row}").value for row in range(2, 8)}
    assert titles == {float(FIRST_ID + n): f"Reply's {n}" if n < 3 else f"Title {n}" for n in range(6)}


def test_pull_over_what_was_typed_while_its_question_was_open(excel: FakeExcel, sandbox: Sandbox) -> None:
    """A cell that was changed since it was read, a row that was deleted and a cell that is a formula now are left as they are, and counted."""
    for number in range(6):
        sandbox.edit(FIRST_ID + number, title=f"Reply's {number}")
    sheet = excel.books[0].sheets[0]

    def act() -> None:
        sheet.set("C2", "typed meanwhile")
        sheet.set("C3", Formula("=1+1", 2.0))
        sheet.delete_rows(4)

    boxes = Meanwhile(["Replace them"], act)
    press(excel, sandbox, boxes, Button.PULL, "$A$2:$A$5")
    assert [sheet.cell(f"C{row}").value for row in (2, 4)] == ["typed meanwhile", "Reply's 3"], boxes.told
    assert sheet.cell("C3").formula == "=1+1"
    assert "3 cells were changed meanwhile" in " ".join(said(excel))
