"""Sentences that name a file or a sheet by an option, as they are said to somebody at a terminal whose workbook is open in Excel. Pure."""

from __future__ import annotations

import re

_WORDS = [
    (r"“reply-xl (columns|preview) BOOK\b", r"“reply-xl \1 --live"),
    (r"from the next “reply-xl pull” on\b", "from the next “reply-xl pull --live” on"),
    (r"; save it, and name the file with --book\.", "; save it under a name, and try again."),
    (r"; name the workbook that does with --book\.", "; open the workbook that does, and try again."),
    (r"; choose the sheet that does \(--sheet\)\.", "; go to the sheet that does, and try again."),
    (r"; name the sheet that does with --sheet\.", "; go to the sheet that does, and try again."),
    (r"; name one with --sheet:", "; go to the one that is meant:"),
]
_COMPILED = [(re.compile(pattern), text) for pattern, text in _WORDS]


def in_live(sentence: str) -> str:
    """The sentence without the options that a command with `--live` does not take, and with commands that take it."""
    for pattern, text in _COMPILED:
        sentence = pattern.sub(text, sentence)
    return sentence
