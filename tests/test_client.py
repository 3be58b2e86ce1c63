"""The client against real HTTP: what leaves, what comes back, and what every failure is called."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from clients import Connect, QuickPace, closed_port
from conftest import FIRST_ID, KEY, patches
from tcp_proxy import CUT_AFTER, CUT_BEFORE, CUT_HALFWAY, STALL_AFTER, TcpProxy

from reply_xl import __version__
from reply_xl.errors import (
    ApiError,
    ApiFailed,
    ApiRefused,
    ApiUnreachable,
    Cancelled,
    ConfigError,
    ContactNotFound,
    NotAuthorised,
    PatchRejected,
    RateLimited,
)
from reply_xl.network.base_urls import checked_base_url, is_loopback
from reply_xl.network.client import Client
from reply_xl.network.pace import WindowPace
from reply_xl.sandbox import Sandbox

# -- base URLs


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.reply.io", "https://api.reply.io"),
        (" https://api.reply.io/ ", "https://api.reply.io"),
        ("https://api.reply.io:443/prefix/", "https://api.reply.io:443/prefix"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http://localhost:8765/", "http://localhost:8765"),
        ("http://[::1]:8765", "http://[::1]:8765"),
        ("HTTP://LOCALHOST:1", "http://localhost:1"),
        ("HTTPS://API.Reply.io/Prefix", "https://api.reply.io/Prefix"),
    ],
)
def test_a_base_url_is_https_or_this_machine(url: str, kept: str) -> None:
    """https to anywhere and http to loopback are accepted, without the slash at the end."""
    assert checked_base_url(url) == kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.reply.io",
        "http://api.reply.io",
        "http://192.168.1.5:8765",
        "http://0.0.0.0:8765",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://localhost@example.com",
        "http://localhost\\@example.com",
        "http://localhost.example.com",
        "http://127.0.0.1%2f@example.com",
        "https://user:secret@api.reply.io",
        "https://api.reply.io?x=1",
        "https://api.reply.io#x",
        "https://",
        "https:///v3",
        "https://api.reply.io:port",
        "https://api.reply.io:99999",
        "https://[::1",
        "https://api.reply .io",
        "https://api.reply.io/\nx",
        "ftp://api.reply.io",
        "file:///etc/hosts",
        "javascript:alert(1)",
    ],
)
def test_no_other_base_url_ever_gets_the_key(url: str) -> None:
    """Anything else is a ConfigError with one sentence, before a connection is made."""
    with pytest.raises(ConfigError) as caught:
        checked_base_url(url)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("localhost:8765", "http://localhost:8765"),
        ("127.0.0.1:8765/", "http://127.0.0.1:8765"),
        ("[::1]:8765", "http://[::1]:8765"),
        ("api.reply.io", "https://api.reply.io"),
    ],
)
def test_a_base_url_without_its_beginning_is_named_with_it(url: str, meant: str) -> None:
    """The sentence says what to write."""
    with pytest.raises(ConfigError) as caught:
        checked_base_url(url)
    assert str(caught.value) == f"“{url}” is not a base URL; write {meant}."


@pytest.mark.parametrize("url", ["http://127.0.0.1", "http://127.8.9.1", "http://localhost", "https://[::1]:3"])
def test_loopback_is_known(url: str) -> None:
    """Every loopback address counts as this machine, whatever the scheme."""
    assert is_loopback(url)


@pytest.mark.parametrize("url", ["https://api.reply.io", "http://10.0.0.1", "http://localhost.example.com", "http://127.1.example.com"])
def test_other_machines_are_not_loopback(url: str) -> None:
    """A name that only begins like this machine is another machine."""
    assert not is_loopback(url)


# -- what leaves


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "ключ", "tab\t", "nul\0"])
def test_a_key_that_cannot_stand_in_a_header_is_refused(key: str) -> None:
    """The sentence tells where to copy it, and does not repeat the key."""
    with pytest.raises(ConfigError) as caught:
        Client("https://api.reply.io", key, QuickPace())
    assert not key or key not in str(caught.value)


def test_the_wire_carries_key_agent_and_exact_body(sandbox: Sandbox, connect: Connect) -> None:
    """Bearer key, our user agent, JSON type and the body's bytes as given; nothing else is added to the path."""
    heads: list[bytes] = []

    def note(data: bytes, number: int) -> str:
        heads.append(data)
        return "pass"

    with TcpProxy(sandbox.url, note) as proxy:
        connect(proxy.url).patch(FIRST_ID, {"title": "Café", "customFields": [{"id": 1, "value": None}]})
    head, _, body = heads[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == f"PATCH /v3/contacts/{FIRST_ID} HTTP/1.1"
    assert f"Authorization: Bearer {KEY}" in lines
    assert f"User-Agent: reply_xl/{__version__}" in lines
    assert "Content-Type: application/json" in lines
    assert "Accept: application/json" in lines
    assert json.loads(body) == {"title": "Café", "customFields": [{"id": 1, "value": None}]}


def test_an_email_is_looked_up_as_it_is_spelled(connect: Connect, make_sandbox: Callable[..., Sandbox]) -> None:
    """The address reaches the query percent-encoded and unchanged, and what merely contains it is not taken."""
    sandbox = make_sandbox([{"id": FIRST_ID, "email": "O'Brien+x&y=z@example.com"}, {"id": FIRST_ID + 1, "email": "x&y=z@example.com"}])
    assert [contact.id for contact in connect(sandbox.url).by_email("o'brien+X&y=z@example.com")] == [FIRST_ID]
    assert sandbox.requests[0].path == "/v3/contacts?email=o%27brien%2BX%26y%3Dz%40example.com"


def test_answers_of_a_look_up_are_compared_again(sandbox: Sandbox, connect: Connect) -> None:
    """A server that ignores `?email=` and returns everybody does not hand us somebody else."""
    everybody = b'{"items":[{"id":1,"email":"a@example.com"},{"id":2,"email":"b@example.com"}],"hasMore":false}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(everybody), everybody)
    with TcpProxy(sandbox.url, lambda data, number: answer) as proxy:
        assert [contact.id for contact in connect(proxy.url).by_email("B@example.com")] == [2]


def test_letters_that_only_fold_alike_are_another_address(sandbox: Sandbox, connect: Connect) -> None:
    """strauß@ and strauss@ are two people."""
    other = b'{"items":[{"id":7,"email":"strauss@example.com"}],"hasMore":false}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(other), other)
    with TcpProxy(sandbox.url, lambda data, number: answer) as proxy:
        assert connect(proxy.url).by_email("strauß@example.com") == ()


def test_an_unreadable_look_up_is_not_nobody(sandbox: Sandbox, connect: Connect) -> None:
    """An answer whose only item cannot be read fails: it does not say that there is no such contact."""
    odd = b'{"items":[{"id":"7","email":"b@example.com"}],"hasMore":false}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(odd), odd)
    with TcpProxy(sandbox.url, lambda data, number: answer) as proxy, pytest.raises(ApiFailed):
        connect(proxy.url).by_email("b@example.com")


def test_netrc_never_replaces_the_key(connect: Connect, home: Path, make_sandbox: Callable[..., Sandbox]) -> None:
    """A .netrc entry for the host is not used: the server sees the key alone."""
    for name in (".netrc", "_netrc"):
        (home / name).write_text("machine 127.0.0.1 login somebody password else\ndefault login somebody password else\n")
        (home / name).chmod(0o600)
    sandbox = make_sandbox(3, keys=[KEY])
    assert connect(sandbox.url).contact(FIRST_ID).id == FIRST_ID


def test_connections_are_kept_alive(sandbox: Sandbox, connect: Connect) -> None:
    """Twenty requests, errors among them, go over one connection."""
    client = connect(sandbox.url)
    for number in range(20):
        with contextlib.suppress(PatchRejected, ContactNotFound):
            client.patch(FIRST_ID + number % 12, {"title": str(number)} if number % 3 else {"email": "no"})
    assert len(sandbox.requests) == 20
    assert {request.connection for request in sandbox.requests} == {1}


def test_four_threads_share_a_client(sandbox: Sandbox, connect: Connect) -> None:
    """Four threads get their own answers over at most four connections."""
    client = connect(sandbox.url)
    wrong: list[int] = []

    def work(offset: int) -> None:
        for number in range(offset, 80, 4):
            if client.contact(FIRST_ID + number % 10).id != FIRST_ID + number % 10:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert {request.connection for request in sandbox.requests} <= {1, 2, 3, 4}


# -- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["https://example.com/elsewhere", "/v3/contacts/2147000002", "http://[", "\\\\x", ""])
def test_redirects_are_not_followed(sandbox: Sandbox, connect: Connect, status: int, location: str) -> None:
    """3xx is a failure that names the base URL, wherever it points, and one request is all that leaves."""
    sandbox.fault("redirect", status=status, location=location)
    client = connect(sandbox.url)
    for call in (lambda: client.patch(FIRST_ID, {"title": "x"}), lambda: client.contact(FIRST_ID)):
        with pytest.raises(ApiFailed) as caught:
            call()
        assert caught.value.status == status
        assert "base URL" in str(caught.value)
    assert len(sandbox.requests) == 2


# -- errors


@pytest.mark.parametrize("style", ["documented", "live"])
def test_a_validation_error_keeps_pointer_and_reason(style: str, connect: Connect, make_sandbox: Callable[..., Sandbox]) -> None:
    """400 with `errors` becomes PatchRejected with Reply's words by pointer, in both recorded styles."""
    sandbox = make_sandbox(3, error_style=style)
    with pytest.raises(PatchRejected) as caught:
        connect(sandbox.url).patch(FIRST_ID, {"email": "no", "linkedInUrl": "nowhere"})
    assert set(caught.value.reasons) == {"/email", "/linkedInUrl"}
    assert caught.value.status == 400
    assert caught.value.code is None


def test_a_business_error_keeps_its_code(connect: Connect, make_sandbox: Callable[..., Sandbox]) -> None:
    """400 and 409 with a code become PatchRejected with the whole body as pointer."""
    sandbox = make_sandbox(3, duplicate_email=409, foreign_owner=400)
    client = connect(sandbox.url)
    with pytest.raises(PatchRejected) as caught:
        client.patch(FIRST_ID, {"email": "p1@example.com"})
    assert (caught.value.status, caught.value.code) == (409, "contact.duplicateEmail")
    with pytest.raises(PatchRejected) as caught:
        client.patch(FIRST_ID, {"ownerUserId": 999})
    assert (caught.value.status, caught.value.code) == (400, "contact.invalidInput")
    assert caught.value.reasons == {"": "OwnerUserId 999 is not a member of the team."}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, PatchRejected), (401, NotAuthorised), (402, ApiRefused), (403, ApiRefused), (404, ContactNotFound), (405, ApiRefused),
        (409, PatchRejected), (410, ApiRefused), (413, ApiRefused), (415, ApiRefused), (418, ApiRefused), (422, PatchRejected),
        (500, ApiFailed), (501, ApiFailed), (502, ApiFailed), (503, ApiFailed), (504, ApiFailed), (599, ApiFailed),
    ],
)  # fmt: skip
@pytest.mark.parametrize("body", ["problem", "empty"])
def test_every_status_has_its_error(sandbox: Sandbox, connect: Connect, status: int, kind: type[ApiError], body: str) -> None:
    """Whatever the body, a status becomes the same kind of error with one sentence, and a PATCH leaves once."""
    sandbox.fault("status", status=status, body=body, retry_after=1)
    with pytest.raises(kind) as caught:
        connect(sandbox.url).patch(FIRST_ID, {"title": "x"})
    assert type(caught.value) is kind
    assert str(caught.value).endswith(".")
    assert "<" not in str(caught.value)
    assert getattr(caught.value, "status", None) == status
    assert len(sandbox.requests) == 1


