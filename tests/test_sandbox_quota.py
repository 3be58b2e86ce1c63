"""Both quotas of the sandbox, their windows moved by a clock or shrunk, over real HTTP."""

from __future__ import annotations

import time

from sandbox_caller import Caller

from reply_xl.sandbox import Sandbox


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


def test_both_windows():
    """The short window refuses first and slides; the long one refuses when it is full; both say when."""
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:
        api = Caller(sandbox)
        for _ in range(100):
            assert api.get("/v3/whoami").status_code == 200
            clock.now += 0.125
        refused = api.get("/v3/whoami")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "48")
        assert refused.json() == {"title": "Too Many Requests", "status": 429, "detail": "Rate limit exceeded. Retry after 48 seconds."}
        clock.now += 47.5
        assert [api.get("/v3/whoami").status_code for _ in range(2)] == [200, 429]
        sandbox.set(quota="5/60,8/3600")
        statuses = []
        for _ in range(10):
            statuses.append(api.get("/v3/whoami").status_code)
            clock.now += 30
        assert statuses == [200] * 8 + [429] * 2
        assert int(api.get("/v3/whoami").headers["Retry-After"]) == 3600 - 300
        clock.now += 3300
        assert api.get("/v3/whoami").status_code == 200


def test_quota_is_per_key_and_of_the_api_alone():
    """Each key has its own quota; refused requests, unknown keys and /sandbox cost nothing."""
    with Sandbox(quota="2/60", clock=Clock(), keys=["a", "b"]) as sandbox:
        a, b, stranger = Caller(sandbox, "a"), Caller(sandbox, "b"), Caller(sandbox, "c")
        for _ in range(3):
            assert stranger.get("/v3/whoami").status_code == 401
            assert a.get("/sandbox/requests").status_code == 200
        assert [a.get("/v3/whoami").status_code for _ in range(3)] == [200, 200, 429]
        assert [b.get("/v3/contacts/42").status_code for _ in range(3)] == [404, 404, 429]


def test_quota_with_real_windows_shrunk():
    """time_scale shrinks the windows; the fractional Retry-After is true, and whole seconds are never 0."""
    with Sandbox(quota="3/60", time_scale=0.003) as sandbox:
        api = Caller(sandbox)
        assert [api.get("/v3/whoami").status_code for _ in range(4)] == [200, 200, 200, 429]
        assert api.get("/v3/whoami").headers["Retry-After"] == "1"
        sandbox.set(retry_after="fractional")
        wait = float(api.get("/v3/whoami").headers["Retry-After"])
        assert 0 < wait <= 0.18
        time.sleep(wait)
        assert api.get("/v3/whoami").status_code == 200


def test_quota_off():
    """Off, nothing is refused."""
    with Sandbox(quota="off") as sandbox:
        api = Caller(sandbox)
        assert {api.get("/v3/whoami").status_code for _ in range(150)} == {200}
