"""The first half of the way: rows and columns → decisions, with everything that must be known before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reply_xl import identity, patches, wishes
from reply_xl.errors import ApiRefused, NotAuthorised
from reply_xl.kinds.time_zones import Style, style_of
from reply_xl.lookup import Found, read_contacts
from reply_xl.mapping.choices import Choices, Unseen, apply, targets_by_name
from reply_xl.mapping.columns import map_columns, unused_notes
from reply_xl.mapping.strays import leave_out
from reply_xl.model import Bases, Column, Contact, Contacts, CustomField, FieldValue, Memory, Outcome, Patch, Role, Row, Sureness, Word
from reply_xl.patches import Decision, OnConflict, Policy
from reply_xl.references import Directory
from reply_xl.sheet import Reading, Spans
from reply_xl.wishes import Wish
from reply_xl.wording import joined


@dataclass(frozen=True, slots=True)
class FieldCount:
    """How many contacts a run would change in one field, and in how many of them it is known to replace a value."""

    name: str
    label: str
    changes: int
    replaces: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do. `refusal` says why nothing may be sent; `strangers` are up to three of the rows to be sent beside the names
    Reply has for them, where no cell of the row shows that they are the same person; `baseless`: of how many contacts to be sent it is not
    known what Reply held before."""

    decisions: tuple[Decision, ...]
    refusal: str | None
    strangers: tuple[tuple[str, str], ...]
    baseless: int = 0

    @property
    def to_send(self) -> tuple[Decision, ...]:
        return tuple(decision for decision in self.decisions if decision.patch)

    def standing(self) -> list[Outcome]:
        """The outcomes of the rows of which nothing is sent."""
        return [decision.outcome for decision in self.decisions if decision.outcome]

    def counts(self) -> list[FieldCount]:
        """Per field that would change, in the order of the columns."""
        counted: dict[str, FieldCount] = {}
        for decision in self.to_send:
            for change in decision.patch.changes if decision.patch else ():
                before = counted.get(change.target.name, FieldCount(change.target.name, change.target.label, 0, 0))
                counted[change.target.name] = FieldCount(
                    before.name, before.label, before.changes + 1, before.replaces + (change.target.verifiable and not change.fills)
                )
        return list(counted.values())


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for. `rows`: `all`, `selection` or spans of row numbers; `fields`: names as typed, None for all; `agreed`: what was
    chosen for headers on this computer before, `proposed`: by the workbook itself, which goes before it."""

    rows: Spans | str = "all"
    header_row: int | None = None
    fields: tuple[str, ...] | None = None
    only_empty: bool = False
    allow: frozenset[str] = frozenset()
    on_conflict: OnConflict = OnConflict.BLOCK
    agreed: Choices = field(default_factory=dict)
    proposed: Choices = field(default_factory=dict)
    columns: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A sheet as read, its columns, and the plan for its chosen rows. `rows` are those that are contacts; `notes`: sentences about what was
    left aside; `unseen`: columns that a person has to agree to before anything is sent; `allowing`: the same, with other words agreed to, from
    what was read."""

    reading: Reading
    columns: tuple[Column, ...]
    policy: Policy
    plan: Plan
    notes: tuple[str, ...]
    rows: tuple[Row, ...]
    unseen: tuple[Unseen, ...]
    allowing: Callable[[frozenset[str]], Draft]


@dataclass(frozen=True, slots=True)
class Intake:
    """A sheet as read and its chosen rows that are contacts. `unseen`: columns that a person has to see first; `fields`: the names that `--fields` means, None for all; `notes`: sentences
    about what was left aside."""

    reading: Reading
    columns: tuple[Column, ...]
    unseen: tuple[Unseen, ...]
    rows: tuple[Row, ...]
    fields: frozenset[str] | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """Which contact each row is. `others`: the rows without one, with their outcome; `refusal`: why the rows as a whole do not seem to
    be these contacts."""

    found: tuple[tuple[Wish, Contact], ...]
    others: tuple[Decision, ...]
    refusal: str | None


def draft(
    reading: Reading,
    contacts: Contacts,
    memory: Memory,
    request: Request,
    *,
    bases: Bases | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_many: Callable[[int], None] | None = None,
) -> Draft:
    """From the sheet as read to the plan. Reads Reply, and changes nothing. `bases` None: conflicts are not looked for; `on_many` as in
    `read_contacts`."""
    taken = sort_out(reading, contacts, request)
    policy = Policy(taken.fields, request.only_empty, request.allow, request.on_conflict)
    planned = planning(taken.rows, taken.columns, contacts, policy, memory, bases=bases, on_progress=on_progress, on_many=on_many)

    def with_policy(policy: Policy) -> Draft:
        plan = planned(policy)
        unseen = tuple(one for one in taken.unseen if one.by_workbook or _takes_part(one, plan))
        return Draft(
            reading, taken.columns, policy, plan, taken.notes, taken.rows, unseen, lambda allow: with_policy(replace(policy, allow=allow))
        )

    return with_policy(policy)


