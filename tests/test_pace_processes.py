"""The quota is one for all processes of this user: counted in a file that nobody else can read and that a run does not depend on."""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import FIRST_ID, KEY

from reply_xl.errors import Cancelled, JournalError
from reply_xl.network.pace import WindowPace, parse_quota
from reply_xl.sandbox import Sandbox

WORK = """
import sys, threading
from pathlib import Path
from reply_xl.network.client import Client
from reply_xl.errors import Cancelled
from reply_xl.network.pace import WindowPace, parse_quota

task, url, key, quota, log, contact, count, threads = sys.argv[1:]
pace = WindowPace(parse_quota(quota), log=Path(log), account=f"{url} {key}")
client = Client(url, key, pace)
work = iter(range(int(count)))
lock = threading.Lock()
done = []

def reads():
    while True:
        with lock:
            if next(work, None) is None:
                return
        client.contact(int(contact))
        done.append(1)

def leaves_what_may():
    pace.on_wait = lambda seconds, why: pace.cancelled.set()
    try:
        for _ in work:
            pace.acquire()
            done.append(1)
    except Cancelled:
        pass

print("ready", flush=True)
sys.stdin.readline()
every = [threading.Thread(target={"read": reads, "leave": leaves_what_may}[task]) for _ in range(int(threads))]
for one in every:
    one.start()
for one in every:
    one.join()
print(len(done), flush=True)
sys.stdin.readline()
"""


