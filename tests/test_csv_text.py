"""CSV as text: encodings, delimiters, records that come back byte for byte, and texts that cannot become formulas."""

from __future__ import annotations

import contextlib
import csv
import io
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reply_xl import csv_text
from reply_xl.csv_text import guarded, unguarded
from reply_xl.errors import WorkbookError

ENCODINGS = {"utf-8": b"", "utf-8-bom": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff", "cp1252": b""}
DELIMITERS = [",", ";", "\t", "|"]
LEADS = ("=", "+", "-", "@", "\t", "\r")

texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12) | st.sampled_from(
    ["", " ", '"', '""', "a,b", "a;b", "x\ny", "x\r\ny", "\r", "'=x", "=1+1", "+41 44", "-5", "@x", "0012", "1-2", "sep=;", "“q”", "Zürich"]
)
tables = st.lists(st.lists(texts, min_size=1, max_size=5), min_size=1, max_size=6)
dialects = st.tuples(
    st.sampled_from(DELIMITERS),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(list(ENCODINGS)),
    st.booleans(),
)
Dialect = tuple[str, str, int, str, bool]


def written(rows: Sequence[Sequence[str]], dialect: Dialect) -> bytes:
    """The table as another program writes it, with a `sep=` line so that any texts may be in it."""
    delimiter, line_end, quoting, encoding, ends = dialect
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    text = f"sep={delimiter}{line_end}" + (file.getvalue() if ends else file.getvalue().removesuffix(line_end))
    return ENCODINGS[encoding] + text.encode(encoding.removesuffix("-bom"), "replace")


def is_told_apart(data: bytes, encoding: str) -> bool:
    """Whether cp1252 bytes are not UTF-8 by accident, nor text that no file of Windows holds."""
    if encoding != "cp1252":
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
        others = (csv_text._NOT_TEXT, csv_text._NOT_WESTERN, csv_text._POLISH)
        return not any(other.search(text) for other in others) and not csv_text._UTF8_SEQUENCE.search(data)
    return data.isascii()


@given(tables, dialects)
def test_what_is_not_changed_comes_back_byte_for_byte(rows: list[list[str]], dialect: Dialect) -> None:
    """Any table in any dialect: read as Python's csv reads it, and written back as the same bytes."""
    data = written(rows, dialect)
    if is_told_apart(data, dialect[3]):
        read = csv_text.read(data, "x.csv")
        assert csv_text.write(read, {}) == data
        text = data[len(ENCODINGS[dialect[3]]) :].decode(dialect[3].removesuffix("-bom"))
        lines = io.StringIO(text[len(read.dialect.head) :], newline="")
        expected = [[unguarded(value) for value in row] or [""] for row in csv.reader(lines, delimiter=dialect[0])]
        assert list(read.rows) == expected


def raw_fields(record: str, delimiter: str) -> list[str]:
    return csv_text._raw_fields(csv_text._LINE_END.sub("", record), delimiter)


@given(tables, dialects, st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 7)), texts, max_size=6))
def test_what_is_written_reads_back(rows: list[list[str]], dialect: Dialect, cells: dict[tuple[int, int], str]) -> None:
    """Changed cells read back as what was written, whatever they begin with; every other cell keeps its bytes."""
    data = written(rows, dialect)
    if not is_told_apart(data, dialect[3]):
        return
    read = csv_text.read(data, "x.csv")
    changes: dict[int, dict[int, str]] = {}
    for (row, column), value in cells.items():
        # Nothing is ever written as nothing: a last record of one field without a line end would be gone with it.
        if value and row < len(read.rows) and (dialect[3] != "cp1252" or value.isascii()):
            changes.setdefault(row, {})[column] = value
    again = csv_text.read(csv_text.write(read, changes), "x.csv")
    width = max((index + 1 for line in changes.values() for index in line), default=0)
    fits = csv_text._fitted if read.dialect.encoding == "ascii" else lambda text, _: text
    for number, (before, after) in enumerate(zip(read.records, again.records, strict=True)):
        old, new = raw_fields(before, dialect[0]), raw_fields(after, dialect[0])
        changed = changes.get(number, {})
        assert len(new) == max(len(old), width if changed else 0)
        for index, field in enumerate(new):
            if index in changed and csv_text._defused(fits(changed[index], "ascii")) == guarded(fits(changed[index], "ascii")):
                assert again.rows[number][index] == fits(changed[index], "ascii")
            else:
                assert field == (old[index] if index < len(old) else "")


@given(tables, dialects, texts, st.booleans())
def test_nothing_added_can_become_a_formula(rows: list[list[str]], dialect: Dialect, text: str, own: bool) -> None:
    """As any CSV reader sees an added cell, it does not begin with what Excel evaluates, not even where an Excel of another country, which
    splits at another delimiter, sees a cell begin."""
    data = written(rows, dialect)
    if not is_told_apart(data, dialect[3]):
        return
    read = csv_text.read(data, "x.csv")
    added = csv_text.write(read, {0: {9: text}}, frozenset({9}) if own else frozenset())
    encoding = "utf-8" if read.dialect.encoding == "ascii" else read.dialect.encoding
    content = added[len(ENCODINGS[dialect[3]]) :].decode(encoding)
    lines = io.StringIO(content[len(read.dialect.head) :], newline="")
    cell = next(csv.reader(lines, delimiter=dialect[0]))[9]
    assert not cell.startswith(LEADS)
    assert not cell.lstrip().startswith(LEADS)
    for other in DELIMITERS:
        assert not any(part.strip(" \"'").startswith(LEADS) and not part.startswith("'") for part in cell.split(other))


