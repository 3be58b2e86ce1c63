"""A workbook file as one object: opened or fresh, its sheets read when they are needed, saved losslessly.

The bytes it was opened from are kept, and every save splices all changes made since into those: a second save needs no second reading.
"""

from __future__ import annotations

from pathlib import Path

from reply_xl.errors import WorkbookError
from reply_xl.xlsx import splice
from reply_xl.xlsx.book import BookData, SheetEntry, read_book, read_strings, relations
from reply_xl.xlsx.fresh import fresh_bytes
from reply_xl.xlsx.model import SheetData
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
            package = self.book.package
            links = relations(package, self.entry.part)
            parts = [links.get(link, ("", ""))[1] for link in self.data.table_ids]
            self._tables = [read_table(package, part) for part in parts if part in package]
        return self._tables

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
        book = cls(fresh_bytes([("Sheet1", "1", "visible")]), name, None, None)
        book.fresh = True
        return book

    @property
    def strings(self) -> list[str]:
        if self._strings is None:
            self._strings = read_strings(self.package, self.data.strings_part)
        return self._strings

    def only_fresh(self, member: str) -> None:
        if not self.fresh:
            raise NotImplementedError(f"{member} is supported for new workbooks only: an opened file keeps its sheets as they are")

    def add_sheet(self, name: str | None, place: int) -> SheetFile:
        self.only_fresh("Sheets.add")
        number = 1 + max(int(sheet.entry.sheet_id) for sheet in self.sheets)
        taken = {sheet.entry.name.lower() for sheet in self.sheets}
        if name is None:
            count = number
            while f"sheet{count}" in taken:
                count += 1
            name = f"Sheet{count}"
        entry = SheetEntry(self.sheet_name(name), f"xl/worksheets/sheet{number}.xml", str(number), "visible", place)
        sheet = SheetFile(self, entry)
        self.sheets.insert(place, sheet)
        self.rebuild()
        self.active = sheet
        return sheet

    def sheet_name(self, name: str) -> str:
        """The name, if Excel would take it."""
        if not name or len(name) > 31 or set(name) & set("[]:*?/\\") or name[0] == "'" or name[-1] == "'":
            raise ValueError(f"{name!r} cannot be the name of a sheet")
        if name.lower() in (sheet.entry.name.lower() for sheet in self.sheets):
            raise ValueError(f"Sheet named {name!r} already present in workbook")
        return name

    def rebuild(self) -> None:
        """Make the bytes of a fresh book agree with its sheets."""
        for place, sheet in enumerate(self.sheets):
            sheet.entry.tab = place
        self.package = open_package(fresh_bytes([(s.entry.name, s.entry.sheet_id, s.entry.state) for s in self.sheets]), self.name)
        self.data.sheets = [sheet.entry for sheet in self.sheets]

    def spliced(self) -> bytes:
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