class Process:
    """A program of the same user: when told to, it reads one contact `count` times, or lets as many requests leave as may at once and
    never answers them."""

    def __init__(self, task: str, url: str, quota: str, log: Path, count: int, threads: int = 4, first: str = "") -> None:
        command = [sys.executable, "-c", first + WORK, task, url, KEY, quota, str(log), str(FIRST_ID), str(count), str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def done(self) -> int:
        """How many requests left."""
        out, err = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, err
        return int(out)


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Starts processes; none outlives the test."""
    with ExitStack() as stack:

        def start(*arguments: object, **options: object) -> Process:
            made = Process(*arguments, **options)  # type: ignore[arg-type]
            stack.enter_context(made.process)
            stack.callback(made.process.kill)
            return made

        yield start


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "quota.sqlite3"


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def request(pace: WindowPace) -> None:
    pace.acquire()
    pace.release()


def leaves_now(pace: WindowPace) -> bool:
    """Whether a request may leave without waiting."""
    pace.cancelled.clear()
    pace.on_wait = lambda seconds, why: pace.cancelled.set()
    try:
        request(pace)
    except Cancelled:
        return False
    finally:
        pace.cancelled.clear()
    return True


# -- the figures


@pytest.mark.timeout(240)
def test_the_quota_is_kept_and_used(
    make_sandbox: Callable[..., Sandbox], start: Callable[..., Process], log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """350 requests under 100 per 10 s take three windows and hardly more, for one process and for three at once, and none is a 429."""
    one, three = make_sandbox(quota="100/10"), make_sandbox(quota="100/10")
    processes = [start("read", one.url, "100/10", log, 350)]
    processes += [start("read", three.url, "100/10", log, count) for count in (117, 117, 116)]
    for process in processes:
        process.go()
    assert [process.done() for process in processes] == [350, 117, 117, 116]
    for sandbox, most, who in ((one, 1.05, "one process"), (three, 1.08, "three processes at once")):
        seen = sandbox.requests
        assert [request.status for request in seen] == [200] * 350
        ratio = (seen[-1].time + seen[-1].duration - seen[0].time) / 30
        with capsys.disabled():
            print(f"\n350 requests under 100 per 10 s, {who}: {ratio:.3f} of the theoretical time (limit {most})")
        assert 1 <= ratio <= most


def test_all_processes_together_keep_the_quota(start: Callable[..., Process], log: Path) -> None:
    """Also while the file is being made by several of them at once: neither more nor less than the quota leaves."""
    processes = [start("leave", "http://127.0.0.1:1", "20/600", log, 15, 1) for _ in range(4)]
    for process in processes:
        process.go()
    assert sum(process.done() for process in processes) == 20


# -- what processes know of each other


def test_accounts_do_not_share(log: Path) -> None:
    """Each key, and each server, has a quota, a pause and a reserve of its own."""
    first, same, other = (WindowPace([(1, 600.0)], log=log, account=account) for account in ("a", "a", "b"))
    first.set_reserve(40)
    assert [pace.reserve() for pace in (same, other)] == [40, 0]
    assert leaves_now(first)
    assert [leaves_now(same), leaves_now(other)] == [False, True]
    first.hold(100)
    assert [pace.held() > 0 for pace in (same, other)] == [True, False]
    for pace in (first, same, other):
        pace.close()


def test_the_minutes_know_the_other_processes(log: Path) -> None:
    """Preview and question tell what is true, not what this process alone has asked."""
    first, second = (WindowPace([(10, 60.0)], log=log, account="a") for _ in range(2))
    for _ in range(7):
        request(first)
    assert second.minutes(3) == 0
    assert second.minutes(4) == pytest.approx(1, abs=0.05)
    assert [tuple(use) for use in second.used()] == [(7, 10, 60.0, 10)]


def test_a_429_holds_every_process(sandbox: Sandbox, start: Callable[..., Process], log: Path) -> None:
    """What one process is told by `Retry-After`, the others obey."""
    sandbox.fault("status", status=429, retry_after="2", times=1)
    pace = WindowPace(parse_quota("100/10"), log=log, account=f"{sandbox.url} {KEY}")
    process = start("read", sandbox.url, "100/10", log, 1)
    process.go()
    while pace.held() == 0:
        time.sleep(0.01)
    refused = sandbox.requests[0]
    request(pace)
    assert time.time() - refused.time >= 1.9
    assert process.done() == 1
    assert [one.status for one in sandbox.requests] == [429, 200]


def test_the_slots_of_a_killed_process_come_back(start: Callable[..., Process], log: Path) -> None:
    """Requests that nobody ever answers count while they may still be carried out, and a window's length more; then they are free."""
    url = "http://127.0.0.1:1"
    process = start("leave", url, "3/10", log, 3, 1)
    process.go()
    assert process.process.stdout is not None
    assert process.process.stdout.readline() == "3\n"
    process.process.kill()
    process.process.wait()
    clock = Clock()
    pace = WindowPace([(3, 10.0)], log=log, account=f"{url} {KEY}", clock=clock)
    left = []
    for clock.ahead in (0, 100, 480, 505, 515):
        left.append(pace.used()[0].used)
    assert left == [3, 3, 3, 3, 0]
    assert leaves_now(pace)
    pace.close()


def test_a_clock_set_back_blocks_nobody(log: Path) -> None:
    """What another process noted an hour ahead is dropped: requests, also those under way, and pauses."""
    clock = Clock()
    clock.ahead = 3600
    before = WindowPace([(2, 60.0)], log=log, account="a", clock=clock)
    request(before)
    before.acquire()
    before.hold(600)
    after = WindowPace([(2, 60.0)], log=log, account="a")
    assert leaves_now(after)
    clock.ahead = 0
    before.release()
    assert after.used()[0].used == 2
    before.close()
    after.close()


@pytest.mark.parametrize("wait", ["another process", "a locked file"])
def test_cancelling_ends_a_wait_for_others(log: Path, wait: str) -> None:
    """Within a second, whoever holds the slots or the file."""
    cancelled = threading.Event()
    pace = WindowPace([(1, 600.0)], log=log, account="a", cancelled=cancelled)
    other = WindowPace([(1, 600.0)], log=log, account="a")
    request(other)
    locked = sqlite3.connect(log, isolation_level=None)
    if wait == "a locked file":
        locked.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    threading.Timer(0.3, cancelled.set).start()
    with pytest.raises(Cancelled):
        pace.acquire()
    assert 0.2 < time.monotonic() - began < 3  # a second, and what a busy computer takes
    locked.close()
    other.close()


# -- the file


def test_the_key_is_in_no_byte_of_the_file(log: Path) -> None:
    """Nor a hash of it that could be compared with other files: only a digest with a salt of this file's own."""
    account = f"https://api.reply.io {KEY}"
    other = log.with_name("other.sqlite3")
    paces = [WindowPace(log=file, account=account) for file in (log, other)]
    for pace in paces:
        request(pace)
        pace.hold(1)
        pace.set_reserve(10)
        assert KEY not in f"{pace!r} {vars(pace)} {vars(pace._opened)}"
    held = b"".join(file.read_bytes() for file in log.parent.iterdir())
    assert len(held) > 4096
    for pace in paces:
        pace.close()
    held += b"".join(file.read_bytes() for file in log.parent.iterdir())
    for text in (KEY, account, "api.reply.io"):
        plain = [text.encode()]
        for kind in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            digest = hashlib.new(kind, text.encode())
            plain += [digest.digest(), digest.hexdigest().encode()]
        assert not any(one in held for one in plain)
    digests = {sqlite3.connect(file).execute("SELECT account FROM slot").fetchone()[0] for file in (log, other)}
    assert len(digests) == 2
    if os.name != "nt":
        assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"this is no database" * 500, b"SQLite format 3\0" + b"\xff" * 8192])
