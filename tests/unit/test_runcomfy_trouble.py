"""RunComfy jobs in trouble: answers that are lost, refusals, cancels, webhooks that never come or say half of it."""

from __future__ import annotations

from typing import Any

import pytest

from framehook.due_times import MINUTE, SECOND
from framehook.errors import NeverSent
from framehook.jobs import Cancel, Job, Status, TaskState
from framehook.providers.contract import HttpRequest, HttpResponse
from framehook.requests import ResolveRequest
from tests.fakes import runcomfy_answers as comfy
from tests.fakes.stack import OWNER, InMemoryStack
from tests.unit.media_samples import MP4, PNG
from tests.unit.runcomfy_stories import LOST, PICTURE, SORA, WORKFLOW, parked, running, submitted


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def cancelled(stack: InMemoryStack, job: Job, **answer: Any) -> Job:
    """The job after somebody wanted it stopped and RunComfy was asked."""
    stack.cancelling.cancel(OWNER, job.id)
    stack.runcomfy.answers.append(comfy.answer({"request_id": comfy.REQUEST, **answer}, 202))
    stack.following.follow_up(stack.starter.follow_ups[-1])
    return stack.job(job.id)


@pytest.mark.parametrize(
    "unclear",
    [
        LOST,
        comfy.answer({}, 500),
        comfy.answer({"status": "in_queue"}),
        HttpResponse(200, {}, b"<html>"),
        comfy.answer({"error_code": 500001}, 500),
    ],
)
def test_lost_answer_is_parked_at_the_end_of_the_lease_and_never_sent_again(
    stack: InMemoryStack, unclear: HttpResponse | Exception
) -> None:
    job = submitted(stack, SORA, unclear)
    sent_at = job.first_sent_at or 0

    job = stack.follow_up_when_due(job.id)

    assert (job.status, job.error and job.error.code) == (Status.PARKED, "outcome_unknown")
    assert stack.clock.now() - sent_at <= stack.policy.lease
    assert len(stack.runcomfy.requests) == 1


def test_call_under_way_is_waited_for_as_long_as_its_lease_lasts(stack: InMemoryStack) -> None:
    """The sweep may come while the call is still under way: the submitter's own answer tells."""
    job = stack.accept(**PICTURE)

    def meanwhile(_: HttpRequest) -> HttpResponse:
        assert stack.follow_up_when_due(job.id).status is Status.SUBMITTING
        assert (stack.job(job.id).lease_until or 0) > stack.clock.now()
        return comfy.taken()

    stack.runcomfy.answers.append(meanwhile)
    assert stack.submit(job.id).status is Status.RUNNING


def test_crash_in_the_call_is_parked_when_the_lease_is_over(stack: InMemoryStack) -> None:
    stack.runcomfy.answers.append(RuntimeError("the function was stopped"))
    job = stack.accept(**SORA)
    with pytest.raises(RuntimeError):
        stack.submit(job.id)
    due_at = stack.job(job.id).due_at or 0
    assert stack.policy.lease <= due_at - stack.clock.now() <= 2 * stack.policy.lease

    assert stack.follow_up_when_due(job.id).status is Status.PARKED


def test_submitters_own_late_answer_takes_the_job_up_again(stack: InMemoryStack) -> None:
    job = stack.accept(**SORA)

    def very_late(_: HttpRequest) -> HttpResponse:
        while stack.job(job.id).status is Status.SUBMITTING:
            stack.follow_up_when_due(job.id)
        assert stack.job(job.id).status is Status.PARKED
        return comfy.taken()

    stack.runcomfy.answers.append(very_late)
    job = stack.submit(job.id)

    assert (job.status, job.tasks[0].id) == (Status.RUNNING, comfy.REQUEST)
    stack.runcomfy.answers.append(comfy.finished())
    assert stack.message().status is Status.STORING


def test_submitters_own_late_refusal_ends_the_parked_job(stack: InMemoryStack) -> None:
    job = stack.accept(**SORA)

    def very_late(_: HttpRequest) -> HttpResponse:
        while stack.job(job.id).status is Status.SUBMITTING:
            stack.follow_up_when_due(job.id)
        return comfy.refused(422, 422001)

    stack.runcomfy.answers.append(very_late)
    job = stack.submit(job.id)

    assert (job.status, job.error and job.error.code) == (Status.FAILED, "invalid_request")


