"""Contacts from Reply into a workbook that is not there yet, and what is said about it, for whoever asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from reply_xl.download import Downloaded, Wanted, download, spool_of
from reply_xl.errors import ApiRefused, Cancelled, NotAuthorised
from reply_xl.face import Progress
from reply_xl.sentences import contacts
from reply_xl.session import Session
from reply_xl.template import SHEET


def fetch(session: Session, target: Path, wanted: Wanted, progress: Progress) -> Downloaded:
    """Downloads into `target`, and keeps what Reply held for later updates of that workbook. What was read before a cut is gone on with.
    Raises `Cancelled` when `session.cancelled` is set."""
    place = _place(session)
    bases = session.records.new_bases(session.place, str(spool_of(target.absolute())), SHEET) if session.place else None
    return download(session.contacts, wanted, target, place=place, bases=bases, on_progress=_shown_by(progress, session.cancelled))


def remarks(result: Downloaded) -> list[str]:
    """What is worth knowing about a download."""
    lines = []
    if result.resumed:
        lines.append(f"{contacts(result.resumed)} had been kept from the attempt before.")
    if result.lost_count:
        named = ", ".join(f"{name} of contact {number}" for number, name in result.lost)
        more = " and others" if result.lost_count > len(result.lost) else ""
        lines.append(
            f"{result.lost_count:,} values cannot be written so that a push would leave them as they are; their cells are blank, which "
            f"leaves them alone: {named}{more}."
        )
    if result.unreadable:
        lines.append(f"{contacts(result.unreadable)} of Reply's answer could not be read and are missing.")
    if not result.certain:
        lines.append("Contacts were moving all the time, so some may be missing; run this again under another name when less is going on.")
    return lines


def kept(target: Path, done: int, again: str) -> str:
    """What there is of a download that was cut. `again`: how it is begun again, as “run the same command again”."""
    spool = spool_of(target)
    if not spool.exists():
        return f"Nothing was kept; {again}."
    what = f"{contacts(done)} are" if done else "What was read before is"
    return f"{what} kept in {spool.name}; {again} within a day and it goes on from there."


def _shown_by(progress: Progress, cancelled: threading.Event) -> Callable[[int, int], None]:
    """Tells how many contacts there are so far, pass by pass: Reply does not say how many there will be. Raises `Cancelled`, also after the
    last page."""
    shown = 0

    def at(done: int, passes: int) -> None:
        nonlocal shown
        if passes != shown:
            again = "" if passes == 1 else f" once more, because some moved (pass {passes})"
            progress.start(f"Downloading contacts{again}", None)
            shown = passes
        progress.at(done, None)
        if cancelled.is_set():
            raise Cancelled("Cancelled.")

    return at


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
