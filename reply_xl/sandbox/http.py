"""HTTP of the sandbox: who may ask, the quota, the faults, and how the bytes leave.

Headers and body leave in one write: in two, Nagle's algorithm and the client's delayed acknowledgement would stall every
answer on a kept-alive connection by 40 ms.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
import sys
from collections.abc import Coroutine
from http.client import responses
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, HTTPServerRequest, ResponseStartLine
from tornado.iostream import IOStream, StreamClosedError

from reply_xl.sandbox import api, control
from reply_xl.sandbox.answers import Answer, Problem
from reply_xl.sandbox.effects import Cut, after, before
from reply_xl.sandbox.faults import Fault
from reply_xl.sandbox.quota import retry_after
from reply_xl.sandbox.state import Request, State

log = logging.getLogger(__name__)

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Front:
    """The callback of tornado's HTTPServer; runs on the server's loop only."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: WeakKeyDictionary[object, int] = WeakKeyDictionary()
        self._connected = 0
        self._open = 0

    def __call__(self, request: HTTPServerRequest) -> None:
        path = request.path or ""
        try:
            if not (_is_loopback(f"//{request.host}") and _is_loopback(request.headers.get("Origin", "//localhost"))):
                # A web page whose name was made to point here (DNS rebinding), or any page of another origin.
                _send(request, Problem(421, "The sandbox answers under the name of this machine's loopback only.").answer())
            elif (path == "/sandbox" or path.startswith("/sandbox/")) and self._state.settings.control:
                _send(request, control.answer(self._state, request.method or "", path, request.body))
            else:
                self._serve(request, path)
        except StreamClosedError:
            pass

    def cancel(self) -> None:
        """Ends what is stalled."""
        for task in self._tasks:
            task.cancel()

    def _serve(self, request: HTTPServerRequest, path: str) -> None:
        state = self._state
        method = request.method or ""
        contact_id = api.contact_id_of(path)
        self._open += 1
        record = state.record(method, request.uri or path, _shown(request.body), self._connection(request), self._open, contact_id)
        with state.lock:
            latency = state.settings.latency
            denied = self._admit(request)
            faults = [] if denied else state.faults.striking(method, record.path, contact_id)
        if latency or faults:
            work = self._slowly(request, record, denied, faults, latency)
            task = asyncio.get_running_loop().create_task(self._guarded(request, record, work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        try:
            self._finish(request, record, denied or self._call(request, record))
        finally:
            self._open -= 1

    async def _guarded(self, request: HTTPServerRequest, record: Request, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except StreamClosedError:
            # The client has gone; what was written stays written.
            self._state.close_record(record, None)
        except Exception:
            log.exception("the sandbox failed on %s %s", record.method, record.path)
            _close(request)
        finally:
            self._open -= 1

    async def _slowly(
        self, request: HTTPServerRequest, record: Request, denied: Answer | None, faults: list[Fault], latency: float
    ) -> None:
        """The way of a request that waits or is struck: latency, faults before the write, the write, faults after it."""
        record.faults = tuple(fault.kind for fault in faults)
        await asyncio.sleep(latency)
        result: Answer | Cut | None = denied
        for fault in faults:
            if result is None and fault.when == "before":
                result = await before(fault, self._state, record.contact_id)
        if result is None:
            answer = result = self._call(request, record)
            for fault in faults:
                if fault.when != "before":
                    result = await after(fault, self._state, record.contact_id, answer)
                    if isinstance(result, Cut):
                        break
                    answer = result
        if isinstance(result, Cut):
            self._state.close_record(record, None)  # before the cut, as in `_finish`
            await _cut(request, result, self._state.instance)
        else:
            self._finish(request, record, result)

    def _call(self, request: HTTPServerRequest, record: Request) -> Answer:
        content_type = request.headers.get("Content-Type", "")
        answer = api.answer(self._state, record.method, request.path or "", request.query_arguments, content_type, request.body)
        record.applied = answer.applied
        return answer

    def _finish(self, request: HTTPServerRequest, record: Request, answer: Answer) -> None:
        # Closed before it is sent: who has the answer finds it in the record. A client that has gone gets none.
        gone = _connection_of(request).stream.closed()
        self._state.close_record(record, None if gone else answer.status)
        if not gone:
            _send(request, answer, self._state.instance)

    def _admit(self, request: HTTPServerRequest) -> Answer | None:
        """None, or 401 with an empty body, or 429 [DOC]. Only known keys are counted."""
        settings = self._state.settings
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key or " " in key or (settings.keys is not None and key not in settings.keys):
            return Answer(401, headers=(("WWW-Authenticate", "Bearer"),))
        wait = self._state.quota.arrive(key, self._state.clock())
        if wait is None:
            return None
        seconds = retry_after(wait, fractional=settings.retry_after == "fractional")
        problem = Problem(429, f"Rate limit exceeded. Retry after {seconds} seconds.", headers=(("Retry-After", seconds),))
        return problem.answer(live=settings.error_style == "live")

    def _connection(self, request: HTTPServerRequest) -> int:
        stream = _connection_of(request).stream
        number = self._connections.get(stream)
        if number is None:
            self._connected += 1
            number = self._connections[stream] = self._connected
        return number


def _is_loopback(url: str) -> bool:
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False


def _shown(body: bytes) -> Any:
    """A body for the record: the JSON value, else the text, shortened."""
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body[:10_000].decode("utf-8", "replace")


def _connection_of(request: HTTPServerRequest) -> HTTP1Connection:
    assert isinstance(request.connection, HTTP1Connection)
    return request.connection


def _headers(answer: Answer, instance: str = "") -> HTTPHeaders:
    headers = HTTPHeaders(dict(answer.headers))
    if instance:
        headers["Reply-Sandbox"] = instance
    if answer.body:
        headers["Content-Type"] = answer.content_type
    headers["Content-Length"] = str(len(answer.body))
    return headers


def _start_line(answer: Answer) -> ResponseStartLine:
    return ResponseStartLine("HTTP/1.1", answer.status, responses.get(answer.status, "Unknown"))


def _send(request: HTTPServerRequest, answer: Answer, instance: str = "") -> None:
    connection = _connection_of(request)
    connection.write_headers(_start_line(answer), _headers(answer, instance), b"" if request.method == "HEAD" else answer.body)
    connection.finish()


async def _cut(request: HTTPServerRequest, cut: Cut, instance: str) -> None:
    """Half of the answer if there is one, then the connection ends: with FIN, or with RST."""
    connection = _connection_of(request)
    if cut.answer is not None:
        half = cut.answer.body[: len(cut.answer.body) // 2]
        connection.write_headers(_start_line(cut.answer), _headers(cut.answer, instance), half)
        await connection.stream.write(b"")
    if cut.reset and isinstance(connection.stream, IOStream) and not connection.stream.closed():
        # Lingering for no time at all makes close() send RST; Windows takes the pair as shorts.
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        connection.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


def _close(request: HTTPServerRequest) -> None:
    _connection_of(request).close()