def test_401_with_an_empty_body(connect: Connect, make_sandbox: Callable[..., Sandbox]) -> None:
    """A revoked key is NotAuthorised, for reads at once and without a second try, and its sentence does not show the key."""
    sandbox = make_sandbox(3, keys=["another"])
    with pytest.raises(NotAuthorised) as caught:
        connect(sandbox.url).contact(FIRST_ID)
    assert KEY not in str(caught.value)
    assert len(sandbox.requests) == 1


# -- 429


def test_a_429_waits_as_told_and_is_repeated(sandbox: Sandbox, connect: Connect) -> None:
    """`Retry-After` holds every thread through the pace; then the same request leaves again and succeeds."""
    sandbox.fault("status", status=429, retry_after=7, times=2)
    pace = QuickPace()
    assert connect(sandbox.url, pace=pace).patch(FIRST_ID, {"title": "x"}).values["title"] == "x"
    assert pace.holds == [7.0, 7.0]
    assert [request.status for request in sandbox.requests] == [429, 429, 200]


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("3", 3, 3), ("0.25", 0.25, 0.25), ("0", 0, 5), ("-5", 0, 5), ("1e99", 3600, 3600), ("inf", 3600, 3600), ("nan", 1, 60),
        ("soon", 1, 60), ("", 1, 60), (None, 1, 60), ("Fri, 31 Dec 1999 23:59:59 GMT", 0, 5),
    ],
)  # fmt: skip
def test_any_retry_after_is_survived(sandbox: Sandbox, connect: Connect, header: str | None, low: float, high: float) -> None:
    """Seconds are obeyed, an hour at most, and nonsense becomes a few seconds: never an error, never negative."""
    sandbox.fault("status", status=429, retry_after=header, times=1)
    pace = QuickPace()
    connect(sandbox.url, pace=pace).contact(FIRST_ID)
    assert len(pace.holds) == 1
    assert low <= pace.holds[0] <= high


