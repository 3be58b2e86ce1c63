"""The registry of Windows, and a file that stands for it in a rehearsal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Protocol

Value = str | int


class Registry(Protocol):
    """Keys are full and begin with `HKCU` or `HKLM`; what is not there or may not be read is None or empty."""

    def value(self, key: str, name: str) -> Value | None: ...

    def names(self, key: str) -> list[str]: ...

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

    def value(self, key: str, name: str) -> Value | None:
        if sys.platform == "win32":
            import winreg

            try:
                with winreg.OpenKey(_hive(key), _inner(key)) as opened:
                    found = winreg.QueryValueEx(opened, name)[0]
            except OSError:
                return None
            return found if isinstance(found, str | int) else None
        return None

    def names(self, key: str) -> list[str]:
        if sys.platform == "win32":
            import winreg

            try:
                with winreg.OpenKey(_hive(key), _inner(key)) as opened:
                    return [winreg.EnumValue(opened, index)[0] for index in range(winreg.QueryInfoKey(opened)[1])]
            except OSError:
                return []
        return []

    def set(self, key: str, name: str, text: str) -> None:
        if sys.platform == "win32":
            import winreg

            with winreg.CreateKey(_hive(key), _inner(key)) as opened:
                winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, text)

    def delete(self, key: str, name: str) -> None:
        if sys.platform == "win32":
            import contextlib
            import winreg

            with contextlib.suppress(FileNotFoundError), winreg.OpenKey(_hive(key), _inner(key), 0, winreg.KEY_SET_VALUE) as opened:
                winreg.DeleteValue(opened, name)


def _hive(key: str) -> int:
    if sys.platform == "win32":
        import winreg

        return {"HKCU": winreg.HKEY_CURRENT_USER, "HKLM": winreg.HKEY_LOCAL_MACHINE}[key.partition("\\")[0]]
    raise OSError("there is no registry on this system")


def _inner(key: str) -> str:
    return key.partition("\\")[2]
