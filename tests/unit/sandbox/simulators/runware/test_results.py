"""Results: fields per medium, money, order of finishing, and what look-ups show."""

import asyncio
import base64
import uuid
from typing import Any

import pytest

from tests.unit.sandbox.simulators.simulation import FILE, Simulation, settle, simulate, sora


def task(task_type: str, model: str, **parameters: Any) -> dict[str, Any]:
    return {"taskType": task_type, "taskUUID": str(uuid.uuid4()), "model": model, **parameters}


async def finished(simulation: Simulation, request: dict[str, Any]) -> dict[str, Any]:
    """The item of a task, whichever way it is delivered."""
    submission = asyncio.create_task(simulation.post(request))
    await simulation.clock.advance(1000)
    body = (await submission).json()
    assert "errors" not in body, body
    return dict((await simulation.look_up(request["taskUUID"]))["data"][0])


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (sora(), {"videoUUID", "videoURL", "seed", "cost", "outputs"}),
        (
            task("imageInference", "runware:400@2", positivePrompt="a fox", width=64, height=64),
            {"imageUUID", "imageURL", "seed"},
        ),
        (
            task("audioInference", "runware:ace-step@v1.5-base", positivePrompt="a fox"),
            {"audioUUID", "audioURL", "seed"},
        ),
        (task("upscale", "runware:504@1", inputs={"image": "a"}), {"imageUUID", "imageURL"}),
        (
            task("textInference", "openai:gpt@5.4", messages=[{"role": "user", "content": "hi"}]),
            {"text", "finishReason", "usage"},
        ),
    ],
)
def test_item_has_the_fields_of_its_medium(request_: dict[str, Any], fields: set[str]) -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.defaults(accept_unknown_models=True)
        item = await finished(simulation, request_)
        assert item["status"] == "success"
        assert set(item) == {"taskType", "taskUUID", "status", *fields}

    simulate(scenario)


def test_three_dimensional_result_lists_its_files() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.defaults(accept_unknown_models=True)
        item = await finished(simulation, task("3dInference", "acme:3d@1"))
        (file,) = item["outputs"]["files"]
        assert set(file) == {"uuid", "url"}
        served = await simulation.client.get(file["url"])
        assert served.headers["content-type"] == "model/gltf-binary"

    simulate(scenario)


@pytest.mark.parametrize(
    ("output_type", "field", "prefix"),
    [("base64Data", "imageBase64Data", ""), ("dataURI", "imageDataURI", "data:image/png;base64,")],
)
def test_image_can_be_returned_inline(output_type: str, field: str, prefix: str) -> None:
    async def scenario(simulation: Simulation) -> None:
        parameters = {"positivePrompt": "a fox", "width": 64, "height": 64, "outputFormat": "PNG"}
        request = task("imageInference", "runware:400@2", outputType=output_type, **parameters)
        item = await finished(simulation, request)
        assert item[field] == prefix + base64.b64encode(FILE).decode()
        assert "imageURL" not in item

    simulate(scenario)


def test_synchronous_task_is_answered_with_its_results() -> None:
    async def scenario(simulation: Simulation) -> None:
        parameters = {"positivePrompt": "a fox", "width": 64, "height": 64, "numberResults": 2, "seed": 7}
        submission = asyncio.create_task(
            simulation.post(task("imageInference", "runware:400@2", **parameters))
        )
        await settle()
        assert not submission.done()
        await simulation.clock.advance(6)
        items = (await submission).json()["data"]
        assert [item["seed"] for item in items] == [7, 8]
        assert all("status" not in item for item in items)

    simulate(scenario)


@pytest.mark.parametrize(
    ("changes", "cost"),
    [
        ({"width": 1792, "height": 1024}, 4),
        ({}, 2.4),
        ({"duration": 20}, 6),
        ({"model": "openai:3@1", "duration": 4}, 0.4),
    ],
)
def test_sora_costs_what_is_published(changes: dict[str, Any], cost: float) -> None:
    async def scenario(simulation: Simulation) -> None:
        item = await finished(simulation, sora(**changes))
        assert item["cost"] == cost
        assert [charge["cost"] for charge in simulation.records("billed")] == [cost]

    simulate(scenario)


@pytest.mark.parametrize(
    ("fault", "shown"), [(None, {"cost": 2.4}), ("cost_omitted", {}), ("cost_zero", {"cost": 0})]
)
def test_cost_faults_change_what_is_shown_but_not_what_is_charged(
    fault: str | None, shown: dict[str, float]
) -> None:
    async def scenario(simulation: Simulation) -> None:
        if fault:
            simulation.fault(fault)
        item = await finished(simulation, sora())
        assert {name: value for name, value in item.items() if name == "cost"} == shown
        assert [charge["cost"] for charge in simulation.records("billed")] == [2.4]

    simulate(scenario)


