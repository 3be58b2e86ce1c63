"""What this user's data folder keeps: the journal of runs, what sheets were based on, what was last sent, and who is running."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from reply_xl import config
from reply_xl.errors import JournalError
from reply_xl.history.bases import NewBases, SheetBases
from reply_xl.history.journal import Journal
from reply_xl.history.journal_file import open_journal
from reply_xl.history.last_sent import LastSent
from reply_xl.locks import RunLock, is_running
from reply_xl.mapping.agreements import Agreements

FILE = "journal.sqlite3"


class Records:
    """The records in `folder`, that of this user unless another is given. Raises `JournalError` where they cannot be opened."""

    def __init__(self, folder: Path | None = None) -> None:
        try:
            self.folder = folder or config.data_folder()
        except OSError as error:
            raise JournalError("There is no folder for the journal; check that your home folder can be written.") from error
        self._database = open_journal(self.folder / FILE)
        self.journal = Journal(self._database)
        self.agreements = Agreements(self._database)

    def __enter__(self) -> Records:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def last_sent(self, place: str) -> LastSent:
        return LastSent(self._database, place)

    def bases(self, place: str, book: str, sheet: str) -> SheetBases:
        return SheetBases(self._database, place, book, sheet)

    def new_bases(self, place: str, spool: str, sheet: str) -> NewBases:
        return NewBases(self._database, place, spool, sheet)

    def lock(self, run: int) -> RunLock:
        """To be held while the run goes on. Entering it raises `OSError` if another process has it."""
        return RunLock(self.folder, run)

    def is_running(self, run: int) -> bool:
        return is_running(self.folder, run)


def are_there() -> bool:
    """Whether this user has records at all: a command that only reads them makes none."""
    try:
        return (config.data_folder() / FILE).exists()
    except OSError:
        return False
