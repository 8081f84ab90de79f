"""What an invocation of follow_up_job is about: what the sweep names, and what delayed messages hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from framehook.follow_up_edge import due_jobs
from framehook.ports import DueJob
from tests.sample_events import JOB_ID, sample_event

DUE = DueJob(JOB_ID, 1_700_000_300_000)


def messages(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]}


@pytest.mark.parametrize("case", ["overdue_job", "delayed_message"])
def test_sample_events_are_about_the_same_job(case: str) -> None:
    assert list(due_jobs(sample_event("follow_up_job", case))) == [DUE]


def test_every_message_of_a_batch_counts() -> None:
    told = [{"job_id": JOB_ID, "due_at": time} for time in (5, 7)]
    assert list(due_jobs(messages(*map(json.dumps, told)))) == [DueJob(JOB_ID, 5), DueJob(JOB_ID, 7)]


@pytest.mark.parametrize(
    "body", ["", "not json", "[]", "3", "{}", '{"job_id": "a"}', '{"job_id": "a", "due_at": "x"}']
)
def test_message_that_this_stack_never_sends_fails_the_invocation(body: str) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        list(due_jobs(messages(body)))


def test_event_of_something_else_fails_the_invocation() -> None:
    with pytest.raises(KeyError):
        list(due_jobs({"detail": {}}))
