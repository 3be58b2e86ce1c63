"""What Excel shows for a number, as far as its number format tells for certain. Pure.

A format is up to four sections (positive; negative; zero; text), or sections with conditions (`[<=9999999]###-####;(###) ###-####`). Not read: what
depends on the computer (the separator of thousands, the names of months), on the column's width, and fractions; nor a number of which
the format hides a part by rounding. A decimal separator is read as a point. Conditional formatting is not looked at.

The language: ECMA-376 part 1, 18.8.31.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from math import isfinite

from reply_xl.kinds.cell_text import MOST_DIGITS, digits

GENERAL = "General"
_PLAIN = frozenset({"", "general", "@"})
_LONGEST = 255
_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*")|\\(?P<escaped>.)|_(?P<space>.)|(?P<fill>\*.)|(?P<bracket>\[[^\]]*\])|(?P<general>general)|(?P<exponent>e[+-])
    |(?P<noon>am/pm|a/p)|(?P<clock>[hms]+)|(?P<date>[ydgbe]+)|(?P<digit>[0\#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<text>@)
    |(?P<other>.)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_THOUSANDS = re.compile(r"[\s€$£]*(?:[KkMB]|MM|[Mm]n|[Bb]n|[Mm]io|[Mm]rd|[Mm]ld|[Mm]ln|[Tt]sd|[Tt]ys|[Mm]d|[Mm]illion(?:s|en)?)\.?[\s€$£]*")
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)\]")
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_CURRENCY = re.compile(r"\[\$([^-\]]*)(?:-(?:1?[0-9a-f]{1,6}|[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}))?\]", re.IGNORECASE)
"""With or without a language, by its number or name. Not those that choose other digits than ours."""
_COLOR = re.compile(r"\[(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d+)\]", re.IGNORECASE)
_SYSTEM = re.compile(r"\[\$-(?:f[48]00|x-sys(?:date|time))\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Section:
    """`tokens`: kind and text, literals in one kind; `condition`: a comparison and the number it compares with; `colored`: in another color,
    which is how some show that a number is negative."""

    tokens: tuple[tuple[str, str], ...]
    condition: tuple[str, float] | None
    colored: bool = False

    def has(self, *kinds: str) -> bool:
        return any(kind in kinds for kind, _ in self.tokens)


def is_plain(code: str) -> bool:
    """Whether a number of this format is shown in its own digits."""
    return code.strip().casefold() in _PLAIN


def means_number(value: float, code: str) -> bool:
    """Whether what is shown stands for the number itself: no percentage, no date, no time, nothing hidden."""
    section, is_negative = _section_for(value, code)
    return (
        section is not None
        and not section.has("percent", "clock", "date", "noon", "elapsed")
        and section.has("digit", "general", "text")
        and not _says_thousands(section)
        and not (
            is_negative and not section.colored and not any(kind == "literal" and set(text) & set("-−(") for kind, text in section.tokens)
        )
    )


def _says_thousands(section: _Section) -> bool:
    """Whether a word behind the number makes thousands or millions of it that are not in the cell: 12 shown as `12K`."""
    kinds = [kind for kind, _ in section.tokens]
    last = max((place for place, kind in enumerate(kinds) if kind in ("digit", "general")), default=0)
    behind = "".join(text for kind, text in section.tokens[last:] if kind == "literal")
    return "comma" not in kinds[last:] and _THOUSANDS.fullmatch(behind) is not None


def hides_digits(value: float, code: str) -> bool | None:
    """Of a format with an exponent: whether the number has digits that the format does not show. None for any other format."""
    section, _ = _section_for(value, code)
    if section is None or not section.has("exponent"):
        return None
    kinds = [kind for kind, _ in section.tokens]
    places = kinds[: kinds.index("exponent")].count("digit")
    return not 1 <= places <= MOST_DIGITS or float(f"{value:.{places - 1}e}") != value


def date_parts(code: str) -> frozenset[str]:
    """Which parts of a date or time the format shows: of `year`, `month`, `day`, `weekday`, `clock`."""
    tokens = [(kind, text) for kind, text in _sections(code)[0].tokens if kind in ("date", "clock", "elapsed", "noon")]
    parts = set()
    for index, (kind, text) in enumerate(tokens):
        before, after = tokens[index - 1][1] if index else "", tokens[index + 1][1] if index + 1 < len(tokens) else ""
        if kind == "date":
            parts.add("year" if text[0] in "yeb" else "era" if text[0] == "g" else "day" if len(text) < 3 else "weekday")
        elif kind == "clock" and text[0] == "m" and (len(text) > 2 or not (before.startswith("h") or after.startswith("s"))):
            parts.add("month")
        else:
            parts.add("clock")
    return frozenset(parts)


def displayed(value: float, code: str, *, grouped: bool = True) -> str | None:
    """What the cell shows, without the space around it; None where that is not certain. `grouped` False: without the separators of
    thousands, for fields in which they mean nothing; else a number that has them is not certain."""
    if not isfinite(value) or abs(value) >= 10**MOST_DIGITS:
        return None
    if is_plain(code):
        return digits(value)
    section, is_negative = _section_for(value, code)
    if section is not None:
        section = _without_padding(section)
    if section is None or section.has("fill", "unknown", "exponent", "date"):
        return None
    if section.has("clock", "elapsed", "noon"):
        return _clock(value, section)
    number = abs(value) if is_negative is not None else value
    if section.has("general"):
        if sorted(kind for kind, _ in section.tokens if kind != "literal") != ["general"]:
            return None
        text = "".join(
            digits(abs(number)) if kind == "general" else shown for kind, shown in section.tokens if kind in ("general", "literal")
        )
        text = f"-{text}" if number < 0 else text
    else:
        text = _number(Decimal(f"{number:.{MOST_DIGITS}g}"), section, grouped) or ""
    return " ".join(text.split(" ")).strip() or None


def _without_padding(section: _Section) -> _Section:
    """Without the spaces that fill a cell before or behind the number; between a sign and the number they depend on the column's width."""
    tokens = list(section.tokens)
    for step in (1, -1):
        for place in range(len(tokens))[::step]:
            kind, text = tokens[place]
            if kind == "fill" and text == "* ":
                tokens[place] = ("literal", " ")
            elif kind != "literal" or text.strip(" "):
                break
    return _Section(tuple(tokens), section.condition, section.colored)


