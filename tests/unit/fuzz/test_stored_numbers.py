"""Stored numbers that no part of this stack writes: such a record is kept, and holds up no other."""

from __future__ import annotations

import copy

import pytest

from tests.fakes.stack import InMemoryStack
from tests.sample_events import JOB_ID, sample_event
from tests.unit.edges import RecordingPoison, sample_job, stream_edge

RECORD = sample_event("publish_change", "job_running")["Records"][0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("created_at", {"N": "9223372036854775807"}),
        ("updated_at", {"N": "9223372036854775807"}),
        ("count", {"N": "0"}),
        ("created_at", {"N": float("inf")}),
    ],
)
def test_record_out_of_bounds_is_kept_and_holds_up_no_other(name: str, value: object) -> None:
    record = copy.deepcopy(RECORD)
    record["dynamodb"]["NewImage"][name] = value
    stack, poison = InMemoryStack(), RecordingPoison()
    sample_job(stack)

    stream_edge(stack, poison).take({"Records": [record, RECORD]})

    assert len(poison.records) == 1
    assert stack.bus.details[-1]["id"] == JOB_ID
