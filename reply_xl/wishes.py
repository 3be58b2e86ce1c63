"""Rows + columns → wishes: what each row asks for, before Reply is looked at. Pure.

A row with one cell that cannot be read is `invalid` as a whole: nothing of it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from reply_xl.errors import CellError, ConfigError, HeaderError
from reply_xl.fields import BY_NAME, fold
from reply_xl.kinds.values import contact_id, error_in, explained, is_blank, parse, shown
from reply_xl.model import CellValue, Column, CustomField, Field, FieldValue, Intent, Outcome, Role, Row, Target, Word


@dataclass(frozen=True, slots=True)
class Key:
    """What tells a row's contact: `contact_id`, or `email` where the row has no id; `address` is that cell's."""

    address: str
    contact_id: int | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a row asks for. The contact is found by `contact_id`, or by `email` where the row has no id.

    `values`: per column, the new value or `Intent.CLEAR`; `said` is what the row's cells say of e-mail, names and LinkedIn URL (by
    field name, text or None), hidden columns included, for proving who the contact is; `email_address` is the e-mail cell's address."""

    row: Row
    key_address: str
    contact_id: int | None
    email: str | None
    values: tuple[tuple[Column, FieldValue | Intent], ...]
    said: dict[str, str | None]
    email_address: str


REFERENCES = frozenset({"ownerUserId", "accountId"})
"""Fields that hold the id of something that people know by its name."""
_NOT_LOOKED_UP = "holds a name that was not looked up; type a number"
Names = Mapping[str, Mapping[str, int | str]]
"""By field name: a name → its id, or what is wrong with it, as the end of a sentence."""


def named_in(cell: CellValue) -> str | None:
    """The name in a cell of such a field; None where it holds a number, nothing, an error or `<clear>`."""
    if not isinstance(cell, str) or is_blank(cell) or error_in(cell) is not None or contact_id(cell) is not None:
        return None
    text = cell.strip()
    return None if text.casefold() == "<clear>" else text


def make_wishes(
    rows: Sequence[Row], columns: Sequence[Column], fields: frozenset[str] | None, names: Names | None = None
) -> list[Wish | Outcome]:
    """For each row a wish, or the outcome that already stands (`invalid`; `skipped` for a hidden row).

    `fields`: names of the only fields that may be sent, None for all; `names`: what the names of owners and accounts stand for."""
    keys, by_field = _id_columns(columns), _by_field(columns)
    return [_wish(row, keys, by_field, columns, fields, names or {}) for row in rows]


def require_key(columns: Sequence[Column], header_row: int) -> None:
    """Raises `HeaderError` if no column can find a contact."""
    if not _id_columns(columns) and "email" not in _by_field(columns):
        raise HeaderError(
            f"No column tells which contact a row is (row {header_row} was taken as the header row); "
            "head one “Reply ID” or “Email”, or name the header row with --header-row."
        )


def chosen_fields(names: Sequence[str], columns: Sequence[Column]) -> frozenset[str]:
    """The target names that `--fields` names, by API name, label or title: a standard name means the standard field, an exact title
    goes before a similar one. Raises `ConfigError` for a name that can never be sent, `HeaderError` for a field that no visible column
    of the sheet goes to."""
    targets = [column.target for column in columns if column.role is Role.FIELD and column.target and not column.hidden]
    chosen: set[str] = set()
    for name in names:
        wanted = name.strip()
        standard = next((field for field in BY_NAME.values() if _is_standard(field, wanted)), None)
        if standard and standard.read_only:
            raise ConfigError(f"“{shown(wanted)}” cannot be sent, because only Reply sets it; leave it out of --fields.")
        hits = [target for target in targets if target == standard] if standard else _customs_named(wanted, targets)
        if not hits:
            if standard:
                raise HeaderError(f"No visible column of the sheet goes to “{shown(wanted)}”; add one or leave it out of --fields.")
            raise ConfigError(f"“{shown(wanted)}” is neither a contact field nor a custom field in a visible column; correct --fields.")
        chosen.update(target.name for target in hits)
    return frozenset(chosen)


def fields_in(indices: Set[int], columns: Sequence[Column]) -> frozenset[str]:
    """The target names of the visible columns at these indices. Raises `HeaderError` where none goes to a field that can be sent."""
    found = {
        column.target.name
        for column in columns
        if column.index in indices and column.role is Role.FIELD and column.target and not column.hidden
    }
    if not found:
        raise HeaderError("None of the selected columns goes to a field of Reply; select cells of one that does.")
    return frozenset(found)


def key_of(row: Row, columns: Sequence[Column]) -> Key | None:
    """What tells the contact of a row, of which other cells may be unreadable; None where nothing does."""
    if row.second_header is not None:
        return None
    problems: list[str] = []
    number, address = _contact_id(row, _id_columns(columns), problems)
    if number is not None or problems:
        return None if number is None else Key(address, number, None)
    column = _by_field(columns).get("email")
    if column is None:
        return None
    address = column.address(row.number)
    try:
        email = parse(row[column.index], BY_NAME["email"], address)
    except CellError:
        return None
    return Key(address, None, email) if isinstance(email, str) else None


