"""Faults on demand: which request one strikes, and what it then does.

| kind | parameters | when (default first) |
|---|---|---|
| status | status, retry_after, body = problem, html, empty | before, after |
| stall | seconds | before, after |
| cut | reset (RST instead of FIN) | before, after, body |
| malformed | | after |
| wrong | shape = list, id, types, null, text, empty | after |
| huge | megabytes | after |
| redirect | status, location | before, after |
| edit | fields, target | before, after |
| delete | target | before, after |

*before* and *after* mean the write: a fault *before* that ends the request leaves nothing written. `cut` in the `body` has
written, and sends half of the answer.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from reply_xl.sandbox.contact import check_fields

# kind → its own parameters with their defaults, and the moments it can strike; the first is the default.
KINDS: Mapping[str, tuple[Mapping[str, Any], tuple[str, ...]]] = {
    "status": ({"status": 503, "retry_after": None, "body": "problem"}, ("before", "after")),
    "stall": ({"seconds": 60.0}, ("before", "after")),
    "cut": ({"reset": False}, ("before", "after", "body")),
    "malformed": ({}, ("after",)),
    "wrong": ({"shape": "list"}, ("after",)),
    "huge": ({"megabytes": 10}, ("after",)),
    "redirect": ({"status": 307, "location": "https://example.com/elsewhere"}, ("before", "after")),
    "edit": ({"fields": {}, "target": None}, ("before", "after")),
    "delete": ({"target": None}, ("before", "after")),
}
BODIES = ("problem", "html", "empty")
SHAPES = ("list", "id", "types", "null", "text", "empty")


@dataclass(frozen=True)
class Fault:
    """What to do (`kind`, `when`, `does`) and to which requests: all conditions given must hold.

    `method`; `path`, a regular expression searched in the path with its query; `contact_id`, the id in the path. Of the
    requests that match: the `nth` only (from 1), every `every`-th, each with `probability` drawn from `seed`; and `times`
    at most. Without any of these it strikes every matching request until it is cleared.
    """

    kind: str
    when: str
    does: Mapping[str, Any]
    method: str | None = None
    path: str | None = None
    contact_id: int | None = None
    nth: int | None = None
    every: int | None = None
    times: int | None = None
    probability: float | None = None
    seed: int = 0

    def matches(self, method: str, path: str, contact_id: int | None) -> bool:
        return (
            (self.method is None or self.method.upper() == method)
            and (self.contact_id is None or self.contact_id == contact_id)
            and (self.path is None or re.search(self.path, path) is not None)
        )


def make_fault(kind: str, **given: Any) -> Fault:
    """A fault from keywords; ValueError, naming what is wrong, for anything that could never strike as meant."""
    if kind not in KINDS:
        raise ValueError(f"fault kind must be one of {', '.join(KINDS)}, not {kind!r}")
    defaults, moments = KINDS[kind]
    when = given.pop("when", moments[0])
    if when not in moments:
        raise ValueError(f"a fault of kind {kind} strikes {' or '.join(moments)}, not {when!r}")
    does = {name: given.pop(name, default) for name, default in defaults.items()}
    _check_effect(kind, does)
    _check_conditions(given)
    return Fault(kind, when, does, **given)


def _check_effect(kind: str, does: Mapping[str, Any]) -> None:
    if kind in ("status", "redirect"):
        lowest, highest = (300, 399) if kind == "redirect" else (400, 599)
        if not _is_number(does["status"], int) or not lowest <= does["status"] <= highest:
            raise ValueError(f"status of a {kind} fault must be {lowest}…{highest}, not {does['status']!r}")
    if kind == "status":
        if does["body"] not in BODIES:
            raise ValueError(f"body must be one of {', '.join(BODIES)}, not {does['body']!r}")
        if does["retry_after"] is not None and not isinstance(does["retry_after"], (int, float, str)):
            raise ValueError("retry_after must be a number of seconds or the header's text")
    if kind == "wrong" and does["shape"] not in SHAPES:
        raise ValueError(f"shape must be one of {', '.join(SHAPES)}, not {does['shape']!r}")
    for name in ("seconds", "megabytes"):
        if name in does and (not _is_number(does[name], int, float) or not 0 <= does[name] <= 3600):
            raise ValueError(f"{name} must be a number from 0 to 3600, not {does[name]!r}")
    if kind == "edit" and (not isinstance(does["fields"], Mapping) or not does["fields"]):
        raise ValueError("fields of an edit fault must name at least one field")
    if kind == "edit":
        check_fields(does["fields"])
    if does.get("target") is not None and not _is_number(does["target"], int):
        raise ValueError("target must be the id of a contact")
    if "location" in does and (not isinstance(does["location"], str) or re.search(r"[\r\n]", does["location"])):
        raise ValueError("location must be a URL")
    if isinstance(does.get("retry_after"), str) and not re.fullmatch(r"[ -~]*", does["retry_after"]):
        raise ValueError("retry_after must be plain text")


def _check_conditions(given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if name in ("contact_id", "nth", "every", "times", "seed"):
            if value is not None and (not _is_number(value, int) or (name != "seed" and value < 1)):
                raise ValueError(f"{name} must be a whole number, not {value!r}")
        elif name == "probability":
            if value is not None and (not _is_number(value, int, float) or not 0 <= value <= 1):
                raise ValueError(f"probability must be from 0 to 1, not {value!r}")
        elif name in ("method", "path"):
            if value is not None and not isinstance(value, str):
                raise ValueError(f"{name} must be a text, not {value!r}")
            if name == "path" and value is not None:
                try:
                    re.compile(value)
                except re.error as error:
                    raise ValueError(f"path is not a regular expression: {error}") from None
        else:
            raise ValueError(f"{name} is not a parameter of this fault")


def _is_number(value: Any, *kinds: type) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


@dataclass
class _Armed:
    fault: Fault
    dice: random.Random
    matched: int = 0
    struck: int = 0

    def strikes(self) -> bool:
        """Counts one more matching request, and says whether the fault strikes it."""
        fault = self.fault
        self.matched += 1
        # The dice roll for every matching request, so that the sequence depends on the seed alone.
        lucky = fault.probability is None or self.dice.random() < fault.probability
        if (
            not lucky
            or (fault.nth is not None and self.matched != fault.nth)
            or (fault.every is not None and self.matched % fault.every)
            or (fault.times is not None and self.struck >= fault.times)
        ):
            return False
        self.struck += 1
        return True


@dataclass
class Faults:
    """The faults that are armed, by number. Deterministic: the same requests in the same order are struck the same way."""

    _armed: dict[int, _Armed] = field(default_factory=dict)
    _last: int = 0

    def arm(self, fault: Fault) -> int:
        """The fault's number."""
        self._last += 1
        self._armed[self._last] = _Armed(fault, random.Random(fault.seed))
        return self._last

    def clear(self, number: int | None = None) -> None:
        """Disarms one fault, or all."""
        if number is None:
            self._armed.clear()
        else:
            self._armed.pop(number, None)

    def striking(self, method: str, path: str, contact_id: int | None) -> list[Fault]:
        """The faults that strike this request, in the order in which they were armed."""
        if not self._armed:
            return []
        matching = [armed for armed in self._armed.values() if armed.fault.matches(method, path, contact_id)]
        return [armed.fault for armed in matching if armed.strikes()]

    def as_json(self) -> list[dict[str, Any]]:
        """Every armed fault with its number and how often it matched and struck; conditions not given are left out."""
        listed = []
        for number, armed in self._armed.items():
            shown = {name: value for name, value in asdict(armed.fault).items() if value is not None and name != "does"}
            listed.append({"number": number, **shown, **armed.fault.does, "matched": armed.matched, "struck": armed.struck})
        return listed
