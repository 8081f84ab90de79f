"""The paid call: at most one that may be billed, whatever comes back and wherever it stops."""

import pytest

from framehook.errors import NeverSent, ReplyLost, Unavailable
from framehook.jobs import Status, TaskState
from framehook.providers.contract import HttpRequest, HttpResponse
from tests.fakes.stack import InMemoryStack, acknowledged, refusal, response, success

NOTHING_SEEN = response(200, {"data": []})
LOST = ReplyLost("timed out")


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def test_job_acknowledged_runs_with_its_task_webhook_and_upload(stack: InMemoryStack) -> None:
    job = stack.running()

    [task] = stack.sent()
    assert job.status is Status.RUNNING
    assert job.tasks[0].id == task["taskUUID"]
    assert task["model"] == "openai:3@2"
    assert (task["width"], task["height"], task["duration"]) == (1792, 1024, 8)
    assert task["includeCost"] is True
    assert task["webhookURL"].startswith(f"https://hooks.example/webhooks/runware/{job.id}/1.0/")
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
