"""The routes under /v3 of the sandbox: a request's method, path, query and body → an answer.

Sources: PATCH is [SEED], the reads are [DOC], and what they add to each other stands in `workspace`. A call that the
sandbox does not have is a bare 404, a method that a path does not have a bare 405.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from reply_xl.sandbox.answers import (
    ID_RANGE,
    WRONG_FORMAT,
    WRONG_TYPE,
    Answer,
    Problem,
    dump,
    error,
    invalid,
    invalid_parameter,
    load_object,
)
from reply_xl.sandbox.contact import MAX_ID, Contact
from reply_xl.sandbox.settings import READ, WRITE
from reply_xl.sandbox.state import State

Query = Mapping[str, Sequence[bytes]]

_CONTACT = "/v3/contacts/"
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_SEARCHED = ("email", "firstName", "lastName", "title", "company", "phone")
_SORTABLE = frozenset({*_SEARCHED, "id", "city", "state", "country", "addingDate", "lastModifiedAt"})
_DIRECTIONS = {"asc": False, "ascending": False, "desc": True, "descending": True}


def contact_id_of(path: str) -> int | None:
    """The id in `/v3/contacts/{id}`, if there is one."""
    tail = path[len(_CONTACT) :] if path.startswith(_CONTACT) else ""
    return int(tail) if tail.isdecimal() and len(tail) < 19 else None


def answer(state: State, method: str, path: str, query: Query, content_type: str, body: bytes) -> Answer:
    """One call of the API, for a caller who is known. Holds the state's lock; never raises a Problem."""
    with state.lock:
        try:
            calls = _ROUTES.get(path) or (_ONE_CONTACT if _is_one_contact(path) else None)
            if calls is None:
                raise Problem(404, f"No route matches {path}.")
            call = calls.get(method)
            if call is None:
                raise Problem(405, f"Method {method} is not allowed here.", headers=(("Allow", ", ".join(calls)),))
            _require(state, WRITE if call in (_patch, _add_custom_field) else READ, call)
            if body and method != "GET" and "json" not in content_type.lower():
                raise Problem(415, "The content type must be application/json.")
            return call(state, path, query, body)
        except Problem as problem:
            return problem.answer(live=state.settings.error_style == "live")


def _is_one_contact(path: str) -> bool:
    return path.startswith(_CONTACT) and len(path) > len(_CONTACT) and "/" not in path[len(_CONTACT) :]


def _require(state: State, scope: str, call: Call) -> None:
    if scope not in state.settings.scopes and call is not _whoami:
        feature = "EditProspect" if scope == WRITE else "ViewProspect"
        user = state.workspace.whoami["userId"]
        raise Problem(403, f"Feature scopes [{feature}] are denied for userId {user}.", "contact.forbidden")


# -- contacts


def _get(state: State, path: str, query: Query, body: bytes) -> Answer:
    return Answer(200, state.body_of(state.workspace.contact(_id(state, path))))


def _patch(state: State, path: str, query: Query, body: bytes) -> Answer:
    ident = _id(state, path)
    contact, applied = state.workspace.patch(ident, load_object(body), state.settings)
    return Answer(200, state.body_of(contact), applied=applied)


def _contacts(state: State, path: str, query: Query, body: bytes) -> Answer:
    """By page in the order of ids, or the look-up by exact e-mail or profile URL in the same shape."""
    email, profile = _text(query, "email"), _text(query, "linkedIn")
    found: Iterable[Contact] = state.workspace.contacts.values()
    if email is not None:
        found = state.workspace.with_email(email.strip())
    if profile is not None:
        wanted = _profile(profile)
        found = (contact for contact in found if any(_profile(contact[name]) == wanted for name in _PROFILES))
    return _contact_page(state, found, query)


def _filter(state: State, path: str, query: Query, body: bytes) -> Answer:
    """`listId` and `searchTerm` (containment, without case) [LIVE]; `rules` has no published vocabulary and is dropped."""
    wanted = load_object(body)
    kinds: Mapping[str, type] = {"listId": int, "searchTerm": str, "sortBy": str, "sortDirection": str}
    list_id, term, sort_by, direction = (wanted.get(name) for name in kinds)
    errors = [
        error(f"/{name}", WRONG_TYPE)
        for name, kind in kinds.items()
        if wanted.get(name) is not None and (not isinstance(wanted[name], kind) or isinstance(wanted[name], bool))
    ]
    if not errors and sort_by is not None and sort_by not in _SORTABLE:
        errors.append(error("/sortBy", WRONG_FORMAT))
    if not errors and direction is not None and direction.lower() not in _DIRECTIONS:
        errors.append(error("/sortDirection", WRONG_FORMAT))
    if errors:
        raise invalid(errors)
    found: Iterable[Contact] = state.workspace.contacts.values()
    if list_id is not None:
        found = (contact for contact in found if list_id in contact["lists"])
    if term:
        needle = term.lower()
        found = (contact for contact in found if any(needle in (contact[name] or "").lower() for name in _SEARCHED))
    if sort_by is not None or direction is not None:
        key = sort_by or "id"
        found = sorted(found, key=lambda contact: _sort_key(contact[key]), reverse=_DIRECTIONS[(direction or "asc").lower()])
    return _contact_page(state, found, query)


