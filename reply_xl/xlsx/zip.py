"""Rewriting a zip with some parts replaced: every other entry is copied as the bytes it is, in its place.

zipfile can only compress anew, so the local headers, the data and the central directory are copied by hand (APPNOTE.TXT 4.3).
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import Any

from reply_xl.errors import WorkbookError
from reply_xl.xlsx.open import Package, part_name

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_FIRST_DAY = 0x21  # 1980-01-01: the same workbook gives the same bytes


def rewrite(package: Package, parts: dict[str, bytes], dropped: set[str], added: dict[str, bytes] | None = None) -> bytes:
    """The package's bytes with `parts` (by lower-case name) replaced, `dropped` left out, and `added` (by name) at the end."""
    data = package.data
    local: list[bytes] = []
    central: list[bytes] = []
    at = 0
    records = _central_records(data, len(package.entries), package.name)
    for entry, record in zip(package.entries, records, strict=True):
        name = part_name(entry.filename)
        if name in dropped:
            continue
        fields = list(_CENTRAL.unpack_from(record))
        if name in parts and not entry.is_dir():
            head, body, fields = _packed(entry, parts[name], fields)
            raw_name = record[_CENTRAL.size : _CENTRAL.size + fields[10]]
            block = head + raw_name + body
            fields[11] = fields[12] = 0
            fields[16] = at
            central.append(_CENTRAL.pack(*fields) + raw_name)
        else:
            block = _raw(data, entry, package.name)
            fields[16] = at
            central.append(_CENTRAL.pack(*fields) + record[_CENTRAL.size :])
        local.append(block)
        at += len(block)
    for filename, content in (added or {}).items():
        entry = zipfile.ZipInfo(filename, (1980, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        raw_name = filename.encode()
        head, body, fields = _packed(
            entry, content, [b"PK\x01\x02", 20, 20, 0x800, 0, 0, _FIRST_DAY, 0, 0, 0, len(raw_name), 0, 0, 0, 0, 0, at]
        )
        block = head + raw_name + body
        local.append(block)
        central.append(_CENTRAL.pack(*fields) + raw_name)
        at += len(block)
    directory = b"".join(central)
    if at + len(directory) >= 0xFFFFFFFF or len(central) >= 0xFFFF:
        raise WorkbookError(f"{package.name} would become too large to save.")
    end = _END.pack(b"PK\x05\x06", 0, 0, len(central), len(central), len(directory), at, len(package.comment))
    return b"".join((*local, directory, end, package.comment))


def _packed(entry: zipfile.ZipInfo, data: bytes, fields: list[Any]) -> tuple[bytes, bytes, list[Any]]:
    """The local header (without the name) and the packed data of a replaced part, and its central fields.

    The part keeps its date and its way of packing; flag bit 3 (sizes after the data) goes, bit 11 (name in UTF-8) stays.
    """
    method = entry.compress_type
    body = data
    if method == zipfile.ZIP_DEFLATED:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = packer.compress(data) + packer.flush()
    flags = fields[3] & 0x800
    crc = zlib.crc32(data)
    fields[2:10] = [20, flags, method, fields[5], fields[6], crc, len(body), len(data)]
    head = _LOCAL.pack(b"PK\x03\x04", 20, flags, method, fields[5], fields[6], crc, len(body), len(data), fields[10], 0)
    return head, body, fields


def _raw(data: bytes, entry: zipfile.ZipInfo, what: str) -> bytes:
    """The bytes of an entry: local header, packed data, and the data descriptor if there is one."""
    start = entry.header_offset
    try:
        head = _LOCAL.unpack_from(data, start)
    except struct.error as error:
        raise WorkbookError(f"{what} is damaged: one of its parts cannot be copied.") from error
    stop = start + _LOCAL.size + head[9] + head[10] + entry.compress_size
    if head[0] != b"PK\x03\x04" or stop > len(data):
        raise WorkbookError(f"{what} is damaged: one of its parts cannot be copied.")
    if head[2] & 0x8:
        signature = data[stop : stop + 4] == b"PK\x07\x08"
        wide = 20 if _wide(data, stop, entry, signature) else 12
        stop += wide + (4 if signature else 0)
    return data[start:stop]


def _wide(data: bytes, at: int, entry: zipfile.ZipInfo, signature: bool) -> bool:
    """Whether a data descriptor holds 8-byte sizes; the sizes are known, so the one that fits is it."""
    place = at + (4 if signature else 0) + 4
    return data[place : place + 16] == struct.pack("<2Q", entry.compress_size, entry.file_size)


def _central_records(data: bytes, count: int, what: str) -> list[bytes]:
    """The records of the central directory as bytes, in zipfile's order."""
    at = data.rfind(b"PK\x05\x06")
    try:
        end = _END.unpack_from(data, at)
    except struct.error as error:
        raise WorkbookError(f"{what} is damaged: it has no directory.") from error
    place = end[6]
    if data[place : place + 4] != b"PK\x01\x02":
        place = at - end[5]
    records: list[bytes] = []
    for _ in range(count):
        if data[place : place + 4] != b"PK\x01\x02":
            raise WorkbookError(f"{what} is stored in a form that cannot be saved in place: open and save it once in Excel.")
        fields = _CENTRAL.unpack_from(data, place)
        stop = place + _CENTRAL.size + fields[10] + fields[11] + fields[12]
        records.append(data[place:stop])
        place = stop
    return records
