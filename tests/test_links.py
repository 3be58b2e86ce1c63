"""Web addresses from cells, and which of them are the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply_xl.errors import CellError
from reply_xl.fields import BY_NAME
from reply_xl.kinds.links import as_url, page_key
from reply_xl.kinds.values import parse


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("linkedin.com/in/x", "https://linkedin.com/in/x"),
        ("www.linkedin.com/in/ann-lee?x=1#top", "https://www.linkedin.com/in/ann-lee?x=1#top"),
        ("x.com?y=1", "https://x.com?y=1"),
        ("x.com:8080/a", "https://x.com:8080/a"),
        ("http://linkedin.com/in/x", "http://linkedin.com/in/x"),
        ("https://www.linkedin.com/in/ann/", "https://www.linkedin.com/in/ann/"),
        ("https://de.linkedin.com/in/jörg-müller", "https://de.linkedin.com/in/jörg-müller"),
        ("https://www.linkedin.com/in/j%C3%B6rg", "https://www.linkedin.com/in/j%C3%B6rg"),
        ("https://www.linkedin.com/sales/lead/ACwAA,NAME_SEARCH,abcd", "https://www.linkedin.com/sales/lead/ACwAA,NAME_SEARCH,abcd"),
        ("\u200bhttps://linkedin.com/\u00adin/x\u202c", "https://linkedin.com/in/x"),
        ("https://x.com/go?to=https://y.com", "https://x.com/go?to=https://y.com"),
    ],
)
def test_urls(typed: str, sent: str):
    """A web address stays as typed but for characters nobody sees; one without a scheme gets `https://`."""
    assert as_url(typed) == sent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "in/ann",
        "/in/ann",
        "ftp://x.com/a",
        "https://",
        "https://x",
        "https://x.com/a b",
        "javascript://x.com/a",
        "http://[",
        "https://a.com/x,https://b.com/y",
        "https://a.com/x;http://b.com/y",
        "https://a.com/x\nhttps://b.com/y",
        "https://linkedin.com/in/a\u200db",
        "n/a",
    ],
)
def test_what_is_no_url(text: str):
    """Handles, other schemes and two addresses in a cell are refused."""
    assert as_url(text) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("linkedin.com/in/x", "https://linkedin.com/in/x"),
        ("HTTPS://WWW.LinkedIn.com/in/x", "https://www.linkedin.com/in/x"),
        ("https://x.com", "https://x.com/"),
        ("https://x.com?y=1", "https://x.com/?y=1"),
    ],
)
def test_the_same_page(one: str, other: str):
    """The scheme that `as_url` adds, the case of scheme and host, and the slash of the root make no other address."""
    assert page_key(one) == page_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://x.com/a", "https://x.com/a/"),
        ("https://x.com/a", "https://x.com/A"),
        ("http://x.com/a", "https://x.com/a"),
        ("https://x.com/a", "https://www.x.com/a"),
        ("https://x.com/a", "https://x.com/a?b"),
        ("ann", "https://ann"),
    ],
)
def test_another_page(one: str, other: str):
    """Path, query and http against https count: somebody who changes them wants them changed."""
    assert page_key(one) != page_key(other)


@given(st.text(st.sampled_from("htps:/.wlinkedcom?#,; \u200bA1"), max_size=30) | st.text(max_size=40))
@settings(max_examples=500, deadline=None)
def test_urls_are_settled(text: str):
    """What is sent reads back as itself, and is the same page as what was typed."""
    sent = as_url(text)
    if sent is not None:
        assert as_url(sent) == sent
        assert page_key(sent) == page_key(text)


@pytest.mark.parametrize("text", ["Ada.Lovelace", "Mr.Jones", "tbd.soon"])
def test_a_name_with_a_point_is_no_address_of_a_page(text: str):
    """What has neither scheme nor path nor `www` is nobody's page: a LinkedIn field does not get `https://` and a name."""
    with pytest.raises(CellError, match="is not a web address"):
        parse(text, BY_NAME["linkedInUrl"], "B2")


def test_hosts_with_www_or_a_path_are_addresses():
    """These are typed for pages."""
    assert parse("www.linkedin.com", BY_NAME["linkedInUrl"], "B2") == "https://www.linkedin.com"
    assert parse("linkedin.com/in/ada", BY_NAME["linkedInUrl"], "B2") == "https://linkedin.com/in/ada"
