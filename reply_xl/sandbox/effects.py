"""What a fault does to a request it strikes. See `faults` for the kinds."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reply_xl.sandbox.answers import Answer, Problem, dump
from reply_xl.sandbox.faults import Fault
from reply_xl.sandbox.state import State

_HTML = "<html>\r\n<head><title>{status} {title}</title></head>\r\n<body><h1>{status} {title}</h1></body>\r\n</html>\r\n"


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends instead of an answer, or after half of `answer`."""

    reset: bool
    answer: Answer | None = None


async def before(fault: Fault, state: State, contact_id: int | None) -> Answer | Cut | None:
    """The fault at its moment before the write; None if the request goes on."""
    match fault.kind:
        case "status":
            return _refusal(fault.does)
        case "redirect":
            return _redirect(fault.does)
        case "cut":
            return Cut(fault.does["reset"])
    await _in_passing(fault, state, contact_id)
    return None


async def after(fault: Fault, state: State, contact_id: int | None, answer: Answer) -> Answer | Cut:
    """The fault after the write: the answer that goes out instead of `answer`."""
    match fault.kind:
        case "status":
            return _refusal(fault.does)
        case "redirect":
            return _redirect(fault.does)
        case "cut":
            return Cut(fault.does["reset"], answer if fault.when == "body" else None)
        case "malformed":
            return replace(answer, body=answer.body[: len(answer.body) * 2 // 3] or b"{")
        case "wrong":
            return replace(answer, body=_wrong(answer.body, fault.does["shape"]))
        case "huge":
            padding = b'{"padding":"' + b"x" * math.ceil(fault.does["megabytes"] * 1_000_000) + b'"'
            rest = answer.body[1:] if answer.body.startswith(b"{") else b"}"
            return replace(answer, body=padding + (b"" if rest == b"}" else b",") + rest)
    await _in_passing(fault, state, contact_id)
    return answer


async def _in_passing(fault: Fault, state: State, contact_id: int | None) -> None:
    """What delays the request or changes the workspace, and leaves the request itself alone."""
    if fault.kind == "stall":
        await asyncio.sleep(fault.does["seconds"])
        return
    target = fault.does["target"] or contact_id
    with state.lock:
        if target not in state.workspace.contacts:
            return
        if fault.kind == "edit":
            state.workspace.edit(target, fault.does["fields"])
        else:
            state.workspace.delete(target)


def _refusal(does: Mapping[str, Any]) -> Answer:
    status, wait = does["status"], does["retry_after"]
    headers = () if wait is None else (("Retry-After", str(wait)),)
    detail = f"Rate limit exceeded. Retry after {wait or 60} seconds." if status == 429 else "The sandbox was told to fail here."
    answer = Problem(status, detail, headers=headers).answer()
    if does["body"] == "problem":
        return answer
    if does["body"] == "empty":
        return replace(answer, body=b"")
    title = json.loads(answer.body)["title"]
    return replace(answer, body=_HTML.format(status=status, title=title).encode(), content_type="text/html")


def _redirect(does: Mapping[str, Any]) -> Answer:
    return Answer(does["status"], headers=(("Location", does["location"]),))


def _wrong(body: bytes, shape: str) -> bytes:
    """Valid JSON that is not what was asked for."""
    value = json.loads(body) if body else {}
    match shape:
        case "list":
            value = [value]
        case "id":
            value = _other_id(value)
        case "types":
            value = _other_types(value)
        case "null":
            value = None
        case "text":
            value = "OK"
        case _:
            value = {}
    return dump(value)


def _other_id(value: Any) -> Any:
    """Another contact's id: of the contact itself, or of every item of a page."""
    if isinstance(value, dict) and isinstance(value.get("id"), int):
        return {**value, "id": value["id"] - 1}
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        return {**value, "items": [_other_id(item) for item in value["items"]]}
    return value


def _other_types(value: Any) -> Any:
    """Every text a number, every number a text, every list an object, every truth a list."""
    if isinstance(value, dict):
        return {name: _other_types(member) for name, member in value.items()}
    if isinstance(value, list):
        return {str(index): _other_types(member) for index, member in enumerate(value)}
    if isinstance(value, bool) or value is None:
        return [value]
    return 17 if isinstance(value, str) else str(value)
