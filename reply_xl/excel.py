"""The Excel that was clicked, and its workbook as a place of rows.

Nothing of Excel is held between two uses: a reference would keep its process alive and the file locked after the user closed it. What is kept
is the number of the process; the workbook is looked up by name there each time, for the window that was clicked may be gone by then.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import logging
import ntpath
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from reply_xl.addresses import Area
from reply_xl.busy import Patience, is_busy, make_attempts_finite, refuse_while_copying
from reply_xl.columns_page import proposal, write_columns_page
from reply_xl.config import shared_folder
from reply_xl.errors import SheetError, WorkbookError
from reply_xl.history.bases import is_a_file
from reply_xl.history.runs import Run
from reply_xl.mapping.choices import Choices
from reply_xl.model import Column, CustomField, Row
from reply_xl.pages import mark_of
from reply_xl.results import copy_values
from reply_xl.setup.places import ADDIN
from reply_xl.sheet import Reading, Sheet, choose_sheet
from reply_xl.stillness import settle
from reply_xl.tab.click import Click
from reply_xl.tab.in_excel import in_excel
from reply_xl.this_excel import began

_HANDLE = 0xFFFFFFFF
_CLOSED = "The workbook “{}” is no longer open in Excel; open it and try again."

_log = logging.getLogger(__name__)


class Excel:
    """The Excel of one click. `engine`: xlwings' engine for it; `process_of`: window handle → process id, None where it is not known; `began`:
    process id → when it began, "" where that is not known."""

    @classmethod
    def at(cls, engine: Any, process: int, patience: Patience | None = None, *, began: Callable[[int], str] = began) -> Excel:
        """The Excel of a process, which nobody clicked."""
        excel = cls(engine, None, lambda window: None, patience, began=began)
        excel._process = process
        return excel

    def __init__(
        self,
        engine: Any,
        click: Click | None,
        process_of: Callable[[int], int | None],
        patience: Patience | None = None,
        *,
        began: Callable[[int], str] = began,
    ) -> None:
        self._engine, self._click, self._began = engine, click, began
        self.patience = patience or Patience(owed=shared_folder())
        self._is_settled = False
        self._process = process_of(click.window) if click is not None and click.window is not None else None
        make_attempts_finite()
        keep_other_excels()

    @property
    def process(self) -> int | None:
        """The process id of the Excel that was clicked; None as long as that is not known."""
        return self._process

    def identity(self) -> str:
        """What tells it from every other Excel, and from later ones with the same number. Raises `SheetError` where it is gone."""
        if self._process is None:
            with self.app():
                pass
        assert self._process is not None
        return " ".join(filter(None, ("Excel", str(self._process), self._began(self._process).replace("/", "-"))))

    @contextlib.contextmanager
    def app(self) -> Iterator[Any]:
        """The xlwings app, for the time of this block. Raises `SheetError` where it is gone."""
        with self._attached(self.patience.anew()) as app:
            if not self._is_settled and self._process is not None:
                self._is_settled = True
                settle(app, self._process, Patience(0, owed=self.patience.owed))
            yield app

    def at_once(self, action: Callable[[Any], None]) -> None:
        """Something that is not worth waiting for, with the xlwings app: where Excel is busy, or gone, it is left undone."""
        with contextlib.suppress(Exception), self._attached(Patience(0)) as app:
            action(app)

    def is_free(self) -> bool:
        """Whether it takes results now: no cell is edited, and nothing waits to be pasted. 2 calls. Of one that is gone this says nothing."""
        try:
            with self._attached(Patience(0)) as app:
                refuse_while_copying(app)
        except Exception as error:
            return not is_busy(error)
        return True

    @contextlib.contextmanager
    def _attached(self, patience: Patience) -> Iterator[Any]:
        try:
            yield patience.run(self._app)
        finally:
            gc.collect()  # objects of Excel's in reference cycles hold its process as well

    @contextlib.contextmanager
    def book(self, name: str, path: str, window: int | None = None) -> Iterator[Any]:
        """The xlwings book of this name, for the time of this block. `path`: its full name, "" where nobody knows; `window`: where there is no such book,
        that which this window shows is meant. Raises `SheetError`."""
        with self.app() as app:
            yield self.patience.anew().run(lambda: _book(app, name, path, window))

    def open(self, path: Path) -> bool:
        """Opens a workbook in front of the others; False where this Excel cannot be reached, as when it shows no workbook, or does not
        open it. Safe to repeat: one that is open is only put in front."""
        try:
            with self.app() as app:
                book = self.patience.anew().run(lambda: app.books.open(str(path)))
                with contextlib.suppress(Exception):  # it is open; another window in front of it does no harm
                    book.activate(steal_focus=True)
                del book
        except Exception as error:  # whatever Excel raises: the caller has another way
            _log.info("%s was not opened in Excel: %s", path.name, error)
            return False
        return True

    def open_names(self) -> list[str]:
        """The names of the workbooks that are open, as far as Excel tells at once."""
        names: list[str] = []
        self.at_once(lambda app: names.extend(str(book.impl.name) for book in app.books))
        return names

    def _app(self) -> Any:
        """By process; by the workbook's name alone only where exactly one Excel has it open."""
        apps = self._engine.apps
        processes = list(apps.keys())
        if self._process is None and self._click is not None and self._click.window is None:
            name = "" if self._click.book == ADDIN else self._click.book
            having = [pid for pid in processes if not name or _named(apps[pid], name) is not None]
            if len(having) > 1:
                what = f"“{name}” is open in more than one Excel" if name else "More than one Excel is open"
                raise SheetError(f"{what}, so it cannot be told which was meant; close all but one.")
            if not having:
                raise SheetError(_CLOSED.format(name) if name else "No workbook is open in Excel; open one and try again.")
            self._process = having[0]
        if self._process not in processes:
            raise SheetError("That Excel is no longer open; open the workbook and try again.")
        return apps[self._process]


