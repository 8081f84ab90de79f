"""The outside world's HTTP, written down beforehand: a transport with scripted answers and a downloader with
known URLs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from framehook.errors import DownloadRefused
from framehook.providers.contract import HttpRequest, HttpResponse

Answer = HttpResponse | Exception | Callable[[HttpRequest], HttpResponse]


class ScriptedTransport:
    """Gives the scripted answers in order and keeps the requests. An exception is raised; a function is
    called, and may do something in between (a webhook that overtakes the answer, say)."""

    def __init__(self, *answers: Answer) -> None:
        self.answers: deque[Answer] = deque(answers)
        self.requests: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        if not self.answers:
            raise AssertionError(f"no answer is scripted for {request.method} {request.path}")
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, HttpResponse) else answer(request)


class FakeDownloader:
    """Bodies by URL; an exception instead of a body is raised when the first chunk is asked for."""

    def __init__(self, bodies: dict[str, bytes | Exception] | None = None, chunk: int = 64 * 1024) -> None:
        self.bodies = dict(bodies or {})
        self.chunk = chunk
        self.urls: list[str] = []

    def stream(self, url: str, limit: int) -> Iterator[bytes]:
        self.urls.append(url)
        body = self.bodies.get(url, DownloadRefused("no such URL"))
        if isinstance(body, Exception):
            raise body
        if len(body) > limit:
            raise DownloadRefused("larger than the limit")
        for start in range(0, len(body), self.chunk):
            yield body[start : start + self.chunk]
