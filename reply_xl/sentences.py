"""What is said to a person about plans, runs and columns, whether in a terminal or in a box of Excel: sentences, and nothing is shown yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from reply_xl.fields import BY_NAME
from reply_xl.history.runs import Recorded, Run, RunKind
from reply_xl.kinds.values import shown
from reply_xl.mapping.choices import Unseen
from reply_xl.model import Change, Column, CustomField, Outcome, Word
from reply_xl.plan import Plan
from reply_xl.pull import Refreshing, counts
from reply_xl.wording import joined

Changes = Mapping[int, tuple[str, str, tuple[Change, ...]]]
"""By contact id: e-mail, name, and what was to change."""


def baseless(plan: Plan) -> list[str]:
    """Where nobody can tell whether a field was changed in Reply meanwhile."""
    if not plan.baseless:
        return []
    of = "" if plan.baseless == len(plan.to_send) else f"{plan.baseless} of "
    which = f"{of}these contacts" if len(plan.to_send) > 1 else "this contact"
    return [
        f"What Reply held for {which} when this sheet was made is not known, so what was changed there since is not noticed; from the next "
        "“reply-xl pull” on it is."
    ]


def unseen(columns: Sequence[Unseen]) -> str:
    """Where columns go that nobody on this computer has agreed to yet."""
    lines = ["Columns that are recognised by a rule, by their values or by the workbook itself, and that you have not agreed to yet:"]
    for one in sorted(columns, key=lambda one: not one.needs_a_person):  # what endangers a contact is never below what fits on a screen
        column = one.now
        how = f"{column.sure.value}; {column.reason}"
        if one.by_workbook:
            how = f"proposed by the workbook itself, instead of {_label(one.before)}" if one.before else "proposed by the workbook itself"
        target = "is not sent" if column.target is None else f"goes to {goes_to(column)}"
        lines.append(f"  {column.letter} ({shown(column.header)}) {target}: {how}")
    return "\n".join(lines)


def _label(name: str) -> str:
    """A field or custom field by its name, as people know it."""
    if name == "id":
        return "Reply ID"
    return BY_NAME[name].label if name in BY_NAME else name.replace("custom:", "custom: ", 1)


def takes(plan: Plan, minutes: float) -> str:
    """Contacts, requests and minutes, as a sentence."""
    count = len(plan.to_send)
    if not count:
        return "Nothing would change."
    return f"{contacts(count)} would change: {requests(count, minutes)}."


def question(plan: Plan, minutes: float) -> str:
    """What a run is about to do, in sentences, before it is agreed to."""
    lines = [takes(plan, minutes).replace("would change", "will change")]
    for count in plan.counts():
        replaces = f", {count.replaces} of which replace{'s' if count.replaces == 1 else ''} a value" if count.replaces else ""
        lines.append(f"  {count.label}: {count.changes} change{s(count.changes)}{replaces}")
    lines += strangers(plan)
    return "\n".join(lines)


def strangers(plan: Plan) -> list[str]:
    """Up to three rows beside the names in Reply, where nothing else shows that they are the same people."""
    asked = "No e-mail in these rows can be compared with Reply. Are these the same people?"
    return [asked, *(f"  {ours} is {theirs} in Reply" for ours, theirs in plan.strangers)] if plan.strangers else []


def summary(outcomes: Iterable[Outcome]) -> str:
    """Updated 12, unchanged 3, refused 1."""
    counts = Counter(outcome.word for outcome in outcomes)
    text = ", ".join(f"{word.value} {counts[word]}" for word in Word if counts[word])
    return f"{text[:1].upper()}{text[1:]}." if text else "No rows."


def moment(at: datetime) -> str:
    """A moment as people here write it, to the minute, in this computer's zone."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def contacts(count: int) -> str:
    return f"{count:,} contact{s(count)}"


def runs(count: int) -> str:
    return f"{count:,} run{s(count)}"


def to_forget(old: Sequence[Run], bases: int) -> str:
    """What `forget` is about to delete: runs, and what sheets with so many contacts were based on."""
    known = f"what is known of {contacts(bases)}"
    if not old:
        return f"{known.capitalize()} will be deleted from this computer."
    what = f"{runs(len(old))}{f' and {known}' if bases else ''} will be deleted from this computer"
    lines = [f"{what}; {'this run' if len(old) == 1 else 'these runs'} can no longer be undone."]
    unfinished = sum(run.is_unfinished for run in old)
    if unfinished:
        is_or_are, has = ("is", "has") if unfinished == 1 else ("are", "have")
        which = "It" if len(old) == 1 else f"{unfinished} of these runs"
        lines.append(f"{which} {is_or_are} unfinished, or {has} results that wait for their workbook.")
    return " ".join(lines)


def rows(count: int) -> str:
    return f"{count:,} row{s(count)}"


def requests(count: int, minutes: float) -> str:
    """How many requests, and how long they take."""
    return f"{count:,} request{s(count)}, {'less than a minute' if minutes < 1 else f'about {minutes:.0f} minute{s(round(minutes))}'}"


def lookups(count: int, minutes: float) -> str:
    """What finding the contacts still takes, where that is long."""
    return f"Finding the contacts takes up to {requests(count, minutes)}; Ctrl-C stops it, and nothing has been sent."


def replaced(found: Refreshing) -> str:
    """What a pull would replace, per field, before it is agreed to."""
    count = len(found.replaces)
    lines = [f"{count} cell{s(count)} hold{'s' if count == 1 else ''} another value than Reply:"]
    return "\n".join([*lines, *(f"  {label}: {number}" for label, number in counts(found.replaces).items())])


def refreshed(found: Refreshing, name: str) -> str:
    """What a pull did, with everything that it left as it was."""
    parts = [
        (len(found.fills), "filled"),
        (len(found.replaces), "replaced"),
        (len(found.kept), "left, though Reply holds another value"),
        (len(found.formulas), "left, because a formula stands there"),
    ]
    said = [f"{count} cell{s(count)} {what}" for count, what in parts if count]
    if found.changed:
        said.append(f"{found.changed} cell{s(found.changed)} {'were' if found.changed > 1 else 'was'} changed meanwhile and left")
    rows = f"{found.compared} row{s(found.compared)} compared with Reply"
    return f"{name}: {rows}; {joined(said) if said else 'nothing to refresh'}."


def goes_to(column: Column) -> str:
    if column.target is None:
        return "–"
    if column.target.name == "id":
        return "Reply ID (finds the contact)"
    return f"custom: {column.target.title}" if isinstance(column.target, CustomField) else column.target.label


def s(count: int) -> str:
    return "" if count == 1 else "s"


def named(recorded: Recorded, changes: Changes, when: str | None = None) -> str:
    """Run 12 of 2026-11-23 10:41 (push of leads.xlsx, sheet Contacts): 240 contacts; Title 240, Phone 12."""
    run = recorded.run
    counts = Counter(one.target.label for _, _, every in changes.values() for one in every)
    fields = f"; {', '.join(f'{label} {count}' for label, count in counts.items())}" if counts else ""
    where = f"{Path(run.page.book).name}, sheet {run.page.sheet}"
    began = f" of {moment(run.started)}" if when is None else when
    return f"Run {run.id}{began} ({what(run)} on {where}): {contacts(len(changes))}{fields}."


def what(run: Run) -> str:
    kind = "push --plan" if run.kind is RunKind.PLAN else run.kind.value
    return kind if run.of is None else f"{kind} of run {run.of}"
