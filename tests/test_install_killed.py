"""Install and uninstall killed between any two of their steps: what is left is whole, and repeating either finishes it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reply_xl.setup.computers import Computer, RehearsedDeeds, System, rehearsal
from reply_xl.setup.functions_files import LIBRARIES, FunctionsFiles
from reply_xl.setup.install import install, uninstall
from reply_xl.setup.launcher import parse
from reply_xl.setup.logon import has_logon_start
from reply_xl.setup.places import places
from reply_xl.setup.placing import place_staged

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process that is killed is forked here")
OLD, NEW = b"the old add-in" * 1000, b"the new add-in" * 1000
FUNCTIONS = FunctionsFiles(b"functions", dict.fromkeys(LIBRARIES.values(), b"library"))
MOST = 400
KILLED = 77


def killed(computer: Computer, act: Callable[[Computer], object], step: int, is_torn: bool) -> bool:
    """Does it in a process of its own, which dies before its step of that number; a torn one dies when the file to write is there and empty.
    False: it needed fewer steps."""
    child = os.fork()
    if child == 0:
        left = [step]
        prefix = str(computer.home)

        def look(event: str, arguments: tuple[object, ...]) -> None:
            is_open = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            if not (is_open or event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir")) or not str(arguments[0]).startswith(prefix):
                return
            left[0] -= 1
            if left[0] < 0:
                left[0] = MOST  # what follows here is no step
                if is_open and is_torn and not Path(str(arguments[0])).is_dir() and "registry" not in str(arguments[0]):
                    os.close(os.open(str(arguments[0]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
                os._exit(KILLED)

        code = 1
        try:
            sys.addaudithook(look)
            act(computer)
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED)
    return code == KILLED


def files(computer: Computer) -> dict[str, bytes]:
    found = {str(file.relative_to(computer.home)): file.read_bytes() for file in computer.home.rglob("*") if file.is_file()}
    return {name: data for name, data in found.items() if data or "registry" not in name}


def put_old(computer: Computer) -> None:
    if not places(computer).addin.exists():
        install(computer, OLD)


def put(computer: Computer) -> None:
    install(computer, NEW, agent=True, functions=FUNCTIONS if computer.system is System.WINDOWS else None)


def put_while_held(computer: Computer) -> None:
    put_old(computer)
    assert isinstance(computer.deeds, RehearsedDeeds)
    computer.deeds.held.add(places(computer).addin)
    put(computer)


def put_and_place(computer: Computer) -> None:
    put_while_held(computer)
    assert isinstance(computer.deeds, RehearsedDeeds)
    computer.deeds.held.clear()
    place_staged(computer)


def nothing(_: Computer) -> None:
    pass


@pytest.mark.parametrize("is_torn", [False, True])
@pytest.mark.parametrize(
    ("system", "before", "act"),
    [
        *((system, nothing, put) for system in System),
        *((system, put_old, put) for system in System),
        *((system, put, uninstall) for system in System),
        (System.WINDOWS, put_old, put_and_place),
        (System.WINDOWS, put_while_held, uninstall),
    ],
)
def test_killed_at_any_step(
    tmp_path: Path, system: System, before: Callable[[Computer], None], act: Callable[[Computer], object], is_torn: bool
) -> None:
    """Excel's folder never holds half a file or one that is not ours; a launcher that tells Excel to rely on the agent is only there while
    something starts it; after a repeated install all is as if nothing had happened, after a repeated uninstall nothing is left."""
    whole = rehearsal(tmp_path / "x", system)
    put(whole)
    wanted = files(whole)
    shutil.rmtree(whole.home)
    for step in range(MOST):
        computers = []
        for repeat in (put, uninstall):
            computer = rehearsal(tmp_path / "x", system)
            before(computer)
            was_killed = killed(computer, act, step, is_torn)
            at = places(computer)
            if at.startup.exists():
                found = {file.name: file.read_bytes() for file in at.startup.iterdir()}
                assert found.pop("ReplyXL.xlam", NEW) in (OLD, NEW), step
                assert found.pop("ReplyXLFunctions.xlam", b"functions") == b"functions", step
                assert not found, step
            if at.launcher.exists():
                launcher = parse(at.launcher.read_bytes().decode())
                assert launcher is not None, step
                assert has_logon_start(computer) or not launcher.has_agent, step
            assert isinstance(computer.deeds, RehearsedDeeds)
            computer.deeds.held.clear()
            repeat(computer)
            assert files(computer) == (wanted if repeat is put else {}), (step, repeat)
            computers.append(was_killed)
            shutil.rmtree(computer.home, ignore_errors=True)
        if not any(computers):
            assert step > 3
            return
    pytest.fail("it never ends")
