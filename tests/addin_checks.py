"""What must be true of the add-in: its text, its ribbon and the file that is built from them. Each check is a function of an `Addin` and
fails with an AssertionError; `addin_mutations.py` proves that together they notice faults."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import json
import re
import runpy
import warnings
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import reply_xl
from reply_xl import cli
from reply_xl.tab import click

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "addin"
BUILD = runpy.run_path(str(SOURCES / "build.py"))
build: Callable[[Path, Path], Path] = BUILD["build"]
MODULES: tuple[str, ...] = BUILD["MODULES"]

UI = "{http://schemas.microsoft.com/office/2009/07/customui}"

# The ribbon as the issue has it: group, then each control with its label; what lies in a menu is indented.
RIBBON = """
Contacts
  splitButton
    button Update
    menu
      button Rows
      button Selected cells only
      button Only empty fields
  button Preview
  button Pull
Run
  button Retry failed
  button Undo
  button Cancel
Sheet
  button Columns
  menu New sheet
    button From the template
    button From Reply
Account
  button Connect
  toggleButton Practice
  button Help
"""

# The signatures that Excel calls, by element and attribute.
SIGNATURES = {
    ("button", "onAction"): "control As IRibbonControl",
    ("toggleButton", "onAction"): "control As IRibbonControl, pressed As Boolean",
    ("toggleButton", "getPressed"): "control As IRibbonControl, ByRef returned As Variant",
}

# What the code must not hold: launching or reading what a workbook could choose, changing how Excel works, and waiting.
FORBIDDEN = """
Declare CreateObject GetObject PtrSafe RunPython xlwings DoEvents Sleep Wait MsgBox InputBox SendKeys Evaluate ExecuteExcel4Macro Execute WScript
CallByName Run Workbooks Sheets Worksheets Cells Range CurDir ChDir FileCopy SetAttr RmDir SaveSetting GetSetting vbObjectError Type Stop
Interactive ScreenUpdating EnableEvents Calculation While Until
"""
FORBIDDEN_MEMBERS = (
    "Value Value2 Text Formula Formula2 Names Path CustomDocumentProperties BuiltinDocumentProperties Select Activate Save Close"
)

PARTS = [
    "[Content_Types].xml",
    "_rels/.rels",
    "customUI/customUI14.xml",
    "docProps/app.xml",
    "docProps/core.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "xl/theme/theme1.xml",
    "xl/vbaProject.bin",
    "xl/workbook.xml",
    "xl/worksheets/sheet1.xml",
]


@dataclass(frozen=True)
class Addin:
    """The folder with the text and the file that was built from it."""

    folder: Path
    file: Path

    def text(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode("ascii")

    @property
    def code(self) -> dict[str, list[str]]:
        """Module → its lines without comments and without what stands in quotes."""
        return {name: [_bare(line) for line in self.text(f"{name}.bas").splitlines()] for name in MODULES}

    @property
    def ribbon(self) -> ET.Element:
        return ET.fromstring((self.folder / "customUI14.xml").read_bytes())

    @property
    def controls(self) -> list[ET.Element]:
        return [item for item in self.ribbon.iter() if item.get("onAction")]

    def part(self, name: str) -> bytes:
        with zipfile.ZipFile(self.file) as package:
            return package.read(name)


def _bare(line: str) -> str:
    line = re.sub(r'"[^"]*"', '""', line)
    assert line.count('"') % 2 == 0, f"a quotation mark is not closed: {line}"
    return line.split("'")[0].rstrip()


def procedures(addin: Addin) -> Iterator[tuple[str, bool, str, str, str]]:
    """Module, whether it is public, Sub or Function, name, parameters."""
    for module, lines in addin.code.items():
        for line in lines:
            found = re.match(r"(Public|Private)? ?(Sub|Function) (\w+)\((.*?)\)( As \w+)?$", line)
            if found:
                yield module, found[1] != "Private", found[2], found[3], found[4]


# The text


def check_text_is_plain(addin: Addin) -> None:
    """ASCII, line feeds, no trailing blanks or tabs; at most 300 lines of VBA in all; each module is named and declares its variables."""
    assert sorted(path.stem for path in addin.folder.glob("*.bas")) == sorted(MODULES)
    lines = 0
    for name in MODULES:
        data = (addin.folder / f"{name}.bas").read_bytes()
        assert data.isascii(), name
        assert b"\r" not in data, name
        assert b"\t" not in data, name
        text = data.decode("ascii")
        assert text.startswith(f'Attribute VB_Name = "{name}"\nOption Explicit\n'), name
        assert text.endswith("\n"), name
        assert all(line == line.rstrip() and len(line) <= 140 for line in text.splitlines()), name
        lines += len(text.splitlines())
    assert lines <= 300
    assert (addin.folder / "customUI14.xml").read_bytes().isascii()


def check_no_forbidden_words(addin: Addin) -> None:
    """The code starts nothing but Python, reads nothing of a workbook but names and addresses, and never waits."""
    forbidden = set(FORBIDDEN.casefold().split())
    members = set(FORBIDDEN_MEMBERS.casefold().split())
    for name, lines in addin.code.items():
        for line in lines:
            allowed = {"while"} if line.strip() == "Do While Not EOF(file)" else set()
            words = {word.casefold() for word in re.findall(r"\w+", line)}
            assert not words & forbidden - allowed, f"{name}: {line}"
            assert not set(re.findall(r"\.(\w+)", line.casefold())) & members, f"{name}: {line}"
            assert line.strip() != "End", name
        quoted = " ".join(re.findall(r'"([^"]*)"', addin.text(f"{name}.bas"))).casefold()
        for word in (".conf", "runpython", "xlwings", "http", "cmd", "powershell", ".py"):
            assert word not in quoted.replace("reply_xl", ""), f"{name}: {word}"


def check_what_the_code_touches(addin: Addin) -> None:
    """One Shell, one AppleScriptTask, both in StartPython; four variables of the environment; nothing of a workbook's folder."""
    code = "\n".join("\n".join(lines) for lines in addin.code.values())
    whole = "\n".join(addin.text(f"{name}.bas") for name in MODULES)
    assert code.count("Shell ") == 1
    assert whole.count('        Shell Chr(34) & python & Chr(34) & " " & Setting("arguments") & " " & id, 4\n'.lstrip()) == 1
    assert code.count("AppleScriptTask ") == 1
    assert re.search(r"#If Mac Then\n +If OnMac\(\) Then\n +AppleScriptTask ", whole)
    assert set(re.findall(r'Environ\("(\w+)"\)', whole)) == {"LOCALAPPDATA", "XDG_DATA_HOME", "HOME"}
    assert code.count("Environ(") == whole.count('Environ("')
    assert set(re.findall(r"(?:ActiveWorkbook|ThisWorkbook|ActiveSheet)\.(\w+)", code)) == {"Name", "FullName"}
    assert code.count("ThisWorkbook") == 1
    assert set(re.findall(r"\bApplication\.(\w+)", code)) == {"StatusBar", "OnTime", "Version", "OperatingSystem"}
    assert set(re.findall(r"(?:Open|Kill|Name) (\w+)\(\) & ", code)) == {"UserFolder", "ClickFolder"}
    assert len(re.findall(r"^ *(?:Open|Kill|Name) ", code, re.MULTILINE)) == len(
        re.findall(r"(?:Open|Kill|Name) (?:User|Click)Folder\(\) & ", code)
    )
    assert set(re.findall(r'Setting\("(\w+)"\)', whole)) == {"start", "python", "arguments"}
    assert whole.count('Open UserFolder() & "launcher.txt" For Input As #file\n') == 1
    assert 'If python = "" Or InStr(python, Chr(34)) > 0 Then Exit Function' in whole


