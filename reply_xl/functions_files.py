"""What `install --functions` puts onto a Windows computer so that the functions of a sheet work."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from reply_xl.errors import ConfigError

ADDIN = "ReplyXLFunctions.xlam"
LIBRARIES = {"xlwings64-*.dll": "ReplyXLFunctions64.dll", "xlwings32-*.dll": "ReplyXLFunctions32.dll"}
"""xlwings' libraries as they lie in its environment → the names under which the add-in loads them from the user's folder. Names of our own:
xlwings' change with each of its versions, and a name in a macro cannot."""


@dataclass(frozen=True, slots=True)
class FunctionsFiles:
    """`addin` goes into Excel's start-up folder under its own name, `libraries` into the folder of `launcher.txt` under the names given."""

    addin: Path
    libraries: dict[str, Path]


def functions_files(environment: Path | None = None) -> FunctionsFiles:
    """Where these files lie now. `environment`: the Python environment that holds xlwings' libraries, this one unless given. Raises
    `ConfigError` where one is not there."""
    addin = Path(__file__).with_name("addin") / ADDIN
    if not addin.is_file():
        raise ConfigError(f"{ADDIN} is not in this copy of reply_xl; install reply_xl again.")
    libraries = {}
    for pattern, name in LIBRARIES.items():
        found = sorted((environment or Path(sys.prefix)).glob(pattern))
        if not found:
            raise ConfigError("The library that Excel's functions need is not beside Python; install reply_xl again, on Windows.")
        libraries[name] = found[-1]
    return FunctionsFiles(addin, libraries)
