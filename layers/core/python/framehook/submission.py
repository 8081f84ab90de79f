"""The paid call: written down before it is made, made at most once per task as far as anybody can know.

Used by submit_job, the only place that pays. A job whose call's outcome is unknown is never sent again without the
provider's own protection against double work. Next: the provider calls receive_webhook.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from framehook import backpressure, tasks, tokens
from framehook.calling import AccountKey, Calling
from framehook.changes import Changes, Decision
from framehook.completion import Completion
from framehook.deadlines import expired_in_queue, unsendable
from framehook.due_times import MINUTE, SECOND, Policy, refusal_back_off, rescheduled
from framehook.errors import (
    Failure,
    InputDelayed,
    NeverSent,
    NotSendable,
    ReplyLost,
    StaleJob,
    Unavailable,
)
from framehook.identifiers import IncomingKey
from framehook.jobs import Job, Output, Status, Task, TaskState
from framehook.looking_up import LookingUp
from framehook.offerings import Plan
from framehook.ports import Chance, Clock, Gate, GateStore, JobStore, UploadSigner
from framehook.preparation import Preparation
from framehook.providers.contract import (
    Accepted,
    HttpRequest,
    Provider,
    Refused,
    RefusedForNow,
    TaskToSend,
    Unknown,
    UnreadableAnswer,
    Verdict,
)
from framehook.transitions import Event, move
from framehook.verdicts import Call

logger = logging.getLogger(__name__)

_MOST_TOKENS = 16
_UNHURRIED = 5 * MINUTE
_OPEN = (TaskState.UNKNOWN, TaskState.PLANNED)
_MARGIN = 5 * SECOND
_MOST_TRIES_FOR_INPUT = 6
_TRIES_TO_STORE = 3  # each of them tries again by itself what DynamoDB did not answer


@dataclass(frozen=True, slots=True)
class Submission:
    changes: Changes
    gates: GateStore
    chance: Chance
    calling: Calling
    signer: UploadSigner
    preparation: Preparation
    providers: Mapping[str, Provider]
    completion: Completion
    looking_up: LookingUp
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

    def submit(self, job_id: str, remaining: Callable[[], int]) -> None:
        """Sends the job if it waits to be sent, or settles an earlier call's unknown outcome. Idempotent.

        `remaining` tells the milliseconds this invocation has left. Raises Unavailable when it must be tried again.
        """
        check_time(remaining, self.policy)
        job = self.jobs.get(job_id)
        now = self.clock.now()
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
        if now >= job.queued_at + self.policy.queue_deadline:
            self.changes.apply(job, expired_in_queue)
            return
        account = self.calling.account_for(job)
        if account is None:
            self._not_sent(job, _no_key(job))
            return
        gate = self.gates.get_gate(account.account)
        closed_until = backpressure.closed_until(gate, now)
        probing = None if closed_until else backpressure.probe(gate, now, self.policy.lease)
        if probing and not self.gates.replace_gate(account.account, probing, gate):
            closed_until = now + SECOND  # another job tries
        if closed_until:
            self._wait(job, closed_until, now)
        else:
            self._send(job, account, probing or gate, remaining)

    def _send(self, job: Job, account: AccountKey, gate: Gate, remaining: Callable[[], int]) -> None:
        """One call after the other, until all that may be sent is. Everything that can fail at no cost comes first."""
        try:
            prepared = self.preparation.prepared(job, account)
        except InputDelayed as delayed:
            self._try_again(job, delayed)
            return
        except NotSendable as unusable:
            self._not_sent(job, unusable.failure)
            return
        job = self._with_tasks(job, prepared, account)
        check_time(remaining, self.policy)
        while True:
            job, gate = self._call(job, account, prepared, gate)
            waits = job.status is Status.SUBMITTING and (job.lease_until or 0) <= self.clock.now()
            if not waits or not self._sendable(job) or remaining() < self.policy.call_timeout + _MARGIN:
                return

    def _call(self, job: Job, account: AccountKey, planned: Plan, gate: Gate) -> tuple[Job, Gate]:
        """The write-ahead, one call, and its outcome."""
        provider = self.providers[job.provider]
        to_send = self._sendable(job)[: provider.TASKS_PER_CALL]
        token = self.chance.token()
        sends = [self._task_to_send(job, task, token) for task in to_send]
        request = provider.submission(planned.offering, planned.body, sends, account.api_key)
        sending = self.jobs.replace(self._called(job, {task.id for task in to_send}, token), job)
        verdicts = self._verdicts(sending.provider, account, [task.id for task in sends], request)
        sent_before = frozenset(task.id for task in to_send if task.state is TaskState.UNKNOWN)
        sent = tuple(task for task in sending.tasks if task.id in verdicts)
        concluded = self._conclude(sending, Call(sent, verdicts, sent_before, sending.token_hashes[-1]))
        return concluded, self._note_gate(account.account, verdicts, gate)

    def _sendable(self, job: Job) -> list[Task]:
        """The tasks that can be sent without being paid twice: those never sent, and those whose outcome is unknown
        while the provider takes them for the same."""
        resend_seconds = self.providers[job.provider].RESENDS_SAME_TASK_SECONDS
        resend_until = (job.first_sent_at or self.clock.now()) + resend_seconds * SECOND
        in_time = self.clock.now() + self.policy.call_timeout < resend_until and job.cancel is None
        wanted = _OPEN if in_time else (TaskState.PLANNED,)
        return [task for task in tasks.counting(job) if task.state in wanted]

    def _verdicts(
        self, provider: str, account: AccountKey, task_ids: list[str], request: HttpRequest
    ) -> Mapping[str, Verdict]:
        try:
            response = self.calling.send(account.account, request)
        except NeverSent as unsent:
            logger.warning(
                "the provider could not be reached", extra={"provider": provider, "why": str(unsent)}
            )
            failure = Failure("provider_unreachable", "the provider could not be reached")
            return dict.fromkeys(task_ids, RefusedForNow(failure))
        except ReplyLost as lost:
            return dict.fromkeys(task_ids, Unknown(str(lost)))
        return self.providers[provider].read_submission(task_ids, response)

    def _settle_unknown(self, job: Job, now: int, remaining: Callable[[], int]) -> None:
        """Looks the tasks up first; sends the same ones again only where the provider takes them for the same."""
        held = self.jobs.replace(replace(job, lease_until=now + self.policy.lease, updated_at=now), job)
        try:
            in_doubt = any(task.state is TaskState.UNKNOWN for task in held.tasks)
            seen = self.looking_up.look_up(held) if in_doubt else held
        except (NeverSent, ReplyLost, UnreadableAnswer) as unclear:
            logger.warning("the look-up told nothing", extra={"job_id": job.id, "why": str(unclear)})
            self._pause(held)
            return
        states = {task.state for task in tasks.counting(seen)}
        if seen.status is not Status.SUBMITTING or not states & set(_OPEN):
            return
        account = self.calling.account_for(seen)
        sendable = self._sendable(seen)
        if account is None or not sendable:
            self._pause(seen)
            return
        gate = self.gates.get_gate(account.account)
        closed_until = backpressure.closed_until(gate, self.clock.now())
        if closed_until and all(task.state is TaskState.PLANNED for task in sendable):
            self._pause(seen, closed_until)
        else:
            self._send(seen, account, gate, remaining)

    def _with_tasks(self, job: Job, planned: Plan, account: AccountKey) -> Job:
        """Task ids are made once and kept for every send of the attempt: they are what the provider knows us by, or
        until it gives the tasks names of its own."""
        if job.tasks:
            return job
        slots = range(job.count)
        made = tuple(Task(self.chance.uuid(), slot, job.attempt) for slot in slots)
        outputs = tuple(Output(slot, job.attempt) for slot in slots)
        named = account.account if account.account != job.provider else ""
        return replace(job, tasks=made, outputs=outputs, uploads=planned.uploads, account=named)

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

    def _conclude(self, job: Job, call: Call) -> Job:
        """Stores the outcome. Results that came with the answer are those of a webhook."""
        _log(job.id, call.verdicts)
        fraction = self.chance.fraction()
        stored = self._stored(job, lambda seen, now: call.concluded(seen, now, self.policy, fraction), call)
        if stored.status is Status.FAILED and any(_ran_out(verdict) for verdict in call.verdicts.values()):
            logger.error(
                "refused too often", extra={"job_id": job.id, "code": stored.error and stored.error.code}
            )
        reports = [v.report for v in call.verdicts.values() if isinstance(v, Accepted) and v.report]
        return self.completion.record(stored, reports, b"") if reports else stored

    def _stored(self, job: Job, decision: Decision, call: Call) -> Job:
        """The outcome of a paid call, written down as stubbornly as time allows. What the provider calls the tasks is
        told even if that fails: a person can adopt them."""
        for _ in range(_TRIES_TO_STORE - 1):
            try:
                return self.changes.apply(job, decision)
            except Unavailable:
                logger.warning("the outcome of the call could not be stored yet", extra={"job_id": job.id})
        try:
            return self.changes.apply(job, decision)
        except Unavailable:
            ids = [verdict.task_id for verdict in call.verdicts.values() if isinstance(verdict, Accepted)]
            told = {"job_id": job.id, "provider_task_ids": ids}
            logger.exception("the outcome of the call could not be stored", extra=told)
            raise

    def _note_gate(self, account: str, verdicts: Mapping[str, Verdict], seen: Gate) -> Gate:
        """Backpressure is advice: losing this race, or crashing before it, costs one more refused call."""
        gate = self.gates.get_gate(account) if seen.failures else seen
        changed = backpressure.after(gate, verdicts.values(), self.clock.now(), self.chance.fraction())
        if changed != gate:
            self.gates.replace_gate(account, changed, gate)
            return self.gates.get_gate(account)
        return gate

    def _wait(self, job: Job, until: int, now: int) -> None:
        """Behind a closed gate: spread over as long again, so that the queue does not return in one wave."""
        not_before = until + int(self.chance.fraction() * min(until - now, 30 * SECOND))
        self.jobs.replace(rescheduled(replace(job, not_before=not_before), now, self.policy), job)

    def _pause(self, job: Job, until: int = 0) -> None:
        """Not now: follow_up_job brings it back after a pause, and parks it when the proof window is over. Where the
        provider can't even be asked, that is the next thing to happen."""
        now = self.clock.now()
        until = max(until, now + self.policy.resend_pause * 3)
        if not self._sendable(job) and not self.looking_up.can_ask(job):
            until = max(until, (job.first_sent_at or now) + self.policy.proof_window)
        self.jobs.replace(rescheduled(replace(job, lease_until=until), now, self.policy), job)

    def _try_again(self, job: Job, why: InputDelayed) -> None:
        """A file that the job needs can't be had or passed on now: the job waits, but not for ever."""
        logger.warning("the job's files wait", extra={"job_id": job.id, "why": str(why)})
        if job.status is Status.SUBMITTING:
            self._pause(job)
        elif job.refusals >= _MOST_TRIES_FOR_INPUT:
            self._not_sent(job, Failure("input_unavailable", str(why)))
        else:
            now = self.clock.now()
            wait = refusal_back_off(job.refusals, self.chance.fraction())
            waiting = replace(job, not_before=now + wait, refusals=job.refusals + 1)
            self.jobs.replace(rescheduled(waiting, now, self.policy), job)

    def _not_sent(self, job: Job, failure: Failure) -> None:
        """What can't be sent has failed, unless an earlier send of it may have been accepted."""
        logger.error("the job can't be sent", extra={"job_id": job.id, "code": failure.code})
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


def _kept(hashes: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The first sends and the latest ones: a webhook of any of them may still come."""
    return hashes if len(hashes) <= _MOST_TOKENS else (*hashes[:4], *hashes[4 - _MOST_TOKENS :])


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
