"""An xlwings engine over .xlsx and .xlsm files: the plain xlwings API without Excel.

`activate()` makes it xlwings' engine. What it reads and writes looks as over COM on Windows, traps included, so that code which would fail
in Excel fails here; what it saves is the file as it was with the written cells in it. Members it does not have raise NotImplementedError.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlwings
from xlwings import base_classes

from reply_xl.engine.book import Book
from reply_xl.engine.cells import plain
from reply_xl.engine.members import Keyed, refusing
from reply_xl.engine.range import Range
from reply_xl.engine.sheet import Sheet
from reply_xl.errors import SheetError, WorkbookError
from reply_xl.xlsx.file import BookFile
from reply_xl.xlsx.model import ERROR_CODES, ERROR_TEXTS, NO_CACHED_VALUE

__all__ = ["ENGINE_NAME", "ERROR_CODES", "ERROR_TEXTS", "NO_CACHED_VALUE", "activate", "open_book", "refuse_unless_savable"]

ENGINE_NAME = "reply_xl file"

# what xlwings' Windows engine knows; the newer codes (#SPILL!, #CALC! …) pass through it as plain ints, and so they do here
_KNOWN_ERRORS = {ERROR_CODES[text]: text for text in ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")}


def activate() -> None:
    """Make this the engine of the plain xlwings API (`xw.Book(path)`, `xw.apps`); calling it again changes nothing."""
    if ENGINE_NAME not in xlwings.engines.engines_by_name:
        xlwings.engines.add(xlwings.Engine(impl=Engine()))
    xlwings.engines[ENGINE_NAME].activate()


def open_book(path: str | os.PathLike[str]) -> Any:
    """`xw.Book(path)` over this engine, where a missing file is a `WorkbookError` too."""
    activate()
    file = Path(path)
    if not file.exists():
        raise WorkbookError(
            f"{file.name or file} does not exist in {file.absolute().parent}; correct the name, or write it with its folder."
        )
    try:
        return xlwings.Book(str(file))
    except (OSError, ValueError) as error:
        raise WorkbookError(f"{file.name} cannot be opened: {error}.") from error


def refuse_unless_savable(book: Any, path: str | os.PathLike[str] | None = None) -> None:
    """Raise the `WorkbookError` that saving this xlwings book (as `path`) would raise now; write nothing."""
    book.impl.file.refuse_unless_savable(None if path is None else Path(path).absolute())


class Engine:
    """What xlwings asks of an engine, and its conversion of single values as the Windows engine does it."""

    name = ENGINE_NAME
    type = "desktop"

    def __init__(self) -> None:
        self.apps = Apps(self)

    @staticmethod
    def prepare_xl_data_element(value: Any, options: Any) -> Any:
        origin = type(value).__module__.partition(".")[0]
        if origin in ("numpy", "pandas"):
            value = plain(value)
        if "numpy" in sys.modules and isinstance(value, float) and math.isnan(value):
            return ""
        if type(value) is dt.date:
            return dt.datetime(value.year, value.month, value.day)
        if isinstance(value, dt.datetime):
            return value.replace(tzinfo=None)
        return "" if value is None else value

    @staticmethod
    def clean_value_data(data: Any, datetime_builder: Any, empty_as: Any, number_builder: Any, err_to_str: bool) -> list[list[Any]]:
        def clean(value: Any) -> Any:
            if value is None or value == "":
                return empty_as
            if isinstance(value, dt.datetime):
                return datetime_builder(
                    year=value.year,
                    month=value.month,
                    day=value.day,
                    hour=value.hour,
                    minute=value.minute,
                    second=value.second,
                    microsecond=value.microsecond,
                    tzinfo=None,
                )
            if number_builder is not None and isinstance(value, float):
                return number_builder(value)
            if type(value) is int and value in _KNOWN_ERRORS:
                return _KNOWN_ERRORS[value] if err_to_str else None
            return value

        return [[clean(value) for value in row] for row in data]


@refusing
class Apps(base_classes.Apps):  # type: ignore[misc]
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._apps: list[App] = []

    def keys(self) -> list[int]:
        return [app.pid for app in self._apps]

    def add(self, spec: Any = None, add_book: bool | None = None, xl: Any = None, visible: Any = None) -> App:
        app = App(self, self._engine)
        self._apps.insert(0, app)
        if add_book:
            app.books.add()
        return app

    @staticmethod
    def cleanup() -> None:
        """There are no processes to clean up."""

    def remove(self, app: App) -> None:
        if app in self._apps:
            self._apps.remove(app)

    def to_front(self, app: App) -> None:
        self.remove(app)
        self._apps.insert(0, app)

    def __iter__(self) -> Iterator[App]:
        return iter(list(self._apps))

    def __len__(self) -> int:
        return len(self._apps)

    def __getitem__(self, pid: int) -> App:
        for app in self._apps:
            if app.pid == pid:
                return app
        raise KeyError(pid)


_PIDS = itertools.count(1)


@refusing
class App(base_classes.App):  # type: ignore[misc]
    """Stands for one Excel: it holds the open books. Its pid is a number of its own, no process."""

    visible = False
    screen_updating = True
    display_alerts = True
    enable_events = True
    interactive = True
    status_bar: str | bool = False

    def __init__(self, apps: Apps, engine: Engine) -> None:
        self._apps = apps
        self._engine = engine
        self._pid = next(_PIDS)
        self._calculation = ""
        self._books = Books(self)

    @property
    def calculation(self) -> str:
        """As the workbook in front was saved: nothing here ever calculates."""
        return self._calculation or ("manual" if len(self.books) and self.books.active.file.data.calculates_by_hand else "automatic")

    @calculation.setter
    def calculation(self, value: str) -> None:
        self._calculation = value

    @property
    def engine(self) -> Engine:
        return self._engine

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def books(self) -> Books:
        return self._books

    @property
    def api(self) -> App:
        return self

    @property
    def selection(self) -> Range | None:
        """The selection of the active book's active sheet; None if a chart sheet is in front."""
        book = self.books.active if len(self.books) else None
        if book is None or book.file.active is None:
            return None
        sheet = Sheet(book, book.file.active)
        return Range.of(sheet, *sheet.file.data.selection)

    def activate(self, steal_focus: bool = False) -> None:
        self._apps.to_front(self)

    def quit(self) -> None:
        self.books.close_all()
        self._apps.remove(self)

    def kill(self) -> None:
        self.quit()

    @property
    def version(self) -> str:
        return "16.0"


