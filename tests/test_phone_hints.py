"""Hints about phone numbers in the contact's country."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.kinds.phone_hints import phone_hint


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("030 1234567", "Germany"),
        ("+49 30 1234567", "DE"),
        ("0049 30 1234567", "DEU"),
        ("+1 415 555 0123 x12", "Germany"),
        ("4155550123", "USA"),
        ("14155550123", "us"),
        ("3123456789", "Italy"),
        ("9876543210", "India"),
        ("11961234567", "Brazil"),
        ("612345678", "España"),
    ],
)
def test_a_number_that_can_be_had_has_no_hint(text: str, country: str):
    """A number of the contact's country, or a foreign one with its code, is not remarked on."""
    assert phone_hint(text, country) is None


@pytest.mark.parametrize("country", [None, "", "Atlantis", "Europe", "XX"])
def test_without_a_country_there_is_no_hint(country: str | None):
    """Where the country is not known, nothing is said."""
    assert phone_hint("12", country) is None


@pytest.mark.parametrize(
    ("text", "country", "hint"),
    [
        ("301234567", "Germany", "may have lost its first 0: numbers in Germany begin with 0 or with +49"),
        ("2079460958", "UK", "may have lost its first 0: numbers in the United Kingdom begin with 0 or with +44"),
        ("612345678", "France", "may have lost its first 0: numbers in France begin with 0 or with +33"),
        ("612345678", "Italia", "may have lost its first 0: numbers in Italy begin with 0 or with +39"),
        ("41446681800", "Schweiz", "may have lost its first +"),
        ("415555012", "United States", "is too short for a phone number in the United States"),
        ("030 123456789012345", "Germany", "is too long for a phone number in Germany"),
        ("+33 1 23", "France", "is too short for a phone number"),
        ("0", "US", "is not a phone number that can be dialled"),
        ("1234567890", "US", "is not a phone number in use in the United States"),
    ],
)
def test_what_is_odd(text: str, country: str, hint: str):
    """A lost zero or plus, a wrong length, a number nobody has: the hint goes on after the cell's address."""
    assert phone_hint(text, country) == f"holds “{text}”, which {hint}"


@given(st.text(max_size=30), st.sampled_from(["US", "Germany", "Italy", "India", "Antarctica", "nowhere"]))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_asked_about(text: str, country: str):
    """Whatever the text, the answer is a phrase on one line, or nothing."""
    hint = phone_hint(text, country)
    assert hint is None or (hint.startswith("holds “") and hint.isprintable())


def test_the_library_is_imported_for_the_first_hint_only():
    """Parsing a cell does not load the phone library."""
    code = "import reply_xl.kinds.values, reply_xl.kinds.phone_hints, sys; sys.exit('phonenumbers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
