"""Clients that wait for nothing, and what they find nobody at."""

from __future__ import annotations

import socket
from collections.abc import Callable

from reply_xl.network.client import Client
from reply_xl.network.pace import WindowPace

Connect = Callable[..., Client]


class QuickPace(WindowPace):
    """No quota, and no wait between two tries: what was waited is noted."""

    def __init__(self) -> None:
        super().__init__(())
        self.pauses: list[float] = []
        self.holds: list[float] = []

    def pause(self, seconds: float, why: str) -> None:
        self.pauses.append(seconds)

    def hold(self, seconds: float) -> None:
        self.holds.append(seconds)


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
