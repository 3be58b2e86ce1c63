"""The commands with `--live`: on the workbook that is open in Excel and the rows that are selected there, with no macro at all.

Each is what its namesake does to a file, held to what a click is held to: one at a time on a workbook, none on a sheet of ours but to send a
preview, results in blocks, nothing saved. Modules are imported where they are needed, so that other commands start no slower.
"""

from __future__ import annotations

import argparse
import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reply_xl.commands import columns_of, preview_of, refuse_beside_plan, request_of
from reply_xl.errors import ConfigError, NotAgreed
from reply_xl.interrupts import Stop, stoppable
from reply_xl.network.base_urls import checked_base_url, is_loopback, repeated
from reply_xl.tab.in_live import in_live
from reply_xl.this_excel import process_in_front, this_engine
from reply_xl.wording import joined

if TYPE_CHECKING:
    from reply_xl.addresses import Area
    from reply_xl.busy import Patience
    from reply_xl.excel import LivePlace
    from reply_xl.history.records import Records
    from reply_xl.session import Session
    from reply_xl.terminal import Terminal

_HOW_TO_SEND = "run reply-xl push --live"
_MAY_STAY_BUSY = (
    "Excel takes nothing at the moment: finish the cell that is being edited, close what is open in Excel, or press Esc there. Then the last "
    "results are written; Ctrl-C leaves them for later."
)


def _patience() -> Patience:
    from reply_xl.busy import Patience
    from reply_xl.config import shared_folder

    return Patience(owed=shared_folder())


@dataclass(frozen=True, slots=True)
class Desk:
    """Where Excel is: xlwings' engine, of several processes the one whose window is in front (None: not known), and how long to wait for a busy
    Excel."""

    engine: Callable[[], Any] = this_engine
    in_front: Callable[[Collection[int]], int | None] = process_in_front
    patience: Callable[[], Patience] = _patience


@dataclass(frozen=True, slots=True)
class _Scene:
    """`place`: what Excel shows, with what is selected there; `areas`: that, where it was asked for; `is_preview`: it shows a preview sheet of
    ours."""

    face: Terminal
    place: LivePlace
    areas: tuple[Area, ...]
    records: Records
    is_preview: bool
    cancelled: threading.Event

    def session(self, base_url: str | None) -> Session:
        from reply_xl.session import Session

        return Session(base_url, cancelled=self.cancelled, on_wait=self.face.progress.wait, records=self.records)


def unclear(arguments: argparse.Namespace) -> str:
    """A sentence where a command does not say which workbook it is for, or says it twice; else ""."""
    if not hasattr(arguments, "run_live"):
        return ""
    of_runs = hasattr(arguments, "run_number")
    names = {"--book" if of_runs else "BOOK": "book", "RUN": "run_number", "--new FILE": "new"}
    meant = [option for option, name in names.items() if getattr(arguments, name, None) is not None]
    if not arguments.live:
        if not meant and not of_runs:
            more = ", or --new FILE to download contacts" if hasattr(arguments, "new") else ""
            return f"Name a workbook{more}, or add --live for the one that is open in Excel."
        return "" if len(meant) < 2 or of_runs else "Name a workbook to refresh or --new FILE to download, not both."
    others = {"--sheet": "sheet", "--out": "out", "--list": "list", "--search": "search"}
    meant += [option for option, name in others.items() if getattr(arguments, name, None) is not None]
    return f"With --live the workbook and the sheet in front of you are meant; leave {joined(meant)} out." if meant else ""


def columns(arguments: argparse.Namespace, desk: Desk) -> int:
    with _scene(arguments, desk, writes=arguments.edit) as scene:
        then = f"choose there, and run reply-xl preview --live{repeated(arguments.base_url)} on the sheet with your contacts"
        return columns_of(arguments, scene.face, scene.place, then)


def preview(arguments: argparse.Namespace, desk: Desk) -> int:
    with (
        _scene(arguments, desk, selects=True, writes=arguments.edit) as scene,
        stoppable(scene.cancelled),
        scene.session(arguments.base_url) as session,
    ):
        request = request_of(arguments, "selection")
        then = f"and press Update on it or run reply-xl push --live{repeated(arguments.base_url)}"
        return preview_of(scene.face, scene.place, session, request, as_json=arguments.json, edit=arguments.edit, then=then)


def push(arguments: argparse.Namespace, desk: Desk) -> int:
    """With a preview sheet in front, sends what it says."""
    from reply_xl import jobs

    with _scene(arguments, desk, selects=not arguments.plan, on_preview=True) as scene, scene.session(arguments.base_url) as session:
        if scene.is_preview or arguments.plan:
            refuse_beside_plan(arguments)
            page = scene.place.sheet if scene.is_preview else None
            return jobs.apply_preview(scene.face, scene.place, session, page, allow=arguments.allow)
        return jobs.update(scene.face, scene.place, session, request_of(arguments, "selection"))


def pull(arguments: argparse.Namespace, desk: Desk) -> int:
    from reply_xl import jobs
    from reply_xl.commands import refuse_overwriting_twice

    refuse_overwriting_twice(arguments)
    with _scene(arguments, desk, selects=True) as scene, scene.session(arguments.base_url) as session:
        return jobs.pull(scene.face, scene.place, session, request_of(arguments, "selection"), overwrite=arguments.overwrite)


