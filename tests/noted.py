"""Clicks as the add-in notes them, for tests without VBA."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reply_xl import __version__
from reply_xl.tab.click import Button

ID = "32968E4C000C5AF"


def units(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


def note(
    folder: Path,
    button: Button,
    book: str,
    *areas: str,
    path: str = "",
    sheet: str = "Leads",
    window: int | None = None,
    click_id: str = ID,
    version: str = __version__,
    **facts: str,
) -> str:
    """Writes a click file below `folder`, the one that Excel and Python share, and returns the name of the click. `areas` are such as `$A$2:$C$4`."""
    known: dict[str, Any] = {
        "id": click_id,
        "addin": version,
        "button": str(button),
        "pressed": "",
        "practice": "0",
        "shown": "0",
        "book": units(book),
        "path": units(path or book),
        "sheet": units(sheet),
        "kind": units("Range"),
        "cell": areas[0].partition(":")[0] if areas else "",
        "window": "" if window is None else window,
        "protected": "",
        "host": units("16.0"),
        "system": units("Windows (64-bit) NT 10.00"),
    }
    lines = ["reply-xl click 1", *(f"{name}={value}" for name, value in {**known, **facts}.items())]
    lines += [f"areas={len(areas)}", *(f"area={area}" for area in areas), "end", ""]
    clicks = folder / "clicks"
    clicks.mkdir(parents=True, exist_ok=True)
    (clicks / f"{click_id}.click").write_bytes("\r\n".join(lines).encode("ascii"))
    return click_id


class Answers:
    """Boxes that are answered at once: `asked` and `told` keep their texts."""

    def __init__(self, answers: Sequence[str] = ()) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        self.told.append(text)

    def ask(self, text: str, choices: Sequence[str], *, default: int = 0) -> int | None:
        self.asked.append((text, tuple(choices)))
        return choices.index(self._answers.pop(0)) if self._answers else None

    def ask_key(self) -> str | None:
        return self._answers.pop(0) if self._answers else None
