"""News that comes late, at the very end, or against what was said before: what is paid and known is not thrown away."""

from __future__ import annotations

import pytest

from framehook.errors import InvalidRequest, ResultGone
from framehook.jobs import OutputState, Status, TaskState
from framehook.providers.contract import HttpResponse
from framehook.requests import ResolveRequest
from framehook.tasks import OUTPUT_MISSING, is_open
from tests.fakes import runninghub_answers as hub
from tests.fakes.stack import OWNER, InMemoryStack
from tests.unit.runninghub_stories import HOUR, LOST, SORA, TWO, adopted, parked, sent, submitted

EMPTY = hub.finished() | {"results": None}
PLENTY = 100_000


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def swept(stack: InMemoryStack, job_id: str, hours: float, *answers: HttpResponse) -> int:
    """How many follow-ups the sweep of every minute starts, while the provider gives always the same answer."""
    started, until = 0, stack.clock.now() + hours * HOUR
    while stack.clock.now() < until and not stack.job(job_id).status.terminal:
        stack.clock.advance(seconds=60)
        stack.starter.follow_ups.clear()
        stack.sweeping.sweep(lambda: PLENTY)
        for due in stack.starter.follow_ups:
            stack.runninghub.answers.extend(answers * 3)
            stack.following.follow_up(due)
            started += 1
        for asked in list(stack.queue.job_ids):
            stack.queue.job_ids.remove(asked)
            stack.runninghub.answers.extend(answers * 3)
            stack.submit(asked)
    stack.runninghub.answers.clear()
    return started


def look_ups(stack: InMemoryStack) -> int:
    return sum(request.path.endswith("/query") for request in stack.runninghub.requests)


def test_success_at_the_end_of_a_parked_jobs_time_is_still_fetched(stack: InMemoryStack) -> None:
    job = parked(stack, TWO)
    stack.clock.advance(ms=stack.policy.parked_for + 6 * 60_000)
    stack.webhook(sent(stack, 0), hub.event(hub.finished()))

    swept(stack, job.id, 2)

    assert stack.job(job.id).status is Status.PARKED
    assert (job.id, 0) in stack.starter.fetches


def test_file_that_is_missing_brings_no_look_up_and_no_end_forward(stack: InMemoryStack) -> None:
    """A provider that can't be reached around the deadline is asked again later, whatever else the job waits for."""
    job = submitted(stack, TWO, hub.taken(), hub.taken(hub.OTHER_TASK))
    stack.webhook(sent(stack, 0), hub.event(hub.finished()))
    stack.clock.advance(hours=23.4)

    swept(stack, job.id, 2, hub.answer({}, 503))
    assert stack.job(job.id).status is Status.RUNNING

    assert stack.webhook(sent(stack, 1), hub.event(hub.finished(hub.OTHER_TASK))).status is Status.STORING


def test_look_ups_after_an_outage_are_minutes_apart_before_anything_is_given_up(stack: InMemoryStack) -> None:
    job = submitted(stack, SORA, hub.taken())
    stack.clock.advance(hours=30)

    swept(stack, job.id, 0.15, hub.answer({}, 503))

    assert stack.job(job.id).status is Status.RUNNING


def test_fetch_after_an_outage_has_the_time_that_it_may_take(stack: InMemoryStack) -> None:
    job = submitted(stack, SORA, hub.taken())
    stack.webhook(sent(stack, 0), hub.event(hub.finished()))
    stack.clock.advance(hours=25)
    stack.follow_up_when_due(job.id)

    swept(stack, job.id, 0.2)

    assert stack.job(job.id).status is Status.STORING


def test_fetch_that_never_works_is_tried_ever_more_rarely(stack: InMemoryStack) -> None:
    job = submitted(stack, SORA, hub.taken())
    stack.webhook(sent(stack, 0), hub.event(hub.finished()))

    assert swept(stack, job.id, 23) < 120


