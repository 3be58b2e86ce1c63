"""The add-in file: ours as it came with the package, and whether a copy that somebody signed is still ours."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree

from reply_xl.errors import ConfigError
from reply_xl.setup.vba import modules

_PROJECT = "xl/vbaProject.bin"
_RIBBON = "customUI/customUI14.xml"
_MOST = 20_000_000
_ACTING = {
    "vbaproject", "extensibility", "xlmacrosheet", "xlintlmacrosheet", "dialogsheet", "externallink", "oleobject", "package", "control",
    "activexcontrolbinary", "attachedtoolbars", "usercustomization", "connections",
}  # fmt: skip
_UNREADABLE = (
    ValueError,
    KeyError,
    zipfile.BadZipFile,
    OSError,
    RuntimeError,
    NotImplementedError,
    zlib.error,
    ElementTree.ParseError,
)


def our_addin() -> bytes:
    """The file that came with this package. Raises `ConfigError` where the package was installed without it."""
    file = Path(__file__).parent.parent / "addin" / "ReplyXL.xlam"
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError("The add-in file is missing from this installation of reply-xl; install reply-xl again.") from error


def our_ribbon() -> bytes:
    """The XML of the tab and its buttons. Raises `ConfigError` as `our_addin` does."""
    with zipfile.ZipFile(io.BytesIO(our_addin())) as package:
        return package.read(_RIBBON)


def signed_copy(file: Path, ours: bytes, name: str = "ReplyXL.xlam") -> tuple[bytes, bool]:
    """The bytes of a copy of `ours` that somebody signed, and whether there is a signature in it at all: its buttons and its macros are
    those of `ours`, and it has no others. Excel writes the rest of the file anew when it signs. `name`: of `ours`, for the sentence. Raises
    `ConfigError`."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file.name} cannot be read; check where the signed add-in lies.") from error
    wanted, _ = _contents(ours)
    try:
        found, is_signed = _contents(data)
    except _UNREADABLE as error:
        raise ConfigError(f"{file.name} is not the Excel add-in of reply-xl; sign the {name} of this version.") from error
    there, here = _version(found), _version(wanted)
    if there and there != here:
        raise ConfigError(f"{file.name} is version {there} of the add-in, and reply-xl is {here}; sign the {name} of this version.")
    if found != wanted:
        raise ConfigError(f"{file.name} holds other macros or buttons than the add-in of reply-xl; sign the {name} of this version.")
    return data, is_signed


def has_signature(file: Path) -> bool:
    """Whether it is a workbook whose macros somebody signed, whatever they are."""
    try:
        return _contents(file.read_bytes())[1]
    except _UNREADABLE:
        return False


def macro_names(file: Path) -> set[str]:
    """Of its modules, in small letters; none where it cannot be read."""
    try:
        with zipfile.ZipFile(file) as package:
            return {name.casefold() for name in modules(_part(package, _PROJECT))}
    except _UNREADABLE:
        return set()


def _contents(data: bytes) -> tuple[dict[str, str], bool]:
    """What acts in the file: the ribbon, the text of each module that has any, as VBA compares text, and where the file says that they lie; and
    whether it is signed."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = package.namelist()
        if len(names) != len({name.casefold() for name in names}) or len(names) > 1000:
            raise ValueError("not a workbook")
        texts = {name: _plain(text) for name, text in modules(_part(package, _PROJECT)).items()}
        ribbons = {name: _part(package, name).decode("utf-8") for name in names if name.startswith("customUI/") and name.endswith(".xml")}
        named = [link for name in names if name.casefold().endswith(".rels") for link in _acting(name, _part(package, name))]
    acting = [name for name in names if re.match(r"xl/(macrosheets|activeX|embeddings|externalLinks)/", name, re.IGNORECASE)]
    is_signed = any(re.fullmatch(r"xl/vbaProjectSignature\w*\.bin", name) for name in names)
    return {**{name: text for name, text in texts.items() if text}, **ribbons, **dict.fromkeys([*acting, *named], "")}, is_signed


def _acting(part: str, relations: bytes) -> list[str]:
    """What a part of relations names of macros, buttons and other files: Excel goes by it, and not by the names of the parts."""
    folder = posixpath.dirname(posixpath.dirname(part))
    found = []
    for one in ElementTree.fromstring(relations):
        kind = one.get("Type", "").rpartition("/")[2].casefold()
        if kind in _ACTING:
            found.append(f"{kind}: {posixpath.normpath(posixpath.join('/', folder, one.get('Target', ''))).casefold()}")
    return found


def _part(package: zipfile.ZipFile, name: str) -> bytes:
    if package.getinfo(name).file_size > _MOST:
        raise ValueError("too long")
    return package.read(name)


def _plain(text: str) -> str:
    """Without attributes, blanks and the case of letters, which the editor of VBA changes when it saves, unless they stand in quotes."""
    lines = [line for line in text.split("\n") if not re.match(r"Attribute |\s*(Option Explicit\s*)?$", line)]
    return "\n".join('"'.join(_unstyled(part) if index % 2 == 0 else part for index, part in enumerate(line.split('"'))) for line in lines)


def _unstyled(code: str) -> str:
    return re.sub(r"\s+", "", code).casefold()


def _version(contents: dict[str, str]) -> str:
    for module, pattern in (("ReplyClick", r'addin_version="([^"]*)"'), ("ReplyBridge", r"'version(\S*?)\.windowsonly\.")):
        if found := re.search(pattern, contents.get(module, "")):
            return found[1]
    return ""