def _contact_page(state: State, found: Iterable[Contact], query: Query) -> Answer:
    items, more = _page(state, found, query)
    return Answer(200, b'{"items":[' + b",".join(map(state.body_of, items)) + b'],"hasMore":' + (b"true}" if more else b"false}"))


# -- the rest of the workspace


def _lists(state: State, path: str, query: Query, body: bytes) -> Answer:
    return _searched_page(state, state.workspace.lists.values(), query)


def _accounts(state: State, path: str, query: Query, body: bytes) -> Answer:
    return _searched_page(state, state.workspace.accounts, query)


def _custom_fields(state: State, path: str, query: Query, body: bytes) -> Answer:
    return Answer(200, dump(list(state.workspace.custom_fields.values())))


def _add_custom_field(state: State, path: str, query: Query, body: bytes) -> Answer:
    return Answer(201, dump(state.workspace.add_custom_field(load_object(body))), applied=True)


def _whoami(state: State, path: str, query: Query, body: bytes) -> Answer:
    return Answer(200, dump(state.workspace.whoami))


def _team_users(state: State, path: str, query: Query, body: bytes) -> Answer:
    if not state.settings.organization:
        raise Problem(403, "This operation requires an organization.", "workspace.organizationRequired")
    return Answer(200, dump(state.workspace.users))


Call = Callable[[State, str, Query, bytes], Answer]

_ONE_CONTACT: Mapping[str, Call] = {"GET": _get, "PATCH": _patch}
_ROUTES: Mapping[str, Mapping[str, Call]] = {
    "/v3/contacts": {"GET": _contacts},
    "/v3/contacts/filter": {"POST": _filter},
    "/v3/contact-lists": {"GET": _lists},
    "/v3/contact-accounts": {"GET": _accounts},
    "/v3/custom-fields": {"GET": _custom_fields, "POST": _add_custom_field},
    "/v3/whoami": {"GET": _whoami},
    "/v3/whoami/team-users": {"GET": _team_users},
}
_PROFILES = ("linkedInUrl", "linkedInSalesNavigatorUrl", "linkedInRecruiterUrl")


# -- parameters


def _id(state: State, path: str) -> int:
    text = path[len(_CONTACT) :]
    live = state.settings.error_style == "live"
    if not _INTEGER.fullmatch(text):
        # Too many digits for any integer is a number out of range too.
        raise invalid_parameter("id", ID_RANGE if text.isdecimal() else WRONG_TYPE, live=live)
    ident = int(text)
    if not 1 <= ident <= MAX_ID:
        raise invalid_parameter("id", ID_RANGE, live=live)
    return ident


def _page(state: State, found: Iterable[Any], query: Query) -> tuple[list[Any], bool]:
    """The items of `top` and `skip`, and whether there are more."""
    top, skip = _integer(state, query, "top", 25), _integer(state, query, "skip", 0)
    if not 1 <= top <= 1000:
        raise Problem(400, "Top must be between 1 and 1000.", "contact.invalidPagination")
    if skip < 0:
        raise Problem(400, "Skip must be greater than or equal to 0.", "contact.invalidPagination")
    items = list(islice(found, skip, skip + top + 1))
    return items[:top], len(items) > top


def _searched_page(state: State, entries: Iterable[Mapping[str, Any]], query: Query) -> Answer:
    needle = (_text(query, "search") or "").lower()
    items, more = _page(state, (entry for entry in entries if needle in str(entry["name"]).lower()), query)
    return Answer(200, dump({"items": items, "hasMore": more}))


def _integer(state: State, query: Query, name: str, default: int) -> int:
    text = _text(query, name)
    if text is None:
        return default
    if not _INTEGER.fullmatch(text.strip()):
        raise invalid_parameter(name, WRONG_TYPE, live=state.settings.error_style == "live")
    return int(text)


def _text(query: Query, name: str) -> str | None:
    values = query.get(name)
    return values[-1].decode("utf-8", "replace") if values else None


def _sort_key(value: Any) -> tuple[bool, Any]:
    """Unset last, text without case."""
    return value is None, value.lower() if isinstance(value, str) else value or 0


def _profile(url: str | None) -> str | None:
    return url.rstrip("/").lower() if url else None
