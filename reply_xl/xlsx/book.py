"""Reading what a workbook file says about itself: sheets, names, date system, the active sheet, shared strings."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from reply_xl.errors import WorkbookError
from reply_xl.xlsx.open import Package, part_name
from reply_xl.xlsx.xml import Scanner, attribute, is_on, number


@dataclass
class SheetEntry:
    """One worksheet of the workbook, in the order of its tabs. `tab` counts chart sheets too."""

    name: str
    part: str
    sheet_id: str
    state: str
    tab: int


@dataclass
class DefinedName:
    name: str
    refers_to: str
    scope: int | None
    hidden: bool


@dataclass
class BookData:
    part: str
    sheets: list[SheetEntry]
    names: list[DefinedName]
    active_tab: int
    date1904: bool
    strings_part: str | None
    styles_part: str | None
    theme_part: str | None
    chain_part: str | None
    tab_names: list[str] = field(default_factory=list)
    calculates_by_hand: bool = False
    results_are_old: bool = False
    """Whether the file asks for everything to be calculated when it is opened: the results in it are not those that Excel shows."""


def relations(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """The relationships of a part: id → (last word of the type, target part). Targets outside the package are left out."""
    folder, name = posixpath.split(part)
    rels = posixpath.join(folder, "_rels", name + ".rels")
    found: dict[str, tuple[str, str]] = {}
    if rels not in package:
        return found

    scanner = Scanner(package.read(rels), package.name)

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = unquote(attributes.get("Target", "")).replace("\\", "/")
            path = target if target.startswith("/") else posixpath.join("/" + folder, target)
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, posixpath.normpath(path).lstrip("/"))

    scanner.run(start)
    return found


def read_book(package: Package) -> BookData:
    """The workbook part, found through the package's relationships."""
    main = next((target for kind, target in relations(package, "").values() if kind == "officeDocument"), "xl/workbook.xml")
    if main not in package:
        raise WorkbookError(f"{package.name} is not an Excel workbook, whatever its name says: save it as .xlsx in Excel first.")
    if main.lower().endswith(".bin"):
        raise WorkbookError(f"{package.name} is a binary workbook (.xlsb): save it as .xlsx in Excel first.")
    links = relations(package, main)
    kinds = dict(links.values())

    def part(kind: str) -> str | None:
        return kinds[kind] if kind in kinds and kinds[kind] in package else None

    book = BookData(
        part=main, sheets=[], names=[], active_tab=0, date1904=False, strings_part=part("sharedStrings"),
        styles_part=part("styles"), theme_part=part("theme"), chain_part=part("calcChain"),
    )  # fmt: skip
    scanner = Scanner(package.read(main), package.name)
    views = 0
    text: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal views
        if scanner.depth == 1 and tag != "workbook":
            raise WorkbookError(f"{package.name} is not an Excel workbook: its main part is something else.")
        if tag == "workbookPr":
            book.date1904 = is_on(attributes.get("date1904"))
        elif tag == "calcPr":
            book.calculates_by_hand = attributes.get("calcMode") == "manual"
            book.results_are_old = is_on(attributes.get("fullCalcOnLoad"))
        elif tag == "workbookView" and views == 0:
            views += 1
            book.active_tab = number(attributes.get("activeTab"))
        elif tag == "sheet" and scanner.depth == 3:
            kind, target = links.get(attribute(attributes, "id") or "", ("", ""))
            name = attributes.get("name", "")
            tab = len(book.tab_names)
            book.tab_names.append(name)
            if kind == "worksheet" and target in package:
                state = attributes.get("state", "visible")
                book.sheets.append(SheetEntry(name, target, attributes.get("sheetId", ""), state, tab))
        elif tag == "definedName":
            text.clear()
            scope = attributes.get("localSheetId")
            book.names.append(
                DefinedName(attributes.get("name", ""), "", None if scope is None else number(scope), is_on(attributes.get("hidden")))
            )

    def end(tag: str) -> None:
        if tag == "definedName":
            book.names[-1].refers_to = "".join(text)
            text.clear()

    scanner.parser.CharacterDataHandler = text.append
    scanner.run(start, end)
    if not book.sheets:
        raise WorkbookError(f"{package.name} holds no worksheet.")
    seen: set[str] = set()
    for sheet in book.sheets:
        if not sheet.name or sheet.name.lower() in seen or part_name(sheet.part) in seen:
            raise WorkbookError(f"{package.name} is damaged: two of its sheets have the same name, or one has none.")
        seen |= {sheet.name.lower(), part_name(sheet.part)}
    return book


MAX_STRINGS = 10_000_000

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LONE = re.compile("[\ud800-\udfff]")


def unescape(text: str) -> str:
    """`_x000D_` and its like decoded (ECMA-376 part 1, 22.9.2.19); a lone surrogate becomes U+FFFD."""
    if "_x" not in text:
        return text
    decoded = _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text)
    if _LONE.search(decoded):
        decoded = decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return decoded


def read_strings(package: Package, part: str | None) -> list[str]:
    """The shared strings as plain text: runs of rich text joined, phonetic hints left out."""
    strings: list[str] = []
    if part is None:
        return strings
    scanner = Scanner(package.read(part), package.name)
    pieces: list[str] = []
    text: list[str] = []
    phonetic = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal phonetic
        if tag == "t":
            text.clear()
        elif tag == "si":
            pieces.clear()
        elif tag == "rPh":
            phonetic += 1

    def end(tag: str) -> None:
        nonlocal phonetic
        if tag == "t":
            if not phonetic:
                pieces.append("".join(text))
        elif tag == "si":
            if len(strings) > MAX_STRINGS:
                raise WorkbookError(f"{package.name} holds more than {MAX_STRINGS:,} texts; it is not opened.")
            strings.append(unescape(pieces[0]) if len(pieces) == 1 else "".join(map(unescape, pieces)))
        elif tag == "rPh":
            phonetic -= 1

    scanner.parser.CharacterDataHandler = text.append
    scanner.run(start, end)
    return strings
