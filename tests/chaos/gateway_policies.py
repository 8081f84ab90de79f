"""What gateways and clients do when nobody knows whether a paid call was accepted, each as a small class, and beside
each the public page of one that does it, or did. Facts about policies: no product is judged as a whole.

Every policy is given what its kind may have: a lease on the job and a note of each task before its call, polling beside
webhooks, backoff after refusals. What the notes can't tell is all that differs.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import override

from framehook.due_times import refusal_back_off
from framehook.errors import Failure, FramehookError, InvalidRequest, NeverSent, ReplyLost, Unavailable
from framehook.offerings import Plan, plan
from framehook.providers.contract import Accepted, Refused, RefusedForNow, TaskToSend, Unknown, Verdict
from framehook.tasks import name_of_ours
from framehook.wiring.providers import PROVIDERS
from tests.chaos.other_gateways import KEY, Gateway, Output, Record, Sent
from tests.chaos.people import REQUESTS
from tests.chaos.world import HOUR, MINUTE, SECOND

_LEASE = 15 * MINUTE
_KEEPS_TRYING_FOR = 24 * HOUR
_OFFERED_BY = ("runware", "runninghub", "runcomfy")
_MOST_SENDS = 3
_OPENED_WITHIN = 48 * HOUR
_TRIES_TO_OPEN = 3


@functools.cache
def way_of(kind: int, provider: str | None = None) -> Plan | None:
    """How a request is sent; None where the provider, if another one is asked for, can't make the same."""
    asked = REQUESTS[kind]
    try:
        return plan(asked["model"], asked["input"], provider or asked.get("provider"))
    except InvalidRequest:
        return None


class FailOnTimeout(Gateway):
    """An unknown outcome is told to the user as a failure, so as not to pay twice: github.com/ArcReel/ArcReel/pull/793
    for calls; github.com/HeyPuter/puter/pull/3730 answers 504 after ten minutes of polling. What had been accepted is
    paid and lost: github.com/elizaOS/eliza/pull/11920."""

    name = "fail on timeout"
    writes_ahead = True
    """Whether a task is in the table, and the job is one worker's, before the call."""

    @override
    def ways(self, kind: int) -> list[Plan]:
        way = way_of(kind)
        assert way is not None
        return [way]

    def unknown(self, record: Record, outputs: list[Output]) -> None:
        """The call was made, and nobody knows whether it was taken."""
        self.fail(record, outputs, "no answer")

    def died(self, record: Record, outputs: list[Output]) -> None:
        """A worker ended without a word after it had written that it would send these."""
        self.fail(record, outputs, "interrupted")

    def refused(self, record: Record, outputs: list[Output], *, for_now: bool) -> None:
        """Nothing is paid for these, and that is certain."""
        if not for_now or self.world.now - record.created_at > _KEEPS_TRYING_FOR:
            self.fail(record, outputs, "refused")
            return
        record.refusals += 1
        self.send_again(record, outputs, refusal_back_off(record.refusals, self.chance.fraction()))

    @override
    def broken(self, record: Record, output: Output) -> None:
        self.fail(record, [output], "failed")

    @override
    def waited(self, record: Record) -> None:
        pass

    # ------------------------------------------------------------------ the worker

    @override
    def work(self, record: Record) -> None:
        if self.world.now < record.not_before:
            return  # another message will come
        if self.writes_ahead:
            self._take(record)
        silent = [output for output in record.awaited if output.sent and not output.again]
        doubtful = [output for output in silent if not output.sent[-1].accepted]
        if doubtful:
            self.died(record, doubtful)
        for outputs in _calls(record):
            in_doubt = self.send(record, outputs)
            if in_doubt:
                self.unknown(record, in_doubt)
        record.taken_until = 0

    def _take(self, record: Record) -> None:
        """Raises Unavailable while another worker has the job: then its message comes again."""

        def take() -> None:
            if self.world.now < record.taken_until:
                raise Unavailable("another worker has it")
            record.taken_until = self.world.now + _LEASE

        self.write("take", take)

    def send_again(self, record: Record, outputs: list[Output], delay: int) -> None:
        def note() -> None:
            for output in outputs:
                output.again = True
            if record.not_before <= self.world.now:
                record.not_before = self.world.now + delay
                self.enqueue(record.id, record.kind, delay)

        self.write("again", note)

    def send(self, record: Record, outputs: list[Output]) -> list[Output]:
        """One paid call, each output a new task of it; returns those whose outcome is unknown."""
        if self.world.faults.strikes("API key missing"):
            self.refused(record, outputs, for_now=True)
            return []
        sent = self._new_tasks(record, outputs)
        if self.writes_ahead:
            self.write("write ahead", lambda: _note(outputs, sent))
        verdicts = self._call(record, sent)
        told = list(zip(outputs, sent, verdicts, strict=True))
        self.write("outcome", lambda: _conclude(told))
        for output, task, verdict in told:
            if isinstance(verdict, Accepted) and verdict.report:
                self.learn(record, output, task, verdict.report)
        for_now = [output for output, _, verdict in told if isinstance(verdict, RefusedForNow)]
        if for_now:
            self.refused(record, for_now, for_now=True)
        for_good = [output for output, _, verdict in told if isinstance(verdict, Refused)]
        if for_good:
            self.refused(record, for_good, for_now=False)
        return [output for output, _, verdict in told if isinstance(verdict, Unknown)]

    def _new_tasks(self, record: Record, outputs: Sequence[Output]) -> list[Sent]:
        record.attempt += 1
        way, provider = outputs[0].ways[0], PROVIDERS[outputs[0].ways[0].provider]
        made = []
        for output in outputs:
            name = name_of_ours(self.chance.uuid(), provider)
            made.append(Sent(way, record.attempt, output.slot, name, self.world.now))
            record.calls[record.attempt, output.slot] = made[-1]
        return made

    def _call(self, record: Record, sent: Sequence[Sent]) -> list[Verdict]:
        way, current = sent[0].way, self.world.scheduler.current
        assert current is not None
        current.sends = (record.id, sent[0].attempt, sent[0].slot)
        base = f"https://hooks.example/webhooks/{way.provider}/{record.id}"
        tasks = [
            TaskToSend(task.id, f"{base}/{task.attempt}.{task.slot}/{self.chance.token()}", None, task.slot)
            for task in sent
        ]
        provider = PROVIDERS[way.provider]
        try:
            answer = self.transport(way, provider.submission(way.offering, way.body, tasks, KEY))
        except NeverSent as unsent:
            return [RefusedForNow(Failure(unsent.code, str(unsent))) for _ in sent]
        except ReplyLost as lost:
            return [Unknown(str(lost)) for _ in sent]
        verdicts = provider.read_submission([task.id for task in sent], answer)
        return [verdicts[task.id] for task in sent]


