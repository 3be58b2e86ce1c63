"""The page for IT says what the code does: folders, registry, processes, hosts."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import reply_xl
from reply_xl import agent, config, placing, ribbon
from reply_xl.doctor import live_stage
from reply_xl.history import records
from reply_xl.network import mac_proxies
from reply_xl.network.base_urls import REPLY_URL
from reply_xl.setup import install, launcher, logon, places
from reply_xl.setup.computers import System, rehearsal
from reply_xl.setup.functions_files import LIBRARIES, FunctionsFiles
from reply_xl.tab import practising, serving

PAGE = (Path(__file__).parents[1] / "addin" / "FOR_IT.md").read_text(encoding="utf-8")
SOURCES = sorted(Path(reply_xl.__file__).parent.rglob("*.py"))


def table(heading: str, number: int = 0) -> list[list[str]]:
    """The rows of a table below a heading, without its head."""
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    tables = re.findall(r"(?:^\|.*\n)+", part, flags=re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in tables[number].splitlines()[2:]]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def spelled(path: Path, home: Path, system: System) -> str:
    """As the page spells it: the user's folders by their names."""
    text = str(path)
    if system is System.MAC:
        return text.replace(str(home), "~")
    for name, folder in (("%APPDATA%", "AppData/Roaming"), ("%LOCALAPPDATA%", "AppData/Local")):
        text = text.replace(str(home / folder), name)
    return text.replace("/", "\\")


@pytest.mark.parametrize(("system", "column"), [(System.WINDOWS, 1), (System.MAC, 2)])
def test_the_folders(tmp_path: Path, system: System, column: int) -> None:
    """Every file that install writes and the program makes stands in the table, and what stands there of ours is one of them."""
    computer = rehearsal(tmp_path, system)
    at = places.places(computer)
    functions = FunctionsFiles(b"functions", dict.fromkeys(LIBRARIES.values(), b"library")) if system is System.WINDOWS else None
    install.install(computer, b"add-in", agent=True, functions=functions)
    installed = {file.parent if file.suffix == ".lnk" else file for file in tmp_path.rglob("*") if file.is_file()} - {
        tmp_path / "reply-xl-registry.json"
    }
    made = {
        at.clicks,
        at.shared / serving.PRACTICE,
        at.shared / serving.SERVER,
        at.shared / places.AGENT_LOG,
        at.shared / ribbon.LOG,
        at.data / records.FILE,
        at.data / places.GUIDE,
    }
    made |= {at.data / "quota.sqlite3", at.data / "reply-xl.log"} | ({at.staged} if system is System.WINDOWS else set())
    named = {quoted(row[column])[0] for row in table("Files")[:-2] if quoted(row[column])}
    assert named == {spelled(path, tmp_path, system) for path in installed | made}


@pytest.mark.parametrize("system", [System.WINDOWS, System.MAC])
def test_what_uninstall_leaves(tmp_path: Path, system: System) -> None:
    """Of everything that install writes and the program makes there, the files that the page names stay, and no others."""
    left = quoted(PAGE.split("`reply-xl uninstall` leaves")[1].split(";")[0])
    computer = rehearsal(tmp_path, system)
    at = places.places(computer)
    functions = FunctionsFiles(b"functions", dict.fromkeys(LIBRARIES.values(), b"library")) if system is System.WINDOWS else None
    install.install(computer, b"add-in", agent=True, functions=functions)
    at.clicks.mkdir(parents=True, exist_ok=True)
    at.data.mkdir(parents=True, exist_ok=True)
    names = (serving.PRACTICE, serving.SERVER, places.PRACTICE_LOG, places.AGENT_LOG, places.AGENT_LOCK, ribbon.LOG)
    made = [*(at.shared / name for name in names), at.clicks / "0123456789ABCDE.click", *(at.data / name for name in (places.GUIDE, *left))]
    for file in made:
        file.touch()
    install.uninstall(computer)
    files = {file for file in tmp_path.rglob("*") if file.is_file()} - {tmp_path / "reply-xl-registry.json"}
    assert files == {at.data / name for name in left}
    assert set(left) == {records.FILE, "quota.sqlite3", "reply-xl.log"}
    install.uninstall(computer, everything=True)
    assert not any(file.is_file() for file in tmp_path.rglob("*") if file.name != "reply-xl-registry.json")


def test_the_names_of_the_files(home: Path) -> None:
    """Those of the quota, the journal and the log are the program's own."""
    quota = config.quota_file()
    assert quota is not None
    assert places.CLICK_LOG == ribbon.LOG
    for name in (quota.name, records.FILE, places.AGENT_LOCK, places.CLICKS, serving.PRACTICE, places.PRACTICE_LOG):
        assert name in PAGE
    assert '"reply-xl.log"' in (Path(reply_xl.__file__).parent / "cli.py").read_text(encoding="utf-8")


