"""Stand-ins for the pywin32 modules that xlwings' Windows engine imports, over a desktop of windows.

Only what `xlwings._xlwindows` touches is here. The modules are built once and put into `sys.modules` by `install`.
"""

from __future__ import annotations

import datetime as dt
import types
from typing import Any

# HRESULTs, signed as pywin32 delivers them
REJECTED = -2147418111  # 0x80010001 RPC_E_CALL_REJECTED: a cell in edit mode, a dialog, a save
EXCEPTION = -2147352567  # 0x80020009 DISP_E_EXCEPTION: look at excepinfo
UNKNOWN_NAME = -2147352570  # 0x80020006 DISP_E_UNKNOWNNAME
BAD_INDEX = -2147352565  # 0x8002000B DISP_E_BADINDEX
BUSY = -2146777998  # 0x800AC472 VBA_E_IGNORE: Excel is in edit mode or shows a dialog
FAILED = -2146827284  # 0x800A03EC: error 1004, whatever went wrong inside Excel
OVERFLOW = -2146828282  # 0x800A0006
OUT_OF_MEMORY = -2147024882  # 0x8007000E
GONE = -2147221080  # 0x800401A8: the book or sheet behind the object was closed or deleted
SERVER_GONE = -2147023174  # 0x800706BA: the Excel process has ended


class com_error(Exception):
    """pywintypes.com_error: `args` is always (hresult, text, excepinfo, argument)."""

    def __init__(self, hresult: int, strerror: str = "", excepinfo: tuple[Any, ...] | None = None, argerror: int | None = None):
        super().__init__(hresult, strerror, excepinfo, argerror)
        self.hresult, self.strerror, self.excepinfo, self.argerror = hresult, strerror, excepinfo, argerror


class error(Exception):
    """pywintypes.error of a Windows call."""

    def __init__(self, winerror: int, funcname: str, strerror: str):
        super().__init__(winerror, funcname, strerror)
        self.winerror, self.funcname, self.strerror = winerror, funcname, strerror


class Time(dt.datetime):
    """pywintypes.TimeType: a datetime, always with a zone, and that zone is UTC whatever Excel meant."""


def excel_error(text: str | None = None, scode: int = FAILED) -> com_error:
    """The error that Excel itself raises: DISP_E_EXCEPTION outside, Excel's code and sentence inside."""
    source = "Microsoft Excel" if text else None
    return com_error(EXCEPTION, "Exception occurred.", (0, source, text, None if text is None else "xlmain11.chm", 0, scode), None)


def rejected() -> com_error:
    return com_error(REJECTED, "Call was rejected by callee.")


def busy(method: bool = True) -> com_error:
    """0x800AC472 as a method raises it, or (method=False) as the setting of a property does, which xlwings repeats for ever."""
    return com_error(BUSY, "OLE error 0x800ac472") if method else excel_error(None, BUSY)


class CDispatch:
    """Late-bound COM object."""


class DispatchBaseClass:
    """Early-bound COM object, which is what xlwings gets on a machine where makepy has run."""


class Desktop:
    """The windows of one user's screen, from the top down, and the Excel processes they belong to.

    `killed` lists every process id that somebody asked to kill, `messages` every message box (answered with `answer`).
    """

    current: Desktop | None = None

    def __init__(self) -> None:
        self.excels: list[Any] = []
        self.killed: list[int] = []
        self.messages: list[tuple[str, str, int]] = []
        self.answer = 1
        self.module: Any = None  # xlwings._xlwindows while installed
        self.started: list[Any] = []  # instances that a program started

    def add(self, excel: Any) -> Any:
        """Put another Excel instance behind those that are there."""
        self.excels.append(excel)
        excel.desktop = self
        return excel

    def windows(self) -> list[int]:
        handles = [1000]  # somebody else's window
        for excel in self.excels:
            if not excel.ended:
                handles += [book.hwnd for book in excel.windows()] or [excel.frame]
        return handles

    def owner(self, handle: int) -> Any:
        for excel in self.excels:
            if not excel.ended and (handle == excel.frame or any(handle in range(book.hwnd, book.hwnd + 3) for book in excel.books)):
                return excel
        return None

    def find_child(self, parent: int, _after: int, kind: str, _title: str | None) -> int:
        if parent != 1000 and self.owner(parent) is None:
            raise error(1400, "FindWindowEx", "Invalid window handle.")
        excel = self.owner(parent)
        if excel is None:
            return 0
        if kind == "XLDESK":
            return parent + 1 if parent != excel.frame else parent
        return parent + 1 if parent != excel.frame else 0  # an Excel without a book has no EXCEL7 window

    def bring_to_front(self, handle: int) -> int:
        if excel := self.owner(handle):
            self.excels.sort(key=lambda other: other is not excel)
        return 1

    def process_of(self, handle: int) -> tuple[int, int]:
        excel = self.owner(handle)
        return (excel.pid + 1, excel.pid) if excel else (0, 0)


