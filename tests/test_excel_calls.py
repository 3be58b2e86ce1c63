"""How often Excel is called: each call crosses a process border, so the number must not grow with the number of rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

import pytest
import xlwings as xw
from fake_excel import FakeExcel, Sheet, Tally, install

from reply_xl.mapping.columns import OURS, REPLY_ID, STATUS
from reply_xl.sheet import Sheet as OurSheet
from reply_xl.sheet import choose_sheet

SIZES = (10, 1_000, 10_000)
READ, WRITE = 40, 60
HEADERS = ["Contact ID", "Email", *(f"field {n}" for n in range(10)), "createdAt", "My notes", "phoneStatus"]
FILLED = (12, 14)
Arrange = Callable[[Sheet, int], None]


@cache
def rows(count: int) -> tuple[list[object], ...]:
    return tuple([float(n), f"c{n}@example.com", *(f"v{n}" for _ in range(10)), None, None, None] for n in range(count))


def run(size: int, *arrangements: Arrange, spec: str = "selection", gaps: bool = False) -> tuple[Tally, Tally, OurSheet]:
    """A whole run, as the add-in does it: the calls of its read, and those of all its writing."""
    excel = FakeExcel()
    sheet = excel.add_book("leads.xlsx").add_sheet("Leads", [HEADERS, *rows(size)])
    sheet.select(f"A2:A{size + 1}")
    for arrange in arrangements:
        arrange(sheet, size)
    with install(excel):
        with excel.count() as read:
            ours = OurSheet(choose_sheet(xw.books["leads.xlsx"], None))
            reading = ours.read(spec)
        with excel.count() as write:
            layout = ours.prepare(reading, (*OURS, REPLY_ID), FILLED)
            when = datetime(2026, 3, 4, 12, 30)
            own = {row.number: dict(zip((*OURS, REPLY_ID), ("Updated", "Done.", when, 7.0), strict=True)) for row in reading.chosen}
            filled = {row.number: {12: when, 14: "Valid"} for row in reading.chosen}
            if gaps:
                own = {number: {STATUS: "Failed"} if number % 3 else line for number, line in own.items()}
                filled = {number: {} if number % 3 else line for number, line in filled.items()}
            ours.write(reading, layout, own, filled)
    return read, write, ours


def table(sheet: Sheet, size: int) -> None:
    sheet.add_table("Contacts", f"A1:O{size + 1}")


def second_rows_hidden(sheet: Sheet, size: int) -> None:
    sheet.hide_rows(3, size + 1, 2)


def columns_hidden(sheet: Sheet, _size: int) -> None:
    sheet.hide_columns("D")
    sheet.hide_columns("F:G")


def whole_column(sheet: Sheet, _size: int) -> None:
    sheet.select("A:A")


def areas_selected(sheet: Sheet, size: int) -> None:
    sheet.select(",".join(f"$A${n}" for n in range(2, size + 2, 2)))


def results_of_before(sheet: Sheet, size: int) -> None:
    sheet.fill("P1", [[*OURS, REPLY_ID], *([["Failed", "No.", datetime(2026, 1, 1), None]] * size)])


@pytest.mark.parametrize("arrangements", [(), (table,), (whole_column,), (results_of_before,), (table, results_of_before)])
def test_constant(arrangements: tuple[Arrange, ...]) -> None:
    """A read takes at most 40 calls and all writing of a run at most 60, the same for 10, 1,000 and 10,000 rows."""
    counts = {(read.total, write.total) for read, write, _ in (run(size, *arrangements) for size in SIZES)}
    assert len(counts) == 1
    ((read, write),) = counts
    assert read <= READ
    assert write <= WRITE


def test_values_that_reply_does_not_give() -> None:
    """Where two of three rows get no value in a filled column, and no id, the writing is no more."""
    assert run(1_000, gaps=True)[1].total == run(1_000)[1].total <= WRITE


def test_all_rows() -> None:
    """A read of all rows, which the command line does, needs no selection and is shorter."""
    assert run(1_000, spec="all")[0].total < run(1_000)[0].total <= READ


@pytest.mark.parametrize("more", [(), (table,)])
def test_every_second_row_hidden(more: tuple[Arrange, ...]) -> None:
    """A filter adds 2 calls to the read for each further run of visible rows, and 15 to the writing: 9 for our own columns, 3 for a
    filled one that stands alone, and 3 for its date format."""
    read, write, _ = run(10, *more)
    for size in SIZES:
        filtered = run(size, *more, second_rows_hidden)
        further = size // 2 - 1  # runs of visible rows, the header's with row 2 in it being the first
        assert filtered[0].total - read.total == 2 * further
        assert filtered[1].total - write.total == 15 * further + 2  # the first run is no longer the whole column


def test_hidden_columns_and_rows() -> None:
    """Where columns are hidden too, blocks multiply: 1 call for each of them, 2 for each run of rows or columns, and 20 once."""
    read = run(1_000)[0].total
    bands, runs_of_rows = 3, 500
    assert run(1_000, columns_hidden, second_rows_hidden)[0].total <= read + 20 + bands * runs_of_rows + 2 * (bands + runs_of_rows)


def test_many_areas_selected() -> None:
    """A selection of many areas costs 2 calls for each, once its address no longer fits into Excel's 255 characters; a few cost nothing."""
    read = run(10)[0].total
    assert run(10, areas_selected)[0].total == read
    assert run(1_000, areas_selected)[0].total <= read + 2 * 500 + 10


