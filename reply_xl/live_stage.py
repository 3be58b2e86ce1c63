"""An Excel of doctor's own: started as a user starts it, with its add-in, but with a folder of its own for clicks, launcher and records.

Nothing of the user's is touched: no workbook that is open, no click, no journal. What is ended is what was started here.
"""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from reply_xl import __version__
from reply_xl.busy import make_attempts_finite
from reply_xl.click import Button
from reply_xl.errors import ConfigError, SheetError
from reply_xl.excel import keep_other_excels
from reply_xl.launcher import Launcher
from reply_xl.live_click import answer, asked, begin
from reply_xl.live_steps import SHEET
from reply_xl.places import ADDIN, CLICKS, LAUNCHER

MACRO = f"'{ADDIN}'!ReplyRibbon.HandleClick"
ARGUMENTS = "-I -m reply_xl.live_click"
_STARTS_WITHIN, _ENDS_WITHIN = 90.0, 20.0
_F2, _ESCAPE, _KEY_UP = 0x71, 0x1B, 2


class Started(Protocol):
    """A process, as `subprocess.Popen` is one."""

    pid: int

    def wait(self, timeout: float | None = None) -> int: ...
    def kill(self) -> None: ...


def start_excel(program: Path, file: Path, environment: Mapping[str, str]) -> Started:
    """An Excel apart from those that are open: only such a one reads the environment that it is given."""
    return subprocess.Popen([str(program), "/x", str(file)], env=dict(environment))


def run_macro(app: Any, name: str, *arguments: str) -> None:
    app.macro(name)(*arguments)


def press_key(window: int, key: int) -> None:
    """A key for the window of this handle, which comes to the front."""
    import ctypes

    windows: Any = ctypes
    user = windows.windll.user32
    user.SetForegroundWindow(ctypes.c_void_p(window))
    time.sleep(0.3)
    if user.GetForegroundWindow() == window:  # else somebody else's window would get it
        user.keybd_event(key, 0, 0, 0)
        user.keybd_event(key, 0, _KEY_UP, 0)
        time.sleep(0.5)


class ExcelStage:
    """`program`: Excel; `folder`: for everything that is written; `python`: what a click starts; `engine`: xlwings' one. `start`, `run` and
    `press_key` are what they are called; `ask_person` says a sentence to
    somebody at the computer, None where nobody is there; `patience`: seconds for Excel to start."""

    def __init__(
        self,
        program: Path,
        folder: Path,
        python: Path,
        engine: Callable[[], Any],
        *,
        start: Callable[[Path, Path, Mapping[str, str]], Started] = start_excel,
        run: Callable[..., None] = run_macro,
        press_key: Callable[[int, int], None] = press_key,
        ask_person: Callable[[str], None] | None = None,
        patience: float = _STARTS_WITHIN,
    ) -> None:
        self.missing: Mapping[str, str] = {} if ask_person else {"person": "nobody sits at this terminal"}
        self._ask_person = ask_person
        self._program, self._engine = program, engine
        self._start, self._run, self._press_key = start, run, press_key
        self._excels: dict[int, Started] = {}
        self._front: int | None = None
        self._edited, self._patience = 0, patience
        make_attempts_finite()
        local = folder / "Local"
        self._user = local / "reply_xl"
        self._user.mkdir(parents=True, exist_ok=True)
        text = Launcher(str(python), False, __version__).text()
        lines = [f"arguments={ARGUMENTS}" if line.startswith("arguments=") else line for line in text.splitlines()]
        (self._user / LAUNCHER).write_bytes("".join(f"{line}\r\n" for line in lines).encode())
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("REPLY_")}
        self._environment = {**kept, "LOCALAPPDATA": str(local), "REPLY_XL_QUOTA": "off"}

    @property
    def version(self) -> str:
        """Of the Excel in front, "" while there is none."""
        return "" if self._front is None else str(self._app(self._front).version)

    def begin(self, url: str) -> None:
        self.end()
        begin(self._user, url)

    def open(self, file: Path) -> Any:
        if self._front is None:
            self._front = self._launch(file)
            return self._book(self._front, file.name)
        return self._app(self._front).books.open(str(file))

    def open_elsewhere(self, file: Path) -> Any:
        return self._book(self._launch(file), file.name)

    def select(self, book: Any, *areas: str) -> None:
        sheet = book.sheets[SHEET]
        book.activate()
        sheet.activate()
        sheet.range(",".join(areas)).select()

    def press(self, button: Button) -> None:
        if self._front is None:
            raise SheetError("No Excel is open.")
        self._run(self._app(self._front), MACRO, str(button), "")

    def answer(self, *choices: str) -> None:
        answer(self._user, choices)

    def asked(self) -> list[str]:
        return asked(self._user)

    def wait(self, seconds: float) -> bool:
        until, folder = time.monotonic() + seconds, self._user / CLICKS
        while any(folder.glob("*.click")) or any(folder.glob("*.started")):
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def close(self, book: Any) -> None:
        pid = int(book.app.pid)
        app = self._app(pid)
        if len(app.books) > 1:
            book.close()
        else:
            self._end(pid)

    def edit(self) -> bool:
        if self._front is None:
            return False
        self._edited = int(self._app(self._front).hwnd)
        self._press_key(self._edited, _F2)
        return self._is_editing(self._front)

    def end_edit(self) -> None:
        self._press_key(self._edited, _ESCAPE)  # Excel can be asked for nothing while a cell is edited

    def ask_person(self, sentence: str) -> None:
        if self._ask_person is not None:
            self._ask_person(sentence)

    def end(self) -> None:
        """Ends every Excel that was started here."""
        for pid in list(self._excels):
            self._end(pid)

    def _launch(self, file: Path) -> int:
        started = self._start(self._program, file, self._environment)
        self._excels[started.pid] = started
        until = time.monotonic() + self._patience
        while time.monotonic() < until:
            with contextlib.suppress(Exception):  # it is still starting
                if started.pid in list(self._engine().apps.keys()) and self._book(started.pid, file.name) is not None:
                    return started.pid
            time.sleep(0.2)
        raise ConfigError("Excel was started and did not open the workbook; look whether it shows a box, and try again.")

    def _app(self, pid: int) -> Any:
        engine = self._engine()
        keep_other_excels()
        return engine.apps[pid]

    def _book(self, pid: int, name: str) -> Any:
        return next((book for book in self._app(pid).books if book.name == name), None)

    def _is_editing(self, pid: int) -> bool:
        """Excel refuses such calls while a cell is edited."""
        try:
            return self._app(pid).api.Ready is False
        except Exception:
            return True

    def _end(self, pid: int) -> None:
        started = self._excels.pop(pid)
        if self._front == pid:
            self._front = None
        with contextlib.suppress(Exception):  # it may have ended by itself
            app = self._app(pid)
            app.display_alerts = False
            app.api.Quit()
            del app
            gc.collect()  # whoever holds an object of Excel's keeps its process alive
        try:
            started.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            started.kill()
