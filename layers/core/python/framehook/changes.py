"""How a decision about a job reaches the table: applied to what is stored, and again if somebody else was first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from framehook.due_times import Policy, brought_forward, next_errand, rescheduled
from framehook.errors import StaleJob, Unavailable
from framehook.jobs import Job
from framehook.ports import Clock, JobStore

_TRIES = 5  # several webhooks and files of one job may arrive at once

type Decision = Callable[[Job, int], Job]
"""(job, now) → the job as it should be. Pure: it is asked again about a newer job."""


@dataclass(frozen=True, slots=True)
class Changes:
    jobs: JobStore
    clock: Clock
    policy: Policy

    def apply(self, job: Job, decide: Decision) -> Job:
        """The job after `decide`, as stored. A decision that changes nothing writes nothing; one that changes what is
        waited for also gets a new due time.

        Raises Unavailable when others keep being first.
        """
        for _ in range(_TRIES):
            now = self.clock.now()
            decided = decide(job, now)
            if decided == job:
                return job
            if decided.status is not job.status:
                decided = rescheduled(decided, now, self.policy)
            elif self._has_new_errand(decided, job, now):
                decided = brought_forward(decided, now, self.policy)
            try:
                return self.jobs.replace(replace(decided, updated_at=now), job)
            except StaleJob as stale:
                job = stale.current or self.existing(job.id)
        raise Unavailable("the job kept changing")

    def _has_new_errand(self, job: Job, before: Job, now: int) -> bool:
        """Whether something is to be done sooner than anything that was to be done before."""
        due, known = next_errand(job, now, self.policy), next_errand(before, now, self.policy)
        return due is not None and (known is None or due < known)

    def existing(self, job_id: str) -> Job:
        """The job, which is known to exist. Raises Unavailable when it can't be read."""
        job = self.jobs.get(job_id)
        if job is None:
            raise Unavailable("the job can't be read")
        return job
