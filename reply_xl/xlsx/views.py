"""How a worksheet is shown: which rows and columns stay in view, and whether it is the one in front."""

from __future__ import annotations

from reply_xl.errors import WorkbookError
from reply_xl.xlsx.model import SheetData, column_letters
from reply_xl.xlsx.xml import elements, is_on, prefix_of, set_attribute, tag_end

_BEFORE = ("sheetPr", "dimension")


def is_marked_selected(data: bytes, what: str) -> bool:
    views = elements(data, what, lambda tag, depth: tag == "sheetView" and depth == 3, until="sheetData")
    return any(is_on(attributes.get("tabSelected")) for _, attributes, _, _ in views)


def view_edits(data: bytes, what: str, sheet: SheetData) -> list[tuple[int, int, bytes]]:
    """What puts `sheet.frozen` and `sheet.in_front` into the part."""
    found = elements(data, what, lambda tag, depth: depth == 2 or (tag == "sheetView" and depth == 3), until="sheetData")
    views = [(first, last) for tag, _, first, last in found if tag == "sheetView"]
    x = prefix_of(data, sheet.sheet_data[0])
    if not views:
        if any(tag == "sheetViews" for tag, *_ in found):
            raise WorkbookError(f"{what} has views without a view: open and save the workbook once in Excel.")
        at = max((last for tag, _, _, last in found if tag in _BEFORE), default=0) or min(
            [first for _, _, first, _ in found] + [sheet.sheet_data[0]]
        )
        view = _changed(b'<%ssheetView workbookViewId="0"/>' % x, x, sheet)
        return [(at, at, b"<%ssheetViews>%s</%ssheetViews>" % (x, view, x))]
    first, last = views[0]
    edits = [(first, last, _changed(data[first:last], x, sheet))]
    if sheet.in_front is not None:
        # a second window of the workbook has a tab in front of its own; two marked sheets would be edited together
        edits += [(first, last, set_attribute(data[first:last], b"tabSelected", b"0")) for first, last in views[1:] if not sheet.in_front]
    return edits


def _changed(view: bytes, x: bytes, sheet: SheetData) -> bytes:
    if sheet.in_front is not None:
        view = set_attribute(view, b"tabSelected", b"%d" % sheet.in_front)
    if sheet.frozen is None:
        return view
    head = view[: tag_end(view, 0)].removesuffix(b">").removesuffix(b"/").rstrip() + b">"
    rows, columns = sheet.frozen
    splits = b"".join((b' xSplit="%d"' % columns if columns else b"", b' ySplit="%d"' % rows if rows else b""))
    pane = b"bottomRight" if rows and columns else b"bottomLeft" if rows else b"topRight"
    corner = f"{column_letters(columns + 1)}{rows + 1}".encode()
    inner = b""
    if splits:
        inner = b'<%spane%s topLeftCell="%s" activePane="%s" state="frozen"/>' % (x, splits, corner, pane)
        inner += b'<%sselection pane="%s" activeCell="%s" sqref="%s"/>' % (x, pane, corner, corner)
    return b"%s%s</%ssheetView>" % (head, inner, x)
