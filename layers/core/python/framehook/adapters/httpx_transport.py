"""One HTTP exchange with a provider (Transport). What decides between NeverSent and ReplyLost is whether a
byte of the request may have left. Never logs: headers carry API keys, bodies carry webhook tokens.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx

from framehook.errors import NeverSent, ReplyLost
from framehook.providers.contract import HttpRequest, HttpResponse

_CONNECT_SECONDS = 5.0
_MOST_BYTES = 8 * 1024 * 1024
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class HttpxTransport:
    """`read_seconds`: how long the whole answer may take. It is checked whenever something arrives, so that
    an answer that trickles in and then stops takes at most twice as long."""

    def __init__(
        self,
        client: httpx.Client,
        base_url: str,
        read_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._read_seconds = read_seconds
        self._monotonic = monotonic

    def send(self, request: HttpRequest) -> HttpResponse:
        prepared = self._prepared(request)
        deadline = self._monotonic() + _CONNECT_SECONDS + self._read_seconds
        try:
            response = self._client.send(prepared, stream=True, follow_redirects=False)
            try:
                body = self._body(response, deadline)
            finally:
                response.close()
        except _NEVER_SENT as error:
            raise NeverSent(type(error).__name__) from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise ReplyLost(type(error).__name__) from error
        return HttpResponse(response.status_code, dict(response.headers), body)

    def _prepared(self, request: HttpRequest) -> httpx.Request:
        """Built apart from the client, whose cookies and defaults must not leak in. `Connection: close`,
        because a function may be frozen for minutes: a connection that died meanwhile would make a paid
        call's fate unknown."""
        if request.path and request.path[0] not in "/?":
            raise ValueError("a path must not be able to change the host")
        headers = {
            "accept-encoding": "identity",
            "user-agent": "framehook",
            **{name.lower(): value for name, value in request.headers.items()},
            "connection": "close",
        }
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise NeverSent(
                "a header has characters that can't be sent"
            )  # an API key pasted with a line break
        try:
            return httpx.Request(
                request.method,
                self._base_url + request.path,
                headers=headers,
                content=request.body,
                extensions={"timeout": httpx.Timeout(self._read_seconds, connect=_CONNECT_SECONDS).as_dict()},
            )
        except httpx.InvalidURL as error:
            raise NeverSent("the address can't be used") from error

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise ReplyLost(f"an answer of more than {_MOST_BYTES} bytes")
            if self._monotonic() > deadline:
                raise ReplyLost("the answer took too long")
        return bytes(body)
