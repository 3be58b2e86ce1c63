"""What the values of a column say where its header cannot, and against it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reply_xl.mapping import evidence
from reply_xl.mapping.columns import map_columns
from reply_xl.mapping.evidence import SAMPLE, page, sample
from reply_xl.model import CellValue, Column, ErrorCell, Role, Sureness

PROFILE, SALES = "https://www.linkedin.com/in/ann-lee", "https://www.linkedin.com/sales/lead/ACwAAA,NAME_SEARCH,x"
RECRUITER, PAGE = "https://www.linkedin.com/talent/profile/AEMAAA", "https://www.linkedin.com/company/acme"
SALESFORCE = "0035g00000XyZabAAF"


def below(header: str, *values: CellValue) -> Column:
    """The column of a header with these values below it, beside a column of e-mails."""
    return map_columns(["Work e-mail", header], customs=(), values=[["a@example.com", value] for value in values])[1]


def field_of(header: str, *values: CellValue) -> str | None:
    target = below(header, *values).target
    return target.name if target else None


# --- what values decide --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["URL", "Link", "Profil", "profileUrl", "Website", "Website 1 - Value", "LinkedIn", "LinkedIn URL", "LinkedIn-Profil"]
)
@pytest.mark.parametrize(
    ("url", "field"),
    [
        (PROFILE, "linkedInUrl"), ("linkedin.com/in/bob", "linkedInUrl"), ("http://de.linkedin.com/pub/bob/1/2/3", "linkedInUrl"),
        (SALES, "linkedInSalesNavigatorUrl"), ("https://www.linkedin.com/sales/people/x", "linkedInSalesNavigatorUrl"),
        (RECRUITER, "linkedInRecruiterUrl"), ("https://www.linkedin.com/recruiter/profile/1", "linkedInRecruiterUrl"),
        (PAGE, None), ("https://www.linkedin.com/school/eth", None),
    ],
)  # fmt: skip
def test_the_path_of_a_linkedin_url_decides(header: str, url: str, field: str | None):
    """A profile, a page of Sales Navigator or of Recruiter goes to its own field, whatever the header; a company's page to none."""
    column = below(header, url, None, url, url)
    assert (column.target.name if column.target else None) == field
    assert column.read == 3
    if field:
        assert column.sure is not Sureness.GUESS


@pytest.mark.parametrize("header", ["URL", "Link", "Website", "Profil"])
@pytest.mark.parametrize(
    "values", [(), ("https://example.com", "www.example.org"), ("yes", "no"), (PROFILE, "https://a.com", "https://b.com")]
)
def test_a_web_address_without_linkedin_is_nothing(header: str, values: tuple[str, ...]):
    """A web address is no field of a contact unless it is a page of LinkedIn."""
    assert field_of(header, *values) is None


def test_the_count_is_told():
    """The reason says how many values were read."""
    assert below("URL", PROFILE, PROFILE, "x").reason == "2 of 3 values read are LinkedIn profiles"


@pytest.mark.parametrize(
    ("header", "values", "field"),
    [
        ("Sales Navigator URL", [PROFILE], "linkedInUrl"), ("Contact number", ["+49 30 1234567"], "phone"), ("Contact number", ["C-10"], None),
        ("Direct", ["+44 7700 900123", "020 7946 0958"], "phone"), ("Direct", ["yes"], None), ("Ufficio", ["02 1234567"], "phone"),
        ("Ufficio", ["Milano"], None), ("SMS", ["33612345678"], "phone2"), ("SMS", [True, False], None),
        ("Size", ["11-50", "51-200"], "companySize"), ("Size", ["S", "M"], None), ("Size", [5.0, 7.0], None),
        ("Size", [datetime(1950, 11, 1)], "companySize"), ("Size", [datetime(2024, 11, 1)], None), ("Mitarbeiter", [40.0, "1.200"], "companySize"), ("Mitarbeiter", ["Ann Lee"], None),
        ("Titel", ["Head of Sales", "CTO"], "title"), ("Titel", ["Dr.", "Prof. Dr."], None), ("Titre", ["M.", "Mme"], None),
        ("Título", ["Sr.", "Gerente"], None), ("Titolo", ["Direttore"], "title"),
    ],
)  # fmt: skip
def test_values_settle_what_a_header_leaves_open(header: str, values: list[CellValue], field: str | None):
    """Where a word may mean two things, its values say which; it is never more than likely."""
    column = below(header, *values)
    assert (column.target.name if column.target else None) == field
    assert column.sure is not Sureness.CERTAIN or field is None


