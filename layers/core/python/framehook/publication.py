"""What leaves the system, told from the table's stream: events on the bus, and fetches of results not uploaded.

Used by publish_change, and by redrive_dead_letters for what that could not tell. Nothing is announced that was not
stored; nothing stored goes unannounced.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framehook.deadlines import entered_at
from framehook.errors import UnreadableItem
from framehook.job_view import resource, timestamp
from framehook.jobs import Job, OutputState, Status
from framehook.ports import EventBus, FunctionStarter, JobFile, JobStore

logger = logging.getLogger(__name__)

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
            if is_parking(change):
                _call_for_a_person(change.after)
            for index in newly_to_fetch(change):
                self.starter.fetch(change.after.id, index)
        details = [self._detail(change) for change in changes if is_news(change, self.announced)]
        if details:
            self.bus.publish([detail for detail in details if detail])

    def announce(self, job_id: str) -> bool:
        """Announces the job as it is now, in any status; False when there is no such job, or no longer. Consumers tell
        by `event_id` whether they know this state already.

        Raises Unavailable, and EventTooLarge or UnreadableItem for a job that can't be told.
        """
        file = self.jobs.get_file(job_id)
        if file is None:
            return False
        self.bus.publish([self._told(file, None)])
        return True

    def _detail(self, change: StoredChange) -> dict[str, Any] | None:
        """The job as this change left it, with what is stored beside it by now."""
        file = self.jobs.get_file(change.after.id)
        if file is None:
            return None
        shown = JobFile(change.after, file.request, file.outputs, file.attempts)
        return self._told(shown, change.before)

    def _told(self, shown: JobFile, before: Job | None) -> dict[str, Any]:
        detail = resource(shown, self.bucket, self.api_base)
        if len(str(detail["input"])) > _LARGEST_INPUT:
            detail["input"] = {"omitted": "too large for an event; read it from the API"}
        return {
            **detail,
            "event_id": f"{shown.job.id}:{shown.job.version}",
            "previous_status": before.status.value if before else None,
        }


def change_in(record: Mapping[str, Any], read_job: Callable[[Mapping[str, Any]], Job]) -> StoredChange | None:
    """What a record of the table's stream says; None for a job that expired. Raises UnreadableItem."""
    images = record.get("dynamodb", {})
    if not isinstance(images, Mapping):
        raise UnreadableItem("the record holds no images")
    new, old = images.get("NewImage"), images.get("OldImage")
    if new is None:
        return None
    return StoredChange(read_job(old) if old else None, read_job(new))


def is_parking(change: StoredChange) -> bool:
    """Whether this change left the job to a person's decision."""
    parked_before = change.before is not None and change.before.status is Status.PARKED
    return change.after.status is Status.PARKED and not parked_before


def _call_for_a_person(job: Job) -> None:
    """The field `alarm` is what the stack's alarm counts; it rings whatever is announced."""
    logger.warning(
        "a job is parked until somebody resolves it",
        extra={
            "alarm": "parked",
            "job_id": job.id,
            "provider": job.provider,
            "since": timestamp(entered_at(job, Status.PARKED)),
        },
    )


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