def _takes_part(one: Unseen, plan: Plan) -> bool:
    """Whether anything that would be sent rests on this column: its values, or that it finds the contacts."""
    by_email = any(wish.contact_id is None for decision in plan.to_send for wish in decision.wishes)
    return (
        one.choice.field == "id"
        or (one.choice.field == "email" and by_email)
        or one.choice.field in {count.name for count in plan.counts()}
    )


def sort_out(reading: Reading, contacts: Contacts, request: Request) -> Intake:
    """The rows that a run is about. Raises `HeaderError` if no column can find a contact."""
    columns, unseen, notes = read_columns(reading, contacts, request.agreed, request.proposed)
    wishes.require_key(columns, reading.header_row)
    rows, left_out = leave_out(reading.chosen, columns, reading.rows)
    fields = None if request.fields is None else wishes.chosen_fields(request.fields, columns)
    if request.columns is not None:
        fields = wishes.fields_in(request.columns, columns)
    return Intake(reading, columns, unseen, tuple(rows), fields, (*reading.notes, *notes, *unused_notes(columns), *left_out))


def read_columns(
    reading: Reading, contacts: Contacts | None, agreed: Choices, proposed: Choices
) -> tuple[tuple[Column, ...], tuple[Unseen, ...], tuple[str, ...]]:
    """The columns of a sheet as read, with what was agreed to and what the workbook proposes; which of them a person has to see first; and
    sentences. Custom fields are fetched only if a header is no standard name; `contacts` None: there is no key, so they are not looked up."""
    customs, notes = _customs(reading, contacts, agreed, proposed)
    values = [row.cells for row in reading.rows]
    found = map_columns(reading.headers, customs=customs, hidden=reading.hidden, values=values)
    columns, unseen = apply(found, agreed, proposed, targets_by_name(customs or ()))
    return columns, unseen, notes


def _customs(
    reading: Reading, contacts: Contacts | None, agreed: Choices, proposed: Choices
) -> tuple[tuple[CustomField, ...] | None, tuple[str, ...]]:
    values = [row.cells for row in reading.rows]
    columns = map_columns(reading.headers, customs=None, hidden=reading.hidden, values=values)
    chosen = any(choice.field.startswith("custom:") for choice in (*agreed.values(), *proposed.values()))
    if contacts is None or not (chosen or any(_may_be_custom(column) for column in columns)):
        return None, ()
    try:
        return contacts.custom_fields(), ()
    except NotAuthorised:
        raise
    except ApiRefused as error:
        return (), (f"Custom fields could not be looked up, so their columns are not used. {error}",)


def _may_be_custom(column: Column) -> bool:
    """Whether a custom field of the header's own title could say something else."""
    if column.role is Role.FIELD and column.sure is not Sureness.CERTAIN:
        return True
    return isinstance(column.target, CustomField) or (column.role is Role.UNUSED and bool(column.header))


def planning(
    rows: Sequence[Row],
    columns: Sequence[Column],
    contacts: Contacts,
    policy: Policy,
    memory: Memory,
    *,
    bases: Bases | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_many: Callable[[int], None] | None = None,
) -> Callable[[Policy], Plan]:
    """Reads the rows' contacts; what comes back decides each row for a policy, of the same fields as this one. Sends nothing that changes anything."""
    directory = Directory(contacts)
    names = directory.look_up(rows, columns, policy.fields)
    matches = match_rows(rows, columns, policy.fields, contacts, names=names, on_progress=on_progress, on_many=on_many)
    held = bases.of({contact.id for _, contact in matches.found}) if bases else {}
    zones = usual_zones({contact.id: contact for _, contact in matches.found}.values())
    nobody = directory.unknown_numbers(matches.found)

    def decided(policy: Policy) -> Plan:
        with_zones = replace(policy, zones=zones)
        decisions = [
            patches.decide(wish, contact, with_zones, memory.matches, held.get(contact.id, patches.NO_BASE), nobody)
            for wish, contact in matches.found
        ]
        settled = patches.settle_duplicates([*matches.others, *decisions])
        baseless = sum(decision.patch is not None and not _has_base(decision.patch, held) for decision in settled)
        return Plan(tuple(settled), matches.refusal, _strangers(settled), baseless)

    return decided


