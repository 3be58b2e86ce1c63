"""What each button of the ribbon does: one function a button, each a short composition of the jobs that the command line runs as well.

Modules are imported where they are needed: a click starts no slower than what it uses.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from reply_xl.addresses import COLUMNS
from reply_xl.click import Button, Click
from reply_xl.dialogue import deliver_waiting
from reply_xl.errors import SelectionError
from reply_xl.excel import Excel, LivePlace
from reply_xl.plan import Request
from reply_xl.session import Session
from reply_xl.window import Window


@dataclass(frozen=True, slots=True)
class Scene:
    """One click and everything it may use. `base_url`: of the practice server while practice is on, else None."""

    click: Click
    excel: Excel
    window: Window
    cancelled: threading.Event
    base_url: str | None

    @property
    def place(self) -> LivePlace:
        return LivePlace(self.excel, self.click)

    def session(self, base_url: str | None = None) -> AbstractContextManager[Session]:
        return Session(base_url or self.base_url, cancelled=self.cancelled, on_wait=self.window.progress.wait)


def press(scene: Scene) -> None:
    """Does what the button is for. Raises `ReplyXlError` with the sentence to show."""
    _ACTIONS[scene.click.button](scene)


def update(scene: Scene) -> None:
    _update(scene, Request("selection"))


def update_cells(scene: Scene) -> None:
    """Only the columns in which cells are selected; all areas lie in the same ones, else it could not be said what is sent."""
    columns = {area.columns for area in scene.click.areas}
    if len(columns) > 1:
        raise SelectionError("The selected areas lie in different columns; select cells of the same columns, or click Rows instead.")
    only = next(iter(columns), range(0))
    _update(scene, Request("selection", columns=None if len(only) == COLUMNS else frozenset(only)))


def update_empty(scene: Scene) -> None:
    _update(scene, Request("selection", only_empty=True))


def _update(scene: Scene, request: Request) -> None:
    from reply_xl import jobs

    place = scene.place
    deliver_waiting(scene.window, place)
    with scene.session() as session:
        jobs.update(scene.window, place, session, request)


def pull(scene: Scene) -> None:
    from reply_xl import jobs

    place = scene.place
    deliver_waiting(scene.window, place)
    with scene.session() as session:
        jobs.pull(scene.window, place, session, Request("selection"), overwrite=False)


_ACTIONS: Mapping[Button, Callable[[Scene], None]] = {
    Button.UPDATE: update,
    Button.UPDATE_ROWS: update,
    Button.UPDATE_CELLS: update_cells,
    Button.UPDATE_EMPTY: update_empty,
    Button.PULL: pull,
}
