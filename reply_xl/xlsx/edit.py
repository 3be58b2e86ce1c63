"""Changing a worksheet in memory the way Excel would: values, styles, formulas that share a text, tables that grow.

What was changed is noted cell by cell (`SheetData.edits`), and saving rewrites those cells only.
"""

from __future__ import annotations

from collections.abc import Iterable

from reply_xl.errors import SheetError
from reply_xl.xlsx.model import NO_CACHED_VALUE, Area, ColumnRun, Formula, SheetData, Value, area_text
from reply_xl.xlsx.tables import Table

VALUE = 1
STYLE = 2
FORMULA_TEXT = 4


def style_at(sheet: SheetData, row: int, column: int) -> int:
    """The style of a cell: its own, else its row's, else its column's."""
    line = sheet.cells.get(row)
    if line is not None:
        cell = line.get(column)
        if cell is not None:
            return cell[1]
    return default_style(sheet, row, column)


def default_style(sheet: SheetData, row: int, column: int) -> int:
    style = sheet.row_styles.get(row)
    if style is not None:
        return style
    for run in sheet.columns:
        if run.first <= column <= run.last:
            return run.style
    return 0


def value_at(sheet: SheetData, row: int, column: int) -> Value:
    line = sheet.cells.get(row)
    cell = line.get(column) if line else None
    return cell[0] if cell else None


def set_value(sheet: SheetData, row: int, column: int, value: Value | Formula, style: int) -> None:
    """Put a value or a formula into a cell. What is there goes, its part in a shared formula handed on."""
    key = (row, column)
    old = sheet.formulas.pop(key, None)
    if old is not None:
        if sheet.holders.get(old.shared or "") == key:
            _unshare(sheet, old, key)
        sheet.formulas_removed.add(key)
        array = sheet.arrays.pop(key, None)
        if array is not None:
            top, left, bottom, right = array
            lines = ((r, line) for r, line in sheet.cells.items() if top <= r <= bottom)
            sheet.formulas_removed.update((r, c) for r, line in lines for c in line if left <= c <= right)
    if isinstance(value, Formula):
        sheet.formulas[key] = value
        sheet.formulas_written = True
        value = NO_CACHED_VALUE
    _put(sheet, row, column, value, style)
    _note(sheet, row, column, VALUE)


def set_style(sheet: SheetData, row: int, column: int, style: int) -> None:
    _put(sheet, row, column, value_at(sheet, row, column), style)
    _note(sheet, row, column, STYLE)


def _put(sheet: SheetData, row: int, column: int, value: Value, style: int) -> None:
    if value is None and style == default_style(sheet, row, column):
        sheet.cells.get(row, {}).pop(column, None)  # as good as a cell that is not there; the used range ends before it
    else:
        sheet.cells.setdefault(row, {})[column] = (value, style)


def set_columns(
    sheet: SheetData, first: int, last: int, *, style: int | None = None, width: float | None = None, hidden: bool | None = None
) -> None:
    """Give whole columns a style or a width, or hide or show them, splitting the runs of `<col>` that straddle them."""
    runs: list[ColumnRun] = []
    missing = set(range(first, last + 1))
    for run in sheet.columns:
        pieces = (run.first, min(run.last, first - 1)), (max(run.first, first), min(run.last, last)), (max(run.first, last + 1), run.last)
        if run.last < first or run.first > last:
            runs.append(run)
            continue
        for low, high in pieces:
            if low > high:
                continue
            inside = first <= low <= last
            part = ColumnRun(low, high, run.style, run.hidden, run.width, dict(run.attributes))
            if inside:
                missing -= set(range(low, high + 1))
                _change_run(part, style, width, hidden)
            runs.append(part)
    for low, high in _gaps(missing):
        part = ColumnRun(low, high, 0, False, None, {})
        if width is None:
            part.attributes["width"] = repr(sheet.default_width)
        _change_run(part, style, width, hidden)
        runs.append(part)
    sheet.columns = sorted(runs, key=lambda run: run.first)
    sheet.columns_changed = True


def _gaps(columns: set[int]) -> list[tuple[int, int]]:
    """Neighbouring columns as first and last."""
    gaps: list[tuple[int, int]] = []
    for column in sorted(columns):
        if gaps and gaps[-1][1] == column - 1:
            gaps[-1] = (gaps[-1][0], column)
        else:
            gaps.append((column, column))
    return gaps


def _change_run(run: ColumnRun, style: int | None, width: float | None, hidden: bool | None) -> None:
    if hidden is not None:
        run.hidden = hidden
        run.attributes.pop("hidden", None)
        if hidden:
            run.attributes["hidden"] = "1"
        elif run.width == 0:
            run.width = None
            run.attributes.pop("width", None)
    if style is not None:
        run.style = style
        run.attributes["style"] = str(style)
    if width is not None:
        run.width = width
        run.attributes |= {"width": repr(width), "customWidth": "1"}
        run.attributes.pop("bestFit", None)


