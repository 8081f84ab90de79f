"""`Job State Change` events on the EventBridge bus (EventBus)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from framehook.adapters.aws_errors import calling
from framehook.errors import EventTooLarge, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "framehook"
DETAIL_TYPE = "Job State Change"
# One request: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
_MOST_ENTRIES = 10
_MOST_BYTES = 256 * 1024
_TRIES = 3


class EventBridgeBus:
    def __init__(
        self, client: EventBridgeClient, bus_name: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._bus_name = bus_name
        self._sleep = sleep

    def publish(self, details: Sequence[Mapping[str, Any]]) -> None:
        """Raises EventTooLarge, before anything is sent, for a detail that fits into no request."""
        for batch in list(_batches([self._entry(detail) for detail in details])):
            self._put(batch)

    def _entry(self, detail: Mapping[str, Any]) -> PutEventsRequestEntryTypeDef:
        text = json.dumps(detail, ensure_ascii=False, separators=(",", ":"))
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": text,
        }

    def _put(self, entries: Sequence[PutEventsRequestEntryTypeDef]) -> None:
        """A request may succeed for some entries and fail for others: only those are sent again."""
        for attempt in range(_TRIES):
            if attempt:
                self._sleep(0.1 * 2**attempt)
            with calling("EventBridge"):
                reply = self._client.put_events(Entries=entries)
            if not reply["FailedEntryCount"]:
                return
            entries = [
                entry
                for entry, result in zip(entries, reply["Entries"], strict=True)
                if "ErrorCode" in result
            ]
        raise Unavailable("EventBridge: entries kept failing")


def _batches(
    entries: Sequence[PutEventsRequestEntryTypeDef],
) -> Iterator[list[PutEventsRequestEntryTypeDef]]:
    batch: list[PutEventsRequestEntryTypeDef] = []
    room = _MOST_BYTES
    for entry in entries:
        size = _size(entry)
        if size > _MOST_BYTES:
            raise EventTooLarge(f"an event of {size} bytes fits into no request")
        if size > room or len(batch) == _MOST_ENTRIES:
            yield batch
            batch, room = [], _MOST_BYTES
        batch.append(entry)
        room -= size
    if batch:
        yield batch


def _size(entry: PutEventsRequestEntryTypeDef) -> int:
    """As EventBridge counts it: source, type and detail in UTF-8."""
    return sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
