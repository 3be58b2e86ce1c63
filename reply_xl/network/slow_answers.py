"""The whole time of an answer, its head and the parts of its body: a trickle is a stall too, and a flood without end is no answer."""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_TOO_LONG = 3.0
"""An answer may take this many timeouts of its connection in all."""


class TimedResponse(HTTPResponse):
    """An answer that raises `TimeoutError` once it has taken too long in all, where a socket's timeout limits each silence alone.

    Also what a proxy answers before the connection stands, whose lines Python counts nowhere."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if seconds := sock.gettimeout():
            self.fp = io.BufferedReader(_Timed(self.fp.detach(), time.monotonic() + _TOO_LONG * seconds))


class _Timed(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, deadline: float) -> None:
        self._raw = raw
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        if time.monotonic() > self._deadline:
            raise TimeoutError("The answer took too long in all.")
        return self._raw.readinto(buffer)

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        try:
            self._raw.close()
        finally:
            super().close()
