"""What tells a sheet of our own from a user's: a mark such as `reply_xl columns 1` in its first filled cell. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARK = re.compile(r"reply_xl [a-z]+ [1-9]\d*(?!\d)")
TOP = 3
"""How many rows and columns are looked at: a row or a column that a user put in front does not make the sheet a stranger's."""


def is_mark(value: object) -> bool:
    """Whether a cell's value begins with a mark of ours."""
    return isinstance(value, str) and _MARK.match(value.lstrip()) is not None


def is_whole_mark(text: str) -> bool:
    """Whether a text is a mark and nothing else."""
    return _MARK.fullmatch(text) is not None


def mark_in(lines: Sequence[Sequence[object]]) -> str | None:
    """The mark of a sheet that begins with these rows of cells, None of a user's own. No cell after the first filled one counts: a contact may
    be called anything."""
    cells = (cell for line in lines[:TOP] for cell in line[:TOP])
    first = next((cell for cell in cells if cell is not None and cell != ""), None)
    found = _MARK.match(first.lstrip()) if isinstance(first, str) else None
    return found.group() if found else None
