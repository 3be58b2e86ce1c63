"""A workbook file as one object: opened or fresh, its sheets read when they are needed, saved losslessly.

The bytes it was opened from are kept, and every save splices all changes made since into those: a second save needs no second reading.
"""

from __future__ import annotations

import itertools
from pathlib import Path

from reply_xl.errors import SheetError, WorkbookError
from reply_xl.xlsx import splice
from reply_xl.xlsx.book import BookData, SheetEntry, read_book, read_strings, relations
from reply_xl.xlsx.edit import name_column, overlap, value_at
from reply_xl.xlsx.fresh import fresh_bytes
from reply_xl.xlsx.model import Area, SheetData, area_text, is_name
from reply_xl.xlsx.open import Package, Stamp, open_package, read_file
from reply_xl.xlsx.save import refuse_unless_savable, save_bytes
from reply_xl.xlsx.sheet import read_sheet
from reply_xl.xlsx.styles import Styles
from reply_xl.xlsx.tables import Table, read_table


class SheetFile:
    """One worksheet of a book, read at its first use."""

    def __init__(self, book: BookFile, entry: SheetEntry) -> None:
        self.book = book
        self.entry = entry
        self._data: SheetData | None = None
        self._tables: list[Table] | None = None

    @property
    def data(self) -> SheetData:
        if self._data is None:
            book = self.book
            what = f"Sheet {self.entry.name} of {book.package.name}"
            self._data = read_sheet(book.package.read(self.entry.part), what, lambda: book.strings, book.data.date1904)
        return self._data

    @property
    def tables(self) -> list[Table]:
        if self._tables is None:
            self._tables = [] if self.book.fresh else self._read_tables()
        return self._tables

    def _read_tables(self) -> list[Table]:
        package = self.book.package
        links = relations(package, self.entry.part)
        parts = [links.get(link, ("", ""))[1] for link in self.data.table_ids]
        return [read_table(package, part) for part in parts if part in package]

    @property
    def changes(self) -> tuple[SheetEntry, SheetData, list[Table]] | None:
        return None if self._data is None else (self.entry, self._data, self._tables or [])


