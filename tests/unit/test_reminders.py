"""Delayed messages for jobs that nobody calls about: who gets one, when it arrives, and what happens without it."""

from __future__ import annotations

from typing import Any

import pytest

from framehook.due_times import MINUTE
from framehook.jobs import Job, Status
from framehook.ports import DueJob
from framehook.reminders import Reminders
from tests.fakes.chance import FakeClock
from tests.fakes.messages import RecordingFollowUps
from tests.unit.test_transitions import a_job

CLOCK = FakeClock()
NOW = CLOCK.now()


def polled(due_in: int | None = 180_000, **changed: Any) -> Job:
    due_at = None if due_in is None else NOW + due_in
    values: dict[str, Any] = {"status": Status.RUNNING, "look_up_growth": 20, "due_at": due_at}
    return a_job(**values | changed)


def reminded(job: Job) -> list[tuple[DueJob, int]]:
    queue = RecordingFollowUps()
    Reminders(queue, CLOCK).remind(job)
    return queue.sent


@pytest.mark.parametrize(
    ("due_in", "delay"), [(180_000, 180), (180_001, 181), (999, 1), (0, 0), (-60_000, 0), (15 * MINUTE, 900)]
)
def test_message_arrives_no_earlier_than_the_job_is_due(due_in: int, delay: int) -> None:
    job = polled(due_in)
    assert reminded(job) == [(DueJob(job.id, NOW + due_in), delay)]


@pytest.mark.parametrize(
    "job",
    [
        polled(look_up_growth=None),
        polled(None),
        polled(15 * MINUTE + 1),
        *(polled(status=status) for status in Status if status is not Status.RUNNING),
    ],
)
def test_nobody_else_costs_a_message(job: Job) -> None:
    assert reminded(job) == []


def test_queue_out_of_order_is_no_reason_to_fail() -> None:
    queue = RecordingFollowUps()
    queue.trouble.fail_next()
    Reminders(queue, CLOCK).remind(polled())
    assert queue.sent == []
