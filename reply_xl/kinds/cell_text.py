"""What a cell says: trimmed text, numbers in their digits, dates, the error it shows; and a value as a sentence names it. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isfinite

from reply_xl.kinds.host_values import NOT_CALCULATED, RICH
from reply_xl.model import CellValue, ErrorCell, FieldValue

INVISIBLE = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Characters without width that copying leaves in a text: joiners, byte order marks, marks of writing direction."""
MOST_DIGITS = 15
"""As many digits of a number Excel keeps."""
_WITHOUT_INVISIBLE = str.maketrans("", "", INVISIBLE)
_BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WORDS = re.compile(r"[^\W_]+")
_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN")
"""In which the same letter is written alike; the first words of their letters' names."""
_LIKE_LATIN = frozenset("аеорсухіјѕһԁԛԝ")
"""Cyrillic letters."""
_TOO_NARROW = re.compile("#{4,255}")

# As Excel shows them in English, German, French, Spanish, Portuguese, Italian, Dutch and Polish, Google Sheets and LibreOffice: a CSV file
# holds them as text.
_ERROR_WORDS = """
#N/A #REF! #DIV/0! #VALUE! #NAME? #NUM! #NULL! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #UNKNOWN! #BUSY! #GETTING_DATA #EXTERNAL! #PYTHON!
#ERROR! #NV #BEZUG! #WERT! #ZAHL! #ÜBERLAUF! #VALEUR! #NOM? #NOMBRE! #NUL! #PROPAGATION! #N/D #¡REF! #¡VALOR! #¿NOMBRE? #¡NUM! #¡DIV/0!
#¡NULO! #VALOR! #NOME? #NÚM! #NULO! #RIF! #VALORE! #NULLO! #N/B #VERW! #WAARDE! #NAAM? #GETAL! #LEEG! #N/D! #ADR! #ARG! #NAZWA? #LICZBA!
#ZERO! #KALK! #FELD! #VERBINDEN! #BLOCKIERT! #UNBEKANNT! #DATEN_ABRUFEN #CALCUL! #CHAMP! #CONNEXION! #BLOQUE! #BLOQUÉ! #INCONNU! #OBTENTION_DONNEES
#OBTENTION_DONNÉES #CHARGEMENT_DONNEES #DEVERSEMENT! #¡DESBORDAMIENTO! #DESBORDAMIENTO! #¡CALC! #¡CAMPO! #CAMPO! #¡CONECTAR! #CONECTAR! #¡BLOQUEADO!
#BLOQUEADO! #¡DESCONOCIDO! #DESCONOCIDO! #OBTENIENDO_DATOS #DESPEJAR! #DESPEJAR #EXCEDENTE! #DESCONHECIDO! #OBTENDO_DADOS #ESPANSIONE! #CALCOLO!
#CONNETTI! #BLOCCATO! #SCONOSCIUTO! #ESTRAZIONE_DATI_IN_CORSO #OVERLOPEN! #OVERLOOP! #BEREKENEN! #VELD! #GEBLOKKEERD! #ONBEKEND! #GEGEVENS_OPHALEN
#ROZLANIE! #PRZELANIE! #OBL! #POLE! #ZABLOKOWANE! #NIEZNANE! #POBIERANIE_DANYCH #N/A!
"""
_ERRORS = frozenset(_ERROR_WORDS.split())
_NUMBERED = re.compile(r"(?:[Ee]rr(?:or|ore|o)?|[Ff]ehler|[Ff]out|[Bb]łąd)\s?:5[0-4][0-9]")
"""As LibreOffice shows an error that Excel has no word for: `Err:502`, in German `Fehler:502`."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a field cannot hold what a cell says: `what` is the matter and `advice` what to do, the two halves of a sentence."""

    what: str
    advice: str


def trimmed(text: str) -> str:
    """Without white space and characters without width around it."""
    previous = None
    while previous != text:
        previous, text = text, text.strip().strip(INVISIBLE)
    return text


