"""A keychain for tests: a JSON file named by the environment, so that several processes share it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import keyring.backend
import keyring.errors


class FileKeyring(keyring.backend.KeyringBackend):
    """Keeps every password in the file `TEST_KEYRING`; refuses everything while that file holds no JSON."""

    priority = 1  # type: ignore[assignment]

    def _read(self) -> dict[str, str]:
        file = Path(os.environ["TEST_KEYRING"])
        try:
            kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        except ValueError as error:
            raise keyring.errors.KeyringLocked("locked") from error
        return kept

    def _write(self, kept: dict[str, str]) -> None:
        Path(os.environ["TEST_KEYRING"]).write_text(json.dumps(kept))

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._read(), f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        kept = self._read()
        if kept.pop(f"{service} {username}", None) is None:
            raise keyring.errors.PasswordDeleteError("absent")
        self._write(kept)
