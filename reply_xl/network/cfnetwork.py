"""What a Mac says about proxies that a script finds: CFNetwork, asked by a process of its own, which may crash or hang without harm.

Run as a file by `mac_proxies`, so it imports nothing of ours. macOS fetches and runs the company's PAC script itself; none is run here.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_FRAMEWORKS = "/System/Library/Frameworks/{0}.framework/{0}"
_UTF_8 = 0x08000100  # kCFStringEncodingUTF8
_INT_64 = 4  # kCFNumberSInt64Type
_FINISHED, _TIMED_OUT = 1, 3  # kCFRunLoopRun…
_LONGEST_HOST = 1024
_NO_HOST = frozenset("; \t\r\n")
"""Signs that no host has, and that would end its address in our answer."""

_Ref = ctypes.c_void_p
_Ended = ctypes.CFUNCTYPE(None, _Ref, _Ref, _Ref)
"""CFProxyAutoConfigurationResultCallback: client, proxies, error."""


class _Context(ctypes.Structure):
    """CFStreamClientContext: all zero, because the callback needs to be told nothing."""

    _fields_ = (("version", ctypes.c_long), ("info", _Ref), ("retain", _Ref), ("release", _Ref), ("describe", _Ref))


_FOUNDATION: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "CFArrayGetCount": (ctypes.c_long, (_Ref,)),
    "CFArrayGetTypeID": (ctypes.c_ulong, ()),
    "CFArrayGetValueAtIndex": (_Ref, (_Ref, ctypes.c_long)),
    "CFDictionaryGetTypeID": (ctypes.c_ulong, ()),
    "CFDictionaryGetValue": (_Ref, (_Ref, _Ref)),
    "CFEqual": (ctypes.c_ubyte, (_Ref, _Ref)),
    "CFGetTypeID": (ctypes.c_ulong, (_Ref,)),
    "CFNumberGetTypeID": (ctypes.c_ulong, ()),
    "CFNumberGetValue": (ctypes.c_ubyte, (_Ref, ctypes.c_long, ctypes.c_void_p)),
    "CFRelease": (None, (_Ref,)),
    "CFRetain": (_Ref, (_Ref,)),
    "CFRunLoopAddSource": (None, (_Ref, _Ref, _Ref)),
    "CFRunLoopGetCurrent": (_Ref, ()),
    "CFRunLoopRunInMode": (ctypes.c_int32, (_Ref, ctypes.c_double, ctypes.c_ubyte)),
    "CFRunLoopSourceInvalidate": (None, (_Ref,)),
    "CFRunLoopStop": (None, (_Ref,)),
    "CFStringGetCString": (ctypes.c_ubyte, (_Ref, ctypes.c_char_p, ctypes.c_long, ctypes.c_uint32)),
    "CFStringGetTypeID": (ctypes.c_ulong, ()),
    "CFURLCreateWithBytes": (_Ref, (_Ref, ctypes.c_char_p, ctypes.c_long, ctypes.c_uint32, _Ref)),
    "CFURLGetTypeID": (ctypes.c_ulong, ()),
}
_EXECUTE = (_Ref, (_Ref, _Ref, _Ended, ctypes.POINTER(_Context)))
_NETWORK: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "CFNetworkCopyProxiesForURL": (_Ref, (_Ref, _Ref)),
    "CFNetworkCopySystemProxySettings": (_Ref, ()),
    "CFNetworkExecuteProxyAutoConfigurationScript": _EXECUTE,
    "CFNetworkExecuteProxyAutoConfigurationURL": _EXECUTE,
}


class Mac(NamedTuple):
    """The parts of a Mac that are asked: its frameworks CoreFoundation and CFNetwork, and the value of a constant of one of them."""

    foundation: Any
    network: Any
    constant: Callable[[Any, str], int | None]


def find_automatic_proxies(url: str, mac: Mac, seconds: float) -> str | None:
    """The proxies for `url`, which is ASCII, as the script of the Mac's settings gives them: `PROXY a:1; DIRECT`.

    None where the settings name no script for it. Raises `TimeoutError` if they do, and none gave an answer within so many seconds. Source: Apple's reference of
    CFNetworkCopyProxiesForURL and CFNetworkExecuteProxyAutoConfigurationURL; what is released here is what they say the caller owns."""
    _declare(mac)
    with contextlib.ExitStack() as stack:

        def own(reference: int | None) -> int | None:
            """What a function gave us to keep, which is let go at the end."""
            if reference:
                stack.callback(mac.foundation.CFRelease, reference)
            return reference

        spelled = url.encode("ascii")
        target = own(mac.foundation.CFURLCreateWithBytes(None, spelled, len(spelled), _UTF_8, None))
        settings = own(mac.network.CFNetworkCopySystemProxySettings())
        if not target or not settings:
            return None
        deadline = time.monotonic() + seconds
        named = False
        for entry in _entries(mac, own(mac.network.CFNetworkCopyProxiesForURL(target, settings))):
            kind = _value(mac, entry, "kCFProxyTypeKey", "String")
            if _is(mac, kind, "kCFProxyTypeAutoConfigurationURL"):
                script, execute = _value(mac, entry, "kCFProxyAutoConfigurationURLKey", "URL"), "URL"
            elif _is(mac, kind, "kCFProxyTypeAutoConfigurationJavaScript"):
                script, execute = _value(mac, entry, "kCFProxyAutoConfigurationJavaScriptKey", "String"), "Script"
            else:
                continue
            named = True
            if script:
                found = _spelled(mac, own(_run(mac, f"CFNetworkExecuteProxyAutoConfiguration{execute}", script, target, deadline)))
                if found:
                    return found
    if named:
        raise TimeoutError
    return None


def _run(mac: Mac, execute: str, script: int, target: int, deadline: float) -> int | None:
    """The list that the script makes, the caller's to release. None if it fails or takes too long."""
    foundation = mac.foundation
    loop, mode = foundation.CFRunLoopGetCurrent(), mac.constant(foundation, "kCFRunLoopDefaultMode")
    ended: list[int | None] = []

    def end(client: int | None, proxies: int | None, error: int | None) -> None:
        if not ended:  # the list is lent for the time of this call
            ended.append(foundation.CFRetain(proxies) if proxies else None)
        foundation.CFRunLoopStop(loop)

    callback, context = _Ended(end), _Context()
    source = getattr(mac.network, execute)(script, target, callback, ctypes.byref(context))
    if not source:
        return None
    foundation.CFRunLoopAddSource(loop, source, mode)
    while not ended and (left := deadline - time.monotonic()) > 0:
        if foundation.CFRunLoopRunInMode(mode, left, 0) in (_FINISHED, _TIMED_OUT):
            break
    foundation.CFRunLoopSourceInvalidate(source)
    foundation.CFRelease(source)  # ours, although its function is named neither Create nor Copy
    return ended[0] if ended else None


