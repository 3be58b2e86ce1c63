"""The body of `PATCH /v3/contacts/{id}`, checked as Reply does; every row of the table of [SEED].

Only what can be said of the body alone: types, formats, enum values. What needs the workspace (owner, account, another
contact's e-mail, which custom fields exist) is decided there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from reply_xl.sandbox.answers import NOT_AN_EMAIL, REQUIRED, WRONG_FORMAT, WRONG_TYPE, error, invalid
from reply_xl.sandbox.contact import CALL_STATUSES, COMPANY_SIZES, MEETING_STATUSES, TEXT_FIELDS, URL_FIELDS
from reply_xl.sandbox.settings import Settings

_EMAIL = re.compile(r"[^@\s\"<>(),;:\\\[\]]+@[^@\s\"<>(),;:\\\[\]]+\.[^@\s.\"<>(),;:\\\[\]]+")
_INT32 = range(-(2**31), 2**31)


class Refused(Exception):
    """One value is not acceptable; the text is Reply's `detail`."""


@dataclass(frozen=True, slots=True)
class CustomChange:
    """One entry of `customFields`: by `id` or, without one, by `name`; `value` None clears."""

    id: int | None
    name: str | None
    value: str | None


@dataclass(slots=True)
class Change:
    """What a PATCH asks for: contact fields by API name, values as they are kept, and custom fields."""

    fields: dict[str, Any] = field(default_factory=dict)
    custom: list[CustomChange] = field(default_factory=list)


def read_patch(body: Mapping[str, Any], settings: Settings) -> Change:
    """The change, or the validation problem that names every bad value. Members that Reply does not know are dropped [LIVE]."""
    change = Change()
    errors: list[dict[str, str]] = []
    for name, value in body.items():
        if name == "customFields":
            _read_custom(value, change.custom, errors, settings)
            continue
        reader = _READERS.get(name)
        if reader is None:
            continue
        try:
            change.fields[name] = reader(value, settings)
        except Refused as refused:
            errors.append(error(f"/{name}", str(refused)))
    if errors:
        raise invalid(errors)
    return change


def _text(value: Any, settings: Settings) -> str | None:
    """Text; `""` clears, and null clears or is refused as switched [?]."""
    if value is None and settings.null_text == "clears":
        return None
    if not isinstance(value, str):
        raise Refused(WRONG_TYPE)
    if settings.normalise:
        value = value.strip()
    return value or None


def _required_text(value: Any, settings: Settings) -> str:
    """Text that a contact cannot be without: neither null nor `""` clears it [?]."""
    text = _text(value, settings)
    if text is None:
        raise Refused(REQUIRED)
    return text


def _email(value: Any, settings: Settings) -> str:
    if value == "":
        raise Refused(NOT_AN_EMAIL)
    text = _required_text(value, settings)
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise Refused(NOT_AN_EMAIL)
    return text.lower() if settings.normalise else text


def _url(value: Any, settings: Settings) -> str | None:
    """An absolute http(s) URL: `string, uri` in the schema."""
    text = _text(value, settings)
    if text is None:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        raise Refused(WRONG_FORMAT) from None
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc or re.search(r"\s", text):
        raise Refused(WRONG_FORMAT)
    return text


def _one_of(values: tuple[str, ...]) -> Callable[[Any, Settings], str]:
    """An enum in its exact request casing; null clears the two statuses, as `none` does [SEED]."""

    def read(value: Any, settings: Settings) -> str:
        if value is None and (values is not COMPANY_SIZES or settings.null_text == "clears"):
            return values[0]
        if not isinstance(value, str):
            raise Refused(WRONG_TYPE)
        if value not in values:
            raise Refused(WRONG_FORMAT)
        return value

    return read


def _flag(value: Any, settings: Settings) -> bool:
    """true or false; null clears the flag [SEED]."""
    if value is not None and not isinstance(value, bool):
        raise Refused(WRONG_TYPE)
    return bool(value)


def _integer(value: Any, settings: Settings) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value not in _INT32:
        raise Refused(WRONG_TYPE)
    return value


def _read_custom(value: Any, changes: list[CustomChange], errors: list[dict[str, str]], settings: Settings) -> None:
    """A list of `{id, value}` or `{name, value}`; the value a string or null [SEED]. An absent value is null."""
    if not isinstance(value, list):
        errors.append(error("/customFields", WRONG_TYPE))
        return
    for index, entry in enumerate(value):
        pointer = f"/customFields/{index}"
        if not isinstance(entry, dict):
            errors.append(error(pointer, WRONG_TYPE))
            continue
        ident, name, text = entry.get("id"), entry.get("name"), entry.get("value")
        bad = [
            error(f"{pointer}/{member}", WRONG_TYPE)
            for member, given, kind in (("id", ident, int), ("name", name, str), ("value", text, str))
            if given is not None and (not isinstance(given, kind) or isinstance(given, bool))
        ]
        if ident is None and name is None:
            bad.append(error(pointer, REQUIRED))
        errors.extend(bad)
        if not bad:
            changes.append(CustomChange(ident, name, text.strip() if settings.normalise and text else text))


_READERS: Mapping[str, Callable[[Any, Settings], Any]] = {
    **dict.fromkeys(TEXT_FIELDS, _text),
    **dict.fromkeys(URL_FIELDS, _url),
    "firstName": _required_text,
    "email": _email,
    "companySize": _one_of(COMPANY_SIZES),
    "callStatus": _one_of(CALL_STATUSES),
    "meetingStatus": _one_of(MEETING_STATUSES),
    "isOptedOut": _flag,
    "ownerUserId": _integer,
    "accountId": _integer,
}
