"""The functions of `ReplyXLFunctions.xlam`: what a sheet can ask of this computer without sending anything.

The signatures and the first sentence of each docstring become the macros of the file (`addin/functions_build.py`). Arguments are values:
one cell, or a block of cells by rows, which is answered with a block. Nothing is ever raised into Excel.

A value does not tell how its cell shows it, and what it shows is what is sent: the bridge hands the number formats over beside the values.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import xlwings as xw

from reply_xl import inquiries
from reply_xl.inquiries import Window, answered

NAMES = ("REPLY_CHECK", "REPLY_COLUMN", "REPLY_CONTACT", "REPLY_QUOTA", "REPLY_STATUS")
"""What a sheet may call, and nothing else."""
_OPTIONS: dict[str, Any] = {"ndim": 2, "err_to_str": True}
_CATEGORY = "Reply"

_WINDOW = Window()
_FORMATS: ContextVar[Any] = ContextVar("formats", default=())


@contextmanager
def shown_in(formats: Any) -> Iterator[None]:
    """While this lasts, functions know the number formats of their arguments: for each one as Excel names it in English, "" where it is no
    cell, or a sequence of one for each column, of which None stands for several."""
    token = _FORMATS.set(formats)
    try:
        yield
    finally:
        _FORMATS.reset(token)


def _formats(place: int) -> list[list[Any]]:
    """Those of an argument, as a row that goes with its block."""
    given = _FORMATS.get()
    found = given[place] if isinstance(given, list | tuple) and place < len(given) else ""
    every = found if isinstance(found, list | tuple) else [found]
    return [["General" if one == "" else one for one in every]]


@xw.func(category=_CATEGORY)
@xw.arg("header", doc="The header of a column, or a row of headers", **_OPTIONS)
def REPLY_COLUMN(header: Any) -> Any:
    """The field of Reply that a column with this header goes to."""
    return answered(lambda one: inquiries.column_answer(_WINDOW, one), header)


@xw.func(category=_CATEGORY)
@xw.arg("header", doc="The header of the column", **_OPTIONS)
@xw.arg("value", doc="A value below it, or a block of values", **_OPTIONS)
def REPLY_CHECK(header: Any, value: Any) -> Any:
    """Empty if Reply would take this value in a column with this header, else what is wrong with it."""
    return answered(lambda one, other, shown: inquiries.check_answer(_WINDOW, one, other, shown), header, value, _formats(1))


@xw.func(category=_CATEGORY)
@xw.arg("id_or_email", doc="The Reply ID or the e-mail of a contact", **_OPTIONS)
@xw.arg("field", doc="The name of a field, such as Title or custom: Lead Source", **_OPTIONS)
def REPLY_CONTACT(id_or_email: Any, field: Any) -> Any:
    """What this computer last saw in a field of a contact in Reply."""
    return answered(lambda one, other: inquiries.contact_answer(_WINDOW, one, other), id_or_email, field)


@xw.func(category=_CATEGORY)
@xw.arg("id", doc="The Reply ID or the e-mail of a contact", **_OPTIONS)
def REPLY_STATUS(id: Any) -> Any:
    """What became of a contact when it was last sent from this computer, and when."""
    return answered(lambda one: inquiries.status_answer(_WINDOW, one), id)


@xw.func(category=_CATEGORY, volatile=True)
def REPLY_QUOTA() -> Any:
    """How many requests are left in this minute and in this hour."""
    return answered(lambda: inquiries.quota_answer(_WINDOW))
