"""The download: complete, resumable, and pushed as it was pulled it changes nothing. Real HTTP, real files."""

from __future__ import annotations

import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from shutil import which
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from conftest import FIRST_ID, Ran, people
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reply_xl import download as downloads
from reply_xl import plan, preview, pull_new
from reply_xl.download import OVERLAP, PAGE, Downloaded, Walk, Wanted, download, find_list, spool_of
from reply_xl.errors import ApiFailed, Cancelled, HeaderError, WorkbookError
from reply_xl.fields import BY_NAME, WRITABLE, value_of
from reply_xl.kinds import literal
from reply_xl.kinds.literal import Lines
from reply_xl.kinds.values import local_moment
from reply_xl.model import Contact, ContactList, CustomField, Kind, Page
from reply_xl.network.client import Client
from reply_xl.network.pace import WindowPace
from reply_xl.plan import Request
from reply_xl.sandbox import Sandbox
from reply_xl.session import Session
from reply_xl.template import build, download_columns
from reply_xl.workbook import Workbook

Make = Callable[..., Sandbox]


def _client(sandbox: Sandbox) -> Client:
    return Client(sandbox.url, "key", WindowPace(()))


def _pull(source: Any, target: Path, wanted: Wanted | None = None) -> Downloaded:
    return download(source, wanted or Wanted(), target, place="test")


def _rows(path: Path) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(path)["Contacts"]
    lines = list(sheet.iter_rows(values_only=True))
    return [dict(zip(map(str, lines[0]), line, strict=True)) for line in lines[1:]]


def _ids(path: Path) -> list[int]:
    return [int(row["Reply ID"]) for row in _rows(path)]


def _pushed(sandbox: Sandbox, path: Path) -> list[str]:
    """What `push` would make of each row of the file."""
    with Workbook(path) as book, Session(sandbox.url) as session:
        draft = plan.draft(book.sheet().read(), session.contacts, session.memory, Request())
        return [outcome.message if outcome.word != "unchanged" else outcome.word.value for outcome in preview.foreseen(draft)]


# -- the key property

ODD = (
    "=1+1", "+1", "-1", "@SUM(A1)", "'quoted", "\u00a0NBSP\u00a0", " spaces ", "line\nbreak", "line\r\nbreak", "old\rmac", "tab\tbed", "_x000D_", "_x0041_", "a_x0041_b",
    "007", "1E5", "4155550123.0", "TRUE", "#N/A", "11-50", "2026-01-31", "<clear>", "<CLEAR>", "<b>&amp;</b>", "]]>", "\u200bhidden\u200b", "e\u0301", "é",
    "\x07bell", "\x85", "\ufffe", "\uffff", "😀", "\U0001fffe", "x" * 32_767, "x" * 32_768, "😀" * 16_384, "ﬁ", "日本", "“”", " \n ", "\u2028", "\ufeff", "_", "&",
    "linkedin.com/in/x", "https://exa_mple.com/_x0041_", "https://ex.com/a b", "Europe/Berlin", "europe/berlin", "Mars/Olympus", "12,5", "12.50", "1e3", "0.1", "1" * 20,
)  # fmt: skip
_text = st.one_of(st.sampled_from(ODD), st.text(max_size=12))
_members: dict[str, st.SearchStrategy[Any]] = {
    **{field.name: st.one_of(st.none(), _text) for field in WRITABLE if field.kind in (Kind.TEXT, Kind.URL, Kind.TIME_ZONE)},
    "firstName": _text,
    "email": st.one_of(st.emails(), _text),
    "companySize": st.sampled_from([choice.value for field in WRITABLE if field.name == "companySize" for choice in field.choices]),
    "callStatus": st.sampled_from(["none", "toCall", "called"]),
    "meetingStatus": st.sampled_from(["none", "meetingBooked"]),
    "isOptedOut": st.booleans(),
    "ownerUserId": st.one_of(st.none(), st.integers(-1, 2**33)),
    "accountId": st.one_of(st.none(), st.integers(-1, 2**33)),
    "addingDate": st.one_of(st.datetimes(datetime(1900, 1, 1)).map(datetime.isoformat), _text),
    "customFields": st.dictionaries(st.sampled_from(["Text", "Number", "#9", "Twice", "<a&b>"]), st.one_of(_text, st.integers().map(str))),
}
FIELDS = [
    {"id": 5, "title": "Text", "fieldType": "text"}, {"id": 6, "title": "Number", "fieldType": "number"}, {"id": 7, "title": "#9", "fieldType": "text"},
    {"id": 8, "title": "Twice", "fieldType": "text"}, {"id": 9, "title": "Twice", "fieldType": "text", "orgWide": True}, {"id": 10, "title": "<a&b>", "fieldType": "text"},
]  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(contacts=st.lists(st.fixed_dictionaries({}, optional=_members), min_size=1, max_size=4), by_id=st.booleans())
@example(
    contacts=[
        {"notes": text, "title": text, "linkedInUrl": text, "phone": text, "customFields": {"Text": text, "Number": text}} for text in ODD
    ],
    by_id=True,
)
@example(
    contacts=[
        {"timeZoneId": text, "email": text, "company": text, "firstName": text, "customFields": {"<a&b>": text, "Twice": text}}
        for text in ODD
    ],
    by_id=False,
)
def test_pushed_as_it_was_pulled_it_changes_nothing(tmp_path_factory: pytest.TempPathFactory, contacts: list[dict[str, Any]], by_id: bool):
    """Whatever the contacts hold, in every kind of field: each row of the pulled workbook is *unchanged* for `push`, and nothing is sent."""
    path = tmp_path_factory.mktemp("pull") / "leads.xlsx"
    with Sandbox(contacts, FIELDS, quota="off", custom_field_keys="id" if by_id else "name") as sandbox:
        result = _pull(_client(sandbox), path)
        assert result.contacts == len(contacts)
        assert _pushed(sandbox, path) == ["unchanged"] * len(contacts)
        assert {request.method for request in sandbox.requests} == {"GET"}


