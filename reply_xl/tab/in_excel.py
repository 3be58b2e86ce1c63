"""Sentences that advise an option of the command line, as they are said to somebody who clicked a button. Pure.

The rooms below know neither a terminal nor a ribbon, and name the option; here stands the one list of what is clicked instead.
"""

from __future__ import annotations

import re

_WORDS = [
    (r" \(--allow [a-z,-]+\)", ""),
    (r" \(--only-empty\)", ""),
    (r" \(--on-conflict keep-reply\)", ""),
    (r"\bonly with --allow opt-in\b", "only if you say so when you are asked"),
    (
        r"Choose with --on-conflict: take-sheet sends the sheet's value, keep-reply leaves Reply's\.",
        "Click Preview to choose which one stays.",
    ),
    (r"; --on-conflict says what to do\.", "; click Preview to choose."),
    (r"\brow of run \d+ needs it;", "row of the last update needs it;"),
    (r"\b(rows?) of run \d+ that (needs?)\b", r"\1 of the last update that \2"),
    (r"“reply-xl resume \d+” finishes it;", "Retry failed finishes it;"),
    (r"; name the workbook that does with --book\.", "; open the workbook that does, and click there."),
    (r"; save it, and name the file with --book\.", "; save it under a name, and click there."),
    (r", or name one with --header-row\.", "."),
    (r", or name (their row|the header row) with --header-row\.", ", in one of the first 20 rows."),
    (r"; name the header row with --header-row\.", "; put column headers above the contacts."),
    (r"; correct --header-row\.", "; put column headers there."),
    (r"; choose the sheet that does \(--sheet\)\.", "; click on the sheet that does."),
    (r"; name the sheet that does with --sheet\.", "; click on the sheet that does."),
    (r"; name one with --sheet:", "; go to the one that is meant:"),
    (r"; preview fewer rows with --rows\.", "; select fewer rows."),
    (r", or make a new one with “reply-xl preview BOOK --edit”\.", ", or click Preview on your sheet to make a new one."),
    (r"; “reply-xl preview BOOK --edit” makes one\.", "; click Preview to make one."),
    (r"; add one or leave it out of --fields\.", "; add one."),
    (r"; (correct|leave it out of) --fields\.", "; correct it."),
    (r"from the next “reply-xl pull” on\b", "from the next Pull on"),
    (r" with --list or --search\.", "."),
    (r"; start it with “reply-xl sandbox” in another window\.", "; click Practice twice to start it anew."),
    (r"“reply-xl runs” lists them\.", "none of them has that number."),
    (r"; move it away, or give --out another name\.", "; move it away."),
    (r"; correct --out\.", "."),
    (r"\bpush --plan\b( on\b)?", "update from the preview"),
    (r"\(push on ", "(update of "),
    (r"\((\w+) on ", r"(\1 of "),
]
_COMPILED = [(re.compile(pattern), text) for pattern, text in _WORDS]


def in_excel(sentence: str) -> str:
    """The sentence without options of the command line. Commands that only a terminal has (`reply-xl doctor`, `reply-xl install`) stay."""
    for pattern, text in _COMPILED:
        sentence = pattern.sub(text, sentence)
    return sentence
