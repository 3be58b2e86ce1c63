"""Push: rows → Reply → results back in the sheet. Its two halves are `plan` and `send`; here it is written into the journal between them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from reply_xl.errors import SheetError
from reply_xl.history.journal import Journal
from reply_xl.history.runs import Beside, NewRun, Page, RunKind, Server
from reply_xl.locate import locate, marks_of, own_headers
from reply_xl.mapping.columns import OURS, REPLY_ID
from reply_xl.model import Column, Role, Row
from reply_xl.plan import Draft
from reply_xl.sheet import Reading, Sheet


@dataclass(frozen=True, slots=True)
class Push:
    """A draft of the sheet of this name. `book`, `results`: as the journal calls the workbook and the file that gets the results; `keeps_ids`:
    whether the ids of contacts found by e-mail are worth writing down (never those of a server on this machine); `of`: the run that is tried
    again; `kind` and `beside`: of a preview sheet that is applied, see `RunKind.PLAN`."""

    sheet: str
    draft: Draft
    book: str
    results: str
    keeps_ids: bool
    of: int | None = None
    kind: RunKind = RunKind.PUSH
    beside: Beside | None = None

    def prepare(self, sheet: Sheet) -> None:
        """Proves that the sheet can be written, by writing the headers of our columns. Nothing has been sent yet. Raises `SheetError`, also
        where the headers have changed since the draft was made, and `HostBusy` while cells wait to be pasted, which a write would forget."""
        by_email = any(wish.contact_id is None for decision in self.draft.plan.decisions for wish in decision.wishes)
        own = (*OURS, REPLY_ID) if self.keeps_ids and by_email else OURS
        prepare(sheet, self.draft.reading, self.draft.rows, self.draft.columns, own)

    def start(self, journal: Journal, server: Server) -> int:
        """Writes the run down. Nothing has been sent yet; from here on no result can be lost."""
        draft = self.draft
        page = page_of(self.sheet, draft.reading, draft.columns, self.book, self.results)
        kind = self.kind if self.of is None or self.kind is RunKind.PLAN else RunKind.RETRY
        new = NewRun(kind, server, page, draft.policy, self.keeps_ids, self.of, self.beside)
        hidden = {row.number for row in draft.rows if row.hidden}
        return journal.start(new, marks_of(draft.rows, draft.columns), draft.plan.standing(), draft.plan.to_send, hidden)


def prepare(sheet: Sheet, reading: Reading, rows: Collection[Row], columns: Sequence[Column], own: Sequence[str]) -> None:
    """As `Push.prepare`, of these `rows` of a sheet as it was read; `own`: the headers of our columns that are needed."""
    now = sheet.read_again(own_headers(reading.headers), reading.header_row)
    if now.headers[: len(reading.headers)] != reading.headers:
        raise SheetError(f"The headers of “{sheet.name}” were changed meanwhile, so nothing was sent; try again.")
    numbers = set(locate(marks_of(rows, columns), now.rows, columns).values())
    chosen = tuple(replace(row, hidden=False) for row in now.rows if row.number in numbers)
    with sheet.undisturbed():
        sheet.prepare(replace(now, chosen=chosen), own, [column.index for column in columns if column.fills])


def page_of(sheet: str, reading: Reading, columns: Sequence[Column], book: str, results: str) -> Page:
    """Where the rows of a run stand, as the journal keeps it."""
    targets = {column.target.name: column.header for column in columns if column.role is Role.FIELD and column.target}
    keys = [column.header for column in columns if column.role is Role.KEY]
    targets |= {f"id {place}" if place else "id": header for place, header in enumerate(keys)}
    return Page(book, results, sheet, reading.header_row, own_headers(reading.headers), targets)