def check_order_of_a_click(addin: Addin) -> None:
    """A click is noted before anything else happens; the start is looked at after ten seconds; sentences name a command."""
    text = addin.text("ReplyRibbon.bas")
    handler = text[text.index("Private Sub HandleClick") :].split("End Sub")[0]
    first = ["On Error GoTo Failed", 'If button = "ReplyPractice" Then Shown = pressed', "id = NoteClick(button, pressed, Shown)"]
    assert [line.strip() for line in handler.splitlines()[2:5]] == first
    steps = ["On Error GoTo Failed", "id = NoteClick(", "SetPractice", "Application.StatusBar = STARTING", "sentence = StartPython(id)"]
    steps += [
        'If sentence = "" Then',
        "Waiting = Waiting & id",
        'CallLater "ReplyCheckStarted", SECONDS_TO_START',
        "Else",
        "ForgetClick id",
    ]
    steps += ["ShowFor sentence", "Exit Sub", "Failed:", "ShowFor NOT_NOTED"]
    places = [handler.find(step) for step in steps]
    assert -1 not in places, steps[places.index(-1)]
    assert places == sorted(places)
    assert "Private Const SECONDS_TO_START = 10\n" in text
    assert 'Private Const STARTING = "Reply: starting..."\n' in text
    for module in MODULES:
        for name, sentence in re.findall(r'^Private Const (\w+) = "(Reply.*)"$', addin.text(f"{module}.bas"), re.MULTILINE):
            if name != "STARTING":
                assert re.search(r"reply-xl (doctor|install)\b", sentence), sentence
                assert sentence.endswith("."), sentence
                assert len(sentence) < 140, sentence
    assert re.search(r'Const NOT_STARTED = ".*reply-xl doctor', text)
    later = text[text.index("Private Sub CallLater") :].split("End Sub")[0]
    assert """Application.OnTime Now + TimeSerial(0, 0, seconds), "'" & ThisWorkbook.Name & "'!" & procedure""" in later
    for name in re.findall(r'CallLater "(\w+)"', text):
        assert f"Public Sub {name}()\n" in text, name
    cleared = text[text.index("Public Sub ReplyClearBar") :].split("End Sub")[0]
    assert 'If InStr(text, "reply-xl ") > 0 Then Application.StatusBar = False' in cleared