def test_results_finish_one_by_one_and_keep_their_place() -> None:
    async def scenario(simulation: Simulation) -> None:
        request = sora(numberResults=4, taskUUID="982c01aa-813a-4434-aa42-3e512808fd94")
        await simulation.post(request)
        seen = []
        for _ in range(100):
            await simulation.clock.advance(1)
            seen.append(
                tuple(item["status"] for item in (await simulation.look_up(request["taskUUID"]))["data"])
            )
        assert seen[0] == ("processing",) * 4
        assert seen[-1] == ("success",) * 4
        assert len(set(seen)) == 5
        uuids = [item["videoUUID"] for item in (await simulation.look_up(request["taskUUID"]))["data"]]
        announced = [hook["data"][0]["videoUUID"] for hook in simulation.receiver.webhooks]
        assert set(uuids) == set(announced)
        assert len(set(uuids)) == 4

    simulate(scenario)


def test_unknown_task_is_looked_up_as_empty() -> None:
    async def scenario(simulation: Simulation) -> None:
        unknown = str(uuid.uuid4())
        assert await simulation.look_up(unknown) == {"data": []}
        assert simulation.records("lookups") == {unknown: 1}

    simulate(scenario)


def test_result_is_gone_after_its_retention() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.defaults(retention=3600)
        request = sora()
        await finished(simulation, request)
        await simulation.clock.advance(3600)
        assert await simulation.look_up(request["taskUUID"]) == {"data": []}

    simulate(scenario)


@pytest.mark.parametrize("form", ["errors", "flat", "error_object", "error_text"])
def test_failed_result_is_looked_up_in_its_form(form: str) -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("task_fails", form=form, code="providerError", message="No luck.", result_index=0)
        request = sora(numberResults=2)
        await simulation.post(request)
        await simulation.clock.advance(100)
        body = await simulation.look_up(request["taskUUID"])
        failed = body["errors"][0] if form == "errors" else body["data"][0]
        assert failed["status"] == "error"
        assert failed["taskUUID"] == request["taskUUID"]
        assert "No luck." in str(failed)
        assert body["data"][-1]["status"] == "success"
        assert len(simulation.records("billed")) == 1

    simulate(scenario)


def test_lookup_faults() -> None:
    async def scenario(simulation: Simulation) -> None:
        request = sora()
        await simulation.post(request)
        await simulation.clock.advance(45)
        simulation.fault("lookup_empty", times=1)
        assert await simulation.look_up(request["taskUUID"]) == {"data": []}
        simulation.fault("lookup_progress", times=1)
        assert (await simulation.look_up(request["taskUUID"]))["data"][0]["progress"] == 50
        simulation.fault("lookup_expired", times=1, code="taskExpired")
        assert (await simulation.look_up(request["taskUUID"]))["errors"][0]["code"] == "taskExpired"
        simulation.fault("lookup_error", times=1, status=429, retry_after=3)
        answer = await simulation.post({"taskType": "getResponse", "taskUUID": request["taskUUID"]})
        assert (answer.status_code, answer.json()["errors"][0]["retryAfter"]) == (429, 3)
        assert (await simulation.look_up(request["taskUUID"]))["data"][0]["status"] == "processing"

    simulate(scenario)


def test_item_level_error_form_can_be_chosen_at_the_lookup() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("task_fails")
        simulation.fault("lookup_item_error")
        request = sora()
        await simulation.post(request)
        await simulation.clock.advance(100)
        (item,) = (await simulation.look_up(request["taskUUID"]))["data"]
        assert (item["status"], item["error"]["code"]) == ("error", "timeoutProvider")

    simulate(scenario)


def test_task_that_never_finishes_keeps_processing() -> None:
    async def scenario(simulation: Simulation) -> None:
        simulation.fault("never_finishes")
        request = sora()
        await simulation.post(request)
        await simulation.clock.advance(100_000)
        assert (await simulation.look_up(request["taskUUID"]))["data"][0]["status"] == "processing"

    simulate(scenario)


def test_task_details_show_the_outcome_until_a_refused_replay_hides_it() -> None:
    async def scenario(simulation: Simulation) -> None:
        request = sora()
        await finished(simulation, request)
        question = {"taskType": "getTaskDetails", "taskUUID": request["taskUUID"]}
        details = (await simulation.post(question)).json()["data"][0]
        assert details["request"] == [request]
        assert details["response"]["data"][0]["videoURL"]
        await simulation.post(request)
        hidden = (await simulation.post(question)).json()["data"][0]
        assert hidden["response"]["errors"][0]["code"] == "conflictTaskUUID"
        unknown = await simulation.post({**question, "taskUUID": str(uuid.uuid4())})
        assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (404, "taskNotFound")

    simulate(scenario)


@pytest.mark.parametrize("status", [200, 403])
def test_input_that_cannot_be_read_fails_the_task_if_inputs_are_fetched(status: int) -> None:
    async def scenario(simulation: Simulation) -> None:
        # The receiver answers without a body, which is no image either.
        simulation.receiver.statuses = [status]
        simulation.defaults(fetch_inputs=True)
        frame = "https://bucket.test/frame.png"
        request = sora(width=None, height=None, inputs={"frameImages": [{"image": frame}]})
        await simulation.post(request)
        await simulation.clock.advance(100)
        assert [str(one.url) for _, one in simulation.receiver.of_method("GET")] == [frame]
        assert simulation.records("accepted")[0]["state"] == "error"
        assert (await simulation.look_up(request["taskUUID"]))["errors"][0]["code"] == "downloadFailed"

    simulate(scenario)
