"""What becomes of outputs: twice is once, and a finished job stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from framehook.identifiers import IncomingKey
from framehook.jobs import Job, Output, OutputState, Status, Task, TaskState
from framehook.outputs import (
    to_fetch,
    wanted_output,
    with_landed,
    with_lost,
    with_refused,
    with_upload_missing,
)
from tests.unit.test_transitions import FAILURE, NOW, a_job

type Change = Callable[[Job], Job]

CHANGES: dict[str, Change] = {
    "landed": lambda job: with_landed(job, 0, 1, NOW),
    "refused": lambda job: with_refused(job, 0, 1, FAILURE, False, NOW),
    "missing": lambda job: with_upload_missing(job, 0, 1, False, NOW),
    "missing but fetchable": lambda job: with_upload_missing(job, 0, 1, True, NOW),
    "lost": lambda job: with_lost(job, 0, 1, FAILURE, NOW),
}
COUNTING = [state for state in TaskState if state.counts]


def with_place(status: Status, task: TaskState, place: OutputState) -> Job:
    failure = FAILURE if place is OutputState.LOST else None
    return a_job(
        status,
        tasks=(Task("a", 0, state=task, failure=FAILURE if task is TaskState.FAILED else None),),
        outputs=(Output(0, 1, place, failure),),
    )


def storing(place: OutputState) -> Job:
    return with_place(Status.STORING, TaskState.REPORTED, place)


def running(place: OutputState) -> Job:
    return with_place(Status.RUNNING, TaskState.ACCEPTED, place)


def stays(job: Job) -> bool:
    return all(change(job) is job for change in CHANGES.values())


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_twice_is_once_whatever_the_job(change: Change) -> None:
    for status, task, place in product(Status, COUNTING, OutputState):
        once = change(with_place(status, task, place))
        assert change(once) == once


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED])
@pytest.mark.parametrize("place", OutputState)
def test_finished_job_is_left_alone(status: Status, place: OutputState) -> None:
    job = with_place(status, TaskState.REPORTED, place)

    assert stays(job)
    assert with_refused(job, 0, 1, FAILURE, True, NOW) is job
    assert to_fetch(job, 0) is None


def test_output_that_landed_stays_landed() -> None:
    assert stays(running(OutputState.LANDED))


@pytest.mark.parametrize(("index", "attempt"), [(1, 1), (0, 2)])
def test_file_of_another_place_or_attempt_changes_nothing(index: int, attempt: int) -> None:
    job = storing(OutputState.AWAITED)

    assert with_landed(job, index, attempt, NOW) is job
    assert with_lost(job, index, attempt, FAILURE, NOW) is job
    assert wanted_output(job, IncomingKey(job.id, attempt, index)) is None


def test_file_is_wanted_until_the_job_is_over_and_known_while_it_is_there() -> None:
    key = IncomingKey("job", 1, 0)

    for place in OutputState:
        assert wanted_output(storing(place), key) == storing(place).outputs[0]
        ended = with_place(Status.FAILED, TaskState.REPORTED, place)
        assert (wanted_output(ended, key) is not None) == (place is OutputState.LANDED)


@pytest.mark.parametrize("place", [OutputState.AWAITED, OutputState.TO_FETCH, OutputState.LOST])
def test_last_output_to_land_ends_the_job(place: OutputState) -> None:
    job = with_landed(storing(place), 0, 1, NOW)

    assert (job.status, job.error) == (Status.SUCCEEDED, None)
    assert job.outputs == (Output(0, 1, OutputState.LANDED),)


@pytest.mark.parametrize("task", [TaskState.PLANNED, TaskState.UNKNOWN])
@pytest.mark.parametrize("status", [Status.QUEUED, Status.SUBMITTING, Status.PARKED])
def test_file_proves_that_its_task_was_accepted(status: Status, task: TaskState) -> None:
    job = with_landed(with_place(status, task, OutputState.AWAITED), 0, 1, NOW)

    assert (job.status, job.tasks[0].state) == (Status.RUNNING, TaskState.ACCEPTED)


def test_unusable_upload_is_fetched_twice_and_then_lost() -> None:
    fetching = with_refused(storing(OutputState.AWAITED), 0, 1, FAILURE, False, NOW)
    assert to_fetch(fetching, 0) == Output(0, 1, OutputState.TO_FETCH)
    assert to_fetch(fetching, 1) is None
    assert (
        with_refused(fetching, 0, 1, FAILURE, False, NOW) is fetching
    )  # the upload again, not what was fetched

    again = with_refused(fetching, 0, 1, FAILURE, True, NOW)
    assert to_fetch(again, 0) == Output(0, 1, OutputState.TO_FETCH, FAILURE)
    lost = with_refused(again, 0, 1, FAILURE, True, NOW)

    assert (lost.status, lost.error) == (Status.FAILED, FAILURE)
    assert with_refused(lost, 0, 1, FAILURE, True, NOW) is lost


def test_unusable_upload_before_the_report_is_remembered() -> None:
    job = with_refused(running(OutputState.AWAITED), 0, 1, FAILURE, False, NOW)
    assert job.outputs == (Output(0, 1, OutputState.AWAITED, FAILURE),)


def test_upload_that_never_came_is_fetched_or_lost_but_not_before_the_report() -> None:
    waiting = storing(OutputState.AWAITED)

    assert with_upload_missing(waiting, 0, 1, True, NOW).outputs[0].state is OutputState.TO_FETCH
    lost = with_upload_missing(waiting, 0, 1, False, NOW)
    assert lost.error is not None
    assert (lost.status, lost.error.code) == (Status.FAILED, "output_missing")
    assert with_upload_missing(running(OutputState.AWAITED), 0, 1, False, NOW) == running(OutputState.AWAITED)


def test_lost_output_leaves_the_others_to_the_job() -> None:
    one = Output(0, 1, OutputState.LANDED)
    made = tuple(Task(str(slot), slot, state=TaskState.REPORTED) for slot in range(3))
    job = replace(storing(OutputState.AWAITED), count=3, tasks=made, outputs=(one, Output(1), Output(2)))

    job = with_lost(job, 1, 1, FAILURE, NOW)
    assert job.status is Status.STORING
    job = with_landed(job, 2, 1, NOW)

    assert job.error is not None
    assert (job.status, job.error.code) == (Status.FAILED, "partial_failure")
    assert [output.state for output in job.outputs] == [
        OutputState.LANDED,
        OutputState.LOST,
        OutputState.LANDED,
    ]
