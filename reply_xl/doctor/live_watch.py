"""What a practice server holds and was asked, as `doctor --live` sees it from another process."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from reply_xl.network.base_urls import is_loopback

_SECONDS = 10.0


class Watch:
    """Over a server of this computer that answers below `/sandbox`. Raises `OSError` where it does not answer, `ValueError` for one elsewhere."""

    def __init__(self, url: str) -> None:
        if not is_loopback(url):
            raise ValueError("not a server of this computer")
        self._url = url
        self._ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open  # loopback is never asked through a proxy

    def sent(self) -> list[int]:
        """The contacts that it was asked to change, in that order."""
        return [int(one["path"].rpartition("/")[2]) for one in self._call("requests") if one["method"] == "PATCH"]

    def asked(self) -> int:
        """How many requests it has had."""
        return len(self._call("requests"))

    def contact(self, number: int) -> dict[str, Any]:
        return dict(self._call(f"contacts/{number}"))

    def slow_down(self, seconds: float) -> None:
        """Before every answer from now on."""
        self._call("settings", {"latency": seconds})

    def _call(self, name: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}/sandbox/{name}", data, method="GET" if data is None else "PUT")
        with self._ask(request, timeout=_SECONDS) as answer:
            return json.load(answer)
