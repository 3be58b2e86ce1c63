"""What one worksheet holds in memory, and the addresses of its cells. No XML here: `reply_xl.xlsx.sheet` fills it, `cells` writes it back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384

_COM_ERROR = -2146828288  # VT_ERROR with the facility of Excel: the code below is added (xlCVError and its newer siblings)
ERROR_CODES = {
    text: _COM_ERROR + code
    for text, code in {
        "#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042,
        "#GETTING_DATA": 2043, "#SPILL!": 2045, "#CONNECT!": 2046, "#BLOCKED!": 2047, "#UNKNOWN!": 2048, "#FIELD!": 2049,
        "#CALC!": 2050, "#BUSY!": 2051, "#EXTERNAL!": 2052, "#PYTHON!": 2222,
    }.items()
}  # fmt: skip
ERROR_TEXTS = {code: text for text, code in ERROR_CODES.items()}
NO_CACHED_VALUE = _COM_ERROR + 2288
"""A formula that no program has calculated yet: an error cell of a code that Excel does not use, never a blank."""
RICH_VALUE = _COM_ERROR + 2289
"""What Excel shows is somewhere else in the file, and the cell says #VALUE! for older programs: a picture, a linked data type, a newer error."""

Value = float | str | bool | int | None
Cell = tuple[Value, int]
Area = tuple[int, int, int, int]
"""row, column, last row, last column; 1-based, inclusive."""


@dataclass(slots=True)
class Formula:
    text: str
    kind: str = "normal"
    ref: str = ""
    shared: str | None = None


@dataclass(slots=True)
class ColumnRun:
    """Columns `first` to `last` as one `<col>` describes them; `attributes` are all of its attributes, `source` its place in the part."""

    first: int
    last: int
    style: int
    hidden: bool
    width: float | None
    attributes: dict[str, str]
    source: tuple[int, int] | None = None


@dataclass(slots=True)
class Rule:
    """A rule of data validation over areas; `source` is its element as it stood in the part, empty for one that is new. A list's formula is
    a reference without `=`, or its values between quotes."""

    areas: list[Area]
    kind: str
    formula: str
    attributes: dict[str, str] = field(default_factory=dict)
    source: bytes = b""


@dataclass(slots=True)
class SheetData:
    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    formulas: dict[tuple[int, int], Formula] = field(default_factory=dict)
    holders: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By the id of a shared formula: the cell that holds its text."""
    arrays: dict[tuple[int, int], Area] = field(default_factory=dict)
    """By the cell of a formula: the cells that it fills together with it."""
    columns: list[ColumnRun] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    shown_rows: set[int] = field(default_factory=set)
    rows_hidden_by_default: bool = False
    row_styles: dict[int, int] = field(default_factory=dict)
    row_heights: dict[int, float] = field(default_factory=dict)
    default_height: float = 15.0
    default_width: float = 8.43
    merges: list[Area] = field(default_factory=list)
    selection: list[Area] = field(default_factory=list)
    protected: bool = False
    formats_protected: bool = False
    table_ids: list[str] = field(default_factory=list)
    # what was changed since: row → column → flags of `reply_xl.xlsx.edit`
    edits: dict[int, dict[int, int]] = field(default_factory=dict)
    columns_changed: bool = False
    formulas_removed: set[tuple[int, int]] = field(default_factory=set)
    formulas_written: bool = False
    rules: list[Rule] | None = None
    """The rules of validation, once somebody has asked for them."""
    rules_changed: bool = False
    frozen: tuple[int, int] | None = None
    """How many rows and columns are to stay in view; None: as the part says."""
    in_front: bool | None = None
    """Whether the sheet is to be marked as the selected one; None: as the part says."""
    # where things stand in the bytes of the part
    row_spans: list[tuple[int, int, int]] = field(default_factory=list)
    in_order: bool = True
    dimension: tuple[int, int] | None = None
    cols: tuple[int, int] | None = None
    sheet_data: tuple[int, int, bool] = (0, 0, False)

    @property
    def changed(self) -> bool:
        """Whether the sheet's part is no longer what it was."""
        return bool(self.edits) or self.columns_changed or self.rules_changed or self.frozen is not None or self.in_front is not None


LETTERS: dict[str, int] = {}


def column_number(letters: str) -> int:
    """`A` → 1, `XFD` → 16384; ValueError beyond the sheet or if it is no column."""
    known = LETTERS.get(letters)
    if known is None:
        known = 0
        if not letters or len(letters) > 3:
            raise ValueError(letters)
        for letter in letters.upper():
            if not "A" <= letter <= "Z":
                raise ValueError(letters)
            known = known * 26 + ord(letter) - 64
        if known > MAX_COLUMN:
            raise ValueError(letters)
        LETTERS[letters] = known
    return known


def column_letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def parse_area(text: str) -> Area:
    """`A1`, `$A$1:B2`, `A:C`, `1:3` → the area; ValueError if it is none of them or lies beyond the sheet."""
    first, colon, last = text.replace("$", "").partition(":")
    row1, column1 = _corner(first, low=True)
    row2, column2 = _corner(last or first, low=False)
    if (colon and not last) or (not last and not (first[:1].isalpha() and first[-1:].isdigit())):
        raise ValueError(text)
    return min(row1, row2), min(column1, column2), max(row1, row2), max(column1, column2)


def _corner(text: str, *, low: bool) -> tuple[int, int]:
    letters = text.rstrip("0123456789")
    digits = text[len(letters) :]
    row = int(digits) if digits else (1 if low else MAX_ROW)
    column = column_number(letters) if letters else (1 if low else MAX_COLUMN)
    if not 1 <= row <= MAX_ROW or not (letters or digits):
        raise ValueError(text)
    return row, column


def area_text(area: Area) -> str:
    first = f"{column_letters(area[1])}{area[0]}"
    last = f"{column_letters(area[3])}{area[2]}"
    return first if first == last else f"{first}:{last}"


_NAME = re.compile(r"[^\W\d][\w.]{0,254}")


def is_name(text: str) -> bool:
    """Whether Excel takes the text as a name for cells or a table: a word that is no address (`AB12`, `R1C1`)."""
    if not _NAME.fullmatch(text) or re.fullmatch(r"(?i)r\d*(c\d*)?|c\d*", text):
        return False
    try:
        parse_area(text)
    except ValueError:
        return True
    return False
