"""A phone number from a cell: as typed, tidied, and never a number that a program has damaged. Pure.

Words may stand around the digits if they are labels (`Mobile`, `Büro`) or an extension; letters among them only in a number that is
advertised as a word (`1-800-FLOWERS`).
"""

from __future__ import annotations

import re

from reply_xl.fields import fold
from reply_xl.kinds.cell_text import Refusal, digits, has_lost_digits, quoted, without_invisible

MOST_DIGITS = 17
"""The longest number of all, 15 digits, dialled with `00`. An extension does not count."""
FEWEST_DIGITS = 5
_LIKE_A_DATE = r"(?:(?:19|20)[0-9]{2}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}-[0-9]{1,2}-(?:19|20)[0-9]{2})(?![-0-9 ()])"
PLAIN_NUMBER = rf"(?=[+0 ()-]*[1-9])(?:(?!{_LIKE_A_DATE})(?!\+1)[+(]?(?:[0-9][ ()-]{{0,2}}){{4,11}}[0-9]|\+1(?:[ ()-]{{0,2}}[0-9]){{10}})"
"""A number that is sent as it is, seen at one look."""
_LONGEST = 100
_MOST_BEHIND_PLUS, _MOST_BEHIND_PLUS_1 = 15, 11
_FEWEST_OF_SEVERAL = 7
"""From so many digits on, a part of a text is a number of its own: `0171/1234567` and `+49 30 1234567/68` are one."""

_PLAIN = re.compile(PLAIN_NUMBER)
_LEAD = re.compile(r"(?:['‘’`\s]|(?:tel|callto):(?://)?)+", re.IGNORECASE)
_FLOAT = re.compile(r"(\+?[0-9]{4,})[.,]0+")
_GROUPED = re.compile(r"([1-9][0-9]{0,2}(?:([., '’])[0-9]{3})(?:\2[0-9]{3})+)(?!\2)[.,]0{1,2}|([1-9][0-9]{0,2}(?:,[0-9]{3}){2,})")
"""A whole number with separators of thousands and `,00` behind it, or with commas, which no phone number has."""
_DECIMAL = re.compile(r"[0-9]{5,}[.,][0-9]{1,2}|[0-9]{1,3}(?:(?:,[0-9]{3})+\.|(?:\.[0-9]{3})+,)[0-9]{1,2}")
_YEAR, _PART = r"(?:19|20)[0-9]{2}", r"(?:0?[1-9]|[12][0-9]|3[01])"
_DATE = re.compile(
    rf"(?:{_YEAR}([-./]){_PART}\1{_PART}|{_PART}([-./]){_PART}\2{_YEAR})(?:[ T].*)?|{_PART}([./]){_PART}\3[0-9]{{2}}|[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}})?(?: ?[ap]m)?",
    re.IGNORECASE,
)
"""A date with its year in four digits, one in points or slashes with its year in two, or a time of day."""
_EXPONENT = re.compile(r"[+-]?[0-9]([.,][0-9]+)?e\+?[0-9]+", re.IGNORECASE)
_EXTENSION_WORDS = "ext extn extension x dw durchwahl poste int interno toestel wew"
_EXTENSION = re.compile(rf"(?<![^\W\d_])(?:{_EXTENSION_WORDS.replace(' ', '|')})(?![^\W\d_])|#", re.IGNORECASE)
_BETWEEN = re.compile(r"[;,/|&\n\r]|:::|(?<![^\W\d_])(?:or|and|oder|und|ou|et|o|y|e|of|en|lub|i)(?![^\W\d_])", re.IGNORECASE)
_NOTHING = re.compile(r"[0\W]+")
"""What programs and people fill in where a number is asked for and there is none."""
_PLUS = re.compile(r"\+[\s(]*(\d)")
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_SPACES = re.compile(r"[^\S ]+")
_WORD = re.compile(r"[^\W\d_]+")
_OTHER = re.compile(r"^=|://|[@%<>\\$€£¥]|\bwww\.", re.IGNORECASE)
"""What no phone number holds: a formula, a web or e-mail address, money, a percentage."""
_VANITY = re.compile(
    r"(?:(?:\+?1[-. ])?\(?8(?:00|33|44|55|66|77|88)(?:\)[-. ]?|[-.]|(?<=1.8..) )|\+?1[-.]\(?[2-9]\d\d\)?[-.]|0800[-. ]?|1[38]00-)([a-z\d][-. a-z\d]*)",
    re.IGNORECASE,
)

