"""Reading one worksheet part: values, styles, formulas, hidden rows and columns, merges, selection, and where each row stands in the bytes.

One pass of expat. A cell is `(value, style)`; numbers are floats, errors are the ints Excel gives over COM, and a formula without a stored
result is `NO_CACHED_VALUE`. The byte offsets of rows are kept, so that saving touches only the rows that were written.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

from reply_xl.errors import WorkbookError
from reply_xl.xlsx.book import unescape
from reply_xl.xlsx.model import (
    ERROR_CODES,
    LETTERS,
    MAX_COLUMN,
    MAX_ROW,
    NO_CACHED_VALUE,
    RICH_VALUE,
    Cell,
    ColumnRun,
    Formula,
    SheetData,
    Value,
    column_number,
    parse_area,
)
from reply_xl.xlsx.xml import Enough, Scanner, attribute, is_on, number, tag_end

MAX_CELLS = 5_000_000
MAX_MERGES = 500_000


def _iso_serial(text: str, date1904: bool) -> float | str:
    """The serial number of an ISO 8601 date cell (`t="d"`, strict workbooks only)."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    base = dt.datetime(1904, 1, 1) if date1904 else dt.datetime(1899, 12, 30)
    return (moment.replace(tzinfo=None) - base) / dt.timedelta(days=1)


def number_value(text: str) -> Value:
    value = float(text)
    return value if math.isfinite(value) else ERROR_CODES["#NUM!"]


