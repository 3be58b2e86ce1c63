"""The add-in and the package compare their versions at each click."""

from __future__ import annotations

import pytest

from reply_xl import __version__
from reply_xl.setup.versions import difference


def test_the_same_version_says_nothing() -> None:
    """A click of the add-in that came with the package."""
    assert difference(__version__, __version__) is None


@pytest.mark.parametrize(
    ("addin", "package"), [("0.1.0", "0.2.0"), ("0.9.0", "0.10.0"), ("1.0.dev1", "1.0"), ("1.0a1", "1.0b1"), ("x", "0.1")]
)
def test_an_older_add_in_is_installed_again(addin: str, package: str) -> None:
    """Numbers count as numbers, and what comes before a release is older than it."""
    sentence = difference(addin, package)
    assert sentence == (
        f"The Reply tab in Excel is version {addin} and reply-xl is version {package}; run “reply-xl install” and restart Excel."
    )


@pytest.mark.parametrize(("package", "addin"), [("0.1.0", "0.2.0"), ("0.9.0", "0.10.0"), ("1.0.dev1", "1.0")])
def test_a_newer_add_in_asks_for_an_update(addin: str, package: str) -> None:
    """Otherwise install would only bring the older add-in back."""
    sentence = difference(addin, package)
    assert sentence is not None
    assert "; update reply-xl, run “reply-xl install” and restart Excel." in sentence
