"""Addresses of areas, and numbers as runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reply_xl.model import column_letter

LAST_ROW, COLUMNS = 1_048_576, 16_384

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Area:
    """A block of cells: row numbers from 1 and column indices from 0."""

    rows: range
    columns: range

    @classmethod
    def of(cls, address: str) -> Area:
        """The area of `$B$2:$D$9`, `$2:$9`, `$B:$D` or `$B$2`."""
        first, _, last = address.replace("$", "").partition(":")
        last = last or first
        top, bottom = first.lstrip(_LETTERS), last.lstrip(_LETTERS)
        left, right = first.rstrip(_DIGITS), last.rstrip(_DIGITS)
        rows = range(int(top), int(bottom) + 1) if top else range(1, LAST_ROW + 1)
        columns = range(_index(left), _index(right) + 1) if left else range(COLUMNS)
        return cls(rows, columns)

    @property
    def address(self) -> str:
        return address(self.rows[0], self.rows[-1], self.columns[0], self.columns[-1])

    def shares_rows(self, other: Area) -> bool:
        return self.rows[0] <= other.rows[-1] and other.rows[0] <= self.rows[-1]

    def shares_columns(self, other: Area) -> bool:
        return self.columns[0] <= other.columns[-1] and other.columns[0] <= self.columns[-1]


def address(top: int, bottom: int, first: int, last: int) -> str:
    """Rows from 1, columns by index from 0."""
    return f"{column_letter(first)}{top}:{column_letter(last)}{bottom}"


def areas_of(place: str) -> tuple[str, list[Area]]:
    """The sheet that an external address names, as `[book]sheet`, and its areas: `'[my book.xlsx]Leads'!$A$2,$C$5:$D$6`."""
    sheet, _, text = place.rpartition("!")
    if sheet.startswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    return sheet, [Area.of(part) for part in text.split(",")]


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbouring numbers as first and last."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def _index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
