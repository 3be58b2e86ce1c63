"""Lossless saving: the bytes of a workbook file with the written cells spliced in, and everything else as it was.

Only these parts change: the XML of a sheet that was written to, the styles if a style was added, a table that grew, the calculation chain
if a formula went, and the workbook part if a formula was written. The calculation settings are otherwise left alone: other formulas keep
the results they have, and Excel recalculates what depends on a changed cell when it next calculates. Only a formula without a result needs
`fullCalcOnLoad`, because Excel shows 0 for it otherwise.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from reply_xl.errors import WorkbookError
from reply_xl.xlsx.book import BookData, SheetEntry
from reply_xl.xlsx.cells import splice_sheet
from reply_xl.xlsx.model import SheetData, parse_area
from reply_xl.xlsx.open import Package, part_name
from reply_xl.xlsx.styles import Styles
from reply_xl.xlsx.tables import Table, splice_table
from reply_xl.xlsx.xml import Scanner, set_attribute, splice, tag_end
from reply_xl.xlsx.zip import rewrite

Changed = Iterable[tuple[SheetEntry, SheetData, list[Table]]]


def spliced(package: Package, book: BookData, styles: Styles, sheets: Changed) -> bytes:
    """The bytes of the workbook with all changes made since it was opened."""
    parts: dict[str, bytes] = {}
    dropped: set[str] = set()
    gone: dict[str, set[tuple[int, int]]] = {}
    formulas_written = False
    for entry, sheet, tables in sheets:
        if sheet.edits or sheet.columns_changed:
            if not sheet.in_order:
                raise WorkbookError(f"The rows of sheet {entry.name} are stored out of order: open and save {package.name} once in Excel.")
            parts[part_name(entry.part)] = splice_sheet(package.read(entry.part), sheet)
        for table in tables:
            if table.changed:
                parts[part_name(table.part)] = splice_table(package, table)
        removed = {key for key in sheet.formulas_removed if key not in sheet.formulas}
        if removed:
            gone[entry.sheet_id] = removed
        formulas_written = formulas_written or sheet.formulas_written
    if styles.part and len(styles.styles) > styles.count:
        parts[part_name(styles.part)] = styles.spliced()
    if gone and book.chain_part:
        chain = _without(package.read(book.chain_part), package.name, gone)
        if chain is None:
            dropped.add(part_name(book.chain_part))
            _unlist(package, book, parts)
        else:
            parts[part_name(book.chain_part)] = chain
    if formulas_written:
        parts[part_name(book.part)] = _calculating(package.read(book.part), package.name)
    return rewrite(package, parts, dropped) if parts or dropped else package.data


def _elements(data: bytes, what: str, wanted: Callable[[str, int], bool]) -> list[tuple[str, dict[str, str], int, int]]:
    """The elements (tag, attributes, start, end of the whole element) for which `wanted(tag, depth)` holds."""
    scanner = Scanner(data, what)
    found: list[tuple[str, dict[str, str], int, int]] = []
    open_ones: list[tuple[str, dict[str, str], int] | None] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        open_ones.append((tag, dict(attributes), scanner.parser.CurrentByteIndex) if wanted(tag, scanner.depth) else None)

    def end(tag: str) -> None:
        mine = open_ones.pop()
        if mine is not None:
            opened = tag_end(data, mine[2])
            closed = opened if data[opened - 2 : opened] == b"/>" else data.index(b">", scanner.parser.CurrentByteIndex) + 1
            found.append((*mine, closed))

    scanner.run(start, end)
    return found


def _without(data: bytes, what: str, gone: dict[str, set[tuple[int, int]]]) -> bytes | None:
    """The calculation chain without the cells that hold no formula any more; None if nothing would be left.

    Excel takes an entry for a cell without formula as damage. An entry without `i` is on the sheet of the entry before it.
    """
    edits: list[tuple[int, int, bytes]] = []
    sheet_id = ""
    written = ""
    left = 0
    for _, attributes, first, last in _elements(data, what, lambda tag, depth: tag == "c" and depth == 2):
        sheet_id = attributes.get("i", sheet_id)
        try:
            key = parse_area(attributes.get("r", ""))[:2]
        except ValueError:
            key = (0, 0)
        if key in gone.get(sheet_id, ()):
            edits.append((first, last, b""))
            continue
        left += 1
        if sheet_id != written and "i" not in attributes:
            edits.append((first, last, set_attribute(data[first:last], b"i", sheet_id.encode())))
        written = sheet_id
    return splice(data, edits) if left else None


def _unlist(package: Package, book: BookData, parts: dict[str, bytes]) -> None:
    """Take the calculation chain out of the content types and the workbook's relationships; Excel makes a new one."""
    folder, name = posixpath.split(book.part)
    chain = part_name(book.chain_part or "")
    rels = posixpath.join(folder, "_rels", name + ".rels")
    for part, key in (("[Content_Types].xml", "PartName"), (rels, "Target")):
        data = package.read(part)
        edits = []
        for _, attributes, first, last in _elements(data, package.name, lambda _, depth: depth == 2):
            named = attributes.get(key, "")
            if chain in (part_name(named), part_name(posixpath.join(folder, named))):
                edits.append((first, last, b""))
        parts[part_name(part)] = splice(data, edits)


_BEFORE_CALC = ("sheets", "functionGroups", "externalReferences", "definedNames")


def _calculating(data: bytes, what: str) -> bytes:
    """The workbook part, asking Excel to calculate everything when it opens the file."""
    found = {tag: (first, last) for tag, _, first, last in _elements(data, what, lambda _, depth: depth == 2)}
    if "calcPr" in found:
        first, last = found["calcPr"]
        return splice(data, [(first, last, set_attribute(data[first:last], b"fullCalcOnLoad", b"1"))])
    first = found["sheets"][0]
    prefix = data[first + 1 : data.index(b"sheets", first)]
    at = max(found[tag][1] for tag in _BEFORE_CALC if tag in found)
    return splice(data, [(at, at, b'<%scalcPr fullCalcOnLoad="1"/>' % prefix)])
