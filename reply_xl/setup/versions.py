"""Whether the add-in in Excel and this package belong together. Pure."""

from __future__ import annotations

import re

Key = tuple[tuple[int, ...], bool, str]


def difference(addin: str, package: str) -> str | None:
    """The sentence to show where the add-in that noted a click is of another version than the package, else None."""
    if addin == package:
        return None
    what = f"The Reply tab in Excel is version {addin} and reply-xl is version {package}"
    if _key(addin) > _key(package):
        return f"{what}; update reply-xl, run “reply-xl install” and restart Excel."
    return f"{what}; run “reply-xl install” and restart Excel."


def _key(version: str) -> Key:
    """For comparison: 0.10 comes after 0.9, and 1.0.dev1 before 1.0."""
    found = re.match(r"[0-9]+(\.[0-9]+)*", version)
    numbers = tuple(map(int, found[0].split("."))) if found else ()
    while numbers[-1:] == (0,):
        numbers = numbers[:-1]
    rest = version[found.end() :] if found else version
    return numbers, not rest, rest
