"""The sheets of an opened workbook as its package lists them: some added, some gone, everything else as it was.

A sheet that is added costs a part, a line in the workbook part, one in its relationships and one in the content types. Numbers that count
tabs follow: the tab in front, the first tab shown, the sheets of names. docProps/app.xml keeps its list of titles, which nobody reads.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from reply_xl.errors import SheetError
from reply_xl.xlsx.book import BookData, SheetEntry, relations
from reply_xl.xlsx.open import Package, part_name
from reply_xl.xlsx.xml import elements, escaped, find_attribute, is_on, number, prefix_of, set_attribute, splice, tag_end

_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

_TYPES = "[Content_Types].xml"
_WORKSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
# what a sheet may hold and lose with itself; the rest (charts, pivot tables, controls, queries …) is bound up with other parts
_OWN = {"printerSettings", "comments", "threadedComment", "vmlDrawing", "table", "hyperlink"}

Read = Callable[[str], bytes]


@dataclass
class Tabs:
    """The tabs by their keys: for a sheet of the file its place among the tabs there, for a new one the next number."""

    order: list[int]
    added: list[SheetEntry] = field(default_factory=list)
    removed: list[SheetEntry] = field(default_factory=list)
    emptied: list[SheetEntry] = field(default_factory=list)
    front: int | None = None
    """The tab that is to be in front; None: the one that is."""

    @property
    def changed(self) -> bool:
        return bool(self.added or self.removed or self.emptied) or self.front is not None


def refuse_if_locked(package: Package, book: BookData, member: str) -> None:
    """Raise why this workbook takes no sheet and gives none away."""
    for tag, attributes, _, _ in elements(package.read(book.part), package.name, lambda _, depth: depth == 2):
        if tag == "workbookProtection" and is_on(attributes.get("lockStructure")):
            raise SheetError(
                f"{package.name}: its structure is protected, so no sheet can be added or removed; unprotect it in Excel (Review → Protect Workbook)."
            )
    if any(kind in ("revisionHeaders", "usernames") for kind, _ in relations(package, book.part).values()):
        raise NotImplementedError(f"{member} in a workbook that is shared in the old way is not supported for files without Excel")


def refuse_if_entangled(package: Package, entry: SheetEntry, member: str) -> None:
    """Raise if a sheet of the file holds what is bound up with other parts."""
    links = relations(package, entry.part)
    kinds = sorted({kind for kind, _ in links.values()} - _OWN)
    if kinds:
        raise NotImplementedError(f"{member} of a sheet with {', '.join(kinds)} is not supported for files without Excel")


def refuse_if_named(package: Package, book: BookData, entry: SheetEntry, names: Iterable[str], member: str) -> None:
    """Raise if another part of the package mentions the sheet, or one of `names`: a chart, a pivot table, a link, a list of choices."""
    sheet = {entry.name, entry.name.replace("'", "''")}
    texts = {form for name in sheet for form in (escaped(name), name.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&apos;"))}
    named = "|".join(re.escape(text) for text in sorted(texts))
    patterns = [rf"(?:{named})(?:'|&apos;)?[!:]", rf"\ssheet=[\"'](?:{named})[\"']"]
    patterns += [rf"(?<![\w.]){re.escape(escaped(name))}(?![\w.])" for name in names]
    wanted = re.compile("|".join(patterns).encode(), re.IGNORECASE)
    own = {part_name(part) for part in (entry.part, book.part, "docProps/app.xml")} | _exclusive(package, [entry])
    for part in package.entries:
        name = part_name(part.filename)
        if name in own or part.is_dir() or not name.endswith((".xml", ".vml")):
            continue
        if wanted.search(package.read(name)):
            raise NotImplementedError(f"{member} of a sheet that other parts refer to ({name}) is not supported for files without Excel")


def arranged(package: Package, book: BookData, tabs: Tabs, read: Read) -> tuple[dict[str, bytes], set[str]]:
    """The parts that list the sheets, as they are to be, and the parts that go. `read` gives a part as it is so far."""
    dropped = _exclusive(package, tabs.removed) | _exclusive(package, tabs.emptied) - {part_name(entry.part) for entry in tabs.emptied}
    ids = _new_ids(package, book, tabs.added)
    rels = rels_of(book.part)
    parts = {part_name(book.part): _workbook(package, book, tabs, ids, read(book.part))}
    if tabs.added or tabs.removed:
        parts[part_name(rels)] = _links(package, book, tabs, ids, read(rels))
    if tabs.added or dropped:
        parts[part_name(_TYPES)] = _types(package, tabs.added, dropped, read(_TYPES))
    return parts, dropped


def rels_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", name + ".rels")


def free_part(package: Package, book: BookData, taken: Iterable[str]) -> str:
    """A name for the part of a new sheet, in the folder of the others."""
    folder = posixpath.dirname(book.sheets[0].part)
    used = {part_name(name) for name in taken}
    count = len(book.sheets) + 1
    while (name := posixpath.join(folder, f"sheet{count}.xml")) in package or part_name(name) in used:
        count += 1
    return name


def empty_sheet(package: Package, book: BookData) -> bytes:
    """A worksheet without cells, in the namespace of the workbook (the strict form has its own)."""
    data = package.read(book.part)
    found = re.search(rb"http://[\w./]*spreadsheetml/(?:2006/)?main", data)
    space = found.group() if found else b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="%s"><dimension ref="A1"/>'
        b'<sheetFormatPr defaultRowHeight="15"/><sheetData/></worksheet>' % space
    )


def emptied_sheet(data: bytes, what: str) -> bytes:
    """A worksheet's part without cells and all that belongs to cells. Its properties stay (the colour of its tab, the name by which
    macros know it), and whether it is in front."""
    found = elements(data, what, lambda tag, depth: depth == 1 or tag in ("sheetPr", "sheetView") or (tag == "sheetData" and depth == 2))
    root = next((first, last) for tag, _, first, last in found if tag == "worksheet")
    x = prefix_of(data, next(first for tag, _, first, _ in found if tag == "sheetData"))
    head = data[: tag_end(data, root[0])]
    properties = next((data[first:last] for tag, _, first, last in found if tag == "sheetPr"), b"")
    if properties and find_attribute(properties[: tag_end(properties, 0)], b"filterMode"):
        properties = set_attribute(properties, b"filterMode", b"0")
    in_front = any(is_on(attributes.get("tabSelected")) for tag, attributes, _, _ in found if tag == "sheetView")
    views = b'<%ssheetViews><%ssheetView tabSelected="1" workbookViewId="0"/></%ssheetViews>' % (x, x, x) if in_front else b""
    return b'%s%s<%sdimension ref="A1"/>%s<%ssheetFormatPr defaultRowHeight="15"/><%ssheetData/></%sworksheet>' % (
        head, properties, x, views, x, x, x,
    )  # fmt: skip


def _new_ids(package: Package, book: BookData, added: list[SheetEntry]) -> dict[int, str]:
    taken = set(relations(package, book.part))
    ids: dict[int, str] = {}
    count = len(taken)
    for entry in added:
        while (key := f"rId{count}") in taken:
            count += 1
        taken.add(key)
        ids[entry.tab] = key
    return ids


def _workbook(package: Package, book: BookData, tabs: Tabs, ids: dict[int, str], data: bytes) -> bytes:
    """The workbook part with the sheets in their order, and the numbers that count tabs."""
    listed = ("sheets", "sheet", "workbookView", "definedName", "definedNames")
    found = elements(data, package.name, lambda tag, depth: tag in listed and depth in (2, 3))
    place = {key: position for position, key in enumerate(tabs.order)}
    edits: list[tuple[int, int, bytes]] = []
    sheets = [(first, last) for tag, _, first, last in found if tag == "sheet"]
    removed = {entry.tab for entry in tabs.removed}
    if tabs.added or removed:
        x = prefix_of(data, sheets[0][0]).decode()
        key_name = next((name for name in _attributes(data[slice(*sheets[0])]) if name.endswith(":id")), "r:id")
        # Some writers declare the namespace of the id on each sheet instead of once for the whole part: then ours brings its own.
        prefix = key_name.removesuffix(":id")
        declared = re.search(rb"xmlns:%s\s*=\s*[\"']([^\"']+)" % re.escape(prefix.encode()), data)
        is_known = declared is not None and declared.start() < data.index(b"sheets")
        space = "" if is_known else f' xmlns:{prefix}="{declared[1].decode() if declared else _RELATIONSHIPS}"'
        new = {
            entry.tab: f'<{x}sheet name="{escaped(entry.name)}" sheetId="{entry.sheet_id}" {key_name}="{ids[entry.tab]}"{space}/>'.encode()
            for entry in tabs.added
        }
        # each new one goes before the old one that follows it, so that what stands between the old ones stays
        at = [key for key in tabs.order if key not in new]
        following: list[bytes] = []
        for key in tabs.order:
            if key in new:
                following.append(new[key])
            elif following:
                edits.append((sheets[key][0], sheets[key][0], b"".join(following)))
                following = []
        if following:
            end = sheets[at[-1]][1] if at else sheets[-1][1]
            edits.append((end, end, b"".join(following)))
        edits += [(*sheets[key], b"") for key in removed]
    edits += _numbers(data, book, tabs, place, [item for item in found if item[0] == "workbookView"])
    names = [item for item in found if item[0] == "definedName"]
    gone = 0
    for _, attributes, first, last in names:
        scope = attributes.get("localSheetId")
        if scope is None or number(scope) not in {*place, *removed}:
            continue
        if number(scope) in removed:
            edits.append((first, last, b""))
            gone += 1
        elif place[number(scope)] != number(scope):
            edits.append((first, last, set_attribute(data[first:last], b"localSheetId", b"%d" % place[number(scope)])))
    if gone and gone == len(names):
        spots = [(first, last) for tag, _, first, last in found if tag == "definedNames"]
        edits = [edit for edit in edits if not any(first <= edit[0] < last for first, last in spots)] + [(*spot, b"") for spot in spots]
    return splice(data, edits)


def _numbers(
    data: bytes, book: BookData, tabs: Tabs, place: dict[int, int], views: list[tuple[str, dict[str, str], int, int]]
) -> list[tuple[int, int, bytes]]:
    """The tab in front and the first one shown, for each window of the workbook."""
    edits = []
    for index, (_, attributes, first, last) in enumerate(views):
        view = data[first:last]
        active, shown = number(attributes.get("activeTab")), number(attributes.get("firstSheet"))
        front = tabs.front if tabs.front is not None and index == 0 else active
        wanted = {b"activeTab": place.get(front, min(active, len(tabs.order) - 1)), b"firstSheet": place.get(shown, 0)}
        for name, value in wanted.items():
            if value != {b"activeTab": active, b"firstSheet": shown}[name]:
                view = set_attribute(view, name, b"%d" % value)
        if view != data[first:last]:
            edits.append((first, last, view))
    return edits


def _attributes(element: bytes) -> list[str]:
    return [name.decode() for name in re.findall(rb"\s([^\s=\"'<>/]+)\s*=", element[: tag_end(element, 0)])]


def _links(package: Package, book: BookData, tabs: Tabs, ids: dict[int, str], data: bytes) -> bytes:
    found = elements(data, package.name, lambda tag, depth: depth == 2)
    folder = posixpath.dirname(book.part)
    like = next((item for item in found if item[1].get("Type", "").endswith("/worksheet")), found[0])
    x = prefix_of(data, like[2]).decode()
    gone = {part_name(entry.part) for entry in tabs.removed}
    edits = []
    for _, attributes, first, last in found:
        target = attributes.get("Target", "").replace("\\", "/")
        path = part_name(posixpath.normpath(posixpath.join("/" + folder, target)))
        if path in gone and attributes.get("TargetMode") != "External":
            edits.append((first, last, b""))
    new = "".join(
        f'<{x}Relationship Id="{ids[entry.tab]}" Type="{escaped(like[1].get("Type", ""))}" Target="/{escaped(entry.part)}"/>'
        for entry in tabs.added
    )
    end = data.rindex(b"</")
    return splice(data, [*edits, (end, end, new.encode())])


def _types(package: Package, added: list[SheetEntry], dropped: set[str], data: bytes) -> bytes:
    found = elements(data, package.name, lambda tag, depth: depth == 2)
    x = prefix_of(data, found[0][2]).decode()
    edits = [(first, last, b"") for tag, a, first, last in found if tag == "Override" and part_name(a.get("PartName", "")) in dropped]
    new = "".join(f'<{x}Override PartName="/{escaped(entry.part)}" ContentType="{_WORKSHEET}"/>' for entry in added)
    end = data.rindex(b"</")
    return splice(data, [*edits, (end, end, new.encode())])


def _exclusive(package: Package, entries: list[SheetEntry]) -> set[str]:
    """The parts of these sheets, and all that is reached from nowhere else."""
    if not entries:
        return set()
    gone = {part_name(entry.part) for entry in entries}
    kept, mine = _reached(package, "", gone), set(gone)
    for entry in entries:
        mine |= _reached(package, entry.part, set())
    lost = gone | (mine - kept)
    return lost | {part_name(rels_of(part)) for part in lost if rels_of(part) in package}


def _reached(package: Package, start: str, closed: set[str]) -> set[str]:
    """The parts that are reached from a part (`""`: from the package), not through those that are closed."""
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        for _, target in relations(package, ahead.pop()).values():
            name = part_name(target)
            if name not in seen and name not in closed:
                seen.add(name)
                ahead.append(target)
    return seen