def test_a_date_as_retry_after(sandbox: Sandbox, connect: Connect) -> None:
    """An HTTP date is obeyed as well."""
    until = email.utils.format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30), usegmt=True)
    sandbox.fault("status", status=429, retry_after=until, times=1)
    pace = QuickPace()
    connect(sandbox.url, pace=pace).contact(FIRST_ID)
    assert 25 <= pace.holds[0] <= 31


def test_a_429_without_end_is_given_up(sandbox: Sandbox, connect: Connect) -> None:
    """After ten answers of 429 the error says so, with what Reply asked for."""
    sandbox.fault("status", status=429, retry_after=2)
    with pytest.raises(RateLimited) as caught:
        connect(sandbox.url).patch(FIRST_ID, {"title": "x"})
    assert caught.value.retry_after == 2
    assert len(sandbox.requests) == 10


def test_a_server_that_says_0_is_not_hammered(sandbox: Sandbox, connect: Connect) -> None:
    """`Retry-After: 0`, again and again, still spaces the tries out."""
    sandbox.fault("status", status=429, retry_after=0, times=5)
    pace = QuickPace()
    connect(sandbox.url, pace=pace).contact(FIRST_ID)
    assert sum(pace.holds) >= 1


def test_cancelling_ends_the_wait_for_429(sandbox: Sandbox, connect: Connect) -> None:
    """A run that is cancelled does not wait out an hour of `Retry-After`."""
    cancelled = threading.Event()
    pace = WindowPace((), cancelled=cancelled, on_wait=lambda seconds, why: cancelled.set())
    sandbox.fault("status", status=429, retry_after=3000)
    with pytest.raises(Cancelled):
        connect(sandbox.url, pace=pace).patch(FIRST_ID, {"title": "x"})