def _section_for(value: float, code: str) -> tuple[_Section | None, bool | None]:
    """The section that a number is shown by, and whether the section stands for the sign; None for no section or an unknown one."""
    if is_plain(code):
        return _sections(GENERAL)[0], None
    if len(code) > _LONGEST:
        return None, None
    sections = _sections(code)
    numeric = sections[:3]
    if len(numeric) > 1 and numeric[-1].has("text"):
        numeric = numeric[:-1]
    if any(section.condition for section in numeric):
        for section in numeric:
            if section.condition is None or _holds(value, *section.condition):
                return (section, None) if value >= 0 else (None, None)
        return None, None
    if len(numeric) == 1 or value > 0 or (value == 0 and len(numeric) < 3):
        return numeric[0], None
    if value == 0:
        return numeric[2], None
    return numeric[1], True


def _holds(value: float, comparison: str, other: float) -> bool:
    return {
        "<": value < other, "<=": value <= other, ">": value > other, ">=": value >= other, "=": value == other, "<>": value != other,
    }[comparison]  # fmt: skip


@lru_cache(512)
def _sections(code: str) -> tuple[_Section, ...]:
    sections: list[list[tuple[str, str]]] = [[]]
    conditions: list[tuple[str, float] | None] = [None]
    colored = [False]
    for found in _TOKEN.finditer(code):
        kind, text = str(found.lastgroup), found[str(found.lastgroup)]
        if kind == "other" and text == ";":
            sections.append([])
            conditions.append(None)
            colored.append(False)
            continue
        if kind == "bracket":
            condition = _CONDITION.fullmatch(text)
            if condition:
                conditions[-1] = condition[1], float(condition[2])
                continue
            colored[-1] = colored[-1] or _COLOR.fullmatch(text) is not None
            kind, text = _bracket(text)
            if not kind:
                continue
        elif kind == "quoted":
            kind, text = "literal", text[1:-1]
        elif kind in ("escaped", "other"):
            kind = "literal" if kind == "escaped" or not text.isascii() or not text.isalpha() else "unknown"
        elif kind == "space":
            kind, text = "literal", " "
        elif kind in ("clock", "date"):
            for run in re.findall(r"(?i)((.)\2*)", text):
                sections[-1].append((kind, run[0].lower()))
            continue
        sections[-1].append((kind, text))
    return tuple(
        _Section(tuple(one), condition, is_colored) for one, condition, is_colored in zip(sections, conditions, colored, strict=True)
    )


def _bracket(text: str) -> tuple[str, str]:
    """What a part in square brackets is; no kind for what shows nothing: a color, a language."""
    elapsed, currency = _ELAPSED.fullmatch(text), _CURRENCY.fullmatch(text)
    if elapsed:
        return "elapsed", elapsed[1].lower()
    if _SYSTEM.fullmatch(text):
        return "unknown", text
    if currency:
        return ("literal", currency[1]) if currency[1] else ("", "")
    return ("", "") if _COLOR.fullmatch(text) else ("unknown", text)