def _calls(record: Record) -> Iterator[list[Output]]:
    """What is to be sent, as many outputs in a call as Framehook sends."""
    wanted = [output for output in record.awaited if output.again or not output.sent]
    while wanted:
        way = wanted[0].ways[0]
        same = [output for output in wanted if output.ways[0] is way][
            : PROVIDERS[way.provider].TASKS_PER_CALL
        ]
        yield same
        wanted = [output for output in wanted if output not in same]


def _note(outputs: Sequence[Output], sent: Sequence[Sent]) -> None:
    for output, task in zip(outputs, sent, strict=True):
        output.sent.append(task)
        output.again = False


def _conclude(told: Sequence[tuple[Output, Sent, Verdict]]) -> None:
    for output, task, verdict in told:
        if isinstance(verdict, Accepted):
            task.take(verdict.task_id)
            output.again = False
            if task not in output.sent:
                output.sent.append(task)


class RetryOnTimeout(FailOnTimeout):
    """The submission is made up to three more times, each a new task, when it times out, the connection drops or a 5xx
    comes. github.com/Comfy-Org/ComfyUI/pull/16204: 732 such resubmissions in seven days, 426 of them billed;
    github.com/ArcReel/ArcReel/issues/687; github.com/lovartai/lovart-skill/issues/8;
    mintlify.com/openai/openai-python/concepts/retries: two retries by default."""

    name = "retry on timeout"

    @override
    def unknown(self, record: Record, outputs: list[Output]) -> None:
        current = self.world.scheduler.current
        assert current is not None
        for seconds in (1, 2, 4):
            current.pause(seconds * SECOND)
            awaited = [output for output in outputs if output.awaited]
            outputs = self.send(record, awaited) if awaited else []
            if not outputs:
                return
        self.fail(record, outputs, "no answer")


class QueueRedelivery(FailOnTimeout):
    """The message is deleted when the job is submitted, and nothing is noted before: after a crash, a timeout or an
    unknown outcome it comes again. A common pattern; that messages do come again:
    docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html and
    github.com/celery/celery/issues/5935."""

    name = "queue redelivery"
    writes_ahead = False

    @override
    def unknown(self, record: Record, outputs: list[Output]) -> None:
        raise Unavailable("no answer")


class WaitsForNews(FailOnTimeout):
    """What nobody knows is waited for."""

    @override
    def unknown(self, record: Record, outputs: list[Output]) -> None:
        pass

    @override
    def died(self, record: Record, outputs: list[Output]) -> None:
        pass


