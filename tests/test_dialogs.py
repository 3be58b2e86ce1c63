"""The boxes, on a screen of their own: what is shown, and what each key, click and paste answers."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import reply_xl
from reply_xl.errors import NotAgreed
from reply_xl.tab.dialogs import Boxes
from reply_xl.tab.screens import Rectangle, area_in_front, make_sharp, placed

NEEDED = ("Xvfb", "xdotool")
_MADE = "from reply_xl.tab.dialogs import Boxes; import json, sys; name, args, options, deaf = json.loads(sys.argv[1]); "
_CALL = _MADE + "print(json.dumps(getattr(Boxes(deaf), name)(*args, **options)))"


def _is_possible() -> bool:
    try:
        import tkinter  # noqa: F401
    except ImportError:
        possible = False
    else:
        possible = all(map(shutil.which, NEEDED))
    if not possible and os.environ.get("CI") == "true":
        raise RuntimeError(f"No test of the boxes may be left out here, but tkinter or one of {NEEDED} is missing.")
    return possible


on_a_screen = pytest.mark.skipif(not _is_possible(), reason=f"tkinter, {' and '.join(NEEDED)} are needed")


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """The name of a display of 1024 by 600 dots."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1024x600x24", "-nolisten", "tcp", "-noreset"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield f":{server.stdout.readline().strip()}"
        server.terminate()


class Shown:
    """A box on the screen."""

    def __init__(self, screen: str, name: str, *args: Any, deaf: float = 0, **options: Any) -> None:
        self._env = {**os.environ, "DISPLAY": screen}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CALL, json.dumps([name, args, options, deaf])],
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.window = self._found()

    def _found(self) -> str:
        until = time.monotonic() + 20
        search = ["xdotool", "search", "--onlyvisible", "--name", "^Reply$"]
        while not (found := subprocess.run(search, env=self._env, capture_output=True, text=True, check=False, timeout=20).stdout.split()):
            assert time.monotonic() < until, "the box has not come"
        return found[0]

    def do(self, *words: str) -> str:
        return subprocess.run(["xdotool", *words], env=self._env, capture_output=True, text=True, check=True, timeout=20).stdout

    def settle(self) -> None:
        """Until it has the keyboard."""
        until = time.monotonic() + 15
        while self.do("getwindowfocus").split()[0] == "1":  # nobody has it
            assert time.monotonic() < until
            time.sleep(0.02)

    def key(self, *keys: str) -> None:
        self.do("key", "--delay", "40", *keys)

    def geometry(self) -> tuple[int, int, int, int]:
        lines = dict(line.split("=") for line in self.do("getwindowgeometry", "--shell", self.window).splitlines())
        return int(lines["X"]), int(lines["Y"]), int(lines["WIDTH"]), int(lines["HEIGHT"])

    @property
    def is_open(self) -> bool:
        return self._process.poll() is None

    def answer(self) -> Any:
        out, err = self._process.communicate(timeout=15)
        assert err == ""
        return json.loads(out.splitlines()[-1])


CHOICES = ["Update all of it", "Leave these out", "Cancel"]


@on_a_screen
@pytest.mark.parametrize(
    ("keys", "default", "answer"),
    [
        (["Return"], 0, 0),
        (["KP_Enter"], 0, 0),
        (["Return"], 2, 2),
        (["space"], 2, 2),
        (["Tab", "Return"], 0, 1),
        (["Right", "Right", "space"], 0, 2),
        (["Left", "Return"], 0, 2),
        (["alt+l"], 2, 1),
        (["alt+c"], 0, 2),
        (["Escape"], 0, None),
    ],
)
def test_keys_that_answer(screen: str, keys: list[str], default: int, answer: int | None) -> None:
    """Return and space take the button that has the keyboard, which is the default at first; arrows, Tab and Alt with the underlined letter
    reach every other one; Esc agrees to nothing."""
    shown = Shown(screen, "ask", "2 contacts will change.", CHOICES, default=default)
    shown.settle()
    shown.key(*keys)
    assert shown.answer() == answer


@on_a_screen
def test_the_button_chosen_early_stays_chosen(screen: str) -> None:
    """A box takes the keyboard a second time when it has been shown for a moment: what was reached until then keeps it."""
    shown = Shown(screen, "ask", "2 contacts will change.", CHOICES)
    shown.settle()
    shown.key("Right")
    time.sleep(0.5)
    shown.key("Return")
    assert shown.answer() == 1


@on_a_screen
def test_a_key_that_was_meant_for_excel_answers_nothing(screen: str) -> None:
    """Who types while a box comes up agrees to nothing by it."""
    shown = Shown(screen, "ask", "2 contacts will change.", CHOICES, deaf=3)
    shown.settle()
    shown.key("Return", "space", "alt+u")
    time.sleep(0.3)
    assert shown.is_open
    time.sleep(3)
    shown.key("Right", "Return")
    assert shown.answer() == 1


