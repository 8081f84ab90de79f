"""What becomes of a job's outputs: landed, to be fetched, lost. Pure; every function is safe to apply twice."""

from __future__ import annotations

from dataclasses import replace

from framehook import tasks
from framehook.errors import Failure
from framehook.identifiers import IncomingKey
from framehook.jobs import Job, Output, OutputState, TaskState
from framehook.transitions import settle


def wanted_output(job: Job, incoming: IncomingKey) -> Output | None:
    """The place of this file in the job; None when nothing of the kind is waited for any more."""
    place = _find(job, incoming.index, incoming.attempt)
    if place is None or (job.status.terminal and place.state is not OutputState.LANDED):
        return None
    return place


def with_landed(job: Job, index: int, attempt: int, now: int) -> Job:
    """The job with this output in the bucket. A file can only come from a task that was accepted."""
    place = _open(job, index, attempt)
    if place is None:
        return job
    changed = _with_output(job, replace(place, state=OutputState.LANDED, failure=None))
    for task in tasks.counting(changed):
        if task.slot == index % job.count and task.state in (TaskState.PLANNED, TaskState.UNKNOWN):
            changed = tasks.with_task(changed, replace(task, state=TaskState.ACCEPTED))
    return settle(changed, now)


def with_refused(job: Job, index: int, attempt: int, failure: Failure, fetched: bool, now: int) -> Job:
    """The job with an unusable file for this output: to be fetched, or lost if it was fetched already."""
    place = _open(job, index, attempt)
    if place is None:
        return job
    if place.state is OutputState.TO_FETCH and fetched and place.failure is None:
        return _with_output(job, replace(place, failure=failure))  # a download may go wrong once
    if place.state is OutputState.TO_FETCH and fetched:
        return settle(_with_output(job, replace(place, state=OutputState.LOST, failure=failure)), now)
    if place.state is not OutputState.AWAITED:
        return job
    if _is_reported(job, index):
        return _with_output(job, replace(place, state=OutputState.TO_FETCH))
    return _with_output(job, replace(place, failure=failure))  # fetched once its URL is reported


def with_upload_missing(job: Job, index: int, attempt: int, fetchable: bool, now: int) -> Job:
    """The job with an upload that never came: to be fetched where the provider told a URL, otherwise lost."""
    place = _open(job, index, attempt)
    if place is None or place.state is not OutputState.AWAITED or not _is_reported(job, index):
        return job
    if fetchable:
        return _with_output(job, replace(place, state=OutputState.TO_FETCH))
    missing = Failure("output_missing", "no file came, and the provider told no URL")
    return with_lost(job, index, attempt, missing, now)


def with_lost(job: Job, index: int, attempt: int, failure: Failure, now: int) -> Job:
    """The job with an output that can't be had any more."""
    place = _open(job, index, attempt)
    if place is None:
        return job
    return settle(_with_output(job, replace(place, state=OutputState.LOST, failure=failure)), now)


def to_fetch(job: Job, index: int) -> Output | None:
    """The place of an output that waits to be fetched; None when it does not."""
    waiting = (output for output in job.outputs if output.state is OutputState.TO_FETCH)
    return None if job.status.terminal else next((place for place in waiting if place.index == index), None)


def _find(job: Job, index: int, attempt: int) -> Output | None:
    found = (output for output in job.outputs if (output.index, output.attempt) == (index, attempt))
    return next(found, None)


def _open(job: Job, index: int, attempt: int) -> Output | None:
    """The place of an output that has not landed, in a job that is not over."""
    place = _find(job, index, attempt)
    return None if job.status.terminal or place is None or place.state is OutputState.LANDED else place


def _is_reported(job: Job, index: int) -> bool:
    slot = index % job.count
    return any(task.slot == slot and task.state is TaskState.REPORTED for task in tasks.counting(job))


def _with_output(job: Job, changed: Output) -> Job:
    outputs = tuple(changed if output.index == changed.index else output for output in job.outputs)
    return replace(job, outputs=outputs)
