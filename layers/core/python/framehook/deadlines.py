"""How a job ends when its time is over: what is proven decides, and what is not is parked, never guessed. Pure."""

from __future__ import annotations

from dataclasses import replace

from framehook import tasks
from framehook.errors import Failure
from framehook.jobs import Job, OutputState, Status, TaskState
from framehook.transitions import OUTCOME_UNKNOWN, Event, move, settle

QUEUE_DEADLINE = Failure("queue_deadline", "no provider took the job within its deadline")
NEVER_TAKEN = Failure("provider_unavailable", "the provider kept refusing the task for now")


def expired_in_queue(job: Job, now: int) -> Job:
    """A queued job at its deadline."""
    return _without_planned(job, Event.EXPIRED, QUEUE_DEADLINE, now)


def unsendable(job: Job, failure: Failure, now: int) -> Job:
    """A queued job that can't be sent."""
    return _without_planned(job, Event.REFUSED, failure, now)


def unproven(job: Job, now: int) -> Job:
    """A submitting job whose proof window is over: what is proven unpaid has failed, anything else is parked."""
    if job.status is not Status.SUBMITTING:
        return job
    settled = settle(tasks.without_planned(job, NEVER_TAKEN), now)
    if settled.status is not Status.SUBMITTING:
        return settled
    return settle(move(settled, Event.UNPROVEN, now, OUTCOME_UNKNOWN), now)


def finished_by_its_files(job: Job, now: int) -> Job:
    """A running job some of whose tasks never reported, but whose files are all in: they are its result, at an unknown
    charge."""
    if job.status is not Status.RUNNING:
        return job
    for task in tasks.counting(job):
        files = list(tasks.outputs_of(job, task.slot))
        landed = files and all(output.state is OutputState.LANDED for output in files)
        if task.state is TaskState.ACCEPTED and landed:
            job = tasks.with_task(job, replace(task, state=TaskState.REPORTED, failure=None))
    return settle(job, now)


def overdue(job: Job, now: int) -> Job:
    """A running job at its deadline: what has landed stays, what never reported has failed."""
    job = finished_by_its_files(job, now)
    for task in tasks.counting(job):
        if job.status is Status.RUNNING and task.state is TaskState.ACCEPTED:
            job = tasks.failed(job, task, tasks.RUN_DEADLINE)
    return settle(job, now)


def given_up(job: Job, now: int) -> Job:
    """A parked job whose time is over."""
    return move(job, Event.EXPIRED, now, OUTCOME_UNKNOWN) if job.status is Status.PARKED else job


def entered_at(job: Job, status: Status) -> int:
    """When the job last entered `status`, in ms; its creation when that is no longer known."""
    return max((entry.at for entry in job.timeline if entry.status is status), default=job.created_at)


def _without_planned(job: Job, event: Event, failure: Failure, now: int) -> Job:
    """Ends a queued job, unless a part of it is paid: then only the rest has failed."""
    if job.status is not Status.QUEUED:
        return job
    states = {task.state for task in job.tasks}
    if not states & {TaskState.REPORTED, TaskState.ACCEPTED, TaskState.SUPERSEDED}:
        return move(job, event, now, failure)
    return settle(tasks.without_planned(job, failure), now)
