"""What a paid call's answers make of the job. Pure, apart from the chance in how long a refused job waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from framehook import tasks
from framehook.due_times import LONGEST_REST, SECOND, Policy, refusal_back_off, rescheduled
from framehook.errors import Failure
from framehook.jobs import Job, Status, Task, TaskState
from framehook.providers.contract import Accepted, Refused, RefusedForNow, Verdict
from framehook.transitions import Event, move, settle

_OPEN = (TaskState.UNKNOWN, TaskState.PLANNED)
_MOST_REFUSED = 4


@dataclass(frozen=True, slots=True)
class Call:
    """One send: its tasks as they were, the verdicts on them, which had been sent before it, and the hash of its token,
    which tells it from later sends."""

    sent: tuple[Task, ...]
    verdicts: Mapping[str, Verdict]
    sent_before: frozenset[str]
    token_hash: bytes

    def concluded(self, job: Job, now: int, policy: Policy, fraction: float) -> Job:
        """The job after this call, over whatever a webhook or an upload has made of it in the meantime."""
        if job.status.terminal:
            return job
        settled = settle(self._since(self._judged(job), now), now)
        if settled.status is not Status.SUBMITTING or not self._is_latest(job):
            return settled
        if all(task.state is TaskState.PLANNED for task in tasks.counting(settled)):
            return self._refused_for_now(settled, now, fraction)
        return rescheduled(self._paused(settled, now, policy, fraction), now, policy)

    def _since(self, job: Job, now: int) -> Job:
        """With the time at which the first of its tasks was taken: they are looked up while others still wait."""
        taken = any(task.state is TaskState.ACCEPTED for task in tasks.counting(job))
        first = job.status is Status.SUBMITTING and job.accepted_at is None and taken
        return replace(job, accepted_at=now) if first else job

    def _paused(self, job: Job, now: int, policy: Policy, fraction: float) -> Job:
        """A job some of whose tasks are still to be sent, at once or when the provider has room, or are in doubt."""
        if self._refusals():
            return replace(self._refused(job), lease_until=now + self._wait_after_refusal(job, fraction))
        job = replace(job, refused_with=None, refused_alike=0)
        unsent = any(task.state is TaskState.PLANNED for task in tasks.counting(job))
        return replace(job, lease_until=now if unsent else now + policy.resend_pause)

    def _is_latest(self, job: Job) -> bool:
        """Whether the job still waits for this very call."""
        return job.status is Status.SUBMITTING and self._is_last_send(job)

    def _is_last_send(self, job: Job) -> bool:
        return job.token_hashes[-1:] == (self.token_hash,)

    def _judged(self, job: Job) -> Job:
        """A refusal proves something only of a task that no other send may have brought to the provider."""
        job, latest = self._named(job), self._is_latest(job)
        parked = job.status is Status.PARKED and self._is_last_send(job)
        for task in job.tasks:
            if task.state not in _OPEN:
                job = self._late(job, task)
                continue
            proof = latest and task.id not in self.sent_before
            match self._verdict_on(task):
                case Accepted():
                    job = tasks.with_task(job, replace(task, state=TaskState.ACCEPTED))
                case Refused(failure) if proof or (parked and task.id not in self.sent_before):
                    job = tasks.failed(job, task, failure)
                case RefusedForNow(failure, tries=tries) if proof:
                    if tries is not None and _alike(job, failure) >= tries:
                        job = tasks.failed(job, task, failure)
                    else:
                        job = tasks.with_task(job, replace(task, state=TaskState.PLANNED))
        return job

    def _named(self, job: Job) -> Job:
        """The job with the provider's names for the tasks that it took, whatever has become of them since: what a
        webhook called them may have lost digits."""
        for task in job.tasks:
            match self._verdict_on(task):
                case Accepted(task_id) if tasks.find(job, task_id) is None:
                    job = tasks.renamed(job, task.id, task_id)
        return job

    def _verdict_on(self, task: Task) -> Verdict | None:
        """By the task's place, since its name may have changed while the call was under way."""
        for sent in self.sent:
            if (sent.slot, sent.attempt) == (task.slot, task.attempt):
                return self.verdicts.get(sent.id)
        return None

    def _late(self, job: Job, task: Task) -> Job:
        """An answer so late that a person has had the task sent again: it takes its place back if it still can."""
        taken = isinstance(self._verdict_on(task), Accepted)
        if not taken or not tasks.can_be_reinstated(job, task):
            return job
        return tasks.reinstated(job, task, TaskState.ACCEPTED)

    def _refused_for_now(self, job: Job, now: int, fraction: float) -> Job:
        wait = self._wait_after_refusal(job, fraction)
        queued = move(job, Event.REFUSED_FOR_NOW, now, self._refusals()[0].failure)
        return replace(self._refused(queued), not_before=now + wait, first_sent_at=None)

    def _refused(self, job: Job) -> Job:
        """A webhook of a send that was refused is hardly to come; those of sends that may be paid must not lose their
        places to it."""
        failure, proof = self._refusals()[0].failure, not self.sent_before
        crowded = proof and len(job.token_hashes) > _MOST_REFUSED
        return replace(
            job,
            refusals=job.refusals + 1,
            refused_with=failure.code,
            refused_alike=_alike(job, failure),
            token_hashes=job.token_hashes[:-1] if crowded else job.token_hashes,
        )

    def _refusals(self) -> list[RefusedForNow]:
        return [verdict for verdict in self.verdicts.values() if isinstance(verdict, RefusedForNow)]

    def _wait_after_refusal(self, job: Job, fraction: float) -> int:
        asked = max((refusal.retry_after or 0) for refusal in self._refusals())
        return max(refusal_back_off(job.refusals, fraction), min(int(asked * SECOND), LONGEST_REST))


def _alike(job: Job, failure: Failure) -> int:
    """How often in a row, this time included, the job was refused for now with just this failure."""
    return job.refused_alike + 1 if job.refused_with == failure.code else 1
