"""What a sheet can ask of this computer: where a header goes, whether a value will do, what was last seen of a contact and became of it,
how much of the quota is left. Nothing is sent and nothing written; the network and the key are not asked.

Every answer is text, a number or a truth value, and an error is a sentence.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reply_xl import config
from reply_xl.errors import CellError, ReplyXlError
from reply_xl.fields import BY_NAME, is_empty
from reply_xl.kinds.values import contact_id, error_in, explained, format, is_blank, local_moment, looks_like_email, parse, shown
from reply_xl.mapping.choices import apply, targets_by_name
from reply_xl.mapping.columns import map_columns
from reply_xl.model import CellValue, Column, CustomField, Role, Sureness
from reply_xl.network.pace import REPLY_QUOTA, uses
from reply_xl.network.quota_log import State, all_states
from reply_xl.seen import Pages, Seen
from reply_xl.spread import Answer, sentence, spread
from reply_xl.wishes import REFERENCES, named_in

_NOT_SEEN = "Not seen on this computer yet; pull it first."
_NO_OUTCOME = "Never sent from this computer."
_NOT_RECOGNISED = "not recognised"
_BROKEN = "Reply could not find that out; run “reply-xl doctor”."
_WHO = "is neither a Reply ID nor an e-mail; correct it"


class Window:
    """The records of this user, opened for a moment: for all the cells that Excel asks about one after the other, then let go. Threads share
    it. `folder` None: that of this user."""

    def __init__(self, folder: Path | None = None, *, seconds: float = 2.0, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._seconds, self.clock = folder, seconds, clock
        self._lock = threading.RLock()
        self._pages = Pages()
        self._seen: Seen | None = None
        self._problem: ReplyXlError | None = None
        self._columns: dict[str, Column] = {}

    @property
    def folder(self) -> Path:
        return self._folder or config.data_folder(make=False)

    @contextmanager
    def open(self) -> Iterator[Seen]:
        """Raises `JournalError`, of records that cannot be used for as long as a look lasts: not each of ten thousand cells waits for them."""
        with self._lock:
            if self._problem is not None:
                raise self._problem
            if self._seen is None:
                closing = threading.Timer(self._seconds, self.close)
                closing.daemon = True
                is_practice = ((self._folder or config.shared_folder()) / "practice").exists()
                try:
                    self._seen = Seen(self.folder, practice=is_practice, pages=self._pages)
                except ReplyXlError as error:
                    self._problem = error
                    raise
                finally:
                    closing.start()
            yield self._seen

    def close(self) -> None:
        with self._lock:
            if self._seen is not None:
                self._seen.close()
            self._seen = self._problem = None
            self._columns.clear()

    def column(self, header: str) -> Column:
        """Where a column with this header goes by its header alone, with what was agreed to on this computer."""
        with self.open() as seen:
            if header not in self._columns:
                found = map_columns([header], customs=seen.customs)
                self._columns[header] = apply(found, seen.agreed, {}, targets_by_name(seen.customs))[0][0]
            return self._columns[header]


def answered(answer: Callable[..., Answer], *arguments: Any) -> Any:
    """As `spread`, and whatever goes wrong is a sentence too: nothing is ever raised into Excel."""
    try:
        return spread(answer, *arguments)
    except ReplyXlError as error:
        return sentence(str(error))
    except Exception:  # Excel would show the traceback
        return _BROKEN


def column_answer(window: Window, header: CellValue) -> str:
    if is_blank(header):
        return ""
    error = error_in(header)
    if error is not None:
        return sentence(f"The header {explained(error)[0]}.")
    column = window.column(shown(header) if not isinstance(header, str) else header)
    if column.role is Role.OURS:
        return f"{column.header.strip()} (written by reply_xl)"
    if column.target is None:
        return _NOT_RECOGNISED if column.reason.startswith("No field") else sentence(column.reason)
    label = "Reply ID" if column.target is BY_NAME["id"] else column.target.label
    label = f"custom: {label}" if isinstance(column.target, CustomField) else label
    if column.role is Role.READ_ONLY:
        return sentence(f"{label} (never sent)")
    notes = [
        *(["only where Reply holds nothing yet"] if column.only_empty else []),
        *(["a guess"] if column.sure is Sureness.GUESS else []),
    ]
    return sentence(f"{label} ({', '.join(notes)})" if notes else label)


def check_answer(window: Window, header: CellValue, value: CellValue, number_format: CellValue = "General") -> str:
    """`number_format`: of the cell that holds the value, None where it is not known: then a number that a format could show otherwise is
    answered with a sentence."""
    if is_blank(header):
        return ""
    if error_in(header) is not None:
        return column_answer(window, header)
    column = window.column(shown(header) if not isinstance(header, str) else header)
    if column.role in (Role.OURS, Role.READ_ONLY) or is_blank(value):
        return ""
    if column.target is None:
        what = (
            "no field of Reply is known by this name" if column.reason.startswith("No field") else column.reason.removeprefix("Not used: ")
        )
        return sentence(f"“{shown(header)}” is not sent: {what}.")
    if column.role is Role.KEY:
        return "" if error_in(value) is None and contact_id(value) is not None else _not_a_contact(value, "is not a Reply ID; correct it")
    if column.target.name in REFERENCES and named_in(value) is not None:
        return ""  # a name, which Reply alone knows
    try:
        parse(value, column.target, "The cell", None if number_format is None else str(number_format))
    except CellError as error:
        return sentence(str(error))
    return ""


def contact_answer(window: Window, who: CellValue, field: CellValue) -> Answer:
    with window.open() as seen:
        contact = _contact(seen, who)
        if isinstance(contact, str):
            return contact
        if is_blank(field):
            return ""
        column = window.column(shown(field) if not isinstance(field, str) else field)
        if error_in(field) is not None or column.target is None:
            return sentence(f"“{shown(field)}” is not a field of Reply; correct it.")
        target = column.target
        if target is BY_NAME["id"]:
            return float(contact)
        held = seen.values(contact) or {}
        if target.name not in held:
            return _NOT_SEEN
        value = held[target.name]
        if is_empty(target, value):
            return ""
        moment = local_moment(value) if isinstance(value, str) and target.read_only else None
        cell = moment or format(value, target)
        return cell if isinstance(cell, str | float) else str(cell)


def status_answer(window: Window, who: CellValue) -> str:
    with window.open() as seen:
        contact = _contact(seen, who)
        if isinstance(contact, str):
            return contact
        last = seen.last_outcome(contact)
    if last is None:
        return _NO_OUTCOME
    at = last.at.isoformat(" ", "minutes")
    if not last.word:
        return f"Unknown: run {last.run} ({at}) is going on or was cut; reply-xl show {last.run} tells."
    return sentence(f"{last.word.capitalize()} ({at}): {last.message}")


def quota_answer(window: Window) -> str:
    file = window.folder / "quota.sqlite3"
    states = all_states(file, window.clock()) if file.exists() else []
    states = states or [State([], 0.0, 0)]
    held = max(state.held for state in states)
    if held > 0:
        return f"None left: Reply asked for a pause of {held:,.0f} more seconds."
    # which account is meant only the key could tell: the one that has used most is never too much of a promise
    minute, hour = ([uses(REPLY_QUOTA, state)[place] for state in states] for place in (0, 1))
    left = [min(max(0, use.allowed - use.used) for use in every) for every in (minute, hour)]
    limits = [limit for limit, _ in REPLY_QUOTA]
    return f"{min(left):,} of {limits[0]:,} requests left in this minute, {left[1]:,} of {limits[1]:,} in this hour."


def _contact(seen: Seen, who: CellValue) -> int | str:
    """The id of a contact, or the sentence why there is none."""
    if is_blank(who):
        return ""
    if error_in(who) is not None:
        return _not_a_contact(who, _WHO)
    number = contact_id(who)
    if number is not None:
        return number if seen.values(number) is not None or seen.last_outcome(number) is not None else _NOT_SEEN
    if not isinstance(who, str) or not looks_like_email(who):
        return _not_a_contact(who, _WHO)
    found = seen.with_email(who)
    if len(found) > 1:
        return f"{len(found)} contacts have this e-mail, {found[0]} and {found[1]} among them; give the Reply ID."
    return found[0] if found else _NOT_SEEN


def _not_a_contact(value: CellValue, what: str) -> str:
    error = error_in(value)
    return sentence(f"The cell {explained(error)[0]}; {explained(error)[1]}." if error else f"“{shown(value)}” {what}.")
