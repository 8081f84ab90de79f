"""RunComfy as tests talk to it: the one account of a running simulation."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.sandbox.simulators.runcomfy.sora import PRO_TEXT
from tests.unit.sandbox.simulators.provider_switches import ProviderSwitches
from tests.unit.sandbox.simulators.simulation import COMFY_KEY, ORIGIN, Simulation, simulate

COMFY_HOOK = "https://gateway.test/webhooks/runcomfy/job/1/secret-token?attempt=1"
WORKFLOW = "4c1f7a52-9c1e-4d0b-8f0e-2f6a1b7c9d01"
MIXED_WORKFLOW = "4c1f7a52-9c1e-4d0b-8f0e-2f6a1b7c9d02"
LORA = "7d2b9e34-51f6-4a83-b1c7-8e5d3f0a2c01"
QUEUE_SECONDS, VIDEO_SECONDS = 6.0, 150.0
OVERRIDES = {"6": {"inputs": {"text": "a portrait"}}, "31": {"inputs": {"seed": 7}}}


class Comfy(ProviderSwitches):
    """Both APIs below one base URL."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.clock, self.receiver, self.client = simulation.clock, simulation.receiver, simulation.client
        self.simulator = simulation.runcomfy

    async def send(
        self, method: str, path: str, body: Any = None, *, key: str = COMFY_KEY, **query: str
    ) -> httpx.Response:
        """A call of a path below the base URL, or of a URL that an answer gave."""
        url = path if path.startswith("http") else f"{ORIGIN}/runcomfy{path}"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return await self.client.request(method, url, json=body, headers=headers, params=query or None)

    async def submit(self, model_id: str = PRO_TEXT, /, **changes: Any) -> dict[str, Any]:
        """The acknowledgement of an accepted call of the Model API."""
        response = await self.send("POST", f"/v1/models/{model_id}", clip(**changes))
        assert response.status_code in (200, 202), response.text
        acknowledged: dict[str, Any] = response.json()
        return acknowledged

    async def run(
        self,
        deployment_id: str = WORKFLOW,
        body: Any = None,
        *,
        version: str = "v2",
        hook: str | None = COMFY_HOOK,
        intermediate: bool = False,
    ) -> dict[str, Any]:
        """The acknowledgement of an accepted call of the Serverless API."""
        query = {"webhook": hook} if hook else {}
        if intermediate:
            query["webhook_intermediate_status"] = "true"
        path = f"/prod/{version}/deployments/{deployment_id}/inference"
        response = await self.send("POST", path, {"overrides": OVERRIDES} if body is None else body, **query)
        assert response.status_code in (200, 202), response.text
        acknowledged: dict[str, Any] = response.json()
        return acknowledged

    async def status(self, acknowledged: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = (await self.send("GET", acknowledged["status_url"])).json()
        return found

    async def result(self, acknowledged: dict[str, Any], **query: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.send("GET", acknowledged["result_url"], **query)).json()
        return found

    async def cancel(self, acknowledged: dict[str, Any]) -> httpx.Response:
        return await self.send("POST", acknowledged["cancel_url"])

    async def finish(self, model_id: str = PRO_TEXT, /, **changes: Any) -> dict[str, Any]:
        """The result of a call of the Model API that has had its time."""
        acknowledged = await self.submit(model_id, **changes)
        await self.clock.advance(QUEUE_SECONDS + VIDEO_SECONDS)
        return await self.result(acknowledged)

    async def words(self, acknowledged: dict[str, Any]) -> tuple[Any, Any]:
        """What status and result call the state of the job."""
        status, result = await self.status(acknowledged), await self.result(acknowledged)
        return status["status"], result.get("status", result.get("error_code"))

    @property
    def webhooks(self) -> list[Any]:
        return self.receiver.webhooks


def simulate_comfy(scenario: Callable[[Comfy], Awaitable[None]]) -> None:
    simulate(lambda simulation: scenario(Comfy(simulation)))


def clip(**changes: Any) -> dict[str, Any]:
    """A valid Sora body; a value of None leaves the key out."""
    body = {"prompt": "A glassblower shapes a molten vase.", "size": "1280x720", "seconds": 8, **changes}
    return {name: value for name, value in body.items() if value is not None}
