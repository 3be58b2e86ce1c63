"""The parts of a package → one .xlsx file, written forward only. A part may arrive as pieces that are packed already.

zipfile can only pack anew, so the headers are written by hand (APPNOTE.TXT 4.3). Dates are fixed and small parts are stored as they are:
the same parts give the same bytes on every machine.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from reply_xl.errors import WorkbookError

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_STORED, _DEFLATED = 0, 8
_FIRST_OF_1980 = (1 << 5) | 1
_MOST = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Packed:
    """A part as raw deflate: `crc` and `length` of what was packed, `size` of the pieces together."""

    crc: int
    length: int
    size: int
    pieces: Iterable[bytes]


def write_package(file: BinaryIO, parts: Mapping[str, bytes | Packed]) -> None:
    """Writes the parts in their order. Raises `WorkbookError` where the file would be too large."""
    central: list[bytes] = []
    at = 0
    for name, part in parts.items():
        if isinstance(part, Packed):
            method, crc, size, length, pieces = _DEFLATED, part.crc, part.size, part.length, part.pieces
        else:
            method, crc, size, length, pieces = _STORED, zlib.crc32(part), len(part), len(part), (part,)
        if max(size, length) >= _MOST or at + size >= _MOST:
            raise WorkbookError("The workbook would become too large; choose fewer contacts.")
        raw_name = name.encode("ascii")
        fields = (20, 0, method, 0, _FIRST_OF_1980, crc, size, length, len(raw_name))
        file.write(_LOCAL.pack(b"PK\x03\x04", *fields, 0) + raw_name)
        for piece in pieces:
            file.write(piece)
        central.append(_CENTRAL.pack(b"PK\x01\x02", 20, *fields, 0, 0, 0, 0, 0, at) + raw_name)
        at += _LOCAL.size + len(raw_name) + size
    directory = b"".join(central)
    file.write(directory + _END.pack(b"PK\x05\x06", 0, 0, len(central), len(central), len(directory), at, 0))
