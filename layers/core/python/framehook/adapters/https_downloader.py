"""Fetches a file from a URL (Downloader). The URL comes from outside, so nothing about it is trusted: see `targets` for
what may be fetched. Connects to the address that was checked; follows redirects by hand, with every check again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing

import httpx

from framehook.adapters import pinned
from framehook.adapters.cut_off import CutOff
from framehook.adapters.targets import TargetRules
from framehook.errors import DownloadRefused, FileTooLarge, ResultGone, Unavailable

_MOST_REDIRECTS = 3
_OK = 200
_GONE = (404, 410)
_CLIENT_ERRORS = range(400, 500)

NOT_YET = frozenset((403, 408, 409, 425, 429))
"""What may pass where a provider's result is awaited: a signed URL of an object that is not there yet answers 403 on
S3, and on the stores that copy it."""

BUSY = frozenset((408, 425, 429))
"""What may pass where the file should be there."""


class HttpsDownloader:
    """`client` must not use proxies from the environment: they would resolve the host themselves. A download is cut off
    after `total_seconds`. `passing`: statuses of 400 to 499 that are worth another try."""

    def __init__(
        self,
        client: httpx.Client,
        rules: TargetRules,
        total_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        passing: Collection[int] = NOT_YET,
    ) -> None:
        self._client = client
        self._rules = rules
        self._total_seconds = total_seconds
        self._monotonic = monotonic
        self._passing = passing

    def stream(self, url: str, limit: int, seconds: float | None = None) -> Iterator[bytes]:
        allowed = self._total_seconds if seconds is None else min(seconds, self._total_seconds)
        deadline = self._monotonic() + allowed
        try:
            with CutOff(allowed) as cut_off, closing(self._opened(url, cut_off)) as response:
                for chunk in self._body(response, limit, cut_off):
                    if self._monotonic() > deadline:
                        raise Unavailable(f"the download took more than {allowed:g} s")
                    yield chunk
        except httpx.HTTPError as error:  # a body shorter than its Content-Length among them
            raise Unavailable(f"the download broke off: {type(error).__name__}") from error

    def _opened(self, url: str, cut_off: CutOff) -> httpx.Response:
        """The response with the file, after at most three redirects."""
        for _ in range(_MOST_REDIRECTS + 1):
            target = self._rules.check(url)
            response = pinned.send(self._client, "GET", target, cut_off, headers={})
            location = response.headers.get("location")
            if not response.is_redirect or not location:
                return response
            response.close()
            url = target.join(location)
        raise DownloadRefused("too many redirects")

    def _body(self, response: httpx.Response, limit: int, cut_off: CutOff) -> Iterator[bytes]:
        expected = self._checked_length(response, limit)
        received = 0
        for chunk in response.iter_raw():
            received += len(chunk)
            if received > limit:
                raise FileTooLarge(f"the file has more than {limit} bytes")
            yield chunk
        cut_off.check()  # an end without a length may be one that we made
        if expected is not None and received != expected:
            raise Unavailable("the file is truncated")

    def _checked_length(self, response: httpx.Response, limit: int) -> int | None:
        """The promised length of an answer worth reading."""
        status = response.status_code
        if status in _GONE:
            raise ResultGone(f"the host answers {status}")
        if status in _CLIENT_ERRORS and status not in self._passing:
            raise DownloadRefused(f"the host answers {status}")
        if status != _OK:
            raise Unavailable(f"the host answers {status}")
        if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise DownloadRefused("the file is encoded, although it was asked for as it is")
        length = response.headers.get("content-length")
        if length is None or not length.isdecimal():
            return None
        if int(length) > limit:
            raise FileTooLarge(f"the file has {length} bytes; at most {limit} are taken")
        return int(length)
