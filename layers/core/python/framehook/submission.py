"""The paid call: written down before it is made, made at most once per task as far as anybody can know.

Used by submit_job, the only place that pays. A job whose call's outcome is unknown is never sent again without the
provider's own protection against double work. Next: the provider calls receive_webhook.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from framehook import backpressure, tasks, tokens
from framehook.changes import Changes
from framehook.completion import Completion
from framehook.deadlines import expired_in_queue, unsendable
from framehook.due_times import MINUTE, SECOND, Policy, rescheduled
from framehook.errors import Failure, InvalidRequest, NeverSent, ReplyLost, StaleJob, Unavailable
from framehook.identifiers import IncomingKey
from framehook.inputs import InputKeeper, InputSigner
from framehook.jobs import Job, Output, Status, Task, TaskState
from framehook.looking_up import LookingUp
from framehook.offerings import Plan, plan
from framehook.ports import Chance, Clock, Gate, GateStore, JobStore, Secrets, Transport, UploadSigner
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


@dataclass(frozen=True, slots=True)
class Submission:
    changes: Changes
    gates: GateStore
    chance: Chance
    secrets: Secrets
    signer: UploadSigner
    inputs: InputKeeper
    input_signer: InputSigner
    transports: Mapping[str, Transport]
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
        gate = self.gates.get_gate(job.provider)
        closed_until = backpressure.closed_until(gate, now)
        probing = None if closed_until else backpressure.probe(gate, now, self.policy.lease)
        if probing and not self.gates.replace_gate(job.provider, probing, gate):
            closed_until = now + SECOND  # another job tries
        if closed_until:
            self._wait(job, closed_until, now)
        else:
            self._send(job, probing or gate, remaining)

    def _send(self, job: Job, gate: Gate, remaining: Callable[[], int]) -> None:
        """The write-ahead, the call, and its outcome. Everything that can fail at no cost comes first."""
        prepared = self._prepared(job)
        if isinstance(prepared, Failure):
            self._not_sent(job, prepared)
            return
        api_key, planned = prepared
        token = self.chance.token()
        before = self._with_tasks(job, planned)
        to_send = [task for task in before.tasks if task.state in _OPEN]
        sends = [self._task_to_send(before, task, token) for task in to_send]
        body = self.input_signer.signed(planned.body, job.owner)
        request = self.providers[job.provider].submission(planned.offering, body, sends, api_key)
        check_time(remaining, self.policy)
        sending = self.jobs.replace(self._called(before, token), job)
        verdicts = self._verdicts(sending.provider, [task.id for task in sends], request)
        sent_before = frozenset(task.id for task in to_send if task.state is TaskState.UNKNOWN)
        self._conclude(sending, Call(verdicts, sent_before, sending.token_hashes[-1]))
        self._note_gate(job.provider, verdicts, gate)

    def _verdicts(self, provider: str, task_ids: list[str], request: HttpRequest) -> Mapping[str, Verdict]:
        try:
            response = self.transports[provider].send(request)
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
        resend_seconds = self.providers[job.provider].RESENDS_SAME_TASK_SECONDS
        resend_until = (job.first_sent_at or now) + resend_seconds * SECOND
        in_time = self.clock.now() + self.policy.call_timeout < resend_until
        if TaskState.UNKNOWN in states and not in_time:
            self._pause(seen)
        else:
            self._send(seen, self.gates.get_gate(job.provider), remaining)

    def _prepared(self, job: Job) -> tuple[str, Plan] | Failure:
        request = self.jobs.get_request(job.id)
        if request is None:
            raise Unavailable("the job's request can't be read")
        try:
            planned = plan(request.model, self.inputs.loaded(request), job.provider)
        except InvalidRequest as invalid:
            return Failure(invalid.code, str(invalid))
        api_key = self.secrets.api_key(job.provider)
        if not api_key:
            return Failure("provider_not_configured", f"there is no API key for {job.provider} in this stack")
        return api_key, planned

    def _with_tasks(self, job: Job, planned: Plan) -> Job:
        """Task ids are made once and kept for every send of the attempt: they are what the provider knows us by."""
        if job.tasks:
            return job
        slots = range(job.count)
        made = tuple(Task(self.chance.uuid(), slot, job.attempt) for slot in slots)
        outputs = tuple(Output(slot, job.attempt) for slot in slots)
        return replace(job, tasks=made, outputs=outputs, uploads=planned.uploads)

    def _task_to_send(self, job: Job, task: Task, token: str) -> TaskToSend:
        key = IncomingKey(job.id, task.attempt, task.slot)
        return TaskToSend(
            id=task.id,
            position=task.slot,
            webhook_url=f"{self.webhook_base}/webhooks/{job.provider}/{job.id}/{job.attempt}/{token}",
            upload_url=self.signer.sign_put(str(key)) if job.uploads else None,
        )

    def _called(self, job: Job, token: str) -> Job:
        """The job as it is written before the call: from here on only an answer proves that nothing is paid."""
        now = self.clock.now()
        moved = move(job, Event.CALLED, now) if job.status is Status.QUEUED else job
        sent = tuple(
            replace(task, state=TaskState.UNKNOWN) if task.state is TaskState.PLANNED else task
            for task in job.tasks
        )
        written = replace(
            moved,
            tasks=sent,
            token_hashes=_kept((*job.token_hashes, tokens.hash_token(job.id, job.attempt, token))),
            lease_until=now + self.policy.lease,
            first_sent_at=job.first_sent_at or now,
            updated_at=now,
        )
        # Nearly always the answer comes, and sets the next due time: this one need not be moved for it.
        return rescheduled(written, now, self.policy, slack=_UNHURRIED)

    def _conclude(self, job: Job, call: Call) -> None:
        """Stores the outcome. Results that came with the answer are those of a webhook."""
        _log(job.id, call.verdicts)
        fraction = self.chance.fraction()
        stored = self.changes.apply(job, lambda seen, now: call.concluded(seen, now, self.policy, fraction))
        reports = [v.report for v in call.verdicts.values() if isinstance(v, Accepted) and v.report]
        if reports:
            self.completion.record(stored, reports, b"")

    def _note_gate(self, provider: str, verdicts: Mapping[str, Verdict], seen: Gate) -> None:
        """Backpressure is advice: losing this race, or crashing before it, costs one more refused call."""
        gate = self.gates.get_gate(provider) if seen.failures else seen
        changed = backpressure.after(gate, verdicts.values(), self.clock.now(), self.chance.fraction())
        if changed != gate:
            self.gates.replace_gate(provider, changed, gate)

    def _wait(self, job: Job, until: int, now: int) -> None:
        """Behind a closed gate: spread over as long again, so that the queue does not return in one wave."""
        not_before = until + int(self.chance.fraction() * min(until - now, 30 * SECOND))
        self.jobs.replace(rescheduled(replace(job, not_before=not_before), now, self.policy), job)

    def _pause(self, job: Job) -> None:
        """Not now: follow_up_job brings it back after a pause, and parks it when the proof window is over."""
        now = self.clock.now()
        until = now + self.policy.resend_pause * 3
        self.jobs.replace(rescheduled(replace(job, lease_until=until), now, self.policy), job)

    def _not_sent(self, job: Job, failure: Failure) -> None:
        """What can't be sent has failed, unless an earlier send of it may have been accepted."""
        logger.error("the job can't be sent", extra={"job_id": job.id, "code": failure.code})
        if job.status is Status.SUBMITTING:
            self._pause(job)
        else:
            self.changes.apply(job, lambda seen, now: unsendable(seen, failure, now))


def check_time(remaining: Callable[[], int], policy: Policy) -> None:
    """Raises Unavailable when a call might outlive the invocation that makes it."""
    if remaining() < policy.call_timeout + _MARGIN:
        raise Unavailable("too little time left for a paid call")


def _kept(hashes: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The first sends and the latest ones: a webhook of any of them may still come."""
    return hashes if len(hashes) <= _MOST_TOKENS else (*hashes[:4], *hashes[4 - _MOST_TOKENS :])


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
