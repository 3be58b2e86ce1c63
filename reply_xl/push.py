"""Push: rows → Reply → results back in the sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reply_xl import cells
from reply_xl.columns import OURS, REPLY_ID
from reply_xl.model import Outcome
from reply_xl.plan import Draft
from reply_xl.send import Terms, send
from reply_xl.sheet import Layout, Sheet


@dataclass(frozen=True, slots=True)
class Push:
    """A draft and the sheet it came from. `keeps_ids`: whether the ids of contacts found by e-mail are worth writing down (never
    those of a server on this machine)."""

    sheet: Sheet
    draft: Draft
    keeps_ids: bool

    def prepare(self) -> Layout:
        """Proves that the sheet can be written, by writing the headers of our columns. Nothing has been sent yet."""
        by_email = any(wish.contact_id is None for decision in self.draft.plan.decisions for wish in decision.wishes)
        own = (*OURS, REPLY_ID) if self.keeps_ids and by_email else OURS
        return self.sheet.prepare(self.draft.reading, own, [column.index for column in self.draft.columns if column.fills])

    def send(self, terms: Terms, on_outcome: Callable[[Outcome], None]) -> list[Outcome]:
        """Sends the plan. An outcome for every row, in the order of the sheet."""
        outcomes = self.draft.plan.standing() + send(self.draft.plan.to_send, terms, on_outcome)
        return sorted(outcomes, key=lambda outcome: outcome.row)

    def write(self, layout: Layout, outcomes: Sequence[Outcome]) -> None:
        """Writes the outcomes into their rows. Hidden rows stay as they are."""
        hidden = {row.number for row in self.draft.reading.rows if row.hidden}
        shown = [outcome for outcome in outcomes if outcome.row not in hidden]
        own = {outcome.row: cells.own_cells(outcome, with_id=REPLY_ID in layout.own) for outcome in shown}
        filled = {outcome.row: cells.contact_cells(outcome, self.draft.columns) for outcome in shown}
        self.sheet.write(self.draft.reading, layout, own, filled)
