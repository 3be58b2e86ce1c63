"""The registry of Windows, and a file that stands for it in a rehearsal."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any, Protocol

Value = str | int


class Registry(Protocol):
    """Keys are full and begin with `HKCU` or `HKLM`; what is not there or may not be read is None or empty."""

    def value(self, key: str, name: str) -> Value | None: ...

    def names(self, key: str) -> list[str]: ...

    def data(self, key: str, name: str) -> bytes:
        """What a binary value holds; empty where there is none."""

    def may_read(self, key: str) -> bool:
        """False where the key is kept from this user; one that is not there holds nothing, which may be known."""

    def set(self, key: str, name: str, text: str) -> None:
        """Raises `OSError`."""

    def delete(self, key: str, name: str) -> None:
        """No harm where it is not there. Raises `OSError`."""


class RegistryFile:
    """A registry in a JSON file, which is there while it holds something; `file` None: an empty one that takes nothing."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def value(self, key: str, name: str) -> Value | None:
        return self._read().get(key, {}).get(name)

    def names(self, key: str) -> list[str]:
        return list(self._read().get(key, {}))

    def data(self, key: str, name: str) -> bytes:
        """A text stands for its UTF-16 units."""
        return str(self.value(key, name) or "").encode("utf-16-le")

    def may_read(self, key: str) -> bool:
        return True

    def set(self, key: str, name: str, text: str) -> None:
        keys = self._read()
        keys.setdefault(key, {})[name] = text
        self._write(keys)

    def delete(self, key: str, name: str) -> None:
        keys = self._read()
        if keys.get(key, {}).pop(name, None) is not None:
            self._write({key: values for key, values in keys.items() if values})

    def _read(self) -> dict[str, dict[str, Value]]:
        if self._file is None or not self._file.exists():
            return {}
        keys: dict[str, dict[str, Value]] = json.loads(self._file.read_text(encoding="utf-8"))
        return keys

    def _write(self, keys: dict[str, dict[str, Value]]) -> None:
        if self._file is None:
            raise OSError("there is no registry on this system")
        if keys:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(keys, indent=1), encoding="utf-8")
        else:
            self._file.unlink(missing_ok=True)


class WindowsRegistry:
    """The registry of Windows."""

    def __init__(self) -> None:
        import winreg

        self._api: Any = winreg

    def value(self, key: str, name: str) -> Value | None:
        try:
            with self._opened(key) as opened:
                found = self._api.QueryValueEx(opened, name)[0]
        except OSError:
            return None
        return found if isinstance(found, str | int) else None

    def names(self, key: str) -> list[str]:
        try:
            with self._opened(key) as opened:
                return [self._api.EnumValue(opened, index)[0] for index in range(self._api.QueryInfoKey(opened)[1])]
        except OSError:
            return []

    def data(self, key: str, name: str) -> bytes:
        try:
            with self._opened(key) as opened:
                found = self._api.QueryValueEx(opened, name)[0]
        except OSError:
            return b""
        return found if isinstance(found, bytes) else b""

    def may_read(self, key: str) -> bool:
        try:
            with self._opened(key):
                return True
        except PermissionError:
            return False
        except OSError:
            return True

    def set(self, key: str, name: str, text: str) -> None:
        hive, _, inner = key.partition("\\")
        with self._api.CreateKey(self._hive(hive), inner) as opened:
            self._api.SetValueEx(opened, name, 0, self._api.REG_SZ, text)

    def delete(self, key: str, name: str) -> None:
        if self.value(key, name) is None:  # a key that the user may only read must not stop whoever has nothing there
            return
        with contextlib.suppress(FileNotFoundError), self._opened(key, self._api.KEY_SET_VALUE) as opened:
            self._api.DeleteValue(opened, name)

    def _opened(self, key: str, access: int | None = None) -> Any:
        hive, _, inner = key.partition("\\")
        # of the machine the view of 64-bit programs, in which Office and Defender stand, whatever Python is
        view = self._api.KEY_WOW64_64KEY if hive == "HKLM" else 0
        return self._api.OpenKey(self._hive(hive), inner, 0, (self._api.KEY_READ if access is None else access) | view)

    def _hive(self, name: str) -> Any:
        return {"HKCU": self._api.HKEY_CURRENT_USER, "HKLM": self._api.HKEY_LOCAL_MACHINE}[name]
