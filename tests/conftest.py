"""What the tests share: a home of their own, the sandbox, workbooks built in code, and the real command."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from clients import Connect, QuickPace

from reply_xl.network.client import Client
from reply_xl.sandbox import Request, Sandbox

FIRST_ID = 2_147_000_001
KEY = "test-key-0123456789"

_OUTSIDE = ("REPLY_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NETRC", "SSL_CERT", "REQUESTS_CA", "CURL_CA", "COLUMNS")
_NULL_KEYRING = "keyring.backends.null.Keyring"
os.environ["PYTHON_KEYRING_BACKEND"] = _NULL_KEYRING


_MAY_BE_SKIPPED = ("permissions mean nothing to this user", "this user may write everywhere", "this machine has no IPv6")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where `REPLY_XL_SKIP_NOTHING` is set, as in `.ci/run`, a program that is missing fails the tests instead of leaving some out."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("REPLY_XL_SKIP_NOTHING") or reporter is None:
        return
    skipped = [report for report in reporter.stats.get("skipped", ()) if not any(why in str(report.longrepr) for why in _MAY_BE_SKIPPED)]
    for report in skipped:
        reporter.write_line(f"SKIPPED where nothing may be: {report.nodeid or report.longrepr}")
    if skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests were started in the background, where a shell has Ctrl-C ignored


@pytest.fixture(scope="module", autouse=True)
def little_to_collect() -> None:
    """Letting go of Excel collects garbage at each call: what thousands of other tests left in memory is no longer looked through."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder; no key, proxy, certificate or keychain of this machine reaches a test."""
    folder = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.upper().startswith(_OUTSIDE):
            monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", _NULL_KEYRING)
    return folder


def people(count: int, **everyone: Any) -> list[dict[str, Any]]:
    """Fictional contacts for a sandbox, ids from `FIRST_ID`; `everyone` is added to each."""
    return [
        {"id": FIRST_ID + index, "email": f"p{index}@example.com", "firstName": f"First{index}", "lastName": f"Last{index}", **everyone}
        for index in range(count)
    ]


@pytest.fixture
def make_sandbox() -> Iterator[Callable[..., Sandbox]]:
    """Starts sandboxes; the quota is off unless given. All of them end with the test."""
    with contextlib.ExitStack() as stack:

        def make(contacts: Sequence[Mapping[str, Any]] | int = 10, *args: Any, **switches: Any) -> Sandbox:
            given = people(contacts) if isinstance(contacts, int) else contacts
            return stack.enter_context(Sandbox(given, *args, **{"quota": "off", **switches}))

        yield make


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A sandbox with ten contacts, p0@example.com to p9@example.com, and no quota."""
    return make_sandbox()


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Clients that wait for nothing; closed at the end."""
    made: list[Client] = []

    def connect(url: str, key: str = KEY, pace: Any = None, timeout: tuple[float, float] = (5.0, 5.0)) -> Client:
        made.append(Client(url, key, pace or QuickPace(), timeout=timeout))
        return made[-1]

    yield connect
    for client in made:
        client.close()


def patches(sandbox: Sandbox) -> list[Request]:
    """The PATCH requests that a sandbox saw."""
    return [request for request in sandbox.requests if request.method == "PATCH"]


Book = Callable[..., Path]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Writes a workbook: the first list is the header row."""

    def make(*rows: Sequence[Any], name: str = "book.xlsx", hidden_rows: Sequence[int] = (), hidden_columns: str = "") -> Path:
        import openpyxl

        made = openpyxl.Workbook()
        sheet = made.active
        assert sheet is not None
        sheet.title = "Contacts"
        for number, row in enumerate(rows, 1):
            for place, value in enumerate(row, 1):
                if value is not None:
                    sheet.cell(number, place, value)
        for number in hidden_rows:
            sheet.row_dimensions[number].hidden = True
        for letter in hidden_columns:
            sheet.column_dimensions[letter].hidden = True
        path = tmp_path / name
        made.save(path)
        return path

    return make


def cells(path: Path, sheet: str | None = None) -> list[dict[str, Any]]:
    """The rows below row 1, by header."""
    import openpyxl

    made = openpyxl.load_workbook(path)
    page = made[sheet] if sheet else made.active
    assert page is not None
    lines = list(page.iter_rows(values_only=True))  # type: ignore[union-attr]
    return [dict(zip(map(str, lines[0]), line, strict=True)) for line in lines[1:]]


@dataclass(frozen=True)
class Ran:
    """What a command did. `lines`: the JSON lines of stdout."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def words(self) -> list[str]:
        return [line["outcome"] for line in self.lines]


def command_line(*arguments: object) -> list[str]:
    """The installed command, as a user's shell starts it."""
    script = Path(sys.executable).with_name("reply-xl.exe" if os.name == "nt" else "reply-xl")
    start = [str(script)] if script.exists() else [sys.executable, "-c", "import sys; from reply_xl.cli import main; sys.exit(main())"]
    return [*start, *map(str, arguments)]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ran]:
    """The real command in a process of its own, without a terminal; the quota is off unless given by `env`."""

    def run(*arguments: object, env: Mapping[str, str] | None = None, stdin: str = "", cwd: Path | None = None) -> Ran:
        done = subprocess.run(
            command_line(*arguments),
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8", "REPLY_XL_QUOTA": "off", **(env or {})},
            cwd=cwd or tmp_path,
            timeout=60,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Ran]:
    """The same in this process: `cli.main`, quicker."""
    from reply_xl import cli

    def command(*arguments: object, env: Mapping[str, str] | None = None) -> Ran:
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            for name, value in {"REPLY_XL_QUOTA": "off", **(env or {})}.items():
                patch.setenv(name, value)
            capsys.readouterr()
            try:
                code = cli.main(list(map(str, arguments)))
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 1
            out, err = capsys.readouterr()
        return Ran(code, out, err)

    return command


Live = Callable[..., Ran]


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Live:
    """Runs a command with `--live` in this process. `front`: the process of the Excel whose window is in front, None where that is not known."""
    from reply_xl import config
    from reply_xl.busy import Patience
    from reply_xl.cli import main
    from reply_xl.live_commands import Desk
    from reply_xl.this_excel import this_engine

    monkeypatch.setenv("REPLY_XL_QUOTA", "off")

    def run(sandbox: Sandbox | None, *arguments: str, front: int | None = None, waits: float = 60.0, on_sleep: Any = None) -> Ran:
        def in_front(processes: Collection[int]) -> int | None:
            return front if front in processes else None

        desk = Desk(this_engine, in_front, lambda: Patience(waits, sleep=on_sleep or (lambda seconds: None), owed=config.shared_folder()))
        server = () if sandbox is None else ("--base-url", sandbox.url)
        capsys.readouterr()
        try:
            code = main([*arguments, *server], desk)
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run


def on_a_terminal(arguments: list[str], answer: bytes) -> tuple[int, str]:
    """The command with a terminal as stdin and stderr; types the answer when it is asked. Exit code and what the terminal showed."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        arguments,
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "REPLY_XL_QUOTA": "off", "TERM": "dumb"},
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(theirs)
    shown, asked = b"", False
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        ready, _, _ = select.select([ours], [], [], 0.2)
        try:
            data = os.read(ours, 65536) if ready else b""
        except OSError:
            break
        shown += data
        if not asked and b"[y/N]" in shown:
            asked = True
            os.write(ours, answer)
        if not ready and process.poll() is not None:
            break
    code = process.wait(10)
    os.close(ours)
    return code, shown.decode(errors="replace")


def _take_terminal() -> None:
    """In the new process: its stdin becomes the terminal from which Ctrl-C comes."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
