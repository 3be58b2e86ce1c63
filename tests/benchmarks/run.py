"""The numbers that the product promises, as ratios of medians taken in one run: these machines are noisy, and a ratio is not.

    python tests/benchmarks/run.py            everything (about five minutes)
    python tests/benchmarks/run.py startup    one of: cpu, rate, startup, journal

The server runs in a process of its own, so that the CPU time counted is the client's alone. Each figure is printed with its limit.
"""

from __future__ import annotations

import compileall
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import requests

import reply_xl
from reply_xl.history.journal import Journal
from reply_xl.history.journal_file import open_journal
from reply_xl.history.last_sent import Forgetful
from reply_xl.history.recording import Recording
from reply_xl.history.runs import Mark, NewRun, Page, RunKind
from reply_xl.history.runs import Server as Where
from reply_xl.mapping.columns import map_columns
from reply_xl.model import Row
from reply_xl.network.client import Client
from reply_xl.network.pace import WindowPace
from reply_xl.patches import Policy
from reply_xl.plan import planning
from reply_xl.send import Terms, send

FIRST = 2_147_000_001
ROWS = 2_000
HEADERS = ("Reply ID", "Title", "Notes")


class Server:
    """`reply-xl sandbox` in a process of its own, with `ROWS` contacts."""

    def __init__(self, latency: float) -> None:
        contacts = [
            {"id": FIRST + index, "email": f"c{index}@example.com", "firstName": f"C{index}", "title": "old"} for index in range(ROWS)
        ]
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
            json.dump(contacts, file)
        self._file = file.name
        command = [sys.executable, "-m", "reply_xl", "sandbox", "--port", "0", "--quota", "off", "--contacts", self._file]
        self._process = subprocess.Popen([*command, "--latency", str(latency)], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split(" on ")[1].split(";")[0]

    def reset(self) -> None:
        requests.post(f"{self.url}/sandbox/reset", timeout=60).raise_for_status()

    def patches(self) -> int:
        seen = requests.get(f"{self.url}/sandbox/requests", timeout=60).json()
        return sum(one["method"] == "PATCH" for one in seen)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        Path(self._file).unlink()


class Ours:
    """The plan is made before the clock starts: the sending alone is measured."""

    def __init__(self, url: str, rows: int) -> None:
        pace = WindowPace(())
        self._client = Client(url, "key", pace)
        cells = [Row(2 + index, (float(FIRST + index), f"Title {index}", "Met at the fair")) for index in range(rows)]
        columns = map_columns(HEADERS, customs=())
        self._plan = planning(cells, columns, self._client, Policy(), Forgetful())(Policy())
        self._terms = Terms(self._client, Policy(), Forgetful(), threading.Event(), pace.pause)

    def __call__(self) -> None:
        outcomes = send(self._plan.to_send, self._terms, lambda _: None)
        assert all(outcome.word == "updated" for outcome in outcomes), outcomes[0]
        self._client.close()


class Journalled(Ours):
    """The same with every outcome in a journal on disk, as a push does it: written down before the first request, synced, and ended."""

    def __init__(self, url: str, rows: int) -> None:
        super().__init__(url, rows)
        self._folder = tempfile.TemporaryDirectory()
        self._database = open_journal(Path(self._folder.name) / "journal.sqlite3")

    def __call__(self) -> None:
        journal = Journal(self._database)
        page = Page("leads.xlsx", "leads.xlsx", "Contacts", 1, HEADERS, {"title": "Title", "notes": "Notes"})
        new = NewRun(RunKind.PUSH, Where(self._client.base_url, self._client.instance, 1, "x", 1), page, Policy(), False)
        marks = {2 + index: Mark(f"id:{FIRST + index}", "0" * 24) for index in range(len(self._plan.to_send))}
        number = journal.start(new, marks, (), self._plan.to_send)
        with Recording(journal, journal.run(number)) as recording:
            outcomes = send(self._plan.to_send, self._terms, recording)
        assert all(outcome.word == "updated" for outcome in outcomes), outcomes[0]
        assert not recording.lost
        assert journal.run(number).open == 0
        self._client.close()

    def clean(self) -> None:
        self._database.close()
        self._folder.cleanup()


class Pool:
    """A bare `requests.Session` pool of four threads sending the same bodies."""

    def __init__(self, url: str, rows: int) -> None:
        self._url, self._rows = url, rows
        self._session = requests.Session()
        self._session.headers["Authorization"] = "Bearer key"

    def __call__(self) -> None:
        def one(index: int) -> None:
            body = {"title": f"Title {index}", "notes": "Met at the fair"}
            self._session.patch(f"{self._url}/v3/contacts/{FIRST + index}", json=body).raise_for_status()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one, range(self._rows)))
        self._session.close()


