"""One contact of the sandbox: how it is kept, how it is made from what a test or the demo gives, how it is answered.

A contact is kept as a dict in the order of the documented answer [SEED], with `phone2` beside `phone`. It is never changed
in place: a change makes a new dict. So a reader on another thread sees one state, and an answer may be cached for as long
as the dict is the same object. Unset text is None; `companySize` is kept in PascalCase; `customFields` is {id: text};
`lists` is a tuple of list ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from reply_xl.sandbox.settings import Settings

Contact = dict[str, Any]

FIRST_ID = 2_147_000_001
MAX_ID = 2_147_483_647

TEXT_FIELDS = (
    "firstName",
    "lastName",
    "title",
    "company",
    "industry",
    "city",
    "state",
    "country",
    "timeZoneId",
    "notes",
    "phone",
    "phone2",
)
URL_FIELDS = ("linkedInUrl", "linkedInSalesNavigatorUrl", "linkedInRecruiterUrl")
COMPANY_SIZES = (
    "Empty",
    "SelfEmployed",
    "Ten",
    "Fifty",
    "TwoHundred",
    "FiveHundred",
    "OneThousand",
    "FiveThousand",
    "TenThousand",
    "OverTenThousand",
)
CALL_STATUSES = ("none", "toCall", "called")
MEETING_STATUSES = ("none", "meetingBooked")

# The order of the documented answer [SEED]; phone2 is never answered.
_ORDER: Mapping[str, Any] = {
    "id": None,
    "email": None,
    "firstName": None,
    "lastName": None,
    "title": None,
    "company": None,
    "domain": None,
    "companySize": "Empty",
    "city": None,
    "state": None,
    "country": None,
    "timeZoneId": None,
    "phone": None,
    "phone2": None,
    "phoneStatus": None,
    "linkedInUrl": None,
    "linkedInSalesNavigatorUrl": None,
    "linkedInRecruiterUrl": None,
    "industry": None,
    "notes": None,
    "ownerUserId": None,
    "accountId": None,
    "isOptedOut": False,
    "callStatus": "none",
    "meetingStatus": "none",
    "addingDate": None,
    "createdAt": None,
    "lastModifiedAt": None,
    "customFields": {},
    "sequences": (),
    "lists": (),
}
FIELDS = frozenset(_ORDER)
# The types of what is not text.
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("id", "ownerUserId", "accountId"), int),
    "isOptedOut": bool,
    **dict.fromkeys(("sequences", "lists"), (list, tuple)),
    "customFields": (list, tuple, Mapping),
}
_NULLABLE_TEXT = tuple(name for name in (*TEXT_FIELDS, *URL_FIELDS) if name not in ("firstName", "phone2"))
# What reads back as "" in the answers recorded [LIVE].
_EMPTY_WHEN_MIXED = frozenset({"phone", "city", "state", "country"})
_SIZE_BY_LOWER = {size.lower(): size for size in COMPANY_SIZES}
_DIGITS = re.compile(r"\d")
_PHONE = re.compile(r"[+\d\s().\-/]+(?:\s*(?:x|ext\.?)\s*\d+)?", re.IGNORECASE)


def check_fields(given: Mapping[str, Any]) -> None:
    """ValueError for a name that is no field, or a value that no contact can hold there. What the API would say is not asked."""
    for name, value in given.items():
        if name not in FIELDS:
            raise ValueError(f"{name!r} is not a field of a contact")
        kind: Any = _KINDS.get(name, str)
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            raise ValueError(f"{name} of a contact cannot be {value!r}")
        if (name == "callStatus" and value not in CALL_STATUSES) or (name == "meetingStatus" and value not in MEETING_STATUSES):
            raise ValueError(f"{name} of a contact cannot be {value!r}")
        if name == "sequences" and not all(isinstance(entry, Mapping) for entry in value or ()):
            raise ValueError("sequences of a contact are objects")
        if name == "companySize" and (value or "Empty").lower() not in _SIZE_BY_LOWER:
            raise ValueError(f"{value!r} is not a company size")


def make_contact(
    given: Mapping[str, Any], ident: int, owner: int, custom: Mapping[int, str], lists: tuple[int, ...], now: float
) -> Contact:
    """A whole contact from any subset of its fields. ValueError for a field or a value that no contact can have."""
    check_fields(given)
    contact: Contact = {**_ORDER, "email": f"contact{ident}@example.com", "firstName": "", "ownerUserId": owner, **given}
    contact.update(id=ident, customFields=dict(custom), lists=lists, sequences=tuple(contact["sequences"] or ()))
    for name in _NULLABLE_TEXT:
        if contact[name] == "":
            contact[name] = None
    stamp = datetime.fromtimestamp(now, UTC).replace(microsecond=0)
    contact["addingDate"] = contact["addingDate"] or stamp.isoformat()
    contact["createdAt"] = contact["createdAt"] or str(contact["addingDate"])[:19]
    contact["lastModifiedAt"] = contact["lastModifiedAt"] or contact["createdAt"]
    return derived(contact, {"phoneStatus": given["phoneStatus"]} if given.get("phoneStatus") else {})


def changed_contact(contact: Contact, changes: Mapping[str, Any], now: float) -> Contact:
    """A new contact with the changes, what follows from them, and a later lastModifiedAt (without offset [SEED])."""
    stamp = datetime.fromtimestamp(now, UTC).replace(tzinfo=None, microsecond=0).isoformat()
    new = {**contact, "lastModifiedAt": stamp, **changes}
    if new["isOptedOut"] and not contact["isOptedOut"]:
        # Opting out finishes the contact in its sequences [DOC].
        new["sequences"] = tuple({**sequence, "status": "finished"} for sequence in new["sequences"])
    if new["phone"] == contact["phone"]:
        return derived(new, {"phoneStatus": changes.get("phoneStatus", contact["phoneStatus"])})
    return derived(new, {})


def derived(contact: Contact, fixed: Mapping[str, Any]) -> Contact:
    """The contact itself, with domain and phoneStatus computed and companySize in PascalCase."""
    contact["companySize"] = _SIZE_BY_LOWER[(contact["companySize"] or "Empty").lower()]
    contact["isOptedOut"] = bool(contact["isOptedOut"])
    contact["domain"] = domain_of(contact["email"])
    contact["phoneStatus"] = fixed.get("phoneStatus") or phone_status(contact["phone"])
    return contact


def domain_of(email: str | None) -> str | None:
    """The read-only `domain`, derived from the e-mail [SEED]."""
    return email.rpartition("@")[2].lower() if email else None


def phone_status(phone: str | None) -> str:
    """A fixed rule in place of Reply's validation service: no phone is notValidated, a plausible one valid, else invalid."""
    if not phone:
        return "notValidated"
    digits = len(_DIGITS.findall(phone))
    return "valid" if 7 <= digits <= 20 and _PHONE.fullmatch(phone.strip()) else "invalid"


