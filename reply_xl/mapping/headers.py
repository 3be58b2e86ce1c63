"""What a header alone says: the catalogue's own names, and rules over the words of eight languages. Pure.

A header by rule is taken apart into words; the words become symbols (`Telefon`, `Téléphone` → PHONE), and the set of symbols says the
field. The order of the words, their case, accents, punctuation, articles and a prefix such as `Contact ` or `Person - ` do not matter.
One word that nobody knows, and the header means nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple

from reply_xl.fields import BY_NAME, CATALOGUE, fold
from reply_xl.mapping import header_words as data
from reply_xl.model import Sureness

VAGUE_TITLE = 100
"""The rank of a bare `Title`, which gives way to any other name: beside a `Job title`, Outlook's `Title` holds Mr and Ms."""


class Need(StrEnum):
    """What must be seen besides the header, or the column is not used."""

    NOTHING = ""
    ALONE = "alone"  # no other header that speaks of an e-mail
    FIRST = "first"  # a column of first names, with which this one holds the last names
    LAST = "last"  # and the other way round
    JOB = "job"  # values that are no honorifics
    ORGANIZATION = "organization"
    ZIP = "zip"  # a postal code beside it
    PLACE = "place"  # a city or country beside it
    PHONE = "phone"
    SIZE = "size"
    RANGE = "range"
    NAME = "name"  # a column with the other half of the name
    PROFILE = "profile"
    PAIR = "pair"  # a column headed with the other half: `First` and `Last`
    BESIDE = "beside"  # a header of the tool that writes this one (`header_words.BESIDE`)
    FLAG = "flag"  # no values of another kind


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a header asks for: the name of a field, and how well it is named (a lower `rank` wins). `how` is a sentence without its stop;
    `direct`: a phone that may be the second one where another column is the first."""

    field: str
    rank: int
    sure: Sureness
    how: str
    need: Need = Need.NOTHING
    direct: bool = False


class _Rule(NamedTuple):
    field: str
    must: frozenset[str]
    may: frozenset[str]
    rank: int
    need: Need
    numbers: frozenset[int]


def meaning(header: str) -> Meaning | None:
    """What a header means by one of the catalogue's names, else None. A field that only Reply sets is told by `read_only`."""
    name, rank = _NAMES.get(fold(header), ("", 0))
    if not name:
        return None
    label = BY_NAME[name].label
    how = "The field's own name" if rank < 2 else f"Another name for {label}"
    vague = fold(header) == "title"
    return Meaning(name, VAGUE_TITLE if vague else rank, Sureness.CERTAIN, how, direct=fold(header) == "directphone")


@lru_cache(maxsize=4096)
def meaning_by_rule(header: str) -> Meaning | None:
    """What a header means by its words, in any of the languages, behind a prefix or with one letter off; else None."""
    own = _own_field().match(header)
    if own is not None:
        found = meaning_by_rule(header[own.end() :])
        return found and replace(found, rank=found.rank + 30)
    words = words_of(_INITIAL.sub(r"\1name", _E164.sub("", _example().sub(" ", header) if "(" in header else header)))
    if not words or len(words) > 10 or len(header) > 80:
        return None
    if _somebody_elses().match(" ".join(words[_prefix(words) :])):
        return None
    asked = _asked(" ".join(words)) or _question().sub("", " ".join(words)).strip()
    if asked.startswith("employee ") and asked.split()[1] in _PERSONAL:
        asked = f"person {asked.removeprefix('employee ')}"
    rest = [word for word in asked.split() if word not in _REMARKS]
    prefix = _prefix(rest)
    found = _by_catalogue(header, rest, prefix) or _by_words(rest)
    if found is None:
        return _with_one_letter_off(rest)
    return found


def is_name(text: str) -> bool:
    """Whether a text is the name of a column wherever it stands: a name of the catalogue, or one by rule that needs no evidence, is no
    guess, and is no ordinary value. Quick to say no to an e-mail address or a number."""
    if len(text) > 60 or "@" in text or not any(map(str.isalpha, text)):
        return False
    folded = fold(text)
    if folded in _NAMES:
        return True
    if sum(map(str.isdigit, text)) > 2 or folded in _COULD_BE_DATA:
        return False
    found = meaning_by_rule(text)
    return found is not None and found.need in (Need.NOTHING, Need.JOB, Need.FLAG) and found.sure is not Sureness.GUESS


