"""What a click and a command with `--live` have in common: they act on a workbook that its user sees, and on the sheet in front of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reply_xl import jobs
from reply_xl.conduct import told
from reply_xl.delivery import recognise, rows_now
from reply_xl.errors import ConfigError, HeaderError, SheetError
from reply_xl.history.bases import is_a_file
from reply_xl.history.journal import Journal
from reply_xl.history.runs import Recorded, Run, RunKind
from reply_xl.mapping.columns import STATUS
from reply_xl.place import Place
from reply_xl.preview_page import MARK as PREVIEW
from reply_xl.sheet import nearest
from reply_xl.tab.click import parse
from reply_xl.tab.clicks import ClickFolder

_LOOK_EVERY = 0.4
"""Seconds between two looks for a click on Cancel."""


@contextmanager
def cancellable(
    clicks: ClickFolder, since: float, book: str, path: str, cancelled: threading.Event, window: int | None = None
) -> Iterator[None]:
    """While this lasts, a click on Cancel in this workbook sets `cancelled`; no request and no wait keeps it from being seen. `since`: earlier
    clicks do not count, in seconds since 1970; `window`: of the workbook, None where that is not known. It may have another name by now."""
    over = threading.Event()

    def is_meant(data: bytes) -> bool:
        try:
            other = parse(data)
        except ConfigError:
            return False
        is_same_window = window is not None and other.window == window
        return is_same_window or "" in (other.book, book) or (other.book, other.path) == (book, path)

    def look() -> None:
        if clicks.is_cancelled(since, is_meant):
            cancelled.set()

    def watch() -> None:
        while not over.wait(_LOOK_EVERY):
            look()

    look()  # Cancel may have been clicked before this process was there
    thread = threading.Thread(target=watch, name="cancel", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def refuse_our_sheet(sheet: str, mark: str | None, how_to_send: str) -> None:
    """Raises `SheetError` where the sheet in front is one of ours, as its mark says. `how_to_send`: what sends a preview, such as “click Update”."""
    if mark is not None:
        of_preview = f"a preview; {how_to_send} to send it, or go back to the sheet with your contacts"
        what = of_preview if mark == PREVIEW else "a sheet of reply_xl and holds no contacts; go to the sheet that does, and try again"
        raise SheetError(f"“{sheet}” is {what}.")


def last_update(journal: Journal, place: Place, base_url: str) -> Run | None:
    """The newest run of this sheet on this server that is no undo. Raises `ConfigError` where the sheet holds no row of it."""
    return _last(journal, place, base_url, lambda run: run.kind is not RunKind.UNDO, "retry")


def run_to_undo(journal: Journal, place: Place, base_url: str) -> Run:
    """The newest run of this sheet on this server that may have changed something, an undo too. Raises `ConfigError` if there is none, and
    where the sheet holds no row of it."""
    run = _last(journal, place, base_url, lambda run: any(run.counts.get(word) for word in jobs.MAY_HAVE_CHANGED), "undo")
    if run is None:
        raise ConfigError("No update of this sheet is known on this computer, so there is nothing to undo.")
    return run


def _last(journal: Journal, place: Place, base_url: str, fits: Callable[[Run], bool], command: str) -> Run | None:
    with place.open() as book:
        names = book.sheets()
    for run in journal.of_book(place.key):
        if nearest(names, run.page.sheet) != place.sheet or run.server.base_url != base_url or not fits(run):
            continue
        if _stands(place, journal.recorded(run.id)):
            return run
        if is_a_file(place.key):
            what = f"None of the rows of run {run.id}, the last one of a sheet “{run.page.sheet}”, is in it now"
            raise ConfigError(f"{what}; “reply-xl {command} {run.id}” finds them.")
    return None


def _stands(place: Place, recorded: Recorded) -> bool:
    """Whether the sheet in front holds rows of a run, as a new sheet of the old name does not. Many workbooks that were never saved are called
    “Book1”: one of these has to hold nearly all rows, and columns of results."""
    with place.open() as book:
        sheet = book.sheet(place.sheet)
        if not is_a_file(place.key):
            view = recognise(sheet, recorded.run, recorded.entries)
            return view is not None and view.index(STATUS) is not None
        try:
            return bool(rows_now(sheet, recorded.run, told(recorded.entries, place))[0])
        except HeaderError:
            return False
