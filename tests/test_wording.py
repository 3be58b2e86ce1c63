"""Lists and numbers as sentences name them."""

from __future__ import annotations

import pytest

from reply_xl.wording import joined, named_rows


@pytest.mark.parametrize(
    ("parts", "most", "text"),
    [
        ([], None, ""),
        (["a"], None, "a"),
        (["a", "b"], None, "a and b"),
        (["a", "b", "c"], None, "a, b and c"),
        (["a", "b", "c"], 3, "a, b and c"),
        (["a", "b", "c", "d"], 2, "a, b and 2 more"),
    ],
)
def test_joined(parts: list[str], most: int | None, text: str):
    """Names stand as in a sentence; what is too many is counted."""
    assert joined(parts, most) == text


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([7], "row 7"),
        ([7, 8], "rows 7 to 8"),
        ([12, 7, 10, 9, 11], "rows 7, 9 to 12"),
        (range(2, 30, 2), "rows 2, 4, 6, 8, 10, 12 and 8 more"),
    ],
)
def test_named_rows(numbers: list[int], text: str):
    """Neighbouring rows are one span, in the order of the sheet, at most six of them."""
    assert named_rows(numbers) == text
