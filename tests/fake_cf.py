"""CoreFoundation and CFNetwork in memory, called through the C calling convention: as strict as Apple's are unforgiving.

Every misuse that would crash or leak on a Mac is noted: an object used after it was released, released once too often, of another type than the
function takes, or never released; a reference cut to 32 bits; a null where none may be.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

REF, INDEX, TYPE_ID, BOOLEAN, ENCODING, TEXT, DOUBLE, INT_32 = (
    ctypes.c_void_p,
    ctypes.c_long,
    ctypes.c_ulong,
    ctypes.c_ubyte,
    ctypes.c_uint32,
    ctypes.c_void_p,
    ctypes.c_double,
    ctypes.c_int32,
)
# From Apple's headers: what each function returns, and what it takes.
FOUNDATION: dict[str, tuple[Any, ...]] = {
    "CFArrayGetCount": (INDEX, REF),
    "CFArrayGetTypeID": (TYPE_ID,),
    "CFArrayGetValueAtIndex": (REF, REF, INDEX),
    "CFDictionaryGetTypeID": (TYPE_ID,),
    "CFDictionaryGetValue": (REF, REF, REF),
    "CFEqual": (BOOLEAN, REF, REF),
    "CFGetTypeID": (TYPE_ID, REF),
    "CFNumberGetTypeID": (TYPE_ID,),
    "CFNumberGetValue": (BOOLEAN, REF, INDEX, REF),
    "CFRelease": (None, REF),
    "CFRetain": (REF, REF),
    "CFRunLoopAddSource": (None, REF, REF, REF),
    "CFRunLoopGetCurrent": (REF,),
    "CFRunLoopRunInMode": (INT_32, REF, DOUBLE, BOOLEAN),
    "CFRunLoopSourceInvalidate": (None, REF),
    "CFRunLoopStop": (None, REF),
    "CFStringGetCString": (BOOLEAN, REF, TEXT, INDEX, ENCODING),
    "CFStringGetTypeID": (TYPE_ID,),
    "CFURLCreateWithBytes": (REF, REF, TEXT, INDEX, ENCODING, REF),
    "CFURLGetTypeID": (TYPE_ID,),
}
NETWORK: dict[str, tuple[Any, ...]] = {
    "CFNetworkCopyProxiesForURL": (REF, REF, REF),
    "CFNetworkCopySystemProxySettings": (REF,),
    "CFNetworkExecuteProxyAutoConfigurationScript": (REF, REF, REF, REF, REF),
    "CFNetworkExecuteProxyAutoConfigurationURL": (REF, REF, REF, REF, REF),
}
CALLBACK = ctypes.CFUNCTYPE(None, REF, REF, REF)
UTF_8 = 0x08000100
KINDS = ("Array", "Dictionary", "Error", "Number", "Settings", "Source", "String", "URL", "Loop")
WIDTHS = {3: ctypes.c_int32, 4: ctypes.c_int64}
FINISHED, STOPPED, TIMED_OUT, HANDLED = 1, 2, 3, 4


@dataclass(frozen=True)
class Url:
    """A CFURL, where a plain text would be a CFString."""

    text: str


HANG, ERROR, NO_SOURCE, NEITHER = "hang", "error", "no source", "neither"
Outcome = str | Sequence[Any]
"""What a script does: one of the constants, or the list that it makes."""


@dataclass
class _Object:
    kind: str
    value: Any
    count: int = 1
    immortal: bool = False
    parts: list[int] = field(default_factory=list)


class _Raw(ctypes._CFuncPtr):  # type: ignore[misc]
    """A function of a library as ctypes hands it out: it takes anything, and returns an int of 32 bits."""

    _flags_ = 1  # the calling convention of C
    _restype_ = ctypes.c_int


class Library:
    """One framework: its functions as attributes."""


class FakeMac:
    """`proxies`: what CFNetworkCopyProxiesForURL answers, None where the Mac has no settings. `scripts`: what each does, by its address or its
    text. `turns`: what the run loop returns before a script ends. `asked`: the scripts that were run, each with the URL that it was asked about."""

    def __init__(self, proxies: Any, scripts: Mapping[str, Outcome] | None = None, turns: Sequence[int] = ()) -> None:
        self.faults: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self._proxies = proxies
        self._scripts = scripts or {}
        self._turns = list(turns)
        self._objects: dict[int, _Object] = {}
        self._next = 0x7F12_0000_0000
        self._constants: dict[str, int] = {}
        self._scheduled: dict[int, int] = {}
        self._pending: dict[int, tuple[Callable[[Any, Any, Any], None], Any, Outcome]] = {}
        self._stopped = False
        self._loop = self._make("Loop", None, immortal=True)
        self._thunks: list[Any] = []
        self.foundation = self._library(FOUNDATION)
        self.network = self._library(NETWORK)

    def constant(self, library: Any, name: str) -> int:
        """The address of a constant string, which nobody owns."""
        if library is not (self.network if name.startswith("kCFProxy") else self.foundation):
            self.faults.append(f"{name} is not in that framework")
        if name not in self._constants:
            self._constants[name] = self._make("String", name, immortal=True)
        return self._constants[name]

    @property
    def leaks(self) -> list[str]:
        """What was not released, and sources that can still call back."""
        alive = [f"{one.kind} {one.value!r}" for one in self._objects.values() if one.count > 0 and not one.immortal]
        return alive + [f"scheduled {source:#x}" for source in self._scheduled]

    # -- the world of objects

    def _library(self, functions: Mapping[str, tuple[Any, ...]]) -> Library:
        library = Library()
        for name, (returns, *takes) in functions.items():
            thunk = ctypes.CFUNCTYPE(returns, *takes)(functools.partial(self._called, name))
            self._thunks.append(thunk)
            setattr(library, name, _Raw(ctypes.cast(thunk, ctypes.c_void_p).value))
        return library

    def _called(self, name: str, *arguments: Any) -> Any:
        try:
            return getattr(self, f"_{name}")(*arguments)
        except Exception as error:
            self.faults.append(f"{name}: {error}")
            return None if name in ("CFRelease", "CFRunLoopAddSource", "CFRunLoopSourceInvalidate", "CFRunLoopStop") else 0

    def _make(self, kind: str, value: Any, parts: Sequence[int] = (), *, immortal: bool = False) -> int:
        self._next += 16
        self._objects[self._next] = _Object(kind, value, 1, immortal, list(parts))
        return self._next

    def _made(self, value: Any) -> int:
        """An object of ours from a Python value; what is in it belongs to it."""
        if isinstance(value, Mapping):
            inner = {name: self._made(each) for name, each in value.items()}
            return self._make("Dictionary", inner, list(inner.values()))
        if isinstance(value, list | tuple):
            each_one = [self._made(each) for each in value]
            return self._make("Array", each_one, each_one)
        if isinstance(value, Url):
            return self._make("URL", value.text)
        return self._make("Number" if isinstance(value, int) else "String", value)

    def _see(self, reference: int | None, *kinds: str) -> _Object:
        if not reference:
            raise ValueError("a null")
        one = self._objects.get(reference)
        if one is None:
            raise ValueError(f"{reference:#x} is no object")
        if one.count <= 0:
            raise ValueError(f"{one.kind} {one.value!r} is used after its end")
        if kinds and one.kind not in kinds:
            raise ValueError(f"{one.kind} {one.value!r} is no {' or '.join(kinds)}")
        return one

    def _let_go(self, reference: int) -> None:
        one = self._see(reference)
        if one.immortal:
            return
        one.count -= 1
        if one.count == 0:
            for part in one.parts:
                self._let_go(part)

    # -- CoreFoundation

    def _CFRetain(self, reference: int | None) -> int | None:
        self._see(reference).count += 1
        return reference

    def _CFRelease(self, reference: int | None) -> None:
        one = self._see(reference)
        if one.immortal:
            raise ValueError(f"{one.value!r} was nobody's to release")
        assert reference
        self._let_go(reference)

    def _CFGetTypeID(self, reference: int | None) -> int:
        return KINDS.index(self._see(reference).kind) + 100

    def _CFArrayGetTypeID(self) -> int:
        return KINDS.index("Array") + 100

    def _CFDictionaryGetTypeID(self) -> int:
        return KINDS.index("Dictionary") + 100

    def _CFNumberGetTypeID(self) -> int:
        return KINDS.index("Number") + 100

    def _CFStringGetTypeID(self) -> int:
        return KINDS.index("String") + 100

    def _CFURLGetTypeID(self) -> int:
        return KINDS.index("URL") + 100

    def _CFEqual(self, one: int | None, other: int | None) -> int:
        first, second = self._see(one), self._see(other)
        return int((first.kind, first.value) == (second.kind, second.value))

    def _CFArrayGetCount(self, array: int | None) -> int:
        return len(self._see(array, "Array").value)

    def _CFArrayGetValueAtIndex(self, array: int | None, index: int) -> int:
        reference: int = self._see(array, "Array").value[index]
        return reference

    def _CFDictionaryGetValue(self, dictionary: int | None, key: int | None) -> int:
        name = self._see(key, "String").value
        return self._see(dictionary, "Dictionary").value.get(name) or 0

    def _CFNumberGetValue(self, number: int | None, kind: int, address: int) -> int:
        value = self._see(number, "Number").value
        width = WIDTHS[kind]
        width.from_address(address).value = value
        return int(width(value).value == value)

    def _CFStringGetCString(self, text: int | None, buffer: int, size: int, encoding: int) -> int:
        if encoding != UTF_8:
            raise ValueError("another encoding")
        spelled = self._see(text, "String").value.encode() + b"\0"
        if len(spelled) > size:
            return 0
        ctypes.memmove(buffer, spelled, len(spelled))
        return 1

    def _CFURLCreateWithBytes(self, allocator: int | None, address: int, length: int, encoding: int, base: int | None) -> int:
        if allocator or base or encoding != UTF_8:
            raise ValueError("arguments of another call")
        spelled = ctypes.string_at(address, length)
        if any(byte <= 32 or byte >= 127 for byte in spelled):
            return 0
        return self._make("URL", spelled.decode())

    def _CFRunLoopGetCurrent(self) -> int:
        return self._loop

    def _CFRunLoopAddSource(self, loop: int | None, source: int | None, mode: int | None) -> None:
        self._see(loop, "Loop")
        assert source
        self._see(source, "Source").count += 1
        self._scheduled[source] = self._mode(mode)

    def _mode(self, mode: int | None) -> int:
        if self._see(mode, "String").value != "kCFRunLoopDefaultMode":
            raise ValueError("a mode in which nothing runs")
        return mode or 0

    def _CFRunLoopRunInMode(self, mode: int | None, seconds: float, once: int) -> int:
        if not 0 < seconds < 60:
            raise ValueError(f"{seconds} seconds")
        self._mode(mode)
        if self._turns:
            return self._turns.pop(0)
        if not self._scheduled:
            return FINISHED
        (source,) = self._scheduled
        callback, client, outcome = self._pending[source]
        if outcome == HANG:
            return TIMED_OUT
        self._stopped = False
        if outcome == NEITHER:
            callback(client, None, None)
        elif outcome == ERROR:
            error = self._make("Error", "no such host")
            callback(client, None, error)
            self._let_go(error)
        else:
            proxies = self._made(outcome)
            callback(client, proxies, None)
            callback(client, proxies, None)
            self._let_go(proxies)
        if not self._stopped:
            self.faults.append("the run loop was not stopped")
        return STOPPED

    def _CFRunLoopStop(self, loop: int | None) -> None:
        self._see(loop, "Loop")
        self._stopped = True

    def _CFRunLoopSourceInvalidate(self, source: int | None) -> None:
        assert source
        self._see(source, "Source")
        if self._scheduled.pop(source, None):
            self._let_go(source)

    # -- CFNetwork

    def _CFNetworkCopySystemProxySettings(self) -> int:
        return 0 if self._proxies is None else self._make("Settings", "settings")

    def _CFNetworkCopyProxiesForURL(self, url: int | None, settings: int | None) -> int:
        self._see(url, "URL")
        self._see(settings, "Settings")
        return self._made(self._proxies)

    def _CFNetworkExecuteProxyAutoConfigurationURL(self, script: int | None, target: int | None, callback: int, context: int) -> int:
        return self._execute(self._see(script, "URL").value, target, callback, context)

    def _CFNetworkExecuteProxyAutoConfigurationScript(self, script: int | None, target: int | None, callback: int, context: int) -> int:
        return self._execute(self._see(script, "String").value, target, callback, context)

    def _execute(self, script: str, target: int | None, callback: int, context: int) -> int:
        version, client, *calls = (ctypes.c_void_p * 5).from_address(context)
        if version or any(calls):
            raise ValueError("a context with calls of its own")
        self.asked.append((script, self._see(target, "URL").value))
        outcome = self._scripts[script]
        if outcome == NO_SOURCE:
            return 0
        source = self._make("Source", script)
        self._pending[source] = (CALLBACK(callback), client, outcome)
        return source
