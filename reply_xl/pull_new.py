"""`reply-xl pull --new FILE`: the download, with what a terminal shows of it. Exit code 0, or 3 where something needs a look."""

from __future__ import annotations

import threading
from pathlib import Path

from reply_xl.console import Progress, say
from reply_xl.download import Wanted, check_target, find_list
from reply_xl.errors import ApiError, Cancelled, NotAuthorised
from reply_xl.network.base_urls import repeated
from reply_xl.sentences import contacts
from reply_xl.session import Session
from reply_xl.tab.fetch import fetch, kept, remarks

FINE, COULD_NOT_RUN, NEEDS_ATTENTION = 0, 1, 3
_AGAIN = "run the same command again"


def run(target: Path, list_name: str | None, search: str | None, base_url: str | None, cancelled: threading.Event) -> int:
    """Downloads into `target`. `cancelled` ends it; what has been read is kept, and the same command goes on."""
    check_target(target)
    with Progress() as progress, Session(base_url, cancelled=cancelled, on_wait=progress.wait) as session:
        try:
            wanted = Wanted(find_list(session.contacts, list_name).id if list_name else None, (search or "").strip())
            result = fetch(session, target, wanted, progress)
        except Cancelled:
            progress.stop()
            say(f"Stopped. {kept(target, progress.done, _AGAIN)}")
            return NEEDS_ATTENTION
        except NotAuthorised:
            raise
        except ApiError as error:
            progress.stop()
            say(f"{error} {kept(target, progress.done, _AGAIN)}")
            return COULD_NOT_RUN
    for line in remarks(result):
        say(line)
    print(f"{target.name} holds {contacts(result.contacts)}. Edit it, then: reply-xl preview {target.name}{repeated(base_url)}")
    return FINE if result.certain and not result.unreadable else NEEDS_ATTENTION
