"""Workbooks that hold what libraries drop when they save: by hand as Excel writes them, or through LibreOffice."""

from __future__ import annotations

import subprocess
from pathlib import Path

from workbooks import HEAD, MAIN, REL, by_hand, png

_MS = "http://schemas.microsoft.com/office"
_X14 = f"{_MS}/spreadsheetml/2009/9/main"
_XM = f"{_MS}/excel/2006/main"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ID = "{00000000-0000-0000-0000-00000000000%s}"

CONTACTS = [
    ["ID", "Email", "First name", "Replied at", "Length"],
    *[[2147000000 + row, f"ann{row}@example.com", f"Ann {row}", None, 16] for row in range(2, 8)],
]


def _rels(*links: tuple[str, str] | tuple[str, str, str]) -> bytes:
    """Relationships rId1, rId2 …: (type, target), with a third item for a target outside."""
    found = "".join(
        f'<Relationship Id="rId{number}" Type="{kind if ":" in kind else f"{REL}/{kind}"}" Target="{target}"'
        f"{f' TargetMode={chr(34)}External{chr(34)}' if mode else ''}/>"
        for number, (kind, target, *mode) in enumerate(links, 1)
    )
    return f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{found}</Relationships>'.encode()


def _rows() -> str:
    """Rows with every kind of cell that Excel writes: shared and rich text, errors, cached text, a dynamic array, a shared formula."""
    rows = [
        '<row r="1" spans="1:5" x14ac:dyDescent="0.25">'
        + "".join(f'<c r="{c}1" t="s"><v>{n}</v></c>' for n, c in enumerate("ABCDE"))
        + "</row>"
    ]
    for row in range(2, 8):
        formula = '<f t="shared" si="0"/>' if row > 3 else '<f t="shared" ref="E3:E7" si="0">LEN(B3)</f>'
        last = f'<c r="E{row}">{formula}<v>16</v></c>' if row > 2 else '<c r="E2" cm="1"><f t="array" ref="E2">LEN(B2)</f><v>16</v></c>'
        more = ' ht="30" customHeight="1" hidden="1"' if row == 4 else ""
        rows.append(
            f'<row r="{row}" spans="1:5"{more} x14ac:dyDescent="0.25"><c r="A{row}" s="2"><v>{2147000000 + row}</v></c>'
            f'<c r="B{row}" t="s"><v>{row + 3}</v></c><c r="C{row}" t="s"><v>{row + 9}</v></c><c r="D{row}" s="1"/>{last}</row>'
        )
    rows.append(
        '<row r="9"><c r="A9" t="e"><v>#N/A</v></c><c r="B9" t="str"><f>IF(1,"","x")</f><v></v></c><c r="C9" t="b"><v>1</v></c></row>'
    )
    return "".join(rows)