def test_adopted_request_is_looked_up_and_delivered(stack: InMemoryStack) -> None:
    job = parked(stack)
    asked = ResolveRequest(action="adopt", provider_task_id=comfy.REQUEST)
    job = stack.resolution.resolve(OWNER, job.id, asked)
    assert job.status is Status.RUNNING
    stack.runcomfy.answers.append(comfy.finished())

    job = stack.follow_up_when_due(job.id)
    job = stack.deliver_files(job.id, MP4)

    assert (job.status, job.charged) == (Status.SUCCEEDED, 1_200_000)


def test_parked_job_is_never_asked_for_by_a_name_of_ours(stack: InMemoryStack) -> None:
    job = parked(stack)

    while job.status is Status.PARKED:
        job = stack.follow_up_when_due(job.id)

    assert (job.status, job.error and job.error.code) == (Status.FAILED, "outcome_unknown")
    assert len(stack.runcomfy.requests) == 1


@pytest.mark.parametrize(
    "refusal",
    [NeverSent("ConnectError"), comfy.refused(429, 0), comfy.refused(400, 400004), comfy.answer({}, 401)],
)
def test_refused_for_now_waits_in_the_queue(stack: InMemoryStack, refusal: HttpResponse | Exception) -> None:
    job = submitted(stack, SORA, refusal)
    assert (job.status, job.tasks[0].state) == (Status.QUEUED, TaskState.PLANNED)


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (comfy.refused(422, 422001), "invalid_request"),
        (comfy.refused(400, 400001), "model_unavailable"),
        (comfy.refused(200, 400002), "no_credit"),
        (comfy.answer({}, 402), "no_credit"),
    ],
)
def test_documented_refusals_fail_at_once(stack: InMemoryStack, refusal: HttpResponse, code: str) -> None:
    job = submitted(stack, SORA, refusal)
    assert (job.status, job.error and job.error.code) == (Status.FAILED, code)


def test_token_refused_three_times_in_a_row_fails_with_an_alarm(
    stack: InMemoryStack, caplog: pytest.LogCaptureFixture
) -> None:
    job = submitted(stack, SORA, *[comfy.refused(400, 400004)] * 3)
    for _ in range(2):
        stack.clock.advance(hours=1)
        job = stack.submit(job.id)

    assert (job.status, job.error and job.error.code) == (Status.FAILED, "provider_auth_failed")
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "refused too often"
    ]


def test_token_that_was_changed_meanwhile_is_used_for_the_next_try(stack: InMemoryStack) -> None:
    """Each container keeps the token for a while, and its owner regenerates it: that kills the old one at once."""
    job = submitted(stack, SORA, comfy.refused(400, 400004), comfy.taken())
    stack.secrets.api_keys["runcomfy"] = "new-key"
    stack.clock.advance(hours=1)

    job = stack.submit(job.id)

    keys = [request.headers["Authorization"] for request in stack.runcomfy.requests]
    assert (job.status, keys) == (Status.RUNNING, ["Bearer comfy-key", "Bearer new-key"])


def test_look_up_whose_token_is_refused_uses_the_new_one_next_time(stack: InMemoryStack) -> None:
    running(stack)
    stack.secrets.api_keys["runcomfy"] = "new-key"
    stack.runcomfy.answers.append(comfy.refused(400, 400004))
    stack.message()
    stack.runcomfy.answers.append(comfy.finished())

    assert stack.message().status is Status.STORING
    assert stack.runcomfy.requests[-1].headers["Authorization"] == "Bearer new-key"


def test_queued_request_is_cancelled_once_the_result_says_so(stack: InMemoryStack) -> None:
    job = cancelled(stack, running(stack), status="completed", outcome="cancelled")
    assert (job.status, job.cancel) == (Status.RUNNING, Cancel.ASKED)
    assert stack.follow_ups.sent[-1][1] == 15
    stack.runcomfy.answers.append(comfy.state("cancelled"))

    assert stack.message().status is Status.CANCELLED


def test_running_request_cannot_be_cancelled_and_is_delivered(stack: InMemoryStack) -> None:
    job = cancelled(stack, running(stack), status="in_progress", outcome="not_cancellable")
    assert (job.status, job.cancel) == (Status.RUNNING, Cancel.IMPOSSIBLE)
    stack.runcomfy.answers.append(comfy.finished())
    job = stack.message()

    job = stack.deliver_files(job.id, MP4)

    assert (job.status, job.charged) == (Status.SUCCEEDED, 1_200_000)


