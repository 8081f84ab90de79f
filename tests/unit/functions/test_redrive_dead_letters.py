"""redrive_dead_letters: a person's order in, what came of it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from framehook.adapters.dynamodb_items import job_from_image
from framehook.dead_letters import ChangeLetters, InvocationLetters, JobLetters
from framehook.errors import InvalidRequest, Unavailable
from framehook.redrive_edge import answer, order_in
from framehook.redriving import Redriving
from functions.redrive_dead_letters import app
from tests.fakes.letters import FakeLetterBox, RecordingInvocations, RecordingJobMessages
from tests.fakes.stack import InMemoryStack
from tests.sample_events import JOB_ID, Event, SampleContext, sample_event
from tests.unit.edges import line_of, sample_job


class Boxes:
    """The three queues over the stack in memory."""

    def __init__(self) -> None:
        self.stack = InMemoryStack()
        self.messages = RecordingJobMessages()
        self.boxes = {name: FakeLetterBox(self.stack.clock) for name in ("jobs", "invocations", "changes")}
        invocations = InvocationLetters(RecordingInvocations({"land"}), self.stack.starter)
        changes = ChangeLetters(self.stack.publication, job_from_image)
        self.redriving = Redriving(
            self.stack.clock,
            self.boxes,
            {
                "jobs": JobLetters(self.messages, self.stack.clock, None).read,
                "invocations": invocations.read,
                "changes": changes.read,
            },
            changes.announce,
        )

    def put(self, queue: str, *bodies: str) -> None:
        for body in bodies:
            self.boxes[queue].add(body)
        self.stack.clock.advance(seconds=1)


@pytest.fixture
def boxes(monkeypatch: pytest.MonkeyPatch) -> Boxes:
    boxes = Boxes()
    monkeypatch.setattr(app, "redriving", lambda: boxes.redriving)
    return boxes


def call(event: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = app.handler(dict(event), SampleContext(milliseconds=55_000))
    return told


def test_handler_jobs_are_sent_again(boxes: Boxes) -> None:
    boxes.put("jobs", '{"model": "a"}', "{not json")
    assert call(sample_event("redrive_dead_letters", "jobs")) == {
        "queue": "jobs",
        "dry_run": False,
        "redriven": 1,
        "passed_over": {"unreadable": 1},
        "left": 1,
    }
    assert [body for body, _, _ in boxes.messages.sent] == ['{"model": "a"}']


def test_handler_dry_run_does_nothing(boxes: Boxes) -> None:
    boxes.put("invocations", f'{{"job_id": "{JOB_ID}", "due_at": 5}}', "{}")
    told = call(sample_event("redrive_dead_letters", "invocations_dry_run"))
    assert (told["redriven"], told["passed_over"], told["left"]) == (1, {"unreadable": 1}, 2)
    assert told["dry_run"] is True
    assert boxes.stack.starter.follow_ups == []


def test_handler_most_is_kept_to(boxes: Boxes) -> None:
    boxes.put("changes", *["{}"] * 3)
    told = call(sample_event("redrive_dead_letters", "changes_most"))
    assert (told["redriven"], told["passed_over"]) == (0, {"unreadable": 3})


def test_handler_jobs_are_announced_by_their_ids(boxes: Boxes) -> None:
    sample_job(boxes.stack)
    assert call(sample_event("redrive_dead_letters", "job_ids"))["redriven"] == 1
    [detail] = boxes.stack.bus.details
    assert detail["id"] == JOB_ID


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({}, "queue"),
        ([], "queue"),
        (None, "queue"),
        ({"queue": "follow-ups"}, "queue"),
        ({"queue": ["jobs"]}, "queue"),
        ({"queue": None}, "queue"),
        ({"queue": "jobs", "dryrun": True}, "dryrun"),
        ({"queue": "jobs", "dry_run": "yes"}, "dry_run"),
        ({"queue": "jobs", "dry_run": 1}, "dry_run"),
        ({"queue": "jobs", "most": 0}, "most"),
        ({"queue": "jobs", "most": True}, "most"),
        ({"queue": "jobs", "most": "5"}, "most"),
        ({"queue": "jobs", "most": 1.0}, "most"),
        ({"queue": "jobs", "job_ids": [JOB_ID]}, "job_ids"),
        ({"queue": "changes", "job_ids": []}, "job_ids"),
        ({"queue": "changes", "job_ids": JOB_ID}, "job_ids"),
        ({"queue": "changes", "job_ids": [7]}, "job_ids"),
        ({"queue": "changes", "job_ids": [JOB_ID] * 1001}, "job_ids"),
    ],
)
def test_handler_order_that_is_not_understood_redrives_nothing(boxes: Boxes, event: Any, field: str) -> None:
    boxes.put("jobs", "{}")
    with pytest.raises(InvalidRequest) as refused:
        app.handler(event, SampleContext())
    assert [problem.field for problem in refused.value.problems] == [field]
    assert boxes.messages.sent == []


def test_handler_queue_out_of_order_raises(boxes: Boxes) -> None:
    boxes.boxes["jobs"].trouble.fail_next(method="take")
    with pytest.raises(Unavailable):
        call({"queue": "jobs"})


def test_line_tells_what_came_of_it_and_no_letter(boxes: Boxes) -> None:
    boxes.put("jobs", '{"input": {"prompt": "a secret fox"}}')
    boxes.put("changes", '{"input": {"prompt": "a secret fox"}}')

    def handle(event: Event) -> dict[str, Any]:
        order = order_in(event)
        return answer(order, boxes.redriving.redrive(order, lambda: 55_000))

    for queue in ("jobs", "changes"):
        line = line_of(handle, {"queue": queue})
        assert (line["queue"], line["redriven"]) == (queue, 1 if queue == "jobs" else 0)
        assert "fox" not in str(line)
