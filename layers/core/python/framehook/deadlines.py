"""How a job ends when its time is over: what is proven decides, and what is not is parked, never guessed. Pure."""

from __future__ import annotations

from dataclasses import replace

from framehook.completion import failed_task, with_task
from framehook.errors import Failure
from framehook.jobs import Job, OutputState, Status, TaskState
from framehook.transitions import Event, move, settle

QUEUE_DEADLINE = Failure("queue_deadline", "no provider took the job within its deadline")
RUN_DEADLINE = Failure("run_deadline", "the provider did not report a result within the job's deadline")
OUTCOME_UNKNOWN = Failure(
    "outcome_unknown",
    "nobody can tell whether the provider accepted the call; resolve the job by resend, adopt or abandon",
)
NEVER_TAKEN = Failure("provider_unavailable", "the provider kept refusing the task for now")


def unproven(job: Job, now: int) -> Job:
    """A submitting job whose proof window is over: what is proven unpaid has failed, anything else is parked."""
    for place, task in enumerate(job.tasks):
        if task.state is TaskState.PLANNED:
            job = failed_task(job, place, NEVER_TAKEN)
    settled = settle(job, now)
    return (
        move(settled, Event.UNPROVEN, now, OUTCOME_UNKNOWN)
        if settled.status is Status.SUBMITTING
        else settled
    )


def finished_by_its_files(job: Job, now: int) -> Job:
    """A running job some of whose tasks never reported, but whose files are all in: they are its result, at an unknown
    charge."""
    for place, task in enumerate(job.tasks):
        files = [output for output in job.outputs if output.task == place]
        landed = all(output.state is OutputState.LANDED for output in files)
        if task.state is TaskState.ACCEPTED and files and landed:
            job = with_task(job, place, replace(task, state=TaskState.REPORTED))
    return settle(job, now)


def overdue(job: Job, now: int) -> Job:
    """A running job at its deadline: what has landed stays, what never reported has failed."""
    job = finished_by_its_files(job, now)
    for place, task in enumerate(job.tasks):
        if job.status is Status.RUNNING and task.state is TaskState.ACCEPTED:
            job = failed_task(job, place, RUN_DEADLINE)
    return settle(job, now)


def entered_at(job: Job, status: Status) -> int:
    """When the job last entered `status`, in ms; its creation when that is no longer known."""
    return max((entry.at for entry in job.timeline if entry.status is status), default=job.created_at)
