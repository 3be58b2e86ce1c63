"""Cell value → field value and back."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from zoneinfo import available_timezones

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reply_xl.errors import CellError
from reply_xl.fields import BY_NAME, CATALOGUE, WRITABLE, same
from reply_xl.kinds.host_values import NOT_CALCULATED, RICH, as_cell
from reply_xl.kinds.values import contact_id, error_in, format, is_blank, local_moment, looks_like_email, parse, shown
from reply_xl.model import CellValue, CustomField, ErrorCell, FieldValue, Intent, Kind, Target

TEXT, NUMBER = CustomField(7, "Lead Source"), CustomField(8, "Score", numeric=True)
TARGETS: list[Target] = [*WRITABLE, TEXT, NUMBER]
MOMENT = datetime(2024, 5, 1, 14, 30)


def parsed(value: CellValue, name: str) -> FieldValue | Intent:
    return parse(value, BY_NAME[name], "B5")


def refused(value: CellValue, target: Target) -> CellError:
    with pytest.raises(CellError) as caught:
        parse(value, target, "B5")
    return caught.value


# --- blank, clear, errors -----------------------------------------------------------------------------------------------------------

BLANKS = [None, "", " ", "\t\r\n", "\u00a0", "\u2007\u202f", "\u200b", "\ufeff \u2060", "\u200e\u202c", "\u3000"]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
@pytest.mark.parametrize("value", BLANKS)
def test_blank_leaves_alone(value: CellValue, target: Target):
    """Nothing, white space, no-break spaces and characters without width leave every field alone."""
    assert is_blank(value)
    assert parse(value, target, "B5") is Intent.LEAVE


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_clear_in_any_case(target: Target):
    """`<clear>`, whatever its case and the spaces around it, clears a field, and is refused for email, first name and owner."""
    for text in ("<clear>", " <Clear>\u00a0", "<CLEAR>"):
        if target.name in ("email", "firstName", "ownerUserId"):
            assert "cannot do without" in str(refused(text, target))
        else:
            assert parse(text, target, "B5") is Intent.CLEAR


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
@pytest.mark.parametrize("code", ["#N/A", "#REF!", "#SPILL!", "#ERROR"])
def test_an_error_cell_is_never_blank(code: str, target: Target):
    """A cell that shows an error is refused in every field, with the error it shows."""
    assert not is_blank(ErrorCell(code))
    assert str(refused(ErrorCell(code), target)) == f"B5 ({target.label}) shows the error {code}; correct the formula or empty the cell."


def test_what_only_excel_shows_says_so():
    """A picture, a linked data type, #SPILL! in a file: the cell is refused without a word about #VALUE!, which nobody sees."""
    assert str(refused(ErrorCell(RICH), BY_NAME["country"])) == (
        "B5 (Country) holds a picture, a linked data type or an error that only Excel shows; type what is meant, or empty the cell."
    )


def test_a_boolean_is_named_as_excel_shows_it():
    """Not as a program writes it."""
    assert "holds “TRUE”" in str(refused(True, BY_NAME["companySize"]))


@pytest.mark.parametrize(
    "text",
    """#N/A;#n/a; #Ref!\u00a0;#DIV/0!;#VALUE!;#NAME?;#NUM!;#NULL!;#SPILL!;#GETTING_DATA;#KALK!;#FELD!;#CALCUL!;#CHAMP!;#¡DESBORDAMIENTO!;#¡calc!
#DESPEJAR!;#ESPANSIONE!;#OVERLOPEN!;#ROZLANIE!""".replace("\n", ";").split(";"),
)
def test_an_error_that_became_text_is_an_error(text: str):
    """A CSV file holds errors as text, whatever their case: they are not sent as values."""
    assert "shows the error #" in str(refused(text, BY_NAME["title"]))
    assert error_in(text) == ErrorCell(text.strip().upper())


@pytest.mark.parametrize("text", ["Err:502", "Fehler:508", "Err :522", " Błąd:504 "])
def test_a_numbered_error_is_an_error(text: str):
    """LibreOffice has no words for most errors: saved as CSV, or as values, they are texts."""
    assert str(refused(text, BY_NAME["title"])) == f"B5 (Title) shows the error {text.strip()}; correct the formula or empty the cell."


