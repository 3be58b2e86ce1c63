"""Patience with an Excel that is busy: a cell is being edited, a dialog is open, it saves, or something is copied and not yet pasted.

While Excel is busy it rejects every call. xlwings repeats a rejected call at once and for ever; with `make_attempts_finite` it gives up after
a few, and `Patience` repeats the whole action after a pause. So an action that is run here must be safe to repeat from its beginning.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from reply_xl.errors import HostBusy

__all__ = ["Patience", "is_busy", "make_attempts_finite", "refuse_while_copying"]

_T = TypeVar("_T")

_ATTEMPTS = 8
_REJECTED, _RETRY_LATER = -2147418111, -2147417846  # RPC_E_CALL_REJECTED, RPC_E_SERVERCALL_RETRYLATER
_EXCEPTION, _IGNORED = -2147352567, -2146777998  # DISP_E_EXCEPTION, and inside it or alone VBA_E_IGNORE (0x800AC472)
_XLWINGS_GAVE_UP = "ExcelBusyError"
_NOT_SET = "can not be set."  # how pywin32 reports the rejected setting of a property of an object it knows no types of
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0

_BUSY = "Excel is busy; finish the cell that is being edited, close the windows that are open in Excel, and try again."
_COPYING = "Something was copied in Excel and waits to be pasted; paste it or press Esc, and try again."


def make_attempts_finite() -> None:
    """Has xlwings' Windows engine, if it is there, repeat a rejected call a few times only. Safe to repeat."""
    module = sys.modules.get("xlwings._xlwindows")
    if module is not None:
        module.N_COM_ATTEMPTS = _ATTEMPTS  # type: ignore[attr-defined]


def is_busy(error: BaseException | None) -> bool:
    """Whether an error, or one from which it arose, says that Excel takes no calls at the moment."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, HostBusy) or type(error).__name__ == _XLWINGS_GAVE_UP:
            return True
        if isinstance(error, AttributeError) and str(error).endswith(_NOT_SET):
            return True
        code, inner = getattr(error, "hresult", None), getattr(error, "excepinfo", None)
        if code in (_REJECTED, _RETRY_LATER, _IGNORED) or (code == _EXCEPTION and inner and inner[5] == _IGNORED):
            return True
        error = error.__cause__ or error.__context__
    return False


class Patience:
    """How long to wait for a busy Excel, over all actions together: one for each delivery or click.

    `seconds`: of sleeping in total; `sleep` is never asked for more than one second at a time, and may raise to end the waiting; `owed`: the
    folder that Excel and Python share, for a note of the settings that an Excel gets back; None: no note, as for a file."""

    def __init__(self, seconds: float = 60.0, *, sleep: Callable[[float], None] = time.sleep, owed: Path | None = None) -> None:
        self._seconds, self._left, self._sleep = seconds, seconds, sleep
        self.owed = owed

    def anew(self) -> Patience:
        """Another one as this one was at first."""
        return Patience(self._seconds, sleep=self._sleep, owed=self.owed)

    def run(self, action: Callable[[], _T]) -> _T:
        """What `action` returns, begun again from its start whenever Excel was busy. Raises `HostBusy` when patience is at its end, and
        every other error as it comes."""
        pause = _FIRST_PAUSE
        while True:
            try:
                return action()
            except Exception as error:
                if not is_busy(error):
                    raise
                if self._left <= 0:
                    raise (error if isinstance(error, HostBusy) else HostBusy(_BUSY)) from None
            pause = min(pause, self._left)
            self._left -= pause
            self._sleep(pause)  # here nothing of the failed attempt is held any more, no object of Excel's either
            pause = min(2 * pause, _LONGEST_PAUSE)


def refuse_while_copying(app: Any) -> None:
    """Raises `HostBusy` while the user has cells copied or cut: whatever is written into Excel takes them off the clipboard."""
    mode = None
    with contextlib.suppress(NotImplementedError):  # a file, or a host that does not tell
        mode = app.cut_copy_mode
    if mode:
        raise HostBusy(_COPYING)
