"""Boxes in front of Excel, by tkinter: a sentence, a question, one of many, a key typed unseen.

A box comes up over somebody's work, who may be typing: in its first moment no key answers it. Esc and the closing cross never agree to
anything. Nothing that is shown is taken for anything but text.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from reply_xl.errors import NotAgreed
from reply_xl.tab.screens import InFront, Rectangle, area_in_front, make_sharp, placed, this_windows

_WIDTH, _LEAST_WIDTH, _MARGIN, _GAP = 390, 220, 15, 6
"""In points, of which 72 are an inch."""
_MOST_OF_SCREEN = 0.6
_MOST_LISTED = 12
_V_KEY = 86 if sys.platform == "win32" else 55
"""The key on which a Latin keyboard has V: under a Cyrillic or Greek one, tkinter does not take Ctrl with it for “paste”."""
_RED = "#b00020"
_ASKS_AGAIN = "Paste your key first."
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Boxes:
    """Each box is made and gone with its call. `deaf`: seconds for which a new box takes no key for an answer.

    Where no box can be shown, `tell` does nothing, for its sentence stands in the status bar as well, and every question raises `NotAgreed`
    with the reason."""

    def __init__(self, deaf: float = 0.6) -> None:
        self._deaf = deaf

    def tell(self, text: str) -> None:
        with contextlib.suppress(NotAgreed):
            self.ask(text, ("OK",))

    def ask(self, text: str, choices: Sequence[str], *, default: int = 0) -> int | None:
        """Which of the choices was taken; None if the box was closed. `default`: the one that Return takes."""
        with _Box(self._deaf) as box:
            box.write(text)
            box.add_buttons(choices, lambda index: index, default)
            return box.answer(int)

    def choose(self, text: str, options: Sequence[str], action: str) -> int | None:
        """Which of many options was taken by the button `action`; None if the box was closed."""
        with _Box(self._deaf) as box:
            box.write(text)
            chosen = box.add_list(options)
            box.add_buttons((action, "Cancel"), lambda index: chosen() if index == 0 else None)
            return box.answer(int)

    def ask_key(self, problem: str = "") -> str | None:
        """What was typed unseen or pasted for an API key, never ""; None if the box was closed. `problem`: why it is asked for again."""
        with _Box(0) as box:
            box.write("Paste your API key. You find it in Reply under Settings → API Key.")
            typed = box.add_entry(problem)
            box.add_buttons(("Connect", "Cancel"), lambda index: typed() if index == 0 else None)
            return box.answer(str)


class _Box:
    """One window, built from top to bottom."""

    def __init__(self, deaf: float) -> None:
        windows = this_windows()
        if windows is not None:
            make_sharp(windows)
        self._front: InFront | None = area_in_front(windows) if windows is not None else None
        self._root = root = _window()
        if self._front is not None and self._front.dots:
            _scale(root, self._front.dots)
        root.withdraw()
        root.title("Reply")
        root.resizable(False, False)
        root.report_callback_exception = _note_error
        root.protocol("WM_DELETE_WINDOW", root.quit)
        root.bind("<Escape>", lambda _: root.quit())
        self._answers: list[Any] = []
        self._hears = deaf <= 0
        self._deaf = deaf
        self._first: Any = None
        from tkinter import ttk

        if root.tk.call("tk", "windowingsystem") == "x11":
            ttk.Style(root).theme_use("clam")
        self._frame = ttk.Frame(root, padding=self._points(_MARGIN))
        self._frame.grid(sticky="nsew")
        self._frame.columnconfigure(0, weight=1, minsize=self._points(_LEAST_WIDTH))

    def __enter__(self) -> _Box:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._root.destroy()

    def write(self, text: str) -> None:
        """Text that may be of any length: what does not fit on the screen is scrolled."""
        import tkinter
        from tkinter import ttk

        text = _plain(text)
        label = ttk.Label(self._frame, text=text, wraplength=self._points(_WIDTH), justify="left")
        label.grid(sticky="w", columnspan=2)
        self._root.update_idletasks()
        most = int(self._screen().height * _MOST_OF_SCREEN)
        if label.winfo_reqheight() <= most:
            return
        label.destroy()
        area = ttk.Frame(self._frame, width=self._points(_WIDTH + 20), height=most)
        area.grid(sticky="nsew", columnspan=2)
        area.grid_propagate(False)
        area.columnconfigure(0, weight=1)
        area.rowconfigure(0, weight=1)
        page = tkinter.Text(area, wrap="word", font="TkDefaultFont", relief="flat", padx=self._points(_GAP), pady=self._points(_GAP))
        page.insert("1.0", text)
        page.configure(state="disabled", takefocus=False)
        page.grid(sticky="nsew")
        bar = ttk.Scrollbar(area, command=page.yview, takefocus=False)
        bar.grid(row=0, column=1, sticky="ns")
        page.configure(yscrollcommand=bar.set)
        for key, count, unit in (("<Up>", -1, "units"), ("<Down>", 1, "units"), ("<Prior>", -1, "pages"), ("<Next>", 1, "pages")):
            self._root.bind(key, lambda _, count=count, unit=unit: page.yview_scroll(count, unit))

    def add_list(self, options: Sequence[str]) -> Callable[[], int]:
        """A list, the first option chosen; returns what tells which is. A letter goes to the next option that begins with it."""
        import tkinter
        from tkinter import ttk

        area = ttk.Frame(self._frame)
        area.grid(sticky="we", columnspan=2, pady=(self._points(_GAP * 2), 0))
        area.columnconfigure(0, weight=1)
        height = min(max(len(options), 3), _MOST_LISTED)
        shown = tkinter.Listbox(area, height=height, exportselection=False, activestyle="none", font="TkDefaultFont")
        plain = [_plain(option).replace("\n", " ") for option in options]
        shown.insert("end", *plain)
        shown.grid(sticky="we")
        if len(options) > height:
            bar = ttk.Scrollbar(area, command=shown.yview, takefocus=False)
            bar.grid(row=0, column=1, sticky="ns")
            shown.configure(yscrollcommand=bar.set)

        def go_to(index: int) -> None:
            shown.selection_clear(0, "end")
            shown.selection_set(index)
            shown.activate(index)
            shown.see(index)

        def current() -> int:
            return int(shown.index("active"))

        def move(by: int) -> str:
            go_to(min(max(current() + by, 0), len(plain) - 1))
            return "break"

        def find(event: Any) -> None:
            if event.char and event.char.isprintable():
                order = [*range(current() + 1, len(plain)), *range(current() + 1)]
                found = (index for index in order if plain[index].casefold().startswith(event.char.casefold()))
                go_to(next(found, current()))

        shown.bind("<Up>", lambda _: move(-1))
        shown.bind("<Down>", lambda _: move(1))
        shown.bind("<Key>", find, add=True)
        shown.bind("<Double-Button-1>", lambda _: self._root.event_generate("<Return>"))
        go_to(0)
        self._first = shown
        return current

    def add_entry(self, problem: str) -> Callable[[], str | None]:
        """A line that shows dots; returns what gives the text in it, or None with a hint where there is none."""
        from tkinter import ttk

        entry = ttk.Entry(self._frame, show="•", font="TkDefaultFont")
        entry.grid(sticky="we", columnspan=2, pady=(self._points(_GAP * 2), 0))
        hint = ttk.Label(self._frame, text=_plain(problem), foreground=_RED, wraplength=self._points(_WIDTH), justify="left")
        hint.grid(sticky="w", columnspan=2, pady=(self._points(_GAP), 0))
        paste = ttk.Button(self._frame, text="Paste", underline=0, command=lambda: self._paste(entry))
        entry.bind("<Button-2>" if sys.platform == "darwin" else "<Button-3>", lambda _: self._paste(entry))
        entry.bind("<Control-Key>", lambda event: self._paste(entry) if _is_foreign_v(event) else None)
        self._root.bind("<Alt-p>", lambda _: paste.invoke())
        self._left = paste
        self._first = entry

        def typed() -> str | None:
            text = entry.get().strip()
            if not text:
                hint.configure(text=_ASKS_AGAIN)
                entry.focus_set()
            return text or None

        return typed

    def _paste(self, entry: Any) -> str:
        import tkinter

        with contextlib.suppress(tkinter.TclError):  # the clipboard is empty, or holds a picture
            text = self._root.clipboard_get()
            entry.delete(0, "end")
            entry.insert(0, text)
        entry.focus_set()
        return "break"

    _left: Any = None
    """A button that answers nothing, left of those that do."""

    def add_buttons(self, labels: Sequence[str], answer: Callable[[int], _T | None], default: int = 0) -> None:
        """Each ends the box with its answer; None keeps the box open, but the last button of several ends it without an answer."""
        from tkinter import ttk

        row = ttk.Frame(self._frame)
        row.grid(sticky="we", columnspan=2, pady=(self._points(_MARGIN), 0))
        row.columnconfigure(1, weight=1)
        if self._left is not None:
            self._left.grid(in_=row, row=0, column=0, sticky="w")
            self._left.lift()
        buttons: list[Any] = []
        letters = {"p"} if self._left is not None else set()

        def take(index: int) -> None:
            given = answer(index)
            if given is not None:
                self._answers.append(given)
                self._root.quit()
            elif index == len(labels) - 1:
                self._root.quit()

        for index, label in enumerate(labels):
            place = next((place for place, char in enumerate(label) if char.isalpha() and char.casefold() not in letters), -1)
            button = ttk.Button(row, text=label, underline=place, command=partial(take, index))
            button.grid(row=0, column=index + 2, padx=(self._points(_GAP), 0))
            buttons.append(button)
            if place >= 0:
                letter = label[place].casefold()
                letters.add(letter)
                self._root.bind(f"<Alt-{letter}>", lambda _, button=button: self._press(button))
        buttons[default].configure(default="active")

        def enter(_: Any) -> None:
            focus = self._root.focus_get()
            self._press(focus if focus in buttons or focus is self._left else buttons[default])

        def go(by: int) -> None:
            focus = self._root.focus_get()
            if focus in buttons:
                buttons[(buttons.index(focus) + by) % len(buttons)].focus_set()

        self._root.bind("<Return>", enter)
        self._root.bind("<KP_Enter>", enter)
        self._root.bind("<Left>", lambda _: go(-1))
        self._root.bind("<Right>", lambda _: go(1))
        self._first = self._first or buttons[default]

    def answer(self, kind: Callable[[Any], _T]) -> _T | None:
        """Shows the box, in front and with the keyboard, until it is answered or closed."""
        root = self._root
        root.update_idletasks()
        screen = self._screen()
        over = self._front.window if self._front is not None else screen
        left, top = placed(root.winfo_reqwidth(), root.winfo_reqheight(), over, screen)
        root.geometry(f"+{left}+{top}")
        root.attributes("-topmost", True)
        root.deiconify()
        self._come_forward()
        root.after(200, self._come_forward)  # some systems give the keyboard only to a window that they have shown
        root.after(int(self._deaf * 1000), self._hear)
        root.mainloop()
        return kind(self._answers[0]) if self._answers else None

    def _come_forward(self) -> None:
        self._root.lift()
        (self._root.focus_lastfor() or self._root).focus_force()

    def _hear(self) -> None:
        self._hears = True
        self._first.focus_set()

    def _press(self, button: Any) -> None:
        if self._hears:
            button.invoke()

    def _screen(self) -> Rectangle:
        if self._front is not None:
            return self._front.screen
        return Rectangle(0, 0, self._root.winfo_screenwidth(), self._root.winfo_screenheight())

    def _points(self, count: int) -> int:
        return round(float(self._root.winfo_fpixels(f"{count}p")))


def _window() -> Any:
    """Raises `NotAgreed` where there cannot be one."""
    try:
        import tkinter
    except ImportError as error:
        _log.warning("no box can be shown: %s", error)
        sentence = (
            "No question can be asked here, because this Python has no tkinter; install reply-xl as its README says. Nothing was changed."
        )
        raise NotAgreed(sentence, asked=False) from error
    try:
        return tkinter.Tk(className="Reply")
    except tkinter.TclError as error:
        _log.warning("no box can be shown: %s", error)
        raise NotAgreed("There is no screen on which a question could be asked. Nothing was changed.", asked=False) from error


def _scale(root: Any, dots: int) -> None:
    """Sizes in points as they are on a screen with that many dots an inch; letters are made anew."""
    from tkinter import font

    root.tk.call("tk", "scaling", dots / 72)
    for name in font.names(root):
        named = font.nametofont(name, root)
        named.configure(size=named.actual("size") if named.cget("size") < 0 else named.cget("size"))


def _plain(text: str) -> str:
    """Lines without anything that is no letter: control characters, and those that turn the direction of what follows."""
    return "\n".join("".join(char if char.isprintable() else " " for char in line) for line in text.split("\n"))


def _is_foreign_v(event: Any) -> bool:
    return bool(event.keycode == _V_KEY and event.keysym.casefold() != "v")


def _note_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Without the error's own text, which could quote what was typed."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    _log.error("a box failed: %s in line %s", kind.__name__, trace.tb_lineno if trace else "?")
