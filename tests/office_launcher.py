"""What the add-in starts in the tests in place of `-m reply_xl.ribbon`: the same code, with LibreOffice for Excel and answers from a file for boxes.

`python office_launcher.py SETTINGS ID`; SETTINGS is a JSON file: `pipe`, `pid` (its process), `base_url`, `status` (each text of the status bar becomes a line of that
file), `boxes` (each box becomes a line of JSON there), `answers` (a JSON list; each
question takes the first), `first_on_path` (a folder that Python looks for modules in first), `environment` (variables),
`watches_practice` (as for `ribbon.Outside`), `opened` (each file that is to be opened outside of Excel becomes a line there; with the variable `CANNOT_OPEN` none can be).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SETTINGS = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
os.environ.update(SETTINGS["environment"])
sys.path[:0] = [*filter(None, [SETTINGS["first_on_path"]]), str(Path(__file__).parent)]
from reply_xl import ribbon  # noqa: E402  what may be found first has to be known before


class Answers:
    def __init__(self, boxes: Path, answers: Path) -> None:
        self._boxes, self._answers = boxes, answers

    def tell(self, text: str) -> None:
        self._note(text, [])

    def ask(self, text: str, choices: Sequence[str], *, default: int = 0) -> int | None:
        self._note(text, list(choices))
        answer = self._next()
        return choices.index(answer) if answer in choices else None

    def choose(self, text: str, options: Sequence[str], action: str) -> int | None:
        return self.ask(text, options)

    def ask_key(self, problem: str = "") -> str | None:
        self._note(f"key: {problem}", [])
        return self._next()

    def _note(self, text: str, choices: list[str]) -> None:
        with self._boxes.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"text": text, "choices": choices}) + "\n")

    def _next(self) -> Any:
        answers = json.loads(self._answers.read_text(encoding="utf-8")) if self._answers.exists() else []
        if answers:
            self._answers.write_text(json.dumps(answers[1:]), encoding="utf-8")
        return answers[0] if answers else None


def main() -> int:
    def engine() -> Any:
        import xlwings
        from office_engine import connect

        found = connect(SETTINGS["pipe"], pid=SETTINGS["pid"], status=Path(SETTINGS["status"]))
        xlwings.engines.add(found)
        found.activate()
        return found

    def open_file(path: Path) -> bool:
        with Path(SETTINGS["opened"]).open("a", encoding="utf-8") as file:
            file.write(f"{path}\n")
        return "CANNOT_OPEN" not in os.environ

    answers = Answers(Path(SETTINGS["boxes"]), Path(SETTINGS["answers"]))
    given = {name: SETTINGS[name] for name in ("base_url", "watches_practice")}
    return ribbon.main(sys.argv[2:], ribbon.Outside(engine, lambda: answers, linger=0, open_file=open_file, **given))


if __name__ == "__main__":
    sys.exit(main())
