"""The sheet “Reply preview”: a plan as a table for people to review, and the table as it was read → what is asked for. Pure.

A line is one field of one contact. What the sheet says is a proposal, whoever wrote it: each line is read as a cell of a contacts' sheet is,
and says itself whom it is about (id, e-mail, name) and what Reply must still hold. So a line may be sorted, deleted, edited, or applied on
another computer; what identifies nothing, or cannot be read, is not sent. Values stand there whole or not at all.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reply_xl.errors import CellError
from reply_xl.fields import guard_of, is_empty, same
from reply_xl.identity import cannot_tell
from reply_xl.kinds.host_values import as_text
from reply_xl.kinds.values import contact_id, error_in, explained, format, is_blank, parse, shown
from reply_xl.mapping.choices import label_of
from reply_xl.mapping.columns import OURS, REPLY_ID
from reply_xl.model import CellValue, Change, Column, Contact, FieldValue, Intent, Kind, Outcome, Role, Row, Target, Word, column_letter
from reply_xl.patches import Decision, conflict_of
from reply_xl.wording import joined

if TYPE_CHECKING:
    from reply_xl.mapping.hygiene import Hint

NAME, MARK = "Reply preview", "reply_xl preview 1"
ROW, CONTACT, EMAIL, FIELD, NOW, WILL, NOTE, DECISION = (
    *("Row", "Contact", "E-mail", "Field", "Now in Reply", "Will become", "Note", "Decision"),
)
HEADERS = (ROW, REPLY_ID, CONTACT, EMAIL, FIELD, NOW, WILL, NOTE, DECISION, *OURS)
NEEDED = (REPLY_ID, CONTACT, EMAIL, FIELD, NOW, WILL, NOTE, DECISION)
MOST_LINES = 50_000
_CONFLICT = "Conflict:"
_ONLY_BY_UPDATE = "Too long or too special for a line of this sheet: only an ordinary update sends it."
_CLEAR = "<clear>"
_MOST_NAMED = 5


class Choose(StrEnum):
    """What a person decides about a line: it is sent or not; of a conflict, whose value stays."""

    SEND = "send"
    SKIP = "skip"
    KEEP_REPLY = "keep Reply"
    TAKE_SHEET = "take sheet"


CHOICES = tuple(choice.value for choice in Choose)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a line asks for. `email` and `name`: of the contact when the preview was made, "" for none; `held`: the cell that says what Reply
    must still hold."""

    row: Row
    contact_id: int
    email: str
    name: str
    target: Target
    held: CellValue
    held_format: str | None
    wanted: FieldValue | Intent
    key_address: str
    email_address: str


Places = Mapping[str, int]
"""Column index by header."""


def lines_of(
    decisions: Iterable[Decision],
    columns: Sequence[Column],
    sheet: str,
    hints: Sequence[Hint] = (),
    unseen: Mapping[str, str] | None = None,
) -> list[list[CellValue]]:
    """The table of a plan under `HEADERS`, in the order of the rows of `sheet`: a line for each change, also for those that wait for an agreement
    or a choice, and one without a field for each row of which nothing can be sent. `unseen`: by field name, columns that nobody has agreed to
    yet (`id` and `email` where they find the contacts, `*` for what all lines rest on); what rests on them is left for a person to decide."""
    letters = {column.target.name: column for column in columns if column.role is Role.FIELD and column.target}
    said: dict[int, list[Hint]] = defaultdict(list)
    for hint in hints:
        said[hint.row].append(hint)
    numbered: list[tuple[int, list[list[CellValue]]]] = []
    for decision in decisions:
        numbers = _numbers(decision)
        about = [hint for number in numbers for hint in said[number]]
        lines = _lines(decision, _place(sheet, numbers), letters, about, unseen or {})
        if lines:
            numbered.append((min(numbers), lines))
    return [line for _, lines in sorted(numbered, key=lambda pair: pair[0]) for line in lines]


def _numbers(decision: Decision) -> list[int]:
    found = {wish.row.number for wish in decision.wishes} | ({decision.outcome.row} if decision.outcome else set())
    return sorted(found)


def _place(sheet: str, numbers: Sequence[int]) -> str:
    return f"{sheet}!{','.join(map(str, numbers))}"


