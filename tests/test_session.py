"""A session is built from the configuration: client, pace and memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import FIRST_ID, KEY
from tcp_proxy import TcpProxy

from reply_xl.errors import Cancelled, ConfigError, JournalError
from reply_xl.sandbox import Sandbox
from reply_xl.session import Session


def test_a_session_needs_a_key() -> None:
    """For Reply itself; the sentence says where to get one."""
    with pytest.raises(ConfigError, match="API key"):
        Session()


@pytest.mark.parametrize("url", ["http://api.reply.io", "nonsense", "https://"])
def test_a_session_needs_a_safe_url(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key goes to https or to this machine."""
    monkeypatch.setenv("REPLY_API_KEY", KEY)
    with pytest.raises(ConfigError, match="base URL"):
        Session(url)


def test_the_pace_is_replys_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """For Reply the real quota, whatever the environment says; for this machine what it says."""
    monkeypatch.setenv("REPLY_API_KEY", KEY)
    monkeypatch.setenv("REPLY_XL_QUOTA", "7/3")
    with Session() as session:
        assert session.pace.windows == ((100, 60.0), (3000, 3600.0))
        assert not session.loopback
    with Session("http://127.0.0.1:1") as session:
        assert session.pace.windows == ((7, 3.0),)
        assert session.loopback
    monkeypatch.delenv("REPLY_XL_QUOTA")
    with Session("http://127.0.0.1:1") as session:
        assert session.pace.windows == ((100, 60.0), (3000, 3600.0))


def test_cancel_reaches_the_client(sandbox: Sandbox) -> None:
    """The event given is the one that every request looks at."""
    cancelled = threading.Event()
    with Session(sandbox.url, cancelled=cancelled) as session:
        session.contacts.whoami()
        cancelled.set()
        with pytest.raises(Cancelled):
            session.contacts.whoami()


def test_one_sandbox_is_not_taken_for_another(make_sandbox: Callable[..., Sandbox], home: Path) -> None:
    """What was sent to one sandbox is not taken for sent to another one on the same port, nor to the same one after a restart."""
    first, second = make_sandbox(1), make_sandbox(1)
    with TcpProxy(first.url) as proxy:
        with Session(proxy.url) as session:
            session.contacts.whoami()
            session.memory.remember(FIRST_ID, "phone2", "1")
        with Session(proxy.url) as session:
            session.contacts.whoami()
            assert session.memory.matches(FIRST_ID, "phone2", "1") == bool(session.contacts.instance)
        proxy._upstream = ("127.0.0.1", int(second.url.rpartition(":")[2]))
        with Session(proxy.url) as session:
            session.contacts.whoami()
            assert not session.memory.matches(FIRST_ID, "phone2", "1")


def test_a_run_without_such_a_field_makes_no_file(sandbox: Sandbox, home: Path) -> None:
    """The journal is opened when it is first needed."""
    with Session(sandbox.url) as session:
        session.contacts.contact(FIRST_ID)
    assert not list(home.rglob("journal.sqlite3"))


def test_a_home_that_cannot_be_written_has_a_sentence(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder for the journal: a JournalError, not an exception of the system's."""
    (tmp_path / "file").write_text("")
    for name in ("XDG_DATA_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "file" / "inside"))
    with Session(sandbox.url) as session:
        session.contacts.whoami()
        session.contacts.instance = session.contacts.instance or "named"
        with pytest.raises(JournalError):
            session.memory.matches(FIRST_ID, "phone2", "1")
