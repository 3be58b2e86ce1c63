"""The second half of the way: patches → outcomes.

Several requests at a time over kept-alive connections. What may have arrived is never sent again before the contact has been read back.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reply_xl import proof
from reply_xl.answers import rejected_fields
from reply_xl.errors import (
    ApiError,
    ApiFailed,
    ApiRefused,
    ApiUnreachable,
    Cancelled,
    ContactNotFound,
    JournalError,
    NotAuthorised,
    PatchRejected,
    RateLimited,
    ReplyXlError,
)
from reply_xl.fields import same, value_of
from reply_xl.lookup import WORKERS, read_contacts
from reply_xl.model import Change, Contact, Contacts, CustomField, Memory, Outcome, Patch, Word
from reply_xl.patches import Decision, Policy
from reply_xl.recheck import recheck
from reply_xl.wording import joined

STALE_AFTER = 600.0
"""Seconds after which a contact is read again before it is changed."""
_AHEAD = 400
"""How many contacts are read again at once: about what the quota lets through in that time."""
_ATTEMPTS = 3
_MOST_UNREACHABLE = 8
"""Changes in a row that could not leave, that a web page answered, or of which nothing could be learned, after which no further one is tried."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the sending of one run shares. `done`: the outcome of a row of which everything was stored; `clock` is that of
    `Contact.read_at`: one that goes on while the computer sleeps."""

    contacts: Contacts
    policy: Policy
    memory: Memory
    cancelled: threading.Event
    pause: Callable[[float, str], None]
    clock: Callable[[], float] = time.time
    now: Callable[[], datetime] = datetime.now
    stale_after: float = STALE_AFTER
    done: Word = Word.UPDATED


def send(decisions: Sequence[Decision], terms: Terms, on_outcome: Callable[[Outcome], None], *, workers: int = WORKERS) -> list[Outcome]:
    """Sends every patch and returns the outcome of each of its rows, in no particular order; `on_outcome` is told of each at once,
    from the thread that got the answer.

    Setting `terms.cancelled` lets the requests under way end; the rest becomes `cancelled`. A 401 sets it. A KeyboardInterrupt does not
    wait for them: they become `unknown`. Never raises for a row: what goes wrong becomes its outcome."""
    run = _Run(decisions, terms, on_outcome)
    threads = [threading.Thread(target=run.work, name=f"send-{number}", daemon=True) for number in range(min(workers, len(decisions)))]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)  # short, so that Ctrl-C reaches the main thread on every platform
    except BaseException:  # whatever ends this thread's wait, the outcomes that are known must reach the caller
        run.abandon()
    return run.outcomes


class _Run:
    def __init__(self, decisions: Sequence[Decision], terms: Terms, on_outcome: Callable[[Outcome], None]) -> None:
        self.outcomes: list[Outcome] = []
        self._queue = deque(decisions)
        self._terms = terms
        self._on_outcome = on_outcome
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._fresh: dict[int, Contact] = {}
        self._gone: set[int] = set()
        self._stopped = ""
        self._unreachable = 0
        self._under_way: dict[int, Decision] = {}
        self._told: set[int] = set()

    def abandon(self) -> None:
        """Gives every row that has no outcome yet one now; what the threads still find out comes too late."""
        self._terms.cancelled.set()
        with self._lock:
            under_way, waiting = list(self._under_way.values()), list(self._queue)
            self._queue.clear()
        for decision in under_way:
            self._tell(decision, Word.UNKNOWN, "Stopped while it was being sent; look at this contact in Reply, then update the row again.")
        for decision in waiting:
            self._not_sent(decision)

    def work(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    return
                decision = self._queue.popleft()
                self._under_way[id(decision)] = decision
            try:
                self._one(decision)
            except Exception:
                _log.exception("unexpected error while sending")
                self._tell(decision, Word.UNKNOWN, "Something unexpected happened; look at this contact in Reply before you send it again.")
            with self._lock:
                del self._under_way[id(decision)]

    def _one(self, decision: Decision) -> None:
        assert decision.patch is not None
        if self._stopped or self._terms.cancelled.is_set():
            self._not_sent(decision)
            return
        if self._is_fresh(decision.patch.contact):
            self._transmit(decision)
            return
        try:
            contact = self._read_again(decision.patch.contact.id)
        except Cancelled:
            self._not_sent(decision)
        except NotAuthorised as error:
            self._stop(error)
            self._not_sent(decision)
        except ReplyXlError as error:
            word, first = (Word.FAILED, "Not sent")
            if decision.may_have_arrived:
                word, first = Word.UNKNOWN, "It is still not known whether this change arrived"
            self._tell(decision, word, f"{first}: the contact could not be read again. {error}")
            if isinstance(error, ApiUnreachable | ApiFailed):
                self._count_unreachable(error)
        else:
            self._send_again(decision, contact)

    def _send_again(self, decision: Decision, contact: Contact | None) -> None:
        """A patch that has waited, now that its contact has been read again."""
        assert decision.patch is not None
        if contact is None:
            self._tell(decision, Word.NOT_FOUND, f"Contact {decision.patch.contact.id} was deleted in Reply meanwhile.")
            return
        fresh = recheck(decision, contact, self._terms.policy, self._terms.memory.matches, self._terms.done)
        if isinstance(fresh, Decision):
            self._transmit(fresh)
            return
        at = self._terms.now().replace(microsecond=0) if fresh.sent else None
        fresh = replace(fresh, held_back=decision.held_back, at=at)
        for wish in decision.wishes:
            self._add(replace(fresh, row=wish.row.number, found_by_email=wish.contact_id is None))

    def _stop(self, error: ReplyXlError) -> None:
        """No request leaves any more: with this key every one would be refused, or their outcomes could not be kept."""
        self._stopped = f"Not sent: {error}"
        self._terms.cancelled.set()

    def _count_unreachable(self, error: ApiError) -> None:
        """Where Reply cannot be reached time after time, the rest waits for a better moment instead of failing row by row."""
        with self._lock:
            self._unreachable += 1
            are_too_many = self._unreachable >= _MOST_UNREACHABLE
        if are_too_many:
            self._stop(error)

    def _reached(self) -> None:
        """Reply itself answered, whatever it said."""
        with self._lock:
            self._unreachable = 0

    def _not_sent(self, decision: Decision, status: int | None = None, *, was_sent: bool = False) -> None:
        """`was_sent`: it was sent before, and had not arrived when the contact was read back."""
        if decision.may_have_arrived:
            self._tell(decision, Word.UNKNOWN, "Stopped before it was known whether this change had arrived; resume the run to find out.")
        elif was_sent:
            message = "Reply did not answer and did not show the change; stopped before it was sent again."
            self._tell(decision, Word.CANCELLED, message, status=status, sent=True)
        else:
            self._tell(decision, Word.CANCELLED, self._stopped or "Cancelled before it was sent.", status=status)

    def _read_again(self, contact_id: int) -> Contact | None:
        """This contact as it is now; the next ones in the queue are read along, because by pages they cost almost nothing."""
        with self._reading:
            if contact_id in self._gone:
                return None
            known = self._fresh.pop(contact_id, None)
            if known and self._is_fresh(known):
                return known
            with self._lock:
                ahead = [*self._under_way.values(), *list(self._queue)[:_AHEAD]]
            wanted = {decision.patch.contact.id for decision in ahead if decision.patch and not self._is_fresh(decision.patch.contact)}
            wanted -= self._gone | {fresh for fresh, contact in self._fresh.items() if self._is_fresh(contact)}
            found = read_contacts({contact_id, *wanted}, (), self._terms.contacts)
            self._fresh.update(found.by_id)
            self._gone |= wanted - found.by_id.keys() - found.failed.keys()
            if contact_id in found.failed:
                raise found.failed[contact_id]
            return self._fresh.pop(contact_id, None)

    def _is_fresh(self, contact: Contact) -> bool:
        return 0 <= self._terms.clock() - contact.read_at <= self._terms.stale_after

    def _transmit(self, decision: Decision) -> None:
        patch = decision.patch
        assert patch is not None
        status: int | None = None
        said = ""
        blocked: ApiError | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                if attempt > 1:
                    self._terms.pause(0.2 * 4 ** (attempt - 1), "Reply did not answer; trying again")
                answer = self._terms.contacts.patch(patch.contact.id, patch.body)
            except Cancelled:
                self._not_sent(decision, status, was_sent=attempt > 1)
            except NotAuthorised as error:
                self._stop(error)
                self._tell(decision, Word.REFUSED, str(error), status=error.status, sent=True)
            except RateLimited as error:
                self._tell(decision, Word.FAILED, f"Not sent: {error}", status=error.status, sent=attempt > 1)
            except ContactNotFound as error:
                self._reached()
                self._not_found(decision, error)
            except PatchRejected as error:
                self._reached()
                said = rejected_fields(error.reasons, patch.body, _labels(patch)) or "the values"
                self._tell(decision, Word.REFUSED, f"Reply refused: {said}.", status=error.status, sent=True)
            except ApiRefused as error:
                self._reached()
                self._tell(decision, Word.REFUSED, str(error), status=error.status, sent=True)
            except (ApiUnreachable, ApiFailed) as error:
                if isinstance(error, ApiUnreachable) and not error.sent:
                    self._tell(decision, Word.FAILED, f"Not sent: {error}", sent=attempt > 1)
                    self._count_unreachable(error)
                else:
                    status = error.status if isinstance(error, ApiFailed) else None
                    if not self._settle(decision, error, status):
                        blocked = error if status is not None and status < 500 else None
                        said = str(blocked or "Reply did not take the change in three tries; try again later.")
                        continue
            else:
                self._reached()
                self._proven(decision, answer, 200)
            return
        self._tell(decision, Word.FAILED, said, status=status, sent=True)
        if blocked is not None:
            self._count_unreachable(blocked)

    def _settle(self, decision: Decision, error: ApiError, status: int | None) -> bool:
        """After an answer that never came: reads the contact back. False if the change certainly did not arrive and may be sent again."""
        patch = decision.patch
        assert patch is not None
        try:
            contact = self._terms.contacts.contact(patch.contact.id)
        except ContactNotFound:
            self._tell(decision, Word.NOT_FOUND, f"Contact {patch.contact.id} is no longer in Reply.", status=status, sent=True)
            return True
        except (ApiError, Cancelled) as unread:
            if isinstance(unread, NotAuthorised):
                self._stop(unread)
            elif isinstance(unread, ApiUnreachable | ApiFailed):
                self._count_unreachable(unread)
            message = f"{error} It is not known whether the change arrived; look at this contact in Reply, then update the row again."
            self._tell(decision, Word.UNKNOWN, message, status=status, sent=True)
            return True
        is_blocked = status is not None and status < 500
        if not is_blocked:  # who lets reads through and no change is in the way all the same
            self._reached()
        provable = [change for change in patch.changes if change.target.verifiable]
        if any(same(change.target, change.new, value_of(contact, change.target)) for change in provable):
            self._proven(decision, contact, status, "The answer was lost; read back.")
            return True
        if provable and proof.untouched(patch.changes, contact):
            return False
        message = (
            f"{error} Reply now holds other values than before and than were sent; look at this contact before you update the row again."
        )
        if not provable:
            message = (
                f"{error} Reply does not show this field, so it is not known whether the change arrived; look at this contact in Reply."
            )
        self._tell(decision, Word.UNKNOWN, message, status=status, sent=True)
        return True

    def _not_found(self, decision: Decision, error: ContactNotFound) -> None:
        """What a 404 means. An owner outside the team, and an unknown custom field, give one too: it does not prove that the contact is
        missing unless nothing else can be."""
        patch = decision.patch
        assert patch is not None
        has_owner = "ownerUserId" in patch.body
        if has_owner or error.code not in (None, "contact.notFound"):
            try:
                self._terms.contacts.contact(patch.contact.id)
            except ContactNotFound:
                pass
            except (ApiError, Cancelled) as unread:
                if isinstance(unread, NotAuthorised):
                    self._stop(unread)
                self._tell(decision, Word.REFUSED, f"Reply refused a value or does not know the contact: {error}", status=404, sent=True)
                return
            else:
                custom = [change.target.label for change in patch.changes if isinstance(change.target, CustomField)]
                message = f"Reply refused {joined(custom) if custom else 'the values'}. {error}"
                if has_owner and error.code in (None, "contact.notFound"):
                    message = f"Reply refused: Owner user ID: {patch.body['ownerUserId']} is not a member of your team; correct it."
                self._tell(decision, Word.REFUSED, message, status=404, sent=True)
                return
        self._tell(decision, Word.NOT_FOUND, f"Contact {patch.contact.id} is no longer in Reply.", status=404, sent=True)

    def _proven(self, decision: Decision, answer: Contact, status: int | None, note: str = "") -> None:
        """What the answer proves."""
        patch = decision.patch
        assert patch is not None
        missing = proof.not_stored(patch.changes, answer)
        unseen = proof.unverifiable(patch.changes)
        with contextlib.suppress(JournalError):  # at worst the same value is sent once more next time
            for change in unseen:
                self._terms.memory.remember(answer.id, change.target.name, change.new)
        said = [note] if note else []
        stored = [*decision.arrived, *(change for change in patch.changes if change not in missing)]
        if stored:
            verb = "Updated" if self._terms.done is Word.UPDATED else "Restored"
            said.insert(0, f"{verb} {joined([change.target.label for change in stored])}.")
        if missing:
            said.append(
                f"Reply accepted {joined([change.target.label for change in missing])} but did not store it; check the value in Reply."
            )
        if unseen:
            said.append(f"{joined([change.target.label for change in unseen])} cannot be verified, because Reply never shows it.")
        if decision.note:
            said.append(decision.note)
        word = Word.NOT_STORED if missing else self._terms.done
        self._tell(
            decision,
            word,
            " ".join(said),
            status=status,
            sent=True,
            contact=answer,
            not_stored=tuple(change.target.name for change in missing),
            at=self._terms.now().replace(microsecond=0) if stored else None,
        )

    def _tell(
        self,
        decision: Decision,
        word: Word,
        message: str,
        *,
        status: int | None = None,
        sent: bool = False,
        contact: Contact | None = None,
        not_stored: tuple[str, ...] = (),
        at: datetime | None = None,
    ) -> None:
        """The same outcome for every row of the decision."""
        patch = decision.patch
        assert patch is not None
        outcome = Outcome(
            row=0,
            word=word,
            message=message,
            contact_id=patch.contact.id,
            contact=contact or patch.contact,
            status=status,
            sent=patch.body if sent else {},
            changes=(*decision.arrived, *patch.changes),
            not_stored=not_stored,
            held_back=decision.held_back,
            at=at,
        )
        for wish in decision.wishes:
            self._add(replace(outcome, row=wish.row.number, found_by_email=wish.contact_id is None))

    def _add(self, outcome: Outcome) -> None:
        with self._lock:
            if outcome.row in self._told:
                return
            self._told.add(outcome.row)
            self.outcomes.append(outcome)
        try:
            self._on_outcome(outcome)
        except JournalError as error:
            self._stop(error)
        except Exception:  # whoever shows the progress may have lost its terminal: no reason to lose a row
            _log.exception("an outcome could not be shown")


def _labels(patch: Patch) -> dict[str, str]:
    """Labels by field name and by `customFields/<index>`, as the pointers of a refusal name them."""
    labels = {change.target.name: change.target.label for change in patch.changes}
    customs: list[Change] = [change for change in patch.changes if isinstance(change.target, CustomField)]
    return labels | {f"customFields/{index}": change.target.label for index, change in enumerate(customs)}
