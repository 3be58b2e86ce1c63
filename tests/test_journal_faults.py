"""What becomes of a run when the journal, the disk, the clock or another process gets in its way."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from chaos import with_clock
from conftest import FIRST_ID, Book, Ran, cells, command_line, patches
from tcp_proxy import PASS, STALL_AFTER, STALL_BEFORE, Action, TcpProxy

from reply_xl import plan
from reply_xl.errors import JournalError
from reply_xl.history.database import Database
from reply_xl.history.journal import Journal
from reply_xl.history.journal_file import SCHEMAS
from reply_xl.history.recording import Recording
from reply_xl.history.records import Records
from reply_xl.history.runs import RunKind
from reply_xl.locks import RunLock, is_running
from reply_xl.model import Outcome, Word
from reply_xl.push import Push
from reply_xl.sandbox import Sandbox
from reply_xl.session import Session
from reply_xl.workbook import Workbook

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are killed and limited as on a Unix system")
ROWS = 60
Run = Callable[..., Ran]


@pytest.fixture
def leads(book: Book) -> Path:
    return book(("Reply ID", "Title"), *[(FIRST_ID + index, f"Title {index}") for index in range(ROWS)])


@pytest.fixture
def slow(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return make_sandbox(ROWS, latency=0.01)


def start(*arguments: object, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command_line(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "REPLY_XL_QUOTA": "off", **(env or {})},
    )


def push(path: Path, url: str, *more: object, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    return start("push", path, "--yes", "--json", "--base-url", url, *more, env=env)


def ended(process: subprocess.Popen[str]) -> Ran:
    out, err = process.communicate(timeout=60)
    return Ran(process.returncode, out, err)


def wait_until(true: Callable[[], object], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.005)


def wait_for_patches(sandbox: Sandbox, count: int) -> None:
    wait_until(lambda: len(patches(sandbox)) >= count)


def push_that_lasts(path: Path, sandbox: Sandbox) -> subprocess.Popen[str]:
    """Twelve PATCHes have come, and whatever else this computer is doing, most of the sixty are still to come when the faults are cleared."""
    sandbox.set(latency=0.08)
    later = "|".join(str(FIRST_ID + index) for index in range(20, ROWS))
    sandbox.fault("stall", seconds=1, method="PATCH", path=f"contacts/({later})$")
    process = push(path, sandbox.url)
    wait_for_patches(sandbox, 12)
    return process


def killed(path: Path, sandbox: Sandbox, after: int, *more: object) -> Ran:
    """A push that was killed when the sandbox had seen so many PATCHes in all."""
    process = push(path, sandbox.url, *more)
    wait_for_patches(sandbox, after)
    process.kill()
    return ended(process)


def journal_file(home: Path) -> Path:
    return next(home.rglob("journal.sqlite3"))


def statuses(path: Path) -> Counter[Any]:
    return Counter(row.get("Reply status") for row in cells(path))


def applied(sandbox: Sandbox) -> Counter[int]:
    return Counter(request.contact_id or 0 for request in patches(sandbox) if request.applied)


def all_updated_once(path: Path, sandbox: Sandbox, in_flight: int = 4) -> None:
    """Every row says so, every contact holds its value, and nothing was sent twice but what was in flight at a kill."""
    assert statuses(path) == {"Updated": len(cells(path))}
    assert all(contact["title"] == f"Title {ident - FIRST_ID}" for ident, contact in sandbox.contacts.items())
    assert applied(sandbox).total() <= len(sandbox.contacts) + in_flight


# -- the journal cannot be written


def test_a_full_disk_stops_the_run_and_loses_nothing(leads: Path, slow: Sandbox, home: Path, run: Run) -> None:
    """From the first outcome that cannot be written on nothing more is sent; stdout and the sheet say of each row what became of it, the exit
    code is not 0; with room again, `resume` finishes the run and sends nothing again that had arrived."""
    import resource

    process = push_that_lasts(leads, slow)
    size = journal_file(home).with_name("journal.sqlite3-wal").stat().st_size
    assert size > leads.stat().st_size + 8192  # so that the workbook can still be saved
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))
    slow.clear_faults()
    done = ended(process)
    changed = set(applied(slow))
    assert done.code == 3, done.err
    assert 12 <= len(changed) < ROWS
    assert "could not be written into the journal" in done.err
    assert {line["contact_id"] for line in done.lines if line["outcome"] == "updated"} == changed
    assert Counter(done.words) == {"updated": len(changed), "cancelled": ROWS - len(changed)}
    assert {row["Reply ID"] for row in cells(leads) if row["Reply status"] == "Updated"} == changed
    assert statuses(leads)["Cancelled"] == ROWS - len(changed)
    again = run("resume", "--yes", "--json")
    assert again.code == 0, again.err
    assert set(again.words) == {"updated"}
    all_updated_once(leads, slow, 0)


def test_a_damaged_journal_stops_the_run_and_loses_nothing(leads: Path, slow: Sandbox, home: Path) -> None:
    """Overwritten in the middle of a run: what is known of each row is printed, and no traceback."""
    process = push_that_lasts(leads, slow)
    for name in ("journal.sqlite3", "journal.sqlite3-wal", "journal.sqlite3-shm"):
        file = journal_file(home).with_name(name)
        file.write_bytes(b"no database " * (file.stat().st_size // 12))
    slow.clear_faults()
    done = ended(process)
    assert done.code not in (0, -signal.SIGBUS), done.err
    assert "Traceback" not in done.err
    assert {line["contact_id"] for line in done.lines if line["outcome"] == "updated"} == set(applied(slow))
    assert len(done.lines) == ROWS


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Another program holds the journal."""
    other = sqlite3.connect(journal_file(home), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_a_journal_that_somebody_holds_is_not_moved_away(tmp_path: Path) -> None:
    """It is whole: who moved it away would lose the undo of every run. One that is no journal should be."""
    file = tmp_path / "journal.sqlite3"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(JournalError, match=r"journal\.sqlite3 cannot be used; close other programs that hold it"):
        Database(file, ["CREATE TABLE t (a)"], timeout=0.1)
    other.close()
    file.write_bytes(b"no journal" * 1000)
    with pytest.raises(JournalError, match="move it away"):
        Database(file, ["CREATE TABLE t (a)"], timeout=0.1)


def test_a_journal_that_is_locked_for_a_moment_delays_nothing(leads: Path, slow: Sandbox, home: Path) -> None:
    """The sending goes on meanwhile; in the end every outcome is on the disk."""
    process = push(leads, slow.url)
    wait_for_patches(slow, 12)
    with locked(home):
        before = len(patches(slow))
        wait_for_patches(slow, before + 25)
    done = ended(process)
    assert done.code == 0, done.err
    assert statuses(leads) == {"Updated": ROWS}
    with Records() as records:
        assert not records.journal.run(1).is_unfinished


def outcome(row: int, word: Word = Word.UPDATED) -> Outcome:
    return Outcome(row, word, "Said.", FIRST_ID)


@pytest.fixture
def stood(leads: Path, slow: Sandbox, home: Path) -> int:
    """The number of a run that stands in the journal, killed in the middle."""
    killed(leads, slow, 8)
    return 1


def test_a_journal_that_stays_locked_stops_the_sending(stood: int, home: Path) -> None:
    """After the patience with other programs the next outcome is answered with an error, so that no more is sent; what could not be written is
    handed back, and tried again at the end."""
    database = Database(journal_file(home), SCHEMAS, timeout=0.1)
    journal = Journal(database)
    recording = Recording(journal, journal.run(stood))
    with locked(home), recording:
        recording(outcome(2))
        wait_until(lambda: recording._failure is not None)
        with pytest.raises(JournalError):
            recording(outcome(3))
    assert [one.row for one in recording.lost] == [2, 3]
    again = Recording(journal, journal.run(stood))
    with again, locked(home):
        again(outcome(2))
        wait_until(lambda: again._failure is not None)
    assert again.lost == ()
    database.close()


def test_with_room_again_the_journal_goes_on(stood: int, home: Path) -> None:
    """A disk that was full for a while: what could not be written then is written later, by the same process, and read at any time."""
    import resource

    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Records() as records:
        run = records.journal.run(stood)
        records.journal.record(run, [outcome(2)])
        size = journal_file(home).with_name("journal.sqlite3-wal").stat().st_size
        recording = Recording(records.journal, run)
        with recording:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, room[1]))
            try:
                recording(outcome(ROWS))
                wait_until(lambda: recording._failure is not None)
                assert {entry.number: entry.outcome for entry in records.journal.recorded(stood).entries}[ROWS] is None
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, room)
        assert recording.lost == ()
        assert records.journal.recorded(stood).entries[ROWS - 2].outcome is not None


