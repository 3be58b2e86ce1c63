"""Help on the ribbon: writes the guide into the user's data folder, so that it can name the files of this computer, and opens it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from reply_xl import __version__, config
from reply_xl.errors import ConfigError
from reply_xl.setup.addin_file import our_ribbon
from reply_xl.setup.places import CLICK_LOG, GUIDE
from reply_xl.tab.guide import page

if TYPE_CHECKING:
    from reply_xl.tab.window import Window


def open_guide(window: Window, open_file: Callable[[Path], bool]) -> None:
    """The last sentence says where the guide is. Raises `ConfigError` where it cannot be written."""
    try:
        folder = config.data_folder()
        path = folder / GUIDE
        path.write_text(page(our_ribbon(), __version__, str(folder), str(config.shared_folder() / CLICK_LOG)), encoding="utf-8")
    except OSError as error:
        raise ConfigError("The guide cannot be written on this computer; make room on the disk and click Help again.") from error
    if open_file(path):
        window.end("The guide is open in your browser.")
    else:
        window.end(f"The guide could not be opened; it is the file {path}. Open it in a browser.", in_a_box=True)
