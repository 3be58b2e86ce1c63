"""Company sizes from cells."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.fields import COMPANY_SIZES
from reply_xl.kinds.cell_text import Refusal
from reply_xl.kinds.sizes import may_be_size, read_size
from reply_xl.model import CellValue

RANGES = {choice.value: (choice.low, choice.high or 10_000_000) for choice in COMPANY_SIZES if choice.low}


def refused(value: CellValue) -> str:
    result = read_size(value)
    assert isinstance(result, Refusal), result
    assert "type one of: none, self-employed, 2-10" in result.advice
    return result.what


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (42.0, "Fifty"),
        ("42", "Fifty"),
        ("42.0", "Fifty"),
        ("42,00", "Fifty"),
        ("42 employees", "Fifty"),
        ("42 Mitarbeiter", "Fifty"),
        ("1,200", "FiveThousand"),
        ("1.200", "FiveThousand"),
        ("1 200", "FiveThousand"),
        ("1\u00a0200", "FiveThousand"),
        ("1'200", "FiveThousand"),
        ("1’200", "FiveThousand"),
        ("46.296,00", "OverTenThousand"),
        ("46,296.0", "OverTenThousand"),
        ("1,234,567", "OverTenThousand"),
        ("1.5K", "FiveThousand"),
        ("2m", "OverTenThousand"),
        ("１２", "Fifty"),
        (1.0, "SelfEmployed"),
    ],
)
def test_counts(value: CellValue, size: str):
    """A number of employees, with the separators of every language, belongs to exactly one size."""
    assert read_size(value) == size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1-10", "Ten"),
        ("2-10", "Ten"),
        ("0-10", "Ten"),
        ("0-1", "SelfEmployed"),
        ("1-9", "Ten"),
        ("11 to 50", "Fifty"),
        ("11 – 50", "Fifty"),
        ("11\u201150", "Fifty"),
        ("11 bis 50", "Fifty"),
        ("11 à 50 personnes", "Fifty"),
        ("de 11 à 50 salariés", "Fifty"),
        ("von 11 bis 50", "Fifty"),
        ("od 11 do 50 osób", "Fifty"),
        ("from 11 to 50", "Fifty"),
        ("between 11 and 50", "Fifty"),
        ("entre 11 et 50", "Fifty"),
        ("zwischen 11 und 50 Beschäftigten", "Fifty"),
        ("tra 11 e 50 addetti", "Fifty"),
        ("tussen 11 en 50", "Fifty"),
        ("11-50 Mitarbeiter:innen", "Fifty"),
        ("11-50 Mitarbeiter*innen", "Fifty"),
        ("11-50 MA", "Fifty"),
        ("11-50 salarié·e·s", "Fifty"),
        ("51-200 zatrudnionych", "TwoHundred"),
        ("+10.000", "OverTenThousand"),
        ("11 a 50", "Fifty"),
        ("11 tot 50", "Fifty"),
        ("11 do 50 osób", "Fifty"),
        ("10-50", "Fifty"),
        ("20-49", "Fifty"),
        ("50-200", "TwoHundred"),
        ("51 - 200 Employees", "TwoHundred"),
        ("200-500", "FiveHundred"),
        ("501-1,000 employees", "OneThousand"),
        ("1K-5K", "FiveThousand"),
        ("1,001 – 5,000", "FiveThousand"),
        ("1001-5K", "FiveThousand"),
        ("5001-10,000", "TenThousand"),
        ("10,001+", "OverTenThousand"),
        ("10001+", "OverTenThousand"),
        ("10000+", "OverTenThousand"),
        ("10K+", "OverTenThousand"),
        ("10.000+ Mitarbeiter", "OverTenThousand"),
        (">10000", "OverTenThousand"),
        ("> 10,000", "OverTenThousand"),
        (">= 10001", "OverTenThousand"),
        ("10,001 or more", "OverTenThousand"),
        ("over 10000", "OverTenThousand"),
        ("More than 10,000", "OverTenThousand"),
        ("mehr als 10.000", "OverTenThousand"),
        ("plus de 10 000", "OverTenThousand"),
        ("<10", "Ten"),
        ("< 10 employees", "Ten"),
        ("up to 10", "Ten"),
        ("less than 10", "Ten"),
        ("<2", "SelfEmployed"),
    ],
)
def test_ranges_of_other_tools(text: str, size: str):
    """A range that lies within one of Reply's is that one; it may begin one below, as tools do whose ranges share their edges."""
    assert read_size(text) == size


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("25-100", "is partly 11-50 and partly 51-200"),
        ("1-50", "is partly 2-10 and partly 11-50"),
        ("<50", "is partly 2-10 and partly 11-50"),
        ("51-250", "is partly 51-200 and partly 201-500"),
        ("9-50", "is partly 2-10 and partly 11-50"),
        ("5000+", "is partly 5001-10000 and partly 10001+"),
        ("500+", "reaches from 501-1000 to 10001+"),
        ("11-1000", "reaches from 11-50 to 501-1000"),
    ],
)
def test_a_range_that_straddles_is_refused(text: str, named: str):
    """A range that is part of two of Reply's is not guessed: both are named."""
    assert refused(text) == f"holds “{text}”, which {named}"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Self-employed", "SelfEmployed"),
        ("Myself Only", "SelfEmployed"),
        ("Freelancer", "SelfEmployed"),
        ("Selbstständig", "SelfEmployed"),
        ("autónomo", "SelfEmployed"),
        ("one thousand", "OneThousand"),
        ("oneThousand", "OneThousand"),
        ("OverTenThousand", "OverTenThousand"),
        ("none", "Empty"),
        ("Not set", "Empty"),
    ],
)
def test_words(text: str, size: str):
    """The words of Reply and of other tools."""
    assert read_size(text) == size