def rows_named(cell: CellValue) -> tuple[str, tuple[int, ...]]:
    """The sheet and the rows that a cell under `ROW` names; "" and none where it names none."""
    sheet, mark, numbers = cell.rpartition("!") if isinstance(cell, str) else ("", "", "")
    parts = [part.strip() for part in numbers.split(",")]
    if not mark or not all(part.isascii() and part.isdigit() and len(part) < 8 for part in parts):
        return "", ()
    return sheet, tuple(map(int, parts))


def _lines(
    decision: Decision, place: str, letters: Mapping[str, Column], hints: Sequence[Hint], unseen: Mapping[str, str]
) -> list[list[CellValue]]:
    contact = decision.patch.contact if decision.patch else decision.outcome.contact if decision.outcome else None
    changes: list[tuple[Change, str]] = []
    if contact is not None:
        changes += [(change, "") for change in (*(decision.patch.changes if decision.patch else ()), *decision.pending)]
        changes += [(change, _why_held(change)) for change in decision.held]
        changes += [
            (one, f"{_CONFLICT} {conflict_of(one.target, before, one.old, one.new)}. Choose keep Reply or take sheet.")
            for one, before in decision.conflicts
        ]
    if contact is None or not changes:
        outcome = decision.outcome
        if outcome is None or outcome.word is Word.UNCHANGED:
            return []
        who = outcome.contact_id, contact.full_name if contact else "", contact.email if contact else ""
        return [_line(place, who, "", "", "", f"{outcome.word.value.capitalize()}: {outcome.message}", "")]
    others = list(hints)
    lines = []
    for change, waits in changes:
        column = letters.get(change.target.name)
        addresses = {column.address(wish.row.number) for wish in decision.wishes} if column else set()
        about = [hint for hint in others if hint.address in addresses]
        others = [hint for hint in others if hint not in about]
        doubt = _doubt(change.target, decision, unseen)
        lines.append(_change_line(place, contact, change, waits, doubt, [hint.says for hint in about]))
    first = [decision.note if decision.patch and not decision.held else "", *(hint.says for hint in others)]
    if any(cannot_tell(wish, contact) for wish in decision.wishes):
        first.append("Nothing in the row shows that it is this contact.")
    if any(first):
        note = HEADERS.index(NOTE)
        lines[0][note] = " ".join(text for text in (lines[0][note], *first) if isinstance(text, str) and text)
    return lines


def _why_held(change: Change) -> str:
    guard = guard_of(change.target, change.old, change.new)
    what = "Opts the contact in again: asks" if guard == "opt-in" else "Asks"
    return f"{what} for your agreement when it is sent (--allow {guard}), and for send or skip here."


def _doubt(target: Target, decision: Decision, unseen: Mapping[str, str]) -> str:
    by_email = any(wish.contact_id is None for wish in decision.wishes)
    rests_on = [unseen[name] for name in (target.name, "email" if by_email else "id", "*") if name in unseen]
    return f"Nobody has agreed yet to where column {joined(list(dict.fromkeys(rests_on)))} goes: look, and choose." if rests_on else ""


def _change_line(place: str, contact: Contact, change: Change, waits: str, doubt: str, hints: Sequence[str]) -> list[CellValue]:
    target = change.target
    now = text_of(target, change.old) if target.verifiable else ""
    will = _CLEAR if is_empty(target, change.new) else text_of(target, change.new)
    is_whole = _is_kept(now) and _is_kept(will) and _says(will, target, change.new)
    notes = [waits, doubt, "" if is_whole else _ONLY_BY_UPDATE]
    if not target.verifiable:
        notes.append("Reply never shows this field, so what it holds now is not known, and whether it was stored cannot be verified.")
    if will == _CLEAR:
        notes.append("Empties the field.")
    decided = "" if waits or doubt or not is_whole else Choose.SEND.value
    who = contact.id, contact.full_name, contact.email
    note = " ".join(text for text in (*notes, *hints) if text)
    return _line(place, who, label_of(target), now if _is_kept(now) else "", will if is_whole else "", note, decided)


def _line(place: str, who: tuple[int | None, str, str], field: str, now: str, will: str, note: str, decided: str) -> list[CellValue]:
    number, name, email = who
    return [place, None if number is None else float(number), name, email, field, now, will, note, decided, *("" for _ in OURS)]


def text_of(target: Target, value: FieldValue) -> str:
    """A field value as the sheet shows it: all of it, as text."""
    cell = format(value, target)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _is_kept(text: str) -> bool:
    """Whether a cell can hold this text as it is."""
    return as_text(text) == (f"'{_lines_as_lf(text)}" if text else "")


