"""Outcomes into the rows of a sheet, while somebody works in it: whatever moves between two of our calls, nothing wrong stands in the end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from fake_excel import FakeExcel, Formula, excel_error, install
from fake_excel import Sheet as FakeSheet
from fake_excel.grid import letters
from fake_excel.typed import serial
from hosts import HOSTS, build, opened
from hypothesis import given, settings
from hypothesis import strategies as st
from office_engine import is_available, why_not

from reply_xl.delivery import Delivered, deliver, recognise, rows_now
from reply_xl.errors import SheetError
from reply_xl.fields import BY_NAME
from reply_xl.history.runs import Entry, Mark, Page, Run, RunKind, Server
from reply_xl.locate import marks_of, own_headers
from reply_xl.mapping.columns import MESSAGE, OURS, map_columns
from reply_xl.model import Change, Contact, Outcome, Role, Row, Word
from reply_xl.patches import Policy
from reply_xl.sheet import Sheet, choose_sheet

AT = datetime(2026, 3, 4, 12, 30)
LATER = datetime(2026, 4, 1, 9, 0)
HEADERS = ("Reply ID", "Email", "First name", "Title", "createdAt", "Mine")
Line = Sequence[Any]


def people(count: int) -> list[list[Any]]:
    """Rows under HEADERS: the first by id, the second by e-mail, the third has neither, and so on; no two alike."""
    lines = []
    for n in range(count):
        number = float(100 + n) if n % 3 == 0 else None
        email = f"p{n}@example.com" if n % 3 != 2 else None
        lines.append([number, email, f"First{n}", f"Title {(n * 7) % count}", None, float((n * 5) % count)])
    return lines


def run_of(
    rows: Sequence[Row], headers: Sequence[str], *, kind: RunKind = RunKind.PUSH, header_row: int = 1, keeps_ids: bool = True
) -> tuple[Run, dict[int, Mark]]:
    columns = map_columns(list(headers), customs=None, values=[row.cells for row in rows])
    targets = {column.target.name: column.header for column in columns if column.role is Role.FIELD and column.target}
    keys = [header for header in headers if header in ("Reply ID", "id")]
    page = Page(
        "book.xlsx", "book.xlsx", "Leads", header_row, own_headers(headers), targets | dict(zip(("id", "id 1"), keys, strict=False))
    )
    run = Run(1, AT, AT, kind, None, Server("http://x", "", 1, "me", 1), page, Policy(), keeps_ids, len(rows), 0, len(rows), {})
    return run, marks_of(rows, columns)


def entries_of(lines: Sequence[Line], headers: Sequence[str] = HEADERS, *, header_row: int = 1, **more: Any) -> tuple[Run, list[Entry]]:
    """A run on these rows, and an outcome for each that names its person."""
    rows = [Row(number, list(line)) for number, line in enumerate(lines, header_row + 1)]
    run, marks = run_of(rows, headers, header_row=header_row, **more)
    entries = []
    for row in rows:
        n = row.number - header_row - 1
        keyed = bool(marks[row.number].key)
        contact = Contact(100 + n, {"createdAt": f"2026-01-{n % 28 + 1:02d}T10:00:00"}, {}) if keyed else None
        outcome = Outcome(
            row.number,
            Word.UPDATED if keyed else Word.INVALID,
            f"Told First{n}.",
            contact.id if contact else None,
            contact,
            at=AT if keyed else None,
            found_by_email=marks[row.number].key.startswith("email:"),
        )
        entries.append(Entry(row.number, marks[row.number], outcome.contact_id, outcome, delivered=False))
    return run, entries


class Open:
    """A sheet that is open in the fake Excel."""

    def __init__(self, excel: FakeExcel, fake: FakeSheet) -> None:
        self.excel, self.fake = excel, fake

    def sheet(self) -> Sheet:
        return Sheet(choose_sheet(xw.books["leads.xlsx"], None))

    def grid(self) -> list[list[Any]]:
        """From A1 on, without the blank ends."""
        used = self.fake.used()
        lines = [[self.fake.cell(f"{letters(c)}{r}").value for c in range(1, used.right + 1)] for r in range(1, used.bottom + 1)]
        lines = [trimmed(line) for line in lines]
        while lines and not lines[-1]:
            lines.pop()
        return lines


def trimmed(line: list[Any]) -> list[Any]:
    while line and line[-1] is None:
        line.pop()
    return line


@contextmanager
def open_in_excel(lines: Sequence[Line], at: str = "A1") -> Iterator[Open]:
    excel = FakeExcel()
    excel.utc_offset = datetime.now().astimezone().utcoffset() or excel.utc_offset
    fake = excel.add_book("leads.xlsx").add_sheet("Leads", lines, at)
    with install(excel):
        yield Open(excel, fake)


def calls_of(lines: Sequence[Line], run: Run, entries: Sequence[Entry], arrange: Callable[[FakeSheet], None] = lambda fake: None) -> int:
    with open_in_excel(lines) as there:
        arrange(there.fake)
        with there.excel.count() as tally:
            deliver(there.sheet(), run, entries)
        return tally.early


# --- somebody works in the sheet meanwhile -------------------------------------------------------------------------------------------------

OLD = ("Old", "of before", LATER)
"""Results of a former run in other rows."""


def sort_by_mine(fake: FakeSheet) -> None:
    column = next(letters(c) for c in range(1, 20) if fake.cell(f"{letters(c)}1").value == "Mine")
    fake.sort(column, 2, max(fake.rows), reverse=True)


def turn_round(fake: FakeSheet) -> None:
    """As after a sort: the last contact first."""
    contacts = [
        row
        for row, cells in sorted(fake.rows.items())
        if any(str(cell).startswith("First") and str(cell)[5:].isdigit() for cell in cells.values())
    ]
    fake._rearrange(dict(zip(contacts, reversed(contacts), strict=True)))


def two_rows_above(fake: FakeSheet) -> None:
    fake.insert_rows(1, 2)
    fake.set("A1", "My leads")


MOVES: dict[str, Callable[[FakeSheet], None]] = {
    "sort": sort_by_mine,
    "turned round": turn_round,
    "a row inserted": lambda fake: fake.insert_rows(4),
    "a row inserted at the top": lambda fake: fake.insert_rows(2),
    "two rows above the headers": two_rows_above,
    "a row deleted": lambda fake: fake.delete_rows(4),
    "the first row deleted": lambda fake: fake.delete_rows(2),
    "the last row deleted": lambda fake: fake.delete_rows(max(fake.rows)),
    "a column inserted": lambda fake: fake.insert_columns("C"),
    "a column inserted at the left": lambda fake: fake.insert_columns("A"),
    "a column inserted before ours": lambda fake: fake.insert_columns("G"),
    "a column inserted among ours": lambda fake: fake.insert_columns("H"),
    "three columns inserted": lambda fake: fake.insert_columns("B", 3),  # then the format of our dates hits a column of numbers
    "a column deleted": lambda fake: fake.delete_columns("C"),
}
ROWS = 7


@pytest.mark.parametrize("had_results", [False, True])
@pytest.mark.parametrize("name", [name for name in MOVES if name != "turned round"])
def test_whatever_moves_between_any_two_calls(name: str, had_results: bool) -> None:
    """A sort, an insert, a delete, of rows and of columns, before the n-th call for every n: in the end each outcome stands in its row and
    every other cell is what it was. One row is not in the run, and keeps the results of a former one."""
    move = MOVES[name]
    headers = [*HEADERS, *OURS] if had_results else list(HEADERS)
    lines: list[list[Any]] = [headers, *[[*line, *(OLD if had_results else ())] for line in people(ROWS)]]
    run, entries = entries_of([line[:6] for line in lines[1:]], keeps_ids=False)
    entries = [entry for entry in entries if entry.number != 5 and (entry.mark.key or name != "a column deleted")]
    calls = calls_of(lines, run, entries)
    assert calls < 120
    wrong = []
    for call in range(calls):
        with open_in_excel(lines) as there:
            there.excel.before("*", lambda: move(there.fake), skip=call)
            try:
                done = deliver(there.sheet(), run, entries)
            except SheetError:  # what moves while it is read makes no sense: nothing was written, and the next command tries again
                assert columns_of(there.grid()) == columns_of(by_hand(lines, [], move)), call
                done = deliver(there.sheet(), run, entries)
            found = there.grid()
        should = by_hand(lines, entries, move)
        lost = len(entries) - len(done.written)
        if columns_of(found) != columns_of(should) or lost > ("row deleted" in name) or (call == 0 and lost != ("row deleted" in name)):
            wrong.append(f"before call {call}: {done}\n  {found}\n  {should}")
    assert not wrong, f"{len(wrong)} of {calls}: {wrong[0]}"


def by_hand(lines: Sequence[Line], entries: Sequence[Entry], move: Callable[[FakeSheet], None]) -> list[list[Any]]:
    """The sheet as it has to be: everything written, and then the same move."""
    with open_in_excel(lines) as there:
        there.fake.fill("G1", [OURS] if entries else [])
        for entry in entries:
            outcome = entry.outcome
            assert outcome is not None
            there.fake.fill(f"G{entry.number}", [[outcome.word.value.capitalize(), outcome.message, outcome.at]])
            if outcome.contact is not None:
                there.fake.fill(f"E{entry.number}", [[datetime.fromisoformat(str(outcome.contact.values["createdAt"]))]])
        move(there.fake)
        return there.grid()


def serials(grid: list[list[Any]]) -> list[list[Any]]:
    """Dates as the numbers that they are: this fake's sort leaves formats where they were."""
    return [[serial(value) if isinstance(value, datetime) else value for value in line] for line in grid]


