"""Tables (ListObjects): reading their parts, and growing them by the columns that were written right beside them.

Excel widens a table when a header is typed in the cell right of its header row. The table's part must then agree with the cells: the
reference, the filter's reference, and one `tableColumn` per column whose name is the header cell's text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from reply_xl.errors import WorkbookError
from reply_xl.xlsx.book import unescape
from reply_xl.xlsx.model import Area, area_text, parse_area
from reply_xl.xlsx.open import Package
from reply_xl.xlsx.xml import Scanner, escaped, is_on, number, set_attribute, splice, tag_end


@dataclass
class Table:
    part: str
    name: str
    display_name: str
    area: Area
    headers: int
    totals: int
    columns: list[str]
    can_grow: bool
    id: int = 0
    insert_row: bool = False
    """Whether the one row below the headers is no row yet, but the place for the first."""
    filtered: bool = False
    """Whether the headers have filter buttons."""
    style: str = ""
    first_column: bool = False
    last_column: bool = False
    row_stripes: bool = False
    column_stripes: bool = False
    original: Area = (0, 0, 0, 0)
    original_columns: list[str] = field(default_factory=list)
    original_insert_row: bool = False

    @property
    def header_row(self) -> int | None:
        return self.area[0] if self.headers else None

    @property
    def changed(self) -> bool:
        before = (self.original, self.original_columns, self.original_insert_row)
        return (self.area, self.columns, self.insert_row) != before

    @property
    def body(self) -> Area:
        """The rows between headers and totals; of no height if there is none."""
        top, left, bottom, right = self.area
        return top + self.headers, left, bottom - self.totals, right

    def settle(self) -> None:
        """What the part says is what the table is now."""
        self.original, self.original_columns, self.original_insert_row = self.area, list(self.columns), self.insert_row


def read_table(package: Package, part: str) -> Table:
    scanner = Scanner(package.read(part), package.name)
    found: list[Table] = []

    def start(tag: str, a: dict[str, str]) -> None:
        if scanner.depth == 1:
            if tag != "table":
                raise WorkbookError(f"{package.name} is damaged: a table's part is something else.")
            area = parse_area(a.get("ref", ""))
            display = a.get("displayName") or a.get("name") or f"Table{a.get('id', '')}"
            found.append(
                Table(
                    part=part,
                    name=unescape(a.get("name") or display),
                    display_name=display,
                    area=area,
                    headers=number(a.get("headerRowCount"), 1),
                    totals=number(a.get("totalsRowCount")),
                    columns=[],
                    # a table fed by a query or mapped to XML has a second description of its columns elsewhere
                    can_grow=a.get("tableType", "worksheet") == "worksheet",
                    id=number(a.get("id")),
                    insert_row=is_on(a.get("insertRow")),
                )
            )
        elif tag == "tableColumn" and scanner.depth == 3:
            found[0].columns.append(unescape(a.get("name", "")))
        elif tag == "autoFilter" and scanner.depth == 2:
            found[0].filtered = True
        elif tag == "tableStyleInfo":
            found[0].style = a.get("name", "")
            found[0].first_column, found[0].last_column = is_on(a.get("showFirstColumn")), is_on(a.get("showLastColumn"))
            found[0].row_stripes, found[0].column_stripes = is_on(a.get("showRowStripes")), is_on(a.get("showColumnStripes"))

    scanner.run(start)
    table = found[0]
    table.settle()
    if len(table.columns) != table.area[3] - table.area[1] + 1:
        table.can_grow = False
    return table


def splice_table(package: Package, table: Table) -> bytes:
    """The table's part with the reference, the columns' names and the new columns as the table now has them."""
    data = package.read(table.part)
    scanner = Scanner(data, package.name)
    spots: dict[str, tuple[int, int]] = {}
    columns: list[tuple[int, int]] = []
    ids: list[int] = []

    def start(tag: str, a: dict[str, str]) -> None:
        at = scanner.parser.CurrentByteIndex
        if tag in ("table", "autoFilter", "tableColumns") and tag not in spots:
            spots[tag] = (at, tag_end(data, at))
        elif tag == "tableColumn" and scanner.depth == 3:
            columns.append((at, tag_end(data, at)))
            ids.append(number(a.get("id")))

    def end(tag: str) -> None:
        if tag == "tableColumns":
            spots["end"] = (scanner.parser.CurrentByteIndex, 0)

    scanner.run(start, end)
    first, last = spots["table"]
    head = set_attribute(data[first:last], b"ref", area_text(table.area).encode())
    if table.insert_row != table.original_insert_row:
        head = set_attribute(head, b"insertRow", b"%d" % table.insert_row)
    edits = [(first, last, head)]
    if "autoFilter" in spots:
        first, last = spots["autoFilter"]
        top, left, bottom, right = table.area
        area = (top, left, bottom - table.totals, right)
        edits.append((first, last, set_attribute(data[first:last], b"ref", area_text(area).encode())))
    for (first, last), old, new in zip(columns, table.original_columns, table.columns, strict=False):
        if old != new:
            edits.append((first, last, set_attribute(data[first:last], b"name", column_name(new).encode())))
    added = table.columns[len(table.original_columns) :]
    if added:
        first, last = spots["tableColumns"]
        head = set_attribute(data[first:last], b"count", b"%d" % len(table.columns))
        prefix = data[first + 1 : data.index(b"tableColumns", first)].decode()
        next_id = max(ids, default=0) + 1
        new_columns = "".join(f'<{prefix}tableColumn id="{next_id + i}" name="{column_name(name)}"/>' for i, name in enumerate(added))
        edits += [(first, last, head), (spots["end"][0], spots["end"][0], new_columns.encode())]
    return splice(data, edits)


def column_name(name: str) -> str:
    """A column's name as an attribute holds it: line ends as `_x000a_`, as Excel writes them."""
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", name)
    return escaped(re.sub(r"[\x00-\x1f]", lambda found: f"_x{ord(found.group()):04x}_", text))
