"""What becomes of a job's outputs: landed, to be fetched, lost. Pure; every function is safe to apply twice."""

from __future__ import annotations

from dataclasses import replace

from framehook.completion import with_task
from framehook.errors import Failure
from framehook.identifiers import IncomingKey
from framehook.jobs import Job, Output, OutputState, TaskState
from framehook.transitions import settle


def wanted_output(job: Job, incoming: IncomingKey) -> Output | None:
    """The place of this file in the job; None when nothing of the kind is waited for any more."""
    for place in job.outputs:
        if (place.index, place.attempt) == (incoming.index, incoming.attempt):
            return place if place.state is OutputState.LANDED or not job.status.terminal else None
    return None


def with_landed(job: Job, index: int, now: int) -> Job:
    """The job with this output in the bucket. A file can only come from a task that was accepted."""
    place = _place(job, index)
    if job.status.terminal or place is None or job.outputs[place].state is OutputState.LANDED:
        return job
    landed = replace(job.outputs[place], state=OutputState.LANDED, failure=None)
    changed = _with_output(job, place, landed)
    task = changed.tasks[landed.task]
    if task.state in (TaskState.PLANNED, TaskState.UNKNOWN):
        changed = with_task(changed, landed.task, replace(task, state=TaskState.ACCEPTED))
    return settle(replace(changed, updated_at=now), now)


def with_refused(job: Job, index: int, failure: Failure, fetched: bool, now: int) -> Job:
    """The job with an unusable file for this output: to be fetched, or lost if it was fetched already."""
    place = _place(job, index)
    if job.status.terminal or place is None:
        return job
    output = job.outputs[place]
    if output.state is OutputState.TO_FETCH and fetched:
        return settle(_with_output(job, place, replace(output, state=OutputState.LOST, failure=failure)), now)
    if output.state is not OutputState.AWAITED:
        return job
    if job.tasks[output.task].state is TaskState.REPORTED:
        return _with_output(job, place, replace(output, state=OutputState.TO_FETCH))
    return _with_output(job, place, replace(output, failure=failure))  # fetched once its URL is reported


def with_upload_missing(job: Job, index: int, fetchable: bool, now: int) -> Job:
    """The job with an upload that never came: to be fetched where the provider told a URL, otherwise lost."""
    place = _place(job, index)
    if job.status.terminal or place is None or job.outputs[place].state is not OutputState.AWAITED:
        return job
    if fetchable:
        return _with_output(job, place, replace(job.outputs[place], state=OutputState.TO_FETCH))
    return with_lost(job, index, Failure("output_missing", "no file came, and the provider told no URL"), now)


def with_lost(job: Job, index: int, failure: Failure, now: int) -> Job:
    """The job with an output that can't be had any more."""
    place = _place(job, index)
    if job.status.terminal or place is None or job.outputs[place].state is OutputState.LANDED:
        return job
    lost = replace(job.outputs[place], state=OutputState.LOST, failure=failure)
    return settle(_with_output(job, place, lost), now)


def to_fetch(job: Job, index: int) -> Output | None:
    """The place of an output that waits to be fetched; None when it does not."""
    place = _place(job, index)
    if job.status.terminal or place is None or job.outputs[place].state is not OutputState.TO_FETCH:
        return None
    return job.outputs[place]


def _place(job: Job, index: int) -> int | None:
    return next((place for place, output in enumerate(job.outputs) if output.index == index), None)


def _with_output(job: Job, place: int, output: Output) -> Job:
    return replace(job, outputs=(*job.outputs[:place], output, *job.outputs[place + 1 :]))
