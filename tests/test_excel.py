"""The Excel that was clicked, attached to anew for each use, while it rejects calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from fake_excel import FakeExcel, install
from test_busy import ENOUGH, ENTRIES, KINDS, LINES, RUN, SHOULD, Sleep, is_as_before
from test_delivery import Open, columns_of

from reply_xl import pages
from reply_xl.addresses import Area
from reply_xl.busy import Patience
from reply_xl.delivery import deliver
from reply_xl.errors import HostBusy, SheetError, WorkbookError
from reply_xl.excel import Excel, LivePlace
from reply_xl.tab.click import Button, Click
from reply_xl.tab.window import Bar
from reply_xl.template import HEADERS, build

WINDOW = 77


def click(**given: Any) -> Click:
    values: dict[str, Any] = {
        "id": "0" * 15, "addin_version": "1", "button": Button.UPDATE, "is_pressed": None, "is_practice": False, "shows_practice": None,
        "book": "leads.xlsx", "path": "C:\\Users\\somebody\\Documents\\leads.xlsx", "sheet": "Leads", "kind": "Range", "cell": "A2",
        "window": WINDOW, "protected_view": "", "host": "", "system": "", "areas": (Area.of("A2:A4"),),
    }  # fmt: skip
    return Click(**{**values, **given})


@contextmanager
def clicked(*, late: bool = False) -> Iterator[tuple[Open, Excel, Sleep]]:
    """An Excel with the clicked book behind another one, behind an Excel of another book with the same name."""
    front, excel = FakeExcel(), FakeExcel()
    excel.late_binding = late
    front.add_book("leads.xlsx", folder="D:\\").add_sheet("Leads", [["Email"], ["not this one"]])
    excel.add_book("other.xlsx").add_sheet("Leads", [["Email"], ["nor this one"]])
    fake = excel.add_book("leads.xlsx").add_sheet("Leads", LINES)
    with install(front, excel):
        sleep = Sleep()
        yield Open(excel, fake), Excel(xw.engines.active, click(), lambda window: excel.pid, Patience(60, sleep=sleep)), sleep
        assert front.writes == []


def read(excel: Excel) -> Any:
    with LivePlace.of(excel, click()).open() as book:
        return book.sheet().read("selection"), book.proposal(), book.sheets()


def write(excel: Excel) -> Any:
    with LivePlace.of(excel, click()).open() as book:
        return deliver(book.sheet(), RUN, ENTRIES)


def tell(excel: Excel) -> Any:
    bar = Bar(excel, time.monotonic)
    bar.show("Reply: 1 of 2.")
    bar.clear()


def calls_of(action: Callable[[Excel], Any]) -> int:
    with clicked() as (there, excel, _), there.excel.count() as tally:
        action(excel)
    return tally.early


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
def test_attaching_and_reading_with_any_call_rejected(late: bool, kind: str) -> None:
    """Whichever call is rejected, also one by which the clicked Excel and its workbook are looked for, all is read as in a calm Excel."""
    with clicked(late=late) as (_, excel, _):
        calm = read(excel)
    for call in range(list(KINDS).index(kind) + late, calls_of(read), 4):  # together they try every call
        with clicked(late=late) as (there, excel, _):
            there.excel.fail("*", KINDS[kind](), times=ENOUGH, skip=call)
            assert read(excel) == calm, call
    assert there.excel.live() == []


def test_attaching_and_delivering_with_any_call_rejected() -> None:
    """Each outcome stands in the workbook that was clicked; Excel's settings are as before."""
    for call in range(1, calls_of(write), 7):
        with clicked() as (there, excel, _):
            there.excel.reject(ENOUGH, skip=call)
            assert write(excel).gone == (), call
            assert columns_of(there.grid()) == SHOULD, call
            assert is_as_before(there.excel), call


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
def test_the_status_bar_of_a_busy_excel(late: bool, kind: str) -> None:
    """Progress is not worth waiting for: whichever call is rejected, nothing is raised, and nobody sleeps."""
    for call in range(list(KINDS).index(kind) + late, calls_of(tell), 4):  # together they try every call
        with clicked(late=late) as (there, excel, sleep):
            there.excel.fail("*", KINDS[kind](), times=None, skip=call)
            tell(excel)
            assert sleep.pauses == [], call
        assert there.excel.live() == [], call


