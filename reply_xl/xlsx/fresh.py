"""The bytes of a new, empty workbook with sheets of given names: what Excel writes for one, reduced to the parts that a workbook needs."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import quoteattr

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PKG = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_SHEET = f'{_HEAD}<worksheet xmlns="{_MAIN}"><dimension ref="A1"/><sheetFormatPr defaultRowHeight="15"/><sheetData/></worksheet>'


def fresh_bytes(sheets: list[tuple[str, str, str]], active: int = 0) -> bytes:
    """A workbook with these sheets: (name, number of the part and id, state)."""
    from openpyxl.writer.theme import theme_xml  # the Office theme, 10 kB; imported for fresh books only

    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{part}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for _, part, _ in sheets
    )
    tabs = "".join(
        f'<sheet name={quoteattr(name, {chr(34): "&quot;"})} sheetId="{part}" state="{state}" r:id="rId{part}"/>'
        for name, part, state in sheets
    )
    links = "".join(f'<Relationship Id="rId{part}" Type="{_REL}/worksheet" Target="worksheets/sheet{part}.xml"/>' for _, part, _ in sheets)
    parts = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PKG}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{overrides}'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        '<Override PartName="/xl/theme/theme1.xml" ContentType="application/vnd.openxmlformats-officedocument.theme+xml"/></Types>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PKG}/relationships"><Relationship Id="rId1" Type="{_REL}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><bookViews><workbookView activeTab="{active}"/></bookViews>'
        f"<sheets>{tabs}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PKG}/relationships">{links}'
        f'<Relationship Id="rIdStyles" Type="{_REL}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rIdTheme" Type="{_REL}/theme" Target="theme/theme1.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
        "xl/theme/theme1.xml": theme_xml,
        **{f"xl/worksheets/sheet{part}.xml": _SHEET for _, part, _ in sheets},
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, text)
    return file.getvalue()
