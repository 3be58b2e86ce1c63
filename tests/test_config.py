"""Key, base URL and quota: who wins, and what is never given away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from conftest import KEY
from file_keyring import FileKeyring

from reply_xl import config
from reply_xl.errors import ConfigError
from reply_xl.network.base_urls import REPLY_URL

LOCAL = "http://127.0.0.1:8765"


@pytest.fixture
def keychain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A keychain that works."""
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    yield tmp_path / "keyring.json"
    keyring.set_keyring(before)


def test_the_environment_wins_over_the_keychain(keychain: Path) -> None:
    """`REPLY_API_KEY`, without the spaces around it; a key that was just typed wins over both."""
    config.store_key(REPLY_URL, "stored")
    assert config.load(REPLY_URL, loopback=False, environ={}).key == "stored"
    assert config.load(REPLY_URL, loopback=False, environ={"REPLY_API_KEY": " set\n"}).key == "set"
    assert config.load(REPLY_URL, loopback=False, environ={"REPLY_API_KEY": " "}).key == "stored"
    assert config.load(REPLY_URL, loopback=False, key="typed", environ={"REPLY_API_KEY": "set"}).key == "typed"


def test_a_key_knows_the_variable_it_came_from(keychain: Path) -> None:
    """So that a sentence about a wrong key can name it."""
    config.store_key(REPLY_URL, "stored")
    assert config.load(REPLY_URL, loopback=False, environ={"REPLY_API_KEY": "set"}).variable == "REPLY_API_KEY"
    assert config.load(REPLY_URL, loopback=False, environ={}).variable == ""
    assert config.load(REPLY_URL, loopback=False, key="typed", environ={"REPLY_API_KEY": "set"}).variable == ""
    assert config.load(LOCAL, loopback=True, environ={}).variable == ""


def test_a_stored_key_belongs_to_its_server(keychain: Path) -> None:
    """Neither another server nor one on this machine is given the key in the keychain."""
    config.store_key(REPLY_URL, "stored")
    config.store_key(LOCAL, "stored too")
    with pytest.raises(ConfigError):
        config.load("https://api.example.com", loopback=False, environ={})
    assert "stored" not in config.load(LOCAL, loopback=True, environ={}).key


def test_without_a_key_the_sentence_says_what_to_do() -> None:
    """Nothing in the environment and no keychain on this machine."""
    with pytest.raises(ConfigError, match="reply-xl login"):
        config.load(REPLY_URL, loopback=False, environ={})


def test_a_server_on_this_machine_needs_no_key() -> None:
    """Practice works without one."""
    assert config.load(LOCAL, loopback=True, environ={}).key


def test_a_quota_is_obeyed_on_this_machine_only() -> None:
    """`REPLY_XL_QUOTA` changes nothing for Reply itself."""
    environ = {"REPLY_API_KEY": "k", "REPLY_XL_QUOTA": "off"}
    assert config.load(LOCAL, loopback=True, environ=environ).quota == "off"
    assert config.load(REPLY_URL, loopback=False, environ=environ).quota is None
    assert config.load(LOCAL, loopback=True, environ={"REPLY_XL_QUOTA": ""}).quota is None


def test_no_repr_shows_the_key() -> None:
    """The configuration can be logged."""
    assert KEY not in repr(config.load(LOCAL, loopback=True, key=KEY, environ={}))


def test_a_key_can_be_forgotten(keychain: Path) -> None:
    """Once; then there is none to forget."""
    config.store_key(REPLY_URL, "stored")
    assert config.forget_key(REPLY_URL)
    assert not config.forget_key(REPLY_URL)
    assert config.stored_key(REPLY_URL) is None


def test_a_keychain_that_fails_has_sentences(keychain: Path) -> None:
    """A locked keychain is a ConfigError each time, which tells what to do and not the key."""
    keychain.write_text("locked")
    for action in (
        lambda: config.stored_key(REPLY_URL),
        lambda: config.store_key(REPLY_URL, KEY),
        lambda: config.forget_key(REPLY_URL),
        lambda: config.load(REPLY_URL, loopback=False, environ={}),
    ):
        with pytest.raises(ConfigError) as caught:
            action()
        assert KEY not in str(caught.value)


def test_data_lies_in_the_users_folder(home: Path) -> None:
    """The folder is made if absent."""
    folder = config.data_folder()
    assert folder.is_dir()
    assert folder.name == "reply_xl"


@pytest.mark.parametrize(
    ("platform", "environ", "folder"),
    [
        ("linux", {"HOME": "/home/zoe"}, "/home/zoe/.local/share/reply_xl"),
        ("linux", {"HOME": "/home/zoe", "XDG_DATA_HOME": ""}, "/home/zoe/.local/share/reply_xl"),
        ("linux", {"HOME": "/home/zoe", "XDG_DATA_HOME": "/data"}, "/data/reply_xl"),
        ("linux", {"HOME": "/home/zoe", "LOCALAPPDATA": "/not/windows"}, "/home/zoe/.local/share/reply_xl"),
        ("darwin", {"HOME": "/Users/zoe"}, "/Users/zoe/Library/Containers/com.microsoft.Excel/Data/reply_xl"),
        ("darwin", {"HOME": "/Users/zoe/Library/Containers/com.microsoft.Excel/Data"},
         "/Users/zoe/Library/Containers/com.microsoft.Excel/Data/reply_xl"),
        ("win32", {"LOCALAPPDATA": "C:\\Users\\zoe\\AppData\\Local", "HOME": "H:\\"}, str(Path("C:\\Users\\zoe\\AppData\\Local", "reply_xl"))),
    ],
)  # fmt: skip
def test_the_folder_that_excel_shares(platform: str, environ: dict[str, str], folder: str) -> None:
    """The same folder as in the add-in's `UserFolder`, on each system."""
    assert config.shared_folder(environ, platform) == Path(folder)


def test_on_windows_records_lie_beside_the_launcher(tmp_path: Path):
    """Both where `LOCALAPPDATA` says; it is made only if it shall be."""
    environ = {"LOCALAPPDATA": str(tmp_path / "Local")}
    folder = config.data_folder(make=False, environ=environ, platform="win32")
    assert folder == config.shared_folder(environ, "win32") == tmp_path / "Local" / "reply_xl"
    assert not folder.exists()
    assert config.data_folder(environ=environ, platform="win32").is_dir()