def without_invisible(text: str) -> str:
    """Without characters that nobody sees, also in the middle, and trimmed; no-break spaces become spaces."""
    return " ".join(re.split(r"[^\S \t\r\n]", text.translate(_WITHOUT_INVISIBLE))).strip()


def is_blank(value: CellValue) -> bool:
    """Nothing, or white space only. An error cell is not blank."""
    return value is None or (isinstance(value, str) and not trimmed(value))


def error_in(value: CellValue) -> ErrorCell | None:
    """The error that the cell shows, also where it became text on the way through another program; else None."""
    if isinstance(value, str):
        if "#" in value:
            text = trimmed(value).upper()
            return ErrorCell(text) if text in _ERRORS or _TOO_NARROW.fullmatch(text) else None
        if ":" in value and _NUMBERED.fullmatch(trimmed(value)):
            return ErrorCell(trimmed(value))
        return None
    return value if isinstance(value, ErrorCell) else None


def explained(error: ErrorCell) -> tuple[str, str]:
    """What is the matter with a cell that shows `error`, and what to do about it, as the two halves of a sentence."""
    if error.code == NOT_CALCULATED:
        return "holds a formula whose result is not in the file", "open the workbook in Excel, save it, and try again"
    if error.code == RICH:
        return "holds a picture, a linked data type or an error that only Excel shows", "type what is meant, or empty the cell"
    if error.code.startswith("##"):
        return (
            "shows only number signs, because its column was too narrow when the file was saved",
            "widen the column and save the file again",
        )
    return f"shows the error {error.code}", "correct the formula or empty the cell"


def mixes_alphabets(text: str) -> bool:
    """Whether a word has letters of several alphabets that look alike, or wide ones, or could be one of Latin letters and is none: nobody types
    that, and who reads it sees another word."""
    if text.isascii():
        return False
    for word in _WORDS.findall(text.lower()):
        if word.isascii():
            continue
        used = {alphabet for letter in word for alphabet in _ALPHABETS if unicodedata.name(letter, "").startswith(alphabet)}
        if (
            len(used) > 1
            or _LIKE_LATIN.issuperset(word)
            or any(unicodedata.normalize("NFKC", one).isascii() for one in word if one > "\x7f")
        ):
            return True
    return False


def has_broken_character(text: str) -> bool:
    """Half of a surrogate pair, or a control character other than tab and line ends: what was meant cannot be known."""
    return _BROKEN.search(text) is not None


def has_lost_digits(value: float) -> bool:
    """Whether a number is not what was typed, because it has more digits than Excel keeps, or is none."""
    return not isfinite(value) or abs(value) >= 10**MOST_DIGITS


def digits(value: float) -> str:
    """A number without exponent and without a trailing `.0`, to the 15 digits that Excel shows (0.1 + 0.2 is 0.3)."""
    if value == int(value):
        return str(int(value))
    return f"{Decimal(f'{value:.{MOST_DIGITS}g}'):f}"


def iso_date(value: datetime) -> str:
    """A date, with its time unless that is midnight; a time of day alone (Excel's day 0, before 1900) without a date."""
    if value.year < 1900:
        return value.strftime("%H:%M:%S")
    midnight = value.hour == value.minute == value.second == 0
    return value.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S")


def shown(value: CellValue | FieldValue) -> str:
    """A value in a sentence: at most 40 characters, on one line, without control characters."""
    if isinstance(value, float):
        text = digits(value) if isfinite(value) else str(value)
    elif isinstance(value, datetime):
        text = iso_date(value)
    else:
        text = " ".join("".join(char if char.isprintable() else " " for char in str(value)).split())
    return text if len(text) <= 40 else text[:39] + "…"


def quoted(value: CellValue) -> str:
    return f"“{str(value).upper() if isinstance(value, bool) else shown(value)}”"
