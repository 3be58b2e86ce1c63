"""Boxes in front of Excel, by tkinter: a sentence, a question, a key typed unseen."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from typing import Any

_WIDTH = 520


class Boxes:
    """Each box is made and gone with its call; without a screen, nothing can be asked and every answer is None."""

    def tell(self, text: str) -> None:
        self.ask(text, ("OK",))

    def ask(self, text: str, choices: Sequence[str]) -> int | None:
        """Which of the choices was taken; None if the box was closed."""
        chosen: list[int] = []
        with _box() as root:
            if root is None:
                return None
            from tkinter import ttk

            frame = _frame(root)
            ttk.Label(frame, text=text, wraplength=_WIDTH, justify="left").grid(sticky="w")
            buttons = ttk.Frame(frame)
            buttons.grid(sticky="e", pady=(16, 0))
            for index, choice in enumerate(choices):

                def take(index: int = index) -> None:
                    chosen.append(index)
                    root.quit()

                button = ttk.Button(buttons, text=choice, command=take)
                button.grid(row=0, column=index, padx=(8, 0))
                if index == 0:
                    button.focus_set()
                    root.bind("<Return>", lambda _: take(0))
            _run(root)
        return chosen[0] if chosen else None

    def ask_key(self) -> str | None:
        """An API key, typed unseen; None if the box was closed."""
        typed: list[str] = []
        with _box() as root:
            if root is None:
                return None
            from tkinter import ttk

            frame = _frame(root)
            ttk.Label(frame, text="Your API key (Settings → API Key in Reply):").grid(sticky="w")
            entry = ttk.Entry(frame, show="•", width=50)
            entry.grid(sticky="we", pady=(8, 0))
            entry.focus_set()

            def take(_: object = None) -> None:
                typed.append(entry.get().strip())
                root.quit()

            buttons = ttk.Frame(frame)
            buttons.grid(sticky="e", pady=(16, 0))
            ttk.Button(buttons, text="Connect", command=take).grid(row=0, column=0)
            ttk.Button(buttons, text="Cancel", command=root.quit).grid(row=0, column=1, padx=(8, 0))
            root.bind("<Return>", take)
            _run(root)
        return typed[0] if typed and typed[0] else None


@contextlib.contextmanager
def _box() -> Any:
    """A window of its own, None where there is no screen."""
    if sys.platform == "win32":
        import ctypes

        with contextlib.suppress(AttributeError, OSError):
            ctypes.windll.shcore.SetProcessDpiAwareness(1)  # sharp letters on a scaled screen
    import tkinter

    try:
        root = tkinter.Tk()
    except tkinter.TclError:
        yield None
        return
    root.title("Reply")
    root.resizable(False, False)
    root.attributes("-topmost", True)
    root.protocol("WM_DELETE_WINDOW", root.quit)
    root.bind("<Escape>", lambda _: root.quit())
    try:
        yield root
    finally:
        root.destroy()


def _frame(root: Any) -> Any:
    from tkinter import ttk

    frame = ttk.Frame(root, padding=20)
    frame.grid()
    return frame


def _run(root: Any) -> None:
    root.update_idletasks()
    left, top = ((root.winfo_screenwidth() - root.winfo_width()) // 2, (root.winfo_screenheight() - root.winfo_height()) // 3)
    root.geometry(f"+{left}+{top}")
    root.lift()
    root.focus_force()
    root.mainloop()
