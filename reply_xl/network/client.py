"""The Reply REST API over HTTP: session, paging, error mapping. The only module that talks to Reply.

Nothing that may have arrived is repeated here, except reads and a request that was answered 429. A failed PATCH is settled by `send`.
"""

from __future__ import annotations

import email.utils
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
import urllib3.exceptions as transport
from requests.auth import AuthBase

from reply_xl import __version__, answers
from reply_xl.errors import ApiFailed, ApiUnreachable, ConfigError, RateLimited
from reply_xl.model import Contact, ContactList, CustomField, Named, Pace, Page, Whoami
from reply_xl.network.base_urls import checked_base_url, is_loopback
from reply_xl.network.connections import Connections
from reply_xl.network.proxies import find_proxy
from reply_xl.network.unreachable import explain

_T = TypeVar("_T")

_MOST_BYTES = 64 * 2**20
"""An answer longer than this is not read: a page of 1,000 contacts is a few megabytes."""
_READ_ATTEMPTS = 4
_LISTS_PAGE, _MOST_LIST_PAGES = 1000, 20
_QUOTA_ATTEMPTS = 10
_LONGEST_HOLD = 3600.0
_CHUNK = 2**16


class _Bearer(AuthBase):
    """Sets the header itself: a `.netrc` entry would replace one set by hand (established with requests 2.34)."""

    def __init__(self, key: str) -> None:
        self._header = f"Bearer {key}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