def test_the_registry() -> None:
    """The two values, and no other key is written anywhere in the code."""
    rows = [quoted(row[0]) for row in table("Files", 1)]
    assert rows == [[places.RUN, places.RUN_NAME], [places.RUN_ONCE, places.RUN_NAME]]
    written = [line for source in SOURCES for line in source.read_text(encoding="utf-8").splitlines() if "registry.set(" in line]
    assert all("registry.set(RUN" in line for line in written)
    assert len(written) == 2


def test_the_processes(tmp_path: Path) -> None:
    """The command lines are those that the code writes and starts."""
    named = {quoted(row[0])[0] for row in table("Processes")}
    computer = rehearsal(tmp_path, System.WINDOWS)
    assert {line.removesuffix(" ID") for line in named} == {
        launcher.ARGUMENTS,
        " ".join(logon.agent_command(computer)[1:]),
        "-I -m reply_xl.placing",
        "-I -m reply_xl.doctor.trial",
        live_stage.ARGUMENTS,
        " ".join(practising.SERVER_COMMAND[1:]),
        "-I -m reply_xl.shortcut",
        "-I -S …/reply_xl/network/cfnetwork.py 7",
        "-I -m reply_xl.functions_server CLSID",
    }
    assert placing.__name__ == "reply_xl.placing"
    assert agent.__name__ == "reply_xl.agent"
    asks = " ".join(mac_proxies._ASKS[1:])
    assert asks.startswith("-I -S /")
    assert asks.endswith("/reply_xl/network/cfnetwork.py")
    assert inspect.signature(mac_proxies.find_automatic_proxies).parameters["seconds"].default == 7


def test_the_hosts() -> None:
    """The program knows no address but Reply's, this computer's, and names that are never contacted."""
    rows = [quoted(row[0]) for row in table("Hosts")]
    assert rows[0] == [urlsplit(REPLY_URL).hostname]
    assert rows[1] == ["127.0.0.1"]
    never = {"schemas.openxmlformats.org", "schemas.microsoft.com", "purl.org", "www.w3.org", "www.linkedin.com", "example.com"}
    hosts = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                hosts |= set(re.findall(r"https?://([a-z0-9.-]+\.[a-z0-9]+)", node.value))
    assert {host for host in hosts - never if not host.endswith(".example.com")} == {"api.reply.io", "127.0.0.1"}


def test_the_hosts_of_the_installation() -> None:
    """Those of the README's block are in the table."""
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    page = readme.split("## Install in Excel\n")[1].split("\n## ")[0]
    named = {host for row in table("Hosts") for host in quoted(row[0])}
    assert {urlsplit(url).hostname for url in re.findall(r"https://[^\s`)]+", page)} <= named


def test_what_the_macros_do_not_use() -> None:
    """No object, no declaration of the system's functions, three modules."""
    texts = {path.stem: path.read_text(encoding="ascii") for path in (Path(__file__).parents[1] / "addin").glob("*.bas")}
    assert len(texts) == 3
    for text in texts.values():
        assert not re.search(r"CreateObject|GetObject|\bDeclare\b|\.Value\b|\.Formula\b|\.Cells\b|\.Range\(", text)


def test_what_the_macros_for_cells_declare() -> None:
    """Two functions and no others, in two modules; the page names them."""
    bridge = (Path(__file__).parents[1] / "addin" / "functions" / "ReplyBridge.bas").read_text(encoding="ascii")
    declared = set(re.findall(r"\bDeclare PtrSafe Function (\w+)", bridge))
    assert declared == {"LoadLibrary", "XLPyDLLActivateAuto"}
    assert all(f"`{name}`" in PAGE for name in declared)


def test_what_users_paste_where_uv_comes_from_it() -> None:
    """The README's block, but for the line that fetches uv, with the uv that is on the path and the wheel of this version."""
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    block = readme.split("<!-- windows -->\n```\n")[1].split("```")[0].splitlines()
    lines = PAGE.split("## Hosts")[1].split("```\n")[1].splitlines()
    wheel = f"reply_xl-{reply_xl.__version__}-py3-none-any.whl"
    expected = [line.replace('& "$HOME\\.local\\bin\\uv.exe"', "uv") for line in block if "install.ps1" not in line]
    assert lines == [line.replace("--reinstall .", f"--reinstall {wheel}") for line in expected]