def test_failure_and_empty_success_do_not_confirm_each_other(stack: InMemoryStack) -> None:
    job = submitted(stack, SORA, hub.taken())
    stack.webhook(sent(stack, 0), hub.event(hub.broken()))
    stack.runninghub.answers.append(hub.answer(EMPTY))
    job = stack.follow_up_when_due(job.id)
    assert job.status is Status.RUNNING
    stack.runninghub.answers.append(hub.answer(hub.broken()))
    assert stack.follow_up_when_due(job.id).status is Status.RUNNING

    assert stack.webhook(sent(stack, 0), hub.event(hub.finished())).status is Status.STORING


def test_empty_success_of_an_earlier_attempt_ends_nothing(stack: InMemoryStack) -> None:
    job = parked(stack)
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))

    job = stack.webhook(sent(stack, 0), hub.event(EMPTY))
    assert job.status is Status.RUNNING
    stack.submit(job.id)
    assert len(stack.runninghub.requests) == 1  # it may have been paid already

    assert stack.webhook(sent(stack, 0), hub.event(hub.finished())).status is Status.STORING


def sent_again(stack: InMemoryStack) -> str:
    """A job whose first send nobody knows the outcome of, and which a person had sent again."""
    job = parked(stack)
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))
    stack.runninghub.answers.append(hub.taken(hub.OTHER_TASK))
    stack.submit(job.id)
    return job.id


def test_second_send_whose_file_is_gone_leaves_the_first_to_a_person_or_its_own_news(
    stack: InMemoryStack,
) -> None:
    job_id = sent_again(stack)
    stack.webhook(sent(stack, 1), hub.event(hub.finished(hub.OTHER_TASK)))
    stack.downloader.bodies[hub.VIDEO_URL] = ResultGone("…")
    stack.clock.advance(hours=1)

    stack.fetching.fetch(job_id, 0)

    job = stack.job(job_id)
    assert job.status is Status.PARKED
    assert [task.state for task in job.tasks] == [TaskState.UNKNOWN, TaskState.SUPERSEDED]
    assert job.charged == 800_000
    assert not any(is_open(task) for task in job.tasks if task.state is TaskState.SUPERSEDED)
    assert stack.webhook(sent(stack, 0), hub.event(hub.finished())).status is Status.STORING


def test_failure_of_an_earlier_attempt_that_is_taken_back_is_no_first_word_of_the_next(
    stack: InMemoryStack,
) -> None:
    job = parked(stack)
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))
    stack.webhook(sent(stack, 0), hub.event(hub.broken()))
    stack.clock.advance(seconds=3_600)

    job = stack.webhook(sent(stack, 0), hub.event(hub.task("RUNNING")))

    [task] = [task for task in job.tasks if task.state is TaskState.ACCEPTED]
    assert (job.status, task.failing_since) == (Status.RUNNING, None)


def test_success_without_a_file_takes_nothing_from_the_one_that_may_follow(stack: InMemoryStack) -> None:
    """One of two generations ran out of time; the other's file is still on its way."""
    job = submitted(stack, TWO, hub.taken(), hub.taken(hub.OTHER_TASK))
    stack.webhook(sent(stack, 0), hub.event(hub.finished()))
    late = [hub.answer(hub.task("RUNNING", hub.OTHER_TASK))] * 9
    while stack.job(job.id).status is Status.RUNNING:
        stack.runninghub.answers.extend(late)
        stack.follow_up_when_due(job.id)

    stack.webhook(sent(stack, 1), hub.event(EMPTY | {"taskId": hub.OTHER_TASK}))
    job = stack.webhook(sent(stack, 1), hub.event(hub.finished(hub.OTHER_TASK)))

    assert [task.state for task in job.tasks] == [TaskState.REPORTED, TaskState.REPORTED]
    assert job.outputs[1].state is OutputState.TO_FETCH


