"""ReplyXLFunctions.xlam: its macros against those that xlwings itself writes, the file against its sources, and what its bridge may touch.
None of it has been run in Excel."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from conftest import Ran

import reply_xl
from reply_xl import functions
from reply_xl.errors import ConfigError
from reply_xl.setup.computers import Computer, RehearsedDeeds, System, rehearsal
from reply_xl.setup.functions_files import LIBRARIES, FunctionsFiles, functions_files
from reply_xl.setup.install import install, uninstall
from reply_xl.setup.places import places

for _name in ("pyopenvba", "oletools", "openxml_audit", "pyvbaanalysis"):
    pytest.importorskip(_name, reason="the checkers of the add-in come with the extra “test”")

ROOT = Path(__file__).parent.parent
BUILDER = ROOT / "addin" / "functions_build.py"
BUILD: dict[str, Any] = runpy.run_path(str(BUILDER))
BRIDGE = (ROOT / "addin" / "functions" / "ReplyBridge.bas").read_text(encoding="ascii")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return BUILD["build"](tmp_path_factory.mktemp("functions") / "ReplyXLFunctions.xlam")


def on_windows(what: str, given: Any = None) -> str:
    """What xlwings' own code for Windows says; see `xlwings_on_windows`."""
    program = Path(__file__).with_name("xlwings_on_windows.py")
    done = subprocess.run([sys.executable, program, what], input=json.dumps(given), capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


# Where our macros differ from xlwings' on purpose: they are for Excel alone, hand over neither workbook nor calling cell, and what goes wrong
# is a sentence of the bridge's instead of an error's own text.
DIFFERENCES = (
    (r'    #If App = "Microsoft Excel" Then\n((?:        .*\n)*)    #Else\n(?:        .*\n)*    #End If\n', r"\1"),
    (r" +If TypeOf Application.Caller Is Range Then On Error GoTo failed\n", ""),
    (
        r"        (\w+) = XLPy\.CallUDF\(\"reply_xl\.functions\", (\"\w+\"), (.*), ActiveWorkbook, Application\.Caller\)",
        r"    \1 = CallReply(\2, \3)",
    ),
    (r" +Exit Function\n", ""),
    (r"failed:\n    \w+ = Err.Description\n", ""),
)


def test_the_macros_are_those_of_xlwings():
    """What the build writes from the text of functions.py is, line by line, what xlwings' `generate_vba_wrapper` writes from the imported
    functions, but for five differences that stand above: name, arguments, their order, volatile."""
    theirs = on_windows("wrappers")
    for pattern, replacement in DIFFERENCES:
        assert re.search(pattern, theirs), pattern
        theirs = re.sub(pattern, replacement, theirs)
    ours = BUILD["wrappers"]((ROOT / "reply_xl" / "functions.py").read_text(encoding="utf-8"))
    head, _, body = ours.partition("\nFunction ")
    assert head.startswith('Attribute VB_Name = "ReplyFunctions"\nOption Explicit\n')
    body = re.sub(r"^Attribute .*\n", "", f"Function {body}", flags=re.MULTILINE)
    assert body.strip().splitlines() == theirs.strip().splitlines()
    assert re.findall(r"^Function (\w+)", body, re.MULTILINE) == list(functions.NAMES)
    assert re.findall(r"^    Application.Volatile\n    (\w+)", body, re.MULTILINE) == ["REPLY_QUOTA"]


def test_optional_arguments_and_what_cannot_be_a_macro():
    """A default makes an argument optional; arguments that no cell can give, and descriptions that VBA cannot hold, end the build."""
    wrappers = BUILD["wrappers"]
    assert "\nFunction F(a, Optional b)\n" in wrappers('@func\ndef F(a, b=1):\n    """Says."""\n')
    for refused in ("def F(*a):", "def F(*, a):", "def F(a, /):", "def F(**a):"):
        with pytest.raises(BUILD["CannotBuild"], match="cannot have"):
            wrappers(f'@xw.func(category="x")\n{refused}\n    """Says."""\n')
    for text in ("", 'Says "no".', "x" * 256):
        with pytest.raises(BUILD["CannotBuild"], match="docstring"):
            wrappers(f"@func\ndef F(a):\n    {text!r}\n")
    with pytest.raises(BUILD["CannotBuild"], match="no function"):
        wrappers("def F(a):\n    pass\n")


def test_the_way_through_xlwings():
    """Called as the bridge calls it, through xlwings' unmodified `CallUDF`: one cell gives one value and a block a block; errors of Excel
    arrive as errors, also those that xlwings does not know. Nothing else than our functions can be called, and no code run."""
    calls = [
        [functions.__name__, "REPLY_COLUMN", ["First Name"]],
        [functions.__name__, "REPLY_COLUMN", [[["Email", "Vorname"]]]],
        [functions.__name__, "REPLY_CHECK", ["Title", [["CEO"], [-2146826246], [-2146826243], [None], [3.0]]]],
        [functions.__name__, "REPLY_CHECK", ["Phone", 170123456.0], ["", "0%"]],
        [functions.__name__, "REPLY_CHECK", [[["Phone", "Title"]], [[170123456.0, 3.0], [None, "x"]]], ["General", ["0", None]]],
        [functions.__name__, "REPLY_QUOTA", []],
        [functions.__name__, "Window", []],
        ["os", "getcwd", []],
    ]
    said = json.loads(on_windows("call", calls))
    assert said["public"] == ["CallUDF"]
    error = "The cell (Title) shows the error {}; correct the formula or empty the cell."
    assert said["answers"] == [
        "First name",
        ["Email", "First name"],
        [[""], [error.format("#N/A")], [error.format("#SPILL!")], [""], [""]],
        "The cell (Phone) holds 170123456, of which the format “0%” makes something else than a phone number; format the cell as text and type "
        "the phone number again.",
        [
            ["", "The cell (Title) has a number format that could not be read; give all cells of the column the same number format."],
            ["", ""],
        ],
        "100 of 100 requests left in this minute, 3,000 of 3,000 in this hour.",
        {"refused": "Window"},
        {"refused": "getcwd"},
    ]


def test_the_bridge_calls_the_library_as_xlwings_does():
    """Its declaration of xlwings' library differs from xlwings' own in the name of the file alone, for both kinds of Excel, and the command
    that it gives to it ends with the same mark that the library replaces."""
    theirs = (Path(xw.__file__).parent / "xlwings.bas").read_text(encoding="utf-8")
    for bits in ("64", "32"):
        pattern = rf'Declare PtrSafe Function XLPyDLLActivateAuto Lib "[\w.-]*{bits}[\w.-]*\.dll" (\(.*\)) As Long'
        found = [re.search(pattern, text) for text in (theirs, BRIDGE)]
        assert found[0], "xlwings has changed"
        assert found[1]
        assert found[0][1].casefold() == found[1][1].casefold()
        assert f'Lib "{LIBRARIES[f"xlwings{bits}-*.dll"]}"' in BRIDGE
        assert f'Private Const LIBRARY = "{LIBRARIES[f"xlwings{bits}-*.dll"]}"' in BRIDGE
    assert "xlwings.serve('$(CLSID)')" in theirs
    assert 'Private Const PYTHON_RUNS = " -I -m reply_xl.functions_server $(CLSID)"\n' in BRIDGE
    assert f'Private Const PYTHON_MODULE = "{functions.__name__}"\n' in BRIDGE


def check_bridge(bridge: str) -> None:
    """It reads launcher.txt in the user's folder and values of its arguments, loads one library by its full path before anything calls it, and
    names no workbook, no sheet, no other file, no other way to start or fetch something."""
    code = "\n".join(re.sub(r'"[^"]*"', '""', line).split("'")[0].rstrip() for line in bridge.splitlines())
    words = {word.casefold() for word in re.findall(r"\w+", code)}
    forbidden = """
    CreateObject GetObject Shell AppleScriptTask RunPython Evaluate Execute ExecuteExcel4Macro Workbooks ActiveWorkbook ThisWorkbook ActiveSheet Sheets
    Worksheets Names CustomDocumentProperties CurDir ChDir Kill FileCopy Print Write Put SaveSetting GetSetting MsgBox InputBox DoEvents Wait OnTime
    Application WScript Exec Eval SetAttr Caller
    """
    assert words.isdisjoint(forbidden.casefold().split())
    assert re.findall(r'Environ\("(\w+)"\)', bridge) == ["LOCALAPPDATA"]
    assert re.findall(r"^ *Open .*$", bridge, re.MULTILINE) == ['    Open UserFolder() & "launcher.txt" For Input As #file']
    assert re.findall(r'Setting\("(\w+)"\)', bridge) == ["start", "python"]
    assert re.findall(r'Lib "([^"]+)"', bridge) == [*LIBRARIES.values(), "KERNEL32"]
    assert re.findall(r"\.(\w+)", code) == [
        *("CountLarge", "Areas", "Count", "Value", "CallUDF"),
        *("NumberFormat", "Columns", "Count", "Columns", "NumberFormat"),
    ]
    find = bridge[bridge.index("Private Function FindCommand") :].split("End Function")[0]
    steps = [
        'If Setting("start") = "agent" Then Exit Function',
        'If python = "" Or InStr(python, Chr(34)) > 0 Or InStr(python, "$(") > 0 Then Exit Function',
        "If LoadLibrary(UserFolder() & LIBRARY) = 0 Then Exit Function",
        'If Dir(python) = "" Then Exit Function',
        "Starter = Chr(34) & python & Chr(34) & PYTHON_RUNS",
    ]
    places = [find.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)
    assert code.count("LoadLibrary(") == 1
    assert len(re.findall(r"^ *Starter = (?!\"\")", code, re.MULTILINE)) == 1
    call = bridge[bridge.index("Public Function CallReply") :].split("End Function")[0]
    assert call.index('If Starter = "" Then Exit Function') < call.index("XLPyDLLActivateAuto(server, Starter, 1)")
    assert "Option Private Module\n" in bridge, "or the sheet's list of functions shows CallReply"


def test_what_the_bridge_touches():
    """Nothing but what `check_bridge` says."""
    check_bridge(BRIDGE)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("If LoadLibrary(UserFolder() & LIBRARY) = 0", "If LoadLibrary(LIBRARY) = 0"),
        ("If LoadLibrary(UserFolder() & LIBRARY) = 0 Then Exit Function", "LoadLibrary UserFolder() & LIBRARY"),
        ('Environ("LOCALAPPDATA") & "\\reply_xl\\"', 'ThisWorkbook.Path & "\\"'),
        ('Environ("LOCALAPPDATA")', 'Environ("PUBLIC")'),
        ('python = Setting("python")', 'python = Range("A1").Value'),
        ("CallUDF(PYTHON_MODULE, asked, given, shown)", "CallUDF(PYTHON_MODULE, asked, given, shown, ActiveWorkbook, Application.Caller)"),
        ("server.CallUDF(PYTHON_MODULE, asked, given, shown)", "server.Eval(asked)"),
        ('Open UserFolder() & "launcher.txt"', 'Open UserFolder() & "xlwings.conf"'),
        ('Or InStr(python, "$(") > 0 Then', "Then"),
        ('If Setting("start") = "agent" Then Exit Function', ""),
        ('    If Starter = "" Then Exit Function\n', ""),
        ("Option Private Module\n", ""),
    ],
)
def test_faults_of_the_bridge_are_noticed(good: str, bad: str):
    """Each of these changes would let something else choose what runs, or show the bridge itself in the sheet."""
    assert BRIDGE.count(good) == 1
    with pytest.raises((AssertionError, ValueError)):
        check_bridge(BRIDGE.replace(good, bad))


