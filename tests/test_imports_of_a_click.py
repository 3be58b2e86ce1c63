"""What Python loads between a click and its first request: a person waits for each module of it."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from conftest import FIRST_ID, patches

from reply_xl.sandbox import Sandbox
from reply_xl.tab.click import Button

BEFORE_IT_IS_TAKEN = {"", "tab", "tab.clicks", "config", "errors", "interrupts", "ribbon", "this_excel"}
_NAMES = """
addresses answers beside blocks busy cell_formats cells columns_page conduct config delivery dialogue errors excel face fields front
history history.bases history.database history.journal history.journal_file history.journal_lines history.last_sent history.recording history.records
history.runs identity interrupts jobs kinds kinds.cell_text kinds.countries kinds.displayed kinds.emails kinds.host_values kinds.links
kinds.number_formats kinds.phone_hints kinds.phones kinds.sizes kinds.time_zones kinds.truths kinds.values kinds.windows_zones locate
locks lookup mapping mapping.agreements mapping.choices mapping.claims mapping.columns mapping.evidence mapping.header_words
mapping.headers mapping.hygiene mapping.region mapping.strays marks model network network.base_urls network.client network.connections
network.pace network.proxies network.quota_log network.slow_answers network.unreachable pages patches place plan planned preview
preview_page proof pull push recheck references repair results ribbon send sentences session setup setup.computers setup.places
setup.registries setup.versions sheet stillness tab.buttons tab.click tab.clicks tab.first_save tab.in_excel tab.in_front tab.practice tab.practice_mark
tab.practising tab.serving tab.window undo wishes wording
"""
OURS = BEFORE_IT_IS_TAKEN | set(_NAMES.split())
THIRD_PARTY = {"certifi", "charset_normalizer", "idna", "platformdirs", "requests", "urllib3", "xlwings"}
BESIDE = {"PIL", "backports", "chardet", "cryptography", "cython_runtime", "numpy", "pandas"}
"""What xlwings and requests load themselves where it happens to be installed."""
NEVER = {"defusedxml", "keyring", "lxml", "openpyxl", "phonenumbers", "rich", "tkinter", "tornado"}
STAND_IN = {
    "fake_excel",
    "noted",
    "pythoncom",
    "pywintypes",
    *(f"win32{name}" for name in ("api", "com", "con", "gui", "process", "timezone")),
}


def loaded(button: Button, url: str) -> tuple[list[str], list[str]]:
    """The modules that a click on this button, in a process of its own, had loaded when it was taken and at its end."""
    code = f"""
        import json, sys
        import reply_xl.ribbon
        taken = sorted(sys.modules)
        sys.path[:0] = [{str(Path(__file__).parent)!r}]
        from fake_excel import FakeExcel, install
        import noted
        rows = [["Reply ID", "Email", "Title"], [{FIRST_ID}, "p0@example.com", "CEO"], [{FIRST_ID + 1}, "p1@example.com", "CTO"]]
        excel = FakeExcel()
        excel.add_book("leads.xlsx").add_sheet("Leads", rows)
        with install(excel):
            import xlwings
            from reply_xl import config
            for name in [name for name in sys.modules if name.split(".")[0] in {NEVER!r}]:
                del sys.modules[name]  # the stand-in for Excel has a use for some
            noted.note(config.shared_folder(), {str(button)!r}, "leads.xlsx", "$A$2:$C$3", window=excel.books[0].hwnd)
            outside = reply_xl.ribbon.Outside(
                lambda: xlwings.engines.active, lambda: noted.Answers(("Update them",)), lambda window: excel.pid, {url!r}, linger=0
            )
            assert reply_xl.ribbon.main([noted.ID], outside) == 0
        print(json.dumps([taken, sorted(sys.modules)]))
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    taken, at_the_end = json.loads(ran.stdout.splitlines()[-1])
    return taken, at_the_end


def ours(modules: list[str]) -> set[str]:
    return {name.partition(".")[2] for name in modules if name.split(".")[0] == "reply_xl"}


def others(modules: list[str]) -> set[str]:
    found = {name.split(".")[0] for name in modules if not name.startswith("_")}
    return found - sys.stdlib_module_names - {"reply_xl", "sitecustomize"}


def test_until_the_click_is_taken(sandbox: Sandbox) -> None:
    """A handful of our modules and the standard library: a person is told whatever else is missing or broken."""
    taken, _ = loaded(Button.CANCEL, sandbox.url)
    assert ours(taken) == BEFORE_IT_IS_TAKEN
    assert others(taken) == set()


def test_the_modules_of_an_update(sandbox: Sandbox) -> None:
    """These modules and no others. There is no engine for files among them, no spreadsheet library, no terminal and no keychain."""
    _, modules = loaded(Button.UPDATE, sandbox.url)
    assert ours(modules) == OURS
    assert others(modules) - BESIDE - STAND_IN == THIRD_PARTY
    assert len(patches(sandbox)) == 2


@pytest.mark.parametrize("button", [Button.PREVIEW, Button.PULL, Button.COLUMNS, Button.CANCEL])
def test_the_modules_of_other_buttons(sandbox: Sandbox, button: Button) -> None:
    """None that an update has not."""
    _, modules = loaded(button, sandbox.url)
    assert ours(modules) <= OURS
    assert others(modules) - BESIDE - STAND_IN <= THIRD_PARTY
