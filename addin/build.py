"""Builds ReplyXL.xlam from the text beside this file: `python addin/build.py TARGET`. Two builds are equal, byte for byte.

`hatch_build.py` runs it when the wheel is built. The version of the add-in is that of the package.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = ("ReplyRibbon", "ReplyClick", "ReplyStart")
RIBBON = "customUI/customUI14.xml"

_RIBBON_TYPE = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
_ADDIN_TYPE = "application/vnd.ms-excel.addin.macroEnabled.main+xml"
_CORE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\
<dc:title>{title}</dc:title><dc:creator>The reply_xl developers</dc:creator>\
<dc:description>{description} {version}</dc:description>\
<dcterms:created xsi:type="dcterms:W3CDTF">2026-01-01T00:00:00Z</dcterms:created>\
<dcterms:modified xsi:type="dcterms:W3CDTF">2026-01-01T00:00:00Z</dcterms:modified></cp:coreProperties>"""
_DAY_ONE = (1980, 1, 1, 0, 0, 0)


class CannotBuild(Exception):
    """The add-in file cannot be made; the message is a sentence."""


def version(root: Path = HERE.parent) -> str:
    """The version of the package, read without importing it: a build environment lacks what it needs."""
    found = re.search(r'^__version__ = "([0-9A-Za-z.+-]+)"$', (root / "reply_xl" / "__init__.py").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise CannotBuild("reply_xl/__init__.py names no version.")
    return found[1]


def sources(folder: Path = HERE) -> dict[str, str]:
    """Module → its text as it stands in the file: lines end as VBA wants them, and the version is filled in."""
    texts = {}
    for name in MODULES:
        data = (folder / f"{name}.bas").read_bytes()
        if not data.isascii() or b"\r" in data:
            raise CannotBuild(f"{name}.bas holds something other than ASCII text with plain line ends.")
        text = data.decode("ascii").replace("@version@", version())
        if not text.startswith(f'Attribute VB_Name = "{name}"\n'):
            raise CannotBuild(f"{name}.bas does not begin with its own name.")
        texts[name] = text.replace("\n", "\r\n")
    return texts


def build(target: Path, folder: Path = HERE) -> Path:
    """Writes the add-in file to `target`. Raises `CannotBuild`."""
    ribbon = (folder / "customUI14.xml").read_bytes()
    link = f'<Relationship Id="rIdRibbon" Type="{_RIBBON_TYPE}" Target="{RIBBON}"/></Relationships>'
    parts = pack(sources(folder), "Reply for Excel", "The ribbon tab Reply of reply_xl")
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"</Relationships>", link.encode())
    parts[RIBBON] = ribbon.replace(b"\r\n", b"\n")
    write(target, parts)
    return target


def pack(texts: dict[str, str], title: str, description: str) -> dict[str, bytes]:
    """The parts of an add-in file with these modules. Raises `CannotBuild`."""
    try:
        from pyopenvba import ExcelFile
    except ImportError as error:
        raise CannotBuild("The add-in file is made with pyOpenVBA, which is not installed; run “pip install pyOpenVBA”.") from error
    with tempfile.TemporaryDirectory() as scratch:
        bare = Path(scratch) / "bare.xlam"
        book = ExcelFile.create_new(bare)
        project = book.vba_project()
        for name, text in texts.items():
            project.add_module(name, text)
        project.delete_module("Module1")
        book.save()
        with zipfile.ZipFile(bare) as package:
            parts = {name: package.read(name) for name in package.namelist()}
    if _ADDIN_TYPE.encode() not in parts["[Content_Types].xml"]:
        raise CannotBuild("pyOpenVBA made a workbook that is not an add-in.")
    parts["docProps/core.xml"] = _CORE.format(title=title, description=description, version=version()).encode()
    return parts


def write(target: Path, parts: dict[str, bytes]) -> None:
    """The types first, as Excel writes them, then the parts by name. No date, system or user of this computer goes in, and nothing is
    compressed, because what a compressor writes differs from one computer to the next."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as package:
        for name in sorted(parts, key=lambda name: (name != "[Content_Types].xml", name != "_rels/.rels", name)):
            entry = zipfile.ZipInfo(name, _DAY_ONE)
            entry.create_system = 0
            entry.external_attr = 0x20
            package.writestr(entry, parts[name])


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the Excel add-in file.")
    parser.add_argument("target", type=Path, nargs="?", default=HERE.parent / "reply_xl" / "addin" / "ReplyXL.xlam")
    try:
        print(build(parser.parse_args().target))
    except CannotBuild as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
