"""Answers of the API → contacts, custom fields and errors. Pure; everything that arrives is hostile until it has passed here.

Shapes: the endpoint's page, and bodies recorded from the live API (keys by name or by id, times null, members absent).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from reply_xl.errors import ApiError, ApiFailed, ApiRefused, ContactNotFound, NotAuthorised, PatchRejected, RateLimited
from reply_xl.fields import BY_NAME, CATALOGUE, HIGHEST_ID
from reply_xl.model import Contact, ContactList, CustomField, FieldValue, Kind, Named, Page, Whoami

_LONGEST_REASON = 300
_MOST_REASONS = 20
_TYPES: Mapping[Kind, type] = {Kind.INTEGER: int, Kind.BOOLEAN: bool}


def contact(data: object, *, read_at: float, expected_id: int | None = None) -> Contact:
    """A contact from an answer's JSON. Raises `ApiFailed` if it is not one, or not the one that was asked for.

    Members that are absent count as unset, and so does an odd value in a field that is only shown; in a field that can be sent it
    makes the contact unreadable, because a value taken for unset might be replaced. `sequences` and `lists` become text for a cell."""
    if not isinstance(data, dict):
        raise _unreadable()
    contact_id = data.get("id")
    if type(contact_id) is not int or not 1 <= contact_id <= HIGHEST_ID or expected_id not in (None, contact_id):
        raise _unreadable()
    values: dict[str, FieldValue] = {}
    for field in CATALOGUE:
        value = data.get(field.name)
        if value is None:
            continue
        if field.kind is Kind.LIST:
            values[field.name] = _names(field.name, value)
        elif type(value) is _TYPES.get(field.kind, str):
            values[field.name] = data[field.name]
        elif not field.read_only:
            raise _unreadable()
    return Contact(contact_id, values, _custom_values(data.get("customFields")), read_at)


def page(data: object, *, read_at: float) -> Page:
    """A page `{items, hasMore}`. An item that is no contact is left out: what a page lacks is looked up one by one."""
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise _unreadable()
    contacts = []
    for item in data["items"]:
        try:
            contacts.append(contact(item, read_at=read_at))
        except ApiFailed:
            continue
    return Page(tuple(contacts), data.get("hasMore") is True, len(data["items"]) - len(contacts))


def contact_lists(data: object) -> tuple[tuple[ContactList, ...], bool]:
    """A page of lists, and whether there are more."""
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise _unreadable()
    lists = [item for item in data["items"] if isinstance(item, dict) and type(item.get("id")) is int and isinstance(item.get("name"), str)]
    return tuple(ContactList(item["id"], item["name"]) for item in lists), data.get("hasMore") is True


def team_members(data: object, team_id: int | None) -> tuple[Named, ...]:
    """The users of `GET /v3/whoami/team-users` that are in the caller's team: the list goes across teams."""
    if not isinstance(data, list):
        raise _unreadable()
    users = [item for item in data if isinstance(item, dict) and type(item.get("userId")) is int and item.get("teamId") == team_id]
    return tuple(Named(item["userId"], _text(item.get("userName")), _text(item.get("userEmail"))) for item in users)


def accounts(data: object) -> tuple[tuple[Named, ...], bool]:
    """A page of accounts, and whether there are more."""
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise _unreadable()
    found = [item for item in data["items"] if isinstance(item, dict) and type(item.get("id")) is int and isinstance(item.get("name"), str)]
    return tuple(Named(item["id"], item["name"], _text(item.get("domainName"))) for item in found), data.get("hasMore") is True


def custom_fields(data: object) -> tuple[CustomField, ...]:
    """The bare list of custom fields. Answers are keyed by title or by id: where one field's title is also another's title or id, the
    answer cannot tell which is which, and both are marked."""
    if not isinstance(data, list):
        raise _unreadable()
    found: dict[int, tuple[str, bool]] = {}
    for item in data:
        if not isinstance(item, dict) or type(item.get("id")) is not int or item["id"] < 1 or not isinstance(item.get("title"), str):
            raise _unreadable()
        found.setdefault(item["id"], (item["title"], item.get("fieldType") == "number"))
    keys = Counter(key for number, (title, _) in found.items() for key in {str(number), title})
    return tuple(CustomField(number, title, numeric, keys[str(number)] == keys[title] == 1) for number, (title, numeric) in found.items())


def whoami(data: object) -> Whoami:
    if not isinstance(data, dict):
        raise _unreadable()
    user, name, team = data.get("userId"), data.get("username"), data.get("teamId")
    return Whoami(user if type(user) is int else None, name if isinstance(name, str) else "", team if type(team) is int else None)


def loads(body: bytes) -> object:
    """The JSON of an answer, without half characters (a lone `\\ud800`), which nothing downstream can hold. Raises `ApiFailed` for
    anything else, deeply nested or not UTF-8 included."""
    try:
        data = json.loads(body)
        return _whole(data) if b"\\ud" in body.lower() else data
    except (ValueError, RecursionError):
        raise (_web_page(None) if _is_page(body) else _unreadable()) from None


