"""The fictional workspace that the sandbox starts with: 60 contacts, custom fields, lists, users and accounts.

Nobody here exists. E-mail addresses are at example.com, .org and .net (RFC 2606), phone numbers in the ranges set aside for
fiction (555-01xx, 020 7946 0xxx), ids from 2,147,000,001 upward, so that none can be the id of somebody's contact.
"""

from __future__ import annotations

from typing import Any

TEAM_ID = 70001
USER_ID = 500176

WHOAMI: dict[str, Any] = {"userId": USER_ID, "username": "Nora Vance", "teamId": TEAM_ID}

# Across two teams, as the call answers [DOC]: the last one is not a member of the caller's team.
TEAM_USERS: tuple[dict[str, Any], ...] = tuple(
    {"teamId": team, "teamName": team_name, "userId": user, "userName": name, "userEmail": f"{name.lower().replace(' ', '.')}@example.net"}
    for team, team_name, user, name in (
        (TEAM_ID, "Sales North", USER_ID, "Nora Vance"),
        (TEAM_ID, "Sales North", 500177, "Idris Calloway"),
        (TEAM_ID, "Sales North", 500178, "Petra Lindholm"),
        (70002, "Sales South", 500901, "Marco Aldine"),
    )
)

ACCOUNTS: tuple[dict[str, Any], ...] = (
    {"id": 88001, "name": "Northwind Instruments", "domainName": "northwind.example"},
    {"id": 88002, "name": "Halcyon Freight", "domainName": "halcyon.example"},
    {"id": 88003, "name": "Bluefin Analytics", "domainName": "bluefin.example"},
    {"id": 88004, "name": "Café Órbita", "domainName": "orbita.example"},
    {"id": 88005, "name": "Halcyon Freight", "domainName": "halcyon-eu.example"},
)

LISTS: tuple[dict[str, Any], ...] = (
    {"id": 9001, "name": "Autumn webinar", "isShared": True},
    {"id": 9002, "name": "Hot leads", "isShared": False},
    {"id": 9003, "name": "Partners", "isShared": False},
)

CUSTOM_FIELDS: tuple[dict[str, Any], ...] = (
    {"id": 150697, "title": "Lead Source", "fieldType": "text", "metadata": None, "orgWide": False},
    {"id": 150698, "title": "Budget", "fieldType": "number", "metadata": None, "orgWide": False},
    {"id": 150699, "title": "Persona", "fieldType": "text", "metadata": None, "orgWide": True},
    {"id": 150700, "title": "Renewal date", "fieldType": "text", "metadata": None, "orgWide": False},
    {"id": 150701, "title": "Seats", "fieldType": "number", "metadata": None, "orgWide": False},
)

_NAMES = (
    "Ada Lindqvist, Ben Okafor, Chloé Marchetti, Dmitri Halvorsen, Elif Tanaka, Farah Whitcombe, Goran Petrescu, Hana Doyle, "
    "Ines Fairweather, Jonas Abernathy, Kaya Rosenthal, Liam Oyelaran, Mei Castellan, Niko Brandvold, Olga Penhallow, Pavel Quist, "
    "Quinn Ashdown, Rosa Vantongeren, Sven Macallan, Tomas Eriksdotter, Uma Delacroix, Viktor Stanhope, Wren Takahara, Xenia Holloway, "
    "Yusuf Bergström, Zoë Carmichael, Anders Pemberton, Bianca Novotny, Cyrus Hartigan, Dalia Østergaard, Emil Thackeray, Freya Nakamura, "
    "Gita Winslow, Hugo Valdemar, Iris Coldwater, Jasper Amundsen, Klara Featherstone, Leo Marchand, Maya Underhill, Nils Kowalczyk, "
    "Opal Redfern, Pia Sandoval, Rafael Muñoz, Saskia Thornbury, Tariq Ellingsen, Ulla Kingsley, Vera Blackwood, Wim Santorini, "
    "Yara Pellegrin, Zeno Hathaway, Arlo Vestergaard, Brigid Onwudiwe, Caspian Reyes, Dora Lehtinen, Elio Prescott, Flora Imanishi, "
    "Gideon Strand, Helga Montrose, Ivo Sutherland, Jana Okonjo"
)
_TITLES = ("Head of Sales", "Marketing Manager", "VP Operations", "Procurement Lead", "CTO", "Account Executive", "Data Analyst")
_COMPANIES = ("Northwind Instruments", "Halcyon Freight", "Bluefin Analytics", "Café Órbita", "Quarry & Sons", "Lumen Works")
_INDUSTRIES = ("Software & Technology", "Logistics", "Manufacturing", "Hospitality", "Energy")
_SIZES = ("Fifty", "TwoHundred", "OneThousand", "Empty", "Ten", "FiveHundred", "SelfEmployed", "OverTenThousand")
_PLACES = (
    ("San Francisco", "CA", "United States", "America/Los_Angeles", "+1-415-555-01{:02d}"),
    ("London", None, "United Kingdom", "Europe/London", "+44 20 7946 00{:02d}"),
    ("New York", "NY", "United States", "America/New_York", "+1-212-555-01{:02d}"),
    ("Melbourne", "VIC", "Australia", "Australia/Melbourne", "+61 3 5550 10{:02d}"),
)
_ASCII = str.maketrans("éëöøØñ", "eeooon")


