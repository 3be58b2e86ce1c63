"""Defined names over a file: xlwings' contract for them. They can be added and changed in new workbooks only."""

from __future__ import annotations

import numbers
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from reply_xl.engine.members import refusing
from reply_xl.engine.range import Range
from reply_xl.errors import SheetError
from reply_xl.xlsx.book import DefinedName
from reply_xl.xlsx.model import Area, is_name, parse_area

if TYPE_CHECKING:
    from reply_xl.engine.book import Book
    from reply_xl.engine.sheet import Sheet

_SCOPED = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!(.+)")
_REFERENCE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!:,]+))!([^!]+)")


@refusing
class Names(base_classes.Names):  # type: ignore[misc]
    """The defined names of a book, or those of one sheet."""

    def __init__(self, book: Book, sheet: Sheet | None = None) -> None:
        self._book = book
        self._sheet = sheet

    @property
    def api(self) -> Names:
        return self

    def _all(self) -> list[DefinedName]:
        scope = None if self._sheet is None else self._sheet.file.entry.tab
        names = [name for name in self._book.file.data.names if not name.hidden and not name.name.startswith("_xlnm.")]
        return names if self._sheet is None else [name for name in names if name.scope == scope]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Name]:
        for name in self._all():
            yield Name(self._book, name)

    def __call__(self, name_or_index: Any) -> Name:
        names = self._all()
        if isinstance(name_or_index, numbers.Number):
            index = int(name_or_index)  # type: ignore[call-overload]
            if 1 <= index <= len(names):
                return Name(self._book, names[index - 1])
        for name in names:
            if str(name_or_index).lower() in (name.name.lower(), Name(self._book, name).name.lower()):
                return Name(self._book, name)
        raise KeyError(name_or_index)

    def add(self, name: str, refers_to: str) -> Name:
        """A name of the book, or of the sheet that stands before it (`Sheet1!name`) or whose names these are; an existing one is changed."""
        file = self._book.file
        file.only_fresh("Names.add")
        found = _SCOPED.fullmatch(name)
        sheet = self._book.sheets((found[1] or found[2]).replace("''", "'")) if found else self._sheet
        scope = None if sheet is None else sheet.file.entry.tab
        text = found[3] if found else name
        known = next((one for one in file.data.names if one.name.lower() == text.lower() and one.scope == scope), None)
        if known is None:
            if scope is None:
                file.free_name(text)
            elif not is_name(text):
                raise ValueError(f"{text!r} cannot be a name")
            known = DefinedName(text, "", scope, False)
            file.data.names.append(known)
        known.refers_to = _reference(refers_to)
        return Name(self._book, known)

    def contains(self, name_or_index: Any) -> bool:
        try:
            self(name_or_index)
        except KeyError:
            return False
        return True


def _reference(text: str) -> str:
    """What a name refers to as the file holds it: a text without `=` is a text."""
    if not text.isprintable():
        raise ValueError(f"A name cannot refer to {text!r}")
    return text[1:] if text.startswith("=") else '"' + text.replace('"', '""') + '"'


@refusing
class Name(base_classes.Name):  # type: ignore[misc]
    def __init__(self, book: Book, name: DefinedName) -> None:
        self._book = book
        self._name = name

    @property
    def api(self) -> Name:
        return self

    @property
    def name(self) -> str:
        tabs = self._book.file.data.tab_names
        scope = self._name.scope
        if scope is None or not 0 <= scope < len(tabs):
            return self._name.name
        sheet = tabs[scope]
        quoted = sheet if sheet.isidentifier() else "'" + sheet.replace("'", "''") + "'"
        return f"{quoted}!{self._name.name}"

    @name.setter
    def name(self, value: str) -> None:
        self._book.file.only_fresh("Name.name (set)")
        if value.lower() != self._name.name.lower():
            self._book.file.free_name(value)
        self._name.name = value

    @property
    def refers_to(self) -> str:
        return "=" + self._name.refers_to

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        self._book.file.only_fresh("Name.refers_to (set)")
        self._name.refers_to = _reference(value)

    def delete(self) -> None:
        self._book.file.only_fresh("Name.delete")
        self._book.file.data.names.remove(self._name)

    @property
    def refers_to_range(self) -> Range:
        found = self._place()
        if found is None:
            raise SheetError(f"The name {self._name.name} does not refer to cells.")
        return Range.of(*found)

    def area_on(self, sheet: Sheet) -> Area | None:
        found = self._place()
        return found[1] if found and found[0].name == sheet.name else None

    def _place(self) -> tuple[Sheet, Area] | None:
        found = _REFERENCE.fullmatch(self._name.refers_to)
        if not found:
            return None
        try:
            sheet = self._book.sheets((found[1] or found[2]).replace("''", "'"))
            return sheet, parse_area(found[3])
        except (KeyError, ValueError):
            return None