def test_merged_cells() -> None:
    """A merged title costs a constant, and merged rows about the logarithm of the rows for each."""

    def title(sheet: Sheet, _size: int) -> None:
        sheet.insert_rows(1)
        sheet.fill("A1", [["Contacts of May"]])
        sheet.merge("A1:C1")

    def one(sheet: Sheet, size: int) -> None:
        sheet.merge(f"C{size // 2}:D{size // 2}")

    read = run(10)[0].total
    assert {run(size, title, spec="all")[0].total for size in SIZES[:2]} == {run(10, spec="all")[0].total + 3}
    assert run(1_000, one)[0].total <= read + 3 * 2 * 11


def formats_of(size: int, formats: dict[str, str]) -> Tally:
    """The calls of a read with everything that is asked about the formats of its numbers."""
    excel = FakeExcel()
    lines = [[f"c{n}@example.com", float(n), "text", float(n), n / 100] for n in range(size)]
    sheet = excel.add_book("leads.xlsx").add_sheet("Leads", [["Email", "Phone", "Notes", "Tier", "Score"], *lines])
    sheet.select(f"A2:A{size + 1}")
    for address, number_format in formats.items():
        sheet.set_number_format(address, number_format)
    with install(excel), excel.count() as tally:
        reading = OurSheet(choose_sheet(xw.books["leads.xlsx"], None)).read("selection")
    assert all(None not in (row.formats or {}).values() for row in reading.chosen)
    return tally


def test_number_formats() -> None:
    """A read that asks for number formats takes at most 40 calls too where they are all the same, and 6 more for each column that differs,
    however many rows there are; a cell of another format costs about the logarithm of the rows."""
    plain, by_column = {}, {"B:B": "0000000000", "D:D": "0%", "E:E": "0.00"}
    assert len({formats_of(size, plain).total for size in SIZES}) == len({formats_of(size, by_column).total for size in SIZES}) == 1
    assert formats_of(10, plain).total <= READ
    assert formats_of(10, by_column).total <= READ + 6 * len(by_column)
    assert formats_of(1_000, plain | {"D500": "0%"}).total <= READ + 3 * (2 * 10 + 2 * 2)


def test_protected_sheet() -> None:
    """A protected sheet does not say which cells are visible: about 3 calls for each row and column instead."""
    excel = FakeExcel()
    sheet = excel.add_book("leads.xlsx").add_sheet("Leads", [HEADERS, *rows(1_000)])
    sheet.protect()
    with install(excel), excel.count() as tally:
        OurSheet(choose_sheet(xw.books["leads.xlsx"], None)).read()
    assert tally.total <= READ + 4 * (1_000 + len(HEADERS))


def test_one_write_a_block() -> None:
    """Results go into neighbouring columns together: the headers, the proof, and one block for ours and one for each filled column."""
    writes = run(1_000)[1].value_writes
    assert [write.address for write in writes] == [
        "M2", "O2", "P1:S1", "P2:S1001",
        "M2:M1001", "O2:S1001",
    ]  # fmt: skip


def test_nothing_is_kept() -> None:
    """After a run only the sheet that the caller holds is held: an object more would keep Excel alive after its window is closed."""
    excel = FakeExcel()
    excel.add_book("leads.xlsx").add_sheet("Leads", [HEADERS, *rows(10)]).select("A2")
    with install(excel):
        ours = OurSheet(choose_sheet(xw.books["leads.xlsx"], None))
        ours.prepare(ours.read("selection"), OURS, FILLED)
        assert excel.live() == ["Worksheet"]
