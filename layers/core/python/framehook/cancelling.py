"""Somebody wants a job stopped: what can still be stopped is, and what was paid for is delivered.

Used by serve_api. Next: follow_up_job passes the wish on to a provider that has a task of the job.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from framehook.changes import Changes
from framehook.due_times import is_to_be_cancelled
from framehook.errors import NotFound, Unavailable, WrongState
from framehook.jobs import Cancel, Job, Status
from framehook.ports import DueJob, FunctionStarter
from framehook.providers.contract import Provider
from framehook.transitions import Event, move, settle

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cancelling:
    changes: Changes
    starter: FunctionStarter
    providers: Mapping[str, Provider]

    def cancel(self, owner: str, job_id: str) -> Job:
        """The job after the wish: cancelled, or with a note of what becomes of it. Idempotent.

        Raises NotFound, WrongState for a job that ended otherwise.
        """
        job = self.changes.jobs.get(job_id)
        if job is None or job.owner != owner:
            raise NotFound("no such job")
        stored = self.changes.apply(job, self._decided)
        if is_to_be_cancelled(stored) and stored.due_at is not None:
            self._hurry(DueJob(stored.id, stored.due_at))
        return stored

    def _decided(self, job: Job, now: int) -> Job:
        if job.status is Status.CANCELLED:
            return job
        if job.status.terminal:
            raise WrongState(f"the job has {job.status} already")
        provider = self.providers.get(job.provider)
        return cancelled(job, now, stoppable=provider is not None and provider.can_cancel(job.offering))

    def _hurry(self, due: DueJob) -> None:
        """If this is lost, the sweep finds the job within a minute."""
        try:
            self.starter.follow_up(due)
        except Unavailable:
            logger.warning("the cancel waits for the sweep", extra={"job_id": due.job_id}, exc_info=True)


def cancelled(job: Job, now: int, *, stoppable: bool) -> Job:
    """The job as the wish leaves it. `stoppable`: its provider can stop a task that it has taken.

    A job that nobody took is over. A parked one waits on: if the provider turns out to have it, it is asked then.
    """
    if job.cancel is None:
        possible = stoppable and job.status is not Status.STORING
        job = replace(job, cancel=Cancel.REQUESTED if possible else Cancel.IMPOSSIBLE)
    if job.status is Status.QUEUED and not job.tasks:
        return move(job, Event.CANCELLED, now)
    return settle(job, now)
