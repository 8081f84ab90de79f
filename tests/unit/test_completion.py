"""What a provider says of a job's tasks, however often and in whatever order it says it."""

from dataclasses import asdict, replace

import pytest

from framehook.completion import WebhookCall
from framehook.errors import Failure, NotFound, Unavailable
from framehook.jobs import Job, Kind, Output, OutputState, ResultFile, Status, Task, TaskState
from framehook.outputs import with_landed
from framehook.providers.contract import Failed, StillRunning, Succeeded
from framehook.reports import applied
from tests.fakes.stack import InMemoryStack, call_for, failure, success


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def test_success_waits_for_the_upload_and_keeps_what_was_reported(stack: InMemoryStack) -> None:
    stack.running()
    [task] = stack.sent()

    job = stack.webhook(task, success(task, outputs={"videoId": "video_1"}))

    assert job.status is Status.STORING
    assert job.outputs[0].state is OutputState.AWAITED
    assert job.charged == 4_000_000
    record = stack.jobs.get_output(job.id, 0, 1)
    assert record is not None
    assert record.result is not None
    assert record.result.url == "https://vm.runware.ai/video/1.mp4"
    assert (record.seed, record.video_id) == (443404476, "video_1")


def test_repeated_webhook_writes_nothing(stack: InMemoryStack) -> None:
    stack.running()
    [task] = stack.sent()

    once = stack.completion.receive(call_for(task, success(task)))
    twice = stack.completion.receive(call_for(task, success(task)))

    assert twice.version == once.version


def test_failure_ends_the_job_with_the_providers_code(stack: InMemoryStack) -> None:
    stack.running()
    [task] = stack.sent()

    job = stack.webhook(task, failure(task))

    assert job.status is Status.FAILED
    assert job.error is not None
    assert (job.error.code, job.error.provider_code) == ("provider_timeout", "timeoutProvider")
    attempt = stack.jobs.attempts.get((job.id, 1))
    assert attempt is not None
    assert "timeoutProvider" in attempt.answers[0]


