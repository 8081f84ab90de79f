"""The paid call: written down before it is made, made at most once per task as far as anybody can know.

Used by submit_job, the only place that pays. A job whose call's outcome is unknown is never sent again without the
provider's own protection against double work. Next: the provider calls receive_webhook.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from framehook import backpressure, tokens
from framehook.changes import Changes
from framehook.completion import Completion, failed_task, with_task
from framehook.deadlines import QUEUE_DEADLINE
from framehook.due_times import SECOND, Policy, refusal_back_off, rescheduled
from framehook.errors import Failure, InvalidRequest, NeverSent, ReplyLost, StaleJob, Unavailable
from framehook.identifiers import IncomingKey
from framehook.inputs import InputKeeper, InputSigner
from framehook.jobs import Job, Output, Status, Task, TaskState
from framehook.offerings import Plan, plan
from framehook.ports import Chance, Clock, Gate, GateStore, JobStore, Secrets, Transport, UploadSigner
from framehook.providers.contract import (
    Accepted,
    Provider,
    Refused,
    RefusedForNow,
    TaskToSend,
    Unknown,
    UnreadableAnswer,
    Verdict,
)
from framehook.transitions import Event, move, settle

logger = logging.getLogger(__name__)

_KEPT_TOKENS = 8
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
        if remaining() < self.policy.call_timeout + _MARGIN:
            raise Unavailable("too little time left for a paid call")
        job = self.jobs.get(job_id)
        now = self.clock.now()
        try:
            if job is None:
                logger.warning("submission of an unknown job")
            elif job.status is Status.QUEUED and job.not_before <= now:
                self._send_queued(job, now)
            elif job.status is Status.SUBMITTING and (job.lease_until or 0) <= now:
                self._settle_unknown(job, now, remaining)
        except StaleJob:
            logger.debug("somebody else took the job on")

    def _send_queued(self, job: Job, now: int) -> None:
        if now >= job.created_at + self.policy.queue_deadline:
            self._fail(job, Event.EXPIRED, QUEUE_DEADLINE)
            return
        gate = self.gates.get_gate(job.provider)
        probing = backpressure.probe(gate, now, self.policy.lease)
        waits = backpressure.is_closed(gate, now)
        if waits or (probing and not self.gates.replace_gate(job.provider, probing, gate)):
            self._wait(job, max(gate.closed_until, now + SECOND), now)
            return
        self._send(job, now, gate)

    def _send(self, job: Job, now: int, gate: Gate) -> None:
        """The write-ahead, the call, and its outcome. Everything that can fail at no cost comes first."""
        prepared = self._prepared(job)
        if isinstance(prepared, Failure):
            self._not_sent(job, prepared, now)
            return
        api_key, planned = prepared
        token = self.chance.token()
        before = self._with_tasks(job, planned)
        again = frozenset(task.id for task in before.tasks if task.state is TaskState.UNKNOWN)
        unsent = (TaskState.PLANNED, TaskState.UNKNOWN)
        to_send = [place for place, task in enumerate(before.tasks) if task.state in unsent]
        sends = [self._task_to_send(before, place, token) for place in to_send]
        body = self.input_signer.signed(planned.body, job.owner)
        request = self.providers[job.provider].submission(planned.offering, body, sends, api_key)
        sending = self.jobs.replace(self._called(before, now, token), job)
        try:
            response = self.transports[job.provider].send(request)
        except NeverSent:
            failure = Failure("provider_unreachable", "the provider could not be reached")
            verdicts: Mapping[str, Verdict] = {task.id: RefusedForNow(failure) for task in sends}
        except ReplyLost as lost:
            verdicts = {task.id: Unknown(str(lost)) for task in sends}
        else:
            verdicts = self.providers[job.provider].read_submission([task.id for task in sends], response)
        self._conclude(sending, verdicts, again)
        self._note_gate(job.provider, verdicts, gate)

    def _settle_unknown(self, job: Job, now: int, remaining: Callable[[], int]) -> None:
        """Looks the tasks up first; sends the same ones again only where the provider takes them for the same."""
        held = self.jobs.replace(replace(job, lease_until=now + self.policy.lease, updated_at=now), job)
        sent_at = job.first_sent_at or now
        try:
            seen = self._looked_up(held)
        except (NeverSent, ReplyLost, UnreadableAnswer):
            self._pause(held, now)
            return
        still_open = [task for task in seen.tasks if task.state in (TaskState.UNKNOWN, TaskState.PLANNED)]
        if seen.status is not Status.SUBMITTING or not still_open:
            return
        now = self.clock.now()
        resend_until = sent_at + self.providers[job.provider].RESENDS_SAME_TASK_SECONDS * SECOND
        in_time = now + self.policy.call_timeout < resend_until
        if in_time and remaining() >= self.policy.call_timeout + _MARGIN:
            self._send(seen, now, self.gates.get_gate(job.provider))
        else:
            self._pause(seen, now)

    def _looked_up(self, job: Job) -> Job:
        provider = self.providers[job.provider]
        api_key = self.secrets.api_key(job.provider)
        ids = [task.id for task in job.tasks if task.state is TaskState.UNKNOWN]
        if not ids or api_key is None:
            return job
        response = self.transports[job.provider].send(provider.look_up(ids, api_key))
        reports = provider.read_look_up(ids, response)
        return self.completion.record(job, job.attempt, reports, response.body)

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
        tasks = tuple(Task(self.chance.uuid()) for _ in range(planned.count))
        outputs = tuple(Output(place, place, job.attempt) for place in range(planned.count))
        return replace(job, tasks=tasks, outputs=outputs, uploads=planned.uploads)

    def _task_to_send(self, job: Job, place: int, token: str) -> TaskToSend:
        key = IncomingKey(job.id, job.attempt, place)
        return TaskToSend(
            id=job.tasks[place].id,
            position=place,
            webhook_url=f"{self.webhook_base}/webhooks/{job.provider}/{job.id}/{job.attempt}/{token}",
            upload_url=self.signer.sign_put(str(key)) if job.uploads else None,
        )

    def _called(self, job: Job, now: int, token: str) -> Job:
        """The job as it is written before the call: from here on only an answer proves that nothing is paid."""
        moved = move(job, Event.CALLED, now) if job.status is Status.QUEUED else job
        tasks = tuple(
            replace(task, state=TaskState.UNKNOWN) if task.state is TaskState.PLANNED else task
            for task in job.tasks
        )
        hashes = (*job.token_hashes, tokens.hash_token(job.id, job.attempt, token))[-_KEPT_TOKENS:]
        written = replace(
            moved,
            tasks=tasks,
            token_hashes=hashes,
            lease_until=now + self.policy.lease,
            first_sent_at=job.first_sent_at or now,
            updated_at=now,
        )
        return rescheduled(written, now, self.policy)

    def _conclude(self, job: Job, verdicts: Mapping[str, Verdict], again: frozenset[str]) -> None:
        """Stores the outcome, over whatever a webhook or an upload has made of the job in the meantime."""
        reports = [v.report for v in verdicts.values() if isinstance(v, Accepted) and v.report]
        attempt = job.attempt
        stored = self.changes.apply(
            job, lambda seen, now: self._concluded(seen, attempt, verdicts, again, now)
        )
        if reports:
            self.completion.record(stored, attempt, reports, b"")

    def _concluded(
        self, job: Job, attempt: int, verdicts: Mapping[str, Verdict], again: frozenset[str], now: int
    ) -> Job:
        if job.attempt != attempt or job.status.terminal:
            return job
        judged = judge(job, verdicts, again)
        settled = settle(judged, now)
        if settled.status is not Status.SUBMITTING or job.status is not Status.SUBMITTING:
            return settled
        if all(task.state is TaskState.PLANNED for task in judged.tasks):
            return self._refused_for_now(judged, verdicts, now)
        return rescheduled(replace(judged, lease_until=now + self.policy.resend_pause), now, self.policy)

    def _refused_for_now(self, job: Job, verdicts: Mapping[str, Verdict], now: int) -> Job:
        refusal = next(v for v in verdicts.values() if isinstance(v, RefusedForNow))
        wait = refusal_back_off(job.refusals, self.chance.fraction())
        wait = max(wait, int((refusal.retry_after or 0) * SECOND))
        queued = move(job, Event.REFUSED_FOR_NOW, now, refusal.failure)
        return replace(queued, not_before=now + wait, refusals=job.refusals + 1, first_sent_at=None)

    def _note_gate(self, provider: str, verdicts: Mapping[str, Verdict], seen: Gate) -> None:
        """Backpressure is advice: losing this race, or crashing before it, costs one more refused call."""
        gate = self.gates.get_gate(provider) if seen.failures else seen
        changed = backpressure.after(gate, verdicts.values(), self.clock.now(), self.chance.fraction())
        if changed != gate:
            self.gates.replace_gate(provider, changed, gate)

    def _wait(self, job: Job, until: int, now: int) -> None:
        """Behind a closed gate: spread over half a minute, so that the queue does not return in one wave."""
        not_before = until + int(self.chance.fraction() * 30 * SECOND)
        self.jobs.replace(rescheduled(replace(job, not_before=not_before), now, self.policy), job)

    def _pause(self, job: Job, now: int) -> None:
        """Not now: follow_up_job brings it back after a pause, and parks it when the proof window is over."""
        until = now + self.policy.resend_pause * 3
        self.jobs.replace(rescheduled(replace(job, lease_until=until), now, self.policy), job)

    def _not_sent(self, job: Job, failure: Failure, now: int) -> None:
        """What can't be sent has failed, unless an earlier send of it may have been accepted."""
        if job.status is Status.QUEUED:
            self._fail(job, Event.REFUSED, failure)
        else:
            self._pause(job, now)

    def _fail(self, job: Job, event: Event, failure: Failure) -> None:
        self.jobs.replace(move(job, event, self.clock.now(), failure), job)


def judge(job: Job, verdicts: Mapping[str, Verdict], again: frozenset[str]) -> Job:
    """The job with a call's verdicts on its tasks. Pure.

    A refusal of a task that was sent before (`again`) proves nothing about that first send: it stays unknown.
    """
    judged = job
    for place, task in enumerate(job.tasks):
        if task.state not in (TaskState.UNKNOWN, TaskState.PLANNED):
            continue
        verdict = verdicts.get(task.id)
        match verdict:
            case Accepted(task_id):
                judged = with_task(judged, place, replace(task, id=task_id, state=TaskState.ACCEPTED))
            case Refused(failure) if task.id not in again:
                judged = failed_task(judged, place, failure)
            case RefusedForNow() if task.id not in again:
                judged = with_task(judged, place, replace(task, state=TaskState.PLANNED))
    return judged
