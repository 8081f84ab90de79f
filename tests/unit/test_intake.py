"""A request on its way to becoming a job: what it names is looked at before anything is stored."""

from __future__ import annotations

from typing import Any

import pytest

from framehook.errors import InvalidRequest
from framehook.requests import JobRequest
from tests.fakes.stack import BUCKET, OWNER, InMemoryStack

JOB = "d3f1ab08-52d8-4d7c-9e1b-6f1d3f5b8a10"
IMAGE = f"s3://{BUCKET}/inputs/{OWNER}/cat.png"
MODEL = "runninghub/rhart-video-s-official/image-to-video"
LIMIT = 10 * 1024 * 1024


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def asked(model: str = MODEL, **job_input: Any) -> JobRequest:
    prompted = {"prompt": "a cat", "duration": "4", "imageUrl": IMAGE}
    return JobRequest.model_validate({"model": model, "input": job_input or prompted})


def refusal(stack: InMemoryStack, request: JobRequest) -> tuple[str, str]:
    with pytest.raises(InvalidRequest) as refused:
        stack.intake.accept(OWNER, JOB, request)
    assert stack.jobs.get(JOB) is None
    assert stack.jobs.get_request(JOB) is None
    [problem] = refused.value.problems
    return problem.field, problem.code


def test_accept_object_that_is_missing_is_refused_and_nothing_is_stored(stack: InMemoryStack) -> None:
    assert refusal(stack, asked()) == ("input.imageUrl", "object_missing")
    assert not stack.media.objects


def test_accept_object_too_large_for_its_field_is_refused(stack: InMemoryStack) -> None:
    stack.media.put(f"inputs/{OWNER}/cat.png", bytes(LIMIT + 1), "image/png")
    assert refusal(stack, asked()) == ("input.imageUrl", "too_large")


def test_accept_object_in_a_node_that_loads_it_is_looked_at(stack: InMemoryStack) -> None:
    node = {"nodeId": "1", "fieldName": "image", "fieldValue": {"upload": IMAGE}}
    field, code = refusal(stack, asked("runninghub/workflow/123", nodeInfoList=[node]))
    assert (field, code) == ("input.nodeInfoList[0].fieldValue.upload", "object_missing")


def test_accept_object_that_fits_is_kept_and_a_replay_does_not_look_again(stack: InMemoryStack) -> None:
    stack.media.put(f"inputs/{OWNER}/cat.png", bytes(LIMIT), "image/png")
    accepted = stack.intake.accept(OWNER, JOB, asked())
    assert accepted.request.input["imageUrl"] == IMAGE

    stack.media.objects.clear()
    assert stack.intake.accept(OWNER, JOB, asked()).replayed
