"""What it means that no answer came, as a sentence: the network's faults, told apart by the innermost reason."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

import requests
import urllib3.exceptions as transport

from reply_xl.errors import ApiUnreachable
from reply_xl.network.base_urls import REPLY_URL, is_loopback
from reply_xl.network.connections import tunnel_status, unreadable_certificates, was_connecting
from reply_xl.network.proxies import Proxy
from reply_xl.wording import joined

# What OpenSSL, Windows (as unsigned numbers) and the Mac call the same fault of a certificate.
_WRONG_TIME = {9, 10, 0x800B0101, -67818, -67819}
_WRONG_NAME = {62, 64, 0x800B010F, -67602}
_SELF_SIGNED = {18}
_UNKNOWN_AUTHORITY = {2, 19, 20, 21, 0x800B0109, 0x800B010A, -67843, -25318}


def explain(error: BaseException, base_url: str, proxy: Proxy | None, before: BaseException | None) -> ApiUnreachable:
    """The failed exchange `error` as the error to raise; `sent` is False only if its innermost reasons prove that nothing had left.

    `before`: an exception that was being handled already when the exchange began, which says nothing about it."""
    host = urlsplit(base_url).hostname or ""
    server = "Reply" if is_loopback(base_url) or host == urlsplit(REPLY_URL).hostname else host
    reasons = _reasons(error, before)
    if not any(was_connecting(reason) for reason in reasons):
        return ApiUnreachable(_after_sending(reasons, host, server), sent=not _never_tried(reasons))
    if is_loopback(base_url) and not _found(reasons, ssl.SSLError):
        said = f"The practice server at {base_url} does not answer; start it with “reply-xl sandbox” in another window, or click Practice twice."
    elif proxy is not None:
        said = _through(proxy, reasons, host, server)
    else:
        said = _certificate(reasons, host, server) or _straight(reasons, host, server)
    return ApiUnreachable(said, sent=False)


def _reasons(error: BaseException, before: BaseException | None) -> list[BaseException]:
    """`error` and everything that led to it."""
    reasons: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        reason = queue.pop()
        if isinstance(reason, BaseException) and reason is not before and reason not in reasons:
            reasons.append(reason)
            queue += [reason.__cause__, reason.__context__, getattr(reason, "reason", None), *reason.args]
    return reasons


def _found(reasons: Sequence[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(reason, kinds) for reason in reasons)


def _never_tried(reasons: Sequence[BaseException]) -> bool:
    return _found(reasons, requests.exceptions.InvalidURL, transport.LocationParseError)


def _after_sending(reasons: Sequence[BaseException], host: str, server: str) -> str:
    if _never_tried(reasons):
        return "The base URL is no address that can be asked; correct it."
    if _found(reasons, ssl.SSLError):
        return f"The secure connection to {server} broke; ask your IT department about {host}."
    if _found(reasons, transport.TimeoutError, requests.exceptions.Timeout):
        return f"{server} did not answer in time."
    return f"The connection broke before {server} answered."


def _straight(reasons: Sequence[BaseException], host: str, server: str) -> str:
    if _found(reasons, socket.gaierror):
        return (
            f"The address {host} cannot be found; check your internet connection, and in a company ask your IT department whether it "
            "takes a proxy."
        )
    if _found(reasons, ssl.SSLError, ConnectionResetError):
        return (
            f"No secure connection to {server} could be made; if this network has a sign-in page, sign in in your browser, else ask your "
            f"IT department to let {host} through."
        )
    return f"{server} cannot be reached; check your internet connection, and in a company ask your IT department to let {host} through."


def _certificate(reasons: Sequence[BaseException], host: str, server: str) -> str:
    """What is wrong with the certificate that was shown, "" if nothing is."""
    shown = next((reason for reason in reasons if isinstance(reason, ssl.SSLCertVerificationError)), None)
    if shown is None:
        return ""
    code = getattr(shown, "verify_code", 0) or 0
    code = code & 0xFFFFFFFF if code < -0x10000000 else code
    if code in _WRONG_TIME:
        return (
            f"The certificate of {host} is not valid on the date that this computer shows; correct the computer's date, and if it is right, "
            f"ask your IT department about {host}."
        )
    if code in _WRONG_NAME:
        return (
            f"Something other than {server} answers for {host}: its certificate is for another name; if this network has a sign-in page, "
            "sign in in your browser, else ask your IT department."
        )
    if code in _SELF_SIGNED:
        return (
            f"Something between this computer and {server} opens the connection: the certificate shown for {host} vouches for itself "
            f"(self-signed); ask your IT department to leave {host} alone or to have its certificate trusted on this computer."
        )
    if code in _UNKNOWN_AUTHORITY:
        unread = joined(unreadable_certificates())
        more = f", and to correct {unread}, which names a file that cannot be read" if unread else ""
        return (
            f"Something between this computer and {server} opens the connection: the certificate shown for {host} is from an authority that "
            f"this computer does not know; ask your IT department to install that authority's certificate on it{more}."
        )
    return f"This computer does not accept the certificate shown for {host}; ask your IT department about it."


def _through(proxy: Proxy, reasons: Sequence[BaseException], host: str, server: str) -> str:
    named = f"The proxy {proxy.name} (from {proxy.source})"
    refusals = [status for status in map(tunnel_status, reasons) if status is not None]
    if refusals:
        return f"{named} {_refused(refusals[0], proxy, host)}"
    if _found(reasons, transport.ProxyError) and _found(reasons, ssl.SSLError):
        if _certificate(reasons, host, server):
            return f"{named} shows a certificate that this computer does not trust; ask your IT department about it."
        return f"{named} takes no secure connections itself; its address may have to begin with http://, not https://."
    if certificate := _certificate(reasons, host, server):
        return certificate
    if _found(reasons, socket.gaierror):
        return f"{named} cannot be found; check your connection to the company's network, or ask your IT department for its address."
    if _found(reasons, transport.ProxyError):
        return f"{named} does not answer; check your connection to the company's network, or ask your IT department for its address."
    if _found(reasons, TimeoutError):
        return f"{named} did not connect to {server} in time; try again, and ask your IT department to let {host} through if it stays so."
    return (
        f"{named} gave no connection to {server}; if this network has a sign-in page, sign in in your browser, else ask your IT department "
        f"to let {host} through."
    )


def _refused(status: int, proxy: Proxy, host: str) -> str:
    if status == 407 and proxy.user:
        return (
            f"does not accept the name and password that stand there; correct them, or, if it takes a Windows sign-in only (NTLM, Kerberos), "
            f"ask your IT department to let {host} through without one."
        )
    if status == 407:
        return (
            "wants a sign-in (407), and this program cannot use the one of Windows (NTLM, Kerberos); ask your IT department to let "
            f"{host} through without one, or put a name and password into HTTPS_PROXY, such as http://NAME:PASSWORD@{proxy.name}."
        )
    if status == 511 or 300 <= status < 400:
        return f"wants you to sign in on a page first (status {status}); open any page in your browser, sign in, and try again."
    if status >= 500:
        return f"could not connect to {host} (status {status}); try again later, and ask your IT department if it stays so."
    return f"does not let {host} through (status {status}); ask your IT department to allow it."
