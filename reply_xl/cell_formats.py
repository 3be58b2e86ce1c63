"""The number formats of cells, asked for by ranges: Excel names the format of a range if all its cells have the same one.

Most columns have one format, and most neighbouring columns too, so the first question is about all of them; a range of several formats is
halved. A call into Excel crosses a process border: each question is three of them. A file knows the format of each cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reply_xl.addresses import address

_MOST_QUESTIONS = 2_000
"""What is not known by then stays unknown: a column in which every second cell has another format."""


def read_formats(sheet: Any, wanted: Mapping[int, Sequence[int]], used: Any = None) -> dict[int, dict[int, str | None]]:
    """By row number, then by column index, the formats as Excel names them in English, of the wanted cells: row numbers in order, by column
    index. None for one that could not be found out. `used`: a range that holds them all, if it is at hand: one call less where its cells
    have one format."""
    found: dict[int, dict[int, str | None]] = {}
    common = used.number_format if used is not None and any(wanted.values()) else None
    if isinstance(common, str):
        for index, rows in wanted.items():
            for number in rows:
                found.setdefault(number, {})[index] = common
        return found
    format_at = getattr(sheet.impl, "number_format_at", None)
    if format_at is not None:
        for index, rows in wanted.items():
            for number in rows:
                found.setdefault(number, {})[index] = format_at(number, index + 1)
        return found
    asked = 0
    waiting = [{index: rows for index, rows in sorted(wanted.items()) if rows}]
    while waiting:
        places = waiting.pop()
        if not places:
            continue
        top, bottom = min(rows[0] for rows in places.values()), max(rows[-1] for rows in places.values())
        answer = sheet.range(address(top, bottom, min(places), max(places))).number_format if asked < _MOST_QUESTIONS else None
        asked += 1
        is_one_cell = len(places) == 1 and top == bottom
        if isinstance(answer, str) or is_one_cell or asked > _MOST_QUESTIONS:
            for index, rows in places.items():
                for number in rows:
                    found.setdefault(number, {})[index] = answer if isinstance(answer, str) else None
        elif len(places) > 1:
            indices = list(places)
            middle = len(indices) // 2
            waiting += [{index: places[index] for index in half} for half in (indices[middle:], indices[:middle])]
        else:
            ((index, rows),) = places.items()
            middle = len(rows) // 2
            waiting += [{index: rows[middle:]}, {index: rows[:middle]}]
    return found
