"""The fake Excel itself: instances, books, the count of every call, faults on demand."""

from __future__ import annotations

import copy
import datetime as dt
import gc
import itertools
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from . import com
from .files import fill_book
from .grid import Rect
from .pywin32 import Desktop, excel_error, rejected
from .sheet import Sheet

_numbers = itertools.count(1)


class Call(NamedTuple):
    """One call into Excel. A look-up asks for a method by name: late binding pays for it, early binding does not."""

    kind: str  # get, set, call, next, lookup
    name: str


class Write(NamedTuple):
    """One write into the cells or formats of a sheet."""

    what: str
    sheet: str
    address: str
    cells: int


@dataclass
class Tally:
    """What happened inside `with excel.count() as tally`."""

    calls: list[Call] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All calls, look-ups included: the upper bound, and the way the project's budgets are counted."""
        return len(self.calls)

    @property
    def early(self) -> int:
        """The calls on a machine with early binding."""
        return sum(call.kind != "lookup" for call in self.calls)

    @property
    def names(self) -> Counter[str]:
        return Counter(call.name for call in self.calls)

    @property
    def value_writes(self) -> list[Write]:
        return [write for write in self.writes if write.what in ("Value", "Value2", "Formula", "Formula2", "ClearContents", "Clear")]


@dataclass
class Trap:
    """Do something before the calls whose name matches."""

    pattern: str
    action: Callable[[], Any]
    skip: int = 0
    times: int | None = 1


class Book:
    def __init__(self, excel: FakeExcel, name: str, folder: str, read_only: bool):
        self.excel, self.name, self.folder, self.read_only = excel, name, folder, read_only
        self.url: str | None = None
        self.sheets: list[Sheet] = []
        self.active: Sheet | None = None
        self.hwnd = 10_000 + 10 * next(_numbers)
        self.closed = False
        self.protected_view = False
        self.shared = False  # as in the old way of sharing
        self.saved_as: list[str] = []
        self.dirty = False
        self.grouped = 1  # as many sheets are selected together

    @property
    def full_name(self) -> str:
        if self.url:
            return f"{self.url}/{self.name}"
        separator = "\\" if "\\" in self.folder else "/"
        return f"{self.folder}{separator}{self.name}" if self.folder else self.name

    def add_sheet(self, name: str | None = None, rows: Iterable[Sequence[Any]] = (), at: str = "A1") -> Sheet:
        """Add a sheet at the end. The first one is the active one."""
        taken = {sheet.name.lower() for sheet in self.sheets}
        name = name or next(f"Sheet{n}" for n in itertools.count(1) if f"sheet{n}" not in taken)
        sheet = Sheet(self, name, rows, at)
        self.sheets.append(sheet)
        self.active = self.active or sheet
        return sheet

    def sheet(self, name: str) -> Sheet:
        return next(sheet for sheet in self.sheets if sheet.name.lower() == name.lower())

    def close(self) -> None:
        """What a user does who closes the book: every object of it that is still held fails from now on."""
        self.closed = True
        self.excel.books.remove(self)
        if self.excel.active is self:
            self.excel.active = next(iter(self.excel.windows()), None)


