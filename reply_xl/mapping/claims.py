"""What the other headers and the values say about what each header asks for, and which of several columns gets a field. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reply_xl.fields import BY_NAME, fold
from reply_xl.kinds.values import contact_id, is_blank, shown
from reply_xl.mapping import evidence
from reply_xl.mapping import headers as names
from reply_xl.mapping.evidence import Sample, kind_against, page_kind, sample
from reply_xl.mapping.headers import VAGUE_TITLE, Need
from reply_xl.model import CellValue, CustomField, Role, Sureness, Target, column_letter

NOT_USED = "Not used: "
SHARED_ID, BARE_ID = 2, 3
"""The ranks of `Contact ID`, which other systems write as well, and of a bare `id`."""

_BY_PAGE = {"profile": "linkedInUrl", "sales": "linkedInSalesNavigatorUrl", "recruiter": "linkedInRecruiterUrl"}
_PAGES = {
    "profile": "LinkedIn profiles",
    "sales": "pages of Sales Navigator",
    "recruiter": "pages of LinkedIn Recruiter",
    "company": "pages of companies",
    "other": "web addresses outside LinkedIn",
}
_NAMED_AS_REPLYS = {"id": "Reply ID", "accountId": "Reply account ID", "ownerUserId": "Reply owner ID"}
_AS_REPLY_HEADS = (BY_NAME["firstName"].label, "firstName")
_ZIP = frozenset({"ZIP"})
_PLACES = ("city", "country", "state")
_GERMANIC = re.compile(r"vorname|voornaam")


@dataclass(frozen=True, slots=True)
class Claim:
    """What one header asks for; a lower `rank` is a better name. `need`: what must be seen besides; `direct`: a phone that may be the
    second one; `read`: how many values were looked at; `refuted`: what the header asked for, where the values speak against it."""

    target: Target | None
    role: Role
    reason: str
    rank: int = 0
    sure: Sureness = Sureness.CERTAIN
    need: Need = Need.NOTHING
    direct: bool = False
    read: int = 0
    refuted: Claim | None = None

    @property
    def field(self) -> str:
        """The name of the standard field that the column is sent to, or ""."""
        return self.target.name if self.role is Role.FIELD and self.target is not None and not isinstance(self.target, CustomField) else ""


def settle(
    headers: Sequence[str],
    claims: list[Claim],
    values: Sequence[Sequence[CellValue]],
    unknown: Callable[[str], Claim],
    is_header: Callable[[str], bool],
) -> None:
    """Replaces the claims that the other headers or the values speak against, and settles those that are still open.

    `unknown` gives the claim of a header that means nothing."""
    row = _Settling(headers, claims, values, unknown)
    row.leave_other_systems_alone()
    for index, claim in enumerate(claims):
        if claim.field and claim.need in (Need.NOTHING, Need.FLAG):
            row.look_at_values(index, claim)
    for index, claim in enumerate(claims):
        if claim.need not in (Need.NOTHING, Need.FLAG):
            row.settle_open(index, claim)
    row.leave_honorifics_alone()
    _settle_ids(row, is_header)


class _Settling:
    def __init__(
        self, headers: Sequence[str], claims: list[Claim], values: Sequence[Sequence[CellValue]], unknown: Callable[[str], Claim]
    ) -> None:
        self.headers, self.claims, self.values, self.unknown = headers, claims, values, unknown
        self._samples: dict[int, Sample] = {}
        self.added = _added_id(headers, claims)
        # some column bears a name that only Reply's have
        self.is_replys = any(
            fold(header).startswith("reply") and claim.role not in (Role.UNUSED, Role.OURS) and index != self.added
            for index, (header, claim) in enumerate(zip(headers, claims, strict=True))
        )

    def sample(self, index: int) -> Sample:
        if index not in self._samples:
            self._samples[index] = sample(self.values, index, self.headers[index])
        return self._samples[index]

    def drop(self, index: int, why: str, sure: Sureness = Sureness.LIKELY) -> None:
        read = len(self._samples.get(index, ()))
        self.claims[index] = Claim(None, Role.UNUSED, f"{NOT_USED}{why}", sure=sure, read=read)

    def take(self, index: int, field: str, why: str, sure: Sureness = Sureness.LIKELY) -> None:
        claim = self.claims[index]
        read = len(self._samples.get(index, ()))
        self.claims[index] = replace(claim, target=BY_NAME[field], role=Role.FIELD, reason=why, sure=sure, need=Need.NOTHING, read=read)

    def forget(self, index: int) -> None:
        """The header means nothing after all."""
        self.claims[index] = replace(self.unknown(self.headers[index]), read=len(self._samples.get(index, ())))

    def is_about_a_company(self, index: int) -> bool:
        """Whether the column tells of a company what Reply has no field for, as lists for sale do."""
        words = names.words_of(self.headers[index])
        return self.claims[index].role is Role.UNUSED and len(words) > 1 and words[0] in ("company", "organization", "organisation")

    def leave_other_systems_alone(self) -> None:
        """Names that Reply shares with others (`Contact ID`, `Account ID`, `Created at`) are Reply's only in a sheet without signs of another
        system; `Reply …` names are always."""
        if self.is_replys:
            return
        signs = [
            index
            for index, (header, claim) in enumerate(zip(self.headers, self.claims, strict=True))
            if not isinstance(claim.target, CustomField) and header and names.is_sign_of_another_system(header)
        ]
        for index, claim in enumerate(self.claims):
            shared = claim.role in (Role.KEY, Role.READ_ONLY) or claim.field in ("accountId", "ownerUserId")
            sign = next((other for other in signs if other != index), None)
            if shared and claim.target is not None and sign is not None and index != self.added:
                label = claim.target.label
                own = _NAMED_AS_REPLYS.get(claim.target.name, f"Reply {label[0].lower()}{label[1:]}")
                self.drop(index, f"beside “{shown(self.headers[sign])}” it seems another system's; head it “{own}” if it is Reply's")
        self._leave_words_of_everybody_alone()

    def _leave_words_of_everybody_alone(self) -> None:
        """`Domain`, `Lists` and `Created at` are words that any list may have: Reply's only beside a Reply ID, or where nothing else stands."""
        is_alone = sum(bool(header.strip()) for header in self.headers) == 1
        if (
            is_alone
            or any(claim.role is Role.KEY and claim.rank < BARE_ID and index != self.added for index, claim in enumerate(self.claims))
            or any(map(names.is_of_replys_grid, self.headers))
        ):
            return
        for index, claim in enumerate(self.claims):
            header = self.headers[index].strip()
            if claim.role is Role.READ_ONLY and claim.target is not None and (header != claim.target.name or header.islower()):
                label = claim.target.label
                own = f"Reply {label[0].lower()}{label[1:]}"
                self.drop(index, f"without a Reply ID in the sheet it may be anybody's; head it “{own}” if it is Reply's")

    def look_at_values(self, index: int, claim: Claim) -> None:
        seen = self.sample(index)
        if claim.field in _BY_PAGE.values():
            kind = page_kind(seen)
            if kind in _BY_PAGE and _BY_PAGE[kind] != claim.field:
                self.take(index, _BY_PAGE[kind], _counted(seen, kind))
                self.claims[index] = replace(self.claims[index], rank=claim.rank + 50)
                return
            if kind == "company" or (kind == "other" and len(seen) > 2):
                self.drop(index, f"its values are {_PAGES[kind]}")
                return
        what = kind_against("note" if fold(self.headers[index]) == "note" else claim.field, seen)
        if what is None and claim.field == "isOptedOut" and len(seen) > 2 and not seen.mostly(evidence.is_flag):
            what = "neither yes nor no"
        if what is not None:
            self.drop(index, f"its values are {what}{'' if what.startswith(('no ', 'neither ')) else f', not {_wanted(claim)}'}")
            self.claims[index] = replace(self.claims[index], refuted=claim)
        else:
            self.claims[index] = replace(claim, read=len(seen))

    def settle_open(self, index: int, claim: Claim) -> None:
        seen = self.sample(index)
        field = claim.target.name if claim.target else ""
        if claim.need is Need.PROFILE:
            self._settle_profile(index, claim, seen)
            return
        if claim.need in (Need.FIRST, Need.LAST, Need.NAME):
            self._settle_name(index, claim)
            return
        others = [place for place in range(len(self.headers)) if place != index]
        if claim.need is Need.ALONE:
            fits = not any(names.speaks_of_email(self.headers[place]) for place in others)
            why = "and no other column is about one"
        elif claim.need is Need.PAIR:
            half = "lastName" if field == "firstName" else "firstName"
            fits = any(
                self.claims[place].need is Need.PAIR or self.claims[place].rank == claim.rank
                for place in others
                if self.claims[place].field == half
            )
            why = "beside the other half of the name"
        elif claim.need is Need.BESIDE:
            told = next((self.headers[place] for place in others if names.speaks_beside(self.headers[index], self.headers[place])), None)
            fits, why = told is not None, f"as in other exports with “{shown(told or '')}”"
        elif claim.need is Need.ZIP:
            fits = any(names.symbols(self.headers[other]) == _ZIP for other in (index - 1, index + 1) if 0 <= other < len(self.headers))
            why = "beside a postal code"
        elif claim.need is Need.PLACE:
            fits = any(self.claims[other].field in _PLACES for other in (index - 1, index + 1) if 0 <= other < len(self.claims))
            why = "beside another part of an address"
        elif claim.need is Need.JOB:
            fits, why = bool(seen.cells) and seen.hits(evidence.is_honorific) == 0, "and its values are no honorifics"
        elif claim.need is Need.PHONE:
            fits, why = seen.mostly(evidence.is_phone), "and its values are phone numbers"
        else:
            is_fit = evidence.is_range if claim.need is Need.RANGE else evidence.is_size
            fits, why = seen.mostly(is_fit), "and its values are numbers of employees"
        if not fits or kind_against(field, seen) is not None:
            self.forget(index)
        else:
            sure = Sureness.GUESS if claim.need in (Need.ALONE, Need.BESIDE) else Sureness.LIKELY
            self.take(index, field, f"Means {BY_NAME[field].label}, {why}", sure)

    def _settle_profile(self, index: int, claim: Claim, seen: Sample) -> None:
        kind = page_kind(seen)
        if kind in _BY_PAGE:
            self.take(index, _BY_PAGE[kind], _counted(seen, kind))
            return
        others = {fold(header) for header in self.headers}
        header = fold(self.headers[index])
        if kind is None and not seen.cells and header == "url" and "connectedon" in others:
            self.take(index, "linkedInUrl", "The profile, as LinkedIn exports connections")
        elif kind is None and not seen.cells and header == "profileurl" and "defaultprofileurl" in others:
            self.take(index, "linkedInSalesNavigatorUrl", "Beside defaultProfileUrl this is the page of Sales Navigator", Sureness.GUESS)
        else:
            self.forget(index)

    def _settle_name(self, index: int, claim: Claim) -> None:
        """A bare `Nombre`, `Nom` or `Name` is half of a name where another column holds the other half, and else all of it."""
        settled = {other.field: place for place, other in enumerate(self.claims) if other.need is Need.NOTHING and place != index}
        first, last = settled.get("firstName"), settled.get("lastName")
        field = ""
        if first is not None and last is None and claim.need in (Need.FIRST, Need.NAME):
            field, partner = "lastName", first
        elif last is not None and first is None and claim.need in (Need.LAST, Need.NAME):
            field, partner = "firstName", last
        if not field or self._holds_whole_names(index, partner):
            self.forget(index)
            return
        seen = self.sample(index)
        sure_by_header = claim.need is not Need.NAME or (field == "lastName" and _GERMANIC.search(fold(self.headers[partner])))
        if kind_against(field, seen) or (not sure_by_header and (len(seen) < 3 or seen.hits(evidence.is_one_word) * 5 < len(seen) * 4)):
            self.forget(index)
        else:
            other = BY_NAME["firstName" if field == "lastName" else "lastName"].label.lower()
            self.take(index, field, f"{BY_NAME[field].label}, because column {column_letter(partner)} holds the {other}")

    def _holds_whole_names(self, index: int, partner: int) -> bool:
        pairs = [
            (str(row[index]).casefold().split(), str(row[partner]).casefold().split())
            for row in self.values[:200]
            if max(index, partner) < len(row) and not is_blank(row[index]) and not is_blank(row[partner])
        ]
        whole = sum(len(ours) > len(theirs) and set(theirs) <= set(ours) for ours, theirs in pairs)
        return bool(pairs) and 2 * whole >= len(pairs)

    def leave_honorifics_alone(self) -> None:
        """A bare `Title` right before the first name is Mr and Ms, unless the values say otherwise, or the sheet is headed as Reply heads."""
        for index, claim in enumerate(self.claims[:-1]):
            follows = self.claims[index + 1].field == "firstName" and self.headers[index + 1].strip() not in _AS_REPLY_HEADS
            if claim.field == "title" and claim.rank == VAGUE_TITLE and follows and not self.is_replys and not self.sample(index):
                self.drop(index, "before the first name it may hold Mr and Ms; head it “Job title” if it does not")


