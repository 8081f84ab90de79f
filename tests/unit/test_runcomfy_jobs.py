"""Jobs on RunComfy's Model API, which never calls back: delayed messages look them up, and nobody sees a difference."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from framehook.due_times import HOUR, SECOND
from framehook.job_view import resource
from framehook.jobs import Status
from tests.fakes import runcomfy_answers as comfy
from tests.fakes.stack import BUCKET, InMemoryStack
from tests.unit.media_samples import MP4, PNG
from tests.unit.runcomfy_stories import PICTURE, SORA, WORKFLOW, running, submitted

LOOK_UP = f"/v1/requests/{comfy.REQUEST}/result?include_cost=true"


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def paths(stack: InMemoryStack) -> list[str]:
    return [request.path for request in stack.runcomfy.requests]


def test_job_is_looked_up_at_its_usual_run_time_and_succeeds(stack: InMemoryStack) -> None:
    job = running(stack)
    request = stack.runcomfy.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/models/openai/sora-2/pro/text-to-video")
    assert json.loads(request.body) == {"prompt": "mangroves glow", "seconds": 8, "size": "1792x1024"}
    assert request.headers["Authorization"] == "Bearer comfy-key"
    assert (job.tasks[0].id, job.usual_seconds) == (comfy.REQUEST, 180)
    (due, delay) = stack.follow_ups.sent[-1]
    assert (due.due_at, delay) == (job.due_at, 180)

    stack.runcomfy.answers.append(comfy.finished(cost=1.2))
    job = stack.message()

    assert paths(stack)[1:] == [LOOK_UP]
    assert (job.status, job.look_ups) == (Status.STORING, 1)
    assert stack.starter.fetches == []
    stack.publish()
    assert stack.starter.fetches[:1] == [(job.id, 0)]  # by the stream, and by nobody else
    job = stack.deliver_files(job.id, MP4)
    assert (job.status, job.charged) == (Status.SUCCEEDED, 1_200_000)
    assert [entry.status.value for entry in job.timeline] == [
        "queued",
        "submitting",
        "running",
        "storing",
        "succeeded",
    ]


@pytest.mark.parametrize(("seconds", "look_ups"), [(30, 1), (180, 1), (720, 9)])
def test_look_ups_grow_apart_until_the_result_is_there(
    stack: InMemoryStack, seconds: int, look_ups: int
) -> None:
    job = running(stack)
    end = (job.accepted_at or 0) + seconds * SECOND
    while job.status is Status.RUNNING:
        due = stack.follow_ups.sent[-1][0].due_at
        stack.runcomfy.answers.append(comfy.finished() if due >= end else comfy.state("in_progress"))
        job = stack.message()

    assert (job.status, job.look_ups) == (Status.STORING, look_ups)
    assert stack.clock.now() - end <= max(180 * SECOND - seconds * SECOND, seconds * SECOND // 5 + SECOND)


def test_message_lost_is_the_sweeps_to_find(stack: InMemoryStack) -> None:
    job = running(stack)
    stack.runcomfy.answers.append(comfy.finished())

    job = stack.follow_up_when_due(job.id)

    assert (job.status, job.look_ups) == (Status.STORING, 1)


def test_message_that_comes_after_the_sweep_asks_nothing_again(stack: InMemoryStack) -> None:
    job = running(stack)
    due, _ = stack.follow_ups.sent[-1]
    stack.runcomfy.answers.append(comfy.state("in_progress"))
    stack.follow_up_when_due(job.id)

    stack.following.follow_up(due)

    assert paths(stack)[1:] == [LOOK_UP]


def test_message_that_comes_a_little_early_is_sent_again(stack: InMemoryStack) -> None:
    job = running(stack)
    due, _ = stack.follow_ups.sent[-1]
    stack.clock.advance(ms=(job.due_at or 0) - stack.clock.now() - 5)

    stack.following.follow_up(due)

    assert paths(stack)[1:] == []
    assert stack.follow_ups.sent[-1] == (due, 1)


def test_file_whose_fetch_was_lost_is_fetched_by_the_next_follow_up(stack: InMemoryStack) -> None:
    job = running(stack)
    stack.runcomfy.answers.append(comfy.finished())
    stack.message()

    stack.follow_up_when_due(job.id)

    assert stack.starter.fetches == [(job.id, 0)]


def test_queue_down_is_no_reason_to_send_again_or_to_lose_the_job(stack: InMemoryStack) -> None:
    stack.follow_ups.trouble.fail_next()
    job = running(stack)
    stack.runcomfy.answers.append(comfy.finished())

    assert stack.follow_up_when_due(job.id).status is Status.STORING


def test_status_is_asked_only_where_the_result_is_not_ready(stack: InMemoryStack) -> None:
    running(stack)
    stack.runcomfy.answers.extend([comfy.not_ready(), comfy.state("in_progress")])

    job = stack.message()

    assert paths(stack)[1:] == [LOOK_UP, f"/v1/requests/{comfy.REQUEST}/status"]
    assert (job.status, job.look_ups) == (Status.RUNNING, 1)


def test_status_completed_is_no_success_and_the_result_tells_the_failure(stack: InMemoryStack) -> None:
    running(stack)
    stack.runcomfy.answers.extend([comfy.not_ready(), comfy.state("completed")])
    job = stack.message()
    assert job.status is Status.RUNNING
    stack.runcomfy.answers.append(comfy.state("failed", error="model refused the prompt"))

    job = stack.message()

    assert (job.status, job.error and job.error.message) == (Status.FAILED, "model refused the prompt")


def test_several_files_each_become_an_output(stack: InMemoryStack) -> None:
    running(stack, PICTURE)
    urls = [comfy.VIDEO_URL.replace("a.mp4", f"{number}.png") for number in range(3)]
    stack.runcomfy.answers.append(comfy.finished(image=urls[0], images=urls[1:]))
    job = stack.message()

    job = stack.deliver_files(job.id, PNG, PNG, PNG)

    assert (job.status, len(job.outputs)) == (Status.SUCCEEDED, 3)
    assert stack.downloader.urls == urls


def test_success_without_a_file_needs_a_second_word_and_then_fails(stack: InMemoryStack) -> None:
    running(stack)
    stack.runcomfy.answers.extend([comfy.state("succeeded", output={}), comfy.state("succeeded", output={})])
    job = stack.message()
    assert job.status is Status.RUNNING

    job = stack.message()

    assert (job.status, job.error and job.error.code) == (Status.FAILED, "output_missing")


def test_wait_that_the_provider_asks_for_is_respected_and_bounded(stack: InMemoryStack) -> None:
    job = running(stack)
    stack.runcomfy.answers.append(comfy.answer({"message": "slow down"}, 429, **{"Retry-After": "300"}))
    job = stack.message()
    assert (job.status, job.due_at) == (Status.RUNNING, stack.clock.now() + 300 * SECOND)
    assert stack.follow_ups.sent[-1][1] == 300
    stack.runcomfy.answers.append(comfy.answer({}, 429, **{"Retry-After": "86400"}))

    job = stack.message()

    assert job.due_at == stack.clock.now() + HOUR


def test_look_ups_of_a_job_that_never_ends_are_bounded(stack: InMemoryStack) -> None:
    """Its last one is at the deadline: what has finished by then is delivered, anything else has failed."""
    job = running(stack)
    asked = 0
    while job.status is Status.RUNNING:
        stack.runcomfy.answers.append(comfy.state("in_progress"))
        job = stack.follow_up_when_due(job.id)
        asked += 1 - len(stack.runcomfy.answers)
        stack.runcomfy.answers.clear()

    assert (job.status, job.error and job.error.code) == (Status.FAILED, "run_deadline")
    assert asked <= job.look_ups <= stack.policy.most_look_ups
    assert stack.clock.now() - (job.accepted_at or 0) <= stack.policy.run_deadline + HOUR


@pytest.mark.parametrize("shape", ["outputs", "output"])
def test_deployment_calls_back_and_its_success_needs_no_look_up(stack: InMemoryStack, shape: str) -> None:
    job = submitted(stack, WORKFLOW, comfy.taken())
    request = stack.runcomfy.requests[0]
    assert request.service == "serverless"
    assert request.path.startswith(
        f"/prod/v2/deployments/{comfy.DEPLOYMENT}/inference?webhook=https%3A%2F%2F"
    )
    assert json.loads(request.body) == WORKFLOW["input"]
    assert stack.follow_ups.sent == []
    made: Any = {"outputs": comfy.pictures(comfy.PICTURE_URL), "output": {"images": [comfy.PICTURE_URL]}}[
        shape
    ]

    job = stack.webhook(comfy.webhook_of(request), comfy.called("succeeded", **{shape: made}))
    job = stack.deliver_files(job.id, PNG)

    assert (job.status, len(paths(stack))) == (Status.SUCCEEDED, 1)


def test_credential_in_an_input_reaches_the_provider_and_is_shown_to_nobody(stack: InMemoryStack) -> None:
    extra = {"api_key_comfy_org": "comfyui-secret-1"}
    job = submitted(stack, WORKFLOW | {"input": {**WORKFLOW["input"], "extra_data": extra}}, comfy.taken())
    stack.publish()

    assert json.loads(stack.runcomfy.requests[0].body)["extra_data"] == extra
    file = stack.jobs.get_file(job.id)
    assert file is not None
    told = [resource(file, BUCKET, "https://api.example"), *stack.bus.details]
    assert len(told) > 2
    assert {each["input"]["extra_data"]["api_key_comfy_org"] for each in told} == {"<hidden>"}
    assert "comfyui-secret-1" not in json.dumps(told)
    assert all(each["input"]["overrides"] == WORKFLOW["input"]["overrides"] for each in told)


def test_price_is_exact_to_the_millionth(stack: InMemoryStack) -> None:
    running(stack, SORA)
    stack.runcomfy.answers.append(comfy.finished(cost=0.1234565))

    charged = stack.message().charged

    assert Decimal(charged or 0) / 1_000_000 in (Decimal("0.123456"), Decimal("0.123457"))
