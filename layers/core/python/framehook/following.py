"""What an overdue job needs: sent again, looked up, fetched, parked or ended. Used by follow_up_job.

Whoever claims the due time acts; everything done here may also be done by a webhook or an upload at the same moment.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, replace

from framehook.changes import Changes
from framehook.claims import ERRAND_PAUSE, LAST_CHANCE, Claim
from framehook.deadlines import (
    entered_at,
    expired_in_queue,
    finished_by_its_files,
    given_up,
    overdue,
    unproven,
)
from framehook.due_times import (
    LONGEST_REST,
    MINUTE,
    SECOND,
    is_to_be_cancelled,
    next_bringing_in,
)
from framehook.errors import Failure, NeverSent, ReplyLost, StaleJob, Unavailable
from framehook.identifiers import IncomingKey
from framehook.jobs import Job, Output, OutputState, Status, TaskState
from framehook.looking_up import LookingUp
from framehook.outputs import with_landed, with_lost, with_upload_missing
from framehook.ports import DueJob, FunctionStarter, JobQueue, JobStore, MediaStore
from framehook.providers.contract import UnreadableAnswer
from framehook.reminders import Reminders
from framehook.stopping import Stopping
from framehook.tasks import counting

logger = logging.getLogger(__name__)

_LOOK_UPS_BEFORE_FILES_SUFFICE = 3
_LAST_CHANCES = 180 * MINUTE  # for a provider that tells nothing just then: look-ups are up to an hour apart
OUT_OF_TIME = Failure("output_unavailable", "the file could not be brought into the bucket in time")
_WAITING = (OutputState.AWAITED, OutputState.TO_FETCH)


@dataclass(frozen=True, slots=True)
class Following:
    changes: Changes
    looking_up: LookingUp
    queue: JobQueue
    media: MediaStore
    starter: FunctionStarter
    stopping: Stopping
    reminders: Reminders

    @property
    def jobs(self) -> JobStore:
        return self.changes.jobs

    def follow_up(self, due: DueJob) -> Job | None:
        """The job after what it needs was done, if it is still due at the time it was found due; None: it is not.
        Idempotent.

        Raises Unavailable when it must be tried again, with the job as due as it was.
        """
        job = self.jobs.get(due.job_id)
        if job is None or job.status.terminal or job.due_at != due.due_at:
            logger.debug("no longer due")
            return None
        if due.due_at > self.changes.clock.now():
            self.reminders.remind(job)  # a message came early: clocks differ
            return None
        now, can_ask = self.changes.clock.now(), self.looking_up.can_ask(job)
        try:
            claimed = self.jobs.replace(Claim(now, self.changes.policy, can_ask).on(job), job)
        except StaleJob:
            return None
        try:
            self._act(claimed, due.due_at, look=claimed.look_ups > job.look_ups)
        except Unavailable:
            self._give_back(claimed, job)
            raise
        followed = self.changes.existing(job.id)
        self.reminders.remind(followed)
        return followed

    def _act(self, job: Job, due_at: int, *, look: bool) -> None:
        """Deadlines go by the time at which the job was due, not by the clock: after an outage everything is tried once
        before anything is given up."""
        to_fetch = {output for output in job.outputs if output.state is OutputState.TO_FETCH}
        if is_to_be_cancelled(job):
            job = self.stopping.stop(job)
        match job.status:
            case Status.QUEUED:
                self._queued(job)
            case Status.SUBMITTING:
                self._submitting(job, look=look)
            case Status.RUNNING:
                self._running(job, due_at, look=look)
            case Status.PARKED:
                self._parked(job, due_at, look=look)
        self._bring_files_in(self.changes.existing(job.id), due_at, to_fetch)

    def _give_back(self, claimed: Job, job: Job) -> None:
        """Lambda tries a failed invocation again, with the same due time. A look-up is made again by the sweep, and not
        counted: it must not be used up while nothing can be stored. If even this fails, the sweep comes later."""
        due_at = job.due_at or 0
        if claimed.look_ups > job.look_ups:
            due_at = max(due_at, self.changes.clock.now() + ERRAND_PAUSE)
        try:
            self.jobs.replace(replace(claimed, due_at=due_at, look_ups=job.look_ups), claimed)
        except (StaleJob, Unavailable):
            logger.warning("the follow-up waits for the next due time", extra={"job_id": job.id})

    def _queued(self, job: Job) -> None:
        if self._since(job.queued_at) >= self.changes.policy.queue_deadline:
            self.changes.apply(job, expired_in_queue)
        else:
            self.queue.send(job.id)

    def _submitting(self, job: Job, *, look: bool) -> None:
        """submit_job looks the tasks up and may send them again; when the window is over a person decides: at the end
        of the lease where neither webhook nor look-up could tell. Tasks that only wait for the provider to have room
        wait as long as a queued job."""
        job, _ = self._look_up(job) if look else (job, False)
        if job.status is not Status.SUBMITTING:
            return
        states = {task.state for task in counting(job)}
        in_doubt = TaskState.UNKNOWN in states
        window = self.changes.policy.proof_window
        if TaskState.PLANNED not in states and not self.looking_up.can_be_proven(job):
            window = 0
            if (job.lease_until or 0) > self.changes.clock.now():
                return  # the submitter's own answer may still come
        in_time = self._since(job.first_sent_at or job.queued_at) < window
        may_wait = not in_doubt and self._since(job.queued_at) < self.changes.policy.queue_deadline
        if (in_doubt and in_time) or may_wait:
            self.queue.send(job.id)
        else:
            seen, _ = (job, True) if look else self._look_up(job)
            self.changes.apply(seen, unproven)

    def _running(self, job: Job, due_at: int, *, look: bool) -> None:
        """Due for a look-up, or only for files of its tasks that are done."""
        seen, told = self._look_up(job) if look else (job, True)
        deadline = (job.accepted_at or job.created_at) + self.changes.policy.run_deadline
        last = look or job.look_ups >= self.changes.policy.most_look_ups
        if last and told and due_at >= deadline + LAST_CHANCE:
            self.changes.apply(seen, overdue)
        elif look and told and seen.look_ups >= _LOOK_UPS_BEFORE_FILES_SUFFICE:
            self.changes.apply(seen, finished_by_its_files)

    def _parked(self, job: Job, due_at: int, *, look: bool) -> None:
        """While results are kept, proof is looked for; before the job is given up, once more."""
        deadline = entered_at(job, Status.PARKED) + self.changes.policy.parked_for
        seen, told = self._look_up(job) if look else (job, True)
        chance = LAST_CHANCE if told else _LAST_CHANCES
        if next_bringing_in(seen, due_at, self.changes.policy) is not None:
            chance = self.changes.policy.store_deadline
        if due_at >= deadline + chance:
            self.changes.apply(seen, given_up)

    def _bring_files_in(self, job: Job, due_at: int, to_fetch: Collection[Output]) -> None:
        """Looks where the files are that have not landed, and starts what brings them further. A file that was not
        `to_fetch` before this look-up is fetched because its report was stored (see publication), and only once."""
        if job.status.terminal:
            return
        deadline = entered_at(job, Status.STORING) + self.changes.policy.store_deadline
        late = job.status is Status.STORING and due_at >= deadline
        over = late and due_at >= deadline + LAST_CHANCE
        for output in job.outputs:
            news = output.state is OutputState.TO_FETCH and output not in to_fetch
            if output.state in _WAITING and not news:
                self._bring_in(job, output, missing=late, over=over)

    def _bring_in(self, job: Job, output: Output, *, missing: bool, over: bool) -> None:
        """`missing`: it is too late for a file that is not even under `incoming/`; `over`: for any."""
        index, attempt = output.index, output.attempt
        key = str(IncomingKey(job.id, attempt, index))
        record = self.jobs.get_output(job.id, index, attempt)
        if record and record.landed:
            self.changes.apply(job, lambda seen, now: with_landed(seen, index, attempt, now))
            return
        head = self.media.head(key)
        if over or (missing and head is None):
            self.changes.apply(job, lambda seen, now: with_lost(seen, index, attempt, OUT_OF_TIME, now))
        elif head and (head.fetched or output.state is OutputState.AWAITED):
            self.starter.land(key)
        elif output.state is OutputState.TO_FETCH:
            self.starter.fetch(job.id, index)
        elif self._is_upload_overdue(job):
            known = bool(record and record.result and (record.result.url or record.result.text))
            self.changes.apply(job, lambda seen, now: with_upload_missing(seen, index, attempt, known, now))

    def _is_upload_overdue(self, job: Job) -> bool:
        storing = job.status is Status.STORING
        return not storing or self._since(entered_at(job, Status.STORING)) >= self.changes.policy.upload_grace

    def _look_up(self, job: Job) -> tuple[Job, bool]:
        """The job after one look-up, and whether that told anything. An answer that can't be had or read says nothing
        about the job, and can't keep it from its deadline for long; what it told and can't be stored must not be lost.

        Raises Unavailable."""
        try:
            return self.looking_up.look_up(job), True
        except (NeverSent, ReplyLost, UnreadableAnswer) as unclear:
            asked_to_wait = 0.0
            level = logging.WARNING
            if isinstance(unclear, UnreadableAnswer):
                asked_to_wait = unclear.retry_after or 0
                level = logging.ERROR if unclear.alarm else logging.WARNING
            logger.log(level, "the look-up told nothing", extra={"job_id": job.id, "why": str(unclear)})
            return self._left_alone(self.changes.existing(job.id), asked_to_wait), False

    def _left_alone(self, job: Job, seconds: float) -> Job:
        """The job due no earlier than its provider wants to be asked again."""
        until = self.changes.clock.now() + min(int(seconds * SECOND), LONGEST_REST)

        def later(seen: Job, _: int) -> Job:
            return replace(seen, due_at=until) if seen.due_at is not None and seen.due_at < until else seen

        return self.changes.apply(job, later) if seconds else job

    def _since(self, moment: int) -> int:
        return self.changes.clock.now() - moment
