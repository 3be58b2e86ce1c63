"""An Excel that rejects calls, closes books or dies while it is read and written: either everything stands, or a sentence says why not."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import xlwings as xw
from fake_excel import ExcelError, FakeExcel, busy, com_error, excel_error, install, rejected
from test_delivery import HEADERS, ROWS, Open, by_hand, columns_of, entries_of, people, serials, sort_by_mine

from reply_xl import pages
from reply_xl.busy import Patience, is_busy, make_attempts_finite
from reply_xl.delivery import deliver
from reply_xl.errors import HostBusy, SheetError
from reply_xl.model import ErrorCell
from reply_xl.sheet import Sheet, choose_sheet

LINES: list[list[Any]] = [list(HEADERS), *people(ROWS)]
RUN, ENTRIES = entries_of(LINES[1:], keeps_ids=False)
ENOUGH = 20  # more rejections than xlwings takes in a row
KINDS: dict[str, Callable[[], Exception]] = {"rejected": rejected, "ignored": busy, "ignored inside": lambda: busy(method=False)}


class Sleep:
    """A sleep that takes no time: keeps how long it was asked for, and after `until` seconds does `then`."""

    def __init__(self, until: float = 0.0, then: Callable[[], Any] = lambda: None) -> None:
        self.pauses: list[float] = []
        self._until, self._then = until, then

    def __call__(self, seconds: float) -> None:
        before, after = sum(self.pauses), sum(self.pauses) + seconds
        self.pauses.append(seconds)
        if before < self._until <= after:
            self._then()


@contextmanager
def open_in_excel(lines: Sequence[Sequence[Any]] = LINES, *, late: bool = False) -> Iterator[Open]:
    excel = FakeExcel()
    excel.utc_offset = datetime.now().astimezone().utcoffset() or excel.utc_offset
    excel.late_binding = late
    fake = excel.add_book("leads.xlsx").add_sheet("Leads", lines)
    fake.select("A2:A4")
    excel.add_book("other.xlsx").add_sheet("Other", [["mine"]])
    with install(excel):
        make_attempts_finite()
        yield Open(excel, fake)


def our_sheet(there: Open, sleep: Callable[[float], None]) -> Sheet:
    return Sheet(choose_sheet(xw.apps[there.excel.pid].books["leads.xlsx"], "Leads"), patience=Patience(60, sleep=sleep))


def calls_of(action: Callable[[Open], Any]) -> int:
    with open_in_excel() as there, there.excel.count() as tally:
        action(there)
    return tally.early


def trouble(action: Callable[..., Any], *arguments: Any) -> SheetError | None:
    """The error of ours that an action ends in, None if it is done; any other error is a fault."""
    try:
        action(*arguments)
    except SheetError as error:
        return error
    return None


def is_as_before(excel: FakeExcel) -> bool:
    settings = ("ScreenUpdating", "EnableEvents", "Interactive", "Calculation", "DisplayAlerts")
    return [excel.properties[name] for name in settings] == [True, True, True, -4105, True]


SHOULD = columns_of(by_hand(LINES, ENTRIES, lambda fake: None))
MARK = "reply_xl columns 1"
UNTOUCHED = columns_of([list(line) for line in LINES])


# patience itself


def test_pauses() -> None:
    """They double from a tenth of a second to a second, and are a minute together; then a sentence says what to do."""
    sleep = Sleep()

    def action() -> None:
        raise rejected()

    with pytest.raises(HostBusy, match=r"^Excel is busy; finish the cell .* try again\.$"):
        Patience(60, sleep=sleep).run(action)
    assert sleep.pauses[:5] == [0.1, 0.2, 0.4, 0.8, 1.0]
    assert max(sleep.pauses) == 1.0
    assert sum(sleep.pauses) == pytest.approx(60)


def test_one_minute_for_all() -> None:
    """Actions share what one patience has, and an answer in between does not renew it."""
    sleep = Sleep()
    patience = Patience(3, sleep=sleep)
    answers = [rejected(), rejected(), None, *[rejected()] * 50]

    def action() -> str:
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        return "done"

    assert patience.run(action) == "done"
    with pytest.raises(HostBusy):
        patience.run(action)
    assert sum(sleep.pauses) == pytest.approx(3)


def test_what_is_busy() -> None:
    """Every form in which Excel, pywin32 and xlwings report it, also below an error of ours; nothing else is waited for."""

    def below(error: Exception) -> Exception:
        try:
            try:
                raise error
            except Exception as cause:
                raise SheetError("It cannot be read.") from cause
        except SheetError as caught:
            return caught

    for error in (
        rejected(),
        busy(),
        busy(method=False),
        com_error(-2147417846),
        AttributeError("Property '<unknown>.Value' can not be set."),
    ):
        assert is_busy(error)
        assert is_busy(below(error))
    sleep = Sleep()
    for error in (excel_error("No cells were found."), com_error(-2147221080), KeyError("x"), AttributeError("x"), SheetError("Locked.")):
        assert not is_busy(below(error))
        with pytest.raises(type(error)):
            Patience(sleep=sleep).run(lambda error=error: _raise(error))
    assert sleep.pauses == []


def _raise(error: Exception) -> None:
    raise error


def test_xlwings_gives_up() -> None:
    """Its Windows engine repeats a rejected call a few times, not for ever; where there is none, nothing happens."""
    make_attempts_finite()
    with open_in_excel() as there:
        assert 0 < sys.modules["xlwings._xlwindows"].N_COM_ATTEMPTS < ENOUGH
        sheet = xw.books["leads.xlsx"].sheets["Leads"]
        with there.excel.editing(), there.excel.count() as tally, pytest.raises(com_error):
            _ = sheet.name
        assert tally.total < 50


# calls that are rejected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
def test_a_read_with_any_call_rejected(late: bool, kind: str) -> None:
    """Whichever call of a read of the selection Excel rejects, and whichever way it does, the read gives what it would have given."""

    def read(there: Open, sleep: Sleep) -> Any:
        return our_sheet(there, sleep).read("selection")

    with open_in_excel(late=late) as there:
        calm = read(there, Sleep())
    attach = calls_of(lambda there: our_sheet(there, Sleep()))
    for call in range(attach, calls_of(lambda there: read(there, Sleep()))):
        with open_in_excel(late=late) as there:
            sleep = Sleep()
            sheet = our_sheet(there, sleep)
            there.excel.fail("*", KINDS[kind](), times=ENOUGH, skip=call - attach)
            assert sheet.read("selection") == calm, call
            assert there.excel.writes == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
def test_a_delivery_with_any_call_rejected(late: bool, kind: str) -> None:
    """Whichever call of a delivery Excel rejects, in the end everything stands, no macro of the workbook heard of it, and Excel's settings
    are what they were."""
    attach = calls_of(lambda there: our_sheet(there, Sleep()))
    for call in range(calls_of(lambda there: deliver(our_sheet(there, Sleep()), RUN, ENTRIES)) - attach):
        with open_in_excel(late=late) as there:
            sheet = our_sheet(there, Sleep())
            there.excel.fail("*", KINDS[kind](), times=ENOUGH, skip=call)
            assert deliver(sheet, RUN, ENTRIES).gone == (), call
            assert columns_of(there.grid()) == SHOULD, call
            assert is_as_before(there.excel), call
            assert there.excel.events == [], call


def test_a_sort_while_excel_is_busy() -> None:
    """Somebody finishes the cell and sorts before the next attempt, at any call: each outcome stands in its row all the same."""
    attach = calls_of(lambda there: our_sheet(there, Sleep()))
    should = columns_of(serials(by_hand(LINES, ENTRIES, sort_by_mine)))
    for call in range(calls_of(lambda there: deliver(our_sheet(there, Sleep()), RUN, ENTRIES)) - attach):
        with open_in_excel() as there:
            sheet = our_sheet(there, Sleep(0.1, lambda there=there: sort_by_mine(there.fake)))
            there.excel.reject(ENOUGH, skip=call)
            assert deliver(sheet, RUN, ENTRIES).gone == (), call
            assert columns_of(serials(there.grid())) == should, call


@pytest.mark.parametrize("call", [0, 20, 40, 60])
def test_a_cell_that_is_edited_for_a_while(call: int) -> None:
    """For half a minute, from any call on: the delivery is made when the cell is finished."""
    with open_in_excel() as there:
        sleep = Sleep(30, there.excel.traps.clear)
        sheet = our_sheet(there, sleep)
        there.excel.reject(None, skip=call)
        assert deliver(sheet, RUN, ENTRIES).gone == ()
        assert columns_of(there.grid()) == SHOULD
        assert 30 <= sum(sleep.pauses) < 32
        assert is_as_before(there.excel)


def test_a_cell_that_is_edited_for_hours() -> None:
    """From any call on: after a bounded wait a sentence says what to do. Afterwards the same delivery makes everything stand, and Excel's
    settings are what they were before the first one."""
    attach = calls_of(lambda there: our_sheet(there, Sleep()))
    for call in range(0, calls_of(lambda there: deliver(our_sheet(there, Sleep()), RUN, ENTRIES)) - attach, 3):
        with open_in_excel() as there:
            sleep = Sleep()
            sheet = our_sheet(there, sleep)
            there.excel.reject(None, skip=call)
            with pytest.raises(HostBusy, match=r"^Excel is busy; .*\.$"):
                deliver(sheet, RUN, ENTRIES)
            assert 60 <= sum(sleep.pauses) <= 121, call
            there.excel.traps.clear()
            assert deliver(our_sheet(there, Sleep()), RUN, ENTRIES).gone == ()
            assert columns_of(there.grid()) == SHOULD, call
            assert is_as_before(there.excel), call


def test_a_page_with_any_call_rejected() -> None:
    """Whichever call of writing a page is rejected: it stands, or it raises and a second writing makes it stand; only one page is there, and
    Excel's settings are what they were."""

    def write(book: Any) -> Any:
        headers, rows = ("Column", "Goes to"), [("Email", "E-mail"), ("Title", "Title")]
        lists, patience = {"Goes to": ("E-mail", "Title")}, Patience(60, sleep=Sleep())
        return pages.write_page(book, "Reply columns", MARK, ["What goes where"], headers, rows, dropdowns=lists, patience=patience)

    def book_of(there: Open) -> Any:
        return xw.apps[there.excel.pid].books["leads.xlsx"]

    for call in range(calls_of(lambda there: write(book_of(there))) - calls_of(book_of)):
        with open_in_excel() as there:
            book = book_of(there)
            there.excel.reject(ENOUGH, skip=call)
            error = trouble(write, book)
            if error is not None:
                assert is_busy(error), call
                there.excel.traps.clear()
                write(book)
            page = pages.read_page(book, MARK)
            assert page is not None, call
            assert [list(row.cells[:2]) for row in page.rows] == [["Email", "E-mail"], ["Title", "Title"]], call
            assert [sheet.name for sheet in there.excel.books[0].sheets] == ["Leads", "Reply columns"], call
            assert is_as_before(there.excel), call


