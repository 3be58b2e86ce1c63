"""The server of the button Practice, as a process of its own: who finds it, who may ask it, and when it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from reply_xl.history.runs import PRACTISING
from reply_xl.practice_server import run
from reply_xl.tab.serving import PRACTICE, SERVER, Serving, holding, mark_of, serving

ADA = {"id": 501, "email": "ada@example.com"}


class Served:
    """A server in a thread of this process: `why` it ended."""

    def __init__(self, folder: Path, **told: Any) -> None:
        self.folder, self.why, self.instance = folder, "", ""
        seed = {"contacts": [ADA], "custom_fields": [], "mark": mark_of(folder), "process": None}
        longest = told.pop("longest", 3600.0)
        self._thread = threading.Thread(target=self._run, args=(seed | told, longest))
        self._thread.start()

    def _run(self, told: dict[str, Any], longest: float) -> None:
        self.why = run(self.folder, told, lambda instance: setattr(self, "instance", instance), longest=longest)

    def ended(self, seconds: float = 10.0) -> str:
        self._thread.join(seconds)
        assert not self._thread.is_alive()
        return self.why


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / PRACTICE).touch()
    return tmp_path


def found(folder: Path) -> Serving:
    return until(lambda: serving(folder))


def until(look: Callable[[], Any], seconds: float = 10.0) -> Any:
    end = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return seen


def test_it_is_found_while_it_is_there(folder: Path) -> None:
    """Its file names it, this user alone may read that, and after it ended the file names nobody."""
    served = Served(folder)
    at = found(folder)
    assert at.instance == served.instance
    assert at.instance.startswith(PRACTISING)
    assert os.name == "nt" or (folder / SERVER).stat().st_mode & 0o777 == 0o600
    (folder / PRACTICE).unlink()
    assert served.ended() == "practice was switched off or on again"
    assert serving(folder) is None
    assert (folder / SERVER).read_bytes() == b""


def test_only_who_has_the_key_may_ask(folder: Path) -> None:
    """Other users of the computer reach the port: without the key they learn nothing, and the routes that need none are not there."""
    served, at = Served(folder), found(folder)
    url = f"{at.url}/v3/contacts/501"
    assert requests.get(url, headers={"Authorization": f"Bearer {at.key}"}, timeout=5).json()["email"] == ADA["email"]
    assert requests.get(url, headers={"Authorization": "Bearer practice"}, timeout=5).status_code == 401
    for path in ("contacts", "requests", "settings"):
        answer = requests.get(f"{at.url}/sandbox/{path}", timeout=5)
        assert (answer.status_code, b"@" in answer.content) == (401, False)
    (folder / PRACTICE).unlink()
    served.ended()


def test_switched_off_and_on_again_ends_it_too(folder: Path) -> None:
    """However quickly: the mark is another one, and the next server waits for this one to end."""
    first, at = Served(folder), found(folder)
    (folder / PRACTICE).unlink()
    (folder / PRACTICE).touch()
    second = Served(folder)
    assert first.ended() == "practice was switched off or on again"
    assert until(lambda: (now := serving(folder)) and now.instance != at.instance)
    (folder / PRACTICE).unlink()
    second.ended()


def test_a_mark_that_is_another_by_now(folder: Path) -> None:
    """A click that was overtaken by the next one starts nothing."""
    served = Served(folder, mark=1)
    assert served.ended() == "practice was switched off or on again"
    assert served.instance == ""


def test_it_ends_with_excel(folder: Path) -> None:
    """Its process is looked at, and nothing else of it."""
    excel = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    served = Served(folder, process=excel.pid)
    found(folder)
    excel.communicate(b"\n")
    assert served.ended() == "Excel was closed"


def test_it_ends_when_nobody_practises(folder: Path) -> None:
    """Each request begins the time anew."""
    served, at = Served(folder, longest=1.6), found(folder)
    for _ in range(5):
        time.sleep(0.5)
        requests.get(f"{at.url}/v3/whoami", headers={"Authorization": f"Bearer {at.key}"}, timeout=5)
    assert serving(folder) == at
    assert served.ended() == "nobody has practised for long"


def test_what_a_crash_left_behind_names_nobody(folder: Path) -> None:
    """The process was killed: its file still says where it was, and the next server takes its place at once."""
    say = json.dumps({"url": "http://127.0.0.1:9", "key": "k", "instance": "practice-1", "process": 1})
    (folder / SERVER).write_text(say, encoding="utf-8")
    assert serving(folder) is None
    served = Served(folder)
    assert found(folder).url != "http://127.0.0.1:9"
    (folder / PRACTICE).unlink()
    served.ended()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"url": 1, "key": "", "instance": "", "process": 1}', b"\xff"])
def test_a_file_that_says_nothing(folder: Path, data: bytes) -> None:
    """A server that is only just starting, or a file that somebody wrote into."""
    with holding(folder, 1):
        (folder / SERVER).write_bytes(data)
        assert serving(folder) is None


def test_a_server_that_does_not_end(folder: Path) -> None:
    """The next one gives up after its patience."""
    with holding(folder, 1), pytest.raises(OSError), holding(folder, 0.3):
        pass


def test_the_process(home: Path, folder: Path) -> None:
    """It is told on its standard input, answers in one line, and writes nothing of the contacts to the disk."""
    environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(folder), "LOCALAPPDATA": ""}
    shared = folder / "reply_xl"
    shared.mkdir()
    (shared / PRACTICE).touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "reply_xl.practice_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    )
    told = {"contacts": [ADA], "custom_fields": [], "mark": mark_of(shared), "process": os.getpid()}
    assert process.stdin is not None
    assert process.stdout is not None
    json.dump(told, process.stdin)
    process.stdin.close()
    assert json.loads(process.stdout.readline()) == {"instance": found(shared).instance}
    (shared / PRACTICE).unlink()
    assert process.wait(15) == 0
    process.stdout.close()
    written = b"".join(path.read_bytes() for path in shared.iterdir())
    assert b"ends: practice was switched off" in written
    assert b"@" not in written
