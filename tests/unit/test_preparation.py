"""Jobs whose input files are brought to the provider before they are sent: that takes minutes, and may go wrong."""

from __future__ import annotations

import pytest

from framehook.errors import Failure, NotSendable
from framehook.jobs import Job, Status
from tests.fakes import runninghub_answers as hub
from tests.fakes.stack import OWNER, InMemoryStack
from tests.unit.runninghub_stories import SORA


@pytest.fixture
def stack() -> InMemoryStack:
    return InMemoryStack()


def accept(stack: InMemoryStack) -> Job:
    return stack.accept(**SORA)


def test_file_that_can_not_be_passed_on_now_makes_the_job_wait_but_not_for_ever(
    stack: InMemoryStack,
) -> None:
    stack.resources.trouble.fail_next(20)
    job = accept(stack)
    for _ in range(10):
        stack.clock.advance(seconds=600)
        job = stack.submit(job.id)

    assert (job.status, job.error and job.error.code) == (Status.FAILED, "input_unavailable")
    assert stack.runninghub.requests == []


def test_job_whose_files_take_long_is_left_alone_meanwhile_and_then_sent(stack: InMemoryStack) -> None:
    """It was refused before, so that it is due sooner than its files are there."""
    job = accept(stack)
    stack.runninghub.answers.append(hub.refused("421"))
    stack.submit(job.id)
    stack.clock.advance(seconds=60)
    stack.resources.seconds = 150

    def meanwhile() -> None:
        for _ in range(5):
            stack.clock.advance(seconds=30)
            stack.starter.follow_ups.clear()
            stack.sweeping.sweep(lambda: 100_000)
            for due in stack.starter.follow_ups:
                stack.following.follow_up(due)
            stack.submit(job.id)  # a message that was delivered twice

    stack.resources.meanwhile = meanwhile
    stack.runninghub.answers.append(hub.taken())
    job = stack.submit(job.id)

    assert job.status is Status.RUNNING
    assert len(stack.resources.accounts) == 2  # one for each call


def test_job_that_is_cancelled_while_its_files_are_brought_is_not_sent(stack: InMemoryStack) -> None:
    job = accept(stack)
    stack.resources.seconds = 60
    stack.resources.meanwhile = lambda: void(stack.cancelling.cancel(OWNER, job.id))

    assert stack.submit(job.id).status is Status.CANCELLED
    assert stack.runninghub.requests == []


def test_preparation_that_died_is_begun_again(stack: InMemoryStack) -> None:
    job = accept(stack)
    stack.resources.seconds = 60

    def killed() -> None:
        raise RuntimeError("the function was killed")

    stack.resources.meanwhile = killed
    with pytest.raises(RuntimeError):
        stack.submit(job.id)
    stack.resources.meanwhile = lambda: None

    stack.follow_up_when_due(job.id)
    assert stack.queue.job_ids == [job.id]
    stack.runninghub.answers.append(hub.taken())
    assert stack.submit(job.id).status is Status.RUNNING


@pytest.mark.parametrize(("code", "level"), [("input_unavailable", "WARNING"), ("no_credit", "ERROR")])
def test_only_what_the_operator_can_mend_is_an_error_in_the_log(
    stack: InMemoryStack, caplog: pytest.LogCaptureFixture, code: str, level: str
) -> None:
    job = accept(stack)
    stack.resources.seconds = 1

    def refused() -> None:
        raise NotSendable(Failure(code, "…"), alarm=code == "no_credit")

    stack.resources.meanwhile = refused
    job = stack.submit(job.id)

    assert (job.status, job.error and job.error.code) == (Status.FAILED, code)
    assert [record.levelname for record in caplog.records] == [level]


def void(_result: object) -> None:
    """For what is called for its effect alone."""
