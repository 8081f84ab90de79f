"""RunningHub as tests talk to it: one account on one site of a running simulation."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.unit.sandbox.simulators.provider_switches import ProviderSwitches
from tests.unit.sandbox.simulators.simulation import HUB_KEYS, ORIGIN, Simulation, simulate

HUB_HOOK = "https://gateway.test/webhooks/runninghub/job/1/secret-token"
SORA = "rhart-video-s-official/text-to-video-pro"
IMAGE = "rhart-image-g-2/text-to-image"
VIDEO_SECONDS, RUN_SECONDS = 150.0, 40.0
TASK_FIELDS = ("taskId", "status", "errorCode", "errorMessage", "results", "clientId", "promptTips")
"""What stands in an acknowledgement, and first in a webhook, in this order."""


class Hub(ProviderSwitches):
    """The account of the global site, or of the Chinese one."""

    def __init__(self, simulation: Simulation, *, cn: bool = False) -> None:
        self.simulation = simulation
        self.clock, self.receiver, self.client = simulation.clock, simulation.receiver, simulation.client
        self.simulator = simulation.runninghub
        self.base = f"{ORIGIN}/runninghub{'-cn' if cn else ''}"
        self.key = HUB_KEYS[cn]

    async def send(self, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        """A v2 call."""
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        return await self.client.post(f"{self.base}/openapi/v2/{path}", json=body, headers=headers)

    async def v2(self, path: str, **body: Any) -> dict[str, Any]:
        """A v2 call with this body; its answer."""
        answer: dict[str, Any] = (await self.send(path, body)).json()
        return answer

    async def old(self, path: str, **body: Any) -> dict[str, Any]:
        """An old call with this body and the key in it; its answer."""
        response = await self.client.post(f"{self.base}/{path}", json={"apiKey": self.key, **body})
        assert response.status_code == 200
        answer: dict[str, Any] = response.json()
        return answer

    async def submit(self, **changes: Any) -> str:
        """The id of an accepted Sora task with a webhook."""
        return str((await self.v2(SORA, **text_to_video(**changes)))["taskId"])

    async def finish(self, seconds: float = VIDEO_SECONDS, **changes: Any) -> dict[str, Any]:
        """What the query says of a Sora task that has had its time."""
        task_id = await self.submit(**changes)
        await self.clock.advance(seconds)
        return await self.query(task_id)

    async def query(self, task_id: str) -> dict[str, Any]:
        return await self.v2("query", taskId=task_id)

    async def upload(self, name: str = "frame.png", content: bytes = b"\x89PNG\r\n\r\n--x") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.key}"}
        url = f"{self.base}/openapi/v2/media/upload/binary"
        answer: dict[str, Any] = (
            await self.client.post(url, files={"file": (name, content)}, headers=headers)
        ).json()
        return answer

    @property
    def webhooks(self) -> list[Any]:
        return self.receiver.webhooks


def simulate_hub(scenario: Callable[[Hub], Awaitable[None]]) -> None:
    """Run one scenario with the global site's account."""
    simulate(lambda simulation: scenario(Hub(simulation)))


def text_to_video(**changes: Any) -> dict[str, Any]:
    """A valid Sora 2 Pro body with a webhook; a value of None leaves the parameter out."""
    body = {
        "prompt": "A glassblower shapes a molten vase.",
        "size": "720x1280",
        "duration": "12",
        "webhookUrl": HUB_HOOK,
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}
