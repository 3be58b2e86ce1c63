"""Names of owners and accounts → their ids in Reply, which is what a contact holds. An ambiguous or unknown name is never guessed; a number
that Reply does not know is not sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from reply_xl.errors import ApiRefused, NotAuthorised
from reply_xl.fields import fold, same, value_of
from reply_xl.kinds.values import shown
from reply_xl.model import Column, Contact, Contacts, Named, Role, Row
from reply_xl.patches import Unknown
from reply_xl.wishes import REFERENCES, Names, Wish, named_in
from reply_xl.wording import joined

_MOST_SEARCHES = 5
"""Up to so many account names are searched for one by one; for more, all accounts are read."""
_MOST_NAMED = 5
_MEMBER, _ACCOUNT = "member of your team", "account in Reply"
_MOST_ACCOUNTS = 20_000
"""As many are read at most: then there may be more."""


class Directory:
    """The members and accounts of one workspace, each asked for once."""

    def __init__(self, contacts: Contacts) -> None:
        self._contacts = contacts

    def look_up(self, rows: Sequence[Row], columns: Sequence[Column], fields: Collection[str] | None) -> Names:
        """By field name: each text of its column that is a name → the id, or what is wrong with it. One request for all owners, at most one
        for each account; none where no cell holds a name. `fields`: the only ones that are sent, None for all."""
        names: dict[str, dict[str, int | str]] = {}
        for column in columns:
            target = column.target
            if column.role is not Role.FIELD or target is None or column.hidden or target.name not in REFERENCES:
                continue
            if fields is not None and target.name not in fields:
                continue
            texts = {text for row in rows if not row.hidden and (text := named_in(row[column.index])) is not None}
            names[target.name] = (self._owners(texts) if target.name == "ownerUserId" else self._accounts_named(texts)) if texts else {}
        return names

    def unknown_numbers(self, found: Iterable[tuple[Wish, Contact]]) -> Unknown:
        """Of the numbers that would replace another one: those that no member of the team, or no account, has, with what is wrong. Nobody can
        tell outside an organization, where the key may not read accounts, nor where there are too many of them."""
        wanted: dict[str, set[int]] = {}
        for wish, contact in found:
            for column, value in wish.values:
                target = column.target
                if target and target.name in REFERENCES and isinstance(value, int) and not same(target, value_of(contact, target), value):
                    wanted.setdefault(target.name, set()).add(value)
        unknown: dict[str, dict[int, str]] = {}
        for name, numbers in wanted.items():
            what, known = (_MEMBER, self._members or ()) if name == "ownerUserId" else (_ACCOUNT, self._known_accounts())
            if 0 < len(known) < _MOST_ACCOUNTS:
                near = joined([f"{one.id} ({shown(one.name)})" for one in known], _MOST_NAMED)
                says = f"and no {what} has this number (there is {near}); correct it or type a name"
                unknown[name] = {number: f"holds {number}, {says}" for number in numbers - {one.id for one in known}}
        return unknown

    @cached_property
    def _members(self) -> Sequence[Named] | None:
        """None outside an organization."""
        try:
            return self._contacts.team_members()
        except NotAuthorised:
            raise
        except ApiRefused as error:
            if error.status != 403:
                raise
            return None

    @cached_property
    def _accounts(self) -> Sequence[Named]:
        return self._contacts.accounts("")

    def _known_accounts(self) -> Sequence[Named]:
        """Those that there are, nothing where that may not be asked."""
        try:
            return self._accounts
        except NotAuthorised:
            raise
        except ApiRefused:
            return ()

    def _owners(self, texts: Collection[str]) -> dict[str, int | str]:
        if self._members is None:
            what = "holds a name, and Reply tells the members of a team only within an organization; type the number of the user"
            return dict.fromkeys(texts, what)
        return {text: _found(text, self._members, _MEMBER) for text in texts}

    def _accounts_named(self, texts: Collection[str]) -> dict[str, int | str]:
        every = self._accounts if len(texts) > _MOST_SEARCHES else None
        return {text: _found(text, self._contacts.accounts(text) if every is None else every, _ACCOUNT) for text in texts}


def _signs(text: str) -> str:
    """What tells C++ from C#, and AT&T from ATT."""
    return "".join(char for char in text if char in "+#&@")


def _found(text: str, candidates: Sequence[Named], what: str) -> int | str:
    """The one whose name or e-mail this is, else the sentence's end."""
    wanted = text.strip().casefold()
    found = [one for one in candidates if wanted in (one.name.strip().casefold(), one.other.strip().casefold())]
    found = found or [one for one in candidates if fold(one.name) == fold(text) != "" and _signs(one.name) == _signs(text)]
    ids = sorted({one.id for one in found})
    if len(ids) == 1:
        return ids[0]
    if ids:
        those = joined([f"{number} ({shown(one.other or one.name)})" for number in ids for one in found if one.id == number], _MOST_NAMED)
        return f"holds “{shown(text)}”, and more than one {what} is called so: {those}; type the number of the right one"
    parts = set(fold(text)) and [one for one in candidates if fold(text) in fold(one.name) or fold(one.name) in fold(text)]
    near = joined([shown(one.name) for one in (parts or candidates)], _MOST_NAMED)
    return f"holds “{shown(text)}”, and no {what} is called so{f' (there is {near})' if near else ''}; correct it or type a number"
