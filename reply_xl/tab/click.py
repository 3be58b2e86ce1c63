"""The click file: what the add-in noted at the moment of a click, as `addin/README.md` describes it. Pure.

A program of the same user could have written the file, and names in it come from a workbook: nothing is taken on trust.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from reply_xl.addresses import COLUMNS, LAST_ROW, Area
from reply_xl.errors import ConfigError

_HEADER = "reply-xl click 1"
_MOST_BYTES, _MOST_AREAS, _MOST_UNITS = 4_000_000, 100_000, 32_767
_KEYS = [
    *("id", "addin", "button", "pressed", "practice", "shown", "book", "path", "sheet", "kind", "cell", "window", "protected"),
    *("host", "system", "areas"),
]
_CELL = r"\$[A-Z]{1,3}\$[1-9][0-9]{0,6}"
_AREA = re.compile(rf"{_CELL}(:{_CELL})?|\$[A-Z]{{1,3}}:\$[A-Z]{{1,3}}|\$[1-9][0-9]{{0,6}}:\$[1-9][0-9]{{0,6}}")


class Button(StrEnum):
    """The controls of the ribbon that can be clicked, by their ids in `addin/customUI14.xml`."""

    UPDATE = "ReplyUpdate"
    UPDATE_ROWS = "ReplyUpdateRows"
    UPDATE_CELLS = "ReplyUpdateCells"
    UPDATE_EMPTY = "ReplyUpdateEmpty"
    PREVIEW = "ReplyPreview"
    PULL = "ReplyPull"
    RETRY = "ReplyRetry"
    UNDO = "ReplyUndo"
    CANCEL = "ReplyCancel"
    COLUMNS = "ReplyColumns"
    NEW_FROM_TEMPLATE = "ReplyNewFromTemplate"
    NEW_FROM_REPLY = "ReplyNewFromReply"
    CONNECT = "ReplyConnect"
    PRACTICE = "ReplyPractice"
    HELP = "ReplyHelp"


@dataclass(frozen=True, slots=True)
class Click:
    """One click. Text is "" and `areas` empty where there was nothing: no workbook, a chart, a host that does not tell.

    `is_practice` is what the mark said before the click, `shows_practice` what the Practice button of that window shows, None if not
    known; `is_pressed` is what Practice was clicked to, None for every other button. `window` is a window handle.
    """

    id: str
    addin_version: str
    button: Button
    is_pressed: bool | None
    is_practice: bool
    shows_practice: bool | None
    book: str
    path: str
    sheet: str
    kind: str
    cell: str
    window: int | None
    protected_view: str
    host: str
    system: str
    areas: tuple[Area, ...]


def parse(data: bytes) -> Click:
    """The click in the bytes of a click file. Raises `ConfigError` with a sentence where there is anything wrong with it."""
    facts = _facts(_lines(data))
    addresses = facts.pop("area")
    button = _button(facts["button"][0])
    values = {key: every[0] for key, every in facts.items()}
    areas = tuple(map(_area, addresses))
    if _number(values["areas"], "areas") != len(areas):
        raise _damaged("it names fewer or more areas than were selected")
    click = Click(
        id=_matching("[0-9A-F]{15}", values["id"], "id"),
        addin_version=_matching(r"[0-9A-Za-z.+-]{1,40}", values["addin"], "addin"),
        button=button,
        is_pressed=_boolean(values["pressed"], "pressed"),
        is_practice=_boolean(values["practice"], "practice") is True,
        shows_practice=_boolean(values["shown"], "shown"),
        book=_text(values["book"], "book"),
        path=_text(values["path"], "path"),
        sheet=_text(values["sheet"], "sheet"),
        kind=_text(values["kind"], "kind"),
        cell=_matching(f"({_CELL})?", values["cell"], "cell").replace("$", ""),
        window=_window(values["window"]),
        protected_view=_text(values["protected"], "protected"),
        host=_text(values["host"], "host"),
        system=_text(values["system"], "system"),
        areas=areas,
    )
    if (click.is_pressed is None) is (button is Button.PRACTICE):
        raise _damaged("“pressed” does not fit the button")
    if not values["practice"]:
        raise _damaged("“practice” is missing")
    if areas and not (click.book and click.sheet):
        raise _damaged("it names cells without their workbook or sheet")
    if click.cell:
        _area(values["cell"])
    return click


def _lines(data: bytes) -> list[str]:
    if len(data) > _MOST_BYTES:
        raise _damaged("it is too long")
    if not data.isascii():
        raise _damaged("it holds something other than ASCII")
    lines = data.decode("ascii").replace("\r\n", "\n").split("\n")
    if lines[0] != _HEADER:
        if re.fullmatch(r"reply-xl click [0-9]{1,6}", lines[0]):
            raise ConfigError("The add-in in Excel and reply-xl are of different versions; run “reply-xl install” and restart Excel.")
        raise _damaged("it does not begin as it should")
    if lines[-2:] != ["end", ""]:
        raise _damaged("its end is missing")
    return lines[1:-2]


def _facts(lines: list[str]) -> dict[str, list[str]]:
    """Key → values, in the order of the format: every key once, `area` any number of times at the end."""
    pairs = list(map(_pair, lines))
    keys = [key for key, _ in pairs]
    count = len(_KEYS)
    if keys[:count] != _KEYS or set(keys[count:]) - {"area"}:
        raise _damaged("its lines are not those that the add-in writes")
    if len(pairs) - count > _MOST_AREAS:
        raise _damaged("it names too many areas")
    facts = {key: [value] for key, value in pairs[:count]}
    facts["area"] = [value for _, value in pairs[count:]]
    return facts


def _pair(line: str) -> tuple[str, str]:
    key, equals, value = line.partition("=")
    if not equals:
        raise _damaged("a line of it is not of the form NAME=VALUE")
    return key, value


def _button(value: str) -> Button:
    if value not in set(Button):
        raise _damaged("it names a button that reply-xl does not know")
    return Button(value)


def _boolean(value: str, key: str) -> bool | None:
    return {"": None, "0": False, "1": True}[_matching("[01]?", value, key)]


def _number(value: str, key: str) -> int:
    return int(_matching("[0-9]{1,9}", value, key))


def _window(value: str) -> int | None:
    return int(_matching("-?[0-9]{1,19}|", value, "window") or 0) or None


def _matching(pattern: str, value: str, key: str) -> str:
    if re.fullmatch(pattern, value) is None:
        raise _damaged(f"“{key}” cannot be read")
    return value


def _text(value: str, key: str) -> str:
    """Text from the hexadecimal numbers of its UTF-16 units."""
    _matching(f"([0-9A-F]{{4}}){{0,{_MOST_UNITS}}}", value, key)
    try:
        text = bytes.fromhex(value).decode("utf-16-be")
    except UnicodeDecodeError:
        raise _damaged(f"“{key}” is not text") from None
    if "\0" in text:
        raise _damaged(f"“{key}” is not text")
    return text


def _area(address: str) -> Area:
    if _AREA.fullmatch(address) is None:
        raise _damaged("the address of an area cannot be read")
    area = Area.of(address)
    if not all(_fits(numbers, last) for numbers, last in ((area.rows, LAST_ROW), (area.columns, COLUMNS - 1))):
        raise _damaged("an area lies outside of any sheet")
    return area


def _fits(numbers: range, last: int) -> bool:
    return bool(numbers) and numbers[-1] <= last


def _damaged(what: str) -> ConfigError:
    return ConfigError(f"The click could not be read, because {what}; click again, and if that does not help, run “reply-xl doctor”.")
