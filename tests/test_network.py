"""A company's network: its certificates, its proxies, and what every failure on the way is called."""

from __future__ import annotations

import base64
import contextlib
import ctypes
import logging
import re
import shutil
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from clients import Connect, closed_port
from conftest import FIRST_ID, KEY, patches
from connect_proxy import CLOSE, HANG, RESET, TUNNEL, ConnectProxy
from tcp_proxy import CUT_AFTER, CUT_BEFORE, CUT_HALFWAY, STALL_AFTER, TcpProxy

from reply_xl.doctor.findings import State
from reply_xl.doctor.network_checks import check_proxy
from reply_xl.errors import ApiError, ApiFailed, ApiRefused, ApiUnreachable, ConfigError
from reply_xl.network.base_urls import checked_base_url, is_loopback
from reply_xl.network.connections import NOT_SENT, unreadable_certificates
from reply_xl.network.proxies import System, find_proxy, gives_no_answer, is_excepted_on_a_mac, search_in_time
from reply_xl.network.unreachable import explain
from reply_xl.network.winhttp import Windows, find_automatic_proxies
from reply_xl.sandbox import Sandbox

pytest.importorskip("cryptography")
from authority import Authority

HOST = "api.example.invalid"
URL = f"https://{HOST}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A company's authority that no computer knows until it is told."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The same, known to this computer."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    return authority


@pytest.fixture
def server(sandbox: Sandbox, authority: Authority) -> Iterator[TcpProxy]:
    """The sandbox over TLS, with a certificate for `HOST`."""
    with TcpProxy(sandbox.url, tls=authority.server(HOST), known_as=HOST) as server:
        yield server


def unsent(connect: Connect, url: str = URL, *, key: str = KEY) -> str:
    """What a PATCH that certainly did not arrive says."""
    with pytest.raises(ApiUnreachable) as caught:
        connect(url, key, timeout=(0.5, 2.0)).patch(FIRST_ID, {"title": "x"})
    assert not caught.value.sent
    said = str(caught.value)
    assert said.endswith(".")
    assert said.count(". ") == 0
    return said


# -- certificates


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_that_the_company_names_is_trusted(
    sandbox: Sandbox, connect: Connect, authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Each of the variables by which companies name their authorities is obeyed, and the update is made."""
    monkeypatch.setenv(variable, str(authority.file))
    with TcpProxy(sandbox.url, tls=authority.server("127.0.0.1")) as server:
        connect(server.url).patch(FIRST_ID, {"title": "through TLS"})
    assert sandbox.contact(FIRST_ID)["title"] == "through TLS"


def test_a_folder_of_authorities_is_trusted(
    sandbox: Sandbox, connect: Connect, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As requests allows it: each file in it that holds certificates; one without any is named."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    assert unreadable_certificates() == ["REQUESTS_CA_BUNDLE"]
    (tmp_path / "readme.txt").write_text("none here")
    (tmp_path / "folder").mkdir()
    assert unreadable_certificates() == ["REQUESTS_CA_BUNDLE"]
    shutil.copy(authority.file, tmp_path / "corp.pem")
    assert unreadable_certificates() == []
    with TcpProxy(sandbox.url, tls=authority.server("127.0.0.1")) as server:
        connect(server.url).patch(FIRST_ID, {"title": "through TLS"})
    assert sandbox.contact(FIRST_ID)["title"] == "through TLS"


@pytest.mark.parametrize("tail", ["", "/", "/%7Ereply"])
def test_every_spelling_of_a_base_url_is_trusted_alike(sandbox: Sandbox, connect: Connect, trusted: Authority, tail: str) -> None:
    """Also where requests spells the URL in another way than the user did."""
    with TcpProxy(sandbox.url, tls=trusted.server("127.0.0.1")) as server, pytest.raises(ApiRefused):
        connect(server.url.upper() + tail).contact(FIRST_ID + 100)


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"days": (-9, -1)}, "not valid on the date that this computer shows"),
    ({"days": (1, 9)}, "not valid on the date that this computer shows"),
    ({"name": "other.example.invalid"}, f"Something other than {HOST} answers for {HOST}: its certificate is for another name"),
    (
        {"self_signed": True},
        f"Something between this computer and {HOST} opens the connection: the certificate shown for {HOST} vouches for",
    ),
]


@pytest.mark.parametrize(("fault", "says"), FAULTS)
def test_each_fault_of_a_certificate_has_its_sentence(
    sandbox: Sandbox, connect: Connect, trusted: Authority, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], says: str
) -> None:
    """Expired, not yet valid, another name, self-signed: nothing is sent, it is not tried again, and the sentence tells which it is."""
    with TcpProxy(sandbox.url, tls=trusted.server(**{"name": HOST, **fault})) as server, ConnectProxy(server.url) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert says in unsent(connect)
        assert server.seen == []
        assert len(proxy.seen) == 1


def test_an_unknown_authority_is_what_to_tell_the_it_department(
    connect: Connect, server: TcpProxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Interception is named plainly, and so is a variable whose file of certificates cannot be read."""
    with ConnectProxy(server.url) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        said = unsent(connect)
        assert said.startswith(
            f"Something between this computer and {HOST} opens the connection: the certificate shown for {HOST} is from an"
        )
        assert said.endswith("ask your IT department to install that authority's certificate on it.")
        (tmp_path / "empty.pem").write_text("nothing")
        monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "gone.pem"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "empty.pem"))
        assert unsent(connect).endswith("and to correct REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, which names a file that cannot be read.")
    assert server.seen == []