def desktop() -> Desktop:
    if Desktop.current is None:
        raise RuntimeError("the fake Excel is not installed")
    return Desktop.current


def _module(name: str, **names: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(names)
    return module


def _dispatch_ex(progid: str) -> Any:
    from .model import FakeExcel

    if progid != "Excel.Application":
        raise com_error(-2147221005, "Invalid class string")
    excel = desktop().add(FakeExcel())
    excel.visible = False
    desktop().started.append(excel)
    return excel.application()


def _message_box(_hwnd: int, text: str, title: str, style: int) -> int:
    desktop().messages.append((title, text, style))
    return desktop().answer


def _next_window(handle: int, _relation: int) -> int:
    handles = desktop().windows()
    return handles[handles.index(handle) + 1] if handle in handles and handle != handles[-1] else 0


def _accessible_object(handle: int, _id: int, _iid: Any, pointer: Any) -> int:
    if desktop().owner(handle) is None:
        raise OSError(f"no window {handle}")
    pointer._obj.value = handle
    return 0


def _object_from_pointer(pointer: Any, _iid: Any, _add_reference: bool) -> Any:
    return desktop().owner(pointer.value).window_object(pointer.value)


def _py_dll(_file: str) -> Any:
    return types.SimpleNamespace(PyCom_PyObjectFromIUnknown=_object_from_pointer)


def _kill(handle: int, _code: int) -> None:
    desktop().killed.append(handle)


def _run(command: list[str], **_options: Any) -> Any:
    """`tasklist` and `taskkill`, which xlwings runs to kill the Excel processes it takes for zombies."""
    lines = []
    if command[0] == "tasklist":
        lines = ["", "Image Name  PID  Session Name  Session#  Mem Usage", "====="]
        lines += [f"EXCEL.EXE {excel.pid} Console 1 99,999 K" for excel in desktop().excels if not excel.ended]
    elif command[0] == "taskkill":
        desktop().killed.append(int(command[2]))
    return types.SimpleNamespace(stdout="\n".join(lines), returncode=0)


class _CoClassBaseClass:
    """Replaced by xlwings' own at import."""


def _build() -> dict[str, types.ModuleType]:
    client = _module(
        "win32com.client",
        CDispatch=CDispatch,
        DispatchBaseClass=DispatchBaseClass,
        CoClassBaseClass=_CoClassBaseClass,
        Dispatch=lambda pointer: pointer,
        DispatchEx=_dispatch_ex,
    )
    constants = {"MB_OK": 0, "MB_OKCANCEL": 1, "MB_YESNOCANCEL": 3, "MB_YESNO": 4, "MB_ICONWARNING": 48, "MB_ICONINFORMATION": 64}
    return {
        "pywintypes": _module("pywintypes", com_error=com_error, error=error, TimeType=Time, datetime=Time, IID=str),
        "pythoncom": _module(
            "pythoncom",
            __file__="pythoncom.dll",
            com_error=com_error,
            ole_error=com_error,
            CoInitialize=lambda: None,
            CoUninitialize=lambda: None,
            DISPATCH_PROPERTYGET=2,
            DISPATCH_PROPERTYPUT=4,
        ),
        "win32api": _module(
            "win32api",
            OpenProcess=lambda _access, _inherit, pid: pid,
            TerminateProcess=_kill,
            CloseHandle=lambda _handle: None,
            MessageBox=_message_box,
        ),
        "win32con": _module("win32con", **constants),
        "win32gui": _module("win32gui", FindWindowEx=lambda *args: desktop().find_child(*args)),
        "win32process": _module("win32process", GetWindowThreadProcessId=lambda handle: desktop().process_of(handle)),
        "win32timezone": _module("win32timezone", TimeZoneInfo=types.SimpleNamespace(utc=lambda: dt.UTC)),
        "win32com": _module("win32com", client=client, __path__=[]),
        "win32com.client": client,
    }


MODULES = _build()
CTYPES = {
    "PyDLL": _py_dll,
    "oledll": types.SimpleNamespace(
        ole32=types.SimpleNamespace(CLSIDFromString=lambda _text, _guid: 0),
        oleacc=types.SimpleNamespace(AccessibleObjectFromWindow=_accessible_object),
    ),
    "windll": types.SimpleNamespace(
        user32=types.SimpleNamespace(
            GetTopWindow=lambda _parent: desktop().windows()[0],
            GetWindow=_next_window,
            GetForegroundWindow=lambda: desktop().windows()[0],
            SetForegroundWindow=lambda handle: desktop().bring_to_front(handle),
            SetWindowPos=lambda handle, *_args: desktop().bring_to_front(handle),
        )
    ),
}
SUBPROCESS = types.SimpleNamespace(run=_run, PIPE=-1, STDOUT=-2, CREATE_NO_WINDOW=0x08000000)
