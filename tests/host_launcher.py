"""What an agent starts in the tests in place of `-m reply_xl.ribbon`: the same code, over the file engine or over a fake Excel of its own.

`python host_launcher.py HOST BOOK URL ID`; every question is agreed to, and the workbook is saved in the end, `BOOK.txt` gets its cells from a
fake Excel, which has no files.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from reply_xl import engine, ribbon


class Agreed:
    def tell(self, text: str) -> None:
        print(text)

    def ask(self, text: str, choices: Sequence[str], *, default: int = 0) -> int | None:
        return 0

    def ask_key(self, problem: str = "") -> str | None:
        return None

    def choose(self, text: str, options: Sequence[str]) -> int | None:
        return None


@contextlib.contextmanager
def host(kind: str, path: Path) -> Iterator[Any]:
    """xlwings' engine of the host, in which the workbook is open."""
    if kind == "file":
        opened = engine.open_book(path)
        yield opened.app.engine
        opened.save()
        opened.close()
        return
    import xlwings
    from fake_excel import FakeExcel, install

    excel = FakeExcel()
    book = excel.open(path)
    with install(excel):
        yield xlwings.engines.active
        sheet = book.sheets[0]
        cells = {address: sheet.cell(address).value for address in ("C1", "C2", "C3", "C4")}
        Path(f"{path}.txt").write_text(json.dumps(cells), encoding="utf-8")


def main() -> int:
    kind, path, url, name = sys.argv[1:]
    with host(kind, Path(path)) as found:
        return ribbon.main([name], ribbon.Outside(lambda: found, Agreed, lambda window: None, url, linger=0))


if __name__ == "__main__":
    sys.exit(main())
