"""Asynchronous Lambda invocations in memory: an event is tried, waits, is tried again, goes to the on-failure queue.

Runs no function: the caller takes what is ready and says how it ended. Throttling, and events that grow too old or get
lost before they are tried, are not modelled.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from framehook.ports import Clock

_MINUTE = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class Invocation[T]:
    """One try of an event. Two of the same content are two."""

    function: str
    payload: T
    attempt: int
    ready_at: int


class FakeInvocations[T]:
    """A failed event is tried again after one minute, then after two more:
    docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""

    def __init__(self, clock: Clock, retries: int = 2) -> None:
        self._clock = clock
        self._retries = retries
        self._waiting: list[tuple[int, int, Invocation[T]]] = []
        self._running: set[Invocation[T]] = set()
        self._added = 0
        self.failures: list[Invocation[T]] = []

    def invoke(self, function: str, payload: T) -> None:
        self._add(Invocation(function, payload, 1, self._clock.now()))

    def take(self) -> Invocation[T] | None:
        """The earliest one that is ready; of those ready since the same time, the one that came first."""
        waiting = self._waiting
        if not waiting or waiting[0][0] > self._clock.now():
            return None
        taken = heapq.heappop(waiting)[2]
        self._running.add(taken)
        return taken

    def succeeded(self, invocation: Invocation[T]) -> None:
        """Raises KeyError for one that is not running, as `failed` does."""
        self._running.remove(invocation)

    def failed(self, invocation: Invocation[T]) -> None:
        self._running.remove(invocation)
        attempt = invocation.attempt
        if attempt > self._retries:
            self.failures.append(invocation)
            return
        ready_at = self._clock.now() + attempt * _MINUTE
        self._add(Invocation(invocation.function, invocation.payload, attempt + 1, ready_at))

    def duplicate(self, invocation: Invocation[T]) -> None:
        """Lambda may run an event more than once, whatever became of it. The copy is ready now, counts its attempts on
        from that one, and fails or succeeds by itself."""
        self._add(Invocation(invocation.function, invocation.payload, invocation.attempt, self._clock.now()))

    def next_ready_at(self) -> int | None:
        """When `take` next finds something; it may be over. None: nothing waits."""
        return self._waiting[0][0] if self._waiting else None

    def __len__(self) -> int:
        """What waits and what runs."""
        return len(self._waiting) + len(self._running)

    def _add(self, invocation: Invocation[T]) -> None:
        self._added += 1
        heapq.heappush(self._waiting, (invocation.ready_at, self._added, invocation))
