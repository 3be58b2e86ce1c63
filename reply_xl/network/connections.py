"""The connections that requests uses: whom they trust, their proxy, and the certainty that a request has not left.

Everything that fails before a connection stands is marked: whatever was to be sent had not left then.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import ssl
from pathlib import Path
from typing import Any, NoReturn

import urllib3.exceptions as transport
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.retry import Retry

from reply_xl.network.proxies import Proxy
from reply_xl.network.slow_answers import TimedResponse

NOT_SENT = "The request had not left: the connection did not stand yet."
"""The note on everything that went wrong while connecting."""
_PASSING_REFUSALS = (502, 503, 504)
_OWN_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Where companies tell programs which authorities to trust."""


class Connections(HTTPAdapter):
    """Connects straight, or through `proxy`, whose name and password are in no address that could be shown.

    Trusts the authorities that the operating system knows, where a company's own is known too, and those of the files that the
    environment names; not a bundled list. Only connecting is tried again: whatever may have arrived is never repeated below us."""

    def __init__(self, proxy: Proxy | None, *, secure: bool, connections: int) -> None:
        self._proxy = proxy
        self._secure = secure
        retry = Retry(connect=2, read=False, status=0, other=0, redirect=0, backoff_factor=0.2, respect_retry_after_header=False)
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=retry)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._secure:
            kwargs["ssl_context"] = _trust()
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=_trust(), proxy_ssl_context=_trust(), **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        if self._proxy is None or not self._proxy.user:
            return {}
        pair = f"{self._proxy.user}:{self._proxy.password}".encode()
        return {"Proxy-Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED" if self._secure else "CERT_NONE"


class _Plain(HTTPConnection):
    response_class = TimedResponse

    def connect(self) -> None:
        try:
            super().connect()
        except Exception as error:
            _fail(self, error)


class _Secure(HTTPSConnection):
    response_class = TimedResponse

    def connect(self) -> None:
        try:
            super().connect()
        except Exception as error:
            _fail(self, error)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


def _fail(connection: HTTPConnection, error: Exception) -> NoReturn:
    """Marks what went wrong while connecting. What may pass becomes the kind of error that urllib3 tries again."""
    error.add_note(NOT_SENT)
    refusal = tunnel_status(error)
    passing = isinstance(error, TimeoutError | ConnectionError | ssl.SSLEOFError) or refusal in _PASSING_REFUSALS
    if passing and not isinstance(error, transport.HTTPError):
        raise transport.NewConnectionError(connection, "The connection did not come to stand.") from error
    raise error


def was_connecting(reason: BaseException) -> bool:
    """Whether `reason` is marked: the connection did not stand, and nothing of the request had left."""
    return NOT_SENT in getattr(reason, "__notes__", ())


def tunnel_status(reason: BaseException) -> int | None:
    """The status with which a proxy refused to connect, from the text in which alone Python tells it."""
    found = re.match(r"Tunnel connection failed: (\d{3})\b", str(reason)) if isinstance(reason, OSError) else None
    return int(found[1]) if found else None


def unreadable_certificates() -> list[str]:
    """The variables that name a file or a folder without certificates that can be read, and so trust nobody."""
    return _load_own(_context())


def _trust() -> Any:
    context = _context()
    # A file that is gone must not stop what the system's own authorities allow; if they do not, the sentence names the variable.
    _load_own(context)
    return context


def _context() -> Any:
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _load_own(context: Any) -> list[str]:
    """Adds the authorities that the environment names to those of the system; returns the variables whose file cannot be read, or in whose
    folder there is none that can."""
    failed = []
    for variable in _OWN_CERTIFICATES:
        path = os.environ.get(variable)
        if path and not sum(_is_loaded(context, file) for file in _files(Path(path))):
            failed.append(variable)
    return failed


def _files(path: Path) -> list[Path]:
    """A folder's files, each of which may hold authorities; else the file itself."""
    with contextlib.suppress(OSError):
        if path.is_dir():
            return sorted(entry for entry in path.iterdir() if entry.is_file())
    return [path]


def _is_loaded(context: Any, file: Path) -> bool:
    try:
        context.load_verify_locations(cafile=file)
    except OSError:
        return False
    return True
