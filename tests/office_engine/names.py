"""The names of one sheet, or of a book with those of its sheets."""

from __future__ import annotations

import numbers
from typing import Any

from xlwings import base_classes

from .bridge import structure


class Names(base_classes.Names):  # type: ignore[misc]
    """`sheet` is LibreOffice's own object."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet

    @property
    def api(self) -> Any:
        return self._sheet.NamedRanges

    def __len__(self) -> int:
        return int(self.api.Count)

    def __call__(self, name_or_index: Any) -> Name:
        found = self.api.ElementNames
        if isinstance(name_or_index, numbers.Number):
            return Name(self._sheet, found[int(name_or_index) - 1])  # type: ignore[call-overload]
        for name in found:
            if name.lower() == str(name_or_index).lower():
                return Name(self._sheet, name)
        raise KeyError(name_or_index)

    def contains(self, name_or_index: Any) -> bool:
        try:
            self(name_or_index)
        except (KeyError, IndexError):
            return False
        return True

    def add(self, name: str, refers_to: str) -> Name:
        place = structure("com.sun.star.table.CellAddress", Sheet=self._sheet.RangeAddress.Sheet)
        self.api.addNewByName(name, refers_to.removeprefix("="), place, 0)
        return Name(self._sheet, name)


class Name(base_classes.Name):  # type: ignore[misc]
    def __init__(self, sheet: Any, name: str) -> None:
        self._sheet, self._name = sheet, name

    @property
    def api(self) -> Any:
        return self._sheet.NamedRanges.getByName(self._name)

    @property
    def name(self) -> str:
        """As Excel names it: with its sheet."""
        sheet = str(self._sheet.Name)
        quoted = sheet if sheet.isidentifier() else "'" + sheet.replace("'", "''") + "'"
        return f"{quoted}!{self._name}"

    @property
    def refers_to(self) -> str:
        return f"={self.api.Content}"

    def delete(self) -> None:
        self._sheet.NamedRanges.removeByName(self._name)
