"""The journal of runs: written before the first change, kept up to date within a second, read by `resume`, `retry`, `undo` and `show`.

It never holds the API key. It does hold personal data, the values before and after, so that they can be shown and put back.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from reply_xl.errors import JournalError
from reply_xl.fields import BY_NAME, value_of
from reply_xl.history.bases import book_name, copy_bases, count_bases, forget_bases, set_bases, sheet_name, utc_text
from reply_xl.history.database import Database
from reply_xl.history.journal_lines import (
    RUN_COLUMNS,
    added,
    beside_text,
    changes_of,
    changes_text,
    decision_of,
    outcome_of,
    patch_line,
    policy_text,
    run_of,
    wish_of,
)
from reply_xl.history.runs import Beside, Entry, Mark, NewRun, Recorded, Run, RunKind
from reply_xl.model import Change, FieldValue, Outcome, Word
from reply_xl.patches import Decision
from reply_xl.wishes import Wish

_OPEN = "(word IS NULL OR word IN ('cancelled', 'unknown', 'failed')) AND replaced IS NULL AND EXISTS (SELECT 1 FROM patch p WHERE p.run=row.run AND p.contact=row.contact)"
"""Rows that `resume` takes up: no outcome yet, or one that settles nothing."""
_WAITING = "word IS NOT NULL AND NOT delivered"


class Journal:
    """The runs of this user on this machine; several processes may use it at once. Raises `JournalError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(
        self,
        new: NewRun,
        marks: Mapping[int, Mark],
        standing: Sequence[Outcome],
        decisions: Sequence[Decision],
        silent: Collection[int] = (),
    ) -> int:
        """Writes a run down, synced to disk, and returns its number. `marks`: of every row of the run, by row number; `standing`: outcomes of
        rows of which nothing is sent; `decisions`: what will be sent; `silent`: rows into which nothing is written (hidden ones). Contacts
        of this sheet that a former run left open are this run's now."""
        by_number = {outcome.row: outcome for outcome in standing}
        contacts: dict[int, int] = {number: outcome.contact_id for number, outcome in by_number.items() if outcome.contact_id is not None}
        for decision in decisions:
            contacts |= {wish.row.number: decision.patch.contact.id for wish in decision.wishes if decision.patch}
        page, server = new.page, new.server
        with self._database.transaction() as now:
            run = now.execute(
                "INSERT INTO run (kind, of, started, base_url, instance, user, username, team, book, results, sheet, header_row, headers,"
                " targets, policy, keeps_ids, beside) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    *(new.kind, new.of, _now(), server.base_url, server.instance, server.user_id, server.username, server.team_id),
                    *(page.book, page.results, page.sheet, page.header_row, json.dumps(page.headers), json.dumps(dict(page.targets))),
                    *(policy_text(new.policy), new.keeps_ids, beside_text(new.beside)),
                ),
            ).lastrowid
            assert run is not None
            planned = {number: mark for number, mark in marks.items() if number not in silent}
            taken = {contact for number, contact in contacts.items() if number in planned}
            sent = {
                decision.patch.contact.id: {change.target.name for change in decision.patch.changes}
                for decision in decisions
                if decision.patch
            }
            self._take_over(now, run, new, taken, {mark.key for mark in planned.values()} - {""}, sent)
            now.executemany(
                "INSERT INTO row (run, number, key, look, contact) VALUES (?,?,?,?,?)",
                [(run, number, mark.key, mark.look, contacts.get(number)) for number, mark in marks.items()],
            )
            now.executemany("INSERT INTO patch VALUES (?,?,?,?,?,?)", [patch_line(run, decision) for decision in decisions])
            _record(now, run, standing)
            now.executemany("UPDATE row SET delivered=1 WHERE run=? AND number=?", [(run, number) for number in silent])
        return run

    def _take_over(
        self, now: sqlite3.Connection, run: int, new: NewRun, contacts: Collection[int], keys: Collection[str], sent: Mapping[int, set[str]]
    ) -> None:
        """What a newer run plans for a contact of this sheet replaces what an older one left open, and its result what still waits for the
        same row. `sent`: by contact, the fields that the new run sends. One that was limited to some fields replaces no others, and an undo is
        replaced only by what is sent anew: that a sheet holds nothing new does not mean that the wrong values may stay."""
        server, here = new.server, {sheet_name(new.page.book, new.page.sheet): keys}
        if new.beside is not None:
            here[sheet_name(new.page.book, new.beside.page.sheet)] = {mark.key for _, mark, _ in new.beside.rows} - {""}
        is_whole = new.kind not in (RunKind.UNDO, RunKind.PLAN) and new.policy.fields is None and not new.policy.only_empty
        older = now.execute(
            "SELECT id, book, sheet, kind FROM run WHERE id<? AND base_url=? AND instance=?", (run, server.base_url, server.instance)
        )
        for number, path, name, kind in older.fetchall():
            if sheet_name(path, name) not in here and number != new.of:
                continue
            same_rows = here.get(sheet_name(path, name), keys)
            asked = f"SELECT DISTINCT contact, (SELECT changes FROM patch p WHERE p.run=row.run AND p.contact=row.contact) FROM row WHERE run=? AND {_OPEN}"
            replaced = []
            for contact, text in now.execute(asked, (number,)).fetchall():
                is_covered = {change.target.name for change in changes_of(text)} <= sent.get(contact, set())
                if contact in contacts and (number == new.of or is_covered or (is_whole and kind != RunKind.UNDO)):
                    replaced.append((run, f"Run {run} has taken this row over.", number, contact))
            now.executemany(
                "UPDATE row SET replaced=?, delivered=1, word=coalesce(word, 'unknown'), message=coalesce(message, ?)"
                f" WHERE run=? AND contact=? AND {_OPEN}",
                replaced,
            )
            if now.execute(f"SELECT 1 FROM row WHERE run=? AND {_WAITING}", (number,)).fetchone():
                now.executemany(f"UPDATE row SET delivered=1 WHERE run=? AND key=? AND {_WAITING}", [(number, key) for key in same_rows])

    def record(self, run: Run, outcomes: Sequence[Outcome]) -> None:
        """Outcomes of a run that has been started, and what they prove Reply to hold now, synced to disk together."""
        page = run.page if run.beside is None else run.beside.page
        with self._database.transaction() as now:
            before, proven = _before_conflicts(now, run.id, outcomes), _proven(outcomes)
            if run.beside is not None:
                _let_cells_stand(run.beside, outcomes, before, proven)
            _record(now, run.id, outcomes)
            (results,) = now.execute("SELECT results FROM run WHERE id=?", (run.id,)).fetchone()  # which may have moved meanwhile
            for book, sheet in {sheet_name(run.page.book, page.sheet), sheet_name(results, page.sheet)}:
                set_bases(now, run.server.place, book, sheet, before)
                set_bases(now, run.server.place, book, sheet, proven)

    def end(self, run: int) -> None:
        """The process that sent this run has come to its end."""
        with self._database.transaction() as now:
            now.execute("UPDATE run SET ended=? WHERE id=?", (_now(), run))

    def follow(self, number: int, results: str, *, had_no_file: bool = False) -> None:
        """The workbook that gets the results of a run has another name from now on; what its cells were based on holds for it as well.
        `had_no_file`: its former name is nobody's any more."""
        with self._database.transaction() as now:
            found = now.execute("SELECT results, base_url, instance, book FROM run WHERE id=?", (number,)).fetchone()
            if found is not None and found[0] != results:
                book = results if had_no_file else found[3]
                now.execute("UPDATE run SET results=?, book=? WHERE id=?", (results, book, number))
                place = " ".join(filter(None, found[1:3]))
                copy_bases(now, place, book_name(found[0]), book_name(results))

    def set_delivered(self, run: int, numbers: Iterable[int]) -> None:
        """These rows' outcomes stand in the workbook, or have no place there any more."""
        with self._database.transaction() as now:
            now.executemany("UPDATE row SET delivered=1 WHERE run=? AND number=?", [(run, number) for number in numbers])

    def runs(self) -> list[Run]:
        """All runs, the newest first."""
        found = self._database.all(f"SELECT {RUN_COLUMNS} FROM run ORDER BY id DESC")
        counts = self._counts()
        return [run_of(row, counts.get(int(str(row[0])), {})) for row in found]

    def run(self, number: int) -> Run:
        """One run. Raises `JournalError` if there is none of this number."""
        found = self._database.one(f"SELECT {RUN_COLUMNS} FROM run WHERE id=?", (number,))
        if found is None:
            raise JournalError(f"There is no run {number} on this computer; “reply-xl runs” lists them.")
        return run_of(found, self._counts(number).get(number, {}))

    def recorded(self, number: int) -> Recorded:
        """A run with its rows and what it was to send."""
        run = self.run(number)
        patches = {
            int(str(row[0])): row
            for row in self._database.all("SELECT contact, email, name, note, changes FROM patch WHERE run=?", (number,))
        }
        entries: list[Entry] = []
        wishes: dict[int, list[Wish]] = {}
        never_sent: set[int] = set()
        asked = f"SELECT number, key, look, contact, word, message, status, at, more, delivered, {_OPEN}, replaced FROM row WHERE run=? ORDER BY number"
        for row in self._database.all(asked, (number,)):
            line, key, look, contact = int(str(row[0])), str(row[1]), str(row[2]), None if row[3] is None else int(str(row[3]))
            patch = patches.get(contact) if contact is not None else None
            outcome = outcome_of(row, patch)
            entries.append(Entry(line, Mark(key, look), contact, outcome, bool(row[9]), row[11] not in (None, number)))
            if row[10] and contact is not None:
                wishes.setdefault(contact, []).append(wish_of(line, key))
                if outcome is not None and outcome.word in (Word.CANCELLED, Word.FAILED) and not outcome.sent:
                    never_sent.add(contact)
        decisions = [decision_of(patches[contact], rows, contact not in never_sent) for contact, rows in wishes.items()]
        return Recorded(run, tuple(entries), tuple(decisions))

    def changes(self, number: int) -> dict[int, tuple[str, str, tuple[Change, ...]]]:
        """By contact id: its e-mail and name when the run read it, and what the run was to change, values before and after."""
        rows = self._database.all("SELECT contact, email, name, changes FROM patch WHERE run=?", (number,))
        return {int(str(contact)): (str(email), str(name), changes_of(str(text))) for contact, email, name, text in rows}

    def left_to(self, number: int) -> dict[int, tuple[str, str, tuple[Change, ...]]]:
        """As `changes`, of the runs of which this one has taken rows over: changes of which nobody wrote down what became of them, because
        their process was ended, and of those that were sent and given up. Their contacts may hold them, and this run may have found them there. Nothing for an undo, which is about
        just those."""
        rows = self._database.all(
            "SELECT DISTINCT p.run, p.contact, p.email, p.name, p.changes FROM row JOIN patch p ON p.run=row.run AND p.contact=row.contact"
            " WHERE row.replaced=? AND row.run<? AND (row.word='unknown' OR json_extract(row.more, '$.sent')) AND NOT EXISTS (SELECT 1 FROM run WHERE id=? AND kind='undo')"
            " ORDER BY p.run DESC",
            (number, number, number),
        )
        left: dict[int, tuple[str, str, tuple[Change, ...]]] = {}
        for _, contact, email, name, text in rows:
            before = left.get(int(str(contact)), (str(email), str(name), ()))
            left[int(str(contact))] = (*before[:2], added(before[2], changes_of(str(text))))
        return left

    def undoable(self, number: int) -> dict[int, tuple[str, str, tuple[Change, ...]]]:
        """As `changes`, with what `left_to` it: all that an undo of the run may put back."""
        changes = self.changes(number)
        for contact, (email, name, left) in self.left_to(number).items():
            own = changes.get(contact, (email, name, ()))
            changes[contact] = (*own[:2], added(own[2], left))
        return changes

    def of_book(self, book: str) -> list[Run]:
        """The runs of a workbook, by its path or that of its results, the newest first."""
        name = book_name(book)
        return [run for run in self.runs() if name in (book_name(run.page.book), book_name(run.page.results))]

    def waiting(self, book: str) -> list[Run]:
        """Runs with outcomes that belong into this workbook and are not there yet, the oldest first."""
        return [run for run in reversed(self.of_book(book)) if run.waiting]

    def count_bases(self, before: datetime) -> int:
        """Of how many contacts `forget` would delete the bases."""
        with self._database.transaction() as now:
            return count_bases(now, utc_text(before))

    def forget(self, before: datetime, keep: Collection[int] = ()) -> tuple[int, int]:
        """Deletes runs that began before a moment, except those in `keep`, and bases that are older; nothing of them is left in the file. How
        many runs, and the bases of how many contacts."""
        moment = utc_text(before)
        with self._database.transaction() as now:
            found = [number for (number,) in now.execute("SELECT id FROM run WHERE started<?", (moment,)) if number not in keep]
            for table, column in (("run", "id"), ("row", "run"), ("patch", "run")):
                now.executemany(f"DELETE FROM {table} WHERE {column}=?", [(number,) for number in found])
            bases = forget_bases(now, moment)
        self._database.shrink()
        return len(found), bases

    def _counts(self, number: int | None = None) -> dict[int, dict[str, int]]:
        where, parameters = ("", ()) if number is None else ("WHERE run=?", (number,))
        rows = self._database.all(
            f"SELECT run, coalesce(word, 'unknown'), count(*), sum({_OPEN}), sum({_WAITING}) FROM row {where} GROUP BY 1, 2", parameters
        )
        counts: dict[int, dict[str, int]] = {}
        for run, word, count, open_, waiting in rows:
            one = counts.setdefault(int(str(run)), {"": 0, "open": 0, "waiting": 0})
            one["open"] += int(str(open_ or 0))
            one["waiting"] += int(str(waiting or 0))
            one[""] += int(str(count))
            one[f"={word}"] = int(str(count))
        return counts


def _record(now: sqlite3.Connection, run: int, outcomes: Sequence[Outcome]) -> None:
    lines = []
    for outcome in outcomes:
        filled = {name: value for name, value in outcome.contact.values.items() if BY_NAME[name].read_only} if outcome.contact else {}
        more = {
            "sent": bool(outcome.sent),
            "not_stored": outcome.not_stored,
            "held_back": outcome.held_back,
            "by_email": outcome.found_by_email,
            "filled": filled,
        }
        at = outcome.at.isoformat() if outcome.at else None
        nobody_can_tell = outcome.word is Word.UNKNOWN and not any(change.target.verifiable for change in outcome.changes)
        replaced = run if nobody_can_tell else None  # reading it back again would not tell either: nothing is left open
        lines.append((outcome.word, outcome.message, outcome.status, at, json.dumps(more), outcome.contact_id, replaced, run, outcome.row))
    now.executemany(
        "UPDATE row SET word=?, message=?, status=?, at=?, more=?, contact=coalesce(?, contact), delivered=0, replaced=? WHERE run=? AND number=?",
        lines,
    )
    # What was sent may be less than what was planned, and what stood there before may be newer.
    now.executemany(
        "UPDATE patch SET changes=? WHERE run=? AND contact=?",
        [(changes_text(outcome.changes), run, outcome.contact_id) for outcome in outcomes if outcome.sent and outcome.changes],
    )


def _before_conflicts(now: sqlite3.Connection, run: int, outcomes: Sequence[Outcome]) -> dict[int, dict[str, FieldValue]]:
    """Of rows that became a conflict while their run waited: what Reply held when it was planned. Without that the next push would not
    notice that somebody else has changed the field."""
    before: dict[int, dict[str, FieldValue]] = {}
    for outcome in outcomes:
        if outcome.word is Word.CONFLICT and outcome.contact_id is not None:
            found = now.execute("SELECT changes FROM patch WHERE run=? AND contact=?", (run, outcome.contact_id)).fetchone()
            planned = changes_of(found[0]) if found else ()
            before[outcome.contact_id] = {one.target.name: one.old for one in planned if one.target.verifiable}
    return before


def _let_cells_stand(
    beside: Beside, outcomes: Sequence[Outcome], before: dict[int, dict[str, FieldValue]], proven: dict[int, dict[str, FieldValue]]
) -> None:
    """Where a reviewer sent something else than the contacts' sheet says, that sheet goes on from what Reply held before: its next push sees
    that both have changed, and asks."""
    for outcome in outcomes:
        fields = beside.differs.get(outcome.contact_id or 0, ())
        for change in outcome.changes:
            if outcome.contact_id is not None and change.target.name in fields and change.target.verifiable:
                before.setdefault(outcome.contact_id, {})[change.target.name] = change.old
                proven.get(outcome.contact_id, {}).pop(change.target.name, None)


def _proven(outcomes: Sequence[Outcome]) -> dict[int, dict[str, FieldValue]]:
    """What the answers show Reply to hold in the fields that were sent, which is what the cells say as well."""
    proven: dict[int, dict[str, FieldValue]] = {}
    for outcome in outcomes:
        if outcome.word in (Word.UPDATED, Word.NOT_STORED, Word.UNDONE, Word.CONFLICT) and outcome.contact is not None and outcome.sent:
            stored = [
                change.target for change in outcome.changes if change.target.verifiable and change.target.name not in outcome.not_stored
            ]
            proven.setdefault(outcome.contact.id, {}).update({target.name: value_of(outcome.contact, target) for target in stored})
    return proven


def _now() -> str:
    return utc_text(datetime.now(UTC))
