"""The agent: it starts one process for each click, is alone, ends when it should, and survives what it starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import FIRST_ID, Book, cells, patches
from noted import note

from reply_xl import agent, config
from reply_xl.locks import lock
from reply_xl.sandbox import Sandbox
from reply_xl.setup.launcher import Launcher
from reply_xl.tab.click import Button

ID, OTHER = "32968E4C000C5AF", "32968E4D000C5B0"
TAKES = """
import os, sys, pathlib
folder = pathlib.Path(sys.argv[1])
os.rename(folder / "clicks" / f"{sys.argv[2]}.click", folder / "clicks" / f"{sys.argv[2]}.started")
with open(folder / "taken", "a") as file:
    file.write(sys.argv[2] + "\\n")
"""
"""Stands for the process that takes a click."""


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """The shared folder, with a launcher."""
    folder = tmp_path / "shared"
    (folder / "clicks").mkdir(parents=True)
    (folder / "launcher.txt").write_text(Launcher(sys.executable, True, "1.0").text(), newline="")
    return folder


@pytest.fixture
def start(shared: Path) -> Iterator[Callable[..., threading.Thread]]:
    """Runs an agent in a thread; it is stopped in the end."""
    stop = threading.Event()
    threads = []

    def start(script: str = TAKES, **options: float) -> threading.Thread:
        command = [sys.executable, "-I", "-S", "-c", script, str(shared)]
        thread = threading.Thread(target=agent.run, args=(shared, command, stop), kwargs=options)
        thread.start()
        threads.append(thread)
        return thread

    yield start
    stop.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def click(shared: Path, name: str = ID, ending: str = ".click") -> None:
    (shared / "clicks" / f"{name}.tmp").write_bytes(b"reply-xl click 1\r\n")
    (shared / "clicks" / f"{name}.tmp").rename(shared / "clicks" / f"{name}{ending}")


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def taken(shared: Path) -> list[str]:
    return (shared / "taken").read_text().split() if (shared / "taken").exists() else []


def test_each_click_gets_one_process(shared: Path, start: Callable[..., threading.Thread]) -> None:
    """Those that were there before the agent, and those that come; no click twice."""
    click(shared)
    start()
    until(lambda: taken(shared) == [ID])
    click(shared, OTHER)
    until(lambda: taken(shared) == [ID, OTHER])
    time.sleep(3 * agent.EVERY)
    assert taken(shared) == [ID, OTHER]


def test_only_clicks_are_obeyed(shared: Path, start: Callable[..., threading.Thread]) -> None:
    """Half-written clicks, marks of cancel, other names, folders and links start nothing."""
    for name in ("x", "32968e4c000c5af", f"{ID}0", "-c evil", ";"):
        (shared / "clicks" / f"{name}.click").touch()
    (shared / "clicks" / f"{ID}.tmp").touch()
    (shared / "clicks" / f"{ID}.cancel").touch()
    (shared / "clicks" / "00000000000000A.click").mkdir()
    (shared / "clicks" / "00000000000000B.click").symlink_to(shared / "launcher.txt")
    start()
    click(shared, OTHER)
    until(lambda: taken(shared) == [OTHER])
    time.sleep(3 * agent.EVERY)
    assert taken(shared) == [OTHER]


def test_a_process_that_crashes_never_stops_the_agent(shared: Path, start: Callable[..., threading.Thread]) -> None:
    """A click that is left where it was is tried once more and then left alone; the next one is obeyed."""
    crashes = f"import sys\nif sys.argv[2] == {ID!r}:\n    open(sys.argv[1] + '/crashes', 'a').write('x')\n    raise SystemExit(9)\n{TAKES}"
    start(crashes)
    click(shared)
    until(lambda: (shared / "crashes").exists() and (shared / "crashes").read_text() == "xx")
    click(shared, OTHER)
    until(lambda: taken(shared) == [OTHER])
    time.sleep(3 * agent.EVERY)
    assert (shared / "crashes").read_text() == "xx"


def test_a_program_that_cannot_be_started_is_tried_twice(shared: Path) -> None:
    """A policy may forbid it: the agent goes on, and does not fill its log."""
    watcher = agent.Agent(shared, ["/no/such/program"])
    click(shared)
    for _ in range(5):
        watcher.look()
    assert watcher._started[ID].times == 2
    (shared / "clicks" / f"{ID}.click").unlink()
    watcher.look()
    assert watcher._started == {}


def test_a_process_that_hangs_holds_nobody_up(shared: Path, start: Callable[..., threading.Thread]) -> None:
    """A run may last an hour: other clicks are obeyed meanwhile."""
    (shared / "wait").touch()
    start(f"{TAKES}\nimport time\nwhile os.path.exists(folder / 'wait'):\n    time.sleep(0.05)\n")
    click(shared)
    until(lambda: taken(shared) == [ID])
    click(shared, OTHER)
    until(lambda: taken(shared) == [ID, OTHER])
    (shared / "wait").unlink()


def test_a_flood_of_clicks_starts_few_processes(shared: Path) -> None:
    """Eight at a time; the rest waits."""
    (shared / "wait").touch()
    watcher = agent.Agent(shared, [sys.executable, "-I", "-S", "-c", "import sys, os, time\nwhile os.path.exists(sys.argv[1]): time.sleep(0.05)",
                                   str(shared / "wait")])  # fmt: skip
    for number in range(30):
        click(shared, f"{number:015X}")
    for _ in range(3):
        watcher.look()
    assert len(watcher._started) == 8
    (shared / "wait").unlink()
    for started in watcher._started.values():
        started.process.wait(10)


def test_there_is_one_agent(shared: Path, start: Callable[..., threading.Thread]) -> None:
    """A second one gives up, as long as the first one goes on."""
    start()
    until(lambda: (shared / "agent.lock").exists())
    time.sleep(agent.EVERY)
    assert not agent.run(shared, ["never"], threading.Event(), patience=0.5)


def test_a_new_agent_waits_for_the_one_it_replaces(shared: Path, start: Callable[..., threading.Thread]) -> None:
    """After an update the old one ends because the launcher is another, and the new one goes on."""
    first = start()
    click(shared)
    until(lambda: taken(shared) == [ID])
    (shared / "launcher.txt").write_text(Launcher(sys.executable, True, "2.0").text(), newline="")
    second = start()
    until(lambda: not first.is_alive())
    click(shared, OTHER)
    until(lambda: taken(shared) == [ID, OTHER])
    assert second.is_alive()


def test_it_ends_with_its_launcher(shared: Path, start: Callable[..., threading.Thread]) -> None:
    """Which is how uninstall ends it, its lock free."""
    thread = start()
    until(lambda: (shared / "agent.lock").exists())
    (shared / "launcher.txt").unlink()
    until(lambda: not thread.is_alive())
    with (shared / "agent.lock").open("ab") as file:
        lock(file)


def test_without_a_launcher_it_ends_at_once(shared: Path) -> None:
    """One that starts while uninstall goes on would otherwise watch for ever, and no uninstall would end it."""
    (shared / "launcher.txt").unlink()
    click(shared)
    stop = threading.Event()
    thread = threading.Thread(target=agent.run, args=(shared, [sys.executable, "-I", "-S", "-c", TAKES, str(shared)], stop))
    thread.start()
    thread.join(10)
    is_over = not thread.is_alive()
    stop.set()
    thread.join(10)
    assert is_over
    assert taken(shared) == []


def test_a_launcher_that_cannot_be_read_for_a_moment_is_not_gone(shared: Path) -> None:
    """A scanner of viruses or a backup may hold it: the agent goes on, until it is gone or another one."""
    watcher, launcher = agent.Agent(shared, ["never"]), shared / "launcher.txt"
    data = launcher.read_bytes()
    assert watcher.goes_on()
    launcher.unlink()
    launcher.mkdir()  # what cannot be read is a folder here, for the tests may run as root
    assert watcher.goes_on()
    launcher.rmdir()
    assert not watcher.goes_on()
    launcher.write_bytes(data)
    assert watcher.goes_on()
    launcher.write_bytes(data + b"x")
    assert not watcher.goes_on()


def test_clicks_that_are_too_old_start_nothing(shared: Path) -> None:
    """Whoever took one would not obey it: thousands that were left behind cost no process."""
    watcher = agent.Agent(shared, ["/no/such/program"])
    for number in range(2000):
        click(shared, f"{number:015X}")
        os.utime(shared / "clicks" / f"{number:015X}.click", (time.time() - 3600,) * 2)
    click(shared)
    watcher.look()
    assert list(watcher._started) == [ID]


def processor_time(pid: int) -> float:
    """Seconds, of the process alone; nothing where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_the_real_process(home: Path) -> None:
    """`python -I -m reply_xl.agent`: it notes what it starts, uses next to no processor time, and ends cleanly on a signal."""
    shared = config.shared_folder()
    (shared / "clicks").mkdir(parents=True)
    (shared / "launcher.txt").write_text(Launcher(sys.executable, True, "1.0").text(), newline="")
    process = subprocess.Popen([sys.executable, "-I", "-m", "reply_xl.agent"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    log = shared / "agent.log"
    try:
        until(lambda: log.exists() and "waits for clicks" in log.read_text())
        click(shared)
        until(lambda: f"{ID} is process" in log.read_text())
        before = processor_time(process.pid)
        time.sleep(1)
        assert process.poll() is None
        assert processor_time(process.pid) - before < 0.2
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        out, _ = process.communicate()
    assert out == b""
    assert "the agent ends" in log.read_text()
    assert str(home) not in log.read_text()


@pytest.mark.skipif(os.name == "nt", reason="the paths of POSIX")
def test_uninstall_ends_it_and_takes_its_files(home: Path) -> None:
    """The agent of a rehearsed computer: after uninstall nothing is left, and the process is gone."""
    from reply_xl.setup.computers import System, rehearsal
    from reply_xl.setup.install import install, remove_empty_folders, uninstall
    from reply_xl.setup.places import places

    computer = rehearsal(home / "zoe", System.OTHER)
    install(computer, b"add-in", agent=True)
    environ = {**os.environ, **computer.environ, "XDG_DATA_HOME": ""}
    process = subprocess.Popen([sys.executable, "-I", "-m", "reply_xl.agent"], env=environ)
    try:
        until(lambda: "waits for clicks" in _text(places(computer).shared / "agent.log"))
        assert uninstall(computer).is_whole
        assert process.wait(30) == 0
        uninstall(computer)
        remove_empty_folders(computer)
        assert not computer.home.exists()
    finally:
        process.kill()


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


@pytest.mark.parametrize("host", ["file", "excel"])
def test_a_click_over_every_host(host: str, shared: Path, book: Book, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the agent starts carries the click out: over the file engine, and over xlwings' Windows engine and a fake Excel."""
    path = book(("Reply ID", "Title"), *[(FIRST_ID + index, "New") for index in range(3)])
    monkeypatch.setenv("XDG_DATA_HOME", str(shared))
    monkeypatch.setenv("LOCALAPPDATA", "")
    folder = config.shared_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "launcher.txt").write_text(Launcher(sys.executable, True, "1.0").text(), newline="")
    note(folder, Button.UPDATE, path.name, "$A$2:$B$3", path=str(path), sheet="Contacts")
    command = [sys.executable, str(Path(__file__).with_name("host_launcher.py")), host, str(path), sandbox.url]
    watching = agent.Agent(folder, command)
    stop = threading.Event()
    thread = threading.Thread(target=watching.run, args=(stop,))
    thread.start()
    until = time.monotonic() + 60
    while list((folder / "clicks").iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
    wait_until(lambda: len(patches(sandbox)) == 2 and (host == "file" or Path(f"{path}.txt").exists()))
    stop.set()
    thread.join(30)
    if host == "file":
        wait_until(lambda: "Reply status" in cells(path)[0])
        assert [row["Reply status"] for row in cells(path)] == ["Updated", "Updated", None]
    else:
        assert list(json.loads(Path(f"{path}.txt").read_text(encoding="utf-8")).values()) == ["Reply status", "Updated", "Updated", None]


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)
