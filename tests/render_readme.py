"""Writes the parts of the README and of the pages in docs/ that the program itself knows: the demo's session, the tables of fields and outcomes.

    python tests/render_readme.py            the text

`test_readme.py` proves that they agree.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import openpyxl

from reply_xl.errors import CellError
from reply_xl.fields import BY_NAME, CATALOGUE
from reply_xl.kinds.values import parse
from reply_xl.model import CellValue, ErrorCell, Word
from reply_xl.sandbox import Sandbox
from reply_xl.tab.guide import MEANINGS

README = Path(__file__).parent.parent / "README.md"
PAGES = (README, *sorted((README.parent / "docs").glob("*.md")))

TRAPS: tuple[tuple[str, CellValue, str] | tuple[str, CellValue, str, str], ...] = (
    ("`4155550123` as a number", 4155550123.0, "phone"),
    ("`4155550123.0` as text", "4155550123.0", "phone"),
    ("`1.5E+10` as text", "1.5E+10", "phone"),
    ("`tel:+49 (0)30 1234-567`", "tel:+49 (0)30 1234-567", "phone"),
    ("two numbers", "+1 415 555 0101; +1 415 555 0102", "phone"),
    ("`4155550123,00` as text", "4155550123,00", "phone"),
    ("`4.155.550.123,00` as text", "4.155.550.123,00", "phone"),
    ("`2026-01-31` as text", "2026-01-31", "phone"),
    ("`1 800 Main Street`", "1 800 Main Street", "phone"),
    ("`12 Main St Suite 100`", "12 Main St Suite 100", "phone"),
    ("`2025` as a number", 2025.0, "phone"),
    ("a number with an extension", "+1 415 555 0101 ext. 12", "phone"),
    ("`000-0000`", "000-0000", "phone"),
    ("17 digits as a number", 12345678901234567.0, "phone"),
    ("`170123456`, shown as `0170123456` by the format `0000000000`", 170123456.0, "phone", "0000000000"),
    (
        "`4155550123`, shown as `(415) 555-0123` by Excel's format for phone numbers",
        4155550123.0,
        "phone",
        "[<=9999999]###-####;(###) ###-####",
    ),
    ("`4155550123`, shown as `+4155550123` by the format `+0`", 4155550123.0, "phone", "+0"),
    ("`4155550123`, shown as `4,155,550,123`", 4155550123.0, "phone", "#,##0"),
    ("a time of day", 0.5, "phone", "h:mm"),
    ("25 % as a number, shown as `25%`", 0.25, "notes", "0%"),
    ("1,234.5 shown with a separator of thousands, which each computer shows in its own way", 1234.5, "notes", "#,##0.00"),
    ("$99.00 as a number", 99.0, "notes", "$#,##0.00"),
    ("12.3456 shown as `12.35`", 12.3456, "notes", "0.00"),
    ("3 shown as `Tier 3`", 3.0, "notes", '"Tier "0'),
    ("half past two, a time of day", 14.5 / 24, "notes", "h:mm"),
    ("36 hours, a duration", 1.5, "notes", "[h]:mm"),
    ("0.1 + 0.2", 0.1 + 0.2, "notes"),
    ("a date", datetime(2026, 1, 31), "notes", "m/d/yyyy"),
    ("a date shown as `Jan-26`", datetime(2026, 1, 31), "notes", "mmm-yy"),
    ("a date", datetime(2026, 1, 31), "title", "m/d/yyyy"),
    ("`1/0/1900`, which Excel shows for 0 or a blank cell", datetime(1899, 12, 30), "notes", "m/d/yyyy"),
    ("a date shown as `Nov-50`, which Excel makes of 11-50", datetime(1950, 11, 1), "companySize", "mmm-yy"),
    ("a date shown as `2-Oct`, which Excel makes of 2-10", datetime(2026, 10, 2), "companySize", "d-mmm"),
    ("the same day shown as `10/2/2026`", datetime(2026, 10, 2), "companySize", "m/d/yyyy"),
    ("a date that Excel makes of no range of Reply's", datetime(2026, 1, 31), "companySize", "d-mmm"),
    ("`42`", 42.0, "companySize"),
    ("`1,200 employees`", "1,200 employees", "companySize"),
    ("`46.296,00`", "46.296,00", "companySize"),
    ("`1K-5K`", "1K-5K", "companySize"),
    ("`25-100`", "25-100", "companySize"),
    ("`de 11 à 50 salariés`, `11-50 Mitarbeiter:innen`", "de 11 à 50 salariés", "companySize"),
    ("`Ada Lindqvist <ada@example.com>`", "Ada Lindqvist <ada@example.com>", "email"),
    ("`mailto:ada@example.com`", "mailto:ada@example.com", "email"),
    ("an invisible character in it", "ada\u200b@example.com", "email"),
    ("two e-mails", "a@example.com, b@example.com", "email"),
    ("`ada@example`", "ada@example", "email"),
    ("a Cyrillic letter that looks like a Latin one", "\u0430da@example.com", "email"),
    ("`linkedin.com/in/ada`", "linkedin.com/in/ada", "linkedInUrl"),
    ("`Ada.Lovelace`", "Ada.Lovelace", "linkedInUrl"),
    ("the word of a link, whatever is behind it", "Profile", "linkedInUrl"),
    ("`ja`, `oui`, `sí`, `tak`, `x`", "oui", "isOptedOut"),
    ("`nein`, `non`, `nie`, `0`", "nein", "isOptedOut"),
    ("`Romance Standard Time`", "Romance Standard Time", "timeZoneId"),
    ("`UTC+1`", "UTC+1", "timeZoneId"),
    ("`PST`", "PST", "timeZoneId"),
    ("`#N/A`", ErrorCell("#N/A"), "title"),
    ("`#WERT!` or `Err:502` as text", "Err:502", "title"),
    ("line breaks, emoji, right-to-left names", "שלום 👋\nzweite Zeile", "notes"),
)
"""What people's cells hold: caption, cell value, field, and the number format where it matters."""


