"""The quota of the sandbox: sliding windows per key, counted when a request arrives."""

from __future__ import annotations

import math
import re
from collections import deque

Limits = tuple[tuple[int, float], ...]

_LIMIT = re.compile(r"\s*(\d+)\s*/\s*(\d+(?:\.\d+)?)\s*")


def parse_limits(text: str) -> Limits:
    """`"100/60,3000/3600"` → ((100, 60.0), (3000, 3600.0)); `"off"` → (). ValueError for anything else."""
    if text.strip().lower() == "off":
        return ()
    limits = []
    for part in text.split(","):
        match = _LIMIT.fullmatch(part)
        if match is None or int(match[1]) < 1 or float(match[2]) <= 0:
            raise ValueError(f"quota must be 'off' or 'N/seconds,N/seconds', not {text!r}")
        limits.append((int(match[1]), float(match[2])))
    return tuple(limits)


class Quota:
    """Sliding windows of Reply's size (100 per minute and 3,000 per hour [DOC]) or shrunk ones.

    A request over the quota is refused and not counted, so that a client which knocks at a closed door is let in when the
    window has moved on. [?] Whether Reply's windows slide or are fixed is not documented; sliding is the stricter of the two.
    """

    def __init__(self, limits: Limits, time_scale: float = 1.0) -> None:
        self._limits = [(count, seconds * time_scale) for count, seconds in limits]
        self._arrivals: dict[str, list[deque[float]]] = {}

    def arrive(self, key: str, now: float) -> float | None:
        """None if the request is within the quota (and is now counted), else the seconds until one would be."""
        if not self._limits:
            return None
        windows = self._arrivals.get(key)
        if windows is None:
            windows = self._arrivals[key] = [deque() for _ in self._limits]
        wait: float | None = None
        for (count, seconds), arrivals in zip(self._limits, windows, strict=True):
            while arrivals and arrivals[0] + seconds <= now:
                arrivals.popleft()
            if len(arrivals) >= count:
                wait = max(wait or 0.0, arrivals[0] + seconds - now)
        if wait is None:
            for arrivals in windows:
                arrivals.append(now)
        return wait


def retry_after(wait: float, *, fractional: bool = False) -> str:
    """The header's value: whole seconds rounded up, at least 1 [DOC]; or milliseconds as a fraction, for shrunk windows."""
    if fractional:
        return f"{math.ceil(wait * 1000) / 1000:.3f}"
    return str(max(1, math.ceil(wait)))
