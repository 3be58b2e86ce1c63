"""Connecting to Reply: a key is kept only after Reply has said whose it is. It goes to the server it is for, the keychain, and nowhere else."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from reply_xl import config
from reply_xl.errors import ConfigError, NotAgreed, NotAuthorised
from reply_xl.kinds.cell_text import shown
from reply_xl.session import Session

if TYPE_CHECKING:
    from reply_xl.tab.window import Window

_ATTEMPTS = 3
_AROUND = "\"'`“”‘’«»„‚,;<>"
"""What comes along when a key is copied out of a mail or a file of settings."""
_BEFORE = re.compile(r"(authorization\s*[:=]\s*)?(bearer\s+)?", re.IGNORECASE)
_NO_KEY = "This is no API key; copy it once more from Settings → API Key in Reply, all of it and nothing else."
_REFUSED = "Reply does not know this key; copy it once more from Settings → API Key in Reply."


def cleaned_key(typed: str) -> str:
    """A key without what people copy along with it: space, quotes, “Bearer”, and characters that are not seen."""
    text = "".join(char for char in typed if char.isprintable() or char.isspace())
    while True:
        shorter = text.strip().strip(_AROUND)
        shorter = shorter[_BEFORE.match(shorter).end() :]  # type: ignore[union-attr]  # it matches every text
        if shorter == text:
            return text
        text = shorter


def connect(key: str, base_url: str | None = None) -> str:
    """Asks the server whose key this is, keeps it in the keychain, and returns a sentence that says so. Safe to repeat.

    Raises `NotAuthorised` or `ConfigError`; then nothing is kept."""
    with Session(base_url, key=key) as session:
        who = session.contacts.whoami()
        config.store_key(session.contacts.base_url, key)
    team = f" (team {who.team_id})" if who.team_id is not None else ""
    told = f"Connected as {shown(who.username) or f'user {who.user_id}'}{team}; the key is in the keychain of this computer."
    if os.environ.get(config.KEY_VARIABLE, "").strip():
        told += f" But the variable {config.KEY_VARIABLE} is set here, and its key is used instead; unset it."
    return told


def ask_and_connect(window: Window) -> None:
    """Asks for the key of the account in Reply itself, up to three times, and says whose it is."""
    problem = ""
    for _ in range(_ATTEMPTS):
        typed = window.dialogs.ask_key(problem)
        if typed is None:
            raise NotAgreed("Not connected: no key was given, and nothing was changed.", asked=True)
        key = cleaned_key(typed)
        if not is_possible(key):
            problem = _NO_KEY
            continue
        window.progress.show("Reply: asking Reply whose key this is …")
        try:
            told = connect(key)
        except NotAuthorised:
            problem = _REFUSED
            continue
        window.end(told, in_a_box=True)
        return
    raise ConfigError(f"Not connected, and nothing was changed. {problem}")


def is_possible(key: str) -> bool:
    """Whether it could be sent as a key at all."""
    return bool(re.fullmatch(r"[!-~]+", key))
