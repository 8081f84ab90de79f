"""How jobs end when their time is over: what is proven decides, and what is not is parked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from framehook.deadlines import (
    NEVER_TAKEN,
    QUEUE_DEADLINE,
    entered_at,
    expired_in_queue,
    finished_by_its_files,
    given_up,
    overdue,
    unproven,
    unsendable,
)
from framehook.errors import Failure
from framehook.jobs import Job, Output, OutputState, Status, Task, TaskState, TimelineEntry
from framehook.tasks import RUN_DEADLINE
from framehook.transitions import OUTCOME_UNKNOWN
from tests.unit.test_transitions import FAILURE, NOW, a_job

LANDED = OutputState.LANDED


def with_parts(status: Status, *parts: TaskState | tuple[TaskState, OutputState]) -> Job:
    """A job with a task and an output for each part."""
    pairs = [part if isinstance(part, tuple) else (part, OutputState.AWAITED) for part in parts]
    made = [Task(str(slot), slot, state=state) for slot, (state, _) in enumerate(pairs)]
    failed = [replace(task, failure=FAILURE) if task.state is TaskState.FAILED else task for task in made]
    outputs = tuple(Output(slot, state=place) for slot, (_, place) in enumerate(pairs))
    return a_job(status, count=len(pairs), tasks=tuple(failed), outputs=outputs)


def refused(job: Job, now: int) -> Job:
    return unsendable(job, FAILURE, now)


@pytest.mark.parametrize(("end", "failure"), [(expired_in_queue, QUEUE_DEADLINE), (refused, FAILURE)])
@pytest.mark.parametrize("parts", [(), (TaskState.PLANNED,), (TaskState.FAILED, TaskState.PLANNED)])
def test_queued_job_of_which_nothing_is_paid_fails(
    end: Callable[[Job, int], Job], failure: Failure, parts: tuple[TaskState, ...]
) -> None:
    job = replace(with_parts(Status.QUEUED, *parts), count=max(1, len(parts)))

    ended = end(job, NOW)

    assert (ended.status, ended.error, ended.due_at) == (Status.FAILED, failure, None)


@pytest.mark.parametrize(
    ("paid", "status"),
    [
        (TaskState.ACCEPTED, Status.RUNNING),
        (TaskState.REPORTED, Status.STORING),
        ((TaskState.REPORTED, LANDED), Status.FAILED),
    ],
)
def test_queued_job_of_which_a_part_is_paid_goes_on_with_that_part(
    paid: TaskState | tuple[TaskState, OutputState], status: Status
) -> None:
    job = expired_in_queue(with_parts(Status.QUEUED, paid, TaskState.PLANNED), NOW)

    assert job.status is status
    assert (job.tasks[1].state, job.tasks[1].failure) == (TaskState.FAILED, QUEUE_DEADLINE)
    assert job.error is None or job.error.code == "partial_failure"


def test_resend_at_its_deadline_leaves_the_first_send_in_doubt() -> None:
    made = (Task("a", 0, 1, TaskState.SUPERSEDED), Task("b", 0, 2))

    job = expired_in_queue(a_job(Status.QUEUED, tasks=made, outputs=(Output(0, 2),), attempt=2), NOW)

    assert (job.status, job.error) == (Status.PARKED, OUTCOME_UNKNOWN)
    assert [task.state for task in job.tasks] == [TaskState.UNKNOWN, TaskState.SUPERSEDED]


@pytest.mark.parametrize(
    ("parts", "status", "error"),
    [
        ((TaskState.UNKNOWN,), Status.PARKED, OUTCOME_UNKNOWN),
        ((TaskState.UNKNOWN, TaskState.PLANNED), Status.PARKED, OUTCOME_UNKNOWN),
        ((TaskState.UNKNOWN, TaskState.REPORTED), Status.PARKED, OUTCOME_UNKNOWN),
        ((TaskState.PLANNED, TaskState.FAILED), Status.FAILED, NEVER_TAKEN),
        ((TaskState.ACCEPTED, TaskState.PLANNED), Status.RUNNING, None),
        ((TaskState.REPORTED, TaskState.PLANNED), Status.STORING, None),
    ],
)
def test_end_of_the_proof_window_parks_only_what_nobody_can_know(
    parts: tuple[TaskState, ...], status: Status, error: Failure | None
) -> None:
    job = unproven(with_parts(Status.SUBMITTING, *parts), NOW)

    assert (job.status, job.error) == (status, error)
    assert TaskState.PLANNED not in {task.state for task in job.tasks}


def test_late_success_of_an_earlier_attempt_is_taken_instead_of_parking() -> None:
    spare, unknown = Task("a", 0, 1, TaskState.SPARE), Task("b", 0, 2, TaskState.UNKNOWN)

    job = unproven(a_job(Status.SUBMITTING, tasks=(spare, unknown), outputs=(Output(0, 2),), attempt=2), NOW)

    assert (job.status, job.outputs) == (Status.STORING, (Output(0, 1),))
    assert [task.state for task in job.tasks] == [TaskState.REPORTED, TaskState.SUPERSEDED]


def test_files_that_are_all_in_are_the_result_of_a_silent_task() -> None:
    accepted = (TaskState.ACCEPTED, LANDED)

    job = finished_by_its_files(with_parts(Status.RUNNING, accepted, accepted), NOW)

    assert (job.status, job.charged) == (Status.SUCCEEDED, None)


def test_silent_task_without_its_file_keeps_the_job_running() -> None:
    job = with_parts(Status.RUNNING, (TaskState.ACCEPTED, LANDED), TaskState.ACCEPTED)
    without_places = with_parts(Status.RUNNING, TaskState.ACCEPTED)

    assert finished_by_its_files(job, NOW).status is Status.RUNNING
    assert finished_by_its_files(replace(without_places, outputs=()), NOW).status is Status.RUNNING


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ((TaskState.ACCEPTED,), Status.FAILED, "run_deadline"),
        (((TaskState.ACCEPTED, LANDED),), Status.SUCCEEDED, None),
        (((TaskState.ACCEPTED, LANDED), TaskState.ACCEPTED), Status.FAILED, "partial_failure"),
        ((TaskState.REPORTED, TaskState.ACCEPTED), Status.STORING, None),
    ],
)
def test_run_deadline_fails_what_never_reported(
    parts: tuple[TaskState | tuple[TaskState, OutputState], ...], status: Status, code: str | None
) -> None:
    job = overdue(with_parts(Status.RUNNING, *parts), NOW)

    assert (job.status, job.error and job.error.code) == (status, code)
    assert {task.failure for task in job.tasks} <= {None, RUN_DEADLINE}


def test_parked_job_is_given_up_as_unknown() -> None:
    job = given_up(with_parts(Status.PARKED, TaskState.UNKNOWN), NOW)

    assert (job.status, job.error, job.tasks[0].state) == (
        Status.FAILED,
        OUTCOME_UNKNOWN,
        TaskState.UNKNOWN,
    )


@pytest.mark.parametrize(
    ("end", "statuses"),
    [
        (expired_in_queue, "submitting running storing succeeded failed"),
        (refused, "submitting parked running storing succeeded failed"),
        (unproven, "queued parked running storing succeeded failed"),
        (finished_by_its_files, "queued submitting parked storing succeeded failed"),
        (overdue, "queued submitting parked storing succeeded failed"),
        (given_up, "queued submitting running storing succeeded failed"),
    ],
)
def test_job_that_something_else_took_on_meanwhile_is_left_alone(
    end: Callable[[Job, int], Job], statuses: str
) -> None:
    for status in map(Status, statuses.split()):
        reached = status in (Status.RUNNING, Status.STORING)
        job = with_parts(status, TaskState.ACCEPTED if reached else TaskState.UNKNOWN)
        assert end(job, NOW) is job


def test_time_of_entry_is_the_latest_one() -> None:
    passed = (Status.QUEUED, Status.SUBMITTING, Status.QUEUED)
    job = a_job(Status.QUEUED, timeline=tuple(TimelineEntry(each, at) for at, each in enumerate(passed)))

    assert entered_at(job, Status.QUEUED) == 2
    assert entered_at(job, Status.RUNNING) == job.created_at