def columns_of(grid: list[list[Any]]) -> list[tuple[Any, ...]]:
    """All columns that hold something: on which side of a new column ours are is no matter."""
    width = max(map(len, grid))
    columns = zip(*([*line, *[None] * (width - len(line))] for line in grid), strict=True)
    return [column for column in columns if any(cell is not None for cell in column)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.sampled_from(["turned round", "a row inserted", "a row inserted at the top"])),
        min_size=1,
        max_size=2,
    ),
    st.tuples(
        st.integers(0, 120),
        st.sampled_from([name for name in MOVES if "deleted" not in name and name not in ("sort", "three columns inserted")]),
    ),
    st.booleans(),
)
def test_whatever_moves_again_and_again(moves: list[tuple[int, str]], one_more: tuple[int, str], had_results: bool) -> None:
    """Several such moves at any calls, also while the first is being put right: in the end the same stands."""
    moves = [*moves, one_more]
    headers = [*HEADERS, *OURS] if had_results else list(HEADERS)
    lines: list[list[Any]] = [headers, *[[*line, *(OLD if had_results else ())] for line in people(ROWS)]]
    run, entries = entries_of([line[:6] for line in lines[1:]], keeps_ids=False)
    made: list[str] = []

    def make(there: Open, name: str) -> None:
        MOVES[name](there.fake)
        made.append(name)

    with open_in_excel(lines) as there:
        for call, name in moves:
            there.excel.before("*", lambda name=name: make(there, name), skip=call)
        for _ in range(4):
            with contextlib.suppress(SheetError):
                deliver(there.sheet(), run, entries)
                break
        else:
            pytest.fail("never delivered")
        found = there.grid()
    should = by_hand(lines, entries, lambda fake: [MOVES[name](fake) for name in made])
    assert columns_of(serials(found)) == columns_of(serials(should)), made


