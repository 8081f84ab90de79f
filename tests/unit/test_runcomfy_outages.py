"""Outages on either side, and calls that nobody understands: they use up neither the look-ups nor the time of a job
whose result is paid and can still be had, and nothing is asked in bursts when they are over.
"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from framehook.due_times import HOUR, SECOND
from framehook.errors import ReplyLost, Unavailable
from framehook.jobs import Job, Status, TaskState
from framehook.requests import ResolveRequest
from tests.fakes import runcomfy_answers as comfy
from tests.fakes.stack import OWNER, InMemoryStack
from tests.unit.runcomfy_stories import LOST, WORKFLOW, parked, running, submitted
from tests.unit.test_runcomfy_patience import AT_WORK, BOTH, DAY, OTHER_AT_WORK, asked, followed, swept

DOWN = comfy.answer({}, 503)
DONE = comfy.state("succeeded", outputs=comfy.pictures(comfy.PICTURE_URL))


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def out_of_order(*_: object, **__: object) -> Any:
    raise Unavailable("out of order")


def called_in_strange_words(stack: InMemoryStack, times: int) -> Job:
    """A deployment's job, so often called about with news that nobody understands, each of which is looked into."""
    job = submitted(stack, WORKFLOW, comfy.taken())
    where = comfy.webhook_of(stack.runcomfy.requests[-1])
    for number in range(times):
        stack.webhook(where, comfy.called("warming_up", progress=number))
        stack.clock.advance(seconds=60)
        stack.runcomfy.answers.append(AT_WORK)
        swept(stack)
        stack.runcomfy.answers.clear()
    return stack.job(job.id)


def sent_again(stack: InMemoryStack, job: Job, request_id: str) -> Job:
    stack.resolution.resolve(OWNER, job.id, ResolveRequest(action="resend"))
    stack.runcomfy.answers.append(comfy.taken(request_id))
    return stack.submit(job.id)


def test_file_that_waits_does_not_have_look_ups_made_up_for(stack: InMemoryStack) -> None:
    job = submitted(stack, BOTH, comfy.taken(), comfy.taken(comfy.OTHER))
    stack.clock.advance(hours=6)
    job = followed(stack, job, comfy.finished(), OTHER_AT_WORK)
    before, end = asked(stack), stack.clock.now() + 2 * HOUR
    while stack.clock.now() < end:  # nobody can fetch the file
        job = followed(stack, job, OTHER_AT_WORK)

    assert asked(stack) - before <= 3


def test_result_after_an_outage_does_not_make_the_job_due_again_at_once(stack: InMemoryStack) -> None:
    job = submitted(stack, BOTH, comfy.taken(), comfy.taken(comfy.OTHER))
    stack.clock.advance(hours=6)

    job = followed(stack, job, comfy.finished(), OTHER_AT_WORK)

    assert (job.due_at or 0) >= stack.clock.now() + 10 * SECOND


def test_unreadable_calls_do_not_use_up_the_look_ups_at_the_deadline(stack: InMemoryStack) -> None:
    job = called_in_strange_words(stack, 70)
    while job.status is Status.RUNNING:
        job = followed(stack, job, DONE)

    assert job.status is Status.STORING


def test_last_chances_of_a_job_without_look_ups_to_spare_take_an_hour(stack: InMemoryStack) -> None:
    job = called_in_strange_words(stack, 57)
    while job.status is Status.RUNNING:
        job = followed(stack, job, ReplyLost("x"))

    assert stack.clock.now() - (job.accepted_at or 0) >= DAY + HOUR


def test_table_that_takes_no_results_for_an_hour_costs_no_result(
    stack: InMemoryStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = running(stack)
    stack.clock.advance(ms=(job.due_at or 0) - stack.clock.now())
    with monkeypatch.context() as outage:
        outage.setattr(stack.jobs, "record_result", out_of_order)
        for _ in range(70):
            stack.runcomfy.answers.append(comfy.finished())
            with contextlib.suppress(Unavailable):
                swept(stack)
            stack.runcomfy.answers.clear()
            stack.clock.advance(seconds=60)
    back, job = stack.clock.now(), stack.job(job.id)
    while job.status is Status.RUNNING:
        job = followed(stack, job, comfy.finished())

    assert job.status is Status.STORING
    assert stack.clock.now() - back <= HOUR


def test_task_out_of_time_is_asked_about_while_its_result_is_kept(stack: InMemoryStack) -> None:
    job = sent_again(stack, parked(stack), comfy.REQUEST)
    while job.status is Status.RUNNING:
        job = followed(stack, job, DOWN)
    assert job.status is Status.PARKED
    since = stack.clock.now()

    job = followed(stack, job, comfy.finished())

    assert stack.clock.now() - since <= DAY
    assert job.status is Status.STORING


def test_task_out_of_time_beside_one_that_was_sent_again_is_asked_about_too(stack: InMemoryStack) -> None:
    job = submitted(stack, BOTH, comfy.taken(), LOST)
    while job.status is not Status.PARKED:
        job = followed(stack, job, AT_WORK)
    job = sent_again(stack, job, comfy.OTHER)
    while job.status is Status.RUNNING:
        job = followed(stack, job, DOWN, DOWN)
    assert job.status is Status.PARKED

    job = followed(stack, job, comfy.finished(), comfy.finished(comfy.OTHER))

    states = [task.state for task in job.tasks if task.state.counts]
    assert states == [TaskState.REPORTED, TaskState.REPORTED]


def test_provider_that_is_busy_after_our_outage_costs_no_result(stack: InMemoryStack) -> None:
    job = running(stack)
    stack.clock.advance(hours=30)
    back = stack.clock.now()
    while job.status is Status.RUNNING:
        job = followed(stack, job, comfy.answer({}, 429, **{"Retry-After": "30"}))

    assert stack.clock.now() - back >= HOUR


def test_key_that_can_not_be_read_keeps_no_job_with_a_cancel_from_its_look_ups(
    stack: InMemoryStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submitted(stack, WORKFLOW, comfy.taken())
    stack.cancelling.cancel(OWNER, job.id)
    with monkeypatch.context() as outage:
        outage.setattr(stack.secrets, "api_key", out_of_order)
        job = stack.follow_up_when_due(job.id)

    assert (job.status, len(stack.runcomfy.requests)) == (Status.RUNNING, 1)


def test_file_that_is_gone_is_looked_for_less_and_less_often_while_its_job_is_parked(
    stack: InMemoryStack,
) -> None:
    job = submitted(stack, BOTH, LOST, comfy.taken())
    stack.clock.advance(seconds=180)
    job = followed(stack, job, comfy.finished())
    assert job.status is Status.PARKED
    stack.starter.fetches.clear()
    stack.clock.advance(hours=1)
    end = stack.clock.now() + 12 * HOUR
    while stack.clock.now() < end:
        job = followed(stack, job)

    assert job.status is Status.PARKED
    assert len(stack.starter.fetches) <= 12 * 4 + 1


def test_job_past_its_deadline_is_looked_up_every_half_hour_although_it_also_waits_for_a_file(
    stack: InMemoryStack,
) -> None:
    job = submitted(stack, BOTH, comfy.taken(), comfy.taken(comfy.OTHER))
    job = followed(stack, job, comfy.finished(), OTHER_AT_WORK)  # its file is gone
    while stack.clock.now() < (job.accepted_at or 0) + DAY:
        job = followed(stack, job, OTHER_AT_WORK)
    before = asked(stack)
    for _ in range(8):
        job = followed(stack, job, DOWN)

    assert 3 <= asked(stack) - before <= 6
