"""Writes the parts of the README that the program itself knows: the demo's session, the tables of fields and outcomes, the picture.

    python tests/render_readme.py            the text
    python tests/render_readme.py --picture  the picture too (needs LibreOffice, pdftoppm and Pillow)

`test_readme.py` proves that the README agrees.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import openpyxl

from reply_xl.fields import CATALOGUE
from reply_xl.model import Word
from reply_xl.sandbox import Sandbox

README = Path(__file__).parent.parent / "README.md"
PICTURE = README.parent / ".github" / "result.png"

OUTCOMES = {
    Word.UPDATED: "Reply stored every value that was sent",
    Word.UNCHANGED: "Reply already held the same values; nothing was sent",
    Word.SKIPPED: "held back until you allow it, or a hidden row; nothing was sent",
    Word.INVALID: "a cell cannot be read, or it is not certain that this is the right contact; nothing was sent",
    Word.NOT_FOUND: "Reply has no such contact",
    Word.REFUSED: "Reply said no; the message names the field and Reply's reason",
    Word.NOT_STORED: "Reply accepted the change, but holds another value",
    Word.CONFLICT: "kept for a later version: the field was changed in Reply as well",
    Word.UNKNOWN: "no answer came and the contact could not be read back; look at it in Reply",
    Word.FAILED: "it did not work and nothing was stored; try again",
    Word.CANCELLED: "you stopped the run before this row was sent",
}


def parts(session: str, told: str) -> dict[str, str]:
    """The generated parts by the name in their markers."""
    fields = [
        f"| {field.label} (`{field.name}`) | {', '.join(field.synonyms) or '–'} | {field.guard or ''} |"
        for field in CATALOGUE
        if not field.read_only
    ]
    only_reply = ", ".join(f"`{field.name}`" for field in CATALOGUE if field.read_only and field.name != "id")
    outcomes = [f"| {word.value.capitalize()} | {OUTCOMES[word]} |" for word in Word]
    return {
        "session": f"```\n{session}\n```",
        "story": f"```\n{told}\n```",
        "fields": "\n".join(["| field | other headers that are understood | asks first |", "|---|---|---|", *fields]),
        "only Reply": only_reply,
        "outcomes": "\n".join(["| status | meaning |", "|---|---|", *outcomes]),
    }


def rendered(text: str, session: str, told: str) -> str:
    for name, content in parts(session, told).items():
        space = "" if name == "only Reply" else "\n"
        pattern = rf"(<!-- {name} -->).*?(<!-- end {name} -->)"
        text = re.sub(pattern, lambda match, fill=space + content + space: match[1] + fill + match[2], text, flags=re.DOTALL)
    return text


def demo(folder: Path) -> str:
    """What the demo prints from its second step on, without the padding of its tables."""
    command = [sys.executable, "-m", "reply_xl", "demo"]
    printed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, encoding="utf-8").stdout
    return "\n".join(line.rstrip() for line in printed[printed.index("2. Before") :].strip().splitlines())


def story(folder: Path) -> str:
    """A session against a practice server: contacts into a new workbook, an edit, and the update. The port is written as 8765."""
    said = []

    def run(url: str, *words: str) -> None:
        command = [sys.executable, "-m", "reply_xl", *words, "--base-url", url]
        done = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, encoding="utf-8"
        )
        shown = [f'"{word}"' if " " in word else word for word in words]
        said.extend(
            [f"$ reply-xl {' '.join(shown)} --base-url http://127.0.0.1:8765", *(line.rstrip() for line in done.stdout.splitlines())]
        )

    with Sandbox() as sandbox:
        run(sandbox.url, "pull", "--new", "leads.xlsx", "--list", "Hot leads")
        book = openpyxl.load_workbook(folder / "leads.xlsx")
        sheet = book.worksheets[0]
        title = next(cell.column for cell in sheet[1] if cell.value == "Title")
        for row in (2, 3):
            sheet.cell(row, title, "Chief Revenue Officer")
        book.save(folder / "leads.xlsx")
        said.append("(two titles are edited in Excel)")
        run(sandbox.url, "push", "leads.xlsx", "--yes")
    return "\n".join(said)


def draw(book: Path, folder: Path) -> None:
    from PIL import Image, ImageChops

    subprocess.run(["soffice", "--headless", "--convert-to", "pdf", "--outdir", folder, book], check=True, capture_output=True)
    subprocess.run(["pdftoppm", "-r", "230", "-png", "-singlefile", book.with_suffix(".pdf"), folder / "page"], check=True)
    page = Image.open(folder / "page.png").convert("RGB")
    box = ImageChops.difference(page, Image.new("RGB", page.size, "white")).getbbox()
    assert box is not None
    PICTURE.parent.mkdir(exist_ok=True)
    page.crop((box[0] - 10, box[1] - 10, box[2] + 10, box[3] + 10)).quantize(64).save(PICTURE, optimize=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        README.write_text(rendered(README.read_text(encoding="utf-8"), demo(Path(name)), story(Path(name))), encoding="utf-8")
        if "--picture" in sys.argv:
            draw(Path(name) / "reply-xl-demo.xlsx", Path(name))