def keep_other_excels() -> None:
    """Takes back what xlwings' Windows engine, if it is there, would do at exit: end every EXCEL.EXE that shows no workbook. Safe to repeat."""
    module = sys.modules.get("xlwings._xlwindows")
    if module is not None:
        atexit.unregister(module.cleanup)


def _book(app: Any, name: str, path: str, window: int | None) -> Any:
    book = _named(app, name)
    if book is None or not _is_at(full_name(book), path):
        book = None if window is None else next((book for book in app.books if _is_in(book, window)), None)
    if book is None:
        raise SheetError(_CLOSED.format(name))
    return book


def _is_in(book: Any, window: int) -> bool:
    """Whether a window shows this workbook: whatever that is called by now, the window is the same."""
    with _untold():
        windows = book.impl.api.Windows
        return any(int(windows(number).Hwnd) & _HANDLE == window & _HANDLE for number in range(1, int(windows.Count) + 1))
    return False


def window_of(book: Any) -> int | None:
    """The handle of the first window that shows this workbook, which stays the same where it is saved under another name; None where the host
    has none to tell."""
    with _untold():
        return int(book.impl.api.Windows(1).Hwnd) & _HANDLE
    return None


def full_name(book: Any) -> str:
    """As Excel has it, which may be an address of the web; "" where that cannot be had. xlwings looks for such a book on this computer, and
    fails where it is not."""
    with _untold():
        return str(book.impl.api.FullName)
    with _untold():
        return str(book.impl.fullname)
    return ""


@contextlib.contextmanager
def _untold() -> Iterator[None]:
    """For a question that a host may have no answer to. A busy Excel has one, only not yet."""
    try:
        yield
    except Exception as error:
        if is_busy(error):
            raise


def _named(app: Any, name: str) -> Any:
    """The open workbook of this name, never by an index or a call that takes part of the name for something else."""
    return next((book for book in app.books if str(book.impl.name) == name), None)


def _is_at(now: str, then: str) -> bool:
    """Whether it is the same file; where one is an address of the web and the other none (which changes with the settings of OneDrive), or one is
    no full name, which a workbook that was never saved has not, nothing speaks against it."""
    if "://" in now and "://" in then:
        return unquote(now).casefold() == unquote(then).casefold()
    if "://" in now or "://" in then or not (is_a_file(now) and is_a_file(then)):
        return True
    return ntpath.normcase(now) == ntpath.normcase(then)