# books that are closed, Excel that ends


def test_a_book_closed_in_mid_delivery() -> None:
    """Before any call: one sentence, unless all had been made to stand; no other book is written to, and Excel's settings are what they
    were."""
    delivered = 0
    attach = calls_of(lambda there: our_sheet(there, Sleep()))
    for call in range(calls_of(lambda there: deliver(our_sheet(there, Sleep()), RUN, ENTRIES)) - attach):
        with open_in_excel() as there:
            sleep = Sleep()
            sheet = our_sheet(there, sleep)
            there.excel.before("*", there.excel.books[0].close, skip=call)
            error = trouble(deliver, sheet, RUN, ENTRIES)
            if error is None:
                assert columns_of(there.grid()) == SHOULD, call
                delivered += 1
            else:
                assert str(error)[0].isupper(), call
                assert str(error).endswith("."), call
            assert {write.sheet for write in there.excel.writes} <= {"Leads"}, call
            assert sleep.pauses == [], call
            assert is_as_before(there.excel), call
    assert delivered < 5


def test_excel_ends_in_mid_delivery() -> None:
    """Before any call: one sentence, without waiting for it."""
    attach = calls_of(lambda there: our_sheet(there, Sleep()))
    for call in range(0, calls_of(lambda there: deliver(our_sheet(there, Sleep()), RUN, ENTRIES)) - attach, 2):
        with open_in_excel() as there:
            sleep = Sleep()
            sheet = our_sheet(there, sleep)
            there.excel.before("*", there.excel.end, skip=call)
            with pytest.raises(SheetError, match=r"^[A-Z].*\.$"):
                deliver(sheet, RUN, ENTRIES)
            assert sleep.pauses == [], call


