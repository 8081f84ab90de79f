"""The host behind every result URL: serves rendered or uploaded files until they expire, with ranges.

Provider-neutral. A provider says per download what is wrong with it (`Damage`); by default nothing is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.connections import cut
from tests.sandbox.simulators.fault_rules import FaultSubject
from tests.sandbox.simulators.media_renderer import MediaRenderer
from tests.sandbox.simulators.media_spec import MediaSpec

SINGLE_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


@dataclass(frozen=True)
class Damage:
    """A broken download: another status, or a `fraction` of the file (`cut`: after announcing all of it)."""

    status: int | None = None
    fraction: float = 1.0
    cut: bool = False


@dataclass(frozen=True)
class HostedFile:
    """One file under /media; `content` is a spec until somebody reads it."""

    path: str
    content: MediaSpec | bytes
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
        content: MediaSpec | bytes,
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
        content = await self.content_of(file.content)
        if damage is not None:
            kept = content[: int(len(content) * damage.fraction)]
            if damage.cut:
                return _CutResponse(request, kept, len(content), file.content_type)
            content = kept
        return _ranged(request, content, file.content_type)


def _ranged(request: Request, content: bytes, content_type: str) -> Response:
    headers = {"Accept-Ranges": "bytes"}
    asked = SINGLE_RANGE.match(request.headers.get("range", ""))
    if not asked or asked.groups() == ("", ""):
        return Response(content, media_type=content_type, headers=headers)
    first, last = asked.groups()
    start = int(first) if first else max(0, len(content) - int(last))
    end = min(int(last), len(content) - 1) if first and last else len(content) - 1
    if start > end:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    return Response(content[start : end + 1], 206, media_type=content_type, headers=headers)


class _CutResponse(Response):
    """Announces the whole file, sends its beginning, then drops the connection."""

    def __init__(self, request: Request, kept: bytes, announced: int, content_type: str) -> None:
        super().__init__(media_type=content_type, headers={"Content-Length": str(announced)})
        self._request = request
        self._kept = kept

    @override
    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._kept, "more_body": True})
        await cut(self._request)