def contacts() -> list[dict[str, Any]]:
    """The 60 contacts, always the same: some full, some nearly bare, some opted out, some in lists and sequences."""
    return [_contact(index, name) for index, name in enumerate(_NAMES.split(", "))]


def _contact(index: int, name: str) -> dict[str, Any]:
    first, last = name.split(" ", 1)
    plain = name.translate(_ASCII).lower().replace(" ", ".")
    added = f"2026-{1 + index % 9:02d}-{1 + index % 28:02d}T{8 + index % 10:02d}:{index % 60:02d}:00+00:00"
    contact: dict[str, Any] = {
        "email": f"{plain}@example.{('com', 'org', 'net')[index % 3]}",
        "firstName": first,
        "lastName": last,
        "ownerUserId": TEAM_USERS[index % 3]["userId"],
        "addingDate": added,
        "isOptedOut": index % 13 == 7,
    }
    if index % 6 == 5:
        return contact  # as a bare import leaves it
    city, state, country, zone, phone = _PLACES[index % 4]
    contact.update(
        title=_TITLES[index % 7],
        company=_COMPANIES[index % 6],
        companySize=_SIZES[index % 8],
        city=city,
        state=state,
        country=country,
        timeZoneId=zone,
        callStatus=("none", "toCall", "none", "called")[index % 4],
        meetingStatus="meetingBooked" if index % 9 == 4 else "none",
    )
    if index % 5 != 2:
        contact["phone"] = phone.format(index)
    if index % 3 != 1:
        contact["industry"] = _INDUSTRIES[index % 5]
        contact["linkedInUrl"] = f"https://www.linkedin.com/in/example-{plain.replace('.', '-')}"
    if index % 7 == 0:
        contact["phone2"] = phone.format(index + 20)
        contact["notes"] = "Met at the autumn fair.\nAsked for a quote."
    if index % 4 == 0:
        contact["accountId"] = ACCOUNTS[index // 4 % 4]["id"]
    if index % 2 == 0:
        contact["customFields"] = {"Lead Source": ("Conference", "Referral", "Webinar")[index % 3], "Budget": str(5000 + 250 * index)}
    if index % 10 == 3:
        contact["customFields"] = {"Persona": "Champion", "Seats": str(10 + index)}
    if index % 3 == 0:
        contact["lists"] = [LISTS[index // 3 % 3]["id"]]
    if index % 8 == 1:
        contact["sequences"] = [_sequence(index, added)]
    return contact


def _sequence(index: int, added: str) -> dict[str, Any]:
    return {
        "sequenceId": 100 + index % 2,
        "sequenceName": ("Sales Outreach", "Renewals")[index % 2],
        "status": "active",
        "currentStep": 1 + index % 4,
        "addingDate": added,
        "emailAccountId": 101,
        "linkedInAccountId": None,
    }