@pytest.mark.parametrize("text", ["#", "#1", "#N/A yet", "N/A", "#hashtag", "#BOSS!", "Errors:502", "Err: ask Ann", "Error: 404"])
def test_other_text_with_a_number_sign_is_text(text: str):
    """Only the very words that Excel shows are errors."""
    assert parsed(text, "title") == text
    assert error_in(text) is None


def test_a_formula_without_a_result_says_what_to_do():
    """A workbook that was last saved by a program that does not calculate has a sentence of its own."""
    assert str(refused(ErrorCell(NOT_CALCULATED), BY_NAME["title"])) == (
        "B5 (Title) holds a formula whose result is not in the file; open the workbook in Excel, save it, and try again."
    )


# --- what each kind takes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  Head of R&D\u00a0", "Head of R&D"),
        ("\ufeffCEO", "CEO"),
        ("two\nlines", "two\nlines"),
        ("=1+1", "=1+1"),
        (4155550123.0, "4155550123"),
        (-0.0, "0"),
        (2.5, "2.5"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (True, "TRUE"),
        (999999999999999.0, "999999999999999"),
    ],
)
def test_text(value: CellValue, text: str):
    """Text is trimmed and otherwise as typed; a number becomes the digits that Excel shows."""
    assert parsed(value, "title") == text


@pytest.mark.parametrize("name", ["phone", "phone2"])
@pytest.mark.parametrize(
    ("value", "digits"),
    [
        (4155550123.0, "4155550123"),
        ("4155550123.0", "4155550123"),
        ("+4155550123.0", "+4155550123"),
        ("\u202a+1 415 555 0123\u202c", "+1 415 555 0123"),
        ("0041 44 123", "0041 44 123"),
        ("555.0100", "555.0100"),
    ],
)
def test_phone_numbers_lose_nothing(value: CellValue, digits: str, name: str):
    """A phone number that went through floating point becomes its digits again; one that is text stays as typed."""
    assert parsed(value, name) == digits


@pytest.mark.parametrize("value", ["4.16E+9", "4.15555e+09", "4E9"])
def test_a_phone_number_in_scientific_notation_is_refused(value: str):
    """Text such as `4.16E+9` has lost its last digits, so it is never sent as a phone number."""
    assert "lost its last digits" in str(refused(value, BY_NAME["phone"]))


def test_the_point_of_other_text_stays():
    """`2.0` as text is a version, not a number that went wrong: outside phone numbers text stays as typed."""
    assert parse("10000.0", TEXT, "B5") == "10000.0"
    assert parsed("1E5", "title") == "1E5"


@pytest.mark.parametrize("value", [1e15, 4.2e18, -1e15, 1e300, float("inf"), float("nan")])
@pytest.mark.parametrize("target", [BY_NAME["phone"], TEXT, NUMBER], ids=lambda target: target.name)
def test_numbers_of_more_than_15_digits_are_refused(value: float, target: Target):
    """Excel keeps 15 digits: a longer number is not what was typed, so it is not sent."""
    refused(value, target)


def test_dates():
    """A date is text only where it can be meant: in notes and text custom fields; elsewhere it is refused."""
    assert parsed(datetime(2024, 5, 1), "notes") == "2024-05-01"
    assert parse(MOMENT, TEXT, "B5") == "2024-05-01 14:30:00"
    for name in (field.name for field in WRITABLE if field.name != "notes"):
        refused(MOMENT, BY_NAME[name])
    refused(MOMENT, NUMBER)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (0.25, "0.25"),
        (0.07 * 100, "7"),
        (Decimal("1234.5000"), "1234.5"),
        (Decimal("1200.0000"), "1200"),
        (12.3, "12.3"),
        (1 / 3, "0.333333333333333"),
    ],
)
def test_percentages_and_currencies(raw: object, text: str):
    """A percentage is the number it stands for, a currency its amount: plain digits as Excel stores them, without the noise of floats."""
    assert parse(as_cell(raw), BY_NAME["title"], "B5") == parse(as_cell(raw), NUMBER, "B5") == text