_STREETS = frozenset(
    [
        "street",
        "st",
        "road",
        "rd",
        "avenue",
        "ave",
        "av",
        "boulevard",
        "blvd",
        "lane",
        "ln",
        "drive",
        "dr",
        "way",
        "court",
        "ct",
        "square",
        "sq",
        "highway",
        "hwy",
        "suite",
        "ste",
        "floor",
        "unit",
        "building",
        "apt",
        "strasse",
        "straße",
        "str",
        "platz",
        "weg",
        "allee",
        "rue",
        "calle",
        "via",
        "rua",
        "ulica",
        "ul",
        "straat",
        "laan",
    ]
)

# Before or behind the digits, in the languages of the headers. No fax: nobody answers it.
_LABEL_WORDS = """
phone phones telephone tel tele telefon telefono telefone telefoon tlf tfno fon ph rufnummer mobile mobil mob mobiltelefon mobilnummer mobiel
mobiele cell cellular cellphone cel celular cellulare handy handynummer diensthandy natel portable port movil telemovel gsm kom komorka
komorkowy komórkowy direct direkt directe directo direto diretto dir ddi did zentrale central centrale switchboard landline festnetz fixe
fijo fixo fisso vast stacjonarny main haupt hauptnummer hq office work business buro buero bureau oficina ufficio uff escritorio biuro
dienstlich geschäftlich geschaeftlich gesch professionnel pro trabajo trabalho lavoro werk praca służbowy home private privat personal
personnel perso particular privato casa zuhause domicile prive prywatny whatsapp viber signal telegram toll free tollfree freephone hotline
number no nr num nummer numero numer line durchwahl m t p h o c d w b
"""
_LABELS = frozenset(map(fold, f"{_LABEL_WORDS} {_EXTENSION_WORDS}".split())) - {"x"}

_NUMBER_ADVICE = "format the cell as text and type the phone number again"
_ADVICE = "type a phone number or empty the cell"


def read_phone(value: str | float) -> str | Refusal:
    """The phone number of a text or number cell. A zero that Excel took from its front cannot be known: the digits are sent as they are."""
    if isinstance(value, float):
        if has_lost_digits(value):
            return Refusal("holds a number of more than 15 digits, of which Excel has lost some", _NUMBER_ADVICE)
        if value < 0 or value != int(value):
            return Refusal(f"holds {quoted(value)}, the result of a calculation and not a phone number", _NUMBER_ADVICE)
        text = digits(value)
        return text if len(text) >= FEWEST_DIGITS else _too_short(text)
    return value if _PLAIN.fullmatch(value) else _tidied(value)


