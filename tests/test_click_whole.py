"""The click, whole, in a live LibreOffice: button, click file, Python, sandbox, cells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from clicking import Clicking, by_header
from conftest import FIRST_ID, Book, patches
from office_engine import is_available, why_not

from reply_xl.click import Button
from reply_xl.sandbox import Sandbox

pytestmark = pytest.mark.skipif(not is_available(), reason=why_not())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clicking]:
    clicking = Clicking(tmp_path_factory.mktemp("clicking"))
    yield clicking
    clicking.end()


@pytest.fixture
def office(running: Clicking, sandbox: Sandbox) -> Iterator[Clicking]:
    running.set_up(sandbox.url)
    yield running
    running.close_books()


def leads(book: Book, count: int = 6, **given: object) -> Path:
    rows = [(FIRST_ID + index, f"p{index}@example.com", f"Title {index}") for index in range(count)]
    return book(("Reply ID", "Email", "Title"), *rows, **given)


def test_update_of_a_filtered_selection_of_several_areas(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """Update sends the visible rows of all selected areas, asks once before, and each row says what became of it; other rows stay blank."""
    opened = office.open(leads(book, hidden_rows=[3]))
    office.select(opened, "Contacts", "A2:C3", "B5")
    office.answer("Update them")
    assert office.press(Button.UPDATE) < 0.5
    office.select(opened, "Contacts", "A7")
    office.wait()
    rows = by_header(opened, "Contacts", 6)
    assert [row["Reply status"] for row in rows] == ["Updated", None, None, "Updated", None, None], office.log()
    assert sorted(request.path.rpartition("/")[2] for request in patches(sandbox)) == [str(FIRST_ID), str(FIRST_ID + 3)]
    (box,) = office.asked()
    assert "2 contacts will change" in box["text"]
    assert office.bar()[-2].startswith("Reply: Updated 2.")
