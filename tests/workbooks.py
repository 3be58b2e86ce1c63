"""Workbooks built in code: a full one (charts, images, sparklines, comments, tables …), by-hand ones in odd but legal forms, and broken ones."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
import zlib
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PKG = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def png(red: int = 200) -> bytes:
    """A picture of one dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    body = zlib.compress(bytes([0, red, 10, 10]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", 1, 1, 8, 2, 0, 0, 0)) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def full(path: Path, rows: int = 12) -> Path:
    """A workbook with nearly everything XlsxWriter can make, its formulas with stored results."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    book.calc_on_load = False  # as Excel saves it: the results in the file are those that it shows
    book.set_properties({"title": "Leads", "author": "Nobody"})
    bold = book.add_format({"bold": True, "bg_color": "#FFEB9C"})
    money = book.add_format({"num_format": "$#,##0.00", "italic": True, "border": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    text = book.add_format({"num_format": "@"})
    leads = book.add_worksheet("Leads")
    for column, header in enumerate(["ID", "Email", "First name", "Phone", "Since", "Value", "Twice"]):
        leads.write(0, column, header, bold)
    for row in range(1, rows + 1):
        leads.write_number(row, 0, 2147000000 + row)
        leads.write_string(row, 1, f"ann{row}@example.com")
        leads.write_rich_string(row, 2, "Ann ", bold, "Ö", f" {row}")
        leads.write_string(row, 3, f"00{row}", text)
        leads.write_datetime(row, 4, dt.datetime(2026, 1, row % 28 + 1), day)
        leads.write_number(row, 5, row * 1.5, money)
        leads.write_formula(row, 6, f"=F{row + 1}*2", money, row * 3.0)
    leads.set_column("A:A", 14)
    leads.set_column("C:C", 20, None, {"hidden": True})
    leads.set_row(3, 30, None, {"hidden": True})
    leads.freeze_panes(1, 0)
    leads.autofilter(0, 0, rows, 6)
    leads.conditional_format("F2:F9", {"type": "data_bar", "data_bar_2010": True})
    leads.conditional_format("F2:F9", {"type": "cell", "criteria": ">", "value": 5, "format": bold})
    leads.data_validation("H2:H9", {"validate": "list", "source": ["yes", "no"]})
    leads.write_comment("B2", "Called twice", {"author": "Nobody"})
    leads.add_sparkline("I2", {"range": "Leads!F2:F9"})
    leads.insert_image("K2", "dot.png", {"image_data": io.BytesIO(png())})
    leads.insert_textbox("K8", "A text box")
    leads.write_url("J1", "https://example.com/")
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Leads!$F$2:$F$9"})
    leads.insert_chart("K12", chart)
    leads.insert_button("K4", {"macro": "Nothing", "caption": "Nothing"})
    leads.set_selection("A2:B4")

    other = book.add_worksheet("Table sheet")
    data = [["a", 1, True], ["b", 2, False], ["c", 3, True]]
    columns = [{"header": "Name"}, {"header": "Amount", "total_function": "sum"}, {"header": "Done"}]
    other.add_table("B3:D7", {"name": "People", "data": data, "columns": columns, "total_row": True})
    other.merge_range("F1:H2", "merged")
    other.write_dynamic_array_formula("J1", "=SEQUENCE(3)", None, 1)
    other.write_array_formula("L1:L3", "{=ROW(A1:A3)*2}", None, 2)
    other.write_formula("N1", '=IF(1,"","x")', None, "")
    other.write_formula("N2", "=1/0", None, "#DIV/0!")
    hidden = book.add_worksheet("Hidden")
    hidden.hide()
    hidden.write("A1", "secret")
    book.define_name("Amounts", "='Table sheet'!$C$4:$C$6")
    book.close()
    return path


STRANGE = {
    "xl/slicers/slicer1.xml": b'<?xml version="1.0"?><slicers xmlns="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"/>',
    "xl/threadedComments/threadedComment1.xml": b"<ThreadedComments/>",
    "customXml/item1.xml": b"<DataMashup>\x50\x4b not read by us</DataMashup>",
    "docMetadata/LabelInfo.xml": b"<clbl:labelList xmlns:clbl='urn:x'/>",
    "xl/vbaProject.bin": bytes(range(256)) * 40,
    "xl/printerSettings/printerSettings1.bin": b"\x00\x01printer",
}


def with_strange_parts(path: Path) -> Path:
    """Parts that no library here knows put into a workbook, some stored and some deflated, the archive's order mixed."""
    items = list(contents(path).items())
    with zipfile.ZipFile(path, "w") as package:
        for name, data in [*items[3:], *STRANGE.items(), *items[:3]]:
            info = zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10))
            info.compress_type = zipfile.ZIP_STORED if name.endswith(".bin") else zipfile.ZIP_DEFLATED
            package.writestr(info, data)
    return path


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {info.filename: package.read(info) for info in package.infolist()}


STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="14" applyNumberFormat="1"/>'
    '<xf numFmtId="49"><protection locked="0"/></xf><xf numFmtId="20"/></cellXfs></styleSheet>'
)


def by_hand(
    path: Path,
    rows: str,
    *,
    before: str = "",
    after: str = "",
    strings: list[str] | None = None,
    sheet: bytes | None = None,
    workbook: str = "",
    names: str = "",
    parts: dict[str, bytes] | None = None,
    sheet_rels: str = "",
    styles: str = STYLES,
    tabs: str = "",
    book_rels: str = "",
    types: str = "",
    main: str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
) -> Path:
    """A minimal workbook around `<sheetData>` contents; `sheet` replaces the whole sheet part."""
    xml = sheet or (f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{REL}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>').encode()
    table = "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in strings or [])
    everything: dict[str, bytes] = {
        "[Content_Types].xml": (
            f'{HEAD}<Types xmlns="{PKG}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{main}"/>'
            '<Override PartName="/xl/worksheets/sheet1.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
            '<Override PartName="/xl/sharedStrings.xml" '
            f'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>{types}</Types>'
        ).encode(),
        "_rels/.rels": (
            f'{HEAD}<Relationships xmlns="{PKG}/relationships"><Relationship Id="rId1" Type="{REL}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'
        ).encode(),
        "xl/workbook.xml": (
            f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{REL}">{workbook}<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/>{tabs}</sheets>'
            f"{names}</workbook>"
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            f'{HEAD}<Relationships xmlns="{PKG}/relationships"><Relationship Id="rId1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{REL}/styles" Target="styles.xml"/>'
            f'<Relationship Id="rId3" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/>{book_rels}</Relationships>'
        ).encode(),
        "xl/styles.xml": (HEAD + styles).encode(),
        "xl/sharedStrings.xml": f'{HEAD}<sst xmlns="{MAIN}">{table}</sst>'.encode(),
        "xl/worksheets/sheet1.xml": xml,
        **(parts or {}),
    }
    if sheet_rels:
        everything["xl/worksheets/_rels/sheet1.xml.rels"] = (
            f'{HEAD}<Relationships xmlns="{PKG}/relationships">{sheet_rels}</Relationships>'.encode()
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in everything.items():
            package.writestr(name, data)
    return path


def chained(path: Path) -> Path:
    """A workbook with a calculation chain: A1 and B1 hold formulas on sheet 1, A1 on sheet 2."""
    chain = f'{HEAD}<calcChain xmlns="{MAIN}"><c r="A1" i="1"/><c r="B1"/><c r="A1" i="2"/></calcChain>'
    second = f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row></sheetData></worksheet>'
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return by_hand(
        path,
        '<row r="1"><c r="A1"><f>2+2</f><v>4</v></c><c r="B1"><f>3+3</f><v>6</v></c></row>',
        parts={"xl/calcChain.xml": chain.encode(), "xl/worksheets/sheet2.xml": second.encode()},
        tabs='<sheet name="Sheet2" sheetId="2" r:id="rId9"/>',
        book_rels=f'<Relationship Id="rId9" Type="{REL}/worksheet" Target="worksheets/sheet2.xml"/>'
        f'<Relationship Id="rId8" Type="{REL}/calcChain" Target="calcChain.xml"/>',
        types=f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{sheet_type}.worksheet+xml"/>'
        f'<Override PartName="/xl/calcChain.xml" ContentType="{sheet_type}.calcChain+xml"/>',
    )
