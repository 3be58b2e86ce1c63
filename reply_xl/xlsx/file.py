"""A workbook file as one object: opened or fresh, its sheets read when they are needed, saved losslessly.

The bytes it was opened from are kept, and every save splices all changes made since into those: a second save needs no second reading.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from reply_xl.errors import SheetError, WorkbookError
from reply_xl.xlsx import splice
from reply_xl.xlsx.book import BookData, SheetEntry, read_book, read_strings, relations
from reply_xl.xlsx.edit import name_column, overlap, value_at
from reply_xl.xlsx.fresh import fresh_bytes
from reply_xl.xlsx.model import Area, Rule, SheetData, area_text, is_name
from reply_xl.xlsx.open import Package, Stamp, open_package, read_file
from reply_xl.xlsx.rules import read_rules
from reply_xl.xlsx.save import refuse_unless_savable, save_bytes
from reply_xl.xlsx.sheet import read_sheet
from reply_xl.xlsx.styles import Styles
from reply_xl.xlsx.tables import Table, read_table
from reply_xl.xlsx.tabs import Tabs, emptied_sheet, empty_sheet, free_part, refuse_if_entangled, refuse_if_locked, refuse_if_named
from reply_xl.xlsx.views import is_marked_selected
from reply_xl.xlsx.xml import elements
from reply_xl.xlsx.xml import number as parsed

_TOP = 5


class SheetFile:
    """One worksheet of a book, read at its first use."""

    def __init__(self, book: BookFile, entry: SheetEntry) -> None:
        self.book = book
        self.entry = entry
        self._data: SheetData | None = None
        self._tables: list[Table] | None = None
        self._base: bytes | None = None
        self._top: SheetData | None = None

    @property
    def _what(self) -> str:
        return f"Sheet {self.entry.name} of {self.book.package.name}"

    @property
    def xml(self) -> bytes:
        """The part that changes are spliced into: the file's, but for a sheet that was added or emptied."""
        return self.book.package.read(self.entry.part) if self._base is None else self._base

    @property
    def data(self) -> SheetData:
        if self._data is None:
            self._data = self._read()
        return self._data

    def _read(self, last_row: int = 0) -> SheetData:
        book = self.book
        return read_sheet(
            self.xml, self._what, lambda: book.strings, book.data.date1904, last_row, results_are_old=book.data.results_are_old
        )

    def top(self, rows: int) -> SheetData:
        """The sheet with its first rows at least: to look at the title of a large sheet does not cost reading all of it."""
        if self._data is not None or rows > _TOP:
            return self.data
        if self._top is None:
            self._top = self._read(_TOP)
        return self._top

    @property
    def is_new(self) -> bool:
        """Whether the sheet was added to an opened file, which does not have it yet."""
        return any(entry is self.entry for entry in self.book.tabs.added)

    @property
    def rules(self) -> list[Rule]:
        if self.data.rules is None:
            self.data.rules = read_rules(self.xml, self._what)
        return self.data.rules

    @rules.setter
    def rules(self, rules: list[Rule]) -> None:
        self.data.rules = rules
        self.data.rules_changed = True

    def restart(self, base: bytes | None) -> None:
        """Nothing of what was in the sheet or was done to it counts any more; `base` is its part from now on."""
        removed = set()
        if self._data is not None or (self.book.data.chain_part and self.entry.part in self.book.package):
            old = self.data
            removed = {*old.formulas, *old.formulas_removed}
            for top, left, bottom, right in old.arrays.values():
                removed |= {(r, c) for r, line in old.cells.items() if top <= r <= bottom for c in line if left <= c <= right}
        self._base, self._data, self._tables, self._top = base, None, [], None
        self.data.formulas_removed = removed

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
    def changes(self) -> splice.Changed | None:
        return None if self._data is None else splice.Changed(self.entry, self._data, self._tables or [], self._base)


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
        self.tabs = Tabs(list(range(len(self.data.tab_names))))
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
                f"{member} is supported for new workbooks only: an opened file keeps its tables, its names and what its sheets are called"
            )

    def add_sheet(self, name: str | None, before: SheetFile | None, after: SheetFile | None) -> SheetFile:
        """A new sheet, before the active one if nothing else is said. It is the active one until the book is closed; which one the file opens
        with is for `bring_to_front` to say."""
        number = 1 + max(self._sheet_ids())
        if name is None:
            taken = {tab.lower() for tab in self._tab_names()}
            count = number
            while f"sheet{count}" in taken:
                count += 1
            name = f"Sheet{count}"
        self.sheet_name(name)
        if self.fresh:
            sheet = SheetFile(self, SheetEntry(name, f"xl/worksheets/sheet{number}.xml", str(number), "visible", -1))
            neighbour = before or after
            place = self.sheets.index(neighbour or self.active or self.sheets[0]) + (neighbour is not None and before is None)
            self.sheets.insert(place, sheet)
            self.rebuild()
        else:
            sheet = self._added(name, number, before, after)
        if self.active is not None:  # a chart that is in front stays there
            self.active = sheet
        return sheet

    def _added(self, name: str, number: int, before: SheetFile | None, after: SheetFile | None) -> SheetFile:
        """A new sheet among those of an opened file."""
        refuse_if_locked(self.package, self.data, "Sheets.add")
        tabs = self.tabs
        part = free_part(self.package, self.data, [entry.part for entry in tabs.added])
        entry = SheetEntry(name, part, str(number), "visible", len(self.data.tab_names))
        sheet = SheetFile(self, entry)
        sheet.restart(empty_sheet(self.package, self.data))
        neighbour = before or after or self.active
        key = neighbour.entry.tab if neighbour else self.data.active_tab
        place = tabs.order.index(key) + (before is None and after is not None)
        tabs.order.insert(place, entry.tab)
        tabs.added.append(entry)
        self.data.tab_names.append(name)
        self.sheets.append(sheet)
        self._sort()
        return sheet

    def _sheet_ids(self) -> Iterator[int]:
        """The ids of all tabs that there are or were, chart sheets too."""
        for entry in (*(sheet.entry for sheet in self.sheets), *self.tabs.removed):
            yield parsed(entry.sheet_id)
        if not self.fresh:
            tabs = elements(self.package.read(self.data.part), self.name, lambda tag, depth: tag == "sheet" and depth == 3)
            yield from (parsed(attributes.get("sheetId")) for _, attributes, _, _ in tabs)

    def _sort(self) -> None:
        place = {key: position for position, key in enumerate(self.tabs.order)}
        self.sheets.sort(key=lambda sheet: place[sheet.entry.tab])

    def _tab_names(self) -> list[str]:
        """The names of all tabs, chart sheets too."""
        if self.fresh:
            return [sheet.entry.name for sheet in self.sheets]
        return [self.data.tab_names[key] for key in self.tabs.order]

    def rename_sheet(self, sheet: SheetFile, name: str) -> None:
        """Call a sheet that is not in the file yet otherwise."""
        if not self.fresh:
            self.data.tab_names[sheet.entry.tab] = name
        sheet.entry.name = name
        if self.fresh:
            self.rebuild()

    def delete_sheet(self, sheet: SheetFile, member: str) -> None:
        """Take a sheet out of the book if nothing else breaks by that; else say what is in the way."""
        others = [one for one in self.sheets if one is not sheet]
        if not any(one.entry.state == "visible" for one in others):
            raise SheetError("A workbook must keep one sheet." if not others else "A workbook must show one sheet.")
        self.refuse_if_referred(sheet, member, by_itself=False)
        if self.fresh:
            self.sheets = others
            self.active = others[0] if self.active is sheet else self.active
            self.rebuild()
            return
        refuse_if_locked(self.package, self.data, member)
        tabs, entry = self.tabs, sheet.entry
        if any(name.scope == entry.tab and not name.name.startswith("_xlnm.") for name in self.data.names):
            raise NotImplementedError(f"{member} of a sheet with names of its own is not supported for files without Excel")
        is_new = sheet.is_new
        if not is_new:
            refuse_if_entangled(self.package, entry, member)
            refuse_if_named(self.package, self.data, entry, [table.display_name for table in sheet.tables], member)
        place = tabs.order.index(entry.tab)
        tabs.order.remove(entry.tab)
        if is_new:
            tabs.added.remove(entry)
        else:
            tabs.removed.append(entry)
            tabs.emptied = [one for one in tabs.emptied if one is not entry]
        self.sheets = others
        self.data.names = [name for name in self.data.names if name.scope != entry.tab]
        shown = [one for one in others if one.entry.state == "visible"]
        next_one = next((one for one in shown if tabs.order.index(one.entry.tab) >= place), shown[-1])
        if entry.tab == (self.data.active_tab if tabs.front is None else tabs.front):
            self.bring_to_front(next_one)
        self.active = next_one if self.active is sheet else self.active

    def empty_sheet(self, sheet: SheetFile, member: str) -> None:
        """Take everything out of a sheet, formats, widths and rules too. Its name, its place and what refers to it stay."""
        entry = sheet.entry
        if self.fresh:
            sheet.restart(None)
        elif sheet.is_new:
            sheet.restart(empty_sheet(self.package, self.data))
        else:
            refuse_if_entangled(self.package, entry, member)
            names = [table.display_name for table in sheet.tables]
            if names:
                refuse_if_named(self.package, self.data, SheetEntry("\0", entry.part, "", "", -1), names, member)
            sheet.restart(emptied_sheet(sheet.xml, self.name))
            if not any(one is entry for one in self.tabs.emptied):
                self.tabs.emptied.append(entry)

    def bring_to_front(self, sheet: SheetFile) -> None:
        """Make a sheet the active one, in the saved file too."""
        self.active = sheet
        if self.fresh:
            return
        is_so = sheet.entry.tab == self.data.active_tab and self.data.active_tab in self.tabs.order
        if is_so and self.tabs.front is None:
            return
        self.tabs.front = sheet.entry.tab
        for one in self.sheets:
            if one is sheet:
                one.data.in_front = True
            elif one.data.in_front or is_marked_selected(one.xml, self.name):
                one.data.in_front = False

    def sheet_name(self, name: str) -> str:
        """The name, if Excel would take it."""
        too_long = len(name.encode("utf-16-le", "replace")) > 2 * 31
        if (
            not name
            or too_long
            or set(name) & set("[]:*?/\\")
            or "'" in (name[0], name[-1])
            or not name.isprintable()
            or name.lower() == "history"
        ):
            raise ValueError(f"{name!r} cannot be the name of a sheet")
        if name.lower() in (tab.lower() for tab in self._tab_names()):
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

    def refuse_if_referred(self, sheet: SheetFile, member: str, *, by_itself: bool = True) -> None:
        """Excel would change every formula and name that mentions the sheet; here such a sheet stays what it is."""
        sources = [one for one in self.sheets if by_itself or one is not sheet]
        formulas = (formula.text for one in sources for formula in one.data.formulas.values())
        names = (name.refers_to for name in self.data.names if by_itself or name.scope != sheet.entry.tab)
        called = sheet.entry.name.lower().replace("'", "''")
        if any(called + mark in text.lower() for text in (*formulas, *names) for mark in ("!", "'!", ":")):
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
        return splice.spliced(self.package, self.data, self.styles, [sheet.changes for sheet in self.sheets if sheet.changes], self.tabs)

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