@pytest.mark.parametrize(
    "text",
    [
        "two\r\nlines",
        "two\nlines\tand a tab",
        "a" * 32_767,
        "👩\u200d💻 done",
        "نام\u200cخانوادگی",
        "שלום (Shalom)",
        "𝒳",
        "=1+1",
        "+1",
        "-",
        "@ann",
        "'quoted'",
        "_x000D_",
        "0.1",
        "1E5",
        "TRUE",
    ],
)
def test_texts_that_are_never_mangled(text: str):
    """Line breaks, as many characters as a cell holds, emoji, scripts written from the right, and what looks like a formula, a number or an
    escape: sent as they are, and written back as they are."""
    assert parsed(text, "notes") == text
    assert format(text, BY_NAME["notes"]) == text


@pytest.mark.parametrize("text", ["a" * 32_768, "half \ud83d of a pair", "bell\x07", "mis\x92read", "\x00"])
def test_texts_that_cannot_be_right_are_refused(text: str):
    """More than a cell holds, halves of a pair and control characters have been damaged on the way: they are not sent."""
    for target in TARGETS:
        refused(text, target)


def test_a_letter_that_was_lost():
    """Where another program has put the mark of a lost letter, the text is refused; notes and custom texts, which people copy from anywhere,
    may hold it."""
    assert "stands where a letter was lost" in str(refused("M\ufffdller", BY_NAME["lastName"]))
    assert parsed("M\ufffdller", "notes") == parse("M\ufffdller", TEXT, "B5") == "M\ufffdller"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("phone", "+1 415 555 0123; +1 212 555 0100", "more than one phone number; keep one of them"),
        ("phone", "n/a", "which has no digits; type a phone number or empty the cell"),
        ("phone", True, "which has no digits"),
        ("phone", MOMENT, "holds a date"),
        ("phone", 1e15, "more than 15 digits"),
        ("email", "a@x.com; b@x.com", "more than one e-mail address; keep one of them"),
        ("companySize", "25-100", "is partly 11-50 and partly 51-200; type one of: none, self-employed"),
        ("timeZoneId", "UTC+1", "a time that many zones share for part of the year; type a place, such as Europe/Berlin"),
        ("timeZoneId", "PST", "not the name of a time zone; type America/Los_Angeles"),
        ("isOptedOut", "✗", "holds “✗”; type yes or no"),
        ("notes", "########", "its column was too narrow when the file was saved; widen the column"),
        ("title", "#BEZUG!", "shows the error #BEZUG!; correct the formula"),
    ],
)
def test_what_cannot_be_known_is_refused_with_its_address(name: str, value: CellValue, problem: str):
    """Each sentence names the cell and the field, what is the matter, and what to do."""
    text = str(refused(value, BY_NAME[name]))
    assert text.startswith(f"B5 ({BY_NAME[name].label}) ")
    assert problem in text


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("isOptedOut", "sí", True),
        ("isOptedOut", "nein", False),
        ("linkedInUrl", "linkedin.com/in/x", "https://linkedin.com/in/x"),
        ("timeZoneId", "w. europe standard time", "W. Europe Standard Time"),
        ("companySize", "10K+", "OverTenThousand"),
        ("phone", "tel:+1\u00a0415 555 0123", "+1 415 555 0123"),
    ],
)
def test_every_kind_reads_in_its_own_way(name: str, value: CellValue, sent: FieldValue):
    """Each kind of field takes the ways in which people and programs write its values."""
    assert parsed(value, name) == sent


def test_a_time_of_day_has_no_date():
    """A cell that shows 14:30 is day 0 of Excel's calendar: the date of that day is not sent."""
    assert parsed(datetime(1899, 12, 30, 14, 30), "notes") == "14:30:00"


@pytest.mark.parametrize(
    "value",
    [
        "ann@example.com",
        " ann@example.com\u00a0",
        "\u200bann@exam\u200bple.com\u200b",
        "Ann <ann@example.com>",
        "mailto:ann@example.com",
        "'ann@example.com",
    ],
)
def test_email(value: str):
    """An e-mail is unwrapped, and rid of white space around it and of characters without width."""
    assert parsed(value, "email") == "ann@example.com"


