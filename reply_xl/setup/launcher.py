"""`launcher.txt`: which Python the add-in starts, and how. `addin/README.md` describes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_HEADER = "reply-xl launcher 1"
ARGUMENTS = "-I -m reply_xl.ribbon"


@dataclass(frozen=True, slots=True)
class Launcher:
    """`has_agent`: the add-in starts nothing, because an agent watches for clicks. `version` is that of the package."""

    python: str
    has_agent: bool
    version: str

    def text(self) -> str:
        """Lines ended by CRLF, as VBA reads and writes them."""
        lines = [_HEADER, f"version={self.version}", f"python={self.python}", f"arguments={ARGUMENTS}"]
        return "".join(f"{line}\r\n" for line in [*lines, *(["start=agent"] if self.has_agent else [])])


def parse(text: str) -> Launcher | None:
    """None where it is not such a text. If a name stands twice, the last one holds, as for VBA."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0] != _HEADER:
        return None
    facts = dict(line.split("=", 1) for line in lines if "=" in line)
    return Launcher(facts.get("python", ""), facts.get("start") == "agent", facts.get("version", ""))
