"""Overdue jobs: every state ends, with no more look-ups than it needs."""

import pytest

from framehook.due_times import LATE_PAUSE
from framehook.errors import DownloadRefused, ReplyLost, ResultGone, Unavailable
from framehook.jobs import OutputState, Status
from framehook.ports import DueJob
from framehook.providers.contract import HttpResponse
from tests.fakes import job_store
from tests.fakes import runninghub_answers as hub
from tests.fakes.stack import VIDEO_URL, InMemoryStack, failure, refusal, response, success
from tests.unit.media_samples import MP4


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def look_ups(stack: InMemoryStack) -> int:
    calls = map(stack.sent, range(len(stack.runware.requests)))
    return sum(call[0]["taskType"] == "getResponse" for call in calls)


def test_queued_job_whose_message_was_lost_is_sent_again(stack: InMemoryStack) -> None:
    job = stack.accept()

    stack.follow_up_when_due(job.id)

    assert stack.queue.job_ids == [job.id]


def test_queued_job_ends_at_its_deadline(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.clock.advance(hours=24)

    job = stack.follow_up_when_due(job.id)

    assert job.status is Status.FAILED
    assert job.error is not None
    assert job.error.code == "queue_deadline"


def test_running_job_whose_webhook_never_came_ends_with_one_look_up(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.landing.land(stack.upload(task, MP4))
    finished = success(task)["data"][0] | {"status": "success"}
    stack.answer(response(200, {"data": [finished]}))

    job = stack.follow_up_when_due(job.id)

    assert job.status is Status.SUCCEEDED
    assert look_ups(stack) == 1


def test_running_job_is_looked_up_ever_less_often(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    gaps = []
    for _ in range(4):
        stack.answer(response(200, {"data": [{"taskUUID": task["taskUUID"], "status": "processing"}]}))
        before = stack.job(job.id).due_at or 0
        job = stack.follow_up_when_due(job.id)
        gaps.append((job.due_at or 0) - before)

    assert gaps == sorted(gaps)
    assert gaps[0] < gaps[-1]


@pytest.mark.parametrize(
    "answer", [ReplyLost("…"), response(500, {}), response(401, {}), response(200, {"data": []})]
)
def test_look_up_that_tells_nothing_does_not_end_the_job(stack: InMemoryStack, answer: object) -> None:
    job = stack.running()
    stack.answer(answer)  # type: ignore[arg-type] # a response or an exception

    assert stack.follow_up_when_due(job.id).status is Status.RUNNING


def test_failure_seen_by_the_look_up_ends_the_job(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.answer(response(200, failure(task)))

    assert stack.follow_up_when_due(job.id).status is Status.FAILED


def test_running_job_ends_at_its_deadline(stack: InMemoryStack) -> None:
    job = stack.running()
    stack.clock.advance(hours=25)
    for _ in range(2):  # the first after the outage still tries everything
        assert job.status is Status.RUNNING
        stack.answer(response(200, {"data": []}))
        job = stack.follow_up_when_due(job.id)

    assert job.error is not None
    assert (job.status, job.error.code) == (Status.FAILED, "run_deadline")


def test_file_without_any_report_becomes_the_result_after_three_look_ups(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.landing.land(stack.upload(task, MP4))
    for _ in range(3):
        stack.answer(response(200, {"data": []}))
        job = stack.follow_up_when_due(job.id)

    assert job.status is Status.SUCCEEDED
    assert job.charged is None


def test_file_without_any_report_waits_for_its_price_while_the_provider_can_not_be_asked(
    stack: InMemoryStack,
) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.landing.land(stack.upload(task, MP4))
    for _ in range(5):
        stack.answer(ReplyLost("…"))
        assert stack.follow_up_when_due(job.id).status is Status.RUNNING
    stack.answer(response(200, {"data": [success(task)["data"][0] | {"status": "success"}]}))

    job = stack.follow_up_when_due(job.id)

    assert (job.status, job.charged) == (Status.SUCCEEDED, 4_000_000)


def test_running_job_that_nobody_can_ask_about_ends_half_an_hour_after_its_deadline(
    stack: InMemoryStack,
) -> None:
    job = stack.running()
    began = stack.clock.now()
    stack.scripted["runware"].answers.extend([response(200, {"data": []})] * 60)

    while not job.status.terminal:
        job = stack.follow_up_when_due(job.id)

    assert stack.clock.now() - began <= stack.policy.run_deadline + LATE_PAUSE


def test_missing_upload_is_fetched_after_its_grace(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    stack.downloader.bodies[VIDEO_URL] = MP4

    job = stack.follow_up_when_due(job.id)
    assert job.outputs[0].state is OutputState.TO_FETCH
    stack.publish()
    for job_id, index in set(stack.starter.fetches):
        stack.fetching.fetch(job_id, index)
    stack.landing.land(f"incoming/{job.id}/1/0")

    assert stack.job(job.id).status is Status.SUCCEEDED
    assert look_ups(stack) == 0


def test_upload_whose_notification_was_lost_is_landed(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    key = stack.upload(task, MP4)

    stack.follow_up_when_due(job.id)

    assert stack.starter.landings == [key]


def test_fetch_that_was_lost_is_started_again(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    stack.follow_up_when_due(job.id)
    stack.starter.fetches.clear()

    stack.follow_up_when_due(job.id)

    assert stack.starter.fetches == [(job.id, 0)]


def test_result_that_must_not_be_fetched_is_lost_with_its_reason(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task, videoURL="https://evil.example/1.mp4"))
    stack.follow_up_when_due(job.id)
    stack.downloader.bodies["https://evil.example/1.mp4"] = DownloadRefused("not a provider's host")

    stack.fetching.fetch(job.id, 0)

    job = stack.job(job.id)
    assert job.error is not None
    assert (job.status, job.error.code) == (Status.FAILED, "download_refused")


def test_output_that_never_comes_is_lost_at_the_deadline(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    stack.clock.advance(hours=25)
    assert stack.follow_up_when_due(job.id).status is Status.STORING  # the first after the outage still tries

    job = stack.follow_up_when_due(job.id)

    assert job.error is not None
    assert (job.status, job.error.code) == (Status.FAILED, "output_unavailable")


def test_follow_up_of_a_moved_due_time_does_nothing(stack: InMemoryStack) -> None:
    job = stack.accept()

    stack.following.follow_up(DueJob(job.id, (job.due_at or 0) - 1))

    assert not stack.queue.job_ids


def test_result_of_one_task_is_fetched_while_the_other_still_runs(stack: InMemoryStack) -> None:
    job = stack.running(input={"prompt": "mangroves glow", "count": 2})
    first, _ = stack.sent()
    stack.webhook(first, success(first))

    job = stack.follow_up_when_due(job.id)
    stack.publish()

    assert job.status is Status.RUNNING
    assert (job.id, 0) in stack.starter.fetches
    assert look_ups(stack) == 0


def test_follow_up_that_could_not_act_is_as_due_as_before(stack: InMemoryStack) -> None:
    job = stack.accept()
    stack.clock.advance(hours=1)
    due = DueJob(job.id, job.due_at or 0)
    stack.queue.trouble.fail_next(1)
    with pytest.raises(Unavailable):
        stack.following.follow_up(due)

    stack.following.follow_up(due)

    assert stack.queue.job_ids == [job.id]


def test_look_up_that_always_fails_does_not_outlive_the_deadline(stack: InMemoryStack) -> None:
    job = stack.running()
    stack.secrets.api_keys.clear()
    stack.clock.advance(hours=25)
    while not job.status.terminal:
        job = stack.follow_up_when_due(job.id)

    assert job.status is Status.FAILED
    assert job.finished_at is not None
    assert job.finished_at - job.created_at < 30 * 3_600_000


def test_text_too_large_to_keep_fails_the_job_with_its_charge(
    stack: InMemoryStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_store, "LONGEST_TEXT", 1_000)
    job = stack.running(
        model="runware/unlisted:1@1",
        input={"taskType": "textInference", "messages": [{"role": "user", "content": "write"}]},
    )
    [task] = stack.sent()
    text = "a" * 1_001

    job = stack.webhook(task, {"data": [{"taskUUID": task["taskUUID"], "text": text, "cost": 2}]})

    assert job.error is not None
    assert (job.status, job.error.code, job.charged) == (Status.FAILED, "result_too_large", 2_000_000)


def test_result_that_is_not_there_yet_is_tried_again(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    stack.follow_up_when_due(job.id)
    stack.downloader.bodies[VIDEO_URL] = ResultGone("404")

    with pytest.raises(Unavailable):
        stack.fetching.fetch(job.id, 0)
    stack.clock.advance(hours=1)
    stack.fetching.fetch(job.id, 0)

    job = stack.job(job.id)
    assert job.error is not None
    assert job.error.code == "result_gone"


def test_unreadable_webhook_is_followed_by_a_look_up(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, b"<html>oops</html>")
    finished = success(task)["data"][0] | {"status": "success"}
    stack.answer(response(200, {"data": [finished]}))

    assert stack.follow_up_when_due(job.id).status is Status.STORING


def test_file_under_incoming_is_landed_before_the_deadline_ends_the_job(stack: InMemoryStack) -> None:
    job = stack.running()
    [task] = stack.sent()
    stack.webhook(task, success(task))
    key = stack.upload(task, MP4)
    stack.clock.advance(hours=24)

    assert stack.follow_up_when_due(job.id).status is Status.STORING
    stack.landing.land(key)

    assert stack.job(job.id).status is Status.SUCCEEDED


def test_two_follow_ups_of_one_due_time_act_once(stack: InMemoryStack) -> None:
    job = stack.accept()
    due = DueJob(job.id, job.due_at or 0)
    stack.clock.advance(hours=1)

    stack.following.follow_up(due)
    stack.following.follow_up(due)

    assert len(stack.queue.job_ids) == 1


def test_sweep_stops_in_time(stack: InMemoryStack) -> None:
    for _ in range(3):
        stack.accept()
    stack.clock.advance(hours=1)

    assert stack.sweeping.sweep(lambda: 1_000) == 0
    assert stack.sweeping.sweep(lambda: 100_000) == 3


def test_look_up_that_is_refused_for_its_key_is_an_error_in_the_log(
    stack: InMemoryStack, caplog: pytest.LogCaptureFixture
) -> None:
    job = stack.running()
    stack.answer(refusal(401, "invalidApiKey"), refusal(500, "internalServerError"))
    stack.follow_up_when_due(job.id)
    assert stack.follow_up_when_due(job.id).status is Status.RUNNING

    assert [record.levelname for record in caplog.records if "told nothing" in record.message] == [
        "ERROR",
        "WARNING",
    ]


@pytest.mark.parametrize("refused", [hub.refused("802"), hub.answer({}, 401)])
def test_key_that_runninghub_refuses_in_a_look_up_is_an_error_too(
    stack: InMemoryStack, caplog: pytest.LogCaptureFixture, refused: HttpResponse
) -> None:
    job = stack.accept(provider="runninghub", input={"prompt": "mangroves"})
    stack.runninghub.answers.extend([hub.taken(), refused])
    stack.submit(job.id)

    assert stack.follow_up_when_due(job.id).status is Status.RUNNING
    assert [record.levelname for record in caplog.records] == ["ERROR"]
