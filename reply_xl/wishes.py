"""Rows + columns → wishes: what each row asks for, before Reply is looked at. Pure.

A row with one cell that cannot be read is `invalid` as a whole: nothing of it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reply_xl.errors import CellError, ConfigError, HeaderError
from reply_xl.fields import BY_NAME, fold
from reply_xl.model import Column, CustomField, ErrorCell, Field, FieldValue, Intent, Outcome, Role, Row, Target, Word
from reply_xl.values import contact_id, is_blank, parse, shown

_CAPTION = re.compile(
    r"\W*((grand |sub-?)?totals?|sum|count|average|summe|gesamt|confidential|generated|exported|downloaded|printed|source|page \d+|end of)\b|\W*©",
    re.IGNORECASE,
)


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


def make_wishes(rows: Sequence[Row], columns: Sequence[Column], fields: frozenset[str] | None) -> list[Wish | Outcome]:
    """For each row a wish, or the outcome that already stands (`invalid`; `skipped` for a hidden row).

    `fields`: names of the only fields that may be sent, None for all. Raises `HeaderError` if no column can find a contact."""
    keys = [column for column in columns if column.role is Role.KEY]
    by_field = {column.target.name: column for column in columns if column.role is Role.FIELD and column.target}
    if not keys and "email" not in by_field:
        raise HeaderError("No column tells which contact a row is; head one “Reply ID” or “Email”.")
    return [_wish(row, keys, by_field, columns, fields) for row in rows]


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


def leave_out(rows: Sequence[Row], columns: Sequence[Column]) -> tuple[list[Row], list[str]]:
    """The rows that are contacts, and a sentence for each group of rows left out: empty ones and footers.

    Conservative, because a contact left out is a contact lost: a footer stands below the last row with an id or e-mail, has neither
    itself, and is a caption with nothing but numbers beside it, one long sentence, or numbers alone outside the contact's fields.
    Hidden rows stay: they get an outcome of their own."""
    data = [column for column in columns if column.role is not Role.OURS]
    last_keyed = max((row.number for row in rows if _has_key(row, data)), default=0)
    kept, empty, footers = [], [], []
    for row in rows:
        filled = [column for column in data if not is_blank(row[column.index])]
        if not filled and not row.hidden:
            empty.append(row.number)
        elif filled and row.number > last_keyed > 0 and not row.hidden and _is_footer(row, filled):
            footers.append(row.number)
        else:
            kept.append(row)
    notes = []
    if empty:
        notes.append(f"Left out as empty: {_rows(empty)}.")
    if footers:
        notes.append(f"Left out as a footer below the contacts: {_rows(footers)}.")
    return kept, notes


def _wish(
    row: Row, keys: Sequence[Column], by_field: dict[str, Column], columns: Sequence[Column], fields: frozenset[str] | None
) -> Wish | Outcome:
    email_column = by_field.get("email")
    problems: list[str] = []
    number, key_address = _contact_id(row, keys, problems)
    if row.hidden:
        return Outcome(row.number, Word.SKIPPED, f"Row {row.number} is hidden, so it was not sent; show it to update it.", number)
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
        try:
            wanted = email if column is email_column else parse(row[column.index], column.target, column.address(row.number))
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
            what = f"shows the error {cell.code}" if isinstance(cell, ErrorCell) else f"holds “{shown(cell)}”, which is not a Reply ID"
            problems.append(f"{address} ({shown(column.header)}) {what}; correct it or empty the cell.")
        else:
            found.setdefault(number, address)
    if len(found) > 1:
        problems.append(f"{' and '.join(found.values())} hold different Reply IDs; correct one or empty it.")
        return None, ""
    return next(iter(found.items()), (None, ""))


def _said(row: Row, column: Column | None) -> str | None:
    cell = row[column.index] if column else None
    return cell.strip() if isinstance(cell, str) and cell.strip() and cell.strip().casefold() != "<clear>" else None


def _is_standard(field: Field, text: str) -> bool:
    return fold(text) in {fold(spelling) for spelling in (field.name, field.label, *field.synonyms)}


def _customs_named(text: str, targets: Sequence[Target]) -> list[Target]:
    title = re.sub(r"^custom\s*:\s*", "", text, flags=re.IGNORECASE)
    customs = [target for target in targets if isinstance(target, CustomField)]
    exact = [custom for custom in customs if title in (custom.title.strip(), f"#{custom.id}")]
    return [*(exact or [custom for custom in customs if fold(custom.title) == fold(title) != ""])]


def _is_email_column(column: Column) -> bool:
    return column.role is Role.FIELD and column.target is BY_NAME["email"]


def _has_key(row: Row, columns: Sequence[Column]) -> bool:
    """Whether a cell of the row could find a contact: a whole number as id, or something like an address."""
    for column in columns:
        cell = row[column.index]
        if column.role is Role.KEY and contact_id(cell) is not None:
            return True
        if _is_email_column(column) and isinstance(cell, str) and "@" in cell and len(cell.split()) == 1:
            return True
    return False


def _is_footer(row: Row, filled: Sequence[Column]) -> bool:
    """Whether a row without a key, of which `filled` are the cells that hold something, is a footer."""
    first = row[filled[0].index]
    if isinstance(first, str):
        if _CAPTION.match(first):
            return all(isinstance(row[column.index], float) for column in filled[1:])
        in_key = filled[0].role is Role.KEY or _is_email_column(filled[0])
        return len(filled) == 1 and len(first.split()) >= 5 and (in_key or first.rstrip().endswith("."))
    return all(isinstance(row[column.index], float) and column.role is not Role.FIELD for column in filled)


def _rows(numbers: Sequence[int]) -> str:
    """Row 7; rows 7, 9 to 12 and so on, at most six spans."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    texts = [str(first) if first == last else f"{first} to {last}" for first, last in spans[:6]]
    more = f" and {len(spans) - 6} more" if len(spans) > 6 else ""
    return ("row " if len(numbers) == 1 else "rows ") + ", ".join(texts) + more
