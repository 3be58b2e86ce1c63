"""A preview sheet in an open workbook: written from a draft, and read back into a plan of the very kind that a push carries out.

Nothing here prints or asks. Whoever applies a preview agrees to the dangerous fields anew (`allow`): what a workbook says is no agreement.
Where its lines are of rows in another sheet of the workbook, the outcomes go there as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reply_xl import beside, identity, preview_page
from reply_xl.busy import Patience
from reply_xl.errors import ApiRefused, HeaderError, NotAuthorised, SheetError
from reply_xl.fields import value_of
from reply_xl.history.runs import Beside, RunKind
from reply_xl.kinds.values import contact_id
from reply_xl.locate import marks_of
from reply_xl.lookup import Found, read_contacts
from reply_xl.mapping.choices import targets_by_name
from reply_xl.mapping.columns import OURS, REPLY_ID, is_own_or_id
from reply_xl.mapping.hygiene import Hint
from reply_xl.model import Change, Column, Contact, Contacts, CustomField, Memory, Outcome, Patch, Role, Row, Word
from reply_xl.pages import find_page, mark_of, pages_of, remove_page, write_page
from reply_xl.patches import Decision, Policy, Unknown, decide
from reply_xl.place import Book
from reply_xl.plan import Draft, Plan, Request, read_columns, usual_zones
from reply_xl.preview_page import EMAIL, FIELD, HEADERS, MARK, MOST_LINES, NAME, NEEDED, NOW, ROW, WILL, Asked
from reply_xl.push import Push, page_of, prepare
from reply_xl.references import Directory
from reply_xl.sheet import Reading, Sheet, nearest
from reply_xl.tab.practice_mark import mark_practice, practice_named, practice_of
from reply_xl.wishes import Wish
from reply_xl.wording import joined

_WIDTHS = {
    ROW: 16.0,
    REPLY_ID: 13.0,
    "Now in Reply": 30.0,
    "Will become": 30.0,
    "Note": 50.0,
    "Decision": 12.0,
    OURS[0]: 13.0,
    OURS[1]: 50.0,
    OURS[2]: 19.0,
}
_ALONE = "so the results stand in the preview alone"
_TITLE = (
    "Choose send or skip in “Decision”, of a conflict keep Reply or take sheet; correct “Will become” where you like; save, and press Update on "
    "this sheet or run reply-xl push --plan. A line is sent only where Reply still holds what stands in “Now in Reply”."
)


@dataclass(frozen=True, slots=True)
class PageRead:
    """A preview sheet as read: its name, its cells, and the index of each of its columns by header. `other`: the name and the cells of the sheet
    that it says it is of, or None, and then `missing` says why."""

    name: str
    reading: Reading
    places: Mapping[str, int]
    other: tuple[str, Reading] | None
    missing: str


@dataclass(frozen=True, slots=True)
class Others:
    """The contacts' own sheet beside a preview: its rows that the preview is of, by number, with their contact."""

    name: str
    reading: Reading
    columns: tuple[Column, ...]
    contacts: Mapping[int, int]

    @property
    def rows(self) -> list[Row]:
        return [row for row in self.reading.chosen if row.number in self.contacts]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a preview sheet asks for. `draft`: as of any sheet, its rows the lines of the preview; `others` None: no other sheet gets the
    outcomes."""

    name: str
    draft: Draft
    others: Others | None

    def prepare_others(self, book: Book) -> None:
        """Proves that the contacts' own sheet can be written. Nothing has been sent yet. Raises `SheetError`."""
        if self.others is not None:
            prepare(book.sheet(self.others.name), self.others.reading, self.others.rows, self.others.columns, OURS)

    def push(self, draft: Draft, book: str, results: str, *, of: int | None = None) -> Push:
        """The push that carries it out; its `start` writes the run down. `draft`: that of this, or one that allows more; `book`, `results`: as of
        `Push`."""
        return Push(self.name, draft, book, results, False, of, RunKind.PLAN, self._beside(draft.plan, book, results))

    def _beside(self, plan: Plan, book: str, results: str) -> Beside | None:
        if self.others is None:
            return None
        page = page_of(self.others.name, self.others.reading, self.others.columns, book, results)
        marks = marks_of(self.others.rows, self.others.columns)
        rows = tuple((number, mark, self.others.contacts[number]) for number, mark in marks.items())
        of_contact: dict[int, list[Row]] = defaultdict(list)
        for row in self.others.rows:
            of_contact[self.others.contacts[row.number]].append(row)
        differs = {}
        for decision in plan.to_send:
            assert decision.patch is not None
            number = decision.patch.contact.id
            names = [
                one.target.name
                for one in decision.patch.changes
                if number in of_contact and beside.differing(one, of_contact[number], self.others.columns)
            ]
            if names:
                differs[number] = tuple(names)
        return Beside(page, rows, differs)