@given(texts)
def test_the_guard_comes_off_again(text: str) -> None:
    """`unguarded` gives back exactly what `guarded` was given."""
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["=1", "+41", "-1", "@x", "\t=1", "\rx", " =1", "'=1", "＝1", "\n@x", "\u00a0-1"])
def test_the_guard_is_an_apostrophe(text: str) -> None:
    """Text that could be evaluated gets one, also behind white space, in full width, or behind an apostrophe of its own."""
    assert guarded(text) == f"'{text}"
    assert unguarded(f"'{text}") == text


@pytest.mark.parametrize("text", ["", "a=b", "1-2", "0012", "'90s", "O'Brien", "'", "''", '"=1"'])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    """No apostrophe is put before or taken from what no program evaluates."""
    assert guarded(text) == text
    assert unguarded(text) == text


SAMPLE = "E-Mail{d}Vorname{d}Firma\r\nhans@example.de{d}Jürgen{d}Weiß & Söhne\r\nzoe@example.fr{d}Zoë{d}Crédit Agricole\r\n"


@pytest.mark.parametrize("encoding", list(ENCODINGS))
@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_encodings_and_delimiters_are_recognised(encoding: str, delimiter: str) -> None:
    """UTF-8 with and without a byte order mark, UTF-16 with one, cp1252; comma, semicolon, tab, pipe."""
    data = ENCODINGS[encoding] + SAMPLE.format(d=delimiter).encode(encoding.removesuffix("-bom"))
    read = csv_text.read(data, "x.csv")
    assert read.dialect.delimiter == delimiter
    assert list(read.rows[1]) == ["hans@example.de", "Jürgen", "Weiß & Söhne"]
    assert read.dialect.encoding == encoding.removesuffix("-bom")
    assert ("“Jürgen”" in read.note) is (encoding == "cp1252")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("Email;Price\na@x.de;1,50\nb@x.de;2,75\n", ";"),
        ("Email,Tags\na@x.de,a;b;c\nb@x.de,a;b;c\n", ","),
        ("Email;Tags;Notes\na@x.de;a,b,c,d,e;x\nb@x.de;a,b,c,d,e;y\n", ";"),
        ("Name, Vorname;E-Mail\nMüller, Hans;h@x.de\nMeier, Eva;e@x.de\n", ";"),
        ('"Name";"E-Mail"\n"Foo, Inc.";"a@x.de"\n', ";"),
        ("Email, Title\na@x.de, CTO\n", ","),
        ("Email\na@x.de\nb@x.de\n", ","),
        ("Email;Notes\na@x.de;\"one\ntwo, three\nfour, five\"\n", ";"),
        ("Notes:\n\"You may notice, that some, are missing.\"\n\nFirst Name,Email,Connected On\nAnn,a@x.de,12 May 2024\n", ","),
        ("Export; all, really all, contacts\nEmail|Title|City\na@x.de|CTO|Bern\n", "|"),
        ("Email;A;B;C;D;E\na@x.de;a,b\nb@x.de;1,5;2\nc@x.de;1,5;2;3;4;5\n", ";"),
        ("sep=;\r\nEmail;a,b,c,d\r\na@x.de;1,2,3,4\r\n", ";"),
        ("sep=^\nEmail^Title\na@x.de^CTO\n", "^"),
        ("", ","),
    ],
)  # fmt: skip
def test_the_delimiter_is_the_headers(text: str, delimiter: str) -> None:
    """Decimal commas, lists, sentences, preambles and names with a comma do not mislead; Excel's `sep=` line is obeyed."""
    assert csv_text.read(text.encode(), "x.csv").dialect.delimiter == delimiter


def test_the_sep_line_is_no_row() -> None:
    """Row 1 is the one that Excel shows as row 1; the line is written back."""
    data = b"sep=;\r\nEmail;Title\r\na@x.de;CTO\r\n"
    read = csv_text.read(data, "x.csv")
    assert list(read.rows) == [["Email", "Title"], ["a@x.de", "CTO"]]
    assert csv_text.write(read, {1: {1: "CEO"}}) == b"sep=;\r\nEmail;Title\r\na@x.de;CEO\r\n"


def test_ragged_rows_and_odd_quotes() -> None:
    """Short and long rows, empty lines, line ends of several kinds, quotes within text and text after a closing quote."""
    data = b'Email,Title\na@x.de\r\nb@x.de,5" screen,more,"and ""more"""\r\n\n"c@x.de"tail,"two\r\nlines"'
    read = csv_text.read(data, "x.csv")
    assert list(read.rows) == [
        ["Email", "Title"], ["a@x.de"], ["b@x.de", '5" screen', "more", 'and "more"'], [""], ["c@x.detail", "two\r\nlines"],
    ]  # fmt: skip
    changed = csv_text.write(read, {1: {3: "x"}, 4: {2: "y;z"}})
    assert changed == data.replace(b"a@x.de\r\n", b"a@x.de,,,x\r\n") + b',"y;z",'


