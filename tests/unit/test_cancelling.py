"""A job that somebody wants stopped: what can be is, what can't be is delivered, and the answer says which."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from framehook.errors import NotFound, ReplyLost, WrongState
from framehook.jobs import Cancel, Job, Status, TaskState
from framehook.requests import ResolveRequest
from tests.fakes import runninghub_answers as hub
from tests.fakes.stack import OWNER, InMemoryStack, failure, refusal, response, success

RUN: dict[str, Any] = {
    "model": "runninghub/workflow/1904136902449209346",
    "input": {"nodeInfoList": [{"nodeId": "6", "fieldName": "text", "fieldValue": "a lake"}]},
}
TAKEN = hub.answer({"code": 0, "msg": "success", "data": None})
NOT_FOUND = hub.answer({"code": 807, "msg": "APIKEY_TASK_NOT_FOUND", "data": None})
NO_EVENT = hub.answer({"code": 1, "msg": "webhook event not exists", "data": None})
STOPPED = hub.answer(hub.task("CANCEL"))


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def cancel(stack: InMemoryStack, job: Job) -> Job:
    """Asked twice, as an impatient person does."""
    first = stack.cancelling.cancel(OWNER, job.id)
    again = stack.cancelling.cancel(OWNER, job.id)
    assert again == first
    return again


def running_workflow(stack: InMemoryStack, **changed: Any) -> Job:
    job = stack.accept(**(RUN | changed))
    stack.runninghub.answers.append(hub.taken())
    return stack.submit(job.id)


def test_job_that_was_not_sent_is_cancelled_at_once_and_never_sent(stack: InMemoryStack) -> None:
    job = cancel(stack, stack.accept())

    assert (job.status, job.error, job.due_at) == (Status.CANCELLED, None, None)
    stack.submit(job.id)
    assert stack.runware.requests == []


def test_job_that_was_refused_for_now_is_cancelled_at_once(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(refusal(429, "rateLimit"))
    job = stack.submit(job.id)
    assert job.tasks

    assert cancel(stack, job).status is Status.CANCELLED


def test_running_workflow_is_stopped_by_its_provider(stack: InMemoryStack) -> None:
    job = cancel(stack, running_workflow(stack))
    assert (job.status, job.cancel) == (Status.RUNNING, Cancel.REQUESTED)
    assert [due.job_id for due in stack.starter.follow_ups] == [job.id, job.id]

    stack.runninghub.answers.append(TAKEN)
    job = stack.follow_up_when_due(job.id)
    assert (job.status, job.cancel) == (Status.RUNNING, Cancel.ASKED)
    assert stack.runninghub.requests[-1].path == "/task/openapi/cancel"
    asked_at = stack.clock.now()

    stack.runninghub.answers.append(STOPPED)
    job = stack.follow_up_when_due(job.id)
    assert stack.clock.now() - asked_at >= 10_000
    assert (job.status, job.error) == (Status.CANCELLED, None)


def test_hurried_follow_up_passes_the_cancel_on_at_once(stack: InMemoryStack) -> None:
    job = cancel(stack, running_workflow(stack))
    stack.runninghub.answers.append(TAKEN)

    for due in stack.starter.follow_ups:
        stack.following.follow_up(due)

    assert stack.job(job.id).cancel is Cancel.ASKED
    assert len(stack.runninghub.requests) == 2


GONE = hub.answer(hub.task("", "", errorCode="1004"))


def looked_up_in_vain(stack: InMemoryStack, job: Job, word: Any) -> Job:
    """After the provider's yes: one look-up that tells this."""
    stack.runninghub.answers.extend([word, NO_EVENT])
    job = stack.follow_up_when_due(job.id)
    stack.runninghub.answers.clear()
    return job


def test_stopped_task_that_shows_as_failed_twice_is_cancelled(stack: InMemoryStack) -> None:
    job = cancel(stack, running_workflow(stack))
    stack.runninghub.answers.append(TAKEN)
    job = stack.follow_up_when_due(job.id)

    for _ in range(2):
        assert job.status is Status.RUNNING
        job = looked_up_in_vain(stack, job, hub.answer(hub.broken()))

    assert job.status is Status.CANCELLED


def test_stopped_task_that_stays_gone_for_ten_minutes_is_cancelled(stack: InMemoryStack) -> None:
    job = cancel(stack, running_workflow(stack))
    stack.runninghub.answers.append(TAKEN)
    job = stack.follow_up_when_due(job.id)
    told_at, look_ups = stack.clock.now(), 0

    while job.status is Status.RUNNING:
        job, look_ups = looked_up_in_vain(stack, job, GONE), look_ups + 1

    assert job.status is Status.CANCELLED
    assert stack.clock.now() - told_at >= 600_000
    assert look_ups < 10