# -- no answer


@pytest.mark.parametrize(("action", "applied"), [(CUT_BEFORE, False), (CUT_AFTER, True), (CUT_HALFWAY, True), (STALL_AFTER, True)])
def test_a_patch_that_may_have_arrived_is_not_repeated(sandbox: Sandbox, connect: Connect, action: str, applied: bool) -> None:
    """A torn or silent connection is ApiUnreachable with `sent` true, and the PATCH left exactly once."""
    with TcpProxy(sandbox.url, lambda data, number: action) as proxy:
        with pytest.raises(ApiUnreachable) as caught:
            connect(proxy.url, timeout=(2.0, 0.3)).patch(FIRST_ID, {"title": "once"})
        assert caught.value.sent
        assert len(proxy.seen) == 1
    assert len(patches(sandbox)) == applied
    assert (sandbox.contact(FIRST_ID)["title"] == "once") == applied


@pytest.mark.parametrize("when", ["before", "after", "body"])
@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_cut_by_the_server(sandbox: Sandbox, connect: Connect, when: str, reset: bool) -> None:
    """FIN or RST, before or after the write, or in the middle of the answer: one request, and `sent` is true."""
    client = connect(sandbox.url)
    client.contact(FIRST_ID)
    sandbox.fault("cut", when=when, reset=reset)
    with pytest.raises(ApiUnreachable) as caught:
        client.patch(FIRST_ID, {"title": "once"})
    assert caught.value.sent
    assert len(patches(sandbox)) == 1


def test_a_kept_connection_that_was_closed_meanwhile(sandbox: Sandbox, connect: Connect) -> None:
    """A server that hangs up between two requests does not make the next one fail."""
    with TcpProxy(sandbox.url) as proxy:
        client = connect(proxy.url)
        client.contact(FIRST_ID)
        proxy.hang_up()
        assert proxy.ended.acquire(timeout=5)
        assert client.patch(FIRST_ID, {"title": "after"}).values["title"] == "after"


def test_a_refused_port_has_certainly_sent_nothing(connect: Connect) -> None:
    """Nobody listens: `sent` is false, and the sentence says how to start the practice server."""
    url = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(ApiUnreachable) as caught:
        connect(url).patch(FIRST_ID, {"title": "x"})
    assert not caught.value.sent
    assert (
        str(caught.value)
        == f"The practice server at {url} does not answer; start it with “reply-xl sandbox” in another window, or click Practice twice."
    )


