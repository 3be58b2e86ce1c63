"""A run of half an hour in a fake Excel, in a second: the clock passes as the window waits, outcomes get into a real journal as they would."""

from __future__ import annotations

import gc
import random
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import xlwings as xw
from fake_excel import FakeExcel, Write, install
from fake_excel import Sheet as FakeSheet
from noted import Answers
from test_excel import click

from reply_xl.busy import Patience
from reply_xl.conduct import deliver_run
from reply_xl.delivery import Delivered
from reply_xl.errors import HostBusy
from reply_xl.excel import Excel, LivePlace
from reply_xl.fields import BY_NAME
from reply_xl.history.records import Records
from reply_xl.history.runs import NewRun, RunKind, Server
from reply_xl.locate import marks_of
from reply_xl.mapping.columns import OURS, map_columns
from reply_xl.model import Change, Contact, Outcome, Patch, Row, Word
from reply_xl.patches import Decision, Policy
from reply_xl.push import page_of, prepare
from reply_xl.tab.window import Window
from reply_xl.wishes import Wish

HEADERS = ["Reply ID", "Email", "First name", "Last name", "Company", "Title", "Phone", "City", "Country", "My notes"]
FIRST = 100


def _lines(count: int) -> list[list[object]]:
    return [
        [float(FIRST + n), f"p{n}@example.com", f"First{n}", f"Last{n}", "Acme", f"Title {n}", None, "Bern", "CH", None]
        for n in range(count)
    ]


class Watched(FakeExcel):
    """Notes the second of every call and of every write into cells."""

    def __init__(self) -> None:
        super().__init__()
        self.utc_offset = datetime.now().astimezone().utcoffset() or self.utc_offset
        self.second = 0.0
        self.at: list[float] = []
        self.settings: list[tuple[float, str]] = []
        self.written: list[tuple[float, Write]] = []

    def enter(self, kind: str, name: str) -> None:
        self.at.append(self.second)
        if kind == "set" and name.startswith("Application."):
            self.settings.append((self.second, name))
        super().enter(kind, name)

    def wrote(self, what: str, sheet: FakeSheet, address: str, cells: int) -> None:
        self.written.append((self.second, Write(what, sheet.name, address, cells)))
        super().wrote(what, sheet, address, cells)


class Attaching:
    """xlwings' engine; counts how often its Excels are looked for."""

    def __init__(self) -> None:
        self.times = 0

    @property
    def apps(self) -> Any:
        self.times += 1
        return xw.engines.active.apps