def test_an_excel_that_stays_busy() -> None:
    """It is never said to be closed: the sentence names what to do."""
    for call in range(0, calls_of(read), 9):
        with clicked() as (there, excel, sleep):
            there.excel.reject(None, skip=call)
            with pytest.raises(HostBusy, match=r"^Excel is busy; "):
                read(excel)
            assert sum(sleep.pauses) <= 121, call


def test_a_book_that_was_closed_and_an_excel_that_has_ended() -> None:
    """Each has its sentence, at once."""
    for close, sentence in (("book", "“leads.xlsx” is no longer open"), ("excel", "That Excel is no longer open")):
        with clicked() as (there, excel, sleep):
            there.excel.books[1].close() if close == "book" else there.excel.end()
            with pytest.raises(SheetError, match=sentence):
                read(excel)
            assert sleep.pauses == []


def test_a_read_only_book_of_a_busy_excel() -> None:
    """It is refused whichever call is rejected: a question that was not answered yet is no answer."""

    def open_to_write(excel: Excel) -> Any:
        with LivePlace.of(excel, click()).open(to_write=True) as book:
            return book.sheets()

    for call in range(calls_of(open_to_write)):
        with clicked() as (there, excel, _):
            there.excel.books[1].read_only = True
            there.excel.reject(ENOUGH, skip=call)
            with pytest.raises(WorkbookError, match="read-only"):
                open_to_write(excel)


def test_a_page_that_is_written_while_excel_rejects_any_call() -> None:
    """The sheet “Reply columns” stands once, or a sentence says that Excel is busy and nothing of it is left."""

    def write_columns(excel: Excel) -> Any:
        with LivePlace.of(excel, click()).open() as book:
            return book.write_columns([], [], [])

    for call in range(calls_of(write_columns)):
        with clicked() as (there, excel, _):
            there.excel.reject(ENOUGH, skip=call)
            assert write_columns(excel) == "Reply columns", call
            assert [sheet.name for sheet in there.excel.books[1].sheets] == ["Leads", "Reply columns"], call
            assert pages.pages_of(xw.apps[there.excel.pid].books["leads.xlsx"], "reply_xl columns 1"), call


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
def test_a_new_workbook_opens_in_the_excel_that_was_clicked(tmp_path: Path, late: bool, kind: str) -> None:
    """Whichever of its calls is rejected at first, the file is open there once, and in no other Excel; opening it again opens no second one."""
    path = tmp_path / "Reply contacts.xlsx"
    path.write_bytes(build(HEADERS, []))
    with clicked(late=late) as (there, excel, _), there.excel.count() as tally:
        assert excel.open(path)
    for call in range(list(KINDS).index(kind) + late, tally.early, 4):  # together they try every call
        with clicked(late=late) as (there, excel, _):
            there.excel.fail("*", KINDS[kind](), times=ENOUGH, skip=call)
            assert excel.open(path), call
            assert excel.open(path)
            assert [book.name for book in there.excel.books] == ["other.xlsx", "leads.xlsx", path.name]
            assert sorted(excel.open_names()) == sorted(["other.xlsx", "leads.xlsx", path.name])


def test_an_excel_that_shows_no_workbook_opens_none(tmp_path: Path) -> None:
    """xlwings does not find it, so that the caller must take another way; no other Excel is taken instead."""
    path = tmp_path / "Reply contacts.xlsx"
    path.write_bytes(build(HEADERS, []))
    with install(FakeExcel()) as _:
        excel = Excel(xw.engines.active, click(book="", path=""), lambda window: 99_999, Patience(0))
        assert not excel.open(path)
        assert excel.open_names() == []
