"""Puts ReplyXL.xlam and ReplyXLFunctions.xlam into the wheel, and into the tree for an editable install."""

from __future__ import annotations

import runpy
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_INSIDE = "reply_xl/addin"
_BUILDERS = {"ReplyXL.xlam": "build.py", "ReplyXLFunctions.xlam": "functions_build.py"}


class AddinHook(BuildHookInterface):  # type: ignore[type-arg]
    """The wheel is never made without the add-ins: where one cannot be built, the sentence says why and the build ends."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self._scratch = tempfile.TemporaryDirectory()
        is_editable = version == "editable"
        for name, builder in _BUILDERS.items():
            addin = runpy.run_path(str(Path(self.root) / "addin" / builder))
            target = Path(self.root) / _INSIDE / name if is_editable else Path(self._scratch.name) / name
            try:
                addin["build"](target)
            except addin["CannotBuild"] as error:
                raise SystemExit(str(error)) from error
            if not is_editable:
                build_data["force_include"][str(target)] = f"{_INSIDE}/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self._scratch.cleanup()