@refusing
class Books(Keyed, base_classes.Books):  # type: ignore[misc]
    def __init__(self, app: App) -> None:
        self.app = app
        self._books: list[Book] = []
        self._front: Book | None = None
        self._count = itertools.count(1)

    @property
    def api(self) -> Books:
        return self

    @property
    def active(self) -> Book:
        if self._front is None:
            raise SheetError("No workbook is open.")
        return self._front

    def __call__(self, name_or_index: Any) -> Book:
        if isinstance(name_or_index, int):
            if 1 <= name_or_index <= len(self._books):
                return self._books[name_or_index - 1]
        else:
            for book in self._books:
                if book.name.lower() == str(name_or_index).lower():
                    return book
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        return len(self._books)

    def __iter__(self) -> Iterator[Book]:
        return iter(list(self._books))

    def add(self) -> Book:
        return self._keep(Book(self.app, BookFile.new(f"Book{next(self._count)}")))

    def open(self, fullname: str, *options: Any, **more: Any) -> Book:
        """Open a file. `update_links`, `read_only` and the other options of Excel's have no meaning here but `password`."""
        if len(options) > 3 and options[3] is not None:
            raise NotImplementedError("Books.open with a password is not supported for files without Excel")
        return self._keep(Book(self.app, BookFile.opened(Path(fullname))))

    def _keep(self, book: Book) -> Book:
        self._books.append(book)
        self._front = book
        return book

    def to_front(self, book: Book) -> None:
        self._front = book

    def remove(self, book: Book) -> None:
        if book in self._books:
            self._books.remove(book)
        if self._front is book:
            self._front = self._books[-1] if self._books else None

    def close_all(self) -> None:
        self._books.clear()
        self._front = None
