"""What the Runware simulator remembers: requests, charges, webhooks, uploads and look-ups."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Journal:
    """Every list is in order of time and holds JSON-ready objects that name their task."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    billed: list[dict[str, Any]] = field(default_factory=list)
    webhooks: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[dict[str, Any]] = field(default_factory=list)
    lookups: Counter[str] = field(default_factory=Counter)
    # The last request and answer of each UUID: getTaskDetails shows a refused replay in place of the outcome.
    refusals: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)

    @property
    def spent(self) -> float:
        return sum(float(charge["cost"]) for charge in self.billed)

    def clear(self) -> None:
        for records in (self.requests, self.billed, self.webhooks, self.uploads, self.lookups, self.refusals):
            records.clear()

    def document(self, task_uuid: str | None) -> dict[str, Any]:
        """All of it, or what concerns one task."""

        def of_task(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
            if task_uuid is None:
                return list(entries)
            return [
                entry
                for entry in entries
                if entry.get("taskUUID") == task_uuid or task_uuid in entry.get("taskUUIDs", ())
            ]

        return {
            "billed": of_task(self.billed),
            "webhooks": of_task(self.webhooks),
            "uploads": of_task(self.uploads),
            "requests": of_task(self.requests),
            "lookups": {key: count for key, count in self.lookups.items() if task_uuid in (None, key)},
        }
