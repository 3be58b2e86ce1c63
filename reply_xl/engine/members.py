"""Members that a file without Excel does not have: each refuses by its own name, and none does nothing in silence."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T", bound=type)
_CONCRETE = {"expand", "max_cells_per_read", "max_cells_per_write", "options", "snapshot"}


class Keyed:
    """A collection of which something is a member if it can be called for."""

    def __contains__(self, key: Any) -> bool:
        try:
            self(key)  # type: ignore[operator]
        except KeyError:
            return False
        return True


def refusing(cls: _T) -> _T:
    """Give `cls` a refusal for every member of its xlwings base class that it does not define, and for every setter it leaves out."""
    for base in cls.__mro__[1:]:
        if base.__module__ != "xlwings.base_classes":
            continue
        for name, member in vars(base).items():
            if name.startswith("_") or name in _CONCRETE:
                continue
            own = inspect.getattr_static(cls, name, None)
            sentence = f"{cls.__name__}.{name} is not supported for files without Excel"
            if isinstance(member, property):
                if own is member:
                    setattr(cls, name, property(_refusal(sentence), _refusal(sentence)))
                elif isinstance(own, property) and own.fset is None and member.fset is not None:
                    setattr(cls, name, own.setter(_refusal(f"Setting {sentence}")))
            elif callable(member) and own is member:
                setattr(cls, name, _refusal(sentence))
    return cls


def _refusal(sentence: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(sentence)

    return refuse
