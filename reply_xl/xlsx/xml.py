"""XML as this package reads and edits it: one parser over bytes that come from outside, and edits of those bytes by offset.

XML with a document type declaration is refused: no OOXML writer emits one, and it is the way to entities.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from reply_xl.errors import WorkbookError

MAX_DEPTH = 200

_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*?\?>")
_ONE_BYTE = re.compile(r"iso-8859-\d{1,2}|windows-125\d|us-ascii", re.IGNORECASE)
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


def as_utf8(data: bytes) -> bytes:
    """XML bytes re-encoded to UTF-8 where they were in another encoding, so that byte offsets are simple. Other bytes as they are."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    elif data.startswith(b"<\x00?\x00"):
        text = data.decode("utf-16-le", "replace")
    elif data.startswith(b"\x00<\x00?"):
        text = data.decode("utf-16-be", "replace")
    else:
        declaration = _DECLARATION.match(data)
        found = _ENCODING.search(declaration.group()) if declaration else None
        encoding = found.group(1).decode() if found else ""
        if not _ONE_BYTE.fullmatch(encoding):
            return data  # UTF-8, or something that the parser refuses: Python's other codecs are no encodings of XML
        try:
            text = data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            return data
    body = re.sub(r"^\s*<\?xml[^>]*?\?>", "", text.lstrip("\ufeff"), count=1)
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + body.encode("utf-8", "replace")


class Enough(Exception):
    """Everything that was wanted has been seen."""


class Scanner:
    """Base of everything that reads XML here: expat with namespaces, byte offsets, a depth limit and no document type declaration.

    Names arrive as `local`, with `self.depth`; `space` of the root element is kept in `self.space`, and elements of other namespaces arrive
    as `{uri}local`, so that they are never taken for the sheet's own.
    """

    def __init__(self, data: bytes, what: str) -> None:
        self.data = data
        self.what = what
        self.depth = 0
        self.space: str | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.buffer_size = 65536
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_: Any) -> None:
        raise WorkbookError(f"{self.what} carries a document type declaration, which no workbook needs; it is not opened.")

    def run(self, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None] | None = None) -> None:
        names: dict[str, str] = {}

        def local(name: str) -> str:
            known = names.get(name)
            if known is None:
                space, _, tail = name.rpartition(" ")
                if self.space is None:
                    self.space = space
                known = tail if space == self.space else f"{{{space}}}{tail}"
                if len(names) < 10_000:
                    names[name] = known
            return known

        def on_start(name: str, attributes: dict[str, str]) -> None:
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise WorkbookError(f"{self.what} is nested too deeply; it is not opened.")
            start(names.get(name) or local(name), attributes)

        def on_end(name: str) -> None:
            if end is not None:
                end(names.get(name) or local(name))
            self.depth -= 1

        self.parser.StartElementHandler = on_start
        self.parser.EndElementHandler = on_end
        self.parse()

    def parse(self) -> None:
        try:
            self.parser.Parse(self.data, True)
        except expat.ExpatError as error:
            raise WorkbookError(f"{self.what} is damaged: its contents cannot be read as XML (line {error.lineno}).") from error
        except (ValueError, LookupError, OverflowError, UnicodeError, TypeError) as error:
            raise WorkbookError(f"{self.what} is damaged: it holds a value that cannot be read.") from error


_TAG = re.compile(rb"<[^\"'>]*(?:\"[^\"]*\"[^\"'>]*|'[^']*'[^\"'>]*)*>")


def tag_end(data: bytes, start: int) -> int:
    """The offset just after the tag that begins at `start`; a `>` inside an attribute's value does not end it."""
    found = _TAG.match(data, start)
    if found is None:
        raise WorkbookError("The workbook is damaged: a tag does not end.")
    return found.end()


Element = tuple[str, dict[str, str], int, int]
"""Tag, attributes, start, end of the whole element."""


def elements(data: bytes, what: str, wanted: Callable[[str, int], bool], until: str = "") -> list[Element]:
    """The elements for which `wanted(tag, depth)` holds, in the order of their ends. Nothing is read from the tag `until` on."""
    scanner = Scanner(data, what)
    found: list[Element] = []
    open_ones: list[tuple[str, dict[str, str], int] | None] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == until:
            raise Enough
        open_ones.append((tag, dict(attributes), scanner.parser.CurrentByteIndex) if wanted(tag, scanner.depth) else None)

    def end(tag: str) -> None:
        mine = open_ones.pop()
        if mine is not None:
            opened = tag_end(data, mine[2])
            closed = opened if data[opened - 2 : opened] == b"/>" else data.index(b">", scanner.parser.CurrentByteIndex) + 1
            found.append((*mine, closed))

    with contextlib.suppress(Enough):
        scanner.run(start, end)
    return found


def prefix_of(data: bytes, first: int) -> bytes:
    """`x:` of the element `<x:sheet …>` at `first`; nothing where it is written without one."""
    found = _PREFIX.match(data, first)
    return found.group(1) if found else b""


_PREFIX = re.compile(rb"<([^\s/>:\"'=]+:)")


def attribute(attributes: Mapping[str, str], name: str) -> str | None:
    """An attribute by its local name, in whatever namespace (`r:id` in the transitional and in the strict form)."""
    for key, value in attributes.items():
        if key == name or key.endswith(" " + name):
            return value
    return None


def number(text: str | None, default: int = 0) -> int:
    """A whole number of an attribute, as damaged files write them too (`1.0`, blanks, nonsense → default)."""
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        try:
            return int(float(text))
        except (ValueError, OverflowError):
            return default


def is_on(text: str | None, default: bool = False) -> bool:
    """An xsd:boolean attribute."""
    return default if text is None else text.strip() in ("1", "true", "on")


def splice(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """`data` with each (start, end, replacement) put in; edits at the same place keep their order."""
    pieces: list[bytes] = []
    at = 0
    for first, last, text in sorted(edits, key=lambda edit: edit[:2]):
        pieces += (data[at:first], text)
        at = last
    pieces.append(data[at:])
    return b"".join(pieces)


def escaped(text: str) -> str:
    """Text as it stands between the double quotes of an attribute; line ends and tabs survive as references."""
    return escape(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;", '"': "&quot;"})


_ATTRIBUTE = re.compile(rb"\s([^\s=\"'<>/]+)\s*=\s*(\"[^\"]*\"|'[^']*')")


def find_attribute(head: bytes, name: bytes) -> tuple[int, int] | None:
    """Where the value of a start tag's attribute stands, without its quotes. What stands inside another attribute's value is not found."""
    for found in _ATTRIBUTE.finditer(head):
        if found.group(1) == name:
            return found.start(2) + 1, found.end(2) - 1
    return None


def set_attribute(element: bytes, name: bytes, value: bytes) -> bytes:
    """An element's bytes with one attribute of its start tag set. `value` is written as it is, between double quotes."""
    opened = tag_end(element, 0)
    head, rest = element[:opened], element[opened:]
    found = find_attribute(head, name)
    if found:
        return head[: found[0] - 1] + b'"' + value + b'"' + head[found[1] + 1 :] + rest
    close = len(head) - (2 if head.endswith(b"/>") else 1)
    return head[:close].rstrip() + b" " + name + b'="' + value + b'"' + head[close:] + rest
