"""A server of the tests' own on this machine: it takes connections, each in a thread, until it ends."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Listening(ABC):
    """`port`, and `url` as clients call it; `tls` where it speaks TLS to them."""

    def __init__(self, address: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None) -> None:
        is_six = ":" in address
        self._tls = tls
        self._end = threading.Event()
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server((address, 0), family=socket.AF_INET6 if is_six else socket.AF_INET)
        self.port: int = self._listener.getsockname()[1]
        self.name = f"{f'[{address}]' if is_six else address}:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.name}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.set()
        self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Ends every connection."""
        with self._lock:
            for one in self._sockets:
                close(one)

    @abstractmethod
    def _serve(self, client: socket.socket) -> None:
        """All of one connection, its end too."""

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _keep(self, one: socket.socket) -> socket.socket:
        with self._lock:
            self._sockets.append(one)
        return one


def close(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        one.close()