def write(
    book: Any,
    draft: Draft,
    sheet: str,
    *,
    hints: Sequence[Hint] = (),
    server: str = "",
    activate: bool = False,
    patience: Patience | None = None,
) -> tuple[str, int]:
    """Writes the preview of a draft into an xlwings book, over an older one of ours, and gives focus and selection back. The sheet's name, and
    how many lines it has; "" where nothing is to be looked at and no preview is there. `sheet`: that the draft is of; `server`: whose contacts
    these are, for people to read; `patience`: as for `write_page`. Nothing is saved. The preview of a copy for practice is one as well, and never
    written over another. Raises `SheetError`."""
    unseen = {one.now.target.name: f"{one.now.letter} ({one.now.header})" for one in draft.unseen if one.now.target is not None}
    for_a_person = [f"{one.now.letter} ({one.now.header})" for one in draft.unseen if one.needs_a_person]
    if for_a_person:
        unseen["*"] = joined(for_a_person)
    lines = preview_page.lines_of(draft.plan.decisions, draft.columns, sheet, hints, unseen)
    if len(lines) > MOST_LINES:
        raise SheetError(f"{len(lines):,} changes are more than a person can look through; preview fewer rows with --rows.")
    old, practice = find_page(book, MARK), practice_named(book, sheet)
    if not lines and old is None:
        return "", 0
    if old is not None and practice is not None and practice_of(old) is None:
        raise SheetError(f"“{old.name}” is a preview of your own contacts; send or delete it before you preview a copy for practice.")
    made = f"Made from the sheet “{sheet}”{f' and the contacts of {server}' if server else ''}."
    widths = {header: _WIDTHS[header] for header in HEADERS if header in _WIDTHS}
    page = write_page(
        book,
        NAME,
        MARK,
        (_TITLE, made),
        HEADERS,
        lines,
        dropdowns={"Decision": preview_page.CHOICES},
        widths=widths,
        activate=activate,
        patience=patience,
    )
    try:
        mark_practice(page, practice)
    except Exception as error:
        remove_page(book, MARK)
        raise SheetError(f"A preview of “{sheet}”, a copy for practice, can be made in Excel only.") from error
    return str(page.name), len(lines)


def is_preview(sheet: Any) -> bool:
    """Whether an xlwings sheet is a preview of ours: Update on it applies it."""
    return mark_of(sheet) == MARK


def find(book: Any, name: str | None = None) -> Any:
    """The preview sheet of an xlwings book, the one called `name` if there are several. Raises `SheetError`, also for a hidden one: nobody could
    have looked at it."""
    found = pages_of(book, MARK)
    if name is not None:
        meant = nearest([str(sheet.name) for sheet in found], name)
        found = [sheet for sheet in found if str(sheet.name) == meant]
    if not found:
        which = "is no preview sheet" if name is not None else "The workbook has no preview sheet"
        raise SheetError(f"{f'“{name}” ' if name is not None else ''}{which}; “reply-xl preview BOOK --edit” makes one.")
    if len(found) > 1:
        raise SheetError(
            f"The workbook has {len(found)} preview sheets; name one with --sheet: {joined([str(one.name) for one in found], 8)}."
        )
    if not found[0].visible:
        raise SheetError(f"The preview sheet “{found[0].name}” is hidden; show it, look at it, and try again.")
    return found[0]


