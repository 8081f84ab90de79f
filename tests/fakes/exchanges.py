"""The outside world's HTTP, written down beforehand: a transport and a sender of files with scripted answers, and a
downloader with known URLs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from framehook.errors import DownloadRefused, FileTooLarge
from framehook.ports import OutgoingFile
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
        self.seconds: list[float | None] = []

    def stream(self, url: str, limit: int, seconds: float | None = None) -> Iterator[bytes]:
        self.urls.append(url)
        self.seconds.append(seconds)
        body = self.bodies.get(url, DownloadRefused("no such URL"))
        if isinstance(body, Exception):
            raise body
        if len(body) > limit:
            raise FileTooLarge("larger than the limit")
        for start in range(0, len(body), self.chunk):
            yield body[start : start + self.chunk]


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it arrived. `to` is the path of a form's request, or the URL of a PUT, which has no headers of ours."""

    to: str
    body: bytes
    name: str
    content_type: str
    field: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0


class FakeFileSender:
    """Gives the scripted answers in order and keeps the files. An exception is raised; a function is called."""

    def __init__(self, *answers: HttpResponse | Exception | Callable[[], HttpResponse]) -> None:
        self.answers = deque(answers)
        self.sent: list[SentFile] = []

    def post(self, request: HttpRequest, field: str, file: OutgoingFile, seconds: float) -> HttpResponse:
        headers = tuple(request.headers.items())
        sent = SentFile(request.path, _content(file), file.name, file.content_type, field, headers, seconds)
        return self._answer(sent)

    def put(self, url: str, file: OutgoingFile, seconds: float) -> HttpResponse:
        return self._answer(SentFile(url, _content(file), file.name, file.content_type, seconds=seconds))

    def _answer(self, sent: SentFile) -> HttpResponse:
        self.sent.append(sent)
        if not self.answers:
            raise AssertionError(f"no answer is scripted for a file sent to {sent.to}")
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, HttpResponse) else answer()


def _content(file: OutgoingFile) -> bytes:
    file.content.seek(0)
    return file.content.read()
