"""Yes and no, as people and programs write them in English, German, French, Spanish, Portuguese, Italian, Dutch and Polish. Pure."""

from __future__ import annotations

import unicodedata

from reply_xl.kinds.cell_text import Refusal, quoted
from reply_xl.model import CellValue

# Only words that mean the same in every language of the list, and one letter only where it does. A cross is refused, because it is a mark to
# some and a denial to others; the letter x is a mark.
_YES = "true yes y 1 1.0 x on t ja j wahr oui vrai sí si s verdadero sim verdadeiro sì vero waar tak prawda ✓ ✔ ✅ ☑ √"
_NO = "false no n 0 0.0 off f nein falsch non faux falso não nao nee onwaar nie fałsz falsz ☐"
_TRUE, _FALSE = frozenset(_YES.split()), frozenset(_NO.split())


def read_truth(value: CellValue) -> bool | Refusal:
    """What a cell says, if it says yes or no."""
    if isinstance(value, bool):
        return value
    if value in (0.0, 1.0):
        return value == 1.0
    if isinstance(value, str):
        word = unicodedata.normalize("NFC", value).casefold().rstrip("\ufe0e\ufe0f")
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
    return Refusal(f"holds {quoted(value)}", "type yes or no")
