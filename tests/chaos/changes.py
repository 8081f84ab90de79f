"""The table's stream and its one consumer: in order, again and again until it succeeds or the records are too old."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from framehook.publication import StoredChange
from tests.chaos.functions import Functions
from tests.chaos.scheduler import Killed
from tests.chaos.world import SECOND
from tests.fakes.job_store import Change
from tests.fakes.stack import InMemoryStack
from tests.fakes.streams import FakeStream

_PAUSE = 30 * SECOND  # after a failure


class Changes:
    """`on_change` is told of every write, as it happens. `announced` is what was put on the bus, and `stream.discarded`
    what never was, for its age."""

    def __init__(
        self, functions: Functions, stack: InMemoryStack, on_change: Callable[[Change], None]
    ) -> None:
        self._functions = functions
        self._world = functions.world
        self._stack = stack
        self._on_change = on_change
        self.stream: FakeStream[StoredChange] = FakeStream(self._world.clock)
        self.announced: list[Mapping[str, Any]] = []
        self._publishing = False
        self._seen = 0

    def followed(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """A write whose change reaches the stream at once, whatever then becomes of the writer."""

        def call(*args: Any) -> Any:
            result = write(*args)
            self._take_in()
            return result

        return call

    def announce(self, details: Any) -> None:
        self.announced.extend(details)

    def _take_in(self) -> None:
        written = self._stack.jobs.changes
        while self._seen < len(written):
            change = written[self._seen]
            self._seen += 1
            self._on_change(change)
            if change.notify:
                self.stream.put(StoredChange(change.before, change.after))
                if not self._publishing:
                    self._publishing = True
                    self._world.scheduler.after(self._world.within(SECOND), self._publish)

    def _publish(self) -> None:
        batch = list(self.stream.batch())
        if not batch:
            self._publishing = False
            return

        def act() -> int:
            if self._world.faults.strikes("stream stuck"):
                raise Killed
            self._stack.publication.publish(batch)
            return len(batch)

        def ended(result: object) -> None:
            done = isinstance(result, int)
            if isinstance(result, int):
                self.stream.passed(result)
            self._world.scheduler.after(self._world.within(SECOND) if done else _PAUSE, self._publish)

        self._functions.run("publish_change", batch[0].after.id, act, ended)