@settings(max_examples=200, deadline=None)
@given(st.lists(_text, min_size=1, max_size=5))
def test_a_plain_look_and_a_careful_one_agree(texts: list[str]):
    """What is seen at one look for a whole column is what the careful look says of each value: the same cells, the same blanks."""
    customs = (CustomField(5, "Text"), CustomField(6, "Number", numeric=True))
    columns = download_columns(customs)
    contacts = [
        Contact(
            FIRST_ID + place,
            {field.name: text for field in WRITABLE if field.kind not in (Kind.INTEGER, Kind.BOOLEAN)},
            {"5": text, "6": text},
        )
        for place, text in enumerate(texts)
    ]
    together, lost = Lines(columns).xml(contacts, 2)
    single = [Lines(columns).xml([contact], number) for number, contact in enumerate(contacts, 2)]

    def cells(rows: bytes) -> list[tuple[Any, ...]]:
        root = ElementTree.fromstring(b"<s>" + rows + b"</s>")
        return [(cell.get("r"), cell.get("s"), cell.get("t"), "".join(cell.itertext())) for cell in root.iter("c")]

    assert cells(together) == [cell for rows, _ in single for cell in cells(rows)]
    assert lost == sorted(one for _, few in single for one in few)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process cannot be set on Windows")
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC"])
def test_times_are_those_of_this_machine(monkeypatch: pytest.MonkeyPatch, zone: str):
    """Times become local, on both sides of the hours at which clocks are put forward and back, in zones of odd offsets too."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    literal._half_hour.cache_clear()
    literal._moment_cell.cache_clear()
    columns = download_columns(())
    letter = next(column.letter for column in columns if column.target is BY_NAME["addingDate"])
    try:
        for month in (1, 3, 4, 10, 11):
            for minute in range(0, 3 * 24 * 60, 7):
                moment = datetime(2026, month, 28 if month == 3 else 1 if month != 10 else 24) + timedelta(
                    minutes=minute, seconds=minute % 60
                )
                for text in (f"{moment.isoformat()}+00:00", f"{moment.isoformat()}.5Z", moment.isoformat(), f"{moment.isoformat()}+05:30"):
                    rows, _ = Lines(columns).xml([Contact(1, {"addingDate": text}, {})], 2)
                    serial = float(rows.decode().split(f'r="{letter}2"')[1].split("<v>")[1].split("<")[0])
                    assert datetime(1899, 12, 30) + timedelta(seconds=round(serial * 86400)) == local_moment(text), text
    finally:
        monkeypatch.undo()
        time.tzset()
        literal._half_hour.cache_clear()
        literal._moment_cell.cache_clear()


def test_every_field_arrives(make_sandbox: Make, tmp_path: Path):
    """Ids, labels of enums, yes and no, real dates in local time, numbers of numeric custom fields, names of lists: each as the template has it."""
    contact = {
        "email": "ada@example.com", "firstName": "Ada", "companySize": "OneThousand", "isOptedOut": True, "callStatus": "toCall", "phone": "+49 30 1234",
        "ownerUserId": 500177, "addingDate": "2026-03-01T10:30:00", "customFields": {"Budget": "5000", "Lead Source": "=HYPERLINK(1)"}, "lists": [9002],
    }  # fmt: skip
    sandbox = make_sandbox([contact])
    path = tmp_path / "leads.xlsx"
    assert _pull(_client(sandbox), path) == Downloaded(1, 0, 0, (), 0, True)
    (row,) = _rows(path)
    expected = {
        "Reply ID": str(FIRST_ID), "Email": "ada@example.com", "Company size": "501-1000", "Opted out": "yes", "Call status": "to call", "Meeting status": None,
        "Phone": "+49 30 1234", "Owner user ID": "500177", "custom: Budget": 5000, "custom: Lead Source": "=HYPERLINK(1)", "Reply lists": "Hot leads",
        "Reply adding date": datetime(2026, 3, 1, 10, 30), "Reply domain": "example.com", "Reply status": None, "Second phone": None,
    }  # fmt: skip
    assert {header: row[header] for header in expected} == expected
    sheet = openpyxl.load_workbook(path)["Contacts"]
    kinds = {str(head.value): cell.data_type for head, cell in zip(sheet[1], sheet[2], strict=True)}
    assert (kinds["custom: Lead Source"], kinds["custom: Budget"], kinds["Reply adding date"]) == ("s", "n", "d")
    assert sheet.tables["Contacts_in_Reply"].ref == sheet.dimensions


def test_what_no_cell_can_say_is_named(make_sandbox: Make, tmp_path: Path):
    """A value that a push would not leave as it is becomes a blank cell, and the result names its contact and field."""
    sandbox = make_sandbox([{"notes": "a\x07b"}, {"notes": "x" * 40_000}, {"title": "<clear>"}, {"title": "fine"}])
    result = _pull(_client(sandbox), tmp_path / "leads.xlsx")
    assert result.lost == ((FIRST_ID, "notes"), (FIRST_ID + 1, "notes"), (FIRST_ID + 2, "title"))
    assert [(row["Notes"], row["Title"]) for row in _rows(tmp_path / "leads.xlsx")] == [(None, None)] * 3 + [(None, "fine")]


def test_no_contact_at_all(make_sandbox: Make, tmp_path: Path):
    """An empty workspace gives a workbook with headers and no contact, whose table is still one."""
    assert _pull(_client(make_sandbox([])), tmp_path / "leads.xlsx").contacts == 0
    sheet = openpyxl.load_workbook(tmp_path / "leads.xlsx")["Contacts"]
    assert sheet.tables["Contacts_in_Reply"].ref.endswith("2")


# -- lists and searches


def test_a_list_and_a_search(make_sandbox: Make, tmp_path: Path):
    """`--list` takes the contacts of that list, `--search` those whose text holds the term, both together those of both."""
    contacts = [{"lastName": name, "lists": lists} for name, lists in (("Blue", [9001]), ("Red", [9001]), ("Bluest", []), ("Green", []))]
    client = _client(make_sandbox(contacts))
    number = find_list(client, "Autumn webinar").id
    for place, (wanted, names) in enumerate(
        ((Wanted(number), ["Blue", "Red"]), (Wanted(search="blue"), ["Blue", "Bluest"]), (Wanted(number, "blue"), ["Blue"]))
    ):
        path = tmp_path / f"{place}.xlsx"
        _pull(client, path, wanted)
        assert [row["Last name"] for row in _rows(path)] == names


class _Lists:
    def __init__(self, *names: str) -> None:
        self._lists = [ContactList(number, name) for number, name in enumerate(names, 1)]

    def contact_lists(self, search: str) -> tuple[ContactList, ...]:
        return tuple(one for one in self._lists if search.casefold() in one.name.casefold())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Hot leads", 1),
        ("hot LEADS", 1),
        ("#3", 3),
        ("Twins", "2 lists called “Twins”; say which: --list \"#4\" or --list \"#5\""),
        ("Hot", "no list “Hot”; it has “Hot leads”, “Hot leads 2026”"),
        ("Hotleads", "no list “Hotleads”; it has “Hot leads”"),
        ("zzz", "no list “zzz”; it has “Cold”, "),
        ("#77", "no list “#77”"),
    ],
)  # fmt: skip
def test_a_list_is_found_by_its_name(name: str, says: int | str):
    """The exact name wins, then the same without case, then an id; an unknown or ambiguous one is answered with candidates."""
    source: Any = _Lists("Hot leads", "Hot leads 2026", "Cold", "Twins", "Twins")
    if isinstance(says, int):
        assert find_list(source, name).id == says
    else:
        with pytest.raises(HeaderError, match="list") as caught:
            find_list(source, name)
        assert says in str(caught.value)


def test_a_workspace_without_lists(make_sandbox: Make):
    """Where there is no list at all, the sentence says so."""
    source: Any = _Lists()
    with pytest.raises(HeaderError, match="no lists at all"):
        find_list(source, "Hot")


# -- cut and gone on with


class _Cut:
    """The client, until its `after`-th page; `meanwhile` happens before that many pages more."""

    def __init__(
        self, client: Client, after: int = 10**9, error: Exception | None = None, meanwhile: Callable[[int], None] = lambda number: None
    ) -> None:
        self._client, self._after, self._error, self._meanwhile = (
            client,
            after,
            error or ApiFailed("Reply had a problem.", status=500),
            meanwhile,
        )
        self.pages = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def page(self, top: int, skip: int) -> Page:
        self.pages += 1
        if self.pages > self._after:
            raise self._error
        self._meanwhile(self.pages)
        return self._client.page(top, skip)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 20 contacts, so that a few hundred make many pages."""
    monkeypatch.setattr(downloads, "PAGE", 20)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("error", [ApiFailed("Reply had a problem.", status=500), Cancelled("Cancelled.")])
