"""The host behind every result URL: serves rendered or uploaded files until they expire, with ranges.

Provider-neutral. A provider says per download what is wrong with it (`Damage`); by default nothing is.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import override

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.connections import cut
from tests.sandbox.simulators.fault_rules import FaultSubject
from tests.sandbox.simulators.media_renderer import MediaRenderer
from tests.sandbox.simulators.media_spec import MediaSpec
from tests.sandbox.simulators.padded_media import PaddedMedia, padded_head, portion

SINGLE_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


@dataclass(frozen=True)
class Damage:
    """A broken download: another status, or a `fraction` of the file (`cut`: after announcing all of it).

    `pause` is real seconds between its halves.
    """

    status: int | None = None
    fraction: float = 1.0
    cut: bool = False
    pause: float = 0.0


@dataclass(frozen=True)
class HostedFile:
    """One file under /media; `content` is a description until somebody reads it."""

    path: str
    content: MediaSpec | PaddedMedia | bytes
    content_type: str
    expires_at: float
    subject: FaultSubject
    damage: Callable[[FaultSubject], Damage | None]


class MediaHost:
    """Stores what providers publish and answers GET and HEAD under /media."""

    def __init__(self, origin: str, clock: Clock, renderer: MediaRenderer) -> None:
        self._origin = origin
        self._clock = clock
        self._renderer = renderer
        self._files: dict[str, HostedFile] = {}

    @property
    def base_url(self) -> str:
        return f"{self._origin}/media"

    def publish(
        self,
        path: str,
        content: MediaSpec | PaddedMedia | bytes,
        content_type: str,
        *,
        lifetime: float,
        subject: FaultSubject,
        damage: Callable[[FaultSubject], Damage | None] = lambda _: None,
    ) -> str:
        """Serve the file under `path` for `lifetime` simulated seconds; returns its URL."""
        expires_at = self._clock.now() + lifetime
        self._files[path] = HostedFile(path, content, content_type, expires_at, subject, damage)
        return f"{self.base_url}/{path}"

    def withdraw(self, path: str) -> bool:
        return self._files.pop(path, None) is not None

    async def content_of(self, file: MediaSpec | bytes) -> bytes:
        return file if isinstance(file, bytes) else await self._renderer.bytes_of(file)

    def routes(self) -> list[BaseRoute]:
        return [Route("/media/{path:path}", self._serve, methods=["GET", "HEAD"])]

    async def _serve(self, request: Request) -> Response:
        file = self._files.get(request.path_params["path"])
        if file is None or self._clock.now() >= file.expires_at:
            return Response("Not Found", status_code=404, media_type="text/plain")
        damage = file.damage(file.subject) if request.method == "GET" else None
        if damage is not None and damage.status is not None:
            return Response("damaged by a fault rule", status_code=damage.status, media_type="text/plain")
        stored = await self._opened(file)
        if damage is not None:
            kept = int(stored.length * damage.fraction)
            if damage.cut:
                return _CutResponse(request, stored, kept)
            stored = replace(stored, length=kept, pause=damage.pause)
        return _ranged(request, stored)

    async def _opened(self, file: HostedFile) -> "_Stored":
        if isinstance(file.content, PaddedMedia):
            clip = await self._renderer.bytes_of(file.content.spec)
            return _Stored(padded_head(clip, file.content.size), file.content.size, file.content_type)
        content = await self.content_of(file.content)
        return _Stored(content, len(content), file.content_type)


@dataclass(frozen=True)
class _Stored:
    """A file of `length` bytes; those after `head` are zeros. `pause` comes in the middle of sending it."""

    head: bytes
    length: int
    content_type: str
    pause: float = 0.0

    def response(self, start: int, end: int, status: int, headers: dict[str, str]) -> Response:
        """The bytes from `start` up to `end`; streamed, because a file may be larger than memory."""
        headers |= {"Content-Length": str(end - start)}
        return StreamingResponse(self._parts(start, end), status, headers, self.content_type)

    async def _parts(self, start: int, end: int) -> AsyncIterator[bytes]:
        head, middle = self.head[: self.length], (start + end) // 2 if self.pause else end
        for part in portion(head, start, middle):
            yield part
        if self.pause:
            await asyncio.sleep(self.pause)
            for part in portion(head, middle, end):
                yield part


def _ranged(request: Request, file: _Stored) -> Response:
    headers = {"Accept-Ranges": "bytes"}
    asked = SINGLE_RANGE.match(request.headers.get("range", ""))
    if not asked or asked.groups() == ("", ""):
        return file.response(0, file.length, 200, headers)
    first, last = asked.groups()
    start = int(first) if first else max(0, file.length - int(last))
    end = min(int(last), file.length - 1) if first and last else file.length - 1
    if start > end:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{file.length}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{file.length}"
    return file.response(start, end + 1, 206, headers)


class _CutResponse(Response):
    """Announces the whole file, sends its beginning, then drops the connection."""

    def __init__(self, request: Request, file: _Stored, kept: int) -> None:
        super().__init__(media_type=file.content_type, headers={"Content-Length": str(file.length)})
        self._request = request
        self._parts = portion(file.head, 0, kept)

    @override
    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        for part in self._parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await cut(self._request)
