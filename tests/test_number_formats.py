"""What Excel shows for a number, from its number format."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.kinds.number_formats import date_parts, displayed, hides_digits, is_plain, means_number

US_PHONE = "[<=9999999]###-####;(###) ###-####"


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (170123456, "0000000000", "0170123456"),
        (7, "000", "007"),
        (4155550123, "000-000-0000", "415-555-0123"),
        (4155550123, "(000) 000-0000", "(415) 555-0123"),
        (4155550123, US_PHONE, "(415) 555-0123"),
        (5550123, US_PHONE, "555-0123"),
        (612345678, "00 00 00 00 00", "06 12 34 56 78"),
        (612345678, "0# ## ## ## ##", "06 12 34 56 78"),
        (49301234567, "+0", "+49301234567"),
        (301234567, '"+49 "0', "+49 301234567"),
        (301234567, r"\+49\ 0", "+49 301234567"),
        (0.25, "0%", "25%"),
        (0.25, "0 %", "25 %"),
        (0.255, "0.0%", "25.5%"),
        (1, "0%", "100%"),
        (12.5, "0.00", "12.50"),
        (0.1 + 0.2, "0.0", "0.3"),
        (0.5, "#.##", ".5"),
        (42, "#,##0", "42"),
        (12.5, "$#,##0.00", "$12.50"),
        (12.5, "[$€-407] 0.00", "€ 12.50"),
        (12.5, "0.00 €", "12.50 €"),
        (3, '"Tier "0', "Tier 3"),
        (50, '0"+"', "50+"),
        (5, 'General" km"', "5 km"),
        (5, "[Red]0", "5"),
        (-5, "0_);(0)", "(5)"),
        (5, "0_);(0)", "5"),
        (-5, "0", "-5"),
        (1, '"yes";;"no"', "yes"),
        (0, '"yes";;"no"', "no"),
        (14.5 / 24, "h:mm", "14:30"),
        (9.5 / 24, "hh:mm:ss", "09:30:00"),
        (14.5 / 24, "h:mm AM/PM", "2:30 PM"),
        (0.5 / 24, "h:mm AM/PM", "12:30 AM"),
        (1.5, "[h]:mm", "36:00"),
        (5, "@", "5"),
        (42, '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)', "42"),
        (12.5, '_-* #,##0.00\\ _€_-;-* #,##0.00\\ _€_-;_-* "-"??\\ _€_-;_-@_-', "12.50"),
        (12.5, "_-* #,##0.00 €_-;-* #,##0.00 €_-", "12.50 €"),
        (0, '_-* #,##0_-;-* #,##0_-;_-* "-"_-;_-@_-', "-"),
        (12.5, "[$-en-US]0.00", "12.50"),
        (12.5, "[$$-en-US]#,##0.00", "$12.50"),
        (12.5, "[$-1010409]0.00", "12.50"),
        (0, "0;-0;@", "0"),
        (0.25, "General", "0.25"),
    ],
)
def test_what_is_shown(value: float, code: str, text: str):
    """What Excel shows, where it is the same on every computer."""
    assert displayed(float(value), code) == text


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1234.5, "#,##0.00"),
        (1234, "#,##0"),
        (1, "0,000"),
        (1_200_000, '0.0,,"M"'),
        (12.345, "0.00"),
        (0.255, "0%"),
        (12345, "0.00E+00"),
        (0.5, "# ?/?"),
        (5, ";;;"),
        (5, "0."),
        (-1, '"yes";;"no"'),
        (12.5, "_($* #,##0.00_)"),
        (1.5, "h:mm"),
        (14.51 / 24, "h:mm"),
        (-0.5, "h:mm"),
        (0.5, "[$-F400]h:mm:ss AM/PM"),
        (0.5, "[$-x-systime]h:mm:ss AM/PM"),
        (1234567, "0# ## ## ## ##"),
        (5, "0.0General"),
        (5, "000.00.0"),
        (5, "[$-D000000]0"),
        (5, "[$-2060401]0"),
        (5, "0*-"),
        (45_000, "m/d/yyyy"),
        (45_000, "mmmm"),
        (123, US_PHONE),
        (-4155550123, US_PHONE),
        (5, "[DBNum1]0"),
        (5, '"x"@'),
        (5, "0" * 300),
        (float("nan"), "0"),
        (1e16, "0"),
    ],
)
def test_what_is_not_certain(value: float, code: str):
    """Separators that depend on the computer, digits that rounding hides, fractions, names of months and what shows nothing: never guessed."""
    assert displayed(float(value), code) is None


def test_separators_may_be_left_out():
    """Where they mean nothing, a number is shown without the separators of thousands."""
    assert displayed(4155550123.0, "#,##0", grouped=False) == "4155550123"
    assert displayed(4155550123.0, "#,##0.00", grouped=False) == "4155550123.00"


@pytest.mark.parametrize(
    ("code", "does"),
    [
        ("General", True), ("@", True), ("0.00", True), ("#,##0", True), ("$#,##0.00_);($#,##0.00)", True), ('0.0,,"M"', True), ("# ?/?", True),
        ("0.00E+00", True), ('_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', True), ("0%", False), ("h:mm", False), ("[h]:mm", False),
        ("m/d/yyyy", False), ('"yes";;"no"', False), (";;;", False),
    ],
)  # fmt: skip
def test_what_means_the_number(code: str, does: bool):
    """Decimals, separators, currencies and units leave the number what it is; a percentage, a time or a word is something else."""
    assert means_number(12.0, code) == does


@pytest.mark.parametrize(
    ("value", "code", "does"),
    [
        (12, '0"K"', False), (12, "0.0\\ \"Mio.\"", False), (12, '0" k€"', False), (12, '0,"K"', True), (12, '0" km"', True), (12, '0" m"', True), (12, '0" t"', True), (12, '0" €"', True),
        (-5, "0;0", False), (-5, "0;[Red]0", True), (-5, "0;-0", True), (-5, "0;(0)", True), (-5, "0", True), (5, "0;0", True),
    ],
)  # fmt: skip
def test_what_is_shown_as_another_number(value: float, code: str, does: bool):
    """`12K` of 12 is a thousand times as much, and a negative number without a sign or a color is another one; `12K` of 12,000 is that."""
    assert means_number(value, code) == does


def test_digits_behind_an_exponent():
    """A format with an exponent hides digits, or shows all that there are: then the last ones may be gone."""
    assert hides_digits(4155550123.0, "0.00E+00") is True
    assert hides_digits(15_000_000_000.0, "0.00E+00") is False
    assert hides_digits(4155550123.0, "0") is None


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("m/d/yyyy", "day month year"), ("d-mmm", "day month"), ("d. mmm", "day month"), ("mmm-yy", "month year"), ("mmmm", "month"),
        ("dddd", "weekday"), ("[$-407]d. mmmm yyyy", "day month year"), ("dd.mm.yyyy hh:mm", "clock day month year"), ("h:mm", "clock"),
        ("mm:ss", "clock"), ("[h]:mm:ss", "clock"), ("h:mm AM/PM", "clock"), ("yyyy", "year"), ("0", ""), ('"day" 0', ""),
    ],
)  # fmt: skip
def test_parts_of_a_date(code: str, parts: str):
    """Which parts of a date a format shows; `m` beside hours or seconds is minutes."""
    assert date_parts(code) == set(parts.split())


def test_plain_formats():
    """General, text and none at all show a number's own digits."""
    assert all(map(is_plain, ("General", "GENERAL", "@", "")))
    assert not is_plain("0")


