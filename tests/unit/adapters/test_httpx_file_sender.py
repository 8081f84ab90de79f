"""Files on their way to a provider: whole, streamed, to nobody else, and never for longer than there is time."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
import socket
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import BinaryIO, override

import httpx
import pytest

from framehook.adapters.httpx_file_sender import HttpxFileSender
from framehook.adapters.targets import TargetRules, resolve
from framehook.errors import DownloadRefused, Unavailable
from framehook.ports import FileSender, OutgoingFile
from framehook.providers.contract import HttpRequest
from tests.unit.adapters.raw_server import STARTS, ok, raw_server, redirect, trickling

KEY = "0123456789abcdef0123456789abcdef"
UPLOAD = HttpRequest("POST", "/openapi/v2/media/upload/binary", {"Authorization": f"Bearer {KEY}"}, b"")
BODY = b"\x89PNG\r\n\x1a\n--boundary\r\n" + bytes(range(256))
PUBLIC = "93.184.216.34"
ELSEWHERE = "93.184.216.35"


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture
def content() -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as content:
        content.write(BODY)
        yield content  # at its end, and not all of it on the disk


def _file(content: BinaryIO) -> OutgoingFile:
    return OutgoingFile(content, "input.png", "image/png")


def _local(client: httpx.Client, origin: str) -> FileSender:
    """`origin` is the account's own address, and exempt from the rules."""
    return HttpxFileSender(client, origin, TargetRules(lambda _: False, [origin], resolve))


def _through(
    handler: Callable[[httpx.Request], httpx.Response], addresses: Sequence[str] = (PUBLIC,)
) -> FileSender:
    rules = TargetRules(lambda host: host.endswith(".myqcloud.com"), (), lambda *_: addresses)
    return HttpxFileSender(httpx.Client(transport=httpx.MockTransport(handler)), "https://api.test", rules)


def _split(request: bytes) -> tuple[list[str], bytes]:
    """The lines of a request's head, in lower case, and its body."""
    head, _, body = request.partition(b"\r\n\r\n")
    return head.decode().lower().split("\r\n"), body


# what arrives


def test_post_sends_the_file_as_a_field_of_a_form(client: httpx.Client, content: BinaryIO) -> None:
    with raw_server(ok(b'{"code": 0}')) as server:
        answer = _local(client, server.origin + "/").post(UPLOAD, "file", _file(content), 10)
    assert (answer.status, answer.body) == (200, b'{"code": 0}')
    head, body = _split(server.requests[0])
    assert head[0] == "post /openapi/v2/media/upload/binary http/1.1"
    assert f"authorization: bearer {KEY}" in head
    assert f"content-length: {len(body)}" in head
    assert "connection: close" in head
    [content_type] = [line for line in head if line.startswith("content-type: ")]
    message = email.message_from_bytes(f"{content_type}\r\n\r\n".encode() + body, policy=email.policy.HTTP)
    [part] = message.iter_parts()
    assert part["content-disposition"] == 'form-data; name="file"; filename="input.png"'
    assert part.get_content_type() == "image/png"
    assert re.search(rb"\r\n\r\n(.*)\r\n--[0-9a-f]+--\r\n$", body, re.DOTALL)[1] == BODY  # type: ignore[index]


def test_put_sends_the_file_as_it_is_and_no_credential(client: httpx.Client, content: BinaryIO) -> None:
    with raw_server(ok(b"")) as server:
        sender = _local(client, server.origin)
        sender.post(UPLOAD, "file", _file(content), 10)
        sender.put(f"{server.origin}/a%20b?q-sign=x%2Fy", _file(content), 10)
    head, body = _split(server.requests[1])
    assert head[0] == "put /a%20b?q-sign=x%2fy http/1.1"
    assert body == BODY
    assert f"content-length: {len(BODY)}" in head
    assert "content-type: image/png" in head
    assert not [line for line in head if line.startswith(("authorization", "cookie", "transfer-encoding"))]
    assert KEY.encode() not in server.requests[1]


def test_put_sends_an_empty_file_as_such(client: httpx.Client) -> None:
    with raw_server(ok(b"")) as server, tempfile.TemporaryFile() as content:
        _local(client, server.origin).put(server.origin, _file(content), 10)
    assert _split(server.requests[0])[1] == b""


def test_any_status_is_an_answer_and_no_redirect_is_followed(client: httpx.Client, content: BinaryIO) -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"
    for answer, status in ((refusal, 413), (redirect("/elsewhere"), 302)):
        with raw_server(answer, ok(b"never")) as server:
            sender = _local(client, server.origin)
            assert sender.post(UPLOAD, "file", _file(content), 10).status == status
        with raw_server(answer, ok(b"never")) as server:
            sender = _local(client, server.origin)
            assert sender.put(server.origin, _file(content), 10).status == status
        assert len(server.requests) == 1


# where it may go


@pytest.mark.parametrize(
    "url",
    [
        "http://x.myqcloud.com/1",
        "https://x.myqcloud.com:8443/1",
        "https://myqcloud.com.evil.test/1",
        "https://user:pw@x.myqcloud.com/1",
        "https://x.myqcloud.com@evil.test/1",
        "https://169.254.169.254/latest",
        "https://api.test/openapi",
        "file:///etc/passwd",
        "",
    ],
)
def test_put_goes_nowhere_else(content: BinaryIO, url: str) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    with pytest.raises(DownloadRefused):
        _through(never).put(url, _file(content), 10)


