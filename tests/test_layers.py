"""The rooms of the house: who may import whom. To add or rename a module, edit the tables."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import reply_xl
from reply_xl import errors

# One line a level, lowest first. A module imports only modules of lower lines, never one of its own line.
LEVELS = """
__init__ setup doctor network mapping kinds tab history errors interrupts setup.versions setup.registries setup.property_lists setup.vba setup.launcher doctor.findings doctor.trial
model history.database busy tab.clicks locks whole_file tab.screens tab.opening tab.in_excel tab.in_live this_excel
kinds.links kinds.windows_zones network.base_urls tab.guide tab.dialogs setup.addin_file setup.applescript
fields addresses kinds.host_values csv_text parts mapping.header_words marks
kinds.cell_text kinds.countries tab.click tab.serving tab.practice_mark stillness doctor.live_watch
kinds.emails kinds.number_formats kinds.phone_hints kinds.phones kinds.sizes kinds.time_zones kinds.truths
kinds.displayed wording mapping.headers
kinds.values
mapping.evidence
mapping.claims
mapping.columns proof answers wishes mapping.region kinds.literal spool history.journal_file history.last_sent network.quota_log history.bases mapping.hygiene mapping.choices spread
mapping.agreements
identity mapping.strays seen
patches
recheck history.runs preview_page
locate beside history.journal_lines
network.winhttp network.cfnetwork network.mac_proxies network.slow_answers
network.proxies
network.connections
network.unreachable
network.client network.pace history.journal config cells cell_formats results template
history.records history.recording
lookup sheet csv_book pages references setup.computers inquiries
columns_page setup.places functions
practice_server setup.logon setup.placing agent setup.startable functions_server setup.functions_files
plan send session repair place setup.signed_files
delivery workbook setup.install account tab.help placing
preview push pull download tab.practice undo conduct blocks
planned face sentences
console dialogue tab.fetch doctor.excel_checks doctor.python_checks doctor.click_checks doctor.policies doctor.timely_checks doctor.record_checks
terminal doctor.network_checks doctor.live_try run_views jobs tab.new_sheet excel
tab.window doctor.examination demo pull_new tab.practising doctor.live_report doctor.live_steps front tab.in_front tab.first_save
commands tab.buttons
ribbon
doctor.live_click
doctor.live_stage
doctor.live
run_commands setup_commands
live_commands
cli
shortcut
__main__
"""

# Packages with levels of their own, and the modules of ours outside them that theirs may import.
PACKAGES = {
    "sandbox": """
        answers data quota
        settings
        contact
        faults patch
        workspace
        state
        api control effects
        http
        server
        __init__
    """,
    "xlsx": """
        __init__ xml model
        open
        book save theme zip rules views
        styles sheet
        tables
        edit fresh tabs
        cells
        splice
        file
    """,
    "engine": """
        members typed areas
        cells formats validation
        range
        names tables
        sheet
        book
        apps
        __init__
    """,
}
MAY_IMPORT = {"sandbox": (), "xlsx": ("errors",), "engine": ("errors", "xlsx.")}
# Who may open the front door of a package; nobody but `engine` reaches behind it, except for reading and saving the bytes of a file.
DOORS = {
    "engine": ("workbook", "csv_book"),
    "sandbox": ("commands", "demo", "doctor.live_try", "practice_server"),
    "xlsx": (),
    "xlsx.open": ("csv_book",),
    "xlsx.save": ("csv_book",),
}

# Module → the packages of others that it imports.
THIRD_PARTY = {
    "network.client": "requests urllib3",
    "setup.computers": "pythoncom win32com",
    "config": "keyring platformdirs",
    "network.connections": "requests truststore urllib3",
    "console": "rich",
    "csv_book": "xlwings",
    "engine.apps": "xlwings",
    "engine.book": "xlwings",
    "engine.formats": "xlwings",
    "engine.names": "xlwings",
    "engine.range": "xlwings",
    "engine.sheet": "xlwings",
    "engine.tables": "xlwings",
    "engine.validation": "xlwings",
    "functions": "xlwings",
    "functions_server": "xlwings",
    "doctor.live_try": "openpyxl",
    "kinds.phone_hints": "phonenumbers",
    "network.proxies": "requests",
    "sandbox.http": "tornado",
    "sandbox.server": "tornado",
    "this_excel": "xlwings",
    "doctor.trial": "keyring openpyxl phonenumbers platformdirs pythoncom requests rich tornado truststore tzdata urllib3 xlwings",
    "network.unreachable": "requests urllib3",
    "xlsx.edit": "openpyxl",
    "xlsx.fresh": "openpyxl",
}

# Modules that compute and do nothing else, and all that they may take from the standard library.
PURE = (
    "errors model fields kinds.values wording mapping.columns proof answers wishes mapping.strays identity patches cells addresses csv_text kinds.host_values kinds.literal "
    "recheck history.runs locate mapping.choices tab.click setup.versions setup.vba setup.launcher setup.applescript doctor.findings preview_page beside marks "
    "mapping.header_words mapping.headers mapping.evidence mapping.claims tab.in_excel tab.in_live "
    "kinds.cell_text kinds.countries kinds.displayed kinds.emails kinds.links kinds.number_formats kinds.phones spread kinds.sizes kinds.time_zones kinds.truths kinds.windows_zones"
)
COMPUTING = """
__future__ collections collections.abc dataclasses datetime decimal difflib enum functools hashlib json math re struct typing unicodedata
urllib.parse zoneinfo
"""

TREE = """
ReplyXlError
  ConfigError
    NoKey
  JournalError
  NotAgreed
  Cancelled
  SheetError
    WorkbookError
    SelectionError
    HostBusy
    HeaderError
    CellError
  ApiError
    ApiUnreachable
    ApiFailed
    ApiRefused
      NotAuthorised
      ContactNotFound
      PatchRejected
      RateLimited
