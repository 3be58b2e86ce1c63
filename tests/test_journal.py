"""What is remembered of fields that Reply never returns: compared, never shown. And the file that it is kept in."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from reply_xl.errors import JournalError
from reply_xl.history.journal_file import SCHEMAS, open_journal
from reply_xl.history.last_sent import Forgetful, LastSent


def test_the_last_value_is_known_again(tmp_path: Path) -> None:
    """Also after closing; another value, field, contact or place is not known."""
    file = tmp_path / "journal.sqlite3"
    database = open_journal(file)
    memory = LastSent(database, "https://api.reply.io")
    memory.remember(1, "phone2", "old")
    memory.remember(1, "phone2", "+1 415 555 0142")
    database.close()
    database = open_journal(file)
    memory = LastSent(database, "https://api.reply.io")
    assert memory.matches(1, "phone2", "+1 415 555 0142")
    assert memory.matches(1, "phone2", " +1 415 555 0142 ")
    assert not memory.matches(1, "phone2", "old")
    assert not memory.matches(1, "phone", "+1 415 555 0142")
    assert not memory.matches(2, "phone2", "+1 415 555 0142")
    assert not memory.matches(1, "phone2", None)
    elsewhere = LastSent(database, "http://127.0.0.1:1 sandbox-2")
    assert not elsewhere.matches(1, "phone2", "+1 415 555 0142")
    database.close()


def test_a_cleared_field_is_remembered_as_cleared(tmp_path: Path) -> None:
    """null and "" are the same."""
    memory = LastSent(open_journal(tmp_path / "journal.sqlite3"), "here")
    assert not memory.matches(1, "phone2", None)
    memory.remember(1, "phone2", None)
    assert memory.matches(1, "phone2", "")


def test_no_value_is_kept_as_text(tmp_path: Path) -> None:
    """The file holds digests: neither the number nor its plain hash can be read from it."""
    memory = LastSent(open_journal(tmp_path / "journal.sqlite3"), "here")
    memory.remember(1, "phone2", "4155550142")
    for file in tmp_path.iterdir():
        assert b"4155550142" not in file.read_bytes()
    one, other = (LastSent(open_journal(tmp_path / name), "here") for name in ("a", "b"))
    assert one._digest("4155550142") != other._digest("4155550142")


def test_threads_share_a_memory(tmp_path: Path) -> None:
    """Four threads remember a hundred values each; all of them are known afterwards."""
    memory = LastSent(open_journal(tmp_path / "journal.sqlite3"), "here")

    def work(offset: int) -> None:
        for number in range(offset, 400, 4):
            memory.remember(number, "phone2", str(number))

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(memory.matches(number, "phone2", str(number)) for number in range(400))


def test_two_programs_share_a_file(tmp_path: Path) -> None:
    """The salt is made once, and each sees what the other wrote."""
    file = tmp_path / "journal.sqlite3"
    one, other = LastSent(open_journal(file), "here"), LastSent(open_journal(file), "here")
    one.remember(1, "phone2", "x")
    assert other.matches(1, "phone2", "x")


@pytest.mark.parametrize("content", [b"this is no database at all, whatever its name says" * 50, None])
def test_a_file_that_is_no_journal_has_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    """A damaged file or a folder in its place is a JournalError that names it; the file is left alone."""
    file = tmp_path / "journal.sqlite3"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(JournalError, match="journal"):
        open_journal(file)
    assert content is None or file.read_bytes() == content


def test_a_missing_folder_has_a_sentence(tmp_path: Path) -> None:
    """The folder must be there."""
    with pytest.raises(JournalError):
        open_journal(tmp_path / "absent" / "journal.sqlite3")


def test_a_journal_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """It says that reply_xl must be updated."""
    file = tmp_path / "journal.sqlite3"
    database = sqlite3.connect(file)
    database.execute(f"PRAGMA user_version={len(SCHEMAS) + 1}")
    database.close()
    with pytest.raises(JournalError, match="newer"):
        open_journal(file)


def test_a_journal_that_breaks_while_open_has_a_sentence(tmp_path: Path) -> None:
    """No exception of SQLite's comes out of it."""
    database = open_journal(tmp_path / "journal.sqlite3")
    memory = LastSent(database, "here")
    database.close()
    with pytest.raises(JournalError):
        memory.matches(1, "phone2", "x")


def test_nothing_may_be_known_of_a_nameless_server() -> None:
    """The memory of a server that does not say which instance it is forgets at once."""
    memory = Forgetful()
    memory.remember(1, "phone2", "x")
    assert not memory.matches(1, "phone2", "x")
