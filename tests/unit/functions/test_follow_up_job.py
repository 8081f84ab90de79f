"""follow_up_job: one overdue job in; what its state needs."""

from __future__ import annotations

import pytest

from framehook.errors import Unavailable
from functions.follow_up_job import app
from tests.fakes.stack import InMemoryStack
from tests.sample_events import JOB_ID, SampleContext, sample_event


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
