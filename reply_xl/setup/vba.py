"""Reads the VBA text out of a `vbaProject.bin`: a compound file ([MS-CFB]) whose modules are compressed ([MS-OVBA]). Pure.

The file may come from anywhere: every number in it is checked, and nothing in it makes this loop for ever or take more than it holds.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_END = 0xFFFFFFFA
"""From here on a sector number is none."""
_MOST_TEXT = 4_000_000


def modules(project: bytes) -> dict[str, str]:
    """Name of each module → its text, with lines ended by LF. Raises `ValueError` where it cannot be read."""
    try:
        streams = _streams(project)
        names = {name.casefold(): data for name, data in streams.items()}
        code_page, places = _directory(_decompressed(names["vba/dir"]))
        return {name: _text(names[f"vba/{stream.casefold()}"], offset, code_page) for name, stream, offset in places}
    except (KeyError, IndexError, struct.error, LookupError, UnicodeDecodeError) as error:
        raise ValueError("not a VBA project") from error


def _text(stream: bytes, offset: int, code_page: str) -> str:
    return _decompressed(stream[offset:]).decode(code_page, "replace").replace("\r\n", "\n")


def _streams(data: bytes) -> dict[str, bytes]:
    """Path of each stream below the project's root → its bytes."""
    if data[:8] != _MAGIC:
        raise ValueError("not a compound file")
    sector_shift, mini_shift = struct.unpack_from("<HH", data, 30)
    if sector_shift not in (9, 12) or mini_shift != 6:
        raise ValueError("not a compound file")
    first_directory, _, cutoff, first_mini, _, first_difat, _ = struct.unpack_from("<7I", data, 48)
    size = 1 << sector_shift

    def sector(number: int) -> bytes:
        start = (number + 1) << sector_shift
        if start + size > len(data) + size - 1 or start >= len(data):
            raise ValueError("a sector lies outside of the file")
        return data[start : start + size].ljust(size, b"\0")

    def numbers(raw: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(raw) // 4}I", raw)

    fat_sectors = list(numbers(data[76:512]))
    seen: set[int] = set()
    while first_difat < _END and first_difat not in seen:
        seen.add(first_difat)
        part = numbers(sector(first_difat))
        fat_sectors += part[:-1]
        first_difat = part[-1]
    fat = [number for place in fat_sectors if place < _END for number in numbers(sector(place))]

    def chain(first: int, table: list[int]) -> Iterator[int]:
        seen: set[int] = set()
        while first < _END:
            if first in seen or first >= len(table):
                raise ValueError("a chain of sectors is broken")
            seen.add(first)
            yield first
            first = table[first]

    directory = b"".join(map(sector, chain(first_directory, fat)))
    mini_fat = [number for place in chain(first_mini, fat) for number in numbers(sector(place))]
    entries = [directory[start : start + 128] for start in range(0, len(directory) - 127, 128)]

    def begin(entry: bytes) -> tuple[int, int]:
        first, length = struct.unpack_from("<II", entry, 116)
        return first, length

    root = begin(entries[0])
    mini_stream = b"".join(map(sector, chain(root[0], fat)))

    def content(entry: bytes) -> bytes:
        first, length = begin(entry)
        if length >= cutoff:
            return b"".join(map(sector, chain(first, fat)))[:length]
        return b"".join(mini_stream[place * 64 : place * 64 + 64] for place in chain(first, mini_fat))[:length]

    found: dict[str, bytes] = {}
    todo, visited = [(struct.unpack_from("<I", entries[0], 76)[0], "")], set()
    while todo:
        number, folder = todo.pop()
        if number >= len(entries) or number in visited:
            continue
        visited.add(number)
        entry = entries[number]
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le")
        left, right, child = struct.unpack_from("<III", entry, 68)
        todo += [(left, folder), (right, folder)]
        if entry[66] == 1:
            todo.append((child, f"{folder}{name}/"))
        elif entry[66] == 2:
            found[f"{folder}{name}"] = content(entry)
    return found


def _directory(data: bytes) -> tuple[str, list[tuple[str, str, int]]]:
    """The code page of the project, and name, stream and offset of each module."""
    code_page, places, place = "cp1252", list[tuple[str, str, int]](), 0
    name = stream = ""
    while place + 6 <= len(data):
        kind, length = struct.unpack_from("<HI", data, place)
        if kind == 0x09:  # the version of the project: its length is said to be 4 and is 6
            length = 6
        value = data[place + 6 : place + 6 + length]
        place += 6 + length
        if kind == 0x03:
            code_page = f"cp{struct.unpack('<H', value)[0]}"
        elif kind == 0x19:
            name = value.decode(code_page)
        elif kind == 0x1A:
            stream = value.decode(code_page)
        elif kind == 0x31:
            places.append((name, stream, struct.unpack("<I", value)[0]))
    return code_page, places


def _decompressed(data: bytes) -> bytes:
    """A container of [MS-OVBA] 2.4.1."""
    if data[:1] != b"\x01":
        raise ValueError("not compressed text")
    out, place = bytearray(), 1
    while place + 2 <= len(data):
        header = struct.unpack_from("<H", data, place)[0]
        end = min(place + (header & 0x0FFF) + 3, len(data))
        place += 2
        if header & 0x8000:
            _chunk(data, place, end, out)
        else:
            out += data[place : place + 4096]
        place = end
        if len(out) > _MOST_TEXT:
            raise ValueError("too much text")
    return bytes(out)


def _chunk(data: bytes, place: int, end: int, out: bytearray) -> None:
    begin = len(out)
    while place < end:
        flags, place = data[place], place + 1
        for bit in range(8):
            if place >= end:
                return
            if not flags >> bit & 1:
                out.append(data[place])
                place += 1
                continue
            token = struct.unpack_from("<H", data, place)[0]
            place += 2
            bits = max((len(out) - begin - 1).bit_length(), 4)
            length = (token & (0xFFFF >> bits)) + 3
            back = (token >> (16 - bits)) + 1
            if back > len(out) - begin or len(out) - begin + length > 4096:
                raise ValueError("compressed text is damaged")
            for _ in range(length):
                out.append(out[-back])
