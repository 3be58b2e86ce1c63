"""Takes the README's picture: `python tests/render_window.py` clicks Update in a LibreOffice on a screen of its own and photographs the window.

Needs LibreOffice, Xvfb and ImageMagick's `import`."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

import openpyxl
from clicking import Clicking, until
from office_engine import property_values
from openpyxl.styles import Font, PatternFill

from reply_xl.sandbox import Sandbox
from reply_xl.tab.click import Button

PICTURE = Path(__file__).parent.parent / ".github" / "result.png"
_SCREEN, _SIZE = ":93", "1420x470"
_EDITS = ["Chief Revenue Officer", "Head of Marketing", "VP Operations", "Head of Procurement", "CTO", "Ops", "Data Lead", "Head of Sales"]
_WIDTHS = {"A": 13, "B": 29, "C": 22, "D": 14}


def leads(folder: Path, sandbox: Sandbox) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Leads"
    sheet.append(["Reply ID", "Email", "Title", "Company size"])
    for contact, title in zip(sandbox.contacts.values(), _EDITS, strict=False):
        sheet.append([contact["id"], contact["email"], title, "11-50"])
    sheet["D6"] = "quite a few"
    sheet["B7"] = "somebody.else@example.com"
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDEBF7")
    for letter, width in _WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    path = folder / "leads.xlsx"
    book.save(path)
    return path


def main() -> None:
    screen = subprocess.Popen(["Xvfb", _SCREEN, "-screen", "0", f"{_SIZE}x24"], stderr=subprocess.DEVNULL)
    os.environ["REPLY_XL_QUOTA"] = "off"
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, Sandbox(quota="off") as sandbox:
            folder = Path(name)
            time.sleep(1)
            clicking = Clicking(folder, _SCREEN)
            try:
                clicking.set_up(sandbox.url)
                book = clicking.open(leads(folder, sandbox))
                clicking.select(book, "Leads", "A2:D9")
                clicking.answer("Update them")
                clicking.press(Button.UPDATE)
                until(lambda: any("Updated" in text for text in clicking.bar()), 60, clicking.log)
                clicking.wait()
                book.sheets["Leads"].range("F:F").column_width = 68
                clicking.select(book, "Leads", "E2")
                frame = book.impl.doc.CurrentController.Frame
                frame.ContainerWindow.setPosSize(0, 0, *map(int, _SIZE.split("x")), 15)
                sent = clicking._make("com.sun.star.frame.DispatchHelper")
                sent.executeDispatch(frame, ".uno:Sidebar", "", 0, property_values(Sidebar=False))
                time.sleep(3)
                subprocess.run(["import", "-window", "root", "-display", _SCREEN, "+dither", "-colors", "48", PICTURE], check=True)
            finally:
                clicking.end()
    finally:
        screen.terminate()


if __name__ == "__main__":
    main()
