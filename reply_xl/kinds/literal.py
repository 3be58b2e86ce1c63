"""Field values → the XML of cells that read back as the same values. Pure.

A cell is written only if `parse` makes of it what Reply holds, by the comparison that decides *unchanged*; otherwise it stays blank, which
asks for nothing. So a sheet that is pushed as it was pulled changes nothing, whatever the texts in it. Text is text, whatever it begins
with: no formula, no date, no number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from reply_xl.errors import CellError
from reply_xl.fields import is_empty, same
from reply_xl.kinds.host_values import as_text
from reply_xl.kinds.phones import PLAIN_NUMBER
from reply_xl.kinds.values import format, local_moment, parse
from reply_xl.model import CellValue, Column, Contact, CustomField, FieldValue, Kind, Target, column_letter

PLAIN, HEADER, TEXT, DATE, QUOTED, HEADING, NOTE = range(7)
"""The styles of cells, by their place in the workbook's list: text format (`@`) in TEXT, Excel's mark of a literal in QUOTED."""

_AS_TEXT = frozenset({"id", "ownerUserId", "accountId", "phone", "phone2", "companySize"})
_CACHED = (Kind.CHOICE, Kind.BOOLEAN, Kind.TIME_ZONE, Kind.INTEGER)
_REPEATED = frozenset({"firstName", "lastName", "title", "company", "industry", "city", "state", "country", "domain"})
_DAY_ZERO = datetime(1899, 12, 30)
_MOMENT_HEAD = f' s="{DATE}"><v>'
_STAMP = re.compile(r"((?:19[89]|20[0-9])[0-9]-[0-9]{2}-[0-9]{2}T[0-9]{2}:)([0-5][0-9]):([0-5][0-9])(?:\.[0-9]{1,9})?(Z|[+]00:00)?")

# Texts of which it is certain at one look that they read back as they are and need no escape but that of `&`: from a letter to something
# visible, without `<`, `>`, `_`, control characters, characters without width and odd spaces.
_ODD = "\x00-\x09\x0b-\x1f<>_\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ud800-\udfff\ufeff\ufffd-\uffff"
_TEXT = rf"[^\W\d_](?:[^{_ODD}]{{0,8000}}[^ \n{_ODD}])?"
_EMAIL = r"[A-Za-z0-9_+-](?:\.?[A-Za-z0-9_+-]){0,30}@(?:[A-Za-z0-9](?:-?[A-Za-z0-9]){0,30}\.){1,2}[A-Za-z]{2,60}"
_URL = r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[A-Za-z0-9/.~%=&?-]{0,500})?"
_NUMBER = r"0|[1-9][0-9]{0,14}"
_EASY = {Kind.TEXT: _TEXT, Kind.EMAIL: _EMAIL, Kind.URL: _URL}
_APART = "\x1f"
"""What keeps the values of a column apart while they are looked at together; no easy text holds it."""

_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_NEVER_RETYPED = re.compile(r"[^\W\d_]")


def style_of(header: str, target: Target | None) -> int:
    """The style of a column's blank cells: what will be typed into them."""
    if target is None:
        return DATE if header == "Reply updated at" else PLAIN
    if target.kind is Kind.MOMENT:
        return DATE
    return TEXT if target.name in _AS_TEXT else PLAIN


def cell_xml(value: CellValue, style: int = PLAIN) -> str:
    """What follows `<c r="A1"` for a cell with this value; "" for a blank one."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f'{_styled(style)} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):
        return f"{_MOMENT_HEAD}{(value - _DAY_ZERO) / timedelta(days=1)!r}</v></c>"
    if isinstance(value, float):
        return f"{_styled(style)}><v>{int(value) if value.is_integer() else repr(value)}</v></c>"
    text = as_text(str(value))[1:]
    if style == PLAIN and not _NEVER_RETYPED.match(text):
        style = QUOTED
    return f'{_styled(style)} t="inlineStr"><is><t xml:space="preserve">{_ascii(escape(text))}</t></is></c>'


def protect(text: str) -> str:
    """`_x000D_` and its like, which programs decode, as `_x005F_x000D_`."""
    return _ESCAPED.sub("_x005F_", text)


def escape(text: str) -> str:
    """Text as an element holds it."""
    return protect(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _ascii(xml: str) -> str:
    """Other letters as references: pages of one byte a character are joined and encoded three times as fast."""
    return xml if xml.isascii() else xml.encode("ascii", "xmlcharrefreplace").decode("ascii")


def row_xml(number: int, cells: Sequence[str], height: int | None = None) -> str:
    """A row from what follows the address of each of its cells. `height`: in points, None for that of all rows."""
    body = "".join(f'<c r="{column_letter(index)}{number}"{text}' for index, text in enumerate(cells) if text)
    high = "" if height is None else f' ht="{height}" customHeight="1"'
    return f'<row r="{number}"{high}>{body}</row>'


def cells_of(contact: Contact, columns: Sequence[Column]) -> list[CellValue]:
    """The cells of one contact, by column."""
    cells: list[CellValue] = []
    for column in columns:
        target = column.target
        cells.append(None if target is None else _cell_of(_values_of([contact], [contact.values], target)[0], target))
    return cells


class Lines:
    """Contacts → rows of the sheet, for columns as `map_columns` gives them: a page at once and column by column, because most columns of
    a page hold nothing, or plain texts only, which is seen at one look."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = [(f'<c r="{column.letter}', column.target, _Renderer(column.target)) for column in columns if column.target]

    def xml(self, contacts: Sequence[Contact], first: int) -> tuple[bytes, list[tuple[int, str]]]:
        """The rows from number `first` on, and contact id and field of each value that no cell can say."""
        numbers = [f'{number}"' for number in range(first, first + len(contacts))]
        parts = [[f'<row r="{number}>' for number in numbers]]
        lost: list[tuple[int, str]] = []
        standard = [contact.values for contact in contacts]
        for head, target, renderer in self._columns:
            values = _values_of(contacts, standard, target)
            if not any(values) and False not in values:
                continue
            easy = renderer.easy_texts(values)
            if easy is not None:
                before, after = renderer.around
                parts.append([f"{head}{number}{before}{text}{after}" if text else "" for number, text in zip(numbers, easy, strict=True)])
                continue
            cells = [renderer.one(value) for value in values]
            parts.append([f"{head}{number}{cell}" if cell else "" for number, cell in zip(numbers, cells, strict=True)])
            if None in cells:
                lost += [(contact.id, target.name) for contact, cell in zip(contacts, cells, strict=True) if cell is None]
        rows = "</row>".join(map("".join, zip(*parts, strict=True)))
        return f"{rows}</row>".encode() if contacts else b"", sorted(lost)


