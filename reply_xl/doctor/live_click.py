"""What a click starts in the Excel of `doctor --live`: the same code as any click, with a stand-in for Reply and answers from a file for boxes.

`python -I -m reply_xl.doctor.live_click ID`; the stand-in is named in `live.json` of the folder that Excel and Python share, which is one of doctor's own.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reply_xl import config, ribbon
from reply_xl.network.base_urls import is_loopback

SETTINGS, BOXES, ANSWERS = "live.json", "boxes.jsonl", "answers.json"
_LOOK_EVERY = 0.2


class ScriptedBoxes:
    """Notes each box as a line of `boxes.jsonl` and takes the next answer of `answers.json`; without one it is closed."""

    def __init__(self, folder: Path) -> None:
        self._boxes, self._answers = folder / BOXES, folder / ANSWERS

    def tell(self, text: str) -> None:
        with self._boxes.open("a", encoding="utf-8") as file:
            file.write(json.dumps(text) + "\n")

    def ask(self, text: str, choices: Sequence[str], *, default: int = 0) -> int | None:
        self.tell(text)
        answers = json.loads(self._answers.read_text(encoding="utf-8")) if self._answers.exists() else []
        self._answers.write_text(json.dumps(answers[1:]), encoding="utf-8")
        return choices.index(answers[0]) if answers and answers[0] in choices else None

    def choose(self, text: str, options: Sequence[str], action: str) -> int | None:
        return self.ask(text, options)

    def ask_key(self, problem: str = "") -> str | None:
        self.tell("The API key is asked for.")
        return None


def begin(folder: Path, url: str) -> None:
    """Clicks go to this server from now on; boxes and answers of before are forgotten."""
    for name in (BOXES, ANSWERS):
        (folder / name).unlink(missing_ok=True)
    (folder / SETTINGS).write_text(json.dumps({"base_url": url}), encoding="utf-8")


def end(folder: Path) -> None:
    """Clicks that are still being carried out come to nothing, and so do later ones."""
    (folder / SETTINGS).write_text("{}", encoding="utf-8")


def answer(folder: Path, choices: Sequence[str]) -> None:
    (folder / ANSWERS).write_text(json.dumps(list(choices)), encoding="utf-8")


def asked(folder: Path) -> list[str]:
    file = folder / BOXES
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def main(argv: Sequence[str] | None = None, **outside: Callable[..., Any]) -> int:
    """Carries out one click; exit code 1 where its server is not on this computer. `outside`: as for `ribbon.Outside`."""
    folder = config.shared_folder()
    url = str(json.loads((folder / SETTINGS).read_text(encoding="utf-8")).get("base_url", ""))
    if not is_loopback(url):  # answers that nobody gave must never reach Reply
        return 1
    given: dict[str, Any] = {"dialogs": lambda: ScriptedBoxes(folder), "base_url": url, "linger": 0.0, "watches_practice": True, **outside}
    return ribbon.main(list(sys.argv[1:] if argv is None else argv), ribbon.Outside(**given))


def end_with(folder: Path) -> None:
    """Ends this process once another step has begun, or there is none any more: nobody waits for it then."""

    def moment() -> int | None:
        try:
            return (folder / SETTINGS).stat().st_mtime_ns
        except OSError:
            return None

    begun = moment()

    def watch() -> None:
        while moment() == begun:
            time.sleep(_LOOK_EVERY)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    end_with(config.shared_folder())
    sys.exit(main())