"""

ROOT = Path(reply_xl.__file__).parent


def _name(path: Path) -> str:
    """`client`, `engine.range`, and a package's own file as `__init__` or `engine`."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


TREES = {_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py")}


def _levels() -> dict[str, int]:
    """Every module of the tables and its level, those of a package within the package."""
    levels = {name: level for level, line in enumerate(LEVELS.strip().splitlines()) for name in line.split()}
    for package, table in PACKAGES.items():
        for level, line in enumerate(table.strip().splitlines()):
            levels |= {f"{package}.{name}".removesuffix(".__init__"): level for name in line.split()}
    return levels


LEVEL = _levels()


def _statements(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of a module, those inside functions included, those for the type checker alone left out."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    only_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    for child in node.orelse if isinstance(node, ast.If) and only_types else ast.iter_child_nodes(node):
        yield from _statements(child)


def _imported(module: str) -> set[str]:
    """Dotted names of what a module imports; of ours without `reply_xl.`, resolved to modules."""
    found = set()
    for statement in _statements(TREES[module]):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
        else:
            found |= {f"{statement.module}.{alias.name}" for alias in statement.names}
    return {_resolved(name) for name in found}


def _resolved(name: str) -> str:
    if name.split(".")[0] != "reply_xl":
        return name
    inner = name.removeprefix("reply_xl").removeprefix(".")
    while inner and inner not in TREES:
        inner = inner.rpartition(".")[0]
    return f"reply_xl.{inner or '__init__'}"


def _ours(module: str) -> set[str]:
    return {name.removeprefix("reply_xl.") for name in _imported(module) if name.startswith("reply_xl.")}


def _package(module: str) -> str:
    first = module.split(".")[0]
    return first if first in PACKAGES else ""


def _others(module: str) -> set[str]:
    """What a module imports that is neither ours nor the standard library's."""
    return {name.split(".")[0] for name in _imported(module)} - {"reply_xl"} - set(sys.stdlib_module_names)


def test_every_module_stands_in_the_table():
    """The tables hold every module of the package, and no module that is gone."""
    assert sorted(LEVEL) == sorted(TREES)
    words = [word for table in (LEVELS, *PACKAGES.values()) for word in table.split()]
    assert len(words) == len(LEVEL)


@pytest.mark.parametrize("module", sorted(TREES))
def test_imports_go_down(module: str):
    """A module imports only modules of lower levels, never a sibling, also inside functions."""
    same_house = {name for name in _ours(module) if _package(name) == _package(module)}
    assert {name for name in same_house if LEVEL[name] >= LEVEL[module]} == set()


@pytest.mark.parametrize("module", sorted(TREES))
def test_packages_keep_to_themselves(module: str):
    """The sandbox imports nothing of ours, the file engine only its errors; the rest uses them by the front door."""
    package = _package(module)
    for name in _ours(module):
        if _package(name) == package:
            continue
        if package:
            assert name.startswith(MAY_IMPORT[package]) if MAY_IMPORT[package] else False, name
        else:
            assert name in DOORS, f"{name} is behind the door of its package"
            assert module in DOORS[name]


@pytest.mark.parametrize("module", sorted(TREES))
def test_third_parties_are_imported_where_the_table_says(module: str):
    """Each package of others is imported by the modules of the table and by no other."""
    assert _others(module) == set(THIRD_PARTY.get(module, "").split())


@pytest.mark.parametrize("module", sorted(TREES))
def test_nothing_imports_the_paid_part_of_xlwings(module: str):
    """Nothing imports `xlwings.pro`, nor reaches it as an attribute."""
    assert not any(name == "xlwings.pro" or name.startswith("xlwings.pro.") for name in _imported(module))
    reached = [node for node in ast.walk(TREES[module]) if isinstance(node, ast.Attribute) and node.attr == "pro"]
    assert reached == []


@pytest.mark.parametrize("module", sorted(TREES))
def test_imports_are_plain(module: str):
    """Imports are absolute, and none is hidden in a string where this test could not see it."""
    assert all(statement.level == 0 for statement in _statements(TREES[module]) if isinstance(statement, ast.ImportFrom))
    assert not any(name.split(".")[0] == "importlib" for name in _imported(module) if not name.startswith("importlib.metadata"))
    assert not any(isinstance(node, ast.Name) and node.id == "__import__" for node in ast.walk(TREES[module]))


@pytest.mark.parametrize("module", PURE.split())
def test_pure_modules_do_no_io(module: str):
    """Between rows and patches everything is computed: no file, no network, no clock, no terminal."""
    for name in _imported(module) - {f"reply_xl.{pure}" for pure in PURE.split()}:
        assert {name, name.rpartition(".")[0]} & set(COMPUTING.split()), name
    called = {node.func.id for node in ast.walk(TREES[module]) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called & {"open", "print", "input", "exec", "eval"} == set()
    clocks = {node.attr for node in ast.walk(TREES[module]) if isinstance(node, ast.Attribute)}
    assert clocks & {"now", "utcnow", "today"} == set()


def _tree(error: type[BaseException], indent: int = 0) -> Iterator[str]:
    yield "  " * indent + error.__name__
    for child in error.__subclasses__():
        yield from _tree(child, indent + 1)


def test_the_tree_of_errors():
    """Every exception of the package is in one tree below `ReplyXlError`, each where the design has it and each explained."""
    classes = [item for _, item in inspect.getmembers(errors, inspect.isclass) if item.__module__ == errors.__name__]
    assert {item.__name__ for item in classes} == set(TREE.split())
    assert sorted(_paths(TREE.strip().splitlines())) == sorted(_paths(list(_tree(errors.ReplyXlError))))
    assert all(item.__doc__ for item in classes)


def _paths(lines: list[str]) -> list[tuple[str, ...]]:
    """From a tree by indentation, the path from the root to each name."""
    path: list[str] = []
    found = []
    for line in lines:
        path = [*path[: (len(line) - len(line.lstrip())) // 2], line.strip()]
        found.append(tuple(path))
    return found


@pytest.mark.parametrize("module", sorted(module for module in TREES if not _package(module) and module != "errors"))
def test_exceptions_are_declared_in_one_place(module: str):
    """Outside the packages with levels of their own, only `errors` declares exceptions."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            assert not any(base.endswith(("Error", "Exception")) or base in TREE.split() for base in bases), node.name
