"""Passes HTTP requests on to another server and streams the answers back, bodies as they come.

What of a request goes on is the caller's business.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# They belong to one connection: https://www.rfc-editor.org/rfc/rfc9110#name-connection
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
# A Lambda function behind an API answers within 30 s, a large upload takes longer.
TIMEOUT = httpx.Timeout(120.0, connect=5.0)


def make_client(upstream: str) -> httpx.AsyncClient:
    """Follows no redirects and heeds no proxy settings: what is forwarded is answered by `upstream` alone."""
    return httpx.AsyncClient(base_url=upstream, timeout=TIMEOUT, trust_env=False)


def application(answer: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
    """An application of one function, which is asked whatever the method and the path."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"  # serve it with lifespan off and without WebSockets
        response = await answer(Request(scope, receive))
        await response(scope, receive, send)

    return call


def path_of(request: Request) -> str:
    """The path as it stood in the request line, escapes and all."""
    path: bytes = request.scope["raw_path"]
    return path.decode("latin-1").partition("?")[0]


def query_of(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    return query.decode("latin-1")


async def forward(
    client: httpx.AsyncClient, request: Request, target: str, headers: Sequence[tuple[str, str]]
) -> Response:
    """The answer, streamed; 502 when there is none. `target` is path and query, `headers` are in lower case."""
    has_body = any(name in ("content-length", "transfer-encoding") for name, _ in headers)
    sent = client.build_request(
        request.method,
        client.base_url.copy_with(raw_path=target.encode("latin-1")),
        headers=[(name, value) for name, value in headers if name not in HOP_BY_HOP],
        content=request.stream() if has_body else None,
    )
    try:
        answer = await client.send(sent, stream=True)
    except httpx.TransportError:
        return Response(status_code=502)
    return _streamed(answer)


def _streamed(answer: httpx.Response) -> Response:
    async def body() -> AsyncIterator[bytes]:
        async for chunk in answer.aiter_raw():
            yield chunk

    response = StreamingResponse(
        body(), status_code=answer.status_code, background=BackgroundTask(answer.aclose)
    )
    response.raw_headers = [
        (name.lower(), value)
        for name, value in answer.headers.raw
        if name.lower().decode("latin-1") not in HOP_BY_HOP
    ]
    return response
