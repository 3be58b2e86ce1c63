"""The engine, the one app that an office is, and its open books."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import xlwings as xw
from xlwings import base_classes

from reply_xl.engine.apps import Engine as FileEngine

from .bridge import path_of, property_values, resolve, url_of
from .ranges import Range
from .sheets import Sheet, Sheets

NAME = "libreoffice"
_ADDIN = ".xlam"
_FILTER = "Calc MS Excel 2007 XML"


def connect(where: str | int, *, pid: int | None = None, status: Path | None = None, seconds: float = 20.0) -> xw.Engine:
    """The engine over the office that listens on the pipe (its name) or port `where`; waits for it to listen.

    `pid` is what the app gives as its process id, else a number that follows from `where`. Each text that the status bar is given is also
    added as a line to the file `status`, because LibreOffice tells nobody what its status bar shows."""
    return xw.Engine(impl=Engine(resolve(where, seconds), pid or zlib.crc32(str(where).encode()), status))


class Engine:
    name = NAME
    type = "desktop"
    prepare_xl_data_element = staticmethod(FileEngine.prepare_xl_data_element)
    clean_value_data = staticmethod(FileEngine.clean_value_data)

    def __init__(self, context: Any, pid: int, status: Path | None) -> None:
        self.desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        self.apps = Apps(App(self, pid, status))


class Apps(base_classes.Apps):  # type: ignore[misc]
    """Exactly one."""

    def __init__(self, app: App) -> None:
        self._app = app

    def keys(self) -> list[int]:
        return [self._app.pid]

    @staticmethod
    def cleanup() -> None:
        """The office is not ours to end."""

    def __iter__(self) -> Iterator[App]:
        yield self._app

    def __len__(self) -> int:
        return 1

    def __getitem__(self, pid: int) -> App:
        if pid != self._app.pid:
            raise KeyError(pid)
        return self._app


class App(base_classes.App):  # type: ignore[misc]
    visible = True
    screen_updating = True
    display_alerts = True
    enable_events = True
    interactive = True
    cut_copy_mode = False

    def __init__(self, engine: Engine, pid: int, status: Path | None) -> None:
        self._engine, self._pid, self._status = engine, pid, status
        self._text: str | bool = False
        self.before_question: Callable[[], None] | None = None

    def asked(self) -> None:
        """Is called before cells are looked at or changed; what `before_question` does then is done by the user, as far as a test goes."""
        act, self.before_question = self.before_question, None
        if act is not None:
            act()
            self.before_question = act

    @property
    def engine(self) -> Engine:
        return self._engine

    @property
    def api(self) -> Any:
        return self

    @property
    def desktop(self) -> Any:
        return self._engine.desktop

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def version(self) -> str:
        return "16.0"

    @property
    def books(self) -> Books:
        return Books(self)

    @property
    def selection(self) -> Range | None:
        """The selected cells of the book in front; None if there are none, as where a shape is selected."""
        if not len(self.books):
            return None
        book = self.books.active
        found = book.doc.CurrentController.Selection
        kinds = ("com.sun.star.sheet.SheetCellRanges", "com.sun.star.sheet.SheetCellRange")
        if found is None or not any(found.supportsService(kind) for kind in kinds):
            return None
        addresses = found.RangeAddresses if found.supportsService(kinds[0]) else (found.RangeAddress,)
        areas = [(one.StartRow + 1, one.StartColumn + 1, one.EndRow + 1, one.EndColumn + 1) for one in addresses]
        return Range.of(Sheet(book, book.doc.Sheets.getByIndex(addresses[0].Sheet)), *areas) if areas else None

    @property
    def calculation(self) -> str:
        return "automatic" if self.books.active.doc.isAutomaticCalculationEnabled() else "manual"

    @calculation.setter
    def calculation(self, value: str) -> None:
        self.books.active.doc.enableAutomaticCalculation(value == "automatic")

    @property
    def status_bar(self) -> str | bool:
        """What this object has put there."""
        return self._text

    @status_bar.setter
    def status_bar(self, value: str | bool) -> None:
        self._text = value
        text = value if isinstance(value, str) else ""
        if self._status is not None:
            with self._status.open("a", encoding="utf-8") as lines:
                lines.write(f"{text}\n")
        for book in self.books:
            indicator = book.doc.CurrentController.StatusIndicator
            if text:
                indicator.start(text, 0)
            else:
                indicator.end()

    def activate(self, steal_focus: bool = False) -> None:
        """There is only one."""


class Books(base_classes.Books):  # type: ignore[misc]
    """The spreadsheets that are open in a window, add-ins left out as Excel leaves them out."""

    def __init__(self, app: App) -> None:
        self.app = app

    @property
    def api(self) -> Any:
        return self.app.desktop.Components

    def _books(self) -> list[Book]:
        found = []
        components = self.app.desktop.Components.createEnumeration()
        while components.hasMoreElements():
            doc = components.nextElement()
            if hasattr(doc, "supportsService") and doc.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
                book = Book(self.app, doc)
                if doc.CurrentController is not None and not book.name.lower().endswith(_ADDIN):
                    found.append(book)
        return found

    @property
    def active(self) -> Book:
        books = self._books()
        front = self.app.desktop.getCurrentComponent()
        for book in books:
            if book.doc == front:
                return book
        if not books:
            raise xw.XlwingsError("No workbook is open.")
        return books[0]

    def __call__(self, name_or_index: Any) -> Book:
        books = self._books()
        if isinstance(name_or_index, int):
            if 1 <= name_or_index <= len(books):
                return books[name_or_index - 1]
        else:
            for book in books:
                if book.name.lower() == str(name_or_index).lower():
                    return book
        raise KeyError(name_or_index)

    def __contains__(self, key: Any) -> bool:
        try:
            self(key)
        except KeyError:
            return False
        return True

    def __len__(self) -> int:
        return len(self._books())

    def __iter__(self) -> Iterator[Book]:
        return iter(self._books())

    def add(self) -> Book:
        return self._loaded("private:factory/scalc")

    def open(self, fullname: str, *_options: Any, **_more: Any) -> Book:
        return self._loaded(url_of(fullname))

    def _loaded(self, url: str) -> Book:
        doc = self.app.desktop.loadComponentFromURL(url, "_blank", 0, ())
        if doc is None:
            raise xw.XlwingsError(f"{url} cannot be opened.")
        book = Book(self.app, doc)
        book.activate()
        return book


class Book(base_classes.Book):  # type: ignore[misc]
    def __init__(self, app: App, doc: Any) -> None:
        self._app, self.doc = app, doc

    @property
    def api(self) -> Any:
        return self.doc

    @property
    def app(self) -> App:
        return self._app

    @property
    def name(self) -> str:
        return Path(path_of(self.doc.URL)).name if self.doc.URL else str(self.doc.Title)

    @property
    def fullname(self) -> str:
        return path_of(self.doc.URL) if self.doc.URL else self.name

    @property
    def sheets(self) -> Sheets:
        return Sheets(self)

    @property
    def counts_from_1904(self) -> bool:
        return bool(self.doc.NullDate.Year == 1904)

    def activate(self) -> None:
        self.doc.CurrentController.Frame.activate()

    def save(self, path: Any = None, password: str | None = None) -> None:
        """In place, or as another .xlsx file, which is the book's from then on."""
        if path is None:
            self.doc.store()
        else:
            self.doc.storeAsURL(url_of(path), property_values(FilterName=_FILTER, Overwrite=True))

    def save_copy(self, path: Path) -> None:
        """No member of xlwings': an .xlsx file of what stands in the book now; the book keeps its own file."""
        self.doc.storeToURL(url_of(path), property_values(FilterName=_FILTER, Overwrite=True))

    def close(self) -> None:
        """Whatever was not saved is lost."""
        self.doc.close(True)
