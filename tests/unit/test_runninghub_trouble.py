"""What once lost a paid RunningHub result or held a job up for ever, each with the story that showed it."""

from __future__ import annotations

import json

import pytest

from framehook.jobs import Job, OutputState, Status, TaskState
from framehook.ports import Gate
from framehook.providers.contract import HttpRequest, HttpResponse
from framehook.requests import ResolveRequest
from tests.fakes import runninghub_answers as hub
from tests.fakes.stack import OWNER, InMemoryStack, call_for
from tests.unit.runninghub_stories import HOUR, LOST, SORA, TWO, adopted, parked, sent, submitted

FULL = hub.refused("421")


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def goes_on(stack: InMemoryStack, job_id: str, answer: HttpResponse, hours: float = 200) -> Job:
    """The job after it was followed up whenever it was due, for so long or until it changed its status."""
    before = stack.job(job_id)
    until = stack.clock.now() + hours * HOUR
    while (job := stack.job(job_id)).status is before.status and stack.clock.now() < until:
        stack.queue.job_ids.clear()
        stack.runninghub.answers.clear()
        stack.runninghub.answers.extend([answer] * 4)
        stack.follow_up_when_due(job_id)
        for asked in list(stack.queue.job_ids):
            stack.submit(asked)
    stack.runninghub.answers.clear()
    return job


def sends(stack: InMemoryStack) -> int:
    return sum("rhart" in request.path for request in stack.runninghub.requests)


def test_job_with_a_generation_that_gets_no_room_ends_after_a_day(stack: InMemoryStack) -> None:
    job = submitted(stack, TWO, hub.taken(), FULL)

    job = goes_on(stack, job.id, FULL)

    assert job.status is not Status.SUBMITTING
    assert stack.clock.now() - job.created_at <= 26 * HOUR
    assert sends(stack) < 400


def test_key_that_is_refused_for_the_second_generation_is_tried_three_times(stack: InMemoryStack) -> None:
    refused = hub.answer({"code": -1, "msg": "ApiKey verification failed"}, 401)
    job = submitted(stack, TWO, hub.taken(), refused)

    job = goes_on(stack, job.id, refused, hours=1)

    assert (job.status, sends(stack)) == (Status.RUNNING, 4)
    assert [task.state for task in job.tasks] == [TaskState.ACCEPTED, TaskState.FAILED]


def test_webhook_of_an_accepted_generation_is_known_however_often_the_other_is_refused(
    stack: InMemoryStack,
) -> None:
    job = stack.accept(**TWO)
    for _ in range(9):
        stack.runninghub.answers.append(FULL)
        stack.submit(job.id)
        stack.clock.advance(seconds=700)
    stack.runninghub.answers.extend([hub.taken(), FULL])
    stack.submit(job.id)
    first = sent(stack, -2)
    for _ in range(30):
        stack.clock.advance(seconds=700)
        stack.runninghub.answers.append(FULL)
        stack.submit(job.id)

    job = stack.webhook(first, hub.event(hub.finished()))

    assert job.tasks[0].state is TaskState.REPORTED
    assert len(job.token_hashes) < 8


def test_generation_whose_webhook_is_lost_is_looked_up_while_the_other_waits(stack: InMemoryStack) -> None:
    job = submitted(stack, TWO, hub.taken(), FULL)

    goes_on(stack, job.id, FULL, hours=2)

    assert any(request.path.endswith("/query") for request in stack.runninghub.requests)


def test_generation_that_was_never_sent_waits_behind_a_closed_gate(stack: InMemoryStack) -> None:
    job = submitted(stack, TWO, LOST, FULL)
    stack.clock.advance(seconds=40)
    stack.gates.gates["runninghub-ai"] = Gate(stack.clock.now() + 600_000, failures=7, version=9)

    stack.submit(job.id)

    assert sends(stack) == 2


