"""What people do in Excel while a command with `--live` asks or sends: it acts on what it named, or on nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import FIRST_ID, Live, patches
from fake_excel import FakeExcel, install
from test_ribbon import rows, status

from reply_xl.sandbox import Sandbox

NAME = "leads.xlsx"


class Typed(io.StringIO):
    """A terminal at which “y” is typed to each question, after something has been done in Excel."""

    def __init__(self, action: Callable[[], Any]) -> None:
        super().__init__("y\n" * 5)
        self._actions = [action]

    def isatty(self) -> bool:
        return True

    def readline(self, size: int | None = -1, /) -> str:
        while self._actions:
            self._actions.pop()()
        return super().readline()


@pytest.fixture
def excel() -> Iterator[FakeExcel]:
    """A workbook with six contacts, of which the rows 2, 3 and 5 are selected, and another sheet with other values for them."""
    made = FakeExcel()
    book = made.add_book(NAME)
    book.add_sheet("Leads", rows(6)).select("A2:C3,B5")
    book.add_sheet("Other", [["Reply ID", "Email", "Title"], *([float(FIRST_ID + n), None, "other"] for n in range(6, 10))]).select("A2:A5")
    book.active = book.sheets[0]
    with install(made):
        yield made


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """At the next question this is done in Excel, and then yes is typed."""
    return lambda action: monkeypatch.setattr("sys.stdin", Typed(action))


def titles(sandbox: Sandbox) -> list[Any]:
    return [contact.get("title") for contact in sandbox.contacts.values()][:6]


SENT = ["Title 0", "Title 1", None, "Title 3", None, None]


def close(excel: FakeExcel) -> None:
    excel.books[0].close()


def close_and_open_another_of_the_same_name(excel: FakeExcel) -> None:
    excel.books[0].close()
    book = excel.add_book(NAME, folder="D:\\")
    book.add_sheet("Leads", [["Reply ID", "Email", "Title"], [float(FIRST_ID), None, "elsewhere"]]).select("A2")


def rename(excel: FakeExcel) -> None:
    excel.books[0].sheets[0].name = "Done"


def protect(excel: FakeExcel) -> None:
    excel.books[0].sheets[0].protected = True


def delete(excel: FakeExcel) -> None:
    book = excel.books[0]
    book.sheets.pop(0)
    book.active = book.sheets[0]


def make_read_only(excel: FakeExcel) -> None:
    excel.books[0].read_only = True


def copy(excel: FakeExcel) -> None:
    excel.properties["CutCopyMode"] = 1


def end(excel: FakeExcel) -> None:
    excel.end()


GONE = [close, close_and_open_another_of_the_same_name, rename, protect, delete, make_read_only, copy, end]


@pytest.mark.parametrize("action", GONE, ids=lambda one: one.__name__)
def test_what_it_named_is_gone(excel: FakeExcel, sandbox: Sandbox, live: Live, answer: Any, action: Callable[[FakeExcel], None]) -> None:
    """While the question waits the sheet goes, or can no longer be written: nothing is sent, one sentence says why, and no other sheet is
    written."""
    answer(lambda: action(excel))
    ran = live(sandbox, "push", "--live")
    assert (ran.code, patches(sandbox)) == (1, []), ran
    assert ran.err.splitlines()[-1].endswith("."), ran.err
    assert "unexpected" not in ran.err
    assert not any(
        sheet.cell("D1").value for book in excel.books for sheet in book.sheets if sheet.name == "Other" or book.folder == "D:\\"
    )


@pytest.mark.parametrize("action", [one for one in GONE if one is not copy], ids=lambda one: one.__name__)
def test_an_undo_whose_sheet_is_gone(
    excel: FakeExcel, sandbox: Sandbox, live: Live, answer: Any, action: Callable[[FakeExcel], None]
) -> None:
    """What was agreed to is undone, which needs no workbook; the results wait for theirs, and no other sheet is written."""
    assert live(sandbox, "push", "--live", "--yes").code == 0
    other = excel.books[0].sheets[1]
    answer(lambda: action(excel))
    ran = live(sandbox, "undo", "--live")
    assert ran.code in (0, 3), ran
    assert "unexpected" not in ran.err
    assert titles(sandbox) == [None] * 6
    assert other.cell("D1").value is None
    assert other.cell("C2").value == "other"


def switch(excel: FakeExcel) -> None:
    excel.books[0].active = excel.books[0].sheets[1]


def select_others(excel: FakeExcel) -> None:
    excel.books[0].sheets[0].select("A6:A7")


def go_to_another_workbook(excel: FakeExcel) -> None:
    other = excel.add_book("other.xlsx")
    other.add_sheet("Leads", rows(6)).select("A7")
    excel.active = other


def filter_them(excel: FakeExcel) -> None:
    excel.books[0].sheets[0].hide_rows(2, 3)


def type_something_else(excel: FakeExcel) -> None:
    excel.books[0].sheets[0].fill("C2", [["typed later"]])


@pytest.mark.parametrize(
    "action", [switch, select_others, go_to_another_workbook, filter_them, type_something_else], ids=lambda one: one.__name__
)
def test_what_it_asked_about_is_sent(
    excel: FakeExcel, sandbox: Sandbox, live: Live, answer: Any, action: Callable[[FakeExcel], None]
) -> None:
    """What its user does elsewhere while the question waits changes nothing of what was asked about, nor where the results go."""
    answer(lambda: action(excel))
    ran = live(sandbox, "push", "--live")
    assert ran.code == 0, ran.err
    assert titles(sandbox) == SENT
    assert status(excel) == ["Updated", "Updated", None, "Updated", None, None]
    assert excel.books[0].sheets[1].cell("D1").value is None


def test_sorted_while_the_question_waits(excel: FakeExcel, sandbox: Sandbox, live: Live, answer: Any) -> None:
    """The results follow their contacts."""
    sheet = excel.books[0].sheets[0]
    answer(lambda: sheet.fill("A2", rows(6)[:0:-1]))
    assert live(sandbox, "push", "--live").code == 0
    assert titles(sandbox) == SENT
    assert status(excel) == [None, None, "Updated", None, "Updated", "Updated"]
