"""`retry --live` and `undo --live`: the sheet that its user sees, and rows of it that are selected; never another sheet, workbook or row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import FIRST_ID, Book, Live, patches
from fake_excel import FakeExcel, install
from hosts import live_engine
from office_engine import is_available, why_not
from test_ribbon import click, rows, status

from reply_xl import engine
from reply_xl.busy import Patience
from reply_xl.cli import main
from reply_xl.live_commands import Desk
from reply_xl.sandbox import Sandbox
from reply_xl.tab.click import Button

NAME = "leads.xlsx"


@pytest.fixture
def excel() -> Iterator[FakeExcel]:
    """A workbook with six contacts, of which the rows 2, 3 and 5 are selected."""
    made = FakeExcel()
    made.add_book(NAME).add_sheet("Leads", rows(6)).select("A2:C3,B5")
    with install(made):
        yield made


def titles(sandbox: Sandbox) -> list[Any]:
    return [contact.get("title") for contact in sandbox.contacts.values()][:6]


def values(excel: FakeExcel, address: str, sheet: int = 0) -> Any:
    return excel.books[0].sheets[sheet].cell(address).value


def copy_of(excel: FakeExcel, name: str, *lines: list[Any]) -> Any:
    """Another sheet with the headers of the first one."""
    return excel.books[0].add_sheet(name, [["Reply ID", "Email", "Title"], *lines])


# -- retry


def test_retry_takes_what_needs_it_with_what_the_sheet_holds_now(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """The last update of the sheet in front: a row that was wrong is corrected and sent; the others are not sent again, whatever is selected."""
    sheet = excel.books[0].sheets[0]
    assert "nothing to try again; run reply-xl push --live." in live(sandbox, "retry", "--live", "--yes").err
    sheet.fill("A3", [["no number"]])
    assert live(sandbox, "push", "--live", "--yes").code == 3
    sent = len(patches(sandbox))
    sheet.fill("A3", [[float(FIRST_ID + 1)]])
    sheet.select("A7")
    ran = live(sandbox, "retry", "--live", "--yes")
    assert ran.code == 0, ran.err
    assert "Run 1 of " in ran.err
    assert status(excel) == ["Updated", "Updated", None, "Updated", None, None]
    assert len(patches(sandbox)) == sent + 1
    assert excel.books[0].saved_as == []
    assert "leave RUN out" in live(sandbox, "retry", "1", "--live").err
    assert "leave --book out" in live(sandbox, "retry", "--live", "--book", "x.xlsx").err


def test_retry_is_of_the_sheet_in_front(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """Not of another one that was updated later."""
    sheet = excel.books[0].sheets[0]
    sheet.fill("A3", [["no number"]])
    live(sandbox, "push", "--live", "--yes")
    other = copy_of(excel, "Other", ["wrong", None, "Other title"])
    excel.books[0].active = other
    other.select("A2")
    live(sandbox, "push", "--live", "--yes")
    other.fill("A2", [[float(FIRST_ID + 5)]])
    sheet.fill("A3", [[float(FIRST_ID + 1)]])
    excel.books[0].active = sheet
    assert live(sandbox, "retry", "--live", "--yes").code == 0
    assert titles(sandbox) == ["Title 0", "Title 1", None, "Title 3", None, None]


@pytest.mark.parametrize("by", ["command", "ribbon"])
def test_retry_never_takes_the_values_of_a_sheet_that_is_alike(excel: FakeExcel, make_sandbox: Any, live: Live, by: str) -> None:
    """Most rows were deleted from the sheet in front, and a copy with other values still has all of them: what is in front is sent."""
    sandbox = make_sandbox(6)
    sheet = excel.books[0].sheets[0]
    sheet.select("A2:C7")
    sheet.fill("C2", [["x"]] * 6)
    sheet.fill("A3", [[3.5], [3.5]])
    assert live(sandbox, "push", "--live", "--yes").code == 3
    copy_of(excel, "Copy", *[[float(FIRST_ID + n), f"p{n}@example.com", f"of the copy {n}"] for n in range(6)])
    sheet.fill("A3", [[float(FIRST_ID + 1), "p1@example.com", "y"]])
    sheet.fill("A4", [[None] * 8] * 4)
    if by == "command":
        ran = live(sandbox, "retry", "--live", "--yes")
        assert "1 row of run 1 that needs it is no longer in the sheet." in ran.err
    else:
        click(
            sandbox,
            Button.RETRY,
            "$A$1",
            book=NAME,
            path=excel.books[0].full_name,
            window=excel.books[0].hwnd,
            answers=("Update them",) * 3,
        )
    assert titles(sandbox) == ["x", "y", None, "x", "x", "x"]


# -- undo of selected rows


def test_undo_of_the_selected_rows(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """Of the last run only the visible selected rows are undone, wherever they stand now; the rest of it stays, and can be undone after it."""
    sheet = excel.books[0].sheets[0]
    sheet.select("A2:C7")
    assert live(sandbox, "push", "--live", "--yes").code == 0
    lines = [[sheet.cell(f"{letter}{row}").value for letter in "ABCDEF"] for row in range(2, 8)]
    sheet.fill("A2", lines[::-1])
    sheet.hide_rows(4, 4)
    sheet.select("A2,B4:C5,F7")
    ran = live(sandbox, "undo", "--live", "--rows", "selection")
    assert (ran.code, "3 contacts get the former values back" in ran.err) == (2, True), ran.err
    assert titles(sandbox) == [f"Title {n}" for n in range(6)]
    assert live(sandbox, "undo", "--live", "--rows", "selection", "--yes").code == 0
    assert titles(sandbox) == [None, "Title 1", None, "Title 3", "Title 4", None]
    assert status(excel) == ["Undone", "Updated", "Updated", "Undone", "Updated", "Undone"]
    ran = live(sandbox, "undo", "1", "--rows", "selection")
    assert (ran.code, "known only with --live" in ran.err) == (1, True)


def test_undo_proves_each_selected_row(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """What was changed in Reply since is not undone, selected or not."""
    assert live(sandbox, "push", "--live", "--yes").code == 0
    sandbox.edit(FIRST_ID + 1, title="theirs")
    excel.books[0].sheets[0].select("A2:A3")
    ran = live(sandbox, "undo", "--live", "--rows", "selection", "--yes")
    assert ran.code == 3, ran.err
    assert titles(sandbox)[:4] == [None, "theirs", None, "Title 3"]
    assert status(excel)[:4] == ["Undone", "Conflict", None, "Updated"]


@pytest.mark.parametrize("chosen", ["A1:C1", "A4,A6:A7", "A20:A30", "H2"])
def test_undo_where_nothing_of_the_run_is_selected(excel: FakeExcel, sandbox: Sandbox, live: Live, chosen: str) -> None:
    """Nothing is done, and it is said; a cell beside a row selects the row."""
    assert live(sandbox, "push", "--live", "--yes").code == 0
    excel.books[0].sheets[0].select(chosen)
    ran = live(sandbox, "undo", "--live", "--rows", "selection", "--yes")
    is_beside = chosen == "H2"
    assert (ran.code, "nothing to undo in these rows" in ran.err) == (0, not is_beside), ran.err
    assert titles(sandbox)[:4] == [None if is_beside else "Title 0", "Title 1", None, "Title 3"]


def test_the_rows_of_an_undo_are_those_of_the_sheet_in_front(excel: FakeExcel, sandbox: Sandbox, live: Live) -> None:
    """Most rows of it were deleted, and a copy has all of them in another order: row 2 is that of the sheet in front."""
    sheet = excel.books[0].sheets[0]
    sheet.select("A2:C7")
    assert live(sandbox, "push", "--live", "--yes").code == 0
    copy_of(excel, "Copy", *[[float(FIRST_ID + n), f"p{n}@example.com", f"Title {n}"] for n in reversed(range(6))])
    sheet.fill("A4", [[None] * 8] * 4)
    sheet.select("A2")
    ran = live(sandbox, "undo", "--live", "--rows", "selection", "--yes")
    assert ran.code == 0, ran.err
    assert titles(sandbox)[0] is None
    assert titles(sandbox)[1:] == [f"Title {n}" for n in range(1, 6)]


# -- which run


@pytest.mark.parametrize("command", ["undo", "retry"])
def test_another_workbook_that_was_never_saved(sandbox: Sandbox, live: Live, command: str) -> None:
    """Today's “Book1” is not last week's, which had the same sheet and some of the same contacts: nothing of that is undone or tried again."""
    for first, count in ((0, 3), (1, 2)):
        excel = FakeExcel()
        lines = [
            ["Reply ID", "Email", "Title"],
            *([float(FIRST_ID + n) if first or n else "wrong", None, f"T{n}"] for n in range(first, first + count)),
        ]
        excel.add_book("Book1", folder="").add_sheet("Sheet1", lines).select("A2:A4")
        with install(excel):
            if not first:
                assert live(sandbox, "push", "--live", "--yes").code == 3
                continue
            ran = live(sandbox, command, "--live", "--yes")
            assert (ran.code, "there is nothing to" in ran.err) == (1, True), ran.err
    assert titles(sandbox) == [None, "T1", "T2", None, None, None]


@pytest.mark.parametrize("command", ["undo", "retry"])
def test_another_book1_of_the_same_excel_with_the_same_rows(sandbox: Sandbox, live: Live, command: str) -> None:
    """A list that was pasted once more into a new workbook has no columns of results: it is not the one that was updated."""
    excel = FakeExcel()
    lines = [["Reply ID", "Email", "Title"], *([float(FIRST_ID + n), f"p{n}@example.com", f"T{n}"] for n in range(3))]
    with install(excel):
        for _ in range(2):
            made = excel.add_book("Book1", folder="")
            made.add_sheet("Sheet1", lines).select("A2:A4")
            if not patches(sandbox):
                assert live(sandbox, "push", "--live", "--yes").code == 0
                made.close()
        ran = live(sandbox, command, "--live", "--yes")
    assert (ran.code, "there is nothing to" in ran.err) == (1, True), ran.err
    assert titles(sandbox)[:3] == ["T0", "T1", "T2"]


@pytest.mark.parametrize("command", ["undo", "retry"])
def test_a_run_on_another_server(excel: FakeExcel, make_sandbox: Any, live: Live, command: str) -> None:
    """What was sent to one server is neither undone nor tried again on another: there the sheet has not been updated."""
    assert live(make_sandbox(6), "push", "--live", "--yes").code == 0
    other = make_sandbox(6)
    ran = live(other, command, "--live", "--yes")
    assert (ran.code, "there is nothing to" in ran.err) == (1, True), ran.err
    assert patches(other) == []


@pytest.mark.parametrize("by", ["command", "ribbon"])
@pytest.mark.parametrize("command", ["undo", "retry"])
def test_a_new_sheet_of_the_old_name(excel: FakeExcel, sandbox: Sandbox, live: Live, command: str, by: str) -> None:
    """The sheet of the run was renamed, and another one with other contacts is called as it was: nothing of the run is undone or tried again
    there, and it is said how that is done."""
    book = excel.books[0]
    book.sheets[0].fill("A3", [["wrong"]])
    assert live(sandbox, "push", "--live", "--yes").code == 3
    sent = len(patches(sandbox))
    book.sheets[0].name = "Old"
    book.sheets[0].fill("A3", [[float(FIRST_ID + 1)]])
    new = copy_of(excel, "Leads", [float(FIRST_ID + 7), "p7@example.com", "other"], [float(FIRST_ID + 8), None, "other"])
    new.select("A2:A3")
    book.active = new
    if by == "command":
        ran = live(sandbox, command, "--live", "--yes")
        code, said = ran.code, ran.err
    else:
        button = Button.UNDO if command == "undo" else Button.RETRY
        pressed = click(sandbox, button, "$A$2", book=NAME, path=book.full_name, window=book.hwnd, answers=("Update them", "Undo it") * 2)
        code, said = pressed.code, " ".join(pressed.boxes.told)
    assert (code, len(patches(sandbox))) == (1, sent), said
    assert f"None of the rows of run 1, the last one of a sheet “Leads”, is in it now; “reply-xl {command} 1” finds them." in said
    assert new.cell("D1").value is None


# -- over other hosts


@pytest.mark.skipif(not is_available(), reason=why_not())
def test_retry_and_undo_of_selected_rows_in_libreoffice(sandbox: Sandbox, live: Live, tmp_path: Path) -> None:
    """A row that was corrected is tried again; of the run, the visible selected rows are undone."""
    made = openpyxl.Workbook()
    page: Any = made.active
    page.title = "Leads"
    for line in rows(4):
        page.append(line)
    page["A3"] = "no number"
    made.save(tmp_path / "leads.xlsx")
    with live_engine() as host:
        sheet = host.apps.active.books.open(str(tmp_path / "leads.xlsx")).sheets["Leads"]

        def column() -> list[Any]:
            return [line[0] for line in sheet.range("D2:D5").raw_value]

        sheet.range("A2:C5").select()
        assert live(sandbox, "push", "--live", "--yes").code == 3
        sheet.range("A3").value = float(FIRST_ID + 1)
        ran = live(sandbox, "retry", "--live", "--yes")
        assert ran.code == 0, ran.err
        assert column() == ["Updated"] * 4
        sheet.range("B2:B3").select()
        assert live(sandbox, "undo", "--live", "--rows", "selection", "--yes").code == 0
        assert column() == ["Updated", "Undone", "Updated", "Updated"]  # the last run is that of row 3 alone
    assert titles(sandbox)[:4] == ["Title 0", None, "Title 2", "Title 3"]


def test_retry_and_undo_over_the_file_engine(book: Book, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same code on a workbook that the file engine has open."""
    monkeypatch.setenv("REPLY_XL_QUOTA", "off")
    path = book(("Reply ID", "Title"), (FIRST_ID, "CTO"), ("no number", "CEO"))
    opened = engine.open_book(path)
    try:
        desk = Desk(lambda: opened.app.engine, lambda processes: None, lambda: Patience(0))
        sheet = opened.sheets["Contacts"]
        server = ["--base-url", sandbox.url]
        assert main(["push", "--live", "--yes", "--rows", "2:3", *server], desk) == 3
        sheet.range("A3").value = FIRST_ID + 1
        assert main(["retry", "--live", *server], desk) == 0
        assert titles(sandbox)[:2] == ["CTO", "CEO"]
        opened.sheets["Contacts"].range("B3").select()
        assert main(["undo", "--live", "--rows", "selection", "--yes", *server], desk) == 0
        assert [line[0] for line in sheet.range("C2:C3").raw_value] == ["Updated", "Undone"]
    finally:
        opened.close()
    assert titles(sandbox)[:2] == ["CTO", None]
