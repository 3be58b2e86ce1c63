"""CSV: bytes → encoding, delimiter and rows, and back with some cells changed. Pure.

Every record is kept as it stands in the file. What is not changed comes back byte for byte: delimiters, quotes, line ends, byte order mark,
Excel's `sep=;` line, ragged rows. A record may span lines; its row number is the one that Excel shows, which does not count the `sep=` line.

**What is added cannot become a formula.** Quotes do not help in CSV: Excel evaluates `"=1+1"` like `=1+1`, and so it does text that begins
with + - or @, their full-width forms included, with white space before it too. There is no mark for text in CSV; what works in every
spreadsheet program is a leading apostrophe, at the price that it shows. Our own columns get one after every delimiter and line end within a
text as well, because an Excel of another country splits a comma file at semicolons. In any other cell such an apostrophe within would be
read back as a part of the value: a text that needs one there (`Hot;=1+1`) is not written, and the cell stays as it was. Reading takes the
leading apostrophe off again, also where another program has put it: `'+41 44` is the phone `+41 44`. No mark keeps Excel from showing
`0012` as 12 or `1-2` as a date. Where another program wrote `="0012"`, which it does for that, the value is `0012`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from math import log

from reply_xl.errors import WorkbookError

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DELIMITERS = ",;\t|"
_SAMPLE = 100
_SAMPLE_CHARACTERS = 1_000_000
_SEPARATOR_LINE = re.compile(r'("?)sep=([^"\r\nA-Za-z0-9 ])\1(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_LINE_END = re.compile(r"(?:\r\n|\r|\n)\Z")
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_WINDOWS = ("cp1252", "cp1250")
_POLISH = re.compile(r"[^\W\d_][¹³¿Ÿ][^\W\d_]|\b[A-Z][a-z]{2,}³(?!\w)|[£¯][aeiouyóê¹]")
"""ą, ł, ż, ź, Ł and Ż of the Windows of Central Europe, as that of Western Europe shows them: Pawe³, £ódŸ. Not `note³`, `m³`, `£m`, `¿Qué`."""
_NOT_WESTERN = re.compile("[À-ÿ]{4}")
"""What no word of Western Europe holds, and every word of Cyrillic or Greek text that is read as such."""
_FOREIGN_WORD = re.compile(r"[^\W_]*[^\W\x00-\x7f][^\W_]*|[^\x00-\x7f]")

_AS_FORMULA = re.compile(r'="([^"]*)"')
_LEADS = r"[\s\"']*[=+\-@＝＋－＠]"
_RISKY = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")
_RISKY_WITHIN = re.compile(rf"(?:\A(?=[\t\r\n])|(?:\A|(?<=[,;|\t\r\n]))(?={_LEADS}))")
_LOOKALIKES = {
    ord(char): plain
    for chars, plain in (
        ("“”„‟«»", '"'),
        ("‘’‚‛", "'"),
        ("‐‑‒–—−", "-"),
        ("…", "..."),
        ("→", "->"),
        ("\u00a0\u2009\u202f", " "),
        ("×", "x"),
    )
    for char in chars
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written. `encoding` is `ascii`, `utf-8`, `utf-16-le`, `utf-16-be`, `cp1252` or `cp1250`; `head`: the `sep=` line, if any;
    `quotes_all`: every field is quoted, needed or not."""

    bom: bytes
    encoding: str
    head: str
    delimiter: str
    quotes_all: bool


@dataclass(frozen=True, slots=True)
class CsvText:
    """A file as read. `records`: as they stand, line ends included; `rows`: their values, ragged; `note`: a sentence, or ""."""

    dialect: Dialect
    records: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Grammar:
    record: re.Pattern[str]
    fields: re.Pattern[str]


@lru_cache(maxsize=16)
def _grammar(delimiter: str) -> _Grammar:
    """As Excel and Python's csv read: a quote means something only where a field begins; what follows the closing one is text."""
    d = re.escape(delimiter)
    plain = rf"[^{d}\r\n]*"
    field = rf'(?:"[^"]*(?:""[^"]*)*"(?!"){plain}|(?!"){plain})'
    return _Grammar(re.compile(rf"({field}(?:{d}{field})*)(?:\r\n|\r|\n|\Z)"), re.compile(rf"(?:\A|{d})({field})"))