def _sheet() -> bytes:
    """The sheet that is pushed: what stands round `sheetData` in Excel's own files."""
    cells = (
        f'<extLst><ext uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}" xmlns:x14="{_X14}"><x14:conditionalFormattings>'
        f'<x14:conditionalFormatting xmlns:xm="{_XM}"><x14:cfRule type="dataBar" id="{_ID % 1}"><x14:dataBar minLength="0" maxLength="100">'
        '<x14:cfvo type="autoMin"/><x14:cfvo type="autoMax"/><x14:negativeFillColor rgb="FFFF0000"/><x14:axisColor rgb="FF000000"/>'
        "</x14:dataBar></x14:cfRule><xm:sqref>E2:E7</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext>"
        f'<ext uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}" xmlns:x14="{_X14}"><x14:dataValidations count="1" xmlns:xm="{_XM}">'
        '<x14:dataValidation type="list" allowBlank="1"><x14:formula1><xm:f>Query!$A$2:$A$3</xm:f></x14:formula1><xm:sqref>C2:C7</xm:sqref>'
        "</x14:dataValidation></x14:dataValidations></ext>"
        f'<ext uri="{{05C60535-1F16-4fd2-B633-F4F36F0B64E0}}" xmlns:x14="{_X14}"><x14:sparklineGroups xmlns:xm="{_XM}"><x14:sparklineGroup>'
        "<x14:sparklines><x14:sparkline><xm:f>Sheet1!E2:E7</xm:f><xm:sqref>B9</xm:sqref></x14:sparkline></x14:sparklines>"
        "</x14:sparklineGroup></x14:sparklineGroups></ext>"
        f'<ext uri="{{A8765BA9-456A-4dab-B4F3-ACF838C121DE}}" xmlns:x14="{_X14}"><x14:slicerList><x14:slicer r:id="rId7"/></x14:slicerList></ext>'
        "</extLst>"
    )
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{REL}" xmlns:mc="{_MC}" mc:Ignorable="x14ac" xmlns:x14ac="{_MS}/spreadsheetml/2009/9/ac">'
        '<sheetPr codeName="Sheet1"><tabColor rgb="FF00B050"/></sheetPr><dimension ref="A1:E9"/><sheetViews><sheetView tabSelected="1" '
        'workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" '
        'activeCell="A2" sqref="A2:A3"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15" x14ac:dyDescent="0.25"/><cols>'
        "<col min='1' max='2' width='20.5' customWidth='1'/><col min=\"3\" max=\"3\" width=\"9\" hidden=\"1\"/><col min=\"4\" max=\"16384\" "
        f'width="9.140625"/></cols>\n<sheetData>{_rows()}</sheetData>\n'
        '<customSheetViews><customSheetView guid="{11111111-1111-1111-1111-111111111111}"><pane ySplit="3" activePane="bottomLeft"/>'
        '<selection pane="bottomLeft" sqref="A7"/></customSheetView></customSheetViews>'
        '<conditionalFormatting sqref="E2:E7"><cfRule type="dataBar" priority="1"><dataBar><cfvo type="min"/><cfvo type="max"/>'
        f'<color rgb="FF638EC6"/></dataBar><extLst><ext xmlns:x14="{_X14}" uri="{{B025F937-C7B1-47D3-B67F-A62EFF666E3E}}">'
        f"<x14:id>{_ID % 1}</x14:id></ext></extLst></cfRule></conditionalFormatting>"
        '<dataValidations count="1"><dataValidation type="list" sqref="A2:A7"><formula1>"1,2"</formula1></dataValidation></dataValidations>'
        '<hyperlinks><hyperlink ref="B9" r:id="rId9"/></hyperlinks><pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" '
        'footer="0.3"/><pageSetup paperSize="9" orientation="landscape" r:id="rId6"/><headerFooter><oddHeader>&amp;CContacts</oddHeader>'
        '</headerFooter><drawing r:id="rId8"/><legacyDrawing r:id="rId3"/><mc:AlternateContent><mc:Choice Requires="x14"><controls>'
        '<mc:AlternateContent><mc:Choice Requires="x14"><control shapeId="1026" r:id="rId5" name="Check Box 1"><controlPr defaultSize="0">'
        "<anchor><from><xdr:col>6</xdr:col><xdr:row>1</xdr:row></from><to><xdr:col>7</xdr:col><xdr:row>2</xdr:row></to></anchor></controlPr>"
        "</control></mc:Choice></mc:AlternateContent></controls></mc:Choice></mc:AlternateContent>"
        f'<tableParts count="1"><tablePart r:id="rId1"/></tableParts>{cells}</worksheet>'
    ).replace("<anchor>", f'<anchor xmlns:xdr="{_XDR}">', 1).encode()  # fmt: skip


def _drawing() -> bytes:
    slicer = "http://schemas.microsoft.com/office/drawing/2010/slicer"
    place = "".join(f"<xdr:{tag}>{number}</xdr:{tag}>" for tag, number in (("col", 8), ("colOff", 0), ("row", 1), ("rowOff", 0)))
    return (
        f'{HEAD}<xdr:wsDr xmlns:xdr="{_XDR}" xmlns:a="{_A}"><xdr:twoCellAnchor><xdr:from>{place}</xdr:from><xdr:to>{place.replace("8", "10")}'
        f'</xdr:to><mc:AlternateContent xmlns:mc="{_MC}"><mc:Choice Requires="sle15" xmlns:sle15="{slicer}"><xdr:graphicFrame macro=""/>'
        "</mc:Choice><mc:Fallback/></mc:AlternateContent><xdr:clientData/></xdr:twoCellAnchor><xdr:oneCellAnchor><xdr:from>"
        f'{place}</xdr:from><xdr:ext cx="9525" cy="9525"/><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="dot"/><xdr:cNvPicPr/></xdr:nvPicPr>'
        f'<xdr:blipFill><a:blip xmlns:r="{REL}" r:embed="rId1"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/></xdr:oneCellAnchor></xdr:wsDr>'
    ).encode()