def holds_foreign_id(row: Row, columns: Sequence[Column]) -> bool:
    """Whether an id cell of the row holds something that no contact's id in Reply can be: it is another system's."""
    if row.hidden or row.second_header is not None:
        return False
    cells = [row[column.index] for column in _id_columns(columns)]
    return any(not is_blank(cell) and error_in(cell) is None and contact_id(cell) is None for cell in cells)


def _wish(
    row: Row,
    keys: Sequence[Column],
    by_field: dict[str, Column],
    columns: Sequence[Column],
    fields: frozenset[str] | None,
    names: Names,
) -> Wish | Outcome:
    email_column = by_field.get("email")
    problems: list[str] = []
    number, key_address = _contact_id(row, keys, problems)
    if row.hidden:
        return Outcome(row.number, Word.SKIPPED, f"Row {row.number} is hidden, so it was not sent; show it to update it.", number)
    if row.second_header is not None:
        what = f"Row {row.second_header} looks like a second header row; move it and the rows below to a sheet of their own."
        return Outcome(row.number, Word.INVALID, what)
    if row.spilled:
        what = "has more values than there are headers; put quotes around the value that holds a separator"
        problems.append(f"Row {row.number} {what}.")
    if row.merged:
        problems.append(f"Row {row.number} has merged cells, so its values cannot be told apart; unmerge them.")
    email: str | None = None
    if email_column is not None:
        try:
            value = parse(row[email_column.index], BY_NAME["email"], email_column.address(row.number))
            email = value if isinstance(value, str) else None
        except CellError as error:
            problems.append(str(error))
    values: list[tuple[Column, FieldValue | Intent]] = []
    for column in columns:
        if column.role is not Role.FIELD or column.target is None or column.hidden:
            continue
        if (fields is not None and column.target.name not in fields) or (column is email_column and (number is None or email is None)):
            continue
        name = named_in(row[column.index]) if column.target.name in REFERENCES else None
        if name is not None:
            meant = names.get(column.target.name, {}).get(name, _NOT_LOOKED_UP)
            if isinstance(meant, str):
                problems.append(f"{column.address(row.number)} ({shown(column.target.label)}) {meant}.")
            else:
                values.append((column, meant))
            continue
        try:
            address, number_format = column.address(row.number), row.format_of(column.index)
            wanted = email if column is email_column else parse(row[column.index], column.target, address, number_format)
        except CellError as error:
            problems.append(str(error))
            continue
        if wanted is not Intent.LEAVE:
            values.append((column, wanted))
    if not problems and number is None and email is None:
        problems.append(f"Row {row.number} has neither a Reply ID nor an e-mail, so its contact cannot be found; fill in one of them.")
    if problems:
        more = len(problems) - 1
        message = problems[0] if not more else f"{problems[0][:-1]} (and {more} more problem{'s' if more > 1 else ''} in this row)."
        return Outcome(row.number, Word.INVALID, message, number)
    if number is None and email_column is not None:
        key_address = email_column.address(row.number)
    said = {name: _said(row, by_field.get(name)) for name in ("firstName", "lastName", "linkedInUrl")} | {"email": email}
    email_address = email_column.address(row.number) if email_column else ""
    return Wish(row, key_address, number, email if number is None else None, tuple(values), said, email_address)


def _contact_id(row: Row, keys: Sequence[Column], problems: list[str]) -> tuple[int | None, str]:
    """The row's contact id and the address that gave it. Several id columns have to agree."""
    found: dict[int, str] = {}
    for column in keys:
        cell, address = row[column.index], column.address(row.number)
        if is_blank(cell):
            continue
        number = contact_id(cell)
        if number is None:
            error = error_in(cell)
            other = (f"holds “{shown(cell)}”, which is not a Reply ID", "correct it or empty the cell")
            what, advice = explained(error) if error else other
            problems.append(f"{address} ({shown(column.header)}) {what}; {advice}.")
        else:
            found.setdefault(number, address)
    if len(found) > 1:
        problems.append(f"{' and '.join(found.values())} hold different Reply IDs; correct one or empty it.")
        return None, ""
    return next(iter(found.items()), (None, ""))


def _said(row: Row, column: Column | None) -> str | None:
    cell = row[column.index] if column else None
    if not isinstance(cell, str) or error_in(cell) is not None or cell.strip().casefold() in ("", "<clear>"):
        return None
    return cell.strip()


def _is_standard(field: Field, text: str) -> bool:
    return fold(text) in {fold(spelling) for spelling in (field.name, field.label, *field.synonyms)}


def _customs_named(text: str, targets: Sequence[Target]) -> list[Target]:
    title = re.sub(r"^custom\s*:\s*", "", text, flags=re.IGNORECASE)
    customs = [target for target in targets if isinstance(target, CustomField)]
    exact = [custom for custom in customs if title in (custom.title.strip(), f"#{custom.id}")]
    return [*(exact or [custom for custom in customs if fold(custom.title) == fold(title) != ""])]


def _id_columns(columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.role is Role.KEY]


def _by_field(columns: Sequence[Column]) -> dict[str, Column]:
    """The columns that give a field, hidden ones included, by its name."""
    return {column.target.name: column for column in columns if column.role is Role.FIELD and column.target}
