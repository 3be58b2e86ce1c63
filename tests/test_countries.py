"""Countries by name and code."""

from __future__ import annotations

import phonenumbers
import pytest

from reply_xl.kinds.countries import country_code, country_name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Germany", "DE"),
        ("germany ", "DE"),
        ("DE", "DE"),
        ("deu", "DE"),
        ("Deutschland", "DE"),
        ("The Netherlands", "NL"),
        ("Holland", "NL"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("England", "GB"),
        ("UK", "GB"),
        ("Côte d'Ivoire", "CI"),
        ("Ivory Coast", "CI"),
        ("Korea, Republic of", "KR"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Bosnia & Herzegovina", "BA"),
        ("España", "ES"),
    ],
)
def test_a_country_by_any_name(text: str, code: str):
    """English names, ISO codes, and the usual other names, whatever their case and accents."""
    assert country_code(text) == code


@pytest.mark.parametrize("text", ["", " ", "Europe", "Korea (which?)", "XX", "n/a", "California", "the"])
def test_what_is_no_country(text: str):
    """Anything else is not guessed."""
    assert country_code(text) is None


def test_every_country_that_has_phone_numbers_is_known():
    """The codes of the phone library are in the table, but for two islands and Kosovo, which ISO 3166 does not have."""
    assert {code for code in phonenumbers.SUPPORTED_REGIONS if country_code(code) != code} == {"AC", "TA", "XK"}
    assert country_name("NL") == "the Netherlands"