class ResubmitAtDeadline(WaitsForNews):
    """Waits and polls; when nothing has come by the deadline, the task is cancelled where its provider can, and the job
    sent again. videopromptkit.com/blog/production-error-handling-long-running-jobs says to cancel what is stuck and
    resubmit; github.com/zpoint/vibe-seller/pull/124: an agent made another picture when the first was given up after
    240 s, and that one was done after 282 s."""

    name = "resubmit at 15 min"
    deadline = 15 * MINUTE

    @override
    def waited(self, record: Record) -> None:
        late = [
            output
            for output in record.awaited
            if output.sent and not output.again and self.world.now - output.sent[-1].at > self.deadline
        ]
        again = [output for output in late if len(output.sent) < _MOST_SENDS]
        for output in again:
            self._cancel(output.sent[-1])
        if again:
            self.send_again(record, again, 0)

    def _cancel(self, sent: Sent) -> None:
        provider, offering = PROVIDERS[sent.way.provider], sent.way.offering
        request = provider.cancellation(offering, sent.id, KEY) if provider.can_cancel(offering) else None
        if request and sent.accepted:
            with contextlib.suppress(NeverSent, ReplyLost):
                self.transport(sent.way, request)


class ResubmitAtTwoHours(ResubmitAtDeadline):
    """The same with the patience that github.com/Comfy-Org/ComfyUI/pull/9918 proposes as a default."""

    name = "resubmit at 2 h"
    deadline = 2 * HOUR


class FailoverWithoutProof(FailOnTimeout):
    """When a call times out or errs, the same job goes to the next provider. docs.litellm.ai/docs/proxy/reliability: a
    call that fails falls back to another model group;
    developers.cloudflare.com/changelog/post/2025-02-05-aig-request-handling: a timeout can trigger a fallback;
    github.com/theopenco/llmgateway/pull/1876: so that a video creation that times out does."""

    name = "failover without proof"

    @override
    def ways(self, kind: int) -> list[Plan]:
        first, *_ = super().ways(kind)
        others = (way_of(kind, other) for other in _OFFERED_BY if other != first.provider)
        return [first, *(way for way in others if way)]

    @override
    def unknown(self, record: Record, outputs: list[Output]) -> None:
        self._next(record, outputs)

    @override
    def refused(self, record: Record, outputs: list[Output], *, for_now: bool) -> None:
        if for_now and len(outputs[0].ways) == 1:
            super().refused(record, outputs, for_now=for_now)
        else:
            self._next(record, outputs)

    @override
    def broken(self, record: Record, output: Output) -> None:
        self._next(record, [output])

    def _next(self, record: Record, outputs: list[Output]) -> None:
        """Takes the next of their ways, and fails those that have none left."""
        with_more = [output for output in outputs if len(output.ways) > 1]
        for output in with_more:
            del output.ways[0]
        if with_more:
            self.send_again(record, with_more, 0)
        if len(with_more) < len(outputs):
            self.fail(record, [output for output in outputs if output not in with_more], "no provider left")


class FailoverWhenSlow(FailoverWithoutProof):
    """The same, also when no result has come in two hours."""

    name = "failover when slow (2 h)"
    slow_after = 2 * HOUR

    @override
    def waited(self, record: Record) -> None:
        slow = [
            output
            for output in record.awaited
            if len(output.ways) > 1
            and output.sent
            and not output.again
            and self.world.now - output.sent[-1].at > self.slow_after
        ]
        if slow:
            self._next(record, slow)


class WebhookOnly(WaitsForNews):
    """Sends once and waits for the webhook, without a look-up where the provider calls; its user gets the provider's
    URL. replicate.com/docs/topics/webhooks: files are gone after an hour;
    github.com/replicate/replicate-javascript/issues/195 and 321: reports of webhooks that stopped;
    github.com/the-open-agent/openagent/issues/945: a stored URL that has expired."""

    name = "webhook only"
    patience = None

    @override
    def polls(self, way: Plan) -> bool:
        return way.look_up_growth is not None

    @override
    def has_url(self, record: Record, output: Output) -> None:
        """The job has succeeded; its user opens the file some time later, half of them within six hours."""
        output.delivered = True
        self.world.scheduler.after(self.world.within(_OPENED_WITHIN), lambda: self._view(output, 1))

    def _view(self, output: Output, tries: int) -> None:
        assert output.url is not None
        try:
            output.file = self.stream(output.url)
        except FramehookError:
            if tries < _TRIES_TO_OPEN:
                self.world.scheduler.after(MINUTE, lambda: self._view(output, tries + 1))


POLICIES = (
    RetryOnTimeout,
    QueueRedelivery,
    ResubmitAtDeadline,
    ResubmitAtTwoHours,
    FailoverWithoutProof,
    FailoverWhenSlow,
    WebhookOnly,
    FailOnTimeout,
)