def _vml() -> bytes:
    return (
        b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        b'xmlns:x="urn:schemas-microsoft-com:office:excel">\r\n<v:shape id="_x0000_s1025" type="#_x0000_t202"><x:ClientData ObjectType="Note">'
        b"<x:Row>1</x:Row><x:Column>1</x:Column></x:ClientData></v:shape>\r\n"
        b'<v:shape id="_x0000_s1026" type="#_x0000_t201"><x:ClientData ObjectType="Checkbox"/></v:shape></xml>'
    )


def _pivot() -> dict[str, bytes]:
    cache = (
        f'<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{REL}" r:id="rId1" recordCount="2"><cacheSource type="worksheet"><worksheetSource '
        'ref="A1:B3" sheet="Query"/></cacheSource><cacheFields count="2"><cacheField name="Name" numFmtId="0"><sharedItems count="2">'
        '<s v="a"/><s v="b"/></sharedItems></cacheField><cacheField name="Amount" numFmtId="0"><sharedItems containsSemiMixedTypes="0" '
        'containsString="0" containsNumber="1" containsInteger="1" minValue="1" maxValue="2"/></cacheField></cacheFields></pivotCacheDefinition>'
    )
    records = f'<pivotCacheRecords xmlns="{MAIN}" count="2"><r><x v="0"/><n v="1"/></r><r><x v="1"/><n v="2"/></r></pivotCacheRecords>'
    table = (
        f'<pivotTableDefinition xmlns="{MAIN}" name="PivotTable1" cacheId="7" dataCaption="Values"><location ref="A3:B6" firstHeaderRow="1" '
        'firstDataRow="1" firstDataCol="1"/><pivotFields count="2"><pivotField axis="axisRow" showAll="0"><items count="3"><item x="0"/>'
        '<item x="1"/><item t="default"/></items></pivotField><pivotField dataField="1" showAll="0"/></pivotFields><rowFields count="1">'
        '<field x="0"/></rowFields><rowItems count="3"><i><x/></i><i><x v="1"/></i><i t="grand"><x/></i></rowItems><colItems count="1"><i/>'
        '</colItems><dataFields count="1"><dataField name="Sum of Amount" fld="1"/></dataFields></pivotTableDefinition>'
    )
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" t="str"><v>{name}</v></c><c r="B{row}"><v>{value}</v></c></row>'
        for row, name, value in ((4, "a", 1), (5, "b", 2), (6, "Grand Total", 3))
    )
    return {
        "xl/worksheets/sheet2.xml": f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode(),
        "xl/worksheets/_rels/sheet2.xml.rels": _rels(("pivotTable", "../pivotTables/pivotTable1.xml")),
        "xl/pivotTables/pivotTable1.xml": (HEAD + table).encode(),
        "xl/pivotTables/_rels/pivotTable1.xml.rels": _rels(("pivotCacheDefinition", "../pivotCache/pivotCacheDefinition1.xml")),
        "xl/pivotCache/pivotCacheDefinition1.xml": (HEAD + cache).encode(),
        "xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels": _rels(("pivotCacheRecords", "pivotCacheRecords1.xml")),
        "xl/pivotCache/pivotCacheRecords1.xml": (HEAD + records).encode(),
    }


