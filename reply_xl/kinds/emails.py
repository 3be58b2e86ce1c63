"""An e-mail address from a cell: unwrapped, rid of what nobody sees, and checked. Pure.

The check is one of syntax. It is our own: a library that also knows which domains are reserved refuses addresses that Reply holds.
"""

from __future__ import annotations

import re

from reply_xl.kinds.cell_text import Refusal, mixes_alphabets, quoted, without_invisible

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ENCODED = r"[Xx][Nn]--[A-Za-z0-9-]{0,58}[A-Za-z0-9]"
_PLAIN = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}+(?:\.{_ATOM}+)*@(?:{_LABEL}\.)+(?:[A-Za-z]{{2,63}}|{_ENCODED})")
_ANY_ATOM = r"[^\s@<>(),;:\"\\\[\].]"
_ANY_LETTER = r"[^\x00-@\[-`{-\x7f\s]"
_ANY_LABEL = rf"(?:{_ANY_LETTER}|[0-9])(?:(?:{_ANY_LETTER}|[0-9-]){{0,61}}(?:{_ANY_LETTER}|[0-9]))?"
_ANY = re.compile(rf"(?=[^@]{{1,64}}@){_ANY_ATOM}+(?:\.{_ANY_ATOM}+)*@(?:{_ANY_LABEL}\.)+(?:{_ANY_LETTER}{{2,63}}|{_ENCODED})")
"""The same in the letters of every script: a domain has no more of ASCII's marks than the hyphen, and ends in a word."""
_FOUND = re.compile(r"[^\s@<>(),;:\"\\\[\]/|]+@[^\s@<>(),;:\"\\\[\]/|]+")
_NAMED = re.compile(r"[^<>]*<\s*([^<>]*?)\s*>")
_LINK = re.compile(r"mailto:\s*([^?]*)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
_MOST_CHARACTERS = 254
_AGAIN = "type the address again"
_LONGEST = 1000
"""Of an address with all that stands around it."""


def read_email(text: str) -> str | Refusal:
    """The one address in a text: as typed, without `mailto:`, the name before it, quotes around it and characters nobody sees."""
    if len(text) <= _MOST_CHARACTERS and _PLAIN.fullmatch(text) and text[0] != "'":
        return text
    if "@" not in text or len(text) > _LONGEST:
        return _not_one(text)
    seen = without_invisible(text)
    address = _unwrapped(seen)
    if len({found.casefold().strip("'.") for found in _FOUND.findall(seen)}) > 1:
        return Refusal(f"holds {quoted(text)}, which is more than one e-mail address", "keep one of them")
    if len(address) <= _MOST_CHARACTERS and _ANY.fullmatch(address):
        return (
            Refusal(f"holds {quoted(text)}, in which letters of two alphabets look alike", _AGAIN) if mixes_alphabets(address) else address
        )
    return _not_one(text)


def _not_one(text: str) -> Refusal:
    return Refusal(f"holds {quoted(text)}, which is not an e-mail address", "correct it, such as name@company.com")


def _unwrapped(text: str) -> str:
    previous = None
    while previous != text:
        previous = text
        text = text.rstrip(";, ")
        for wrapping in (_NAMED, _LINK):
            inside = wrapping.fullmatch(text)
            text = inside[1] if inside else text
        if text[:1] in ("'", '"', "“", "‘"):
            text = text[1:].rstrip("'\"”’").strip()
    return text
