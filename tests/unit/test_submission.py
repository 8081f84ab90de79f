"""The paid call: at most one that may be billed, whatever comes back and wherever it stops."""

import pytest

from framehook.errors import NeverSent, ReplyLost, Unavailable
from framehook.jobs import Job, Status, TaskState
from framehook.providers.contract import HttpRequest, HttpResponse
from tests.fakes.stack import InMemoryStack, acknowledged, failure, response, success

NOTHING_SEEN = response(200, {"data": []})
LOST = ReplyLost("timed out")


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def refusal(status: int, code: str, **fields: object) -> HttpResponse:
    return response(status, {"errors": [{"code": code, "message": "…", **fields}]})


def test_job_acknowledged_runs_with_its_task_webhook_and_upload(stack: InMemoryStack) -> None:
    job = stack.running()

    [task] = stack.sent()
    assert job.status is Status.RUNNING
    assert job.tasks[0].id == task["taskUUID"]
    assert task["model"] == "openai:3@2"
    assert (task["width"], task["height"], task["duration"]) == (1792, 1024, 8)
    assert task["includeCost"] is True
    assert task["webhookURL"].startswith(f"https://hooks.example/webhooks/runware/{job.id}/1/")
    assert f"incoming/{job.id}/1/0" in task["uploadEndpoint"]


def test_call_is_written_down_before_it_is_made(stack: InMemoryStack) -> None:
    job = stack.accept()
    seen: list[tuple[Status, str, TaskState]] = []

    def look(request: HttpRequest) -> HttpResponse:
        written = stack.job(job.id)
        seen.append((written.status, written.tasks[0].id, written.tasks[0].state))
        return acknowledged(request)

    stack.runware.answers.append(look)
    stack.submit(job.id)

    assert seen == [(Status.SUBMITTING, stack.sent()[0]["taskUUID"], TaskState.UNKNOWN)]


def test_message_delivered_again_within_the_lease_does_nothing(stack: InMemoryStack) -> None:
    job = stack.accept()

    def delivered_again(request: HttpRequest) -> HttpResponse:
        stack.submit(job.id)
        return acknowledged(request)

    stack.runware.answers.append(delivered_again)

    stack.submit(job.id)
    stack.submit(job.id)

    assert len(stack.runware.requests) == 1


def test_webhook_before_the_answer_is_not_undone_by_it(stack: InMemoryStack) -> None:
    job = stack.accept()

    def overtaken(request: HttpRequest) -> HttpResponse:
        [task] = stack.sent()
        stack.webhook(task, success(task))
        return acknowledged(request)

    stack.runware.answers.append(overtaken)

    assert stack.submit(job.id).status is Status.STORING


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
    stack.clock.advance(seconds=80)
    [task] = stack.sent()
    stack.answer(response(200, {"data": [{"taskUUID": task["taskUUID"], "status": "processing"}]}))

    job = stack.submit(job.id)

    assert job.status is Status.RUNNING
    assert len(stack.runware.requests) == 2