def test_request_that_finishes_in_spite_of_its_cancel_succeeds(stack: InMemoryStack) -> None:
    job = cancelled(stack, running(stack), outcome="cancellation_requested")
    stack.runcomfy.answers.append(comfy.finished())

    job = stack.message()

    assert stack.deliver_files(job.id, MP4).status is Status.SUCCEEDED


def test_deployment_whose_answer_is_lost_is_proven_by_its_first_webhook(stack: InMemoryStack) -> None:
    job = submitted(stack, WORKFLOW, LOST)
    where = comfy.webhook_of(stack.runcomfy.requests[0])

    job = stack.webhook(where, comfy.called("in_queue"))

    assert (job.status, job.tasks[0].id) == (Status.RUNNING, comfy.REQUEST)
    done = comfy.called("completed", outcome="succeeded", output={"images": [comfy.PICTURE_URL]})
    job = stack.webhook(where, done)
    assert stack.deliver_files(job.id, PNG).status is Status.SUCCEEDED
    assert len(stack.runcomfy.requests) == 1


def test_deployment_whose_answer_is_lost_waits_out_the_proof_window(stack: InMemoryStack) -> None:
    job = submitted(stack, WORKFLOW, LOST)
    sent_at = job.first_sent_at or 0
    while job.status is Status.SUBMITTING:
        stack.follow_up_when_due(job.id)
        job = stack.submit(job.id)

    assert job.status is Status.PARKED
    assert stack.clock.now() - sent_at >= stack.policy.proof_window


@pytest.mark.parametrize(
    "told",
    [
        comfy.called("failed", error={"errorCode": 99999, "error": "execution failed"}),
        comfy.called("cancelled"),
        comfy.called("succeeded"),
        comfy.called("succeeded", outputs={}),
    ],
)
def test_anything_but_a_success_with_files_is_settled_by_one_look_up(
    stack: InMemoryStack, told: dict[str, Any]
) -> None:
    job = submitted(stack, WORKFLOW, comfy.taken())
    job = stack.webhook(comfy.webhook_of(stack.runcomfy.requests[0]), told)
    assert job.status is Status.RUNNING
    assert (job.due_at or 0) - stack.clock.now() <= MINUTE
    stack.runcomfy.answers.append(comfy.state("succeeded", outputs=comfy.pictures(comfy.PICTURE_URL)))

    job = stack.follow_up_when_due(job.id)

    look_up = stack.runcomfy.requests[1]
    base = f"/prod/v2/deployments/{comfy.DEPLOYMENT}/requests/{comfy.REQUEST}"
    assert (look_up.service, look_up.path) == ("serverless", f"{base}/result")
    assert stack.deliver_files(job.id, PNG).status is Status.SUCCEEDED


def test_failure_of_a_deployment_is_believed_once_the_result_says_so(stack: InMemoryStack) -> None:
    submitted(stack, WORKFLOW, comfy.taken())
    error = [{"errorCode": 99999, "error": "execution failed", "debugInfo": "Traceback: /secret/path"}]
    job = stack.webhook(comfy.webhook_of(stack.runcomfy.requests[0]), comfy.called("failed", error=error))
    stack.runcomfy.answers.append(comfy.state("failed", error=error))

    job = stack.follow_up_when_due(job.id)

    assert job.error
    assert (job.status, job.error.message) == (Status.FAILED, "execution failed")


def test_running_deployment_is_cancelled(stack: InMemoryStack) -> None:
    job = cancelled(stack, submitted(stack, WORKFLOW, comfy.taken()), status="cancellation_requested")
    assert job.cancel is Cancel.ASKED
    stack.runcomfy.answers.append(comfy.state("canceled"))
    stack.clock.advance(seconds=15)

    assert stack.follow_up_when_due(job.id).status is Status.CANCELLED


def test_webhook_of_a_model_that_has_none_does_no_harm(stack: InMemoryStack) -> None:
    """No URL of ours is ever given to the Model API."""
    running(stack)
    assert "webhook" not in stack.runcomfy.requests[0].path
    assert b"webhook" not in stack.runcomfy.requests[0].body


def test_unknown_word_is_no_end_and_somebody_is_told(
    stack: InMemoryStack, caplog: pytest.LogCaptureFixture
) -> None:
    running(stack)
    stack.runcomfy.answers.append(comfy.state("levitating"))

    job = stack.message()

    assert job.status is Status.RUNNING
    assert (job.due_at or 0) - stack.clock.now() == 36 * SECOND
    assert "ERROR" in [record.levelname for record in caplog.records]
