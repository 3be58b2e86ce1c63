"""The quota: never a 429 within it, a full burst first, and every wait visible and cancellable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import FIRST_ID, KEY

from reply_xl.errors import Cancelled, ConfigError
from reply_xl.network.client import Client
from reply_xl.network.pace import REPLY_QUOTA, WindowPace, parse_quota
from reply_xl.sandbox import Sandbox
from reply_xl.session import Session


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
    clock.now += 100
    assert not leaves_now(pace)
    pace.release()
    clock.now += 9.9
    assert not leaves_now(pace)
    clock.now += 0.2
    assert leaves_now(pace)
    assert pace.used()[0].used == 2


def test_a_wait_goes_on_after_sleep() -> None:
    """A laptop that slept through the wait continues within a second of waking up."""
    clock = Clock()
    pace = WindowPace([(1, 3600.0)], clock=clock)
    request(pace)
    waiting = threading.Thread(target=pace.acquire)
    waiting.start()
    time.sleep(0.1)
    clock.now += 5 * 3600
    waiting.join(1)
    assert not waiting.is_alive()


def test_what_lies_in_the_future_is_dropped() -> None:
    """A clock that is set back lengthens no wait: requests and pauses noted before are forgotten, those under way until their answer."""
    clock = Clock()
    pace = WindowPace([(2, 60.0)], clock=clock)
    pace.acquire()
    request(pace)
    pace.hold(600)
    clock.now -= 500
    assert pace.used()[0].used == 0
    assert pace.held() == 0
    pace.release()
    assert pace.used()[0].used == 1
    pace.hold(5)
    assert pace.held() == 5


def test_a_pause_does_not_follow_the_clock() -> None:
    """It ends after its time also where the wall clock stands or is set back."""
    began = time.monotonic()
    WindowPace((), clock=Clock()).pause(0.05, "why")
    assert time.monotonic() - began < 1


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
    assert time.monotonic() - began < 3  # a second, and what a busy computer takes


def test_nothing_leaves_after_cancel() -> None:
    """Also where there is nothing to wait for."""
    pace = WindowPace(())
    pace.cancelled.set()
    with pytest.raises(Cancelled):
        pace.acquire()


@pytest.mark.parametrize(
    ("requests", "minutes"),
    [(0, 0), (100, 0), (101, 1), (200, 1), (201, 2), (3000, 29), (3001, 60), (3101, 61), (6000, 89), (6001, 120)],
)
def test_the_minutes_of_a_run(requests: int, minutes: float) -> None:
    """When the last request leaves: at once for the first hundred, then as the minute's window allows, and after 3,000 the hour's."""
    assert WindowPace(clock=Clock()).minutes(requests) == minutes


def test_what_was_asked_before_counts_for_the_minutes() -> None:
    """Reads of the same minute use the same quota."""
    pace = WindowPace(clock=Clock())
    for _ in range(50):
        request(pace)
    assert pace.minutes(50) == 0
    assert pace.minutes(51) == 1


def test_the_minutes_are_counted_from_now() -> None:
    """The stamps that are there free their slots earlier than a whole window from now; requests under way do not."""
    clock = Clock()
    pace = WindowPace([(2, 60.0)], clock=clock)
    request(pace)
    clock.now += 45
    pace.acquire()
    assert [pace.minutes(requests) for requests in (0, 1, 2, 3)] == [0, 0.25, 1, 1.25]


def test_a_pause_counts_for_the_minutes() -> None:
    """Nothing leaves before Reply's pause is over."""
    pace = WindowPace([(2, 60.0)], clock=Clock())
    pace.hold(90)
    assert [pace.minutes(requests) for requests in (0, 2, 3)] == [0, 1.5, 2.5]
    unlimited = WindowPace((), clock=Clock())
    assert unlimited.minutes(50_000) == 0
    unlimited.hold(30)
    assert unlimited.minutes(50_000) == 0.5


def test_the_minutes_of_a_long_run_are_known_at_once() -> None:
    """50,000 requests are reckoned in less than a second."""
    began = time.perf_counter()
    assert WindowPace(clock=Clock()).minutes(50_000) == 16 * 60 + 19
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(("reserve", "left"), [(0, (100, 3000)), (25, (75, 2250)), (90, (10, 300))])
def test_a_reserve_for_other_programs(reserve: int, left: tuple[int, int]) -> None:
    """So much less is used of each window; the minutes know it."""
    pace = WindowPace(clock=Clock())
    pace.set_reserve(reserve)
    assert pace.reserve() == reserve
    assert [(use.limit, use.seconds, use.allowed) for use in pace.used()] == [(100, 60.0, left[0]), (3000, 3600.0, left[1])]
    assert pace.minutes(left[0]) == 0
    assert pace.minutes(left[0] + 1) == 1
    for _ in range(left[0]):
        assert leaves_now(pace)
    assert not leaves_now(pace)
    assert [use.used for use in pace.used()] == [left[0]] * 2


def test_a_reserve_leaves_one_request() -> None:
    """However small the quota, something can be sent."""
    pace = WindowPace([(2, 60.0)], clock=Clock())
    pace.set_reserve(90)
    assert [leaves_now(pace), leaves_now(pace)] == [True, False]


@pytest.mark.parametrize("percent", [-1, 91, 100])
def test_a_senseless_reserve_is_refused(percent: int) -> None:
    """0 to 90 percent."""
    with pytest.raises(ConfigError, match="0 to 90"):
        WindowPace().set_reserve(percent)


def test_without_a_quota_there_is_no_log(tmp_path: Path) -> None:
    """Neither a file nor its library is needed; a pause that Reply asks for is kept all the same."""
    pace = WindowPace((), log=tmp_path / "quota.sqlite3", clock=Clock())
    for _ in range(3):
        request(pace)
    assert pace._opened is None
    pace.hold(30)
    assert not leaves_now(pace)
    pace.close()
    assert not list(tmp_path.iterdir())


def test_sessions_share_the_log(sandbox: Sandbox) -> None:
    """Two connections with the same key count together; another key has a quota of its own."""
    with Session(sandbox.url) as first, Session(sandbox.url) as second, Session(sandbox.url, key="another") as other:
        first.contacts.whoami()
        assert [[use.used for use in session.pace.used()] for session in (first, second, other)] == [[1, 1], [1, 1], [0, 0]]
    with Session(sandbox.url) as later:
        assert later.pace.used()[0].used == 1


@pytest.mark.parametrize("threads", [1, 4])
def test_no_429_within_the_quota(make_sandbox: Callable[..., Sandbox], threads: int) -> None:
    """Against a server with the same windows: the full burst leaves first, everything is answered, and no answer is a 429."""
    sandbox = make_sandbox(quota="20/1.5,50/3")
    client = Client(sandbox.url, KEY, WindowPace(parse_quota("20/1.5,50/3")))
    with sandbox_work(client, 55, threads):
        pass
    client.close()
    seen = sandbox.requests
    assert [one.status for one in seen] == [200] * 55
    assert seen[19].time - seen[0].time < 1.5 <= seen[20].time - seen[0].time
    assert seen[50].time - seen[0].time >= 3
    assert seen[-1].time - seen[0].time < 10


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
