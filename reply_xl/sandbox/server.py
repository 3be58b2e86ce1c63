"""The sandbox: a stand-in for the Reply API as a real HTTP server on loopback.

It answers as Reply is documented to, with a switch for everything in which the live API differs or nobody knows, and fails
on demand. It shares no code with the client, so that a misreading of the API cannot hide on both sides.

    with Sandbox(contacts=[{"email": "ada@example.com"}], quota="off") as sandbox:
        requests.patch(f"{sandbox.url}/v3/contacts/2147000001", json={"title": "CTO"}, headers={"Authorization": "Bearer any"})
        sandbox.contacts[2147000001]["title"]
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Unpack

from tornado.httpserver import HTTPServer

from reply_xl.sandbox.faults import make_fault
from reply_xl.sandbox.http import Front
from reply_xl.sandbox.settings import Settings, Switches
from reply_xl.sandbox.state import Request, State

__all__ = ["Request", "Sandbox", "run"]

HOST = "127.0.0.1"
DEFAULT_PORT = 8765
_LARGEST_BODY = 16_000_000


class Sandbox:
    """A sandbox on a thread of its own. The keywords after `clock` are its switches: see `settings.Settings`.

    `contacts`: dicts with any subset of a contact's fields (API names, `phone2` and `id` among them; `customFields` as
    {title: value} or as a list; `lists` as ids); None for the 60 fictional ones. `custom_fields`: titles or dicts; None for
    the five fictional ones. `port` 0 takes a free one. `clock` gives Unix seconds, for stamps, records and the quota. `called`: what
    `instance` begins with.
    """

    def __init__(
        self,
        contacts: Iterable[Mapping[str, Any]] | None = None,
        custom_fields: Iterable[Mapping[str, Any] | str] | None = None,
        *,
        port: int = 0,
        clock: Callable[[], float] | None = None,
        called: str = "",
        **switches: Unpack[Switches],
    ) -> None:
        self._state = State(contacts, custom_fields, Settings().changed(switches), clock, called)
        self._port = port
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None

    # -- the server

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> Sandbox:
        """Returns when requests are answered. OSError if the port is taken."""
        if self._thread is not None:
            raise RuntimeError("the sandbox is running already")
        # Bound here, so that a taken port is the caller's exception and the address is known at once.
        listening = socket.create_server((HOST, self._port), backlog=128)
        listening.setblocking(False)
        self._port = listening.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening, ready), name="reply-sandbox", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def stop(self) -> None:
        """Ends the server and every open connection; what is stalled gets no answer. The state stays readable."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._end is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._end.set)
        thread.join()

    @property
    def instance(self) -> str:
        """What it calls itself in the header `Reply-Sandbox`: another name after each reset."""
        return self._state.instance

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, without a slash at its end."""
        return f"http://{HOST}:{self._port}"

    def _run(self, listening: socket.socket, ready: threading.Event) -> None:
        # A selector loop everywhere: tornado needs one, and Windows has another by default.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._serve(listening, ready))

    async def _serve(self, listening: socket.socket, ready: threading.Event) -> None:
        front = Front(self._state)
        server = HTTPServer(front, max_body_size=_LARGEST_BODY)
        server.add_socket(listening)
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        ready.set()
        await self._end.wait()
        server.stop()
        front.cancel()
        await server.close_all_connections()

    # -- what it holds and saw; from any thread

    @property
    def contacts(self) -> dict[int, dict[str, Any]]:
        """Copies of all contacts as kept, by id: the documented shape whatever the switches, with `phone2`, unset text as
        None, and customFields as `[{key: title, id, value}]`."""
        return {contact["id"]: contact for contact in self._state.stored()}

    def contact(self, ident: int) -> dict[str, Any]:
        """One of them; KeyError if there is none."""
        with self._state.lock:
            return self._state.shape.stored(self._state.workspace.contacts[ident])

    @property
    def custom_fields(self) -> list[dict[str, Any]]:
        """As `GET /v3/custom-fields` answers."""
        with self._state.lock:
            return [dict(field) for field in self._state.workspace.custom_fields.values()]

    @property
    def requests(self) -> list[Request]:
        """Copies of the records of all requests to the API, in the order of arrival; never with a key."""
        return self._state.records()

    # -- what somebody else does to it; from any thread

    def reset(self) -> None:
        """Contacts, custom fields and switches as at the start; no fault, no record, an unused quota."""
        self._state.reset()

    def edit(self, ident: int, /, **fields: Any) -> None:
        """Edited by somebody else in Reply: any stored field; `customFields={title: value}` changes those, None clears."""
        with self._state.lock:
            self._state.workspace.edit(ident, fields)

    def delete(self, ident: int) -> None:
        """Deleted by somebody else in Reply."""
        with self._state.lock:
            self._state.workspace.delete(ident)

    @property
    def settings(self) -> Settings:
        """The switches as they are."""
        return self._state.settings

    def set(self, **switches: Unpack[Switches]) -> None:
        """Turns switches while it runs; a request under way ends with the new ones."""
        self._state.change(switches)

    def fault(self, kind: str, **given: Any) -> int:
        """Arms a fault: a kind of `faults.KINDS`, its parameters, `when`, and the conditions of `Fault`. Its number."""
        with self._state.lock:
            return self._state.faults.arm(make_fault(kind, **given))

    @property
    def faults(self) -> list[dict[str, Any]]:
        """The faults that are armed, with how often each matched and struck."""
        with self._state.lock:
            return self._state.faults.as_json()

    def clear_faults(self) -> None:
        with self._state.lock:
            self._state.faults.clear()


def run(
    *,
    port: int = DEFAULT_PORT,
    contacts: Iterable[Mapping[str, Any]] | None = None,
    custom_fields: Iterable[Mapping[str, Any] | str] | None = None,
    on_ready: Callable[[str], None] | None = None,
    end: threading.Event | None = None,
    **switches: Unpack[Switches],
) -> None:
    """Serves until Ctrl-C, SIGTERM or `end`; calls `on_ready` with the URL. OSError if the port is taken.

    It returns, it does not raise, on the first two: being stopped is how a server ends.
    """
    over = end or threading.Event()
    sandbox = Sandbox(contacts, custom_fields, port=port, **switches)
    with _sigterm_sets(over), contextlib.suppress(KeyboardInterrupt), sandbox:
        if on_ready is not None:
            on_ready(sandbox.url)
        # In short waits, because on Windows a wait without end is deaf to Ctrl-C.
        while not over.wait(0.5):
            pass


@contextlib.contextmanager
def _sigterm_sets(over: threading.Event) -> Iterator[None]:
    """SIGTERM ends the wait; elsewhere than on the main thread Python allows no handler, and none is needed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, lambda *_: over.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
