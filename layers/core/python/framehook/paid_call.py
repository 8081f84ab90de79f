"""The paid call: written down before it is made, made at most once per task as far as anybody can know.

Used by submission. What is written here before the call is what a crash leaves behind; what the answer means is
decided in verdicts.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from framehook import backpressure, tasks, tokens
from framehook.calling import AccountKey, Calling
from framehook.changes import Changes, Decision
from framehook.completion import Completion
from framehook.due_times import MINUTE, SECOND, Policy, rescheduled
from framehook.errors import Failure, NeverSent, ReplyLost, Unavailable
from framehook.identifiers import IncomingKey
from framehook.jobs import Job, Status, Task, TaskState
from framehook.offerings import Plan
from framehook.ports import Chance, Clock, Gate, GateStore, JobStore, UploadSigner
from framehook.providers.contract import (
    Accepted,
    HttpRequest,
    HttpResponse,
    Provider,
    Refused,
    RefusedForNow,
    TaskToSend,
    Unknown,
    Verdict,
)
from framehook.transitions import Event, move
from framehook.verdicts import Call

logger = logging.getLogger(__name__)

_MOST_TOKENS = 16
_UNHURRIED = 5 * MINUTE
_OPEN = (TaskState.UNKNOWN, TaskState.PLANNED)
_TRIES_TO_STORE = 3  # each of them tries again by itself what DynamoDB did not answer


@dataclass(frozen=True, slots=True)
class PaidCall:
    changes: Changes
    gates: GateStore
    chance: Chance
    calling: Calling
    signer: UploadSigner
    providers: Mapping[str, Provider]
    completion: Completion
    webhook_base: str

    @property
    def jobs(self) -> JobStore:
        return self.changes.jobs

    @property
    def clock(self) -> Clock:
        return self.changes.clock

    @property
    def policy(self) -> Policy:
        return self.changes.policy

    def make(self, job: Job, account: AccountKey, planned: Plan, gate: Gate) -> tuple[Job, Gate]:
        """The job and its account's gate after the write-ahead, one call, and its outcome.

        `job` has tasks to send, `planned` a body that can be sent. Raises StaleJob, Unavailable.
        """
        provider = self.providers[job.provider]
        to_send = self.sendable(job)[: provider.TASKS_PER_CALL]
        token = self.chance.token()
        sends = [self._task_to_send(job, task, token) for task in to_send]
        request = provider.submission(planned.offering, planned.body, sends, account.api_key)
        sending = self.jobs.replace(self._called(job, {task.id for task in to_send}, token), job)
        sent_before = frozenset(task.id for task in to_send if task.state is TaskState.UNKNOWN)
        begins_by = self._begins_by(sending, again=bool(sent_before))
        verdicts, answer = self._answered(
            sending.provider, account, [task.id for task in sends], request, begins_by
        )
        sent = tuple(task for task in sending.tasks if task.id in verdicts)
        call = Call(sent, verdicts, sent_before, sending.token_hashes[-1])
        concluded = self._conclude(sending, call, answer)
        # A task in doubt is sent again whatever the gate says, so that its doubt must not keep others out.
        news = [each for task_id, each in verdicts.items() if not _in_doubt_still(each, task_id, sent_before)]
        return concluded, self._note_gate(account.account, news, gate)

    def sendable(self, job: Job) -> list[Task]:
        """The tasks that can be sent without being paid twice: those never sent, and those whose outcome is unknown
        while the provider takes them for the same."""
        in_time = self.clock.now() + self.policy.call_timeout < self._resend_until(job) and job.cancel is None
        wanted = _OPEN if in_time else (TaskState.PLANNED,)
        return [task for task in tasks.counting(job) if task.state in wanted]

    def _answered(
        self, provider: str, account: AccountKey, task_ids: list[str], request: HttpRequest, begins_by: int
    ) -> tuple[Mapping[str, Verdict], bytes]:
        """The verdicts on the tasks, and the answer that they are from; empty where there was none."""
        try:
            response = self._sent(account, request, begins_by)
        except NeverSent as unsent:
            logger.warning(
                "the provider could not be reached", extra={"provider": provider, "why": str(unsent)}
            )
            failure = Failure("provider_unreachable", "the provider could not be reached")
            return dict.fromkeys(task_ids, RefusedForNow(failure)), b""
        except ReplyLost as lost:
            return dict.fromkeys(task_ids, Unknown(str(lost))), b""
        return self.providers[provider].read_submission(task_ids, response), response.body

    def _sent(self, account: AccountKey, request: HttpRequest, begins_by: int) -> HttpResponse:
        """Raises NeverSent, ReplyLost."""
        if self.clock.now() > begins_by:
            raise NeverSent("the write-ahead took too long for the call")
        return self.calling.send(account.account, request)

    def _begins_by(self, job: Job, *, again: bool) -> int:
        """Until when the call may begin that was written down: it must not outlive the lease, nor, `again`, the time in
        which the provider takes the same task for the same. Writing it down may have taken long."""
        ends_by = job.lease_until or 0
        return (min(ends_by, self._resend_until(job)) if again else ends_by) - self.policy.call_timeout

    def _resend_until(self, job: Job) -> int:
        seconds = self.providers[job.provider].RESENDS_SAME_TASK_SECONDS
        return (job.first_sent_at or self.clock.now()) + seconds * SECOND

    def _task_to_send(self, job: Job, task: Task, token: str) -> TaskToSend:
        key = IncomingKey(job.id, task.attempt, task.slot)
        return TaskToSend(
            id=task.id,
            position=task.slot,
            webhook_url=f"{self.webhook_base}/webhooks/{job.provider}/{job.id}/{job.attempt}.{task.slot}/{token}",
            upload_url=self.signer.sign_put(str(key)) if job.uploads else None,
        )

    def _called(self, job: Job, task_ids: Collection[str], token: str) -> Job:
        """The job as it is written before the call: from here on only an answer proves that nothing is paid."""
        now = self.clock.now()
        moved = move(job, Event.CALLED, now) if job.status is Status.QUEUED else job
        sent = tuple(
            replace(task, state=TaskState.UNKNOWN) if task.id in task_ids else task for task in job.tasks
        )
        in_doubt = any(task.state is TaskState.UNKNOWN for task in tasks.counting(job))
        written = replace(
            moved,
            tasks=sent,
            token_hashes=_kept((*job.token_hashes, tokens.hash_token(job.id, job.attempt, token))),
            lease_until=now + self.policy.lease,
            first_sent_at=(job.first_sent_at if in_doubt else None) or now,
            updated_at=now,
        )
        # Nearly always the answer comes, and sets the next due time: this one need not be moved for it.
        return rescheduled(written, now, self.policy, slack=_UNHURRIED)

    def _conclude(self, job: Job, call: Call, answer: bytes) -> Job:
        """Stores the outcome. Results that came with the answer are those of a webhook."""
        _log(job.id, call.verdicts)
        fraction = self.chance.fraction()
        stored = self._stored(job, lambda seen, now: call.concluded(seen, now, self.policy, fraction), call)
        if stored.status is Status.FAILED and any(_ran_out(verdict) for verdict in call.verdicts.values()):
            logger.error(
                "refused too often", extra={"job_id": job.id, "code": stored.error and stored.error.code}
            )
        reports = [v.report for v in call.verdicts.values() if isinstance(v, Accepted) and v.report]
        return self.completion.record(stored, reports, answer) if reports else stored

    def _stored(self, job: Job, decision: Decision, call: Call) -> Job:
        """The outcome of a paid call, written down as stubbornly as time allows. What the provider calls the tasks is
        told even if that fails: a person can adopt them."""
        for tries_left in reversed(range(_TRIES_TO_STORE)):
            try:
                return self.changes.apply(job, decision)
            except Unavailable:
                ids = [verdict.task_id for verdict in call.verdicts.values() if isinstance(verdict, Accepted)]
                told = {"job_id": job.id, "provider_task_ids": ids}
                if not tries_left:
                    logger.exception("the outcome of the call could not be stored", extra=told)
                    raise
                logger.warning("the outcome of the call could not be stored yet", extra=told)
        raise AssertionError("there is always a last try")

    def _note_gate(self, account: str, verdicts: Sequence[Verdict], seen: Gate) -> Gate:
        """Backpressure is advice: losing this race, or crashing before it, costs one more refused call."""
        gate = self.gates.get_gate(account) if seen.failures else seen
        changed = backpressure.after(gate, verdicts, self.clock.now(), self.chance.fraction())
        if changed != gate:
            self.gates.replace_gate(account, changed, gate)
            return self.gates.get_gate(account)
        return gate


def _kept(hashes: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The first sends and the latest ones: a webhook of any of them may still come."""
    return hashes if len(hashes) <= _MOST_TOKENS else (*hashes[:4], *hashes[4 - _MOST_TOKENS :])


def _in_doubt_still(verdict: Verdict, task_id: str, sent_before: Collection[str]) -> bool:
    return isinstance(verdict, Unknown) and task_id in sent_before


def _ran_out(verdict: Verdict) -> bool:
    """Whether a refusal for now was one that is borne only so often."""
    return isinstance(verdict, RefusedForNow) and verdict.tries is not None


def _log(job_id: str, verdicts: Mapping[str, Verdict]) -> None:
    """What somebody needs who asks why a job waits, failed or is parked."""
    for verdict in verdicts.values():
        match verdict:
            case Unknown(reason):
                logger.warning("the call's outcome is unknown", extra={"job_id": job_id, "why": reason})
            case Refused(failure, alarm):
                told = {"job_id": job_id, "code": failure.code, "provider_code": failure.provider_code}
                logger.log(logging.ERROR if alarm else logging.WARNING, "refused for good", extra=told)
            case RefusedForNow(failure):
                told = {"job_id": job_id, "code": failure.code, "provider_code": failure.provider_code}
                logger.warning("refused for now", extra=told)
