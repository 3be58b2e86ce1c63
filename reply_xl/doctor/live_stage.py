"""An Excel of doctor's own: started as a user starts it, with its add-in, but with a folder of its own for clicks, launcher and records.

Nothing of the user's is touched: no workbook that is open, no click, no practice, no journal. What is ended is what was started here.
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from reply_xl import __version__
from reply_xl.agent import Agent
from reply_xl.busy import make_attempts_finite
from reply_xl.doctor.live_click import answer, asked, begin, end
from reply_xl.errors import ConfigError, SheetError
from reply_xl.excel import keep_other_excels
from reply_xl.setup.launcher import Launcher
from reply_xl.setup.places import ADDIN, CLICKS, LAUNCHER
from reply_xl.tab.click import Button
from reply_xl.tab.serving import PRACTICE, serving

MACRO = f"'{ADDIN}'!ReplyRibbon.HandleClick"
ARGUMENTS = "-I -m reply_xl.doctor.live_click"
_STARTS_WITHIN, _ENDS_WITHIN, _PRACTICE_ENDS_WITHIN = 90.0, 20.0, 10.0
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
    """`program`: Excel; `folder`: for everything that is written; `python`: what a click starts; `engine`: xlwings' one. `has_agent`: Excel starts
    nothing here, and an agent of the stage's own takes the clicks; `libraries`: those of the functions for cells, None where these are not
    installed. `start`, `run` and `press_key` are what they are called; `ask_person` says a sentence to somebody at the computer, None where nobody
    is there; `patience`: seconds for Excel to start."""

    def __init__(
        self,
        program: Path,
        folder: Path,
        python: Path,
        engine: Callable[[], Any],
        *,
        has_agent: bool = False,
        libraries: Iterable[Path] | None = None,
        start: Callable[[Path, Path, Mapping[str, str]], Started] = start_excel,
        run: Callable[..., None] = run_macro,
        press_key: Callable[[int, int], None] = press_key,
        ask_person: Callable[[str], None] | None = None,
        patience: float = _STARTS_WITHIN,
    ) -> None:
        lacks = {"person": "" if ask_person else "nobody sits at this terminal"}
        lacks["functions"] = "the functions for cells are not installed" if libraries is None else ""
        self.missing: Mapping[str, str] = {what: why for what, why in lacks.items() if why}
        self._ask_person = ask_person
        self._program, self._engine = program, engine
        self._start, self._run, self._press_key = start, run, press_key
        self._excels: dict[int, Started] = {}
        self._front: int | None = None
        self._edited, self._patience = 0, patience
        make_attempts_finite()
        local = folder / "Local"
        self.shared = local / "reply_xl"
        self.shared.mkdir(parents=True, exist_ok=True)
        text = Launcher(str(python), has_agent, __version__).text()
        lines = [f"arguments={ARGUMENTS}" if line.startswith("arguments=") else line for line in text.splitlines()]
        (self.shared / LAUNCHER).write_bytes("".join(f"{line}\r\n" for line in lines).encode())
        for library in libraries or ():
            shutil.copyfile(library, self.shared / library.name)
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("REPLY_")}
        self._environment = {**kept, "LOCALAPPDATA": str(local), "REPLY_XL_QUOTA": "off"}
        self._agent_stops = threading.Event()
        if has_agent:
            agent = Agent(self.shared, [str(python), *ARGUMENTS.split()], self._environment)
            threading.Thread(target=agent.run, args=(self._agent_stops,), name="agent", daemon=True).start()

    @property
    def version(self) -> str:
        """Of the Excel in front, "" while there is none."""
        return "" if self._front is None else str(self._app(self._front).version)

    def begin(self, url: str) -> None:
        self.end()
        begin(self.shared, url)

    def open(self, file: Path) -> Any:
        if self._front is None:
            self._front = self._launch(file)
            return self._book(self._front, file.name)
        return self._app(self._front).books.open(str(file))

    def open_elsewhere(self, file: Path) -> Any:
        return self._book(self._launch(file), file.name)

    def select(self, book: Any, sheet: str, *areas: str) -> None:
        book.activate()
        book.sheets[sheet].activate()
        book.sheets[sheet].range(",".join(areas)).select()

    def press(self, button: Button, pressed: str = "") -> None:
        if self._front is None:
            raise SheetError("No Excel is open.")
        self._run(self._app(self._front), MACRO, str(button), pressed)

    def answer(self, *choices: str) -> None:
        answer(self.shared, choices)

    def asked(self) -> list[str]:
        return asked(self.shared)

    def wait(self, seconds: float) -> bool:
        until, folder = time.monotonic() + seconds, self.shared / CLICKS
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
        """Ends every Excel that was started here, practice, and what clicks have started: each of them also where another does not end well."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._end_practice)
            stack.callback(end, self.shared)
            for pid in list(self._excels):
                stack.callback(self._end, pid)

    def end_for_good(self) -> None:
        self._agent_stops.set()
        self.end()

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
        started = self._excels[pid]
        if self._front == pid:
            self._front = None
        try:
            with contextlib.suppress(Exception):  # it may have ended by itself
                app = self._app(pid)
                app.display_alerts = False
                app.api.Quit()
                del app
                gc.collect()  # whoever holds an object of Excel's keeps its process alive
            started.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            started.kill()
        except BaseException:  # Ctrl-C while it is asked to end
            started.kill()
            raise
        finally:
            self._excels.pop(pid, None)

    def _end_practice(self) -> None:
        with contextlib.suppress(OSError):  # its server ends with Excel in any case
            (self.shared / PRACTICE).unlink(missing_ok=True)
        until = time.monotonic() + _PRACTICE_ENDS_WITHIN
        while serving(self.shared) is not None and time.monotonic() < until:
            time.sleep(0.05)