def read(data: bytes, name: str) -> CsvText:
    """The text of the file `name`. Raises `WorkbookError` for what is no text, is in an unknown encoding, or has a quote that never ends."""
    bom, encoding, text = _decoded(data, name)
    separator = _SEPARATOR_LINE.match(text)
    start = separator.end() if separator else 0
    delimiter = separator[2] if separator else _delimiter(text[:_SAMPLE_CHARACTERS])
    records: list[str] = []
    rows: list[list[str]] = []
    match = _grammar(delimiter).record.match
    while start < len(text):
        found = match(text, start)
        if found is None:
            raise WorkbookError(f"{name} has a quotation mark in row {len(rows) + 1} that is never closed; close it or delete it.")
        records.append(found[0])
        rows.append(_values(found[1], delimiter))
        start = found.end()
    head = separator[0] if separator else ""
    return CsvText(Dialect(bom, encoding, head, delimiter, _quotes_all(records, delimiter)), records, rows, _note(text, encoding, name))


def write(text: CsvText, changes: Mapping[int, Mapping[int, str]], own: Set[int] = frozenset()) -> bytes:
    """The file with `changes`, by record and field from 0. A changed record grows to the last field that any of them changes; `own`: the
    fields that are our own columns.

    The encoding stays. What it cannot hold becomes its nearest plain characters, else `?`; a file of ASCII becomes UTF-8 only if
    letters beyond ASCII are added."""
    dialect = text.dialect
    records = list(text.records)
    width = max((index + 1 for cells in changes.values() for index in cells), default=0)
    for number, cells in changes.items():
        ending = _LINE_END.search(records[number])
        body = records[number][: ending.start()] if ending else records[number]
        fields = _raw_fields(body, dialect.delimiter)
        fields += [""] * (width - len(fields))
        for index, value in cells.items():
            fitted = _fitted(value, dialect.encoding)
            safe = _defused(fitted)
            if index in own or safe == guarded(fitted):
                fields[index] = _field(safe, dialect, quoted=fields[index].startswith('"'))
        records[number] = dialect.delimiter.join(fields) + (ending[0] if ending else "")
    encoding = "utf-8" if dialect.encoding == "ascii" else dialect.encoding
    return dialect.bom + (dialect.head + "".join(records)).encode(encoding, "replace")