def test_outcomes_are_on_the_disk_within_a_second(stood: int, home: Path) -> None:
    """Also when no other follows."""
    with Records() as records, Recording(records.journal, records.journal.run(stood)) as recording:
        recording(outcome(ROWS + 1))
        began = time.monotonic()
        reader = sqlite3.connect(journal_file(home))
        wait_until(lambda: reader.execute("SELECT message FROM row WHERE number=?", (ROWS + 1,)).fetchone() == ("Said.",))
        assert time.monotonic() - began < 3  # a second, and what a busy computer takes
        reader.close()


# -- killed


def test_killed_before_the_first_patch(leads: Path, slow: Sandbox, run: Run) -> None:
    """The run stands in the journal with every row, and `resume` sends all of them."""
    stall = threading.Event()
    stall.set()
    with TcpProxy(slow.url, lambda data, number: STALL_BEFORE if stall.is_set() and data.startswith(b"PATCH") else PASS) as proxy:
        process = stalled(proxy, "push", leads, "--yes", "--base-url", proxy.url)
        process.kill()
        ended(process)
        assert statuses(leads) == {None: ROWS}
        (listed,) = run("runs", "--json").lines
        assert (listed["open"], listed["waiting"], listed["outcomes"], listed["running"]) == (ROWS, 0, {"unknown": ROWS}, False)
        assert not patches(slow)
        stall.clear()
        assert run("resume", "--yes").code == 0
    all_updated_once(leads, slow, 0)


