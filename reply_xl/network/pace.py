"""The quota, and every wait of a run.

A slot is held from the start of a request until a window's length after its *answer*: then it is safe whether the server counts
at arrival or at the answer, and whether its windows slide or are fixed. All programs of this user share one log of slots.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reply_xl.errors import Cancelled, ConfigError

if TYPE_CHECKING:
    from reply_xl.network.quota_log import QuotaLog, State

Windows = Sequence[tuple[int, float]]
REPLY_QUOTA: Windows = ((100, 60.0), (3000, 3600.0))
"""Requests per seconds, per user of Reply."""
MOST_RESERVE = 90
"""Percent of the quota that can be kept free for other programs."""

_SLICE = 0.5
"""Seconds after which every wait looks at *cancel* and at the other processes again."""
_log = logging.getLogger(__name__)


class Use(NamedTuple):
    """One window of the quota as it stands: `used` requests of `limit` in `seconds`; `allowed` is what the reserve leaves to us."""

    used: int
    limit: int
    seconds: float
    allowed: int


def parse_quota(text: str) -> Windows:
    """`off` or `N/seconds,N/seconds` as windows. Raises `ConfigError` for anything else."""
    if text.strip().casefold() == "off":
        return ()
    windows = []
    for part in text.split(","):
        number, _, seconds = part.partition("/")
        try:
            window = (int(number), float(seconds))
        except ValueError:
            window = (0, 0.0)
        if window[0] < 1 or not 0 < window[1] < 1e9:
            raise ConfigError(f"“{part.strip()}” is not a quota; write requests/seconds, such as 100/60, or off.")
        windows.append(window)
    return tuple(windows)


def uses(windows: Windows, state: State) -> list[Use]:
    """Each window as it stands for one account."""
    return [
        Use(sum(stamp + window > 0 for stamp in state.stamps), limit, window, _allowed(limit, state.reserve)) for limit, window in windows
    ]


def _allowed(limit: int, reserve: int) -> int:
    return max(1, limit * (100 - reserve) // 100)


class WindowPace:
    """The pace of one `account` (what its server and key are, as text), shared by threads, and by all processes that give the same `log`;
    without one, or where it cannot be used, this object counts for itself.

    `cancelled` ends every wait within half a second with `Cancelled`; `on_wait(seconds left, why)` is told at each look. `clock` is the
    wall clock, because processes share it and it goes on while a laptop sleeps."""

    def __init__(
        self,
        windows: Windows = REPLY_QUOTA,
        *,
        log: Path | None = None,
        account: str = "",
        cancelled: threading.Event | None = None,
        on_wait: Callable[[float, str], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.windows = tuple(windows)
        self.cancelled = cancelled or threading.Event()
        self.on_wait = on_wait
        self._clock = clock
        self._file = log
        self._account = hashlib.sha256(account.encode()).digest()
        self._opening = threading.Lock()
        self._opened: QuotaLog | None = None
        self._held = False
        self._turn = threading.Lock()
        self._under_way: deque[int] = deque()

    def acquire(self) -> None:
        """Returns when a request may leave. Each call is paired with one `release`. Raises `Cancelled`."""
        self._look_at_cancel()
        if not self.windows and not self._held:
            return
        while not self._turn.acquire(timeout=_SLICE):  # one thread asks for all: the others would only learn the same
            self._look_at_cancel()
        try:
            while True:
                self._look_at_cancel()
                seconds, why = self._take()
                if seconds <= 0:
                    return
                self._tell(seconds, why)
                self.cancelled.wait(min(seconds, _SLICE))
        finally:
            self._turn.release()

    def release(self) -> None:
        """The answer of one acquired request arrived (or never will)."""
        # Which of our slots it was does not matter: only their number and the times of answers count. The oldest goes first, so that
        # what stays under way is never taken for older than it is.
        if self._under_way:
            self._requests().stamp(self._under_way.popleft())

    def hold(self, seconds: float) -> None:
        """No request of this account leaves for `seconds`, from any process: what a 429's `Retry-After` asks."""
        self._requests().hold(seconds)
        self._held = True

    def pause(self, seconds: float, why: str) -> None:
        """Waits, telling `why`. Raises `Cancelled`."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if left > 1:
                self._tell(left, why)
            if self.cancelled.wait(min(left, _SLICE)):
                raise Cancelled("Cancelled.")

    def minutes(self, requests: int) -> float:
        """In how many minutes the last of `requests` can leave, after what all processes have asked, leaving aside the time of the
        requests themselves."""
        if requests < 1 or not (self.windows or self._held):
            return 0.0
        state = self._requests().state()
        stamps, limits, at = list(state.stamps), self._allowed(state), state.held
        for _ in range(requests):
            for limit, window in limits:
                if len(stamps) >= limit and stamps[-limit] + window > at:
                    at = stamps[-limit] + window
            stamps.append(at)
        return at / 60

    def used(self) -> list[Use]:
        """Each window of the quota as it stands now, with the requests of all processes."""
        return uses(self.windows, self._requests().state())

    def is_shared(self) -> bool:
        """Whether other processes know what was asked here, as far as has shown by now."""
        return self._requests().is_shared

    def held(self) -> float:
        """The seconds that are left of a pause that Reply asked for."""
        return self._requests().state().held

    def reserve(self) -> int:
        """The percent of the quota that stay free for other programs."""
        return self._requests().state().reserve

    def set_reserve(self, percent: int) -> None:
        """For all processes of this account, from now on. Raises `ConfigError`, and `JournalError` if it cannot be kept."""
        if not 0 <= percent <= MOST_RESERVE:
            raise ConfigError(f"{percent} percent cannot be kept free; choose 0 to {MOST_RESERVE}.")
        self._requests().set_reserve(percent)

    def close(self) -> None:
        if self._opened:
            self._opened.close()

    def _requests(self) -> QuotaLog:
        """Opened when first needed: not at all where there is no quota."""
        from reply_xl.network.quota_log import QuotaLog

        with self._opening:
            if self._opened is None:
                longest = max((seconds for _, seconds in self.windows), default=0.0)
                self._opened = QuotaLog(self._file if self.windows else None, self._account, longest, self._clock, self.cancelled)
            return self._opened

    def _take(self) -> tuple[float, str]:
        """Takes a slot if there is one; else the seconds until there is, and why. Raises `Cancelled`."""
        if not self.windows:
            return self._wait(self._requests().state())
        slot, state = self._requests().take(lambda state: not self.cancelled.is_set() and self._wait(state)[0] <= 0)
        if slot is None:
            self._look_at_cancel()  # the log itself may have been waited for
            return self._wait(state)
        self._under_way.append(slot)
        return 0.0, ""

    def _allowed(self, state: State) -> list[tuple[int, float]]:
        return [(_allowed(limit, state.reserve), window) for limit, window in self.windows]

    def _wait(self, state: State) -> tuple[float, str]:
        seconds, why = state.held, "Reply asked for a pause"
        for (limit, window), (ours, _) in zip(self.windows, self._allowed(state), strict=True):
            # One under way is answered now at the earliest: looking again a window's length later misses nothing.
            if len(state.stamps) >= ours and (left := state.stamps[-ours] + window) > seconds:
                seconds, why = left, f"Reply allows {limit} requests in {_span(window)}"
        return seconds, why

    def _look_at_cancel(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled("Cancelled.")

    def _tell(self, seconds: float, why: str) -> None:
        if self.on_wait:
            try:
                self.on_wait(seconds, why)
            except Exception:  # whoever shows the wait may have lost its terminal: no reason to lose a row
                _log.exception("a wait could not be shown")
                self.on_wait = None


def _span(seconds: float) -> str:
    return {60.0: "a minute", 3600.0: "an hour"}.get(seconds, f"{seconds:g} seconds")
