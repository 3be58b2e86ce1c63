"""A workbook file on disk, opened through the file engine and the plain xlwings API."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

from reply_xl import engine
from reply_xl.errors import ReplyXlError, WorkbookError
from reply_xl.sheet import Sheet, choose_sheet

_KINDS = (".xlsx", ".xlsm")


class Workbook:
    """One open file. Nothing is written before `save`; `save` is atomic and leaves every part that was not written to as it was.

    Raises `WorkbookError` with a sentence for whatever is not a workbook."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.suffix.casefold() not in _KINDS:
            raise WorkbookError(f"{path.name} is not an Excel workbook that can be read (.xlsx or .xlsm); save it as .xlsx in Excel.")
        self._book: Any = engine.open_book(path)

    def __enter__(self) -> Workbook:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._book.close()

    def sheet(self, name: str | None = None) -> Sheet:
        """The sheet called `name`, or the one that is active in the file."""
        return Sheet(choose_sheet(self._book, name))

    def check_savable(self, path: Path | None = None) -> None:
        """Raises the `WorkbookError` that `save` would raise now, such as for a file that is open in Excel. Writes nothing."""
        engine.refuse_unless_savable(self._book, path)

    def save(self, path: Path | None = None) -> None:
        """Saves to `path`, or over the file itself."""
        try:
            self._book.save(str(path) if path else None)
        except ReplyXlError:
            raise
        except Exception as error:
            target = path or self.path
            raise WorkbookError(f"{target.name} could not be saved; check that its folder can be written and try again.") from error


def checked_out(path: Path, book: Path) -> Path:
    """`path` for `--out`. Raises `WorkbookError` if its kind is not the workbook's: Excel would refuse to open it."""
    if path.suffix.casefold() != book.suffix.casefold():
        raise WorkbookError(f"{path.name} must end in {book.suffix}, as {book.name} does; correct --out.")
    return path
