"""Is this contact the person in this row?"""

from __future__ import annotations

import pytest

from reply_xl.identity import Likeness, cannot_tell, likeness, refusal, vouched
from reply_xl.mapping.columns import map_columns
from reply_xl.model import CellValue, Contact, FieldValue, Row
from reply_xl.wishes import Wish, make_wishes

HEADERS = ["Reply ID", "Email", "First name", "Last name", "LinkedIn URL", "Title"]
URL = "https://www.linkedin.com/in/ann-lee"


def wish(email: CellValue = None, first: CellValue = None, last: CellValue = None, url: CellValue = None, number: int = 2) -> Wish:
    made = make_wishes([Row(number, [7.0, email, first, last, url, "CEO"])], map_columns(HEADERS, customs=()), None)[0]
    assert isinstance(made, Wish), made
    return made


def contact(**values: FieldValue) -> Contact:
    return Contact(7, values, {})


ZOLTAN = contact(email="zoltan@example.com", firstName="Zoltan", lastName="Kovacs")
ANN = contact(email="ann@example.com", firstName="Ann", lastName="Lee", linkedInUrl=URL)


@pytest.mark.parametrize("email", ["ann@example.com", " ANN@Example.com\u00a0"])
def test_the_same_email_is_the_same_person(email: str):
    """An equal e-mail, without case and space, is the contact's, whatever the names say: names are what people edit."""
    assert likeness(wish(email, "Anna", "Miller"), ANN) is Likeness.SAME


def test_another_email_is_a_stranger():
    """Another e-mail is somebody else, as long as nothing vouches for the row."""
    assert likeness(wish("ben@example.com"), ANN) is Likeness.STRANGER
    assert likeness(wish("ben@example.com", "Ann"), ANN) is Likeness.STRANGER
    assert likeness(wish("ben@example.com", "Ann", "Miller"), ANN) is Likeness.STRANGER


def test_without_an_email_nobody_can_tell():
    """Where the row or the contact has no e-mail, nothing is compared."""
    assert likeness(wish(None, "Ann", "Lee"), ANN) is Likeness.CANNOT_TELL
    assert likeness(wish("ann@example.com"), contact(firstName="Ann")) is Likeness.CANNOT_TELL
    assert likeness(wish("ann@example.com"), contact(email=" ")) is Likeness.CANNOT_TELL


@pytest.mark.parametrize(
    "row",
    [
        wish(None, "Ann", "Lee"),
        wish(None, " ANN ", "Lée"),
        wish(None, None, None, URL),
        wish(None, None, None, "linkedin.com/in/Ann-Lee/"),
        wish(None, None, None, "https://de.linkedin.com/in/ann-lee?utm_source=x"),
    ],
)
def test_what_vouches(row: Wish):
    """First and last name together, or the LinkedIn profile however its URL is written, vouch for a contact."""
    assert vouched(row, ANN)


@pytest.mark.parametrize(
    "row",
    [
        wish(),
        wish(None, "Ann"),
        wish(None, None, "Lee"),
        wish(None, "Anna", "Lee"),
        wish(None, None, None, "https://www.linkedin.com/in/ann-lee-2"),
        wish(None, None, None, "https://www.linkedin.com/in/"),
    ],
)
def test_what_does_not_vouch(row: Wish):
    """One name alone, another name and another profile vouch for nobody."""
    assert not vouched(row, ANN)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/company/acme",
        "https://www.linkedin.com",
        "https://linkedin.com/in/",
        "https://abc.com/x",
        "https://www.linkedin.com/pub/ann-lee",
    ],
)
def test_a_url_that_many_share_vouches_for_nobody(url: str):
    """A company's page, or a URL without a person's profile, stands in many rows: it proves nothing."""
    assert not vouched(wish(None, None, None, url), contact(linkedInUrl=url))


def test_hosts_are_not_taken_for_countries():
    """Only LinkedIn's own country hosts are the same profile; other hosts are other pages."""
    assert not vouched(wish(None, None, None, "https://abc.com/in/ann"), contact(linkedInUrl="https://xyz.com/in/ann"))


