"""Proposals of the preview: they name the cell and change nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import FIRST_ID, Book, Ran, patches

from reply_xl.mapping.columns import map_columns
from reply_xl.mapping.hygiene import as_meant, as_name, hints
from reply_xl.model import CellValue, Row
from reply_xl.sandbox import Sandbox


def said(headers: tuple[str, ...], *rows: tuple[CellValue, ...]) -> list[str]:
    made = [Row(number, row) for number, row in enumerate(rows, 2)]
    return [hint.says for hint in hints(made, map_columns(headers, customs=(), values=rows))]


def test_the_same_email_or_profile_on_several_rows_is_named() -> None:
    """With the other cells, however they are typed."""
    assert said(("Email",), ("ada@x.com",), ("b@x.com",), (" ADA@x.com",))[0].startswith("A4 holds the same e-mail as A2: ")
    urls = said(("Email", "LinkedIn"), ("a@x.com", "https://linkedin.com/in/ada"), ("b@x.com", "https://linkedin.com/in/ada/"))
    assert urls == ["B3 holds the same LinkedIn URL as B2: https://linkedin.com/in/ada/."]


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("MARIA", "Maria"), ("maria", "Maria"), ("O'NEIL", "O'Neil"), ("JEAN-LUC", "Jean-Luc"), ("MARIA DE LA CRUZ", "Maria de la Cruz"),
        ("ÉLODIE", "Élodie"), ("łukasz", "Łukasz"), ("Maria", None), ("McDonald", None), ("JP", None), ("J.", None), ("de la Cruz", None),
        ("van der", None), ("李小龍", None), ("محمد", None), ("", None), ("DeShawn", None),
    ],
)  # fmt: skip
def test_names_in_capitals_or_lower_case(text: str, proposal: str | None) -> None:
    """As names are written, where that is certain enough to propose."""
    assert as_name(text) == proposal


def test_a_country_spelled_in_two_ways_is_named_once_for_each_rarer_cell() -> None:
    """Names and codes that differ within the sheet; different countries are none of it."""
    found = said(("Email", "Country"), *((f"a{i}@x.com", country) for i, country in enumerate(["Germany", "DE", "Germany", "France"])))
    assert found == ["B3 holds “DE”, where other rows say “Germany”."]


def test_shared_mailboxes_and_spaces_are_named() -> None:
    """info@ is nobody; a trailing space is sent without."""
    assert said(("Email", "City"), ("info@x.com", "Berlin "),) == [
        "A2 holds info@x.com, which is a shared mailbox rather than a person's.",
        "B2 has spaces around “Berlin”; it is sent without them.",
    ]  # fmt: skip


def test_a_word_for_nothing_is_named() -> None:
    """`N/A` is text like any other and would replace a value; in notes it may be meant."""
    assert said(("Email", "Title", "Notes"), ("a@x.com", "N/A", "n/a")) == [
        "B2 holds “N/A”, which is sent as it stands; empty the cell to leave the field alone."
    ]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("MÃ¼ller", "Müller"),
        ("JosÃ© â€“ Sales", "José – Sales"),
        ("Müller", None),
        ("São Paulo", None),
        ("Â", None),
        ("Ann", None),
        ("Łódź", None),
    ],
)
def test_letters_read_in_a_wrong_encoding(text: str, meant: str | None) -> None:
    """The letters that were meant are proposed where there can be no others."""
    assert as_meant(text) == meant


def test_damaged_letters_and_formulas_are_named() -> None:
    """A CSV file that went through the wrong hands; the e-mail is none of it."""
    assert said(("Email", "Last name", "Title"), ("a@x.com", "MÃ¼ller", "=1+1")) == [
        "B2 holds “MÃ¼ller”; “Müller” may be meant.",
        "C2 holds the text of a formula, =1+1, which is sent as it stands.",
    ]


def test_the_zero_of_a_blank_cell_is_named() -> None:
    """`=Other!B2` of a blank cell is 0: nobody's title, but a number of a field of one's own may be."""
    found = said(("Email", "Title"), ("a@x.com", 0.0), ("b@x.com", "CEO"), ("c@x.com", "CTO"))
    assert found == ["B2 holds 0, which is sent as it stands; empty the cell to leave the field alone."]


def test_what_nobody_sees_is_named() -> None:
    """A character without width within a name, and a Cyrillic letter among Latin ones; names in one alphabet are none of it."""
    assert said(("Email", "First name"), ("a@x.com", "An\u200bna"), ("b@x.com", "\u0410nna"), ("c@x.com", "\u0410\u043d\u043d\u0430")) == [
        "B2 holds “An na” with a character in it that nobody sees, which is sent.",
        "B3 holds “\u0410nna”, in which letters of two alphabets look alike.",
    ]


def test_a_phone_that_cannot_be_dialled_is_named() -> None:
    """Only where the country is known."""
    assert said(("Email", "Phone", "Country"), ("a@x.com", "12345", "Germany"))[0].startswith("B2 (Phone) holds “12345”, which ")
    assert said(("Email", "Phone"), ("a@x.com", "12345")) == []


def test_preview_shows_them_and_push_sends_as_typed(sandbox: Sandbox, book: Book, command: Callable[..., Ran]) -> None:
    """In a table of their own and in the row's JSON; the value that is sent is the sheet's."""
    path = book(("Reply ID", "Last name"), (FIRST_ID, "LINDQVIST"))
    ran = command("preview", path, "--base-url", sandbox.url)
    assert "“Lindqvist” may be meant" in ran.out
    assert command("preview", path, "--base-url", sandbox.url, "--json").lines[0]["hints"] == [
        "B2 holds “LINDQVIST”; “Lindqvist” may be meant."
    ]
    command("push", path, "--base-url", sandbox.url, "--yes")
    assert [request.body for request in patches(sandbox)] == [{"lastName": "LINDQVIST"}]
