"""When a job is sent: once it is its turn, its files are there and its provider takes jobs; and what becomes of a call
whose outcome nobody knows. Such a job is never sent again without the provider's own protection against double work.

Used by submit_job, the only place that pays (see paid_call). Next: the provider calls receive_webhook.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from framehook import backpressure, tasks
from framehook.calling import AccountKey, Calling
from framehook.changes import Changes
from framehook.deadlines import expired_in_queue, unproven, unsendable
from framehook.due_times import SECOND, Policy, rescheduled
from framehook.errors import (
    Failure,
    InputDelayed,
    NeverSent,
    NotSendable,
    ReplyLost,
    StaleJob,
    Unavailable,
)
from framehook.jobs import Job, Output, Status, Task, TaskState
from framehook.looking_up import LookingUp
from framehook.offerings import Plan
from framehook.paid_call import PaidCall
from framehook.ports import Chance, Gate, GateStore
from framehook.preparation import Preparation
from framehook.providers.contract import UnreadableAnswer
from framehook.reminders import Reminders
from framehook.waiting import INPUT_UNAVAILABLE, behind_gate, for_its_files, while_prepared

logger = logging.getLogger(__name__)

_OPEN = (TaskState.UNKNOWN, TaskState.PLANNED)
_MARGIN = 5 * SECOND
_MOST_TRIES_FOR_INPUT = 6


@dataclass(frozen=True, slots=True)
class Submission:
    changes: Changes
    gates: GateStore
    chance: Chance
    calling: Calling
    preparation: Preparation
    looking_up: LookingUp
    paid_call: PaidCall
    reminders: Reminders

    def submit(self, job_id: str, remaining: Callable[[], int]) -> None:
        """Sends the job if it waits to be sent, or settles an earlier call's unknown outcome. Idempotent.

        `remaining` tells the milliseconds this invocation has left. Raises Unavailable when it must be tried again.
        """
        check_time(remaining, self.changes.policy)
        job = self.changes.jobs.get(job_id)
        now = self.changes.clock.now()
        try:
            if job is None:
                logger.warning("submission of an unknown job", extra={"job_id": job_id})
            elif job.status is Status.QUEUED and job.not_before <= now:
                self._send_queued(job, now, remaining)
            elif job.status is Status.SUBMITTING and (job.lease_until or 0) <= now:
                self._settle_unknown(job, now, remaining)
        except StaleJob:
            logger.debug("somebody else took the job on")

    def _send_queued(self, job: Job, now: int, remaining: Callable[[], int]) -> None:
        if now >= job.queued_at + self.changes.policy.queue_deadline:
            self.changes.apply(job, expired_in_queue)
            return
        account = self.calling.account_for(job)
        if account is None:
            self._not_sent(job, _no_key(job), alarm=True)
            return
        closed_until = backpressure.closed_until(self.gates.get_gate(account.account), now)
        if closed_until:
            self._wait(job, closed_until)
        else:
            self._send(job, account, remaining)

    def _send(self, job: Job, account: AccountKey, remaining: Callable[[], int]) -> None:
        """One call after the other, until all that may be sent is. Everything that can fail at no cost comes first."""
        try:
            planned = self.preparation.planned(job)
            if job.status is Status.QUEUED and self.preparation.takes_minutes(planned, account):
                job = self.changes.jobs.replace(
                    while_prepared(job, self.changes.clock.now(), self.changes.policy), job
                )
            prepared = self.preparation.prepared(planned, job.owner, account)
        except InputDelayed as delayed:
            self._try_again(job, delayed)
            return
        except NotSendable as unusable:
            self._not_sent(job, unusable.failure, alarm=unusable.alarm)
            return
        gate = self._passed(job, account)
        if gate is None:
            return
        job = self._with_tasks(job, prepared, account)
        check_time(remaining, self.changes.policy)
        while True:
            job, gate = self.paid_call.make(job, account, prepared, gate)
            waits = job.status is Status.SUBMITTING and (job.lease_until or 0) <= self.changes.clock.now()
            if (
                not waits
                or not self.paid_call.sendable(job)
                or remaining() < self.changes.policy.call_timeout + _MARGIN
            ):
                self.reminders.remind(job)
                return

    def _passed(self, job: Job, account: AccountKey) -> Gate | None:
        """The gate, as a job that may go through finds it; None when this one has to wait, and has been told so.

        What may have been sent before is sent whatever the gate says: that is how its outcome is proven.
        """
        now, gate = self.changes.clock.now(), self.gates.get_gate(account.account)
        if any(task.state is TaskState.UNKNOWN for task in self.paid_call.sendable(job)):
            return gate
        closed_until = backpressure.closed_until(gate, now)
        probing = None if closed_until else backpressure.probe(gate, now, self.changes.policy.lease)
        if probing and not self.gates.replace_gate(account.account, probing, gate):
            closed_until = now + SECOND  # another job tries
        if not closed_until:
            return probing or gate
        if job.status is Status.SUBMITTING:
            self._pause(job, closed_until)
        else:
            self._wait(job, closed_until)
        return None

    def _wait(self, job: Job, until: int) -> None:
        now, fraction = self.changes.clock.now(), self.chance.fraction()
        self.changes.jobs.replace(behind_gate(job, until, now, fraction, self.changes.policy), job)

    def _settle_unknown(self, job: Job, now: int, remaining: Callable[[], int]) -> None:
        """Looks the tasks up first; sends the same ones again only where the provider takes them for the same."""
        held = self.changes.jobs.replace(
            replace(job, lease_until=now + self.changes.policy.lease, updated_at=now), job
        )
        try:
            seen = self.looking_up.look_up(held) if self.looking_up.can_settle(held) else held
        except (NeverSent, ReplyLost, UnreadableAnswer) as unclear:
            logger.warning("the look-up told nothing", extra={"job_id": job.id, "why": str(unclear)})
            self._pause(held)
            return
        states = {task.state for task in tasks.counting(seen)}
        if seen.status is not Status.SUBMITTING or not states & set(_OPEN):
            return
        account = self.calling.account_for(seen)
        sendable = self.paid_call.sendable(seen)
        if account is not None and sendable:
            self._send(seen, account, remaining)
        elif sendable or self.looking_up.can_be_proven(seen):
            self._pause(seen)
        else:
            self.changes.apply(seen, unproven)

    def _with_tasks(self, job: Job, planned: Plan, account: AccountKey) -> Job:
        """Task ids are made once and kept for every send of the attempt: they are what the provider knows us by, or
        until it gives the tasks names of its own."""
        if job.tasks:
            return job
        slots, provider = range(job.count), self.paid_call.providers[job.provider]
        made = tuple(
            Task(tasks.name_of_ours(self.chance.uuid(), provider), slot, job.attempt) for slot in slots
        )
        outputs = tuple(Output(slot, job.attempt) for slot in slots)
        named = account.account if account.account != job.provider else ""
        return replace(job, tasks=made, outputs=outputs, uploads=planned.uploads, account=named)

    def _pause(self, job: Job, until: int = 0) -> None:
        """Not now: follow_up_job brings it back after a pause, and parks it when the proof window is over. Where the
        provider can't even be asked, that is the next thing to happen."""
        now = self.changes.clock.now()
        until = max(until, now + self.changes.policy.resend_pause * 3)
        if not self.paid_call.sendable(job) and not self.looking_up.can_settle(job):
            until = max(until, (job.first_sent_at or now) + self.changes.policy.proof_window)
        self.changes.jobs.replace(rescheduled(replace(job, lease_until=until), now, self.changes.policy), job)

    def _try_again(self, job: Job, why: InputDelayed) -> None:
        """A file that the job needs can't be had or passed on now: the job waits, but not for ever."""
        logger.warning("the job's files wait", extra={"job_id": job.id, "why": str(why)})
        if job.status is Status.SUBMITTING:
            self._pause(job)
        elif job.refused_with == INPUT_UNAVAILABLE and job.refused_alike >= _MOST_TRIES_FOR_INPUT:
            self._not_sent(job, Failure(INPUT_UNAVAILABLE, str(why)), alarm=False)
        else:
            now = self.changes.clock.now()
            self.changes.jobs.replace(
                for_its_files(job, now, self.chance.fraction(), self.changes.policy), job
            )

    def _not_sent(self, job: Job, failure: Failure, *, alarm: bool) -> None:
        """What can't be sent has failed, unless an earlier send of it may have been accepted. `alarm`: only the stack's
        operator can mend it; otherwise it is the request's own fault."""
        level = logging.ERROR if alarm else logging.WARNING
        logger.log(level, "the job can't be sent", extra={"job_id": job.id, "code": failure.code})
        if job.status is Status.SUBMITTING:
            self._pause(job)
        else:
            self.changes.apply(job, lambda seen, now: unsendable(seen, failure, now))


def _no_key(job: Job) -> Failure:
    return Failure("provider_not_configured", f"there is no API key for {job.provider} in this stack")


def check_time(remaining: Callable[[], int], policy: Policy) -> None:
    """Raises Unavailable when a call might outlive the invocation that makes it."""
    if remaining() < policy.call_timeout + _MARGIN:
        raise Unavailable("too little time left for a paid call")