class FakeExcel:
    """One Excel process. Build content with `add_book`, hand it to `install`, look at it with `calls`, `writes`, `live`."""

    def __init__(self, pid: int | None = None):
        self.pid = pid or 4000 + 4 * next(_numbers)
        self.frame = 500_000 + 10 * next(_numbers)
        self.desktop: Desktop | None = None
        self.books: list[Book] = []
        self.active: Book | None = None
        self.ended = False
        self.visible = True
        self.today = dt.date(2026, 3, 4)
        self.utc_offset = dt.timedelta(hours=2)
        self.late_binding = False
        self.properties: dict[str, Any] = {
            "ScreenUpdating": True,
            "EnableEvents": True,
            "Interactive": True,
            "Calculation": -4105,
            "DisplayAlerts": True,
            "StatusBar": False,
            "CutCopyMode": 0,
        }
        self.history: list[tuple[str, Any]] = []  # every setting of an application property, in order
        self.events: list[str] = []  # Worksheet_Change, one per write while EnableEvents is on
        self.calls: list[Call] = []
        self.writes: list[Write] = []
        self.traps: list[Trap] = []
        self.functions: dict[str, Callable[..., Any]] = {}  # of an add-in: what a formula =NAME(constants) shows
        self._objects: weakref.WeakSet[Any] = weakref.WeakSet()

    # content

    def add_book(self, name: str = "Book1", folder: str = "C:\\Users\\somebody\\Documents", read_only: bool = False) -> Book:
        """Open a book without sheets. The first one is active."""
        book = Book(self, name, folder, read_only)
        self.books.append(book)
        self.active = self.active or book
        return book

    def open(self, path: str | Path) -> Book:
        """Open an .xlsx or .xlsm file. Nothing is ever written back to it: saving is only noted in `saved_as`."""
        if not Path(path).is_file():
            raise excel_error(f"Sorry, we couldn't find {path}. Is it possible it was moved, renamed or deleted?")
        book = self.add_book(Path(path).name, folder=str(Path(path).parent))
        fill_book(book, path)
        return book

    def windows(self) -> list[Book]:
        """The books from the front window to the last."""
        return sorted(self.books, key=lambda book: book is not self.active)

    def end(self) -> None:
        """The process dies: every object that is still held fails from now on."""
        self.ended = True

    # what came in

    @contextmanager
    def count(self) -> Iterator[Tally]:
        tally, calls, writes = Tally(), len(self.calls), len(self.writes)
        try:
            yield tally
        finally:
            tally.calls, tally.writes = self.calls[calls:], self.writes[writes:]

    def live(self) -> list[str]:
        """The kinds of COM objects that somebody still holds. Any of them keeps EXCEL.EXE alive after the user closed it."""
        gc.collect()
        return sorted(type(thing).__name__ for thing in self._objects)

    # trouble

    def before(self, pattern: str, action: Callable[[], Any], *, skip: int = 0, times: int | None = 1) -> Trap:
        """Run something before a call, `Range.Value` (get), `Range.Value=` (set), `Range.SpecialCells()`, `*` (any).

        `skip` lets that many matching calls pass first; `times=None` means every time. An exception raised there is the call's.
        """
        trap = Trap(pattern, action, skip, times)
        self.traps.append(trap)
        return trap

    def fail(self, pattern: str, error: Exception, *, skip: int = 0, times: int | None = 1) -> Trap:
        def action() -> None:
            raise copy.copy(error)  # the same one again would keep what its traceback knows

        return self.before(pattern, action, skip=skip, times=times)

    def reject(self, times: int | None = 1, pattern: str = "*", *, skip: int = 0) -> Trap:
        """Reject calls as Excel does while a cell is edited or a dialog is open (RPC_E_CALL_REJECTED)."""
        return self.fail(pattern, rejected(), skip=skip, times=times)

    @contextmanager
    def editing(self) -> Iterator[None]:
        """The user edits a cell: every call is rejected."""
        trap = self.reject(None)
        try:
            yield
        finally:
            self.traps.remove(trap)

    # called by the COM objects

    def enter(self, kind: str, name: str) -> None:
        self.calls.append(Call(kind, name))
        if kind == "lookup":
            return
        for trap in list(self.traps):
            if not fnmatchcase(name, trap.pattern):
                continue
            if trap.skip:
                trap.skip -= 1
                continue
            if trap.times is not None:
                trap.times -= 1
                if trap.times <= 0:
                    self.traps.remove(trap)
            try:
                trap.action()
            except AttributeError as error:  # xlwings would repeat the call for ever
                raise RuntimeError(f"fault of what a test runs before {name}: {error}") from error

    def wrote(self, what: str, sheet: Sheet, address: str, cells: int) -> None:
        self.writes.append(Write(what, sheet.name, address, cells))
        sheet.book.dirty = True
        self.properties["CutCopyMode"] = 0
        if self.properties["EnableEvents"] and what in ("Value", "Value2", "Formula", "Formula2", "ClearContents", "Clear"):
            self.events.append(f"{sheet.name}!{address}")

    def register(self, thing: Any) -> None:
        self._objects.add(thing)

    def move_ranges(self, sheet: Sheet, moved: Callable[[Rect], Rect]) -> None:
        """The ranges that somebody holds go with their cells."""
        for thing in list(self._objects):
            if isinstance(thing, com.Range) and thing.sheet is sheet:
                vars(thing).update(areas=tuple(moved(area) for area in thing.areas))

    def application(self) -> Any:
        return com.Application(self)

    def window_object(self, handle: int) -> Any:
        return com.Window(self, next(book for book in self.books if handle in range(book.hwnd, book.hwnd + 3)))