def check_click_file(addin: Addin) -> None:
    """VBA writes the lines that Python reads, in that order, under a first name that no watcher looks for, and closes before renaming."""
    text = addin.text("ReplyClick.bas")
    written = re.findall(r'Print #file, "([^"]*)"', text[text.index("Private Sub WriteClick") :])
    keys = [line.removesuffix("=") for line in written if line.endswith("=")]
    assert keys == [*click._KEYS, "area"], keys
    assert [line for line in written if not line.endswith("=")] == ["reply-xl click 1", "end"]
    named = dict(re.findall(r'Print #file, "(\w+)=" & Fact\("(\w+)"\)', text))
    assert all(key == fact for key, fact in named.items()), named
    facts = set(re.findall(r'Case "(\w+)":', text))
    assert facts == {*named, "areas"}
    for fact in ("book", "path", "sheet", "kind", "protected", "host", "system"):
        assert re.search(rf'Case "{fact}": Fact = Units\(', text), f"{fact} may hold other characters than ASCII"
    writing = text[text.index("Private Sub WriteClick") :].split("End Sub")[0]
    steps = [
        "On Error GoTo Failed",
        ".tmp",
        "PrintAreas file",
        '"end"',
        "Close #file",
        "Name ClickFolder()",
        "Exit Sub",
        "Failed:",
        "Err.Raise",
    ]
    places = [writing.find(step) for step in steps]
    assert -1 not in places, steps[places.index(-1)]
    assert places == sorted(places)
    assert writing.count("Close #file") == 2
    assert 'Name ClickFolder() & id & ".tmp" As ClickFolder() & id & ending\n' in writing
    assert 'If button = "ReplyCancel" Then WriteClick id, ".cancel", button, pressed, shown\n    WriteClick id, ".click"' in text
    areas = text[text.index("Private Sub PrintAreas") :].split("End Sub")[0]
    assert "Resume Next" not in areas
    assert areas.index('"areas="') < areas.index("For index = 1 To count") < areas.index("Selection.Areas(index).Address\n")
    numbers = "Padded(CLng((CDbl(Now) - 36526) * 86400), 8) & Padded(CLng(Timer * 1000) Mod 1000, 3) & Padded(CLng(Int(Rnd * 65536)), 4)"
    assert f"NewId = {numbers}\n" in text, "a name of a click has 15 digits"
    assert "Units = Units & Padded(AscW(Mid(text, index, 1)) And 65535, 4)\n" in text
    assert 'Padded = Right(String(digits, "0") & Hex(number), digits)\n' in text


