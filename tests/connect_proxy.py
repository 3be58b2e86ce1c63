"""A company's proxy: opens tunnels to one server on this machine, whatever host it is asked for, or fails as told."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from listening import Listening, close

TUNNEL, HANG, CLOSE, RESET = "tunnel", "hang", "close", "reset"


class ConnectProxy(Listening):
    """`act` is asked for each CONNECT (its head, its number from 1): one of the constants, or the bytes to answer, after which the connection
    is closed. `seen`: the heads."""

    def __init__(
        self,
        upstream: str,
        act: Callable[[bytes, int], str | bytes] = lambda head, number: TUNNEL,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(tls=tls)
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 0)
        self._act = act
        self.seen: list[bytes] = []

    def _serve(self, client: socket.socket) -> None:
        try:
            if self._tls:
                client = self._tls.wrap_socket(client, server_side=True)
            self._keep(client)
            head = b""
            while b"\r\n\r\n" not in head:
                more = client.recv(65536)
                if not more:
                    return
                head += more
                if head[:1] == b"\x16":  # a secure connection is asked for, where none is spoken
                    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    return
            with self._lock:
                self.seen.append(head)
                number = len(self.seen)
            action = self._act(head, number)
            if action == HANG:
                self._end.wait()
            elif action == RESET:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                client.close()
            elif isinstance(action, bytes):
                head, end, page = action.partition(b"\r\n\r\n")
                client.sendall(head + end)
                if page and b" 200 " in head:  # whoever says yes is asked for a secure connection, and only then shows its page
                    client.recv(65536)
                client.sendall(page)
            elif action == TUNNEL:
                self._tunnel(client)
        except OSError:
            pass
        finally:
            close(client)

    def _tunnel(self, client: socket.socket) -> None:
        server = self._keep(socket.create_connection(self._upstream))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_relay, args=(server, client), daemon=True)
        back.start()
        _relay(client, server)
        back.join()


def _relay(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    close(target)