def _note(sheet: SheetData, row: int, column: int, flag: int) -> None:
    line = sheet.edits.setdefault(row, {})
    line[column] = line.get(column, 0) | flag


def _unshare(sheet: SheetData, formula: Formula, key: tuple[int, int]) -> None:
    """The holder of a shared formula's text goes: every other cell of the group gets the text written out."""
    del sheet.holders[formula.shared or ""]
    for other, sibling in list(sheet.formulas.items()):
        if sibling.kind == "shared" and sibling.shared == formula.shared and not sibling.text:
            sheet.formulas[other] = Formula(translated(formula.text, key, other))
            _note(sheet, *other, FORMULA_TEXT)


def formula_text(sheet: SheetData, row: int, column: int) -> str | None:
    """The formula of a cell without its `=`, a shared one translated to the cell; None if the cell holds none."""
    formula = sheet.formulas.get((row, column))
    if formula is None:
        return None
    if formula.text or formula.kind != "shared":
        return formula.text
    origin = sheet.holders.get(formula.shared or "")
    return translated(sheet.formulas[origin].text, origin, (row, column)) if origin else ""


def translated(text: str, origin: tuple[int, int], target: tuple[int, int]) -> str:
    from openpyxl.formula.translate import Translator

    try:
        moved = Translator("=" + text, area_text((*origin, *origin))).translate_formula(area_text((*target, *target)))
    except Exception as error:  # the tokenizer meets whatever a file holds
        raise SheetError(f"The formula of cell {area_text((*target, *target))} cannot be read.") from error
    return str(moved)[1:]


def refuse_part_of_array(sheet: SheetData, area: Area) -> None:
    """Excel: "You can't change part of an array". A block that covers the whole array may be written."""
    for array in sheet.arrays.values():
        if overlap(array, area) and not covers(area, array):
            raise SheetError(f"The cells {area_text(array)} hold one array formula: a part of it cannot be written.")


def overlap(one: Area, other: Area) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def covers(outer: Area, inner: Area) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def blank_right_of(sheet: SheetData, tables: Iterable[Table], area: Area) -> dict[int, set[int]]:
    """For each table (by its place) whose header row is written to: the columns of `area` right of it whose header cell is blank now."""
    found: dict[int, set[int]] = {}
    for index, table in enumerate(tables):
        row = table.header_row
        if row is not None and table.can_grow and area[0] <= row <= area[2]:
            columns = range(max(area[1], table.area[3] + 1), area[3] + 1)
            found[index] = {column for column in columns if value_at(sheet, row, column) in (None, "")}
    return found


def settle_tables(sheet: SheetData, tables: list[Table], area: Area, blank_before: dict[int, set[int]]) -> None:
    """After a write to `area`: tables take in the headers written right beside them, and their columns' names follow the header cells."""
    for index, table in enumerate(tables):
        row = table.header_row
        if table.insert_row and overlap(table.body, area):
            table.insert_row = False
        if row is None or not area[0] <= row <= area[2]:
            continue
        for place in range(len(table.columns)):
            column = table.area[1] + place
            if area[1] <= column <= area[3] and sheet.edits.get(row, {}).get(column, 0) & VALUE:
                name_column(sheet, table, place)
        while (column := table.area[3] + 1) in blank_before.get(index, ()):
            header = value_at(sheet, row, column)
            top, left, bottom, _ = table.area
            grown = (top, left, bottom, column)
            strip = (top, column, bottom, column)
            taken = any(overlap(strip, other.area) for other in tables) or any(overlap(strip, merge) for merge in sheet.merges)
            known = {name.casefold() for name in table.columns}
            if not isinstance(header, str) or not header or (row, column) in sheet.formulas or header.casefold() in known or taken:
                break
            table.area = grown
            table.columns.append(header)


def name_column(sheet: SheetData, table: Table, place: int) -> None:
    """Name a column of a table by its header cell, which holds text, and no two the same: Excel writes `Column3` into an empty one and
    numbers a repeated one."""
    row, column = table.area[0], table.area[1] + place
    value = value_at(sheet, row, column)
    text = constant_text(value) or f"Column{place + 1}"
    others = {name.casefold() for other, name in enumerate(table.columns) if other != place}
    name, count = text, 2
    while name.casefold() in others:
        name, count = f"{text}{count}", count + 1
    if name != value:
        set_value(sheet, row, column, name, style_at(sheet, row, column))
    table.columns[place] = name


def constant_text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return number_text(value)
    return str(value)


def number_text(value: float) -> str:
    """A number as the file holds it and as a text cell shows it."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)
