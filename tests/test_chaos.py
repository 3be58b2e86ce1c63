"""A run of 300 rows is killed again and again, with faults on its way and colleagues who edit: every row ends as it should."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chaos
import pytest
from chaos import HEADERS, IGNORED, KEY, ChaosProxy, Line, held, holding
from conftest import Book, cells, command_line, patches

from reply_xl.sandbox import Sandbox

pytestmark = [pytest.mark.skipif(os.name == "nt", reason="processes are killed as on a Unix system"), pytest.mark.timeout(180)]

SEEDS, KILLS = range(4), 13
"""Kills for each seed at which at least one PATCH is in flight."""
QUOTA, THEIR_QUOTA = "100/1", "105/1"
"""The sandbox's is a little larger, because the proxy delivers late requests a second time."""
CLOCKS = (0, 0, -3600, 3600, -86_400 * 400)
SETTLED = ("updated", "not stored", "refused", "conflict", "not found", "invalid", "unchanged")
THEIRS = "Theirs"


class Trial:
    """One seed: the sheet, the sandbox behind the proxy, and the colleagues."""

    def __init__(self, sandbox: Sandbox, path: Path, lines: list[Line], home: Path, proxy: ChaosProxy, dice: random.Random) -> None:
        self.sandbox, self.path, self.lines, self.home, self.proxy, self.dice = sandbox, path, lines, home, proxy, dice
        self.clock: dict[str, str] = {}
        self.texts: list[str] = []
        self.recorded: dict[int, tuple[str, int]] = {}
        self.word_at_edit: dict[int, str | None] = {}
        self.processes = 0
        late_ones = [line for line in lines[len(lines) // 2 :] if line.kind == "title" and line.contact is not None]
        self.victims = dice.sample(late_ones, 40)
        proxy.on_patch = self._perhaps_live

    # -- processes

    def start(self, *arguments: object, kill_at: tuple[str, int, str] | None = None) -> tuple[int, str]:
        """Exit code and stdout; -9 if it was killed."""
        self.processes += 1
        environment = {**os.environ, **self.clock, "REPLY_API_KEY": KEY, "REPLY_XL_QUOTA": QUOTA, "PYTHONIOENCODING": "utf-8"}
        environment["CHAOS_CLOCK"] = str(self.dice.choice(CLOCKS) if self.clock else 0)
        process = subprocess.Popen(
            command_line(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environment
        )
        self.proxy.watch(process, kill_at)
        out, err = process.communicate(timeout=60)
        self.proxy.gone()
        self.texts += [out, err]
        assert "Traceback" not in err, err
        assert process.returncode in (0, 3, -9), err
        return process.returncode, out

    def journal(self) -> dict[int, tuple[str | None, bool]]:
        """Word and whether it is open, by row of the sheet, as the disk has it."""
        found = list(self.home.rglob("journal.sqlite3"))
        if not found:
            return {}
        connection = sqlite3.connect(found[0])
        try:
            rows = connection.execute(
                "SELECT number, word, replaced IS NULL AND (word IS NULL OR word IN ('cancelled','unknown')) FROM row"
            )
            return {number: (word, bool(is_open)) for number, word, is_open in rows}
        finally:
            connection.close()

    def unseen(self) -> int:
        """Contacts of which no PATCH has been seen yet, and will be seen in any case."""
        wanted = {line.contact for line in self.lines if line.wish and line.kind != "phone2" and not self._meddled(line)}
        return sum(not self.proxy.seen_patches[contact] for contact in wanted if contact is not None)

    # -- somebody else

    def _perhaps_live(self) -> None:
        if self.dice.random() < 0.03:
            self._meddle(live=True)

    def between(self) -> None:
        """While no process is there."""
        words = self.journal()
        if not words:  # what is changed before the run is planned is what the plan sees
            return
        for line in self.lines:
            word = words.get(line.row, (None, False))[0]
            if word in SETTLED and line.row not in self.recorded:
                self.recorded[line.row] = (word, self.proxy.seen_patches[line.contact or 0])
        for _ in range(2):
            self._meddle(live=False)
        for kind, changed in (("title", "title"), ("two fields", "city")) if self.dice.random() < 0.4 else ():
            landed = [line for line in self.lines if line.kind == kind and self._landed(line) and not self._meddled(line)]
            # Those of which the journal does not know yet are worth more.
            landed.sort(key=lambda line: words.get(line.row, (None, False))[0] in SETTLED)
            for line in landed[:1]:
                assert line.contact is not None
                self._note(line)
                self.proxy.edit(line.contact, **{changed: THEIRS})

    def _meddled(self, line: Line) -> bool:
        return any(event.what in ("edit", "delete") for event in self.proxy.history.get(line.contact or 0, ()))

    def _landed(self, line: Line) -> bool:
        return any(event.what == "landed" for event in self.proxy.history.get(line.contact or 0, ()))

    def _note(self, line: Line) -> None:
        assert line.contact is not None
        self.word_at_edit[line.contact] = self.journal().get(line.row, (None, False))[0]

    def _meddle(self, *, live: bool) -> None:
        """With a contact whose PATCH nobody has seen yet."""
        while self.victims:
            line = self.victims.pop()
            assert line.contact is not None
            if self.proxy.seen_patches[line.contact]:
                continue
            if not live:
                self._note(line)
            match self.dice.choice(("same", "same", "other", "other", "delete")):
                case "same":
                    self.proxy.edit(line.contact, title=THEIRS)
                case "other":
                    self.proxy.edit(line.contact, city=THEIRS)
                case _:
                    self.proxy.delete(line.contact)
            return

    # -- the oracle

    def may_end_as(self, line: Line) -> set[str]:
        history = [event for event in self.proxy.history.get(line.contact or 0, ()) if line.contact is not None]
        whats = [event.what for event in history]
        if line.kind == "phone2":
            return {"updated", "unknown"} if "landed" in whats else {"unknown"}
        decisive = "city" if line.kind == "two fields" else "title"
        meddled = next((i for i, event in enumerate(history) if event.what == "delete" or event.fields.get(decisive) == THEIRS), None)
        if meddled is None:
            return {line.plain}
        deleted = whats[meddled] == "delete"
        if not deleted and "landed" in whats[meddled:]:
            # Only a process that had read the contact before the edit can overwrite it.
            landed = meddled + whats[meddled:].index("landed")
            sender = history[landed].process
            assert not any(event.what == "read" and event.process == sender for event in history[meddled:landed]), history
            return {line.plain}
        instead = "not found" if deleted else "conflict"
        if "landed" not in whats[:meddled]:
            return {instead}
        if line.contact in self.word_at_edit:
            return {line.plain if self.word_at_edit[line.contact] in SETTLED else instead}
        return {line.plain, instead}

    def planned(self, line: Line) -> dict[str, Any] | None:
        """What Reply must hold in the end in the fields of the sheet; None: the contact was deleted."""
        assert line.contact is not None
        fields = dict(chaos.BEFORE_THE_RUN)
        for event in self.proxy.history.get(line.contact, ()):
            if event.what == "delete":
                return None
            fields |= {name: value for name, value in event.fields.items() if name != IGNORED}
        return fields


@pytest.mark.parametrize("seed", SEEDS)
def test_chaos(seed: int, make_sandbox: Callable[..., Sandbox], book: Book, home: Path, tmp_path: Path) -> None:
    """Thirteen kills with PATCHes in flight, two while reading, nineteen faults and a colleague for each seed: sheet, journal and sandbox
    agree row by row, each row ends as it should, and no more is applied twice than was in flight at kills and cuts."""
    began = time.monotonic()
    dice = random.Random(seed)
    lines = chaos.lines(dice)
    assert len(lines) == 300
    path = book(HEADERS, *[[line.cells.get(header) for header in HEADERS] for line in lines])
    before = cells(path)
    switches = {"retry_after": "fractional", "accounts_feature": True, "ignores": [IGNORED], "keys": [KEY]}
    sandbox = make_sandbox(chaos.contacts(300), quota=THEIR_QUOTA, **switches)
    wished = sorted({line.contact for line in lines if line.wish and line.contact is not None})
    faults = dict(zip(dice.sample(wished, len(chaos.DECK)), chaos.DECK, strict=True))
    kinds = ("429 with Retry-After", "502", "503 with Retry-After", "cut before", "cut after", "malformed", "cut halfway")
    read_faults = {number: dice.choice(kinds) for number in range(2, 200, 9)}
    with ChaosProxy(sandbox, faults, read_faults, dice) as proxy:
        trial = Trial(sandbox, path, lines, home, proxy, dice)
        if seed % 2:  # the clock is set back and forth from process to process
            trial.clock = chaos.with_clock(tmp_path / "clock")
        read_kills = [2, 3]
        while True:
            kills = sum(bool(kill.in_flight) for kill in proxy.kills)
            is_new = not trial.journal()
            kill_at: tuple[str, int, str] | None = None
            if read_kills and (is_new or kills == 3):
                kill_at = ("GET", read_kills.pop(), "GET")
            elif kills < KILLS:
                left = KILLS - kills
                most = max(1, 5 * trial.unseen() // (4 * left + 8))
                kill_at = ("PATCH", dice.randint(1, most), dice.choice(chaos.MOMENTS[: 5 if left > 3 else 4]))
            command = ("push", path) if is_new else ("resume",)
            code, out = trial.start(*command, "--yes", "--json", "--base-url", proxy.url, kill_at=kill_at)
            if code == -9:
                trial.between()
            elif not any(is_open for _, is_open in trial.journal().values()):
                break
        check(trial, out)
        _, again = trial.start("resume", "--yes", "--json")
        assert again == ""
        assert "No run is unfinished." in trial.texts[-1]
    assert kills == KILLS
    assert KILLS * len(SEEDS) >= 50
    ours = dict.fromkeys(("Reply status", "Reply message", "Reply updated at"))
    assert [row | ours for row in cells(path)] == [row | ours for row in before]  # no other cell was touched
    assert holding([home, tmp_path], trial.texts, KEY) == []
    print(f"seed {seed}: {time.monotonic() - began:.1f} s")


def check(trial: Trial, out: str) -> None:
    """Row by row."""
    proxy, sandbox = trial.proxy, trial.sandbox
    said = {line["row"]: line for line in map(json.loads, out.splitlines())}
    sheet = dict(enumerate(cells(trial.path), 2))
    _, shown = trial.start("show", 1, "--json")
    journal = {row["row"]: row for row in json.loads(shown)["rows"]}
    assert said.keys() == sheet.keys() == journal.keys() == {line.row for line in trial.lines}
    stored = sandbox.contacts
    wrong: list[tuple[object, ...]] = []
    for line in trial.lines:
        word, history = said[line.row]["outcome"], proxy.history.get(line.contact or 0, [])
        if word not in trial.may_end_as(line):
            wrong.append((line.row, line.kind, word, trial.may_end_as(line), said[line.row]["message"], history))
        messages = {said[line.row]["message"], sheet[line.row]["Reply message"], journal[line.row]["message"]}
        words = {word, str(sheet[line.row]["Reply status"]).lower(), journal[line.row]["outcome"]}
        if len(words) > 1 or len(messages) > 1 or not journal[line.row]["delivered"]:
            wrong.append((line.row, line.kind, words, messages, journal[line.row]["delivered"]))
        has_stored = word == "updated" or line.kind == "half ignored" or (line.kind == "two fields" and word == "conflict")
        if (sheet[line.row]["Reply updated at"] is not None) != has_stored:
            wrong.append((line.row, line.kind, word, sheet[line.row]["Reply updated at"], said[line.row]["message"]))
        if line.contact is not None and line.kind not in ("no id", "no email"):
            planned = trial.planned(line)
            if planned != (held(stored[line.contact]) if line.contact in stored else None):
                wrong.append((line.row, line.kind, planned, stored.get(line.contact), history))
        sent = [item for event in history if event.what == "landed" for item in event.fields.items()]
        if not set(sent) <= line.wish.items() or (word == "updated" and set(sent) != set(line.wish.items())):
            wrong.append((line.row, line.kind, word, line.wish, sent))
        now = word, proxy.seen_patches[line.contact or 0]
        if trial.recorded.get(line.row, now) != now:  # what was settled on the disk stays so, and is not sent again
            wrong.append((line.row, line.kind, trial.recorded[line.row], now))
    assert not wrong, "\n".join(map(str, wrong))
    applied: Counter[int] = Counter()
    for request in patches(sandbox):
        if request.applied and set(request.body) != {IGNORED}:
            applied[request.contact_id or 0] += 1
    more_than_once = sum(applied.values()) - len(applied)
    in_flight = sum(len(kill.in_flight) for kill in proxy.kills)
    cuts = sum(count for what, count in proxy.struck.items() if what in chaos.CUTS)
    print(
        f"kills {len(proxy.kills)} (and {proxy.read_kills} while reading), in flight {in_flight}, cuts {cuts}, applied more than once {more_than_once} "
        f"of which late {proxy.landed_late}, processes {trial.processes}, {dict(Counter(line['outcome'] for line in said.values()))}, faults {dict(proxy.struck)}"
    )
    assert all(kill.in_flight or kill.moment == "answered" for kill in proxy.kills)
    assert more_than_once <= in_flight + cuts
    assert more_than_once <= proxy.landed_late
    if not trial.clock:
        assert not [request for request in sandbox.requests if request.status == 429]
