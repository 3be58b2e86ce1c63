"""Whatever ends a run, the outcomes of what was sent are written into the workbook."""

from __future__ import annotations

import os
import signal
import subprocess
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