# --- other arrangements --------------------------------------------------------------------------------------------------------------------


def test_ids_that_are_written_while_rows_are_sorted() -> None:
    """Rows found by e-mail get their Reply ID, into a column in which others have one already: after a sort at any call no row has the id
    of another, though an id is also what a row is known by."""
    headers = ["Reply ID", "Email", "First name", "Mine"]
    lines: list[Line] = [
        headers,
        *[[100.0 + n if n % 3 == 0 else None, f"p{n}@example.com", f"First{n}", float(-n * 3 % 7)] for n in range(7)],
    ]
    run, entries = entries_of(lines[1:], headers)
    calls = calls_of(lines, run, entries)
    for call in range(calls):
        with open_in_excel(lines) as there:
            there.excel.before("*", lambda: sort_by_mine(there.fake), skip=call)
            assert deliver(there.sheet(), run, entries).gone == ()
            found = [(row[2], row[0], row[1], row[5]) for row in there.grid()[1:]]
        assert sorted(found) == sorted(
            (line[2], 100.0 + number, line[1], f"Told First{number}.") for number, line in enumerate(lines[1:])
        ), call


@pytest.mark.parametrize("name", ["sort", "a row deleted"])
def test_rows_between_two_results_while_rows_move(name: str) -> None:
    """Rows of the run between two results are written in one block with them, and go on holding what they held, wherever they go at any call:
    results of before, and cells that the user has emptied. Only formulas, errors and hidden rows part the block, and stay."""
    lines: list[list[Any]] = [[*HEADERS, *OURS], *([*line, "Old", f"Old First{n}.", LATER] for n, line in enumerate(people(15)))]
    lines[3][6:8] = [None, None]
    run, entries = entries_of([line[:6] for line in lines[1:]], keeps_ids=False)
    news = [entry for entry in entries if entry.number % 4 == 0]
    should = {f"First{n}": f"Told First{n}." if (n + 2) % 4 == 0 else line[7] for n, line in enumerate(lines[1:])}
    parted = [list(line) for line in lines]
    parted[9][7] = Formula("=1+1", 2.0)
    move = sort_by_mine if name == "sort" else lambda fake: fake.delete_rows(6)
    with open_in_excel(parted) as there, there.excel.count() as tally:
        there.fake.hide_rows(14)
        deliver(there.sheet(), run, news, entries)
        assert there.fake.cell("H10").formula == "=1+1"
    assert [write.address for write in tally.value_writes if "G" in write.address] == ["G4:I8", "G12:I12", "G16:I16"]
    with open_in_excel(lines) as there, there.excel.count() as tally:
        deliver(there.sheet(), run, news, entries)
    assert [write.address for write in tally.value_writes if "G" in write.address] == ["G4:I16"]
    for call in range(tally.early):
        with open_in_excel(lines) as there:
            there.excel.before("*", lambda: move(there.fake), skip=call)
            assert deliver(there.sheet(), run, news, entries).gone == ()
            found = {row[2]: row[7] for row in there.grid()[1:]}
        assert found == {first: told for first, told in should.items() if name == "sort" or first != "First4"}, call