def test_names_of_punctuation_vouch_for_nobody():
    """Names without a letter are no names."""
    assert not vouched(wish(None, "—", "…"), contact(firstName="—", lastName="…"))


def test_who_cannot_be_told():
    """A row found by its id in which nothing can be compared; not one whose e-mail or names speak, nor one found by its e-mail."""
    assert cannot_tell(wish(), ANN)
    assert cannot_tell(wish(None, "Anna", "Miller"), ANN)
    assert not cannot_tell(wish(None, "Ann", "Lee"), ANN)
    assert not cannot_tell(wish("ann@example.com"), ANN)
    by_email = make_wishes([Row(2, ["ann@example.com"])], map_columns(["Email"], customs=()), None)[0]
    assert isinstance(by_email, Wish)
    assert not cannot_tell(by_email, ANN)


# --- the whole run -------------------------------------------------------------------------------------------------------------------------


def found(same: int, strangers: int, silent: int = 0) -> list[tuple[Wish, Contact]]:
    pairs = [(wish("ann@example.com"), ANN)] * same + [(wish("ben@example.com"), ANN)] * strangers
    return pairs + [(wish(), ANN)] * silent


@pytest.mark.parametrize(
    ("same", "strangers", "silent", "refused"),
    [(4, 1, 0, False), (3, 1, 0, True), (8, 2, 90, False), (79, 21, 0, True), (0, 1, 9, True), (5, 0, 0, False)],
)
def test_more_than_a_fifth_of_strangers(same: int, strangers: int, silent: int, refused: bool):
    """If more than 20 % of the rows that can be compared disagree, nothing is sent; rows without e-mail do not count."""
    sentence = refusal(found(same, strangers, silent), 0)
    assert (sentence is not None) == refused
    if sentence:
        assert sentence.startswith(f"Nothing was sent: {strangers} of {same + strangers} rows have another e-mail")


@pytest.mark.parametrize(
    ("known", "unknown", "refused"),
    [(1, 1, False), (1, 2, True), (50, 50, False), (49, 51, True), (0, 2, True), (0, 1, False), (0, 0, False)],
)
def test_more_than_half_unknown(known: int, unknown: int, refused: bool):
    """If Reply does not know more than half of the ids, nothing is sent and the sentence says whose ids they seem to be."""
    sentence = refusal(found(known, 0), unknown)
    assert (sentence is not None) == refused
    if sentence:
        assert "another system's" in sentence


def test_one_row_is_its_own_matter():
    """A single row with an id says nothing of the column: it is `invalid` or `not found` by itself."""
    assert refusal(found(0, 1), 0) is None
    assert refusal([], 1) is None
    assert refusal(found(0, 2), 0) is not None


def test_the_sentence_says_what_was_not_done():
    """A pull writes, it does not send."""
    for sentence in (
        refusal(found(0, 2), 0, "written"),
        refusal([], 2, "written"),
        refusal([(wish(None, "Ann", "Lee"), ZOLTAN)] * 5, 0, "written"),
    ):
        assert (sentence or "").startswith("Nothing was written: ")


def test_vouched_rows_are_no_strangers():
    """Rows whose e-mail changed but whose names agree do not count against the id column."""
    assert refusal([(wish("new@example.com", "Ann", "Lee"), ANN)] * 10, 0) is None


def test_names_speak_where_no_email_can():
    """Over the rows without an e-mail to compare, whatever the others say, five or more rows with wholly different names refuse the run; edited names do not."""
    other = contact(firstName="Zoltan", lastName="Kovacs")
    strangers = [(wish(None, "Ann", "Lee"), other)]
    assert refusal(strangers * 4, 0) is None
    assert "name another person" in (refusal(strangers * 5, 0) or "")
    assert "5 of 5 rows without an e-mail" in (refusal([*found(20, 0), *strangers * 5], 0) or "")
    married = [(wish(None, "Ann", "Miller"), ANN), (wish(None, "Lee", "Ann"), ANN), (wish(None, "Anne", "Leigh"), ANN)]
    assert refusal(married * 5, 0) is None
    assert refusal([(wish(None, "—", "…"), contact(firstName="—", lastName="…"))] * 5, 0) is None