def check_version(addin: Addin) -> None:
    """The add-in writes the version of the package into each click."""
    assert addin.text("ReplyClick.bas").count('Private Const ADDIN_VERSION = "@version@"\n') == 1
    assert 'Print #file, "addin=" & ADDIN_VERSION\n' in addin.text("ReplyClick.bas")
    assert f'Private Const ADDIN_VERSION = "{reply_xl.__version__}"' in macros(addin)["ReplyClick"]


def check_blocks(addin: Addin) -> None:
    """Every block of the code is closed where it should be, and every label that is jumped to is there."""
    pairs = {
        "Sub": "End Sub",
        "Function": "End Function",
        "If": "End If",
        "Select": "End Select",
        "For": "Next",
        "Do": "Loop",
        "#If": "#End If",
    }
    for name, lines in addin.code.items():
        open_: list[str] = []
        for line in map(str.strip, lines):
            words = re.sub(r"^(Public|Private) (?=Sub|Function)", "", line).split()
            if not words:
                continue
            if line.startswith(("End ", "Next", "Loop", "#End")):
                assert open_, f"{name}: {line}"
                assert line.startswith(pairs[open_.pop()]), f"{name}: {line}"
            elif words[0] in pairs and not (words[0] == "If" and not line.endswith("Then")):
                open_.append(words[0])
            if words[0] in ("Sub", "Function"):
                assert open_ == words[:1], f"{name}: {line}"
        assert open_ == [], name
        for body in re.split(r"^End (?:Sub|Function)$", "\n".join(lines), flags=re.MULTILINE):
            assert set(re.findall(r"GoTo (?!0)(\w+)", body)) == set(re.findall(r"^(\w+):$", body, re.MULTILINE)), name


def check_analysis(addin: Addin) -> None:
    """A static analysis of VBA finds nothing: no undeclared name, no wrong argument, no dead procedure."""
    from pyvbaanalysis import analyze_office_file

    found = {module: [problem.message for problem in problems] for module, problems in analyze_office_file(str(addin.file)).items()}
    assert not any(found.values()), found


# The ribbon


def check_ribbon_is_the_source(addin: Addin) -> None:
    """The file holds the ribbon as it stands in the text, found by exactly one relationship of the right type."""
    assert addin.part("customUI/customUI14.xml") == (addin.folder / "customUI14.xml").read_bytes()
    links = [dict(item.attrib) for item in ET.fromstring(addin.part("_rels/.rels"))]
    ribbons = [link for link in links if link["Target"].casefold().startswith("customui")]
    kind = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
    assert [(link["Type"], link["Target"]) for link in ribbons] == [(kind, "customUI/customUI14.xml")]
    assert len({link["Id"] for link in links}) == len(links)


