"""LibreOffice's `uno` in this Python, and the way to a running office."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
import time
from functools import cache
from pathlib import Path
from typing import Any


def _module(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@cache
def _uno() -> Any:
    """`uno` belongs to the Python of the operating system; another one of the same version takes its two files from where they are."""
    if "uno" in sys.modules:
        return sys.modules["uno"]
    program, packages = Path("/usr/lib/libreoffice/program/pyuno.so"), Path("/usr/lib/python3/dist-packages/uno.py")
    if program.exists() and packages.exists():
        try:
            _module("pyuno", program)
            return _module("uno", packages)
        except BaseException:
            sys.modules.pop("pyuno", None)
            sys.modules.pop("uno", None)
            raise
    return __import__("uno")


def _is_same_python() -> bool:
    """Whether pyuno was made for this version; with another one it would end the process."""
    library = Path("/usr/lib/libreoffice/program/libpyuno.so")
    wanted = f"libpython{sysconfig.get_python_version()}.so".encode()
    return not library.exists() or wanted in library.read_bytes()


@cache
def why_not() -> str:
    """Why LibreOffice cannot be had here; empty if it can."""
    if shutil.which("soffice") is None:
        return "LibreOffice is not installed"
    if not _is_same_python():
        return "python3-uno is of another Python version"
    try:
        _uno()
    except ImportError:
        return "python3-uno is not installed"
    return ""


def is_available() -> bool:
    """Raises under CI, where LibreOffice is installed and nothing may be left out."""
    reason = why_not()
    if reason and os.environ.get("CI") == "true":
        raise RuntimeError(f"No test over LibreOffice may be left out here, but {reason}.")
    return not reason


def resolve(where: str | int, seconds: float) -> Any:
    """The component context of the office that listens on a pipe (its name) or on a port of this machine."""
    place = f"socket,host=127.0.0.1,port={where}" if isinstance(where, int) else f"pipe,name={where}"
    local = _uno().getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    until = time.monotonic() + seconds
    while True:
        try:
            return resolver.resolve(f"uno:{place};urp;StarOffice.ComponentContext")
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def structure(name: str, **values: Any) -> Any:
    made = _uno().createUnoStruct(name)
    for key, value in values.items():
        setattr(made, key, value)
    return made


def property_values(**values: Any) -> tuple[Any, ...]:
    """Named values as LibreOffice takes them for loading and storing."""
    return tuple(structure("com.sun.star.beans.PropertyValue", Name=name, Value=value) for name, value in values.items())


def typed(kind: str, value: Any) -> Any:
    """A value whose type LibreOffice would not guess."""
    return _uno().Any(kind, value)


def enumeration(kind: str, value: str) -> Any:
    return _uno().Enum(kind, value)


def url_of(path: str | os.PathLike[str]) -> str:
    return str(_uno().systemPathToFileUrl(str(Path(path).absolute())))


def path_of(url: str) -> str:
    return str(_uno().fileUrlToSystemPath(url))
