"""The routes under /sandbox: what the sandbox holds and saw, its switches and its faults.

They need no key, count against no quota and are not recorded.

| call | answer |
|---|---|
| `GET /sandbox/contacts` | list of every contact as kept, phone2 and custom-field ids included |
| `GET /sandbox/contacts/{id}` | one of them |
| `PATCH /sandbox/contacts/{id}`, `DELETE` | edited or deleted by somebody else |
| `GET /sandbox/requests` | list of every request of the API as seen, in the order of arrival |
| `GET /sandbox/settings`, `PUT {switch: value}` | all switches |
| `GET /sandbox/faults`, `POST {kind, ...}`, `DELETE`, `DELETE /sandbox/faults/{number}` | the faults that are armed |
| `POST /sandbox/reset` | everything as at the start |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reply_xl.sandbox.answers import Answer, Problem, dump, load_object
from reply_xl.sandbox.faults import make_fault
from reply_xl.sandbox.state import State

_ROOT = "/sandbox/"


def answer(state: State, method: str, path: str, body: bytes) -> Answer:
    """One call; what it may not do is a bare problem, as in the API."""
    name, _, number = path.removeprefix(_ROOT).partition("/")
    calls = _ROUTES.get((name, bool(number)))
    try:
        if calls is None or (number and not (number.isdecimal() and len(number) < 19)):
            raise Problem(404, f"No route matches {path}.")
        call = calls.get(method)
        if call is None:
            raise Problem(405, f"Method {method} is not allowed here.", headers=(("Allow", ", ".join(calls)),))
        with state.lock:
            shown = call(state, body, int(number or 0))
        return Answer(200, dump(shown))
    except Problem as problem:
        return problem.answer()
    except (ValueError, TypeError) as error:
        return Problem(400, str(error)).answer()


def _contacts(state: State, body: bytes, number: int) -> object:
    return state.stored()


def _contact(state: State, body: bytes, number: int) -> object:
    return state.shape.stored(state.workspace.contact(number))


def _edit(state: State, body: bytes, number: int) -> object:
    state.workspace.contact(number)
    return state.shape.stored(state.workspace.edit(number, load_object(body)))


def _delete(state: State, body: bytes, number: int) -> object:
    state.workspace.contact(number)
    state.workspace.delete(number)
    return {}


def _requests(state: State, body: bytes, number: int) -> object:
    return [entry.as_json() for entry in state.records()]


def _settings(state: State, body: bytes, number: int) -> object:
    return state.settings.as_json()


def _change_settings(state: State, body: bytes, number: int) -> object:
    state.change(load_object(body))
    return state.settings.as_json()


def _faults(state: State, body: bytes, number: int) -> object:
    return state.faults.as_json()


def _arm(state: State, body: bytes, number: int) -> object:
    given = load_object(body)
    kind = given.pop("kind", None)
    if not isinstance(kind, str):
        raise ValueError("kind is missing")
    return {"number": state.faults.arm(make_fault(kind, **given))}


def _disarm(state: State, body: bytes, number: int) -> object:
    state.faults.clear(number or None)
    return state.faults.as_json()


def _reset(state: State, body: bytes, number: int) -> object:
    state.reset()
    return {}


_Call = Callable[[State, bytes, int], object]

# (name, with a number after it) → method → call
_ROUTES: Mapping[tuple[str, bool], Mapping[str, _Call]] = {
    ("contacts", False): {"GET": _contacts},
    ("contacts", True): {"GET": _contact, "PATCH": _edit, "DELETE": _delete},
    ("requests", False): {"GET": _requests},
    ("settings", False): {"GET": _settings, "PUT": _change_settings},
    ("faults", False): {"GET": _faults, "POST": _arm, "DELETE": _disarm},
    ("faults", True): {"DELETE": _disarm},
    ("reset", False): {"POST": _reset},
}
