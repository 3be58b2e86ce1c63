"""Names of owners and accounts → their ids in Reply, which is what a contact holds. An ambiguous or unknown name is never guessed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reply_xl.errors import ApiRefused, NotAuthorised
from reply_xl.fields import fold
from reply_xl.model import Column, Contacts, Named, Role, Row
from reply_xl.values import shown
from reply_xl.wishes import REFERENCES, Names, named_in
from reply_xl.wording import joined

_MOST_SEARCHES = 5
"""Up to so many account names are searched for one by one; for more, all accounts are read."""
_MOST_NAMED = 5


def look_up(rows: Sequence[Row], columns: Sequence[Column], fields: Collection[str] | None, contacts: Contacts) -> Names:
    """By field name: each text of its column that is a name → the id, or what is wrong with it. One request for all owners, at most one for
    each account; none where no cell holds a name. `fields`: the only ones that are sent, None for all."""
    names: dict[str, dict[str, int | str]] = {}
    for column in columns:
        target = column.target
        if column.role is not Role.FIELD or target is None or column.hidden or target.name not in REFERENCES:
            continue
        if fields is not None and target.name not in fields:
            continue
        texts = {text for row in rows if not row.hidden and (text := named_in(row[column.index])) is not None}
        names[target.name] = (_owners(texts, contacts) if target.name == "ownerUserId" else _accounts(texts, contacts)) if texts else {}
    return names


def _owners(texts: Collection[str], contacts: Contacts) -> dict[str, int | str]:
    try:
        members = contacts.team_members()
    except NotAuthorised:
        raise
    except ApiRefused as error:
        if error.status != 403:
            raise
        what = "holds a name, and Reply tells the members of a team only within an organization; type the number of the user"
        return dict.fromkeys(texts, what)
    return {text: _found(text, members, "member of your team") for text in texts}


def _accounts(texts: Collection[str], contacts: Contacts) -> dict[str, int | str]:
    if len(texts) > _MOST_SEARCHES:
        every = contacts.accounts("")
        return {text: _found(text, every, "account in Reply") for text in texts}
    return {text: _found(text, contacts.accounts(text), "account in Reply") for text in texts}


def _found(text: str, candidates: Sequence[Named], what: str) -> int | str:
    """The one whose name or e-mail this is, else the sentence's end."""
    wanted = text.strip().casefold()
    found = [one for one in candidates if wanted in (one.name.strip().casefold(), one.other.strip().casefold())]
    found = found or [one for one in candidates if fold(one.name) == fold(text) != ""]
    ids = sorted({one.id for one in found})
    if len(ids) == 1:
        return ids[0]
    if ids:
        those = joined([f"{number} ({shown(one.other or one.name)})" for number in ids for one in found if one.id == number], _MOST_NAMED)
        return f"holds “{shown(text)}”, and more than one {what} is called so: {those}; type the number of the right one"
    parts = set(fold(text)) and [one for one in candidates if fold(text) in fold(one.name) or fold(one.name) in fold(text)]
    near = joined([shown(one.name) for one in (parts or candidates)], _MOST_NAMED)
    return f"holds “{shown(text)}”, and no {what} is called so{f' (there is {near})' if near else ''}; correct it or type a number"
