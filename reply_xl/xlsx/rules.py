"""The rules of data validation of a worksheet: read when they are asked for, and written as one element in its place."""

from __future__ import annotations

from xml.sax.saxutils import escape, unescape

from reply_xl.xlsx.model import Area, Rule, SheetData, area_text, parse_area
from reply_xl.xlsx.xml import elements, escaped, prefix_of, set_attribute, tag_end

Edit = tuple[int, int, bytes]

# what may stand between the cells and the rules (ECMA-376 part 1, 18.3.1.99)
_BEFORE = (
    "sheetData", "sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate",
    "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting",
)  # fmt: skip


def read_rules(data: bytes, what: str) -> list[Rule]:
    """The rules in the part itself; those in its extensions (lists on other sheets, as newer versions write them) are not seen."""
    rules: list[Rule] = []
    formula = ""
    for tag, attributes, first, last in elements(data, what, lambda tag, depth: tag in ("dataValidation", "formula1") and depth in (3, 4)):
        if tag == "formula1":
            opened = tag_end(data, first)
            text = data[opened : data.rindex(b"</", opened, last)] if opened < last else b""
            formula = unescape(text.decode("utf-8", "replace"), {"&quot;": '"', "&apos;": "'"})
            continue
        areas = []
        for text_of_area in attributes.get("sqref", "").split():
            try:
                areas.append(parse_area(text_of_area))
            except ValueError:
                continue
        rules.append(Rule(areas, attributes.get("type", "none"), formula, attributes, data[first:last]))
        formula = ""
    return rules


def without(rules: list[Rule], area: Area) -> list[Rule]:
    """The rules with an area taken out of them."""
    left = []
    for rule in rules:
        areas = [part for old in rule.areas for part in _minus(old, area)]
        if areas:
            left.append(Rule(areas, rule.kind, rule.formula, rule.attributes, rule.source))
    return left


def _minus(area: Area, hole: Area) -> list[Area]:
    """The parts of an area round a hole: above it, below it, left and right of it."""
    top, left, bottom, right = max(area[0], hole[0]), max(area[1], hole[1]), min(area[2], hole[2]), min(area[3], hole[3])
    if top > bottom or left > right:
        return [area]
    parts = [
        (area[0], area[1], top - 1, area[3]),
        (bottom + 1, area[1], area[2], area[3]),
        (top, area[1], bottom, left - 1),
        (top, right + 1, bottom, area[3]),
    ]
    return [part for part in parts if part[0] <= part[2] and part[1] <= part[3]]


def rule_edits(data: bytes, what: str, sheet: SheetData) -> list[Edit]:
    """What puts the rules as they are now into the part."""
    found = elements(data, what, lambda tag, depth: depth == 2)
    old = next(((first, last) for tag, _, first, last in found if tag == "dataValidations"), None)
    x = prefix_of(data, found[0][2])
    rules = b"".join(_element(x.decode(), rule) for rule in sheet.rules or ())
    body = b'<%sdataValidations count="%d">%s</%sdataValidations>' % (x, len(sheet.rules or ()), rules, x) if rules else b""
    if old is None:
        at = max(last for tag, _, _, last in found if tag in _BEFORE)
        old = (at, at)
    return [(*old, body)]


def _element(x: str, rule: Rule) -> bytes:
    places = " ".join(map(area_text, rule.areas))
    if rule.source:
        return set_attribute(rule.source, b"sqref", places.encode())
    attributes = "".join(f' {key}="{escaped(text)}"' for key, text in {"type": rule.kind, **rule.attributes, "sqref": places}.items())
    return f"<{x}dataValidation{attributes}><{x}formula1>{escape(rule.formula)}</{x}formula1></{x}dataValidation>".encode()
