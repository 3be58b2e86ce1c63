"""Rectangles, A1 addresses, and formats that lie on a sheet in layers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

ROWS, COLUMNS = 1_048_576, 16_384
MIXED = type("Mixed", (), {"__repr__": lambda self: "MIXED"})()


class Rect(NamedTuple):
    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top + 1

    @property
    def width(self) -> int:
        return self.right - self.left + 1

    @property
    def cells(self) -> int:
        return self.height * self.width

    @property
    def whole_rows(self) -> bool:
        return self.left == 1 and self.right == COLUMNS

    @property
    def whole_columns(self) -> bool:
        return self.top == 1 and self.bottom == ROWS

    def meet(self, other: Rect) -> Rect | None:
        """What two rectangles have in common."""
        top, left, bottom, right = max(self[0], other[0]), max(self[1], other[1]), min(self[2], other[2]), min(self[3], other[3])
        return Rect(top, left, bottom, right) if top <= bottom and left <= right else None

    def covers(self, other: Rect) -> bool:
        return self[0] <= other[0] and self[1] <= other[1] and self[2] >= other[2] and self[3] >= other[3]

    def address(self, row_absolute: bool = True, column_absolute: bool = True) -> str:
        row, column = "$" * bool(row_absolute), "$" * bool(column_absolute)
        if self.whole_columns and not self.whole_rows:
            return f"{column}{letters(self.left)}:{column}{letters(self.right)}"
        if self.whole_rows:
            return f"{row}{self.top}:{row}{self.bottom}"
        first = f"{column}{letters(self.left)}{row}{self.top}"
        return first if self.cells == 1 else f"{first}:{column}{letters(self.right)}{row}{self.bottom}"


def letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def number(column: str) -> int:
    value = 0
    for letter in column.upper():
        value = value * 26 + ord(letter) - 64
    return value


_CORNER = re.compile(r"\$?([A-Za-z]{1,3})?\$?(\d{1,7})?$")


def _corner(text: str) -> tuple[int | None, int | None]:
    match = _CORNER.match(text.strip())
    if not match or not (match[1] or match[2]):
        raise ValueError(f"not an address: {text!r}")
    row, column = int(match[2]) if match[2] else None, number(match[1]) if match[1] else None
    if not 1 <= (row or 1) <= ROWS or row == 0 or (column or 1) > COLUMNS:
        raise ValueError(f"beyond the sheet: {text!r}")
    return row, column


def rects(address: str) -> tuple[Rect, ...]:
    """The areas of an address such as `A2:C5,E7`, `A:C`, `2:5`."""
    found = []
    for part in address.split(","):
        first, _, last = part.partition(":")
        (row1, column1), (row2, column2) = _corner(first), _corner(last or first)
        if (row1 is None) != (row2 is None) or (column1 is None) != (column2 is None) or (not last and None in (row1, column1)):
            raise ValueError(f"not an address: {part!r}")
        rows = sorted((row1 or 1, row2 or ROWS))
        columns = sorted((column1 or 1, column2 or COLUMNS))
        found.append(Rect(rows[0], columns[0], rows[1], columns[1]))
    return tuple(found)


def bounds(areas: Iterable[Rect]) -> Rect:
    listed = list(areas)
    return Rect(min(a.top for a in listed), min(a.left for a in listed), max(a.bottom for a in listed), max(a.right for a in listed))


class Layer:
    """One format of a sheet's cells. The last writing of a rectangle wins; a whole column costs as little as a cell."""

    def __init__(self, default: Any):
        self.default = default
        self._clock = 0
        self._areas: list[tuple[int, Rect, Any]] = []
        self._cells: dict[tuple[int, int], tuple[int, Any]] = {}

    def put(self, rect: Rect, value: Any) -> None:
        self._clock += 1
        if rect.cells == 1:
            self._cells[rect.top, rect.left] = (self._clock, value)
            return
        self._areas = [entry for entry in self._areas if not rect.covers(entry[1])]
        self._areas.append((self._clock, rect, value))

    def put_cells(self, values: dict[tuple[int, int], Any]) -> None:
        """Set many single cells, as few rectangles as their vertical runs allow."""
        run: list[Any] = []  # column, first row, last row, value
        for (column, row), value in sorted((((c, r), v) for (r, c), v in values.items()), key=lambda item: item[0]):
            if run and run[0] == column and run[2] == row - 1 and run[3] == value:
                run[2] = row
                continue
            if run:
                self.put(Rect(run[1], run[0], run[2], run[0]), run[3])
            run = [column, row, row, value]
        if run:
            self.put(Rect(run[1], run[0], run[2], run[0]), run[3])

    def at(self, row: int, column: int) -> Any:
        clock, value = self._cells.get((row, column), (0, self.default))
        for stamp, rect, other in reversed(self._areas):
            if stamp < clock:
                break
            if rect[0] <= row <= rect[2] and rect[1] <= column <= rect[3]:
                return other
        return value

    def _singles(self, rect: Rect) -> list[tuple[int, Rect, Any]]:
        if not self._cells:
            return []
        if rect.cells < len(self._cells):
            keys: Any = ((r, c) for r in range(rect.top, rect.bottom + 1) for c in range(rect.left, rect.right + 1))
            keys = [key for key in keys if key in self._cells]
        else:
            keys = [(r, c) for r, c in self._cells if rect[0] <= r <= rect[2] and rect[1] <= c <= rect[3]]
        return [(self._cells[key][0], Rect(*key, *key), self._cells[key][1]) for key in keys]

    def uniform(self, rect: Rect) -> Any:
        """The value that all cells of a rectangle share, else MIXED."""
        hits = [entry for entry in self._areas if entry[1].meet(rect)] + self._singles(rect)
        hits.sort(key=lambda entry: entry[0])
        base = self.default
        for index in range(len(hits) - 1, -1, -1):
            if hits[index][1].covers(rect):
                base, hits = hits[index][2], hits[index + 1 :]
                break
        if all(value == base for _, _, value in hits):
            return base
        rows, columns = {rect.top}, {rect.left}  # the first of each band in which nothing changes
        for _, hit, _ in hits:
            rows |= {max(hit.top, rect.top), min(hit.bottom, rect.bottom - 1) + 1}
            columns |= {max(hit.left, rect.left), min(hit.right, rect.right - 1) + 1}
        first = self.at(rect.top, rect.left)
        return first if all(self.at(row, column) == first for row in rows for column in columns) else MIXED

    def used(self) -> list[Rect]:
        """The formatted cells, without whole rows and columns."""
        areas = [rect for _, rect, value in self._areas if value != self.default and not rect.whole_rows and not rect.whole_columns]
        return areas + [Rect(*key, *key) for key, (_, value) in self._cells.items() if value != self.default]

    def move_rows(self, at: int, count: int) -> None:
        """Rows inserted (count > 0) or deleted at a row."""

        def moved(rect: Rect) -> Rect | None:
            if count > 0:
                top = rect.top + count if rect.top >= at and not rect.whole_columns else rect.top
                bottom = min(ROWS, rect.bottom + count) if rect.bottom >= at else rect.bottom
                return Rect(top, rect.left, bottom, rect.right)
            end = at - count - 1
            top = rect.top + count if rect.top > end else min(rect.top, at)
            bottom = rect.bottom + count if rect.bottom > end else min(rect.bottom, at - 1)
            if rect.whole_columns:
                return rect
            return Rect(top, rect.left, bottom, rect.right) if top <= bottom else None

        self._areas = [(stamp, new, value) for stamp, rect, value in self._areas if (new := moved(rect))]
        cells = [(moved(Rect(*key, *key)), entry) for key, entry in self._cells.items()]
        self._cells = {(rect.top, rect.left): entry for rect, entry in cells if rect}

    def move_columns(self, at: int, count: int) -> None:
        """Columns inserted (count > 0) or deleted at a column."""

        def moved(rect: Rect) -> Rect | None:
            if rect.whole_rows:
                return rect
            if count > 0:
                left = rect.left + count if rect.left >= at else rect.left
                right = min(COLUMNS, rect.right + count) if rect.right >= at else rect.right
                return Rect(rect.top, left, rect.bottom, right)
            end = at - count - 1
            left = rect.left + count if rect.left > end else min(rect.left, at)
            right = rect.right + count if rect.right > end else min(rect.right, at - 1)
            return Rect(rect.top, left, rect.bottom, right) if left <= right else None

        self._areas = [(stamp, new, value) for stamp, rect, value in self._areas if (new := moved(rect))]
        cells = [(moved(Rect(*key, *key)), entry) for key, entry in self._cells.items()]
        self._cells = {(rect.top, rect.left): entry for rect, entry in cells if rect}

    def copy(self) -> Layer:
        other = Layer(self.default)
        other._clock, other._areas, other._cells = self._clock, list(self._areas), dict(self._cells)
        return other