def test_a_name_that_does_not_exist_has_sent_nothing(connect: Connect) -> None:
    """A host that cannot be found: `sent` is false."""
    with pytest.raises(ApiUnreachable) as caught:
        connect("https://does-not-exist.invalid").patch(FIRST_ID, {"title": "x"})
    assert not caught.value.sent


@pytest.mark.parametrize("kind", ["status", "cut", "malformed"])
def test_reads_are_tried_again(sandbox: Sandbox, connect: Connect, kind: str) -> None:
    """A read that fails in a way that may pass is tried four times, with growing pauses."""
    pace = QuickPace()
    client = connect(sandbox.url, pace=pace)
    sandbox.fault(kind, times=3)
    assert client.contact(FIRST_ID).id == FIRST_ID
    assert len(sandbox.requests) == 4
    assert pace.pauses == sorted(pace.pauses)
    sandbox.fault(kind)
    with pytest.raises(ApiError):
        client.contact(FIRST_ID)
    assert len(sandbox.requests) == 8


def test_a_no_that_arrives_damaged_is_asked_for_again(sandbox: Sandbox, connect: Connect) -> None:
    """A 404 whose text was damaged on the way says nothing about the contact; the next answer does."""
    sandbox.fault("malformed", times=3)
    with pytest.raises(ContactNotFound):
        connect(sandbox.url).contact(1)
    assert len(sandbox.requests) == 4


def test_a_trickle_does_not_hold_a_run_for_ever(connect: Connect) -> None:
    """A server that sends a byte now and then is given up: silence is not the only way to stall."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = threading.Event()

        def trickle() -> None:
            stream, _ = listener.accept()
            with stream:
                stream.recv(65536)
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not stop.wait(0.02):
                    try:
                        stream.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        client = connect(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=(1.0, 0.2))
        began = time.monotonic()
        with pytest.raises(ApiUnreachable) as caught:
            client.patch(FIRST_ID, {"title": "x"})
        stop.set()
        thread.join()
    assert caught.value.sent
    assert time.monotonic() - began < 5


# -- answers of any shape


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id",
        b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"[" * 100_000,
        b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000 + b"\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 400 Bad\r\nContent-Length: 32\r\n\r\n" + b'{"errors":[{"pointer":"/email"}]', b"HTTP/1.1 429 x\r\nRetry-After: \xff\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: \xff\xff=\x01\r\nContent-Length: 2\r\n\r\n{}",
    ],
)  # fmt: skip
def test_no_answer_becomes_a_foreign_exception(sandbox: Sandbox, connect: Connect, answer: bytes) -> None:
    """Broken HTTP, broken JSON, broken compression: always one of our errors, for reads and for PATCHes."""
    with TcpProxy(sandbox.url, lambda data, number: answer) as proxy:
        client = connect(proxy.url, timeout=(2.0, 1.0))
        with pytest.raises(ApiError):
            client.patch(FIRST_ID, {"title": "x"})
        for read in (client.custom_fields, lambda: client.contact(FIRST_ID), lambda: client.page(1000, 0)):
            with pytest.raises(ApiError):
                read()


@pytest.mark.parametrize("shape", ["list", "id", "types", "null", "text", "empty"])
def test_an_answer_that_is_not_this_contact_proves_nothing(sandbox: Sandbox, connect: Connect, shape: str) -> None:
    """Wrong shapes and another contact's id are ApiFailed: nothing of them is believed."""
    sandbox.fault("wrong", shape=shape)
    client = connect(sandbox.url)
    with pytest.raises(ApiFailed):
        client.patch(FIRST_ID, {"title": "x"})
    with pytest.raises(ApiFailed):
        client.contact(FIRST_ID)


def test_ten_megabytes_are_read(sandbox: Sandbox, connect: Connect) -> None:
    """A huge answer that is a contact all the same is a contact."""
    sandbox.fault("huge", megabytes=10)
    assert connect(sandbox.url).patch(FIRST_ID, {"title": "x"}).values["title"] == "x"


def test_an_endless_answer_is_not_read(sandbox: Sandbox, connect: Connect) -> None:
    """More than 64 MB is refused, packed or not."""
    import gzip

    packed = gzip.compress(b" " * 70 * 2**20)
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(packed), packed)
    with TcpProxy(sandbox.url, lambda data, number: answer) as proxy, pytest.raises(ApiFailed, match="too long"):
        connect(proxy.url).patch(FIRST_ID, {"title": "x"})