def test_the_sentences_of_the_bridge():
    """Each is a sentence that Excel can show in a block of cells and that says what to do; where it names a command, there is one."""
    sentences = dict(re.findall(r'^Private Const ([A-Z_]+) = "([^"]*\.)"$', BRIDGE, re.MULTILINE))
    assert set(sentences) == {"NOT_SET_UP", "NO_PYTHON", "NOT_ALLOWED", "NO_ANSWER", "TOO_MANY", "NOT_ONE_BLOCK"}
    for sentence in sentences.values():
        assert len(sentence) < 255
        assert "; " in sentence
    assert "Private Const MOST_CELLS = 200000\n" in BRIDGE
    assert "200,000 cells" in sentences["TOO_MANY"]


def test_the_file_holds_the_sources(file: Path):
    """What olevba finds is the text of the two modules, the others are empty, and nothing compiled lies beside the text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import olefile
        from oletools.olevba import VBA_Parser

        parser = VBA_Parser(str(file))
        found = {Path(name).stem: text for _, _, name, text in parser.extract_macros()}
        parser.close()
    sources = BUILD["sources"]()
    assert sorted(found) == ["ReplyBridge", "ReplyFunctions", "Sheet1", "ThisWorkbook"]
    for name, text in sources.items():
        assert found[name].rstrip("\r\n") == text.rstrip("\r\n")
    for name in ("ThisWorkbook", "Sheet1"):
        assert all(line.startswith("Attribute ") for line in found[name].splitlines() if line)
    assert f"' Version {reply_xl.__version__}." in found["ReplyBridge"]
    with zipfile.ZipFile(file) as package, olefile.OleFileIO(package.read("xl/vbaProject.bin")) as project:
        kept = project.openstream("VBA/_VBA_PROJECT").read()
    assert kept[:2] == b"\xcc\x61"
    assert not any(kept[7:])


def test_the_file_is_sound(file: Path):
    """Nothing is found by pyOpenVBA, openxml-audit and a static analysis of the macros; it is an add-in without a ribbon, names this
    project, and holds no date or system."""
    from openxml_audit import OpenXmlValidator
    from pyopenvba.integrity import check_file
    from pyvbaanalysis import analyze_office_file

    report = check_file(file)
    assert report.ok
    assert not report.issues
    result = OpenXmlValidator().validate(str(file))
    assert result.is_valid, result.errors
    problems = {module: [problem.message for problem in found] for module, found in analyze_office_file(str(file)).items()}
    assert not any(problems.values()), problems
    with zipfile.ZipFile(file) as package:
        assert {(entry.date_time, entry.compress_type, entry.create_system) for entry in package.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 0, 0)
        }
        assert not any("customUI" in name for name in package.namelist())
        assert b"vnd.ms-excel.addin.macroEnabled.main+xml" in package.read("[Content_Types].xml")
        core = package.read("docProps/core.xml").decode()
    assert "<dc:title>Reply functions for Excel</dc:title><dc:creator>The reply_xl developers</dc:creator>" in core
    assert f"The functions of reply_xl {reply_xl.__version__}<" in core


def test_two_builds_are_equal(file: Path, tmp_path: Path):
    """Built again, by the script in a process of its own, the file is the same byte for byte, and so is the one in the package."""
    again = tmp_path / "elsewhere" / "other.xlam"
    subprocess.run([sys.executable, BUILDER, again], check=True, capture_output=True, cwd=tmp_path)
    assert again.read_bytes() == file.read_bytes()


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A Python environment as the wheel of xlwings for Windows leaves it."""
    folder = tmp_path / "environment"
    folder.mkdir()
    for name in ("xlwings64-0.37.8.dll", "xlwings32-0.37.8.dll"):
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def windows(tmp_path: Path) -> Computer:
    return rehearsal(tmp_path / "zoe", System.WINDOWS)