def test_adopted_task_is_looked_up_at_its_own_pace_and_has_its_own_day(stack: InMemoryStack) -> None:
    job = parked(stack)
    first = sent(stack, 0)
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))
    stack.runninghub.answers.append(hub.taken())
    stack.submit(job.id)
    job = goes_on(stack, job.id, hub.answer(hub.broken()))
    assert job.status is Status.PARKED
    stack.clock.advance(hours=30)

    job = adopted(stack, job, hub.OTHER_TASK)
    assert job.due_at is not None
    assert job.due_at - stack.clock.now() <= HOUR
    stack.runninghub.answers.append(hub.answer(hub.task("RUNNING", hub.OTHER_TASK)))
    assert stack.follow_up_when_due(job.id).status is Status.RUNNING
    assert stack.webhook(first, hub.event(hub.finished(hub.OTHER_TASK))).status is Status.STORING


def test_parked_job_that_nobody_can_be_asked_about_is_left_alone(stack: InMemoryStack) -> None:
    job = parked(stack)

    job = stack.follow_up_when_due(job.id)

    assert job.due_at is not None
    assert job.due_at - stack.clock.now() > 6 * 24 * HOUR


@pytest.mark.parametrize("broken_id", [float(int(hub.TASK)), int(float(int(hub.TASK))), None])
def test_name_that_a_webhook_got_wrong_is_put_right_by_the_answer(
    stack: InMemoryStack, broken_id: object
) -> None:
    job = stack.accept(**SORA)

    def overtaken(request: HttpRequest) -> HttpResponse:
        stack.webhook(hub.sent(request), hub.event(hub.broken() | {"taskId": broken_id}))
        return hub.taken()

    stack.runninghub.answers.append(overtaken)
    job = stack.submit(job.id)

    assert job.tasks[0].id == hub.TASK
    assert stack.webhook(sent(stack), hub.event(hub.finished())).status is Status.STORING


def test_webhook_without_a_name_that_races_the_answer_is_not_lost(stack: InMemoryStack) -> None:
    """The answer names the task between the webhook's read and its write."""
    job = stack.accept(**SORA)
    stack.runninghub.answers.append(LOST)
    read = stack.submit(job.id)
    reports = stack.completion.providers["runninghub"].read_webhook(
        hub.answer({"status": "SUCCESS", "results": [hub.VIDEO]}).body, read.tasks, read.tasks[0]
    )
    stack.webhook(sent(stack), hub.event(hub.broken()))  # it has a name, and gets there first

    assert stack.completion.record(read, reports, b"").status is Status.STORING


def test_results_reach_their_own_generations_though_a_person_mixed_them_up(stack: InMemoryStack) -> None:
    job = parked(stack, TWO)
    first, second = sent(stack, 0), sent(stack, 1)
    adopted(stack, job, hub.OTHER_TASK)  # it is the second one's

    stack.webhook(first, hub.event(hub.finished()))
    job = stack.webhook(second, hub.event(hub.finished(hub.OTHER_TASK)))

    assert job.status is Status.STORING
    assert [output.state for output in job.outputs] == [OutputState.TO_FETCH] * 2


def test_result_on_the_jobs_own_url_counts_though_a_wrong_task_was_adopted(stack: InMemoryStack) -> None:
    job = parked(stack)
    adopted(stack, job, hub.OTHER_TASK)

    job = stack.webhook(sent(stack, 0), hub.event(hub.finished()))

    assert (job.status, job.charged) == (Status.STORING, 800_000)


def test_reserve_of_several_files_comes_back_whole(stack: InMemoryStack) -> None:
    job = parked(stack)
    first = sent(stack, 0)
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))
    stack.runninghub.answers.append(hub.taken(hub.OTHER_TASK))
    stack.submit(job.id)
    stack.webhook(first, hub.event(hub.finished(hub.TASK, hub.PREVIEW, hub.VIDEO)))

    job = goes_on(stack, job.id, hub.answer(hub.broken(hub.OTHER_TASK)))

    assert job.status is Status.STORING
    assert [(output.index, output.attempt) for output in job.outputs] == [(0, 1), (1, 1)]
    assert [output.kind for output in job.outputs] == [None, "image"]


def test_success_without_a_file_is_believed_only_when_a_look_up_says_so_too(stack: InMemoryStack) -> None:
    job = submitted(stack, SORA, hub.taken())
    empty = hub.finished() | {"results": None}
    job = stack.webhook(sent(stack), hub.event(empty))
    assert job.status is Status.RUNNING

    stack.runninghub.answers.append(hub.answer(empty))
    job = stack.follow_up_when_due(job.id)

    assert (job.status, job.error and job.error.code) == (Status.FAILED, "output_missing")
    assert job.charged == 800_000


