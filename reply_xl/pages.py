"""Sheets of our own in the user's workbook: tables to read, choose in and share (the columns of a sheet, a preview).

A sheet is ours if its first cell says so with a mark such as `reply_xl columns 1`; a user's sheet is never written to, whatever its name.
The mark stands in A1, before the title. Right of the table, hidden in row 1, stand the headers as they were written and the choices of
the dropdowns: no sorting, filtering or deleting of rows reaches them, they may be long and hold commas, and Excel reads a reference the
same in every language (a list written out it does not).

Excel is asked a constant number of times, however many rows there are; `tests/test_pages.py` states how often.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reply_xl.addresses import COLUMNS, LAST_ROW, address, areas_of, runs
from reply_xl.busy import Patience
from reply_xl.errors import ReplyXlError, SheetError
from reply_xl.kinds.host_values import as_cells, as_lines, as_text
from reply_xl.kinds.values import is_blank
from reply_xl.marks import TOP, is_mark, is_whole_mark, mark_in
from reply_xl.model import CellValue, ErrorCell, Row
from reply_xl.stillness import quiet

__all__ = [
    "Page",
    "delete_sheet",
    "find_page",
    "free_name",
    "is_mark",
    "is_ours",
    "mark_of",
    "pages_of",
    "read_page",
    "remove_page",
    "told",
    "write_page",
]

_CORNER = address(1, TOP, 0, TOP - 1)
_COLOUR = (221, 235, 247)
_HEADERS_KEPT, _HEADER = "reply_xl headers", "header: "  # whoever looks for a row of headers takes this one for none
_LISTS_FROM = 100  # far from what users write beside a table
_LONGEST_NAME = 31
_MOST_CELLS = 5_000_000
_VISIBLE = -1  # in Excel; 2 is a sheet that only a program can show
_LEAST_WIDTH, _MOST_WIDTH, _ROWS_MEASURED = 8, 50, 200


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet of ours as read: what it is called now, and its table wherever that stands now. Cells of `rows` count from column A, as
    `headers` do (`""` above a column without one); rows without anything in these columns are left out."""

    name: str
    header_row: int
    headers: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, header: str) -> int | None:
        """The index of a column by its header, the first of several."""
        wanted = _plain(header)
        return next((index for index, text in enumerate(self.headers) if _plain(text) == wanted), None)


def is_ours(sheet: Any) -> bool:
    """Whether an xlwings sheet is one of ours, whatever it is called: one small read."""
    return mark_of(sheet) is not None


def pages_of(book: Any, mark: str) -> list[Any]:
    """All xlwings sheets with this mark: a workbook that was put together from several may have more than one."""
    return [sheet for sheet in book.sheets if mark_of(sheet) == mark]


def find_page(book: Any, mark: str) -> Any:
    """Our xlwings sheet with this mark, or None: of several copies the one that stands first."""
    return next((sheet for sheet in book.sheets if mark_of(sheet) == mark), None)


def write_page(
    book: Any,
    name: str,
    mark: str,
    title_lines: Sequence[str],
    headers: Sequence[str],
    rows: Sequence[Sequence[CellValue]],
    *,
    dropdowns: Mapping[str, Sequence[str]] | None = None,
    widths: Mapping[str, float] | None = None,
    after: Any = None,
    activate: bool = False,
    patience: Patience | None = None,
) -> Any:
    """Writes our sheet of this mark and returns it as xlwings' sheet. If there is one it is written anew where it stands, under the name
    it has; else it is added last, or after the sheet `after`, under `name` or the next free form of it.

    Text stays text; dates and errors are written as text. `dropdowns`: by header, what may be chosen (or left empty) in that
    column, whose cells are formatted as text; `widths`: by header, in characters. `activate`: the page is in front afterwards, in a saved file too; else
    the user's sheet, book and selection are as before. `patience`: with an Excel that is busy when its settings are put back. Safe to repeat.
    Raises `SheetError`; `ValueError` for a mark that would not be known again."""
    if not is_whole_mark(mark):
        raise ValueError(f"{mark!r} is no mark: it must be like “reply_xl columns 1”")
    lists = {header: tuple(choices) for header, choices in (dropdowns or {}).items() if choices and header in headers}
    with told(
        f"The sheet “{name}” cannot be written; leave the cell that is being edited, see whether the workbook is protected, and try again."
    ):
        page = _Layout(mark, title_lines, headers, rows, lists, dict(widths or {}))
        patience = patience or Patience()
        with quiet(book.app, patience):
            old = find_page(book, mark)
            if old is not None:
                _empty(old)
                old.range("A1").raw_value = as_text(mark)  # still ours if what follows fails
                page.write(old)
                if activate:
                    old.activate()
                return old
            with _in_front_again(book, patience):
                sheet = _added(book, name, after, patience)
                try:
                    page.write(sheet)
                except Exception:
                    with contextlib.suppress(Exception):
                        patience.anew().run(lambda: delete_sheet(sheet))
                    raise
            if activate:
                sheet.activate()
            return sheet