def test_a_download_that_was_cut_goes_on(make_sandbox: Make, tmp_path: Path, error: Exception):
    """After an error or Ctrl-C the pages so far are kept, the same call reads only the rest, and the workbook is the same as without a cut."""
    client = _client(make_sandbox(95))
    path = tmp_path / "leads.xlsx"
    with pytest.raises(type(error)):
        _pull(_Cut(client, 4, error), path)
    assert not path.exists()
    assert spool_of(path).exists()
    rest = _Cut(client)
    result = _pull(rest, path)
    assert (result.contacts, result.resumed, rest.pages) == (95, 50, 5)
    _pull(client, tmp_path / "whole.xlsx")
    assert path.read_bytes() == (tmp_path / "whole.xlsx").read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["leads.xlsx", "whole.xlsx"]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    "damage", [lambda data: data[:-7], lambda data: data[:-300] + bytes(300), lambda data: data + b"{", lambda data: data[:-9000]]
)
def test_a_damaged_spool_loses_only_its_end(make_sandbox: Make, tmp_path: Path, damage: Callable[[bytes], bytes]):
    """A page that did not reach the disk as a whole is read again: the workbook is the same as without the damage."""
    client = _client(make_sandbox(95))
    path = tmp_path / "leads.xlsx"
    with pytest.raises(ApiFailed):
        _pull(_Cut(client, 4), path)
    spool_of(path).write_bytes(damage(spool_of(path).read_bytes()))
    assert _pull(client, path).contacts == 95
    assert _ids(path) == [FIRST_ID + place for place in range(95)]