def _says(text: str, target: Target, value: FieldValue) -> bool:
    """Whether the line, when it is read, will ask for just this value."""
    try:
        said = parse(text, target, "")
    except CellError:
        return False
    if isinstance(said, Intent):
        return said is Intent.CLEAR and is_empty(target, value)
    is_spelled_alike = target.kind in (Kind.TIME_ZONE, Kind.CHOICE)
    return same(target, said, value) if is_spelled_alike else _lines_as_lf(str(said)) == _lines_as_lf(str(value))


def _lines_as_lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def columns_of(places: Places) -> tuple[Column, ...]:
    """The columns of the sheet, for finding its lines again: the ID tells the contact."""
    roles = {REPLY_ID: Role.KEY, **dict.fromkeys(OURS, Role.OURS)}
    return tuple(
        Column(index, header, roles.get(header, Role.UNUSED), None, "a column of the preview")
        for header, index in sorted(places.items(), key=lambda pair: pair[1])
    )


def read_lines(rows: Iterable[Row], places: Places, targets: Iterable[Target]) -> list[Asked | Outcome]:
    """What each line asks for, or the outcome that already stands; lines that say nothing (no field, no decision) are left out. `targets`: all
    that can be sent. A contact of which one line cannot be read, or of which two lines ask for different things, is not sent at all."""
    labels = [(label_of(target), target) for target in targets if target.name != "id"]
    read = [one for row in rows if (one := _read(row, places, labels)) is not None]
    wanted: dict[tuple[int, str], list[Asked]] = defaultdict(list)
    unreadable: dict[int, int] = {}
    for one in read:
        if isinstance(one, Asked):
            wanted[one.contact_id, one.target.name].append(one)
        elif one.word is Word.INVALID and one.contact_id is not None:
            unreadable.setdefault(one.contact_id, one.row)
    differing = {key: lines for key, lines in wanted.items() if any((a.wanted, a.held) != (lines[0].wanted, lines[0].held) for a in lines)}
    torn = {contact: lines for (contact, _), lines in differing.items()}
    result: list[Asked | Outcome] = []
    for one in read:
        message = ""
        if isinstance(one, Asked) and one.contact_id in torn:
            numbers = joined([str(line.row.number) for line in torn[one.contact_id]], _MOST_NAMED)
            label = shown(torn[one.contact_id][0].target.label)
            message = (
                f"The lines {numbers} say different things about {label} of this contact, so nothing of it is sent; delete one of them."
            )
        elif isinstance(one, Asked) and one.contact_id in unreadable:
            message = (
                f"Row {unreadable[one.contact_id]} of this contact cannot be read, so nothing of it is sent; correct or delete that row."
            )
        if isinstance(one, Asked) and message:
            result.append(Outcome(one.row.number, Word.INVALID, message, one.contact_id))
        else:
            result.append(one)
    return result


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _read(row: Row, places: Places, labels: Sequence[tuple[str, Target]]) -> Asked | Outcome | None:
    cells = {header: row[index] for header, index in places.items()}
    if all(is_blank(cells[header]) for header in (FIELD, WILL, DECISION)):
        return None
    number, at = row.number, {header: f"{column_letter(index)}{row.number}" for header, index in places.items()}
    contact = contact_id(cells[REPLY_ID])

    def stands(word: Word, message: str) -> Outcome:
        return Outcome(number, word, message, contact)

    if row.merged:
        return stands(Word.INVALID, f"Row {number} has merged cells; unmerge them.")
    errors = [(header, error) for header in NEEDED if (error := error_in(cells[header])) is not None and header not in (NOTE, NOW)]
    said = _plain(str(cells[DECISION]))
    decided = next((choice for choice in Choose if _plain(choice) == said), None)
    if decided in (Choose.SKIP, Choose.KEEP_REPLY):
        what = "Reply's value stays" if decided is Choose.KEEP_REPLY else "Not sent"
        return stands(Word.SKIPPED, f"{what}: {_named(cells[FIELD])}, as decided in the preview.")
    if errors:
        header, error = errors[0]
        what, advice = explained(error)
        return stands(Word.INVALID, f"{at[header]} ({header}) {what}; {advice}.")
    is_conflict = isinstance(cells[NOTE], str) and str(cells[NOTE]).startswith(_CONFLICT)
    if is_blank(cells[DECISION]):
        if is_conflict:
            return stands(
                Word.CONFLICT, f"Nobody has decided about {_named(cells[FIELD])}: choose keep Reply or take sheet in {at[DECISION]}."
            )
        return stands(Word.SKIPPED, f"Not sent: nothing is chosen for {_named(cells[FIELD])} in {at[DECISION]}.")
    if decided is None:
        holds = shown(cells[DECISION])
        return stands(Word.INVALID, f"{at[DECISION]} (Decision) holds “{holds}”; choose {', '.join(CHOICES[:-1])} or {CHOICES[-1]}.")
    if is_conflict and decided is Choose.SEND:
        return stands(Word.CONFLICT, f"{_named(cells[FIELD])} is a conflict: choose keep Reply or take sheet in {at[DECISION]}.")
    if contact is None:
        holds = "is empty" if is_blank(cells[REPLY_ID]) else f"holds “{shown(cells[REPLY_ID])}”, which is not a Reply ID"
        return stands(Word.INVALID, f"{at[REPLY_ID]} (Reply ID) {holds}; make the preview anew.")
    target = _target(cells[FIELD], labels)
    if target is None:
        holds = "is empty" if is_blank(cells[FIELD]) else f"holds “{shown(cells[FIELD])}”, which is no field that can be sent"
        return stands(Word.INVALID, f"{at[FIELD]} (Field) {holds}; make the preview anew.")
    try:
        wanted = parse(cells[WILL], target, at[WILL], row.format_of(places[WILL]))
    except CellError as error:
        return stands(Word.INVALID, str(error))
    if wanted is Intent.LEAVE:
        return stands(Word.SKIPPED, f"Not sent: {at[WILL]} is empty; {_CLEAR} there empties {shown(target.label)}.")
    email, name = _text(cells[EMAIL]).strip(), _text(cells[CONTACT]).strip()
    return Asked(row, contact, email, name, target, cells[NOW], row.format_of(places[NOW]), wanted, at[REPLY_ID], at[EMAIL])


