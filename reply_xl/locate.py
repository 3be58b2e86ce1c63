"""Rows of a sheet as they were → the same rows as they stand now. Pure.

A row is known by its key, the Reply ID or else the e-mail, and where several rows have the same one, or it has none, by what its cells hold.
What cannot be told apart is left out: a result is never written beside another contact.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from reply_xl.fields import CATALOGUE, fold
from reply_xl.history.runs import Mark
from reply_xl.kinds.values import is_blank
from reply_xl.mapping.columns import OURS, REPLY_ID
from reply_xl.model import Column, Role, Row
from reply_xl.wishes import key_of

_OWN = frozenset(fold(header) for header in (*OURS, REPLY_ID))
_FILLED = frozenset(fold(text) for field in CATALOGUE if field.read_only for text in (field.name, f"Reply {field.label}"))

Marks = Mapping[int, Mark]
"""By row number."""


def marks_of(rows: Iterable[Row], columns: Sequence[Column]) -> dict[int, Mark]:
    """The mark of each row, by row number. What this add-in fills in is no part of it: that changes with every run."""
    own = [(fold(column.header), column.index) for column in columns if column.header and fold(column.header) not in _OWN | _FILLED]
    return {row.number: Mark(_key(row, columns), _look(row, own)) for row in rows}


def own_headers(headers: Iterable[str]) -> tuple[str, ...]:
    """The headers that are the user's, in their order."""
    return tuple(header for header in headers if header and fold(header) not in _OWN)


def locate(wanted: Marks, rows: Sequence[Row], columns: Sequence[Column], contact_ids: Mapping[int, int] | None = None) -> dict[int, int]:
    """Former row number → row number now, of the rows that are found; no two have the same one. `contact_ids`: the contact that a row found
    by its e-mail turned out to be: it may have its Reply ID by now, and another one speaks against it."""
    now = marks_of(rows, columns)
    found = _by_key(wanted, now)
    known = contact_ids or {}
    by_email: dict[str, list[int]] = defaultdict(list)
    by_id: dict[str, list[int]] = defaultdict(list)
    for number, email in _emails(rows, columns).items():
        by_email[email].append(number)
        by_id[now[number].key].append(number)
    missing: dict[tuple[str, int | None], list[int]] = defaultdict(list)
    for number, mark in wanted.items():
        if number not in found and mark.key.startswith("email:"):
            missing[mark.key, known.get(number)].append(number)
    for (email, contact), numbers in missing.items():
        taken = set(found.values())
        same_email = [other for other in by_email[email] if contact is None or now[other].key in (email, f"id:{contact}")]
        there = [other for other in same_email or by_id[f"id:{contact}"] if other not in taken]
        found |= _paired(numbers, there, wanted, now)
    return found | _by_look(wanted, now, found)


def follow(before: Marks, now: Marks) -> dict[int, int]:
    """The same for all rows of a sheet between two looks at it: a row without key that looks otherwise now, such as one with a formula that
    changes by itself, has kept its place between its neighbours."""
    found = _by_key(before, now)
    found |= _by_look(before, now, found)
    taken = set(found.values())
    above: dict[int, int] = {}
    shift = 0
    for number in sorted(before):
        shift = found[number] - number if number in found else shift
        above[number] = shift
    below: int | None = None
    for number in sorted(before, reverse=True):
        if number in found:
            below = found[number] - number
        elif below in (None, above[number]):
            place = number + above[number]
            if place in now and place not in taken and not before[number].key and not now[place].key and now[place].look != _BLANK:
                found[number] = place
    return found


def _by_key(wanted: Marks, now: Marks) -> dict[int, int]:
    there, numbers = _grouped(now), _grouped(wanted)
    found: dict[int, int] = {}
    for key in numbers.keys() - {""}:
        found |= _paired(numbers[key], there.get(key, []), wanted, now)
    return found


def _by_look(wanted: Marks, now: Marks, found: Mapping[int, int]) -> dict[int, int]:
    """The rows without key, among those that are nobody else's."""
    taken = set(found.values())
    there: dict[str, list[int]] = defaultdict(list)
    for number, mark in now.items():
        if number not in taken:
            there[mark.look].append(number)
    groups: dict[str, list[int]] = defaultdict(list)
    for number, mark in wanted.items():
        if not mark.key:
            groups[mark.look].append(number)
    alike: dict[int, int] = {}
    for look, numbers in groups.items():
        alike |= _alike(numbers, there[look])
    return alike


def _grouped(marks: Marks) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number, mark in marks.items():
        groups[mark.key].append(number)
    return groups


def _paired(numbers: Sequence[int], there: Sequence[int], wanted: Marks, now: Marks) -> dict[int, int]:
    """Rows of the same contact: those that look the same first, then the others in their order if none is missing, else only those that
    stand where they stood."""
    if len(numbers) == len(there) == 1:
        return {numbers[0]: there[0]}
    looks: dict[str, list[int]] = defaultdict(list)
    for other in there:
        looks[now[other].look].append(other)
    found: dict[int, int] = {}
    for look in {wanted[number].look for number in numbers}:
        found |= _alike([number for number in numbers if wanted[number].look == look], looks[look])
    rest = [number for number in numbers if number not in found]
    taken = set(found.values())
    free = [other for other in there if other not in taken]
    if len(rest) == len(free):
        return found | dict(zip(rest, free, strict=True))
    return found | {number: number for number in rest if number in free}


def _alike(numbers: Collection[int], there: Collection[int]) -> dict[int, int]:
    """Rows that nothing tells apart: each at its place, else in their order, as far as they go."""
    here = set(there)
    found = {number: number for number in numbers if number in here}
    free = [other for other in there if other not in found]
    return found | dict(zip([number for number in numbers if number not in found], free, strict=False))


def _key(row: Row, columns: Sequence[Column]) -> str:
    key = key_of(row, columns)
    if key is None:
        return ""
    return f"id:{key.contact_id}" if key.contact_id is not None else f"email:{(key.email or '').lower()}"


def _emails(rows: Sequence[Row], columns: Sequence[Column]) -> dict[int, str]:
    """The key that each row would have without its id, also of those that have one."""
    only_email = [column for column in columns if column.role is not Role.KEY]
    return {row.number: _key(row, only_email) for row in rows}


def _look(row: Row, own: Sequence[tuple[str, int]]) -> str:
    return _digest(sorted(f"{header}\0{row[index]!r}" for header, index in own if not is_blank(row[index])))


def _digest(cells: Sequence[str]) -> str:
    return hashlib.blake2b("\1".join(cells).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


_BLANK = _digest([])