class LivePlace:
    """A workbook that is open in the Excel that was clicked. `path`: its full name, or a bare one if it was never saved; `areas`: what was
    selected on `sheet` at the click; `words`: how a sentence is said to people who work there; `window`: handle of the one that was clicked."""

    header_row = None

    def __init__(
        self,
        excel: Excel,
        name: str,
        path: str,
        sheet: str,
        areas: Sequence[Area],
        words: Callable[[str], str] = in_excel,
        window: int | None = None,
    ) -> None:
        self._excel, self._areas, self._words, self._window = excel, areas, words, window
        self.name, self._path = name, path or name
        self._sheet = sheet
        self.sheet: str | None = sheet
        self.has_moved = self._follows = False

    @classmethod
    def of(cls, excel: Excel, click: Click) -> LivePlace:
        return cls(excel, click.book, click.path, click.sheet, click.areas, window=click.window)

    @property
    def key(self) -> str:
        """Its path. A workbook that was never saved is of its Excel alone: the next one has a “Book1” as well."""
        return self._path if is_a_file(self._path) else self.key_of_unsaved(self._path)

    def key_of_unsaved(self, name: str) -> str:
        """The key of a workbook of this Excel that was never saved, by its name."""
        return f"{self._excel.identity()}/{name}"

    def open_names(self) -> list[str]:
        """As of `Excel`."""
        return self._excel.open_names()

    @property
    def results(self) -> str:
        return self.key

    @property
    def held_as(self) -> tuple[str, ...]:
        """What must be held by whoever works here, so that nobody else does: the workbook, and its window, which is the same after it was saved
        under another name."""
        return (self.key,) if self._window is None else (self.key, f"window {self._window & _HANDLE}")

    @contextlib.contextmanager
    def kept_open(self) -> Iterator[None]:
        yield

    @contextlib.contextmanager
    def open(self, *, to_write: bool = False) -> Iterator[LiveBook]:
        with self._excel.book(self.name, self._path, self._window if self._follows else None) as book:
            patience = self._excel.patience.anew()
            if self._follows:
                patience.run(lambda: self._keep_up(book))
            if to_write:
                patience.run(lambda: _refuse_unless_kept(book))
            live = LiveBook(book, self._sheet, self._areas, patience)
            try:
                yield live
            finally:
                live.let_go()

    def delivering(self, run: Run) -> LivePlace:
        """From here on the workbook is followed, should it be saved under another name: its rows are known."""
        place = self.at(self._sheet, 0)
        place._follows = True
        return place

    def _keep_up(self, book: Any) -> None:
        name = str(book.impl.name)
        path = full_name(book) or name
        if name != self.name or not _is_at(path, self._path) or is_a_file(path) != is_a_file(self._path):
            self.name, self._path, self.has_moved = name, path, True

    def at(self, sheet: str, header_row: int) -> LivePlace:
        return LivePlace(self._excel, self.name, self._path, sheet, self._areas, self._words, self._window)

    def words(self, sentence: str) -> str:
        return self._words(sentence)

    def copied(self, sheet: str, reading: Reading) -> LivePlace:
        """A new workbook with the values of a sheet as it was read, in the same cells of a sheet of the same name. It is not saved."""
        with self._excel.app() as app:
            book = app.books.add()
            page = book.sheets[0]
            page.name = sheet
            copy_values(page, reading)
            return LivePlace(self._excel, str(book.impl.name), str(book.impl.fullname), sheet, self._areas, self._words, window_of(book))


def _refuse_unless_kept(book: Any) -> None:
    """Raises `WorkbookError` for a workbook of which what is written could not be saved."""
    what = None
    with _untold():
        if book.impl.api.ReadOnly:
            what = "is open read-only, so results in it could not be saved"
        elif book.impl.api.MultiUserEditing:
            what = "is shared, so others would write over the results"
    if what:
        raise WorkbookError(f"“{book.impl.name}” {what}; save it under another name, or end the sharing, and try again.")


class LiveBook:
    """A workbook in Excel while it is used. What is written stands there at once; nothing is saved, for that is the user's to do."""

    notes: tuple[str, ...] = ()

    def __init__(self, book: Any, sheet: str, areas: Sequence[Area], patience: Patience) -> None:
        self.book, self._sheet, self._areas, self._patience = book, sheet, areas, patience

    @property
    def patience(self) -> Patience:
        """What is left of it for everything that is done while the workbook is open."""
        return self._patience

    def let_go(self) -> None:
        self.book = None

    def sheet(self, name: str | None = None) -> Sheet:
        name = name or self._sheet
        chosen = self._patience.run(lambda: choose_sheet(self.book, name))
        return Sheet(chosen, selected=self._areas if name == self._sheet else None, patience=self._patience)

    def mark(self) -> str | None:
        """What a sheet of ours says that it is, None for a sheet of the user's."""
        return self._patience.run(lambda: mark_of(choose_sheet(self.book, self._sheet)))

    def sheets(self) -> list[str]:
        return self._patience.run(lambda: [str(sheet.name) for sheet in self.book.sheets])

    def proposal(self) -> tuple[Choices, list[str]]:
        return self._patience.run(lambda: proposal(self.book))

    def write_columns(
        self, columns: Sequence[Column], rows: Sequence[Row], customs: Sequence[CustomField], *, in_front: bool = False
    ) -> str:
        patience = self._patience
        return patience.run(lambda: write_columns_page(self.book, columns, rows, customs, in_front=in_front, patience=patience))

    def check_savable(self) -> None:
        """Nothing to be said: what hinders writing shows when our columns are prepared."""

    def save(self) -> None:
        """The user saves."""
