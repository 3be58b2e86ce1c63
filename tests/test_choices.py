"""What a person chose for a column goes before what the program found, and never further than the person meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from reply_xl.history.journal_file import open_journal
from reply_xl.mapping.agreements import Agreements
from reply_xl.mapping.choices import NOTHING, Choice, Choices, Send, Unseen, apply, header_keys, kept, targets_by_name
from reply_xl.mapping.columns import map_columns
from reply_xl.model import CellValue, Column, CustomField, Role

CUSTOM = CustomField(7, "Lead Source")
TARGETS = targets_by_name([CUSTOM])
NONE: Choices = {}


def mapped(*headers: str, rows: Sequence[Sequence[CellValue]] = (), hidden: Sequence[int] = ()) -> tuple[Column, ...]:
    return map_columns(headers, customs=(CUSTOM,), values=rows, hidden=frozenset(hidden))


def goes(columns: Sequence[Column]) -> list[str | None]:
    return [column.target.name if column.target else None for column in columns]


def remembered(unseen: Sequence[Unseen]) -> dict[str, Choice]:
    return {one.key: kept(one) for one in unseen}


def proposed(columns: Sequence[Column], choices: Mapping[str, Choice]) -> tuple[tuple[Column, ...], tuple[Unseen, ...]]:
    return apply(columns, NONE, choices, TARGETS)


def test_headers_are_known_by_letters_digits_and_turn() -> None:
    """Case, spaces and most punctuation do not matter; C++ is not C; the second of the same is another one."""
    assert header_keys(["E-mail", "Phone", "PHONE ", "", "C++", "C#", "c"]) == ["email", "phone", "phone 2", "", "c++", "c#", "c"]


def test_a_choice_goes_before_the_name() -> None:
    """The chosen column takes the field; the one that had it by its name says so."""
    columns, _ = proposed(mapped("Email", "Title", "What they do"), {"whattheydo": Choice("title")})
    assert goes(columns) == ["email", None, "title"]
    assert columns[1].reason == "Not used: column C gives Title"
    assert columns[2].reason == "Goes to Title, as this workbook proposes"


def test_a_column_can_be_left_out_and_another_sent_only_where_empty() -> None:
    """`no` sends nothing of it."""
    columns, _ = proposed(mapped("Email", "Title", "City"), {"title": NOTHING, "city": Choice("city", Send.ONLY_EMPTY)})
    assert goes(columns) == ["email", None, "city"]
    assert columns[2].only_empty


def test_a_chosen_id_is_the_only_one() -> None:
    """Another system's column does not find contacts any more."""
    columns, _ = proposed(mapped("Reply contact ID", "Number", "Title"), {"number": Choice("id")})
    assert [column.role for column in columns] == [Role.UNUSED, Role.KEY, Role.FIELD]


def test_what_cannot_be_chosen_stays() -> None:
    """A custom field that was deleted counts as no choice; nobody can send `Reply status`, nor a hidden column."""
    choices = {"title": Choice("custom:Gone"), "replystatus": Choice("title"), "secret": Choice("notes")}
    columns, unseen = proposed(mapped("Email", "Reply status", "Title", "Secret", hidden=[3]), choices)
    assert goes(columns) == ["email", None, "title", None]
    assert unseen == ()


def test_of_two_choices_for_one_field_the_first_counts() -> None:
    """The other says so."""
    columns, _ = proposed(mapped("A", "B"), {"a": Choice("custom:Lead Source"), "b": Choice("custom:Lead Source")})
    assert goes(columns) == ["custom:Lead Source", None]


@pytest.mark.parametrize("field", ["id", "email", "ownerUserId", "accountId", "isOptedOut"])
def test_no_script_agrees_to_what_finds_or_endangers_a_contact(field: str) -> None:
    """A workbook's own word that gives such a field, takes it away or redirects it has to be seen by a person."""
    headers = {
        "id": "Reply ID",
        "email": "Email",
        "ownerUserId": "Owner user ID",
        "accountId": "Reply account ID",
        "isOptedOut": "Opted out",
    }
    key = header_keys([headers[field]])[0]
    for columns, choices in (
        (mapped("Scribbles"), {"scribbles": Choice(field)}),
        (mapped(headers[field], "Notes"), {key: NOTHING}),
        (mapped(headers[field], "Notes"), {key: Choice("title")}),
    ):
        (one,) = proposed(columns, choices)[1]
        assert one.needs_a_person
    assert not proposed(mapped("Scribbles"), {"scribbles": Choice("title")})[1][0].needs_a_person


