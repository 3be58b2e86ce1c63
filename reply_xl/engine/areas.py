"""Questions about areas of a sheet: what is hidden, merged, styled or filled in them, and where the next block of cells ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from reply_xl.errors import SheetError
from reply_xl.xlsx.edit import default_style, overlap, value_at
from reply_xl.xlsx.file import SheetFile
from reply_xl.xlsx.model import MAX_COLUMN, MAX_ROW, Area, SheetData, column_letters

_T = TypeVar("_T")


def common(values: Iterable[_T]) -> _T | None:
    """The one value all of them have, else None."""
    first: list[_T] = []
    for value in values:
        if first and value != first[0]:
            return None
        first = first or [value]
    return first[0] if first else None


def cells(area: Area) -> Iterator[tuple[int, int]]:
    for row in range(area[0], area[2] + 1):
        for column in range(area[1], area[3] + 1):
            yield row, column


def stored(sheet: SheetData, area: Area) -> Iterator[tuple[int, int]]:
    """The cells of an area that the file holds: a whole column costs no more than its filled rows."""
    top, left, bottom, right = area
    rows = range(top, bottom + 1) if bottom - top < len(sheet.cells) else sorted(row for row in sheet.cells if top <= row <= bottom)
    for row in rows:
        line = sheet.cells.get(row)
        if line:
            is_narrow = right - left < len(line)
            held = [column for column in range(left, right + 1) if column in line] if is_narrow else sorted(line)
            for column in held:
                if left <= column <= right:
                    yield row, column


def intersection(one: Area, other: Area) -> Area | None:
    return (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])) if overlap(one, other) else None


def styles_in(sheet: SheetData, area: Area) -> set[int]:
    """The styles that occur in an area, those of rows and columns included where a cell is not in the file."""
    top, left, bottom, right = area
    count = 0
    found: set[int] = set()
    for row, column in stored(sheet, area):
        found.add(sheet.cells[row][column][1])
        count += 1
    if count == (bottom - top + 1) * (right - left + 1):
        return found
    if bottom - top < 200 and (bottom - top + 1) * (right - left + 1) < 20_000:
        for row, column in cells(area):
            line = sheet.cells.get(row)
            if line is None or column not in line:
                found.add(default_style(sheet, row, column))
        return found
    styled = {row: style for row, style in sheet.row_styles.items() if top <= row <= bottom}
    found |= set(styled.values())
    filled = Counter(column for _, column in stored(sheet, area))
    open_columns = {column for column in range(left, right + 1) if filled[column] + len(styled) < bottom - top + 1}
    for run in sheet.columns:
        here = open_columns & set(range(run.first, run.last + 1))
        open_columns -= here
        if here:
            found.add(run.style)
    return found | ({0} if open_columns else set())


def covered_by_merges(merges: list[Area], area: Area) -> set[tuple[int, int]]:
    """The cells of an area that a merge covers: all of the merge but its first."""
    if merged_count(merges, area) > (area[2] - area[0] + 1) * (area[3] - area[1] + 1):
        raise SheetError("Merged areas of the sheet overlap, so it cannot be written: open and save the workbook once in Excel.")
    found: set[tuple[int, int]] = set()
    for merge in merges:
        part = intersection(merge, area)
        if part:
            found.update(cell for cell in cells(part) if cell != merge[:2])
    return found


def merged_count(merges: list[Area], area: Area) -> int:
    parts = (intersection(merge, area) for merge in merges)
    return sum((part[2] - part[0] + 1) * (part[3] - part[1] + 1) for part in parts if part)


def row_is_hidden(sheet: SheetData, row: int) -> bool:
    return row in sheet.hidden_rows or (sheet.rows_hidden_by_default and row not in sheet.shown_rows)


def column_is_hidden(sheet: SheetData, column: int) -> bool:
    return any(run.hidden for run in sheet.columns if run.first <= column <= run.last)


def column_width(sheet: SheetData, column: int) -> float:
    """The width in characters, as Excel shows it: without the padding the file counts (18.3.1.13, Calibri 11)."""
    for run in sheet.columns:
        if run.first <= column <= run.last:
            return 0.0 if run.hidden else sheet.default_width if run.width is None else shown_width(run.width)
    return sheet.default_width


def stored_width(width: float) -> float:
    return (round(width * 7) + 5) / 7 if width >= 1 else width * 12 / 7


def shown_width(width: float) -> float:
    return max(0.0, round((width * 7 - 5) / 7, 2)) if width * 7 >= 12 else round(width * 7 / 12, 2)


def row_height(sheet: SheetData, row: int) -> float:
    return 0.0 if row_is_hidden(sheet, row) else sheet.row_heights.get(row, sheet.default_height)


def runs(first: int, last: int, hidden: Callable[[int], bool]) -> list[tuple[int, int]]:
    """The runs of places from `first` to `last` that are not hidden."""
    found: list[tuple[int, int]] = []
    for place in range(first, last + 1):
        if hidden(place):
            continue
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def visible(sheet: SheetData, area: Area) -> list[Area]:
    """The rectangles of an area that are neither in hidden (or filtered) rows nor in hidden columns."""
    columns = runs(area[1], area[3], lambda column: column_is_hidden(sheet, column))
    rows = runs(area[0], area[2], lambda row: row_is_hidden(sheet, row)) if columns else []
    return [(top, left, bottom, right) for top, bottom in rows for left, right in columns]


def special(file: SheetFile, wanted: list[Area], cell_type: str, value_type: str | None, used: Area) -> list[Area]:
    """SpecialCells, clipped to the areas it was asked for as xlwings' Windows engine clips it.

    Excel looks at the used range only, except for the visible cells of more than one cell.
    """
    sheet = file.data
    single = len(wanted) == 1 and wanted[0][:2] == wanted[0][2:]
    found: list[Area] = []
    for area in wanted:
        clipped = area if cell_type == "visible" and not single else intersection(area, used)
        if clipped is None:
            continue
        if cell_type == "visible":
            found += visible(sheet, clipped)
        else:
            found += _matching(sheet, clipped, cell_type, value_type)
    return found


def _matching(sheet: SheetData, area: Area, cell_type: str, value_type: str | None) -> list[Area]:
    """The matching cells as runs within a row, runs of equal columns joined downwards."""
    open_runs: dict[tuple[int, int], Area] = {}
    found: list[Area] = []
    for row in range(area[0], area[2] + 1):
        here = runs(area[1], area[3], lambda column, row=row: not _matches(sheet, row, column, cell_type, value_type))  # type: ignore[misc]
        still: dict[tuple[int, int], Area] = {}
        for run in here:
            top = open_runs[run][0] if run in open_runs else row
            still[run] = (top, run[0], row, run[1])
        found += [old for run, old in open_runs.items() if run not in still]
        open_runs = still
    return sorted([*found, *open_runs.values()])


def _matches(sheet: SheetData, row: int, column: int, cell_type: str, value_type: str | None) -> bool:
    value = value_at(sheet, row, column)
    formula = (row, column) in sheet.formulas
    if cell_type == "blanks":
        return value is None and not formula
    if value is None or formula is not (cell_type == "formulas"):
        return False
    kind = {bool: "logical", str: "text", float: "numbers"}.get(type(value), "errors")
    return value_type is None or kind == value_type


def address(area: Area, row_absolute: bool, column_absolute: bool) -> str:
    top, left, bottom, right = area
    row_mark, column_mark = "$" if row_absolute else "", "$" if column_absolute else ""
    if (top, bottom) == (1, MAX_ROW):
        return f"{column_mark}{column_letters(left)}:{column_mark}{column_letters(right)}"
    if (left, right) == (1, MAX_COLUMN):
        return f"{row_mark}{top}:{row_mark}{bottom}"
    first = f"{column_mark}{column_letters(left)}{row_mark}{top}"
    last = f"{column_mark}{column_letters(right)}{row_mark}{bottom}"
    return first if first == last else f"{first}:{last}"


_STEPS = {
    "up": (-1, 0), "u": (-1, 0), "down": (1, 0), "d": (1, 0), "left": (0, -1), "l": (0, -1), "right": (0, 1), "r": (0, 1),
}  # fmt: skip


def end_of(sheet: SheetData, row: int, column: int, direction: str) -> tuple[int, int]:
    """Where Ctrl+arrow leads: the end of a block, or the start of the next, or the edge of the sheet."""
    if direction not in _STEPS:
        raise ValueError(f"{direction!r} is no direction")
    down, right = _STEPS[direction]

    def filled(place: int) -> bool:
        return value_at(sheet, place if down else row, column if down else place) is not None

    step = down + right
    start, edge = (row, MAX_ROW if step > 0 else 1) if down else (column, MAX_COLUMN if step > 0 else 1)
    if start == edge:
        return row, column
    place = start
    if filled(place) and filled(place + step):
        while place != edge and filled(place + step):
            place += step
    else:
        if down:
            ahead = [other for other, line in sheet.cells.items() if (other - start) * step > 0 and column in line and filled(other)]
        else:
            ahead = [other for other in sheet.cells.get(row, ()) if (other - start) * step > 0 and filled(other)]
        place = (min(ahead) if step > 0 else max(ahead)) if ahead else edge
    return (place, column) if down else (row, place)


def region(sheet: SheetData, area: Area) -> Area:
    """The current region: the block around an area that blank rows and columns bound."""
    top, left, bottom, right = area
    while True:
        wide = (max(top - 1, 1), max(left - 1, 1), min(bottom + 1, MAX_ROW), min(right + 1, MAX_COLUMN))
        grown = (top, left, bottom, right)
        for row, column in stored(sheet, wide):
            if value_at(sheet, row, column) is not None:
                grown = (min(grown[0], row), min(grown[1], column), max(grown[2], row), max(grown[3], column))
        if grown == (top, left, bottom, right):
            return grown
        top, left, bottom, right = grown