def read(book: Any, name: str | None = None) -> PageRead:
    """The preview sheet of an xlwings book, as of `find`, and the sheet that it is of. Changes nothing. Raises `SheetError`."""
    page = find(book, name)
    sheet = Sheet(page)
    reading = _read(sheet)
    places = _places(reading)
    reading = sheet.with_formats(reading, (places[NOW], places[WILL]))
    said = Counter(preview_page.rows_named(row[places[ROW]])[0] for row in reading.chosen) if ROW in places else Counter()
    del said[""]
    of = said.most_common(1)[0][0] if said else ""
    if not of:
        return PageRead(str(page.name), reading, places, None, f"The preview does not say of which sheet it is, {_ALONE}.")
    meant = nearest([str(sheet.name) for sheet in book.sheets], of)
    other = next((sheet for sheet in book.sheets if str(sheet.name) == meant), None)
    if other is None:
        return PageRead(
            str(page.name), reading, places, None, f"The sheet “{of}”, of which the preview is, is not in this workbook, {_ALONE}."
        )
    try:
        return PageRead(str(page.name), reading, places, (str(other.name), _read_other(Sheet(other))), "")
    except SheetError as error:
        return PageRead(str(page.name), reading, places, None, f"The sheet “{of}” cannot be read, {_ALONE}. {error}")


def plan_of(
    page: PageRead,
    contacts: Contacts,
    memory: Memory,
    choices: Request,
    *,
    allow: frozenset[str] = frozenset(),
    rows: Collection[int] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_many: Callable[[int], None] | None = None,
) -> Planned:
    """From a preview sheet as read to the plan. Reads Reply, and changes nothing.

    Every line is checked against what Reply holds now: whom it is about, and that the field still holds what the preview shows. `choices`: what
    was chosen for headers (of a request no more is used), by which the rows of the contacts' own sheet are found; `allow`: the words agreed to
    now, see `fields.GUARDS`; `rows`: the only lines, None for all that are visible. Raises what the contacts raise."""
    lines = [row for row in page.reading.chosen if rows is None or row.number in rows]
    customs, notes = _customs(contacts, lines, page.places)
    said = preview_page.read_lines(lines, page.places, targets_by_name(customs).values())
    asked = [one for one in said if isinstance(one, Asked)]
    found = read_contacts({one.contact_id for one in asked}, (), contacts, on_progress=on_progress, on_many=on_many)
    numbers = {one.row.number if isinstance(one, Asked) else one.row for one in said}
    taken = tuple(row for row in lines if row.number in numbers)
    others, missing = _others(page, taken, found, contacts, choices) if taken else (None, "")
    reading, columns = replace(page.reading, chosen=taken), preview_page.columns_of(page.places)
    notes = (*page.reading.notes, *notes, *([missing] if missing else ()))
    wishes = [(_wish(one, found.by_id[one.contact_id]), found.by_id[one.contact_id]) for one in asked if one.contact_id in found.by_id]
    nobody = Directory(contacts).unknown_numbers(wishes)
    zones, refusal = usual_zones(found.by_id.values()), _refusal(asked, found)

    def allowing(allow: frozenset[str]) -> Draft:
        policy = Policy(allow=allow, zones=zones)
        plan = Plan(_decisions(said, found, policy, memory, nobody), refusal, ())
        return Draft(reading, columns, policy, plan, notes, taken, (), allowing)

    return Planned(page.name, allowing(allow), others)


def _read(sheet: Sheet) -> Reading:
    try:
        return sheet.read_again(NEEDED, 1)
    except HeaderError as error:
        raise HeaderError("The preview sheet has lost its headers, so nothing of it is sent; make the preview anew.") from error


