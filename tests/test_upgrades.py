"""What every version left on a user's computer opens in this one: the journal, the quota, the key, the launcher."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import keyring
import openpyxl
import pytest
from conftest import FIRST_ID, Book, Ran, cells, patches, people
from file_keyring import FileKeyring

import reply_xl
from reply_xl import config
from reply_xl.history import journal_file
from reply_xl.history.records import Records
from reply_xl.network import quota_log
from reply_xl.sandbox import Sandbox
from reply_xl.session import Session
from reply_xl.setup.launcher import Launcher, parse

FOLDER = Path(__file__).parent / "upgrades"
PHONE = "+1 415 555 0101"
Command = Callable[..., Ran]


def restored(name: str, file: Path, **names: str) -> Path:
    """The SQLite file that the fixture describes; `names` are put in for what is different in each test."""
    text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    for place, value in names.items():
        text = text.replace(f"@{place}@", value)
    assert "@" not in text.replace("@example.com", "")
    with sqlite3.connect(file) as connection:
        connection.executescript(text)
    connection.close()
    return file


def schema(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Name and columns of each table and index."""
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")]
    return {
        (name, str([connection.execute(f"SELECT * FROM pragma_{kind}(?)", (name,)).fetchall() for kind in ("table_info", "index_info")]))
        for name in names
    }


FILES = {"journal": journal_file.SCHEMAS, "quota": quota_log._SCHEMAS}


@pytest.mark.parametrize(
    ("name", "version"), [(name, version) for name, scripts in FILES.items() for version in range(1, len(scripts) + 1)]
)
def test_every_schema_version_has_its_file_and_is_never_edited(tmp_path: Path, name: str, version: int) -> None:
    """The first N scripts make what version N was; whoever adds a script adds a file, and whoever edits one hears of it here."""
    file = restored(f"{name}-{version}", tmp_path / "then.sqlite3", URL="u", INSTANCE="i", BOOK="b")
    then, now = sqlite3.connect(file), sqlite3.connect(":memory:")
    for script in FILES[name][:version]:
        now.executescript(script)
    assert schema(then) == schema(now)
    assert then.execute("PRAGMA user_version").fetchone() == (version,)
    then.close()
    now.close()