codes = st.text(st.sampled_from('0#?.,%;-+() "\\_*[]$€EeGgAaPphmsdy/:@<>=1 kmM'), max_size=25) | st.sampled_from(
    ["0000000000", "0%", "#,##0.00", US_PHONE, "h:mm", "[h]:mm", '"Tier "0', "0.00E+00", "# ?/?", "m/d/yyyy"]
)


@given(st.floats() | st.integers(-(10**12), 10**12).map(float), codes)
@settings(max_examples=600, deadline=None)
def test_any_format_is_read_or_not_certain(value: float, code: str):
    """No format crashes, and what is shown is a text without space around it."""
    text = displayed(value, code)
    assert text is None or text == text.strip() != ""
    date_parts(code)
    means_number(value, code)
    hides_digits(value, code)


@given(st.integers(0, 10**14), st.integers(1, 15), st.integers(0, 4), st.sampled_from(["", "%", " €", '" kg"']))
@settings(max_examples=300, deadline=None)
def test_the_digits_shown_are_the_number(number: int, zeros: int, decimals: int, behind: str):
    """Whatever is padded or put behind it, the digits shown are the number's: read back, they give it again."""
    value = number / 100
    text = displayed(value, "0" * zeros + ("." + "0" * decimals if decimals else "") + behind)
    if text is not None:
        shown = float(re.sub(r"[^0-9.]", "", text))
        assert shown == pytest.approx(value * (100 if behind == "%" else 1), rel=1e-14)
        assert len(text.partition(".")[0].strip(" %€kg")) >= zeros
