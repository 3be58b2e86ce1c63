"""The server of the button Practice: `python -m reply_xl.practice_server`, started by the click that switches practice on.

It is told on standard input whom to practise with, answers there in one line, and lives until practice is switched off, Excel is closed, or
nobody has practised for half a day. Nothing of the contacts is written to the disk.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from reply_xl import config
from reply_xl.history.runs import PRACTISING
from reply_xl.sandbox import Sandbox
from reply_xl.setup.places import PRACTICE_LOG
from reply_xl.tab.serving import Serving, holding, mark_of

__all__ = ["main", "run"]

LONGEST = 12 * 3600.0
"""Seconds without a request after which the server ends."""
_LOOK_EVERY, _COUNT_EVERY = 0.3, 60.0
_PATIENCE = 10.0
"""Seconds that a new server waits for the one it replaces."""
_log = logging.getLogger(__name__)


def run(
    folder: Path,
    told: Mapping[str, Any],
    say: Callable[[str], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    longest: float = LONGEST,
) -> str:
    """Serves until it has no more to do; returns why it ended. `folder`: that which Excel and Python share; `told`: `contacts` and
    `custom_fields` as the sandbox takes them, `mark` as `mark_of` gave it at the click, `process` of Excel or None, and `is_watched` where
    `doctor --live` looks on; `say` is called with the name that the server calls itself, once requests are answered. Raises `OSError` where
    another server does not end."""
    with holding(folder, _PATIENCE, sleep) as announce:
        if mark_of(folder) != told["mark"]:
            return "practice was switched off or on again"
        key, is_watched = secrets.token_urlsafe(24), told.get("is_watched") is True
        with Sandbox(told["contacts"], told["custom_fields"], called=PRACTISING, keys=[key], control=is_watched) as sandbox:
            announce(Serving(sandbox.url, key, sandbox.instance, os.getpid()))
            _log.info("serves %d contacts as %s", len(sandbox.contacts), sandbox.instance)
            say(sandbox.instance)
            why = _wait(folder, told, sandbox, sleep, longest)
    _log.info("ends: %s", why)
    return why


def _wait(folder: Path, told: Mapping[str, Any], sandbox: Sandbox, sleep: Callable[[float], None], longest: float) -> str:
    counted, seen = time.monotonic(), 0
    asked = counted
    while True:
        sleep(_LOOK_EVERY)
        if mark_of(folder) != told["mark"]:
            return "practice was switched off or on again"
        if told["process"] is not None and not _is_there(told["process"]):
            return "Excel was closed"
        now = time.monotonic()
        if now - counted >= min(_COUNT_EVERY, longest / 4):
            counted, before, seen = now, seen, len(sandbox.requests)
            asked = now if seen != before else asked
            if now - asked >= longest:
                return "nobody has practised for long"


def _is_there(process: int) -> bool:
    """Whether a process of this user is there."""
    if sys.platform != "win32":
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
        return True
    import ctypes

    synchronize, is_over = 0x00100000, 0
    kernel = ctypes.windll.kernel32
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(synchronize, False, process)
    if not handle:
        return False
    try:
        return bool(kernel.WaitForSingleObject(ctypes.c_void_p(handle), 0) != is_over)
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))


def main() -> int:
    """Answers with one line of JSON: `instance`, or `problem`."""
    folder = config.shared_folder()
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / PRACTICE_LOG, maxBytes=200_000, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)

    def answer(name: str, text: str) -> None:
        sys.stdout.write(json.dumps({name: text}) + "\n")
        sys.stdout.flush()
        sys.stdout.close()

    try:
        why = run(folder, json.load(sys.stdin), lambda instance: answer("instance", instance))
        if not sys.stdout.closed:
            answer("problem", why)
    except OSError:
        _log.exception("the server cannot start")
        answer("problem", "another practice server does not end")
        return 1
    except Exception:
        _log.exception("unexpected error")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
