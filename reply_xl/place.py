"""Where the rows of a run stand: a workbook file, or one that is open in Excel. The jobs speak to these; who implements them opens and closes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from reply_xl.busy import Patience
from reply_xl.history.runs import Run
from reply_xl.mapping.choices import Choices
from reply_xl.model import Column, CustomField, Row
from reply_xl.sheet import Sheet


class Book(Protocol):
    """A workbook while it is open. `notes`: sentences about how it was read."""

    @property
    def notes(self) -> tuple[str, ...]: ...

    @property
    def patience(self) -> Patience:
        """How long sheets of our own wait for a busy host, and where it is noted what its settings were."""

    @property
    def book(self) -> Any:
        """The xlwings book, for sheets of our own. Raises `SheetError` where there can be no second sheet."""

    def sheet(self, name: str | None = None) -> Sheet:
        """The sheet called `name`, or the one that is meant if none is named. Raises `SheetError`."""

    def sheets(self) -> list[str]:
        """The names of its worksheets, in their order."""

    def proposal(self) -> tuple[Choices, list[str]]:
        """What the workbook's own sheet “Reply columns” says for its headers, and sentences about cells of it that cannot be read."""

    def write_columns(self, columns: Sequence[Column], rows: Sequence[Row], customs: Sequence[CustomField]) -> str:
        """Makes or renews the sheet “Reply columns”; returns its name."""

    def check_savable(self) -> None:
        """Raises the `WorkbookError` that `save` would raise now."""

    def save(self) -> None:
        """Makes lasting what was written, where writing alone does not."""


class Place(Protocol):
    """A workbook that can be opened again and again. `key`: what the journal calls it; `results`: what it calls the workbook that gets the
    results, `name` what people call that one; `sheet`: the sheet that is meant, None for the one in front."""

    @property
    def key(self) -> str: ...
    @property
    def results(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def sheet(self) -> str | None: ...

    @property
    def has_moved(self) -> bool:
        """Whether the workbook got another name while it was written to: `key`, `results` and `name` are the new ones."""

    def kept_open(self) -> AbstractContextManager[object]:
        """While this lasts, `open` need not read a file anew. A workbook in Excel is let go of between two calls all the same."""

    def open(self, *, to_write: bool = False) -> AbstractContextManager[Book]:
        """Raises `SheetError` where it cannot be opened now; `to_write`: also where what is written would not stay."""

    def delivering(self, run: Run) -> Place:
        """Where the results of a run on this workbook go: of a file that is written elsewhere, that other file."""

    def at(self, sheet: str, header_row: int) -> Place:
        """The same workbook, with the sheet and the header row that are meant."""

    def words(self, sentence: str) -> str:
        """A sentence as it is said to people who work there."""
