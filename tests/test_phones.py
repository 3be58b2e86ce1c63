"""Phone numbers from cells: as typed, tidied, one at a time."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reply_xl.kinds.cell_text import Refusal
from reply_xl.kinds.phones import MOST_DIGITS, read_phone


def refused(value: str | float) -> str:
    result = read_phone(value)
    assert isinstance(result, Refusal), result
    return result.what


@pytest.mark.parametrize(
    "text",
    [
        "+1 415 555 0123",
        "(415) 555-0123",
        "415.555.0123",
        "0171/1234567",
        "030/1234567",
        "+49 (0)30 / 1234567",
        "+49 30 1234567/68",
        "+1 415 555 0123 ext. 12",
        "+1 415 555 0123 x12",
        "415-555-0123x4567",
        "+44 20 7946 0958 #123456",
        "+1-415-555-0123;ext=12345",
        "+49 30 1234567 (Büro)",
        "Mobile: +49 171 1234567",
        "1-800-FLOWERS",
        "0041 44 123",
        "٠٢٠١٢٣٤٥٦٧٨٩",
        "12345",
        "Tel.-Nr.: 030 1234567",
        "T +41 44 668 18 00",
        "☎ +49 30 1234567",
        "+49 171 1234567 (privat)",
        "Büro: 030 1234567 Durchwahl 12",
        "Durchwahl: 030 1234567",
        "+49 30 1234567 - 0",
        "+33 1 23 45 67 89 poste 12",
        "+39 02 1234567 int. 5",
        "1 800 FLOWERS",
        "1-800-GO-FEDEX",
        "(888) FLOWERS",
        "0800 REIMANN",
        "06.12.34.56.78",
        "2010-555-0123",
        "12-31-20-26",
        "+49 (0) 151 1234567890",
    ],
)
def test_one_number_stays_as_typed(text: str):
    """Punctuation, extensions, labels and vanity numbers are left as they were typed."""
    assert read_phone(text) == text


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("'+4155550123", "+4155550123"),
        ("’041 555 01 23", "041 555 01 23"),
        ("‘041 555 01 23", "041 555 01 23"),
        ("tel:+1-415-555-0123", "+1-415-555-0123"),
        ("TEL: +1 415 555 0123", "+1 415 555 0123"),
        ("callto://+14155550123", "+14155550123"),
        ("+1\u00a0415\u202f555\u00a00123", "+1 415 555 0123"),
        ("\u202a+1 415\u200b 555 0123\u202c", "+1 415 555 0123"),
        ("+1 415\t555\n0123", "+1 415 555 0123"),
        ("4155550123.0", "4155550123"),
        ("'+4155550123.00", "+4155550123"),
        ("4155550123,00", "4155550123"),
        ("+4155550123,0", "+4155550123"),
        ("4.155.550.123,00", "4155550123"),
        ("4,155,550,123.00", "4155550123"),
        ("4 155 550 123,0", "4155550123"),
        ("4,155,550,123", "4155550123"),
    ],
)
def test_a_number_is_tidied(typed: str, sent: str):
    """An apostrophe, `tel:`, no-break spaces, characters nobody sees and the `.0` or `,00` of another program go; nothing else does."""
    assert read_phone(typed) == sent


@pytest.mark.parametrize(("cell", "sent"), [(4155550123.0, "4155550123"), (15000000000.0, "15000000000"), (999999999999999.0, "9" * 15)])
def test_a_number_cell_becomes_its_digits(cell: float, sent: str):
    """What Excel shows as `1.5E+10` holds every digit: they are sent, never `.0` nor an exponent. A lost zero cannot be known."""
    assert read_phone(cell) == sent


@pytest.mark.parametrize("cell", [1e15, 4.2e18, float("nan"), float("inf")])
def test_a_number_of_more_than_15_digits_is_refused(cell: float):
    """Excel has lost the digits after the fifteenth."""
    assert "more than 15 digits" in refused(cell)


@pytest.mark.parametrize("cell", [-1092.0, 555.01])
def test_a_calculated_number_is_refused(cell: float):
    """`=1-415-555-0123` is a subtraction, and `555.0100` in a number cell has lost its zeros."""
    assert "the result of a calculation" in refused(cell)


@pytest.mark.parametrize("text", ["00000", "000-0000", "+00 000 000", "(000) 000-0000", "0.0.0.0.0"])
def test_zeros_are_no_number(text: str):
    """They are filled in where a number is asked for and there is none."""
    assert "which stands for no number" in refused(text)
    assert "too short" in refused(0.0)


@pytest.mark.parametrize("text", ["31/01/26", "31.01.26", "1.2.26"])
def test_a_date_with_a_short_year_is_refused(text: str):
    """In points or slashes it is a date; `31-01-26` may be a number."""
    assert "which is a date or a time" in refused(text)
    assert read_phone("31-01-26") == "31-01-26"


@pytest.mark.parametrize("text", ["4.16E+9", "1.5E+10", "4,15555E+09", "4E9", "+4.9E+11"])
def test_a_text_in_scientific_notation_is_refused(text: str):
    """As text, an exponent stands for digits that are lost."""
    assert "lost its last digits" in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "+1 415 555 0123; +1 212 555 0100",
        "+1 415 555 0123, 212 555 0100",
        "415 555 0123 / 212 555 0100",
        "+1 415 555 0123 or +1 212 555 0100",
        "030 1234567 oder 030 7654321",
        "+33 1 23 45 67 89 ou 06 12 34 56 78",
        "+1 415 555 0123\n+1 212 555 0100",
        "+1 415 555 0123 ::: +1 212 555 0100",
        "+1 415 555 0123 +1 212 555 0100",
        "Mobile: +49 171 1234567 | Office: +49 30 1234567",
        "(415) 555-0101 (415) 555-0102",
        "415-555-0123 212-555-0100",
        "555-0101 555-0102",
        "030 12345678 0171 12345678",
    ],
)
def test_two_numbers_are_refused(text: str):
    """Which of two is meant is not guessed."""
    assert "more than one phone number" in refused(text)


@pytest.mark.parametrize("text", ["1" * (MOST_DIGITS + 1), "+" + "4" * 16, "+1 415 555 0101 0102", "Mobile: +1 415 555 01010"])
def test_too_many_digits_are_refused(text: str):
    """No number has more than 17 digits, `00` before it included, nor more than 15 behind a `+`, nor more than 11 behind `+1`."""
    assert "more digits than any phone number" in refused(text)


@pytest.mark.parametrize("value", ["1", "0", "110", "0012", "2025", "+41 44", "1234.0", "12 ext. 345678", 0.0, 1.0, 2025.0, 9999.0])
def test_too_few_digits_are_refused(value: str | float):
    """Fewer than five digits are a year, a count or an extension alone, in a number cell too."""
    assert "is too short for a phone number" in refused(value)


@pytest.mark.parametrize(
    "text",
    [
        "12 Main St Suite 100",
        "1800 Main St",
        "800 MAIN STREET",
        "call after 5pm",
        "493O1234567",
        "493 O 1234567",
        "+49 3o 1234567",
        "=+49301234567",
        "@49301234567",
        "wa.me/491711234567",
        "https://wa.me/491711234567",
        "https://example.com/?a=1234567&b=7654321",
        "sip:491711234567@example.com",
        "ann12345@example.com",
        "€ 50.000",
        "12345 %",
        "x12345",
        "Fax: +49 30 1234567",
        "+49 30 1234567 Frau Müller",
        "0035g00000XyZab",
        "1 800 Main Street",
        "1-800-Main Street",
        "1 800 MAIN STREET",
        "2026-01-31",
        "01-31-2026",
        "31.01.2026",
        "1/31/2026",
        "2019-10-02 14:30",
        "12:30:45",
        "2:30 pm",
        "4155550123.5",
        "4.155.550.123,45",
        "1,234.56",
    ],
)
def test_what_is_no_phone_number_is_refused(text: str):
    """Words other than a label or an extension, letters among the digits, web addresses, formulas, sums of money, dates, times of day and
    decimals are refused."""
    assert refused(text).endswith("not a phone number")


@pytest.mark.parametrize("text", ["n/a", "none", "-", "unknown", "TRUE", "tel:", "'"])
def test_a_text_without_digits_is_refused(text: str):
    """A word that stands for nothing never replaces a number."""
    assert "has no digits" in refused(text)


@given(st.text(st.sampled_from("0123456789+-/().;,x'# \u00a0\u200ettel:orE"), max_size=40) | st.text(max_size=40))
@example("tel:'tel:1")
@example("'1234.0.0")
@settings(max_examples=500, deadline=None)
def test_no_digit_is_added_or_lost(text: str):
    """What is sent has the digits that were typed, in their order, but for the `.0` of another program; and it is settled."""
    sent = read_phone(text)
    if isinstance(sent, str):
        typed = "".join(char for char in text if char.isdecimal())
        kept = "".join(char for char in sent if char.isdecimal())
        assert typed.startswith(kept)
        assert typed.removeprefix(kept).strip("0") == ""
        assert typed == kept or "." in text or "," in text
        assert read_phone(sent) == sent