def check_ribbon_rules(addin: Addin) -> None:
    """Elements, their nesting, attributes and the length and spelling of values are those of Microsoft's schema."""
    types, sizes = _ribbon_rules()

    def walk(item: ET.Element, kind: str) -> None:
        rules = types[kind]
        attributes = {rule["QName"].removeprefix(":"): rule for rule in rules.get("Attributes", [])}
        for name, value in item.attrib.items():
            assert name in attributes, f"{item.tag.removeprefix(UI)} has no attribute {name}"
            rule = attributes[name]
            if "SizeValues" in rule["Type"] or "ItemSize" in rule["Type"]:
                assert value in sizes, f"{name}={value}"
            if rule["Type"] == "BooleanValue":
                assert value in ("true", "false", "1", "0"), f"{name}={value}"
            for validator in rule.get("Validators", []):
                limits = {argument["Name"]: argument["Value"] for argument in validator.get("Arguments", [])}
                assert int(limits.get("MinLength", 0)) <= len(value) <= int(limits.get("MaxLength", 10_000)), f"{name}={value}"
                if limits.get("IsNcName"):
                    assert re.fullmatch(r"[A-Za-z_][\w.-]*", value), f"{name}={value}"
        children = {child["Name"].partition("/")[2].removeprefix("mso14:"): child["Name"] for child in rules.get("Children", [])}
        for child in item:
            assert child.tag.startswith(UI), child.tag
            assert child.tag.removeprefix(UI) in children, f"{child.tag} does not belong into {item.tag}"
            walk(child, children[child.tag.removeprefix(UI)])

    root = addin.ribbon
    assert root.tag == f"{UI}customUI"
    walk(root, "mso14:CT_CustomUI/mso14:customUI")


@cache
def _ribbon_rules() -> tuple[dict[str, Any], set[str]]:
    found = importlib.util.find_spec("openxml_audit")
    assert found is not None
    assert found.origin is not None
    path = Path(found.origin).parent / "data/openxml/schemas/schemas_microsoft_com_office_2009_07_customui.json"
    rules = json.loads(path.read_text(encoding="utf-8"))
    return {kind["Name"]: kind for kind in rules["Types"]}, {"normal", "large"}


def check_ribbon_controls(addin: Addin) -> None:
    """The tab Reply holds exactly the groups and controls that were promised, in that order."""
    tabs = list(addin.ribbon.iter(f"{UI}tab"))
    assert [tab.get("label") for tab in tabs] == ["Reply"]

    def lines(item: ET.Element, depth: int) -> Iterator[str]:
        name = item.tag.removeprefix(UI)
        yield "  " * depth + " ".join(word for word in ("" if name == "group" else name, item.get("label")) if word)
        for child in item:
            yield from lines(child, depth + 1)

    found = [line for group in tabs[0] for line in lines(group, 0)]
    assert found == RIBBON.strip("\n").splitlines()
    names = [item.get("id") for item in addin.ribbon.iter() if item.tag not in (f"{UI}customUI", f"{UI}ribbon", f"{UI}tabs")]
    assert all(names)
    assert len(set(names)) == len(names)
    assert all(str(name).startswith("Reply") for name in names)


def check_ribbon_words(addin: Addin) -> None:
    """Every button says what happens: label, tip, and whole sentences below it. None is ever disabled, hidden or without a picture."""
    for item in addin.ribbon.iter():
        for attribute in item.attrib:
            assert not re.search(
                r"enabled|visible|idMso|idQ|insert|onLoad|loadImage|getLabel|getImage|^image$", attribute, re.IGNORECASE
            ), attribute
    for item in addin.controls:
        assert item.get("imageMso")
        label, tip, text = (item.get(name, "") for name in ("label", "screentip", "supertip"))
        assert 2 < len(label) < 22, label
        assert 8 < len(tip) < 60, tip
        assert not tip.endswith("."), tip
        assert text.endswith("."), text
        assert 40 < len(text) < 280, text
        assert text != tip
        described = item.get("description")
        assert described is None or described.endswith("."), described
    tips = [item.get("supertip") for item in addin.controls]
    assert len(set(tips)) == len(tips)


