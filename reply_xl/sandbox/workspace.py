"""The workspace behind the sandbox: contacts, custom fields, lists, users and accounts, and what the API's calls do to them.

Pure state and rules, no HTTP. Not thread-safe by itself: its owner holds one lock around every call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from reply_xl.sandbox import data as sandbox_data
from reply_xl.sandbox.answers import COMPANY_REFUSED, REQUIRED, WRONG_FORMAT, WRONG_TYPE, Problem, error, invalid
from reply_xl.sandbox.contact import FIRST_ID, MAX_ID, Contact, changed_contact, check_fields, make_contact
from reply_xl.sandbox.patch import CustomChange, read_patch
from reply_xl.sandbox.settings import Settings

CustomField = dict[str, Any]

_FIRST_CUSTOM_FIELD_ID = 150697


class Workspace:
    """What one Reply team holds. `clock` gives Unix seconds."""

    def __init__(
        self,
        contacts: Iterable[Mapping[str, Any]] | None,
        custom_fields: Iterable[Mapping[str, Any] | str] | None,
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self.whoami = sandbox_data.WHOAMI
        self.users = sandbox_data.TEAM_USERS
        self.accounts = sandbox_data.ACCOUNTS
        self._team = {user["userId"] for user in self.users if user["teamId"] == self.whoami["teamId"]}
        self._account_ids = {account["id"] for account in self.accounts}
        self.lists: dict[int, dict[str, Any]] = {entry["id"]: entry for entry in sandbox_data.LISTS}
        self.custom_fields: dict[int, CustomField] = {}
        for given in sandbox_data.CUSTOM_FIELDS if custom_fields is None else custom_fields:
            self._add_given_field({"title": given} if isinstance(given, str) else given)
        made = self._make_contacts(sandbox_data.contacts() if contacts is None else contacts)
        # What reset() goes back to. Contacts and fields are never changed in place, so shallow copies are enough.
        self._initial = (made, dict(self.custom_fields))
        self.reset()

    def reset(self) -> None:
        """Everything as it was given."""
        contacts, custom_fields = self._initial
        self.contacts: dict[int, Contact] = dict(contacts)
        self.custom_fields = dict(custom_fields)
        self._by_email: dict[str, set[int]] = {}
        for contact in self.contacts.values():
            self._index(contact)

    def contact(self, ident: int) -> Contact:
        """The contact, or 404 contact.notFound [DOC]."""
        contact = self.contacts.get(ident)
        if contact is None:
            raise Problem(404, f"Contact with ID {ident} not found.", "contact.notFound")
        return contact

    def with_email(self, email: str) -> list[Contact]:
        """The contacts with exactly this e-mail, whatever its case; in the order of their ids."""
        return [self.contacts[ident] for ident in sorted(self._by_email.get(email.lower(), ()))]

    def patch(self, ident: int, body: Mapping[str, Any], settings: Settings) -> tuple[Contact, bool]:
        """PATCH: the contact afterwards and whether anything was written. All of it or nothing.

        [?] The order in which Reply checks is not documented; here: the body, the contact, then what needs the workspace.
        """
        change = read_patch(body, settings)
        before = self.contact(ident)
        if settings.accounts_feature and "company" in change.fields:
            raise Problem(400, COMPANY_REFUSED, "contact.invalidInput")
        self._check_links(change.fields, settings)
        self._check_email(ident, change.fields.get("email"), settings)
        custom = self._custom_after(before["customFields"], change.custom, settings)
        if not change.fields and not change.custom:
            return before, False
        changes = {name: value for name, value in change.fields.items() if not settings.ignores_field(name)}
        if custom != before["customFields"] and not settings.ignores_field("customFields"):
            changes["customFields"] = custom
        return self._replace(before, changes), True

    def edit(self, ident: int, fields: Mapping[str, Any]) -> Contact:
        """The contact edited by somebody else in Reply: no rule of the API applies; ValueError for what no contact can hold."""
        before = self.contacts[ident]
        check_fields(fields)
        if "id" in fields:
            raise ValueError("the id of a contact cannot be edited")
        changes = dict(fields)
        if "customFields" in changes:
            after = {**before["customFields"], **self._custom_values(changes["customFields"] or ())}
            changes["customFields"] = {field: value for field, value in after.items() if value is not None}
        if "lists" in changes:
            changes["lists"] = self._list_ids(changes["lists"] or ())
        if "sequences" in changes:
            changes["sequences"] = tuple(changes["sequences"] or ())
        return self._replace(before, changes)

    def delete(self, ident: int) -> None:
        """The contact deleted by somebody else; no error if it is gone already."""
        contact = self.contacts.pop(ident, None)
        if contact is not None:
            self._unindex(contact)

    def add_custom_field(self, body: Mapping[str, Any]) -> CustomField:
        """POST /v3/custom-fields [DOC]: 409 customField.duplicateName if the title exists in the same scope."""
        title, kind = body.get("title"), body.get("fieldType")
        shared = body.get("orgWide", False)
        errors = []
        if title is None or title == "":
            errors.append(error("/title", REQUIRED))
        elif not isinstance(title, str):
            errors.append(error("/title", WRONG_TYPE))
        elif len(title) > 90:
            errors.append(error("/title", "The field title must be a string with a maximum length of 90."))
        if kind is None:
            errors.append(error("/fieldType", REQUIRED))
        elif kind not in ("text", "number"):
            errors.append(error("/fieldType", WRONG_FORMAT if isinstance(kind, str) else WRONG_TYPE))
        if not isinstance(shared, bool):
            errors.append(error("/orgWide", WRONG_TYPE))
        if errors:
            raise invalid(errors)
        if any(field["title"].lower() == str(title).lower() and field["orgWide"] == shared for field in self.custom_fields.values()):
            raise Problem(409, f"Custom field with name '{title}' already exists.", "customField.duplicateName")
        return self._add_given_field({"title": title, "fieldType": kind, "metadata": body.get("metadata"), "orgWide": shared})

    def title_of(self, ident: int) -> str:
        return str(self.custom_fields[ident]["title"])

    def list_of(self, ident: int) -> Mapping[str, Any]:
        return self.lists[ident]

    # -- what a PATCH needs to know of the workspace

    def _check_links(self, fields: Mapping[str, Any], settings: Settings) -> None:
        owner, account = fields.get("ownerUserId"), fields.get("accountId")
        if owner is not None and owner not in self._team:
            detail = f"OwnerUserId {owner} is not a member of the team."
            if settings.foreign_owner == 404:
                # [SEED] gives the status alone; the code is the only one listed for a 404 of this call [DOC].
                raise Problem(404, detail, "contact.notFound")
            raise Problem(400, detail, "contact.invalidInput")
        if account is not None and account not in self._account_ids:
            raise Problem(400, f"AccountId {account} not found.", "contact.invalidInput")

    def _check_email(self, ident: int, email: str | None, settings: Settings) -> None:
        """[?] Neither status nor words are documented for an e-mail that another contact has."""
        if email is None or not self._by_email.get(email.lower(), set()) - {ident}:
            return
        code = "contact.invalidInput" if settings.duplicate_email == 400 else "contact.duplicateEmail"
        raise Problem(settings.duplicate_email, f"Contact with email '{email}' already exists.", code)

    def _custom_after(self, before: Mapping[int, str], changes: Sequence[CustomChange], settings: Settings) -> dict[int, str]:
        after = dict(before)
        for index, change in enumerate(changes):
            field = self._custom_field(change)
            if field is None:
                if settings.unknown_custom_fields == "refused":
                    named = f"ID {change.id}" if change.id is not None else f"name '{change.name}'"
                    raise Problem(404, f"Custom field with {named} not found.", "customField.notFound")
                continue
            if change.value and field["fieldType"] == "number" and not _is_number(change.value):
                raise invalid([error(f"/customFields/{index}/value", WRONG_FORMAT)])
            if settings.ignores_field(f"custom:{field['title']}"):
                continue
            if change.value:
                after[field["id"]] = change.value
            else:
                after.pop(field["id"], None)
        return after

    def _custom_field(self, change: CustomChange) -> CustomField | None:
        """By id; without one by the exact name, the first of several."""
        if change.id is not None:
            return self.custom_fields.get(change.id)
        return next((field for field in self.custom_fields.values() if field["title"] == change.name), None)

    # -- storing

    def _replace(self, before: Contact, changes: Mapping[str, Any]) -> Contact:
        after = changed_contact(before, changes, self._clock())
        self.contacts[after["id"]] = after
        if after["email"] != before["email"]:
            self._unindex(before)
            self._index(after)
        return after

    def _index(self, contact: Contact) -> None:
        if contact["email"]:
            self._by_email.setdefault(contact["email"].lower(), set()).add(contact["id"])

    def _unindex(self, contact: Contact) -> None:
        if contact["email"]:
            self._by_email.get(contact["email"].lower(), set()).discard(contact["id"])

    # -- what a test or the demo gives

    def _make_contacts(self, given: Iterable[Mapping[str, Any]]) -> dict[int, Contact]:
        now = self._clock()
        owner = self.whoami["userId"]
        entries = list(given)
        taken = {entry["id"] for entry in entries if entry.get("id") is not None}
        made: dict[int, Contact] = {}
        following = FIRST_ID
        for entry in entries:
            ident = entry.get("id")
            if ident is None:
                while following in taken:
                    following += 1
                ident, following = following, following + 1
            if isinstance(ident, bool) or not isinstance(ident, int) or not 1 <= ident <= MAX_ID or ident in made:
                raise ValueError(f"{ident!r} cannot be the id of one more contact")
            custom = {field: text for field, text in self._custom_values(entry.get("customFields") or ()).items() if text is not None}
            made[ident] = make_contact(entry, ident, owner, custom, self._list_ids(entry.get("lists") or ()), now)
        return made

    def _custom_values(self, given: Mapping[Any, Any] | Iterable[Mapping[str, Any]]) -> dict[int, str | None]:
        """{id: text} from {title or id: text}, or from a list of {id | name | key, value}."""
        pairs: Iterable[tuple[Any, Any]]
        if isinstance(given, Mapping):
            pairs = given.items()
        else:
            if not all(isinstance(entry, Mapping) for entry in given):
                raise ValueError("customFields is a list of {id, value} or {name, value}, or {title: value}")
            pairs = ((entry.get("id") or entry.get("name") or entry.get("key"), entry.get("value")) for entry in given)
        values: dict[int, str | None] = {}
        for named, value in pairs:
            change = CustomChange(named, None, None) if isinstance(named, int) else CustomChange(None, str(named), None)
            field = self._custom_field(change)
            if field is None and str(named).isdecimal():
                field = self.custom_fields.get(int(named))
            if field is None:
                raise ValueError(f"{named!r} is not a custom field of this sandbox")
            values[field["id"]] = None if value is None or value == "" else str(value)
        return values

    def _list_ids(self, given: Iterable[Any]) -> tuple[int, ...]:
        """Ids from ids, or from `{listId, listName, isShared}`, which also makes the list known."""
        ids = []
        for entry in given:
            if isinstance(entry, Mapping):
                known = {"id": entry["listId"], "name": entry["listName"], "isShared": entry.get("isShared", False)}
                self.lists.setdefault(known["id"], known)
                ids.append(known["id"])
            else:
                self.lists.setdefault(entry, {"id": entry, "name": f"List {entry}", "isShared": False})
                ids.append(entry)
        return tuple(ids)

    def _add_given_field(self, given: Mapping[str, Any]) -> CustomField:
        ident = given.get("id") or max(self.custom_fields, default=_FIRST_CUSTOM_FIELD_ID - 1) + 1
        field = {"fieldType": "text", "metadata": None, "orgWide": False, **given, "id": ident}
        field = {name: field[name] for name in ("id", "title", "fieldType", "metadata", "orgWide")}
        self.custom_fields[ident] = field
        return field


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf") and "_" not in text
    except ValueError:
        return False
