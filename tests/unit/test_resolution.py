"""A person's decision about a parked job."""

from typing import Any

import pytest

from framehook.errors import InvalidRequest, NotFound, ReplyLost, WrongState
from framehook.jobs import Job, Status, TaskState
from framehook.providers.contract import HttpRequest, HttpResponse
from framehook.requests import ResolveRequest
from tests.fakes.stack import OWNER, InMemoryStack, failure, response, success
from tests.unit.media_samples import MP4, box


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


def decide(
    stack: InMemoryStack, job: Job, action: str, task_id: str | None = None, attempt: int | None = None
) -> Job:
    asked = ResolveRequest.model_validate({"action": action, "provider_task_id": task_id, "attempt": attempt})
    return stack.resolution.resolve(OWNER, job.id, asked)


def test_resend_is_a_new_attempt_with_a_new_task(stack: InMemoryStack, parked: Job) -> None:
    job = decide(stack, parked, "resend")
    assert (job.status, job.attempt) == (Status.QUEUED, 2)
    assert stack.queue.job_ids == [job.id]

    stack.acknowledge()
    job = stack.submit(job.id)

    assert job.status is Status.RUNNING
    first, second = job.tasks
    assert (first.state, second.state) == (TaskState.SUPERSEDED, TaskState.ACCEPTED)
    [sent] = stack.sent()
    assert sent["taskUUID"] == second.id != first.id
    assert f"/{job.id}/2.0/" in sent["webhookURL"]
    assert f"incoming/{job.id}/2/0" in sent["uploadEndpoint"]


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

    late = stack.webhook(task, failure(task))

    assert (late.status, late.attempt) == (job.status, job.attempt)
    assert late.tasks[0].failure is not None


def test_late_success_of_the_first_attempt_while_the_second_runs_is_kept_with_its_charge(
    stack: InMemoryStack, parked: Job
) -> None:
    [task] = stack.sent(0)
    decide(stack, parked, "resend")
    stack.acknowledge()
    stack.submit(parked.id)

    job = stack.webhook(task, success(task))
    assert (job.status, job.tasks[0].state) == (Status.RUNNING, TaskState.SPARE)
    [again] = stack.sent()
    job = stack.webhook(again, success(again))
    stack.landing.land(stack.upload(again, MP4))

    assert stack.job(job.id).status is Status.SUCCEEDED
    assert job.charged == 8_000_000  # a person asked for the second, and was told of the risk


def test_late_success_is_used_when_the_second_attempt_fails(stack: InMemoryStack, parked: Job) -> None:
    [task] = stack.sent(0)
    decide(stack, parked, "resend")
    stack.acknowledge()
    stack.submit(parked.id)
    stack.webhook(task, success(task))
    [again] = stack.sent()

    job = stack.webhook(again, failure(again))
    assert job.status is Status.STORING
    stack.landing.land(stack.upload(task, MP4))

    assert stack.job(job.id).status is Status.SUCCEEDED


def test_late_success_during_the_second_call_is_used_when_that_is_refused(
    stack: InMemoryStack, parked: Job
) -> None:
    [task] = stack.sent(0)
    decide(stack, parked, "resend")

    def refused(_: HttpRequest) -> HttpResponse:
        stack.webhook(task, success(task))
        return response(429, {"errors": [{"code": "rateLimitExceeded", "message": "…"}]})

    stack.runware.answers.append(refused)
    job = stack.submit(parked.id)

    assert job.status is Status.STORING
    assert len(job.tasks) == 1 or job.tasks[1].state is TaskState.SUPERSEDED


