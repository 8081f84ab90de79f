"""The Serverless API: deployments, what may be sent to them, and what they put out."""

from typing import Any

import pytest

from tests.unit.sandbox.simulators.runcomfy.comfy import (
    LORA,
    MIXED_WORKFLOW,
    OVERRIDES,
    QUEUE_SECONDS,
    WORKFLOW,
    Comfy,
    simulate_comfy,
)
from tests.unit.sandbox.simulators.simulation import ORIGIN

LORA_VIDEO = "7d2b9e34-51f6-4a83-b1c7-8e5d3f0a2c02"
GRAPH = {
    "1": {"class_type": "KSampler", "inputs": {"seed": 1}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_both_versions_are_alike(version: str) -> None:
    async def scenario(comfy: Comfy) -> None:
        job = await comfy.run(version=version, hook=None)
        path = f"{ORIGIN}/runcomfy/prod/{version}/deployments/{WORKFLOW}/requests/{job['request_id']}"
        assert job["cancel_url"] == f"{path}/cancel"
        assert (await comfy.status(job))["queue_position"] == 3
        await comfy.clock.advance(QUEUE_SECONDS)
        running = await comfy.status(job)
        assert running["status"] == "in_progress"
        await comfy.clock.advance(1000)
        result = await comfy.result(job)
        assert (result["status"], result["instance_id"]) == ("succeeded", running["instance_id"])
        (image,) = result["outputs"]["58"]["images"]
        assert image["url"].endswith(f"/deployment_requests/{job['request_id']}/output/{image['filename']}")
        assert (image["subfolder"], image["type"]) == ("", "output")

    simulate_comfy(scenario)


def test_outputs_stand_under_their_nodes_whatever_their_media() -> None:
    async def scenario(comfy: Comfy) -> None:
        job = await comfy.run(MIXED_WORKFLOW, {}, hook=None)
        await comfy.clock.advance(1000)
        outputs = (await comfy.result(job))["outputs"]
        assert {node: list(found) for node, found in outputs.items()} == {
            "38:42": ["text"],
            "40": ["gifs"],
            "41": ["images"],
            "44": ["audio"],
        }
        assert isinstance(outputs["38:42"]["text"][0][0], str)
        assert outputs["41"]["images"][0]["filename"].endswith(".mp4")

    simulate_comfy(scenario)


def test_graph_in_the_body_is_run_in_place_of_the_saved_one() -> None:
    async def scenario(comfy: Comfy) -> None:
        job = await comfy.run(WORKFLOW, {"workflow_api_json": GRAPH, "extra_data": {}}, hook=None)
        await comfy.clock.advance(1000)
        assert list((await comfy.result(job))["outputs"]) == ["2"]

    simulate_comfy(scenario)


@pytest.mark.parametrize(("deployment_id", "output"), [(LORA, "images"), (LORA_VIDEO, "videos")])
def test_lora_takes_a_flat_body_and_puts_out_an_object(deployment_id: str, output: str) -> None:
    async def scenario(comfy: Comfy) -> None:
        body = {"prompt": "warm light", "width": 512, "height": 512}
        job = await comfy.run(deployment_id, body, hook=None)
        await comfy.clock.advance(1000)
        result = await comfy.result(job)
        assert (list(result["output"]), "outputs" in result) == ([output], False)

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("deployment_id", "body", "place"),
    [
        (WORKFLOW, {"overrides": []}, ["overrides"]),
        (WORKFLOW, {"overrides": {"99": {"inputs": {}}}}, ["overrides", "99"]),
        (WORKFLOW, {"overrides": {"6": {"text": "x"}}}, ["overrides", "6"]),
        (WORKFLOW, {"overrides": {"6": {"inputs": {"txt": "x"}}}}, ["overrides", "6", "inputs", "txt"]),
        (WORKFLOW, {"workflow_api_json": {"1": {}}}, ["workflow_api_json", "1"]),
        (WORKFLOW, {"workflow_api_json": GRAPH, "overrides": OVERRIDES}, ["overrides"]),
        (WORKFLOW, {"prompt": "x"}, ["prompt"]),
        (LORA, {}, ["prompt"]),
        (LORA, {"prompt": "x", "overrides": {}}, ["overrides"]),
        (LORA, {"prompt": "x", "width": 5000}, ["width"]),
        (LORA, {"prompt": "x", "ctrl_img_1": "frame.png"}, ["ctrl_img_1"]),
    ],
)
def test_wrong_body_is_a_422_that_names_the_place(deployment_id: str, body: Any, place: list[str]) -> None:
    async def scenario(comfy: Comfy) -> None:
        response = await comfy.send("POST", f"/prod/v2/deployments/{deployment_id}/inference", body)
        (problem,) = response.json()["detail"]
        assert (response.status_code, problem["loc"]) == (422, ["body", *place])

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("deployment_id", "status", "code"),
    [
        ("unheard-of", 404, 404001),
        ("4c1f7a52-9c1e-4d0b-8f0e-2f6a1b7c9d03", 400, 10002),
        ("4c1f7a52-9c1e-4d0b-8f0e-2f6a1b7c9d04", 400, 10003),
        ("4c1f7a52-9c1e-4d0b-8f0e-2f6a1b7c9d05", 403, 403003),
    ],
)
def test_deployment_that_cannot_run_is_refused(deployment_id: str, status: int, code: int) -> None:
    async def scenario(comfy: Comfy) -> None:
        response = await comfy.send("POST", f"/prod/v2/deployments/{deployment_id}/inference", {})
        assert (response.status_code, response.json()["error_code"]) == (status, code)
        assert comfy.records("accepted") == []

    simulate_comfy(scenario)