@pytest.mark.parametrize(
    "value",
    [
        "0", 0.0, -5.0, 10.5, "10.5", "1,5", "1.2345", "1,20,000", "1.5", "11 50", "11-5", "51-", "-51", "many", "Unknown", "n/a", "?", "", True, "4155550123",
        4155550123.0, 1e300, float("inf"), float("nan"), "<1", "0+ x", "1-5-10", "11 50 200", "Enterprise", "$10M-$50M", "10%", "1.5k5",
    ],
)  # fmt: skip
def test_what_is_no_size_is_refused(value: CellValue):
    """Words that say nothing, 0, fractions, turnovers and phone numbers are refused, and never clear the field."""
    assert "holds “" in refused(value)


@pytest.mark.parametrize(
    ("moment", "size"),
    [
        (datetime(1950, 11, 1), "Fifty"),
        (datetime(2050, 11, 1), "Fifty"),
        (datetime(1950, 10, 1), "Fifty"),
        (datetime(2026, 2, 10), "Ten"),
        (datetime(2026, 10, 2), "Ten"),
        (datetime(2026, 1, 10), "Ten"),
        (datetime(2026, 10, 1), "Ten"),
    ],
)
def test_a_date_that_excel_may_have_made_of_a_range(moment: datetime, size: str):
    """2-10 and 1-10 become a day in either order of day and month, 11-50 and 10-50 a month. By itself such a date is no size; what its
    cell shows of it is."""
    assert may_be_size(moment)
    refused(moment)
    assert (
        read_size(f"{moment:%b}-{moment.year % 100}" if moment.day == 1 and moment.year % 100 > 31 else f"{moment.day}-{moment:%b}") == size
    )


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 5, 10),
        datetime(2020, 11, 1),
        datetime(2011, 12, 20),
        datetime(1985, 2, 10),
        datetime(2026, 11, 11),
        datetime(1899, 12, 30, 2, 10),
        datetime(2026, 2, 10, 9, 30),
        datetime(1950, 11, 2),
    ],
)
def test_another_date_is_refused(moment: datetime):
    """A date that no range of Reply can have become is refused, with the reason."""
    assert not may_be_size(moment)
    assert "turns ranges like 11-50 into dates" in refused(moment)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Nov-50", "Fifty"),
        ("nov. 50", "Fifty"),
        ("Okt 50", "Fifty"),
        ("10-Feb", "Ten"),
        ("10. Feb", "Ten"),
        ("2-Oct", "Ten"),
        ("02. Okt", "Ten"),
        ("1-Oct", "Ten"),
        ("10-janv.", "Ten"),
        ("10-ene", "Ten"),
        ("2-paź", "Ten"),
    ],
)
def test_a_date_as_excel_shows_it_is_recovered(text: str, size: str):
    """A CSV file holds what was shown: `Nov-50` is 11-50."""
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["Nov-20", "20-Nov", "May-10", "10-May", "Nov", "Nov-50-2"])
def test_another_shown_date_is_refused(text: str):
    """A shown date that is no range of Reply's is refused."""
    refused(text)


@given(st.integers(1, 10_000_000), st.sampled_from(["{}", "{:,}", "{} employees", "{}.0", "{:,}.00"]))
@settings(max_examples=200, deadline=None)
def test_every_count_is_in_its_range(count: int, form: str):
    """However it is written, a count is given the size whose range holds it."""
    size = read_size(form.format(count))
    assert isinstance(size, str)
    low, high = RANGES[size]
    assert low <= count <= high
    assert read_size(float(count)) == size


@given(st.integers(0, 12_000), st.integers(0, 12_000))
@settings(max_examples=300, deadline=None)
def test_a_range_never_changes_its_meaning(first: int, last: int):
    """A range is refused, or no count in it is outside the size it is given, but for the shared edge."""
    size = read_size(f"{first}-{last}")
    if isinstance(size, str):
        low, high = RANGES[size]
        assert low - 1 <= max(first, 1) <= last <= high


@given(st.integers(0, 73_000).map(lambda days: datetime(1900, 1, 1) + timedelta(days=days)))
@settings(max_examples=500, deadline=None)
def test_no_date_is_guessed(moment: datetime):
    """A date is never a size by itself, and may have been one only if one of the four ranges that are both is written by its numbers."""
    refused(moment)
    if may_be_size(moment):
        numbers = {(moment.month, moment.day), (moment.day, moment.month), (moment.month, moment.year % 100)}
        assert numbers & {(1, 10), (2, 10), (10, 50), (11, 50)}


@given(st.text(st.sampled_from("0123456789-–.,' +<>kKmtoà≥"), max_size=20) | st.text(max_size=30))
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_or_refused(text: str):
    """Whatever the text, it is a size of Reply's or a refusal on one line."""
    size = read_size(text)
    assert size in {choice.value for choice in COMPANY_SIZES} if isinstance(size, str) else size.what.isprintable()
