"""Outcomes → what is written into the sheet. Pure; nothing here knows where the cells are."""

from __future__ import annotations

from collections.abc import Sequence

from reply_xl.fields import value_of
from reply_xl.kinds.values import format
from reply_xl.mapping.columns import MESSAGE, PRACTICE, REPLY_ID, STATUS, UPDATED_AT
from reply_xl.model import CellValue, Column, Outcome, Word

_LONGEST_MESSAGE = 1000
_LONGEST_TEXT = 32_767


def own_cells(outcome: Outcome, *, with_id: bool, practice: bool = False) -> dict[str, CellValue]:
    """The cells of our own columns for one row, by header. `Reply updated at` is empty unless something was stored; `Reply ID` is there
    only if the row was found by e-mail and is not invalid: an id written into the wrong row would be believed by the next run. `practice`: the
    row stands on a copy for practice, and its status says so."""
    word = outcome.word.value.capitalize()
    cells: dict[str, CellValue] = {
        STATUS: f"{PRACTICE}{word}" if practice else word,
        MESSAGE: _writable(outcome.message[:_LONGEST_MESSAGE]),
        UPDATED_AT: outcome.at,
    }
    if with_id and outcome.found_by_email and outcome.contact_id is not None and outcome.word is not Word.INVALID:
        cells[REPLY_ID] = float(outcome.contact_id)
    return cells


def contact_cells(outcome: Outcome, columns: Sequence[Column]) -> dict[int, CellValue]:
    """The cells of the read-only columns that are filled from Reply, by column index. A value that Reply does not give is left out:
    null never replaces what stands there. An invalid row may be another person's, so it gets nothing of the contact."""
    if outcome.contact is None or outcome.word is Word.INVALID:
        return {}
    cells: dict[int, CellValue] = {}
    for column in columns:
        if column.fills and column.target is not None:
            value = format(value_of(outcome.contact, column.target), column.target)
            if value is not None:
                cells[column.index] = _writable(value) if isinstance(value, str) else value
    return cells


def _writable(text: str) -> str:
    """A text that every workbook can hold: no control characters or halves of one, and no longer than a cell."""
    whole = text[:_LONGEST_TEXT].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(char if char >= " " or char in "\t\n" else " " for char in whole)
