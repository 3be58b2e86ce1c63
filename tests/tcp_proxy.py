"""A TCP proxy in front of a server on this machine that tears connections, and may speak TLS to its clients."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from listening import Listening, close

PASS, CUT_BEFORE, CUT_AFTER, CUT_HALFWAY, STALL_BEFORE, STALL_AFTER = (
    "pass",
    "cut before",
    "cut after",
    "cut halfway",
    "stall before",
    "stall after",
)

Action = str | bytes


class TcpProxy(Listening):
    """Forwards whole HTTP requests to `upstream`. `act` is asked for each (its bytes, its number from 1): one of the constants, or the
    bytes to answer instead of asking upstream. `known_as`: the host that clients call it by, where a sandbox answers to this machine's names
    alone. Every stall ends when the proxy does. `seen`: the request lines;
    `ended` is released for each connection that ended."""

    def __init__(
        self,
        upstream: str,
        act: Callable[[bytes, int], Action] = lambda data, number: PASS,
        tls: ssl.SSLContext | None = None,
        address: str = "127.0.0.1",
        known_as: str = "",
    ) -> None:
        super().__init__(address, tls=tls)
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 0)
        self._act = act
        self._known_as = f"Host: {known_as}".encode() if known_as else b""
        self.seen: list[str] = []
        self.ended = threading.Semaphore(0)

    def _serve(self, client: socket.socket) -> None:
        upstream: socket.socket | None = None
        try:
            if self._tls:
                client = self._tls.wrap_socket(client, server_side=True)
            self._keep(client)
            while request := _message(client):
                with self._lock:
                    self.seen.append(request.split(b"\r\n", 1)[0].decode("latin-1"))
                    number = len(self.seen)
                action = self._act(request, number)
                if action == CUT_BEFORE:
                    return
                if action == STALL_BEFORE:
                    self._end.wait()
                    return
                if isinstance(action, bytes):
                    client.sendall(action)
                    return
                upstream = upstream or self._keep(socket.create_connection(self._upstream))
                upstream.sendall(request.replace(self._known_as, b"Host: localhost", 1) if self._known_as else request)
                answer = _message(upstream)
                if action == STALL_AFTER:
                    self._end.wait()
                    return
                if action == CUT_AFTER:
                    return
                if action == CUT_HALFWAY:
                    client.sendall(answer[: -len(answer) // 4])
                    return
                client.sendall(answer)
        except OSError:
            pass
        finally:
            for one in (client, upstream):
                if one is not None:
                    close(one)
            self.ended.release()


def _message(stream: socket.socket) -> bytes:
    """One HTTP message with its body by Content-Length; b"" at the end of the stream."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = stream.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    length = int(lengths[0]) if lengths else 0
    while len(body) < length:
        more = stream.recv(65536)
        if not more:
            return b""
        body += more
    return head + b"\r\n\r\n" + body
