"""The agent: waits for clicks in the shared folder and starts one process for each, where Excel itself may start none.

`python -m reply_xl.agent` runs at logon. It reads no click and takes none: the process that it starts does, so that nothing in a click
can stop the agent. It ends when `launcher.txt` is changed or gone, which is how `install` and `uninstall` replace and end it.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import FrameType

from reply_xl import __version__, config
from reply_xl.locks import lock
from reply_xl.setup.places import AGENT_LOCK, AGENT_LOG, CLICKS, LAUNCHER
from reply_xl.tab.clicks import TOO_OLD

EVERY = 0.25
"""Seconds between two looks at the folder."""
_PATIENCE = 10.0
"""Seconds that a new agent waits for the one it replaces."""
_MOST_STARTS = 2
_MOST_AT_ONCE = 8
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Started:
    """`process` is None where it could not be started."""

    process: subprocess.Popen[bytes] | None
    times: int
    is_over: bool = False


class Agent:
    """Watches `folder/clicks`. `command` is what takes a click, its ID comes last; `environment`: for it, None for that of this process."""

    def __init__(self, folder: Path, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._folder, self._environment = folder, environment
        self._command = list(command)
        self._started: dict[str, _Started] = {}
        self._launcher: bytes | None = None

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set or the launcher is changed or not there. Processes that are at work go on."""
        while not stop.is_set() and self.goes_on():
            try:
                self.look()
            except Exception:  # whatever it was, the next click is obeyed
                _log.exception("unexpected error")
            stop.wait(EVERY)

    def goes_on(self) -> bool:
        """False once the launcher is not the one that was there at first; one that another program holds for a moment still is."""
        try:
            found = (self._folder / LAUNCHER).read_bytes()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        if self._launcher is None:
            self._launcher = found
        return found == self._launcher

    def look(self) -> None:
        """Starts a process for each click that has none. One that ended and left its click is started once more, then left to VBA's words."""
        waiting = set(self._waiting())
        for name, started in list(self._started.items()):
            if not started.is_over and started.process is not None and (code := started.process.poll()) is not None:
                started.is_over = True
                _log.info("%s ended with %s", name, code)
            if started.is_over and name not in waiting:
                del self._started[name]
        for name in sorted(waiting):
            before = self._started.get(name)
            if before is not None and (not before.is_over or before.times >= _MOST_STARTS):
                continue
            if sum(not one.is_over for one in self._started.values()) >= _MOST_AT_ONCE:
                break
            self._start(name, 1 if before is None else before.times + 1)

    def _start(self, name: str, times: int) -> None:
        quiet = subprocess.DEVNULL
        try:
            process = subprocess.Popen(
                [*self._command, name], stdin=quiet, stdout=quiet, stderr=quiet, cwd=Path.home(), env=self._environment
            )
        except OSError as error:
            _log.error("%s could not be started: %s", name, error)
            self._started[name] = _Started(None, times, is_over=True)
            return
        _log.info("%s is process %d", name, process.pid)
        self._started[name] = _Started(process, times)

    def _waiting(self) -> Iterator[str]:
        try:
            with os.scandir(self._folder / CLICKS) as entries:
                for entry in entries:
                    found = re.fullmatch(r"([0-9A-F]{15})\.click", entry.name)
                    if found and entry.is_file(follow_symlinks=False) and not _is_too_old(entry):
                        yield found[1]
        except OSError:
            return


def _is_too_old(entry: os.DirEntry[str]) -> bool:
    """Whoever took it would not obey it. One that somebody has just taken may count as waiting: its process finds nothing to take."""
    try:
        return time.time() - entry.stat().st_mtime > TOO_OLD
    except OSError:
        return False


def run(folder: Path, command: Sequence[str], stop: threading.Event, *, patience: float = _PATIENCE) -> bool:
    """Watches `folder` as its only agent; False where another one does and goes on doing so for `patience` seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + patience
    with (folder / AGENT_LOCK).open("ab") as file:
        while True:
            try:
                lock(file)
                break
            except OSError:
                if time.monotonic() > until or stop.wait(EVERY):
                    return False
        agent = Agent(folder, command)
        _log.info("reply-xl %s waits for clicks", __version__)
        try:
            agent.run(stop)
        finally:
            _log.info("the agent ends")
            for handler in _log.handlers:  # before the lock is free: uninstall removes the log then
                handler.close()
    return True


def main() -> int:
    """Without a window and without a word: what happens stands in `agent.log` of the shared folder, without names or addresses."""
    folder = config.shared_folder()
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / AGENT_LOG, maxBytes=200_000, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    stop = threading.Event()
    _on_end(stop.set)
    run(folder, [sys.executable, "-I", "-m", "reply_xl.ribbon"], stop)
    return 0


def _on_end(act: Callable[[], None]) -> None:
    def obey(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=act, daemon=True).start()  # the signal may have struck inside of the event that `act` sets

    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, obey)


if __name__ == "__main__":
    sys.exit(main())
