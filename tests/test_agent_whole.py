"""Where Excel may start nothing, whole, in a live LibreOffice: button, click file, agent, Python, sandbox, cells."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from clicking import ROOT, Clicking, by_header
from conftest import FIRST_ID, Book, patches
from office_engine import is_available, why_not

from reply_xl.sandbox import Sandbox
from reply_xl.tab.click import Button

pytestmark = pytest.mark.skipif(not is_available(), reason=why_not())


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Iterator[Clicking]:
    """A LibreOffice whose launcher names no Python at all, and an agent."""
    clicking = Clicking(tmp_path_factory.mktemp("clicking"))
    clicking.set_up(sandbox.url, python="", start="agent")
    command = [sys.executable, str(ROOT / "tests" / "office_launcher.py"), str(clicking.folder / "settings.json")]
    watching = f"import threading; from reply_xl import agent, config; agent.run(config.shared_folder(), {command!r}, threading.Event())"
    environment = {**os.environ, "HOME": str(clicking.home), "XDG_DATA_HOME": str(clicking.home / "data"), "LOCALAPPDATA": ""}
    process = subprocess.Popen([sys.executable, "-c", watching], env=environment)
    yield clicking
    (clicking.user / "launcher.txt").unlink()
    assert process.wait(10) == 0
    clicking.end()


def test_two_clicks(office: Clicking, book: Book, sandbox: Sandbox) -> None:
    """VBA starts nothing, and each click is carried out once: an update, and another one of another row."""
    opened = office.open(book(("Reply ID", "Email", "Title"), *[(FIRST_ID + index, f"p{index}@example.com", "New") for index in range(3)]))
    for row in (2, 4):
        office.select(opened, "Contacts", f"A{row}")
        assert office.press(Button.UPDATE) < 0.5
        office.wait()
    assert [line["Reply status"] for line in by_header(opened, "Contacts", 3)] == ["Updated", None, "Updated"], office.log()
    assert sorted(request.path.rpartition("/")[2] for request in patches(sandbox)) == [str(FIRST_ID), str(FIRST_ID + 2)]
