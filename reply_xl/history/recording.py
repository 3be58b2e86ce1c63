"""Outcomes into the journal as they arrive, a few times a second, from a thread of its own: no request waits for the disk."""

from __future__ import annotations

import threading
from types import TracebackType

from reply_xl.errors import JournalError
from reply_xl.history.journal import Journal
from reply_xl.history.runs import Run
from reply_xl.model import Outcome

_EVERY = 0.3
"""Seconds after which an outcome is on its way to the disk."""


class Recording:
    """Call it with each outcome, from any thread; leaving the block writes the rest and ends the run.

    Where the journal cannot be written (the disk is full), the call raises that `JournalError`, so that nothing more is sent; the outcomes
    are kept and tried again, and `lost` holds those that never got to the disk."""

    def __init__(self, journal: Journal, run: Run) -> None:
        self._journal = journal
        self._run = run
        self._lock = threading.Lock()
        self._arrived: list[Outcome] = []
        self._over = threading.Event()
        self._failure: JournalError | None = None
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self.lost: tuple[Outcome, ...] = ()

    def __enter__(self) -> Recording:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        if self._flush():
            try:
                self._journal.end(self._run.id)
            except JournalError:
                return
        self.lost = tuple(self._arrived)

    def __call__(self, outcome: Outcome) -> None:
        with self._lock:
            self._arrived.append(outcome)
        if self._failure is not None:
            raise self._failure

    def _write(self) -> None:
        while not self._over.wait(_EVERY):
            self._flush()

    def _flush(self) -> bool:
        """Whether everything that arrived is on the disk."""
        with self._lock:
            batch = list(self._arrived)
        if not batch:
            return True
        try:
            self._journal.record(self._run, batch)
        except JournalError as error:
            self._failure = error
            return False
        with self._lock:
            del self._arrived[: len(batch)]
        return True