def test_everything_that_a_workbook_changes_is_shown() -> None:
    """What it takes away too; what it only repeats is not."""
    _, unseen = proposed(mapped("Email", "Title", "City"), {"email": Choice("email"), "title": NOTHING, "city": Choice("city")})
    assert [(one.now.letter, one.before, one.choice) for one in unseen] == [("B", "title", NOTHING)]


def test_what_is_likely_is_asked_about_once() -> None:
    """An agreement ends the question for that header and field, and no other."""
    columns = mapped("Email", "Nachname")
    _, unseen = apply(columns, NONE, NONE, TARGETS)
    assert [one.key for one in unseen] == ["nachname"]
    agreed = remembered(unseen)
    assert agreed == {"nachname": Choice("lastName")}
    assert apply(columns, agreed, NONE, TARGETS)[1] == ()
    assert apply(columns, {"nachname": Choice("firstName")}, NONE, TARGETS)[1] != ()


@pytest.mark.parametrize(
    ("headers", "rows", "later", "later_rows"),
    [
        (("Email", "Vorname", "Name"), [("a@x.de", "Ada", "Lindqvist")], ("Email", "Name", "Title"), [("a@x.de", "Ada Lindqvist", "CTO")]),
        (("Email", "Funktion"), [("a@x.de", "Leiterin")] * 3, ("Email", "Funktion"), [("a@x.de", "Herr"), ("b@x.de", "Frau"), ("c@x.de", "Herr")]),
        (
            ("Email", "LinkedIn Profil"), [("a@x.de", "https://linkedin.com/in/ada")] * 3,
            ("Email", "LinkedIn Profil"), [("a@x.de", "https://linkedin.com/company/a")] * 3,
        ),
    ],
)  # fmt: skip
def test_an_agreement_does_not_make_a_column_what_it_does_not_look_like(
    headers: tuple[str, ...], rows: Sequence[Sequence[CellValue]], later: tuple[str, ...], later_rows: Sequence[Sequence[CellValue]]
) -> None:
    """Other neighbours or other values: the program decides anew, as if nobody had agreed."""
    agreed = remembered(apply(mapped(*headers, rows=rows), NONE, NONE, TARGETS)[1])
    assert agreed
    columns = mapped(*later, rows=later_rows)
    assert goes(apply(columns, agreed, NONE, TARGETS)[0]) == goes(columns)


def test_an_agreement_takes_no_field_from_a_better_column() -> None:
    """The order of competition holds: the exact name, and the visible column, go first."""
    agreed = remembered(apply(mapped("E-Mail-Adresse", "Notizen"), NONE, NONE, TARGETS)[1])
    assert set(agreed) == {"emailadresse", "notizen"}
    assert goes(apply(mapped("Email", "E-Mail-Adresse"), agreed, NONE, TARGETS)[0]) == ["email", None]
    assert goes(apply(mapped("Email", "Notes", "Notizen", hidden=[2]), agreed, NONE, TARGETS)[0]) == ["email", "notes", None]


def test_a_choice_is_kept_with_what_the_program_had_found_instead(tmp_path: Path) -> None:
    """It holds in the next workbook without a question, also as “not sent”, until the program finds something else there."""
    agreements = Agreements(open_journal(tmp_path / "journal.sqlite3"))
    columns = mapped("Email", "Title", "Scribbles")
    agreements.keep(remembered(proposed(columns, {"title": NOTHING, "scribbles": Choice("notes")})[1]))
    agreed = agreements.all()
    assert agreed == {"title": Choice("", Send.NO, "title"), "scribbles": Choice("notes", instead="")}
    assert goes(apply(columns, agreed, NONE, TARGETS)[0]) == ["email", None, "notes"]
    assert apply(columns, agreed, NONE, TARGETS)[1] == ()
    assert agreements.forget(["title", "unknown"]) == 1
    assert goes(apply(columns, agreements.all(), NONE, TARGETS)[0]) == ["email", "title", "notes"]


def test_a_choice_that_takes_a_field_from_another_column_is_asked_about_again() -> None:
    """In another workbook the other column may be the right one."""
    agreed = {"scribbles": Choice("notes", instead="")}
    columns, unseen = apply(mapped("Email", "Notes", "Scribbles"), agreed, NONE, TARGETS)
    assert goes(columns) == ["email", None, "notes"]
    assert [one.now.letter for one in unseen] == ["C"]