@pytest.mark.usefixtures("small_pages")
def test_another_download_is_not_gone_on_with(make_sandbox: Make, tmp_path: Path):
    """What was kept of another list, workspace or day is not mixed in: the download begins anew."""
    client = _client(make_sandbox(45))
    path = tmp_path / "leads.xlsx"
    for wanted, place in ((Wanted(search="First"), "test"), (Wanted(), "elsewhere")):
        with pytest.raises(ApiFailed):
            download(_Cut(client, 2), Wanted(), path, place="test")
        assert download(client, wanted, path, place=place).resumed == 0
        path.unlink()


def test_nothing_of_anybody_is_replaced(make_sandbox: Make, tmp_path: Path):
    """An existing workbook, a spool of another program, a wrong ending and a missing folder have a sentence each, before Reply is asked."""
    sandbox = make_sandbox(3)
    (tmp_path / "there.xlsx").write_bytes(b"mine")
    (tmp_path / "new.xlsx.part").write_bytes(b"a browser's")
    for name, says in (
        ("there.xlsx", "never replaced"),
        ("leads.csv", "must end in .xlsx"),
        ("no/leads.xlsx", "no folder"),
        ("new.xlsx", "in the way"),
    ):
        with pytest.raises(WorkbookError, match=says):
            _pull(_client(sandbox), tmp_path / name)
    assert (tmp_path / "there.xlsx").read_bytes() == b"mine"
    assert (tmp_path / "new.xlsx.part").read_bytes() == b"a browser's"
    assert not any("contacts" in request.path for request in sandbox.requests)


