"""A LibreOffice of the tests' own, with a profile of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"""
"""Macros of documents run without a question."""


class Office:
    """A running office: `pipe` is what `connect` takes."""

    def __init__(self, process: subprocess.Popen[bytes], pipe: str) -> None:
        self._process, self.pipe = process, pipe

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """Ends it and what it started, without a question."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, 9)
        self._process.wait()


def start_office(folder: Path, environment: Mapping[str, str] | None = None, *, headless: bool = True) -> Office:
    """Starts an office whose profile lies in `folder`; it listens a second or two later. Not `headless`: `environment` names a screen."""
    user = folder / "profile" / "user"
    user.mkdir(parents=True, exist_ok=True)
    (user / "registrymodifications.xcu").write_text(PROFILE, encoding="utf-8")
    pipe = f"reply{uuid.uuid4().hex}"
    switches = [*(["--headless"] if headless else []), "--norestore", "--nologo", "--nodefault", f"--accept=pipe,name={pipe};urp"]
    process = subprocess.Popen(
        ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", *switches],
        env={**os.environ, "SAL_USE_VCLPLUGIN": "svp", **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return Office(process, pipe)