class LongRun:
    """A run over `rows` contacts, `a_minute` of them each minute; it is the clock of its window. `meanwhile` is called at every pause, so that a
    user can come in; every `standing`th row has its result from the start; `rest`: from this second on nothing comes for so many. What came in at Excel: `calls`, `writes` and `bar` (status bar texts) by second, `attached` how often."""

    def __init__(
        self,
        rows: int,
        a_minute: int,
        records: Records,
        meanwhile: Callable[[LongRun], None] = lambda run: None,
        *,
        standing: int = 0,
        rest: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self._a_minute, self._standing, self._rest = a_minute, standing, rest
        self.excel = Watched()
        self.sheet = self.excel.add_book("leads.xlsx").add_sheet("Leads", [HEADERS, *_lines(rows)])
        self._records, self._meanwhile = records, meanwhile
        self.delivered: list[tuple[float, int]] = []
        self._over = threading.Event()

    @property
    def calls(self) -> list[float]:
        return self.excel.at

    @property
    def writes(self) -> list[tuple[float, Write]]:
        kinds = ("Value", "Value2", "Formula", "Formula2", "ClearContents", "Clear")
        return [(second, write) for second, write in self.excel.written if write.what in kinds]

    @property
    def bar(self) -> list[Any]:
        return [value for name, value in self.excel.history if name == "StatusBar"]

    # the window's clock

    def now(self) -> float:
        return self.excel.second

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self._pause(seconds)
        return event.is_set()

    def _pause(self, seconds: float) -> None:
        self.excel.second += seconds
        self._meanwhile(self)
        self._arrive()

    # the run

    def go(self) -> None:
        """Prepares the sheet, and counts from the first request to the last sentence."""
        with ExitStack() as stack:
            stack.enter_context(install(self.excel))
            gc.freeze()  # each letting go of Excel collects garbage, and the tests have much that is none
            stack.callback(gc.unfreeze)
            engine = Attaching()
            excel = Excel(engine, click(areas=()), lambda window: self.excel.pid, Patience(60, sleep=self._pause))
            self._place = LivePlace(excel, "leads.xlsx", "C:\\Users\\somebody\\Documents\\leads.xlsx", "Leads", ())
            self._window = Window(excel, Answers(), threading.Event(), self)
            self._start()
            self.excel.at.clear()
            self.excel.written.clear()
            engine.times = 0
            self._window.progress.start("Updating contacts", len(self._to_come))
            self._window.meanwhile.work(self._over, lambda: bool(self._records.journal.run(self._run.id).waiting), self._deliver)
            self._window.progress.stop()
            self._at_last()
            self._window.end("All are updated.")
            self.attached = engine.times

    def _start(self) -> None:
        with self._place.open(to_write=True) as book:
            sheet = book.sheet("Leads")
            reading = sheet.read()
            columns = map_columns(reading.headers, customs=None, values=[row.cells for row in reading.rows])
            prepare(sheet, reading, reading.rows, columns, OURS)
        page = page_of("Leads", reading, columns, self._place.key, self._place.results)
        new = NewRun(RunKind.PUSH, Server("http://x", "", 1, "me", 1), page, Policy(), True)
        is_standing = {row.number: self._standing > 0 and row.number % self._standing == 0 for row in reading.rows}
        decisions = [_decision(row) for row in reading.rows if not is_standing[row.number]]
        standing = [
            Outcome(number, Word.UNCHANGED, "Nothing to change.", FIRST + number - 2) for number, is_one in is_standing.items() if is_one
        ]
        number = self._records.journal.start(new, marks_of(reading.rows, columns), standing, decisions)
        self._run = self._records.journal.run(number)
        dice = random.Random(7)
        to_send = [row.number for row in reading.rows if not is_standing[row.number]]
        order = sorted(to_send, key=lambda number: number + 6 * dice.random())  # several are asked at a time
        moments = [60 * place / self._a_minute for place in range(1, len(order) + 1)]
        begin, length = self._rest
        self._to_come = [(moment + length * (moment > begin), number) for moment, number in zip(moments, order, strict=True)]

    def _arrive(self) -> None:
        there = [number for second, number in self._to_come if second <= self.now()]
        self._to_come = self._to_come[len(there) :]
        if there:
            self._records.journal.record(self._run, [_outcome(number) for number in there])
        for _ in there:
            self._window.progress.advance()
        if not self._to_come:
            self._over.set()

    def _deliver(self) -> Delivered:
        done = deliver_run(self._records, self._run.id, self._place)
        self.delivered.append((self.now(), len(done.written)))
        return done

    def _at_last(self) -> None:
        while True:
            try:
                self._deliver()
                return
            except HostBusy as error:
                if not self._window.meanwhile.waits(error):
                    raise


def _decision(row: Row) -> Decision:
    contact = _contact(row.number)
    change = Change(BY_NAME["title"], "before", f"Title {row.number - 2}", False)
    wish = Wish(row, f"A{row.number}", contact.id, None, (), {}, "")
    return Decision((wish,), Patch(contact, (change,)))


def _contact(number: int) -> Contact:
    return Contact(FIRST + number - 2, {"email": f"p{number - 2}@example.com"}, {})


def _outcome(number: int) -> Outcome:
    contact = _contact(number)
    return Outcome(
        number, Word.UPDATED, "Title: before → after.", contact.id, contact, 200, {"title": "after"}, at=datetime(2026, 3, 4, 12)
    )
