"""Push: rows → Reply → results back in the sheet. Its two halves are `plan` and `send`; here it is written into the journal between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reply_xl.columns import OURS, REPLY_ID
from reply_xl.errors import SheetError
from reply_xl.journal import Journal
from reply_xl.locate import locate, marks_of, own_headers
from reply_xl.model import Role
from reply_xl.plan import Draft
from reply_xl.runs import NewRun, Page, RunKind, Server
from reply_xl.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Push:
    """A draft of the sheet of this name. `book`, `results`: as the journal calls the workbook and the file that gets the results; `keeps_ids`:
    whether the ids of contacts found by e-mail are worth writing down (never those of a server on this machine); `of`: the run that is tried
    again."""

    sheet: str
    draft: Draft
    book: str
    results: str
    keeps_ids: bool
    of: int | None = None

    def prepare(self, sheet: Sheet) -> None:
        """Proves that the sheet can be written, by writing the headers of our columns. Nothing has been sent yet. Raises `SheetError`, also
        where the headers have changed since the draft was made."""
        reading, columns = self.draft.reading, self.draft.columns
        now = sheet.read_again(own_headers(reading.headers), reading.header_row)
        if now.headers[: len(reading.headers)] != reading.headers:
            raise SheetError(f"The headers of “{self.sheet}” were changed meanwhile, so nothing was sent; try again.")
        places = locate(marks_of(self.draft.rows, columns), now.rows, columns)
        numbers = set(places.values())
        chosen = tuple(replace(row, hidden=False) for row in now.rows if row.number in numbers)
        by_email = any(wish.contact_id is None for decision in self.draft.plan.decisions for wish in decision.wishes)
        own = (*OURS, REPLY_ID) if self.keeps_ids and by_email else OURS
        sheet.prepare(replace(now, chosen=chosen), own, [column.index for column in columns if column.fills])

    def start(self, journal: Journal, server: Server) -> int:
        """Writes the run down. Nothing has been sent yet; from here on no result can be lost."""
        draft = self.draft
        targets = {column.target.name: column.header for column in draft.columns if column.role is Role.FIELD and column.target}
        keys = [column.header for column in draft.columns if column.role is Role.KEY]
        targets |= {f"id {place}" if place else "id": header for place, header in enumerate(keys)}
        page = Page(
            self.book,
            self.results,
            self.sheet,
            draft.reading.header_row,
            own_headers(draft.reading.headers),
            targets,
        )
        kind = RunKind.PUSH if self.of is None else RunKind.RETRY
        new = NewRun(kind, server, page, draft.policy, self.keeps_ids, self.of)
        hidden = {row.number for row in draft.rows if row.hidden}
        return journal.start(new, marks_of(draft.rows, draft.columns), draft.plan.standing(), draft.plan.to_send, hidden)
