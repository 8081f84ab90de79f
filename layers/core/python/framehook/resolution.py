"""What a person decides about a parked job: send it again, take a provider's task for it, or give it up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from framehook import tasks
from framehook.changes import Changes
from framehook.errors import (
    Failure,
    FieldProblem,
    InvalidRequest,
    NotFound,
    Unavailable,
    WrongState,
)
from framehook.jobs import Job, Status, Task, TaskState
from framehook.ports import Chance, JobQueue
from framehook.providers.contract import Provider
from framehook.requests import ResolveRequest
from framehook.transitions import Event, move, settle

logger = logging.getLogger(__name__)

ABANDONED = Failure("abandoned", "the job was given up by a person while its outcome was unknown")


@dataclass(frozen=True, slots=True)
class Resolution:
    changes: Changes
    queue: JobQueue
    chance: Chance
    providers: Mapping[str, Provider]

    def resolve(self, owner: str, job_id: str, asked: ResolveRequest) -> Job:
        """The job after the decision. Raises NotFound, WrongState for a job that is not parked or not in the attempt
        that was decided about, InvalidRequest."""
        job = self.changes.jobs.get(job_id)
        if job is None or job.owner != owner:
            raise NotFound("no such job")
        self._check(job, asked)
        decided = self.changes.apply(job, lambda seen, now: self._decided(seen, job.attempt, asked, now))
        if decided.status is Status.QUEUED:
            self._ask_for_submission(decided.id)
        return decided

    def _ask_for_submission(self, job_id: str) -> None:
        """The decision is stored: to tell of a failure would have it made again, and paid for again."""
        try:
            self.queue.send(job_id)
        except Unavailable:
            logger.warning("the job waits for the sweep", extra={"job_id": job_id}, exc_info=True)

    def _decided(self, job: Job, attempt: int, asked: ResolveRequest, now: int) -> Job:
        """Asked again about a newer job: one that is no longer parked in that attempt was decided by something else."""
        if job.status is not Status.PARKED or job.attempt != attempt:
            raise WrongState(f"only a parked job can be resolved; this one is {job.status} by now")
        match asked.action:
            case "abandon":
                return move(job, Event.ABANDONED, now, ABANDONED)
            case "adopt":
                return self._adopted(job, asked.provider_task_id or "", now)
            case _:
                provider = self.providers[job.provider]
                return _resent(job, lambda: tasks.name_of_ours(self.chance.uuid(), provider), now)

    def _check(self, job: Job, asked: ResolveRequest) -> None:
        if job.status is not Status.PARKED:
            raise WrongState(f"only a parked job can be resolved; this one is {job.status}")
        if asked.attempt not in (None, job.attempt):
            raise WrongState(
                f"this was decided about attempt {asked.attempt}; the job is in {job.attempt} by now"
            )
        given = asked.provider_task_id
        if asked.action != "adopt":
            if given is not None:
                raise InvalidRequest(
                    FieldProblem("provider_task_id", "is only for the action adopt", "unknown_field")
                )
            return
        if self._meant(job, given or "") is not None:
            return
        form = self.providers[job.provider].OWN_TASK_ID
        unknown: list[str] = [task.id for task in job.tasks if task.state is TaskState.UNKNOWN]
        message = "must be one of the job's own tasks whose outcome is unknown"
        if form is not None:
            message = f"must be the id that {job.provider} gave to a task that the job does not know yet"
        allowed = unknown if form is None else form.pattern
        raise InvalidRequest(FieldProblem("provider_task_id", message, value=given, allowed=allowed))

    def _meant(self, job: Job, task_id: str) -> Task | None:
        """The unknown task that a person means: by our name for it, or any, where only the provider has a name."""
        unknown = [task for task in job.tasks if task.state is TaskState.UNKNOWN]
        form = self.providers[job.provider].OWN_TASK_ID
        if form is None:
            return next((task for task in unknown if task.id == task_id), None)
        fits = form.fullmatch(task_id) is not None and tasks.find(job, task_id) is None
        return next(iter(unknown), None) if fits else None

    def _adopted(self, job: Job, task_id: str, now: int) -> Job:
        task = self._meant(job, task_id)
        if task is None:
            return job
        accepted = tasks.with_task(job, replace(task, state=TaskState.ACCEPTED))
        young = replace(accepted, accepted_at=now, look_ups=0, due_at=now)  # even where the job stays parked
        return settle(tasks.renamed(young, task.id, task_id), now)


def _resent(job: Job, new_id: Callable[[], str], now: int) -> Job:
    """A new attempt of what is not known to be accepted: a second charge is possible, and a person has said yes."""
    again = tasks.sent_again(move(job, Event.RESENT, now), new_id)
    fresh = replace(again, queued_at=now, first_sent_at=None, accepted_at=None, not_before=0, look_ups=0)
    return settle(replace(fresh, refusals=0, refused_with=None, refused_alike=0, cancel=None), now)
