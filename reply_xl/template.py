"""The workbook that users start from: a table of contacts, dropdowns, text formats, colours by outcome, and a sheet of explanations.

`build` makes a whole one from cell values; `head`, `tail` and `other_parts` make what stands around rows that arrive one after another.
The same arguments give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import quoteattr

from reply_xl.fields import BY_NAME, CATALOGUE, fold
from reply_xl.kinds.literal import DATE, HEADER, HEADING, NOTE, cell_xml, escape, protect, row_xml, style_of
from reply_xl.mapping.columns import MESSAGE, OURS, PRACTICE, REPLY_ID, STATUS, UPDATED_AT, map_columns
from reply_xl.model import CellValue, Column, CustomField, Kind, column_letter
from reply_xl.parts import write_package

SHEET_PART = "xl/worksheets/sheet1.xml"
SHEET, TABLE = "Contacts", "Contacts_in_Reply"
LAST_ROW = 1_048_576

_FIRST = ("firstName", "lastName", "email", "title", "company", "companySize", "phone")
_LAST = ("notes", "isOptedOut", "ownerUserId", "accountId")
_MIDDLE = tuple(field.name for field in CATALOGUE if not field.read_only and field.name not in (*_FIRST, *_LAST))
HEADERS = (REPLY_ID, *(BY_NAME[name].label for name in (*_FIRST, *_MIDDLE, *_LAST)))
"""The id and every field that can be sent, by its label."""
READ_ONLY = tuple(f"Reply {field.label[0].lower()}{field.label[1:]}" for field in CATALOGUE if field.read_only and field.name != "id")

_LONGEST_HEADER = 255
_WIDTHS = {
    REPLY_ID: 13, STATUS: 20, MESSAGE: 60, UPDATED_AT: 21, "Email": 30, "First name": 12, "Last name": 14, "Title": 22, "Company": 23,
    "Company size": 16, "Notes": 20, "Opted out": 10, "Phone": 17, "Second phone": 17, "Time zone": 20, "LinkedIn URL": 36,
}  # fmt: skip
_COLOURS = (
    ("E2EFDA", ("Updated",)),
    ("EDEDED", ("Unchanged", "Skipped", "Undone")),
    ("FFF2CC", ("Invalid", "Not found", "Conflict", "Cancelled")),
    ("F8CBAD", ("Refused", "Not stored", "Unknown", "Failed")),
)
"""Fill by outcome. The sheet colours itself: no program has to write a colour."""

_NOTES = (
    ("One row is one contact", "The Reply ID says which. Without one, the e-mail finds the contact. With one, the e-mail proves that it is the right contact: it is not sent unless you allow it."),
    ("An empty cell", "leaves the field as it is in Reply. Empty cells never delete anything."),
    ("<clear>", "in a cell empties that field in Reply. E-mail, first name and owner cannot be emptied."),
    ("Dropdowns", "Company size, call status, meeting status and opted out take the values of their lists."),
    ("Phones, IDs and company sizes", "are formatted as text, so that 11-50 does not become a date and a phone keeps its + and zeros."),
    ("Columns", "Delete those you do not need, move them as you like, add “custom: Title” for a custom field. A column that reply_xl does not know is yours and is never touched."),
    ("Formulas", "are welcome in any column: their result is sent, and they stay."),
    ("Reply status, Reply message, Reply updated at", "are written by reply_xl: what became of the row, why, and when Reply stored it. What you type there is replaced."),
    ("Reply domain, Reply created at …", "are set by Reply alone. They are filled in and never sent."),
    ("Asks first", "Changes of e-mail, owner, account and opted out are held back until you allow them."),
    ("To begin", "In Excel select rows and click Preview, which sends nothing, then Update. Without Excel: reply-xl preview FILE, then reply-xl push FILE."),
)  # fmt: skip

_WHITE = '<color rgb="FFFFFFFF"/>'
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PKG = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def build(headers: Sequence[str], rows: Iterable[Sequence[CellValue]], customs: Sequence[CustomField] = ()) -> bytes:
    """A workbook with these headers and rows of cell values. Other headers than `HEADERS` are possible, and fewer."""
    columns = map_columns(headers, customs=customs)
    styles = [style_of(column.header, column.target) for column in columns]
    lines = []
    for number, cells in enumerate(rows, 2):
        lines.append(row_xml(number, [cell_xml(cell, style) for cell, style in zip(cells, styles, strict=True)]))
    sheet = head(columns) + "".join(lines).encode() + tail(columns)
    file = io.BytesIO()
    write_package(file, {**other_parts(columns, len(lines) + 1), SHEET_PART: sheet})
    return file.getvalue()


def download_columns(customs: Sequence[CustomField]) -> tuple[Column, ...]:
    """The columns of a download: every field, one column for each custom field, what only Reply sets, and our own."""
    headers = [*HEADERS]
    taken = {fold(header) for header in (*HEADERS, *READ_ONLY, *OURS)}
    for custom in customs:
        header = f"custom: {custom.title.strip()}"
        plain = header.isprintable() and len(header) <= _LONGEST_HEADER and fold(header) not in taken
        if not plain or map_columns([header], customs=customs)[0].target != custom:
            header = f"custom: #{custom.id}"
        taken.add(fold(header))
        headers.append(header)
    return map_columns([*headers, *READ_ONLY, *OURS], customs=customs)


def head(columns: Sequence[Column]) -> bytes:
    """The sheet up to its first contact: the same for the same columns, however many contacts follow."""
    pane = min(4, len(columns) - 1)
    corner = f"{column_letter(pane)}2"
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{_width(column)}" style="{style_of(column.header, column.target)}" customWidth="1"/>'
        for place, column in enumerate(columns, 1)
    )
    # a table's headers are shared strings, as Excel itself writes them
    headers = row_xml(1, [f' s="{HEADER}" t="s"><v>{place}</v></c>' for place in range(len(columns))])
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}" xmlns:r="{_REL}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView tabSelected="1" workbookViewId="0"><pane xSplit="{pane}" ySplit="1" topLeftCell="{corner}" '
        f'activePane="bottomRight" state="frozen"/><selection pane="bottomRight" activeCell="{corner}" sqref="{corner}"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols><sheetData>{headers}'
    ).encode()


def tail(columns: Sequence[Column]) -> bytes:
    """The sheet after its last contact. Colours and dropdowns hold for rows that are added later too."""
    return (
        f"</sheetData>{_colours(columns)}{_dropdowns(columns)}"
        '<pageMargins left="0.5" right="0.5" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup orientation="landscape" fitToHeight="0"/>'
        f'<ignoredErrors><ignoredError sqref="A2:{column_letter(len(columns) - 1)}{LAST_ROW}" numberStoredAsText="1"/></ignoredErrors>'
        '<tableParts count="1"><tablePart r:id="rId1"/></tableParts></worksheet>'
    ).encode()


def other_parts(columns: Sequence[Column], last_row: int) -> dict[str, bytes]:
    """Every part but the sheet of contacts, which ends in `last_row`."""
    area = f"A1:{column_letter(len(columns) - 1)}{max(last_row, 2)}"
    names = "".join(f'<tableColumn id="{place}" name={quoteattr(protect(c.header))}/>' for place, c in enumerate(columns, 1))
    headers = "".join(f'<si><t xml:space="preserve">{escape(column.header)}</t></si>' for column in columns)
    types = {
        "xl/workbook.xml": "sheet.main", SHEET_PART: "worksheet", "xl/worksheets/sheet2.xml": "worksheet", "xl/styles.xml": "styles",
        "xl/sharedStrings.xml": "sharedStrings", "xl/tables/table1.xml": "table",
    }  # fmt: skip
    overrides = "".join(f'<Override PartName="/{part}" ContentType="{_TYPE}.{kind}+xml"/>' for part, kind in types.items())
    texts = {
        "[Content_Types].xml": f'<Types xmlns="{_PKG}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><bookViews><workbookView/></bookViews><sheets>'
        f'<sheet name="{SHEET}" sheetId="1" r:id="rId1"/><sheet name="How it works" sheetId="2" r:id="rId2"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            ("worksheet", "worksheets/sheet1.xml"), ("worksheet", "worksheets/sheet2.xml"), ("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")
        ),
        "xl/styles.xml": _styles(),
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}" count="{len(columns)}" uniqueCount="{len(columns)}">{headers}</sst>',
        "xl/worksheets/_rels/sheet1.xml.rels": _relations(("table", "../tables/table1.xml")),
        "xl/tables/table1.xml": f'<table xmlns="{_MAIN}" id="1" name="{TABLE}" displayName="{TABLE}" ref="{area}" totalsRowShown="0">'
        f'<autoFilter ref="{area}"/><tableColumns count="{len(columns)}">{names}</tableColumns>'
        '<tableStyleInfo name="TableStyleMedium2" showFirstColumn="0" showLastColumn="0" showRowStripes="1" showColumnStripes="0"/></table>',
        "xl/worksheets/sheet2.xml": _explanations(),
    }  # fmt: skip
    return {name: (_HEAD + text).encode() for name, text in texts.items()}


def _width(column: Column) -> int:
    style = style_of(column.header, column.target)
    return _WIDTHS.get(column.header, 19 if style == DATE else min(max(len(column.header) + 4, 12), 30))


def _dropdowns(columns: Sequence[Column]) -> str:
    lists = []
    for column in columns:
        target = column.target
        if target is None or isinstance(target, CustomField) or target.read_only:
            continue
        labels = ["yes", "no"] if target.kind is Kind.BOOLEAN else [choice.label for choice in target.choices]
        if labels:
            lists.append(
                f'<dataValidation type="list" errorStyle="warning" allowBlank="1" showErrorMessage="1" errorTitle="{target.label}" '
                f'error="reply_xl understands: {escape(", ".join(labels))} – or &lt;clear&gt;" sqref="{column.letter}2:{column.letter}{LAST_ROW}">'
                f'<formula1>"{",".join(labels)}"</formula1></dataValidation>'
            )
    return f'<dataValidations count="{len(lists)}">{"".join(lists)}</dataValidations>' if lists else ""


def _colours(columns: Sequence[Column]) -> str:
    for column in columns:
        if column.header == STATUS:
            rules = "".join(
                f'<cfRule type="expression" dxfId="{place}" priority="{place + 1}"><formula>'
                f"OR({','.join(f'${column.letter}2=&quot;{mark}{word}&quot;' for word in words for mark in ('', PRACTICE))})</formula></cfRule>"
                for place, (_, words) in enumerate(_COLOURS)
            )
            return f'<conditionalFormatting sqref="{column.letter}2:{column.letter}{LAST_ROW}">{rules}</conditionalFormatting>'
    return ""


def _explanations() -> str:
    rows = "".join(
        row_xml(
            number, [cell_xml(what, HEADING), cell_xml(how, NOTE)], 30 if len(how) > 95 else None
        )  # not every program makes rows higher
        for number, (what, how) in enumerate(_NOTES, 1)
    )
    return (
        f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView showGridLines="0" workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        f'<cols><col min="1" max="1" width="46" customWidth="1"/><col min="2" max="2" width="95" customWidth="1"/></cols>'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )


def _relations(*links: tuple[str, str]) -> str:
    body = "".join(f'<Relationship Id="rId{number}" Type="{_REL}/{kind}" Target="{to}"/>' for number, (kind, to) in enumerate(links, 1))
    return f'<Relationships xmlns="{_PKG}/relationships">{body}</Relationships>'


def _styles() -> str:
    """The styles in the order of their numbers in `literal`."""
    font = '<font>{}<sz val="11"/>{}<name val="Calibri"/><family val="2"/></font>'
    xf = '<xf numFmtId="{}" fontId="{}" fillId="{}" borderId="0" xfId="0"{}'
    top = ' applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'
    cells = (
        xf.format(0, 0, 0, "/>"),
        xf.format(0, 1, 2, ' applyFont="1" applyFill="1"/>'),
        xf.format(49, 0, 0, ' applyNumberFormat="1"/>'),
        xf.format(164, 0, 0, ' applyNumberFormat="1"/>'),
        xf.format(0, 0, 0, ' quotePrefix="1"/>'),
        xf.format(0, 2, 0, ' applyFont="1"' + top),
        xf.format(0, 0, 0, top),
    )
    fills = "".join(f'<dxf><fill><patternFill><bgColor rgb="FF{colour}"/></patternFill></fill></dxf>' for colour, _ in _COLOURS)
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
        f'<fonts count="3">{font.format("", "")}{font.format("<b/>", _WHITE)}{font.format("<b/>", "")}</fonts>'
        '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
        '<fill><patternFill patternType="solid"><fgColor rgb="FF305496"/><bgColor indexed="64"/></patternFill></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(cells)}">{"".join(cells)}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        f'<dxfs count="{len(_COLOURS)}">{fills}</dxfs><tableStyles count="0" defaultTableStyle="TableStyleMedium2"/></styleSheet>'
    )
