"""Lossless saving: the bytes of a workbook file with the written cells spliced in, and everything else as it was.

Only these parts change: the XML of a sheet that was written to, the styles if a style was added, a table that grew, the calculation chain
if a formula went, and the workbook part if a formula was written. What a sheet more or less costs is in `tabs`. The calculation settings are otherwise left alone: other formulas keep
the results they have, and Excel recalculates what depends on a changed cell when it next calculates. Only a formula without a result needs
`fullCalcOnLoad`, because Excel shows 0 for it otherwise.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import NamedTuple

from reply_xl.errors import WorkbookError
from reply_xl.xlsx.book import BookData, SheetEntry
from reply_xl.xlsx.cells import splice_sheet
from reply_xl.xlsx.model import SheetData, parse_area
from reply_xl.xlsx.open import Package, part_name
from reply_xl.xlsx.styles import Styles
from reply_xl.xlsx.tables import Table, splice_table
from reply_xl.xlsx.tabs import Tabs, arranged
from reply_xl.xlsx.xml import elements, set_attribute, splice
from reply_xl.xlsx.zip import rewrite


class Changed(NamedTuple):
    """A sheet that was read. `base`: its part, if that is another than the file's."""

    entry: SheetEntry
    data: SheetData
    tables: list[Table]
    base: bytes | None


def spliced(package: Package, book: BookData, styles: Styles, sheets: Iterable[Changed], tabs: Tabs | None = None) -> bytes:
    """The bytes of the workbook with all changes made since it was opened."""
    parts: dict[str, bytes] = {}
    added: dict[str, bytes] = {}
    dropped: set[str] = set()
    gone: dict[str, set[tuple[int, int]]] = {}
    formulas_written = False

    def current(part: str) -> bytes:
        return parts.get(part_name(part)) or package.read(part)

    for entry, sheet, tables, base in sheets:
        if base is not None or sheet.changed:
            if not sheet.in_order:
                raise WorkbookError(f"The rows of sheet {entry.name} are stored out of order: open and save {package.name} once in Excel.")
            xml = splice_sheet(package.read(entry.part) if base is None else base, sheet, package.name)
            if entry.part in package:
                parts[part_name(entry.part)] = xml
            else:
                added[entry.part] = xml
        for table in tables:
            if table.changed:
                parts[part_name(table.part)] = splice_table(package, table)
        removed = {key for key in sheet.formulas_removed if key not in sheet.formulas}
        if removed:
            gone[entry.sheet_id] = removed
        formulas_written = formulas_written or sheet.formulas_written
    if styles.part and len(styles.styles) > styles.count:
        parts[part_name(styles.part)] = styles.spliced()
    for entry in tabs.removed if tabs else ():
        gone[entry.sheet_id] = set()
    if gone and book.chain_part:
        chain = _without(package.read(book.chain_part), package.name, gone, {entry.sheet_id for entry in tabs.removed} if tabs else set())
        if chain is None:
            dropped.add(part_name(book.chain_part))
            _unlist(package, book, parts)
        else:
            parts[part_name(book.chain_part)] = chain
    if tabs is not None and tabs.changed:
        listing, lost = arranged(package, book, tabs, current)
        parts |= listing
        dropped |= lost
    if formulas_written:
        parts[part_name(book.part)] = _calculating(current(book.part), package.name)
    return rewrite(package, parts, dropped, added) if parts or dropped else package.data


def _without(data: bytes, what: str, gone: dict[str, set[tuple[int, int]]], lost: set[str]) -> bytes | None:
    """The calculation chain without the cells that hold no formula any more and the sheets that are gone; None if nothing would be left.

    Excel takes an entry for a cell without formula as damage. An entry without `i` is on the sheet of the entry before it.
    """
    edits: list[tuple[int, int, bytes]] = []
    sheet_id = ""
    written = ""
    left = 0
    for _, attributes, first, last in elements(data, what, lambda tag, depth: tag == "c" and depth == 2):
        sheet_id = attributes.get("i", sheet_id)
        try:
            key = parse_area(attributes.get("r", ""))[:2]
        except ValueError:
            key = (0, 0)
        if sheet_id in lost or key in gone.get(sheet_id, ()):
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
        for _, attributes, first, last in elements(data, package.name, lambda _, depth: depth == 2):
            named = attributes.get(key, "")
            if chain in (part_name(named), part_name(posixpath.join(folder, named))):
                edits.append((first, last, b""))
        parts[part_name(part)] = splice(data, edits)


_BEFORE_CALC = ("sheets", "functionGroups", "externalReferences", "definedNames")


def _calculating(data: bytes, what: str) -> bytes:
    """The workbook part, asking Excel to calculate everything when it opens the file."""
    found = {tag: (first, last) for tag, _, first, last in elements(data, what, lambda _, depth: depth == 2)}
    if "calcPr" in found:
        first, last = found["calcPr"]
        return splice(data, [(first, last, set_attribute(data[first:last], b"fullCalcOnLoad", b"1"))])
    first = found["sheets"][0]
    prefix = data[first + 1 : data.index(b"sheets", first)]
    at = max(found[tag][1] for tag in _BEFORE_CALC if tag in found)
    return splice(data, [(at, at, b'<%scalcPr fullCalcOnLoad="1"/>' % prefix)])