def dying(tmp_path: Path, at: int) -> dict[str, str]:
    """An environment in which a process is killed just before it saves the workbook for the `at`-th time."""
    folder = tmp_path / "dying"
    folder.mkdir()
    code = f"""
import os, signal
_replace, _seen = os.replace, []
def replace(source, target, **more):
    if str(target).endswith("book.xlsx"):
        _seen.append(target)
        if len(_seen) == {at}:
            os.kill(os.getpid(), signal.SIGKILL)
    return _replace(source, target, **more)
os.replace = replace
"""
    (folder / "sitecustomize.py").write_text(code, encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}


@pytest.mark.parametrize("command", ["resume", "columns", "push"])
def test_a_run_that_died_after_its_last_patch_is_delivered(command: str, leads: Path, slow: Sandbox, run: Run, tmp_path: Path) -> None:
    """By `resume` and by the next command on that book alike; nothing is sent again."""
    process = push(leads, slow.url, env=dying(tmp_path, 2))
    assert ended(process).code == -signal.SIGKILL
    assert len(patches(slow)) == ROWS
    assert statuses(leads) == {None: ROWS}
    book = () if command == "resume" else (leads, "--base-url", slow.url)
    more = {"resume": ("--yes",), "push": ("--yes", "--json")}.get(command, ())
    done = run(command, *book, *more)
    assert done.code == 0, done.err
    assert len(patches(slow)) == ROWS
    assert statuses(leads) == {"Unchanged" if command == "push" else "Updated": ROWS}
    assert "No run is unfinished." in run("resume").err


def test_killed_again_while_the_results_are_delivered(leads: Path, slow: Sandbox, run: Run, tmp_path: Path) -> None:
    """Also a `resume` that dies before it saves loses nothing."""
    killed(leads, slow, 20)
    assert ended(start("resume", "--yes", env=dying(tmp_path, 1))).code == -signal.SIGKILL
    assert run("resume", "--yes").code == 0
    all_updated_once(leads, slow)


