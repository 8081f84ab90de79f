"""How work reaches the functions: queues, asynchronous invocations, the bucket's notifications, the table's stream, the
API and the schedule, put together, each as unreliable as AWS allows.

What is in a queue, a stream or an invocation survives a killed function; nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from framehook import webhook_edge
from tests.chaos.changes import Changes
from tests.chaos.functions import Functions
from tests.chaos.invocations import Invocations
from tests.chaos.messages import Messages
from tests.chaos.world import MINUTE, World, intercept
from tests.fakes.job_store import Change
from tests.fakes.stack import InMemoryStack

_STALE = 5 * MINUTE
_STEPS_OF_JOBS = (
    *("get", "get_request", "put_request", "put_new", "replace", "get_output", "record_result"),
    *("claim_landing", "record_landing", "release_landing", "record_answer", "due", "get_file"),
)


class Cloud:
    """`on_change` is told of every write to the table, as it happens."""

    def __init__(self, world: World, stack: InMemoryStack, on_change: Callable[[Change], None]) -> None:
        self.world = world
        self.stack = stack
        self.functions = Functions(world)
        self.messages = Messages(self.functions, stack)
        self.invocations = Invocations(self.functions, stack)
        self.changes = Changes(self.functions, stack, on_change)
        self._sweeping = False
        self._connect()

    def _connect(self) -> None:
        """Puts these in the places of the stack's recorders, and makes each call to any of them a step."""
        world, stack = self.world, self.stack
        for name in ("put_new", "replace"):
            setattr(stack.jobs, name, self.changes.followed(getattr(stack.jobs, name)))
        intercept(world, stack.jobs, *_STEPS_OF_JOBS)
        ports: tuple[tuple[object, Mapping[str, Callable[..., Any]]], ...] = (
            (stack.queue, {"send": self.messages.send_job}),
            (stack.follow_ups, {"send": self.messages.send_follow_up}),
            (
                stack.starter,
                {
                    "follow_up": self.invocations.follow_up,
                    "fetch": self.invocations.fetch,
                    "land": self.invocations.land,
                },
            ),
            (stack.bus, {"publish": self.changes.announce}),
            (stack.media, {"write_stream": self._notified(stack.media.write_stream)}),
            (stack.secrets, {"api_key": self._maybe_missing(stack.secrets.api_key)}),
        )
        for port, methods in ports:
            for name, method in methods.items():
                setattr(port, name, method)
            intercept(world, port, *methods)
        intercept(world, stack.media, "head", "read", "promote", "delete")
        intercept(world, stack.gates, "get_gate", "replace_gate")
        intercept(world, stack.signer, "sign_put")

    def _notified(self, write: Callable[..., int]) -> Callable[..., int]:
        def call(key: str, parts: Any) -> int:
            size = write(key, parts)
            self.invocations.notify(key)
            return size

        return call

    def _maybe_missing(self, read: Callable[[str], str | None]) -> Callable[[str], str | None]:
        return lambda account: None if self.world.faults.strikes("API key missing") else read(account)

    def put_object(self, key: str, body: bytes) -> None:
        """Somebody uses an upload URL."""
        self.stack.media.put(key, body, "")
        self.invocations.notify(key)

    def receive(self, path: Mapping[str, str], body: bytes, answered: Callable[[int], None]) -> None:
        """A call on the webhook's route. `answered` is told the status: 502 for a function that was killed."""
        event = {"pathParameters": dict(path), "body": body.decode("utf-8", "surrogateescape")}

        def ended(result: object) -> None:
            answered(result["statusCode"] if isinstance(result, dict) else 502)

        def act() -> dict[str, Any]:
            return webhook_edge.answer(self.stack.completion, event)

        self.functions.run("receive_webhook", path["job_id"], act, ended)

    def next_sweep(self) -> int | None:
        """The next minute at which the sweep may find something; None while it would find nothing."""
        due = [job.due_at for job in self.stack.jobs.jobs.values() if job.due_at is not None]
        if self._sweeping or not due:
            return None
        return -(-max(min(due), self.world.now + 1) // MINUTE) * MINUTE

    def sweep(self) -> None:
        self._sweeping = True
        if self.world.faults.strikes("index stale"):
            self.stack.jobs.lag_index(self.world.within(_STALE))

        def ended(_: object) -> None:
            self._sweeping = False
            self.stack.jobs.lag_index(0)

        self.functions.run("sweep_overdue", "", lambda: self.stack.sweeping.sweep(lambda: 50_000), ended)
