"""E-mail addresses from cells."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.kinds.cell_text import Refusal, without_invisible
from reply_xl.kinds.emails import read_email


def refused(text: str) -> str:
    result = read_email(text)
    assert isinstance(result, Refusal), result
    return result.what


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.com",
        "Ann.O'Brien+news@Example.co.uk",
        "a_b-c%d@sub.example.museum",
        "ann@münchen.de",
        "ann@xn--mnchen-3ya.de",
        "用户@例子.公司",
        "जॉन@उदाहरण.भारत",
        "josé@example.com",
        "ann@1und1.de",
        "ann@example.test",
    ],
)
def test_an_address_stays_as_typed(text: str):
    """Addresses of every script, also of domains that are reserved, go through unchanged."""
    assert read_email(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "\u0430nn@example.com",
        "ann@ex\u0430mple.com",
        "\u0441\u043e\u0440\u0435@example.com",
        "\uff41nn@example.com",
        "ann@ex\u03b1mple.com",
    ],
)
def test_letters_that_look_alike_are_refused(text: str):
    """A Cyrillic, Greek or wide letter among Latin ones is another address than the one on the screen."""
    assert refused(text).endswith("in which letters of two alphabets look alike")


@pytest.mark.parametrize("text", ["иван@пример.рф", "иван.petrov@example.com", "νίκος@example.gr", "jörg@straße.example.de"])
def test_addresses_of_one_alphabet_a_word_are_as_typed(text: str):
    """Every word in an alphabet of its own is how people write."""
    assert read_email(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "mailto:ann@example.com",
        "MAILTO:ann@example.com?subject=Hello%20there",
        "Ann Lee <ann@example.com>",
        "“Lee, Ann” <ann@example.com>",
        '"Ann" <mailto:ann@example.com>',
        "ann@example.com <ann@example.com>",
        "<ann@example.com>",
        "'ann@example.com'",
        "'ann@example.com",
        "ann@example.com;",
        "ann@example.com, ",
        "\ufeffann@example.com",
        "ann\u200b@exam\u00adple.com",
        "\u202aann@example.com\u202c",
        "\u00a0ann@example.com\u00a0",
    ],
)
def test_an_address_is_unwrapped(text: str):
    """`mailto:`, the name before it, quotes, separators at the end and characters nobody sees are not part of the address."""
    assert read_email(text) == "ann@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "a@x.com; b@x.com",
        "a@x.com, b@x.com",
        "a@x.com b@x.com",
        "a@x.com/b@x.com",
        "a@x.com\nb@x.com",
        "Ann <a@x.com>, Bob <b@x.com>",
        "a@x.com <b@x.com>",
    ],
)
def test_two_addresses_are_refused(text: str):
    """Which of two is meant is not guessed."""
    assert "more than one e-mail address" in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "ann",
        "ann@",
        "@x.com",
        "a b@x.com",
        "a@b",
        "a@x..com",
        "a..b@x.com",
        ".a@x.com",
        "a.@x.com",
        "a@x.com.",
        "a@-x.com",
        "a@x-.com",
        "a@x_y.com",
        "a@x.c",
        "a@10.0.0.1",
        "a@x.123",
        "a@x.com1",
        "a@@x.com",
        "a@x,com",
        "a at x.com",
        "Ann <ann>",
        "Ann a@x.com",
        "a@x.com (work)",
        "a@x.com a@x.com",
        "n/a",
        "l" * 65 + "@x.com",
        "a@" + "x." * 130 + "com",
        "a@" + "x" * 64 + ".com",
        "mailto:",
    ],
)
def test_what_is_no_address_is_refused(text: str):
    """Half an address, a domain that none can be, and words around it are refused."""
    assert "is not an e-mail address" in refused(text)


@given(st.text(st.sampled_from("ab@.x<>;,' \u200b\u00a0:-mailto"), max_size=30) | st.text(max_size=40))
@settings(max_examples=500, deadline=None)
def test_an_address_is_part_of_what_was_typed(text: str):
    """What is sent stands in the cell as it is seen, and is settled."""
    sent = read_email(text)
    if isinstance(sent, str):
        assert sent in without_invisible(text)
        assert read_email(sent) == sent