def _tidied(typed: str) -> str | Refusal:
    text = without_invisible(typed)
    lead = _LEAD.match(text)
    text = text[lead.end() :] if lead else text
    if _EXPONENT.fullmatch(text):
        return Refusal(f"holds {quoted(typed)}, a number that has lost its last digits", "format the cell as text and type it again")
    if not any(char.isdecimal() for char in text):
        return Refusal(f"holds {quoted(typed)}, which has no digits", _ADVICE)
    text = _SPACES.sub(" ", text)
    if _DATE.fullmatch(text):
        return Refusal(f"holds {quoted(typed)}, which is a date or a time and not a phone number", _ADVICE)
    mended = _FLOAT.fullmatch(text)
    grouped = _GROUPED.fullmatch(text)
    if grouped:
        text = re.sub(r"[^0-9]", "", grouped[1] or grouped[3])
    elif mended:
        text = mended[1]
    elif _DECIMAL.fullmatch(text):
        return Refusal(f"holds {quoted(typed)}, a number with decimals and not a phone number", _NUMBER_ADVICE)
    dialled = _dialled(text)
    if _OTHER.search(dialled):
        return _no_phone(typed)
    if _numbers_in(text) > 1 or _is_two(dialled):
        return Refusal(
            f"holds {quoted(typed)}, which is more than one phone number", "keep one of them, and give the other a column of its own"
        )
    if _is_vanity(text):
        return text
    if _has_other_words(text, dialled):
        return _no_phone(typed)
    if _count(dialled) < FEWEST_DIGITS:
        return _too_short(typed)
    if _NOTHING.fullmatch(dialled):
        return Refusal(f"holds {quoted(typed)}, which stands for no number", _ADVICE)
    plus = _PLUS.search(dialled)
    most = MOST_DIGITS if plus is None else _MOST_BEHIND_PLUS_1 if plus[1] == "1" else _MOST_BEHIND_PLUS
    if _count(dialled) - len(_TRUNK_ZERO.findall(dialled)) > most:
        behind = " that begins with +1" if most == _MOST_BEHIND_PLUS_1 else ""
        return Refusal(f"holds {quoted(typed)}, which has more digits than any phone number{behind}", "correct it")
    return text


def _no_phone(typed: str) -> Refusal:
    return Refusal(f"holds {quoted(typed)}, which is not a phone number", "type the number alone or empty the cell")


def _too_short(typed: str) -> Refusal:
    return Refusal(f"holds {quoted(typed)}, which is too short for a phone number", _ADVICE)


def _numbers_in(text: str) -> int:
    parts = sum(_count(_dialled(part)) >= _FEWEST_OF_SEVERAL for part in _BETWEEN.split(text))
    return max(parts, len(_PLUS.findall(text)))


def _is_two(dialled: str) -> bool:
    """Whether two numbers stand there with nothing but a space between: alike in shape, or together longer than one can be."""
    if len(dialled) > _LONGEST or _count(dialled) < 2 * _FEWEST_OF_SEVERAL:
        return False
    for space in re.finditer(r" +", dialled):
        one, other = dialled[: space.start()], dialled[space.end() :]
        if min(_count(one), _count(other)) < _FEWEST_OF_SEVERAL:
            continue
        if re.sub(r"\d", "0", one) == re.sub(r"\d", "0", other) or (other[0] in "0(" and _count(dialled) > MOST_DIGITS):
            return True
    return False


def _is_vanity(text: str) -> bool:
    found = _VANITY.fullmatch(text)
    word = re.sub(r"\W", "", found[1]) if found else ""
    if found and ((" " in found[1].strip() and not word.isupper()) or not _STREETS.isdisjoint(map(fold, re.split(r"[\W_]+", found[1])))):
        return False  # 1 800 Main Street
    return 5 <= len(word) <= 10 and re.search(r"[a-z]{2}", word, re.IGNORECASE) is not None


def _has_other_words(text: str, dialled: str) -> bool:
    """Whether a word is no label, or stands among the digits; what follows an extension's mark may be its digits."""
    last = max((place for place, char in enumerate(dialled) if char.isdecimal()), default=-1)
    first = next((place for place, char in enumerate(dialled) if char.isdecimal()), last)
    for found in _WORD.finditer(text):
        if found.start() >= len(dialled) and _EXTENSION.fullmatch(found[0]):
            continue
        if fold(found[0]) not in _LABELS or first < found.start() < last:
            return True
        if len(found[0]) == 1 and (text[found.end() : found.end() + 1].isdecimal() or text[: found.start()][-1:].isdecimal()):
            return True
    return False


def _dialled(text: str) -> str:
    """The text up to its extension, whose mark follows a digit: before the first one it is a label."""
    first = re.search(r"\d", text)
    mark = _EXTENSION.search(text, first.end()) if first else None
    return text[: mark.start()] if mark else text


def _count(text: str) -> int:
    return sum(char.isdecimal() for char in text)