def read_page(book: Any, mark: str) -> Page | None:
    """Our sheet of this mark as it is now, also if it was renamed, sorted, or had rows and columns put in or taken out; None if there is
    none or its header row is gone. Raises `SheetError`."""
    with told("The workbook's sheets cannot be read; leave the cell that is being edited, close what is open in Excel, and try again."):
        sheet = find_page(book, mark)
        return None if sheet is None else _read(sheet)


def remove_page(book: Any, mark: str) -> bool:
    """Deletes our sheet of this mark; False if there is none. Raises `SheetError`, for a file also if formulas refer to the sheet."""
    with told("The sheet cannot be removed; delete it by hand if you do not need it."):
        sheet = find_page(book, mark)
        if sheet is None:
            return False
        delete_sheet(sheet)
        return True


def delete_sheet(sheet: Any) -> None:
    """Without a question of the host's."""
    app = sheet.book.app
    alerts = app.display_alerts
    try:
        sheet.delete()
    finally:
        app.display_alerts = alerts  # xlwings leaves them off if the deletion fails


def mark_of(sheet: Any) -> str | None:
    """The mark of an xlwings sheet of ours, such as `reply_xl columns 1`; None of any other sheet."""
    return mark_in(as_lines(sheet.range(_CORNER).raw_value))


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _added(book: Any, name: str, after: Any, patience: Patience) -> Any:
    """A new sheet after a sheet, or after the last one that can be seen: the first sheet stays the first, which other programs read."""
    sheets = list(book.sheets)
    names = [str(sheet.name) for sheet in sheets]
    if after is not None:
        place = names.index(str(after.name))
    else:
        place = max((index for index, sheet in enumerate(sheets) if int(sheet.visible) in (1, _VISIBLE)), default=len(sheets) - 1)
    free = free_name(names, name)
    try:
        if place + 1 < len(sheets):  # xlwings counts chart sheets wrongly when it adds a sheet after another
            return book.sheets.add(free, before=sheets[place + 1])
        return book.sheets.add(free, after=sheets[-1])
    except Exception:
        with contextlib.suppress(Exception):
            patience.anew().run(lambda: _delete_unnamed(book, names))
        raise


def _delete_unnamed(book: Any, names: Sequence[str]) -> None:
    """The sheet that was added, but did not get its name; one that is not blank is the user's."""
    for sheet in [sheet for sheet in book.sheets if str(sheet.name) not in names]:
        if all(cell is None for line in as_lines(sheet.used_range.raw_value) for cell in line):
            delete_sheet(sheet)


def free_name(names: Sequence[str], name: str) -> str:
    """A name for a new sheet beside these: `name`, or the next free form of it."""
    taken = {text.casefold() for text in names}
    candidate, count = name[:_LONGEST_NAME], 2
    while candidate.casefold() in taken:
        ending = f" {count}"
        candidate, count = name[: _LONGEST_NAME - len(ending)] + ending, count + 1
    return candidate