class BookFile:
    """A workbook file, opened from a path or fresh."""

    def __init__(self, data: bytes, name: str, path: Path | None, stamp: Stamp | None) -> None:
        self.package: Package = open_package(data, name)
        self.data: BookData = read_book(self.package)
        self.styles = Styles(self.package, self.data.styles_part, self.data.theme_part)
        self.path = path
        self.name = name
        self.fresh = False
        self._stamp = stamp
        self._strings: list[str] | None = None
        self.sheets = [SheetFile(self, entry) for entry in self.data.sheets]
        self.active: SheetFile | None = next((sheet for sheet in self.sheets if sheet.entry.tab == self.data.active_tab), None)
        if self.active is None and not 0 <= self.data.active_tab < len(self.data.tab_names):
            self.active = self.sheets[0]

    @classmethod
    def opened(cls, path: Path) -> BookFile:
        data, stamp = read_file(path)
        return cls(data, path.name, path, stamp)

    @classmethod
    def new(cls, name: str) -> BookFile:
        first = SheetEntry("Sheet1", "xl/worksheets/sheet1.xml", "1", "visible", 0)
        book = cls(fresh_bytes([(first, ())], ()), name, None, None)
        book.fresh = True
        return book

    @property
    def strings(self) -> list[str]:
        if self._strings is None:
            self._strings = read_strings(self.package, self.data.strings_part)
        return self._strings

    def only_fresh(self, member: str) -> None:
        if not self.fresh:
            raise NotImplementedError(
                f"{member} is supported for new workbooks only: an opened file keeps its sheets, tables and names as they are"
            )

    def add_sheet(self, name: str | None, place: int) -> SheetFile:
        self.only_fresh("Sheets.add")
        number = 1 + max(int(sheet.entry.sheet_id) for sheet in self.sheets)
        taken = {sheet.entry.name.lower() for sheet in self.sheets}
        if name is None:
            count = number
            while f"sheet{count}" in taken:
                count += 1
            name = f"Sheet{count}"
        entry = SheetEntry(self.sheet_name(name), f"xl/worksheets/sheet{number}.xml", str(number), "visible", -1)
        sheet = SheetFile(self, entry)
        self.sheets.insert(place, sheet)
        self.rebuild()
        self.active = sheet
        return sheet

    def sheet_name(self, name: str) -> str:
        """The name, if Excel would take it."""
        if not name or len(name) > 31 or set(name) & set("[]:*?/\\") or "'" in (name[0], name[-1]) or not name.isprintable():
            raise ValueError(f"{name!r} cannot be the name of a sheet")
        if name.lower() in (sheet.entry.name.lower() for sheet in self.sheets):
            raise ValueError(f"Sheet named {name!r} already present in workbook")
        return name

    def add_table(self, sheet: SheetFile, area: Area, name: str | None, style: str) -> Table:
        """A table over an area whose first row holds the headers; one row alone gets a row below it, for the first entry."""
        self.only_fresh("Tables.add")
        tables = [table for one in self.sheets for table in one.tables]
        number = 1 + max((table.id for table in tables), default=0)
        top, left, bottom, right = area
        only_headers = top == bottom
        bottom += only_headers
        below = range(left, right + 1) if only_headers else ()
        taken = any(value_at(sheet.data, bottom, column) is not None for column in below)
        if taken or any(
            overlap((top, left, bottom, right), other) for other in [*sheet.data.merges, *(table.area for table in sheet.tables)]
        ):
            raise SheetError(f"There is no room for a table at {area_text(area)} of sheet {sheet.entry.name}.")
        free = next(f"Table{count}" for count in itertools.count(number) if self._is_free(f"Table{count}"))
        name = free if name is None else self.free_name(name)
        table = Table(
            part=f"xl/tables/table{number}.xml", name=name, display_name=name, area=(top, left, bottom, right), headers=1, totals=0,
            columns=[""] * (right - left + 1), can_grow=True, id=number, insert_row=only_headers, filtered=True, style=style, row_stripes=True,
        )  # fmt: skip
        for place in range(len(table.columns)):
            name_column(sheet.data, table, place)
        sheet.tables.append(table)
        return table

    def free_name(self, name: str) -> str:
        """The name for a table or for cells, if Excel would take it and no table has it."""
        if not is_name(name):
            raise ValueError(
                f"{name!r} cannot be a name: it takes letters, digits, dots and underscores, and must not look like an address"
            )
        if not self._is_free(name):
            raise ValueError(f"There is a table or a name {name!r} already")
        return name

    def _is_free(self, name: str) -> bool:
        tables = (table.display_name for sheet in self.sheets for table in sheet.tables)
        names = (defined.name for defined in self.data.names if defined.scope is None)
        return name.lower() not in (taken.lower() for taken in (*tables, *names))

    def refuse_if_referred(self, sheet: SheetFile, member: str) -> None:
        """Excel would change every formula and name that mentions the sheet; here such a sheet stays what it is."""
        formulas = (formula.text for one in self.sheets for formula in one.data.formulas.values())
        texts = (*formulas, *(name.refers_to for name in self.data.names))
        if any(sheet.entry.name.lower() + mark in text.lower() for text in texts for mark in ("!", "'!")):
            raise NotImplementedError(f"{member} of a sheet that formulas or names refer to is not supported for files without Excel")

    def rebuild(self) -> None:
        """Make the bytes of a fresh book agree with its sheets, tables and names."""
        tabs = {sheet.entry.tab: place for place, sheet in enumerate(self.sheets)}
        self.data.names = [name for name in self.data.names if name.scope is None or name.scope in tabs]
        for name in self.data.names:
            name.scope = None if name.scope is None else tabs[name.scope]
        for place, sheet in enumerate(self.sheets):
            sheet.entry.tab = place
            for table in sheet.tables:
                table.settle()
        self.data.sheets = [sheet.entry for sheet in self.sheets]
        self.data.tab_names = [entry.name for entry in self.data.sheets]
        self.data.active_tab = self.sheets.index(self.active) if self.active else 0
        contents = [(sheet.entry, sheet.tables) for sheet in self.sheets]
        self.package = open_package(fresh_bytes(contents, self.data.names, self.data.active_tab), self.name)

    def spliced(self) -> bytes:
        if self.fresh:
            self.rebuild()
        return splice.spliced(self.package, self.data, self.styles, [sheet.changes for sheet in self.sheets if sheet.changes])

    def save(self, path: Path | None = None) -> None:
        """Save in place, or as `path`, which is the book's file from then on."""
        target = path or self.path
        if target is None:
            raise WorkbookError(f"{self.name} has never been saved: it needs a file name.")
        self._check_kind(target)
        data = self.spliced()
        stamp = save_bytes(target, data, self._stamp if self.is_own(target) else None)
        self.path, self.name, self._stamp = target, target.name, stamp

    def refuse_unless_savable(self, path: Path | None = None) -> None:
        """Raise the sentence why the book cannot be saved (as `path`) now, writing nothing."""
        target = path or self.path
        if target is not None:
            self._check_kind(target)
            refuse_unless_savable(target, self._stamp if self.is_own(target) else None)

    def is_own(self, target: Path) -> bool:
        """Whether `target` is the file this book was read from or last saved to."""
        if self.path is None or self._stamp is None:
            return False
        try:
            return target == self.path or target.samefile(self.path)
        except OSError:
            return False

    def _check_kind(self, target: Path) -> None:
        kind = self.path.suffix.lower() if self.path is not None else ".xlsx"
        if target.suffix.lower() != kind and not (self.fresh and target.suffix.lower() == ".xlsx"):
            raise WorkbookError(f"{target.name} cannot be saved under this name: the workbook is of the kind {kind or 'without ending'}.")
