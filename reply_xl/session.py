"""Builds what a use case needs from the configuration: the client, its pace, the records.

The records are imported when they are first needed: a command that asks Reply one thing starts no slower for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING

from reply_xl import config
from reply_xl.errors import ApiRefused, NotAuthorised
from reply_xl.interrupts import Stop
from reply_xl.model import Bases, FieldValue, Memory, Whoami
from reply_xl.network.base_urls import REPLY_URL, checked_base_url, is_loopback
from reply_xl.network.client import Client
from reply_xl.network.pace import REPLY_QUOTA, WindowPace, parse_quota

if TYPE_CHECKING:
    from reply_xl.history.records import Records
    from reply_xl.history.runs import Server


class Session(AbstractContextManager["Session"]):
    """A connection to one workspace, for one command. `records` None: those of this user, opened when they are first needed. Raises
    `ConfigError` if there is no key or the base URL is not safe."""

    def __init__(
        self,
        base_url: str | None = None,
        *,
        key: str | None = None,
        cancelled: threading.Event | None = None,
        on_wait: Callable[[float, str], None] | None = None,
        records: Records | None = None,
    ) -> None:
        url = checked_base_url(REPLY_URL if base_url is None else base_url)
        self.loopback = is_loopback(url)
        settings = config.load(url, loopback=self.loopback, key=key)
        self.cancelled = cancelled or Stop()
        quota = REPLY_QUOTA if settings.quota is None else parse_quota(settings.quota)
        log = config.quota_file() if quota else None
        self.pace = WindowPace(quota, log=log, account=f"{url} {settings.key}", cancelled=self.cancelled, on_wait=on_wait)
        self.contacts = Client(url, settings.key, self.pace, key_variable=settings.variable)
        self._records = records
        self._owns_records = records is None
        self._lock = threading.Lock()
        self.memory: Memory = _Remembered(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.contacts.close()
        self.pace.close()
        if self._records is not None and self._owns_records:
            self._records.close()

    @property
    def records(self) -> Records:
        """The records of this user, opened when they are first needed. Raises `JournalError`."""
        from reply_xl.history.records import Records

        with self._lock:
            if self._records is None:
                self._records = Records()
            return self._records

    @property
    def place(self) -> str:
        """What tells these contacts from another server's; "" for a server on this machine that does not say which one it is, of whose
        contacts nothing may be remembered. Known after the first answer."""
        if self.loopback and not self.contacts.instance:
            return ""
        return " ".join(part for part in (self.contacts.base_url, self.contacts.instance) if part)

    def bases(self, book: str, sheet: str) -> Bases:
        """What Reply held when the cells of this sheet received or equalled it."""
        return _Based(self, book, sheet)

    def server(self) -> Server:
        """Whose contacts these are; asks Reply. Ids are None where it does not tell."""
        from reply_xl.history.runs import Server

        try:
            who = self.contacts.whoami()
        except NotAuthorised:
            raise
        except ApiRefused:
            who = Whoami(None, "", None)
        return Server(self.contacts.base_url, self.contacts.instance, who.user_id, who.username, who.team_id)


class _Remembered:
    """What was last sent, looked up when a field that Reply never returns is first met: a sandbox tells which instance it is only with its
    first answer."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._memory: Memory | None = None

    def matches(self, contact_id: int, field: str, value: FieldValue) -> bool:
        return self._opened().matches(contact_id, field, value)

    def remember(self, contact_id: int, field: str, value: FieldValue) -> None:
        self._opened().remember(contact_id, field, value)

    def _opened(self) -> Memory:
        if self._memory is None:
            from reply_xl.history.last_sent import Forgetful

            place = self._session.place
            self._memory = self._session.records.last_sent(place) if place else Forgetful()
        return self._memory


class _Based:
    """The bases of one sheet, looked up once the server has said which one it is."""

    def __init__(self, session: Session, book: str, sheet: str) -> None:
        self._session = session
        self._book, self._sheet = book, sheet

    def of(self, contact_ids: Collection[int]) -> Mapping[int, Mapping[str, FieldValue]]:
        place = self._session.place
        return self._session.records.bases(place, self._book, self._sheet).of(contact_ids) if place else {}