class _Layout:
    """What goes where on a page."""

    def __init__(
        self,
        mark: str,
        title_lines: Sequence[str],
        headers: Sequence[str],
        rows: Sequence[Sequence[CellValue]],
        lists: Mapping[str, tuple[str, ...]],
        widths: Mapping[str, float],
    ) -> None:
        titles = [" · ".join((mark, *title_lines[:1])), *title_lines[1:]]
        self.header_row = len(titles) + 1
        self.last_row = self.header_row + len(rows)
        if self.last_row > LAST_ROW:
            raise SheetError(f"{len(rows):,} rows are more than a sheet holds.")
        self._headers, self._lists = headers, lists
        width = len(headers)
        table = [*([title] for title in titles), headers, *rows]
        self._block = [[_raw(line[index]) if index < len(line) else "" for index in range(width)] for line in table]
        self._widths = [widths.get(header) or _width(header, rows, index) for index, header in enumerate(headers)]
        self._kept, self._sources = self._hidden(max(_LISTS_FROM, width + 20))

    def _hidden(self, first: int) -> tuple[Sequence[str], dict[tuple[str, ...], tuple[int, int]]]:
        """The texts of the hidden cells of row 1 from column `first` on, and where among the columns each list of choices is."""
        kept = [_HEADERS_KEPT, *(f"{_HEADER}{header}" for header in self._headers)]
        sources: dict[tuple[str, ...], tuple[int, int]] = {}
        for choices in self._lists.values():
            if choices not in sources:
                start = first + len(kept) + 1
                sources[choices] = (start, start + len(choices) - 1)
                kept += ["", *choices]
        if first + len(kept) > COLUMNS:
            raise SheetError("There are more choices than a row of the sheet can hold.")
        self._first = first
        return kept, sources

    def write(self, sheet: Any) -> None:
        top, bottom, width = self.header_row, self.last_row, len(self._headers)
        places = [index for index, header in enumerate(self._headers) if header in self._lists]
        body = bottom > top
        for first, last in runs(places) if body else ():
            # a choice such as 11-50 would become a date when it is chosen
            sheet.range(address(top + 1, bottom, first, last)).number_format = "@"
        last = self._first + len(self._kept) - 1
        hidden = sheet.range(address(1, 1, self._first, last))
        hidden.number_format = "@"
        hidden.raw_value = [[as_text(text) for text in self._kept]]
        hidden.columns.hidden = True
        sheet.range(address(1, bottom, 0, width - 1)).raw_value = self._block
        sheet.range("A1").font.bold = True
        heads = sheet.range(address(top, top, 0, width - 1))
        heads.color = _COLOUR
        heads.font.bold = True
        for index, until in _alike(self._widths):
            sheet.range(address(1, 1, index, until)).column_width = self._widths[index]
        for index in places if body else ():
            begin, end = self._sources[self._lists[self._headers[index]]]
            _dropdown(sheet, address(top + 1, bottom, index, index), (1, begin, end))
        with contextlib.suppress(NotImplementedError):  # xlwings has it for some hosts only
            sheet.freeze_panes.freeze_at(f"1:{top}")


def _dropdown(sheet: Any, area: str, source: tuple[int, int, int]) -> None:
    """Only what stands in the cells of `source` (row, first and last column index) may be chosen in the area, or nothing."""
    row, first, last = source
    cells = sheet.range(area)
    try:
        # not by xlwings' own class, which first asks each side for its book
        cells.impl.data_validation.set_list(sheet.range(address(row, row, first, last)).impl, True)
    except Exception:
        # where the user has Excel write R1C1, it takes no other notation for a rule
        rule = cells.api.Validation
        rule.Delete()
        rule.Add(Type=3, AlertStyle=1, Operator=1, Formula1=f"=R{row}C{first + 1}:R{row}C{last + 1}")


def _raw(value: CellValue) -> Any:
    if isinstance(value, datetime):
        return as_text(value.isoformat(" "))
    if isinstance(value, str | ErrorCell):
        return as_text(str(value))
    return "" if value is None else value


