"""Lists and numbers as sentences name them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reply_xl.addresses import runs


def joined(parts: Sequence[str], most: int | None = None) -> str:
    """`a`, `a and b`, `a, b and c`; beyond `most` the rest is counted: `a, b and 3 more`."""
    if most is not None and len(parts) > most:
        parts = [*parts[:most], f"{len(parts) - most} more"]
    return "".join(parts) if len(parts) < 2 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def named_rows(numbers: Iterable[int], most: int = 6) -> str:
    """`row 7`; `rows 7, 9 to 12`; beyond `most` spans the rest is counted."""
    spans = runs(numbers)
    texts = [span(str(first), str(last)) for first, last in spans[:most]]
    more = f" and {len(spans) - most} more" if len(spans) > most else ""
    one = len(spans) == 1 and spans[0][0] == spans[0][1]
    return f"row{'' if one else 's'} {', '.join(texts)}{more}"


def span(first: str, last: str) -> str:
    """`7 to 9`, or `7` where both are the same."""
    return first if first == last else f"{first} to {last}"
