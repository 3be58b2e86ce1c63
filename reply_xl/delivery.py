"""Outcomes into the file, come what may: a result that is known is never lost."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from reply_xl.config import data_folder
from reply_xl.errors import SheetError
from reply_xl.model import Outcome
from reply_xl.push import Push
from reply_xl.sheet import Layout
from reply_xl.workbook import Workbook


def deliver(run: Push, layout: Layout, outcomes: Sequence[Outcome], book: Workbook, out: Path | None) -> str:
    """Writes the outcomes into the book and saves it, to `out` or over itself. If that is no longer possible, they go into a copy beside
    it, or into this user's data folder. Returns "" or the sentence that says where they are."""
    problem = ""
    try:
        run.write(layout, outcomes)
    except SheetError as error:
        problem = f"{error} All results are in what is printed here."
    try:
        book.save(out)
    except SheetError as error:
        wanted = out or book.path
        name = f"{wanted.stem.removesuffix('.results')}.results{wanted.suffix}"
        for place in ("beside", "data"):
            with contextlib.suppress(SheetError, OSError):
                copy = _free_name((wanted.parent if place == "beside" else data_folder()) / name)
                book.save(copy)
                return f"{error} {problem or f'The results are in {copy}.'}"
        return f"{error} All results are in what is printed here."
    return problem


def _free_name(path: Path) -> Path:
    """`path`, or the first of `name-2`, `name-3` … that is not there yet."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free
