"""What cells say."""

from __future__ import annotations

import pytest

from reply_xl.kinds.cell_text import INVISIBLE, error_in, explained, has_broken_character, trimmed, without_invisible
from reply_xl.model import ErrorCell


@pytest.mark.parametrize(
    "text",
    [
        "#NV",
        "#BEZUG!",
        "#VALEUR!",
        "#NOM?",
        "#N/D",
        "#¡REF!",
        "#¿NOMBRE?",
        "#RIF!",
        "#NOME?",
        "#N/B",
        "#WAARDE!",
        "#ADR!",
        "#NAZWA?",
        "#ERROR!",
    ],
)
def test_an_error_in_the_languages_of_excel(text: str):
    """A CSV file saved by an Excel in another language holds its words for errors."""
    assert error_in(text) == error_in(f" {text.lower()} ") == ErrorCell(text)


@pytest.mark.parametrize("text", ["####", "###########"])
def test_a_column_that_was_too_narrow(text: str):
    """A file that holds what was shown has number signs where a number did not fit: its value is lost."""
    error = error_in(text)
    assert error is not None
    assert "too narrow" in explained(error)[0]


@pytest.mark.parametrize("text", ["#", "##", "### 1", "#nvidia", "C#"])
def test_other_number_signs_are_text(text: str):
    """Short runs and words are text."""
    assert error_in(text) is None


def test_what_nobody_sees_goes():
    """Characters without width go everywhere, no-break spaces become spaces, and tabs and lines stay."""
    assert without_invisible(f"\u00a0a{INVISIBLE}b\u202fc\t\nd ") == "ab c\t\nd"
    assert trimmed(f" {INVISIBLE} a{INVISIBLE}b \ufeff\u00a0") == f"a{INVISIBLE}b"


@pytest.mark.parametrize("char", ["\x00", "\x0b", "\x1f", "\x7f", "\x80", "\x9f", "\ud800"])
def test_broken_characters(char: str):
    """Control characters and halves of a pair cannot be sent."""
    assert has_broken_character(f"a{char}b")


@pytest.mark.parametrize("text", ["a\tb\r\nc", "👩\u200d💻", "שלום", "مرحبا \u200fعالم", "é", "𝒳"])
def test_sound_characters(text: str):
    """Lines, tabs, emoji and scripts written from the right are sent."""
    assert not has_broken_character(text)
