"""Builds ReplyXLFunctions.xlam: `python addin/functions_build.py TARGET`. Two builds are equal, byte for byte.

The macro of each function is written from its signature in `reply_xl/functions.py`, which is read as text: a build environment lacks what
importing it needs. A test holds the macros against those that xlwings itself writes.
"""

from __future__ import annotations

import argparse
import ast
import runpy
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BRIDGE, WRAPPERS = "ReplyBridge", "ReplyFunctions"
PYTHON = HERE.parent / "reply_xl" / "functions.py"

_addin: dict[str, Any] = runpy.run_path(str(HERE / "build.py"))
CannotBuild: type[Exception] = _addin["CannotBuild"]

_HEAD = f"""Attribute VB_Name = "{WRAPPERS}"
Option Explicit
' Written by addin/functions_build.py from reply_xl/functions.py: change that one.
"""


def wrappers(python: str) -> str:
    """The module that holds a macro for each function with the decorator `func`, in the order of their names. Raises `CannotBuild`."""
    functions = [node for node in ast.parse(python).body if isinstance(node, ast.FunctionDef) and _decorator(node, "func") is not None]
    if not functions:
        raise CannotBuild("reply_xl/functions.py holds no function with the decorator func.")
    return "\n".join([_HEAD, *(_wrapper(function) for function in sorted(functions, key=lambda one: one.name))])


def sources(folder: Path = HERE / "functions", python: Path = PYTHON) -> dict[str, str]:
    """Module -> its text as it stands in the file."""
    texts = {BRIDGE: (folder / f"{BRIDGE}.bas").read_bytes().decode("utf-8"), WRAPPERS: wrappers(python.read_text(encoding="utf-8"))}
    for name, text in texts.items():
        if not text.isascii() or "\r" in text:
            raise CannotBuild(f"{name} holds something other than ASCII text with plain line ends.")
        if not text.startswith(f'Attribute VB_Name = "{name}"\n'):
            raise CannotBuild(f"{name} does not begin with its own name.")
    return {name: text.replace("@version@", _addin["version"]()).replace("\n", "\r\n") for name, text in texts.items()}


def build(target: Path) -> Path:
    """Writes the file to `target`. Raises `CannotBuild`."""
    _addin["write"](target, _addin["pack"](sources(), "Reply functions for Excel", "The functions of reply_xl"))
    return target


def _wrapper(function: ast.FunctionDef) -> str:
    name, arguments = function.name, function.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
        raise CannotBuild(f"{name} takes arguments that a function of a sheet cannot have.")
    names = [argument.arg for argument in arguments.args]
    required = len(names) - len(arguments.defaults)
    signature = ", ".join(f"Optional {one}" if place >= required else one for place, one in enumerate(names))
    text = (ast.get_docstring(function) or "").splitlines()
    if not text or '"' in text[0] or len(text[0]) > 255:
        raise CannotBuild(f"The first line of {name}'s docstring is what Excel shows: one short sentence without quotation marks.")
    lines = [f"Function {name}({signature})", f'Attribute {name}.VB_Description = "{text[0]}"']
    if _option(function, "volatile"):
        lines.append("    Application.Volatile")
    lines += [f'    {name} = CallReply("{name}", Array({", ".join(names)}))', "End Function", ""]
    return "\n".join(lines)


def _decorator(function: ast.FunctionDef, name: str) -> ast.expr | None:
    """The decorator of this name, `func` as well as `xw.func(...)`."""
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)) == name:
            return decorator
    return None


def _option(function: ast.FunctionDef, name: str) -> bool:
    decorator = _decorator(function, "func")
    given = {word.arg: word.value for word in decorator.keywords} if isinstance(decorator, ast.Call) else {}
    value = given.get(name)
    return isinstance(value, ast.Constant) and value.value is True


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the file with the functions for Excel.")
    parser.add_argument("target", type=Path, nargs="?", default=HERE.parent / "reply_xl" / "addin" / "ReplyXLFunctions.xlam")
    try:
        print(build(parser.parse_args().target))
    except CannotBuild as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
