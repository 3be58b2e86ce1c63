"""The bytes of a new workbook with empty sheets: what Excel writes for one, reduced to the parts that a workbook needs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

from reply_xl.xlsx.book import DefinedName, SheetEntry
from reply_xl.xlsx.model import area_text
from reply_xl.xlsx.tables import Table, column_name
from reply_xl.xlsx.xml import escaped

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PKG = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_THEME_TYPE = "application/vnd.openxmlformats-officedocument.theme"

_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def fresh_bytes(sheets: Sequence[tuple[SheetEntry, Sequence[Table]]], names: Sequence[DefinedName], active: int = 0) -> bytes:
    """A workbook with these sheets, their tables, and these names. The sheet of id 3 is the part `sheet3.xml`; its cells are empty."""
    from openpyxl.writer.theme import theme_xml  # the Office theme, 10 kB; imported for fresh books only

    tabs = "".join(
        f'<sheet name="{escaped(entry.name)}" sheetId="{entry.sheet_id}" state="{entry.state}" r:id="rId{entry.sheet_id}"/>'
        for entry, _ in sheets
    )
    defined = "".join(f'<definedName name="{escaped(name.name)}"{_scope(name)}>{escape(name.refers_to)}</definedName>' for name in names)
    parts = {
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><bookViews><workbookView activeTab="{active}"/></bookViews>'
        f"<sheets>{tabs}</sheets>{defined and f'<definedNames>{defined}</definedNames>'}</workbook>",
        "xl/_rels/workbook.xml.rels": _links(
            *((f"rId{entry.sheet_id}", "worksheet", f"worksheets/sheet{entry.sheet_id}.xml") for entry, _ in sheets),
            ("rIdStyles", "styles", "styles.xml"),
            ("rIdTheme", "theme", "theme/theme1.xml"),
        ),
        "xl/styles.xml": _STYLES,
        "xl/theme/theme1.xml": theme_xml,
    }
    kinds = {"xl/workbook.xml": f"{_TYPE}.sheet.main", "xl/styles.xml": f"{_TYPE}.styles", "xl/theme/theme1.xml": _THEME_TYPE}
    for entry, tables in sheets:
        parts[entry.part] = _sheet(len(tables))
        kinds[entry.part] = f"{_TYPE}.worksheet"
        if tables:
            links = ((f"rId{number}", "table", f"/{table.part}") for number, table in enumerate(tables, 1))
            parts[f"xl/worksheets/_rels/sheet{entry.sheet_id}.xml.rels"] = _links(*links)
        for table in tables:
            parts[table.part] = _table(table)
            kinds[table.part] = f"{_TYPE}.table"
    overrides = "".join(f'<Override PartName="/{part}" ContentType="{kind}+xml"/>' for part, kind in kinds.items())
    parts = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PKG}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f"{overrides}</Types>",
        "_rels/.rels": _links(("rId1", "officeDocument", "xl/workbook.xml")),
        **parts,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, text)
    return file.getvalue()


def _scope(name: DefinedName) -> str:
    return "" if name.scope is None else f' localSheetId="{name.scope}"'


def _sheet(tables: int) -> str:
    links = "".join(f'<tablePart r:id="rId{number}"/>' for number in range(1, tables + 1))
    after = f'<tableParts count="{tables}">{links}</tableParts>' if tables else ""
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}" xmlns:r="{_REL}"><dimension ref="A1"/><sheetFormatPr defaultRowHeight="15"/><sheetData/>'
        f"{after}</worksheet>"
    )


def _table(table: Table) -> str:
    area = area_text(table.area)
    filter_ = f'<autoFilter ref="{area}"/>' if table.filtered else ""
    columns = "".join(f'<tableColumn id="{number}" name="{column_name(name)}"/>' for number, name in enumerate(table.columns, 1))
    style = (
        f'<tableStyleInfo name="{escaped(table.style)}" showFirstColumn="{table.first_column:d}" showLastColumn="{table.last_column:d}" '
        f'showRowStripes="{table.row_stripes:d}" showColumnStripes="{table.column_stripes:d}"/>'
    )
    return (
        f'{_HEAD}<table xmlns="{_MAIN}" id="{table.id}" name="{escaped(table.name)}" displayName="{escaped(table.display_name)}" ref="{area}" '
        f'insertRow="{table.insert_row:d}" totalsRowShown="0">{filter_}'
        f'<tableColumns count="{len(table.columns)}">{columns}</tableColumns>{style}</table>'
    )


def _links(*links: tuple[str, str, str]) -> str:
    found = "".join(f'<Relationship Id="{key}" Type="{_REL}/{kind}" Target="{target}"/>' for key, kind, target in links)
    return f'{_HEAD}<Relationships xmlns="{_PKG}/relationships">{found}</Relationships>'
