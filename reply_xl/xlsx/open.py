"""Opening a workbook file that may be anything: the checks, and the parts.

A workbook comes from outside. Limits are checked on the zip's directory before anything is unpacked, and zipfile never unpacks more of an
entry than its directory declares, so they hold while reading too. Whatever goes wrong here is a `WorkbookError` with one sentence.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from reply_xl.errors import WorkbookError
from reply_xl.xlsx.xml import as_utf8

MAX_FILE = 512 * 1024 * 1024
MAX_ENTRIES = 10_000
MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 400  # deflate cannot pass 1032; sheets of one repeated value reach about 100
RATIO_FREE = 16 * 1024 * 1024  # below this size no ratio is suspicious

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Stamp:
    """What tells whether a file on disk is still the one that was opened."""

    device: int
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


class Package:
    """The parts of a workbook file, read on demand from the bytes of the file as it was when opened."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error, IndexError, OverflowError) as error:
            raise WorkbookError(f"{name} is not an Excel workbook, or it is damaged: it cannot be unpacked.") from error
        self.entries = self._zip.infolist()
        self.comment = self._zip.comment
        self._by_name = self._check()

    def _check(self) -> dict[str, zipfile.ZipInfo]:
        if len(self.entries) > MAX_ENTRIES:
            raise WorkbookError(f"{self.name} holds more than {MAX_ENTRIES:,} parts; it is not opened.")
        total = 0
        parts: dict[str, zipfile.ZipInfo] = {}
        for entry in self.entries:
            total += entry.file_size
            if total > MAX_UNPACKED or (entry.file_size > RATIO_FREE and entry.file_size > MAX_RATIO * max(entry.compress_size, 1)):
                raise WorkbookError(f"{self.name} would unpack to far more than a workbook holds; it is not opened.")
            if entry.compress_size > len(self.data) or entry.header_offset >= len(self.data):
                raise WorkbookError(f"{self.name} is damaged: its directory points outside the file.")
            part = part_name(entry.filename)
            if ".." in part.split("/"):
                raise WorkbookError(f"{self.name} holds a part that points outside the file; it is not opened.")
            if not part:
                raise WorkbookError(f"{self.name} is damaged: one of its parts has no name.")
            if entry.is_dir():
                continue
            if part in parts:
                raise WorkbookError(f"{self.name} is damaged: it holds the part {part[:80]} twice.")
            parts[part] = entry
        return parts

    def entry(self, part: str) -> zipfile.ZipInfo | None:
        return self._by_name.get(part_name(part))

    def __contains__(self, part: str) -> bool:
        return part_name(part) in self._by_name

    def read(self, part: str) -> bytes:
        """The bytes of a part, in UTF-8 without a byte order mark if it was XML in another encoding."""
        entry = self.entry(part)
        if entry is None:
            raise WorkbookError(f"{self.name} is not a complete workbook: the part {part[:80]} is missing.")
        if entry.flag_bits & 0x1:
            raise WorkbookError(f"{self.name} is protected with a password: remove the password in Excel first.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise WorkbookError(f"{self.name} is packed in a way that Excel does not use; open and save it in Excel first.")
        try:
            data = self._zip.read(entry)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, struct.error) as error:
            raise WorkbookError(f"{self.name} is damaged: the part {part[:80]} cannot be unpacked.") from error
        return as_utf8(data)


def part_name(name: str) -> str:
    """Part names are compared without case and without a leading slash (ECMA-376 part 2, 10.1.3.4)."""
    return name.replace("\\", "/").lstrip("/").lower()


def read_file(path: Path) -> tuple[bytes, Stamp]:
    """The bytes of a workbook file and its stamp, or the sentence why not."""
    name = path.name
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise WorkbookError(f"{name} is a folder, not a workbook; name a workbook in it.")
        if not stat.S_ISREG(status.st_mode):
            raise WorkbookError(f"{name} is not a file that can be opened.")
        if status.st_size > MAX_FILE:
            raise WorkbookError(
                f"{name} is larger than {MAX_FILE // 1024 // 1024} MB, so it is not opened; copy the sheet with the contacts into a new workbook."
            )
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
        # by the same call before and after, and when saving: fstat may give other numbers than stat on Windows
        if Stamp.of(path.stat()) != Stamp.of(status):
            raise WorkbookError(f"{name} is being written by another program at this moment: try again when it is done.")
    except FileNotFoundError as error:
        raise WorkbookError(f"{name} does not exist in {path.parent}; correct the name, or write it with its folder.") from error
    except PermissionError as error:
        raise WorkbookError(
            f"{name} cannot be read: another program holds it, or you may not read it; close it there, or ask who owns it."
        ) from error
    except (OSError, ValueError) as error:
        raise WorkbookError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    return data, Stamp.of(status)


def open_package(data: bytes, name: str) -> Package:
    """A package whose kind and limits have been checked."""
    if not data:
        raise WorkbookError(f"{name} is empty and so no workbook; take an older copy of it, or name another one.")
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise WorkbookError(f"{name} is protected with a password: remove the password in Excel first.")
        raise WorkbookError(f"{name} is not an .xlsx workbook but an old .xls (or another Office file): save it as .xlsx in Excel first.")
    if not data.startswith(b"PK"):
        raise WorkbookError(f"{name} is not an Excel workbook, whatever its name says: save it as .xlsx in Excel first.")
    return Package(data, name)