def trap(caption: str, value: CellValue, name: str, number_format: str = "") -> str:
    """What becomes of a cell, as the program says it."""
    field = BY_NAME[name]
    try:
        sent = parse(value, field, "B2", number_format)
    except CellError as error:
        return f"| {caption} | {field.label} | refused: {str(error).removeprefix(f'B2 ({field.label}) ')} |"
    return f"| {caption} | {field.label} | `{str(sent).lower() if isinstance(sent, bool) else str(sent).replace(chr(10), '⏎')}` |"


def parts(session: str, told: str) -> dict[str, str]:
    """The generated parts by the name in their markers."""
    fields = [
        f"| {field.label} (`{field.name}`) | {', '.join(field.synonyms) or '–'} | {field.guard or ''} |"
        for field in CATALOGUE
        if not field.read_only
    ]
    only_reply = ", ".join(f"`{field.name}`" for field in CATALOGUE if field.read_only and field.name != "id")
    outcomes = [f"| {word.value.capitalize()} | {MEANINGS[word]} |" for word in Word]
    return {
        "session": f"```\n{session}\n```",
        "story": f"```\n{told}\n```",
        "fields": "\n".join(["| field | other headers that are understood | asks first |", "|---|---|---|", *fields]),
        "only Reply": only_reply,
        "traps": "\n".join(["| in the cell | column | what is sent |", "|---|---|---|", *(trap(*one) for one in TRAPS)]),
        "outcomes": "\n".join(["| status | meaning |", "|---|---|", *outcomes]),
    }


def rendered(text: str, known: dict[str, str]) -> str:
    """A page with its generated parts as they should be."""
    for name, content in known.items():
        space = "" if name == "only Reply" else "\n"
        pattern = rf"(<!-- {name} -->).*?(<!-- end {name} -->)"
        text = re.sub(pattern, lambda match, fill=space + content + space: match[1] + fill + match[2], text, flags=re.DOTALL)
    return text


def demo(folder: Path) -> str:
    """What the demo prints from its second step on, without the padding of its tables."""
    command = [sys.executable, "-m", "reply_xl", "demo"]
    printed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, encoding="utf-8").stdout
    return "\n".join(line.rstrip() for line in printed[printed.index("2. Before") :].strip().splitlines())


def story(folder: Path) -> str:
    """A session against a practice server: contacts into a new workbook, an edit, and the update. The port is written as 8765."""
    said = []

    def run(url: str, *words: str) -> None:
        command = [sys.executable, "-m", "reply_xl", *words, "--base-url", url]
        done = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, encoding="utf-8"
        )
        shown = [f'"{word}"' if " " in word else word for word in words]
        said.extend(
            [
                f"$ reply-xl {' '.join(shown)} --base-url http://127.0.0.1:8765",
                *(line.rstrip().replace(url, "http://127.0.0.1:8765") for line in done.stdout.splitlines()),
            ]
        )

    with Sandbox() as sandbox:
        run(sandbox.url, "pull", "--new", "leads.xlsx", "--list", "Hot leads")
        book = openpyxl.load_workbook(folder / "leads.xlsx")
        sheet = book.worksheets[0]
        title = next(cell.column for cell in sheet[1] if cell.value == "Title")
        for row in (2, 3):
            sheet.cell(row, title, "Chief Revenue Officer")
        book.save(folder / "leads.xlsx")
        said.append("(two titles are edited in Excel)")
        run(sandbox.url, "push", "leads.xlsx", "--yes")
    return "\n".join(said)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as home:
        for variable in ("HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):  # runs of the README are nobody's
            os.environ[variable] = home
        known = parts(demo(Path(name)), story(Path(name)))
        for page in PAGES:
            page.write_text(rendered(page.read_text(encoding="utf-8"), known), encoding="utf-8")
