"""A workbook of one's own as the contacts of the practice server, so that an edit of it can be pushed there.

What the server then holds is what the sheet says: pushed unedited, every row that can be sent is unchanged. Only a second phone is sent
once, because Reply never returns it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reply_xl.errors import CellError, HeaderError
from reply_xl.kinds.values import contact_id, parse
from reply_xl.mapping.columns import map_columns
from reply_xl.mapping.strays import leave_out
from reply_xl.model import Column, CustomField, Intent, Role, Row, Target
from reply_xl.sheet import Reading, Sheet

_FIRST_CUSTOM_ID = 150_697


def contacts_of(book: Path, sheet_name: str | None = None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """As `contacts_in`, of a sheet of a workbook file."""
    from reply_xl.workbook import Workbook  # with the engine for files, which a click in Excel has no use for

    with Workbook(book) as opened:
        return contacts_in(opened.sheet(sheet_name))


def contacts_in(sheet: Sheet) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Contacts and custom fields of a sheet, as the sandbox takes them: a contact for each row with an id or an e-mail, with what its cells
    can be read as. Rows of the same contact are one. A column of an unknown name becomes a custom field. Raises `SheetError`."""
    reading = sheet.read_header()
    whole = sheet.with_formats(replace(reading, chosen=reading.rows), range(len(reading.headers)))
    reading = replace(whole, rows=whole.chosen)
    customs = _custom_fields(reading)
    columns = _columns(reading, customs)
    rows, _ = leave_out(reading.rows, columns)
    by_id: dict[int, dict[str, Any]] = {}
    by_email: dict[str, dict[str, Any]] = {}
    keyed = [(_id_of(row, columns), row) for row in rows if row.second_header is None]
    for number, row in sorted(keyed, key=lambda pair: pair[0] is None):
        contact = _contact_of(row, columns)
        email = str(contact.get("email", "")).lower()
        if number:
            known = by_id.setdefault(number, {"id": number})
            by_email.setdefault(email, known)
        elif email and number is None:
            known = by_email.setdefault(email, {})
        else:
            continue
        values = {**contact["customFields"], **known.get("customFields", {})}
        known.update({**contact, **known, "customFields": values})
    by_email.pop("", None)
    contacts = [*by_id.values(), *(contact for contact in by_email.values() if "id" not in contact)]
    if not contacts:
        raise HeaderError(
            f"No row of “{sheet.name}” has a Reply ID or an e-mail, so there is nobody to practise with; choose another sheet."
        )
    return contacts, [{"id": custom.id, "title": custom.title} for custom in customs]


def _columns(reading: Reading, customs: Sequence[CustomField] | None) -> tuple[Column, ...]:
    return map_columns(reading.headers, customs=customs, hidden=reading.hidden, values=[row.cells for row in reading.rows])


def _custom_fields(reading: Reading) -> list[CustomField]:
    """The fields that `custom:` headers name, and one for each unknown header all of whose cells can be read."""
    titles: dict[str, None] = {}
    for column in _columns(reading, None):
        if isinstance(column.target, CustomField):
            titles[column.target.title] = None
        elif column.role is Role.UNUSED and column.header:
            custom = CustomField(0, column.header)
            if all(_read(row, column, custom)[1] for row in reading.rows):
                titles[column.header] = None
    candidates = [CustomField(number, title) for number, title in enumerate(titles, _FIRST_CUSTOM_ID)]
    used = {column.target for column in _columns(reading, candidates)}
    return [custom for custom in candidates if custom in used]


def _id_of(row: Row, columns: Sequence[Column]) -> int | None:
    """The id in a row; None if it has none, 0 if its ids do not agree."""
    found = {contact_id(row[column.index]) for column in columns if column.role is Role.KEY} - {None}
    return found.pop() if len(found) == 1 else 0 if found else None


def _contact_of(row: Row, columns: Sequence[Column]) -> dict[str, Any]:
    contact: dict[str, Any] = {}
    custom: dict[int, Any] = {}
    for column in columns:
        if column.role is Role.FIELD and column.target is not None:
            value, _ = _read(row, column, column.target)
            if value is None:
                continue
            if isinstance(column.target, CustomField):
                custom[column.target.id] = value
            else:
                contact[column.target.name] = value
    return {**contact, "customFields": custom}


def _read(row: Row, column: Column, target: Target) -> tuple[Any, bool]:
    """What a cell holds for `target`, None for nothing; and whether it can be read at all."""
    try:
        value = parse(row[column.index], target, column.address(row.number), row.format_of(column.index))
    except CellError:
        return None, False
    return (None if isinstance(value, Intent) else value), True