def check_ribbon_icons(addin: Addin) -> None:
    """Every picture is one that Excel has."""
    known = set((Path(__file__).parent / "excel_control_ids.txt").read_text(encoding="utf-8").split())
    used = {item.get("imageMso", "") for item in addin.ribbon.iter()} - {""}
    assert used <= known, used - known


def check_callbacks(addin: Addin) -> None:
    """Every callback in the XML exists once, is public, and has the signature that Excel calls; nothing else of the ribbon's is public."""
    every = list(procedures(addin))
    names = [name.casefold() for _, _, _, name, _ in every]
    assert len(set(names)) == len(names), "two procedures have the same name"
    called = set()
    for item in addin.ribbon.iter():
        for attribute, value in item.attrib.items():
            if attribute.startswith(("on", "get")):
                signature = SIGNATURES[item.tag.removeprefix(UI), attribute]
                hits = [(kind, parameters) for _, public, kind, name, parameters in every if name == value and public]
                assert hits == [("Sub", signature)], f"{value}: {hits}"
                called.add(value)
        for needed in (name for tag, name in SIGNATURES if item.tag == UI + tag):
            assert item.get(needed), f"{item.get('id')} has no {needed}"
    timed = {"ReplyCheckStarted", "ReplyClearBar"}
    assert {name for module, public, _, name, _ in every if public and module == "ReplyRibbon"} == called | timed


def check_buttons(addin: Addin) -> None:
    """Every control that can be clicked is known to Python and has a command or a use case that exists."""
    rows = {}
    for line in (addin.folder / "buttons.txt").read_text(encoding="ascii").splitlines():
        if line and not line.startswith("#"):
            name, kind, command = line.split(maxsplit=2)
            assert name not in rows, name
            rows[name] = (kind, command)
    ids = [str(item.get("id")) for item in addin.controls]
    assert sorted(rows) == sorted(ids) == sorted(map(str, click.Button))
    for kind, command in rows.values():
        if kind == "cli":
            words = ["2:3" if word == "ROWS" else word for word in command.split()]
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                assert _is_command(words), command
        else:
            assert kind == "code"
            module, _, name = command.partition(":")
            assert hasattr(importlib.import_module(module), name), command
    named = set(re.findall(r'button = "(\w+)"', "".join(addin.text(f"{name}.bas") for name in MODULES)))
    assert named == {"ReplyCancel", "ReplyPractice"}
    assert named <= set(ids)


def _is_command(words: list[str]) -> bool:
    try:
        return callable(cli._parser().parse_args(words).run)
    except SystemExit as ended:
        return words == ["--help"] and ended.code == 0


# The file


def macros(addin: Addin) -> dict[str, str]:
    """Module → its text as olevba finds it in the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from oletools.olevba import VBA_Parser

        parser = VBA_Parser(str(addin.file))
        assert parser.detect_vba_macros()
        found = {Path(name).stem: text for _, _, name, text in parser.extract_macros()}
        parser.close()
    return found


def check_macros_are_the_sources(addin: Addin) -> None:
    """What olevba finds in the file is the text of the sources, with the version filled in; the other modules are empty."""
    found = macros(addin)
    assert sorted(found) == sorted([*MODULES, "ThisWorkbook", "Sheet1"])
    for name in MODULES:
        source = addin.text(f"{name}.bas").replace("@version@", reply_xl.__version__).replace("\n", "\r\n")
        assert found[name].rstrip("\r\n") == source.rstrip("\r\n"), name
    for name in ("ThisWorkbook", "Sheet1"):
        assert all(line.startswith("Attribute ") for line in found[name].splitlines() if line), name


def check_no_compiled_code(addin: Addin) -> None:
    """The file holds the text of the macros and nothing compiled from it, which could be something else than the text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import olefile
        from oletools.olevba import decompress_stream

    with olefile.OleFileIO(addin.part("xl/vbaProject.bin")) as project:
        kept = project.openstream("VBA/_VBA_PROJECT").read()
        assert kept[:2] == b"\xcc\x61"
        assert not any(kept[7:])
        texts = macros(addin)
        for name in MODULES:
            source = project.openstream(f"VBA/{name}").read()
            assert decompress_stream(bytearray(source)).decode("ascii").strip() == texts[name].strip(), name


