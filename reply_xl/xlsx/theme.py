"""Colours as cells name them: RGB, an index into the old palette, or a theme colour with a tint."""

from __future__ import annotations

import colorsys

from reply_xl.xlsx.open import Package
from reply_xl.xlsx.xml import Scanner

Color = tuple[int, int, int] | None

# ECMA-376 part 1, 18.8.27: indices 0-7 repeat 8-15
_PALETTE = (
    "000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF 800000 008000 000080 808000 800080 008080 C0C0C0 808080 9999FF 993366 FFFFCC "
    "CCFFFF 660066 FF8080 0066CC CCCCFF 000080 FF00FF FFFF00 00FFFF 800080 800000 008080 0000FF 00CCFF CCFFFF CCFFCC FFFF99 99CCFF FF99CC "
    "CC99FF FFCC99 3366FF 33CCCC 99CC00 FFCC00 FF9900 FF6600 666699 969696 003366 339966 003300 333300 993300 993366 333399 333333"
)
# cells count light before dark (18.3.1.15), the theme part lists dark before light (20.1.6.2)
_THEME_ORDER = ("lt1", "dk1", "lt2", "dk2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6", "hlink", "folHlink")


def parse_rgb(text: str) -> Color:
    """`FFC6EFCE` or `C6EFCE` → (198, 239, 206); None if it is no colour."""
    try:
        value = int(text[-6:], 16)
    except ValueError:
        return None
    return value >> 16 & 255, value >> 8 & 255, value & 255


def indexed_rgb(index: int, *, background: bool) -> Color:
    if 0 <= index < 64:
        start = 7 * (index if index < 8 else index - 8)
        return parse_rgb(_PALETTE[start : start + 6])
    return (255, 255, 255) if background and index != 64 else (0, 0, 0)


def read_theme(package: Package, part: str | None) -> dict[str, Color]:
    """The colour scheme of the theme part; empty if there is none."""
    colors: dict[str, Color] = {}
    if part is None:
        return colors
    scanner = Scanner(package.read(part), package.name)
    slot = ""
    done = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal slot, done
        if tag in _THEME_ORDER and not done:
            slot = tag
        elif slot and tag in ("srgbClr", "sysClr"):
            colors.setdefault(slot, parse_rgb(attributes.get("lastClr") or attributes.get("val", "")))

    def end(tag: str) -> None:
        nonlocal slot, done
        done = done or tag == "clrScheme"
        if tag == slot:
            slot = ""

    scanner.run(start, end)
    return colors


def theme_rgb(theme: dict[str, Color], index: int, tint: str | None) -> Color:
    """A theme colour, lightened or darkened by `tint` (18.8.19); None if the theme does not say."""
    color = theme.get(_THEME_ORDER[index]) if 0 <= index < len(_THEME_ORDER) else None
    try:
        shift = max(-1.0, min(1.0, float(tint or 0)))
    except ValueError:
        shift = 0.0
    if color is None or not shift:
        return color
    hue, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in color))
    light = light * (1 + shift) if shift < 0 else light * (1 - shift) + shift
    red, green, blue = colorsys.hls_to_rgb(hue, light, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)
