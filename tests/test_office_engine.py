"""The xlwings engine over a live LibreOffice itself: what the contract tests do not ask."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from hosts import build, live_engine, office
from office_engine import connect, is_available, why_not

pytestmark = pytest.mark.skipif(not is_available(), reason=why_not())


@pytest.fixture
def books() -> Iterator[Any]:
    with live_engine() as engine:
        yield engine.apps.active.books


def test_another_process_writes_into_the_open_document(books: Any, tmp_path: Path) -> None:
    """A Python that is started beside this one finds the same open document by its name, and what it writes stands here at once."""
    book = books.open(str(build(tmp_path / "Løads = 100 % 'é' 名.xlsx", [["Email"], ["a@example.com"]])))
    script = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import office_engine
        book = office_engine.connect({office().pipe!r}).apps.active.books["LØADS = 100 % 'é' 名.xlsx"]
        book.sheets["Leads"].range("B1:B2").raw_value = [["'=1+1"], [2.5]]
        print(book.sheets["Leads"].range("A2").value, book.app.pid)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "a@example.com"
    assert book.sheets[0].range("B1:B2").value == ["=1+1", 2.5]


def test_a_document_that_was_closed(books: Any, tmp_path: Path) -> None:
    """Every object of it raises from then on."""
    book = books.open(str(build(tmp_path / "leads.xlsx", [["Email"]])))
    sheet = book.sheets[0]
    book.close()
    assert [other.name for other in books] == []
    for action in (lambda: sheet.range("A1").raw_value, lambda: sheet.range("A1").clear_contents(), lambda: sheet.name):
        with pytest.raises(Exception) as caught:  # LibreOffice's own classes are made when one is raised
            action()
        assert caught.type.__name__ in ("com.sun.star.uno.RuntimeException", "XlwingsError")


def test_values_of_every_kind(books: Any, tmp_path: Path) -> None:
    """They come as from Excel over COM: blanks None, errors as its codes, those of LibreOffice alone as an unknown one."""
    moment = datetime(2026, 3, 4, 12, 30, 15)
    more = {
        "A1": "x",
        "B1": 1,
        "C1": moment,
        "D1": True,
        "E1": "#N/A",
        "F1": "=1/0",
        "G1": "=nosuchname",
        "H1": '=IF(1,"",0)',
        "I1": "=FOO(",
    }
    sheet = books.open(str(build(tmp_path / "leads.xlsx", [], more=more, formats={"B2": "@"}))).sheets[0]
    assert sheet.range("A1:H1").raw_value == (("x", 1.0, moment, True, -2146826246, -2146826281, -2146826259, None),)
    assert sheet.range("I1").raw_value < -2_000_000_000
    sheet.range("A3:D3").raw_value = [["'007", moment, False, None]]
    assert sheet.range("A3:D3").raw_value == (("007", moment, False, None),)
    assert sheet.range("A3").formula == "007"


def test_two_books_and_a_status(tmp_path: Path) -> None:
    """The book in front is the active one; the texts of the status bar can be read by who asked for them."""
    lines = tmp_path / "status"
    with live_engine():
        app = connect(office().pipe, pid=office().pid, status=lines).apps.active
        one, two = (app.books.open(str(build(tmp_path / name, [["Email"]]))) for name in ("one.xlsx", "two.xlsx"))
        assert app.books.active.name == "two.xlsx"
        one.activate()
        assert [app.books.active.name, xw.apps.active.books.active.name] == ["one.xlsx"] * 2
        app.status_bar = "Reply: 3 of 10"
        app.status_bar = False
        assert {book.name for book in app.books} == {"one.xlsx", two.name}
    assert lines.read_text(encoding="utf-8") == "Reply: 3 of 10\n\n"


def test_a_sheet_is_copied_and_rows_are_moved(books: Any, tmp_path: Path) -> None:
    """What a user does meanwhile can be done by a test: rows inserted and deleted, a sheet copied and removed."""
    book = books.open(str(build(tmp_path / "leads.xlsx", [["Email"], ["a"], ["b"]])))
    book.sheets[0].copy(name="Practice")
    assert [sheet.name for sheet in book.sheets] == ["Leads", "Other", "Practice"]
    sheet = book.sheets[0]
    sheet.range("2:2").insert("down")
    assert sheet.range("A1:A4").value == ["Email", None, "a", "b"]
    sheet.range("1:2").delete("up")
    assert sheet.range("A1:A2").value == ["a", "b"]
    book.sheets["Practice"].delete()
    assert "Practice" not in [sheet.name for sheet in book.sheets]
