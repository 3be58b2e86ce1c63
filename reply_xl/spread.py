"""Functions of a sheet over blocks of cells: arguments of several shapes side by side, and answers that Excel can show. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reply_xl.kinds.host_values import as_cell
from reply_xl.model import CellValue, ErrorCell

Answer = str | float | bool

LONGEST = 254
"""Characters: beyond 255 a text in a block of answers becomes #VALUE! for the whole block."""
_MOST_CHARACTERS = 32_767
_MOST_CELLS = 200_000
_TOO_MANY = f"These are more than {_MOST_CELLS:,} cells; name only the rows that are in use, such as A2:A500."
_NO_MATCH = "The blocks of cells are not of the same height and width; give blocks of the same size, or one cell, row or column."
_UNREADABLE = ErrorCell("#ERROR")

Block = list[list[CellValue]]


def spread(answer: Callable[..., Answer], *arguments: Any) -> Any:
    """`answer` for each cell of the arguments as Excel hands them over: one answer where it is for one cell, else a block of them, by rows. One
    row, column or cell goes with all of the other block; where the shapes do not go together the answer is a sentence."""
    blocks = [_block(argument) for argument in arguments]
    rows, columns = ({len(block) for block in blocks} - {1}, {len(block[0]) for block in blocks} - {1})
    if len(rows) > 1 or len(columns) > 1:
        return _NO_MATCH
    height, width = max(rows, default=1), max(columns, default=1)
    if height * width > _MOST_CELLS:
        return _TOO_MANY
    if height * width == 1:  # xlwings makes a block of one cell too
        return _alone(answer(*(block[0][0] for block in blocks)))
    known: dict[Any, Answer] = {}
    found = []
    for row in range(height):
        line = []
        for column in range(width):
            cells = tuple(block[row if len(block) > 1 else 0][column if len(block[0]) > 1 else 0] for block in blocks)
            key = tuple((cell.__class__, cell) for cell in cells)
            if key not in known:
                known[key] = _in_block(answer(*cells))
            line.append(known[key])
        found.append(line)
    return found


def sentence(text: str) -> str:
    """On one line, and short enough for every place that a sentence of ours can come to."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _block(argument: Any) -> Block:
    """Rows of the same length, at least one cell."""
    if not isinstance(argument, list | tuple):
        return [[_cell(argument)]]
    rows = argument if any(isinstance(row, list | tuple) for row in argument) else [argument]
    lines = [[_cell(cell) for cell in row] if isinstance(row, list | tuple) else [_cell(row)] for row in rows]
    width = max(1, *map(len, lines)) if lines else 1
    return [line + [None] * (width - len(line)) for line in lines] or [[None]]


def _cell(value: Any) -> CellValue:
    try:
        return as_cell(value)
    except (OverflowError, ValueError):
        return _UNREADABLE


def _alone(answer: Answer) -> Answer:
    return answer[:_MOST_CHARACTERS] if isinstance(answer, str) else answer


def _in_block(answer: Answer) -> Answer:
    if isinstance(answer, str) and len(answer) > LONGEST:
        return f"This text has {len(answer):,} characters, too many for a block of cells; ask for it in a cell of its own."
    return answer