def problem(status: int, body: bytes, *, retry_after: float | None = None, key_variable: str = "") -> ApiError:
    """The error that an answer other than 2xx stands for, in any of the three shapes (bare, validation, business) or in none. A web page,
    or another text, is nobody's answer: the change may have been made.
    `key_variable`: the environment variable that the key came from, if any."""
    if status == 511:
        return ApiFailed("Your network wants you to sign in first; open any page in your browser, sign in, and try again.", status=status)
    if status >= 500:
        return ApiFailed(f"Reply had a problem of its own (status {status}); try again later.", status=status)
    if status < 400:
        return ApiFailed(f"The server answered with status {status}, which Reply never does; check the base URL.", status=status)
    if _is_page(body) and status not in (407, 429):
        # Whatever stands between here and Reply may have passed the request on and kept back the answer: it says nothing about the contact.
        return _web_page(status)
    try:
        data = loads(body)
    except ApiFailed:
        if body.strip() and status not in (401, 407, 429):
            return ApiFailed(
                f"The answer was not one of Reply's (status {status}); try again later, and if it stays so, ask your IT department what "
                "stands between this computer and Reply.",
                status=None,  # as of any answer that cannot be read: damaged on the way, it may come whole the next time
            )
        data = None
    data = data if isinstance(data, dict) else {}
    detail = reason_text(data.get("detail")) or reason_text(data.get("title"))
    code = data.get("code") if isinstance(data.get("code"), str) else None
    if status == 401:
        return NotAuthorised(_wrong_key(key_variable), status=401)
    if status == 407:
        said = "A proxy between this computer and Reply wants a sign-in; ask your IT department to let Reply through without one."
        return ApiRefused(said, status=407)
    if status == 429:
        return RateLimited("Reply's quota is used up; wait a minute and try again.", retry_after=retry_after)
    if status == 403:
        return ApiRefused(f"Reply does not allow this for your key{_because(detail)}.", status=403, code=code)
    if status == 404:
        return ContactNotFound(f"Reply found nothing{_because(detail)}.", status=404, code=code)
    reasons = _reasons(data.get("errors"))
    if reasons or status in (400, 409, 422):
        return PatchRejected(f"Reply refused the values{_because(detail)}.", status=status, code=code, reasons=reasons or {"": detail})
    return ApiRefused(f"Reply refused the request (status {status}){_because(detail)}.", status=status, code=code)


def rejected_fields(reasons: Mapping[str, str], body: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """The reasons of a `PatchRejected` as words: label of the field, then Reply's reason, joined by "; ".

    `labels`: label by field name and by `customFields/<index>`."""
    said = []
    for pointer, reason in reasons.items():
        parts = pointer.strip("/").split("/")
        key = "/".join(parts[:2]) if parts[0] == "customFields" else parts[0]
        label = labels.get(key) or _label_in(reason, body)
        said.append(f"{label}: {reason.rstrip('.')}" if label else reason.rstrip("."))
    return "; ".join(said)


def reason_text(value: object) -> str:
    """Reply's own words, on one line, without control characters and of bearable length; "" if they are no text."""
    if not isinstance(value, str):
        return ""
    line = " ".join("".join(char if char.isprintable() else " " for char in value).split())
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 1] + "…"


def _wrong_key(variable: str) -> str:
    source = "a key from Settings → API Key in Reply"
    if variable:
        return f"Reply did not accept the API key in the variable {variable}; set it to {source}, or unset it and click Connect or run “reply-xl login”."
    return f"Reply did not accept the API key; click Connect on the tab Reply or run “reply-xl login” with {source}."


def _because(detail: str) -> str:
    return f": {detail.rstrip('.')}" if detail else ""


def _label_in(reason: str, body: Mapping[str, Any]) -> str:
    """The label of the field that an unpointed reason names, if it names one that was sent."""
    words = {word.casefold() for word in re.findall(r"[A-Za-z0-9]+", reason)}
    for name in body:
        if name in BY_NAME and name.casefold() in words:
            return BY_NAME[name].label
    return ""


def _reasons(errors: object) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for item in errors[:_MOST_REASONS] if isinstance(errors, list) else ():
        if isinstance(item, dict):
            pointer = item["pointer"] if isinstance(item.get("pointer"), str) else ""
            reason = reason_text(item.get("detail")) or "not accepted"
            reasons[pointer] = f"{reasons[pointer].rstrip('.')}; {reason.rstrip('.')}" if pointer in reasons else reason
    return reasons


def _custom_values(items: object) -> dict[str, str | None]:
    """`[{key, value}]` by key. A value of another type than text is taken as its JSON text, an absent one as unset."""
    if items is None:
        return {}
    if not isinstance(items, list):
        raise _unreadable()
    values: dict[str, str | None] = {}
    for item in items:
        if not isinstance(item, dict) or type(item.get("key")) not in (str, int):
            raise _unreadable()
        value = item.get("value")
        try:
            values[str(item["key"])] = value if isinstance(value, str) or value is None else json.dumps(value)
        except (ValueError, RecursionError):
            raise _unreadable() from None
    return values


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(data: Any) -> Any:
    if isinstance(data, str):
        return data.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(data, list):
        return [_whole(item) for item in data]
    if isinstance(data, dict):
        return {_whole(key): _whole(value) for key, value in data.items()}
    return data


def _names(field: str, items: object) -> str:
    """The names of a contact's sequences or lists, for one cell."""
    member = "sequenceName" if field == "sequences" else "listName"
    if not isinstance(items, Sequence) or isinstance(items, str):
        return ""
    return "; ".join(item[member] for item in items if isinstance(item, dict) and isinstance(item.get(member), str))


def _is_page(body: bytes) -> bool:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _web_page(status: int | None) -> ApiFailed:
    if status is None:
        said = "A web page came instead of Reply's answer; if this network has a sign-in page, sign in in your browser, then try again."
    else:
        said = (
            f"A web page came instead of Reply's answer (status {status}); if this network has a sign-in page, sign in in your browser, "
            "else ask your IT department to let Reply through."
        )
    return ApiFailed(said, status=status)


def _unreadable() -> ApiFailed:
    return ApiFailed("Reply's answer could not be read; try again later.", status=None)
