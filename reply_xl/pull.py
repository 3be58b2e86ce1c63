"""Pull: the mapped columns of the chosen rows, refreshed from Reply.

A cell is written only if Reply holds a value and the cell does not say the same; never a formula, never a hidden cell, and never the row of
a contact that is not the row's person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reply_xl.errors import CellError
from reply_xl.fields import is_empty, same, value_of
from reply_xl.model import CellValue, Column, Contact, Contacts, FieldValue, Outcome, Role, Row, Target
from reply_xl.patches import stranger
from reply_xl.plan import Request, match_rows, read_rows
from reply_xl.sheet import Reading, Sheet
from reply_xl.values import format, is_blank, parse

_NO_FIELD: frozenset[str] = frozenset()
"""A pull sends no field: only the cells that tell the contact have to be readable."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """One cell that Reply knows better: `old` as the sheet has it, `new` as it will be written. `fills`: the cell is blank now;
    `has_formula`: it is never written."""

    row: int
    column: Column
    old: CellValue
    new: CellValue
    fills: bool
    has_formula: bool = False


@dataclass(frozen=True, slots=True)
class Refreshing:
    """What a pull would write. `cells`: every cell that differs from what Reply holds; `problems`: the rows whose contact could not be
    found or is somebody else; `refusal`: why nothing at all may be written; `compared`: how many rows were compared with their contact."""

    reading: Reading
    cells: tuple[Refresh, ...]
    problems: tuple[Outcome, ...]
    refusal: str | None
    notes: tuple[str, ...]
    compared: int
    only_empty: bool

    @property
    def fills(self) -> tuple[Refresh, ...]:
        """The cells that are blank now and will be written."""
        return tuple(cell for cell in self.cells if cell.fills and not cell.has_formula)

    @property
    def replaces(self) -> tuple[Refresh, ...]:
        """The cells in which another value stands now, and that will be written."""
        return () if self.only_empty else self._other_values

    @property
    def kept(self) -> tuple[Refresh, ...]:
        """The cells in which another value stands, and stays because only blank cells are written."""
        return self._other_values if self.only_empty else ()

    @property
    def formulas(self) -> tuple[Refresh, ...]:
        """The cells that show another value, and stay because they hold a formula."""
        return tuple(cell for cell in self.cells if cell.has_formula)

    @property
    def _other_values(self) -> tuple[Refresh, ...]:
        return tuple(cell for cell in self.cells if not cell.fills and not cell.has_formula)

    def write(self, sheet: Sheet) -> None:
        """Writes the cells that are filled or replaced. Safe to repeat."""
        wanted = (*self.fills, *self.replaces)
        layout = sheet.prepare(self.reading, (), {cell.column.index for cell in wanted})
        cells: dict[int, dict[int, CellValue]] = {}
        for cell in wanted:
            cells.setdefault(cell.row, {})[cell.column.index] = cell.new
        sheet.write(self.reading, layout, {}, cells)


def refreshing(sheet: Sheet, contacts: Contacts, request: Request, *, on_progress: Callable[[int, int], None] | None = None) -> Refreshing:
    """Reads the sheet and Reply, and changes neither. `request.fields` and `request.only_empty` limit what is refreshed."""
    taken = read_rows(sheet, contacts, request)
    matches = match_rows(taken.rows, taken.columns, _NO_FIELD, contacts, done="written", on_progress=on_progress)
    problems = [decision.outcome for decision in matches.others if decision.outcome]
    columns = [column for column in taken.columns if _is_refreshed(column, taken.fields)]
    formulas = sheet.formulas(taken.reading, [column.index for column in columns])
    cells: list[Refresh] = []
    compared = 0
    for wish, contact in matches.found:
        problem = stranger(wish, contact, email_may_differ=True)
        if problem is not None:
            problems.append(problem)
        else:
            compared += 1
            cells += _of_row(wish.row, contact, columns, formulas)
    problems.sort(key=lambda outcome: outcome.row)
    return Refreshing(taken.reading, tuple(cells), tuple(problems), matches.refusal, taken.notes, compared, request.only_empty)


def _is_refreshed(column: Column, fields: frozenset[str] | None) -> bool:
    if column.hidden or column.target is None or (fields is not None and column.target.name not in fields):
        return False
    return column.fills or (column.role is Role.FIELD and column.target.verifiable)


def _of_row(row: Row, contact: Contact, columns: Sequence[Column], formulas: frozenset[tuple[int, int]]) -> list[Refresh]:
    """The cells of the row that do not say what Reply holds. What is empty in Reply neither fills nor replaces anything."""
    differing = []
    for column in columns:
        target = column.target
        assert target is not None
        value = value_of(contact, target)
        new, old = format(value, target), row[column.index]
        if not is_empty(target, value) and new is not None and old != new and not _says(old, value, target):
            differing.append(Refresh(row.number, column, old, new, is_blank(old), (row.number, column.index) in formulas))
    return differing


def _says(cell: CellValue, value: FieldValue, target: Target) -> bool:
    """Whether the cell, however it is typed, means the value that Reply holds."""
    if target.read_only:
        return False  # such a column shows Reply's value as it is, or another one
    try:
        said = parse(cell, target, "")
    except CellError:
        return False
    return isinstance(said, str | int) and same(target, said, value)


def counts(refreshes: Sequence[Refresh]) -> Mapping[str, int]:
    """How many cells of each field, by label."""
    counted: dict[str, int] = {}
    for refresh in refreshes:
        label = refresh.column.target.label if refresh.column.target else ""
        counted[label] = counted.get(label, 0) + 1
    return counted
