"""Accepted tasks and the state of each of their results; memory only, no timing and no network."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.simulators.fault_rules import FaultSubject
from tests.sandbox.simulators.media_spec import MediaSpec
from tests.sandbox.simulators.runware.task_errors import TaskError


@dataclass
class Result:
    """One of the numberResults of a task. `item` is set on success, `error` on failure."""

    index: int
    state: str = "processing"
    item: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    error_form: str | None = None
    media: MediaSpec | None = None
    media_uuid: str | None = None
    finished_at: float | None = None


@dataclass
class Job:
    """One accepted task. Times ending in `_at` are Unix seconds, `started` is on the simulated clock."""

    task: Mapping[str, Any]
    subject: FaultSubject
    price: float
    accepted_at: float
    started: float
    run_seconds: float
    results: list[Result]
    finished: float | None = None
    input_error: TaskError | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)
    # Set if the answer to the submission has to wait for the webhooks, and then for this many real seconds.
    ack_delay: float | None = None
    webhooks_over: int = 0
    all_webhooks_over: asyncio.Event = field(default_factory=asyncio.Event)

    def webhook_over(self) -> None:
        """One result's webhook was delivered, given up or left out."""
        self.webhooks_over += 1
        if self.webhooks_over >= len(self.results):
            self.all_webhooks_over.set()

    @property
    def task_uuid(self) -> str:
        return str(self.task["taskUUID"])

    @property
    def state(self) -> str:
        states = {result.state for result in self.results}
        if "processing" in states:
            return "processing"
        return states.pop() if len(states) == 1 else "mixed"

    def document(self) -> dict[str, Any]:
        """The job as the control API shows it."""
        return {
            "taskUUID": self.task_uuid,
            "taskType": self.task["taskType"],
            "model": self.task.get("model"),
            "request": dict(self.task),
            "state": self.state,
            "price": self.price,
            "accepted_at": self.accepted_at,
            "results": [
                {"state": one.state, "item": one.item, "error": one.error, "finished_at": one.finished_at}
                for one in self.results
            ],
        }


class JobStore:
    """Jobs by taskUUID, oldest first; a UUID may have several if its reuse was accepted."""

    def __init__(self) -> None:
        self._jobs: dict[str, list[Job]] = {}

    def add(self, job: Job) -> None:
        self._jobs.setdefault(job.task_uuid, []).append(job)

    def latest(self, task_uuid: str) -> Job | None:
        jobs = self._jobs.get(task_uuid)
        return jobs[-1] if jobs else None

    def __iter__(self) -> Iterator[Job]:
        return iter(
            sorted((job for jobs in self._jobs.values() for job in jobs), key=lambda job: job.accepted_at)
        )

    def clear(self) -> None:
        self._jobs.clear()
