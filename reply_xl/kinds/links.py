"""Web addresses: as they are sent, and what makes two of them the same. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PLAIN = re.compile(r"(https?://)?[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60})*\.[a-z]{2,60}(?:/[A-Za-z0-9/.~%=&?_+-]{0,500})?")
_BARE_HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.[a-z]{2,}(:[0-9]+)?([/?#]\S*)?", re.IGNORECASE)
_UNSEEN = str.maketrans("", "", "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
"""Not the two joiners: they are letters of some scripts and of emoji, and a name on LinkedIn may hold them."""
_FORBIDDEN = re.compile(r"\s|[,;|]+https?:|[\u200c\u200d]")
_ORIGIN = re.compile(r"(https?)://([^/?#]*)/?(.*)", re.IGNORECASE | re.DOTALL)


def as_url(text: str) -> str | None:
    """The one web address that `text` is, as typed but for characters nobody sees, with `https://` where it has no scheme; else None."""
    plain = _PLAIN.fullmatch(text)
    if plain:
        return text if plain[1] else f"https://{text}"
    text = text.translate(_UNSEEN).strip()
    if "://" not in text and _BARE_HOST.fullmatch(text):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    is_one = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not _FORBIDDEN.search(text)
    return text if is_one else None


def is_mere_host(text: str) -> bool:
    """Whether the text may be a host but has nothing of a web address, neither scheme nor path nor `www`: `Ada.Lovelace` is a name."""
    return "/" not in text and not text.lower().startswith("www.")


def page_key(text: str) -> str:
    """What two spellings of one web address share: `https://` may be missing, scheme and host have no case, and the root is `/` or nothing.
    Everything else counts: http is not https, and the slash at the end of a path may lead to another page."""
    parts = _ORIGIN.fullmatch(as_url(text) or "")
    return f"{parts[1].lower()}://{parts[2].lower()}/{parts[3]}" if parts else text
