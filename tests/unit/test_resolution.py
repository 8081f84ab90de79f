"""A person's decision about a parked job."""

import pytest

from framehook.errors import InvalidRequest, NotFound, ReplyLost, WrongState
from framehook.jobs import Job, Status
from framehook.requests import ResolveRequest
from tests.fakes.stack import OWNER, InMemoryStack, failure, response, success
from tests.unit.media_samples import MP4


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


@pytest.fixture
def parked(stack: InMemoryStack) -> Job:
    job = stack.accept()
    stack.answer(ReplyLost("timed out"))
    stack.submit(job.id)
    stack.clock.advance(seconds=901)
    stack.answer(response(200, {"data": []}))
    return stack.follow_up_when_due(job.id)


def decide(stack: InMemoryStack, job: Job, action: str, task_id: str | None = None) -> Job:
    asked = ResolveRequest.model_validate({"action": action, "provider_task_id": task_id})
    return stack.resolution.resolve(OWNER, job.id, asked)


def test_resend_is_a_new_attempt_with_a_new_task(stack: InMemoryStack, parked: Job) -> None:
    job = decide(stack, parked, "resend")
    assert (job.status, job.attempt) == (Status.QUEUED, 2)
    assert stack.queue.job_ids == [job.id]

    stack.acknowledge()
    job = stack.submit(job.id)

    assert job.status is Status.RUNNING
    assert job.tasks[0].id != parked.tasks[0].id
    assert f"/{job.id}/2/" in stack.sent()[0]["webhookURL"]


def test_abandon_ends_the_job(stack: InMemoryStack, parked: Job) -> None:
    job = decide(stack, parked, "abandon")

    assert job.error is not None
    assert (job.status, job.error.code) == (Status.FAILED, "abandoned")


def test_adopt_takes_the_providers_task_for_the_jobs(stack: InMemoryStack, parked: Job) -> None:
    job = decide(stack, parked, "adopt", parked.tasks[0].id)

    assert job.status is Status.RUNNING
    assert job.due_at is not None


@pytest.mark.parametrize("task_id", [None, "another"])
def test_adopt_of_a_task_that_is_not_the_jobs_names_what_is(
    stack: InMemoryStack, parked: Job, task_id: str | None
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        decide(stack, parked, "adopt", task_id)

    assert refused.value.problems[0].allowed == [parked.tasks[0].id]


def test_job_that_is_not_parked_can_not_be_resolved(stack: InMemoryStack) -> None:
    with pytest.raises(WrongState):
        decide(stack, stack.running(), "resend")


def test_other_owners_job_does_not_exist(stack: InMemoryStack, parked: Job) -> None:
    with pytest.raises(NotFound):
        stack.resolution.resolve("eve", parked.id, ResolveRequest(action="abandon"))


def test_late_success_of_the_first_attempt_completes_the_job_before_the_second_is_sent(
    stack: InMemoryStack, parked: Job
) -> None:
    [task] = stack.sent(0)
    job = decide(stack, parked, "resend")

    job = stack.webhook(task, success(task))
    assert job.status is Status.STORING
    stack.landing.land(stack.upload(task, MP4))

    assert stack.job(job.id).status is Status.SUCCEEDED
    assert stack.submit(job.id).status is Status.SUCCEEDED
    assert len(stack.runware.requests) == 2  # the first send and the look-up: nothing was paid twice


def test_late_failure_of_the_first_attempt_does_not_end_the_second(stack: InMemoryStack, parked: Job) -> None:
    [task] = stack.sent(0)
    job = decide(stack, parked, "resend")

    assert stack.webhook(task, failure(task)) == job


def test_late_success_of_the_first_attempt_while_the_second_runs_is_kept(
    stack: InMemoryStack, parked: Job
) -> None:
    [task] = stack.sent(0)
    decide(stack, parked, "resend")
    stack.acknowledge()
    job = stack.submit(parked.id)

    assert stack.webhook(task, success(task)) == job
    attempt = stack.jobs.get_attempt(job.id, 1)
    assert attempt is not None
    assert any(task["taskUUID"] in answer for answer in attempt.answers)
