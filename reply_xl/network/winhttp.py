"""What Windows says about proxies that are found automatically: WinHTTP, asked once per address.

Windows runs the company's PAC script itself, so none is run here. Works without a browser and without administrator rights.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

_NO_PROXY_FOR_THE_SCRIPT = 1  # WINHTTP_ACCESS_TYPE_NO_PROXY
_NAMED_PROXY = 3  # WINHTTP_ACCESS_TYPE_NAMED_PROXY
_AUTO_DETECT, _CONFIG_URL = 1, 2  # WINHTTP_AUTOPROXY_…
_BY_DHCP_AND_DNS = 3  # WINHTTP_AUTO_DETECT_TYPE_…
_LOGIN_FAILURE = 12015  # ERROR_WINHTTP_LOGIN_FAILURE
_MILLISECONDS = 5000


class _UserSettings(ctypes.Structure):
    """WINHTTP_CURRENT_USER_IE_PROXY_CONFIG: what the user's settings hold. The strings are addresses, because they have to be freed."""

    _fields_ = (
        ("detects", ctypes.c_int),
        ("script", ctypes.c_void_p),
        ("proxy", ctypes.c_void_p),
        ("bypass", ctypes.c_void_p),
    )


class _Options(ctypes.Structure):
    """WINHTTP_AUTOPROXY_OPTIONS."""

    _fields_ = (
        ("flags", ctypes.c_uint32),
        ("detect", ctypes.c_uint32),
        ("script", ctypes.c_wchar_p),
        ("reserved", ctypes.c_void_p),
        ("reserved_too", ctypes.c_uint32),
        ("signs_in", ctypes.c_int),
    )


class _Answer(ctypes.Structure):
    """WINHTTP_PROXY_INFO."""

    _fields_ = (("access", ctypes.c_uint32), ("proxy", ctypes.c_void_p), ("bypass", ctypes.c_void_p))


class Windows(NamedTuple):
    """The parts of Windows that are asked: `winhttp.dll`, `GlobalFree` and the error of the last call."""

    library: Any
    free: Callable[[int], object]
    last_error: Callable[[], int]


def find_automatic_proxies(url: str, windows: Windows | None = None) -> str | None:
    """The proxies for `url` as Windows finds them, best first and separated by semicolons; "" if it says that there is none.

    None where the user's settings ask for nothing automatic, or where nothing was discovered. Raises `TimeoutError` if they name a script that
    gave no answer. May take seconds where a network does not answer. Source: Microsoft's reference of WinHttpGetProxyForUrl."""
    if windows is None:
        if sys.platform != "win32":
            return None
        windows = _this_windows()
    library, free, last_error = windows
    settings = _UserSettings()
    if not library.WinHttpGetIEProxyConfigForCurrentUser(ctypes.byref(settings)):
        return None
    script = _text(settings.script, free)
    for address in (settings.proxy, settings.bypass):
        _text(address, free)
    ways = [_Options(_AUTO_DETECT, _BY_DHCP_AND_DNS)] if settings.detects else []
    if script:
        ways.append(_Options(_CONFIG_URL, 0, script))
    if not ways:
        return None
    session = library.WinHttpOpen("reply_xl", _NO_PROXY_FOR_THE_SCRIPT, None, None, 0)
    if not session:
        return None
    try:
        library.WinHttpSetTimeouts(session, *[_MILLISECONDS] * 4)
        for options in ways:
            for options.signs_in in (0, 1):
                answer = _Answer()
                if library.WinHttpGetProxyForUrl(session, url, ctypes.byref(options), ctypes.byref(answer)):
                    proxy = _text(answer.proxy, free)
                    _text(answer.bypass, free)
                    return proxy if answer.access == _NAMED_PROXY else ""
                # The user signs in to the server of the script only if it will not give it otherwise, as Microsoft advises.
                if last_error() != _LOGIN_FAILURE:
                    break
        if script:
            raise TimeoutError("The script that is set gave no answer.")
        return None
    finally:
        library.WinHttpCloseHandle(session)


def _text(address: int | None, free: Callable[[int], object]) -> str:
    """The text at an address that Windows gave, which is freed."""
    if not address:
        return ""
    text = ctypes.wstring_at(address)
    free(address)
    return text


def _this_windows() -> Windows:
    """With the types of what they take and return: a handle is 64 bits wide."""
    of_windows: Any = ctypes
    library = of_windows.WinDLL("winhttp", use_last_error=True)
    pointer, text, number = ctypes.c_void_p, ctypes.c_wchar_p, ctypes.c_uint32
    library.WinHttpOpen.argtypes, library.WinHttpOpen.restype = (text, number, text, text, number), pointer
    library.WinHttpCloseHandle.argtypes = (pointer,)
    library.WinHttpSetTimeouts.argtypes = (pointer, *[ctypes.c_int] * 4)
    library.WinHttpGetIEProxyConfigForCurrentUser.argtypes = (pointer,)
    library.WinHttpGetProxyForUrl.argtypes = (pointer, text, pointer, pointer)
    free = of_windows.WinDLL("kernel32").GlobalFree
    free.argtypes, free.restype = (pointer,), pointer
    return Windows(library, free, of_windows.get_last_error)
