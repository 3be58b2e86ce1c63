"""Retry: the rows of a run that need it, with what the sheet says now, wherever they stand now; and results that find their row."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import FIRST_ID, Book, Ran, cells, patches

from reply_xl.history.records import Records
from reply_xl.sandbox import Sandbox

Command = Callable[..., Ran]


def push(command: Command, path: Path, reply: Sandbox, *options: object) -> Ran:
    return command("push", path, "--base-url", reply.url, "--yes", "--json", *options)


def rewrite(path: Path, change: Callable[[list[list[Any]]], list[list[Any]]], title: str = "Contacts") -> None:
    """The same workbook with its rows, headers included, rearranged."""
    lines = change([list(line) for line in openpyxl.load_workbook(path)["Contacts"].iter_rows(values_only=True)])
    made = openpyxl.Workbook()
    page = made.active
    assert page is not None
    page.title = title
    for line in lines:
        page.append(line)
    made.save(path)


def type_into(path: Path, **cells: Any) -> None:
    made = openpyxl.load_workbook(path)
    for address, value in cells.items():
        made["Contacts"][address] = value
    made.save(path)


# --- retry -------------------------------------------------------------------------------------------------------------------------------


def test_every_kind_of_row_that_needs_it(book: Book, make_sandbox: Callable[..., Sandbox], command: Command) -> None:
    """Invalid, refused, unknown, conflict, not found and not stored rows are taken; updated, unchanged and skipped ones are not. Each
    with its values of now, at its place of now: the sheet was sorted since, and the cells corrected. The new run names the old one."""
    sandbox = make_sandbox(10)
    path = book(
        ("Reply ID", "Email", "Title", "Company size", "Industry"),
        *[(FIRST_ID + n, None, f"T{n}", None, "Art" if n == 2 else None) for n in range(6)],
        (FIRST_ID + 6, None, None, "many"),
        (None, "not an address", "T7", None),
        (None, "p8@exampel.com", "T8", None),
        (None, None, "T9", None),
    )
    command("pull", path, "--base-url", sandbox.url, "--fields", "title", "--only-empty")
    push(command, path, sandbox, "--rows", "7")  # T5 is stored, and with that its base is known
    sandbox.edit(FIRST_ID + 5, title="theirs")
    type_into(path, C7="mine")
    sandbox.fault("status", status=400, method="PATCH", contact_id=FIRST_ID + 1)
    sandbox.set(ignores=["industry"])
    sandbox.fault("cut", method="PATCH", contact_id=FIRST_ID + 3)
    sandbox.fault("status", status=400, method="GET", path=f"contacts/{FIRST_ID + 3}$")
    first = push(command, path, sandbox)
    words = dict(zip((line["row"] for line in first.lines), first.words, strict=True))
    assert [words[number] for number in range(2, 12)] == [
        "updated", "refused", "not stored", "unknown", "updated", "conflict", "invalid", "invalid", "not found", "invalid",
    ]  # fmt: skip
    needing = {number for number, word in words.items() if word != "updated"}
    sandbox.clear_faults()
    sandbox.set(ignores=[])
    type_into(path, D8="2-10", B9="p7@example.com", B10="p8@example.com", A11=FIRST_ID + 9)
    rewrite(path, lambda lines: [lines[0], *reversed(lines[1:])])
    before = len(patches(sandbox))
    done = command("retry", "--yes", "--json", "--on-conflict", "take-sheet")
    assert {13 - line["row"] for line in done.lines} == needing
    assert set(done.words) <= {"updated", "unchanged"}
    assert {sandbox.contact(FIRST_ID + n)["title"] for n in range(10) if n != 6} == {
        *(f"T{n}" for n in range(10) if n not in (5, 6)),
        "mine",
    }
    assert sandbox.contact(FIRST_ID + 6)["companySize"] == "ten"
    assert sandbox.contact(FIRST_ID + 2)["industry"] == "Art"
    assert len(patches(sandbox)) - before <= len(needing)
    assert {line["Reply status"] for line in cells(path)} <= {"Updated", "Unchanged"}
    with Records() as records:
        newest = records.journal.runs()[0]
        assert (newest.kind, newest.of) == ("retry", newest.id - 1)
    assert "nothing to try again" in command("retry", "--yes").err


def test_a_retry_that_begins_on_a_lower_header(book: Book, sandbox: Sandbox, command: Command) -> None:
    """With the header row of the run, wherever it is now, and its fields."""
    path = book(
        ("Email", "Title", "First name"),
        *[(f"x{n}@example.org", "a", "b") for n in range(24)],
        ("Reply ID", "Title", "First name"),
        (FIRST_ID, "CTO", "Ada"),
    )
    sandbox.fault("status", status=400, method="PATCH")
    assert push(command, path, sandbox, "--header-row", 26, "--fields", "title").words == ["refused"]
    sandbox.clear_faults()
    rewrite(path, lambda lines: [*lines[:3], *lines[5:]])
    assert command("retry", "--yes", "--json").words == ["updated"]
    assert (sandbox.contact(FIRST_ID)["title"], sandbox.contact(FIRST_ID)["firstName"]) == ("CTO", "First0")


def test_rows_that_are_gone_are_said(book: Book, sandbox: Sandbox, command: Command) -> None:
    """They are counted and nothing is sent for them; where all are gone nothing is left to do."""
    path = book(("Reply ID", "Title"), (FIRST_ID, "a"), (FIRST_ID + 1, "b"))
    sandbox.fault("status", status=400, method="PATCH")
    push(command, path, sandbox)
    sandbox.clear_faults()
    rewrite(path, lambda lines: [lines[0], lines[2]])
    done = command("retry", "--yes", "--json")
    assert (done.words, "1 row of run 1 that needs it is no longer in the sheet" in done.err) == (["updated"], True)
    assert sandbox.contact(FIRST_ID)["title"] is None


# --- results find their row ---------------------------------------------------------------------------------------------------------------


PEOPLE = 20
HEADERS = ("Reply ID", "Email", "Title", "Mine")


@pytest.fixture
def waiting(
    book: Book, make_sandbox: Callable[..., Sandbox], command: Command, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, Sandbox]]:
    """A workbook of 20 rows whose results wait, because its folder could not be written when the run was over: rows by id, by e-mail, with
    neither, and two of the same contact."""
    sandbox = make_sandbox(PEOPLE + 1)
    lines = [
        [FIRST_ID + n if n % 2 else None, None if n % 2 else f"p{n}@example.com", f"T{n}", (n * 7) % PEOPLE] for n in range(PEOPLE - 2)
    ]
    path = book(HEADERS, *lines, [None, None, "nobody", 3], [FIRST_ID + 1, None, "T1", 99])
    path = path.rename(path.parent / "leads.xlsx")
    away = path.with_name("away.xlsx")
    sandbox.fault("stall", method="PATCH", contact_id=FIRST_ID, seconds=0.3, when="after")
    import threading
    import time

    def hide() -> None:
        while not patches(sandbox):
            time.sleep(0.01)
        path.rename(away)

    hiding = threading.Thread(target=hide)
    hiding.start()
    done = push(command, path, sandbox)
    hiding.join()
    assert "wait in the journal" in done.err
    sandbox.clear_faults()
    away.rename(path)
    return path, sandbox


def results(path: Path, sheet: str | None = None) -> dict[tuple[Any, ...], str | None]:
    """By what the user typed: the status and what the message is about."""
    return {(line["Title"], line["Mine"]): line.get("Reply status") for line in cells(path, sheet) if line["Title"]}


EXPECTED = {**{(f"T{n}", (n * 7) % PEOPLE): "Updated" for n in range(PEOPLE - 2)}, ("nobody", 3): "Invalid", ("T1", 99): "Updated"}

Lines = list[list[Any]]
ARRANGED: dict[str, Callable[[Lines], Lines]] = {
    "as it was": lambda lines: lines,
    "sorted": lambda lines: [lines[0], *sorted(lines[1:], key=lambda line: line[3])],
    "rows inserted": lambda lines: [lines[0], *[[None] * 7] * 2, *lines[1:8], [None, "new@example.com", None, None], *lines[8:]],
    "headers moved down": lambda lines: [["My leads"], [], *lines],
    "a column inserted": lambda lines: [[*line[:2], "note" if line is lines[0] else None, *line[2:]] for line in lines],
    "columns in another order": lambda lines: [[line[3], line[2], line[0], line[1], *line[4:]] for line in lines],
    "our columns gone": lambda lines: [line[:4] for line in lines],
}


@pytest.mark.parametrize("how", ARRANGED)
def test_the_next_command_delivers(how: str, waiting: tuple[Path, Sandbox], command: Command) -> None:
    """Whatever was done to the sheet meanwhile; what is in no row of the run stays as it is."""
    path, sandbox = waiting
    rewrite(path, ARRANGED[how])
    sent = len(patches(sandbox))
    assert "which had been waiting, are in leads.xlsx now" in command("preview", path, "--base-url", sandbox.url).err
    if how != "headers moved down":
        assert results(path) == EXPECTED
    else:
        page = openpyxl.load_workbook(path)["Contacts"]
        assert [cell.value for cell in page[1]][:1] == ["My leads"]
        assert {(line[2], line[3]): line[4] for line in page.iter_rows(min_row=4, values_only=True)} == EXPECTED
    assert len(patches(sandbox)) == sent
    assert command("resume").err == "No run is unfinished.\n"


def test_a_row_that_is_gone_is_reported(waiting: tuple[Path, Sandbox], command: Command) -> None:
    """By name, and its result is in no other row; it does not wait for ever."""
    path, sandbox = waiting
    rewrite(path, lambda lines: [lines[0], *lines[4:]])
    done = command("columns", path, "--base-url", sandbox.url)
    assert "is no longer in the sheet" in done.err
    assert results(path) == {key: word for key, word in EXPECTED.items() if key not in (("T0", 0), ("T1", 7), ("T2", 14))}
    assert "waiting" not in command("columns", path, "--base-url", sandbox.url).err


def test_a_renamed_sheet(waiting: tuple[Path, Sandbox], command: Command) -> None:
    """Found by its headers and keys, also beside other sheets, also where another one has its name now."""
    path, _sandbox = waiting
    rewrite(path, lambda lines: lines, title="Leads of May")
    made = openpyxl.load_workbook(path)
    made.create_sheet("Contacts", 0).append(["Email", "Something"])
    made["Contacts"].append(["p0@example.com", "x"])
    made.save(path)
    command("resume", "--yes")
    assert results(path, "Leads of May") == EXPECTED
    assert list(openpyxl.load_workbook(path)["Contacts"].iter_rows(values_only=True)) == [("Email", "Something"), ("p0@example.com", "x")]


@pytest.mark.parametrize(("foreign", "accepted"), [(0, True), (1, True), (2, False)])
def test_a_copy_that_is_named(foreign: int, accepted: bool, waiting: tuple[Path, Sandbox], command: Command) -> None:
    """--book takes a file in which 90 % of the keys are: 19 of the 20 rows have one, 18 suffice (94.7 %), 17 (89.5 %) do not, and then
    nothing is written."""
    path, _ = waiting
    copy = path.with_name("copy.xlsx")
    shutil.copy(path, copy)
    made = openpyxl.load_workbook(copy)
    for number in range(foreign):
        made["Contacts"].cell(3 + 2 * number, 1).value = FIRST_ID + 900 + number
    made.save(copy)
    before = copy.read_bytes()
    done = command("resume", 1, "--yes", "--book", copy)
    assert (copy.read_bytes() == before) == (not accepted)
    if accepted:
        words = [line["Reply status"] for line in cells(copy)]
        assert words.count("Updated") == PEOPLE - 1 - foreign
        assert ("is no longer in the sheet" in done.err) == bool(foreign)
    else:
        assert "No sheet of copy.xlsx holds the headers and the contacts of run 1" in done.err


def test_a_file_with_other_headers_is_refused(waiting: tuple[Path, Sandbox], command: Command) -> None:
    """All keys, but a header less: not the run's."""
    path, _ = waiting
    copy = path.with_name("copy.xlsx")
    shutil.copy(path, copy)
    rewrite(copy, lambda lines: [[*line[:3], *line[4:]] for line in lines])
    before = copy.read_bytes()
    assert "No sheet of copy.xlsx" in command("resume", 1, "--yes", "--book", copy).err
    assert copy.read_bytes() == before


def test_rows_found_by_email_that_got_their_id(waiting: tuple[Path, Sandbox], command: Command) -> None:
    """By another program meanwhile; one whose id is somebody else's is not that row any more."""
    path, _sandbox = waiting

    def with_ids(lines: Sequence[Sequence[Any]]) -> Lines:
        made = [list(line) for line in lines]
        for n in range(0, 10, 2):
            made[n + 1][0] = FIRST_ID + n
        made[1][0] = FIRST_ID + PEOPLE
        return made

    rewrite(path, with_ids)
    command("resume", "--yes")
    assert results(path) == {**EXPECTED, ("T0", 0): None}


def test_a_sheet_that_is_protected_waits(waiting: tuple[Path, Sandbox], command: Command) -> None:
    """Nothing is written, it is said, and the outcomes go on waiting until it is unprotected."""
    path, sandbox = waiting
    for protected in (True, False):
        made = openpyxl.load_workbook(path)
        made["Contacts"].protection.sheet = protected
        made.save(path)
        before = path.read_bytes()
        done = command("preview", path, "--base-url", sandbox.url)
        assert ("still wait" in done.err) == protected
        assert (path.read_bytes() == before) == protected
    assert results(path) == EXPECTED
