"""`reply-xl pull --new FILE`: the download, with what a terminal shows of it. Exit code 0, or 3 where something needs a look."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from reply_xl.console import say
from reply_xl.download import Downloaded, Wanted, check_target, download, find_list, spool_of
from reply_xl.errors import ApiError, ApiRefused, Cancelled, NotAuthorised, ReplyXlError
from reply_xl.session import Session

FINE, COULD_NOT_RUN, NEEDS_ATTENTION = 0, 1, 3
_EVERY = 5.0
"""Seconds between two plain lines of progress."""


def run(target: Path, list_name: str | None, search: str | None, base_url: str | None, cancelled: threading.Event) -> int:
    """Downloads into `target`. `cancelled` ends it; what has been read is kept, and the same command goes on."""
    check_target(target)
    progress = _Progress()
    with Session(base_url, cancelled=cancelled, on_wait=progress.wait) as session:
        try:
            wanted = Wanted(find_list(session.contacts, list_name).id if list_name else None, (search or "").strip())
            result = download(session.contacts, wanted, target, place=_place(session), on_progress=progress.at)
        except Cancelled:
            progress.end()
            say(f"Stopped. {_kept(target, progress.done)}")
            return NEEDS_ATTENTION
        except NotAuthorised:
            raise
        except ApiError as error:
            progress.end()
            say(f"{error} {_kept(target, progress.done)}")
            return COULD_NOT_RUN
        except ReplyXlError:
            progress.end()
            raise
    progress.end()
    for line in _remarks(result):
        say(line)
    print(f"{target.name} holds {_contacts(result.contacts)}. Edit it, then: reply-xl preview {target.name}")
    return FINE if result.certain and not result.unreadable else NEEDS_ATTENTION


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
    if not done or not spool_of(target).exists():
        return "Nothing was kept; run the same command again."
    return f"{_contacts(done)} are kept in {spool_of(target).name}; run the same command again within a day and it goes on from there."


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


class _Progress:
    """How many contacts so far: Reply does not say how many there are. On a terminal one line that counts, elsewhere a line now and then."""

    def __init__(self) -> None:
        self.done = 0
        self._terminal = sys.stderr.isatty()
        self._said = time.monotonic()

    def at(self, done: int, passes: int) -> None:
        self.done = done
        again = "" if passes == 1 else f", reading once more because some moved ({passes})"
        self._show(f"Downloading: {done:,} contacts{again}")

    def wait(self, seconds: float, why: str) -> None:
        self._show(f"{why}: waiting {max(1, round(seconds))} s; {self.done:,} contacts so far")

    def end(self) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _show(self, line: str) -> None:
        now = time.monotonic()
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
        elif now - self._said >= _EVERY:
            self._said = now
            say(f"{line}.")