def test_put_goes_to_no_address_that_is_not_public(content: BinaryIO) -> None:
    with pytest.raises(DownloadRefused):
        _through(lambda _: httpx.Response(200), [PUBLIC, "10.0.0.1"]).put(
            "https://x.myqcloud.com/1", _file(content), 10
        )


def test_put_connects_to_the_checked_address_and_takes_the_next_with_the_whole_file(
    content: BinaryIO,
) -> None:
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.read())
        assert request.headers["host"] == request.extensions["sni_hostname"] == "x.myqcloud.com"
        if request.url.host == PUBLIC:
            raise httpx.ConnectError("refused")
        assert str(request.url) == f"https://{ELSEWHERE}/1?a=b"
        return httpx.Response(200)

    answered = _through(answer, [PUBLIC, ELSEWHERE]).put("https://x.myqcloud.com/1?a=b", _file(content), 10)
    assert answered.status == 200
    assert seen == [BODY, BODY]


def test_post_path_that_changes_the_host_is_a_defect(client: httpx.Client, content: BinaryIO) -> None:
    with pytest.raises(ValueError, match="host"):
        _local(client, "https://api.test").post(
            HttpRequest("POST", "@evil.test/", {}, b""), "file", _file(content), 10
        )


# what goes wrong


@pytest.mark.parametrize("value", [f"Bearer {KEY}\n", "Bearer ключ"])
def test_post_key_that_can_not_be_sent_may_be_mended(
    client: httpx.Client, content: BinaryIO, value: str
) -> None:
    with raw_server(ok(b"")) as server, pytest.raises(Unavailable) as raised:
        _local(client, server.origin).post(
            HttpRequest("POST", "/", {"Authorization": value}, b""), "file", _file(content), 10
        )
    assert server.requests == []
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        ok(bytes(1024 * 1024 + 1)),
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
    ],
)
def test_broken_or_endless_answer_may_pass(client: httpx.Client, content: BinaryIO, answer: bytes) -> None:
    with raw_server(answer) as server:
        sender = _local(client, server.origin)
        with pytest.raises(Unavailable) as raised:
            sender.post(UPLOAD, "file", _file(content), 10)
        with pytest.raises(Unavailable):
            sender.put(f"{server.origin}/?q-signature=secret", _file(content), 10)
    assert KEY not in str(raised.value) + repr(raised.value.__cause__)


def test_host_that_takes_no_connection_may_pass(client: httpx.Client, content: BinaryIO) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    sender = _local(client, origin)
    with pytest.raises(Unavailable):
        sender.post(UPLOAD, "file", _file(content), 10)
    with pytest.raises(Unavailable):
        sender.put(origin, _file(content), 10)


def _silence(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize("answer", [_silence, *map(trickling, STARTS.values())], ids=["nothing", *STARTS])
def test_answer_that_does_not_come_is_cut_off(
    client: httpx.Client, content: BinaryIO, answer: Callable[[socket.socket], None]
) -> None:
    with raw_server(answer) as server:
        sender = _local(client, server.origin)
        started = time.monotonic()
        with pytest.raises(Unavailable):
            sender.post(UPLOAD, "file", _file(content), 0.3)
        with pytest.raises(Unavailable):
            sender.put(server.origin, _file(content), 0.3)
        assert time.monotonic() - started < 5


def test_receiver_that_does_not_read_is_cut_off(client: httpx.Client) -> None:
    """It takes the connection, and as much as fits into the buffers on the way."""
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryFile() as content:
        content.truncate(64 * 1024 * 1024)
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(Unavailable):
            _local(client, origin).put(origin, _file(content), 0.5)
        assert time.monotonic() - started < 5


def test_no_time_left_sends_nothing(client: httpx.Client, content: BinaryIO) -> None:
    with raw_server(_silence) as server:
        for seconds in (0, -1):
            with pytest.raises(Unavailable):
                _local(client, server.origin).put(server.origin, _file(content), seconds)


# how much is held


class _Receiver(ThreadingHTTPServer):
    digests: list[str]


class _Receiving(BaseHTTPRequestHandler):
    """Takes a file piece by piece, and keeps its SHA-256."""

    server: _Receiver

    def do_PUT(self) -> None:
        digest, left = hashlib.sha256(), int(self.headers["content-length"])
        while left and (piece := self.rfile.read(min(left, 65536))):
            digest.update(piece)
            left -= len(piece)
        self.server.digests.append(digest.hexdigest())
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_PUT()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing is said."""


@contextmanager
def _receiver() -> Iterator[_Receiver]:
    with _Receiver(("127.0.0.1", 0), _Receiving) as server:
        server.digests = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(5)


def test_large_file_is_never_held_in_memory(client: httpx.Client) -> None:
    size = 64 * 1024 * 1024
    with _receiver() as server, tempfile.TemporaryFile() as content:
        content.truncate(size)
        origin = f"http://127.0.0.1:{server.server_port}"
        sender = _local(client, origin)
        tracemalloc.start()
        try:
            assert sender.put(origin, _file(content), 60).status == 200
            assert sender.post(UPLOAD, "file", _file(content), 60).status == 200
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 4 * 1024 * 1024
        assert server.digests[0] == hashlib.sha256(bytes(size)).hexdigest()
