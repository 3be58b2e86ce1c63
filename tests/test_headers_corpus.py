"""The score over real header rows, as their README says: wrong, missed and double columns.

`headers/*.json`: 16 rows of real exports with the truth per column. `headers/written/*.json`: rows that we wrote from our knowledge of
other tools, in the same form.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import Ran

from reply_xl.fields import BY_NAME
from reply_xl.mapping.columns import map_columns
from reply_xl.model import CellValue

FOLDER = Path(__file__).parent / "headers"
DANGEROUS = ("id", "email", "accountId", "ownerUserId", "isOptedOut")


@dataclass
class Score:
    wrong: list[str]
    missed: list[str]
    double: list[str]
    preferred: int = 0

    @property
    def found(self) -> float:
        return 1 - len(self.missed) / self.preferred if self.preferred else 1.0


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def truths_of(row: dict[str, Any]) -> list[tuple[str, ...]]:
    """Per column the acceptable answers, the preferred one first."""
    return [(truth,) if isinstance(truth, str) else tuple(truth) for truth in row["truth_by_index"]]


def cells_of(row: dict[str, Any]) -> list[list[CellValue]]:
    """The sample values as rows of a sheet: a header's samples stand below each column of that header."""
    samples = row.get("samples") or {}
    depth = max((len(values or []) for values in samples.values()), default=0)
    return [[(samples.get(header) or [])[line : line + 1] or None for header in row["headers"]] and [
        (samples.get(header) or [None] * depth)[line] if line < len(samples.get(header) or []) else None for header in row["headers"]
    ] for line in range(depth)]  # fmt: skip


def score(row: dict[str, Any], values: list[list[CellValue]]) -> Score:
    """`missed` is strict: a preferred field counts although `ignore` would be acceptable too, unless another column may have it."""
    columns = map_columns(row["headers"], customs=(), values=values)
    given = [column.target.name if column.target else None for column in columns]
    truths = truths_of(row)
    result = Score([], [], [])
    for index, (header, target, truth) in enumerate(zip(row["headers"], given, truths, strict=True)):
        if target is not None and target not in truth and not (target == "ownerUserId" and "owner-name" in truth):
            result.wrong.append(f"{row['name']}: {index} “{header}” became {target}")
    for field in {field for field in given if field}:
        if given.count(field) > 1:
            result.double.append(f"{row['name']}: {field}")
    preferred = {truth[0] for truth in truths if truth[0] in BY_NAME}
    for field in sorted(preferred):
        result.preferred += 1
        if not any(target == field and field in truth for target, truth in zip(given, truths, strict=True)):
            result.missed.append(f"{row['name']}: {field}")
    return result


def total(folder: Path, cells: Callable[[dict[str, Any]], list[list[CellValue]]]) -> Score:
    whole = Score([], [], [])
    for row in rows(folder):
        one = score(row, cells(row))
        whole.wrong += one.wrong
        whole.missed += one.missed
        whole.double += one.double
        whole.preferred += one.preferred
    return whole


def report(title: str, result: Score) -> None:
    print(
        f"{title}: {len(result.wrong)} wrong, {len(result.double)} double, "
        f"{result.preferred - len(result.missed)} of {result.preferred} preferred fields found ({result.found:.1%})"
    )
    for kind in ("wrong", "double", "missed"):
        for line in getattr(result, kind):
            print(f"  {kind}: {line}")


CASES = [
    pytest.param(FOLDER, cells_of, 0.97, id="real rows with their values"),
    pytest.param(FOLDER, lambda _: [], 0.95, id="real rows, headers alone"),
    pytest.param(FOLDER / "written", cells_of, 0.95, id="written rows with their values"),
    pytest.param(FOLDER / "written", lambda _: [], 0.90, id="written rows, headers alone"),
]


@pytest.mark.parametrize(("folder", "cells", "least"), CASES)
def test_the_score(folder: Path, cells: Callable[[dict[str, Any]], list[list[CellValue]]], least: float, request, capsys):
    """No column is given a wrong field, no field is given twice, and nearly every preferred field is found."""
    result = total(folder, cells)
    with capsys.disabled():
        print()
        report(request.node.callspec.id, result)
    assert (result.wrong, result.double) == ([], [])
    assert result.found >= least


FILES = [*sorted(FOLDER.glob("*.json")), *sorted((FOLDER / "written").glob("*.json"))[::8]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_command_tells_the_same_of_a_workbook(path: Path, tmp_path: Path, command: Callable[..., Ran]):
    """`columns FILE --json` finds the header row below the rows that the tool writes above it, and gives the target of each column."""
    row = json.loads(path.read_text(encoding="utf-8"))
    preamble = [[line] for line in row.get("preamble_example", [])][: row["preamble_rows"]] if row.get("preamble_rows") else []
    preamble += [[]] * (row.get("preamble_rows", 0) - len(preamble))
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for number, line in enumerate([*preamble, row["headers"], *cells_of(row)], 1):
        for place, cell in enumerate(line, 1):
            if cell is not None:
                sheet.cell(number, place).value = cell
                if isinstance(cell, str) and cell.startswith("="):
                    sheet.cell(number, place).data_type = "s"
    book.save(tmp_path / "export.xlsx")
    ran = command("columns", tmp_path / "export.xlsx", "--json")
    told = json.loads(ran.out)
    assert told["header_row"] == len(preamble) + 1
    expected = map_columns(row["headers"], customs=None, values=cells_of(row))
    assert [one["target"] for one in told["columns"]] == [column.target.name if column.target else None for column in expected]
