"""What may be fetched, from where, and what becomes of a download that goes wrong."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence

import httpx
import pytest

from framehook.adapters.https_downloader import BUSY, HttpsDownloader
from framehook.adapters.targets import TargetRules, is_public, resolve
from framehook.errors import DownloadRefused, FileTooLarge, ResultGone, Unavailable
from framehook.ports import Downloader
from tests.unit.adapters.raw_server import STARTS, ok, raw_server, redirect, trickling

PUBLIC = "93.184.216.34"
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def _rules(*addresses: str, extra: Sequence[str] = ()) -> TargetRules:
    return TargetRules(lambda host: host.endswith("media.test"), extra, lambda *_: addresses or (PUBLIC,))


def _through(handler: Handler, rules: TargetRules | None = None) -> Downloader:
    client = httpx.Client(transport=httpx.MockTransport(handler))
    return HttpsDownloader(client, rules or _rules(), total_seconds=60)


def _local(client: httpx.Client, *origins: str) -> Downloader:
    rules = TargetRules(lambda _: False, origins, resolve)
    return HttpsDownloader(client, rules, total_seconds=60)


def _all(downloader: Downloader, url: str, limit: int = 1000) -> bytes:
    return b"".join(downloader.stream(url, limit))


# what may be fetched


@pytest.mark.parametrize(
    "url",
    [
        "http://media.test/1",
        "https://media.test:8443/1",
        "https://evil.test/1",
        "https://media.test.evil.test/1",
        "https://user:pw@media.test/1",
        "https://media.test@evil.test/1",
        "https:///1",
        "ftp://media.test/1",
        "file:///etc/passwd",
        "data:text/plain,x",
        "/relative",
        "",
        "https://[::1/",
        "https://media.test:99999/",
        "https://media.test\n.evil.test/",
    ],
)
def test_stream_url_outside_the_rules_is_refused(url: str) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    with pytest.raises(DownloadRefused):
        _all(_through(never), url)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 - nothing listens here
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:93.184.216.34",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "2001:0:a00:1::1",
        "nonsense",
    ],
)
def test_stream_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(DownloadRefused):
        _all(_through(lambda _: httpx.Response(200), _rules(PUBLIC, address)), "https://media.test/1")


def test_is_public_ordinary_addresses_are() -> None:
    assert is_public(PUBLIC)
    assert is_public("2600:9000:2000::1")


def test_stream_connects_to_the_checked_address_under_the_hosts_name() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=iter((b"film",)))

    assert _all(_through(answer), "https://cdn.media.test/a%20b?sig=x%2Fy#part") == b"film"
    (request,) = seen
    assert str(request.url) == f"https://{PUBLIC}/a%20b?sig=x%2Fy"
    assert request.headers["host"] == "cdn.media.test"
    assert request.extensions["sni_hostname"] == "cdn.media.test"
    assert request.headers["accept-encoding"] == "identity"


def test_stream_first_address_unreachable_takes_the_next() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == PUBLIC:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, content=iter((b"film",)))

    rules = _rules(PUBLIC, "2600:9000:2000::1")
    assert _all(_through(answer, rules), "https://media.test/1") == b"film"


def test_stream_host_without_address_may_pass() -> None:
    rules = TargetRules(lambda _: True)
    with pytest.raises(Unavailable):
        _all(_through(lambda _: httpx.Response(200), rules), "https://no-such-host.invalid/1")


def test_stream_redirect_is_checked_like_a_url() -> None:
    elsewhere = httpx.Response(302, headers={"location": "http://169.254.169.254/latest/meta-data"})
    with pytest.raises(DownloadRefused):
        _all(_through(lambda _: elsewhere), "https://media.test/1")


def test_stream_relative_redirect_stays_on_the_host() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/1":
            return httpx.Response(307, headers={"location": "/2"})
        return httpx.Response(200, content=iter((request.headers["host"].encode(),)))

    assert _all(_through(answer), "https://media.test/1") == b"media.test"


def test_stream_three_redirects_are_followed_and_no_more(client: httpx.Client) -> None:
    for count, expected in ((3, True), (4, False)):
        steps = [redirect(f"/{number}") for number in range(count)]
        with raw_server(*steps, ok(b"film")) as server:
            downloader = _local(client, server.origin)
            if expected:
                assert _all(downloader, server.origin + "/") == b"film"
            else:
                with pytest.raises(DownloadRefused):
                    _all(downloader, server.origin + "/")


# extra origins


def test_stream_extra_origin_is_exempt_and_only_that_one(client: httpx.Client) -> None:
    with raw_server(ok(b"film")) as server, raw_server(ok(b"secret")) as other:
        assert _all(_local(client, server.origin), server.origin + "/1") == b"film"
        for url in (other.origin, server.origin.replace("http", "https"), f"http://localhost:{server.port}"):
            with pytest.raises(DownloadRefused):
                _all(_local(client, server.origin), url)
    assert server.requests[0].startswith(b"GET /1 HTTP/1.1\r\n")
    assert f"host: 127.0.0.1:{server.port}\r\n".encode() in server.requests[0].lower()


def test_stream_extra_origin_can_not_redirect_to_another(client: httpx.Client) -> None:
    with raw_server(ok(b"secret")) as other, raw_server(redirect(other.origin + "/")) as server:
        with pytest.raises(DownloadRefused):
            _all(_local(client, server.origin), server.origin)
        assert other.requests == []


def test_stream_without_extra_origins_refuses_the_machine_itself(client: httpx.Client) -> None:
    with raw_server(ok(b"secret")) as server:
        for url in (server.origin, f"https://localhost:{server.port}/", "https://127.0.0.1/"):
            with pytest.raises(DownloadRefused):
                _all(HttpsDownloader(client, TargetRules(lambda _: True), 60), url)
        assert server.requests == []


# what goes wrong


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, ResultGone),
        (410, ResultGone),
        (400, DownloadRefused),
        (401, DownloadRefused),
        (403, Unavailable),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
        (204, Unavailable),
        (206, Unavailable),
        (304, Unavailable),
    ],
)
def test_stream_other_status_is_an_error(status: int, error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        _all(_through(lambda _: httpx.Response(status)), "https://media.test/1")
    assert raised.type is error


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"nonsense\r\n\r\n",
    ],
)
def test_stream_truncated_file_may_pass(client: httpx.Client, answer: bytes) -> None:
    with raw_server(answer) as server, pytest.raises(Unavailable):
        _all(_local(client, server.origin), server.origin)


def test_stream_larger_than_the_limit_is_refused_before_and_while_reading(client: httpx.Client) -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + bytes(100_000)
    with raw_server(ok(bytes(101))) as server, pytest.raises(FileTooLarge):
        _all(_local(client, server.origin), server.origin, limit=100)
    with raw_server(endless) as server, pytest.raises(FileTooLarge):
        _all(_local(client, server.origin), server.origin, limit=100)
    with raw_server(ok(bytes(100))) as server:
        assert _all(_local(client, server.origin), server.origin, limit=100) == bytes(100)


def test_stream_encoded_file_is_refused() -> None:
    encoded = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"x"))
    with pytest.raises(DownloadRefused):
        _all(_through(lambda _: encoded), "https://media.test/1")


def test_stream_link_that_forbids_is_no_file_to_wait_for() -> None:
    """Where a user's file is fetched, that should be there by now."""
    for status, error in (
        (403, DownloadRefused),
        (409, DownloadRefused),
        (429, Unavailable),
        (503, Unavailable),
    ):
        client = httpx.Client(transport=httpx.MockTransport(lambda _, status=status: httpx.Response(status)))
        with pytest.raises(error) as raised:
            _all(HttpsDownloader(client, _rules(), 60, passing=BUSY), "https://media.test/1")
        assert raised.type is error


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS.keys())
def test_stream_trickling_is_cut_off_in_time(client: httpx.Client, start: bytes) -> None:
    """Each byte comes in time; only the whole does not."""
    with raw_server(trickling(start)) as server:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            list(_local(client, server.origin).stream(server.origin, 1000, 0.3))
        assert time.monotonic() - started < 5


def test_stream_cut_off_in_silence_is_not_taken_for_the_end(client: httpx.Client) -> None:
    """Without a length, the end of the connection is the end of the file."""

    def silence(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf a film")
        connection.recv(1)

    with raw_server(silence) as server, pytest.raises(Unavailable):
        list(_local(client, server.origin).stream(server.origin, 1000, 0.3))


def test_stream_redirects_share_its_time(client: httpx.Client) -> None:
    def slow(connection: socket.socket) -> None:
        time.sleep(0.2)
        connection.sendall(redirect("/again"))

    with raw_server(slow) as server, pytest.raises(Unavailable):
        list(_local(client, server.origin).stream(server.origin, 1000, 0.3))
    assert len(server.requests) <= 3


def test_stream_longer_than_its_time_may_pass() -> None:
    ticks = iter((0.0, 1.0, 61.0))
    slow = httpx.MockTransport(lambda _: httpx.Response(200, content=iter((b"a", b"b"))))
    downloader = HttpsDownloader(httpx.Client(transport=slow), _rules(), 60, lambda: next(ticks))
    with pytest.raises(Unavailable):
        _all(downloader, "https://media.test/1")
