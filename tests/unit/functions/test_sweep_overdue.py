"""sweep_overdue: the schedule's event in; a follow-up for every job that is due."""

from __future__ import annotations

import pytest

from framehook.errors import Unavailable
from functions.sweep_overdue import app
from tests.fakes.stack import InMemoryStack
from tests.sample_events import SampleContext, sample_event


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> InMemoryStack:
    stack = InMemoryStack()
    monkeypatch.setattr(app, "sweeping", lambda: stack.sweeping)
    return stack


def call(context: SampleContext | None = None) -> dict[str, int]:
    started: dict[str, int] = app.handler(
        sample_event("sweep_overdue", "every_minute"), context or SampleContext()
    )
    return started


def test_handler_due_jobs_are_followed_up(stack: InMemoryStack) -> None:
    due = [stack.accept().id for _ in range(3)]
    assert call() == {"started": 0}
    stack.clock.advance(hours=1)
    assert call() == {"started": 3}
    assert sorted(follow_up.job_id for follow_up in stack.starter.follow_ups) == sorted(due)


def test_handler_no_time_left_starts_nothing(stack: InMemoryStack) -> None:
    stack.accept()
    stack.clock.advance(hours=1)
    assert call(SampleContext(milliseconds=10)) == {"started": 0}


def test_handler_table_out_of_order_raises(stack: InMemoryStack) -> None:
    stack.jobs.trouble.fail_next()
    with pytest.raises(Unavailable):
        call()