def check_package(addin: Addin) -> None:
    """The parts and their order, no date, system or compression; the types of an add-in; every relationship leads to a part."""
    with zipfile.ZipFile(addin.file) as package:
        entries = package.infolist()
        assert package.testzip() is None
    assert [entry.filename for entry in entries] == PARTS
    for entry in entries:
        facts = (entry.date_time, entry.compress_type, entry.create_system, entry.external_attr, entry.extra, entry.comment)
        assert facts == ((1980, 1, 1, 0, 0, 0), 0, 0, 0x20, b"", b""), entry.filename
    kinds = {item.get("PartName"): item.get("ContentType") for item in ET.fromstring(addin.part("[Content_Types].xml"))}
    assert kinds["/xl/workbook.xml"] == "application/vnd.ms-excel.addin.macroEnabled.main+xml"
    endings = {item.get("Extension"): item.get("ContentType") for item in ET.fromstring(addin.part("[Content_Types].xml"))}
    assert endings["bin"] == "application/vnd.ms-office.vbaProject"
    assert endings["xml"] == "application/xml"
    for source, base in (("_rels/.rels", ""), ("xl/_rels/workbook.xml.rels", "xl/")):
        for link in ET.fromstring(addin.part(source)):
            assert base + str(link.get("Target")) in PARTS, link.attrib
            assert link.get("TargetMode") is None
    macro_links = [link for link in ET.fromstring(addin.part("xl/_rels/workbook.xml.rels")) if link.get("Target") == "vbaProject.bin"]
    assert [link.get("Type") for link in macro_links] == ["http://schemas.microsoft.com/office/2006/relationships/vbaProject"]
    book = ET.fromstring(addin.part("xl/workbook.xml"))
    assert [item.get("codeName") for item in book if item.tag.endswith("workbookPr")] == ["ThisWorkbook"]


def check_properties(addin: Addin) -> None:
    """The properties of the file name this project and nobody else, and its cells are empty."""
    core = {item.tag.rpartition("}")[2]: item.text for item in ET.fromstring(addin.part("docProps/core.xml"))}
    assert core["creator"] == "The reply_xl developers"
    assert core["title"] == "Reply for Excel"
    assert str(core["description"]).endswith(f" {reply_xl.__version__}")
    assert core["created"] == core["modified"] == "2026-01-01T00:00:00Z"
    assert "lastModifiedBy" not in core
    assert b"<sheetData/>" in addin.part("xl/worksheets/sheet1.xml")


def check_file_integrity(addin: Addin) -> None:
    """pyOpenVBA's own check of the package and of the macros in it finds nothing."""
    from pyopenvba.integrity import check_file

    report = check_file(addin.file)
    assert report.ok, report.issues
    assert not report.issues, report.issues


def check_open_xml(addin: Addin) -> None:
    """openxml-audit finds nothing against the rules of Open XML."""
    from openxml_audit import OpenXmlValidator

    result = OpenXmlValidator().validate(str(addin.file))
    assert result.is_valid, result.errors


# The quickest first, as it is the first one to fail that ends the search for a fault.
_SLOW = (check_analysis, check_version, check_macros_are_the_sources, check_no_compiled_code)
_ALL: list[Callable[[Addin], None]] = [value for name, value in list(globals().items()) if name.startswith("check_")]
CHECKS = [*(check for check in _ALL if check not in _SLOW), *_SLOW]
