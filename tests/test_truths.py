"""Yes and no in the languages of our users."""

from __future__ import annotations

from datetime import datetime

import pytest

from reply_xl.kinds.cell_text import Refusal
from reply_xl.kinds.truths import read_truth
from reply_xl.model import CellValue

YES = "yes y true ja j wahr oui vrai sí si sim sì vero verdadero verdadeiro waar tak prawda x on ✓ ✔ ✔️ ✅ ☑ 1 1.0"
NO = "no n false nein falsch non faux falso não nao nee onwaar nie fałsz off ☐ 0 0.0"


@pytest.mark.parametrize("word", YES.split())
def test_yes(word: str):
    """Yes and true in eight languages, as Excel writes TRUE there, and marks; in capitals too."""
    assert read_truth(word) is True
    assert read_truth(word.upper()) is True


@pytest.mark.parametrize("word", NO.split())
def test_no(word: str):
    """No and false in eight languages, and an empty box."""
    assert read_truth(word) is False
    assert read_truth(word.upper()) is False


def test_composed_or_not():
    """An accent in a character of its own is the same word."""
    assert read_truth("si\u0301") is True
    assert read_truth("na\u0303o") is False


@pytest.mark.parametrize(("cell", "truth"), [(True, True), (False, False), (1.0, True), (0.0, False), (-0.0, False)])
def test_cells_that_are_no_text(cell: CellValue, truth: bool):
    """Truth values, 1 and 0."""
    assert read_truth(cell) is truth


@pytest.mark.parametrize(
    "value",
    ["maybe", "✗", "❌", "☒", "-1", "2", "yes no", "opted in", "subscribed", "o", "v", "", 2.0, -1.0, float("nan"), datetime(2024, 1, 1)],
)
def test_anything_else_is_refused(value: CellValue):
    """A cross is a mark to some and a denial to others; -1 is true to some programs only; a word that is no yes or no is not guessed."""
    assert isinstance(read_truth(value), Refusal)
