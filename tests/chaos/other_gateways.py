"""A gateway as others build them, in the same world as Framehook: a queue with a worker, a webhook receiver, a poller
and a downloader over a table of its own, with the same provider models, faults and people. What it sends, and what it
does when nobody knows what was paid, is a policy's (`gateway_policies`).

It reads answers with Framehook's own provider modules, its timers are never lost and its people repeat themselves under
one key: only policies are compared. Must not know what the ledger knows.
"""

from __future__ import annotations

import contextlib
import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast, override

from framehook.due_times import Policy
from framehook.errors import FramehookError, NeverSent, ReplyLost, Unavailable
from framehook.identifiers import derive_job_id
from framehook.jobs import Task, TaskState
from framehook.offerings import Plan
from framehook.providers.contract import (
    Failed,
    HttpRequest,
    HttpResponse,
    Missing,
    Report,
    Succeeded,
    UnreadableAnswer,
)
from framehook.wiring.providers import PROVIDERS
from tests.chaos.cloud import Cloud
from tests.chaos.generations import Ledger
from tests.chaos.people import People
from tests.chaos.provider_model import ProviderModel, Setting
from tests.chaos.runcomfy_model import RunComfyDeployments, RunComfyModelApi
from tests.chaos.runninghub_model import RunningHubModel
from tests.chaos.runware_model import RunwareModel
from tests.chaos.scheduler import Killed
from tests.chaos.world import HOUR, MINUTE, SECOND, World
from tests.fakes import SeededChance
from tests.fakes.stack import OWNER

KEY = "key"
_CALM_AFTER = (10 * MINUTE, HOUR, HOUR, 6 * HOUR, 30 * HOUR, 200 * HOUR)  # as Simulation draws it
_LIMIT = 900 * SECOND  # docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
_VISIBILITY = 30 * MINUTE
_MOST_RECEIVES = 5
_LATE = 20 * MINUTE
_FIRST_LOOK, _GROWTH, _LONGEST_PAUSE = 20 * SECOND, 1.3, 10 * MINUTE
_NOTHING_MORE_AFTER = 4 * 24 * HOUR
_MOST_DOWNLOADS = 16
_LONGEST_DOWNLOAD_PAUSE = 4 * HOUR


@dataclass(slots=True)
class Sent:
    """One task that was sent. `id` is ours until the provider has named it; `accepted`: it is known to have it."""

    way: Plan
    attempt: int
    slot: int
    id: str
    at: int
    accepted: bool = False
    failed_before: bool = False

    def take(self, named: str) -> None:
        self.id, self.accepted = named, True


@dataclass(slots=True)
class Output:
    """`ways` it may still go, the present one first. `again`: it is to be sent although it was. `delivered`: the user
    is told that it is there; `file` is what the user has of it in the end."""

    slot: int
    ways: list[Plan]
    sent: list[Sent] = field(default_factory=list)
    again: bool = False
    url: str | None = None
    delivered: bool = False
    file: bytes | None = None
    error: str = ""

    def deliver(self, body: bytes) -> None:
        self.file, self.delivered = body, True

    @property
    def over(self) -> bool:
        return self.delivered or bool(self.error)

    @property
    def awaited(self) -> bool:
        return self.url is None and not self.over


@dataclass(slots=True)
class Record:
    """A job as its gateway's table has it. `charged`: what the gateway believes that it was billed, in millionths.
    `calls`: by attempt and slot, the task that each webhook's URL was made for, which the URL itself tells."""

    id: str
    kind: int
    outputs: list[Output]
    created_at: int
    taken_until: int = 0
    attempt: int = 0
    refusals: int = 0
    not_before: int = 0
    charged: int = 0
    cancelled: bool = False
    calls: dict[tuple[int, int], Sent] = field(default_factory=dict)

    @property
    def awaited(self) -> list[Output]:
        return [output for output in self.outputs if output.awaited]

    @property
    def ended(self) -> bool:
        return self.cancelled or all(output.over for output in self.outputs)

    @property
    def succeeded(self) -> bool:
        return all(output.delivered for output in self.outputs)


