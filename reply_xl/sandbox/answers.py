"""What the sandbox sends back: an answer, and Reply's three shapes of an error as an exception.

Shapes of `application/problem+json` ([DOC], [LIVE]):

1. bare: `title`, `status`, `detail`;
2. validation (400): bare and `errors: [{pointer, detail}]`;
3. business: bare and `code`, a stable slug.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json; charset=utf-8"
PROBLEM_JSON = "application/problem+json"

TITLES: Mapping[int, str] = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

# The sentences of [SEED], [DOC] and [LIVE], word for word.
REQUIRED = "Field is required."
WRONG_TYPE = "Value has an invalid type."
WRONG_FORMAT = "Value has an invalid format."
NOT_AN_EMAIL = "'email' is not a valid email address."
NOT_JSON = "Request body is not valid JSON."
NO_BODY = "The request body is required and cannot be empty."
ID_RANGE = "The field id must be between 1 and 2147483647."
COMPANY_REFUSED = "Company cannot be updated directly because the accounts feature is enabled"


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. `applied`: the request changed what the sandbox holds."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    applied: bool = False


@dataclass(eq=False)
class Problem(Exception):
    """A refusal; `answer()` gives its HTTP form."""

    status: int
    detail: str
    code: str | None = None
    errors: Sequence[Mapping[str, str]] | None = None
    title: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=())

    def answer(self, *, live: bool = False) -> Answer:
        """`live`: the shape recorded against the real API, with `errors` first and an empty `extensions` member [LIVE]."""
        bare: dict[str, Any] = {"title": self.title or TITLES.get(self.status, "Error"), "status": self.status, "detail": self.detail}
        if self.code is not None:
            bare["code"] = self.code
        if self.errors is not None:
            errors = [dict(error) for error in self.errors]
            bare = {"errors": errors, **bare} if live else {**bare, "errors": errors}
        if live:
            bare["extensions"] = {}
        return Answer(self.status, dump(bare), PROBLEM_JSON, self.headers)


def dump(value: object) -> bytes:
    """Compact JSON, non-ASCII characters escaped, so that even a lone surrogate can be sent."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def error(pointer: str, detail: str) -> dict[str, str]:
    """One entry of `errors`."""
    return {"pointer": pointer, "detail": detail}


def invalid(errors: Sequence[Mapping[str, str]], detail: str = "The request body contains validation errors.") -> Problem:
    """Shape 2."""
    return Problem(400, detail, errors=errors, title="Validation failed")


def invalid_parameter(name: str, detail: str, *, live: bool = False) -> Problem:
    """Shape 2 for a parameter of path or query: the pointer is its bare name [DOC] or has a slash in front [LIVE]."""
    return invalid([error(f"/{name}" if live else name, detail)], "The request contains validation errors.")


def load(body: bytes) -> object:
    """The JSON value of a request's body, or shape 2 with the pointer of the whole body, which is `""`."""
    if not body.strip():
        raise invalid([error("", NO_BODY)])
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_not_json)
    except (ValueError, RecursionError):
        raise invalid([error("", NOT_JSON)]) from None


def load_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a request's body."""
    value = load(body)
    if not isinstance(value, dict):
        raise invalid([error("", WRONG_TYPE)])
    return value


def _not_json(constant: str) -> object:
    # Python reads NaN and Infinity, which are not JSON.
    raise ValueError(constant)
