"""The guide that Help opens: held against the ribbon and the outcomes; nothing in it reaches out."""

from __future__ import annotations

import html
import re
import stat
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reply_xl.model import Word
from reply_xl.setup.addin_file import our_ribbon
from reply_xl.tab.guide import MEANINGS, described, page
from reply_xl.tab.opening import open_file

SOURCE = (Path(__file__).parent.parent / "addin" / "customUI14.xml").read_bytes()
PAGE = page(SOURCE, "0.1.0", "/home/ada & co", "C:\\Users\\<Ada>\\click.log")


class Read(HTMLParser):
    """`tags` and `text`; every tag that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def read() -> Read:
    read = Read()
    read.feed(PAGE)
    assert read.open == []
    return read


def test_every_button_is_described(read: Read) -> None:
    """Each control that can be clicked stands in the page by its label, with what its supertip says, in the order of the ribbon."""
    clickable = [item for item in ET.fromstring(SOURCE).iter() if item.get("onAction")]
    assert len(clickable) == 15
    places = [read.text.find(str(item.get("supertip"))) for item in clickable]
    assert min(places) > 0
    assert places == sorted(places)
    assert [one.path[-1] for one in described(SOURCE)] == [item.get("label") for item in clickable]
    assert ("Sheet", "New sheet", "From Reply") in [one.path for one in described(SOURCE)]
    assert ("Contacts", "Update", "Only empty fields") in [one.path for one in described(SOURCE)]


def test_every_result_is_explained(read: Read) -> None:
    """Each outcome has its row."""
    assert list(MEANINGS) == list(Word)
    for word in Word:
        assert f"<td>{word.value.capitalize()}</td>" in PAGE
        assert re.sub(r"[*`]", "", MEANINGS[word]) in read.text


def test_every_button_that_the_guide_names_is_there(read: Read) -> None:
    """What stands in bold is the label of a button or of a menu and a button."""
    labels = {" → ".join(one.path[1:]) for one in described(SOURCE)} | {"New sheet"}
    assert set(map(html.unescape, re.findall(r"<b>([^<]+)</b>", PAGE))) <= labels


def test_the_guide_reaches_nowhere(read: Read) -> None:
    """No script, no picture, no link, no address; names of folders are text."""
    assert set(read.tags) & {"script", "img", "link", "iframe", "a", "form", "object"} == set()
    assert not {name for name in read.attributes if name.startswith("on") or name in ("src", "href")}
    assert "://" not in PAGE
    assert "/home/ada & co" in read.text
    assert "C:\\Users\\<Ada>\\click.log" in read.text


def test_the_guide_is_of_the_add_in_that_came_along() -> None:
    """The ribbon inside the package is that of the sources."""
    assert described(our_ribbon()) == described(SOURCE)


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="the opener of this test is a shell script")
def test_a_file_is_opened_by_the_program_of_this_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program gets the file as one argument; a program that fails and one that is missing are told."""
    path = tmp_path / "a guide; $(touch x).html"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert open_file(path) is False
    for name in ("xdg-open", "open"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "$#$1" > "{tmp_path}/got"\nexit ${{FAILS:-0}}\n')
        program.chmod(program.stat().st_mode | stat.S_IEXEC)
    assert open_file(path) is True
    assert (tmp_path / "got").read_text() == f"1{path}\n"
    monkeypatch.setenv("FAILS", "3")
    assert open_file(path) is False