def _width(header: str, rows: Sequence[Sequence[CellValue]], index: int) -> float:
    longest = max((len(str(row[index])) for row in rows[:_ROWS_MEASURED] if index < len(row) and row[index] is not None), default=0)
    return min(max(len(header), longest, _LEAST_WIDTH) + 2, _MOST_WIDTH)


def _alike(widths: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Neighbouring columns of the same width, as first and last index."""
    first = 0
    for index in range(1, len(widths) + 1):
        if index == len(widths) or widths[index] != widths[first]:
            yield first, index - 1
            first = index


def _empty(sheet: Any) -> None:
    """All that is on a sheet of ours goes; the sheet stays, and so does what a user's formulas say about it."""
    if hasattr(sheet.impl, "empty"):
        sheet.impl.empty()
        return
    with contextlib.suppress(Exception):  # a filter that is not there, or a host without the question
        sheet.api.AutoFilterMode = False
    cells = sheet.cells
    cells.rows.hidden = False
    cells.columns.hidden = False
    cells.clear()
    cells.impl.data_validation.delete()


def _read(sheet: Any) -> Page | None:
    used = sheet.used_range
    _, (area,) = areas_of(used.get_address(external=True))
    bottom, right = area.rows[-1], area.columns[-1]
    start, kept = None, []
    for line in as_lines(sheet.range(address(1, TOP, 0, right)).raw_value):
        if start is None and _HEADERS_KEPT in line:
            start = list(line).index(_HEADERS_KEPT)
            written = itertools.takewhile(lambda cell: isinstance(cell, str) and cell, line[start + 1 :])
            kept = [str(text).removeprefix(_HEADER) for text in written]
    width = right + 1 if start is None else max(start, 1)
    if bottom * width > _MOST_CELLS:
        raise SheetError(f"Excel counts {bottom:,} rows of “{sheet.name}” as used; delete the empty ones, save, and try again.")
    lines = [as_cells(line) for line in as_lines(sheet.range(address(1, bottom, 0, width - 1)).raw_value)]
    place = _header_place(lines, kept)
    if place is None:
        return None
    texts = [cell.strip() if isinstance(cell, str) else "" if cell is None else str(cell) for cell in lines[place]]
    while texts and not texts[-1]:
        texts.pop()
    rows = tuple(
        Row(number, line[: len(texts)])
        for number, line in enumerate(lines[place + 1 :], place + 2)
        if not all(is_blank(cell) for cell in line[: len(texts)])
    )
    return Page(str(sheet.name), place + 1, tuple(texts), rows)


def _header_place(lines: Sequence[Sequence[CellValue]], kept: Sequence[str]) -> int | None:
    """Which line holds most of the headers that were written; where nobody kept those, the first line below the first with several texts."""
    if kept:
        wanted = {_plain(header) for header in kept}
        held = [len(wanted.intersection(_plain(cell) for cell in line if isinstance(cell, str))) for line in lines]
        return max(range(len(held)), key=held.__getitem__) if any(held) else None
    return next((index for index, line in enumerate(lines) if index and sum(isinstance(cell, str) for cell in line) > 1), None)


@contextlib.contextmanager
def _in_front_again(book: Any, patience: Patience) -> Iterator[None]:
    """While a sheet is added, which the host then puts in front: gives the user's own back, and the book that was in front."""
    front, is_ours = None, True
    with contextlib.suppress(Exception):  # a window in Protected View is in front: no book
        front = book.app.books.active
        is_ours = front.name == book.name
    try:
        active = book.sheets.active
    except SheetError:
        active = None  # a chart is in front in the file, and stays there
    with contextlib.suppress(Exception):  # refused in a book that is not in front
        if active is not None:
            active.select()  # of sheets that are selected together, Excel would add as many
    try:
        yield
    finally:
        if active is not None:
            patience.anew().run(active.activate)
        if front is not None and not is_ours:
            front.impl.activate()


@contextlib.contextmanager
def told(sentence: str) -> Iterator[None]:
    """Whatever the host raises becomes a `SheetError` with `sentence`."""
    try:
        yield
    except ReplyXlError:
        raise
    except Exception as error:  # pywin32, appscript and engines raise types of their own
        raise SheetError(sentence) from error
