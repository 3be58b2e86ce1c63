"""What this computer knows of the contacts of one server: what sheets were based on, and what became of rows. It asks nobody and writes nothing.

The server is the one that was last used from this computer. A practice server, whose numbers are other people, is meant only where that is
asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from reply_xl.fields import BY_NAME, comparable
from reply_xl.history.bases import of_page
from reply_xl.history.database import Reader
from reply_xl.history.journal_file import SCHEMAS
from reply_xl.mapping.agreements import agreed
from reply_xl.mapping.choices import Choice
from reply_xl.model import CustomField, FieldValue

_MOST_PAGES = 40
_MOST_RUNS, _MOST_SHEETS = 50, 20
"""How far back custom fields are looked for."""

Held = Mapping[int, Mapping[str, FieldValue]]
_PageKey = tuple[object, ...]


class LastOutcome(NamedTuple):
    """What became of a contact in the last run that had it. `word` "": the run is going on, or was cut; `at`: the local time of the answer,
    or else of the beginning of the run."""

    run: int
    word: str
    message: str
    at: datetime


class Pages:
    """Contacts that were downloaded together, read once for as long as they do not change: whose they are, and of some also what they hold."""

    def __init__(self) -> None:
        self.contacts: dict[_PageKey, frozenset[int]] = {}
        self.emails: dict[_PageKey, Mapping[str, list[int]]] = {}
        self._held: dict[_PageKey, Held] = {}

    def held(self, key: _PageKey, reader: Reader) -> Held:
        if key not in self._held:
            found = reader.one("SELECT held FROM base_page WHERE sheet=? AND page=?", key[:2])
            page = of_page(str(found[0])) if found else {}
            while len(self._held) >= _MOST_PAGES:
                del self._held[next(iter(self._held))]
            self._held[key] = page
            if key not in self.contacts:
                self.contacts[key] = frozenset(page)
                emails: dict[str, list[int]] = {}
                for contact, values in page.items():
                    emails.setdefault(_email_key(values.get("email")), []).append(contact)
                self.emails[key] = emails
        return self._held[key]

    def forget_all_but(self, keys: set[_PageKey]) -> None:
        for cache in (self.contacts, self.emails, self._held):
            for key in cache.keys() - keys:
                del cache[key]


class Seen:
    """The records in `folder` as they are at this moment. What was found once is remembered, so use it for one look. `practice`: of the last
    practice server, instead of Reply. Raises `JournalError`; without records nothing is known."""

    def __init__(self, folder: Path, *, practice: bool = False, pages: Pages | None = None) -> None:
        file = folder / "journal.sqlite3"
        self._reader = Reader(file, len(SCHEMAS)) if file.exists() else None
        self._practice = practice
        self._pages = Pages() if pages is None else pages
        self._values: dict[int, Mapping[str, FieldValue] | None] = {}

    def __enter__(self) -> Seen:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._reader:
            self._reader.close()

    def values(self, contact: int) -> Mapping[str, FieldValue] | None:
        """What Reply last showed of a contact, by field name; of fields that never came into a sheet nothing. None: nothing at all."""
        if contact not in self._values:
            self._values[contact] = self._read(contact)
        return self._values[contact]

    def with_email(self, email: str) -> list[int]:
        """The contacts that had this e-mail when they were last seen, in the order of their ids."""
        wanted = _email_key(email)
        found = self._by_email.get(wanted, set())
        return sorted(contact for contact in found if _email_key((self.values(contact) or {}).get("email")) == wanted)

    def last_outcome(self, contact: int) -> LastOutcome | None:
        if self._reader is None:
            return None
        found = self._reader.one(
            "SELECT run.id, row.word, row.message, coalesce(row.at, run.started) FROM row JOIN run ON run.id=row.run"
            " WHERE row.contact=? AND run.base_url=? AND run.instance=? ORDER BY run.id DESC, row.number LIMIT 1",
            (contact, *self._server),
        )
        if found is None:
            return None
        at = datetime.fromisoformat(str(found[3]))
        at = at if at.tzinfo is None else at.astimezone().replace(tzinfo=None)
        return LastOutcome(int(str(found[0])), str(found[1] or ""), str(found[2] or ""), at)

    @cached_property
    def agreed(self) -> Mapping[str, Choice]:
        """What was agreed to for headers on this computer."""
        return agreed(self._reader) if self._reader else {}

    @cached_property
    def customs(self) -> tuple[CustomField, ...]:
        """The custom fields that came into a sheet or were sent. Id 0, and taken for text: of which nothing but the title is known."""
        if self._reader is None:
            return ()
        runs = self._reader.all(
            "SELECT id, targets FROM run WHERE base_url=? AND instance=? ORDER BY id DESC LIMIT ?", (*self._server, _MOST_RUNS)
        )
        names: dict[str, list[int]] = {}
        for run, targets in runs:
            for name in json.loads(str(targets)):
                names.setdefault(name, []).append(int(str(run)))
        for name in self._names_in_sheets():
            names.setdefault(name, [])
        return tuple(custom for name, used in names.items() if name.startswith("custom:") and (custom := self._custom(name, used)))

    @cached_property
    def _place(self) -> str:
        """`Server.place` of the server that was last used."""
        if self._reader is None:
            return ""
        run = self._reader.one(
            "SELECT trim(base_url || ' ' || instance), started FROM run WHERE (instance<>'')=? ORDER BY id DESC LIMIT 1", (self._practice,)
        )
        sheet = self._reader.one("SELECT place, id FROM sheet WHERE (instr(place, ' ')>0)=? ORDER BY id DESC LIMIT 1", (self._practice,))
        if run is None or sheet is None:
            return str((run or sheet or ("",))[0])
        newest = self._reader.one(
            "SELECT max(at) FROM (SELECT max(at) AS at FROM base WHERE sheet=?1 UNION SELECT max(at) FROM base_page WHERE sheet=?1)",
            (sheet[1],),
        )
        return str(sheet[0]) if newest and str(newest[0] or "") > str(run[1]) else str(run[0])

    @cached_property
    def _server(self) -> tuple[str, str]:
        base_url, _, instance = self._place.partition(" ")
        return base_url, instance

    @cached_property
    def _sheets(self) -> list[int]:
        """Of this server, the newest first."""
        rows = self._reader.all("SELECT id FROM sheet WHERE place=? ORDER BY id DESC", (self._place,)) if self._reader else []
        return [int(str(row[0])) for row in rows]

    @cached_property
    def _page_keys(self) -> list[_PageKey]:
        """Of all pages: the sheet, the number, and what tells whether it is still the same."""
        if self._reader is None:
            return []
        keys: list[_PageKey] = []
        for sheet in self._sheets:
            keys += self._reader.all("SELECT sheet, page, at, length(held) FROM base_page WHERE sheet=? ORDER BY page", (sheet,))
        self._pages.forget_all_but(set(keys))
        for key in keys:
            if key not in self._pages.contacts:
                self._pages.held(key, self._reader)
        return keys

    def _read(self, contact: int) -> Mapping[str, FieldValue] | None:
        if self._reader is None:
            return None
        found: list[tuple[tuple[str, int], Mapping[str, FieldValue]]] = []
        run = self._reader.one(
            "SELECT run.started, patch.email FROM row JOIN run ON run.id=row.run JOIN patch ON patch.run=row.run AND patch.contact=row.contact"
            " WHERE row.contact=? AND run.base_url=? AND run.instance=? ORDER BY run.id DESC LIMIT 1",
            (contact, *self._server),
        )
        if run and run[1]:
            found.append(((str(run[0]), -1), {"email": str(run[1])}))
        for key in self._page_keys:
            if contact in self._pages.contacts[key]:
                found.append(((str(key[2]), int(str(key[0]))), self._pages.held(key, self._reader).get(contact, {})))
        for sheet in self._sheets:
            base = self._reader.one("SELECT at, held FROM base WHERE sheet=? AND contact=?", (sheet, contact))
            if base:
                found.append(((str(base[0]), sheet), json.loads(str(base[1]))))
        values: dict[str, FieldValue] = {}
        for _, held in sorted(found, key=lambda pair: pair[0]):  # within a second, the sheet that is newer
            values |= held
        return values if found else None

    @cached_property
    def _by_email(self) -> dict[str, set[int]]:
        """Every contact that ever had an e-mail here."""
        found: dict[str, set[int]] = {}
        if self._reader is None:
            return found
        pairs = self._reader.all(
            "SELECT DISTINCT patch.contact, patch.email FROM patch JOIN run ON run.id=patch.run WHERE run.base_url=? AND run.instance=?",
            self._server,
        )
        for sheet in self._sheets:
            pairs += self._reader.all("SELECT contact, json_extract(held, '$.email') FROM base WHERE sheet=?", (sheet,))
        for contact, email in pairs:
            if email:
                found.setdefault(_email_key(str(email)), set()).add(int(str(contact)))
        for key in self._page_keys:
            for text, contacts in self._pages.emails[key].items():
                found.setdefault(text, set()).update(contacts)
        found.pop("", None)
        return found

    def _names_in_sheets(self) -> dict[str, None]:
        """The names of the fields in the newest sheets, as one contact of each has them."""
        names: dict[str, None] = {}
        if self._reader is None:
            return names
        for sheet in self._sheets[:_MOST_SHEETS]:
            base = self._reader.one("SELECT held FROM base WHERE sheet=? LIMIT 1", (sheet,))
            names |= dict.fromkeys(json.loads(str(base[0])) if base else ())
        newest = set(self._sheets[:_MOST_SHEETS])
        for key in self._page_keys:
            if key[0] in newest and key[1] == 0:
                names |= dict.fromkeys(next(iter(self._pages.held(key, self._reader).values()), {}))
        return names

    def _custom(self, name: str, runs: list[int]) -> CustomField | None:
        title = name.removeprefix("custom:")
        sought = f"[[{title[1:]}, " if title.startswith("#") and title[1:].isdigit() else f", {json.dumps(title)}, "
        for run in runs:
            assert self._reader is not None
            found = self._reader.one("SELECT changes FROM patch WHERE run=? AND instr(changes, ?) LIMIT 1", (run, sought))
            for target, *_ in json.loads(str(found[0])) if found else ():
                if isinstance(target, list) and CustomField(*target).name == name:
                    return CustomField(*target)
        return None if title.startswith("#") else CustomField(0, title)


def _email_key(value: FieldValue) -> str:
    return str(comparable(BY_NAME["email"], value))
