"""The catalogue of contact fields, and the one comparison that *unchanged* and *stored* both use.

Source: the page of `PATCH /v3/contacts/{id}` (types, enum values, what is never returned) and observed answers (casing, nulls).
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal, InvalidOperation

from reply_xl.kinds.links import page_key
from reply_xl.kinds.windows_zones import same_zone
from reply_xl.model import Choice, Contact, CustomField, Field, FieldValue, Kind, Target

HIGHEST_ID = 2_147_483_647

_ALONE = (
    *("myself only", "just me", "only me", "self", "solo", "freelance", "freelancer", "sole proprietor", "sole trader", "selbstständig"),
    *(
        "selbständig",
        "selbstständige",
        "selbstständiger",
        "selbständige",
        "selbständiger",
        "einzelunternehmer",
        "freiberufler",
    ),
    *("indépendant", "travailleur indépendant", "autónomo", "autônomo", "trabajador autónomo"),
    *("lavoratore autonomo", "libero professionista", "zelfstandig", "zelfstandige", "zzp", "samozatrudnienie", "samozatrudniony"),
)
COMPANY_SIZES = (
    Choice("Empty", "none", ("not set",)),
    Choice("SelfEmployed", "self-employed", _ALONE, 1, 1),
    Choice("Ten", "2-10", (), 2, 10),
    Choice("Fifty", "11-50", (), 11, 50),
    Choice("TwoHundred", "51-200", (), 51, 200),
    Choice("FiveHundred", "201-500", (), 201, 500),
    Choice("OneThousand", "501-1000", (), 501, 1000),
    Choice("FiveThousand", "1001-5000", (), 1001, 5000),
    Choice("TenThousand", "5001-10000", (), 5001, 10000),
    Choice("OverTenThousand", "10001+", (), 10001, None),
)

_NONE = Choice("none", "none", ("not set",))

CATALOGUE: tuple[Field, ...] = (
    Field(
        "email",
        "Email",
        Kind.EMAIL,
        ("Email address", "Work email", "Business email", "Primary email", "Contact email"),
        clearable=False,
        guard="email",
    ),
    Field("firstName", "First name", Kind.TEXT, ("Given name", "Forename"), clearable=False),
    Field("lastName", "Last name", Kind.TEXT, ("Surname", "Family name")),
    Field("title", "Title", Kind.TEXT, ("Job title", "Position", "Puesto")),
    Field("company", "Company", Kind.TEXT, ("Company name", "Organization", "Organisation", "Organization name", "Organisation name")),
    Field("industry", "Industry", Kind.TEXT, ("Primary industry",)),
    Field("city", "City", Kind.TEXT, ("Town", "Person city", "Contact city")),
    Field("state", "State", Kind.TEXT, ("State/Province", "Province", "Region", "Person state", "Contact state")),
    Field("country", "Country", Kind.TEXT, ("Country/Region", "Person country", "Contact country")),
    Field("timeZoneId", "Time zone", Kind.TIME_ZONE, ("Time zone ID",)),
    Field("notes", "Notes", Kind.TEXT, ("Note",)),
    Field("phone", "Phone", Kind.TEXT, ("Phone number", "Telephone", "Work phone", "Business phone", "Direct phone", "Phone 1")),
    Field(
        "phone2",
        "Second phone",
        Kind.TEXT,
        ("Phone 2", "Secondary phone", "Mobile", "Mobile phone", "Mobile number", "Cell phone"),
        verifiable=False,
    ),
    Field(
        "companySize",
        "Company size",
        Kind.CHOICE,
        ("Employees", "# Employees", "Number of employees", "Employee count", "Headcount"),
        choices=COMPANY_SIZES,
        cleared="Empty",
    ),
    Field(
        "linkedInUrl",
        "LinkedIn URL",
        Kind.URL,
        ("LinkedIn", "LinkedIn profile", "LinkedIn profile URL", "Person LinkedIn URL", "Contact LinkedIn URL"),
    ),
    Field(
        "linkedInSalesNavigatorUrl",
        "LinkedIn Sales Navigator URL",
        Kind.URL,
        ("LinkedIn Sales Navigator", "Sales Navigator", "Sales Navigator URL", "LI Sales Navigator"),
    ),
    Field(
        "linkedInRecruiterUrl",
        "LinkedIn Recruiter URL",
        Kind.URL,
        ("LinkedIn Recruiter", "Recruiter URL", "LI Recruiter"),
    ),
    Field("isOptedOut", "Opted out", Kind.BOOLEAN, ("Opt out", "Is opted out", "Unsubscribed"), guard="opt-out"),
    Field(
        "callStatus",
        "Call status",
        Kind.CHOICE,
        choices=(_NONE, Choice("toCall", "to call"), Choice("called", "called")),
        cleared="none",
    ),
    Field(
        "meetingStatus",
        "Meeting status",
        Kind.CHOICE,
        choices=(_NONE, Choice("meetingBooked", "meeting booked", ("booked",))),
        cleared="none",
    ),
    Field(
        "ownerUserId",
        "Owner user ID",
        Kind.INTEGER,
        ("Reply owner ID", "Reply owner user ID", "Reply owner"),
        clearable=False,
        guard="owner",
    ),
    Field("accountId", "Account ID", Kind.INTEGER, ("Reply account ID", "Reply account"), guard="account"),
    Field("id", "Contact ID", Kind.INTEGER, read_only=True),
    Field("domain", "Domain", Kind.TEXT, ("Email domain",), read_only=True),
    Field("phoneStatus", "Phone status", Kind.TEXT, read_only=True),
    Field("addingDate", "Adding date", Kind.MOMENT, read_only=True),
    Field("createdAt", "Created at", Kind.MOMENT, read_only=True),
    Field("lastModifiedAt", "Last modified at", Kind.MOMENT, read_only=True),
    Field("sequences", "Sequences", Kind.LIST, read_only=True),
    Field("lists", "Lists", Kind.LIST, read_only=True),
)

BY_NAME: dict[str, Field] = {field.name: field for field in CATALOGUE}
WRITABLE: tuple[Field, ...] = tuple(field for field in CATALOGUE if not field.read_only)
GUARDS = ("email", "owner", "account", "opt-out", "opt-in")
"""The words of `--allow`. `opt-in` is asked for turning an opt-out back, which is never implied by `opt-out`."""


def fold(text: str) -> str:
    """What two labels must share to be the same: letters and digits, without case, accents, spaces and punctuation. The signs that Indian, Thai and
    other scripts put at a letter are no accents: without them राम and रमा were one."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if char.isalnum() or (char > "\u036f" and unicodedata.category(char)[0] == "M")).casefold()


