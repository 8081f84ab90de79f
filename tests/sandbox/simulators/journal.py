"""What a provider remembers of its dealings: requests, charges, webhooks, uploads and look-ups."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Journal:
    """Every list is in order of time and holds JSON-ready objects that name their task under `task_key`."""

    task_key: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    billed: list[dict[str, Any]] = field(default_factory=list)
    webhooks: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[dict[str, Any]] = field(default_factory=list)
    lookups: Counter[str] = field(default_factory=Counter)

    def clear(self) -> None:
        for records in (self.requests, self.billed, self.webhooks, self.uploads, self.lookups):
            records.clear()

    def document(self, task_id: str | None) -> dict[str, Any]:
        """All of it, or what concerns one task."""

        def of_task(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
            if task_id is None:
                return list(entries)
            return [
                entry
                for entry in entries
                if entry.get(self.task_key) == task_id or task_id in entry.get(f"{self.task_key}s", ())
            ]

        return {
            "billed": of_task(self.billed),
            "webhooks": of_task(self.webhooks),
            "uploads": of_task(self.uploads),
            "requests": of_task(self.requests),
            "lookups": {key: count for key, count in self.lookups.items() if task_id in (None, key)},
        }
