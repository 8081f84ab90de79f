"""Virtual time: an agenda of what happens when, and invocations that may stand still, or be killed, at any of their
steps.

Each invocation is a greenlet: unmodified code stops in the middle of a call while others go on, as functions that run
at the same time do. Knows nothing of jobs, providers or faults.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

import greenlet

from tests.fakes import FakeClock


class Killed(BaseException):
    """An invocation ends here and now. No error of the product's, so that nothing of it can catch this."""


class Invocation:
    """One run of one function. `name` says which, `subject` about what; it is killed when `limit` ms are over. `sends`
    is the job, attempt and slot of the task that it has written down as about to be sent."""

    __slots__ = ("_greenlet", "_scheduler", "ended", "ends_by", "name", "sends", "skew", "subject")

    def __init__(self, scheduler: Scheduler, name: str, subject: str, limit: int) -> None:
        self._scheduler = scheduler
        self.name = name
        self.subject = subject
        self.ends_by = scheduler.clock.at + limit
        self.skew = 0
        self.ended = False
        self.sends: tuple[str, int, int] | None = None
        self._greenlet: greenlet.greenlet | None = None

    def run(self, act: Callable[[], object]) -> None:
        self._greenlet = greenlet.greenlet(act)
        self._resume()

    def _resume(self) -> None:
        if self.ended or self._greenlet is None:
            return
        before, self._scheduler.current = self._scheduler.current, self
        try:
            self._greenlet.switch()
        finally:
            self._scheduler.current = before

    def pause(self, ms: int) -> None:
        """Stands still for so long, or until its time is over: then it is killed."""
        until = min(self._scheduler.clock.at + ms, self.ends_by)
        self._scheduler.at(until, self._resume)
        self._scheduler.hub.switch()
        if until >= self.ends_by:
            raise Killed("timed out")

    @property
    def remaining(self) -> int:
        return max(self.ends_by - self._scheduler.clock.at, 0)


class Scheduler:
    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.hub = greenlet.getcurrent()
        self.current: Invocation | None = None
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._entries = 0

    def at(self, when: int, act: Callable[[], None]) -> None:
        """What is to be done at the same time is done in the order in which it was asked for."""
        self._entries += 1
        heapq.heappush(self._agenda, (max(when, self.clock.at), self._entries, act))

    def after(self, ms: int, act: Callable[[], None]) -> None:
        self.at(self.clock.at + ms, act)

    def next_at(self) -> int | None:
        return self._agenda[0][0] if self._agenda else None

    def do_next(self) -> None:
        when, _, act = heapq.heappop(self._agenda)
        self.clock.at = max(self.clock.at, when)
        act()