def guarded(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula; `unguarded` gives back exactly `text`."""
    return f"'{text}" if _RISKY.match(text) else text


def unguarded(text: str) -> str:
    """A text without the apostrophe that keeps it from being a formula; every other text as it is."""
    return text[1:] if text.startswith("'") and _RISKY.match(text, 1) else text


def _defused(text: str) -> str:
    """The same for texts that nobody reads back, wherever another delimiter could make a cell begin."""
    return _RISKY_WITHIN.sub("'", text)


def _decoded(data: bytes, name: str) -> tuple[bytes, str, str]:
    """Byte order mark, encoding and text. UTF-8 if it is valid UTF-8, else cp1252, or cp1250 where Polish letters show: statistics
    guess wrong on files this short."""
    bom, encoding = next(((bom, encoding) for bom, encoding in _BOMS if data.startswith(bom)), (b"", "utf-8"))
    advice = "save it in Excel as “CSV UTF-8” and try again"
    if data.startswith(b"PK\x03\x04"):
        raise WorkbookError(f"{name} is not a CSV file but an Excel workbook or another archive; rename it to .xlsx if it is a workbook.")
    if not bom and b"\0" in data:
        raise WorkbookError(f"{name} is not a text file, whatever its name says; {advice}.")
    try:
        text = data[len(bom) :].decode(encoding)
        encoding = "ascii" if not bom and text.isascii() else encoding
    except UnicodeDecodeError as error:
        high = len(data.translate(None, bytes(range(128))))
        if bom or 2 * sum(map(len, _UTF8_SEQUENCE.findall(data))) > high:
            line = data.count(b"\n", 0, len(bom) + error.start) + 1
            raise WorkbookError(f"{name} is damaged: line {line} is not in the encoding of the other lines; {advice}.") from error
        encoding = "cp1250" if _POLISH.search(data.decode("cp1252", "replace")) else "cp1252"
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            raise WorkbookError(f"{name} is not a text file, or is neither UTF-8 nor Windows text ({encoding}); {advice}.") from error
        if _NOT_TEXT.search(text):
            raise WorkbookError(f"{name} is not a text file, whatever its name says; {advice}.") from error
        if encoding == "cp1252" and _NOT_WESTERN.search(text):
            raise WorkbookError(f"{name} is neither UTF-8 nor Windows text of Western or Central Europe; {advice}.") from error
    if "\0" in text:
        raise WorkbookError(f"{name} is not a text file, whatever its name says; {advice}.")
    return bom, encoding, text


def _note(text: str, encoding: str, name: str) -> str:
    word = _FOREIGN_WORD.search(text) if encoding in _WINDOWS else None
    if word is None:
        return ""
    return (
        f"{name} is not UTF-8, so it was read as Windows text ({encoding}): “{word[0][:30]}” should look right; "
        "if it does not, save the file in Excel as “CSV UTF-8”."
    )


def _delimiter(sample: str) -> str:
    """The delimiter that gives the header most columns and the rows the same number; in doubt a comma. One followed by a space is taken
    for punctuation (`Müller, Hans;h@x.de`), unless there is no other."""
    for spaced in (False, True):
        widths = {delimiter: list(_widths(sample, delimiter, spaced=spaced)) for delimiter in _DELIMITERS}
        firsts = [next((place for place, width in enumerate(line) if width > 1), len(line)) for line in widths.values()]
        scores = {delimiter: _score(line, min(firsts)) for delimiter, line in widths.items()}
        best = max(scores, key=lambda delimiter: scores[delimiter])
        if scores[best] > 0:
            return best
    return ","


def _widths(sample: str, delimiter: str, *, spaced: bool) -> Iterator[int]:
    """How many fields each of the first records has, blank ones left out."""
    match = _grammar(delimiter).record.match
    start = 0
    for _ in range(_SAMPLE):
        found = match(sample, start) if start < len(sample) else None
        if found is None:
            return
        if found[1].strip():
            fields = _raw_fields(found[1], delimiter)
            yield len(fields) if spaced else 1 + sum(not field.startswith(" ") for field in fields[1:])
        start = found.end()


def _score(widths: Sequence[int], header: int) -> float:
    """`header`: the first record that any delimiter splits."""
    if not widths:
        return 0.0
    headed = log(widths[header]) if header < len(widths) else 0.0
    return 2 * headed + max(count * log(width) for width, count in Counter(widths).items()) / len(widths)


def _raw_fields(body: str, delimiter: str) -> list[str]:
    return _grammar(delimiter).fields.findall(body) if '"' in body else body.split(delimiter)


def _values(body: str, delimiter: str) -> list[str]:
    values = _raw_fields(body, delimiter)
    if '"' in body:
        values = [_unquoted(field) if field.startswith('"') else field for field in values]
    if '="' in body:
        return [meant[1] if (meant := _AS_FORMULA.fullmatch(value)) else unguarded(value) for value in values]
    if "'" in body:
        values = [unguarded(value) for value in values]
    return values


def _unquoted(field: str) -> str:
    if field.count('"') == 2 and field.endswith('"'):
        return field[1:-1]
    found = re.fullmatch(r'"([^"]*(?:""[^"]*)*)"(?!")(.*)', field, re.DOTALL)
    return found[1].replace('""', '"') + found[2] if found else field


def _field(text: str, dialect: Dialect, *, quoted: bool) -> str:
    """`text` as a field: quoted where it must be for any delimiter, where the field was, and where the file quotes everything."""
    must = any(char in text for char in f'{_DELIMITERS}{dialect.delimiter}"\r\n') or text != text.strip()
    return '"' + text.replace('"', '""') + '"' if must or quoted or dialect.quotes_all else text


def _quotes_all(records: Sequence[str], delimiter: str) -> bool:
    fields = [field for record in records[:20] for field in _raw_fields(_LINE_END.sub("", record), delimiter) if field]
    return bool(fields) and all(field.startswith('"') for field in fields)


def _fitted(text: str, encoding: str) -> str:
    """`text` in characters that the file can hold. ASCII is a part of every encoding: our sentences keep it so where they can."""
    if encoding == "ascii":
        return text.translate(_LOOKALIKES)
    if encoding in _WINDOWS:
        return "".join(char if _fits(char, encoding) else _LOOKALIKES.get(ord(char), "?") for char in text)
    return text


def _fits(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
