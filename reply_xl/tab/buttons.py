"""What each button of the ribbon does: one function a button, each a short composition of the jobs that the command line runs as well.

Modules are imported where they are needed: a click starts no slower than what it uses.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from reply_xl import jobs, sentences
from reply_xl.addresses import COLUMNS
from reply_xl.dialogue import deliver_waiting, with_choices
from reply_xl.errors import ApiError, ConfigError, SelectionError, SheetError
from reply_xl.excel import Excel, LivePlace
from reply_xl.front import no_book
from reply_xl.history.records import Records
from reply_xl.history.runs import Run, RunKind
from reply_xl.locks import BookLock
from reply_xl.patches import Policy
from reply_xl.plan import Request, read_columns
from reply_xl.preview_page import MARK as PREVIEW
from reply_xl.session import Session
from reply_xl.setup.places import ADDIN
from reply_xl.sheet import Reading
from reply_xl.tab.click import Button, Click
from reply_xl.tab.clicks import ClickFolder
from reply_xl.tab.first_save import follow_first_save
from reply_xl.tab.in_front import cancellable, last_update, refuse_our_sheet, run_to_undo
from reply_xl.tab.practising import direct, switch
from reply_xl.tab.window import Window

_OBEYED_WITHIN = 4.0
"""Seconds within which what goes on has seen a click on Cancel."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One click and everything it may use. `data`: of the click file; `noted`: when that was written, in seconds since 1970; `base_url`: another
    server than Reply's, None for Reply; `open_file`: opens one outside of Excel, and says whether it could; `watches_practice`: as for
    `ribbon.Outside`."""

    click: Click
    data: bytes
    clicks: ClickFolder
    noted: float
    excel: Excel
    window: Window
    cancelled: threading.Event
    base_url: str | None
    open_file: Callable[[Path], bool]
    key: str | None = None
    watches_practice: bool = False

    @property
    def place(self) -> LivePlace:
        return LivePlace.of(self.excel, self.click)

    def session(self, records: Records) -> AbstractContextManager[Session]:
        return Session(self.base_url, key=self.key, cancelled=self.cancelled, on_wait=self.window.progress.wait, records=records)


def press(scene: Scene) -> None:
    """Does what the button is for. Raises `ReplyXlError` with the sentence to show."""
    server = direct(scene.click, scene.excel)
    if server is not None:
        scene = replace(scene, base_url=server.url, key=server.key)
        scene.window.say("This is practice: nothing of it reaches Reply.")
    action = _ACTIONS[scene.click.button]
    if scene.click.button in _FREE:
        action(scene)
        return
    if scene.click.book in ("", ADDIN):  # a host that is not Excel may take the add-in itself for the workbook in front
        raise SheetError(no_book(scene.click.protected_view))
    with Records() as records, ExitStack() as stack:
        try:
            for name in scene.place.held_as:
                stack.enter_context(BookLock(records.folder, name))
        except OSError:
            _offer_to_cancel(scene, records)
            return
        stack.enter_context(_cancellable(scene))
        with scene.place.open() as book:
            mark = book.mark()
        if mark is not None and scene.click.button not in _ON_OUR_SHEETS[mark == PREVIEW]:
            refuse_our_sheet(scene.click.sheet, mark, "click Update")
        follow_first_save(records.journal, scene.place, records.is_running)
        if deliver_waiting(scene.window, scene.place):
            scene.window.insist()
        (update_from_preview if mark == PREVIEW and scene.click.button in _UPDATES else action)(scene, records)


def _cancellable(scene: Scene) -> AbstractContextManager[None]:
    return cancellable(scene.clicks, scene.noted, scene.click.book, scene.click.path, scene.cancelled, scene.click.window)


def _offer_to_cancel(scene: Scene, records: Records) -> None:
    """Another click on this workbook is being carried out."""
    running = _running(records, scene)
    what = _how_far(running[0]) if running else "A click on this workbook is still being carried out."
    if scene.window.dialogs.ask(what, ("Let it go on", "Cancel it")) == 1:
        scene.clicks.cancel(scene.click.id, scene.data)
        scene.window.end("Stopping: what is under way is finished, the rest is not sent.")
    else:
        scene.window.end(what)


def _running(records: Records, scene: Scene) -> list[Run]:
    return [run for run in records.journal.of_book(scene.place.key) if records.is_running(run.id)]


def _how_far(run: Run) -> str:
    verb = "undo" if run.kind is RunKind.UNDO else "update"
    return f"An {verb} of this workbook is going on: {run.rows - run.open:,} of {sentences.rows(run.rows)} are done."


def update(scene: Scene, records: Records) -> None:
    _update(scene, records, Request("selection"))


def update_cells(scene: Scene, records: Records) -> None:
    """Only the columns in which cells are selected; all areas lie in the same ones, else it could not be said what is sent."""
    columns = {area.columns for area in scene.click.areas}
    if len(columns) > 1:
        raise SelectionError("The selected areas lie in different columns; select cells of the same columns, or click Rows instead.")
    only = next(iter(columns), range(0))
    _update(scene, records, Request("selection", columns=None if len(only) == COLUMNS else frozenset(only)))


def update_empty(scene: Scene, records: Records) -> None:
    _update(scene, records, Request("selection", only_empty=True))


def _update(scene: Scene, records: Records, request: Request) -> None:
    with scene.session(records) as session:
        jobs.update(scene.window, scene.place, session, request)


def update_from_preview(scene: Scene, records: Records) -> None:
    """Sends exactly what the preview in front says."""
    with scene.session(records) as session:
        jobs.apply_preview(scene.window, scene.place, session, scene.click.sheet)


def preview(scene: Scene, records: Records) -> None:
    with scene.session(records) as session:
        jobs.write_preview(scene.window, scene.place, session, Request("selection"))


def pull(scene: Scene, records: Records) -> None:
    with scene.session(records) as session:
        jobs.pull(scene.window, scene.place, session, Request("selection"), overwrite=False)


def retry(scene: Scene, records: Records) -> None:
    """The last update of this sheet."""
    with scene.session(records) as session:
        run = last_update(session.records.journal, scene.place, session.contacts.base_url)
        if run is None:
            raise ConfigError("This sheet has not been updated yet, so there is nothing to try again; click Update.")
        jobs.retry(scene.window, scene.place, session, run, on_conflict=None, allow=frozenset())


def undo(scene: Scene, records: Records) -> None:
    """The last run of this sheet that may have changed something, an undo too; it is named in the question."""
    with scene.session(records) as session:
        run = run_to_undo(session.records.journal, scene.place, session.contacts.base_url)
        recorded = session.records.journal.recorded(run.id)
        scene.window.say(sentences.named(recorded, session.records.journal.undoable(run.id)))
        jobs.undo(scene.window, scene.place.delivering(run), session, recorded, Policy(), None, always_asks=True)


def columns(scene: Scene, records: Records) -> None:
    """Puts the sheet “Reply columns” in front. Without a key or a connection custom fields are not looked up."""
    place = scene.place
    request, reading = _header(scene)
    customs = None
    with ExitStack() as stack:
        try:
            contacts = stack.enter_context(scene.session(records)).contacts
            found, _, _ = read_columns(reading, contacts, request.agreed, request.proposed)
            customs = contacts.custom_fields()
        except (ConfigError, ApiError) as error:
            scene.window.say(f"{error} Custom fields are not looked up.")
            found, _, _ = read_columns(reading, None, request.agreed, request.proposed)
    with place.open() as book:
        name = book.write_columns(found, reading.rows, customs or (), in_front=True)
    scene.window.end(
        f"The sheet “{name}” shows where each column goes; choose there, then click Update or Preview on “{scene.click.sheet}”.",
        in_a_box=customs is None,
    )


def _header(scene: Scene) -> tuple[Request, Reading]:
    with scene.place.open() as book:
        return with_choices(scene.window, Request(), book), book.sheet(scene.place.sheet).read_header()


def cancel(scene: Scene) -> None:
    """Says what is stopped, or that nothing runs."""
    until = time.monotonic() + _OBEYED_WITHIN
    with Records() as records:
        running = _running(records, scene)
    while not scene.clicks.is_obeyed(scene.click.id) and time.monotonic() < until:
        time.sleep(0.1)
    if not scene.clicks.is_obeyed(scene.click.id):
        scene.clicks.forget_cancel(scene.click.id)
        scene.window.end("Nothing is running for this workbook, so there is nothing to stop.")
    else:
        far = f" {_how_far(running[0])}" if running else ""
        scene.window.end(f"Stopping: what is under way is finished, the rest is not sent.{far}")


def connect(scene: Scene) -> None:
    """A practice server is never given a key."""
    from reply_xl.account import ask_and_connect

    if scene.click.is_practice or scene.base_url is not None:
        scene.window.end("Practice needs no key; leave it by clicking Practice, then click Connect.", in_a_box=True)
        return
    ask_and_connect(scene.window)


def help(scene: Scene) -> None:
    from reply_xl.tab.help import open_guide

    open_guide(scene.window, scene.open_file)


def new_from_template(scene: Scene) -> None:
    from reply_xl.tab.new_sheet import from_template

    from_template(scene.window, scene.excel, scene.open_file)


def new_from_reply(scene: Scene) -> None:
    """From Reply: `direct` has refused it while practice is on. A practice server comes here only where the click was given its address, as in
    the Excel of `doctor --live`; the name of the workbook says so then."""
    from reply_xl.tab.new_sheet import from_reply

    with Records() as records, _cancellable(scene), scene.session(records) as session:
        from_reply(scene.window, scene.excel, scene.open_file, session, is_practice=session.loopback)


def practise(scene: Scene) -> None:
    scene.window.end(switch(scene.click, scene.excel, is_watched=scene.watches_practice))


_UPDATES = frozenset({Button.UPDATE, Button.UPDATE_ROWS})
_ON_OUR_SHEETS: Mapping[bool, frozenset[Button]] = {True: _UPDATES | {Button.RETRY, Button.UNDO}, False: frozenset()}
"""What can be clicked on a preview, and on another sheet of ours."""
_FREE: frozenset[Button] = frozenset(
    {Button.CANCEL, Button.CONNECT, Button.HELP, Button.NEW_FROM_TEMPLATE, Button.NEW_FROM_REPLY, Button.PRACTICE}
)
"""Buttons that need no workbook, or must work while another click on it is carried out."""
_ACTIONS: Mapping[Button, Callable[..., None]] = {
    Button.UPDATE: update,
    Button.UPDATE_ROWS: update,
    Button.UPDATE_CELLS: update_cells,
    Button.UPDATE_EMPTY: update_empty,
    Button.PREVIEW: preview,
    Button.PULL: pull,
    Button.RETRY: retry,
    Button.UNDO: undo,
    Button.COLUMNS: columns,
    Button.CANCEL: cancel,
    Button.CONNECT: connect,
    Button.HELP: help,
    Button.NEW_FROM_TEMPLATE: new_from_template,
    Button.NEW_FROM_REPLY: new_from_reply,
    Button.PRACTICE: practise,
}
