"""follow_up_job: one overdue job in; what its state needs."""

from __future__ import annotations

import pytest

from framehook.errors import Unavailable
from functions.follow_up_job import app
from tests.fakes.stack import InMemoryStack
from tests.sample_events import JOB_ID, SampleContext, sample_event
from tests.unit.edges import lines_of


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> InMemoryStack:
    stack = InMemoryStack()
    job = stack.accept(JOB_ID)
    assert job.due_at == sample_event("follow_up_job", "overdue_job")["due_at"]
    stack.clock.advance(hours=1)
    monkeypatch.setattr(app, "following", lambda: stack.following)
    return stack


def call(case: str = "overdue_job") -> None:
    app.handler(sample_event("follow_up_job", case), SampleContext())


def test_handler_queued_job_is_sent_again_once(stack: InMemoryStack) -> None:
    call()
    call()  # the due time has moved: this one finds nothing to do
    assert stack.queue.job_ids == [JOB_ID]


def test_handler_delayed_message_does_what_the_sweep_would_have_done(stack: InMemoryStack) -> None:
    call("delayed_message")
    assert stack.queue.job_ids == [JOB_ID]
    call()  # the sweep is late
    call("delayed_message")  # and so is a second delivery
    assert stack.queue.job_ids == [JOB_ID]


def test_handler_table_out_of_order_raises(stack: InMemoryStack) -> None:
    stack.jobs.trouble.fail_next()
    with pytest.raises(Unavailable):
        call()
    assert stack.queue.job_ids == []


def test_line_of_a_follow_up_tells_what_has_become_of_the_job(stack: InMemoryStack) -> None:
    event = sample_event("follow_up_job", "overdue_job")
    line, *_ = lines_of(lambda given: app.handler(given, SampleContext()), event)
    assert (line["job_id"], line["status"], line["look_ups"]) == (JOB_ID, "queued", 0)
    assert line["due_at"] == stack.job(JOB_ID).due_at