class _SheetReader(Scanner):
    """The handlers of the one pass. They are tuned: two thirds of the time of opening a large file is spent here."""

    def __init__(
        self, data: bytes, what: str, strings: Callable[[], list[str]], date1904: bool, last_row: int, results_are_old: bool
    ) -> None:
        super().__init__(data, what)
        self.sheet = SheetData()
        self.strings = strings
        self.date1904 = date1904
        self.last_row = last_row
        self.results_are_old = results_are_old
        self.chars: list[str] = []
        self.panes: dict[str, str] = {}
        self.active_pane = "topLeft"
        self.views = 0
        self.described = 0

    def read(self) -> SheetData:
        self.parser.CharacterDataHandler = self.chars.append
        self.parser.StartElementHandler = self._root
        try:
            self.parse()
        except Enough:
            self._forget_results()
            return self.sheet
        self._forget_results()
        if self.space is None or not self.sheet.sheet_data[1]:
            raise WorkbookError(f"{self.what} is damaged: one of its sheets holds no cells part.")
        for text in self.panes.get(self.active_pane, "A1").split():
            try:
                self.sheet.selection.append(parse_area(text))
            except ValueError:
                continue
        if not self.sheet.selection:
            self.sheet.selection.append((1, 1, 1, 1))
        return self.sheet

    def _forget_results(self) -> None:
        """Of formulas whose results are not those that Excel shows; an array's cells beside that of its formula included."""
        if not self.results_are_old:
            return
        cells = self.sheet.cells
        places = set(self.sheet.formulas)
        last = max(cells, default=0)
        rows_left = MAX_CELLS
        for top, left, bottom, right in self.sheet.arrays.values():
            rows = range(top, min(bottom, last) + 1)
            rows_left -= len(rows)
            if rows_left < 0:
                raise WorkbookError(f"{self.what} is damaged: its array formulas lie upon each other.")
            places.update((row, column) for row in rows for column in cells.get(row, ()) if left <= column <= right)
        for row, column in places:
            cells[row][column] = (NO_CACHED_VALUE, cells[row][column][1])

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if local != "worksheet":
            raise WorkbookError(f"{self.what} is damaged: one of its sheets is not a worksheet.")
        self.space = space
        self._tune(f"{space} " if space else "")

    def _tune(self, prefix: str) -> None:
        sheet, parser, chars = self.sheet, self.parser, self.chars
        tag_c, tag_v, tag_f, tag_row, tag_is, tag_t, tag_rph, tag_data = (
            prefix + tag for tag in ("c", "v", "f", "row", "is", "t", "rPh", "sheetData")
        )
        strings: list[str] | None = None
        cells, formulas = sheet.cells, sheet.formulas
        last_row = self.last_row or MAX_ROW
        row = row_start = column = style = count = phonetic = total = 0
        row_style = 0
        depth = 1
        in_data = False
        line: dict[int, Cell] = {}
        kind: str | None = None
        text: str | None = None
        inline: list[str] = []
        formula: Formula | None = None
        row_text = ""
        column_styled: set[int] = set()

        def start(name: str, a: dict[str, str]) -> None:
            nonlocal row, row_start, column, style, count, line, kind, text, formula, row_text, row_style, phonetic, depth, in_data
            depth += 1
            if not in_data:
                if name == tag_data:
                    in_data = True
                    row_start = parser.CurrentByteIndex
                    sheet.sheet_data = (row_start, 0, False)
                    for run in sheet.columns:
                        if run.style:
                            column_styled.update(range(run.first, run.last + 1))
                else:
                    if depth > 200:
                        raise WorkbookError(f"{self.what} is nested too deeply; it is not opened.")
                    self._other(name, prefix, a)
                return
            if name == tag_c:
                ref = a.get("r")
                if ref is None:
                    column += 1
                    if column > MAX_COLUMN:
                        raise ValueError(column)
                else:
                    letters = ref.rstrip("0123456789")
                    last = column
                    column = LETTERS.get(letters) or column_number(letters)
                    if column <= last or ref[len(letters) :] != row_text:
                        sheet.in_order = False
                        if ref[len(letters) :] != row_text:
                            raise ValueError(ref)
                kind = a.get("t")
                if kind == "e" and "vm" in a:
                    kind = "rich"
                text = formula = None
                style = int(a["s"]) if "s" in a else 0
                if style < 0:
                    raise ValueError(style)
                count += 1
            elif name in (tag_v, tag_t):
                chars.clear()
            elif name == tag_f:
                chars.clear()
                formula = Formula("", a.get("t", "normal"), a.get("ref", ""), a.get("si"))
            elif name == tag_row:
                row_start = parser.CurrentByteIndex
                last = row
                row = int(a["r"]) if "r" in a else row + 1
                if not 1 <= row <= last_row:
                    if 1 <= row <= MAX_ROW:
                        raise Enough
                    raise ValueError(row)
                if row <= last:
                    sheet.in_order = False
                row_text = str(row)
                column = count = row_style = 0
                if len(a) > 1 or "r" not in a or sheet.rows_hidden_by_default:
                    self._row(row, a)
                    row_style = sheet.row_styles.get(row, 0)
                line = cells.get(row) or {}
            elif name == tag_is:
                inline.clear()
            elif name == tag_rph:
                phonetic += 1

        def end(name: str) -> None:
            nonlocal text, line, kind, formula, strings, depth, in_data, phonetic, total
            depth -= 1
            if not in_data:
                if name == prefix + "cols" and sheet.cols is not None:
                    sheet.cols = (sheet.cols[0], self._element_end(sheet.cols[0]))
                return
            if name == tag_v:
                text = "".join(chars)
            elif name == tag_c:
                value: Value
                if text is None and kind != "inlineStr":
                    if formula is None and not style and not row_style and column not in column_styled:
                        return
                    value = None
                elif kind is None or kind == "n":
                    value = number_value(text) if text else None
                elif kind == "s":
                    if strings is None:
                        strings = self.strings()
                    index = int(text or 0)
                    if index < 0:
                        raise IndexError(index)
                    value = strings[index]
                elif kind == "str":
                    value = unescape(text or "")
                elif kind == "inlineStr":
                    value = unescape("".join(inline))
                    inline.clear()
                elif kind == "b":
                    value = text in ("1", "true")
                elif kind == "e":
                    value = ERROR_CODES.get(text or "", ERROR_CODES["#UNKNOWN!"])
                elif kind == "rich":
                    value = RICH_VALUE
                elif kind == "d":
                    value = _iso_serial(text or "", self.date1904)
                else:
                    raise ValueError(kind)
                if formula is not None:
                    formulas[row, column] = formula
                    if value is None:
                        value = NO_CACHED_VALUE
                line[column] = (value, style)
            elif name == tag_f:
                if formula is not None:
                    formula.text = "".join(chars)
                    if formula.shared is not None and formula.text:
                        sheet.holders.setdefault(formula.shared, (row, column))
                    if formula.kind in ("array", "dataTable") and ":" in formula.ref:
                        sheet.arrays[row, column] = parse_area(formula.ref)
            elif name == tag_t:
                if not phonetic:
                    inline.append("".join(chars))
            elif name == tag_rph:
                phonetic -= 1
            elif name == tag_row:
                stop = parser.CurrentByteIndex
                if count or not self._is_empty_tag(row_start):
                    stop = self.data.index(b">", stop) + 1
                sheet.row_spans.append((row, row_start, stop))
                if line:
                    cells[row] = line
                    total += count
                    if total > MAX_CELLS:
                        raise WorkbookError(f"{self.what} holds more than {MAX_CELLS:,} cells on one sheet; it is not opened.")
            elif name == tag_data:
                in_data = False
                first = sheet.sheet_data[0]
                opened = tag_end(self.data, first)
                empty = self.data[opened - 2 : opened] == b"/>"
                sheet.sheet_data = (first, opened if empty else parser.CurrentByteIndex, empty)

        parser.StartElementHandler = start
        parser.EndElementHandler = end

    def _is_empty_tag(self, first: int) -> bool:
        opened = tag_end(self.data, first)
        return self.data[opened - 2 : opened] == b"/>"

    def _element_end(self, first: int) -> int:
        if self._is_empty_tag(first):
            return tag_end(self.data, first)
        return self.data.index(b">", self.parser.CurrentByteIndex) + 1

    def _row(self, row: int, a: dict[str, str]) -> None:
        sheet = self.sheet
        height = a.get("ht")
        if height is not None:
            sheet.row_heights[row] = float(height)
        if is_on(a.get("hidden")) or (height is not None and float(height) == 0):
            sheet.hidden_rows.add(row)
        else:
            sheet.shown_rows.add(row)
        if is_on(a.get("customFormat")) and "s" in a:
            sheet.row_styles[row] = int(a["s"])

    def _other(self, name: str, prefix: str, a: dict[str, str]) -> None:
        sheet = self.sheet
        if not name.startswith(prefix):
            return
        tag = name[len(prefix) :]
        if tag == "mergeCell":
            area = parse_area(a.get("ref", ""))
            if area[:2] != area[2:]:
                sheet.merges.append(area)
                if len(sheet.merges) > MAX_MERGES:
                    raise WorkbookError(f"{self.what} holds more than {MAX_MERGES:,} merged areas; it is not opened.")
        elif tag == "col":
            first, last = number(a.get("min")), number(a.get("max"))
            self.described += last - first + 1
            if not 1 <= first <= last <= MAX_COLUMN or self.described > MAX_COLUMN:
                raise ValueError(first)  # beyond the sheet, or columns described twice
            width = float(a["width"]) if "width" in a else None
            hidden = is_on(a.get("hidden")) or width == 0
            at = self.parser.CurrentByteIndex
            source = (at, tag_end(self.data, at)) if self._is_empty_tag(at) else None
            sheet.columns.append(ColumnRun(first, last, number(a.get("style")), hidden, width, a, source))
        elif tag == "cols":
            sheet.cols = (self.parser.CurrentByteIndex, 0)
        elif tag == "dimension":
            first = self.parser.CurrentByteIndex
            sheet.dimension = (first, tag_end(self.data, first))
        elif tag == "sheetFormatPr":
            sheet.rows_hidden_by_default = is_on(a.get("zeroHeight"))
            sheet.default_height = float(a.get("defaultRowHeight", 15))
            if "defaultColWidth" in a:
                sheet.default_width = float(a["defaultColWidth"])
        elif tag == "sheetView":
            self.views += 1
        elif tag == "pane" and self.views == 1 and not sheet.sheet_data[1]:  # custom views, below the cells, have panes too
            self.active_pane = a.get("activePane", "topLeft")
        elif tag == "selection" and self.views == 1 and not sheet.sheet_data[1]:
            self.panes[a.get("pane", "topLeft")] = a.get("sqref", "A1")
        elif tag == "sheetProtection":
            sheet.protected = is_on(a.get("sheet"))
            sheet.formats_protected = sheet.protected and is_on(a.get("formatCells"), True)
        elif tag == "tablePart":
            sheet.table_ids.append(attribute(a, "id") or "")


def read_sheet(
    data: bytes, what: str, strings: Callable[[], list[str]], date1904: bool, last_row: int = 0, results_are_old: bool = False
) -> SheetData:
    """One worksheet part, read. `strings` gives the shared strings when the first cell needs them; `last_row`: what is below it is not read,
    and nothing can be written to such a sheet; `results_are_old`: what formulas hold is taken for not calculated."""
    return _SheetReader(data, what, strings, date1904, last_row, results_are_old).read()