def test_a_name_taken_meanwhile_is_not_taken_over(make_sandbox: Make, tmp_path: Path):
    """A file that appears under the target's name during the download stays as it is, and what was downloaded is kept."""
    path = tmp_path / "leads.xlsx"
    with pytest.raises(WorkbookError, match="meanwhile"):
        _pull(_Cut(_client(make_sandbox(3)), meanwhile=lambda number: path.write_bytes(b"mine") and None), path)
    assert path.read_bytes() == b"mine"
    assert spool_of(path).exists()


@pytest.mark.skipif(which("bash") is None, reason="locks are tested where they are POSIX")
def test_two_downloads_into_one_file(make_sandbox: Make, tmp_path: Path):
    """A second download into the same workbook is refused while the first one runs."""
    client = _client(make_sandbox(3))
    path = tmp_path / "leads.xlsx"
    caught: list[str] = []

    def second(number: int) -> None:
        try:
            _pull(client, path)
        except WorkbookError as error:
            caught.append(str(error))

    assert _pull(_Cut(client, meanwhile=second), path).contacts == 3
    assert len(caught) == 1
    assert "another download" in caught[0]


# -- complete although contacts come and go


@pytest.mark.usefixtures("small_pages")
def test_contacts_that_come_and_go_meanwhile(make_sandbox: Make, tmp_path: Path):
    """Contacts are added and deleted between the pages, before and behind the place that is being read: every contact that was there from
    the first page to the last is in the workbook, once."""
    first = people(100)
    sandbox = make_sandbox([contact for contact in first if contact["id"] % 10])
    stays = {contact["id"] for contact in first if contact["id"] % 10 not in (0, 1)}
    gone = sorted(contact["id"] for contact in first if contact["id"] % 10 == 1)
    client = _client(sandbox)

    def meanwhile(number: int) -> None:
        if number > 1 and gone:
            sandbox.delete(gone.pop(0))

    source = _Cut(client, meanwhile=meanwhile)
    result = _pull(source, tmp_path / "leads.xlsx")
    ids = _ids(tmp_path / "leads.xlsx")
    assert len(ids) == len(set(ids)) == result.contacts
    assert stays <= set(ids)
    assert result.certain


