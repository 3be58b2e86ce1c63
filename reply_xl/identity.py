"""Is this contact the person in this row? Pure.

Ids of other systems are whole numbers too: an id alone proves nothing where the rest of the row says otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum
from urllib.parse import unquote

from reply_xl.fields import BY_NAME, fold, same
from reply_xl.model import Contact
from reply_xl.wishes import Wish

MOST_STRANGERS = 0.20
MOST_UNKNOWN = 0.50
_FEWEST_NAMES = 5
"""Names are also what people edit: only from so many rows on may names alone speak against an id column."""


_PROFILE = re.compile(r"(?:https?://)?(?:[a-z]{1,6}\.)?linkedin\.com/in/([^/?#]+)", re.IGNORECASE)
"""A person's page. Any other page, such as a company's, may stand in many rows; below `/pub/` many people share a name."""


class Likeness(Enum):
    SAME = "same"
    STRANGER = "stranger"
    CANNOT_TELL = "cannot tell"


def likeness(wish: Wish, contact: Contact) -> Likeness:
    """What the row's e-mail says; other evidence (both names, or the LinkedIn URL) vouches for a contact whose e-mail differs."""
    email = wish.said["email"]
    if not email or not contact.email:
        return Likeness.CANNOT_TELL
    if same(BY_NAME["email"], email, contact.email) or vouched(wish, contact):
        return Likeness.SAME
    return Likeness.STRANGER


def vouched(wish: Wish, contact: Contact) -> bool:
    """Whether first and last name, or the LinkedIn URL, stand in the row and are the contact's."""
    first, last, url = (wish.said[name] for name in ("firstName", "lastName", "linkedInUrl"))
    names = bool(first and last) and _like(first, contact.values.get("firstName")) and _like(last, contact.values.get("lastName"))
    return names or _profile(url) == _profile(contact.values.get("linkedInUrl")) != ""


def cannot_tell(wish: Wish, contact: Contact) -> bool:
    """Whether nothing in the row shows that it is this contact, and nothing that it is another."""
    found_by_email = wish.contact_id is None
    return not found_by_email and likeness(wish, contact) is Likeness.CANNOT_TELL and not vouched(wish, contact)


def refusal(found: Sequence[tuple[Wish, Contact]], unknown: int, done: str = "sent") -> str | None:
    """Why the whole run must stop before anything is `done`, or None. One row alone is its own matter.

    `found`: every row whose id Reply knows; `unknown`: the number of rows whose id it does not know or that no id of Reply can be."""
    ids = len(found) + unknown
    if ids < 2:
        return None
    if unknown / ids > MOST_UNKNOWN:
        return (
            f"Nothing was {done}: Reply does not know {unknown} of the {ids} IDs, so the ID column seems to hold another system's; "
            "remove that column and let the e-mail find the contacts."
        )
    verdicts = [likeness(wish, contact) for wish, contact in found]
    told = [verdict for verdict in verdicts if verdict is not Likeness.CANNOT_TELL]
    strangers = told.count(Likeness.STRANGER)
    if told and strangers / len(told) > MOST_STRANGERS:
        return (
            f"Nothing was {done}: {strangers} of {len(told)} rows have another e-mail than the contact with their ID, so the ID column seems to hold "
            "another system's; remove that column and let the e-mail find the contacts."
        )
    untold = [pair for pair, verdict in zip(found, verdicts, strict=True) if verdict is Likeness.CANNOT_TELL]
    named = [_names_are_strange(wish, contact) for wish, contact in untold if _has_both_names(wish, contact)]
    if len(named) >= _FEWEST_NAMES and sum(named) / len(named) > MOST_STRANGERS:
        return (
            f"Nothing was {done}: {sum(named)} of {len(named)} rows without an e-mail to compare name another person than the contact with "
            "their ID; add an Email column, so that it can be told who is who."
        )
    return None


def _has_both_names(wish: Wish, contact: Contact) -> bool:
    return bool(wish.said["firstName"] and wish.said["lastName"] and contact.values.get("firstName") and contact.values.get("lastName"))


def _names_are_strange(wish: Wish, contact: Contact) -> bool:
    """No word of one name is like any word of the other: a new surname, swapped names or a corrected spelling are not strange."""
    from difflib import SequenceMatcher

    ours = _words(f"{wish.said['firstName']} {wish.said['lastName']}")
    theirs = _words(contact.full_name)
    ratios = [SequenceMatcher(None, one, other).ratio() for one in ours for other in theirs]
    return bool(ratios) and max(ratios) < 0.6


def _words(text: str) -> list[str]:
    """The first words of a name, folded."""
    return [fold(word) for word in text[:100].split() if fold(word)]


def _like(said: str | None, known: object) -> bool:
    return isinstance(known, str) and said is not None and fold(said) == fold(known) != ""


def _profile(url: object) -> str:
    """The part of a LinkedIn URL that is one person's, or ""."""
    found = _PROFILE.match(url.strip()) if isinstance(url, str) else None
    return unicodedata.normalize("NFC", unquote(found[1])).casefold() if found else ""
