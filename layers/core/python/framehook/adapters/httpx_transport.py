"""One HTTP exchange with a provider (Transport). What decides between NeverSent and ReplyLost is whether a
byte of the request may have left. Never logs, and keeps httpx from it: headers and queries carry API keys, bodies carry
webhook tokens.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import socket
import threading
from collections.abc import Mapping
from typing import Any

import httpx

from framehook.adapters.exchange_parts import read_answer, request_headers
from framehook.errors import NeverSent, ReplyLost
from framehook.providers.contract import HttpRequest, HttpResponse

_CONNECT_SECONDS = 5.0
_MOST_BYTES = 8 * 1024 * 1024
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class HttpxTransport:
    """A call takes at most `connect_seconds` and `read_seconds` together, whatever the other side does."""

    def __init__(
        self,
        client: httpx.Client,
        base_url: str,
        read_seconds: float,
        connect_seconds: float = _CONNECT_SECONDS,
    ) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._read_seconds = read_seconds
        self._connect_seconds = connect_seconds
        for talkative in ("httpx", "httpcore"):  # every URL, at INFO
            logging.getLogger(talkative).setLevel(logging.WARNING)

    def send(self, request: HttpRequest) -> HttpResponse:
        exchange = _Exchange(self._client, self._prepared(request))
        return exchange.answer(self._connect_seconds + self._read_seconds)

    def _prepared(self, request: HttpRequest) -> httpx.Request:
        """Built apart from the client, whose cookies and defaults must not leak in."""
        if request.path and request.path[0] not in "/?":
            raise ValueError("a path must not be able to change the host")
        headers = request_headers(request.headers, NeverSent)
        try:
            return httpx.Request(
                request.method,
                self._base_url + request.path,
                headers=headers,
                content=request.body,
                extensions={
                    "timeout": httpx.Timeout(self._read_seconds, connect=self._connect_seconds).as_dict()
                },
            )
        except httpx.InvalidURL as error:
            raise NeverSent("the address can't be used") from error


class _Exchange:
    """One call, made in a thread of its own: httpx bounds the wait for each piece of an answer, never the whole of it,
    nor the look-up of a name. A call that takes too long is cut off, and does not start to send after that.
    """

    def __init__(self, client: httpx.Client, request: httpx.Request) -> None:
        request.extensions["trace"] = self._observe
        self._client = client
        self._request = request
        self._outcome: queue.SimpleQueue[HttpResponse | Exception] = queue.SimpleQueue()
        self._given_up = threading.Event()
        self._socket: socket.socket | None = None

    def answer(self, seconds: float) -> HttpResponse:
        threading.Thread(target=self._run, name="exchange", daemon=True).start()
        try:
            outcome = self._outcome.get(timeout=seconds)
        except queue.Empty:
            self._give_up()
            raise ReplyLost("the answer took too long") from None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _run(self) -> None:
        try:
            self._outcome.put(self._made())
        except Exception as error:  # noqa: BLE001 - raised where the answer is waited for
            self._outcome.put(error)

    def _made(self) -> HttpResponse:
        try:
            response = self._client.send(self._request, stream=True, follow_redirects=False)
            with contextlib.closing(response):
                return read_answer(response, _MOST_BYTES, ReplyLost)
        except _NEVER_SENT as error:
            raise NeverSent(type(error).__name__) from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise ReplyLost(type(error).__name__) from error

    def _observe(self, event: str, info: Mapping[str, Any]) -> None:
        """httpx tells every step of the call: https://www.python-httpx.org/advanced/extensions/#trace"""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
        elif event.endswith("send_request_headers.started") and self._given_up.is_set():
            raise ReplyLost("given up before it was sent")

    def _give_up(self) -> None:
        self._given_up.set()
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it is closed already, or in the middle of the TLS handshake
                self._socket.shutdown(socket.SHUT_RDWR)