def _named(cell: CellValue) -> str:
    return "this line" if is_blank(cell) else shown(cell)


def _target(cell: CellValue, labels: Sequence[tuple[str, Target]]) -> Target | None:
    """The one field of this label; one spelled exactly goes before others."""
    text = cell.strip() if isinstance(cell, str) else ""
    found = [target for label, target in labels if label == text]
    found = found or [target for label, target in labels if _plain(label) == _plain(text)]
    return found[0] if len(found) == 1 else None


def holds(asked: Asked, current: FieldValue) -> bool:
    """Whether Reply still holds what the line says that it held: `current` is what it holds now."""
    target = asked.target
    if is_blank(asked.held):
        return same(target, None, current)
    if _comparable(_text(asked.held)) == _comparable(text_of(target, current)):
        return True
    try:
        said = parse(asked.held, target, "", asked.held_format)
    except CellError:
        return False
    return not isinstance(said, Intent) and same(target, said, current)


def no_longer_holds(asked: Asked, current: FieldValue) -> str:
    """The sentence about a field that was changed in Reply since the preview was made."""
    will = "empties it" if isinstance(asked.wanted, Intent) else f"asks for {_quoted(text_of(asked.target, asked.wanted))}"
    return (
        f"{shown(asked.target.label)} was {_quoted(_text(asked.held))} when the preview was made, is {_quoted(text_of(asked.target, current))} in "
        f"Reply now, and the preview {will}; make the preview anew to decide."
    )


def differs(asked: Asked, contact: Contact, new_emails: Iterable[str]) -> str:
    """Why the contact does not seem to be the one of the line, or "". Where there is an e-mail on either side, it must be the same, or the
    one that this very sheet gives the contact (`new_emails`); else the name must be."""
    if asked.email or contact.email:
        accepted = {asked.email.lower(), *(email.lower() for email in new_emails)}
        if contact.email.lower() in accepted:
            return ""
        has = shown(contact.email) or "no e-mail"
        return f"{asked.email_address} says {shown(asked.email) or 'no e-mail'}, but contact {contact.id} in Reply has {has}; make the preview anew."
    if _plain(asked.name) == _plain(contact.full_name):
        return ""
    has = shown(contact.full_name) or "no name"
    return (
        f"Row {asked.row.number} names {shown(asked.name) or 'nobody'}, but contact {contact.id} in Reply has {has}; make the preview anew."
    )


def _text(cell: CellValue) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _comparable(text: str) -> str:
    """As a cell keeps it."""
    return unicodedata.normalize("NFC", as_text(text)).removeprefix("'").strip()


def _quoted(text: str) -> str:
    return f"“{shown(text)}”" if text else "empty"
