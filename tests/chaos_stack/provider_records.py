"""What the simulated providers have in their books: the truth that the stack's own are held against.

Reads the control API's records; changes nothing at a simulator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

TASK_NAMES = {"runware": "taskUUID", "runninghub": "taskId", "runcomfy": "request_id"}
HOOK_NAMES = ("webhookURL", "webhookUrl", "webhook")


@dataclass(frozen=True, slots=True)
class ProviderTask:
    """A task that a simulator took, and its charges. `request` is the text of what it was asked for."""

    provider: str
    id: str
    state: str
    request: str
    webhook: str | None
    files: tuple[str, ...]
    charges: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class ProviderRecords:
    """One provider's tasks, and what else is worth telling of it."""

    tasks: Sequence[ProviderTask]
    faults: Mapping[str, int]
    look_ups: int
    webhooks: int
    requests: Sequence[Mapping[str, Any]] = field(default=(), repr=False)

    def tasks_of(self, tag: str) -> list[ProviderTask]:
        """Whether the job knows of them or not."""
        return [task for task in self.tasks if tag in task.request]


def read_records(provider: str, document: Mapping[str, Any]) -> ProviderRecords:
    """Of the answer to `GET /_control/<provider>`."""
    name = TASK_NAMES[provider]
    charges: dict[str, list[Decimal]] = {}
    for charge in document["billed"]:
        charges.setdefault(str(charge[name]), []).append(Decimal(str(charge["cost"])))
    tasks = [
        _task(provider, str(taken[name]), taken, charges.pop(str(taken[name]), []))
        for taken in document["accepted"]
    ]
    orphans = [ProviderTask(provider, id_, "unknown", "", None, (), tuple(of)) for id_, of in charges.items()]
    faults: dict[str, int] = {}
    for rule in document["faults"]:
        faults[rule["fault"]] = faults.get(rule["fault"], 0) + rule["applied"]
    return ProviderRecords(
        tasks=[*tasks, *orphans],
        faults={fault: times for fault, times in faults.items() if times},
        look_ups=sum(document["lookups"].values()),
        webhooks=len(document["webhooks"]),
        requests=document["requests"],
    )


def _task(provider: str, task_id: str, taken: Mapping[str, Any], charges: list[Decimal]) -> ProviderTask:
    hooks = (place.get(name) for place in (taken, taken["request"]) for name in HOOK_NAMES)
    return ProviderTask(
        provider=provider,
        id=task_id,
        state=taken["state"],
        request=json.dumps(taken["request"]),
        webhook=next((str(hook) for hook in hooks if hook), None),
        files=tuple(_urls(taken["results"])),
        charges=tuple(charges),
    )


def _urls(value: object) -> list[str]:
    """The addresses of files anywhere in a result."""
    if isinstance(value, str):
        is_file = urlsplit(value).path.startswith("/media/")
        return [value] if is_file else []
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [url for part in inner for url in _urls(part)]
