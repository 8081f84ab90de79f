"""What an overdue job needs: sent again, looked up, fetched, parked or ended. Used by follow_up_job.

Whoever claims the due time acts; everything done here may also be done by a webhook or an upload at the same moment.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from framehook.changes import Changes
from framehook.completion import Completion
from framehook.deadlines import (
    OUTCOME_UNKNOWN,
    QUEUE_DEADLINE,
    entered_at,
    finished_by_its_files,
    overdue,
    unproven,
)
from framehook.due_times import look_up_due
from framehook.errors import Failure, NeverSent, ReplyLost, StaleJob
from framehook.identifiers import IncomingKey
from framehook.jobs import Job, Output, OutputState, Status, TaskState
from framehook.outputs import with_landed, with_lost, with_upload_missing
from framehook.ports import DueJob, FunctionStarter, JobQueue, JobStore, MediaStore, Secrets, Transport
from framehook.providers.contract import Provider, UnreadableAnswer
from framehook.transitions import Event, move

logger = logging.getLogger(__name__)

_LOOK_UPS_BEFORE_FILES_SUFFICE = 3
_WAITING = (OutputState.AWAITED, OutputState.TO_FETCH)


@dataclass(frozen=True, slots=True)
class Following:
    changes: Changes
    completion: Completion
    queue: JobQueue
    media: MediaStore
    starter: FunctionStarter
    secrets: Secrets
    transports: Mapping[str, Transport]
    providers: Mapping[str, Provider]

    @property
    def jobs(self) -> JobStore:
        return self.changes.jobs

    def follow_up(self, due: DueJob) -> None:
        """Does what the job needs if it is still due at the time it was found due. Idempotent.

        Raises Unavailable when it must be tried again.
        """
        job = self.jobs.get(due.job_id)
        not_now = job is None or job.due_at != due.due_at or due.due_at > self.changes.clock.now()
        if job is None or job.status.terminal or not_now:
            logger.debug("no longer due", extra={"job_id": due.job_id})
            return
        try:
            claimed = self._claimed(job)
        except StaleJob:
            return
        match job.status:
            case Status.QUEUED:
                self._queued(claimed)
            case Status.SUBMITTING:
                self._submitting(claimed)
            case Status.RUNNING:
                self._running(claimed)
            case Status.STORING:
                self._storing(claimed)
            case _:
                self._parked(claimed)

    def _claimed(self, job: Job) -> Job:
        """The job with its next due time, so that nobody else follows it up for the present one."""
        now, policy = self.changes.clock.now(), self.changes.policy
        match job.status:
            case Status.RUNNING:
                counted = replace(job, look_ups=job.look_ups + 1)
                return self.jobs.replace(replace(counted, due_at=look_up_due(counted, now, policy)), job)
            case Status.STORING:
                waited = now - entered_at(job, Status.STORING)
                return self.jobs.replace(replace(job, due_at=now + max(policy.upload_grace, waited)), job)
            case Status.PARKED:
                until = entered_at(job, Status.PARKED) + policy.parked_for
                return self.jobs.replace(replace(job, due_at=max(until, now + policy.queue_patience)), job)
            case _:
                return self.jobs.replace(replace(job, due_at=now + policy.queue_patience), job)

    def _queued(self, job: Job) -> None:
        if self._since(job.created_at) >= self.changes.policy.queue_deadline:
            self.changes.apply(job, lambda seen, now: self._expired(seen, Status.QUEUED, QUEUE_DEADLINE, now))
        else:
            self.queue.send(job.id)

    def _submitting(self, job: Job) -> None:
        """submit_job looks the tasks up and may send them again; when the window is over a person decides."""
        if self._since(job.first_sent_at or job.created_at) < self.changes.policy.proof_window:
            self.queue.send(job.id)
            return
        looked_up = self._look_up(job, (TaskState.UNKNOWN,))
        self.changes.apply(
            looked_up, lambda seen, now: unproven(seen, now) if seen.status is Status.SUBMITTING else seen
        )

    def _running(self, job: Job) -> None:
        looked_up = self._look_up(job, (TaskState.ACCEPTED,))
        if looked_up.status is not Status.RUNNING:
            return
        if self._since(looked_up.accepted_at or looked_up.created_at) >= self.changes.policy.run_deadline:
            self.changes.apply(looked_up, lambda seen, now: overdue(seen, now) if _runs(seen) else seen)
        elif looked_up.look_ups >= _LOOK_UPS_BEFORE_FILES_SUFFICE:
            self.changes.apply(
                looked_up, lambda seen, now: finished_by_its_files(seen, now) if _runs(seen) else seen
            )

    def _storing(self, job: Job) -> None:
        too_late = self._since(entered_at(job, Status.STORING)) >= self.changes.policy.store_deadline
        for output in job.outputs:
            if output.state in _WAITING:
                job = self._bring_in(job, output, too_late)

    def _bring_in(self, job: Job, output: Output, too_late: bool) -> Job:
        """Looks where the file is and starts what brings it further. No look-up at the provider."""
        key = str(IncomingKey(job.id, output.attempt, output.index))
        record = self.jobs.get_output(job.id, output.index)
        if record and record.landed:
            return self.changes.apply(job, lambda seen, now: with_landed(seen, output.index, now))
        if too_late:
            failure = Failure("output_unavailable", "the file could not be brought into the bucket in time")
            return self.changes.apply(job, lambda seen, now: with_lost(seen, output.index, failure, now))
        head = self.media.head(key)
        if head and (head.fetched or output.state is OutputState.AWAITED):
            self.starter.land(key)
        elif output.state is OutputState.TO_FETCH:
            self.starter.fetch(job.id, output.index)
        else:
            known = bool(record and record.result and (record.result.url or record.result.text))
            return self.changes.apply(
                job, lambda seen, now: with_upload_missing(seen, output.index, known, now)
            )
        return job

    def _parked(self, job: Job) -> None:
        if self._since(entered_at(job, Status.PARKED)) >= self.changes.policy.parked_for:
            self.changes.apply(
                job, lambda seen, now: self._expired(seen, Status.PARKED, OUTCOME_UNKNOWN, now)
            )

    def _expired(self, job: Job, status: Status, failure: Failure, now: int) -> Job:
        return move(job, Event.EXPIRED, now, failure) if job.status is status else job

    def _look_up(self, job: Job, states: tuple[TaskState, ...]) -> Job:
        """The job after one look-up. An answer that can't be had or read says nothing about the job."""
        ids = [task.id for task in job.tasks if task.state in states]
        api_key = self.secrets.api_key(job.provider)
        if not ids or not api_key:
            return job
        provider = self.providers[job.provider]
        try:
            response = self.transports[job.provider].send(provider.look_up(ids, api_key))
            reports = provider.read_look_up(ids, response)
        except (NeverSent, ReplyLost, UnreadableAnswer) as unclear:
            logger.warning(
                "the look-up told nothing", extra={"job_id": job.id, "why": type(unclear).__name__}
            )
            return job
        return self.completion.record(job, job.attempt, reports, response.body)

    def _since(self, moment: int) -> int:
        return self.changes.clock.now() - moment


def _runs(job: Job) -> bool:
    return job.status is Status.RUNNING