def test_an_undo_while_rows_are_sorted() -> None:
    """The restored cells are the user's own: each stands in its row, and what another row holds in that column is not lost."""
    lines: list[list[Any]] = [list(HEADERS), *people(6)]
    for number, line in enumerate(lines[1:]):
        line[0], line[3] = 100.0 + number, f"Title {number}"
    run, entries = entries_of(lines[1:], kind=RunKind.UNDO)
    undone = [entry for entry in entries if entry.number % 2]
    undone = [replace(entry, outcome=undone_title(entry, f"Title {entry.number - 2}", f"Former {entry.number}")) for entry in undone]
    for call in range(calls_of(lines, run, undone)):
        with open_in_excel(lines) as there:
            there.excel.before("*", lambda: sort_by_mine(there.fake), skip=call)
            deliver(there.sheet(), run, undone)
            found = {row[0]: (row[3], *row[6:7]) for row in there.grid()[1:]}
        assert found == {100.0 + n: (f"Former {n + 2}", "Undone") if n % 2 else (f"Title {n}",) for n in range(6)}, call


def undone_title(entry: Entry, sent: str, former: str) -> Outcome:
    assert entry.outcome is not None
    changes = (Change(BY_NAME["title"], sent, former, fills=False),)
    return replace(entry.outcome, word=Word.UNDONE, contact=None, changes=changes, sent={"title": former})