class _Renderer:
    """How the values of one field become cells: a quick look for what is plain, and `parse` for all the rest.

    `one` gives what follows the address of a cell that shows a value; "" for a blank cell; None where no cell can say the value."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._style = style_of("", target)
        easy = PLAIN_NUMBER if target.name in ("phone", "phone2") else _EASY.get(target.kind)
        self.one: Callable[[FieldValue], str | None] = self._careful
        self.around = (f'{_styled(self._style)} t="inlineStr"><is><t>', "</t></is></c>")
        if isinstance(target, CustomField) and target.numeric:
            easy, self.around = _NUMBER, ("><v>", "</v></c>")
        elif target.name == "id":
            easy = _NUMBER
        elif target.kind is Kind.MOMENT:
            self.one = _moment_cell
        elif easy is None:
            self.one = lru_cache(4096)(self._careful)
        self._all_easy = re.compile(f"(?>(?:{easy})?{_APART})*+") if easy and target.verifiable else None

    def easy_texts(self, values: Sequence[FieldValue]) -> Sequence[str] | None:
        """All values as texts of cells, "" for a blank one, if all of them are plain."""
        if self._all_easy is None:
            return None
        texts: list[Any] = [value or "" for value in values]
        together = _APART.join(texts)
        if together.count(_APART) != len(texts) - 1 or not self._all_easy.fullmatch(together + _APART):
            return None
        if "&" in together or not together.isascii():
            return _ascii(together.replace("&", "&amp;")).split(_APART)
        return texts

    def _careful(self, value: FieldValue) -> str | None:
        cell = _cell_of(value, self._target)
        return None if cell is None else cell_xml(cell, self._style)


def _values_of(contacts: Sequence[Contact], standard: Sequence[Mapping[str, FieldValue]], target: Target) -> list[FieldValue]:
    """One column of a page. `standard`: the `values` of each contact."""
    if isinstance(target, CustomField):
        return [_custom_value(contact, target) if contact.custom else None for contact in contacts]
    if target.name == "id":
        return [str(contact.id) for contact in contacts]
    name = target.name
    return [values.get(name) for values in standard]


@lru_cache(4096)
def _moment_cell(value: FieldValue) -> str:
    """Of the three times of a contact, two are often the same."""
    if not isinstance(value, str) or not value:
        return ""
    stamp = _STAMP.fullmatch(value)
    if stamp:
        half, minutes = divmod(int(stamp[2]), 30)
        start = _half_hour(f"{stamp[1]}{half * 30:02d}:00{stamp[4] or ''}")
        if start is not None:
            return f"{_MOMENT_HEAD}{(start + minutes * 60 + int(stamp[3])) / 86400!r}</v></c>"
    found = local_moment(value)
    return cell_xml(value if found is None else found)


@lru_cache(8192)
def _half_hour(text: str) -> int | None:
    """Seconds from day zero to a half hour, in local time: since 1980 clocks have been put forward and back at none but such times."""
    found = local_moment(text)
    return None if found is None else (found - _DAY_ZERO) // timedelta(seconds=1)


def _cell_of(value: FieldValue, target: Target) -> CellValue:
    """The cell value that says `value`: "" where nothing is stored, None where there is none."""
    if is_empty(target, value):
        return ""
    if not target.read_only and not target.verifiable:
        return None  # push could not tell that it is unchanged
    cell = format(value, target)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if target.kind is Kind.INTEGER:
        cell = str(value)
    if target.read_only:
        return cell  # never sent: shown as well as a cell can
    if isinstance(target, CustomField) and target.numeric and isinstance(value, str):
        try:
            if _says(float(value), value, target):
                return float(value)
        except ValueError:
            pass
    if isinstance(cell, str):
        cell = cell.replace("\r\n", "\n").replace("\r", "\n")
        if as_text(cell) != f"'{cell}":
            return None
    return cell if _says(cell, value, target) else None


def _says(cell: CellValue, value: FieldValue, target: Target) -> bool:
    """Whether `push` would make of the cell what Reply holds."""
    try:
        read = parse(cell, target, "")
    except CellError:
        return False
    return isinstance(read, str | int) and same(target, read, value)


def _custom_value(contact: Contact, custom: CustomField) -> str | None:
    """By id, else by a title that no other field has: where it cannot be told whose value it is, it is nobody's."""
    value = contact.custom.get(str(custom.id))
    return value if value is not None or not custom.title_is_unique else contact.custom.get(custom.title)


def _styled(style: int) -> str:
    return f' s="{style}"' if style else ""
