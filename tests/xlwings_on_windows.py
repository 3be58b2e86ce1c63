"""xlwings' own way from a macro to Python, for tests on any system: its unmodified `udfs` and `com_server` over stub pywin32 modules.

Run as a program, in a process of its own, because xlwings decides at its import which decorators it has:
    python tests/xlwings_on_windows.py wrappers            prints the macros that xlwings would write
    python tests/xlwings_on_windows.py call < calls.json   prints the answers to [[module, function, arguments], …]
"""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import xlwings as xw
from fake_excel import FakeExcel, install
from fake_excel.pywin32 import MODULES


def _module(name: str, **names: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(names)
    return module


def _unwrap(value: Any) -> Any:
    raise ValueError("no Python object")


def _stubs() -> dict[str, types.ModuleType]:
    """What `udfs` and `com_server` import beyond the engine."""
    MODULES["pythoncom"].__dict__.update(
        TypeIIDs={"IDispatch": type("PyIDispatch", (), {})}, IID_IDispatch="IDispatch", IID_IEnumVARIANT=""
    )
    parts = {name: _module(f"win32com.server.{name}") for name in ("dispatcher", "policy", "exception")}
    parts["util"] = _module("win32com.server.util", unwrap=_unwrap, wrap=lambda value, *_: value)
    server = _module("win32com.server", __path__=[], **parts)
    MODULES["win32com"].__dict__["server"] = server
    named = {f"win32com.server.{name}": module for name, module in parts.items()}
    return {"win32event": _module("win32event"), "win32com.server": server, **named}


def main() -> None:
    sys.modules.update(_stubs())
    with install(FakeExcel()):
        from xlwings import com_server, udfs

        xw.func, xw.arg, xw.ret = udfs.xlfunc, udfs.xlarg, udfs.xlret
        from reply_xl import functions, functions_server

        if sys.argv[1] == "wrappers":
            udfs.generate_vba_wrapper(functions.__name__, functions, sys.stdout, types.SimpleNamespace(Name="ReplyXLFunctions.xlam"))
            return
        answering = functions_server.only_functions(com_server.XLPython)()
        answers = []
        for module, function, arguments, *formats in json.load(sys.stdin):
            try:
                answers.append(answering.CallUDF(module, function, arguments, *formats))
            except LookupError:
                answers.append({"refused": function})
        json.dump({"public": list(answering._public_methods_), "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
