"""The two parts that every call of a provider's account has: the headers of its request, and an answer of bounded size.
Each caller says which error tells its own side what a broken part means. Never logs: headers carry API keys.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from framehook.errors import FramehookError
from framehook.providers.contract import HttpResponse


def request_headers(given: Mapping[str, str], unsendable: type[FramehookError]) -> dict[str, str]:
    """`given` among ours; raises `unsendable`, which does not quote it, for what can't stand in a header.

    `Connection: close`, because a function may be frozen for minutes: a connection that died meanwhile would make a
    paid call's fate unknown.
    """
    headers = {
        "accept-encoding": "identity",
        "user-agent": "framehook",
        **{name.lower(): value for name, value in given.items()},
        "connection": "close",
    }
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise unsendable("a header has characters that can't be sent")  # an API key pasted with a line break
    return headers


def read_answer(response: httpx.Response, most_bytes: int, too_large: type[FramehookError]) -> HttpResponse:
    """The whole of it; raises `too_large` as soon as it is more than `most_bytes`, and what httpx raises."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > most_bytes:
            raise too_large(f"an answer of more than {most_bytes} bytes")
    return HttpResponse(response.status_code, dict(response.headers), bytes(body))
