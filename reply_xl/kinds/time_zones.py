"""A time zone from a cell: an IANA or a Windows name, whatever its case; what names no zone is refused with names that do. Pure."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from reply_xl.kinds.cell_text import Refusal, quoted
from reply_xl.kinds.windows_zones import iana_name, names, windows_name

_NO_PLACES = frozenset({"localtime", "posixrules", "factory", "est", "mst"})
"""Entries of the zone database that mean another zone on every machine, or none; and two without summer time, by which people mean the zones
of New York and Denver. `CET`, `EET`, `WET` and `HST` there are what people mean by them."""
_OFFSET = re.compile(r"\(?(?:utc|gmt|z)? ?[+\u2212-] ?[0-9]{1,2}(?::?[0-9]{2})?\b.*", re.IGNORECASE | re.DOTALL)

_MEANT = {
    "est": "America/New_York, or America/Panama for no summer time",
    "mst": "America/Denver, or America/Phoenix for no summer time",
    "edt et eastern": "America/New_York",
    "cst": "America/Chicago, Asia/Shanghai or America/Havana",
    "cdt ct central": "America/Chicago",
    "mdt mt mountain": "America/Denver",
    "pst pdt pt pacific": "America/Los_Angeles",
    "akst akdt": "America/Anchorage",
    "ast adt": "America/Halifax or America/Puerto_Rico",
    "nst ndt": "America/St_Johns",
    "brt": "America/Sao_Paulo",
    "art": "America/Argentina/Buenos_Aires",
    "bst": "Europe/London or Asia/Dhaka",
    "ist": "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem",
    "cest mez mesz": "Europe/Berlin, Europe/Paris or CET",
    "eest": "Europe/Athens, Europe/Helsinki or EET",
    "west": "Europe/Lisbon or WET",
    "msk": "Europe/Moscow",
    "trt": "Europe/Istanbul",
    "gst": "Asia/Dubai",
    "pkt": "Asia/Karachi",
    "ict": "Asia/Bangkok",
    "wib": "Asia/Jakarta",
    "sgt": "Asia/Singapore",
    "hkt": "Asia/Hong_Kong",
    "pht": "Asia/Manila",
    "jst": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "awst": "Australia/Perth",
    "acst acdt": "Australia/Adelaide",
    "aest aedt": "Australia/Sydney or Australia/Brisbane",
    "nzst nzdt": "Pacific/Auckland",
    "sast": "Africa/Johannesburg",
    "wat": "Africa/Lagos",
    "eat": "Africa/Nairobi",
}
_LONGEST = 200
_ABBREVIATED = {word: meant for words, meant in _MEANT.items() for word in words.split()}


class Style(StrEnum):
    """How a workspace names zones."""

    IANA = "IANA"
    WINDOWS = "Windows"


def in_style(name: str, style: Style) -> str:
    """The zone `name` as `style` names it; as it is where that has no name for it. A Windows zone becomes the one zone that stands for it."""
    return (windows_name(name) if style is Style.WINDOWS else iana_name(name)) or name


def style_of(name: str) -> Style | None:
    """How this zone is named; None for a name that both use (`UTC`) or that is none."""
    known = names().get(name.casefold())
    is_windows, is_iana = known is not None and iana_name(known) is not None, known is not None and windows_name(known) is not None
    if is_windows == is_iana:
        return None
    return Style.WINDOWS if is_windows else Style.IANA


def read_zone(text: str) -> str | Refusal:
    """The zone as it is spelt in the list it is from."""
    return _read(text) if len(text) <= _LONGEST else _no_zone(text)


@lru_cache(1024)
def _read(text: str) -> str | Refusal:
    key = " ".join(text.split()).casefold()
    known = None if key in _NO_PLACES else names().get(key) or _of_this_machine().get(key)
    if known:
        return known
    if _OFFSET.fullmatch(key):
        return Refusal(
            f"holds {quoted(text)}, a time that many zones share for part of the year", f"type a place{_such_as(_places_in(text))}"
        )
    meant = _ABBREVIATED.get(key.replace(".", "").removesuffix(" time")) or _standard(key) or " or ".join(_places_in(text))
    if meant:
        return Refusal(f"holds {quoted(text)}, which is not the name of a time zone", f"type {meant}")
    return _no_zone(text)


def _no_zone(text: str) -> Refusal:
    return Refusal(f"holds {quoted(text)}, which is not a time zone", "type one such as Europe/Berlin")


def _standard(key: str) -> str | None:
    """`Pacific Daylight Time` is half of the year of `Pacific Standard Time`."""
    known = names().get(key.replace(" daylight time", " standard time").replace(" summer time", " standard time"))
    return None if known is None else iana_name(known)


def _places_in(text: str) -> list[str]:
    """At most three zones whose places the text names."""
    words = [word.strip().casefold() for word in re.split(r"[,;/()]", text)]
    return list(dict.fromkeys(_places()[word] for word in words if word in _places()))[:3]


def _such_as(places: list[str]) -> str:
    return f", such as {' or '.join(places or ['Europe/Berlin'])}"


@lru_cache(1)
def _places() -> dict[str, str]:
    """IANA names by the place in them."""
    parts = (name.rpartition("/") for name in names().values())
    return {place.replace("_", " ").casefold(): f"{region}/{place}" for region, _, place in parts if region and region != "Etc"}


@lru_cache(1)
def _of_this_machine() -> dict[str, str]:
    """IANA names that are newer than our table. Read once: the first look walks the zone database."""
    from zoneinfo import available_timezones

    return {name.casefold(): name for name in available_timezones() if name.casefold() not in _NO_PLACES}
