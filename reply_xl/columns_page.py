"""The sheet “Reply columns”: where each column goes, for people to read, change and share. What it says is a proposal, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reply_xl.busy import Patience
from reply_xl.kinds.host_values import NOT_CALCULATED
from reply_xl.kinds.values import is_blank, shown
from reply_xl.mapping.choices import Choice, Choices, Send, header_keys, label_of, targets_by_name
from reply_xl.mapping.columns import finders
from reply_xl.model import Column, CustomField, Role, Row, Target
from reply_xl.pages import pages_of, read_page, write_page
from reply_xl.wording import joined

NAME, MARK = "Reply columns", "reply_xl columns 1"
_COLUMN, _HEADER, _GOES, _SEND, _SAMPLES, _WHY = "Column", "Header", "Goes to", "Send", "Samples", "Why"
_NOTHING = "(not sent)"
_KEY = "Reply ID (finds the contact)"
_SAMPLE_COUNT, _LONGEST_SAMPLE = 3, 30
_MOST_NOTES = 5
_TITLES = (
    "Where each column of your sheet goes in Reply. Choose in “Goes to” and “Send”, then click Preview on your sheet, or save and run "
    "reply-xl preview: it shows what you chose.",
)


def write_columns_page(
    book: Any,
    columns: Sequence[Column],
    rows: Sequence[Row],
    customs: Iterable[CustomField],
    *,
    in_front: bool = False,
    patience: Patience | None = None,
) -> str:
    """Writes the sheet into an xlwings book, over an older one of ours, and returns its name. `rows`: of the sheet that the columns are of,
    for the samples; `in_front`: it is the sheet that is shown afterwards. Nothing is saved."""
    targets = targets_by_name(customs)
    lines, not_sent = [], finders(columns)
    for column in columns:
        if column.header and column.role in (Role.FIELD, Role.KEY, Role.UNUSED):
            goes = _label(column.target) if column.target is not None else _NOTHING
            send: str = Send.NO if column.target is None else Send.ONLY_EMPTY if column.only_empty else Send.YES
            if column.index in not_sent:
                send = ""  # it is looked at and never sent; read again, an empty cell leaves the column what it is
            lines.append([column.letter, column.header, goes, str(send), _samples(column, rows), f"{column.reason} ({column.sure.value})"])
    dropdowns = {_GOES: [_NOTHING, *(_label(target) for target in targets.values())], _SEND: [send.value for send in Send]}
    headers = (_COLUMN, _HEADER, _GOES, _SEND, _SAMPLES, _WHY)
    return str(write_page(book, NAME, MARK, _TITLES, headers, lines, dropdowns=dropdowns, activate=in_front, patience=patience).name)


def proposal(book: Any, customs: Iterable[CustomField] | None = None) -> tuple[Choices, list[str]]:
    """What the workbook's own sheet says for each header, and sentences about cells that cannot be read. `customs` None: they are not known,
    and what goes to a custom field is taken at its word."""
    pages = pages_of(book, MARK)
    if len(pages) > 1:
        both = joined([f"“{sheet.name}”" for sheet in pages])
        return {}, [f"The sheets {both} all say where columns go, so none of them is used; delete one."]
    page = read_page(book, MARK) if pages else None
    if page is None:
        return {}, []
    if not pages[0].visible:
        return {}, [f"The sheet “{page.name}” says where columns go, but is hidden, so it is not used; show it or delete it."]
    places = {name: page.column(name) for name in (_COLUMN, _HEADER, _GOES, _SEND)}
    header_at, goes_at = places[_HEADER], places[_GOES]
    if header_at is None or goes_at is None:
        return {}, [f"The sheet “{page.name}” has lost its columns “Header” and “Goes to”, so it is not used; delete it."]
    names = {_plain(_label(target)): name for name, target in targets_by_name(customs or ()).items()}
    letter_at, send_at = places[_COLUMN], places[_SEND]
    rows = sorted(page.rows, key=lambda row: _order(row[letter_at] if letter_at is not None else None))
    keys = header_keys([_text(row[header_at]) for row in rows])
    choices: dict[str, Choice] = {}
    notes: list[str] = []
    for row, key in zip(rows, keys, strict=True):
        choice = _choice(_text(row[goes_at]), _text(row[send_at]) if send_at is not None else "", names, customs is None)
        if choice is None:
            what = shown(_text(row[goes_at]) or _text(row[send_at] if send_at is not None else None))
            notes.append(f"“{page.name}”, row {row.number}: “{what}” is none of the choices, so the row is not used.")
        elif key:
            choices[key] = choice
    more = len(notes) - _MOST_NOTES
    if more > 0:
        which = f"{more} more row{'s' if more > 1 else ''} of “{page.name}” {'are' if more > 1 else 'is'}"
        notes = [*notes[:_MOST_NOTES], f"{which} not used for the same reason."]
    return choices, notes


def _choice(goes: str, send: str, names: Mapping[str, str], takes_customs: bool) -> Choice | None:
    if goes in ("", _NOTHING) or _plain(send) == Send.NO:
        return Choice("", Send.NO)
    try:
        sent = Send(_plain(send) or Send.YES)
    except ValueError:
        return None
    if _plain(goes) in names:
        return Choice(names[_plain(goes)], sent)
    if takes_customs and _plain(goes).startswith("custom:"):
        return Choice(f"custom:{goes.split(':', 1)[1].strip()}", sent)
    return None


def _label(target: Target) -> str:
    return _KEY if target.name == "id" else label_of(target)


def _samples(column: Column, rows: Sequence[Row]) -> str:
    found: list[str] = []
    for row in rows:
        cell = row[column.index]
        text = "" if is_blank(cell) or str(cell) == NOT_CALCULATED else shown(cell)[:_LONGEST_SAMPLE]
        if text and text not in found:
            found.append(text)
        if len(found) == _SAMPLE_COUNT:
            break
    return " · ".join(found)


def _order(cell: object) -> tuple[int, str]:
    letters = _text(cell).upper()
    return len(letters), letters


def _text(cell: object) -> str:
    return cell.strip() if isinstance(cell, str) else ""


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
