"""Fetches a provider's result (Downloader). The URL comes from outside, so nothing about it is trusted: see
`targets` for what may be fetched. Connects to the address that was checked, never to one that is looked up
again; follows redirects by hand, with every check again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx

from framehook.adapters.targets import Target, TargetRules
from framehook.errors import DownloadRefused, ResultGone, Unavailable

_MOST_REDIRECTS = 3
_MOST_ADDRESSES = 3
_TIMEOUT = httpx.Timeout(30, connect=5).as_dict()
_OK = 200
_GONE = (404, 410)
_CLIENT_ERRORS = range(400, 500)
# A signed URL of an object that is not there yet answers 403 on S3, and on the stores that copy it.
_PASSING = (403, 408, 409, 425, 429)


class HttpsDownloader:
    """`client` must not use proxies from the environment: they would resolve the host themselves.
    `total_seconds` is checked whenever something arrives."""

    def __init__(
        self,
        client: httpx.Client,
        rules: TargetRules,
        total_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._rules = rules
        self._total_seconds = total_seconds
        self._monotonic = monotonic

    def stream(self, url: str, limit: int) -> Iterator[bytes]:
        deadline = self._monotonic() + self._total_seconds
        try:
            with closing(self._opened(url)) as response:
                yield from self._body(response, limit, deadline)
        except httpx.HTTPError as error:  # a body shorter than its Content-Length among them
            raise Unavailable(f"the download broke off: {type(error).__name__}") from error

    def _opened(self, url: str) -> httpx.Response:
        """The response with the file, after at most three redirects."""
        for _ in range(_MOST_REDIRECTS + 1):
            target = self._rules.check(url)
            response = self._requested(target)
            location = response.headers.get("location")
            if not response.is_redirect or not location:
                return response
            response.close()
            url = target.join(location)
        raise DownloadRefused("too many redirects")

    def _requested(self, target: Target) -> httpx.Response:
        """From the first address that takes a connection."""
        failure: Exception | None = None
        for address in target.addresses[:_MOST_ADDRESSES]:
            try:
                return self._client.send(_request(target, address), stream=True, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise Unavailable("the host can't be reached") from failure

    def _body(self, response: httpx.Response, limit: int, deadline: float) -> Iterator[bytes]:
        expected = _checked_length(response, limit)
        received = 0
        for chunk in response.iter_raw():
            received += len(chunk)
            if received > limit:
                raise DownloadRefused(f"the file has more than {limit} bytes")
            if self._monotonic() > deadline:
                raise Unavailable(f"the download took more than {self._total_seconds:g} s")
            yield chunk
        if expected is not None and received != expected:
            raise Unavailable("the file is truncated")


def _request(target: Target, address: str) -> httpx.Request:
    """Built apart from the client, whose cookies and defaults must not leak in.

    The certificate is checked against the host's name (`sni_hostname`). `Connection: close`, because the
    client pools connections by address, not by that name.
    """
    return httpx.Request(
        "GET",
        target.url.copy_with(host=address),
        headers={
            "host": target.host_header,
            "accept": "*/*",
            "accept-encoding": "identity",
            "user-agent": "framehook",
            "connection": "close",
        },
        extensions={"timeout": _TIMEOUT, "sni_hostname": target.host},
    )


def _checked_length(response: httpx.Response, limit: int) -> int | None:
    """The promised length of an answer worth reading."""
    status = response.status_code
    if status in _GONE:
        raise ResultGone(f"the provider answers {status}")
    if status in _CLIENT_ERRORS and status not in _PASSING:
        raise DownloadRefused(f"the provider answers {status}")
    if status != _OK:
        raise Unavailable(f"the provider answers {status}")
    if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise DownloadRefused("the file is encoded, although it was asked for as it is")
    length = response.headers.get("content-length")
    if length is None or not length.isdecimal():
        return None
    if int(length) > limit:
        raise DownloadRefused(f"the file has {length} bytes; at most {limit} are taken")
    return int(length)
