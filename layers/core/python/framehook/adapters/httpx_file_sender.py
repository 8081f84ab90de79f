"""Sends a file to an account of a provider (FileSender), in pieces of 64 KB from the disk. Never logs: headers carry
API keys, and an address from an answer is signed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import httpx

from framehook.adapters import pinned
from framehook.adapters.cut_off import CutOff
from framehook.adapters.exchange_parts import read_answer, request_headers
from framehook.adapters.targets import TargetRules
from framehook.errors import Unavailable
from framehook.ports import OutgoingFile
from framehook.providers.contract import HttpRequest, HttpResponse

_TIMEOUT = httpx.Timeout(30, connect=5).as_dict()
_MOST_BYTES = 1024 * 1024  # of an answer


class HttpxFileSender:
    """`client` must not use proxies from the environment. `base_url` is the account's own, the only one that gets a
    credential; `rules` decide about the addresses that answers name."""

    def __init__(self, client: httpx.Client, base_url: str, rules: TargetRules) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._rules = rules

    def post(self, request: HttpRequest, field: str, file: OutgoingFile, seconds: float) -> HttpResponse:
        prepared = self._prepared(request, field, file)

        def send(cut_off: CutOff) -> httpx.Response:
            prepared.extensions["trace"] = cut_off.observe
            return self._client.send(prepared, stream=True, follow_redirects=False)

        return _answer(send, seconds)

    def put(self, url: str, file: OutgoingFile, seconds: float) -> HttpResponse:
        target = self._rules.check(url)
        headers = {"content-type": file.content_type}
        return _answer(
            lambda cut_off: pinned.send(
                self._client, "PUT", target, cut_off, headers=headers, content=file.content
            ),
            seconds,
        )

    def _prepared(self, request: HttpRequest, field: str, file: OutgoingFile) -> httpx.Request:
        """Built apart from the client, whose cookies and defaults must not leak in."""
        if not request.path.startswith("/"):
            raise ValueError("a path must not be able to change the host")
        headers = request_headers(request.headers, Unavailable)
        file.content.seek(0)  # whatever is still to be written of it counts for its length
        return httpx.Request(
            request.method,
            self._base_url + request.path,
            headers=headers,
            files={field: (file.name, file.content, file.content_type)},
            extensions={"timeout": _TIMEOUT},
        )


def _answer(send: Callable[[CutOff], httpx.Response], seconds: float) -> HttpResponse:
    try:
        with CutOff(seconds) as cut_off, closing(send(cut_off)) as response:
            answer = read_answer(response, _MOST_BYTES, Unavailable)
            cut_off.check()  # an end without a length may be one that we made
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise Unavailable(f"the file could not be sent: {type(error).__name__}") from error
    return answer