def test_without_a_proxy_the_sentence_is_the_same(sandbox: Sandbox, connect: Connect, authority: Authority) -> None:
    """Also for a server that is asked straight."""
    with TcpProxy(sandbox.url, tls=authority.server("127.0.0.1")) as server:
        assert "Something between this computer and Reply opens the connection" in unsent(connect, server.url)
        assert server.seen == []


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (0x800B0101, "not valid on the date"), (-67818, "not valid on the date"), (-67819, "not valid on the date"),
        (0x800B010F, "is for another name"), (-67602, "is for another name"), (0x800B010F - 2**32, "is for another name"),
        (0x800B0109, "an authority that this computer does not know"), (-67843, "an authority that this computer does not know"),
        (0x80092010, "does not accept the certificate"), (None, "does not accept the certificate"),
    ],
)  # fmt: skip
def test_windows_and_the_mac_have_numbers_of_their_own(code: int | None, says: str) -> None:
    """What their stores call the same faults becomes the same sentences; a fault without a sentence of its own still has one."""
    error = ssl.SSLCertVerificationError("a text in the user's language")
    if code is not None:
        error.verify_code = code
    error.add_note(NOT_SENT)
    explained = explain(error, URL, None, None)
    assert says in str(explained)
    assert not explained.sent


# -- proxies of the environment


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_of_the_environment_is_used(
    sandbox: Sandbox, connect: Connect, server: TcpProxy, trusted: Authority, monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    """It is asked for a tunnel to the host, sees neither the key nor the change, and the update is made."""
    with ConnectProxy(server.url) as proxy:
        monkeypatch.setenv(variable, f"{scheme}{proxy.name}")
        connect(URL).patch(FIRST_ID, {"title": "through the proxy"})
        assert [head.split(b"\r\n")[0].split()[:2] for head in proxy.seen] == [[b"CONNECT", f"{HOST}:443".encode()]]
        assert KEY.encode() not in proxy.seen[0]
    assert sandbox.contact(FIRST_ID)["title"] == "through the proxy"


@pytest.mark.parametrize("excepted", [HOST, "example.invalid", ".invalid", "*"])
def test_no_proxy_is_obeyed(connect: Connect, monkeypatch: pytest.MonkeyPatch, excepted: str) -> None:
    """A host that `NO_PROXY` excepts is asked straight."""
    with ConnectProxy("http://127.0.0.1:1") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", f"elsewhere.example.com,{excepted}" if excepted != "*" else "*")
        assert unsent(connect).startswith(f"The address {HOST} cannot be found")
        assert proxy.seen == []


@pytest.mark.parametrize(
    ("url", "excepted", "is_excepted"),
    [
        (URL, "*.example.invalid", True), (URL, f"{HOST}:443", True), (URL, f"{HOST}:8443", False), (f"{URL}:8443", f"{HOST}:8443", True),
        (URL, f"https://{HOST}/", True), (URL, HOST.upper() + ".", True), (URL + ".", HOST, True), (URL, f"a.example b.example\t{HOST}", True),
        (URL, f"<local>;{HOST}", True), (URL, " , * ,", True), (URL, "ple.invalid", False), (URL, "i.example.invalid", False),
        (URL, f"x.{HOST}", False), (URL, ". .. : [ [:: 10.0.0.0/8 http:// :443 a:b:c /24", False), (URL, "", False),
        ("https://10.1.2.3", "10.0.0.0/8", True), ("https://11.1.2.3", "10.0.0.0/8", False), ("https://10.1.2.3", "10.1.2.3", True),
        ("https://110.1.2.3", "10.1.2.3", False), ("https://[2001:db8::1]", "2001:DB8::/32", True), ("https://[2001:db8::1]", "[2001:db8::1]", True),
        ("https://[2001:db8::1]", "2001:db8:0::1", True), (URL, "ex?mple.invalid", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_every_form_of_no_proxy(monkeypatch: pytest.MonkeyPatch, variable: str, url: str, excepted: str, is_excepted: bool) -> None:
    """Names, domains with a dot, a star or neither, ports, networks, between commas, semicolons or blanks: as some program or other reads them."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.corp:1")
    monkeypatch.setenv(variable, excepted)
    assert (find_proxy(url) is None) == is_excepted


def test_a_proxy_that_speaks_tls(
    connect: Connect, server: TcpProxy, authority: Authority, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its certificate is checked like any other; a password for it then travels encrypted."""
    with ConnectProxy(server.url, tls=authority.server("127.0.0.1")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert connect(URL).contact(FIRST_ID).id == FIRST_ID
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        said = unsent(connect)
        assert (
            said
            == f"The proxy {proxy.name} (from HTTPS_PROXY) shows a certificate that this computer does not trust; ask your IT department about it."
        )
    with ConnectProxy(server.url) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"https://{proxy.name}")
        assert "its address may have to begin with http://" in unsent(connect)


PASSWORD = "gehe1m#/@ß"


@pytest.mark.parametrize(
    "act", [TUNNEL, HANG, CLOSE, RESET, b"HTTP/1.1 407 No\r\n\r\n", b"HTTP/1.1 502 No\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n<html>", b"nonsense\r\n"]
)  # fmt: skip
def test_a_password_for_the_proxy_is_for_the_proxy_alone(
    sandbox: Sandbox, connect: Connect, server: TcpProxy, trusted: Authority, monkeypatch: pytest.MonkeyPatch, caplog: Any, act: Any
) -> None:
    """It reaches the proxy as it was meant, and no message, traceback, log or printed object, whatever the proxy does."""
    caplog.set_level(logging.DEBUG)
    pair = base64.b64encode(f"corp\\user:{PASSWORD}".encode())
    with ConnectProxy(server.url, lambda head, number: act) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://corp%5Cuser:gehe1m%23%2F%40%C3%9F@{proxy.name}/")
        client = connect(URL, timeout=(0.3, 2.0))
        shown = [repr(client), str(vars(client)), str(vars(client._session)), repr(client.proxy)]
        try:
            client.patch(FIRST_ID, {"title": "x"})
        except ApiUnreachable as error:
            shown += [str(error), *traceback.format_exception(error), repr(error.__dict__)]
        assert b"Proxy-Authorization: Basic " + pair in proxy.seen[0]
    text = " ".join([*shown, *(record.getMessage() for record in caplog.records)])
    for secret in ("gehe1m", "corp", pair.decode()):
        assert secret not in text
    assert len(patches(sandbox)) == (act == TUNNEL)


@pytest.mark.parametrize(
    "address", ["http://", "http://[x", "http://proxy:port", "http://user:gehe1m#x@proxy:8080", "http://user:1/gehe1m@proxy:8080",
                "http://user:1?gehe1m@proxy", "http://proxy:0", "socks5://user:gehe1m@proxy:1080", "socks4://proxy", "garbage://gehe1m:x@y", "a b:80"],
)  # fmt: skip
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_an_address_that_is_no_proxys_is_a_wrong_setting(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, variable: str, address: str
) -> None:
    """It is said before anything is asked, with the variable to correct, and without what may be a password."""
    monkeypatch.setenv(variable, address)
    with pytest.raises(ConfigError, match=variable) as caught:
        connect(URL)
    assert "gehe1m" not in "".join(traceback.format_exception(caught.value))
    assert ("kind that this program cannot use" in str(caught.value)) == ("socks" in address or "garbage" in address)


# -- proxies that fail


def status(line: str, body: str = "") -> bytes:
    return f"HTTP/1.1 {line}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


WAYS: list[tuple[str | bytes, int, str]] = [
    (status("407 Proxy Authentication Required"), 1, "wants a sign-in (407), and this program cannot use the one of Windows (NTLM, Kerberos); ask"),
    (status("403 Forbidden", "<html>"), 1, f"does not let {HOST} through (status 403); ask your IT department to allow it."),
    (status("400 Bad Request"), 1, f"does not let {HOST} through (status 400)"),
    (status("302 Found", "<html>"), 1, "wants you to sign in on a page first (status 302); open any page in your browser"),
    (status("511 Network Authentication Required"), 1, "wants you to sign in on a page first (status 511)"),
    (status("500 Oops"), 1, f"could not connect to {HOST} (status 500); try again later"),
    (status("502 Bad Gateway"), 3, f"could not connect to {HOST} (status 502); try again later"),
    (status("503 Service Unavailable"), 3, f"could not connect to {HOST} (status 503)"),
    (status("504 Gateway Timeout"), 3, f"could not connect to {HOST} (status 504)"),
    (status("200 OK", "<html>sign in</html>"), 1, f"gave no connection to {HOST}; if this network has a sign-in page"),
    (b"SSH-2.0-OpenSSH_9.6\r\n", 1, f"gave no connection to {HOST}"),
    (HANG, 3, f"did not connect to {HOST} in time"),
    (CLOSE, 3, f"gave no connection to {HOST}"),
    (RESET, 3, f"gave no connection to {HOST}"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "tries", "says"), WAYS)
def test_each_failure_of_a_proxy_has_its_sentence(
    sandbox: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch, act: Any, tries: int, says: str
) -> None:
    """The sentence names the proxy and where its address stands; nothing was sent; and only what may pass is tried again."""
    with ConnectProxy(sandbox.url, lambda head, number: act) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        said = unsent(connect)
        assert said.startswith(f"The proxy {proxy.name} (from HTTPS_PROXY) {says}")
        assert len(proxy.seen) == tries
        assert not any(KEY.encode() in head for head in proxy.seen)
    assert sandbox.requests == []


def test_a_wrong_password_for_the_proxy(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """407 to somebody who gave one: it is to be corrected, or the proxy wants something else."""
    with ConnectProxy("http://127.0.0.1:1", lambda head, number: status("407 No")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:wrong@{proxy.name}")
        assert f"The proxy {proxy.name} (from HTTPS_PROXY) does not accept the name and password that stand there" in unsent(connect)


def test_a_proxy_that_is_not_there(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port on which nobody listens, and a name that nobody has."""
    port = closed_port()
    for scheme in ("http", "https"):
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{port}")
        assert unsent(connect).startswith(f"The proxy 127.0.0.1:{port} (from HTTPS_PROXY) does not answer; check your connection")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.invalid:8080")
    assert unsent(connect).startswith("The proxy proxy.example.invalid:8080 (from HTTPS_PROXY) cannot be found; check your connection")


@pytest.mark.parametrize("act", [CLOSE, RESET, status("503 Busy")])
def test_a_proxy_that_recovers_is_asked_again(
    sandbox: Sandbox, connect: Connect, server: TcpProxy, trusted: Authority, monkeypatch: pytest.MonkeyPatch, act: Any
) -> None:
    """Two failures to connect are survived, and the PATCH leaves once."""
    with ConnectProxy(server.url, lambda head, number: act if number < 3 else TUNNEL) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        connect(URL).patch(FIRST_ID, {"title": "once"})
        assert len(proxy.seen) == 3
    assert len(patches(sandbox)) == 1


@pytest.mark.parametrize("act", [CUT_BEFORE, CUT_AFTER, CUT_HALFWAY, STALL_AFTER])
def test_what_breaks_in_the_tunnel_may_have_arrived(
    sandbox: Sandbox, connect: Connect, trusted: Authority, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """Once the PATCH is under way it is not repeated, and `sent` is true, also where connecting had failed before it."""
    with (
        TcpProxy(sandbox.url, lambda data, number: act, tls=trusted.server(HOST), known_as=HOST) as server,
        ConnectProxy(server.url, lambda head, number: RESET if number == 1 else TUNNEL) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(ApiUnreachable) as caught:
            connect(URL, timeout=(2.0, 0.3)).patch(FIRST_ID, {"title": "once"})
        assert caught.value.sent
        assert len(proxy.seen) == 2
        assert len(server.seen) == 1
    assert len(patches(sandbox)) == (act != CUT_BEFORE)


def test_an_older_failure_says_nothing_about_a_newer_one(sandbox: Sandbox, connect: Connect) -> None:
    """A PATCH that is torn while an error that had sent nothing is being handled may have arrived all the same."""
    with TcpProxy(sandbox.url, lambda data, number: CUT_AFTER) as server:
        try:
            connect(f"http://127.0.0.1:{closed_port()}").patch(FIRST_ID, {"title": "x"})
        except ApiUnreachable:
            with pytest.raises(ApiUnreachable) as newer:
                connect(server.url).patch(FIRST_ID, {"title": "once"})
    assert newer.value.sent
    assert len(patches(sandbox)) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (
            status("200 OK", "<html>Welcome to the hotel</html>"),
            ApiFailed,
            "A web page came instead of Reply's answer; if this network has a",
        ),
        (status("511 Network Authentication Required", "<html>"), ApiFailed, "Your network wants you to sign in first; open any page"),
        (status("407 Proxy Authentication Required", "<html>"), ApiRefused, "A proxy between this computer and Reply wants a sign-in"),
    ],
)
def test_what_an_intercepting_network_answers_is_not_taken_for_replys(
    sandbox: Sandbox, connect: Connect, answer: bytes, kind: type[ApiError], says: str
) -> None:
    """A sign-in page, whatever its status, proves nothing about the contact."""
    with TcpProxy(sandbox.url, lambda data, number: answer) as server, pytest.raises(kind) as caught:
        connect(server.url).patch(FIRST_ID, {"title": "x"})
    assert str(caught.value).startswith(says)


# -- no proxy


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "LocalHost"])
def test_this_machine_is_never_asked_through_a_proxy(
    sandbox: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch, variable: str, address: str
) -> None:
    """A proxy that swallows everything, loopback too, is not asked once."""
    with contextlib.ExitStack() as stack:
        url = sandbox.url.replace("127.0.0.1", address)
        if address == "::1":
            try:
                url = stack.enter_context(TcpProxy(sandbox.url, address=address)).url
            except OSError:
                pytest.skip("this machine has no IPv6")
        proxy = stack.enter_context(ConnectProxy(sandbox.url, lambda head, number: HANG))
        monkeypatch.setenv(variable, proxy.url)
        connect(url).patch(FIRST_ID, {"title": "straight"})
        assert proxy.seen == []
    assert sandbox.contact(FIRST_ID)["title"] == "straight"


@pytest.mark.parametrize(
    "host",
    [
        "localhost.",
        "any.localhost",
        "127.0.0.1.",
        "127.9.9.9",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:0:0:1]",
        "[::1%25lo]",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.1",
    ],
)
def test_every_name_of_this_machine_is_known(host: str) -> None:
    """Also where no server answers by it here."""
    assert is_loopback(f"http://{host}:8080")
    assert checked_base_url(f"http://{host}:8080") == f"http://{host}:8080"


@pytest.mark.parametrize(
    "host", ["localhost.example", "notlocalhost", "128.0.0.1", "127.example", "1270.0.1", "[::2]", "[::ffff:10.0.0.1]", "127.0.0.1.x"]
)
def test_what_only_looks_like_this_machine(host: str) -> None:
    """A name that begins like one of its own is another machine, and is given a key over https alone."""
    assert not is_loopback(f"http://{host}")
    with pytest.raises(ConfigError, match="not safe for an API key"):
        checked_base_url(f"http://{host}")


@pytest.mark.parametrize(
    "url", ["https://%61pi.reply.io", "http://127.0.0.1%2eexample.com", "https://api.reply.io:0", "http://a%2f.localhost"]
)
def test_an_address_that_could_be_read_in_two_ways_is_refused(url: str) -> None:
    """What is checked must be what is connected to."""
    with pytest.raises(ConfigError, match="is not a base URL"):
        checked_base_url(url)


@pytest.mark.parametrize(
    "url", ["https://me:gehe1m@api.reply.io", "me:gehe1m@api.reply.io", "https://gehe1m@api.reply.io", "https://x[:gehe1m@y"]
)
def test_a_password_in_a_base_url_is_not_repeated(url: str) -> None:
    """It is refused without being shown."""
    with pytest.raises(ConfigError) as caught:
        checked_base_url(url)
    assert "gehe1m" not in "".join(traceback.format_exception(caught.value))


def test_a_name_that_is_not_found(connect: Connect) -> None:
    """No network, and networks that know no names but by their proxy: the sentence says both."""
    assert unsent(connect) == (
        f"The address {HOST} cannot be found; check your internet connection, and in a company ask your IT department whether it takes a proxy."
    )


def test_a_server_that_nobody_lets_through(connect: Connect) -> None:
    """A refused connection to another machine."""
    assert unsent(connect, f"https://0.0.0.0:{closed_port()}").startswith("0.0.0.0 cannot be reached; check your internet connection")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_server_without_tls(connect: Connect, answer: bytes) -> None:
    """Whoever hangs up, or answers something else, when asked for a secure connection has been sent nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    stream, _ = listener.accept()
                    with stream:
                        stream.recv(65536)
                        stream.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        said = unsent(connect, f"https://0.0.0.0:{listener.getsockname()[1]}")
    assert said.startswith("No secure connection to 0.0.0.0 could be made; if this network has a sign-in page, sign in in your browser")


# -- proxies of the operating system


def system(
    automatic: str | None = None, static: Mapping[str, str] | None = None, bypasses: Callable[[str], bool] = lambda host: False
) -> System:
    """An operating system with these settings."""
    return System("Windows", lambda: static or {}, bypasses, lambda url: automatic)


@pytest.mark.parametrize("written", ['"http://given:80"', "'http://given:80'", " http://given:80 "])
def test_quotes_around_an_address_are_no_part_of_it(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    """The command line of Windows keeps them when a variable is set."""
    monkeypatch.setenv("HTTPS_PROXY", written)
    found = find_proxy(URL, system())
    assert found is not None
    assert found.address == "http://given:80"


def test_the_environment_goes_before_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """`HTTPS_PROXY`, then the script, then the fixed address; `NO_PROXY` alone hides none of them, except from the hosts that it names."""
    windows = system("scripted:3128", {"https": "http://fixed:8080"})
    monkeypatch.setenv("NO_PROXY", "intranet.example.com")
    for automatic, name, source in (
        ("scripted:3128", "scripted:3128", "the automatic proxy settings of Windows"),
        (None, "fixed:8080", "the proxy settings of Windows"),
    ):
        found = find_proxy(URL, system(automatic, {"https": "http://fixed:8080"}))
        assert found is not None
        assert (found.name, found.source) == (name, source)
    monkeypatch.setenv("HTTPS_PROXY", "http://given:80")
    found = find_proxy(URL, windows)
    assert found is not None
    assert (found.name, found.source) == ("given:80", "HTTPS_PROXY")
    monkeypatch.setenv("NO_PROXY", HOST)
    assert find_proxy(URL, windows) is None


def test_exceptions_of_the_system_are_obeyed() -> None:
    """A host that the fixed settings except is asked straight; a script decides for itself."""
    assert find_proxy(URL, system(None, {"https": "http://fixed:8080"}, lambda host: host == HOST)) is None
    assert find_proxy(URL, system("scripted:1", {"https": "http://fixed:8080"}, lambda host: True)) is not None
    assert find_proxy(URL, system("", {"https": "http://fixed:8080"})) is None
    assert find_proxy(URL, system(None, {"http": "http://for-http-alone:1"})) is None


@pytest.mark.parametrize(
    ("answer", "address"),
    [
        ("proxy.corp:8080", "http://proxy.corp:8080"), ("PROXY proxy.corp:8080", "http://proxy.corp:8080"), ("http://proxy.corp", "http://proxy.corp:80"),
        ("HTTPS proxy.corp:8443", "https://proxy.corp:8443"), ("https=secure:1;http=plain:2", "http://secure:1"), ("http=plain:2", None),
        ("DIRECT", None), ("", None), (" ; ", None), ("DIRECT; PROXY proxy.corp:8080", None), ("proxy [::1]:8080", "http://[::1]:8080"),
        ("SOCKS s:1; PROXY proxy.corp:8080", "http://proxy.corp:8080"),
    ],
)  # fmt: skip
def test_answers_of_scripts_are_read(answer: str, address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As scripts spell them and as Windows does; what this program cannot use is passed over."""
    found = find_proxy(URL, system(answer))
    assert (found.address if found else None) == address


def test_a_script_that_knows_only_other_kinds_is_said() -> None:
    """SOCKS alone is refused, with what to ask for."""
    with pytest.raises(ConfigError, match=r"the automatic proxy settings of Windows is of a kind .* \(socks5\)"):
        find_proxy(URL, system("SOCKS5 s:1"))


def test_the_first_proxy_that_answers_is_taken() -> None:
    """Of several, a dead one is passed over; behind dead ones alone stands what the script says, straight or else the first."""
    dead = f"127.0.0.1:{closed_port()}"
    with ConnectProxy("http://127.0.0.1:1") as alive:
        found = find_proxy(URL, system(f"PROXY {dead}; PROXY {alive.name}; DIRECT"))
        assert found is not None
        assert found.name == alive.name
    assert find_proxy(URL, system(f"PROXY {dead}; DIRECT")) is None
    found = find_proxy(URL, system(f"{dead};{dead}"))
    assert found is not None
    assert found.name == dead


def test_a_script_that_names_many_proxies_holds_nothing_up() -> None:
    """No more time than this is spent on finding one that answers; after that the first that can be used is taken, whose failure is then told."""
    with contextlib.ExitStack() as stack:
        dead = [stack.enter_context(_full()) for _ in range(9)]
        begun = time.monotonic()
        found = find_proxy(URL, system("; ".join(f"PROXY {each}" for each in dead)), patience=0.5)
        assert time.monotonic() - begun < 5
    assert found is not None
    assert found.name == dead[0]


@contextlib.contextmanager
def _full() -> Iterator[str]:
    """A port that neither takes a connection nor refuses one."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("host", "exceptions", "is_excepted"),
    [
        (HOST, ["*.local", "169.254/16"], False), (HOST, ["*.example.invalid"], True), (HOST, [HOST.upper()], True), (HOST, ["example.invalid"], False),
        ("10.1.2.3", ["10.1"], True), ("10.2.2.3", ["10.1"], False), ("10.0.2.3", ["10.0/16"], True), ("10.1.2.3", ["10.1.2.3"], True),
        ("169.254.9.9", ["*.local", "169.254/16"], True), ("10.1.2.3", ["10.0/99", "1.2.3.4.5", "/", "x/8", "::1", "10..1", None, ""], False),
        ("2001:db8::1", ["2001:db8::/32"], True), ("2001:db8::1", ["10"], False), ("intranet", ["*.local"], True), (HOST, ["1", "2password.com"], False),
    ],
)  # fmt: skip
def test_exceptions_of_a_mac(host: str, exceptions: list[Any], is_excepted: bool) -> None:
    """Patterns and networks in Apple's spelling; a name is compared, not looked up."""
    settings = {"exclude_simple": True, "exceptions": exceptions}
    begun = time.monotonic()
    assert is_excepted_on_a_mac(host, settings) == is_excepted
    assert time.monotonic() - begun < 3
    assert not is_excepted_on_a_mac(HOST, {"exclude_simple": False})
    assert not is_excepted_on_a_mac("intranet", {"exclude_simple": False})


def test_exceptions_of_the_system_that_cannot_be_read() -> None:
    """Windows lets anything be typed there; what is no pattern excepts nothing."""

    def bypasses(host: str) -> bool:
        return bool(re.match("[fe80", host))

    found = find_proxy(URL, system(None, {"https": "http://fixed:8080"}, bypasses))
    assert found is not None
    assert found.name == "fixed:8080"


def test_a_search_without_end_holds_nothing_up() -> None:
    """Where the server can be asked straight the search gets a moment, else longer; what it finds in that time counts."""
    end = threading.Event()

    def search(url: str) -> str | None:
        end.wait(30)
        return "proxy:1"

    with ConnectProxy("http://127.0.0.1:1") as server:
        assert search_in_time(search, f"https://{server.name}", soon=0.05, latest=30) is None
    nobody = f"https://127.0.0.1:{closed_port()}"
    assert search_in_time(search, nobody, soon=0.05, latest=0.05) is None
    threading.Timer(0.2, end.set).start()
    assert search_in_time(search, nobody, soon=0.05, latest=30) == "proxy:1"
    assert search_in_time(search, nobody) == "proxy:1"


def test_the_doctor_tells_a_silent_script() -> None:
    """A click goes on without it, at once; the doctor says that it is set and gives no answer, unless another setting is used."""

    def search(url: str) -> str | None:
        raise TimeoutError

    def settings(static: Mapping[str, str]) -> System:
        return System(
            "this Mac",
            lambda: static,
            lambda host: False,
            lambda url: search_in_time(search, url),
            lambda url: gives_no_answer(search, url),
        )

    assert find_proxy(URL, settings({})) is None
    (finding,) = check_proxy(URL, settings({}))
    assert (finding.state, finding.says) == (
        State.WARNING,
        "The script of the automatic proxy settings of this Mac gives no answer, so Reply is asked without a proxy.",
    )
    (finding,) = check_proxy(URL, settings({"https": "http://fixed:8080"}))
    assert finding.says == "Reply is asked through the proxy fixed:8080, from the proxy settings of this Mac."
    (finding,) = check_proxy(URL, system())
    assert finding.says == "Reply is asked without a proxy."


class WinHttp:
    """`winhttp.dll` and `GlobalFree` as Microsoft describes them: strings are the caller's to free, handles its to close."""

    def __init__(
        self, *, detects: bool = False, script: str = "", proxy: str = "", answers: Mapping[tuple[int, int], tuple[int, str]]
    ) -> None:
        self._settings = detects, script, proxy
        self._answers = answers
        self._lent: dict[int, Any] = {}
        self._open = 0
        self._error = 0
        self.asked: list[tuple[int, int, str | None, int]] = []

    def lend(self, text: str) -> int | None:
        if not text:
            return None
        buffer = ctypes.create_unicode_buffer(text)
        self._lent[ctypes.addressof(buffer)] = buffer
        return ctypes.addressof(buffer)

    def free(self, address: int) -> None:
        del self._lent[address]

    @property
    def is_clean(self) -> bool:
        return not self._lent and not self._open

    def WinHttpGetIEProxyConfigForCurrentUser(self, settings: Any) -> int:
        filled = settings._obj
        filled.detects, filled.script, filled.proxy, filled.bypass = (
            int(self._settings[0]), self.lend(self._settings[1]), self.lend(self._settings[2]), self.lend("<local>")
        )  # fmt: skip
        return 1

    def WinHttpOpen(self, agent: str, access: int, proxy: None, bypass: None, flags: int) -> int:
        self._open += 1
        return 7

    def WinHttpSetTimeouts(self, session: int, *milliseconds: int) -> int:
        return 1

    def WinHttpGetProxyForUrl(self, session: int, url: str, options: Any, answer: Any) -> int:
        asked = options._obj
        self.asked.append((asked.flags, asked.detect, asked.script, asked.signs_in))
        if (asked.flags, asked.signs_in) not in self._answers:
            self._error = 12015 if (asked.flags, 1) in self._answers else 12180
            return 0
        answer._obj.access, text = self._answers[asked.flags, asked.signs_in]
        answer._obj.proxy, answer._obj.bypass = self.lend(text), self.lend("<local>")
        return 1

    def WinHttpCloseHandle(self, session: int) -> int:
        self._open -= 1
        return 1


SCRIPT = "http://wpad.corp/proxy.pac"


@pytest.mark.parametrize(
    ("settings", "answers", "found", "asked"),
    [
        ({}, {}, None, []),
        ({"proxy": "fixed:1"}, {}, None, []),
        ({"script": SCRIPT}, {(2, 0): (3, "a:1;b:2")}, "a:1;b:2", [(2, 0, SCRIPT, 0)]),
        ({"script": SCRIPT}, {(2, 0): (1, "")}, "", [(2, 0, SCRIPT, 0)]),
        ({"script": SCRIPT}, {(2, 1): (3, "a:1")}, "a:1", [(2, 0, SCRIPT, 0), (2, 0, SCRIPT, 1)]),
        ({"script": SCRIPT}, {}, TimeoutError, [(2, 0, SCRIPT, 0)]),
        ({"detects": True}, {}, None, [(1, 3, None, 0)]),
        ({"detects": True, "script": SCRIPT}, {}, TimeoutError, [(1, 3, None, 0), (2, 0, SCRIPT, 0)]),
        ({"detects": True}, {(1, 0): (3, "a:1")}, "a:1", [(1, 3, None, 0)]),
        ({"detects": True, "script": SCRIPT}, {(2, 0): (3, "a:1")}, "a:1", [(1, 3, None, 0), (2, 0, SCRIPT, 0)]),
    ],
)
def test_windows_is_asked_as_microsoft_describes(settings: Any, answers: Any, found: Any, asked: list[Any]) -> None:
    """Detection before the script, without a sign-in before with one; what Windows lends is given back, whatever it answers; a script that is set
    and silent is told."""
    windows = WinHttp(answers=answers, **settings)
    with pytest.raises(TimeoutError) if found is TimeoutError else contextlib.nullcontext():
        assert find_automatic_proxies(f"{URL}/", Windows(windows, windows.free, lambda: windows._error)) == found
    assert windows.asked == asked
    assert windows.is_clean