def test_a_damaged_file_is_made_anew(log: Path, content: bytes) -> None:
    """And shared again from then on."""
    log.write_bytes(content)
    first, second = (WindowPace([(1, 600.0)], log=log, account="a") for _ in range(2))
    assert [leaves_now(first), leaves_now(second)] == [True, False]
    first.close()
    second.close()


def _folder_that_cannot_be_written(folder: Path) -> Path:
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write everywhere")
    return folder / "quota.sqlite3"


UNUSABLE: dict[str, Callable[[Path], Path]] = {
    "no folder": lambda folder: folder / "absent" / "quota.sqlite3",
    "a folder in its place": lambda folder: folder,
    "below a file": lambda folder: Path(__file__) / "quota.sqlite3",
    "read-only folder": _folder_that_cannot_be_written,
}


@pytest.mark.parametrize("how", UNUSABLE)
def test_without_a_file_this_process_counts_alone(how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A run does not fail for want of its log; the program's own log says so. A reserve that cannot be kept is an error."""
    pace = WindowPace([(2, 600.0)], log=UNUSABLE[how](tmp_path), account="a")
    with caplog.at_level(logging.WARNING):
        assert [leaves_now(pace) for _ in range(3)] == [True, True, False]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    with pytest.raises(JournalError):
        pace.set_reserve(10)


def test_a_file_that_is_locked_for_long_costs_nothing_but_sharing(log: Path) -> None:
    """After some seconds the run goes on with what it knew of the file: requests, pause and reserve."""
    pace = WindowPace([(4, 600.0)], log=log, account="a")
    other = WindowPace([(4, 600.0)], log=log, account="a")
    other.set_reserve(25)
    request(other)
    request(pace)
    locked = sqlite3.connect(log, isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    assert [leaves_now(pace), leaves_now(pace)] == [True, False]
    assert time.monotonic() - began < 5
    assert pace.reserve() == 25
    locked.close()
    other.close()


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
def test_a_full_disk_does_not_end_a_run(sandbox: Sandbox, start: Callable[..., Process], log: Path) -> None:
    """Every request is answered, although nothing more can be noted."""
    WindowPace(log=log, account="a").used()
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({log.stat().st_size}, {log.stat().st_size}))\n"
    process = start("read", sandbox.url, "100/10", log, 80, first=limit)
    process.go()
    assert process.done() == 80