class _Reply:
    """A workspace in memory whose order and contacts change between the pages as told."""

    def __init__(self, ids: Sequence[int], changes: Iterator[Callable[[list[int]], None]]) -> None:
        self.ids = list(ids)
        self._changes = changes
        self.pages = 0

    def walk(self) -> Walk:
        walk = Walk()
        while not walk.over:
            self.pages += 1
            if self.pages > 1:
                next(self._changes, lambda ids: None)(self.ids)
            page = self.ids[walk.skip : walk.skip + 30]
            walk.take(page, 0, walk.skip + 30 < len(self.ids))
        return walk


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_moves_one_at_a_time(data: st.DataObject):
    """Before each page one thing happens: a contact is added, deleted, or moved to another place. Every contact that stayed is found, once,
    and the walk ends; or it says that it is not certain, which it never does if fewer things happened than there are passes."""
    ids = list(range(1, data.draw(st.integers(0, 120)) + 1))
    most = data.draw(st.sampled_from([4, 12]))
    new = iter(range(1000, 2000))

    def change() -> Callable[[list[int]], None]:
        kind = data.draw(st.sampled_from(["none", "none", "add", "delete", "move"]))

        def happen(ids: list[int]) -> None:
            moved = [ids.pop(data.draw(st.integers(0, len(ids) - 1)))] if ids and kind in ("delete", "move") else []
            if kind in ("add", "move"):
                ids.insert(data.draw(st.integers(0, len(ids))), moved[0] if moved else next(new))

        return happen

    reply = _Reply(ids, (change() for _ in range(most)))
    walk = reply.walk()
    assert walk.certain or most == 12
    assert set(ids) & set(reply.ids) <= walk.known or not walk.certain
    assert walk.passes <= 5


def test_nothing_moves():
    """Where nothing moves, each page is read once: one pass."""
    reply = _Reply(range(100), iter(()))
    assert reply.walk().passes == 1
    assert reply.pages == 5


def test_an_order_that_never_holds():
    """Where the order is another one at each request, the walk ends, finds everything in the passes it has, or says that it is not certain."""
    reply = _Reply(range(1, 101), (lambda ids: ids.reverse() for _ in range(1000)))
    walk = reply.walk()
    assert walk.passes <= 5
    assert walk.known == set(range(1, 101)) or not walk.certain


def test_pages_that_do_not_get_on():
    """A server that always gives the same few contacts and says that there are more does not keep the download for ever."""
    walk = Walk()
    for _ in range(50):
        if not walk.over:
            walk.take([1, 2, 3], 0, True)
    assert walk.over
    assert walk.known == {1, 2, 3}


def test_contacts_that_cannot_be_read_are_counted(make_sandbox: Make, tmp_path: Path):
    """An item that is no contact is left out, counted, and moves nothing: the contacts around it are all there."""

    class Odd:
        def __init__(self, client: Client) -> None:
            self._client = client

        def __getattr__(self, name: str) -> Any:
            return getattr(self._client, name)

        def page(self, top: int, skip: int) -> Page:
            page = self._client.page(top, skip)
            return Page(page.contacts[1:], page.has_more, 1) if skip == 0 else page

    result = _pull(Odd(_client(make_sandbox(10))), tmp_path / "leads.xlsx")
    assert (result.contacts, result.unreadable) == (9, 1)


# -- the command, and other programs


def _command(sandbox: Sandbox, target: Path, *, list_name: str | None = None, search: str | None = None) -> int:
    return pull_new.run(target, list_name, search, sandbox.url, threading.Event())


