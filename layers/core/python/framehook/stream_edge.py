"""Records of the table's stream become changes to publish. A record that can't be read is kept and passed over: it must
not hold up the ones behind it. Raises only for outages, which the stream retries."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from framehook.errors import EventTooLarge, FramehookError, UnreadableItem
from framehook.jobs import Job
from framehook.ports import PoisonQueue
from framehook.publication import Publication, StoredChange, change_in
from framehook.telemetry import note

logger = logging.getLogger(__name__)

_POISON = (UnreadableItem, EventTooLarge)


@dataclass(frozen=True, slots=True)
class StreamEdge:
    publication: Publication
    poison: PoisonQueue
    read_job: Callable[[Mapping[str, Any]], Job]
    """Reads an image of the job's item. Raises UnreadableItem."""

    def take(self, event: dict[str, Any]) -> None:
        changes = [(record, change) for record in event["Records"] if (change := self._change(record))]
        try:
            self.publication.publish([change for _, change in changes])
        except _POISON:
            for record, change in changes:
                self._publish_alone(record, change)
        note(changes=len(changes))

    def _change(self, record: dict[str, Any]) -> StoredChange | None:
        try:
            return change_in(record, self.read_job)
        except UnreadableItem as unreadable:
            self._keep(record, unreadable)
            return None

    def _publish_alone(self, record: dict[str, Any], change: StoredChange) -> None:
        """What is stored beside a job may be the unreadable part: only that job is passed over."""
        try:
            self.publication.publish([change])
        except _POISON as poison:
            self._keep(record, poison)

    def _keep(self, record: dict[str, Any], why: FramehookError) -> None:
        logger.error("a record of the stream is passed over", exc_info=why)
        self.poison.send(json.dumps(record, default=str), str(why))
