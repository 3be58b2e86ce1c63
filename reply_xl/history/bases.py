"""What Reply held when each cell of a sheet received or equalled it: without that nobody can tell who changed a field.

A pull and a stored push set it, a read never does. A base belongs to a workbook (its path), a sheet and a contact.

Kept as a JSON object for each contact, values by field name. Those of a workbook that was downloaded are kept a page of contacts at a
time, until a field of a contact gets another one.
"""

from __future__ import annotations

import json
import ntpath
import os
import sqlite3
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from reply_xl.history.database import Database
from reply_xl.model import FieldValue

_PIECE = 500
_RESULTS = ".results"
_CSV = (".csv", ".tsv", ".txt")


class SheetBases:
    """The bases of one sheet at one place."""

    def __init__(self, database: Database, place: str, book: str, sheet: str) -> None:
        self._database = database
        self._where = (place, *sheet_name(book, sheet))

    def of(self, contact_ids: Collection[int]) -> Mapping[int, Mapping[str, FieldValue]]:
        """By contact id, then by field name; a contact or field without a base is left out."""
        found = self._database.one("SELECT id FROM sheet WHERE place=? AND book=? AND name=?", self._where)
        if found is None:
            return {}
        bases: dict[int, dict[str, FieldValue]] = {}
        numbers = self._database.all("SELECT page FROM base_page WHERE sheet=? ORDER BY page", found)
        for (page,) in numbers:
            read = self._database.one("SELECT held FROM base_page WHERE sheet=? AND page=?", (*found, page))
            if read is not None:
                bases |= of_page(str(read[0]), frozenset(contact_ids))
        wanted = sorted(contact_ids)
        for start in range(0, len(wanted), _PIECE):
            piece = wanted[start : start + _PIECE]
            marks = ",".join("?" * len(piece))
            rows = self._database.all(f"SELECT contact, held FROM base WHERE sheet=? AND contact IN ({marks})", (*found, *piece))
            for contact, held in rows:
                bases.setdefault(int(str(contact)), {}).update(json.loads(str(held)))
        return bases

    def set(self, held: Mapping[int, Mapping[str, FieldValue]]) -> None:
        """Adds to what is known: other fields of these contacts keep their base."""
        with self._database.transaction() as now:
            set_bases(now, *self._where, held)


@dataclass(frozen=True, slots=True)
class BasePage:
    """Contacts that were downloaded together: their ids, and by field name the value of each; `unknown`: contact id and field of which the
    workbook shows nothing."""

    contacts: Sequence[int]
    held: Mapping[str, Sequence[FieldValue]]
    unknown: Sequence[tuple[int, str]] = ()


class NewBases:
    """The bases of a workbook that is being downloaded: kept page by page under the name of the file that holds the pages, and the
    workbook's own from one moment to the next, when it is whole. Raises `JournalError`."""

    def __init__(self, database: Database, place: str, spool: str, sheet: str) -> None:
        self._database = database
        self._place = place
        self._spool, self._sheet = sheet_name(spool, sheet)

    def clear(self) -> None:
        """Nothing is kept of an attempt that is not gone on with."""
        with self._database.transaction() as now:
            _forget_sheet(now, self._place, self._spool, self._sheet)

    def add(self, number: int, page: BasePage) -> None:
        """The page of this number, instead of what it was before."""
        unknown: dict[str, list[int]] = {}
        for contact, field in page.unknown:
            unknown.setdefault(field, []).append(contact)
        text = json.dumps({"contacts": list(page.contacts), "held": page.held, "unknown": unknown}, check_circular=False)
        with self._database.transaction() as now:
            sheet = _number(now, self._place, self._spool, self._sheet)
            line = (sheet, number, len(page.contacts), text, utc_text(datetime.now(UTC)))
            now.execute("INSERT OR REPLACE INTO base_page VALUES (?, ?, ?, ?, ?)", line)

    def move(self, book: str) -> None:
        """From now on they are those of this workbook."""
        with self._database.transaction() as now:
            name, sheet = sheet_name(book, self._sheet)
            _forget_sheet(now, self._place, name, sheet)
            now.execute(
                "UPDATE sheet SET book=?, name=? WHERE place=? AND book=? AND name=?", (name, sheet, self._place, self._spool, self._sheet)
            )


def of_page(text: str, wanted: Set[int] | None = None) -> dict[int, dict[str, FieldValue]]:
    """What a line of `base_page` holds of the contacts that are wanted, None for all."""
    page = json.loads(text)
    wanted = frozenset(page["contacts"]) if wanted is None else wanted
    bases = {
        contact: {field: values[index] for field, values in page["held"].items()}
        for index, contact in enumerate(page["contacts"])
        if contact in wanted
    }
    for field, contacts in page["unknown"].items():
        for contact in wanted & frozenset(contacts):
            del bases[contact][field]
    return bases