def test_the_files_to_install(environment: Path, tmp_path: Path, file: Path):
    """The add-in out of the package, and the libraries that xlwings puts beside Python on Windows; where they are not there, a sentence says
    so."""
    with pytest.raises(ConfigError, match="not beside Python; they exist on Windows alone"):
        functions_files(tmp_path, file.parent)
    with pytest.raises(ConfigError, match=r"ReplyXLFunctions\.xlam is missing from this installation of reply-xl; install reply-xl again"):
        functions_files(environment, tmp_path)
    assert functions_files(environment, file.parent) == FunctionsFiles(
        file.read_bytes(), {"ReplyXLFunctions64.dll": b"xlwings64-0.37.8.dll", "ReplyXLFunctions32.dll": b"xlwings32-0.37.8.dll"}
    )


def test_installed_and_removed(windows: Computer, environment: Path, file: Path):
    """`install --functions` puts them where Excel and the bridge look for them, beside the tab, and not as a second copy of it; repeated it
    changes nothing; `uninstall` leaves nothing."""
    files = functions_files(environment, file.parent)
    report = install(windows, b"tab", functions=files)
    assert report.is_whole
    assert any("=REPLY_CHECK(header, value)" in line for line in report.done)
    at = places(windows)
    assert at.functions.read_bytes() == files.addin
    assert at.functions.parent == at.addin.parent
    assert at.shared == Path(windows.environ["LOCALAPPDATA"], "reply_xl"), "UserFolder of the bridge"
    assert {name: (at.shared / name).read_bytes() for name in files.libraries} == files.libraries
    assert at.launcher.exists()
    before = sorted(windows.home.rglob("*"))
    assert install(windows, b"tab", functions=files).is_whole
    assert sorted(windows.home.rglob("*")) == before
    removed = uninstall(windows)
    assert removed.is_whole
    assert "The functions for cells are removed." in removed.done
    assert not [found for found in windows.home.rglob("*") if found.is_file()]


