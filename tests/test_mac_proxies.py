"""A Mac's automatic proxy settings: what CFNetwork is asked, and what the process that asks it may do."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from fake_cf import ERROR, FOUNDATION, HANDLED, HANG, NEITHER, NETWORK, NO_SOURCE, STOPPED, FakeMac, Url

from reply_xl.network import cfnetwork, mac_proxies
from reply_xl.network.cfnetwork import Mac
from reply_xl.network.proxies import System, find_proxy

URL = "https://api.example.invalid/"
PAC = "http://wpad.corp/proxy.pac"


def entry(kind: str, **more: Any) -> dict[str, Any]:
    """A dictionary of a list of proxies: `entry("HTTP", HostName="a", PortNumber=1)`."""
    return {"kCFProxyTypeKey": f"kCFProxyType{kind}", **{f"kCFProxy{name}Key": value for name, value in more.items()}}


DIRECT = entry("None")
BY_URL = entry("AutoConfigurationURL", AutoConfigurationURL=Url(PAC))
BY_TEXT = entry("AutoConfigurationJavaScript", AutoConfigurationJavaScript="function…")
OTHER = entry("AutoConfigurationURL", AutoConfigurationURL=Url("http://other/p.pac"))


def proxy(kind: str = "HTTPS", host: Any = "a", port: Any = 1) -> dict[str, Any]:
    return entry(kind, HostName=host, PortNumber=port)


def found(mac: FakeMac, url: str = URL) -> str | None:
    """What is found, after everything that was asked was used as Apple demands, and given back."""
    try:
        return cfnetwork.find_automatic_proxies(url, Mac(mac.foundation, mac.network, mac.constant), 5.0)
    finally:
        assert mac.faults == []
        assert mac.leaks == []


# -- the settings


@pytest.mark.parametrize("settings", [None, [], [DIRECT], [proxy()], [proxy(), DIRECT], "a text", [3], [{}], [{"kCFProxyTypeKey": 3}]])
def test_without_a_script_nothing_is_run(settings: Any) -> None:
    """No settings, none for this host, a fixed proxy, and lists that are none: nothing automatic is found."""
    mac = FakeMac(settings)
    assert found(mac) is None
    assert mac.asked == []


@pytest.mark.parametrize(("settings", "script"), [([BY_URL, DIRECT], PAC), ([proxy(), BY_URL], PAC), ([BY_TEXT], "function…")])
def test_the_script_is_run_by_macos(settings: Any, script: str) -> None:
    """By its address or its text, once, about the URL that is asked for."""
    mac = FakeMac(settings, {script: [proxy(host="proxy.corp", port=8080)]})
    assert found(mac) == "PROXY proxy.corp:8080"
    assert mac.asked == [(script, URL)]


@pytest.mark.parametrize(
    ("made", "answer"),
    [
        ([proxy("HTTP"), proxy("HTTPS", "b", 2), proxy("SOCKS", "c", 3), DIRECT], "PROXY a:1; PROXY b:2; SOCKS c:3; DIRECT"),
        ([DIRECT], "DIRECT"),
        ([entry("HTTP", HostName="a")], "PROXY a"),
        ([proxy(host="::1")], "PROXY [::1]:1"), ([proxy(host="[::1]")], "PROXY [::1]:1"), ([proxy(host="prüxy")], "PROXY prüxy:1"),
        ([proxy(port=65535)], "PROXY a:65535"), ([proxy(port="8080")], "PROXY a"),
        # What cannot be used is passed over.
        ([proxy(port=0), proxy(host="b")], "PROXY b:1"), ([proxy(port=65536), DIRECT], "DIRECT"), ([proxy(port=-1), DIRECT], "DIRECT"),
        ([proxy(host=""), DIRECT], "DIRECT"), ([proxy(host=7), DIRECT], "DIRECT"), ([proxy(host="x" * 2000), DIRECT], "DIRECT"),
        ([proxy(host="a; PROXY evil"), DIRECT], "DIRECT"), ([proxy(host="a b"), DIRECT], "DIRECT"),
        ([entry("FTP", HostName="a", PortNumber=1), BY_URL, DIRECT], "DIRECT"), (["text", 3, [], {}, DIRECT], "DIRECT"),
    ],
)  # fmt: skip
def test_the_list_is_read(made: Any, answer: str) -> None:
    """As a script would have written it, in its order; by HTTPS a Mac means what the proxy is for, not how it is spoken to."""
    assert found(FakeMac([BY_URL], {PAC: made})) == answer


@pytest.mark.parametrize("outcome", [HANG, ERROR, NEITHER, NO_SOURCE, [], "a text", [3], [BY_URL]])
def test_a_script_that_fails_is_passed_over(outcome: Any) -> None:
    """It hangs, cannot be fetched, or makes nothing that can be used: the next one is asked, and the last one's silence is told."""
    outcome = [outcome] if outcome == "a text" else outcome
    with pytest.raises(TimeoutError):
        found(FakeMac([BY_URL, DIRECT], {PAC: outcome}))
    mac = FakeMac([BY_URL, OTHER], {PAC: outcome, "http://other/p.pac": [DIRECT]})
    assert found(mac) == "DIRECT"
    assert [script for script, _ in mac.asked] == [PAC, "http://other/p.pac"]


