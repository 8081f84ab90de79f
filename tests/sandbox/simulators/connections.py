"""Cutting a client's TCP connection from inside a request, which ASGI itself cannot express.

The protocol class puts its transport into the request's scope; `cut` aborts it. Provider-neutral.
"""

import asyncio
from typing import cast, override

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

TRANSPORT_KEY = "simulators.transport"


class CuttableProtocol(H11Protocol):
    """uvicorn's HTTP protocol whose requests know the connection they came on."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app = _with_transport(self.app, transport)


async def cut(connection: HTTPConnection) -> None:
    """Reset the connection: the client sees it die without a response, or in the middle of one."""
    transport = connection.scope.get(TRANSPORT_KEY)
    if transport is None:
        raise ConnectionAbortedError("no transport to cut: not served by CuttableProtocol")
    await _abort(cast("asyncio.Transport", transport))


async def _abort(transport: asyncio.Transport) -> None:
    transport.abort()
    # connection_lost is called in the next turns of the loop; answering before it would log a protocol error.
    for _ in range(3):
        await asyncio.sleep(0)


def _with_transport(app: ASGIApp, transport: asyncio.Transport) -> ASGIApp:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        scope[TRANSPORT_KEY] = transport
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            # The process ends while a request is held on purpose: no stack trace, and no answer either.
            await _abort(transport)

    return wrapped