def sheet_name(path: str | os.PathLike[str], sheet: str) -> tuple[str, str]:
    """What a sheet is known by: its workbook and its name, which a CSV file has not."""
    return book_name(path), "" if Path(path).suffix.casefold() in _CSV else sheet


def book_name(path: str | os.PathLike[str]) -> str:
    """What a workbook is known by: its path, however it is spelled. A CSV file and the results of it are one. An address of the web, and what
    stands for the path of a workbook that was never saved, do not depend on the folder that a program happens to be in."""
    path = os.fspath(path)
    if "://" in path:
        return unquote(path).casefold()
    if not is_a_file(path):
        return path
    real = Path(os.path.realpath(path))
    if real.suffix.casefold() in _CSV:
        stem = real.stem[: -len(_RESULTS)] if real.stem.casefold().endswith(_RESULTS) else real.stem
        real = real.with_stem(stem or real.stem)
    return os.path.normcase(real)


def is_a_file(path: str) -> bool:
    """Whether a run's workbook had a file, or an address on the web, when the run began."""
    return "://" in path or Path(path).is_absolute() or ntpath.isabs(path)


def set_bases(now: sqlite3.Connection, place: str, book: str, sheet: str, held: Mapping[int, Mapping[str, FieldValue]]) -> None:
    """As `SheetBases.set`, within a transaction that has begun; `book` and `sheet` as `sheet_name` gives them."""
    if not held:
        return
    number = _number(now, place, book, sheet)
    at = utc_text(datetime.now(UTC))
    for contact, values in held.items():
        before = now.execute("SELECT held FROM base WHERE sheet=? AND contact=?", (number, contact)).fetchone()
        known = json.loads(before[0]) if before else {}
        now.execute("INSERT OR REPLACE INTO base VALUES (?, ?, ?, ?)", (number, contact, json.dumps({**known, **values}), at))


def copy_bases(now: sqlite3.Connection, place: str, book: str, other: str) -> None:
    """Gives another workbook what is known of this one's sheets, within a transaction that has begun, and nothing is left of what was known of
    it: this one was saved over it. Both as `book_name` gives them."""
    if book == other:
        return
    for (name,) in now.execute("SELECT name FROM sheet WHERE place=? AND book=?", (place, other)).fetchall():
        _forget_sheet(now, place, other, name)
    for sheet, name in now.execute("SELECT id, name FROM sheet WHERE place=? AND book=?", (place, book)).fetchall():
        number = _number(now, place, other, name)
        now.execute("INSERT INTO base SELECT ?, contact, held, at FROM base WHERE sheet=?", (number, sheet))
        now.execute("INSERT INTO base_page SELECT ?, page, contacts, held, at FROM base_page WHERE sheet=?", (number, sheet))


def count_bases(now: sqlite3.Connection, moment: str) -> int:
    """Of how many contacts there are some that are older than a moment, as `utc_text` writes it."""
    (pages,) = now.execute("SELECT coalesce(sum(contacts), 0) FROM base_page WHERE at<?", (moment,)).fetchone()
    (single,) = now.execute("SELECT count(*) FROM base WHERE at<?", (moment,)).fetchone()
    return int(pages) + int(single)


def forget_bases(now: sqlite3.Connection, moment: str) -> int:
    """Deletes what `count_bases` counts, within a transaction that has begun. Of how many contacts."""
    count = count_bases(now, moment)
    for table in ("base_page", "base"):
        now.execute(f"DELETE FROM {table} WHERE at<?", (moment,))
    now.execute("DELETE FROM sheet WHERE id NOT IN (SELECT sheet FROM base UNION SELECT sheet FROM base_page)")
    return count


def _number(now: sqlite3.Connection, place: str, book: str, sheet: str) -> int:
    now.execute("INSERT OR IGNORE INTO sheet (place, book, name) VALUES (?, ?, ?)", (place, book, sheet))
    (number,) = now.execute("SELECT id FROM sheet WHERE place=? AND book=? AND name=?", (place, book, sheet)).fetchone()
    return int(number)


def _forget_sheet(now: sqlite3.Connection, place: str, book: str, sheet: str) -> None:
    for table in ("base", "base_page"):
        now.execute(f"DELETE FROM {table} WHERE sheet IN (SELECT id FROM sheet WHERE place=? AND book=? AND name=?)", (place, book, sheet))
    now.execute("DELETE FROM sheet WHERE place=? AND book=? AND name=?", (place, book, sheet))


def utc_text(at: datetime) -> str:
    """A moment as the journal keeps it: texts in the order of time, wherever the computer travels."""
    return at.astimezone(UTC).isoformat(timespec="seconds")
