"""Stands between a local stack and those who call it, and notes each request: what it asked of which service.

A relay for `running_stack`: the functions, the provider and the user of the API come through it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp

from tests.sandbox import forwarding
from tests.sandbox.processes import LOOPBACK, free_port

API_PATH = "/_aws/execute-api/"
START_SECONDS = 10.0


@dataclass(slots=True)
class Call:
    """One request and its answer, bodies included."""

    method: str
    path: str
    headers: Mapping[str, str]
    asked: bytes
    status: int
    answered: bytes = b""

    @property
    def service(self) -> str:
        """By the signature's scope; a request without one is a call of the API or a presigned one of S3."""
        if self.path.startswith(API_PATH):
            return "apigateway"
        authorization = self.headers.get("authorization", "")
        scope = authorization.partition("Credential=")[2].partition(",")[0].split("/")
        return scope[3] if len(scope) > 3 else "s3"

    @property
    def operation(self) -> str:
        if target := self.headers.get("x-amz-target"):
            return target.rpartition(".")[2]
        match self.service:
            case "apigateway":
                return f"{self.method} {'/'.join(self.path.split('/')[5:7])}"
            case "lambda":
                return "Invoke" if self.path.endswith("/invocations") else self.method
            case "s3":
                return self._of_s3()
            case _:
                return parse_qs(self.asked.decode("latin-1")).get("Action", [self.method])[0]

    def _of_s3(self) -> str:
        if "x-amz-copy-source" in self.headers:
            return "COPY"
        of_bucket = "/" not in self.path.strip("/")
        return "LIST" if self.method == "GET" and of_bucket else self.method


@dataclass(slots=True)
class RequestCounter:
    calls: list[Call] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def relay(self, upstream: str) -> Iterator[str]:
        """The URL of a server before `upstream`, which runs in a thread for the length of the block."""
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        config = uvicorn.Config(
            self._application(forwarding.make_client(upstream)),
            host=LOOPBACK,
            port=port,
            lifespan="off",
            ws="none",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield self.url
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)

    def _application(self, upstream: httpx.AsyncClient) -> ASGIApp:
        async def answer(request: Request) -> Response:
            path, query = forwarding.path_of(request), forwarding.query_of(request)
            target = f"{path}?{query}" if query else path
            call = Call(request.method, path, dict(request.headers), await request.body(), 0)
            self.calls.append(call)
            response = await forwarding.forward(upstream, request, target, request.headers.items())
            call.status = response.status_code
            if isinstance(response, StreamingResponse):
                response.body_iterator = _noted(response.body_iterator, call)
            return response

        return forwarding.application(answer)


async def _noted(body: AsyncIterable[Any], call: Call) -> AsyncIterator[Any]:
    async for chunk in body:
        call.answered += chunk
        yield chunk