def _read_other(sheet: Sheet) -> Reading:
    reading = sheet.read_header()
    return sheet.with_formats(reading, [index for index, header in enumerate(reading.headers) if header and not is_own_or_id(header)])


def _places(reading: Reading) -> dict[str, int]:
    """Where the columns of a preview stand now. Raises `HeaderError` if one that says what is sent is missing, hidden, or there twice."""
    plain = [" ".join(header.split()).casefold() for header in reading.headers]
    places: dict[str, int] = {}
    for header in HEADERS:
        found = [index for index, text in enumerate(plain) if text == header.casefold()]
        if header in NEEDED and len(found) != 1:
            what = "has lost its column" if not found else "has more than one column"
            raise HeaderError(f"The preview sheet {what} “{header}”, so nothing of it is sent; make the preview anew.")
        if header in NEEDED and found[0] in reading.hidden:
            raise HeaderError(f"The column “{header}” of the preview sheet is hidden, so nobody sees what is sent; show it and try again.")
        if found:
            places[header] = found[0]
    return places


def _customs(contacts: Contacts, lines: Iterable[Row], places: Mapping[str, int]) -> tuple[tuple[CustomField, ...], tuple[str, ...]]:
    """The custom fields, fetched only if a line names one."""
    if not any(str(row[places[FIELD]]).strip().casefold().startswith("custom:") for row in lines):
        return (), ()
    try:
        return contacts.custom_fields(), ()
    except NotAuthorised:
        raise
    except ApiRefused as error:
        return (), (f"Custom fields could not be looked up, so their lines are not sent. {error}",)


def _refusal(asked: Sequence[Asked], found: Found) -> str | None:
    """Why the preview as a whole does not seem to be of these contacts. One contact alone is its own matter."""
    by_contact = {one.contact_id: one for one in asked}
    known = {number: one for number, one in by_contact.items() if number in found.by_id}
    unknown = sum(number not in found.by_id and number not in found.failed for number in by_contact)
    if len(by_contact) < 2:
        return None
    if unknown / len(by_contact) > identity.MOST_UNKNOWN:
        what = f"Reply does not know {unknown} of the {len(by_contact)} contacts of the preview"
    else:
        emails = _new_emails(asked)
        strangers = sum(bool(preview_page.differs(one, found.by_id[number], emails[number])) for number, one in known.items())
        if not known or strangers / len(known) <= identity.MOST_STRANGERS:
            return None
        what = f"{strangers} of {len(known)} contacts have another e-mail or name in Reply than in the preview"
    return f"Nothing was sent: {what}, so it seems to be of another workspace; make it anew."


def _new_emails(asked: Iterable[Asked]) -> dict[int, set[str]]:
    """By contact, the e-mails that the preview gives it: applied once more, it finds them there."""
    emails: dict[int, set[str]] = defaultdict(set)
    for one in asked:
        if one.target.name == "email" and isinstance(one.wanted, str):
            emails[one.contact_id].add(one.wanted)
    return emails


def _decisions(said: Sequence[Asked | Outcome], found: Found, policy: Policy, memory: Memory, nobody: Unknown) -> tuple[Decision, ...]:
    """A decision for each contact that is sent something, and one for each line that stands. A contact of which one line is
    invalid is not sent at all."""
    emails = _new_emails(one for one in said if isinstance(one, Asked))
    decided = [
        _decide(one, found, policy, memory, nobody, emails[one.contact_id]) if isinstance(one, Asked) else _stands(one) for one in said
    ]
    strange = {one.outcome.contact_id: one.outcome.row for one in decided if one.outcome and one.outcome.word is Word.INVALID}
    together: dict[int, list[Decision]] = defaultdict(list)
    for one in decided:
        if one.patch:
            together[one.patch.contact.id].append(one)
    decisions = []
    for one in decided:
        if one.patch is None:
            decisions.append(one)
            continue
        contact = one.patch.contact
        if contact.id in strange:
            message = f"Row {strange[contact.id]} of this contact is invalid, so nothing of it is sent; correct or delete that row."
            number = one.wishes[0].row.number
            decisions.append(replace(one, patch=None, outcome=Outcome(number, Word.INVALID, message, contact.id, contact)))
        elif together[contact.id][0] is one:
            decisions.append(_joined(together[contact.id]))
    return tuple(decisions)


