"""A check that is given so many seconds: a dead proxy, a network drive or a box that nobody sees must not keep the others from being made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from reply_xl.doctor.findings import Finding, fault


def in_time(check: Callable[[], Iterator[Finding]], patience: float, name: str) -> Iterator[Finding]:
    """What the check finds within so many seconds; where it takes longer, what it had found by then and a fault. An error in it is raised here,
    after what it had found. The check is left to itself, in a thread that does not keep the program from ending."""
    found: list[Finding] = []
    failed: list[Exception] = []

    def work() -> None:
        try:
            for finding in check():
                found.append(finding)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    thread.join(patience)
    yield from list(found)
    if thread.is_alive():
        yield fault(name, f"This was not answered within {patience:g} seconds.", "Try again, and ask IT if it stays so.")
    elif failed:
        raise failed[0]
