"""Splicing written cells into a worksheet's XML by byte offsets. Rows that were not written to are copied, never parsed again."""

from __future__ import annotations

import re
from xml.parsers import expat

from reply_xl.errors import WorkbookError
from reply_xl.xlsx.edit import FORMULA_TEXT, VALUE, default_style, formula_text, number_text, style_at, value_at
from reply_xl.xlsx.model import ERROR_TEXTS, NO_CACHED_VALUE, ColumnRun, SheetData, area_text, column_letters, column_number, parse_area
from reply_xl.xlsx.rules import rule_edits
from reply_xl.xlsx.views import view_edits
from reply_xl.xlsx.xml import escaped, find_attribute, number, set_attribute, splice, tag_end

# what XML 1.0 cannot hold, and the underscore of a text that looks like an escape (ECMA-376 part 1, 22.9.2.19)
_TO_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")


def escape(text: str) -> str:
    """Text as `<t>` and `<v>` hold it: control characters as `_xHHHH_`, `&`, `<` and `>` as references."""
    text = _TO_ESCAPE.sub(lambda found: f"_x{ord(found.group()):04X}_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def splice_sheet(data: bytes, sheet: SheetData, what: str) -> bytes:
    edits: list[tuple[int, int, bytes]] = []
    first, last, empty = sheet.sheet_data
    tag = data[first + 1 : tag_end(data, first)]
    x = tag[: tag.index(b"sheetData")]
    if sheet.dimension is not None and sheet.edits:
        edits += _dimension(data, sheet)
    if sheet.columns_changed:
        body = b"".join(data[slice(*run.source)] if run.source else _column(x.decode(), run) for run in sheet.columns)
        cols = b"<%scols>%s</%scols>" % (x, body, x)
        edits.append((*(sheet.cols or (first, first)), cols))
    if sheet.frozen is not None or sheet.in_front is not None:
        edits += view_edits(data, what, sheet)
    if sheet.rules_changed:
        edits += rule_edits(data, what, sheet)
    rows: list[tuple[int, int, bytes]] = []
    spans = sheet.row_spans
    at = 0
    for row in sorted(sheet.edits):
        while at < len(spans) and spans[at][0] < row:
            at += 1
        if at < len(spans) and spans[at][0] == row:
            start, stop = spans[at][1:]
            rows.append((start, stop, splice_row(data[start:stop], sheet, row)))
        else:
            cells = b"".join(_cell(x, sheet, row, column) for column in sorted(sheet.edits[row]))
            if cells:
                place = spans[at][1] if at < len(spans) else last
                rows.append((place, place, b'<%srow r="%d">%s</%srow>' % (x, row, cells, x)))
    if empty:
        opened = data[first:last]
        rows = [(first, last, opened[:-2].rstrip() + b">" + b"".join(text for _, _, text in rows) + b"</%ssheetData>" % x)] if rows else []
    return splice(data, edits + rows)


def _dimension(data: bytes, sheet: SheetData) -> list[tuple[int, int, bytes]]:
    first, last = sheet.dimension or (0, 0)
    tag = data[first:last]
    found = find_attribute(tag, b"ref")
    try:
        top, left, bottom, right = parse_area(tag[slice(*found)].decode() if found else "")
    except ValueError:
        return []
    old = (top, left, bottom, right)
    for row, columns in sheet.edits.items():
        written = [column for column in columns if value_at(sheet, row, column) is not None]
        if written:
            top, bottom = min(top, row), max(bottom, row)
            left, right = min(left, min(written)), max(right, max(written))
    if (top, left, bottom, right) == old:
        return []
    return [(first, last, set_attribute(tag, b"ref", area_text((top, left, bottom, right)).encode()))]


def _column(x: str, run: ColumnRun) -> bytes:
    others = {key: text for key, text in run.attributes.items() if key not in ("min", "max") and " " not in key}
    attributes = {"min": str(run.first), "max": str(run.last), **others}
    texts = " ".join(f'{key}="{escaped(text)}"' for key, text in attributes.items())
    return f"<{x}col {texts}/>".encode()


def _cell(x: bytes, sheet: SheetData, row: int, column: int) -> bytes:
    """A cell's element; nothing for a blank cell that looks as a missing one would."""
    style = style_at(sheet, row, column)
    value = value_at(sheet, row, column)
    head = b'<%sc r="%s%d"' % (x, column_letters(column).encode(), row)
    if style or default_style(sheet, row, column):
        head += b' s="%d"' % style
    formula = formula_text(sheet, row, column)
    if formula is not None:
        return b"%s><%sf>%s</%sf></%sc>" % (head, x, escape(formula).encode(), x, x)
    if value is None:
        return head + b"/>" if b" s=" in head else b""
    if isinstance(value, str):
        return b'%s t="inlineStr"><%sis><%st xml:space="preserve">%s</%st></%sis></%sc>' % (head, x, x, escape(value).encode(), x, x, x)
    if isinstance(value, bool):
        kind, text = b' t="b"', b"1" if value else b"0"
    elif isinstance(value, float):
        kind, text = b"", number_text(value).encode()
    else:
        kind, text = b' t="e"', ERROR_TEXTS.get(value, "#VALUE!" if value != NO_CACHED_VALUE else "#N/A").encode()
    return b"%s%s><%sv>%s</%sv></%sc>" % (head, kind, x, text, x, x)


def splice_row(row_bytes: bytes, sheet: SheetData, row: int) -> bytes:
    """One row's element with its written cells replaced or inserted in order. The bytes are a fragment of a part that was read before."""
    cells, formulas = _scan_row(row_bytes)
    opened = tag_end(row_bytes, 0)
    head = row_bytes[:opened]
    closed = head.endswith(b"/>")
    name = re.match(rb"<([^\s/>]+)", head)
    if name is None:
        raise WorkbookError("The workbook is damaged: a row cannot be read.")
    x = name.group(1)[: -len(b"row")]
    edits: list[tuple[int, int, bytes]] = []
    wanted = sheet.edits[row]
    at = 0
    end = cells[-1][2] if cells else opened
    for column in sorted(wanted):
        while at < len(cells) and cells[at][0] < column:
            at += 1
        if at < len(cells) and cells[at][0] == column:
            _, start, stop = cells[at]
            flags = wanted[column]
            if flags & VALUE:
                edits.append((start, stop, _cell(x, sheet, row, column)))
                continue
            old = row_bytes[start:stop]
            if flags & FORMULA_TEXT and column in formulas:
                first, last = (place - start for place in formulas[column])
                text = escape(formula_text(sheet, row, column) or "").encode()
                old = old[:first] + b"<%sf>%s</%sf>" % (x, text, x) + old[last:]
            edits.append((start, stop, set_attribute(old, b"s", b"%d" % style_at(sheet, row, column))))
        else:
            place = cells[at][1] if at < len(cells) else end
            edits.append((place, place, _cell(x, sheet, row, column)))
    head = _spans(head, wanted)
    if closed:
        body = b"".join(text for _, _, text in edits)
        return head[:-2].rstrip() + b">" + body + b"</%s>" % name.group(1) if body else row_bytes
    return splice(row_bytes, [(0, opened, head), *edits])


def _scan_row(row_bytes: bytes) -> tuple[list[tuple[int, int, int]], dict[int, tuple[int, int]]]:
    """Where each cell of a row stands (column, start, end), and the formula elements by column."""
    parser = expat.ParserCreate()
    cells: list[tuple[int, int, int]] = []
    formulas: dict[int, tuple[int, int]] = {}
    depth = column = cell_start = formula_start = 0

    def close(first: int) -> int:
        opened = tag_end(row_bytes, first)
        return opened if row_bytes[opened - 2 : opened] == b"/>" else row_bytes.index(b">", parser.CurrentByteIndex) + 1

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, column, cell_start, formula_start
        depth += 1
        if depth == 2 and tag.rpartition(":")[2] == "c":
            cell_start = parser.CurrentByteIndex
            ref = attributes.get("r")
            column = column + 1 if ref is None else column_number(ref.rstrip("0123456789"))
        elif depth == 3 and tag.rpartition(":")[2] == "f":
            formula_start = parser.CurrentByteIndex

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if depth == 1 and tag.rpartition(":")[2] == "c":
            cells.append((column, cell_start, close(cell_start)))
        elif depth == 2 and tag.rpartition(":")[2] == "f":
            formulas[column] = (formula_start, close(formula_start))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(row_bytes, True)
    return cells, formulas


def _spans(head: bytes, columns: dict[int, int]) -> bytes:
    """The row's `spans`, a hint of its first and last column, widened where it is given."""
    found = find_attribute(head, b"spans")
    numbers = [number(text.decode()) for text in re.findall(rb"\d+", head[slice(*found)])] if found else []
    if not numbers or (min(columns) >= min(numbers) and max(columns) <= max(numbers)):
        return head
    return set_attribute(head, b"spans", b"%d:%d" % (min(*numbers, *columns), max(*numbers, *columns)))
