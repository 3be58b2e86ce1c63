"""A caller of the sandbox, and what its tests look for in an answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from reply_xl.sandbox import Sandbox

A, B = 2_147_000_001, 2_147_000_002  # Ada, full; Ben
BARE = 2_147_000_006  # Farah, as a bare import leaves her
KEY = "a-key-nobody-may-see"
WRONG_TYPE = "Value has an invalid type."
WRONG_FORMAT = "Value has an invalid format."
REQUIRED = "Field is required."

URLS = ("linkedInUrl", "linkedInSalesNavigatorUrl", "linkedInRecruiterUrl")
TEXTS = ("lastName", "title", "company", "industry", "city", "state", "country", "timeZoneId", "notes", "phone")


class Caller:
    """A session with a key that speaks to one sandbox."""

    def __init__(self, sandbox: Sandbox, key: str = KEY) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {key}"

    def call(self, method: str, path: str, **given: Any) -> requests.Response:
        given.setdefault("timeout", 10)
        return self.session.request(method, self.sandbox.url + path, allow_redirects=False, **given)

    def get(self, path: str, **given: Any) -> requests.Response:
        return self.call("GET", path, **given)

    def patch(self, body: Any, ident: int | str = A, **given: Any) -> requests.Response:
        return self.call("PATCH", f"/v3/contacts/{ident}", json=body, **given)


def errors_of(response: requests.Response) -> list[tuple[str, str]]:
    """Pointer and detail of each error of a validation problem, its shape asserted."""
    body = response.json()
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert list(body) == ["title", "status", "detail", "errors"]
    assert (body["title"], body["status"]) == ("Validation failed", 400)
    return [(error["pointer"], error["detail"]) for error in body["errors"]]


def refusal_of(response: requests.Response) -> tuple[int, str, str]:
    """Status, code and detail of a business problem, its shape asserted."""
    body = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert list(body) == ["title", "status", "detail", "code"]
    assert body["status"] == response.status_code
    return body["status"], body["code"], body["detail"]


def wait_for(condition: Callable[[], object], seconds: float = 5.0) -> None:
    end = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < end, "it did not happen in time"
        time.sleep(0.01)