def guard_of(target: Target, old: FieldValue, new: FieldValue) -> str | None:
    """The word of `--allow` that this change needs, or None. Opting somebody back in has a word of its own."""
    if target.name == "isOptedOut" and old is True and new is not True:
        return "opt-in"
    return target.guard


def value_of(contact: Contact, target: Target) -> FieldValue:
    """What `contact` holds in `target`; None where it is unset or was not returned.

    A custom value is found by the field's id or by its title: answers have been seen keyed by either."""
    if isinstance(target, CustomField):
        by_id = contact.custom.get(str(target.id))
        return by_id if by_id is not None else contact.custom.get(target.title)
    return contact.values.get(target.name)


def is_empty(target: Target, value: FieldValue) -> bool:
    """Whether nothing is stored: null, blank text, `Empty` or `none` of an enum. False and 0 are values."""
    if value is None:
        return True
    return isinstance(value, str) and comparable(target, value) == ""


def same(target: Target, one: FieldValue, other: FieldValue) -> bool:
    """The one comparison of values, for *unchanged* and for *stored* alike.

    Text: NFC, trimmed, CRLF = LF; null = ""; e-mail and company size without case; number custom fields numerically; a URL with and without
    `https://`, its scheme and host without case; a time zone by its IANA and by its Windows name."""
    ours, theirs = comparable(target, one), comparable(target, other)
    return ours == theirs or (target.kind is Kind.TIME_ZONE and same_zone(str(ours), str(theirs)))


def comparable(target: Target, value: FieldValue) -> str | int | bool | Decimal:
    if target.kind is Kind.BOOLEAN:
        return value is True
    if isinstance(value, bool):
        return value
    if value is None:
        return ""
    text = unicodedata.normalize("NFC", str(value)).replace("\r\n", "\n").replace("\r", "\n").strip()
    if target.kind is Kind.CHOICE:
        if target.name == "companySize":
            text = text.casefold()
        return "" if text.casefold() in ("empty", "none") else text
    if target.kind is Kind.EMAIL:
        return text.lower()  # casefold() would make one of straße@… and strasse@…, which are two addresses
    if target.kind is Kind.URL:
        return page_key(text)
    if isinstance(target, CustomField) and target.numeric:
        number = as_number(text)
        return text if number is None else number
    return text


def as_number(text: str) -> Decimal | None:
    """A finite decimal number in ASCII digits with a point, or None. Separators of thousands are not accepted."""
    if not text.isascii() or "_" in text:
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
