"""The report of `doctor --live`: what was found and tried, without a name, a path, a workbook or a key. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from reply_xl.doctor.findings import Finding
from reply_xl.doctor.live_try import Result

TITLE = "# reply-xl doctor --live"


def report(facts: Mapping[str, str], policies: Mapping[str, object], findings: Sequence[Finding], results: Sequence[Result]) -> str:
    """Markdown. Of `findings` only the name and the state are in it: their sentences hold paths."""
    lines = [TITLE, "", *_table(("what", "value"), facts.items()), "", "## Steps", ""]
    lines += _table(("step", "result", "seconds", "reason"), [(one.name, one.verdict, f"{one.seconds:.1f}", one.reason) for one in results])
    lines += ["", "## Checks", "", *_table(("check", "state"), [(one.name, one.state) for one in findings])]
    lines += ["", "## Policies", "", "```", json.dumps(policies, indent=1, sort_keys=True), "```", ""]
    return "\n".join(lines)


def without_names(text: str, names: Iterable[str]) -> str:
    """`text` without these names and paths, whatever the case of their letters, nor any other path of a home folder, nor an e-mail address."""
    text = re.sub(r"[\w.+-]+@[\w.-]+\.\w+", "…", text)
    for name in sorted({name for name in names if len(name) > 1}, key=len, reverse=True):
        for written in {name, name.replace("\\", "\\\\")}:  # as it is, and as Python quotes it
            text = re.sub(re.escape(written), "…", text, flags=re.IGNORECASE)
    return re.sub(r"([A-Za-z]:\\+Users\\+|/Users/|/home/)[^\\/\s'\"]+", r"\1…", text)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    def line(cells: Sequence[object]) -> str:
        return f"| {' | '.join(' '.join(str(cell).split()).replace('|', '/') for cell in cells)} |"

    return [line(head), f"|{'---|' * len(head)}", *map(line, rows)]
