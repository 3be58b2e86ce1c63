"""Preview: the way up to the patches, and no further."""

from __future__ import annotations

from reply_xl.model import Outcome, Word
from reply_xl.plan import Draft
from reply_xl.wording import joined


def foreseen(draft: Draft) -> list[Outcome]:
    """An outcome per chosen row, in the order of the sheet: for a row that would be sent, `updated` with its changes, without status
    and without anything sent."""
    outcomes = draft.plan.standing()
    for decision in draft.plan.to_send:
        patch = decision.patch
        assert patch is not None
        labels = [change.target.label for change in patch.changes]
        message = " ".join(part for part in (f"Would change {joined(labels)}.", decision.note) if part)
        for wish in decision.wishes:
            outcomes.append(
                Outcome(
                    wish.row.number,
                    Word.UPDATED,
                    message,
                    patch.contact.id,
                    patch.contact,
                    changes=patch.changes,
                    held_back=decision.held_back,
                    found_by_email=wish.contact_id is None,
                )
            )
    return sorted(outcomes, key=lambda outcome: outcome.row)


def refused(draft: Draft) -> list[Outcome]:
    """The outcomes of a run that was refused as a whole: rows that would have been sent are `skipped`."""
    return sorted(
        [outcome if outcome.word is not Word.UPDATED else _skipped(outcome, draft.plan.refusal or "") for outcome in foreseen(draft)],
        key=lambda outcome: outcome.row,
    )


def _skipped(outcome: Outcome, why: str) -> Outcome:
    return Outcome(outcome.row, Word.SKIPPED, why, outcome.contact_id, outcome.contact, held_back=outcome.held_back)