class Gateway(ABC):
    """One run of one policy. `patience`: so long after it was sent a task has failed; None: it waits for ever."""

    name: str
    patience: int | None = Policy().run_deadline  # Framehook's own

    def __init__(self, seed: int) -> None:
        self.world = World(seed)
        self.ledger = Ledger()
        self.records: dict[str, Record] = {}
        self.chance = SeededChance(seed + 1)
        cloud = cast("Cloud", self)  # the models only use its `receive`, as nothing is uploaded
        setting = Setting(self.world, cloud, self.ledger, lambda _: None)
        comfy, deployments = RunComfyModelApi(setting), RunComfyDeployments(setting)
        others = (RunwareModel(setting), RunningHubModel(setting))
        self._models: tuple[ProviderModel, ...] = (*others, comfy, deployments)
        self._people = Customers(self.world, cloud, self.ledger, gateway=self)

    # ------------------------------------------------------------------ what a policy decides

    @abstractmethod
    def ways(self, kind: int) -> list[Plan]:
        """The ways that a request may go, the first one first."""

    @abstractmethod
    def work(self, record: Record) -> None:
        """Sends what is to be sent: what the worker does for a message."""

    @abstractmethod
    def broken(self, record: Record, output: Output) -> None:
        """The provider says that its task failed."""

    @abstractmethod
    def waited(self, record: Record) -> None:
        """Called now and then while results are awaited."""

    def polls(self, _way: Plan) -> bool:
        """Whether it asks the provider, beside waiting for its webhook."""
        return True

    def has_url(self, record: Record, output: Output) -> None:
        """A result has come: its file is downloaded into the gateway's own store."""
        self.world.scheduler.after(self.world.within(SECOND), lambda: self._fetch(record, output, 1))

    # ------------------------------------------------------------------ the run

    def run(self) -> None:
        """Draws outages, jobs and calm from the seed as Simulation does, and runs until nothing is left to happen."""
        chance, scheduler = self.world.random, self.world.scheduler
        self.world.expect_outages()
        self._people.ask_for_jobs(chance.choice((1, 1, 1, 2)))
        scheduler.after(chance.choice(_CALM_AFTER), lambda: setattr(self.world.faults, "on", False))
        while scheduler.next_at() is not None:
            scheduler.do_next()

    def invoke(self, name: str, job: str, act: Callable[[], object], ended: Callable[[bool], object]) -> None:
        """Runs a function. `ended` is told whether it came to its end."""

        def body() -> None:
            current = self.world.scheduler.current
            assert current is not None
            fine = True
            try:
                act()
            except (Killed, FramehookError) as error:
                fine = False
                self.world.story.tell(name, job, "broke off:", repr(error))
            current.ended = True
            ended(fine)

        self.world.invoke(name, job, _LIMIT, body)

    def write(self, step: str, change: Callable[[], object]) -> None:
        """One write to the table, tried three times, as Framehook tries. Raises Killed, Unavailable."""
        done = False
        for last in (False, False, True):
            with contextlib.nullcontext() if last else contextlib.suppress(Unavailable):
                self.world.before_step(step)
                if not done:
                    change()
                done = True
                self.world.after_step(step)
                return

    def fail(self, record: Record, outputs: list[Output], why: str) -> None:
        """Fails those that no result has come for in the meantime."""
        self.world.story.tell("gateway", record.id, "fails", len(outputs), why)

        def note() -> None:
            for output in outputs:
                output.error = why if output.awaited else output.error

        self.write("fail", note)

    # ------------------------------------------------------------------ the queue

    def enqueue(self, job_id: str, kind: int, delay: int = 0) -> None:
        late = self.world.within(_LATE) if self.world.faults.strikes("message late") else 0
        after = delay + late + self.world.within(SECOND)
        self.world.scheduler.after(after, lambda: self._deliver(job_id, kind, 1))

    def _deliver(self, job_id: str, kind: int, receives: int) -> None:
        """The message is deleted when its worker has come to its end, and visible again when it has not."""

        def ended(fine: bool) -> None:
            if not fine:
                self.world.scheduler.after(_VISIBILITY, lambda: self._deliver(job_id, kind, receives + 1))

        if receives > _MOST_RECEIVES:
            self._give_up(job_id, kind)
            return
        self.invoke("worker", job_id, lambda: self._work(job_id, kind), ended)
        if self.world.faults.strikes("message twice"):
            twice = functools.partial(self.invoke, "worker", job_id, lambda: self._work(job_id, kind), bool)
            self.world.scheduler.after(self.world.within(_LATE), twice)

    def _give_up(self, job_id: str, kind: int) -> None:
        """A dead letter: somebody is alarmed, and fails what has not been sent for certain."""
        record = self.records.setdefault(job_id, self._new(job_id, kind))
        for output in record.awaited:
            if not any(sent.accepted for sent in output.sent):
                output.error = "dead letter"

    def _new(self, job_id: str, kind: int) -> Record:
        outputs = [Output(slot, self.ways(kind)) for slot in range(self.ways(kind)[0].count)]
        return Record(job_id, kind, outputs, self.world.now)

    def _work(self, job_id: str, kind: int) -> None:
        if job_id not in self.records:
            self.write("put", lambda: self._open(job_id, kind))
        record = self.records[job_id]
        if not record.ended:
            self.work(record)

    def _open(self, job_id: str, kind: int) -> None:
        if job_id not in self.records:
            record = self.records[job_id] = self._new(job_id, kind)
            if self.polls(record.outputs[0].ways[0]) or self.patience is not None:
                self._watch(record, _FIRST_LOOK)

    # ------------------------------------------------------------------ news of tasks

    def transport(self, way: Plan, request: HttpRequest) -> HttpResponse:
        """Raises NeverSent, ReplyLost."""
        last = [model for model in self._models if model.name == way.provider]
        return last[-1 if request.path.startswith("/prod/") else 0].send(request)

    def receive(self, path: dict[str, str], body: bytes, answered: Callable[[int], None]) -> None:
        """A call on the webhook's route, which names the job and the place of the task."""
        record, (attempt, slot) = self.records[path["job_id"]], map(int, path["attempt"].split("."))
        output, sent = record.outputs[slot], record.calls[attempt, slot]

        def act() -> None:
            task = Task(sent.id, slot, attempt, TaskState.ACCEPTED if sent.accepted else TaskState.UNKNOWN)
            try:
                reports = PROVIDERS[path["provider"]].read_webhook(body, [task], task)
            except UnreadableAnswer:
                return
            for report in reports:
                self.learn(record, output, sent, report)

        self.invoke("receive_webhook", record.id, act, lambda fine: answered(200 if fine else 502))

    def learn(
        self, record: Record, output: Output, sent: Sent, report: Report, *, looked_up: bool = False
    ) -> None:
        """The first result counts, whichever task it is of; a failure only if it is the latest one's."""
        named = None if isinstance(report, Missing) else report.named
        if named and (named != sent.id or not sent.accepted):
            self.write("name", functools.partial(sent.take, named))
        if isinstance(report, Succeeded) and output.awaited:
            self.write("result", lambda: self._has_result(record, output, report))
        latest = not output.sent or sent is output.sent[-1]
        proven = isinstance(report, Failed) and self._is_proven(sent, report, looked_up=looked_up)
        if proven and latest and output.awaited:
            self.broken(record, output)

    def _is_proven(self, sent: Sent, report: Failed, *, looked_up: bool) -> bool:
        """A failure that may be taken back has to be told by two look-ups, where there are any."""
        if not report.doubtful_for or not self.polls(sent.way):
            return True
        before, sent.failed_before = sent.failed_before, sent.failed_before or looked_up
        return looked_up and before

    def _has_result(self, record: Record, output: Output, report: Succeeded) -> None:
        if output.awaited:  # a webhook and a poll may come at the same time
            output.url = report.files[0].url
            record.charged += report.cost or 0
            self.has_url(record, output)

    def _watch(self, record: Record, pause: int) -> None:
        longer = min(int(pause * _GROWTH), _LONGEST_PAUSE)

        def tick() -> None:
            if not record.ended and self.world.now - record.created_at < _NOTHING_MORE_AFTER:
                look = functools.partial(self._look, record)
                self.invoke("poller", record.id, look, lambda _: self._watch(record, longer))

        self.world.scheduler.after(pause, tick)

    def _look(self, record: Record) -> None:
        self.waited(record)
        for output in record.awaited:
            for sent in [each for each in output.sent if self.polls(each.way)]:
                for report in self._asked(sent):
                    self.learn(record, output, sent, report, looked_up=True)
        late = [output for output in record.awaited if self._is_late(record, output)]
        if late:
            self.fail(record, late, "out of time")

    def _is_late(self, record: Record, output: Output) -> bool:
        since = output.sent[-1].at if output.sent else record.created_at
        return self.patience is not None and self.world.now - since > self.patience

    def _asked(self, sent: Sent) -> Iterator[Report]:
        provider = PROVIDERS[sent.way.provider]
        for inquiry in provider.look_ups(sent.way.offering, [sent.id], KEY):
            try:
                yield from provider.read_look_up([sent.id], self.transport(sent.way, inquiry.request))
            except (NeverSent, ReplyLost, UnreadableAnswer):
                continue

    def stream(self, url: str) -> bytes:
        """What is behind a URL; taken as it comes. Raises ResultGone, Unavailable."""
        task, _, number = url.rpartition("/")[2].removesuffix(".mp4").partition("@")
        generation = self.ledger.by_id[task]
        model = next(model for model in self._models if model.url(generation, 0) == url)
        return b"".join(model.stream(generation, int(number), url))

    def _fetch(self, record: Record, output: Output, tries: int) -> None:
        url = output.url
        assert url is not None

        def act() -> None:
            body = self.stream(url)
            self.write("store", functools.partial(output.deliver, body))

        def ended(fine: bool) -> None:
            if fine or output.over:
                return
            if tries < _MOST_DOWNLOADS:
                pause = min(30 * SECOND << tries, _LONGEST_DOWNLOAD_PAUSE)
                self.world.scheduler.after(pause, lambda: self._fetch(record, output, tries + 1))
            else:
                output.error = "download failed"

        self.invoke("fetch", record.id, act, ended)


@dataclass(slots=True, kw_only=True)
class Customers(People):
    """Ask for the same jobs at the same times as those of Framehook, each under a key of its own."""

    gateway: Gateway

    @override
    def _post(self, kind: int, key: str) -> None:
        """Repeats itself until it is answered, so that nothing is lost here."""
        for _ in range(2 if self.world.faults.strikes("request twice") else 1):
            self._send_message(kind, key)
        self._maybe_cancel(derive_job_id(OWNER, f"key:{key}"))

    @override
    def _send_message(self, kind: int, key: str) -> None:
        self.gateway.enqueue(derive_job_id(OWNER, f"key:{key}"), kind)

    @override
    def _cancel(self, job_id: str) -> None:
        """Only what was never sent is stopped; what is paid for is delivered."""
        record = self.gateway.records.get(job_id)
        if record is not None and not any(output.sent for output in record.outputs):
            record.cancelled = True
