"""Where a box belongs on the screens of this computer: over the window that is in front, as large and sharp as that screen shows things.

Only Windows has to be asked; elsewhere `area_in_front` is None, and a box is put into the middle of the screen.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_PER_MONITOR_V2, _PER_MONITOR, _NEAREST = -4, 2, 2


@dataclass(frozen=True, slots=True)
class Rectangle:
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class InFront:
    """The window in front, the part of its screen that a taskbar leaves free, and how many dots of it are an inch (0: not known)."""

    window: Rectangle
    screen: Rectangle
    dots: int


class _Rect(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int32) for name in ("left", "top", "right", "bottom")]

    def rectangle(self) -> Rectangle:
        return Rectangle(self.left, self.top, self.right - self.left, self.bottom - self.top)


class _MonitorInfo(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("whole", _Rect), ("work", _Rect), ("flags", ctypes.c_uint32)]


def this_windows() -> Any:
    """What `ctypes.windll` is on Windows; None elsewhere."""
    return getattr(ctypes, "windll", None) if sys.platform == "win32" else None


def make_sharp(windows: Any) -> None:
    """Windows shall not enlarge the windows of this process as a picture, which is blurred. Before the first window; safe to repeat."""
    attempts: tuple[Callable[[], object], ...] = (
        lambda: windows.user32.SetProcessDpiAwarenessContext(ctypes.c_void_p(_PER_MONITOR_V2)),
        lambda: windows.shcore.SetProcessDpiAwareness(_PER_MONITOR) == 0,
        lambda: windows.user32.SetProcessDPIAware(),
    )
    for attempt in attempts:  # the newest first: older Windows lack the function or the library
        with contextlib.suppress(AttributeError, OSError):
            if attempt():
                return


def area_in_front(windows: Any) -> InFront | None:
    """None where there is no such window, or Windows does not say."""
    with contextlib.suppress(AttributeError, OSError):
        user = windows.user32
        user.GetForegroundWindow.restype = user.MonitorFromWindow.restype = ctypes.c_void_p
        handle = ctypes.c_void_p(user.GetForegroundWindow())
        window, monitor = _Rect(), _MonitorInfo(size=ctypes.sizeof(_MonitorInfo))
        screen = ctypes.c_void_p(user.MonitorFromWindow(handle, _NEAREST))
        if handle and user.GetWindowRect(handle, ctypes.byref(window)) and user.GetMonitorInfoW(screen, ctypes.byref(monitor)):
            dots = 0
            with contextlib.suppress(AttributeError, OSError):  # since Windows 10 of 2016
                dots = int(user.GetDpiForWindow(handle))
            return InFront(window.rectangle(), monitor.work.rectangle(), dots)
    return None


def placed(width: int, height: int, over: Rectangle, screen: Rectangle) -> tuple[int, int]:
    """Left and top of a box: over the middle of a window, a little above it, and as far as it can be inside the screen."""
    left = over.left + (over.width - width) // 2
    top = over.top + (over.height - height) // 3
    return (
        max(screen.left, min(left, screen.left + screen.width - width)),
        max(screen.top, min(top, screen.top + screen.height - height)),
    )
