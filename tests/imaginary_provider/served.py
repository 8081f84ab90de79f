"""The simulated Lumen on a loopback port, and a stack that sends its jobs there and is called back over HTTP.

The store and the bucket are in memory; transport, downloader and webhook edge are those of the product.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framehook import webhook_edge
from framehook.adapters.https_downloader import HttpsDownloader
from framehook.adapters.httpx_transport import HttpxTransport
from framehook.adapters.targets import TargetRules
from framehook.fetching import Fetching
from framehook.jobs import Job, Status
from tests.fakes.stack import KEYS, InMemoryStack
from tests.imaginary_provider.lumen.provider import PROVIDER
from tests.imaginary_provider.simulator import LumenSimulator
from tests.sandbox.simulators.__main__ import AnnouncingServer
from tests.sandbox.simulators.application import build_application
from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.connections import CuttableProtocol
from tests.sandbox.simulators.media_host import MediaHost
from tests.sandbox.simulators.media_renderer import MediaRenderer
from tests.sandbox.simulators.outbound_client import make_client

KEY = "simulated-lumen-key"
SPEED = 400.0
PATIENCE = 20.0


@dataclass
class ServedLumen:
    """`simulator` answers at `origin`; `stack` has the jobs."""

    origin: str
    simulator: LumenSimulator
    client: httpx.Client
    stack: InMemoryStack = field(init=False)

    def __post_init__(self) -> None:
        transport = HttpxTransport(self.client, self.simulator.access()["base_url"], 10)
        keys = {**KEYS, "lumen": KEY}
        self.stack = InMemoryStack(keys=keys, transports={"lumen": transport}, webhook_base=self.origin)

    def fault(self, name: str, times: int | None = None, **options: Any) -> None:
        self.simulator.controls.faults.add({"fault": name, "times": times, "options": options})

    def sent(self, **asked: Any) -> Job:
        """A job after its one paid call."""
        return self.stack.submit(self.stack.accept(**asked).id)

    def until(self, job: Job, *statuses: Status) -> Job:
        """The job once Lumen's calls have brought it so far."""
        self.wait(lambda: self.stack.job(job.id).status in statuses)
        return self.stack.job(job.id)

    def wait(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < until, "that never came to be"
            time.sleep(0.01)

    def records(self, name: str) -> list[Any]:
        found: list[Any] = self.simulator.records(None)[name]
        return found

    def delivered(self, job: Job) -> Job:
        """The job after its file was fetched from Lumen's host and landed."""
        rules = TargetRules(PROVIDER.is_result_host, [self.origin])
        downloaders = {"lumen": HttpsDownloader(self.client, rules, PATIENCE)}
        Fetching(self.stack.changes, self.stack.media, downloaders, 2**31).fetch(job.id, 0)
        self.stack.landing.land(f"incoming/{job.id}/{job.attempt}/0")
        return self.stack.job(job.id)


@contextmanager
def served(speed: float = SPEED) -> Iterator[ServedLumen]:
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    clock, renderer, outbound = Clock(speed), MediaRenderer(), make_client()
    media = MediaHost(origin, clock, renderer)
    simulator = LumenSimulator(origin, KEY, clock, media, outbound)
    application = build_application([simulator], clock, media, renderer)
    config = uvicorn.Config(
        application, http=CuttableProtocol, log_level="error", timeout_graceful_shutdown=1
    )
    is_up = threading.Event()
    server = AnnouncingServer(config, is_up.set)

    async def serve() -> None:
        async with outbound:
            await server.serve(sockets=[listener])

    with httpx.Client(trust_env=False, follow_redirects=False) as client:
        lumen = ServedLumen(origin, simulator, client)
        application.router.routes.append(_webhooks(lumen.stack))
        thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
        thread.start()
        try:
            assert is_up.wait(PATIENCE)
            yield lumen
        finally:
            server.stop()
            thread.join(PATIENCE)
            listener.close()


def _webhooks(stack: InMemoryStack) -> Route:
    """Where API Gateway would stand before receive_webhook."""

    async def receive(request: Request) -> Response:
        event = {"pathParameters": dict(request.path_params), "body": (await request.body()).decode()}
        answer = await asyncio.to_thread(webhook_edge.answer, stack.completion, event)
        return Response(answer["body"], answer["statusCode"], answer["headers"])

    return Route("/webhooks/{provider}/{job_id}/{attempt}/{token}", receive, methods=["POST"])
