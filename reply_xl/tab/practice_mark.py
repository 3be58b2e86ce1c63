"""What tells a copy for practice from a sheet of the user's, whatever either is called: a name of the sheet's own, `reply_xl_practice`.

The name goes with the sheet where it is copied, moved or saved, and says to which practice server the copy belongs.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["mark_practice", "practice_named", "practice_of"]

_NAME = "reply_xl_practice"
_REFERS_TO = re.compile(r'="?practice ([0-9a-z-]{1,60})"?')


def mark_practice(sheet: Any, instance: str | None) -> None:
    """Makes an xlwings sheet a copy for the practice of this server, and of no other. `instance`: what the server calls itself; None: it is no
    such copy any more. A workbook file takes no mark: that raises."""
    for name in [name for name in sheet.names if _is_ours(name)]:
        name.delete()
    if instance is not None:
        sheet.names.add(_NAME, f'="practice {instance}"')


def practice_of(sheet: Any) -> str | None:
    """The practice server that an xlwings sheet was copied for, "" where that cannot be read; None: it is no such copy. As many calls as the
    sheet has names of its own, and 3."""
    name = next((name for name in sheet.names if _is_ours(name)), None)
    if name is None:
        return None
    found = _REFERS_TO.fullmatch(str(name.refers_to))
    return found[1] if found else ""


def practice_named(book: Any, name: str) -> str | None:
    """`practice_of` the sheet of this name; None also where an xlwings book has none."""
    return next((practice_of(sheet) for sheet in book.sheets if str(sheet.name) == name), None)


def _is_ours(name: Any) -> bool:
    return str(name.name).rpartition("!")[2].casefold() == _NAME