def retry(arguments: argparse.Namespace, desk: Desk) -> int:
    """The last update of the sheet in front, with what that sheet holds now."""
    from reply_xl import jobs, sentences
    from reply_xl.patches import OnConflict
    from reply_xl.tab.in_front import last_update

    with _scene(arguments, desk, on_preview=True) as scene, scene.session(arguments.base_url) as session:
        journal = scene.records.journal
        run = last_update(journal, scene.place, session.contacts.base_url)
        if run is None:
            raise ConfigError("This sheet has not been updated yet, so there is nothing to try again; run reply-xl push --live.")
        scene.face.say(sentences.named(journal.recorded(run.id), journal.changes(run.id)))
        on_conflict = None if arguments.on_conflict is None else OnConflict(arguments.on_conflict)
        return jobs.retry(scene.face, scene.place, session, run, on_conflict=on_conflict, allow=arguments.allow)


def undo(arguments: argparse.Namespace, desk: Desk) -> int:
    """The last run of the sheet in front that may have changed something, an undo too; it is named in the question. `--rows selection`: of
    it the visible selected rows alone."""
    from reply_xl import jobs, sentences
    from reply_xl.dialogue import refuse_running
    from reply_xl.patches import Policy
    from reply_xl.run_commands import fields_of, refuse_unfinished_undo, rows_then
    from reply_xl.tab.in_front import run_to_undo

    with _scene(arguments, desk, selects=True, on_preview=True) as scene, scene.session(arguments.base_url) as session:
        journal = scene.records.journal
        run = run_to_undo(journal, scene.place, session.contacts.base_url)
        refuse_running(scene.records, run)
        refuse_unfinished_undo(run)
        recorded, changes = journal.recorded(run.id), journal.undoable(run.id)
        scene.face.say(sentences.named(recorded, changes))
        by_hand = arguments.rows == "selection"
        spans = [(area.rows[0], area.rows[-1]) for area in scene.areas] if by_hand else arguments.rows
        rows = None if spans == "all" else rows_then(recorded, spans, scene.place, hidden=not by_hand)
        fields = None if arguments.fields is None else fields_of(arguments.fields, changes)
        return jobs.undo(
            scene.face, scene.place.delivering(run), session, recorded, Policy(fields, allow=arguments.allow), rows, always_asks=True
        )


@contextlib.contextmanager
def _scene(
    arguments: argparse.Namespace, desk: Desk, *, selects: bool = False, writes: bool = True, on_preview: bool = False
) -> Iterator[_Scene]:
    """The workbook in front, held for this command. `selects`: the rows are the selected ones unless an option names them; `writes`: something
    is written into the workbook; `on_preview`: the sheet in front may be a preview. Raises `ReplyXlError`."""
    from reply_xl import config, console
    from reply_xl.blocks import Blocks
    from reply_xl.dialogue import deliver_waiting
    from reply_xl.excel import Excel, LivePlace
    from reply_xl.face import Question
    from reply_xl.front import look, selected
    from reply_xl.history.records import Records
    from reply_xl.locks import BookLock
    from reply_xl.preview_page import MARK
    from reply_xl.tab.clicks import ClickFolder
    from reply_xl.tab.first_save import follow_first_save
    from reply_xl.tab.in_front import cancellable, refuse_our_sheet
    from reply_xl.tab.serving import mark_of
    from reply_xl.terminal import Terminal

    began, cancelled = time.time(), Stop()
    is_practice = arguments.base_url is not None and is_loopback(checked_base_url(arguments.base_url))
    if not is_practice and mark_of(config.shared_folder()) is not None:
        raise ConfigError(
            "Practice is pressed in Excel, and this command would speak with Reply; click Practice to leave it, and try again."
        )
    engine, patience = desk.engine(), desk.patience()
    with console.Progress() as progress, contextlib.ExitStack() as stack:
        face = Terminal(progress, yes=getattr(arguments, "yes", False), as_json=getattr(arguments, "json", False), words=in_live)
        front = look(engine, desk.in_front, patience)
        shown = f"“{front.book}”, sheet “{front.sheet}”"
        if front.is_one_of_several:
            statement = f"More than one Excel is open; the one in front shows {shown}."
            face.agree(Question(statement, "Is it this one?", "close all Excels but one"))
        elif front.protected_view:  # Excel does not tell which of the two lies above
            statement = (
                f"“{front.protected_view}” is shown in Protected View, where nothing can be sent; what is open beside it is {shown}."
            )
            face.agree(Question(statement, "Is that the one you mean?", f"close “{front.protected_view}”"))
        face.say(f"In Excel: {shown}.{' Nothing is saved: that is for you to do.' if writes else ''}")
        records = stack.enter_context(Records())
        excel = Excel.at(engine, front.process, patience)
        face.meanwhile = Blocks(cancelled, on_busy=lambda: console.say(_MAY_STAY_BUSY), is_free=excel.is_free)

        def place_with(areas: Sequence[Area]) -> LivePlace:
            return LivePlace(excel, front.book, front.path, front.sheet, areas, words=str, window=front.window)

        place = place_with(())
        try:
            for name in place.held_as:
                stack.enter_context(BookLock(records.folder, name))
        except OSError as error:
            what = f"A click or a command on “{front.book}” is still being carried out; wait for it, or click Cancel in Excel."
            raise NotAgreed(what, asked=True) from error
        stack.enter_context(cancellable(ClickFolder(config.shared_folder()), began, front.book, front.path, cancelled, front.window))
        with place.open() as book:
            mark = book.mark()
        is_preview = mark == MARK
        if not (is_preview and on_preview):
            refuse_our_sheet(front.sheet, mark, _HOW_TO_SEND)
        areas: tuple[Area, ...] = ()
        if selects and (arguments.rows == "selection" or (arguments.rows is None and not is_preview)):
            areas = selected(excel, front)
            place = place_with(areas)
        follow_first_save(records.journal, place, records.is_running)
        deliver_waiting(face, place)
        yield _Scene(face, place, areas, records, is_preview, cancelled)
