"""The buttons that need no workbook, pressed in a live LibreOffice in which none is open: Connect, Help, New sheet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clicking import Clicking
from conftest import KEY
from connect_proxy import ConnectProxy
from office_engine import is_available, why_not
from tcp_proxy import TcpProxy

from reply_xl.base_urls import REPLY_URL
from reply_xl.click import Button
from reply_xl.sandbox import Sandbox

pytest.importorskip("cryptography")
from authority import Authority

pytestmark = pytest.mark.skipif(not is_available(), reason=why_not())

HOST = REPLY_URL.removeprefix("https://")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clicking]:
    clicking = Clicking(tmp_path_factory.mktemp("clicking"))
    yield clicking
    clicking.end()


@pytest.fixture
def office(running: Clicking, sandbox: Sandbox) -> Iterator[Clicking]:
    running.set_up(sandbox.url)
    yield running
    running.close_books()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def account(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A sandbox that knows one key."""
    return make_sandbox(3, keys=[KEY])


@pytest.fixture
def connected(running: Clicking, account: Sandbox, authority: Authority, tmp_path: Path) -> Iterator[Clicking]:
    """Clicks that take `account` for Reply itself: by its name, over TLS, through a company's proxy. Their keychain is a file."""
    with TcpProxy(account.url, tls=authority.server(HOST), known_as=HOST) as server, ConnectProxy(server.url) as proxy:
        keychain = {"PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring", "TEST_KEYRING": str(tmp_path / "keyring.json")}
        running.set_up(None, {"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(authority.file), **keychain})
        yield running
        running.close_books()


def test_connect(connected: Clicking, account: Sandbox, tmp_path: Path) -> None:
    """A wrong key is asked for again with the reason; the right one is kept after Reply has said whose it is, and the box says that."""
    connected.answer("wrong-key", "no key at all", f"Bearer {KEY}\n")
    assert connected.press(Button.CONNECT) < 0.5
    connected.wait()
    texts = [box["text"] for box in connected.asked()]
    assert [text.startswith("key:") for text in texts] == [True, True, True, False], connected.log()
    assert "does not know this key" in texts[1]
    assert "This is no API key" in texts[2]
    assert texts[3] == "Connected as Nora Vance (team 70001); the key is in the keychain of this computer."
    assert json.loads((tmp_path / "keyring.json").read_text()) == {f"reply_xl {REPLY_URL}": KEY}
    assert [request.path for request in account.requests] == ["/v3/whoami"] * 2
    assert not any(secret in connected.log() + "".join(connected.bar()) + "".join(texts) for secret in (KEY, "wrong-key"))


def test_connect_with_three_wrong_keys(connected: Clicking, tmp_path: Path) -> None:
    """After the third one the reason is said, and nothing is kept."""
    connected.answer("one", "two", "three", KEY)
    connected.press(Button.CONNECT)
    connected.wait()
    assert len(connected.asked()) == 4
    assert connected.asked()[-1]["text"].startswith("Not connected, and nothing was changed. Reply does not know this key")
    assert not (tmp_path / "keyring.json").exists()


def test_connect_without_a_keychain(connected: Clicking, tmp_path: Path) -> None:
    """A keychain that does not open has its sentence; the key is not asked for again."""
    (tmp_path / "keyring.json").write_text("locked")
    connected.answer(KEY)
    connected.press(Button.CONNECT)
    connected.wait()
    assert [box["text"] for box in connected.asked()][1:] == [
        "The keychain of this computer did not take the API key; set the variable REPLY_API_KEY instead."
    ]


def test_connect_that_is_given_up(connected: Clicking, account: Sandbox) -> None:
    """Closing the box sends nothing."""
    connected.answer()
    connected.press(Button.CONNECT)
    connected.wait()
    assert "no key was given" in "".join(connected.bar())
    assert account.requests == []


def test_connect_never_gives_a_key_to_a_practice_server(office: Clicking, sandbox: Sandbox) -> None:
    """While practice is on no key is asked for."""
    office.answer(KEY)
    office.press(Button.CONNECT)
    office.wait()
    assert [box["text"] for box in office.asked()] == ["Practice needs no key; leave it by clicking Practice, then click Connect."]
    assert sandbox.requests == []


def test_help(office: Clicking) -> None:
    """The guide is written and opened, and names the log and the records of this computer."""
    office.press(Button.HELP)
    office.wait()
    (path,) = office.opened()
    text = Path(path).read_text(encoding="utf-8")
    assert str(office.user / "click.log") in text
    assert f"<code>{office.user}</code>" in text
    assert office.asked() == []
    assert "Reply: The guide is open in your browser." in office.bar()


def test_help_without_a_browser(running: Clicking) -> None:
    """Where nothing opens the guide, the sentence says where it is."""
    running.set_up(None, {"CANNOT_OPEN": "1"})
    running.press(Button.HELP)
    running.wait()
    (path,) = running.opened()
    assert [box["text"] for box in running.asked()] == [f"The guide could not be opened; it is the file {path}. Open it in a browser."]
