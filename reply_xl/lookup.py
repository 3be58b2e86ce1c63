"""Keys → contacts as Reply holds them now, with as few requests as it takes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from reply_xl.errors import ApiError, ApiFailed, ApiUnreachable, Cancelled, ContactNotFound, NotAuthorised, RateLimited
from reply_xl.model import Contact, Contacts

PAGE = 1000
WORKERS = 4
MANY = 100
"""As many requests Reply takes in a minute."""
_MOST_FAILURES = 8
"""Single reads in a row without an answer of Reply's, after which no further one is waited for."""
_NO_ANSWERS = (ApiUnreachable, ApiFailed, RateLimited)


@dataclass(slots=True)
class Found:
    """`by_id` and `by_email` (in lower case) hold what Reply has; a key that is in neither and not in `failed` does not exist there.

    `failed`: keys whose single read failed, with the error."""

    by_id: dict[int, Contact] = field(default_factory=dict)
    by_email: dict[str, tuple[Contact, ...]] = field(default_factory=dict)
    failed: dict[int | str, ApiError] = field(default_factory=dict)

    def add(self, email: str, contacts: Sequence[Contact]) -> None:
        """Further contacts with this e-mail. The same one may come twice, when pages shift or a page and a single read both have it."""
        known = {contact.id: contact for contact in (*self.by_email.get(email, ()), *contacts)}
        self.by_email[email] = tuple(known.values())


def read_contacts(
    ids: Collection[int],
    emails: Collection[str],
    contacts: Contacts,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    on_many: Callable[[int], None] | None = None,
) -> Found:
    """Reads by pages of 1,000 while fewer pages have been read than keys are unsettled, then key by key.

    An id is settled once its contact was seen. An e-mail is settled by pages only when all of them were read, each item of them: until
    then another contact may have the same one. Pages have no promised order, so what they lack is *not found* only when its own read
    says so. Errors of a page, a refused key and `Cancelled` are raised: nothing can be planned then. Other errors of a single read stay
    with their key, but so many in a row that are no answer of Reply's are the network's, and raised. `on_many`: told how many requests are still to come at most, once it is sure that they take longer than a minute."""
    found = Found()
    spelled = {email.lower(): email for email in emails}
    unsettled: set[int | str] = {*ids, *spelled}
    total = len(unsettled)
    pages, all_readable = 0, True

    def report() -> None:
        if on_progress:
            on_progress(total - len(unsettled), total)

    while pages < len(unsettled):
        if pages == MANY and on_many:
            on_many(2 * len(unsettled) - pages)
        page = contacts.page(PAGE, pages * PAGE)
        pages += 1
        all_readable &= not page.unreadable
        for contact in page.contacts:
            if contact.id in unsettled:
                found.by_id[contact.id] = contact
                unsettled.discard(contact.id)
            if contact.email.lower() in spelled:
                found.add(contact.email.lower(), [contact])
        if not page.has_more and all_readable:
            unsettled -= found.by_email.keys()
        report()
        if not page.has_more or not (page.contacts or page.unreadable):
            break
    singles = sorted(unsettled, key=lambda key: (isinstance(key, str), key))
    if singles:
        if len(singles) >= MANY and on_many:
            on_many(len(singles))
        with ThreadPoolExecutor(min(WORKERS, len(singles)), thread_name_prefix="read") as pool:
            failed_in_a_row = 0
            answers = pool.map(lambda key: _single(key if isinstance(key, int) else spelled[key], contacts), singles)
            for key, answer in zip(singles, answers, strict=True):
                unsettled.discard(key)
                failed_in_a_row = failed_in_a_row + 1 if isinstance(answer, _NO_ANSWERS) else 0
                if isinstance(answer, ApiError):
                    found.failed[key] = answer
                    if failed_in_a_row == _MOST_FAILURES:
                        pool.shutdown(cancel_futures=True)
                        raise answer
                elif isinstance(key, int):
                    found.by_id.update({contact.id: contact for contact in answer})
                else:
                    found.add(key, answer)
                report()
    return found


def _single(key: int | str, contacts: Contacts) -> tuple[Contact, ...] | ApiError:
    try:
        return (contacts.contact(key),) if isinstance(key, int) else contacts.by_email(key)
    except ContactNotFound:
        return ()
    except (NotAuthorised, Cancelled):
        raise
    except ApiUnreachable as error:
        if not error.sent:
            raise
        return error
    except ApiError as error:
        return error
