"""Asks a Mac which proxies its settings' script finds, by a process of its own: what goes wrong in C there goes wrong there."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

_MOST_BYTES = 2**14
_ASKS = [sys.executable, "-I", "-S", str(Path(__file__).with_name("cfnetwork.py"))]


def find_automatic_proxies(url: str, seconds: float = 7.0, asks: Sequence[str] = ()) -> str | None:
    """The proxies for `url` as the Mac's script gives them, `PROXY a:1; DIRECT`; None where no script is set. Raises `TimeoutError` if
    one is and gave no answer.

    Host and port of `url` alone are told. Whatever the process does, it is ended after so many seconds at the latest; an answer that is not
    exactly one line of the expected form counts as none. `asks`: another command to ask than ours, for tests."""
    try:
        told = _told(url)
        child = subprocess.Popen(
            [*(asks or _ASKS), f"{seconds:g}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_without_secrets(os.environ),
        )
    except (OSError, UnicodeError):
        return None
    late = threading.Timer(seconds, child.kill)
    late.daemon = True
    late.start()
    try:
        with child:
            assert child.stdin is not None
            assert child.stdout is not None
            with contextlib.suppress(OSError), child.stdin:
                child.stdin.write(told)
            said = child.stdout.read(_MOST_BYTES + 1)
            if len(said) > _MOST_BYTES:
                child.kill()
    finally:
        late.cancel()
    return _read(said) if child.returncode == 0 else None


def _told(url: str) -> bytes:
    """The line that the process reads: the URL without a path, which no script needs to know, and spelled in ASCII."""
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode("ascii")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{parts.port}' if parts.port else ''}/\n".encode("ascii")


def _without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Without the API key, and without proxies, whose addresses may hold passwords."""
    return {name: value for name, value in environment.items() if not re.match(r"REPLY_|.*_PROXY$", name, re.IGNORECASE)}


def _read(said: bytes) -> str | None:
    if said.count(b"\n") != 1 or not said.endswith(b"\n"):
        return None
    try:
        told = json.loads(said)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    if told.get("silent") is True:
        raise TimeoutError("The script that is set gave no answer.")
    found = told.get("proxies")
    return found if isinstance(found, str) else None
