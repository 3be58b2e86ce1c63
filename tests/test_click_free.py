"""The buttons that need no workbook, pressed in a live LibreOffice in which none is open: Connect, Help, New sheet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clicking import Clicking, by_header, until, values
from conftest import FIRST_ID, KEY, Book, patches
from connect_proxy import ConnectProxy
from office_engine import is_available, why_not
from tcp_proxy import TcpProxy

from reply_xl.mapping.columns import OURS
from reply_xl.network.base_urls import REPLY_URL
from reply_xl.sandbox import Sandbox
from reply_xl.tab.click import Button
from reply_xl.template import HEADERS

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
    return make_sandbox(None, keys=[KEY])


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
    connected.press(Button.CONNECT)
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


def test_a_new_sheet_from_the_template(office: Clicking, book: Book) -> None:
    """A workbook with every column is made in the user's Documents and is open in front; a name that a file or an open workbook has is
    never taken."""
    documents = office.home / "Documents"
    office.press(Button.NEW_FROM_TEMPLATE)
    office.wait()
    (first,) = office.books()
    assert first.name == "Reply contacts.xlsx", office.log()
    assert Path(first.fullname) == documents / first.name
    assert [cell for cell in values(first, "Contacts", "A1:AZ1")[0] if cell] == [*HEADERS, *OURS]
    assert (
        office.bar()[-2]
        == f"Reply: Reply contacts.xlsx is open. It is a new workbook for your contacts, one row for each. It lies in {documents}."
    )
    office.open(book(("Email",), name="Reply contacts 2.xlsx"))
    office.press(Button.NEW_FROM_TEMPLATE)
    office.wait()
    assert {one.name for one in office.books()} == {"Reply contacts.xlsx", "Reply contacts 2.xlsx", "Reply contacts 3.xlsx"}
    assert office.asked() == []


def test_a_new_sheet_from_reply(office: Clicking, sandbox: Sandbox) -> None:
    """From the practice server: its contacts are in a new workbook that is open, and an edit in it can be sent as it is."""
    office.answer("All contacts", "Update them")
    office.press(Button.NEW_FROM_REPLY)
    office.wait()
    (opened,) = office.books()
    assert opened.name == "Practice contacts.xlsx", office.log()
    assert [row["Reply ID"] for row in by_header(opened, "Contacts", 10)] == [str(FIRST_ID + index) for index in range(10)]
    assert "It holds 10 contacts from the practice server." in office.bar()[-2]
    column = HEADERS.index("Title") + 1
    opened.sheets["Contacts"].range((2, column)).raw_value = "CTO"
    office.select(opened, "Contacts", "A2:A4")
    office.press(Button.UPDATE)
    office.wait()
    assert [request.body for request in patches(sandbox)] == [{"title": "CTO"}], office.log()
    assert [row["Reply status"] for row in by_header(opened, "Contacts", 4)] == ["Updated", "Unchanged", "Unchanged", None]


def test_a_new_sheet_from_a_list_of_reply_itself(connected: Clicking, account: Sandbox, tmp_path: Path) -> None:
    """With the key from the keychain, the contacts of the list that was chosen; its name is in the workbook's."""
    (tmp_path / "keyring.json").write_text(json.dumps({f"reply_xl {REPLY_URL}": KEY}))
    connected.answer("Hot leads")
    connected.press(Button.NEW_FROM_REPLY)
    connected.wait()
    (box,) = connected.asked()
    assert box["choices"][0] == "All contacts"
    assert "Nothing changes in Reply" in box["text"]
    (opened,) = connected.books()
    assert opened.name == "Contacts from Reply, Hot leads.xlsx", connected.log()
    assert "It holds 7 contacts from Reply." in connected.bar()[-2]


def test_a_new_sheet_that_is_given_up(office: Clicking, sandbox: Sandbox) -> None:
    """Closing the question downloads nothing and makes no file."""
    before = sorted((office.home / "Documents").glob("*"))
    office.press(Button.NEW_FROM_REPLY)
    office.wait()
    assert "Reply: Nothing was downloaded." in office.bar()
    assert sorted((office.home / "Documents").glob("*")) == before
    assert not any(request.path.startswith("/v3/contacts") for request in sandbox.requests)


def test_a_new_sheet_goes_on_after_a_cut(running: Clicking, make_sandbox: Callable[..., Sandbox]) -> None:
    """A failure and a click on Cancel leave what was read; the sentence says how to go on, and the next click does."""
    sandbox = make_sandbox(1500)
    running.set_up(sandbox.url)
    for path in (running.home / "Documents").glob("Practice*"):
        path.unlink()
    running.answer(*["All contacts"] * 3)
    sandbox.fault("status", status=403, path=r"/v3/contacts\?", nth=2)
    running.press(Button.NEW_FROM_REPLY)
    running.wait()
    assert (
        "kept in Practice contacts.xlsx.part; click New sheet → From Reply and choose the same within a day" in running.asked()[-1]["text"]
    )
    sandbox.clear_faults()
    sandbox.set(latency=3)
    seen = len(sandbox.requests)
    running.press(Button.NEW_FROM_REPLY)
    until(lambda: any(request.path.startswith("/v3/contacts?") for request in sandbox.requests[seen:]), 30, running.log)
    running.press(Button.CANCEL)
    running.wait()
    assert any(text.startswith("Reply: Stopped. What was read before is kept") for text in running.bar()), running.log()
    sandbox.set(latency=0)
    running.press(Button.NEW_FROM_REPLY)
    running.wait()
    assert "It holds 1,500 contacts from the practice server." in "".join(running.bar()), running.log()
    (opened,) = running.books()
    assert by_header(opened, "Contacts", 1500)[-1]["Reply ID"]
    running.close_books()


def test_a_new_sheet_without_a_key(running: Clicking) -> None:
    """The sentence says to connect first."""
    running.set_up(None)
    running.press(Button.NEW_FROM_REPLY)
    running.wait()
    assert "click Connect" in running.asked()[-1]["text"]