def test_the_values_of_a_first_or_last_name():
    """A `Name` beside a `Surname` is the first name if its values are single words; `Nombre` is none if it holds the surname too."""

    def fields(headers: Sequence[str], *rows: Sequence[CellValue]) -> list[str | None]:
        return [column.target.name if column.target else None for column in map_columns(headers, customs=(), values=rows)]

    people = [("Ann", "Lee"), ("Bob", "Ray"), ("Cy", "Fox")]
    assert fields(["Name", "Surname"], *people) == ["firstName", "lastName"]
    assert fields(["Name", "Surname"], *[(f"{first} {last}", last) for first, last in people]) == [None, "lastName"]
    assert fields(["Nombre", "Apellidos"], *[(f"{first} {last}", last) for first, last in people]) == [None, "lastName"]
    assert fields(["Vorname", "Name"], *people) == ["firstName", "lastName"]
    assert fields(["Vorname", "Name"], *[(first, f"{first} {last}") for first, last in people]) == ["firstName", None]


# --- what values speak against -------------------------------------------------------------------------------------------------------------

HONORIFICS = [
    "Mr",
    "Ms.",
    "Dr.",
    "Herr",
    "Frau",
    "M.",
    "Mme",
    "Sr.",
    "Sra.",
    "Dott.",
    "Dott.ssa",
    "Prof. Dr.",
    "Mevr.",
    "dhr.",
    "Pan",
    "Pani",
    "Sig.ra",
    "Mr/Mrs",
]


@pytest.mark.parametrize("header", ["Title", "title", "Job title", "Position", "Person - Title"])
@pytest.mark.parametrize("value", HONORIFICS)
def test_honorifics_are_no_titles(header: str, value: str):
    """A column of Mr and Ms is no title in any language, also where no other column is."""
    column = below(header, value)
    assert (column.role, column.target) == (Role.UNUSED, None)
    assert "honorifics" in column.reason


@pytest.mark.parametrize("value", ["CTO", "Doctor", "Professor", "Manager", "Ms Sales", "Frau Doktor Müller"])
def test_titles_are_no_honorifics(value: str):
    """One word that is no honorific makes it a title."""
    assert field_of("Title", value) == "title"


AGAINST = [
    ("Email", ["verified", "guessed", "verified"]), ("Email", [True, False]), ("Email", ["https://a.com"]), ("E-Mail-Adresse", ["Ann", "Bob", "Cy", "Di"]),
    ("Phone", ["https://a.com", "https://b.com"]), ("Phone", ["ann@example.com"]), ("Mobile", ["yes", "no"]), ("Phone", ["valid", "invalid", "valid"]),
    ("Telefon", [datetime(2024, 1, 2)]), ("Employees", ["Ann Lee", "Bob Ray"]), ("Employees", ["ann@example.com"]), ("Company size", ["Large", "Small"]),
    ("Opted out", ["2024-01-02 10:00"]), ("Unsubscribed", ["Newsletter", "Offers", "yes"]), ("Abgemeldet", ["2024-01-02"]), ("Opted out", [datetime(2024, 1, 2)]),
    ("State", ["active", "paused"]), ("State", ["NEW", "Bounced"]), ("Region", ["EMEA", "APAC", "EMEA"]), ("City", ["10115", "20095", "80331"]),
    ("Company", [SALESFORCE]), ("Title", [SALESFORCE]), ("First name", ["ann@example.com"]), ("LinkedIn URL", [PAGE]),
    ("LinkedIn", ["https://a.com", "https://b.com", "https://c.com"]), ("Account ID", [SALESFORCE]), ("Account ID", ["zcrm_4876876000000123456"]),
    ("Owner user ID", [SALESFORCE]), ("Account ID", [4876876000000.0]), ("Position", [1.0, 2.0, 3.0]), ("Industry", ["7372", "7373", "7374"]),
    ("Time zone", [-5.0]), ("Contact ID", [SALESFORCE, SALESFORCE]), ("Contact ID", ["zcrm_1", "zcrm_2"]), ("Contact ID", ["0035g00000XyZab"]),
]  # fmt: skip


@pytest.mark.parametrize(("header", "values"), AGAINST)
def test_values_that_are_something_else(header: str, values: list[CellValue]):
    """Values of another kind take a column from the field that its header names, and the reason says what they are."""
    column = below(header, *values)
    assert (column.role, column.target) == (Role.UNUSED, None)
    assert column.reason.startswith("Not used: ")
    assert column.read == len(values)


