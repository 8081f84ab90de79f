"""What every provider's words are made before anyone further on sees them: bounded, writable, without secrets.

Messages may quote the webhook or upload URLs that we sent, which are secrets. Decides nothing.
"""

from __future__ import annotations

import re
from urllib.parse import quote

MAX_BODY = 8 * 1024 * 1024
MAX_CODE = 100
MAX_MESSAGE = 500
MAX_ID = 200
_LONGEST_URL = 4_000
_LONGEST_WAIT = 86_400.0
_SAFE = "".join(map(chr, range(0x21, 0x7F)))
_ANY_URL = re.compile(r"(?i)(?:https?|wss?)(?::|%3a)\S*")


def bounded_code(code: object) -> str:
    text = code if isinstance(code, str) else str(code) if isinstance(code, int) and abs(code) < 2**63 else ""
    return valid(text[:MAX_CODE])


def bounded_message(message: object, kept_urls: str | None = None) -> str:
    """The message without URLs, except those that match the pattern `kept_urls`."""
    if not isinstance(message, str):
        return ""
    text = valid(message[: 2 * MAX_MESSAGE])

    def without_secret(url: re.Match[str]) -> str:
        return url[0] if kept_urls and re.fullmatch(kept_urls, url[0]) else "<url>"

    return _ANY_URL.sub(without_secret, text)[:MAX_MESSAGE]


def seconds(value: object) -> float | None:
    """A wait that a provider asks for. NaN and infinities fail the comparison."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LONGEST_WAIT:
        return None
    return float(value)


def url_of(value: object) -> str | None:
    """A URL that can be kept and fetched later; from which host is not asked here. What no URL may hold, such as a
    file's name in Chinese, is spelled out: the file is paid for."""
    if not isinstance(value, str) or not value.startswith(("https://", "http://")) or not value.isprintable():
        return None
    spelled = quote(valid(value), safe=_SAFE)
    return spelled if len(spelled) <= _LONGEST_URL else None


def short(value: object) -> str | None:
    """An id or a name, if that is what it is."""
    return valid(value) if isinstance(value, str) and 0 < len(value) <= MAX_ID else None


def readable(value: object, limit: int) -> str:
    """Text as it may be shown: bounded; empty for what is none."""
    if not isinstance(value, str):
        return ""
    return valid(value if len(value) <= limit else value[:limit] + "…")


def valid(text: str) -> str:
    """Half surrogate pairs can be spelled in JSON, but nobody further on can write them."""
    return text.encode("utf-8", "replace").decode()
