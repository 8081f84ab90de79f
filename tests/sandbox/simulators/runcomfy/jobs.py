"""Accepted jobs and their state; memory only, no timing and no network."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.simulators.fault_rules import FaultSubject

QUEUED, RUNNING = "in_queue", "in_progress"
SUCCEEDED, FAILED, CANCELLED = "succeeded", "failed", "cancelled"
STATES = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)
MODEL, COMFYUI, LORA = "model", "comfyui", "lora"


@dataclass(frozen=True)
class Piece:
    """One thing that a success yields: its format, the key it stands under, and the node it comes from."""

    channel: str
    format: str
    node: str = ""


@dataclass(frozen=True)
class Hook:
    """Where the events of a job go; the last one only, unless `intermediate`."""

    url: str
    intermediate: bool


@dataclass(frozen=True)
class Order:
    """A valid submission. `target` is a model or deployment id, `path` the URL that its requests are under."""

    api: str
    target: str
    path: str
    body: Mapping[str, Any]
    prompt: str
    pieces: tuple[Piece, ...]
    run_kind: str
    price: float
    hook: Hook | None = None

    def subject(self, request_id: str = "") -> FaultSubject:
        """What fault rules see of it; there is no id before it is accepted."""
        return FaultSubject(request_id, self.target, self.api, self.prompt)


@dataclass(frozen=True)
class Output:
    """One finished piece; `text` is set if it is no file."""

    piece: Piece
    url: str = ""
    text: str | None = None


@dataclass(frozen=True)
class Ending:
    """How a job ended: with outputs, or with an error that has a message and perhaps a form of its own."""

    state: str
    outputs: tuple[Output, ...] = ()
    message: str = ""
    error_form: str | None = None


@dataclass
class Job:
    """One accepted job. Times ending in `_at` are Unix seconds, `queued`, `started`, `ended` are simulated."""

    id: str
    order: Order
    instance_id: str
    queue_seconds: float
    run_seconds: float
    accepted_at: float
    queued: float
    state: str = QUEUED
    ending: Ending | None = None
    ended: float | None = None
    ended_at: float | None = None
    charge: Mapping[str, Any] | None = None
    webhooks_over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def subject(self) -> FaultSubject:
        return self.order.subject(self.id)

    @property
    def under_way(self) -> bool:
        return self.state in (QUEUED, RUNNING)

    @property
    def path(self) -> str:
        return f"{self.order.path}/requests/{self.id}"

    def document(self) -> dict[str, Any]:
        """The job as the control API shows it."""
        ending = self.ending or Ending(self.state)
        return {
            "request_id": self.id,
            "api": self.order.api,
            "target": self.order.target,
            "webhook": self.order.hook.url if self.order.hook else None,
            "request": dict(self.order.body),
            "state": self.state,
            "error": ending.message or None,
            "price": self.order.price,
            "queue_seconds": self.queue_seconds,
            "run_seconds": self.run_seconds,
            "accepted_at": self.accepted_at,
            "ended_at": self.ended_at,
            "results": [one.url for one in ending.outputs if one.url],
        }


class JobStore:
    """Jobs by request id, oldest first."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def add(self, job: Job) -> None:
        self._jobs[job.id] = job

    def find(self, request_id: str, deployment_id: str | None) -> Job | None:
        """None if there is no such job, or if it is not that deployment's; None stands for the Model API."""
        job = self._jobs.get(request_id)
        if job is None or (job.order.target if job.order.api != MODEL else None) != deployment_id:
            return None
        return job

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def clear(self) -> None:
        self._jobs.clear()