def _query() -> dict[str, bytes]:
    """A Power Query: the mashup in UTF-16 as Excel writes it, its connection, and a table that is fed by it. And a dynamic array that spills."""
    rows = (
        '<row r="1"><c r="A1" t="str"><v>Name</v></c><c r="B1" t="str"><v>Amount</v></c><c r="D1" cm="1"><f t="array" ref="D1:D3">'
        '_xlfn.SEQUENCE(3)</f><v>1</v></c></row><row r="2"><c r="A2" t="str"><v>a</v></c><c r="B2"><v>1</v></c><c r="D2"><v>2</v></c></row>'
        '<row r="3"><c r="A3" t="str"><v>b</v></c><c r="B3"><v>2</v></c><c r="D3"><v>3</v></c></row>'
    )
    table = (
        f'<table xmlns="{MAIN}" id="2" name="Query1" displayName="Query1" ref="A1:B3" tableType="queryTable" totalsRowShown="0">'
        '<autoFilter ref="A1:B3"/><tableColumns count="2"><tableColumn id="1" name="Name" queryTableFieldId="1"/>'
        '<tableColumn id="2" name="Amount" queryTableFieldId="2"/></tableColumns></table>'
    )
    query = (
        f'<queryTable xmlns="{MAIN}" name="ExternalData_1" connectionId="1" autoFormatId="16"><queryTableRefresh nextId="3">'
        '<queryTableFields count="2"><queryTableField id="1" name="Name" tableColumnId="1"/><queryTableField id="2" name="Amount" '
        'tableColumnId="2"/></queryTableFields></queryTableRefresh></queryTable>'
    )
    mashup = '<?xml version="1.0" encoding="utf-16"?><DataMashup xmlns="http://schemas.microsoft.com/DataMashup">AAAAAA==</DataMashup>'
    connection = (
        f'<connections xmlns="{MAIN}"><connection id="1" name="Query - Query1" type="5" refreshedVersion="8" background="1">'
        '<dbPr connection="Provider=Microsoft.Mashup.OleDb.1;Data Source=$Workbook$;Location=Query1" command="SELECT * FROM [Query1]"/>'
        "</connection></connections>"
    )
    properties = f'<ds:datastoreItem xmlns:ds="http://schemas.openxmlformats.org/officeDocument/2006/customXml" ds:itemID="{_ID % 2}"/>'
    return {
        "xl/worksheets/sheet3.xml": (
            f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{REL}"><sheetData>{rows}</sheetData><tableParts count="1"><tablePart r:id="rId1"/>'
            "</tableParts></worksheet>"
        ).encode(),
        "xl/worksheets/_rels/sheet3.xml.rels": _rels(("table", "../tables/table2.xml")),
        "xl/tables/table2.xml": (HEAD + table).encode(),
        "xl/tables/_rels/table2.xml.rels": _rels(("queryTable", "../queryTables/queryTable1.xml")),
        "xl/queryTables/queryTable1.xml": (HEAD + query).encode(),
        "xl/connections.xml": (HEAD + connection).encode(),
        "customXml/item1.xml": mashup.encode("utf-16"),
        "customXml/itemProps1.xml": properties.encode(),
        "customXml/_rels/item1.xml.rels": _rels(("customXmlProps", "itemProps1.xml")),
    }


def _comments() -> dict[str, bytes]:
    legacy = (
        f'<comments xmlns="{MAIN}"><authors><author>tc={_ID % 3}</author></authors><commentList><comment ref="B2" authorId="0"><text><t>'
        "[Threaded comment] Called twice</t></text></comment></commentList></comments>"
    )
    threads = f"{_MS}/spreadsheetml/2018/threadedcomments"
    thread = (
        f'<ThreadedComments xmlns="{threads}"><threadedComment ref="B2" dT="2026-05-28T10:30:00.00" personId="{_ID % 4}" id="{_ID % 3}">'
        "<text>Called twice</text></threadedComment></ThreadedComments>"
    )
    people = f'<personList xmlns="{threads}"><person displayName="Nobody" id="{_ID % 4}" userId="nobody" providerId="None"/></personList>'
    return {
        "xl/comments1.xml": (HEAD + legacy).encode(),
        "xl/threadedComments/threadedComment1.xml": (HEAD + thread).encode(),
        "xl/persons/person.xml": (HEAD + people).encode(),
    }


def _strings() -> bytes:
    plain = [*(str(text) for text in CONTACTS[0]), *(str(row[1]) for row in CONTACTS[1:])]
    rich = [f"<r><t>Ann</t></r><r><rPr><b/></rPr><t xml:space='preserve'> {row}</t></r>" for row in range(2, 8)]
    items = "".join(f"<si>{item}</si>" for item in [*(f"<t>{text}</t>" for text in plain), *rich])
    return f'{HEAD}<sst xmlns="{MAIN}" count="{len(plain) + 6}" uniqueCount="{len(plain) + 6}">{items}</sst>'.encode()


