"""New sheet where Excel cannot be reached or the folder is odd; in a live spreadsheet program it is in `test_click_free`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest
from conftest import cells, people
from tcp_proxy import PASS, TcpProxy
from test_click import written

from reply_xl.config import documents_folder
from reply_xl.errors import NotAgreed, NotAuthorised, WorkbookError
from reply_xl.excel import Excel
from reply_xl.sandbox import Sandbox
from reply_xl.sandbox.data import LISTS
from reply_xl.session import Session
from reply_xl.tab.click import parse
from reply_xl.tab.new_sheet import from_reply, from_template
from reply_xl.tab.window import Window

Make = Callable[..., Sandbox]


class Person:
    """Takes the same option of every list; `told` is what the boxes said, `offered` the options."""

    def __init__(self, takes: int | None = 0) -> None:
        self.told: list[str] = []
        self.offered: list[str] = []
        self._takes = takes

    def tell(self, text: str) -> None:
        self.told.append(text)

    def ask(self, text: str, choices: Sequence[str], *, default: int = 0) -> int | None:
        return None

    def choose(self, text: str, options: Sequence[str], action: str) -> int | None:
        self.offered = list(options)
        return self._takes

    def ask_key(self, problem: str = "") -> str | None:
        return None


class Opener:
    def __init__(self, works: bool = True) -> None:
        self.files: list[Path] = []
        self._works = works

    def __call__(self, path: Path) -> bool:
        self.files.append(path)
        return self._works


def nowhere(person: Person) -> tuple[Window, Excel]:
    """An Excel that shows no workbook, as Windows has it: it is not among those that can be spoken with."""
    excel = Excel(SimpleNamespace(apps={}), parse(written(book="", path="", sheet="", kind="", cell="")), lambda window: 4711)
    return Window(excel, person, threading.Event()), excel


def test_an_excel_without_a_workbook_gets_the_file_as_by_a_double_click() -> None:
    """The file is made and opened by the computer; each click makes another one."""
    opener = Opener()
    for _ in range(2):
        window, excel = nowhere(Person())
        from_template(window, excel, opener)
    assert [path.name for path in opener.files] == ["Reply contacts.xlsx", "Reply contacts 2.xlsx"]
    assert {path.parent for path in opener.files} == {documents_folder()}
    assert window.sentence.startswith("Reply contacts 2.xlsx is open.")
    assert openpyxl.load_workbook(opener.files[0])["Contacts"]["A1"].value == "Reply ID"


def test_a_file_that_nothing_opens() -> None:
    """The sentence says where it lies, in a box."""
    person = Person()
    window, excel = nowhere(person)
    from_template(window, excel, Opener(works=False))
    assert person.told == [
        f"Reply contacts.xlsx lies in {documents_folder()}; open it there. It is a new workbook for your contacts, one row for each."
    ]


def test_a_folder_that_takes_no_file() -> None:
    """Where Documents cannot be, the sentence says so and nothing is asked of Reply."""
    documents_folder().parent.mkdir(parents=True, exist_ok=True)
    documents_folder().write_text("a file")
    window, excel = nowhere(Person())
    with pytest.raises(WorkbookError, match="No new workbook can be written"):
        from_template(window, excel, Opener())


@pytest.mark.parametrize("name", ['a/b\\c:d*e?f"g<h>i|j[k]', "..", "x" * 300, "CON", "שלום 👋", " \t", "=1+1"])
def test_any_name_of_a_list_makes_a_name_of_a_file(make_sandbox: Make, name: str) -> None:
    """Whatever a list is called in Reply, its contacts come into a file of that folder that Excel can open."""
    sandbox = make_sandbox([*people(2, lists=[LISTS[0]["id"]]), {"email": "not.in.it@example.com"}])
    lists = json.dumps({"items": [{"id": LISTS[0]["id"], "name": name}], "hasMore": False}).encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(lists), lists)
    person = Person(1)
    window, excel = nowhere(person)
    opener = Opener()
    with (
        TcpProxy(sandbox.url, lambda data, number: answer if b"/contact-lists" in data else PASS) as proxy,
        Session(proxy.url) as session,
    ):
        from_reply(window, excel, opener, session, is_practice=False)
    (path,) = opener.files
    assert path.parent == documents_folder()
    assert path.name.startswith("Contacts from Reply, ")
    assert not set(path.name) & set('\\/:*?"<>|[]')
    assert len(path.name) < 100
    assert [row["Reply ID"] for row in cells(path)] == ["2147000001", "2147000002"]


def test_a_key_that_may_not_see_lists(make_sandbox: Make) -> None:
    """All contacts are offered; a key that is not accepted at all is another matter."""
    sandbox = make_sandbox(3)
    sandbox.fault("status", status=403, path="/v3/contact-lists")
    person = Person(None)
    window, excel = nowhere(person)
    with Session(sandbox.url) as session:
        with pytest.raises(NotAgreed, match="Nothing was downloaded"):
            from_reply(window, excel, Opener(), session, is_practice=True)
        assert person.offered == ["All contacts"]
        sandbox.set(keys=["another"])
        with pytest.raises(NotAuthorised):
            from_reply(window, excel, Opener(), session, is_practice=True)