def test_empty_account_cannot_run_a_deployment() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(balance=0)
        response = await comfy.send("POST", f"/prod/v2/deployments/{WORKFLOW}/inference", {})
        assert response.json()["error_code"] == 10001

    simulate_comfy(scenario)


def test_request_belongs_to_its_deployment_and_its_api() -> None:
    async def scenario(comfy: Comfy) -> None:
        model, deployed = (await comfy.submit())["request_id"], (await comfy.run(hook=None))["request_id"]
        for path in (
            f"/v1/requests/{deployed}",
            f"/prod/v2/deployments/{WORKFLOW}/requests/{model}",
            f"/prod/v2/deployments/{LORA}/requests/{deployed}",
        ):
            assert (await comfy.send("GET", f"{path}/status")).json()["error_code"] == 404001

    simulate_comfy(scenario)


def test_failed_run_has_its_errors_in_an_array() -> None:
    async def scenario(comfy: Comfy) -> None:
        job = await comfy.run(body={"overrides": {"6": {"inputs": {"text": "[[failed]]"}}}}, hook=None)
        await comfy.clock.advance(1000)
        result = await comfy.result(job)
        (error,) = result["error"]
        assert (result["status"], error["error"]) == ("failed", "Model run failed")

    simulate_comfy(scenario)


def test_deployments_are_listed_with_what_is_asked_for() -> None:
    async def scenario(comfy: Comfy) -> None:
        listed = (await comfy.send("GET", "/prod/v2/deployments")).json()
        assert [one["is_enabled"] for one in listed] == [True, True, False, True, True]
        assert "payload" not in listed[0]
        found = (await comfy.send("GET", "/prod/v2/deployments", ids=LORA)).json()
        assert [one["id"] for one in found] == [LORA]
        shown = (await comfy.send("GET", f"/prod/v2/deployments/{WORKFLOW}", includes="payload")).json()
        assert shown["payload"]["workflow_api_json"]["58"]["class_type"] == "SaveImage"
        assert (await comfy.send("GET", "/prod/v2/deployments/unheard-of")).status_code == 404

    simulate_comfy(scenario)
