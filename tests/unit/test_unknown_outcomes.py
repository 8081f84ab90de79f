"""Calls whose outcome nobody knows: looked up, sent again as the same task, or parked; never paid twice."""

from collections.abc import Callable
from typing import Any

import pytest

from framehook.errors import ReplyLost
from framehook.jobs import Job, Status, TaskState
from framehook.providers.contract import HttpRequest, HttpResponse
from tests.fakes.stack import InMemoryStack, failure, refusal, response, success

NOTHING_SEEN = response(200, {"data": []})
LOST = ReplyLost("timed out")


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def test_crash_after_the_write_ahead_is_settled_by_a_look_up_and_the_same_task(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(RuntimeError("the function was killed"))
    with pytest.raises(RuntimeError):
        stack.submit(job.id)
    first = stack.sent()[0]["taskUUID"]

    stack.follow_up_when_due(job.id)
    assert stack.queue.job_ids == [job.id]
    stack.answer(NOTHING_SEEN)
    stack.acknowledge()
    job = stack.submit(job.id)

    assert job.status is Status.RUNNING
    assert [call[0]["taskType"] for call in map(stack.sent, range(3))] == [
        "videoInference",
        "getResponse",
        "videoInference",
    ]
    assert stack.sent()[0]["taskUUID"] == first


@pytest.mark.parametrize(
    "unclear",
    [
        LOST,
        response(500, {}),
        HttpResponse(502, {}, b"<html>"),
        response(200, {"data": []}),
        response(200, []),
    ],
)
def test_unclear_outcome_never_fails_and_never_resends_without_looking(
    stack: InMemoryStack, unclear: HttpResponse | Exception
) -> None:
    job = stack.accept()
    stack.answer(unclear)

    job = stack.submit(job.id)
    again = stack.submit(job.id)

    assert job.status is Status.SUBMITTING
    assert again == job
    assert len(stack.runware.requests) == 1


def test_unknown_outcome_seen_by_the_look_up_is_not_sent_again(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(LOST)
    job = stack.submit(job.id)
    stack.clock.advance(seconds=130)
    [task] = stack.sent()
    stack.answer(response(200, {"data": [{"taskUUID": task["taskUUID"], "status": "processing"}]}))

    job = stack.submit(job.id)

    assert job.status is Status.RUNNING
    assert len(stack.runware.requests) == 2


def test_conflict_on_a_resend_means_accepted(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(LOST)
    stack.submit(job.id)
    stack.clock.advance(seconds=130)
    [task] = stack.sent()
    stack.answer(NOTHING_SEEN, refusal(400, "conflictTaskUUID", taskUUID=task["taskUUID"]))

    assert stack.submit(job.id).status is Status.RUNNING


@pytest.mark.parametrize(
    ("status", "code"), [(429, "rateLimitExceeded"), (400, "invalidWidth"), (402, "insufficientCredits")]
)
def test_refused_resend_proves_nothing_about_the_first_send(
    stack: InMemoryStack, status: int, code: str
) -> None:
    job = stack.accept()
    stack.answer(LOST)
    stack.submit(job.id)
    stack.clock.advance(seconds=130)
    stack.answer(NOTHING_SEEN, refusal(status, code))

    job = stack.submit(job.id)

    assert job.status is Status.SUBMITTING
    assert job.tasks[0].state is TaskState.UNKNOWN


def test_same_task_is_not_sent_again_after_ten_minutes(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(LOST)
    stack.submit(job.id)
    stack.clock.advance(seconds=600)
    stack.answer(NOTHING_SEEN)

    job = stack.submit(job.id)

    assert job.status is Status.SUBMITTING
    assert len(stack.runware.requests) == 2


def slow_at(
    stack: InMemoryStack, port: object, method: str, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next call of a port takes so long."""
    quick = getattr(port, method)

    def slow(*asked: Any) -> Any:
        monkeypatch.setattr(port, method, quick)
        done = quick(*asked)
        stack.clock.advance(seconds=seconds)
        return done

    monkeypatch.setattr(port, method, slow)


def test_call_that_would_outlive_its_lease_is_not_made(
    stack: InMemoryStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = stack.accept()
    slow_at(stack, stack.jobs, "replace", 20, monkeypatch)

    job = stack.submit(job.id)

    assert (job.status, [task.state for task in job.tasks]) == (Status.QUEUED, [TaskState.PLANNED])
    assert stack.runware.requests == []


@pytest.mark.parametrize("step", ["signing", "writing"])
def test_same_task_is_not_sent_again_late_because_a_step_before_took_long(
    stack: InMemoryStack, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A UUID that has ended more than ten minutes after its first send would be billed again."""
    job = stack.accept()
    stack.answer(LOST)
    stack.submit(job.id)
    stack.clock.advance(seconds=480)
    stack.answer(NOTHING_SEEN)
    if step == "signing":
        slow_at(stack, stack.signer, "sign_put", 130, monkeypatch)
    else:
        monkeypatch.setattr(stack.signer, "sign_put", _followed_by_a_slow_write(stack, monkeypatch))

    job = stack.submit(job.id)

    assert [task.state for task in job.tasks] == [TaskState.UNKNOWN]
    assert [call[0]["taskType"] for call in map(stack.sent, range(2))] == ["videoInference", "getResponse"]
    assert len(stack.runware.requests) == 2


def _followed_by_a_slow_write(stack: InMemoryStack, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    sign = stack.signer.sign_put

    def signed(key: str) -> str:
        slow_at(stack, stack.jobs, "replace", 130, monkeypatch)
        return sign(key)

    return signed


def test_look_up_that_fails_stops_the_resend(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(LOST)
    stack.submit(job.id)
    stack.clock.advance(seconds=130)
    stack.answer(response(429, {}))

    job = stack.submit(job.id)

    assert job.status is Status.SUBMITTING
    assert len(stack.runware.requests) == 2


def test_unknown_outcome_is_parked_when_the_proof_window_is_over(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(LOST)
    stack.submit(job.id)

    for _ in range(40):
        if stack.job(job.id).status is not Status.SUBMITTING:
            break
        stack.answer(*[NOTHING_SEEN] * 2)
        stack.clock.advance(seconds=620)  # too late for another send of the same task
        stack.follow_up_when_due(job.id)
        stack.submit(job.id)
        stack.runware.answers.clear()

    job = stack.job(job.id)
    assert job.status is Status.PARKED
    assert job.error is not None
    assert job.error.code == "outcome_unknown"
    assert (
        sum(
            call[0]["taskType"] == "videoInference"
            for call in map(stack.sent, range(len(stack.runware.requests)))
        )
        == 1
    )


def test_late_answer_of_a_send_that_was_overtaken_proves_nothing(stack: InMemoryStack) -> None:
    job = stack.accept()

    def slow(_: HttpRequest) -> HttpResponse:
        stack.clock.advance(seconds=130)  # longer than the lease: another submitter takes over
        stack.answer(NOTHING_SEEN, LOST)
        stack.submit(job.id)
        return refusal(429, "rateLimitExceeded")

    stack.runware.answers.append(slow)
    job = stack.submit(job.id)

    assert job.status is Status.SUBMITTING
    assert job.tasks[0].state is TaskState.UNKNOWN


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": [{"code": "rateLimitExceeded", "message": "…"}]},
        {"errors": [{"code": "internalServerError", "message": "…"}]},
        {"error": "try later"},
    ],
)
def test_look_up_answered_with_an_error_of_its_own_stops_the_resend(
    stack: InMemoryStack, answer: dict[str, object]
) -> None:
    job = stack.accept()
    stack.answer(LOST)
    stack.submit(job.id)
    stack.clock.advance(seconds=130)
    stack.answer(response(200, answer))

    stack.submit(job.id)

    assert len(stack.runware.requests) == 2


def test_late_webhook_settles_a_parked_job(stack: InMemoryStack) -> None:
    parked(stack)
    [task] = stack.sent(0)

    assert stack.webhook(task, success(task)).status is Status.STORING


def test_late_failure_ends_a_parked_job(stack: InMemoryStack) -> None:
    parked(stack)
    [task] = stack.sent(0)

    assert stack.webhook(task, failure(task)).status is Status.FAILED


def test_parked_job_ends_when_its_time_is_over(stack: InMemoryStack) -> None:
    job = parked(stack)

    stack.clock.advance(days=7)
    for _ in range(2):  # asked again before it is given up
        assert job.status is Status.PARKED
        stack.answer(NOTHING_SEEN)
        job = stack.follow_up_when_due(job.id)

    assert job.status is Status.FAILED
    assert job.error is not None
    assert job.error.code == "outcome_unknown"


def parked(stack: InMemoryStack) -> Job:
    job = stack.accept()
    stack.answer(LOST)
    stack.submit(job.id)
    stack.clock.advance(seconds=901)
    stack.answer(NOTHING_SEEN)
    job = stack.follow_up_when_due(job.id)
    assert job.status is Status.PARKED
    return job


def test_doubt_about_one_job_keeps_no_other_from_its_provider(stack: InMemoryStack) -> None:
    """A task in doubt is sent again and again, past the gate: that says nothing of new tasks."""
    job = stack.accept()
    stack.answer(LOST)
    stack.submit(job.id)
    for _ in range(6):
        stack.clock.advance(ms=(stack.job(job.id).lease_until or 0) - stack.clock.now())
        stack.answer(NOTHING_SEEN, LOST)
        stack.submit(job.id)
    assert len(stack.runware.requests) == 13

    assert stack.running().status is Status.RUNNING


def test_provider_that_answers_no_call_is_left_alone_for_a_while(stack: InMemoryStack) -> None:
    for _ in range(3):
        stack.answer(LOST)
        stack.submit(stack.accept().id)

    job = stack.submit(stack.accept().id)

    assert (job.status, len(stack.runware.requests)) == (Status.QUEUED, 3)
    assert job.not_before > stack.clock.now()