FOR = [
    ("Phone", "n/a"), ("Phone", "0049 30 / 12 34 56"), ("Phone", 493012345678.0), ("Mobile", "+1 (415) 555-0101 ext. 12"), ("Phone", "'+44 20 7946 0958"),
    ("Employees", "about 40"), ("Employees", "10,001+"), ("Employees", "self-employed"), ("Employees", "11-50 Mitarbeiter"), ("Company size", "unknown"),
    ("State", "NY"), ("State", "New York"), ("Region", "Bavaria"), ("City", "10115"), ("Email", "not an address"), ("Opted out", "x"),
    ("Opted out", "perhaps"),
    ("Title", "x"),
    ("First name", "yes"),
    ("Phone", "x"),
    ("Opted out", 1.0), ("Désabonné", "oui"), ("Account ID", "Acme"), ("Account ID", 88001.0), ("Owner user ID", "Ann Lee"), ("Company", "1010"),
    ("Company", "3"), ("Title", "CTO"), ("Title", "<clear>"), ("Email", ErrorCell("#N/A")), ("Email", None), ("Notes", 5.0), ("First name", "Ja Rule"),
    ("LinkedIn", "ann-lee"), ("Contact ID", 5.0), ("Contact ID", "7"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "value"), FOR)
def test_one_odd_value_is_no_evidence(header: str, value: CellValue):
    """A single odd cell, an error or nothing takes no column from its field: its row says what is wrong with it."""
    assert below(header, value).target is not None


def test_a_few_odd_values_among_right_ones_are_no_evidence():
    """One right value in five is enough for a column that is named right."""
    assert field_of("Email", "a@example.com", "?", "?", "?") == "email"
    assert field_of("Phone", "+49 30 1234567", "n/a", "n/a", "n/a") == "phone"


def test_a_column_that_is_named_better_but_holds_something_else_loses():
    """Values are looked at before columns compete: the field goes to the column that can have it."""
    columns = map_columns(["Title", "Rolle", "Funktion"], customs=(), values=[["Mr", "x", "CTO"]])
    assert [column.target.name if column.target else None for column in columns] == [None, None, "title"]
    columns = map_columns(["Email", "Work email"], customs=(), values=[[True, "a@example.com"], [False, "b@example.com"]])
    assert [column.target.name if column.target else None for column in columns] == [None, "email"]


def test_a_column_of_dates_holds_no_company_sizes():
    """Where the dates are days that no range can have become, the column is not used: among them a 2 October is a day too."""
    dates = [datetime(2026, month, 2) for month in (3, 4, 5, 6, 7, 10)]
    assert (
        below("Company size", *dates).reason
        == "Not used: its values are dates (Excel turns ranges like 11-50 into dates), not sizes of companies"
    )
    assert field_of("Company size", datetime(2026, 10, 2), datetime(1950, 11, 1), "51-200") == "companySize"
    assert field_of("Company size", datetime(2026, 10, 2), datetime(2026, 10, 2), datetime(2026, 5, 10)) == "companySize"
    assert field_of("Company size", datetime(2026, 5, 10)) == "companySize"  # one such cell: its row says what is wrong


@pytest.mark.parametrize(
    ("header", "values", "reason"),
    [
        ("Phone", ["valid", "invalid", "valid"], "Not used: its values are no phone numbers"),
        ("Email", ["verified", "guessed", "verified"], "Not used: its values are no e-mail addresses"),
        ("Unsubscribed", ["Newsletter", "Offers", "Newsletter"], "Not used: its values are neither yes nor no"),
        ("Phone", ["ann@example.com"], "Not used: its values are e-mail addresses, not phone numbers"),
    ],
)
def test_the_reason_says_one_thing_once(header: str, values: list[CellValue], reason: str):
    """What the values are not is said once."""
    assert below(header, *values).reason == reason


@pytest.mark.parametrize("value", ["D", "M", "P", "HR", "hr", "Me"])
def test_a_letter_is_no_honorific_alone(value: str):
    """A code of one letter, and the department, is an honorific only beside others."""
    assert field_of("Functie", value, value) == "title"
    assert field_of("Functie", value, value, "Mme", "Mr") is None


def test_a_salesforce_contact_id_never_finds_a_contact():
    """`Contact ID` with ids of another system is no key; `Reply ID` is, and its rows say what is wrong."""
    assert below("Contact ID", SALESFORCE).role is Role.UNUSED
    assert below("Reply ID", SALESFORCE).role is Role.KEY
    assert below("Contact ID", 5.0, 6.0, SALESFORCE).role is Role.KEY


@pytest.mark.parametrize(
    "header", ["Allow Marketing", "Opt-in", "Subscribed", "Marketing consent", "Newsletter", "Einwilligung", "Double opt-in", "Do Not Call"]
)
@pytest.mark.parametrize("values", [[True, False], ["yes", "no"], [1.0, 0.0], ["unsubscribed", "subscribed"]])
def test_consent_is_never_an_opt_out(header: str, values: list[CellValue]):
    """The opposite of an opt-out, or an opt-out of something else, is not one, whatever its values."""
    assert field_of(header, *values) is None


