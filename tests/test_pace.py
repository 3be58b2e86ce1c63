"""The quota: never a 429 within it, a full burst first, and every wait visible and cancellable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from conftest import FIRST_ID, KEY

from reply_xl.client import Client
from reply_xl.errors import Cancelled, ConfigError
from reply_xl.pace import REPLY_QUOTA, WindowPace, parse_quota
from reply_xl.sandbox import Sandbox


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def request(pace: WindowPace) -> None:
    pace.acquire()
    pace.release()


def leaves_now(pace: WindowPace) -> bool:
    """Whether a request may leave without waiting."""
    pace.cancelled.clear()
    pace.on_wait = lambda seconds, why: pace.cancelled.set()
    try:
        request(pace)
    except Cancelled:
        return False
    finally:
        pace.cancelled.clear()
    return True


def test_the_quota_is_replys() -> None:
    """100 a minute and 3,000 an hour, without a reserve."""
    assert REPLY_QUOTA == ((100, 60.0), (3000, 3600.0))


@pytest.mark.parametrize(
    ("text", "windows"),
    [("off", ()), (" OFF ", ()), ("100/60", ((100, 60.0),)), ("5/0.5, 50/2", ((5, 0.5), (50, 2.0)))],
)
def test_a_quota_can_be_written(text: str, windows: object) -> None:
    """`off`, or requests/seconds separated by commas."""
    assert parse_quota(text) == windows


@pytest.mark.parametrize("text", ["", "100", "0/60", "-1/60", "1.5/60", "10/0", "10/-1", "10/nan", "10/inf", "x/y", "100/60,", "1/1/1"])
def test_a_senseless_quota_is_refused(text: str) -> None:
    """Anything else is a ConfigError that names the part."""
    with pytest.raises(ConfigError, match="quota"):
        parse_quota(text)


def test_a_full_burst_leaves_at_once_and_the_next_waits_for_the_window() -> None:
    """A hundred requests need no wait; the next one leaves when the first answer is a minute old, and not a moment before."""
    clock = Clock()
    pace = WindowPace(clock=clock)
    for _ in range(100):
        assert leaves_now(pace)
    assert not leaves_now(pace)
    clock.now += 59.9
    assert not leaves_now(pace)
    clock.now += 0.1
    assert leaves_now(pace)


def test_the_hour_counts_too() -> None:
    """After 3,000 requests in half an hour, the minute's window alone does not let another one go."""
    clock = Clock()
    pace = WindowPace(clock=clock)
    for _ in range(30):
        for _ in range(100):
            assert leaves_now(pace)
        clock.now += 60
    assert not leaves_now(pace)
    clock.now += 1800
    assert leaves_now(pace)


def test_requests_under_way_count() -> None:
    """A slot is held from the start of a request, and for a window's length after its answer, however long that took."""
    clock = Clock()
    pace = WindowPace([(2, 10.0)], clock=clock)
    pace.acquire()
    pace.acquire()
    waiting = threading.Thread(target=pace.acquire)
    waiting.start()
    clock.now += 100
    pace.release()
    clock.now += 9.9
    with pace._changed:
        assert pace._in_flight == 1
    clock.now += 0.2
    waiting.join(5)
    assert not waiting.is_alive()


def test_a_hold_stops_every_thread() -> None:
    """After `hold(30)` nothing leaves for 30 seconds, also without a quota; a shorter hold does not shorten it."""
    clock = Clock()
    pace = WindowPace((), clock=clock)
    pace.hold(30)
    pace.hold(1)
    assert not leaves_now(pace)
    clock.now += 30
    assert leaves_now(pace)


@pytest.mark.parametrize("why", ["a minute", "asked for a pause"])
def test_a_wait_says_how_long_and_why(why: str) -> None:
    """The seconds left and the reason are told at each look."""
    clock = Clock()
    cancelled = threading.Event()
    told: list[tuple[float, str]] = []

    def show(seconds: float, reason: str) -> None:
        told.append((seconds, reason))
        cancelled.set()

    pace = WindowPace([(1, 60.0)], clock=clock, cancelled=cancelled, on_wait=show)
    if why == "a minute":
        request(pace)
    else:
        pace.hold(60)
    with pytest.raises(Cancelled):
        pace.acquire()
    assert told[0][0] == pytest.approx(60)
    assert why in told[0][1]


def test_a_wait_that_cannot_be_shown_goes_on() -> None:
    """A closed terminal costs the display, never the request."""

    def broken(seconds: float, why: str) -> None:
        raise BrokenPipeError

    pace = WindowPace([(1, 0.05)], on_wait=broken)
    request(pace)
    request(pace)
    request(pace)


@pytest.mark.parametrize("wait", ["quota", "hold", "pause"])
def test_cancelling_ends_any_wait_within_a_second(wait: str) -> None:
    """Cancel is looked at at least once a second, whatever is waited for."""
    cancelled = threading.Event()
    pace = WindowPace([(1, 600.0)] if wait == "quota" else (), cancelled=cancelled)
    request(pace)
    if wait == "hold":
        pace.hold(600)
    timer = threading.Timer(0.05, cancelled.set)
    timer.start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        pace.pause(600, "why") if wait == "pause" else pace.acquire()
    assert time.monotonic() - began < 1.5


def test_nothing_leaves_after_cancel() -> None:
    """Also where there is nothing to wait for."""
    pace = WindowPace(())
    pace.cancelled.set()
    with pytest.raises(Cancelled):
        pace.acquire()


@pytest.mark.parametrize(
    ("requests", "minutes"),
    [(0, 0), (100, 0), (101, 1), (200, 1), (201, 2), (3000, 29), (3001, 60), (6000, 60), (6001, 120)],
)
def test_the_minutes_of_a_run(requests: int, minutes: float) -> None:
    """What a run takes at this pace: nothing for the first hundred, then the minute's window, then the hour's."""
    assert WindowPace(clock=Clock()).minutes(requests) == minutes


def test_what_was_asked_before_counts_for_the_minutes() -> None:
    """Reads of the same minute use the same quota."""
    pace = WindowPace(clock=Clock())
    for _ in range(50):
        request(pace)
    assert pace.minutes(50) == 0
    assert pace.minutes(51) == 1


@pytest.mark.parametrize("threads", [1, 4])
def test_no_429_within_the_quota(make_sandbox: Callable[..., Sandbox], threads: int) -> None:
    """Against a server with the same windows: the full burst leaves first, everything is answered, and no answer is a 429."""
    sandbox = make_sandbox(quota="20/0.4,60/1.5")
    client = Client(sandbox.url, KEY, WindowPace(parse_quota("20/0.4,60/1.5")))
    with sandbox_work(client, 90, threads):
        pass
    client.close()
    seen = sandbox.requests
    assert [one.status for one in seen] == [200] * 90
    assert seen[19].time - seen[0].time < 0.4
    assert seen[20].time - seen[0].time >= 0.4
    assert seen[60].time - seen[0].time >= 1.5
    assert seen[-1].time - seen[0].time < 3


class sandbox_work:
    """So many reads from so many threads."""

    def __init__(self, client: Client, count: int, threads: int) -> None:
        self._numbers = iter(range(count))
        self._lock = threading.Lock()
        self._client = client
        self._threads = [threading.Thread(target=self._work) for _ in range(threads)]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._lock:
                if next(self._numbers, None) is None:
                    return
            self._client.contact(FIRST_ID)