class _Straight(requests.Session):
    """Follows no redirect, and does not even look where one leads: requests would read its body and parse its target."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Client:
    """The contacts of the workspace that `key` opens; safe to use from several threads.

    `timeout`: seconds to connect, and seconds of silence while reading (Reply has been seen to stall for 57). Never redirected, never
    through a proxy to this machine itself. `key_variable`: the environment variable that holds the key, if it came from one. `instance`
    is what a sandbox calls itself in its answers, "" for Reply."""

    def __init__(
        self,
        base_url: str,
        key: str,
        pace: Pace,
        *,
        timeout: tuple[float, float] = (10.0, 90.0),
        connections: int = 4,
        key_variable: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.base_url = checked_base_url(base_url)
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ConfigError("The API key holds characters that no key has; copy it again from Settings → API Key in Reply.")
        self.instance = ""
        self._redact = _redactor(key)
        self._key_variable = key_variable
        self._pace = pace
        self._timeout = timeout
        self._clock = clock
        self._session = _Straight()
        self._session.trust_env = False
        self._session.auth = _Bearer(key)
        self._session.headers.update({"Accept": "application/json", "User-Agent": f"reply_xl/{__version__}"})
        scheme = urlsplit(self.base_url).scheme
        self.proxy = None if is_loopback(self.base_url) else find_proxy(self.base_url)
        self._session.adapters.clear()
        self._session.mount(f"{scheme}://", Connections(self.proxy, secure=scheme == "https", connections=connections))
        if self.proxy is not None:
            self._session.proxies[scheme] = self.proxy.address

    def close(self) -> None:
        self._session.close()

    def whoami(self) -> Whoami:
        """`GET /v3/whoami`: whom the key belongs to. Needs no scope."""
        who = answers.whoami(self._get("/v3/whoami"))
        if who.user_id is None:
            raise ApiFailed("The server does not say whom the key belongs to, as Reply does; check the base URL.", status=None)
        return who

    def custom_fields(self) -> tuple[CustomField, ...]:
        """`GET /v3/custom-fields`: all of them, in one answer."""
        return answers.custom_fields(self._get("/v3/custom-fields"))

    def team_members(self) -> tuple[Named, ...]:
        """`GET /v3/whoami/team-users`: the members of the caller's team, who alone may own its contacts. Raises `ApiRefused` (403) outside an
        organization."""
        return answers.team_members(self._get("/v3/whoami/team-users"), self.whoami().team_id)

    def accounts(self, search: str) -> tuple[Named, ...]:
        """`GET /v3/contact-accounts?search=`: the accounts whose name holds `search`, the first few thousand of them."""
        return self._searched("/v3/contact-accounts", search, answers.accounts)

    def contact(self, contact_id: int) -> Contact:
        """`GET /v3/contacts/{id}`. Raises `ContactNotFound`."""
        return answers.contact(self._get(f"/v3/contacts/{contact_id}"), read_at=self._clock(), expected_id=contact_id)

    def by_email(self, email: str) -> tuple[Contact, ...]:
        """`GET /v3/contacts?email=`: the contacts that have exactly this e-mail, compared here once more without case.

        Raises `ApiFailed` if one of them cannot be read: it might have been the one that was asked for."""
        data = self._get("/v3/contacts", {"email": email})
        page = answers.page(data, read_at=self._clock())
        if isinstance(data, dict) and len(data["items"]) != len(page.contacts):
            raise ApiFailed("Reply's answer could not be read; try again later.", status=None)
        return tuple(contact for contact in page.contacts if contact.email.lower() == email.lower())

    def page(self, top: int, skip: int) -> Page:
        """`GET /v3/contacts?top=&skip=`. The order of pages is not promised: what they lack may still exist."""
        return answers.page(self._get("/v3/contacts", {"top": top, "skip": skip}), read_at=self._clock())

    def patch(self, contact_id: int, body: Mapping[str, Any]) -> Contact:
        """`PATCH /v3/contacts/{id}` with absolute values: safe to repeat with the same body, but never repeated here once it may have
        arrived. Returns the contact as the answer gives it; only a comparison with it proves the update."""
        data = self._request("PATCH", f"/v3/contacts/{contact_id}", json.dumps(body, separators=(",", ":")).encode())
        return answers.contact(data, read_at=self._clock(), expected_id=contact_id)

    def filtered_page(self, top: int, skip: int, *, list_id: int | None, search: str) -> Page:
        """`POST /v3/contacts/filter?top=&skip=`, which is a read: the contacts of a list, or those whose text holds `search`, or both."""
        wanted = {"listId": list_id, "searchTerm": search or None}
        body = json.dumps({name: value for name, value in wanted.items() if value is not None}).encode()
        return answers.page(self._get("/v3/contacts/filter", {"top": top, "skip": skip}, body), read_at=self._clock())

    def contact_lists(self, search: str) -> tuple[ContactList, ...]:
        """`GET /v3/contact-lists?search=`: the lists whose name holds `search`, the first few thousand of them."""
        return self._searched("/v3/contact-lists", search, answers.contact_lists)

    def _searched(self, path: str, search: str, read: Callable[[object], tuple[tuple[_T, ...], bool]]) -> tuple[_T, ...]:
        """What a search finds, page by page."""
        found: list[_T] = []
        for number in range(_MOST_LIST_PAGES):
            page, has_more = read(self._get(path, {"search": search, "top": _LISTS_PAGE, "skip": number * _LISTS_PAGE}))
            found += page
            if not has_more:
                break
        return tuple(found)

    def _get(self, path: str, query: Mapping[str, Any] | None = None, body: bytes | None = None) -> object:
        """A read, repeated when it fails in a way that may pass. One with a `body` is a POST that changes nothing."""
        if query:
            path = f"{path}?{urlencode(query)}"
        for attempt in range(1, _READ_ATTEMPTS + 1):
            try:
                return self._request("GET" if body is None else "POST", path, body)
            except (ApiUnreachable, ApiFailed) as error:
                passing = error.sent if isinstance(error, ApiUnreachable) else error.status is None or error.status >= 500
                if attempt == _READ_ATTEMPTS or not passing:
                    raise
                self._pace.pause(0.25 * 4 ** (attempt - 1), "Reply did not answer; trying again")
        raise AssertionError("unreachable")

    def _request(self, method: str, path: str, body: bytes | None = None) -> object:
        """The JSON of a 2xx answer. A 429 waits its `Retry-After` for every thread and is repeated: it was not carried out."""
        for attempt in range(1, _QUOTA_ATTEMPTS + 1):
            self._pace.acquire()
            try:
                status, retry_after, answer = self._exchange(method, path, body)
            finally:
                self._pace.release()
            if 200 <= status < 300:
                return answers.loads(answer)
            problem = answers.problem(status, self._redact(answer), retry_after=retry_after, key_variable=self._key_variable)
            if not isinstance(problem, RateLimited) or attempt == _QUOTA_ATTEMPTS:
                raise problem
            # At least a little more each time: a server that always says 0 is not hammered.
            least = 0.1 * 2 ** (attempt - 1)
            self._pace.hold(min(max(2.0**attempt if retry_after is None else retry_after, least), _LONGEST_HOLD))
        raise AssertionError("unreachable")

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, float | None, bytes]:
        """One request and its answer: status, seconds of `Retry-After`, body."""
        headers = {"Content-Type": "application/json"} if body is not None else None
        before = sys.exception()
        try:
            with self._session.request(
                method, self.base_url + path, data=body, headers=headers, timeout=self._timeout, allow_redirects=False, stream=True
            ) as response:
                answer = self._read(response)
                self.instance = response.headers.get("Reply-Sandbox", self.instance)
                retry_after = _seconds(response.headers.get("Retry-After"))
        except (requests.RequestException, transport.HTTPError, OSError, ValueError) as error:
            raise explain(error, self.base_url, self.proxy, before) from error
        return response.status_code, retry_after, answer

    def _read(self, response: requests.Response) -> bytes:
        """The body, as it arrives: its length is not without limit, and neither, by its connection, is the time it takes."""
        chunks: list[bytes] = []
        length = 0
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            chunks.append(chunk)
            length += len(chunk)
            if length > _MOST_BYTES:
                raise ApiFailed("Reply's answer was far too long to be read; try again later.", status=None)
        return b"".join(chunks)


def _redactor(key: str) -> Callable[[bytes], bytes]:
    """Takes the key out of an answer, for servers that repeat the request's headers in an error: as it stands, as a URL has it, and as
    JSON may have it, character by character. Without NULs, because an answer in UTF-16 is JSON too."""
    spellings = (rf"(?:\\?{re.escape(char)}|%{ord(char):02x}|\\u{ord(char):04x})" for char in key)
    pattern = re.compile("".join(spellings).encode(), re.IGNORECASE)
    return lambda body: pattern.sub("…".encode(), body.replace(b"\0", b""))


def _seconds(header: str | None) -> float | None:
    """`Retry-After` in seconds: a number, or a date; None for anything else. Never negative, an hour at most."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(header).timestamp() - time.time()
        except (TypeError, ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), _LONGEST_HOLD) if seconds == seconds else None
