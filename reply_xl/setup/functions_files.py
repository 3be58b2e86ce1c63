"""The files that make the functions of a sheet work, put onto a Windows computer and taken away again."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from reply_xl.errors import ConfigError
from reply_xl.setup.computers import Computer, System
from reply_xl.setup.places import FUNCTIONS, Places, places
from reply_xl.whole_file import remove_leftovers, write_whole

LIBRARIES = {"xlwings64-*.dll": "ReplyXLFunctions64.dll", "xlwings32-*.dll": "ReplyXLFunctions32.dll"}
"""xlwings' libraries as they lie in its environment → the names under which the add-in loads them from the user's folder. Names of our own:
xlwings' change with each of its versions, and a name in a macro cannot."""


@dataclass(frozen=True, slots=True)
class FunctionsFiles:
    """`addin` goes into Excel's start-up folder, `libraries` into the folder of `launcher.txt` under the names given."""

    addin: bytes
    libraries: dict[str, bytes]


def functions_files(environment: Path | None = None, folder: Path | None = None) -> FunctionsFiles:
    """As they are in this installation. `environment`: the Python environment that holds xlwings' libraries, this one unless given; `folder`:
    where the add-in lies, that of this package unless given. Raises `ConfigError` where one is not there."""
    addin = functions_addin(folder)
    libraries = {}
    for pattern, name in LIBRARIES.items():
        found = sorted((environment or Path(sys.prefix)).glob(pattern))
        if not found:
            raise ConfigError(
                "The library that functions in cells need is not beside Python; they exist on Windows alone, so install without them."
            )
        libraries[name] = found[-1].read_bytes()
    return FunctionsFiles(addin, libraries)


def functions_addin(folder: Path | None = None) -> bytes:
    """The file with the functions. `folder` as for `functions_files`. Raises `ConfigError` where it is not there."""
    try:
        return ((folder or Path(__file__).parent.parent / "addin") / FUNCTIONS).read_bytes()
    except OSError as error:
        raise ConfigError(f"{FUNCTIONS} is missing from this installation of reply-xl; install reply-xl again.") from error


def require_windows(computer: Computer) -> None:
    """Raises `ConfigError` elsewhere."""
    if computer.system is not System.WINDOWS:
        raise ConfigError("Functions in cells exist in Excel for Windows alone; run “reply-xl install” without --functions.")


def has_functions(computer: Computer) -> bool:
    return places(computer).functions.exists()


def put_functions(computer: Computer, files: FunctionsFiles) -> bool:
    """Whether all of them stand in their places now: a file that differs and that Excel holds stays as it was. Raises `OSError`."""
    at = places(computer)
    wanted = {at.shared / name: data for name, data in files.libraries.items()} | {at.functions: files.addin}
    for target, data in wanted.items():
        remove_leftovers(target, beside=_beside(at, target))
        if target.exists() and target.read_bytes() == data:
            continue
        try:
            write_whole(target, data, beside=_beside(at, target), put=computer.deeds.put)
        except PermissionError:
            if not target.exists():
                raise
            return False
    return True


def remove_functions(computer: Computer) -> tuple[bool, list[Path]]:
    """Whether there was anything, and the files that Excel holds, which stay. Raises `OSError`."""
    at = places(computer)
    every = (at.functions, *(at.shared / name for name in LIBRARIES.values()))
    for file in every:
        remove_leftovers(file, beside=_beside(at, file))
    files = [file for file in every if file.exists()]
    held = []
    for file in files:
        try:
            computer.deeds.remove(file)
        except PermissionError:
            held.append(file)
    return bool(files), held


def _beside(at: Places, file: Path) -> Path:
    """Where it is written first: for the add-in not in its own folder, for Excel would open what lies there."""
    return at.startup.parent if file == at.functions else file.parent