@pytest.mark.parametrize(
    "value",
    ["ann", "ann@", "@x.com", "a b@x.com", "a@b", "a@x..com", "Ann <ann>", "a@x.com.", 5.0, True],
)
def test_not_an_email(value: CellValue):
    """What is no address is refused."""
    assert str(refused(value, BY_NAME["email"])).endswith("which is not an e-mail address; correct it, such as name@company.com.")


@pytest.mark.parametrize(
    ("value", "does"),
    [
        ("ann@example.com", True),
        ("ann@", True),
        (" Ann Lee <ann@example.com> ", True),
        ("mailto:ann@example.com", True),
        ("write to ann@example.com", False),
        ("Ann <ann>", False),
        ("Ann", False),
        (5.0, False),
        (None, False),
    ],
)
def test_what_looks_like_an_email(value: CellValue, does: bool):
    """A word with an @ in it, also after a name, looks like an address; a sentence with one in it does not."""
    assert looks_like_email(value) is does


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://www.linkedin.com/in/ann", "https://www.linkedin.com/in/ann"),
        ("HTTP://linkedin.com/in/ann?x=1", "HTTP://linkedin.com/in/ann?x=1"),
        ("www.linkedin.com/in/ann", "https://www.linkedin.com/in/ann"),
        ("linkedin.com/in/ann", "https://linkedin.com/in/ann"),
    ],
)
def test_url(value: str, url: str):
    """A web address stays as typed; one without `https://` gets it."""
    assert parsed(value, "linkedInUrl") == url


@pytest.mark.parametrize(
    "value", ["ann", "in/ann", "ftp://x.com/a", "https://", "https://x", "https://x.com/a b", "javascript://x.com/a", "http://[", 5.0, True]
)
def test_not_a_url(value: CellValue):
    """What is no web address is refused."""
    refused(value, BY_NAME["linkedInUrl"])


@pytest.mark.parametrize(("value", "number"), [(7.0, 7), ("7", 7), (" 7.0 ", 7), (2147483647.0, 2147483647), ("2147483647", 2147483647)])
def test_ids(value: CellValue, number: int):
    """An id is a whole number from 1 to 2147483647, as a number or as digits."""
    assert contact_id(value) == number
    assert parsed(value, "ownerUserId") == number


@pytest.mark.parametrize(
    "value",
    [0.0, -1.0, 1.5, 2147483648.0, "2147483648", "0", "", "1e5", "12 345", "٣", "0031000000abcde", True, MOMENT, float("inf"), None],
)
def test_not_an_id(value: CellValue):
    """Nothing else is an id: no truth value, no date, no other system's code."""
    assert contact_id(value) is None


@pytest.mark.parametrize(
    ("value", "truth"),
    [(True, True), ("TRUE", True), ("Yes", True), (1.0, True), ("x", True), (False, False), ("no", False), (0.0, False), ("off", False)],
)
def test_truth_values(value: CellValue, truth: bool):
    """Yes and no in the ways people type them."""
    assert parsed(value, "isOptedOut") is truth


@pytest.mark.parametrize("value", ["maybe", "2024-05-01", MOMENT, 2.0, 0.5, "yes and no"])
def test_not_a_truth_value(value: CellValue):
    """Anything else is refused: whether somebody may be written to is not guessed."""
    assert str(refused(value, BY_NAME["isOptedOut"])).endswith("; type yes or no.")


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("OneThousand", "OneThousand"),
        ("oneThousand", "OneThousand"),
        ("one thousand", "OneThousand"),
        ("51-200", "TwoHundred"),
        ("51 – 200 employees", "TwoHundred"),
        ("51 to 200", "TwoHundred"),
        ("1,001-5,000", "FiveThousand"),
        ("1.001 - 5.000", "FiveThousand"),
        ("10,001+", "OverTenThousand"),
        ("10000+ employees", "OverTenThousand"),
        ("1-10", "Ten"),
        ("Self-employed", "SelfEmployed"),
        ("1 employee", "SelfEmployed"),
        (1.0, "SelfEmployed"),
        (50.0, "Fifty"),
        (51.0, "TwoHundred"),
        ("1500", "FiveThousand"),
        ("1,500", "FiveThousand"),
        (250000.0, "OverTenThousand"),
        ("none", "Empty"),
        ("empty", "Empty"),
    ],
)
def test_company_size(value: CellValue, size: str):
    """Request and response casing, ranges as people write them, and plain numbers of employees give the request's value."""
    assert parsed(value, "companySize") == size


