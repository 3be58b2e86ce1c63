"""All that one sandbox holds: workspace, settings, faults, quota and the record of requests, behind one lock.

The server's thread and the tests' threads meet here and nowhere else.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from reply_xl.sandbox.answers import dump
from reply_xl.sandbox.contact import Contact, Shape
from reply_xl.sandbox.faults import Faults
from reply_xl.sandbox.quota import Quota, parse_limits
from reply_xl.sandbox.settings import Settings
from reply_xl.sandbox.workspace import Workspace

RECORDS_KEPT = 200_000


@dataclass(slots=True)
class Request:
    """One request to the API as the sandbox saw it. It holds no header: an API key is never recorded.

    `path` has the query. `status` is None while the request is open and when no whole answer went out. `body` is the JSON
    value sent, the text if it is not JSON, None if there was none. `time` is Unix seconds at arrival, `duration` seconds.
    `applied`: the write landed, whatever became of the answer. `connection` numbers the TCP connections from 1; `open` is
    how many requests of the API were being answered when this one arrived, itself included.
    """

    number: int
    method: str
    path: str
    body: Any
    time: float
    connection: int
    open: int
    contact_id: int | None = None
    status: int | None = None
    duration: float | None = None
    applied: bool = False
    faults: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def monotone_clock() -> Callable[[], float]:
    """Unix seconds that never step back, whatever happens to the system's clock."""
    offset = time.time() - time.perf_counter()
    return lambda: offset + time.perf_counter()


class State:
    """See the module. Every method holds the lock; `lock` is for callers that need several at once."""

    def __init__(
        self,
        contacts: Iterable[Mapping[str, Any]] | None,
        custom_fields: Iterable[Mapping[str, Any] | str] | None,
        settings: Settings,
        clock: Callable[[], float] | None,
        called: str = "",
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock or monotone_clock()
        self._called = called
        self.workspace = Workspace(contacts, custom_fields, self.clock)
        self.faults = Faults()
        self._initial_settings = settings
        self._use(settings)
        self._clear_records()

    def reset(self) -> None:
        """Contacts, custom fields and settings as at the start; no fault, no record, an unused quota."""
        with self.lock:
            self.workspace.reset()
            self.faults.clear()
            self._use(self._initial_settings)
            self._clear_records()

    def change(self, switches: Mapping[str, Any]) -> None:
        """Turns switches; ValueError changes nothing. A changed quota starts unused."""
        with self.lock:
            self._use(self.settings.changed(switches))

    def _use(self, settings: Settings) -> None:
        old: Settings | None = getattr(self, "settings", None)
        if old is None or settings is self._initial_settings or (old.quota, old.time_scale) != (settings.quota, settings.time_scale):
            self.quota = Quota(parse_limits(settings.quota), settings.time_scale)
        self.settings = settings
        self.shape = Shape(settings, self.workspace.title_of, self.workspace.list_of)
        self._bodies: dict[int, tuple[Contact, bytes]] = {}

    def body_of(self, contact: Contact) -> bytes:
        """The contact's JSON. Kept while the contact is the same object: pages of 1,000 are then a join."""
        kept = self._bodies.get(contact["id"])
        if kept is not None and kept[0] is contact:
            return kept[1]
        body = dump(self.shape.answer(contact))
        self._bodies[contact["id"]] = (contact, body)
        return body

    def stored(self) -> list[dict[str, Any]]:
        """Every contact as kept; see `Shape.stored`."""
        with self.lock:
            return [self.shape.stored(contact) for contact in self.workspace.contacts.values()]

    # -- the record

    def _clear_records(self) -> None:
        self._records: deque[Request] = deque(maxlen=RECORDS_KEPT)
        self._seen = 0
        # Every answer names it (`Reply-Sandbox`), so that what a client remembers of one workspace is not taken for another's.
        self.instance = self._called + secrets.token_hex(8)

    def record(self, method: str, path: str, body: Any, connection: int, open_requests: int, contact_id: int | None) -> Request:
        with self.lock:
            self._seen += 1
            entry = Request(self._seen, method, path, body, self.clock(), connection, open_requests, contact_id)
            self._records.append(entry)
            return entry

    def close_record(self, entry: Request, status: int | None) -> None:
        with self.lock:
            entry.status = status
            entry.duration = self.clock() - entry.time

    def records(self) -> list[Request]:
        """Copies, in the order of arrival."""
        with self.lock:
            return [replace(entry) for entry in self._records]