@on_a_screen
def test_the_mouse_and_the_closing_cross(screen: str) -> None:
    """A click takes its button; closing the window answers nothing."""
    shown = Shown(screen, "ask", "Sure?", ["Yes", "No"])
    shown.settle()
    _, _, width, height = shown.geometry()
    shown.do("mousemove", "--window", shown.window, str(width - 50), str(height - 30), "click", "1")
    assert shown.answer() == 1
    shown = Shown(screen, "ask", "Sure?", ["Yes", "No"])
    shown.settle()
    shown.do("windowclose", shown.window)
    assert shown._process.wait(15) is not None


@on_a_screen
@pytest.mark.parametrize("text", ["\n".join(f"{number}. {'a cell that holds something ' * 5}" for number in range(200)), "x" * 20_000])
def test_long_text_fits_the_screen(screen: str, text: str) -> None:
    """However long a text is, the whole box with its buttons is on the screen."""
    shown = Shown(screen, "ask", text, CHOICES)
    shown.settle()
    left, top, width, height = shown.geometry()
    assert left >= 0
    assert top >= 0
    assert left + width <= 1024
    assert top + height <= 600
    shown.key("Next", "Down", "alt+c")
    assert shown.answer() == 2


@on_a_screen
@pytest.mark.parametrize("text", ["שלום 👋🏽 名前 \u202egnp.exe", "[exec rm] $env(HOME) %s {", "-text \\ ;#", "nul\0 bell\a \ud800", ""])
def test_any_text_is_text(screen: str, text: str) -> None:
    """Any script, emoji, control character or piece of a program is shown and nothing else."""
    shown = Shown(screen, "choose", text, [text, "Second", "Third"], "Download")
    shown.settle()
    shown.key("t", "Return")
    assert shown.answer() == 2


@on_a_screen
@pytest.mark.parametrize(
    ("keys", "answer"), [(["Return"], 0), (["Down", "Down", "Return"], 2), (["l", "l", "Return"], 2), (["Escape"], None)]
)
def test_one_of_many(screen: str, keys: list[str], answer: int | None) -> None:
    """The first is chosen at first; arrows and letters choose another one, Return takes it."""
    shown = Shown(screen, "choose", "Which?", ["All contacts", *(f"List {number}" for number in range(40))], "Download")
    shown.settle()
    shown.key(*keys)
    assert shown.answer() == answer


@on_a_screen
def test_a_key_is_typed(screen: str) -> None:
    """The keyboard is in the line at once; Return answers what was typed without the space around it; nothing typed is not accepted."""
    shown = Shown(screen, "ask_key")
    shown.settle()
    shown.key("Return")
    time.sleep(0.2)
    assert shown.is_open
    shown.do("type", " abc-123 ")
    shown.key("Return")
    assert shown.answer() == "abc-123"


@on_a_screen
def test_a_key_box_that_is_closed(screen: str) -> None:
    """Esc answers nothing, whatever was typed, and so does Cancel."""
    for keys in (["Escape"], ["alt+a"]):
        shown = Shown(screen, "ask_key", "Reply did not accept that key.")
        shown.settle()
        shown.do("type", "abc")
        shown.key(*keys)
        assert shown.answer() is None


@on_a_screen
@pytest.mark.parametrize("keys", [["ctrl+v"], ["shift+Insert"], ["alt+p"]])
def test_a_key_is_pasted(screen: str, keys: list[str]) -> None:
    """The usual keys paste, and the button does."""
    owner = (
        "import tkinter; root = tkinter.Tk(); root.withdraw(); root.clipboard_append('key-from-reply'); print(flush=True); root.mainloop()"
    )
    env = {**os.environ, "DISPLAY": screen}
    with subprocess.Popen([sys.executable, "-c", owner], env=env, stdout=subprocess.PIPE) as clipboard:
        assert clipboard.stdout is not None
        clipboard.stdout.readline()
        shown = Shown(screen, "ask_key")
        shown.settle()
        shown.key(*keys, "Return")
        assert shown.answer() == "key-from-reply"
        clipboard.kill()


@on_a_screen
def test_ctrl_v_of_a_keyboard_without_latin_letters(screen: str) -> None:
    """Where the key of V types a Cyrillic letter, Ctrl with it pastes all the same."""
    script = """
import sys, tkinter
from types import SimpleNamespace
from reply_xl.tab import dialogs
box = dialogs._Box(0)
box._root.clipboard_append("key-from-reply")
typed = box.add_entry("")
box._root.update()
event = SimpleNamespace(keycode=dialogs._V_KEY, keysym="Cyrillic_em")
assert dialogs._is_foreign_v(event) and not dialogs._is_foreign_v(SimpleNamespace(keycode=dialogs._V_KEY, keysym="v"))
box._paste(box._first)
print(typed())
"""
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ, "DISPLAY": screen}, capture_output=True, text=True)
    assert done.stdout == "key-from-reply\n", done.stderr