def words_of(header: str) -> list[str]:
    """The words of a header, folded: split at punctuation, at `aB` and at digits; `e-mail` and `LinkedIn` are one word each."""
    text = _LINKEDIN.sub(" linkedin ", _EMAIL.sub("email", header))
    text = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    text = "".join(char for char in text if not unicodedata.combining(char))
    return [part.casefold() for word in _WORD.findall(text) for part in _CAMEL.split(word) if part]


def without_shared_prefix(headers: Sequence[str]) -> list[str]:
    """The headers without what every one of them begins with, if that says nothing: `Contact: `, `tbl_leads.`. A prefix that is part of
    the names (`Phone 1 - `) or says whose they are (`Company `) stays."""
    filled = [header.strip() for header in headers if header.strip()]
    if len(filled) < 3:
        return [*headers]
    shortest, longest = min(filled, key=str.casefold), max(filled, key=str.casefold)
    size = 0
    for one, other in zip(shortest, longest, strict=False):
        if one.casefold() != other.casefold():
            break
        size += 1
    found = re.match(r".*[^\w]\s*|.*_", shortest[:size], re.DOTALL)
    prefix = found[0] if found else ""
    words = words_of(prefix)
    if (
        not words
        or any(_symbols_of(word) and "PERSON" not in _vocabulary().get(word, ()) for word in words)
        or set(words) & _NOT_THE_PERSONS
    ):
        return [*headers]
    if any(not words_of(header[len(prefix) :]) for header in filled):
        return [*headers]
    return [header.strip()[len(prefix) :] for header in headers]


def symbols(header: str) -> frozenset[str]:
    """The symbols of a header every word of which is known, else none."""
    return _parsed([word for word in words_of(header) if not word.isdigit()])[0] or frozenset()


def speaks_of_email(header: str) -> bool:
    """Whether a word of the header is about e-mail, whatever the others say."""
    return any("EMAIL" in _symbols_of(word) for word in words_of(header))


def speaks_beside(header: str, other: str) -> bool:
    """Whether `other` is written by the tool in whose exports `header` says what it is."""
    pattern = data.BESIDE.get(" ".join(words_of(header)))
    return pattern is not None and re.fullmatch(pattern, " ".join(words_of(other))) is not None


def is_of_replys_grid(header: str) -> bool:
    """Whether only the list of contacts in the app has such a column."""
    return fold(header) in _GRID


def is_of_an_address_book(header: str) -> bool:
    """Whether address books hold such a column and Reply does not."""
    return _address_book().fullmatch(" ".join(words_of(header))) is not None


def is_sign_of_another_system(header: str) -> bool:
    """Whether another system writes this header and Reply does not."""
    words = " ".join(words_of(header))
    return _sign().fullmatch(words) is not None and not words.startswith("custom ") and fold(header) not in _OF_REPLY


def _names() -> dict[str, tuple[str, int]]:
    """Every accepted spelling of a standard field, folded → (field name, rank)."""
    names: dict[str, tuple[str, int]] = {}
    for field in CATALOGUE:
        if field.name == "id":
            continue
        for rank, spelling in enumerate((field.label, field.name, *field.synonyms)):
            names.setdefault(fold(spelling), (field.name, rank))
        if field.read_only:
            names.setdefault(fold(f"Reply {field.label}"), (field.name, 1))
    return names


@cache
def _vocabulary() -> dict[str, tuple[str, ...]]:
    """Word, or words with spaces between → symbols. A word may stand for two things; the rules tell which."""
    found: dict[str, tuple[str, ...]] = {}
    for names, spellings in data.WORDS.items():
        for spelling in spellings.split(", "):
            plain = " ".join(word for word in spelling.split() if word not in _PARTICLES)
            found[plain] = tuple(names.split())
    return found


@cache
def _rules() -> tuple[_Rule, ...]:
    rules = []
    for line in data.RULES.strip().splitlines():
        field, words, rank, need, numbers = (part.strip() for part in line.split(":"))
        must, may = (frozenset(half.split()) for half in words.split("/"))
        rules.append(_Rule(field, must, may, int(rank), Need(need), frozenset(map(int, numbers.split()))))
    return tuple(rules)