def camel(value: str) -> str:
    """`OneThousand` → `oneThousand`."""
    return value[:1].lower() + value[1:]


class Shape:
    """How contacts are answered under given settings. `title_of` and `list_of` resolve custom-field and list ids."""

    def __init__(self, settings: Settings, title_of: Callable[[int], str], list_of: Callable[[int], Mapping[str, Any]]) -> None:
        self._settings = settings
        self._title_of = title_of
        self._list_of = list_of
        empty = {"mixed": _EMPTY_WHEN_MIXED, "empty": frozenset(_NULLABLE_TEXT), "null": frozenset[str]()}[settings.unset]
        self._filler = {name: "" if name in empty else None for name in _NULLABLE_TEXT}

    def answer(self, contact: Contact) -> dict[str, Any]:
        """The contact as the API answers it: without phone2, unset text filled, casing, keys and members as switched."""
        settings = self._settings
        shown = dict(contact)
        del shown["phone2"]
        for name, filler in self._filler.items():
            if shown[name] is None:
                shown[name] = filler
        if settings.company_size == "camel":
            shown["companySize"] = camel(shown["companySize"])
        if settings.timestamps == "null":
            shown["createdAt"] = shown["lastModifiedAt"] = None
        by_id = settings.custom_field_keys == "id"
        shown["customFields"] = [
            {"key": str(ident) if by_id else self._title_of(ident), "value": value} for ident, value in contact["customFields"].items()
        ]
        if settings.memberships == "absent":
            del shown["sequences"], shown["lists"]
        else:
            shown["lists"] = self._lists(contact)
        return shown

    def stored(self, contact: Contact) -> dict[str, Any]:
        """The contact as kept, whatever the switches: the documented shape, unset text None, with phone2 and custom ids."""
        return {
            **contact,
            "companySize": camel(contact["companySize"]),
            "customFields": [{"key": self._title_of(i), "id": i, "value": value} for i, value in contact["customFields"].items()],
            "sequences": [dict(sequence) for sequence in contact["sequences"]],
            "lists": self._lists(contact),
        }

    def _lists(self, contact: Contact) -> list[dict[str, Any]]:
        known = [self._list_of(ident) for ident in contact["lists"]]
        return [{"listId": entry["id"], "listName": entry["name"], "isShared": entry["isShared"]} for entry in known]