class Script:
    """What a user would write."""

    def __init__(self, url: str, rows: int) -> None:
        self._url, self._rows = url, rows

    def __call__(self) -> None:
        for index in range(self._rows):
            body = {"title": f"Title {index}", "notes": "Met at the fair"}
            headers = {"Authorization": "Bearer key"}
            requests.patch(f"{self._url}/v3/contacts/{FIRST + index}", json=body, headers=headers).raise_for_status()


def measured(server: Server, make: Callable[[str, int], Callable[[], None]], rows: int, clock: Callable[[], float]) -> float:
    server.reset()
    action = make(server.url, rows)
    before = clock()
    action()
    return clock() - before


def report(name: str, ratio: float, limit: str, met: bool) -> None:
    print(f"{name:<58} {ratio:6.2f}   limit {limit:<8} {'met' if met else 'MISSED'}", flush=True)


def cpu() -> None:
    server = Server(0.0)
    try:
        ours, pool = [], []
        for _ in range(5):
            ours.append(measured(server, Ours, ROWS, time.process_time))
            assert server.patches() == ROWS, "one PATCH per changed contact"
            pool.append(measured(server, Pool, ROWS, time.process_time))
        ratio = median(ours) / median(pool)
        report(f"CPU of sending {ROWS} rows / bare Session pool", ratio, "<= 1.5", ratio <= 1.5)
    finally:
        server.stop()


def rate() -> None:
    server = Server(0.02)
    try:
        ours, pool, script = [], [], []
        for _ in range(3):
            ours.append(ROWS / measured(server, Ours, ROWS, time.perf_counter))
            pool.append(ROWS / measured(server, Pool, ROWS, time.perf_counter))
            script.append(300 / measured(server, Script, 300, time.perf_counter))
        ratio = median(ours) / median(pool)
        report("rate at 20 ms / bare Session pool", ratio, ">= 0.85", ratio >= 0.85)
        ratio = median(ours) / median(script)
        report("rate at 20 ms / loop of requests.patch", ratio, ">= 3.5", ratio >= 3.5)
    finally:
        server.stop()


def journal() -> None:
    """What writing everything down costs: of the time that a push takes, with the quota off."""
    for latency, turns in ((0.02, 3), (0.0, 5)):
        server = Server(latency)
        try:
            walls: dict[type[Ours], list[float]] = {Ours: [], Journalled: []}
            cpus: dict[type[Ours], list[float]] = {Ours: [], Journalled: []}
            for turn in range(turns):
                for kind in (Ours, Journalled) if turn % 2 else (Journalled, Ours):
                    server.reset()
                    action = kind(server.url, ROWS)
                    before, cpu_before = time.perf_counter(), time.process_time()
                    action()
                    walls[kind].append(time.perf_counter() - before)
                    cpus[kind].append(time.process_time() - cpu_before)
                    if isinstance(action, Journalled):
                        action.clean()
            ratio = median(walls[Journalled]) / median(walls[Ours])
            name = f"time of {ROWS} rows at {latency * 1000:.0f} ms with the journal / without"
            report(name, ratio, "< 1.10", ratio < 1.10)
            print(
                f"  CPU {median(cpus[Journalled]):.2f} s / {median(cpus[Ours]):.2f} s = {median(cpus[Journalled]) / median(cpus[Ours]):.2f}",
                flush=True,
            )
        finally:
            server.stop()


def startup() -> None:
    """From the start of the process to the first byte of `whoami` on the wire, against a bare import of requests. Ours is compiled first, as
    pip leaves it: requests is too."""
    compileall.compile_dir(Path(reply_xl.__file__).parent, quiet=1)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    command = str(Path(sys.executable).with_name("reply-xl"))
    environment = {**os.environ, "REPLY_API_KEY": "key"}

    def first_byte() -> float:
        before = time.perf_counter()
        process: subprocess.Popen[Any] = subprocess.Popen(
            [command, "whoami", "--base-url", url], env=environment, stdout=subprocess.DEVNULL
        )
        connection, _ = listener.accept()
        connection.recv(1)
        taken = time.perf_counter() - before
        connection.recv(65536)
        body = b'{"userId":1,"username":"x","teamId":1}'
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        connection.close()
        process.wait()
        return taken

    def bare_import() -> float:
        before = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import requests"], check=True)
        return time.perf_counter() - before

    ours, bare = [], []
    for _ in range(21):
        ours.append(first_byte())
        bare.append(bare_import())
    listener.close()
    ratio = median(ours) / median(bare)
    report("whoami to its first byte / python -c 'import requests'", ratio, "<= 1.3", ratio <= 1.3)


if __name__ == "__main__":
    for name in sys.argv[1:] or ("startup", "cpu", "rate", "journal"):
        {"cpu": cpu, "rate": rate, "startup": startup, "journal": journal}[name]()