@on_a_screen
def test_a_failure_in_a_box_does_not_quote_what_was_typed(screen: str) -> None:
    """What goes wrong inside a box is in the log by its kind and its line alone."""
    script = """
import logging, sys
from reply_xl.tab import dialogs
logging.basicConfig(stream=sys.stdout)
box = dialogs._Box(0)
def fail(index):
    box._root.after(1, box._root.quit)
    raise ValueError("secret-key")
box.add_buttons(("A", "B"), fail)
box._root.after(100, lambda: box._press(box._first))
print(box.answer(int))
"""
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ, "DISPLAY": screen}, capture_output=True, text=True)
    assert "ValueError" in done.stdout
    assert done.stdout.endswith("None\n")
    assert "secret-key" not in done.stdout + done.stderr


def test_without_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question says why it was not asked; a sentence is let pass, for the status bar has it."""
    pytest.importorskip("tkinter")
    if sys.platform in ("win32", "darwin"):
        pytest.skip("there is always a screen")
    monkeypatch.delenv("DISPLAY", raising=False)
    boxes = Boxes()
    for ask in (lambda: boxes.ask("Sure?", ("Yes", "No")), boxes.ask_key, lambda: boxes.choose("Which?", ("A",), "Take")):
        with pytest.raises(NotAgreed, match=r"no screen.*Nothing was changed"):
            ask()
    boxes.tell("A sentence.")


def test_without_tkinter(tmp_path: Path) -> None:
    """A Python that was built without tkinter has a sentence."""
    (tmp_path / "tkinter.py").write_text("raise ModuleNotFoundError(\"No module named '_tkinter'\")\n", encoding="ascii")
    script = "from reply_xl.tab.dialogs import Boxes; boxes = Boxes(); boxes.tell('x'); boxes.ask('y', ('A', 'B'))"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(reply_xl.__file__).parent.parent)])}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, encoding="utf-8", errors="replace")
    assert "this Python has no tkinter" in done.stderr.splitlines()[-1]


# -- Windows, by stand-ins for its libraries


def test_the_newest_way_to_be_sharp_that_windows_has() -> None:
    """Per monitor where Windows knows that, else as well as it can; a refusal is no error."""
    asked: list[str] = []

    def way(name: str, result: int) -> Any:
        return lambda *args: asked.append(name) or result

    new = SimpleNamespace(user32=SimpleNamespace(SetProcessDpiAwarenessContext=way("v2", 1)))
    make_sharp(new)
    assert asked == ["v2"]
    asked.clear()
    make_sharp(
        SimpleNamespace(
            user32=SimpleNamespace(SetProcessDPIAware=way("old", 1)), shcore=SimpleNamespace(SetProcessDpiAwareness=way("8", 0))
        )
    )
    assert asked == ["8"]
    asked.clear()
    make_sharp(SimpleNamespace(user32=SimpleNamespace(SetProcessDPIAware=way("old", 1))))
    assert asked == ["old"]
    make_sharp(SimpleNamespace())


class User:
    """Windows' user32 with Excel on a second screen left of the first, at 150 %."""

    def __init__(self, handle: int | None) -> None:
        def give() -> int | None:
            return handle

        def monitor(window: Any, flags: int) -> int:
            return 7

        self.GetForegroundWindow, self.MonitorFromWindow = give, monitor

    def GetWindowRect(self, window: Any, rectangle: Any) -> int:
        _fill(rectangle._obj, (-1900, 100, -100, 1000))
        return 1

    def GetMonitorInfoW(self, screen: Any, info: Any) -> int:
        assert screen.value == 7
        assert info._obj.size == 40
        _fill(info._obj.work, (-1920, 0, 0, 1040))
        return 1

    def GetDpiForWindow(self, window: Any) -> int:
        return 144


def _fill(rectangle: ctypes.Structure, values: tuple[int, int, int, int]) -> None:
    for name, value in zip(("left", "top", "right", "bottom"), values, strict=True):
        setattr(rectangle, name, value)


def test_the_window_in_front_and_its_screen() -> None:
    """Where Excel's window is, which part of its screen is free, and how fine that screen is; nothing where no window is in front."""
    found = area_in_front(SimpleNamespace(user32=User(264382)))
    assert found is not None
    assert (found.window, found.screen, found.dots) == (Rectangle(-1900, 100, 1800, 900), Rectangle(-1920, 0, 1920, 1040), 144)
    assert area_in_front(SimpleNamespace(user32=User(None))) is None
    assert area_in_front(SimpleNamespace()) is None


@pytest.mark.parametrize(
    ("over", "place"),
    [
        (Rectangle(-1900, 100, 1800, 900), (-1200, 300)),
        (Rectangle(-32000, -32000, 160, 30), (-1920, 0)),
        (Rectangle(-300, 900, 600, 400), (-400, 740)),
    ],
)
def test_a_box_is_over_its_window_and_inside_the_screen(over: Rectangle, place: tuple[int, int]) -> None:
    """Over the middle of the window in front; where that is minimised or hangs over the edge, inside the screen."""
    assert placed(400, 300, over, Rectangle(-1920, 0, 1920, 1040)) == place