@pytest.mark.parametrize("value", ["100-250", "11 50", "11-5", "0", 0.0, -5.0, 10.5, "many", "51-", "Unknown", "n/a", True])
def test_not_a_company_size(value: CellValue):
    """A range that crosses Reply's, or a word that says nothing, is refused rather than guessed, and never clears the field."""
    assert "type one of: none, self-employed, 2-10" in str(refused(value, BY_NAME["companySize"]))


def test_a_range_that_excel_made_a_date():
    """`11-50` typed into Excel becomes a date shown as `Nov-50`, which is read as the range; another date is refused, and the sentence says why."""
    assert parse(datetime(1950, 11, 1), BY_NAME["companySize"], "B5", "mmm-yy") == "Fifty"
    assert str(refused(datetime(2026, 5, 10), BY_NAME["companySize"])).startswith(
        "B5 (Company size) holds a date (Excel turns ranges like 11-50 into dates); format the cell as text and type one of: none"
    )


@pytest.mark.parametrize(("value", "status"), [("toCall", "toCall"), ("To call", "toCall"), ("CALLED", "called"), ("none", "none")])
def test_call_status(value: str, status: str):
    """An enum is read whatever its case and spaces."""
    assert parsed(value, "callStatus") == status


def test_an_unknown_enum_value_names_the_known_ones():
    """The sentence for a wrong enum value lists what may be typed."""
    assert str(refused("later", BY_NAME["meetingStatus"])) == "B5 (Meeting status) holds “later”; type one of: none, meeting booked."


@pytest.mark.parametrize(
    ("value", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("utc", "UTC"),
        ("W. Europe Standard Time", "W. Europe Standard Time"),
        ("UTC-02", "UTC-02"),
    ],
)
def test_time_zones(value: str, zone: str):
    """IANA names whatever their case, and the names that Windows uses."""
    assert parsed(value, "timeZoneId") == zone


@pytest.mark.parametrize("value", ["Berlin", "GMT+25 or so", "-5", 1.0, True, "Localtime", "localtime", "posixrules", "Factory"])
def test_not_a_time_zone(value: CellValue):
    """Anything else is refused."""
    refused(value, BY_NAME["timeZoneId"])


@pytest.mark.parametrize(("value", "text"), [(5.0, "5"), (2.5, "2.5"), ("5", "5"), (" -2.50 ", "-2.50")])
def test_number_custom_fields(value: CellValue, text: str):
    """A number custom field takes numbers and texts that are numbers; the request carries text."""
    assert parse(value, NUMBER, "B5") == text


@pytest.mark.parametrize("value", ["1,5", "1 000", "five", "NaN", True])
def test_not_a_number(value: CellValue):
    """A number custom field refuses everything that could be read in two ways."""
    assert "takes a number" in str(refused(value, NUMBER))


@pytest.mark.parametrize("name", ["domain", "addingDate", "lists"])
def test_read_only_fields_take_nothing(name: str):
    """A value for a field that only Reply sets is refused."""
    assert "only Reply sets" in str(refused("x", BY_NAME[name]))


# --- sentences -------------------------------------------------------------------------------------------------------------------------

SAMPLES: list[CellValue] = ["x", "<clear>", "a\x00b", "x" * 40_000, 1e20, 0.5, True, MOMENT, ErrorCell("#N/A"), "\ud800", "☃"]


@pytest.mark.parametrize("target", [*TARGETS, BY_NAME["domain"]], ids=lambda target: target.name)
def test_a_problem_is_one_sentence(target: Target):
    """Each problem names the cell and the field, says what to do next, fits on a line, and keeps the facts as attributes."""
    problems = [problem for value in SAMPLES if (problem := _problem(value, target))]
    assert len(problems) >= 4
    for problem in problems:
        text = str(problem)
        assert text.startswith(f"AB12 ({target.label}) ")
        assert text.endswith(".")
        assert "; " in text
        assert len(text) < 300
        assert text.isprintable()
        assert (problem.address, problem.field) == ("AB12", target.label)