def test_stray_processing_call_changes_nothing(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()

    assert stack.webhook(task, {"data": [{"taskUUID": task["taskUUID"], "status": "processing"}]}) == job


def test_unreadable_body_is_kept_and_the_job_looked_at_now(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()

    job = stack.webhook(task, b"<html>oops</html>")

    assert job.status is Status.RUNNING
    assert job.due_at == stack.clock.now()
    attempt = stack.jobs.attempts.get((job.id, 1))
    assert attempt is not None
    assert "oops" in attempt.answers[0]


def test_two_results_at_once_both_count(stack: InMemoryStack) -> None:
    stack.running(input={"prompt": "mangroves glow", "count": 2})
    first, second = stack.sent()

    assert stack.webhook(second, success(second)).status is Status.RUNNING
    job = stack.webhook(first, success(first))

    assert job.status is Status.STORING
    assert job.charged == 8_000_000


def test_one_failed_task_of_two_leaves_the_other_to_be_delivered(stack: InMemoryStack) -> None:
    stack.running(input={"prompt": "mangroves glow", "count": 2})
    first, second = stack.sent()

    stack.webhook(second, failure(second))
    job = stack.webhook(first, success(first))

    assert job.status is Status.STORING
    assert [output.state for output in job.outputs] == [OutputState.AWAITED, OutputState.LOST]


def test_success_after_a_failure_of_the_same_task_counts(stack: InMemoryStack) -> None:
    stack.running(input={"prompt": "mangroves glow", "count": 2})
    first, _ = stack.sent()
    stack.webhook(first, failure(first))

    job = stack.webhook(first, success(first))

    assert job.tasks[0].state is TaskState.REPORTED
    assert job.outputs[0].state is OutputState.TO_FETCH


def test_several_files_of_one_task_get_places_of_their_own(stack: InMemoryStack) -> None:
    job = stack.running(
        model="runware/unlisted:1@1",
        input={"taskType": "3dInference", "positivePrompt": "a chair"},
    )
    [task] = stack.sent()
    files = [{"uuid": f"f{n}", "url": f"https://am.runware.ai/{n}.glb"} for n in range(3)]

    job = stack.webhook(task, {"data": [{"taskUUID": task["taskUUID"], "outputs": {"files": files}}]})

    assert [output.index for output in job.outputs] == [0, 1, 2]
    assert [output.state for output in job.outputs][1:] == [OutputState.TO_FETCH] * 2


def test_late_news_of_a_finished_job_only_adds_its_charge(stack: InMemoryStack) -> None:
    stack.running()
    [task] = stack.sent()
    failed = stack.webhook(task, failure(task))

    job = stack.webhook(task, success(task))

    assert job.status is Status.FAILED
    assert job.charged == 4_000_000
    assert job.timeline == failed.timeline


@pytest.mark.parametrize(
    "changed",
    [
        {"token": "A" * 43},
        {"token": "short"},
        {"job_id": "../../etc"},
        {"job_id": "00000000-0000-4000-8000-000000000000"},
        {"place": "2"},
        {"place": "0"},
        {"place": "1e3"},
        {"provider": "runninghub"},
    ],
)
def test_call_that_is_not_authentic_is_not_found(stack: InMemoryStack, changed: dict[str, str]) -> None:
    job = stack.running()
    [task] = stack.sent()
    call = call_for(task, success(task))

    with pytest.raises(NotFound):
        stack.completion.receive(WebhookCall(**(asdict(call) | changed)))

    assert stack.job(job.id) == job


def test_malformed_call_reads_nothing(stack: InMemoryStack) -> None:
    stack.jobs.trouble.fail_next(1)

    with pytest.raises(NotFound):
        stack.completion.receive(WebhookCall("runware", "x", "1", "A" * 43, b"{}"))


def test_lost_reply_to_the_write_is_no_second_change(stack: InMemoryStack) -> None:
    stack.running()
    [task] = stack.sent()
    stack.jobs.trouble.fail_next(1, applied=True, method="replace")

    with pytest.raises(Unavailable):
        stack.completion.receive(call_for(task, success(task)))
    job = stack.completion.receive(call_for(task, success(task)))

    assert job.status is Status.STORING
    assert [entry.status for entry in job.timeline].count(Status.STORING) == 1


def test_stray_call_about_a_superseded_task_does_not_hold_up_a_storing_job() -> None:
    failed = Failure("provider_error", "no luck")
    job = Job(
        id="j",
        owner="ada",
        model="m",
        provider="runware",
        offering="o",
        kind=Kind.VIDEO,
        status=Status.STORING,
        created_at=0,
        updated_at=0,
        count=2,
        attempt=2,
        tasks=(
            Task("a", 0, 1, TaskState.REPORTED),
            Task("b", 1, 1, TaskState.SUPERSEDED, failed),
            Task("c", 1, 2, TaskState.FAILED, failed),
        ),
        outputs=(Output(0), Output(1, 2, OutputState.LOST, failed)),
    )

    assert applied(job, [StillRunning("b")], 1) == job


def test_task_that_takes_its_place_back_is_not_reproached_with_its_old_failure(stack: InMemoryStack) -> None:
    failed = Failure("provider_error", "no luck")
    job = stack.running()
    job = replace(
        job, attempt=2, tasks=(Task("b", 0, 2, TaskState.SUPERSEDED, failed), replace(job.tasks[0]))
    )

    job = applied(job, [Succeeded("b", (ResultFile(url="https://vm.runware.ai/1.mp4"),), cost=5)], 1)
    job = applied(job, [Failed(job.tasks[1].id, failed)], 2)

    assert (job.status, job.charged) == (Status.STORING, 5)
    assert with_landed(job, 0, 2, 3).status is Status.SUCCEEDED
