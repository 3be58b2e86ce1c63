"""What all COM objects share: counting, faults, being gone. `get_X`, `put_X`, `do_X`: the property X read, X set, the method X."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .pywin32 import BAD_INDEX, GONE, REJECTED, SERVER_GONE, UNKNOWN_NAME, DispatchBaseClass, com_error, excel_error
from .sheet import Sheet


class OleObject:
    """What pywin32 keeps under `_oleobj_`."""

    def __init__(self, com: Com):
        self.com = com

    def GetIDsOfNames(self, _lcid: int, name: str) -> int:
        self.com.excel.enter("call", "GetIDsOfNames()")
        if not self.com.has(name):
            raise com_error(UNKNOWN_NAME, "Unknown name.")
        return 1


class Com(DispatchBaseClass):
    """A COM object: counts what is asked of it, and fails when what it stands for is gone."""

    strict = False  # an unknown name is an AttributeError as with pywin32; otherwise it is a gap of this fake

    def __init__(self, excel: Any, model: Any = None):
        vars(self).update(excel=excel, model=model)
        excel.register(self)

    def has(self, name: str) -> bool:
        return any(hasattr(type(self), prefix + name) for prefix in ("get_", "put_", "do_"))

    def demand_alive(self) -> None:
        if self.excel.ended:
            raise com_error(SERVER_GONE, "The RPC server is unavailable.")

    def run(self, kind: str, name: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self.excel.enter(kind, f"{type(self).__name__}.{name}" if name[0].isalpha() else type(self).__name__ + name)
        self.demand_alive()
        try:
            return function(self, *map(unwrap, args), **{key: unwrap(value) for key, value in options.items()})
        except AttributeError as error:  # xlwings would repeat the call for ever
            raise RuntimeError(f"fault of the fake Excel in {type(self).__name__}.{name}: {error}") from error

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            if name == "_oleobj_":
                return OleObject(self)
            raise AttributeError(name)
        if getter := getattr(type(self), f"get_{name}", None):
            try:
                return self.run("get", name, getter)
            except com_error as error:
                if not self.is_hidden_by_late_binding(error):
                    raise
            raise AttributeError(f"<unknown>.{name}")
        if method := getattr(type(self), f"do_{name}", None):
            self.excel.enter("lookup", f"{type(self).__name__}.{name}")
            return types.MethodType(lambda me, *args, **options: me.run("call", f"{name}()", method, *args, **options), self)
        if self.strict:
            raise AttributeError(name)
        raise NotImplementedError(f"the fake Excel has no {type(self).__name__}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        putter = getattr(type(self), f"put_{name}", None)
        if putter is None:
            raise NotImplementedError(f"the fake Excel cannot set {type(self).__name__}.{name}")
        late = False
        try:
            self.run("set", f"{name}=", putter, value)
        except com_error as error:
            late = self.is_hidden_by_late_binding(error)
            if not late:
                raise
        if late:
            raise AttributeError(f"Property '<unknown>.{name}' can not be set.")

    def is_hidden_by_late_binding(self, error: com_error) -> bool:
        """Late binding reports a rejected property as a missing attribute, with nothing that tells of the rejection."""
        return bool(self.excel.late_binding and error.hresult == REJECTED)

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.run("call", "()", type(self).do_default, *args, **options)

    def __iter__(self) -> Iterator[Any]:
        things = self.run("call", "._NewEnum()", type(self).members)
        for thing in things:
            self.excel.enter("next", f"{type(self).__name__}.next")
            self.demand_alive()
            yield thing()
        self.excel.enter("next", f"{type(self).__name__}.next")

    def do_default(self, *_args: Any) -> Any:
        raise com_error(-2147352573, "Member not found.")

    def members(self) -> list[Callable[[], Any]]:
        raise com_error(-2147352573, "Member not found.")

    def get_Application(self) -> Any:
        return self.excel.application()


def unwrap(value: Any) -> Any:
    """The COM object inside xlwings' wrapper."""
    if value is None or isinstance(value, (str, int, float, list, tuple)):
        return value
    ole = getattr(value, "_oleobj_", None)
    return ole.com if ole is not None else value


def _pick(things: Sequence[Any], key: Any, name: Callable[[Any], str]) -> Any:
    if isinstance(key, str):
        found = [thing for thing in things if name(thing).lower() == key.lower()]
        if found:
            return found[0]
    elif 1 <= int(key) <= len(things):
        return things[int(key) - 1]
    raise excel_error(None, BAD_INDEX)


class Collection(Com):
    """A collection over a list of the model: Count, Item, iteration."""

    def things(self) -> list[Any]:
        return []

    def wrap(self, thing: Any) -> Any:
        return thing

    def name_of(self, thing: Any) -> str:
        return str(thing.name)

    def get_Count(self) -> int:
        return len(self.things())

    def do_Item(self, key: Any) -> Any:
        return self.wrap(_pick(self.things(), key, self.name_of))

    do_default = do_Item

    def members(self) -> list[Callable[[], Any]]:
        return [lambda thing=thing: self.wrap(thing) for thing in self.things()]


class OfBook(Com):
    """An object that dies with its book."""

    def book_model(self) -> Any:
        return self.model

    def demand_alive(self) -> None:
        super().demand_alive()
        if self.book_model().closed:
            raise com_error(GONE, "The object invoked has disconnected from its clients.")


class OfSheet(OfBook):
    def book_model(self) -> Any:
        return self.sheet.book

    @property
    def sheet(self) -> Sheet:
        return self.model

    def demand_alive(self) -> None:
        super().demand_alive()
        if self.sheet.deleted:
            raise com_error(GONE, "Object required")
