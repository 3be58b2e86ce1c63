"""A fake Excel for tests: xlwings' real Windows engine over stub pywin32 modules and a COM object tree, on any system.

Put content into it, install it, and use xlwings as on Windows:

    excel = FakeExcel()
    sheet = excel.add_book("leads.xlsx").add_sheet("Leads", rows=[["id", "title"], [1, "CEO"]])
    sheet.select("A2:B2")
    with install(excel):
        with excel.count() as tally:
            xw.books.active.sheets["Leads"].range("A1:B2").raw_value
        assert tally.total == ...
"""

from __future__ import annotations

import atexit
import ctypes
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import xlwings as xw
from xlwings.main import Engine

from .model import Book, Call, FakeExcel, Tally, Trap, Write
from .pywin32 import CTYPES, MODULES, SUBPROCESS, Desktop, busy, com_error, excel_error, rejected
from .sheet import Cell, Formula, Picture, Sheet
from .typed import ExcelError

_NAME = "xlwings._xlwindows"
_engine_module: Any = None  # imported once; between installations nobody can reach it


def _import_engine() -> Any:
    """Import xlwings' Windows engine, unmodified, and take its exit handler away: it kills EXCEL.EXE processes."""
    missing = object()
    before = {name: getattr(ctypes, name, missing) for name in CTYPES}
    try:
        for name, stub in CTYPES.items():
            setattr(ctypes, name, stub)
        module: Any = importlib.import_module(_NAME)
    finally:
        for name, old in before.items():
            if old is missing:
                delattr(ctypes, name)
            else:
                setattr(ctypes, name, old)
    atexit.unregister(module.cleanup)
    module.WindowsError = OSError  # a built-in name on Windows
    module.subprocess = SUBPROCESS
    return module


@contextmanager
def install(*excels: FakeExcel) -> Iterator[Desktop]:
    """Put these Excel instances (the first in front) behind `xw.apps`, `xw.books`, `xw.Book`; afterwards leave no trace."""
    global _engine_module
    names = [*MODULES, _NAME, "xlwings._win32patch"]
    modules = {name: sys.modules.get(name) for name in names}
    attributes = {name: vars(xw)[name] for name in ("_xlwindows", "_win32patch") if name in vars(xw)}
    engines = xw.engines
    state = engines.active, list(engines.engines), dict(engines.engines_by_name)
    desktop, outer = Desktop(), Desktop.current
    for excel in excels:
        desktop.add(excel)
    Desktop.current = desktop
    sys.modules.update(MODULES)
    try:
        if _engine_module is None:
            _engine_module = _import_engine()
        sys.modules[_NAME] = xw._xlwindows = desktop.module = _engine_module
        attempts = _engine_module.N_COM_ATTEMPTS
        engine = Engine(impl=_engine_module.engine)
        engines.engines[:] = [other for other in engines.engines if other.name != "excel"]
        engines.add(engine)
        engine.activate()
        yield desktop
    finally:
        if _engine_module is not None:
            _engine_module.N_COM_ATTEMPTS, _engine_module.BOOK_CALLER = 0 if "attempts" not in vars() else attempts, None
        Desktop.current = outer
        engines.active, engines.engines[:], engines.engines_by_name = state[0], state[1], state[2]
        for name in names:
            if modules[name] is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = modules[name]
        for name in ("_xlwindows", "_win32patch"):
            vars(xw).pop(name, None)
        vars(xw).update(attributes)


__all__ = [
    "Book",
    "Call",
    "Cell",
    "Desktop",
    "ExcelError",
    "FakeExcel",
    "Formula",
    "Picture",
    "Sheet",
    "Tally",
    "Trap",
    "Write",
    "busy",
    "com_error",
    "excel_error",
    "install",
    "rejected",
]