@pytest.mark.parametrize("settings", [[entry("AutoConfigurationURL")], [entry("AutoConfigurationURL", AutoConfigurationURL=PAC)]])
def test_a_script_without_an_address_is_passed_over(settings: Any) -> None:
    """Also where something else than an address stands there."""
    with pytest.raises(TimeoutError):
        found(FakeMac(settings))


def test_the_run_loop_may_turn_for_others() -> None:
    """It is run until the script ends, not only once."""
    assert found(FakeMac([BY_URL], {PAC: [DIRECT]}, turns=[HANDLED, STOPPED, HANDLED])) == "DIRECT"


def test_an_address_that_is_none() -> None:
    """macOS makes no URL of it, and is asked nothing more."""
    assert found(FakeMac([BY_URL]), "https://a b/") is None


def test_every_function_is_declared_as_apple_does() -> None:
    """What is taken and returned has the widths of Apple's headers, for every function that is used and no other."""
    mac = FakeMac(None)
    found(mac)
    for library, functions in ((mac.foundation, FOUNDATION), (mac.network, NETWORK)):
        for name, (returns, *takes) in functions.items():
            function = getattr(library, name)
            assert function.restype is returns
            assert [ctypes.sizeof(each) for each in function.argtypes] == [ctypes.sizeof(each) for each in takes]
    assert {**cfnetwork._FOUNDATION, **cfnetwork._NETWORK}.keys() == {**FOUNDATION, **NETWORK}.keys()


def test_the_imitation_notices_misuse() -> None:
    """A reference cut to 32 bits, one released once too often, one that is kept, and a null."""
    mac = FakeMac([DIRECT])
    cut = mac.network.CFNetworkCopySystemProxySettings()  # nothing declared: an int of 32 bits
    assert mac.leaks == ["Settings 'settings'"]
    mac.foundation.CFRelease(cut)
    cfnetwork._declare(Mac(mac.foundation, mac.network, mac.constant))
    settings = mac.network.CFNetworkCopySystemProxySettings()
    mac.foundation.CFRelease(settings)
    mac.foundation.CFRelease(settings)
    mac.foundation.CFGetTypeID(None)
    assert [fault.split(":")[0] for fault in mac.faults] == ["CFRelease", "CFRelease", "CFGetTypeID"]


# -- the process


def child(code: str, seconds: float = 20.0, url: str = URL) -> str | None:
    """What is read from a process that runs this instead of asking a Mac."""
    return mac_proxies.find_automatic_proxies(url, seconds, [sys.executable, "-I", "-S", "-c", code])


def test_the_answer_of_the_process() -> None:
    """It is told host and port, spelled in ASCII, on its standard input, and nothing by its command line."""
    echo = "import json, sys; print(json.dumps({'proxies': ' '.join([sys.stdin.read(), *sys.argv[1:]])}))"
    assert child(echo) == f"{URL}\n 20"
    assert child(echo, url="https://api.example.invalid:8443/secret?key=1") == "https://api.example.invalid:8443/\n 20"
    assert child(echo, url="https://münchen.example") == "https://xn--mnchen-3ya.example/\n 20"
    assert child(echo, url="https://[2001:db8::1]:44") == "https://[2001:db8::1]:44/\n 20"
    assert child(echo, url="https://a..b") is None
    assert child("print('{\"proxies\": null}')") is None
    with pytest.raises(TimeoutError):
        child("print('{\"silent\": true}')")


