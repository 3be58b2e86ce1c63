"""The click file as Python reads it: what the add-in writes is understood, and nothing else is."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reply_xl.addresses import Area
from reply_xl.errors import ConfigError
from reply_xl.tab.click import Button, Click, parse


def units(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


FACTS = {
    "id": "32968E4C000C5AF",
    "addin": "0.1.0",
    "button": "ReplyUpdate",
    "pressed": "",
    "practice": "0",
    "shown": "",
    "book": units("Leads = 100 %.xlsx"),
    "path": units("C:\\Users\\Zoë\\Leads = 100 %.xlsx"),
    "sheet": units("Løads 名😀"),
    "kind": units("Range"),
    "cell": "$B$4",
    "window": "264382",
    "protected": "",
    "host": units("16.0"),
    "system": units("Windows (64-bit) NT 10.00"),
}


def written(*areas: str, count: int | None = None, line_end: str = "\r\n", **facts: str) -> bytes:
    """A click file as the add-in writes it, with some facts changed."""
    lines = ["reply-xl click 1", *(f"{key}={value}" for key, value in {**FACTS, **facts}.items())]
    lines += [f"areas={len(areas) if count is None else count}", *(f"area={area}" for area in areas), "end", ""]
    return line_end.join(lines).encode("ascii")


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_a_click_is_read(line_end: str):
    """Every fact arrives: names in any script, the areas in their order, and no facts where there were none."""
    click = parse(written("$A$2:$C$4", "$E$6", "$A$9:$B$9", line_end=line_end))
    assert click == Click(
        id="32968E4C000C5AF",
        addin_version="0.1.0",
        button=Button.UPDATE,
        is_pressed=None,
        is_practice=False,
        shows_practice=None,
        book="Leads = 100 %.xlsx",
        path="C:\\Users\\Zoë\\Leads = 100 %.xlsx",
        sheet="Løads 名😀",
        kind="Range",
        cell="B4",
        window=264382,
        protected_view="",
        host="16.0",
        system="Windows (64-bit) NT 10.00",
        areas=(Area(range(2, 5), range(3)), Area(range(6, 7), range(4, 5)), Area(range(9, 10), range(2))),
    )


@pytest.mark.parametrize(
    ("address", "area"),
    [
        ("$B:$D", Area(range(1, 1_048_577), range(1, 4))),
        ("$2:$9", Area(range(2, 10), range(16_384))),
        ("$1:$1048576", Area(range(1, 1_048_577), range(16_384))),
        ("$XFD$1048576", Area(range(1_048_576, 1_048_577), range(16_383, 16_384))),
    ],
)
def test_whole_rows_and_columns(address: str, area: Area):
    """Whole rows, whole columns, the whole sheet and its last cell are areas."""
    assert parse(written(address)).areas == (area,)


def test_no_workbook_at_all():
    """With no workbook open there is still a click, so that the button can say why it does nothing."""
    nothing = dict.fromkeys(("book", "path", "sheet", "kind", "cell", "window", "host", "system"), "")
    click = parse(written(**nothing))
    assert (click.book, click.cell, click.window, click.areas) == ("", "", None, ())


def test_practice():
    """Practice says to what it was clicked, and both what holds and what its window shows."""
    click = parse(written(button="ReplyPractice", pressed="1", practice="0", shown="1"))
    assert (click.is_pressed, click.is_practice, click.shows_practice) == (True, False, True)


BROKEN = {
    "empty": b"",
    "not ours": b"hello\nend\n",
    "cut short": written("$A$2")[:-5],
    "cut within": written("$A$2")[:100],
    "no last line end": written("$A$2")[:-2],
    "text after the end": written("$A$2") + b"area=$A$3\r\n",
    "not ASCII": written("$A$2").replace(b"0.1.0", "0.1.ö".encode()),
    "NUL": written("$A$2").replace(b"0.1.0", b"0.1\x000"),
    "too long": written("$A$2", book="0041" * 1_500_000),
    "too many areas": written(*["$A$2"] * 100_001),
    "an area missing": written("$A$2", count=2),
    "an area too many": written("$A$2", "$A$3", count=1),
    "no count": written("$A$2", count=-1),
    "a line twice": written("$A$2").replace(b"addin=", b"addin=1\r\naddin="),
    "an unknown line": written("$A$2").replace(b"end\r\n", b"python=/tmp/evil\r\nend\r\n"),
    "an unknown line first": written("$A$2").replace(b"id=", b"python=/tmp/evil\r\nid="),
    "a line missing": written("$A$2").replace(b"window=264382\r\n", b""),
    "a line without =": written("$A$2").replace(b"window=", b"window"),
    "id is a path": written("$A$2", id="../../../../etc"),
    "id is long": written("$A$2", id="32968E4C000C5AF0"),
    "version": written("$A$2", addin="0.1.0; rm -rf"),
    "no version": written("$A$2", addin=""),
    "unknown button": written("$A$2", button="ReplyFormatDisk"),
    "no button": written("$A$2", button=""),
    "button's name": written("$A$2", button="UPDATE"),
    "pressed": written("$A$2", button="ReplyPractice", pressed="yes"),
    "practice without pressed": written("$A$2", button="ReplyPractice"),
    "pressed without practice": written("$A$2", pressed="1"),
    "practice unknown": written("$A$2", practice=""),
    "shown": written("$A$2", shown="2"),
    "half a unit": written("$A$2", book="004"),
    "not hexadecimal": written("$A$2", book="00G1"),
    "small hexadecimal": written("$A$2", book="00e9"),
    "half a character": written("$A$2", sheet="D83D"),
    "NUL in a name": written("$A$2", path="00410000"),
    "areas without a book": written("$A$2", book=""),
    "areas without a sheet": written("$A$2", sheet=""),
    "window": written("$A$2", window="0x1234"),
    "window too long": written("$A$2", window="1" * 20),
    "digits of another script": written("$A$2").replace(b"window=264382", "window=٢".encode()),
    "cell": written("$A$2", cell="$A$2:$A$3"),
    "cell outside": written("$A$2", cell="$XFE$1"),
    "address without dollars": written("A2"),
    "address of another sheet": written("Sheet2!$A$2"),
    "two addresses": written("$A$2,$B$3"),
    "backwards": written("$B$9:$A$2"),
    "columns backwards": written("$D:$B"),
    "row 0": written("$A$0"),
    "below the last row": written("$A$1048577"),
    "right of the last column": written("$XFE$1"),
    "mixed": written("$A:$B$2"),
    "no address": written(""),
    "formula": written("=cmd|' /C calc'!A0"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_anything_else_is_refused(what: str):
    """A file that is damaged, forged or cut off is refused with one sentence that quotes nothing of it."""
    with pytest.raises(ConfigError) as refused:
        parse(BROKEN[what])
    sentence = str(refused.value)
    assert sentence.endswith("run “reply-xl doctor”.")
    assert "evil" not in sentence


def test_another_version_of_the_format():
    """An add-in that is newer or older than the package is not guessed at: the sentence says what to do."""
    with pytest.raises(ConfigError, match="different versions; run “reply-xl install”"):
        parse(written("$A$2").replace(b"click 1", b"click 2"))


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60))
def test_any_name_survives(name: str):
    """Whatever a workbook is called, its name arrives as it was."""
    assert parse(written(book=units(name), path=units(name), sheet=units(name))).sheet == name


@given(st.binary(max_size=400))
def test_no_bytes_crash_it(data: bytes):
    """Bytes from anywhere are a click or a sentence, never another error."""
    with pytest.raises(ConfigError):
        parse(data)


@given(st.data())
def test_no_damage_crashes_it(data: st.DataObject):
    """A click file with any piece replaced is a click or a sentence, never another error."""
    good = written("$A$2:$C$4", "$E:$F")
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(len(good), start + 20)))
    bad = good[:start] + data.draw(st.binary(max_size=8) | st.sampled_from([b"\r\n", b"=", b"$", b"-1", b"9" * 9])) + good[end:]
    with contextlib.suppress(ConfigError):
        assert isinstance(parse(bad), Click)