def _spelled(mac: Mac, proxies: int | None) -> str:
    """The list as a script would have written it; "" if it holds nothing that is understood."""
    found = []
    for entry in _entries(mac, proxies):
        kind = _value(mac, entry, "kCFProxyTypeKey", "String")
        if _is(mac, kind, "kCFProxyTypeNone"):
            found.append("DIRECT")
        # By HTTPS a Mac means a proxy for https addresses; it is spoken to in HTTP all the same.
        elif _is(mac, kind, "kCFProxyTypeHTTP") or _is(mac, kind, "kCFProxyTypeHTTPS"):
            found += _address(mac, entry, "PROXY")
        elif _is(mac, kind, "kCFProxyTypeSOCKS"):
            found += _address(mac, entry, "SOCKS")
    return "; ".join(found)


def _address(mac: Mac, entry: int, kind: str) -> list[str]:
    """The proxy that one entry of a list names, none if it cannot be read."""
    host = _text(mac, _value(mac, entry, "kCFProxyHostNameKey", "String"))
    if not host or _NO_HOST & set(host):
        return []
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    number = _value(mac, entry, "kCFProxyPortNumberKey", "Number")
    if not number:
        return [f"{kind} {host}"]
    port = ctypes.c_int64()
    if not mac.foundation.CFNumberGetValue(number, _INT_64, ctypes.byref(port)) or not 0 < port.value < 65536:
        return []
    return [f"{kind} {host}:{port.value}"]


def _entries(mac: Mac, array: int | None) -> Iterator[int]:
    """The dictionaries in an array, which stay the array's."""
    if _has_type(mac, array, "Array"):
        for index in range(mac.foundation.CFArrayGetCount(array)):
            entry = mac.foundation.CFArrayGetValueAtIndex(array, index)
            if _has_type(mac, entry, "Dictionary"):
                yield entry


def _value(mac: Mac, entry: int, key: str, kind: str) -> int | None:
    """What stands under a key if it is of that type; it stays the dictionary's."""
    value: int | None = mac.foundation.CFDictionaryGetValue(entry, mac.constant(mac.network, key))
    return value if _has_type(mac, value, kind) else None


def _has_type(mac: Mac, reference: int | None, kind: str) -> bool:
    return bool(reference) and mac.foundation.CFGetTypeID(reference) == getattr(mac.foundation, f"CF{kind}GetTypeID")()


def _is(mac: Mac, reference: int | None, constant: str) -> bool:
    return bool(reference) and bool(mac.foundation.CFEqual(reference, mac.constant(mac.network, constant)))


def _text(mac: Mac, reference: int | None) -> str:
    buffer = ctypes.create_string_buffer(_LONGEST_HOST)
    if not reference or not mac.foundation.CFStringGetCString(reference, buffer, len(buffer), _UTF_8):
        return ""
    return buffer.value.decode("utf-8", "replace")


def _declare(mac: Mac) -> None:
    """The types of what is taken and returned: a reference is 64 bits wide, where ctypes would cut it to 32."""
    for library, functions in ((mac.foundation, _FOUNDATION), (mac.network, _NETWORK)):
        for name, (returns, takes) in functions.items():
            function = getattr(library, name)
            function.restype, function.argtypes = returns, takes


def _this_mac() -> Mac:
    foundation, network = (ctypes.CDLL(_FRAMEWORKS.format(name)) for name in ("CoreFoundation", "CFNetwork"))
    return Mac(foundation, network, lambda library, name: ctypes.c_void_p.in_dll(library, name).value)


def main() -> None:
    """Reads a URL from standard input and writes one line of JSON. Its argument: the seconds after which the process is ended from outside
    Python, because a call into C can be interrupted by nothing else, and nobody may be left who would."""
    seconds = float(sys.argv[1])
    of_unix: Any = signal
    of_unix.setitimer(of_unix.ITIMER_REAL, seconds)
    url = sys.stdin.readline().strip()
    try:
        answer: dict[str, str | bool | None] = {"proxies": find_automatic_proxies(url, _this_mac(), 0.8 * seconds)}
    except TimeoutError:
        answer = {"silent": True}
    print(json.dumps(answer), flush=True)
    os._exit(0)  # whatever macOS still has under way is not waited for


if __name__ == "__main__":
    main()