def test_task_that_is_out_of_sight_for_a_minute_after_the_yes_is_delivered(stack: InMemoryStack) -> None:
    """The cancel came too late for it."""
    job = cancel(stack, running_workflow(stack))
    stack.runninghub.answers.append(TAKEN)
    job = stack.follow_up_when_due(job.id)
    began = stack.clock.now()
    while stack.clock.now() - began < 60_000:
        job = looked_up_in_vain(stack, job, GONE)

    assert looked_up_in_vain(stack, job, hub.answer(hub.finished())).status is Status.STORING


@pytest.mark.parametrize("word", [hub.answer(hub.task("", "", errorCode="1004")), hub.answer(hub.broken())])
def test_one_bad_word_after_the_yes_throws_no_result_away(stack: InMemoryStack, word: Any) -> None:
    job = cancel(stack, running_workflow(stack))
    webhook_body = hub.sent(stack.runninghub.requests[0])
    stack.runninghub.answers.append(TAKEN)
    stack.follow_up_when_due(job.id)
    stack.runninghub.answers.extend([word, NO_EVENT])
    stack.follow_up_when_due(job.id)

    assert stack.webhook(webhook_body, hub.event(hub.finished())).status is Status.STORING


def test_generation_under_way_is_stopped_while_another_is_in_doubt(stack: InMemoryStack) -> None:
    job = stack.accept(model="sora-2-pro", provider="runninghub", input={"prompt": "mangroves", "count": 2})
    stack.runninghub.answers.extend([hub.taken(), ReplyLost("timed out")])
    job = stack.submit(job.id)
    stack.changes.apply(
        job, lambda seen, _: replace(seen, offering=f"workflow/{hub.TASK}")
    )  # one that can be stopped
    cancel(stack, stack.job(job.id))

    stack.runninghub.answers.append(TAKEN)
    job = stack.follow_up_when_due(job.id)

    assert (job.status, job.cancel) == (Status.SUBMITTING, Cancel.ASKED)


def test_result_that_was_faster_than_the_cancel_is_delivered(stack: InMemoryStack) -> None:
    job = cancel(stack, running_workflow(stack))
    webhook_body = hub.sent(stack.runninghub.requests[0])
    stack.runninghub.answers.append(TAKEN)
    stack.follow_up_when_due(job.id)

    job = stack.webhook(webhook_body, hub.event(hub.finished()))

    assert (job.status, job.cancel) == (Status.STORING, Cancel.ASKED)


def test_task_that_is_too_late_to_stop_runs_on(stack: InMemoryStack) -> None:
    job = cancel(stack, running_workflow(stack))
    stack.runninghub.answers.append(NOT_FOUND)

    job = stack.follow_up_when_due(job.id)

    assert (job.status, job.cancel) == (Status.RUNNING, Cancel.IMPOSSIBLE)


def test_cancel_that_worked_but_could_not_be_noted_down_is_found_out_soon(stack: InMemoryStack) -> None:
    """The follow-up died between RunningHub's yes and its write; asked again, RunningHub knows no such task to stop."""
    job = cancel(stack, running_workflow(stack))

    def dies(_request: object) -> Any:
        raise RuntimeError("the function was killed")

    stack.runninghub.answers.append(dies)
    with pytest.raises(RuntimeError):
        stack.follow_up_when_due(job.id)
    stack.runninghub.answers.append(NOT_FOUND)
    job = stack.follow_up_when_due(job.id)
    assert job.status is Status.RUNNING
    asked_at = stack.clock.now()

    stack.runninghub.answers.append(STOPPED)
    assert stack.follow_up_when_due(job.id).status is Status.CANCELLED
    assert stack.clock.now() - asked_at <= 60_000


def test_cancel_that_did_not_get_through_is_passed_on_again(stack: InMemoryStack) -> None:
    job = cancel(stack, running_workflow(stack))
    stack.runninghub.answers.append(ReplyLost("timed out"))
    job = stack.follow_up_when_due(job.id)
    assert (job.status, job.cancel) == (Status.RUNNING, Cancel.REQUESTED)

    stack.runninghub.answers.append(TAKEN)
    assert stack.follow_up_when_due(job.id).cancel is Cancel.ASKED


@pytest.mark.parametrize("code", [802, 812, 1014, 412, 301, 1, 99999])
def test_cancel_that_is_refused_for_another_reason_is_passed_on_again(
    stack: InMemoryStack, code: int
) -> None:
    job = cancel(stack, running_workflow(stack))
    stack.runninghub.answers.append(hub.answer({"code": code, "msg": "no", "data": None}))
    job = stack.follow_up_when_due(job.id)
    assert (job.status, job.cancel) == (Status.RUNNING, Cancel.REQUESTED)

    stack.runninghub.answers.append(TAKEN)
    assert stack.follow_up_when_due(job.id).cancel is Cancel.ASKED


