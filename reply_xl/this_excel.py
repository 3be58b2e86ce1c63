"""The Excel of this computer: the engine that speaks with it, and which process a window belongs to.

Everything else is imported where it is used: a click that finds half of the packages missing must still be able to say so.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Collection
from pathlib import Path
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
            "There is no Excel on this computer that reply-xl can speak with; close the workbook and run the command on its file, such as "
            "“reply-xl push BOOK”, or open it in Excel for Windows or Mac and try again."
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


def began(process: int, windows: Any = None) -> str:
    """When a process began, in whatever way this system counts: numbers of processes come again, with this they do not. "" where it cannot be
    had. `windows`: as for `process_in_front`."""
    windows = windows or getattr(ctypes, "windll", None)
    if windows is not None:
        return _began_on_windows(process, windows)
    if sys.platform == "darwin":
        import subprocess

        asked = ["/bin/ps", "-o", "lstart=", "-p", str(process)]
        told = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, check=False)
        return " ".join(told.stdout.split())
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _began_on_windows(process: int, windows: Any) -> str:
    may_be_asked = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
    kernel = windows.kernel32
    handle = kernel.OpenProcess(may_be_asked, False, process)  # 32 bits of a handle are all of it
    if not handle:
        return ""
    times = [ctypes.c_uint64(0) for _ in range(4)]
    try:
        known = kernel.GetProcessTimes(ctypes.c_void_p(handle), *(ctypes.byref(one) for one in times))
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))
    return str(times[0].value) if known else ""


def _owner(windows: Any, window: int) -> int | None:
    process = ctypes.c_ulong(0)
    windows.user32.GetWindowThreadProcessId(ctypes.c_void_p(window), ctypes.byref(process))
    return process.value or None