_TABLE = (
    f'<table xmlns="{MAIN}" id="1" name="People" displayName="People" ref="A1:E7" totalsRowShown="0" comment="its ref=\'A1\' stays">'
    '<autoFilter ref="A1:E7"><filterColumn colId="1"><customFilters><customFilter operator="notEqual" val=" "/></customFilters></filterColumn>'
    '</autoFilter><tableColumns count="5">'
    + "".join(f'<tableColumn id="{number}" name="{name}"/>' for number, name in enumerate(CONTACTS[0][:4], 1))  # type: ignore[arg-type]
    + '<tableColumn id="9" name="Length"><calculatedColumnFormula>LEN(B2)</calculatedColumnFormula></tableColumn></tableColumns>'
    '<tableStyleInfo name="TableStyleMedium2" showRowStripes="1"/></table>'
)


def office(path: Path) -> Path:
    """A workbook with macros as Excel writes it, its contacts in a table (A1:E7 of the first sheet), with nearly everything that Excel knows."""
    parts = {
        "xl/worksheets/sheet1.xml": _sheet(),
        "xl/worksheets/_rels/sheet1.xml.rels": _rels(
            ("table", "../tables/table1.xml"), ("comments", "../comments1.xml"), ("vmlDrawing", "../drawings/vmlDrawing1.vml"),
            (f"{_MS}/2017/10/relationships/threadedComment", "../threadedComments/threadedComment1.xml"), ("ctrlProp", "../ctrlProps/ctrlProp1.xml"),
            ("printerSettings", "../printerSettings/printerSettings1.bin"), (f"{_MS}/2007/relationships/slicer", "../slicers/slicer1.xml"),
            ("drawing", "../drawings/drawing1.xml"), ("hyperlink", "https://example.com/", "External"),
        ),
        "xl/tables/table1.xml": (HEAD + _TABLE).encode(),
        "xl/drawings/vmlDrawing1.vml": _vml(),
        "xl/drawings/drawing1.xml": _drawing(),
        "xl/drawings/_rels/drawing1.xml.rels": _rels(("image", "../media/image1.png")),
        "xl/media/image1.png": png(),
        "xl/ctrlProps/ctrlProp1.xml": f'{HEAD}<formControlPr xmlns="{_X14}" objectType="CheckBox" checked="Checked"/>'.encode(),
        "xl/printerSettings/printerSettings1.bin": bytes(range(256)),
        "xl/slicers/slicer1.xml": f'{HEAD}<slicers xmlns="{_X14}"><slicer name="Name" cache="Slicer_Name" rowHeight="1"/></slicers>'.encode(),
        "xl/slicerCaches/slicerCache1.xml": (
            f'{HEAD}<slicerCacheDefinition xmlns="{_X14}" name="Slicer_Name" sourceName="Name"><pivotTables><pivotTable tabId="2" '
            'name="PivotTable1"/></pivotTables></slicerCacheDefinition>'
        ).encode(),
        "xl/metadata.xml": (
            f'{HEAD}<metadata xmlns="{MAIN}" xmlns:xda="{_MS}/spreadsheetml/2017/dynamicarray"><metadataTypes count="1"><metadataType '
            'name="XLDAPR" minSupportedVersion="120000" cellMeta="1"/></metadataTypes><futureMetadata name="XLDAPR" count="1"><bk><extLst>'
            '<ext uri="{bdbb8cdc-fa1e-496e-a857-3c3f30c029c3}"><xda:dynamicArrayProperties fDynamic="1" fCollapsed="0"/></ext></extLst></bk>'
            '</futureMetadata><cellMetadata count="1"><bk><rc t="1" v="0"/></bk></cellMetadata></metadata>'
        ).encode(),
        "xl/externalLinks/externalLink1.xml": (
            f'{HEAD}<externalLink xmlns="{MAIN}" xmlns:r="{REL}"><externalBook r:id="rId1"><sheetNames><sheetName val="Sheet1"/></sheetNames>'
            "</externalBook></externalLink>"
        ).encode(),
        "xl/externalLinks/_rels/externalLink1.xml.rels": _rels((f"{REL}/externalLinkPath", "other%20book.xlsx", "External")),
        "xl/calcChain.xml": (
            f'{HEAD}<calcChain xmlns="{MAIN}"><c r="E2" i="1" a="1"/>' + "".join(f'<c r="E{row}"/>' for row in range(3, 8))
            + '<c r="B9"/><c r="D1" i="3" a="1"/></calcChain>'
        ).encode(),
        "xl/vbaProject.bin": bytes(range(256)) * 40,
        "xl/sharedStrings.xml": _strings(),
        "docMetadata/LabelInfo.xml": b"<clbl:labelList xmlns:clbl='urn:x'/>",
        **_comments(), **_pivot(), **_query(),
    }  # fmt: skip
    kinds = {
        "vbaProject.bin": f"{_MS}/2006/relationships/vbaProject", "externalLinks/externalLink1.xml": "externalLink", "calcChain.xml": "calcChain",
        "connections.xml": "connections", "metadata.xml": "sheetMetadata", "pivotCache/pivotCacheDefinition1.xml": "pivotCacheDefinition",
        "slicerCaches/slicerCache1.xml": f"{_MS}/2007/relationships/slicerCache", "persons/person.xml": f"{_MS}/2017/10/relationships/person",
        "worksheets/sheet2.xml": "worksheet", "worksheets/sheet3.xml": "worksheet", "../customXml/item1.xml": "customXml",
    }  # fmt: skip
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{kind if ":" in kind else f"{REL}/{kind}"}" Target="{target}"/>'
        for number, (target, kind) in enumerate(kinds.items(), 11)
    )
    types = {
        "xl/worksheets/sheet2.xml": "worksheet", "xl/worksheets/sheet3.xml": "worksheet", "xl/tables/table1.xml": "table",
        "xl/tables/table2.xml": "table", "xl/queryTables/queryTable1.xml": "queryTable", "xl/connections.xml": "connections",
        "xl/pivotTables/pivotTable1.xml": "pivotTable", "xl/pivotCache/pivotCacheDefinition1.xml": "pivotCacheDefinition",
        "xl/pivotCache/pivotCacheRecords1.xml": "pivotCacheRecords", "xl/comments1.xml": "comments", "xl/calcChain.xml": "calcChain",
        "xl/externalLinks/externalLink1.xml": "externalLink", "xl/metadata.xml": "sheetMetadata",
    }  # fmt: skip
    others = {
        "xl/slicers/slicer1.xml": "application/vnd.ms-excel.slicer+xml", "xl/slicerCaches/slicerCache1.xml": "application/vnd.ms-excel.slicerCache+xml",
        "xl/threadedComments/threadedComment1.xml": "application/vnd.ms-excel.threadedcomments+xml",
        "xl/persons/person.xml": "application/vnd.ms-excel.person+xml", "xl/ctrlProps/ctrlProp1.xml": "application/vnd.ms-excel.controlproperties+xml",
        "xl/drawings/drawing1.xml": "application/vnd.openxmlformats-officedocument.drawing+xml",
        "xl/vbaProject.bin": "application/vnd.ms-office.vbaProject",
        "customXml/itemProps1.xml": "application/vnd.openxmlformats-officedocument.customXmlProperties+xml",
    }  # fmt: skip
    defaults = {"png": "image/png", "vml": "application/vnd.openxmlformats-officedocument.vmlDrawing", "bin": f"{_TYPE}.printerSettings"}
    return by_hand(
        path, "", parts=parts, book_rels=links,
        types="".join(f'<Default Extension="{ending}" ContentType="{kind}"/>' for ending, kind in defaults.items())
        + "".join(f'<Override PartName="/{part}" ContentType="{_TYPE}.{kind}+xml"/>' for part, kind in types.items())
        + "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in others.items()),
        workbook='<workbookPr codeName="ThisWorkbook"/><bookViews><workbookView activeTab="0"/></bookViews>',
        tabs='<sheet name="Pivot" sheetId="2" r:id="rId19"/><sheet name="Query" sheetId="3" state="hidden" r:id="rId20"/>',
        names='<externalReferences><externalReference r:id="rId12"/></externalReferences><definedNames>'
        '<definedName name="_xlnm.Print_Titles" localSheetId="0">Sheet1!$1:$1</definedName><definedName name="Names">Query!$A$2:$A$3'
        '</definedName></definedNames><calcPr calcId="191029"/><pivotCaches><pivotCache cacheId="7" r:id="rId16"/></pivotCaches>'
        f'<extLst><ext uri="{{BBE1A952-AA13-448e-AADC-164F8A28A991}}" xmlns:x14="{_X14}"><x14:slicerCaches><x14:slicerCache r:id="rId17"/>'
        "</x14:slicerCaches></ext></extLst>",
        main="application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )  # fmt: skip


def flat_ods(path: Path) -> Path:
    """An OpenDocument file with a pivot table, a validation, a comment and a conditional format, for LibreOffice to write as .xlsx."""
    names = {
        "office": "office:1.0", "table": "table:1.0", "text": "text:1.0", "style": "style:1.0", "fo": "xsl-fo-compatible:1.0",
    }  # fmt: skip
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{tail}"' for name, tail in names.items())
    calc = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'

    def cell(value: object, formula: str = "", inside: str = "", name: str = "") -> str:
        kind = f'office:value-type="float" office:value="{value}"' if isinstance(value, int) else 'office:value-type="string"'
        return f"<table:table-cell {kind}{formula and f' table:formula={chr(34)}{formula}{chr(34)}'}{name}>{inside}<text:p>{value}</text:p></table:table-cell>"

    note = "<office:annotation><text:p>Called twice</text:p></office:annotation>"
    rows = "<table:table-row>" + "".join(cell(text) for text in CONTACTS[0]) + "</table:table-row>"
    for row, line in enumerate(CONTACTS[1:], 2):
        first, *middle = line[:3]
        hidden = ' table:visibility="collapse"' if row == 4 else ""
        rows += (
            f"<table:table-row{hidden}>{cell(first)}{cell(middle[0], inside=note if row == 2 else '')}"
            f"{cell(middle[1], name=' table:content-validation-name=' + chr(34) + 'v1' + chr(34))}<table:table-cell/>"
            f"{cell(16, f'of:=LEN([.B{row}])')}</table:table-row>"
        )
    pivot = (
        '<table:data-pilot-tables><table:data-pilot-table table:name="P" table:target-range-address="Pivot.A1:Pivot.B10"><table:source-cell-range '
        'table:cell-range-address="Contacts.A1:Contacts.E7"/><table:data-pilot-field table:source-field-name="First name" '
        'table:orientation="row" table:function="auto"/><table:data-pilot-field table:source-field-name="Length" table:orientation="data" '
        'table:function="sum"/></table:data-pilot-table></table:data-pilot-tables>'
    )
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {spaces} {calc} office:version="1.3" '
        'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:styles><style:style style:name="Good" style:family="table-cell">'
        '<style:table-cell-properties fo:background-color="#ccffcc"/></style:style></office:styles><office:body><office:spreadsheet>'
        '<table:content-validations><table:content-validation table:name="v1" table:condition="of:cell-content-is-in-list(&quot;Ann 2&quot;;'
        f'&quot;Ann 3&quot;)" table:base-cell-address="Contacts.C2"/></table:content-validations><table:table table:name="Contacts">{rows}'
        '<calcext:conditional-formats><calcext:conditional-format calcext:target-range-address="Contacts.E2:Contacts.E7"><calcext:condition '
        'calcext:apply-style-name="Good" calcext:value="&gt;10" calcext:base-cell-address="Contacts.E2"/></calcext:conditional-format>'
        '</calcext:conditional-formats></table:table><table:table table:name="Pivot"><table:table-row><table:table-cell/></table:table-row>'
        '</table:table><table:named-expressions><table:named-range table:name="Names" table:cell-range-address="$Contacts.$C$2:.$C$7"/>'
        f"</table:named-expressions>{pivot}</office:spreadsheet></office:body></office:document>",
        encoding="utf-8",
    )
    return path


def converted(kind: str, paths: list[Path], folder: Path) -> dict[str, Path]:
    """The files as LibreOffice saves them in another kind, by stem; one run for all of them."""
    profile = (folder / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", kind, "--outdir", str(folder / "converted")]
    subprocess.run([*command, *map(str, paths)], check=True, capture_output=True, timeout=110)
    return {path.stem: path for path in (folder / "converted").iterdir()}