def _added_id(headers: Sequence[str], claims: Sequence[Claim]) -> int | None:
    """The `Reply ID` that an update has added behind its results: it says where the contacts are, not whose the other columns are."""
    filled = [index for index, header in enumerate(headers) if header.strip()]
    if len(filled) < 2 or claims[filled[-2]].role is not Role.OURS or fold(headers[filled[-1]]) != "replyid":
        return None
    return filled[-1]


def compete(claims: list[Claim], hidden: frozenset[int]) -> None:
    """One column a field; a direct phone that loses is the second phone if no other column is. Id columns do not compete: a row's ids must
    agree."""
    wanted: dict[str, list[int]] = {}
    for index, claim in enumerate(claims):
        if claim.role is Role.FIELD and claim.target is not None:
            known = isinstance(claim.target, CustomField) and claim.target.id
            wanted.setdefault(f"#{known}" if known else claim.target.name, []).append(index)
    phone2_is_free = "phone2" not in wanted
    for name, indices in wanted.items():
        winner = min(indices, key=lambda index: (index in hidden, claims[index].rank, index))
        for index in sorted(indices, key=lambda index: (index in hidden, claims[index].rank, index)):
            claim = claims[index]
            if index == winner or claim.target is None:
                continue
            lost = f"column {column_letter(winner)} already gives {shown(claim.target.label)}"
            if name == "phone" and claim.direct and phone2_is_free and index not in hidden:
                phone2_is_free = False
                claims[index] = replace(claim, target=BY_NAME["phone2"], sure=Sureness.LIKELY, reason=f"Means Second phone: {lost}")
            else:
                claims[index] = Claim(None, Role.UNUSED, f"{NOT_USED}{lost}", read=claim.read)
    for index, claim in enumerate(claims):
        if claim.refuted is not None:
            giver = next((place for place, other in enumerate(claims) if other.field == claim.refuted.field), None)
            if giver is not None and claims[giver].rank < claim.refuted.rank:  # it would have lost anyway
                lost = f"column {column_letter(giver)} already gives {BY_NAME[claim.refuted.field].label}"
                claims[index] = replace(claim, reason=f"{NOT_USED}{lost}")


