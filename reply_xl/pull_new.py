"""`reply-xl pull --new FILE`: the download, with what a terminal shows of it. Exit code 0, or 3 where something needs a look."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from reply_xl.console import Progress, say
from reply_xl.download import Downloaded, Wanted, check_target, download, find_list, spool_of
from reply_xl.errors import ApiError, ApiRefused, Cancelled, NotAuthorised
from reply_xl.session import Session
from reply_xl.template import SHEET

FINE, COULD_NOT_RUN, NEEDS_ATTENTION = 0, 1, 3


def run(target: Path, list_name: str | None, search: str | None, base_url: str | None, cancelled: threading.Event) -> int:
    """Downloads into `target`. `cancelled` ends it; what has been read is kept, and the same command goes on."""
    check_target(target)
    with Progress() as progress, Session(base_url, cancelled=cancelled, on_wait=progress.wait) as session:
        try:
            wanted = Wanted(find_list(session.contacts, list_name).id if list_name else None, (search or "").strip())
            place = _place(session)
            bases = session.records.new_bases(session.place, str(spool_of(target)), SHEET) if session.place else None
            result = download(session.contacts, wanted, target, place=place, bases=bases, on_progress=_shown_by(progress))
        except Cancelled:
            progress.stop()
            say(f"Stopped. {_kept(target, progress.done)}")
            return NEEDS_ATTENTION
        except NotAuthorised:
            raise
        except ApiError as error:
            progress.stop()
            say(f"{error} {_kept(target, progress.done)}")
            return COULD_NOT_RUN
    for line in _remarks(result):
        say(line)
    print(f"{target.name} holds {_contacts(result.contacts)}. Edit it, then: reply-xl preview {target.name}")
    return FINE if result.certain and not result.unreadable else NEEDS_ATTENTION


def _shown_by(progress: Progress) -> Callable[[int, int], None]:
    """Tells how many contacts there are so far, pass by pass: Reply does not say how many there will be."""
    shown = 0

    def at(done: int, passes: int) -> None:
        nonlocal shown
        if passes != shown:
            again = "" if passes == 1 else f" once more, because some moved (pass {passes})"
            progress.start(f"Downloading contacts{again}", None)
            shown = passes
        progress.at(done, None)

    return at


def _remarks(result: Downloaded) -> list[str]:
    lines = []
    if result.resumed:
        lines.append(f"{_contacts(result.resumed)} had been kept from the attempt before.")
    if result.lost_count:
        named = ", ".join(f"{name} of contact {number}" for number, name in result.lost)
        more = " and others" if result.lost_count > len(result.lost) else ""
        lines.append(
            f"{result.lost_count:,} values cannot be written so that a push would leave them as they are; their cells are blank, which "
            f"leaves them alone: {named}{more}."
        )
    if result.unreadable:
        lines.append(f"{_contacts(result.unreadable)} of Reply's answer could not be read and are missing.")
    if not result.certain:
        lines.append("Contacts were moving all the time, so some may be missing; run this again under another name when less is going on.")
    return lines


def _kept(target: Path, done: int) -> str:
    spool = spool_of(target)
    if not spool.exists():
        return "Nothing was kept; run the same command again."
    what = f"{_contacts(done)} are" if done else "What was read before is"
    return f"{what} kept in {spool.name}; run the same command again within a day and it goes on from there."


def _contacts(count: int) -> str:
    return f"{count:,} contact{'' if count == 1 else 's'}"


def _place(session: Session) -> str:
    """Whose contacts these are: what one workspace gave is never mixed with another's."""
    client = session.contacts
    try:
        who = client.whoami()
        user = f"{who.team_id}/{who.user_id}"
    except NotAuthorised:
        raise
    except ApiRefused:
        user = ""
    return " ".join((client.base_url, client.instance, user))