@pytest.mark.parametrize(
    "code",
    [
        "pass", "print('nonsense')", "print('[]')", "print('{}')", "print('{\"proxies\": 3}')", "print('{\"silent\": 1}')", "print('[' * 9000)",
        "print('{\"proxies\": \"DIRECT\"}', end='')", "print('{\"proxies\": \"DIRECT\"}\\n{}')", "import os; os.write(1, b'\\xff\\n')",
        "print('{\"proxies\": \"DIRECT\"}'); raise SystemExit(1)", "raise ValueError", "import os; os.close(0); os.close(1)",
        "import os, signal; print('{\"proxies\": \"DIRECT\"}', flush=True); os.kill(os.getpid(), signal.SIGSEGV)",
    ],
)  # fmt: skip
def test_a_process_that_fails_has_found_nothing(code: str) -> None:
    """Garbage, silence, an answer of another form, an error, and a crash in C, even after an answer."""
    assert child(code) is None


@pytest.mark.parametrize("code", ["import time; time.sleep(60)", "while True: pass", "print(' ', end='', flush=True); input(); input()"])
def test_a_process_that_hangs_is_ended(code: str, tmp_path: Path) -> None:
    """Nothing of it is left."""
    noted = tmp_path / "pid"
    begun = time.monotonic()
    assert child(f"import os; open({str(noted)!r}, 'w').write(str(os.getpid()))\n{code}", 0.5) is None
    assert time.monotonic() - begun < 10
    with pytest.raises(ProcessLookupError):
        os.kill(int(noted.read_text()), 0)


def test_a_flood_is_not_read() -> None:
    """A process that writes without end is ended at once."""
    begun = time.monotonic()
    assert child("while True: print('x' * 9999)") is None
    assert time.monotonic() - begun < 10


def test_a_process_that_cannot_be_started() -> None:
    """Nothing is found, and nothing is raised."""
    assert mac_proxies.find_automatic_proxies(URL, 1.0, ["/nowhere/python"]) is None


def test_the_process_is_given_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A company's script may be hostile: neither the key nor a proxy's password is in the environment of what runs it."""
    for name in ("REPLY_API_KEY", "reply_api_key", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "geheim")
    monkeypatch.setenv("PROXY_OF_OTHERS", "stays")
    said = child("import json, os; print(json.dumps({'proxies': json.dumps(dict(os.environ))}))")
    assert said is not None
    assert "geheim" not in said
    assert json.loads(said)["PROXY_OF_OTHERS"] == "stays"


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac answers")
def test_elsewhere_than_on_a_mac_nothing_is_found() -> None:
    """The real process, where no frameworks are."""
    assert mac_proxies.find_automatic_proxies(URL) is None


def test_the_process_ends_by_itself() -> None:
    """Also where nobody is left to end it, and in the midst of C."""
    with subprocess.Popen([*mac_proxies._ASKS, "0.3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.wait(10) == -signal.SIGALRM


def test_a_macs_answer_becomes_a_proxy() -> None:
    """The first that can be used; SOCKS alone is passed over where there is something else."""
    answer = found(FakeMac([BY_URL], {PAC: [proxy("SOCKS", "s", 1), proxy(host="proxy.corp", port=8080)]}))
    chosen = find_proxy(URL, System("this Mac", dict, lambda host: False, lambda url: answer))
    assert chosen is not None
    assert (chosen.address, chosen.source) == ("http://proxy.corp:8080", "the automatic proxy settings of this Mac")


def test_a_mac_is_asked_for_all_of_its_settings() -> None:
    """Its fixed proxy, its exceptions and its script, in a Python that takes this computer for a Mac; the script's frameworks are not there."""
    code = """
        import sys, types
        import logging, socket, subprocess, requests
        settings = types.ModuleType("_scproxy")
        settings._get_proxies = lambda: {"https": "http://fixed:8080"}
        settings._get_proxy_settings = lambda: {"exclude_simple": True, "exceptions": ["*.local", "169.254/16"]}
        sys.modules["_scproxy"] = settings
        for name in [name for name in sys.modules if name == "urllib.request"]:
            del sys.modules[name]
        sys.platform = "darwin"
        from reply_xl.network.proxies import find_proxy, this_system
        print(find_proxy("https://api.example.invalid"), find_proxy("https://printer.local"), this_system().is_silent("https://api.example.invalid"))
    """
    environment = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    said = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=environment, capture_output=True, text=True, check=True).stdout
    assert said == "Proxy(scheme='http', host='fixed', port=8080, source='the proxy settings of this Mac') None False\n"