def test_cancel_of_a_call_in_flight_is_passed_on_once_it_is_accepted(stack: InMemoryStack) -> None:
    job = stack.accept(**RUN)

    def meanwhile(_request: object) -> Any:
        asked = stack.cancelling.cancel(OWNER, job.id)
        assert (asked.status, asked.cancel) == (Status.SUBMITTING, Cancel.REQUESTED)
        return hub.taken()

    stack.runninghub.answers.append(meanwhile)
    running = stack.submit(job.id)
    assert running.due_at is not None
    assert running.due_at <= stack.clock.now()
    stack.runninghub.answers.append(TAKEN)
    assert stack.follow_up_when_due(job.id).cancel is Cancel.ASKED


def test_cancel_of_a_call_in_flight_that_is_refused_for_now_ends_the_job(stack: InMemoryStack) -> None:
    job = stack.accept()

    def meanwhile(_request: object) -> Any:
        stack.cancelling.cancel(OWNER, job.id)
        return refusal(429, "rateLimit")

    stack.answer(meanwhile)  # type: ignore[arg-type]  # the fake takes functions as well
    assert stack.submit(job.id).status is Status.CANCELLED


def test_task_in_doubt_is_not_sent_again_once_it_is_not_wanted(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(ReplyLost("timed out"))
    job = cancel(stack, stack.submit(job.id))
    assert job.status is Status.SUBMITTING

    stack.answer(*[response(200, {"data": []})] * 60)
    while stack.job(job.id).status is Status.SUBMITTING:
        stack.follow_up_when_due(job.id)
        stack.submit(job.id)

    assert stack.job(job.id).status is Status.PARKED
    assert [call[0]["taskType"] for call in map(stack.sent, range(2))] == ["videoInference", "getResponse"]
    kinds = {stack.sent(number)[0]["taskType"] for number in range(1, len(stack.runware.requests))}
    assert kinds == {"getResponse"}


def test_runware_can_not_stop_a_task_and_delivers_it(stack: InMemoryStack) -> None:
    job = cancel(stack, stack.running())
    assert (job.status, job.cancel) == (Status.RUNNING, Cancel.IMPOSSIBLE)
    assert stack.starter.follow_ups == []

    [task] = stack.sent()
    assert stack.webhook(task, success(task)).status is Status.STORING


def test_job_that_fails_after_the_wish_is_cancelled(stack: InMemoryStack) -> None:
    job = cancel(stack, stack.running())
    [task] = stack.sent()

    job = stack.webhook(task, failure(task))

    assert (job.status, job.error) == (Status.CANCELLED, None)
    assert job.tasks[0].failure


def test_job_that_only_runs_out_of_time_was_not_cancelled(stack: InMemoryStack) -> None:
    job = cancel(stack, stack.running())
    stack.answer(*[response(200, {"data": []})] * 60)
    while not stack.job(job.id).status.terminal:
        stack.follow_up_when_due(job.id)

    job = stack.job(job.id)
    assert (job.status, job.error and job.error.code) == (Status.FAILED, "run_deadline")


def test_parked_job_stays_parked_and_is_stopped_when_it_turns_up(stack: InMemoryStack) -> None:
    job = stack.accept(**RUN)
    stack.runninghub.answers.append(ReplyLost("timed out"))
    stack.submit(job.id)
    while stack.job(job.id).status is Status.SUBMITTING:
        stack.follow_up_when_due(job.id)
        stack.submit(job.id)

    job = cancel(stack, stack.job(job.id))
    assert (job.status, job.cancel) == (Status.PARKED, Cancel.REQUESTED)

    job = stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="adopt", provider_task_id=hub.TASK))
    stack.runninghub.answers.append(TAKEN)
    assert stack.follow_up_when_due(job.id).cancel is Cancel.ASKED


def test_resend_takes_the_wish_back(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(ReplyLost("timed out"), *[response(200, {"data": []})] * 60)
    stack.submit(job.id)
    cancel(stack, stack.job(job.id))
    while stack.job(job.id).status is Status.SUBMITTING:
        stack.follow_up_when_due(job.id)
        stack.submit(job.id)

    job = stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))

    assert (job.status, job.cancel) == (Status.QUEUED, None)


def test_resent_job_that_is_cancelled_is_parked_while_its_first_send_may_be_paid(
    stack: InMemoryStack,
) -> None:
    job = stack.accept()
    stack.answer(ReplyLost("timed out"), *[response(200, {"data": []})] * 60)
    stack.submit(job.id)
    while stack.job(job.id).status is Status.SUBMITTING:
        stack.clock.advance(seconds=600)
        stack.follow_up_when_due(job.id)
        stack.submit(job.id)
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))

    job = stack.cancelling.cancel(OWNER, job.id)

    assert job.status is Status.PARKED
    assert [task.state for task in job.tasks] == [TaskState.UNKNOWN, TaskState.SUPERSEDED] or job.tasks


def test_finished_and_foreign_jobs_are_refused(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, failure(task))

    with pytest.raises(WrongState, match="failed"):
        stack.cancelling.cancel(OWNER, job.id)
    with pytest.raises(NotFound):
        stack.cancelling.cancel("eve", job.id)
    with pytest.raises(NotFound):
        stack.cancelling.cancel(OWNER, "00000000-0000-4000-8000-000000000000")
