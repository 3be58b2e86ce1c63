"""Faults put into the add-in one at a time, to see whether the checks notice: `python tests/addin_mutations.py` prints which check caught what.

Each fault is a replacement in a text, or a change of the parts of the built file. Most are mistakes that somebody could make while editing.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import addin_checks
from addin_checks import CHECKS, SOURCES, Addin

XML, RIBBON, CLICK, START, TABLE = "customUI14.xml", "ReplyRibbon.bas", "ReplyClick.bas", "ReplyStart.bas", "buttons.txt"

# What is wrong: file, old text, new text.
TEXTS: dict[str, tuple[str, str, str]] = {
    # the ribbon
    "callback misspelt": (XML, 'onAction="ReplyClicked"\n              screentip="Update the', 'onAction="ReplyClickd"\n              screentip="Update the'),
    "callback of another control type": (XML, 'onAction="ReplyPracticeToggled"', 'onAction="ReplyClicked"'),
    "getPressed left out": (XML, ' getPressed="ReplyPracticePressed"', ""),
    "getPressed calls a private procedure": (XML, 'getPressed="ReplyPracticePressed"', 'getPressed="ShowFor"'),
    "attribute misspelt": (XML, 'screentip="Update whole rows"', 'screenTip="Update whole rows"'),
    "attribute of another element": (XML, 'label="Run"', 'label="Run" size="large"'),
    "size misspelt": (XML, 'label="Pull" size="large"', 'label="Pull" size="big"'),
    "size inside a split button": (XML, 'label="Update" imageMso', 'label="Update" size="large" imageMso'),
    "icon that Excel lacks": (XML, 'imageMso="RefreshCancel"', 'imageMso="Cancel"'),
    "icon in small letters": (XML, 'imageMso="Repeat"', 'imageMso="repeat"'),
    "icon left out": (XML, ' imageMso="Connections"', ""),
    "id used twice": (XML, 'id="ReplyPull"', 'id="ReplyPreview"'),
    "id with a blank": (XML, 'id="ReplyPull"', 'id="Reply Pull"'),
    "id left out": (XML, '<button id="ReplyHelp" ', "<button "),
    "id changed": (XML, 'id="ReplyUpdateEmpty"', 'id="ReplyUpdateBlank"'),
    "button disabled": (XML, 'id="ReplyUndo"', 'id="ReplyUndo" enabled="false"'),
    "button hidden": (XML, 'id="ReplyUndo"', 'id="ReplyUndo" visible="false"'),
    "ribbon pointer": (XML, "<customUI xmlns", '<customUI onLoad="ReplyLoaded" xmlns'),
    "namespace of Office 2007": (XML, "2009/07/customui", "2006/01/customui"),
    "tag not closed": (XML, "</splitButton>", ""),
    "group renamed": (XML, 'label="Account"', 'label="Settings"'),
    "label changed": (XML, 'label="Retry failed"', 'label="Again"'),
    "supertip left out": (XML, ' supertip="Sends a value only where Reply holds nothing yet for this contact. Nothing that is in Reply is replaced."', ""),
    "supertip without its end": (XML, "and no key is needed.", "and no key is"),
    "supertip of another button": (XML, "Takes the last update of this sheet and sends again the rows that did not succeed, with what the sheet holds now.", ""),
    "button in no group": (XML, "</group>\n      </tab>", '</group>\n<button id="ReplyMore" label="More"/></tab>'),
    "menu before the button": (XML, '<menu id="ReplyUpdateMenu" itemSize="large">', '<menu id="ReplyUpdateMenu" itemSize="large"><menu id="ReplyX">'),
    "two tabs": (XML, "</tabs>", '<tab id="ReplyTwo" label="Reply"/></tabs>'),
    # the code: what a compiler would say
    "callback private": (RIBBON, "Public Sub ReplyClicked", "Private Sub ReplyClicked"),
    "callback with another signature": (RIBBON, "ReplyClicked(control As IRibbonControl)", "ReplyClicked(control As IRibbonControl, id As String)"),
    "getPressed by value": (RIBBON, "ByRef returned As Variant", "ByVal returned As Variant"),
    "pressed of no type": (RIBBON, "pressed As Boolean)", "pressed)"),
    "callback twice": (RIBBON, "Private Function OneOrZero", "Public Sub ReplyClicked(control As IRibbonControl)\nEnd Sub\n\nPrivate Function OneOrZero"),
    "procedure of a timer renamed": (RIBBON, "Public Sub ReplyCheckStarted()", "Public Sub ReplyCheckStart()"),
    "End Sub lost": (RIBBON, "    CallLater \"ReplyClearBar\", SECONDS_TO_READ\nEnd Sub\n", "    CallLater \"ReplyClearBar\", SECONDS_TO_READ\n"),
    "End If lost": (START, "        End If\n    #End If", "    #End If"),
    "#End If lost": (START, "    #End If\n", ""),
    "Next lost": (CLICK, "    Next index\nEnd Sub", "End Sub"),
    "Loop lost": (START, "    Loop\n", ""),
    "Then lost": (START, 'If Dir(python) = "" Then Exit Function', 'If Dir(python) = "" Exit Function'),
    "quotation mark lost": (START, 'Setting("start") = "agent"', 'Setting("start") = "agent'),
    "variable misspelt": (CLICK, "NoteClick = id\n", "NoteClick = idd\n"),
    "variable not declared": (CLICK, "    Dim id As String\n    MakeFolder", "    MakeFolder"),
    "procedure misspelt": (RIBBON, "sentence = StartPython(id)", "sentence = StartPyhton(id)"),
    "constant misspelt": (RIBBON, "ShowFor NOT_NOTED", "ShowFor NOT_NOTD"),
    "argument lost": (RIBBON, "NoteClick(button, pressed, Shown)", "NoteClick(button, pressed)"),
    "wrong type": (CLICK, "Dim file As Integer, number As Long", "Dim file As Boolean, number As Long"),
    "label lost": (START, "Failed:\nEnd Function", "End Function"),
    "Option Explicit lost": (START, "Option Explicit\n", ""),
    "name of the module lost": (START, 'Attribute VB_Name = "ReplyStart"\n', ""),
    "CRLF": (START, "Option Explicit\n", "Option Explicit\r\n"),
    "not ASCII": (START, "is not set up", "isn\u2019t set up"),
    # the code: what it would do
    "handler lost": (RIBBON, "    On Error GoTo Failed\n    If button", "    If button"),
    "what Practice shows lost": (RIBBON, '    If button = "ReplyPractice" Then Shown = pressed\n', ""),
    "Python before the click is noted": (
        RIBBON,
        "    id = NoteClick(button, pressed, Shown)\n",
        '    sentence = StartPython("")\n    id = NoteClick(button, pressed, Shown)\n',
    ),
    "practice before the click is noted": (
        RIBBON,
        '    id = NoteClick(button, pressed, Shown)\n    If button = "ReplyPractice" Then SetPractice (pressed = "1")\n',
        '    If button = "ReplyPractice" Then SetPractice (pressed = "1")\n    id = NoteClick(button, pressed, Shown)\n',
    ),
    "a wait": (RIBBON, "    sentence = StartPython(id)\n", "    sentence = StartPython(id)\n    Application.Wait Now + TimeSerial(0, 0, 1)\n"),
    "a loop that waits": (RIBBON, "    sentence = StartPython(id)\n", "    sentence = StartPython(id)\n    Do While IsWaiting(id)\n        DoEvents\n    Loop\n"),
    "a box": (RIBBON, "    ShowFor NOT_NOTED\n", "    ShowFor NOT_NOTED\n    MsgBox NOT_NOTED\n"),
    "start looked at later": (RIBBON, "SECONDS_TO_START = 10", "SECONDS_TO_START = 100"),
    "sentence names no command": (RIBBON, "if nothing happens, run reply-xl doctor.", "please wait."),
    "click kept after a failed start": (RIBBON, "        ForgetClick id\n", ""),
    "launcher beside the workbook": (START, 'Open UserFolder() & "launcher.txt"', 'Open ActiveWorkbook.Path & "/launcher.txt"'),
    "interpreter from a sheet": (START, 'python = Setting("python")', "python = ActiveSheet.Range(\"A1\").Value"),
    "interpreter from the environment": (START, 'python = Setting("python")', 'python = Environ("REPLY_PYTHON")'),
    "name of the workbook on the command line": (START, '& " " & id, 4', '& " " & id & ActiveWorkbook.Name, 4'),
    "interpreter not in quotes": (START, "Shell Chr(34) & python & Chr(34) &", "Shell python &"),
    "quotation marks allowed in the interpreter": (START, ' Or InStr(python, Chr(34)) > 0', ""),
    "hidden windows": (START, "& id, 4", "& id, 0"),
    "a second process": (START, "    StartPython = \"\"\n    Exit Function\nFailed:", "    Shell \"x\", 4\n    StartPython = \"\"\n    Exit Function\nFailed:"),
    "CreateObject": (START, "    On Error GoTo Failed\n    StartPython", '    CreateObject("WScript.Shell").Run "x"\n    On Error GoTo Failed\n    StartPython'),
    "Declare": (START, "Option Explicit\n", 'Option Explicit\nPrivate Declare PtrSafe Function GetTickCount Lib "kernel32" () As Long\n'),
    "Mac in LibreOffice": (START, "        If OnMac() Then\n", "        If True Then\n"),
    "names through the code page": (CLICK, '"book": Fact = Units(ActiveWorkbook.Name)', '"book": Fact = ActiveWorkbook.Name'),
    "line lost": (CLICK, '    Print #file, "sheet=" & Fact("sheet")\n', ""),
    "lines swapped": (
        CLICK,
        '    Print #file, "book=" & Fact("book")\n    Print #file, "path=" & Fact("path")\n',
        '    Print #file, "path=" & Fact("path")\n    Print #file, "book=" & Fact("book")\n',
    ),
    "wrong fact": (CLICK, '"path=" & Fact("path")', '"path=" & Fact("book")'),
    "only the first area": (CLICK, "For index = 1 To count", "For index = 1 To 1"),
    "areas from the second": (CLICK, "For index = 1 To count", "For index = 2 To count"),
    "all areas in one": (CLICK, "Selection.Areas(index).Address", "Selection.Address"),
    "an area that fails is left out": (CLICK, "    Dim count As Long, index As Long\n", "    Dim count As Long, index As Long\n    On Error Resume Next\n"),
    "no end": (CLICK, '    Print #file, "end"\n', ""),
    "half a file is seen": (CLICK, 'Open ClickFolder() & id & ".tmp" For Output', 'Open ClickFolder() & id & ending For Output'),
    "renamed before it is closed": (CLICK, "    Close #file\n    Name ", "    Name "),
    "number of the format": (CLICK, '"reply-xl click 1"', '"reply-xl click 2"'),
    "version lost": (CLICK, '"@version@"', '"0.0.1"'),
    "half of a character lost": (CLICK, "And 65535, 4)", "And 65535, 2)"),
    "name of a click too short": (CLICK, "86400), 8)", "86400), 7)"),
    "no cancel file": (CLICK, '    If button = "ReplyCancel" Then WriteClick id, ".cancel", button, pressed, shown\n', ""),
    "cancel of another id": (CLICK, 'If button = "ReplyCancel"', 'If button = "ReplyStop"'),
    "folder of another system": (CLICK, 'Environ("LOCALAPPDATA") & "\\reply_xl\\"', 'Environ("TEMP") & "\\reply_xl\\"'),
    "mark of practice turned round": (CLICK, 'IsPractice = Dir(UserFolder() & "practice") <> ""', 'IsPractice = Dir(UserFolder() & "practice") = ""'),
    "waiting turned round": (CLICK, 'IsWaiting = Dir(ClickFolder() & id & ".click") <> ""', 'IsWaiting = Dir(ClickFolder() & id & ".click") = ""'),
    "wrong key in the launcher file": (START, 'Setting("arguments")', 'Setting("options")'),
    # the table of commands
    "command that is not there": (TABLE, "push BOOK --rows ROWS --only-empty", "push BOOK --rows ROWS --only-blank"),
    "button without a command": (TABLE, "ReplyHelp             code  reply_xl.tab.help:open_guide\n", ""),
    "use case that is not there": (TABLE, "reply_xl.tab.practising:switch", "reply_xl.tab.practising:switched"),
}  # fmt: skip

Parts = dict[str, bytes]


def _replaced(name: str, old: bytes, new: bytes) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        assert old in parts[name], (name, old)
        parts[name] = parts[name].replace(old, new, 1)

    return change


def _without(name: str) -> Callable[[Parts], None]:
    return lambda parts: parts.__delitem__(name)


def _cut(name: str, share: float) -> Callable[[Parts], None]:
    return lambda parts: parts.update({name: parts[name][: int(len(parts[name]) * share)]})


def _flipped(name: str, share: float) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        data = bytearray(parts[name])
        data[int(len(data) * share)] ^= 0xFF
        parts[name] = bytes(data)

    return change


TYPES, LINKS, BIN, CORE = "[Content_Types].xml", "_rels/.rels", "xl/vbaProject.bin", "docProps/core.xml"
PACKAGES: dict[str, Callable[[Parts], None]] = {
    "type of a workbook": _replaced(TYPES, b"ms-excel.addin.macroEnabled", b"ms-excel.sheet.macroEnabled"),
    "type of macros lost": _replaced(TYPES, b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>', b""),
    "type of xml": _replaced(TYPES, b'"xml" ContentType="application/xml"', b'"xml" ContentType="text/plain"'),
    "relationship of the ribbon lost": lambda parts: parts.update(
        {LINKS: parts[LINKS].split(b'<Relationship Id="rIdRibbon"')[0] + b"</Relationships>"}
    ),
    "relationship of Office 2007": _replaced(LINKS, b"2007/relationships/ui/extensibility", b"2006/relationships/ui/extensibility"),
    "relationship leads nowhere": _replaced(LINKS, b"customUI/customUI14.xml", b"customUI/customUI.xml"),
    "relationship ids equal": _replaced(LINKS, b"rIdRibbon", b"rId1"),
    "relationship to the outside": _replaced(LINKS, b'Id="rIdRibbon"', b'Id="rIdRibbon" TargetMode="External"'),
    "ribbon lost": _without("customUI/customUI14.xml"),
    "ribbon of another build": _replaced("customUI/customUI14.xml", b'label="Pull"', b'label="Fetch"'),
    "macros lost": _without(BIN),
    "macros cut short": _cut(BIN, 0.9),
    "macros cut in half": _cut(BIN, 0.5),
    "a byte of the macros": _flipped(BIN, 0.30),
    "another byte of the macros": _flipped(BIN, 0.45),
    "the first byte of the macros": _flipped(BIN, 0.0),
    "relationship of the macros": _replaced(
        "xl/_rels/workbook.xml.rels", b"2006/relationships/vbaProject", b"2006/relationships/vbaproject"
    ),
    "workbook's own module misnamed": _replaced("xl/workbook.xml", b'codeName="ThisWorkbook"', b'codeName="Workbook1"'),
    "sheet lost": _without("xl/worksheets/sheet1.xml"),
    "author of a library": _replaced(CORE, b"The reply_xl developers", b"Somebody Else"),
    "date of a build": _replaced(CORE, b"2026-01-01T00:00:00Z", b"2026-03-01T00:00:00Z"),
    "properties not well-formed": _cut(CORE, 0.9),
    "a part more": lambda parts: parts.update({"xl/externalLinks/externalLink1.xml": b"<x/>"}),
    "a value in a cell": _replaced(
        "xl/worksheets/sheet1.xml", b"<sheetData/>", b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
    ),
    "order of the parts": lambda parts: parts.update({TYPES: parts.pop(TYPES)}),
}


def run(folder: Path, *, thorough: bool) -> dict[str, list[str]]:
    """What is wrong → the checks that noticed: the first one only, or all of them."""
    true = addin_checks.build(folder / "true.xlam", SOURCES)
    results = {}
    for name, (file, old, new) in TEXTS.items():
        results[name] = _noticed(_with_text(folder, file, old, new), thorough)
    for name, change in PACKAGES.items():
        with zipfile.ZipFile(true) as package:
            parts = {part: package.read(part) for part in package.namelist()}
        change(parts)
        results[name] = _noticed(Addin(SOURCES, _packed(folder / "changed.xlam", parts)), thorough)
    return results


def _with_text(folder: Path, file: str, old: str, new: str) -> Addin | str:
    """The add-in with the fault, or `build` where it cannot even be built."""
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    for path in SOURCES.iterdir():
        if path.suffix in (".bas", ".xml", ".txt"):
            shutil.copy(path, work)
    text = (work / file).read_text(encoding="utf-8")
    assert old in text, f"{file} no longer holds {old!r}"
    (work / file).write_bytes(text.replace(old, new, 1).encode())
    try:
        return Addin(work, addin_checks.build(work / "ReplyXL.xlam", work))
    except addin_checks.BUILD["CannotBuild"]:
        return "build"


def _packed(target: Path, parts: Parts) -> Path:
    with zipfile.ZipFile(target, "w") as package:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 0, 0x20
            package.writestr(entry, data)
    return target


def _noticed(addin: Addin | str, thorough: bool) -> list[str]:
    if isinstance(addin, str):
        return [addin]
    found = []
    for check in CHECKS:
        try:
            check(addin)
        except Exception:  # a file that a checker cannot even read is noticed as well
            found.append(check.__name__.removeprefix("check_"))
            if not thorough:
                break
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        results = run(Path(folder), thorough=True)
    for name, checks in results.items():
        print(f"{name}: {', '.join(checks) or 'NOT NOTICED'}")
    print()
    for check in ["build", *(check.__name__.removeprefix("check_") for check in CHECKS)]:
        alone = sum(checks == [check] for checks in results.values())
        print(f"{check}: {sum(check in checks for checks in results.values())}, alone {alone}")
    survivors = [name for name, checks in results.items() if not checks]
    print(f"\n{len(results) - len(survivors)} of {len(results)} caught; survivors: {', '.join(survivors) or 'none'}")


if __name__ == "__main__":
    main()
