"""The simulated Lumen by itself: what it refuses, how its requests live, and how it calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.imaginary_provider.answers import MODEL
from tests.imaginary_provider.simulator import BASE, FAULTS, LumenSimulator
from tests.sandbox.simulators.application import build_application
from tests.sandbox.simulators.media_host import MediaHost
from tests.sandbox.simulators.provider import ProviderSimulator
from tests.unit.sandbox.simulators.provider_switches import ProviderSwitches
from tests.unit.sandbox.simulators.simulation import FILE, ORIGIN, InstantRenderer, Receiver, VirtualClock

KEY = "simulated-lumen-key"
HOOK = "https://gateway.test/webhooks/lumen/job/1.0/secret-token"
QUEUE_SECONDS, RUN_SECONDS = 5.0, 60.0


@dataclass
class Lumen(ProviderSwitches):
    clock: VirtualClock
    receiver: Receiver
    simulator: LumenSimulator
    client: httpx.AsyncClient

    async def send(self, method: str, path: str, body: Any = None, key: str = KEY) -> httpx.Response:
        url = path if path.startswith("http") else f"{ORIGIN}{BASE}/{path}"
        return await self.client.request(method, url, json=body, headers={"Authorization": f"Key {key}"})

    async def submit(self, hook: str | None = HOOK, **changes: Any) -> dict[str, Any]:
        query = f"?lumen_webhook={hook}" if hook else ""
        response = await self.send("POST", f"{MODEL}{query}", {"prompt": "a fox", **changes})
        assert response.status_code == 200, response.text
        taken: dict[str, Any] = response.json()
        return taken

    async def words(self, taken: dict[str, Any]) -> tuple[str, int]:
        """What the status calls the request, and what the result answers."""
        status = await self.send("GET", taken["status_url"])
        result = await self.send("GET", taken["response_url"])
        return status.json()["status"], result.status_code


def simulate(scenario: Callable[[Lumen], Awaitable[None]]) -> None:
    async def run() -> None:
        clock, renderer = VirtualClock(), InstantRenderer()
        receiver, media = Receiver(clock), MediaHost(ORIGIN, clock, renderer)
        outbound = httpx.AsyncClient(transport=httpx.MockTransport(receiver))
        simulator = LumenSimulator(ORIGIN, KEY, clock, media, outbound)
        providers: list[ProviderSimulator] = [simulator]
        transport = httpx.ASGITransport(build_application(providers, clock, media, renderer))
        try:
            async with asyncio.timeout(20):
                client = httpx.AsyncClient(transport=transport, base_url=ORIGIN)
                await scenario(Lumen(clock, receiver, simulator, client))
        finally:
            await simulator.controls.stop()

    asyncio.run(run())


def test_request_waits_runs_and_ends() -> None:
    async def scenario(lumen: Lumen) -> None:
        taken = await lumen.submit(duration="4")
        assert await lumen.words(taken) == ("IN_QUEUE", 400)
        await lumen.clock.advance(QUEUE_SECONDS)
        assert await lumen.words(taken) == ("IN_PROGRESS", 400)
        await lumen.clock.advance(RUN_SECONDS)
        assert await lumen.words(taken) == ("COMPLETED", 200)
        result = (await lumen.send("GET", taken["response_url"])).json()
        assert (await lumen.client.get(result["video"]["url"])).content == FILE
        assert lumen.records("lookups") == {taken["request_id"]: 7}
        assert (await lumen.send("PUT", taken["cancel_url"])).status_code == 400

    simulate(scenario)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"prompt": "a", "size": "1"}, "extra fields are not permitted"),
        ({"prompt": "a", "duration": "5"}, "is not one of the permitted values"),
        ({"prompt": "a", "duration": 4}, "is not one of the permitted values"),
        ({"duration": "4"}, "field required"),
        ([], "not a JSON object"),
    ],
)
def test_input_is_checked(body: Any, message: str) -> None:
    async def scenario(lumen: Lumen) -> None:
        refused = await lumen.send("POST", MODEL, body)
        assert (refused.status_code, refused.json()["detail"][0]["msg"]) == (422, message)
        assert lumen.records("accepted") == []

    simulate(scenario)


def test_key_model_request_and_webhook_have_to_be_right() -> None:
    async def scenario(lumen: Lumen) -> None:
        taken = await lumen.submit()
        body = {"prompt": "a fox"}
        calls = [
            lumen.send("POST", MODEL, body, key="wrong"),
            lumen.send("POST", "acme/unheard-of", body),
            lumen.send("POST", f"{MODEL}?lumen_webhook=nowhere", body),
            lumen.send("GET", f"{MODEL}/requests/unknown"),
            lumen.send("GET", f"glow/other/requests/{taken['request_id']}"),
        ]
        assert [(await call).status_code for call in calls] == [401, 404, 422, 404, 404]

    simulate(scenario)


def test_webhook_is_tried_until_it_is_taken() -> None:
    async def scenario(lumen: Lumen) -> None:
        lumen.receiver.statuses = [500, 503]
        taken = await lumen.submit()
        await lumen.clock.advance(QUEUE_SECONDS + RUN_SECONDS)
        assert len(lumen.receiver.webhooks) == 1
        await lumen.clock.advance(200)
        assert [each["status"] for each in lumen.records("webhooks")] == [500, 503, 200]
        told = lumen.receiver.webhooks[-1]
        assert (told["request_id"], told["status"], told["error"]) == (taken["request_id"], "OK", None)
        assert set(told["payload"]["video"]) == {"url", "content_type", "file_name"}

    simulate(scenario)


def test_webhook_is_given_up_after_ten_attempts_in_two_hours() -> None:
    async def scenario(lumen: Lumen) -> None:
        lumen.receiver.statuses = [500] * 99
        await lumen.submit()
        await lumen.clock.advance(7200 + QUEUE_SECONDS + RUN_SECONDS)
        assert len(lumen.records("webhooks")) == 10
        await lumen.clock.advance(100_000)
        assert len(lumen.records("webhooks")) == 10

    simulate(scenario)


def test_failed_request_answers_and_calls_with_its_error_and_is_free() -> None:
    async def scenario(lumen: Lumen) -> None:
        lumen.fault("outcome", status=500)
        taken = await lumen.submit()
        await lumen.clock.advance(QUEUE_SECONDS + RUN_SECONDS)
        assert await lumen.words(taken) == ("COMPLETED", 500)
        [told] = lumen.receiver.webhooks
        assert (told["status"], told["error"]) == ("ERROR", "Invalid status code: 500")
        assert told["payload"]["detail"][0]["msg"] == "The model refused the prompt"
        assert lumen.records("billed") == []

    simulate(scenario)


def test_waiting_request_is_cancelled_and_a_running_one_goes_on() -> None:
    async def scenario(lumen: Lumen) -> None:
        waiting, running = await lumen.submit(), await lumen.submit()
        assert (await lumen.send("PUT", waiting["cancel_url"])).json() == {"status": "CANCELLATION_REQUESTED"}
        await lumen.clock.advance(QUEUE_SECONDS)
        assert (await lumen.send("PUT", running["cancel_url"])).status_code == 202
        await lumen.clock.advance(RUN_SECONDS)
        assert await lumen.words(waiting) == ("COMPLETED", 400)
        assert await lumen.words(running) == ("COMPLETED", 200)
        assert [each["request_id"] for each in lumen.records("billed")] == [running["request_id"]]

    simulate(scenario)


def test_faults_are_those_of_every_provider_and_a_few_more() -> None:
    own = {"submit_error", "outcome", "lookup_error"}
    assert own < FAULTS.keys()
    assert {"accept_then_timeout", "webhook_drop", "webhook_duplicate", "media_404"} <= FAULTS.keys() - own


def test_reset_forgets_everything() -> None:
    async def scenario(lumen: Lumen) -> None:
        lumen.fault("submit_error", times=1)
        refused = await lumen.send("POST", MODEL, {"prompt": "a fox"})
        assert (refused.status_code, "retry-after" in refused.headers) == (429, False)
        lumen.defaults(price=0.8)
        await lumen.submit()
        assert (await lumen.client.post("/_control/lumen/reset")).status_code == 204
        assert (lumen.records("accepted"), lumen.records("requests")) == ([], [])
        assert lumen.simulator.controls.defaults()["price"] == 0.4

    simulate(scenario)