def _problem(value: CellValue, target: Target) -> CellError | None:
    try:
        parse(value, target, "AB12")
    except CellError as problem:
        return problem
    return None


# --- any cell value -----------------------------------------------------------------------------------------------------------------------

texts = st.text(max_size=60) | st.sampled_from(
    ["<clear>", "ann@example.com", "51-200", "https://x.com/a", "yes", "5", "Europe/Paris", "none"]
)
cells = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.floats(-1e12, 1e12).map(float.__round__).map(float)
    | st.datetimes()
    | texts
    | st.text(st.characters(codec=None), max_size=20)
    | st.integers(1, 40_000).map(lambda size: "é" * size)
    | st.sampled_from(["#N/A", "#DIV/0!"]).map(ErrorCell)
)


@given(cells, st.sampled_from([*TARGETS, BY_NAME["domain"]]))
@settings(max_examples=400, deadline=None)
def test_no_cell_value_crashes(value: CellValue, target: Target):
    """Any cell value gives a value that JSON carries unharmed, an intent, or a `CellError`."""
    try:
        result = parse(value, target, "B5")
    except CellError:
        return
    if isinstance(result, Intent):
        assert (result is Intent.LEAVE) == is_blank(value)
    else:
        assert json.loads(json.dumps(result).encode()) == result
        assert result is not None
        assert result != ""


@given(cells, st.sampled_from(TARGETS))
@settings(max_examples=300, deadline=None)
def test_what_was_parsed_parses_to_itself(value: CellValue, target: Target):
    """Parsing is settled after one step: the value written back into the cell gives the same value again."""
    try:
        result = parse(value, target, "B5")
    except CellError:
        return
    assume(not isinstance(result, Intent))
    assert parse(format(result, target), target, "B5") == result


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_text_keeps_its_meaning(text: str):
    """A text is sent as typed but for what surrounds it: parsing takes nothing from its middle and adds nothing."""
    try:
        result = parse(text, TEXT, "B5")
    except CellError:
        return
    if isinstance(result, str):
        before, found, after = text.partition(result)
        assert found
        assert is_blank(before)
        assert is_blank(after)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e14, max_value=1e14))
@settings(max_examples=200, deadline=None)
def test_numbers_keep_their_value(number: float):
    """A number becomes plain digits that are the number to 15 digits, without an exponent and without a trailing `.0`."""
    text = parse(number, TEXT, "B5")
    assert isinstance(text, str)
    assert "e" not in text.lower()
    assert not text.endswith(".0")
    assert float(text) == pytest.approx(number, rel=1e-14, abs=1e-300)


# --- and back ------------------------------------------------------------------------------------------------------------------------------


def plain(text: str) -> bool:
    """Whether a text is one that a contact's field can hold as it stands."""
    is_command = text.casefold() == "<clear>" or error_in(text) is not None
    return not is_blank(text) and not is_command and text.isprintable() and "\ufffd" not in text


words = st.text(min_size=1, max_size=30).map(str.strip).filter(plain).filter(lambda text: not is_blank(text[0]) and not is_blank(text[-1]))
labels = st.from_regex(r"[a-z0-9]{1,10}", fullmatch=True)
phones = st.from_regex(r"[+(]?[2-9][0-9]{2,4}(\)?[ ./-][0-9]{2,3}){2,3}( ext\. [0-9]{1,4})?", fullmatch=True)
BY_KIND: dict[Kind, st.SearchStrategy[FieldValue]] = {
    Kind.TEXT: words,
    Kind.EMAIL: st.builds(lambda one, two, three: f"{one}.{two}@{three}.example", labels, labels, labels),
    Kind.URL: st.builds(lambda host, path: f"https://{host}.example/{path}", labels, labels),
    Kind.INTEGER: st.integers(1, 2147483647),
    Kind.BOOLEAN: st.booleans(),
    Kind.TIME_ZONE: st.sampled_from(sorted(available_timezones() - {"Factory", "localtime", "EST", "MST"}))
    | st.just("Central Standard Time (Mexico)"),
}


