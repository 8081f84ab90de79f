"""What everything in a run shares: chance, virtual time, faults, the story, and the steps that invocations take.

Decides when a step is preceded or followed by a fault; knows no job.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Mapping
from typing import Any, override

from framehook.errors import Unavailable
from tests.chaos.faults import LASTING, Faults
from tests.chaos.scheduler import Invocation, Killed, Scheduler
from tests.chaos.story import Story
from tests.fakes import FakeClock

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
_LONGEST_STALL = 100 * SECOND
_WITH_OUTAGES = 0.4
_OUTAGES = (10 * MINUTE, HOUR, 3 * HOUR, 26 * HOUR, 50 * HOUR)


class SkewedClock(FakeClock):
    """Virtual time as the function that runs just now has it: the clocks of two machines differ."""

    scheduler: Scheduler | None = None

    @override
    def now(self) -> int:
        current = self.scheduler.current if self.scheduler else None
        return self.at + current.skew if current else self.at


class World:
    def __init__(self, seed: int, rates: Mapping[str, float] | None = None) -> None:
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311 - it must repeat itself
        self.clock = SkewedClock()
        self.scheduler = Scheduler(self.clock)
        self.clock.scheduler = self.scheduler
        self.faults = Faults(self.random, rates)
        self.story = Story(self.clock)
        self.outages: list[tuple[str, int, int]] = []
        self.pace = self.random.choice((0.0, 0.1, 0.3, 0.6))  # how often a step takes noticeable time

    @property
    def now(self) -> int:
        return self.clock.at

    def within(self, most: int) -> int:
        """A time in ms, more often short than long."""
        return int(most * self.random.random() ** 3)

    def expect_outages(self) -> None:
        """Some runs have times in which something never works."""
        chance = self.random
        if chance.random() < _WITH_OUTAGES:
            for _ in range(chance.choice((1, 1, 2, 3))):
                kind, starts = chance.choice(LASTING), self.within(chance.choice((0, 2 * HOUR, 30 * HOUR)))
                self.scheduler.after(starts, functools.partial(self._outage, kind))

    def _outage(self, kind: str) -> None:
        lasts = self.random.choice(_OUTAGES)
        self.story.tell("world", kind, "for", lasts // MINUTE, "minutes")
        self.faults.lasting[kind] += 1
        self.outages.append((kind, self.now, self.now + lasts))
        self.scheduler.after(lasts, lambda: self._outage_is_over(kind))

    def _outage_is_over(self, kind: str) -> None:
        self.faults.lasting[kind] -= 1

    def invoke(self, name: str, subject: str, limit: int, act: Callable[[], Any]) -> Invocation:
        """Begins a run of a function; it may not be over when this returns. What it raises is `act`'s own to catch."""
        invocation = Invocation(self.scheduler, name, subject, limit)
        if self.faults.strikes("clock skewed"):
            invocation.skew = self.random.randrange(-1_000, 1_001)
        invocation.run(act)
        return invocation

    def before_step(self, step: str) -> None:
        """Just before a function has an effect. Raises Killed, Unavailable."""
        current = self.scheduler.current
        if current is None:
            return
        if current.ended:  # it was killed; nothing that it still does happens
            raise Killed
        strikes = self.faults.strikes
        if strikes("killed before a step"):
            self.story.tell(current.name, current.subject, "killed before", step)
            raise Killed
        if self.random.random() < self.pace:
            current.pause(self.within(50))
        if strikes("stalled"):
            self.story.tell(current.name, current.subject, "stalls before", step)
            current.pause(self.within(_LONGEST_STALL))
        if strikes("AWS call failed"):
            self.story.tell(current.name, current.subject, step, "failed")
            raise Unavailable(f"{step} failed")

    def after_step(self, step: str) -> None:
        """Just after it had one. Raises Killed, Unavailable."""
        current = self.scheduler.current
        if current is None:
            return
        strikes = self.faults.strikes
        if strikes("killed after a step"):
            self.story.tell(current.name, current.subject, "killed after", step)
            raise Killed
        if strikes("AWS reply lost"):
            self.story.tell(current.name, current.subject, step, "done, but its reply lost")
            raise Unavailable(f"the reply of {step} was lost")
        if self.random.random() < self.pace:
            current.pause(self.within(50))


def intercept(world: World, fake: object, *steps: str) -> None:
    """Makes each of these methods of a fake a step, at which anything may go wrong."""
    for step in steps:
        setattr(fake, step, _stepping(world, step, getattr(fake, step)))


def _stepping(world: World, step: str, method: Callable[..., Any]) -> Callable[..., Any]:
    before, after = world.before_step, world.after_step

    def call(*args: Any, **named: Any) -> Any:
        before(step)
        result = method(*args, **named)
        after(step)
        return result

    return call
