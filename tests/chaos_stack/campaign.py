"""One run: submits, breaks, lifts the faults, waits until everything has come to its end, and gathers what is left.

The order of a run and its times; what is broken and how is the other modules' part.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from rich.console import Console

from tests.chaos_stack import gathering
from tests.chaos_stack.books import ENDED, TERMINAL
from tests.chaos_stack.cloud_restarts import RestartableCloud, Stop
from tests.chaos_stack.enduring import StackCalls
from tests.chaos_stack.evidence import Event, Evidence
from tests.chaos_stack.forger import Forger
from tests.chaos_stack.function_killer import FunctionKiller
from tests.chaos_stack.person import Person
from tests.chaos_stack.plans import JobPlan, planned
from tests.chaos_stack.submitter import Submitter
from tests.sandbox.completion_events import subscription
from tests.sandbox.deployment import STACK_NAME
from tests.sandbox.role_sessions import physical_ids
from tests.sandbox.running_stack import running_stack
from tests.sandbox.steps import Steps
from tests.sandbox.workspace import Workspace

# In step with the simulators' clock, as SIMULATED_TIMES: half an hour and 40 minutes of theirs.
VISIBILITY_SECONDS = {"JobsQueue": "60", "FollowUpsQueue": "80"}
SWEEP_SECONDS, LOOK_SECONDS = 5.0, 3.0  # instead of every minute; at the table
STILL_BROKEN_SECONDS = 20.0  # after the last job was submitted
PATIENCE_SECONDS = 480.0  # from then on until everything has come to its end
# When the local AWS is stopped, as a share of the submissions, and how; and for how long it is gone.
RESTARTS = ((0.3, Stop.TOLD), (0.55, Stop.POWER_CUT), (0.85, Stop.POWER_CUT))
GONE_SECONDS = 3.0
UNDER_WAY, MOST_UNDER_WAY = ("queued", "running", "storing"), 40
FIRST_KILLS, KILLS_PER_JOB = 3, 0.5


@dataclass(frozen=True, slots=True)
class Options:
    jobs: int
    seed: int
    pace: float
    restarts: bool = True
    kills: bool = True


@dataclass(slots=True)
class Campaign:
    """Everybody who takes part in a run, and what they counted."""

    options: Options
    calls: StackCalls
    cloud: RestartableCloud
    console: Console
    plans: list[JobPlan] = field(default_factory=list)
    submitter: Submitter = field(init=False)
    killer: FunctionKiller = field(init=False)
    forger: Forger = field(init=False)
    person: Person = field(init=False)
    faults: dict[str, dict[str, int]] = field(default_factory=dict)
    seconds: float = 0.0
    settled: bool = False
    failed_starts: int = 0
    _calm: threading.Event = field(default_factory=threading.Event)  # nothing is broken any more
    _over: threading.Event = field(default_factory=threading.Event)
    _events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        seed = self.options.seed
        self.plans = planned(seed, self.options.jobs)
        self.submitter = Submitter(self.calls, self.options.pace)
        self.killer = FunctionKiller(
            random.Random(f"{seed}/kills"),  # noqa: S311 - so that a run can be repeated
            lambda: self.cloud.pid,
            STACK_NAME,
            lambda: FIRST_KILLS + int(KILLS_PER_JOB * len(self.submitter.accepted)),
        )
        self.forger = Forger(random.Random(f"{seed}/forgeries"), self.calls)  # noqa: S311 - as above
        self.person = Person(self.calls)

    def run(self, events_queue: str) -> Evidence:
        began = time.monotonic()
        queues = physical_ids(self.calls.stack, "AWS::SQS::Queue")
        for name, seconds in VISIBILITY_SECONDS.items():
            attributes = {"VisibilityTimeout": seconds}
            self.calls.aws("sqs", "set_queue_attributes", QueueUrl=queues[name], Attributes=attributes)
        with ThreadPoolExecutor(6) as threads, self._ended_with_the_block():
            submitted = threads.submit(self.submitter.run, self.plans, self._over)
            others = [threads.submit(self.forger.run, self._calm), threads.submit(self._sweep)]
            others.append(threads.submit(self.submitter.cancel_until, self._over))
            if self.options.kills:
                others.append(threads.submit(self.killer.run, self._calm))
            self._break_while(submitted)
            self._lift()
            self._settle(events_queue, others)
        evidence = self._evidence(events_queue, queues)
        self.failed_starts = self.cloud.failed_starts()
        self.seconds = time.monotonic() - began
        return evidence

    @contextmanager
    def _ended_with_the_block(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._calm.set()
            self._over.set()

    def _sweep(self) -> None:
        name = self.calls.stack.outputs["SweepOverdueFunctionName"]
        while not self._over.wait(SWEEP_SECONDS):
            self.calls.aws("lambda", "invoke", FunctionName=name)

    def _break_while(self, submitted: Future[None]) -> None:
        restarts = list(RESTARTS) if self.options.restarts else []
        while not submitted.done():
            if restarts and len(self.submitter.accepted) >= restarts[0][0] * len(self.plans):
                self._restart(restarts.pop(0)[1])
            self._make_room()
            self._over.wait(LOOK_SECONDS)
        submitted.result()
        self._tell("all jobs are submitted")
        for _, how in restarts:  # the last jobs came faster than anybody looked
            self._restart(how)
        self._over.wait(STILL_BROKEN_SECONDS)

    def _restart(self, how: Stop) -> None:
        restarted = self.cloud.restart(how, GONE_SECONDS)
        self.console.print(f"  {restarted.how}: back after {restarted.seconds:.1f} s")

    def _make_room(self) -> None:
        """For further jobs, unless many are under way; those whose call is in doubt take their own time."""
        statuses = gathering.job_statuses(self.calls)
        slow = len(self.submitter.accepted - statuses.keys())
        slow += sum(status in UNDER_WAY for status in statuses.values())
        if slow < MOST_UNDER_WAY:
            self.submitter.room.set()
        else:
            self.submitter.room.clear()

    def _lift(self) -> None:
        self.faults = {
            name: dict(records.faults) for name, records in gathering.provider_records(self.calls).items()
        }
        for provider in self.faults:
            self.calls.lift_faults(provider)
        self._calm.set()
        self._tell("all faults are lifted")

    def _settle(self, events_queue: str, others: list[Future[None]]) -> None:
        """Waits until every job has ended and been announced, or is parked and meant to be."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        told = time.monotonic()
        while time.monotonic() < deadline and not self.settled:
            for thread in others:
                if thread.done():
                    thread.result()
            self._events += gathering.events_in(self.calls, events_queue)
            statuses = gathering.job_statuses(self.calls)
            parked = [
                plan for plan in self.plans if statuses.get(plan.job_id) == "parked" and not plan.left_parked
            ]
            for plan in parked:
                self.person.decide(plan)
            self.settled = not parked and self._is_over(statuses)
            if time.monotonic() > told + 30:
                told = time.monotonic()
                self._tell(f"{sum(status not in ENDED for status in statuses.values())} jobs are open")
            self._over.wait(LOOK_SECONDS)

    def _is_over(self, statuses: dict[str, str]) -> bool:
        announced = {event.job_id for event in self._events if event.status in TERMINAL}
        ended = {job_id for job_id, status in statuses.items() if status in TERMINAL}
        all_here = self.submitter.accepted <= statuses.keys()
        return all_here and all(status in ENDED for status in statuses.values()) and ended <= announced

    def _evidence(self, events_queue: str, queues: Mapping[str, str]) -> Evidence:
        records = gathering.provider_records(self.calls)
        stored = gathering.job_statuses(self.calls)
        self._events += gathering.events_in(self.calls, events_queue)
        return Evidence(
            plans=self.plans,
            accepted=frozenset(self.submitter.accepted),
            refused=self.submitter.refused,
            stored=frozenset(stored),
            jobs=gathering.jobs_shown(self.calls, list(stored)),
            records=records,
            files=gathering.stored_files(self.calls),
            made=gathering.files_made(self.calls, self.plans, records),
            events=self._events,
            letters=gathering.dead_letters(self.calls, queues),
            resent=self.person.resent,
            forgeries_taken=self.forger.taken,
        )

    def _tell(self, what: str) -> None:
        self.console.print(f"  {what}; {self.killer.kills.total()} functions killed so far")


@contextmanager
def campaign(options: Options, console: Console) -> Iterator[tuple[Campaign, str]]:
    """A run on a stack of its own, and the queue of its events; all of it is gone when the block ends."""
    cloud = RestartableCloud()
    with (
        running_stack(Workspace.named("chaos"), Steps(console), start_cloud=cloud.start) as stack,
        closing(StackCalls(stack)) as calls,
        subscription(stack) as events,
    ):
        yield Campaign(options, calls, cloud, console), events.queue_url
