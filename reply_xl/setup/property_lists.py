"""A Mac's files of settings, which anybody may have broken."""

from __future__ import annotations

import plistlib
from pathlib import Path
from typing import Any


def property_list(file: Path) -> dict[str, Any]:
    """What the file holds; empty where there is none, or where it cannot be read."""
    try:
        found = plistlib.loads(file.read_bytes())
    except Exception:  # of a broken file the parser may raise anything
        return {}
    return found if isinstance(found, dict) else {}
