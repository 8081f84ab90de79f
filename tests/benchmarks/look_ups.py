"""Prints how often a provider is asked about a job until its end is known, and how late that is: where the provider
never calls, and where some of its webhooks are lost.

The real use cases over the in-memory stack, by a virtual clock: the catalogue's own times, a sweep each minute, and
messages that arrive to the second.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from framehook.due_times import MINUTE, SECOND
from framehook.jobs import Status
from framehook.ports import DueJob
from framehook.providers.contract import HttpRequest, HttpResponse
from tests.fakes import runcomfy_answers as comfy
from tests.fakes import runninghub_answers as hub
from tests.fakes.exchanges import ScriptedTransport
from tests.fakes.stack import InMemoryStack, acknowledged, response, success

JOBS = 200
RUN_SECONDS = (30, 180, 720)
SPREAD = 0.1  # of the run time, either way
JOB: Mapping[str, Any] = {
    "model": "sora-2-pro",
    "input": {"prompt": "mangroves glow", "seconds": 8, "size": "1792x1024"},
}
MOST_REQUESTS = 8  # of one look-up
SEED = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """What one job took: requests after the paid one, and the seconds from its end until that was known."""

    look_ups: int
    late: float


@dataclass(frozen=True, slots=True)
class SlowProvider:
    """How a provider takes the job, what it answers while it is under way and afterwards, and how it calls."""

    name: str
    take: Callable[[HttpRequest], HttpResponse]
    under_way: Callable[[InMemoryStack], HttpResponse]
    finished: Callable[[InMemoryStack], HttpResponse]
    call: Callable[[InMemoryStack], object] | None = None

    def transport(self, stack: InMemoryStack) -> ScriptedTransport:
        transport: ScriptedTransport = getattr(stack, self.name)
        return transport


@dataclass(frozen=True, slots=True)
class Case:
    """How a job's end comes to be known. `lost` is the share of webhooks that never come."""

    provider: SlowProvider
    told_by: str
    lost: float = 0.0
    messages: bool = True


def _runware_state(stack: InMemoryStack) -> HttpResponse:
    task = stack.sent(0)[0]
    return response(
        200,
        {"data": [{"taskType": task["taskType"], "taskUUID": task["taskUUID"], "status": "processing"}]},
    )


def _runware_result(stack: InMemoryStack) -> HttpResponse:
    return response(200, {"data": [success(stack.sent(0)[0])["data"][0] | {"status": "success"}]})


RUNWARE = SlowProvider(
    "runware",
    acknowledged,
    _runware_state,
    _runware_result,
    lambda stack: stack.webhook(stack.sent(0)[0], success(stack.sent(0)[0])),
)
RUNNINGHUB = SlowProvider(
    "runninghub",
    lambda _: hub.taken(),
    lambda _: hub.answer(hub.task("RUNNING")),
    lambda _: hub.answer(hub.finished()),
    lambda stack: stack.webhook(hub.sent(stack.runninghub.requests[0]), hub.event(hub.finished())),
)
RUNCOMFY = SlowProvider(
    "runcomfy",
    lambda _: comfy.taken(),
    lambda _: comfy.state("in_progress"),
    lambda _: comfy.finished(),
)
CASES = (
    Case(RUNCOMFY, "delayed messages"),
    Case(RUNCOMFY, "the sweep alone", messages=False),
    *(
        Case(provider, f"webhooks, {lost:.0%} of them lost", lost)
        for provider in (RUNWARE, RUNNINGHUB)
        for lost in (0.0, 0.1, 0.5, 1.0)
    ),
)


def print_look_ups(console: Console) -> None:
    table = Table(
        *("provider", "told by", *(_minutes(seconds) for seconds in RUN_SECONDS)),
        box=None,
        title=f"Look-ups of a {JOB['model']} job that runs for so long, mean of {JOBS};"
        " and how late its end was known, mean/worst",
        title_justify="left",
    )
    for column in table.columns[2:]:
        column.justify = "right"
    for case in CASES:
        table.add_row(case.provider.name, case.told_by, *(_cell(case, seconds) for seconds in RUN_SECONDS))
    console.print(table)
    console.print(f"Run times vary by {SPREAD:.0%} either way.", highlight=False)


def _cell(case: Case, seconds: int) -> str:
    seen = list(measured(case, seconds))
    look_ups = statistics.mean(job.look_ups for job in seen)
    late = [job.late for job in seen]
    return f"{look_ups:.2f}  {statistics.mean(late):4.0f}/{max(late):3.0f} s"


def _minutes(seconds: int) -> str:
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min"


def measured(case: Case, seconds: int, jobs: int = JOBS) -> Iterator[Seen]:
    """So many jobs that run for about as long."""
    chance = random.Random(SEED)  # noqa: S311 - it must repeat itself
    for number in range(jobs):
        phase = chance.randrange(MINUTE)  # of the sweep
        run_time = round(seconds * SECOND * chance.uniform(1 - SPREAD, 1 + SPREAD))
        is_called = case.provider.call is not None and number >= case.lost * jobs
        yield _Run(case, run_time, phase, is_called=is_called).watched()


class _Run:
    """One job from its submission until its end is known, and everything that happens meanwhile in its order."""

    def __init__(self, case: Case, run_time: int, phase: int, *, is_called: bool) -> None:
        self._case = case
        self._stack = InMemoryStack()
        self._transport = case.provider.transport(self._stack)
        self._stack.clock.advance(ms=phase)
        accepted = self._stack.accept(**JOB, provider=case.provider.name)
        self._transport.answers.append(case.provider.take)
        self._job_id = self._stack.submit(accepted.id).id
        self._end = self._stack.clock.now() + run_time
        self._is_called = is_called
        self._messages: list[tuple[int, DueJob]] = []
        self._note_messages()

    def watched(self) -> Seen:
        while self._stack.job(self._job_id).status is Status.RUNNING:
            self._next_event()
        return Seen(len(self._transport.requests) - 1, (self._stack.clock.now() - self._end) / SECOND)

    def _next_event(self) -> None:
        clock, due_at = self._stack.clock, self._stack.job(self._job_id).due_at
        assert due_at is not None
        sweep = -(-max(due_at, clock.now() + 1) // MINUTE) * MINUTE
        message = min((at for at, _ in self._messages), default=sweep)
        end = self._end if self._is_called else sweep
        clock.at = max(clock.now(), min(sweep, message, end))
        is_over = clock.now() >= self._end
        answer = self._case.provider.finished if is_over else self._case.provider.under_way
        self._transport.answers.extend([lambda _: answer(self._stack)] * MOST_REQUESTS)
        if self._is_called and is_over and self._case.provider.call:
            self._case.provider.call(self._stack)
        elif message < sweep:
            self._deliver()
        else:
            self._sweep()
        self._transport.answers.clear()
        self._note_messages()

    def _deliver(self) -> None:
        arrived = [due for at, due in self._messages if at <= self._stack.clock.now()]
        self._messages = [(at, due) for at, due in self._messages if due not in arrived]
        for due in arrived:
            self._stack.following.follow_up(due)

    def _sweep(self) -> None:
        self._stack.starter.follow_ups.clear()
        self._stack.sweeping.sweep(lambda: 60 * SECOND)
        for due in self._stack.starter.follow_ups:
            self._stack.following.follow_up(due)

    def _note_messages(self) -> None:
        if self._case.messages:
            now = self._stack.clock.now()
            self._messages += [(now + delay * SECOND, due) for due, delay in self._stack.follow_ups.sent]
        self._stack.follow_ups.sent.clear()