def test_files_that_come_after_an_empty_success_are_fetched(stack: InMemoryStack) -> None:
    job = submitted(stack, SORA, hub.taken())
    stack.webhook(sent(stack), hub.event(hub.finished() | {"results": []}))

    assert stack.webhook(sent(stack), hub.event(hub.finished())).status is Status.STORING
    assert stack.job(job.id).outputs[0].state is OutputState.TO_FETCH


def test_file_with_a_name_in_chinese_is_fetched(stack: InMemoryStack) -> None:
    job = submitted(stack, SORA, hub.taken())
    named = hub.VIDEO | {"url": f"{hub.HOST}/x/output/视频 1.mp4"}

    stack.webhook(sent(stack), hub.event(hub.finished(hub.TASK, named)))

    record = stack.jobs.get_output(job.id, 0, 1)
    assert record
    assert record.result
    assert record.result.url == f"{hub.HOST}/x/output/%E8%A7%86%E9%A2%91%201.mp4"


def test_look_up_that_tells_nothing_at_the_deadline_is_not_the_last(stack: InMemoryStack) -> None:
    job = submitted(stack, SORA, hub.taken())
    stack.clock.advance(ms=stack.policy.run_deadline + HOUR)
    stack.runninghub.answers.extend([LOST, LOST])
    stack.follow_up_when_due(job.id)
    assert stack.follow_up_when_due(job.id).status is Status.RUNNING

    stack.runninghub.answers.append(hub.answer(hub.finished()))
    assert stack.follow_up_when_due(job.id).status is Status.STORING


def test_outcome_that_could_not_be_stored_at_first_is_stored_later(
    stack: InMemoryStack, caplog: pytest.LogCaptureFixture
) -> None:
    job = stack.accept(**SORA)

    def table_is_down(_request: HttpRequest) -> HttpResponse:
        stack.jobs.trouble.fail_next(2, method="replace")
        return hub.taken()

    stack.runninghub.answers.append(table_is_down)
    assert stack.submit(job.id).status is Status.RUNNING
    assert "could not be stored yet" in caplog.text


def test_answer_after_the_lease_leaves_nothing_to_send(stack: InMemoryStack) -> None:
    job = stack.accept(**TWO)

    def slow(_request: HttpRequest) -> HttpResponse:
        stack.clock.advance(seconds=80)
        stack.runninghub.answers.append(LOST)
        stack.submit(job.id)
        stack.clock.advance(seconds=11)
        return hub.taken()

    stack.runninghub.answers.append(slow)
    stack.submit(job.id)

    assert sends(stack) == 2


def test_call_of_an_unknown_place_is_about_no_task(stack: InMemoryStack) -> None:
    job = submitted(stack, SORA, hub.taken())
    call = call_for(sent(stack), hub.event(hub.finished(hub.OTHER_TASK)))
    stack.completion.receive(type(call)(call.provider, call.job_id, "1.7", call.token, call.body))

    assert stack.job(job.id).status is Status.RUNNING


def test_task_that_nobody_understands_does_not_hide_the_result_of_another(stack: InMemoryStack) -> None:
    job = submitted(stack, TWO, hub.taken(), hub.taken(hub.OTHER_TASK))
    stack.runninghub.answers.extend([hub.answer([]), hub.answer(hub.finished(hub.OTHER_TASK))])

    job = stack.follow_up_when_due(job.id)

    assert [task.state for task in job.tasks] == [TaskState.ACCEPTED, TaskState.REPORTED]


def test_failure_that_comes_with_the_answer_is_kept_as_it_was_told(stack: InMemoryStack) -> None:
    job = submitted(stack, SORA, hub.answer(hub.broken()))

    assert (job.status, job.tasks[0].failing_since) == (Status.RUNNING, stack.clock.now())
    [kept] = stack.jobs.attempts[job.id, 1].answers
    assert json.loads(kept) == hub.broken()
