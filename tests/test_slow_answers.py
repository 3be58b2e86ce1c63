"""Answers that never end: neither the head, nor what stands between the parts of a body, nor a proxy's answer may hold a run for ever."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest
from clients import Connect
from conftest import FIRST_ID

from reply_xl.errors import ApiFailed, ApiUnreachable

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
FOUND = b"HTTP/1.1 200 Connection established\r\n"


@contextlib.contextmanager
def talking(first: bytes, then: bytes, gap: float) -> Iterator[str]:
    """A server that answers `first`, and then `then` again and again until it is hung up on."""
    end = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk(stream: socket.socket) -> None:
            with contextlib.suppress(OSError), stream:
                stream.recv(65536)
                stream.sendall(first)
                while not end.wait(gap):
                    stream.sendall(then)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        end.set()
        with contextlib.suppress(OSError):  # not every system lets a listener be shut down
            listener.shutdown(socket.SHUT_RDWR)


TRICKLE, FLOOD = 0.05, 0.0
ENDLESS = [
    ("a status", b"HTTP/1.1 2", b"0", TRICKLE),
    ("a header", HEAD + b"X: ", b"x", TRICKLE),
    ("the size of a part", CHUNKED, b"0", TRICKLE),
    ("a trailer", CHUNKED + b"2\r\n{}\r\n0\r\n", b"A: b\r\n" * 999, FLOOD),
    ("interim answers", b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 99, FLOOD),
    ("a body", HEAD + b"Content-Length: 999999\r\n\r\n", b"x", TRICKLE),
]


def ended(ask: Callable[[], object], seconds: float) -> ApiUnreachable:
    """What is raised, within that time."""
    caught: list[ApiUnreachable] = []

    def run() -> None:
        with pytest.raises(ApiUnreachable) as error:
            ask()
        caught.append(error.value)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive()
    return caught[0]


@pytest.mark.parametrize(("first", "then", "gap"), [each[1:] for each in ENDLESS], ids=[each[0] for each in ENDLESS])
def test_an_answer_without_end_is_given_up(connect: Connect, first: bytes, then: bytes, gap: float) -> None:
    """Wherever it is drawn out, a little at a time or in a flood; the PATCH may have arrived."""
    with talking(first, then, gap) as server:
        client = connect(f"http://{server}", timeout=(1.0, 0.2))
        error = ended(lambda: client.patch(FIRST_ID, {"title": "x"}), 10.0)
    assert error.sent
    assert str(error) == "Reply did not answer in time."


@pytest.mark.parametrize(("first", "then", "gap"), [(b"HTTP/1.1 2", b"0", TRICKLE), (FOUND, b"A: b\r\n" * 999, FLOOD)])
def test_a_proxy_that_never_finishes_its_answer(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, first: bytes, then: bytes, gap: float
) -> None:
    """It is given up as one that does not connect, and nothing was sent."""
    with talking(first, then, gap) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy}")
        client = connect("https://api.example.invalid", timeout=(0.2, 0.2))
        error = ended(lambda: client.patch(FIRST_ID, {"title": "x"}), 20.0)
    assert not error.sent
    assert "did not connect to api.example.invalid in time" in str(error)


def test_an_answer_that_swells_is_not_unpacked(connect: Connect) -> None:
    """Some kilobytes that would become gigabytes, packed once and twice: read only as far as an answer may be long."""
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(b" " * 2**20) for _ in range(512)) + packer.flush()
    for times in (1, 2):
        head = HEAD + b"Content-Encoding: " + b", ".join([b"gzip"] * times) + b"\r\nContent-Length: %d\r\n\r\n" % len(packed)
        with talking(head + packed, b"", 30.0) as server:
            tracemalloc.start()
            begun = time.monotonic()
            with pytest.raises(ApiFailed, match="far too long"):
                connect(f"http://{server}").patch(FIRST_ID, {"title": "x"})
            assert tracemalloc.get_traced_memory()[1] < 256 * 2**20
            assert time.monotonic() - begun < 20
            tracemalloc.stop()
        packed = gzip.compress(packed, 9)
