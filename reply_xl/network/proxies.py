"""Which proxy leads to a server: the environment's, else the operating system's.

Nothing here is ever asked about this machine itself: loopback never goes through a proxy.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any
from urllib.parse import unquote, urlsplit

import requests.utils

from reply_xl.errors import ConfigError

_PORTS = {"http": 80, "https": 443}
_KINDS = {"PROXY": "http", "HTTP": "http", "HTTPS": "https", "SOCKS": "socks", "SOCKS4": "socks4", "SOCKS5": "socks5"}
"""How a PAC script names proxies, and how an address does."""
_DIRECT = ""
_LONGEST_KNOCK = 2.0
_PATIENCE = 6.0
"""Seconds to find a proxy that answers, of several."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """`source`: where its address was found, as a sentence names it. `user` and `password` are for the proxy alone; neither the address nor
    the name holds them."""

    scheme: str
    host: str
    port: int
    source: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def address(self) -> str:
        return f"{self.scheme}://{self.name}"


@dataclass(frozen=True, slots=True)
class System:
    """What an operating system knows. `static`: proxy by scheme; `bypasses`: whether its settings except a host; `automatic`: the proxies
    for a URL that are found by a script, "" for none, None where no script is set or none was found; `is_silent`: whether one is set that gives no
    answer."""

    name: str
    static: Callable[[], Mapping[str, str]]
    bypasses: Callable[[str], bool]
    automatic: Callable[[str], str | None]
    is_silent: Callable[[str], bool] = lambda url: False


def find_proxy(url: str, system: System | None = None, *, patience: float = _PATIENCE) -> Proxy | None:
    """The proxy for an https `url` of another machine, or None. `system` None: this one.

    `HTTPS_PROXY` and `ALL_PROXY` go before the system's settings, a script before a fixed address, and `NO_PROXY` before everything. Of
    several proxies of a script it is the first that can be connected to within `patience` seconds. Raises `ConfigError`, which never repeats the address, for one
    that cannot be used."""
    host = urlsplit(url).hostname or ""
    given = urllib.request.getproxies_environment()
    if _is_excepted(url, given.get("no", "")):
        return None
    for scheme in ("https", "all"):
        if given.get(scheme):
            return _parsed(given[scheme], f"{scheme.upper()}_PROXY")
    system = system or this_system()
    found = system.automatic(url)
    if found is not None:
        return _answering(_candidates(found), f"the automatic proxy settings of {system.name}", patience)
    fixed = system.static()
    address = fixed.get("https") or fixed.get("all")
    if not address:
        return None
    with contextlib.suppress(re.error):  # Windows takes anything as a pattern
        if system.bypasses(host):
            return None
    return _parsed(address, f"the proxy settings of {system.name}")


def _is_excepted(url: str, exceptions: str) -> bool:
    """Whether `NO_PROXY` names the host of `url`, in any form that some program or other reads: `*`, a name with or without its domain's dot or
    star, a port, a network."""
    parts = urlsplit(url)
    host, port = (parts.hostname or "").removesuffix("."), parts.port or _PORTS.get(parts.scheme)
    for word in re.split(r"[,;\s]+", exceptions.lower()):
        if word == "*":
            return True
        with contextlib.suppress(ValueError):
            if ipaddress.ip_address(host) in ipaddress.ip_network(word, strict=False):
                return True
        with contextlib.suppress(ValueError):
            named = urlsplit(word if "://" in word else f"//{word}")
            name = (named.hostname or "").removeprefix("*").strip(".")
            if name and named.port in (None, port) and named.path in ("", "/") and f".{host}".endswith(f".{name}"):
                return True
    return False


def this_system() -> System:
    """Windows and Mac: the user's settings and, by WinHTTP or CFNetwork, scripts. Elsewhere nothing."""
    of_python: Any = urllib.request
    if sys.platform == "win32":
        of_requests: Any = requests.utils  # Python's own looks every name up before it compares
        return System(
            "Windows", of_python.getproxies_registry, of_requests.proxy_bypass_registry, _search_on_windows, _is_silent_on_windows
        )
    if sys.platform == "darwin":

        def excepts(host: str) -> bool:
            return is_excepted_on_a_mac(host, of_python._get_proxy_settings())  # Python's own looks every name up before it compares

        return System("this Mac", of_python.getproxies_macosx_sysconf, excepts, _search_on_a_mac, _is_silent_on_a_mac)
    return System("this computer", dict, lambda host: False, lambda url: None)


def _search_on_windows(url: str) -> str | None:
    from reply_xl.network.winhttp import find_automatic_proxies

    return search_in_time(find_automatic_proxies, url)


def _search_on_a_mac(url: str) -> str | None:
    from reply_xl.network.mac_proxies import find_automatic_proxies

    # Without a script the answer is there at once, so who is waited for has one; it is given the time to start a process and to fetch it.
    return search_in_time(find_automatic_proxies, url, soon=2.0)


