"""What every provider's words are made before anyone further on sees them: bounded, writable, without secrets.

Messages may quote the webhook or upload URLs that we sent, which are secrets. Decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

MAX_BODY = 8 * 1024 * 1024
MAX_CODE = 100
MAX_MESSAGE = 500
MAX_ID = 200
UNREADABLE = "unreadable"
"""The error code of what has one that can't be read."""

_FINE = ("", "0", "200", "null")  # one public client takes 200 for 0
_LONGEST_URL = 4_000
_LONGEST_WAIT = 86_400.0
_SAFE = "".join(map(chr, range(0x21, 0x7F)))
_MOST_READ = 4_000
_LONG_WORD = re.compile(r"[\w-]{32,}", re.ASCII)  # as long as an API key; a webhook's token is longer
_ANY_URL = re.compile(r"(?i)(?:https?|wss?)(?::|%3a)\S*")


def bounded_code(code: object) -> str:
    text = code if isinstance(code, str) else str(code) if isinstance(code, int) and abs(code) < 2**63 else ""
    return valid(text[:MAX_CODE])


def error_code(value: object) -> str:
    """An error code as text, without secrets; empty where it says that there is no error."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        value = value.strip()
    code = "" if value == "" else without_secrets(bounded_code(value)) or UNREADABLE
    return "" if code.lower() in _FINE else code


def bounded_message(message: object, kept_urls: str | None = None) -> str:
    """The message without URLs, except those that match the pattern `kept_urls`."""
    if not isinstance(message, str):
        return ""
    text = valid(message[: 2 * MAX_MESSAGE])

    def without_secret(url: re.Match[str]) -> str:
        return url[0] if kept_urls and re.fullmatch(kept_urls, url[0]) else "<url>"

    return _ANY_URL.sub(without_secret, text)[:MAX_MESSAGE]


def without_secrets(text: object) -> str:
    """A text without what may be a URL of ours, a token or a key. Bounded."""
    if not isinstance(text, str):
        return ""
    return bounded_message(_LONG_WORD.sub(_hidden, text[:_MOST_READ]))


def _hidden(word: re.Match[str]) -> str:
    """Not so TASK_CREATE_FAILED_BY_NOT_ENOUGH_WALLET."""
    plain = word[0].isupper() or word[0].islower()
    return word[0] if plain and not any(letter.isdigit() for letter in word[0]) else "<hidden>"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The wait that an answer asks for in seconds; its form with a date is not read."""
    said = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return seconds(int(said)) if re.fullmatch(r"[0-9]{1,9}", said.strip()) else None


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
