"""The way to Reply: certificates, proxy, connection, key, quota. Nothing is changed there, and nothing waits for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from reply_xl.doctor.findings import Finding, fault, fine, unknown, warning
from reply_xl.doctor.timely_checks import in_time
from reply_xl.errors import Cancelled, ConfigError, NoKey, NotAuthorised, ReplyXlError
from reply_xl.network.base_urls import REPLY_URL, checked_base_url, is_loopback

if TYPE_CHECKING:
    from reply_xl.network.proxies import System

PATIENCE = 40.0
"""Seconds that one check may take: a server that can be reached answers within that time."""
_NO_KEY = "none"
"""Sent where there is no key: the answer shows that the server can be reached."""


def network_checks(base_url: str | None = None, patience: float = PATIENCE) -> list[tuple[str, Callable[[], Iterator[Finding]]]]:
    """Name and check, in their order. `base_url` None: Reply. Raises `ConfigError` for a base URL that is not safe."""
    url = checked_base_url(REPLY_URL if base_url is None else base_url)
    on_the_way: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("Certificates", _check_certificates),
        ("Proxy", partial(check_proxy, url)),
    ]
    always: list[tuple[str, Callable[[], Iterator[Finding]]]] = [("Keychain", _check_keychain), ("Connection", partial(_check_key, url))]
    checks = [*([] if is_loopback(url) else on_the_way), *always]
    return [(name, partial(in_time, check, patience, name)) for name, check in checks]


def _check_certificates() -> Iterator[Finding]:
    from reply_xl.network.connections import unreadable_certificates

    for variable in unreadable_certificates():
        says = f"The file that {variable} names holds no certificates that can be read."
        yield warning("Certificates", says, f"Correct {variable}, or remove it.")


def check_proxy(url: str, system: System | None = None) -> Iterator[Finding]:
    """Which proxy leads to `url`, and whether the settings' script is silent about it. `system` None: this one."""
    from reply_xl.network.proxies import find_proxy, this_system

    system = system or this_system()
    try:
        proxy = find_proxy(url, system)
    except ConfigError as error:
        yield fault("Proxy", str(error), "Correct it there, or ask IT for the address.")
        return
    if proxy is None and system.is_silent(url):
        says = f"The script of the automatic proxy settings of {system.name} gives no answer, so Reply is asked without a proxy."
        yield warning(
            "Proxy", says, "Check the connection to the company's network, or ask IT for the proxy's address, and put it into HTTPS_PROXY."
        )
    elif proxy is None:
        yield fine("Proxy", "Reply is asked without a proxy.")
    else:
        yield fine("Proxy", f"Reply is asked through the proxy {proxy.name}, from {proxy.source}.")


def _check_keychain() -> Iterator[Finding]:
    from reply_xl import config

    name = config.keychain()
    if name:
        yield fine("Keychain", f"The keychain of this computer is {name}.")
    elif os.environ.get(config.KEY_VARIABLE, "").strip():
        yield fine("Keychain", f"This computer has no keychain, and needs none: the API key is in {config.KEY_VARIABLE}.")
    else:
        yield warning("Keychain", "This computer has no keychain that can keep the API key.", "Set the variable REPLY_API_KEY instead.")


def _check_key(url: str) -> Iterator[Finding]:
    """Whom the key belongs to. Without one it is asked all the same, to learn whether Reply can be reached."""
    from reply_xl import config

    problem, variable = None, ""
    try:
        settings = config.load(url, loopback=is_loopback(url))
        variable = settings.variable
    except NoKey as error:  # nothing is broken: who only practises needs none
        problem = warning("Key", str(error))
    except ConfigError as error:
        problem = fault("Key", str(error))
    yield from _ask(url, problem, variable)


def _ask(url: str, problem: Finding | None, variable: str) -> Iterator[Finding]:
    from reply_xl.kinds.cell_text import shown
    from reply_xl.session import Session

    cancelled = threading.Event()
    try:
        session = Session(url, key=_NO_KEY if problem else None, cancelled=cancelled, on_wait=lambda seconds, why: cancelled.set())
    except ConfigError as error:  # the key, or the address of a proxy
        yield fault("Connection", str(error), "Correct that first, and run “reply-xl doctor” again.")
        return
    with session:
        try:
            who = session.contacts.whoami()
        except NotAuthorised as error:
            yield _answered(url)
            yield problem or fault("Key", str(error))
            return
        except Cancelled:
            yield unknown("Connection", "Other programs use up the requests that Reply allows; ask again in a minute.")
            return
        except ReplyXlError as error:
            yield fault("Connection", str(error))
            if problem:
                yield problem
            return
        yield _answered(url)
        whose = f"{shown(who.username) or 'a user without a name'} (user {who.user_id}, team {who.team_id})"
        yield fine("Key", f"The key{f' in {variable}' if variable else ''} belongs to {whose}.")
        uses = [f"{used} of {limit:,} in {_span(seconds)}" for used, limit, seconds, _ in session.pace.used()]
        if uses and not session.pace.is_shared():
            says = "The requests of other programs of reply-xl cannot be counted, because their common file on this computer cannot be written."
            yield warning("Quota", says, "Close other programs of reply-xl, make room on the disk, and run “reply-xl doctor” again.")
        elif uses:
            yield fine("Quota", f"Requests used on this computer: {', '.join(uses)}.")


def _answered(url: str) -> Finding:
    return fine("Connection", f"{url} answers.")


def _span(seconds: float) -> str:
    return {60.0: "the last minute", 3600.0: "the last hour"}.get(seconds, f"the last {seconds:g} seconds")