def test_a_table_that_loses_a_row() -> None:
    """Below a table nothing of ours is left, though no row of it stands there any more; a totals row is not a contact."""
    lines: list[Line] = [list(HEADERS), *people(5), ["Total", None, None, None, None, 10.0]]
    run, entries = entries_of(lines[1:-1], keeps_ids=False)

    def arrange(fake: FakeSheet) -> None:
        fake.add_table("Leads", "A1:F7", totals=True)

    for call in range(calls_of(lines, run, entries, arrange)):
        with open_in_excel(lines) as there:
            arrange(there.fake)
            there.excel.before("*", lambda: there.fake.delete_rows(3), skip=call)
            deliver(there.sheet(), run, entries)
            found = there.grid()
        assert [row[2:3] + row[7:8] for row in found[1:-1]] == [[f"First{n}", f"Told First{n}."] for n in (0, 2, 3, 4)], call
        assert found[-1] == ["Total", None, None, None, None, 10.0], call


def test_a_formula_that_was_covered_is_named() -> None:
    """A formula in a filled column stays. Only where rows are moved in the very moment of writing can it be covered: then, and only then, the
    column is named and the outcomes go on waiting."""
    lines: list[list[Any]] = [list(HEADERS), *people(6)]
    lines[2][4] = Formula("=NOW()", 46_000.0)
    run, entries = entries_of([[*line[:4], None, line[5]] for line in lines[1:]], keeps_ids=False)
    outcomes = set()
    for call in range(calls_of(lines, run, entries)):
        with open_in_excel(lines) as there:
            there.excel.before("*", lambda: sort_by_mine(there.fake), skip=call)
            said = ""
            try:
                deliver(there.sheet(), run, entries)
            except SheetError as error:
                said = str(error)
            found = {row[2]: row[7] for row in there.grid()[1:]}
            assert found == {f"First{n}": f"Told First{n}." for n in range(6)}, call
            assert bool(there.fake.formulas) == (said == ""), (call, said)
            if not said:  # all others in that column are filled
                filled = {row[2] for row in there.grid()[1:] if row[4] is not None}
                assert filled == {"First0", "First1", "First3", "First4"}, call
            outcomes.add(said)
    assert outcomes == {
        "",
        "Rows were moved while results were written, which covered a formula in column E (createdAt); fill it down again.",
    }


@pytest.mark.parametrize("host", HOSTS)
def test_formulas_filters_and_protection(host: str, tmp_path: Path) -> None:
    """A formula in a column that is filled stays, rows that a filter hides meanwhile get their outcome, and so do hidden columns of ours."""
    lines = people(5)
    run, entries = entries_of(lines, keeps_ids=False)
    path = build(tmp_path / "leads.xlsx", [list(HEADERS), *lines], more={"E3": "=1+1"}, hide_rows=[2, 4])
    with opened(host, path) as there:
        assert deliver(there.sheet(), run, entries) == Delivered((2, 3, 4, 5, 6), ())
        assert [there.value(f"H{number}") for number in range(2, 7)] == [f"Told First{n}." for n in range(5)]
        assert there.look("E3").formula == "=1+1"
        assert there.value("E2") == datetime(2026, 1, 1, 10)
        assert deliver(there.sheet(), run, entries) == Delivered((2, 3, 4, 5, 6), ())


@pytest.mark.parametrize("host", HOSTS)
def test_a_protected_sheet_is_left_as_it_is(host: str, tmp_path: Path) -> None:
    """It raises, and not one cell is other than before."""
    lines = people(5)
    run, entries = entries_of(lines)
    path = build(tmp_path / "leads.xlsx", [list(HEADERS), *lines], protect=True)
    with opened(host, path) as there:
        before = there.looks()
        with pytest.raises(SheetError, match="unprotect"):
            deliver(there.sheet(), run, entries)
        assert there.looks() == before


def test_excel_that_refuses_every_call() -> None:
    """While every call is refused it raises and nothing stands; afterwards the same call writes everything."""
    lines: list[Line] = [list(HEADERS), *people(5)]
    run, entries = entries_of(lines[1:], keeps_ids=False)
    with open_in_excel(lines) as there:
        for skip in (0, 20, 50, 62, 70, 80):
            there.excel.fail("Range.*", excel_error("busy"), times=None, skip=skip)
            with contextlib.suppress(SheetError):
                deliver(there.sheet(), run, entries)
            there.excel.traps.clear()
        assert deliver(there.sheet(), run, entries).gone == ()
        assert columns_of(there.grid()) == columns_of(by_hand(lines, entries, lambda fake: None))


