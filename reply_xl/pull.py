"""Pull: the mapped columns of the chosen rows, refreshed from Reply.

A cell is written only if Reply holds a value and the cell does not say the same; never a formula, never a hidden cell, and never the row of
a contact that is not the row's person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from reply_xl.errors import CellError, SheetError
from reply_xl.fields import is_empty, same, value_of
from reply_xl.kinds.values import format, is_blank, parse
from reply_xl.locate import locate, marks_of, own_headers
from reply_xl.mapping.choices import Unseen
from reply_xl.model import CellValue, Column, Contact, Contacts, FieldValue, Intent, Outcome, Role, Row, Target
from reply_xl.patches import stranger
from reply_xl.plan import Request, match_rows, sort_out
from reply_xl.repair import Written, prove
from reply_xl.sheet import Reading, Sheet

_NO_FIELD: frozenset[str] = frozenset()
"""A pull sends no field: only the cells that tell the contact have to be readable."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """One cell that Reply knows better: `old` as the sheet has it, `new` as it will be written, `value` as Reply holds it. `fills`: the cell
    is blank now; `has_formula`: it is never written."""

    row: int
    contact_id: int
    value: FieldValue
    column: Column
    old: CellValue
    new: CellValue
    fills: bool
    has_formula: bool = False


@dataclass(frozen=True, slots=True)
class Refreshing:
    """What a pull would write. `cells`: every cell that differs from what Reply holds; `problems`: the rows whose contact could not be
    found or is somebody else; `refusal`: why nothing at all may be written; `compared`: how many rows were compared with their contact;
    `equal`: by contact id and field, what Reply holds where the cell says the same; `columns` and `rows`: of the sheet, the rows those that are
    contacts; `unseen`: columns that a person has to see first; `changed`: how many cells were left because they are not as they were read."""

    reading: Reading
    cells: tuple[Refresh, ...]
    problems: tuple[Outcome, ...]
    refusal: str | None
    notes: tuple[str, ...]
    compared: int
    only_empty: bool
    equal: Mapping[int, Mapping[str, FieldValue]]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    unseen: tuple[Unseen, ...] = ()
    changed: int = 0

    def bases(self) -> Mapping[int, Mapping[str, FieldValue]]:
        """By contact id: the fields whose cells say what Reply holds, once `write` has been done."""
        bases = {contact_id: dict(fields) for contact_id, fields in self.equal.items()}
        for cell in (*self.fills, *self.replaces):
            if cell.column.target is not None:
                bases.setdefault(cell.contact_id, {})[cell.column.target.name] = cell.value
        return bases

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

    def write(self, sheet: Sheet) -> Refreshing:
        """Writes the cells that are filled or replaced beside their contacts, wherever the rows stand by now; returns this as it was carried out.
        A cell that is not as it was read any more is left. Safe to repeat. Raises `SheetError`, before it writes anything where the headers have
        changed, and `HostBusy` while the user is copying."""
        now = sheet.read_again(own_headers(self.reading.headers), self.reading.header_row)
        if now.headers[: len(self.reading.headers)] != self.reading.headers:
            raise SheetError(f"The headers of “{sheet.name}” were changed meanwhile, so nothing was written; try again.")
        wanted = (*self.fills, *self.replaces)
        indices = {cell.column.index for cell in wanted}
        then = {row.number: row for row in self.rows}
        places = locate(marks_of(self.rows, self.columns), now.rows, self.columns)
        lines = {row.number: row for row in now.rows}
        everywhere = sheet.formulas(replace(now, chosen=tuple(replace(row, hidden=False) for row in now.rows)), sorted(indices))
        as_read = {
            (cell.row, cell.column.index): cell
            for cell in wanted
            if cell.row in places
            and (places[cell.row], cell.column.index) not in everywhere
            and lines[places[cell.row]][cell.column.index] == cell.old
        }
        if not as_read:
            return replace(self, cells=tuple(cell for cell in self.cells if cell not in wanted), changed=len(wanted))
        numbers = {places[number]: number for number, _ in as_read}
        now = replace(now, chosen=tuple(replace(lines[place], hidden=then[numbers[place]].hidden) for place in sorted(numbers)))
        cells: dict[int, dict[int, CellValue]] = {place: {} for place in numbers}
        for cell in as_read.values():
            cells[places[cell.row]][cell.column.index] = cell.new
        with sheet.undisturbed():
            layout = sheet.prepare(now, (), {index for _, index in as_read})
            sheet.write(now, layout, {}, cells)
            put = {
                (number, index): value
                for number, line in cells.items()
                for index, value in line.items()
                if not then[numbers[number]].hidden
            }
            prove(sheet, Written(now, self.columns, layout, frozenset(indices), everywhere, put))
        kept = tuple(cell for cell in self.cells if cell not in wanted or (cell.row, cell.column.index) in as_read)
        return replace(self, cells=kept, changed=len(wanted) - len(as_read))


def refreshing(
    reading: Reading,
    formulas_in: Callable[[Sequence[int]], Set[tuple[int, int]]],
    contacts: Contacts,
    request: Request,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    on_many: Callable[[int], None] | None = None,
) -> Refreshing:
    """Reads Reply, and changes nothing. `formulas_in`: column indices → the cells there that hold a formula (row number, column index);
    `request.fields` and `request.only_empty` limit what is refreshed; `on_many` as in `read_contacts`."""
    taken = sort_out(reading, contacts, request)
    matches = match_rows(taken.rows, taken.columns, _NO_FIELD, contacts, done="written", on_progress=on_progress, on_many=on_many)
    problems = [decision.outcome for decision in matches.others if decision.outcome]
    columns = [column for column in taken.columns if _is_refreshed(column, taken.fields)]
    formulas = formulas_in([column.index for column in columns])
    cells: list[Refresh] = []
    equal: dict[int, dict[str, FieldValue]] = {}
    compared = 0
    for wish, contact in matches.found:
        problem = stranger(wish, contact, email_may_differ=True)
        if problem is not None:
            problems.append(problem)
        else:
            compared += 1
            differing = _of_row(wish.row, contact, columns, formulas)
            cells += differing
            equal.setdefault(contact.id, {}).update(_equal(wish.row, contact, columns, {cell.column.index for cell in differing}))
    problems.sort(key=lambda outcome: outcome.row)
    return Refreshing(
        taken.reading,
        tuple(cells),
        tuple(problems),
        matches.refusal,
        taken.notes,
        compared,
        request.only_empty,
        equal,
        taken.columns,
        taken.rows,
        taken.unseen,
    )


def _is_refreshed(column: Column, fields: frozenset[str] | None) -> bool:
    if column.hidden or column.target is None or (fields is not None and column.target.name not in fields):
        return False
    return column.fills or (column.role is Role.FIELD and column.target.verifiable)


def _of_row(row: Row, contact: Contact, columns: Sequence[Column], formulas: Set[tuple[int, int]]) -> list[Refresh]:
    """The cells of the row that do not say what Reply holds. What is empty in Reply neither fills nor replaces anything; nor does what a
    push would not read as the same (a text `<clear>`, a phone without digits)."""
    differing = []
    for column in columns:
        target = column.target
        assert target is not None
        value = value_of(contact, target)
        new, old = format(value, target), row[column.index]
        can_be_said = new is not None and (target.read_only or _says(new, value, target))
        if not is_empty(target, value) and can_be_said and old != new and not _says(old, value, target, row.format_of(column.index)):
            differing.append(
                Refresh(row.number, contact.id, value, column, old, new, is_blank(old), (row.number, column.index) in formulas)
            )
    return differing


def _equal(row: Row, contact: Contact, columns: Sequence[Column], differing: Set[int]) -> dict[str, FieldValue]:
    """The fields of which the row's cell says what Reply holds; nothing in both is the same too."""
    equal = {}
    for column in columns:
        target = column.target
        assert target is not None
        if not target.read_only and column.index not in differing:
            value, cell = value_of(contact, target), row[column.index]
            if _asks_for_nothing(cell, target) if is_empty(target, value) else _says(cell, value, target, row.format_of(column.index)):
                equal[target.name] = value
    return equal


def _asks_for_nothing(cell: CellValue, target: Target) -> bool:
    """Whether the cell is blank or says `<clear>`."""
    try:
        return isinstance(parse(cell, target, ""), Intent)
    except CellError:
        return False


def _says(cell: CellValue, value: FieldValue, target: Target, number_format: str | None = "") -> bool:
    """Whether the cell, however it is typed, means the value that Reply holds."""
    if target.read_only:
        return False  # such a column shows Reply's value as it is, or another one
    try:
        said = parse(cell, target, "", number_format)
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
