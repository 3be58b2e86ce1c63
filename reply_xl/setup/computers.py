"""The computer as the installer sees it: folders, registry, Excel, the start of a process. Everything that differs between Windows, a
Mac, elsewhere and a rehearsal under one folder is behind `Computer`."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from reply_xl.errors import ConfigError
from reply_xl.setup.registries import Registry, RegistryFile, WindowsRegistry

_PATIENCE = 60.0


class System(StrEnum):
    WINDOWS = "windows"
    MAC = "mac"
    OTHER = "other"

    @property
    def platform(self) -> str:
        """As `sys.platform` spells it."""
        return {"windows": "win32", "mac": "darwin"}.get(self, "linux")


class Deeds(Protocol):
    """What the computer does. Each raises `OSError` where it cannot."""

    def is_excel_open(self) -> bool: ...

    def start(self, arguments: Sequence[str]) -> None:
        """A process of its own that outlives this one, without a window."""

    def can_run(self, arguments: Sequence[str]) -> bool:
        """Whether the program starts and ends well within a minute."""

    def output(self, arguments: Sequence[str]) -> str | None:
        """What the program prints; None where it does not end well within a minute."""

    def put(self, source: Path, target: Path) -> None:
        """Moves a file over another of the same disk, all or nothing."""

    def remove(self, file: Path) -> None: ...

    def write_shortcut(self, file: Path, program: Path, arguments: str, says: str) -> None: ...

    def compile_script(self, text: str, file: Path) -> None:
        """AppleScript, as Excel on a Mac runs it."""


@dataclass(frozen=True, slots=True)
class Computer:
    """`home` and `environ` are this user's. `python` is what Excel starts: without a window where there is such a one. `origins`: where
    the interpreter and the one that it was made from lie. `code_page`: the codec that VBA reads and writes text and paths with."""

    system: System
    home: Path
    environ: Mapping[str, str]
    python: Path
    origins: tuple[str, ...]
    code_page: str
    registry: Registry
    deeds: Deeds

    @property
    def is_rehearsal(self) -> bool:
        """Whether it is a folder that stands for a computer."""
        return isinstance(self.deeds, RehearsedDeeds)

    def spells(self, text: str) -> bool:
        """Whether the code page gives the text back as it was."""
        try:
            return text.encode(self.code_page).decode(self.code_page) == text
        except UnicodeError:
            return False


def this_computer() -> Computer:
    """The real one."""
    system = {"win32": System.WINDOWS, "darwin": System.MAC}.get(sys.platform, System.OTHER)
    executable = Path(sys.executable)
    return Computer(
        system=system,
        home=Path.home(),
        environ=os.environ,
        python=executable.with_name("pythonw.exe") if system is System.WINDOWS else executable,
        origins=(sys.executable, sys.base_prefix, getattr(sys, "_base_executable", "")),
        code_page="mbcs" if system is System.WINDOWS else "utf-8",
        registry=WindowsRegistry() if system is System.WINDOWS else RegistryFile(None),
        deeds={System.WINDOWS: WindowsDeeds, System.MAC: MacDeeds}.get(system, RealDeeds)(),
    )


def rehearsal(folder: Path, system: System = System.OTHER, *, code_page: str = "utf-8", python: Path | None = None) -> Computer:
    """A computer of that kind whose user has the home `folder` and whose registry is a file there: nothing outside of `folder` is
    written, and no process is started."""
    home = folder.absolute()
    environ = {"HOME": str(home), "APPDATA": str(home / "AppData" / "Roaming"), "LOCALAPPDATA": str(home / "AppData" / "Local")}
    if system is not System.WINDOWS:
        environ = {"HOME": str(home)}
    python = python or Path(sys.executable)
    return Computer(
        system, home, environ, python, (str(python),), code_page, RegistryFile(home / "reply-xl-registry.json"), RehearsedDeeds()
    )


class RealDeeds:
    """What goes the same way everywhere."""

    def is_excel_open(self) -> bool:
        return False

    def start(self, arguments: Sequence[str]) -> None:
        quiet = subprocess.DEVNULL
        subprocess.Popen(arguments, stdin=quiet, stdout=quiet, stderr=quiet, cwd=Path.home(), start_new_session=True)

    def can_run(self, arguments: Sequence[str]) -> bool:
        return self.output(arguments) is not None

    def output(self, arguments: Sequence[str]) -> str | None:
        try:
            done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None

    def put(self, source: Path, target: Path) -> None:
        source.replace(target)

    def remove(self, file: Path) -> None:
        file.unlink(missing_ok=True)

    def write_shortcut(self, file: Path, program: Path, arguments: str, says: str) -> None:
        raise OSError("there is no Start menu on this system")

    def compile_script(self, text: str, file: Path) -> None:
        raise OSError("there is no AppleScript on this system")


class WindowsDeeds(RealDeeds):
    def is_excel_open(self) -> bool:
        import ctypes

        windows: Any = ctypes
        return bool(windows.windll.user32.FindWindowW("XLMAIN", None))

    def start(self, arguments: Sequence[str]) -> None:
        quiet, names = subprocess.DEVNULL, ("DETACHED_PROCESS", "CREATE_NEW_PROCESS_GROUP")
        flags = sum(getattr(subprocess, name, 0) for name in names)
        subprocess.Popen(arguments, stdin=quiet, stdout=quiet, stderr=quiet, cwd=Path.home(), creationflags=flags)

    def put(self, source: Path, target: Path) -> None:
        try:
            super().put(source, target)
        except PermissionError:
            if not _unlocked(target):
                raise
            super().put(source, target)

    def remove(self, file: Path) -> None:
        try:
            super().remove(file)
        except PermissionError:
            if not _unlocked(file):
                raise
            super().remove(file)

    def write_shortcut(self, file: Path, program: Path, arguments: str, says: str) -> None:
        """By Windows itself, through pywin32, which xlwings needs there anyway."""
        try:
            import pythoncom
            from win32com.shell import shell
        except ImportError as error:
            raise OSError("pywin32 is missing") from error
        try:
            link = pythoncom.CoCreateInstance(shell.CLSID_ShellLink, None, pythoncom.CLSCTX_INPROC_SERVER, shell.IID_IShellLink)
            link.SetPath(str(program))
            link.SetArguments(arguments)
            link.SetDescription(says)
            link.SetWorkingDirectory(str(Path.home()))
            link.QueryInterface(pythoncom.IID_IPersistFile).Save(str(file), 0)
        except pythoncom.com_error as error:
            raise OSError("Windows did not make the shortcut") from error


def _unlocked(file: Path) -> bool:
    """Whether it was marked as read-only and is no longer: Windows says of such a file what it says of one that is open."""
    try:
        was_locked = not file.stat().st_mode & stat.S_IWUSR
        if was_locked:
            file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    except OSError:
        return False
    return was_locked


class MacDeeds(RealDeeds):
    def is_excel_open(self) -> bool:
        return subprocess.run(["/usr/bin/pgrep", "-x", "Microsoft Excel"], capture_output=True, check=False).returncode == 0

    def compile_script(self, text: str, file: Path) -> None:
        done = subprocess.run(
            ["/usr/bin/osacompile", "-o", str(file), "-"], input=text, capture_output=True, text=True, encoding="utf-8", check=False
        )
        if done.returncode != 0 or not file.exists():
            raise OSError(f"osacompile: {done.stderr.strip()[:200]}")


class RehearsedDeeds(RealDeeds):
    """Nothing is started (`started` says what would have been), and shortcuts and scripts are text. Files in `held` are open in
    Excel; `is_blocked`: the computer lets no program of ours run; `printed` is what any program would print."""

    def __init__(self) -> None:
        self.excel_is_open = False
        self.is_blocked = False
        self.held: set[Path] = set()
        self.started: list[list[str]] = []
        self.printed: str | None = None

    def is_excel_open(self) -> bool:
        return self.excel_is_open

    def start(self, arguments: Sequence[str]) -> None:
        self.started.append(list(arguments))

    def can_run(self, arguments: Sequence[str]) -> bool:
        return not self.is_blocked

    def output(self, arguments: Sequence[str]) -> str | None:
        return self.printed

    def put(self, source: Path, target: Path) -> None:
        self._check(target)
        super().put(source, target)

    def remove(self, file: Path) -> None:
        self._check(file)
        super().remove(file)

    def write_shortcut(self, file: Path, program: Path, arguments: str, says: str) -> None:
        file.write_text(f"{program}\n{arguments}\n{says}\n", encoding="utf-8")

    def compile_script(self, text: str, file: Path) -> None:
        file.write_text(text, encoding="utf-8")

    def _check(self, file: Path) -> None:
        if file in self.held:
            raise PermissionError(f"{file} is open in Excel")


def named_computer(prefix: Path | None, system: str | None) -> Computer:
    """This computer, or a rehearsal under `prefix`. Raises `ConfigError` where there is no Excel to install into."""
    if prefix is not None:
        if prefix.exists() and not prefix.is_dir():
            raise ConfigError(f"{prefix.name} is a file; name a folder with --prefix.")
        return rehearsal(prefix, System(system or "other"))
    computer = this_computer()
    if computer.system is System.OTHER:
        raise ConfigError("There is no Excel for this system; “reply-xl install --prefix FOLDER” shows in a folder what would be done.")
    return computer
