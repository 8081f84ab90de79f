"""POST /v1: authentication, envelopes, reused ids, dry runs and the faults of a submission."""

import asyncio
import uuid
from typing import Any

import pytest

from tests.unit.sandbox.simulators.simulation import API_KEY, Simulation, settle, simulate, sora


def test_accepted_task_is_acknowledged_at_once_without_status() -> None:
    async def scenario(simulation: Simulation) -> None:
        task = sora(numberResults=3)
        answer = await simulation.post(task)
        acknowledged = {"taskType": "videoInference", "taskUUID": task["taskUUID"]}
        assert (answer.status_code, answer.json()) == (200, {"data": [acknowledged]})
        assert simulation.records("accepted")[0]["state"] == "processing"
        assert simulation.records("billed") == []

    simulate(scenario)


def test_wrong_or_missing_key_is_a_401_in_runwares_words() -> None:
    async def scenario(simulation: Simulation) -> None:
        for key in (None, "wrong"):
            answer = await simulation.post(sora(), key=key)
            assert answer.status_code == 401
            (error,) = answer.json()["errors"]
            assert error["code"] == "invalidApiKey"
            assert (error["parameter"], error["taskType"]) == ("apiKey", "authentication")
        assert simulation.records("accepted") == []
        assert [entry["status"] for entry in simulation.records("requests")] == [401, 401]

    simulate(scenario)


def test_key_may_come_as_the_first_task() -> None:
    async def scenario(simulation: Simulation) -> None:
        authentication = {"taskType": "authentication", "apiKey": API_KEY}
        task = sora()
        answer = await simulation.post(authentication, task, key=None)
        assert [item["taskUUID"] for item in answer.json()["data"]] == [task["taskUUID"]]

    simulate(scenario)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"not json", b"[" + b"1," * 100 + b"1]"])
def test_body_that_is_no_array_of_tasks_is_a_400(body: bytes) -> None:
    async def scenario(simulation: Simulation) -> None:
        headers = {"Authorization": f"Bearer {API_KEY}"}
        answer = await simulation.client.post("/v1", content=body, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["errors"]

    simulate(scenario)


def test_mixed_batch_is_a_200_with_each_error_at_its_task() -> None:
    async def scenario(simulation: Simulation) -> None:
        good, bad = sora(), sora(duration=5)
        answer = await simulation.post(bad, good, "no object", {"taskType": "unheardOf"})
        assert answer.status_code == 200
        body = answer.json()
        assert [item["taskUUID"] for item in body["data"]] == [good["taskUUID"]]
        assert [error.get("taskUUID") for error in body["errors"]] == [bad["taskUUID"], None, None]

    simulate(scenario)


def test_batch_of_refused_tasks_is_a_400() -> None:
    async def scenario(simulation: Simulation) -> None:
        answer = await simulation.post(sora(duration=5), sora(model="acme:1@1"), sora(taskUUID="7"))
        assert (answer.status_code, answer.json()["data"]) == (400, [])
        codes = [error["code"] for error in answer.json()["errors"]]
        assert codes == ["unsupportedDuration", "invalidModel", "invalidTaskUUID"]

    simulate(scenario)


def test_uuid_in_use_is_a_conflict_that_leaves_the_job_alone() -> None:
    async def scenario(simulation: Simulation) -> None:
        task = sora()
        answer = await simulation.post(task, task)
        assert (len(answer.json()["data"]), answer.json()["errors"][0]["code"]) == (1, "conflictTaskUUID")
        again = await simulation.post(task)
        assert (again.status_code, again.json()["errors"][0]["code"]) == (400, "conflictTaskUUID")
        assert again.json()["errors"][0]["taskUUID"] == task["taskUUID"]
        await simulation.clock.advance(200)
        assert len(simulation.records("billed")) == 1

    simulate(scenario)


@pytest.mark.parametrize("switch", ["none", "default", "fault"])
def test_finished_uuid_is_refused_or_billed_again_as_switched(switch: str) -> None:
    async def scenario(simulation: Simulation) -> None:
        task = sora()
        if switch == "default":
            simulation.defaults(reuse_after_completion="accept")
        if switch == "fault":
            simulation.fault("reuse_bills_again")
        await simulation.post(task)
        await simulation.clock.advance(200)
        answer = await simulation.post(task)
        await simulation.clock.advance(200)
        accepted = switch != "none"
        assert answer.status_code == (200 if accepted else 400)
        assert len(simulation.records("billed")) == (2 if accepted else 1)
        assert len({hook["data"][0]["videoUUID"] for hook in simulation.receiver.webhooks}) == 1 + accepted

    simulate(scenario)


def test_dry_run_prices_and_starts_nothing() -> None:
    async def scenario(simulation: Simulation) -> None:
        task = sora(numberResults=2)
        answer = await simulation.post(task, dry_run=True)
        assert answer.json()["data"][0]["cost"] == 4.8
        assert (await simulation.post(sora(duration=5), dry_run=True)).status_code == 400
        assert simulation.records("accepted") == []
        assert (await simulation.post(task)).status_code == 200

    simulate(scenario)


def test_empty_account_is_a_402() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.defaults(balance=3)
        await simulation.post(sora())
        await simulation.clock.advance(200)
        refused = await simulation.post(sora())
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (402, "insufficientCredits")
        account = {"taskType": "accountManagement", "taskUUID": str(uuid.uuid4()), "operation": "getDetails"}
        details = (await simulation.post(account)).json()["data"][0]
        assert details["balance"]["amount"] == pytest.approx(0.6)

    simulate(scenario)


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({}, 503, "serviceUnavailable"),
        ({"status": 429}, 429, "rateLimitExceeded"),
        ({"status": 500}, 500, "internalServerError"),
        ({"status": 400, "code": "invalidProviderContent"}, 400, "invalidProviderContent"),
    ],
)
def test_rejection_answers_status_and_code(options: dict[str, Any], status: int, code: str) -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("reject", times=1, **options)
        task = sora()
        answer = await simulation.post(task)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
        assert (await simulation.post(task)).status_code == 200

    simulate(scenario)


