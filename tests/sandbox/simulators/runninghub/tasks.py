"""Accepted tasks and their state; memory only, no timing and no network."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.simulators.fault_rules import FaultSubject
from tests.sandbox.simulators.runninghub.error_codes import Generation
from tests.sandbox.simulators.runninghub.pricing import Cost, decimal_text
from tests.sandbox.simulators.runninghub.sites import Site

QUEUED, RUNNING, SUCCESS, FAILED, CANCEL = "QUEUED", "RUNNING", "SUCCESS", "FAILED", "CANCEL"
STANDARD, WORKFLOW, AI_APP = "standard", "workflow", "ai-app"


@dataclass(frozen=True)
class Order:
    """A valid submission. `files` are (node id or None, extension) of what a success yields."""

    generation: Generation
    api: str
    target: str
    body: Mapping[str, Any]
    prompt: str
    files: tuple[tuple[str | None, str], ...]
    run_kind: str
    # What a standard model's call costs; machine time is known only afterwards.
    price: Cost = field(default_factory=Cost)

    @property
    def webhook_url(self) -> str | None:
        url = self.body.get("webhookUrl")
        return str(url) if url else None

    @property
    def runs_graph(self) -> bool:
        return self.api != STANDARD

    def subject(self, task_id: str) -> FaultSubject:
        """What fault rules see of it; there is no id before it is accepted."""
        return FaultSubject(task_id, self.target, self.api, self.prompt)


@dataclass(frozen=True)
class Output:
    """One result. Texts have a file too, for the old endpoints, which know nothing but files."""

    url: str
    file_type: str
    node_id: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Ending:
    """How a task ended: with outputs, or with a code, a message and perhaps ComfyUI's account of it."""

    status: str
    outputs: tuple[Output, ...] = ()
    cost: Cost | None = None
    code: int | None = None
    message: str = ""
    reason: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Task:
    """One accepted task. `accepted_at` is Unix seconds, `started` and `ended` are on the simulated clock."""

    id: str
    site: Site
    order: Order
    client_id: str
    accepted_at: float
    started: float
    run_seconds: float
    state: str
    ending: Ending | None = None
    ended: float | None = None
    webhooks_over: asyncio.Event = field(default_factory=asyncio.Event)
    # Set if the answer to the submission has to wait for the webhooks, and then for this many real seconds.
    ack_delay: float | None = None

    @property
    def subject(self) -> FaultSubject:
        return self.order.subject(self.id)

    @property
    def under_way(self) -> bool:
        return self.state in (QUEUED, RUNNING)

    def document(self) -> dict[str, Any]:
        """The task as the control API shows it."""
        ending = self.ending or Ending(self.state)
        cost = ending.cost or Cost()
        return {
            "taskId": self.id,
            "site": self.site.name,
            "api": self.order.api,
            "generation": self.order.generation.value,
            "target": self.order.target,
            "webhookUrl": self.order.webhook_url,
            "request": dict(self.order.body),
            "state": self.state,
            "errorCode": ending.code,
            "cost": decimal_text(cost.total),
            "coins": cost.coins,
            "accepted_at": self.accepted_at,
            "results": [{"url": one.url, "outputType": one.file_type} for one in ending.outputs],
        }


class TaskStore:
    """Tasks of both sites by id, oldest first."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}

    def add(self, task: Task) -> None:
        self._tasks[task.id] = task

    def of_site(self, site: Site, task_id: object) -> Task | None:
        """None if there is no such task, or if it is the other site's."""
        task = self._tasks.get(str(task_id))
        return task if task is not None and task.site is site else None

    def under_way(self, site: Site, state: str | None = None) -> int:
        """How many tasks of the account are queued or running, or in that one state."""
        return sum(
            task.site is site and task.under_way and state in (None, task.state)
            for task in self._tasks.values()
        )

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())

    def clear(self) -> None:
        self._tasks.clear()
