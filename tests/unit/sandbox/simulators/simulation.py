"""The simulators in one event loop for tests: a clock that moves only when told, no sockets, instant media.

`Simulation` is what tests talk to; `Receiver` is the other side, on which webhooks and uploads arrive.
"""

import asyncio
import heapq
import itertools
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, override

import httpx

from tests.sandbox.simulators import KEYS
from tests.sandbox.simulators.application import build_application
from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.media_host import MediaHost
from tests.sandbox.simulators.media_renderer import MediaRenderer
from tests.sandbox.simulators.media_spec import MediaSpec
from tests.sandbox.simulators.registry import simulators

ORIGIN = "http://127.0.0.1:1"
API_KEYS = {name: f"simulated-{name}-key" for name in KEYS}
API_KEY, COMFY_KEY = API_KEYS["runware"], API_KEYS["runcomfy"]
HUB_KEYS = (API_KEYS["runninghub"], API_KEYS["runninghub-cn"])
HOOK = "https://gateway.test/webhooks/runware/job/1/secret-token"
UPLOAD = "https://bucket.test/incoming/job/1/0?X-Amz-Signature=abc%2Fdef"
FILE = b"rendered " * 100


class VirtualClock(Clock):
    """Time stands still between calls of `advance`."""

    def __init__(self) -> None:
        super().__init__(1.0)
        self._time = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    @override
    def now(self) -> float:
        return self._time

    @override
    async def sleep(self, seconds: float, at_least: float = 0.0) -> None:
        del at_least  # a floor in real time
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._time + seconds, next(self._order), wake))
        await wake

    async def advance(self, seconds: float) -> None:
        """Wake sleepers in order, letting each of them act before the next one."""
        end = self._time + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._time, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
            await settle()
        self._time = end


class InstantRenderer(MediaRenderer):
    """Every file has the same few bytes."""

    @override
    async def bytes_of(self, spec: MediaSpec) -> bytes:
        del spec
        return FILE


@dataclass
class Receiver:
    """Answers what arrives with `statuses` in turn, then 200; keeps every request with the time it came.

    `file` is what a GET yields.
    """

    clock: VirtualClock
    statuses: list[int] = field(default_factory=list)
    requests: list[tuple[float, httpx.Request]] = field(default_factory=list)
    file: bytes = b""
    file_type: str = "image/png"

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append((self.clock.now(), request))
        status = self.statuses.pop(0) if self.statuses else 200
        if request.method != "GET":
            return httpx.Response(status)
        return httpx.Response(status, content=self.file, headers={"Content-Type": self.file_type})

    def of_method(self, method: str) -> list[tuple[float, httpx.Request]]:
        return [(at, request) for at, request in self.requests if request.method == method]

    @property
    def webhooks(self) -> list[Any]:
        return [json.loads(request.content) for _, request in self.of_method("POST")]

    @property
    def uploads(self) -> list[httpx.Request]:
        return [request for _, request in self.of_method("PUT")]


class Simulation:
    """An application with every provider in it, a client on one side and a receiver on the other.

    The methods speak to Runware; RunningHub has `runninghub.hub` for that, RunComfy `runcomfy.comfy`.
    """

    def __init__(self, client_host: str = "127.0.0.1") -> None:
        self.clock = VirtualClock()
        self.receiver = Receiver(self.clock)
        outbound = httpx.AsyncClient(transport=httpx.MockTransport(self.receiver))
        renderer = InstantRenderer()
        media = MediaHost(ORIGIN, self.clock, renderer)
        self.providers = simulators(API_KEYS, ORIGIN, self.clock, media, outbound)
        self.runware, self.runninghub, self.runcomfy = self.providers
        application = build_application(self.providers, self.clock, media, renderer)
        transport = httpx.ASGITransport(application, client=(client_host, 123))
        self.client = httpx.AsyncClient(transport=transport, base_url=ORIGIN)

    async def post(self, *tasks: Any, key: str | None = API_KEY, dry_run: bool = False) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if dry_run:
            headers["X-Runware-Dry-Run"] = "1"
        return await self.client.post("/v1", json=list(tasks), headers=headers)

    async def look_up(self, task_uuid: str) -> Any:
        return (await self.post({"taskType": "getResponse", "taskUUID": task_uuid})).json()

    def fault(self, fault: str, times: int | None = None, **options: Any) -> None:
        self.runware.controls.faults.add({"fault": fault, "times": times, "options": options})

    def defaults(self, **changes: Any) -> None:
        self.runware.controls.change_defaults(changes)

    def records(self, name: str) -> Any:
        return self.runware.records(None)[name]


def simulate(scenario: Callable[[Simulation], Awaitable[None]], client_host: str = "127.0.0.1") -> None:
    """Run one scenario in a loop of its own and stop everything it started."""

    async def run() -> None:
        simulation = Simulation(client_host)
        try:
            async with asyncio.timeout(20):
                await scenario(simulation)
        finally:
            for provider in simulation.providers:
                await provider.controls.stop()

    asyncio.run(run())


def sora(**changes: Any) -> dict[str, Any]:
    """A valid Sora 2 Pro task with webhook and upload; a value of None leaves the parameter out."""
    task = {
        "taskType": "videoInference",
        "taskUUID": str(uuid.uuid4()),
        "model": "openai:3@2",
        "positivePrompt": "Slow dolly shot through a rain-soaked night market.",
        "width": 1280,
        "height": 720,
        "duration": 8,
        "includeCost": True,
        "webhookURL": HOOK,
        "uploadEndpoint": UPLOAD,
        **changes,
    }
    return {name: value for name, value in task.items() if value is not None}


async def settle() -> None:
    """Let everything that waits for the loop, not for time, happen."""
    for _ in range(60):
        await asyncio.sleep(0)
