"""Which files `install` puts into Excel: those of this package, or copies of them that IT signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reply_xl import __version__
from reply_xl.errors import ConfigError
from reply_xl.setup.addin_file import has_signature, macro_names, our_addin, signed_copy
from reply_xl.setup.computers import Computer
from reply_xl.setup.functions_files import FunctionsFiles, functions_files, has_functions, require_windows
from reply_xl.setup.places import ADDIN, FUNCTIONS, places

_OF_FUNCTIONS = {"replybridge", "replyfunctions"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """`functions` None: not wanted. `notes`: sentences for the user."""

    addin: bytes
    functions: FunctionsFiles | None
    notes: tuple[str, ...]


def chosen_files(computer: Computer, copies: Sequence[Path], *, with_functions: bool = False, environment: Path | None = None) -> Chosen:
    """`copies`: of either file, in any order and under any name; that of the functions asks for them. Where none is given, a signed copy of this
    version that is installed stays. `environment` as for `functions_files`. Raises `ConfigError` where a copy is not ours. Writes nothing."""
    given: dict[str, Path] = {}
    for file in copies:
        name = FUNCTIONS if _OF_FUNCTIONS & macro_names(file) else ADDIN
        if name in given:
            raise ConfigError(f"{given[name].name} and {file.name} are both copies of {name}; name one of them.")
        given[name] = file
    at, notes = places(computer), list[str]()
    wants_functions = with_functions or FUNCTIONS in given
    if wants_functions:
        require_windows(computer)
    addin = _chosen(our_addin(), ADDIN, given.get(ADDIN), (at.staged, at.addin), notes)
    functions = None
    if wants_functions or has_functions(computer):
        functions = functions_files(environment)
        functions = replace(functions, addin=_chosen(functions.addin, FUNCTIONS, given.get(FUNCTIONS), (at.functions,), notes))
    return Chosen(addin, functions, tuple(notes))


def _chosen(ours: bytes, name: str, copy: Path | None, installed: Sequence[Path], notes: list[str]) -> bytes:
    if copy is not None:
        data, is_signed = signed_copy(copy, ours, name)
        if not is_signed:
            notes.append(f"{copy.name} has no signature; a computer that runs signed macros alone will not run it.")
        return data
    for file in installed:
        if not has_signature(file):
            continue
        try:
            data, _ = signed_copy(file, ours, name)
        except ConfigError:
            notes.append(
                f"The {name} that IT signed is of another version, so the unsigned one takes its place; ask IT to sign that of version "
                f"{__version__}, and run “reply-xl install --xlam FILE”."
            )
            return ours
        notes.append(f"The copy of {name} that IT signed stays.")
        return data
    return ours
