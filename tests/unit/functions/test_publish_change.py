"""publish_change: records of the table's stream in; events on the bus."""

from __future__ import annotations

import pytest

from framehook.errors import Unavailable
from functions.publish_change import app
from tests.fakes.stack import InMemoryStack
from tests.sample_events import SampleContext, sample_event
from tests.unit.edges import RecordingPoison, sample_job, stream_edge


@pytest.fixture
def poison() -> RecordingPoison:
    return RecordingPoison()


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, poison: RecordingPoison) -> InMemoryStack:
    stack = InMemoryStack()
    sample_job(stack)
    edge = stream_edge(stack, poison)
    monkeypatch.setattr(app, "edge", lambda: edge)
    return stack


def call(case: str) -> None:
    assert app.handler(sample_event("publish_change", case), SampleContext()) is None


@pytest.mark.parametrize(
    ("case", "statuses", "kept"),
    [
        ("job_accepted", ["queued"], 0),
        ("job_running", ["running"], 0),
        ("poison_between", ["queued", "running"], 1),
        ("job_expired", [], 0),
    ],
)
def test_handler_recorded_changes_are_announced(
    stack: InMemoryStack, poison: RecordingPoison, case: str, statuses: list[str], kept: int
) -> None:
    call(case)
    assert [detail["status"] for detail in stack.bus.details] == statuses
    assert len(poison.records) == kept


def test_handler_bus_out_of_order_raises(stack: InMemoryStack) -> None:
    stack.bus.trouble.fail_next()
    with pytest.raises(Unavailable):
        call("job_running")
