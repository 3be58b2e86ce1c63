"""`pull BOOK`: the mapped columns of the chosen rows, refreshed from Reply."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import openpyxl
from conftest import FIRST_ID, Book, Ran, cells

from reply_xl.plan import Request
from reply_xl.pull import Refresh, Refreshing, refreshing
from reply_xl.sandbox import Sandbox
from reply_xl.session import Session
from reply_xl.workbook import Workbook

HEADERS = ("Reply ID", "First name", "Title", "Company size", "Phone", "Custom: Budget", "createdAt", "Mine")
CONTACT = {
    "id": FIRST_ID,
    "email": "ada@example.com",
    "firstName": "Ada",
    "title": "=1+1",
    "companySize": "Fifty",
    "phone": "0041 44 668 18 00",
    "customFields": {"Budget": "1200"},
}


def pull(run: Callable[..., Ran], path: Path, sandbox: Sandbox, *options: object, **more: str) -> Ran:
    return run("pull", path, "--base-url", sandbox.url, *options, **more)


def test_blank_cells_are_filled_without_a_question(book: Book, run: Callable[..., Ran], make_sandbox: Callable[..., Sandbox]) -> None:
    """Blank cells get Reply's values: text literally, company size by its label, times as dates; a column of the user's is left alone."""
    sandbox = make_sandbox([CONTACT], ["Budget"])
    path = book(HEADERS, (FIRST_ID, None, None, None, None, None, None, "mine"))
    done = pull(run, path, sandbox)
    assert done.code == 0, done.err
    (row,) = cells(path)
    assert [row[header] for header in HEADERS[:6]] == [FIRST_ID, "Ada", "=1+1", "11-50", "0041 44 668 18 00", "1200"]
    assert row["createdAt"].year >= 2024
    assert row["Mine"] == "mine"
    assert not [request for request in sandbox.requests if request.method != "GET"]


def test_what_was_pulled_is_unchanged_for_push(book: Book, run: Callable[..., Ran], make_sandbox: Callable[..., Sandbox]) -> None:
    """A push right after a pull has nothing to send."""
    sandbox = make_sandbox([CONTACT], ["Budget"])
    path = book(HEADERS, (FIRST_ID, *[None] * 7))
    assert pull(run, path, sandbox).code == 0
    done = run("push", path, "--base-url", sandbox.url, "--json")
    assert done.words == ["unchanged"]


def test_a_value_that_differs_is_replaced_only_if_agreed(book: Book, run: Callable[..., Ran], make_sandbox: Callable[..., Sandbox]) -> None:
    """Without a terminal and without --overwrite nothing at all is written and the exit code is 2; --overwrite replaces."""
    sandbox = make_sandbox([CONTACT], ["Budget"])
    path = book(HEADERS, (FIRST_ID, "Adele", *[None] * 6))
    before = path.read_bytes()
    done = pull(run, path, sandbox)
    assert done.code == 2
    assert "First name" in done.err
    assert path.read_bytes() == before
    assert pull(run, path, sandbox, "--overwrite").code == 0
    assert cells(path)[0]["First name"] == "Ada"


def test_only_empty_never_replaces_and_never_asks(book: Book, run: Callable[..., Ran], make_sandbox: Callable[..., Sandbox]) -> None:
    """--only-empty fills blank cells and leaves the others as they are."""
    sandbox = make_sandbox([CONTACT], ["Budget"])
    path = book(HEADERS, (FIRST_ID, "Adele", *[None] * 6))
    assert pull(run, path, sandbox, "--only-empty").code == 0
    (row,) = cells(path)
    assert (row["First name"], row["Title"]) == ("Adele", "=1+1")


def test_a_value_that_means_the_same_is_left_as_typed(book: Book, run: Callable[..., Ran], make_sandbox: Callable[..., Sandbox]) -> None:
    """`11 – 50` is the company size that Reply has: no question, and the cell stays."""
    sandbox = make_sandbox([CONTACT], ["Budget"])
    path = book(HEADERS, (FIRST_ID, "Ada ", "=1+1", "11 – 50", "0041 44 668 18 00", 1200, None, None))
    wanted = openpyxl.load_workbook(path)
    wanted["Contacts"]["C2"].data_type = "s"
    wanted.save(path)
    assert pull(run, path, sandbox).code == 0
    (row,) = cells(path)
    assert [row["First name"], row["Company size"], row["Custom: Budget"]] == ["Ada ", "11 – 50", 1200]


def test_formulas_and_hidden_cells_stay(book: Book, run: Callable[..., Ran], make_sandbox: Callable[..., Sandbox]) -> None:
    """A formula is never overwritten, whatever its value; neither is a hidden row or column."""
    sandbox = make_sandbox([CONTACT, {**CONTACT, "id": FIRST_ID + 1, "email": "b@example.com"}], ["Budget"])
    path = book(HEADERS, (FIRST_ID, '=UPPER("ada")', *[None] * 6), (FIRST_ID + 1, *[None] * 7), hidden_rows=[3], hidden_columns="C")
    done = pull(run, path, sandbox)
    assert done.code == 0, done.err  # nothing to ask: a formula is not counted as a value that would be replaced
    first, second = cells(path)
    assert (first["First name"], first["Title"]) == ('=UPPER("ada")', None)
    assert set(second.values()) == {FIRST_ID + 1, None}


def test_null_never_replaces_a_value(book: Book, run: Callable[..., Ran], make_sandbox: Callable[..., Sandbox]) -> None:
    """A field that is empty in Reply leaves the cell as it is, also with --overwrite."""
    sandbox = make_sandbox([{"id": FIRST_ID, "email": "a@example.com", "firstName": "Ada"}], ["Budget"])
    path = book(HEADERS, (FIRST_ID, "Ada", "CTO", *[None] * 5))
    assert pull(run, path, sandbox, "--overwrite").code == 0
    assert cells(path)[0]["Title"] == "CTO"


def test_somebody_else_is_not_pulled_into_a_row(book: Book, run: Callable[..., Ran], make_sandbox: Callable[..., Sandbox]) -> None:
    """A row whose e-mail is another person's gets nothing, and is named; the others are refreshed."""
    sandbox = make_sandbox(10)
    rows = [(FIRST_ID + index, f"p{index}@example.com", None) for index in range(9)]
    path = book(("Reply ID", "Email", "First name"), *rows, (FIRST_ID + 9, "stranger@example.org", None))
    done = pull(run, path, sandbox)
    assert done.code == 3
    assert "B11" in done.out + done.err
    assert [row["First name"] for row in cells(path)] == [f"First{index}" for index in range(9)] + [None]


