"""Connecting: what is taken for a key, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import keyring
import pytest
from conftest import KEY
from file_keyring import FileKeyring
from hypothesis import given
from hypothesis import strategies as st

from reply_xl import config
from reply_xl.account import cleaned_key, connect, is_possible
from reply_xl.errors import ConfigError, NotAuthorised
from reply_xl.sandbox import Sandbox


@pytest.mark.parametrize(
    "typed",
    [
        KEY,
        f"  {KEY}\r\n",
        f'"{KEY}"',
        f"“{KEY}”,",
        f"Bearer {KEY}",
        f"bearer  {KEY}",
        f"'Authorization: Bearer {KEY}'",
        f"\ufeff{KEY}\u200b",
        f"«{KEY}»;",
    ],
)
def test_what_is_copied_along_with_a_key(typed: str) -> None:
    """Space, quotes, the header's own words and what is not seen are no part of a key."""
    assert cleaned_key(typed) == KEY


@given(st.text())
def test_any_text_is_cleaned(text: str) -> None:
    """Cleaning ends for any text, and cleaning twice changes nothing."""
    assert cleaned_key(cleaned_key(text)) == cleaned_key(text)


@pytest.mark.parametrize(("key", "possible"), [(KEY, True), ("", False), ("two words", False), ("ключ", False), ("a\nb", False)])
def test_what_can_be_a_key(key: str, possible: bool) -> None:
    """Visible ASCII in one piece."""
    assert is_possible(key) is possible


@pytest.fixture
def keychain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    before = keyring.get_keyring()
    monkeypatch.setattr(keyring.core, "_keyring_backend", FileKeyring())
    assert keyring.get_keyring() is not before
    return tmp_path / "keyring.json"


def test_a_key_is_kept_once_reply_knows_it(make_sandbox: type[Sandbox], keychain: Path) -> None:
    """The sentence says whose key it is; a wrong one leaves the one that was kept before."""
    sandbox = make_sandbox(1, keys=[KEY])
    assert connect(KEY, sandbox.url) == "Connected as Nora Vance (team 70001); the key is in the keychain of this computer."
    with pytest.raises(NotAuthorised):
        connect("another-key", sandbox.url)
    assert config.stored_key(sandbox.url) == KEY


def test_a_variable_that_wins_over_the_keychain_is_named(
    make_sandbox: type[Sandbox], keychain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where REPLY_API_KEY is set, the key that was just kept would not be used, and the sentence says so."""
    monkeypatch.setenv("REPLY_API_KEY", "another")
    sandbox = make_sandbox(1, keys=[KEY])
    assert "REPLY_API_KEY is set here, and its key is used instead" in connect(KEY, sandbox.url)


def test_a_keychain_that_keeps_nothing(make_sandbox: type[Sandbox]) -> None:
    """It is noticed at once, not at the next start."""
    with pytest.raises(ConfigError, match="did not take the API key"):
        connect(KEY, make_sandbox(1, keys=[KEY]).url)
