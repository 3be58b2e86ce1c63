"""The files that make the functions of a sheet work, put onto a Windows computer and taken away again."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from reply_xl.computers import Computer, System
from reply_xl.errors import ConfigError
from reply_xl.places import FUNCTIONS, places

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
    try:
        addin = ((folder or Path(__file__).parent / "addin") / FUNCTIONS).read_bytes()
    except OSError as error:
        raise ConfigError(f"{FUNCTIONS} is missing from this installation of reply-xl; install reply-xl again.") from error
    libraries = {}
    for pattern, name in LIBRARIES.items():
        found = sorted((environment or Path(sys.prefix)).glob(pattern))
        if not found:
            raise ConfigError("The library that functions in cells need is not beside Python; they exist on Windows alone.")
        libraries[name] = found[-1].read_bytes()
    return FunctionsFiles(addin, libraries)


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
        if target.exists() and target.read_bytes() == data:
            continue
        # not beside the add-in: Excel would open what lies in its folder
        scratch = (at.startup.parent if target == at.functions else at.shared) / f"{target.name}.tmp"
        for folder in (target.parent, scratch.parent):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            scratch.write_bytes(data)
            computer.deeds.put(scratch, target)
        except PermissionError:
            if not target.exists():
                raise
            return False
        finally:
            scratch.unlink(missing_ok=True)
        if target.read_bytes() != data:
            raise OSError(f"{target} is not what was written")
    return True


def remove_functions(computer: Computer) -> tuple[bool, list[Path]]:
    """Whether there was anything, and the files that Excel holds, which stay. Raises `OSError`."""
    at = places(computer)
    files = [file for file in (at.functions, *(at.shared / name for name in LIBRARIES.values())) if file.exists()]
    held = []
    for file in files:
        try:
            computer.deeds.remove(file)
        except PermissionError:
            held.append(file)
    return bool(files), held