def test_empty_success_that_was_believed_once_does_not_start_a_parked_job_again(stack: InMemoryStack) -> None:
    job = parked(stack)
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))
    stack.runninghub.answers.append(LOST)
    stack.submit(job.id)
    empty = hub.event(EMPTY)
    stack.webhook(sent(stack, 0), empty)
    swept(stack, job.id, 1, hub.answer({}, 503))
    assert stack.job(job.id).status is Status.PARKED
    swept(stack, job.id, 3, hub.answer(EMPTY))
    assert OUTPUT_MISSING in [task.failure for task in stack.job(job.id).tasks]

    assert stack.webhook(sent(stack, 0), empty).status is Status.PARKED


def test_empty_repeat_takes_nothing_from_a_reserve(stack: InMemoryStack) -> None:
    job = parked(stack)
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))
    stack.runninghub.answers.append(hub.taken(hub.OTHER_TASK))
    stack.submit(job.id)
    first = sent(stack, 0)
    stack.webhook(first, hub.event(hub.finished(hub.TASK, hub.VIDEO, hub.PREVIEW)))

    job = stack.webhook(first, hub.event(EMPTY))

    [spare] = [task for task in job.tasks if task.state is TaskState.SPARE]
    assert len(spare.spare_files) == 2


def test_first_of_two_adopted_tasks_is_looked_up_soon_however_long_the_job_was_parked(
    stack: InMemoryStack,
) -> None:
    job = parked(stack, TWO)
    stack.clock.advance(hours=25)
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="adopt", provider_task_id=hub.TASK))

    swept(stack, job.id, 1, hub.answer(hub.finished()))

    job = stack.job(job.id)
    assert [task.state for task in job.tasks] == [TaskState.REPORTED, TaskState.UNKNOWN]
    assert job.outputs[0].state is OutputState.TO_FETCH


def test_failure_told_of_a_long_parked_job_is_proven_once_and_raises_no_storm(stack: InMemoryStack) -> None:
    job = parked(stack, TWO)
    stack.clock.advance(hours=25)
    stack.webhook(sent(stack, 0), hub.event(hub.broken()))

    started = swept(stack, job.id, 24, hub.answer(hub.broken()))

    assert (started < 5, look_ups(stack)) == (True, 1)
    assert stack.job(job.id).tasks[0].state is TaskState.FAILED


def test_accepted_task_is_not_asked_about_for_the_sake_of_one_in_doubt(stack: InMemoryStack) -> None:
    job = submitted(stack, TWO, hub.taken(), LOST)

    swept(stack, job.id, 0.3, hub.answer(hub.task("RUNNING")))

    assert look_ups(stack) <= 3


def test_refusals_before_an_acceptance_do_not_count_against_the_next_task(stack: InMemoryStack) -> None:
    refused = hub.answer({"code": -1, "msg": "ApiKey verification failed"}, 401)
    job = submitted(stack, TWO, refused)
    for answers in ([refused], [hub.taken(), refused]):
        stack.clock.advance(seconds=700)
        stack.runninghub.answers.extend(answers)
        job = stack.submit(job.id)

    assert [task.state for task in job.tasks] == [TaskState.ACCEPTED, TaskState.PLANNED]


def test_parked_job_adopts_an_id_of_runninghub(stack: InMemoryStack) -> None:
    job = parked(stack)
    with pytest.raises(InvalidRequest, match="the id that runninghub gave"):
        adopted(stack, job, job.tasks[0].id)

    job = adopted(stack, job, hub.TASK)
    assert (job.status, job.tasks[0].id) == (Status.RUNNING, hub.TASK)

    stack.runninghub.answers.append(hub.answer(hub.finished()))
    job = stack.follow_up_when_due(job.id)
    assert job.status is Status.STORING
    assert sent(stack) == {"taskId": hub.TASK}


def test_resent_job_takes_the_late_success_of_the_first_send_while_it_waits(stack: InMemoryStack) -> None:
    job = parked(stack)
    first = sent(stack)
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))

    job = stack.webhook(first, hub.event(hub.finished()))

    assert job.status is Status.STORING
    stack.submit(job.id)
    assert len(stack.runninghub.requests) == 1  # nothing is paid a second time