_PARTICLES, _OTHER_WORDS, _NOT_THE_PERSONS, _COULD_BE_DATA = (
    frozenset(words.split()) for words in (data.PARTICLES, data.OTHER_WORDS, data.NOT_THE_PERSONS, data.COULD_BE_DATA)
)
_GRID = frozenset(data.REPLYS_GRID.split())
_NAMES = _names()
_LONGEST_PHRASE = 4
_PERSONAL = frozenset(data.PERSONAL.split(", "))
_REMARKS = frozenset(data.REMARKS.split(", "))
_WRITTEN_TOGETHER = ("firstname", "lastname", "jobtitle", "companyname", "phonenumber", "mobilephone")
_CORRECTABLE = tuple(data.CORRECTABLE.split(", "))
_OF_REPLY = frozenset(map(fold, ("Reply ID", "Reply contact ID", "Contact ID", "Time zone ID"))) | frozenset(_NAMES)
_NOT_BEHIND_A_PREFIX = frozenset({"accountId", "ownerUserId", "callStatus", "meetingStatus", "timeZoneId"}) | frozenset(
    field.name for field in CATALOGUE if field.read_only
)
_EMAIL = re.compile(r"(?<![a-z])e[-_ ]?mail", re.IGNORECASE)
_LINKEDIN = re.compile(r"linked[-_ ]?in(?!d)", re.IGNORECASE)
_E164 = re.compile(r"[ _-]*\(?e\.?164\)?", re.IGNORECASE)
_INITIAL = re.compile(r"\b([fl])[. _]*name\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "’": " ", "'": " "})


@cache
def _question() -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(data.QUESTIONS)}) ")


@cache
def _example() -> re.Pattern[str]:
    return re.compile(data.EXAMPLE, re.IGNORECASE)


@cache
def _own_field() -> re.Pattern[str]:
    return re.compile(data.OWN_FIELD, re.IGNORECASE)


@cache
def _address_book() -> re.Pattern[str]:
    return re.compile(data.ADDRESS_BOOK)


@lru_cache(maxsize=512)
def _asked(words: str) -> str:
    """The field's words behind a whole question of a form, "" for anything else."""
    return next((field for field, questions in data.ASKED.items() if any(re.fullmatch(question, words) for question in questions)), "")


@cache
def _somebody_elses() -> re.Pattern[str]:
    return re.compile(data.SOMEBODY_ELSES)


@cache
def _sign() -> re.Pattern[str]:
    return re.compile("|".join(data.SIGNS))


def _is_person(word: str) -> bool:
    return bool({"PERSON", "LEAD"} & set(_vocabulary().get(word, ())))


def _prefix(words: Sequence[str]) -> int:
    """How many words at the beginning say only whose field it is: `Person - Person`, `c_`, `properties.`."""
    count = 0
    while count < len(words) - 1 and (
        _is_person(words[count]) or (count == 0 and words[0] in ("c", "hs", "properties", "attributes", "fields"))
    ):
        count += 1
    return count


def _by_catalogue(header: str, words: Sequence[str], prefix: int) -> Meaning | None:
    """A name of the catalogue behind a prefix or in a question. No id and nothing of Reply's own is taken from behind a prefix."""
    name, rank = _NAMES.get("".join(words[prefix:]), ("", 0))
    if not name or name in _NOT_BEHIND_A_PREFIX:
        return None
    vague = words[prefix:] == ["title"]
    if (vague and any("LEAD" in _vocabulary().get(word, ()) for word in words[:prefix])) or "".join(words) == "contactname":
        return None  # a `Lead - Title` is what the lead is called
    label = BY_NAME[name].label
    how = f"Another name for {label}" if prefix == 0 else f"{label}, behind “{' '.join(words[:prefix])}”"
    need = Need.FLAG if name == "isOptedOut" else Need.NOTHING
    return Meaning(name, VAGUE_TITLE if vague else rank, Sureness.LIKELY, how, need, words[prefix:] == ["direct", "phone"])


def _by_words(words: Sequence[str]) -> Meaning | None:
    numbers = {int(word[:3]) for word in words if word.isdigit()}
    if len(numbers) > 1:
        return None
    found, unknown = _parsed([word for word in words if not word.isdigit()])
    if found is None or unknown:
        return None
    return _decide(found, numbers.pop() if numbers else 0, words)


def _decide(found: frozenset[str], number: int, words: Sequence[str]) -> Meaning | None:
    person = found & {"PERSON", "LEAD"}
    rest = found - {"PERSON", "LEAD"}
    if "SECOND" in rest and number == 0 and "PHONE" in rest:
        rest, number = rest - {"SECOND"}, 2
    for rule in _rules():
        if rule.must <= rest <= rule.must | rule.may and number in rule.numbers:
            return _meant(rule, words, person, rest)
    return None


