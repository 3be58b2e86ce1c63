"""What the chaos test is made of: a proxy that fails and kills, a sheet of every kind of row, and an oracle that knows how each may end."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import socket
import subprocess
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from conftest import FIRST_ID
from listening import close
from tcp_proxy import PASS, TcpProxy, _message

from reply_xl.sandbox import Sandbox

KEY = "k+y/0123=abc%DEF~9876&xyz"
"""A key that a URL has to spell differently."""
HEADERS = ("Reply ID", "Email", "Title", "City", "Company", "Industry", "Second phone", "Lead Source")
FIELDS = ("title", "city", "company", "industry", "phone2", "Lead Source")
IGNORED = "industry"


# -- the sheet


@dataclass(slots=True)
class Line:
    """A row of the sheet: its cells by header, its contact, what it wishes by field, and the outcome if nothing comes between."""

    kind: str
    cells: dict[str, Any]
    contact: int | None
    wish: dict[str, Any]
    plain: str
    row: int = 0


_KINDS = {
    "title": 146, "custom": 20, "email": 25, "phone2": 8, "title+phone2": 20, "unchanged": 15, "invalid": 8, "no id": 5, "no email": 4,
    "refused": 7, "ignored": 7, "half ignored": 6, "twins": 8, "two fields": 13,
}  # fmt: skip
"""300 rows with the second rows of the twins."""


def _line(kind: str, index: int) -> list[Line]:
    contact, new = FIRST_ID + index, f"New {index}"
    by_id: dict[str, Any] = {"Reply ID": contact}
    match kind:
        case "title":
            return [Line(kind, {**by_id, "Title": new}, contact, {"title": new}, "updated")]
        case "custom":
            return [Line(kind, {**by_id, "Lead Source": new}, contact, {"Lead Source": new}, "updated")]
        case "email":
            return [Line(kind, {"Email": f"P{index}@example.com", "Title": new}, contact, {"title": new}, "updated")]
        case "phone2":
            phone = f"+1 415 555 01{index % 100:02}"
            return [Line(kind, {**by_id, "Second phone": phone}, contact, {"phone2": phone}, "updated")]
        case "title+phone2":
            phone = f"+1 415 555 01{index % 100:02}"
            return [Line(kind, {**by_id, "Second phone": phone, "Title": new}, contact, {"phone2": phone, "title": new}, "updated")]
        case "unchanged":
            return [Line(kind, {**by_id, "Title": "Old title"}, contact, {}, "unchanged")]
        case "invalid":
            return [Line(kind, {**by_id, "Title": new, "City": "#N/A"}, contact, {}, "invalid")]
        case "no id":
            return [Line(kind, {"Reply ID": contact + 100_000, "Title": new}, None, {}, "not found")]
        case "no email":
            return [Line(kind, {"Email": f"nobody{index}@example.com", "Title": new}, None, {}, "not found")]
        case "refused":
            return [Line(kind, {**by_id, "Company": new}, contact, {"company": new}, "refused")]
        case "ignored":
            return [Line(kind, {**by_id, "Industry": new}, contact, {"industry": new}, "not stored")]
        case "half ignored":
            return [Line(kind, {**by_id, "Industry": new, "Title": new}, contact, {"industry": new, "title": new}, "not stored")]
        case "twins":
            wish = {"title": new}
            by_email = {"Email": f"p{index}@example.com", "Title": new}
            return [Line(kind, {**by_id, "Title": new}, contact, wish, "updated"), Line(kind, by_email, contact, wish, "updated")]
        case _:
            return [Line(kind, {**by_id, "Title": new, "City": new, "Lead Source": new}, contact, dict.fromkeys(("title", "city", "Lead Source"), new), "updated")]  # fmt: skip


def lines(dice: random.Random) -> list[Line]:
    """The rows in the order of the sheet; their row numbers are set."""
    kinds = [kind for kind, count in _KINDS.items() for _ in range(count)]
    dice.shuffle(kinds)
    made = [line for index, kind in enumerate(kinds) for line in _line(kind, index)]
    dice.shuffle(made)
    made.sort(key=lambda line: line.kind != "phone2" or line.contact is None or line.contact % 2)  # some of them go out before any kill
    for row, line in enumerate(made, 2):
        line.row = row
    return made


BEFORE_THE_RUN = {
    "title": "Old title", "city": "Old city", "company": "Old company", "industry": "Old industry", "phone2": "+1 415 555 0199",
    "Lead Source": "Old source",
}  # fmt: skip


def contacts(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": FIRST_ID + index, "email": f"p{index}@example.com", "firstName": f"First{index}", "lastName": f"Last{index}",
            **{name: value for name, value in BEFORE_THE_RUN.items() if name != "Lead Source"},
            "customFields": {"Lead Source": BEFORE_THE_RUN["Lead Source"]},
        }
        for index in range(count)
    ]  # fmt: skip


def held(contact: dict[str, Any]) -> dict[str, Any]:
    """The fields that the sheet is about, as the sandbox keeps them."""
    custom = {one["key"]: one["value"] for one in contact["customFields"]}
    return {name: custom.get(name) if name == "Lead Source" else contact[name] for name in FIELDS}


# -- the proxy


HTML = b"<html>\r\n<head><title>%d</title></head>\r\n<body><h1>%d</h1></body>\r\n</html>\r\n"


def answer(status: int, retry_after: str | None = None, body: bytes | None = None) -> bytes:
    """An HTTP answer as a gateway gives it."""
    content = HTML % (status, status) if body is None else body
    kind = b"text/html" if body is None else b"application/json"
    extra = b"" if retry_after is None else f"Retry-After: {retry_after}\r\n".encode()
    return b"HTTP/1.1 %d No\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, kind, extra, len(content), content)


QUOTA_429 = b'{"title":"Too Many Requests","status":429,"detail":"Rate limit exceeded."}'
BEFORE: dict[str, bytes | None] = {
    "429 with Retry-After": answer(429, "0.2", QUOTA_429),
    "429 without": answer(429, None, QUOTA_429),
    "500": answer(500),
    "502": answer(502),
    "503": answer(503),
    "503 with Retry-After": answer(503, "0.2"),
    "cut before": None,
    "late": None,
}
"""Faults after which the write has not landed; `late`: the connection is cut, and the write lands when the next one for the contact comes."""
AFTER = ("cut after", "cut halfway", "malformed", "500 after")
"""Faults after which the write has landed."""
DECK = (
    *("429 with Retry-After", "429 without", "500", "502", "503", "503 with Retry-After", "cut before", "cut before", "late", "late"),
    *("cut after", "cut after", "cut halfway", "cut halfway", "malformed", "malformed", "500 after", "stall before", "stall after"),
)
"""One of these for each of as many contacts, at their first PATCH."""
CUTS = ("cut before", "late", *AFTER)
MOMENTS = ("seen", "late", "landed", "answered", "soon")
"""When a kill strikes: before the PATCH is forwarded (which then never is, or late), after it has landed, after its answer went out, or
some milliseconds later, whatever is under way then."""
_LATENCY, _STALL = 0.01, 0.25


@dataclass
class Kill:
    """A process that was killed: the contacts whose PATCH was in flight, that is sent and without its whole answer."""

    moment: str
    in_flight: frozenset[int]


@dataclass
class Event:
    """What became of a contact, in order. `what`: read (a process has read all contacts), landed, edit, delete; `process`: its number."""

    what: str
    process: int
    fields: dict[str, Any] = field(default_factory=dict)


class ChaosProxy(TcpProxy):
    """Fails as `faults` (contact id → a fault for its first PATCH) and `read_faults` (number of a read from 1 → a fault) say, kills the
    process when it is told to, and keeps a history of each contact in the order in which the sandbox saw it."""

    def __init__(self, sandbox: Sandbox, faults: dict[int, str], read_faults: dict[int, str], dice: random.Random) -> None:
        super().__init__(sandbox.url)
        self._sandbox = sandbox
        self._faults = faults
        self._read_faults = read_faults
        self._dice = dice
        self._state = threading.Condition(threading.RLock())
        self._in_flight: Counter[int] = Counter()
        self._late: dict[int, bytes] = {}
        self._process: subprocess.Popen[str] | None = None
        self._kill_at: tuple[str, int, str] | None = None
        self._count = 0
        self.number = 0
        self.reads = 0
        self.kills: list[Kill] = []
        self.read_kills = 0
        self.struck: Counter[str] = Counter()
        self.history: dict[int, list[Event]] = {}
        self.seen_patches: Counter[int] = Counter()
        self.landed_late = 0
        self.on_patch: Callable[[], None] | None = None

    def __enter__(self) -> ChaosProxy:
        super().__enter__()
        return self

    # -- told by the test

    def watch(self, process: subprocess.Popen[str], kill_at: tuple[str, int, str] | None) -> None:
        """`kill_at`: PATCH or GET, which of them from now on, and a moment. Call it before the process can have asked anything."""
        with self._state:
            self._process, self._kill_at, self._count = process, kill_at, 0
            self.number += 1
            self._state.notify_all()

    def gone(self) -> None:
        """The process has ended: nothing that it sent is on its way any more, but what is late."""
        with self._state:
            self._process = None
            self._state.notify_all()
            if not self._state.wait_for(lambda: not self._in_flight.total(), 10):
                raise AssertionError("a request is stuck in the proxy")

    def edit(self, contact: int, **fields: Any) -> None:
        """Somebody else edits it."""
        with self._state:
            changes = {"customFields": {"Lead Source": fields["Lead Source"]}} if "Lead Source" in fields else fields
            self._sandbox.edit(contact, **changes)
            self.history.setdefault(contact, []).append(Event("edit", self.number, fields))

    def delete(self, contact: int) -> None:
        """Somebody else deletes it."""
        with self._state:
            self._sandbox.delete(contact)
            self._late.pop(contact, None)
            self.history.setdefault(contact, []).append(Event("delete", self.number))

    # -- a connection

    def _serve(self, client: socket.socket) -> None:
        upstream: socket.socket | None = None
        try:
            self._keep(client)
            while request := _message(client):
                upstream = upstream or self._keep(socket.create_connection(self._upstream))
                head = request.split(b"\r\n", 1)[0].decode("latin-1")
                self.seen.append(head)
                method, path, _ = head.split(" ")
                if method == "PATCH":
                    goes_on = self._patch(client, upstream, request, int(path.rsplit("/", 1)[1]))
                else:
                    goes_on = self._read(client, upstream, request, path)
                if not goes_on:
                    return
        except OSError:
            pass
        finally:
            for one in (client, upstream):
                if one is not None:
                    close(one)

    def _read(self, client: socket.socket, upstream: socket.socket, request: bytes, path: str) -> bool:
        with self._state:
            self.reads += 1
            fault = self._read_faults.get(self.reads, PASS)
            if self._strikes("GET"):
                self._kill("GET")
                return False
        if fault in BEFORE:
            self.struck[f"read {fault}"] += 1
            return self._refuse(client, BEFORE[fault])
        with self._state:  # what it reads, and what is changed meanwhile, is in this order
            upstream.sendall(request)
            got = _message(upstream)
            if "?top=" in path:
                for contact in self.history:
                    self.history[contact].append(Event("read", self.number))
        if fault == PASS:
            client.sendall(got)
            return True
        self.struck[f"read {fault}"] += 1
        return self._spoil(client, got, fault)

    def _patch(self, client: socket.socket, upstream: socket.socket, request: bytes, contact: int) -> bool:
        with self._state:
            self.seen_patches[contact] += 1
            self.history.setdefault(contact, [])
            fault = self._faults.get(contact, PASS) if self.seen_patches[contact] == 1 else PASS
            number = self.number
            self._in_flight[contact] += 1
            moment = self._strikes("PATCH")
            if self.on_patch:
                self.on_patch()
        try:
            return self._under_way(client, upstream, request, contact, fault, moment, number)
        finally:
            with self._state:
                self._in_flight[contact] -= 1
                self._state.notify_all()

    def _under_way(
        self, client: socket.socket, upstream: socket.socket, request: bytes, contact: int, fault: str, moment: str, number: int
    ) -> bool:
        if moment in ("seen", "late"):
            self._kill(moment)
            if moment == "late":
                with self._state:
                    self._late[contact] = request
            return False
        self._end.wait(_LATENCY)
        if moment == "soon":
            threading.Timer(self._dice.random() * 0.05, self._kill_soon, (number,)).start()
        if fault != PASS:
            self.struck[fault] += 1
        if fault == "stall before":
            self._end.wait(_STALL)
        if fault in BEFORE and moment not in ("landed", "answered"):
            if fault == "late":
                with self._state:
                    self._late[contact] = request
            return self._refuse(client, BEFORE[fault])
        with self._state:
            late = self._late.pop(contact, None)
            if late is not None:
                with socket.create_connection(self._upstream) as other:
                    self._forward(other, late, contact, number)
                self.landed_late += 1
            got = self._forward(upstream, request, contact, number)
        if moment == "landed":
            self._kill(moment)
            return False
        if fault == "stall after":
            self._end.wait(_STALL)
        goes_on = self._spoil(client, got, fault)
        if moment == "answered":
            with self._state:
                self._in_flight[contact] -= 1
                self._kill(moment)
                self._in_flight[contact] += 1
        return goes_on

    def _forward(self, upstream: socket.socket, request: bytes, contact: int, number: int) -> bytes:
        upstream.sendall(request)
        got = _message(upstream)
        if got.startswith(b"HTTP/1.1 200"):
            body = json.loads(request.partition(b"\r\n\r\n")[2])
            for custom in body.pop("customFields", ()):
                body["Lead Source"] = custom["value"]
            self.history[contact].append(Event("landed", number, body))
        return got

    def _refuse(self, client: socket.socket, said: bytes | None) -> bool:
        if said is not None:
            client.sendall(said)
        return said is not None

    def _spoil(self, client: socket.socket, got: bytes, fault: str) -> bool:
        match fault:
            case "cut after":
                return False
            case "cut halfway":
                client.sendall(got[: -len(got) // 4])
                return False
            case "malformed":
                head, _, body = got.partition(b"\r\n\r\n")
                client.sendall(head + b"\r\n\r\n" + body[: len(body) // 2] + b"," * (len(body) - len(body) // 2))
                return True
            case "500 after":
                client.sendall(answer(500))
                return True
        client.sendall(got)
        return True

    # -- killing

    def _strikes(self, method: str) -> str:
        if self._kill_at is None or self._kill_at[0] != method:
            return ""
        self._count += 1
        return self._kill_at[2] if self._count == self._kill_at[1] else ""

    def _kill(self, moment: str) -> None:
        with self._state:
            if self._process is None:
                return
            self._process.kill()
            self._process = None
            if moment == "GET":
                self.read_kills += 1
            else:
                self.kills.append(Kill(moment, frozenset(contact for contact, count in self._in_flight.items() if count > 0)))

    def _kill_soon(self, number: int) -> None:
        """At a moment at which a PATCH is under way, if there is one more of this process."""
        with self._state:
            self._state.wait_for(lambda: self.number != number or self._process is None or self._in_flight.total() > 0, 5)
            if self.number == number:
                self._kill("soon")


# -- where the key may not be


def spellings(key: str) -> list[bytes]:
    """The key as text in several encodings, as a URL and as JSON have it, in base64 wherever it begins, and its plain hashes."""
    plain = key.encode()
    texts = [key, quote(key, safe=""), quote(key), json.dumps(key)[1:-1], plain.hex()]
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + plain).decode()
        texts.append(coded[4 if offset else 0 : -4])
    hashes = [hashlib.new(name, plain) for name in ("sha256", "sha1", "md5")]
    texts += [one.hexdigest() for one in hashes]
    return [*(text.encode() for text in texts), key.encode("utf-16-le"), *(one.digest() for one in hashes)]


CLOCK = """
import datetime, os, time
_shift = float(os.environ.get("CHAOS_CLOCK", "0"))
if _shift:
    _time, _real = time.time, datetime.datetime
    time.time = lambda: _time() + _shift
    class datetime_(_real):
        @classmethod
        def now(cls, tz=None):
            return _real.now(tz) + datetime.timedelta(seconds=_shift)
    datetime.datetime = datetime_
"""
"""A `sitecustomize` that sets the clock of a process by as many seconds as `CHAOS_CLOCK` says."""


def with_clock(folder: Path) -> dict[str, str]:
    """What the environment needs for `CHAOS_CLOCK` to be obeyed."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(CLOCK, encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}


def holding(folders: Sequence[Path], texts: Sequence[str], key: str) -> list[str]:
    """Where the key stands: files, also those packed in a workbook, and texts by their beginning."""
    wanted = spellings(key)
    where = [f"text: {text[:60]}" for text in texts if any(one in text.encode() for one in wanted)]
    for folder in folders:
        for file in folder.rglob("*"):
            if not file.is_file():
                continue
            contents = [file.read_bytes()]
            if zipfile.is_zipfile(file):
                with zipfile.ZipFile(file) as packed:
                    contents += [packed.read(name) for name in packed.namelist()]
            if any(one in content for one in wanted for content in contents):
                where.append(str(file))
    return where