def usual_zones(contacts: Iterable[Contact]) -> Style | None:
    """How most of these contacts name their time zone: both IANA's names and those of Windows are seen in Reply."""
    stored = [contact.values.get("timeZoneId") for contact in contacts]
    styles = Counter(style for name in stored if isinstance(name, str) and (style := style_of(name)) is not None)
    return styles.most_common(1)[0][0] if styles else None


def _has_base(patch: Patch, held: Mapping[int, Mapping[str, FieldValue]]) -> bool:
    base = held.get(patch.contact.id, patches.NO_BASE)
    return all(change.target.name in base for change in patch.changes if change.target.verifiable)


def match_rows(
    rows: Sequence[Row],
    columns: Sequence[Column],
    fields: frozenset[str] | None,
    contacts: Contacts,
    *,
    names: wishes.Names | None = None,
    done: str = "sent",
    on_progress: Callable[[int, int], None] | None = None,
    on_many: Callable[[int], None] | None = None,
) -> Matches:
    """Finds the contact of each row. `fields`: the only ones whose cells have to be readable, None for all; `names`: what the names of owners
    and accounts stand for; `done`: what a refusal says
    that nothing was."""
    made = wishes.make_wishes(rows, columns, fields, names)
    wanted = [wish for wish in made if isinstance(wish, Wish)]
    read = read_contacts(
        {wish.contact_id for wish in wanted if wish.contact_id is not None},
        {wish.email for wish in wanted if wish.email is not None},
        contacts,
        on_progress=on_progress,
        on_many=on_many,
    )
    found: list[tuple[Wish, Contact]] = []
    others: list[Decision] = []
    for row, wish in zip(rows, made, strict=True):
        if isinstance(wish, Outcome):
            key = wishes.key_of(row, columns) if wish.word is Word.INVALID else None
            others.append(Decision((), outcome=wish, key=key))
            continue
        match = _found_contact(wish, read)
        if isinstance(match, Contact):
            found.append((wish, match))
        else:
            others.append(Decision((wish,), outcome=match))
    by_id = [(wish, contact) for wish, contact in found if wish.contact_id is not None]
    unknown = sum(wishes.holds_foreign_id(row, columns) for row in rows)
    unknown += sum(_is_unknown_id(decision) for decision in others)
    return Matches(tuple(found), tuple(others), identity.refusal(by_id, unknown, done))


def _is_unknown_id(decision: Decision) -> bool:
    found_by_id = bool(decision.wishes) and decision.wishes[0].contact_id is not None
    return found_by_id and decision.outcome is not None and decision.outcome.word is Word.NOT_FOUND


def _found_contact(wish: Wish, found: Found) -> Contact | Outcome:
    """The contact of a row, or why there is none."""
    number, where = wish.row.number, wish.key_address
    failed = found.failed.get(wish.contact_id if wish.contact_id is not None else (wish.email or "").lower())
    if failed is not None:
        return Outcome(number, Word.FAILED, f"The contact of {where} could not be read: {failed}", wish.contact_id)
    if wish.contact_id is not None:
        contact = found.by_id.get(wish.contact_id)
        message = f"{where}: Reply has no contact with the ID {wish.contact_id}; correct it, or empty it to find the contact by e-mail."
        return contact or Outcome(number, Word.NOT_FOUND, message, wish.contact_id)
    matches = found.by_email.get((wish.email or "").lower(), ())
    if len(matches) > 1:
        numbers = joined([str(contact.id) for contact in matches], 3)
        return Outcome(
            number, Word.INVALID, f"{where}: the contacts {numbers} all have this e-mail; put the right one in a Reply ID column."
        )
    if not matches:
        return Outcome(number, Word.NOT_FOUND, f"{where}: Reply has no contact with this e-mail; correct it or add the contact in Reply.")
    return matches[0]


def _strangers(decisions: Sequence[Decision]) -> tuple[tuple[str, str], ...]:
    pairs = [(wish, decision.patch.contact) for decision in decisions if decision.patch for wish in decision.wishes]
    return tuple((_row_says(wish), _contact_says(contact)) for wish, contact in pairs if identity.cannot_tell(wish, contact))[:3]


def _row_says(wish: Wish) -> str:
    names = " ".join(part for part in (wish.said["firstName"], wish.said["lastName"]) if part)
    return f"Row {wish.row.number}{f' ({names})' if names else ''}"


def _contact_says(contact: Contact) -> str:
    return " ".join(part for part in (contact.full_name, f"<{contact.email}>" if contact.email else "") if part) or f"contact {contact.id}"