def test_ids_of_another_system_pull_nothing(book: Book, run: Callable[..., Ran], make_sandbox: Callable[..., Sandbox]) -> None:
    """Where the e-mails of the rows are not those of the contacts with their ids, nothing is written and the exit code is 1."""
    sandbox = make_sandbox(3)
    path = book(("Reply ID", "Email", "First name"), *[(FIRST_ID + index, f"x{index}@example.org", None) for index in range(3)])
    before = path.read_bytes()
    done = pull(run, path, sandbox, "--overwrite")
    assert done.code == 1
    assert "Nothing was written: 3 of 3 rows have another e-mail" in done.err
    assert path.read_bytes() == before


# what a pull would write


def found(path: Path, sandbox: Sandbox, request: Request | None = None) -> Refreshing:
    with Workbook(path) as workbook, Session(sandbox.url) as session:
        sheet, request = workbook.sheet(), request or Request()
        reading = sheet.read(request.rows, request.header_row)
        return refreshing(reading, lambda indices: sheet.formulas(reading, indices), session.contacts, request)


def addresses(cells: Iterable[Refresh]) -> list[str]:
    return [cell.column.address(cell.row) for cell in cells]


def test_what_is_empty_in_reply_fills_and_replaces_nothing(book: Book, make_sandbox: Callable[..., Sandbox]) -> None:
    """`Empty` and `none` are words of the API for nothing: they are written into no cell, blank or not."""
    sandbox = make_sandbox([{"id": FIRST_ID, "email": "a@example.com", "companySize": "Empty", "callStatus": "none", "isOptedOut": False}])
    path = book(
        ("Reply ID", "Company size", "Call status", "Opted out"), (FIRST_ID, "51-200", None, None), (FIRST_ID, None, "called", "yes")
    )
    refreshing = found(path, sandbox)
    assert (addresses(refreshing.fills), addresses(refreshing.replaces)) == (["D2"], ["D3"])


def test_what_would_be_written_is_counted_apart(book: Book, make_sandbox: Callable[..., Sandbox]) -> None:
    """Cells filled, replaced, kept by `--only-empty` and kept because they hold a formula; and the rows compared, problem rows aside."""
    path = book(
        ("Reply ID", "Email", "First name", "Last name"),
        (FIRST_ID, "p0@example.com", "First0", None),
        (FIRST_ID + 1, None, "Other", "=UPPER(C3)"),
        (FIRST_ID + 2, "someone@example.org", None, None),
        *[(FIRST_ID + number, f"p{number}@example.com", f"First{number}", f"Last{number}") for number in range(3, 8)],
    )
    sandbox = make_sandbox(10)
    for only_empty, replaced, kept in ((False, ["C3"], []), (True, [], ["C3"])):
        refreshing = found(path, sandbox, Request(only_empty=only_empty))
        assert addresses(refreshing.fills) == ["D2", "B3"]
        assert (addresses(refreshing.replaces), addresses(refreshing.kept)) == (replaced, kept)
        assert addresses(refreshing.formulas) == ["D3"]
        assert (refreshing.compared, [problem.row for problem in refreshing.problems]) == (7, [4])


def test_a_row_is_compared_whatever_its_other_cells_hold(book: Book, sandbox: Sandbox) -> None:
    """A pull sends nothing, so a cell that could not be sent is one to be replaced, not a problem of its row."""
    path = book(("Reply ID", "First name", "Opted out"), (FIRST_ID, "First0", "perhaps"))
    refreshing = found(path, sandbox)
    assert (addresses(refreshing.replaces), refreshing.problems) == (["C2"], ())


def test_names_suffice_for_another_email(book: Book, sandbox: Sandbox) -> None:
    """The e-mail changed in Reply, the names are the contact's: the row is refreshed."""
    path = book(("Reply ID", "Email", "First name", "Last name"), (FIRST_ID, "old@example.com", "First0", "Last0"))
    assert addresses(found(path, sandbox).replaces) == ["B2"]


def test_ids_of_another_system_are_refused_also_where_nothing_differs(book: Book, sandbox: Sandbox) -> None:
    """The sentence says that nothing was written."""
    path = book(("Reply ID", "First name"), ("0031000000abcdeAAA", None), ("0031000000abcdeAAB", None))
    assert (found(path, sandbox).refusal or "").startswith("Nothing was written: Reply does not know 2 of the 2 IDs")
