"""What leaves the system, told from the table's stream: events on the bus, and fetches of results not uploaded.

Used by publish_change. Nothing is announced that was not stored; nothing stored goes unannounced.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from framehook.job_view import resource
from framehook.jobs import Job, OutputState, Status
from framehook.ports import EventBus, FunctionStarter, JobFile, JobStore

_LARGEST_INPUT = 100_000  # characters of JSON; an event may hold 256 KB, and the API has the rest


@dataclass(frozen=True, slots=True)
class StoredChange:
    """One write of a job's state: what it was (None: new), and what it is."""

    before: Job | None
    after: Job


@dataclass(frozen=True, slots=True)
class Publication:
    jobs: JobStore
    bus: EventBus
    starter: FunctionStarter
    bucket: str
    api_base: str
    announced: Collection[Status]

    def publish(self, changes: Sequence[StoredChange]) -> None:
        """Starts what these changes need and announces them. At least once: consumers tell repeats by `event_id`.

        Raises Unavailable when it must be tried again as a whole.
        """
        for change in changes:
            for index in newly_to_fetch(change):
                self.starter.fetch(change.after.id, index)
        details = [self._detail(change) for change in changes if is_news(change, self.announced)]
        if details:
            self.bus.publish([detail for detail in details if detail])

    def _detail(self, change: StoredChange) -> dict[str, Any] | None:
        """The job as this change left it, with what is stored beside it by now."""
        file = self.jobs.get_file(change.after.id)
        if file is None:
            return None
        shown = JobFile(change.after, file.request, file.outputs, file.attempts)
        detail = resource(shown, self.bucket, self.api_base)
        if len(str(detail["input"])) > _LARGEST_INPUT:
            detail["input"] = {"omitted": "too large for an event; read it from the API"}
        return {
            **detail,
            "event_id": f"{change.after.id}:{change.after.version}",
            "previous_status": change.before.status.value if change.before else None,
        }


def newly_to_fetch(change: StoredChange) -> list[int]:
    """The outputs that this change found to be fetched."""
    before = {output.index: output.state for output in change.before.outputs} if change.before else {}
    return [
        output.index
        for output in change.after.outputs
        if output.state is OutputState.TO_FETCH and before.get(output.index) is not OutputState.TO_FETCH
    ]


def is_news(change: StoredChange, announced: Collection[Status]) -> bool:
    """A status worth telling, or a charge that became known after the end."""
    if change.after.status not in announced:
        return False
    if change.before is None or change.before.status is not change.after.status:
        return True
    return change.after.status.terminal and change.before.charged != change.after.charged