@pytest.mark.parametrize("command", ["retry", "push"])
def test_undo_after_a_kill_covers_what_nobody_wrote_down(
    command: str, home: Path, book: Book, make_sandbox: Callable[..., Sandbox], run: Run
) -> None:
    """The process was killed when a change had arrived and its answer was not on the disk yet. The next run finds that contact unchanged; an
    undo afterwards gives it its former value back all the same, and counts it beforehand."""
    sandbox = make_sandbox([{"id": FIRST_ID + index, "title": "old"} for index in range(3)])
    path = book(("Reply ID", "Title"), *[(FIRST_ID + index, "new") for index in range(3)])
    lost = threading.Event()
    lost.set()

    def act(data: bytes, _: int) -> Action:
        return STALL_AFTER if lost.is_set() and data.startswith(f"PATCH /v3/contacts/{FIRST_ID + 1} ".encode()) else PASS

    with TcpProxy(sandbox.url, act) as proxy:
        process = push(path, proxy.url)
        wait_until(lambda: len(patches(sandbox)) == 3)
        reader = sqlite3.connect(journal_file(home))
        wait_until(lambda: reader.execute("SELECT count(*) FROM row WHERE word='updated'").fetchone() == (2,))
        reader.close()
        process.kill()
        ended(process)
        lost.clear()
        changed = openpyxl.load_workbook(path)
        changed["Contacts"]["B4"] = "newer"
        changed.save(path)
        done = run("retry", "--yes", "--json") if command == "retry" else run("push", path, "--yes", "--json", "--base-url", proxy.url)
        assert done.code == 0, done.err
        undone = run("undo", "--yes", "--json")
        assert undone.code == 0, undone.err
        titles = [contact["title"] for _, contact in sorted(sandbox.contacts.items())]
        assert titles == (["old", "old", "old"] if command == "retry" else ["new", "old", "new"])
        assert f"{3 if command == 'retry' else 2} contacts; Title" in undone.err


@pytest.mark.parametrize("shift", [-86_400 * 400, 86_400 * 400])
def test_the_clock_was_set_between_run_and_resume(shift: int, leads: Path, slow: Sandbox, run: Run, tmp_path: Path) -> None:
    """Back or forth: the run is found, finished and shown, and the quota keeps nobody waiting."""
    quota = {"REPLY_XL_QUOTA": "1000/60"}
    process = push(leads, slow.url, env=quota)
    wait_for_patches(slow, 20)
    process.kill()
    ended(process)
    clock = {**with_clock(tmp_path / "clock"), "CHAOS_CLOCK": str(shift), **quota}
    done = run("resume", "--yes", "--json", env=clock)
    assert done.code == 0, done.err
    assert set(done.words) == {"updated"}
    all_updated_once(leads, slow)
    (shown,) = run("show", "--json", env=clock).lines
    assert shown["outcomes"] == {"updated": ROWS}
    assert run("undo", "--yes", "--json", env=clock).code == 0
    assert [listed["run"] for listed in run("runs", "--json", env=clock).lines] == [2, 1]


def test_a_cancelled_run_is_resumed(leads: Path, slow: Sandbox, run: Run) -> None:
    """Ctrl-C, then `resume`: the rest is sent, and only the rest."""
    process = push(leads, slow.url)
    wait_for_patches(slow, 20)
    process.send_signal(signal.SIGINT)
    done = ended(process)
    assert done.code == 3
    assert set(done.words) == {"updated", "cancelled"}
    assert "reply-xl resume 1" in done.err
    again = run("resume", "--yes", "--json")
    assert (again.code, Counter(again.words)) == (0, {"updated": ROWS}), again.err
    all_updated_once(leads, slow, 0)


# -- whom a run belongs to


def test_nothing_to_resume_is_fine(run: Run) -> None:
    """Exit 0, with and without a journal, and nothing on standard output."""
    for _ in range(2):
        done = run("resume", "--yes", "--json")
        assert (done.code, done.out, done.err) == (0, "", "No run is unfinished.\n")


def test_resume_refuses_another_address(stood: int, slow: Sandbox, make_sandbox: Callable[..., Sandbox], run: Run) -> None:
    """A run goes on where it was sent: no other server is asked anything."""
    other = make_sandbox(ROWS)
    before = len(slow.requests)
    done = run("resume", "--yes", "--base-url", other.url)
    assert (done.code, done.out) == (1, "")
    assert slow.url in done.err
    assert (len(other.requests), len(slow.requests)) == (0, before)


