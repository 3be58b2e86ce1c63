"""Draws the ribbon's tab as the XML has it: `python tests/render_ribbon.py` writes the picture that the README shows. Excel draws its own icons;
the signs here only stand for them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE, PICTURE = ROOT / "addin" / "customUI14.xml", ROOT / ".github" / "ribbon.svg"
_NAMESPACE = "{http://schemas.microsoft.com/office/2009/07/customui}"
_SIGNS = {
    "ReplyUpdateSplit": "⇅",
    "ReplyPreview": "◎",
    "ReplyPull": "⇣",
    "ReplyRetry": "↻",
    "ReplyUndo": "↶",
    "ReplyCancel": "✕",
    "ReplyColumns": "▦",
    "ReplyNewSheet": "+",
    "ReplyConnect": "⚷",
    "ReplyPractice": "✎",
    "ReplyHelp": "?",
}
_LARGE, _LETTER, _SMALL_LEFT = 84, 7.2, 30
_TOP, _HEIGHT, _FOOT = 34, 92, 22


def draw(source: Path = SOURCE) -> str:
    """The tab as SVG: groups from left to right, large controls side by side, small ones in columns of three."""
    tab = ET.parse(source).find(f".//{_NAMESPACE}tab")
    assert tab is not None
    parts: list[str] = []
    left = 12.0
    for group in tab:
        first = left
        small: list[ET.Element] = []
        for control in group:
            if control.get("size") == "large":
                parts += _large(control, left)
                left += _LARGE
            else:
                small.append(control)
        for place, control in enumerate(small):
            column, row = divmod(place, 3)
            parts += _small(control, left + column * 120, _TOP + 10 + row * 27)
        if small:
            left += max(_SMALL_LEFT + _LETTER * len(control.get("label", "")) for control in small) + 12
        middle = (first + left) / 2
        parts.append(_text(middle, _TOP + _HEIGHT + 15, group.get("label", ""), "group", "middle"))
        left += 10
        parts.append(f'<line x1="{left:g}" y1="{_TOP + 8}" x2="{left:g}" y2="{_TOP + _HEIGHT + _FOOT - 6}" stroke="#d0d0d0"/>')
        left += 10
    width, height = left, _TOP + _HEIGHT + _FOOT
    style = "text{font-family:'Segoe UI',Helvetica,Arial,sans-serif;font-size:12px;fill:#222}.group{fill:#666;font-size:11px}.sign{font-size:26px;fill:#1b5e8c}"
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" role="img">',
        f"<title>{escape(tab.get('label', ''))}</title>",
        f"<style>{style} .small{{font-size:15px;fill:#1b5e8c}} .tab{{font-weight:600;fill:#1b5e8c}}</style>",
        f'<rect width="{width:g}" height="{height:g}" fill="#f3f3f3"/>',
        f'<rect x="4" y="{_TOP - 4}" width="{width - 8:g}" height="{_HEIGHT + _FOOT}" rx="6" fill="#ffffff" stroke="#d8d8d8"/>',
        _text(24, 20, tab.get("label", ""), "tab", "start"),
        '<line x1="20" y1="26" x2="60" y2="26" stroke="#1b5e8c" stroke-width="3"/>',
    ]
    return "\n".join([*head, *parts, "</svg>", ""])


def _large(control: ET.Element, left: float) -> list[str]:
    button = control.find(f"{_NAMESPACE}button") if control.tag == f"{_NAMESPACE}splitButton" else control
    assert button is not None
    opens = " ▾" if control.tag in (f"{_NAMESPACE}splitButton", f"{_NAMESPACE}menu") else ""
    middle = left + _LARGE / 2
    return [
        _text(middle, _TOP + 42, _SIGNS[control.get("id", "")], "sign", "middle"),
        _text(middle, _TOP + 72, button.get("label", "") + opens, "", "middle"),
    ]


def _small(control: ET.Element, left: float, top: float) -> list[str]:
    return [
        _text(left + 14, top + 15, _SIGNS[control.get("id", "")], "small", "middle"),
        _text(left + _SMALL_LEFT, top + 15, control.get("label", ""), "", "start"),
    ]


def _text(x: float, y: float, text: str, kind: str, anchor: str) -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{named}>{escape(text)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
