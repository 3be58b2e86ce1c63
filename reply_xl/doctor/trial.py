"""Tries the packages that a click needs: `python -I -m reply_xl.doctor.trial`, in a process of its own because one of them may be broken.

Prints one JSON object: `python`, the version; `broken`, package → what went wrong; `seconds` that xlwings took; `slow`, which of the packages
that xlwings also imports where it finds them are there.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib import metadata

_SLOW = ("pandas", "numpy", "matplotlib", "polars")


def _xlwings() -> object:
    import xlwings

    return xlwings


def _requests() -> object:
    import requests

    return requests


def _urllib3() -> object:
    import urllib3

    return urllib3


def _truststore() -> object:
    import truststore

    return truststore


def _keyring() -> object:
    import keyring

    return keyring


def _platformdirs() -> object:
    import platformdirs

    return platformdirs


def _openpyxl() -> object:
    import openpyxl

    return openpyxl


def _rich() -> object:
    import rich

    return rich


def _tornado() -> object:
    import tornado

    return tornado


def _phonenumbers() -> object:
    import phonenumbers

    return phonenumbers


def _pywin32() -> object:
    import pythoncom

    return pythoncom


def _tzdata() -> object:
    import tzdata

    return tzdata


_EVERYWHERE = (_xlwings, _requests, _urllib3, _truststore, _keyring, _platformdirs, _openpyxl, _rich, _tornado, _phonenumbers)
_ON_WINDOWS = (_pywin32, _tzdata)


def _problem(load: Callable[[], object]) -> str:
    try:
        load()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def main() -> int:
    """Exit code 0, whatever was found."""
    seconds, broken = 0.0, {}
    for load in (*_EVERYWHERE, *(_ON_WINDOWS if sys.platform == "win32" else ())):
        name, began = load.__name__.removeprefix("_"), time.perf_counter()
        if problem := _problem(load):
            broken[name] = problem
        if load is _xlwings:
            seconds = time.perf_counter() - began
    slow = []
    for name in _SLOW:
        with contextlib.suppress(metadata.PackageNotFoundError):
            metadata.version(name)
            slow.append(name)
    found = {"python": platform.python_version(), "broken": broken, "seconds": round(seconds, 2), "slow": slow}
    print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    main()
    # without what xlwings does when a program ends: on Windows it ends every Excel that shows no workbook
    os._exit(0)
