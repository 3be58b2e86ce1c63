"""Writes a file as a whole: whoever opens it finds the old one or the new one, also where this process is killed meanwhile."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

_EVERY = 0.05


def write_whole(
    file: Path,
    data: bytes,
    *,
    beside: Path | None = None,
    put: Callable[[Path, Path], object] = os.replace,
    patience: float = 0.0,
) -> None:
    """The data first goes into a file of this process alone, in `beside` (on the same disk; the file's own folder unless given), is read back,
    and is moved by `put`, for `patience` seconds again while another program holds the file. Folders are made. Raises `OSError`."""
    scratch = (beside or file.parent) / f"{file.name}.{os.getpid()}.tmp"
    for folder in (file.parent, scratch.parent):
        folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + patience
    try:
        scratch.write_bytes(data)
        if scratch.read_bytes() != data:
            raise OSError(f"{scratch} is not what was written")
        while True:
            try:
                put(scratch, file)
                return
            except PermissionError:
                if time.monotonic() >= until:
                    raise
                time.sleep(_EVERY)
    finally:
        scratch.unlink(missing_ok=True)


def remove_leftovers(file: Path, *, beside: Path | None = None) -> None:
    """What processes that were killed in `write_whole` left for this file. No harm where it cannot be removed."""
    folder = beside or file.parent
    try:
        for found in folder.iterdir():
            if re.fullmatch(re.escape(file.name) + r"\.[0-9]+\.tmp", found.name) and not found.is_dir():
                found.unlink(missing_ok=True)
    except OSError:
        return