@pytest.mark.parametrize("host", HOSTS)
def test_a_sheet_that_was_rearranged_between_two_deliveries(host: str, tmp_path: Path) -> None:
    """The rows are turned round with a stranger's among them, and a column is put in front: the rest of the outcomes, and then all of them once
    more, stand beside their contacts."""
    lines = people(6)
    run, entries = entries_of(lines, keeps_ids=False)
    with opened(host, build(tmp_path / "leads.xlsx", [list(HEADERS), *lines])) as there:
        assert deliver(there.sheet(), run, entries[:3], entries).gone == ()
        page = there.book.sheets[0]
        header, *rows = page.range("A1:I7").value
        stranger = [999.0, None, "Stranger", *[None] * 6]
        moved = [[None, *line] for line in (header, *reversed(rows[3:]), stranger, *reversed(rows[:3]))]
        page.range("A1:J8").value = [[f"'{cell}" if isinstance(cell, str) else cell for cell in line] for line in moved]
        assert deliver(there.sheet(), run, entries[3:], entries).gone == ()
        assert deliver(there.sheet(), run, entries) == Delivered((2, 3, 4, 5, 6, 7), ())
        told = [(there.value(f"D{number}"), there.value(f"I{number}")) for number in range(2, 9)]
        assert told == [*((f"First{n}", f"Told First{n}.") for n in (5, 4, 3)), ("Stranger", None), *((f"First{n}", f"Told First{n}.") for n in (2, 1, 0))]  # fmt: skip
        assert [there.value(f"F{number}") for number in (3, 8)] == [datetime(2026, 1, 5, 10), datetime(2026, 1, 1, 10)]


def test_what_was_typed_where_our_columns_were_is_left_alone() -> None:
    """Somebody deleted our columns in mid-run and typed a note there, without a header: the results come right of it."""
    lines: list[Line] = [list(HEADERS), *people(3)]
    run, entries = entries_of(lines[1:], keeps_ids=False)
    with open_in_excel(lines) as there:
        there.fake.set("H3", "a note")
        deliver(there.sheet(), run, entries)
        assert there.fake.cell("H3").value == "a note"
        assert [there.fake.cell(f"{letter}1").value for letter in "GHIJ"] == [None, None, "Reply status", "Reply message"]


LIVE_MOVES: dict[str, Callable[[Any], None]] = {
    "sort": lambda page: page.used_range.impl.sort([6], [False], True),
    "a row inserted": lambda page: page.range("4:4").insert("down"),
    "a row deleted": lambda page: page.range("4:4").delete("up"),
    "a column inserted at the left": lambda page: page.range("A:A").insert("right"),
}


