"""Rows below the headers that are no contacts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reply_xl.mapping.columns import map_columns
from reply_xl.mapping.strays import leave_out
from reply_xl.model import CellValue, Column, ErrorCell, Row

HEADERS = ["Reply ID", "Email", "First name", "Title", "Opted out"]


def columns_of(headers: Sequence[str]) -> tuple[Column, ...]:
    return map_columns(headers, customs=())


def left_out(cells: Sequence[CellValue], headers: Sequence[str] = HEADERS, **row) -> bool:
    """Whether a row below a contact is left out."""
    width = len(headers)
    contact: list[CellValue] = [None] * width
    contact[0] = "ann@example.com" if headers[0] == "Email" else 7.0
    kept, notes = leave_out([Row(2, contact), Row(3, cells, **row)], columns_of(headers))
    assert [item.number for item in kept] in ([2], [2, 3])
    assert ("row 3" in " ".join(notes)) == (len(kept) == 1)
    return len(kept) == 1


@pytest.mark.parametrize("cells", [[], [None, " ", "\u00a0", None], [None, None, None, None, None, "beyond the headers"]])
def test_empty_rows_are_left_out(cells: list[CellValue]):
    """A row without anything below a header is left out and named."""
    assert left_out(cells)


def test_our_own_results_do_not_fill_a_row():
    """A row that holds nothing but our own results is empty."""
    assert left_out([None, None, "Updated", "x"], ["Reply ID", "Email", "Reply status", "Reply message"])


def test_values_beyond_the_headers_of_a_file_fill_a_row():
    """Where a separator may have shifted the values, the row is no empty one."""
    assert not left_out([None, None, None, None, None, "beyond the headers"], spilled=True)


def test_an_error_is_not_empty():
    """A row with an error cell is not an empty one."""
    assert not left_out([None, None, None, ErrorCell("#N/A")])


@pytest.mark.parametrize(
    "cells",
    [
        ["Total", None, None, 25.0],
        [None, None, "Grand total:", 1300.0],
        ["Total: 25"],
        ["Count", None, 25.0],
        ["Average", None, None, 3.5, 4.5],
        ["Confidential – for internal use only"],
        ["© 2026 Example Ltd"],
        ["Generated on 2026-09-08 by ann@example.com"],
        ["Exported: 2026-09-08"],
        ["Page 1 of 3"],
        ["Source: our CRM"],
        ["This list belongs to Example Ltd and must not be passed on."],
    ],
)
def test_footers_are_left_out(cells: list[CellValue]):
    """Sums, captions and notices below the last contact are left out and named."""
    assert left_out(cells)


@pytest.mark.parametrize("headers", [["Email"], ["Email", "Title"], ["Email", "First name", "Title"]])
def test_footers_of_narrow_sheets(headers: list[str]):
    """A footer in the e-mail column itself is left out as well."""
    assert left_out(["Total: 25"], headers)
    assert left_out(["Exported by ann@example.com"], headers)


@pytest.mark.parametrize(
    "cells",
    [
        [None, None, "Ann"],
        [None, None, "Sumit", "CEO"],
        [None, None, "Sumit"],
        [None, None, "Summer"],
        [None, None, "Counter Lee"],
        [None, None, None, "Head of Sales"],
        [None, None, "Total", "Energies"],
        [None, "ann.example.com"],
        ["x7", None, "Ann"],
        [8.0],
        [8.0, None, "Total"],
        [None, "ben@example.com", "Total"],
        [None, None, None, None, "no"],
        [ErrorCell("#N/A"), None, "Ann"],
    ],
)
def test_a_contact_is_no_footer(cells: list[CellValue]):
    """A contact at the end of the sheet is kept, also one that lacks its key or holds one cell: it gets an outcome of its own."""
    assert not left_out(cells)


def test_a_sum_of_another_column_is_a_footer():
    """A row with nothing but numbers, none of them in a contact's field, is a sum; a lone phone number may be a contact's."""
    headers = ["Reply ID", "Phone", "Deal value"]
    assert left_out([None, None, 12500.0], headers)
    assert not left_out([None, 4155550123.0, None], headers)


def test_only_the_end_of_the_sheet_has_footers():
    """Above the last contact, and where no row has a key at all, nothing counts as a footer; nor does a hidden row."""
    columns = columns_of(HEADERS)
    rows = [Row(2, [7.0]), Row(3, ["Total", None, None, 2.0]), Row(4, [8.0])]
    assert leave_out(rows, columns) == (rows, [])
    assert leave_out(rows[1:2], columns) == (rows[1:2], [])
    assert not left_out(["Total: 25"], hidden=True)


def test_left_out_rows_are_named_in_spans():
    """The sentence names the rows in spans, at most six of them."""
    rows = [Row(number, [7.0] if number in (5, 9) else []) for number in range(2, 12)]
    assert leave_out(rows, columns_of(HEADERS))[1] == ["Left out as empty: rows 2 to 4, 6 to 8, 10 to 11."]
    rows = [Row(number, [7.0] if number % 2 else []) for number in range(2, 30)]
    assert leave_out(rows, columns_of(HEADERS))[1] == ["Left out as empty: rows 2, 4, 6, 8, 10, 12 and 8 more."]


# --- header rows that come again -----------------------------------------------------------------------------------------------------------


def sifted(*lines: Sequence[CellValue], chosen: Sequence[int] | None = None) -> tuple[dict[int, int | None], list[str]]:
    """Of the rows that are kept, from row 2 on: the second header row above each."""
    rows = [Row(number, line) for number, line in enumerate(lines, 2)]
    kept, notes = leave_out([row for row in rows if chosen is None or row.number in chosen], columns_of(HEADERS), rows)
    return {row.number: row.second_header for row in kept}, notes


@pytest.mark.parametrize("again", [HEADERS, ["REPLY ID", "email", None, "Title "], ["Reply ID", "Email"]])
def test_a_repeated_header_row_is_left_out(again: list[CellValue]):
    """Two exports pasted below each other, or a print title: the same headers in the same columns are no contact."""
    assert sifted([7.0], again, [8.0]) == ({2: None, 4: None}, ["Left out as a repetition of the headers: row 3."])


@pytest.mark.parametrize(
    "other",
    [
        ["Email", "Reply ID", "Title", "First name"],
        ["Reply ID", "Email", "First name", "Last name"],
        [None, "Email", "Phone"],
        ["ID", "Notes", "Whatever"],
    ],
)
def test_other_headers_end_the_contacts(other: list[CellValue]):
    """Another list below has other columns: its header row and all rows below it are marked."""
    assert sifted([7.0], other, [8.0], [9.0]) == ({2: None, 3: 3, 4: 3, 5: 3}, [])


def test_a_second_header_row_counts_also_where_it_was_not_chosen():
    """The rows below it are another list's whichever rows are selected."""
    assert sifted([7.0], ["Email", "Title"], [8.0], chosen=[2, 4])[0] == {2: None, 4: 3}


@pytest.mark.parametrize(
    "cells",
    [
        [7.0, "Email", "Title"],
        ["Email"],
        [None, None, "Email", "Title"],
        ["Email", "ann@example.com", "Ann"],
        ["Title", "Email", 5.0],
        [None, "ann@example.com", "Email", "Title"],
    ],
)
def test_what_is_no_header_row(cells: list[CellValue]):
    """One header word, a number among them, or none where the key should stand: the row gets an outcome of its own."""
    assert sifted([7.0], cells, [8.0]) == ({2: None, 3: None, 4: None}, [])