@pytest.mark.parametrize(
    "values", [["a@example.com"] * 5, ["https://www.linkedin.com/in/a"] * 5, [7.0] * 5, [True] * 5, ["+49 30 1234567"] * 5]
)
@pytest.mark.parametrize("header", ["Spalte1", "Manager", "Kundennummer", "Referred by", "Icebreaker", ""])
def test_values_alone_name_no_field(header: str, values: list[CellValue]):
    """A header that means something else, or nothing, gets no field from its values."""
    assert field_of(header, *values) is None


# --- the sample ----------------------------------------------------------------------------------------------------------------------------


def test_a_sample_is_the_first_values_that_say_something():
    """At most 200 cells: no blanks, no errors, no `<clear>`, no header that comes again; a short row has none."""
    rows: list[list[CellValue]] = [[], [None], [" "], [ErrorCell("#N/A")], ["<CLEAR>"], ["City"], *([f"c{n}"] for n in range(500))]
    seen = sample(rows, 0, "City")
    assert len(seen) == SAMPLE == 200
    assert seen.cells[:2] == ("c0", "c1")
    assert map_columns(["City"], customs=(), values=rows)[0].read == 200


def test_reading_a_sample_does_not_depend_on_the_length_of_the_sheet():
    """No more rows are looked at than the sample needs."""

    class Rows(list[list[CellValue]]):
        looked = 0

        def __iter__(self):
            for row in super().__iter__():
                Rows.looked += 1
                yield row

    map_columns(["Email", "City"], customs=(), values=Rows([["a@example.com", "Berlin"]] * 10_000))
    assert Rows.looked <= 2 * SAMPLE


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        (PROFILE, "profile"), (SALES, "sales"), (RECRUITER, "recruiter"), (PAGE, "company"), ("https://www.linkedin.com/feed/x", "other"),
        ("https://example.com/in/ann", "other"), ("https://notlinkedin.com/in/ann", "other"), ("ann", None), (5.0, None), ("linkedin.com/in/", "other"),
    ],
)  # fmt: skip
def test_pages(url: CellValue, kind: str | None):
    """The host and the first part of the path tell the page."""
    assert page(url) == kind


PREDICATES = [getattr(evidence, name) for name in dir(evidence) if name.startswith("is_") and name != "is_blank"]
cells = st.none() | st.booleans() | st.floats() | st.text(max_size=40) | st.datetimes() | st.just(ErrorCell("#N/A"))


@given(cells)
def test_any_cell(cell: CellValue):
    """No cell crashes a question about it."""
    assert all(test(cell) in (True, False) for test in PREDICATES)
    page(cell)


@given(
    st.lists(st.tuples(cells, cells), max_size=5),
    st.sampled_from(["Email", "Titel", "URL", "Size", "Name", "Contact ID", "Phone", "Ort", "id"]),
)
def test_any_values(rows: list[tuple[CellValue, CellValue]], header: str):
    """Any values below any header give a decision and a reason."""
    for column in map_columns([header, "Vorname"], customs=(), values=rows):
        assert column.reason
        assert 0 <= column.read <= max(len(rows), 0)


@pytest.mark.parametrize(
    "phone",
    """06.12.34.56.78;06/12/34/56/78;0171-12-34-56;0171/1234567;030/1234567;0711/123456;347/1234567;0475/12.34.56;callto://+4930123456
0171-1234567 privat;030 1234567 Durchwahl: 12;+1 415 555 0123 extension 12""".replace("\n", ";").split(";"),
)
def test_a_phone_with_points_or_a_slash_is_a_phone(phone: str) -> None:
    """As French, Belgian, German and Italian phones are written; a date has three parts."""
    assert field_of("Portable", phone, phone) == "phone2"
    assert field_of("Telefon", *[phone] * 5) == "phone"


@pytest.mark.parametrize("text", ["06.12.2034", "2026/01/31", "2025/2026", "01/2026", "12345@x", "https://x.com/1234567"])
def test_what_is_no_phone_beside_them(text: str) -> None:
    """Dates, periods and addresses."""
    assert field_of("Telefon", *[text] * 5) is None


@pytest.mark.parametrize(
    "text", ["Nov-50", "11-50 Mitarbeiter:innen", "de 11 à 50 salariés", "entre 11 et 50", "Mehr als 10.000", "plus de 10 000"]
)
def test_every_size_that_can_be_read_is_one_to_the_mapping(text: str) -> None:
    """What would be sent of a cell does not make its column another one."""
    assert field_of("Company size", *[text] * 5) == "companySize"
