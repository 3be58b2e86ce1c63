"""Time zones from cells, by IANA and by Windows names."""

from __future__ import annotations

from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.kinds.cell_text import Refusal
from reply_xl.kinds.time_zones import Style, in_style, read_zone, style_of
from reply_xl.kinds.windows_zones import iana_name, names, same_zone, windows_name

IANA = sorted(name for name in names().values() if windows_name(name))
WINDOWS = sorted(name for name in names().values() if iana_name(name))
NO_WINDOWS = {"Antarctica/Troll", "Factory", "localtime", "posixrules"}


def refused(text: str) -> Refusal:
    result = read_zone(text)
    assert isinstance(result, Refusal), result
    return result


def test_every_iana_name_of_the_table_is_one():
    """The zone database knows every IANA name of the table, and the table all of its names but those without a Windows zone."""
    assert set(IANA) <= available_timezones()
    assert available_timezones() - set(IANA) <= NO_WINDOWS
    assert len(WINDOWS) > 130


def test_the_table_is_a_mapping():
    """A Windows zone stands for an IANA zone whose Windows name it is, so that there and back again is the same zone."""
    for name in WINDOWS:
        iana = iana_name(name)
        assert iana
        assert windows_name(iana) == name
    assert {name for name in IANA if name in WINDOWS} == {"UTC"}


@pytest.mark.parametrize("name", [name for name in [*IANA, *WINDOWS] if name not in ("EST", "MST")])
def test_every_name_is_read_whatever_its_case(name: str):
    """Both kinds of names are taken, in any case, and sent as their list spells them."""
    assert read_zone(name) == read_zone(name.upper()) == read_zone(f"{name.lower()}") == name


@pytest.mark.parametrize(
    "name", ["CET", "EET", "WET", "MET", "HST", "PST8PDT", "EST5EDT", "GMT", "UTC", "Etc/GMT+5", "UTC-02", "Antarctica/Troll"]
)
def test_short_names_of_the_zone_database_are_names(name: str):
    """`CET` and its like are zones with the summer time that people mean."""
    assert read_zone(name) == name


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("EST", "America/New_York, or America/Panama for no summer time"),
        ("mst", "America/Denver, or America/Phoenix for no summer time"),
        ("PST", "America/Los_Angeles"),
        ("CST", "America/Chicago, Asia/Shanghai or America/Havana"),
        ("IST", "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem"),
        ("CEST", "Europe/Berlin, Europe/Paris or CET"),
        ("Eastern Time", "America/New_York"),
        ("Pacific Daylight Time", "America/Los_Angeles"),
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("Amsterdam, Rome", "Europe/Amsterdam or Europe/Rome"),
    ],
)
def test_what_is_nearly_a_name_gets_proposals(text: str, proposal: str):
    """An abbreviation has several meanings, and a place is not a zone: the names that may be meant are proposed. The zone database has `EST`
    and `MST` too, but without the summer time that people mean."""
    problem = refused(text)
    assert "is not the name of a time zone" in problem.what
    assert problem.advice == f"type {proposal}"


@pytest.mark.parametrize("text", ["UTC+1", "GMT-5", "GMT+01:00", "+02:00", "-5", "UTC +5:30", "utc+01", "Z+1", "GMT+25 or so"])
def test_an_offset_is_refused(text: str):
    """Many zones share an offset for part of the year, so that it does not say when summer time begins."""
    problem = refused(text)
    assert "a time that many zones share" in problem.what
    assert problem.advice == "type a place, such as Europe/Berlin"


def test_a_windows_menu_entry_proposes_its_places():
    """`(UTC+01:00) Amsterdam, Berlin, …` as Windows lists it names places: those are proposed."""
    problem = refused("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna")
    assert problem.advice == "type a place, such as Europe/Amsterdam or Europe/Berlin or Europe/Rome"


@pytest.mark.parametrize("text", ["somewhere", "localtime", "posixrules", "Factory", "Foo Standard Time", "1", ""])
def test_what_is_no_zone_is_refused(text: str):
    """Words, and the entries of the zone database that are no place, are refused."""
    assert refused(text).advice == "type one such as Europe/Berlin"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("Europe/Vienna", "W. Europe Standard Time"),
        ("America/New_York", "Eastern Standard Time"),
    ],
)
def test_one_zone_by_both_names(one: str, other: str):
    """Every IANA zone is in one Windows zone at most, so that name and Windows name do not contradict each other."""
    assert same_zone(one, other)
    assert same_zone(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("Europe/Berlin", "Europe/Vienna"), ("Europe/Berlin", "Eastern Standard Time"), ("", "UTC"), ("x", "y")]
)
def test_two_zones(one: str, other: str):
    """Two IANA names are two zones, even where Windows has one for both: somebody who changes one into the other means it."""
    assert not same_zone(one, other)


@pytest.mark.parametrize(
    ("name", "iana", "windows"),
    [
        ("Europe/Vienna", "Europe/Vienna", "W. Europe Standard Time"),
        ("W. Europe Standard Time", "Europe/Berlin", "W. Europe Standard Time"),
        ("Antarctica/Troll", "Antarctica/Troll", "Antarctica/Troll"),
        ("UTC", "Etc/UTC", "UTC"),
    ],
)
def test_styles(name: str, iana: str, windows: str):
    """A zone is named as the workspace names zones; one without such a name keeps its own."""
    assert (in_style(name, Style.IANA), in_style(name, Style.WINDOWS)) == (iana, windows)


def test_the_style_of_a_name():
    """What Reply holds tells how the workspace names zones; `UTC` and what is no zone tell nothing."""
    assert style_of("Europe/Berlin") is Style.IANA
    assert style_of("Pacific Standard Time") is Style.WINDOWS
    assert style_of("UTC") is style_of("Berlin") is None


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text: str):
    """Whatever the text, it is a zone or a refusal on one line; a zone is settled."""
    zone = read_zone(text)
    assert read_zone(zone) == zone if isinstance(zone, str) else f"{zone.what}{zone.advice}".isprintable()
