"""The Excel of this computer: the engine that speaks with it, and which process a window belongs to.

Everything else is imported where it is used: a click that finds half of the packages missing must still be able to say so.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Collection
from typing import Any

_NEXT = 2


def this_engine() -> Any:
    """xlwings' engine for the Excel of this computer. Raises `SheetError` where there is none."""
    import xlwings

    from reply_xl.errors import SheetError

    engines = xlwings.engines
    found = engines.engines_by_name.get("excel") or engines.active
    if found is None or found.name.startswith("reply_xl"):  # ours is for files, and active once a file has been opened
        raise SheetError(
            "There is no Excel on this computer that reply-xl can speak with; close the workbook and run “reply-xl push BOOK”, or open it in "
            "Excel for Windows or Mac and try again."
        )
    return found


def process_of_window(window: int) -> int | None:
    """The process that a window belongs to; None where there is no such window, and on other systems than Windows."""
    if sys.platform != "win32":
        return None
    return _owner(ctypes.windll, window)


def process_in_front(processes: Collection[int], windows: Any = None) -> int | None:
    """Of these processes, the one of which a window that can be seen lies above those of all others; None where that cannot be told, as on
    other systems than Windows. `windows`: what `ctypes.windll` is there."""
    windows = windows or getattr(ctypes, "windll", None)
    if windows is None:
        return None
    user = windows.user32
    window = user.GetTopWindow(None)  # 32 bits of a handle are all of it; what xlwings calls as well is left as it is
    while window:
        if user.IsWindowVisible(ctypes.c_void_p(window)) and not user.IsIconic(ctypes.c_void_p(window)):
            process = _owner(windows, window)
            if process in processes:
                return process
        window = user.GetWindow(ctypes.c_void_p(window), _NEXT)
    return None


def _owner(windows: Any, window: int) -> int | None:
    process = ctypes.c_ulong(0)
    windows.user32.GetWindowThreadProcessId(ctypes.c_void_p(window), ctypes.byref(process))
    return process.value or None