def test_conflict_on_a_resend_means_accepted(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(LOST)
    stack.submit(job.id)
    stack.clock.advance(seconds=80)
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
    stack.clock.advance(seconds=80)
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


def test_look_up_that_fails_stops_the_resend(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(LOST)
    stack.submit(job.id)
    stack.clock.advance(seconds=80)
    stack.answer(response(429, {}))

    job = stack.submit(job.id)

    assert job.status is Status.SUBMITTING
    assert len(stack.runware.requests) == 2


@pytest.mark.parametrize(
    ("status", "code", "ours"),
    [
        (400, "invalidDuration", "invalid_request"),
        (400, "invalidProviderContent", "content_refused"),
        (401, "invalidApiKey", "provider_auth_failed"),
        (402, "insufficientCredits", "no_credit"),
    ],
)
def test_refusal_for_good_fails_the_job_with_a_stable_code(
    stack: InMemoryStack, status: int, code: str, ours: str
) -> None:
    job = stack.accept()
    stack.answer(refusal(status, code))

    job = stack.submit(job.id)

    assert job.status is Status.FAILED
    assert job.error is not None
    assert (job.error.code, job.error.provider_code) == (ours, code)
    assert job.due_at is None


@pytest.mark.parametrize("refused", [refusal(429, "rateLimitExceeded"), NeverSent("refused")])
def test_refusal_for_now_waits_behind_the_gate_and_is_sent_again_as_the_same_attempt(
    stack: InMemoryStack, refused: HttpResponse | Exception
) -> None:
    job = stack.accept()
    stack.answer(refused)

    job = stack.submit(job.id)
    assert job.status is Status.QUEUED
    assert stack.submit(job.id) == job  # not before its time
    other = stack.submit(stack.accept().id)
    assert (other.status, len(stack.runware.requests)) == (Status.QUEUED, 1)  # the gate spares the call

    stack.follow_up_when_due(job.id)
    stack.acknowledge()
    job = stack.submit(job.id)

    assert (job.status, job.attempt) == (Status.RUNNING, 1)
    assert stack.gates.get_gate("runware").failures == 0


def test_retry_after_is_respected(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.answer(refusal(429, "rateLimitExceeded", retryAfter=120))

    job = stack.submit(job.id)

    assert job.not_before >= stack.clock.now() + 120_000


def test_open_gate_lets_one_probe_through(stack: InMemoryStack) -> None:
    stack.answer(refusal(429, "rateLimitExceeded"))
    stack.submit(stack.accept().id)
    stack.clock.advance(seconds=400)
    probe, waiting = stack.accept(), stack.accept()

    def meanwhile(request: HttpRequest) -> HttpResponse:
        assert stack.submit(waiting.id).status is Status.QUEUED
        return acknowledged(request)

    stack.runware.answers.append(meanwhile)

    assert stack.submit(probe.id).status is Status.RUNNING


def test_too_little_time_left_makes_no_call(stack: InMemoryStack) -> None:
    job = stack.accept()

    with pytest.raises(Unavailable):
        stack.submission.submit(job.id, lambda: 20_000)

    assert stack.job(job.id).status is Status.QUEUED


def test_missing_api_key_fails_the_job_at_no_cost(stack: InMemoryStack) -> None:
    stack.secrets.api_keys.clear()

    job = stack.submit(stack.accept().id)

    assert job.error is not None
    assert job.error.code == "provider_not_configured"
    assert not stack.runware.requests


def test_count_makes_tasks_of_their_own_with_upload_urls_of_their_own(stack: InMemoryStack) -> None:
    job = stack.running(input={"prompt": "mangroves glow", "count": 3})

    tasks = stack.sent()
    assert len({task["taskUUID"] for task in tasks}) == len({task["uploadEndpoint"] for task in tasks}) == 3
    assert len(job.outputs) == 3


def test_mixed_answer_keeps_what_was_accepted_and_sends_only_the_rest_again(stack: InMemoryStack) -> None:
    job = stack.accept(input={"prompt": "mangroves glow", "count": 2})

    def half(_: HttpRequest) -> HttpResponse:
        first, second = stack.sent()
        error = {"code": "rateLimitExceeded", "message": "…", "taskUUID": second["taskUUID"]}
        return response(200, {"data": [{"taskUUID": first["taskUUID"]}], "errors": [error]})

    stack.runware.answers.append(half)
    job = stack.submit(job.id)
    assert [task.state for task in job.tasks] == [TaskState.ACCEPTED, TaskState.PLANNED]

    stack.clock.advance(seconds=80)
    stack.acknowledge()
    job = stack.submit(job.id)

    assert [task["taskUUID"] for task in stack.sent()] == [job.tasks[1].id]
    assert job.status is Status.RUNNING


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
        stack.clock.advance(seconds=80)  # longer than the lease: another submitter takes over
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
    stack.clock.advance(seconds=80)
    stack.answer(response(200, answer))

    stack.submit(job.id)

    assert len(stack.runware.requests) == 2


def test_task_refused_for_now_beside_an_accepted_one_is_sent_after_the_resend_window_too(
    stack: InMemoryStack,
) -> None:
    job = stack.accept(input={"prompt": "mangroves glow", "count": 2})

    def half(_: HttpRequest) -> HttpResponse:
        first, second = stack.sent()
        error = {"code": "rateLimitExceeded", "message": "…", "taskUUID": second["taskUUID"]}
        return response(200, {"data": [{"taskUUID": first["taskUUID"]}], "errors": [error]})

    stack.runware.answers.append(half)
    stack.submit(job.id)
    stack.clock.advance(seconds=700)
    stack.acknowledge()

    assert stack.submit(job.id).status is Status.RUNNING


def test_job_behind_a_probe_looks_again_within_seconds(stack: InMemoryStack) -> None:
    stack.answer(refusal(429, "rateLimitExceeded"))
    stack.submit(stack.accept().id)
    stack.clock.advance(seconds=400)
    probe, waiting = stack.accept(), stack.accept()

    def meanwhile(request: HttpRequest) -> HttpResponse:
        assert stack.submit(waiting.id).not_before <= stack.clock.now() + 10_000
        return acknowledged(request)

    stack.runware.answers.append(meanwhile)
    stack.submit(probe.id)
    stack.clock.advance(seconds=10)
    stack.acknowledge()

    assert stack.submit(waiting.id).status is Status.RUNNING


def test_refusal_for_good_opens_the_gate(stack: InMemoryStack) -> None:
    stack.answer(refusal(429, "rateLimitExceeded"))
    stack.submit(stack.accept().id)
    stack.clock.advance(seconds=400)
    stack.answer(refusal(400, "invalidProviderContent"))
    stack.submit(stack.accept().id)
    stack.acknowledge()

    assert stack.submit(stack.accept().id).status is Status.RUNNING


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

    stack.answer(NOTHING_SEEN)
    assert stack.follow_up_when_due(job.id).status is Status.PARKED  # asked once more before it is given up
    stack.clock.advance(seconds=600)
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