def _meant(rule: _Rule, words: Sequence[str], person: frozenset[str], rest: frozenset[str]) -> Meaning | None:
    if rule.field == "company" and any(map(_is_person, words[_prefix(words) :])):
        return None  # a company's contact is no company
    if person and rule.need in (Need.FIRST, Need.LAST, Need.NAME, Need.PAIR, Need.BESIDE):
        return None
    need = rule.need
    if need is Need.ORGANIZATION:  # the title in an organization is the job, a company's title may be anything
        if "organization" not in words and "organisation" not in words:
            return None
        need = Need.NOTHING
    if "LEAD" in person and rest == {"TITLE"}:
        return None
    how = f"Another name for {BY_NAME[rule.field].label}"
    return Meaning(rule.field, rule.rank, Sureness.LIKELY, how, need, rule.field == "phone" and "DIRECT" in rest)


def _parsed(words: Sequence[str]) -> tuple[frozenset[str] | None, list[str]]:
    """The symbols of some words, and the words that are unknown. None where there is no symbol at all."""
    words = [word for word in words if word not in _PARTICLES]
    if words and words[0] == "c" and len(words) > 1:
        words = words[1:]
    found: set[str] = set()
    unknown: list[str] = []
    place = 0
    while place < len(words):
        for size in range(min(_LONGEST_PHRASE, len(words) - place), 0, -1):
            hit = _vocabulary().get(" ".join(words[place : place + size]))
            if hit:
                break
        else:
            size, hit = 1, _compound(words[place])
        if hit:
            found.update(hit)
        else:
            unknown.append(words[place])
        place += size
    return (frozenset(found) or None), unknown


def _symbols_of(word: str) -> tuple[str, ...]:
    return _vocabulary().get(word) or _compound(word)


def _compound(word: str, parts: int = 3) -> tuple[str, ...]:
    """The symbols of words written together: `Firmenname`, `jobtitle`, `bedrijfsnaam`; () if a part is unknown."""
    if parts < 2 or len(word) < 6:
        return ()
    for end in range(len(word) - 3, 2, -1):
        head = _vocabulary().get(word[:end])
        if not head:
            continue
        for rest in (word[end:], word[end + 1 :] if word[end] == "s" else ""):
            tail = (len(rest) > 2 and _vocabulary().get(rest)) or _compound(rest, parts - 1)
            if tail:
                return (*head, *tail)
    return ()


def _with_one_letter_off(words: Sequence[str]) -> Meaning | None:
    """What the words mean if one letter of one long word is mended: one field and no other, and none that is dangerous."""
    plain = [word for word in words if word not in _PARTICLES]
    if any(word.isdigit() or word in _OTHER_WORDS for word in plain):
        return None
    joined = "".join(plain)
    if (
        len(plain) == 2
        and not all(map(_symbols_of, plain))
        and any(_is_one_off(joined, right, another=False) for right in _WRITTEN_TOGETHER)
    ):
        words = plain = [joined]
    if sum(not _symbols_of(word) for word in plain) != 1:
        return None
    (odd,) = (word for word in plain if not _symbols_of(word))
    meant: dict[str, Meaning] = {}
    blank = False
    for right in _CORRECTABLE:
        if _is_one_off(odd, right):
            mended = [right if word == odd else word for word in words]
            found = _by_catalogue("", mended, _prefix(mended)) or _by_words(mended)
            if found is None or found.need is not Need.NOTHING:
                blank = True
            else:
                written = " ".join(mended)
                meant.setdefault(found.field, replace(found, sure=Sureness.GUESS, how=f"Read as “{written}”, with one letter off"))
    if blank or len(meant) != 1:
        return None
    (only,) = meant.values()
    return None if BY_NAME[only.field].guard else replace(only, rank=only.rank + 30)


def _is_one_off(typed: str, right: str, *, another: bool = True) -> bool:
    """Whether two neighbouring letters are swapped, or one of six or more is missing or too many, or (`another`) one of seven is another.
    The first letter is right: people see that one."""
    if typed == right or typed[0] != right[0] or abs(len(typed) - len(right)) > 1 or min(len(typed), len(right)) < 5:
        return False
    start = 0
    while start < min(len(typed), len(right)) and typed[start] == right[start]:
        start += 1
    if len(typed) == len(right):
        if typed[start + 2 :] == right[start + 2 :] and typed[start : start + 2] == right[start : start + 2][::-1]:
            return True
        return another and len(typed) >= 7 and typed[start + 1 :] == right[start + 1 :]
    shorter, longer = sorted((typed, right), key=len)
    return len(shorter) >= 5 and len(longer) >= 6 and shorter[start:] == longer[start + 1 :]
