"""Whether a call that went wrong may have reached the provider: the line between NeverSent and ReplyLost."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from typing import override

import httpx
import pytest

from framehook.adapters.httpx_transport import HttpxTransport
from framehook.errors import NeverSent, ReplyLost
from framehook.ports import Transport
from framehook.providers.contract import HttpRequest
from tests.unit.adapters.raw_server import STARTS, ok, raw_server, redirect, trickling

REQUEST = HttpRequest(
    "POST", "/v1/tasks?x=1", {"Authorization": "Bearer sk-1", "Content-Type": "application/json"}, b"{}"
)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def _transport(client: httpx.Client, base_url: str, read_seconds: float = 2) -> Transport:
    return HttpxTransport(client, base_url, read_seconds)


def test_send_any_status_is_an_answer(client: httpx.Client) -> None:
    refusal = b"HTTP/1.1 429 Slow Down\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno"
    with raw_server(refusal) as server:
        response = _transport(client, server.origin + "/api/").send(REQUEST)
    assert (response.status, response.headers["retry-after"], response.body) == (429, "7", b"no")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/tasks?x=1 HTTP/1.1\r\n")
    assert b"authorization: Bearer sk-1\r\n" in head
    assert b"\r\nconnection: close" in head.lower()
    assert b"accept-encoding: identity\r\n" in head
    assert body == b"{}"


def test_send_is_not_logged_however_much_the_function_logs(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with raw_server(ok(b"")) as server, caplog.at_level(logging.DEBUG):
        _transport(client, server.origin).send(HttpRequest("GET", "/?apiKey=sk-1", {}, b""))
    assert "sk-1" not in caplog.text


def test_send_redirect_is_not_followed(client: httpx.Client) -> None:
    with raw_server(redirect("/elsewhere"), ok(b"never")) as server:
        assert _transport(client, server.origin).send(REQUEST).status == 302
    assert len(server.requests) == 1


def test_send_cookies_are_not_kept(client: httpx.Client) -> None:
    with raw_server(ok(b"", "Set-Cookie: a=b\r\n")) as server:
        for _ in range(2):
            _transport(client, server.origin).send(REQUEST)
    assert b"cookie" not in server.requests[1].lower()


def test_send_each_call_has_its_own_connection(client: httpx.Client) -> None:
    """A kept connection may have died while the function was frozen."""
    with raw_server(ok(b"1")) as server:
        for _ in range(3):
            _transport(client, server.origin).send(REQUEST)
    assert len(server.requests) == 3


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_send_no_connection_was_never_sent(error: type[httpx.TransportError]) -> None:
    with pytest.raises(NeverSent):
        _transport(_failing(error), "https://x.test").send(REQUEST)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.ReadError,
        httpx.WriteError,
        httpx.CloseError,
        httpx.RemoteProtocolError,
        httpx.LocalProtocolError,
        httpx.ProxyError,
        httpx.DecodingError,
        httpx.TooManyRedirects,
    ],
)
def test_send_anything_later_is_unknown(error: type[httpx.RequestError]) -> None:
    with pytest.raises(ReplyLost):
        _transport(_failing(error), "https://x.test").send(REQUEST)


def test_send_refused_connection_was_never_sent(client: httpx.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NeverSent):
        _transport(client, f"http://127.0.0.1:{port}").send(REQUEST)


def test_send_unknown_host_was_never_sent(client: httpx.Client) -> None:
    with pytest.raises(NeverSent):
        _transport(client, "http://no-such-host.invalid").send(REQUEST)


@pytest.mark.parametrize("value", ["sk-1\n", "sk-ключ", "a\x00b"])
def test_send_unsendable_header_was_never_sent(client: httpx.Client, value: str) -> None:
    with raw_server(ok(b"")) as server, pytest.raises(NeverSent):
        _transport(client, server.origin).send(HttpRequest("POST", "", {"Authorization": value}, b""))
    assert server.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
        ok(bytes(8 * 1024 * 1024 + 1)),
    ],
)
def test_send_broken_or_endless_answer_is_unknown(client: httpx.Client, answer: bytes) -> None:
    with raw_server(answer) as server, pytest.raises(ReplyLost):
        _transport(client, server.origin).send(REQUEST)


def test_send_silence_is_unknown(client: httpx.Client) -> None:
    def wait(connection: socket.socket) -> None:
        connection.recv(1)

    with raw_server(wait) as server, pytest.raises(ReplyLost):
        _transport(client, server.origin, read_seconds=0.2).send(REQUEST)


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS.keys())
def test_send_trickling_answer_is_cut_off_at_the_deadline(client: httpx.Client, start: bytes) -> None:
    """Each byte comes in time; only the whole does not."""
    cut_off = threading.Event()
    with raw_server(trickling(start, cut_off)) as server:
        transport = HttpxTransport(client, server.origin, read_seconds=0.9, connect_seconds=0.1)
        with pytest.raises(ReplyLost, match="too long"):
            transport.send(REQUEST)
        assert cut_off.wait(30)  # until then the server was still sending


def test_send_given_up_before_it_was_sent_never_is() -> None:
    """The outcome is unknown to the caller by then: a call that was still to come might be paid twice."""
    gone_on, ended = threading.Event(), threading.Event()

    class SlowToConnect(httpx.HTTPTransport):
        @override
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            gone_on.wait(30)
            try:
                return super().handle_request(request)
            finally:
                ended.set()

    with raw_server(ok(b"")) as server, httpx.Client(transport=SlowToConnect()) as slow:
        with pytest.raises(ReplyLost, match="too long"):
            HttpxTransport(slow, server.origin, read_seconds=0.1, connect_seconds=0.1).send(REQUEST)
        gone_on.set()
        assert ended.wait(30)
    assert server.requests in ([], [b""])  # a connection at most, and nothing on it


def test_send_defect_is_raised_where_the_answer_is_waited_for() -> None:
    def broken(_request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _transport(httpx.Client(transport=httpx.MockTransport(broken)), "https://x.test").send(REQUEST)


@pytest.mark.parametrize("path", ["@evil.test/", ".evil.test", "evil"])
def test_send_path_that_changes_the_host_is_a_defect(client: httpx.Client, path: str) -> None:
    with pytest.raises(ValueError, match="host"):
        _transport(client, "https://x.test").send(HttpRequest("POST", path, {}, b""))


def _failing(error: type[httpx.RequestError]) -> httpx.Client:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("on demand", request=request)

    return httpx.Client(transport=httpx.MockTransport(fail))