def field_values(target: Target) -> st.SearchStrategy[FieldValue]:
    """What the API takes in `target`."""
    if target.kind is Kind.CHOICE:
        assert not isinstance(target, CustomField)
        return st.sampled_from([choice.value for choice in target.choices])
    if isinstance(target, CustomField) and target.numeric:
        return st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9).map(str)
    return phones if target.name in ("phone", "phone2") else BY_KIND[target.kind]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
@given(st.data())
@settings(max_examples=25, deadline=None)
def test_format_and_parse_are_inverse(target: Target, data: st.DataObject):
    """`parse(format(v)) == v` for every value the API takes, in every kind."""
    value = data.draw(field_values(target))
    assert parse(format(value, target), target, "B5") == value


@pytest.mark.parametrize("size", [choice.value for choice in BY_NAME["companySize"].choices])
def test_the_answers_casing_of_an_enum_is_read_too(size: str):
    """A company size as the answer spells it (`oneThousand`) is shown by its label and read back as the request spells it."""
    answered = size[0].lower() + size[1:]
    assert format(answered, BY_NAME["companySize"]) == format(size, BY_NAME["companySize"])
    assert parsed(answered, "companySize") == size


def test_unset_is_an_empty_cell():
    """null and "" become an empty cell; an enum value that Reply invents later is shown as it is."""
    assert format(None, BY_NAME["title"]) is None
    assert format("", BY_NAME["addingDate"]) is None
    assert format("Gigantic", BY_NAME["companySize"]) == "Gigantic"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-10T15:30:00", datetime(2024, 3, 10, 15, 30)),
        ("2024-03-10T15:30:00.997", datetime(2024, 3, 10, 15, 30)),
        ("2026-09-08T12:24:35.84+00:00", datetime.fromisoformat("2026-09-08T12:24:35+00:00").astimezone().replace(tzinfo=None)),
        ("2026-09-08T12:24:35Z", datetime.fromisoformat("2026-09-08T12:24:35+00:00").astimezone().replace(tzinfo=None)),
    ],
)
def test_times(text: str, moment: datetime):
    """A time with an offset becomes local, one without stands as it is; whole seconds, a real date for the cell."""
    assert format(text, BY_NAME["addingDate"]) == moment


@pytest.mark.parametrize("text", ["soon", "2024-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1899-12-31T00:00:00"])
def test_what_is_no_time_stays_text(text: str):
    """What is no time, or none that a sheet can hold, is shown as the text it is."""
    assert local_moment(text) is None or datetime(1901, 1, 1) <= local_moment(text)
    assert isinstance(format(text, BY_NAME["addingDate"]), str | datetime)


@given(
    st.sampled_from(CATALOGUE), st.none() | st.booleans() | st.integers(-(10**9), 10**12) | st.text(st.characters(codec=None), max_size=40)
)
@settings(max_examples=200, deadline=None)
def test_format_takes_anything(target: Target, value: FieldValue):
    """Whatever an answer holds in a field, it becomes a cell value."""
    assert isinstance(format(value, target), str | float | bool | datetime | None)


@given(cells)
@settings(max_examples=200, deadline=None)
def test_a_value_in_a_sentence(value: CellValue):
    """A quoted value is short and stands on one line, whatever the cell holds."""
    text = shown(value)
    assert len(text) <= 40
    assert text.isprintable()


def test_a_cell_and_the_answer_to_it_are_the_same():
    """What was parsed equals the value Reply stored of it by the one comparison, so that the next run sends nothing."""
    assert same(NUMBER, parse(2.50, NUMBER, "B5"), "2.500")  # type: ignore[arg-type]
    assert same(BY_NAME["companySize"], parsed("501-1000", "companySize"), "oneThousand")  # type: ignore[arg-type]
    assert same(BY_NAME["linkedInUrl"], parsed("linkedin.com/in/x", "linkedInUrl"), "LinkedIn.com/in/x")  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["1E+10", "4.93e11", "1e5"])
def test_an_exponent_in_a_text_is_no_number_for_a_field(text: str):
    """In a CSV file it stands for digits that are lost."""
    assert "a number that has lost its last digits" in str(refused(text, NUMBER))
