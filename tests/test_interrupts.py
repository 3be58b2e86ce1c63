"""Whatever ends a run, the outcomes of what was sent are written into the workbook."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import FIRST_ID, Book, cells, command_line, patches

from reply_xl.sandbox import Sandbox

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent as on a Unix system")
ROWS = 400


def start(path: Path, sandbox: Sandbox, stderr: int = subprocess.PIPE, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
    arguments = command_line("push", path, "--base-url", sandbox.url, "--yes", "--json")
    return subprocess.Popen(
        arguments,
        stdout=stdout,
        stderr=stderr,
        text=True,
        env={**os.environ, "REPLY_XL_QUOTA": "off"},
        start_new_session=True,
    )


@pytest.fixture
def leads(book: Book) -> Path:
    return book(("Reply ID", "Title"), *[(FIRST_ID + index, f"Title {index}") for index in range(ROWS)])


@pytest.fixture
def slow(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(ROWS, latency=0.02)


def wait_for_patches(sandbox: Sandbox, count: int) -> None:
    until = time.monotonic() + 20
    while len(patches(sandbox)) < count and time.monotonic() < until:
        time.sleep(0.005)


def check(path: Path, sandbox: Sandbox) -> None:
    """Every contact that was changed has a status, and every row has one at all."""
    rows = cells(path)
    changed = {request.contact_id for request in patches(sandbox) if request.applied}
    assert len(changed) < ROWS
    for row in rows:
        wanted = ("Updated", "Unknown") if row["Reply ID"] in changed else ("Cancelled", "Unknown")
        assert row["Reply status"] in wanted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_finishes_what_is_under_way(leads: Path, slow: Sandbox, number: signal.Signals) -> None:
    """Ctrl-C, a request to end and a closed terminal stop the sending, the results are written, and the exit code is 3."""
    process = start(leads, slow)
    wait_for_patches(slow, 12)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 3, err
    assert len(out.splitlines()) == ROWS
    check(leads, slow)


def test_signals_without_end_lose_nothing(leads: Path, slow: Sandbox) -> None:
    """Ctrl-C again and again, also while the results are being written, leaves a status on every row."""
    process = start(leads, slow, subprocess.DEVNULL, subprocess.DEVNULL)
    wait_for_patches(slow, 12)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    assert process.returncode in (3, -signal.SIGINT)  # the last one may strike when all is done
    check(leads, slow)


def test_nobody_left_to_tell_loses_nothing(leads: Path, slow: Sandbox) -> None:
    """Ctrl-C that also ends the reader of the messages: the results are written all the same."""
    reader, writer = os.pipe()
    process = start(leads, slow, writer)
    os.close(writer)
    wait_for_patches(slow, 12)
    os.close(reader)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    check(leads, slow)


def test_a_signal_in_the_middle_of_a_wait(tmp_path: Path) -> None:
    """Thousands of signals a second set the event that the main thread waits for, at whatever point of the wait they strike: it never hangs.
    An ordinary event does, because the handler waits for a lock that the interrupted wait holds."""
    script = tmp_path / "signals.py"
    script.write_text(
        """
import signal, time
from reply_xl.interrupts import Stop
flag, count = Stop(), 0
def handler(number, frame):
    global count
    count += 1
    flag.set()
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
end = time.monotonic() + 1
while time.monotonic() < end:
    assert flag.wait(5)
    flag.clear()
signal.setitimer(signal.ITIMER_REAL, 0)
print(count)
""",
        encoding="utf-8",
    )
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=30)
    assert int(ran.stdout) > 100, ran.stderr