def test_rate_limit_names_its_pause_only_if_asked_to() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("reject", times=1, status=429, retry_after=7)
        simulation.fault("reject", times=1, status=429)
        assert (await simulation.post(sora())).json()["errors"][0]["retryAfter"] == 7
        assert "retryAfter" not in (await simulation.post(sora())).json()["errors"][0]

    simulate(scenario)


@pytest.mark.parametrize(
    ("form", "shape"),
    [("flat", {"code", "status"}), ("error_object", {"error"}), ("error_text", {"error"})],
)
def test_rejection_comes_in_every_error_form(form: str, shape: set[str]) -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("reject", form=form)
        body = (await simulation.post(sora())).json()
        assert shape <= set(body)
        assert "errors" not in body

    simulate(scenario)


def test_retired_model_is_an_invalid_model() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("model_retired")
        answer = await simulation.post(sora())
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "invalidModel")

    simulate(scenario)


@pytest.mark.parametrize(("accept", "jobs"), [(False, 0), (True, 1)])
def test_body_that_is_not_json_may_hide_an_accepted_job(*, accept: bool, jobs: int) -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("non_json_body", accept=accept)
        answer = await simulation.post(sora())
        assert (answer.status_code, answer.text[:6]) == (502, "<html>")
        assert len(simulation.records("accepted")) == jobs

    simulate(scenario)


def test_acknowledgement_without_the_task_hides_an_accepted_job() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("ack_without_task")
        answer = await simulation.post(sora())
        assert (answer.status_code, answer.json()) == (200, {"data": []})
        assert len(simulation.records("accepted")) == 1

    simulate(scenario)


def test_webhook_before_the_acknowledgement() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("webhook_before_ack")
        submission = asyncio.create_task(simulation.post(sora(uploadEndpoint=None)))
        await settle()
        assert not submission.done()
        await simulation.clock.advance(0)
        answer = await submission
        assert len(simulation.receiver.webhooks) == 1
        assert answer.status_code == 200

    simulate(scenario)
