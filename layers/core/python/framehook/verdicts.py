"""What a paid call's answers make of the job. Pure, apart from the chance in how long a refused job waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from framehook import tasks
from framehook.due_times import SECOND, Policy, refusal_back_off, rescheduled
from framehook.errors import Failure
from framehook.jobs import Job, Status, Task, TaskState
from framehook.providers.contract import Accepted, Refused, RefusedForNow, Verdict
from framehook.transitions import Event, move, settle

_OPEN = (TaskState.UNKNOWN, TaskState.PLANNED)
_MOST_REFUSED = 8


@dataclass(frozen=True, slots=True)
class Call:
    """One send: which tasks had been sent before it, and the hash of its token, which tells it from later sends."""

    verdicts: Mapping[str, Verdict]
    sent_before: frozenset[str]
    token_hash: bytes

    def concluded(self, job: Job, now: int, policy: Policy, fraction: float) -> Job:
        """The job after this call, over whatever a webhook or an upload has made of it in the meantime."""
        if job.status.terminal:
            return job
        judged = self._judged(job)
        settled = settle(judged, now)
        if settled.status is not Status.SUBMITTING or not self._is_latest(job):
            return settled
        if all(task.state is TaskState.PLANNED for task in tasks.counting(settled)):
            return self._refused_for_now(settled, now, fraction)
        return rescheduled(self._paused(settled, now, policy, fraction), now, policy)

    def _paused(self, job: Job, now: int, policy: Policy, fraction: float) -> Job:
        """A job some of whose tasks are still to be sent, at once or when the provider has room, or are in doubt."""
        if self._refusals():
            wait = self._wait_after_refusal(job, fraction)
            return replace(job, lease_until=now + wait, refusals=job.refusals + 1)
        unsent = any(task.state is TaskState.PLANNED for task in tasks.counting(job))
        return replace(job, lease_until=now if unsent else now + policy.resend_pause)

    def _is_latest(self, job: Job) -> bool:
        """Whether the job still waits for this very call."""
        return job.status is Status.SUBMITTING and job.token_hashes[-1:] == (self.token_hash,)

    def _judged(self, job: Job) -> Job:
        """A refusal proves something only of a task that no other send may have brought to the provider."""
        latest = self._is_latest(job)
        for task in job.tasks:
            if task.state not in _OPEN:
                job = self._late(job, task)
                continue
            proof = latest and task.id not in self.sent_before
            match self.verdicts.get(task.id):
                case Accepted(task_id):
                    accepted = replace(task, state=TaskState.ACCEPTED)
                    job = tasks.with_task(job, accepted)
                    job = tasks.renamed(job, task.id, task_id)
                case Refused(failure) if proof:
                    job = tasks.failed(job, task, failure)
                case RefusedForNow(failure, tries=tries) if proof:
                    if tries is not None and _in_a_row(job, failure) + 1 >= tries:
                        job = tasks.failed(job, task, failure)
                    else:
                        job = tasks.with_task(job, replace(task, state=TaskState.PLANNED))
        return job

    def _late(self, job: Job, task: Task) -> Job:
        """An answer so late that a person has had the task sent again: it takes its place back if it still can."""
        verdict = self.verdicts.get(task.id)
        if not isinstance(verdict, Accepted) or not tasks.can_be_reinstated(job, task):
            return job
        return tasks.renamed(tasks.reinstated(job, task, TaskState.ACCEPTED), task.id, verdict.task_id)

    def _refused_for_now(self, job: Job, now: int, fraction: float) -> Job:
        wait = self._wait_after_refusal(job, fraction)
        queued = move(job, Event.REFUSED_FOR_NOW, now, self._refusals()[0].failure)
        # A webhook of this send is hardly to come; those of sends that may be paid must not lose their places to it.
        hashes = job.token_hashes[:-1] if len(job.token_hashes) > _MOST_REFUSED else job.token_hashes
        return replace(
            queued,
            not_before=now + wait,
            refusals=job.refusals + 1,
            first_sent_at=None,
            token_hashes=hashes,
        )

    def _refusals(self) -> list[RefusedForNow]:
        return [verdict for verdict in self.verdicts.values() if isinstance(verdict, RefusedForNow)]

    def _wait_after_refusal(self, job: Job, fraction: float) -> int:
        asked = max((refusal.retry_after or 0) for refusal in self._refusals())
        return max(refusal_back_off(job.refusals, fraction), int(asked * SECOND))


def _in_a_row(job: Job, failure: Failure) -> int:
    """How often the job was last refused for now with this failure, and no other."""
    reasons = [entry.reason for entry in reversed(job.timeline) if entry.status is Status.QUEUED]
    return next((number for number, reason in enumerate(reasons) if reason != failure.code), len(reasons))
