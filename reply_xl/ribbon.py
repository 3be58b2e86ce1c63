"""The edge that Excel starts: `python -m reply_xl.ribbon ID` carries out the click of that name, and never raises.

The click is taken and the log is open before anything is imported that could fail: a person who clicks is always told something.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reply_xl import __version__, config
from reply_xl.interrupts import Stop
from reply_xl.tab.clicks import ClickFolder
from reply_xl.this_excel import process_of_window, this_engine

if TYPE_CHECKING:
    from reply_xl.tab.buttons import Scene
    from reply_xl.tab.window import Dialogs

LOG = "click.log"
_MOST_LOG_BYTES = 1_000_000
_log = logging.getLogger("reply_xl.ribbon")  # Excel starts this module as __main__, of which no log is kept


def these_dialogs() -> Dialogs:
    from reply_xl.tab.dialogs import Boxes

    return Boxes()


def this_opener(path: Path) -> bool:
    from reply_xl.tab.opening import open_file

    return open_file(path)


@dataclass(frozen=True, slots=True)
class Outside:
    """What a click needs of the computer: xlwings' engine, boxes, the process of a window handle (None: not known), the server (None: Reply),
    for how many seconds the last sentence is left in the status bar, and what opens a file outside of Excel (False: nothing did).
    `watches_practice`: a practice server tells anybody on this computer what it holds and was asked, for made-up contacts alone."""

    engine: Callable[[], Any] = this_engine
    dialogs: Callable[[], Dialogs] = these_dialogs
    process_of: Callable[[int], int | None] = process_of_window
    base_url: str | None = None
    linger: float = 20.0
    open_file: Callable[[Path], bool] = this_opener
    watches_practice: bool = False


def main(argv: Sequence[str] | None = None, outside: Outside | None = None) -> int:
    """Carries out one click. Exit code 0, also where somebody else had taken it; 1 if it came to nothing, 2 if no click was named."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if len(arguments) != 1 or re.fullmatch("[0-9A-F]{15}", arguments[0]) is None:
        return 2
    clicks = ClickFolder(config.shared_folder())
    data = clicks.take(arguments[0])
    if data is None:
        return 0
    with _open_log(config.shared_folder()):
        try:
            return _carry_out(data, clicks, clicks.noted(arguments[0]), outside or Outside())
        except Exception:
            _log.exception("unexpected error")
            return 1
        finally:
            clicks.done(arguments[0])


@contextmanager
def _open_log(folder: Path) -> Iterator[None]:
    log = logging.getLogger("reply_xl")
    log.setLevel(logging.INFO)
    handler = RotatingFileHandler(folder / LOG, maxBytes=_MOST_LOG_BYTES, backupCount=1, encoding="utf-8", errors="replace", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(name)s %(message)s"))
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        handler.close()


def _carry_out(data: bytes, clicks: ClickFolder, noted: float, outside: Outside) -> int:
    """What goes wrong here before there is a window is for a box."""
    sentence = f"reply-xl is not whole on this computer; run “reply-xl doctor”. The file {LOG} in {config.shared_folder()} says more."
    try:
        from reply_xl.errors import ReplyXlError
        from reply_xl.excel import Excel
        from reply_xl.tab.buttons import Scene
        from reply_xl.tab.click import parse
        from reply_xl.tab.window import Window

        try:
            click = parse(data)
            _log.info("%s, add-in %s", click.button, click.addin_version)
            cancelled = Stop()
            excel = Excel(outside.engine(), click, outside.process_of)
            window = Window(excel, outside.dialogs(), cancelled)
        except ReplyXlError as error:
            sentence = str(error)
            raise
    except Exception:
        _log.exception("the click cannot be carried out")
        outside.dialogs().tell(sentence)
        return 1
    scene = Scene(click, data, clicks, noted, excel, window, cancelled, outside.base_url, outside.open_file)
    code = _press(replace(scene, watches_practice=outside.watches_practice))
    time.sleep(outside.linger)
    window.progress.clear()
    return code


def _press(scene: Scene) -> int:
    from reply_xl.errors import Cancelled, ConfigError, NotAgreed, ReplyXlError
    from reply_xl.setup.versions import difference
    from reply_xl.tab.buttons import press

    window = scene.window
    try:
        old = difference(scene.click.addin_version, __version__)
        if old is not None:
            raise ConfigError(old)
        press(scene)
        window.finish()
    except NotAgreed as error:
        window.end(str(error))
    except Cancelled:
        window.end("Cancelled; nothing was sent.")
    except ReplyXlError as error:
        _log.info("refused", exc_info=True)
        window.end(str(error), in_a_box=True)
        return 1
    except Exception:
        _log.exception("unexpected error")
        window.end(f"Something unexpected went wrong; please report it with the file {LOG} in {config.shared_folder()}.", in_a_box=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