def test_quoting_is_the_files_own() -> None:
    """Where every field is quoted, so is what is added; else only what needs it for any delimiter."""
    assert csv_text.write(csv_text.read(b'"Email","Title"\n"a@x.de",""\n', "x.csv"), {1: {1: "CTO", 2: "x"}}).endswith(
        b'\n"a@x.de","CTO","x"\n'
    )
    assert csv_text.write(csv_text.read(b'Email,Title\na@x.de,"b"\n', "x.csv"), {1: {1: "c", 2: "d;e"}}).endswith(b'\na@x.de,"c","d;e"\n')


def test_the_encoding_stays() -> None:
    """A file of ASCII stays ASCII for our sentences and becomes UTF-8 for letters; in cp1252 what does not fit is `?`."""
    plain = csv_text.read(b"Email,Title\n", "x.csv")
    assert csv_text.write(plain, {0: {2: "“a” … – b"}}) == b'Email,Title,"""a"" ... - b"\n'
    assert csv_text.write(plain, {0: {2: "Zürich"}}) == "Email,Title,Zürich\n".encode()
    windows = csv_text.read("Prénom,Title\n".encode("cp1252"), "x.csv")
    assert csv_text.write(windows, {0: {2: "“Łódź” → é €"}}).decode("cp1252") == "Prénom,Title,“?ód?” -> é €\n"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a text file"),
        (b"Email\0,Title\n", "not a text file"),
        (bytes(range(1, 256)), "not a text file"),
        (b"\x81\x8d\x8f\x90\x9d", "not a text file"),
        (b"PK\x03\x04\x14\0", "Excel workbook"),
        ("Имя;Город\nИван;Москва\n".encode("cp1251"), "neither UTF-8 nor Windows text"),
        ("Όνομα;Πόλη\n".encode("cp1253"), "neither UTF-8 nor Windows text"),
        ("Email,Name\na@x.de,Jürgen\n".encode("utf-16-le"), "not a text file"),
        (b"\xff\xfeE\0m", "damaged"),
        (b"\xef\xbb\xbfEmail\nJ\xfcrgen", "line 2"),
        ("Email,Name\na@x.de,Jürgen Müller\n".encode() + b"b@x.de,Z\xfcrich\n", "line 3"),
        (b'Email,Title\na@x.de,"CTO\nb@x.de,CEO\n', "row 2"),
        (b'"', "row 1"),
    ],
)  # fmt: skip
def test_hostile_files_are_one_sentence(data: bytes, says: str) -> None:
    """Binary, NUL, a workbook by another name, UTF-16 without a mark, two encodings in one file, a quote that never ends: never guessed."""
    with pytest.raises(WorkbookError, match=says) as raised:
        csv_text.read(data, "x.csv")
    assert str(raised.value).startswith("x.csv ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["Łódź", "Paweł", "Świątek i Żółć", "Michał,Kraków", "Bożena", "Wąs"])
def test_polish_windows_is_told_from_western(text: str) -> None:
    """Excel in Poland saves CSV in cp1250: its letters arrive whole, and go back as they came."""
    read = csv_text.read(f"Imię,Miasto,Title\n{text},x\n".encode("cp1250"), "x.csv")
    assert read.rows[0][0] == "Imię"
    assert ",".join(read.rows[1]) == f"{text},x"
    assert "(cp1250)" in read.note
    assert csv_text.write(read, {1: {2: "Żak ☃"}}).decode("cp1250").splitlines()[1].startswith(f"{text},")


@pytest.mark.parametrize(
    "text", ["Turnover (£m)", "note³, 5 m³", "¿Qué?", "£100", "cœur", "Jürgen", "Straße", "SŒUR", "2³ = 8", "créée", "Ÿ"]
)
def test_western_windows_stays_western(text: str) -> None:
    """What only looks like Polish is read as before."""
    assert text in csv_text.read(f"Email;{text}\n".encode("cp1252"), "x.csv").rows[0][1]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Whatever the bytes: a sentence, or a table that is written back as it was."""
    try:
        read = csv_text.read(data, "x.csv")
    except WorkbookError:
        return
    assert csv_text.write(read, {}) == data


@pytest.mark.parametrize(
    "data", [b'a,"' * 60_000, b'"' * 200_001, b'""' * 100_000, b"," * 300_000, b'"a""' * 60_000, b"\n" * 200_000, b'x"\n' * 90_000]
)
def test_no_text_takes_long(data: bytes) -> None:
    """Quotes that never end, or nothing but quotes, delimiters or line ends: the time grows with the size, not with its square."""
    began = time.process_time()
    with contextlib.suppress(WorkbookError):
        csv_text.read(data, "x.csv")
    assert time.process_time() - began < 3