@pytest.mark.skipif(not is_available(), reason=why_not())
@pytest.mark.parametrize("name", LIVE_MOVES)
def test_whatever_moves_in_libreoffice(name: str, tmp_path: Path) -> None:
    """A real sort, insert or delete in a live document before a question of a delivery, for questions all along it: each outcome stands in
    its row, and no cell of the user's is other than before."""
    lines: list[list[Any]] = [list(HEADERS), *people(ROWS)]
    run, entries = entries_of(lines[1:], keeps_ids=False)
    path = build(tmp_path / "leads.xlsx", lines)
    should = {line[2]: [line[0], line[1], line[3], line[5], f"Told {line[2]}."] for line in lines[1:]}
    asked = 0
    with opened("libreoffice", path) as there:
        app = there.book.app.impl

        def count() -> None:
            nonlocal asked
            asked += 1

        app.before_question = count
        deliver(there.sheet(), run, entries)
    assert asked > 20
    for call in range(0, asked, max(1, asked // 8)):
        left = call
        with opened("libreoffice", path) as there:
            app, page = there.book.app.impl, there.book.sheets[0]

            def move() -> None:
                nonlocal left
                left -= 1
                if left == -1:
                    LIVE_MOVES[name](page)  # noqa: B023

            app.before_question = move
            done = deliver(there.sheet(), run, entries)
            app.before_question = None
            assert left < 0
            header, *rows = page.used_range.value
        if name == "sort":
            assert [row[5] for row in rows] == sorted((row[5] for row in rows), reverse=True)
        at = [header.index(text) for text in ("First name", "Reply ID", "Email", "Title", "Mine", MESSAGE)]
        found = {row[at[0]]: [row[place] for place in at[1:]] for row in rows if row[at[0]] is not None}
        deleted = {"First2"} if name == "a row deleted" else set()
        assert found == {first: line for first, line in should.items() if first not in deleted}, call
        assert len(done.gone) <= len(deleted)
        assert sum(row[at[-1]] is not None for row in rows) == len(found), call


# --- calls into Excel -----------------------------------------------------------------------------------------------------------------------


def test_calls_of_a_delivery() -> None:
    """Two reads of at most 40 calls and one writing of at most 60, the same for 10 and for 1,000 rows; after a sort in between three
    times as many."""
    counts = set()
    for size in (10, 1_000):
        lines: list[Line] = [list(HEADERS), *[[100.0 + n, f"p{n}@example.com", "x", "y", None, float(-n)] for n in range(size)]]
        run, entries = entries_of(lines[1:])
        with open_in_excel(lines) as there:
            with there.excel.count() as tally:
                deliver(there.sheet(), run, entries)
            quiet = tally.total
        with open_in_excel(lines) as there:
            there.excel.before("Range.Value=", partial(there.fake.sort, "F", 2, size + 1), skip=1)
            with there.excel.count() as tally:
                deliver(there.sheet(), run, entries)
        counts.add((quiet, tally.total))
    assert len(counts) == 1
    ((quiet, sorted_),) = counts
    assert quiet <= 2 * 40 + 60
    assert quiet < sorted_ <= 3 * quiet


# --- which sheet, which rows -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("foreign", "accepted"), [(10, True), (11, False)])
def test_nine_of_ten_keys(foreign: int, accepted: bool, tmp_path: Path) -> None:
    """Another file is taken for the run's with 90 of 100 keys, and not with 89; rows without a key do not count; all its headers have to be
    there, in their order, whatever stands between."""
    lines: list[list[Any]] = [[100.0 + n, None, f"First{n}", "x", None, n] for n in range(100)]
    nobody: list[list[Any]] = [[None, None, f"Nobody{n}", None, None, None] for n in range(30)]
    run, entries = entries_of([*lines, *nobody])
    for line in lines[:foreign]:
        line[0] += 1000
    path = build(tmp_path / "copy.xlsx", [list(HEADERS), *lines])
    with opened("file", path) as there:
        assert (recognise(there.sheet(), run, entries) is not None) == accepted
    wider = build(
        tmp_path / "wider.xlsx", [["Mr", *HEADERS[:3], "Note", *HEADERS[3:]], *[[None, *line[:3], None, *line[3:]] for line in lines]]
    )
    with opened("file", wider) as there:
        assert (recognise(there.sheet(), run, entries) is not None) == accepted
    narrower = build(tmp_path / "narrower.xlsx", [list(HEADERS[:5]), *[line[:5] for line in lines]])
    with opened("file", narrower) as there:
        assert recognise(there.sheet(), run, entries) is None


@pytest.mark.parametrize("host", HOSTS)
def test_a_bare_id_column_that_got_another_value(host: str, tmp_path: Path) -> None:
    """`id` is taken for the Reply ID while every value could be one. A row typed in since, whose id is none, does not undo that."""
    headers = ("id", "Email", "Title")
    lines: list[list[Any]] = [[100.0 + n, None, f"T{n}"] for n in range(3)]
    run, entries = entries_of(lines, headers)
    assert entries[0].mark.key == "id:100"
    path = build(tmp_path / "leads.xlsx", [list(headers), ["new one", None, "T9"], *lines])
    with opened(host, path) as there:
        assert deliver(there.sheet(), run, entries).gone == ()
        assert [there.value(f"E{number}") for number in range(2, 6)] == [None, "Told First0.", "Told First1.", "Told First2."]


@pytest.mark.parametrize("host", HOSTS)
def test_a_header_that_means_something_else_by_now(host: str, tmp_path: Path) -> None:
    """The column of e-mails is the one that it was in the run, though another is called so too by now."""
    lines: list[list[Any]] = [["p0@example.com", "a"], ["p1@example.com", "b"]]
    run, entries = entries_of(lines, ("Work email", "Title"))
    path = build(
        tmp_path / "leads.xlsx",
        [["Email", "Work email", "Title"], ["p1@example.com", "p0@example.com", "a"], [None, "p1@example.com", "b"]],
    )
    with opened(host, path) as there:
        found, reading = rows_now(there.sheet(), run, entries)
        assert (found, reading.header_row) == ({2: 2, 3: 3}, 1)


@pytest.mark.parametrize("host", HOSTS)
def test_a_row_whose_cells_were_corrected(host: str, tmp_path: Path) -> None:
    """It has no key and looks otherwise now: for a retry it is known by the message that stands in it."""
    lines: list[list[Any]] = [[None, "no address", "a"], [None, None, "b"]]
    run, entries = entries_of(lines, HEADERS[:3])
    path = build(
        tmp_path / "leads.xlsx",
        [
            [*HEADERS[:3], *OURS],
            [None, "b@example.com", "b", "Invalid", "Told First1."],
            [None, "a@example.com", "a", "Invalid", "Told First0."],
        ],
    )
    with opened(host, path) as there:
        found, reading = rows_now(there.sheet(), run, entries)
        assert (found, reading.header_row) == ({2: 3, 3: 2}, 1)


@pytest.mark.parametrize("host", HOSTS)
def test_a_row_that_is_hidden_and_one_like_it(host: str, tmp_path: Path) -> None:
    """Of two rows that are alike, only one of which waits for its outcome, that one gets it."""
    lines = [[100.0, None, "x", "y", None, 1.0]] * 2
    run, entries = entries_of(lines)
    path = build(tmp_path / "leads.xlsx", [list(HEADERS), [999.0, None, "new"], *lines])
    with opened(host, path) as there:
        assert deliver(there.sheet(), run, entries[1:], entries) == Delivered((3,), ())
        assert [there.value(f"G{number}") for number in (2, 3, 4)] in ([None, None, "Updated"], [None, "Updated", None])
        assert deliver(there.sheet(), run, entries[:1], entries) == Delivered((2,), ())
        assert [there.value(f"G{number}") for number in (2, 3, 4)] == [None, "Updated", "Updated"]


@pytest.mark.parametrize("host", HOSTS)
def test_headers_far_down(host: str, tmp_path: Path) -> None:
    """A run with --header-row finds them again, and of two rows with the same headers the one that was meant."""
    lines = people(3)
    above = [list(HEADERS), *[[900.0 + n, None, "x", "y", None, 1.0] for n in range(30)]]
    run, entries = entries_of(lines, header_row=34)
    path = build(tmp_path / "leads.xlsx", [*above, [], [], list(HEADERS), *lines])
    with opened(host, path) as there:
        assert deliver(there.sheet(), run, entries).gone == ()
        assert [there.value(f"H{number}") for number in (2, 34, 35, 37)] == [None, MESSAGE, "Told First0.", "Told First2."]


@pytest.mark.parametrize("host", HOSTS)
def test_another_sheet_is_not_written_to(host: str, tmp_path: Path) -> None:
    """One with other headers in which a few of the contacts stand: it raises, and not one cell is written."""
    run, entries = entries_of(people(9))
    path = build(tmp_path / "leads.xlsx", [["Email", "Phone"], ["p1@example.com", "1"], ["x@example.com", "2"]])
    with opened(host, path) as there:
        with pytest.raises(SheetError, match="does not hold the rows of run 1"):
            deliver(there.sheet(), run, entries)
        assert there.value("C1") is None
