"""Keys → contacts as Reply holds them now, with as few requests as it takes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from reply_xl.errors import ApiError, ApiUnreachable, Cancelled, ContactNotFound, NotAuthorised
from reply_xl.model import Contact, Contacts

PAGE = 1000
WORKERS = 4


@dataclass(slots=True)
class Found:
    """`by_id` and `by_email` (in lower case) hold what Reply has; a key that is in neither and not in `failed` does not exist there.

    `failed`: keys whose single read failed, with the error; `requests`: how many were made."""

    by_id: dict[int, Contact] = field(default_factory=dict)
    by_email: dict[str, tuple[Contact, ...]] = field(default_factory=dict)
    failed: dict[int | str, ApiError] = field(default_factory=dict)
    requests: int = 0


def read_contacts(
    ids: Collection[int], emails: Collection[str], contacts: Contacts, *, on_progress: Callable[[int, int], None] | None = None
) -> Found:
    """Reads by pages of 1,000 while fewer pages have been read than keys are missing, then key by key.

    Pages have no promised order, so what they lack is *not found* only when its own read says so. Errors of a page, a refused key
    and `Cancelled` are raised: nothing can be planned then. Other errors of a single read stay with their key."""
    found = Found()
    spelled = {email.lower(): email for email in emails}
    missing_ids, missing_emails = set(ids), set(spelled)
    total = len(missing_ids) + len(missing_emails)
    pages = 0

    def report() -> None:
        if on_progress:
            on_progress(total - len(missing_ids) - len(missing_emails), total)

    while pages < len(missing_ids) + len(missing_emails):
        page = contacts.page(PAGE, pages * PAGE)
        pages += 1
        found.requests += 1
        for contact in page.contacts:
            if contact.id in missing_ids:
                found.by_id[contact.id] = contact
                missing_ids.discard(contact.id)
            email = contact.email.lower()
            if email in spelled:
                # Another page may hold another contact with this e-mail, or, when somebody adds contacts meanwhile, the same once more.
                others = [other for other in found.by_email.get(email, ()) if other.id != contact.id]
                found.by_email[email] = (*others, contact)
                missing_emails.discard(email)
        report()
        if not page.has_more:
            break
    singles: list[int | str] = [*sorted(missing_ids), *sorted(missing_emails)]
    if singles:
        with ThreadPoolExecutor(min(WORKERS, len(singles)), thread_name_prefix="read") as pool:
            answers = pool.map(lambda key: _single(key if isinstance(key, int) else spelled[key], contacts), singles)
            for key, answer in zip(singles, answers, strict=True):
                found.requests += 1
                if isinstance(answer, ApiError):
                    found.failed[key] = answer
                elif isinstance(key, int):
                    missing_ids.discard(key)
                    found.by_id.update({contact.id: contact for contact in answer})
                else:
                    missing_emails.discard(key)
                    found.by_email[key] = answer
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
