"""What the Excel that is open shows at this moment: what the add-in would have noted at a click, asked from outside, without a macro."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from reply_xl.addresses import Area
from reply_xl.busy import Patience, is_busy, make_attempts_finite
from reply_xl.errors import SheetError
from reply_xl.excel import Excel, full_name, keep_other_excels, window_of
from reply_xl.setup.places import ADDIN
from reply_xl.sheet import Sheet, choose_sheet

NO_BOOK = "No workbook is open; open the one with your contacts and try again."


@dataclass(frozen=True, slots=True)
class Front:
    """`process`: of the Excel; `path`: the full name of the workbook in front, a bare one if it was never saved; `sheet`: the one in front of
    it; `is_one_of_several`: other Excels have workbooks open too; `protected_view`: the name of a workbook that is shown beside it, and
    perhaps before it, but not open, ""; `window`: handle of one that shows the workbook, None where that is not known."""

    process: int
    book: str
    path: str
    sheet: str
    is_one_of_several: bool
    protected_view: str
    window: int | None = None


def look(engine: Any, in_front: Callable[[Collection[int]], int | None], patience: Patience) -> Front:
    """Looks at the Excel in front. `engine`: xlwings' engine; `in_front`: of several processes the one whose window is in front, None if that
    is not known. Nothing of Excel is held afterwards. Raises `SheetError`, also where it cannot be told which Excel is meant."""
    make_attempts_finite()
    keep_other_excels()
    try:
        process, is_one_of_several = patience.anew().run(lambda: _process(engine, in_front))
        book, path, sheet, protected_view, window = patience.anew().run(lambda: _names(engine.apps[process]))
        return Front(process, book, path, sheet, is_one_of_several, protected_view, window)
    finally:
        gc.collect()  # objects of Excel's in reference cycles hold its process as well


def selected(excel: Excel, front: Front) -> tuple[Area, ...]:
    """The areas that are selected on the sheet in front, hidden rows included. Raises `SelectionError` where they are no cells, or where by now
    another sheet is in front."""
    with excel.book(front.book, front.path) as book:
        patience = excel.patience.anew()
        return Sheet(patience.run(lambda: choose_sheet(book, front.sheet)), patience=patience).selected()


def no_book(protected_view: str) -> str:
    """The sentence where there is no workbook. `protected_view`: the name of one that is shown and not open, ""."""
    if protected_view:
        return f"“{protected_view}” is open in Protected View; click Enable Editing above the sheet, and try again."
    return NO_BOOK


def _process(engine: Any, in_front: Callable[[Collection[int]], int | None]) -> tuple[int, bool]:
    apps = engine.apps
    processes = list(apps.keys())
    if not processes:
        raise SheetError(NO_BOOK)
    having = [process for process in processes if _may_have_a_book(apps, process)]
    if len(having) < 2:
        return (having or processes)[0], False
    process = in_front(having)
    if process is None or process not in having:
        raise SheetError("More than one Excel is open, so it cannot be told which is meant; close all but one.")
    return process, True


def _may_have_a_book(apps: Any, process: int) -> bool:
    """A busy Excel has one: there is a cell being edited, or a window open. One in Protected View is one that may be meant."""
    try:
        return _active(apps[process]) is not None or _protected_view(apps[process]) != ""
    except Exception as error:
        if is_busy(error):
            return True
        raise


def _active(app: Any) -> Any:
    """The xlwings book in front; None where none is open in a window of its own."""
    try:
        book = app.books.active
        name = str(book.impl.name)
    except Exception as error:
        if is_busy(error):
            raise
        return None
    return None if name == ADDIN else book  # a host that is not Excel may take the add-in for the workbook in front


def _names(app: Any) -> tuple[str, str, str, str, int | None]:
    """Workbook, its full name, sheet, what is shown in Protected View, and a window of the workbook."""
    book, protected_view = _active(app), _protected_view(app)
    if book is None:
        raise SheetError(no_book(protected_view))
    sheet = str(choose_sheet(book, None).name)
    if sheet not in [str(one.name) for one in book.sheets]:
        raise SheetError("The active sheet is a chart; choose a sheet with rows.")
    return str(book.impl.name), full_name(book), sheet, protected_view, window_of(book)


def _protected_view(app: Any) -> str:
    """The name of a workbook that Excel shows in Protected View; "" where there is none, or it does not tell."""
    try:
        shown = app.api.ActiveProtectedViewWindow
        return "" if shown is None else str(shown.Caption)
    except Exception as error:
        if is_busy(error):
            raise
        return ""
