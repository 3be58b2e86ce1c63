"""What a download has so far, in a file beside its target: each page of rows, packed, so that the end of it is only a copy.

A line of JSON that says what is downloaded, then for each page a line of JSON and the page's rows as raw deflate that ends at a byte. A
page that did not get to the disk as a whole, or that the disk has changed, is cut off when the file is opened again, and so is what follows.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from reply_xl.errors import WorkbookError
from reply_xl.locks import lock
from reply_xl.parts import Packed

_MARK = b'{"reply_xl_download":'
_LEVEL = 1
_PIECE = 2**20
_KEEPS = 24 * 3600.0
"""Seconds after which a download that was cut is not gone on with: its first contacts would be too old."""

Record = Mapping[str, Any]


class Spool:
    """The file, held by this process alone. `records` are those of the pages it had when it was opened; `begins` what comes before the first.

    Raises `WorkbookError` where it cannot be written, is another program's, or is in use."""

    def __init__(self, path: Path, what: Record, head: bytes, *, now: float | None = None) -> None:
        self.path = path
        self.records: list[Record] = []
        self.outdated = False
        self._now = time.time() if now is None else now
        self._head = _packed(head)
        self._crc = zlib.crc32(head)
        self._length = len(head)
        self._pages: list[tuple[int, int]] = []
        try:
            self._file: BinaryIO = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600), "r+b")
        except OSError as error:
            raise WorkbookError(f"{path.name} cannot be written; choose a folder of your own, or end what holds the file.") from error
        try:
            _lock_alone(self._file, path)
            self._read(json.loads(json.dumps(what)))
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()

    def add(self, record: Record, rows: bytes) -> None:
        """One page more."""
        packed = _packed(rows)
        line = json.dumps({**record, "size": len(packed), "crc": zlib.crc32(packed), "length": len(rows)}, separators=(",", ":"))
        try:
            self._file.write(line.encode() + b"\n" + packed)
            self._file.flush()
        except OSError as error:
            raise WorkbookError(f"{self.path.name} cannot be written any more; make room on the disk and run this again.") from error
        self._count(self._file.tell() - len(packed), packed, rows)

    def packed(self, tail: bytes) -> Packed:
        """The head, all pages and `tail` as one part of a package."""
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        end = packer.compress(tail) + packer.flush()
        size = len(self._head) + sum(size for _, size in self._pages) + len(end)
        return Packed(zlib.crc32(tail, self._crc), self._length + len(tail), size, self._pieces(end))

    def remove(self) -> None:
        """The download is over and the workbook written."""
        self.close()
        with contextlib.suppress(OSError):
            self.path.unlink()

    def _pieces(self, end: bytes) -> Iterator[bytes]:
        yield self._head
        for start, size in self._pages:
            self._file.seek(start)
            while size:
                piece = self._file.read(min(size, _PIECE))
                if not piece:
                    raise WorkbookError(f"{self.path.name} was cut short by another program; delete it and run this again.")
                size -= len(piece)
                yield piece
        yield end

    def _read(self, what: Record) -> None:
        first = self._file.readline(_PIECE)
        if first and not first.startswith(_MARK):
            raise WorkbookError(f"{self.path.name} is in the way and not from reply_xl; move it or choose another name.")
        try:
            known = json.loads(first)
        except ValueError:
            known = {}
        began = known.pop("began", None)
        self.outdated = bool(known) and not (known == what and isinstance(began, float) and 0 <= self._now - began < _KEEPS)
        if not known or self.outdated:
            self._cut(0)
            self._file.write(json.dumps({**what, "began": self._now}).encode() + b"\n")
            self._file.flush()
            return
        good = self._file.tell()
        while page := self._next_page():
            record, packed, rows = page
            self.records.append(record)
            self._count(self._file.tell() - len(packed), packed, rows)
            good = self._file.tell()
        self._cut(good)

    def _next_page(self) -> tuple[Record, bytes, bytes] | None:
        """The next page if it is there as it was written."""
        try:
            record = json.loads(self._file.readline(_PIECE))
            packed = self._file.read(record["size"])
            rows = zlib.decompressobj(-15).decompress(packed)
            whole = len(packed) == record["size"] and zlib.crc32(packed) == record["crc"] and len(rows) == record["length"]
        except (ValueError, KeyError, TypeError, zlib.error):
            return None
        return (record, packed, rows) if whole else None

    def _count(self, start: int, packed: bytes, rows: bytes) -> None:
        self._pages.append((start, len(packed)))
        self._crc = zlib.crc32(rows, self._crc)
        self._length += len(rows)

    def _cut(self, at: int) -> None:
        self._file.seek(at)
        self._file.truncate()


def mark(**what: Any) -> dict[str, Any]:
    """What a spool file says it is the download of; only exactly the same is gone on with."""
    return {"reply_xl_download": 1, **what}


def _packed(data: bytes) -> bytes:
    """Raw deflate that needs nothing before it and can be followed by more."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)


def _lock_alone(file: BinaryIO, path: Path) -> None:
    """Two downloads into one file would mix their rows."""
    try:
        lock(file)
    except OSError as error:
        raise WorkbookError(f"{path.name} is in use: another download into the same workbook is running.") from error
