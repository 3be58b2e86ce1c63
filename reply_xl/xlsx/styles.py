"""The styles part: what each cell style says, and new styles derived from old ones, added to the part's bytes.

A derived style is a copy of the style it comes from with one thing changed; nothing that was there is touched. Only number format, fill,
bold and the quote prefix can be changed: the rest of a style is copied as bytes, unread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from reply_xl.errors import WorkbookError
from reply_xl.xlsx.open import Package
from reply_xl.xlsx.theme import Color, indexed_rgb, parse_rgb, read_theme, theme_rgb
from reply_xl.xlsx.xml import Scanner, escaped, find_attribute, is_on, number, set_attribute, splice, tag_end

# ECMA-376 part 1, 18.8.30, as Excel for en-US shows them
BUILTIN_FORMATS = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "$#,##0_);($#,##0)", 6: "$#,##0_);[Red]($#,##0)",
    7: "$#,##0.00_);($#,##0.00)", 8: "$#,##0.00_);[Red]($#,##0.00)", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    22: "m/d/yyyy h:mm", 37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)", 39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);[Red](#,##0.00)", 41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)', 42: '_($* #,##0_);_($* (#,##0);_($* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', 44: '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', 45: "mm:ss",
    46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
_EAST_ASIAN_DATES = {*range(27, 32), 36, *range(50, 55), 57, 58}  # dates in every East Asian version of Excel
_IDS = {text.lower(): number for number, text in BUILTIN_FORMATS.items()}

_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|e[+-]|am/pm|a/p|general', re.IGNORECASE)


def is_date_format(code: str) -> bool:
    """Whether Excel hands a number of this format over as a date.

    It does for formats with a year, a month or a day; a bare time of day (`h:mm`) arrives as a number.
    """
    section = _NOT_CODE.sub(_time_or_nothing, code.split(";")[0]).lower()
    if any(letter in section for letter in "yd"):
        return True
    return "m" in section and not any(letter in section for letter in "hs") and not any(letter in section for letter in "0#?")


def _time_or_nothing(found: re.Match[str]) -> str:
    text = found.group().lower()
    return "h" if text in ("am/pm", "a/p") or (text[0] == "[" and text.strip("[hms]") == "" and len(text) > 2) else ""


@dataclass(frozen=True)
class Style:
    """One cell style: what this package can read or change, and the style of the file whose other traits it keeps."""

    base: int
    number_format: str = "General"
    fill: Color = None
    bold: bool = False
    locked: bool = True
    quote_prefix: bool = False
    font: int = 0


class Styles:
    """All styles of a book: those of the file, then those derived since."""

    def __init__(self, package: Package, part: str | None, theme_part: str | None) -> None:
        self.part = part
        self.name = package.name
        self.data = package.read(part) if part else b""
        self._theme_source = (package, theme_part)
        self._theme: dict[str, Color] | None = None
        self._formats: dict[int, str] = dict(BUILTIN_FORMATS)
        self._fills: list[tuple[str, dict[str, str]]] = []
        self._bold: list[bool] = []
        self._fonts: list[tuple[int, int]] = []
        self._xfs: list[tuple[int, int]] = []
        self._spots: dict[str, tuple[int, int]] = {}
        self.styles: list[Style] = []
        if part:
            self._read()
        if not self.styles:
            self.styles.append(Style(0))
        self.count = len(self.styles)
        self._known = {style: index for index, style in reversed(list(enumerate(self.styles)))}
        self._dates: dict[str, bool] = {}
        self.date_flags = [is_date_format(style.number_format) for style in self.styles]

    def __getitem__(self, index: int) -> Style:
        """The style of an index; a cell that names a style which does not exist has the first, as in Excel's repair."""
        return self.styles[index] if 0 <= index < len(self.styles) else self.styles[0]

    def is_date(self, index: int) -> bool:
        return self.date_flags[index] if 0 <= index < len(self.date_flags) else self.date_flags[0]

    def derive(self, index: int, **changes: object) -> int:
        """The index of the style that differs from `index` by `changes` only."""
        if not self.part:
            raise WorkbookError(f"{self.name} has no styles, so no format can be set in it: open and save it once in Excel.")
        old = self[index]
        style = replace(old, **changes)  # type: ignore[arg-type]
        if style == old:
            return index
        known = self._known.get(style)
        if known is None:
            known = self._known[style] = len(self.styles)
            self.styles.append(style)
            self.date_flags.append(is_date_format(style.number_format))
        return known

    def _read(self) -> None:
        scanner = Scanner(self.data, self.name)
        path: list[str] = []
        starts: list[int] = []
        color: tuple[str, dict[str, str]] | None = None

        def start(tag: str, a: dict[str, str]) -> None:
            nonlocal color
            parent = path[-1] if path else ""
            path.append(tag)
            at = scanner.parser.CurrentByteIndex
            starts.append(at)
            if tag == "numFmt" and parent == "numFmts":
                self._formats[number(a.get("numFmtId"))] = a.get("formatCode", "General")
            elif tag == "font" and parent == "fonts":
                self._bold.append(False)
            elif tag == "b" and parent == "font" and len(path) == 4:
                self._bold[-1] = is_on(a.get("val"), True)
            elif tag == "fill" and parent == "fills":
                self._fills.append(("none", {}))
            elif tag == "patternFill" and parent == "fill" and len(path) == 4:
                self._fills[-1] = (a.get("patternType", "none"), {})
            elif tag == "fgColor" and parent == "patternFill" and len(path) == 5:
                self._fills[-1] = (self._fills[-1][0], dict(a))
            elif tag == "xf" and parent == "cellXfs":
                self._add_xf(a)
            elif tag == "protection" and parent == "xf" and len(path) == 4 and path[1] == "cellXfs":
                self.styles[-1] = replace(self.styles[-1], locked=is_on(a.get("locked"), True))

        def end(tag: str) -> None:
            path.pop()
            first = starts.pop()
            parent = path[-1] if path else ""
            listed = len(path) == 1 and tag in ("numFmts", "fonts", "fills", "cellXfs")
            if listed or (tag, parent) in (("font", "fonts"), ("xf", "cellXfs")):
                opened = tag_end(self.data, first)
                closed = self.data[opened - 2 : opened] == b"/>"
                last = opened if closed else self.data.index(b">", scanner.parser.CurrentByteIndex) + 1
                if tag == "font":
                    self._fonts.append((first, last))
                elif tag == "xf":
                    self._xfs.append((first, last))
                else:
                    self._spots[tag] = (first, last)
            elif not path:
                opened = tag_end(self.data, first)
                self._spots["root"] = (first, opened)

        scanner.run(start, end)

    def _add_xf(self, a: dict[str, str]) -> None:
        font = number(a.get("fontId"))
        code_id = number(a.get("numFmtId"))
        code = self._formats.get(code_id) or ("m/d/yyyy" if code_id in _EAST_ASIAN_DATES else "General")
        self.styles.append(
            Style(
                base=len(self.styles),
                number_format=code,
                fill=self._fill(number(a.get("fillId"))),
                font=font,
                bold=self._bold[font] if 0 <= font < len(self._bold) else False,
                quote_prefix=is_on(a.get("quotePrefix")),
            )
        )

    def _fill(self, index: int) -> Color:
        pattern, color = self._fills[index] if 0 <= index < len(self._fills) else ("none", {})
        if pattern == "none":
            return None
        if "rgb" in color:
            return parse_rgb(color["rgb"])
        if "theme" in color:
            if self._theme is None:
                self._theme = read_theme(*self._theme_source)
            return theme_rgb(self._theme, number(color["theme"]), color.get("tint"))
        return indexed_rgb(number(color.get("indexed"), 64), background=True)

    def spliced(self) -> bytes:
        """The styles part with the derived styles added; the very bytes it had if there are none."""
        new = self.styles[self.count :]
        if not new:
            return self.data
        if "cellXfs" not in self._spots or not self._xfs:
            raise WorkbookError(f"The styles of {self.name} are in a form that cannot be added to: open and save it once in Excel.")
        formats: dict[str, int] = {}
        fills: dict[Color, int] = {}
        fonts: dict[tuple[int, bool], int] = {}
        parts: dict[str, list[bytes]] = {"numFmts": [], "fonts": [], "fills": [], "cellXfs": []}
        x = self._prefix()
        next_format = max([163, *self._formats]) + 1
        fill_count = len(self._fills)
        font_count = len(self._fonts)
        for style in new:
            base = self.styles[style.base]
            first, last = self._xfs[style.base]
            xf = self.data[first:last]
            if style.number_format != base.number_format:
                code = style.number_format
                code_id = _IDS.get(code.lower(), formats.get(code))
                if code_id is None:
                    code_id = next((key for key, text in self._formats.items() if text == code and key > 163), None)
                if code_id is None:
                    code_id = formats[code] = next_format
                    next_format += 1
                    parts["numFmts"].append(f'<{x}numFmt numFmtId="{code_id}" formatCode="{escaped(code)}"/>'.encode())
                xf = set_attribute(set_attribute(xf, b"numFmtId", b"%d" % code_id), b"applyNumberFormat", b"1")
            if style.fill != base.fill:
                fill_id = 0
                if style.fill is not None:
                    if style.fill not in fills:
                        fills[style.fill] = fill_count + len(fills)
                        parts["fills"].append(
                            f'<{x}fill><{x}patternFill patternType="solid"><{x}fgColor rgb="FF{bytes(style.fill).hex().upper()}"/>'
                            f'<{x}bgColor indexed="64"/></{x}patternFill></{x}fill>'.encode()
                        )
                    fill_id = fills[style.fill]
                xf = set_attribute(set_attribute(xf, b"fillId", b"%d" % fill_id), b"applyFill", b"1")
            if style.bold != base.bold:
                key = (base.font, style.bold)
                if key not in fonts:
                    fonts[key] = font_count + len(fonts)
                    parts["fonts"].append(self._bold_font(x.encode(), base.font, style.bold))
                xf = set_attribute(set_attribute(xf, b"fontId", b"%d" % fonts[key]), b"applyFont", b"1")
            if style.quote_prefix != base.quote_prefix:
                xf = set_attribute(xf, b"quotePrefix", b"1" if style.quote_prefix else b"0")
            parts["cellXfs"].append(xf)
        return self._add(parts)

    def _prefix(self) -> str:
        """`x:` where the part's elements are written with a prefix (the Open XML SDK does), else nothing."""
        first, _ = self._spots["cellXfs"]
        return self.data[first + 1 : self.data.index(b"cellXfs", first)].decode()

    def _bold_font(self, x: bytes, font: int, bold: bool) -> bytes:
        first, last = self._fonts[font] if 0 <= font < len(self._fonts) else (0, 0)
        data = self.data[first:last] or b"<font/>"
        opened = tag_end(data, 0)
        body = b"" if data[opened - 2 : opened] == b"/>" else data[opened : data.rindex(b"</")]
        body = re.sub(rb"<%sb(\s[^>]*)?(/>|>\s*</%sb>)" % (x, x), b"", body)
        return b"<%sfont>%s%s</%sfont>" % (x, b"<%sb/>" % x if bold else b"", body, x)

    def _add(self, parts: dict[str, list[bytes]]) -> bytes:
        x = self._prefix()
        edits: list[tuple[int, int, bytes]] = []
        for tag, items in parts.items():
            if not items:
                continue
            added = b"".join(items)
            if tag in self._spots:
                first, last = self._spots[tag]
                opened = tag_end(self.data, first)
                head = self.data[first:opened]
                if head.endswith(b"/>"):
                    edits.append((first, last, _count(head[:-2] + b">", len(items)) + added + f"</{x}{tag}>".encode()))
                else:
                    edits.append((first, opened, _count(head, len(items))))
                    close = self.data.rindex(b"</", first, last)
                    edits.append((close, close, added))
            elif tag == "numFmts":
                at = self._spots["root"][1]
                edits.append((at, at, f'<{x}numFmts count="{len(items)}">'.encode() + added + f"</{x}numFmts>".encode()))
            else:
                raise WorkbookError(f"The styles of {self.name} are incomplete: open and save the workbook once in Excel.")
        return splice(self.data, edits)


def _count(head: bytes, more: int) -> bytes:
    found = find_attribute(head, b"count")
    count = number(head[slice(*found)].decode("ascii", "replace"), -1) if found else -1
    return head if count < 0 else set_attribute(head, b"count", b"%d" % (count + more))
