"""Jobs on RunningHub, which names its tasks itself, takes one in each call and can't be asked about a lost answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from framehook.errors import ResultGone
from framehook.jobs import Job, Kind, OutputState, Status, TaskState
from framehook.providers.contract import HttpRequest, HttpResponse
from framehook.requests import ResolveRequest
from tests.fakes import runninghub_answers as hub
from tests.fakes.stack import OWNER, InMemoryStack
from tests.unit.media_samples import MP4, PNG
from tests.unit.runninghub_stories import LOST, SORA, parked, sent

MINUTE = 60_000


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def accept(stack: InMemoryStack, **changed: Any) -> Job:
    return stack.accept(**(SORA | changed))


def running(stack: InMemoryStack, **changed: Any) -> Job:
    job = accept(stack, **changed)
    stack.runninghub.answers.append(hub.taken())
    return stack.submit(job.id)


def test_job_goes_to_its_endpoint_with_our_webhook_and_succeeds(stack: InMemoryStack) -> None:
    job = running(stack)
    assert job.status is Status.RUNNING
    assert [task.id for task in job.tasks] == [hub.TASK]
    assert (job.account, job.uploads) == ("runninghub-ai", False)
    request = stack.runninghub.requests[0]
    assert request.path == "/openapi/v2/rhart-video-s-official/text-to-video-pro"
    assert sent(stack)["webhookUrl"].startswith(f"https://hooks.example/webhooks/runninghub/{job.id}/1.0/")
    assert (sent(stack)["duration"], sent(stack)["size"]) == ("8", "720x1280")

    job = stack.webhook(sent(stack), hub.event(hub.finished()))
    assert job.status is Status.STORING
    job = stack.deliver_files(job.id, MP4)

    assert job.status is Status.SUCCEEDED
    assert job.charged == 800_000
    assert dict(job.tasks[0].usage) == {"task_cost_time": "0", "third_party_consume_money": "0.8"}
    assert len(stack.runninghub.requests) == 1  # no look-up


def test_file_that_the_provider_lost_fails_the_job(stack: InMemoryStack) -> None:
    job = running(stack)
    stack.webhook(sent(stack), hub.event(hub.finished()))
    stack.downloader.bodies[hub.VIDEO_URL] = ResultGone("404")
    stack.clock.advance(seconds=3600)

    stack.fetching.fetch(job.id, 0)

    failed = stack.job(job.id)
    assert (failed.status, failed.error and failed.error.code) == (Status.FAILED, "result_gone")
    assert failed.charged == 800_000


def test_webhook_before_the_answer_names_the_task(stack: InMemoryStack) -> None:
    job = accept(stack)

    def overtaken(request: HttpRequest) -> HttpResponse:
        stack.webhook(hub.sent(request), hub.event(hub.finished()))
        return hub.taken()

    stack.runninghub.answers.append(overtaken)
    job = stack.submit(job.id)

    assert job.status is Status.STORING
    assert [(task.id, task.state) for task in job.tasks] == [(hub.TASK, TaskState.REPORTED)]


def test_result_with_the_answer_needs_no_webhook(stack: InMemoryStack) -> None:
    job = accept(stack)
    stack.runninghub.answers.append(hub.answer(hub.finished()))

    job = stack.submit(job.id)

    assert (job.status, job.charged) == (Status.STORING, 800_000)
    assert stack.webhook(sent(stack), hub.event(hub.finished())).version == job.version


def test_lost_answer_waits_for_the_webhook_and_is_never_sent_again(stack: InMemoryStack) -> None:
    job = accept(stack)
    stack.runninghub.answers.append(LOST)
    job = stack.submit(job.id)
    assert job.status is Status.SUBMITTING

    stack.clock.advance(seconds=60)
    assert stack.submit(job.id).status is Status.SUBMITTING
    assert len(stack.runninghub.requests) == 1

    job = stack.webhook(sent(stack), hub.event(hub.finished()))
    assert (job.status, job.tasks[0].id) == (Status.STORING, hub.TASK)


def test_lost_answer_is_parked_when_the_proof_window_is_over_and_wakes_nobody_before(
    stack: InMemoryStack,
) -> None:
    job = accept(stack)
    stack.runninghub.answers.append(LOST)
    stack.submit(job.id)

    job = stack.follow_up_when_due(job.id)
    stack.submit(job.id)  # what the follow-up asked for
    job = stack.follow_up_when_due(job.id)

    assert job.status is Status.PARKED
    assert stack.clock.now() - job.created_at >= stack.policy.proof_window
    assert len(stack.runninghub.requests) == 1


def test_parked_job_is_woken_by_its_webhook(stack: InMemoryStack) -> None:
    job = parked(stack)

    job = stack.webhook(sent(stack), hub.event(hub.finished()))

    assert job.status is Status.STORING
    assert stack.deliver_files(job.id, MP4).status is Status.SUCCEEDED


def test_both_sends_of_a_resent_job_are_paid_and_recorded(stack: InMemoryStack) -> None:
    job = parked(stack)
    first = sent(stack)
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))
    stack.runninghub.answers.append(hub.taken(hub.OTHER_TASK))
    stack.submit(job.id)
    second = sent(stack)

    stack.webhook(second, hub.event(hub.finished(hub.OTHER_TASK)))
    job = stack.webhook(first, hub.event(hub.finished()))

    assert job.charged == 1_600_000
    assert {task.id: task.state for task in job.tasks} == {
        hub.TASK: TaskState.SPARE,
        hub.OTHER_TASK: TaskState.REPORTED,
    }


@pytest.mark.parametrize("code", ["421", "1520", "415", "1003"])
def test_full_provider_makes_the_job_wait_without_counting_an_attempt(
    stack: InMemoryStack, code: str
) -> None:
    job = accept(stack)
    stack.runninghub.answers.append(hub.refused(code))
    job = stack.submit(job.id)
    assert (job.status, job.attempt) == (Status.QUEUED, 1)
    assert stack.gates.get_gate("runninghub-ai").failures == 1
    assert stack.gates.get_gate("runninghub-cn").failures == 0

    stack.clock.advance(seconds=360)
    stack.runninghub.answers.append(hub.taken())
    job = stack.submit(job.id)
    assert (job.status, job.attempt) == (Status.RUNNING, 1)


def test_provider_that_stays_full_fails_the_job_after_a_day(stack: InMemoryStack) -> None:
    job = accept(stack)
    stack.runninghub.answers.append(hub.refused("421"))
    stack.submit(job.id)

    stack.clock.advance(ms=stack.policy.queue_deadline)
    job = stack.follow_up_when_due(job.id)

    assert (job.status, job.error and job.error.code) == (Status.FAILED, "queue_deadline")


def test_refusal_of_the_key_is_tried_three_times(stack: InMemoryStack) -> None:
    job = accept(stack)
    spurious = hub.answer({"code": -1, "msg": "ApiKey verification failed"}, 401)
    stack.runninghub.answers.extend([spurious] * 3)
    for _ in range(3):
        assert job.status is Status.QUEUED
        stack.clock.advance(seconds=600)
        job = stack.submit(job.id)

    assert (job.status, job.error and job.error.code) == (Status.FAILED, "provider_auth_failed")


def test_wrong_kind_of_key_fails_the_job_at_once(stack: InMemoryStack) -> None:
    job = accept(stack)
    stack.runninghub.answers.append(hub.refused("1014", "Access Denied"))

    job = stack.submit(job.id)

    assert (job.status, job.error and job.error.code) == (Status.FAILED, "wrong_key_kind")


def test_failure_is_confirmed_by_one_look_up_before_it_counts(stack: InMemoryStack) -> None:
    job = running(stack)
    job = stack.webhook(sent(stack), hub.event(hub.broken()))
    assert job.status is Status.RUNNING
    reported_at = stack.clock.now()

    stack.runninghub.answers.append(hub.answer(hub.broken()))
    job = stack.follow_up_when_due(job.id)

    assert stack.clock.now() - reported_at >= 10_000
    assert (job.status, job.error and job.error.provider_code) == (Status.FAILED, "1000")
    assert len(stack.runninghub.requests) == 2


def test_success_may_follow_a_failure(stack: InMemoryStack) -> None:
    job = running(stack)
    stack.webhook(sent(stack), hub.event(hub.broken()))

    job = stack.webhook(sent(stack), hub.event(hub.finished()))
    assert job.status is Status.STORING
    assert stack.deliver_files(job.id, MP4).status is Status.SUCCEEDED
    assert len(stack.runninghub.requests) == 1


def test_failure_that_a_look_up_tells_first_is_confirmed_by_a_second(stack: InMemoryStack) -> None:
    job = running(stack)
    stack.runninghub.answers.append(hub.answer(hub.broken()))
    job = stack.follow_up_when_due(job.id)
    assert job.status is Status.RUNNING
    first = stack.clock.now()

    stack.runninghub.answers.append(hub.answer(hub.finished()))
    job = stack.follow_up_when_due(job.id)

    assert 10_000 <= stack.clock.now() - first <= MINUTE
    assert job.status is Status.STORING


def test_failure_that_can_not_be_confirmed_is_asked_about_ever_more_rarely(stack: InMemoryStack) -> None:
    job = running(stack)
    stack.webhook(sent(stack), hub.event(hub.broken()))
    stack.runninghub.answers.extend([LOST] * 60)
    while stack.job(job.id).status is Status.RUNNING and stack.clock.now() < job.created_at + 20 * 3_600_000:
        stack.follow_up_when_due(job.id)

    assert 5 < len(stack.runninghub.requests) < 35


def test_lost_webhook_costs_one_look_up(stack: InMemoryStack) -> None:
    job = running(stack)
    stack.runninghub.answers.append(hub.answer(hub.finished()))

    job = stack.follow_up_when_due(job.id)

    assert (job.status, job.look_ups) == (Status.STORING, 1)


def test_task_that_the_query_has_forgotten_is_found_in_the_webhook_record(stack: InMemoryStack) -> None:
    job = running(stack)
    record = {"id": "1", "taskId": hub.TASK, "eventData": json.dumps(hub.finished())}
    stack.runninghub.answers.append(hub.answer(hub.task("", "", errorCode="1004")))
    stack.runninghub.answers.append(hub.answer({"code": 0, "msg": "success", "data": record}))

    job = stack.follow_up_when_due(job.id)

    assert job.status is Status.STORING
    assert stack.runninghub.requests[-1].path == "/task/openapi/getWebhookDetail"


def test_preview_is_delivered_after_what_was_ordered(stack: InMemoryStack) -> None:
    job = running(stack)
    job = stack.webhook(sent(stack), hub.event(hub.finished(hub.TASK, hub.PREVIEW, hub.VIDEO)))
    assert [output.kind for output in job.outputs] == [None, Kind.IMAGE]

    job = stack.deliver_files(job.id, MP4, PNG)

    assert job.status is Status.SUCCEEDED
    landed = [stack.jobs.get_output(job.id, index, 1) for index in range(2)]
    assert [record and record.landed and record.landed.content_type for record in landed] == [
        "video/mp4",
        "image/png",
    ]


def test_preview_alone_is_not_what_was_ordered(stack: InMemoryStack) -> None:
    job = running(stack)
    stack.webhook(sent(stack), hub.event(hub.finished(hub.TASK, hub.PREVIEW)))

    job = stack.deliver_files(job.id, PNG)
    assert job.outputs[0].state is OutputState.TO_FETCH  # a download may go wrong once
    job = stack.deliver_files(job.id, PNG)

    assert (job.status, job.error and job.error.code) == (Status.FAILED, "output_invalid")


def test_each_generation_is_a_call_of_its_own(stack: InMemoryStack) -> None:
    job = accept(stack, input={"prompt": "mangroves glow", "count": 2})
    stack.runninghub.answers.extend([hub.taken(), hub.taken(hub.OTHER_TASK)])

    job = stack.submit(job.id)

    assert (job.status, [task.id for task in job.tasks]) == (Status.RUNNING, [hub.TASK, hub.OTHER_TASK])
    places = [hub.sent(request)["webhookUrl"].split("/")[-2] for request in stack.runninghub.requests]
    assert places == ["1.0", "1.1"]
    stack.webhook(sent(stack, 1), hub.event(hub.finished(hub.OTHER_TASK)))
    job = stack.webhook(sent(stack, 0), hub.event(hub.finished()))
    assert (job.status, job.charged) == (Status.STORING, 1_600_000)


def test_second_generation_waits_for_room_and_is_not_given_up_with_the_proof_window(
    stack: InMemoryStack,
) -> None:
    job = accept(stack, input={"prompt": "mangroves glow", "count": 2})
    stack.runninghub.answers.extend([hub.taken(), hub.refused("421")])
    job = stack.submit(job.id)
    assert [task.state for task in job.tasks] == [TaskState.ACCEPTED, TaskState.PLANNED]

    stack.clock.advance(ms=2 * stack.policy.proof_window)
    stack.runninghub.answers.append(hub.answer(hub.task("RUNNING")))  # the first one is looked up meanwhile
    stack.follow_up_when_due(job.id)
    stack.runninghub.answers.append(hub.taken(hub.OTHER_TASK))
    job = stack.submit(job.id)

    assert (job.status, job.attempt) == (Status.RUNNING, 1)
    assert len(stack.runninghub.requests) == 4


def test_generation_in_doubt_does_not_hold_up_the_others_and_is_not_repeated(stack: InMemoryStack) -> None:
    job = accept(stack, input={"prompt": "mangroves glow", "count": 2})
    stack.runninghub.answers.extend([LOST, hub.taken(hub.OTHER_TASK)])

    job = stack.submit(job.id)

    assert [task.state for task in job.tasks] == [TaskState.UNKNOWN, TaskState.ACCEPTED]
    stack.clock.advance(seconds=120)
    stack.runninghub.answers.append(hub.answer(hub.task("RUNNING", hub.OTHER_TASK)))
    stack.submit(job.id)
    assert [hub.sent(request).get("prompt") for request in stack.runninghub.requests].count(
        "mangroves glow"
    ) == 2


def test_other_site_is_used_where_only_it_has_a_key_and_its_currency_shown(stack: InMemoryStack) -> None:
    stack.secrets.api_keys = {"runninghub-cn": "cn-key"}
    job = accept(stack)
    stack.runninghub_cn.answers.append(hub.taken())

    job = stack.submit(job.id)

    assert job.account == "runninghub-cn"
    assert stack.runninghub_cn.requests[0].headers["Authorization"] == "Bearer cn-key"


def test_job_stays_with_the_account_that_has_its_task(stack: InMemoryStack) -> None:
    stack.secrets.api_keys = {"runninghub-cn": "cn-key"}
    job = accept(stack)
    stack.runninghub_cn.answers.append(hub.taken())
    job = stack.submit(job.id)
    stack.secrets.api_keys = {"runninghub-cn": "cn-key", "runninghub-ai": "ai-key"}

    stack.runninghub_cn.answers.append(hub.answer(hub.finished()))
    job = stack.follow_up_when_due(job.id)

    assert job.status is Status.STORING
    assert stack.runninghub.requests == []


def test_call_about_another_task_than_its_url_is_looked_into_and_not_taken(stack: InMemoryStack) -> None:
    job = running(stack)

    job = stack.webhook(sent(stack), hub.event(hub.broken(hub.OTHER_TASK)))

    assert (job.status, job.tasks[0].id, job.tasks[0].failing_since) == (Status.RUNNING, hub.TASK, None)
    assert job.due_at == stack.clock.now()
    stack.runninghub.answers.append(hub.answer(hub.finished()))
    assert stack.follow_up_when_due(job.id).status is Status.STORING
