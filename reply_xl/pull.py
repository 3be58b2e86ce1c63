"""Pull: the mapped columns of the chosen rows, refreshed from Reply.

A cell is written only if Reply holds a value and the cell does not say the same; never a formula, never a hidden cell, and never the row of
a contact that is not the row's person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reply_xl import identity, wishes
from reply_xl.errors import CellError
from reply_xl.fields import same, value_of
from reply_xl.lookup import read_contacts
from reply_xl.model import CellValue, Column, Contact, Contacts, Intent, Outcome, Role, Row
from reply_xl.patches import Policy, stranger
from reply_xl.plan import Request, found_contact, read_columns
from reply_xl.sheet import Reading, Sheet
from reply_xl.values import format, is_blank, parse
from reply_xl.wishes import Wish


@dataclass(frozen=True, slots=True)
class Refresh:
    """One cell that Reply knows better: `old` as the sheet has it, `new` as it will be written. `fills`: the cell is blank now."""

    row: int
    column: Column
    old: CellValue
    new: CellValue
    fills: bool


@dataclass(frozen=True, slots=True)
class Refreshing:
    """What a pull would write. `problems`: the rows whose contact could not be found or is somebody else; `refusal`: why nothing at all
    may be written; `rows`: how many rows were looked up."""

    reading: Reading
    refreshes: tuple[Refresh, ...]
    problems: tuple[Outcome, ...]
    refusal: str | None
    notes: tuple[str, ...]
    rows: int

    @property
    def replaces(self) -> tuple[Refresh, ...]:
        """The cells in which another value stands now."""
        return tuple(refresh for refresh in self.refreshes if not refresh.fills)

    def write(self, sheet: Sheet, *, replace: bool) -> int:
        """Writes the cells, those that replace a value only if `replace`; returns how many. Formulas stay. Safe to repeat."""
        wanted = [refresh for refresh in self.refreshes if replace or refresh.fills]
        layout = sheet.prepare(self.reading, (), {refresh.column.index for refresh in wanted})
        cells: dict[int, dict[int, CellValue]] = {}
        for refresh in wanted:
            cells.setdefault(refresh.row, {})[refresh.column.index] = refresh.new
        sheet.write(self.reading, layout, {}, cells)
        return len(wanted)


def refreshing(sheet: Sheet, contacts: Contacts, request: Request, *, on_progress: Callable[[int, int], None] | None = None) -> Refreshing:
    """Reads the sheet and Reply, and changes neither. `request.fields` and `request.only_empty` limit what is refreshed."""
    reading = sheet.read(request.rows, request.header_row)
    columns, notes = read_columns(reading, contacts)
    rows, left_out = wishes.leave_out(reading.chosen, columns)
    fields = None if request.fields is None else wishes.chosen_fields(request.fields, columns)
    made = wishes.make_wishes(rows, columns, frozenset())
    wanted = [wish for wish in made if isinstance(wish, Wish)]
    found = read_contacts(
        {wish.contact_id for wish in wanted if wish.contact_id is not None},
        {wish.email for wish in wanted if wish.email is not None},
        contacts,
        on_progress=on_progress,
    )
    problems = [outcome for outcome in made if isinstance(outcome, Outcome)]
    known: list[tuple[Wish, Contact]] = []
    for wish in wanted:
        match = found_contact(wish, found)
        if isinstance(match, Outcome):
            problems.append(match)
        else:
            known.append((wish, match))
    targets = [column for column in columns if _is_refreshed(column, fields)]
    formulas = sheet.formulas(reading, [column.index for column in targets])
    refreshes: list[Refresh] = []
    for wish, contact in known:
        problem = stranger(wish, contact, Policy(allow=frozenset({"email"})))
        if problem is not None:
            problems.append(problem)
        else:
            free = [column for column in targets if (wish.row.number, column.index) not in formulas]
            refreshes += _of_row(wish.row, contact, free, only_empty=request.only_empty)
    by_id = [(wish, contact) for wish, contact in known if wish.contact_id is not None]
    unknown = len([wish for wish in wanted if wish.contact_id is not None]) - len(by_id)
    refusal = identity.refusal(by_id, unknown) if refreshes else None
    problems.sort(key=lambda outcome: outcome.row)
    return Refreshing(reading, tuple(refreshes), tuple(problems), refusal, (*reading.notes, *notes, *left_out), len(rows))


def _is_refreshed(column: Column, fields: frozenset[str] | None) -> bool:
    if column.hidden or column.target is None or (fields is not None and column.target.name not in fields):
        return False
    return column.fills or (column.role is Role.FIELD and column.target.verifiable)


def _of_row(row: Row, contact: Contact, columns: Sequence[Column], *, only_empty: bool) -> list[Refresh]:
    refreshes = []
    for column in columns:
        target = column.target
        assert target is not None
        value = value_of(contact, target)
        new, old = format(value, target), row[column.index]
        if new is None or (only_empty and not is_blank(old)):
            continue
        if column.fills:
            if old == new:
                continue
        else:
            try:
                said = parse(old, target, column.address(row.number))
                if not isinstance(said, Intent) and same(target, said, value):
                    continue
            except CellError:
                pass  # what cannot be read differs
        refreshes.append(Refresh(row.number, column, old, new, is_blank(old)))
    return refreshes


def counts(refreshes: Sequence[Refresh]) -> Mapping[str, int]:
    """How many cells of each field, by label."""
    counted: dict[str, int] = {}
    for refresh in refreshes:
        label = refresh.column.target.label if refresh.column.target else ""
        counted[label] = counted.get(label, 0) + 1
    return counted