def test_file_of_the_first_attempt_that_lands_late_leaves_the_delivered_one_alone(
    stack: InMemoryStack, parked: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its landing has begun when a person has the job sent again, and goes on when that is delivered."""
    [first] = stack.sent(0)
    promote = stack.media.promote

    def overtaken(*asked: Any) -> str | None:
        monkeypatch.undo()
        decide(stack, parked, "resend")
        stack.acknowledge()
        stack.submit(parked.id)
        [second] = stack.sent()
        stack.webhook(second, success(second))
        stack.landing.land(stack.upload(second, MP4))
        return promote(*asked)

    monkeypatch.setattr(stack.media, "promote", overtaken)
    stack.landing.land(stack.upload(first, MP4 + box(b"free", b"first")))

    delivered = stack.jobs.get_output(parked.id, 0, 2)
    assert stack.job(parked.id).status is Status.SUCCEEDED
    assert delivered is not None
    assert delivered.landed is not None
    assert stack.media.objects[delivered.landed.key].body == MP4


@pytest.mark.parametrize("answer", [402, None])
def test_failed_second_attempt_leaves_the_first_in_doubt(
    stack: InMemoryStack, parked: Job, answer: int | None
) -> None:
    [task] = stack.sent(0)
    decide(stack, parked, "resend")
    if answer:
        stack.answer(response(answer, {"errors": [{"code": "insufficientCredits", "message": "…"}]}))
        job = stack.submit(parked.id)
    else:
        stack.acknowledge()
        stack.submit(parked.id)
        [again] = stack.sent()
        job = stack.webhook(again, failure(again))

    assert job.status is Status.PARKED
    job = stack.webhook(task, success(task))
    stack.landing.land(stack.upload(task, MP4))
    assert stack.job(job.id).status is Status.SUCCEEDED


def test_failed_second_attempt_after_a_failed_first_ends_the_job(stack: InMemoryStack, parked: Job) -> None:
    [task] = stack.sent(0)
    decide(stack, parked, "resend")
    stack.webhook(task, failure(task))
    stack.acknowledge()
    stack.submit(parked.id)
    [again] = stack.sent()

    assert stack.webhook(again, failure(again)).status is Status.FAILED


def test_parked_job_is_still_looked_up_while_results_are_kept(stack: InMemoryStack, parked: Job) -> None:
    [task] = stack.sent(0)
    for _ in range(3):
        stack.answer(response(200, {"data": []}))
        assert stack.follow_up_when_due(parked.id).status is Status.PARKED
    finished = success(task)["data"][0] | {"status": "success"}
    stack.answer(response(200, {"data": [finished]}))

    assert stack.follow_up_when_due(parked.id).status is Status.STORING


def test_only_what_is_not_proven_is_sent_again(stack: InMemoryStack) -> None:
    job = stack.accept(input={"prompt": "mangroves glow", "count": 2})
    stack.answer(ReplyLost("timed out"))
    stack.submit(job.id)
    first, second = stack.sent()
    stack.webhook(first, success(first))
    stack.landing.land(stack.upload(first, MP4))
    stack.clock.advance(seconds=901)
    stack.answer(response(200, {"data": []}))
    job = stack.follow_up_when_due(job.id)
    assert job.status is Status.PARKED

    decide(stack, job, "resend")
    stack.acknowledge()
    stack.submit(job.id)
    [again] = stack.sent()
    assert again["taskUUID"] not in (first["taskUUID"], second["taskUUID"])
    stack.webhook(again, success(again))
    stack.landing.land(stack.upload(again, MP4 + box(b"free")))

    job = stack.job(job.id)
    assert job.status is Status.SUCCEEDED
    assert [output.attempt for output in job.outputs] == [1, 2]
    assert job.charged == 8_000_000


def test_successes_of_both_first_tasks_stop_the_second_attempt(stack: InMemoryStack) -> None:
    job = stack.accept(input={"prompt": "mangroves glow", "count": 2})
    stack.answer(ReplyLost("timed out"))
    stack.submit(job.id)
    first, second = stack.sent()
    stack.clock.advance(seconds=901)
    stack.answer(response(200, {"data": []}))
    decide(stack, stack.follow_up_when_due(job.id), "resend")

    stack.webhook(first, success(first))
    job = stack.webhook(second, success(second))

    assert job.status is Status.STORING
    assert {task.state for task in job.tasks} == {TaskState.REPORTED}
    stack.submit(job.id)
    assert len(stack.runware.requests) == 2  # the first call and the look-up


def test_first_attempt_still_running_takes_its_place_back(stack: InMemoryStack, parked: Job) -> None:
    [task] = stack.sent(0)
    decide(stack, parked, "resend")

    job = stack.webhook(task, {"data": [{"taskUUID": task["taskUUID"], "status": "processing"}]})

    assert (job.status, [known.id for known in job.tasks]) == (Status.RUNNING, [task["taskUUID"]])


def test_resend_days_after_the_request_has_a_deadline_of_its_own(stack: InMemoryStack, parked: Job) -> None:
    stack.clock.advance(days=3)
    decide(stack, parked, "resend")
    stack.acknowledge()

    assert stack.submit(parked.id).status is Status.RUNNING


def test_resend_whose_message_can_not_be_sent_is_left_to_the_sweep(stack: InMemoryStack, parked: Job) -> None:
    stack.queue.trouble.fail_next()

    job = decide(stack, parked, "resend")

    assert (job.status, job.attempt) == (Status.QUEUED, 2)
    stack.follow_up_when_due(job.id)
    assert stack.queue.job_ids == [job.id]


def test_resend_repeated_after_its_own_attempt_was_parked_is_refused(
    stack: InMemoryStack, parked: Job
) -> None:
    decide(stack, parked, "resend", attempt=1)
    stack.answer(ReplyLost("timed out"))
    stack.submit(parked.id)
    stack.clock.advance(seconds=901)
    stack.answer(response(200, {"data": []}))
    assert stack.follow_up_when_due(parked.id).status is Status.PARKED

    with pytest.raises(WrongState):
        decide(stack, parked, "resend", attempt=1)

    assert stack.job(parked.id).attempt == 2
