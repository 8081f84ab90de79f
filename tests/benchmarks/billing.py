"""What AWS charges for: list prices of us-east-1, and the units that DynamoDB counts a read or a write as. Pure.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MILLION = 1_000_000
# USD for a million of each.
LAMBDA_REQUEST = 0.20
LAMBDA_GB_SECOND = 13.3334
DYNAMODB_WRITE_UNIT = 0.625
DYNAMODB_READ_UNIT = 0.125
REST_API_REQUEST = 3.50
SQS_REQUEST = 0.40
EVENTBRIDGE_EVENT = 1.00
S3_WRITE = 5.00
S3_READ = 0.40
LOG_BYTE = 0.50 / 1000
# Of an event source that takes from a queue, while nothing is in it:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
QUEUE_POLLERS = 5
POLL_SECONDS = 20
MONTH_SECONDS = 30 * 24 * 3600

WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096
# Each index's own attributes; both project keys only, so that a change of anything else leaves them alone.
INDEXES: Sequence[Sequence[str]] = (("owner", "created_at"), ("due_shard", "due_at"))

type Item = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill: how many per job, and USD for a million."""

    service: str
    kind: str
    per_job: float
    price: float

    @property
    def per_thousand_jobs(self) -> float:
        return self.per_job * 1000 * self.price / MILLION


def polled_queue_per_month() -> float:
    """USD that a function's event source costs that finds its queue empty."""
    return QUEUE_POLLERS * MONTH_SECONDS / POLL_SECONDS * SQS_REQUEST / MILLION


def total(lines: Iterable[Line]) -> float:
    return sum(line.per_thousand_jobs for line in lines)


def item_bytes(item: Item) -> int:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    return _BYTES_OF[kind](content)


def _number_bytes(text: str) -> int:
    return 1 + math.ceil(len(text.strip("-0.").replace(".", "")) / 2)


_BYTES_OF: Mapping[str, Callable[[Any], int]] = {
    "S": lambda text: len(text.encode()),
    "N": _number_bytes,
    "B": lambda data: len(data if isinstance(data, bytes) else base64.b64decode(data)),
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "L": lambda items: 3 + sum(1 + _value_bytes(inner) for inner in items),
    "M": lambda items: 3 + len(items) + item_bytes(items),
}


def write_units(old: Item | None, new: Item | None) -> tuple[int, int]:
    """Units of the table and of its indexes for a change from `old` to `new`."""
    larger = max(item_bytes(item) for item in (old, new) if item)
    return math.ceil(larger / WRITE_UNIT_BYTES), sum(_index_writes(old, new, index) for index in INDEXES)


def _index_writes(old: Item | None, new: Item | None, index: Sequence[str]) -> int:
    """An entry that moves is deleted and put: two writes."""
    before, after = _entry(old, index), _entry(new, index)
    return 0 if before == after else (before is not None) + (after is not None)


def _entry(item: Item | None, index: Sequence[str]) -> list[Any] | None:
    return [item[name] for name in index] if item and all(name in item for name in index) else None


def read_units(items: Iterable[Item], *, consistent: bool) -> float:
    """Of one GetItem or Query; finding nothing costs as much as something small."""
    units = max(1, math.ceil(sum(map(item_bytes, items)) / READ_UNIT_BYTES))
    return units if consistent else units / 2