def _settle_ids(row: _Settling, is_header: Callable[[str], bool]) -> None:
    """`Contact ID` is Reply's unless most of its values cannot be; a bare `id` only if nothing better is there and every value can be.

    A `Contact ID` that stands alone stays the key: then its rows say what is wrong with each value."""
    claims = row.claims
    alone = sum(bool(header.strip()) for header in row.headers) == 1
    for index, claim in enumerate(claims):
        if claim.role is Role.KEY and claim.rank == SHARED_ID:
            seen = row.sample(index)
            is_guess = not seen.cells and not row.is_replys and any(map(row.is_about_a_company, range(len(claims))))
            claims[index] = replace(claim, sure=Sureness.GUESS if is_guess else Sureness.LIKELY, read=len(seen))
            if not alone and seen.mostly(evidence.is_no_contact_id):
                row.drop(index, "its values are another system's IDs; a Reply ID is a whole number")
    named = any(claim.role is Role.KEY and claim.rank < BARE_ID for claim in claims)
    for index, claim in enumerate(claims):
        if claim.role is not Role.KEY or claim.rank < BARE_ID:
            continue
        cells = [line[index] for line in row.values if index < len(line) and not is_blank(line[index])]
        cells = [cell for cell in cells if not (isinstance(cell, str) and is_header(cell))]  # the headers may come again
        book = next((header for header in row.headers if names.is_of_an_address_book(header)), None)
        if named:
            row.drop(index, "another column holds the contact's Reply ID")
        elif book is not None and not row.is_replys:
            row.drop(index, f"beside “{shown(book)}” it seems an address book's number; head it “Reply ID” if it is Reply's")
        elif not cells or any(contact_id(cell) is None for cell in cells):
            row.drop(index, "its values do not all look like Reply IDs, which are whole numbers; head it “Reply ID” if they are")
        else:
            reason = "Finds the contact: every value can be a Reply ID"
            claims[index] = replace(claim, reason=reason, sure=Sureness.GUESS, read=len(cells))


def _counted(seen: Sample, kind: str) -> str:
    count = sum(page_kind(Sample((cell,))) == kind for cell in seen.cells)
    return f"{count} of {len(seen)} values read are {_PAGES[kind]}"


def _wanted(claim: Claim) -> str:
    """What the field takes, for the end of a sentence."""
    return {
        "title": "job titles",
        "email": "addresses",
        "phone": "phone numbers",
        "phone2": "phone numbers",
        "isOptedOut": "a yes or no for each contact",
        "companySize": "sizes of companies",
    }.get(claim.field, "values of this field")
