"""Rows below the headers that are no contacts: empty ones, footers, and header rows that come again. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from reply_xl.fields import BY_NAME, fold
from reply_xl.kinds.values import contact_id, is_blank, looks_like_email
from reply_xl.mapping.columns import is_header
from reply_xl.model import Column, Role, Row
from reply_xl.wording import named_rows

_CAPTION = re.compile(
    r"\W*((grand |sub-?)?totals?|sum|count|average|summe|gesamt|confidential|generated|exported|downloaded|printed|source|page \d+|end of)\b|\W*©",
    re.IGNORECASE,
)


def leave_out(chosen: Sequence[Row], columns: Sequence[Column], rows: Sequence[Row] | None = None) -> tuple[list[Row], list[str]]:
    """The chosen rows that are contacts, and a sentence for each group of rows left out: empty ones, repeated header rows and footers.
    `rows`: all rows below the headers, where more than the chosen ones.

    Conservative, because a contact left out is a contact lost: a footer stands below the last row with an id or e-mail, has neither
    itself, and is a caption with nothing but numbers beside it, one long sentence, or numbers alone outside the contact's fields.
    Hidden and spilled rows stay: they get an outcome of their own. From a second header row on, the rows are marked with its number."""
    data = [column for column in columns if column.role is not Role.OURS]
    last_keyed = max((row.number for row in chosen if _has_key(row, data)), default=0)
    headers = [row for row in (chosen if rows is None else rows) if _is_header_row(row, columns)]
    repeated = {row.number for row in headers if _repeats_headers(row, columns)}
    second = min((row.number for row in headers if row.number not in repeated), default=None)
    kept: list[Row] = []
    empty, footers, again = [], [], []
    for row in chosen:
        filled = [column for column in data if not is_blank(row[column.index])]
        if row.hidden or row.spilled:
            kept.append(row)
        elif not filled:
            empty.append(row.number)
        elif row.number in repeated:
            again.append(row.number)
        elif row.number > last_keyed > 0 and _is_footer(row, filled):
            footers.append(row.number)
        elif second is not None and row.number >= second:
            kept.append(replace(row, second_header=second))
        else:
            kept.append(row)
    groups = (("empty", empty), ("a repetition of the headers", again), ("a footer below the contacts", footers))
    return kept, [f"Left out as {what}: {named_rows(numbers)}." for what, numbers in groups if numbers]


def _has_key(row: Row, columns: Sequence[Column]) -> bool:
    """Whether a cell of the row could find a contact: a whole number as id, or something like an address."""
    for column in columns:
        cell = row[column.index]
        if column.role is Role.KEY and contact_id(cell) is not None:
            return True
        if _is_email_column(column) and looks_like_email(cell):
            return True
    return False


def _is_header_row(row: Row, columns: Sequence[Column]) -> bool:
    """Texts alone, at least two of them names of fields, one of those where an id or e-mail should stand."""
    keys = [row[column.index] for column in columns if column.role is Role.KEY or _is_email_column(column)]
    if not any(isinstance(cell, str) and is_header(cell) for cell in keys):
        return False
    filled = [row[column.index] for column in columns if not is_blank(row[column.index])]
    texts = [cell for cell in filled if isinstance(cell, str)]
    return len(texts) == len(filled) and sum(map(is_header, texts)) >= 2


def _repeats_headers(row: Row, columns: Iterable[Column]) -> bool:
    cells = [(row[column.index], column.header) for column in columns]
    return all(fold(str(cell)) == fold(header) for cell, header in cells if not is_blank(cell))


def _is_footer(row: Row, filled: Sequence[Column]) -> bool:
    """Whether a row without a key, of which `filled` are the cells that hold something, is a footer."""
    first = row[filled[0].index]
    if isinstance(first, str):
        if _CAPTION.match(first):
            return all(isinstance(row[column.index], float) for column in filled[1:])
        in_key = filled[0].role is Role.KEY or _is_email_column(filled[0])
        return len(filled) == 1 and len(first.split()) >= 5 and (in_key or first.rstrip().endswith("."))
    return all(isinstance(row[column.index], float) and column.role is not Role.FIELD for column in filled)


def _is_email_column(column: Column) -> bool:
    return column.role is Role.FIELD and column.target is BY_NAME["email"]
