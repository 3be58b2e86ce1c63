"""The process that answers the functions of a sheet: `pythonw -I -m reply_xl.functions_server CLSID`, on Windows alone.

`ReplyXLFunctions.xlam` starts it through xlwings' own library, which waits until the object of this CLSID is there and ends the process with
Excel. Of xlwings' object, through which one can run any code, only the call of our functions is left.
"""

from __future__ import annotations

import atexit
import sys
from typing import Any

from reply_xl import functions


def only_functions(base: Any) -> type:
    """xlwings' `XLPython` with a single method, which takes a function of ours by its name, values as arguments, and of each argument its
    number format, or one for each of its columns. No workbook and no calling cell are passed on: given a workbook, xlwings looks for Python
    code in its sheets."""

    class OnlyFunctions(base):  # type: ignore[misc]
        _public_methods_ = ("CallUDF",)

        def CallUDF(self, script: str, name: str, arguments: Any, formats: Any = ()) -> Any:
            if script != functions.__name__ or name not in functions.NAMES:
                raise LookupError(f"{script} {name}")
            with functions.shown_in(formats):
                return super().CallUDF(script, name, arguments)

    return OnlyFunctions


def main() -> None:
    from xlwings import _xlwindows, com_server

    atexit.unregister(_xlwindows.cleanup)  # it ends every Excel that shows no workbook
    com_server.XLPython = only_functions(com_server.XLPython)
    com_server.serve(sys.argv[1])


if __name__ == "__main__":
    main()