@pytest.mark.parametrize("who", [{"userId": 500177}, {"teamId": 70002}])
def test_resume_refuses_another_user_or_team(who: dict[str, int], leads: Path, slow: Sandbox, run: Run) -> None:
    """The same address with another key: nothing is sent."""
    said: dict[str, Any] = {}

    def act(data: bytes, number: int) -> Action:
        if data.startswith(b"GET /v3/whoami") and said:
            body = json.dumps({"userId": 500176, "username": "Nora Vance", "teamId": 70001, **said}).encode()
            return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        return PASS

    with TcpProxy(slow.url, act) as proxy:
        process = push(leads, proxy.url)
        wait_for_patches(slow, 10)
        process.kill()
        ended(process)
        wait_until(lambda: all(request.duration is not None for request in slow.requests))
        before = len(patches(slow))
        said.update(who)
        done = run("resume", "--yes", "--json")
        assert (done.code, done.out) == (1, ""), done.err
        assert "belongs to" in done.err
        assert len(patches(slow)) == before
        said.clear()
        assert run("resume", "--yes").code == 0


def test_resume_refuses_another_practice_server(stood: int, slow: Sandbox, run: Run) -> None:
    """At the same address, but started anew: its contacts are other ones."""
    slow.reset()
    done = run("resume", "--yes", "--json")
    assert (done.code, done.out) == (1, ""), done.err
    assert "started anew" in done.err
    assert not patches(slow)


# -- several at once


def stalled(proxy: TcpProxy, *arguments: object) -> subprocess.Popen[str]:
    """A process whose first PATCH gets no answer."""
    before = len(proxy.seen)
    process = start(*arguments)
    wait_until(lambda: any(line.startswith("PATCH") for line in proxy.seen[before:]))
    return process


@pytest.mark.parametrize("first", ["push", "resume"])
def test_a_run_that_is_going_on_is_left_alone(first: str, leads: Path, slow: Sandbox, run: Run) -> None:
    """`resume` refuses while the push or another `resume` is at it, and so does a push on the same book."""
    stall = threading.Event()

    def act(data: bytes, number: int) -> Action:
        return STALL_BEFORE if stall.is_set() and data.startswith(b"PATCH") else PASS

    with TcpProxy(slow.url, act) as proxy:
        if first == "resume":
            process = push(leads, proxy.url)
            wait_for_patches(slow, 10)
            process.kill()
            ended(process)
        stall.set()
        arguments = ("push", leads, "--yes", "--base-url", proxy.url) if first == "push" else ("resume", "--yes")
        process = stalled(proxy, *arguments)
        before = len(patches(slow))
        for refused in (run("resume", 1, "--yes"), run("push", leads, "--yes", "--base-url", proxy.url)):
            assert (refused.code, refused.out) == (1, "")
            assert "Run 1 " in refused.err
            assert "going on in another window" in refused.err
        (listed,) = run("runs", "--json").lines
        assert listed["running"]
        assert len(patches(slow)) == before
        process.kill()
        ended(process)
        stall.clear()
        proxy.hang_up()
        assert run("resume", "--yes").code == 0
    all_updated_once(leads, slow)


def test_two_that_start_at_once_share_nothing(leads: Path, slow: Sandbox, run: Run) -> None:
    """Of several `resume`s at the same moment one sends; the others refuse or find nothing left."""
    killed(leads, slow, 10)
    processes = [start("resume", 1, "--yes") for _ in range(3)]
    codes = sorted(ended(process).code for process in processes)
    assert codes[0] == 0
    assert set(codes) <= {0, 1}
    all_updated_once(leads, slow)