def _number(number: Decimal, section: _Section, grouped: bool) -> str | None:
    """A number by its digit places; None where digits are hidden or separators depend on the computer."""
    tokens = list(section.tokens)
    places = [index for index, (kind, _) in enumerate(tokens) if kind == "digit"]
    if (
        any(kind not in ("literal", "digit", "point", "comma", "percent") for kind, _ in tokens)
        or [kind for kind, _ in tokens].count("point") > 1
    ):
        return None
    if not places:
        return "".join(text for _, text in tokens) if number >= 0 and not section.has("point", "comma", "percent") else None
    point = next((index for index, (kind, _) in enumerate(tokens) if kind == "point"), len(tokens))
    whole, fraction = [one for one in places if one < point], [one for one in places if one > point]
    if "/" in "".join(text for kind, text in tokens[places[0] : places[-1]] if kind == "literal") or not whole:
        return None
    if fraction and any(kind == "literal" for kind, _ in tokens[point : fraction[-1]]):
        return None
    number *= Decimal(100) ** sum(kind == "percent" for kind, _ in tokens)
    if any(kind == "comma" and index > whole[-1] for index, (kind, _) in enumerate(tokens)):
        return None  # shown in thousands or millions
    rounded = number.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    if rounded != number:
        return None
    ones, _, decimals = f"{abs(rounded):f}".partition(".")
    ones = ones.lstrip("0")
    is_grouped = any(kind == "comma" for kind, _ in tokens)
    required = len(whole) - next((at for at, one in enumerate(whole) if tokens[one][1] == "0"), len(whole))
    if is_grouped and grouped and max(len(ones), required) > 3:
        return None
    has_literals_inside = any(kind == "literal" for kind, _ in tokens[whole[0] : whole[-1]])
    if has_literals_inside and max(len(ones), required) < len(whole):
        return None
    if any(tokens[one][1] != "0" for one in whole[len(whole) - required : len(whole) - len(ones)]):
        return None  # a place that need not be filled, behind one that must
    filled = _filled(tokens, whole, ones)
    kept = len(decimals)
    while kept and decimals[kept - 1] == "0" and tokens[fraction[kept - 1]][1] != "0":
        kept -= 1
    filled |= {one: decimals[at] if at < kept else "" for at, one in enumerate(fraction)}
    if point < len(tokens) and kept == 0:
        return None  # a point with nothing behind it
    text = "".join(filled.get(index, "" if kind == "comma" else text) for index, (kind, text) in enumerate(tokens))
    return f"-{text}" if rounded < 0 else text


def _filled(tokens: list[tuple[str, str]], whole: list[int], ones: str) -> dict[int, str]:
    """The digits before the point by their places, from the right; what is left over stands at the first place."""
    filled: dict[int, str] = {}
    is_required = False
    count = len(whole)
    for at, place in enumerate(whole):
        is_required = is_required or tokens[place][1] == "0"
        behind = count - at - 1
        if at == 0 and len(ones) > count:
            filled[place] = ones[: len(ones) - behind]
        elif behind < len(ones):
            filled[place] = ones[len(ones) - behind - 1]
        else:
            filled[place] = "0" if is_required else " " if tokens[place][1] == "?" else ""
    return filled


def _clock(value: float, section: _Section) -> str | None:
    """A time of day or a duration; None for a part of a day and a time together, and where seconds are hidden."""
    kinds = [text for kind, text in section.tokens if kind in ("clock", "elapsed")]
    is_elapsed = section.has("elapsed")
    seconds = round(value * 86_400)
    if (
        value < 0
        or abs(value * 86_400 - seconds) > 0.01
        or (value >= 1 and not is_elapsed)
        or section.has("date", "digit", "percent", "general")
    ):
        return None
    letters = "".join(kind[0] for kind in kinds)
    if letters not in ("h", "hm", "hms", "m", "ms", "s") or (letters[0] != "h" and not is_elapsed):
        return None
    if ("s" not in letters and seconds % 60) or ("m" not in letters and "h" in letters and seconds % 3600):
        return None
    first = {"h": seconds // 3600, "m": seconds // 60, "s": seconds}[letters[0]]
    parts = {"h": first, "m": seconds // 60 % 60, "s": seconds % 60} | {letters[0]: first}
    is_twelve = section.has("noon")
    if is_twelve:
        if is_elapsed:
            return None
        parts["h"] = (first + 11) % 12 + 1
    text = ""
    for kind, shown in section.tokens:
        if kind in ("clock", "elapsed"):
            text += f"{parts[shown[0]]:0{min(len(shown), 2)}d}"
        elif kind == "noon":
            half = ("AM", "PM")[first >= 12]
            text += half if len(shown) == 5 else half[0]
        elif kind == "literal":
            text += shown
        else:
            return None
    return text
