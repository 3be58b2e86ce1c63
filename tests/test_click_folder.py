"""The folder of clicks, whatever lies in it and whoever takes them at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reply_xl.errors import ConfigError
from reply_xl.tab.click import parse
from reply_xl.tab.clicks import ClickFolder

ID = "32968E4C000C5AF"


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    (tmp_path / "clicks").mkdir()
    return tmp_path


def test_each_click_is_taken_once(shared: Path) -> None:
    """Also where the process that Excel started and the one that the agent started come at the same moment: six of them at a hundred clicks."""
    names = [f"{number:015X}" for number in range(100)]
    for name in names:
        (shared / "clicks" / f"{name}.click").write_bytes(name.encode())
    takes = f"""
import pathlib, sys, time
from reply_xl.tab.clicks import ClickFolder
shared = pathlib.Path({str(shared)!r})
print("ready", flush=True)
sys.stdin.readline()
for name in {names!r}:
    data = ClickFolder(shared).take(name)
    if data is not None:
        assert data.decode() == name
        print(name)
        ClickFolder(shared).done(name)
"""
    processes = [
        subprocess.Popen([sys.executable, "-c", takes], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        for _ in range(6)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
    taken = [line for process in processes for line in process.communicate(timeout=60)[0].split()]
    assert sorted(taken) == names
    assert list((shared / "clicks").iterdir()) == []


def test_a_click_of_any_size_is_read_in_part(shared: Path) -> None:
    """A file of a terabyte is refused like any other that is too long."""
    file = shared / "clicks" / f"{ID}.click"
    with file.open("wb") as opened:
        opened.truncate(2**40)
    mark = shared / "clicks" / f"{ID[:-1]}0.cancel"
    with mark.open("wb") as opened:
        opened.truncate(2**40)
    clicks, seen = ClickFolder(shared), list[int]()
    data = clicks.take(ID)
    assert data is not None
    with pytest.raises(ConfigError, match="too long"):
        parse(data)
    assert not clicks.is_cancelled(0, lambda mark: bool(seen.append(len(mark))))
    assert seen == [len(data)]


def test_what_cannot_be_removed_keeps_nothing_else(shared: Path) -> None:
    """A folder with the name of a click stays; what is older than a day goes all the same."""
    day = time.time() - 100_000
    for number in range(20):
        path = shared / "clicks" / f"{number:015X}.started"
        path.mkdir() if number % 2 else path.touch()
        os.utime(path, (day, day))
    ClickFolder(shared).done(ID)
    assert len(list((shared / "clicks").iterdir())) == 10


def test_what_an_excel_is_owed_outlives_a_holiday(shared: Path) -> None:
    """An Excel that was left open, and quiet, gets its settings back by the first click that speaks with it, not the first at all."""
    folder = shared / "clicks"
    folder.mkdir(parents=True, exist_ok=True)
    left = {name: folder / name for name in ("4711.quiet", "4712.quiet", "0123456789ABCDE.click", "x.txt")}
    for name, path in left.items():
        path.touch()
        moment = time.time() - (3_000_000 if name == "4712.quiet" else 1_000_000)
        os.utime(path, (moment, moment))
    ClickFolder(shared).done("A" * 15)
    assert {name for name, path in left.items() if path.exists()} == {"4711.quiet", "x.txt"}
