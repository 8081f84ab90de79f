"""How long RunComfy is asked, and how often: jobs that take a day, outages on either side, jobs of several tasks.

What was paid for and can still be had is delivered; nobody is asked more often than that takes.
"""

from __future__ import annotations

from typing import Any

import pytest

from framehook.due_times import HOUR, MINUTE, SECOND, Policy
from framehook.errors import ReplyLost, Unavailable
from framehook.jobs import Job, Status, TaskState
from framehook.providers.contract import HttpRequest, HttpResponse
from framehook.requests import ResolveRequest
from tests.fakes import runcomfy_answers as comfy
from tests.fakes.stack import OWNER, PLENTY, InMemoryStack
from tests.unit.media_samples import MP4
from tests.unit.runcomfy_stories import LOST, PICTURE, SORA, WORKFLOW, parked, running, submitted

DAY = 24 * HOUR
BOTH: dict[str, Any] = {**SORA, "input": {**SORA["input"], "count": 2}}
AT_WORK, OTHER_AT_WORK = comfy.state("in_progress"), comfy.state("in_progress", comfy.OTHER)


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def asked(stack: InMemoryStack) -> int:
    return sum("/result" in request.path for request in stack.runcomfy.requests)


def followed(stack: InMemoryStack, job: Job, *answers: HttpResponse | Exception) -> Job:
    """The job after it was followed up when due, with these answers, as far as they were asked for."""
    stack.runcomfy.answers.extend(answers)
    job = stack.follow_up_when_due(job.id)
    stack.runcomfy.answers.clear()
    return job


def aged(stack: InMemoryStack, job: Job, age: int) -> Job:
    """A job under way that is next due when it is so old."""
    while (job.due_at or 0) < (job.accepted_at or 0) + age:
        job = followed(stack, job, AT_WORK)
    return job


def swept(stack: InMemoryStack) -> None:
    stack.starter.follow_ups.clear()
    stack.sweeping.sweep(lambda: PLENTY)
    for due in stack.starter.follow_ups:
        stack.following.follow_up(due)


def test_result_in_hand_is_not_given_up_because_the_table_is_down(stack: InMemoryStack) -> None:
    job = aged(stack, running(stack), DAY)
    while (job.due_at or 0) < (job.accepted_at or 0) + DAY + 2 * HOUR:
        job = followed(stack, job, comfy.answer({}, 503))

    def told(_: HttpRequest) -> HttpResponse:
        stack.jobs.trouble.fail_next(method="record_result")
        return comfy.finished()

    stack.runcomfy.answers.append(told)
    with pytest.raises(Unavailable):
        stack.follow_up_when_due(job.id)
    assert stack.job(job.id).status is Status.RUNNING

    assert followed(stack, stack.job(job.id), comfy.finished()).status is Status.STORING


def test_completed_without_its_result_is_not_failed_at_the_deadline(stack: InMemoryStack) -> None:
    job = aged(stack, running(stack), DAY + 10 * MINUTE)

    job = followed(stack, job, comfy.refused(200, 500001), comfy.state("completed"))

    assert job.status is Status.RUNNING
    assert followed(stack, job, comfy.finished()).status is Status.STORING


def test_known_task_of_a_parked_job_is_asked_about_as_long_as_it_is_parked(stack: InMemoryStack) -> None:
    job = followed(stack, submitted(stack, BOTH, comfy.taken(), LOST), AT_WORK)
    assert job.status is Status.PARKED
    job = aged(stack, job, 3 * DAY)
    assert (job.due_at or 0) <= (job.accepted_at or 0) + 4 * DAY + HOUR

    job = followed(stack, job, comfy.finished())

    assert job.tasks[0].state is TaskState.REPORTED


def test_parked_job_is_asked_about_again_after_an_outage(stack: InMemoryStack) -> None:
    job = submitted(stack, BOTH, comfy.taken(), LOST)
    stack.clock.advance(hours=20)

    job = followed(stack, job, ReplyLost("x"))

    assert job.status is Status.PARKED
    assert (job.due_at or 0) <= stack.clock.now() + 2 * HOUR


def test_last_look_up_that_tells_nothing_is_not_the_end() -> None:
    stack = InMemoryStack(Policy(first_poll=SECOND))
    job = aged(stack, running(stack), DAY)
    job = followed(stack, job, comfy.answer({}, 503))
    before = asked(stack)

    job = followed(stack, job, comfy.finished())

    assert (asked(stack), job.status) == (before + 1, Status.STORING)


