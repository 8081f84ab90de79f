"""Webhooks: who gets them, their events and bodies, their retries, and the faults of both."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.unit.sandbox.simulators.runcomfy.comfy import (
    COMFY_HOOK,
    LORA,
    OVERRIDES,
    QUEUE_SECONDS,
    WORKFLOW,
    Comfy,
    clip,
    simulate_comfy,
)

FAILURE = {"overrides": {"6": {"inputs": {"text": "[[failed]]"}}}}
CANCELLATION = {"overrides": {"6": {"inputs": {"text": "[[cancelled]]"}}}}
INTERMEDIATE_BODY = {"webhook": COMFY_HOOK, "webhook_intermediate_status": True}


def test_last_event_alone_is_sent_to_the_url_as_it_was_given() -> None:
    async def scenario(comfy: Comfy) -> None:
        job = await comfy.run()
        await comfy.clock.advance(1000)
        (hook,) = comfy.webhooks
        assert (hook["request_id"], hook["deployment_id"]) == (job["request_id"], WORKFLOW)
        assert (hook["status"], "outcome" in hook) == ("succeeded", False)
        assert hook["outputs"] == (await comfy.result(job))["outputs"]
        assert [str(request.url) for _, request in comfy.receiver.requests] == [COMFY_HOOK]

    simulate_comfy(scenario)


@pytest.mark.parametrize("legacy", [False, True])
def test_every_event_is_sent_if_asked_for_in_the_query_or_as_of_old_in_the_body(legacy: bool) -> None:
    async def scenario(comfy: Comfy) -> None:
        if legacy:
            await comfy.run(body={"overrides": OVERRIDES, **INTERMEDIATE_BODY}, hook=None)
        else:
            await comfy.run(intermediate=True)
        await comfy.clock.advance(1000)
        assert [hook["status"] for hook in comfy.webhooks] == ["in_queue", "in_progress", "succeeded"]
        assert [at for at, _ in comfy.receiver.requests] == [0, QUEUE_SECONDS, QUEUE_SECONDS + 40]
        assert comfy.webhooks[0]["queue_position"] == 3
        assert [one["kind"] for one in comfy.records("webhooks")] == ["in_queue", "in_progress", "succeeded"]

    simulate_comfy(scenario)


def test_lora_knows_no_webhook_in_its_body() -> None:
    async def scenario(comfy: Comfy) -> None:
        body = {"prompt": "x", "webhook": COMFY_HOOK}
        assert (await comfy.send("POST", f"/prod/v2/deployments/{LORA}/inference", body)).status_code == 422
        await comfy.run(LORA, {"prompt": "x"})
        await comfy.clock.advance(1000)
        assert list(comfy.webhooks[0]["output"]) == ["images"]

    simulate_comfy(scenario)


def test_webhook_must_be_a_url() -> None:
    async def scenario(comfy: Comfy) -> None:
        path = f"/prod/v2/deployments/{WORKFLOW}/inference"
        assert (await comfy.send("POST", path, {}, webhook="gateway.test")).status_code == 422

    simulate_comfy(scenario)


def test_model_api_ignores_webhooks_unless_the_defaults_say_otherwise() -> None:
    async def scenario(comfy: Comfy) -> None:
        for enabled in (False, True):
            comfy.defaults(model_api_webhooks=enabled)
            await comfy.send("POST", "/v1/models/openai/sora-2/text-to-video", clip(), webhook=COMFY_HOOK)
            await comfy.clock.advance(1000)
            assert len(comfy.webhooks) == enabled
        assert "deployment_id" not in comfy.webhooks[0]
        assert list(comfy.webhooks[0]["output"]) == ["video"]

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("status", {"status": "succeeded"}),
        ("outcome", {"outcome": "succeeded"}),
        ("both", {"status": "completed", "outcome": "succeeded"}),
    ],
)
@pytest.mark.parametrize(("outputs", "key"), [("result", "outputs"), ("output", "output")])
def test_body_as_either_edition_of_the_documentation_has_it(
    shape: str, words: dict[str, Any], outputs: str, key: str
) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(webhook_shape=shape, webhook_outputs=outputs)
        await comfy.run()
        await comfy.clock.advance(1000)
        (hook,) = comfy.webhooks
        assert {name: hook[name] for name in ("status", "outcome") if name in hook} == words
        assert list(hook[key]) == ["58"]
        assert len({"output", "outputs"} & set(hook)) == 1

    simulate_comfy(scenario)


def test_failure_is_announced_with_an_error_object() -> None:
    async def scenario(comfy: Comfy) -> None:
        await comfy.run(body=FAILURE)
        await comfy.clock.advance(1000)
        (hook,) = comfy.webhooks
        assert (hook["status"], hook["error"]["error"]) == ("failed", "Model run failed")

    simulate_comfy(scenario)


@pytest.mark.parametrize("told", [True, False])
def test_cancellation_is_announced_unless_the_defaults_say_otherwise(told: bool) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(webhook_on_cancel=told, cancelled_word="canceled")
        await comfy.cancel(await comfy.run())
        await comfy.run(body=CANCELLATION)
        await comfy.clock.advance(1000)
        assert [hook["status"] for hook in comfy.webhooks] == ["canceled"] * (2 * told)

    simulate_comfy(scenario)


def test_refused_event_comes_again_for_a_day_and_keeps_its_state() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.receiver.statuses = [500] * 100
        await comfy.run()
        await comfy.clock.advance(200_000)
        times = [at for at, _ in comfy.receiver.requests]
        assert [later - times[0] for later in times[:5]] == [0, 10, 30, 70, 150]
        assert 82_800 < times[-1] - times[0] <= 86_400
        assert {hook["status"] for hook in comfy.webhooks} == {"succeeded"}

    simulate_comfy(scenario)


def test_event_that_nobody_takes_does_not_hold_up_the_next() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.receiver.statuses = [500]
        await comfy.run(intermediate=True)
        await comfy.clock.advance(1000)
        states = [hook["status"] for hook in comfy.webhooks]
        assert states == ["in_queue", "in_progress", "in_queue", "succeeded"]

    simulate_comfy(scenario)


def test_events_are_lost_repeated_late_or_overtaken() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("webhook_drop", times=1)
        comfy.fault("webhook_delay", times=1, seconds=300)
        comfy.fault("webhook_duplicate", times=1)
        await comfy.run(intermediate=True)
        await comfy.clock.advance(1000)
        states = [hook["status"] for hook in comfy.webhooks]
        assert sorted(states) == ["in_progress", "succeeded", "succeeded"]
        assert states[-1] == "in_progress"

    simulate_comfy(scenario)


def test_last_event_may_come_before_the_submission_is_answered() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("webhook_before_ack")
        submission = asyncio.create_task(comfy.run(intermediate=True))
        await comfy.clock.advance(0)
        assert [hook["request_id"] for hook in comfy.webhooks] == [(await submission)["request_id"]] * 3
        assert [hook["status"] for hook in comfy.webhooks] == ["in_queue", "in_progress", "succeeded"]

    simulate_comfy(scenario)


def test_event_with_another_body_or_token() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("webhook_body", times=1, body=[])
        comfy.fault("webhook_wrong_token", times=1)
        await comfy.run()
        await comfy.clock.advance(1000)
        ((_, request),) = comfy.receiver.requests
        assert (request.content, parse_qs(request.url.query.decode())) == (b"[]", {"attempt": ["1"]})
        assert str(request.url) != COMFY_HOOK

    simulate_comfy(scenario)


def test_reset_forgets_jobs_charges_and_switches() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(webhook_shape="both", run_seconds={"video": 1})
        job = await comfy.run()
        assert (await comfy.client.post("/_control/runcomfy/reset")).status_code == 204
        await comfy.clock.advance(1000)
        assert (await comfy.status(job))["error_code"] == 404001
        assert (comfy.webhooks, comfy.records("billed")) == ([], [])
        shown = comfy.simulator.controls.defaults()
        assert (shown["webhook_shape"], shown["run_seconds"]["video"]) == ("status", 150)

    simulate_comfy(scenario)
