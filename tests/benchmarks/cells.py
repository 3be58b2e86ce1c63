"""What it costs to understand a sheet, as a share of loading it with openpyxl: medians taken in one run, because a ratio is not noisy.

    python tests/benchmarks/cells.py            everything (about two minutes)
    python tests/benchmarks/cells.py parse      one of: map, parse

`map`: a header row of 150 columns with 200 rows as evidence, against the load of 10,000 rows with that header. `parse`: every cell of 10,000
rows × 20 columns, of the kinds and in the spellings of a real export, against the load of that file. Loads and the other take turns.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from openpyxl import Workbook, load_workbook

from reply_xl.errors import CellError
from reply_xl.fields import BY_NAME
from reply_xl.kinds import sizes, time_zones
from reply_xl.kinds.host_values import as_cells
from reply_xl.kinds.values import parse
from reply_xl.mapping import headers
from reply_xl.mapping.columns import map_columns
from reply_xl.model import CellValue, CustomField, Target

ROWS = 10_000
SAMPLE = 200
ROUNDS = 5
FIRST_NAMES = ("Ann", "José", "Jürgen", "Zoë", "Иван", "Mary Jane", "Bob", "Łukasz")

NAMED = (
    *(
        "Record ID",
        "First Name",
        "Last Name",
        "Email",
        "Email Status",
        "Title",
        "Seniority",
        "Company Name",
        "Company Name for Emails",
        "Website",
    ),
    *(
        "Work Direct Phone",
        "Home Phone",
        "Mobile Phone",
        "Corporate Phone",
        "Stage",
        "Contact Owner",
        "# Employees",
        "Industry",
        "Keywords",
    ),
    *(
        "Person Linkedin Url",
        "Company Linkedin Url",
        "City",
        "State",
        "Country",
        "Company Address",
        "Company City",
        "Company Phone",
        "Time Zone",
    ),
    *("Annual Revenue", "Last Contacted", "Account Owner", "Do Not Call", "Unsubscribed", "Notes", "Lead Source", "Score", "Created Date"),
)
WIDE = (*NAMED, *(f"Answer {index} of the survey" for index in range(150 - len(NAMED))))

NUMERIC, TEXT = CustomField(8, "Score", numeric=True), CustomField(7, "Lead Source")
FIELDS: tuple[Target, ...] = (
    *(BY_NAME[name] for name in ("firstName", "lastName", "email", "title", "company", "industry", "city", "state", "country", "phone")),
    *(BY_NAME[name] for name in ("phone2", "companySize", "linkedInUrl", "timeZoneId", "isOptedOut", "callStatus", "notes", "accountId")),
    TEXT,
    NUMERIC,
)


def values(row: int) -> list[object]:
    """A row of an export for `FIELDS`: blanks, numbers and odd spellings in the share in which people have them."""
    first = FIRST_NAMES[row % len(FIRST_NAMES)]
    return [
        first,
        f"Lastname{row % 7000}",
        f"Person {row} <person.{row}@example{row % 700}.com>" if row % 50 == 0 else f"person.{row}@example{row % 700}.com",
        ("Head of Sales", "Marketing Manager", "VP Operations", "Geschäftsführer")[row % 4],
        f"Company {row % 5000} & Söhne",
        "Software & Technology",
        ("San Francisco", "London", "Łódź", "München ")[row % 4],
        "CA" if row % 3 else None,
        ("United States", "Germany", "Poland")[row % 3],
        4155550000 + row if row % 3 == 0 else f"+1 (415) 555-{row % 10000:04d}",
        f"'+49\u00a0171 {1000000 + row}" if row % 5 == 0 else None,
        ("11-50", "1,001 - 5,000 employees", 42 + row % 9000, "10K+")[row % 4],
        f"linkedin.com/in/person-{row}" if row % 2 else f"https://www.linkedin.com/in/person-{row}",
        ("America/Los_Angeles", "Europe/London", "W. Europe Standard Time")[row % 3],
        ("yes", "no", None, "nein")[row % 4],
        ("to call", None)[row % 2],
        f"Met at the autumn fair.\nAsked for a quote {row} – „bald“." if row % 3 == 0 else None,
        88001 if row % 4 == 0 else None,
        "Conference",
        row / 7,
    ]


def forget() -> None:
    """A run begins with empty caches."""
    headers._asked.cache_clear()
    headers.meaning_by_rule.cache_clear()
    sizes._of_text.cache_clear()
    time_zones._read.cache_clear()


def saved(folder: str, name: str, headers: Sequence[str], rows: Callable[[int], Sequence[object]]) -> Path:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(headers))
    for row in range(ROWS):
        sheet.append(list(rows(row)))
    path = Path(folder, name)
    book.save(path)
    return path


def loaded(path: Path) -> list[list[CellValue]]:
    sheet = load_workbook(path).active
    assert sheet is not None
    return [as_cells(line) for line in sheet.iter_rows(values_only=True)]


def seconds(action: Callable[[], object]) -> float:
    before = time.perf_counter()
    action()
    return time.perf_counter() - before


def shares(path: Path, action: Callable[[], object]) -> float:
    """The share of the load's time that `action` takes; loads and actions take turns."""
    loads, actions = [], []
    for _ in range(ROUNDS):
        loads.append(seconds(lambda: load_workbook(path)))
        forget()
        actions.append(seconds(action))
    return median(actions) / median(loads)


def report(name: str, share: float, limit: float) -> None:
    print(f"{name:<68} {share:6.1%}   limit {limit:.0%}   {'met' if share <= limit else 'MISSED'}", flush=True)


def map_() -> None:
    def wide(row: int) -> list[object]:
        return [*(values(row) * 2)[: len(NAMED)], *(f"answer {row % 40} of {column}" for column in range(len(WIDE) - len(NAMED)))]

    with tempfile.TemporaryDirectory() as folder:
        path = saved(folder, "wide.xlsx", WIDE, wide)
        lines = loaded(path)[1 : 1 + SAMPLE]
        share = shares(path, lambda: map_columns(WIDE, customs=(TEXT, NUMERIC), values=lines))
    report(f"mapping {len(WIDE)} columns with {SAMPLE} rows / openpyxl's load of {ROWS:,} rows", share, 0.02)


def parse_() -> None:
    def everything() -> None:
        for number, line in enumerate(lines, 2):
            for value, target in zip(line, FIELDS, strict=True):
                try:
                    parse(value, target, f"A{number}")
                except CellError as error:
                    problems.append(error)

    problems: list[CellError] = []
    with tempfile.TemporaryDirectory() as folder:
        path = saved(folder, "export.xlsx", [target.label for target in FIELDS], values)
        lines = loaded(path)[1:]
        share = shares(path, everything)
    assert not problems, problems[0]
    report(f"parsing {ROWS:,} rows × {len(FIELDS)} columns / openpyxl's load of them", share, 0.20)


if __name__ == "__main__":
    for name in sys.argv[1:] or ("map", "parse"):
        {"map": map_, "parse": parse_}[name]()