def test_the_command_says_what_it_did(
    make_sandbox: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """The command names the workbook and how many contacts it holds; after a cut it says what is kept and how to go on, and then goes on."""
    monkeypatch.setenv("REPLY_XL_QUOTA", "off")
    monkeypatch.setattr(downloads, "PAGE", 20)
    sandbox = make_sandbox(45)
    path = tmp_path / "leads.xlsx"
    sandbox.set(keys=["another"])
    with pytest.raises(Exception, match="API key"):
        _command(sandbox, path)
    sandbox.set(keys=None)
    sandbox.fault("status", status=403, path=r"/v3/contacts\?", nth=3)
    assert _command(sandbox, path) == 1
    assert "30 contacts are kept in leads.xlsx.part; run the same command again" in capsys.readouterr().err
    stopped = threading.Event()
    stopped.set()
    assert pull_new.run(path, None, None, sandbox.url, stopped) == 3
    assert "Stopped. What was read before is kept in leads.xlsx.part" in capsys.readouterr().err
    assert _command(sandbox, path) == 0
    out, err = capsys.readouterr()
    assert out == f"leads.xlsx holds 45 contacts. Edit it, then: reply-xl preview leads.xlsx --base-url {sandbox.url}\n"
    assert "30 contacts had been kept" in err
    assert _command(sandbox, tmp_path / "few.xlsx", search="p3@") == 0
    assert capsys.readouterr().out.startswith("few.xlsx holds 1 contact.")


@pytest.mark.skipif(which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_reads_the_same_values(make_sandbox: Make, tmp_path: Path):
    """LibreOffice opens a download and sees in every cell the text, the number and the date that Reply holds; no text becomes a formula."""
    odd = [text for text in ODD if len(text) < 100]
    contacts = [{"notes": text, "title": text, "phone": text, "customFields": {"Budget": "12.5", "Lead Source": text}} for text in odd]
    client = _client(make_sandbox(contacts))
    path = tmp_path / "leads.xlsx"
    _pull(client, path)
    command = [
        "soffice",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        tmp_path / "out",
        path,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    columns = download_columns(client.custom_fields())
    held = {contact.id: contact for contact in client.page(1000, 0).contacts}
    with Workbook(path) as ours, Workbook((tmp_path / "out" / path.name).rename(tmp_path / "theirs.xlsx")) as theirs:
        one, other = (book.sheet().read() for book in (ours, theirs))
    assert len(one.rows) == len(odd)
    for row, their_row in zip(one.rows, other.rows, strict=True):
        assert list(row.cells) == list(their_row.cells)[: len(row.cells)]
        contact = held[int(str(row[0]))]
        for column in columns:
            cell = row[column.index]
            if column.target is not None and isinstance(cell, str) and column.target.kind is Kind.TEXT:
                assert cell == str(value_of(contact, column.target)).replace("\r\n", "\n").replace("\r", "\n")
    with zipfile.ZipFile(tmp_path / "theirs.xlsx") as package:
        assert b"<f" not in package.read("xl/worksheets/sheet1.xml").replace(b"<formula", b"")


def test_the_file_is_one_that_zipfile_finds_whole(make_sandbox: Make, tmp_path: Path):
    """Pages packed one by one make one part with the right checksum and length."""
    _pull(_client(make_sandbox(PAGE + 2 * OVERLAP)), tmp_path / "leads.xlsx")
    with zipfile.ZipFile(tmp_path / "leads.xlsx") as package:
        assert package.testzip() is None
    assert build(("Reply ID",), [])[:2] == b"PK"


def test_from_the_command_line(make_sandbox: Make, run: Callable[..., Ran]):
    """`pull --new`, edit, `push`: the downloaded workbook can be pushed as it is, and options that do not belong together are refused."""
    sandbox = make_sandbox(None)
    at = ("--base-url", sandbox.url)
    done = run("pull", "--new", "leads.xlsx", "--list", "Autumn webinar", *at)
    assert (done.code, done.out) == (
        0,
        f"leads.xlsx holds 7 contacts. Edit it, then: reply-xl preview leads.xlsx --base-url {sandbox.url}\n",
    )
    assert run("push", "leads.xlsx", "--json", *at).words == ["unchanged"] * 7
    again = run("pull", "--new", "leads.xlsx", *at)
    assert (again.code, again.err) == (1, "leads.xlsx is there already and is never replaced; choose another name, or move it away.\n")
    assert "“Autumn webinar”" in run("pull", "--new", "x.xlsx", "--list", "Autumn webina", *at).err
    for wrong in (("pull",), ("pull", "leads.xlsx", "--new", "x.xlsx")):
        assert run(*wrong, *at).code == 2
    for wrong in (("pull", "leads.xlsx", "--list", "x"), ("pull", "--new", "x.xlsx", "--fields", "title")):
        assert run(*wrong, *at).code == 1
