"""The quota, and every wait of a run.

A slot is held from the start of a request until a window's length after its *answer*: then it is safe whether the server counts
at arrival or at the answer, and whether its windows slide or are fixed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from reply_xl.errors import Cancelled, ConfigError

Windows = Sequence[tuple[int, float]]
REPLY_QUOTA: Windows = ((100, 60.0), (3000, 3600.0))
"""Requests per seconds, per user of Reply."""

_SLICE = 0.5
"""Seconds after which every wait looks at *cancel* again."""
_log = logging.getLogger(__name__)


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


class WindowPace:
    """The pace of one process; threads share it.

    `cancelled` ends every wait within half a second with `Cancelled`; `on_wait(seconds left, why)` is told at each look."""

    def __init__(
        self,
        windows: Windows = REPLY_QUOTA,
        *,
        cancelled: threading.Event | None = None,
        on_wait: Callable[[float, str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.windows = tuple(windows)
        self.cancelled = cancelled or threading.Event()
        self.on_wait = on_wait
        self._clock = clock
        self._changed = threading.Condition()
        self._answers: list[deque[float]] = [deque() for _ in self.windows]
        self._in_flight = 0
        self._held_until = 0.0

    def acquire(self) -> None:
        """Returns when a request may leave. Each call is paired with one `release`. Raises `Cancelled`."""
        with self._changed:
            while True:
                if self.cancelled.is_set():
                    raise Cancelled("Cancelled.")
                seconds, why = self._wait()
                if seconds <= 0:
                    self._in_flight += 1
                    return
                if why:
                    self._tell(seconds, why)
                self._changed.wait(min(seconds, _SLICE))

    def release(self) -> None:
        """The answer of one acquired request arrived (or never will)."""
        with self._changed:
            self._in_flight -= 1
            now = self._clock()
            for answers in self._answers:
                answers.append(now)
            if self.windows:
                self._changed.notify_all()

    def hold(self, seconds: float) -> None:
        """No request leaves for `seconds`: what a 429's `Retry-After` asks."""
        with self._changed:
            self._held_until = max(self._held_until, self._clock() + seconds)

    def pause(self, seconds: float, why: str) -> None:
        """Waits, telling `why`. Raises `Cancelled`."""
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            if left > 1:
                self._tell(left, why)
            if self.cancelled.wait(min(left, _SLICE)):
                raise Cancelled("Cancelled.")

    def minutes(self, requests: int) -> float:
        """How long `requests` take at this pace from now, in minutes, leaving aside the time of the requests themselves."""
        seconds = 0.0
        with self._changed:
            self._forget()
            for (limit, window), answers in zip(self.windows, self._answers, strict=True):
                over = requests + len(answers) - limit
                if over > 0:
                    seconds = max(seconds, -(-over // limit) * window)
            seconds = max(seconds, self._held_until - self._clock(), 0.0)
        return seconds / 60

    def _tell(self, seconds: float, why: str) -> None:
        if self.on_wait:
            try:
                self.on_wait(seconds, why)
            except Exception:  # whoever shows the wait may have lost its terminal: no reason to lose a row
                _log.exception("a wait could not be shown")
                self.on_wait = None

    def _wait(self) -> tuple[float, str]:
        now = self._clock()
        seconds, why = self._held_until - now, "Reply asked for a pause"
        self._forget()
        for (limit, window), answers in zip(self.windows, self._answers, strict=True):
            if len(answers) + self._in_flight < limit:
                continue
            if len(answers) < limit and not answers:
                left, reason = window, ""
            else:
                left, reason = answers[0] + window - now, f"Reply allows {limit} requests in {_span(window)}"
            if left > seconds:
                seconds, why = left, reason
        return seconds, why

    def _forget(self) -> None:
        now = self._clock()
        for (_, window), answers in zip(self.windows, self._answers, strict=True):
            while answers and answers[0] + window <= now:
                answers.popleft()


def _span(seconds: float) -> str:
    return {60.0: "a minute", 3600.0: "an hour"}.get(seconds, f"{seconds:g} seconds")
