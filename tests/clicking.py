"""The click, whole: a live LibreOffice with the built add-in and a workbook, whose buttons start Python, which talks to a sandbox."""

from __future__ import annotations

import json
import os
import runpy
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from office_engine import connect, property_values, start_office
from office_engine.bridge import resolve

import reply_xl
from reply_xl.tab.click import Button

ROOT = Path(__file__).parent.parent
_INSTALLED = Path(reply_xl.__file__).parent.parent  # with the add-in file, which a checkout has only after it was built
_LIBRARY = "VBAProject"
_CALLBACKS = {
    str(item.get("id")): f"ReplyRibbon.{item.get('onAction')}"
    for item in ET.parse(ROOT / "addin" / "customUI14.xml").iter()
    if item.get("onAction")
}


class Clicking:
    """A LibreOffice whose user has the folder `home`; the add-in is open in it."""

    def __init__(self, folder: Path, screen: str = "") -> None:
        """`screen`: an X display on which its windows are shown; "" for none."""
        self.folder, self.home = folder, folder / "home"
        self.user = self.home / "data" / "reply_xl"
        self.status, self.boxes, self._answers = folder / "status", folder / "boxes", folder / "answers"
        self._opened = folder / "opened"
        self.user.mkdir(parents=True)
        addin = runpy.run_path(str(ROOT / "addin" / "build.py"))["build"](folder / "ReplyXL.xlam")
        environment = {"HOME": str(self.home), "XDG_DATA_HOME": str(self.home / "data"), "LOCALAPPDATA": "", "PYTHONPATH": str(_INSTALLED)}
        if screen:
            environment |= {"DISPLAY": screen, "SAL_USE_VCLPLUGIN": "gen"}
        self.office = start_office(folder, environment, headless=not screen)
        self._context = resolve(self.office.pipe, 30)
        self.desktop = self._make("com.sun.star.frame.Desktop")
        kind = {"MacroExecutionMode": 4, "FilterName": "Calc MS Excel 2007 VBA XML"}
        self._addin = self.desktop.loadComponentFromURL(addin.as_uri(), "_blank", 0, property_values(**kind))
        factory = self._make("com.sun.star.script.provider.MasterScriptProviderFactory")
        self._scripts = factory.createScriptProvider(self._addin)

    def _make(self, name: str) -> Any:
        return self._context.ServiceManager.createInstanceWithContext(name, self._context)

    def set_up(
        self,
        base_url: str | None,
        environment: Mapping[str, str] | None = None,
        *,
        first_on_path: Path | None = None,
        watches_practice: bool = False,
        **launcher: str,
    ) -> None:
        """No click, no box, no text yet; Python is started with the server `base_url` and with what `environment` adds to its own, and looks
        for modules in `first_on_path` first. `watches_practice`: as for `ribbon.Outside`."""
        for path in (self.status, self.boxes, self._answers, self._opened):
            path.unlink(missing_ok=True)
        settings: dict[str, object] = {"pipe": self.office.pipe, "base_url": base_url, "environment": dict(environment or {})}
        settings |= {"status": str(self.status), "boxes": str(self.boxes), "answers": str(self._answers)}
        settings |= {"pid": self.office.pid, "opened": str(self._opened), "first_on_path": str(first_on_path or "")}
        settings["watches_practice"] = watches_practice
        (self.folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        script = f'"{ROOT / "tests" / "office_launcher.py"}" "{self.folder / "settings.json"}"'
        lines = {"python": sys.executable, "arguments": script, **launcher}
        text = "".join(f"{name}={value}\n" for name, value in lines.items())
        (self.user / "launcher.txt").write_text(f"reply-xl launcher 1\n{text}", encoding="utf-8")

    def open(self, path: Path) -> Any:
        """Opens a workbook in a window; returns it as an xlwings book."""
        self.desktop.loadComponentFromURL(path.as_uri(), "_blank", 0, ())
        return connect(self.office.pipe).apps.active.books[path.name]

    def select(self, book: Any, sheet: str, *areas: str) -> None:
        doc = book.impl.doc
        page = doc.Sheets.getByName(sheet)
        ranges = doc.createInstance("com.sun.star.sheet.SheetCellRanges")
        for area in areas:
            ranges.addRangeAddress(page.getCellRangeByName(area).RangeAddress, False)
        doc.CurrentController.setActiveSheet(page)
        doc.CurrentController.select(ranges)

    def sort(self, book: Any, sheet: str, area: str, *, column: int, ascending: bool) -> None:
        """As a user does: by the column of this index within the area."""
        import uno

        field = uno.createUnoStruct("com.sun.star.table.TableSortField")
        field.Field, field.IsAscending = column, ascending
        fields = uno.Any("[]com.sun.star.table.TableSortField", (field,))
        book.impl.doc.Sheets.getByName(sheet).getCellRangeByName(area).sort(property_values(SortFields=fields, ContainsHeader=False))

    def press(self, button: Button, *arguments: Any) -> float:
        """Clicks a button; returns how long Excel would have been busy."""
        bag = self._make("com.sun.star.beans.PropertyBag")
        bag.addProperty("ID", 0, str(button))
        bag.addProperty("Tag", 0, "")
        name = f"vnd.sun.star.script:{_LIBRARY}.{_CALLBACKS[button]}?language=Basic&location=document"
        script = self._scripts.getScript(name)
        began = time.perf_counter()
        script.invoke((bag, *arguments), (), ())
        return time.perf_counter() - began

    def answer(self, *choices: str) -> None:
        """What the next questions are answered with; further ones are closed."""
        self._answers.write_text(json.dumps(list(choices)), encoding="utf-8")

    def asked(self) -> list[dict[str, Any]]:
        """The boxes so far: text, and choices where it was a question."""
        return [json.loads(line) for line in self.boxes.read_text(encoding="utf-8").splitlines()] if self.boxes.exists() else []

    def opened(self) -> list[str]:
        """The files that were to be opened outside of Excel."""
        return self._opened.read_text(encoding="utf-8").splitlines() if self._opened.exists() else []

    def bar(self) -> list[str]:
        """The texts that the status bar has shown; "" where it was given back."""
        return self.status.read_text(encoding="utf-8").splitlines() if self.status.exists() else []

    def wait(self, seconds: float = 30.0) -> None:
        """Until every click has been carried out."""
        folder = self.user / "clicks"
        until(lambda: not list(folder.glob("*.click")) and not list(folder.glob("*.started")), seconds, self.log)

    def log(self) -> str:
        path = self.user / "click.log"
        return path.read_text(encoding="utf-8") if path.exists() else "there is no log"

    def books(self) -> list[Any]:
        return list(connect(self.office.pipe).apps.active.books)

    def close_books(self) -> None:
        for book in self.books():
            book.impl.doc.close(True)

    def end(self) -> None:
        self.office.end()


def until(condition: Callable[[], bool], seconds: float, why: Callable[[], str] = str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, why()
        time.sleep(0.05)


def values(book: Any, sheet: str, area: str) -> list[list[Any]]:
    return [list(line) for line in book.sheets[sheet].range(area).raw_value]


def by_header(book: Any, sheet: str, rows: int) -> list[dict[str, Any]]:
    """The rows below row 1 by header, `rows` of them."""
    lines: Sequence[Sequence[Any]] = values(book, sheet, f"A1:AZ{rows + 1}")
    return [{str(header): cell for header, cell in zip(lines[0], line, strict=True) if header} for line in lines[1:]]


os.environ.setdefault("SAL_USE_VCLPLUGIN", "svp")