def test_any_call_that_fails() -> None:
    """Whichever call fails with an error of Excel's own: everything stands or a sentence says that it does not; then the same delivery makes
    it stand. Excel's settings are what they were each time."""
    attach = calls_of(lambda there: our_sheet(there, Sleep()))
    for call in range(calls_of(lambda there: deliver(our_sheet(there, Sleep()), RUN, ENTRIES)) - attach):
        with open_in_excel() as there:
            sheet = our_sheet(there, Sleep())
            there.excel.fail("*", excel_error("Application-defined or object-defined error"), skip=call)
            error = trouble(deliver, sheet, RUN, ENTRIES)
            if error is not None:
                assert is_as_before(there.excel) or "settings" in str(error), call
                deliver(our_sheet(there, Sleep()), RUN, ENTRIES)
            assert columns_of(there.grid()) == SHOULD, call
            assert is_as_before(there.excel), call


def test_two_excels_with_a_book_of_the_same_name() -> None:
    """Only the Excel that was attached to is asked and written to; the other one, which is in front, is left alone."""
    front, behind = FakeExcel(), FakeExcel()
    sheets = [excel.add_book("leads.xlsx").add_sheet("Leads", LINES) for excel in (front, behind)]
    with install(front, behind):
        make_attempts_finite()
        book = xw.apps[behind.pid].books["leads.xlsx"]
        with front.count() as tally:
            deliver(Sheet(choose_sheet(book, "Leads"), patience=Patience(sleep=Sleep())), RUN, ENTRIES)
        assert tally.total == 0
        assert columns_of(Open(front, sheets[0]).grid()) == UNTOUCHED
        assert columns_of(Open(behind, sheets[1]).grid()) == SHOULD


