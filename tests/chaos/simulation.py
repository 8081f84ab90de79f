"""One run: a few jobs in a world that a seed makes, until nothing is left to happen."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from framehook.due_times import Policy
from framehook.providers.contract import HttpRequest, HttpResponse
from tests.chaos.books import Books
from tests.chaos.closing import Closing
from tests.chaos.cloud import Cloud
from tests.chaos.generations import Ledger
from tests.chaos.people import People
from tests.chaos.provider_model import ProviderModel, Setting
from tests.chaos.runcomfy_model import RunComfyDeployments, RunComfyModelApi
from tests.chaos.runninghub_model import RunningHubModel
from tests.chaos.runware_model import RunwareModel
from tests.chaos.story import Story
from tests.chaos.world import HOUR, MINUTE, World
from tests.fakes import SeededChance
from tests.fakes.job_store import Change
from tests.fakes.stack import InMemoryStack

_MOST_EVENTS = 50_000
_CALM_AFTER = (10 * MINUTE, HOUR, HOUR, 6 * HOUR, 30 * HOUR, 200 * HOUR)
_SOON = 2 * HOUR


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one seed. `ends`: how many jobs ended how, by status and error code."""

    seed: int
    problems: tuple[str, ...]
    struck: Mapping[str, int]
    ends: Mapping[str, int]
    generations: int
    look_ups: int
    most_look_ups: int
    overtime: Mapping[str, int]
    events: int
    story: Story = field(repr=False)


class _Account:
    """One account's transport: which of the provider's APIs is meant, the request tells."""

    def __init__(self, *models: ProviderModel) -> None:
        self.models = models

    def send(self, request: HttpRequest) -> HttpResponse:
        return self._meant(request).send(request)

    def _meant(self, request: HttpRequest) -> ProviderModel:
        deployment = len(self.models) > 1 and request.path.startswith("/prod/")
        return self.models[1 if deployment else 0]


class Simulation:
    def __init__(self, seed: int, rates: Mapping[str, float] | None = None) -> None:
        self.world = world = World(seed, rates)
        self.ledger = Ledger()
        policy = Policy()
        self.books = Books(world, self.ledger, policy)
        accounts = {name: _Account() for name in ("runware", "runninghub-ai", "runcomfy")}
        self.stack = InMemoryStack(
            policy, transports=accounts, clock=world.clock, chance=SeededChance(seed + 1)
        )
        self.cloud = Cloud(world, self.stack, self._on_change)
        self.people = People(world, self.cloud, self.ledger)
        setting = Setting(world, self.cloud, self.ledger, self.books.on_paid)
        comfy, deployments = RunComfyModelApi(setting), RunComfyDeployments(setting)
        self.models = (RunwareModel(setting), RunningHubModel(setting), comfy, deployments)
        accounts["runware"].models = self.models[:1]
        accounts["runninghub-ai"].models = self.models[1:2]
        accounts["runcomfy"].models = (comfy, deployments)
        setattr(self.stack.downloader, "stream", self._stream)  # noqa: B010 - in place of the scripted one

    def run(self) -> Outcome:
        chance = self.world.random
        self.world.expect_outages()
        self.people.ask_for_jobs(chance.choice((1, 1, 1, 2)))
        self.world.scheduler.after(chance.choice(_CALM_AFTER), self._calm)
        events = 0
        while self._step():
            events += 1
            if events > _MOST_EVENTS:
                self.books.problem("never comes to rest")
                break
        Closing(self.books, self.cloud).close(self.people)
        return self._outcome(events)

    def _step(self) -> bool:
        """Does what comes next; False when nothing is left to happen."""
        scheduler = self.world.scheduler
        event, sweep = scheduler.next_at(), self.cloud.next_sweep()
        if sweep is not None and (event is None or sweep <= event):
            self.world.clock.at = sweep
            self.cloud.sweep()
        elif event is not None:
            scheduler.do_next()
        else:
            return self.cloud.messages.redrive()
        return True

    def _calm(self) -> None:
        self.world.story.tell("world", "calm from here on")
        self.world.faults.on = False
        self.books.calm_at = self.world.now

    def _on_change(self, change: Change) -> None:
        self.books.on_change(change)
        before, after = change.before, change.after
        if before is None:
            if self.world.faults.strikes("webhook forged"):
                at = self.world.within(_SOON)
                self.world.scheduler.after(at, functools.partial(self._forge, after.id))
        elif after.status is not before.status and after.status == "parked":
            self.people.job_parked(after.id)

    def _forge(self, job_id: str) -> None:
        def answered(status: int) -> None:
            if status == 200:
                self.books.problem("a forged webhook was accepted")

        self.people.forge(job_id, answered)

    def _stream(self, url: str, limit: int, seconds: float | None = None) -> Iterator[bytes]:  # noqa: ARG002
        task, _, number = url.rpartition("/")[2].removesuffix(".mp4").partition("@")
        generation = self.ledger.by_id[task]
        model = next(model for model in self.models if model.url(generation, 0) == url)
        return model.stream(generation, int(number), url)

    def _outcome(self, events: int) -> Outcome:
        ends = Counter(
            f"{job.status} {job.error.code}" if job.error else str(job.status)
            for job in self.stack.jobs.jobs.values()
        )
        generations = self.ledger.by_id.values()
        return Outcome(
            seed=self.world.seed,
            problems=tuple(self.books.problems),
            struck=self.world.faults.struck,
            ends=ends,
            generations=len(generations),
            look_ups=sum(each.looks for each in generations),
            most_look_ups=max((each.looks for each in generations), default=0),
            overtime=self.books.overtime,
            events=events,
            story=self.world.story,
        )
