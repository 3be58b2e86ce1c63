"""A CSV file as a workbook of one sheet, so that everything above reads and writes it like any other.

The cells are put into a new book of the file engine, each as text: `0012`, `1-2`, `+41 44` and `=x` are never interpreted. Saving writes
CSV: what was not written to stands as it stood, dates are written as `YYYY-MM-DD HH:MM:SS`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlwings

from reply_xl import csv_text, engine
from reply_xl.addresses import COLUMNS, LAST_ROW, address
from reply_xl.errors import WorkbookError
from reply_xl.fields import fold
from reply_xl.kinds.host_values import as_cells, as_lines, as_text
from reply_xl.kinds.values import shown
from reply_xl.mapping.columns import OURS
from reply_xl.model import CellValue, ErrorCell
from reply_xl.xlsx.open import Stamp, read_file
from reply_xl.xlsx.save import refuse_unless_savable, save_bytes

_LONGEST_NAME = 31
_HEADER_SEARCH = 40
_OWN = frozenset(fold(header) for header in OURS)


class CsvBook:
    """One open CSV file. `book`: the xlwings book that stands for it; `note`: a sentence about how it was read, or ""."""

    def __init__(self, path: Path) -> None:
        self.path = path
        data, stamp = read_file(path.absolute())
        self._stamps = {path.absolute(): stamp}
        self._text = csv_text.read(data, path.name)
        self.note = self._text.note
        rows = self._text.rows
        if len(rows) > LAST_ROW or any(len(row) > COLUMNS for row in rows):
            raise WorkbookError(
                f"{path.name} has more than a sheet can hold ({LAST_ROW:,} rows, {COLUMNS:,} columns); split it into smaller files."
            )
        self.book = _book_of(rows, _sheet_name(path))

    def close(self) -> None:
        self.book.close()

    def refuse_unless_savable(self, path: Path | None = None) -> None:
        """Raises the `WorkbookError` that `save` would raise now. Writes nothing."""
        target = path or self.path
        refuse_unless_savable(target, self._stamp(target))

    def save(self, path: Path | None = None) -> None:
        """Saves to `path`, or over the file itself. Atomic; may be repeated."""
        target = path or self.path
        changes, own = self._changes()
        data = csv_text.write(self._text, changes, own)
        self._stamps[target.absolute()] = save_bytes(target, data, self._stamp(target))

    def _stamp(self, target: Path) -> Stamp | None:
        return self._stamps.get(target.absolute())

    def _changes(self) -> tuple[dict[int, dict[int, str]], frozenset[int]]:
        """What the cells hold that the file does not, by row and column from 0, and which columns are our own."""
        sheet = self.book.sheets[0]
        last = sheet.used_range.last_cell
        lines = as_lines(sheet.range(address(1, last.row, 0, last.column - 1)).raw_value)
        changes: dict[int, dict[int, str]] = {}
        own: set[int] = set()
        for number, (raw, row) in enumerate(zip(lines, self._text.rows, strict=False)):
            cells = as_cells(raw)
            if number < _HEADER_SEARCH:
                own.update(index for index, text in enumerate(row) if fold(text) in _OWN)
            for index, cell in enumerate(cells):
                before = row[index] if index < len(row) else ""
                if cell is before or (cell is None and not before):
                    continue
                text = _written(cell)
                # the sheet's cells hold no CR and no control characters: a cell that was merely written back has not changed
                if text not in (before, as_text(before).removeprefix("'")):
                    changes.setdefault(number, {})[index] = text
                    if fold(text) in _OWN:
                        own.add(index)
        return changes, frozenset(own)


def _book_of(rows: Sequence[Sequence[str]], name: str) -> Any:
    """A new book of the file engine with one sheet of texts. Its cells are filled without a call for each: a range would parse them as
    typed."""
    engine.activate()
    book = xlwings.Book()
    book.sheets[0].name = name
    cells = book.impl.file.sheets[0].data.cells
    for number, row in enumerate(rows, 1):
        line = {column: (text, 0) for column, text in enumerate(row, 1) if text}
        if line:
            cells[number] = line
    return book


def _sheet_name(path: Path) -> str:
    """As Excel names the sheet of a CSV file."""
    return re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", path.stem)[:_LONGEST_NAME].strip("'") or "Sheet1"


def _written(cell: CellValue) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, ErrorCell):
        return cell.code
    return cell if isinstance(cell, str) else shown(cell)
