"""A workbook on disk, .xlsx, .xlsm or CSV, opened through the file engine and the plain xlwings API."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from reply_xl import engine
from reply_xl.busy import Patience
from reply_xl.columns_page import proposal, write_columns_page
from reply_xl.errors import ReplyXlError, SheetError, WorkbookError
from reply_xl.fields import fold
from reply_xl.history.runs import Run
from reply_xl.mapping.choices import Choices
from reply_xl.mapping.columns import OURS, REPLY_ID, STATUS
from reply_xl.model import Column, CustomField, Row
from reply_xl.pages import is_ours
from reply_xl.sheet import Reading, Sheet, choose_sheet

if TYPE_CHECKING:
    from reply_xl.csv_book import CsvBook

_KINDS = (".xlsx", ".xlsm")
_CSV_KINDS = (".csv", ".tsv", ".txt")
_RESULTS = ".results"
_OWN = frozenset(fold(header) for header in (*OURS, REPLY_ID))


class Workbook:
    """One open file. Nothing is written before `save`; `save` is atomic and leaves every part that was not written to as it was.

    `notes`: sentences about how the file was read. Raises `WorkbookError` with a sentence for whatever is not a workbook."""

    def __init__(self, path: Path, out: Path | None = None, meant: tuple[str | None, int | None] = (None, None)) -> None:
        """`out`: where to save, None for over the file itself; `meant`: sheet and header row that hold the contacts, None for what is found."""
        self.path, self._out, self._meant = path, out, meant
        self.notes: tuple[str, ...] = ()
        self._csv: CsvBook | None = None
        kind = path.suffix.casefold()
        if kind in _CSV_KINDS:
            from reply_xl.csv_book import CsvBook

            self._csv = CsvBook(path)
            self._book: Any = self._csv.book
            self.notes = (self._csv.note,) if self._csv.note else ()
        elif kind in _KINDS:
            self._book = engine.open_book(path)
        elif os.path.isdir(path):  # noqa: PTH112  Path.is_dir() raises where a folder above must not be read
            raise WorkbookError(f"“{path}” is a folder; name a workbook.")
        else:
            raise WorkbookError(
                f"{path.name} is not a workbook that can be read (.xlsx, .xlsm or .csv); open it in Excel and save it as .xlsx."
            )

    def __enter__(self) -> Workbook:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._book.close()

    def sheet(self, name: str | None = None) -> Sheet:
        """The sheet called `name`, or the one that is active in the file. A CSV file has one, called as the file without its
        ending; a row of it that is longer than the headers holds a separator too many, so that its values may stand under wrong headers."""
        sheet = choose_sheet(self._book, name)
        return Sheet(sheet if self._csv is not None or name is not None else self._with_contacts(sheet), self._csv is not None)

    @property
    def patience(self) -> Patience:
        """Of a file, which is never busy."""
        return Patience()

    @property
    def book(self) -> Any:
        """The xlwings book, for sheets of our own. Raises `WorkbookError` for a CSV file, which has no second sheet."""
        if self._csv is not None:
            raise WorkbookError("A CSV file has no second sheet; save it as .xlsx, and then run this again.")
        return self._book

    def _with_contacts(self, sheet: Any) -> Any:
        """If a sheet that we made is active, the only other one is meant."""
        if not is_ours(sheet):
            return sheet
        others = [one for one in self._book.sheets if not is_ours(one)]
        if len(others) != 1:
            raise SheetError(f"“{sheet.name}” is a sheet of reply_xl and holds no contacts; name the sheet that does with --sheet.")
        return others[0]

    def proposal(self) -> tuple[Choices, list[str]]:
        """What the workbook's own sheet “Reply columns” says for its headers, and sentences about cells of it that cannot be read."""
        return ({}, []) if self._csv is not None else proposal(self._book)

    def write_columns(self, columns: Sequence[Column], rows: Sequence[Row], customs: Sequence[CustomField]) -> str:
        """Makes or renews the sheet “Reply columns”; returns its name. Nothing is saved."""
        return write_columns_page(self.book, columns, rows, customs)

    def sheets(self) -> list[str]:
        """The names of its worksheets, in their order."""
        return [str(sheet.name) for sheet in self._book.sheets]

    def check_savable(self) -> None:
        """Raises the `WorkbookError` that `save` would raise now, such as for a file that is open in Excel, and one for another file to save to
        that does not hold former results of this one, as its sheet and header row show. Writes nothing."""
        path, (sheet_name, header_row) = self._out, self._meant
        if self._csv is None:
            engine.refuse_unless_savable(self._book, path)
        else:
            self._csv.refuse_unless_savable(path)
        if path is None or not path.exists() or (self.path.exists() and path.samefile(self.path)):
            return
        if self._csv is not None:
            sheet_name = None  # a CSV file's sheet is called as the file
        here = self.sheet(sheet_name).read_header(header_row)
        try:
            with Workbook(path) as other:
                there = other.sheet(sheet_name).read_header(header_row)
            has_results = path == results_path(self.path) or any(fold(header) == fold(STATUS) for header in there.headers)
            is_former = has_results and _shape(there) == _shape(here)
        except ReplyXlError:
            is_former = False
        if not is_former:
            raise WorkbookError(
                f"{path.name} is there already and does not hold the results of a former run on these rows of {self.path.name}; "
                "move it away, or give --out another name."
            )

    def save(self) -> None:
        """Saves, over the file itself or to where it was opened for."""
        path = self._out
        try:
            if self._csv is None:
                self._book.save(str(path) if path else None)
            else:
                self._csv.save(path)
        except ReplyXlError:
            raise
        except Exception as error:
            target = path or self.path
            raise WorkbookError(f"{target.name} could not be saved; check that its folder can be written and try again.") from error