def test_a_lock_is_one_process_alone(tmp_path: Path) -> None:
    """Also while others ask for it, and while it changes hands: never two hold it, and who waits a moment gets it."""
    holders, most, got = [0], [0], [0]
    counting, over = threading.Lock(), threading.Event()

    def hold() -> None:
        for _ in range(50):
            try:
                with RunLock(tmp_path, 1):
                    with counting:
                        holders[0] += 1
                        most[0] = max(most[0], holders[0])
                        got[0] += 1
                    with counting:
                        holders[0] -= 1
            except OSError:
                pass

    def ask() -> None:
        while not over.is_set():
            is_running(tmp_path, 1)

    threads = [threading.Thread(target=hold) for _ in range(4)]
    asking = threading.Thread(target=ask)
    for thread in (asking, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    asking.join()
    assert most == [1]
    assert got[0] >= 50


def test_who_asks_does_not_keep_a_run_from_beginning(tmp_path: Path) -> None:
    """`reply-xl runs` at the very moment at which a run begins."""
    with RunLock(tmp_path, 1):
        assert is_running(tmp_path, 1)
    other = (tmp_path / "run-1.lock").open("ab")
    import fcntl

    fcntl.flock(other, fcntl.LOCK_EX)
    threading.Timer(0.05, other.close).start()
    with RunLock(tmp_path, 1):
        pass


# -- a new push over an unfinished run


def test_a_push_over_an_unfinished_run_takes_over(leads: Path, slow: Sandbox, run: Run) -> None:
    """It says so and sends what is left with the values now in the sheet; a later `resume` of the old run sends nothing of it again."""
    killed(leads, slow, 20)
    edit(leads, {row: f"Newer {row}" for row in range(40, ROWS + 2)})
    done = run("push", leads, "--yes", "--json", "--base-url", slow.url)
    assert done.code == 0, done.err
    assert "Run 1 of" in done.err
    assert "“reply-xl resume 1” finishes it" in done.err
    assert set(done.words) <= {"updated", "unchanged"}
    before = len(patches(slow))
    for arguments, said in (
        (("resume", "--yes"), "No run is unfinished.\n"),
        (("resume", 1, "--yes"), "Run 1 came to its end, and no result of it waits.\n"),
    ):
        again = run(*arguments)
        assert (again.code, again.err) == (0, said)
    assert len(patches(slow)) == before
    assert slow.contact(FIRST_ID + 50)["title"] == "Newer 52"


def test_a_push_of_some_rows_takes_over_these_alone(leads: Path, slow: Sandbox, run: Run) -> None:
    """The rest of the old run waits for its `resume`; what the new push said of its rows stays."""
    killed(leads, slow, 10)
    edit(leads, {row: f"Newer {row}" for row in range(50, 60)})
    assert run("push", leads, "--rows", "50:59", "--yes", "--base-url", slow.url).code == 0
    done = run("resume", "--yes", "--json")
    assert done.code == 0, done.err
    assert "Run 1 " in done.err
    assert set(done.words) == {"updated"}
    titles = {ident - FIRST_ID + 2: contact["title"] for ident, contact in slow.contacts.items()}
    assert titles == {row: f"Newer {row}" if 50 <= row < 60 else f"Title {row - 2}" for row in titles}
    assert statuses(leads) == {"Updated": ROWS}
    assert max(applied(slow).values()) == 1


def test_hidden_rows_stay_with_the_old_run(leads: Path, slow: Sandbox, run: Run) -> None:
    """A push over a filtered sheet does not take over the rows that it leaves out."""
    import openpyxl

    killed(leads, slow, 10)
    made = openpyxl.load_workbook(leads)
    for row in range(50, 60):
        made.active.row_dimensions[row].hidden = True  # type: ignore[union-attr]
    made.save(leads)
    assert run("push", leads, "--yes", "--base-url", slow.url).code == 0
    assert slow.contact(FIRST_ID + 50)["title"] is None
    assert run("resume", "--yes").code == 0
    assert set(statuses(leads)) <= {"Updated", "Unchanged"}
    assert applied(slow).keys() == slow.contacts.keys()


def edit(path: Path, titles: dict[int, str]) -> None:
    """The user types into the sheet."""
    import openpyxl

    made = openpyxl.load_workbook(path)
    for row, title in titles.items():
        made.active.cell(row, 2).value = title  # type: ignore[union-attr]
    made.save(path)


def test_a_run_of_another_book_is_not_taken_over(book: Book, make_sandbox: Callable[..., Sandbox], run: Run) -> None:
    """Two books about the same contacts, other fields: each run is finished by itself."""
    slow = make_sandbox(40, latency=0.01)
    titles = book(("Reply ID", "Title"), *[(FIRST_ID + index, f"Title {index}") for index in range(40)])
    cities = book(("Reply ID", "City"), *[(FIRST_ID + index, f"City {index}") for index in range(40)], name="cities.xlsx")
    killed(titles, slow, 10)
    assert run("push", cities, "--yes", "--base-url", slow.url).code == 0
    assert run("resume", "--yes").code == 0
    assert statuses(titles) == statuses(cities) == {"Updated": 40}
    assert all(
        (one["title"], one["city"]) == (f"Title {ident - FIRST_ID}", f"City {ident - FIRST_ID}") for ident, one in slow.contacts.items()
    )


# -- what the journal says of a contact of which a part had arrived


def test_what_had_arrived_is_not_lost_from_the_record(book: Book, make_sandbox: Callable[..., Sandbox], run: Run, tmp_path: Path) -> None:
    """Of a patch with a field that Reply does not store, the rest arrived before the kill: the run says so, and `undo` restores it."""
    slow = make_sandbox([{"id": FIRST_ID + index, "title": "Old"} for index in range(8)], ignores=["industry"])
    path = book(("Reply ID", "Title", "Industry"), *[(FIRST_ID + index, "New", "Energy") for index in range(8)])

    def act(data: bytes, number: int) -> Action:
        if not data.startswith(b"PATCH") or went_on.is_set():
            return PASS
        return "stall after"

    went_on = threading.Event()
    with TcpProxy(slow.url, act) as proxy:
        process = push(path, proxy.url)
        wait_for_patches(slow, 4)
        process.kill()
        ended(process)
        went_on.set()
        done = run("resume", "--yes", "--json")
        assert set(done.words) == {"not stored"}
        assert all(line["changes"].keys() == {"title", "industry"} for line in done.lines)
        assert all("Updated Title." in line["message"] for line in done.lines)
        assert run("undo", 1, "--yes").code == 0
    assert {contact["title"] for contact in slow.contacts.values()} == {"Old"}


# -- the key


def test_no_command_lets_the_key_out(leads: Path, slow: Sandbox, home: Path, tmp_path: Path) -> None:
    """Not in a file, message or traceback, also where the key is wrong, the server repeats it, or the program breaks."""
    from chaos import KEY, holding

    texts: list[str] = []

    def said(*arguments: object, **env: str) -> Ran:
        done = ended(start(*arguments, env={"REPLY_API_KEY": KEY, "REPLY_XL_QUOTA": "1000/60", **env}))
        texts.extend((done.out, done.err))
        return done

    def act(data: bytes, number: int) -> Action:
        body = b'{"title":"No","status":403,"detail":"Not with %s"}' % data.split(b"\r\n\r\n")[0].replace(b'"', b"").replace(b"\r\n", b" ")
        return b"HTTP/1.1 403 No\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    with TcpProxy(slow.url, act) as proxy:
        assert said("push", leads, "--yes", "--base-url", proxy.url).code == 1
        assert said("whoami", "--base-url", proxy.url).code == 1
    slow.set(keys=["another"])
    assert said("push", leads, "--yes", "--base-url", slow.url).code == 1
    slow.set(keys=[KEY])
    assert said("push", leads, "--yes", "--base-url", slow.url).code == 0
    for arguments in (("runs",), ("runs", "--json"), ("show",), ("show", "--json"), ("show", "--csv"), ("quota", "--base-url", slow.url)):
        assert said(*arguments).code == 0
    breaking = tmp_path / "breaking"
    breaking.mkdir()
    (breaking / "sitecustomize.py").write_text(
        "import requests.sessions\n"
        "def send(self, request, **more):\n    raise RuntimeError(f'broken: {self!r} {request!r} {self.auth!r}')\n"
        "requests.sessions.Session.send = send\n"
    )
    path = os.pathsep.join([str(breaking), *filter(None, [os.environ.get("PYTHONPATH")])])
    broken = said("push", leads, "--yes", "--base-url", slow.url, PYTHONPATH=path)
    assert broken.code == 1
    assert "unexpected" in broken.err
    assert "RuntimeError" in next(home.rglob("reply-xl.log")).read_text()
    assert holding([home, tmp_path], texts, KEY) == []


def shown(texts: Sequence[object]) -> str:
    return " ".join(f"{text!r} {text}" for text in texts)


def test_no_repr_lets_the_key_out(slow: Sandbox) -> None:
    """Of anything that has it."""
    from chaos import KEY

    from reply_xl import config
    from reply_xl.session import Session

    with Session(slow.url, key=KEY) as session:
        client = session.contacts
        assert KEY not in shown([session, client, client._session, client._session.auth, session.pace, session.server(), session.memory])
    assert KEY not in shown([config.load(slow.url, loopback=True, key=KEY)])


def cut_short(sandbox: Sandbox, records: Records, path: Path, kind: RunKind) -> int:
    """A run of this sheet that was written down and never sent."""
    with Session(sandbox.url, records=records) as session, Workbook(path) as workbook:
        sheet = workbook.sheet()
        draft = plan.draft(sheet.read(), session.contacts, session.memory, plan.Request())
        session.contacts.contact(FIRST_ID)  # it says which server it is
        number = Push(sheet.name, draft, str(path), str(path), keeps_ids=False).start(records.journal, session.server())
    if kind is RunKind.UNDO:
        with sqlite3.connect(records.folder / "journal.sqlite3") as database:
            database.execute("UPDATE run SET kind='undo' WHERE id=?", (number,))
    return number


def test_a_push_of_some_fields_takes_over_no_others(make_sandbox: Callable[..., Sandbox], book: Book, command: Callable[..., Ran]) -> None:
    """What an unfinished run was to send elsewhere is still open, and `resume` sends it."""
    sandbox = make_sandbox(2)
    path = book(("Reply ID", "Title", "City"), (FIRST_ID, "CTO", "Bern"), (FIRST_ID + 1, "CEO", "Rom"))
    with Records() as records:
        number = cut_short(sandbox, records, path, RunKind.PUSH)
    assert command("push", path, "--yes", "--fields", "city", "--base-url", sandbox.url).code == 0
    assert command("resume", "--yes").code == 0
    assert [sandbox.contacts[FIRST_ID + n]["title"] for n in range(2)] == ["CTO", "CEO"]
    assert number == 1


def test_an_unfinished_undo_outlives_a_push_that_sends_nothing(
    make_sandbox: Callable[..., Sandbox], book: Book, command: Callable[..., Ran]
) -> None:
    """`Unchanged` does not mean that the wrong values may stay; and `undo` alone does not put them back instead."""
    sandbox = make_sandbox(1)
    path = book(("Reply ID", "Title"), (FIRST_ID, "former"))
    with Records() as records:
        number = cut_short(sandbox, records, path, RunKind.UNDO)
    now = book(("Reply ID", "Title"), (FIRST_ID, None))
    assert command("push", now, "--yes", "--base-url", sandbox.url).code == 0
    ran = command("undo", "--yes")
    assert (ran.code, f"“reply-xl resume {number}” finishes it" in ran.err) == (1, True)
    assert command("resume", "--yes").code == 0
    assert sandbox.contacts[FIRST_ID]["title"] == "former"


def test_a_conflict_found_by_resume_stays_one(make_sandbox: Callable[..., Sandbox], book: Book, command: Callable[..., Ran]) -> None:
    """The next push knows what Reply held when the run was planned, so a colleague's value is not replaced without a word."""
    sandbox = make_sandbox(1)
    path = book(("Reply ID", "Title"), (FIRST_ID, "mine"))
    with Records() as records:
        cut_short(sandbox, records, path, RunKind.PUSH)
    sandbox.edit(FIRST_ID, title="theirs")
    assert command("resume", "--yes", "--json").words == ["conflict"]
    assert command("retry", 1, "--yes").code == 3  # somebody has to decide first
    assert command("push", path, "--yes", "--json", "--base-url", sandbox.url).words == ["conflict"]
    assert sandbox.contacts[FIRST_ID]["title"] == "theirs"


def test_what_arrived_of_a_conflict_row_is_shown_and_undone(
    make_sandbox: Callable[..., Sandbox], book: Book, command: Callable[..., Ran]
) -> None:
    """The title had arrived before the run was cut, the city was changed by somebody else: the auditor sees the one that was written, and an
    undo takes it back and leaves the other."""
    sandbox = make_sandbox(1)
    path = book(("Reply ID", "Title", "City"), (FIRST_ID, "CTO", "Bern"))
    with Records() as records:
        cut_short(sandbox, records, path, RunKind.PUSH)
    sandbox.edit(FIRST_ID, title="CTO", city="theirs")
    assert command("resume", "--yes", "--json").words == ["conflict"]
    (line,) = command("show", 1, "--csv").out.splitlines()[1:]
    assert ",Title,,CTO,updated," in line
    assert command("undo", 1, "--yes").code == 0
    assert (sandbox.contacts[FIRST_ID]["title"] or "", sandbox.contacts[FIRST_ID]["city"]) == ("", "theirs")
