"""Input files: they are really fetched, without credentials, and an unreadable one fails the job."""

import httpx
import pytest

from tests.sandbox.simulators.runcomfy.job_runner import LARGEST_INPUTS
from tests.sandbox.simulators.runcomfy.sora import PRO_IMAGE
from tests.unit.sandbox.simulators.runcomfy.comfy import (
    QUEUE_SECONDS,
    WORKFLOW,
    Comfy,
    clip,
    simulate_comfy,
)

IMAGE = "https://bucket.test/inputs/1.png?X-Amz-Signature=abc%2Fdef"


def fetched(comfy: Comfy) -> list[httpx.Request]:
    return [request for _, request in comfy.receiver.of_method("GET")]


def test_image_is_fetched_once_when_the_job_runs_and_nobody_is_told_the_token() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.receiver.file = b"\x89PNG"
        job = await comfy.submit(PRO_IMAGE, input_reference=IMAGE, prompt="https://bucket.test/no-input")
        assert fetched(comfy) == []
        await comfy.clock.advance(1000)
        (request,) = fetched(comfy)
        assert (str(request.url), "authorization" in request.headers) == (IMAGE, False)
        assert (await comfy.result(job))["status"] == "succeeded"

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("status", "size", "file_type", "reason"),
    [
        (403, 10, "image/png", "HTTP 403"),
        (302, 0, "text/html", "HTTP 302"),
        (200, 0, "image/png", "0 bytes"),
        (200, LARGEST_INPUTS["image"] + 1, "image/png", "larger than"),
        (200, LARGEST_INPUTS["image"] + 1, "application/octet-stream", "larger than"),
    ],
)
def test_job_with_an_unreadable_image_fails_as_soon_as_it_runs(
    status: int, size: int, file_type: str, reason: str
) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.receiver.statuses = [status]
        comfy.receiver.file, comfy.receiver.file_type = bytes(size), file_type
        job = await comfy.submit(PRO_IMAGE, input_reference=IMAGE)
        await comfy.clock.advance(QUEUE_SECONDS)
        assert await comfy.words(job) == ("completed", "failed")
        assert reason in (await comfy.result(job))["error"]
        assert comfy.records("billed") == []

    simulate_comfy(scenario)


def test_video_may_be_larger_than_an_image() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.receiver.file, comfy.receiver.file_type = bytes(LARGEST_INPUTS["image"] + 1), "video/mp4"
        result = await comfy.finish("wan-ai/wan-2-7/edit-video", video="https://bucket.test/1.mp4")
        assert result["status"] == "succeeded"

    simulate_comfy(scenario)


def test_workflow_takes_data_uris_and_urls_that_can_be_fetched() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.receiver.statuses = [404]
        body = {"overrides": {"6": {"inputs": {"text": IMAGE}}}}
        job = await comfy.run(WORKFLOW, body, hook=None)
        inline = {"overrides": {"6": {"inputs": {"text": "data:image/png;base64,AA=="}}}}
        other = await comfy.run(WORKFLOW, inline, hook=None)
        await comfy.clock.advance(1000)
        assert (await comfy.result(job))["status"] == "failed"
        assert (await comfy.result(other))["status"] == "succeeded"

    simulate_comfy(scenario)


def test_nothing_is_fetched_if_the_defaults_say_so() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(fetch_inputs=False)
        assert (await comfy.finish(PRO_IMAGE, **clip(input_reference=IMAGE)))["status"] == "succeeded"
        assert fetched(comfy) == []

    simulate_comfy(scenario)
