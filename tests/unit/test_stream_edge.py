"""The table's stream: what can't be read is kept and passed over, what is out of order is tried again as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import override

import pytest

from framehook.adapters.dynamodb_items import job_from_image
from framehook.errors import EventTooLarge, Unavailable
from framehook.jobs import Output, OutputState, Status
from framehook.publication import Publication
from framehook.stream_edge import StreamEdge
from tests.fakes import FakeJobStore, RecordingBus, RecordingStarter
from tests.fakes.stack import BUCKET, InMemoryStack
from tests.sample_events import JOB_ID, sample_event
from tests.unit.edges import RecordingPoison, StoreWithUnreadableParts, sample_job, stream_edge


@pytest.fixture
def stack() -> InMemoryStack:
    stack = InMemoryStack()
    sample_job(stack)
    return stack


@pytest.fixture
def poison() -> RecordingPoison:
    return RecordingPoison()


@pytest.mark.parametrize(
    ("case", "statuses"),
    [
        ("job_accepted", [(None, "queued")]),
        ("job_running", [("submitting", "running")]),
        ("poison_between", [(None, "queued"), ("submitting", "running")]),
        ("job_expired", []),
    ],
)
def test_readable_changes_are_announced(
    stack: InMemoryStack, case: str, statuses: list[tuple[str | None, str]]
) -> None:
    stream_edge(stack).take(sample_event("publish_change", case))
    assert [(detail["previous_status"], detail["status"]) for detail in stack.bus.details] == statuses


def test_poison_record_is_kept_with_the_reason(stack: InMemoryStack, poison: RecordingPoison) -> None:
    event = sample_event("publish_change", "poison_between")
    stream_edge(stack, poison).take(event)
    ((record, reason),) = poison.records
    assert record == event["Records"][1]
    assert reason


@pytest.mark.parametrize(
    "image", [{"S": "x"}, {"pk": "x"}, {"pk": {"S": "JOB#1"}, "sk": {"S": "REQUEST"}}, "x", [1]]
)
def test_image_of_any_form_never_holds_up_the_stream(
    stack: InMemoryStack, poison: RecordingPoison, image: object
) -> None:
    event = sample_event("publish_change", "job_running")
    event["Records"][0]["dynamodb"]["NewImage"] = image
    stream_edge(stack, poison).take(event)
    assert len(poison.records) == 1
    assert stack.bus.details == []


def test_event_tells_the_job_and_never_its_token(stack: InMemoryStack) -> None:
    stream_edge(stack).take(sample_event("publish_change", "job_running"))
    (detail,) = stack.bus.details
    assert (detail["id"], detail["event_id"]) == (JOB_ID, f"{JOB_ID}:2")
    assert "token" not in str(detail)


def test_job_that_expired_since_is_passed_over(poison: RecordingPoison) -> None:
    empty = InMemoryStack()
    stream_edge(empty, poison).take(sample_event("publish_change", "job_running"))
    assert (empty.bus.details, poison.records) == ([], [])


def test_result_to_fetch_is_started(stack: InMemoryStack) -> None:
    edge = stream_edge(stack)
    job = sample_job(stack, status=Status.STORING, outputs=(Output(0, state=OutputState.TO_FETCH),))
    edge = replace(
        edge, read_job=lambda image: job if image["status"]["S"] == "running" else job_from_image(image)
    )
    edge.take(sample_event("publish_change", "job_running"))
    assert stack.starter.fetches == [(JOB_ID, 0)]


class FullBus(RecordingBus):
    """Takes no event of a running job."""

    @override
    def publish(self, details: object) -> None:
        assert isinstance(details, list)
        if any(detail["status"] == "running" for detail in details):
            raise EventTooLarge("an event fits into no request")
        super().publish(details)


def edge_with(store: FakeJobStore, bus: RecordingBus, poison: RecordingPoison) -> StreamEdge:
    publication = Publication(store, bus, RecordingStarter(), BUCKET, "https://api.example", tuple(Status))
    return StreamEdge(publication, poison, job_from_image)


def test_job_whose_parts_are_unreadable_is_kept_and_passed_over(poison: RecordingPoison) -> None:
    edge = edge_with(StoreWithUnreadableParts(), RecordingBus(), poison)
    edge.take(sample_event("publish_change", "job_running"))
    assert len(poison.records) == 1


def test_event_that_fits_nowhere_does_not_hold_up_the_others(
    stack: InMemoryStack, poison: RecordingPoison
) -> None:
    bus = FullBus()
    edge_with(stack.jobs, bus, poison).take(sample_event("publish_change", "poison_between"))
    assert [detail["status"] for detail in bus.details] == ["queued"]
    assert len(poison.records) == 2


def test_bus_out_of_order_raises_and_the_repeat_announces(stack: InMemoryStack) -> None:
    stack.bus.trouble.fail_next()
    event = sample_event("publish_change", "job_running")
    with pytest.raises(Unavailable):
        stream_edge(stack).take(event)
    stream_edge(stack).take(event)
    assert [detail["status"] for detail in stack.bus.details] == ["running"]


def test_table_out_of_order_raises(stack: InMemoryStack) -> None:
    stack.jobs.trouble.fail_next()
    with pytest.raises(Unavailable):
        stream_edge(stack).take(sample_event("publish_change", "job_running"))


def test_poison_queue_out_of_order_raises(stack: InMemoryStack, poison: RecordingPoison) -> None:
    poison.trouble.fail_next()
    with pytest.raises(Unavailable):
        stream_edge(stack, poison).take(sample_event("publish_change", "poison_between"))
