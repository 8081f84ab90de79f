"""Asynchronous invocations and the bucket's notifications: late, twice, never, and tried again twice when they fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from framehook.identifiers import parse_incoming_key
from framehook.ports import DueJob
from tests.chaos.functions import Functions
from tests.chaos.world import HOUR, MINUTE, SECOND
from tests.fakes.invocations import FakeInvocations, Invocation
from tests.fakes.stack import InMemoryStack

_LATE = 20 * MINUTE
_NOTIFIED_LATE = 2 * HOUR


class Invocations:
    def __init__(self, functions: Functions, stack: InMemoryStack) -> None:
        self._functions = functions
        self._world = functions.world
        self._stack = stack
        self._waiting: FakeInvocations[tuple[str, Any]] = FakeInvocations(self._world.clock)

    def follow_up(self, due: DueJob) -> None:
        self._invoke("follow_up_job", due.job_id, due)

    def fetch(self, job_id: str, index: int) -> None:
        self._invoke("fetch_output", job_id, (job_id, index))

    def land(self, key: str) -> None:
        incoming = parse_incoming_key(key)
        self._invoke("land_output", incoming.job_id if incoming else key, key)

    def notify(self, key: str) -> None:
        """An object was written under `incoming/`."""
        if self._world.faults.strikes("notification lost"):
            self._world.story.tell("bucket", key, "notification lost")
            return
        late = self._world.within(_NOTIFIED_LATE) if self._world.faults.strikes("notification late") else 0
        copies = 2 if self._world.faults.strikes("notification twice") else 1
        for _ in range(copies):
            at = late + self._world.within(2 * SECOND)
            self._world.scheduler.after(at, lambda: self.land(key))

    def _invoke(self, name: str, subject: str, payload: object) -> None:
        self._waiting.invoke(name, (subject, payload))
        late = self._world.within(_LATE) if self._world.faults.strikes("invocation late") else 0
        self._world.scheduler.after(self._world.within(SECOND) + late, self._take)

    def _take(self) -> None:
        invocation = self._waiting.take()
        if invocation is None:
            return
        self._run(invocation, lambda result: self._ended(invocation, result))
        if self._world.faults.strikes("invocation twice"):
            again = self._world.within(_LATE)
            self._world.scheduler.after(again, lambda: self._run(invocation, lambda _: None))

    def _run(self, invocation: Invocation[tuple[str, Any]], ended: Callable[[Any], None]) -> None:
        subject, payload = invocation.payload
        self._functions.run(invocation.function, subject, self._act(invocation.function, payload), ended)

    def _ended(self, invocation: Invocation[tuple[str, Any]], result: object) -> None:
        if not isinstance(result, BaseException):
            self._waiting.succeeded(invocation)
            return
        self._waiting.failed(invocation)
        at = self._waiting.next_ready_at()
        if at is not None:
            self._world.scheduler.at(at, self._take)

    def _act(self, name: str, payload: Any) -> Callable[[], Any]:
        match name:
            case "fetch_output":
                return lambda: self._stack.fetching.fetch(*payload)
            case "land_output":
                return lambda: self._stack.landing.land(payload)
            case _:
                return lambda: self._stack.following.follow_up(payload)
