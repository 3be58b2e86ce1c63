"""Key, base URL, quota and where things lie on this machine. Nothing here is ever taken from a workbook."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reply_xl.errors import ConfigError, NoKey

SERVICE = "reply_xl"
KEY_VARIABLE = "REPLY_API_KEY"
_PRACTICE_KEY = "practice"
"""What a server on this machine is given when no key is set: a key from the keychain never goes there."""
_NOT_KEPT = "The keychain of this computer did not take the API key; set the variable REPLY_API_KEY instead."


@dataclass(frozen=True, slots=True)
class Config:
    """`variable` is the environment variable that holds the key, "" for a key from elsewhere; `quota` the text of `REPLY_XL_QUOTA` where
    it may be obeyed, else None."""

    key: str = field(repr=False)
    variable: str = ""
    quota: str | None = None


def load(base_url: str, *, loopback: bool, key: str | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration for `base_url`. `REPLY_API_KEY` wins over the keychain, a `key` given here over both; `REPLY_XL_QUOTA` is
    obeyed on loopback only. Raises `ConfigError`, and of these `NoKey` where there is none."""
    variable = ""
    if not key:
        key = environ.get(KEY_VARIABLE, "").strip()
        variable = KEY_VARIABLE if key else ""
    if not key and loopback:
        key = _PRACTICE_KEY
    if not key:
        key = stored_key(base_url) or ""
    if not key:
        raise NoKey(
            "There is no API key on this computer; click Connect in Excel or run “reply-xl login”, or practise without one: Practice in Excel, "
            "or “reply-xl demo”."
        )
    return Config(key, variable, (environ.get("REPLY_XL_QUOTA") or None) if loopback else None)


def stored_key(base_url: str) -> str | None:
    """The key in the operating system's keychain, or None. Raises `ConfigError` if there is no keychain."""
    import keyring
    import keyring.errors

    try:
        return keyring.get_password(SERVICE, base_url)
    except keyring.errors.NoKeyringError:
        return None
    except Exception as error:  # a keychain backend may raise anything of its own
        raise ConfigError("The keychain of this computer did not give the API key; unlock it and try again.") from error


def keychain() -> str:
    """The name of the keychain of this computer; "" where there is none."""
    import keyring

    backend = keyring.get_keyring()
    is_none = type(backend).__module__ in ("keyring.backends.fail", "keyring.backends.null")
    return "" if is_none else str(backend.name)


def store_key(base_url: str, key: str) -> None:
    """Raises `ConfigError` where it is not there afterwards."""
    import keyring

    try:
        keyring.set_password(SERVICE, base_url, key)
        is_there = keyring.get_password(SERVICE, base_url) == key
    except Exception as error:
        raise ConfigError(_NOT_KEPT) from error
    if not is_there:  # some keychains take everything and keep nothing
        raise ConfigError(_NOT_KEPT)


def forget_key(base_url: str) -> bool:
    """Whether there was a key to forget."""
    import keyring
    import keyring.errors

    try:
        keyring.delete_password(SERVICE, base_url)
    except (keyring.errors.PasswordDeleteError, keyring.errors.NoKeyringError):
        return False
    except Exception as error:
        raise ConfigError("The keychain of this computer did not let the API key go; remove the entry “reply_xl” by hand.") from error
    return True


def data_folder(*, make: bool = True, environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """The folder of this user's data, made if absent unless it shall not be. It never lies beside a workbook. On Windows it is the one that
    Excel and Python share."""
    import platformdirs

    if platform == "win32" and environ.get("LOCALAPPDATA"):
        folder = shared_folder(environ, platform)
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        return folder
    return Path(platformdirs.user_data_dir("reply_xl", appauthor=False, ensure_exists=make))


def documents_folder() -> Path:
    """Where this user keeps documents, as the system says. It need not be there."""
    import platformdirs

    return Path(platformdirs.user_documents_dir())


def shared_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """The folder that Excel and Python share: `launcher.txt`, the mark of practice and the clicks. It is not made. The same as
    `UserFolder` in `addin/ReplyClick.bas`; on a Mac it lies in Excel's container, where alone Excel may write unasked."""
    if platform == "darwin":
        home = environ.get("HOME", "")
        inside = home if "/Library/Containers/" in home else f"{home}/Library/Containers/com.microsoft.Excel/Data"
        return Path(inside, "reply_xl")
    local = environ.get("LOCALAPPDATA", "")
    if "\\" in local or (local and platform == "win32"):
        return Path(local, "reply_xl")
    return Path(environ.get("XDG_DATA_HOME") or f"{environ.get('HOME', '')}/.local/share", "reply_xl")


def quota_file() -> Path | None:
    """The log of requests that all processes of this user share, or None where there is no folder for it."""
    try:
        return data_folder() / "quota.sqlite3"
    except OSError:
        return None