def is_excepted_on_a_mac(host: str, settings: Mapping[str, Any]) -> bool:
    """Whether a Mac's settings, as Python gives them, except `host`: by a pattern, as an address in a network such as `10.1` or `169.254/16`, or
    as a name without a dot. No name is looked up, which takes long where only the proxy knows any."""
    if "." not in host and ":" not in host and settings.get("exclude_simple"):
        return True
    for pattern in filter(None, settings.get("exceptions", ())):
        with contextlib.suppress(ValueError):
            base, _, length = pattern.partition("/")
            parts = base.split(".")
            network = f"{'.'.join([*parts, *['0'] * (4 - len(parts))])}/{length or 8 * len(parts)}" if ":" not in base else pattern
            if ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False):
                return True
        if fnmatch(host.lower(), pattern.lower()):
            return True
    return False


def _is_silent_on_windows(url: str) -> bool:
    from reply_xl.network.winhttp import find_automatic_proxies

    return gives_no_answer(find_automatic_proxies, url)


def _is_silent_on_a_mac(url: str) -> bool:
    from reply_xl.network.mac_proxies import find_automatic_proxies

    return gives_no_answer(find_automatic_proxies, url)


def gives_no_answer(search: Callable[[str], str | None], url: str) -> bool:
    """Whether `search` knows of a script and has no answer of it for `url`. Takes the time that it takes."""
    try:
        search(url)
    except TimeoutError:
        return True
    return False


def search_in_time(search: Callable[[str], str | None], url: str, soon: float = 1.0, latest: float = 8.0) -> str | None:
    """What `search` finds for `url`, None if it takes too long: seconds where no server can be asked without a proxy, else one.

    Windows detects proxies by default, which takes seconds on some networks that have none; no click waits for that."""
    found: list[str | None] = []

    def find() -> None:
        with contextlib.suppress(TimeoutError):
            found.append(search(url))

    thread = threading.Thread(target=find, daemon=True)
    thread.start()
    thread.join(soon)
    if thread.is_alive() and not _takes_a_connection(urlsplit(url).hostname or "", urlsplit(url).port or 443):
        thread.join(latest)
    return found[0] if found else None


def _candidates(answer: str) -> list[str]:
    """Addresses, best first, `_DIRECT` for none: from `PROXY a:1; DIRECT` as scripts write it, and `a:1;https=b:2` as WinHTTP does."""
    found = []
    for part in answer.split(";"):
        words = part.split()
        kind = words[0].upper() if words else ""
        if kind == "DIRECT":
            found.append(_DIRECT)
        elif kind in _KINDS and len(words) == 2:
            found.append(f"{_KINDS[kind]}://{words[1]}")
        else:
            found += words
    by_scheme = [re.sub("^https=", "", word, flags=re.IGNORECASE) for word in found if "=" not in word or word.lower().startswith("https=")]
    return by_scheme or [_DIRECT]


def _answering(addresses: Sequence[str], source: str, patience: float) -> Proxy | None:
    """The first proxy that takes a connection, or the first that can be used at all, whose failure will then be told."""
    deadline = time.monotonic() + patience
    usable: list[Proxy] = []
    problem: ConfigError | None = None
    for address in addresses:
        if address == _DIRECT:
            return None
        try:
            proxy = _parsed(address, source)
        except ConfigError as error:
            problem = problem or error
            continue
        usable.append(proxy)
        left = deadline - time.monotonic()
        if len(addresses) == 1 or (left > 0 and _takes_a_connection(proxy.host, proxy.port, min(left, _LONGEST_KNOCK))):
            return proxy
    if usable:
        return usable[0]
    if problem:
        raise problem
    return None


def _takes_a_connection(host: str, port: int, seconds: float = _LONGEST_KNOCK) -> bool:
    try:
        with socket.create_connection((host, port), seconds):
            return True
    except OSError:
        return False


def _parsed(text: str, source: str) -> Proxy:
    """A proxy from its address. What is wrong with one is said without repeating it: it may hold a password."""
    text = text.strip(" \t\"'")  # quotes stay where Windows' command line sets a variable
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    # A password with a bare “#”, “?” or “/” ends the host too early: what is left would be taken for another address.
    if not host or port == 0 or "@" in parts.path + parts.query + parts.fragment or not re.fullmatch(r"[\w.:%-]+", host):
        raise ConfigError(
            f"The address of the proxy in {source} cannot be read; it looks like http://SERVER:8080, with signs such as "
            "#, / and @ in a password written as %23, %2F and %40."
        )
    if parts.scheme not in _PORTS:
        raise ConfigError(
            f"The proxy in {source} is of a kind that this program cannot use ({parts.scheme}); ask your IT department for the address of "
            "an HTTP proxy, and put it into HTTPS_PROXY."
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Proxy(parts.scheme, host, port or _PORTS[parts.scheme], source, user, password)
