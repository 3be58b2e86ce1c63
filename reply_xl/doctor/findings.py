"""What a check of this computer found: one sentence, and for what is wrong another one that says what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """`UNKNOWN`: it could not be found out, which is no fault."""

    FINE = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAULT = "FAULT"


@dataclass(frozen=True, slots=True)
class Finding:
    """`name`: of the check, a word or two. `advice` is "" where there is nothing to do, or `says` tells it already."""

    name: str
    state: State
    says: str
    advice: str = ""


def fine(name: str, says: str) -> Finding:
    return Finding(name, State.FINE, says)


def unknown(name: str, says: str) -> Finding:
    return Finding(name, State.UNKNOWN, says)


def warning(name: str, says: str, advice: str = "") -> Finding:
    """Something works less well than it could, or will not for long."""
    return Finding(name, State.WARNING, says, advice)


def fault(name: str, says: str, advice: str = "") -> Finding:
    """Clicks in Excel, or what they do, will not work like this."""
    return Finding(name, State.FAULT, says, advice)
