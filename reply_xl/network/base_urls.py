"""Which servers may be given the API key: Reply, another one over https, or this machine itself."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from urllib.parse import urlsplit

from reply_xl.errors import ConfigError

REPLY_URL = "https://api.reply.io"


def checked_base_url(url: str) -> str:
    """`url` without a trailing slash. Raises `ConfigError` unless it is https, or http to this machine itself."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if "@" in url:
        raise ConfigError(f"A base URL holds no name and no password, and no @; use {REPLY_URL} or leave it out.")
    if not host and _with_scheme(url):
        raise ConfigError(f"“{url}” is not a base URL; write {_with_scheme(url)}.")
    # A host with escapes, and port 0, are read in another way by what connects.
    escapes = "%" in (host or "") and ":" not in (host or "")
    if not host or port == 0 or escapes or parts.query or parts.fragment or any(char <= " " for char in url.strip()):
        raise ConfigError(f"“{url}” is not a base URL; use {REPLY_URL} or leave it out.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
        raise ConfigError(f"“{url}” is not safe for an API key; the base URL must begin with https://.")
    return parts._replace(netloc=parts.netloc.lower()).geturl().rstrip("/")


def _with_scheme(url: str) -> str:
    """The base URL that somebody meant who left out its beginning, or ""."""
    for scheme in ("http", "https"):
        with contextlib.suppress(ConfigError):
            return checked_base_url(f"{scheme}://{url.strip()}") if "://" not in url else ""
    return ""


def repeated(base_url: str | None) -> str:
    """The option that a command which is advised needs as well to speak with the same server, or ""."""
    return "" if base_url is None else f" --base-url {base_url.strip()}"


def whose(base_url: str) -> str:
    """The server at this address, for people: a practice server goes by its place and not by its address."""
    return "the practice server on this computer" if is_loopback(base_url) else base_url


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine itself: `localhost` and what is below it, or a loopback address in any spelling that a system takes."""
    host = (urlsplit(url.strip()).hostname or "").removesuffix(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    within = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address is not None and (within or address).is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that `host` is, None for a name. What connects reads `127.1`, `0x7f.1` and `2130706433` as addresses too."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host)
    with contextlib.suppress(OSError, ValueError):
        return ipaddress.IPv4Address(socket.inet_aton(host))
    return None
