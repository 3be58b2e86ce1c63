"""From a click to what the person sees of it, as ratios of medians taken in one run: these machines are noisy, and a ratio is not.

    python tests/benchmarks/click.py          (about a minute)

Measured from the moment at which VBA starts Python, over xlwings' real Windows engine and the fake Excel of the tests; what Excel itself
takes for a call is not in it. Each figure is printed with its limit, and the medians in seconds beside it.
"""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent))
from noted import ID, note
from run import FIRST, Server, report

import reply_xl
from reply_xl.tab.click import Button

TESTS = Path(__file__).parent.parent
ROUNDS = 15
CONTACTS = 20
_CLICK = """
    import sys, time
    import reply_xl.ribbon
    sys.path[:0] = [sys.argv[1]]
    from fake_excel import FakeExcel, install

    class Boxes:
        def ask(self, text, choices, *, default=0):
            print("box", flush=True)
        tell = ask

    rows = [["Reply ID", "Title"], *([float({first} + n), "new"] for n in range({contacts}))]
    excel = FakeExcel()
    excel.add_book("leads.xlsx").add_sheet("Leads", rows)
    with install(excel):
        import xlwings
        outside = reply_xl.ribbon.Outside(lambda: xlwings.engines.active, Boxes, lambda window: excel.pid, sys.argv[2], linger=0)
        reply_xl.ribbon.main([sys.argv[3]], outside)
"""


def to_its_mark(folder: Path, environment: Mapping[str, str]) -> float:
    """Seconds until the click is taken, by the very command that VBA starts."""
    note(folder, Button.HELP, "leads.xlsx", "$A$2", pressed="")
    mark = folder / "clicks" / f"{ID}.started"
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "reply_xl.ribbon", ID], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not mark.exists():
        time.sleep(0.0005)
    taken = time.perf_counter() - began
    process.kill()
    process.wait()
    mark.unlink(missing_ok=True)
    return taken


def to_its_box(folder: Path, environment: Mapping[str, str], url: str) -> float:
    """Seconds until the question of an update of `CONTACTS` rows is there, with the sheet and the contacts read."""
    note(folder, Button.UPDATE, "leads.xlsx", f"$A$2:$B${CONTACTS + 1}", window=1)
    code = textwrap.dedent(_CLICK).format(first=FIRST, contacts=CONTACTS)
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code, str(TESTS), url, ID], env=environment, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        said = process.stdout.readline()
        taken = time.perf_counter() - began
        process.communicate()
    assert said == "box\n", said
    return taken


def bare(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
    return time.perf_counter() - began


def medians(*measures: Callable[[], float]) -> list[float]:
    """In turns, so that what slows the machine for a while slows all of them."""
    taken: list[list[float]] = [[] for _ in measures]
    for _ in range(ROUNDS):
        for one, measure in zip(taken, measures, strict=True):
            one.append(measure())
    return [median(one) for one in taken]


def main() -> None:
    compileall.compile_dir(Path(reply_xl.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as home:
        data = Path(home, "data")
        environment = {**os.environ, "HOME": home, "XDG_DATA_HOME": str(data), "LOCALAPPDATA": "", "REPLY_API_KEY": "key"}
        folder = data / "reply_xl"
        server = Server(0)
        try:
            mark, nothing, box, imports = medians(
                lambda: to_its_mark(folder, environment),
                lambda: bare("pass"),
                lambda: to_its_box(folder, environment, server.url),
                lambda: bare("import xlwings, requests"),
            )
        finally:
            server.stop()
    print(f"click to its mark {mark:.3f} s, python -c pass {nothing:.3f} s, click to its question {box:.3f} s, the imports {imports:.3f} s")
    report("from the start of Python to the mark “started” / python -c pass", mark / nothing, "<= 6", mark / nothing <= 6)
    report("from the start of Python to the question / python -c 'import xlwings, requests'", box / imports, "<= 3.5", box / imports <= 3.5)


if __name__ == "__main__":
    main()
