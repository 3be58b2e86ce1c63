"""Opening a file for the user, with whatever this computer opens such files with."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

_log = logging.getLogger(__name__)


def open_file(path: Path) -> bool:
    """As a double click would; does not wait for the program. Whether one was started."""
    try:
        if sys.platform == "win32":
            os.startfile(path)
            return True
        opener = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
        if opener is None:
            return False
        quiet = subprocess.DEVNULL
        return subprocess.run([opener, str(path)], stdin=quiet, stdout=quiet, stderr=quiet, timeout=15, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.warning("%s was not opened: %s", path.name, error)
        return False