# -- the key stays inside

SECRET = "sE/cr+t=k~y0123"


@pytest.mark.parametrize(
    "echo",
    [
        json.dumps({"title": "Bad", "detail": f"Authorization: Bearer {SECRET}", "code": SECRET}).encode(),
        json.dumps({"detail": f"token={quote(SECRET, safe='')}", "errors": [{"pointer": f"/{SECRET}", "detail": SECRET}]}).encode(),
        ('{"detail": "' + SECRET.replace("/", "\\/") + '"}').encode(),
        ('{"detail": "' + "".join(f"\\u{ord(char):04X}" for char in SECRET) + '"}').encode(),
        json.dumps({"detail": f"Authorization: Bearer {SECRET}"}).encode("utf-16-le"),
        json.dumps({"detail": "x" * 290 + SECRET}).encode(),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 500])
def test_a_server_that_repeats_the_key_does_not_get_it_into_a_message(sandbox: Sandbox, connect: Connect, echo: bytes, status: int) -> None:
    """Whatever the error is, and however it spells the key."""
    head = f"HTTP/1.1 {status} No\r\nContent-Length: {len(echo)}\r\n\r\n".encode()
    with TcpProxy(sandbox.url, lambda data, number: head + echo) as proxy, pytest.raises(ApiError) as caught:
        connect(proxy.url, key=SECRET).patch(FIRST_ID, {"title": "x"})
    said = f"{caught.value} {caught.value.__dict__}"
    assert SECRET not in said
    assert SECRET[:6] not in said
    assert quote(SECRET, safe="") not in said


def test_a_wrong_key_says_where_it_came_from(make_sandbox: Callable[..., Sandbox]) -> None:
    """From an environment variable, the sentence names it; else it tells how to log in."""
    sandbox = make_sandbox(keys=["another"])
    for variable, says in (
        ("", "click Connect on the tab Reply or run “reply-xl login” with a key"),
        ("REPLY_API_KEY", "the API key in the variable REPLY_API_KEY"),
    ):
        client = Client(sandbox.url, KEY, QuickPace(), key_variable=variable)
        with contextlib.closing(client), pytest.raises(NotAuthorised) as caught:
            client.whoami()
        assert says in str(caught.value)


def test_another_server_is_called_by_its_name(connect: Connect) -> None:
    """Not Reply, where it is not Reply."""
    with pytest.raises(ApiUnreachable, match=r"^The address does-not-exist\.invalid cannot be found; check your internet connection"):
        connect("https://does-not-exist.invalid").patch(FIRST_ID, {"title": "x"})


def test_the_key_is_in_no_repr_and_no_message(sandbox: Sandbox, connect: Connect) -> None:
    """Neither the client's parts nor the errors, their causes and their tracebacks show it."""
    import traceback

    client = connect(sandbox.url)
    shown = [repr(client), repr(client._session.auth), str(vars(client)), repr(client._pace)]
    for kind in ("cut", "malformed", "status", "redirect"):
        sandbox.clear_faults()
        sandbox.fault(kind)
        with pytest.raises(ApiError) as caught:
            client.patch(FIRST_ID, {"title": "x"})
        shown += ["".join(traceback.format_exception(caught.value)), repr(caught.value.__dict__)]
    assert KEY not in " ".join(shown)


def test_what_a_sandbox_calls_itself_is_known_after_its_first_answer(sandbox: Sandbox, connect: Connect) -> None:
    """`instance` is empty before the first answer."""
    client = connect(sandbox.url)
    assert client.instance == ""
    client.whoami()
    other = connect(sandbox.url)
    other.whoami()
    assert client.instance == other.instance


def test_importing_the_client_takes_little(home: Path) -> None:
    """TLS, keychain and the sheet's libraries are not imported before they are used."""
    code = "import sys, reply_xl.network.client; print(sorted({'truststore', 'keyring', 'xlwings', 'openpyxl', 'rich', 'tornado', 'sqlite3'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_no_connection_is_left_open(sandbox: Sandbox) -> None:
    """Closing the client closes its connections."""
    with TcpProxy(sandbox.url) as proxy:
        client = Client(proxy.url, KEY, QuickPace())
        client.contact(FIRST_ID)
        assert not proxy.ended.acquire(blocking=False)
        client.close()
        assert proxy.ended.acquire(timeout=5)