# the clipboard


def test_nothing_is_written_while_cells_are_copied() -> None:
    """While cells wait to be pasted, a delivery waits too; for a minute at most. Not one cell and not one setting is touched meanwhile."""
    with open_in_excel() as there:
        there.excel.properties["CutCopyMode"] = 1
        sleep = Sleep()
        with there.excel.count() as tally, pytest.raises(HostBusy, match=r"^Something was copied .*press Esc.*\.$"):
            deliver(our_sheet(there, sleep), RUN, ENTRIES)
        assert (tally.writes, there.excel.history, there.excel.properties["CutCopyMode"]) == ([], [], 1)
        assert sum(sleep.pauses) == pytest.approx(60)
        there.excel.properties["CutCopyMode"] = 2
        sleep = Sleep(5, lambda: there.excel.properties.update(CutCopyMode=0))
        deliver(our_sheet(there, sleep), RUN, ENTRIES)
        assert columns_of(there.grid()) == SHOULD


def test_without_patience_it_says_so_at_once() -> None:
    """In the midst of a run there is no need to wait: the next block of outcomes takes these along."""
    with open_in_excel() as there:
        there.excel.properties["CutCopyMode"] = 1
        sheet = Sheet(choose_sheet(xw.books["leads.xlsx"], "Leads"), patience=Patience(0, sleep=Sleep()))
        with pytest.raises(HostBusy):
            deliver(sheet, RUN, ENTRIES)


# what is held, and how much is asked


@pytest.mark.parametrize("what", ["none", "a sort", "a failure", "busy"])
def test_nothing_is_held_after_a_delivery(what: str) -> None:
    """Neither a delivery nor one that failed keeps an object of Excel's, also before Python collects its garbage: one would keep Excel alive
    after its user has closed it."""
    with open_in_excel() as there:
        gc.collect()
        gc.disable()
        try:
            if what == "a sort":
                there.excel.before("Range.Value=", lambda: sort_by_mine(there.fake), skip=1)
            elif what == "a failure":
                there.excel.fail("Range.Value=", excel_error("no"), times=None, skip=1)
            elif what == "busy":
                there.excel.reject(ENOUGH, skip=50)
            try:
                deliver(our_sheet(there, Sleep()), RUN, ENTRIES)
                said = ""
            except SheetError as error:
                said = str(error)
            assert bool(said) == (what == "a failure")
            assert sorted(type(thing).__name__ for thing in there.excel._objects) == []
        finally:
            gc.enable()


def test_a_thousand_rows() -> None:
    """The results of 1,000 rows are one bulk write into our columns and one into the column that is filled; before them stand the headers.
    No value is written cell by cell."""
    lines: list[list[Any]] = [list(HEADERS), *people(1_000)]
    run, entries = entries_of(lines[1:], keeps_ids=False)
    with open_in_excel(lines) as there:
        with there.excel.count() as tally:
            deliver(our_sheet(there, Sleep()), run, entries)
        assert [write.address for write in tally.value_writes] == ["G1:I1", "E2:E1001", "G2:I1001"]


# values that only Excel over COM has


def test_currency_and_errors_that_nobody_knows() -> None:
    """Cells formatted as a currency arrive as four-digit decimals and are numbers; an error whose code nobody knows is an error, never a
    number and never blank."""
    unheard_of = ExcelError("#N/A")
    unheard_of.code = -2146828288 + 2999
    lines = [["Email", "Deal", "Score"], ["a@example.com", 1234.5, unheard_of]]
    with open_in_excel(lines) as there:
        there.fake.set_format("NumberFormat", "B2", "$#,##0.00")
        assert isinstance(xw.books["leads.xlsx"].sheets["Leads"].range("B2").raw_value, Decimal)
        row = our_sheet(there, Sleep()).read().rows[0]
        assert (row[1], type(row[1]), row[2]) == (1234.5, float, ErrorCell("#ERROR"))