@pytest.mark.parametrize("first", [1, 5, 10, 60])
@pytest.mark.parametrize("wanted", [SORA, PICTURE], ids=["video", "image"])
def test_job_is_looked_up_every_hour_at_least_until_its_deadline(first: int, wanted: dict[str, Any]) -> None:
    stack = InMemoryStack(Policy(first_poll=first * SECOND))
    job = running(stack, wanted)
    before = stack.clock.now()
    while before < (job.accepted_at or 0) + DAY:
        assert (job.due_at or 0) - before <= HOUR + MINUTE
        before = job.due_at or 0
        job = followed(stack, job, AT_WORK)
    assert job.look_ups <= stack.policy.most_look_ups


def test_early_look_up_does_not_put_off_the_next_one(stack: InMemoryStack) -> None:
    job = submitted(stack, BOTH, comfy.taken(), comfy.taken(comfy.OTHER))
    since = job.accepted_at or 0
    while stack.clock.now() < since + 8 * HOUR:
        job = followed(stack, job, AT_WORK, OTHER_AT_WORK)
    job = followed(stack, job, comfy.finished(), OTHER_AT_WORK)
    stack.deliver_files(job.id, MP4)
    before = asked(stack)

    job = followed(stack, stack.job(job.id), OTHER_AT_WORK)

    assert asked(stack) == before + 1
    assert (job.due_at or 0) - stack.clock.now() <= HOUR + MINUTE


@pytest.mark.parametrize("kind", ["polled", "parked", "called"])
def test_no_look_up_is_made_up_for_after_an_outage_of_ours(stack: InMemoryStack, kind: str) -> None:
    if kind == "parked":
        followed(stack, submitted(stack, BOTH, comfy.taken(), LOST), AT_WORK)
    else:
        submitted(stack, WORKFLOW if kind == "called" else SORA, comfy.taken())
    stack.clock.advance(hours=12)
    before = asked(stack)
    for _ in range(10):
        stack.runcomfy.answers.append(AT_WORK)
        swept(stack)
        stack.runcomfy.answers.clear()
        stack.clock.advance(seconds=60)

    assert asked(stack) - before <= 1


def test_task_that_was_taken_is_looked_up_while_another_waits(stack: InMemoryStack) -> None:
    job = submitted(stack, BOTH, comfy.taken(), comfy.answer({}, 429, **{"Retry-After": "86400"}))

    assert job.status is Status.SUBMITTING
    assert (job.due_at or 0) <= stack.clock.now() + 200 * SECOND
    stack.clock.advance(ms=(job.lease_until or 0) - stack.clock.now())
    assert stack.clock.now() <= (job.accepted_at or 0) + HOUR


def test_closed_gate_opens_within_an_hour_whatever_was_asked_for(stack: InMemoryStack) -> None:
    submitted(stack, SORA, comfy.answer({}, 429, **{"Retry-After": "86400"}))

    assert stack.gates.gates["runcomfy"].closed_until <= stack.clock.now() + HOUR


def test_missing_result_beside_a_state_is_no_word_of_a_stop(stack: InMemoryStack) -> None:
    job = running(stack)
    stack.cancelling.cancel(OWNER, job.id)
    stack.runcomfy.answers.append(comfy.answer({"outcome": "cancellation_requested"}, 202))
    stack.following.follow_up(stack.starter.follow_ups[-1])
    missing = comfy.refused(404, 404001)
    job = followed(stack, job, missing, comfy.answer({}, 400))
    assert job.status is Status.RUNNING

    assert followed(stack, job, missing, AT_WORK).status is Status.RUNNING


def test_task_that_ran_out_of_time_is_asked_about_once_more_before_its_job_is_given_up(
    stack: InMemoryStack,
) -> None:
    """It was sent again by a person, and failed by our deadline alone; the first send may be paid as well."""
    job = parked(stack)
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))
    stack.runcomfy.answers.append(comfy.taken())
    job = stack.submit(job.id)
    while job.status is Status.RUNNING:
        job = followed(stack, job, AT_WORK)
    assert job.status is Status.PARKED
    before = asked(stack)

    while asked(stack) == before:
        job = followed(stack, job, AT_WORK)
        assert job.status is Status.PARKED  # it does not begin anew
    job = followed(stack, job, comfy.finished())

    assert job.status is Status.STORING
    assert stack.deliver_files(job.id, MP4).status is Status.SUCCEEDED