def _joined(decisions: Sequence[Decision]) -> Decision:
    """One patch for all lines of a contact."""
    first = decisions[0].patch
    assert first is not None
    changes: dict[str, Change] = {}
    for decision in decisions:
        for change in decision.patch.changes if decision.patch else ():
            changes.setdefault(change.target.name, change)
    wishes = tuple(wish for decision in decisions for wish in decision.wishes)
    return Decision(wishes, Patch(first.contact, tuple(changes.values())))


def _stands(outcome: Outcome) -> Decision:
    return Decision((), outcome=outcome)


def _decide(asked: Asked, found: Found, policy: Policy, memory: Memory, nobody: Unknown, new_emails: Collection[str]) -> Decision:
    number, target = asked.row.number, asked.target
    if asked.contact_id in found.failed:
        message = f"The contact of {asked.key_address} could not be read: {found.failed[asked.contact_id]}"
        return _stands(Outcome(number, Word.FAILED, message, asked.contact_id))
    contact = found.by_id.get(asked.contact_id)
    if contact is None:
        message = f"{asked.key_address}: Reply has no contact with the ID {asked.contact_id}; it may have been deleted."
        return _stands(Outcome(number, Word.NOT_FOUND, message, asked.contact_id))
    problem = preview_page.differs(asked, contact, new_emails)
    if problem:
        return _stands(Outcome(number, Word.INVALID, problem, contact.id, contact))
    decision = decide(_wish(asked, contact), contact, policy, memory.matches, nobody=nobody)
    is_there = decision.outcome is not None and decision.outcome.word is Word.UNCHANGED
    current = value_of(contact, target)
    if target.verifiable and not is_there and not preview_page.holds(asked, current):
        return _stands(Outcome(number, Word.CONFLICT, preview_page.no_longer_holds(asked, current), contact.id, contact))
    return decision


def _wish(asked: Asked, contact: Contact) -> Wish:
    """The line as a row that asks for one field, of a contact that is known to be the right one."""
    column = Column(0, asked.target.label, Role.FIELD, asked.target, "")
    said = {"email": contact.email or None, "firstName": None, "lastName": None, "linkedInUrl": None}
    return Wish(asked.row, asked.key_address, contact.id, None, ((column, asked.wanted),), said, asked.email_address)


def _others(page: PageRead, lines: Sequence[Row], found: Found, contacts: Contacts, choices: Request) -> tuple[Others | None, str]:
    """The rows of the contacts' own sheet that the preview is of; else a sentence why there are none."""
    if page.other is None:
        return None, page.missing
    name, reading = page.other
    emails: dict[int, set[str]] = defaultdict(set)
    named: dict[int, set[int]] = defaultdict(set)
    for row in lines:
        number = contact_id(row[page.places[REPLY_ID]])
        if number is not None:
            known = found.by_id.get(number)
            emails[number] |= {str(row[page.places[EMAIL]] or ""), known.email if known else ""} - {""}
            of, numbers = preview_page.rows_named(row[page.places[ROW]])
            named[number] |= set(numbers) if of.casefold() == name.casefold() else set()
    columns, _, _ = read_columns(reading, contacts, choices.agreed, choices.proposed)
    rows = beside.rows_of(emails, named, reading.chosen, columns)
    if not rows:
        return None, f"No row of the sheet “{name}” is of these contacts, {_ALONE}."
    return Others(name, reading, columns, rows), ""