class FilePlace:
    """A workbook file as a place of rows. `out`: another file that gets the results; `sheet`, `header_row`: where the contacts are, None for
    what is found."""

    has_moved = False

    def __init__(self, path: Path, out: Path | None = None, sheet: str | None = None, header_row: int | None = None) -> None:
        self.path, self.out, self.sheet, self.header_row = path, out, sheet, header_row
        self._kept: Workbook | None = None
        self.key = str(path.absolute())
        self.results = str((out or path).absolute())
        self.name = (out or path).name

    @contextlib.contextmanager
    def kept_open(self) -> Iterator[None]:
        with self._opened() as self._kept:
            try:
                yield
            finally:
                self._kept = None

    @contextlib.contextmanager
    def open(self, *, to_write: bool = False) -> Iterator[Workbook]:
        if self._kept is not None:
            yield self._kept
            return
        with self._opened() as book:
            yield book

    def delivering(self, run: Run) -> FilePlace:
        results, source = Path(run.page.results), Path(run.page.book)
        if results.exists() or results == source:
            return FilePlace(results)
        return FilePlace(source, results)

    def at(self, sheet: str, header_row: int) -> FilePlace:
        return FilePlace(self.path, self.out, sheet, header_row)

    def words(self, sentence: str) -> str:
        return sentence

    def _opened(self) -> Workbook:
        return Workbook(self.path, self.out, (self.sheet, self.header_row))


def results_path(book: Path) -> Path:
    """Where results go that were not sent elsewhere by `--out`: into a workbook itself, but from `leads.csv` into `leads.results.csv`
    beside it, which takes the place of the results of a former run. Such a file of results is gone on with."""
    is_csv = book.suffix.casefold() in _CSV_KINDS
    return book.with_stem(book.stem + _RESULTS) if is_csv and not book.stem.casefold().endswith(_RESULTS) else book


def checked_out(path: Path | None, book: Path) -> Path | None:
    """Where to save: `path`, if `--out` gave one, None for over the file itself. Raises `WorkbookError` if its kind is not the
    workbook's (Excel would refuse to open it). Whether a file there may be replaced is for `check_savable` to say."""
    if path is None:
        results = results_path(book)
        return None if results == book else results
    if path.suffix.casefold() != book.suffix.casefold():
        raise WorkbookError(f"“{path}” must end in {book.suffix}, as {book.name} does; correct --out.")
    return path


def _shape(reading: Reading) -> tuple[list[str], int]:
    """What a sheet and the same sheet with results have in common: the headers that are not ours, and the number of rows."""
    return [header for header in reading.headers if header and fold(header) not in _OWN], len(reading.rows)
