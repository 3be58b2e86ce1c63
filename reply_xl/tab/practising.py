"""The button Practice: a copy of the sheet that was clicked, a server of its own with the contacts in it, and every other button kept to them.

Whether practice is on is said by a mark in the shared folder, which the add-in alone makes and removes. While it is there nothing reaches Reply,
whatever goes wrong here.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reply_xl import config, sentences
from reply_xl.busy import Patience, is_busy
from reply_xl.errors import ConfigError, ReplyXlError, SheetError
from reply_xl.excel import Excel, LivePlace
from reply_xl.pages import delete_sheet, free_name, is_ours, told
from reply_xl.setup.places import ADDIN
from reply_xl.stillness import quiet
from reply_xl.tab.click import Button, Click
from reply_xl.tab.practice import contacts_in
from reply_xl.tab.practice_mark import mark_practice, practice_named, practice_of
from reply_xl.tab.serving import Serving, mark_of, serving

__all__ = ["SERVER_COMMAND", "direct", "switch"]

SERVER_COMMAND = (sys.executable, "-I", "-m", "reply_xl.practice_server")
_NAME = "Practice"
_ANYTIME = frozenset({Button.CANCEL, Button.CONNECT, Button.HELP, Button.PRACTICE, Button.NEW_FROM_TEMPLATE})
_IN_EARNEST = "New sheet brings contacts from Reply, and in practice nothing reaches Reply; click Practice to switch it off first."
_NOT_READY = "Until you click Practice again, which switches it off, nothing reaches Reply."
_STARTS_WITHIN = 30.0
_ENDS_WITHIN = 5.0


def direct(click: Click, excel: Excel) -> Serving | None:
    """Which server a click goes to: that of practice, or None for Reply. Raises `ReplyXlError` where it may go to neither: practice is on and
    another sheet than its copy was clicked, or off and a copy was; or it cannot be told what the user takes it to be."""
    if click.button in _ANYTIME:
        return None
    folder = config.shared_folder()
    is_on = click.is_practice
    if click.shows_practice is not None and click.shows_practice != is_on:
        now = "on" if is_on else "off"
        raise ConfigError(
            f"Practice was switched {now} in another Excel, so nothing was done; click Practice here to set it as you want it."
        )
    if not is_on and mark_of(folder) is not None:
        raise ConfigError("Practice was switched on after this click, so nothing was done; click again.")
    if is_on and click.button is Button.NEW_FROM_REPLY:  # made-up contacts in a workbook of their own would pass for real ones
        raise ConfigError(_IN_EARNEST)
    server = serving(folder) if is_on else None
    if is_on and server is None:
        raise ConfigError("The practice server is not ready or has ended, so nothing was done; click Practice twice to start it anew.")
    if click.book not in ("", ADDIN) and click.sheet:
        _check_sheet(click, excel, server)
    return server


def _check_sheet(click: Click, excel: Excel, server: Serving | None) -> None:
    with excel.book(click.book, click.path) as book, told("The sheets of the workbook cannot be read; try again."):
        mark = Patience().run(lambda: practice_named(book, click.sheet))
        if (mark is None and server is None) or (server is not None and mark == server.instance):
            return
        copy = None if server is None else Patience().run(lambda: _copy_of(book, server))
    if server is None:
        raise SheetError(
            f"“{click.sheet}” is a copy for practice, so nothing of it goes to Reply; go to the sheet with your contacts, "
            "or click Practice to go on practising."
        )
    where = "the sheet that was copied for it" if copy is None else f"“{copy}”"
    raise SheetError(f"Practice is on, and “{click.sheet}” is not its copy; go to {where}, or click Practice to switch it off.")


def _copy_of(book: Any, server: Serving) -> str | None:
    """The copy that belongs to a server, by name."""
    return next((str(sheet.name) for sheet in book.sheets if practice_of(sheet) == server.instance and not is_ours(sheet)), None)


def switch(click: Click, excel: Excel, *, is_watched: bool = False) -> str:
    """Does what a click on Practice asks for; returns the sentence to show. Switched on, it returns when the copy stands in front and the server
    answers, which then goes on by itself. `is_watched`: the server tells anybody on this computer what it holds and was asked, which is for
    made-up contacts only. Raises `ReplyXlError` where practice cannot be set up; the mark stays."""
    folder = config.shared_folder()
    mark = mark_of(folder)
    if click.is_pressed is not (mark is not None):
        return f"Practice was switched {'off' if mark is None else 'on'} meanwhile."
    if mark is None:
        until = time.monotonic() + _ENDS_WITHIN
        while serving(folder) is not None and time.monotonic() < until:
            time.sleep(0.1)
        return "Practice is off: what you update from now on goes to Reply."
    try:
        return _set_up(click, excel, mark, is_watched)
    except ReplyXlError as error:
        raise ConfigError(f"{error} {_NOT_READY}") from error


def _set_up(click: Click, excel: Excel, mark: int, is_watched: bool) -> str:
    if click.protected_view:
        raise SheetError(f"“{click.protected_view}” is open in Protected View; click Enable Editing above the sheet, and try again.")
    if click.book == ADDIN:
        raise SheetError("No workbook is open; open the one with your contacts and try again.")
    with LivePlace.of(excel, click).open() as book:
        if click.sheet not in book.sheets():
            raise SheetError("A sheet without cells is in front; go to the sheet with your contacts and try again.")
        sheet = book.sheet()
        contacts, custom_fields = contacts_in(sheet)
        is_copy = sheet.practice is not None
    seed = {"contacts": contacts, "custom_fields": custom_fields, "mark": mark, "process": excel.process, "is_watched": is_watched}
    process, instance = _started(seed)
    try:
        with (
            excel.book(click.book, click.path) as book,
            told(f"“{click.sheet}” cannot be copied; see whether the workbook is protected (Review → Protect Workbook)."),
        ):
            name = _marked(book, click.sheet, instance) if is_copy else _copied(book, click.sheet, instance, excel.patience.anew())
    except BaseException:
        process.terminate()
        raise
    made = f"you work on “{name}”" if is_copy else f"“{name}” is a copy of “{click.sheet}” to work on"
    return f"Practice is on: {made}, with {sentences.contacts(len(contacts))}, and nothing reaches Reply until you switch it off."


def _started(seed: Mapping[str, Any]) -> tuple[subprocess.Popen[str], str]:
    """The process of the server, and what the server calls itself."""
    windows = sum(getattr(subprocess, name, 0) for name in ("DETACHED_PROCESS", "CREATE_NEW_PROCESS_GROUP"))
    process = subprocess.Popen(
        SERVER_COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path.home(),
        text=True,
        encoding="utf-8",
        start_new_session=True,
        creationflags=windows,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    limit = threading.Timer(_STARTS_WITHIN, process.kill)
    limit.start()
    try:
        with process.stdin, process.stdout:
            json.dump(seed, process.stdin)
            process.stdin.close()
            answer = json.loads(process.stdout.readline())
    except (OSError, ValueError) as error:
        raise ConfigError("The practice server does not start; run “reply-xl doctor”.") from error
    finally:
        limit.cancel()
    if "instance" not in answer:
        raise ConfigError(f"The practice server did not start: {answer.get('problem')}.")
    return process, str(answer["instance"])


def _copied(book: Any, source: str, instance: str, patience: Patience) -> str:
    """Copies the sheet, with its formats and what a filter hides, and puts the copy in front; the name of the copy."""
    before = [str(sheet.name) for sheet in book.sheets]
    wanted = free_name(before, _NAME)

    def copy() -> str:
        """Begun again where Excel was busy, it goes on from where it was."""
        if not (added := _added(book, before)):
            original = book.sheets[source].impl
            original.copy(before=None, after=original)
            added = _added(book, before)
        mark_practice(added[0], instance)
        try:
            if added[0].name != wanted:
                added[0].name = wanted
        except Exception as error:
            if is_busy(error):
                raise  # else a chart has this name: the copy keeps the one that Excel gave it
        added[0].activate()
        return str(added[0].name)

    with quiet(book.app, patience):
        try:
            return patience.run(copy)
        except Exception:
            for half in _added(book, before):
                with contextlib.suppress(Exception):
                    delete_sheet(half)
            raise


def _added(book: Any, before: list[str]) -> list[Any]:
    return [sheet for sheet in book.sheets if str(sheet.name) not in before]


def _marked(book: Any, name: str, instance: str) -> str:
    """A copy of a former practice, for this one."""
    Patience().run(lambda: mark_practice(book.sheets[name], instance))
    return name