@pytest.fixture
def sandbox_then(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """The contacts as the runs of the fixtures left them; the third has not been updated yet."""
    contacts = people(3, title="Old", city="")
    contacts[0] |= {"title": "CTO", "city": "Bern"}
    contacts[1] |= {"title": "CEO", "city": "Köln"}
    return make_sandbox(contacts)


@pytest.fixture
def leads(book: Book) -> Path:
    """The workbook of the fixtures' runs."""
    return book(
        ("Reply ID", "Email", "First name", "Title", "Mobile", "Stadt"),
        (FIRST_ID, "p0@example.com", "First0", "CTO", PHONE, "Bern"),
        (FIRST_ID + 1, "p1@example.com", "First1", "CEO", None, "Köln"),
        (FIRST_ID + 2, "p2@example.com", "First2", "COO", None, None),
        name="leads.xlsx",
    )


@pytest.fixture
def opened(sandbox_then: Sandbox, leads: Path, home: Path) -> Callable[[int], Path]:
    """Puts a journal of a version where this user's is."""

    def opened(version: int) -> Path:
        with Session(sandbox_then.url) as session:
            session.contacts.whoami()
            instance = session.contacts.instance
        return restored(
            f"journal-{version}", config.data_folder() / "journal.sqlite3", URL=sandbox_then.url, INSTANCE=instance, BOOK=str(leads)
        )

    return opened


def test_journal_1_remembers_what_was_last_sent(opened: Callable[[int], Path], sandbox_then: Sandbox, leads: Path, run: Command) -> None:
    """The second phone, which Reply never shows, is not sent again; another one is."""
    opened(1)
    words = ("push", leads, "--base-url", sandbox_then.url, "--rows", "2", "--yes", "--json")
    assert run(*words).words == ["unchanged"]
    made = openpyxl.load_workbook(leads)
    assert made.active is not None
    made.active["E2"] = "+1 415 555 0199"
    made.save(leads)
    assert run(*words).words == ["updated"]
    assert [request.body for request in patches(sandbox_then)] == [{"phone2": "+1 415 555 0199"}]


def test_journal_2_lists_its_runs(opened: Callable[[int], Path], run: Command) -> None:
    """Both runs, and every value of the first."""
    opened(2)
    listed = run("runs", "--json").lines
    assert [line["run"] for line in listed] == [2, 1]
    shown = json.loads(run("show", 1, "--json").out)
    assert "Old" in str(shown)
    assert "Köln" in str(shown)


def test_journal_2_is_undone(opened: Callable[[int], Path], sandbox_then: Sandbox, run: Command) -> None:
    """The values from before the run are back in Reply."""
    opened(2)
    ran = run("undo", 1, "--yes", "--json")
    assert ran.words == ["undone", "undone"]
    assert [sandbox_then.contact(FIRST_ID + index)["title"] for index in range(3)] == ["Old", "Old", "Old"]
    assert [sandbox_then.contact(FIRST_ID + index)["city"] or "" for index in range(2)] == ["", ""]


def test_journal_2_is_resumed(opened: Callable[[int], Path], sandbox_then: Sandbox, leads: Path, run: Command) -> None:
    """What the run of that version left open is sent, and stands in the workbook."""
    opened(2)
    ran = run("resume", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert sandbox_then.contact(FIRST_ID + 2)["title"] == "COO"
    assert cells(leads)[2]["Reply status"] == "Updated"


def test_journal_2_knows_what_sheets_were_based_on(opened: Callable[[int], Path], sandbox_then: Sandbox, leads: Path, run: Command) -> None:
    """A field that was changed in Reply since that version's run, and in the sheet too, is a conflict."""
    opened(2)
    sandbox_then.edit(FIRST_ID, title="CFO")
    made = openpyxl.load_workbook(leads)
    assert made.active is not None
    made.active["D2"] = "Chair"
    made.save(leads)
    ran = run("push", leads, "--base-url", sandbox_then.url, "--rows", "2", "--yes", "--json")
    assert ran.words == ["conflict"]
    assert sandbox_then.contact(FIRST_ID)["title"] == "CFO"


def test_journal_2_keeps_what_was_agreed_to(opened: Callable[[int], Path]) -> None:
    """The column “Stadt” is not asked about again."""
    opened(2)
    with Records() as records:
        assert [choice.field for choice in records.agreements.all().values()] == ["city"]


def test_journal_3_knows_a_preview_and_the_rows_beside_it(opened: Callable[[int], Path], sandbox_then: Sandbox, run: Command) -> None:
    """Which rows of the contacts' sheet a preview was of, and what a reviewer corrected; the values go back into Reply."""
    opened(3)
    with Records() as records:
        beside = records.journal.run(1).beside
    assert beside is not None
    assert (beside.page.sheet, [(number, contact) for number, _, contact in beside.rows]) == (
        "Contacts",
        [(2, FIRST_ID), (3, FIRST_ID + 1)],
    )
    assert beside.differs == {FIRST_ID + 1: ("city",)}
    sandbox_then.edit(FIRST_ID + 1, city="Bonn")
    assert run("undo", 1, "--yes", "--json").words == ["undone"] * 5
    assert [sandbox_then.contact(FIRST_ID + index)["title"] for index in range(2)] == ["Old", "Old"]
    assert sandbox_then.contact(FIRST_ID + 1)["city"] in (None, "")


def test_quota_1_counts_on(tmp_path: Path) -> None:
    """What was asked a minute ago still counts, a pause goes on, and the reserve holds."""
    file = restored("quota-1", tmp_path / "quota.sqlite3")
    log = quota_log.QuotaLog(file, hashlib.sha256(b"a").digest(), 3600.0, lambda: 1.8e9, threading.Event())
    try:
        assert log.state() == quota_log.State([-60.0, 0.0], 90.0, 30)
    finally:
        log.close()


def test_a_newer_journal_is_left_alone(run: Command) -> None:
    """Somebody went back to an older version: it says so, and changes nothing."""
    file = config.data_folder() / "journal.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.executescript("PRAGMA journal_mode=WAL; CREATE TABLE later (x); PRAGMA user_version=99")
    connection.close()
    before = file.read_bytes()
    ran = run("runs")
    assert (ran.code, ran.err) == (1, "The journal on this computer was written by a newer reply_xl; update reply_xl.\n")
    assert file.read_bytes() == before


def test_the_key_of_0_1_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Service and name of the entry in the keychain are those of the first version."""
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    try:
        keyring.set_password("reply_xl", "https://api.reply.io", "the key")
        assert config.load("https://api.reply.io", loopback=False, environ={}).key == "the key"
    finally:
        keyring.set_keyring(before)


@pytest.mark.parametrize("name", ["ribbon", "agent", "placing", "practice_server", "functions_server", "functions", "shortcut"])
def test_what_was_written_outside_is_still_there(name: str) -> None:
    """By these names Excel, its macros, the Start menu and the registry start modules: an update of the package alone breaks none of them."""
    assert importlib.util.find_spec(f"reply_xl.{name}") is not None
    source = Path(reply_xl.__file__).with_name(f"{name}.py").read_text("utf-8")
    assert ('if __name__ == "__main__":' in source) == (name != "functions")


def test_what_waits_since_an_older_version_is_put_in_its_place(home: Path) -> None:
    """Windows starts it at logon by the name that it had: it finds nothing staged, and ends."""
    ran = subprocess.run([sys.executable, "-I", "-m", "reply_xl.placing"], capture_output=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")


def test_launcher_1_is_read() -> None:
    """As the first version wrote it, and as `addin/README.md` shows it."""
    text = "reply-xl launcher 1\r\npython=C:\\Zoe\\pythonw.exe\r\narguments=-I -m reply_xl.ribbon\r\nstart=agent\r\n"
    assert parse(text) == Launcher("C:\\Zoe\\pythonw.exe", True, "")
    assert parse("something else") is None