def test_excel_holds_the_old_ones(windows: Computer, environment: Path, file: Path):
    """A library or an add-in that differs and is in use stays, and the report says what to do; the same when they are to be removed."""
    old = functions_files(environment, file.parent)
    install(windows, b"tab", functions=old)
    assert isinstance(windows.deeds, RehearsedDeeds)
    windows.deeds.held |= {places(windows).shared / "ReplyXLFunctions64.dll"}
    new = FunctionsFiles(b"new", dict.fromkeys(old.libraries, b"new"))
    report = install(windows, b"tab", functions=new)
    assert not report.is_whole
    assert any("run “reply-xl install --functions” again" in line for line in report.next)
    assert places(windows).functions.read_bytes() == old.addin, "never new macros over an old library"
    assert not list(windows.home.rglob("*.tmp"))
    gone = uninstall(windows)
    assert not gone.is_whole
    assert any("ReplyXLFunctions64.dll, and run “reply-xl uninstall” again" in line for line in gone.next)
    windows.deeds.held.clear()
    assert uninstall(windows).is_whole


def test_with_an_agent_they_cannot_answer(windows: Computer, environment: Path, file: Path):
    """Where Excel may start nothing the installer says that the functions need it."""
    report = install(windows, b"tab", agent=True, functions=functions_files(environment, file.parent))
    assert any("need a program that Excel starts" in line for line in report.next)


def test_on_windows_alone(run: Callable[..., Ran], tmp_path: Path):
    """The command says so elsewhere, before anything is written."""
    ran = run("install", "--functions", "--prefix", tmp_path / "p", "--as", "mac")
    assert (ran.code, ran.err) == (
        1,
        "Functions in cells exist in Excel for Windows alone; run “reply-xl install” without --functions.\n",
    )
    assert not (tmp_path / "p").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the library is there")
def test_a_plain_install_keeps_them_up_to_date(run: Callable[..., Ran], tmp_path: Path):
    """Where the functions were installed before, `install` without an option looks for their files too, and says what is missing."""
    at = places(rehearsal(tmp_path / "p", System.WINDOWS))
    at.functions.parent.mkdir(parents=True)
    at.functions.write_bytes(b"old")
    ran = run("install", "--prefix", tmp_path / "p", "--as", "windows")
    assert ran.code == 1
    assert ran.err in (
        "The library that functions in cells need is not beside Python; they exist on Windows alone, so install without them.\n",
        "ReplyXLFunctions.xlam is missing from this installation of reply-xl; install reply-xl again.\n",
    )
