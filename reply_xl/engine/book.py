"""One open workbook over a file: xlwings' contract for `Book`, and what the texts of ranges mean in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from reply_xl.engine.members import refusing
from reply_xl.engine.names import Name, Names
from reply_xl.engine.range import Range
from reply_xl.engine.sheet import Sheet, Sheets
from reply_xl.engine.tables import Table
from reply_xl.errors import SheetError
from reply_xl.xlsx.file import BookFile
from reply_xl.xlsx.model import Area, parse_area

if TYPE_CHECKING:
    from reply_xl.engine.apps import App

_AREAS = re.compile(r"\s*,\s*")
_SHEET = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!(.+)")
_TABLE = re.compile(r"([^\[\]]+)(?:\[(#All|#Headers|#Data|#Totals)?\])?", re.IGNORECASE)


@refusing
class Book(base_classes.Book):  # type: ignore[misc]
    def __init__(self, app: App, file: BookFile) -> None:
        self._app = app
        self.file = file

    @property
    def api(self) -> Book:
        return self

    @property
    def app(self) -> App:
        return self._app

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def fullname(self) -> str:
        return str(self.file.path) if self.file.path else self.file.name

    @property
    def sheets(self) -> Sheets:
        return Sheets(self)

    @property
    def names(self) -> Names:
        return Names(self)

    def activate(self) -> None:
        self._app.books.to_front(self)
        self._app.activate()

    def close(self) -> None:
        self._app.books.remove(self)

    def save(self, path: Any = None, password: str | None = None) -> None:
        """Save in place; with a path save as that file, which is the book's from then on; a fresh book goes to the working folder."""
        if password is not None:
            raise NotImplementedError("Book.save with a password is not supported for files without Excel")
        if path is not None:
            self.file.save(Path(path).absolute())
        elif self.file.path is None:
            self.file.save(Path.cwd() / f"{self.name}.xlsx")
        else:
            self.file.save()

    def range_of(self, text: str, sheet: Sheet) -> Range:
        """The range that a text names on a sheet: addresses, several areas, another sheet's, a defined name, or a table."""
        found = _SHEET.fullmatch(text)
        if found:
            try:
                sheet = self.sheets((found[1] or found[2]).replace("''", "'"))
            except KeyError:
                raise SheetError(f"There is no sheet {found[1] or found[2]}.") from None
            text = found[3]
        areas: list[Area] = []
        for part in _AREAS.split(text.strip()):
            try:
                areas.append(parse_area(part.split("!")[-1]))
            except ValueError:
                named = self._named(part, sheet)
                if named is None:
                    raise SheetError(f"{part!r} is neither an address nor the name of a range.") from None
                sheet = named.sheet
                areas += named.areas
        return Range.of(sheet, *areas)

    def _named(self, text: str, sheet: Sheet) -> Range | None:
        scoped = [name for name in self.file.data.names if name.name.lower() == text.lower() and name.scope in (None, sheet.file.entry.tab)]
        for name in sorted(scoped, key=lambda name: name.scope is None):
            return Name(self, name).refers_to_range
        found = _TABLE.fullmatch(text)
        for other in self.sheets if found else ():
            if found and found[1] in other.tables:
                table: Table = other.tables(found[1])
                which = (found[2] or "#data").lower()
                ranges = {"#all": table.range, "#headers": table.header_row_range, "#totals": table.totals_row_range}
                return ranges.get(which, table.data_body_range)
        return None
