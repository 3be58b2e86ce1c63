"""Builds what a use case needs from the configuration: the client, its pace, the memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType

from reply_xl import config
from reply_xl.client import REPLY_URL, Client, checked_base_url, is_loopback
from reply_xl.errors import JournalError
from reply_xl.model import FieldValue, Memory
from reply_xl.pace import REPLY_QUOTA, WindowPace, parse_quota


class Session(AbstractContextManager["Session"]):
    """A connection to one workspace, for one command. Raises `ConfigError` if there is no key or the base URL is not safe."""

    def __init__(
        self,
        base_url: str | None = None,
        *,
        key: str | None = None,
        cancelled: threading.Event | None = None,
        on_wait: Callable[[float, str], None] | None = None,
    ) -> None:
        url = checked_base_url(REPLY_URL if base_url is None else base_url)
        self.loopback = is_loopback(url)
        settings = config.load(url, loopback=self.loopback, key=key)
        self.cancelled = cancelled or threading.Event()
        quota = REPLY_QUOTA if settings.quota is None else parse_quota(settings.quota)
        self.pace = WindowPace(quota, cancelled=self.cancelled, on_wait=on_wait)
        self.contacts = Client(url, settings.key, self.pace, key_variable=settings.variable)
        self.memory = _LazyMemory(self.contacts, self.loopback)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.contacts.close()
        self.memory.close()


class _LazyMemory:
    """Opens the journal when a field that Reply never returns is first met: most runs need no file, and a sandbox tells which instance
    it is only with its first answer."""

    def __init__(self, client: Client, loopback: bool) -> None:
        self._client = client
        self._loopback = loopback
        self._lock = threading.Lock()
        self._memory: Memory | None = None

    def matches(self, contact_id: int, field: str, value: FieldValue) -> bool:
        return self._open().matches(contact_id, field, value)

    def remember(self, contact_id: int, field: str, value: FieldValue) -> None:
        self._open().remember(contact_id, field, value)

    def close(self) -> None:
        if self._memory is not None:
            self._memory.close()

    def _open(self) -> Memory:
        from reply_xl.journal import Forgetful, LastSent

        with self._lock:
            if self._memory is None:
                if self._loopback and not self._client.instance:
                    self._memory = Forgetful()
                else:
                    place = " ".join(part for part in (self._client.base_url, self._client.instance) if part)
                    try:
                        folder = config.data_folder()
                    except OSError as error:
                        raise JournalError("There is no folder for the journal; check that your home folder can be written.") from error
                    self._memory = LastSent(folder / "journal.sqlite3", place)
            return self._memory
